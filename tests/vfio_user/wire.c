// SPDX-License-Identifier: MIT
#include "tests/vfio_user/wire.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/common/stage.h"

int wire_connect(const char *path)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(at.sun_path, path, strlen(path) + 1);
    if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
        return fd;
    close(fd);
    return -1;
}

bool wire_send(int fd, const struct wire_head *head, const void *body, size_t len, const int *fds,
               unsigned n_fds)
{
    char control[CMSG_SPACE(64 * sizeof(int))] = "";
    struct iovec iov[] = { { (void *)(uintptr_t)head, sizeof(*head) },
                           { (void *)(uintptr_t)body, len } };
    struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };

    if (n_fds) {
        msg.msg_control = control;
        msg.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
        struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
        memcpy(CMSG_DATA(c), fds, n_fds * sizeof(int));
    }
    return sendmsg(fd, &msg, MSG_NOSIGNAL) == (ssize_t)(sizeof(*head) + len);
}

static bool receive_all(int fd, void *buf, size_t len)
{
    for (size_t done = 0; done < len;) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        if (poll(&p, 1, 10000) != 1)
            fail_msg("the other side is silent");
        ssize_t n = recv(fd, (uint8_t *)buf + done, len - done, 0);
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

bool wire_receive(int fd, struct wire_message *m)
{
    if (!receive_all(fd, &m->head, sizeof(m->head)))
        return false;
    assert_in_range(m->head.size, sizeof(m->head), sizeof(*m));
    return receive_all(fd, m->body, m->head.size - sizeof(m->head));
}

int wire_call(int fd, uint16_t command, const void *body, size_t len, const int *fds,
              unsigned n_fds, struct wire_message *reply)
{
    static uint16_t id = 100;
    struct wire_head h = { ++id, command, (uint32_t)(sizeof(h) + len), 0, 0 };

    if (!wire_send(fd, &h, body, len, fds, n_fds) || !wire_receive(fd, reply))
        return -1;
    assert_int_equal(reply->head.id, id);
    assert_int_equal(reply->head.command, command);
    if (reply->head.flags == 1)
        return 0;
    assert_int_equal(reply->head.flags, 0x21);
    assert_int_equal(reply->head.size, sizeof(h));
    assert_int_not_equal(reply->head.error, 0);
    return (int)reply->head.error;
}

void wire_greet(int fd)
{
    static const char hello[] = "\0\0\0\0{\"capabilities\":{\"max_msg_fds\":8}}";
    struct wire_message m;

    assert_int_equal(wire_call(fd, VERSION, hello, sizeof(hello), NULL, 0, &m), 0);
    assert_memory_equal(m.body, "\0\0\0\0{", 5);
    assert_int_equal(m.body[m.head.size - sizeof(m.head) - 1], '\0');
}

bool wire_closed(int fd)
{
    char byte;
    struct pollfd p = { .fd = fd, .events = POLLIN };

    return poll(&p, 1, 10000) == 1 && recv(fd, &byte, 1, 0) <= 0;
}
