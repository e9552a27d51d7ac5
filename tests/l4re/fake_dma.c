// SPDX-License-Identifier: MIT
/*
 * DMA spaces, and what a device reaches. Behind an IOMMU that is what the spaces of its domain
 * map; without one a space only tells physical addresses, and a device reaches all there is.
 */
#include "tests/l4re/fake_priv.h"

#include <stdlib.h>
#include <string.h>

#include <l4/re/c/dma_space.h>
#include <l4/sys/consts.h>

#include "sim/host.h"

#define MAPPINGS_MAX 1024u

struct mapping {
    uint64_t addr;
    size_t size;
    struct dataspace *ds; /* NULL: free place */
    uint64_t off;
};

struct dma_space {
    struct object base;
    struct dma_space *next; /* all there are */
    struct fake_vbus *vbus; /* NULL: associated with nothing */
    unsigned domain;
    uint64_t fresh; /* addresses from here on were never used */
    unsigned top;   /* places from here on were never used */
    struct mapping map[MAPPINGS_MAX];
};

static struct dma_space *spaces;

/* ---- life ---------------------------------------------------------------------------------- */

/* memory_lock held. */
static void clear(struct dma_space *s)
{
    for (unsigned i = 0; i < MAPPINGS_MAX; i++) {
        if (s->map[i].ds)
            s->map[i].ds->mapped--;
        s->map[i].ds = NULL;
    }
}

static void destroy(struct object *obj)
{
    struct dma_space *s = (struct dma_space *)obj;

    pthread_rwlock_wrlock(&memory_lock);
    clear(s);
    for (struct dma_space **at = &spaces; *at; at = &(*at)->next) {
        if (*at == s) {
            *at = s->next;
            break;
        }
    }
    pthread_rwlock_unlock(&memory_lock);
    free(s);
}

struct object *dma_space_create(void)
{
    struct dma_space *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->base = (struct object){ OBJ_DMA_SPACE, 0, destroy };
    pthread_rwlock_wrlock(&memory_lock);
    s->next = spaces;
    spaces = s;
    pthread_rwlock_unlock(&memory_lock);
    return &s->base;
}

long dma_space_assign(struct object *space, struct fake_vbus *vbus, unsigned domain)
{
    struct dma_space *s = (struct dma_space *)space;

    pthread_rwlock_wrlock(&memory_lock);
    clear(s);
    s->vbus = vbus;
    s->domain = domain;
    s->fresh = vbus->opt.iommu_first;
    pthread_rwlock_unlock(&memory_lock);
    return 0;
}

/* ---- mapping ------------------------------------------------------------------------------- */

/* A place, and the address the memory gets. memory_lock held. */
static long place(struct dma_space *s, struct dataspace *ds, uint64_t off, size_t size,
                  struct mapping **out)
{
    uint64_t unit = UINT64_C(1) << ds->align, addr = ds->phys + off;

    if (s->vbus->opt.iommu)
        addr = (s->fresh + unit - 1) & ~(unit - 1);
    *out = NULL;
    for (unsigned i = 0; i < MAPPINGS_MAX; i++) {
        struct mapping *m = &s->map[i];
        if (!m->ds && !*out)
            *out = m;
        else if (m->ds && addr < m->addr + m->size && m->addr < addr + size)
            return -L4_EEXIST;
    }
    if (!*out)
        return -L4_ENOMEM;
    s->fresh = addr + size;
    addr += s->vbus->opt.iommu_skew;
    **out = (struct mapping){ addr, size, ds, off };
    if (s->top <= (unsigned)(*out - s->map))
        s->top = (unsigned)(*out - s->map) + 1;
    ds->mapped++;
    return 0;
}

l4_ret_t l4re_dma_space_map(l4re_dma_space_t dma, l4re_ds_t src, l4re_ds_offset_t offset,
                            l4_size_t *size, unsigned long attrs, enum l4re_dma_space_direction dir,
                            l4re_dma_space_dma_addr_t *dma_addr)
{
    struct dma_space *s = cap_object(dma, OBJ_DMA_SPACE);
    struct dataspace *ds = cap_object(src, OBJ_DATASPACE);
    int err = fault(FAKE_DMA_MAP);
    bool cut = fault(FAKE_DMA_MAP_SHORT) != 0;
    struct mapping *m = NULL;

    (void)attrs;
    if (err || !s || !ds)
        return (l4_ret_t)(err ? err : -L4_EINVAL);
    if ((cap_rights(src) & L4_CAP_FPAGE_RW) != L4_CAP_FPAGE_RW)
        return -L4_EPERM;
    if (dir != L4RE_DMA_SPACE_BIDIRECTIONAL)
        violated("memory is mapped for one direction only");
    if (offset > ds->size || *size > ds->size - offset)
        return -L4_ERANGE;
    size_t part = cut ? L4_PAGESIZE : *size;
    pthread_rwlock_wrlock(&memory_lock);
    long done = s->vbus ? place(s, ds, offset, part, &m) : -L4_EINVAL;
    if (done == 0) {
        *dma_addr = m->addr;
        *size = part;
    }
    pthread_rwlock_unlock(&memory_lock);
    return (l4_ret_t)done;
}

l4_ret_t l4re_dma_space_unmap(l4re_dma_space_t dma, l4re_dma_space_dma_addr_t dma_addr,
                              l4_size_t size, unsigned long attrs,
                              enum l4re_dma_space_direction dir)
{
    struct dma_space *s = cap_object(dma, OBJ_DMA_SPACE);
    int err = fault(FAKE_DMA_UNMAP);
    bool found = false;

    (void)size;
    (void)attrs;
    (void)dir;
    if (!s)
        return -L4_EINVAL;
    pthread_rwlock_wrlock(&memory_lock);
    for (unsigned i = 0; i < MAPPINGS_MAX && !found; i++) {
        struct mapping *m = &s->map[i];
        if (!m->ds || dma_addr < m->addr || dma_addr - m->addr >= m->size)
            continue;
        found = true;
        if (err)
            continue;
        m->ds->mapped--;
        m->ds = NULL;
    }
    pthread_rwlock_unlock(&memory_lock);
    if (!found)
        violated("0x%llx is unmapped, but was not mapped", (unsigned long long)dma_addr);
    return (l4_ret_t)(found ? err : -L4_ENOENT);
}

/* memory_lock held. */
static unsigned mappings_of(const struct dma_space *s)
{
    unsigned n = 0;

    for (unsigned i = 0; i < MAPPINGS_MAX; i++)
        n += s->map[i].ds != NULL;
    return n;
}

unsigned count_mappings(void)
{
    unsigned n = 0;

    pthread_rwlock_rdlock(&memory_lock);
    for (const struct dma_space *s = spaces; s; s = s->next)
        n += mappings_of(s);
    pthread_rwlock_unlock(&memory_lock);
    return n;
}

unsigned fake_reachable(struct fake_vbus *vbus, unsigned index)
{
    unsigned n = 0;

    pthread_rwlock_rdlock(&memory_lock);
    for (const struct dma_space *s = spaces; s; s = s->next)
        if (s->vbus == vbus && s->domain == vbus->dev[index]->domain)
            n += mappings_of(s);
    pthread_rwlock_unlock(&memory_lock);
    return n;
}

/* ---- accesses ------------------------------------------------------------------------------ */

static uint8_t *look_up(const struct dma_space *s, uint64_t addr, size_t len)
{
    for (unsigned i = 0; i < s->top; i++) {
        const struct mapping *m = &s->map[i];
        if (m->ds && addr >= m->addr && addr - m->addr < m->size &&
            len <= m->size - (addr - m->addr))
            return m->ds->mem + m->off + (addr - m->addr);
    }
    return NULL;
}

uint8_t *dma_reach(const struct fake_dev *dev, uint64_t addr, size_t len)
{
    uint8_t *mem = NULL;

    if (!dev->vbus->opt.iommu)
        return physical(addr, len);
    for (const struct dma_space *s = spaces; s && !mem; s = s->next)
        if (s->vbus == dev->vbus && s->domain == dev->domain)
            mem = look_up(s, addr, len);
    return mem;
}

bool fake_dma_read(void *dev, uint64_t addr, void *buf, size_t len)
{
    pthread_rwlock_rdlock(&memory_lock);
    const uint8_t *mem = dma_reach(dev, addr, len);
    if (mem)
        sim_host_load(buf, mem, len);
    pthread_rwlock_unlock(&memory_lock);
    return mem != NULL;
}

bool fake_dma_write(void *dev, uint64_t addr, const void *buf, size_t len)
{
    pthread_rwlock_rdlock(&memory_lock);
    uint8_t *mem = dma_reach(dev, addr, len);
    if (mem)
        sim_host_store(mem, buf, len);
    pthread_rwlock_unlock(&memory_lock);
    return mem != NULL;
}
