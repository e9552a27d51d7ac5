// SPDX-License-Identifier: MIT
/* Features: names, what is there, switching. */
#include "lib/core/device.h"

#include <stdio.h>
#include <string.h>

#define KNOWN (((uint64_t)1 << IXL_FEAT_COUNT) - 1)

static const char *const names[IXL_FEAT_COUNT] = {
    "rx-ip-csum",    "rx-l4-csum",   "rx-vlan-strip", "rx-vlan-filter", "tx-ip-csum", "tx-tcp-csum",
    "tx-udp-csum",   "tx-sctp-csum", "tx-tso",        "tx-vlan-insert", "rss",        "promisc",
    "all-multicast", "jumbo",        "msix",          "rx-pause",       "tx-pause",
};

const char *ixl_feature_name(unsigned index)
{
    return index < IXL_FEAT_COUNT ? names[index] : NULL;
}

/* The names of a set, with commas between them. */
static const char *list(uint64_t set, char *buf, size_t size)
{
    size_t used = 0;

    buf[0] = '\0';
    for (unsigned i = 0; i < IXL_FEAT_COUNT && used < size; i++)
        if (set & 1ull << i) {
            int n = snprintf(buf + used, size - used, "%s%s", used ? ", " : "", names[i]);
            used += n > 0 ? (size_t)n : 0;
        }
    return buf;
}

/* ---- query ------------------------------------------------------------------ */

static void look(const struct ixl_device *dev, struct ixl_features *out)
{
    struct ixl_caps caps = { .supported = 0 };

    if (dev->drv->caps)
        dev->drv->caps(dev, &caps);
    out->supported = caps.supported;
    out->changeable = dev->drv->set_features ? caps.changeable : 0;
    out->together = caps.together;
    /* Without any filter there is none to switch off: the device receives what it likes. */
    if (dev->drv->set_promisc || (dev->drv->set_features && caps.groups)) {
        out->supported |= IXL_FEAT_PROMISC;
        out->changeable |= IXL_FEAT_PROMISC;
    }
    out->active = dev->set.active;
    /* These two follow from the configuration. */
    if (dev->max_frame > 1518)
        out->supported |= IXL_FEAT_JUMBO;
    if (dev->cfg.max_frame_size > 1518)
        out->active |= IXL_FEAT_JUMBO;
    if (dev->irq_kind == IXL_IRQ_MSIX)
        out->active |= IXL_FEAT_MSIX;
    if (ixl_pci_find_cap(dev->os, IXL_PCI_CAP_MSIX) > 0)
        out->supported |= IXL_FEAT_MSIX;
}

int ixl_get_features(const struct ixl_device *dev, struct ixl_features *out)
{
    if (!dev || !out) {
        ixl_log(IXL_LOG_ERROR, "ixl_get_features needs a device and a place for the answer");
        return -IXL_EINVAL;
    }
    look(dev, out);
    return 0;
}

/* ---- switching --------------------------------------------------------------- */

static int check(const struct ixl_device *dev, const struct ixl_features *f, uint64_t on,
                 uint64_t off)
{
    uint64_t changed = (on & ~f->active) | (off & f->active), fixed = changed & ~f->changeable;
    uint64_t split = changed & f->together ? f->together & ~changed : 0;
    char buf[256];

    if ((on & off) || ((on | off) & ~KNOWN)) {
        ixl_log(IXL_LOG_ERROR,
                "ixl_set_features: a feature is to be both on and off, or is none of IXL_FEAT_*");
        return -IXL_EINVAL;
    }
    if (fixed) {
        ixl_log(IXL_LOG_ERROR, "%s: this device cannot switch %s", dev->info.address,
                list(fixed, buf, sizeof(buf)));
        return -IXL_ENOTSUP;
    }
    if (split) {
        ixl_log(IXL_LOG_ERROR, "%s: this device has one switch for all of %s: ask for all of them",
                dev->info.address, list(f->together, buf, sizeof(buf)));
        return -IXL_ENOTSUP;
    }
    return 0;
}

int ixl_set_features(struct ixl_device *dev, uint64_t on, uint64_t off)
{
    struct ixl_features f;

    if (!dev) {
        ixl_log(IXL_LOG_ERROR, "ixl_set_features needs a device");
        return -IXL_EINVAL;
    }
    look(dev, &f);
    int err = check(dev, &f, on, off);
    if (err)
        return err;
    uint64_t active = (dev->set.active | (on & f.changeable)) & ~off;
    if (dev->drv->set_features)
        err = dev->drv->set_features(dev, active);
    else if (dev->drv->set_promisc)
        err = dev->drv->set_promisc(dev, active & IXL_FEAT_PROMISC);
    if (err)
        return err;
    dev->set.active = active;
    dev->cfg.promisc = active & IXL_FEAT_PROMISC;
    return 0;
}
