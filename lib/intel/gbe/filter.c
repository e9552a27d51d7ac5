// SPDX-License-Identifier: MIT
/* Address and VLAN filters, what of the receiver can be switched, pause frames (13.5). */
#include "lib/intel/filter.h"
#include "lib/intel/gbe/gbe.h"
#include "lib/intel/ring.h"

#define FCS           4u
#define TX_CSUMS      (IXL_FEAT_TX_IP_CSUM | IXL_FEAT_TX_TCP_CSUM | IXL_FEAT_TX_UDP_CSUM)
#define RX_CSUMS      (IXL_FEAT_RX_IP_CSUM | IXL_FEAT_RX_L4_CSUM)
/* CTRL.VME: takes tags out of received frames and inserts them into sent ones (82576 7.4). */
#define VME           (IXL_FEAT_RX_VLAN_STRIP | IXL_FEAT_TX_VLAN_INSERT)
#define PAUSE         (IXL_FEAT_RX_PAUSE | IXL_FEAT_TX_PAUSE)
#define RCTL_FEATURES (IXL_FEAT_PROMISC | IXL_FEAT_ALL_MULTICAST | IXL_FEAT_RX_VLAN_FILTER)

/* Where the MAC negotiates for itself it sets its own switches for pause frames, and we have it
 * promise none. */
static bool pauses(const struct ixl_device *dev)
{
    uint64_t media = dev->row->flags | ((const struct gbe *)dev)->media;
    return !(media & (GBE_F_FIBRE | GBE_F_SERDES | GBE_F_SGMII));
}

void ixl_gbe_caps(const struct ixl_device *dev, const struct gbe_gen *gen, struct ixl_caps *out)
{
    out->supported = TX_CSUMS | IXL_FEAT_TX_TSO | RX_CSUMS | VME | IXL_FEAT_ALL_MULTICAST;
    out->changeable = RX_CSUMS | VME | IXL_FEAT_ALL_MULTICAST;
    out->together = VME;
    if (pauses(dev)) {
        out->supported |= PAUSE;
        out->changeable |= PAUSE;
    }
    out->macs = gen->macs;
    out->groups = true;
    if (gen->sctp)
        out->supported |= IXL_FEAT_TX_SCTP_CSUM;
    if (gen->vlan_filter) {
        out->supported |= IXL_FEAT_RX_VLAN_FILTER;
        out->changeable |= IXL_FEAT_RX_VLAN_FILTER;
    }
    if (gen->rss.queues) {
        out->supported |= IXL_FEAT_RSS;
        out->changeable |= IXL_FEAT_RSS;
        out->rss_types = ixl_gbe_rss_types(gen);
        out->rss_entries = GBE_RETA_ENTRIES;
        out->rss_queues = gen->rss.queues;
    }
}

/* ---- addresses -------------------------------------------------------------------------- */

/* 13.5.3: low half first; writing the high half makes the entry valid. */
static void write_pair(struct ixl_device *dev, unsigned n, const uint8_t mac[6])
{
    ixl_write(dev, GBE_RAL(n), ixl_intel_mac_low(mac));
    ixl_write(dev, GBE_RAH(n), ixl_intel_mac_high(mac));
}

static void write_mac(struct ixl_device *dev, const uint8_t mac[6])
{
    const struct gbe_gen *gen = gbe_of(dev)->gen;
    if (gen->spare_mac)
        write_pair(dev, gen->spare_mac, mac);
    write_pair(dev, 0, mac);
}

/* Errata of tables (struct gbe_gen): lone_writes, odd_words, vfta_writes. */
static void write_word(struct gbe *g, uint32_t table, unsigned i, uint32_t val, unsigned times)
{
    struct ixl_device *dev = &g->base;
    uint32_t before = g->gen->odd_words && i % 2 ? ixl_read(dev, table + 4 * (i - 1)) : 0;
    do
        ixl_write(dev, table + 4 * i, val);
    while (times-- > 1);
    if (g->gen->lone_writes)
        (void)ixl_read(dev, GBE_STATUS);
    if (g->gen->odd_words && i % 2)
        ixl_write(dev, table + 4 * (i - 1), before);
}

static void write_groups(struct gbe *g, const struct ixl_settings *set)
{
    uint32_t table[128];
    ixl_intel_hash_groups(table, g->gen->mta_words, set);
    for (unsigned i = 0; i < g->gen->mta_words && i < 128; i++)
        write_word(g, GBE_MTA(0), i, table[i], 1);
}

int ixl_gbe_set_mac(struct ixl_device *dev, const uint8_t mac[6])
{
    if (!ixl_gbe_present(gbe_of(dev)))
        return -IXL_ENODEV;
    write_mac(dev, mac);
    return 0;
}

int ixl_gbe_set_addresses(struct ixl_device *dev, const struct ixl_settings *set)
{
    struct gbe *g = gbe_of(dev);
    if (!ixl_gbe_present(g))
        return -IXL_ENODEV;
    ixl_intel_write_macs(dev, GBE_RAL(1), g->gen->macs, set);
    write_groups(g, set);
    return 0;
}

int ixl_gbe_set_vlan(struct ixl_device *dev, uint16_t id, bool on)
{
    uint32_t bit = 1u << id % 32, word = dev->set.vlans[id / 32];
    if (!ixl_gbe_present(gbe_of(dev)))
        return -IXL_ENODEV;
    write_word(gbe_of(dev), GBE_VFTA(0), id / 32, on ? word | bit : word & ~bit,
               gbe_of(dev)->gen->vfta_writes);
    return 0;
}

/* Reset leaves VFTA as it was, and of the addresses all but the first (ASSUME_RESET_VALUES). */
void ixl_gbe_filters_init(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    write_mac(dev, dev->mac);
    for (unsigned i = 1; i < g->gen->addresses && i < 16; i++) {
        if (i == g->gen->spare_mac)
            continue;
        ixl_write(dev, GBE_RAH(i), 0);
        ixl_write(dev, GBE_RAL(i), 0);
    }
    ixl_gbe_set_addresses(dev, &dev->set);
    for (unsigned i = 0; i < 128; i++)
        write_word(g, GBE_VFTA(0), i, dev->set.vlans[i], g->gen->vfta_writes);
    /* 13.4.11: not every part has the type of 802.1Q after a reset; the 82576's upper half is that
     * of an outer tag. */
    ixl_write(dev, GBE_VET, (ixl_read(dev, GBE_VET) & 0xffff0000) | GBE_VET_8021Q);
}

/* ---- features --------------------------------------------------------------------------- */

/* Broadcasts always. */
uint32_t ixl_gbe_filter_bits(uint64_t active)
{
    return GBE_RCTL_BAM | (active & IXL_FEAT_ALL_MULTICAST ? GBE_RCTL_MPE : 0) |
           (active & IXL_FEAT_PROMISC ? GBE_RCTL_UPE : 0) |
           (active & IXL_FEAT_RX_VLAN_FILTER ? GBE_RCTL_VFE : 0);
}

/* 13.5.1. Where there is RSS the descriptor holds its hash, not a fragment checksum. */
void ixl_gbe_write_rxcsum(struct gbe *g, uint64_t active)
{
    ixl_write(&g->base, GBE_RXCSUM,
              (active & IXL_FEAT_RX_IP_CSUM ? GBE_RXCSUM_IPOFL : 0) |
                  (active & IXL_FEAT_RX_L4_CSUM ? GBE_RXCSUM_TUOFL : 0) |
                  (g->gen->rss.queues ? GBE_RXCSUM_PCSD : 0));
}

void ixl_gbe_write_vme(struct gbe *g, uint64_t active)
{
    struct ixl_device *dev = &g->base;
    if (active & VME)
        ixl_set_bits(dev, GBE_CTRL, GBE_CTRL_VME);
    else
        ixl_clear_bits(dev, GBE_CTRL, GBE_CTRL_VME);
}

int ixl_gbe_set_features(struct ixl_device *dev, uint64_t active)
{
    struct gbe *g = gbe_of(dev);
    uint64_t changed = active ^ dev->set.active;
    if (!ixl_gbe_present(g))
        return -IXL_ENODEV;
    if (changed & RCTL_FEATURES) {
        uint32_t rctl = ixl_read(dev, GBE_RCTL) & ~ixl_gbe_filter_bits(RCTL_FEATURES);
        ixl_write(dev, GBE_RCTL, rctl | ixl_gbe_filter_bits(active));
    }
    if (changed & RX_CSUMS)
        ixl_gbe_write_rxcsum(g, active);
    if (changed & IXL_FEAT_RSS)
        ixl_gbe_write_mrqc(g, active, dev->set.rss.hash_types);
    if (changed & VME) { /* sends may ask for insertion only while the hardware does it */
        if (!(active & VME))
            ixl_intel_tx_allow(dev, active);
        ixl_gbe_write_vme(g, active);
        ixl_intel_tx_allow(dev, active);
    }
    if (changed & PAUSE)
        ixl_gbe_write_pause(g, active);
    return 0;
}

/* ---- pause frames ------------------------------------------------------------------------- */

/* Bytes of the receive buffer at which a pause is asked for: 13.4.14 has multiples of 8, igb of 16,
 * and 16 bits. */
static uint32_t pause_at(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    uint32_t kib = g->gen->rx_kib ? g->gen->rx_kib : ixl_read(dev, GBE_PBA) & 0xff;
    uint32_t reserve = ixl_intel_pause_reserve(dev->cfg.max_frame_size + FCS);
    uint32_t size = kib * 1024, at = reserve < size / 2 ? size - reserve : size / 2;
    return (at < 0xfff0 ? at : 0xfff0) & ~15u;
}

/* 14.3, 8.9: the address and type of pause frames are constants of 802.3. ASSUME_PAUSE_FORCED. */
void ixl_gbe_write_pause(struct gbe *g, uint64_t active)
{
    struct ixl_device *dev = &g->base;
    bool send = active & IXL_FEAT_TX_PAUSE;
    uint32_t high = send ? pause_at(g) : 0, low = high / 2 & ~15u;
    uint32_t ctrl = ixl_read(dev, GBE_CTRL) & ~(GBE_CTRL_RFCE | GBE_CTRL_TFCE);
    ixl_write(dev, GBE_FCAL, 0x00c28001);
    ixl_write(dev, GBE_FCAH, 0x0100);
    ixl_write(dev, GBE_FCT, 0x8808);
    ixl_write(dev, GBE_FCTTV, send ? IXL_PAUSE_QUANTA : 0);
    if (g->gen->rx_kib)
        ixl_write(dev, GBE_FCRTV, send ? IXL_PAUSE_QUANTA / 2 : 0);
    ixl_write(dev, GBE_FCRTL, send ? low | GBE_FCRTL_XONE : 0);
    ixl_write(dev, GBE_FCRTH, high);
    ixl_write(dev, GBE_CTRL,
              ctrl | (send ? GBE_CTRL_TFCE : 0) | (active & IXL_FEAT_RX_PAUSE ? GBE_CTRL_RFCE : 0));
}
