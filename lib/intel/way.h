// SPDX-License-Identifier: MIT
/*
 * One way of doing the datapath: receive, send and forward, made of the rows of rx_row.h and
 * tx_row.h, as a table of functions with an instance for each format. A way_*.c says which way it
 * is (IXL_WAY_VEC: 16 bytes at a time, IXL_WAY_WIDE: 32 as well, neither: plain C) and includes
 * this.
 *
 * The usual case of each function makes no call before its last, so that no register need be saved:
 * at eight frames a batch that is worth a tenth.
 */
#include "lib/intel/rx_row.h"
#include "lib/intel/tx_row.h"

/* ---- receive: harvest (take completed frames off the ring), then arm ------------------------ */

/* The next descriptor, whatever it holds. False: it is not completed (or none is armed). */
IXL_INLINE bool harvest_one(struct ixl_intel_rxq *q, const struct rx_format *f,
                            struct pkt_buf **bufs, unsigned *got)
{
    struct rx_done d;
    if (q->cons == q->prod || !look(q, f, q->cons & q->mask, &d))
        return false;
    struct pkt_buf *frame = ixl_intel_rx_piece(q, f, q->slot[q->cons++ & q->mask], &d);
    if (frame)
        bufs[(*got)++] = frame;
    return true;
}

/* The first row. */
IXL_INLINE unsigned harvest(struct ixl_intel_rxq *q, struct pkt_buf **bufs, unsigned n,
                            const struct rx_format *f)
{
    unsigned got = peek(q, bufs, true, n, f);
    q->cons += got;
    return got;
}

/* Go on with what is not ordinary, or lies behind the end of the ring, after `got` frames. */
IXL_INLINE unsigned harvest_more(struct ixl_intel_rxq *q, struct pkt_buf **bufs, unsigned got,
                                 unsigned n, const struct rx_format *f)
{
    uint32_t from = q->cons - got;
    while (got < n && harvest_one(q, f, bufs, &got))
        got += harvest(q, bufs + got, n - got, f);
    if (unlikely(!ixl_rx_tags_settled(q)))
        ixl_intel_rx_retag(q, from, bufs, got);
    return got;
}

/* True if there is nothing to go on with: the first row was all. */
IXL_INLINE bool complete(const struct ixl_intel_rxq *q, unsigned got, unsigned n,
                         const struct rx_format *f)
{
    return got == n && (!f->told || likely(ixl_rx_tags_settled(q)));
}

/* The pool's list is too short, or not ours to take from: as many as it can be made to give. */
IXL_RARE unsigned arm_scarce(struct ixl_intel_rxq *q, unsigned n)
{
    struct pkt_buf *spare[IXL_RING_BLOCK];
    unsigned got = ixl_pool_alloc_slow(q->base.pool, spare, n);
    if (got < n)
        __atomic_store_n(&q->no_buf, q->no_buf + 1, __ATOMIC_RELAXED);
    arm_with(q, spare, got);
    return got;
}

/* Contract of ixl_way.arm. */
static __attribute__((noinline)) int arm(struct ixl_intel_rxq *q, unsigned got)
{
    uint32_t before = q->prod;
    while (ixl_rx_hungry(q)) {
        uint32_t to_end = q->mask + 1 - (q->prod & q->mask);
        unsigned want = q->block < to_end ? q->block : to_end;
        struct pkt_buf **from = ixl_pool_peel(q->base.pool, want);
        if (likely(from != NULL))
            arm_with(q, from, want);
        else if (arm_scarce(q, want) < want)
            break;
    }
    if (q->prod != before)
        ixl_intel_rx_tail(q);
    return got == 0 && q->cons == q->prod ? -IXL_ENOBUFS : (int)got;
}

/* A dry ring is hungry, too. */
IXL_INLINE int finish(struct ixl_intel_rxq *q, unsigned got)
{
    return ixl_rx_hungry(q) ? arm(q, got) : (int)got;
}

/* ---- send: push (fill descriptors, ring the doorbell once), then clean -------------------- */

/* Frames up to the end of the block: the number filled, or an error. */
IXL_INLINE int push_run(struct ixl_intel_txq *q, const struct tx_format *f, uint32_t *at,
                        struct pkt_buf **bufs, unsigned n)
{
    if (unlikely(!bufs[0] || !looks_plain(q, bufs[0], *at) ||
                 !fill_plain(q, f, *at, bufs, NULL, false, n)))
        return q->push_odd(q, at, bufs, n);
    if (*at % IXL_RING_BLOCK == 0)
        note_block(q, *at, q->pool);
    *at += n;
    return (int)n;
}

/* Contract of ixl_intel_txq.push. */
IXL_INLINE int push(struct ixl_intel_txq *q, struct pkt_buf **bufs, unsigned n,
                    const struct tx_format *f)
{
    uint32_t at = q->prod;
    unsigned done = 0;
    while (done < n) {
        unsigned run = IXL_RING_BLOCK - at % IXL_RING_BLOCK, room = q->mask - (at - q->cons);
        run = run < n - done ? run : n - done;
        run = run < room ? run : room;
        if (run == 0)
            break;
        int got = push_run(q, f, &at, bufs + done, run);
        if (unlikely(got < 0)) {
            ixl_intel_tx_give_up(q);
            return got;
        }
        done += (unsigned)got;
        if (unlikely((unsigned)got < run))
            break;
    }
    if (likely(at != q->prod))
        doorbell(q, at);
    return (int)done;
}

/* n descriptors from `at`, which is q->prod, in one block, have been filled with plain frames. */
IXL_INLINE void hand_over(struct ixl_intel_txq *q, uint32_t at, unsigned n)
{
    if (at % IXL_RING_BLOCK == 0)
        note_block(q, at, q->pool);
    q->prod = at + n;
    ixl_wmb(); /* orders the descriptors before the doorbell that hands them over */
    ixl_tail_direct(q->tail, (at + n) & q->mask);
}

/* A single plain frame, as small senders send it: without what a row needs to get going. */
IXL_INLINE bool push_one(struct ixl_intel_txq *q, struct pkt_buf *buf, const struct tx_format *f)
{
    const uint32_t at = q->prod, i = at & q->mask;
    if (unlikely(!buf || !is_plain_pool(q, buf->pool) || buf->next || buf->state || !q->tail ||
                 (buf->flags & IXL_TX_FLAGS) || buf->size < IXL_MIN_FRAME ||
                 buf->size > q->longest[0] || at - q->cons == q->mask))
        return false;
    q->slot[i] = buf;
    ixl_store_le64(&q->desc[i].lo, (uintptr_t)buf + q->delta[0]);
    ixl_store_le64(&q->desc[i].hi, (f->command | TXD_EOP | TXD_RS) + buf->size * f->unit);
    hand_over(q, at, 1);
    return true;
}

/* True if n frames fit the block and the ring, and the first of them is plain. */
IXL_INLINE bool fit_at_once(const struct ixl_intel_txq *q, const struct pkt_buf *first, unsigned n)
{
    uint32_t room = ixl_tx_room(q), left = IXL_RING_BLOCK - q->prod % IXL_RING_BLOCK;
    return n <= left && n <= room && q->tail && !(first->flags & IXL_TX_FLAGS) &&
           is_plain_pool(q, first->pool);
}

/* A whole batch of plain frames that fits the block and the ring: true if it was sent. Whatever
 * needs a call, or is not likely to succeed, is left to push. */
IXL_INLINE bool push_at_once(struct ixl_intel_txq *q, struct pkt_buf **bufs, const uint8_t *verdict,
                             bool judged, unsigned n, const struct tx_format *f)
{
    if (unlikely(n == 0 || (!judged && !bufs[0]) || !fit_at_once(q, bufs[0], n) ||
                 !fill_plain(q, f, q->prod, bufs, verdict, judged, n)))
        return false;
    hand_over(q, q->prod, n);
    return true;
}

/* push_at_once for SHORT_ROW frames. */
IXL_INLINE bool push_short(struct ixl_intel_txq *q, struct pkt_buf **bufs, const uint8_t *verdict,
                           bool judged, const struct tx_format *f)
{
    const uint32_t at = q->prod;
    if (unlikely(at % IXL_RING_BLOCK > IXL_RING_BLOCK - SHORT_ROW ||
                 at - q->cons + SHORT_ROW > q->mask || !q->tail || (!judged && !none_null(bufs)) ||
                 (bufs[0]->flags & IXL_TX_FLAGS) || !is_plain_pool(q, bufs[0]->pool) ||
                 !fill_short(q, f, at, bufs, verdict, judged)))
        return false;
    hand_over(q, at, SHORT_ROW);
    return true;
}

/* Any batch. */
IXL_INLINE int clean_and_push(struct ixl_intel_txq *q, struct pkt_buf **bufs, unsigned n,
                              const struct tx_format *f)
{
    ixl_intel_tx_clean(q);
    if (unlikely(ixl_tx_room(q) < n))
        q->base.reclaim(&q->base);
    return push(q, bufs, n, f);
}

/* True if the oldest block was filled before the latest n frames: it may be completed. */
IXL_INLINE bool worth_cleaning(const struct ixl_intel_txq *q, unsigned n)
{
    return q->prod - q->cons >= IXL_RING_BLOCK + n;
}

IXL_RARE int clean_after(struct ixl_intel_txq *q, unsigned sent)
{
    ixl_intel_tx_clean(q);
    return (int)sent;
}

/* ---- forward: see forward.c ---------------------------------------------------------------- */

/* Arm the receive ring with what the send ring has completed; false: it has nothing suitable. */
IXL_INLINE bool arm_by_exchange(struct ixl_intel_rxq *rx, struct ixl_intel_txq *tx)
{
    uint32_t to_end = rx->mask + 1 - (rx->prod & rx->mask);
    if (unlikely(to_end < IXL_RING_BLOCK))
        return false;
    struct pkt_buf *const *bufs = ixl_intel_tx_take_block(tx, rx->base.pool);
    if (!bufs)
        return false;
    arm_with(rx, bufs, IXL_RING_BLOCK);
    return true;
}

/* Contract of ixl_way.rearm. */
static void rearm(struct ixl_intel_rxq *rx, struct ixl_intel_txq *tx)
{
    uint32_t size = rx->mask + 1, before = rx->prod;
    while (size - ixl_rx_armed(rx) > IXL_RING_BLOCK && arm_by_exchange(rx, tx))
        ;
    if (ixl_rx_hungry(rx)) {
        /* The send ring is behind, or holds other pools' buffers: the ordinary way. */
        ixl_intel_tx_clean(tx);
        arm(rx, 1);
    } else if (rx->prod != before) {
        ixl_intel_rx_tail(rx);
    }
}

/* Frames forwarded without a loop. */
#define FORWARD_ROW 32u

IXL_RARE int rearm_after(struct ixl_intel_rxq *rx, struct ixl_intel_txq *tx, unsigned got)
{
    rearm(rx, tx);
    return (int)got;
}

/* Go on with what is not ordinary, or lies behind the end of the ring, after `got` frames. */
IXL_RARE int forward_more(struct ixl_intel_rxq *rx, struct ixl_intel_txq *tx, unsigned got,
                          unsigned n, ixl_forward_fn decide, void *ctx)
{
    if (got && ixl_rx_hungry(rx))
        rearm(rx, tx);
    int more = ixl_intel_forward(&rx->base, &tx->base, n - got, decide, ctx);
    return got == 0 || more > 0 ? (int)got + more : (int)got;
}

/* Take a row off the ring and have it judged where it lies; there is room for so many verdicts. */
IXL_INLINE struct pkt_buf **judge_row(struct ixl_intel_rxq *rx, unsigned got, uint8_t *verdict,
                                      size_t room, ixl_forward_fn decide, void *ctx,
                                      const struct rx_format *f)
{
    struct pkt_buf **row = rx->slot + (rx->cons & rx->mask);
    rx->cons += got;
    if (f->told && unlikely(!ixl_rx_tags_settled(rx)))
        ixl_intel_rx_retag(rx, rx->cons - got, row, got);
    memset(verdict, IXL_SEND, room);
    decide(ctx, row, verdict, got);
    return row;
}

/* ---- the instances --------------------------------------------------------------------------- */

#define INSTANCE(name)                                                                             \
    static unsigned peek_##name(struct ixl_intel_rxq *q, unsigned n)                               \
    {                                                                                              \
        return peek(q, NULL, false, n, &ixl_rx_##name);                                            \
    }                                                                                              \
    static unsigned harvest_##name(struct ixl_intel_rxq *q, struct pkt_buf **bufs, unsigned n)     \
    {                                                                                              \
        return harvest_more(q, bufs, harvest(q, bufs, n, &ixl_rx_##name), n, &ixl_rx_##name);      \
    }                                                                                              \
    IXL_RARE int receive_more_##name(struct ixl_intel_rxq *q, struct pkt_buf **bufs, unsigned got, \
                                     unsigned n)                                                   \
    {                                                                                              \
        return finish(q, harvest_more(q, bufs, got, n, &ixl_rx_##name));                           \
    }                                                                                              \
    IXL_RARE int receive_one_##name(struct ixl_intel_rxq *q, struct pkt_buf **bufs)                \
    {                                                                                              \
        unsigned got = peek_one(q, bufs, true, &ixl_rx_##name);                                    \
        q->cons += got;                                                                            \
        if (unlikely(!complete(q, got, 1, &ixl_rx_##name)))                                        \
            return receive_more_##name(q, bufs, got, 1);                                           \
        return finish(q, 1);                                                                       \
    }                                                                                              \
    IXL_RARE int receive_row_##name(struct ixl_intel_rxq *q, struct pkt_buf **bufs, unsigned n)    \
    {                                                                                              \
        unsigned got = harvest(q, bufs, n, &ixl_rx_##name);                                        \
        if (likely(complete(q, got, n, &ixl_rx_##name)))                                           \
            return finish(q, got);                                                                 \
        return receive_more_##name(q, bufs, got, n);                                               \
    }                                                                                              \
    IXL_RARE int receive_short_##name(struct ixl_intel_rxq *q, struct pkt_buf **bufs)              \
    {                                                                                              \
        uint32_t cons = q->cons, armed = ixl_rx_armed(q);                                          \
        if (unlikely(!peek_short(q, armed, bufs, true, &ixl_rx_##name)))                           \
            return receive_row_##name(q, bufs, SHORT_ROW);                                         \
        q->cons = cons + SHORT_ROW;                                                                \
        if (unlikely(!complete(q, SHORT_ROW, SHORT_ROW, &ixl_rx_##name)))                          \
            return receive_more_##name(q, bufs, SHORT_ROW, SHORT_ROW);                             \
        return armed - SHORT_ROW < q->low ? arm(q, SHORT_ROW) : (int)SHORT_ROW;                    \
    }                                                                                              \
    static int receive_##name(struct ixl_rxq *base, struct pkt_buf **bufs, unsigned n)             \
    {                                                                                              \
        struct ixl_intel_rxq *q = (struct ixl_intel_rxq *)base;                                    \
        if (n == SHORT_ROW)                                                                        \
            return receive_short_##name(q, bufs);                                                  \
        if (n == 1)                                                                                \
            return receive_one_##name(q, bufs);                                                    \
        return receive_row_##name(q, bufs, n);                                                     \
    }                                                                                              \
    static int push_##name(struct ixl_intel_txq *q, struct pkt_buf **bufs, unsigned n)             \
    {                                                                                              \
        return push(q, bufs, n, &ixl_tx_##name);                                                   \
    }                                                                                              \
    IXL_RARE bool row_in_runs_##name(struct ixl_intel_txq *q, struct pkt_buf **bufs,               \
                                     const uint8_t *verdict, unsigned n)                           \
    {                                                                                              \
        return push_row(q, bufs, verdict, n, &ixl_tx_##name);                                      \
    }                                                                                              \
    IXL_RARE bool row_of_one_##name(struct ixl_intel_txq *q, struct pkt_buf **bufs,                \
                                    const uint8_t *verdict)                                        \
    {                                                                                              \
        if ((verdict[0] & IXL_SEND) && push_one(q, bufs[0], &ixl_tx_##name))                       \
            return true;                                                                           \
        return row_in_runs_##name(q, bufs, verdict, 1);                                            \
    }                                                                                              \
    static bool row_##name(struct ixl_intel_txq *q, struct pkt_buf **bufs, const uint8_t *verdict, \
                           unsigned n)                                                             \
    {                                                                                              \
        if (n == 1)                                                                                \
            return row_of_one_##name(q, bufs, verdict);                                            \
        if (likely(push_at_once(q, bufs, verdict, true, n, &ixl_tx_##name)))                       \
            return true;                                                                           \
        return row_in_runs_##name(q, bufs, verdict, n);                                            \
    }                                                                                              \
    IXL_RARE void row_otherwise_##name(struct ixl_intel_txq *tx, struct pkt_buf **row,             \
                                       const uint8_t *verdict, unsigned n)                         \
    {                                                                                              \
        if (!row_in_runs_##name(tx, row, verdict, n))                                              \
            ixl_intel_forward_mixed(tx, row, verdict, n);                                          \
    }                                                                                              \
    IXL_RARE int forward_one_##name(struct ixl_intel_rxq *rx, struct ixl_intel_txq *tx,            \
                                    ixl_forward_fn decide, void *ctx)                              \
    {                                                                                              \
        uint8_t verdict = IXL_SEND;                                                                \
        if (unlikely(!peek_one(rx, NULL, false, &ixl_rx_##name)))                                  \
            return forward_more(rx, tx, 0, 1, decide, ctx);                                        \
        struct pkt_buf **row = judge_row(rx, 1, &verdict, 1, decide, ctx, &ixl_rx_##name);         \
        if (unlikely(!(verdict & IXL_SEND) || !push_one(tx, *row, &ixl_tx_##name)))                \
            row_otherwise_##name(tx, row, &verdict, 1);                                            \
        return ixl_rx_hungry(rx) ? rearm_after(rx, tx, 1) : 1;                                     \
    }                                                                                              \
    IXL_RARE int forward_row_##name(struct ixl_intel_rxq *rx, struct ixl_intel_txq *tx,            \
                                    unsigned n, ixl_forward_fn decide, void *ctx)                  \
    {                                                                                              \
        uint8_t verdict[FORWARD_ROW];                                                              \
        unsigned got = peek(rx, NULL, false, n, &ixl_rx_##name);                                   \
        if (unlikely(got == 0))                                                                    \
            return forward_more(rx, tx, 0, n, decide, ctx);                                        \
        struct pkt_buf **row =                                                                     \
            judge_row(rx, got, verdict, sizeof(verdict), decide, ctx, &ixl_rx_##name);             \
        if (unlikely(!push_at_once(tx, row, verdict, true, got, &ixl_tx_##name)))                  \
            row_otherwise_##name(tx, row, verdict, got);                                           \
        if (unlikely(got < n))                                                                     \
            return forward_more(rx, tx, got, n, decide, ctx);                                      \
        return ixl_rx_hungry(rx) ? rearm_after(rx, tx, got) : (int)got;                            \
    }                                                                                              \
    IXL_RARE int forward_short_##name(struct ixl_intel_rxq *rx, struct ixl_intel_txq *tx,          \
                                      ixl_forward_fn decide, void *ctx)                            \
    {                                                                                              \
        uint8_t verdict[SHORT_ROW];                                                                \
        if (unlikely(!peek_short(rx, ixl_rx_armed(rx), NULL, false, &ixl_rx_##name)))              \
            return forward_row_##name(rx, tx, SHORT_ROW, decide, ctx);                             \
        struct pkt_buf **row =                                                                     \
            judge_row(rx, SHORT_ROW, verdict, SHORT_ROW, decide, ctx, &ixl_rx_##name);             \
        if (unlikely(!push_short(tx, row, verdict, true, &ixl_tx_##name)))                         \
            row_otherwise_##name(tx, row, verdict, SHORT_ROW);                                     \
        return ixl_rx_hungry(rx) ? rearm_after(rx, tx, SHORT_ROW) : (int)SHORT_ROW;                \
    }                                                                                              \
    static int forward_##name(struct ixl_rxq *from, struct ixl_txq *to, unsigned n,                \
                              ixl_forward_fn decide, void *ctx)                                    \
    {                                                                                              \
        struct ixl_intel_rxq *rx = (struct ixl_intel_rxq *)from;                                   \
        struct ixl_intel_txq *tx = (struct ixl_intel_txq *)to;                                     \
        if (unlikely(n > FORWARD_ROW || !decide || tx->row != row_##name))                         \
            return ixl_intel_forward(from, to, n, decide, ctx);                                    \
        if (n == SHORT_ROW)                                                                        \
            return forward_short_##name(rx, tx, decide, ctx);                                      \
        return n == 1 ? forward_one_##name(rx, tx, decide, ctx)                                    \
                      : forward_row_##name(rx, tx, n, decide, ctx);                                \
    }                                                                                              \
    IXL_RARE int send_many_##name(struct ixl_intel_txq *q, struct pkt_buf **bufs, unsigned n)      \
    {                                                                                              \
        return clean_and_push(q, bufs, n, &ixl_tx_##name);                                         \
    }                                                                                              \
    IXL_RARE int send_one_##name(struct ixl_intel_txq *q, struct pkt_buf **bufs)                   \
    {                                                                                              \
        if (unlikely(!push_one(q, bufs[0], &ixl_tx_##name)))                                       \
            return send_many_##name(q, bufs, 1);                                                   \
        return worth_cleaning(q, 1) ? clean_after(q, 1) : 1;                                       \
    }                                                                                              \
    IXL_RARE int send_short_##name(struct ixl_intel_txq *q, struct pkt_buf **bufs)                 \
    {                                                                                              \
        uint32_t waiting = q->prod - q->cons;                                                      \
        if (!push_short(q, bufs, NULL, false, &ixl_tx_##name))                                     \
            return send_many_##name(q, bufs, SHORT_ROW);                                           \
        return waiting >= IXL_RING_BLOCK ? clean_after(q, SHORT_ROW) : (int)SHORT_ROW;             \
    }                                                                                              \
    static int send_##name(struct ixl_txq *base, struct pkt_buf **bufs, unsigned n)                \
    {                                                                                              \
        struct ixl_intel_txq *q = (struct ixl_intel_txq *)base;                                    \
        if (n == SHORT_ROW)                                                                        \
            return send_short_##name(q, bufs);                                                     \
        if (n == 1)                                                                                \
            return send_one_##name(q, bufs);                                                       \
        if (!push_at_once(q, bufs, NULL, false, n, &ixl_tx_##name))                                \
            return send_many_##name(q, bufs, n);                                                   \
        return worth_cleaning(q, n) ? clean_after(q, n) : (int)n;                                  \
    }

INSTANCE(advanced)
INSTANCE(advanced_igb)
INSTANCE(extended)
INSTANCE(legacy)

#define FUNCTIONS(name)                                                                            \
    {                                                                                              \
        .peek = peek_##name, .harvest = harvest_##name, .receive = receive_##name,                 \
        .push = push_##name, .row = row_##name, .send = send_##name, .forward = forward_##name,    \
    }

const struct ixl_way IXL_WAY = {
    .name = IXL_WAY_NAME,
    .arm = arm,
    .rearm = rearm,
    .of = {
        [IXL_DESC_ADVANCED] = FUNCTIONS(advanced),
        [IXL_DESC_ADVANCED_IGB] = FUNCTIONS(advanced_igb),
        [IXL_DESC_EXTENDED] = FUNCTIONS(extended),
        [IXL_DESC_LEGACY] = FUNCTIONS(legacy),
    },
};
