// SPDX-License-Identifier: MIT
/* The vfio-user server: sockets, and the ten messages a client needs. */
#define _GNU_SOURCE 1
#include "serve.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "serve_priv.h"

#define GREETING_MS 5000 /* a client that has connected says so within this time */
#define RETRY_MS    100  /* until a client that no descriptor was left for is tried again */
#define CONFIG      7u   /* regions: six BARs, the ROM, configuration space, VGA */
#define REGIONS     9u
#define IRQS        5u /* kinds: INTx, MSI, MSI-X, errors, requests */
#define BARS        6u
#define CONFIG_SIZE 4096u

static const char capabilities[] =
    "{\"capabilities\":{\"max_msg_fds\":16,\"max_data_xfer_size\":4096}}";

static void tell(const struct sim_server *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void tell(const struct sim_server *s, const char *fmt, ...)
{
    char text[300];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (s->cfg.log)
        s->cfg.log(s->cfg.ctx, text);
}

static void violation(void *ctx, const char *what)
{
    tell(ctx, "a rule is broken: %s", what);
}

/* ---- messages; a handler returns an errno, or 0 with the reply's body in s->out ------------- */

/* MAP and UNMAP have the last two fields at different places. */
static uint64_t get64(const struct serve_message *m, size_t off)
{
    uint64_t v;
    memcpy(&v, m->body + off, sizeof(v));
    return v;
}

static uint32_t get32(const struct serve_message *m, size_t off)
{
    uint32_t v;
    memcpy(&v, m->body + off, sizeof(v));
    return v;
}

static int put(struct sim_server *s, const void *body, size_t len, size_t *out)
{
    memcpy(s->out, body, len);
    *out = len;
    return 0;
}

static int on_version(struct sim_server *s, struct serve_message *m, size_t *len)
{
    struct {
        uint16_t major, minor;
        char text[sizeof(capabilities)];
    } reply = { 0, 0, "" };
    uint16_t major;

    memcpy(&major, m->body, sizeof(major));
    if (s->greeted || major != 0 || (m->len > 4 && m->body[m->len - 1] != '\0'))
        return EINVAL;
    s->greeted = true;
    memcpy(reply.text, capabilities, sizeof(capabilities));
    return put(s, &reply, 4 + sizeof(capabilities), len);
}

static int on_dma_map(struct sim_server *s, struct serve_message *m, size_t *len)
{
    uint32_t flags = get32(m, 4);
    struct serve_region r = {
        .addr = get64(m, 16), .size = get64(m, 24), .readable = flags & 1, .writable = flags & 2
    };

    (void)len;
    if ((flags & ~3u) || !flags || m->n_fds > 1)
        return EINVAL;
    int err = serve_map_add(&s->map, &r, m->n_fds ? m->fd[0] : -1, get64(m, 8));
    if (err == EOPNOTSUPP)
        tell(s,
             "memory of the client is refused: it is no memfd and no file on tmpfs or hugetlbfs");
    return err;
}

static int on_dma_unmap(struct sim_server *s, struct serve_message *m, size_t *len)
{
    uint32_t flags = get32(m, 4);

    if (flags & ~2u)
        return EINVAL;
    put(s, m->body, m->len, len);
    if (!flags)
        return serve_map_remove(&s->map, get64(m, 8), get64(m, 16));
    serve_map_clear(&s->map); /* bit 1: all of it */
    return 0;
}

static int on_device_info(struct sim_server *s, struct serve_message *m, size_t *len)
{
    const uint32_t info[4] = { sizeof(info), 3 /* can be reset, PCI */, REGIONS, IRQS };

    (void)m;
    return put(s, info, sizeof(info), len);
}

static uint64_t region_size(struct sim_server *s, uint32_t index)
{
    if (index < BARS)
        return sim_bar_size(s->nic, index);
    return index == CONFIG ? CONFIG_SIZE : 0;
}

static int on_region_info(struct sim_server *s, struct serve_message *m, size_t *len)
{
    struct {
        uint32_t argsz, flags, index, cap_offset;
        uint64_t size, offset;
    } info = { .argsz = sizeof(info), .index = get32(m, 8) };

    if (info.index >= REGIONS)
        return EINVAL;
    info.size = region_size(s, info.index);
    info.flags = info.size ? 3 : 0; /* read, write */
    return put(s, &info, sizeof(info), len);
}

static int on_irq_info(struct sim_server *s, struct serve_message *m, size_t *len)
{
    uint32_t info[4] = { sizeof(info), 1 /* eventfd */, get32(m, 8), 0 };

    if (info[2] >= IRQS)
        return EINVAL;
    if (info[2] == SERVE_INTX)
        info[1] |= 6; /* can be masked, masks itself */
    info[3] = serve_irq_count(s, info[2]);
    return put(s, info, sizeof(info), len);
}

static int on_set_irqs(struct sim_server *s, struct serve_message *m, size_t *len)
{
    (void)len;
    return serve_irq_set(s, m);
}

/* Any piece of configuration space, as the accesses PCI has. */
static void access_config(struct sim_server *s, unsigned off, uint8_t *data, size_t len, bool write)
{
    while (len) {
        unsigned width = off % 4 == 0 && len >= 4 ? 4 : off % 2 == 0 && len >= 2 ? 2 : 1;
        uint32_t val = 0;
        for (unsigned i = 0; write && i < width; i++)
            val |= (uint32_t)data[i] << (8 * i);
        if (write)
            sim_cfg_write(s->nic, off, width, val);
        else
            val = sim_cfg_read(s->nic, off, width);
        for (unsigned i = 0; !write && i < width; i++)
            data[i] = (uint8_t)(val >> (8 * i));
        off += width;
        data += width;
        len -= width;
    }
}

/* Registers are little-endian. */
static void access_bar(struct sim_server *s, unsigned bar, uint64_t off, uint8_t *data,
                       unsigned width, bool write)
{
    uint64_t val = 0;

    for (unsigned i = 0; write && i < width; i++)
        val |= (uint64_t)data[i] << (8 * i);
    if (write)
        sim_mmio_write(s->nic, bar, off, width, val);
    else
        val = sim_mmio_read(s->nic, bar, off, width);
    for (unsigned i = 0; !write && i < width; i++)
        data[i] = (uint8_t)(val >> (8 * i));
}

/* Request and reply begin with offset, region and count; the data follows. */
static int access_region(struct sim_server *s, struct serve_message *m, size_t *len, bool write)
{
    uint64_t off = get64(m, 0);
    uint32_t region = get32(m, 8), count = get32(m, 12);
    uint64_t size = region < REGIONS ? region_size(s, region) : 0;
    uint8_t *data = write ? m->body + 16 : s->out + 16;

    if (count == 0 || count > SERVE_DATA || m->len != 16 + (write ? count : 0))
        return EINVAL;
    if (off > size || count > size - off)
        return EINVAL;
    put(s, m->body, 16, len);
    *len += write ? 0 : count;
    if (region == CONFIG) {
        access_config(s, (unsigned)off, data, count, write);
        return 0;
    }
    if (count > 8 || (count & (count - 1)) || off % count)
        return EINVAL;
    access_bar(s, region, off, data, count, write);
    return 0;
}

static int on_region_read(struct sim_server *s, struct serve_message *m, size_t *len)
{
    return access_region(s, m, len, false);
}

static int on_region_write(struct sim_server *s, struct serve_message *m, size_t *len)
{
    return access_region(s, m, len, true);
}

static int on_reset(struct sim_server *s, struct serve_message *m, size_t *len)
{
    (void)m;
    (void)len;
    sim_reset(s->nic);
    serve_irqs_restore(s);
    return 0;
}

static const struct {
    int (*handle)(struct sim_server *s, struct serve_message *m, size_t *len);
    size_t least, most; /* bytes of the body */
    unsigned fds;
} commands[] = {
    [1] = { on_version, 4, SERVE_BODY, 0 },
    [2] = { on_dma_map, 32, 32, 1 },
    [3] = { on_dma_unmap, 24, 24, 0 },
    [4] = { on_device_info, 16, 16, 0 },
    [5] = { on_region_info, 32, 32, 0 },
    [7] = { on_irq_info, 16, 16, 0 },
    [8] = { on_set_irqs, 20, 20, SERVE_FDS },
    [9] = { on_region_read, 16, 16, 0 },
    [10] = { on_region_write, 17, 16 + SERVE_DATA, 0 },
    [13] = { on_reset, 0, 0, 0 },
};
#define VERSION 1u

static int handle(struct sim_server *s, struct serve_message *m, size_t *len)
{
    unsigned c = m->head.command;

    if (c >= sizeof(commands) / sizeof(commands[0]) || !commands[c].handle)
        return ENOSYS;
    if (m->len < commands[c].least || m->len > commands[c].most || m->n_fds > commands[c].fds)
        return EINVAL;
    return commands[c].handle(s, m, len);
}

/* ---- the client ----------------------------------------------------------- */

/* The reset comes first: nothing of the NIC is under way when the memory goes. */
static void drop_client(struct sim_server *s, const char *why)
{
    close(s->client);
    s->client = -1;
    s->greeted = false;
    sim_reset(s->nic);
    serve_irqs_clear(s);
    serve_map_clear(&s->map);
    tell(s, "the client %s%s", *why ? "is turned out: " : "has gone", why);
}

static void serve_message(struct sim_server *s)
{
    struct serve_message *m = &s->in;
    size_t len = 0;
    const char *why = serve_receive(s->client, m);

    if (!why && !s->greeted && m->head.command != VERSION)
        why = "it did not begin with its version";
    if (!why) {
        int err = handle(s, m, &len);
        if (!serve_reply(s->client, &m->head, err, s->out, len))
            why = "it does not take its replies";
        else if (!s->greeted)
            why = "it speaks another version";
    }
    serve_close_fds(m);
    if (why)
        drop_client(s, why);
}

static bool readable(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    return poll(&p, 1, 0) > 0;
}

/* A client that has hung up may not be known as gone yet: it is heard before another is refused. */
static void accept_client(struct sim_server *s, int stop_fd)
{
    if (s->client >= 0 && readable(s->client))
        return;
    int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
        struct pollfd p[] = { { .fd = stop_fd, .events = POLLIN },
                              { .fd = s->client, .events = POLLIN } };
        /* It stays at the door. Where descriptors are short it is asked in again later. */
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            poll(p, 2, RETRY_MS);
        return;
    }
    if (s->client >= 0) {
        close(fd);
        tell(s, "a second client is turned away");
        return;
    }
    s->client = fd;
    tell(s, "a client is here");
}

int sim_server_run(struct sim_server *s, int stop_fd)
{
    for (;;) {
        struct pollfd p[] = { { .fd = stop_fd, .events = POLLIN },
                              { .fd = s->client, .events = POLLIN },
                              { .fd = s->listener, .events = POLLIN } };
        int n = poll(p, 3, s->client >= 0 && !s->greeted ? GREETING_MS : -1);
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n == 0)
            drop_client(s, "it does not say its version");
        if (n <= 0)
            continue;
        if (p[0].revents)
            return 0;
        if (p[1].revents)
            serve_message(s);
        else if (p[2].revents)
            accept_client(s, stop_fd);
    }
}

/* ---- life ----------------------------------------------------------------- */

/* A socket whose server has died stays behind, and is in the way. One that does not accept anybody
 * lives: it is not waited for. */
static bool remove_stale(const struct sockaddr_un *at)
{
    struct stat st;

    if (lstat(at->sun_path, &st) < 0)
        return true;
    int fd =
        S_ISSOCK(st.st_mode) ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1;
    if (fd < 0)
        return false;
    bool dead = connect(fd, (const struct sockaddr *)at, sizeof(*at)) < 0 && errno == ECONNREFUSED;
    close(fd);
    return dead && unlink(at->sun_path) == 0;
}

static bool listen_at(struct sim_server *s, char *err, size_t errlen)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };

    if (!s->cfg.path[0] || strlen(s->cfg.path) >= sizeof(at.sun_path)) {
        snprintf(err, errlen, "the socket's path has to be 1 to %zu bytes long",
                 sizeof(at.sun_path) - 1);
        return false;
    }
    memcpy(at.sun_path, s->cfg.path, strlen(s->cfg.path) + 1);
    if (!remove_stale(&at)) {
        snprintf(
            err, errlen,
            "%.120s is there already, and is no socket that a server left behind: give another "
            "path",
            s->cfg.path);
        return false;
    }
    s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s->listener < 0 || bind(s->listener, (struct sockaddr *)&at, sizeof(at)) < 0 ||
        listen(s->listener, 8) < 0) {
        snprintf(err, errlen, "%.120s: %s", s->cfg.path, strerror(errno));
        return false;
    }
    memcpy(s->path, at.sun_path, sizeof(s->path));
    return true;
}

static bool make_nic(struct sim_server *s, char *err, size_t errlen)
{
    const struct sim_host host = { s,         serve_dma_read, serve_dma_write,
                                   serve_msi, serve_intx,     violation };
    int why = serve_irqs_init(&s->irqs);

    if (why) {
        snprintf(err, errlen,
                 "interrupts cannot be signalled: asynchronous I/O: %s (sysctl fs.aio-max-nr)",
                 strerror(why));
        return false;
    }
    if (!serve_events_safe(&s->irqs.events))
        tell(s, "this kernel has no asynchronous I/O: a malicious client can stop the server");
    s->nic = sim_create(s->cfg.model, &s->cfg.opt, &host, err, errlen);
    if (s->nic)
        serve_caps_find(s);
    return s->nic != NULL;
}

struct sim_server *sim_server_create(const struct sim_server_config *cfg, char *err, size_t errlen)
{
    struct sim_server *s = calloc(1, sizeof(*s));

    if (!s) {
        snprintf(err, errlen, "out of memory");
        return NULL;
    }
    s->cfg = *cfg;
    s->cfg.opt.engine = SIM_ENGINE_THREAD;
    s->listener = s->client = -1;
    pthread_rwlock_init(&s->map.lock, NULL);
    serve_guard_install();
    if (!make_nic(s, err, errlen) || !listen_at(s, err, errlen)) {
        sim_server_destroy(s);
        return NULL;
    }
    return s;
}

struct sim_nic *sim_server_nic(struct sim_server *s)
{
    return s->nic;
}

void sim_server_destroy(struct sim_server *s)
{
    if (s->client >= 0)
        drop_client(s, "");
    if (s->listener >= 0)
        close(s->listener);
    if (s->path[0])
        unlink(s->path);
    sim_destroy(s->nic);
    serve_map_clear(&s->map);
    pthread_rwlock_destroy(&s->map.lock);
    serve_irqs_fini(&s->irqs);
    free(s);
}
