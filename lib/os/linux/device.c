// SPDX-License-Identifier: MIT
/* Devices: opening, configuration space; and the table of the backend. */
#include "lib/os/linux/linux_os.h"

#include <endian.h>
#include <errno.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/linux/sys.h"

/* ---- who has what -------------------------------------------------------- */

static pthread_mutex_t open_lock = PTHREAD_MUTEX_INITIALIZER;
static struct lx_dev *open_devs;

static bool claim(struct lx_dev *dev)
{
    bool taken = false;

    pthread_mutex_lock(&open_lock);
    for (const struct lx_dev *d = open_devs; d; d = d->next)
        taken |= strcmp(d->spec.bdf, dev->spec.bdf) == 0;
    if (!taken) {
        dev->next = open_devs;
        open_devs = dev;
    }
    pthread_mutex_unlock(&open_lock);
    return !taken;
}

static void unclaim(const struct lx_dev *dev)
{
    pthread_mutex_lock(&open_lock);
    for (struct lx_dev **at = &open_devs; *at; at = &(*at)->next) {
        if (*at == dev) {
            *at = dev->next;
            break;
        }
    }
    pthread_mutex_unlock(&open_lock);
}

/* ---- configuration space ------------------------------------------------- */

static int check_cfg(const struct lx_dev *dev, unsigned off, unsigned width)
{
    if ((width == 1 || width == 2 || width == 4) && off % width == 0 &&
        (uint64_t)off + width <= dev->cfg_size)
        return 0;
    ixl_log(IXL_LOG_ERROR, "%s: %u bytes at 0x%x of its configuration space make no sense",
            dev->address, width, off);
    return -IXL_EINVAL;
}

static int cfg_get(struct lx_dev *dev, unsigned off, unsigned width, uint32_t *val)
{
    uint32_t wire = 0;
    long n = lx_pread(dev->fd, &wire, width, dev->cfg + off);

    if (n != (long)width)
        return lx_fail(dev->address, "its configuration space cannot be read",
                       n < 0 ? (int)n : -EIO, NULL);
    *val = le32toh(wire);
    return 0;
}

static int cfg_put(struct lx_dev *dev, unsigned off, unsigned width, uint32_t val)
{
    uint32_t wire = htole32(val);
    long n = lx_pwrite(dev->fd, &wire, width, dev->cfg + off);

    if (n == (long)width)
        return 0;
    return lx_fail(dev->address, "its configuration space cannot be written", n < 0 ? (int)n : -EIO,
                   NULL);
}

static int cfg_read(struct ixl_os_dev *base, unsigned off, unsigned width, uint32_t *val)
{
    struct lx_dev *dev = lx_dev(base);
    int err = check_cfg(dev, off, width);

    if (err)
        return err;
    if (lx_notice_gone(dev)) {
        *val = width >= 4 ? UINT32_MAX : (1u << (8 * width)) - 1;
        return 0;
    }
    return cfg_get(dev, off, width, val);
}

static int cfg_write(struct ixl_os_dev *base, unsigned off, unsigned width, uint32_t val)
{
    struct lx_dev *dev = lx_dev(base);
    int err = check_cfg(dev, off, width);

    if (err || lx_notice_gone(dev))
        return err;
    /* not after another thread has cut the device off: the value may switch bus mastering on */
    pthread_mutex_lock(&dev->command);
    err = atomic_load(&dev->gone) ? 0 : cfg_put(dev, off, width, val);
    pthread_mutex_unlock(&dev->command);
    return err;
}

/* dev->command held. */
static void master_off(struct lx_dev *dev)
{
    uint32_t command = 0;

    if (cfg_get(dev, IXL_PCI_COMMAND, 2, &command) == 0 && command != 0xffff &&
        (command & IXL_PCI_COMMAND_MASTER))
        cfg_put(dev, IXL_PCI_COMMAND, 2, command & ~(uint32_t)IXL_PCI_COMMAND_MASTER);
}

void lx_cut_off(struct lx_dev *dev)
{
    pthread_mutex_lock(&dev->command);
    master_off(dev);
    atomic_store(&dev->gone, true); /* whoever sees this may rely on the line above */
    pthread_mutex_unlock(&dev->command);
}

/* ---- the file ------------------------------------------------------------ */

static int open_file(struct lx_dev *dev)
{
    dev->fd = lx_ioctl(dev->group->fd, VFIO_GROUP_GET_DEVICE_FD, dev->spec.bdf);
    if (dev->fd >= 0)
        return 0;
    const char *hint = NULL;
    if (dev->fd == -EBUSY)
        hint = "another process holds it: end that first";
    else if (dev->fd == -EACCES)
        hint = "a virtual function needs the token of its physical function";
    return lx_fail(dev->address, "VFIO does not hand it out", dev->fd, hint);
}

static int find_cfg(struct lx_dev *dev)
{
    struct vfio_region_info info = { .argsz = sizeof(info), .index = VFIO_PCI_CONFIG_REGION_INDEX };
    int err = lx_ioctl(dev->fd, VFIO_DEVICE_GET_REGION_INFO, &info);

    if (err < 0)
        return lx_fail(dev->address, "its configuration space is not described", err, NULL);
    dev->cfg = info.offset;
    dev->cfg_size = info.size;
    return 0;
}

static int learn(struct lx_dev *dev)
{
    struct vfio_device_info info = { .argsz = sizeof(info) };
    int err = lx_ioctl(dev->fd, VFIO_DEVICE_GET_INFO, &info);

    if (err < 0)
        return lx_fail(dev->address, "VFIO does not describe it", err, NULL);
    if (!(info.flags & VFIO_DEVICE_FLAGS_PCI) || info.num_regions <= VFIO_PCI_CONFIG_REGION_INDEX) {
        ixl_log(IXL_LOG_ERROR, "%s is no PCI device for VFIO: bind it to vfio-pci", dev->address);
        return -IXL_ENOTSUP;
    }
    dev->can_reset = info.flags & VFIO_DEVICE_FLAGS_RESET;
    return find_cfg(dev);
}

/* Whatever a former owner has left in it. A device that cannot be reset this way is quieted by its
 * driver, with bus mastering still off. */
static int bring_to_order(struct lx_dev *dev)
{
    int err = dev->can_reset ? lx_ioctl(dev->fd, VFIO_DEVICE_RESET, NULL) : 0;

    if (err < 0)
        ixl_log(IXL_LOG_INFO, "%s: the system cannot reset it (%s): its driver has to",
                dev->address, strerror(-err));
    return ixl_pci_command(&dev->base, IXL_PCI_COMMAND_MEMORY, IXL_PCI_COMMAND_MASTER);
}

static int open_device(struct lx_dev *dev)
{
    int err = open_file(dev);

    if (err)
        return err;
    err = learn(dev);
    if (!err)
        err = bring_to_order(dev);
    if (err) {
        lx_close(dev->fd);
        return err;
    }
    lx_notice_open(dev);
    return 0;
}

/* ---- opening and closing ------------------------------------------------- */

/* Is it vfio-pci's? Who else has it, and how to get it, if not. */
static int check_driver(const struct lx_dev *dev)
{
    const char *bdf = dev->spec.bdf;
    char driver[LX_NAME_SIZE], unbind[128] = "";

    lx_sysfs_driver(bdf, driver);
    if (lx_sysfs_is_vfio(driver))
        return 0;
    if (driver[0])
        snprintf(unbind, sizeof(unbind), "echo %s > /sys/bus/pci/devices/%s/driver/unbind; ", bdf,
                 bdf);
    ixl_log(IXL_LOG_ERROR,
            "%s is bound to %s: bind it to vfio-pci, as root: %s"
            "echo vfio-pci > /sys/bus/pci/devices/%s/driver_override; %s"
            "echo %s > /sys/bus/pci/drivers_probe",
            dev->address, driver[0] ? driver : "no driver",
            lx_sysfs_has_vfio() ? "" : "modprobe vfio-pci; ", bdf, unbind, bdf);
    return driver[0] ? -IXL_EBUSY : -IXL_EPERM;
}

static struct lx_dev *create(const struct lx_spec *spec)
{
    struct lx_dev *dev = calloc(1, sizeof(*dev));

    if (!dev) {
        ixl_log(IXL_LOG_ERROR, "no memory for a PCI device");
        return NULL;
    }
    dev->base.ops = &ixl_linux_os;
    dev->spec = *spec;
    dev->err_fd = dev->req_fd = -1;
    lx_bus_address(spec, dev->address);
    pthread_mutex_init(&dev->lock, NULL);
    pthread_mutex_init(&dev->command, NULL);
    return dev;
}

static void destroy(struct lx_dev *dev)
{
    pthread_mutex_destroy(&dev->command);
    pthread_mutex_destroy(&dev->lock);
    free(dev);
}

static int claim_and_open(struct lx_dev *dev)
{
    if (!claim(dev)) {
        ixl_log(IXL_LOG_ERROR, "%s is open already: close it first", dev->address);
        return -IXL_EBUSY;
    }
    int err = check_driver(dev);
    if (!err)
        err = lx_group_get(dev->spec.bdf, &dev->group);
    if (err) {
        unclaim(dev);
        return err;
    }
    err = open_device(dev);
    if (err) {
        lx_group_put(dev->group);
        unclaim(dev);
    }
    return err;
}

static int dev_open(struct ixl_os_bus *base, unsigned index, struct ixl_os_dev **out)
{
    struct lx_bus *bus = (struct lx_bus *)base;

    if (index >= bus->n)
        return -IXL_ENOENT;
    struct lx_dev *dev = create(&bus->spec[index]);
    if (!dev)
        return -IXL_ENOMEM;
    int err = claim_and_open(dev);
    if (err) {
        destroy(dev);
        return err;
    }
    *out = &dev->base;
    return 0;
}

static void dev_close(struct ixl_os_dev *base)
{
    struct lx_dev *dev = lx_dev(base);

    lx_cut_off(dev);
    lx_irq_teardown(base);
    lx_bar_close(dev);
    lx_dma_close(dev);
    lx_notice_close(dev);
    lx_close(dev->fd); /* the kernel resets the device, where it can */
    lx_group_put(dev->group);
    unclaim(dev);
    destroy(dev);
}

/* ---- the table ----------------------------------------------------------- */

const struct ixl_os_ops ixl_linux_os = {
    .scheme = "pci",
    .help = "pci:0000:03:00.0[,irq=msix|msi|intx|none][,vectors=N]  a PCI device bound to "
            "vfio-pci; \"pci:\" is all of them",
    .bus_open = lx_bus_open,
    .bus_close = lx_bus_close,
    .bus_scan = lx_bus_scan,
    .dev_open = dev_open,
    .dev_close = dev_close,
    .cfg_read = cfg_read,
    .cfg_write = cfg_write,
    .bar_map = lx_bar_map,
    .bar_unmap = lx_bar_unmap,
    .dma_alloc = lx_dma_alloc,
    .dma_free = lx_dma_free,
    .dma_share = lx_dma_share,
    .dma_unshare = lx_dma_unshare,
    .irq_setup = lx_irq_setup,
    .irq_teardown = lx_irq_teardown,
    .irq_bind = lx_irq_bind,
    .irq_wait = lx_irq_wait,
    .irq_unmask = lx_irq_unmask,
    .irq_mask = lx_irq_mask,
    .irq_native = lx_irq_native,
    .now_ns = lx_now_ns,
    .delay_us = lx_delay_us,
};
