// SPDX-License-Identifier: MIT
/* The first settings of a device, and the moderation of its interrupts. */
#include "lib/core/device.h"

#include <string.h>

#define MAX_MODERATION_US 10000u
#define VECTORS           (sizeof(((struct ixl_settings *)0)->moderation_us) / sizeof(uint32_t))

/* What has to be asked for: it changes what is received, or how a frame looks. */
#define OFF_AT_FIRST                                                                               \
    (IXL_FEAT_RX_VLAN_STRIP | IXL_FEAT_RX_VLAN_FILTER | IXL_FEAT_PROMISC | IXL_FEAT_RX_PAUSE |     \
     IXL_FEAT_TX_PAUSE)

static void init_features(struct ixl_device *dev, const struct ixl_caps *caps)
{
    uint64_t off = OFF_AT_FIRST;

    if (caps->together & off)
        off |= caps->together;
    dev->set.active = caps->supported & ~off;
    if (dev->cfg.promisc)
        dev->set.active |= IXL_FEAT_PROMISC;
}

/* The queues in turn. */
static void init_rss(struct ixl_device *dev, const struct ixl_caps *caps)
{
    struct ixl_rss *rss = &dev->set.rss;
    uint16_t queues = dev->cfg.num_rx_queues;
    uint64_t types = dev->cfg.rss_hash_types;

    if (queues > caps->rss_queues)
        queues = caps->rss_queues;
    memcpy(rss->key, dev->rss_key, sizeof(rss->key));
    rss->supported_types = caps->rss_types;
    rss->hash_types = types ? types & caps->rss_types : caps->rss_types;
    rss->table_size = caps->rss_entries;
    for (uint16_t i = 0; queues && i < rss->table_size; i++)
        rss->table[i] = i % queues;
}

void ixl_settings_init(struct ixl_device *dev)
{
    struct ixl_caps caps = { .supported = 0 };

    if (dev->drv->caps)
        dev->drv->caps(dev, &caps);
    memset(&dev->set, 0, sizeof(dev->set));
    init_features(dev, &caps);
    init_rss(dev, &caps);
    for (unsigned v = 0; v < VECTORS; v++)
        dev->set.moderation_us[v] = dev->cfg.irq_moderation_us;
}

/* ---- interrupt moderation ------------------------------------------------- */

static int check_moderation(const struct ixl_device *dev, uint16_t queue, const char *who)
{
    if (!dev || queue >= dev->num_rx) {
        ixl_log(IXL_LOG_ERROR, "%s needs a device and one of its %u receive queues, not %u", who,
                ixl_get_num_rx_queues(dev), queue);
        return -IXL_EINVAL;
    }
    if (dev->irq_vectors > 0 && dev->drv->set_moderation)
        return 0;
    ixl_log(IXL_LOG_ERROR, "%s: %s", dev->info.address,
            dev->irq_vectors ? "the device cannot delay its interrupts"
                             : "there is no interrupt in use that could be delayed");
    return -IXL_ENOTSUP;
}

int ixl_set_irq_moderation(struct ixl_device *dev, uint16_t queue, uint32_t us)
{
    int err = check_moderation(dev, queue, "ixl_set_irq_moderation");

    if (err)
        return err;
    if (us > MAX_MODERATION_US) {
        ixl_log(IXL_LOG_ERROR, "%s: interrupts can be %u us apart at most, not %u",
                dev->info.address, MAX_MODERATION_US, us);
        return -IXL_ERANGE;
    }
    return dev->drv->set_moderation(dev, dev->rxq[queue]->irq.vector, us);
}

int ixl_get_irq_moderation(struct ixl_device *dev, uint16_t queue)
{
    int err = check_moderation(dev, queue, "ixl_get_irq_moderation");

    return err ? err : (int)dev->set.moderation_us[dev->rxq[queue]->irq.vector];
}
