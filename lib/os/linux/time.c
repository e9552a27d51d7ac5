// SPDX-License-Identifier: MIT
#include "lib/os/linux/linux_os.h"

#include <errno.h>
#include <time.h>

/* Shorter delays are spun: a sleep takes longer than they do. */
#define SPIN_MAX_US 20u

uint64_t lx_now_ns(struct ixl_os_dev *dev)
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

void lx_delay_us(struct ixl_os_dev *dev, unsigned us)
{
    uint64_t end = lx_now_ns(dev) + (uint64_t)us * 1000u;

    if (us > SPIN_MAX_US)
        sleep_until(end);
    while (lx_now_ns(dev) < end)
        ;
}
