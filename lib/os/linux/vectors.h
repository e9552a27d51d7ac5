// SPDX-License-Identifier: MIT
/* Interrupt vectors as eventfds that the kernel, or a vfio-user server, signals (vectors.c). */
#ifndef IXL_OS_LINUX_VECTORS_H
#define IXL_OS_LINUX_VECTORS_H

#include "lib/os/os.h"

#define LX_VECTORS_MAX 128u

struct lx_vectors {
    enum ixl_irq_kind kind;
    unsigned n;
    int fd[LX_VECTORS_MAX];
};

/* What an address says of its device's interrupts. */
struct lx_irq_wish {
    enum ixl_irq_kind best; /* no better kind than this one is used */
    unsigned most;          /* vectors */
};
#define LX_IRQ_WISH                                                                                \
    (struct lx_irq_wish)                                                                           \
    {                                                                                              \
        IXL_IRQ_MSIX, LX_VECTORS_MAX                                                               \
    }

/* "irq=msi" or "vectors=4"; false: it is none of these. */
bool lx_vectors_option(struct lx_irq_wish *wish, const char *text);

/* One kind, which is not IXL_IRQ_NONE: `n` vectors, or fewer where there are no more. 0,
 * -IXL_ENOTSUP: there is none of it. */
typedef int (*lx_set_up_fn)(struct ixl_os_dev *dev, enum ixl_irq_kind kind, unsigned n);
/* irq_setup (lib/os/os.h): the best kind that `set_up` can; the device's own irq_teardown undoes
 * what another error leaves. */
int lx_vectors_setup(struct ixl_os_dev *dev, struct lx_vectors *v, const struct lx_irq_wish *wish,
                     lx_set_up_fn set_up, unsigned wanted, unsigned *granted,
                     enum ixl_irq_kind *kind);
/* VFIO's number of a kind. */
unsigned lx_vectors_index(enum ixl_irq_kind kind);
/* Up to n vectors, which are no more than LX_VECTORS_MAX: all, or -IXL_ENOMEM with a sentence about
 * the device of this address. */
int lx_vectors_open(struct lx_vectors *v, unsigned n, const char *address);
/* All but the first `keep`; the kind is IXL_IRQ_NONE if none is left. */
void lx_vectors_close(struct lx_vectors *v, unsigned keep);
/* -IXL_EINVAL with a sentence if there is no such vector. */
int lx_vectors_check(const struct lx_vectors *v, unsigned vector, const char *address);
/* Its descriptor, IXL_IRQ_INVALID: there is none. */
ixl_irq_t lx_vectors_native(const struct lx_vectors *v, unsigned vector);
/* irq_wait (lib/os/os.h). */
int lx_vectors_wait(const struct lx_vectors *v, unsigned vector, int64_t timeout_us,
                    const char *address);

#endif
