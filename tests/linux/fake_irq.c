// SPDX-License-Identifier: MIT
/*
 * Interrupts as vfio-pci has them: an eventfd for each vector, messages programmed by the kernel, a
 * line that is masked when it fires and looked at again when it is unmasked.
 */
#include "tests/linux/fake_priv.h"

#include <errno.h>
#include <linux/vfio.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE_ADDRESS 0xfee00000u
#define CAP_MSI         0x50u /* of every software NIC that has it */
#define CAP_MSIX        0x70u
#define CFG_COMMAND     0x04u
#define COMMAND_MEMORY  2u

pthread_mutex_t irq_lock = PTHREAD_MUTEX_INITIALIZER;

/* irq_lock held. */
static void signal_fd(int fd)
{
    uint64_t one = 1;

    while (write(fd, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
}

/* ---- from the NIC -------------------------------------------------------------------------- */

void dev_msi(void *ctx, uint64_t addr, uint32_t data)
{
    struct fake_dev *dev = ctx;

    pthread_mutex_lock(&irq_lock);
    struct signals *s = &dev->signals[VFIO_PCI_MSIX_IRQ_INDEX];
    if (s->n == 0)
        s = &dev->signals[VFIO_PCI_MSI_IRQ_INDEX];
    bool known = addr == MESSAGE_ADDRESS && data < s->n;
    if (known)
        signal_fd(s->fd[data]);
    pthread_mutex_unlock(&irq_lock);
    if (!known && !atomic_load(&dev->severed))
        violated("a message of %s reaches nobody", dev->bdf);
}

/* irq_lock held. */
static void fire_line(struct fake_dev *dev)
{
    const struct signals *s = &dev->signals[VFIO_PCI_INTX_IRQ_INDEX];

    if (s->n == 0 || dev->masked || !dev->asserted)
        return;
    dev->masked = true;
    signal_fd(s->fd[0]);
}

void dev_intx(void *ctx, bool asserted)
{
    struct fake_dev *dev = ctx;

    pthread_mutex_lock(&irq_lock);
    dev->asserted = asserted;
    fire_line(dev);
    pthread_mutex_unlock(&irq_lock);
}

static void signal_index(struct fake_dev *dev, unsigned index)
{
    pthread_mutex_lock(&irq_lock);
    if (dev->signals[index].n)
        signal_fd(dev->signals[index].fd[0]);
    pthread_mutex_unlock(&irq_lock);
}

void fake_request(struct fake_dev *dev)
{
    signal_index(dev, VFIO_PCI_REQ_IRQ_INDEX);
}

void fake_break(struct fake_dev *dev)
{
    signal_index(dev, VFIO_PCI_ERR_IRQ_INDEX);
}

/* ---- what there is ------------------------------------------------------------------------- */

static unsigned vectors(const struct fake_dev *dev, unsigned index)
{
    uint32_t pin = sim_cfg_read(dev->nic, 0x3d, 1);
    bool msi = (sim_cfg_read(dev->nic, CAP_MSI, 1) & 0xff) == 0x05;
    bool msix = (sim_cfg_read(dev->nic, CAP_MSIX, 1) & 0xff) == 0x11;

    switch (index) {
    case VFIO_PCI_INTX_IRQ_INDEX:
        return pin && !dev->opt.no_line;
    case VFIO_PCI_MSI_IRQ_INDEX:
        return msi && !dev->opt.hide_msi;
    case VFIO_PCI_MSIX_IRQ_INDEX:
        return msix && !dev->opt.hide_msix ? (sim_cfg_read(dev->nic, CAP_MSIX + 2, 2) & 0x7ff) + 1
                                           : 0;
    default:
        return !dev->opt.no_notices;
    }
}

int irq_info(struct fake_dev *dev, struct vfio_irq_info *info)
{
    int err = fault(FAKE_IRQ_INFO);

    if (err || info->index >= INDICES)
        return err ? err : -EINVAL;
    info->count = vectors(dev, info->index);
    info->flags = VFIO_IRQ_INFO_EVENTFD;
    if (info->index == VFIO_PCI_INTX_IRQ_INDEX)
        info->flags |= VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
    return 0;
}

/* ---- the NIC's side, as the kernel programs it --------------------------------------------- */

/* The table is reached whatever the user has done to memory decoding. */
static void write_table(struct fake_dev *dev, unsigned n)
{
    uint32_t place = sim_cfg_read(dev->nic, CAP_MSIX + 4, 4);
    uint32_t command = sim_cfg_read(dev->nic, CFG_COMMAND, 2);
    unsigned size = (sim_cfg_read(dev->nic, CAP_MSIX + 2, 2) & 0x7ff) + 1;

    sim_cfg_write(dev->nic, CFG_COMMAND, 2, command | COMMAND_MEMORY);
    for (unsigned i = 0; i < size; i++) {
        uint64_t at = (place & ~7u) + 16u * i;
        sim_mmio_write(dev->nic, place & 7, at + 12, 4, 1);
        if (i >= n)
            continue;
        sim_mmio_write(dev->nic, place & 7, at, 4, MESSAGE_ADDRESS);
        sim_mmio_write(dev->nic, place & 7, at + 4, 4, 0);
        sim_mmio_write(dev->nic, place & 7, at + 8, 4, i);
        sim_mmio_write(dev->nic, place & 7, at + 12, 4, 0);
    }
    sim_cfg_write(dev->nic, CFG_COMMAND, 2, command);
}

static void program(struct fake_dev *dev, unsigned index, unsigned n)
{
    if (index == VFIO_PCI_MSIX_IRQ_INDEX) {
        if (n)
            write_table(dev, n);
        sim_cfg_write(dev->nic, CAP_MSIX + 2, 2, n ? 1u << 15 : 0);
    } else if (index == VFIO_PCI_MSI_IRQ_INDEX) {
        sim_cfg_write(dev->nic, CAP_MSI + 4, 4, MESSAGE_ADDRESS);
        sim_cfg_write(dev->nic, CAP_MSI + 8, 4, 0);
        sim_cfg_write(dev->nic, CAP_MSI + 12, 2, 0);
        sim_cfg_write(dev->nic, CAP_MSI + 2, 2, n ? 1 : 0);
    }
}

/* ---- SET_IRQS ------------------------------------------------------------------------------ */

static void take_signals(struct fake_dev *dev, unsigned index, const int *fds, unsigned n)
{
    struct signals *s = &dev->signals[index];

    pthread_mutex_lock(&irq_lock);
    if (n)
        memcpy(s->fd, fds, n * sizeof(int));
    s->n = n;
    if (index == VFIO_PCI_INTX_IRQ_INDEX) {
        dev->masked = false;
        fire_line(dev);
    }
    pthread_mutex_unlock(&irq_lock);
}

static bool other_kind_on(const struct fake_dev *dev, unsigned index)
{
    for (unsigned i = VFIO_PCI_INTX_IRQ_INDEX; i <= VFIO_PCI_MSIX_IRQ_INDEX; i++)
        if (i != index && dev->signals[i].n)
            return true;
    return false;
}

static int set_trigger(struct fake_dev *dev, const struct vfio_irq_set *set)
{
    const struct signals *s = &dev->signals[set->index];
    const int *fds = (const int *)(const void *)set->data;
    bool message = set->index == VFIO_PCI_MSI_IRQ_INDEX || set->index == VFIO_PCI_MSIX_IRQ_INDEX;

    if (set->count == 0) {
        if (s->n == 0)
            violated("interrupts of kind %u are switched off, but are not on", set->index);
        if (!atomic_load(&dev->severed))
            program(dev, set->index, 0);
        take_signals(dev, set->index, NULL, 0);
        return 0;
    }
    if (set->start || set->count > vectors(dev, set->index) || s->n ||
        (set->index <= VFIO_PCI_MSIX_IRQ_INDEX && other_kind_on(dev, set->index))) {
        violated("%u interrupts of kind %u cannot be switched on", set->count, set->index);
        return -EINVAL;
    }
    if (message && dev->opt.irq_limit && set->count > dev->opt.irq_limit)
        return (int)dev->opt.irq_limit;
    take_signals(dev, set->index, fds, set->count);
    program(dev, set->index, set->count);
    return 0;
}

static int set_mask(struct fake_dev *dev, bool masked)
{
    if (dev->signals[VFIO_PCI_INTX_IRQ_INDEX].n == 0) {
        violated("a line is masked or unmasked that is not on");
        return -EINVAL;
    }
    pthread_mutex_lock(&irq_lock);
    dev->masked = masked;
    fire_line(dev);
    pthread_mutex_unlock(&irq_lock);
    return 0;
}

int irq_set(struct fake_dev *dev, const struct vfio_irq_set *set)
{
    uint32_t data = set->flags & VFIO_IRQ_SET_DATA_TYPE_MASK;
    uint32_t action = set->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK;
    int err = fault(FAKE_SET_IRQS);

    if (err) {
        dev->off_refused |= set->count == 0;
        return err;
    }
    if (set->index >= INDICES ||
        set->argsz < sizeof(*set) + (data == VFIO_IRQ_SET_DATA_EVENTFD ? 4 * set->count : 0)) {
        violated("SET_IRQS makes no sense");
        return -EINVAL;
    }
    if (action == VFIO_IRQ_SET_ACTION_TRIGGER &&
        data == (set->count ? VFIO_IRQ_SET_DATA_EVENTFD : VFIO_IRQ_SET_DATA_NONE))
        return set_trigger(dev, set);
    if (set->index == VFIO_PCI_INTX_IRQ_INDEX && data == VFIO_IRQ_SET_DATA_NONE &&
        set->count == 1 && action != VFIO_IRQ_SET_ACTION_TRIGGER)
        return set_mask(dev, action == VFIO_IRQ_SET_ACTION_MASK);
    violated("SET_IRQS with flags 0x%x for kind %u", set->flags, set->index);
    return -EINVAL;
}

void irq_off(struct fake_dev *dev)
{
    program(dev, VFIO_PCI_MSIX_IRQ_INDEX, 0);
    program(dev, VFIO_PCI_MSI_IRQ_INDEX, 0);
    for (unsigned i = 0; i < INDICES; i++)
        take_signals(dev, i, NULL, 0);
}

unsigned count_signals(void)
{
    unsigned n = 0;

    pthread_mutex_lock(&irq_lock);
    for (const struct fake_dev *d = fake_devs; d; d = d->next)
        for (unsigned i = 0; i < INDICES; i++)
            n += d->signals[i].n;
    pthread_mutex_unlock(&irq_lock);
    return n;
}
