// SPDX-License-Identifier: MIT
/*
 * The qtest socket: lines of text, an answer to each in order, and between them lines that tell of
 * interrupt pins. Any thread; one lock is held for a transaction. Once QEMU has died, hung or
 * talked nonsense the link is dead and every call fails at once.
 */
#ifndef IXL_OS_QTEST_LINK_H
#define IXL_OS_QTEST_LINK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct qtest_link {
    pthread_mutex_t lock;
    int fd;
    unsigned timeout_ms;
    unsigned owed; /* answers still to come */
    size_t in_len; /* bytes in `in`: an unfinished line */
    char in[1024];
    _Atomic uint32_t pins; /* level of the interrupt controller's inputs 0..31 */
    bool quiet;            /* say nothing when it dies: the caller knows better why */
    int death;             /* the error it died of */
    _Atomic bool dead;
};

/* Connect to the socket at `path`. -IXL_EAGAIN: nobody listens there (no sentence is logged). */
int qtest_link_open(struct qtest_link *link, const char *path, unsigned timeout_ms);
void qtest_link_close(struct qtest_link *link);

/* Send one line and wait for its answer and the number in it (value may be NULL). -IXL_ENOTSUP:
 * QEMU refused it; -IXL_EIO, -IXL_ETIMEDOUT: the link has just died; -IXL_ENODEV: it was dead. */
int qtest_call(struct qtest_link *link, uint64_t *value, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Send one line; its answer is looked at later. */
int qtest_post(struct qtest_link *link, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Access PCI configuration space of a function of bus 0. */
int qtest_cfg_read(struct qtest_link *link, unsigned devfn, unsigned off, unsigned width,
                   uint32_t *val);
int qtest_cfg_write(struct qtest_link *link, unsigned devfn, unsigned off, unsigned width,
                    uint32_t val);
/* Take in what has arrived, without waiting for anything. */
void qtest_link_drain(struct qtest_link *link);

/* Shared by the sockets of this backend. Milliseconds that never go back; a connected, non-blocking
 * Unix socket or -IXL_EAGAIN (nobody there) or another error with a sentence; wait for events
 * until `deadline` (0 if it has passed). */
uint64_t qtest_ms(void);
int qtest_connect(const char *path);
int qtest_poll(int fd, short events, uint64_t deadline);
/* All of the bytes, by the deadline: 0 or a negative error, no sentence. */
int qtest_send(int fd, const char *data, size_t len, uint64_t deadline);

#endif
