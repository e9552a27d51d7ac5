// SPDX-License-Identifier: MIT
/*
 * DMA memory: pieces of the machine's RAM above the first MiB; the device address is the
 * offset. First fit over a sorted list: control operations only. There is no IOMMU, so every
 * NIC of this QEMU reaches all of it.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/os/qtest/bus.h"

#define FIRST_BYTE ((size_t)1 << 20) /* below lie what firmware and legacy hardware use */
#define PAGE       ((size_t)4096)
#define MAX_ALIGN  ((size_t)1 << 21)

int qtest_ram_map(struct qtest_ram *ram, int fd, size_t size)
{
    /* Aligned offsets shall be aligned pointers, too. */
    ram->reserved_size = size + MAX_ALIGN;
    ram->reserved = mmap(NULL, ram->reserved_size, PROT_NONE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (ram->reserved != MAP_FAILED) {
        uintptr_t at = ((uintptr_t)ram->reserved + MAX_ALIGN - 1) & ~(MAX_ALIGN - 1);
        void *mem = mmap((void *)at, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
        if (mem != MAP_FAILED) {
            ram->mem = mem;
            ram->size = size;
            pthread_mutex_init(&ram->lock, NULL);
            return 0;
        }
        munmap(ram->reserved, ram->reserved_size);
    }
    ram->reserved = NULL;
    ixl_log(IXL_LOG_ERROR, "qemu: cannot map QEMU's %zu MiB of RAM into this process", size >> 20);
    return -IXL_ENOMEM;
}

void qtest_ram_unmap(struct qtest_ram *ram)
{
    if (ram->reserved == NULL) {
        return;
    }
    while (ram->used != NULL) {
        struct qtest_block *block = ram->used;
        ram->used = block->next;
        free(block);
    }
    munmap(ram->reserved, ram->reserved_size);
    pthread_mutex_destroy(&ram->lock);
    ram->reserved = NULL;
}

/* The first gap that takes the block; links it in. With the lock held. */
static bool place(struct qtest_ram *ram, struct qtest_block *block, size_t align)
{
    struct qtest_block **at = &ram->used;
    size_t start = (FIRST_BYTE + align - 1) & ~(align - 1);

    for (; *at != NULL; at = &(*at)->next) {
        if (start <= (*at)->offset && (*at)->offset - start >= block->size) {
            break;
        }
        start = ((*at)->offset + (*at)->size + align - 1) & ~(align - 1);
    }
    if (start > ram->size || ram->size - start < block->size) {
        return false;
    }
    block->offset = start;
    block->next = *at;
    *at = block;
    return true;
}

int qtest_dma_alloc(struct ixl_os_dev *dev, size_t size, size_t align, struct ixl_dma *out)
{
    struct qtest_ram *ram = &qtest_dev(dev)->bus->ram;
    if (size == 0 || (align & (align - 1)) != 0 || align > MAX_ALIGN) {
        ixl_log(IXL_LOG_ERROR,
                "qemu: %zu bytes of DMA memory aligned to %zu cannot be had: the "
                "alignment must be a power of two, at most 2 MiB",
                size, align);
        return -IXL_EINVAL;
    }
    align = align < PAGE ? PAGE : align;
    struct qtest_block *block = size > ram->size ? NULL : malloc(sizeof(*block));
    bool placed = false;
    if (block != NULL) {
        block->owner = dev;
        block->size = (size + PAGE - 1) & ~(PAGE - 1);
        pthread_mutex_lock(&ram->lock);
        placed = place(ram, block, align);
        pthread_mutex_unlock(&ram->lock);
    }
    if (!placed) {
        free(block);
        ixl_log(IXL_LOG_ERROR,
                "qemu: no %zu bytes of DMA memory left in QEMU's %zu MiB of RAM: give "
                "it more with ram=MIB",
                size, ram->size >> 20);
        return -IXL_ENOMEM;
    }
    *out = (struct ixl_dma){
        .virt = ram->mem + block->offset, .addr = block->offset, .size = block->size, .ctx = block
    };
    memset(out->virt, 0, out->size);
    return 0;
}

void qtest_dma_free(struct ixl_os_dev *dev, struct ixl_dma *mem)
{
    struct qtest_ram *ram = &qtest_dev(dev)->bus->ram;

    if (mem->ctx == NULL) {
        return;
    }
    pthread_mutex_lock(&ram->lock);
    for (struct qtest_block **at = &ram->used; *at != NULL; at = &(*at)->next) {
        struct qtest_block *block = *at;
        if (block == mem->ctx) {
            *at = block->next;
            free(block);
            break;
        }
    }
    pthread_mutex_unlock(&ram->lock);
    *mem = (struct ixl_dma){ 0 };
}

void qtest_dma_free_all(struct qtest_dev *dev)
{
    struct qtest_ram *ram = &dev->bus->ram;

    pthread_mutex_lock(&ram->lock);
    for (struct qtest_block **at = &ram->used; *at != NULL;) {
        struct qtest_block *block = *at;
        if (block->owner == dev) {
            *at = block->next;
            free(block);
        } else {
            at = &block->next;
        }
    }
    pthread_mutex_unlock(&ram->lock);
}

int qtest_dma_share(struct ixl_os_dev *dev, const struct ixl_os_dev *home,
                    const struct ixl_dma *mem, uint64_t *addr)
{
    if (home->ops != dev->ops ||
        ((const struct qtest_dev *)(const void *)home)->bus != qtest_dev(dev)->bus) {
        ixl_log(IXL_LOG_ERROR, "qemu: memory can only be shared by NICs of one QEMU: open them "
                               "together, qemu:e1000;e1000e");
        return -IXL_ENOTSUP;
    }
    *addr = mem->addr;
    return 0;
}

void qtest_dma_unshare(struct ixl_os_dev *dev, const struct ixl_dma *mem, uint64_t addr)
{
    (void)dev;
    (void)mem;
    (void)addr;
}
