// SPDX-License-Identifier: MIT
/*
 * One virtqueue, split or packed. What both have in common is the code that uses them: descriptors
 * are taken in order of their places, indices run freely, differences are fill levels, and rings
 * are powers of two, so that a packed ring's wrap counter is a bit of the index.
 *
 * The datapath exists once, as inline functions that take `packed` as a constant.
 */
#ifndef IXL_VIRTIO_RING_H
#define IXL_VIRTIO_RING_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lib/os/os.h"
#include "lib/virtio/regs.h"

#define VIO_INLINE  static inline __attribute__((always_inline))
#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

struct vio_ring {
    struct vio_desc *desc;
    uint16_t *driver; /* written by us: available ring, or event structure */
    uint16_t *device; /* written by the device: used ring, or event structure */
    uint32_t mask;    /* descriptors - 1 */
    uint16_t index;   /* number of the virtqueue */
    bool packed;
    bool event_idx;
    bool broken;                  /* the device wrote what makes no sense: not touched any more */
    const struct ixl_bar *notify; /* the doorbell: a register of 16 bits */
    uint32_t notify_at;
    struct ixl_dma mem;
};

/* ---- memory the device writes, or reads, while we look -------------------------------------- */

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define VIO_LE(bits, val) __builtin_bswap##bits(val)
#else
#define VIO_LE(bits, val) (val)
#endif

VIO_INLINE uint16_t vio_load16(const uint16_t *from)
{
    return VIO_LE(16, __atomic_load_n(from, __ATOMIC_ACQUIRE));
}

VIO_INLINE void vio_store16(uint16_t *to, uint16_t val)
{
    __atomic_store_n(to, VIO_LE(16, val), __ATOMIC_RELEASE);
}

/* `high_first`: which half is loaded, or stored, before the other where there is no single access
 * of 64 bits. */
VIO_INLINE uint64_t vio_load64(const uint64_t *from)
{
#if UINTPTR_MAX > 0xffffffffu
    return VIO_LE(64, __atomic_load_n(from, __ATOMIC_ACQUIRE));
#else
    /* the half that holds a packed descriptor's flags first */
    const uint32_t *half = (const uint32_t *)(const void *)from;
    uint32_t high = VIO_LE(32, __atomic_load_n(half + 1, __ATOMIC_ACQUIRE));
    uint32_t low = VIO_LE(32, __atomic_load_n(half, __ATOMIC_ACQUIRE));
    return (uint64_t)high << 32 | low;
#endif
}

VIO_INLINE void vio_store64(uint64_t *to, uint64_t val)
{
#if UINTPTR_MAX > 0xffffffffu
    __atomic_store_n(to, VIO_LE(64, val), __ATOMIC_RELAXED);
#else
    /* the half that holds a packed descriptor's flags last */
    uint32_t *half = (uint32_t *)(void *)to;
    __atomic_store_n(half, VIO_LE(32, (uint32_t)val), __ATOMIC_RELAXED);
    ixl_wmb(); /* orders length and id before the flags that hand them over */
    __atomic_store_n(half + 1, VIO_LE(32, (uint32_t)(val >> 32)), __ATOMIC_RELAXED);
#endif
}

/* ---- handing descriptors over --------------------------------------------------------------- */

/* A packed ring's flags that make the descriptor at index `at` available in this round. */
VIO_INLINE uint16_t vio_avail_flags(const struct vio_ring *r, uint32_t at)
{
    return at & (r->mask + 1) ? VIO_DESC_USED : VIO_DESC_AVAIL;
}

VIO_INLINE uint64_t vio_rest(const struct vio_ring *r, bool packed, uint32_t at, uint32_t len,
                             uint16_t flags, uint16_t id)
{
    if (packed)
        return len | (uint64_t)id << 32 | (uint64_t)(flags | vio_avail_flags(r, at)) << 48;
    uint16_t next = flags & VIO_DESC_NEXT ? (uint16_t)((at + 1) & r->mask) : 0;
    return len | (uint64_t)flags << 32 | (uint64_t)next << 48;
}

/* Descriptors `at` on have been written, the first one but for its second word `rest`: hand over.
 */
VIO_INLINE void vio_publish_packed(struct vio_ring *r, uint32_t at, uint64_t rest)
{
    ixl_wmb(); /* orders all the descriptors before the flags of the first, which release them */
#if UINTPTR_MAX > 0xffffffffu
    __atomic_store_n(&r->desc[at & r->mask].rest, VIO_LE(64, rest), __ATOMIC_RELEASE);
#else
    vio_store64(&r->desc[at & r->mask].rest, rest);
#endif
}

VIO_INLINE void vio_publish_split(struct vio_ring *r, uint16_t idx)
{
    ixl_wmb(); /* orders descriptors and ring entries before the index that releases them */
    vio_store16(r->driver + VIO_RING_IDX, idx);
}

/* ---- taking back ---------------------------------------------------------------------------- */

/* How many buffers of a split ring were used since index `seen`. More than `most` are nonsense. */
VIO_INLINE uint32_t vio_used_split(struct vio_ring *r, uint16_t seen, uint32_t most)
{
    uint16_t idx = vio_load16(r->device + VIO_RING_IDX);
    uint32_t n = (uint16_t)(idx - seen);

    ixl_rmb(); /* orders the index before the ring entries and frames it speaks of */
    if (unlikely(n > most)) {
        r->broken = true;
        return 0;
    }
    return n;
}

/* An entry of a split ring's used part: id 32, length 32. */
VIO_INLINE uint64_t vio_used_entry(const struct vio_ring *r, uint32_t at)
{
    /* behind two words of 16 bits: aligned to 4 bytes, not to 8 */
    const volatile uint32_t *half =
        (const uint32_t *)(const void *)(r->device + VIO_RING_FIRST) + (size_t)2 * (at & r->mask);
    uint32_t id = VIO_LE(32, half[0]); /* once each, and no barrier to the compiler */
    uint32_t len = VIO_LE(32, half[1]);
    return id | (uint64_t)len << 32;
}

/* A packed ring's flags of a descriptor that was used in the round of index `at`. */
VIO_INLINE uint16_t vio_used_flags(const struct vio_ring *r, uint32_t at)
{
    return at & (r->mask + 1) ? 0 : VIO_DESC_AVAIL | VIO_DESC_USED;
}

/* True if the descriptor at the place of index `at` was used in this round; *rest is its second
 * word. */
VIO_INLINE bool vio_used_packed(const struct vio_ring *r, uint32_t at, uint64_t *rest)
{
    *rest = vio_load64(&r->desc[at & r->mask].rest);
    ixl_rmb(); /* orders the flags before what the device wrote earlier: the frame */
    return ((uint16_t)(*rest >> 48) & (VIO_DESC_AVAIL | VIO_DESC_USED)) == vio_used_flags(r, at);
}

/*
 * Used buffers from a place of the ring on, up to its end at most, as they look if the device uses
 * them in order: the i-th has the i-th id.
 */
struct vio_run {
    const struct vio_desc *desc; /* packed */
    const uint32_t *used;        /* split: id and length of each */
    uint32_t want;               /* id of the first; packed: below the flags that say so */
};
#define VIO_RUN_BITS ((uint32_t)(VIO_DESC_AVAIL | VIO_DESC_USED) << 16 | 0xffffu)

/* From the place of index `at` on, where `id` is the first one expected. */
VIO_INLINE struct vio_run vio_run(const struct vio_ring *r, bool packed, uint32_t at, uint32_t id)
{
    const uint16_t *used = r->device + VIO_RING_FIRST + (size_t)4 * (at & r->mask);

    if (packed)
        return (struct vio_run){ .desc = r->desc + (at & r->mask),
                                 .want = (uint32_t)vio_used_flags(r, at) << 16 | id };
    return (struct vio_run){ .used = (const uint32_t *)(const void *)used, .want = id };
}

/* True if the i-th of them was used (a split ring's index says that), and in order. `len` may be
 * NULL. */
VIO_INLINE bool vio_run_used(const struct vio_run *run, bool packed, uint32_t i, uint32_t *len)
{
    if (packed) {
        uint64_t rest = vio_load64(&run->desc[i].rest);
        ixl_rmb(); /* orders the flags before what the device wrote earlier: the frame */
        if (len)
            *len = (uint32_t)rest;
        return (((uint32_t)(rest >> 32) ^ (run->want + i)) & VIO_RUN_BITS) == 0;
    }
    if (len)
        *len = VIO_LE(32, __atomic_load_n(run->used + (size_t)2 * i + 1, __ATOMIC_RELAXED));
    return VIO_LE(32, __atomic_load_n(run->used + (size_t)2 * i, __ATOMIC_RELAXED)) ==
           run->want + i;
}

/* They are not the device's any more. A block at a time is some wide stores. */
VIO_INLINE void vio_forget(struct pkt_buf **slot, uint32_t n)
{
    typedef struct pkt_buf *eight[8];
    size_t i = 0;

    for (; i + 8 <= n; i += 8)
        memset(slot + i, 0, sizeof(eight));
    for (; i < n; i++)
        slot[i] = NULL;
}

/* ---- notifications -------------------------------------------------------------------------- */

/* 2.7.10: did the index pass `event` on its way from `before` to `now`? */
VIO_INLINE bool vio_passed(uint16_t event, uint16_t now, uint16_t before)
{
    return (uint16_t)(now - event - 1) < (uint16_t)(now - before);
}

/* Does the device want to hear of what was published from index `before` to `now`? */
VIO_INLINE bool vio_wants_kick(const struct vio_ring *r, bool packed, uint32_t now, uint32_t before)
{
    ixl_mb(); /* orders what was published before the look: a device that is about to sleep either
                 sees it or has asked to be woken by now */
    if (!packed) {
        if (r->event_idx)
            return vio_passed(vio_load16(r->device + VIO_RING_FIRST + 4 * (r->mask + 1)),
                              (uint16_t)now, (uint16_t)before);
        return !(vio_load16(r->device + VIO_RING_FLAGS) & 1);
    }
    return (vio_load16(r->device + VIO_EVENT_FLAGS) & 3) != VIO_EVENT_DISABLE;
}

VIO_INLINE void vio_kick(const struct vio_ring *r)
{
    ixl_bar_write16(r->notify, r->notify_at, r->index);
}

/* Ask for an interrupt with the next used buffer, or for none. Any thread; look at the ring
 * afterwards. */
void vio_ring_interrupt(struct vio_ring *r, bool on);

#endif
