// SPDX-License-Identifier: MIT
/* Inside of the backend: one QEMU and the NICs in it. */
#ifndef IXL_OS_QTEST_BUS_H
#define IXL_OS_QTEST_BUS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/os/os.h"
#include "lib/os/qtest/link.h"
#include "lib/os/qtest/machine.h"
#include "lib/os/qtest/options.h"

#define QTEST_BARS    6u
#define QTEST_VECTORS 64u

struct qtest_bar {
    uint64_t base, size; /* size 0: none; base in QEMU's physical memory */
    bool is_io, is_64;
};

/* A NIC's place on PCI bus 0. */
struct qtest_nic {
    struct ixl_os_dev_info info;
    unsigned devfn;
    unsigned gsi; /* input of the interrupt controller its INTx is wired to, 0: no INTx */
    bool open;
    struct qtest_bar bars[QTEST_BARS];
};

/* A used range of RAM. Sorted by offset. */
struct qtest_block {
    struct qtest_block *next;
    const void *owner; /* the device it was allocated for */
    size_t offset, size;
};

struct qtest_ram {
    pthread_mutex_t lock;
    uint8_t *mem;
    size_t size;
    void *reserved; /* the address range around mem */
    size_t reserved_size;
    struct qtest_block *used;
};

struct qtest_clock {
    pthread_mutex_t lock;
    bool virtual_time;   /* QEMU's time stands still until it is moved on */
    bool follow;         /* a thread moves it as fast as real time passes */
    bool ticking, stop;  /* that thread runs; shall end */
    uint64_t virt, real; /* QEMU's time, and ours when it was that */
    pthread_t ticker;
    pthread_cond_t wake;
};

struct qtest_bus {
    struct ixl_os_bus base;
    pthread_mutex_t lock; /* refs, nics[].open */
    unsigned refs;        /* the bus itself and each opened device */
    char *spec;           /* the address behind "qemu:" */
    struct qtest_options opt;
    struct qtest_machine machine;
    struct qtest_link link;
    struct qtest_ram ram;
    struct qtest_clock clock;
    struct qtest_nic nics[32];
    unsigned n_nics;
};

struct qtest_vector {
    uint32_t *word;         /* where the message lands; NULL: INTx */
    _Atomic int event_fd;   /* -1: nobody asked for it */
    _Atomic bool signalled; /* the event descriptor is readable */
};

struct qtest_irq {
    enum ixl_irq_kind kind;
    unsigned n;
    unsigned cap; /* of MSI */
    struct ixl_pci_msix msix;
    struct ixl_bar table;
    struct ixl_dma words;
    struct qtest_vector vectors[QTEST_VECTORS];
    _Atomic bool masked; /* INTx */
    _Atomic bool stop;   /* the watcher shall end */
    bool watched;
    pthread_t watcher;
};

struct qtest_dev {
    struct ixl_os_dev base;
    struct qtest_bus *bus;
    struct qtest_nic *nic;
    struct qtest_map *map_list; /* BARs still mapped */
    pthread_mutex_t watch_lock; /* of irq.watched: each vector's thread may be the first to ask */
    struct qtest_irq irq;
};

/* bus.c */
int qtest_bus_open(const char *spec, struct ixl_os_bus **out);
void qtest_bus_put(struct qtest_bus *bus);
/* Find the NICs of PCI bus 0 and give their BARs addresses; they are quiet afterwards. */
int qtest_pci_probe(struct qtest_bus *bus);

/* dma.c */
int qtest_ram_map(struct qtest_ram *ram, int fd, size_t size);
void qtest_ram_unmap(struct qtest_ram *ram);
int qtest_dma_alloc(struct ixl_os_dev *dev, size_t size, size_t align, struct ixl_dma *out);
void qtest_dma_free(struct ixl_os_dev *dev, struct ixl_dma *mem);
/* Everything a device still has. */
void qtest_dma_free_all(struct qtest_dev *dev);
int qtest_dma_share(struct ixl_os_dev *dev, const struct ixl_os_dev *home,
                    const struct ixl_dma *mem, uint64_t *addr);
void qtest_dma_unshare(struct ixl_os_dev *dev, const struct ixl_dma *mem, uint64_t addr);

/* irq.c */
int qtest_irq_setup(struct ixl_os_dev *dev, unsigned wanted, unsigned *granted,
                    enum ixl_irq_kind *kind);
void qtest_irq_teardown(struct ixl_os_dev *dev);
int qtest_irq_bind(struct ixl_os_dev *dev, unsigned vector);
int qtest_irq_wait(struct ixl_os_dev *dev, unsigned vector, int64_t timeout_us);
int qtest_irq_unmask(struct ixl_os_dev *dev, unsigned vector);
int qtest_irq_mask(struct ixl_os_dev *dev, unsigned vector);
ixl_irq_t qtest_irq_native(struct ixl_os_dev *dev, unsigned vector);
/* Switch off what a killed owner left switched on. */
int qtest_irq_quiet(struct qtest_dev *dev);

/* clock.c */
int qtest_clock_start(struct qtest_bus *bus);
void qtest_clock_stop(struct qtest_bus *bus);
/* Move QEMU's clock on by the real time that has passed since it was last moved. */
void qtest_clock_catch_up(struct qtest_bus *bus);
uint64_t qtest_now_ns(struct ixl_os_dev *dev);
void qtest_delay_us(struct ixl_os_dev *dev, unsigned us);
uint64_t qtest_real_ns(void);
void qtest_sleep_ns(uint64_t ns);

/* qtest_os.c */
int qtest_cfg_get(struct ixl_os_dev *dev, unsigned off, unsigned width, uint32_t *val);
int qtest_cfg_set(struct ixl_os_dev *dev, unsigned off, unsigned width, uint32_t val);
int qtest_bar_map(struct ixl_os_dev *dev, unsigned index, struct ixl_bar *out);
void qtest_bar_unmap(struct ixl_os_dev *dev, struct ixl_bar *bar);

static inline struct qtest_dev *qtest_dev(struct ixl_os_dev *dev)
{
    return (struct qtest_dev *)(void *)dev;
}

#endif
