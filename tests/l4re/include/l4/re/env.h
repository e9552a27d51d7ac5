// SPDX-License-Identifier: MIT
#ifndef FAKE_L4_RE_ENV_H
#define FAKE_L4_RE_ENV_H

#include <l4/sys/kip.h>
#include <l4/sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct l4re_env_t {
    l4_cap_idx_t rm, mem_alloc, main_thread, factory;
} l4re_env_t;

l4re_env_t *l4re_env(void);
l4_kernel_info_t const *l4re_kip(void);
l4_cap_idx_t l4re_env_get_cap(char const *name);

#ifdef __cplusplus
}
#endif

#endif
