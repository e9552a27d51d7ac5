// SPDX-License-Identifier: MIT
/*
 * Inside of the L4Re backend: a virtual bus of io, its PCI devices, their memory, DMA space and
 * interrupts. Only the C interface of L4Re is used.
 */
#ifndef IXL_OS_L4RE_OS_H
#define IXL_OS_L4RE_OS_H

#include <pthread.h>
#include <stdatomic.h>

#include <l4/sys/types.h>
#include <l4/vbus/vbus.h>

#include "lib/os/os.h"

#define VBUS_NAME_MAX  17u /* of an initial capability, with the zero */
#define VBUS_MATCH_MAX 56u
#define BARS_MAX       12u

struct vbus {
    struct ixl_os_bus base;
    l4_cap_idx_t cap;
    char name[VBUS_NAME_MAX];   /* "" if made from a capability */
    char match[VBUS_MATCH_MAX]; /* "": every PCI device; else what io calls compatible */
    unsigned first;             /* number of the device that counts as 0 */
    bool single;                /* and it is the only one */
};

/* A dataspace, attached and visible to the device. */
struct l4_mem {
    struct l4_mem *next;
    l4_cap_idx_t ds;
    void *virt;
    uint64_t addr;
    size_t size;
    _Atomic bool reached; /* by a device it could not be taken from: it is never given back */
};

struct l4_vector {
    l4_cap_idx_t irq;
    unsigned number; /* at the virtual ICU, with L4_ICU_FLAG_MSI for a message */
    bool at_icu;     /* is unmasked there, not at the IRQ object */
    bool bound;      /* to a thread, by this library, which waits */
    bool outside;    /* somebody else waits: it was unmasked before it was bound */
};

struct l4_irqs {
    enum ixl_irq_kind kind;
    l4_cap_idx_t icu; /* L4_INVALID_CAP: none */
    unsigned n;
    struct l4_vector *vector;
};

struct l4_dev {
    struct ixl_os_dev base;
    struct l4_dev *next; /* open devices of this process */
    l4_cap_idx_t vbus;
    l4vbus_device_handle_t handle;
    unsigned num_resources;
    unsigned window; /* no other open device of this process has it */
    char address[80];
    l4_cap_idx_t dma_space;
    pthread_mutex_t lock; /* of mems */
    struct l4_mem *mems;
    void *bars[BARS_MAX]; /* what is attached, NULL: free place */
    struct l4_irqs irqs;
};

extern const struct ixl_os_ops ixl_l4re_os;

static inline struct l4_dev *l4_dev(struct ixl_os_dev *dev)
{
    return (struct l4_dev *)dev;
}

/* error.c: a negative result of L4Re as a code of this library, after a sentence
 * "ADDRESS: WHAT: MEANING (CODE)[: HINT]". */
int l4_fail(const char *address, const char *what, long err, const char *hint);
/* Only the code. */
int l4_to_ixl(long err);

/* bus.c */
int l4_bus_open(const char *spec, struct ixl_os_bus **out);
void l4_bus_close(struct ixl_os_bus *bus);
int l4_bus_scan(struct ixl_os_bus *bus, unsigned index, struct ixl_os_dev_info *info);
/* The index-th PCI device of those the bus was opened for, and its number among all of them.
 * -IXL_ENOENT past the last; others with a log line. */
int l4_bus_find(struct vbus *bus, unsigned index, l4vbus_device_handle_t *handle,
                l4vbus_device_t *device, unsigned *number);
void l4_bus_address(const struct vbus *bus, unsigned number, char address[80]);
/* Configuration space of a device that need not be open; width in bytes. */
int l4_cfg_read(l4_cap_idx_t vbus, l4vbus_device_handle_t handle, unsigned off, unsigned width,
                uint32_t *val);

/* dma.c */
int l4_dma_open(struct l4_dev *dev);
void l4_dma_close(struct l4_dev *dev);
int l4_dma_alloc(struct ixl_os_dev *dev, size_t size, size_t align, struct ixl_dma *out);
void l4_dma_free(struct ixl_os_dev *dev, struct ixl_dma *mem);
int l4_dma_share(struct ixl_os_dev *dev, const struct ixl_os_dev *home, const struct ixl_dma *mem,
                 uint64_t *addr);
void l4_dma_unshare(struct ixl_os_dev *dev, const struct ixl_dma *mem, uint64_t addr);

/* irq.c */
int l4_irq_silence(struct l4_dev *dev); /* at open: what a killed owner left */
int l4_irq_setup(struct ixl_os_dev *dev, unsigned wanted, unsigned *granted,
                 enum ixl_irq_kind *kind);
void l4_irq_teardown(struct ixl_os_dev *dev);
int l4_irq_vector_bind(struct ixl_os_dev *dev, unsigned vector);
int l4_irq_vector_wait(struct ixl_os_dev *dev, unsigned vector, int64_t timeout_us);
int l4_irq_vector_unmask(struct ixl_os_dev *dev, unsigned vector);
int l4_irq_vector_mask(struct ixl_os_dev *dev, unsigned vector);
ixl_irq_t l4_irq_vector_native(struct ixl_os_dev *dev, unsigned vector);

/* vicu.c: vectors of the virtual ICU. */
int l4_vicu_open(struct l4_dev *dev);
void l4_vicu_close(struct l4_dev *dev);
void l4_vicu_drop(struct l4_dev *dev); /* all vectors; the ICU stays open */
/* Up to `wanted` (not 0) message vectors and their messages; how many, 0 if the bus has none left.
 */
struct l4_message {
    uint64_t addr;
    uint32_t data;
};
int l4_vicu_messages(struct l4_dev *dev, unsigned wanted, struct l4_message *msg);
/* The interrupt line. -IXL_ENOTSUP: it cannot be had, a log line says why. */
int l4_vicu_line(struct l4_dev *dev);

/* time.c */
uint64_t l4_now_ns(struct ixl_os_dev *dev);
void l4_delay_us(struct ixl_os_dev *dev, unsigned us);

#endif
