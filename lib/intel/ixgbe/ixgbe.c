// SPDX-License-Identifier: MIT
/* The life of a device: start reads as the data sheet's list (4.6.3), stop as its mirror. */
#include "lib/intel/ixgbe/ixgbe.h"

#include "lib/intel/ring.h"

/* ---- shared by the driver's files ----------------------------------------------------- */

bool ixl_ixgbe_present(struct ixgbe *ix)
{
    struct ixl_device *dev = &ix->base;

    if (!atomic_load(&dev->removed) && ixl_read(dev, IXGBE_STATUS) == UINT32_MAX)
        ixl_removed(dev);
    return !atomic_load(&dev->removed);
}

int ixl_ixgbe_wait(struct ixgbe *ix, uint32_t reg, uint32_t mask, uint32_t want, unsigned limit_us,
                   const char *what)
{
    int err = ixl_wait_bits(&ix->base, reg, mask, want, 10, limit_us);

    if (err == -IXL_ETIMEDOUT)
        ixl_log(IXL_LOG_ERROR, "%s: %s", ix->base.info.address, what);
    return err;
}

/* ---- start ------------------------------------------------------------------------------- */

/* 8.2.3.1.3: firmware keeps its hands off what belongs to a driver. */
static int tell_firmware(struct ixgbe *ix)
{
    ixl_set_bits(&ix->base, IXGBE_CTRL_EXT, IXGBE_CTRL_EXT_DRV_LOAD);
    return 0;
}

/* 4.6.3, after 1. "disable interrupts" and 2. "global reset", which quiesce has done. A line a
 * step, with its section. */
static int (*const init_sequence[])(struct ixgbe *ix) = {
    ixl_ixgbe_stats_init, /* 4.6.5 */
    ixl_ixgbe_rx_init,    /* 4.6.7: filters and buffers, queues not yet enabled */
    ixl_ixgbe_tx_init,    /* 4.6.8: arbiter and buffers, queues not yet enabled */
    ixl_ixgbe_irq_init,   /* 4.6.6: all masked */
    ixl_ixgbe_tx_start,   /* 4.6.8: enable */
    ixl_ixgbe_rx_start,   /* 4.6.7: enable */
    ixl_ixgbe_link_setup, /* 4.6.4: last, so that the first frame finds the receiver ready */
};
/* By start only, in front of the other list. */
static int (*const once[])(struct ixgbe *ix) = {
    ixl_ixgbe_nvm_check, /* 6.2: the image is whole */
    ixl_ixgbe_nvm_mac,   /* 6.2: the station address */
    ixl_ixgbe_rx_create, /* rings in memory */
    ixl_ixgbe_tx_create,
};
#define STEPS(list) (sizeof(list) / sizeof((list)[0]))

static int walk(struct ixgbe *ix, int (*const steps[])(struct ixgbe *), unsigned n)
{
    int err = 0;

    for (unsigned i = 0; i < n && err == 0; i++)
        err = steps[i](ix);
    return err;
}

/* 4.6.3: EEPROM auto read and DMA initialization are done; 8.2.3.1.3: a driver is at work. */
static int begin(struct ixgbe *ix)
{
    int err = ixl_ixgbe_nvm_wait(ix);

    return err ? err : tell_firmware(ix);
}

static int quiesce(struct ixl_device *dev)
{
    struct ixgbe *ix = ixgbe_of(dev);

    ix->gen = &ixl_ixgbe_gens[dev->row->type];
    return ixl_ixgbe_reset(ix);
}

static void stop(struct ixl_device *dev);

static int start(struct ixl_device *dev)
{
    struct ixgbe *ix = ixgbe_of(dev);
    int err = begin(ix);

    if (!err)
        err = walk(ix, once, STEPS(once));
    if (!err)
        err = walk(ix, init_sequence, STEPS(init_sequence));
    if (err)
        stop(dev);
    return err;
}

static int restart(struct ixl_device *dev)
{
    struct ixgbe *ix = ixgbe_of(dev);
    int err = begin(ix);

    return err ? err : walk(ix, init_sequence, STEPS(init_sequence));
}

/* ---- stop -------------------------------------------------------------------------------- */

/* The reset also halts the receiver, the queues and all requests to memory. A device that resists,
 * or only seems to be gone, loses its access to the bus instead, before memory is given back. */
static void stop(struct ixl_device *dev)
{
    struct ixgbe *ix = ixgbe_of(dev);

    bool there = ixl_ixgbe_present(ix);
    if (!there || ixl_ixgbe_reset(ix))
        ixl_pci_master_off(dev->os);
    if (there) {
        ixl_ixgbe_link_release(ix);
        ixl_clear_bits(dev, IXGBE_CTRL_EXT, IXGBE_CTRL_EXT_DRV_LOAD);
    }
    ixl_intel_queues_free(dev);
    dev->num_rx = dev->num_tx = 0;
}

const struct ixl_driver ixl_ixgbe_driver = {
    .name = "ixgbe",
    .rows = ixl_ixgbe_rows,
    .n_rows = IXGBE_ROWS,
    .dev_size = sizeof(struct ixgbe),
    .bar_size = 0x20000,
    .quiesce = quiesce,
    .start = start,
    .stop = stop,
    .drop_frames = ixl_intel_queues_rewind,
    .restart = restart,
    .ring_position = ixl_intel_ring_position,
    .refused = ixl_ixgbe_refused,
    .tx_paused = ixl_ixgbe_tx_paused,
    .get_link = ixl_ixgbe_get_link,
    .set_mac = ixl_ixgbe_set_mac,
    .caps = ixl_ixgbe_caps,
    .set_features = ixl_ixgbe_set_features,
    .set_rss = ixl_ixgbe_set_rss,
    .set_addresses = ixl_ixgbe_set_addresses,
    .set_vlan = ixl_ixgbe_set_vlan,
    .set_moderation = ixl_ixgbe_set_moderation,
    .update_stats = ixl_ixgbe_update_stats,
    .totals = ixl_ixgbe_totals,
    .visit_stats = ixl_ixgbe_visit_stats,
    .irq_unmask = ixl_ixgbe_irq_unmask,
    .irq_mask = ixl_ixgbe_irq_mask,
    .irq_ack = ixl_ixgbe_irq_ack,
    .irq_events = ixl_ixgbe_irq_events,
};
