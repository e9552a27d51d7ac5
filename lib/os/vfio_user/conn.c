// SPDX-License-Identifier: MIT
/* A connection to a vfio-user server: one message at a time, and the reply that belongs to it. */
#include "lib/os/vfio_user/vfio_user_os.h"

#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/os/linux/linux_os.h"

#define MS(n)       ((uint64_t)(n)*1000000u)
/* A message is taken and answered within this time, or the server is given up. */
#define PATIENCE_NS MS(5000)
/*
 * An open or a close is up to thousands of messages. Each has so much time of its own; what it
 * takes beyond that is taken from a credit that all share, of which one part in REPAY comes back as
 * time goes by. So a server that just about keeps the limit of each message holds nothing up for
 * long.
 */
#define PROMPT_NS   MS(20)
#define CREDIT_NS   MS(20000)
#define REPAY       10u
#define ERRNO_MAX   4095u
#define TEXT_MAX    4096u

/* Everything is in the byte order of the machine. */
struct header {
    uint16_t id, command;
    uint32_t size; /* this header included */
    uint32_t flags, error;
};

enum { FLAG_REPLY = 1, FLAG_ERROR = 1 << 5 };

struct access {
    uint64_t offset;
    uint32_t region, count;
    uint8_t data[4];
};
#define ACCESS_HEAD 16u

/* ---- patience ------------------------------------------------------------ */

/* When a message that begins now has to be answered. Lock held. */
static uint64_t deadline(struct vu_conn *c)
{
    uint64_t now = lx_now_ns(NULL);

    c->credit_ns += (now - c->begun_ns) / REPAY;
    if (c->credit_ns > CREDIT_NS)
        c->credit_ns = CREDIT_NS;
    c->begun_ns = now;
    uint64_t most = PROMPT_NS + c->credit_ns;
    return now + (most < PATIENCE_NS ? most : PATIENCE_NS);
}

/* It has been answered. Lock held. */
static void charge(struct vu_conn *c)
{
    uint64_t took = lx_now_ns(NULL) - c->begun_ns, slow = took > PROMPT_NS ? took - PROMPT_NS : 0;

    c->credit_ns -= slow < c->credit_ns ? slow : c->credit_ns;
}

/* ---- the end ------------------------------------------------------------- */

/* Messages and replies no longer match after this: nothing more is exchanged. */
static int give_up(struct vu_conn *c, const char *why)
{
    if (!atomic_exchange(&c->dead, true)) {
        ixl_log(IXL_LOG_ERROR, "%s: the server %s: the device is lost, close it", c->address, why);
        shutdown(c->fd, SHUT_RDWR);
    }
    return -ENODEV;
}

/* ---- bytes --------------------------------------------------------------- */

/* False: it does not become ready in time. */
static bool await(const struct vu_conn *c, short events, uint64_t end)
{
    struct pollfd p = { .fd = c->fd, .events = events };
    uint64_t now = lx_now_ns(NULL);

    return now < end && poll(&p, 1, (int)((end - now) / MS(1)) + 1) != 0;
}

static int send_all(struct vu_conn *c, const struct vu_call *call, struct header *h, uint64_t end)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(VU_FDS_MAX * sizeof(int))];
    } control = { .room = { 0 } };
    size_t fds = call->n_fds * sizeof(int);

    for (size_t done = 0; done < h->size;) {
        size_t first = done < sizeof(*h) ? sizeof(*h) - done : 0;
        size_t past = done < sizeof(*h) ? 0 : done - sizeof(*h);
        struct iovec iov[] = { { (uint8_t *)h + (sizeof(*h) - first), first },
                               { (uint8_t *)(uintptr_t)call->body + past, call->len - past } };
        struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
        if (fds && done == 0) { /* they go with the first byte */
            msg.msg_control = control.room;
            msg.msg_controllen = CMSG_SPACE(fds);
            control.head.cmsg_level = SOL_SOCKET;
            control.head.cmsg_type = SCM_RIGHTS;
            control.head.cmsg_len = CMSG_LEN(fds);
            memcpy(CMSG_DATA(&control.head), call->fds, fds);
        }
        if (!await(c, POLLOUT, end))
            return give_up(c, "takes no messages, or takes too long");
        ssize_t n = sendmsg(c->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return give_up(c, "has closed the connection");
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* Keep the first descriptor; others are nobody's. */
static void take_fds(struct msghdr *msg, int *wanted)
{
    for (struct cmsghdr *m = CMSG_FIRSTHDR(msg); m; m = CMSG_NXTHDR(msg, m)) {
        if (m->cmsg_level != SOL_SOCKET || m->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t off = CMSG_LEN(0); off + sizeof(int) <= m->cmsg_len; off += sizeof(int)) {
            int fd;
            memcpy(&fd, (uint8_t *)m + off, sizeof(fd));
            if (*wanted < 0)
                *wanted = fd;
            else
                close(fd);
        }
    }
}

/* Where no descriptor is wanted there is no room for any, and the kernel drops them: a close of
 * ours asks the file system, which may never answer. */
static int receive_all(struct vu_conn *c, void *buf, size_t len, int *fd, uint64_t end)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(VU_FDS_MAX * sizeof(int))];
    } control;

    for (size_t done = 0; done < len;) {
        struct iovec iov = { (uint8_t *)buf + done, len - done };
        struct msghdr msg = { .msg_iov = &iov,
                              .msg_iovlen = 1,
                              .msg_control = fd ? control.room : NULL,
                              .msg_controllen = fd ? sizeof(control.room) : 0 };
        if (!await(c, POLLIN, end))
            return give_up(c, "does not answer, or takes too long");
        ssize_t n = recvmsg(c->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (n <= 0)
            return give_up(c, "has closed the connection");
        take_fds(&msg, fd);
        done += (size_t)n;
    }
    return 0;
}

/* ---- messages ------------------------------------------------------------ */

static int check_header(struct vu_conn *c, const struct header *h, const struct vu_call *call)
{
    size_t least = sizeof(*h) + call->reply_min, most = sizeof(*h) + call->reply_max;

    if (h->id != c->id || h->command != (uint16_t)call->command)
        return give_up(c, "answers what was not asked");
    if ((h->flags & ~(uint32_t)FLAG_ERROR) != FLAG_REPLY)
        return give_up(c, "sends something else than a reply");
    if (h->flags & FLAG_ERROR)
        least = most = sizeof(*h);
    if (h->size < least || h->size > most)
        return give_up(c, "sends a reply of the wrong size");
    return 0;
}

static int receive(struct vu_conn *c, struct vu_call *call, uint64_t end)
{
    struct header h = { .id = 0 };
    int err = receive_all(c, &h, sizeof(h), call->reply_fd, end);

    if (!err)
        err = check_header(c, &h, call);
    if (err)
        return err;
    if (h.flags & FLAG_ERROR)
        return h.error > 0 && h.error <= ERRNO_MAX ? -(int)h.error : -EIO;
    call->reply_len = h.size - sizeof(h);
    return receive_all(c, call->reply, call->reply_len, call->reply_fd, end);
}

int vu_call(struct vu_conn *c, struct vu_call *call)
{
    struct header h = { .command = (uint16_t)call->command,
                        .size = (uint32_t)(sizeof(h) + call->len) };

    if (call->reply_fd)
        *call->reply_fd = -1;
    pthread_mutex_lock(&c->lock);
    int err = vu_dead(c) ? -ENODEV : 0;
    if (!err) {
        uint64_t end = deadline(c);
        h.id = ++c->id;
        err = send_all(c, call, &h, end);
        if (!err)
            err = receive(c, call, end);
        charge(c);
    }
    pthread_mutex_unlock(&c->lock);
    if (err && call->reply_fd && *call->reply_fd >= 0) {
        close(*call->reply_fd);
        *call->reply_fd = -1;
    }
    return err;
}

/* ---- regions ------------------------------------------------------------- */

static bool same(const struct access *a, const struct access *b)
{
    return a->offset == b->offset && a->region == b->region && a->count == b->count;
}

int vu_region_read(struct vu_conn *c, unsigned region, uint64_t off, unsigned width, uint32_t *val)
{
    struct access ask = { .offset = off, .region = region, .count = width };
    struct access got = { .offset = 0 };
    struct vu_call call = { .command = VU_REGION_READ,
                            .body = &ask,
                            .len = ACCESS_HEAD,
                            .reply = &got,
                            .reply_min = ACCESS_HEAD + width,
                            .reply_max = ACCESS_HEAD + width };
    int err = vu_call(c, &call);
    uint32_t wire = 0;

    if (!err && !same(&ask, &got))
        err = give_up(c, "answers another access than it was asked for");
    memcpy(&wire, got.data, width);
    *val = le32toh(wire);
    return err;
}

int vu_region_write(struct vu_conn *c, unsigned region, uint64_t off, unsigned width, uint32_t val)
{
    struct access ask = { .offset = off, .region = region, .count = width };
    struct access got = { .offset = 0 };
    struct vu_call call = { .command = VU_REGION_WRITE,
                            .body = &ask,
                            .len = ACCESS_HEAD + width,
                            .reply = &got,
                            .reply_min = ACCESS_HEAD,
                            .reply_max = ACCESS_HEAD };
    uint32_t wire = htole32(val);

    memcpy(ask.data, &wire, width);
    int err = vu_call(c, &call);
    if (!err && !same(&ask, &got))
        err = give_up(c, "answers another access than it was asked for");
    return err;
}

/* ---- beginning ----------------------------------------------------------- */

/* The one capability that matters here; without it the protocol says 1. */
static unsigned find_max_fds(const char *text)
{
    static const char key[] = "\"max_msg_fds\"";
    const char *at = strstr(text, key);

    if (!at)
        return 1;
    at += sizeof(key) - 1;
    at += strspn(at, " \t\r\n:");
    unsigned long n = strtoul(at, NULL, 10);
    return n < 1 ? 1 : n < VU_FDS_MAX ? (unsigned)n : VU_FDS_MAX;
}

static int agree(struct vu_conn *c)
{
    struct version {
        uint16_t major, minor;
        char text[TEXT_MAX];
    } ask = { 0, 0, "{\"capabilities\":{\"max_msg_fds\":1,\"max_data_xfer_size\":4096}}" };
    struct version got = { 0, 0, "" };
    struct vu_call call = { .command = VU_VERSION,
                            .body = &ask,
                            .len = 4 + strlen(ask.text) + 1,
                            .reply = &got,
                            .reply_min = 4,
                            .reply_max = sizeof(got) - 1 };
    int err = vu_call(c, &call);

    if (err == -ENODEV)
        return -IXL_EBUSY;
    if (err)
        return lx_fail(c->address, "the server refuses the connection", err, NULL);
    if (got.major != 0 || got.minor != 0) {
        ixl_log(IXL_LOG_ERROR, "%s: the server speaks version %u.%u of the protocol, not 0.0",
                c->address, got.major, got.minor);
        return -IXL_ENOTSUP;
    }
    ((char *)&got)[call.reply_len] = '\0';
    c->max_fds = call.reply_len > 4 ? find_max_fds(got.text) : 1;
    return 0;
}

int vu_connect(struct vu_conn *c, const char *path, const char *address)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };

    memcpy(at.sun_path, path, strlen(path) + 1);
    c->address = address;
    c->id = 0;
    c->max_fds = 1;
    c->begun_ns = lx_now_ns(NULL);
    c->credit_ns = CREDIT_NS;
    atomic_store(&c->dead, false);
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (c->fd < 0)
        return lx_fail(address, "a socket cannot be had", -errno, NULL);
    if (connect(c->fd, (const struct sockaddr *)&at, sizeof(at)) < 0) {
        int err = errno;
        close(c->fd);
        return lx_fail(address, "nobody serves a device there", -err,
                       "start the server first (ixl-serve, for one)");
    }
    pthread_mutex_init(&c->lock, NULL);
    int err = agree(c);
    if (err)
        vu_disconnect(c);
    return err;
}

void vu_disconnect(struct vu_conn *c)
{
    close(c->fd);
    c->fd = -1;
    pthread_mutex_destroy(&c->lock);
}
