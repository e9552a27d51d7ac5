// SPDX-License-Identifier: MIT
/* The life of a device: start reads as 3.1.1 and 5.1.5 list it, stop is its mirror. */
#include "lib/virtio/virtio.h"

#define VENDOR    0x1af4u
#define FRAME_MAX 65535u /* of a frame's pieces together; a wire may take less */

/* 5.1, 4.1.2.1: a transitional device has the legacy number, and the modern interface, too. */
static const struct ixl_pci_row rows[] = {
    { VENDOR, 0x1000, "virtio-net (transitional)", IXL_MAX_QUEUES, IXL_MAX_QUEUES, FRAME_MAX, 0, 0,
      "model, QEMU" },
    { VENDOR, 0x1041, "virtio-net", IXL_MAX_QUEUES, IXL_MAX_QUEUES, FRAME_MAX, 0, 0,
      "model, QEMU" },
};

/* ---- start ---------------------------------------------------------------------------------- */

static int acknowledge(struct vio *v)
{
    vio_add_status(v, VIO_ACKNOWLEDGE);
    vio_add_status(v, VIO_DRIVER);
    return atomic_load(&v->base.removed) ? -IXL_ENODEV : 0;
}

static int go(struct vio *v)
{
    vio_queues_enable(v);
    vio_add_status(v, VIO_DRIVER_OK);
    return vio_check(v);
}

/* Last, so that the first frame finds filters and steering set. */
static int fill(struct vio *v)
{
    for (uint16_t i = 0; i < v->base.num_rx; i++)
        vio_rx_fill((struct vio_rxq *)v->base.rxq[i]);
    return 0;
}

/* What the device can do is known only now. A later start keeps what was set meanwhile. */
static int settle(struct vio *v)
{
    if (!v->settled)
        ixl_settings_init(&v->base);
    v->settled = true;
    return 0;
}

typedef int (*step)(struct vio *v);
static const step init_sequence[] = {
    acknowledge,  vio_negotiate,    vio_read_identity, settle, vio_queues_create,
    vio_irq_init, /* all masked */
    go,           vio_filters_init, vio_steering_init, fill,
};
/* The same device, told anew what is there already. */
static const step restart_sequence[] = {
    acknowledge, vio_agree,        vio_queues_tell,   vio_irq_init,
    go,          vio_filters_init, vio_steering_init, vio_queues_kick,
};
#define STEPS(sequence) (sizeof(sequence) / sizeof((sequence)[0]))

/* A device that has given up on the way is told that we have, too. */
static int walk(struct vio *v, const step *steps, size_t n)
{
    int err = 0;

    for (size_t i = 0; i < n && !err; i++)
        err = steps[i](v);
    if (err && !atomic_load(&v->base.removed))
        vio_add_status(v, VIO_FAILED);
    return err;
}

/* A device that resists the reset, or only seems to be gone, loses its access to the bus instead,
 * before memory is given back. */
static void stop(struct ixl_device *dev)
{
    struct vio *v = vio_of(dev);

    if (atomic_load(&dev->removed) || vio_reset(dev) != 0)
        ixl_pci_master_off(dev->os);
    vio_queues_free(v);
}

static int start(struct ixl_device *dev)
{
    int err = walk(vio_of(dev), init_sequence, STEPS(init_sequence));

    if (err)
        stop(dev);
    return err;
}

static int restart(struct ixl_device *dev)
{
    struct vio *v = vio_of(dev);

    v->told_broken = false;
    int err = walk(v, restart_sequence, STEPS(restart_sequence));
    if (err && !atomic_load(&dev->removed))
        vio_reset(dev);
    return err;
}

const struct ixl_driver ixl_virtio_driver = {
    .name = "virtio",
    .rows = rows,
    .n_rows = sizeof(rows) / sizeof(rows[0]),
    .dev_size = sizeof(struct vio),
    .map = vio_map,
    .unmap = vio_unmap,
    .quiesce = vio_reset,
    .start = start,
    .stop = stop,
    .drop_frames = vio_queues_rewind,
    .restart = restart,
    .ring_position = vio_ring_position,
    .refused = vio_refused,
    .tx_paused = vio_tx_paused,
    .get_link = vio_get_link,
    .set_mac = vio_set_mac,
    .caps = vio_caps,
    .set_features = vio_set_features,
    .set_rss = vio_set_rss,
    .set_addresses = vio_set_addresses,
    .update_stats = vio_update_stats,
    .totals = vio_totals,
    .visit_stats = vio_visit_stats,
    .irq_unmask = vio_irq_unmask,
    .irq_mask = vio_irq_mask,
    .irq_ack = vio_irq_ack,
    .irq_events = vio_irq_events,
};
