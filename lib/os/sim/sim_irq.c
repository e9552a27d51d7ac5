// SPDX-License-Identifier: MIT
/*
 * Interrupts of software NICs: a message or a pin ends in an eventfd. A message carries the
 * vector as its data. A level-triggered pin is masked when it fires and looked at again when it
 * is unmasked, as an interrupt controller and VFIO do it.
 */
#include "lib/os/sim/sim_priv.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define MSI_ADDRESS     0xfee00000u
#define MSI_ENABLE      1u
#define MSI_64BIT       (1u << 7)
/* A wait without limit looks around this often. */
#define LOOK_AROUND_US  500000
/* A NIC without a thread is worked in between. */
#define INLINE_SLICE_US 1000

/* ---- from the NIC -------------------------------------------------------- */

/* Lock held. */
static void fire(struct soft_irqs *irqs, unsigned vector)
{
    uint64_t one = 1;

    while (write(irqs->fd[vector], &one, sizeof(one)) < 0 && errno == EINTR)
        ;
}

void soft_msi(void *ctx, uint64_t addr, uint32_t data)
{
    struct soft_slot *slot = ctx;
    struct soft_irqs *irqs = &slot->irqs;

    pthread_mutex_lock(&irqs->lock);
    bool known = addr == MSI_ADDRESS && data < irqs->n;
    if (known)
        fire(irqs, data);
    pthread_mutex_unlock(&irqs->lock);
    if (!known)
        ixl_log(IXL_LOG_WARN, "%s: an interrupt message reaches nobody (address 0x%llx, data %u)",
                slot->info.address, (unsigned long long)addr, data);
}

void soft_intx(void *ctx, bool asserted)
{
    struct soft_irqs *irqs = &((struct soft_slot *)ctx)->irqs;

    pthread_mutex_lock(&irqs->lock);
    irqs->level = asserted;
    if (asserted && irqs->kind == IXL_IRQ_INTX && !irqs->masked) {
        irqs->masked = true;
        fire(irqs, 0);
    }
    pthread_mutex_unlock(&irqs->lock);
}

/* ---- eventfds ------------------------------------------------------------ */

static void close_vectors(struct soft_irqs *irqs)
{
    pthread_mutex_lock(&irqs->lock);
    for (unsigned i = 0; i < irqs->n; i++)
        close(irqs->fd[i]);
    irqs->n = 0;
    irqs->kind = IXL_IRQ_NONE;
    irqs->masked = true;
    pthread_mutex_unlock(&irqs->lock);
}

static int open_vectors(struct soft_slot *slot, unsigned n, enum ixl_irq_kind kind)
{
    struct soft_irqs *irqs = &slot->irqs;
    bool ok = true;

    pthread_mutex_lock(&irqs->lock);
    for (irqs->n = 0; irqs->n < n && ok; irqs->n += ok) {
        irqs->fd[irqs->n] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        ok = irqs->fd[irqs->n] >= 0;
    }
    irqs->kind = kind;
    irqs->masked = true;
    pthread_mutex_unlock(&irqs->lock);
    if (ok)
        return 0;
    close_vectors(irqs);
    ixl_log(IXL_LOG_ERROR, "%s: %u event descriptors cannot be had: raise the limit on open files",
            slot->info.address, n);
    return -IXL_ENOMEM;
}

/* ---- kinds, best first: 0 done, -IXL_ENOTSUP the NIC has none of it ------ */

static int setup_msix(struct soft_slot *slot, unsigned wanted)
{
    struct ixl_os_dev *dev = &slot->dev;
    struct ixl_pci_msix msix;
    struct ixl_bar bar;
    unsigned most = slot->spec.max_vectors;
    int err = ixl_pci_msix_find(dev, &msix);

    if (err)
        return err;
    most = msix.vectors < most ? msix.vectors : most;
    err = dev->ops->bar_map(dev, msix.bar, &bar);
    if (!err)
        err = open_vectors(slot, wanted < most ? wanted : most, IXL_IRQ_MSIX);
    if (err)
        return err;
    for (unsigned i = 0; i < msix.vectors; i++) {
        if (i < slot->irqs.n)
            ixl_pci_msix_set(&msix, &bar, i, MSI_ADDRESS, i);
        else
            ixl_pci_msix_mask(&msix, &bar, i);
    }
    dev->ops->bar_unmap(dev, &bar);
    err = ixl_pci_msix_enable(dev, &msix, true);
    if (err)
        close_vectors(&slot->irqs);
    return err;
}

static int msi_enable(struct ixl_os_dev *dev, unsigned cap, bool on)
{
    uint32_t control;
    int err = dev->ops->cfg_read(dev, cap + 2, 2, &control);

    if (err)
        return err;
    control = on ? control | MSI_ENABLE : control & ~MSI_ENABLE;
    return dev->ops->cfg_write(dev, cap + 2, 2, control);
}

static int setup_msi(struct soft_slot *slot)
{
    struct ixl_os_dev *dev = &slot->dev;
    uint32_t control = 0;
    int cap = ixl_pci_find_cap(dev, IXL_PCI_CAP_MSI);

    if (cap <= 0)
        return cap < 0 ? cap : -IXL_ENOTSUP;
    unsigned at = (unsigned)cap;
    int err = dev->ops->cfg_read(dev, at + 2, 2, &control);
    if (!err)
        err = open_vectors(slot, 1, IXL_IRQ_MSI);
    if (err)
        return err;
    bool wide = control & MSI_64BIT;
    err = dev->ops->cfg_write(dev, at + 4, 4, MSI_ADDRESS);
    if (!err && wide)
        err = dev->ops->cfg_write(dev, at + 8, 4, 0);
    if (!err)
        err = dev->ops->cfg_write(dev, at + (wide ? 12 : 8), 2, 0);
    if (!err)
        err = msi_enable(dev, at, true);
    if (err)
        close_vectors(&slot->irqs);
    return err;
}

static int setup_intx(struct soft_slot *slot)
{
    uint32_t pin = 0;
    int err = slot->dev.ops->cfg_read(&slot->dev, 0x3d, 1, &pin);

    if (err)
        return err;
    if (pin == 0 || pin == 0xff)
        return -IXL_ENOTSUP;
    err = open_vectors(slot, 1, IXL_IRQ_INTX);
    if (!err)
        err = ixl_pci_command(&slot->dev, 0, IXL_PCI_COMMAND_INTX_OFF);
    return err;
}

int soft_irq_setup(struct ixl_os_dev *dev, unsigned wanted, unsigned *granted,
                   enum ixl_irq_kind *kind)
{
    struct soft_slot *slot = soft_slot(dev);
    enum ixl_irq_kind best = slot->spec.best_irq;
    int err = -IXL_ENOTSUP;

    *granted = 0;
    *kind = IXL_IRQ_NONE;
    if (wanted == 0)
        return 0;
    if (best >= IXL_IRQ_MSIX)
        err = setup_msix(slot, wanted);
    if (err == -IXL_ENOTSUP && best >= IXL_IRQ_MSI)
        err = setup_msi(slot);
    if (err == -IXL_ENOTSUP && best >= IXL_IRQ_INTX)
        err = setup_intx(slot);
    if (err == -IXL_ENOTSUP)
        return 0;
    *granted = slot->irqs.n;
    *kind = slot->irqs.kind;
    return err;
}

/* Also at open: a killed process may have left any of it switched on. */
void soft_irq_teardown(struct ixl_os_dev *dev)
{
    struct soft_slot *slot = soft_slot(dev);
    struct ixl_pci_msix msix;

    if (soft_present(slot)) {
        int msi = ixl_pci_find_cap(dev, IXL_PCI_CAP_MSI);
        ixl_pci_command(dev, IXL_PCI_COMMAND_INTX_OFF, 0);
        if (msi > 0)
            msi_enable(dev, (unsigned)msi, false);
        if (ixl_pci_msix_find(dev, &msix) == 0)
            ixl_pci_msix_enable(dev, &msix, false);
    }
    close_vectors(&slot->irqs);
}

/* ---- to the library ------------------------------------------------------ */

static int check_vector(struct soft_slot *slot, unsigned vector)
{
    if (vector < slot->irqs.n)
        return 0;
    ixl_log(IXL_LOG_ERROR, "%s: there is no interrupt vector %u, %u were granted",
            slot->info.address, vector, slot->irqs.n);
    return -IXL_EINVAL;
}

int soft_irq_bind(struct ixl_os_dev *dev, unsigned vector)
{
    return check_vector(soft_slot(dev), vector);
}

ixl_irq_t soft_irq_native(struct ixl_os_dev *dev, unsigned vector)
{
    struct soft_slot *slot = soft_slot(dev);

    return vector < slot->irqs.n ? (ixl_irq_t)slot->irqs.fd[vector] : IXL_IRQ_INVALID;
}

int soft_irq_unmask(struct ixl_os_dev *dev, unsigned vector)
{
    struct soft_irqs *irqs = &soft_slot(dev)->irqs;
    int err = check_vector(soft_slot(dev), vector);

    if (err || irqs->kind != IXL_IRQ_INTX)
        return err;
    pthread_mutex_lock(&irqs->lock);
    irqs->masked = irqs->level;
    if (irqs->level)
        fire(irqs, 0);
    pthread_mutex_unlock(&irqs->lock);
    return 0;
}

int soft_irq_mask(struct ixl_os_dev *dev, unsigned vector)
{
    struct soft_irqs *irqs = &soft_slot(dev)->irqs;
    int err = check_vector(soft_slot(dev), vector);

    if (err || irqs->kind != IXL_IRQ_INTX)
        return err;
    pthread_mutex_lock(&irqs->lock);
    irqs->masked = true;
    pthread_mutex_unlock(&irqs->lock);
    return 0;
}

/* 1 if it had fired. */
static int consume(int fd)
{
    uint64_t n;

    return read(fd, &n, sizeof(n)) == (ssize_t)sizeof(n);
}

static void sleep_on(int fd, int64_t us)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    struct timespec ts = { (time_t)(us / 1000000), (long)(us % 1000000 * 1000) };

    ppoll(&p, 1, &ts, NULL);
}

int soft_irq_wait(struct ixl_os_dev *dev, unsigned vector, int64_t timeout_us)
{
    struct soft_slot *slot = soft_slot(dev);
    bool is_inline = slot->spec.opt.engine == SIM_ENGINE_INLINE;
    int64_t us = timeout_us < 0 ? LOOK_AROUND_US : timeout_us;
    int err = check_vector(slot, vector);

    if (err)
        return err;
    int fd = slot->irqs.fd[vector];
    uint64_t end = dev->ops->now_ns(dev) + (uint64_t)us * 1000;
    for (;;) {
        if (is_inline)
            sim_step(slot->nic);
        if (consume(fd))
            return 1;
        uint64_t now = dev->ops->now_ns(dev);
        if (now >= end)
            return 0;
        us = (int64_t)((end - now + 999) / 1000);
        sleep_on(fd, is_inline && us > INLINE_SLICE_US ? INLINE_SLICE_US : us);
    }
}
