// SPDX-License-Identifier: MIT
/* Start, step by step, and its mirror stop. */
#include "lib/intel/gbe/gbe.h"
#include "lib/intel/ring.h"

static int walk(struct gbe *g, const gbe_step *steps, unsigned n)
{
    int err = 0;
    for (unsigned i = 0; i < n && err == 0; i++)
        err = steps[i](g);
    return err;
}

int ixl_gbe_restart(struct ixl_device *dev, const struct gbe_family *family)
{
    ixl_gbe_driver_loaded(gbe_of(dev), true);
    return walk(gbe_of(dev), family->steps, family->n_steps);
}

int ixl_gbe_start(struct ixl_device *dev, const struct gbe_family *family)
{
    ixl_gbe_driver_loaded(gbe_of(dev), true);
    int err = walk(gbe_of(dev), family->once, family->n_once);
    if (err == 0)
        err = ixl_gbe_restart(dev, family);
    if (err)
        ixl_gbe_stop(dev, family);
    return err;
}

/* The reset also halts receiver, sender and queues. A device that resists, or only seems to be
 * gone, loses its access to the bus instead, before memory is given back. */
void ixl_gbe_stop(struct ixl_device *dev, const struct gbe_family *family)
{
    struct gbe *g = gbe_of(dev);
    bool there = ixl_gbe_present(g);
    if (!there || ixl_gbe_reset(g, family->queues_off))
        ixl_pci_master_off(dev->os);
    if (there)
        ixl_gbe_driver_loaded(g, false);
    ixl_intel_queues_free(dev);
    dev->num_rx = dev->num_tx = 0;
}
