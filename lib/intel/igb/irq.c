// SPDX-License-Identifier: MIT
/* Interrupts (82576 7.3, 4.5.5): MSI-X with a vector a receive queue, or one vector for all. */
#include "lib/intel/igb/igb.h"

#define RX_CAUSES (IGB_ICR_RXDW | IGB_ICR_RXDMT0)
#define VECTORS   25u

static bool msix(const struct ixl_device *dev)
{
    return dev->irq_kind == IXL_IRQ_MSIX;
}

void ixl_igb_irq_off(struct gbe *g)
{
    ixl_write(&g->base, IGB_EIMC, UINT32_MAX);
    ixl_write(&g->base, IGB_EIAC, 0);
    ixl_write(&g->base, IGB_IMC, UINT32_MAX);
    (void)ixl_read(&g->base, IGB_ICR);
}

/* The vector's bits in EIMS, EIMC, EIAC and EIAM: the 82575 has a bit a cause there, the others one
 * a vector. */
static uint32_t vector_bits(struct ixl_device *dev, unsigned vector)
{
    if (igb_of(dev)->gen->ivar_step)
        return 1u << vector;
    uint32_t bits = vector + 1 == dev->irq_vectors ? IGB_MSIXBM_OTHER : 0;
    for (uint16_t q = 0; q < dev->num_rx; q++)
        if (ixl_irq_vector(dev, q) == vector)
            bits |= IGB_MSIXBM_RXQ(q);
    return bits;
}

/* ---- setting up -------------------------------------------------------------------------- */

/* 8.8.15: bytes 0 and 2 are receive queues n and n + step; sending raises none. */
static void map_vectors(struct ixl_device *dev)
{
    unsigned step = igb_of(dev)->gen->ivar_step, registers = igb_of(dev)->gen->queues / 2;
    for (unsigned n = 0; n < registers; n++) {
        unsigned first = step == 1 ? 2 * n : n;
        uint32_t val = 0;
        for (unsigned half = 0; half < 2; half++) {
            unsigned queue = first + half * step;
            if (queue < dev->num_rx)
                val |= (ixl_irq_vector(dev, (uint16_t)queue) | IGB_IVAR_VALID) << 16 * half;
        }
        ixl_write(dev, IGB_IVAR(n), val);
    }
    ixl_write(dev, IGB_IVAR_MISC, ((dev->irq_vectors - 1) | IGB_IVAR_VALID) << 8);
}

static void map_causes_82575(struct ixl_device *dev)
{
    for (unsigned v = 0; v < dev->irq_vectors; v++)
        ixl_write(dev, IGB_MSIXBM(v), vector_bits(dev, v));
}

/* 8.8.14 */
static void write_interval(struct ixl_device *dev, unsigned vector, uint32_t us)
{
    uint32_t ignore = igb_of(dev)->gen->eitr_ignore ? IGB_EITR_CNT_IGNORE : 0;
    ixl_write(dev, IGB_EITR(vector), us << IGB_EITR_INTERVAL_SHIFT | ignore);
}

int ixl_igb_set_moderation(struct ixl_device *dev, unsigned vector, uint32_t us)
{
    if (us > IGB_EITR_INTERVAL_MAX)
        us = IGB_EITR_INTERVAL_MAX;
    write_interval(dev, vector, us);
    dev->set.moderation_us[vector] = us;
    return atomic_load(&dev->removed) ? -IXL_ENODEV : 0;
}

static void moderation_init(struct ixl_device *dev)
{
    for (unsigned v = 0; v < dev->irq_vectors && v < VECTORS; v++)
        if (ixl_irq_is_misc(dev, v))
            write_interval(dev, v, 0);
        else
            ixl_igb_set_moderation(dev, v, dev->set.moderation_us[v]);
}

/* A message clears its cause and masks its vector by itself. */
static void msix_init(struct ixl_device *dev)
{
    uint32_t all = 0;
    for (unsigned v = 0; v < dev->irq_vectors; v++)
        all |= vector_bits(dev, v);
    ixl_write(dev, IGB_GPIE, IGB_GPIE_MSIX | IGB_GPIE_EIAME | IGB_GPIE_PBA | IGB_GPIE_NSICR);
    if (igb_of(dev)->gen->ivar_step)
        map_vectors(dev);
    else
        map_causes_82575(dev);
    ixl_write(dev, IGB_EIAC, all);
    ixl_write(dev, IGB_EIAM, all);
}

int ixl_igb_irq_init(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    if (msix(dev))
        msix_init(dev);
    if (dev->irq_kind != IXL_IRQ_NONE)
        moderation_init(dev);
    (void)ixl_read(dev, IGB_ICR); /* what reset has raised concerns nobody */
    return 0;
}

/* ---- one vector --------------------------------------------------------------------------- */

static void change_mask(struct ixl_device *dev, unsigned vector, uint32_t extended, uint32_t legacy)
{
    if (vector >= VECTORS)
        return;
    if (!msix(dev)) {
        ixl_write(dev, legacy, RX_CAUSES);
        return;
    }
    ixl_write(dev, extended, vector_bits(dev, vector));
}

void ixl_igb_irq_unmask(struct ixl_device *dev, unsigned vector)
{
    change_mask(dev, vector, IGB_EIMS, IGB_IMS);
}

void ixl_igb_irq_mask(struct ixl_device *dev, unsigned vector)
{
    change_mask(dev, vector, IGB_EIMC, IGB_IMC);
}

bool ixl_igb_irq_ack(struct ixl_device *dev, unsigned vector)
{
    if (msix(dev) && vector + 1 < dev->irq_vectors)
        return true;
    uint32_t icr = ixl_gbe_read_causes(gbe_of(dev));
    if (msix(dev)) /* one for all: its message has cleared the cause of a queue */
        return vector == 0 || atomic_load(&dev->removed);
    return (icr & RX_CAUSES) || atomic_load(&dev->removed);
}

/* 7.3.2.2: with MSI-X the causes of ICR reach the vector of "other" through their own mask. */
void ixl_igb_irq_events(struct ixl_device *dev, bool on)
{
    unsigned vector = dev->irq_vectors - 1;
    ixl_write(dev, on ? IGB_IMS : IGB_IMC, GBE_ICR_LSC | gbe_of(dev)->gen->errors);
    if (msix(dev) && ixl_irq_is_misc(dev, vector))
        ixl_write(dev, on ? IGB_EIMS : IGB_EIMC, vector_bits(dev, vector));
}
