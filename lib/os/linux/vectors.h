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
