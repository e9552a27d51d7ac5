// SPDX-License-Identifier: MIT
/*
 * "sim:MODEL,..." as an address of software NICs behind the L4Re backend: a virtual bus with these
 * NICs is made, and the backend opens it. So every test that names its device by such an address
 * runs through lib/os/l4re unchanged; what they may do beyond the seam (lib/os/sim/sim_hooks.h) is
 * done here to the fake L4Re.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <poll.h>

#include <l4/sys/ipc.h>
#include <l4/sys/irq.h>
#include <l4/sys/rcv_endpoint.h>
#include <l4/sys/utcb.h>
#include <pthread-l4.h>

/* As lib/os/l4re/l4re_os.h declares it, without the table that is not constant here. */
#define ixl_l4re_os l4re_os_as_built
#include "lib/os/l4re/l4re_os.h"
#undef ixl_l4re_os
#include "lib/os/sim/sim_hooks.h"
#include "lib/os/sim/sim_priv.h"
#include "tests/l4re/fake.h"
#include "tests/l4re/registers.h"

#define NICS_MAX 16u

/* A bus of such an address: it lives as long as it is open or a device of it is. */
struct place {
    struct place *next;
    struct fake_vbus *vbus;
    unsigned refs;
    struct soft_spec spec[NICS_MAX];
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
    struct fake_dev_options opt = { .hide_msix = spec->best_irq < IXL_IRQ_MSIX,
                                    .hide_msi = spec->best_irq < IXL_IRQ_MSI,
                                    .no_line = spec->best_irq < IXL_IRQ_INTX };

    if (p->n == NICS_MAX || !fake_vbus_add(p->vbus, model, &spec->opt, &opt))
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

/* As many messages as the NICs may have; the options hold for one NIC each, a bus has one number.
 */
static unsigned messages(const char *spec)
{
    const char *limit = strstr(spec, "vectors=");

    return limit ? (unsigned)strtoul(limit + 8, NULL, 10) : 64 * NICS_MAX;
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
    fake_vbus_destroy(p->vbus);
    free(p);
}

static struct place *place_of(l4_cap_idx_t cap)
{
    struct place *p;

    pthread_mutex_lock(&places_lock);
    for (p = places; p && fake_vbus_cap(p->vbus) != cap; p = p->next)
        ;
    pthread_mutex_unlock(&places_lock);
    return p;
}

static struct place *create(const char *spec, char name[16])
{
    static _Atomic unsigned serial;
    struct fake_options opt = FAKE_OPTIONS_DEFAULT;
    struct place *p = calloc(1, sizeof(*p));

    if (!p)
        return NULL;
    opt.num_msis = messages(spec);
    opt.unmask_at_icu = getenv("FAKE_L4RE_UNMASK_AT_ICU") != NULL;
    opt.iommu = getenv("FAKE_L4RE_NO_IOMMU") == NULL;
    snprintf(name, 16, "s%u", atomic_fetch_add(&serial, 1));
    p->vbus = fake_vbus_create(name, &opt);
    p->refs = 1;
    if (!p->vbus) {
        free(p);
        return NULL;
    }
    pthread_mutex_lock(&places_lock);
    p->next = places;
    places = p;
    pthread_mutex_unlock(&places_lock);
    return p;
}

/* ---- the table ----------------------------------------------------------------------------- */

static void fill_tables(void);

static int bus_open(const char *spec, struct ixl_os_bus **out)
{
    char name[16], address[20];
    struct place *p = create(spec, name);

    if (!p)
        return -IXL_ENOMEM;
    int err = add_items(p, spec);
    snprintf(address, sizeof(address), "%s:", name);
    if (!err)
        err = ixl_l4re_os.bus_open(address, out);
    if (err) {
        put(p);
        return err;
    }
    pthread_once(&tables_once, fill_tables);
    (*out)->ops = &bus_ops;
    return 0;
}

static void bus_close(struct ixl_os_bus *bus)
{
    struct place *p = place_of(((struct vbus *)bus)->cap);

    ixl_l4re_os.bus_close(bus);
    fake_heal(FAKE_MA_ALLOC);
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
    sim_attach(fake_vbus_nic(p->vbus, index), wire);
    p->wired[index] = true;
    return 0;
}

static int dev_open(struct ixl_os_bus *bus, unsigned index, struct ixl_os_dev **out)
{
    struct place *p = place_of(((struct vbus *)bus)->cap);
    int err = index < p->n ? attach_wire(p, index) : 0;

    if (!err)
        err = ixl_l4re_os.dev_open(bus, index, out);
    if (err)
        return err;
    pthread_mutex_lock(&places_lock);
    p->refs++;
    pthread_mutex_unlock(&places_lock);
    (*out)->ops = &dev_ops;
    return 0;
}

static void dev_close(struct ixl_os_dev *dev)
{
    struct place *p = place_of(l4_dev(dev)->vbus);
    l4vbus_device_handle_t handle = l4_dev(dev)->handle;

    ixl_l4re_os.dev_close(dev);
    fake_sever(fake_vbus_cap(p->vbus), handle, false); /* the next owner is another program */
    put(p);
}

static void delay_us(struct ixl_os_dev *dev, unsigned us)
{
    const struct place *p = place_of(l4_dev(dev)->vbus);

    ixl_l4re_os.delay_us(dev, us);
    for (unsigned i = 0; i < p->n; i++)
        if (p->spec[i].opt.engine == SIM_ENGINE_INLINE)
            sim_step(fake_vbus_nic(p->vbus, i)); /* its timers have no thread */
}

static void fill_tables(void)
{
    bus_ops = dev_ops = ixl_l4re_os;
    bus_ops.bus_close = bus_close;
    bus_ops.dev_open = dev_open;
    dev_ops.dev_close = dev_close;
    dev_ops.delay_us = delay_us;
}

const struct ixl_os_ops sim_through_l4re = {
    .scheme = "sim",
    .help = "sim:MODEL[,OPTIONS][;MODEL...]  software NICs on a virtual bus",
    .bus_open = bus_open,
};

/* ---- what tests do beyond the seam ---------------------------------------------------------- */

struct sim_nic *ixl_sim_dev_nic(struct ixl_os_dev *dev)
{
    return fake_nic_of(l4_dev(dev)->vbus, l4_dev(dev)->handle);
}

struct sim_nic *ixl_sim_bus_nic(struct ixl_os_bus *bus, unsigned index)
{
    struct fake_vbus *vbus = fake_vbus_of(((struct vbus *)bus)->cap);

    return vbus ? fake_vbus_nic(vbus, index) : NULL;
}

void ixl_sim_dev_sever(struct ixl_os_dev *dev)
{
    fake_sever(l4_dev(dev)->vbus, l4_dev(dev)->handle, true);
}

void ixl_sim_bus_limit(struct ixl_os_bus *bus, unsigned index, int good)
{
    (void)bus;
    (void)index; /* the program has one allocator of memory */
    fake_fail(FAKE_MA_ALLOC, good, good < 0 ? 0 : -1, 12);
}

unsigned ixl_sim_bus_regions(struct ixl_os_bus *bus, unsigned index)
{
    return fake_reachable(fake_vbus_of(((struct vbus *)bus)->cap), index);
}

/*
 * A program that waits by itself does so here by an IPC with the IRQ object, after binding it, as
 * an object registry does; on hosts tests poll the descriptor. So poll is this for capabilities.
 */
int __real_poll(struct pollfd *fds, nfds_t n, int timeout_ms);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms);

int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
    l4_cap_idx_t irq = n == 1 ? (l4_cap_idx_t)(unsigned)fds->fd : 0;

    if (n != 1 || fds->fd < 0 || irq >> L4_CAP_SHIFT < 256)
        return __real_poll(fds, n, timeout_ms);
    if (!fake_irq_bound(irq)) {
        l4_rcv_ep_bind_thread(irq, pthread_l4_cap(pthread_self()), 0);
        l4_irq_unmask(irq);
        return fds->revents = POLLIN; /* what came before is lost: look yourself */
    }
    l4_timeout_s limit = l4_timeout_from_us((l4_uint64_t)timeout_ms * 1000);
    l4_msgtag_t tag = l4_ipc_receive(irq, l4_utcb(), l4_timeout(L4_IPC_TIMEOUT_NEVER, limit));
    fds->revents = l4_ipc_error(tag, l4_utcb()) == 0 ? POLLIN : 0;
    return fds->revents != 0;
}
