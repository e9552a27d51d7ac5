// SPDX-License-Identifier: MIT
/*
 * Large pages, and the pieces cut from them: rings and other small pieces share one, so that the
 * IOMMU has few places to look up. Behind an IOMMU a page is mapped as a whole, and is taken from
 * the device when nothing is left in it. Without one devices are given physical addresses, which
 * the kernel tells; only large pages stay where they are and are contiguous.
 */
#include "lib/os/linux/linux_os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/os/linux/sys.h"

#define UNIT          ((size_t)4096) /* what pieces are made of */
/* An entry of the page map (Documentation/admin-guide/mm/pagemap.rst). */
#define ENTRY_PRESENT (UINT64_C(1) << 63)
#define ENTRY_FRAME   ((UINT64_C(1) << 55) - 1)
#ifndef MAP_HUGE_2MB
#define MAP_HUGE_2MB (21 << 26)
#endif

struct lx_arena {
    struct lx_arena *next;
    uint8_t *virt;
    uint64_t addr; /* the device's */
    size_t units;
    bool used[]; /* units */
};

/* ---- where memory lies --------------------------------------------------- */

static int frame_of(int fd, const void *virt, uint64_t *phys)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint64_t entry = 0;
    long n = lx_pread(fd, &entry, sizeof(entry), (uintptr_t)virt / page * sizeof(entry));

    if (n != (long)sizeof(entry) || !(entry & ENTRY_PRESENT))
        return n < 0 ? (int)n : -EIO;
    if ((entry & ENTRY_FRAME) == 0)
        return -EPERM; /* without CAP_SYS_ADMIN the kernel tells zero */
    *phys = (entry & ENTRY_FRAME) * page + (uintptr_t)virt % page;
    return 0;
}

/* Physical address of a range of large pages; -ENOSPC: they do not lie side by side. */
static int locate(const uint8_t *virt, size_t size, uint64_t *phys)
{
    int fd = lx_open(lx_pagemap(), O_RDONLY), err = fd < 0 ? fd : 0;

    for (size_t off = 0; off < size && !err; off += LX_LARGE) {
        uint64_t at = 0;
        err = frame_of(fd, virt + off, &at);
        if (!err && off == 0)
            *phys = at;
        else if (!err && at != *phys + off)
            err = -ENOSPC;
    }
    if (fd >= 0)
        lx_close(fd);
    return err;
}

static int not_located(const struct lx_dev *dev, size_t size, int err)
{
    if (err == -ENOSPC)
        ixl_log(IXL_LOG_ERROR,
                "%s: %zu KiB of contiguous memory cannot be had without an IOMMU: reserve large "
                "pages when the machine starts (hugepages=64), or use fewer or smaller buffers",
                dev->address, size / 1024);
    else
        lx_fail(dev->address, "the physical address of memory is not told", err,
                "without an IOMMU run as root (CAP_SYS_ADMIN, CAP_SYS_RAWIO)");
    return -IXL_ENOMEM;
}

/* ---- arenas -------------------------------------------------------------- */

static int no_large_pages(struct lx_dev *dev, int err)
{
    if (dev->group->container->noiommu) {
        lx_fail(dev->address, "without an IOMMU DMA memory has to be in pages of 2 MiB", err,
                "echo 64 > /proc/sys/vm/nr_hugepages");
        return -IXL_ENOMEM;
    }
    if (!dev->told_small)
        ixl_log(IXL_LOG_WARN,
                "%s: there are no free pages of 2 MiB, DMA memory is in ordinary ones, which "
                "costs speed: echo 64 > /proc/sys/vm/nr_hugepages",
                dev->address);
    dev->told_small = true;
    return -IXL_EAGAIN;
}

static int show(struct lx_dev *dev, void *virt, size_t size, uint64_t *addr)
{
    struct lx_container *c = dev->group->container;

    if (!c->noiommu)
        return lx_map(c, dev->address, virt, size, LX_LARGE, addr);
    int err = locate(virt, size, addr);
    return err ? not_located(dev, size, err) : 0;
}

static int create(struct lx_dev *dev, size_t whole, struct lx_arena *a)
{
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_HUGE_2MB | MAP_POPULATE;
    void *virt = NULL;
    int err = lx_mmap(NULL, whole, PROT_READ | PROT_WRITE, flags, -1, 0, &virt);

    if (err)
        return no_large_pages(dev, err);
    err = show(dev, virt, whole, &a->addr);
    if (err) {
        lx_munmap(virt, whole);
        return err;
    }
    lx_madvise(virt, whole, MADV_DONTFORK); /* as in dma.c */
    a->virt = virt;
    a->units = whole / UNIT;
    return 0;
}

static int add_arena(struct lx_dev *dev, size_t size, struct lx_arena **out)
{
    size_t whole = (size + (LX_LARGE - 1)) & ~(LX_LARGE - 1);
    struct lx_arena *a = calloc(1, sizeof(*a) + whole / UNIT * sizeof(bool)), **end;

    if (!a) {
        ixl_log(IXL_LOG_ERROR, "%s: no memory to keep track of DMA memory", dev->address);
        return -IXL_ENOMEM;
    }
    int err = create(dev, whole, a);
    if (err) {
        free(a);
        return err;
    }
    for (end = &dev->arenas; *end; end = &(*end)->next)
        ; /* older ones are filled first */
    *end = a;
    *out = a;
    return 0;
}

static void destroy(struct lx_dev *dev, struct lx_arena *a)
{
    if (!dev->group->container->noiommu)
        lx_unmap(dev->group->container, dev->address, a->addr, a->units * UNIT);
    lx_munmap(a->virt, a->units * UNIT);
    free(a);
}

static bool run_is_free(const struct lx_arena *a, size_t first, size_t n)
{
    for (size_t i = first; i < first + n; i++)
        if (a->used[i])
            return false;
    return true;
}

/* First unit of a free run; a->units: none. */
static size_t find_run(const struct lx_arena *a, size_t n, size_t align)
{
    size_t step = align > UNIT ? align / UNIT : 1; /* arenas start at multiples of LX_LARGE */

    for (size_t i = 0; i + n <= a->units; i += step)
        if (run_is_free(a, i, n))
            return i;
    return a->units;
}

/* ---- pieces -------------------------------------------------------------- */

int lx_arena_alloc(struct lx_dev *dev, size_t size, size_t align, struct lx_mem *mem)
{
    size_t n = (size + (UNIT - 1)) / UNIT, first = 0;
    struct lx_arena *a = dev->arenas;

    if (align > LX_LARGE) {
        if (!dev->group->container->noiommu)
            return -IXL_EAGAIN;
        ixl_log(IXL_LOG_ERROR, "%s: memory aligned to %zu cannot be had without an IOMMU",
                dev->address, align);
        return -IXL_ENOMEM;
    }
    while (a && (first = find_run(a, n, align)) == a->units)
        a = a->next;
    if (!a) {
        int err = add_arena(dev, n * UNIT, &a);
        if (err)
            return err;
        first = 0;
    }
    memset(a->used + first, true, n);
    memset(a->virt + first * UNIT, 0, n * UNIT);
    mem->virt = a->virt + first * UNIT;
    mem->addr = a->addr + first * UNIT;
    mem->size = n * UNIT;
    mem->arena = a;
    return 0;
}

void lx_arena_free(struct lx_dev *dev, const struct lx_mem *mem)
{
    struct lx_arena *a = mem->arena, **at = &dev->arenas;

    memset(a->used + (size_t)((uint8_t *)mem->virt - a->virt) / UNIT, false, mem->size / UNIT);
    if (!run_is_free(a, 0, a->units))
        return;
    while (*at != a)
        at = &(*at)->next;
    *at = a->next;
    destroy(dev, a);
}
