// SPDX-License-Identifier: MIT
/* ixl_forward: by exchange where the two queues are of one engine, through rx and tx otherwise. */
#include "lib/core/device.h"

#define PIECE 64u

static void drop(struct ixl_txq *tx, struct pkt_buf **bufs, unsigned n)
{
    __atomic_store_n(&tx->fwd_dropped, tx->fwd_dropped + n, __ATOMIC_RELAXED);
    ixl_pkt_buf_free_batch(bufs, n);
}

/* Move the frames to be sent to the front, keep their order, free the others. */
static unsigned sort_out(struct pkt_buf **bufs, const uint8_t *verdict, unsigned n)
{
    struct pkt_buf *dropped[PIECE];
    unsigned sent = 0, drops = 0;

    for (unsigned i = 0; i < n; i++) {
        if (verdict[i] & IXL_SEND)
            bufs[sent++] = bufs[i];
        else
            dropped[drops++] = bufs[i];
    }
    ixl_pkt_buf_free_batch(dropped, drops);
    return sent;
}

/* What is unfit keeps nothing else from being sent; what finds no room is dropped and counted. */
static void send_all(struct ixl_txq *tx, struct pkt_buf **bufs, unsigned n)
{
    int sent = n ? tx->burst(tx, bufs, n) : 0;

    if (sent >= 0) {
        if ((unsigned)sent < n)
            drop(tx, bufs + sent, n - (unsigned)sent);
        return;
    }
    for (unsigned i = 0; i < n; i++)
        if (tx->burst(tx, bufs + i, 1) != 1)
            drop(tx, bufs + i, 1);
}

static int forward_piece(struct ixl_rxq *rx, struct ixl_txq *tx, unsigned n, ixl_forward_fn decide,
                         void *ctx)
{
    struct pkt_buf *bufs[PIECE];
    uint8_t verdict[PIECE];
    int got = rx->burst(rx, bufs, n);
    if (got <= 0)
        return got;
    memset(verdict, IXL_SEND, sizeof(verdict));
    if (decide)
        decide(ctx, bufs, verdict, (unsigned)got);
    send_all(tx, bufs, sort_out(bufs, verdict, (unsigned)got));
    return got;
}

static int forward_by_pieces(struct ixl_rxq *rxq, struct ixl_txq *txq, unsigned n,
                             ixl_forward_fn decide, void *ctx)
{
    unsigned total = 0;
    while (total < n) {
        unsigned want = n - total < PIECE ? n - total : PIECE;
        int got = forward_piece(rxq, txq, want, decide, ctx);
        if (got < 0)
            return total ? (int)total : got;
        total += (unsigned)got;
        if ((unsigned)got < want)
            break;
    }
    return (int)total;
}

static int complain(void)
{
    ixl_log(IXL_LOG_ERROR, "forwarding needs two devices and a queue each that they have");
    return -IXL_EINVAL;
}

/* The first frames between these two: let the sender use the receiver's buffers. */
static int acquaint(struct ixl_rxq *q, struct ixl_device *tx)
{
    int err = ixl_mempool_share(q->pool, tx);
    if (err == 0)
        q->fwd_slot = (uint16_t)ixl_pool_slot(q->pool, tx);
    return err;
}

static bool is_removed(const struct ixl_device *dev)
{
    return atomic_load_explicit(&dev->removed, memory_order_relaxed);
}

/* Whether the sender may use the receiver's buffers: asked the last time, too. */
static bool acquainted(const struct ixl_rxq *q, const struct ixl_device *tx)
{
    struct ixl_device *const *known = &q->pool->devs[q->fwd_slot];
    return __atomic_load_n(known, __ATOMIC_RELAXED) == tx;
}

static bool can_exchange(const struct ixl_rxq *rx, const struct ixl_txq *tx)
{
    return rx->forward && rx->engine == tx->engine;
}

static __attribute__((noinline)) int forward_otherwise(struct ixl_rxq *rxq, struct ixl_txq *txq,
                                                       unsigned n, ixl_forward_fn decide, void *ctx)
{
    int err = acquainted(rxq, txq->dev) ? 0 : acquaint(rxq, txq->dev);
    if (err < 0)
        return err;
    if (can_exchange(rxq, txq))
        return rxq->forward(rxq, txq, n, decide, ctx);
    return forward_by_pieces(rxq, txq, n, decide, ctx);
}

int ixl_forward(struct ixl_device *rx, uint16_t rx_queue, struct ixl_device *tx, uint16_t tx_queue,
                unsigned n, ixl_forward_fn decide, void *ctx)
{
    if (__builtin_expect(!rx || !tx || rx_queue >= rx->num_rx || tx_queue >= tx->num_tx, 0))
        return complain();
    if (__builtin_expect(is_removed(rx) || is_removed(tx), 0))
        return -IXL_ENODEV;
    struct ixl_rxq *rxq = rx->rxq[rx_queue];
    struct ixl_txq *txq = tx->txq[tx_queue];
    if (__builtin_expect(acquainted(rxq, tx) && can_exchange(rxq, txq), 1))
        return rxq->forward(rxq, txq, n, decide, ctx);
    return forward_otherwise(rxq, txq, n, decide, ctx);
}
