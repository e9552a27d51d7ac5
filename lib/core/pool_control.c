// SPDX-License-Identifier: MIT
/* Memory pools, the control operations: create, extend, shrink, destroy. */
#include <stdlib.h>

#include "lib/core/device.h"
#include "lib/core/pool.h"

/* DMA memory is taken in pieces of this size, so that a shrink can give pieces back. */
#define CHUNK_BYTES (2u << 20)
#define MIN_ENTRY   (sizeof(struct pkt_buf) + 256u)

/* ---- chunks ----------------------------------------------------------------------- */

/* Lock held. */
static void count_dma(struct ixl_mempool *pool, int64_t bytes)
{
    struct ixl_device *dev = pool->devs[0];
    pool->memory_bytes += (uint64_t)bytes;
    if (dev)
        atomic_fetch_add(&dev->dma_bytes, (uint64_t)bytes);
}

/* Revoke every device's access, give the memory back. Control held, or nobody else there. */
static void free_chunk(struct ixl_mempool *pool, struct ixl_chunk *chunk)
{
    for (unsigned slot = 1; slot < IXL_POOL_DEVICES; slot++)
        ixl_pool_unshare_chunk(chunk, slot, pool->devs[slot]);
    struct ixl_os_dev *os = pool->home->os;
    os->ops->dma_free(os, &chunk->mem);
    free(chunk);
}

/* The next doomed chunk, out of the list; NULL: there is none. */
static struct ixl_chunk *take_doomed(struct ixl_mempool *pool)
{
    ixl_pool_lock(pool);
    struct ixl_chunk *chunk = pool->doomed;
    if (chunk) {
        pool->doomed = chunk->link;
        count_dma(pool, -(int64_t)chunk->mem.size);
    }
    ixl_pool_unlock(pool);
    return chunk;
}

void ixl_pool_free_doomed(struct ixl_mempool *pool)
{
    for (struct ixl_chunk *chunk; (chunk = take_doomed(pool)) != NULL;)
        free_chunk(pool, chunk);
}

/* The i-th buffer of a piece of memory. */
static struct pkt_buf *nth(const struct ixl_mempool *pool, const struct ixl_chunk *chunk,
                           uint32_t i)
{
    return (struct pkt_buf *)(void *)((uint8_t *)chunk->mem.virt + (size_t)i * pool->entry_size);
}

static void init_buffers(struct ixl_mempool *pool, struct ixl_chunk *chunk)
{
    for (uint32_t i = 0; i < chunk->count; i++) {
        struct pkt_buf *buf = nth(pool, chunk, i);
        memset(buf, 0, sizeof(*buf));
        buf->pool = pool;
        buf->chunk = chunk;
        buf->capacity = (uint16_t)(pool->entry_size - sizeof(*buf));
        if (__atomic_load_n(&pool->attention, __ATOMIC_RELAXED) & IXL_POOL_CHECKED)
            buf->state = 0x80000000u;
    }
}

/* One chunk with `count` buffers, visible to all devices of the pool, not yet in the pool's list.
 */
static int make_chunk(struct ixl_mempool *pool, uint32_t count, struct ixl_chunk **out)
{
    struct ixl_chunk *chunk = ixl_alloc(1, sizeof(*chunk));
    if (!chunk)
        return -IXL_ENOMEM;
    struct ixl_os_dev *os = pool->home->os;
    int err = os->ops->dma_alloc(os, (size_t)count * pool->entry_size, 64, &chunk->mem);
    if (err < 0) {
        free(chunk);
        return err;
    }
    chunk->count = count;
    for (unsigned slot = 0; slot < IXL_POOL_DEVICES; slot++)
        chunk->delta[slot] = IXL_NO_DELTA;
    chunk->delta[0] = chunk->mem.addr - (uintptr_t)chunk->mem.virt;
    for (unsigned slot = 1; slot < IXL_POOL_DEVICES && err == 0; slot++)
        if (pool->devs[slot])
            err = ixl_pool_share_chunk(pool, chunk, slot, pool->devs[slot]);
    if (err < 0) {
        free_chunk(pool, chunk);
        return err;
    }
    init_buffers(pool, chunk);
    *out = chunk;
    return 0;
}

/* A list of chunks that hold `entries` buffers together; nothing on failure. */
static int make_chunks(struct ixl_mempool *pool, uint32_t entries, struct ixl_chunk **list)
{
    uint32_t per_chunk = CHUNK_BYTES / pool->entry_size;
    *list = NULL;
    while (entries) {
        struct ixl_chunk *chunk;
        uint32_t count = entries < per_chunk ? entries : per_chunk;
        int err = make_chunk(pool, count, &chunk);
        if (err < 0) {
            while (*list) {
                struct ixl_chunk *next = (*list)->link;
                free_chunk(pool, *list);
                *list = next;
            }
            return err;
        }
        chunk->link = *list;
        *list = chunk;
        entries -= count;
    }
    return 0;
}

/*
 * Keep `uniform` and `delta` true for the chunks of `list`, before anybody gets a buffer of them.
 * What was mixed once stays mixed: send queues remember the delta of a pool they found uniform.
 * Lock held.
 */
static void note_deltas(struct ixl_mempool *pool, const struct ixl_chunk *list)
{
    if (!pool->chunks) {
        memcpy(pool->delta, list->delta, sizeof(pool->delta));
        pool->uniform = true;
    }
    for (; list; list = list->link)
        if (memcmp(pool->delta, list->delta, sizeof(pool->delta)) != 0)
            __atomic_store_n(&pool->uniform, false, __ATOMIC_RELEASE);
}

/* ---- extend ------------------------------------------------------------------------- */

static int check_cap(const struct ixl_mempool *pool, uint32_t entries)
{
    uint64_t bytes = pool->memory_bytes + (uint64_t)entries * pool->entry_size;
    if (pool->max_bytes == 0 || bytes <= pool->max_bytes)
        return 0;
    ixl_log(IXL_LOG_ERROR,
            "a pool of %llu bytes would exceed its memory cap of %llu bytes: raise the cap or ask "
            "for fewer buffers",
            (unsigned long long)bytes, (unsigned long long)pool->max_bytes);
    return -IXL_ENOSPC;
}

/* n more buffers (first .. last linked by next) for the owner, who gets them as those that other
 * threads free. Lock held. */
static void hand_over(struct ixl_mempool *pool, struct pkt_buf *first, struct pkt_buf *last,
                      uint32_t n)
{
    pool->capacity += n;
    __atomic_store_n(&pool->live, pool->live + n, __ATOMIC_RELAXED);
    ixl_pool_push_remote(pool, first, last, n);
}

/* The buffers of new chunks. Lock held. */
static void publish(struct ixl_mempool *pool, struct ixl_chunk *list)
{
    while (list) {
        struct ixl_chunk *chunk = list;
        list = chunk->link;
        chunk->link = pool->chunks;
        pool->chunks = chunk;
        count_dma(pool, (int64_t)chunk->mem.size);
        for (uint32_t i = 1; i < chunk->count; i++)
            nth(pool, chunk, i - 1)->next = nth(pool, chunk, i);
        hand_over(pool, nth(pool, chunk, 0), nth(pool, chunk, chunk->count - 1), chunk->count);
    }
}

/* Buffers a shrink has collected from memory that is held all the same, for others of it, come
 * back: how many. Lock held. */
static uint32_t unpark(struct ixl_mempool *pool, uint32_t entries)
{
    uint32_t back = 0;
    for (struct ixl_chunk *chunk = pool->chunks; chunk && back < entries; chunk = chunk->link) {
        uint32_t n = chunk->parked < entries - back ? chunk->parked : entries - back;
        if (n == 0)
            continue;
        struct pkt_buf *first = chunk->park, *last = first;
        for (uint32_t i = 1; i < n; i++)
            last = last->next;
        chunk->park = last->next;
        chunk->parked -= n;
        back += n;
        hand_over(pool, first, last, n);
    }
    return back;
}

/* Buffers a shrink has not collected yet are simply kept: how many. Lock held. */
static uint32_t cancel_shrink(struct ixl_mempool *pool, uint32_t entries)
{
    uint32_t kept = 0;
    for (struct ixl_chunk *chunk = pool->chunks; chunk && kept < entries; chunk = chunk->link) {
        uint32_t n = chunk->quota < entries - kept ? chunk->quota : entries - kept;
        chunk->quota -= n;
        pool->capacity += n;
        kept += n;
    }
    return kept;
}

/* Newest chunks first; of each at most what is not being collected yet. Lock held. */
static void assign_quota(struct ixl_mempool *pool, uint32_t entries)
{
    for (struct ixl_chunk *chunk = pool->chunks; chunk && entries; chunk = chunk->link) {
        uint32_t left = chunk->count - chunk->parked - chunk->quota;
        uint32_t n = left < entries ? left : entries;
        chunk->quota += n;
        entries -= n;
    }
}

/* Have `entries` buffers collected. Lock held. */
static void begin_shrink(struct ixl_mempool *pool, uint32_t entries)
{
    pool->capacity -= entries;
    assign_quota(pool, entries);
    __atomic_fetch_or(&pool->attention, IXL_POOL_SHRINKING, __ATOMIC_RELAXED);
}

/* A LIFO that has room for all buffers, for the owner to move to. Lock held. */
static int widen(struct ixl_mempool *pool, uint32_t entries)
{
    uint32_t total = entries;
    for (struct ixl_chunk *chunk = pool->chunks; chunk; chunk = chunk->link)
        total += chunk->count;
    if (total <= (pool->wider ? pool->wider_limit : pool->limit))
        return 0;
    struct pkt_buf **wider = ixl_alloc(total, sizeof(*wider));
    if (!wider)
        return -IXL_ENOMEM;
    free(pool->wider);
    pool->wider = wider;
    pool->wider_limit = total;
    __atomic_fetch_or(&pool->attention, IXL_POOL_WIDER, __ATOMIC_RELAXED);
    return 0;
}

int ixl_mempool_extend(struct ixl_mempool *pool, uint32_t entries)
{
    if (!pool || entries == 0) {
        ixl_log(IXL_LOG_ERROR, "extending a pool needs a pool and a number of buffers above 0");
        return -IXL_EINVAL;
    }
    ixl_pool_begin_control(pool);
    ixl_pool_lock(pool);
    uint32_t kept = cancel_shrink(pool, entries);
    kept += unpark(pool, entries - kept);
    uint32_t rest = entries - kept;
    int err = rest ? check_cap(pool, rest) : 0;
    ixl_pool_unlock(pool);
    struct ixl_chunk *list = NULL;
    if (err == 0)
        err = make_chunks(pool, rest, &list);
    ixl_pool_lock(pool);
    if (err == 0 && list && (err = widen(pool, rest)) == 0) {
        note_deltas(pool, list);
        publish(pool, list);
        list = NULL;
    }
    if (err < 0 && kept)
        begin_shrink(pool, kept); /* as it was: the owner collects them when he runs short */
    ixl_pool_unlock(pool);
    while (list) {
        struct ixl_chunk *next = list->link;
        free_chunk(pool, list);
        list = next;
    }
    ixl_pool_end_control(pool);
    return err;
}

/* ---- create, destroy ------------------------------------------------------------------ */

static int check_create(const struct ixl_device *dev, uint32_t entries, uint32_t entry_size,
                        const struct ixl_mempool *const *out)
{
    if (!dev || !out || entries == 0) {
        ixl_log(IXL_LOG_ERROR, "a pool needs a device and a number of buffers above 0");
        return -IXL_EINVAL;
    }
    if (entry_size < MIN_ENTRY || entry_size > IXL_MEMPOOL_MAX_ENTRY) {
        ixl_log(IXL_LOG_ERROR, "a pool entry of %u bytes is not possible: choose %zu to %u, or 0",
                entry_size, MIN_ENTRY, IXL_MEMPOOL_MAX_ENTRY);
        return -IXL_EINVAL;
    }
    return 0;
}

/* Buffers start on cache lines; an odd number of lines between them spreads them over all cache
 * sets, where a power of two would put the first lines of all buffers into a few. */
static uint32_t stride_of(uint32_t entry_size)
{
    uint32_t lines = (entry_size + 63u) / 64u;
    return (lines | 1u) * 64u;
}

static int home_of(struct ixl_device *dev, struct ixl_home **out)
{
    if (!dev->home) {
        dev->home = ixl_alloc(1, sizeof(*dev->home));
        if (!dev->home)
            return -IXL_ENOMEM;
        dev->home->os = dev->os;
        dev->home->users = 1;
    }
    *out = dev->home;
    return 0;
}

static struct ixl_mempool *new_pool(struct ixl_device *dev, uint32_t entry_size, uint64_t max_bytes)
{
    struct ixl_mempool *pool = ixl_queue_alloc(sizeof(*pool));
    if (!pool)
        return NULL;
    if (home_of(dev, &pool->home) < 0) {
        ixl_queue_free(pool);
        return NULL;
    }
    pool->entry_size = stride_of(entry_size);
    pool->max_bytes = max_bytes;
    pool->devs[0] = dev;
    pool->floor = 1;
#ifdef IXL_DEBUG_CHECKS
    pool->attention = IXL_POOL_CHECKED;
#endif
    return pool;
}

/* Give back everything but the structure itself. */
static void empty(struct ixl_mempool *pool)
{
    ixl_pool_free_doomed(pool);
    pool->doomed = pool->chunks;
    pool->chunks = NULL;
    ixl_pool_free_doomed(pool);
    free(pool->free);
    free(pool->wider);
    pool->free = NULL;
    pool->wider = NULL;
}

void ixl_pool_destroy(struct ixl_mempool *pool)
{
    empty(pool);
    ixl_queue_free(pool);
}

int ixl_mempool_create(struct ixl_device *dev, uint32_t entries, uint32_t entry_size,
                       size_t max_bytes, struct ixl_mempool **out)
{
    if (out)
        *out = NULL;
    entry_size = entry_size ? entry_size : IXL_MEMPOOL_DEFAULT_ENTRY;
    int err = check_create(dev, entries, entry_size, (const struct ixl_mempool *const *)out);
    if (err < 0)
        return err;
    struct ixl_mempool *pool = new_pool(dev, entry_size, max_bytes);
    if (!pool)
        return -IXL_ENOMEM;
    err = ixl_mempool_extend(pool, entries);
    if (err < 0) {
        ixl_pool_destroy(pool);
        return err;
    }
    ixl_pool_tend(pool); /* the first owner finds a ready LIFO */
    pool->link = dev->pools;
    dev->pools = pool;
    *out = pool;
    return 0;
}

int ixl_mempool_destroy(struct ixl_mempool *pool)
{
    if (!pool) {
        ixl_log(IXL_LOG_ERROR, "destroying a pool needs a pool");
        return -IXL_EINVAL;
    }
    struct ixl_mempool_stats stats;
    ixl_mempool_get_stats(pool, &stats);
    struct ixl_device *dev = pool->devs[0];
    if (stats.in_use || ixl_pool_shared(pool) || pool->floor > 1 || !dev) {
        ixl_log(IXL_LOG_ERROR, "a pool cannot be destroyed: %u of its buffers are in use%s",
                stats.in_use, ixl_pool_shared(pool) ? " and another device shares it" : "");
        return -IXL_EBUSY;
    }
    for (struct ixl_mempool **at = &dev->pools; *at; at = &(*at)->link)
        if (*at == pool) {
            *at = pool->link;
            break;
        }
    empty(pool);
    /* Send queues recognise a pool by its address, so that address must not come back: the
     * structure stays until the device is closed. */
    pool->link = dev->buried;
    dev->buried = pool;
    return 0;
}

/* ---- shrink --------------------------------------------------------------------------- */

/* Nobody else may own it: collect at once. Otherwise the owner does it in his next call. */
static void collect_now(struct ixl_mempool *pool)
{
    uintptr_t nobody = 0;
    if (__atomic_load_n(&pool->owner, __ATOMIC_RELAXED) == ixl_self()) {
        ixl_pool_tend(pool);
    } else if (__atomic_compare_exchange_n(&pool->owner, &nobody, IXL_POOL_TENDED, false,
                                           __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        ixl_pool_tend(pool);
        __atomic_store_n(&pool->owner, 0, __ATOMIC_RELEASE);
    }
}

/* Unless too few would be left. */
static int shrink(struct ixl_mempool *pool, uint32_t entries)
{
    int err = 0;
    ixl_pool_lock(pool);
    if (entries <= pool->capacity && pool->capacity - entries >= pool->floor) {
        begin_shrink(pool, entries);
    } else {
        ixl_log(IXL_LOG_ERROR, "a pool of %u buffers cannot shrink by %u: at least %u must stay",
                pool->capacity, entries, pool->floor);
        err = -IXL_ERANGE;
    }
    ixl_pool_unlock(pool);
    return err;
}

int ixl_mempool_shrink(struct ixl_mempool *pool, uint32_t entries)
{
    if (!pool || entries == 0) {
        ixl_log(IXL_LOG_ERROR, "shrinking a pool needs a pool and a number of buffers above 0");
        return -IXL_EINVAL;
    }
    /* An extension under way may have to bring the pool back to what it was. */
    ixl_pool_begin_control(pool);
    int err = shrink(pool, entries);
    if (!err)
        collect_now(pool);
    ixl_pool_end_control(pool);
    return err;
}

void ixl_pool_set_floor(struct ixl_mempool *pool, uint32_t entries)
{
    ixl_pool_lock(pool);
    pool->floor = entries;
    ixl_pool_unlock(pool);
}

/* ---- statistics ----------------------------------------------------------------------------- */

void ixl_mempool_get_stats(const struct ixl_mempool *pool, struct ixl_mempool_stats *out)
{
    if (!out)
        return;
    memset(out, 0, sizeof(*out));
    if (!pool)
        return;
    uint32_t idle = __atomic_load_n(&pool->n_free, __ATOMIC_RELAXED) +
                    __atomic_load_n(&pool->n_remote, __ATOMIC_RELAXED);
    uint32_t live = __atomic_load_n(&pool->live, __ATOMIC_RELAXED);
    struct ixl_mempool *locked = (struct ixl_mempool *)(uintptr_t)pool;
    ixl_pool_lock(locked);
    out->capacity = pool->capacity;
    out->memory_bytes = pool->memory_bytes;
    ixl_pool_unlock(locked);
    out->in_use = idle < live ? live - idle : 0;
    out->high_water = __atomic_load_n(&pool->high_water, __ATOMIC_RELAXED);
    out->entry_size = pool->entry_size;
    out->alloc_failures = __atomic_load_n(&pool->alloc_failures, __ATOMIC_RELAXED);
}
