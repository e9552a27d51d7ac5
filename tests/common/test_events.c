// SPDX-License-Identifier: MIT
/* Events: on a vector of their own, and together with the receive interrupt. */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "tests/common/cases.h"
#include "tests/common/stage.h"

static const char *const kinds[] = { ",irq=msix", ",irq=msi", ",irq=intx", ",irq=none" };
#define KINDS 4u

/* Until ixl_check_events tells of `event`, which has happened or is about to. */
static void await_event(struct stage *s, int event)
{
    unsigned idle = 100;
    for (uint64_t end = now_ms() + PATIENCE_MS;;) {
        int got = ixl_check_events(s->dev);
        assert_true(got >= 0);
        if (got & event)
            return;
        if (now_ms() > end)
            fail_msg("event %d is not told", event);
        breathe(&idle);
    }
}

static bool link_is_up(struct stage *s)
{
    struct ixl_link link;
    assert_int_equal(ixl_get_link(s->dev, &link), 0);
    return link.up;
}

/* Until the link is there or gone; each change is told. */
static void await_link(struct stage *s, bool up)
{
    for (uint64_t end = now_ms() + PATIENCE_MS; link_is_up(s) != up;) {
        unsigned idle = 100;
        if (now_ms() > end)
            fail_msg("the link does not go %s", up ? "up" : "down");
        breathe(&idle);
    }
    await_event(s, IXL_EVENT_LINK);
}

void the_link_is_an_event_in_every_mode(void **state)
{
    static const int32_t modes[] = { IXL_IRQ_POLL, IXL_IRQ_EXTERNAL, 20 };
    struct stage s;

    (void)state;
    for (unsigned k = 0; k < KINDS; k++)
        for (unsigned m = 0; m < 3; m++) {
            if (k == 3 && modes[m] == IXL_IRQ_EXTERNAL)
                continue;
            struct ixl_dev_cfg cfg = waiting(modes[m]);
            stage_open(&s, kinds[k], &cfg);
            stage_ready(&s);
            bool irqs = k < 3 && modes[m] != IXL_IRQ_POLL;
            assert_int_equal(ixl_ack_events(s.dev), irqs ? 0 : -IXL_ENOTSUP);
            ixl_check_events(s.dev);
            assert_int_equal(ixl_check_events(s.dev), 0);
            for (unsigned i = 0; i < (on_sim() ? 2 : 1); i++) {
                stage_plug(&s, false);
                await_link(&s, false);
                stage_plug(&s, true);
                await_link(&s, true);
            }
            frames_exchange(&s, 20, 4, SMALL_FRAME, 1514);
            stage_close(&s);
        }
}

/* On the vector's own object, where there is one. */
void an_event_wakes_who_waits_for_it(void **state)
{
    struct ixl_device_info info;
    struct stage s;

    (void)state;
    for (unsigned k = 0; k < 3; k++) {
        struct ixl_dev_cfg cfg = waiting(k % 2 ? 50 : IXL_IRQ_EXTERNAL);
        stage_open(&s, kinds[k], &cfg);
        ixl_get_info(s.dev, &info);
        struct pollfd p = { .fd = (int)ixl_get_event_irq(s.dev), .events = POLLIN };
        bool own = info.irq_vectors > 1;
        assert_int_equal(p.fd >= 0, own);
        assert_int_equal(ixl_rebind_event_irq(s.dev), own ? 0 : -IXL_ENOTSUP);
        if (p.fd >= 0) {
            stage_ready(&s);
            for (unsigned i = 0; i < 4; i++) {
                ixl_ack_events(s.dev);
                while (ixl_check_events(s.dev))
                    ixl_ack_events(s.dev);
                assert_int_equal(poll(&p, 1, 0), 0);
                stage_plug(&s, i % 2);
                int got = 0;
                while (!got) { /* woken for nothing is possible, not woken at all is not */
                    assert_int_equal(poll(&p, 1, (int)PATIENCE_MS), 1);
                    got = ixl_check_events(s.dev);
                }
                assert_int_equal(got, IXL_EVENT_LINK);
            }
            s.received = s.sent;
            stage_ready(&s);
            frames_exchange(&s, 20, 4, SMALL_FRAME, 1514);
        }
        stage_close(&s);
    }
}

/* Where one vector serves for everything, who waits for frames hears of events. */
void an_event_comes_with_the_receive_interrupt(void **state)
{
    static const char *const single[] = { ",irq=msi", ",irq=intx", ",irq=msix,vectors=1" };
    struct ixl_dev_cfg cfg = waiting(IXL_IRQ_EXTERNAL);
    struct ixl_device_info info;
    struct stage s;

    (void)state;
    for (unsigned k = 0; k < (on_sim() ? 3 : 2); k++) {
        stage_open(&s, single[k], &cfg);
        ixl_get_info(s.dev, &info);
        assert_int_equal(info.irq_vectors, 1);
        struct pollfd p = { .fd = (int)ixl_get_recv_irq(s.dev, 0), .events = POLLIN };
        stage_ready(&s);
        for (unsigned i = 0; i < 4; i++) {
            assert_int_equal(ixl_ack_events(s.dev), 0);
            do { /* on L4Re it is the wait that takes a firing away */
                assert_true(ixl_check_recv_irq(s.dev, 0) >= 0);
                assert_true(ixl_check_events(s.dev) >= 0);
                assert_int_equal(ixl_ack_recv_irq(s.dev, 0), 0);
            } while (poll(&p, 1, 0) == 1);
            stage_plug(&s, i % 2);
            int got = 0;
            while (!got) {
                assert_int_equal(poll(&p, 1, (int)PATIENCE_MS), 1);
                assert_true(ixl_check_recv_irq(s.dev, 0) >= 0);
                got = ixl_check_events(s.dev);
                assert_int_equal(ixl_ack_recv_irq(s.dev, 0), 0);
            }
            assert_int_equal(got, IXL_EVENT_LINK);
        }
        s.received = s.sent;
        stage_ready(&s);
        frames_exchange(&s, 20, 4, SMALL_FRAME, 1514);
        stage_close(&s);
    }
}

/* ---- together with frames ------------------------------------------------------------------- */

struct watcher {
    struct stage *stage;
    _Atomic bool stop;
    unsigned seen;
};

/* A control thread asks all the time, and the link goes and comes. */
static void *watch_events(void *arg)
{
    struct watcher *w = arg;

    for (unsigned i = 0; !atomic_load(&w->stop); i++) {
        int got = ixl_check_events(w->stage->dev);
        w->seen += (got & IXL_EVENT_LINK) != 0;
        ixl_ack_events(w->stage->dev);
        unsigned idle = i % 64 ? 30 : 100;
        breathe(&idle);
    }
    return NULL;
}

/* As no_wakeup_is_lost, with events in between: a sleep that is not ended by its frame lasts until
 * its time is over, and that is counted. */
void events_cost_no_wakeup(void **state)
{
    struct ixl_dev_cfg cfg = waiting((int32_t)PATIENCE_MS);
    struct ixl_irq_stats stats;
    struct stage s;
    pthread_t thread;

    (void)state;
    cfg.irq_rate_high = UINT32_MAX; /* always sleep */
    for (unsigned k = 0; k < 3; k++) {
        stage_open(&s, kinds[k], &cfg);
        stage_ready(&s);
        struct watcher w = { .stage = &s };
        assert_int_equal(ixl_ack_events(s.dev), 0);
        assert_int_equal(pthread_create(&thread, NULL, watch_events, &w), 0);
        for (unsigned i = 0; i < scaled(on_sim() ? 1000 : 200); i++)
            frames_exchange(&s, 1, 1, SMALL_FRAME, 1514);
        atomic_store(&w.stop, true);
        pthread_join(thread, NULL);
        ixl_get_irq_stats(s.dev, 0, &stats);
        assert_int_equal(stats.timeouts, 0);
        stage_close(&s);
    }
}

/* ---- errors --------------------------------------------------------------------------------- */

/* The device's own register to raise causes, and the cause of a fault; 0: the part reports none. */
static const struct {
    const char *device;
    uint32_t reg, cause;
} faults[] = {
    { "82599", 0x00808, 1u << 28 }, { "x540", 0x00808, 1u << 28 }, { "82576", 0x01504, 1u << 22 },
    { "i350", 0x01504, 1u << 22 },  { "i210", 0x01504, 1u << 22 },
};

void a_fault_of_the_device_is_told_until_it_is_reset(void **state)
{
    struct ixl_health h;
    struct stage s;
    uint32_t reg = 0, cause = 0;

    (void)state;
    for (unsigned i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
        if (strcmp(faults[i].device, device_name()) == 0) {
            reg = faults[i].reg;
            cause = faults[i].cause;
        }
    bool virtio = strncmp(device_name(), "virtio", 6) == 0;
    for (unsigned k = 0; (cause || virtio) && k < KINDS; k++) {
        struct ixl_dev_cfg cfg = waiting(20);
        stage_open(&s, kinds[k], &cfg);
        stage_ready(&s);
        if (k < 3)
            assert_int_equal(ixl_ack_events(s.dev), 0);
        if (virtio)
            sim_set_fault(s.nic, SIM_FAULT_NEEDS_RESET, 0);
        else
            sim_mmio_write(s.nic, 0, reg, 4, cause);
        for (uint64_t end = now_ms() + PATIENCE_MS; now_ms() < end;) {
            struct pkt_buf *buf; /* where it shares the vector, the waiter finds it */
            int got = ixl_check_events(s.dev);
            if (got & IXL_EVENT_ERROR)
                break;
            assert_int_equal(ixl_rx_batch(s.dev, 0, &buf, 1), 0);
        }
        assert_int_equal(ixl_check_events(s.dev) & IXL_EVENT_ERROR, 0);
        assert_int_equal(ixl_check_health(s.dev, &h), 0);
        assert_true(h.error && h.needs_reset);
        assert_int_equal(ixl_reset(s.dev), 0);
        assert_int_equal(ixl_check_health(s.dev, &h), 0);
        assert_false(h.error || h.needs_reset);
        stage_close(&s);
    }
}
