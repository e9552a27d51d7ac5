// SPDX-License-Identifier: MIT
#include "lib/os/linux/vectors.h"

#include <errno.h>
#include <linux/vfio.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* A wait without limit looks around this often. */
#define LOOK_AROUND_US 500000

/* ---- options ------------------------------------------------------------- */

static bool take_kind(struct lx_irq_wish *wish, const char *value)
{
    static const char *const names[] = { [IXL_IRQ_NONE] = "none",
                                         [IXL_IRQ_INTX] = "intx",
                                         [IXL_IRQ_MSI] = "msi",
                                         [IXL_IRQ_MSIX] = "msix" };

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(value, names[i]) == 0) {
            wish->best = (enum ixl_irq_kind)i;
            return true;
        }
    }
    return false;
}

static bool take_number(struct lx_irq_wish *wish, const char *value)
{
    char *end;
    unsigned long n = strtoul(value, &end, 10);

    wish->most = (unsigned)n;
    return *value >= '0' && *value <= '9' && !*end && n > 0 && n <= LX_VECTORS_MAX;
}

bool lx_vectors_option(struct lx_irq_wish *wish, const char *text)
{
    if (strncmp(text, "irq=", 4) == 0)
        return take_kind(wish, text + 4);
    return strncmp(text, "vectors=", 8) == 0 && take_number(wish, text + 8);
}

/* ---- kinds --------------------------------------------------------------- */

unsigned lx_vectors_index(enum ixl_irq_kind kind)
{
    return kind == IXL_IRQ_MSIX  ? VFIO_PCI_MSIX_IRQ_INDEX
           : kind == IXL_IRQ_MSI ? VFIO_PCI_MSI_IRQ_INDEX
                                 : VFIO_PCI_INTX_IRQ_INDEX;
}

int lx_vectors_setup(struct ixl_os_dev *dev, struct lx_vectors *v, const struct lx_irq_wish *wish,
                     lx_set_up_fn set_up, unsigned wanted, unsigned *granted,
                     enum ixl_irq_kind *kind)
{
    unsigned n = wanted < wish->most ? wanted : wish->most;
    int err = wanted ? -IXL_ENOTSUP : 0;

    for (unsigned k = wish->best; k > IXL_IRQ_NONE && err == -IXL_ENOTSUP; k--)
        err = set_up(dev, (enum ixl_irq_kind)k, k == IXL_IRQ_MSIX ? n : 1);
    if (err)
        dev->ops->irq_teardown(dev);
    *granted = v->n;
    *kind = v->kind;
    return err == -IXL_ENOTSUP ? 0 : err;
}

/* ---- descriptors --------------------------------------------------------- */

void lx_vectors_close(struct lx_vectors *v, unsigned keep)
{
    while (v->n > keep)
        close(v->fd[--v->n]);
    if (v->n == 0)
        v->kind = IXL_IRQ_NONE;
}

int lx_vectors_open(struct lx_vectors *v, unsigned n, const char *address)
{
    while (v->n < n) {
        int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (fd < 0) {
            lx_vectors_close(v, 0);
            ixl_log(IXL_LOG_ERROR,
                    "%s: %u event descriptors cannot be had: raise the limit on open files",
                    address, n);
            return -IXL_ENOMEM;
        }
        v->fd[v->n++] = fd;
    }
    return 0;
}

int lx_vectors_check(const struct lx_vectors *v, unsigned vector, const char *address)
{
    if (vector < v->n)
        return 0;
    ixl_log(IXL_LOG_ERROR, "%s: there is no interrupt vector %u, %u were granted", address, vector,
            v->n);
    return -IXL_EINVAL;
}

ixl_irq_t lx_vectors_native(const struct lx_vectors *v, unsigned vector)
{
    return vector < v->n ? (ixl_irq_t)v->fd[vector] : IXL_IRQ_INVALID;
}

/* 1 if it had fired. A server shares the descriptor and can make it a blocking one: ask not to wait
 * with the read itself. Before Linux 5.13 that cannot be asked, and a server that reads the
 * descriptor between our look and our read could make us wait. */
static int consume(int fd)
{
    uint64_t n;
    struct iovec iov = { &n, sizeof(n) };
    ssize_t got = preadv2(fd, &iov, 1, -1, RWF_NOWAIT);

    if (got < 0 && (errno == EOPNOTSUPP || errno == ENOSYS)) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        if (poll(&p, 1, 0) == 1)
            got = read(fd, &n, sizeof(n));
    }
    return got == (ssize_t)sizeof(n);
}

int lx_vectors_wait(const struct lx_vectors *v, unsigned vector, int64_t timeout_us,
                    const char *address)
{
    int64_t us = timeout_us < 0 ? LOOK_AROUND_US : timeout_us;
    int err = lx_vectors_check(v, vector, address);

    if (err)
        return err;
    struct pollfd p = { .fd = v->fd[vector], .events = POLLIN };
    struct timespec ts = { (time_t)(us / 1000000), (long)(us % 1000000 * 1000) };

    if (us > 0 && ppoll(&p, 1, &ts, NULL) == 0)
        return 0; /* a signal may end it early: then look once */
    return consume(p.fd);
}
