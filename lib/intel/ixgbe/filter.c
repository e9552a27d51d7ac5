// SPDX-License-Identifier: MIT
/* Filters (7.1.1, 8.2.3.7) and what of the receiver can be switched while it runs. */
#include "lib/intel/filter.h"
#include "lib/intel/ixgbe/ixgbe.h"
#include "lib/intel/ring.h"

#define ADDRESSES   128u
#define FCTRL_FEATS (IXL_FEAT_PROMISC | IXL_FEAT_ALL_MULTICAST)
#define PAUSE_FEATS (IXL_FEAT_RX_PAUSE | IXL_FEAT_TX_PAUSE)

void ixl_ixgbe_caps(const struct ixl_device *dev, struct ixl_caps *out)
{
    const struct ixgbe_gen *gen = &ixl_ixgbe_gens[dev->row->type];

    out->changeable = IXL_FEAT_RX_VLAN_STRIP | IXL_FEAT_RX_VLAN_FILTER | IXL_FEAT_RSS |
                      IXL_FEAT_ALL_MULTICAST | PAUSE_FEATS;
    /* The hardware has no switch for the rest. */
    out->supported = out->changeable | IXL_FEAT_RX_IP_CSUM | IXL_FEAT_RX_L4_CSUM |
                     IXL_FEAT_TX_IP_CSUM | IXL_FEAT_TX_TCP_CSUM | IXL_FEAT_TX_UDP_CSUM |
                     IXL_FEAT_TX_SCTP_CSUM | IXL_FEAT_TX_TSO | IXL_FEAT_TX_VLAN_INSERT;
    out->rss_types = ixl_ixgbe_rss_types();
    out->rss_entries = gen->reta_entries;
    out->rss_queues = gen->rss_queues;
    out->macs = ADDRESSES - 1;
    out->groups = true;
}

static void clear_table(struct ixl_device *dev, uint32_t first, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        ixl_write(dev, first + 4 * i, 0);
}

/* ---- addresses ----------------------------------------------------------------------------- */

/* 8.2.3.7.8, 8.2.3.7.9: the first address. The entry stays valid throughout: AV is written with
 * the address, never cleared. */
static void write_mac(struct ixl_device *dev, const uint8_t mac[6])
{
    ixl_write(dev, IXGBE_RAL(0), ixl_intel_mac_low(mac));
    ixl_write(dev, IXGBE_RAH(0), ixl_intel_mac_high(mac));
}

/* Addresses belong to pool 0, the only one. 8.2.3.7.3: the table counts while MFE is set. */
static void write_addresses(struct ixl_device *dev, const struct ixl_settings *set)
{
    for (unsigned i = 1; i <= set->n_macs; i++)
        ixl_write(dev, IXGBE_MPSAR(2 * i), 1);
    ixl_intel_write_macs(dev, IXGBE_RAL(1), ADDRESSES - 1, set);
    ixl_intel_write_groups(dev, IXGBE_MTA(0), 128, set);
    ixl_write(dev, IXGBE_MCSTCTRL, IXGBE_MCSTCTRL_MFE);
}

int ixl_ixgbe_set_addresses(struct ixl_device *dev, const struct ixl_settings *set)
{
    if (!ixl_ixgbe_present(ixgbe_of(dev)))
        return -IXL_ENODEV;
    write_addresses(dev, set);
    return 0;
}

int ixl_ixgbe_set_vlan(struct ixl_device *dev, uint16_t id, bool on)
{
    uint32_t bit = 1u << id % 32, word = dev->set.vlans[id / 32];

    if (!ixl_ixgbe_present(ixgbe_of(dev)))
        return -IXL_ENODEV;
    ixl_write(dev, IXGBE_VFTA(id / 32), on ? word | bit : word & ~bit);
    return 0;
}

/* MISSING_SECRX_ON_FILTER_CHANGE. Frames that arrive between this and the receiver's next start are
 * lost. */
static int pause_receiver(struct ixgbe *ix)
{
    return ixl_ixgbe_present(ix) ? ixl_ixgbe_receiver_pause(ix) : -IXL_ENODEV;
}

int ixl_ixgbe_set_mac(struct ixl_device *dev, const uint8_t mac[6])
{
    struct ixgbe *ix = ixgbe_of(dev);
    int err = pause_receiver(ix);

    if (err)
        return err;
    write_mac(dev, mac);
    return ixl_ixgbe_receiver(ix, true);
}

/* ---- features ------------------------------------------------------------------------------- */

/* 8.2.3.7.1: broadcasts always. */
static void write_fctrl(struct ixl_device *dev, uint64_t active)
{
    ixl_write(dev, IXGBE_FCTRL,
              IXGBE_FCTRL_BAM | (active & IXL_FEAT_ALL_MULTICAST ? IXGBE_FCTRL_MPE : 0) |
                  (active & IXL_FEAT_PROMISC ? IXGBE_FCTRL_UPE : 0));
}

/* 8.2.3.7.2 */
static void write_vlnctrl(struct ixl_device *dev, uint64_t active)
{
    uint32_t vlnctrl = ixl_read(dev, IXGBE_VLNCTRL) & ~IXGBE_VLNCTRL_VFE;

    ixl_write(dev, IXGBE_VLNCTRL,
              vlnctrl | (active & IXL_FEAT_RX_VLAN_FILTER ? IXGBE_VLNCTRL_VFE : 0));
}

static int change_fctrl(struct ixgbe *ix, uint64_t active)
{
    int err = pause_receiver(ix);

    if (err)
        return err;
    write_fctrl(&ix->base, active);
    return ixl_ixgbe_receiver(ix, true);
}

/* 8.2.3.8.6: VME of each queue, while frames arrive. The read makes sure that the device has
 * been told when the change is called complete. */
static void change_strip(struct ixl_device *dev, bool strip)
{
    ixl_intel_rx_tags(dev, strip, true);
    for (uint16_t i = 0; i < dev->num_rx; i++) {
        uint32_t dctl = IXGBE_RX_QUEUE(i) + RING_DCTL;
        uint32_t val = ixl_read(dev, dctl) & ~IXGBE_RXDCTL_VME;
        ixl_write(dev, dctl, val | (strip ? IXGBE_RXDCTL_VME : 0));
        (void)ixl_read(dev, dctl);
    }
    ixl_intel_rx_tags(dev, strip, false);
}

/* What may fail comes first. */
int ixl_ixgbe_set_features(struct ixl_device *dev, uint64_t active)
{
    struct ixgbe *ix = ixgbe_of(dev);
    uint64_t changed = active ^ dev->set.active;

    if (!ixl_ixgbe_present(ix))
        return -IXL_ENODEV;
    int err = changed & FCTRL_FEATS ? change_fctrl(ix, active) : 0;
    if (err)
        return err;
    if (changed & IXL_FEAT_RX_VLAN_FILTER)
        write_vlnctrl(dev, active);
    if (changed & IXL_FEAT_RSS)
        ixl_ixgbe_write_mrqc(dev, active, dev->set.rss.hash_types);
    if (changed & IXL_FEAT_RX_VLAN_STRIP)
        change_strip(dev, active & IXL_FEAT_RX_VLAN_STRIP);
    if (changed & PAUSE_FEATS)
        ixl_ixgbe_set_pause(ix, active);
    return 0;
}

/* 4.6.7, first list: tables whose contents are undefined after reset (ASSUME_RESET_VALUES). */
void ixl_ixgbe_filters_init(struct ixgbe *ix)
{
    struct ixl_device *dev = &ix->base;

    write_mac(dev, dev->mac);
    for (unsigned i = 1; i < ADDRESSES; i++)
        ixl_write(dev, IXGBE_RAH(i), 0);
    clear_table(dev, IXGBE_MPSAR(0), 256);
    ixl_write(dev, IXGBE_MPSAR(0), 1);
    write_addresses(dev, &dev->set);
    for (unsigned i = 0; i < 128; i++)
        ixl_write(dev, IXGBE_VFTA(i), dev->set.vlans[i]);
    clear_table(dev, IXGBE_PFUTA(0), 128);
    clear_table(dev, IXGBE_PFVLVF(0), 64);
    clear_table(dev, IXGBE_PFVLVFB(0), 128);
    for (unsigned i = 0; i < 128; i++)
        ixl_clear_bits(dev, IXGBE_FTQF(i), IXGBE_FTQF_ENABLE);
    write_fctrl(dev, dev->set.active);
    write_vlnctrl(dev, dev->set.active);
}
