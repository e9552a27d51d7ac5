// SPDX-License-Identifier: MIT
#include "lib/os/qtest/machine.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/os/os.h"

#define START_MS 10000u /* for QEMU to come up, at least */
#define END_MS   5000u  /* to go away */

/* ---- starting -------------------------------------------------------------------------- */

/* The last line QEMU wrote, without its own name in front. */
static void last_words(const struct qtest_machine *m, char *out, size_t cap)
{
    static const char name[] = "qemu-system-x86_64: ";
    char buf[2048];
    int fd = qtest_open_file(m, "log", O_RDONLY);
    ssize_t n = fd < 0 ? 0 : read(fd, buf, sizeof(buf) - 1);

    if (fd >= 0) {
        close(fd);
    }
    n = n < 0 ? 0 : n;
    while (n > 0 && isspace((unsigned char)buf[n - 1])) {
        n--;
    }
    buf[n] = '\0';
    const char *line = strrchr(buf, '\n');
    line = line == NULL ? buf : line + 1;
    const char *found = strstr(line, name);
    snprintf(out, cap, "%.390s", found == NULL ? line : found + strlen(name));
}

static int explain_end(const struct qtest_machine *m, const char *program, int exec_errno)
{
    char words[400];
    if (exec_errno != 0) {
        ixl_log(IXL_LOG_ERROR,
                "qemu: cannot start %s: %s; install QEMU (qemu-system-x86), or name "
                "the program with qemu=PROGRAM or IXL_QEMU",
                program, strerror(exec_errno));
        return exec_errno == ENOENT ? -IXL_ENOENT : -IXL_EPERM;
    }
    last_words(m, words, sizeof(words));
    const char *advice = "";
    int err = -IXL_EIO;
    if (strstr(words, "is not a valid device model name") != NULL) {
        advice =
            "; this QEMU does not have that NIC: igb needs QEMU 8.0 or later, which qemu=PROGRAM "
            "or IXL_QEMU can name";
        err = -IXL_ENODEV;
    } else if (strstr(words, "netdev backend type") != NULL || strstr(words, "'dgram'") != NULL) {
        advice = "; QEMU 7.2 or later is needed, with user networking for wire=user";
        err = -IXL_ENOTSUP;
    }
    ixl_log(IXL_LOG_ERROR, "qemu: %s ended at once%s%s%s", program,
            words[0] == '\0' ? " without a word: is it QEMU?" : ": ", words, advice);
    return err;
}

static int explain_silence(const char *program, unsigned limit)
{
    ixl_log(IXL_LOG_ERROR, "qemu: %s has not answered on its qtest socket for %u ms: is it QEMU?",
            program, limit);
    return -IXL_ETIMEDOUT;
}

/* The socket is there before the NICs are: only an answer tells that QEMU has accepted everything.
 */
static int first_answer(struct qtest_machine *m, const char *program, unsigned limit,
                        struct qtest_link *link)
{
    unsigned usual = link->timeout_ms;
    int exec_errno;

    link->quiet = true;
    link->timeout_ms = limit;
    int err = qtest_call(link, NULL, "readb 0x0");
    link->timeout_ms = usual;
    link->quiet = false;
    if (err != 0) {
        qtest_link_close(link);
        return qtest_spawn_ended(m, &exec_errno, 500) ? explain_end(m, program, exec_errno)
                                                      : explain_silence(program, limit);
    }
    return 0;
}

static int wait_until_up(struct qtest_machine *m, const struct qtest_options *opt,
                         const char *program, struct qtest_link *link)
{
    unsigned limit = opt->timeout_ms > START_MS ? opt->timeout_ms : START_MS;
    uint64_t deadline = qtest_ms() + limit;
    char *path = qtest_path(m->dir, "qtest");
    int exec_errno, err = path == NULL ? -IXL_ENOMEM : -IXL_EAGAIN;

    while (err == -IXL_EAGAIN) {
        err = qtest_link_open(link, path, opt->timeout_ms);
        if (err == 0) {
            err = first_answer(m, program, limit, link);
        } else if (err == -IXL_EAGAIN && qtest_spawn_ended(m, &exec_errno, 5)) {
            err = explain_end(m, program, exec_errno);
        } else if (err == -IXL_EAGAIN && qtest_ms() > deadline) {
            err = explain_silence(program, limit);
        }
    }
    free(path);
    return err;
}

static int start(const struct qtest_options *opt, const struct qtest_nic_options *nics,
                 unsigned n_nics, struct qtest_machine *m, struct qtest_link *link)
{
    char *ram_path = m->kept ? qtest_path(m->dir, "ram") : strdup("/proc/self/fd/3");
    char **argv = NULL;
    int err = ram_path == NULL ? -IXL_ENOMEM : qtest_command(opt, nics, n_nics, ram_path, m, &argv);
    int log_fd = qtest_open_file(m, "log", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND);

    m->ours = true;
    if (err == 0 && log_fd < 0) {
        err = -IXL_EIO;
    }
    if (err == 0) {
        err = qtest_spawn(m, argv, log_fd);
    }
    if (err == 0) {
        err = wait_until_up(m, opt, argv[0], link);
    }
    if (log_fd >= 0) {
        close(log_fd);
    }
    qtest_command_free(argv);
    free(ram_path);
    return err;
}

/* Wait until the keeper has cleaned up behind a QEMU. */
static void end_spawned(struct qtest_machine *m)
{
    if (m->life_fd >= 0) {
        close(m->life_fd);
        qtest_poll(m->done_fd, POLLIN, qtest_ms() + END_MS);
        close(m->done_fd);
        close(m->alive_fd);
        m->life_fd = m->done_fd = m->alive_fd = -1;
    }
}

static int start_in_new_dir(const struct qtest_options *opt, const struct qtest_nic_options *nics,
                            unsigned n_nics, struct qtest_machine *m, struct qtest_link *link)
{
    int err = m->kept ? 0 : qtest_make_dir(m);
    if (err == 0) {
        err = qtest_write_bios(m);
    }
    if (err == 0) {
        err = qtest_make_ram(m, opt->ram_mib);
    }
    return err == 0 ? start(opt, nics, n_nics, m, link) : err;
}

static void forget_machine(struct qtest_machine *m)
{
    for (unsigned i = 0; i < m->n_wires; i++) {
        free(m->wires[i]);
    }
    if (m->ram_fd >= 0) {
        close(m->ram_fd);
    }
    if (m->lock_fd >= 0) {
        close(m->lock_fd);
    }
    free(m->dir);
    free(m->monitor);
}

static const struct qtest_machine no_machine = {
    .ram_fd = -1, .lock_fd = -1, .life_fd = -1, .alive_fd = -1, .done_fd = -1
};

static void undo(struct qtest_machine *m)
{
    end_spawned(m);
    if (m->dir != NULL && !(m->kept && m->lock_fd < 0)) {
        qtest_remove_files(m);
    }
    forget_machine(m);
    *m = no_machine;
}

/* Every kind this QEMU has: ask for a machine without NICs what it knows. */
static int every_kind(const struct qtest_options *opt, struct qtest_nic_options *nics, unsigned *n)
{
    struct qtest_machine m = no_machine;
    struct qtest_link link;
    const char *name, *model;

    *n = 0;
    int err = start_in_new_dir(opt, NULL, 0, &m, &link);
    if (err != 0) {
        undo(&m);
        return err;
    }
    char *path = qtest_path(m.dir, "monitor");
    for (unsigned i = 0; path != NULL && (name = qtest_kind(i, &model)) != NULL; i++) {
        char cmd[64], reply[128] = "";
        snprintf(cmd, sizeof(cmd), "device_add %s,help", model);
        err = qtest_monitor(path, opt->timeout_ms, cmd, reply, sizeof(reply));
        if (err == 0 && strstr(reply, "options") != NULL) {
            nics[*n] = opt->nics[0]; /* options given without a kind */
            nics[*n].kind = name;
            nics[*n].model = model;
            ++*n;
        }
    }
    free(path);
    qtest_link_close(&link);
    undo(&m);
    return *n > 0 ? 0 : -IXL_ENODEV;
}

static int set_monitor(struct qtest_machine *m, const char *path)
{
    m->monitor = path != NULL ? strdup(path) : qtest_path(m->dir, "monitor");
    if (m->monitor == NULL) {
        ixl_log(IXL_LOG_ERROR, "qemu: out of memory");
        return -IXL_ENOMEM;
    }
    return 0;
}

static int start_fresh(const struct qtest_options *opt, struct qtest_machine *m,
                       struct qtest_link *link)
{
    struct qtest_nic_options all[QTEST_MAX_NICS];
    const struct qtest_nic_options *nics = opt->nics;
    unsigned n = opt->n_nics;

    if (n == 0) {
        int err = every_kind(opt, all, &n);
        if (err != 0) {
            return err;
        }
        nics = all;
    }
    int err = start_in_new_dir(opt, nics, n, m, link);
    if (err == 0) {
        err = set_monitor(m, NULL);
        if (err != 0) {
            qtest_link_close(link);
        }
    }
    return err;
}

/* ---- kept and foreign ones ---------------------------------------------------------------- */

static int check_config(const struct qtest_machine *m, const char *spec)
{
    char buf[1024];
    int fd = qtest_open_file(m, "config", O_RDONLY);
    ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf));
    if (fd >= 0) {
        close(fd);
    }
    if (n != (ssize_t)strlen(spec) || memcmp(buf, spec, (size_t)n) != 0) {
        ixl_log(IXL_LOG_ERROR,
                "qemu: the QEMU in %s was started with another address: use the same "
                "or another folder",
                m->dir);
        return -IXL_EINVAL;
    }
    return 0;
}

/*
 * Connect to the QEMU a killed process left in the folder. -IXL_EAGAIN: it is not there any more.
 * A QEMU that is just finding out that its former client is gone may drop the new one with it, so
 * only one that does not let us in any more has ended.
 */
static int connect_again(const struct qtest_options *opt, const struct qtest_machine *m,
                         struct qtest_link *link)
{
    uint64_t deadline = qtest_ms() + opt->timeout_ms;
    char *path = qtest_path(m->dir, "qtest");
    int err = path == NULL ? -IXL_ENOMEM : -IXL_EIO;

    while (err == -IXL_EIO && qtest_ms() < deadline) {
        err = qtest_link_open(link, path, opt->timeout_ms);
        if (err != 0) {
            break;
        }
        link->quiet = true;
        err = qtest_call(link, NULL, "readb 0x0");
        link->quiet = false;
        if (err != 0) {
            qtest_link_close(link);
            poll(NULL, 0, 2);
        }
    }
    free(path);
    if (err == -IXL_ETIMEDOUT || err == -IXL_EIO) {
        ixl_log(IXL_LOG_ERROR,
                "qemu: the QEMU in %s does not answer: end it (its process ID is in "
                "%s/pid)",
                m->dir, m->dir);
    }
    return err;
}

/* The sockets of its wires are ours to remove. */
static int recall_wires(const struct qtest_options *opt, struct qtest_machine *m)
{
    int err = 0;
    for (unsigned i = 0; i < opt->n_nics && err == 0; i++) {
        char *path = qtest_wire_socket(m, &opt->nics[i], i, &err);
        if (path != NULL) {
            m->wires[m->n_wires++] = path;
        }
    }
    return err;
}

static int find_again(const struct qtest_options *opt, const char *spec, struct qtest_machine *m,
                      struct qtest_link *link)
{
    int err = connect_again(opt, m, link);
    if (err != 0) {
        return err;
    }
    char *ram = qtest_path(m->dir, "ram");
    err = ram == NULL ? -IXL_ENOMEM : check_config(m, spec);
    if (err == 0) {
        err = qtest_open_ram(m, ram);
    }
    if (err == 0) {
        err = set_monitor(m, NULL);
    }
    if (err == 0) {
        err = recall_wires(opt, m);
    }
    m->ours = err == 0;
    if (err != 0) {
        qtest_link_close(link);
    }
    free(ram);
    return err;
}

static int open_kept(const struct qtest_options *opt, const char *spec, struct qtest_machine *m,
                     struct qtest_link *link)
{
    int err = qtest_enter_kept_dir(m, opt->keep);
    if (err == 0) {
        err = find_again(opt, spec, m, link);
    }
    if (err != -IXL_EAGAIN) {
        if (err != 0) { /* another's folder, or one in use: take nothing away */
            forget_machine(m);
            *m = no_machine;
        }
        return err;
    }
    err = qtest_write_file(m, "config", spec, strlen(spec));
    return err == 0 ? start_fresh(opt, m, link) : err;
}

static int attach(const struct qtest_options *opt, struct qtest_machine *m, struct qtest_link *link)
{
    int err = qtest_open_ram(m, opt->attach_ram);
    if (err == 0 && opt->monitor != NULL) {
        err = set_monitor(m, opt->monitor);
    }
    if (err == 0) {
        err = qtest_link_open(link, opt->attach_socket, opt->timeout_ms);
        if (err == -IXL_EAGAIN) {
            ixl_log(IXL_LOG_ERROR,
                    "qemu: nobody listens on %s: start QEMU with "
                    "-qtest unix:%s,server=on,wait=off first",
                    opt->attach_socket, opt->attach_socket);
            err = -IXL_ENOENT;
        }
    }
    return err;
}

int qtest_machine_open(const struct qtest_options *opt, const char *spec, struct qtest_machine *m,
                       struct qtest_link *link)
{
    int err;

    *m = no_machine;
    if (opt->attach_socket != NULL) {
        err = attach(opt, m, link);
    } else if (opt->keep != NULL) {
        err = open_kept(opt, spec, m, link);
    } else {
        err = start_fresh(opt, m, link);
    }
    if (err != 0) {
        undo(m);
    }
    return err;
}

int qtest_machine_pid(const struct qtest_machine *m)
{
    char *path = m->dir == NULL ? NULL : qtest_path(m->dir, "pid");
    FILE *file = path == NULL ? NULL : fopen(path, "re");
    int pid = 0;

    if (file != NULL) {
        if (fscanf(file, "%d", &pid) != 1 || pid < 2) {
            pid = 0;
        }
        fclose(file);
    }
    free(path);
    return pid;
}

/* True if the process still is the QEMU of this folder and not another that got its number. */
static bool is_ours(const struct qtest_machine *m, int pid)
{
    char path[40], buf[4096];
    snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, buf, sizeof(buf));
    if (fd >= 0) {
        close(fd);
    }
    return n > 0 && memmem(buf, (size_t)n, m->dir, strlen(m->dir)) != NULL;
}

/* A kept QEMU is nobody's child: ask it to go, then make it. */
static void end_kept(struct qtest_machine *m, struct qtest_link *link)
{
    int pid = qtest_machine_pid(m);

    if (!atomic_load(&link->dead) && qtest_monitor(m->monitor, END_MS, "quit", NULL, 0) == 0) {
        struct pollfd pfd = { .fd = link->fd };
        poll(&pfd, 1, (int)END_MS); /* POLLHUP */
    }
    if (pid != 0 && is_ours(m, pid)) {
        kill(pid, SIGKILL);
    }
}

void qtest_machine_close(struct qtest_machine *m, struct qtest_link *link)
{
    if (m->ours && m->kept) {
        end_kept(m, link);
    }
    qtest_link_close(link);
    undo(m);
}
