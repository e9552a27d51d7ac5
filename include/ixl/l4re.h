// SPDX-License-Identifier: MIT
/* What only L4Re has: buses from capabilities, interrupts as capabilities. Not in <ixl/ixl.h>. */
#ifndef IXL_L4RE_H
#define IXL_L4RE_H

#include <l4/sys/types.h>

#include <ixl/device.h>
#include <ixl/event.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/*
 * The bus behind a virtual bus capability of io. The capability stays the caller's and must stay
 * valid until the bus and all devices opened from it are closed. Devices are counted from 0 over
 * all PCI devices of the virtual bus, in io's order. -IXL_EINVAL no valid capability, -IXL_ENOMEM.
 */
int ixl_bus_from_vbus(l4_cap_idx_t vbus, struct ixl_bus **out);

static inline l4_cap_idx_t ixl_irq_cap(ixl_irq_t irq)
{
    return irq == IXL_IRQ_INVALID ? (l4_cap_idx_t)L4_INVALID_CAP : (l4_cap_idx_t)irq;
}

/* The IRQ object of a receive queue, L4_INVALID_CAP if there is none (see ixl_get_recv_irq). */
static inline l4_cap_idx_t ixl_get_recv_irq_cap(struct ixl_device *dev, uint16_t queue)
{
    return ixl_irq_cap(ixl_get_recv_irq(dev, queue));
}

/* That of events, likewise (see ixl_get_event_irq). */
static inline l4_cap_idx_t ixl_get_event_irq_cap(struct ixl_device *dev)
{
    return ixl_irq_cap(ixl_get_event_irq(dev));
}

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
