// SPDX-License-Identifier: MIT
#ifndef FAKE_L4_RE_C_MEM_ALLOC_H
#define FAKE_L4_RE_C_MEM_ALLOC_H

#include <l4/re/c/dataspace.h>

enum {
    L4RE_MA_CONTINUOUS = 1,
    L4RE_MA_PINNED = 2,
    L4RE_MA_SUPER_PAGES = 4,
};

l4_ret_t l4re_ma_alloc_align(long size, l4re_ds_t mem, unsigned long flags, unsigned long align);

#endif
