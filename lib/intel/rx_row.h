// SPDX-License-Identifier: MIT
/*
 * Receive descriptors of all formats, and rows of them: taking ordinary frames, arming. The scalar
 * functions are the definition of what a receive does; the others take four or eight frames at once
 * when all of them are ordinary (complete, undamaged, in one buffer) and leave the rest to them.
 */
#ifndef IXL_INTEL_RX_ROW_H
#define IXL_INTEL_RX_ROW_H

#include "lib/intel/engine.h"

/* ---- formats -------------------------------------------------------------------------- */

struct rx_format {
    bool legacy;         /* status and length lie elsewhere */
    bool told;           /* flag_mask is ixl_intel_rxq.told[2] instead */
    uint32_t info_mask;  /* of dword 0: RSS type and packet type */
    uint32_t flag_mask;  /* of the status: flags that are IXL_RX_* as they stand */
    uint32_t shift_mask; /* of the status: flags that are after a shift by one */
    uint32_t damage;     /* of the status: the frame must not be used */
};

#define FLAGS_IN_PLACE     (IXL_RX_VLAN | IXL_RX_L4_CHECKED | IXL_RX_IP_CHECKED)
#define LEGACY_IGNORE_CSUM (1u << 2) /* IXSM: the checksum flags mean nothing (8254x 3.2.3.1) */

/* VP only says that there was a tag, not that it was taken out (82599 7.1.6.2): whether it is told
 * depends on RXDCTL.VME. In the other formats it says both. */
static const struct rx_format ixl_rx_advanced = {
    .told = true,
    .info_mask = IXL_PTYPE_MASK,
    .flag_mask = FLAGS_IN_PLACE | IXL_RX_L4_BAD | IXL_RX_IP_BAD,
    .damage = RXD_IXGBE_RXE,
};
static const struct rx_format ixl_rx_advanced_igb = {
    .info_mask = IXL_PTYPE_MASK,
    .flag_mask = FLAGS_IN_PLACE,
    .shift_mask = RXD_IGB_L4E | RXD_IGB_IPE,
    .damage = RXD_IGB_RXE,
};
/* 82574 7.1.5: dword 0 holds the RSS type only. Damage: CE, SE, SEQ, CXE, RXE. */
static const struct rx_format ixl_rx_extended = {
    .info_mask = IXL_PTYPE_RSS,
    .flag_mask = FLAGS_IN_PLACE,
    .shift_mask = RXD_IGB_L4E | RXD_IGB_IPE,
    .damage = 0x97000000u,
};
/* 8254x 3.2.3: the error byte, moved to bits 31:24 of the status, equals that of the extended one.
 */
static const struct rx_format ixl_rx_legacy = {
    .legacy = true,
    .flag_mask = FLAGS_IN_PLACE,
    .shift_mask = RXD_IGB_L4E | RXD_IGB_IPE,
    .damage = 0x97000000u,
};

/* ---- one descriptor ------------------------------------------------------------------------ */

/* A completed descriptor, decoded. */
struct rx_done {
    uint32_t info, hash, status;
    uint16_t len, vlan;
};

IXL_INLINE bool rx_is_done(const struct rx_format *f, uint64_t hi)
{
    return (f->legacy ? hi >> 32 : hi) & RXD_DD;
}

IXL_INLINE struct rx_done decode(const struct rx_format *f, uint64_t lo, uint64_t hi)
{
    struct rx_done d = { .vlan = (uint16_t)(hi >> RXD_VLAN_SHIFT) };
    if (f->legacy) {
        d.len = (uint16_t)hi;
        d.status = (uint32_t)(hi >> 32 & 0xff) | (uint32_t)(hi >> 40 & 0xff) << 24;
        if (d.status & LEGACY_IGNORE_CSUM)
            d.status &=
                ~(uint32_t)(IXL_RX_L4_CHECKED | IXL_RX_IP_CHECKED | RXD_IGB_L4E | RXD_IGB_IPE);
    } else {
        d.info = (uint32_t)lo;
        d.hash = (uint32_t)(lo >> RXD_HASH_SHIFT);
        d.status = (uint32_t)hi;
        d.len = (uint16_t)(hi >> RXD_LEN_SHIFT);
    }
    return d;
}

IXL_INLINE void set_meta(const struct ixl_intel_rxq *q, const struct rx_format *f,
                         struct pkt_buf *buf, const struct rx_done *d)
{
    buf->ptype = d->info & f->info_mask;
    buf->rss_hash = d->hash;
    uint32_t flag_mask = f->told ? q->told[2] : f->flag_mask;
    buf->flags = (d->status & flag_mask) | (d->status & f->shift_mask) << 1;
    buf->vlan_tci = d->vlan;
}

/* A whole, undamaged frame in one buffer, with nothing pending from before. */
IXL_INLINE bool ordinary(const struct ixl_intel_rxq *q, const struct rx_format *f,
                         const struct rx_done *d)
{
    return (d->status & (RXD_EOP | f->damage)) == RXD_EOP && (uint32_t)d->len - 1 < q->longest;
}

/* ---- rows ------------------------------------------------------------ */

/* The descriptor `at`, if it is completed. */
IXL_INLINE bool look(const struct ixl_intel_rxq *q, const struct rx_format *f, uint32_t at,
                     struct rx_done *d)
{
    uint64_t hi = ixl_load_le64(&q->desc[at].hi, f->legacy);
    if (!rx_is_done(f, hi))
        return false;
    *d = decode(f, ixl_load_le64(&q->desc[at].lo, false), hi);
    return true;
}

/* Ordinary frames in a row from descriptor `at` on: fill in their metadata, count them, and `copy`
 * their pointers to bufs. */
IXL_INLINE unsigned peek_scalar(const struct ixl_intel_rxq *q, uint32_t at, struct pkt_buf **bufs,
                                bool copy, unsigned n, const struct rx_format *f)
{
    unsigned got = 0;
    struct rx_done d;
    for (; got < n && look(q, f, at + got, &d) && ordinary(q, f, &d); got++) {
        struct pkt_buf *buf = q->slot[at + got];
        set_meta(q, f, buf, &d);
        buf->size = d.len;
        if (copy)
            bufs[got] = buf;
    }
    return got;
}

#ifdef IXL_WAY_VEC

/* What the loops over descriptors need of the queue, in registers. */
struct row_limits {
    vec longest, told;
};

IXL_INLINE struct row_limits limits_of(const struct ixl_intel_rxq *q, const struct rx_format *f)
{
    vec fixed = v_pair(f->info_mask | ~0ull << 32, f->flag_mask | ~0ull << 32);
    return (struct row_limits){ v_load(q->limit), f->told ? v_load(q->told) : fixed };
}

/* The metadata of one frame, in the order of struct pkt_buf: ptype, hash, flags, size | vlan. */
IXL_INLINE void store_meta(const struct row_limits *limits, const struct rx_format *f,
                           struct pkt_buf *buf, vec d)
{
    vec meta = v_and(d, limits->told);
    if (f->shift_mask)
        meta = v_or(meta, v_shl32(v_and(d, v_pair(0, f->shift_mask)), 1));
    v_store(&buf->ptype, meta);
}

/* The same for four frames of the legacy format, from their words of status, errors and tag, and of
 * length: error bits go to their places, and what the format does not tell is 0. */
IXL_INLINE void store_legacy(struct pkt_buf *const *slot, vec status, vec len)
{
    const vec zero = v_all32(0), low = v_all32(0xffff), high = v_all32(0xffff0000u);
    vec wrong = v_and(status, v_all32((RXD_IGB_L4E | RXD_IGB_IPE) >> 16));
    vec flags = v_or(v_and(status, v_all32(FLAGS_IN_PLACE)), v_shl32(wrong, 17));
    vec size = v_or(v_and(len, low), v_and(status, high));
    vec first = v_low32(flags, size), second = v_high32(flags, size);
    v_store(&slot[0]->ptype, v_low64(zero, first));
    v_store(&slot[1]->ptype, v_high64(zero, first));
    v_store(&slot[2]->ptype, v_low64(zero, second));
    v_store(&slot[3]->ptype, v_high64(zero, second));
}

/*
 * All completed, whole, undamaged and 1 <= length <= longest (the other half of `len` never
 * fails). In the legacy format errors follow the status at once; frames whose checksum flags mean
 * nothing are left to the scalar code.
 */
IXL_INLINE bool all_ordinary(const struct row_limits *limits, vec status, vec len,
                             const struct rx_format *f)
{
    uint32_t refuse = f->legacy ? f->damage >> 16 | LEGACY_IGNORE_CSUM : f->damage;
    vec want = v_all32(RXD_DD | RXD_EOP), look_at = v_all32(RXD_DD | RXD_EOP | refuse);
    vec less_one = v_add16(len, v_all32(0xffffffffu));
    vec over = v_minus16(less_one, limits->longest);
    return v_is_ones(v_and(v_same32(v_and(status, look_at), want), v_same32(over, v_all32(0))));
}

/* Four descriptors at once; true if all four are ordinary frames. */
IXL_INLINE bool peek_four(const struct row_limits *limits, const struct ixl_desc *desc,
                          struct pkt_buf *const *slot, struct pkt_buf **bufs, bool copy,
                          const struct rx_format *f)
{
    vec d0 = v_load(desc), d1 = v_load(desc + 1), d2 = v_load(desc + 2), d3 = v_load(desc + 3);
    vec low = v_high32(d0, d1), high = v_high32(d2, d3);
    vec third = v_low64(low, high), fourth = v_high64(low, high);
    vec status = f->legacy ? fourth : third, len = f->legacy ? third : fourth;
    if (!all_ordinary(limits, status, len, f))
        return false;
    ixl_rmb(); /* orders the loads of DD before those of all else, by us and by the caller */
    if (f->legacy) {
        store_legacy(slot, status, len);
    } else {
        store_meta(limits, f, slot[0], v_again(d0, desc));
        store_meta(limits, f, slot[1], v_again(d1, desc + 1));
        store_meta(limits, f, slot[2], v_again(d2, desc + 2));
        store_meta(limits, f, slot[3], v_again(d3, desc + 3));
    }
    if (copy) {
        v_storeu(bufs, v_loadu(slot));
        v_storeu(bufs + 2, v_loadu(slot + 2));
    }
    return true;
}

#ifdef IXL_WAY_WIDE
/* The metadata of two frames. */
IXL_INLINE void store_both(const struct row_limits *limits, const struct rx_format *f,
                           struct pkt_buf *const *slot, __m256i d)
{
    __m256i meta = _mm256_and_si256(d, _mm256_broadcastsi128_si256(limits->told));
    if (f->shift_mask) {
        const __m256i move = _mm256_set1_epi64x((long long)f->shift_mask);
        __m256i moved = _mm256_slli_epi32(_mm256_and_si256(d, move), 1);
        meta = _mm256_or_si256(meta, _mm256_blend_epi32(_mm256_setzero_si256(), moved, 0xcc));
    }
    v_store(&slot[0]->ptype, _mm256_castsi256_si128(meta));
    v_store(&slot[1]->ptype, _mm256_extracti128_si256(meta, 1));
}

/* peek_four for eight, in the formats that have their status in the third word. */
IXL_INLINE bool peek_eight(const struct row_limits *limits, const struct ixl_desc *desc,
                           struct pkt_buf *const *slot, struct pkt_buf **bufs, bool copy,
                           const struct rx_format *f)
{
    __m256i d01 = w_loadu(desc), d23 = w_loadu(desc + 2);
    __m256i d45 = w_loadu(desc + 4), d67 = w_loadu(desc + 6);
    __m256i low = _mm256_unpackhi_epi32(d01, d23), high = _mm256_unpackhi_epi32(d45, d67);
    __m256i status = _mm256_unpacklo_epi64(low, high), len = _mm256_unpackhi_epi64(low, high);

    const __m256i want = _mm256_set1_epi32(RXD_DD | RXD_EOP);
    const __m256i look_at = _mm256_set1_epi32((int)(RXD_DD | RXD_EOP | f->damage));
    __m256i amiss = _mm256_xor_si256(_mm256_and_si256(status, look_at), want);
    __m256i less_one = _mm256_add_epi16(len, _mm256_set1_epi32(-1));
    __m256i over = _mm256_subs_epu16(less_one, _mm256_broadcastsi128_si256(limits->longest));
    amiss = _mm256_or_si256(amiss, over);
    if (!_mm256_testz_si256(amiss, amiss))
        return false;
    ixl_rmb(); /* as in peek_four */
    store_both(limits, f, slot, d01);
    store_both(limits, f, slot + 2, d23);
    store_both(limits, f, slot + 4, d45);
    store_both(limits, f, slot + 6, d67);
    if (copy) {
        w_storeu(bufs, w_loadu(slot));
        w_storeu(bufs + 4, w_loadu(slot + 4));
    }
    return true;
}
#endif

IXL_INLINE unsigned peek_row(const struct ixl_intel_rxq *q, uint32_t at, struct pkt_buf **bufs,
                             bool copy, unsigned n, const struct rx_format *f)
{
    const struct ixl_desc *desc = q->desc + at;
    struct pkt_buf *const *slot = q->slot + at;
    const struct row_limits limits = limits_of(q, f);
    size_t got = 0;
#ifdef IXL_WAY_WIDE
    if (!f->legacy)
        for (size_t eights = n & ~7u; got != eights; got += 8)
            if (!peek_eight(&limits, desc + got, slot + got, bufs + got, copy, f))
                break;
#endif
    for (size_t fours = n & ~3u; got != fours; got += 4)
        if (!peek_four(&limits, desc + got, slot + got, bufs + got, copy, f))
            break;
    if (got == n)
        return n;
    unsigned done = (unsigned)got;
    return done + peek_scalar(q, at + done, bufs + done, copy, n - done, f);
}
#else
#define peek_row peek_scalar
#endif

/* Ordinary frames in a row, up to n, up to the end of the ring: they lie in slot[] from q->cons on,
 * which does not move. */
IXL_INLINE unsigned peek(const struct ixl_intel_rxq *q, struct pkt_buf **bufs, bool copy,
                         unsigned n, const struct rx_format *f)
{
    uint32_t at = q->cons & q->mask, armed = ixl_rx_armed(q), to_end = q->mask + 1 - at;
    n = n < armed ? n : armed;
    n = n < to_end ? n : to_end;
    return unlikely(q->partial) ? 0 : peek_row(q, at, bufs, copy, n, f);
}

/* peek for one frame. */
IXL_INLINE unsigned peek_one(const struct ixl_intel_rxq *q, struct pkt_buf **bufs, bool copy,
                             const struct rx_format *f)
{
    if (unlikely(q->cons == q->prod || q->partial))
        return 0;
    return peek_scalar(q, q->cons & q->mask, bufs, copy, 1, f);
}

/* peek for SHORT_ROW frames, all or none: true if they are there. `armed` descriptors are. */
IXL_INLINE bool peek_short(const struct ixl_intel_rxq *q, uint32_t armed, struct pkt_buf **bufs,
                           bool copy, const struct rx_format *f)
{
    uint32_t at = q->cons & q->mask;
    if (unlikely(armed < SHORT_ROW || q->mask + 1 - at < SHORT_ROW || q->partial))
        return false;
#ifdef IXL_WAY_VEC
    const struct ixl_desc *desc = q->desc + at;
    struct pkt_buf *const *slot = q->slot + at;
    const struct row_limits limits = limits_of(q, f);
#ifdef IXL_WAY_WIDE
    if (!f->legacy)
        return peek_eight(&limits, desc, slot, bufs, copy, f);
#endif
    if (!peek_four(&limits, desc, slot, bufs, copy, f) ||
        !peek_four(&limits, desc + 4, slot + 4, bufs + (copy ? 4 : 0), copy, f))
        return false;
    return true;
#else
    return peek_scalar(q, at, bufs, copy, SHORT_ROW, f) == SHORT_ROW;
#endif
}

/* ---- arming ------------------------------------------------------------------ */

/* n descriptors and slots; the device's address of a buffer is `delta` away from ours. */
IXL_INLINE void arm_row(struct ixl_desc *desc, struct pkt_buf **slot, struct pkt_buf *const *bufs,
                        unsigned n, uint64_t delta)
{
    size_t i = 0;
#ifdef IXL_WAY_WIDE
    const __m256i far = _mm256_set1_epi64x((long long)delta), none = _mm256_setzero_si256();
    IXL_UNROLL(2)
    for (size_t fours = n & ~3u; i != fours; i += 4) {
        __m256i four = w_loadu(bufs + i), addr = _mm256_add_epi64(four, far);
        __m256i mixed = _mm256_permute4x64_epi64(addr, 0xd8); /* 0, 2, 1, 3 */
        w_storeu(slot + i, four);
        w_storeu(desc + i, _mm256_unpacklo_epi64(mixed, none));
        w_storeu(desc + i + 2, _mm256_unpackhi_epi64(mixed, none));
    }
#endif
#ifdef IXL_WAY_VEC
    const vec away = v_all64(delta), zero = v_all32(0);
    IXL_UNROLL(2)
    for (size_t even = n & ~1u; i != even; i += 2) {
        vec two = v_loadu(bufs + i), addr = v_add64(two, away);
        v_storeu(slot + i, two);
        v_store(desc + i, v_low64(addr, zero));
        v_store(desc + i + 1, v_high64(addr, zero));
    }
#endif
    for (; i < n; i++) {
        slot[i] = bufs[i];
        ixl_store_le64(&desc[i].lo, (uintptr_t)bufs[i] + delta);
        ixl_store_le64(&desc[i].hi, 0);
    }
}

/* Arm the n descriptors from q->prod on, which do not wrap, with these buffers. No tail. */
IXL_INLINE void arm_with(struct ixl_intel_rxq *q, struct pkt_buf *const *bufs, unsigned n)
{
    const struct ixl_mempool *pool = q->base.pool;
    uint32_t at = q->prod & q->mask;
    struct ixl_desc *desc = q->desc + at;
    struct pkt_buf **slot = q->slot + at;
    q->prod += n;
    if (likely(__atomic_load_n(&pool->uniform, __ATOMIC_RELAXED)))
        arm_row(desc, slot, bufs, n, pool->delta[q->slotno] + sizeof(struct pkt_buf));
    else
        ixl_intel_rx_arm_pieces(q, desc, slot, bufs, n);
}

#endif
