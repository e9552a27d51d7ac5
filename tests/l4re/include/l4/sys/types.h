// SPDX-License-Identifier: MIT
/* The slice of L4Re's C interface the backend calls, for hosts: types and capability indices. */
#ifndef FAKE_L4_SYS_TYPES_H
#define FAKE_L4_SYS_TYPES_H

#include <stdint.h>

typedef uint8_t l4_uint8_t;
typedef uint16_t l4_uint16_t;
typedef uint32_t l4_uint32_t;
typedef uint64_t l4_uint64_t;
typedef int16_t l4_int16_t;
typedef long l4_mword_t;
typedef unsigned long l4_umword_t, l4_addr_t, l4_size_t, l4_cap_idx_t;
typedef l4_int16_t l4_ret_t;
typedef struct l4_utcb_t l4_utcb_t;

/* What came back: a server's answer, or why none came. */
typedef struct {
    long label;
    l4_umword_t ipc_error;
} l4_msgtag_t;

#define L4_CAP_SHIFT       12
#define L4_INVALID_CAP_BIT (1UL << (L4_CAP_SHIFT - 1))
#define L4_INVALID_CAP     (~0UL)

static inline unsigned l4_is_invalid_cap(l4_cap_idx_t cap)
{
    return (cap & L4_INVALID_CAP_BIT) != 0;
}

static inline unsigned l4_is_valid_cap(l4_cap_idx_t cap)
{
    return !l4_is_invalid_cap(cap);
}

#endif
