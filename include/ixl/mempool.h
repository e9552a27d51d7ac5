// SPDX-License-Identifier: MIT
/*
 * Memory pools: fixed-size packet buffers in memory a device can reach by DMA.
 *
 * Threads. A pool has one owner, the thread that allocates from it (the first
 * allocation claims it; a receive on a queue claims the queue's pool). To hand a pool
 * or a queue to another thread, synchronise as for any other data, and let the former
 * owner free none of its buffers while the new owner makes its first allocation.
 * Buffers may be freed by any thread at any time. Control operations (extend, shrink,
 * share, get_stats) may be called from any thread, concurrently with the owner and with
 * each other; extend, shrink and share wait for one another.
 */
#ifndef IXL_MEMPOOL_H
#define IXL_MEMPOOL_H

#include <stddef.h>
#include <stdint.h>

#include <ixl/pkt_buf.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct ixl_device;
struct ixl_mempool;

/* Largest entry: metadata and data together. */
#define IXL_MEMPOOL_MAX_ENTRY     16384u
/* Entry size used for 0: one cache line of metadata and 2048 bytes of data. */
#define IXL_MEMPOOL_DEFAULT_ENTRY 2112u

/*
 * Make a pool of `entries` buffers for `dev`. entry_size is in bytes and includes the
 * 64 bytes of metadata; 0 means IXL_MEMPOOL_DEFAULT_ENTRY. max_bytes caps the DMA memory
 * of the pool, extensions included; 0 means no cap. (The system takes whole pages, which may be
 * more than the cap by the rest of one: memory_bytes, below.) May block (system calls).
 * Belongs to the caller until ixl_mempool_destroy or ixl_close of the device. One thread at a
 * time per device, as control operations (device.h).
 * -IXL_EINVAL no device, no place for the pool, no entries, or entries too small (under 64 + 256)
 * or too large; -IXL_ENOSPC over max_bytes; -IXL_ENOMEM no (DMA) memory. *out is NULL then.
 */
int ixl_mempool_create(struct ixl_device *dev, uint32_t entries, uint32_t entry_size,
                       size_t max_bytes, struct ixl_mempool **out);

/*
 * Give all memory of the pool back. -IXL_EBUSY while buffers are in use (also by the
 * device's rings), while another device shares it, and for a receive queue's pool; the pool then
 * stays as it was. -IXL_EINVAL no pool. ixl_close frees what pools are left. May block (system
 * calls). Threads as ixl_mempool_create; nobody else may use the pool meanwhile or afterwards.
 */
int ixl_mempool_destroy(struct ixl_mempool *pool);

/* Let another device send and receive with this pool's buffers, too, until it is closed.
 * Idempotent. May block (system calls). -IXL_EINVAL no pool or no device; -IXL_ENOSPC the pool has
 * eight devices or the device shares 16 pools already; -IXL_ENOMEM it cannot be mapped;
 * -IXL_ENOTSUP the two devices have no memory in common (two QEMUs); copy instead. */
int ixl_mempool_share(struct ixl_mempool *pool, struct ixl_device *dev);

/* `entries` more buffers, also for the devices that share the pool; new memory is taken when those
 * that shrinks have taken out, of memory that is held still, do not suffice. May block (system
 * calls). Errors of ixl_mempool_create; the pool is unchanged on failure. */
int ixl_mempool_extend(struct ixl_mempool *pool, uint32_t entries);

/*
 * Take `entries` buffers out of the pool, newest memory first. Capacity falls at once;
 * each piece of DMA memory (2 MiB at most) is given back when the last of its buffers has
 * returned. May block (system calls).
 * -IXL_ERANGE if that would leave fewer than one buffer (for a queue's pool: fewer than
 * the ring needs); -IXL_EINVAL no pool, or no entries. Buffers in use are never touched.
 */
int ixl_mempool_shrink(struct ixl_mempool *pool, uint32_t entries);

/*
 * One buffer, empty (size, flags, next are 0), or NULL when the pool is dry.
 * Owner thread. Never blocks.
 */
struct pkt_buf *ixl_pkt_buf_alloc(struct ixl_mempool *pool);

/* Up to n buffers into bufs; the number there were. Owner thread. Never blocks. */
unsigned ixl_pkt_buf_alloc_batch(struct ixl_mempool *pool, struct pkt_buf **bufs, unsigned n);

struct ixl_mempool_stats {
    uint32_t capacity;       /* buffers the pool has */
    uint32_t in_use;         /* of these, not in the pool: with the user or in rings */
    uint32_t high_water;     /* most there ever were in use at once */
    uint32_t entry_size;     /* bytes, metadata included */
    uint64_t memory_bytes;   /* DMA memory held */
    uint64_t alloc_failures; /* allocations that got fewer buffers than asked for */
};
/* Any thread. All zero for no pool. */
void ixl_mempool_get_stats(const struct ixl_mempool *pool, struct ixl_mempool_stats *out);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
