// SPDX-License-Identifier: MIT
/* Devices: life, and the datapath's front door. */
#include "lib/core/device.h"

#include <stdlib.h>
#include <string.h>

#include "lib/core/bus.h"
#include "lib/core/config.h"

/* Two lines: the adjacent-line prefetcher makes pairs of them one unit of sharing. */
#define SEPARATION  128u
/* On one bus; more are not looked at for one to open. */
#define DEVICES_MAX 4096u

/* ---- memory of queues and devices ---------------------------------------- */

void *ixl_queue_alloc(size_t size)
{
    size_t whole = (size + SEPARATION - 1) & ~(size_t)(SEPARATION - 1);
    void *mem = whole >= size ? aligned_alloc(SEPARATION, whole) : NULL;

    if (mem)
        memset(mem, 0, whole);
    else
        ixl_log(IXL_LOG_ERROR, "no memory for %zu bytes of a device", size);
    return mem;
}

void *ixl_alloc(size_t n, size_t size)
{
    void *mem = calloc(n, size);

    if (!mem)
        ixl_log(IXL_LOG_ERROR, "no memory for %zu times %zu bytes", n, size);
    return mem;
}

void ixl_queue_free(void *queue)
{
    free(queue);
}

int ixl_dev_dma_alloc(struct ixl_device *dev, size_t size, size_t align, struct ixl_dma *out)
{
    int err = dev->os->ops->dma_alloc(dev->os, size, align, out);

    if (!err)
        atomic_fetch_add(&dev->dma_bytes, out->size);
    return err;
}

void ixl_dev_dma_free(struct ixl_device *dev, struct ixl_dma *mem)
{
    if (!mem->virt)
        return;
    atomic_fetch_sub(&dev->dma_bytes, mem->size);
    dev->os->ops->dma_free(dev->os, mem);
    memset(mem, 0, sizeof(*mem));
}

int ixl_removed(struct ixl_device *dev)
{
    if (!atomic_exchange(&dev->removed, true))
        ixl_log(IXL_LOG_ERROR, "%s: the device was removed: close it", dev->info.address);
    return -IXL_ENODEV;
}

int ixl_look_for(struct ixl_device *dev)
{
    uint32_t vendor = 0;

    if (atomic_load_explicit(&dev->removed, memory_order_relaxed))
        return -IXL_ENODEV;
    if (dev->os->ops->cfg_read(dev->os, 0, 2, &vendor) < 0 || vendor != 0xffff)
        return 0;
    return ixl_removed(dev);
}

int ixl_wait_bits(struct ixl_device *dev, uint32_t reg, uint32_t mask, uint32_t want,
                  unsigned step_us, unsigned limit_us)
{
    unsigned step = step_us ? step_us : 1;

    /* Counted in steps, not by the clock: bounded even where time stands still. */
    for (unsigned waited = 0;; waited += step) {
        uint32_t val = ixl_read(dev, reg);
        if (val == UINT32_MAX)
            return ixl_removed(dev);
        if ((val & mask) == want)
            return 0;
        if (waited >= limit_us)
            return -IXL_ETIMEDOUT;
        ixl_delay_us(dev, step);
    }
}

/* ---- opening: finding out what it is ------------------------------------- */

static int no_such_index(struct ixl_os_bus *bus, unsigned index)
{
    struct ixl_os_dev_info info;
    unsigned n = 0;

    while (n < index && bus->ops->bus_scan(bus, n, &info) == 0)
        n++;
    ixl_log(IXL_LOG_ERROR, "there is no device %u on the bus: it has %u, counted from 0", index, n);
    return -IXL_ENOENT;
}

static int identify(struct ixl_bus *bus, unsigned index, struct ixl_os_dev_info *info,
                    const struct ixl_driver **drv, const struct ixl_pci_row **row)
{
    int err = bus->os->ops->bus_scan(bus->os, index, info);

    if (err == -IXL_ENOENT)
        return no_such_index(bus->os, index);
    if (err < 0)
        return err;
    *row = ixl_match(info, drv);
    if (*row)
        return 0;
    ixl_log(IXL_LOG_ERROR,
            "%s is a device %04x:%04x, which no driver of this library serves: "
            "choose another one",
            info->address, info->vendor, info->device);
    return -IXL_ENODEV;
}

static uint16_t at_most(uint16_t value, uint16_t limit)
{
    return value < limit ? value : limit;
}

static int create(struct ixl_bus *bus, unsigned index, const struct ixl_dev_cfg *cfg,
                  struct ixl_device **out)
{
    struct ixl_os_dev_info info = { .vendor = 0 };
    const struct ixl_driver *drv = NULL;
    const struct ixl_pci_row *row;
    int err = identify(bus, index, &info, &drv, &row);

    if (err || !drv)
        return err ? err : -IXL_ENODEV;
    struct ixl_device *dev = ixl_queue_alloc(drv->dev_size);
    if (!dev)
        return -IXL_ENOMEM;
    err = ixl_config_complete(cfg, row, &dev->cfg, dev->rss_key);
    if (err) {
        ixl_queue_free(dev);
        return err;
    }
    dev->drv = drv;
    dev->row = row;
    dev->info = info;
    dev->max_rx = at_most(row->max_rx, IXL_MAX_QUEUES);
    dev->max_tx = at_most(row->max_tx, IXL_MAX_QUEUES);
    dev->max_frame = row->max_frame;
    *out = dev;
    return 0;
}

/* ---- opening and closing ------------------------------------------------- */

/* A vector for each receive queue and one for everything else. None at all for polling. */
static int setup_irqs(struct ixl_device *dev)
{
    int32_t mode = dev->cfg.irq_timeout_ms;
    unsigned wanted = dev->cfg.num_rx_queues + 1u;

    dev->irq_kind = IXL_IRQ_NONE;
    if (mode == IXL_IRQ_POLL)
        return 0;
    int err = dev->os->ops->irq_setup(dev->os, wanted, &dev->irq_vectors, &dev->irq_kind);
    if (err < 0)
        return err;
    if (dev->irq_vectors > 0)
        return 0;
    if (mode == IXL_IRQ_EXTERNAL) {
        dev->os->ops->irq_teardown(dev->os);
        ixl_log(IXL_LOG_ERROR,
                "%s: no interrupt can be had for it, so there is none to wait on: "
                "set irq_timeout_ms to IXL_IRQ_POLL",
                dev->info.address);
        return -IXL_ENOTSUP;
    }
    ixl_log(IXL_LOG_WARN,
            "%s: no interrupt can be had for it: receive looks every millisecond "
            "instead of sleeping until a frame comes",
            dev->info.address);
    return 0;
}

static void teardown_irqs(struct ixl_device *dev)
{
    if (dev->cfg.irq_timeout_ms != IXL_IRQ_POLL)
        dev->os->ops->irq_teardown(dev->os);
}

/* The device may be running still, for a process that was killed: it falls silent before it is
 * allowed to reach memory again. */
static int start(struct ixl_device *dev)
{
    int err = dev->drv->quiesce ? dev->drv->quiesce(dev) : 0;

    if (!err)
        err = ixl_pci_command(dev->os, IXL_PCI_COMMAND_MASTER, 0);
    if (!err)
        err = dev->drv->start(dev);
    if (err)
        ixl_pci_master_off(dev->os);
    return err;
}

static void stop(struct ixl_device *dev)
{
    dev->drv->stop(dev);
    ixl_pci_master_off(dev->os);
}

/* Pools that other devices share keep the system's side of the device open; the last of them
 * closes it. */
static void release(struct ixl_device *dev)
{
    struct ixl_os_dev *os = dev->os;

    if (ixl_pools_close(dev) == 0)
        os->ops->dev_close(os);
}

/* A device whose BAR does not hold what its driver will touch is refused. */
static int map_bar0(struct ixl_device *dev)
{
    int err = dev->os->ops->bar_map(dev->os, 0, &dev->bar);

    if (err < 0 || dev->bar.size >= dev->drv->bar_size)
        return err;
    ixl_log(IXL_LOG_ERROR,
            "%s: its BAR 0 has %llu bytes, the registers take %llu: the device is broken or not "
            "what its PCI ID says",
            dev->info.address, (unsigned long long)dev->bar.size,
            (unsigned long long)dev->drv->bar_size);
    dev->os->ops->bar_unmap(dev->os, &dev->bar);
    return -IXL_EIO;
}

static int map_registers(struct ixl_device *dev)
{
    return dev->drv->map ? dev->drv->map(dev) : map_bar0(dev);
}

static void unmap_registers(struct ixl_device *dev)
{
    if (dev->drv->unmap)
        dev->drv->unmap(dev);
    else
        dev->os->ops->bar_unmap(dev->os, &dev->bar);
}

static int bring_up(struct ixl_device *dev, struct ixl_bus *bus, unsigned index)
{
    int err = bus->os->ops->dev_open(bus->os, index, &dev->os);

    if (err < 0)
        return err;
    err = map_registers(dev);
    if (err < 0)
        goto undo_open;
    err = setup_irqs(dev);
    if (err < 0)
        goto undo_map;
    ixl_settings_init(dev);
    err = start(dev);
    if (err < 0)
        goto undo_irqs;
    err = ixl_irq_start(dev);
    if (err < 0)
        goto undo_start;
    return 0;

undo_start:
    stop(dev);
undo_irqs:
    teardown_irqs(dev);
undo_map:
    unmap_registers(dev);
undo_open:
    release(dev);
    return err;
}

static void take_down(struct ixl_device *dev)
{
    ixl_irq_stop(dev);
    stop(dev);
    teardown_irqs(dev);
    unmap_registers(dev);
    release(dev);
}

int ixl_init(struct ixl_bus *bus, unsigned index, const struct ixl_dev_cfg *cfg,
             struct ixl_device **out)
{
    struct ixl_device *dev = NULL;

    if (out)
        *out = NULL;
    if (!bus || !out) {
        ixl_log(IXL_LOG_ERROR, "ixl_init needs a bus and a place for the device");
        return -IXL_EINVAL;
    }
    int err = create(bus, index, cfg, &dev);
    if (err)
        return err;
    err = bring_up(dev, bus, index);
    if (err < 0) {
        ixl_queue_free(dev);
        return err;
    }
    ixl_log(IXL_LOG_INFO, "%s: %s, driver %s", dev->info.address, dev->row->name, dev->drv->name);
    *out = dev;
    return 0;
}

/* Index of the first device that a driver serves. 0 as well if there is none, or no choice: then
 * ixl_init says what is wrong with that one. */
static unsigned first_served(struct ixl_os_bus *bus)
{
    const struct ixl_driver *drv;
    struct ixl_os_dev_info info;

    if (bus->ops->bus_scan(bus, 1, &info) == -IXL_ENOENT)
        return 0;
    for (unsigned i = 0; i < DEVICES_MAX; i++) {
        int err = bus->ops->bus_scan(bus, i, &info);
        if (err == -IXL_ENOENT)
            break;
        if (!err && ixl_match(&info, &drv))
            return i;
    }
    return 0;
}

int ixl_open(const char *address, const struct ixl_dev_cfg *cfg, struct ixl_device **out)
{
    struct ixl_bus *bus;

    if (out)
        *out = NULL;
    if (!address || !out) {
        ixl_log(IXL_LOG_ERROR, "ixl_open needs an address and a place for the device");
        return -IXL_EINVAL;
    }
    int err = ixl_bus_open(address, &bus);
    if (err < 0)
        return err;
    err = ixl_init(bus, first_served(bus->os), cfg, out);
    ixl_bus_close(bus);
    return err;
}

void ixl_close(struct ixl_device *dev)
{
    if (!dev)
        return;
    take_down(dev);
    ixl_queue_free(dev);
}

/* ---- the datapath's front door ------------------------------------------- */

/* Out of the way of the fast path: which of the arguments is wrong. */
static __attribute__((cold, noinline)) int wrong_call(const char *who, const struct ixl_device *dev,
                                                      uint16_t queue, uint16_t queues)
{
    if (!dev)
        ixl_log(IXL_LOG_ERROR, "%s needs a device", who);
    else if (queue >= queues)
        ixl_log(IXL_LOG_ERROR, "%s: there is no queue %u, the device has %u", who, queue, queues);
    else
        ixl_log(IXL_LOG_ERROR, "%s needs an array of buffers", who);
    return -IXL_EINVAL;
}

static bool is_removed(const struct ixl_device *dev)
{
    return atomic_load_explicit(&dev->removed, memory_order_relaxed);
}

/* The device is gone (but frames may have arrived before), or there may be something to wait for.
 */
static __attribute__((noinline)) int rx_patiently(struct ixl_device *dev, struct ixl_rxq *q,
                                                  struct pkt_buf **bufs, unsigned n)
{
    int got = q->burst(q, bufs, n);
    if (got != 0 || n == 0)
        return got;
    if (is_removed(dev))
        return -IXL_ENODEV;
    return q->waits ? ixl_rx_wait(q, bufs, n) : 0;
}

int ixl_rx_batch(struct ixl_device *dev, uint16_t queue, struct pkt_buf **bufs, unsigned n)
{
    if (__builtin_expect(!dev || queue >= dev->num_rx || !bufs, 0))
        return wrong_call("ixl_rx_batch", dev, queue, dev ? dev->num_rx : 0);

    struct ixl_rxq *q = dev->rxq[queue];
    if (__builtin_expect(q->waits || is_removed(dev), 0))
        return rx_patiently(dev, q, bufs, n);
    return q->burst(q, bufs, n);
}

static __attribute__((noinline)) int tx_removed(struct ixl_txq *q, struct pkt_buf **bufs,
                                                unsigned n)
{
    int sent = q->burst(q, bufs, n);
    return sent == 0 && n ? -IXL_ENODEV : sent;
}

int ixl_tx_batch(struct ixl_device *dev, uint16_t queue, struct pkt_buf **bufs, unsigned n)
{
    if (__builtin_expect(!dev || queue >= dev->num_tx || !bufs, 0))
        return wrong_call("ixl_tx_batch", dev, queue, dev ? dev->num_tx : 0);

    struct ixl_txq *q = dev->txq[queue];
    if (__builtin_expect(is_removed(dev), 0))
        return tx_removed(q, bufs, n);
    return q->burst(q, bufs, n);
}

int ixl_tx_reclaim(struct ixl_device *dev, uint16_t queue)
{
    if (!dev || queue >= dev->num_tx)
        return wrong_call("ixl_tx_reclaim", dev, queue, ixl_get_num_tx_queues(dev));
    return dev->txq[queue]->reclaim(dev->txq[queue]);
}
