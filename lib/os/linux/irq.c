// SPDX-License-Identifier: MIT
/*
 * Interrupts: MSI-X, else MSI, else the line. The kernel programs the device and signals an eventfd
 * for each vector. A line is masked by the kernel when it fires, until it is unmasked.
 */
#include "lib/os/linux/linux_os.h"

#include <errno.h>
#include <linux/vfio.h>
#include <string.h>

#include "lib/os/linux/sys.h"

/* ---- what VFIO is told --------------------------------------------------- */

int lx_irq_set(struct lx_dev *dev, unsigned index, const int *fds, unsigned n)
{
    uint32_t buf[sizeof(struct vfio_irq_set) / sizeof(uint32_t) + LX_VECTORS_MAX] = { 0 };
    struct vfio_irq_set *set = (struct vfio_irq_set *)(void *)buf;

    set->argsz = (uint32_t)(sizeof(*set) + n * sizeof(int));
    set->flags =
        VFIO_IRQ_SET_ACTION_TRIGGER | (n ? VFIO_IRQ_SET_DATA_EVENTFD : VFIO_IRQ_SET_DATA_NONE);
    set->index = index;
    set->count = n;
    if (n)
        memcpy(set->data, fds, n * sizeof(int));
    return lx_ioctl(dev->fd, VFIO_DEVICE_SET_IRQS, set);
}

/* Mask or unmask the line. */
static int line(struct lx_dev *dev, uint32_t action)
{
    struct vfio_irq_set set = { .argsz = sizeof(set),
                                .flags = VFIO_IRQ_SET_DATA_NONE | action,
                                .index = VFIO_PCI_INTX_IRQ_INDEX,
                                .count = 1 };

    return lx_ioctl(dev->fd, VFIO_DEVICE_SET_IRQS, &set);
}

/* How many vectors of an index there are; 0 also if they cannot be used. */
static unsigned count(struct lx_dev *dev, unsigned index)
{
    struct vfio_irq_info info = { .argsz = sizeof(info), .index = index };
    int err = lx_ioctl(dev->fd, VFIO_DEVICE_GET_IRQ_INFO, &info);

    if (err < 0) {
        ixl_log(IXL_LOG_WARN, "%s: the kernel does not tell of its interrupts (%s)", dev->address,
                strerror(-err));
        return 0;
    }
    return info.flags & VFIO_IRQ_INFO_EVENTFD ? info.count : 0;
}

/* ---- kinds, best first: 0 done, -IXL_ENOTSUP there is none of it --------- */

static const char *kind_name(enum ixl_irq_kind kind)
{
    return kind == IXL_IRQ_MSIX ? "MSI-X" : kind == IXL_IRQ_MSI ? "MSI" : "the interrupt line";
}

/* The system may have fewer vectors than the device: the kernel says how many, and gets asked for
 * these. */
static int set_up(struct lx_dev *dev, enum ixl_irq_kind kind, unsigned wanted)
{
    struct lx_vectors *irqs = &dev->irqs;
    unsigned index = lx_vectors_index(kind), most = count(dev, index);
    unsigned n = wanted < most ? wanted : most;
    int err = n ? lx_vectors_open(irqs, n, dev->address) : -IXL_ENOTSUP;

    if (err)
        return err;
    int left = lx_irq_set(dev, index, irqs->fd, n);
    if (left > 0 && (unsigned)left < n) {
        ixl_log(IXL_LOG_WARN, "%s: %u interrupts were wanted, the system has %d left", dev->address,
                n, left);
        lx_vectors_close(irqs, (unsigned)left);
        left = lx_irq_set(dev, index, irqs->fd, irqs->n);
    }
    if (left == 0) {
        irqs->kind = kind;
        return 0;
    }
    lx_vectors_close(irqs, 0);
    ixl_log(IXL_LOG_WARN, "%s: %s cannot be used (%s)", dev->address, kind_name(kind),
            left < 0 ? strerror(-left) : "the system has no interrupts left");
    return -IXL_ENOTSUP;
}

/* VFIO hands a line over unmasked. */
static int mask_line(struct lx_dev *dev)
{
    int err = line(dev, VFIO_IRQ_SET_ACTION_MASK);

    if (err < 0)
        return lx_fail(dev->address, "its interrupt line cannot be masked", err, NULL);
    return ixl_pci_command(&dev->base, 0, IXL_PCI_COMMAND_INTX_OFF);
}

static int set_up_kind(struct ixl_os_dev *base, enum ixl_irq_kind kind, unsigned n)
{
    int err = set_up(lx_dev(base), kind, n);

    return !err && kind == IXL_IRQ_INTX ? mask_line(lx_dev(base)) : err;
}

int lx_irq_setup(struct ixl_os_dev *base, unsigned wanted, unsigned *granted,
                 enum ixl_irq_kind *kind)
{
    struct lx_dev *dev = lx_dev(base);

    return lx_vectors_setup(base, &dev->irqs, &dev->spec.irqs, set_up_kind, wanted, granted, kind);
}

void lx_irq_teardown(struct ixl_os_dev *base)
{
    struct lx_dev *dev = lx_dev(base);
    enum ixl_irq_kind kind = dev->irqs.kind;
    int err = kind != IXL_IRQ_NONE ? lx_irq_set(dev, lx_vectors_index(kind), NULL, 0) : 0;

    if (err < 0)
        lx_fail(dev->address, "its interrupts cannot be switched off", err, NULL);
    lx_vectors_close(&dev->irqs, 0);
}

/* ---- vectors ------------------------------------------------------------- */

int lx_irq_bind(struct ixl_os_dev *dev, unsigned vector)
{
    return lx_vectors_check(&lx_dev(dev)->irqs, vector, lx_dev(dev)->address);
}

ixl_irq_t lx_irq_native(struct ixl_os_dev *dev, unsigned vector)
{
    return lx_vectors_native(&lx_dev(dev)->irqs, vector);
}

static int change_line(struct ixl_os_dev *base, unsigned vector, uint32_t action)
{
    struct lx_dev *dev = lx_dev(base);
    int err = lx_vectors_check(&dev->irqs, vector, dev->address);

    if (err || dev->irqs.kind != IXL_IRQ_INTX)
        return err;
    err = line(dev, action);
    return err < 0
               ? lx_fail(dev->address, "its interrupt line cannot be masked or unmasked", err, NULL)
               : 0;
}

int lx_irq_unmask(struct ixl_os_dev *dev, unsigned vector)
{
    return change_line(dev, vector, VFIO_IRQ_SET_ACTION_UNMASK);
}

int lx_irq_mask(struct ixl_os_dev *dev, unsigned vector)
{
    return change_line(dev, vector, VFIO_IRQ_SET_ACTION_MASK);
}

int lx_irq_wait(struct ixl_os_dev *base, unsigned vector, int64_t timeout_us)
{
    const struct lx_dev *dev = lx_dev(base);

    return lx_vectors_wait(&dev->irqs, vector, timeout_us, dev->address);
}
