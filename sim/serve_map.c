// SPDX-License-Identifier: MIT
/*
 * Memory of the client that the NIC may reach, as an IOMMU would have it. The client may take the
 * memory away under an access (it can shorten the file): that raises SIGBUS, which ends the access
 * and nothing else.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "host.h"
#include "serve_priv.h"

#define MAPS_MAX 65535u /* the protocol's default */

/* ---- the guard ------------------------------------------------------------ */

static _Thread_local sigjmp_buf *volatile guarded;

static void on_sigbus(int signo)
{
    if (guarded)
        siglongjmp(*guarded, 1);
    signal(signo, SIG_DFL); /* no access of ours: the instruction is repeated, and ends it */
}

void serve_guard_install(void)
{
    /* SA_NODEFER: the handler is left by a jump, which restores no signal mask */
    struct sigaction act = { .sa_handler = on_sigbus, .sa_flags = SA_NODEFER };

    sigemptyset(&act.sa_mask);
    sigaction(SIGBUS, &act, NULL);
}

/* ---- the map -------------------------------------------------------------- */

/* Regions that start at or below addr. Lock held. */
static unsigned count_below(const struct serve_map *map, uint64_t addr)
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

static int insert(struct serve_map *map, const struct serve_region *r)
{
    unsigned at = count_below(map, r->addr);

    if (at > 0 && r->addr - map->regions[at - 1].addr < map->regions[at - 1].size)
        return EEXIST;
    if (at < map->n && map->regions[at].addr - r->addr < r->size)
        return EEXIST;
    if (map->n == MAPS_MAX)
        return ENOSPC;
    if (map->n == map->room) {
        unsigned room = map->room ? map->room * 2 : 16;
        struct serve_region *more = realloc(map->regions, room * sizeof(*more));
        if (!more)
            return ENOMEM;
        map->regions = more;
        map->room = room;
    }
    memmove(map->regions + at + 1, map->regions + at, (map->n - at) * sizeof(*r));
    map->regions[at] = *r;
    map->n++;
    return 0;
}

/* What can have seals. The question is answered by the kernel alone, while fstat, fstatfs, and an
 * access to what is mapped, ask the file system, which may be a process that never answers (FUSE).
 */
bool serve_is_memory(int fd)
{
    return fcntl(fd, F_GET_SEALS) >= 0;
}

/* Large pages are mapped whole, whatever is asked for, and unmapped whole only if that is asked
 * for: the rest of a part would stay with us for good. */
static bool cuts_large_pages(int fd, const struct serve_region *r)
{
    struct statfs fs;

    return fstatfs(fd, &fs) == 0 && (uint32_t)fs.f_type == HUGETLBFS_MAGIC &&
           r->size % (uint64_t)fs.f_bsize != 0;
}

static int map_file(struct serve_region *r, int fd, uint64_t offset)
{
    int prot = (r->readable ? PROT_READ : 0) | (r->writable ? PROT_WRITE : 0);
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    struct stat st;

    if (!serve_is_memory(fd))
        return EOPNOTSUPP;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size < 0)
        return EINVAL;
    if (offset % page || offset > (uint64_t)st.st_size || r->size > (uint64_t)st.st_size - offset ||
        r->size > SIZE_MAX / 2 || cuts_large_pages(fd, r))
        return EINVAL;
    void *at = mmap(NULL, (size_t)r->size, prot, MAP_SHARED, fd, (off_t)offset);
    if (at == MAP_FAILED)
        return errno;
    r->virt = at;
    return 0;
}

static void unmap(const struct serve_region *r)
{
    if (r->virt)
        munmap(r->virt, (size_t)r->size);
}

int serve_map_add(struct serve_map *map, const struct serve_region *region, int fd, uint64_t offset)
{
    struct serve_region r = *region;

    if (r.size == 0 || r.addr + (r.size - 1) < r.addr)
        return EINVAL;
    int err = fd >= 0 ? map_file(&r, fd, offset) : 0;
    if (err)
        return err;
    pthread_rwlock_wrlock(&map->lock);
    err = insert(map, &r);
    pthread_rwlock_unlock(&map->lock);
    if (err)
        unmap(&r);
    return err;
}

int serve_map_remove(struct serve_map *map, uint64_t addr, uint64_t size)
{
    struct serve_region gone = { .size = 0 };

    pthread_rwlock_wrlock(&map->lock);
    unsigned at = count_below(map, addr);
    if (at > 0 && map->regions[at - 1].addr == addr && map->regions[at - 1].size == size) {
        gone = map->regions[at - 1];
        memmove(map->regions + at - 1, map->regions + at, (map->n - at) * sizeof(gone));
        map->n--;
    }
    pthread_rwlock_unlock(&map->lock);
    unmap(&gone);
    return gone.size ? 0 : ENOENT;
}

void serve_map_clear(struct serve_map *map)
{
    pthread_rwlock_wrlock(&map->lock);
    for (unsigned i = 0; i < map->n; i++)
        unmap(&map->regions[i]);
    free(map->regions);
    map->regions = NULL;
    map->n = map->room = 0;
    pthread_rwlock_unlock(&map->lock);
}

/* ---- accesses of the NIC -------------------------------------------------- */

/* False: the memory went while it was accessed. */
static bool copy_guarded(void *to, const void *from, size_t len, bool write)
{
    sigjmp_buf here;

    if (sigsetjmp(here, 0)) {
        guarded = NULL;
        return false;
    }
    guarded = &here;
    if (write)
        sim_host_store(to, from, len);
    else
        sim_host_load(to, from, len);
    guarded = NULL;
    return true;
}

/* The memory behind [addr, addr + len), NULL if it is not all visible. Lock held. */
static uint8_t *look_up(const struct serve_map *map, uint64_t addr, size_t len, bool write)
{
    unsigned below = count_below(map, addr);

    if (below == 0)
        return NULL;
    const struct serve_region *r = &map->regions[below - 1];
    uint64_t off = addr - r->addr;
    if (!r->virt || !(write ? r->writable : r->readable) || off >= r->size || len > r->size - off)
        return NULL;
    return r->virt + off;
}

bool serve_dma_read(void *ctx, uint64_t addr, void *buf, size_t len)
{
    struct serve_map *map = &((struct sim_server *)ctx)->map;

    pthread_rwlock_rdlock(&map->lock);
    const uint8_t *mem = look_up(map, addr, len, false);
    bool ok = mem && copy_guarded(buf, mem, len, false);
    pthread_rwlock_unlock(&map->lock);
    return ok;
}

bool serve_dma_write(void *ctx, uint64_t addr, const void *buf, size_t len)
{
    struct serve_map *map = &((struct sim_server *)ctx)->map;

    pthread_rwlock_rdlock(&map->lock);
    uint8_t *mem = look_up(map, addr, len, true);
    bool ok = mem && copy_guarded(mem, buf, len, true);
    pthread_rwlock_unlock(&map->lock);
    return ok;
}
