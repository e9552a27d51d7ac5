// SPDX-License-Identifier: MIT
/*
 * IRQ objects, the virtual ICU, and waiting. A new IRQ object is masked and belongs to nobody; an
 * edge at a masked object is lost, one at an object nobody is bound to masks it. A line is masked
 * when it fires, and looked at again when it is unmasked.
 */
#include "tests/l4re/fake_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <l4/sys/icu.h>
#include <l4/sys/irq.h>
#include <l4/sys/rcv_endpoint.h>
#include <l4/sys/utcb.h>
#include <pthread-l4.h>

#define LINE_FIRST    16u
/* A NIC without a thread is worked in between. */
#define SLICE_US      1000u
/* With interrupt remapping the number is in the address and the data is 0. */
#define REMAP_BASE    0xfee00010u
#define REMAP_SHIFT   5u
#define PLAIN_ADDRESS 0xfee00000u
#define PLAIN_DATA    0x4020u
#define NO_ANSWER     (-777L) /* what l4_error makes of an IPC that is only sent */

pthread_mutex_t irq_lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- IRQ objects --------------------------------------------------------------------------- */

static void destroy_irq(struct object *obj)
{
    struct irq *irq = (struct irq *)obj;

    pthread_mutex_lock(&irq_lock);
    if (irq->icu)
        violated("an IRQ object is deleted while it is bound at the ICU");
    pthread_mutex_unlock(&irq_lock);
    pthread_cond_destroy(&irq->fired);
    free(irq);
}

struct object *irq_create(void)
{
    struct irq *irq = calloc(1, sizeof(*irq));
    pthread_condattr_t attr;

    if (!irq)
        return NULL;
    irq->base = (struct object){ OBJ_IRQ, 0, destroy_irq };
    irq->masked = true;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&irq->fired, &attr);
    pthread_condattr_destroy(&attr);
    return &irq->base;
}

/* irq_lock held. */
static void fire(struct irq *irq, bool is_level)
{
    if (!irq || irq->masked)
        return;
    irq->masked = is_level || !irq->thread;
    if (!irq->thread)
        return;
    irq->pending = true;
    pthread_cond_broadcast(&irq->fired);
}

/* irq_lock held. */
static void unmask(struct irq *irq)
{
    irq->masked = false;
    if (!irq->icu || irq->number & L4_ICU_FLAG_MSI)
        return;
    const struct fake_vbus *vbus = irq->icu->vbus;
    if (vbus->dev[irq->number - LINE_FIRST]->asserted)
        fire(irq, true);
}

l4_msgtag_t l4_irq_unmask(l4_cap_idx_t cap)
{
    struct irq *irq = cap_object(cap, OBJ_IRQ);

    if (!irq)
        return no_partner();
    pthread_mutex_lock(&irq_lock);
    if (irq->icu && !irq->icu->vbus->opt.unmask_at_icu)
        unmask(irq);
    pthread_mutex_unlock(&irq_lock);
    return answer(NO_ANSWER);
}

l4_msgtag_t l4_rcv_ep_bind_thread(l4_cap_idx_t ep, l4_cap_idx_t thread, l4_umword_t label)
{
    int err = fault(FAKE_BIND_THREAD);
    struct irq *irq = cap_object(ep, OBJ_IRQ);

    (void)label;
    if (err || !irq || l4_is_invalid_cap(thread) || thread >> L4_CAP_SHIFT <= THREAD_SLOTS)
        return err ? answer(err) : irq ? answer(-L4_EINVAL) : no_partner();
    pthread_mutex_lock(&irq_lock);
    irq->thread = thread;
    pthread_mutex_unlock(&irq_lock);
    return answer(0);
}

static l4_cap_idx_t bound_to(l4_cap_idx_t cap)
{
    struct irq *irq = cap_object(cap, OBJ_IRQ);

    pthread_mutex_lock(&irq_lock);
    l4_cap_idx_t thread = irq ? irq->thread : 0;
    pthread_mutex_unlock(&irq_lock);
    return thread;
}

bool fake_irq_bound(l4_cap_idx_t irq)
{
    return bound_to(irq) != 0;
}

bool fake_irq_mine(l4_cap_idx_t irq)
{
    return bound_to(irq) == pthread_l4_cap(pthread_self());
}

/* ---- waiting ------------------------------------------------------------------------------- */

static void step_inline(const struct irq *irq)
{
    const struct fake_vbus *vbus = irq->icu ? irq->icu->vbus : NULL;

    for (unsigned i = 0; vbus && i < vbus->n; i++)
        if (vbus->dev[i]->nic)
            sim_step(vbus->dev[i]->nic);
}

/* Sleep until something happens, at most `ns` long. irq_lock held. */
static void sleep_on(struct irq *irq, uint64_t end, uint64_t now)
{
    uint64_t slice = now + (uint64_t)SLICE_US * 1000u, until = end < slice ? end : slice;
    struct timespec ts = { (time_t)(until / 1000000000u), (long)(until % 1000000000u) };

    pthread_cond_timedwait(&irq->fired, &irq_lock, &ts);
}

static bool take_pending(struct irq *irq, uint64_t end)
{
    pthread_mutex_lock(&irq_lock);
    bool mine = irq->thread == pthread_l4_cap(pthread_self());
    bool fired = mine && irq->pending;
    for (uint64_t now = true_ns(); !fired && now < end; now = true_ns()) {
        sleep_on(irq, end, now);
        pthread_mutex_unlock(&irq_lock);
        step_inline(irq);
        pthread_mutex_lock(&irq_lock);
        mine = irq->thread == pthread_l4_cap(pthread_self());
        fired = mine && irq->pending;
    }
    if (fired)
        irq->pending = false;
    pthread_mutex_unlock(&irq_lock);
    if (!mine)
        violated("a thread waits for an IRQ that is not bound to it");
    return fired;
}

l4_msgtag_t l4_ipc_receive(l4_cap_idx_t from, l4_utcb_t *utcb, l4_timeout_t timeout)
{
    struct irq *irq = cap_object(from, OBJ_IRQ);
    uint64_t us = timeout.rcv.us;

    if (utcb != l4_utcb())
        violated("an IPC is made with another thread's UTCB");
    if (!irq)
        return no_partner();
    step_inline(irq);
    uint64_t end = us == UINT64_MAX ? us : true_ns() + shortest_us(us) * 1000u;
    if (take_pending(irq, end))
        return answer(0);
    return (l4_msgtag_t){ .ipc_error = L4_IPC_RETIMEOUT };
}

/* ---- the ICU ------------------------------------------------------------------------------- */

static void keep(struct object *obj)
{
    (void)obj; /* part of its bus */
}

void icu_init(struct icu *icu, struct fake_vbus *vbus)
{
    icu->base = (struct object){ OBJ_ICU, 0, keep };
    icu->vbus = vbus;
}

/* Where what is bound at a number is noted; NULL: no such number. irq_lock held. */
static struct irq **at_number(struct icu *icu, unsigned number)
{
    unsigned n = number & ~L4_ICU_FLAG_MSI;

    if (number & L4_ICU_FLAG_MSI)
        return n < icu->vbus->opt.num_msis && !icu->vbus->opt.no_icu_msi ? &icu->msi[n].irq : NULL;
    return n >= LINE_FIRST && n - LINE_FIRST < icu->vbus->n ? &icu->line[n - LINE_FIRST] : NULL;
}

static long bind_locked(struct icu *icu, unsigned number, struct irq *irq)
{
    struct irq **at = at_number(icu, number);

    if (!at)
        return -L4_ENOENT;
    bool taken = number & L4_ICU_FLAG_MSI ? icu->msi[number & ~L4_ICU_FLAG_MSI].foreign
                                          : icu->vbus->dev[number - LINE_FIRST]->opt.line_taken;
    if (*at || taken)
        return -L4_EPERM;
    if (irq->icu)
        violated("an IRQ object is bound at a second number");
    *at = irq;
    irq->icu = icu;
    irq->number = number;
    irq->masked = true;
    return icu->vbus->opt.unmask_at_icu;
}

l4_msgtag_t l4_icu_bind(l4_cap_idx_t icu_cap, unsigned irqnum, l4_cap_idx_t irq_cap)
{
    int err = fault(FAKE_ICU_BIND);
    struct icu *icu = cap_object(icu_cap, OBJ_ICU);
    struct irq *irq = cap_object(irq_cap, OBJ_IRQ);

    if (!icu || !irq)
        return no_partner();
    if (err)
        return answer(err);
    pthread_mutex_lock(&irq_lock);
    long done = bind_locked(icu, irqnum, irq);
    pthread_mutex_unlock(&irq_lock);
    return answer(done);
}

l4_msgtag_t l4_icu_unbind(l4_cap_idx_t icu_cap, unsigned irqnum, l4_cap_idx_t irq_cap)
{
    int err = fault(FAKE_ICU_UNBIND);
    struct icu *icu = cap_object(icu_cap, OBJ_ICU);
    struct irq *irq = cap_object(irq_cap, OBJ_IRQ);

    if (!icu || !irq)
        return no_partner();
    pthread_mutex_lock(&irq_lock);
    struct irq **at = at_number(icu, irqnum);
    bool ok = at && *at == irq;
    if (ok) {
        *at = NULL;
        irq->icu = NULL;
        irq->masked = true;
        if (irqnum & L4_ICU_FLAG_MSI)
            icu->msi[irqnum & ~L4_ICU_FLAG_MSI].dev = NULL;
    }
    pthread_mutex_unlock(&irq_lock);
    if (!ok)
        violated("interrupt 0x%x is unbound, but was not bound", irqnum);
    return answer(ok ? err : -L4_ENOENT);
}

l4_msgtag_t l4_icu_set_mode(l4_cap_idx_t icu, unsigned irqnum, l4_umword_t mode)
{
    if (!cap_object(icu, OBJ_ICU))
        return no_partner();
    if (!(irqnum & L4_ICU_FLAG_MSI) && mode != L4_IRQ_F_LEVEL_HIGH)
        violated("a line that is high while it is active is set to mode %lu", mode);
    return answer(0);
}

l4_msgtag_t l4_icu_info(l4_cap_idx_t cap, l4_icu_info_t *info)
{
    int err = fault(FAKE_ICU_INFO);
    const struct icu *icu = cap_object(cap, OBJ_ICU);

    if (!icu || err)
        return icu ? answer(err) : no_partner();
    const struct fake_options *opt = &icu->vbus->opt;
    info->features = opt->no_icu_msi ? 0 : L4_ICU_FLAG_MSI;
    info->nr_irqs = LINE_FIRST + icu->vbus->n;
    info->nr_msis = opt->no_icu_msi ? 0 : opt->num_msis;
    return answer(0);
}

l4_msgtag_t l4_icu_unmask(l4_cap_idx_t cap, unsigned irqnum, l4_umword_t *label,
                          l4_timeout_t timeout)
{
    int err = fault(FAKE_ICU_UNMASK);
    struct icu *icu = cap_object(cap, OBJ_ICU);

    (void)label;
    (void)timeout;
    if (!icu || err)
        return no_partner();
    pthread_mutex_lock(&irq_lock);
    struct irq **at = at_number(icu, irqnum);
    if (at && *at && icu->vbus->opt.unmask_at_icu)
        unmask(*at);
    pthread_mutex_unlock(&irq_lock);
    return answer(NO_ANSWER);
}

/* ---- messages ------------------------------------------------------------------------------ */

static void encode(const struct fake_vbus *vbus, unsigned n, l4_icu_msi_info_t *info)
{
    if (vbus->opt.iommu) {
        info->msi_addr = REMAP_BASE + ((uint64_t)n << REMAP_SHIFT);
        info->msi_data = 0;
    } else {
        info->msi_addr = PLAIN_ADDRESS;
        info->msi_data = PLAIN_DATA + n;
    }
}

int fake_msi_number(struct fake_vbus *vbus, uint64_t addr, uint32_t data)
{
    for (unsigned n = 0; n < vbus->opt.num_msis; n++) {
        l4_icu_msi_info_t info;
        encode(vbus, n, &info);
        if (info.msi_addr == addr && info.msi_data == data)
            return (int)n;
    }
    return -1;
}

static const struct fake_dev *source_of(const struct fake_vbus *vbus, l4_uint64_t source)
{
    if (!(source & L4VBUS_ICU_SRC_DEV_HANDLE))
        return NULL;
    uint64_t index = (source & ~L4VBUS_ICU_SRC_DEV_HANDLE) - FIRST_HANDLE;
    return index < vbus->n ? vbus->dev[index] : NULL;
}

l4_msgtag_t l4_icu_msi_info(l4_cap_idx_t cap, unsigned irqnum, l4_uint64_t source,
                            l4_icu_msi_info_t *info)
{
    int err = fault(FAKE_MSI_INFO);
    struct icu *icu = cap_object(cap, OBJ_ICU);

    if (!icu || err)
        return icu ? answer(err) : no_partner();
    const struct fake_dev *dev = source_of(icu->vbus, source);
    pthread_mutex_lock(&irq_lock);
    struct irq **at = irqnum & L4_ICU_FLAG_MSI ? at_number(icu, irqnum) : NULL;
    if (!at || !*at || !dev) {
        err = -L4_EINVAL;
    } else {
        icu->msi[irqnum & ~L4_ICU_FLAG_MSI].dev = dev;
        encode(icu->vbus, irqnum & ~L4_ICU_FLAG_MSI, info);
    }
    pthread_mutex_unlock(&irq_lock);
    return answer(err);
}

/* ---- from the NIC -------------------------------------------------------------------------- */

void fake_msi(void *ctx, uint64_t addr, uint32_t data)
{
    struct fake_dev *dev = ctx;
    int n = fake_msi_number(dev->vbus, addr, data);

    pthread_mutex_lock(&irq_lock);
    const struct msi *msi = n < 0 ? NULL : &dev->vbus->icu.msi[n];
    bool astray = !msi || (msi->irq && msi->dev != dev) || msi->foreign;
    if (!astray)
        fire(msi->irq, false);
    pthread_mutex_unlock(&irq_lock);
    if (astray && !atomic_load(&dev->severed))
        violated("device %ld sends a message that was not made for it (0x%llx, 0x%x)", dev->handle,
                 (unsigned long long)addr, data);
}

void fake_intx(void *ctx, bool asserted)
{
    struct fake_dev *dev = ctx;

    pthread_mutex_lock(&irq_lock);
    dev->asserted = asserted;
    if (asserted)
        fire(dev->vbus->icu.line[dev->handle - FIRST_HANDLE], true);
    pthread_mutex_unlock(&irq_lock);
}

/* ---- for tests ----------------------------------------------------------------------------- */

unsigned fake_vbus_free_msis(struct fake_vbus *vbus)
{
    unsigned n = 0;

    pthread_mutex_lock(&irq_lock);
    for (unsigned i = 0; i < vbus->opt.num_msis; i++)
        n += !vbus->icu.msi[i].irq && !vbus->icu.msi[i].foreign;
    pthread_mutex_unlock(&irq_lock);
    return n;
}

void fake_vbus_take_msi(struct fake_vbus *vbus, unsigned number)
{
    pthread_mutex_lock(&irq_lock);
    vbus->icu.msi[number].foreign = true;
    pthread_mutex_unlock(&irq_lock);
}

void fake_vbus_return_msis(struct fake_vbus *vbus)
{
    pthread_mutex_lock(&irq_lock);
    for (unsigned i = 0; i < MSIS_MAX; i++)
        vbus->icu.msi[i].foreign = false;
    pthread_mutex_unlock(&irq_lock);
}

static unsigned bound_at(const struct fake_vbus *vbus)
{
    unsigned n = 0;

    for (unsigned i = 0; i < MSIS_MAX; i++)
        n += vbus->icu.msi[i].irq != NULL;
    for (unsigned i = 0; i < VBUS_DEVS_MAX; i++)
        n += vbus->icu.line[i] != NULL;
    return n;
}

unsigned count_bound(void)
{
    unsigned n = 0;

    pthread_mutex_lock(&fake_lock);
    pthread_mutex_lock(&irq_lock);
    for (const struct fake_vbus *b = fake_buses; b; b = b->next)
        n += bound_at(b);
    pthread_mutex_unlock(&irq_lock);
    pthread_mutex_unlock(&fake_lock);
    return n;
}
