// SPDX-License-Identifier: MIT
/*
 * BARs. What VFIO lets be mapped is touched directly: all of a BAR, or the parts around the MSI-X
 * table, which is the kernel's. What it does not (a BAR that is smaller than a page and shares it
 * with others) is read and written through the file.
 */
#include "lib/os/linux/linux_os.h"

#include <endian.h>
#include <errno.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/os/linux/sys.h"

#define BARS      6u
#define INFO_SIZE 4096u
#define AREAS_MAX 64u

/* A BAR as VFIO describes it. */
struct region {
    uint64_t size, offset; /* bytes; place in the file */
    bool mappable;
    unsigned n_areas; /* 0: all of it */
    struct vfio_region_sparse_mmap_area area[AREAS_MAX];
};

/* A BAR behind functions. */
struct lx_slow_bar {
    struct lx_dev *dev;
    uint64_t offset;
};

/* ---- what VFIO tells ----------------------------------------------------- */

/* Offsets and lengths are checked: an area leaves neither the answer nor the BAR. */
static void take_areas(const uint8_t *info, uint32_t at, struct region *r)
{
    struct vfio_region_info_cap_sparse_mmap cap;

    for (unsigned i = 0; i < 64 && at && at <= INFO_SIZE - sizeof(cap); i++, at = cap.header.next) {
        memcpy(&cap, info + at, sizeof(cap));
        if (cap.header.id != VFIO_REGION_INFO_CAP_SPARSE_MMAP)
            continue;
        for (unsigned a = 0; a < cap.nr_areas && r->n_areas < AREAS_MAX; a++) {
            struct vfio_region_sparse_mmap_area area;
            size_t off = at + sizeof(cap) + a * sizeof(area);
            if (off > INFO_SIZE - sizeof(area))
                return;
            memcpy(&area, info + off, sizeof(area));
            if (area.size > 0 && area.offset < r->size && area.size <= r->size - area.offset)
                r->area[r->n_areas++] = area;
        }
        r->mappable = r->n_areas > 0;
        return;
    }
}

static int describe(struct lx_dev *dev, unsigned index, struct region *r)
{
    uint64_t buf[INFO_SIZE / sizeof(uint64_t)] = { 0 };
    struct vfio_region_info *info = (struct vfio_region_info *)(void *)buf;

    info->argsz = sizeof(buf);
    info->index = index;
    int err = lx_ioctl(dev->fd, VFIO_DEVICE_GET_REGION_INFO, info);
    if (err < 0)
        return lx_fail(dev->address, "a BAR is not described", err, NULL);
    memset(r, 0, sizeof(*r));
    r->size = info->size;
    r->offset = info->offset;
    /* one that is larger than our address space is not */
    r->mappable = (info->flags & VFIO_REGION_INFO_FLAG_MMAP) && (size_t)r->size == r->size;
    if (r->mappable && (info->flags & VFIO_REGION_INFO_FLAG_CAPS))
        take_areas((const uint8_t *)buf, info->cap_offset, r);
    return 0;
}

/* ---- mapping ------------------------------------------------------------- */

static int map_areas(struct lx_dev *dev, const struct region *r, uint8_t *at)
{
    struct vfio_region_sparse_mmap_area whole = { 0, r->size };
    const struct vfio_region_sparse_mmap_area *area = r->n_areas ? r->area : &whole;
    unsigned n = r->n_areas ? r->n_areas : 1;
    void *got;
    int err = 0;

    for (unsigned i = 0; i < n && !err; i++)
        err = lx_mmap(at + area[i].offset, (size_t)area[i].size, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_FIXED, dev->fd, r->offset + area[i].offset, &got);
    return err;
}

/* The place of all of it is kept first, so that what is left out between the areas belongs to
 * nobody: no driver has anything to look for there. */
static int map_region(struct lx_dev *dev, const struct region *r, struct lx_mapped_bar *place)
{
    void *at = NULL;
    int err = lx_mmap(NULL, (size_t)r->size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0, &at);

    if (!err) {
        err = map_areas(dev, r, at);
        if (err)
            lx_munmap(at, (size_t)r->size);
    }
    if (err)
        return lx_fail(dev->address, "its registers cannot be mapped", err, NULL);
    *place = (struct lx_mapped_bar){ at, (size_t)r->size, false };
    return 0;
}

/* ---- through the file ---------------------------------------------------- */

static uint32_t slow_read(const struct ixl_bar *bar, uint32_t off, unsigned width)
{
    const struct lx_slow_bar *slow = bar->ctx;
    uint32_t val = 0;

    if (lx_pread(slow->dev->fd, &val, width, slow->offset + off) != (long)width)
        return UINT32_MAX; /* what a device that is gone answers */
    return le32toh(val);
}

static void slow_write(const struct ixl_bar *bar, uint32_t off, unsigned width, uint32_t val)
{
    const struct lx_slow_bar *slow = bar->ctx;
    uint32_t wire = htole32(val);

    (void)lx_pwrite(slow->dev->fd, &wire, width, slow->offset + off);
}

static int open_slow(struct lx_dev *dev, const struct region *r, struct lx_mapped_bar *place,
                     struct ixl_bar *out)
{
    struct lx_slow_bar *slow = calloc(1, sizeof(*slow));

    if (!slow) {
        ixl_log(IXL_LOG_ERROR, "%s: no memory for a BAR", dev->address);
        return -IXL_ENOMEM;
    }
    ixl_log(IXL_LOG_INFO, "%s: BAR %u cannot be mapped: its registers are reached by system calls",
            dev->address, out->index);
    *slow = (struct lx_slow_bar){ dev, r->offset };
    *place = (struct lx_mapped_bar){ slow, (size_t)r->size, true };
    out->read = slow_read;
    out->write = slow_write;
    return 0;
}

/* ---- the seam ------------------------------------------------------------ */

static struct lx_mapped_bar *free_place(struct lx_dev *dev)
{
    for (unsigned i = 0; i < LX_BARS_MAX; i++)
        if (!dev->bars[i].at)
            return &dev->bars[i];
    ixl_log(IXL_LOG_ERROR, "%s: more than %u BARs are mapped at once: unmap some", dev->address,
            LX_BARS_MAX);
    return NULL;
}

int lx_bar_map(struct ixl_os_dev *base, unsigned index, struct ixl_bar *out)
{
    struct lx_dev *dev = lx_dev(base);
    struct region r = { .size = 0 };
    int err = index < BARS ? describe(dev, index, &r) : 0;

    if (err)
        return err;
    if (r.size == 0 || r.size > SIZE_MAX / 2) {
        ixl_log(IXL_LOG_ERROR, "%s has no BAR %u", dev->address, index);
        return -IXL_ENOENT;
    }
    struct lx_mapped_bar *place = free_place(dev);
    if (!place)
        return -IXL_ENOMEM;
    *out = (struct ixl_bar){ .size = r.size, .index = index };
    err = r.mappable ? map_region(dev, &r, place) : open_slow(dev, &r, place, out);
    if (err)
        return err;
    out->mem = r.mappable ? place->at : NULL;
    out->ctx = place->at;
    return 0;
}

static void unmap(struct lx_mapped_bar *place)
{
    if (place->slow)
        free(place->at);
    else
        lx_munmap(place->at, place->size);
    place->at = NULL;
}

void lx_bar_unmap(struct ixl_os_dev *base, struct ixl_bar *bar)
{
    struct lx_dev *dev = lx_dev(base);

    for (unsigned i = 0; i < LX_BARS_MAX; i++) {
        if (bar->ctx && dev->bars[i].at == bar->ctx) {
            unmap(&dev->bars[i]);
            break;
        }
    }
    memset(bar, 0, sizeof(*bar));
}

void lx_bar_close(struct lx_dev *dev)
{
    for (unsigned i = 0; i < LX_BARS_MAX; i++)
        if (dev->bars[i].at)
            unmap(&dev->bars[i]);
}
