// SPDX-License-Identifier: MIT
/*
 * Inside of the sim backend: software NICs of this process.
 *
 * A NIC belongs to its bus and lives as long as the bus or a device opened from it, so that it
 * keeps its state, its wire and its cable while it is closed and opened again. A slot is the
 * place a NIC sits in: what the NIC can reach (DMA map), and whom its interrupts reach.
 */
#ifndef IXL_OS_SIM_PRIV_H
#define IXL_OS_SIM_PRIV_H

#include <pthread.h>
#include <stdatomic.h>

#include "lib/os/os.h"
#include "sim/sim.h"

#define SOFT_VECTORS_MAX 128u

/* A piece of memory the NIC sees at [addr, addr + size). */
struct soft_region {
    uint64_t addr;
    uint64_t size;
    uint8_t *virt;
    bool owned; /* allocated for this device, not shared by another */
};

struct soft_map {
    pthread_rwlock_t lock;       /* the NIC's accesses read, control operations write */
    struct soft_region *regions; /* sorted by addr, none overlap */
    unsigned n, room;
    bool gone; /* the process that had the memory died: nothing is found any more */
};

struct soft_irqs {
    enum ixl_irq_kind kind;
    unsigned n;               /* vectors there are */
    int fd[SOFT_VECTORS_MAX]; /* eventfds */
    pthread_mutex_t lock;     /* of all this, against the NIC's thread */
    bool level, masked;       /* INTx: the pin, and whether the system lets it through */
};

/* An address, taken apart. */
struct soft_spec {
    char model[24]; /* "": all models */
    char wire[256]; /* "": none */
    char text[56];  /* options as typed, from the comma on; "" if too long */
    struct sim_options opt;
    enum ixl_irq_kind best_irq; /* no better kind than this one is offered */
    unsigned max_vectors;
};

struct soft_bus;

struct soft_slot {
    struct ixl_os_dev dev; /* what the library holds while it is open */
    struct soft_bus *bus;
    struct sim_nic *nic;
    struct soft_spec spec;
    struct ixl_os_dev_info info; /* as it was when the NIC was made */
    uint64_t offset;             /* device address = virtual address + offset */
    struct soft_map map;
    struct soft_irqs irqs;
    bool open;               /* guarded by the bus */
    bool wired;              /* the wire is attached with the first open */
    _Atomic bool severed;    /* the library's accesses no longer reach the NIC */
    _Atomic int allocations; /* DMA allocations until one fails; negative: never */
};

struct soft_bus {
    struct ixl_os_bus base;
    pthread_mutex_t lock;
    unsigned refs; /* the handle and each open device */
    unsigned n;
    struct soft_slot **slot;
};

/* sim_addr.c: one item of an address ("82599,wire=loop"); -IXL_EINVAL and a log line. */
int soft_parse(const char *item, size_t len, struct soft_spec *out);

/* sim_dma.c */
int soft_map_init(struct soft_map *map);
void soft_map_fini(struct soft_map *map);
void soft_map_clear(struct soft_map *map);
/* When this returns no access of the NIC is under way, and none finds memory while it is gone. */
void soft_map_set_gone(struct soft_map *map, bool gone);
bool soft_map_read(void *slot, uint64_t addr, void *buf, size_t len);
bool soft_map_write(void *slot, uint64_t addr, const void *buf, size_t len);
int soft_dma_alloc(struct ixl_os_dev *dev, size_t size, size_t align, struct ixl_dma *out);
void soft_dma_free(struct ixl_os_dev *dev, struct ixl_dma *mem);
int soft_dma_share(struct ixl_os_dev *dev, const struct ixl_os_dev *home, const struct ixl_dma *mem,
                   uint64_t *addr);
void soft_dma_unshare(struct ixl_os_dev *dev, const struct ixl_dma *mem, uint64_t addr);

/* sim_irq.c */
void soft_msi(void *slot, uint64_t addr, uint32_t data);
void soft_intx(void *slot, bool asserted);
int soft_irq_setup(struct ixl_os_dev *dev, unsigned wanted, unsigned *granted,
                   enum ixl_irq_kind *kind);
void soft_irq_teardown(struct ixl_os_dev *dev);
int soft_irq_bind(struct ixl_os_dev *dev, unsigned vector);
int soft_irq_wait(struct ixl_os_dev *dev, unsigned vector, int64_t timeout_us);
int soft_irq_unmask(struct ixl_os_dev *dev, unsigned vector);
int soft_irq_mask(struct ixl_os_dev *dev, unsigned vector);
ixl_irq_t soft_irq_native(struct ixl_os_dev *dev, unsigned vector);

static inline struct soft_slot *soft_slot(struct ixl_os_dev *dev)
{
    return (struct soft_slot *)dev;
}

/* The NIC answers: it was neither removed nor severed. */
static inline bool soft_present(struct soft_slot *slot)
{
    return !atomic_load(&slot->severed) && sim_cfg_read(slot->nic, 0, 2) != 0xffff;
}

#endif
