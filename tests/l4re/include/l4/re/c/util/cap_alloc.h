// SPDX-License-Identifier: MIT
#ifndef FAKE_L4_RE_C_UTIL_CAP_ALLOC_H
#define FAKE_L4_RE_C_UTIL_CAP_ALLOC_H

#include <l4/sys/types.h>

l4_cap_idx_t l4re_util_cap_alloc(void);
void l4re_util_cap_free(l4_cap_idx_t cap);    /* the slot only */
void l4re_util_cap_free_um(l4_cap_idx_t cap); /* and what is in it */

#endif
