// SPDX-License-Identifier: MIT
/*
 * DMA: the memory of this process a NIC can see, as an IOMMU would have it. A device address is
 * the virtual address plus a number that differs from device to device and leaves the range of
 * pointers, so that one taken for the other is found out at once.
 */
#include "lib/os/sim/sim_priv.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/host.h"

#define GRAIN 64u /* sizes are rounded up to it, not to pages: overruns shall be seen */

/* ---- the map ------------------------------------------------------------- */

int soft_map_init(struct soft_map *map)
{
    memset(map, 0, sizeof(*map));
    return pthread_rwlock_init(&map->lock, NULL) == 0 ? 0 : -IXL_ENOMEM;
}

/* Regions that start at or below addr. Lock held. */
static unsigned count_below(const struct soft_map *map, uint64_t addr)
{
    unsigned low = 0, high = map->n;

    while (low < high) {
        unsigned mid = low + (high - low) / 2;
        if (map->regions[mid].addr <= addr)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* The memory behind [addr, addr + len), NULL if it is not all visible. Lock held. */
static uint8_t *look_up(const struct soft_map *map, uint64_t addr, size_t len)
{
    unsigned below = count_below(map, addr);

    if (below == 0 || map->gone)
        return NULL;
    const struct soft_region *r = &map->regions[below - 1];
    uint64_t off = addr - r->addr;
    if (off >= r->size || len > r->size - off)
        return NULL;
    return r->virt + off;
}

static bool grow(struct soft_map *map)
{
    unsigned room = map->room ? map->room * 2 : 16;
    struct soft_region *regions = realloc(map->regions, room * sizeof(*regions));

    if (!regions)
        return false;
    map->regions = regions;
    map->room = room;
    return true;
}

static int insert_locked(struct soft_map *map, const struct soft_region *region)
{
    unsigned at = count_below(map, region->addr);

    if (at > 0 && map->regions[at - 1].addr + map->regions[at - 1].size > region->addr)
        return -IXL_EEXIST;
    if (at < map->n && region->addr + region->size > map->regions[at].addr)
        return -IXL_EEXIST;
    if (map->n == map->room && !grow(map))
        return -IXL_ENOMEM;
    memmove(map->regions + at + 1, map->regions + at, (map->n - at) * sizeof(*region));
    map->regions[at] = *region;
    map->n++;
    return 0;
}

static int insert(struct soft_map *map, const struct soft_region *region)
{
    pthread_rwlock_wrlock(&map->lock);
    int err = insert_locked(map, region);
    pthread_rwlock_unlock(&map->lock);
    return err;
}

/* Take the region that starts at addr out; its size is 0 if there is none. When this returns no
 * access of the NIC to it is under way. */
static struct soft_region take_out(struct soft_map *map, uint64_t addr, bool owned)
{
    struct soft_region gone = { .size = 0 };

    pthread_rwlock_wrlock(&map->lock);
    unsigned at = count_below(map, addr);
    if (at > 0 && map->regions[at - 1].addr == addr && map->regions[at - 1].owned == owned) {
        gone = map->regions[at - 1];
        memmove(map->regions + at - 1, map->regions + at, (map->n - at) * sizeof(gone));
        map->n--;
    }
    pthread_rwlock_unlock(&map->lock);
    return gone;
}

/* ---- accesses of the NIC ------------------------------------------------- */

bool soft_map_read(void *slot, uint64_t addr, void *buf, size_t len)
{
    struct soft_map *map = &((struct soft_slot *)slot)->map;

    pthread_rwlock_rdlock(&map->lock);
    const uint8_t *mem = look_up(map, addr, len);
    if (mem)
        sim_host_load(buf, mem, len);
    pthread_rwlock_unlock(&map->lock);
    return mem != NULL;
}

bool soft_map_write(void *slot, uint64_t addr, const void *buf, size_t len)
{
    struct soft_map *map = &((struct soft_slot *)slot)->map;

    pthread_rwlock_rdlock(&map->lock);
    uint8_t *mem = look_up(map, addr, len);
    if (mem)
        sim_host_store(mem, buf, len);
    pthread_rwlock_unlock(&map->lock);
    return mem != NULL;
}

/* ---- memory -------------------------------------------------------------- */

static size_t pages(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    return (size + page - 1) / page * page;
}

/* Zeroed memory, aligned; NULL if there is none. */
static uint8_t *map_pages(size_t size, size_t align)
{
    size_t whole = pages(size), spare = align > pages(1) ? align : 0;

    if (whole < size || whole + spare < whole)
        return NULL;
    uint8_t *mem =
        mmap(NULL, whole + spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mem == MAP_FAILED)
        return NULL;
    if (!spare)
        return mem;
    size_t lead = (align - (uintptr_t)mem % align) % align;
    if (lead)
        munmap(mem, lead);
    if (spare - lead)
        munmap(mem + lead + whole, spare - lead);
    return mem + lead;
}

static bool refused(struct soft_slot *slot)
{
    int left = atomic_load(&slot->allocations);

    if (left > 0)
        atomic_store(&slot->allocations, left - 1);
    return left == 0;
}

int soft_dma_alloc(struct ixl_os_dev *dev, size_t size, size_t align, struct ixl_dma *out)
{
    struct soft_slot *slot = soft_slot(dev);
    size_t whole = (size + GRAIN - 1) & ~(size_t)(GRAIN - 1);

    if (size == 0 || align == 0 || (align & (align - 1))) {
        ixl_log(IXL_LOG_ERROR, "%s: %zu bytes of DMA memory aligned to %zu make no sense",
                slot->info.address, size, align);
        return -IXL_EINVAL;
    }
    uint8_t *virt = whole < size || refused(slot) ? NULL : map_pages(whole, align);
    struct soft_region region = { (uintptr_t)virt + slot->offset, whole, virt, true };
    int err = virt ? insert(&slot->map, &region) : -IXL_ENOMEM;
    if (err) {
        if (virt)
            munmap(virt, pages(whole));
        ixl_log(IXL_LOG_ERROR,
                "%s: no memory for %zu bytes of DMA memory: use fewer or smaller "
                "buffers",
                slot->info.address, size);
        return -IXL_ENOMEM;
    }
    *out = (struct ixl_dma){ .virt = virt, .addr = region.addr, .size = whole };
    return 0;
}

void soft_dma_free(struct ixl_os_dev *dev, struct ixl_dma *mem)
{
    struct soft_slot *slot = soft_slot(dev);
    struct soft_region gone = take_out(&slot->map, mem->addr, true);

    if (gone.size)
        munmap(gone.virt, pages((size_t)gone.size));
    else
        ixl_log(IXL_LOG_ERROR, "%s: DMA memory at 0x%llx is freed, but was not allocated",
                slot->info.address, (unsigned long long)mem->addr);
    memset(mem, 0, sizeof(*mem));
}

/* All backends' DMA memory is memory of this process, so any of it can be shown to a model. */
int soft_dma_share(struct ixl_os_dev *dev, const struct ixl_os_dev *home, const struct ixl_dma *mem,
                   uint64_t *addr)
{
    struct soft_slot *slot = soft_slot(dev);
    struct soft_region region = { (uintptr_t)mem->virt + slot->offset, mem->size, mem->virt,
                                  false };

    (void)home;
    int err = insert(&slot->map, &region);
    if (err) {
        ixl_log(IXL_LOG_ERROR, "%s: memory cannot be shared with it: %s", slot->info.address,
                err == -IXL_EEXIST ? "it sees the memory already" : "no memory");
        return err;
    }
    *addr = region.addr;
    return 0;
}

void soft_dma_unshare(struct ixl_os_dev *dev, const struct ixl_dma *mem, uint64_t addr)
{
    (void)mem;
    take_out(&soft_slot(dev)->map, addr, false);
}

void soft_map_set_gone(struct soft_map *map, bool gone)
{
    pthread_rwlock_wrlock(&map->lock);
    map->gone = gone;
    pthread_rwlock_unlock(&map->lock);
}

void soft_map_clear(struct soft_map *map)
{
    pthread_rwlock_wrlock(&map->lock);
    for (unsigned i = 0; i < map->n; i++)
        if (map->regions[i].owned)
            munmap(map->regions[i].virt, pages((size_t)map->regions[i].size));
    free(map->regions);
    map->regions = NULL;
    map->n = map->room = 0;
    pthread_rwlock_unlock(&map->lock);
}

void soft_map_fini(struct soft_map *map)
{
    soft_map_clear(map);
    pthread_rwlock_destroy(&map->lock);
}
