// SPDX-License-Identifier: MIT
#ifndef FAKE_L4_RE_C_DATASPACE_H
#define FAKE_L4_RE_C_DATASPACE_H

#include <l4/sys/types.h>

typedef l4_cap_idx_t l4re_ds_t;
typedef l4_uint64_t l4re_ds_offset_t;

#endif
