// SPDX-License-Identifier: MIT
/*
 * The ring engine of all Intel families (e1000, igb, ixgbe).
 *
 * A family says where a queue's register block lies; inside the block all families agree on the
 * offsets below. It picks one of the descriptor formats: advanced (igb, ixgbe) or
 * legacy or extended (e1000). Everything else of receive and send is in rx.c, tx.c and forward.c.
 *
 * Indices run freely; (index & mask) is the descriptor, and differences are fill levels.
 */
#ifndef IXL_INTEL_RING_H
#define IXL_INTEL_RING_H

#include <stdint.h>

#include "lib/core/device.h"

/* Offsets inside a queue's register block (8254x 13.4, 82576 8.10, 82599 8.2.3.8). */
enum {
    RING_BAL = 0x00, /* base address, low half */
    RING_BAH = 0x04, /* high half */
    RING_LEN = 0x08, /* bytes */
    RING_HEAD = 0x10,
    RING_TAIL = 0x18,
    RING_DCTL = 0x28, /* RXDCTL, TXDCTL */
};
#define RING_DCTL_ENABLE (1u << 25) /* not in the 8254x */

/* A word of a descriptor as it lies in memory, little endian whatever the machine is: a type of its
 * own, so that nobody takes it for a number. See ixl_load_le64 and what follows it. */
struct ixl_le64 {
    uint64_t raw;
};

/* Any 16-byte descriptor, in the ring and as numbers. */
struct ixl_desc {
    struct ixl_le64 lo, hi;
};
struct ixl_desc_bits {
    uint64_t lo, hi;
};

/* Descriptors armed, cleaned and marked with RS at a time. */
#define IXL_RING_BLOCK 32u

/* Which descriptors a family uses. */
enum ixl_desc_format {
    IXL_DESC_ADVANCED,     /* ixgbe */
    IXL_DESC_ADVANCED_IGB, /* igb: receive errors one bit lower, no CC in transmit */
    IXL_DESC_EXTENDED,     /* 82571 and later: extended receive, extended transmit */
    IXL_DESC_LEGACY,       /* 8254x: legacy receive, extended transmit */
};

struct ixl_way;
struct ixl_intel_rxq {
    struct ixl_rxq base;
    /* Ordinary frames in a row at slot[cons & mask], at most n; their metadata is filled in. */
    unsigned (*peek)(struct ixl_intel_rxq *q, unsigned n);
    /* Take received frames off the ring without arming anew: the first half of base.burst. */
    unsigned (*harvest)(struct ixl_intel_rxq *q, struct pkt_buf **bufs, unsigned n);
    const struct ixl_way *way;

    /* Read and written by the queue's thread for each batch. */
    struct ixl_desc *desc __attribute__((aligned(64)));
    struct pkt_buf **slot;   /* the buffer behind each armed descriptor */
    uint32_t mask;           /* ring size - 1 */
    uint32_t cons;           /* next descriptor the device completes */
    uint32_t prod;           /* next descriptor to arm; prod - cons are armed */
    uint32_t low;            /* with fewer armed, a block is: ring size - block */
    uint32_t limit[4];       /* longest - 1 under 0xffff: what the rows compare lengths with */
    volatile uint32_t *tail; /* the tail register, NULL: use functions */
    uint32_t tags;           /* see ixl_intel_rx_tags; written by control operations */
    uint32_t tags_known;     /* tags as the queue's thread has settled with */

    /* What of a descriptor's first three words is told, where that can change. */
    uint32_t told[4];
    bool partial; /* a frame has begun: `head` is set, or `skip` */

    /* Read for each block, or when a frame is not ordinary. */
    bool skip;                   /* the rest of a damaged frame is thrown away */
    bool legacy;                 /* where DD lies */
    int16_t slotno;              /* the device's place in the pool */
    uint32_t block;              /* descriptors armed at a time, a power of two <= 32 */
    uint32_t longest;            /* bytes a piece has at most: of its buffer, and of a frame */
    struct pkt_buf *head, *last; /* an unfinished frame */
    uint32_t head_size;          /* its bytes so far */
    uint32_t tags_seen;          /* latest tags looked at */
    uint32_t tags_until;         /* cons from which on frames are treated as these say */
    uint64_t errors;             /* frames the device reported as damaged, or nonsense */
    uint64_t no_buf;             /* arming attempts the pool could not serve */
    uint64_t reset_dropped;      /* frames that lay here when the device was reset */
    bool filled;                 /* armed for the first time */

    /* Control. */
    uint32_t tail_reg;
    uint32_t reg; /* register block */
    struct ixl_dma mem;
};

/* What lies in one block of the send ring. */
struct ixl_tx_block {
    struct ixl_mempool *pool; /* all buffers are single and of this pool; NULL: mixed */
    uint32_t last;            /* index of the descriptor whose DD completes the block */
};

struct ixl_intel_txq {
    struct ixl_txq base;
    /* ixl_tx_batch without the cleaning. */
    int (*push)(struct ixl_intel_txq *q, struct pkt_buf **bufs, unsigned n);
    /* Fill descriptors from *at on with frames that are not all plain, as many of n as there is
     * room for: the number, with RS on the last, or an error if one is unfit. */
    int (*push_odd)(struct ixl_intel_txq *q, uint32_t *at, struct pkt_buf **bufs, unsigned n);
    /*
     * Send n frames, single buffers and none NULL, if there is room, all are plain and all verdicts
     * are IXL_SEND. False: nothing was sent.
     */
    bool (*row)(struct ixl_intel_txq *q, struct pkt_buf **bufs, const uint8_t *verdict, unsigned n);

    struct ixl_desc *desc __attribute__((aligned(64)));
    struct pkt_buf **slot; /* the frame whose last descriptor this is, else NULL */
    uint32_t mask;
    uint32_t cons;           /* first descriptor not yet given back */
    uint32_t prod;           /* next descriptor to fill */
    uint32_t max_size;       /* largest frame */
    volatile uint32_t *tail; /* the tail register, NULL: use functions */
    struct ixl_tx_block *blocks;
    /* The pool of the latest plain run (NULL: none yet) and, behind it, what a plain frame has for
     * `next`. Device address = address of the buffer + delta, twice, for that pool. */
    struct ixl_mempool *pool __attribute__((aligned(16)));
    struct pkt_buf *no_next;
    uint64_t delta[2] __attribute__((aligned(16)));
    uint64_t longest[2]; /* of plain frames; the rows compare sizes as signed words with it */
    uint64_t span[2];    /* longest above the least size, or 0 */

    uint32_t offloads;        /* IXL_TX_* it may be asked for; written by control operations */
    struct ixl_desc_bits ctx; /* offload context the hardware holds; all 0: none */
    struct {                  /* the latest frame that used it; flags 0: none */
        uint64_t bits;        /* of its data descriptor, without sizes */
        uint32_t flags;       /* IXL_TX_* */
        uint32_t headers;     /* bytes such a frame has at least */
        uint16_t l3_len, vlan_tci;
        uint8_t l2_len;
    } like;
    uint64_t reset_dropped; /* frames not yet reported as sent when the device was reset */

    uint32_t tail_reg;
    uint32_t reg;
    struct ixl_dma mem;
    enum ixl_desc_format format;
};

/*
 * Make a queue: ring memory, slots, and (receive) the queue's pool as dev->cfg says. `reg` is the
 * register block. Nothing is written to the device. The queue is in dev->rxq[index] / txq[index]
 * afterwards. -IXL_ENOMEM, -IXL_ENOSPC, -IXL_ERANGE (pool smaller than the ring).
 */
int ixl_intel_rxq_create(struct ixl_device *dev, uint16_t index, enum ixl_desc_format format,
                         uint32_t reg);
int ixl_intel_txq_create(struct ixl_device *dev, uint16_t index, enum ixl_desc_format format,
                         uint32_t reg);
/* Free all queues of the device (those that were made), their buffers and pools. The device must
 * no longer be able to DMA. */
void ixl_intel_queues_free(struct ixl_device *dev);

/* Write base, length, head = tail = 0 of the queue's block. The queue must be disabled. */
void ixl_intel_rxq_program(struct ixl_device *dev, uint16_t index);
void ixl_intel_txq_program(struct ixl_device *dev, uint16_t index);
/* Hand over one more descriptor, of the beginning of a frame that has no end: it is fetched and
 * never sent. Nothing if the ring is full. For a queue that is reset next; its thread is not
 * inside. */
void ixl_intel_tx_rubbish(struct ixl_device *dev, uint16_t index);
/* Arm descriptors from the pool and move the tail. After the queue is enabled. After a reset it is
 * the descriptors ixl_intel_queues_rewind has left that the device gets; -IXL_ENOMEM: none. */
int ixl_intel_rxq_fill(struct ixl_device *dev, uint16_t index);

/* Which offloads frames may ask for, by the features at work; a new queue goes by dev->set. */
void ixl_intel_tx_allow(struct ixl_device *dev, uint64_t active);

/*
 * IXL_DESC_ADVANCED: tags are taken out of received frames, or not, from now on. Twice for each
 * change: with `changing` before the device is told, without it afterwards. Frames that have
 * arrived by then are still told apart (rx.c).
 */
void ixl_intel_rx_tags(struct ixl_device *dev, bool strip, bool changing);
/*
 * The rings as after their creation, but that receive rings keep their buffers: received frames
 * that nobody has taken are dropped, frames to be sent go back to their pools; both are counted.
 * The device must not be able to DMA. Leaves the pools of receive queues alone, since those belong
 * to the queues' threads.
 */
void ixl_intel_queues_rewind(struct ixl_device *dev);

/* Contract of ixl_driver.ring_position. */
void ixl_intel_ring_position(struct ixl_device *dev, bool tx, uint16_t queue, uint32_t *head,
                             uint32_t *tail);

/* Bytes of data[] a buffer of the device's receive queues holds, in a multiple of 1024 that the
 * families' buffer size fields (SRRCTL.BSIZEPACKET, RCTL.BSIZE) can express: 2048 by default. */
uint32_t ixl_intel_rx_buf_size(const struct ixl_device *dev);

/* Software counters of the rings for visit_stats: "rx_errors_seen", "rx_no_buf",
 * "rx_reset_dropped", "tx_reset_dropped". */
void ixl_intel_visit_ring_stats(struct ixl_device *dev,
                                void (*emit)(void *ctx, const char *name, uint64_t value),
                                void *ctx);

#endif
