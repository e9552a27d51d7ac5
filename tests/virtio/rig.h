// SPDX-License-Identifier: MIT
/*
 * One receive and one send queue of the virtio driver, with the device's side in the test's hand:
 * rings of 64 (or so) in plain memory, registers that remember, and functions that take and use
 * buffers as a device does. Offsets here are the test's own.
 */
#ifndef TESTS_VIRTIO_RIG_H
#define TESTS_VIRTIO_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/virtio/virtio.h"

#define RIG_OFFSET 0x5000000000ull /* device address = virtual address + this */

struct rig_chain {
    unsigned n, id;
    uint64_t addr[40];
    uint32_t len[40];
    bool write[40];
};

/* The device's view of a queue. */
struct rig_queue {
    struct vio_ring *ring;
    uint32_t size;
    uint16_t avail, used; /* split: indices; packed: places */
    bool avail_wrap, used_wrap;
};

struct rig {
    struct vio v;
    struct ixl_os_dev os;
    uint8_t regs[0x4000];
    unsigned kicks;
    unsigned blocks; /* of DMA memory */
    struct rig_queue rx, tx;
    struct ixl_mempool *pool; /* for sending, 256 buffers */
};

extern unsigned rig_errors; /* log lines of level error */
extern char rig_last[512];

/* `features` beyond VERSION_1; cfg NULL: rings of 64, pool of 128. */
struct rig *rig_new(uint64_t features, const struct ixl_dev_cfg *cfg);
void rig_free(struct rig *rig);

/* Memory behind a device address. */
uint8_t *rig_mem(uint64_t addr);
/* The next chain the driver has made available; false: none. */
bool rig_take(struct rig *rig, struct rig_queue *q, struct rig_chain *c);
/* Give one back: id and length as told; `descs` of the chain (packed rings skip so many). */
void rig_use(struct rig *rig, struct rig_queue *q, uint32_t id, uint32_t len, unsigned descs);

/* Receive a frame into the chain's buffer, with a header of zeros but for `flags`. */
void rig_receive(struct rig *rig, const struct rig_chain *c, const void *frame, uint32_t len);

static inline struct vio_rxq *rig_rxq(struct rig *rig)
{
    return (struct vio_rxq *)rig->v.base.rxq[0];
}
static inline struct vio_txq *rig_txq(struct rig *rig)
{
    return (struct vio_txq *)rig->v.base.txq[0];
}
int rig_rx(struct rig *rig, struct pkt_buf **bufs, unsigned n);
int rig_tx(struct rig *rig, struct pkt_buf **bufs, unsigned n);
/* A frame of `size` bytes whose contents tell `number`. */
struct pkt_buf *rig_frame(struct rig *rig, unsigned size, uint32_t number);
void rig_fill(uint8_t *at, unsigned size, uint32_t number);
unsigned rig_in_use(const struct ixl_mempool *pool);

#endif
