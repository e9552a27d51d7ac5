// SPDX-License-Identifier: MIT
/*
 * Memory of the process, and what devices reach of it: behind an IOMMU what their container maps;
 * without one, all large pages at their physical addresses.
 */
#include "tests/linux/fake_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/os/linux/sys.h"
#include "sim/host.h"

#define FIRST_FRAME UINT64_C(0x100000000)

pthread_rwlock_t memory_lock = PTHREAD_RWLOCK_INITIALIZER;
static uint64_t bytes; /* mapped here and not unmapped; fake_lock */
static uint64_t next_frame = FIRST_FRAME;

struct large_page {
    struct large_page *next;
    uint8_t *virt;
    uint64_t phys;
};
static struct large_page *large_pages; /* memory_lock */

/* ---- large pages --------------------------------------------------------------------------- */

static unsigned count_large(void)
{
    unsigned n = 0;

    for (const struct large_page *p = large_pages; p; p = p->next)
        n++;
    return n;
}

/* memory_lock held. */
static uint8_t *physical(uint64_t addr, size_t len)
{
    for (const struct large_page *p = large_pages; p; p = p->next)
        if (addr >= p->phys && addr - p->phys < LARGE && len <= LARGE - (addr - p->phys))
            return p->virt + (addr - p->phys);
    return NULL;
}

static void add_large(uint8_t *virt, size_t len)
{
    pthread_rwlock_wrlock(&memory_lock);
    for (size_t off = 0; off < len; off += LARGE) {
        struct large_page *p = calloc(1, sizeof(*p));
        if (!p)
            abort();
        *p = (struct large_page){ large_pages, virt + off, next_frame };
        large_pages = p;
        next_frame += kernel.scattered ? 2 * LARGE : LARGE;
    }
    pthread_rwlock_unlock(&memory_lock);
}

static void drop_large(const uint8_t *virt, size_t len)
{
    pthread_rwlock_wrlock(&memory_lock);
    for (struct large_page **at = &large_pages; *at;) {
        struct large_page *p = *at;
        if (p->virt >= virt && p->virt < virt + len) {
            *at = p->next;
            free(p);
        } else {
            at = &p->next;
        }
    }
    pthread_rwlock_unlock(&memory_lock);
}

static int map_large(size_t len, void **out)
{
    if (len % LARGE) {
        violated("%zu bytes are no number of large pages", len);
        return -EINVAL;
    }
    if (count_large() + len / LARGE > kernel.large_pages)
        return -ENOMEM;
    uint8_t *mem =
        mmap(NULL, len + LARGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mem == MAP_FAILED)
        return -errno;
    size_t lead = (LARGE - (uintptr_t)mem % LARGE) % LARGE;
    if (lead)
        munmap(mem, lead);
    munmap(mem + lead + len, LARGE - lead);
    add_large(mem + lead, len);
    *out = mem + lead;
    return 0;
}

/* An entry of the page map. */
static uint64_t frame_entry(uint64_t page)
{
    uint64_t entry = 0;

    pthread_rwlock_rdlock(&memory_lock);
    for (const struct large_page *p = large_pages; p && !entry; p = p->next) {
        uint64_t off = page * PAGE - (uintptr_t)p->virt;
        if (page * PAGE >= (uintptr_t)p->virt && off < LARGE)
            entry = UINT64_C(1) << 63 | (kernel.addresses_hidden ? 0 : (p->phys + off) / PAGE);
    }
    pthread_rwlock_unlock(&memory_lock);
    return entry;
}

/* ---- memory of the process ----------------------------------------------------------------- */

static int map_memory(void *at, size_t len, int prot, int flags, int fd, uint64_t off, void **out)
{
    int err = fault(FAKE_MMAP);

    if (err)
        return err;
    if (fd >= 0) {
        struct file f = file_at(fd);
        return f.type == FILE_DEVICE ? map_bar(f.obj, at, len, flags, off, out) : -EBADF;
    }
    if (flags & MAP_HUGETLB) {
        err = map_large(len, out);
    } else {
        void *mem = mmap(at, len, prot, flags, -1, 0);
        err = mem == MAP_FAILED ? -errno : 0;
        *out = mem;
    }
    if (!err)
        bytes += len;
    return err;
}

int lx_mmap(void *at, size_t len, int prot, int flags, int fd, uint64_t off, void **out)
{
    pthread_mutex_lock(&fake_lock);
    int err = map_memory(at, len, prot, flags, fd, off, out);
    pthread_mutex_unlock(&fake_lock);
    return err;
}

/* A device that still reached the memory would be seen writing to what belongs to somebody else. */
static bool reached(const struct container *c, const uint8_t *at, size_t len)
{
    for (unsigned i = 0; c && i < c->top; i++)
        if (c->map[i].virt && c->map[i].virt < at + len && at < c->map[i].virt + c->map[i].size)
            return true;
    return false;
}

int lx_munmap(void *at, size_t len)
{
    pthread_mutex_lock(&fake_lock);
    for (const struct container *c = containers; c; c = c->next)
        if (reached(c, at, len))
            violated("memory is unmapped that a device can reach");
    drop_large(at, len);
    bytes -= len;
    int err = munmap(at, len) == 0 ? 0 : -errno;
    pthread_mutex_unlock(&fake_lock);
    return err;
}

int lx_madvise(void *at, size_t len, int advice)
{
    return madvise(at, len, advice) == 0 ? 0 : -errno;
}

/* Devices are not asked with the lock held: what they do may last. */
static struct file locked_file_at(int fd)
{
    pthread_mutex_lock(&fake_lock);
    struct file f = file_at(fd);
    pthread_mutex_unlock(&fake_lock);
    return f;
}

long lx_pread(int fd, void *buf, size_t len, uint64_t off)
{
    struct file f = locked_file_at(fd);

    if (f.type == FILE_DEVICE)
        return device_pread(f.obj, buf, len, off);
    if (f.type != FILE_PAGEMAP || len != 8 || off % 8) {
        violated("descriptor %d is read", fd);
        return -EBADF;
    }
    uint64_t entry = frame_entry(off / 8);
    memcpy(buf, &entry, 8);
    return 8;
}

long lx_pwrite(int fd, const void *buf, size_t len, uint64_t off)
{
    struct file f = locked_file_at(fd);

    if (f.type == FILE_DEVICE)
        return device_pwrite(f.obj, buf, len, off);
    violated("descriptor %d is written", fd);
    return -EBADF;
}

/* ---- mapping for devices ------------------------------------------------------------------- */

static uint64_t locked(void)
{
    uint64_t sum = 0;

    for (const struct container *c = containers; c; c = c->next)
        for (unsigned i = 0; i < c->top; i++)
            sum += c->map[i].virt ? c->map[i].size : 0;
    return sum;
}

static bool in_ranges(uint64_t first, uint64_t last)
{
    for (unsigned i = 0; i < kernel.n_ranges; i++)
        if (kernel.ranges[i].first <= first && last <= kernel.ranges[i].last)
            return true;
    return false;
}

static bool overlaps(const struct mapping *m, uint64_t iova, uint64_t size)
{
    return m->virt && iova < m->iova + m->size && m->iova < iova + size;
}

int map_dma(struct container *c, uint64_t iova, uint64_t size, void *virt)
{
    uint64_t unit = kernel.page_sizes ? kernel.page_sizes & (~kernel.page_sizes + 1) : PAGE;
    struct mapping *m = NULL;

    if (size == 0 || iova % unit || size % unit || (uintptr_t)virt % unit ||
        !in_ranges(iova, iova + (size - 1))) {
        violated("0x%llx bytes at 0x%llx cannot be mapped", (unsigned long long)size,
                 (unsigned long long)iova);
        return -EINVAL;
    }
    if (kernel.memlock != UINT64_MAX && locked() + size > kernel.memlock)
        return -ENOMEM;
    pthread_rwlock_wrlock(&memory_lock);
    int err = 0;
    for (unsigned i = 0; i < MAPS_MAX; i++) {
        if (overlaps(&c->map[i], iova, size))
            err = -EEXIST;
        else if (!m && !c->map[i].virt)
            m = &c->map[i];
    }
    err = err ? err : m ? 0 : -ENOSPC;
    if (!err) {
        *m = (struct mapping){ iova, size, virt };
        if (c->top <= (unsigned)(m - c->map))
            c->top = (unsigned)(m - c->map) + 1;
    }
    pthread_rwlock_unlock(&memory_lock);
    if (err == -EEXIST)
        violated("0x%llx is mapped twice", (unsigned long long)iova);
    return err;
}

int unmap_dma(struct container *c, uint64_t iova, uint64_t *size)
{
    bool found = false;

    pthread_rwlock_wrlock(&memory_lock);
    for (unsigned i = 0; i < c->top && !found; i++) {
        found = c->map[i].virt && c->map[i].iova == iova && c->map[i].size == *size;
        if (found)
            c->map[i].virt = NULL;
    }
    pthread_rwlock_unlock(&memory_lock);
    if (found)
        return 0;
    violated("0x%llx is unmapped, but was not mapped so", (unsigned long long)iova);
    *size = 0;
    return -EINVAL;
}

void forget_maps(struct container *c)
{
    pthread_rwlock_wrlock(&memory_lock);
    memset(c->map, 0, sizeof(c->map));
    pthread_rwlock_unlock(&memory_lock);
}

unsigned count_maps(const struct container *c)
{
    unsigned n = 0;

    pthread_rwlock_rdlock(&memory_lock);
    for (unsigned i = 0; i < c->top; i++)
        n += c->map[i].virt != NULL;
    pthread_rwlock_unlock(&memory_lock);
    return n;
}

void count_memory(struct fake_counts *counts)
{
    for (const struct container *c = containers; c; c = c->next)
        counts->mappings += count_maps(c);
    counts->locked = locked();
    counts->bytes = bytes;
    counts->large = count_large();
}

/* ---- accesses of devices ------------------------------------------------------------------- */

/* memory_lock held. */
static uint8_t *reach(const struct fake_dev *dev, uint64_t addr, size_t len)
{
    const struct container *c = dev->group ? dev->group->container : NULL;

    if (dev->opt.noiommu)
        return physical(addr, len);
    for (unsigned i = 0; c && i < c->top; i++) {
        const struct mapping *m = &c->map[i];
        if (m->virt && addr >= m->iova && addr - m->iova < m->size &&
            len <= m->size - (addr - m->iova))
            return m->virt + (addr - m->iova);
    }
    return NULL;
}

bool dma_read(void *dev, uint64_t addr, void *buf, size_t len)
{
    pthread_rwlock_rdlock(&memory_lock);
    const uint8_t *mem = reach(dev, addr, len);
    if (mem)
        sim_host_load(buf, mem, len);
    pthread_rwlock_unlock(&memory_lock);
    return mem != NULL;
}

bool dma_write(void *dev, uint64_t addr, const void *buf, size_t len)
{
    pthread_rwlock_rdlock(&memory_lock);
    uint8_t *mem = reach(dev, addr, len);
    if (mem)
        sim_host_store(mem, buf, len);
    pthread_rwlock_unlock(&memory_lock);
    return mem != NULL;
}
