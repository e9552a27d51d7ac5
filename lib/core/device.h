// SPDX-License-Identifier: MIT
/*
 * Inside of a device: what core and drivers know of each other.
 *
 * A driver is one struct ixl_driver. It embeds struct ixl_device as the first member of its own
 * device structure, and struct ixl_rxq / ixl_txq as the first members of its queues.
 */
#ifndef IXL_CORE_DEVICE_H
#define IXL_CORE_DEVICE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <ixl/ixl.h>

#include "lib/core/pool.h"
#include "lib/core/settings.h"
#include "lib/os/os.h"

#define IXL_MAX_QUEUES 128u
#define IXL_MAX_GUESTS 16u
#define IXL_RING_MIN   64u
#define IXL_RING_MAX   4096u

struct ixl_driver;

/* One PCI identity a driver serves. Rows lie in the driver's table, sorted by device ID. */
struct ixl_pci_row {
    uint16_t vendor, device;
    const char *name;        /* of the part: "Intel 82599 10 Gigabit SFI/SFP+" */
    uint16_t max_rx, max_tx; /* queues the library uses at most */
    uint32_t max_frame;      /* bytes without FCS */
    uint32_t type;           /* the driver's: MAC generation */
    uint64_t flags;          /* the driver's: media, errata */
    const char *verified;    /* what it was seen working on: "model", "QEMU", "-" */
};

/* A row's flag, whatever the driver: real parts of the kind need more than the driver does (see
 * doc/design.md), so what is claimed is identity and the basic path. */
#define IXL_ROW_BASIC (1ull << 63)

/* Interrupt policy of one receive queue (lib/core/irq.c). Used by the queue's thread only. */
struct ixl_irq_policy {
    int64_t timeout_us; /* < 0: for ever; meaningful if waits */
    bool enabled;       /* the queue has an interrupt at all */
    bool waits;         /* rx_batch may sleep */
    bool polling;       /* adaptive: at the moment interrupts are off */
    bool bound;         /* irq_bind was done by this library */
    uint16_t vector;
    uint64_t window_start; /* ns */
    uint32_t window_events;
    bool leads;                 /* the one queue that waits for the vector */
    uint64_t looked;            /* ns, when the device was last looked for */
    struct ixl_irq_stats stats; /* read by control threads: relaxed atomics */
};

/* Core's part of a receive queue. Read on the datapath, written by the queue's thread only. */
struct ixl_txq;
struct ixl_rxq {
    /* Up to n frames without waiting; the contract of ixl_rx_batch. */
    int (*burst)(struct ixl_rxq *q, struct pkt_buf **bufs, unsigned n);
    /* True if burst would find a frame (looks at memory only). */
    bool (*ready)(struct ixl_rxq *q);
    /* ixl_forward to a queue with the same `engine`, whose device shares the pool; NULL: cannot. */
    int (*forward)(struct ixl_rxq *q, struct ixl_txq *tx, unsigned n, ixl_forward_fn decide,
                   void *ctx);
    const void *engine; /* identifies the implementation of the queue */
    struct ixl_device *dev;
    struct ixl_mempool *pool;
    int (*parked)(struct ixl_rxq *q, struct pkt_buf **bufs, unsigned n); /* burst, see health.c */
    const void *parked_engine;
    uint16_t index;
    uint16_t fwd_slot; /* place in the pool of the device last forwarded to */
    bool waits;        /* copy of irq.waits, on the line the fast path reads */
    struct ixl_irq_policy irq __attribute__((aligned(64)));
};

struct ixl_txq {
    int (*burst)(struct ixl_txq *q, struct pkt_buf **bufs, unsigned n);
    int (*reclaim)(struct ixl_txq *q); /* contract of ixl_tx_reclaim */
    int (*parked)(struct ixl_txq *q, struct pkt_buf **bufs, unsigned n); /* burst, see health.c */
    const void *parked_engine;
    const void *engine;
    struct ixl_device *dev;
    uint64_t fwd_dropped; /* frames ixl_forward found no room for; relaxed, by the queue's thread */
    uint16_t index;
};

/* What ixl_check_health has seen at its latest look (lib/core/health.c); control threads only. */
struct ixl_watch {
    uint64_t looked; /* ns; 0: not yet, or not since the reset */
    uint64_t refused;
    bool link_up;
    bool tx_paused, rx_stalled;
    uint16_t tx_hung, first_tx_hung;
    uint32_t tx_head[IXL_MAX_QUEUES], rx_head[IXL_MAX_QUEUES];
    bool tx_waits[IXL_MAX_QUEUES]; /* there were frames to send */
};

struct ixl_device {
    const struct ixl_driver *drv;
    const struct ixl_pci_row *row;
    struct ixl_os_dev *os;
    struct ixl_bar bar; /* BAR 0, the registers, unless the driver maps its own */
    struct ixl_os_dev_info info;
    struct ixl_dev_cfg cfg; /* complete: no field is "default" any more */
    _Atomic bool removed;   /* a register read gave all ones: surprise removal */
    uint16_t num_rx, num_tx;
    uint16_t max_rx, max_tx; /* queues there are: the row's numbers, or fewer as the driver finds */
    uint32_t max_frame;      /* the same for bytes without FCS */
    struct ixl_rxq *rxq[IXL_MAX_QUEUES];
    struct ixl_txq *txq[IXL_MAX_QUEUES];
    struct ixl_settings set; /* what is wanted of it, as far as it can be changed */
    uint8_t mac[6];          /* the one in use */
    uint8_t rss_key[40];
    const char *datapath; /* set by the driver at start, as in ixl_device_info; NULL: scalar */
    enum ixl_irq_kind irq_kind;
    unsigned irq_vectors;       /* granted; queue q uses q % (vectors of receive queues) */
    struct ixl_mempool *pools;  /* pools made for this device */
    struct ixl_mempool *buried; /* what is left of destroyed pools */
    struct ixl_home *home;      /* made with the first pool */
    struct ixl_mempool *guests[IXL_MAX_GUESTS]; /* pools of other devices this one shares */
    struct ixl_device_stats last;               /* at the latest ixl_read_stats */
    struct ixl_link link;                       /* as last seen */
    uint32_t link_changes;
    _Atomic uint64_t dma_bytes;
    bool stopped;       /* a reset has failed; control threads only */
    _Atomic bool awake; /* ixl_set_rx_sleep(false): nobody sleeps in rx_batch */

    _Atomic uint32_t events;    /* IXL_EVENT_ERROR as drivers find it, until it is told */
    _Atomic bool error;         /* the same, until the next reset */
    bool events_on;             /* their interrupt is unmasked */
    uint32_t link_changes_told; /* link_changes at the latest ixl_check_events */
    uint64_t resets;
    struct ixl_watch watch;
};

struct ixl_driver {
    const char *name;
    const struct ixl_pci_row *rows;
    unsigned n_rows;
    size_t dev_size;   /* of the structure that embeds struct ixl_device */
    uint64_t bar_size; /* bytes of BAR 0 the driver may touch; a device with less is refused */

    /*
     * In the order of a life. map and unmap (both or neither; NULL: dev->bar is BAR 0): make the
     * registers accessible, for a device whose registers lie where its capabilities say. Nothing
     * is touched but configuration space. On error map has undone what it did.
     * start: reset the device, whatever state a former owner left it in;
     * read the MAC address (dev->mac, unless cfg.mac is set); make dev->num_rx/num_tx queues
     * (rxq[], txq[]); program everything; enable queues. Interrupts were set up
     * (dev->irq_kind, irq_vectors, rxq[]->irq.vector is assigned by core after start returns with
     * ixl_irq_vector()); leave them masked. The link may still be down on return. On error the
     * driver has undone what it did.
     * stop: mask interrupts, stop DMA (master disable), reset, free the queues. Mirrors start.
     * quiesce (may be NULL): registers only: mask interrupts and reset. Called before start, while
     * bus mastering is still off, so that a device a killed process left running never reaches
     * memory that belongs to somebody else by now. Core turns bus mastering on between the two.
     */
    int (*map)(struct ixl_device *dev);
    void (*unmap)(struct ixl_device *dev);
    int (*quiesce)(struct ixl_device *dev);
    int (*start)(struct ixl_device *dev);
    void (*stop)(struct ixl_device *dev);

    /*
     * ixl_reset is: quiesce; drop_frames: empty the rings in memory, with the device silent, so
     * that the receive queues keep their buffers; restart: start without what is done once
     * (identity, queues), and the state control operations have changed since. After an error of
     * restart the device is silent or has lost bus mastering (core sees to that). Both NULL: it
     * cannot.
     */
    void (*drop_frames)(struct ixl_device *dev);
    int (*restart)(struct ixl_device *dev);

    /* For ixl_check_health, while the queues' threads go on: registers, or what can be read of a
     * ring as a whole. Where the device is in a ring and where the library's
     * end is; frames it could not hand over, of the sums; whether the other end asks for silence.
     */
    void (*ring_position)(struct ixl_device *dev, bool tx, uint16_t queue, uint32_t *head,
                          uint32_t *tail);
    uint64_t (*refused)(struct ixl_device *dev);
    bool (*tx_paused)(struct ixl_device *dev);

    int (*get_link)(struct ixl_device *dev, struct ixl_link *out); /* also counts link_changes */
    int (*set_promisc)(struct ixl_device *dev, bool on);           /* NULL: set_features does it */
    int (*set_mac)(struct ixl_device *dev, const uint8_t mac[6]);

    /*
     * What can be queried and set at run time (settings.h). Any of these may be NULL: the device
     * can do nothing of the kind. Arguments were checked against caps. Each brings the device to
     * its argument and leaves dev->set alone, which core changes after a success; on error the
     * device is as it was (-IXL_ENODEV removed). `start` programs all of dev->set.
     *
     * caps: from dev->row alone, at any time. set_features: `active` as a whole.
     * set_addresses: further addresses and groups of `set`. set_vlan: one table entry.
     * set_moderation: a receive vector; the rounded time goes to dev->set.moderation_us[vector].
     */
    void (*caps)(const struct ixl_device *dev, struct ixl_caps *out);
    int (*set_features)(struct ixl_device *dev, uint64_t active);
    int (*set_rss)(struct ixl_device *dev, const struct ixl_rss *rss);
    int (*set_addresses)(struct ixl_device *dev, const struct ixl_settings *set);
    int (*set_vlan)(struct ixl_device *dev, uint16_t id, bool on);
    int (*set_moderation)(struct ixl_device *dev, unsigned vector, uint32_t us);

    /* Statistics: bring the 64-bit sums up to date from the registers (-IXL_ENODEV removed), then
     * hand each out by name. `totals` gives the four of the brief (bytes without FCS). */
    int (*update_stats)(struct ixl_device *dev);
    void (*totals)(struct ixl_device *dev, struct ixl_device_stats *out);
    void (*visit_stats)(struct ixl_device *dev,
                        void (*emit)(void *ctx, const char *name, uint64_t value), void *ctx);

    /*
     * Interrupts at the NIC; `vector` counts from 0. mask and unmask touch one vector. ack: the
     * vector fired (the OS said so): clear the cause where the hardware does not do so itself
     * (INTx, MSI: read ICR); true if a receive cause was among them, or if that cannot be told.
     */
    void (*irq_unmask)(struct ixl_device *dev, unsigned vector);
    void (*irq_mask)(struct ixl_device *dev, unsigned vector);
    bool (*irq_ack)(struct ixl_device *dev, unsigned vector);
    /* The causes of events (link, errors), apart from those of receive queues: enable, disable.
     * Whoever reads causes tells core what is an error by ixl_note_error. NULL: none. */
    void (*irq_events)(struct ixl_device *dev, bool on);
};

/* The drivers of this build, NULL-terminated (lib/drivers.c). */
extern const struct ixl_driver *const ixl_driver_table[];

/* Vector of a receive queue: one each while they last, then shared. The last of several vectors is
 * kept for everything else (link, errors). */
static inline unsigned ixl_irq_vector(const struct ixl_device *dev, uint16_t queue)
{
    unsigned rx_vectors = dev->irq_vectors > 1 ? dev->irq_vectors - 1 : 1;
    return queue % rx_vectors;
}

/* The last of several vectors: everything that is no receive queue. */
static inline bool ixl_irq_is_misc(const struct ixl_device *dev, unsigned vector)
{
    return dev->irq_vectors > 1 && vector == dev->irq_vectors - 1;
}

/* The device has reported an internal fault. Any thread. */
static inline void ixl_note_error(struct ixl_device *dev)
{
    atomic_store(&dev->error, true);
    atomic_fetch_or(&dev->events, IXL_EVENT_ERROR);
}

/* Interrupt policy, lib/core/irq.c. */
int ixl_irq_start(struct ixl_device *dev); /* after drv->start: policies, binding, unmasking */
void ixl_irq_stop(struct ixl_device *dev); /* before drv->stop */
/* Around a reset: all masked; then as before. No queue's thread is at work meanwhile. */
void ixl_irq_pause(struct ixl_device *dev);
int ixl_irq_resume(struct ixl_device *dev);
/* The same of the events' interrupt, lib/core/event.c. */
void ixl_event_pause(struct ixl_device *dev);
int ixl_event_resume(struct ixl_device *dev);
/* rx_batch found nothing and may sleep: wait as configured, then try again. */
int ixl_rx_wait(struct ixl_rxq *q, struct pkt_buf **bufs, unsigned n);

/* Queue memory for drivers: cache-line aligned, zeroed, on lines of its own (two lines apart). */
void *ixl_queue_alloc(size_t size);
/* Other memory, zeroed, for free(). Both: NULL after a sentence. */
void *ixl_alloc(size_t n, size_t size);
void ixl_queue_free(void *queue);

/* DMA memory for rings, counted in dev->dma_bytes. */
int ixl_dev_dma_alloc(struct ixl_device *dev, size_t size, size_t align, struct ixl_dma *out);
void ixl_dev_dma_free(struct ixl_device *dev, struct ixl_dma *mem);

static inline uint32_t ixl_read(const struct ixl_device *dev, uint32_t reg)
{
    return ixl_bar_read32(&dev->bar, reg);
}
static inline void ixl_write(const struct ixl_device *dev, uint32_t reg, uint32_t val)
{
    ixl_bar_write32(&dev->bar, reg, val);
}
static inline void ixl_set_bits(const struct ixl_device *dev, uint32_t reg, uint32_t bits)
{
    ixl_write(dev, reg, ixl_read(dev, reg) | bits);
}
static inline void ixl_clear_bits(const struct ixl_device *dev, uint32_t reg, uint32_t bits)
{
    ixl_write(dev, reg, ixl_read(dev, reg) & ~bits);
}
/* The device answers all ones: removed by surprise. Remembers it, says it once; -IXL_ENODEV. */
int ixl_removed(struct ixl_device *dev);
/* 0, or -IXL_ENODEV: asks the configuration space, which answers all ones once the device is gone,
 * or once the system wants it back while its registers still answer. Any thread. */
int ixl_look_for(struct ixl_device *dev);
/*
 * Wait until (register & mask) == want, looking every `step_us`, for at most `limit_us`.
 * 0, -IXL_ETIMEDOUT, or -IXL_ENODEV if the register reads all ones (see ixl_removed).
 */
int ixl_wait_bits(struct ixl_device *dev, uint32_t reg, uint32_t mask, uint32_t want,
                  unsigned step_us, unsigned limit_us);
static inline void ixl_delay_us(struct ixl_device *dev, unsigned us)
{
    dev->os->ops->delay_us(dev->os, us);
}
static inline uint64_t ixl_now_ns(const struct ixl_device *dev)
{
    return dev->os->ops->now_ns(dev->os);
}

#endif
