// SPDX-License-Identifier: MIT
#ifndef FAKE_L4_SYS_UTCB_H
#define FAKE_L4_SYS_UTCB_H

#include <l4/sys/types.h>

l4_utcb_t *l4_utcb(void);

#endif
