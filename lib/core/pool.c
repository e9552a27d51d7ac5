// SPDX-License-Identifier: MIT
/* Memory pools, the part that moves buffers. Control operations are in pool_control.c. */
#include <stdlib.h>

#include "lib/core/device.h"
#include "lib/core/pool.h"

_Thread_local char ixl_thread_tag;

/* pkt_buf.state: extra references in the low half; with debug checks, whether it lies in a pool. */
#define STATE_REFS    0xffffu
#define STATE_IN_POOL 0x80000000u

/* Looks at a lock before a thread that waits for it sleeps: more than any holder who runs needs. */
#define SPINS         10000u
#define SLEEP_US      2000u /* more than a step of any system's clock, so that it is a sleep */

/* Waiting for the `tries`-th time. Where priorities are strict, whoever is waited for may be a
 * thread that runs only while this one sleeps. */
static void pause_for(const struct ixl_mempool *pool, unsigned tries)
{
    struct ixl_os_dev *os = pool->home->os;
    if (tries >= SPINS && os->ops->delay_us)
        os->ops->delay_us(os, SLEEP_US);
}

static void take(const struct ixl_mempool *pool, bool *lock)
{
    for (unsigned tries = 0; __atomic_test_and_set(lock, __ATOMIC_ACQUIRE); tries++)
        pause_for(pool, tries);
}

void ixl_pool_lock(struct ixl_mempool *pool)
{
    /* Held for short and rare moments only: a queue's thread meets it during extend and shrink. */
    take(pool, &pool->lock);
}

void ixl_pool_unlock(struct ixl_mempool *pool)
{
    __atomic_clear(&pool->lock, __ATOMIC_RELEASE);
}

void ixl_pool_begin_control(struct ixl_mempool *pool)
{
    take(pool, &pool->control);
}

void ixl_pool_end_control(struct ixl_mempool *pool)
{
    ixl_pool_lock(pool);
    while (pool->doomed) {
        ixl_pool_unlock(pool);
        ixl_pool_free_doomed(pool);
        ixl_pool_lock(pool);
    }
    /* Inside the other lock: who dooms next finds this one free. */
    __atomic_clear(&pool->control, __ATOMIC_RELEASE);
    ixl_pool_unlock(pool);
}

/* Or leave it to the thread that holds `control`, and sees it at its end. */
static void release_doomed(struct ixl_mempool *pool)
{
    if (!__atomic_test_and_set(&pool->control, __ATOMIC_ACQUIRE))
        ixl_pool_end_control(pool);
}

static inline uint32_t attention(const struct ixl_mempool *pool)
{
    return __atomic_load_n(&pool->attention, __ATOMIC_RELAXED);
}

static inline bool is_owner(const struct ixl_mempool *pool)
{
    return __atomic_load_n(&pool->owner, __ATOMIC_RELAXED) == ixl_self();
}

/* ---- what other threads freed --------------------------------------------------- */

void ixl_pool_push_remote(struct ixl_mempool *pool, struct pkt_buf *first, struct pkt_buf *last,
                          uint32_t n)
{
    /* Counted before they are visible, so that the owner never sees fewer than there are. */
    __atomic_fetch_add(&pool->n_remote, n, __ATOMIC_RELAXED);
    struct pkt_buf *head = __atomic_load_n(&pool->remote, __ATOMIC_RELAXED);
    do {
        last->next = head;
        /* Release: the links above, and what was done to the pool before, are seen by the owner
         * that takes the list. */
    } while (!__atomic_compare_exchange_n(&pool->remote, &head, first, true, __ATOMIC_RELEASE,
                                          __ATOMIC_RELAXED));
}

/* The owner takes all of them; popping one by one would meet the ABA problem. */
static struct pkt_buf *take_remote(struct ixl_mempool *pool)
{
    if (!__atomic_load_n(&pool->remote, __ATOMIC_RELAXED))
        return NULL;
    /* Acquire: pairs with the release in ixl_pool_push_remote. Who finds the buffers of an
     * extension finds IXL_POOL_WIDER, too. */
    return __atomic_exchange_n(&pool->remote, NULL, __ATOMIC_ACQUIRE);
}

/* Into the LIFO with a list that was taken. Room is missing only for what was freed twice. */
static void adopt(struct ixl_mempool *pool, struct pkt_buf *buf)
{
    uint32_t n = 0;
    while (buf) {
        struct pkt_buf *next = buf->next;
        buf->next = NULL;
        if (pool->n_free < pool->limit) {
            pool->free[pool->n_free] = buf;
            ixl_pool_set_free(pool, pool->n_free + 1);
        }
        buf = next;
        n++;
    }
    if (n)
        __atomic_fetch_sub(&pool->n_remote, n, __ATOMIC_RELAXED);
}

/* ---- shrinking --------------------------------------------------------------------- */

/* Chunks whose buffers have all been collected leave the pool: true if there were any. Lock held.
 */
static bool doom_ripe_chunks(struct ixl_mempool *pool)
{
    struct ixl_chunk *doomed = pool->doomed;
    for (struct ixl_chunk **at = &pool->chunks; *at;) {
        struct ixl_chunk *chunk = *at;
        if (chunk->parked == chunk->count) {
            *at = chunk->link;
            chunk->link = doomed;
            doomed = chunk;
        } else {
            at = &chunk->link;
        }
    }
    pool->doomed = doomed;
    return doomed != NULL;
}

/* Take the buffers a shrink wants out of the LIFO. Lock held. */
static void park_free_buffers(struct ixl_mempool *pool)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < pool->n_free; i++) {
        struct pkt_buf *buf = pool->free[i];
        struct ixl_chunk *chunk = buf->chunk;
        if (chunk->quota == 0) {
            pool->free[kept++] = buf;
            continue;
        }
        buf->next = chunk->park;
        chunk->park = buf;
        chunk->quota--;
        chunk->parked++;
        __atomic_store_n(&pool->live, pool->live - 1, __ATOMIC_RELAXED);
    }
    ixl_pool_set_free(pool, kept);
}

static bool still_shrinking(const struct ixl_mempool *pool)
{
    for (const struct ixl_chunk *chunk = pool->chunks; chunk; chunk = chunk->link)
        if (chunk->quota)
            return true;
    return false;
}

/* Move to the larger LIFO an extension has prepared. Lock held. */
static struct pkt_buf **adopt_wider(struct ixl_mempool *pool)
{
    struct pkt_buf **old = pool->wider ? pool->free : NULL;
    if (pool->wider) {
        if (pool->n_free)
            memcpy(pool->wider, pool->free, pool->n_free * sizeof(*pool->free));
        pool->free = pool->wider;
        pool->limit = pool->wider_limit;
        pool->wider = NULL;
    }
    return old;
}

/* Become the owner. A control thread that tends the ownerless pool is waited for: it is quick. */
static void claim(struct ixl_mempool *pool)
{
    uintptr_t owner = __atomic_load_n(&pool->owner, __ATOMIC_RELAXED);
    for (unsigned tries = 0; owner != ixl_self(); tries++) {
        if (owner == IXL_POOL_TENDED) {
            pause_for(pool, tries);
            owner = __atomic_load_n(&pool->owner, __ATOMIC_RELAXED);
        } else if (__atomic_compare_exchange_n(&pool->owner, &owner, ixl_self(), true,
                                               __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
            return;
        }
    }
}

void ixl_pool_tend(struct ixl_mempool *pool)
{
    /* In this order: an extension between the two would bring buffers the LIFO has no room for. */
    struct pkt_buf *arrived = take_remote(pool);
    if (!(attention(pool) & (IXL_POOL_WIDER | IXL_POOL_SHRINKING))) {
        adopt(pool, arrived);
        return;
    }
    ixl_pool_lock(pool);
    struct pkt_buf **old = adopt_wider(pool);
    adopt(pool, arrived);
    adopt(pool, take_remote(pool));
    park_free_buffers(pool);
    bool doomed = doom_ripe_chunks(pool);
    uint32_t keep = pool->attention & IXL_POOL_CHECKED;
    __atomic_store_n(&pool->attention, keep | (still_shrinking(pool) ? IXL_POOL_SHRINKING : 0),
                     __ATOMIC_RELAXED);
    ixl_pool_unlock(pool);
    free(old);
    if (doomed)
        release_doomed(pool);
}

/* ---- allocation ------------------------------------------------------------------ */

unsigned ixl_pool_alloc_slow(struct ixl_mempool *pool, struct pkt_buf **bufs, unsigned n)
{
    claim(pool);
    ixl_pool_tend(pool);
    unsigned got = n < pool->n_free ? n : pool->n_free;
    ixl_pool_set_free(pool, pool->n_free - got);
    memcpy(bufs, pool->free + pool->n_free, got * sizeof(*bufs));
    ixl_pool_note_use(pool);
    if (got < n)
        __atomic_fetch_add(&pool->alloc_failures, 1, __ATOMIC_RELAXED);
    if (attention(pool) & IXL_POOL_CHECKED)
        for (unsigned i = 0; i < got; i++)
            bufs[i]->state = 0;
    return got;
}

/* The metadata a fresh buffer has: the 16 bytes from ptype to vlan_tci are 0. */
static inline void clear_meta(struct pkt_buf *buf)
{
    memset((char *)buf + offsetof(struct pkt_buf, ptype), 0, 16);
}

struct pkt_buf *ixl_pkt_buf_alloc(struct ixl_mempool *pool)
{
    struct pkt_buf *buf = NULL;
    return ixl_pkt_buf_alloc_batch(pool, &buf, 1) ? buf : NULL;
}

static __attribute__((noinline)) unsigned alloc_batch_slow(struct ixl_mempool *pool,
                                                           struct pkt_buf **bufs, unsigned n)
{
    n = ixl_pool_alloc_slow(pool, bufs, n);
    for (unsigned i = 0; i < n; i++)
        clear_meta(bufs[i]);
    return n;
}

unsigned ixl_pkt_buf_alloc_batch(struct ixl_mempool *pool, struct pkt_buf **bufs, unsigned n)
{
    if (!pool || !bufs)
        return 0;
    struct pkt_buf **from = ixl_pool_peel(pool, n);
    if (__builtin_expect(!from, 0))
        return alloc_batch_slow(pool, bufs, n);
    /* Wide stores first: a send loads several of these pointers at once, and would have to wait for
     * pointers stored one by one. */
    size_t copied = n & ~7u;
    ixl_copy_bufs(bufs, from, (unsigned)copied);
    for (size_t i = 0; i < copied; i++)
        clear_meta(from[i]);
    for (size_t i = copied; i < n; i++) {
        bufs[i] = from[i];
        clear_meta(bufs[i]);
    }
    return n;
}

/* ---- free -------------------------------------------------------------------------- */

static int double_free(const struct pkt_buf *buf)
{
    ixl_log(IXL_LOG_ERROR,
            "packet buffer %p was freed twice; the second free is ignored: "
            "free a buffer once, and not after ixl_tx_batch has accepted it",
            (const void *)buf);
    return -IXL_EINVAL;
}

/* Drop one reference: true if it was the last and the buffer must go back. */
static bool last_reference(struct pkt_buf *buf)
{
    if ((__atomic_load_n(&buf->state, __ATOMIC_ACQUIRE) & STATE_REFS) == 0)
        return true;
    /* Acquire and release: the last holder sees what the others did with the data. */
    if ((__atomic_fetch_sub(&buf->state, 1, __ATOMIC_ACQ_REL) & STATE_REFS) != 0)
        return false;
    buf->state = 0; /* two last holders met: both had counted on the other */
    return true;
}

/* A single buffer into the pool, from any thread. */
static int put_one(struct pkt_buf *buf)
{
    struct ixl_mempool *pool = buf->pool;
    if (attention(pool) & IXL_POOL_CHECKED) {
        if (__atomic_fetch_or(&buf->state, STATE_IN_POOL, __ATOMIC_RELAXED) & STATE_IN_POOL)
            return double_free(buf);
    }
    buf->next = NULL;
    if (!is_owner(pool)) {
        ixl_pool_push_remote(pool, buf, buf, 1);
        return 0;
    }
    if (pool->n_free >= pool->limit)
        return double_free(buf);
    pool->free[pool->n_free] = buf;
    ixl_pool_set_free(pool, pool->n_free + 1);
    return 0;
}

static int put_frame(struct pkt_buf *buf)
{
    int err = 0;
    while (buf) {
        struct pkt_buf *next = buf->next;
        bool in_pool = (__atomic_load_n(&buf->state, __ATOMIC_RELAXED) & STATE_IN_POOL) != 0;
        if (in_pool)
            return double_free(buf);
        if (last_reference(buf) && put_one(buf) < 0)
            err = -IXL_EINVAL;
        buf = next;
    }
    return err;
}

/* n single buffers of one pool that is another thread's: one atomic operation for all. */
static void put_remote_batch(struct ixl_mempool *pool, struct pkt_buf **bufs, unsigned n)
{
    for (unsigned i = 0; i + 1 < n; i++)
        bufs[i]->next = bufs[i + 1];
    ixl_pool_push_remote(pool, bufs[0], bufs[n - 1], n);
}

/* True if all are single, unshared buffers of `pool`. */
static bool plain(const struct ixl_mempool *pool, struct pkt_buf *const *bufs, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (!bufs[i] || bufs[i]->pool != pool || bufs[i]->next || bufs[i]->state)
            return false;
    return true;
}

int ixl_pool_free_slow(struct pkt_buf **bufs, unsigned n)
{
    if (n == 0)
        return 0;
    struct ixl_mempool *pool = bufs[0] ? bufs[0]->pool : NULL;
    if (pool && !is_owner(pool) && !(attention(pool) & IXL_POOL_CHECKED) && plain(pool, bufs, n)) {
        put_remote_batch(pool, bufs, n);
        return 0;
    }
    int err = 0;
    for (unsigned i = 0; i < n; i++)
        if (bufs[i] && put_frame(bufs[i]) < 0)
            err = -IXL_EINVAL;
    /* A shrink may have been waiting for just these. */
    if (pool && is_owner(pool) && (attention(pool) & IXL_POOL_SHRINKING))
        ixl_pool_tend(pool);
    return err;
}

int ixl_pkt_buf_free(struct pkt_buf *buf)
{
    return buf ? ixl_pkt_buf_free_batch(&buf, 1) : 0;
}

int ixl_pkt_buf_free_batch(struct pkt_buf **bufs, unsigned n)
{
    if (n == 0)
        return 0;
    if (!bufs)
        return -IXL_EINVAL;
    if (!bufs[0])
        return ixl_pool_free_slow(bufs, n);
    struct ixl_mempool *pool = bufs[0]->pool;
    if (!ixl_pool_fast(pool) || pool->limit - pool->n_free < n)
        return ixl_pool_free_slow(bufs, n);
    /* Copy on the way and find out whether that was right: single, unshared, all of this pool. */
    struct pkt_buf **to = pool->free + pool->n_free;
    uintptr_t any = 0, all = UINTPTR_MAX, next = 0;
    uint32_t state = 0;
    IXL_UNROLL(2)
    for (size_t i = 0; i < n; i++) {
        struct pkt_buf *buf = bufs[i];
        if (__builtin_expect(!buf, 0))
            return ixl_pool_free_slow(bufs, n);
        any |= (uintptr_t)buf->pool;
        all &= (uintptr_t)buf->pool;
        next |= (uintptr_t)buf->next;
        state |= buf->state;
        to[i] = buf;
    }
    if (__builtin_expect(any != all || next || state, 0))
        return ixl_pool_free_slow(bufs, n);
    ixl_pool_set_free(pool, pool->n_free + n);
    return 0;
}

void ixl_pkt_buf_ref(struct pkt_buf *buf)
{
    if (buf)
        __atomic_fetch_add(&buf->state, 1, __ATOMIC_RELAXED);
}
