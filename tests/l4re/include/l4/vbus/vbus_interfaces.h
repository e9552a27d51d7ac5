// SPDX-License-Identifier: MIT
#ifndef FAKE_L4_VBUS_VBUS_INTERFACES_H
#define FAKE_L4_VBUS_VBUS_INTERFACES_H

#include <l4/sys/types.h>

enum {
    L4VBUS_INTERFACE_ICU,
    L4VBUS_INTERFACE_GPIO,
    L4VBUS_INTERFACE_PCI,
    L4VBUS_INTERFACE_PCIDEV,
};

static inline int l4vbus_subinterface_supported(l4_uint32_t type, int interface)
{
    return (int)(type >> interface & 1);
}

#endif
