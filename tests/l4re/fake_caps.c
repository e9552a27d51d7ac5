// SPDX-License-Identifier: MIT
/* Capability slots, objects, faults and broken rules. */
#include "tests/l4re/fake_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <l4/re/c/util/cap_alloc.h>
#include <l4/re/env.h>
#include <l4/re/protocols.h>
#include <l4/sys/factory.h>

#define SLOTS       8192u
#define FIRST_FREE  256u /* below are initial capabilities */
#define RIGHTS_MASK 0xfffUL

struct slot {
    bool used;
    struct object *obj;
};

pthread_mutex_t fake_lock = PTHREAD_MUTEX_INITIALIZER;
static struct slot slots[SLOTS];
static unsigned used_slots, objects;
static int slots_left = -1;

/* ---- broken rules -------------------------------------------------------------------------- */

static _Atomic unsigned violations;
static char last_violation[200];
static pthread_mutex_t last_lock = PTHREAD_MUTEX_INITIALIZER;

void violated(const char *fmt, ...)
{
    va_list args;

    pthread_mutex_lock(&last_lock);
    va_start(args, fmt);
    vsnprintf(last_violation, sizeof(last_violation), fmt, args);
    va_end(args);
    fprintf(stderr, "fake L4Re: %s\n", last_violation);
    pthread_mutex_unlock(&last_lock);
    atomic_fetch_add(&violations, 1);
}

unsigned fake_violations(void)
{
    return atomic_load(&violations);
}

const char *fake_last_violation(void)
{
    return last_violation;
}

/* ---- faults -------------------------------------------------------------------------------- */

static struct {
    int good, times, err;
    unsigned hits, calls;
} faults[FAKE_CALLS];
static pthread_mutex_t fault_lock = PTHREAD_MUTEX_INITIALIZER;

const char *fake_call_name(enum fake_call call)
{
    static const char *const names[FAKE_CALLS] = {
        "cap_alloc",    "factory_create", "factory_create_irq", "ma_alloc",   "rm_attach",
        "rm_detach",    "dma_map",        "dma_map, too short", "dma_unmap",  "assign_dma_domain",
        "next_device",  "get_resource",   "cfg_read",           "cfg_write",  "irq_enable",
        "vicu_get_cap", "icu_info",       "icu_bind",           "icu_unbind", "icu_msi_info",
        "icu_unmask",   "bind_thread",
    };
    return names[call];
}

void fake_fail(enum fake_call call, int good, int times, int err)
{
    pthread_mutex_lock(&fault_lock);
    faults[call].good = good;
    faults[call].times = times;
    faults[call].err = err;
    faults[call].hits = 0;
    pthread_mutex_unlock(&fault_lock);
}

unsigned fake_heal(enum fake_call call)
{
    pthread_mutex_lock(&fault_lock);
    unsigned hits = faults[call].hits;
    faults[call].times = 0;
    pthread_mutex_unlock(&fault_lock);
    return hits;
}

unsigned fake_calls(enum fake_call call)
{
    pthread_mutex_lock(&fault_lock);
    unsigned n = faults[call].calls;
    pthread_mutex_unlock(&fault_lock);
    return n;
}

int fault(enum fake_call call)
{
    int err = 0;

    pthread_mutex_lock(&fault_lock);
    faults[call].calls++;
    if (faults[call].times != 0 && faults[call].good-- <= 0) {
        err = -faults[call].err;
        faults[call].good = 0;
        faults[call].times -= faults[call].times > 0;
        faults[call].hits++;
    }
    pthread_mutex_unlock(&fault_lock);
    return err;
}

/* ---- answers ------------------------------------------------------------------------------- */

l4_msgtag_t answer(long label)
{
    return (l4_msgtag_t){ .label = label };
}

l4_msgtag_t no_partner(void)
{
    return (l4_msgtag_t){ .ipc_error = L4_IPC_ENOT_EXISTENT };
}

/* ---- slots --------------------------------------------------------------------------------- */

unsigned cap_rights(l4_cap_idx_t cap)
{
    return (unsigned)(cap & RIGHTS_MASK);
}

/* fake_lock held. */
static struct slot *slot_at(l4_cap_idx_t cap)
{
    l4_cap_idx_t n = cap >> L4_CAP_SHIFT;

    return l4_is_invalid_cap(cap) || n == 0 || n >= SLOTS || !slots[n].used ? NULL : &slots[n];
}

void *cap_object(l4_cap_idx_t cap, enum object_type type)
{
    pthread_mutex_lock(&fake_lock);
    const struct slot *s = slot_at(cap);
    struct object *obj = s ? s->obj : NULL;
    pthread_mutex_unlock(&fake_lock);
    if (obj && obj->type == type)
        return obj;
    violated("capability 0x%lx is %s of the kind that is needed", cap, obj ? "not" : "nothing");
    return NULL;
}

static void take_ref(struct object *obj)
{
    objects += obj->refs == 0;
    obj->refs++;
}

long cap_fill(l4_cap_idx_t cap, struct object *obj)
{
    pthread_mutex_lock(&fake_lock);
    struct slot *s = slot_at(cap);
    bool ok = s && !s->obj;
    if (ok) {
        s->obj = obj;
        take_ref(obj);
    }
    pthread_mutex_unlock(&fake_lock);
    if (!ok)
        violated("capability slot 0x%lx is %s", cap, s ? "in use" : "not allocated");
    return ok ? 0 : -L4_EINVAL;
}

/* Empty a slot. fake_lock held; the object to be destroyed without it, if any. */
static struct object *empty(struct slot *s)
{
    struct object *obj = s->obj;

    s->obj = NULL;
    if (!obj || --obj->refs > 0)
        return NULL;
    objects--;
    return obj;
}

static l4_cap_idx_t take_slot(unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        if (!slots[i].used) {
            slots[i] = (struct slot){ .used = true };
            return (l4_cap_idx_t)i << L4_CAP_SHIFT;
        }
    }
    return L4_INVALID_CAP;
}

l4_cap_idx_t cap_initial(struct object *obj)
{
    pthread_mutex_lock(&fake_lock);
    l4_cap_idx_t cap = take_slot(16, FIRST_FREE);
    pthread_mutex_unlock(&fake_lock);
    if (l4_is_valid_cap(cap))
        cap_fill(cap, obj);
    return cap;
}

void cap_drop_initial(l4_cap_idx_t cap)
{
    pthread_mutex_lock(&fake_lock);
    struct slot *s = slot_at(cap);
    struct object *obj = s ? empty(s) : NULL;
    if (s)
        s->used = false;
    pthread_mutex_unlock(&fake_lock);
    if (obj)
        obj->destroy(obj);
}

/* ---- the allocator of slots ---------------------------------------------------------------- */

void fake_limit_slots(int free_slots)
{
    pthread_mutex_lock(&fake_lock);
    slots_left = free_slots;
    pthread_mutex_unlock(&fake_lock);
}

l4_cap_idx_t l4re_util_cap_alloc(void)
{
    l4_cap_idx_t cap = L4_INVALID_CAP;

    if (fault(FAKE_CAP_ALLOC))
        return cap;
    pthread_mutex_lock(&fake_lock);
    if (slots_left != 0)
        cap = take_slot(FIRST_FREE, SLOTS);
    if (l4_is_valid_cap(cap)) {
        used_slots++;
        slots_left -= slots_left > 0;
    }
    pthread_mutex_unlock(&fake_lock);
    return cap;
}

static void free_slot(l4_cap_idx_t cap, bool unmap)
{
    struct object *dead = NULL;

    pthread_mutex_lock(&fake_lock);
    struct slot *s = slot_at(cap);
    bool was_full = s && s->obj;
    bool ours = cap >> L4_CAP_SHIFT >= FIRST_FREE;
    if (s && ours) {
        dead = empty(s);
        s->used = false;
        used_slots--;
        slots_left += slots_left >= 0;
    }
    pthread_mutex_unlock(&fake_lock);
    if (!s || !ours)
        violated("capability slot 0x%lx is freed, but was not allocated", cap);
    if (was_full && !unmap)
        violated("capability slot 0x%lx is freed with its object in it", cap);
    if (dead)
        dead->destroy(dead);
}

void l4re_util_cap_free(l4_cap_idx_t cap)
{
    free_slot(cap, false);
}

void l4re_util_cap_free_um(l4_cap_idx_t cap)
{
    free_slot(cap, true);
}

/* ---- factories ----------------------------------------------------------------------------- */

static long create(l4_cap_idx_t target, struct object *obj)
{
    if (!obj)
        return -L4_ENOMEM;
    long err = cap_fill(target, obj);
    if (err < 0)
        obj->destroy(obj);
    return err;
}

l4_msgtag_t l4_factory_create(l4_cap_idx_t factory, long protocol, l4_cap_idx_t target)
{
    int err = fault(FAKE_FACTORY);

    if (!cap_object(factory, OBJ_ALLOCATOR))
        return no_partner();
    if (err)
        return answer(err);
    return answer(protocol == L4RE_PROTO_DMA_SPACE ? create(target, dma_space_create())
                                                   : -L4_ENODEV);
}

l4_msgtag_t l4_factory_create_irq(l4_cap_idx_t factory, l4_cap_idx_t target)
{
    int err = fault(FAKE_FACTORY_IRQ);

    if (!cap_object(factory, OBJ_FACTORY))
        return no_partner();
    return answer(err ? err : create(target, irq_create()));
}

/* ---- counting ------------------------------------------------------------------------------ */

struct fake_counts fake_count(void)
{
    struct fake_counts c = { .regions = count_regions(),
                             .dataspaces = count_dataspaces(),
                             .mappings = count_mappings(),
                             .bound = count_bound() };

    pthread_mutex_lock(&fake_lock);
    c.slots = used_slots;
    c.objects = objects;
    pthread_mutex_unlock(&fake_lock);
    return c;
}
