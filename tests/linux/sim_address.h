// SPDX-License-Identifier: MIT
#ifndef TESTS_LINUX_SIM_ADDRESS_H
#define TESTS_LINUX_SIM_ADDRESS_H

#include "lib/os/os.h"

/* Addresses "sim:..." (sim_address.c). */
extern const struct ixl_os_ops sim_through_linux;

#endif
