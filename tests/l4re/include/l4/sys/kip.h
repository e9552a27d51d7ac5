// SPDX-License-Identifier: MIT
#ifndef FAKE_L4_SYS_KIP_H
#define FAKE_L4_SYS_KIP_H

#include <l4/sys/types.h>

typedef struct l4_kernel_info_t {
    l4_uint32_t frequency_cpu; /* kHz */
} l4_kernel_info_t;

l4_uint64_t l4_kip_clock_ns(l4_kernel_info_t const *kip);

#endif
