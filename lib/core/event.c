// SPDX-License-Identifier: MIT
/*
 * Events: link, errors, removal.
 *
 * With a vector of their own they are an interrupt like another: masked when it has fired, looked
 * at, unmasked. Where one vector serves for everything, whoever waits for frames reads the causes
 * (drv->irq_ack) and leaves here what was among them; to read them here could take a receive cause
 * away from a thread that is about to sleep on it. The link is looked at in any case, so that a
 * change is found even if its cause was lost.
 */
#include "lib/core/device.h"

static bool own_vector(const struct ixl_device *dev)
{
    return dev->irq_vectors > 1 && dev->drv->irq_events;
}

static unsigned event_vector(const struct ixl_device *dev)
{
    return own_vector(dev) ? dev->irq_vectors - 1 : 0;
}

/* The system first, so that an interrupt the device raises at once finds the way open. */
static int arm(struct ixl_device *dev)
{
    if (!dev->drv->irq_events)
        return -IXL_ENOTSUP;
    int err = own_vector(dev) ? dev->os->ops->irq_unmask(dev->os, event_vector(dev)) : 0;

    if (err < 0)
        return err;
    dev->drv->irq_events(dev, true);
    return 0;
}

static void disarm(struct ixl_device *dev)
{
    dev->drv->irq_events(dev, false);
    if (own_vector(dev))
        dev->os->ops->irq_mask(dev->os, event_vector(dev));
}

void ixl_event_pause(struct ixl_device *dev)
{
    if (dev->events_on)
        disarm(dev);
}

int ixl_event_resume(struct ixl_device *dev)
{
    return dev->events_on ? arm(dev) : 0;
}

/* ---- looking ------------------------------------------------------------- */

static int pending(struct ixl_device *dev)
{
    struct ixl_link link;

    if (ixl_look_for(dev) == 0)
        dev->drv->get_link(dev, &link); /* finds out a removal, too */
    int events = (int)atomic_exchange(&dev->events, 0);
    if (dev->link_changes != dev->link_changes_told)
        events |= IXL_EVENT_LINK;
    dev->link_changes_told = dev->link_changes;
    if (atomic_load(&dev->removed))
        events |= IXL_EVENT_REMOVED;
    return events;
}

/* True if the vector had fired, or nobody but the caller can know. */
static bool take_firing(struct ixl_device *dev)
{
    if (!dev->events_on || !own_vector(dev))
        return false;
    int fired = dev->os->ops->irq_wait(dev->os, event_vector(dev), 0);
    return fired > 0 || fired == -IXL_ENOTSUP;
}

int ixl_check_events(struct ixl_device *dev)
{
    if (!dev) {
        ixl_log(IXL_LOG_ERROR, "ixl_check_events needs a device");
        return -IXL_EINVAL;
    }
    bool fired = take_firing(dev);
    if (fired) {
        disarm(dev);
        dev->drv->irq_ack(dev, event_vector(dev));
    }
    int events = pending(dev);
    if (fired && !events)
        arm(dev); /* nothing to tell: who goes back to sleep is woken */
    else if (fired)
        dev->events_on = false;
    return events;
}

/* ---- waiting ------------------------------------------------------------- */

ixl_irq_t ixl_get_event_irq(struct ixl_device *dev)
{
    if (!dev || !own_vector(dev))
        return IXL_IRQ_INVALID;
    return dev->os->ops->irq_native(dev->os, event_vector(dev));
}

int ixl_rebind_event_irq(struct ixl_device *dev)
{
    if (!dev) {
        ixl_log(IXL_LOG_ERROR, "ixl_rebind_event_irq needs a device");
        return -IXL_EINVAL;
    }
    if (own_vector(dev))
        return dev->os->ops->irq_bind(dev->os, event_vector(dev));
    ixl_log(IXL_LOG_ERROR,
            "%s: events have no interrupt of their own here: look at them when that of receive "
            "queue 0 fires",
            dev->info.address);
    return -IXL_ENOTSUP;
}

int ixl_ack_events(struct ixl_device *dev)
{
    if (!dev) {
        ixl_log(IXL_LOG_ERROR, "ixl_ack_events needs a device");
        return -IXL_EINVAL;
    }
    if (dev->irq_vectors == 0 || !dev->drv->irq_events) {
        ixl_log(IXL_LOG_ERROR,
                "%s: events raise no interrupt here: call ixl_check_events now and again",
                dev->info.address);
        return -IXL_ENOTSUP;
    }
    int err = arm(dev);
    dev->events_on = err == 0;
    return err;
}
