// SPDX-License-Identifier: MIT
/* Life of the rings: memory, slots, registers, filling and emptying. No datapath here. */
#include <stdlib.h>

#include "lib/virtio/virtio.h"

#define LINE          64u
#define LEAST_RECEIVE 1526u /* 5.1.6.3.1: of a buffer, where frames may not take several */

/* ---- one ring ------------------------------------------------------------------------------- */

static uint32_t lines(uint32_t bytes)
{
    return (bytes + LINE - 1) & ~(LINE - 1);
}

/* 2.7, 2.8: three areas, each on lines of its own. */
static int make_memory(struct vio *v, struct vio_ring *r, uint32_t size)
{
    uint32_t desc = lines(size * (uint32_t)sizeof(struct vio_desc));
    uint32_t driver = r->packed ? LINE : lines(2 * (size + 3));
    uint32_t device = r->packed ? LINE : lines(8 * size + 6);
    int err = ixl_dev_dma_alloc(&v->base, desc + driver + device, 4096, &r->mem);

    if (err < 0)
        return err;
    uint8_t *at = r->mem.virt;
    r->desc = (struct vio_desc *)(void *)at;
    r->driver = (uint16_t *)(void *)(at + desc);
    r->device = (uint16_t *)(void *)(at + desc + driver);
    r->mask = size - 1;
    return 0;
}

/* The largest power of two up to `wanted` that the device's ring can have. */
static int choose_size(struct vio *v, uint16_t index, uint32_t wanted, uint32_t *out)
{
    uint32_t most = vio_read(&v->common, VIO_QUEUE_SIZE, 2), size = VIO_RING_LEAST;

    if (index >= vio_read(&v->common, VIO_NUM_QUEUES, 2) || most < VIO_RING_LEAST) {
        ixl_log(IXL_LOG_ERROR, "%s: the device's queue %u has %u places, %u are the least",
                v->base.info.address, index, most, VIO_RING_LEAST);
        return -IXL_EIO;
    }
    while (size * 2 <= wanted && size * 2 <= most)
        size *= 2;
    *out = size;
    return 0;
}

static void write64(struct vio *v, uint32_t at, uint64_t val)
{
    vio_write(&v->common, at, 4, (uint32_t)val);
    vio_write(&v->common, at + 4, 4, (uint32_t)(val >> 32));
}

static uint64_t device_address(const struct vio_ring *r, const void *part)
{
    return r->mem.addr + (uint64_t)((const uint8_t *)part - (const uint8_t *)r->mem.virt);
}

/* 4.1.4.4: the doorbell of the selected queue, which has to lie in its structure. */
static int find_doorbell(struct vio *v, struct vio_ring *r)
{
    uint64_t at = (uint64_t)vio_read(&v->common, VIO_QUEUE_NOTIFY, 2) * v->notify_mult;

    if (at % 2 || at + 2 > v->notify.size) {
        ixl_log(IXL_LOG_ERROR, "%s: the doorbell of queue %u lies outside of its registers",
                v->base.info.address, r->index);
        return -IXL_EIO;
    }
    r->notify = v->notify.bar;
    r->notify_at = v->notify.at + (uint32_t)at;
    return 0;
}

/* To the selected queue. */
static void tell_where(struct vio *v, const struct vio_ring *r)
{
    vio_write(&v->common, VIO_QUEUE_SIZE, 2, r->mask + 1);
    write64(v, VIO_QUEUE_DESC, device_address(r, r->desc));
    write64(v, VIO_QUEUE_DRIVER, device_address(r, r->driver));
    write64(v, VIO_QUEUE_DEVICE, device_address(r, r->device));
}

int vio_ring_create(struct vio *v, struct vio_ring *r, uint16_t index, uint32_t wanted)
{
    uint32_t size = 0;

    r->index = index;
    r->packed = vio_has(v, VIO_F_PACKED);
    r->event_idx = vio_has(v, VIO_F_EVENT_IDX);
    vio_write(&v->common, VIO_QUEUE_SEL, 2, index);
    int err = choose_size(v, index, wanted, &size);
    if (!err)
        err = find_doorbell(v, r);
    if (!err)
        err = make_memory(v, r, size);
    if (err)
        return err;
    vio_ring_interrupt(r, false);
    tell_where(v, r);
    return 0;
}

/* The same ring to a device that was reset. */
static int tell_again(struct vio *v, struct vio_ring *r)
{
    uint32_t size = 0, has = r->mask + 1;

    if (!r->desc)
        return 0;
    vio_write(&v->common, VIO_QUEUE_SEL, 2, r->index);
    int err = choose_size(v, r->index, has, &size);
    if (!err && size != has) {
        ixl_log(IXL_LOG_ERROR, "%s: after the reset queue %u has fewer places than before",
                v->base.info.address, r->index);
        err = -IXL_EIO;
    }
    if (!err)
        err = find_doorbell(v, r);
    if (!err)
        tell_where(v, r);
    return err;
}

void vio_ring_rewind(struct vio_ring *r)
{
    if (!r->desc)
        return;
    memset(r->mem.virt, 0, r->mem.size);
    r->broken = false;
    vio_ring_interrupt(r, false);
}

void vio_ring_free(struct vio *v, struct vio_ring *r)
{
    ixl_dev_dma_free(&v->base, &r->mem);
    r->desc = NULL;
}

static void enable(struct vio *v, const struct vio_ring *r)
{
    if (!r->desc)
        return;
    vio_write(&v->common, VIO_QUEUE_SEL, 2, r->index);
    vio_write(&v->common, VIO_QUEUE_ENABLE, 2, 1);
}

/* ---- interrupts of a ring ------------------------------------------------------------------- */

/*
 * With event indices a split ring's next interrupt comes when the device's index passes the one
 * named here: the present one, or one that is 65535 buffers away.
 */
void vio_ring_interrupt(struct vio_ring *r, bool on)
{
    if (r->packed) {
        vio_store16(r->driver + VIO_EVENT_FLAGS, on ? VIO_EVENT_ENABLE : VIO_EVENT_DISABLE);
    } else if (!r->event_idx) {
        vio_store16(r->driver + VIO_RING_FLAGS, on ? 0 : 1);
    } else {
        uint16_t now = vio_load16(r->device + VIO_RING_IDX);
        vio_store16(r->driver + VIO_RING_FIRST + r->mask + 1, on ? now : (uint16_t)(now - 1));
    }
    ixl_mb(); /* orders the wish before the look at the ring that follows: no wake-up is lost */
}

/* ---- receive queues ------------------------------------------------------------------------- */

static int make_rx_pool(struct ixl_device *dev, struct vio_rxq *q)
{
    const struct ixl_dev_cfg *cfg = &dev->cfg;
    int err = ixl_mempool_create(dev, cfg->rx_pool_entries, cfg->rx_entry_size,
                                 ixl_pool_cap(cfg->max_pool_bytes), &q->base.pool);

    if (!err)
        ixl_pool_set_floor(q->base.pool, cfg->rx_ring_size);
    return err;
}

/* Where frames may take several buffers, each keeps room at its end for what the device puts in
 * front of the next one's data (see rx.c). */
static int choose_room(struct vio *v, struct vio_rxq *q)
{
    uint32_t room = v->base.cfg.rx_entry_size - (uint32_t)sizeof(struct pkt_buf);

    q->header = vio_has(v, VIO_F_HASH_REPORT) ? VIO_HDR_SIZE_HASH : VIO_HDR_SIZE;
    q->mergeable = vio_has(v, VIO_F_MRG_RXBUF);
    q->hash = vio_has(v, VIO_F_HASH_REPORT);
    q->room = q->mergeable ? room - q->header : room;
    q->max_size = v->base.cfg.max_frame_size;
    q->checked = ixl_wants(&v->base.set, IXL_FEAT_RX_L4_CSUM) ? IXL_RX_L4_CHECKED : 0;
    if (q->mergeable || q->room + q->header >= LEAST_RECEIVE)
        return 0;
    ixl_log(IXL_LOG_ERROR,
            "%s: the device wants receive buffers of %u bytes: raise rx_entry_size to %u",
            v->base.info.address, LEAST_RECEIVE, LEAST_RECEIVE + (unsigned)sizeof(struct pkt_buf));
    return -IXL_ERANGE;
}

static int make_rxq(struct vio *v, uint16_t index)
{
    struct ixl_device *dev = &v->base;
    struct vio_rxq *q = ixl_queue_alloc(sizeof(*q));

    if (!q)
        return -IXL_ENOMEM;
    dev->rxq[index] = &q->base;
    q->base.dev = dev;
    q->base.index = index;
    int err = choose_room(v, q);
    if (!err)
        err = vio_ring_create(v, &q->ring, vio_rx_index(index), dev->cfg.rx_ring_size);
    if (err)
        return err;
    uint32_t size = q->ring.mask + 1;
    q->block = size < 4 * VIO_BLOCK ? size / 4 : VIO_BLOCK;
    q->slot = ixl_alloc(size + VIO_AHEAD, sizeof(*q->slot));
    q->order = ixl_alloc(size, sizeof(*q->order));
    if (!q->slot || !q->order)
        return -IXL_ENOMEM;
    for (uint32_t i = 0; i < size; i++)
        q->order[i] = (uint16_t)i;
    q->in_order = true;
    dev->cfg.rx_ring_size = size; /* what the device has; the next ones are no larger */
    err = make_rx_pool(dev, q);
    if (err)
        return err;
    q->capacity = (uint16_t)(q->base.pool->entry_size - sizeof(struct pkt_buf));
    vio_rx_attach(q);
    return 0;
}

static void free_rxq(struct vio *v, struct vio_rxq *q)
{
    for (uint32_t i = 0; q->slot && i <= q->ring.mask; i++) {
        if (q->slot[i] && q->hash)
            q->slot[i]->capacity = q->capacity; /* a header may lie there; see rx.c */
        ixl_pkt_buf_free(q->slot[i]);
    }
    ixl_pkt_buf_free(q->head);
    if (q->base.pool)
        ixl_pool_set_floor(q->base.pool, 1);
    vio_ring_free(v, &q->ring);
    free(q->slot);
    free(q->order);
    ixl_queue_free(q);
}

/* ---- send queues ---------------------------------------------------------------------------- */

static int make_txq(struct vio *v, uint16_t index)
{
    struct ixl_device *dev = &v->base;
    struct vio_txq *q = ixl_queue_alloc(sizeof(*q));

    if (!q)
        return -IXL_ENOMEM;
    dev->txq[index] = &q->base;
    q->base.dev = dev;
    q->base.index = index;
    q->max_size = dev->cfg.max_frame_size;
    q->header = vio_has(v, VIO_F_HASH_REPORT) ? VIO_HDR_SIZE_HASH : VIO_HDR_SIZE;
    q->offloads = vio_offloads(dev->set.active);
    q->tso6 = vio_has(v, VIO_F_HOST_TSO6);
    int err = vio_ring_create(v, &q->ring, vio_tx_index(index), dev->cfg.tx_ring_size);
    if (err)
        return err;
    uint32_t size = q->ring.mask + 1;
    q->slot = ixl_alloc(size, sizeof(*q->slot));
    q->pieces = ixl_alloc(size, sizeof(*q->pieces));
    q->pools = ixl_alloc(size / VIO_BLOCK + 1, sizeof(struct ixl_mempool *));
    if (!q->slot || !q->pieces || !q->pools)
        return -IXL_ENOMEM;
    dev->cfg.tx_ring_size = size;
    err = ixl_dev_dma_alloc(dev, (size_t)size * VIO_HDR_STRIDE, VIO_HDR_STRIDE, &q->headers);
    if (!err)
        vio_tx_attach(q);
    return err;
}

static void free_txq(struct vio *v, struct vio_txq *q)
{
    for (uint32_t i = 0; q->slot && i <= q->ring.mask; i++)
        ixl_pkt_buf_free(q->slot[i]);
    ixl_dev_dma_free(&v->base, &q->headers);
    vio_ring_free(v, &q->ring);
    free(q->slot);
    free(q->pieces);
    free(q->pools);
    ixl_queue_free(q);
}

/* Without RSS queues come in pairs: the send queues of pairs that are used for receiving alone. */
static int make_spare(struct vio *v)
{
    struct ixl_device *dev = &v->base;
    uint16_t n = dev->num_rx > dev->num_tx ? (uint16_t)(dev->num_rx - dev->num_tx) : 0;

    if (n == 0 || vio_has(v, VIO_F_RSS))
        return 0;
    v->spare = ixl_alloc(n, sizeof(*v->spare));
    if (!v->spare)
        return -IXL_ENOMEM;
    for (; v->n_spare < n; v->n_spare++) {
        int err = vio_ring_create(v, &v->spare[v->n_spare],
                                  vio_tx_index((uint16_t)(dev->num_tx + v->n_spare)), 0);
        if (err)
            return err;
    }
    return 0;
}

/* ---- all of them ---------------------------------------------------------------------------- */

int vio_queues_create(struct vio *v)
{
    struct ixl_device *dev = &v->base;
    int err = 0;

    for (uint16_t i = 0; !err && i < dev->cfg.num_rx_queues; i++) {
        err = make_rxq(v, i);
        dev->num_rx = (uint16_t)(i + 1);
    }
    for (uint16_t i = 0; !err && i < dev->cfg.num_tx_queues; i++) {
        err = make_txq(v, i);
        dev->num_tx = (uint16_t)(i + 1);
    }
    if (!err)
        err = make_spare(v);
    return err ? err : vio_ctrl_create(v);
}

void vio_queues_enable(struct vio *v)
{
    struct ixl_device *dev = &v->base;

    for (uint16_t i = 0; i < dev->num_rx; i++)
        enable(v, &((struct vio_rxq *)dev->rxq[i])->ring);
    for (uint16_t i = 0; i < dev->num_tx; i++)
        enable(v, &((struct vio_txq *)dev->txq[i])->ring);
    for (unsigned i = 0; i < v->n_spare; i++)
        enable(v, &v->spare[i]);
    enable(v, &v->ctrl);
}

void vio_queues_rewind(struct ixl_device *dev)
{
    struct vio *v = vio_of(dev);

    for (uint16_t i = 0; i < dev->num_rx; i++)
        vio_rx_rewind((struct vio_rxq *)dev->rxq[i]);
    for (uint16_t i = 0; i < dev->num_tx; i++)
        vio_tx_rewind((struct vio_txq *)dev->txq[i]);
    for (unsigned i = 0; i < v->n_spare; i++)
        vio_ring_rewind(&v->spare[i]);
    vio_ctrl_rewind(v);
}

int vio_queues_tell(struct vio *v)
{
    struct ixl_device *dev = &v->base;
    int err = 0;

    for (uint16_t i = 0; !err && i < dev->num_rx; i++)
        err = tell_again(v, &((struct vio_rxq *)dev->rxq[i])->ring);
    for (uint16_t i = 0; !err && i < dev->num_tx; i++)
        err = tell_again(v, &((struct vio_txq *)dev->txq[i])->ring);
    for (unsigned i = 0; !err && i < v->n_spare; i++)
        err = tell_again(v, &v->spare[i]);
    return err ? err : tell_again(v, &v->ctrl);
}

/* A ring that has no buffer left gets some from its thread. */
int vio_queues_kick(struct vio *v)
{
    ixl_mb(); /* orders what was handed over before the doorbell: see vio_wants_kick */
    for (uint16_t i = 0; i < v->base.num_rx; i++) {
        const struct vio_rxq *q = (const struct vio_rxq *)v->base.rxq[i];
        if (q->cons != q->prod)
            vio_kick(&q->ring);
    }
    return 0;
}

void vio_queues_free(struct vio *v)
{
    struct ixl_device *dev = &v->base;

    vio_ctrl_free(v);
    for (unsigned i = 0; i < v->n_spare; i++)
        vio_ring_free(v, &v->spare[i]);
    free(v->spare);
    v->spare = NULL;
    v->n_spare = 0;
    for (unsigned i = 0; i < IXL_MAX_QUEUES; i++) {
        if (dev->txq[i])
            free_txq(v, (struct vio_txq *)dev->txq[i]);
        if (dev->rxq[i])
            free_rxq(v, (struct vio_rxq *)dev->rxq[i]);
        dev->txq[i] = NULL;
        dev->rxq[i] = NULL;
    }
    dev->num_rx = dev->num_tx = 0;
}
