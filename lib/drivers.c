// SPDX-License-Identifier: MIT
/* The driver table: one line a NIC family. */
#include "lib/core/device.h"

extern const struct ixl_driver ixl_e1000_driver, ixl_igb_driver, ixl_ixgbe_driver;
extern const struct ixl_driver ixl_virtio_driver;

const struct ixl_driver *const ixl_driver_table[] = {
    &ixl_e1000_driver, &ixl_igb_driver, &ixl_ixgbe_driver, &ixl_virtio_driver, NULL,
};
