// SPDX-License-Identifier: MIT
/* Filters of received frames: further addresses, groups, VLANs. */
#include <string.h>

#include "lib/core/config.h"

static struct ixl_caps caps_of(const struct ixl_device *dev)
{
    struct ixl_caps caps = { .supported = 0 };

    if (dev->drv->caps)
        dev->drv->caps(dev, &caps);
    if (!dev->drv->set_addresses) {
        caps.macs = 0;
        caps.groups = false;
    }
    if (caps.macs > IXL_MAX_MACS)
        caps.macs = IXL_MAX_MACS;
    return caps;
}

/* ---- further station addresses ------------------------------------------------ */

static int find_mac(const struct ixl_device *dev, const uint8_t mac[6])
{
    for (unsigned i = 0; i < dev->set.n_macs; i++)
        if (memcmp(dev->set.macs[i], mac, 6) == 0)
            return (int)i;
    return -IXL_ENOENT;
}

static int refuse_mac(const struct ixl_device *dev, const uint8_t mac[6], int err, const char *why)
{
    ixl_log(IXL_LOG_ERROR, "%s: %02x:%02x:%02x:%02x:%02x:%02x %s", dev->info.address, mac[0],
            mac[1], mac[2], mac[3], mac[4], mac[5], why);
    return err;
}

/* The device first; the settings only if it took them. */
static int apply(struct ixl_device *dev, const struct ixl_settings *next)
{
    int err = dev->drv->set_addresses(dev, next);

    if (!err)
        dev->set = *next;
    return err;
}

int ixl_add_mac(struct ixl_device *dev, const uint8_t mac[6])
{
    if (!dev || !mac) {
        ixl_log(IXL_LOG_ERROR, "ixl_add_mac needs a device and an address");
        return -IXL_EINVAL;
    }
    struct ixl_settings next = dev->set;
    struct ixl_caps caps = caps_of(dev);
    if (!ixl_mac_valid(mac))
        return refuse_mac(dev, mac, -IXL_EINVAL, "is no station address: it is zero or a group's");
    if (memcmp(dev->mac, mac, 6) == 0 || find_mac(dev, mac) >= 0)
        return refuse_mac(dev, mac, -IXL_EEXIST, "is received already");
    if (caps.macs == 0)
        return refuse_mac(dev, mac, -IXL_ENOTSUP,
                          "cannot be added: the device has one address only");
    if (next.n_macs >= caps.macs)
        return refuse_mac(dev, mac, -IXL_ENOSPC,
                          "cannot be added: the device holds no more; take one out, or switch "
                          "promisc on");
    memcpy(next.macs[next.n_macs++], mac, 6);
    return apply(dev, &next);
}

int ixl_del_mac(struct ixl_device *dev, const uint8_t mac[6])
{
    if (!dev || !mac) {
        ixl_log(IXL_LOG_ERROR, "ixl_del_mac needs a device and an address");
        return -IXL_EINVAL;
    }
    struct ixl_settings next = dev->set;
    int i = find_mac(dev, mac);
    if (i < 0)
        return refuse_mac(dev, mac, -IXL_ENOENT, "was not added");
    memcpy(next.macs[i], next.macs[--next.n_macs], 6);
    return apply(dev, &next);
}

unsigned ixl_macs_left(const struct ixl_device *dev)
{
    if (!dev)
        return 0;
    struct ixl_caps caps = caps_of(dev);
    return caps.macs > dev->set.n_macs ? caps.macs - dev->set.n_macs : 0;
}

/* ---- groups ------------------------------------------------------------------- */

static int check_groups(const struct ixl_device *dev, const uint8_t (*groups)[6], unsigned n)
{
    if (!dev || (n && !groups)) {
        ixl_log(IXL_LOG_ERROR, "ixl_set_multicast needs a device and a list");
        return -IXL_EINVAL;
    }
    if (n > IXL_MAX_GROUPS) {
        ixl_log(IXL_LOG_ERROR,
                "%s: %u groups are too many, %u can be set; or leave all-multicast on",
                dev->info.address, n, IXL_MAX_GROUPS);
        return -IXL_ERANGE;
    }
    for (unsigned i = 0; i < n; i++)
        if (!(groups[i][0] & 1))
            return refuse_mac(dev, groups[i], -IXL_EINVAL,
                              "is no group: the lowest bit of its first byte is 0");
    if (!caps_of(dev).groups) {
        ixl_log(IXL_LOG_ERROR, "%s: the device has no filter for groups", dev->info.address);
        return -IXL_ENOTSUP;
    }
    return 0;
}

int ixl_set_multicast(struct ixl_device *dev, const uint8_t (*groups)[6], unsigned n)
{
    int err = check_groups(dev, groups, n);

    if (err)
        return err;
    struct ixl_settings next = dev->set;
    next.n_groups = n;
    if (n)
        memcpy(next.groups, groups, (size_t)n * 6);
    return apply(dev, &next);
}

/* ---- VLANs --------------------------------------------------------------------- */

static int change_vlan(struct ixl_device *dev, uint16_t id, bool on, const char *who)
{
    if (!dev) {
        ixl_log(IXL_LOG_ERROR, "%s needs a device", who);
        return -IXL_EINVAL;
    }
    if (id > 4095) {
        ixl_log(IXL_LOG_ERROR, "%s: %u is no VLAN: 0 to 4095 are", dev->info.address, id);
        return -IXL_ERANGE;
    }
    if (!dev->drv->set_vlan || !(caps_of(dev).supported & IXL_FEAT_RX_VLAN_FILTER)) {
        ixl_log(IXL_LOG_ERROR, "%s: the device has no table of VLANs", dev->info.address);
        return -IXL_ENOTSUP;
    }
    int err = dev->drv->set_vlan(dev, id, on);
    if (err)
        return err;
    uint32_t bit = 1u << id % 32;
    dev->set.vlans[id / 32] = on ? dev->set.vlans[id / 32] | bit : dev->set.vlans[id / 32] & ~bit;
    return 0;
}

int ixl_vlan_filter_add(struct ixl_device *dev, uint16_t id)
{
    return change_vlan(dev, id, true, "ixl_vlan_filter_add");
}

int ixl_vlan_filter_del(struct ixl_device *dev, uint16_t id)
{
    return change_vlan(dev, id, false, "ixl_vlan_filter_del");
}
