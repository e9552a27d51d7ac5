// SPDX-License-Identifier: MIT
/*
 * DMA memory: cut from large pages where there are some (arena.c), else ordinary pages, pinned and
 * mapped by VFIO piece by piece. Memory is unmapped first, so that the device is out before it
 * goes.
 */
#include "lib/os/linux/linux_os.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/os/linux/sys.h"

static size_t round_up(size_t size, size_t unit)
{
    return (size + (unit - 1)) & ~(unit - 1);
}

/* What sizes and places have to be multiples of. */
static size_t page_of(struct lx_container *c)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    pthread_mutex_lock(&c->lock);
    size_t smallest = (size_t)c->iova.page;
    pthread_mutex_unlock(&c->lock);
    return smallest > page ? smallest : page;
}

/* ---- pages --------------------------------------------------------------- */

/* Ordinary pages, in one range that starts at a multiple of `align`, of which `page` is a part. */
static int map_small(struct lx_mem *mem, size_t size, size_t align, size_t page)
{
    size_t whole = round_up(size, page);
    size_t spare = align > (size_t)sysconf(_SC_PAGESIZE) ? align : 0;
    void *at = NULL;
    int err = lx_mmap(NULL, whole + spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                      0, &at);

    if (err)
        return err;
    uint8_t *start = at;
    if (spare) {
        size_t lead = (align - (uintptr_t)start % align) % align;
        if (lead)
            lx_munmap(start, lead);
        if (spare - lead)
            lx_munmap(start + lead + whole, spare - lead);
        start += lead;
    }
    mem->virt = start;
    mem->size = whole;
    return 0;
}

static int map_pages(struct lx_dev *dev, struct lx_mem *mem, size_t size, size_t align)
{
    size_t page = page_of(dev->group->container), wide = size >= LX_LARGE ? LX_LARGE : page;
    int err = map_small(mem, size, align > wide ? align : wide, page);

    if (err)
        return lx_fail(dev->address, "memory for DMA cannot be had", err,
                       "use fewer or smaller buffers");
    if (size >= LX_LARGE)
        lx_madvise(mem->virt, mem->size, MADV_HUGEPAGE); /* a wish */
    /* A child must not have it: the copy on its first write could move ours away from the device.
     */
    lx_madvise(mem->virt, mem->size, MADV_DONTFORK);
    return 0;
}

/* ---- making the pieces --------------------------------------------------- */

static int build(struct lx_dev *dev, struct lx_mem *mem, size_t size, size_t align)
{
    pthread_mutex_lock(&dev->lock);
    int err = lx_arena_alloc(dev, size, align, mem);
    pthread_mutex_unlock(&dev->lock);
    if (err != -IXL_EAGAIN)
        return err;
    err = map_pages(dev, mem, size, align);
    if (err)
        return err;
    err = lx_map(dev->group->container, dev->address, mem->virt, mem->size, align, &mem->addr);
    if (err)
        lx_munmap(mem->virt, mem->size);
    return err;
}

static void undo(struct lx_dev *dev, struct lx_mem *mem)
{
    if (mem->arena) {
        pthread_mutex_lock(&dev->lock);
        lx_arena_free(dev, mem);
        pthread_mutex_unlock(&dev->lock);
    } else {
        lx_unmap(dev->group->container, dev->address, mem->addr, mem->size);
        if (!mem->shared)
            lx_munmap(mem->virt, mem->size);
    }
    free(mem);
}

static struct lx_mem *create(const struct lx_dev *dev)
{
    struct lx_mem *mem = calloc(1, sizeof(*mem));

    if (!mem)
        ixl_log(IXL_LOG_ERROR, "%s: no memory to keep track of DMA memory", dev->address);
    return mem;
}

static void put_in(struct lx_dev *dev, struct lx_mem *mem)
{
    pthread_mutex_lock(&dev->lock);
    mem->next = dev->mems;
    dev->mems = mem;
    pthread_mutex_unlock(&dev->lock);
}

static int bad_request(const struct lx_dev *dev, size_t size, size_t align)
{
    ixl_log(IXL_LOG_ERROR, "%s: %zu bytes of DMA memory aligned to %zu make no sense", dev->address,
            size, align);
    return -IXL_EINVAL;
}

int lx_dma_alloc(struct ixl_os_dev *base, size_t size, size_t align, struct ixl_dma *out)
{
    struct lx_dev *dev = lx_dev(base);

    if (size == 0 || size > SIZE_MAX / 4 || align == 0 || align > SIZE_MAX / 4 ||
        (align & (align - 1)))
        return bad_request(dev, size, align);
    struct lx_mem *mem = create(dev);
    if (!mem)
        return -IXL_ENOMEM;
    if (build(dev, mem, size, align) != 0) {
        free(mem);
        return -IXL_ENOMEM;
    }
    put_in(dev, mem);
    *out = (struct ixl_dma){ .virt = mem->virt, .addr = mem->addr, .size = mem->size, .ctx = mem };
    return 0;
}

/* The piece with this place and address, out of the list; NULL: there is none. */
static struct lx_mem *take_out(struct lx_dev *dev, const void *ctx, uint64_t addr, bool shared)
{
    struct lx_mem *found = NULL;

    pthread_mutex_lock(&dev->lock);
    for (struct lx_mem **at = &dev->mems; *at; at = &(*at)->next) {
        if ((*at)->shared != shared || (*at)->addr != addr || (!shared && *at != ctx))
            continue;
        found = *at;
        *at = found->next;
        break;
    }
    pthread_mutex_unlock(&dev->lock);
    return found;
}

void lx_dma_free(struct ixl_os_dev *base, struct ixl_dma *out)
{
    struct lx_dev *dev = lx_dev(base);
    struct lx_mem *mem = take_out(dev, out->ctx, out->addr, false);

    if (mem)
        undo(dev, mem);
    else
        ixl_log(IXL_LOG_ERROR, "%s: DMA memory at 0x%llx is freed, but was not allocated",
                dev->address, (unsigned long long)out->addr);
    memset(out, 0, sizeof(*out));
}

void lx_dma_close(struct lx_dev *dev)
{
    while (dev->mems) {
        struct lx_mem *mem = dev->mems;
        dev->mems = mem->next;
        undo(dev, mem);
    }
}

/* ---- memory of another device -------------------------------------------- */

/* Do both see the same memory at the same addresses anyway? */
static bool together(const struct ixl_os_dev *a, const struct ixl_os_dev *b)
{
    if (a->ops != b->ops)
        return false;
    const struct lx_container *x = ((const struct lx_dev *)a)->group->container;
    const struct lx_container *y = ((const struct lx_dev *)b)->group->container;
    return x == y || (x->noiommu && y->noiommu);
}

int lx_dma_share(struct ixl_os_dev *base, const struct ixl_os_dev *home, const struct ixl_dma *mem,
                 uint64_t *addr)
{
    struct lx_dev *dev = lx_dev(base);
    struct lx_container *c = dev->group->container;

    if (together(base, home)) {
        *addr = mem->addr;
        return 0;
    }
    if (c->noiommu) {
        ixl_log(IXL_LOG_ERROR,
                "%s: without an IOMMU only memory of other devices without one can be shared with "
                "it",
                dev->address);
        return -IXL_ENOTSUP;
    }
    struct lx_mem *shared = create(dev);
    if (!shared)
        return -IXL_ENOMEM;
    size_t page = page_of(c), in_page = (uintptr_t)mem->virt % page;
    shared->shared = true;
    shared->virt = (uint8_t *)mem->virt - in_page;
    shared->size = round_up(in_page + mem->size, page);
    int err = lx_map(c, dev->address, shared->virt, shared->size, page, &shared->addr);
    if (err) {
        free(shared);
        return err;
    }
    put_in(dev, shared);
    *addr = shared->addr + in_page;
    return 0;
}

void lx_dma_unshare(struct ixl_os_dev *base, const struct ixl_dma *mem, uint64_t addr)
{
    struct lx_dev *dev = lx_dev(base);
    size_t page = page_of(dev->group->container), in_page = (uintptr_t)mem->virt % page;
    struct lx_mem *shared = take_out(dev, NULL, addr - in_page, true);

    if (shared) /* else it sees the memory as long as its owner does */
        undo(dev, shared);
}
