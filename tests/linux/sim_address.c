// SPDX-License-Identifier: MIT
/*
 * "sim:MODEL,..." as an address of software NICs behind the Linux backend: PCI functions with these
 * NICs are put into the fake kernel, and the backend opens them. So every test that names its
 * device by such an address runs through lib/os/linux unchanged; what they may do beyond the seam
 * (lib/os/sim/sim_hooks.h) is done here to the fake kernel.
 */
#include "tests/linux/sim_address.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/linux/linux_os.h"
#include "lib/os/sim/sim_hooks.h"
#include "lib/os/sim/sim_priv.h"
#include "tests/linux/fake.h"

#define NICS_MAX 16u
#define SLICE_US 1000

/* A bus of such an address: it lives as long as it is open or a device of it is. */
struct place {
    struct place *next;
    struct ixl_os_bus *bus;
    unsigned refs;
    struct soft_spec spec[NICS_MAX];
    struct fake_dev *dev[NICS_MAX];
    struct lx_dev *open[NICS_MAX];
    bool wired[NICS_MAX];
    unsigned n;
};

static struct place *places;
static pthread_mutex_t places_lock = PTHREAD_MUTEX_INITIALIZER;
static struct ixl_os_ops bus_ops, dev_ops; /* those of the backend, see fill_tables */
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;

/* ---- making a bus -------------------------------------------------------------------------- */

static int add(struct place *p, const struct soft_spec *spec, const char *model)
{
    struct fake_options opt = { .hide_msix = spec->best_irq < IXL_IRQ_MSIX,
                                .hide_msi = spec->best_irq < IXL_IRQ_MSI,
                                .no_line = spec->best_irq < IXL_IRQ_INTX,
                                .irq_limit = spec->max_vectors,
                                .noiommu = getenv("FAKE_LINUX_NO_IOMMU") != NULL };

    if (p->n == NICS_MAX || !(p->dev[p->n] = fake_add(model, &spec->opt, &opt)))
        return -IXL_ENOMEM;
    p->spec[p->n++] = *spec;
    return 0;
}

static int add_item(struct place *p, const char *item, size_t len)
{
    const struct sim_model_info *m;
    struct soft_spec spec;
    int err = soft_parse(item, len, &spec);

    if (err || spec.model[0])
        return err ? err : add(p, &spec, spec.model);
    for (unsigned i = 0; !err && (m = sim_model_list(i)) != NULL; i++)
        err = add(p, &spec, m->name);
    return err;
}

static int add_items(struct place *p, const char *spec)
{
    for (const char *item = spec;;) {
        size_t len = strcspn(item, ";");
        int err = add_item(p, item, len);
        if (err || !item[len])
            return err;
        item += len + 1;
    }
}

static void put(struct place *p)
{
    pthread_mutex_lock(&places_lock);
    bool last = --p->refs == 0;
    for (struct place **at = &places; last && *at; at = &(*at)->next) {
        if (*at == p) {
            *at = p->next;
            break;
        }
    }
    pthread_mutex_unlock(&places_lock);
    if (!last)
        return;
    for (unsigned i = 0; i < p->n; i++)
        fake_remove(p->dev[i]);
    free(p);
}

static struct place *place_of_bus(const struct ixl_os_bus *bus)
{
    struct place *p;

    pthread_mutex_lock(&places_lock);
    for (p = places; p && p->bus != bus; p = p->next)
        ;
    pthread_mutex_unlock(&places_lock);
    return p;
}

/* And its number there. */
static struct place *place_of_dev(const struct ixl_os_dev *dev, unsigned *index)
{
    struct place *p, *found = NULL;

    pthread_mutex_lock(&places_lock);
    for (p = places; p && !found; p = p->next) {
        for (unsigned i = 0; i < p->n && !found; i++) {
            if ((const struct ixl_os_dev *)p->open[i] == dev) {
                *index = i;
                found = p;
            }
        }
    }
    pthread_mutex_unlock(&places_lock);
    return found;
}

/* ---- the table ----------------------------------------------------------------------------- */

static void fill_tables(void);

static int open_place(struct place *p, struct ixl_os_bus **out)
{
    char address[NICS_MAX * LX_BDF_SIZE] = "";

    for (unsigned i = 0; i < p->n; i++) {
        size_t used = strlen(address);
        snprintf(address + used, sizeof(address) - used, "%s%s", i ? ";" : "", fake_bdf(p->dev[i]));
    }
    return ixl_linux_os.bus_open(address, out);
}

static int bus_open(const char *spec, struct ixl_os_bus **out)
{
    struct place *p = calloc(1, sizeof(*p));

    if (!p)
        return -IXL_ENOMEM;
    p->refs = 1;
    if (getenv("FAKE_LINUX_NO_IOMMU")) {
        struct fake_kernel kernel = fake_usual();
        kernel.large_pages = 1000;
        fake_boot(&kernel);
    }
    int err = add_items(p, spec);
    if (!err)
        err = open_place(p, out);
    if (err) {
        put(p);
        return err;
    }
    p->bus = *out;
    pthread_mutex_lock(&places_lock);
    p->next = places;
    places = p;
    pthread_mutex_unlock(&places_lock);
    pthread_once(&tables_once, fill_tables);
    (*out)->ops = &bus_ops;
    return 0;
}

static void bus_close(struct ixl_os_bus *bus)
{
    struct place *p = place_of_bus(bus);

    ixl_linux_os.bus_close(bus);
    p->bus = NULL;
    fake_heal(FAKE_MAP_DMA);
    fake_heal(FAKE_MMAP);
    put(p);
}

static int attach_wire(struct place *p, unsigned index)
{
    char why[160];

    if (p->wired[index] || !p->spec[index].wire[0])
        return 0;
    struct sim_wire *wire = sim_wire_open(p->spec[index].wire, why, sizeof(why));
    if (!wire) {
        ixl_log(IXL_LOG_ERROR, "the wire \"%s\" cannot be had: %s", p->spec[index].wire, why);
        return -IXL_EINVAL;
    }
    sim_attach(fake_nic(p->dev[index]), wire);
    p->wired[index] = true;
    return 0;
}

static int dev_open(struct ixl_os_bus *bus, unsigned index, struct ixl_os_dev **out)
{
    struct place *p = place_of_bus(bus);
    int err = index < p->n ? attach_wire(p, index) : 0;

    if (!err)
        err = ixl_linux_os.dev_open(bus, index, out);
    if (err)
        return err;
    pthread_mutex_lock(&places_lock);
    p->open[index] = lx_dev(*out);
    p->refs++;
    pthread_mutex_unlock(&places_lock);
    (*out)->ops = &dev_ops;
    return 0;
}

static void dev_close(struct ixl_os_dev *dev)
{
    unsigned index = 0;
    struct place *p = place_of_dev(dev, &index);

    pthread_mutex_lock(&places_lock);
    p->open[index] = NULL;
    pthread_mutex_unlock(&places_lock);
    ixl_linux_os.dev_close(dev);
    fake_sever(p->dev[index], false); /* the next owner is another program */
    put(p);
}

/* NICs without a thread have timers nobody looks at. */
static bool step_inline(const struct place *p)
{
    bool any = false;

    for (unsigned i = 0; i < p->n; i++) {
        if (p->spec[i].opt.engine != SIM_ENGINE_INLINE)
            continue;
        sim_step(fake_nic(p->dev[i]));
        any = true;
    }
    return any;
}

static void delay_us(struct ixl_os_dev *dev, unsigned us)
{
    unsigned index = 0;

    ixl_linux_os.delay_us(dev, us);
    step_inline(place_of_dev(dev, &index));
}

static int irq_wait(struct ixl_os_dev *dev, unsigned vector, int64_t timeout_us)
{
    unsigned index = 0;
    struct place *p = place_of_dev(dev, &index);
    int64_t left = timeout_us < 0 ? 500000 : timeout_us;

    while (step_inline(p) && left > SLICE_US) {
        int got = ixl_linux_os.irq_wait(dev, vector, SLICE_US);
        if (got != 0)
            return got;
        left -= SLICE_US;
    }
    return ixl_linux_os.irq_wait(dev, vector, timeout_us < 0 && left == 500000 ? -1 : left);
}

static void fill_tables(void)
{
    bus_ops = dev_ops = ixl_linux_os;
    bus_ops.bus_close = bus_close;
    bus_ops.dev_open = dev_open;
    dev_ops.dev_close = dev_close;
    dev_ops.delay_us = delay_us;
    dev_ops.irq_wait = irq_wait;
}

const struct ixl_os_ops sim_through_linux = {
    .scheme = "sim",
    .help = "sim:MODEL[,OPTIONS][;MODEL...]  software NICs as PCI functions",
    .bus_open = bus_open,
};

/* Only where a test brings it along; else it ends the table. */
extern const struct ixl_os_ops ixl_qtest_ops __attribute__((weak));

const struct ixl_os_ops *const ixl_os_table[] = {
    &ixl_linux_os,
    &sim_through_linux,
    &ixl_qtest_ops,
    NULL,
};

/* ---- what tests do beyond the seam ---------------------------------------------------------- */

struct sim_nic *ixl_sim_dev_nic(struct ixl_os_dev *dev)
{
    unsigned index = 0;
    struct place *p = place_of_dev(dev, &index);

    return p ? fake_nic(p->dev[index]) : NULL;
}

struct sim_nic *ixl_sim_bus_nic(struct ixl_os_bus *bus, unsigned index)
{
    struct place *p = place_of_bus(bus);

    return p && index < p->n ? fake_nic(p->dev[index]) : NULL;
}

void ixl_sim_dev_sever(struct ixl_os_dev *dev)
{
    unsigned index = 0;
    struct place *p = place_of_dev(dev, &index);

    fake_sever(p->dev[index], true);
}

void ixl_sim_bus_limit(struct ixl_os_bus *bus, unsigned index, int good)
{
    (void)bus;
    (void)index; /* the program has one address space */
    fake_fail(getenv("FAKE_LINUX_NO_IOMMU") ? FAKE_MMAP : FAKE_MAP_DMA, good, good < 0 ? 0 : -1,
              ENOMEM);
}

/* Devices in one container see each other's memory; these are the pieces that are its own. */
unsigned ixl_sim_bus_regions(struct ixl_os_bus *bus, unsigned index)
{
    struct place *p = place_of_bus(bus);
    unsigned n = 0;

    if (!p->open[index])
        return fake_reachable(p->dev[index]); /* nothing, that is */
    for (const struct lx_mem *mem = p->open[index]->mems; mem; mem = mem->next)
        n++;
    return n;
}
