// SPDX-License-Identifier: MIT
/* Agreeing on features (3.1, 5.1.3) and reading what the device says of itself (5.1.4). */
#include "lib/virtio/virtio.h"

/* Features we make use of. Not asked for: segments put together by the device (GUEST_TSO), which
 * programs do not expect; IN_ORDER and INDIRECT_DESC, which gain nothing here (doc/design.md). */
#define USEFUL                                                                                     \
    (VIO_F_CSUM | VIO_F_GUEST_CSUM | VIO_F_MTU | VIO_F_MAC | VIO_F_HOST_TSO4 | VIO_F_HOST_TSO6 |   \
     VIO_F_MRG_RXBUF | VIO_F_STATUS | VIO_F_CTRL_VQ | VIO_F_CTRL_RX | VIO_F_MQ |                   \
     VIO_F_CTRL_MAC_ADDR | VIO_F_EVENT_IDX | VIO_F_VERSION_1 | VIO_F_ACCESS | VIO_F_PACKED |       \
     VIO_F_ORDER | VIO_F_HASH_REPORT | VIO_F_RSS | VIO_F_SPEED_DUPLEX)

#define CONFIG_TRIES 100u
#define ETHERNET     18u /* link header with VLAN tag */
#define MTU_LEAST    68u /* 5.1.4.1 */
#define PAIRS_MOST   0x8000u
#define DEFAULT_MOST 1518u

/* ---- device configuration ------------------------------------------------------------------- */

/* 2.5.1: what was read while the generation stayed the same belongs together. */
static int read_bytes(struct vio *v, uint32_t at, uint8_t *out, unsigned n, unsigned width)
{
    for (unsigned i = 0; i < CONFIG_TRIES; i++) {
        uint32_t before = vio_read(&v->common, VIO_GENERATION, 1);
        for (unsigned j = 0; j < n; j += width) {
            uint32_t val = vio_read(&v->config, at + j, width);
            for (unsigned k = 0; k < width; k++)
                out[j + k] = (uint8_t)(val >> 8 * k);
        }
        if (vio_read(&v->common, VIO_GENERATION, 1) == before)
            return 0;
        ixl_delay_us(&v->base, 10);
    }
    ixl_log(IXL_LOG_ERROR, "%s: its configuration changes without end: the device is broken",
            v->base.info.address);
    return -IXL_ETIMEDOUT;
}

int vio_read_config(struct vio *v, uint32_t at, unsigned width, uint32_t *val)
{
    uint8_t bytes[4] = { 0 };

    *val = 0;
    if (at + width > v->config.size)
        return -IXL_EIO;
    int err = read_bytes(v, at, bytes, width, width);
    for (unsigned i = 0; i < width; i++)
        *val |= (uint32_t)bytes[i] << 8 * i;
    return err;
}

/* ---- negotiation ---------------------------------------------------------------------------- */

static uint64_t offered(struct vio *v)
{
    uint64_t all = 0;

    for (uint32_t half = 0; half < 2; half++) {
        vio_write(&v->common, VIO_DEV_FEATURE_SEL, 4, half);
        all |= (uint64_t)vio_read(&v->common, VIO_DEV_FEATURE, 4) << 32 * half;
    }
    return all;
}

/* 5.1.3.1: what needs another feature goes without it, and what needs room in the configuration. */
static uint64_t consistent(const struct vio *v, uint64_t f)
{
    if (!(f & VIO_F_CTRL_VQ))
        f &= ~(VIO_F_CTRL_RX | VIO_F_MQ | VIO_F_CTRL_MAC_ADDR | VIO_F_RSS | VIO_F_HASH_REPORT);
    /* Event indices save a split ring's device from being told twice. In a packed ring they could
     * name a descriptor, where "on" and "off" do as well, and QEMU (7.2) leaves stale names behind.
     */
    if (f & VIO_F_PACKED)
        f &= ~VIO_F_EVENT_IDX;
    if (!(f & VIO_F_CSUM))
        f &= ~(VIO_F_HOST_TSO4 | VIO_F_HOST_TSO6);
    if (v->config.size < VIO_NET_STATUS + 2)
        f &= ~VIO_F_STATUS;
    if (v->config.size < VIO_NET_PAIRS + 2)
        f &= ~(VIO_F_MQ | VIO_F_RSS);
    if (v->config.size < VIO_NET_MTU + 2)
        f &= ~VIO_F_MTU;
    if (v->config.size < VIO_NET_DUPLEX + 1)
        f &= ~VIO_F_SPEED_DUPLEX;
    if (v->config.size < VIO_NET_HASH_TYPES + 4)
        f &= ~(VIO_F_RSS | VIO_F_HASH_REPORT);
    return f;
}

/* A frame of the device's MTU has to fit one buffer where it may not take several. */
static uint64_t without_vain_mtu(struct vio *v, uint64_t f)
{
    uint32_t mtu = 0, room = v->base.cfg.rx_entry_size - (uint32_t)sizeof(struct pkt_buf);

    if (!(f & VIO_F_MTU))
        return f;
    if (vio_read_config(v, VIO_NET_MTU, 2, &mtu) < 0 || mtu < MTU_LEAST ||
        (!(f & VIO_F_MRG_RXBUF) && mtu + ETHERNET > room))
        f &= ~VIO_F_MTU;
    return f;
}

static int accept(struct vio *v)
{
    struct ixl_device *dev = &v->base;

    for (uint32_t half = 0; half < 2; half++) {
        vio_write(&v->common, VIO_DRV_FEATURE_SEL, 4, half);
        vio_write(&v->common, VIO_DRV_FEATURE, 4, (uint32_t)(v->features >> 32 * half));
    }
    vio_add_status(v, VIO_FEATURES_OK);
    uint8_t status = vio_status(v);
    if (atomic_load(&dev->removed))
        return -IXL_ENODEV;
    if (status & VIO_FEATURES_OK)
        return 0;
    ixl_log(IXL_LOG_ERROR, "%s: the device refuses the features it has offered (0x%llx)",
            dev->info.address, (unsigned long long)v->features);
    return -IXL_EIO;
}

int vio_negotiate(struct vio *v)
{
    uint64_t f = offered(v);

    if (!(f & VIO_F_VERSION_1)) {
        ixl_log(IXL_LOG_ERROR, "%s: the device does not offer virtio 1.0: it cannot be used",
                v->base.info.address);
        return -IXL_ENOTSUP;
    }
    v->features = without_vain_mtu(v, consistent(v, f & USEFUL));
    return accept(v);
}

int vio_agree(struct vio *v)
{
    uint64_t missing = v->features & ~offered(v);

    if (!missing)
        return accept(v);
    ixl_log(IXL_LOG_ERROR, "%s: after the reset the device lacks features it had (0x%llx)",
            v->base.info.address, (unsigned long long)missing);
    return -IXL_EIO;
}

/* ---- what it says of itself ----------------------------------------------------------------- */

/* Its own address, or where it has none one of ours: locally administered, from where it sits. */
static int read_mac(struct vio *v)
{
    struct ixl_device *dev = &v->base;
    static const uint8_t none[6];
    uint8_t own[6] = { 0x02, 'v', 'i', 'o' };

    if (vio_has(v, VIO_F_MAC)) {
        int err = read_bytes(v, VIO_NET_MAC, own, sizeof(own), 1);
        if (err)
            return err;
    } else {
        uint32_t sum = 0;
        for (const char *c = dev->info.address; *c; c++)
            sum = sum * 31 + (uint8_t)*c;
        own[4] = (uint8_t)(sum >> 8);
        own[5] = (uint8_t)sum;
    }
    memcpy(v->own_mac, own, 6);
    if (!v->settled)
        memcpy(dev->mac, memcmp(dev->cfg.mac, none, 6) ? dev->cfg.mac : own, 6);
    if (!(dev->mac[0] & 1) && memcmp(dev->mac, none, 6) != 0)
        return 0;
    ixl_log(IXL_LOG_ERROR, "%s: the device's address is none: set ixl_dev_cfg.mac",
            dev->info.address);
    return -IXL_EIO;
}

static int read_pairs(struct vio *v)
{
    uint32_t pairs = 1;
    int err = vio_has(v, VIO_F_MQ | VIO_F_RSS) ? vio_read_config(v, VIO_NET_PAIRS, 2, &pairs) : 0;

    if (err)
        return err;
    if (pairs < 1 || pairs > PAIRS_MOST) {
        ixl_log(IXL_LOG_ERROR, "%s: the device has %u pairs of queues, which cannot be",
                v->base.info.address, pairs);
        return -IXL_EIO;
    }
    v->pairs = (uint16_t)pairs;
    v->base.max_rx = v->base.max_tx = (uint16_t)(pairs < IXL_MAX_QUEUES ? pairs : IXL_MAX_QUEUES);
    return 0;
}

static int read_mtu(struct vio *v)
{
    struct ixl_device *dev = &v->base;
    uint32_t mtu = 0, room = dev->cfg.rx_entry_size - (uint32_t)sizeof(struct pkt_buf);

    if (vio_has(v, VIO_F_MTU)) {
        int err = vio_read_config(v, VIO_NET_MTU, 2, &mtu);
        if (err)
            return err;
        if (mtu + ETHERNET < dev->max_frame)
            dev->max_frame = mtu + ETHERNET;
    }
    if (!vio_has(v, VIO_F_MRG_RXBUF) && room < dev->max_frame)
        dev->max_frame = room; /* larger with larger buffers (rx_entry_size) */
    return 0;
}

static int read_rss(struct vio *v)
{
    uint32_t key = 0, table = 0;

    if (!vio_has(v, VIO_F_RSS | VIO_F_HASH_REPORT))
        return 0;
    int err = vio_read_config(v, VIO_NET_KEY_SIZE, 1, &key);
    if (!err && vio_has(v, VIO_F_RSS))
        err = vio_read_config(v, VIO_NET_TABLE_SIZE, 2, &table);
    if (!err)
        err = vio_read_config(v, VIO_NET_HASH_TYPES, 4, &v->hash_types);
    v->key_size = (uint16_t)key;
    v->table_size = (uint16_t)table;
    return err;
}

/* What the configuration asks for, against what the device has. */
static int check_limits(struct vio *v)
{
    struct ixl_device *dev = &v->base;
    struct ixl_dev_cfg *cfg = &dev->cfg;

    if (cfg->num_rx_queues > dev->max_rx || cfg->num_tx_queues > dev->max_tx) {
        ixl_log(IXL_LOG_ERROR, "%s: %u receive and %u send queues are asked for, it has %u each",
                dev->info.address, cfg->num_rx_queues, cfg->num_tx_queues, dev->max_rx);
        return -IXL_ERANGE;
    }
    if (cfg->num_tx_queues > cfg->num_rx_queues && !vio_has(v, VIO_F_RSS)) {
        ixl_log(IXL_LOG_ERROR,
                "%s: without RSS a device receives on as many queues as it sends on: ask for no "
                "more send queues than receive queues",
                dev->info.address);
        return -IXL_ERANGE;
    }
    if (cfg->max_frame_size <= dev->max_frame)
        return 0;
    if (cfg->max_frame_size <= DEFAULT_MOST) {
        cfg->max_frame_size = dev->max_frame;
        return 0;
    }
    ixl_log(IXL_LOG_ERROR, "%s: frames of %u bytes are asked for, it takes %u%s", dev->info.address,
            cfg->max_frame_size, dev->max_frame,
            vio_has(v, VIO_F_MRG_RXBUF) ? "" : " (more with a larger rx_entry_size)");
    return -IXL_ERANGE;
}

int vio_read_identity(struct vio *v)
{
    int err = read_mac(v);

    if (!err)
        err = read_pairs(v);
    if (!err)
        err = read_mtu(v);
    if (!err)
        err = read_rss(v);
    return err ? err : check_limits(v);
}
