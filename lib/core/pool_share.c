// SPDX-License-Identifier: MIT
/* Memory pools and several devices: sharing, and what a device leaves behind when it is closed. */
#include <stdlib.h>

#include "lib/core/device.h"
#include "lib/core/pool.h"

/* ---- chunks ----------------------------------------------------------------------- */

int ixl_pool_share_chunk(struct ixl_mempool *pool, struct ixl_chunk *chunk, unsigned slot,
                         struct ixl_device *dev)
{
    uint64_t addr;
    int err = dev->os->ops->dma_share
                  ? dev->os->ops->dma_share(dev->os, pool->home->os, &chunk->mem, &addr)
                  : -IXL_ENOTSUP;
    if (err == 0)
        chunk->delta[slot] = addr - (uintptr_t)chunk->mem.virt;
    return err;
}

void ixl_pool_unshare_chunk(struct ixl_chunk *chunk, unsigned slot, struct ixl_device *dev)
{
    if (slot == 0 || !dev || chunk->delta[slot] == IXL_NO_DELTA)
        return;
    dev->os->ops->dma_unshare(dev->os, &chunk->mem,
                              chunk->delta[slot] + (uintptr_t)chunk->mem.virt);
    chunk->delta[slot] = IXL_NO_DELTA;
}

/* ---- sharing ---------------------------------------------------------------------------- */

bool ixl_pool_shared(const struct ixl_mempool *pool)
{
    for (unsigned slot = 1; slot < IXL_POOL_DEVICES; slot++)
        if (pool->devs[slot])
            return true;
    return false;
}

int ixl_pool_slot(const struct ixl_mempool *pool, const struct ixl_device *dev)
{
    for (unsigned slot = 0; slot < IXL_POOL_DEVICES; slot++)
        if (__atomic_load_n(&pool->devs[slot], __ATOMIC_ACQUIRE) == dev)
            return (int)slot;
    return -IXL_EINVAL;
}

/* A place in the pool for a guest. Lock held. */
static int free_slot(const struct ixl_mempool *pool)
{
    for (unsigned slot = 1; slot < IXL_POOL_DEVICES; slot++)
        if (!pool->devs[slot])
            return (int)slot;
    return -IXL_ENOSPC;
}

/* Note in the device that it is a guest of the pool: the place in `guests`. Threads that forward to
 * one device from several may do so at the same time. */
static int enter_guest(struct ixl_device *dev, struct ixl_mempool *pool)
{
    for (unsigned i = 0; i < IXL_MAX_GUESTS; i++) {
        struct ixl_mempool *nobody = NULL;
        if (__atomic_compare_exchange_n(&dev->guests[i], &nobody, pool, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED))
            return (int)i;
    }
    return -IXL_ENOSPC;
}

static void unshare_chunks(struct ixl_chunk *list, unsigned slot, struct ixl_device *dev)
{
    for (; list; list = list->link)
        ixl_pool_unshare_chunk(list, slot, dev);
}

/* All chunks for the device in `slot`, or none. Lock held. */
static int share_chunks(struct ixl_mempool *pool, unsigned slot, struct ixl_device *dev)
{
    int err = 0;
    uint64_t delta = IXL_NO_DELTA;
    for (struct ixl_chunk *chunk = pool->chunks; chunk && err == 0; chunk = chunk->link) {
        err = ixl_pool_share_chunk(pool, chunk, slot, dev);
        if (delta != IXL_NO_DELTA && chunk->delta[slot] != delta)
            __atomic_store_n(&pool->uniform, false, __ATOMIC_RELEASE);
        delta = chunk->delta[slot];
    }
    if (err == 0)
        pool->delta[slot] = delta;
    else
        unshare_chunks(pool->chunks, slot, dev);
    return err;
}

static int share_locked(struct ixl_mempool *pool, struct ixl_device *dev)
{
    if (ixl_pool_slot(pool, dev) >= 0)
        return 0;
    int slot = free_slot(pool), guest = slot < 0 ? slot : enter_guest(dev, pool);
    if (guest < 0) {
        ixl_log(IXL_LOG_ERROR,
                "a pool can be shared by %u devices, and a device can share %u pools",
                IXL_POOL_DEVICES, IXL_MAX_GUESTS);
        return -IXL_ENOSPC;
    }
    int err = share_chunks(pool, (unsigned)slot, dev);
    if (err < 0) {
        __atomic_store_n(&dev->guests[guest], NULL, __ATOMIC_RELAXED);
        return err;
    }
    /* Release: who finds the device in the pool finds its deltas, too. */
    __atomic_store_n(&pool->devs[slot], dev, __ATOMIC_RELEASE);
    return 0;
}

int ixl_mempool_share(struct ixl_mempool *pool, struct ixl_device *dev)
{
    if (!pool || !dev) {
        ixl_log(IXL_LOG_ERROR, "sharing a pool needs a pool and a device");
        return -IXL_EINVAL;
    }
    if (ixl_pool_slot(pool, dev) >= 0)
        return 0;
    ixl_pool_begin_control(pool);
    ixl_pool_lock(pool);
    int err = share_locked(pool, dev);
    ixl_pool_unlock(pool);
    ixl_pool_end_control(pool);
    return err;
}

/* ---- close -------------------------------------------------------------------------------- */

/* The last pool that outlived its device closes what is left of the device. */
static void destroy_orphan(struct ixl_mempool *pool)
{
    struct ixl_home *home = pool->home;
    ixl_pool_destroy(pool);
    if (--home->users == 0) {
        home->os->ops->dev_close(home->os);
        free(home);
    }
}

static void leave_guest(struct ixl_device *dev, struct ixl_mempool *pool)
{
    ixl_pool_begin_control(pool);
    ixl_pool_lock(pool);
    int slot = ixl_pool_slot(pool, dev);
    if (slot > 0) {
        unshare_chunks(pool->chunks, (unsigned)slot, dev);
        unshare_chunks(pool->doomed, (unsigned)slot, dev);
        __atomic_store_n(&pool->devs[slot], NULL, __ATOMIC_RELEASE);
        pool->delta[slot] = IXL_NO_DELTA;
    }
    /* Of several that leave at the same time one is the last. */
    bool last = !pool->devs[0] && !ixl_pool_shared(pool);
    ixl_pool_unlock(pool);
    ixl_pool_end_control(pool);
    if (last)
        destroy_orphan(pool);
}

/* A pool of a device that goes: destroyed, unless other devices share it. */
static void leave_own(struct ixl_mempool *pool)
{
    struct ixl_home *home = pool->home;
    ixl_pool_begin_control(pool);
    ixl_pool_lock(pool);
    bool shared = ixl_pool_shared(pool);
    if (shared) {
        __atomic_store_n(&pool->devs[0], NULL, __ATOMIC_RELEASE);
        home->users++;
    }
    ixl_pool_unlock(pool);
    ixl_pool_end_control(pool);
    if (!shared)
        ixl_pool_destroy(pool);
}

unsigned ixl_pools_close(struct ixl_device *dev)
{
    for (unsigned i = 0; i < IXL_MAX_GUESTS; i++)
        if (dev->guests[i])
            leave_guest(dev, dev->guests[i]);
    while (dev->pools) {
        struct ixl_mempool *pool = dev->pools;
        dev->pools = pool->link;
        leave_own(pool);
    }
    while (dev->buried) {
        struct ixl_mempool *next = dev->buried->link;
        ixl_queue_free(dev->buried);
        dev->buried = next;
    }
    struct ixl_home *home = dev->home;
    dev->home = NULL;
    if (!home)
        return 0;
    unsigned left = --home->users; /* from here on the last pool may free it */
    if (left == 0)
        free(home);
    return left;
}
