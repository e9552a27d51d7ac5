// SPDX-License-Identifier: MIT
/* The link: a bit of the configuration, with a speed where somebody has given it one. */
#include "lib/virtio/virtio.h"

/* Frames go as fast as memory is copied; this is the number by which such links are usually known.
 */
#define UNKNOWN_MBPS 10000u
#define SPEED_MOST   0x7fffffffu /* 5.1.4: larger ones mean "unknown" */
#define HALF_DUPLEX  0u

static int read_speed(struct vio *v, struct ixl_link *out)
{
    uint32_t mbps = 0, duplex = 0;

    out->mbps = UNKNOWN_MBPS;
    out->full_duplex = true;
    if (!vio_has(v, VIO_F_SPEED_DUPLEX))
        return 0;
    int err = vio_read_config(v, VIO_NET_SPEED, 4, &mbps);
    if (!err)
        err = vio_read_config(v, VIO_NET_DUPLEX, 1, &duplex);
    if (mbps > 0 && mbps <= SPEED_MOST)
        out->mbps = mbps;
    out->full_duplex = duplex != HALF_DUPLEX;
    return err;
}

int vio_get_link(struct ixl_device *dev, struct ixl_link *out)
{
    struct vio *v = vio_of(dev);
    struct ixl_link now = { .up = true };
    uint32_t status = VIO_NET_STATUS_LINK;
    int err = vio_check(v);

    if (!err && vio_has(v, VIO_F_STATUS))
        err = vio_read_config(v, VIO_NET_STATUS, 2, &status);
    now.up = status & VIO_NET_STATUS_LINK;
    if (!err && now.up)
        err = read_speed(v, &now);
    if (err)
        return err;
    if (now.up != dev->link.up)
        dev->link_changes++;
    dev->link = now;
    *out = now;
    return 0;
}
