// SPDX-License-Identifier: MIT
/*
 * Signals on a client's eventfds. The client shares them: it can fill one and make it a blocking
 * one between any check of ours and a write, which then waits for ever. So nothing is written. The
 * kernel adds 1 itself when a request for asynchronous I/O is done, and does so without ever
 * waiting and whatever the descriptor's flags are; the request is to read nothing.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "serve_priv.h"

int serve_events_open(struct serve_events *e)
{
    aio_context_t aio = 0;

    e->null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (e->null < 0)
        return errno;
    if (syscall(SYS_io_setup, 1, &aio) < 0 && errno != ENOSYS) {
        int err = errno;
        serve_events_close(e);
        return err;
    }
    e->aio = aio;
    return 0;
}

void serve_events_close(struct serve_events *e)
{
    if (e->aio)
        syscall(SYS_io_destroy, (aio_context_t)e->aio);
    if (e->null >= 0)
        close(e->null);
    e->aio = 0;
    e->null = -1;
}

bool serve_events_safe(const struct serve_events *e)
{
    return e->aio != 0;
}

/* A kernel without asynchronous I/O: a client that is quick enough can hold us up. */
static void write_one(int fd)
{
    uint64_t one = 1;

    if (fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
        (void)!write(fd, &one, sizeof(one));
}

void serve_event_signal(struct serve_events *e, int fd)
{
    struct iocb read_nothing = { .aio_lio_opcode = IOCB_CMD_PREAD,
                                 .aio_fildes = (uint32_t)e->null,
                                 .aio_flags = IOCB_FLAG_RESFD,
                                 .aio_resfd = (uint32_t)fd };
    struct iocb *list = &read_nothing;
    struct io_event done;

    if (!e->aio) {
        write_one(fd);
        return;
    }
    if (syscall(SYS_io_submit, (aio_context_t)e->aio, 1L, &list) == 1)
        syscall(SYS_io_getevents, (aio_context_t)e->aio, 0L, 1L, &done, NULL); /* waits for none */
}

bool serve_is_eventfd(int fd)
{
    char link[40], target[40];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, target, sizeof(target) - 1);

    if (n < 0)
        return false;
    target[n] = '\0';
    return strcmp(target, "anon_inode:[eventfd]") == 0;
}
