// SPDX-License-Identifier: MIT
/* Statistics: the common block, and what each queue received, sent and had to drop. */
#include <stdio.h>

#include "lib/intel/igb/igb.h"

#define FCS 4u

/* What a queue counts (I210 8.19): 32 bits that wrap around and are not cleared by reading.
 * MISSING_QUEUE_COUNTERS, ASSUME_STATS_READ_IN_TIME. */
static const uint32_t queue_regs[IGB_QUEUE_COUNTS] = {
    [IGB_RX_PKTS] = IGB_PQGPRC,
    [IGB_RX_OCTETS] = IGB_PQGORC,
    [IGB_TX_PKTS] = IGB_PQGPTC,
    [IGB_TX_OCTETS] = IGB_PQGOTC,
};

/* Octets before frames: see raise(). */
static void read_queue(struct ixl_device *dev, unsigned queue, uint32_t now[IGB_QUEUE_COUNTS])
{
    for (unsigned i = 0; i < IGB_QUEUE_COUNTS; i++)
        now[i] = ixl_read(dev, queue_regs[i] + IGB_PQ_STRIDE * queue);
}

/* CONTRADICTION_RQDPC: cleared by reading, or (I210) by writing. */
static uint32_t take_dropped(struct ixl_device *dev, unsigned queue)
{
    uint32_t n = ixl_read(dev, IGB_RQDPC(queue));

    if (n && igb_of(dev)->gen->rqdpc_written)
        ixl_write(dev, IGB_RQDPC(queue), 0);
    return n;
}

static unsigned queues(const struct ixl_device *dev)
{
    return dev->num_rx > dev->num_tx ? dev->num_rx : dev->num_tx;
}

/* 4.5.8: what counters hold by now is of former times. */
int ixl_igb_stats_init(struct gbe *g)
{
    struct igb *b = igb_of(&g->base);

    for (unsigned i = 0; i < queues(&g->base); i++) {
        (void)take_dropped(&g->base, i);
        if (b->gen->queue_counts)
            read_queue(&g->base, i, b->queue[i].last);
    }
    return ixl_gbe_stats_init(g);
}

/* Of a frame that came between the readings of octets and frames too much is subtracted for now. */
static void raise(uint64_t *bytes, uint64_t octets, uint64_t frames)
{
    if (octets > frames * FCS && octets - frames * FCS > *bytes)
        *bytes = octets - frames * FCS;
}

/* ASSUME_COUNT_CRC, MISSING_STAT_RACE. */
static void add_queue(struct igb_queue_sums *q, const uint32_t now[IGB_QUEUE_COUNTS])
{
    for (unsigned i = 0; i < IGB_QUEUE_COUNTS; i++) {
        q->sum[i] += (uint32_t)(now[i] - q->last[i]);
        q->last[i] = now[i];
    }
    raise(&q->rx_bytes, q->sum[IGB_RX_OCTETS], q->sum[IGB_RX_PKTS]);
    raise(&q->tx_bytes, q->sum[IGB_TX_OCTETS], q->sum[IGB_TX_PKTS]);
}

static uint64_t all_dropped(const struct igb *b)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < b->gbe.base.num_rx; i++)
        sum += b->queue[i].dropped;
    return sum;
}

/* INCORRECT_GPRC_IGB, MISSING_STAT_RACE: of a frame dropped since GPRC was read one is subtracted
 * too early, and the total waits for it. */
static void sum_total(struct igb *b)
{
    struct ixl_device_stats s = { .rx_pkts = 0 };
    uint64_t dropped = all_dropped(b);

    ixl_gbe_totals(&b->gbe.base, &s);
    if (s.rx_pkts >= dropped && s.rx_pkts - dropped > b->rx_pkts)
        b->rx_pkts = s.rx_pkts - dropped;
}

/* A removed device counts in all ones: nothing is added unless it is there afterwards. */
int ixl_igb_update_stats(struct ixl_device *dev)
{
    struct igb *b = igb_of(dev);
    uint32_t now[IGB_MAX_QUEUES][IGB_QUEUE_COUNTS], dropped[IGB_MAX_QUEUES] = { 0 };
    unsigned n = b->gen->queue_counts ? queues(dev) : 0;

    for (unsigned i = 0; i < n; i++)
        read_queue(dev, i, now[i]);
    int err = ixl_gbe_update_stats(dev);
    for (unsigned i = 0; i < dev->num_rx; i++) /* after GPRC: see sum_total */
        dropped[i] = take_dropped(dev, i);
    if (err || !ixl_gbe_present(&b->gbe))
        return -IXL_ENODEV;
    for (unsigned i = 0; i < n; i++)
        add_queue(&b->queue[i], now[i]);
    for (unsigned i = 0; i < dev->num_rx; i++)
        b->queue[i].dropped += dropped[i];
    sum_total(b);
    return 0;
}

void ixl_igb_totals(struct ixl_device *dev, struct ixl_device_stats *out)
{
    ixl_gbe_totals(dev, out);
    out->rx_pkts = igb_of(dev)->rx_pkts;
}

uint64_t ixl_igb_refused(struct ixl_device *dev)
{
    return ixl_gbe_refused(dev) + all_dropped(igb_of(dev));
}

struct visit {
    void (*emit)(void *ctx, const char *name, uint64_t value);
    void *ctx;
};

static void emit_queue(const struct visit *v, const char *kind, unsigned queue, const char *what,
                       uint64_t value)
{
    char name[48];

    snprintf(name, sizeof(name), "%s%u_%s", kind, queue, what);
    v->emit(v->ctx, name, value);
}

void ixl_igb_visit_stats(struct ixl_device *dev,
                         void (*emit)(void *ctx, const char *name, uint64_t value), void *ctx)
{
    const struct igb *b = igb_of(dev);
    const struct visit v = { emit, ctx };

    ixl_gbe_visit_stats(dev, emit, ctx);
    for (unsigned i = 0; i < dev->num_rx; i++) {
        if (b->gen->queue_counts) {
            emit_queue(&v, "rxq", i, "pkts", b->queue[i].sum[IGB_RX_PKTS]);
            emit_queue(&v, "rxq", i, "bytes", b->queue[i].rx_bytes);
        }
        emit_queue(&v, "rxq", i, "dropped", b->queue[i].dropped);
    }
    for (unsigned i = 0; b->gen->queue_counts && i < dev->num_tx; i++) {
        emit_queue(&v, "txq", i, "pkts", b->queue[i].sum[IGB_TX_PKTS]);
        emit_queue(&v, "txq", i, "bytes", b->queue[i].tx_bytes);
    }
}
