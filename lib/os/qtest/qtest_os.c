// SPDX-License-Identifier: MIT
/* The backend's table of operations; devices, configuration space and registers. */
#include "lib/os/qtest/qtest_os.h"

#include <stdlib.h>

#include "lib/os/qtest/bus.h"

/* A mapped BAR, on its device's list. */
struct qtest_map {
    struct qtest_map *next;
    struct qtest_link *link;
    uint64_t base, size;
};

static struct qtest_bus *qtest_bus(struct ixl_os_bus *bus)
{
    return (struct qtest_bus *)(void *)bus;
}

/* ---- buses -------------------------------------------------------------------------------- */

static void bus_close(struct ixl_os_bus *bus)
{
    if (bus != NULL) {
        qtest_bus_put(qtest_bus(bus));
    }
}

static int bus_scan(struct ixl_os_bus *os, unsigned index, struct ixl_os_dev_info *info)
{
    struct qtest_bus *bus = qtest_bus(os);
    if (index >= bus->n_nics) {
        return -IXL_ENOENT;
    }
    *info = bus->nics[index].info;
    return 0;
}

/* ---- configuration space -------------------------------------------------------------------- */

static bool cfg_access_ok(unsigned off, unsigned width)
{
    if ((width != 1 && width != 2 && width != 4) || off % width != 0 || off + width > 256) {
        ixl_log(IXL_LOG_ERROR, "qemu: %u bytes of configuration space at 0x%x cannot be accessed",
                width, off);
        return false;
    }
    return true;
}

int qtest_cfg_get(struct ixl_os_dev *os, unsigned off, unsigned width, uint32_t *val)
{
    struct qtest_dev *dev = qtest_dev(os);
    if (!cfg_access_ok(off, width)) {
        return -IXL_EINVAL;
    }
    return qtest_cfg_read(&dev->bus->link, dev->nic->devfn, off, width, val);
}

int qtest_cfg_set(struct ixl_os_dev *os, unsigned off, unsigned width, uint32_t val)
{
    struct qtest_dev *dev = qtest_dev(os);
    if (!cfg_access_ok(off, width)) {
        return -IXL_EINVAL;
    }
    return qtest_cfg_write(&dev->bus->link, dev->nic->devfn, off, width, val);
}

/* ---- devices ------------------------------------------------------------------------------- */

static int claim(struct qtest_bus *bus, unsigned index)
{
    int err = -IXL_ENOENT;
    pthread_mutex_lock(&bus->lock);
    if (index < bus->n_nics) {
        err = bus->nics[index].open ? -IXL_EBUSY : 0;
        if (err == 0) {
            bus->nics[index].open = true;
            bus->refs++;
        }
    }
    pthread_mutex_unlock(&bus->lock);
    if (err == -IXL_EBUSY) {
        ixl_log(IXL_LOG_ERROR, "qemu: %s is open already", bus->nics[index].info.address);
    } else if (err != 0) {
        ixl_log(IXL_LOG_ERROR, "qemu: there is no device %u, QEMU has %u NICs", index, bus->n_nics);
    }
    return err;
}

static void unclaim(struct qtest_dev *dev)
{
    struct qtest_bus *bus = dev->bus;
    pthread_mutex_lock(&bus->lock);
    dev->nic->open = false;
    pthread_mutex_unlock(&bus->lock);
    pthread_mutex_destroy(&dev->watch_lock);
    free(dev);
    qtest_bus_put(bus);
}

static int dev_open(struct ixl_os_bus *os, unsigned index, struct ixl_os_dev **out)
{
    struct qtest_bus *bus = qtest_bus(os);
    struct qtest_dev *dev = calloc(1, sizeof(*dev));
    if (dev == NULL) {
        ixl_log(IXL_LOG_ERROR, "qemu: out of memory");
        return -IXL_ENOMEM;
    }
    int err = claim(bus, index);
    if (err != 0) {
        free(dev);
        return err;
    }
    dev->base.ops = &ixl_qtest_ops;
    dev->bus = bus;
    dev->nic = &bus->nics[index];
    pthread_mutex_init(&dev->watch_lock, NULL);
    err = ixl_pci_command(&dev->base, IXL_PCI_COMMAND_MEMORY,
                          IXL_PCI_COMMAND_MASTER | IXL_PCI_COMMAND_IO);
    if (err == 0) {
        err = qtest_irq_quiet(dev);
    }
    if (err != 0) {
        unclaim(dev);
        return err;
    }
    *out = &dev->base;
    return 0;
}

static void dev_close(struct ixl_os_dev *os)
{
    struct qtest_dev *dev = qtest_dev(os);

    if (dev == NULL) {
        return;
    }
    if (!atomic_load(&dev->bus->link.dead)) {
        ixl_pci_command(os, 0, IXL_PCI_COMMAND_MASTER);
    }
    qtest_irq_teardown(os);
    while (dev->map_list != NULL) {
        struct ixl_bar bar = { .ctx = dev->map_list };
        qtest_bar_unmap(os, &bar);
    }
    if (!atomic_load(&dev->bus->link.dead)) {
        ixl_pci_command(os, 0, IXL_PCI_COMMAND_MEMORY);
    }
    qtest_dma_free_all(dev);
    unclaim(dev);
}

/* ---- registers ------------------------------------------------------------------------------ */

/* readb, readw, readl and the like. */
static char letter(unsigned width)
{
    return width == 1 ? 'b' : width == 2 ? 'w' : 'l';
}

/* Values pass as numbers: the order of bytes, the device's or ours, plays no part. */
static uint32_t bar_read(const struct ixl_bar *bar, uint32_t off, unsigned width)
{
    const struct qtest_map *map = bar->ctx;
    uint64_t val;

    if (off > map->size - width || qtest_call(map->link, &val, "read%c 0x%llx", letter(width),
                                              (unsigned long long)(map->base + off)) != 0) {
        return UINT32_MAX;
    }
    return (uint32_t)val;
}

static void bar_write(const struct ixl_bar *bar, uint32_t off, unsigned width, uint32_t val)
{
    const struct qtest_map *map = bar->ctx;
    if (off <= map->size - width) {
        qtest_post(map->link, "write%c 0x%llx 0x%x", letter(width),
                   (unsigned long long)(map->base + off), val);
    }
}

int qtest_bar_map(struct ixl_os_dev *os, unsigned index, struct ixl_bar *out)
{
    struct qtest_dev *dev = qtest_dev(os);
    const struct qtest_bar *bar = index < QTEST_BARS ? &dev->nic->bars[index] : NULL;

    if (bar == NULL || bar->size < 4 || bar->is_io) {
        ixl_log(IXL_LOG_ERROR, "qemu: %s has no memory BAR %u", dev->nic->info.address, index);
        return -IXL_ENOENT;
    }
    struct qtest_map *map = malloc(sizeof(*map));
    if (map == NULL) {
        ixl_log(IXL_LOG_ERROR, "qemu: out of memory");
        return -IXL_ENOMEM;
    }
    *map = (struct qtest_map){ dev->map_list, &dev->bus->link, bar->base, bar->size };
    dev->map_list = map;
    *out = (struct ixl_bar){
        .size = bar->size, .read = bar_read, .write = bar_write, .ctx = map, .index = index
    };
    return 0;
}

void qtest_bar_unmap(struct ixl_os_dev *os, struct ixl_bar *bar)
{
    struct qtest_dev *dev = qtest_dev(os);
    for (struct qtest_map **at = &dev->map_list; *at != NULL; at = &(*at)->next) {
        struct qtest_map *map = *at;
        if (map == bar->ctx) {
            *at = map->next;
            free(map);
            break;
        }
    }
    *bar = (struct ixl_bar){ 0 };
}

/* ---- for tests ------------------------------------------------------------ */

int ixl_qtest_monitor(struct ixl_os_bus *os, const char *cmd, char *reply, size_t cap)
{
    struct qtest_bus *bus = qtest_bus(os);
    return qtest_monitor(bus->machine.monitor, bus->opt.timeout_ms, cmd, reply, cap);
}

int ixl_qtest_pid(struct ixl_os_bus *bus)
{
    return qtest_machine_pid(&qtest_bus(bus)->machine);
}

bool ixl_qtest_stepped(struct ixl_os_bus *bus)
{
    return qtest_bus(bus)->clock.virtual_time;
}

struct ixl_os_bus *ixl_qtest_bus(struct ixl_os_dev *dev)
{
    return &qtest_dev(dev)->bus->base;
}

const struct ixl_os_ops ixl_qtest_ops = {
    .scheme = "qemu",
    .help = "qemu:e1000 | 82545em | 82544gc | e1000e | igb | virtio-net, with options: wire=none, "
            "loop, user[,hostfwd=...], unix:LOCAL,REMOTE, pcap:FILE; mac=, qemu=PROGRAM",
    .bus_open = qtest_bus_open,
    .bus_close = bus_close,
    .bus_scan = bus_scan,
    .dev_open = dev_open,
    .dev_close = dev_close,
    .cfg_read = qtest_cfg_get,
    .cfg_write = qtest_cfg_set,
    .bar_map = qtest_bar_map,
    .bar_unmap = qtest_bar_unmap,
    .dma_alloc = qtest_dma_alloc,
    .dma_free = qtest_dma_free,
    .dma_share = qtest_dma_share,
    .dma_unshare = qtest_dma_unshare,
    .irq_setup = qtest_irq_setup,
    .irq_teardown = qtest_irq_teardown,
    .irq_bind = qtest_irq_bind,
    .irq_wait = qtest_irq_wait,
    .irq_unmask = qtest_irq_unmask,
    .irq_mask = qtest_irq_mask,
    .irq_native = qtest_irq_native,
    .now_ns = qtest_now_ns,
    .delay_us = qtest_delay_us,
};
