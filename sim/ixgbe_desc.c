// SPDX-License-Identifier: MIT
#include "ixgbe.h"

/*
 * Descriptor `index` of a ring, out of what was read ahead. Only descriptors the driver
 * has handed over are read: from `index` up to the tail, and not across the ring's end.
 */
const uint8_t *ixgbe_fetch(struct sim_nic *nic, struct ixgbe_cache *c, uint64_t base,
                           unsigned index, unsigned tail, unsigned size)
{
    unsigned ahead = (index + size - c->first) % size;

    if (ahead < c->count)
        return c->desc[ahead];
    unsigned n = tail >= index ? tail - index : size - index;
    if (n > IXGBE_PREFETCH)
        n = IXGBE_PREFETCH;
    c->count = 0;
    if (n == 0 || !sim_dma_read(nic, base + 16ull * index, c->desc, 16ull * n))
        return NULL;
    c->first = (uint16_t)index;
    c->count = (uint16_t)n;
    return c->desc[0];
}
