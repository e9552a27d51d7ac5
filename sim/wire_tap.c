// SPDX-License-Identifier: MIT
/* A Linux TAP device. Its addresses, MTU and state are the business of whoever made it. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "wire.h"

static enum sim_sent tap_send(struct sim_wire *wire, const void *frame, size_t len)
{
    ssize_t n;

    do
        n = write(wire->fd, frame, len);
    while (n < 0 && errno == EINTR);
    /* an interface that is down or gone loses frames, as a cable without a partner does */
    return n < 0 && errno == EAGAIN ? SIM_SENT_FULL : SIM_SENT;
}

static size_t tap_recv(struct sim_wire *wire, void *buf, size_t cap)
{
    ssize_t n;

    do
        n = read(wire->fd, buf, cap);
    while (n < 0 && errno == EINTR);
    return n > 0 ? (size_t)n : 0;
}

static void tap_close(struct sim_wire *wire)
{
    close(wire->fd);
    free(wire);
}

static const struct sim_wire_ops tap_ops = {
    .send = tap_send,
    .recv = tap_recv,
    .close = tap_close,
};

static int open_tap(const char *name, char *err, size_t errlen)
{
    struct ifreq req;
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0) {
        snprintf(err, errlen, "tap \"%s\": /dev/net/tun: %s", name, strerror(errno));
        return -1;
    }
    memset(&req, 0, sizeof(req));
    memcpy(req.ifr_name, name, strlen(name));
    req.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (ioctl(fd, TUNSETIFF, &req) < 0) {
        snprintf(err, errlen, "tap \"%s\": %s", name, strerror(errno));
        close(fd);
        return -1;
    }
    return fd;
}

struct sim_wire *sim_wire_tap(const char *arg, char *err, size_t errlen)
{
    if (!arg[0] || strlen(arg) >= IFNAMSIZ) {
        snprintf(err, errlen, "a tap needs an interface name of 1 to %d characters", IFNAMSIZ - 1);
        return NULL;
    }
    struct sim_wire *w = calloc(1, sizeof(*w));
    if (!w)
        return NULL;
    w->ops = &tap_ops;
    w->pad = true;
    w->fd_out = -1;
    w->fd = open_tap(arg, err, errlen);
    if (w->fd >= 0)
        return w;
    free(w);
    return NULL;
}
