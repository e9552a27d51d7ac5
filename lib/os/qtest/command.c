// SPDX-License-Identifier: MIT
/* QEMU's command line. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/os/os.h"
#include "lib/os/qtest/machine.h"

#define MAX_ARGS   96u
#define FIRST_SLOT 3u

struct args {
    char **v;
    unsigned n;
    bool failed;
};

static void add(struct args *args, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(struct args *args, const char *fmt, ...)
{
    char *arg = NULL;
    va_list ap;

    va_start(ap, fmt);
    if (args->n + 1 >= MAX_ARGS || vasprintf(&arg, fmt, ap) < 0) {
        args->failed = true;
        arg = NULL;
    }
    va_end(ap);
    if (arg != NULL) {
        args->v[args->n++] = arg;
    }
}

/* In a QEMU option a comma of a value is written twice. */
static char *quoted(struct args *args, const char *text)
{
    char *out = malloc(2 * strlen(text) + 1), *o = out;
    if (out == NULL) {
        args->failed = true;
        return NULL;
    }
    for (; *text != '\0'; text++) {
        if (*text == ',') {
            *o++ = ',';
        }
        *o++ = *text;
    }
    *o = '\0';
    return out;
}

static void add_machine(struct args *args, const struct qtest_options *opt, const char *ram_path,
                        const struct qtest_machine *m)
{
    char *ram = quoted(args, ram_path), *dir = quoted(args, m->dir);
    if (ram != NULL && dir != NULL) {
        /* Without the qtest accelerator a processor runs: it finds nothing but "halt". */
        add(args, "-accel");
        add(args, "qtest");
        add(args, "-accel");
        add(args, "tcg");
        add(args, "-bios");
        add(args, "%s/bios", m->dir);
        add(args, "-M");
        add(args, "q35,memory-backend=ram0");
        add(args, "-m");
        add(args, "%uM", opt->ram_mib);
        add(args, "-object");
        add(args, "memory-backend-file,id=ram0,size=%uM,mem-path=%s,share=on", opt->ram_mib, ram);
        add(args, "-nodefaults");
        add(args, "-no-user-config");
        add(args, "-display");
        add(args, "none");
        add(args, "-qtest");
        add(args, "unix:%s/qtest,server=on,wait=off", dir);
        add(args, "-qtest-log");
        add(args, "none");
        add(args, "-qmp");
        add(args, "unix:%s/monitor,server=on,wait=off", dir);
        add(args, "-pidfile");
        add(args, "%s/pid", m->dir);
    }
    free(ram);
    free(dir);
}

/* Does anybody hold the datagram socket at the path? */
static bool in_use(const char *path)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
    bool used = fd >= 0 &&
                (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0 || errno != ECONNREFUSED);
    if (fd >= 0) {
        close(fd);
    }
    return used;
}

/* What is at the path of a socket QEMU is to make: a leftover goes, anything else is in the way. */
static int clear_socket(const char *path)
{
    struct stat st;
    if (lstat(path, &st) != 0) {
        return 0;
    }
    if (!S_ISSOCK(st.st_mode)) {
        ixl_log(IXL_LOG_ERROR,
                "qemu: %s is in the way of a socket and is no socket: remove it or "
                "choose another path",
                path);
        return -IXL_EEXIST;
    }
    if (in_use(path)) {
        ixl_log(IXL_LOG_ERROR,
                "qemu: the socket %s is in use by another process: choose another "
                "path",
                path);
        return -IXL_EBUSY;
    }
    if (unlink(path) != 0) {
        ixl_log(IXL_LOG_ERROR, "qemu: the old socket %s is in the way and cannot be removed: %s",
                path, strerror(errno));
        return -IXL_EEXIST;
    }
    return 0;
}

char *qtest_wire_socket(const struct qtest_machine *m, const struct qtest_nic_options *nic,
                        unsigned i, int *err)
{
    const char *wire = nic->wire == NULL ? "none" : nic->wire;
    char name[24], *path = NULL;

    *err = 0;
    if (strcmp(wire, "loop") == 0) {
        snprintf(name, sizeof(name), "loop%u", i);
        path = qtest_path(m->dir, name);
    } else if (strncmp(wire, "unix:", 5) == 0) {
        const char *comma = strchr(wire, ',');
        if (comma == NULL || comma == wire + 5 || comma[1] == '\0') {
            ixl_log(IXL_LOG_ERROR,
                    "qemu: wire=%s: give QEMU's own socket and the one it sends to, "
                    "wire=unix:LOCAL,REMOTE",
                    wire);
            *err = -IXL_EINVAL;
            return NULL;
        }
        path = strndup(wire + 5, (size_t)(comma - wire) - 5);
    } else {
        return NULL;
    }
    if (path == NULL) {
        ixl_log(IXL_LOG_ERROR, "qemu: out of memory");
        *err = -IXL_ENOMEM;
    }
    return path;
}

/* Datagrams: between two sockets, or for a loop through one that sends to itself. */
static int add_socket_wire(struct args *args, unsigned i, const struct qtest_nic_options *nic,
                           struct qtest_machine *m)
{
    int err;
    char *local = qtest_wire_socket(m, nic, i, &err);
    if (err == 0) {
        err = clear_socket(local);
    }
    if (err != 0) {
        free(local);
        return err;
    }
    const char *comma = strchr(nic->wire, ',');
    char *q_local = quoted(args, local), *q_remote = quoted(args, comma ? comma + 1 : local);
    if (q_local != NULL && q_remote != NULL) {
        add(args, "dgram,id=net%u,local.type=unix,local.path=%s,remote.type=unix,remote.path=%s", i,
            q_local, q_remote);
    }
    free(q_local);
    free(q_remote);
    m->wires[m->n_wires++] = local;
    return 0;
}

static void add_dump(struct args *args, unsigned i, const char *file)
{
    char *path = quoted(args, file);
    if (path != NULL) {
        add(args, "-object");
        add(args, "filter-dump,id=dump%u,netdev=net%u,maxlen=65536,file=%s", i, i, path);
    }
    free(path);
}

static int add_wire(struct args *args, unsigned i, const struct qtest_nic_options *nic,
                    struct qtest_machine *m)
{
    const char *wire = nic->wire == NULL ? "none" : nic->wire;
    const char *dump = nic->dump;

    add(args, "-netdev");
    if (strcmp(wire, "none") == 0) {
        add(args, "hubport,id=net%u,hubid=%u", i, 1000 + i);
    } else if (strncmp(wire, "pcap:", 5) == 0 && wire[5] != '\0') {
        add(args, "hubport,id=net%u,hubid=%u", i, 1000 + i);
        dump = wire + 5;
    } else if (strncmp(wire, "hub:", 4) == 0 &&
               strspn(wire + 4, "0123456789") == strlen(wire + 4) && wire[4] != '\0' &&
               strlen(wire) < 7) {
        add(args, "hubport,id=net%u,hubid=%s", i, wire + 4);
    } else if (strcmp(wire, "user") == 0 || strncmp(wire, "user,", 5) == 0) {
        add(args, "user,id=net%u%s", i, wire + 4);
    } else if (strcmp(wire, "loop") == 0 || strncmp(wire, "unix:", 5) == 0) {
        int err = add_socket_wire(args, i, nic, m);
        if (err != 0) {
            return err;
        }
    } else {
        ixl_log(IXL_LOG_ERROR,
                "qemu: wire=%s: it can be none, loop, user, unix:LOCAL,REMOTE, "
                "pcap:FILE or hub:N",
                wire);
        return -IXL_EINVAL;
    }
    if (dump != NULL) {
        add_dump(args, i, dump);
    }
    return 0;
}

static void add_device(struct args *args, unsigned i, unsigned slot,
                       const struct qtest_nic_options *nic)
{
    bool virtio = strncmp(nic->model, "virtio", 6) == 0;
    add(args, "-device");
    add(args, "%s,id=nic%u,netdev=net%u,addr=%x,romfile=%s%s%s%s%s", nic->model, i, i, slot,
        virtio ? ",disable-legacy=on" : "",
        nic->mac == NULL ? "" : ",mac=", nic->mac == NULL ? "" : nic->mac,
        nic->props == NULL ? "" : ",", nic->props == NULL ? "" : nic->props);
}

static void add_trace(struct args *args, const char *file)
{
    static const char *const patterns[] = { "e1000*", "igb*", "virtio_net*" };
    for (unsigned i = 0; i < 3; i++) {
        add(args, "-trace");
        add(args, "%s", patterns[i]);
    }
    add(args, "-D");
    add(args, "%s", file);
}

static const char *program(const struct qtest_options *opt)
{
    const char *env = getenv("IXL_QEMU");
    if (opt->qemu != NULL && *opt->qemu != '\0') {
        return opt->qemu;
    }
    return env != NULL && *env != '\0' ? env : "qemu-system-x86_64";
}

int qtest_command(const struct qtest_options *opt, const struct qtest_nic_options *nics,
                  unsigned n_nics, const char *ram_path, struct qtest_machine *m, char ***out)
{
    struct args args = { .v = calloc(MAX_ARGS, sizeof(char *)) };
    unsigned slot = FIRST_SLOT; /* an igb's virtual functions take two, 16 slots further on */
    int err = 0;

    *out = NULL;
    if (args.v == NULL) {
        ixl_log(IXL_LOG_ERROR, "qemu: out of memory");
        return -IXL_ENOMEM;
    }
    add(&args, "%s", program(opt));
    add_machine(&args, opt, ram_path, m);
    if (opt->trace != NULL) {
        add_trace(&args, opt->trace);
    }
    for (unsigned i = 0; i < n_nics && err == 0; i++) {
        err = add_wire(&args, i, &nics[i], m);
        add_device(&args, i, slot, &nics[i]);
        slot += strcmp(nics[i].model, "igb") == 0 ? 2 : 1;
    }
    if (err == 0 && args.failed) {
        ixl_log(IXL_LOG_ERROR, "qemu: out of memory, or too many options for QEMU");
        err = -IXL_ENOMEM;
    }
    if (err != 0) {
        qtest_command_free(args.v);
        return err;
    }
    *out = args.v;
    return 0;
}

void qtest_command_free(char **argv)
{
    if (argv != NULL) {
        for (char **arg = argv; *arg != NULL; arg++) {
            free(*arg);
        }
        free(argv);
    }
}
