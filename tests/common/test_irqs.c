// SPDX-License-Identifier: MIT
/* Receive interrupts in every mode, with every kind the device has. */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "tests/common/cases.h"
#include "tests/common/stage.h"

struct kind {
    const char *option, *shown;
};

static const struct kind kinds[] = {
    { ",irq=msix", "MSI-X" },
    { ",irq=msi", "MSI" },
    { ",irq=intx", "INTx" },
    { ",irq=none", "none" },
};
#define NO_IRQ 3u

/* Opens the device with that kind of interrupt; false if it has none of the kind. */
static bool open_with(struct stage *s, const struct kind *kind, const struct ixl_dev_cfg *cfg)
{
    struct ixl_device_info info;
    stage_open(s, kind->option, cfg);
    assert_int_equal(ixl_get_info(s->dev, &info), 0);
    if (strcmp(info.irq_kind, kind->shown) == 0)
        return true;
    stage_close(s);
    return false;
}

/* ---- modes ---------------------------------------------------------------------------------- */

static void one_by_one(struct stage *s, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        frames_exchange(s, 1, 1, SMALL_FRAME, 1514);
}

/* On a busy machine a frame may be there before anybody sleeps: not every one is an interrupt. */
static void until_woken(struct stage *s)
{
    struct ixl_irq_stats stats = { .irqs = 0 };
    uint64_t end = now_ms() + PATIENCE_MS;

    while (stats.irqs == 0 || stats.waits == 0) {
        if (now_ms() > end)
            fail_msg("%llu sleeps and %llu interrupts", (unsigned long long)stats.waits,
                     (unsigned long long)stats.irqs);
        one_by_one(s, 1);
        assert_int_equal(ixl_get_irq_stats(s->dev, 0, &stats), 0);
    }
}

static void each_mode_on(struct stage *s)
{
    static const int32_t modes[] = { IXL_IRQ_EXTERNAL, IXL_IRQ_FOREVER, 20000, -7 };
    struct ixl_irq_stats stats;

    for (unsigned m = 0; m < (on_sim() ? 4u : 3u); m++) {
        struct ixl_dev_cfg cfg = waiting(modes[m]);
        stage_close_device(s);
        stage_open_on(s, s->bus, &cfg);
        stage_ready(s);
        one_by_one(s, 30);
        frames_exchange(s, 500, 32, SMALL_FRAME, 1514);
        if (modes[m] != IXL_IRQ_EXTERNAL)
            until_woken(s);
        assert_int_equal(ixl_get_irq_stats(s->dev, 0, &stats), 0);
        assert_int_equal(stats.timeouts, 0);
    }
}

void each_mode_works_with_each_interrupt(void **state)
{
    struct ixl_dev_cfg cfg = waiting(1000);
    struct ixl_device *none;
    struct stage s;
    unsigned seen = 0;

    (void)state;
    for (unsigned k = 0; k < NO_IRQ; k++) {
        if (!open_with(&s, &kinds[k], &cfg))
            continue;
        each_mode_on(&s);
        stage_close(&s);
        seen++;
    }
    assert_true(seen > 0);
    assert_true(open_with(&s, &kinds[NO_IRQ], &cfg)); /* waits in naps */
    stage_ready(&s);
    one_by_one(&s, 30);
    stage_close_device(&s);
    cfg = waiting(IXL_IRQ_EXTERNAL);
    assert_int_equal(ixl_init(s.bus, 0, &cfg, &none), -IXL_ENOTSUP);
    ixl_bus_close(s.bus);
}

void an_idle_sleep_ends_in_time(void **state)
{
    struct ixl_dev_cfg cfg = waiting(20);
    struct ixl_irq_stats before, after;
    struct pkt_buf *buf;
    struct stage s;

    (void)state;
    stage_open(&s, "", &cfg);
    stage_ready(&s);
    ixl_get_irq_stats(s.dev, 0, &before);
    uint64_t start = now_ms();
    assert_int_equal(ixl_rx_batch(s.dev, 0, &buf, 1), 0);
    assert_true(now_ms() - start >= 19); /* not before its time */
    ixl_get_irq_stats(s.dev, 0, &after);
    assert_int_equal(after.timeouts - before.timeouts, 1);
    assert_int_equal(after.waits - before.waits, 1);
    stage_close_device(&s);

    cfg = polling();
    stage_open_on(&s, s.bus, &cfg);
    assert_int_equal(ixl_rx_batch(s.dev, 0, &buf, 1), 0);
    assert_true(ixl_get_recv_irq(s.dev, 0) == IXL_IRQ_INVALID);
    assert_int_equal(ixl_check_recv_irq(s.dev, 0), -IXL_ENOTSUP);
    assert_int_equal(ixl_ack_recv_irq(s.dev, 0), -IXL_ENOTSUP);
    stage_close(&s);
}

/* ---- the caller waits himself --------------------------------------------------------------- */

static void wait_outside(struct stage *s)
{
    struct pollfd p = { .fd = (int)ixl_get_recv_irq(s->dev, 0), .events = POLLIN };
    struct pkt_buf *buf;

    for (uint32_t i = 0; i < 100; i++) {
        int got = 0;
        frame_send(s, SMALL_FRAME, s->mac, i);
        while (got == 0) {
            assert_int_equal(poll(&p, 1, (int)PATIENCE_MS), 1);
            assert_in_range(ixl_check_recv_irq(s->dev, 0), 0, 1);
            assert_int_equal(ixl_ack_recv_irq(s->dev, 0), 0);
            got = ixl_rx_batch(s->dev, 0, &buf, 1);
        }
        assert_int_equal(got, 1);
        assert_int_equal(frame_check(buf), i);
        ixl_pkt_buf_free(buf);
    }
}

void an_external_waiter_misses_nothing(void **state)
{
    struct ixl_dev_cfg cfg = waiting(IXL_IRQ_EXTERNAL);
    struct stage s;

    (void)state;
    for (unsigned k = 0; k < NO_IRQ; k++) {
        if (!open_with(&s, &kinds[k], &cfg))
            continue;
        assert_true(ixl_get_recv_irq(s.dev, 0) != IXL_IRQ_INVALID);
        assert_true(ixl_get_recv_irq(s.dev, 1) == IXL_IRQ_INVALID);
        assert_int_equal(ixl_rebind_recv_irq(s.dev, 0), 0);
        stage_ready(&s);
        ixl_ack_recv_irq(s.dev, 0);
        wait_outside(&s);
        stage_close(&s);
    }
}

/* ---- the race for the wake-up --------------------------------------------------------------- */

struct sender {
    struct stage *stage;
    unsigned rounds;
    _Atomic unsigned received;
};

/* A thread sends a frame some time after the former one has arrived: while the receiver is about to
 * sleep, asleep, or not yet. */
static void *send_after_random_pauses(void *arg)
{
    struct sender *r = arg;
    struct stage *s = r->stage;
    unsigned seed = 1;

    for (uint32_t i = 0; i < r->rounds; i++) {
        unsigned idle = 0;
        while (atomic_load(&r->received) < i)
            breathe(&idle);
        seed = seed * 1103515245u + 12345u;
        for (volatile unsigned spin = seed >> (i % 2 ? 16 : 20); spin; spin--)
            ;
        struct pkt_buf *buf = frame_make(s, SMALL_FRAME, s->mac, i);
        while (!buf || ixl_tx_batch(s->dev, 0, &buf, 1) == 0) {
            ixl_tx_reclaim(s->dev, 0);
            buf = buf ? buf : frame_make(s, SMALL_FRAME, s->mac, i);
        }
    }
    return NULL;
}

/* A sleep that is not ended by its frame lasts until its time is over, and that is counted. */
void no_wakeup_is_lost(void **state)
{
    struct ixl_dev_cfg cfg = waiting((int32_t)PATIENCE_MS);
    struct ixl_irq_stats stats;
    struct stage s;
    pthread_t thread;

    (void)state;
    cfg.irq_rate_high = UINT32_MAX; /* always sleep */
    for (unsigned k = 0; k < NO_IRQ; k++) {
        if (!open_with(&s, &kinds[k], &cfg))
            continue;
        stage_ready(&s);
        assert_int_equal(ixl_mempool_create(s.dev, 512, 0, 0, &s.pool), 0); /* the thread's own */
        struct sender r = { .stage = &s, .rounds = scaled(on_sim() ? 1500 : 400) };
        assert_int_equal(pthread_create(&thread, NULL, send_after_random_pauses, &r), 0);
        for (uint32_t i = 0; i < r.rounds; i++) {
            struct pkt_buf *buf = NULL;
            assert_int_equal(ixl_rx_batch(s.dev, 0, &buf, 1), 1);
            assert_int_equal(frame_check(buf), i);
            ixl_pkt_buf_free(buf);
            atomic_fetch_add(&r.received, 1);
        }
        pthread_join(thread, NULL);
        ixl_get_irq_stats(s.dev, 0, &stats);
        assert_int_equal(stats.timeouts, 0);
        assert_true(stats.irqs > 0);
        stage_close(&s);
    }
}

/* ---- adapting ------------------------------------------------------------------------------- */

void a_queue_adapts_both_ways(void **state)
{
    static const int32_t modes[] = { IXL_IRQ_FOREVER, 30000 };
    struct stage s;

    (void)state;
    for (unsigned m = 0; m < 2; m++) {
        struct ixl_dev_cfg cfg = waiting(modes[m]);
        struct ixl_irq_stats stats = { .to_polling = 0 };
        cfg.irq_rate_high = 100;
        cfg.irq_rate_low = 50;
        stage_open(&s, "", &cfg);
        stage_ready(&s);
        for (unsigned i = 0; stats.to_polling == 0 && i < 100000; i++) {
            one_by_one(&s, 1);
            ixl_get_irq_stats(s.dev, 0, &stats);
        }
        assert_true(stats.to_polling > 0);
        for (unsigned i = 0; stats.to_interrupt == 0 && i < 4000; i++) {
            struct timespec pause = { .tv_nsec = 25000000 }; /* 40 a second at most */
            nanosleep(&pause, NULL);
            one_by_one(&s, 1);
            ixl_get_irq_stats(s.dev, 0, &stats);
        }
        assert_true(stats.to_interrupt > 0);
        stage_close(&s);
    }
}
