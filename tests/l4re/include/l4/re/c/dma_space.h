// SPDX-License-Identifier: MIT
#ifndef FAKE_L4_RE_C_DMA_SPACE_H
#define FAKE_L4_RE_C_DMA_SPACE_H

#include <l4/re/c/dataspace.h>

typedef l4_cap_idx_t l4re_dma_space_t;
typedef l4_uint64_t l4re_dma_space_dma_addr_t;

enum l4re_dma_space_direction {
    L4RE_DMA_SPACE_BIDIRECTIONAL,
    L4RE_DMA_SPACE_TO_DEVICE,
    L4RE_DMA_SPACE_FROM_DEVICE,
    L4RE_DMA_SPACE_NONE,
};

l4_ret_t l4re_dma_space_map(l4re_dma_space_t dma, l4re_ds_t src, l4re_ds_offset_t offset,
                            l4_size_t *size, unsigned long attrs, enum l4re_dma_space_direction dir,
                            l4re_dma_space_dma_addr_t *dma_addr);
l4_ret_t l4re_dma_space_unmap(l4re_dma_space_t dma, l4re_dma_space_dma_addr_t dma_addr,
                              l4_size_t size, unsigned long attrs,
                              enum l4re_dma_space_direction dir);

#endif
