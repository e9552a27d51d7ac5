// SPDX-License-Identifier: MIT
#ifndef FAKE_L4_SYS_FACTORY_H
#define FAKE_L4_SYS_FACTORY_H

#include <l4/sys/types.h>

l4_msgtag_t l4_factory_create(l4_cap_idx_t factory, long protocol, l4_cap_idx_t target);
l4_msgtag_t l4_factory_create_irq(l4_cap_idx_t factory, l4_cap_idx_t target);

#endif
