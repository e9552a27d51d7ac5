// SPDX-License-Identifier: MIT
/*
 * Receiving. burst = harvest (take used buffers) + arm (give the device fresh ones, a block at a
 * time, and tell it if it wants to know).
 *
 * A buffer given to the device starts with the header, on the last bytes of the metadata line: the
 * frame then lies where data[] is, in one piece with one descriptor. Where a frame takes several
 * buffers (MRG_RXBUF) the others have no header, and so the first bytes of their data lie there;
 * they are moved behind the end of the piece before, which has been left room for them.
 *
 * Buffers are used in any order. The k-th to be used frees a descriptor id, and that id is what the
 * k-th buffer of the next round is armed with: order[k & mask]. As long as a device has used all in
 * order, which most do, each id is its own place: then used buffers are checked for just that and
 * taken in runs, and arming again writes nothing but addresses and what changes with the round.
 *
 * Nothing is believed: an id must be one the device holds, a length what the buffer has room for,
 * an index no further than what was armed. A ring whose ids or indices make no sense is given up.
 */
#include "lib/virtio/virtio.h"

/* A used buffer. What lies in front of its data is read once, since the device could change it
 * meanwhile: the header of a frame, or a further buffer's first data. */
struct used {
    struct pkt_buf *buf;
    uint32_t len;
    uint8_t front[VIO_HDR_SIZE_HASH];
};

static void count(uint64_t *counter, uint64_t n)
{
    __atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

static void give_up(struct vio_rxq *q)
{
    q->ring.broken = true;
    count(&q->errors, 1);
    ixl_note_error(q->base.dev);
    ixl_log(IXL_LOG_ERROR,
            "%s: receive queue %u: the device has written nonsense into its ring, which is not "
            "used any more: ixl_reset",
            q->base.dev->info.address, q->base.index);
}

/* ---- one buffer ----------------------------------------------------------------------------- */

VIO_INLINE uint32_t header16(const uint8_t *front, unsigned at)
{
    uint16_t val;

    memcpy(&val, front + at, 2);
    return VIO_LE(16, val);
}

/* What a batch needs of its queue, in locals: the compiler takes each barrier and each store into a
 * ring for one that could change the queue. */
struct view {
    struct pkt_buf **slot;
    uint16_t *order;
    uint32_t mask, cons, header, checked;
    uint32_t longest; /* whole frame in a buffer */
    uint32_t
        buffers; /* of the header's last word, what has to be 1 in the upper half; or nothing */
    bool hash;
    uint16_t capacity;
};

VIO_INLINE uint32_t checked(const struct vio_rxq *q)
{
    return __atomic_load_n(&q->checked, __ATOMIC_RELAXED);
}

VIO_INLINE struct view look_at(const struct vio_rxq *q, bool hash)
{
    return (struct view){ .slot = q->slot,
                          .order = q->order,
                          .mask = q->ring.mask,
                          .cons = q->cons,
                          .header = hash ? VIO_HDR_SIZE_HASH : VIO_HDR_SIZE,
                          .checked = checked(q),
                          .longest = q->room < q->max_size ? q->room : q->max_size,
                          .buffers = q->mergeable ? 0xffff0000u : 0,
                          .hash = hash,
                          .capacity = q->capacity };
}

/* What lies in front of a used buffer's data: the first 12 bytes, and the 8 of HASH_REPORT, which
 * reach over `capacity`. That is the same in the whole pool. */
struct front {
    uint64_t lo, hash;
    uint32_t hi;
};

VIO_INLINE struct front read_front(const struct view *v, const struct pkt_buf *buf)
{
    const uint8_t *at = buf->data - v->header;
    struct front f = { .hash = 0 };

    memcpy(&f.lo, at, 8);
    memcpy(&f.hi, at + 8, 4);
    if (v->hash)
        memcpy(&f.hash, at + VIO_HDR_HASH, 8);
    return f;
}

/* Once that has been read. */
VIO_INLINE void restore(const struct view *v, struct pkt_buf *buf)
{
    if (v->hash)
        buf->capacity = v->capacity;
}

/* The next used buffer; there is one in a split ring. NULL: there is none, or the ring is given
 * up. */
VIO_INLINE struct pkt_buf *take(struct vio_rxq *q, struct view *v, bool packed, uint32_t *len)
{
    uint64_t entry;
    uint32_t id;

    if (packed) {
        if (!vio_used_packed(&q->ring, v->cons, &entry))
            return NULL;
        id = (uint16_t)(entry >> 32);
        *len = (uint32_t)entry;
    } else {
        entry = vio_used_entry(&q->ring, v->cons);
        id = (uint32_t)entry;
        *len = (uint32_t)(entry >> 32);
    }
    struct pkt_buf *buf = likely(id <= v->mask) ? v->slot[id] : NULL;
    if (unlikely(!buf)) {
        give_up(q);
        return NULL;
    }
    if (unlikely(id != (v->cons & v->mask)))
        q->in_order = false;
    /* also for frames of several buffers: the one after next will be needed soon */
    __builtin_prefetch(v->slot[(id + VIO_AHEAD) & v->mask]);
    v->slot[id] = NULL;
    v->order[v->cons++ & v->mask] = (uint16_t)id;
    return buf;
}

static uint32_t rss_type(uint32_t report)
{
    static const uint8_t types[VIO_REPORTS] = {
        IXL_RSS_NONE,     IXL_RSS_IPV4,     IXL_RSS_TCP_IPV4, IXL_RSS_UDP_IPV4, IXL_RSS_IPV6,
        IXL_RSS_TCP_IPV6, IXL_RSS_UDP_IPV6, IXL_RSS_IPV6,     IXL_RSS_TCP_IPV6, IXL_RSS_UDP_IPV6,
    };
    return report < VIO_REPORTS ? types[report] : IXL_RSS_NONE;
}

VIO_INLINE void set_meta(const struct vio_rxq *q, struct pkt_buf *buf, uint32_t size,
                         const uint8_t *front)
{
    uint32_t hash;

    buf->ptype = 0;
    buf->rss_hash = 0;
    buf->flags = front[VIO_HDR_FLAGS] & VIO_HDR_DATA_VALID ? checked(q) : 0;
    buf->size = (uint16_t)size;
    buf->vlan_tci = 0;
    if (q->hash) {
        memcpy(&hash, front + VIO_HDR_HASH, 4);
        buf->rss_hash = VIO_LE(32, hash);
        buf->ptype = rss_type(header16(front, VIO_HDR_REPORT));
    }
}

/* A whole frame in one buffer, whose checksum need not be finished. */
VIO_INLINE bool ordinary(const struct view *v, const struct front *f, uint32_t size)
{
    uint32_t flags_gso = VIO_LE(64, f->lo) & 0xffff;

    return (flags_gso & ~(uint32_t)VIO_HDR_DATA_VALID) == 0 && size - 1 < v->longest &&
           (VIO_LE(32, f->hi) & v->buffers) == (v->buffers & 0x10000);
}

/* ---- frames of several buffers, damaged and odd ones ---------------------------------------- */

/* Throw away what has arrived of a frame; buffers that are still to come are skipped. */
static void drop_frame(struct vio_rxq *q, struct pkt_buf *buf)
{
    count(&q->errors, 1);
    ixl_pkt_buf_free(buf);
    ixl_pkt_buf_free(q->head);
    q->head = NULL;
    q->skip = q->missing > 0;
}

/* The data of a further buffer begin where a header would: the first bytes go to the end of the
 * piece before. A buffer with no more than those is not needed. False: there is no room. */
static bool append(struct vio_rxq *q, const struct used *u)
{
    uint32_t lead = u->len < q->header ? u->len : q->header;

    if (q->last->size + lead > q->room + q->header)
        return false;
    memcpy(q->last->data + q->last->size, u->front, lead);
    q->last->size = (uint16_t)(q->last->size + lead);
    if (u->len == lead) {
        ixl_pkt_buf_free(u->buf);
        return true;
    }
    u->buf->size = (uint16_t)(u->len - lead);
    q->last->next = u->buf;
    q->last = u->buf;
    return true;
}

/* The last buffer of a frame has come. */
static struct pkt_buf *finish(struct vio_rxq *q)
{
    struct pkt_buf *frame = q->head;
    const uint8_t *front = q->front;

    q->head = NULL;
    set_meta(q, frame, frame->size, front);
    if (!(front[VIO_HDR_FLAGS] & VIO_HDR_NEEDS_CSUM))
        return frame;
    /* It comes from a neighbour that has left the checksum to hardware it never passed. */
    if (!vio_finish_csum(frame, header16(front, VIO_HDR_START), header16(front, VIO_HDR_OFFSET))) {
        drop_frame(q, frame);
        return NULL;
    }
    count(&q->completed, 1);
    frame->flags |= checked(q);
    return frame;
}

/* The first buffer of a frame. False: it is dropped. */
static bool begin(struct vio_rxq *q, const struct used *u)
{
    uint32_t size = u->len - q->header;
    uint32_t more = q->mergeable ? header16(u->front, VIO_HDR_BUFFERS) - 1 : 0;

    q->missing = more < VIO_MAX_PIECES ? more : 0;
    if (size - 1 >= q->room || size > q->max_size || more >= VIO_MAX_PIECES ||
        u->front[VIO_HDR_GSO] != 0) {
        drop_frame(q, u->buf);
        return false;
    }
    memcpy(q->front, u->front, sizeof(q->front));
    u->buf->size = (uint16_t)size;
    q->head = q->last = u->buf;
    q->head_size = size;
    return true;
}

/* Any buffer; a whole frame is returned with the last of its buffers. */
static struct pkt_buf *take_piece(struct vio_rxq *q, const struct used *u)
{
    if (!q->head && !q->skip)
        return begin(q, u) && q->missing == 0 ? finish(q) : NULL;
    q->missing--;
    if (q->skip) {
        q->skip = q->missing > 0;
        ixl_pkt_buf_free(u->buf);
        return NULL;
    }
    q->head_size += u->len;
    if (u->len - 1 >= q->room + q->header || q->head_size > q->max_size || !append(q, u)) {
        drop_frame(q, u->buf);
        return NULL;
    }
    return q->missing == 0 ? finish(q) : NULL;
}

/* ---- harvest -------------------------------------------------------------------------------- */

/* A frame of one buffer, most of the time. */
VIO_INLINE void describe(const struct view *v, struct pkt_buf *buf, const struct front *f,
                         uint32_t size)
{
    uint64_t hash = VIO_LE(64, f->hash);

    buf->ptype = v->hash ? rss_type((uint16_t)(hash >> 32)) : 0;
    buf->rss_hash = (uint32_t)hash;
    /* the only bit an ordinary frame's may have, moved to the one that tells */
    buf->flags =
        (uint32_t)VIO_LE(64, f->lo) * (IXL_RX_L4_CHECKED / VIO_HDR_DATA_VALID) & v->checked;
    buf->size = (uint16_t)size;
    buf->vlan_tci = 0;
}

static __attribute__((noinline)) struct pkt_buf *take_odd(struct vio_rxq *q, struct pkt_buf *buf,
                                                          uint32_t len, const struct front f)
{
    struct used u = { .buf = buf, .len = len };

    memcpy(u.front, &f.lo, 8);
    memcpy(u.front + 8, &f.hi, 4);
    memcpy(u.front + VIO_HDR_HASH, &f.hash, 8);
    return take_piece(q, &u);
}

VIO_INLINE void took(struct vio_rxq *q, uint32_t cons, unsigned frames, uint64_t bytes)
{
    q->cons = cons;
    if (frames) {
        count(&q->pkts, frames);
        count(&q->bytes, bytes);
    }
}

/* Ordinary frames in buffers used in order, n at most, no further than the end of the ring. The
 * first that is neither is left as it lies. */
VIO_INLINE unsigned harvest_run(struct vio_rxq *q, bool packed, bool hash, struct pkt_buf **bufs,
                                unsigned n)
{
    const struct view v = look_at(q, hash);
    const uint32_t id = v.cons & v.mask;
    const struct vio_run run = vio_run(&q->ring, packed, v.cons, id);
    struct pkt_buf **const slot = v.slot + id;
    uint64_t bytes = 0;
    uint32_t i, len;

    for (i = 0; i < n && vio_run_used(&run, packed, i, &len); i++) {
        struct pkt_buf *buf = slot[i];
        struct front f = read_front(&v, buf);
        uint32_t size = len - v.header;
        if (unlikely(!ordinary(&v, &f, size)))
            break;
        __builtin_prefetch(slot[i + VIO_AHEAD]);
        restore(&v, buf);
        describe(&v, buf, &f, size);
        bufs[i] = buf;
        bytes += size;
    }
    vio_forget(slot, i);
    took(q, v.cons + i, i, bytes);
    return i;
}

VIO_INLINE unsigned harvest_in_order(struct vio_rxq *q, bool packed, bool hash,
                                     struct pkt_buf **bufs, unsigned n)
{
    unsigned got = 0;

    while (got < n) {
        uint32_t end = q->ring.mask + 1 - (q->cons & q->ring.mask);
        uint32_t most = n - got < end ? n - got : end;
        unsigned some = harvest_run(q, packed, hash, bufs + got, most);
        got += some;
        if (some < most)
            break;
    }
    return got;
}

/* Any frames in any order, out of `left` buffers. */
VIO_INLINE unsigned harvest_any(struct vio_rxq *q, bool packed, bool hash, struct pkt_buf **bufs,
                                unsigned n, uint32_t left)
{
    struct view v = look_at(q, hash);
    bool partial = q->head || q->skip;
    uint64_t bytes = 0;
    unsigned got = 0;
    uint32_t len;

    for (; got < n && left > 0; left--) {
        struct pkt_buf *buf = take(q, &v, packed, &len);
        if (!buf)
            break;
        struct front f = read_front(&v, buf);
        restore(&v, buf);
        uint32_t size = len - v.header;
        if (unlikely(partial || !ordinary(&v, &f, size))) {
            buf = take_odd(q, buf, len, f);
            partial = q->head || q->skip;
            if (!buf)
                continue;
            size = (uint32_t)ixl_pkt_len(buf);
        } else {
            describe(&v, buf, &f, size);
        }
        bufs[got++] = buf;
        bytes += size;
    }
    took(q, v.cons, got, bytes);
    return got;
}

/* Functions of their own: the compiler has few registers to share between two loops. */
static __attribute__((noinline)) unsigned any_split(struct vio_rxq *q, struct pkt_buf **bufs,
                                                    unsigned n, uint32_t left)
{
    return harvest_any(q, false, false, bufs, n, left);
}

static __attribute__((noinline)) unsigned any_packed(struct vio_rxq *q, struct pkt_buf **bufs,
                                                     unsigned n, uint32_t left)
{
    return harvest_any(q, true, false, bufs, n, left);
}

static __attribute__((noinline)) unsigned any_hash(struct vio_rxq *q, struct pkt_buf **bufs,
                                                   unsigned n, uint32_t left)
{
    return harvest_any(q, q->ring.packed, true, bufs, n, left);
}

VIO_INLINE unsigned harvest(struct vio_rxq *q, bool packed, bool hash, struct pkt_buf **bufs,
                            unsigned n)
{
    uint32_t left = q->prod - q->cons;
    unsigned got = 0;

    if (!packed) {
        left = vio_used_split(&q->ring, (uint16_t)q->cons, left);
        if (unlikely(q->ring.broken))
            give_up(q);
    }
    if (likely(q->in_order && !q->head && !q->skip))
        got = harvest_in_order(q, packed, hash, bufs, n < left ? n : left);
    if (got == n || got == left)
        return got;
    bufs += got;
    n -= got;
    left -= got;
    if (hash)
        return got + any_hash(q, bufs, n, left);
    return got + (packed ? any_packed(q, bufs, n, left) : any_split(q, bufs, n, left));
}

/* ---- arm ------------------------------------------------------------------------------------ */

/* Arm the n descriptors from q->prod on and hand them over. What does not change is in locals: the
 * compiler takes every store into a ring for one that could change it. */
VIO_INLINE void arm_with(struct vio_rxq *q, bool packed, struct pkt_buf *const *bufs, unsigned n)
{
    struct vio_ring *r = &q->ring;
    struct vio_desc *const desc = r->desc;
    uint16_t *const avail = r->driver + VIO_RING_FIRST, *const order = q->order;
    struct pkt_buf **const slot = q->slot;
    const struct ixl_mempool *pool = q->base.pool;
    const bool uniform = __atomic_load_n(&pool->uniform, __ATOMIC_RELAXED);
    const uint32_t mask = r->mask, header = q->header, len = header + q->room;
    uint64_t delta = pool->delta[q->slotno], first = 0;
    uint32_t at = q->prod;

    for (unsigned i = 0; i < n; i++, at++) {
        struct pkt_buf *buf = bufs[i];
        uint16_t id = order[at & mask];
        struct vio_desc *d = &desc[packed ? at & mask : id];
        uint64_t rest = vio_rest(r, packed, at, len, VIO_DESC_WRITE, id);
        if (unlikely(!uniform))
            delta = buf->chunk->delta[q->slotno];
        slot[id] = buf;
        vio_store64(&d->addr, (uintptr_t)buf->data + delta - header);
        if (packed && i == 0)
            first = rest;
        else
            vio_store64(&d->rest, rest);
        if (!packed)
            __atomic_store_n(avail + (at & mask), VIO_LE(16, id), __ATOMIC_RELAXED);
    }
    if (packed)
        vio_publish_packed(r, q->prod, first);
    else
        vio_publish_split(r, (uint16_t)at);
    q->prod = at;
}

/* May what the round before has written stay in the n descriptors from q->prod on? They have to be
 * in one piece, too. */
VIO_INLINE bool can_arm_again(const struct vio_rxq *q, unsigned n)
{
    const uint32_t size = q->ring.mask + 1;

    return q->in_order && q->prod >= size && (q->prod & q->ring.mask) + n <= size &&
           __atomic_load_n(&q->base.pool->uniform, __ATOMIC_RELAXED);
}

/* Arm those: each id is its place, so a split ring's entries name it already, and its descriptors
 * are to differ in the address alone. */
VIO_INLINE void arm_again(struct vio_rxq *q, bool packed, struct pkt_buf *const *bufs, unsigned n)
{
    struct vio_ring *r = &q->ring;
    const uint32_t first = q->prod & r->mask, len = q->header + q->room;
    const uint64_t first_word = vio_rest(r, packed, q->prod, len, VIO_DESC_WRITE, (uint16_t)first);
    const uint64_t delta = q->base.pool->delta[q->slotno] - q->header;
    struct vio_desc *const desc = r->desc + first;
    uint64_t word = first_word;

    ixl_copy_bufs(q->slot + first, bufs, n);
    vio_store64(&desc->addr, (uintptr_t)bufs[0]->data + delta);
    IXL_UNROLL(4)
    for (size_t i = 1; i < n; i++) {
        word += 1ull << 32; /* a packed ring's id */
        vio_store64(&desc[i].addr, (uintptr_t)bufs[i]->data + delta);
        if (packed)
            vio_store64(&desc[i].rest, word);
    }
    if (packed)
        vio_publish_packed(r, q->prod, first_word);
    else
        vio_publish_split(r, (uint16_t)(q->prod + n));
    q->prod += n;
}

/* Up to n from the pool; how many it had. */
VIO_INLINE unsigned arm_run(struct vio_rxq *q, bool packed, unsigned n)
{
    struct pkt_buf *spare[VIO_BLOCK];
    struct pkt_buf **from = ixl_pool_peel(q->base.pool, n);

    if (unlikely(!from)) {
        n = ixl_pool_alloc_slow(q->base.pool, spare, n);
        from = spare;
    }
    if (likely(n && can_arm_again(q, n)))
        arm_again(q, packed, from, n);
    else if (n)
        arm_with(q, packed, from, n);
    return n;
}

VIO_INLINE void arm(struct vio_rxq *q, bool packed)
{
    uint32_t size = q->ring.mask + 1, before = q->prod;

    while (size - (q->prod - q->cons) >= q->block) {
        unsigned got = arm_run(q, packed, q->block);
        if (unlikely(got < q->block)) {
            count(&q->no_buf, 1);
            break;
        }
    }
    if (q->prod != before && vio_wants_kick(&q->ring, packed, q->prod, before))
        vio_kick(&q->ring);
}

/* ---- burst ---------------------------------------------------------------------------------- */

VIO_INLINE int burst(struct ixl_rxq *base, bool packed, bool hash, struct pkt_buf **bufs,
                     unsigned n)
{
    struct vio_rxq *q = (struct vio_rxq *)base;

    if (unlikely(q->ring.broken))
        return 0;
    unsigned got = harvest(q, packed, hash, bufs, n);
    if (unlikely(q->ring.broken))
        return (int)got;
    if (q->ring.mask + 1 - (q->prod - q->cons) >= q->block)
        arm(q, packed);
    if (unlikely(got == 0 && q->cons == q->prod))
        return -IXL_ENOBUFS;
    return (int)got;
}

static int burst_split(struct ixl_rxq *q, struct pkt_buf **bufs, unsigned n)
{
    return burst(q, false, false, bufs, n);
}

static int burst_packed(struct ixl_rxq *q, struct pkt_buf **bufs, unsigned n)
{
    return burst(q, true, false, bufs, n);
}

static int burst_split_hash(struct ixl_rxq *q, struct pkt_buf **bufs, unsigned n)
{
    return burst(q, false, true, bufs, n);
}

static int burst_packed_hash(struct ixl_rxq *q, struct pkt_buf **bufs, unsigned n)
{
    return burst(q, true, true, bufs, n);
}

static bool ready(struct ixl_rxq *base)
{
    struct vio_rxq *q = (struct vio_rxq *)base;
    uint64_t rest;

    if (q->ring.broken || q->cons == q->prod)
        return false;
    if (q->ring.packed)
        return vio_used_packed(&q->ring, q->cons, &rest);
    return vio_load16(q->ring.device + VIO_RING_IDX) != (uint16_t)q->cons;
}

void vio_rx_attach(struct vio_rxq *q)
{
    q->slotno = (int16_t)ixl_pool_slot(q->base.pool, q->base.dev);
    if (q->hash)
        q->base.burst = q->ring.packed ? burst_packed_hash : burst_split_hash;
    else
        q->base.burst = q->ring.packed ? burst_packed : burst_split;
    q->base.ready = ready;
}

void vio_rx_fill(struct vio_rxq *q)
{
    arm(q, q->ring.packed);
}

/* ---- reset ---------------------------------------------------------------------------------- */

/* The buffers of a frame that nobody has taken, back to where those lie that were never used: the
 * ids freed last are their own. */
static void put_back(struct vio_rxq *q, struct pkt_buf *frame)
{
    for (uint32_t at = q->cons; frame; at--) {
        struct pkt_buf *next = frame->next;
        frame->next = NULL;
        struct pkt_buf **slot = &q->slot[q->order[(at - 1) & q->ring.mask]];
        if (*slot) /* armed again after the frame's first buffers had been taken */
            ixl_pkt_buf_free(frame);
        else
            *slot = frame;
        frame = next;
    }
}

/* All buffers to the front; how many. */
static uint32_t gather(struct vio_rxq *q)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i <= q->ring.mask; i++) {
        struct pkt_buf *buf = q->slot[i];
        q->slot[i] = NULL;
        q->order[i] = (uint16_t)i;
        if (buf)
            q->slot[n++] = buf;
    }
    return n;
}

void vio_rx_rewind(struct vio_rxq *q)
{
    struct pkt_buf *frame;

    while (!q->ring.broken && harvest(q, q->ring.packed, q->hash, &frame, 1) == 1) {
        count(&q->reset_dropped, 1);
        put_back(q, frame);
    }
    count(&q->reset_dropped, q->head != NULL);
    ixl_pkt_buf_free(q->head);
    q->head = NULL;
    q->skip = false;
    q->missing = 0;
    uint32_t armed = gather(q);
    q->in_order = true;
    vio_ring_rewind(&q->ring);
    q->cons = q->prod = 0;
    if (armed && q->ring.packed)
        arm_with(q, true, q->slot, armed);
    else if (armed)
        arm_with(q, false, q->slot, armed);
}
