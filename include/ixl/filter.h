// SPDX-License-Identifier: MIT
/*
 * Which frames a device receives beside those to its station address: further addresses, groups,
 * VLANs. Control operations, as those of feature.h, with the same errors of virtio devices.
 * Broadcasts are always received.
 */
#ifndef IXL_FILTER_H
#define IXL_FILTER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct ixl_device;

/*
 * Receive frames to one more station address. The device compares exactly; it never becomes
 * promiscuous behind the caller's back.
 * -IXL_EINVAL no device, or zero or a group address; -IXL_EEXIST it is received already;
 * -IXL_ENOSPC the device holds no more addresses (use IXL_FEAT_PROMISC); -IXL_ENOTSUP it holds
 * none; -IXL_ENODEV.
 */
int ixl_add_mac(struct ixl_device *dev, const uint8_t mac[6]);
/* No longer. -IXL_EINVAL no device or no address; -IXL_ENODEV; -IXL_ENOENT it was not added; the
 * station address itself is changed by ixl_set_mac_addr only. */
int ixl_del_mac(struct ixl_device *dev, const uint8_t mac[6]);
/* How many more addresses ixl_add_mac takes; 0 for no device. */
unsigned ixl_macs_left(const struct ixl_device *dev);

#define IXL_MAX_GROUPS 256u

/*
 * Receive frames to these n groups, in place of any earlier list; n = 0: to none. Matters while
 * IXL_FEAT_ALL_MULTICAST is off, which it is not at first. A device may compare a hash of the
 * address and so let other groups through, never fewer. The list is copied.
 * -IXL_EINVAL no device, no list although n is not 0, or one is no group address (the lowest bit of
 * its first byte is 0); -IXL_ERANGE more than IXL_MAX_GROUPS; -IXL_ENOTSUP the device has no such
 * filter; -IXL_ENODEV.
 */
int ixl_set_multicast(struct ixl_device *dev, const uint8_t (*groups)[6], unsigned n);

/*
 * Add or take VLAN `id` (0 to 4095) to or from the table that IXL_FEAT_RX_VLAN_FILTER goes by. It
 * is empty at first, and is kept while the feature is off. Untagged frames are not affected.
 * -IXL_EINVAL no device; -IXL_ERANGE no such id; -IXL_ENOTSUP the device has no table; -IXL_ENODEV.
 */
int ixl_vlan_filter_add(struct ixl_device *dev, uint16_t id);
int ixl_vlan_filter_del(struct ixl_device *dev, uint16_t id);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
