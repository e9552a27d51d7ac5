// SPDX-License-Identifier: MIT
/* A reset keeps what was configured; what is broken is found, and cured by it. */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "lib/virtio/virtio.h"
#include "tests/common/cases.h"
#include "tests/common/stage.h"

static void pause_ms(unsigned ms)
{
    struct timespec ts = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };
    nanosleep(&ts, NULL);
}

static uint32_t in_use(struct ixl_mempool *pool)
{
    struct ixl_mempool_stats stats = { .in_use = 0 };
    ixl_mempool_get_stats(pool, &stats);
    return stats.in_use;
}

static void reset(struct stage *s)
{
    int err = ixl_reset(s->dev);
    if (err)
        fail_msg("reset: %s (%s)", ixl_strerror(err), log_last);
}

static void open_ready(struct stage *s, const char *options, const struct ixl_dev_cfg *cfg)
{
    stage_open(s, options, cfg);
    stage_ready(s);
}

/* Frames go around again after a reset. */
static void at_work(struct stage *s)
{
    stage_ready(s);
    s->received = s->sent;
    frames_exchange(s, 50, 10, SMALL_FRAME, 1514);
    ixl_tx_reclaim(s->dev, 0);
}

/* ---- what a reset keeps --------------------------------------------------------------------- */

static void hears(struct stage *s, const uint8_t mac[6])
{
    frame_send(s, SMALL_FRAME, mac, 77);
    struct pkt_buf *buf = frame_await(s, 0);
    assert_int_equal(frame_check(buf), 77);
    ixl_pkt_buf_free(buf);
}

void a_reset_keeps_what_was_configured(void **state)
{
    static const uint8_t own[6] = { 2, 0x11, 0x22, 0x33, 0x44, 0x55 };
    static const uint8_t other[6] = { 2, 9, 9, 9, 9, 9 };
    struct ixl_dev_cfg cfg = polling();
    uint8_t mac[6];
    struct stage s;

    (void)state;
    cfg.max_frame_size = 4000;
    open_ready(&s, "", &cfg);
    assert_int_equal(ixl_set_mac_addr(s.dev, own), 0);
    assert_int_equal(ixl_set_promisc(s.dev, true), 0);
    memcpy(s.mac, own, 6);
    hears(&s, own);
    hears(&s, other);
    uint64_t rx = xstat(&s, "rx_pkts"), tx_bytes = xstat(&s, "tx_bytes");

    reset(&s);
    assert_int_equal(ixl_get_mac_addr(s.dev, mac), 0);
    assert_memory_equal(mac, own, 6);
    assert_true(xstat(&s, "rx_pkts") >= rx && xstat(&s, "tx_bytes") >= tx_bytes);
    stage_ready(&s);
    hears(&s, own);
    hears(&s, other);
    frames_exchange(&s, 50, 10, 3000, 3900);
    assert_true(xstat(&s, "rx_pkts") > rx);

    assert_int_equal(ixl_set_promisc(s.dev, false), 0);
    reset(&s);
    stage_ready(&s);
    frame_send(&s, SMALL_FRAME, other, 1);
    hears(&s, own); /* and not the one before it */
    assert_int_equal(xstat(&s, "rx_reset_dropped"), 0);
    stage_close(&s);
}

/* Used buffers in the first ring of a virtio device: a frame each, with the sizes used here. */
static unsigned virtio_arrivals(struct ixl_device *dev)
{
    const struct vio_rxq *q = (const struct vio_rxq *)dev->rxq[0];
    uint64_t rest;
    uint32_t at = q->cons;

    if (!q->ring.packed)
        return (uint16_t)(vio_load16(q->ring.device + VIO_RING_IDX) - at);
    while (at != q->prod && vio_used_packed(&q->ring, at, &rest))
        at++;
    return at - q->cons;
}

/* Until so many frames lie in the receive ring. A virtio device counts nothing: there it is the
 * ring that tells. */
static void await_arrivals(struct stage *s, unsigned n)
{
    struct ixl_device_stats stats = { .rx_pkts = 0 };
    uint64_t got = 0, end = now_ms() + PATIENCE_MS;

    while (got < n) {
        if (is_intel(s)) {
            assert_int_equal(ixl_read_stats(s->dev, &stats), 0);
            got = stats.rx_pkts;
        } else {
            got = virtio_arrivals(s->dev);
        }
        if (now_ms() > end)
            fail_msg("%llu of %u frames have arrived", (unsigned long long)got, n);
        pause_ms(1);
    }
}

/* Received and not taken; sent and not gone (the link is down; a virtio device swallows frames
 * then, and is stalled instead). */
void frames_in_the_rings_are_dropped_and_counted(void **state)
{
    struct ixl_dev_cfg cfg = polling();
    struct stage s;

    (void)state;
    open_ready(&s, "", &cfg);
    uint32_t armed = in_use(ixl_get_rxq_mempool(s.dev, 0));
    struct pkt_buf *held = frame_make(&s, SMALL_FRAME, s.mac, 4711);
    for (uint32_t i = 0; i < 40; i++)
        frame_send(&s, SMALL_FRAME, s.mac, i);
    await_arrivals(&s, 40);
    reset(&s);
    assert_int_equal(xstat(&s, "rx_reset_dropped"), 40);
    assert_int_equal(in_use(ixl_get_rxq_mempool(s.dev, 0)), armed);
    assert_int_equal(frame_check(held), 4711);
    at_work(&s);

    if (s.nic) {
        bool pull = is_intel(&s);
        if (pull)
            stage_plug(&s, false);
        else
            sim_set_fault(s.nic, SIM_FAULT_STALL_TX, 1);
        for (uint32_t i = 0; i < 40; i++)
            frame_send(&s, SMALL_FRAME, s.mac, i);
        reset(&s);
        assert_int_equal(xstat(&s, "tx_reset_dropped"), 40);
        assert_int_equal(in_use(s.pool), 1);
        if (pull)
            stage_plug(&s, true);
        at_work(&s);
    }
    ixl_pkt_buf_free(held);
    assert_int_equal(in_use(s.pool), 0);
    stage_close(&s);
}

void a_hundred_resets_lose_no_buffer(void **state)
{
    static const int32_t modes[] = { IXL_IRQ_POLL, 1000, IXL_IRQ_EXTERNAL };
    struct stage s;

    (void)state;
    for (unsigned m = 0; m < 3; m++) {
        struct ixl_dev_cfg cfg = waiting(modes[m]);
        unsigned rounds = scaled(on_sim() ? 34 : 5);
        cfg.rx_pool_entries = 600;
        open_ready(&s, "", &cfg);
        uint32_t armed = in_use(ixl_get_rxq_mempool(s.dev, 0));
        for (unsigned i = 0; i < rounds; i++) {
            for (uint32_t k = 0; k < 10 + i; k++)
                frame_send(&s, SMALL_FRAME, s.mac, k);
            reset(&s);
            if (i % 8 == 0)
                at_work(&s);
        }
        at_work(&s);
        assert_in_range(in_use(ixl_get_rxq_mempool(s.dev, 0)), 1, armed + 32);
        assert_int_equal(in_use(s.pool), 0);
        assert_int_equal(log_errors, 0);
        stage_close(&s);
    }
}

/* Who waits on the object himself is woken by the first frame after the reset, without having
 * called anything in between. */
void interrupts_go_on_after_a_reset(void **state)
{
    static const char *const kinds[] = { ",irq=msix", ",irq=msi", ",irq=intx" };
    struct pkt_buf *buf;
    struct stage s;

    (void)state;
    for (unsigned k = 0; k < 3; k++) {
        struct ixl_dev_cfg cfg = waiting(IXL_IRQ_EXTERNAL);
        open_ready(&s, kinds[k], &cfg);
        struct pollfd p = { .fd = (int)ixl_get_recv_irq(s.dev, 0), .events = POLLIN };
        for (uint32_t i = 0; i < (on_sim() ? 5 : 2); i++) {
            ixl_check_recv_irq(s.dev, 0);
            ixl_ack_recv_irq(s.dev, 0);
            reset(&s);
            stage_ready(&s);
            ixl_check_recv_irq(s.dev, 0);
            ixl_ack_recv_irq(s.dev, 0);
            reset(&s);
            assert_true(ixl_get_recv_irq(s.dev, 0) == (ixl_irq_t)p.fd);
            struct ixl_link link = { .up = false };
            for (uint64_t end = now_ms() + PATIENCE_MS; !link.up && now_ms() < end; pause_ms(1))
                assert_int_equal(ixl_get_link(s.dev, &link), 0);
            for (int got = 0; got == 0;) {
                frame_send(&s, SMALL_FRAME, s.mac, i);
                assert_int_equal(poll(&p, 1, (int)PATIENCE_MS), 1);
                ixl_check_recv_irq(s.dev, 0);
                ixl_ack_recv_irq(s.dev, 0);
                got = ixl_rx_batch(s.dev, 0, &buf, 1);
            }
            assert_int_equal(frame_check(buf), i);
            ixl_pkt_buf_free(buf);
        }
        stage_close(&s);
    }
}

/* ---- who sleeps ----------------------------------------------------------------------------- */

struct sleeper {
    struct ixl_device *dev;
    _Atomic bool done;
    int got;
};

static void *sleep_for_ever(void *arg)
{
    struct sleeper *z = arg;
    struct pkt_buf *buf;
    ixl_rebind_recv_irq(z->dev, 0);
    z->got = ixl_rx_batch(z->dev, 0, &buf, 1);
    atomic_store(&z->done, true);
    return NULL;
}

void a_sleeper_is_called_out_for_a_reset(void **state)
{
    struct ixl_dev_cfg cfg = waiting(IXL_IRQ_FOREVER);
    struct pkt_buf *buf;
    struct stage s;
    pthread_t thread;

    (void)state;
    stage_open(&s, "", &cfg);
    stage_ready(&s);
    struct sleeper z = { .dev = s.dev };
    assert_int_equal(pthread_create(&thread, NULL, sleep_for_ever, &z), 0);
    pause_ms(30);
    assert_false(atomic_load(&z.done));
    assert_int_equal(ixl_set_rx_sleep(s.dev, false), 0);
    pthread_join(thread, NULL);
    assert_int_equal(z.got, 0);
    ixl_rebind_recv_irq(s.dev, 0);
    assert_int_equal(ixl_rx_batch(s.dev, 0, &buf, 1), 0); /* at once, for ever otherwise */
    reset(&s);
    assert_int_equal(ixl_set_rx_sleep(s.dev, true), 0);
    at_work(&s);
    stage_close(&s);
}

/* ---- health --------------------------------------------------------------------------------- */

/* The health at a look that is a new one. */
static struct ixl_health examine(struct stage *s)
{
    struct ixl_health h;
    pause_ms(IXL_HEALTH_INTERVAL_MS + 20);
    assert_int_equal(ixl_check_health(s->dev, &h), 0);
    return h;
}

void a_device_at_work_is_healthy(void **state)
{
    struct ixl_dev_cfg cfg = polling();
    struct stage s;

    (void)state;
    stage_open(&s, "", &cfg);
    stage_ready(&s);
    for (unsigned i = 0; i < 3; i++) {
        struct ixl_health h = examine(&s);
        assert_true(h.link.up);
        assert_false(h.needs_reset || h.removed || h.stopped || h.error || h.rx_stalled);
        assert_int_equal(h.tx_hung, 0);
        frames_exchange(&s, 600, 32, SMALL_FRAME, 1514);
    }
    stage_plug(&s, false);
    for (uint32_t i = 0; i < 20; i++)
        frame_send(&s, SMALL_FRAME, s.mac, i);
    for (unsigned i = 0; i < 3; i++)
        assert_false(examine(&s).needs_reset); /* frames wait for the link: that is no fault */
    stage_plug(&s, true);
    stage_close(&s);
}

/* Frames of a queue that is to hang. */
static void load(struct stage *s, uint16_t queue, unsigned n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct pkt_buf *buf = frame_make(s, SMALL_FRAME, s->mac, i);
        assert_non_null(buf);
        assert_int_equal(ixl_tx_batch(s->dev, queue, &buf, 1), 1);
    }
}

void a_hung_sender_is_found_and_recovers(void **state)
{
    struct ixl_device_info info;
    struct ixl_dev_cfg cfg = polling();
    struct ixl_health h;
    struct stage s;

    (void)state;
    open_ready(&s, "", &cfg);
    ixl_get_info(s.dev, &info);
    bool pairs = !is_intel(&s);
    stage_close_device(&s);
    cfg.num_tx_queues = info.max_tx_queues < 4 ? info.max_tx_queues : 4;
    if (pairs)
        cfg.num_rx_queues = cfg.num_tx_queues; /* they come in pairs */
    stage_open_on(&s, s.bus, &cfg);
    stage_ready(&s);
    uint16_t last = (uint16_t)(cfg.num_tx_queues - 1);
    assert_false(examine(&s).needs_reset);
    sim_set_fault(s.nic, SIM_FAULT_STALL_TX, 1);
    load(&s, last, 20);
    assert_int_equal(examine(&s).tx_hung, 0); /* it may have got them just now */
    h = examine(&s);
    assert_true(h.needs_reset && !h.stopped && !h.rx_stalled);
    assert_int_equal(h.tx_hung, 1);
    assert_int_equal(h.first_tx_hung, last);
    reset(&s);
    assert_int_equal(ixl_check_health(s.dev, &h), 0);
    assert_false(h.needs_reset);
    assert_int_equal(h.resets, 1);
    assert_int_equal(xstat(&s, "tx_reset_dropped"), 20);
    assert_int_equal(in_use(s.pool), 0);
    at_work(&s);
    load(&s, last, 20);
    assert_false(examine(&s).needs_reset);
    stage_close(&s);
}

/* The model's own input is full at last, and it counts what it misses. */
static void flood(struct stage *s)
{
    uint8_t frame[200];
    frame_fill(frame, sizeof(frame), s->mac, 1);
    for (unsigned i = 0; i < 20000; i++)
        sim_inject(s->nic, frame, sizeof(frame));
}

void a_stalled_receiver_is_found_and_recovers(void **state)
{
    struct ixl_dev_cfg cfg = polling();
    struct pkt_buf *bufs[64];
    struct stage s;
    int got;

    (void)state;
    open_ready(&s, "", &cfg);
    if (!is_intel(&s)) { /* nobody counts what a virtio device refuses: silence is all there is */
        stage_close(&s);
        return;
    }
    flood(&s); /* nobody takes them: they are missed for want of descriptors, which is no fault */
    assert_false(examine(&s).needs_reset);
    flood(&s);
    assert_false(examine(&s).needs_reset);
    while ((got = ixl_rx_batch(s.dev, 0, bufs, 64)) > 0)
        ixl_pkt_buf_free_batch(bufs, (unsigned)got);
    pause_ms(50);
    while ((got = ixl_rx_batch(s.dev, 0, bufs, 64)) > 0)
        ixl_pkt_buf_free_batch(bufs, (unsigned)got);

    sim_set_fault(s.nic, SIM_FAULT_STALL_RX, 1);
    assert_false(examine(&s).rx_stalled);
    struct ixl_health h = { .rx_stalled = false };
    for (unsigned i = 0; i < 20 && !h.rx_stalled; i++) { /* a busy machine's model takes its time */
        flood(&s);
        h = examine(&s);
    }
    assert_true(h.rx_stalled && h.needs_reset);
    assert_int_equal(h.tx_hung, 0);
    reset(&s);
    stage_ready(&s);
    assert_false(examine(&s).needs_reset);
    stage_close(&s);
}

/* A virtio ring in which ids make no sense is not used any more. */
void a_ring_that_was_given_up_works_after_a_reset(void **state)
{
    struct ixl_dev_cfg cfg = polling();
    struct ixl_health h = { .error = false };
    struct pkt_buf *buf;
    struct stage s;

    (void)state;
    open_ready(&s, "", &cfg);
    if (!is_intel(&s)) {
        uint32_t armed = in_use(ixl_get_rxq_mempool(s.dev, 0));
        sim_set_fault(s.nic, SIM_FAULT_RANDOM_DESC, 7);
        for (uint32_t i = 0; i < 8; i++)
            frame_send(&s, SMALL_FRAME, s.mac, i);
        for (uint64_t end = now_ms() + PATIENCE_MS; !h.error && now_ms() < end;) {
            if (ixl_rx_batch(s.dev, 0, &buf, 1) > 0)
                ixl_pkt_buf_free(buf);
            assert_int_equal(ixl_check_health(s.dev, &h), 0);
        }
        assert_true(h.error && h.needs_reset);
        assert_int_equal(ixl_check_events(s.dev) & IXL_EVENT_ERROR, IXL_EVENT_ERROR);
        sim_set_fault(s.nic, SIM_FAULT_NONE, 0);
        reset(&s);
        assert_int_equal(ixl_check_health(s.dev, &h), 0);
        assert_false(h.needs_reset);
        at_work(&s);
        assert_in_range(in_use(ixl_get_rxq_mempool(s.dev, 0)), armed - 40, armed + 32);
    }
    stage_close(&s);
}

void a_reset_that_fails_stops_the_device(void **state)
{
    struct ixl_dev_cfg cfg = polling();
    struct ixl_health h;
    struct pkt_buf *buf;
    struct stage s;

    (void)state;
    open_ready(&s, "", &cfg);
    sim_set_fault(s.nic, SIM_FAULT_RESET_HANGS, 0);
    assert_int_equal(ixl_reset(s.dev), -IXL_ETIMEDOUT);
    assert_int_equal(sim_cfg_read(s.nic, IXL_PCI_COMMAND, 2) & IXL_PCI_COMMAND_MASTER, 0);
    assert_int_equal(ixl_check_health(s.dev, &h), 0);
    assert_true(h.stopped && h.needs_reset && !h.removed);
    assert_int_equal(ixl_rx_batch(s.dev, 0, &buf, 1), -IXL_EIO);
    assert_int_equal(ixl_forward(s.dev, 0, s.dev, 0, 8, NULL, NULL), -IXL_EIO);
    buf = frame_make(&s, SMALL_FRAME, s.mac, 0);
    assert_int_equal(ixl_tx_batch(s.dev, 0, &buf, 1), -IXL_EIO);
    assert_int_equal(ixl_tx_reclaim(s.dev, 0), 0);
    ixl_pkt_buf_free(buf);
    assert_int_equal(ixl_reset(s.dev), -IXL_ETIMEDOUT);
    sim_set_fault(s.nic, SIM_FAULT_NONE, 0);
    reset(&s);
    assert_int_equal(ixl_check_health(s.dev, &h), 0);
    assert_false(h.stopped || h.needs_reset);
    assert_int_equal(in_use(s.pool), 0);
    at_work(&s);
    stage_close(&s);
}

/* ---- no device any more --------------------------------------------------------------------- */

void a_removed_device_is_not_reset(void **state)
{
    struct ixl_dev_cfg cfg = waiting(200);
    struct ixl_health h;
    struct stage s;

    (void)state;
    stage_open(&s, "", &cfg);
    stage_ready(&s);
    stage_remove(&s);
    assert_int_equal(ixl_check_events(s.dev) & IXL_EVENT_REMOVED, IXL_EVENT_REMOVED);
    assert_int_equal(ixl_check_events(s.dev), IXL_EVENT_REMOVED);
    assert_int_equal(ixl_check_health(s.dev, &h), 0);
    assert_true(h.removed && !h.needs_reset);
    assert_int_equal(ixl_reset(s.dev), -IXL_ENODEV);
    stage_close(&s);
}
