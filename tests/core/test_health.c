// SPDX-License-Identifier: MIT
/* Health, reset and events of the core, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fake.h"

#define MS 1000000u

static struct ixl_device *open_fake(int32_t mode, uint16_t queues)
{
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;
    struct ixl_device *dev = NULL;

    fake_reset();
    fake.regs[0] = 1000;
    cfg.irq_timeout_ms = mode;
    cfg.num_rx_queues = cfg.num_tx_queues = queues;
    assert_int_equal(ixl_open("fake:", &cfg, &dev), 0);
    fake.trace[0] = '\0';
    return dev;
}

static struct ixl_health check(struct ixl_device *dev)
{
    struct ixl_health h;

    assert_int_equal(ixl_check_health(dev, &h), 0);
    return h;
}

static struct ixl_health check_later(struct ixl_device *dev)
{
    fake_pass((uint64_t)IXL_HEALTH_INTERVAL_MS * MS);
    return check(dev);
}

/* ---- send queues ----------------------------------------------------------------- */

static void a_queue_that_stays_hangs(void **state)
{
    struct ixl_device *dev = open_fake(IXL_IRQ_POLL, 4);

    (void)state;
    fake.tx_tail[2] = 5;
    assert_int_equal(check(dev).tx_hung, 0);
    fake_pass((uint64_t)IXL_HEALTH_INTERVAL_MS * MS - 1);
    assert_int_equal(check(dev).tx_hung, 0); /* too early for a second look */
    fake_pass(1);
    struct ixl_health h = check(dev);
    assert_int_equal(h.tx_hung, 1);
    assert_int_equal(h.first_tx_hung, 2);
    assert_true(h.needs_reset);
    assert_int_equal(check(dev).tx_hung, 1); /* the same answer until the next look */
    fake.tx_tail[0] = 9;
    assert_int_equal(check_later(dev).tx_hung, 1); /* queue 0 may have them since now */
    h = check_later(dev);
    assert_int_equal(h.tx_hung, 2);
    assert_int_equal(h.first_tx_hung, 0);
    fake.tx_head[0] = 9; /* it has sent everything */
    fake.tx_head[2] = 4; /* and this one something */
    assert_int_equal(check_later(dev).tx_hung, 0);
    assert_int_equal(check_later(dev).tx_hung, 1);
    ixl_close(dev);
}

static void what_cannot_send_does_not_hang(void **state)
{
    struct ixl_device *dev = open_fake(IXL_IRQ_POLL, 1);

    (void)state;
    fake.tx_tail[0] = 5;
    check(dev);
    fake.paused = true;
    struct ixl_health h = check_later(dev);
    assert_true(h.tx_paused && !h.needs_reset);
    fake.paused = false;
    fake.regs[0] = 0; /* the link is down */
    assert_false(check_later(dev).needs_reset);
    assert_false(check_later(dev).needs_reset);
    fake.regs[0] = 1000; /* up since just now */
    assert_false(check_later(dev).needs_reset);
    assert_true(check_later(dev).needs_reset);
    ixl_close(dev);
}

/* A head that is where it was has perhaps gone around. */
static void a_busy_ring_that_wraps_does_not_hang(void **state)
{
    struct ixl_device *dev = open_fake(IXL_IRQ_POLL, 1);

    (void)state;
    fake.tx_tail[0] = 500;
    check(dev);
    fake.moves_when_read = true;
    fake.tx_head[0] = 0;
    assert_int_equal(check_later(dev).tx_hung, 0);
    ixl_close(dev);
}

/* ---- receiving --------------------------------------------------------------------- */

static void a_receiver_that_refuses_with_room_is_stalled(void **state)
{
    struct ixl_device *dev = open_fake(IXL_IRQ_POLL, 2);

    (void)state;
    check(dev);
    assert_false(check_later(dev).rx_stalled); /* no frames */
    fake.refused += 10;
    assert_true(check_later(dev).rx_stalled);
    fake.refused += 10;
    fake.rx_head[1] = 7; /* one queue is at work */
    assert_false(check_later(dev).rx_stalled);
    fake.refused += 10;
    fake.rx_head[0] = 0xffff; /* one queue has no descriptors */
    check_later(dev);
    fake.refused += 10;
    assert_false(check_later(dev).rx_stalled);
    ixl_close(dev);
}

/* ---- reset ------------------------------------------------------------------------- */

static void a_reset_silences_drops_and_starts(void **state)
{
    struct ixl_device *dev = open_fake(10, 1);

    (void)state;
    fake.tx_tail[0] = 5;
    check(dev);
    assert_true(check_later(dev).needs_reset);
    ixl_note_error(dev);
    assert_int_equal(ixl_reset(dev), 0);
    assert_string_equal(fake.trace, "quiesce drop restart");
    struct ixl_health h = check(dev);
    assert_false(h.needs_reset || h.error);
    assert_int_equal(h.resets, 1);
    assert_int_equal(ixl_check_events(dev) & IXL_EVENT_ERROR, 0);
    ixl_close(dev);
}

static void a_failed_reset_leaves_no_dma(void **state)
{
    static const char *const traces[] = {
        "quiesce nomaster drop", /* the rings are emptied behind a closed door */
        "quiesce drop restart nomaster",
    };
    static const unsigned failing[] = { 1, 3 };

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct ixl_device *dev = open_fake(10, 2);
        struct pkt_buf *buf = NULL;
        fake.fail_at = failing[i];
        fake.fail_with = -IXL_ETIMEDOUT;
        assert_int_equal(ixl_reset(dev), -IXL_ETIMEDOUT);
        assert_string_equal(fake.trace, traces[i]);
        assert_int_equal(fake.cfg[IXL_PCI_COMMAND] & IXL_PCI_COMMAND_MASTER, 0);
        assert_true(check(dev).stopped && check(dev).needs_reset);
        fake.frames[1] = 1;
        assert_int_equal(ixl_rx_batch(dev, 1, &buf, 1), -IXL_EIO);
        assert_int_equal(ixl_tx_batch(dev, 1, &buf, 1), -IXL_EIO);
        fake.trace[0] = '\0';
        assert_int_equal(ixl_reset(dev), 0);
        assert_string_equal(fake.trace, "quiesce drop master restart");
        assert_false(check(dev).stopped);
        assert_int_equal(ixl_rx_batch(dev, 1, &buf, 1), 1);
        ixl_close(dev);
    }
}

static void a_reset_without_interrupts_afterwards_has_failed(void **state)
{
    struct ixl_device *dev = open_fake(IXL_IRQ_EXTERNAL, 1);
    struct pkt_buf *buf = NULL;

    (void)state;
    fake.unmask_fails = true;
    assert_int_equal(ixl_reset(dev), -IXL_EIO);
    assert_int_equal(fake.cfg[IXL_PCI_COMMAND] & IXL_PCI_COMMAND_MASTER, 0);
    assert_true(check(dev).stopped);
    assert_int_equal(ixl_rx_batch(dev, 0, &buf, 1), -IXL_EIO);
    fake.removed = true;
    assert_int_equal(ixl_check_events(dev) & IXL_EVENT_REMOVED, IXL_EVENT_REMOVED);
    assert_int_equal(ixl_rx_batch(dev, 0, &buf, 1), -IXL_ENODEV);
    assert_int_equal(ixl_tx_batch(dev, 0, &buf, 1), -IXL_ENODEV);
    ixl_close(dev);
}

static void interrupts_are_armed_again_for_who_waits_outside(void **state)
{
    struct ixl_device *dev = open_fake(IXL_IRQ_EXTERNAL, 2);

    (void)state;
    assert_true(fake.nic_open[0] && fake.nic_open[1] && !fake.events_open);
    assert_int_equal(ixl_reset(dev), 0);
    assert_true(fake.nic_open[0] && fake.nic_open[1] && !fake.events_open);
    assert_int_equal(ixl_ack_events(dev), 0);
    assert_true(fake.events_open);
    assert_int_equal(ixl_reset(dev), 0);
    assert_true(fake.events_open);
    ixl_close(dev);

    dev = open_fake(10, 2);
    assert_int_equal(ixl_reset(dev), 0);
    assert_false(fake.nic_open[0] || fake.nic_open[1]); /* they arm when they sleep */
    ixl_close(dev);
}

static void nobody_sleeps_where_it_is_forbidden(void **state)
{
    struct ixl_device *dev = open_fake(IXL_IRQ_FOREVER, 1);
    struct pkt_buf *buf;

    (void)state;
    assert_int_equal(ixl_set_rx_sleep(dev, false), 0);
    uint64_t before = fake.now;
    assert_int_equal(ixl_rx_batch(dev, 0, &buf, 1), 0);
    assert_true(fake.now == before);
    assert_int_equal(ixl_set_rx_sleep(dev, true), 0);
    fake.next = fake.now + 5 * MS;
    assert_int_equal(ixl_rx_batch(dev, 0, &buf, 1), 1);
    ixl_close(dev);
}

/* ---- events -------------------------------------------------------------------------- */

static void an_event_stays_masked_until_it_is_acknowledged(void **state)
{
    struct ixl_device *dev = open_fake(10, 1);
    unsigned vector = dev->irq_vectors - 1;

    (void)state;
    assert_int_equal(ixl_check_events(dev), IXL_EVENT_LINK); /* it came up */
    assert_false(fake.events_open);
    assert_int_equal(ixl_ack_events(dev), 0);
    assert_true(fake.nic_open[vector] && fake.os_open[vector]);
    assert_int_equal(ixl_check_events(dev), 0);
    assert_true(fake.events_open); /* nothing: the way stays open */
    fake.fired[vector] = true;     /* for something that is told already */
    assert_int_equal(ixl_check_events(dev), 0);
    assert_true(fake.events_open && !fake.fired[vector]);
    fake.fired[vector] = true;
    fake.regs[0] = 0;
    assert_int_equal(ixl_check_events(dev), IXL_EVENT_LINK);
    assert_false(fake.events_open);
    ixl_note_error(dev);
    assert_int_equal(ixl_check_events(dev), IXL_EVENT_ERROR);
    assert_int_equal(ixl_check_events(dev), 0);
    assert_true(check(dev).error);
    fake.removed = true;
    assert_int_equal(ixl_check_events(dev), IXL_EVENT_REMOVED);
    assert_int_equal(ixl_check_events(dev), IXL_EVENT_REMOVED);
    ixl_close(dev);
}

static void a_shared_vector_is_left_to_its_receiver(void **state)
{
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;
    struct ixl_device *dev;

    (void)state;
    fake_reset();
    fake.vectors = 1;
    fake.kind = IXL_IRQ_MSI;
    cfg.irq_timeout_ms = 10;
    assert_int_equal(ixl_open("fake:", &cfg, &dev), 0);
    assert_true(ixl_get_event_irq(dev) == IXL_IRQ_INVALID);
    assert_int_equal(ixl_rebind_event_irq(dev), -IXL_ENOTSUP);
    assert_int_equal(ixl_ack_events(dev), 0);
    assert_true(fake.events_open);
    fake.fired[0] = true;
    unsigned acks = fake.acks;
    fake.regs[0] = 100;
    assert_int_equal(ixl_check_events(dev), IXL_EVENT_LINK);
    assert_true(fake.fired[0]);        /* the firing may be a frame's */
    assert_int_equal(fake.acks, acks); /* and so may the cause */
    assert_true(fake.events_open);
    ixl_close(dev);
}

static void the_watch_needs_an_object(void **state)
{
    struct ixl_device *dev = open_fake(IXL_IRQ_POLL, 1);
    struct ixl_health h;

    (void)state;
    assert_int_equal(ixl_reset(NULL), -IXL_EINVAL);
    assert_int_equal(ixl_check_health(NULL, &h), -IXL_EINVAL);
    assert_int_equal(ixl_check_health(dev, NULL), -IXL_EINVAL);
    assert_int_equal(ixl_check_events(NULL), -IXL_EINVAL);
    assert_int_equal(ixl_ack_events(NULL), -IXL_EINVAL);
    assert_int_equal(ixl_rebind_event_irq(NULL), -IXL_EINVAL);
    assert_int_equal(ixl_set_rx_sleep(NULL, true), -IXL_EINVAL);
    assert_true(ixl_get_event_irq(NULL) == IXL_IRQ_INVALID);
    assert_int_equal(logged[IXL_LOG_ERROR], 7);
    assert_int_equal(ixl_ack_events(dev), -IXL_ENOTSUP); /* no interrupts in this mode */
    assert_true(ixl_get_event_irq(dev) == IXL_IRQ_INVALID);
    fake.removed = true;
    assert_int_equal(ixl_reset(dev), -IXL_ENODEV);
    ixl_close(dev);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_queue_that_stays_hangs),
        cmocka_unit_test(what_cannot_send_does_not_hang),
        cmocka_unit_test(a_busy_ring_that_wraps_does_not_hang),
        cmocka_unit_test(a_receiver_that_refuses_with_room_is_stalled),
        cmocka_unit_test(a_reset_silences_drops_and_starts),
        cmocka_unit_test(a_failed_reset_leaves_no_dma),
        cmocka_unit_test(a_reset_without_interrupts_afterwards_has_failed),
        cmocka_unit_test(interrupts_are_armed_again_for_who_waits_outside),
        cmocka_unit_test(nobody_sleeps_where_it_is_forbidden),
        cmocka_unit_test(an_event_stays_masked_until_it_is_acknowledged),
        cmocka_unit_test(a_shared_vector_is_left_to_its_receiver),
        cmocka_unit_test(the_watch_needs_an_object),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
