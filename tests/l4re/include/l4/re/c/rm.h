// SPDX-License-Identifier: MIT
#ifndef FAKE_L4_RE_C_RM_H
#define FAKE_L4_RE_C_RM_H

#include <l4/re/c/dataspace.h>

typedef l4_uint32_t l4re_rm_flags_t;
typedef l4_uint64_t l4re_rm_offset_t;

enum {
    L4RE_RM_F_R = 1,
    L4RE_RM_F_W = 2,
    L4RE_RM_F_RW = 3,
    L4RE_RM_F_CACHE_NORMAL = 0x00,
    L4RE_RM_F_CACHE_BUFFERED = 0x10,
    L4RE_RM_F_CACHE_UNCACHED = 0x20,
    L4RE_RM_F_SEARCH_ADDR = 0x20000,
    L4RE_RM_F_EAGER_MAP = 0x80000,
};

int l4re_rm_attach(void **start, unsigned long size, l4re_rm_flags_t flags, l4re_ds_t mem,
                   l4re_rm_offset_t offs, unsigned char align);
int l4re_rm_detach(void *addr);

#endif
