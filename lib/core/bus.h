// SPDX-License-Identifier: MIT
/* Inside of a bus, and which driver serves what was found on it. */
#ifndef IXL_CORE_BUS_H
#define IXL_CORE_BUS_H

#include "lib/core/device.h"

struct ixl_bus {
    struct ixl_os_bus *os;
};

/* The driver's row for a PCI identity and, in *drv, the driver; NULL if there is none. */
const struct ixl_pci_row *ixl_match(const struct ixl_os_dev_info *info,
                                    const struct ixl_driver **drv);

#endif
