// SPDX-License-Identifier: MIT
/*
 * Interrupts: MSI-X, else MSI, else the line. An IRQ object belongs to no thread until somebody
 * binds it: this library does so for a queue that waits; in mode IXL_IRQ_EXTERNAL the caller.
 */
#include "lib/os/l4re/l4re_os.h"

#include <pthread-l4.h>
#include <stdlib.h>

#include <l4/sys/icu.h>
#include <l4/sys/ipc.h>
#include <l4/sys/irq.h>
#include <l4/sys/rcv_endpoint.h>
#include <l4/sys/utcb.h>

#define CONTROL        2u
#define MSI_ENABLE     1u
#define MSI_64BIT      (1u << 7)
#define MSIX_MASK_ALL  (1u << 14)
#define MSIX_ENABLE    (1u << 15)
#define PCI_PIN        0x3du
/* A wait without limit looks around this often. */
#define LOOK_AROUND_US 500000

/* ---- the device's side --------------------------------------------------- */

static int change_control(struct l4_dev *dev, int cap, uint32_t clear, uint32_t set)
{
    uint32_t val;
    unsigned at = (unsigned)cap + CONTROL;
    int err = dev->base.ops->cfg_read(&dev->base, at, 2, &val);

    if (err || ((val & ~clear) | set) == val)
        return err;
    return dev->base.ops->cfg_write(&dev->base, at, 2, (val & ~clear) | set);
}

/*
 * A killed owner may have left any of it switched on. MSI-X is masked as a whole, not switched
 * off: the device may be about to raise an interrupt still, and turned to its line it would raise
 * that (QEMU's 82574 even ends QEMU). setup or teardown, by when it is silent, do the rest.
 */
int l4_irq_silence(struct l4_dev *dev)
{
    int msi = ixl_pci_find_cap(&dev->base, IXL_PCI_CAP_MSI);
    int msix = msi < 0 ? msi : ixl_pci_find_cap(&dev->base, IXL_PCI_CAP_MSIX);
    int err = msix < 0 ? msix : ixl_pci_command(&dev->base, IXL_PCI_COMMAND_INTX_OFF, 0);

    if (!err && msi > 0)
        err = change_control(dev, msi, MSI_ENABLE, 0);
    if (!err && msix > 0)
        err = change_control(dev, msix, 0, MSIX_MASK_ALL);
    return err;
}

static int write_msi(struct l4_dev *dev, unsigned cap, const struct l4_message *msg)
{
    struct ixl_os_dev *os = &dev->base;
    uint32_t control = 0;
    int err = os->ops->cfg_read(os, cap + CONTROL, 2, &control);
    bool wide = control & MSI_64BIT;

    if (!err && !wide && msg->addr >> 32) {
        ixl_log(IXL_LOG_WARN, "%s: its MSI cannot reach the address of its message", dev->address);
        return -IXL_ENOTSUP;
    }
    if (!err)
        err = os->ops->cfg_write(os, cap + 4, 4, (uint32_t)msg->addr);
    if (!err && wide)
        err = os->ops->cfg_write(os, cap + 8, 4, (uint32_t)(msg->addr >> 32));
    if (!err)
        err = os->ops->cfg_write(os, cap + (wide ? 12 : 8), 2, msg->data & 0xffff);
    return err ? err : change_control(dev, (int)cap, 0, MSI_ENABLE);
}

static int write_msix(struct l4_dev *dev, const struct ixl_pci_msix *msix,
                      const struct l4_message *msg)
{
    struct ixl_bar bar;
    int err = dev->base.ops->bar_map(&dev->base, msix->bar, &bar);

    if (err)
        return err;
    for (unsigned i = 0; i < msix->vectors; i++) {
        if (i < dev->irqs.n)
            ixl_pci_msix_set(msix, &bar, i, msg[i].addr, msg[i].data);
        else
            ixl_pci_msix_mask(msix, &bar, i);
    }
    dev->base.ops->bar_unmap(&dev->base, &bar);
    return ixl_pci_msix_enable(&dev->base, msix, true);
}

/* ---- kinds, best first: 0 done, -IXL_ENOTSUP there is none of it --------- */

static int setup_msix(struct l4_dev *dev, unsigned wanted)
{
    struct ixl_pci_msix msix;
    int err = ixl_pci_msix_find(&dev->base, &msix);

    if (err)
        return err;
    unsigned want = wanted < msix.vectors ? wanted : msix.vectors;
    struct l4_message *msg = calloc(want, sizeof(*msg));
    if (!msg) {
        ixl_log(IXL_LOG_ERROR, "%s: no memory for %u interrupts", dev->address, want);
        return -IXL_ENOMEM;
    }
    int n = l4_vicu_messages(dev, want, msg);
    err = n < 0 ? n : n == 0 ? -IXL_ENOTSUP : write_msix(dev, &msix, msg);
    free(msg);
    dev->irqs.kind = IXL_IRQ_MSIX;
    return err;
}

/* A former owner may have left it on; the other kinds must not be used beside it. */
static int switch_msix_off(struct l4_dev *dev)
{
    struct ixl_pci_msix msix;

    return ixl_pci_msix_find(&dev->base, &msix) == 0 ? ixl_pci_msix_enable(&dev->base, &msix, false)
                                                     : 0;
}

static int setup_msi(struct l4_dev *dev)
{
    struct l4_message msg;
    int cap = ixl_pci_find_cap(&dev->base, IXL_PCI_CAP_MSI);

    if (cap <= 0)
        return cap < 0 ? cap : -IXL_ENOTSUP;
    int n = l4_vicu_messages(dev, 1, &msg);
    dev->irqs.kind = IXL_IRQ_MSI;
    if (n <= 0)
        return n < 0 ? n : -IXL_ENOTSUP;
    int err = switch_msix_off(dev);
    return err ? err : write_msi(dev, (unsigned)cap, &msg);
}

static int setup_intx(struct l4_dev *dev)
{
    uint32_t pin = 0;
    int err = dev->base.ops->cfg_read(&dev->base, PCI_PIN, 1, &pin);

    if (!err && (pin == 0 || pin == 0xff))
        err = -IXL_ENOTSUP;
    if (!err)
        err = l4_vicu_line(dev);
    if (!err)
        err = switch_msix_off(dev);
    if (!err)
        err = ixl_pci_command(&dev->base, 0, IXL_PCI_COMMAND_INTX_OFF);
    dev->irqs.kind = IXL_IRQ_INTX;
    return err;
}

/* An edge that came while nobody was bound has masked the object. */
static void let_through(struct l4_vector *v)
{
    if (!v->at_icu)
        l4_irq_unmask(v->irq);
}

/*
 * The best kind that can be had. A kind that fails on the way is as good as none: the log says
 * what failed, its vectors go back, and the next one is tried.
 */
static int setup_best(struct l4_dev *dev, unsigned wanted)
{
    int err = setup_msix(dev, wanted);

    if (err) {
        l4_vicu_drop(dev);
        err = setup_msi(dev);
    }
    if (err) {
        l4_vicu_drop(dev);
        err = setup_intx(dev);
    }
    return err;
}

int l4_irq_setup(struct ixl_os_dev *base, unsigned wanted, unsigned *granted,
                 enum ixl_irq_kind *kind)
{
    struct l4_dev *dev = l4_dev(base);

    *granted = 0;
    *kind = IXL_IRQ_NONE;
    if (wanted == 0)
        return 0;
    int err = l4_vicu_open(dev);
    if (!err)
        err = setup_best(dev, wanted);
    if (err) {
        l4_vicu_close(dev);
        return err == -IXL_ENOTSUP ? 0 : err;
    }
    *granted = dev->irqs.n;
    *kind = dev->irqs.kind;
    return 0;
}

void l4_irq_teardown(struct ixl_os_dev *base)
{
    struct l4_dev *dev = l4_dev(base);
    struct ixl_pci_msix msix;
    uint32_t vendor = 0xffff;

    if (l4_cfg_read(dev->vbus, dev->handle, 0, 2, &vendor) == 0 && vendor != 0xffff) {
        int msi = ixl_pci_find_cap(base, IXL_PCI_CAP_MSI);
        ixl_pci_command(base, IXL_PCI_COMMAND_INTX_OFF, 0);
        if (msi > 0)
            change_control(dev, msi, MSI_ENABLE, 0);
        if (ixl_pci_msix_find(base, &msix) == 0)
            ixl_pci_msix_enable(base, &msix, false);
    }
    l4_vicu_close(dev);
}

/* ---- vectors ------------------------------------------------------------- */

static struct l4_vector *get(struct l4_dev *dev, unsigned vector)
{
    if (vector < dev->irqs.n)
        return &dev->irqs.vector[vector];
    ixl_log(IXL_LOG_ERROR, "%s: there is no interrupt vector %u, %u were granted", dev->address,
            vector, dev->irqs.n);
    return NULL;
}

int l4_irq_vector_bind(struct ixl_os_dev *base, unsigned vector)
{
    struct l4_dev *dev = l4_dev(base);
    struct l4_vector *v = get(dev, vector);

    if (!v)
        return -IXL_EINVAL;
    int err = (int)l4_error(l4_rcv_ep_bind_thread(v->irq, pthread_l4_cap(pthread_self()), 0));
    if (err < 0)
        return l4_fail(dev->address, "an interrupt cannot be bound to the calling thread", err,
                       NULL);
    v->bound = !v->outside; /* what he receives cannot be seen here */
    if (dev->irqs.kind != IXL_IRQ_INTX)
        let_through(v);
    return 0;
}

ixl_irq_t l4_irq_vector_native(struct ixl_os_dev *base, unsigned vector)
{
    struct l4_dev *dev = l4_dev(base);

    return vector < dev->irqs.n ? (ixl_irq_t)dev->irqs.vector[vector].irq : IXL_IRQ_INVALID;
}

int l4_irq_vector_unmask(struct ixl_os_dev *base, unsigned vector)
{
    struct l4_dev *dev = l4_dev(base);
    struct l4_vector *v = get(dev, vector);

    if (!v)
        return -IXL_EINVAL;
    v->outside |= !v->bound;
    if (dev->irqs.kind != IXL_IRQ_INTX && v->bound && !v->at_icu)
        return 0; /* a message needs no acknowledgement */
    l4_msgtag_t tag = v->at_icu ? l4_icu_unmask(dev->irqs.icu, v->number, NULL, L4_IPC_NEVER)
                                : l4_irq_unmask(v->irq);
    l4_umword_t err = l4_ipc_error(tag, l4_utcb());
    if (err == 0)
        return 0;
    return l4_fail(dev->address, "an interrupt cannot be unmasked", l4_ipc_to_errno(err), NULL);
}

/* The kernel masks a line when it fires, and the device has masked a message at its source. */
int l4_irq_vector_mask(struct ixl_os_dev *base, unsigned vector)
{
    return get(l4_dev(base), vector) ? 0 : -IXL_EINVAL;
}

static l4_timeout_t receive_timeout(int64_t us)
{
    if (us == 0)
        return L4_IPC_BOTH_TIMEOUT_0;
    if (us < 0)
        us = LOOK_AROUND_US;
    return l4_timeout(L4_IPC_TIMEOUT_NEVER, l4_timeout_from_us((l4_uint64_t)us));
}

int l4_irq_vector_wait(struct ixl_os_dev *base, unsigned vector, int64_t timeout_us)
{
    struct l4_dev *dev = l4_dev(base);
    struct l4_vector *v = get(dev, vector);

    if (!v)
        return -IXL_EINVAL;
    if (!v->bound)
        return -IXL_ENOTSUP; /* somebody else waits for it: ask the device */
    l4_msgtag_t tag = l4_ipc_receive(v->irq, l4_utcb(), receive_timeout(timeout_us));
    l4_umword_t err = l4_ipc_error(tag, l4_utcb());
    if (err == 0)
        return 1;
    if (err == L4_IPC_RETIMEOUT || err == L4_IPC_RECANCELED || err == L4_IPC_REABORTED)
        return 0;
    return l4_fail(dev->address, "waiting for an interrupt failed", l4_ipc_to_errno(err), NULL);
}
