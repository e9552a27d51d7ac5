// SPDX-License-Identifier: MIT
/*
 * The virtual ICU of a bus. Message numbers are the bus's, and nobody hands them out: whoever
 * binds one first has it, in this program or another. So a vector takes the first number that
 * lets itself be bound.
 */
#include "lib/os/l4re/l4re_os.h"

#include <stdlib.h>
#include <string.h>

#include <l4/re/c/util/cap_alloc.h>
#include <l4/re/env.h>
#include <l4/sys/err.h>
#include <l4/sys/factory.h>
#include <l4/sys/icu.h>
#include <l4/sys/ipc.h>
#include <l4/sys/irq.h>
#include <l4/vbus/vbus_pci.h>

#define ICU_HID "L40009"

/* ---- the ICU ------------------------------------------------------------- */

static int lacks_icu(const struct l4_dev *dev, const char *what, int err)
{
    ixl_log(IXL_LOG_WARN, "%s: %s (L4 error %d): there will be no interrupts", dev->address, what,
            err);
    return -IXL_ENOTSUP;
}

int l4_vicu_open(struct l4_dev *dev)
{
    l4vbus_device_handle_t at = L4VBUS_NULL;
    int err =
        l4vbus_get_device_by_hid(dev->vbus, L4VBUS_ROOT_BUS, &at, ICU_HID, L4VBUS_MAX_DEPTH, NULL);

    if (err < 0)
        return lacks_icu(dev, "the virtual bus has no interrupt controller", err);
    l4_cap_idx_t icu = l4re_util_cap_alloc();
    if (l4_is_invalid_cap(icu))
        return lacks_icu(dev, "there is no capability slot for the interrupt controller",
                         -L4_ENOMEM);
    err = l4vbus_vicu_get_cap(dev->vbus, at, icu);
    if (err < 0) {
        l4re_util_cap_free(icu);
        return lacks_icu(dev, "the interrupt controller of the bus is not given away", err);
    }
    dev->irqs.icu = icu;
    return 0;
}

static void drop_vector(struct l4_dev *dev, struct l4_vector *v)
{
    int err = (int)l4_error(l4_icu_unbind(dev->irqs.icu, v->number, v->irq));

    if (err < 0)
        l4_fail(dev->address, "an interrupt cannot be unbound", err, NULL);
    l4re_util_cap_free_um(v->irq);
}

void l4_vicu_drop(struct l4_dev *dev)
{
    struct l4_irqs *irqs = &dev->irqs;

    for (unsigned i = 0; i < irqs->n; i++)
        drop_vector(dev, &irqs->vector[i]);
    free(irqs->vector);
    irqs->vector = NULL;
    irqs->n = 0;
}

void l4_vicu_close(struct l4_dev *dev)
{
    struct l4_irqs *irqs = &dev->irqs;

    l4_vicu_drop(dev);
    if (l4_is_valid_cap(irqs->icu))
        l4re_util_cap_free_um(irqs->icu);
    irqs->icu = L4_INVALID_CAP;
    irqs->kind = IXL_IRQ_NONE;
}

/* ---- IRQ objects --------------------------------------------------------- */

static int create_irq(l4_cap_idx_t *irq)
{
    *irq = l4re_util_cap_alloc();
    if (l4_is_invalid_cap(*irq))
        return -L4_ENOMEM;
    int err = (int)l4_error(l4_factory_create_irq(l4re_env()->factory, *irq));
    if (err < 0)
        l4re_util_cap_free(*irq);
    return err < 0 ? err : 0;
}

static void adopt(struct l4_dev *dev, l4_cap_idx_t irq, unsigned number, int bind_result)
{
    dev->irqs.vector[dev->irqs.n++] =
        (struct l4_vector){ .irq = irq, .number = number, .at_icu = bind_result == 1 };
}

/* ---- messages ------------------------------------------------------------ */

/* Bind the first number from *next on that is free; -L4_ENOENT if none is. */
static int bind_message(struct l4_dev *dev, l4_cap_idx_t irq, unsigned *next, unsigned count)
{
    for (; *next < count; ++*next) {
        int err = (int)l4_error(l4_icu_bind(dev->irqs.icu, *next | L4_ICU_FLAG_MSI, irq));
        if (err >= 0 || (err != -L4_EPERM && err != -L4_EBUSY && err != -L4_EEXIST))
            return err;
    }
    return -L4_ENOENT;
}

static int add_message(struct l4_dev *dev, unsigned *next, unsigned count, struct l4_message *msg)
{
    l4_icu_msi_info_t info = { .msi_addr = 0 };
    l4_cap_idx_t irq;
    int err = create_irq(&irq);

    if (err)
        return err;
    int bound = bind_message(dev, irq, next, count);
    if (bound < 0) {
        l4re_util_cap_free_um(irq);
        return bound;
    }
    unsigned number = (*next)++ | L4_ICU_FLAG_MSI;
    err = (int)l4_error(l4_icu_msi_info(
        dev->irqs.icu, number, (l4_uint64_t)dev->handle | L4VBUS_ICU_SRC_DEV_HANDLE, &info));
    adopt(dev, irq, number, bound);
    if (err < 0) {
        drop_vector(dev, &dev->irqs.vector[--dev->irqs.n]);
        return err;
    }
    msg->addr = info.msi_addr;
    msg->data = info.msi_data;
    return 0;
}

/* Why there are fewer vectors than wanted. */
static void tell_shortage(const struct l4_dev *dev, unsigned wanted, unsigned granted, int err)
{
    if (err == -L4_ENOENT)
        ixl_log(IXL_LOG_WARN,
                "%s: %u interrupt messages were wanted, the virtual bus has %u left: raise "
                "Property.num_msis in io's script",
                dev->address, wanted, granted);
    else
        ixl_log(IXL_LOG_WARN, "%s: only %u of %u interrupt messages can be had: %s (L4 error %d)",
                dev->address, granted, wanted, l4sys_errtostr(err), err);
}

int l4_vicu_messages(struct l4_dev *dev, unsigned wanted, struct l4_message *msg)
{
    l4_icu_info_t info = { .features = 0 };
    int err = (int)l4_error(l4_icu_info(dev->irqs.icu, &info));
    unsigned next = 0;

    if (err < 0)
        return l4_fail(dev->address, "the interrupt controller does not answer", err, NULL);
    if (!(info.features & L4_ICU_FLAG_MSI)) {
        ixl_log(IXL_LOG_INFO, "%s: the virtual bus has no interrupt messages", dev->address);
        return 0;
    }
    dev->irqs.vector = calloc(wanted, sizeof(*dev->irqs.vector));
    if (!dev->irqs.vector) {
        ixl_log(IXL_LOG_ERROR, "%s: no memory for %u interrupts", dev->address, wanted);
        return -IXL_ENOMEM;
    }
    while (dev->irqs.n < wanted && !err)
        err = add_message(dev, &next, info.nr_msis, &msg[dev->irqs.n]);
    if (err)
        tell_shortage(dev, wanted, dev->irqs.n, err);
    if (dev->irqs.n == 0) {
        free(dev->irqs.vector);
        dev->irqs.vector = NULL;
    }
    return (int)dev->irqs.n;
}

/* ---- the line ------------------------------------------------------------ */

static l4_umword_t line_mode(unsigned char trigger, unsigned char polarity)
{
    if (trigger)
        return polarity ? L4_IRQ_F_NEG_EDGE : L4_IRQ_F_POS_EDGE;
    return polarity ? L4_IRQ_F_LEVEL_LOW : L4_IRQ_F_LEVEL_HIGH;
}

static int lacks_line(const struct l4_dev *dev, const char *what, int err)
{
    ixl_log(IXL_LOG_WARN, "%s: %s (L4 error %d): there will be no interrupts", dev->address, what,
            err);
    return -IXL_ENOTSUP;
}

int l4_vicu_line(struct l4_dev *dev)
{
    unsigned char trigger = 0, polarity = 0;
    l4_cap_idx_t irq;
    int line = l4vbus_pcidev_irq_enable(dev->vbus, dev->handle, &trigger, &polarity);

    if (line < 0)
        return lacks_line(dev, "the virtual bus knows no interrupt line for it", line);
    int err = create_irq(&irq);
    if (err)
        return lacks_line(dev, "no IRQ object can be made", err);
    dev->irqs.vector = calloc(1, sizeof(*dev->irqs.vector));
    int bound = dev->irqs.vector ? 0 : -L4_ENOMEM;
    if (!bound)
        l4_icu_set_mode(dev->irqs.icu, (unsigned)line, line_mode(trigger, polarity));
    if (!bound)
        bound = (int)l4_error(l4_icu_bind(dev->irqs.icu, (unsigned)line, irq));
    if (bound < 0) {
        free(dev->irqs.vector);
        dev->irqs.vector = NULL;
        l4re_util_cap_free_um(irq);
        return lacks_line(dev, "its interrupt line is taken", bound);
    }
    adopt(dev, irq, (unsigned)line, bound);
    return 0;
}
