// SPDX-License-Identifier: MIT
/*
 * What real parts need beyond the manual's list, and no model can show to be missing: bits that
 * errata, or the vendor's own drivers, want different from what a reset leaves. No part was tried.
 */
#include "lib/intel/e1000/e1000.h"
#include "lib/intel/ring.h"

#define ONE(type)         (1u << E1000_##type)
#define FROM(type)        (~0u << E1000_##type)
#define P82573_ON         (ONE(82573) | ONE(82574))
#define P82571_2          (ONE(82571) | ONE(82572))

/* In the PCI Express capability. */
#define PCIE_LINK_CONTROL 0x10u

/* ---- registers that a reset leaves wrong ------------------------------------------------------
 */

/* In the order they are applied, after a reset and before queues are set up. */
static const struct fix {
    uint32_t types; /* bits of enum e1000_type */
    uint32_t reg, clear, set;
} fixes[] = {
    /* Management firmware answers no ARP requests while a driver is at work. */
    { ONE(82540) | ONE(82541) | ONE(82547), E1000_MANC, E1000_MANC_ARP_EN, 0 },
    /* TXDCTL of a second send queue, used or not, see E1000_F_TXDCTL22. */
    { FROM(82571), E1000_TX_QUEUE(1) + RING_DCTL, 0, E1000_TXDCTL_22 },
    /* The arbiter of the two send queues; bits without a name in the sheets. */
    { P82571_2, E1000_TARC(0), 0x78000000, 0x07800000 },
    { P82571_2, E1000_TARC(1), 0x60000000, 0x07400000 },
    { ONE(82573), E1000_TARC(0), 0x78000000, 0 },
    { ONE(82574), E1000_TARC(0), 0x78000000, 0x04000000 },
    { ONE(ICH8), E1000_TARC(0), 0, 0x30000000 },
    { FROM(ICH8), E1000_TARC(0), 0, 0x0d800000 },
    { FROM(ICH8), E1000_TARC(1), 0, 0x45000000 },
    /* Two requests for data at a time, not three: with three the sender overruns its buffer. */
    { ONE(SPT), E1000_TARC(0), 0x30000000, 0x20000000 },
    { ONE(SPT), E1000_IOSFPC, 0, 0x00010000 },
    /* Reserved bits that must not be as a reset leaves them. */
    { P82573_ON, GBE_CTRL, 1u << 29, 0 },
    { P82573_ON, GBE_CTRL_EXT, 1u << 23, 1u << 22 },
    { FROM(ICH8), GBE_CTRL_EXT, 0, 1u << 22 },
    { ONE(ICH8), GBE_STATUS, 1u << 31, 0 },
    /* Errors in the packet buffer are corrected, or stop the device instead of damaging frames. */
    { ONE(82571), E1000_PBA_ECC, 0, 1u << 0 },
    { FROM(LPT), E1000_PBECCSTS, 0, 1u << 16 },
    { FROM(LPT), GBE_CTRL, 0, E1000_CTRL_MEHE },
    /* Clocks of the DMA engine stay on: it hangs when they are gated. */
    { P82571_2, GBE_CTRL_EXT, 1u << 19, 0 },
    /* Malformed IPv6 extension headers, or NFS frames, hang or spoil the receiver. */
    { P82571_2 | ONE(82573) | ONE(ICH8), E1000_RFCTL, 0, E1000_RFCTL_NO_IPV6_EXT },
    { FROM(ICH8), E1000_RFCTL, 0, E1000_RFCTL_NO_NFS },
    /* PCI Express: completions get lost and L1 is entered too late, as seen with ASPM on. */
    { P82573_ON, E1000_GCR, 0, E1000_GCR_L1_WITHOUT_L0S },
    { ONE(82574), E1000_GCR, 0, 1u << 22 },
    { ONE(82574), E1000_GCR2, 0, 1u << 0 },
    /* The chipset must snoop caches for all requests; the ICH8 has these bits the other way. */
    { ONE(ICH8), E1000_GCR, 0, E1000_GCR_NO_SNOOP },
    { FROM(ICH9), E1000_GCR, E1000_GCR_NO_SNOOP, 0 },
    { FROM(ICH8), GBE_CTRL_EXT, 0, GBE_CTRL_EXT_RO_DIS },
    /* Analog reference of the sender; noise is a damaged frame; the beacon that loses frames. */
    { FROM(ICH8), E1000_KABGTXD, 0, 0x00050000 },
    { ONE(PCH), E1000_CRC_OFFSET, 0xffffffff, 0x65656565 },
    { FROM(LPT), E1000_FEXTNVM4, 7, 7 },
};

/* TARC1 bit 28 says the opposite of TCTL.MULR, two requests for data at a time. */
static void match_mulr(struct ixl_device *dev)
{
    if (ixl_read(dev, GBE_TCTL) & E1000_TCTL_MULR)
        ixl_clear_bits(dev, E1000_TARC(1), 1u << 28);
    else
        ixl_set_bits(dev, E1000_TARC(1), 1u << 28);
}

/* I219: INTx gets stuck behind gated clocks of the way to the chipset. */
static void ungate_intx(struct ixl_device *dev)
{
    ixl_set_bits(dev, E1000_FEXTNVM7, 1u << 2);
    ixl_set_bits(dev, E1000_FEXTNVM9, 3u << 11);
}

int ixl_e1000_errata(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    uint32_t type = 1u << dev->row->type;
    for (unsigned i = 0; i < sizeof(fixes) / sizeof(fixes[0]); i++)
        if (fixes[i].types & type) {
            uint32_t val = ixl_read(dev, fixes[i].reg) & ~fixes[i].clear;
            ixl_write(dev, fixes[i].reg, val | fixes[i].set);
        }
    if (type & (P82571_2 | FROM(ICH8)))
        match_mulr(dev);
    if ((type & FROM(SPT)) && dev->irq_kind == IXL_IRQ_INTX)
        ungate_intx(dev);
    if (dev->row->flags & E1000_F_NO_RO)
        ixl_set_bits(dev, GBE_CTRL_EXT, GBE_CTRL_EXT_RO_DIS);
    return atomic_load(&dev->removed) ? -IXL_ENODEV : 0;
}

/* ---- before a reset ----------------------------------------------------------------------------
 */

/* ASPM, at the device's end of the slot: without its consent there is no L1. The bridge's sending
 * half may still enter L0s by itself. */
static void aspm_off(struct ixl_device *dev, uint8_t bits)
{
    uint32_t control = 0;
    int cap = ixl_pci_find_cap(dev->os, IXL_PCI_CAP_PCIE);
    unsigned reg = (unsigned)cap + PCIE_LINK_CONTROL;
    if (cap <= 0 || dev->os->ops->cfg_read(dev->os, reg, 2, &control) < 0 || !(control & bits))
        return;
    dev->os->ops->cfg_write(dev->os, reg, 2, control & ~(uint32_t)bits);
    if (dev->os->ops->cfg_read(dev->os, reg, 2, &control) == 0 && (control & bits))
        ixl_log(IXL_LOG_WARN,
                "%s: ASPM stays on, with which this part loses completions: switch it off",
                dev->info.address);
}

/* 13.4.36: takes effect with the next reset. The sender's share must hold two of the longest
 * frames, the receiver's one: a frame that does not fit is never sent. */
static void split_buffer(struct ixl_device *dev, unsigned rx, unsigned total)
{
    unsigned frame = (dev->cfg.max_frame_size + 4 + 1023) / 1024;
    unsigned two = (2 * (dev->cfg.max_frame_size + 20) + 1023) / 1024;
    if (total - rx < two)
        rx = total > two + frame ? total - two : frame;
    ixl_write(dev, GBE_PBA, rx);
}

/* I219: descriptors still on the chip at a reset hang it for good. One more frame, of rubbish and
 * with the link's consent, pushes those of sending out; a moment of receiving clears the others. */
static void flush_tx(struct ixl_device *dev)
{
    ixl_set_bits(dev, GBE_TCTL, GBE_TCTL_EN);
    ixl_intel_tx_rubbish(dev, 0);
    ixl_delay_us(dev, 250);
}

static void flush_rx(struct ixl_device *dev)
{
    uint32_t dctl = E1000_RX_QUEUE(0) + RING_DCTL;
    ixl_write(dev, GBE_RCTL, 0);
    ixl_delay_us(dev, 150);
    ixl_write(dev, dctl, (ixl_read(dev, dctl) & ~0x3fffu) | 31u | 1u << 8 | 1u << 24);
    ixl_write(dev, GBE_RCTL, GBE_RCTL_EN);
    ixl_delay_us(dev, 150);
    ixl_write(dev, GBE_RCTL, 0);
}

static bool flush_wanted(struct ixl_device *dev)
{
    uint32_t state = 0;
    return dev->os->ops->cfg_read(dev->os, E1000_PCI_RING_STATUS, 2, &state) == 0 &&
           (state & E1000_PCI_FLUSH_WANTED);
}

static void flush_rings(struct ixl_device *dev)
{
    ixl_set_bits(dev, E1000_FEXTNVM11, 1u << 13);
    if (dev->num_tx && ixl_read(dev, E1000_TX_QUEUE(0) + RING_LEN) && flush_wanted(dev)) {
        flush_tx(dev);
        if (flush_wanted(dev))
            flush_rx(dev);
    }
}

void ixl_e1000_before_reset(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    const struct e1000_gen *gen = e1000_of(dev)->gen;
    if (gen->aspm_off)
        aspm_off(dev, gen->aspm_off);
    if (gen->buffer_kib)
        split_buffer(dev, gen->rx_kib, gen->buffer_kib);
    if (dev->row->type == E1000_ICH8)
        ixl_write(dev, E1000_PBS, 16); /* KiB: the upper half of its memory loses bits */
    if (dev->row->type >= E1000_SPT)
        flush_rings(dev);
    if (dev->row->flags & E1000_F_PHY_FIRST) {
        ixl_set_bits(dev, GBE_CTRL, GBE_CTRL_PHY_RST);
        ixl_delay_us(dev, 5000);
        ixl_clear_bits(dev, GBE_CTRL, GBE_CTRL_PHY_RST);
    }
}
