// SPDX-License-Identifier: MIT
#ifndef TESTS_L4RE_REGISTERS_H
#define TESTS_L4RE_REGISTERS_H

#include "lib/os/os.h"

extern struct ixl_os_ops ixl_l4re_os;
/* Addresses "sim:..." (sim_address.c). */
extern const struct ixl_os_ops sim_through_l4re;

#endif
