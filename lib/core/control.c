// SPDX-License-Identifier: MIT
/* The operations beside the datapath: link, addresses, sizes, pools of queues, identity. */
#include <string.h>

#include "lib/core/config.h"
#include "lib/core/device.h"

/* ---- link ---------------------------------------------------------------- */

int ixl_get_link(struct ixl_device *dev, struct ixl_link *out)
{
    if (out)
        memset(out, 0, sizeof(*out));
    if (!dev || !out) {
        ixl_log(IXL_LOG_ERROR, "ixl_get_link needs a device and a place for the answer");
        return -IXL_EINVAL;
    }
    int err = ixl_look_for(dev);
    return err ? err : dev->drv->get_link(dev, out);
}

uint32_t ixl_get_link_speed(struct ixl_device *dev)
{
    struct ixl_link link;

    if (ixl_get_link(dev, &link) < 0 || !link.up)
        return 0;
    return (uint32_t)((uint64_t)link.mbps * 1000000u / 8 >> 20);
}

uint32_t ixl_get_link_changes(struct ixl_device *dev)
{
    return dev ? dev->link_changes : 0;
}

/* ---- addresses and filters ----------------------------------------------- */

int ixl_set_promisc(struct ixl_device *dev, bool on)
{
    if (!dev) {
        ixl_log(IXL_LOG_ERROR, "ixl_set_promisc needs a device");
        return -IXL_EINVAL;
    }
    return ixl_set_features(dev, on ? IXL_FEAT_PROMISC : 0, on ? 0 : IXL_FEAT_PROMISC);
}

int ixl_get_mac_addr(const struct ixl_device *dev, uint8_t mac[6])
{
    if (!dev || !mac) {
        ixl_log(IXL_LOG_ERROR, "ixl_get_mac_addr needs a device and a place for the address");
        return -IXL_EINVAL;
    }
    memcpy(mac, dev->mac, 6);
    return 0;
}

int ixl_set_mac_addr(struct ixl_device *dev, const uint8_t mac[6])
{
    if (!dev || !mac) {
        ixl_log(IXL_LOG_ERROR, "ixl_set_mac_addr needs a device and an address");
        return -IXL_EINVAL;
    }
    if (!ixl_mac_valid(mac)) {
        ixl_log(IXL_LOG_ERROR,
                "%02x:%02x:%02x:%02x:%02x:%02x is no station address: it must not "
                "be zero, nor have the lowest bit of its first byte set",
                mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
        return -IXL_EINVAL;
    }
    int err = dev->drv->set_mac(dev, mac);
    if (!err)
        memcpy(dev->mac, mac, 6);
    return err;
}

/* ---- sizes --------------------------------------------------------------- */

uint32_t ixl_get_max_frame_size(const struct ixl_device *dev)
{
    return dev ? dev->cfg.max_frame_size : 0;
}

uint16_t ixl_get_num_rx_queues(const struct ixl_device *dev)
{
    return dev ? dev->num_rx : 0;
}

uint16_t ixl_get_num_tx_queues(const struct ixl_device *dev)
{
    return dev ? dev->num_tx : 0;
}

uint32_t ixl_get_rx_queue_depth(const struct ixl_device *dev)
{
    return dev ? dev->cfg.rx_ring_size : 0;
}

uint32_t ixl_get_tx_queue_depth(const struct ixl_device *dev)
{
    return dev ? dev->cfg.tx_ring_size : 0;
}

/* ---- pools of receive queues --------------------------------------------- */

struct ixl_mempool *ixl_get_rxq_mempool(struct ixl_device *dev, uint16_t queue)
{
    return dev && queue < dev->num_rx ? dev->rxq[queue]->pool : NULL;
}

static struct ixl_mempool *queue_pool(struct ixl_device *dev, uint16_t queue, const char *who)
{
    struct ixl_mempool *pool = ixl_get_rxq_mempool(dev, queue);

    if (!pool)
        ixl_log(IXL_LOG_ERROR, "%s: there is no receive queue %u, the device has %u", who, queue,
                ixl_get_num_rx_queues(dev));
    return pool;
}

int ixl_extend_rxq_mempool(struct ixl_device *dev, uint16_t queue, uint32_t entries)
{
    struct ixl_mempool *pool = queue_pool(dev, queue, "ixl_extend_rxq_mempool");

    return pool ? ixl_mempool_extend(pool, entries) : -IXL_EINVAL;
}

int ixl_shrink_rxq_mempool(struct ixl_device *dev, uint16_t queue, uint32_t entries)
{
    struct ixl_mempool *pool = queue_pool(dev, queue, "ixl_shrink_rxq_mempool");

    return pool ? ixl_mempool_shrink(pool, entries) : -IXL_EINVAL;
}

/* ---- identity ------------------------------------------------------------ */

static const char *kind_name(enum ixl_irq_kind kind)
{
    switch (kind) {
    case IXL_IRQ_MSIX:
        return "MSI-X";
    case IXL_IRQ_MSI:
        return "MSI";
    case IXL_IRQ_INTX:
        return "INTx";
    case IXL_IRQ_NONE:
        break;
    }
    return "none";
}

int ixl_get_info(const struct ixl_device *dev, struct ixl_device_info *out)
{
    if (!dev || !out) {
        ixl_log(IXL_LOG_ERROR, "ixl_get_info needs a device and a place for the answer");
        return -IXL_EINVAL;
    }
    memset(out, 0, sizeof(*out));
    out->driver = dev->drv->name;
    out->description = dev->row->name;
    memcpy(out->address, dev->info.address, sizeof(out->address));
    out->vendor = dev->info.vendor;
    out->device = dev->info.device;
    out->subvendor = dev->info.subvendor;
    out->subdevice = dev->info.subdevice;
    out->revision = dev->info.revision;
    out->irq_kind = kind_name(dev->irq_kind);
    out->irq_vectors = (uint16_t)dev->irq_vectors;
    out->max_rx_queues = dev->max_rx;
    out->max_tx_queues = dev->max_tx;
    out->hw_max_frame = dev->max_frame;
    out->dma_bytes = __atomic_load_n((const uint64_t *)&dev->dma_bytes, __ATOMIC_RELAXED);
    out->datapath = dev->datapath ? dev->datapath : "scalar";
    return 0;
}
