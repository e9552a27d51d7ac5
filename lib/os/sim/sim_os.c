// SPDX-License-Identifier: MIT
/* The sim backend: buses of software NICs, their configuration space and registers, time. */
#include "lib/os/sim/sim_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/os/sim/sim_hooks.h"

#define NICS_MAX    64u
/* Shorter delays are spun: a sleep takes longer than they do. */
#define SPIN_MAX_US 20u
#define IDENTITY    0x00u
#define REVISION    0x08u
#define SUBSYSTEM   0x2cu

extern const struct ixl_os_ops ixl_sim_os;

/* ---- slots --------------------------------------------------------------- */

/* Device addresses of one slot mean nothing to another, and none is a pointer. */
static uint64_t next_offset(void)
{
    static _Atomic unsigned serial;
    unsigned n = atomic_fetch_add(&serial, 1);

    return (uint64_t)(n % 0xfffeu + 1) << 48;
}

static void tell_violation(void *ctx, const char *what)
{
    const struct soft_slot *slot = ctx;

    ixl_log(IXL_LOG_ERROR, "model: %s: %s", slot->info.address, what);
}

static void identify(struct soft_slot *slot)
{
    uint32_t id = sim_cfg_read(slot->nic, IDENTITY, 4);
    uint32_t sub = sim_cfg_read(slot->nic, SUBSYSTEM, 4);

    slot->info.vendor = (uint16_t)id;
    slot->info.device = (uint16_t)(id >> 16);
    slot->info.subvendor = (uint16_t)sub;
    slot->info.subdevice = (uint16_t)(sub >> 16);
    slot->info.revision = (uint8_t)sim_cfg_read(slot->nic, REVISION, 1);
}

static void destroy_slot(struct soft_slot *slot)
{
    sim_destroy(slot->nic);
    soft_map_fini(&slot->map);
    pthread_mutex_destroy(&slot->irqs.lock);
    free(slot);
}

static struct soft_slot *create_slot(struct soft_bus *bus, const struct soft_spec *spec,
                                     const char *model)
{
    struct soft_slot *slot = calloc(1, sizeof(*slot));
    const struct sim_host host = { slot,     soft_map_read, soft_map_write,
                                   soft_msi, soft_intx,     tell_violation };
    char why[160] = "no memory";

    if (!slot) {
        ixl_log(IXL_LOG_ERROR, "sim:%s: %s", model, why);
        return NULL;
    }
    slot->dev.ops = &ixl_sim_os;
    slot->bus = bus;
    slot->spec = *spec;
    slot->offset = next_offset();
    atomic_store(&slot->allocations, -1);
    pthread_mutex_init(&slot->irqs.lock, NULL);
    snprintf(slot->info.address, sizeof(slot->info.address), "sim:%.19s%s", model, spec->text);
    if (soft_map_init(&slot->map) == 0) {
        slot->nic = sim_create(model, &spec->opt, &host, why, sizeof(why));
        if (slot->nic) {
            identify(slot);
            return slot;
        }
        soft_map_fini(&slot->map);
    }
    ixl_log(IXL_LOG_ERROR, "sim:%s: %s", model, why);
    pthread_mutex_destroy(&slot->irqs.lock);
    free(slot);
    return NULL;
}

/* ---- buses --------------------------------------------------------------- */

static int add(struct soft_bus *bus, const struct soft_spec *spec, const char *model)
{
    if (bus->n == NICS_MAX) {
        ixl_log(IXL_LOG_ERROR, "a bus of software NICs has %u at most", NICS_MAX);
        return -IXL_EINVAL;
    }
    struct soft_slot *slot = create_slot(bus, spec, model);
    if (!slot)
        return -IXL_ENOMEM;
    bus->slot[bus->n++] = slot;
    return 0;
}

static int add_item(struct soft_bus *bus, const char *item, size_t len)
{
    struct soft_spec spec;
    const struct sim_model_info *m;
    int err = soft_parse(item, len, &spec);

    if (err || spec.model[0])
        return err ? err : add(bus, &spec, spec.model);
    for (unsigned i = 0; !err && (m = sim_model_list(i)) != NULL; i++)
        err = add(bus, &spec, m->name);
    return err;
}

static void destroy_bus(struct soft_bus *bus)
{
    for (unsigned i = 0; i < bus->n; i++)
        destroy_slot(bus->slot[i]);
    free(bus->slot);
    pthread_mutex_destroy(&bus->lock);
    free(bus);
}

static struct soft_bus *create_bus(void)
{
    struct soft_bus *bus = calloc(1, sizeof(*bus));

    if (bus)
        bus->slot = calloc(NICS_MAX, sizeof(struct soft_slot *));
    if (!bus || !bus->slot) {
        ixl_log(IXL_LOG_ERROR, "no memory for a bus of software NICs");
        free(bus);
        return NULL;
    }
    bus->base.ops = &ixl_sim_os;
    bus->refs = 1;
    pthread_mutex_init(&bus->lock, NULL);
    return bus;
}

static int bus_open(const char *spec, struct ixl_os_bus **out)
{
    struct soft_bus *bus = create_bus();

    if (!bus)
        return -IXL_ENOMEM;
    for (const char *item = spec;;) {
        size_t len = strcspn(item, ";");
        bool nothing = len == 0 && strchr(spec, ';');
        if (nothing)
            ixl_log(IXL_LOG_ERROR, "sim:%.60s: there is no device before or behind a \";\"", spec);
        int err = nothing ? -IXL_EINVAL : add_item(bus, item, len);
        if (err) {
            destroy_bus(bus);
            return err;
        }
        if (!item[len])
            break;
        item += len + 1;
    }
    *out = &bus->base;
    return 0;
}

static void put(struct soft_bus *bus)
{
    pthread_mutex_lock(&bus->lock);
    bool last = --bus->refs == 0;
    pthread_mutex_unlock(&bus->lock);
    if (last)
        destroy_bus(bus);
}

static void bus_close(struct ixl_os_bus *base)
{
    put((struct soft_bus *)base);
}

static int bus_scan(struct ixl_os_bus *base, unsigned index, struct ixl_os_dev_info *info)
{
    struct soft_bus *bus = (struct soft_bus *)base;

    if (index >= bus->n)
        return -IXL_ENOENT;
    *info = bus->slot[index]->info;
    return 0;
}

/* ---- devices ------------------------------------------------------------- */

static int attach_wire(struct soft_slot *slot)
{
    char why[160] = "";

    if (slot->wired || !slot->spec.wire[0])
        return 0;
    struct sim_wire *wire = sim_wire_open(slot->spec.wire, why, sizeof(why));
    if (!wire) {
        ixl_log(IXL_LOG_ERROR, "%s: the wire \"%s\" cannot be had: %s", slot->info.address,
                slot->spec.wire, why);
        return -IXL_EINVAL;
    }
    sim_attach(slot->nic, wire);
    slot->wired = true;
    return 0;
}

static int claim(struct soft_bus *bus, struct soft_slot *slot)
{
    pthread_mutex_lock(&bus->lock);
    bool taken = slot->open;
    if (!taken) {
        slot->open = true;
        bus->refs++;
    }
    pthread_mutex_unlock(&bus->lock);
    if (!taken)
        return 0;
    ixl_log(IXL_LOG_ERROR, "%s is open already: close it first", slot->info.address);
    return -IXL_EBUSY;
}

static void unclaim(struct soft_slot *slot)
{
    pthread_mutex_lock(&slot->bus->lock);
    slot->open = false;
    pthread_mutex_unlock(&slot->bus->lock);
    put(slot->bus);
}

static int dev_open(struct ixl_os_bus *base, unsigned index, struct ixl_os_dev **out)
{
    struct soft_bus *bus = (struct soft_bus *)base;

    if (index >= bus->n)
        return -IXL_ENOENT;
    struct soft_slot *slot = bus->slot[index];
    int err = claim(bus, slot);
    if (err)
        return err;
    atomic_store(&slot->severed, false);
    soft_map_set_gone(&slot->map, false);
    err = ixl_pci_command(&slot->dev, IXL_PCI_COMMAND_MEMORY, IXL_PCI_COMMAND_MASTER);
    if (!err)
        err = attach_wire(slot);
    if (err) {
        unclaim(slot);
        return err;
    }
    soft_irq_teardown(&slot->dev);
    *out = &slot->dev;
    return 0;
}

static void dev_close(struct ixl_os_dev *dev)
{
    struct soft_slot *slot = soft_slot(dev);

    ixl_pci_master_off(dev);
    soft_irq_teardown(dev);
    soft_map_clear(&slot->map);
    unclaim(slot);
}

static int cfg_read(struct ixl_os_dev *dev, unsigned off, unsigned width, uint32_t *val)
{
    struct soft_slot *slot = soft_slot(dev);
    uint32_t ones = width >= 4 ? UINT32_MAX : (1u << (8 * width)) - 1;

    *val = atomic_load(&slot->severed) ? ones : sim_cfg_read(slot->nic, off, width);
    return 0;
}

static int cfg_write(struct ixl_os_dev *dev, unsigned off, unsigned width, uint32_t val)
{
    struct soft_slot *slot = soft_slot(dev);

    if (!atomic_load(&slot->severed))
        sim_cfg_write(slot->nic, off, width, val);
    return 0;
}

/* ---- registers ----------------------------------------------------------- */

static uint32_t bar_read(const struct ixl_bar *bar, uint32_t off, unsigned width)
{
    struct soft_slot *slot = bar->ctx;

    if (atomic_load_explicit(&slot->severed, memory_order_relaxed))
        return UINT32_MAX;
    return (uint32_t)sim_mmio_read(slot->nic, bar->index, off, width);
}

static void bar_write(const struct ixl_bar *bar, uint32_t off, unsigned width, uint32_t val)
{
    struct soft_slot *slot = bar->ctx;

    if (!atomic_load_explicit(&slot->severed, memory_order_relaxed))
        sim_mmio_write(slot->nic, bar->index, off, width, val);
}

static int bar_map(struct ixl_os_dev *dev, unsigned index, struct ixl_bar *out)
{
    struct soft_slot *slot = soft_slot(dev);
    uint64_t size = sim_bar_size(slot->nic, index);

    if (size == 0) {
        ixl_log(IXL_LOG_ERROR, "%s has no BAR %u", slot->info.address, index);
        return -IXL_ENOENT;
    }
    *out = (struct ixl_bar){
        .size = size, .read = bar_read, .write = bar_write, .ctx = slot, .index = index
    };
    return 0;
}

static void bar_unmap(struct ixl_os_dev *dev, struct ixl_bar *bar)
{
    (void)dev;
    memset(bar, 0, sizeof(*bar));
}

/* ---- time ---------------------------------------------------------------- */

static uint64_t now_ns(struct ixl_os_dev *dev)
{
    struct timespec ts;

    (void)dev;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void sleep_until(uint64_t ns)
{
    struct timespec ts = { (time_t)(ns / 1000000000u), (long)(ns % 1000000000u) };

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
        ;
}

static void delay_us(struct ixl_os_dev *dev, unsigned us)
{
    struct soft_slot *slot = soft_slot(dev);
    uint64_t end = now_ns(dev) + (uint64_t)us * 1000u;

    if (us > SPIN_MAX_US)
        sleep_until(end);
    while (now_ns(dev) < end)
        ;
    if (slot->spec.opt.engine == SIM_ENGINE_INLINE)
        sim_step(slot->nic); /* its timers have no thread */
}

/* ---- for tests ----------------------------------------------------------- */

static struct soft_slot *slot_at(struct ixl_os_bus *base, unsigned index)
{
    struct soft_bus *bus = (struct soft_bus *)base;

    return base->ops == &ixl_sim_os && index < bus->n ? bus->slot[index] : NULL;
}

struct sim_nic *ixl_sim_dev_nic(struct ixl_os_dev *dev)
{
    return dev->ops == &ixl_sim_os ? soft_slot(dev)->nic : NULL;
}

struct sim_nic *ixl_sim_bus_nic(struct ixl_os_bus *base, unsigned index)
{
    struct soft_slot *slot = slot_at(base, index);

    return slot ? slot->nic : NULL;
}

void ixl_sim_dev_sever(struct ixl_os_dev *dev)
{
    if (dev->ops != &ixl_sim_os)
        return;
    atomic_store(&soft_slot(dev)->severed, true);
    soft_map_set_gone(&soft_slot(dev)->map, true);
}

void ixl_sim_bus_limit(struct ixl_os_bus *base, unsigned index, int good)
{
    struct soft_slot *slot = slot_at(base, index);

    if (slot)
        atomic_store(&slot->allocations, good);
}

unsigned ixl_sim_bus_regions(struct ixl_os_bus *base, unsigned index)
{
    struct soft_slot *slot = slot_at(base, index);
    unsigned n = 0;

    if (slot) {
        pthread_rwlock_rdlock(&slot->map.lock);
        n = slot->map.n;
        pthread_rwlock_unlock(&slot->map.lock);
    }
    return n;
}

/* ---- the table ----------------------------------------------------------- */

const struct ixl_os_ops ixl_sim_os = {
    .scheme = "sim",
    .help = "sim:MODEL[,wire=...][,mac=...][;MODEL...]  software NICs; \"sim:\" is one of each",
    .bus_open = bus_open,
    .bus_close = bus_close,
    .bus_scan = bus_scan,
    .dev_open = dev_open,
    .dev_close = dev_close,
    .cfg_read = cfg_read,
    .cfg_write = cfg_write,
    .bar_map = bar_map,
    .bar_unmap = bar_unmap,
    .dma_alloc = soft_dma_alloc,
    .dma_free = soft_dma_free,
    .dma_share = soft_dma_share,
    .dma_unshare = soft_dma_unshare,
    .irq_setup = soft_irq_setup,
    .irq_teardown = soft_irq_teardown,
    .irq_bind = soft_irq_bind,
    .irq_wait = soft_irq_wait,
    .irq_unmask = soft_irq_unmask,
    .irq_mask = soft_irq_mask,
    .irq_native = soft_irq_native,
    .now_ns = now_ns,
    .delay_us = delay_us,
};
