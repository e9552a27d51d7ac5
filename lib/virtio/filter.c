// SPDX-License-Identifier: MIT
/* What is received, on which queue, and what of it can be switched (5.1.6.5). */
#include "lib/virtio/virtio.h"

#define KEY_SIZE IXL_RSS_KEY_SIZE
/* Further addresses: QEMU's table has room for 64 and, if it does not suffice, lets all pass. */
#define MACS     32u

/* ---- what can be changed -------------------------------------------------------------------- */

static const struct {
    unsigned rss;
    uint32_t bit;
} hash_types[] = {
    { IXL_RSS_TCP_IPV4, VIO_HASH_TCPV4 }, { IXL_RSS_IPV4, VIO_HASH_IPV4 },
    { IXL_RSS_TCP_IPV6, VIO_HASH_TCPV6 }, { IXL_RSS_IPV6, VIO_HASH_IPV6 },
    { IXL_RSS_UDP_IPV4, VIO_HASH_UDPV4 }, { IXL_RSS_UDP_IPV6, VIO_HASH_UDPV6 },
};
#define N_TYPES (sizeof(hash_types) / sizeof(hash_types[0]))

/* The device's table may be longer than ours. */
static uint16_t table_entries(const struct vio *v)
{
    uint16_t size = 1;

    while (size * 2u <= v->table_size && size * 2u <= IXL_RSS_TABLE_MAX)
        size = (uint16_t)(size * 2u);
    return size;
}

void vio_caps(const struct ixl_device *dev, struct ixl_caps *out)
{
    const struct vio *v = (const struct vio *)dev;

    out->supported = IXL_FEAT_TX_IP_CSUM;
    if (vio_has(v, VIO_F_GUEST_CSUM))
        out->supported |= IXL_FEAT_RX_L4_CSUM;
    if (vio_has(v, VIO_F_CSUM))
        out->supported |= IXL_FEAT_TX_TCP_CSUM | IXL_FEAT_TX_UDP_CSUM;
    if (vio_has(v, VIO_F_HOST_TSO4))
        out->supported |= IXL_FEAT_TX_TSO;
    if (vio_has(v, VIO_F_CTRL_RX)) {
        out->supported |= IXL_FEAT_ALL_MULTICAST;
        out->macs = MACS;
        out->groups = true;
    }
    if (vio_has(v, VIO_F_RSS)) {
        out->supported |= IXL_FEAT_RSS;
        out->rss_entries = table_entries(v);
        out->rss_queues = dev->max_rx;
        for (size_t i = 0; i < N_TYPES; i++)
            if (v->hash_types & hash_types[i].bit)
                out->rss_types |= 1ull << hash_types[i].rss;
    }
    out->changeable = out->supported;
}

/* ---- addresses ------------------------------------------------------------------------------ */

static int set_mode(struct vio *v, uint16_t command, bool on)
{
    uint8_t value = on;

    if (vio_has(v, VIO_F_CTRL_RX))
        return vio_command(v, command, &value, 1);
    ixl_log(IXL_LOG_ERROR, "%s: the device does not let itself be told what to receive",
            v->base.info.address);
    return -IXL_ENOTSUP;
}

int vio_set_mac(struct ixl_device *dev, const uint8_t mac[6])
{
    struct vio *v = vio_of(dev);
    int err = vio_check(v);

    if (err)
        return err;
    if (vio_has(v, VIO_F_CTRL_MAC_ADDR))
        return vio_command(v, VIO_CMD_MAC, mac, 6);
    ixl_log(IXL_LOG_ERROR, "%s: the device's address cannot be changed", dev->info.address);
    return -IXL_ENOTSUP;
}

/* A command's data, written byte by byte. */
struct data {
    uint8_t bytes[VIO_COMMAND_MAX];
    uint32_t n;
};

static void put(struct data *d, unsigned width, uint32_t val)
{
    for (unsigned i = 0; i < width; i++)
        d->bytes[d->n++] = (uint8_t)(val >> 8 * i);
}

static void put_list(struct data *d, const uint8_t (*list)[6], unsigned n)
{
    put(d, 4, n);
    memcpy(d->bytes + d->n, list, (size_t)6 * n);
    d->n += 6 * n;
}

/* 5.1.6.5.2: stations, then groups. */
int vio_set_addresses(struct ixl_device *dev, const struct ixl_settings *set)
{
    struct data d = { .n = 0 };

    put_list(&d, set->macs, set->n_macs);
    put_list(&d, set->groups, set->n_groups);
    return vio_command(vio_of(dev), VIO_CMD_TABLE, d.bytes, d.n);
}

/* After a reset devices may receive everything. */
int vio_filters_init(struct vio *v)
{
    struct ixl_device *dev = &v->base;
    const struct ixl_settings *set = &dev->set;
    int err = 0;

    if (vio_has(v, VIO_F_CTRL_RX)) {
        err = set_mode(v, VIO_CMD_PROMISC, ixl_wants(set, IXL_FEAT_PROMISC));
        if (!err)
            err = set_mode(v, VIO_CMD_ALLMULTI, ixl_wants(set, IXL_FEAT_ALL_MULTICAST));
        if (!err && set->n_macs + set->n_groups > 0)
            err = vio_set_addresses(dev, set);
    } else if (dev->cfg.promisc) {
        ixl_log(IXL_LOG_WARN, "%s: the device receives what it likes: it knows no filters",
                dev->info.address);
    }
    if (!err && memcmp(dev->mac, v->own_mac, 6) != 0)
        err = vio_set_mac(dev, dev->mac);
    return err;
}

/* ---- queues --------------------------------------------------------------------------------- */

static uint32_t type_bits(const struct vio *v, uint64_t types)
{
    uint32_t bits = 0;

    for (size_t i = 0; i < N_TYPES; i++)
        if (types & 1ull << hash_types[i].rss)
            bits |= hash_types[i].bit;
    return bits & v->hash_types;
}

static void put_key(struct data *d, const struct vio *v, const uint8_t key[KEY_SIZE])
{
    uint32_t size = v->key_size < KEY_SIZE ? v->key_size : KEY_SIZE;

    put(d, 1, size);
    memcpy(d->bytes + d->n, key, size);
    d->n += size;
}

/* 5.1.6.5.7.1: frames without a hash go to the first queue; without types all do. */
static int write_rss(struct vio *v, const struct ixl_rss *rss, bool on)
{
    struct data d = { .n = 0 };

    put(&d, 4, on ? type_bits(v, rss->hash_types) : 0);
    put(&d, 2, rss->table_size - 1u);
    put(&d, 2, 0);
    for (uint16_t i = 0; i < rss->table_size; i++)
        put(&d, 2, rss->table[i]);
    put(&d, 2, v->base.num_tx);
    put_key(&d, v, rss->key);
    return vio_command(v, VIO_CMD_RSS, d.bytes, d.n);
}

int vio_set_rss(struct ixl_device *dev, const struct ixl_rss *rss)
{
    return write_rss(vio_of(dev), rss, ixl_wants(&dev->set, IXL_FEAT_RSS));
}

/* 5.1.6.5.6.4: hashes are reported, but decide nothing. */
static int hashes(struct vio *v)
{
    uint64_t asked = v->base.cfg.rss_hash_types;
    struct data d = { .n = 0 };

    put(&d, 4, type_bits(v, asked ? asked : UINT64_MAX));
    put(&d, 4, 0);
    put(&d, 4, 0);
    put_key(&d, v, v->base.rss_key);
    return vio_command(v, VIO_CMD_HASH, d.bytes, d.n);
}

static int pairs(struct vio *v)
{
    uint16_t n = v->base.num_rx;
    uint8_t data[2] = { (uint8_t)n, (uint8_t)(n >> 8) };

    return vio_command(v, VIO_CMD_PAIRS, data, sizeof(data));
}

int vio_steering_init(struct vio *v)
{
    const struct ixl_settings *set = &v->base.set;
    int err = 0;

    if (vio_has(v, VIO_F_RSS))
        return write_rss(v, &set->rss, ixl_wants(set, IXL_FEAT_RSS));
    if (vio_has(v, VIO_F_HASH_REPORT))
        err = hashes(v);
    if (!err && v->base.num_rx > 1)
        err = pairs(v);
    return err;
}

/* ---- features ------------------------------------------------------------------------------- */

/* The device's part of one feature. */
static int tell(struct vio *v, uint64_t feature, bool on)
{
    switch (feature) {
    case IXL_FEAT_PROMISC:
        return set_mode(v, VIO_CMD_PROMISC, on);
    case IXL_FEAT_ALL_MULTICAST:
        return set_mode(v, VIO_CMD_ALLMULTI, on);
    default:
        return write_rss(v, &v->base.set.rss, on);
    }
}

/* All of them or, if one fails, none. */
static int tell_all(struct vio *v, uint64_t changed, uint64_t active)
{
    static const uint64_t told[] = { IXL_FEAT_PROMISC, IXL_FEAT_ALL_MULTICAST, IXL_FEAT_RSS };
    int err = 0;
    size_t i = 0;

    for (; !err && i < sizeof(told) / sizeof(told[0]); i++)
        if (changed & told[i])
            err = tell(v, told[i], active & told[i]);
    if (!err)
        return 0;
    while (--i > 0) /* those before the one that failed */
        if (changed & told[i - 1])
            tell(v, told[i - 1], !(active & told[i - 1]));
    return err;
}

int vio_set_features(struct ixl_device *dev, uint64_t active)
{
    struct vio *v = vio_of(dev);
    uint32_t checked = active & IXL_FEAT_RX_L4_CSUM ? IXL_RX_L4_CHECKED : 0;
    int err = vio_check(v);

    if (!err)
        err = tell_all(v, active ^ dev->set.active, active);
    if (err)
        return err;
    for (uint16_t i = 0; i < dev->num_tx; i++)
        __atomic_store_n(&((struct vio_txq *)dev->txq[i])->offloads, vio_offloads(active),
                         __ATOMIC_RELAXED);
    for (uint16_t i = 0; i < dev->num_rx; i++)
        __atomic_store_n(&((struct vio_rxq *)dev->rxq[i])->checked, checked, __ATOMIC_RELAXED);
    return 0;
}
