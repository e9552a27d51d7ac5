// SPDX-License-Identifier: MIT
/*
 * Time. With tcg QEMU's clock runs by itself and is ours. With QEMU's qtest accelerator it stands
 * still until it is moved on, and with it everything the models do after a while: link
 * negotiation, interrupt throttling. A delay moves it on at once, without sleeping. Beyond that
 *   clock=real     a thread moves it on as real time passes, so that programs that only poll memory
 *                  see the world go on (default);
 *   clock=stepped  only delays and waits for interrupts do (a wait by the time it takes): what
 *                  happens is then the same on every run.
 */
#include <errno.h>
#include <time.h>

#include "lib/os/qtest/bus.h"

#define TICK_NS       500000u
#define TICK_LEAST_NS 20000u /* not worth a round trip */

uint64_t qtest_real_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

void qtest_sleep_ns(uint64_t ns)
{
    struct timespec ts = { .tv_sec = (time_t)(ns / 1000000000u),
                           .tv_nsec = (long)(ns % 1000000000u) };
    while (nanosleep(&ts, &ts) != 0 && errno == EINTR) {
    }
}

/* With the clock's lock held. */
static int step(struct qtest_bus *bus, uint64_t ns)
{
    uint64_t virt;
    int err = qtest_call(&bus->link, &virt, "clock_step %llu", (unsigned long long)ns);
    if (err == 0) {
        bus->clock.virt = virt;
    }
    return err;
}

static void catch_up(struct qtest_bus *bus)
{
    uint64_t now = qtest_real_ns();
    uint64_t passed = now - bus->clock.real;
    if (passed >= TICK_LEAST_NS) {
        step(bus, passed);
        bus->clock.real = now;
    }
}

void qtest_clock_catch_up(struct qtest_bus *bus)
{
    if (bus->clock.virtual_time) {
        pthread_mutex_lock(&bus->clock.lock);
        catch_up(bus);
        pthread_mutex_unlock(&bus->clock.lock);
    }
}

static void *tick(void *arg)
{
    struct qtest_bus *bus = arg;
    struct qtest_clock *clock = &bus->clock;

    pthread_mutex_lock(&clock->lock);
    while (!clock->stop && !atomic_load(&bus->link.dead)) {
        catch_up(bus);
        uint64_t until = qtest_real_ns() + TICK_NS;
        struct timespec ts = { .tv_sec = (time_t)(until / 1000000000u),
                               .tv_nsec = (long)(until % 1000000000u) };
        pthread_cond_timedwait(&clock->wake, &clock->lock, &ts);
    }
    pthread_mutex_unlock(&clock->lock);
    return NULL;
}

int qtest_clock_start(struct qtest_bus *bus)
{
    struct qtest_clock *clock = &bus->clock;
    pthread_condattr_t attr;

    pthread_mutex_init(&clock->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&clock->wake, &attr);
    pthread_condattr_destroy(&attr);
    clock->real = qtest_real_ns();
    int err = step(bus, 1);
    if (err == -IXL_ENOTSUP) {
        return 0; /* tcg: there is no such command */
    }
    if (err != 0) {
        return err;
    }
    clock->virtual_time = true;
    clock->follow = !bus->opt.clock_stepped;
    if (clock->follow) {
        clock->ticking = pthread_create(&clock->ticker, NULL, tick, bus) == 0;
        if (!clock->ticking) {
            ixl_log(IXL_LOG_ERROR, "qemu: no thread to be had for QEMU's clock");
            return -IXL_ENOMEM;
        }
    }
    return 0;
}

void qtest_clock_stop(struct qtest_bus *bus)
{
    struct qtest_clock *clock = &bus->clock;
    if (clock->ticking) {
        pthread_mutex_lock(&clock->lock);
        clock->stop = true;
        pthread_cond_signal(&clock->wake);
        pthread_mutex_unlock(&clock->lock);
        pthread_join(clock->ticker, NULL);
    }
    pthread_cond_destroy(&clock->wake);
    pthread_mutex_destroy(&clock->lock);
}

uint64_t qtest_now_ns(struct ixl_os_dev *dev)
{
    struct qtest_clock *clock = &qtest_dev(dev)->bus->clock;
    if (!clock->virtual_time) {
        return qtest_real_ns();
    }
    pthread_mutex_lock(&clock->lock);
    uint64_t now = clock->virt;
    if (clock->follow) {
        now += qtest_real_ns() - clock->real;
    }
    pthread_mutex_unlock(&clock->lock);
    return now;
}

void qtest_delay_us(struct ixl_os_dev *dev, unsigned us)
{
    struct qtest_bus *bus = qtest_dev(dev)->bus;
    if (!bus->clock.virtual_time) {
        qtest_sleep_ns((uint64_t)us * 1000u);
        return;
    }
    pthread_mutex_lock(&bus->clock.lock);
    int err = us == 0 ? 0 : step(bus, (uint64_t)us * 1000u);
    pthread_mutex_unlock(&bus->clock.lock);
    if (err != 0) { /* QEMU is gone: its time cannot pass any more, ours shall */
        qtest_sleep_ns((uint64_t)us * 1000u);
    }
}
