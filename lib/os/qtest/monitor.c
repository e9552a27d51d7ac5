// SPDX-License-Identifier: MIT
/* QEMU's monitor: one human monitor command through QMP, connected anew for each. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/os/os.h"
#include "lib/os/qtest/machine.h"

#define ANSWER_MAX 16384u

struct talk {
    int fd;
    uint64_t deadline;
    size_t len;
    char buf[ANSWER_MAX];
};

/* One line of QMP that has `key` at its top level; others (events) are skipped. 0, negative. */
static int await(struct talk *talk, const char *key)
{
    for (;;) {
        char *end = memchr(talk->buf, '\n', talk->len);
        if (end != NULL) {
            *end = '\0';
            bool right = strncmp(talk->buf, key, strlen(key)) == 0;
            bool error = strncmp(talk->buf, "{\"error\"", 8) == 0;
            if (right) {
                return 0;
            }
            talk->len -= (size_t)(end + 1 - talk->buf);
            memmove(talk->buf, end + 1, talk->len);
            if (error) {
                return -IXL_EINVAL;
            }
            continue;
        }
        if (talk->len == sizeof(talk->buf)) {
            return -IXL_EIO;
        }
        /* A server that talks without ever answering must not hold us either. */
        if (qtest_poll(talk->fd, POLLIN, talk->deadline) == 0 || qtest_ms() > talk->deadline) {
            return -IXL_ETIMEDOUT;
        }
        ssize_t n = recv(talk->fd, talk->buf + talk->len, sizeof(talk->buf) - talk->len, 0);
        if (n > 0) {
            talk->len += (size_t)n;
        } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
            return -IXL_EIO;
        }
    }
}

/* Drop the line await found. */
static void next(struct talk *talk)
{
    size_t len = strlen(talk->buf) + 1;
    talk->len -= len;
    memmove(talk->buf, talk->buf + len, talk->len);
}

/* The text of a JSON string, up to its closing quote. */
static void unescape(const char *json, char *out, size_t cap)
{
    size_t n = 0;
    for (; *json != '\0' && *json != '"' && n + 1 < cap; json++) {
        char c = *json;
        if (c == '\\' && json[1] != '\0') {
            json++;
            c = *json == 'n' ? '\n' : *json == 't' ? '\t' : *json == 'r' ? '\r' : *json;
        }
        if (c != '\r') {
            out[n++] = c;
        }
    }
    out[n] = '\0';
}

static int ask(struct talk *talk, const char *cmd)
{
    char line[512];
    int len = snprintf(line, sizeof(line),
                       "{\"execute\":\"human-monitor-command\",\"arguments\":"
                       "{\"command-line\":\"%s\"}}\n",
                       cmd);
    if (len >= (int)sizeof(line) || strpbrk(cmd, "\"\\\n") != NULL) {
        return -IXL_EINVAL;
    }
    int err = await(talk, "{\"QMP\"");
    if (err == 0) {
        static const char hello[] = "{\"execute\":\"qmp_capabilities\"}\n";
        next(talk);
        err = qtest_send(talk->fd, hello, sizeof(hello) - 1, talk->deadline);
    }
    if (err == 0) {
        err = await(talk, "{\"return\"");
    }
    if (err == 0) {
        next(talk);
        err = qtest_send(talk->fd, line, (size_t)len, talk->deadline);
    }
    if (err == 0) {
        err = await(talk, "{\"return\"");
        if (err == -IXL_EIO && strcmp(cmd, "quit") == 0) {
            memcpy(talk->buf, "{}", 3); /* it quit before it could answer */
            err = 0;
        }
    }
    return err;
}

int qtest_monitor(const char *path, unsigned timeout_ms, const char *cmd, char *reply, size_t cap)
{
    struct talk talk = { .deadline = qtest_ms() + timeout_ms };
    char text[ANSWER_MAX];

    if (path == NULL) {
        ixl_log(IXL_LOG_ERROR, "qemu: this QEMU's monitor is not known: say monitor=SOCKET");
        return -IXL_ENOTSUP;
    }
    talk.fd = qtest_connect(path);
    if (talk.fd < 0) {
        ixl_log(IXL_LOG_ERROR, "qemu: the monitor %s does not answer", path);
        return -IXL_EIO;
    }
    int err = ask(&talk, cmd);
    close(talk.fd);
    if (err != 0) {
        ixl_log(IXL_LOG_ERROR, "qemu: the monitor did not carry out '%s': %s", cmd,
                ixl_strerror(err));
        return err;
    }
    const char *value = strstr(talk.buf, "\"return\": \"");
    unescape(value == NULL ? "" : value + 11, text, sizeof(text));
    if (reply != NULL && cap > 0) {
        snprintf(reply, cap, "%s", text);
    }
    return strncmp(text, "Error", 5) == 0 || strstr(text, "unknown command") != NULL ? -IXL_EINVAL
                                                                                     : 0;
}
