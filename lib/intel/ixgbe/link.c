// SPDX-License-Identifier: MIT
/* The link: set up at start (4.6.4), and asked for. */
#include "lib/intel/ixgbe/ixgbe.h"

/* Vendor's limit for a negotiation to leave its first state. */
#define PIPELINE_US      40000u
#define PIPELINE_STEP_US 4000u

/* ASSUME_SDP3_LASER. A former owner may have left it dark. */
static void laser(struct ixgbe *ix, bool on)
{
    if (on)
        ixl_clear_bits(&ix->base, IXGBE_ESDP, IXGBE_ESDP_SDP3_DATA);
    else
        ixl_set_bits(&ix->base, IXGBE_ESDP, IXGBE_ESDP_SDP3_DATA);
}

/* What AUTOC should say, on top of what the EEPROM has put there (ASSUME_NVM_LINK). */
static uint32_t link_mode(uint32_t autoc, enum ixgbe_module module)
{
    if (module == IXGBE_MODULE_NONE)
        return autoc;
    autoc &= ~IXGBE_AUTOC_LMS_MASK;
    if (module == IXGBE_MODULE_1G)
        return (autoc | IXGBE_AUTOC_LMS_1G) & ~IXGBE_AUTOC_1G_PMA_PMD;
    return autoc | IXGBE_AUTOC_LMS_10G_SERIAL;
}

/*
 * The analog part takes a new mode only when its negotiation starts from a different one: the top
 * bit of the mode is turned over for as long as that takes. A part that never leaves its first
 * state is left to what follows.
 */
static void restart_pipeline(struct ixgbe *ix, uint32_t autoc)
{
    struct ixl_device *dev = &ix->base;

    ixl_clear_bits(dev, IXGBE_AUTOC2, IXGBE_AUTOC2_LINK_DISABLE);
    ixl_write(dev, IXGBE_AUTOC, (autoc ^ IXGBE_AUTOC_LMS_HIGH) | IXGBE_AUTOC_RESTART_AN);
    for (unsigned waited = 0; waited < PIPELINE_US; waited += PIPELINE_STEP_US) {
        ixl_delay_us(dev, PIPELINE_STEP_US);
        if (ixl_read(dev, IXGBE_ANLP1) & IXGBE_ANLP1_AN_STATE)
            break;
    }
    ixl_write(dev, IXGBE_AUTOC, autoc | IXGBE_AUTOC_RESTART_AN);
}

static int setup_pcs(struct ixgbe *ix, enum ixgbe_module module)
{
    struct ixl_device *dev = &ix->base;
    int err = 0;

    if (module != IXGBE_MODULE_NONE) {
        err = ixl_ixgbe_sfp_tune(ix, module);
        uint32_t autoc2 = ixl_read(dev, IXGBE_AUTOC2) & ~IXGBE_AUTOC2_10G_SERIAL_MASK;
        ixl_write(dev, IXGBE_AUTOC2, autoc2 | IXGBE_AUTOC2_10G_SFI);
    }
    uint32_t autoc = link_mode(ixl_read(dev, IXGBE_AUTOC), module);
    restart_pipeline(ix, autoc);
    return err;
}

/* 4.6.4.2: the firmware also writes AUTOC, so under the semaphore. */
static int restart_pcs(struct ixgbe *ix)
{
    uint32_t mask = IXGBE_SYNC_MAC_CSR | IXGBE_SYNC_EEP;
    enum ixgbe_module module = IXGBE_MODULE_NONE;
    int err = 0;

    if (ix->base.row->flags & IXGBE_F_SFP) {
        laser(ix, true);
        err = ixl_ixgbe_sfp_identify(ix, &module);
    }
    if (!err)
        err = ixl_ixgbe_sync_get(ix, mask);
    if (err)
        return err;
    err = setup_pcs(ix, module);
    ixl_ixgbe_sync_put(ix, mask);
    if (err == -IXL_ETIMEDOUT)
        ixl_log(IXL_LOG_ERROR, "%s: the EEPROM stopped answering during link setup: power-cycle it",
                ix->base.info.address);
    return err;
}

/* Returns at once; the link comes up by itself. */
int ixl_ixgbe_link_setup(struct ixgbe *ix)
{
    uint64_t flags = ix->base.row->flags;
    int err = 0;

    if (flags & IXGBE_F_MDIO)
        err = ixl_ixgbe_phy_restart(ix);
    if (!err && (flags & IXGBE_F_AUTOC))
        err = restart_pcs(ix);
    return err;
}

/* The other end sees the link go, unless firmware needs it (MNG_VETO). */
void ixl_ixgbe_link_release(struct ixgbe *ix)
{
    struct ixl_device *dev = &ix->base;

    if ((dev->row->flags & IXGBE_F_SFP) && !(ixl_read(dev, IXGBE_MMNGC) & IXGBE_MMNGC_MNG_VETO))
        laser(ix, false);
}

/* ---- state --------------------------------------------------------------------------- */

static uint32_t speed(const struct ixgbe *ix, uint32_t links)
{
    static const uint32_t standard[] = { 10, 100, 1000, 10000 };
    unsigned field = links >> IXGBE_LINKS_SPEED_SHIFT & IXGBE_LINKS_SPEED_MASK;

    if (ix->gen->fast_speeds && (links & IXGBE_LINKS_NON_STANDARD))
        return field == 3 ? 2500 : field == 1 ? 5000 : standard[field];
    return standard[field];
}

/* EICR keeps the cause until somebody looks: here, or the interrupt that came for it. */
static bool take_event(struct ixgbe *ix)
{
    ixl_ixgbe_read_causes(ix);
    return atomic_exchange(&ix->link_event, false);
}

/* The latched event shows a link that was down and is up again since the last look, or the
 * other way round: two changes. */
static uint32_t changes(struct ixgbe *ix, bool was_up, bool is_up, bool event)
{
    if (was_up == is_up)
        return event ? 2 : 0;
    if (!event) /* it happened just after the look at EICR */
        take_event(ix);
    return 1;
}

int ixl_ixgbe_get_link(struct ixl_device *dev, struct ixl_link *out)
{
    struct ixgbe *ix = ixgbe_of(dev);

    if (!ixl_ixgbe_present(ix))
        return -IXL_ENODEV;
    bool event = take_event(ix);
    uint32_t links = ixl_read(dev, IXGBE_LINKS);
    bool up = links & IXGBE_LINKS_UP;

    dev->link_changes += changes(ix, dev->link.up, up, event);
    dev->link.up = up;
    dev->link.full_duplex = up;
    dev->link.mbps = up ? speed(ix, links) : 0;
    *out = dev->link;
    return 0;
}
