// SPDX-License-Identifier: MIT
/* Life of the rings: memory, slots, registers, filling and emptying. No datapath here. */
#include <stdio.h>
#include <stdlib.h>

#include "lib/intel/engine.h"
#include "lib/intel/ring.h"

uint32_t ixl_intel_rx_buf_size(const struct ixl_device *dev)
{
    uint32_t room = dev->cfg.rx_entry_size - (uint32_t)sizeof(struct pkt_buf);
    uint32_t size = 1024;
    while (size * 2 <= room)
        size *= 2;
    return size;
}

/* Descriptors of 16 bytes. All ones: a device that reads one too early finds no usable address, and
 * one that looks completed is never among the armed. */
static int make_ring(struct ixl_device *dev, uint32_t entries, struct ixl_dma *mem,
                     struct ixl_desc **desc)
{
    int err = ixl_dev_dma_alloc(dev, entries * sizeof(struct ixl_desc), 4096, mem);
    if (err < 0)
        return err;
    memset(mem->virt, 0xff, entries * sizeof(struct ixl_desc));
    *desc = mem->virt;
    return 0;
}

const struct ixl_way *ixl_intel_way(const struct ixl_device *dev)
{
    if (dev->cfg.simd == IXL_SIMD_OFF)
        return &ixl_way_scalar;
#ifdef IXL_HAVE_WIDE
    __builtin_cpu_init();
    if (dev->cfg.simd != IXL_SIMD_128 && __builtin_cpu_supports("avx2"))
        return &ixl_way_avx2;
#endif
#ifdef IXL_VEC
    return &ixl_way_vec;
#else
    return &ixl_way_scalar;
#endif
}

/* Where a queue's tail register can be written directly; NULL: by functions only. */
static volatile uint32_t *direct_tail(const struct ixl_device *dev, uint32_t reg)
{
    return dev->bar.mem ? (volatile uint32_t *)(volatile void *)(dev->bar.mem + reg) : NULL;
}

static int make_rx_pool(struct ixl_device *dev, uint16_t index, struct ixl_mempool **pool)
{
    const struct ixl_dev_cfg *cfg = &dev->cfg;
    if (cfg->rx_pool_entries < cfg->rx_ring_size) {
        ixl_log(IXL_LOG_ERROR,
                "receive queue %u: a pool of %u buffers is smaller than its ring of %u: raise "
                "rx_pool_entries",
                index, cfg->rx_pool_entries, cfg->rx_ring_size);
        return -IXL_ERANGE;
    }
    int err = ixl_mempool_create(dev, cfg->rx_pool_entries, cfg->rx_entry_size,
                                 ixl_pool_cap(cfg->max_pool_bytes), pool);
    if (err == 0)
        ixl_pool_set_floor(*pool, cfg->rx_ring_size);
    return err;
}

int ixl_intel_rxq_create(struct ixl_device *dev, uint16_t index, enum ixl_desc_format format,
                         uint32_t reg)
{
    struct ixl_intel_rxq *q = ixl_queue_alloc(sizeof(*q));
    if (!q)
        return -IXL_ENOMEM;
    dev->rxq[index] = &q->base;
    q->base.dev = dev;
    q->base.index = index;
    q->reg = reg;
    q->tail_reg = reg + RING_TAIL;
    q->tail = direct_tail(dev, q->tail_reg);
    q->mask = dev->cfg.rx_ring_size - 1;
    q->block = q->mask + 1 < 4 * IXL_RING_BLOCK ? (q->mask + 1) / 4 : IXL_RING_BLOCK;
    q->low = q->mask + 1 - q->block;
    uint32_t room = ixl_intel_rx_buf_size(dev);
    q->longest = room < dev->cfg.max_frame_size ? room : dev->cfg.max_frame_size;
    for (unsigned i = 0; i < 4; i++)
        q->limit[i] = 0xffff0000u | (q->longest - 1);
    q->slot = ixl_alloc(q->mask + 1, sizeof(*q->slot));
    if (!q->slot)
        return -IXL_ENOMEM;
    int err = make_ring(dev, q->mask + 1, &q->mem, &q->desc);
    if (err == 0)
        err = make_rx_pool(dev, index, &q->base.pool);
    if (err < 0)
        return err;
    ixl_intel_rx_attach(q, format);
    return 0;
}

/* The flags of the features for sending. */
static uint32_t offloads(uint64_t active)
{
    static const struct {
        uint64_t feature;
        uint32_t flag;
    } table[] = {
        { IXL_FEAT_TX_IP_CSUM, IXL_TX_IP_CSUM },   { IXL_FEAT_TX_TCP_CSUM, IXL_TX_TCP_CSUM },
        { IXL_FEAT_TX_UDP_CSUM, IXL_TX_UDP_CSUM }, { IXL_FEAT_TX_SCTP_CSUM, IXL_TX_SCTP_CSUM },
        { IXL_FEAT_TX_TSO, IXL_TX_TSO },           { IXL_FEAT_TX_VLAN_INSERT, IXL_TX_VLAN },
    };
    uint32_t flags = 0;
    for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (active & table[i].feature)
            flags |= table[i].flag;
    return flags;
}

void ixl_intel_tx_allow(struct ixl_device *dev, uint64_t active)
{
    for (uint16_t i = 0; i < dev->num_tx; i++)
        __atomic_store_n(&((struct ixl_intel_txq *)dev->txq[i])->offloads, offloads(active),
                         __ATOMIC_RELAXED);
}

int ixl_intel_txq_create(struct ixl_device *dev, uint16_t index, enum ixl_desc_format format,
                         uint32_t reg)
{
    struct ixl_intel_txq *q = ixl_queue_alloc(sizeof(*q));
    if (!q)
        return -IXL_ENOMEM;
    dev->txq[index] = &q->base;
    q->base.dev = dev;
    q->base.index = index;
    q->reg = reg;
    q->tail_reg = reg + RING_TAIL;
    q->tail = direct_tail(dev, q->tail_reg);
    q->mask = dev->cfg.tx_ring_size - 1;
    ixl_intel_tx_limit(q, dev->cfg.max_frame_size);
    q->offloads = offloads(dev->set.active);
    q->slot = ixl_alloc(q->mask + 1, sizeof(*q->slot));
    q->blocks = ixl_alloc((q->mask + 1) / IXL_RING_BLOCK, sizeof(*q->blocks));
    if (!q->slot || !q->blocks)
        return -IXL_ENOMEM;
    int err = make_ring(dev, q->mask + 1, &q->mem, &q->desc);
    if (err == 0)
        ixl_intel_tx_attach(q, format);
    return err;
}

/* ---- freeing ------------------------------------------------------------------------ */

static void free_rxq(struct ixl_device *dev, struct ixl_intel_rxq *q)
{
    for (; q->cons != q->prod; q->cons++)
        ixl_pkt_buf_free(q->slot[q->cons & q->mask]);
    ixl_pkt_buf_free(q->head);
    if (q->base.pool)
        ixl_pool_set_floor(q->base.pool, 1);
    ixl_dev_dma_free(dev, &q->mem);
    free(q->slot);
    ixl_queue_free(q);
}

static void free_txq(struct ixl_device *dev, struct ixl_intel_txq *q)
{
    for (; q->cons != q->prod; q->cons++)
        ixl_pkt_buf_free(q->slot[q->cons & q->mask]);
    ixl_dev_dma_free(dev, &q->mem);
    free(q->slot);
    free(q->blocks);
    ixl_queue_free(q);
}

void ixl_intel_queues_free(struct ixl_device *dev)
{
    for (unsigned i = 0; i < IXL_MAX_QUEUES; i++) {
        if (dev->txq[i])
            free_txq(dev, (struct ixl_intel_txq *)dev->txq[i]);
        if (dev->rxq[i])
            free_rxq(dev, (struct ixl_intel_rxq *)dev->rxq[i]);
        dev->txq[i] = NULL;
        dev->rxq[i] = NULL;
    }
}

/* ---- registers ------------------------------------------------------------------------ */

static void program(struct ixl_device *dev, uint32_t reg, const struct ixl_dma *mem, uint32_t bytes)
{
    ixl_write(dev, reg + RING_BAL, (uint32_t)mem->addr);
    ixl_write(dev, reg + RING_BAH, (uint32_t)(mem->addr >> 32));
    ixl_write(dev, reg + RING_LEN, bytes);
    ixl_write(dev, reg + RING_HEAD, 0);
    ixl_write(dev, reg + RING_TAIL, 0);
}

void ixl_intel_rxq_program(struct ixl_device *dev, uint16_t index)
{
    struct ixl_intel_rxq *q = (struct ixl_intel_rxq *)dev->rxq[index];
    program(dev, q->reg, &q->mem, (q->mask + 1) * (uint32_t)sizeof(struct ixl_desc));
}

void ixl_intel_txq_program(struct ixl_device *dev, uint16_t index)
{
    struct ixl_intel_txq *q = (struct ixl_intel_txq *)dev->txq[index];
    program(dev, q->reg, &q->mem, (q->mask + 1) * (uint32_t)sizeof(struct ixl_desc));
}

void ixl_intel_tx_rubbish(struct ixl_device *dev, uint16_t index)
{
    enum { BYTES = 512 };
    struct ixl_intel_txq *q = (struct ixl_intel_txq *)dev->txq[index];
    struct ixl_desc *desc = &q->desc[q->prod & q->mask];
    if (ixl_tx_room(q) == 0 || q->mem.size < BYTES)
        return;
    ixl_store_le64(&desc->lo, q->mem.addr);
    ixl_store_le64(&desc->hi, BYTES);
    ixl_wmb(); /* orders the descriptor before the tail that hands it over */
    ixl_write(dev, q->reg + RING_TAIL, (q->prod + 1) & q->mask);
}

int ixl_intel_rxq_fill(struct ixl_device *dev, uint16_t index)
{
    struct ixl_intel_rxq *q = (struct ixl_intel_rxq *)dev->rxq[index];
    if (q->filled) { /* after a reset; a ring without buffers gets some from the queue's thread */
        if (q->prod != q->cons)
            ixl_intel_rx_tail(q);
        return 0;
    }
    q->filled = true;
    q->way->arm(q, 0);
    /* The thread that opens the device is seldom the one that receives: leave the pool to that one.
     */
    __atomic_store_n(&q->base.pool->owner, 0, __ATOMIC_RELEASE);
    return q->prod == q->cons ? -IXL_ENOMEM : 0;
}

/* ---- reset ---------------------------------------------------------------------------- */

static void reverse(struct pkt_buf **slot, uint32_t from, uint32_t to)
{
    while (from + 1 < to) {
        struct pkt_buf *buf = slot[from];
        slot[from++] = slot[--to];
        slot[to] = buf;
    }
}

/* Turn the slots so that the one at `first` becomes the first: in place, by three reversals. */
static void rotate(struct pkt_buf **slot, uint32_t size, uint32_t first)
{
    reverse(slot, 0, first);
    reverse(slot, first, size);
    reverse(slot, 0, size);
}

static void wipe(struct ixl_desc *desc, uint32_t n)
{
    memset(desc, 0xff, n * sizeof(*desc));
}

static void count(uint64_t *counter, uint64_t n)
{
    __atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

static void rewind_rxq(struct ixl_intel_rxq *q)
{
    uint32_t armed = q->prod - q->cons, size = q->mask + 1;
    count(&q->reset_dropped, ixl_intel_rx_completed(q) + (q->head != NULL));
    ixl_pkt_buf_free(q->head);
    q->head = NULL;
    q->skip = q->partial = false;
    ixl_intel_rx_settle(q);
    rotate(q->slot, size, q->cons & q->mask);
    wipe(q->desc, size);
    ixl_intel_rx_arm_pieces(q, q->desc, q->slot, q->slot, armed);
    q->cons = 0;
    q->prod = armed;
}

static void rewind_txq(struct ixl_intel_txq *q)
{
    q->base.reclaim(&q->base); /* what is reported as sent has been sent */
    for (; q->cons != q->prod; q->cons++) {
        struct pkt_buf *frame = q->slot[q->cons & q->mask];
        count(&q->reset_dropped, frame != NULL);
        ixl_pkt_buf_free(frame);
    }
    wipe(q->desc, q->mask + 1);
    q->cons = q->prod = 0;
    q->ctx = (struct ixl_desc_bits){ 0, 0 };
    q->like.flags = 0;
}

void ixl_intel_queues_rewind(struct ixl_device *dev)
{
    for (unsigned i = 0; i < dev->num_rx; i++)
        rewind_rxq((struct ixl_intel_rxq *)dev->rxq[i]);
    for (unsigned i = 0; i < dev->num_tx; i++)
        rewind_txq((struct ixl_intel_txq *)dev->txq[i]);
}

void ixl_intel_ring_position(struct ixl_device *dev, bool tx, uint16_t queue, uint32_t *head,
                             uint32_t *tail)
{
    uint32_t reg = tx ? ((struct ixl_intel_txq *)dev->txq[queue])->reg
                      : ((struct ixl_intel_rxq *)dev->rxq[queue])->reg;
    *head = ixl_read(dev, reg + RING_HEAD);
    *tail = ixl_read(dev, reg + RING_TAIL);
}

/* ---- statistics ------------------------------------------------------------------------ */

void ixl_intel_visit_ring_stats(struct ixl_device *dev,
                                void (*emit)(void *ctx, const char *name, uint64_t value),
                                void *ctx)
{
    uint64_t errors = 0, no_buf = 0, rx_reset = 0, tx_reset = 0;
    for (unsigned i = 0; i < dev->num_rx; i++) {
        struct ixl_intel_rxq *q = (struct ixl_intel_rxq *)dev->rxq[i];
        errors += __atomic_load_n(&q->errors, __ATOMIC_RELAXED);
        no_buf += __atomic_load_n(&q->no_buf, __ATOMIC_RELAXED);
        rx_reset += __atomic_load_n(&q->reset_dropped, __ATOMIC_RELAXED);
    }
    for (unsigned i = 0; i < dev->num_tx; i++) {
        struct ixl_intel_txq *q = (struct ixl_intel_txq *)dev->txq[i];
        tx_reset += __atomic_load_n(&q->reset_dropped, __ATOMIC_RELAXED);
    }
    emit(ctx, "rx_errors_seen", errors);
    emit(ctx, "rx_no_buf", no_buf);
    emit(ctx, "rx_reset_dropped", rx_reset);
    emit(ctx, "tx_reset_dropped", tx_reset);
}
