// SPDX-License-Identifier: MIT
/* Devices: opening, configuration space; and the table of the backend. */
#include "lib/os/vfio_user/vfio_user_os.h"

#include <errno.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/linux/linux_os.h"

#define CONFIG VFIO_PCI_CONFIG_REGION_INDEX

/* ---- who has what -------------------------------------------------------- */

static pthread_mutex_t open_lock = PTHREAD_MUTEX_INITIALIZER;
static struct vu_dev *open_devs;

static bool claim(struct vu_dev *dev)
{
    bool taken = false;

    pthread_mutex_lock(&open_lock);
    for (const struct vu_dev *d = open_devs; d; d = d->next)
        taken |= strcmp(d->spec.path, dev->spec.path) == 0;
    if (!taken) {
        dev->next = open_devs;
        open_devs = dev;
    }
    pthread_mutex_unlock(&open_lock);
    return !taken;
}

static void unclaim(const struct vu_dev *dev)
{
    pthread_mutex_lock(&open_lock);
    for (struct vu_dev **at = &open_devs; *at; at = &(*at)->next) {
        if (*at == dev) {
            *at = dev->next;
            break;
        }
    }
    pthread_mutex_unlock(&open_lock);
}

/* ---- configuration space ------------------------------------------------- */

static int check_cfg(const struct vu_dev *dev, unsigned off, unsigned width)
{
    if ((width == 1 || width == 2 || width == 4) && off % width == 0 &&
        (uint64_t)off + width <= dev->cfg_size)
        return 0;
    ixl_log(IXL_LOG_ERROR, "%s: %u bytes at 0x%x of its configuration space make no sense",
            dev->spec.info.address, width, off);
    return -IXL_EINVAL;
}

/* A device whose server has gone reads as a removed one. */
static int cfg_read(struct ixl_os_dev *base, unsigned off, unsigned width, uint32_t *val)
{
    struct vu_dev *dev = vu_dev(base);
    int err = check_cfg(dev, off, width);

    if (err)
        return err;
    err = vu_region_read(&dev->conn, CONFIG, off, width, val);
    if (err && err != -ENODEV)
        return lx_fail(dev->spec.info.address, "its configuration space cannot be read", err, NULL);
    if (err)
        *val = width >= 4 ? UINT32_MAX : (1u << (8 * width)) - 1;
    return 0;
}

static int cfg_write(struct ixl_os_dev *base, unsigned off, unsigned width, uint32_t val)
{
    struct vu_dev *dev = vu_dev(base);
    int err = check_cfg(dev, off, width);

    if (err)
        return err;
    err = vu_region_write(&dev->conn, CONFIG, off, width, val);
    if (!err || err == -ENODEV)
        return 0;
    return lx_fail(dev->spec.info.address, "its configuration space cannot be written", err, NULL);
}

/* ---- opening and closing ------------------------------------------------- */

static int learn(struct vu_dev *dev, bool *can_reset)
{
    struct vfio_device_info info = { .argsz = 16 };
    struct vfio_region_info cfg = { .argsz = sizeof(cfg), .index = CONFIG };
    struct vu_call call = { .command = VU_DEVICE_GET_INFO,
                            .body = &info,
                            .len = 16,
                            .reply = &info,
                            .reply_min = 16,
                            .reply_max = 16 };
    int err = vu_call(&dev->conn, &call);

    if (err)
        return lx_fail(dev->spec.info.address, "the server does not describe it", err, NULL);
    if (!(info.flags & VFIO_DEVICE_FLAGS_PCI) || info.num_regions <= CONFIG) {
        ixl_log(IXL_LOG_ERROR, "%s is no PCI device", dev->spec.info.address);
        return -IXL_ENOTSUP;
    }
    *can_reset = info.flags & VFIO_DEVICE_FLAGS_RESET;
    call = (struct vu_call){ .command = VU_DEVICE_GET_REGION_INFO,
                             .body = &cfg,
                             .len = sizeof(cfg),
                             .reply = &cfg,
                             .reply_min = sizeof(cfg),
                             .reply_max = sizeof(cfg) };
    err = vu_call(&dev->conn, &call);
    if (err)
        return lx_fail(dev->spec.info.address, "its configuration space is not described", err,
                       NULL);
    dev->cfg_size = cfg.size < 4096 ? cfg.size : 4096;
    return 0;
}

/* The bus may have been looked at long ago, and the driver was chosen then. */
static int check_identity(struct vu_dev *dev)
{
    struct ixl_os_dev_info now = dev->spec.info;
    int err = vu_identify(&dev->conn, &now);

    if (err || !dev->spec.known ||
        (now.vendor == dev->spec.info.vendor && now.device == dev->spec.info.device))
        return err;
    ixl_log(IXL_LOG_ERROR, "%s: another device is there now: open the bus again",
            dev->spec.info.address);
    return -IXL_ENODEV;
}

/* Whatever a former client has left in it. */
static int bring_to_order(struct vu_dev *dev, bool can_reset)
{
    struct vu_call reset = { .command = VU_DEVICE_RESET };
    int err = can_reset ? vu_call(&dev->conn, &reset) : 0;

    if (err)
        return lx_fail(dev->spec.info.address, "it cannot be reset", err, NULL);
    return ixl_pci_command(&dev->base, IXL_PCI_COMMAND_MEMORY, IXL_PCI_COMMAND_MASTER);
}

static int open_device(struct vu_dev *dev)
{
    bool can_reset = false;
    int err = vu_connect(&dev->conn, dev->spec.path, dev->spec.info.address);

    if (err)
        return err;
    err = check_identity(dev);
    if (!err)
        err = learn(dev, &can_reset);
    if (!err)
        err = bring_to_order(dev, can_reset);
    if (err)
        vu_disconnect(&dev->conn);
    return err;
}

static int claim_and_open(struct vu_dev *dev)
{
    if (!claim(dev)) {
        ixl_log(IXL_LOG_ERROR, "%s is open already: close it first", dev->spec.info.address);
        return -IXL_EBUSY;
    }
    int err = open_device(dev);
    if (err)
        unclaim(dev);
    return err;
}

static int dev_open(struct ixl_os_bus *base, unsigned index, struct ixl_os_dev **out)
{
    struct vu_bus *bus = (struct vu_bus *)base;

    if (index >= bus->n)
        return -IXL_ENOENT;
    struct vu_dev *dev = calloc(1, sizeof(*dev));
    if (!dev) {
        ixl_log(IXL_LOG_ERROR, "no memory for a vfio-user device");
        return -IXL_ENOMEM;
    }
    dev->base.ops = &ixl_vfio_user_ops;
    dev->spec = bus->spec[index];
    int err = claim_and_open(dev);
    if (err) {
        free(dev);
        return err;
    }
    pthread_mutex_init(&dev->lock, NULL);
    *out = &dev->base;
    return 0;
}

static void dev_close(struct ixl_os_dev *base)
{
    struct vu_dev *dev = vu_dev(base);

    if (!vu_dead(&dev->conn))
        ixl_pci_command(base, 0, IXL_PCI_COMMAND_MASTER);
    vu_irq_teardown(base);
    vu_bar_close(dev);
    vu_dma_close(dev);
    vu_disconnect(&dev->conn);
    unclaim(dev);
    pthread_mutex_destroy(&dev->lock);
    free(dev);
}

/* ---- the table ----------------------------------------------------------- */

const struct ixl_os_ops ixl_vfio_user_ops = {
    .scheme = "vfio-user",
    .help = "vfio-user:/run/nic.sock[,irq=msix|msi|intx|none][,vectors=N]  a device of a vfio-user "
            "server",
    .bus_open = vu_bus_open,
    .bus_close = vu_bus_close,
    .bus_scan = vu_bus_scan,
    .dev_open = dev_open,
    .dev_close = dev_close,
    .cfg_read = cfg_read,
    .cfg_write = cfg_write,
    .bar_map = vu_bar_map,
    .bar_unmap = vu_bar_unmap,
    .dma_alloc = vu_dma_alloc,
    .dma_free = vu_dma_free,
    .dma_share = vu_dma_share,
    .dma_unshare = vu_dma_unshare,
    .irq_setup = vu_irq_setup,
    .irq_teardown = vu_irq_teardown,
    .irq_bind = vu_irq_bind,
    .irq_wait = vu_irq_wait,
    .irq_unmask = vu_irq_unmask,
    .irq_mask = vu_irq_mask,
    .irq_native = vu_irq_native,
    .now_ns = lx_now_ns,
    .delay_us = lx_delay_us,
};
