// SPDX-License-Identifier: MIT
/* Where the registers lie (4.1.4): vendor capabilities name a BAR, an offset and a length. */
#include "lib/virtio/virtio.h"

#define CAP_SIZE        16u
#define CAP_SIZE_NOTIFY 20u
#define BARS            6u
#define DEVICE_SIZE     6u /* the MAC address at least */

struct cap {
    uint32_t len, type, bar, offset, length, mult;
};

static int read_cap(struct ixl_os_dev *os, unsigned at, struct cap *cap)
{
    int err = os->ops->cfg_read(os, at + VIO_CAP_LEN, 1, &cap->len);

    if (!err)
        err = os->ops->cfg_read(os, at + VIO_CAP_TYPE, 1, &cap->type);
    if (!err)
        err = os->ops->cfg_read(os, at + VIO_CAP_BAR, 1, &cap->bar);
    if (!err)
        err = os->ops->cfg_read(os, at + VIO_CAP_OFFSET, 4, &cap->offset);
    if (!err)
        err = os->ops->cfg_read(os, at + VIO_CAP_LENGTH, 4, &cap->length);
    if (!err && cap->type == VIO_CAP_NOTIFY && cap->len >= CAP_SIZE_NOTIFY)
        err = os->ops->cfg_read(os, at + VIO_CAP_NOTIFY_MULT, 4, &cap->mult);
    return err;
}

/* A structure type we use: its place, the least size that makes sense, and its alignment. */
struct want {
    struct vio_region *region;
    uint32_t least, align;
};

static bool wanted(struct vio *v, uint32_t type, struct want *out)
{
    switch (type) {
    case VIO_CAP_COMMON:
        *out = (struct want){ &v->common, VIO_COMMON_SIZE, 4 };
        break;
    case VIO_CAP_NOTIFY:
        *out = (struct want){ &v->notify, 2, 2 };
        break;
    case VIO_CAP_ISR:
        *out = (struct want){ &v->isr, 1, 1 };
        break;
    case VIO_CAP_DEVICE:
        *out = (struct want){ &v->config, DEVICE_SIZE, 4 };
        break;
    default:
        return false;
    }
    return !out->region->bar; /* the first one that can be used is the one */
}

/* I/O BARs cannot be mapped. */
static bool is_memory(struct ixl_os_dev *os, uint32_t bar)
{
    uint32_t low = 1;

    return os->ops->cfg_read(os, IXL_PCI_BAR0 + 4 * bar, 4, &low) == 0 && !(low & 1);
}

static int map_bar(struct vio *v, uint32_t index)
{
    struct ixl_os_dev *os = v->base.os;

    if (v->mapped & 1u << index)
        return 0;
    int err = os->ops->bar_map(os, index, &v->bars[index]);
    if (!err)
        v->mapped |= (uint8_t)(1u << index);
    return err;
}

static int take_cap(struct vio *v, unsigned at)
{
    struct cap cap = { .mult = 0 };
    struct want want;
    int err = read_cap(v->base.os, at, &cap);

    if (err < 0)
        return err;
    if (cap.len < CAP_SIZE || cap.bar >= BARS || !wanted(v, cap.type, &want) ||
        cap.length < want.least || cap.offset % want.align || !is_memory(v->base.os, cap.bar))
        return 0;
    err = map_bar(v, cap.bar);
    if (err < 0)
        return err;
    if ((uint64_t)cap.offset + cap.length > v->bars[cap.bar].size)
        return 0;
    *want.region = (struct vio_region){ &v->bars[cap.bar], cap.offset, cap.length };
    if (cap.type == VIO_CAP_NOTIFY)
        v->notify_mult = cap.mult;
    return 0;
}

static int find_all(struct vio *v)
{
    struct ixl_os_dev *os = v->base.os;
    int at = ixl_pci_find_cap(os, IXL_PCI_CAP_VENDOR);

    for (unsigned i = 0; i < 32 && at > 0; i++) {
        int err = take_cap(v, (unsigned)at);
        if (err < 0)
            return err;
        at = ixl_pci_next_cap(os, IXL_PCI_CAP_VENDOR, (unsigned)at);
    }
    return at < 0 ? at : 0;
}

int vio_map(struct ixl_device *dev)
{
    struct vio *v = vio_of(dev);
    int err = find_all(v);

    if (!err && (!v->common.bar || !v->notify.bar || !v->isr.bar || !v->config.bar)) {
        ixl_log(IXL_LOG_ERROR,
                "%s has no modern virtio interface (or a broken one): for a legacy device give "
                "QEMU disable-legacy=on, or a virtio version of 1.0 or later",
                dev->info.address);
        err = -IXL_ENOTSUP;
    }
    if (err)
        vio_unmap(dev);
    return err;
}

void vio_unmap(struct ixl_device *dev)
{
    struct vio *v = vio_of(dev);

    for (unsigned i = 0; i < BARS; i++)
        if (v->mapped & 1u << i)
            dev->os->ops->bar_unmap(dev->os, &v->bars[i]);
    memset(v->bars, 0, sizeof(v->bars));
    v->mapped = 0;
    v->common.bar = v->notify.bar = v->isr.bar = v->config.bar = NULL;
}
