// SPDX-License-Identifier: MIT
/* Interrupts (13.4.17; MSI-X of the 82574: 7.4): one vector for all, or one a receive queue. */
#include "lib/intel/e1000/e1000.h"

#define RX_CAUSES  (E1000_ICR_RXT0 | E1000_ICR_RXDMT0 | E1000_ICR_RXO)
#define UNIT_NS    256u
#define MAX_QUEUES 2u

static bool msix(const struct ixl_device *dev)
{
    return dev->irq_kind == IXL_IRQ_MSIX;
}

/* The causes that raise a vector. */
static uint32_t causes(const struct ixl_device *dev, unsigned vector)
{
    if (!msix(dev))
        return RX_CAUSES;
    uint32_t bits = 0;
    for (uint16_t q = 0; q < dev->num_rx && q < MAX_QUEUES; q++)
        if (ixl_irq_vector(dev, q) == vector)
            bits |= E1000_ICR_RXQ(q);
    return bits;
}

/* 82574 10.2.4.9 */
static void map_vectors(struct ixl_device *dev)
{
    uint32_t ivar = 0;
    for (uint16_t q = 0; q < dev->num_rx; q++)
        ivar |= (ixl_irq_vector(dev, q) | E1000_IVAR_VALID) << E1000_IVAR_RXQ_SHIFT(q);
    ivar |= ((dev->irq_vectors - 1) | E1000_IVAR_VALID) << E1000_IVAR_OTHER_SHIFT;
    ixl_write(dev, E1000_IVAR, ivar);
}

/* 13.4.18: to the nearest step, and back. One register for all where there is no MSI-X. */
int ixl_e1000_set_moderation(struct ixl_device *dev, unsigned vector, uint32_t us)
{
    uint64_t steps = ((uint64_t)us * 1000u + UNIT_NS / 2) / UNIT_NS;
    if (steps > E1000_ITR_MAX)
        steps = E1000_ITR_MAX;
    ixl_write(dev, msix(dev) ? E1000_EITR(vector) : E1000_ITR, (uint32_t)steps);
    dev->set.moderation_us[vector] = (uint32_t)((steps * UNIT_NS + 500) / 1000);
    return atomic_load(&dev->removed) ? -IXL_ENODEV : 0;
}

static void moderation_init(struct ixl_device *dev)
{
    for (unsigned v = 0; v < dev->irq_vectors; v++)
        if (ixl_irq_is_misc(dev, v))
            ixl_write(dev, E1000_EITR(v), 0);
        else
            ixl_e1000_set_moderation(dev, v, dev->set.moderation_us[v]);
}

/* A message clears its cause and masks it by itself. */
static void msix_init(struct ixl_device *dev)
{
    uint32_t queues = E1000_ICR_RXQ(0) | E1000_ICR_RXQ(1);
    map_vectors(dev);
    ixl_write(dev, E1000_EIAC, queues);
    ixl_write(dev, E1000_IAM, queues);
    ixl_set_bits(dev, GBE_CTRL_EXT, E1000_CTRL_EXT_EIAME | E1000_CTRL_EXT_PBA_CLR);
}

int ixl_e1000_irq_init(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    if (msix(dev))
        msix_init(dev);
    if (dev->irq_kind != IXL_IRQ_NONE)
        moderation_init(dev);
    (void)ixl_read(dev, E1000_ICR); /* what reset has raised concerns nobody */
    return 0;
}

void ixl_e1000_irq_unmask(struct ixl_device *dev, unsigned vector)
{
    ixl_write(dev, E1000_IMS, causes(dev, vector));
}

void ixl_e1000_irq_mask(struct ixl_device *dev, unsigned vector)
{
    ixl_write(dev, E1000_IMC, causes(dev, vector));
}

bool ixl_e1000_irq_ack(struct ixl_device *dev, unsigned vector)
{
    if (msix(dev) && vector + 1 < dev->irq_vectors)
        return true;
    uint32_t icr = ixl_gbe_read_causes(gbe_of(dev));
    if (msix(dev)) /* one for all: its message has cleared the cause of a queue */
        return vector == 0 || atomic_load(&dev->removed);
    return (icr & RX_CAUSES) || atomic_load(&dev->removed);
}

/* 82574 7.4.2: with MSI-X the cause "other" stands for the rest, whose own bits count as well. */
void ixl_e1000_irq_events(struct ixl_device *dev, bool on)
{
    uint32_t bits = GBE_ICR_LSC | gbe_of(dev)->gen->errors | (msix(dev) ? E1000_ICR_OTHER : 0);
    ixl_write(dev, on ? E1000_IMS : E1000_IMC, bits);
}
