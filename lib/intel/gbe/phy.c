// SPDX-License-Identifier: MIT
/* The PHY through MDIC (13.4.8), and what we ask of it. */
#include "lib/intel/gbe/gbe.h"

#define POWER_UP_US 2000u

static uint32_t resource(const struct gbe *g)
{
    uint32_t port = (ixl_read(&g->base, GBE_STATUS) & GBE_STATUS_FUNC) >> GBE_STATUS_FUNC_SHIFT;
    return port < 2 ? GBE_SYNC_PHY0 << port : 1u << (port + 3); /* ports 2, 3: bits 5, 6 */
}

static int access_phy(struct gbe *g, uint32_t command, uint16_t *val)
{
    struct ixl_device *dev = &g->base;
    int err = ixl_gbe_sync_get(g, resource(g));
    if (err)
        return err;
    ixl_write(dev, GBE_MDIC, command | (uint32_t)g->gen->phy_addr << GBE_MDIC_PHY_SHIFT);
    err = ixl_wait_bits(dev, GBE_MDIC, GBE_MDIC_READY, GBE_MDIC_READY, 10, IXL_LIMIT_MDIO_US);
    uint32_t mdic = ixl_read(dev, GBE_MDIC);
    ixl_gbe_sync_put(g, resource(g));
    if (err == 0 && (mdic & GBE_MDIC_ERROR))
        err = -IXL_EIO;
    *val = (uint16_t)mdic;
    return err;
}

int ixl_gbe_phy_read(struct gbe *g, unsigned reg, uint16_t *val)
{
    return access_phy(g, reg << GBE_MDIC_REG_SHIFT | GBE_MDIC_READ, val);
}

int ixl_gbe_phy_write(struct gbe *g, unsigned reg, uint16_t val)
{
    uint16_t echo;
    return access_phy(g, reg << GBE_MDIC_REG_SHIFT | GBE_MDIC_WRITE | val, &echo);
}

/* A former owner may have left another page selected, or the PHY without power, from which it needs
 * some time to come back. */
static int wake(struct gbe *g)
{
    uint16_t control = 0;
    int err = g->gen->phy_page ? ixl_gbe_phy_write(g, g->gen->phy_page, 0) : 0;
    if (err == 0)
        err = ixl_gbe_phy_read(g, PHY_CONTROL, &control);
    if (err || !(control & PHY_CONTROL_POWER_DOWN))
        return err;
    err = ixl_gbe_phy_write(g, PHY_CONTROL, control & (uint16_t)~PHY_CONTROL_POWER_DOWN);
    ixl_delay_us(&g->base, POWER_UP_US);
    return err;
}

/* Advertise everything but half duplex at 1000 and pause, and start over. Returns at once; the link
 * comes up some seconds later. */
int ixl_gbe_phy_negotiate(struct gbe *g)
{
    uint16_t advertise = 0, gigabit = 0;
    int err = wake(g);
    if (err == 0)
        err = ixl_gbe_phy_read(g, PHY_ADVERTISE, &advertise);
    if (err == 0)
        err = ixl_gbe_phy_read(g, PHY_GIGABIT, &gigabit);
    if (err == 0)
        err = ixl_gbe_phy_write(g, PHY_ADVERTISE, PHY_ADVERTISE_ALL);
    if (err == 0)
        err = ixl_gbe_phy_write(g, PHY_GIGABIT, (uint16_t)((gigabit & 0xfc00u) | PHY_GIGABIT_FULL));
    if (err == 0)
        err = ixl_gbe_phy_write(g, PHY_CONTROL, PHY_CONTROL_AUTONEG | PHY_CONTROL_RESTART);
    return err;
}
