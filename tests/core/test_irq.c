// SPDX-License-Identifier: MIT
/* The interrupt policy: every mode, every interleaving, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fake.h"

#define MS 1000000u
#define S  1000000000u

static struct ixl_device *open_fake(struct ixl_dev_cfg cfg)
{
    struct ixl_device *dev = NULL;

    assert_int_equal(ixl_open("fake:", &cfg, &dev), 0);
    fake.steps = 0;
    return dev;
}

static struct ixl_device *open_mode(int32_t timeout_ms)
{
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;

    fake_reset();
    cfg.irq_timeout_ms = timeout_ms;
    return open_fake(cfg);
}

static int receive(struct ixl_device *dev, uint16_t queue)
{
    struct pkt_buf *bufs[32];

    return ixl_rx_batch(dev, queue, bufs, 32);
}

static struct ixl_irq_stats stats_of(struct ixl_device *dev, uint16_t queue)
{
    struct ixl_irq_stats s;

    assert_int_equal(ixl_get_irq_stats(dev, queue, &s), 0);
    return s;
}

/* ---- modes --------------------------------------------------------------- */

static void polling_mode_sets_up_no_interrupt(void **state)
{
    struct ixl_device *dev = open_mode(IXL_IRQ_POLL);

    (void)state;
    assert_null(strstr(fake.trace, "irqs"));
    uint64_t before = fake.now;
    assert_int_equal(receive(dev, 0), 0);
    assert_true(fake.now == before);
    assert_true(ixl_get_recv_irq(dev, 0) == IXL_IRQ_INVALID);
    assert_int_equal(ixl_check_recv_irq(dev, 0), -IXL_ENOTSUP);
    assert_int_equal(ixl_ack_recv_irq(dev, 0), -IXL_ENOTSUP);
    assert_int_equal(ixl_rebind_recv_irq(dev, 0), -IXL_ENOTSUP);
    assert_int_equal(fake.slept, 0);
    ixl_close(dev);
    assert_null(strstr(fake.trace, "irqs"));
}

static void external_mode_never_binds_nor_waits(void **state)
{
    struct ixl_device *dev = open_mode(IXL_IRQ_EXTERNAL);

    (void)state;
    uint64_t before = fake.now;
    assert_int_equal(receive(dev, 0), 0);
    assert_true(fake.now == before);
    assert_int_equal(fake.slept, 0);
    assert_int_equal(fake.binds, 0);
    assert_true(ixl_get_recv_irq(dev, 0) == 100);
    assert_true(fake.nic_open[0] && fake.os_open[0]);
    assert_int_equal(ixl_rebind_recv_irq(dev, 0), 0);
    assert_int_equal(fake.binds, 1);
    ixl_close(dev);
    assert_false(fake.nic_open[0]);
}

static void waiting_for_ever_outlasts_any_silence(void **state)
{
    static const int32_t modes[] = { IXL_IRQ_FOREVER, -3, INT32_MIN };

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct ixl_device *dev = open_mode(modes[i]);
        fake.next = fake.now + 10000ull * S;
        assert_int_equal(receive(dev, 0), 1);
        assert_true(fake.now >= 10000ull * S);
        assert_int_equal(stats_of(dev, 0).waits, 1);
        assert_int_equal(stats_of(dev, 0).irqs, 1);
        assert_int_equal(stats_of(dev, 0).timeouts, 0);
        assert_false(fake.nic_open[0]);
        ixl_close(dev);
    }
}

static void a_timeout_ends_the_wait_on_time(void **state)
{
    static const int32_t modes[] = { 1, 30, 5000 };

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct ixl_device *dev = open_mode(modes[i]);
        uint64_t before = fake.now;
        assert_int_equal(receive(dev, 0), 0);
        assert_true(fake.now - before == (uint64_t)modes[i] * MS);
        assert_int_equal(stats_of(dev, 0).timeouts, 1);
        assert_int_equal(stats_of(dev, 0).waits, 1);
        ixl_close(dev);
    }
}

static void a_frame_ends_the_wait_before_the_timeout(void **state)
{
    struct ixl_device *dev = open_mode(100);

    (void)state;
    uint64_t before = fake.now;
    fake.next = before + 3 * MS;
    assert_int_equal(receive(dev, 0), 1);
    assert_true(fake.now - before == 3 * MS);
    assert_int_equal(stats_of(dev, 0).timeouts, 0);
    ixl_close(dev);
}

static void frames_that_are_there_cost_no_wait(void **state)
{
    struct ixl_device *dev = open_mode(IXL_IRQ_FOREVER);

    (void)state;
    fake.frames[0] = 40;
    assert_int_equal(receive(dev, 0), 32);
    assert_int_equal(receive(dev, 0), 8);
    assert_int_equal(fake.slept, 0);
    assert_int_equal(stats_of(dev, 0).waits, 0);
    ixl_close(dev);
}

static void asking_for_no_frames_does_not_wait(void **state)
{
    struct ixl_device *dev = open_mode(IXL_IRQ_FOREVER);
    struct pkt_buf *bufs[1];

    (void)state;
    assert_int_equal(ixl_rx_batch(dev, 0, bufs, 0), 0);
    assert_int_equal(fake.slept, 0);
    ixl_close(dev);
}

/* ---- wake-ups ------------------------------------------------------------ */

/* The frame comes before each step there is, one after the other, and its interrupt is lost if it
 * is masked at that moment. */
static void no_wakeup_is_lost_whenever_the_frame_comes(void **state)
{
    bool late = false;

    (void)state;
    for (unsigned at = 1; !late; at++) {
        struct ixl_device *dev = open_mode(IXL_IRQ_FOREVER);
        fake.at_step = at;
        fake.next = fake.now + 100ull * S; /* an end, should it never come */
        assert_int_equal(receive(dev, 0), 1);
        assert_int_equal(fake.overslept, 0);
        late = fake.now >= 100ull * S;
        assert_true(!late || at > 5);
        ixl_close(dev);
    }
}

static void no_wakeup_is_lost_around_a_timeout(void **state)
{
    (void)state;
    for (unsigned at = 1; at < 12; at++) {
        struct ixl_device *dev = open_mode(2);
        unsigned got = 0;
        fake.at_step = at;
        for (unsigned i = 0; i < 4; i++)
            got += (unsigned)receive(dev, 0);
        assert_int_equal(got, 1);
        assert_int_equal(fake.overslept, 0);
        ixl_close(dev);
    }
}

static void an_interrupt_without_frames_does_not_end_the_wait(void **state)
{
    struct ixl_device *dev = open_mode(20);

    (void)state;
    fake.fired[0] = true;
    uint64_t before = fake.now;
    assert_int_equal(receive(dev, 0), 0);
    assert_true(fake.now - before == 20 * MS);
    assert_int_equal(stats_of(dev, 0).irqs, 1);
    assert_int_equal(stats_of(dev, 0).waits, 1);
    ixl_close(dev);
}

static void a_lost_interrupt_costs_at_most_a_second(void **state)
{
    struct ixl_device *dev = open_mode(IXL_IRQ_FOREVER);

    (void)state;
    fake.loses_irqs = true;
    fake.next = fake.now + 7 * MS;
    uint64_t before = fake.now;
    assert_int_equal(receive(dev, 0), 1);
    assert_true(fake.now - before <= S);
    ixl_close(dev);
}

static void the_vector_is_masked_and_acknowledged_when_it_fired(void **state)
{
    struct ixl_device *dev = open_mode(IXL_IRQ_FOREVER);

    (void)state;
    assert_int_equal(fake.binds, 1);
    assert_false(fake.nic_open[0] || fake.os_open[0]);
    fake.next = fake.now + MS;
    assert_int_equal(receive(dev, 0), 1);
    assert_int_equal(fake.acks, 1);
    assert_false(fake.nic_open[0] || fake.os_open[0]);
    ixl_close(dev);
}

/* ---- adapting ------------------------------------------------------------ */

/* Frames at `rate` a second for `ns`; how many were received. */
static unsigned run(struct ixl_device *dev, unsigned rate, uint64_t ns)
{
    uint64_t end = fake.now + ns;
    unsigned got = 0;

    fake.period = S / rate;
    fake.next = fake.now + fake.period;
    while (fake.now < end) {
        int n = receive(dev, 0);
        assert_true(n >= 0);
        got += (unsigned)n;
    }
    return got;
}

static void high_rates_change_to_polling_and_low_ones_back(void **state)
{
    static const int32_t modes[] = { IXL_IRQ_FOREVER, -17, 5, 100 };

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct ixl_device *dev = open_mode(modes[i]);

        run(dev, 10000, 100 * MS);
        assert_false(stats_of(dev, 0).polling);
        run(dev, 30000, 100 * MS);
        assert_true(stats_of(dev, 0).polling);
        assert_int_equal(stats_of(dev, 0).to_polling, 1);

        uint64_t irqs = stats_of(dev, 0).irqs;
        unsigned long slept = fake.slept;
        unsigned got = run(dev, 10000, 100 * MS); /* between the two: stays as it is */
        assert_in_range(got, 990, 1001);
        assert_true(stats_of(dev, 0).polling);
        assert_true(stats_of(dev, 0).irqs == irqs);
        assert_int_equal(fake.slept, slept);
        assert_false(fake.nic_open[0]);

        run(dev, 1000, 100 * MS);
        assert_false(stats_of(dev, 0).polling);
        assert_int_equal(stats_of(dev, 0).to_interrupt, 1);
        assert_true(stats_of(dev, 0).irqs > irqs);
        ixl_close(dev);
    }
}

static void the_rates_are_the_callers(void **state)
{
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;

    (void)state;
    fake_reset();
    cfg.irq_timeout_ms = IXL_IRQ_FOREVER;
    cfg.irq_rate_high = 500;
    cfg.irq_rate_low = 200;
    struct ixl_device *dev = open_fake(cfg);
    run(dev, 400, S);
    assert_false(stats_of(dev, 0).polling);
    run(dev, 2000, S);
    assert_true(stats_of(dev, 0).polling);
    run(dev, 100, S);
    assert_false(stats_of(dev, 0).polling);
    ixl_close(dev);
}

static void an_idle_queue_stops_polling_within_two_windows(void **state)
{
    struct ixl_device *dev = open_mode(IXL_IRQ_FOREVER);

    (void)state;
    run(dev, 40000, 50 * MS);
    assert_true(stats_of(dev, 0).polling);
    fake.period = 0;
    fake.next = fake.now + 30 * MS;
    receive(dev, 0);
    assert_int_equal(stats_of(dev, 0).to_interrupt, 1);
    assert_false(stats_of(dev, 0).polling);
    ixl_close(dev);
}

static void polling_honours_the_timeout(void **state)
{
    struct ixl_device *dev = open_mode(3);

    (void)state;
    run(dev, 40000, 50 * MS);
    assert_true(stats_of(dev, 0).polling);
    fake.period = 0;
    fake.next = NEVER;
    while (receive(dev, 0) > 0)
        ;
    uint64_t timeouts = stats_of(dev, 0).timeouts;
    uint64_t before = fake.now;
    assert_int_equal(receive(dev, 0), 0);
    assert_true(fake.now - before == 3 * MS);
    assert_true(stats_of(dev, 0).timeouts == timeouts); /* it did not sleep */
    ixl_close(dev);
}

static void an_interrupt_storm_ends_in_polling(void **state)
{
    struct ixl_device *dev = open_mode(200);

    (void)state;
    fake.storm = true;
    uint64_t before = fake.now;
    assert_int_equal(receive(dev, 0), 0);
    assert_true(fake.now - before == 200 * MS);
    assert_true(stats_of(dev, 0).to_polling > 0);
    /* at most every other window was spent on interrupts */
    assert_true(fake.slept <= 200 * 1000 / 2 + 20000);
    ixl_close(dev);
}

/* ---- fewer vectors than queues ------------------------------------------- */

static void queues_without_a_vector_of_their_own_nap(void **state)
{
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;

    (void)state;
    fake_reset();
    fake.vectors = 2; /* one for receive, one for the rest */
    cfg.num_rx_queues = 3;
    cfg.irq_timeout_ms = 50;
    struct ixl_device *dev = open_fake(cfg);
    assert_int_equal(fake.binds, 1);
    for (uint16_t q = 1; q < 3; q++) {
        fake.queue = q;
        fake.next = fake.now + 20 * MS;
        uint64_t before = fake.now;
        assert_int_equal(receive(dev, q), 1);
        assert_true(fake.now - before <= 21 * MS);
        before = fake.now;
        assert_int_equal(receive(dev, q), 0);
        assert_true(fake.now - before == 50 * MS);
    }
    assert_int_equal(fake.slept, 0);

    /* the leader sleeps, and is not deceived by the others' frames */
    fake.next = fake.now + 5 * MS;
    uint64_t before = fake.now;
    assert_int_equal(receive(dev, 0), 0);
    assert_true(fake.now - before == 50 * MS);
    assert_int_equal(stats_of(dev, 0).irqs, 1);
    ixl_close(dev);
}

static void without_any_vector_waiting_modes_nap(void **state)
{
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;

    (void)state;
    fake_reset();
    fake.vectors = 0;
    cfg.irq_timeout_ms = 10;
    struct ixl_device *dev = open_fake(cfg);
    assert_int_equal(logged[IXL_LOG_WARN], 1);
    uint64_t before = fake.now;
    assert_int_equal(receive(dev, 0), 0);
    assert_true(fake.now - before == 10 * MS);
    assert_int_equal(fake.slept, 0);
    fake.next = fake.now + 4 * MS;
    assert_int_equal(receive(dev, 0), 1);
    assert_true(ixl_get_recv_irq(dev, 0) == IXL_IRQ_INVALID);
    ixl_close(dev);
}

static void without_any_vector_external_mode_is_refused(void **state)
{
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;
    struct ixl_device *dev;

    (void)state;
    fake_reset();
    fake.vectors = 0;
    cfg.irq_timeout_ms = IXL_IRQ_EXTERNAL;
    assert_int_equal(ixl_open("fake:", &cfg, &dev), -IXL_ENOTSUP);
    assert_null(dev);
    assert_int_equal(logged[IXL_LOG_ERROR], 1);
    assert_int_equal(fake.opened, 0);
}

/* ---- trouble ------------------------------------------------------------- */

static void a_removed_device_ends_every_wait(void **state)
{
    static const int32_t modes[] = { IXL_IRQ_FOREVER, 30, 3 };

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct ixl_device *dev = open_mode(modes[i]);
        fake.removed = true;
        uint64_t before = fake.now;
        int got;
        while ((got = receive(dev, 0)) == 0)
            assert_true(fake.now - before < 2ull * S);
        assert_int_equal(got, -IXL_ENODEV);
        assert_int_equal(logged[IXL_LOG_ERROR], 1);
        before = fake.now;
        assert_int_equal(receive(dev, 0), -IXL_ENODEV); /* at once from now on */
        assert_true(fake.now == before);
        assert_int_equal(fake.link_reads, 0);
        ixl_close(dev);
    }
}

static void errors_of_a_wait_are_the_callers(void **state)
{
    struct ixl_device *dev = open_mode(IXL_IRQ_FOREVER);

    (void)state;
    fake.wait_error = -IXL_EIO;
    assert_int_equal(receive(dev, 0), -IXL_EIO);
    assert_false(fake.nic_open[0]);
    fake.wait_error = 0;
    fake.burst_error = -IXL_ENOBUFS;
    assert_int_equal(receive(dev, 0), -IXL_ENOBUFS);
    ixl_close(dev);
}

static void a_vector_that_cannot_be_bound_fails_the_open(void **state)
{
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;
    struct ixl_device *dev;

    (void)state;
    fake_reset();
    fake.bind_fails = true;
    cfg.irq_timeout_ms = 10;
    assert_int_equal(ixl_open("fake:", &cfg, &dev), -IXL_EPERM);
    assert_int_equal(fake.opened, 0);
}

/* ---- the caller's own waiting -------------------------------------------- */

static void check_clears_and_masks_what_fired(void **state)
{
    struct ixl_device *dev = open_mode(IXL_IRQ_EXTERNAL);

    (void)state;
    assert_int_equal(ixl_check_recv_irq(dev, 0), 0);
    assert_true(fake.nic_open[0]); /* did not fire: still armed */
    fake.next = fake.now + MS;
    fake_pass(MS);
    assert_int_equal(ixl_check_recv_irq(dev, 0), 1);
    assert_false(fake.nic_open[0] || fake.os_open[0]);
    assert_int_equal(fake.acks, 1);
    assert_int_equal(stats_of(dev, 0).irqs, 1);
    assert_int_equal(ixl_check_recv_irq(dev, 0), 0);
    assert_int_equal(receive(dev, 0), 1);
    assert_int_equal(ixl_ack_recv_irq(dev, 0), 0);
    assert_true(fake.nic_open[0] && fake.os_open[0]);
    ixl_close(dev);
}

static void check_asks_the_device_where_the_system_cannot_tell(void **state)
{
    struct ixl_device *dev = open_mode(IXL_IRQ_EXTERNAL);

    (void)state;
    fake.cannot_tell = true;
    assert_int_equal(ixl_check_recv_irq(dev, 0), 1);
    assert_false(fake.nic_open[0]);
    fake.ack_says_no = true;
    assert_int_equal(ixl_check_recv_irq(dev, 0), 0);
    ixl_close(dev);
}

static void interrupt_functions_refuse_queues_there_are_not(void **state)
{
    struct ixl_device *dev = open_mode(IXL_IRQ_EXTERNAL);
    struct ixl_irq_stats s;

    (void)state;
    assert_int_equal(ixl_check_recv_irq(dev, 1), -IXL_EINVAL);
    assert_int_equal(ixl_ack_recv_irq(dev, 1), -IXL_EINVAL);
    assert_int_equal(ixl_rebind_recv_irq(NULL, 0), -IXL_EINVAL);
    assert_int_equal(logged[IXL_LOG_ERROR], 3);
    assert_true(ixl_get_recv_irq(dev, 1) == IXL_IRQ_INVALID);
    assert_true(ixl_get_recv_irq(NULL, 0) == IXL_IRQ_INVALID);
    assert_int_equal(ixl_get_irq_stats(dev, 1, &s), -IXL_EINVAL);
    ixl_close(dev);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(polling_mode_sets_up_no_interrupt),
        cmocka_unit_test(external_mode_never_binds_nor_waits),
        cmocka_unit_test(waiting_for_ever_outlasts_any_silence),
        cmocka_unit_test(a_timeout_ends_the_wait_on_time),
        cmocka_unit_test(a_frame_ends_the_wait_before_the_timeout),
        cmocka_unit_test(frames_that_are_there_cost_no_wait),
        cmocka_unit_test(asking_for_no_frames_does_not_wait),
        cmocka_unit_test(no_wakeup_is_lost_whenever_the_frame_comes),
        cmocka_unit_test(no_wakeup_is_lost_around_a_timeout),
        cmocka_unit_test(an_interrupt_without_frames_does_not_end_the_wait),
        cmocka_unit_test(a_lost_interrupt_costs_at_most_a_second),
        cmocka_unit_test(the_vector_is_masked_and_acknowledged_when_it_fired),
        cmocka_unit_test(high_rates_change_to_polling_and_low_ones_back),
        cmocka_unit_test(the_rates_are_the_callers),
        cmocka_unit_test(an_idle_queue_stops_polling_within_two_windows),
        cmocka_unit_test(polling_honours_the_timeout),
        cmocka_unit_test(an_interrupt_storm_ends_in_polling),
        cmocka_unit_test(queues_without_a_vector_of_their_own_nap),
        cmocka_unit_test(without_any_vector_waiting_modes_nap),
        cmocka_unit_test(without_any_vector_external_mode_is_refused),
        cmocka_unit_test(a_removed_device_ends_every_wait),
        cmocka_unit_test(errors_of_a_wait_are_the_callers),
        cmocka_unit_test(a_vector_that_cannot_be_bound_fails_the_open),
        cmocka_unit_test(check_clears_and_masks_what_fired),
        cmocka_unit_test(check_asks_the_device_where_the_system_cannot_tell),
        cmocka_unit_test(interrupt_functions_refuse_queues_there_are_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
