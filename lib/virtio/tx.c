// SPDX-License-Identifier: MIT
/*
 * Sending. burst = reap (buffers of frames that were used go back) + push (fill descriptors, hand
 * them over at once, ring if the device wants to know).
 *
 * The header of a frame lies on the last bytes of its metadata line, in front of the data: one
 * descriptor for both. Where it may not (the buffer is shared, or the header is the long one of
 * HASH_REPORT) it lies in memory of the queue and has a descriptor of its own.
 *
 * A batch is looked at first and written then: a frame that is unfit leaves nothing behind, neither
 * in the ring, where a device would come across it later, nor in a buffer that stays the caller's.
 *
 * Descriptors are taken in order of their places, and given back in that order: a frame that is
 * used early is marked, and waits for those before it. A frame's id is the place of its first
 * descriptor.
 */
#include "lib/virtio/virtio.h"

/* Reaps in vain after which the device is told once more. */
#define REMIND 4096u

static void count(uint64_t *counter, uint64_t n)
{
    __atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

static void give_up(struct vio_txq *q)
{
    q->ring.broken = true;
    ixl_note_error(q->base.dev);
    ixl_log(IXL_LOG_ERROR,
            "%s: send queue %u: the device has written nonsense into its ring, which is not used "
            "any more: ixl_reset",
            q->base.dev->info.address, q->base.index);
}

/* ---- reap ----------------------------------------------------------------------------------- */

/* The device is done with the frame whose id it names. False: it never had it, or was done before.
 */
VIO_INLINE bool mark(struct vio_txq *q, uint32_t id)
{
    if (unlikely(id > q->ring.mask || !q->slot[id] || (q->pieces[id] & VIO_DONE))) {
        give_up(q);
        return false;
    }
    __atomic_store_n(&q->used, q->used + q->pieces[id], __ATOMIC_RELAXED);
    q->pieces[id] |= VIO_DONE;
    return true;
}

/* Up to n frames of a split ring, as many as there are of a packed one. */
VIO_INLINE void mark_used(struct vio_txq *q, bool packed, uint32_t n)
{
    struct vio_ring *r = &q->ring;
    uint64_t rest;

    if (packed) {
        while (q->used != q->prod && vio_used_packed(r, q->used, &rest) &&
               mark(q, (uint16_t)(rest >> 32)))
            ;
        return;
    }
    while (n-- > 0 && mark(q, (uint32_t)vio_used_entry(r, q->reported)))
        q->reported++;
}

/* n single buffers of this pool, those from place `at` on. */
static void give_back(struct vio_txq *q, struct ixl_mempool *pool, uint32_t at, uint32_t n)
{
    if (!ixl_pool_add(pool, q->slot + at, n))
        ixl_pool_free_slow(q->slot + at, n);
    vio_forget(q->slot + at, n);
    memset(q->pieces + at, 0, n);
}

/* Give frames back from q->cons on, up to the end of the block; how many descriptors. */
static uint32_t free_block(struct vio_txq *q)
{
    uint32_t at = q->cons & q->ring.mask, n = 0;
    uint32_t left = VIO_BLOCK - at % VIO_BLOCK, most = q->prod - q->cons;
    struct ixl_mempool *pool = q->pools[at / VIO_BLOCK];

    if (!pool) {
        if (most == 0 || !(q->pieces[at] & VIO_DONE))
            return 0;
        ixl_pkt_buf_free(q->slot[at]);
        q->slot[at] = NULL;
        n = q->pieces[at] & ~VIO_DONE;
        q->pieces[at] = 0;
        return n;
    }
    most = most < left ? most : left;
    while (n < most && q->pieces[at + n] == (1u | VIO_DONE))
        n++;
    if (n > 0)
        give_back(q, pool, at, n);
    return n;
}

/* The same without marking first, for frames of a block of single buffers that were used in the
 * order they were sent: none before them waits. `most`: how many frames at most. */
VIO_INLINE uint32_t free_in_order(struct vio_txq *q, bool packed, uint32_t most)
{
    const uint32_t mask = q->ring.mask, at = q->cons & mask,
                   told = packed ? at : q->reported & mask;
    const uint32_t left = VIO_BLOCK - at % VIO_BLOCK, end = mask + 1 - told;
    struct ixl_mempool *pool = q->pools[at / VIO_BLOCK];
    const struct vio_run run = vio_run(&q->ring, packed, packed ? q->cons : told, at);
    uint32_t n;

    if (!pool)
        return 0;
    most = most < left ? most : left;
    most = most < end ? most : end;
    IXL_UNROLL(4)
    for (n = 0; n < most; n++)
        if (unlikely(!vio_run_used(&run, packed, n, NULL)))
            break;
    if (n == 0)
        return 0;
    give_back(q, pool, at, n);
    q->cons += n;
    q->reported = (uint16_t)(q->reported + n);
    __atomic_store_n(&q->used, q->used + n, __ATOMIC_RELAXED);
    return n;
}

VIO_INLINE void take_back(struct vio_txq *q, bool packed)
{
    uint32_t n, left = q->prod - q->cons;

    if (!packed) {
        left = vio_used_split(&q->ring, q->reported, (uint16_t)(q->avail - q->reported));
        if (unlikely(q->ring.broken))
            give_up(q);
    }
    while (q->used == q->cons && (n = free_in_order(q, packed, left)) > 0)
        left -= n;
    mark_used(q, packed, left);
    while ((n = free_block(q)) > 0)
        q->cons += n;
}

static unsigned reap(struct vio_txq *q)
{
    uint32_t before = q->cons;

    if (q->cons == q->prod || q->ring.broken)
        return 0;
    if (q->ring.packed)
        take_back(q, true);
    else
        take_back(q, false);
    /* A device that was told and does nothing for long may have missed it: QEMU's does when its
     * wire was full and frames come in while it asks for the next notification. */
    q->idle = q->cons == before ? q->idle + 1 : 0;
    if (unlikely(q->idle % REMIND == REMIND - 1))
        vio_kick(&q->ring);
    return q->cons - before;
}

static int reclaim(struct ixl_txq *base)
{
    return (int)reap((struct vio_txq *)base);
}

/* ---- looking at a batch --------------------------------------------------------------------- */

static int unfit(const struct vio_txq *q, int err, const char *why)
{
    ixl_log(IXL_LOG_ERROR, "transmit queue %u: nothing was sent, a frame is unfit: %s",
            q->base.index, why);
    return err;
}

VIO_INLINE uint32_t room(const struct vio_txq *q)
{
    return q->ring.mask + 1 - (q->prod - q->cons);
}

static bool select_pool(struct vio_txq *q, struct ixl_mempool *pool)
{
    uint32_t room = pool->entry_size - (uint32_t)sizeof(struct pkt_buf);
    uint32_t longest = room < q->max_size ? room : q->max_size;
    int slot = ixl_pool_slot(pool, q->base.dev);

    if (slot < 0 || longest < IXL_MIN_FRAME || !__atomic_load_n(&pool->uniform, __ATOMIC_ACQUIRE))
        return false;
    q->pool = pool;
    q->delta = pool->delta[slot] + sizeof(struct pkt_buf) - VIO_HDR_SIZE;
    q->longest = longest;
    return true;
}

/* True if frames of one buffer of this pool can be sent without asking for each address. */
VIO_INLINE bool pool_fits(struct vio_txq *q, struct ixl_mempool *pool)
{
    return (likely(pool == q->pool) && likely(__atomic_load_n(&pool->uniform, __ATOMIC_RELAXED))) ||
           select_pool(q, pool);
}

/* The first of n frames that are plain: one buffer that nobody shares, of the same pool, no
 * offload, and the short header. */
VIO_INLINE unsigned plain_ones(struct vio_txq *q, struct pkt_buf **bufs, unsigned n)
{
    unsigned i;

    if (q->header != VIO_HDR_SIZE || !bufs[0] || !pool_fits(q, bufs[0]->pool))
        return 0;
    const struct ixl_mempool *const pool = q->pool;
    const uint32_t longest = q->longest;
    IXL_UNROLL(4)
    for (i = 0; i < n; i++) {
        const struct pkt_buf *b = bufs[i];
        if (unlikely(!b || b->pool != pool || b->next))
            break;
        if (unlikely((b->state | (b->flags & IXL_TX_FLAGS)) != 0))
            break;
        if (unlikely(b->size - IXL_MIN_FRAME > longest - IXL_MIN_FRAME))
            break;
    }
    return i;
}

/* A frame's descriptors and bytes. */
struct need {
    unsigned descs;
    uint32_t bytes;
};

/* May the header lie in front of the data? */
VIO_INLINE bool in_front(const struct vio_txq *q, const struct pkt_buf *frame)
{
    return q->header == VIO_HDR_SIZE && frame->state == 0;
}

static int measure(const struct vio_txq *q, const struct pkt_buf *frame, struct need *need)
{
    unsigned pieces = 0;
    uint32_t bytes = 0;

    if (!frame)
        return unfit(q, -IXL_EINVAL, "the array holds a NULL");
    for (const struct pkt_buf *buf = frame; buf; buf = buf->next) {
        if (ixl_pool_slot(buf->pool, q->base.dev) < 0)
            return unfit(q, -IXL_EINVAL,
                         "its buffer is of a pool this device does not share; see "
                         "ixl_mempool_share");
        if (buf->size == 0 || buf->size > buf->capacity)
            return unfit(q, -IXL_EMSGSIZE, "a buffer's size is 0 or more than it can hold");
        if (++pieces > VIO_MAX_PIECES)
            return unfit(q, -IXL_EINVAL, "it consists of more than 32 buffers");
        bytes += buf->size;
    }
    if (bytes < IXL_MIN_FRAME || (!(frame->flags & IXL_TX_TSO) && bytes > q->max_size))
        return unfit(q, -IXL_EMSGSIZE,
                     "it is shorter than 17 bytes or longer than ixl_get_max_frame_size");
    const char *why = vio_offload_unfit(q, frame, bytes);
    if (why)
        return unfit(q, -IXL_EINVAL, why);
    *need = (struct need){ pieces + !in_front(q, frame), bytes };
    return 0;
}

/* How many of n frames fit the ring, or an error if one of those is unfit. */
VIO_INLINE int look_over(struct vio_txq *q, struct pkt_buf **bufs, unsigned n, unsigned *plain)
{
    uint32_t left = room(q);
    unsigned some = n < left ? n : left, i;

    *plain = i = some ? plain_ones(q, bufs, some) : 0;
    if (likely(i == some))
        return (int)some;
    for (left -= i; i < n && left > 0; i++) {
        struct need need;
        int err = measure(q, bufs[i], &need);
        if (err < 0)
            return err;
        if (need.descs > q->ring.mask + 1)
            return unfit(q, -IXL_EINVAL, "it consists of more buffers than the ring has places");
        if (need.descs > left)
            break;
        left -= need.descs;
    }
    return (int)i;
}

/* ---- writing it ----------------------------------------------------------------------------- */

/* A batch on its way into the ring. */
struct batch {
    uint32_t at;    /* next descriptor */
    uint64_t first; /* packed: second word of the batch's first descriptor */
    uint16_t avail; /* split: index behind the frames so far */
    uint64_t bytes;
};

VIO_INLINE void put(struct vio_txq *q, bool packed, struct batch *b, uint64_t addr, uint32_t len,
                    uint16_t flags, uint16_t id)
{
    struct vio_ring *r = &q->ring;
    struct vio_desc *desc = &r->desc[b->at & r->mask];
    uint64_t rest = vio_rest(r, packed, b->at, len, flags, id);

    vio_store64(&desc->addr, addr);
    if (packed && b->at == q->prod)
        b->first = rest;
    else
        vio_store64(&desc->rest, rest);
    b->at++;
}

/* The frame whose first descriptor is at `start`: remember it; a split ring names it. */
VIO_INLINE void note(struct vio_txq *q, bool packed, struct batch *b, uint32_t start,
                     struct pkt_buf *frame, struct ixl_mempool *pool)
{
    struct vio_ring *r = &q->ring;
    uint32_t id = start & r->mask;
    struct ixl_mempool **block = &q->pools[id / VIO_BLOCK];

    q->slot[id] = frame;
    q->pieces[id] = (uint8_t)(b->at - start);
    /* a block is begun anew once nothing of the round before is left in it */
    bool fresh = id % VIO_BLOCK == 0 && start + VIO_BLOCK - 1 - q->cons <= r->mask;
    *block = fresh || *block == pool ? pool : NULL;
    if (!packed)
        __atomic_store_n(r->driver + VIO_RING_FIRST + (b->avail & r->mask),
                         VIO_LE(16, (uint16_t)id), __ATOMIC_RELAXED);
    b->avail++;
}

/* The blocks of descriptors `from` to `to`, all of one pool. As in note(). */
VIO_INLINE void note_run(struct vio_txq *q, uint32_t from, uint32_t to)
{
    for (uint32_t at = from; at != to;) {
        uint32_t id = at & q->ring.mask, left = VIO_BLOCK - id % VIO_BLOCK;
        struct ixl_mempool **block = &q->pools[id / VIO_BLOCK];
        bool fresh = id % VIO_BLOCK == 0 && at + VIO_BLOCK - 1 - q->cons <= q->ring.mask;
        *block = fresh || *block == q->pool ? q->pool : NULL;
        at = left < to - at ? at + left : to;
    }
}

/* The descriptor of a plain frame but for its second word, of which `rest` is what all have in
 * common: that is returned. */
VIO_INLINE uint64_t fill_plain(struct vio_desc *desc, struct pkt_buf *buf, uint64_t delta,
                               uint64_t rest)
{
    memset((uint8_t *)buf + sizeof(*buf) - VIO_HDR_SIZE, 0, VIO_HDR_SIZE);
    vio_store64(&desc->addr, (uintptr_t)buf + delta);
    return rest + buf->size;
}

/* Plain frames, one descriptor each, no further than the end of the ring's parts. What does not
 * change is in locals: see rx.c. */
VIO_INLINE void put_run(struct vio_txq *q, bool packed, struct batch *b, struct pkt_buf **bufs,
                        uint32_t n)
{
    struct vio_ring *r = &q->ring;
    const uint32_t id = b->at & r->mask;
    struct vio_desc *const desc = r->desc + id;
    uint16_t *const avail = r->driver + VIO_RING_FIRST + (b->avail & r->mask);
    const uint64_t delta = q->delta, step = packed ? 1ull << 32 : 0;
    uint64_t rest = vio_rest(r, packed, b->at, VIO_HDR_SIZE, 0, (uint16_t)id);

    ixl_copy_bufs(q->slot + id, bufs, n);
    memset(q->pieces + id, 1, n);
    uint64_t word = fill_plain(desc, bufs[0], delta, rest), sum = (uint32_t)word;
    if (packed && b->at == q->prod)
        b->first = word;
    else
        vio_store64(&desc->rest, word);
    if (!packed)
        __atomic_store_n(avail, VIO_LE(16, (uint16_t)id), __ATOMIC_RELAXED);
    IXL_UNROLL(2)
    for (size_t i = 1; i < n; i++) {
        rest += step;
        word = fill_plain(&desc[i], bufs[i], delta, rest);
        vio_store64(&desc[i].rest, word);
        if (!packed)
            __atomic_store_n(avail + i, VIO_LE(16, (uint16_t)(id + i)), __ATOMIC_RELAXED);
        sum += (uint32_t)word;
    }
    b->bytes += sum - (uint64_t)n * VIO_HDR_SIZE;
}

VIO_INLINE void put_plain(struct vio_txq *q, bool packed, struct batch *b, struct pkt_buf **bufs,
                          uint32_t n)
{
    const uint32_t start = b->at, mask = q->ring.mask;

    for (uint32_t done = 0, some; done < n; done += some) {
        uint32_t end = mask + 1 - (b->at & mask), told = mask + 1 - (b->avail & mask);
        some = n - done < end ? n - done : end;
        if (!packed && told < some)
            some = told;
        put_run(q, packed, b, bufs + done, some);
        b->at += some;
        b->avail = (uint16_t)(b->avail + some);
    }
    note_run(q, start, b->at);
}

/* Where the header of a frame is put: its address as the device sees it. */
static uint64_t put_header(struct vio_txq *q, const struct batch *b, struct pkt_buf *frame,
                           uint64_t data)
{
    uint32_t place = (b->at & q->ring.mask) * VIO_HDR_STRIDE;
    uint8_t header[VIO_HDR_SIZE_HASH], *to = frame->data - VIO_HDR_SIZE;
    bool front = in_front(q, frame);
    uint32_t bytes = (uint32_t)ixl_pkt_len(frame);

    vio_offload_header(frame, bytes, header);
    if (!front)
        to = (uint8_t *)q->headers.virt + place;
    memcpy(to, header, q->header);
    return front ? data - VIO_HDR_SIZE : q->headers.addr + place;
}

static uint64_t address(const struct vio_txq *q, const struct pkt_buf *buf)
{
    int slot = ixl_pool_slot(buf->pool, q->base.dev);

    return (uintptr_t)buf->data + buf->chunk->delta[slot];
}

/* Everything in the blocks of [from, to) becomes a mixture. */
static void mix_blocks(struct vio_txq *q, uint32_t from, uint32_t to)
{
    for (uint32_t at = from; at != to; at++)
        q->pools[(at & q->ring.mask) / VIO_BLOCK] = NULL;
}

static void put_any(struct vio_txq *q, bool packed, struct batch *b, struct pkt_buf *frame)
{
    uint32_t start = b->at;
    uint16_t id = (uint16_t)(start & q->ring.mask);
    uint64_t data = address(q, frame), header = put_header(q, b, frame, data);
    uint16_t more = frame->next ? VIO_DESC_NEXT : 0;

    if (in_front(q, frame)) {
        put(q, packed, b, header, VIO_HDR_SIZE + frame->size, more, id);
    } else {
        put(q, packed, b, header, q->header, VIO_DESC_NEXT, id);
        put(q, packed, b, data, frame->size, more, id);
    }
    b->bytes += frame->size;
    for (const struct pkt_buf *buf = frame->next; buf; buf = buf->next) {
        put(q, packed, b, address(q, buf), buf->size, buf->next ? VIO_DESC_NEXT : 0, id);
        b->bytes += buf->size;
    }
    note(q, packed, b, start, frame, NULL);
    mix_blocks(q, start, b->at);
}

VIO_INLINE void hand_over(struct vio_txq *q, bool packed, const struct batch *b, unsigned frames)
{
    struct vio_ring *r = &q->ring;
    uint32_t before = packed ? q->prod : q->avail, now = packed ? b->at : b->avail;

    if (packed)
        vio_publish_packed(r, q->prod, b->first);
    else
        vio_publish_split(r, b->avail);
    __atomic_store_n(&q->prod, b->at, __ATOMIC_RELAXED); /* ixl_check_health looks at it */
    q->avail = b->avail;
    count(&q->pkts, frames);
    count(&q->bytes, b->bytes);
    if (vio_wants_kick(r, packed, now, before))
        vio_kick(r);
}

VIO_INLINE int push(struct vio_txq *q, bool packed, struct pkt_buf **bufs, unsigned n)
{
    struct batch b = { .at = q->prod, .avail = q->avail };
    unsigned plain, i;
    int fit = look_over(q, bufs, n, &plain);

    if (unlikely(fit <= 0))
        return fit;
    if (likely(plain))
        put_plain(q, packed, &b, bufs, plain);
    for (i = plain; i < (unsigned)fit; i++)
        put_any(q, packed, &b, bufs[i]);
    hand_over(q, packed, &b, (unsigned)fit);
    return fit;
}

/* ---- burst ---------------------------------------------------------------------------------- */

VIO_INLINE int burst(struct ixl_txq *base, bool packed, struct pkt_buf **bufs, unsigned n)
{
    struct vio_txq *q = (struct vio_txq *)base;

    if (unlikely(q->ring.broken))
        return 0;
    if (q->prod - q->cons >= VIO_BLOCK || room(q) < n)
        reap(q);
    if (unlikely(q->ring.broken))
        return 0;
    int sent = push(q, packed, bufs, n);
    /* a chain may need more than was left; there was no other reason to reap */
    if (unlikely(sent == 0 && n && reap(q) > 0))
        sent = push(q, packed, bufs, n);
    return sent;
}

static int burst_split(struct ixl_txq *q, struct pkt_buf **bufs, unsigned n)
{
    return burst(q, false, bufs, n);
}

static int burst_packed(struct ixl_txq *q, struct pkt_buf **bufs, unsigned n)
{
    return burst(q, true, bufs, n);
}

void vio_tx_rewind(struct vio_txq *q)
{
    reap(q); /* what is reported as used has been sent */
    for (uint32_t i = 0; i <= q->ring.mask; i++) {
        count(&q->reset_dropped, q->slot[i] && !(q->pieces[i] & VIO_DONE));
        ixl_pkt_buf_free(q->slot[i]);
        q->slot[i] = NULL;
        q->pieces[i] = 0;
        q->pools[i / VIO_BLOCK] = NULL;
    }
    vio_ring_rewind(&q->ring);
    q->cons = q->used = q->prod = 0;
    q->avail = q->reported = 0;
    q->idle = 0;
}

void vio_tx_attach(struct vio_txq *q)
{
    q->base.burst = q->ring.packed ? burst_packed : burst_split;
    q->base.reclaim = reclaim;
}
