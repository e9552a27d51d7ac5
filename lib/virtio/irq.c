// SPDX-License-Identifier: MIT
/* Interrupts (4.1.5): with MSI-X a vector each receive queue and one for the configuration, else
 * the pin, whose cause is read from the ISR status. Sending raises none. */
#include "lib/virtio/virtio.h"

/* Write a vector and see whether the device has taken it (4.1.5.1.2). */
static int set_vector(struct vio *v, uint32_t reg, uint32_t vector)
{
    vio_write(&v->common, reg, 2, vector);
    if (vio_read(&v->common, reg, 2) == vector)
        return 0;
    ixl_log(IXL_LOG_ERROR, "%s: the device has no room for interrupt vector %u",
            v->base.info.address, vector);
    return -IXL_EIO;
}

static int set_queue_vector(struct vio *v, const struct vio_ring *r, uint32_t vector)
{
    vio_write(&v->common, VIO_QUEUE_SEL, 2, r->index);
    return set_vector(v, VIO_QUEUE_VECTOR, vector);
}

static unsigned event_vector(const struct ixl_device *dev)
{
    return dev->irq_vectors > 1 ? dev->irq_vectors - 1 : 0;
}

int vio_irq_init(struct vio *v)
{
    struct ixl_device *dev = &v->base;
    int err = 0;

    if (dev->irq_kind != IXL_IRQ_MSIX)
        return 0; /* after the reset no vector is set */
    for (uint16_t i = 0; !err && i < dev->num_rx; i++)
        err = set_queue_vector(v, &((struct vio_rxq *)dev->rxq[i])->ring, ixl_irq_vector(dev, i));
    if (err)
        return err;
    err = set_vector(v, VIO_CONFIG_VECTOR, event_vector(dev));
    vio_irq_events(dev, false);
    return err;
}

/* ---- one vector ----------------------------------------------------------------------------- */

static void set_interrupts(struct ixl_device *dev, unsigned vector, bool on)
{
    for (uint16_t i = 0; i < dev->num_rx; i++)
        if (ixl_irq_vector(dev, i) == vector)
            vio_ring_interrupt(&((struct vio_rxq *)dev->rxq[i])->ring, on);
}

void vio_irq_unmask(struct ixl_device *dev, unsigned vector)
{
    set_interrupts(dev, vector, true);
}

void vio_irq_mask(struct ixl_device *dev, unsigned vector)
{
    set_interrupts(dev, vector, false);
}

/* Reading the ISR status clears it and lowers the pin. */
bool vio_irq_ack(struct ixl_device *dev, unsigned vector)
{
    struct vio *v = vio_of(dev);

    if (dev->irq_kind == IXL_IRQ_MSIX)
        return !ixl_irq_is_misc(dev, vector);
    return vio_read(&v->isr, 0, 1) & VIO_ISR_QUEUE;
}

/* A changed configuration: the link, or the wish for a reset. The pin cannot be told. */
void vio_irq_events(struct ixl_device *dev, bool on)
{
    if (dev->irq_kind == IXL_IRQ_MSIX)
        vio_write(&vio_of(dev)->common, VIO_CONFIG_VECTOR, 2,
                  on ? event_vector(dev) : VIO_NO_VECTOR);
}
