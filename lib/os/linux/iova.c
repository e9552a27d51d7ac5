// SPDX-License-Identifier: MIT
/*
 * Device addresses behind an IOMMU: which may be used, and which are. A piece of memory gets its
 * virtual address if the IOMMU takes it, else the low bits of it as far as the IOMMU counts, so
 * that all pieces have the same distance (a pool of such pieces need not look at each buffer to
 * know where it is); else the first place with room.
 */
#include "lib/os/linux/linux_os.h"

#include <stdlib.h>
#include <string.h>

/* Large pieces get large pages of the IOMMU where they can. */
#define LARGE (UINT64_C(2) << 20)

void lx_iova_free(struct lx_iova *iova)
{
    free(iova->allowed);
    free(iova->used);
    memset(iova, 0, sizeof(*iova));
}

bool lx_iova_allow(struct lx_iova *iova, const struct lx_range *ranges, unsigned n)
{
    struct lx_range *copy = calloc(n ? n : 1, sizeof(*copy));

    if (!copy)
        return false;
    memcpy(copy, ranges, n * sizeof(*copy));
    free(iova->allowed);
    iova->allowed = copy;
    iova->n_allowed = n;
    return true;
}

/* ---- looking for room ---------------------------------------------------- */

/* Number of pieces that start at or below addr. */
static unsigned count_below(const struct lx_iova *iova, uint64_t addr)
{
    unsigned low = 0, high = iova->n_used;

    while (low < high) {
        unsigned mid = low + (high - low) / 2;
        if (iova->used[mid].first <= addr)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static bool is_free(const struct lx_iova *iova, uint64_t first, uint64_t last)
{
    unsigned below = count_below(iova, last);

    return below == 0 || iova->used[below - 1].last < first;
}

static bool is_allowed(const struct lx_iova *iova, uint64_t first, uint64_t last)
{
    for (unsigned i = 0; i < iova->n_allowed; i++)
        if (iova->allowed[i].first <= first && last <= iova->allowed[i].last)
            return true;
    return false;
}

static bool fits(const struct lx_iova *iova, uint64_t addr, uint64_t size, uint64_t align)
{
    uint64_t last = addr + (size - 1);

    return last >= addr && addr % align == 0 && is_allowed(iova, addr, last) &&
           is_free(iova, addr, last);
}

/* The bits the IOMMU is certain to count: those below the top bit of its last address. */
static uint64_t low_bits(const struct lx_iova *iova)
{
    uint64_t last = iova->n_allowed ? iova->allowed[iova->n_allowed - 1].last : 0, mask = 0;

    while (mask < last && (mask << 1 | 1) <= last)
        mask = mask << 1 | 1;
    return mask;
}

/* The lowest free multiple of `align` in a range; false: none. */
static bool first_fit(const struct lx_iova *iova, const struct lx_range *range, uint64_t size,
                      uint64_t align, uint64_t *addr)
{
    uint64_t at = range->first;

    for (;;) {
        uint64_t up = (at + (align - 1)) & ~(align - 1);
        uint64_t last = up + (size - 1);
        if (up < at || last < up || last > range->last)
            return false;
        if (is_free(iova, up, last)) {
            *addr = up;
            return true;
        }
        /* the last piece that overlaps ends behind `up` */
        at = iova->used[count_below(iova, last) - 1].last + 1;
        if (at == 0)
            return false;
    }
}

static bool find(const struct lx_iova *iova, uint64_t virt, uint64_t size, uint64_t align,
                 uint64_t *addr)
{
    const uint64_t wishes[] = { virt, virt & low_bits(iova) };
    uint64_t wide = size >= LARGE && align < LARGE ? LARGE : align;

    for (unsigned i = 0; i < 2; i++) {
        *addr = wishes[i];
        if (fits(iova, *addr, size, align))
            return true;
    }
    for (unsigned i = 0; i < iova->n_allowed; i++)
        if (first_fit(iova, &iova->allowed[i], size, wide, addr) ||
            (wide != align && first_fit(iova, &iova->allowed[i], size, align, addr)))
            return true;
    return false;
}

/* ---- taking and giving back ---------------------------------------------- */

static bool grow(struct lx_iova *iova)
{
    unsigned room = iova->room_used ? iova->room_used * 2 : 16;
    struct lx_range *used = realloc(iova->used, room * sizeof(*used));

    if (!used)
        return false;
    iova->used = used;
    iova->room_used = room;
    return true;
}

int lx_iova_take(struct lx_iova *iova, uint64_t virt, uint64_t size, uint64_t align, uint64_t *addr)
{
    if (align < iova->page)
        align = iova->page;
    if (size == 0 || !find(iova, virt, size, align, addr))
        return -IXL_ENOMEM;
    if (iova->n_used == iova->room_used && !grow(iova))
        return -IXL_ENOMEM;
    unsigned at = count_below(iova, *addr);
    memmove(iova->used + at + 1, iova->used + at, (iova->n_used - at) * sizeof(*iova->used));
    iova->used[at] = (struct lx_range){ *addr, *addr + (size - 1) };
    iova->n_used++;
    return 0;
}

void lx_iova_give(struct lx_iova *iova, uint64_t addr)
{
    unsigned below = count_below(iova, addr);

    if (below == 0 || iova->used[below - 1].first != addr)
        return;
    memmove(iova->used + below - 1, iova->used + below,
            (iova->n_used - below) * sizeof(*iova->used));
    iova->n_used--;
}
