// SPDX-License-Identifier: MIT
/* What tests may reach behind the seam: the model itself. Nobody else includes this. */
#ifndef IXL_OS_SIM_OS_H
#define IXL_OS_SIM_OS_H

#include "lib/core/bus.h"
#include "lib/os/sim/sim_hooks.h"

static inline struct sim_nic *ixl_sim_nic(struct ixl_device *dev)
{
    return ixl_sim_dev_nic(dev->os);
}
static inline struct sim_nic *ixl_sim_nic_at(struct ixl_bus *bus, unsigned index)
{
    return ixl_sim_bus_nic(bus->os, index);
}
/* The death of the process, seen from the device. */
static inline void ixl_sim_kill(struct ixl_device *dev)
{
    ixl_sim_dev_sever(dev->os);
    ixl_close(dev);
}

#endif
