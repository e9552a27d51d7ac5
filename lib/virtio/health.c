// SPDX-License-Identifier: MIT
/*
 * Where the device is in a ring, from memory that the device writes and indices the queue's thread
 * stores as a whole. No lock: what is seen may be of two moments, and a look is confirmed by others
 * before anything is called hung.
 */
#include "lib/virtio/virtio.h"

/* A split ring has both indices in memory. */
static void split_position(const struct vio_ring *r, uint32_t *head, uint32_t *tail)
{
    *head = vio_load16(r->device + VIO_RING_IDX);
    *tail = vio_load16(r->driver + VIO_RING_IDX);
}

/* A packed ring has no index: a device that has used what comes next, and that nobody has taken
 * back, is not waited for. */
static void packed_position(const struct vio_ring *r, const uint32_t *next, const uint32_t *prod,
                            uint32_t *head, uint32_t *tail)
{
    uint64_t rest;

    *head = __atomic_load_n(next, __ATOMIC_RELAXED);
    *tail = __atomic_load_n(prod, __ATOMIC_RELAXED);
    if (*head != *tail && vio_used_packed(r, *head, &rest))
        *head = *tail;
}

/* Nothing is asked of receive rings: see vio_refused. */
void vio_ring_position(struct ixl_device *dev, bool tx, uint16_t queue, uint32_t *head,
                       uint32_t *tail)
{
    *head = *tail = 0;
    if (!tx)
        return;
    const struct vio_txq *q = (const struct vio_txq *)dev->txq[queue];
    if (q->ring.packed)
        packed_position(&q->ring, &q->used, &q->prod, head, tail);
    else
        split_position(&q->ring, head, tail);
}

/* The device counts nothing, so a receiver that has stalled looks like a silent wire. */
uint64_t vio_refused(struct ixl_device *dev)
{
    (void)dev;
    return 0;
}

bool vio_tx_paused(struct ixl_device *dev)
{
    (void)dev;
    return false;
}
