// SPDX-License-Identifier: MIT

#include "hugemem.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)

static void *map(size_t size, int flags)
{
    void *base =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    return base == MAP_FAILED ? NULL : base;
}

// Small pages at a 2 MiB boundary, for the kernel to merge if it likes.
static void *map_aligned(size_t size)
{
    uint8_t *base = map(size + HUGE_PAGE, 0);
    if (!base)
        return NULL;

    size_t before = (HUGE_PAGE - (uintptr_t)base % HUGE_PAGE) % HUGE_PAGE;
    if (before)
        munmap(base, before);
    munmap(base + before + size, HUGE_PAGE - before);
    madvise(base + before, size, MADV_HUGEPAGE);
    return base + before;
}

bool hugemem_alloc(struct hugemem *mem, size_t size)
{
    mem->size = (size + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
    mem->base = map(mem->size, MAP_HUGETLB | MAP_POPULATE);
    mem->huge = mem->base != NULL;
    if (!mem->base)
        mem->base = map_aligned(mem->size);
    if (!mem->base)
        return false;
    memset(mem->base, 0, mem->size);
    return true;
}

void hugemem_free(struct hugemem *mem)
{
    if (mem->base)
        munmap(mem->base, mem->size);
    mem->base = NULL;
}
