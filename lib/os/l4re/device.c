// SPDX-License-Identifier: MIT
/* Devices of a virtual bus: opening, configuration space, BARs; and the table of the backend. */
#include "lib/os/l4re/l4re_os.h"

#include <stdlib.h>
#include <string.h>

#include <l4/re/c/rm.h>
#include <l4/sys/consts.h>
#include <l4/vbus/vbus_pci.h>

/* io names a BAR resource "BAR0" to "BAR5": these bytes, in memory order. */
#define BAR_NAME(index)                                                                            \
    {                                                                                              \
        'B', 'A', 'R', (char)('0' + (index))                                                       \
    }

/* ---- who has what -------------------------------------------------------- */

static pthread_mutex_t open_lock = PTHREAD_MUTEX_INITIALIZER;
static struct l4_dev *open_devs;

/* The lowest number no open device has. Lock held. */
static unsigned free_window(void)
{
    unsigned window = 0;

    for (const struct l4_dev *d = open_devs; d;) {
        bool used = d->window == window;
        window += used;
        d = used ? open_devs : d->next;
    }
    return window;
}

static bool claim(struct l4_dev *dev)
{
    bool taken = false;

    pthread_mutex_lock(&open_lock);
    for (const struct l4_dev *d = open_devs; d; d = d->next)
        taken |= d->vbus == dev->vbus && d->handle == dev->handle;
    if (!taken) {
        dev->window = free_window();
        dev->next = open_devs;
        open_devs = dev;
    }
    pthread_mutex_unlock(&open_lock);
    return !taken;
}

static void unclaim(const struct l4_dev *dev)
{
    pthread_mutex_lock(&open_lock);
    for (struct l4_dev **at = &open_devs; *at; at = &(*at)->next) {
        if (*at == dev) {
            *at = dev->next;
            break;
        }
    }
    pthread_mutex_unlock(&open_lock);
}

/* ---- configuration space ------------------------------------------------- */

static int cfg_read(struct ixl_os_dev *base, unsigned off, unsigned width, uint32_t *val)
{
    struct l4_dev *dev = l4_dev(base);
    int err = l4_cfg_read(dev->vbus, dev->handle, off, width, val);

    return err ? l4_fail(dev->address, "its configuration space cannot be read", err, NULL) : 0;
}

static int cfg_write(struct ixl_os_dev *base, unsigned off, unsigned width, uint32_t val)
{
    struct l4_dev *dev = l4_dev(base);
    int err = l4vbus_pcidev_cfg_write(dev->vbus, dev->handle, off, val, width * 8);

    return err < 0 ? l4_fail(dev->address, "its configuration space cannot be written", err, NULL)
                   : 0;
}

/* ---- BARs ---------------------------------------------------------------- */

static int find_bar(struct l4_dev *dev, unsigned index, l4vbus_resource_t *res)
{
    const char name[4] = BAR_NAME(index);

    for (unsigned i = 0; i < dev->num_resources; i++) {
        int err = l4vbus_get_resource(dev->vbus, dev->handle, i, res);
        if (err < 0)
            return l4_fail(dev->address, "its resources cannot be read", err, NULL);
        if (res->type == L4VBUS_RESOURCE_MEM && memcmp(&res->id, name, sizeof(name)) == 0 &&
            res->end > res->start)
            return 0;
    }
    ixl_log(IXL_LOG_ERROR, "%s has no memory BAR %u on this virtual bus: look at io's log",
            dev->address, index);
    return -IXL_ENOENT;
}

/* A free place to remember what is attached, NULL if the caller maps without end. */
static void **free_place(struct l4_dev *dev)
{
    for (unsigned i = 0; i < BARS_MAX; i++)
        if (!dev->bars[i])
            return &dev->bars[i];
    return NULL;
}

static int bar_map(struct ixl_os_dev *base, unsigned index, struct ixl_bar *out)
{
    struct l4_dev *dev = l4_dev(base);
    l4vbus_resource_t res;
    int err = find_bar(dev, index, &res);
    void **place = free_place(dev), *virt = NULL;

    if (err)
        return err;
    if (!place) {
        ixl_log(IXL_LOG_ERROR, "%s: more than %u BARs are mapped at once: unmap some", dev->address,
                BARS_MAX);
        return -IXL_ENOMEM;
    }
    unsigned long in_page = res.start & (L4_PAGESIZE - 1), size = res.end - res.start + 1;
    err = l4re_rm_attach(&virt, in_page + size,
                         L4RE_RM_F_SEARCH_ADDR | L4RE_RM_F_EAGER_MAP | L4RE_RM_F_RW |
                             L4RE_RM_F_CACHE_UNCACHED,
                         dev->vbus | L4_CAP_FPAGE_RW, res.start - in_page, L4_PAGESHIFT);
    if (err < 0)
        return l4_fail(dev->address, "its registers cannot be mapped", err, NULL);
    *place = virt;
    *out = (struct ixl_bar){
        .mem = (volatile uint8_t *)virt + in_page, .size = size, .ctx = virt, .index = index
    };
    return 0;
}

static void detach_bar(struct l4_dev *dev, void **place)
{
    int err = l4re_rm_detach(*place);

    if (err < 0)
        l4_fail(dev->address, "its registers cannot be unmapped", err, NULL);
    *place = NULL;
}

static void bar_unmap(struct ixl_os_dev *base, struct ixl_bar *bar)
{
    struct l4_dev *dev = l4_dev(base);

    for (unsigned i = 0; i < BARS_MAX; i++) {
        if (bar->ctx && dev->bars[i] == bar->ctx) {
            detach_bar(dev, &dev->bars[i]);
            break;
        }
    }
    memset(bar, 0, sizeof(*bar));
}

/* ---- life ---------------------------------------------------------------- */

static struct l4_dev *create(struct vbus *bus, unsigned number, l4vbus_device_handle_t handle,
                             const l4vbus_device_t *device)
{
    struct l4_dev *dev = calloc(1, sizeof(*dev));

    if (!dev) {
        ixl_log(IXL_LOG_ERROR, "no memory for a device of the virtual bus");
        return NULL;
    }
    dev->base.ops = &ixl_l4re_os;
    dev->vbus = bus->cap;
    dev->handle = handle;
    dev->num_resources = device->num_resources;
    dev->dma_space = L4_INVALID_CAP;
    dev->irqs.icu = L4_INVALID_CAP;
    l4_bus_address(bus, number, dev->address);
    pthread_mutex_init(&dev->lock, NULL);
    return dev;
}

static void destroy(struct l4_dev *dev)
{
    pthread_mutex_destroy(&dev->lock);
    free(dev);
}

static int dev_open(struct ixl_os_bus *base, unsigned index, struct ixl_os_dev **out)
{
    struct vbus *bus = (struct vbus *)base;
    l4vbus_device_handle_t handle;
    l4vbus_device_t device;
    unsigned number;
    int err = l4_bus_find(bus, index, &handle, &device, &number);

    if (err)
        return err;
    struct l4_dev *dev = create(bus, number, handle, &device);
    if (!dev)
        return -IXL_ENOMEM;
    if (!claim(dev)) {
        ixl_log(IXL_LOG_ERROR, "%s is open already: close it first", dev->address);
        destroy(dev);
        return -IXL_EBUSY;
    }
    err = ixl_pci_command(&dev->base, IXL_PCI_COMMAND_MEMORY, IXL_PCI_COMMAND_MASTER);
    if (!err)
        err = l4_irq_silence(dev);
    if (!err)
        err = l4_dma_open(dev);
    if (err) {
        unclaim(dev);
        destroy(dev);
        return err;
    }
    *out = &dev->base;
    return 0;
}

static void dev_close(struct ixl_os_dev *base)
{
    struct l4_dev *dev = l4_dev(base);
    uint32_t vendor = 0;

    if (l4_cfg_read(dev->vbus, dev->handle, 0, 2, &vendor) == 0 && vendor != 0xffff)
        ixl_pci_command(base, 0, IXL_PCI_COMMAND_MASTER);
    l4_irq_teardown(base);
    for (unsigned i = 0; i < BARS_MAX; i++)
        if (dev->bars[i])
            detach_bar(dev, &dev->bars[i]);
    l4_dma_close(dev);
    unclaim(dev);
    destroy(dev);
}

/* ---- the table ----------------------------------------------------------- */

const struct ixl_os_ops ixl_l4re_os = {
    .scheme = "vbus",
    .help = "vbus:[NAME:][NUMBER|PCI/MATCH]  PCI devices of a virtual bus capability (\"vbus\")",
    .bus_open = l4_bus_open,
    .bus_close = l4_bus_close,
    .bus_scan = l4_bus_scan,
    .dev_open = dev_open,
    .dev_close = dev_close,
    .cfg_read = cfg_read,
    .cfg_write = cfg_write,
    .bar_map = bar_map,
    .bar_unmap = bar_unmap,
    .dma_alloc = l4_dma_alloc,
    .dma_free = l4_dma_free,
    .dma_share = l4_dma_share,
    .dma_unshare = l4_dma_unshare,
    .irq_setup = l4_irq_setup,
    .irq_teardown = l4_irq_teardown,
    .irq_bind = l4_irq_vector_bind,
    .irq_wait = l4_irq_vector_wait,
    .irq_unmask = l4_irq_vector_unmask,
    .irq_mask = l4_irq_vector_mask,
    .irq_native = l4_irq_vector_native,
    .now_ns = l4_now_ns,
    .delay_us = l4_delay_us,
};
