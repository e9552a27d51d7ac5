// SPDX-License-Identifier: MIT
/* Messages of the vfio-user protocol: a header, a body, and descriptors beside them. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "serve_priv.h"

/* A message that has begun is complete within this time, or the client goes. */
#define PATIENCE_MS 5000

static int64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- descriptors ---------------------------------------------------------- */

static void *close_it(void *fd)
{
    close((int)(intptr_t)fd);
    return NULL;
}

/* To close a file is to ask its file system, and that may never answer: then a thread of its own
 * waits for it, and keeps nobody from being served. Without a thread the descriptor is kept. */
static void drop(int fd)
{
    pthread_t thread;

    if (serve_is_memory(fd) || serve_is_eventfd(fd))
        close(fd);
    else if (pthread_create(&thread, NULL, close_it, (void *)(intptr_t)fd) == 0)
        pthread_detach(thread);
}

void serve_close_fds(struct serve_message *m)
{
    for (unsigned i = 0; i < m->n_fds; i++)
        if (m->fd[i] >= 0)
            drop(m->fd[i]);
    m->n_fds = 0;
}

static bool take_fds(struct msghdr *msg, struct serve_message *m)
{
    bool ok = !(msg->msg_flags & MSG_CTRUNC);

    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t off = CMSG_LEN(0); off + sizeof(int) <= c->cmsg_len; off += sizeof(int)) {
            int fd;
            memcpy(&fd, (uint8_t *)c + off, sizeof(fd));
            if (m->n_fds < SERVE_FDS) {
                m->fd[m->n_fds++] = fd;
                continue;
            }
            drop(fd);
            ok = false;
        }
    }
    return ok;
}

/* ---- receiving ------------------------------------------------------------ */

/* `len` bytes before `end`; NULL or what went wrong. */
static const char *receive_all(int fd, struct serve_message *m, void *buf, size_t len, int64_t end)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(SERVE_FDS * sizeof(int))];
    } control;

    for (size_t done = 0; done < len;) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        int64_t left = end - now_ms();
        if (left <= 0 || poll(&p, 1, (int)left) == 0)
            return "it stopped in the middle of a message";
        struct iovec iov = { (uint8_t *)buf + done, len - done };
        struct msghdr msg = { .msg_iov = &iov,
                              .msg_iovlen = 1,
                              .msg_control = control.room,
                              .msg_controllen = sizeof(control.room) };
        ssize_t n = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (n <= 0)
            return done ? "it hung up in the middle of a message" : "";
        if (!take_fds(&msg, m))
            return "it sent more descriptors than were agreed on";
        done += (size_t)n;
    }
    return NULL;
}

const char *serve_receive(int fd, struct serve_message *m)
{
    int64_t end = now_ms() + PATIENCE_MS;

    m->n_fds = 0;
    m->len = 0;
    const char *why = receive_all(fd, m, &m->head, sizeof(m->head), end);
    if (why)
        return why;
    if (m->head.size < sizeof(m->head) || m->head.size - sizeof(m->head) > sizeof(m->body))
        return "it sent a message of a size there is not";
    if ((m->head.flags & SERVE_TYPE) != 0)
        return "it sent a reply to nothing";
    m->len = m->head.size - sizeof(m->head);
    why = receive_all(fd, m, m->body, m->len, end);
    return why && !*why ? "it hung up in the middle of a message" : why;
}

/* ---- replying ------------------------------------------------------------- */

bool serve_reply(int fd, const struct serve_header *to, int err, const void *body, size_t len)
{
    uint8_t buf[sizeof(struct serve_header) + SERVE_BODY];
    struct serve_header h = { .id = to->id, .command = to->command };
    int64_t end = now_ms() + PATIENCE_MS;

    if (to->flags & SERVE_NO_REPLY)
        return true;
    len = err ? 0 : len;
    h.size = (uint32_t)(sizeof(h) + len);
    h.flags = SERVE_REPLY | (err ? (uint32_t)SERVE_ERROR : 0);
    h.error = (uint32_t)err;
    memcpy(buf, &h, sizeof(h));
    if (len)
        memcpy(buf + sizeof(h), body, len);
    for (size_t done = 0; done < h.size;) {
        struct pollfd p = { .fd = fd, .events = POLLOUT };
        int64_t left = end - now_ms();
        if (left <= 0 || poll(&p, 1, (int)left) == 0)
            return false;
        ssize_t n = send(fd, buf + done, h.size - done, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        done += n > 0 ? (size_t)n : 0;
    }
    return true;
}
