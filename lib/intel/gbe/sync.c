// SPDX-License-Identifier: MIT
/*
 * Resources shared with firmware and with the drivers of other ports (82576 4.6.12): a bit for each
 * side in SW_FW_SYNC, guarded by SWSM; SWSM alone; or one flag in EXTCNF. Limits:
 * MISSING_SEMAPHORE_LIMITS.
 */
#include "lib/intel/gbe/gbe.h"

#define STEP_US  50u
#define RETRY_US 5000u

static unsigned patience(const struct gbe *g, unsigned limit_us)
{
    return g->impatient ? IXL_LIMIT_IMPATIENT_US : limit_us;
}

static void overstayed(struct gbe *g, const char *who)
{
    ixl_log(IXL_LOG_WARN, "%s: %s does not release a semaphore: going on without it",
            g->base.info.address, who);
    g->impatient = true;
}

/* A bit that stays set only if nobody else had it. */
static bool set_and_see(struct gbe *g, uint32_t reg, uint32_t bit, unsigned limit_us)
{
    for (unsigned waited = 0; waited <= patience(g, limit_us); waited += STEP_US) {
        ixl_set_bits(&g->base, reg, bit);
        if (ixl_read(&g->base, reg) & bit)
            return true;
        ixl_delay_us(&g->base, STEP_US);
    }
    return false;
}

/* SMBI: the read that finds it clear sets it. Whoever overstays is taken for dead. */
static void enter(struct gbe *g)
{
    if (ixl_wait_bits(&g->base, GBE_SWSM, GBE_SWSM_SMBI, 0, STEP_US,
                      patience(g, IXL_LIMIT_SMBI_US)))
        overstayed(g, "a driver that died");
    if (!set_and_see(g, GBE_SWSM, GBE_SWSM_SWESMBI, IXL_LIMIT_SWESMBI_US))
        overstayed(g, "the firmware");
}

static void leave(struct gbe *g)
{
    ixl_clear_bits(&g->base, GBE_SWSM, GBE_SWSM_SMBI | GBE_SWSM_SWESMBI);
}

static bool try_get(struct gbe *g, uint32_t resource, bool force)
{
    struct ixl_device *dev = &g->base;
    uint32_t theirs = resource << GBE_SYNC_FW_SHIFT;
    enter(g);
    uint32_t sync = ixl_read(dev, GBE_SW_FW_SYNC);
    bool taken = force || !(sync & (resource | theirs));
    if (taken)
        ixl_write(dev, GBE_SW_FW_SYNC, (sync & ~theirs) | resource);
    leave(g);
    return taken;
}

static int get_by_swsm(struct gbe *g, uint32_t resource)
{
    for (unsigned waited = 0; waited < patience(g, IXL_LIMIT_RESOURCE_US); waited += RETRY_US) {
        if (!ixl_gbe_present(g))
            return -IXL_ENODEV;
        if (try_get(g, resource, false))
            return 0;
        ixl_delay_us(&g->base, RETRY_US);
    }
    overstayed(g, "the holder of PHY or NVM");
    try_get(g, resource, true);
    return 0;
}

void ixl_gbe_own_mdio(struct gbe *g, bool own)
{
    if (!own)
        ixl_clear_bits(&g->base, GBE_EXTCNF, GBE_EXTCNF_SWFLAG);
    else if (!set_and_see(g, GBE_EXTCNF, GBE_EXTCNF_SWFLAG, IXL_LIMIT_RESOURCE_US))
        overstayed(g, "the firmware");
}

int ixl_gbe_sync_get(struct gbe *g, uint32_t resource)
{
    if (g->gen->sync == GBE_SYNC_SWSM)
        return get_by_swsm(g, resource);
    if (g->gen->sync == GBE_SYNC_BARE)
        enter(g);
    if (g->gen->sync == GBE_SYNC_EXTCNF)
        ixl_gbe_own_mdio(g, true);
    return atomic_load(&g->base.removed) ? -IXL_ENODEV : 0;
}

void ixl_gbe_sync_put(struct gbe *g, uint32_t resource)
{
    if (g->gen->sync == GBE_SYNC_SWSM) {
        enter(g);
        ixl_clear_bits(&g->base, GBE_SW_FW_SYNC, resource);
    }
    if (g->gen->sync == GBE_SYNC_SWSM || g->gen->sync == GBE_SYNC_BARE)
        leave(g);
    if (g->gen->sync == GBE_SYNC_EXTCNF)
        ixl_gbe_own_mdio(g, false);
}
