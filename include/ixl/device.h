// SPDX-License-Identifier: MIT
/*
 * Network devices: open, configure, receive, send, close.
 *
 * Threads. ixl_rx_batch and the receive interrupt functions of one receive queue belong
 * to one thread at a time, ixl_tx_batch and ixl_tx_reclaim of one send queue likewise;
 * different queues need no lock between them. Everything else is a control operation:
 * one thread at a time per device, concurrently with the queues' threads, except
 * ixl_close, during which nobody else may use the device.
 */
#ifndef IXL_DEVICE_H
#define IXL_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include <ixl/bus.h>
#include <ixl/mempool.h>
#include <ixl/pkt_buf.h>
#include <ixl/stats.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct ixl_device;

/* Values of ixl_dev_cfg.irq_timeout_ms; a positive value is a timeout in milliseconds. Where
 * rx_batch waits, a queue changes to polling and back by itself (irq_rate_high, irq_rate_low). */
enum {
    IXL_IRQ_POLL = 0,      /* no interrupts; rx_batch returns at once */
    IXL_IRQ_EXTERNAL = -1, /* interrupts for the caller to wait on; rx_batch returns at once */
    IXL_IRQ_FOREVER = -2,  /* (any other negative value) rx_batch waits without limit */
};

/* Which vector instructions the datapath may use. Results are the same bit for bit. */
enum ixl_simd {
    IXL_SIMD_AUTO, /* the widest the processor has: AVX2, SSE2, NEON */
    IXL_SIMD_OFF,  /* none */
    IXL_SIMD_128,  /* at most 16 bytes at a time: SSE2, NEON */
};

/*
 * Configuration. Start from IXL_DEV_CFG_DEFAULT (or ixl_dev_cfg_init); `size` tells the library
 * which fields the caller knew, so that the structure can grow at its end. In all
 * fields behind the numbers of queues 0 means the default.
 */
struct ixl_dev_cfg {
    uint32_t size;          /* sizeof(struct ixl_dev_cfg) */
    uint16_t num_rx_queues; /* 1 (default) to the hardware's number */
    uint16_t num_tx_queues; /* the same */
    uint32_t rx_ring_size; /* descriptors a queue, a power of two in 64..4096; default 512. A device
                              with smaller rings uses its own size: see ixl_get_rx_queue_depth */
    uint32_t tx_ring_size; /* the same; default 512 */
    int32_t irq_timeout_ms; /* see above; default IXL_IRQ_POLL */
    /* largest frame without FCS, bytes, 64 to what the device takes (ixl_device_info.hw_max_frame);
     * default 1518 (1514 + VLAN tag) */
    uint32_t max_frame_size;
    uint32_t rx_pool_entries; /* buffers a receive queue, ring size or more; default: + 512 */
    uint32_t rx_entry_size;   /* bytes of such a buffer with metadata, 1088..16384; default 2112 */
    uint64_t max_pool_bytes;  /* memory cap of each receive queue's pool; default: none */
    /* least time between two interrupts of a queue, 1..10000; default 25 */
    uint32_t irq_moderation_us;
    uint32_t irq_rate_high; /* interrupts/s above which a queue changes to polling; default 20000 */
    uint32_t irq_rate_low;  /* and below which it changes back, not above it; default 5000 */
    uint8_t mac[6];         /* station address; all zero: the device's own */
    bool promisc;           /* start in promiscuous mode */
    uint8_t simd;           /* enum ixl_simd */
    uint64_t rss_hash_types; /* 1 << IXL_RSS_*; 0: all the device has */
    const uint8_t *rss_key;  /* 40 bytes, copied; NULL: a default key */
};

static inline void ixl_dev_cfg_init(struct ixl_dev_cfg *cfg)
{
    __builtin_memset(cfg, 0, sizeof(*cfg));
    cfg->size = sizeof(*cfg);
    cfg->num_rx_queues = cfg->num_tx_queues = 1;
}
#ifdef __cplusplus
static inline struct ixl_dev_cfg ixl_dev_cfg_default(void)
{
    struct ixl_dev_cfg cfg;
    ixl_dev_cfg_init(&cfg);
    return cfg;
}
#define IXL_DEV_CFG_DEFAULT ixl_dev_cfg_default()
#else
#define IXL_DEV_CFG_DEFAULT                                                                        \
    {                                                                                              \
        .size = sizeof(struct ixl_dev_cfg), .num_rx_queues = 1, .num_tx_queues = 1                 \
    }
#endif

/*
 * Bind the driver to the device at `index` of the bus, reset and start it. The link may
 * still be coming up when it returns (ixl_get_link). cfg NULL: all defaults. May block for
 * as long as a reset takes, at most some seconds.
 * -IXL_ENOENT index past the last device; -IXL_ENODEV no driver for it, or it is not there any
 * more; -IXL_EBUSY another driver holds it; -IXL_EPERM no rights on it; -IXL_EINVAL no bus, no
 * place for the device, a wire that cannot be had, or, as -IXL_ERANGE, a bad configuration;
 * -IXL_ENOMEM; -IXL_ENOSPC memory cap; -IXL_ENOTSUP no interrupt can be had for IXL_IRQ_EXTERNAL,
 * or the system cannot give the device away; -IXL_ETIMEDOUT/-IXL_EIO the device does not answer.
 * One log line says what to do. On failure nothing stays behind and *out is NULL. One thread at a
 * time per bus.
 */
int ixl_init(struct ixl_bus *bus, unsigned index, const struct ixl_dev_cfg *cfg,
             struct ixl_device **out);

/* Open the first device that an address names and a driver serves ("sim:82599,wire=loop"):
 * ixl_bus_open and ixl_init, with their errors. Any thread. */
int ixl_open(const char *address, const struct ixl_dev_cfg *cfg, struct ixl_device **out);

/*
 * Stop the device and give everything back: nothing stays mapped, allocated, bound or able
 * to DMA. Pools of the device are destroyed with it, whoever holds buffers of them, except a
 * pool another open device shares: that one goes with the last device. NULL is allowed. May block
 * for as long as a reset takes, at most some seconds.
 */
void ixl_close(struct ixl_device *dev);

/*
 * Receive up to n frames of a queue into bufs, which become the caller's. The number of
 * frames, 0 if there were none (after waiting as irq_timeout_ms says).
 * -IXL_EINVAL no such queue, or no array; -IXL_ENOBUFS the queue's pool is dry and so is its ring:
 * free buffers; -IXL_ENODEV the device is gone; -IXL_EIO it is stopped: ixl_reset (health.h); if it
 * was to wait, also an error of the system below. Blocks only as irq_timeout_ms says.
 */
int ixl_rx_batch(struct ixl_device *dev, uint16_t queue, struct pkt_buf **bufs, unsigned n);

/*
 * Send up to n frames. The number accepted, in order; accepted buffers belong to the
 * device and return to their pool when sent; the others stay the caller's (the ring is full).
 * If any frame is unfit, of those there is room for, nothing is sent and all buffers stay the
 * caller's: -IXL_EMSGSIZE one is shorter than IXL_MIN_FRAME or, unless it is cut (IXL_TX_TSO),
 * longer than ixl_get_max_frame_size, or a piece is empty or longer than its capacity; -IXL_EINVAL
 * no such queue, no array, a NULL, a buffer of a pool the device does not share, more than 32
 * pieces, offloads it cannot do. -IXL_ENODEV the device is gone; -IXL_EIO it is stopped: ixl_reset
 * (health.h). Never blocks.
 */
int ixl_tx_batch(struct ixl_device *dev, uint16_t queue, struct pkt_buf **bufs, unsigned n);
#define IXL_MIN_FRAME 17u

/* Return the buffers of all frames sent by now to their pools; how many, or -IXL_EINVAL no such
 * queue. ixl_tx_batch does the same by and by, in blocks; call this when few frames are sent or
 * before counting. The send queue's thread. Never blocks. */
int ixl_tx_reclaim(struct ixl_device *dev, uint16_t queue);

/* ---- forwarding by exchange ------------------------------------------------ */

enum { IXL_DROP = 0, IXL_SEND = 1 };

/*
 * Look at (and change) n received frames. verdict[] says what becomes of each: it is IXL_SEND to
 * begin with, so write IXL_DROP where a frame shall go no further. (A frame the function does not
 * touch costs it no store, and stores of single bytes are what such a loop waits for.) The buffers
 * stay the library's: keep no pointer.
 */
typedef void (*ixl_forward_fn)(void *ctx, struct pkt_buf **bufs, uint8_t *verdict, unsigned n);

/*
 * Receive up to n frames on rx, let `decide` judge them, send on tx, with the buffers
 * exchanged between the two rings instead of passing through a pool. `decide` NULL sends all.
 * A frame the send ring has no room for is dropped and counted ("fwd_dropped"). The calling
 * thread must own both queues. Returns frames received, or an error of ixl_rx_batch. The first call
 * with these two shares the receive queue's pool with tx (ixl_mempool_share), which may block and
 * fail: -IXL_ENOTSUP the devices have no memory in common, -IXL_ENOSPC, -IXL_ENOMEM. After that it
 * never waits.
 */
int ixl_forward(struct ixl_device *rx, uint16_t rx_queue, struct ixl_device *tx, uint16_t tx_queue,
                unsigned n, ixl_forward_fn decide, void *ctx);

/* ---- properties ------------------------------------------------------------ */

struct ixl_link {
    bool up;
    bool full_duplex;
    uint32_t mbps; /* Mbit/s, 0 while down */
};
/* Reads registers: not for the datapath. -IXL_EINVAL; -IXL_ENODEV removed; -IXL_EIO (virtio) the
 * device asks for ixl_reset; *out then says down. */
int ixl_get_link(struct ixl_device *dev, struct ixl_link *out);
/* Link speed in MiB/s (2^20 bytes a second, rounded down), 0 while down or on any error. */
uint32_t ixl_get_link_speed(struct ixl_device *dev);
/* How many times the link went up or down since open, as far as the device has told; 0 for no
 * device. */
uint32_t ixl_get_link_changes(struct ixl_device *dev);

/* Largest frame it sends and receives, bytes without FCS: as configured, which the device's own
 * limit bounds (ixl_device_info.hw_max_frame). 0 for no device. Any thread. */
uint32_t ixl_get_max_frame_size(const struct ixl_device *dev);
/* Receive all frames, or those meant for this station. Where the hardware demands it (ixgbe) the
 * receiver pauses for the change. -IXL_EINVAL; -IXL_ENODEV removed; -IXL_ETIMEDOUT the receive path
 * does not stop for the change; of virtio also -IXL_ENOTSUP the device has no such switch,
 * -IXL_ETIMEDOUT, -IXL_EIO it does not answer or refuses: ixl_reset. */
int ixl_set_promisc(struct ixl_device *dev, bool on);
/* The station address in use, in the order of the wire. -IXL_EINVAL. */
int ixl_get_mac_addr(const struct ixl_device *dev, uint8_t mac[6]);
/* Use another, until the device is closed. -IXL_EINVAL: all zero or a group address, or nothing;
 * the others as ixl_set_promisc. */
int ixl_set_mac_addr(struct ixl_device *dev, const uint8_t mac[6]);
/* Queues in use, and descriptors of each: as configured, or fewer of a device whose rings are
 * smaller. 0 for no device. Any thread. */
uint16_t ixl_get_num_rx_queues(const struct ixl_device *dev);
uint16_t ixl_get_num_tx_queues(const struct ixl_device *dev);
uint32_t ixl_get_rx_queue_depth(const struct ixl_device *dev);
uint32_t ixl_get_tx_queue_depth(const struct ixl_device *dev);

/* The pool of a receive queue, the library's: it goes with the device. NULL: no such queue. */
struct ixl_mempool *ixl_get_rxq_mempool(struct ixl_device *dev, uint16_t queue);
/* ixl_mempool_extend and ixl_mempool_shrink of that pool, with their errors; -IXL_EINVAL no such
 * queue. */
int ixl_extend_rxq_mempool(struct ixl_device *dev, uint16_t queue, uint32_t entries);
int ixl_shrink_rxq_mempool(struct ixl_device *dev, uint16_t queue, uint32_t entries);

struct ixl_device_info {
    const char *driver;      /* "ixgbe" */
    const char *description; /* "Intel 82599 10 Gigabit SFI/SFP+" */
    char address[80];
    uint16_t vendor, device, subvendor, subdevice;
    uint8_t revision;
    const char *irq_kind; /* "MSI-X", "MSI", "INTx", "none" */
    uint16_t irq_vectors;
    uint16_t max_rx_queues, max_tx_queues; /* of the hardware */
    uint32_t hw_max_frame;                 /* largest max_frame_size it takes */
    uint64_t dma_bytes;                    /* DMA memory held now: rings and pools */
    const char *datapath;                  /* "avx2", "sse2", "neon", "scalar" */
};
/* -IXL_EINVAL. The strings live as long as the device. */
int ixl_get_info(const struct ixl_device *dev, struct ixl_device_info *out);

/* ---- receive interrupts ----------------------------------------------------- */

/*
 * The native interrupt object of a receive queue: on hosts a file descriptor that
 * polls readable when the interrupt has fired, on L4Re the capability index of an IRQ
 * object (unbound in mode IXL_IRQ_EXTERNAL, for the caller to bind). IXL_IRQ_INVALID in mode
 * IXL_IRQ_POLL, or for no such queue. It stays the library's: do not close it.
 * With fewer vectors than queues (ixl_device_info.irq_vectors) several queues have the same object:
 * one thread waits for it, checks and acknowledges it by any of them, and receives on all of them.
 */
typedef uintptr_t ixl_irq_t;
#define IXL_IRQ_INVALID ((ixl_irq_t)-1)
ixl_irq_t ixl_get_recv_irq(struct ixl_device *dev, uint16_t queue);

/*
 * Check, clear and mask: 1 if the interrupt had fired, 0 if not (it then stays unmasked). Does not
 * wait. The queue's thread. This and the next two: -IXL_EINVAL no such queue; -IXL_ENOTSUP the
 * device is used without interrupts (IXL_IRQ_POLL); otherwise an error of the system below.
 */
int ixl_check_recv_irq(struct ixl_device *dev, uint16_t queue);
/*
 * Unmask. Afterwards call ixl_rx_batch once more before going to sleep: frames that came while
 * the interrupt was masked may not raise it again.
 */
int ixl_ack_recv_irq(struct ixl_device *dev, uint16_t queue);
/* Bind the interrupt to the calling thread, where the system binds interrupts to threads. */
int ixl_rebind_recv_irq(struct ixl_device *dev, uint16_t queue);

/*
 * The least time between two interrupts of a receive queue, in microseconds, 0 to 10000; 0: none.
 * The device rounds it and has a longest time of its own, from 1 ms on; ixl_get_irq_moderation
 * tells what it does. Queues that share a vector share the time. ixl_dev_cfg.irq_moderation_us is
 * what it is at first. -IXL_ERANGE; -IXL_EINVAL no such queue; -IXL_ENOTSUP no interrupts in use,
 * or the device cannot delay them; -IXL_ENODEV.
 */
int ixl_set_irq_moderation(struct ixl_device *dev, uint16_t queue, uint32_t us);
/* The time, or an error as above. */
int ixl_get_irq_moderation(struct ixl_device *dev, uint16_t queue);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
