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

static int free_index(void *const *array, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (!array[i])
            return (int)i;
    return -IXL_ENOSPC;
}

static int share_locked(struct ixl_mempool *pool, struct ixl_device *dev)
{
    int slot = free_index((void *const *)(void *)(pool->devs + 1), IXL_POOL_DEVICES - 1);
    int guest = free_index((void *const *)(void *)dev->guests, IXL_MAX_GUESTS);
    if (slot < 0 || guest < 0) {
        ixl_log(IXL_LOG_ERROR,
                "a pool can be shared by %u devices, and a device can share %u pools",
                IXL_POOL_DEVICES, IXL_MAX_GUESTS);
        return -IXL_ENOSPC;
    }
    unsigned at = (unsigned)slot + 1;
    int err = 0;
    uint64_t delta = IXL_NO_DELTA;
    for (struct ixl_chunk *chunk = pool->chunks; chunk && err == 0; chunk = chunk->link) {
        err = ixl_pool_share_chunk(pool, chunk, at, dev);
        if (delta != IXL_NO_DELTA && chunk->delta[at] != delta)
            __atomic_store_n(&pool->uniform, false, __ATOMIC_RELEASE);
        delta = chunk->delta[at];
    }
    if (err < 0) {
        for (struct ixl_chunk *chunk = pool->chunks; chunk; chunk = chunk->link)
            ixl_pool_unshare_chunk(chunk, at, dev);
        return err;
    }
    pool->delta[at] = delta;
    dev->guests[guest] = pool;
    /* Release: who finds the device in the pool finds its deltas, too. */
    __atomic_store_n(&pool->devs[at], dev, __ATOMIC_RELEASE);
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
    ixl_pool_lock(pool);
    int err = share_locked(pool, dev);
    ixl_pool_unlock(pool);
    return err;
}

/* ---- close -------------------------------------------------------------------------------- */

/* The last pool that outlived its device closes what is left of the device. */
static void destroy_orphan(struct ixl_mempool *pool)
{
    struct ixl_home *home = pool->home;
    ixl_pool_destroy(pool);
    if (--home->orphans == 0) {
        home->os->ops->dev_close(home->os);
        free(home);
    }
}

static void leave_guest(struct ixl_device *dev, struct ixl_mempool *pool)
{
    ixl_pool_lock(pool);
    int slot = ixl_pool_slot(pool, dev);
    if (slot > 0) {
        for (struct ixl_chunk *chunk = pool->chunks; chunk; chunk = chunk->link)
            ixl_pool_unshare_chunk(chunk, (unsigned)slot, dev);
        __atomic_store_n(&pool->devs[slot], NULL, __ATOMIC_RELEASE);
        pool->delta[slot] = IXL_NO_DELTA;
    }
    ixl_pool_unlock(pool);
    if (!pool->devs[0] && !ixl_pool_shared(pool))
        destroy_orphan(pool);
}

unsigned ixl_pools_close(struct ixl_device *dev)
{
    for (unsigned i = 0; i < IXL_MAX_GUESTS; i++)
        if (dev->guests[i])
            leave_guest(dev, dev->guests[i]);
    struct ixl_home *home = dev->home;
    while (dev->pools) {
        struct ixl_mempool *pool = dev->pools;
        dev->pools = pool->link;
        if (ixl_pool_shared(pool)) {
            pool->devs[0] = NULL;
            home->orphans++;
        } else {
            ixl_pool_destroy(pool);
        }
    }
    while (dev->buried) {
        struct ixl_mempool *next = dev->buried->link;
        ixl_queue_free(dev->buried);
        dev->buried = next;
    }
    if (!home)
        return 0;
    home->dev = NULL;
    unsigned left = home->orphans;
    if (left == 0)
        free(home);
    dev->home = NULL;
    return left;
}
