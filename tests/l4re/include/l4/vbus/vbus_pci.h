// SPDX-License-Identifier: MIT
#ifndef FAKE_L4_VBUS_VBUS_PCI_H
#define FAKE_L4_VBUS_VBUS_PCI_H

#include <l4/vbus/vbus.h>

/* width in bits */
int l4vbus_pcidev_cfg_read(l4_cap_idx_t vbus, l4vbus_device_handle_t dev, l4_uint32_t reg,
                           l4_uint32_t *value, l4_uint32_t width);
int l4vbus_pcidev_cfg_write(l4_cap_idx_t vbus, l4vbus_device_handle_t dev, l4_uint32_t reg,
                            l4_uint32_t value, l4_uint32_t width);
int l4vbus_pcidev_irq_enable(l4_cap_idx_t vbus, l4vbus_device_handle_t dev, unsigned char *trigger,
                             unsigned char *polarity);

#endif
