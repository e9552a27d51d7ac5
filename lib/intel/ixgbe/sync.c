// SPDX-License-Identifier: MIT
/*
 * Resources shared with the firmware and with the driver of the other port (10.5.4): a bit for
 * each side in SW_FW_SYNC. That register is guarded by SWSM.SMBI between drivers, and against
 * the firmware by SWSM.SWESMBI (82599) or by its own top bit (X540). Limits and what happens
 * after them: MISSING_SEMAPHORE_LIMITS.
 */
#include "lib/intel/ixgbe/ixgbe.h"

#define STEP_US  1000u
#define RETRY_US 5000u

static unsigned patience(const struct ixgbe *ix, unsigned limit_us)
{
    return ix->impatient ? IXL_LIMIT_IMPATIENT_US : limit_us;
}

/* 82599: the bit stays set only if the firmware is not in. */
static bool enter_swesmbi(struct ixgbe *ix)
{
    struct ixl_device *dev = &ix->base;
    unsigned limit = patience(ix, IXL_LIMIT_SWESMBI_US);

    for (unsigned waited = 0; waited <= limit; waited += STEP_US) {
        ixl_set_bits(dev, IXGBE_SWSM, IXGBE_SWSM_SWESMBI);
        if (ixl_read(dev, IXGBE_SWSM) & IXGBE_SWSM_SWESMBI)
            return true;
        ixl_delay_us(dev, STEP_US);
    }
    return false;
}

/* X540: the read that finds the bit clear sets it. */
static bool enter_regsmp(struct ixgbe *ix)
{
    return ixl_wait_bits(&ix->base, IXGBE_SW_FW_SYNC, IXGBE_SYNC_REGSMP, 0, STEP_US,
                         patience(ix, IXL_LIMIT_SWESMBI_US)) == 0;
}

/* The guard of SW_FW_SYNC. Always succeeds: whoever overstays is taken for dead. */
static void enter(struct ixgbe *ix)
{
    struct ixl_device *dev = &ix->base;

    if (ixl_wait_bits(dev, IXGBE_SWSM, IXGBE_SWSM_SMBI, 0, STEP_US,
                      patience(ix, IXL_LIMIT_SMBI_US))) {
        ixl_log(IXL_LOG_WARN, "%s: a driver that died holds the device's semaphore: taking it over",
                dev->info.address);
        ix->impatient = true;
    }
    if (ix->gen->regsmp ? enter_regsmp(ix) : enter_swesmbi(ix))
        return;
    ixl_log(IXL_LOG_WARN, "%s: the firmware does not release its semaphore: going on without it",
            dev->info.address);
    ix->impatient = true;
}

static void leave(struct ixgbe *ix)
{
    struct ixl_device *dev = &ix->base;

    if (ix->gen->regsmp)
        ixl_clear_bits(dev, IXGBE_SW_FW_SYNC, IXGBE_SYNC_REGSMP);
    ixl_clear_bits(dev, IXGBE_SWSM, IXGBE_SWSM_SMBI | IXGBE_SWSM_SWESMBI);
}

/* One attempt; `force` takes it whoever has it, and clears the firmware's claim. */
static bool try_get(struct ixgbe *ix, uint32_t mask, bool force)
{
    struct ixl_device *dev = &ix->base;
    uint32_t theirs = mask << IXGBE_SYNC_FW_SHIFT;

    enter(ix);
    uint32_t sync = ixl_read(dev, IXGBE_SW_FW_SYNC);
    bool taken = force || !(sync & (mask | theirs));
    if (taken)
        ixl_write(dev, IXGBE_SW_FW_SYNC, (sync & ~theirs) | mask);
    leave(ix);
    return taken;
}

uint32_t ixl_ixgbe_sync_phy(struct ixgbe *ix)
{
    bool second = ixl_read(&ix->base, IXGBE_STATUS) & IXGBE_STATUS_LAN_ID_1;

    return second ? IXGBE_SYNC_PHY1 : IXGBE_SYNC_PHY0;
}

int ixl_ixgbe_sync_get(struct ixgbe *ix, uint32_t mask)
{
    /* The limit shrinks on the way if the guard's was missed. */
    for (unsigned waited = 0; waited < patience(ix, IXL_LIMIT_RESOURCE_US); waited += RETRY_US) {
        if (!ixl_ixgbe_present(ix))
            return -IXL_ENODEV;
        if (try_get(ix, mask, false))
            return 0;
        ixl_delay_us(&ix->base, RETRY_US);
    }
    ixl_log(IXL_LOG_WARN, "%s: resource %#x is held beyond its limit: taking it over",
            ix->base.info.address, mask);
    ix->impatient = true;
    try_get(ix, mask, true);
    return 0;
}

void ixl_ixgbe_sync_put(struct ixgbe *ix, uint32_t mask)
{
    enter(ix);
    ixl_clear_bits(&ix->base, IXGBE_SW_FW_SYNC, mask);
    leave(ix);
}
