// SPDX-License-Identifier: MIT
/*
 * Inside of a memory pool. See include/ixl/mempool.h for the contract and doc/design.md,
 * "Pools", for the reasons.
 *
 * The owner's free buffers are a dense LIFO of pointers: allocation and free are a memcpy and a
 * counter. Buffers freed by other threads go to `remote`, a lock-free stack the owner drains
 * when it runs short. `attention` sends the owner to the slow path while a shrink or an extension
 * is under way; it is the only thing control threads write that the fast path reads.
 */
#ifndef IXL_CORE_POOL_H
#define IXL_CORE_POOL_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <ixl/mempool.h>

#include "lib/os/os.h"

/* Devices that may use one pool at the same time (its own included). */
#define IXL_POOL_DEVICES 8u
/* A device slot's `delta` while the device cannot reach the memory. Device addresses are
 * 64-byte aligned relative to buffers, so an odd delta never occurs. */
#define IXL_NO_DELTA     1u

/*
 * One piece of DMA memory. The address a device sees is (virtual address + delta[slot]), where
 * slot is the device's place in this pool. Written by control operations only, so that the line
 * stays shared between the queues' threads.
 */
struct ixl_chunk {
    uint64_t delta[IXL_POOL_DEVICES];
    struct ixl_chunk *link; /* next chunk of the pool */
    struct ixl_dma mem;
    uint32_t count;       /* buffers in it */
    uint32_t quota;       /* buffers a shrink still has to collect */
    uint32_t parked;      /* buffers collected; == count: memory can go */
    struct pkt_buf *park; /* the collected ones, linked by next */
};

/* A limit of bytes as a size: a machine of 32 bits cannot use more than it can count. */
static inline size_t ixl_pool_cap(uint64_t bytes)
{
    return bytes < SIZE_MAX ? (size_t)bytes : SIZE_MAX;
}

/* Before a loop that is worth some text. */
#define IXL_UNROLL(n)    IXL_PRAGMA(GCC unroll n)
#define IXL_PRAGMA(text) _Pragma(#text)

/* Who keeps a closed device's DMA memory alive: its pools that other devices still share. */
struct ixl_home {
    struct ixl_os_dev *os;
    /* Pools that outlived the device, and the device itself: the last of them closes `os`. */
    _Atomic unsigned users;
};

/* `owner` while a control thread tends a pool that has no owner. Never the address of a variable.
 */
#define IXL_POOL_TENDED 1u

/* Reasons for the owner to take the slow path. */
enum {
    IXL_POOL_WIDER = 1u,     /* a larger LIFO waits to be moved to */
    IXL_POOL_SHRINKING = 2u, /* some chunk collects its buffers */
    IXL_POOL_CHECKED = 4u,   /* debug checks: always */
};

struct ixl_mempool {
    /* The owner's line. Control threads read n_free and high_water, and write attention and live.
     */
    struct pkt_buf **free; /* the LIFO; free[n_free - 1] is the next to go out */
    uint32_t n_free;
    uint32_t limit; /* entries the LIFO has room for */
    uint32_t high_water;
    uint32_t live;      /* buffers that exist and are not parked */
    uintptr_t owner;    /* ixl_self() of the owner, 0: nobody yet */
    uint32_t attention; /* IXL_POOL_*; not 0: take the slow path */
    bool uniform;       /* `delta` holds for all chunks */

    uint64_t delta[IXL_POOL_DEVICES] __attribute__((aligned(64)));

    /* The line other threads write when they free. */
    struct pkt_buf *remote __attribute__((aligned(64)));
    uint32_t n_remote;

    /* Control. `lock` guards what follows. `control` is taken before it, by who changes how much
     * memory the pool has or which devices reach it: it may be held during system calls, and
     * allocation and free do not wait for it. */
    bool lock __attribute__((aligned(64)));
    bool control;
    struct ixl_chunk *chunks; /* newest first */
    struct ixl_chunk *doomed; /* out of the pool, their memory is to be given back */
    struct pkt_buf **wider;   /* a larger LIFO for the owner to move to, NULL: none */
    uint32_t wider_limit;
    struct ixl_home *home;                     /* whose DMA memory it is */
    struct ixl_device *devs[IXL_POOL_DEVICES]; /* slot 0: the device it was made for */
    struct ixl_mempool *link;                  /* next pool of the same device */
    uint32_t capacity;                         /* live, less what a shrink still waits for */
    uint32_t floor;                            /* shrink leaves at least so many */
    uint32_t entry_size;                       /* bytes, metadata included */
    uint64_t max_bytes;
    uint64_t memory_bytes;
    uint64_t alloc_failures;
};

/* A value that is unique to the calling thread while it lives, never 0. */
extern _Thread_local char ixl_thread_tag __attribute__((tls_model("initial-exec")));
static inline uintptr_t ixl_self(void)
{
    return (uintptr_t)&ixl_thread_tag;
}

/* The place `dev` has in the pool, -IXL_EINVAL if it may not use it. Any thread. */
int ixl_pool_slot(const struct ixl_mempool *pool, const struct ixl_device *dev);

/* Allocation without clearing metadata, fast and slow; free by the slow path. */
unsigned ixl_pool_alloc_slow(struct ixl_mempool *pool, struct pkt_buf **bufs, unsigned n);
int ixl_pool_free_slow(struct pkt_buf **bufs, unsigned n);

/* Give a list of n buffers (first .. last linked by next) to the owner, from another thread. */
void ixl_pool_push_remote(struct ixl_mempool *pool, struct pkt_buf *first, struct pkt_buf *last,
                          uint32_t n);

/* Adopt what other threads freed, collect for a shrink. Owner thread, or with IXL_POOL_TENDED set.
 */
void ixl_pool_tend(struct ixl_mempool *pool);

/* Refuse shrinking below `entries`. */
void ixl_pool_set_floor(struct ixl_mempool *pool, uint32_t entries);

/*
 * At ixl_close, after the driver has stopped: leave the pools of other devices, destroy the
 * device's own, whoever holds buffers of them. Pools another open device shares live on; their
 * number is returned, and while it is not 0 dev->os must stay open: the last such pool closes it.
 */
unsigned ixl_pools_close(struct ixl_device *dev);

/* Shared between pool.c, pool_control.c and pool_share.c. */
void ixl_pool_lock(struct ixl_mempool *pool);
void ixl_pool_unlock(struct ixl_mempool *pool);
/* The lock `control`. At its end what was doomed meanwhile is given back. Whoever destroys a pool
 * has had both locks before, so that nobody is inside any more. */
void ixl_pool_begin_control(struct ixl_mempool *pool);
void ixl_pool_end_control(struct ixl_mempool *pool);
/* Give the memory of doomed chunks back. Control held, or nobody else there. */
void ixl_pool_free_doomed(struct ixl_mempool *pool);
/* Gives all memory back and forgets the pool, whoever holds buffers of it. */
void ixl_pool_destroy(struct ixl_mempool *pool);
/* Does any device but the pool's own use it? */
bool ixl_pool_shared(const struct ixl_mempool *pool);
/* Make a chunk visible to the device in `slot`, and revoke it. */
int ixl_pool_share_chunk(struct ixl_mempool *pool, struct ixl_chunk *chunk, unsigned slot,
                         struct ixl_device *dev);
void ixl_pool_unshare_chunk(struct ixl_chunk *chunk, unsigned slot, struct ixl_device *dev);

/* True if the calling thread may use the fast path now. */
static inline bool ixl_pool_fast(const struct ixl_mempool *pool)
{
    return __atomic_load_n(&pool->owner, __ATOMIC_RELAXED) == ixl_self() &&
           __atomic_load_n(&pool->attention, __ATOMIC_RELAXED) == 0;
}

static inline void ixl_pool_set_free(struct ixl_mempool *pool, uint32_t n)
{
    __atomic_store_n(&pool->n_free, n, __ATOMIC_RELAXED);
}

/* After buffers went out: note the highest number in use. */
static inline void ixl_pool_note_use(struct ixl_mempool *pool)
{
    uint32_t used = __atomic_load_n(&pool->live, __ATOMIC_RELAXED) - pool->n_free;
    if (__builtin_expect(used > pool->high_water, 0)) {
        used -= __atomic_load_n(&pool->n_remote, __ATOMIC_RELAXED);
        if (used > pool->high_water && used <= __atomic_load_n(&pool->live, __ATOMIC_RELAXED))
            __atomic_store_n(&pool->high_water, used, __ATOMIC_RELAXED);
    }
}

/*
 * Up to n pointers straight from the LIFO: the caller copies them before it touches the pool again.
 * NULL if the slow path must be taken.
 */
static inline struct pkt_buf **ixl_pool_peel(struct ixl_mempool *pool, unsigned n)
{
    if (__builtin_expect(!ixl_pool_fast(pool) || pool->n_free < n, 0))
        return NULL;
    ixl_pool_set_free(pool, pool->n_free - n);
    ixl_pool_note_use(pool);
    return pool->free + pool->n_free;
}

/* memcpy of up to some dozens of pointers, without the call. */
static inline void ixl_copy_bufs(struct pkt_buf **to, struct pkt_buf *const *from, unsigned n)
{
    typedef struct pkt_buf *eight[8];
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        memcpy(to + i, from + i, sizeof(eight)); /* some wide loads and stores */
    for (; i < n; i++)
        to[i] = from[i];
}

/* Put n single, unshared buffers of this pool back. False: take the slow path. */
static inline bool ixl_pool_add(struct ixl_mempool *pool, struct pkt_buf *const *bufs, unsigned n)
{
    if (__builtin_expect(!ixl_pool_fast(pool) || pool->limit - pool->n_free < n, 0))
        return false;
    ixl_copy_bufs(pool->free + pool->n_free, bufs, n);
    ixl_pool_set_free(pool, pool->n_free + n);
    return true;
}

#endif
