// SPDX-License-Identifier: MIT
/* Causes (13.4.17): reading the register clears it, so whoever reads it keeps what others need. */
#include "lib/intel/gbe/gbe.h"

/*
 * 82574 7.4.3: with MSI-X the causes of queues lie in this register, too, and one whose message is
 * still held back by throttling would be lost with it: it is raised again. What concerns link and
 * errors is cleared by writing ones, since with MSI-X reading does not do so in every state.
 */
static void tidy_msix(struct gbe *g, uint32_t icr)
{
    struct ixl_device *dev = &g->base;
    ixl_write(dev, g->gen->icr, icr & ~g->gen->queue_causes);
    if (icr & g->gen->queue_causes)
        ixl_write(dev, GBE_ICS, icr & g->gen->queue_causes);
}

uint32_t ixl_gbe_read_causes(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    uint32_t icr = ixl_read(dev, g->gen->icr);
    if (icr == UINT32_MAX) {
        ixl_removed(dev);
        return 0;
    }
    if (icr & GBE_ICR_LSC)
        atomic_store(&g->link_event, true);
    if (icr & g->gen->errors)
        ixl_note_error(dev);
    if (g->gen->queue_causes && dev->irq_kind == IXL_IRQ_MSIX)
        tidy_msix(g, icr);
    return icr;
}
