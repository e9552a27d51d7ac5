// SPDX-License-Identifier: MIT
#include "lib/os/qtest/link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lib/os/os.h"

/*
 * Lines on their way at most. QEMU takes its socket in portions of 1024 bytes; with no more than
 * that under way a process that is killed never leaves half a line behind in QEMU, which would be
 * glued to the first line of the next process (and end QEMU with an assertion).
 */
#define IN_FLIGHT      24u
#define LINE_MAX_BYTES 42u

enum answer { ANSWER_OK, ANSWER_FAIL, ANSWER_PIN, ANSWER_NONSENSE };

uint64_t qtest_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000u + (uint64_t)ts.tv_nsec / 1000000u;
}

int qtest_connect(const char *path)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof(addr.sun_path)) {
        ixl_log(IXL_LOG_ERROR,
                "qemu: the socket's path %s is too long: use a folder with a shorter "
                "name (TMPDIR)",
                path);
        return -IXL_EINVAL;
    }
    strcpy(addr.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        ixl_log(IXL_LOG_ERROR, "qemu: no socket to be had: %s", strerror(errno));
        return -IXL_EIO;
    }
    if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0) {
        return fd;
    }
    int err = errno;
    close(fd);
    if (err == ENOENT || err == ECONNREFUSED || err == EAGAIN) {
        return -IXL_EAGAIN;
    }
    ixl_log(IXL_LOG_ERROR, "qemu: cannot connect to %s: %s", path, strerror(err));
    return err == EACCES ? -IXL_EPERM : -IXL_EIO;
}

int qtest_poll(int fd, short events, uint64_t deadline)
{
    for (;;) {
        uint64_t now = qtest_ms();
        struct pollfd pfd = { .fd = fd, .events = events };
        int n = poll(&pfd, 1, now >= deadline ? 0 : (int)(deadline - now));
        if (n >= 0 || errno != EINTR) {
            return n > 0;
        }
    }
}

int qtest_send(int fd, const char *data, size_t len, uint64_t deadline)
{
    while (len > 0) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
        if (n > 0) {
            data += n;
            len -= (size_t)n;
        } else if (n < 0 && errno == EAGAIN) {
            if (qtest_poll(fd, POLLOUT, deadline) == 0) {
                return -IXL_ETIMEDOUT;
            }
        } else if (n == 0 || errno != EINTR) {
            return -IXL_EIO;
        }
    }
    return 0;
}

/* Give QEMU up. Logs once, since nobody tries again. */
static int die(struct qtest_link *link, int err, const char *why)
{
    link->death = err;
    atomic_store(&link->dead, true);
    shutdown(link->fd, SHUT_RDWR);
    if (!link->quiet) {
        ixl_log(IXL_LOG_ERROR, "qemu: %s; its devices are lost until the bus is opened again", why);
    }
    return err;
}

static int die_silent(struct qtest_link *link)
{
    char why[80];
    snprintf(why, sizeof(why), "QEMU has not answered for %u ms (timeout=MS allows it more)",
             link->timeout_ms);
    return die(link, -IXL_ETIMEDOUT, why);
}

static int die_nonsense(struct qtest_link *link, const char *line)
{
    char why[120];
    snprintf(why, sizeof(why), "what answers is no QEMU that speaks qtest, it said '%.40s'", line);
    return die(link, -IXL_EIO, why);
}

/* "IRQ raise 23", "IRQ lower 23". */
static enum answer parse_pin(struct qtest_link *link, const char *text)
{
    bool raise = strncmp(text, "raise ", 6) == 0;
    if (!raise && strncmp(text, "lower ", 6) != 0) {
        return ANSWER_NONSENSE;
    }
    char *end;
    unsigned long pin = strtoul(text + 6, &end, 10);
    if (end == text + 6 || *end != '\0') {
        return ANSWER_NONSENSE;
    }
    if (pin < 32) {
        uint32_t bit = 1u << pin;
        if (raise) {
            atomic_fetch_or(&link->pins, bit);
        } else {
            atomic_fetch_and(&link->pins, ~bit);
        }
    }
    return ANSWER_PIN;
}

static enum answer parse_line(struct qtest_link *link, const char *line, uint64_t *value)
{
    if (strncmp(line, "IRQ ", 4) == 0) {
        return parse_pin(link, line + 4);
    }
    if (strncmp(line, "FAIL", 4) == 0 || strncmp(line, "ERR", 3) == 0) {
        return ANSWER_FAIL;
    }
    if (strncmp(line, "OK", 2) != 0) {
        return ANSWER_NONSENSE;
    }
    if (line[2] == '\0') {
        *value = 0;
        return ANSWER_OK;
    }
    char *end;
    *value = strtoull(line + 2, &end, 0);
    return line[2] == ' ' && end != line + 3 && *end == '\0' ? ANSWER_OK : ANSWER_NONSENSE;
}

/* Read what is there. 1: something; 0: nothing; negative: dead. */
static int take_in(struct qtest_link *link)
{
    if (link->in_len == sizeof(link->in)) {
        link->in[sizeof(link->in) - 1] = '\0';
        return die_nonsense(link, link->in);
    }
    ssize_t n = recv(link->fd, link->in + link->in_len, sizeof(link->in) - link->in_len, 0);
    if (n > 0) {
        link->in_len += (size_t)n;
        return 1;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return 0;
    }
    return die(link, -IXL_EIO, "QEMU has ended or closed its socket");
}

/* The next answer among what has been read: 1 and the answer, 0 none, negative dead. */
static int next_answer(struct qtest_link *link, enum answer *answer, uint64_t *value)
{
    for (;;) {
        char *end = memchr(link->in, '\n', link->in_len);
        if (end == NULL) {
            return 0;
        }
        *end = '\0';
        *answer = parse_line(link, link->in, value);
        if (*answer == ANSWER_NONSENSE || (*answer != ANSWER_PIN && link->owed == 0)) {
            return die_nonsense(link, link->in);
        }
        link->in_len -= (size_t)(end + 1 - link->in);
        memmove(link->in, end + 1, link->in_len);
        if (*answer != ANSWER_PIN) {
            link->owed--;
            return 1;
        }
    }
}

/* Collect answers until only `left` are owed; the last one collected is handed out. */
static int collect(struct qtest_link *link, unsigned left, uint64_t *value)
{
    uint64_t deadline = qtest_ms() + link->timeout_ms;
    enum answer answer = ANSWER_OK;

    while (link->owed > left) {
        int n = next_answer(link, &answer, value);
        if (n == 0) {
            if (qtest_poll(link->fd, POLLIN, deadline) == 0) {
                return die_silent(link);
            }
            n = take_in(link);
        } else if (n > 0 && answer == ANSWER_FAIL && link->owed > 0) {
            return die(link, -IXL_EIO, "QEMU refused a register write");
        }
        if (n < 0) {
            return n;
        }
        /* A server that talks without ever answering must not hold us either. */
        if (link->owed > left && qtest_ms() > deadline) {
            return die_silent(link);
        }
    }
    return answer == ANSWER_FAIL ? -IXL_ENOTSUP : 0;
}

/* Send one line, with the lock held. */
static int put_line(struct qtest_link *link, const char *fmt, va_list ap)
{
    char line[128];
    uint64_t unused;

    if (atomic_load(&link->dead)) {
        return -IXL_ENODEV;
    }
    int len = vsnprintf(line, sizeof(line) - 1, fmt, ap);
    if (len < 0 || len >= (int)sizeof(line) - 1) {
        return -IXL_EINVAL;
    }
    line[len++] = '\n';
    if (link->owed == 0 && link->in_len > 0) { /* nothing but pins may have come unasked */
        enum answer answer;
        int err = next_answer(link, &answer, &unused);
        if (err < 0) {
            return err;
        }
    }
    if (link->owed >= IN_FLIGHT || len > (int)LINE_MAX_BYTES) {
        int err = collect(link, len > (int)LINE_MAX_BYTES ? 0 : IN_FLIGHT / 2, &unused);
        if (err != 0) {
            return err == -IXL_ENOTSUP ? die(link, -IXL_EIO, "QEMU refused a register write") : err;
        }
    }
    int err = qtest_send(link->fd, line, (size_t)len, qtest_ms() + link->timeout_ms);
    if (err != 0) {
        return err == -IXL_ETIMEDOUT ? die_silent(link)
                                     : die(link, err, "QEMU has ended or closed its socket");
    }
    link->owed++;
    return 0;
}

static int put(struct qtest_link *link, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int put(struct qtest_link *link, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int err = put_line(link, fmt, ap);
    va_end(ap);
    return err;
}

int qtest_call(struct qtest_link *link, uint64_t *value, const char *fmt, ...)
{
    uint64_t got = 0;
    va_list ap;

    va_start(ap, fmt);
    pthread_mutex_lock(&link->lock);
    int err = put_line(link, fmt, ap);
    if (err == 0) {
        err = collect(link, 0, &got);
    }
    pthread_mutex_unlock(&link->lock);
    va_end(ap);
    if (value != NULL) {
        *value = got;
    }
    return err;
}

int qtest_post(struct qtest_link *link, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    pthread_mutex_lock(&link->lock);
    int err = put_line(link, fmt, ap);
    pthread_mutex_unlock(&link->lock);
    va_end(ap);
    return err;
}

static const char *const out_word[] = { "", "outb", "outw", "", "outl" };
static const char *const in_word[] = { "", "inb", "inw", "", "inl" };

static unsigned cfg_address(unsigned devfn, unsigned off)
{
    return 0x80000000u | devfn << 8 | (off & 0xfcu);
}

int qtest_cfg_read(struct qtest_link *link, unsigned devfn, unsigned off, unsigned width,
                   uint32_t *val)
{
    uint64_t got = UINT32_MAX;

    pthread_mutex_lock(&link->lock);
    int err = put(link, "outl 0xcf8 0x%x", cfg_address(devfn, off));
    if (err == 0) {
        err = put(link, "%s 0x%x", in_word[width], 0xcfcu + (off & 3u));
    }
    if (err == 0) {
        err = collect(link, 0, &got);
    }
    pthread_mutex_unlock(&link->lock);
    *val = err == 0 ? (uint32_t)got : UINT32_MAX;
    return err;
}

int qtest_cfg_write(struct qtest_link *link, unsigned devfn, unsigned off, unsigned width,
                    uint32_t val)
{
    uint64_t unused;

    pthread_mutex_lock(&link->lock);
    int err = put(link, "outl 0xcf8 0x%x", cfg_address(devfn, off));
    if (err == 0) {
        err = put(link, "%s 0x%x 0x%x", out_word[width], 0xcfcu + (off & 3u), val);
    }
    if (err == 0) {
        err = collect(link, 0, &unused);
    }
    pthread_mutex_unlock(&link->lock);
    return err;
}

void qtest_link_drain(struct qtest_link *link)
{
    enum answer answer;
    uint64_t value;

    if (atomic_load(&link->dead) || pthread_mutex_trylock(&link->lock) != 0) {
        return; /* whoever is at it drains, too */
    }
    /* The limit holds a server off that never stops talking. */
    for (unsigned i = 0; i < 256 && !atomic_load(&link->dead); i++) {
        int n = next_answer(link, &answer, &value);
        if (n == 0) {
            n = take_in(link);
        } else if (n > 0 && answer == ANSWER_FAIL) {
            n = die(link, -IXL_EIO, "QEMU refused a register write");
        }
        if (n <= 0) {
            break;
        }
    }
    pthread_mutex_unlock(&link->lock);
}

int qtest_link_open(struct qtest_link *link, const char *path, unsigned timeout_ms)
{
    int fd = qtest_connect(path);
    if (fd < 0) {
        return fd;
    }
    pthread_mutex_init(&link->lock, NULL);
    link->fd = fd;
    link->timeout_ms = timeout_ms;
    link->owed = 0;
    link->in_len = 0;
    link->quiet = false;
    atomic_init(&link->pins, 0);
    atomic_init(&link->dead, false);
    return 0;
}

void qtest_link_close(struct qtest_link *link)
{
    close(link->fd);
    link->fd = -1;
    pthread_mutex_destroy(&link->lock);
}
