// SPDX-License-Identifier: MIT
/*
 * Time. The kernel's clock moves in steps of a millisecond on x86: good enough to look at, and to
 * sleep by, but not for a delay of some microseconds, which is counted in cycles there.
 */
#include "lib/os/l4re/l4re_os.h"

#include <l4/re/env.h>
#include <l4/sys/ipc.h>
#include <l4/sys/kip.h>

/* A step of the clock: a sleep may end so much early, and a shorter delay is spun. */
#define STEP_US 1000u

uint64_t l4_now_ns(struct ixl_os_dev *dev)
{
    (void)dev;
    return l4_kip_clock_ns(l4re_kip());
}

#if defined(ARCH_amd64) || defined(ARCH_x86)
static void spin(struct ixl_os_dev *dev, unsigned us)
{
    /* kHz; a kernel that does not tell is taken for a fast machine: the delay gets longer */
    uint64_t khz = l4re_kip()->frequency_cpu ? l4re_kip()->frequency_cpu : 5000000u;
    uint64_t start = __builtin_ia32_rdtsc(), cycles = (uint64_t)us * khz / 1000 + 1;

    (void)dev;
    while (__builtin_ia32_rdtsc() - start < cycles)
        __builtin_ia32_pause();
}
#else
static void spin(struct ixl_os_dev *dev, unsigned us)
{
    uint64_t end = l4_now_ns(dev) + (uint64_t)us * 1000u;

    while (l4_now_ns(dev) < end)
        ;
}
#endif

void l4_delay_us(struct ixl_os_dev *dev, unsigned us)
{
    if (us < STEP_US)
        spin(dev, us);
    else
        l4_ipc_sleep_us((l4_uint64_t)us + STEP_US);
}
