// SPDX-License-Identifier: MIT
/* The inside of the virtio-net driver. */
#ifndef IXL_VIRTIO_VIRTIO_H
#define IXL_VIRTIO_VIRTIO_H

#include "lib/core/device.h"
#include "lib/virtio/ring.h"

/* The header in front of a frame lies on the last fields of struct pkt_buf: a receive needs none of
 * them, and a sent buffer's are the device's. The longer one of HASH_REPORT reaches `capacity`. */
_Static_assert(offsetof(struct pkt_buf, user) == sizeof(struct pkt_buf) - VIO_HDR_SIZE,
               "the header covers user and timestamp");
_Static_assert(offsetof(struct pkt_buf, capacity) >= sizeof(struct pkt_buf) - VIO_HDR_SIZE_HASH,
               "the long header covers nothing before capacity");

/* Descriptors armed and buffers given back at a time. */
#define VIO_BLOCK      32u
/* How far ahead a receive fetches metadata. */
#define VIO_AHEAD      2u
/* Longest chain of buffers a frame may have. */
#define VIO_MAX_PIECES 32u
/* The smallest ring the driver works with. */
#define VIO_RING_LEAST 16u
/* Room for a header that cannot lie in front of the frame. */
#define VIO_HDR_STRIDE 32u

struct vio_rxq {
    struct ixl_rxq base;
    struct vio_ring ring __attribute__((aligned(64)));
    struct pkt_buf **slot; /* the buffer behind each descriptor id, NULL: not with the device */
    uint16_t *order;       /* ids in the order they will be armed; see rx.c */
    bool in_order;         /* all buffers were used in order so far: each id is its place */
    uint32_t cons;         /* next used buffer */
    uint32_t prod;         /* next to arm; prod - cons are armed */
    uint32_t block;        /* armed at a time */
    uint32_t room;         /* bytes of each buffer's data[] the device may fill */
    uint32_t max_size;     /* largest frame */
    uint32_t header;       /* VIO_HDR_SIZE or VIO_HDR_SIZE_HASH */
    uint16_t capacity;     /* of each buffer */
    int16_t slotno;        /* the device's place in the pool */
    bool mergeable;
    bool hash;
    uint32_t checked; /* what a checked checksum is told by; written by control operations */
    bool skip;        /* the rest of a frame is thrown away */
    struct pkt_buf *head, *last; /* an unfinished frame */
    uint32_t head_size;
    uint8_t front[VIO_HDR_SIZE_HASH]; /* its header */
    uint32_t missing; /* buffers of it, or of what is skipped, that are still to come */
    uint64_t pkts, bytes;
    uint64_t errors;        /* frames thrown away */
    uint64_t no_buf;        /* arming attempts the pool could not serve */
    uint64_t completed;     /* checksums finished in software */
    uint64_t reset_dropped; /* frames that lay here when the device was reset */
};

struct vio_txq {
    struct ixl_txq base;
    struct vio_ring ring __attribute__((aligned(64)));
    struct pkt_buf **slot;      /* the frame whose first descriptor this is, else NULL */
    uint8_t *pieces;            /* its descriptors; VIO_DONE: they were used */
    struct ixl_mempool **pools; /* of each block: whose buffers all are, single ones; NULL: mixed */
    uint32_t cons;              /* first descriptor not yet given back */
    uint32_t used;              /* packed: next place the device reports at */
    uint32_t prod;              /* next descriptor to fill */
    uint16_t avail, reported;   /* split: frames handed over, and frames used */
    uint32_t max_size;
    uint32_t longest; /* of plain frames: what the buffers of `pool` hold, too */
    uint32_t header;
    uint32_t offloads;        /* IXL_TX_* it may be asked for; written by control operations */
    bool tso6;                /* segmentation of IPv6, too */
    unsigned idle;            /* reaps in vain in a row */
    struct ixl_mempool *pool; /* of the latest plain run */
    uint64_t delta;           /* device address of its headers = address of the buffer + delta */
    struct ixl_dma headers;   /* VIO_HDR_STRIDE bytes for each descriptor; the first 0 in each */
    uint64_t pkts, bytes;
    uint64_t reset_dropped; /* frames not yet used when the device was reset */
};
#define VIO_DONE 0x80u

/* A structure named by a capability. */
struct vio_region {
    const struct ixl_bar *bar; /* NULL: there is none */
    uint32_t at, size;
};

struct vio {
    struct ixl_device base;
    struct ixl_bar bars[6];
    uint8_t mapped; /* a bit for each of them */
    struct vio_region common, notify, isr, config;
    uint32_t notify_mult;
    uint64_t features; /* negotiated */
    uint16_t pairs;    /* queue pairs the device has; without MQ one */
    uint16_t table_size, key_size;
    uint32_t hash_types;
    struct vio_ring ctrl; /* desc NULL: there is none */
    struct ixl_dma command;
    uint32_t ctrl_prod, ctrl_cons;
    struct vio_ring *spare; /* send rings of pairs of which only receiving is used */
    unsigned n_spare;
    bool told_broken;
    uint8_t own_mac[6]; /* what the device receives without being told */
    bool settled;       /* the settings were made from what the device can do */
};

static inline struct vio *vio_of(struct ixl_device *dev)
{
    return (struct vio *)dev;
}
static inline bool vio_has(const struct vio *v, uint64_t feature)
{
    return (v->features & feature) != 0;
}

static inline uint32_t vio_read(const struct vio_region *r, uint32_t at, unsigned width)
{
    switch (width) {
    case 1:
        return ixl_bar_read8(r->bar, r->at + at);
    case 2:
        return ixl_bar_read16(r->bar, r->at + at);
    default:
        return ixl_bar_read32(r->bar, r->at + at);
    }
}
static inline void vio_write(const struct vio_region *r, uint32_t at, unsigned width, uint32_t val)
{
    if (width == 1)
        ixl_bar_write8(r->bar, r->at + at, (uint8_t)val);
    else if (width == 2)
        ixl_bar_write16(r->bar, r->at + at, (uint16_t)val);
    else
        ixl_bar_write32(r->bar, r->at + at, val);
}

/* pci.c: find and map the four structures. */
int vio_map(struct ixl_device *dev);
void vio_unmap(struct ixl_device *dev);

/* status.c: the device status, and whether the device is there and sound. */
uint8_t vio_status(struct vio *v);
void vio_add_status(struct vio *v, uint8_t bits);
/* 0, -IXL_ENODEV, or -IXL_EIO: it asks for a reset (said once in the log, told as an event). */
int vio_check(struct vio *v);
/* Write 0 and wait until it is read; from then on the device uses no memory. */
int vio_reset(struct ixl_device *dev);

/* features.c */
int vio_negotiate(struct vio *v);
/* After a reset: the same features as before, or -IXL_EIO. */
int vio_agree(struct vio *v);
/* Consistent fields of the device configuration; -IXL_ETIMEDOUT if it never rests. */
int vio_read_config(struct vio *v, uint32_t at, unsigned width, uint32_t *val);
int vio_read_identity(struct vio *v); /* MAC, pairs, MTU, RSS */

/* queue.c */
/* Make all queues and tell the device where they are; nothing is switched on. */
int vio_queues_create(struct vio *v);
void vio_queues_enable(struct vio *v);
/* Contract of ixl_driver.drop_frames: the rings as after their creation, but that receive rings
 * keep their buffers, which are armed anew. */
void vio_queues_rewind(struct ixl_device *dev);
/* After a reset: tell the device where the queues are, and, once it runs, of the buffers in them.
 * -IXL_EIO: its rings have become smaller. */
int vio_queues_tell(struct vio *v);
int vio_queues_kick(struct vio *v);
/* The device must no longer be able to DMA. */
void vio_queues_free(struct vio *v);
/* One ring of up to `wanted` descriptors (as many as the device has), told to the device. */
int vio_ring_create(struct vio *v, struct vio_ring *r, uint16_t index, uint32_t wanted);
void vio_ring_free(struct vio *v, struct vio_ring *r);
/* As after its creation. The device must not be able to DMA. */
void vio_ring_rewind(struct vio_ring *r);
/* Number of the virtqueue of a receive, a send queue, and of the control queue (5.1.2). */
static inline uint16_t vio_rx_index(uint16_t queue)
{
    return (uint16_t)(2 * queue);
}
static inline uint16_t vio_tx_index(uint16_t queue)
{
    return (uint16_t)(2 * queue + 1);
}

/* For a command's data: the largest table of addresses, or redirection table and key. */
#define VIO_COMMAND_MAX 3072u

/* ctrl.c: one command, its answer awaited. -IXL_EIO refused, -IXL_ETIMEDOUT, -IXL_ENODEV. */
int vio_ctrl_create(struct vio *v);
void vio_ctrl_free(struct vio *v);
void vio_ctrl_rewind(struct vio *v);
int vio_command(struct vio *v, uint16_t command, const void *data, uint32_t len);

/* filter.c: addresses, steering, what can be switched */
int vio_filters_init(struct vio *v);
int vio_steering_init(struct vio *v);
void vio_caps(const struct ixl_device *dev, struct ixl_caps *out);
int vio_set_features(struct ixl_device *dev, uint64_t active);
int vio_set_rss(struct ixl_device *dev, const struct ixl_rss *rss);
int vio_set_addresses(struct ixl_device *dev, const struct ixl_settings *set);
int vio_set_mac(struct ixl_device *dev, const uint8_t mac[6]);

/* rx.c, tx.c */
void vio_rx_attach(struct vio_rxq *q);
void vio_rx_fill(struct vio_rxq *q);
void vio_tx_attach(struct vio_txq *q);
/* Their parts of vio_queues_rewind. */
void vio_rx_rewind(struct vio_rxq *q);
void vio_tx_rewind(struct vio_txq *q);

/* offload.c */
/* IXL_TX_* that frames may ask for while these features are at work. */
uint32_t vio_offloads(uint64_t active);
/* Finish the checksum a received frame was handed over without. False: it cannot be. */
bool vio_finish_csum(struct pkt_buf *frame, uint32_t start, uint32_t offset);
/* Is what the frame asks for possible? NULL, or why not. */
const char *vio_offload_unfit(const struct vio_txq *q, const struct pkt_buf *frame, uint32_t bytes);
/* The header for it; also fills in what the device does not: IPv4 header checksums, and the lengths
 * and sums that segmentation starts from. */
void vio_offload_header(struct pkt_buf *frame, uint32_t bytes, uint8_t header[VIO_HDR_SIZE_HASH]);

/* irq.c */
int vio_irq_init(struct vio *v); /* vectors of queues and configuration */
void vio_irq_unmask(struct ixl_device *dev, unsigned vector);
void vio_irq_mask(struct ixl_device *dev, unsigned vector);
bool vio_irq_ack(struct ixl_device *dev, unsigned vector);
void vio_irq_events(struct ixl_device *dev, bool on);

/* health.c: contracts of ixl_driver */
void vio_ring_position(struct ixl_device *dev, bool tx, uint16_t queue, uint32_t *head,
                       uint32_t *tail);
uint64_t vio_refused(struct ixl_device *dev);
bool vio_tx_paused(struct ixl_device *dev);

/* stats.c, link.c */
int vio_update_stats(struct ixl_device *dev);
void vio_totals(struct ixl_device *dev, struct ixl_device_stats *out);
void vio_visit_stats(struct ixl_device *dev,
                     void (*emit)(void *ctx, const char *name, uint64_t value), void *ctx);
int vio_get_link(struct ixl_device *dev, struct ixl_link *out);

#endif
