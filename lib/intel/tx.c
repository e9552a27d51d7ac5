// SPDX-License-Identifier: MIT
/*
 * Sending: cleaning (buffers of completed blocks go back), and frames that are not plain. Plain
 * ones are in tx_row.h, and way.h puts it all together.
 *
 * RS, the request to report completion, is set on the last descriptor of each block of 32 and of
 * each batch. Blocks are cleaned whole, on one DD. A run of plain frames (one buffer, no offload,
 * all of one pool) is filled by a short loop that finds out on the way whether they were plain;
 * anything else goes through push_frame, one frame at a time. q->prod moves only when the whole
 * batch was fit.
 */
#include "lib/intel/tx_row.h"

/* Longest chain of buffers a frame may have (82599 7.2.3.3 allows 40 for segmentation). */
#define MAX_PIECES 32u

/* ---- clean -------------------------------------------------------------------------------- */

static void free_slots(struct ixl_intel_txq *q, uint32_t n, struct ixl_mempool *pool)
{
    struct pkt_buf **slot = q->slot + (q->cons & q->mask);
    q->cons += n;
    if (likely(pool != NULL)) {
        if (!ixl_pool_add(pool, slot, n))
            ixl_pool_free_slow(slot, n);
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        ixl_pkt_buf_free(slot[i]);
}

IXL_INLINE bool completed(struct ixl_intel_txq *q, uint32_t index)
{
    return ixl_load_le64(&q->desc[index & q->mask].hi, true) & TXD_DD;
}

/* ASSUME_IN_ORDER. */
void ixl_intel_tx_clean(struct ixl_intel_txq *q)
{
    for (;;) {
        uint32_t left = IXL_RING_BLOCK - q->cons % IXL_RING_BLOCK;
        struct ixl_tx_block *block = block_of(q, q->cons);
        if (q->prod - q->cons < left || !completed(q, block->last))
            return;
        free_slots(q, left, block->pool);
    }
}

struct pkt_buf *const *ixl_intel_tx_take_block(struct ixl_intel_txq *q,
                                               const struct ixl_mempool *pool)
{
    struct ixl_tx_block *block = block_of(q, q->cons);
    if (q->cons % IXL_RING_BLOCK != 0 || q->prod - q->cons < IXL_RING_BLOCK ||
        block->pool != pool || !completed(q, block->last))
        return NULL;
    struct pkt_buf *const *bufs = q->slot + (q->cons & q->mask);
    q->cons += IXL_RING_BLOCK;
    return bufs;
}

/* All that is completed, also within a block: descriptors are completed in order, so the latest
 * with DD vouches for those before it. */
static int reclaim(struct ixl_txq *base)
{
    struct ixl_intel_txq *q = (struct ixl_intel_txq *)base;
    uint32_t before = q->cons;
    ixl_intel_tx_clean(q);
    uint32_t done = q->cons;
    for (uint32_t i = q->cons; i != q->prod; i++)
        if (completed(q, i))
            done = i + 1;
    while (q->cons != done) {
        uint32_t left = IXL_RING_BLOCK - q->cons % IXL_RING_BLOCK;
        free_slots(q, left < done - q->cons ? left : done - q->cons, NULL);
    }
    return (int)(q->cons - before);
}

/* ---- pools ---------------------------------------------------------------------------------- */

/* A block in which runs of two pools meet is a mixture. */
static void mix_block(struct ixl_intel_txq *q, uint32_t at)
{
    if (at % IXL_RING_BLOCK != 0)
        block_of(q, at)->pool = NULL;
}

/* Plain frames are as long as the device's frames at most, and as the buffers of their pool. */
static void limit_plain(struct ixl_intel_txq *q)
{
    uint32_t most = q->max_size < INT16_MAX ? q->max_size : INT16_MAX;
    if (q->pool && q->pool->entry_size - sizeof(struct pkt_buf) < most)
        most = q->pool->entry_size - (uint32_t)sizeof(struct pkt_buf);
    q->longest[0] = q->longest[1] = most;
    q->span[0] = q->span[1] = most > IXL_MIN_FRAME ? most - IXL_MIN_FRAME : 0;
}

bool ixl_intel_tx_select_pool(struct ixl_intel_txq *q, struct ixl_mempool *pool, uint32_t at)
{
    int slot = ixl_pool_slot(pool, q->base.dev);
    if (slot < 0 || !__atomic_load_n(&pool->uniform, __ATOMIC_ACQUIRE))
        return false;
    q->pool = pool;
    q->delta[0] = q->delta[1] = pool->delta[slot] + sizeof(struct pkt_buf);
    limit_plain(q);
    mix_block(q, at);
    return true;
}

/* ---- any frame ------------------------------------------------------------ */

static int unfit(const struct ixl_intel_txq *q, int err, const char *why)
{
    ixl_log(IXL_LOG_ERROR, "transmit queue %u: nothing was sent, a frame is unfit: %s",
            q->base.index, why);
    return err;
}

/* What a frame needs: descriptors of data, bytes. */
struct tx_need {
    unsigned pieces;
    uint32_t bytes;
};

static int measure(struct ixl_intel_txq *q, const struct pkt_buf *frame, struct tx_need *need)
{
    bool tso = (frame->flags & IXL_TX_TSO) != 0;
    *need = (struct tx_need){ 0 };
    for (const struct pkt_buf *buf = frame; buf; buf = buf->next) {
        int slot = ixl_pool_slot(buf->pool, q->base.dev);
        if (slot < 0)
            return unfit(q, -IXL_EINVAL,
                         "its buffer is of a pool this device does not share; see "
                         "ixl_mempool_share");
        if (buf->size == 0 || buf->size > buf->capacity)
            return unfit(q, -IXL_EMSGSIZE, "a buffer's size is 0 or more than it can hold");
        if (++need->pieces > MAX_PIECES)
            return unfit(q, -IXL_EINVAL, "it consists of more than 32 buffers");
        need->bytes += buf->size;
    }
    if (need->bytes < IXL_MIN_FRAME || (!tso && need->bytes > q->max_size))
        return unfit(q, -IXL_EMSGSIZE,
                     "it is shorter than 17 bytes or longer than "
                     "ixl_get_max_frame_size");
    return 0;
}

#define L4_FLAGS (IXL_TX_TCP_CSUM | IXL_TX_UDP_CSUM | IXL_TX_SCTP_CSUM | IXL_TX_TSO)

/* Bytes of headers a frame with these offloads has at least; l4_len tells for segmentation only. */
static uint32_t headers_of(const struct pkt_buf *frame)
{
    uint32_t flags = frame->flags, l4 = (uint32_t)frame->l2_len + frame->l3_len;
    if (flags & IXL_TX_TSO)
        return l4 + frame->l4_len;
    if (flags & IXL_TX_TCP_CSUM)
        return l4 + 20;
    if (flags & IXL_TX_SCTP_CSUM)
        return l4 + 12;
    return flags & IXL_TX_UDP_CSUM ? l4 + 8 : l4;
}

/* Where e1000's context counts from the frame's start it has 8 bits (8254x 3.3.6). */
#define E1000_OFFSET_MAX 255u
/* Of an IP packet; the fields for a segmented frame's bytes have 18 bits and more. */
#define IP_PACKET_MAX    65535u

/* What is wrong with the lengths of a frame to be segmented; NULL: nothing. */
static const char *odd_segmentation(const struct ixl_intel_txq *q, const struct pkt_buf *frame,
                                    uint32_t headers, uint32_t bytes)
{
    uint32_t payload = bytes - headers, segment = payload < frame->mss ? payload : frame->mss;
    if (frame->mss == 0 || frame->l4_len < 20)
        return "segmentation needs mss and l4_len";
    if (payload == 0)
        return "there is nothing behind its headers to be cut into segments";
    if (bytes - frame->l2_len > IP_PACKET_MAX)
        return "it is longer than an IP packet can be";
    return headers + segment > q->max_size ? "its segments would exceed ixl_get_max_frame_size"
                                           : NULL;
}

/* True if the format's context can say where the frame's headers end and its checksum goes. */
static bool in_reach(const struct ixl_intel_txq *q, const struct pkt_buf *frame, uint32_t headers)
{
    uint32_t checksum = (uint32_t)frame->l2_len + frame->l3_len + 16;
    if (q->format == IXL_DESC_ADVANCED || q->format == IXL_DESC_ADVANCED_IGB)
        return true;
    return checksum <= E1000_OFFSET_MAX &&
           (!(frame->flags & IXL_TX_TSO) || headers <= E1000_OFFSET_MAX);
}

static int check_offload(struct ixl_intel_txq *q, const struct pkt_buf *frame, uint32_t bytes)
{
    uint32_t flags = frame->flags & IXL_TX_FLAGS;
    uint32_t headers = headers_of(frame);
    uint32_t beyond =
        flags & ~(uint32_t)IXL_TX_IPV6 & ~__atomic_load_n(&q->offloads, __ATOMIC_RELAXED);
    if (beyond & IXL_TX_VLAN)
        return unfit(q, -IXL_EINVAL,
                     "VLAN tags are not inserted now: switch IXL_FEAT_TX_VLAN_INSERT on, or put "
                     "the tag into the frame");
    if (beyond)
        return unfit(q, -IXL_EINVAL,
                     "it asks for work this device cannot do: see ixl_get_features");
    if (!(flags & (L4_FLAGS | IXL_TX_IP_CSUM)))
        return 0;
    if (frame->l2_len < 14 || frame->l2_len > 127 || frame->l3_len < 20 || frame->l3_len > 511 ||
        headers > frame->size)
        return unfit(q, -IXL_EINVAL, "l2_len, l3_len or l4_len do not describe its headers");
    if (!in_reach(q, frame, headers))
        return unfit(q, -IXL_EINVAL, "its headers are longer than this device can count");
    const char *odd = flags & IXL_TX_TSO ? odd_segmentation(q, frame, headers, bytes) : NULL;
    return odd ? unfit(q, -IXL_EINVAL, odd) : 0;
}

/* 82599 7.2.3.2.3, 82576 7.2.2.2. Who only has a tag inserted may have left the lengths as they
 * were: they must not reach into the tag. */
static struct ixl_desc_bits advanced_context(const struct pkt_buf *frame)
{
    uint32_t flags = frame->flags;
    struct ixl_desc_bits ctx = { .hi = TXD_DTYP_CTXT | TXD_DEXT };
    ctx.lo = (frame->l3_len & CTX_IPLEN_MAX) | (frame->l2_len & CTX_MACLEN_MAX) << CTX_MACLEN_SHIFT;
    if (flags & IXL_TX_VLAN)
        ctx.lo |= (uint64_t)frame->vlan_tci << CTX_VLAN_SHIFT;
    if (!(flags & IXL_TX_IPV6))
        ctx.hi |= CTX_IPV4;
    if (flags & (IXL_TX_TCP_CSUM | IXL_TX_TSO))
        ctx.hi |= CTX_L4_TCP;
    if (flags & IXL_TX_SCTP_CSUM)
        ctx.hi |= CTX_L4_SCTP;
    if (flags & IXL_TX_TSO)
        ctx.hi |= (uint64_t)frame->l4_len << CTX_L4LEN_SHIFT | (uint64_t)frame->mss
                                                                   << CTX_MSS_SHIFT;
    return ctx;
}

/* 8254x 3.3.6: where the checksums start, end and go. */
static struct ixl_desc_bits e1000_context(const struct pkt_buf *frame, uint32_t bytes)
{
    uint32_t flags = frame->flags, l4 = (uint32_t)frame->l2_len + frame->l3_len;
    bool tcp = flags & (IXL_TX_TCP_CSUM | IXL_TX_TSO);
    struct ixl_desc_bits ctx = { .hi = TXD_DEXT };
    ctx.lo = frame->l2_len | (uint64_t)(frame->l2_len + 10u) << 8 | (uint64_t)(l4 - 1) << 16;
    ctx.lo |= (uint64_t)l4 << 32 | (uint64_t)(l4 + (tcp ? 16u : 6u)) << 40;
    if (tcp)
        ctx.hi |= 1ull << 24;
    if (!(flags & IXL_TX_IPV6))
        ctx.hi |= 1ull << 25;
    if (flags & IXL_TX_TSO) {
        uint32_t headers = l4 + frame->l4_len;
        ctx.hi |=
            1ull << 26 | (bytes - headers) | (uint64_t)headers << 40 | (uint64_t)frame->mss << 48;
    }
    return ctx;
}

/* Bits of the data descriptors that ask for the frame's offloads. */
static uint64_t offload_bits(const struct pkt_buf *frame, const struct tx_format *f, uint32_t bytes)
{
    uint32_t flags = frame->flags;
    uint64_t bits = f->advanced ? f->use_ctx : TXD_DEXT | 1ull << 20;
    if (flags & IXL_TX_IP_CSUM)
        bits |= TXD_IXSM;
    if (flags & L4_FLAGS)
        bits |= TXD_TXSM;
    if (flags & IXL_TX_TSO) {
        bits |= (f->advanced ? TXD_TSE : TXD_TSE_E1000) | (flags & IXL_TX_IPV6 ? 0 : TXD_IXSM);
        bytes -= (uint32_t)frame->l2_len + frame->l3_len + frame->l4_len;
    }
    return bits | (f->advanced ? (uint64_t)bytes << TXD_PAYLEN_SHIFT : 0);
}

/* A descriptor with one store where there is one. */
IXL_INLINE void put_desc(struct ixl_desc *desc, uint64_t lo, uint64_t hi)
{
#ifdef IXL_VEC
    v_store(desc, v_pair(lo, hi));
#else
    ixl_store_le64(&desc->lo, lo);
    ixl_store_le64(&desc->hi, hi);
#endif
}

IXL_INLINE void put(struct ixl_intel_txq *q, uint32_t at, struct ixl_desc_bits desc,
                    struct pkt_buf *frame)
{
    q->slot[at & q->mask] = frame;
    ixl_store_le64(&q->desc[at & q->mask].lo, desc.lo);
    ixl_store_le64(&q->desc[at & q->mask].hi, desc.hi);
}

/* Everything in the blocks of [from, to) becomes a mixture, and if a block ends there its
 * completion is the frame's: RS goes on the frame's last descriptor. */
static void note_frame(struct ixl_intel_txq *q, uint32_t from, uint32_t to)
{
    for (uint32_t at = from; at != to; at++) {
        if (at % IXL_RING_BLOCK == 0)
            note_block(q, at, NULL);
        mix_block(q, at);
        if ((at + 1) % IXL_RING_BLOCK == 0) {
            block_of(q, at)->last = to - 1;
            ixl_set_le64(&q->desc[(to - 1) & q->mask].hi, TXD_RS);
        }
    }
}

/* The context descriptor the frame needs, if the hardware does not hold it already. */
static bool need_context(struct ixl_intel_txq *q, const struct pkt_buf *frame,
                         const struct tx_format *f, uint32_t bytes, struct ixl_desc_bits *ctx)
{
    uint32_t flags = frame->flags & IXL_TX_FLAGS;
    if (!flags || (!f->advanced && flags == IXL_TX_VLAN))
        return false;
    *ctx = f->advanced ? advanced_context(frame) : e1000_context(frame, bytes);
    /* e1000 counts a segmented frame's payload in the context: never the same twice. */
    return (!f->advanced && (flags & IXL_TX_TSO)) || ctx->lo != q->ctx.lo || ctx->hi != q->ctx.hi;
}

/* Frames often ask for the same as the one before: keep what push_alike needs to know. Segmentation
 * counts bytes, and e1000 has the VLAN tag in each data descriptor: not those. */
static void remember(struct ixl_intel_txq *q, const struct pkt_buf *frame,
                     const struct tx_format *f)
{
    uint32_t flags = frame->flags & IXL_TX_FLAGS;
    if (!flags || (flags & IXL_TX_TSO) || (!f->advanced && (flags & IXL_TX_VLAN)))
        return;
    q->like.flags = flags;
    q->like.l2_len = frame->l2_len;
    q->like.l3_len = frame->l3_len;
    q->like.headers = flags & (L4_FLAGS | IXL_TX_IP_CSUM) ? headers_of(frame) : 0;
    q->like.vlan_tci = frame->vlan_tci;
    q->like.bits = offload_bits(frame, f, 0) | (flags & IXL_TX_VLAN ? TXD_VLE : 0);
}

/* Descriptors for one frame at *at. 0, -IXL_EAGAIN: no room, or it is unfit. */
static int push_frame(struct ixl_intel_txq *q, const struct tx_format *f, uint32_t *at,
                      struct pkt_buf *frame)
{
    struct tx_need need;
    struct ixl_desc_bits ctx = { 0, 0 };
    if (!frame)
        return unfit(q, -IXL_EINVAL, "the array holds a NULL");
    int err = measure(q, frame, &need);
    if (err == 0)
        err = check_offload(q, frame, need.bytes);
    if (err < 0)
        return err;
    bool with_ctx = need_context(q, frame, f, need.bytes, &ctx);
    if (need.pieces + with_ctx > q->mask - (*at - q->cons))
        return -IXL_EAGAIN;
    uint32_t start = *at, next = *at;
    if (with_ctx) {
        put(q, next++, ctx, NULL);
        q->ctx = ctx;
        q->like.flags = 0;
    }
    uint64_t bits = f->command;
    remember(q, frame, f);
    if (frame->flags & IXL_TX_FLAGS)
        bits |= offload_bits(frame, f, need.bytes);
    else if (f->advanced)
        bits |= (uint64_t)need.bytes << TXD_PAYLEN_SHIFT;
    if (frame->flags & IXL_TX_VLAN)
        bits |= TXD_VLE | (f->advanced ? 0 : (uint64_t)frame->vlan_tci << 48);
    for (struct pkt_buf *buf = frame; buf; buf = buf->next) {
        int slot = ixl_pool_slot(buf->pool, q->base.dev);
        struct ixl_desc_bits desc = { (uintptr_t)buf->data + buf->chunk->delta[slot],
                                      bits | buf->size | (buf->next ? 0 : TXD_EOP) };
        put(q, next++, desc, buf->next ? NULL : frame);
    }
    note_frame(q, start, next);
    *at = next;
    return 0;
}

/* ---- push ------------------------------------------------------------ */

IXL_INLINE bool same_tag(const struct ixl_intel_txq *q, const struct pkt_buf *buf)
{
    return buf->vlan_tci == q->like.vlan_tci &&
           (__atomic_load_n(&q->offloads, __ATOMIC_RELAXED) & IXL_TX_VLAN);
}

/* One buffer of the pool of plain runs that asks for nothing, or for what the context the hardware
 * holds was made for. */
IXL_INLINE bool alike(const struct ixl_intel_txq *q, const struct pkt_buf *buf)
{
    uint32_t flags = buf->flags & IXL_TX_FLAGS;
    if (buf->pool != q->pool || buf->next || buf->state || buf->size > q->longest[0] ||
        buf->size < IXL_MIN_FRAME)
        return false;
    if (!flags)
        return true;
    if (flags != q->like.flags || buf->l2_len != q->like.l2_len || buf->l3_len != q->like.l3_len)
        return false;
    return q->like.headers <= buf->size && (!(flags & IXL_TX_VLAN) || same_tag(q, buf));
}

/* As many of n frames as are alike and fit the block and the ring, from *at on; how many. */
IXL_INLINE unsigned push_alike(struct ixl_intel_txq *q, const struct tx_format *f, uint32_t *at,
                               struct pkt_buf **bufs, unsigned n)
{
    const uint32_t first = *at, room = q->mask - (first - q->cons);
    const uint32_t left = IXL_RING_BLOCK - first % IXL_RING_BLOCK;
    n = n < room ? n : room;
    n = n < left ? n : left;
    if (n == 0 || !bufs[0] || !pool_fits(q, bufs[0]->pool, first))
        return 0;
    struct ixl_desc *desc = q->desc + (first & q->mask);
    struct pkt_buf **slot = q->slot + (first & q->mask);
    unsigned i = 0;
    for (; i < n && bufs[i] && alike(q, bufs[i]); i++) {
        uint64_t bits = bufs[i]->flags & IXL_TX_FLAGS ? q->like.bits : 0;
        put_desc(desc + i, (uintptr_t)bufs[i] + q->delta[0],
                 ((f->command | TXD_EOP) + bufs[i]->size * f->unit) | bits);
        slot[i] = bufs[i];
    }
    if (i == 0)
        return 0;
    if (first % IXL_RING_BLOCK == 0)
        note_block(q, first, q->pool);
    ixl_set_le64(&desc[i - 1].hi, TXD_RS);
    *at += i;
    return i;
}

/* Contract of ixl_intel_txq.push_odd. */
IXL_INLINE int push_odd(struct ixl_intel_txq *q, const struct tx_format *f, uint32_t *at,
                        struct pkt_buf **bufs, unsigned n)
{
    int err = 0;
    unsigned done = 0;
    while (done < n && err == 0) {
        done += push_alike(q, f, at, bufs + done, n - done);
        if (done < n && (err = push_frame(q, f, at, bufs[done])) == 0)
            done++;
    }
    if (err < 0 && err != -IXL_EAGAIN)
        return err;
    if (done)
        ixl_set_le64(&q->desc[(*at - 1) & q->mask].hi, TXD_RS);
    return (int)done;
}

/* A batch that was given up may have left a context in the ring that the device never saw, the pool
 * of its later frames as the one of plain runs, and a frame across the end of the block that goes
 * on at q->prod. */
void ixl_intel_tx_give_up(struct ixl_intel_txq *q)
{
    mix_block(q, q->prod);
    block_of(q, q->prod)->last = q->prod | (IXL_RING_BLOCK - 1);
    q->ctx = (struct ixl_desc_bits){ 0, 0 };
    q->like.flags = 0;
}

/* ---- life ------------------------------------------------------------ */

#define INSTANCE(name)                                                                             \
    static int odd_##name(struct ixl_intel_txq *q, uint32_t *at, struct pkt_buf **bufs,            \
                          unsigned n)                                                              \
    {                                                                                              \
        return push_odd(q, &ixl_tx_##name, at, bufs, n);                                           \
    }

INSTANCE(advanced)
INSTANCE(advanced_igb)
INSTANCE(extended)

void ixl_intel_tx_limit(struct ixl_intel_txq *q, uint32_t max_size)
{
    q->max_size = max_size;
    limit_plain(q);
}

void ixl_intel_tx_attach(struct ixl_intel_txq *q, enum ixl_desc_format format)
{
    const struct ixl_way *way = ixl_intel_way(q->base.dev);
    q->format = format;
    if (format == IXL_DESC_ADVANCED)
        q->push_odd = odd_advanced;
    else
        q->push_odd = format == IXL_DESC_ADVANCED_IGB ? odd_advanced_igb : odd_extended;
    q->push = way->of[format].push;
    q->row = way->of[format].row;
    q->base.burst = way->of[format].send;
    q->base.reclaim = reclaim;
    q->base.engine = &ixl_intel_engine;
}
