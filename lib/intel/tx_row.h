// SPDX-License-Identifier: MIT
/*
 * Rows of plain frames to send (one buffer, no offload, all of one pool): they are looked at while
 * their descriptors are filled in, and what was found is judged at the end. Anything else is
 * tx.c's.
 */
#ifndef IXL_INTEL_TX_ROW_H
#define IXL_INTEL_TX_ROW_H

#include "lib/intel/engine.h"

struct tx_format {
    bool advanced;    /* advanced descriptors; else legacy and extended ones */
    uint64_t command; /* of every data descriptor */
    uint64_t unit;    /* multiplied with the size: DTALEN and, where there is one, PAYLEN */
    uint64_t use_ctx; /* to be set where a context is used */
};

static const struct tx_format ixl_tx_advanced = {
    .advanced = true,
    .command = TXD_DTYP_DATA | TXD_DEXT | TXD_IFCS,
    .unit = 1ull | 1ull << TXD_PAYLEN_SHIFT,
    .use_ctx = TXD_CC,
};
static const struct tx_format ixl_tx_advanced_igb = {
    .advanced = true,
    .command = TXD_DTYP_DATA | TXD_DEXT | TXD_IFCS,
    .unit = 1ull | 1ull << TXD_PAYLEN_SHIFT,
};
static const struct tx_format ixl_tx_extended = {
    .command = TXD_IFCS,
    .unit = 1,
};
static const struct tx_format ixl_tx_legacy = {
    .command = TXD_IFCS,
    .unit = 1,
};

IXL_INLINE struct ixl_tx_block *block_of(struct ixl_intel_txq *q, uint32_t index)
{
    return q->blocks + (index & q->mask) / IXL_RING_BLOCK;
}

/* Make `pool` the pool of plain runs, which go on at index `at`. False: its memory is in pieces, or
 * the device may not use it. */
bool ixl_intel_tx_select_pool(struct ixl_intel_txq *q, struct ixl_mempool *pool, uint32_t at);

/* True if plain runs are of this pool, and still possible. */
IXL_INLINE bool is_plain_pool(const struct ixl_intel_txq *q, const struct ixl_mempool *pool)
{
    return likely(pool == q->pool) && likely(__atomic_load_n(&pool->uniform, __ATOMIC_RELAXED));
}

/* The same, and if they were of another pool they are of this one from now on. */
IXL_INLINE bool pool_fits(struct ixl_intel_txq *q, struct ixl_mempool *pool, uint32_t at)
{
    return is_plain_pool(q, pool) || ixl_intel_tx_select_pool(q, pool, at);
}

/* Remember for the cleaning what lies in the block that begins at index `at`: buffers of `pool`
 * (NULL: a mixture), completed by the block's last descriptor. Where a reclaim has given back a
 * part of the block the rest may still be there, a lap behind: a mixture, too. */
IXL_INLINE void note_block(struct ixl_intel_txq *q, uint32_t at, struct ixl_mempool *pool)
{
    struct ixl_tx_block *block = block_of(q, at);
    bool rest = at - q->cons > q->mask - (IXL_RING_BLOCK - 1);
    block->pool = rest ? NULL : pool;
    block->last = at + IXL_RING_BLOCK - 1;
}

/* What there was to object to in a run: collected for each frame, looked at once. */
struct odd {
#ifdef IXL_WAY_VEC
    vec links;             /* bits in which pool and next differ from what they must be */
    vec two_flags;         /* their OR, with sizes between, as in struct pkt_buf */
    vec shortest, longest; /* sizes, as signed words 0 and 4 */
#ifdef IXL_WAY_WIDE
    __m256i four_flags; /* the same, of those in fours */
    __m256i above;      /* their sizes above the least one */
#endif
#else
    uintptr_t links; /* bits in which pool and next differ from what they must be */
    bool size;
#endif
    uint32_t flags, state;
};

/* True if all verdicts are IXL_SEND. Asked at the end of a row, when the stores of single verdicts
 * have reached the cache and eight can be loaded at once. */
IXL_INLINE bool all_sent(const uint8_t *verdict, unsigned n)
{
    const uint64_t each = 0x0101010101010101u * IXL_SEND;
    uint64_t all = each, eight;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        memcpy(&eight, verdict + i, 8);
        all &= eight;
    }
    for (; i < n; i++)
        all &= verdict[i] * each;
    return all == each;
}

#ifdef IXL_WAY_VEC
/* What does not concern the size. */
IXL_INLINE void look_at(struct odd *odd, const struct ixl_intel_txq *q, const struct pkt_buf *buf)
{
    odd->links = v_or(odd->links, v_xor(v_load(&buf->pool), v_load(&q->pool)));
    odd->state |= buf->state;
}

/* The second words of two descriptors, from two sizes. */
IXL_INLINE vec command_of(const struct tx_format *f, vec size)
{
    vec hi = v_or(size, v_all64(f->command | TXD_EOP));
    return f->advanced ? v_or(hi, v_shl64(size, TXD_PAYLEN_SHIFT)) : hi;
}

/*
 * Sizes of two frames, and a look at their flags. In a row of received frames the two were stored
 * together and are loaded so. A caller who sends may just have stored one of them: a load of both
 * would have to wait until that store has reached the cache.
 */
IXL_INLINE vec two_sizes(struct odd *odd, const struct pkt_buf *a, const struct pkt_buf *b,
                         bool judged)
{
    if (!judged) {
        odd->flags |= a->flags | b->flags;
        return v_sizes(a->size, b->size);
    }
    vec both = v_load_halves(&a->flags, &b->flags);
    odd->two_flags = v_or(odd->two_flags, both);
    return v_and(v_shr64(both, 32), v_all64(0xffff));
}

IXL_INLINE void fill_two(struct odd *odd, const struct ixl_intel_txq *q, const struct tx_format *f,
                         struct ixl_desc *desc, struct pkt_buf **slot, struct pkt_buf *const *bufs,
                         bool judged)
{
    const struct pkt_buf *a = bufs[0], *b = bufs[1];
    vec two = v_loadu(bufs), addr = v_add64(two, v_load(q->delta));
    vec size = two_sizes(odd, a, b, judged);
    look_at(odd, q, a);
    look_at(odd, q, b);
    odd->longest = v_max16(odd->longest, size);
    odd->shortest = v_min16(odd->shortest, size);
    vec command = command_of(f, size);
    v_storeu(slot, two);
    v_store(desc, v_low64(addr, command));
    v_store(desc + 1, v_high64(addr, command));
}

/* The last frame of an odd number, without its descriptor. */
IXL_INLINE void look_at_last(struct odd *odd, const struct ixl_intel_txq *q,
                             const struct pkt_buf *buf)
{
    vec size = v_sizes(buf->size, buf->size);
    odd->flags |= buf->flags;
    look_at(odd, q, buf);
    odd->longest = v_max16(odd->longest, size);
    odd->shortest = v_min16(odd->shortest, size);
}

/* `few`: frames outside of fours, which fill_fours has judged. */
IXL_INLINE bool any_odd(const struct odd *odd, const struct ixl_intel_txq *q, bool few)
{
    vec wrong = odd->links;
    if (few) {
        wrong = v_or(wrong, v_and(odd->two_flags, v_all64(IXL_TX_FLAGS)));
        wrong = v_or(wrong, v_more16(odd->longest, v_load(q->longest)));
        wrong = v_or(wrong, v_more16(v_all64(IXL_MIN_FRAME), odd->shortest));
    }
    return ((odd->flags & IXL_TX_FLAGS) | odd->state) != 0 || !v_is_zero(wrong);
}

#ifdef IXL_WAY_WIDE
/* two_sizes of four. */
IXL_INLINE __m256i four_sizes(struct odd *odd, struct pkt_buf *const *bufs, bool judged)
{
    const struct pkt_buf *a = bufs[0], *b = bufs[1], *c = bufs[2], *d = bufs[3];
    if (!judged) {
        vec words = _mm_insert_epi16(_mm_cvtsi32_si128(a->size), b->size, 1);
        words = _mm_insert_epi16(_mm_insert_epi16(words, c->size, 2), d->size, 3);
        odd->state |= (a->flags | b->flags | c->flags | d->flags) & IXL_TX_FLAGS;
        return _mm256_cvtepu16_epi64(words);
    }
    __m256i both =
        _mm256_set_m128i(v_load_halves(&c->flags, &d->flags), v_load_halves(&a->flags, &b->flags));
    odd->four_flags = _mm256_or_si256(odd->four_flags, both);
    return _mm256_and_si256(_mm256_srli_epi64(both, 32), _mm256_set1_epi64x(0xffff));
}

/* Four pointers. Those of a caller's array have often just been stored in pieces, by a loop or a
 * copy, and one wide load would have to wait until these stores have reached the cache: two loads
 * meet more of them as they were stored. */
IXL_INLINE __m256i load_four(struct pkt_buf *const *bufs, bool judged)
{
    return judged ? w_loadu(bufs) : _mm256_set_m128i(v_loadu(bufs + 2), v_loadu(bufs));
}

IXL_INLINE __m256i nulls_of(__m256i four)
{
    return _mm256_cmpeq_epi64(four, _mm256_setzero_si256());
}

/* fill_two for four, none of them NULL: `four` is bufs, loaded. `first`: nothing was collected
 * before. `report`, which is RS or 0, goes into the last one's command. */
IXL_INLINE void fill_four(struct odd *odd, const struct ixl_intel_txq *q, const struct tx_format *f,
                          struct ixl_desc *desc, struct pkt_buf **slot, struct pkt_buf *const *bufs,
                          __m256i four, bool judged, bool first, uint64_t report)
{
    __m256i sizes = four_sizes(odd, bufs, judged);
    look_at(odd, q, bufs[0]);
    look_at(odd, q, bufs[1]);
    look_at(odd, q, bufs[2]);
    look_at(odd, q, bufs[3]);
    /* Compute it now: put off behind the stores, all it is made of would have to be kept. */
    __asm__("" : "+x"(odd->links), "+r"(odd->state));
    __m256i above = _mm256_sub_epi16(sizes, _mm256_set1_epi64x(IXL_MIN_FRAME));
    odd->above = first ? above : _mm256_max_epu16(odd->above, above);

    __m256i addr = _mm256_add_epi64(four, _mm256_broadcastsi128_si256(v_load(q->delta)));
    const long long each = (long long)(f->command | TXD_EOP), last = each | (long long)report;
    __m256i command = _mm256_or_si256(_mm256_set_epi64x(last, each, each, each), sizes);
    if (f->advanced)
        command = _mm256_or_si256(command, _mm256_slli_epi64(sizes, TXD_PAYLEN_SHIFT));
    __m256i even = _mm256_unpacklo_epi64(addr, command);
    __m256i odds = _mm256_unpackhi_epi64(addr, command);
    w_storeu(slot, four);
    v_store(desc, _mm256_castsi256_si128(even));
    v_store(desc + 1, _mm256_castsi256_si128(odds));
    v_store(desc + 2, _mm256_extracti128_si256(even, 1));
    v_store(desc + 3, _mm256_extracti128_si256(odds, 1));
}

/* What there was to object to in fours, among all else. A frame that is too short is very much
 * above the least size. */
IXL_INLINE void end_fours(struct odd *odd, const struct ixl_intel_txq *q)
{
    __m256i span = _mm256_broadcastsi128_si256(v_load(q->span));
    __m256i wrong = _mm256_and_si256(odd->four_flags, _mm256_set1_epi64x(IXL_TX_FLAGS));
    wrong = _mm256_or_si256(wrong, _mm256_subs_epu16(odd->above, span));
    vec half = v_or(_mm256_castsi256_si128(wrong), _mm256_extracti128_si256(wrong, 1));
    odd->links = v_or(odd->links, half);
}

/* As many fours as there are: how many frames, fewer if one was a NULL. */
IXL_INLINE size_t fill_fours(struct odd *odd, const struct ixl_intel_txq *q,
                             const struct tx_format *f, struct ixl_desc *desc,
                             struct pkt_buf **slot, struct pkt_buf **bufs, bool judged, unsigned n)
{
    size_t i = 0, fours = n & ~3u;
    odd->four_flags = odd->above = _mm256_setzero_si256();
    IXL_UNROLL(2)
    for (; i != fours; i += 4) {
        __m256i four = load_four(bufs + i, judged), nulls = nulls_of(four);
        if (!judged && unlikely(!_mm256_testz_si256(nulls, nulls)))
            break;
        fill_four(odd, q, f, desc + i, slot + i, bufs + i, four, judged, false, 0);
    }
    end_fours(odd, q);
    return i;
}
#endif

/* In pairs, and the last of an odd number alone. The last descriptor, which reports, is stored a
 * second time if it was one of a pair. */
IXL_INLINE bool fill_row(struct ixl_intel_txq *q, const struct tx_format *f, struct ixl_desc *desc,
                         struct pkt_buf **slot, struct pkt_buf **bufs, const uint8_t *verdict,
                         bool judged, unsigned n)
{
    struct odd odd = { .links = v_all32(0) };
    size_t i = 0, last = n - 1;
    bool few = true;
    odd.longest = v_all32(0);
    odd.two_flags = v_all32(0);
    odd.shortest = v_all64(INT16_MAX);
#ifdef IXL_WAY_WIDE
    i = fill_fours(&odd, q, f, desc, slot, bufs, judged, n);
    few = i != n;
#endif
    IXL_UNROLL(2)
    for (size_t even = n & ~1u; i != even; i += 2) {
        if (!judged && unlikely(!bufs[i] || !bufs[i + 1]))
            return false;
        fill_two(&odd, q, f, desc + i, slot + i, bufs + i, judged);
    }
    struct pkt_buf *buf = bufs[last];
    if (n & 1) {
        if (!judged && unlikely(!buf))
            return false;
        look_at_last(&odd, q, buf);
        slot[last] = buf;
    }
    v_store(desc + last, v_pair((uintptr_t)buf + q->delta[0],
                                (f->command | TXD_EOP | TXD_RS) + buf->size * f->unit));
    return (!judged || all_sent(verdict, n)) && !any_odd(&odd, q, few);
}

#else

IXL_INLINE void look_at(struct odd *odd, const struct ixl_intel_txq *q, const struct pkt_buf *buf)
{
    odd->links |= ((uintptr_t)buf->pool ^ (uintptr_t)q->pool) | (uintptr_t)buf->next;
    odd->size |= buf->size < IXL_MIN_FRAME || buf->size > q->longest[0];
    odd->flags |= buf->flags;
    odd->state |= buf->state;
}

IXL_INLINE bool any_odd(const struct odd *odd)
{
    return odd->links || (odd->flags & IXL_TX_FLAGS) || odd->state || odd->size;
}

IXL_INLINE bool fill_row(struct ixl_intel_txq *q, const struct tx_format *f, struct ixl_desc *desc,
                         struct pkt_buf **slot, struct pkt_buf **bufs, const uint8_t *verdict,
                         bool judged, unsigned n)
{
    struct odd odd = { 0 };
    for (unsigned i = 0; i < n; i++) {
        struct pkt_buf *buf = bufs[i];
        uint64_t hi = f->command | TXD_EOP | (i + 1 == n ? TXD_RS : 0);
        if (!judged && unlikely(!buf))
            return false;
        look_at(&odd, q, buf);
        slot[i] = buf;
        ixl_store_le64(&desc[i].lo, (uintptr_t)buf + q->delta[0]);
        ixl_store_le64(&desc[i].hi, hi + buf->size * f->unit);
    }
    return (!judged || all_sent(verdict, n)) && !any_odd(&odd);
}
#endif

/*
 * Fill n descriptors that do not wrap from index `at` on, with RS on the last. False: not all were
 * plain or (if there are verdicts) not all are to be sent, and what was written means nothing. With
 * verdicts no pointer is NULL.
 */
IXL_INLINE bool fill_plain(struct ixl_intel_txq *q, const struct tx_format *f, uint32_t at,
                           struct pkt_buf **bufs, const uint8_t *verdict, bool judged, unsigned n)
{
    uint32_t first = at & q->mask;
    return fill_row(q, f, q->desc + first, q->slot + first, bufs, verdict, judged, n);
}

/* True if none of SHORT_ROW pointers is NULL. */
IXL_INLINE bool none_null(struct pkt_buf *const *bufs)
{
#ifdef IXL_WAY_WIDE
    __m256i nulls = nulls_of(load_four(bufs, false));
    nulls = _mm256_or_si256(nulls, nulls_of(load_four(bufs + 4, false)));
    return _mm256_testz_si256(nulls, nulls);
#else
    bool none = true;
    for (unsigned i = 0; i < SHORT_ROW; i++)
        none = none && bufs[i];
    return none;
#endif
}

/* fill_plain for SHORT_ROW frames, none of them NULL. */
IXL_INLINE bool fill_short(struct ixl_intel_txq *q, const struct tx_format *f, uint32_t at,
                           struct pkt_buf **bufs, const uint8_t *verdict, bool judged)
{
#ifdef IXL_WAY_WIDE
    struct ixl_desc *desc = q->desc + (at & q->mask);
    struct pkt_buf **slot = q->slot + (at & q->mask);
    struct odd odd = { .links = v_all32(0), .four_flags = _mm256_setzero_si256() };
    __m256i a = load_four(bufs, judged), b = load_four(bufs + 4, judged);
    fill_four(&odd, q, f, desc, slot, bufs, a, judged, true, 0);
    fill_four(&odd, q, f, desc + 4, slot + 4, bufs + 4, b, judged, false, TXD_RS);
    end_fours(&odd, q);
    return (!judged || all_sent(verdict, SHORT_ROW)) && !any_odd(&odd, q, false);
#else
    return fill_row(q, f, q->desc + (at & q->mask), q->slot + (at & q->mask), bufs, verdict, judged,
                    SHORT_ROW);
#endif
}

IXL_INLINE void doorbell(struct ixl_intel_txq *q, uint32_t prod)
{
    q->prod = prod;
    ixl_wmb(); /* orders the descriptors before the doorbell that hands them over */
    ixl_ring_tail(q->base.dev, q->tail, q->tail_reg, prod & q->mask);
}

/* The first frame of a run, which is not NULL, is worth the attempt. */
IXL_INLINE bool looks_plain(struct ixl_intel_txq *q, const struct pkt_buf *buf, uint32_t at)
{
    return likely(!(buf->flags & IXL_TX_FLAGS)) && pool_fits(q, buf->pool, at);
}

/* Contract of ixl_intel_txq.row. */
IXL_INLINE bool push_row(struct ixl_intel_txq *q, struct pkt_buf **bufs, const uint8_t *verdict,
                         unsigned n, const struct tx_format *f)
{
    uint32_t at = q->prod;
    if (unlikely(ixl_tx_room(q) < n || !looks_plain(q, bufs[0], at)))
        return false;
    for (unsigned done = 0, run; done < n; done += run) {
        run = IXL_RING_BLOCK - at % IXL_RING_BLOCK;
        run = run < n - done ? run : n - done;
        if (unlikely(!fill_plain(q, f, at, bufs + done, verdict + done, true, run)))
            return false;
        if (at % IXL_RING_BLOCK == 0)
            note_block(q, at, q->pool);
        at += run;
    }
    doorbell(q, at);
    return true;
}

#endif
