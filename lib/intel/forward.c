// SPDX-License-Identifier: MIT
/*
 * Forwarding by exchange: frames go from the receive ring straight into the send ring, and buffers
 * the send ring is done with go straight into the receive ring. No pool in between, while all is
 * well; what does not fit the scheme takes the ordinary functions.
 */
#include "lib/intel/engine.h"

/* Frames judged at a time. */
#define PIECE 64u

const char ixl_intel_engine;

/* Move the frames to be sent to the front, keep their order, free the others. */
static unsigned sort_out(struct pkt_buf **bufs, const uint8_t *verdict, unsigned n)
{
    struct pkt_buf *dropped[PIECE];
    unsigned sent = 0, drops = 0;
    for (unsigned i = 0; i < n; i++) {
        struct pkt_buf *buf = bufs[i];
        if (verdict[i] & IXL_SEND)
            bufs[sent++] = buf;
        else
            dropped[drops++] = buf;
    }
    ixl_pkt_buf_free_batch(dropped, drops);
    return sent;
}

static void drop_rest(struct ixl_intel_txq *tx, struct pkt_buf **bufs, unsigned n)
{
    __atomic_store_n(&tx->base.fwd_dropped, tx->base.fwd_dropped + n, __ATOMIC_RELAXED);
    ixl_pkt_buf_free_batch(bufs, n);
}

/* One of them is unfit: send the others one by one. */
static void send_singly(struct ixl_intel_txq *tx, struct pkt_buf **bufs, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (tx->push(tx, bufs + i, 1) != 1)
            drop_rest(tx, bufs + i, 1);
}

static void send_all(struct ixl_intel_txq *tx, struct pkt_buf **bufs, unsigned n)
{
    if (unlikely(ixl_tx_room(tx) < n))
        tx->base.reclaim(&tx->base);
    int sent = tx->push(tx, bufs, n);
    if (likely(sent == (int)n))
        return;
    if (sent < 0)
        send_singly(tx, bufs, n);
    else
        drop_rest(tx, bufs + sent, n - (unsigned)sent);
}

/* A row that cannot be sent as it stands. It is copied: the slots it lies in are about to be armed.
 */
void ixl_intel_forward_mixed(struct ixl_intel_txq *tx, struct pkt_buf *const *row,
                             const uint8_t *verdict, unsigned n)
{
    struct pkt_buf *bufs[PIECE];
    memcpy(bufs, row, n * sizeof(*bufs));
    unsigned sent = sort_out(bufs, verdict, n);
    if (sent)
        send_all(tx, bufs, sent);
}

/* A frame that is not ordinary: of several buffers, behind a damaged one, at the end of the ring.
 * Returns the frames dealt with. */
IXL_RARE unsigned forward_one(struct ixl_intel_rxq *rx, struct ixl_intel_txq *tx,
                              ixl_forward_fn decide, void *ctx)
{
    struct pkt_buf *buf;
    uint8_t verdict = IXL_SEND;
    unsigned got = rx->harvest(rx, &buf, 1);
    if (got && decide)
        decide(ctx, &buf, &verdict, 1);
    if (got)
        ixl_intel_forward_mixed(tx, &buf, &verdict, 1);
    return got;
}

/*
 * The usual case: a row of ordinary frames is judged where it lies, in the slots of the receive
 * ring, and all are sent. Returns the frames dealt with; 0: take the other way.
 */
IXL_INLINE unsigned forward_row(struct ixl_intel_rxq *rx, struct ixl_intel_txq *tx, unsigned n,
                                ixl_forward_fn decide, void *ctx)
{
    uint8_t verdict[PIECE];
    struct pkt_buf **row = rx->slot + (rx->cons & rx->mask);
    unsigned got = rx->peek(rx, n);
    if (unlikely(got == 0))
        return 0;
    rx->cons += got;
    if (unlikely(!ixl_rx_tags_settled(rx)))
        ixl_intel_rx_retag(rx, rx->cons - got, row, got);
    memset(verdict, IXL_SEND, PIECE / 2);
    if (got > PIECE / 2)
        memset(verdict + PIECE / 2, IXL_SEND, PIECE / 2);
    if (likely(decide != NULL))
        decide(ctx, row, verdict, got);
    if (unlikely(!tx->row(tx, row, verdict, got)))
        ixl_intel_forward_mixed(tx, row, verdict, got);
    return got;
}

int ixl_intel_forward(struct ixl_rxq *from, struct ixl_txq *to, unsigned n, ixl_forward_fn decide,
                      void *ctx)
{
    struct ixl_intel_rxq *rx = (struct ixl_intel_rxq *)from;
    struct ixl_intel_txq *tx = (struct ixl_intel_txq *)to;
    unsigned total = 0;
    while (total < n) {
        unsigned got = forward_row(rx, tx, n - total < PIECE ? n - total : PIECE, decide, ctx);
        if (unlikely(got == 0))
            got = forward_one(rx, tx, decide, ctx);
        total += got;
        if (ixl_rx_hungry(rx))
            rx->way->rearm(rx, tx);
        if (got == 0)
            break;
    }
    if (unlikely(total == 0 && rx->cons == rx->prod))
        return -IXL_ENOBUFS;
    return (int)total;
}
