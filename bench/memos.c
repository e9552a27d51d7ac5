// SPDX-License-Identifier: MIT
#include "memos.h"

#include "hugemem.h"
#include "lib/os/os.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    CONFIG_SIZE = 256,
    CHUNK = 4 << 20, // DMA memory is taken from the system in such pieces
    MAX_CHUNKS = 32,
};

struct bus {
    struct ixl_os_bus base;
    struct memnic *nic;
    unsigned number;
};

// DMA memory is handed out front to back and given back all at once.
struct device {
    struct ixl_os_dev base;
    struct memnic *nic;
    uint8_t config[CONFIG_SIZE];
    struct hugemem chunks[MAX_CHUNKS];
    unsigned chunk_count;
    size_t used; // of the last chunk
};

static struct memnic *plugged[MEMOS_MAX_NICS];

int memos_plug(struct memnic *nic)
{
    for (int i = 0; i < MEMOS_MAX_NICS; i++)
        if (!plugged[i]) {
            plugged[i] = nic;
            return i;
        }
    return -1;
}

void memos_unplug(int number)
{
    plugged[number] = NULL;
}

// ---- bus ----

static const struct ixl_os_ops mem_ops;

static int bus_open(const char *spec, struct ixl_os_bus **out)
{
    char *end;
    unsigned long number = strtoul(spec, &end, 10);
    if (end == spec || *end != '\0' || number >= MEMOS_MAX_NICS || !plugged[number])
        return -IXL_EINVAL;

    struct bus *bus = calloc(1, sizeof *bus);
    if (!bus)
        return -IXL_ENOMEM;
    bus->base.ops = &mem_ops;
    bus->nic = plugged[number];
    bus->number = (unsigned)number;
    *out = &bus->base;
    return 0;
}

static void bus_close(struct ixl_os_bus *bus)
{
    free(bus);
}

static int bus_scan(struct ixl_os_bus *base, unsigned index, struct ixl_os_dev_info *info)
{
    const struct bus *bus = (const struct bus *)base;
    const struct memnic_model *model = memnic_model(bus->nic);
    if (index != 0)
        return -IXL_ENOENT;

    *info = (struct ixl_os_dev_info){ .vendor = model->pci_vendor, .device = model->pci_device };
    snprintf(info->address, sizeof info->address, "mem:%u", bus->number);
    return 0;
}

// ---- device ----

static int dev_open(struct ixl_os_bus *base, unsigned index, struct ixl_os_dev **out)
{
    const struct bus *bus = (const struct bus *)base;
    const struct memnic_model *model = memnic_model(bus->nic);
    struct device *dev = index == 0 ? calloc(1, sizeof *dev) : NULL;
    if (!dev)
        return index == 0 ? -IXL_ENOMEM : -IXL_ENOENT;

    dev->base.ops = &mem_ops;
    dev->nic = bus->nic;
    dev->config[0] = (uint8_t)model->pci_vendor;
    dev->config[1] = (uint8_t)(model->pci_vendor >> 8);
    dev->config[2] = (uint8_t)model->pci_device;
    dev->config[3] = (uint8_t)(model->pci_device >> 8);
    dev->config[IXL_PCI_COMMAND] = IXL_PCI_COMMAND_MEMORY;
    *out = &dev->base;
    return 0;
}

static void dev_close(struct ixl_os_dev *base)
{
    struct device *dev = (struct device *)base;
    while (dev->chunk_count > 0)
        hugemem_free(&dev->chunks[--dev->chunk_count]);
    free(dev);
}

// There are no capabilities, so there are no interrupts but INTx.
static int cfg_read(struct ixl_os_dev *base, unsigned off, unsigned width, uint32_t *val)
{
    const struct device *dev = (const struct device *)base;
    *val = 0;
    for (unsigned i = 0; i < width && off + i < CONFIG_SIZE; i++)
        *val |= (uint32_t)dev->config[off + i] << 8 * i;
    return 0;
}

static int cfg_write(struct ixl_os_dev *base, unsigned off, unsigned width, uint32_t val)
{
    struct device *dev = (struct device *)base;
    for (unsigned i = 0; i < width && off + i < CONFIG_SIZE; i++)
        dev->config[off + i] = (uint8_t)(val >> 8 * i);
    return 0;
}

static int bar_map(struct ixl_os_dev *base, unsigned index, struct ixl_bar *out)
{
    const struct device *dev = (const struct device *)base;
    if (index != 0)
        return -IXL_ENOENT;
    *out = (struct ixl_bar){
        .mem = memnic_bar(dev->nic),
        .size = memnic_model(dev->nic)->bar_size,
    };
    return 0;
}

static void bar_unmap(struct ixl_os_dev *base, struct ixl_bar *bar)
{
    (void)base;
    bar->mem = NULL;
}

// ---- DMA memory ----

static bool add_chunk(struct device *dev, size_t size)
{
    if (dev->chunk_count == MAX_CHUNKS)
        return false;
    if (!hugemem_alloc(&dev->chunks[dev->chunk_count], size > CHUNK ? size : CHUNK))
        return false;
    dev->chunk_count++;
    dev->used = 0;
    return true;
}

static int dma_alloc(struct ixl_os_dev *base, size_t size, size_t align, struct ixl_dma *out)
{
    struct device *dev = (struct device *)base;
    size_t start = (dev->used + align - 1) & ~(align - 1);
    bool fits = dev->chunk_count > 0 && start + size <= dev->chunks[dev->chunk_count - 1].size;
    if (!fits) {
        if (!add_chunk(dev, size))
            return -IXL_ENOMEM;
        start = 0;
    }
    uint8_t *virt = (uint8_t *)dev->chunks[dev->chunk_count - 1].base + start;
    dev->used = start + size;
    *out = (struct ixl_dma){ .virt = virt, .addr = (uintptr_t)virt, .size = size };
    return 0;
}

static void dma_free(struct ixl_os_dev *base, struct ixl_dma *mem)
{
    (void)base;
    (void)mem;
}

static int dma_share(struct ixl_os_dev *base, const struct ixl_os_dev *home,
                     const struct ixl_dma *mem, uint64_t *addr)
{
    (void)base;
    (void)home;
    *addr = mem->addr;
    return 0;
}

static void dma_unshare(struct ixl_os_dev *base, const struct ixl_dma *mem, uint64_t addr)
{
    (void)base;
    (void)mem;
    (void)addr;
}

// ---- interrupts: none ----

static int irq_setup(struct ixl_os_dev *base, unsigned wanted, unsigned *granted,
                     enum ixl_irq_kind *kind)
{
    (void)base;
    (void)wanted;
    *granted = 0;
    *kind = IXL_IRQ_NONE;
    return 0;
}

static void irq_teardown(struct ixl_os_dev *base)
{
    (void)base;
}

static int irq_refuse(struct ixl_os_dev *base, unsigned vector)
{
    (void)base;
    (void)vector;
    return -IXL_ENOTSUP;
}

static int irq_wait(struct ixl_os_dev *base, unsigned vector, int64_t timeout_us)
{
    (void)timeout_us;
    return irq_refuse(base, vector);
}

static ixl_irq_t irq_native(struct ixl_os_dev *base, unsigned vector)
{
    (void)base;
    (void)vector;
    return IXL_IRQ_INVALID;
}

// ---- time ----

static uint64_t now_ns(struct ixl_os_dev *base)
{
    (void)base;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// Waiting is what gives the hardware time to act; it needs none here.
static void delay_us(struct ixl_os_dev *base, unsigned us)
{
    (void)us;
    memnic_attend(((struct device *)base)->nic);
    sched_yield();
}

static const struct ixl_os_ops mem_ops = {
    .scheme = "mem",
    .help = "mem:NUMBER - a NIC made of memory",
    .bus_open = bus_open,
    .bus_close = bus_close,
    .bus_scan = bus_scan,
    .dev_open = dev_open,
    .dev_close = dev_close,
    .cfg_read = cfg_read,
    .cfg_write = cfg_write,
    .bar_map = bar_map,
    .bar_unmap = bar_unmap,
    .dma_alloc = dma_alloc,
    .dma_free = dma_free,
    .dma_share = dma_share,
    .dma_unshare = dma_unshare,
    .irq_setup = irq_setup,
    .irq_teardown = irq_teardown,
    .irq_bind = irq_refuse,
    .irq_wait = irq_wait,
    .irq_unmask = irq_refuse,
    .irq_mask = irq_refuse,
    .irq_native = irq_native,
    .now_ns = now_ns,
    .delay_us = delay_us,
};

// Stands in for the library's own table.
const struct ixl_os_ops *const ixl_os_table[] = { &mem_ops, NULL };
