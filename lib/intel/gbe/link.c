// SPDX-License-Identifier: MIT
/* Setting the link up (14.3, 8.6; SerDes: 82576 3.5.4) and looking at it. */
#include "lib/intel/gbe/gbe.h"

/* The MAC follows what the PHY has negotiated (8.5). A PHY that does not answer is no reason to
 * fail: the link is then as the NVM has set it up. */
static int copper(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    uint32_t ctrl = ixl_read(dev, GBE_CTRL);
    ctrl &= ~(GBE_CTRL_FRCSPD | GBE_CTRL_FRCDPX | GBE_CTRL_ILOS);
    ixl_write(dev, GBE_CTRL, ctrl | GBE_CTRL_SLU | (g->gen->pcie ? 0 : GBE_CTRL_ASDE));
    int err = ixl_gbe_phy_negotiate(g);
    if (err == -IXL_ENODEV)
        return err;
    if (err)
        ixl_log(IXL_LOG_WARN, "%s: the PHY does not answer: the link stays as it is",
                dev->info.address);
    return 0;
}

/* 8.6.1: 1000 Mbit/s, full duplex, by clause 37. A reset may have left the SerDes looped back. */
static int fibre(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    uint32_t ctrl = ixl_read(dev, GBE_CTRL) & ~GBE_CTRL_LRST;
    if (g->gen->pcie)
        ixl_write(dev, GBE_SCTL, GBE_SCTL_NO_LOOPBACK);
    ixl_write(dev, GBE_TXCW, GBE_TXCW_ANE | GBE_TXCW_FD);
    ixl_write(dev, GBE_CTRL, ctrl | GBE_CTRL_SLU | GBE_CTRL_FD);
    return 0;
}

/* 82576 8.19: what SerDes and SGMII have in common: a module with power, no loopback (which
 * outlives a reset), nothing forced. */
static void pcs_on(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    ixl_write(dev, GBE_SCTL, GBE_SCTL_NO_LOOPBACK);
    ixl_clear_bits(dev, GBE_CTRL_EXT, GBE_CTRL_EXT_SDP3_DATA);
    if (g->gen->sfp_power)
        ixl_set_bits(dev, GBE_CTRL, GBE_CTRL_PINS);
    ixl_set_bits(dev, GBE_PCS_CFG, GBE_PCS_CFG_EN);
}

#define PCS_FORCED                                                                                 \
    (GBE_PCS_LCTL_FLV | GBE_PCS_LCTL_FSD | GBE_PCS_LCTL_FORCE_LINK | GBE_PCS_LCTL_AN_EN)

/* 1000 Mbit/s; 1000BASE-KX finds its partner without negotiation. */
static int serdes(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    pcs_on(g);
    ixl_set_bits(dev, GBE_CTRL,
                 GBE_CTRL_SLU | GBE_CTRL_FD | GBE_CTRL_SPEED_1000 | GBE_CTRL_FRCSPD |
                     GBE_CTRL_FRCDPX);
    uint32_t lctl = ixl_read(dev, GBE_PCS_LCTL) & ~(GBE_PCS_LCTL_AN_TIMEOUT | PCS_FORCED);
    lctl |= GBE_PCS_LCTL_FSV_1000 | GBE_PCS_LCTL_FDV;
    lctl |= g->media & GBE_F_KX ? GBE_PCS_LCTL_FSD : GBE_PCS_LCTL_AN_EN | GBE_PCS_LCTL_AN_RESTART;
    ixl_write(dev, GBE_PCS_LCTL, lctl);
    return 0;
}

/* The PHY behind the PCS tells it the speed, in the manner of a negotiation without time limit. */
static void sgmii(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    pcs_on(g);
    uint32_t lctl = ixl_read(dev, GBE_PCS_LCTL) & ~(GBE_PCS_LCTL_AN_TIMEOUT | PCS_FORCED);
    ixl_write(dev, GBE_PCS_LCTL, lctl | GBE_PCS_LCTL_AN_EN | GBE_PCS_LCTL_AN_RESTART);
}

int ixl_gbe_link_setup(struct gbe *g)
{
    if (g->gen->link_disconnect)
        ixl_clear_bits(&g->base, GBE_PHPM, GBE_PHPM_GO_LINKD);
    if (g->media & GBE_F_FIBRE)
        return fibre(g);
    if (g->media & GBE_F_SERDES)
        return serdes(g);
    if (g->media & GBE_F_SGMII)
        sgmii(g);
    return copper(g);
}

/* ---- state ---------------------------------------------------------------------------------- */

/* 82576 8.19.3: speed and duplex of a SerDes are forced, so STATUS says nothing of its partner. */
static struct ixl_link decode_serdes(uint32_t lsts)
{
    bool up = lsts & GBE_PCS_LSTS_LINK;
    return (struct ixl_link){ .up = up, .full_duplex = up, .mbps = up ? 1000 : 0 };
}

static struct ixl_link decode(uint32_t status)
{
    static const uint32_t mbps[] = { 10, 100, 1000, 1000 };
    struct ixl_link link = { .up = false };
    if (status & GBE_STATUS_LU) {
        link.up = true;
        link.full_duplex = status & GBE_STATUS_FD;
        link.mbps = mbps[(status & GBE_STATUS_SPEED) >> GBE_STATUS_SPEED_SHIFT];
    }
    return link;
}

/* A change that was there and is gone again shows in the latched cause. Reading ICR clears it whole
 * where nothing else uses it: with MSI-X receive causes live in registers of their own, and while
 * polling nobody waits for them (see irq_ack of the families for the other modes). */
static bool changed_meanwhile(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    if (dev->irq_kind == IXL_IRQ_NONE || dev->irq_kind == IXL_IRQ_MSIX)
        ixl_gbe_read_causes(g);
    return atomic_exchange(&g->link_event, false);
}

int ixl_gbe_get_link(struct ixl_device *dev, struct ixl_link *out)
{
    struct gbe *g = gbe_of(dev);
    if (!ixl_gbe_present(g))
        return -IXL_ENODEV;
    bool event = changed_meanwhile(g);
    struct ixl_link now = g->media & GBE_F_SERDES ? decode_serdes(ixl_read(dev, GBE_PCS_LSTS))
                                                  : decode(ixl_read(dev, GBE_STATUS));
    if (now.up != dev->link.up)
        dev->link_changes++;
    else if (event && now.up)
        dev->link_changes += 2; /* down and up again between two looks */
    dev->link = now;
    *out = now;
    return 0;
}
