// SPDX-License-Identifier: MIT
/*
 * DMA memory: a file in memory (memfd) for each piece, which the server maps, too. It is sealed: a
 * server must not shorten it under us. Device addresses are our virtual ones.
 */
#include "lib/os/vfio_user/vfio_user_os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/os/linux/linux_os.h"

struct dma_map {
    uint32_t argsz, flags;
    uint64_t offset, address, size;
};

struct dma_unmap {
    uint32_t argsz, flags;
    uint64_t address, size;
};

enum { READABLE = 1, WRITABLE = 2 };

/* ---- what the server sees ------------------------------------------------ */

static int show(struct vu_dev *dev, const struct vu_mem *mem, int fd)
{
    struct dma_map msg = { sizeof(msg), READABLE | WRITABLE, 0, mem->addr, mem->size };
    struct vu_call call = {
        .command = VU_DMA_MAP, .body = &msg, .len = sizeof(msg), .fds = &fd, .n_fds = 1
    };
    int err = vu_call(&dev->conn, &call);

    return err ? lx_fail(dev->spec.info.address, "it cannot be shown memory", err, NULL) : 0;
}

/* The server has let go of it when it answers. */
static void hide(struct vu_dev *dev, const struct vu_mem *mem)
{
    struct dma_unmap msg = { sizeof(msg), 0, mem->addr, mem->size }, echo;
    struct vu_call call = { .command = VU_DMA_UNMAP,
                            .body = &msg,
                            .len = sizeof(msg),
                            .reply = &echo,
                            .reply_min = 0,
                            .reply_max = sizeof(echo) };
    int err = vu_call(&dev->conn, &call);

    if (err && err != -ENODEV)
        lx_fail(dev->spec.info.address, "memory cannot be taken from it", err, NULL);
}

/* ---- pieces -------------------------------------------------------------- */

/* Place for `size` bytes at a multiple of `align`, and the file there. */
static int map_file(struct vu_mem *mem, size_t align)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), spare = align > page ? align : 0;
    uint8_t *at = mmap(NULL, mem->size + spare, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (at == MAP_FAILED)
        return -errno;
    size_t lead = spare ? (align - (uintptr_t)at % align) % align : 0;
    if (lead)
        munmap(at, lead);
    if (spare - lead)
        munmap(at + lead + mem->size, spare - lead);
    mem->virt = mmap(at + lead, mem->size, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_FIXED | MAP_POPULATE, mem->fd, 0);
    if (mem->virt != MAP_FAILED)
        return 0;
    int err = -errno;
    munmap(at + lead, mem->size);
    return err;
}

static int make_file(struct vu_mem *mem, size_t align)
{
    mem->fd = memfd_create("ixl-dma", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (mem->fd < 0)
        return -errno;
    int err = 0;
    if (ftruncate(mem->fd, (off_t)mem->size) < 0 ||
        fcntl(mem->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
        err = -errno;
    if (!err)
        err = map_file(mem, align);
    if (err)
        close(mem->fd);
    mem->addr = (uintptr_t)mem->virt;
    return err;
}

static void drop_file(struct vu_mem *mem)
{
    munmap(mem->virt, mem->size);
    close(mem->fd);
}

static void put_in(struct vu_dev *dev, struct vu_mem *mem)
{
    pthread_mutex_lock(&dev->lock);
    mem->next = dev->mems;
    dev->mems = mem;
    pthread_mutex_unlock(&dev->lock);
}

static struct vu_mem *take_out(struct vu_dev *dev, uint64_t addr, bool shared)
{
    struct vu_mem *found = NULL;

    pthread_mutex_lock(&dev->lock);
    for (struct vu_mem **at = &dev->mems; *at; at = &(*at)->next) {
        if ((*at)->addr == addr && ((*at)->fd < 0) == shared) {
            found = *at;
            *at = found->next;
            break;
        }
    }
    pthread_mutex_unlock(&dev->lock);
    return found;
}

static void undo(struct vu_dev *dev, struct vu_mem *mem)
{
    hide(dev, mem);
    if (mem->fd >= 0)
        drop_file(mem);
    free(mem);
}

static int build(struct vu_dev *dev, struct vu_mem *mem, size_t align)
{
    int err = make_file(mem, align);

    if (err)
        return lx_fail(dev->spec.info.address, "memory for DMA cannot be had", err,
                       "use fewer or smaller buffers");
    err = show(dev, mem, mem->fd);
    if (err)
        drop_file(mem);
    return err;
}

int vu_dma_alloc(struct ixl_os_dev *base, size_t size, size_t align, struct ixl_dma *out)
{
    struct vu_dev *dev = vu_dev(base);
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    if (size == 0 || size > SIZE_MAX / 4 || align == 0 || align > SIZE_MAX / 4 ||
        (align & (align - 1))) {
        ixl_log(IXL_LOG_ERROR, "%s: %zu bytes of DMA memory aligned to %zu make no sense",
                dev->spec.info.address, size, align);
        return -IXL_EINVAL;
    }
    struct vu_mem *mem = calloc(1, sizeof(*mem));
    if (!mem) {
        ixl_log(IXL_LOG_ERROR, "%s: no memory to keep track of DMA memory", dev->spec.info.address);
        return -IXL_ENOMEM;
    }
    mem->size = (size + page - 1) & ~(page - 1);
    int err = build(dev, mem, align);
    if (err) {
        free(mem);
        return err;
    }
    put_in(dev, mem);
    *out = (struct ixl_dma){ .virt = mem->virt, .addr = mem->addr, .size = mem->size, .ctx = mem };
    return 0;
}

void vu_dma_free(struct ixl_os_dev *base, struct ixl_dma *out)
{
    struct vu_dev *dev = vu_dev(base);
    struct vu_mem *mem = take_out(dev, out->addr, false);

    if (mem)
        undo(dev, mem);
    else
        ixl_log(IXL_LOG_ERROR, "%s: DMA memory at 0x%llx is freed, but was not allocated",
                dev->spec.info.address, (unsigned long long)out->addr);
    memset(out, 0, sizeof(*out));
}

void vu_dma_close(struct vu_dev *dev)
{
    while (dev->mems) {
        struct vu_mem *mem = dev->mems;
        dev->mems = mem->next;
        undo(dev, mem);
    }
}

/* ---- memory of another device -------------------------------------------- */

int vu_dma_share(struct ixl_os_dev *base, const struct ixl_os_dev *home, const struct ixl_dma *mem,
                 uint64_t *addr)
{
    struct vu_dev *dev = vu_dev(base);

    if (home->ops != base->ops) {
        ixl_log(IXL_LOG_ERROR, "%s: only memory of another vfio-user device can be shared with it",
                dev->spec.info.address);
        return -IXL_ENOTSUP;
    }
    struct vu_mem *shared = calloc(1, sizeof(*shared));
    if (!shared) {
        ixl_log(IXL_LOG_ERROR, "%s: no memory to keep track of DMA memory", dev->spec.info.address);
        return -IXL_ENOMEM;
    }
    *shared = (struct vu_mem){ .virt = mem->virt, .addr = mem->addr, .size = mem->size, .fd = -1 };
    int err = show(dev, shared, ((const struct vu_mem *)mem->ctx)->fd);
    if (err) {
        free(shared);
        return err;
    }
    put_in(dev, shared);
    *addr = shared->addr;
    return 0;
}

void vu_dma_unshare(struct ixl_os_dev *base, const struct ixl_dma *mem, uint64_t addr)
{
    struct vu_dev *dev = vu_dev(base);
    struct vu_mem *shared = take_out(dev, addr, true);

    (void)mem;
    if (shared)
        undo(dev, shared);
}
