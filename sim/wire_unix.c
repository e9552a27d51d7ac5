// SPDX-License-Identifier: MIT
/* Unix datagram sockets, a frame each, as QEMU's -netdev dgram speaks them. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "wire.h"

/* Empty and oversized datagrams skipped before other work gets its turn. */
#define SKIP_MAX 64

struct unix_wire {
    struct sim_wire wire;
    struct sockaddr_un local, remote;
    bool bound;
};

/*
 * The socket itself stays unconnected, so that it takes frames from any peer; whether
 * the peer's queue has room can only be asked of a connected one.
 */
static void watch_peer(struct unix_wire *w)
{
    if (w->wire.fd_out >= 0)
        return;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    if (connect(fd, (struct sockaddr *)&w->remote, sizeof(w->remote)) < 0)
        close(fd);
    else
        w->wire.fd_out = fd;
}

static void forget_peer(struct unix_wire *w)
{
    if (w->wire.fd_out >= 0)
        close(w->wire.fd_out);
    w->wire.fd_out = -1;
}

static enum sim_sent unix_send(struct sim_wire *wire, const void *frame, size_t len)
{
    struct unix_wire *w = (struct unix_wire *)wire;
    ssize_t n;

    do
        n = sendto(wire->fd, frame, len, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&w->remote,
                   sizeof(w->remote));
    while (n < 0 && errno == EINTR);
    if (n >= 0)
        return SIM_SENT;
    if (errno == EAGAIN || errno == ENOBUFS) {
        watch_peer(w);
        return SIM_SENT_FULL;
    }
    forget_peer(w); /* nobody there (any more): the frame is lost */
    return SIM_SENT;
}

static size_t unix_recv(struct sim_wire *wire, void *buf, size_t cap)
{
    for (int i = 0; i < SKIP_MAX; i++) {
        ssize_t n = recv(wire->fd, buf, cap, MSG_DONTWAIT | MSG_TRUNC);
        if (n < 0)
            return 0;
        if (n > 0 && (size_t)n <= cap)
            return (size_t)n;
    }
    return 0;
}

static void unix_close(struct sim_wire *wire)
{
    struct unix_wire *w = (struct unix_wire *)wire;

    forget_peer(w);
    if (wire->fd >= 0)
        close(wire->fd);
    if (w->bound)
        unlink(w->local.sun_path);
    free(w);
}

static const struct sim_wire_ops unix_ops = {
    .send = unix_send,
    .recv = unix_recv,
    .close = unix_close,
};

static bool set_path(struct sockaddr_un *a, const char *path, size_t len, char *err, size_t errlen)
{
    a->sun_family = AF_UNIX;
    if (len == 0 || len >= sizeof(a->sun_path)) {
        snprintf(err, errlen, "a socket path has 1 to %zu characters", sizeof(a->sun_path) - 1);
        return false;
    }
    memcpy(a->sun_path, path, len);
    return true;
}

/* A socket that a killed process left behind is in the way; any other file is not ours. */
static void remove_stale(const char *path)
{
    struct stat st;

    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
        unlink(path);
}

static bool open_socket(struct unix_wire *w, char *err, size_t errlen)
{
    w->wire.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (w->wire.fd >= 0) {
        remove_stale(w->local.sun_path);
        w->bound = bind(w->wire.fd, (struct sockaddr *)&w->local, sizeof(w->local)) == 0;
    }
    if (!w->bound)
        snprintf(err, errlen, "unix wire: %s: %s", w->local.sun_path, strerror(errno));
    return w->bound;
}

struct sim_wire *sim_wire_unix(const char *arg, char *err, size_t errlen)
{
    const char *comma = strchr(arg, ',');

    if (!comma) {
        snprintf(err, errlen, "a unix wire is unix:LOCAL,REMOTE");
        return NULL;
    }
    struct unix_wire *w = calloc(1, sizeof(*w));
    if (!w)
        return NULL;
    w->wire.ops = &unix_ops;
    w->wire.pad = true;
    w->wire.fd = w->wire.fd_out = -1;
    if (set_path(&w->local, arg, (size_t)(comma - arg), err, errlen) &&
        set_path(&w->remote, comma + 1, strlen(comma + 1), err, errlen) &&
        open_socket(w, err, errlen))
        return &w->wire;
    unix_close(&w->wire);
    return NULL;
}
