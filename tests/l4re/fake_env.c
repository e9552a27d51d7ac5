// SPDX-License-Identifier: MIT
/* The environment of the program, its clock, and words for errors. */
#include "tests/l4re/fake_priv.h"

#include <string.h>
#include <time.h>

#include <l4/re/env.h>
#include <l4/sys/kip.h>
#include <l4/sys/utcb.h>
#include <pthread-l4.h>

#define NS_PER_US   1000u
/* A timeout is kept as 10 bits and an exponent of 2, rounded up. */
#define MANTISSA    1024u
#define TIMEOUT_MAX ((UINT64_C(1) << 41) - 1)

static _Atomic unsigned clock_step = 1000;

/* ---- the environment ----------------------------------------------------------------------- */

static void nothing(struct object *obj)
{
    (void)obj;
}

static struct object factory = { OBJ_FACTORY, 0, nothing };
static struct object allocator = { OBJ_ALLOCATOR, 0, nothing };
static l4re_env_t env;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_env(void)
{
    env.factory = cap_initial(&factory);
    env.mem_alloc = cap_initial(&allocator);
    env.rm = env.main_thread = L4_INVALID_CAP;
}

l4re_env_t *l4re_env(void)
{
    pthread_once(&once, make_env);
    return &env;
}

l4_kernel_info_t const *l4re_kip(void)
{
    static const l4_kernel_info_t kip; /* of a kernel that does not tell the frequency */

    return &kip;
}

l4_cap_idx_t l4re_env_get_cap(char const *name)
{
    l4_cap_idx_t cap = L4_INVALID_CAP;

    pthread_mutex_lock(&fake_lock);
    for (const struct fake_vbus *b = fake_buses; b; b = b->next)
        if (strcmp(b->name, name) == 0)
            cap = b->cap;
    pthread_mutex_unlock(&fake_lock);
    return cap;
}

/* ---- threads ------------------------------------------------------------------------------- */

static _Thread_local char self;

l4_utcb_t *l4_utcb(void)
{
    return (l4_utcb_t *)(void *)&self;
}

l4_cap_idx_t pthread_l4_cap(pthread_t thread)
{
    static _Atomic unsigned threads;
    static _Thread_local unsigned own;

    if (!pthread_equal(thread, pthread_self()))
        violated("the capability of another thread is asked for");
    if (own == 0)
        own = atomic_fetch_add(&threads, 1) + 1;
    return (l4_cap_idx_t)(THREAD_SLOTS + own) << L4_CAP_SHIFT;
}

/* ---- time ---------------------------------------------------------------------------------- */

uint64_t true_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

void fake_clock_step(unsigned us)
{
    atomic_store(&clock_step, us);
}

l4_uint64_t l4_kip_clock_ns(l4_kernel_info_t const *kip)
{
    uint64_t step = (uint64_t)atomic_load(&clock_step) * NS_PER_US, now = true_ns();

    (void)kip;
    return step ? now / step * step : now;
}

uint64_t shortest_us(uint64_t us)
{
    unsigned step = atomic_load(&clock_step);

    return us > step ? us - step + (step > 0) : us > 0 ? 1 : 0;
}

l4_msgtag_t l4_ipc_sleep_us(l4_uint64_t us)
{
    uint64_t real = shortest_us(us);
    struct timespec ts = { (time_t)(real / 1000000), (long)(real % 1000000 * NS_PER_US) };

    nanosleep(&ts, NULL);
    return (l4_msgtag_t){ .ipc_error = L4_IPC_RETIMEOUT };
}

l4_timeout_s l4_timeout_from_us(l4_uint64_t us)
{
    unsigned exponent = 0;

    if (us > TIMEOUT_MAX)
        return L4_IPC_TIMEOUT_NEVER;
    while (us >= MANTISSA) {
        us = us / 2 + us % 2;
        exponent++;
    }
    return (l4_timeout_s){ us << exponent };
}

l4_timeout_t l4_timeout(l4_timeout_s snd, l4_timeout_s rcv)
{
    return (l4_timeout_t){ snd, rcv };
}

/* ---- errors -------------------------------------------------------------------------------- */

l4_ret_t l4_error(l4_msgtag_t tag)
{
    return (l4_ret_t)(tag.ipc_error ? l4_ipc_to_errno(tag.ipc_error) : tag.label);
}

l4_umword_t l4_ipc_error(l4_msgtag_t tag, l4_utcb_t *utcb)
{
    if (utcb != l4_utcb())
        violated("the error of an IPC is asked for with another thread's UTCB");
    return tag.ipc_error;
}

long l4_ipc_to_errno(l4_umword_t ipc_error)
{
    return -(long)(L4_EIPC_LO + ipc_error);
}

char const *l4sys_errtostr(long err)
{
    switch (-err) {
    case L4_EPERM:
        return "no permission";
    case L4_ENOENT:
        return "no such entity";
    case L4_ENOMEM:
        return "no memory";
    case L4_EBUSY:
        return "object currently busy, try later";
    case L4_EINVAL:
        return "invalid argument";
    case L4_ENODEV:
        return "no such thing";
    default:
        return "unknown error";
    }
}
