// SPDX-License-Identifier: MIT
/* Interrupts (7.3, 4.6.6): MSI-X with a vector a receive queue, or one vector for all. */
#include "lib/intel/ixgbe/ixgbe.h"

#define VECTORS      64u
/* EITR counts 2.048 us. */
#define EITR_UNIT_NS 2048u

static bool msix(const struct ixl_device *dev)
{
    return dev->irq_kind == IXL_IRQ_MSIX;
}

/* 4.6.3.1 */
void ixl_ixgbe_irq_off(struct ixgbe *ix)
{
    struct ixl_device *dev = &ix->base;

    ixl_write(dev, IXGBE_EIMC, 0x7fffffff);
    ixl_write(dev, IXGBE_EIMC_EX(0), UINT32_MAX);
    ixl_write(dev, IXGBE_EIMC_EX(1), UINT32_MAX);
}

/* 8.2.3.5.16: two queues a register, receive in bits 7:0 and 23:16. Sending raises none. */
static void map_vectors(struct ixl_device *dev)
{
    for (uint16_t n = 0; n < IXGBE_IVAR_COUNT; n++) {
        uint32_t val = 0;
        for (uint16_t i = 0; i < 2; i++)
            if (2 * n + i < dev->num_rx)
                val |= (ixl_irq_vector(dev, (uint16_t)(2 * n + i)) | IXGBE_IVAR_VALID) << 16 * i;
        ixl_write(dev, IXGBE_IVAR(n), val);
    }
    uint32_t misc = msix(dev) ? (dev->irq_vectors - 1) | IXGBE_IVAR_VALID : 0;
    ixl_write(dev, IXGBE_IVAR_MISC, misc << 8);
}

/* 8.2.3.5.12: to the nearest step, and back. */
int ixl_ixgbe_set_moderation(struct ixl_device *dev, unsigned vector, uint32_t us)
{
    uint64_t steps = ((uint64_t)us * 1000u + EITR_UNIT_NS / 2) / EITR_UNIT_NS;

    if (steps > IXGBE_EITR_INTERVAL_MAX)
        steps = IXGBE_EITR_INTERVAL_MAX;
    ixl_write(dev, IXGBE_EITR(vector), (uint32_t)steps << IXGBE_EITR_INTERVAL_SHIFT);
    dev->set.moderation_us[vector] = (uint32_t)((steps * EITR_UNIT_NS + 500) / 1000);
    return atomic_load(&dev->removed) ? -IXL_ENODEV : 0;
}

static void moderation_init(struct ixl_device *dev)
{
    for (unsigned v = 0; v < dev->irq_vectors && v < VECTORS; v++)
        if (ixl_irq_is_misc(dev, v))
            ixl_write(dev, IXGBE_EITR(v), 0);
        else
            ixl_ixgbe_set_moderation(dev, v, dev->set.moderation_us[v]);
}

/*
 * MSI-X: a message clears its cause and masks its vector by itself. Otherwise GPIE stays in its
 * one-vector mode, and software does both. MISSING_EICR_OCD.
 */
static void set_mode(struct ixl_device *dev)
{
    uint32_t gpie = IXGBE_GPIE_OCD;

    if (msix(dev)) {
        gpie |= IXGBE_GPIE_MULTIPLE_MSIX | IXGBE_GPIE_EIAME | IXGBE_GPIE_PBA_SUPPORT;
        ixl_write(dev, IXGBE_EIAC, IXGBE_EICR_QUEUES);
        ixl_write(dev, IXGBE_EIAM_EX(0), UINT32_MAX);
        ixl_write(dev, IXGBE_EIAM_EX(1), UINT32_MAX);
    }
    ixl_write(dev, IXGBE_GPIE, gpie);
}

int ixl_ixgbe_irq_init(struct ixgbe *ix)
{
    struct ixl_device *dev = &ix->base;

    set_mode(dev);
    if (dev->irq_kind != IXL_IRQ_NONE && dev->irq_vectors > 0) {
        map_vectors(dev);
        moderation_init(dev);
    }
    /* What reset and link setup have raised concerns nobody. */
    ixl_write(dev, IXGBE_EICR, UINT32_MAX);
    return 0;
}

/* ---- one vector; no other thread writes the same bit ------------------------------------- */

static void change_mask(struct ixl_device *dev, unsigned vector, uint32_t reg, uint32_t reg_ex)
{
    if (vector >= VECTORS)
        return;
    if (msix(dev))
        ixl_write(dev, reg_ex + 4 * (vector / 32), 1u << vector % 32);
    else
        ixl_write(dev, reg, 1u << vector);
}

void ixl_ixgbe_irq_unmask(struct ixl_device *dev, unsigned vector)
{
    change_mask(dev, vector, IXGBE_EIMS, IXGBE_EIMS_EX(0));
}

void ixl_ixgbe_irq_mask(struct ixl_device *dev, unsigned vector)
{
    change_mask(dev, vector, IXGBE_EIMC, IXGBE_EIMC_EX(0));
}

bool ixl_ixgbe_irq_ack(struct ixl_device *dev, unsigned vector)
{
    if (msix(dev) && vector + 1 < dev->irq_vectors)
        return true;
    uint32_t eicr = ixl_ixgbe_read_causes(ixgbe_of(dev));
    if (atomic_load(&dev->removed))
        return true;
    if (msix(dev)) /* one for all: its message has cleared the cause of a queue */
        return vector == 0;
    ixl_write(dev, IXGBE_EICR, eicr & IXGBE_EICR_QUEUES);
    return eicr & IXGBE_EICR_QUEUES;
}

/* Where a read does not clear them, a write of ones does; queues' causes stay. */
uint32_t ixl_ixgbe_read_causes(struct ixgbe *ix)
{
    struct ixl_device *dev = &ix->base;
    uint32_t eicr = ixl_read(dev, IXGBE_EICR), found = eicr & (IXGBE_EICR_LSC | ix->gen->errors);

    if (eicr == UINT32_MAX) {
        ixl_removed(dev);
        return 0;
    }
    if (eicr & IXGBE_EICR_LSC)
        atomic_store(&ix->link_event, true);
    if (eicr & ix->gen->errors)
        ixl_note_error(dev);
    if (found)
        ixl_write(dev, IXGBE_EICR, found);
    return eicr;
}

void ixl_ixgbe_irq_events(struct ixl_device *dev, bool on)
{
    ixl_write(dev, on ? IXGBE_EIMS : IXGBE_EIMC, IXGBE_EICR_LSC | ixgbe_of(dev)->gen->errors);
}
