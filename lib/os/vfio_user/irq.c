// SPDX-License-Identifier: MIT
/*
 * Interrupts: MSI-X, else MSI, else the line, as eventfds that the server signals. A line masks
 * itself when it fires, until it is unmasked.
 */
#include "lib/os/vfio_user/vfio_user_os.h"

#include <errno.h>
#include <linux/vfio.h>

#include "lib/os/linux/linux_os.h"

/* ---- what the server is told --------------------------------------------- */

static int set_irqs(struct vu_dev *dev, unsigned index, uint32_t flags, unsigned start,
                    unsigned count, const int *fds)
{
    struct vfio_irq_set set = {
        .argsz = sizeof(set), .flags = flags, .index = index, .start = start, .count = count
    };
    struct vu_call call = { .command = VU_DEVICE_SET_IRQS,
                            .body = &set,
                            .len = sizeof(set),
                            .fds = fds,
                            .n_fds = fds ? count : 0 };

    return vu_call(&dev->conn, &call);
}

/* As many at a time as a message carries. */
static int hand_over(struct vu_dev *dev, unsigned index, const int *fds, unsigned n)
{
    const uint32_t flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
    int err = 0;

    for (unsigned i = 0, some; i < n && !err; i += some) {
        some = n - i < dev->conn.max_fds ? n - i : dev->conn.max_fds;
        err = set_irqs(dev, index, flags, i, some, fds + i);
    }
    return err;
}

/* Mask or unmask the line. */
static int line(struct vu_dev *dev, uint32_t action)
{
    return set_irqs(dev, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_DATA_NONE | action, 0, 1, NULL);
}

/* How many vectors of an index there are; 0 also if they cannot be used. */
static unsigned count(struct vu_dev *dev, unsigned index)
{
    struct vfio_irq_info info = { .argsz = sizeof(info), .index = index };
    struct vu_call call = { .command = VU_DEVICE_GET_IRQ_INFO,
                            .body = &info,
                            .len = sizeof(info),
                            .reply = &info,
                            .reply_min = sizeof(info),
                            .reply_max = sizeof(info) };

    if (vu_call(&dev->conn, &call) || info.index != index)
        return 0;
    return info.flags & VFIO_IRQ_INFO_EVENTFD ? info.count : 0;
}

/* ---- kinds, best first: 0 done, -IXL_ENOTSUP there is none of it --------- */

static int set_up(struct vu_dev *dev, enum ixl_irq_kind kind, unsigned wanted)
{
    unsigned index = lx_vectors_index(kind), most = count(dev, index);
    unsigned n = wanted < most ? wanted : most;
    int err = n ? lx_vectors_open(&dev->irqs, n, dev->spec.info.address) : -IXL_ENOTSUP;

    if (err)
        return err;
    err = hand_over(dev, index, dev->irqs.fd, n);
    if (err) {
        lx_vectors_close(&dev->irqs, 0);
        return lx_fail(dev->spec.info.address, "its interrupts cannot be set up", err, NULL);
    }
    dev->irqs.kind = kind;
    return 0;
}

/* Unlike Linux's VFIO, a server may leave the capability's enable bit to its client. */
static int enable_msix(struct vu_dev *dev, bool on)
{
    struct ixl_pci_msix msix;
    int err = ixl_pci_msix_find(&dev->base, &msix);

    return err ? err : ixl_pci_msix_enable(&dev->base, &msix, on);
}

static int mask_line(struct vu_dev *dev)
{
    int err = line(dev, VFIO_IRQ_SET_ACTION_MASK);

    if (err)
        return lx_fail(dev->spec.info.address, "its interrupt line cannot be masked", err, NULL);
    return ixl_pci_command(&dev->base, 0, IXL_PCI_COMMAND_INTX_OFF);
}

static int set_up_kind(struct ixl_os_dev *base, enum ixl_irq_kind kind, unsigned n)
{
    struct vu_dev *dev = vu_dev(base);
    int err = set_up(dev, kind, n);

    if (err || kind == IXL_IRQ_MSI)
        return err;
    return kind == IXL_IRQ_MSIX ? enable_msix(dev, true) : mask_line(dev);
}

int vu_irq_setup(struct ixl_os_dev *base, unsigned wanted, unsigned *granted,
                 enum ixl_irq_kind *kind)
{
    struct vu_dev *dev = vu_dev(base);

    return lx_vectors_setup(base, &dev->irqs, &dev->spec.irqs, set_up_kind, wanted, granted, kind);
}

void vu_irq_teardown(struct ixl_os_dev *base)
{
    struct vu_dev *dev = vu_dev(base);
    const uint32_t flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER;
    enum ixl_irq_kind kind = dev->irqs.kind;

    if (kind != IXL_IRQ_NONE && !vu_dead(&dev->conn)) {
        if (kind == IXL_IRQ_MSIX)
            enable_msix(dev, false);
        int err = set_irqs(dev, lx_vectors_index(kind), flags, 0, 0, NULL);
        if (err && err != -ENODEV)
            lx_fail(dev->spec.info.address, "its interrupts cannot be switched off", err, NULL);
    }
    lx_vectors_close(&dev->irqs, 0);
}

/* ---- vectors ------------------------------------------------------------- */

int vu_irq_bind(struct ixl_os_dev *dev, unsigned vector)
{
    return lx_vectors_check(&vu_dev(dev)->irqs, vector, vu_dev(dev)->spec.info.address);
}

ixl_irq_t vu_irq_native(struct ixl_os_dev *dev, unsigned vector)
{
    return lx_vectors_native(&vu_dev(dev)->irqs, vector);
}

static int change_line(struct ixl_os_dev *base, unsigned vector, uint32_t action)
{
    struct vu_dev *dev = vu_dev(base);
    int err = lx_vectors_check(&dev->irqs, vector, dev->spec.info.address);

    if (err || dev->irqs.kind != IXL_IRQ_INTX)
        return err;
    err = line(dev, action);
    if (!err || err == -ENODEV) /* a removed device: found out elsewhere */
        return 0;
    return lx_fail(dev->spec.info.address, "its interrupt line cannot be masked or unmasked", err,
                   NULL);
}

int vu_irq_unmask(struct ixl_os_dev *dev, unsigned vector)
{
    return change_line(dev, vector, VFIO_IRQ_SET_ACTION_UNMASK);
}

int vu_irq_mask(struct ixl_os_dev *dev, unsigned vector)
{
    return change_line(dev, vector, VFIO_IRQ_SET_ACTION_MASK);
}

int vu_irq_wait(struct ixl_os_dev *base, unsigned vector, int64_t timeout_us)
{
    const struct vu_dev *dev = vu_dev(base);

    return lx_vectors_wait(&dev->irqs, vector, timeout_us, dev->spec.info.address);
}
