// SPDX-License-Identifier: MIT
/* The copper PHY, reached over MDIO in clause 45 frames (3.7.4; IEEE 802.3 clause 45). */
#include "lib/intel/ixgbe/ixgbe.h"

/* MMDs and their registers, IEEE 802.3 45.2. */
#define MMD_PMA               1u
#define MMD_AN                7u
#define PMA_CONTROL           0u
#define LOW_POWER             (1u << 11) /* in PMA_CONTROL and VENDOR_CONTROL */
#define PMA_ID_HIGH           2u
#define AN_CONTROL            0u
#define AN_RESTART            (1u << 9)
#define AN_ENABLE             (1u << 12)
#define AN_10GBASET_CONTROL   0x20u
#define AN_ADVERTISE_10GBASET (1u << 12)

#define MMD_VENDOR            30u /* the X540's PHY as a whole */
#define VENDOR_CONTROL        0u
#define ABSENT                0xffffu /* what a register reads as that nobody answers for */

#define PHY_ADDRESSES         32u

static int command(struct ixgbe *ix, uint32_t op, unsigned mmd, unsigned reg)
{
    struct ixl_device *dev = &ix->base;

    ixl_write(dev, IXGBE_MSCA,
              reg | mmd << IXGBE_MSCA_DEVICE_SHIFT | (uint32_t)ix->phy << IXGBE_MSCA_PHY_SHIFT |
                  op | IXGBE_MSCA_MDICMD);
    return ixl_wait_bits(dev, IXGBE_MSCA, IXGBE_MSCA_MDICMD, 0, 10, IXL_LIMIT_MDIO_US);
}

static int phy_read(struct ixgbe *ix, unsigned mmd, unsigned reg, uint16_t *val)
{
    int err = command(ix, IXGBE_MSCA_OP_ADDRESS, mmd, reg);

    if (!err)
        err = command(ix, IXGBE_MSCA_OP_READ, mmd, reg);
    if (!err)
        *val = (uint16_t)(ixl_read(&ix->base, IXGBE_MSRWD) >> 16);
    return err;
}

static int phy_write(struct ixgbe *ix, unsigned mmd, unsigned reg, uint16_t val)
{
    int err = command(ix, IXGBE_MSCA_OP_ADDRESS, mmd, reg);

    if (err)
        return err;
    ixl_write(&ix->base, IXGBE_MSRWD, val);
    return command(ix, IXGBE_MSCA_OP_WRITE, mmd, reg);
}

/* Change some bits; nothing is written where they are right already or the register is absent. */
static int phy_change(struct ixgbe *ix, unsigned mmd, unsigned reg, unsigned set, unsigned clear)
{
    uint16_t old = ABSENT;
    int err = phy_read(ix, mmd, reg, &old);
    uint16_t val = (uint16_t)((old | set) & ~clear);

    return err || val == old || old == ABSENT ? err : phy_write(ix, mmd, reg, val);
}

/* An address nobody answers at reads as all ones (or zeros, on a pulled-down bus). */
static int find(struct ixgbe *ix)
{
    for (uint8_t addr = 0; addr < PHY_ADDRESSES; addr++) {
        uint16_t id = 0;
        ix->phy = addr;
        int err = phy_read(ix, MMD_PMA, PMA_ID_HIGH, &id);
        if (err)
            return err;
        if (id != 0 && id != ABSENT)
            return 0;
    }
    return -IXL_ENODEV;
}

static int negotiate(struct ixgbe *ix)
{
    int err = phy_change(ix, MMD_PMA, PMA_CONTROL, 0, LOW_POWER);

    if (!err)
        err = phy_change(ix, MMD_VENDOR, VENDOR_CONTROL, 0, LOW_POWER);
    if (!err)
        err = phy_change(ix, MMD_AN, AN_10GBASET_CONTROL, AN_ADVERTISE_10GBASET, 0);
    if (!err)
        err = phy_change(ix, MMD_AN, AN_CONTROL, AN_ENABLE | AN_RESTART, 0);
    return err;
}

/* 4.6.4.3 (X540): awake, advertising, negotiating. A link that is up goes down for it. */
int ixl_ixgbe_phy_restart(struct ixgbe *ix)
{
    uint32_t mask = ixl_ixgbe_sync_phy(ix);
    int err = ixl_ixgbe_sync_get(ix, mask);

    if (err)
        return err;
    err = find(ix);
    if (!err)
        err = negotiate(ix);
    ixl_ixgbe_sync_put(ix, mask);
    if (!err || !ixl_ixgbe_present(ix))
        return err;
    ixl_log(IXL_LOG_ERROR, "%s: the copper PHY does not answer over MDIO: power-cycle it",
            ix->base.info.address);
    return err == -IXL_ENODEV ? -IXL_EIO : err;
}
