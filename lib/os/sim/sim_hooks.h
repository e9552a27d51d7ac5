// SPDX-License-Identifier: MIT
/* What the sim backend does for tests beyond the seam. */
#ifndef IXL_OS_SIM_HOOKS_H
#define IXL_OS_SIM_HOOKS_H

#include "lib/os/os.h"
#include "sim/sim.h"

/* NULL: not a software NIC, or no such index. */
struct sim_nic *ixl_sim_dev_nic(struct ixl_os_dev *dev);
struct sim_nic *ixl_sim_bus_nic(struct ixl_os_bus *bus, unsigned index);

/*
 * As if the process that uses the device were killed: what the library does to the device from
 * now on does not reach it. Close the device then; its memory goes, its NIC runs on. It can be
 * opened again from the same bus.
 */
void ixl_sim_dev_sever(struct ixl_os_dev *dev);

/* The next `good` DMA allocations for the device at `index` succeed, all after them fail.
 * Negative: no failure. */
void ixl_sim_bus_limit(struct ixl_os_bus *bus, unsigned index, int good);

/* DMA allocations and shares the device at `index` can reach now. */
unsigned ixl_sim_bus_regions(struct ixl_os_bus *bus, unsigned index);

#endif
