// SPDX-License-Identifier: MIT
/* Presence, waiting, and the global reset, whatever state a former owner left the device in. */
#include "lib/intel/gbe/gbe.h"

#define NVM_LOAD_US 20000u

bool ixl_gbe_present(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    if (!atomic_load(&dev->removed) && ixl_read(dev, GBE_STATUS) == UINT32_MAX)
        ixl_removed(dev);
    return !atomic_load(&dev->removed);
}

bool ixl_gbe_tx_paused(struct ixl_device *dev)
{
    return ixl_read(dev, GBE_STATUS) & GBE_STATUS_TXOFF;
}

int ixl_gbe_wait(struct gbe *g, uint32_t reg, uint32_t mask, uint32_t want, unsigned limit_us,
                 const char *what)
{
    int err = ixl_wait_bits(&g->base, reg, mask, want, 10, limit_us);
    if (err == -IXL_ETIMEDOUT)
        ixl_log(IXL_LOG_ERROR, "%s: %s", g->base.info.address, what);
    return err;
}

/* 82576 5.2.3.3: no new requests to memory. A device that resists is left to the reset. */
static void master_disable(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    if (!g->gen->pcie)
        return;
    ixl_set_bits(dev, GBE_CTRL, GBE_CTRL_GIO_DISABLE);
    if (ixl_wait_bits(dev, GBE_STATUS, GBE_STATUS_GIO_ON, 0, 100, IXL_LIMIT_MASTER_DISABLE_US))
        ixl_log(IXL_LOG_DEBUG, "%s: requests to memory are still pending; the reset ends them",
                dev->info.address);
}

/* 13.4.6: the first parts, and those whose NVM is a flash, read it again only if they are told. */
static void reload_nvm(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    bool flash = (ixl_read(dev, GBE_EECD) & GBE_EECD_FLASH) == GBE_EECD_FLASH;
    if (g->gen->reload == GBE_RELOAD_ALWAYS || (g->gen->reload == GBE_RELOAD_IF_FLASH && flash)) {
        ixl_delay_us(dev, 10);
        ixl_set_bits(dev, GBE_CTRL_EXT, GBE_CTRL_EXT_EE_RST);
    }
}

/* 14.3; 82576 4.5.3: the NVM has been read again when the device is ready. A part that does not
 * say so (QEMU's 82576 never does) is judged by the check of its NVM, which follows. */
static int wait_nvm_load(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    if (!g->gen->pcie || g->gen->nvm == GBE_NVM_HARDWARE) {
        ixl_delay_us(dev, NVM_LOAD_US);
        return 0;
    }
    int err = ixl_wait_bits(dev, GBE_EECD, GBE_EECD_AUTO_RD, GBE_EECD_AUTO_RD, 500, NVM_LOAD_US);
    if (err == -IXL_ENODEV)
        return err;
    if (err)
        ixl_log(IXL_LOG_DEBUG, "%s: the device does not say that it has read its NVM",
                dev->info.address);
    return 0;
}

static int global_reset(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    ixl_write(dev, GBE_CTRL, ixl_read(dev, GBE_CTRL) | GBE_CTRL_RST);
    ixl_delay_us(dev, 1000); /* ASSUME_RESET_UNTOUCHED */
    int err = ixl_gbe_wait(g, GBE_CTRL, GBE_CTRL_RST, 0, IXL_LIMIT_RESET_US,
                           "the global reset does not end: power-cycle the machine");
    if (err == 0 && g->gen->reload != GBE_RELOAD_BY_RESET)
        reload_nvm(g);
    return err;
}

/* The first access to the device: ASSUME_PCI_D0. */
int ixl_gbe_reset(struct gbe *g, void (*queues_off)(struct gbe *g))
{
    struct ixl_device *dev = &g->base;
    if (!ixl_gbe_present(g))
        return -IXL_ENODEV;
    ixl_write(dev, g->gen->imc, UINT32_MAX);
    ixl_write(dev, GBE_RCTL, 0);
    ixl_write(dev, GBE_TCTL, (ixl_read(dev, GBE_TCTL) & ~GBE_TCTL_EN) | GBE_TCTL_PSP);
    if (queues_off)
        queues_off(g);
    ixl_delay_us(dev, 10000); /* 14.4: frames and descriptors in flight come to an end */
    master_disable(g);
    if (g->gen->own_mdio)
        ixl_gbe_own_mdio(g, true);
    int err = global_reset(g);
    if (g->gen->own_mdio)
        ixl_gbe_own_mdio(g, false);
    if (err == 0)
        err = wait_nvm_load(g);
    if (err)
        return err;
    ixl_delay_us(dev, g->gen->settle_ms * 1000u);
    ixl_write(dev, g->gen->imc, UINT32_MAX);
    (void)ixl_read(dev, g->gen->icr);
    return 0;
}

/* 82576 8.2.3: firmware keeps its hands off what belongs to a driver. */
void ixl_gbe_driver_loaded(struct gbe *g, bool loaded)
{
    uint32_t reg = g->gen->loaded_in_swsm ? GBE_SWSM : GBE_CTRL_EXT;
    uint32_t bit = g->gen->loaded_in_swsm ? GBE_SWSM_DRV_LOAD : GBE_CTRL_EXT_DRV_LOAD;
    if (!g->gen->pcie)
        return;
    if (loaded)
        ixl_set_bits(&g->base, reg, bit);
    else
        ixl_clear_bits(&g->base, reg, bit);
}
