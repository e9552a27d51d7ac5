// SPDX-License-Identifier: MIT
/*
 * DMA memory: a dataspace each piece, contiguous and pinned, attached here and mapped into the
 * device's DMA space. The space is assigned to the DMA domain io has put the device into; with an
 * IOMMU only what is mapped there can be reached. Address 0 is as good as any other.
 */
#include "lib/os/l4re/l4re_os.h"

#include <stdlib.h>
#include <string.h>

#include <l4/re/c/dma_space.h>
#include <l4/re/c/mem_alloc.h>
#include <l4/re/c/rm.h>
#include <l4/re/c/util/cap_alloc.h>
#include <l4/re/env.h>
#include <l4/re/protocols.h>
#include <l4/sys/consts.h>
#include <l4/sys/err.h>
#include <l4/sys/factory.h>
#include <l4/sys/ipc.h>

#define WHOLE_BUS    (~0u)
/* Each open device has a window of the address space, see attach. */
#define WINDOW_FIRST (UINT64_C(1) << 45)
#define WINDOW_SIZE  (UINT64_C(1) << 40)
/* Where a device does not look into the caches, its memory stays out of them (Kconfig). Making it
 * visible to the device writes back what the caches hold of it. */
#ifdef CONFIG_IXL_DMA_UNCACHED
#define DMA_CACHING L4RE_RM_F_CACHE_BUFFERED
#else
#define DMA_CACHING L4RE_RM_F_CACHE_NORMAL
#endif
/* Large pages may waste one part in so many. */
#define WASTE 8u

static int no_slots(const struct l4_dev *dev)
{
    ixl_log(IXL_LOG_ERROR,
            "%s: there is no capability slot left: the program keeps too many "
            "objects",
            dev->address);
    return -IXL_ENOMEM;
}

/* ---- the DMA space ------------------------------------------------------- */

/* The device's domain; without one of its own the domain of the whole bus. */
static int find_domain(struct l4_dev *dev, unsigned *id)
{
    l4vbus_resource_t res;

    *id = WHOLE_BUS;
    for (unsigned i = 0; i < dev->num_resources; i++) {
        int err = l4vbus_get_resource(dev->vbus, dev->handle, i, &res);
        if (err < 0)
            return l4_fail(dev->address, "its resources cannot be read", err, NULL);
        if (res.type == L4VBUS_RESOURCE_DMA_DOMAIN) {
            *id = (unsigned)res.start;
            break;
        }
    }
    return 0;
}

static int assign(struct l4_dev *dev)
{
    unsigned id;
    int err = find_domain(dev, &id);

    if (err)
        return err;
    err = l4vbus_assign_dma_domain(dev->vbus, id, L4VBUS_DMAD_BIND | L4VBUS_DMAD_L4RE_DMA_SPACE,
                                   dev->dma_space);
    if (err >= 0)
        return 0;
    if (id == WHOLE_BUS)
        return l4_fail(dev->address, "it is in no DMA domain, so that it cannot reach memory", err,
                       "look at io's log");
    return l4_fail(dev->address, "its DMA domain cannot be used", err,
                   "another program may have taken it for a DMA space of the kernel");
}

int l4_dma_open(struct l4_dev *dev)
{
    dev->dma_space = l4re_util_cap_alloc();
    if (l4_is_invalid_cap(dev->dma_space))
        return no_slots(dev);
    int err = (int)l4_error(
        l4_factory_create(l4re_env()->mem_alloc, L4RE_PROTO_DMA_SPACE, dev->dma_space));
    if (err < 0) {
        l4re_util_cap_free(dev->dma_space);
        dev->dma_space = L4_INVALID_CAP;
        return l4_fail(dev->address, "no DMA space can be made", err,
                       "the memory allocator of the program cannot make one");
    }
    err = assign(dev);
    if (err) {
        l4re_util_cap_free_um(dev->dma_space);
        dev->dma_space = L4_INVALID_CAP;
    }
    return err;
}

/* ---- making the pieces --------------------------------------------------- */

static unsigned log2_of(size_t align)
{
    unsigned shift = L4_PAGESHIFT;

    while (shift < sizeof(size_t) * 8 - 1 && (size_t)1 << shift < align)
        shift++;
    return shift;
}

static size_t round_up(size_t size, unsigned shift)
{
    size_t mask = ((size_t)1 << shift) - 1;

    return (size + mask) & ~mask;
}

/* Memory for the dataspace mem->ds; sets mem->size and, in *shift, what it is aligned to. */
static int allocate(struct l4_mem *mem, size_t size, unsigned *shift)
{
    size_t large = round_up(size, L4_SUPERPAGESHIFT);

    if (large - size <= size / WASTE) {
        unsigned wide = *shift > L4_SUPERPAGESHIFT ? *shift : L4_SUPERPAGESHIFT;
        int err = l4re_ma_alloc_align(
            (long)large, mem->ds, L4RE_MA_CONTINUOUS | L4RE_MA_PINNED | L4RE_MA_SUPER_PAGES, wide);
        if (err >= 0) {
            mem->size = large;
            *shift = wide;
            return 0;
        }
    }
    mem->size = round_up(size, L4_PAGESHIFT);
    int err =
        l4re_ma_alloc_align((long)mem->size, mem->ds, L4RE_MA_CONTINUOUS | L4RE_MA_PINNED, *shift);
    return err < 0 ? err : 0;
}

/*
 * Where a piece lies here: in the device's window, at its device address. So the two addresses
 * differ by the same for all pieces, and the datapath need not look up the piece a buffer is of.
 * Where that place is taken or out of reach (32 bits), any place does.
 */
static int attach(const struct l4_dev *dev, struct l4_mem *mem, unsigned shift)
{
    const l4re_rm_flags_t flags = L4RE_RM_F_EAGER_MAP | L4RE_RM_F_RW | DMA_CACHING;
    const uint64_t at = WINDOW_FIRST + dev->window * WINDOW_SIZE + mem->addr;
    int err = -L4_EADDRNOTAVAIL;

    if (mem->addr < WINDOW_SIZE - mem->size && at < UINTPTR_MAX - mem->size) {
        mem->virt = (void *)(uintptr_t)at;
        err = l4re_rm_attach(&mem->virt, mem->size, flags, mem->ds | L4_CAP_FPAGE_RW, 0, 0);
    }
    if (err < 0) {
        mem->virt = NULL;
        err = l4re_rm_attach(&mem->virt, mem->size, flags | L4RE_RM_F_SEARCH_ADDR,
                             mem->ds | L4_CAP_FPAGE_RW, 0, (unsigned char)shift);
    }
    if (err < 0)
        mem->virt = NULL;
    return err < 0 ? err : 0;
}

/* False: the device may reach it still. */
static bool unmap(struct l4_dev *dev, uint64_t addr, size_t size)
{
    int err = l4re_dma_space_unmap(dev->dma_space, addr, size, 0, L4RE_DMA_SPACE_BIDIRECTIONAL);

    if (err < 0)
        l4_fail(dev->address, "its DMA memory cannot be unmapped", err,
                "the memory is kept, since the device may reach it");
    return err >= 0;
}

/* Make a piece visible to a device as one range. */
static int map(struct l4_dev *dev, struct l4_mem *mem, uint64_t *addr)
{
    l4_size_t mapped = mem->size;
    l4re_dma_space_dma_addr_t at = 0;
    int err = l4re_dma_space_map(dev->dma_space, mem->ds | L4_CAP_FPAGE_RW, 0, &mapped, 0,
                                 L4RE_DMA_SPACE_BIDIRECTIONAL, &at);

    if (err < 0)
        return err;
    if (mapped < mem->size) {
        if (!unmap(dev, at, mapped))
            mem->reached = true;
        return -L4_ENOMEM;
    }
    *addr = at;
    return 0;
}

/* ---- all of it ----------------------------------------------------------- */

/* Give the piece back, unless a device may reach it: what is made of the memory then would be
 * written to. */
static void drop(struct l4_mem *mem)
{
    if (!mem->reached) {
        if (mem->virt)
            l4re_rm_detach(mem->virt);
        l4re_util_cap_free_um(mem->ds);
    }
    free(mem);
}

static void put_in(struct l4_dev *dev, struct l4_mem *mem)
{
    pthread_mutex_lock(&dev->lock);
    mem->next = dev->mems;
    dev->mems = mem;
    pthread_mutex_unlock(&dev->lock);
}

/* A misaligned device address would make nonsense of descriptors. */
static int check_alignment(const struct l4_dev *dev, const struct l4_mem *mem, size_t align)
{
    if ((mem->addr & (align - 1)) == 0)
        return 0;
    ixl_log(IXL_LOG_ERROR, "%s: DMA memory lies at 0x%llx, which is no multiple of %zu",
            dev->address, (unsigned long long)mem->addr, align);
    return -IXL_ENOMEM;
}

static int build(struct l4_dev *dev, struct l4_mem *mem, size_t size, size_t align)
{
    unsigned shift = log2_of(align);
    int err = allocate(mem, size, &shift);

    if (err)
        return l4_fail(dev->address, "contiguous memory for DMA cannot be had", err,
                       "use fewer or smaller buffers, or give the program more memory");
    err = map(dev, mem, &mem->addr);
    if (err)
        return l4_fail(dev->address, "memory cannot be made visible to the device", err, NULL);
    err = check_alignment(dev, mem, align);
    if (!err) {
        err = attach(dev, mem, shift);
        if (err)
            l4_fail(dev->address, "DMA memory cannot be attached", err, NULL);
    }
    if (err && !unmap(dev, mem->addr, mem->size))
        mem->reached = true;
    return err;
}

static int bad_request(const struct l4_dev *dev, size_t size, size_t align)
{
    ixl_log(IXL_LOG_ERROR, "%s: %zu bytes of DMA memory aligned to %zu make no sense", dev->address,
            size, align);
    return -IXL_EINVAL;
}

int l4_dma_alloc(struct ixl_os_dev *base, size_t size, size_t align, struct ixl_dma *out)
{
    struct l4_dev *dev = l4_dev(base);

    if (size == 0 || size > SIZE_MAX / 4 || align == 0 || (align & (align - 1)))
        return bad_request(dev, size, align);
    struct l4_mem *mem = calloc(1, sizeof(*mem));
    if (!mem) {
        ixl_log(IXL_LOG_ERROR, "%s: no memory to keep track of DMA memory", dev->address);
        return -IXL_ENOMEM;
    }
    mem->ds = l4re_util_cap_alloc();
    if (l4_is_invalid_cap(mem->ds)) {
        free(mem);
        return no_slots(dev);
    }
    int err = build(dev, mem, size, align);
    if (err) {
        drop(mem);
        return -IXL_ENOMEM;
    }
    put_in(dev, mem);
    *out = (struct ixl_dma){ .virt = mem->virt, .addr = mem->addr, .size = mem->size, .ctx = mem };
    return 0;
}

static bool take_out(struct l4_dev *dev, const struct l4_mem *mem)
{
    bool found = false;

    pthread_mutex_lock(&dev->lock);
    for (struct l4_mem **at = &dev->mems; *at && !found; at = &(*at)->next) {
        if (*at == mem) {
            *at = mem->next;
            found = true;
            break;
        }
    }
    pthread_mutex_unlock(&dev->lock);
    return found;
}

void l4_dma_free(struct ixl_os_dev *base, struct ixl_dma *mem)
{
    struct l4_dev *dev = l4_dev(base);

    if (!mem->ctx || !take_out(dev, mem->ctx))
        ixl_log(IXL_LOG_ERROR, "%s: DMA memory at 0x%llx is freed, but was not allocated",
                dev->address, (unsigned long long)mem->addr);
    else if (unmap(dev, mem->addr, mem->size))
        drop(mem->ctx);
    else
        put_in(dev, mem->ctx); /* l4_dma_close tries once more */
    memset(mem, 0, sizeof(*mem));
}

void l4_dma_close(struct l4_dev *dev)
{
    while (dev->mems) {
        struct l4_mem *mem = dev->mems;
        dev->mems = mem->next;
        if (!unmap(dev, mem->addr, mem->size))
            mem->reached = true;
        drop(mem);
    }
    l4re_util_cap_free_um(dev->dma_space); /* with all that is still shown to the device */
    dev->dma_space = L4_INVALID_CAP;
}

/* ---- memory of another device -------------------------------------------- */

int l4_dma_share(struct ixl_os_dev *base, const struct ixl_os_dev *home, const struct ixl_dma *mem,
                 uint64_t *addr)
{
    struct l4_dev *dev = l4_dev(base);
    struct l4_mem *theirs = mem->ctx;

    if (home->ops != base->ops || !theirs) {
        ixl_log(IXL_LOG_ERROR, "%s: only memory of a device of a virtual bus can be shared with it",
                dev->address);
        return -IXL_ENOTSUP;
    }
    int err = map(dev, theirs, addr);
    return err ? l4_fail(dev->address, "memory of another device cannot be made visible to it", err,
                         NULL)
               : 0;
}

void l4_dma_unshare(struct ixl_os_dev *base, const struct ixl_dma *mem, uint64_t addr)
{
    if (!unmap(l4_dev(base), addr, mem->size))
        ((struct l4_mem *)mem->ctx)->reached = true;
}
