// SPDX-License-Identifier: MIT
/*
 * Dataspaces and the address space. All memory has a physical address; what was given back is
 * kept for a while, filled with a pattern, so that it can be seen whether a device still writes
 * into it. Registers are attached where nothing can be touched: accesses go through functions.
 */
#include "tests/l4re/fake_priv.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <l4/re/c/mem_alloc.h>
#include <l4/re/c/rm.h>
#include <l4/sys/consts.h>

#define PATTERN     0xa5
#define KEPT_MAX    (48u << 20) /* bytes given back that are still watched */
#define REGIONS_MAX 512u

struct region {
    uint8_t *virt;
    size_t size;
    struct dataspace *ds;
    struct fake_dev *dev; /* registers, if ds is NULL */
    unsigned bar;
    uint64_t addr; /* bus address of virt */
};

pthread_rwlock_t memory_lock = PTHREAD_RWLOCK_INITIALIZER;
static struct dataspace *dataspaces; /* newest first */
static struct region regions[REGIONS_MAX];
static uint64_t next_physical =
    UINT64_C(0x140000000); /* above 4 GiB: no address is cut off unseen */
static uint64_t scribbled;
static size_t kept;

/* ---- physical memory ----------------------------------------------------------------------- */

void fake_next_physical(uint64_t addr)
{
    pthread_rwlock_wrlock(&memory_lock);
    next_physical = addr;
    pthread_rwlock_unlock(&memory_lock);
}

uint8_t *physical(uint64_t addr, size_t len)
{
    for (struct dataspace *ds = dataspaces; ds; ds = ds->next)
        if (addr >= ds->phys && addr - ds->phys < ds->size && len <= ds->size - (addr - ds->phys))
            return ds->mem + (addr - ds->phys);
    return NULL;
}

static void *reserve(size_t size, int prot)
{
    void *mem = mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return mem == MAP_FAILED ? NULL : mem;
}

static void destroy_dataspace(struct object *obj);

struct dataspace *dataspace_create(size_t size, unsigned align)
{
    struct dataspace *ds = calloc(1, sizeof(*ds));
    size_t unit = (size_t)1 << align;

    if (!ds)
        return NULL;
    ds->base = (struct object){ OBJ_DATASPACE, 0, destroy_dataspace };
    ds->size = size;
    ds->align = align;
    ds->reserved = size + unit;
    ds->room = reserve(ds->reserved, PROT_READ | PROT_WRITE);
    if (!ds->room) {
        free(ds);
        return NULL;
    }
    ds->mem = (uint8_t *)(((uintptr_t)ds->room + unit - 1) & ~(uintptr_t)(unit - 1));
    pthread_rwlock_wrlock(&memory_lock);
    ds->phys = (next_physical + unit - 1) & ~(uint64_t)(unit - 1);
    next_physical = ds->phys + size;
    ds->next = dataspaces;
    dataspaces = ds;
    pthread_rwlock_unlock(&memory_lock);
    return ds;
}

/* Count what was changed, and forget it. memory_lock held. */
static void forget(struct dataspace **at)
{
    struct dataspace *ds = *at;

    /* All alike, which is asked fast, or counted one by one. */
    if (ds->mem[0] != PATTERN || memcmp(ds->mem, ds->mem + 1, ds->size - 1) != 0)
        for (size_t i = 0; i < ds->size; i++)
            scribbled += ds->mem[i] != PATTERN;
    *at = ds->next;
    kept -= ds->size;
    munmap(ds->room, ds->reserved);
    free(ds);
}

/* Down to `limit` bytes of memory given back, the oldest go first. */
static void forget_old(size_t limit)
{
    while (kept > limit) {
        struct dataspace **oldest = NULL;
        for (struct dataspace **at = &dataspaces; *at; at = &(*at)->next)
            if ((*at)->gone)
                oldest = at;
        if (!oldest)
            break;
        forget(oldest);
    }
}

static void destroy_dataspace(struct object *obj)
{
    struct dataspace *ds = (struct dataspace *)obj;

    pthread_rwlock_wrlock(&memory_lock);
    if (ds->attached)
        violated("a dataspace is given back while it is attached");
    if (ds->mapped)
        violated("a dataspace is given back while a device can reach it");
    memset(ds->mem, PATTERN, ds->size);
    ds->gone = true;
    kept += ds->size;
    forget_old(KEPT_MAX);
    pthread_rwlock_unlock(&memory_lock);
}

uint64_t fake_scribbled(void)
{
    pthread_rwlock_wrlock(&memory_lock);
    forget_old(0);
    uint64_t n = scribbled;
    scribbled = 0;
    pthread_rwlock_unlock(&memory_lock);
    return n;
}

unsigned count_dataspaces(void)
{
    unsigned n = 0;

    pthread_rwlock_rdlock(&memory_lock);
    for (const struct dataspace *ds = dataspaces; ds; ds = ds->next)
        n += !ds->gone;
    pthread_rwlock_unlock(&memory_lock);
    return n;
}

/* ---- the allocator of dataspaces ----------------------------------------------------------- */

l4_ret_t l4re_ma_alloc_align(long size, l4re_ds_t mem, unsigned long flags, unsigned long align)
{
    int err = fault(FAKE_MA_ALLOC);
    unsigned long least = flags & L4RE_MA_SUPER_PAGES ? L4_SUPERPAGESHIFT : L4_PAGESHIFT;

    if (err)
        return (l4_ret_t)err;
    if (size <= 0 || (size & (long)(L4_PAGESIZE - 1)) || align < least || align > 30)
        return -L4_ERANGE;
    if (!(flags & L4RE_MA_CONTINUOUS) || !(flags & L4RE_MA_PINNED))
        violated("memory for DMA is neither asked for in one piece nor pinned");
    struct dataspace *ds = dataspace_create((size_t)size, (unsigned)align);
    if (!ds)
        return -L4_ENOMEM;
    return (l4_ret_t)cap_fill(mem, &ds->base);
}

/* ---- the address space --------------------------------------------------------------------- */

/* memory_lock held. */
static struct region *free_region(void)
{
    for (unsigned i = 0; i < REGIONS_MAX; i++)
        if (!regions[i].virt)
            return &regions[i];
    return NULL;
}

static int remember(const struct region *r)
{
    pthread_rwlock_wrlock(&memory_lock);
    struct region *place = free_region();
    if (place) {
        *place = *r;
        if (r->ds)
            r->ds->attached++;
    }
    pthread_rwlock_unlock(&memory_lock);
    return place ? 0 : -L4_ENOMEM;
}

/* Move all of a dataspace that nobody has attached yet to an address of the caller's choice. */
static int move_to(void *at, struct dataspace *ds)
{
    /* only a wish: where the place is taken, or a sanitizer's, another one comes back */
    void *place = mmap(at, ds->size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (place == MAP_FAILED)
        return -L4_EADDRNOTAVAIL;
    if (place != at || ds->attached ||
        mremap(ds->mem, ds->size, ds->size, MREMAP_MAYMOVE | MREMAP_FIXED, at) != at) {
        munmap(place, ds->size);
        return -L4_EADDRNOTAVAIL;
    }
    pthread_rwlock_wrlock(&memory_lock);
    uint8_t *room = ds->room, *end = room + ds->reserved;
    if (ds->mem > room)
        munmap(room, (size_t)(ds->mem - room));
    if (end > ds->mem + ds->size)
        munmap(ds->mem + ds->size, (size_t)(end - (ds->mem + ds->size)));
    ds->room = ds->mem = at;
    ds->reserved = ds->size;
    pthread_rwlock_unlock(&memory_lock);
    return 0;
}

static int attach_memory(void **start, size_t size, l4re_ds_t mem, uint64_t offs, unsigned align,
                         bool search)
{
    struct dataspace *ds = cap_object(mem, OBJ_DATASPACE);

    if (!ds)
        return -L4_EINVAL;
    if (offs > ds->size || size > ds->size - offs)
        return -L4_ERANGE;
    int err = search ? 0 : offs || size != ds->size ? -L4_EADDRNOTAVAIL : move_to(*start, ds);
    if (err)
        return err;
    uint8_t *virt = ds->mem + offs;
    if ((uintptr_t)virt & (((uintptr_t)1 << align) - 1))
        return -L4_EADDRNOTAVAIL;
    *start = virt;
    return remember(&(struct region){ .virt = virt, .size = size, .ds = ds });
}

static int attach_registers(void **start, size_t size, struct fake_vbus *vbus, uint64_t offs,
                            l4re_rm_flags_t flags)
{
    unsigned bar;
    struct fake_dev *dev = bar_at(vbus, offs, size, &bar);

    if (!dev)
        return -L4_ERANGE;
    if (!(flags & L4RE_RM_F_CACHE_UNCACHED))
        violated("registers are attached with a cache in between");
    if (offs & (L4_PAGESIZE - 1))
        violated("registers are attached from inside of a page");
    size = (size + L4_PAGESIZE - 1) & ~(L4_PAGESIZE - 1);
    uint8_t *virt = reserve(size, PROT_NONE);
    if (!virt)
        return -L4_ENOMEM;
    *start = virt;
    int err = remember(
        &(struct region){ .virt = virt, .size = size, .dev = dev, .bar = bar, .addr = offs });
    if (err)
        munmap(virt, size);
    return err;
}

int l4re_rm_attach(void **start, unsigned long size, l4re_rm_flags_t flags, l4re_ds_t mem,
                   l4re_rm_offset_t offs, unsigned char align)
{
    struct fake_vbus *vbus = fake_vbus_of(mem);
    int err = fault(FAKE_ATTACH);

    if (err)
        return err;
    if ((cap_rights(mem) & L4_CAP_FPAGE_RW) != L4_CAP_FPAGE_RW)
        return -L4_EPERM;
    if ((flags & L4RE_RM_F_RW) != L4RE_RM_F_RW)
        violated("a region is attached without the right to read and write it");
    bool search = flags & L4RE_RM_F_SEARCH_ADDR;
    if (vbus && !search)
        return -L4_EADDRNOTAVAIL;
    return vbus ? attach_registers(start, size, vbus, offs, flags)
                : attach_memory(start, size, mem, offs, align, search);
}

int l4re_rm_detach(void *addr)
{
    int err = fault(FAKE_DETACH);
    struct region gone = { .virt = NULL };

    pthread_rwlock_wrlock(&memory_lock);
    for (unsigned i = 0; i < REGIONS_MAX && !gone.virt; i++) {
        if (regions[i].virt == addr) {
            gone = regions[i];
            regions[i].virt = NULL;
        }
    }
    if (gone.ds)
        gone.ds->attached--;
    pthread_rwlock_unlock(&memory_lock);
    if (!gone.virt) {
        violated("%p is detached, but was not attached", addr);
        return -L4_ENOENT;
    }
    if (!gone.ds)
        munmap(gone.virt, gone.size);
    return err;
}

unsigned count_regions(void)
{
    unsigned n = 0;

    pthread_rwlock_rdlock(&memory_lock);
    for (unsigned i = 0; i < REGIONS_MAX; i++)
        n += regions[i].virt != NULL;
    pthread_rwlock_unlock(&memory_lock);
    return n;
}

bool register_at(const volatile void *virt, struct fake_dev **dev, unsigned *bar, uint64_t *off)
{
    const volatile uint8_t *at = virt;
    bool found = false;

    pthread_rwlock_rdlock(&memory_lock);
    for (unsigned i = 0; i < REGIONS_MAX && !found; i++) {
        const struct region *r = &regions[i];
        if (!r->virt || r->ds || at < r->virt || at >= r->virt + r->size)
            continue;
        *dev = r->dev;
        *bar = r->bar;
        *off = r->addr + (uint64_t)(at - r->virt) - r->dev->bar[r->bar];
        found = true;
    }
    pthread_rwlock_unlock(&memory_lock);
    return found;
}
