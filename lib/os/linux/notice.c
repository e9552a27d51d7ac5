// SPDX-License-Identifier: MIT
/*
 * What the kernel has to say of an open device: that PCI Express found it broken, or that somebody
 * unplugs or unbinds it and waits until it is closed. Either way it is cut off from memory and
 * looks removed from then on (its configuration space reads all ones), which the layers above
 * know how to take.
 */
#include "lib/os/linux/linux_os.h"

#include <linux/vfio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/os/linux/sys.h"

/* A device without such a notice does without. */
static int listen_to(struct lx_dev *dev, unsigned index)
{
    struct vfio_irq_info info = { .argsz = sizeof(info), .index = index };

    if (lx_ioctl(dev->fd, VFIO_DEVICE_GET_IRQ_INFO, &info) < 0 || info.count == 0 ||
        !(info.flags & VFIO_IRQ_INFO_EVENTFD))
        return -1;
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd >= 0 && lx_irq_set(dev, index, &fd, 1) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static void stop_listening(struct lx_dev *dev, unsigned index, int *fd)
{
    if (*fd < 0)
        return;
    lx_irq_set(dev, index, NULL, 0);
    close(*fd);
    *fd = -1;
}

void lx_notice_open(struct lx_dev *dev)
{
    dev->err_fd = listen_to(dev, VFIO_PCI_ERR_IRQ_INDEX);
    dev->req_fd = listen_to(dev, VFIO_PCI_REQ_IRQ_INDEX);
}

void lx_notice_close(struct lx_dev *dev)
{
    stop_listening(dev, VFIO_PCI_REQ_IRQ_INDEX, &dev->req_fd);
    stop_listening(dev, VFIO_PCI_ERR_IRQ_INDEX, &dev->err_fd);
}

static bool came(int fd)
{
    uint64_t n;

    return fd >= 0 && read(fd, &n, sizeof(n)) == (ssize_t)sizeof(n);
}

bool lx_notice_gone(struct lx_dev *dev)
{
    if (atomic_load_explicit(&dev->gone, memory_order_acquire))
        return true;
    bool broken = came(dev->err_fd), wanted = came(dev->req_fd);
    if (!broken && !wanted)
        return false;
    ixl_log(IXL_LOG_ERROR, "%s: %s", dev->address,
            broken ? "PCI Express reports that it failed: close it and open it again"
                   : "it is being unplugged or unbound, and the kernel waits for it: close it");
    lx_cut_off(dev);
    return true;
}
