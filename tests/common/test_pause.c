// SPDX-License-Identifier: MIT
/* Pause frames: obeyed and sent when told so, and then nothing is lost. */
#include "tests/common/cases.h"
#include "tests/common/stage.h"

#define ATTEMPTS 50u
#define LAPS     10u
#define TO_TURN  1500u /* bytes of the frames that fill a receive buffer */

static void inject_pause(struct stage *s, uint16_t quanta)
{
    uint8_t frame[SMALL_FRAME] = { 1, 0x80, 0xc2, 0, 0, 1, 2, 0, 0, 0, 0, 9, 0x88, 0x08, 0, 1 };
    frame[16] = (uint8_t)(quanta >> 8);
    frame[17] = (uint8_t)quanta;
    assert_true(sim_inject(s->nic, frame, sizeof(frame)));
}

static void inject(struct stage *s, unsigned size, uint32_t number)
{
    uint8_t frame[TO_TURN];
    frame_fill(frame, size, s->mac, number);
    assert_true(sim_inject(s->nic, frame, size));
}

static uint32_t next_number(struct stage *s)
{
    struct pkt_buf *buf = frame_await(s, 0);
    uint32_t number = frame_check(buf);
    ixl_pkt_buf_free(buf);
    return number;
}

/*
 * Frame 0 is sent while the other end wants silence, and renews its wish; the frames of the other
 * end, 1 to LAPS, overtake it. Each of them goes once through the model's engine, which would have
 * sent frame 0 long before. False: we were so slow that a pause was over.
 */
static bool is_overtaken(struct stage *s)
{
    inject_pause(s, 0xffff);
    inject(s, SMALL_FRAME, 1);
    assert_int_equal(next_number(s), 1);
    frame_send(s, SMALL_FRAME, s->mac, 0);
    for (uint32_t i = 2; i <= LAPS; i++) {
        inject_pause(s, 0xffff);
        inject(s, SMALL_FRAME, i);
        uint32_t number = next_number(s);
        if (number != 0)
            continue;
        while (next_number(s) != i) /* there is still one on its way */
            ;
        return false;
    }
    return true;
}

static void expect_obedience(struct stage *s)
{
    struct ixl_health health;
    unsigned attempt = 0;
    while (!is_overtaken(s))
        assert_true(++attempt < ATTEMPTS);
    assert_int_equal(ixl_check_health(s->dev, &health), 0);
    assert_int_equal(health.tx_hung, 0);
    inject_pause(s, 0);
    assert_int_equal(next_number(s), 0);
}

void a_pause_is_obeyed_when_told_so(void **state)
{
    struct ixl_dev_cfg cfg = polling();
    struct ixl_features features;
    struct stage s;

    (void)state;
    stage_open(&s, "", &cfg);
    stage_ready(&s);
    if (supports(&s, IXL_FEAT_RX_PAUSE)) {
        assert_int_equal(ixl_get_features(s.dev, &features), 0);
        assert_int_equal(features.active & (IXL_FEAT_RX_PAUSE | IXL_FEAT_TX_PAUSE), 0);
        assert_int_equal(ixl_set_features(s.dev, IXL_FEAT_RX_PAUSE, 0), 0);
        expect_obedience(&s);
        assert_int_equal(ixl_reset(s.dev), 0);
        stage_ready(&s);
        expect_obedience(&s);
        assert_int_equal(ixl_set_features(s.dev, 0, IXL_FEAT_RX_PAUSE), 0);
        inject_pause(&s, 0xffff);
        assert_false(is_overtaken(&s));
    }
    stage_close(&s);
}

static void drain_all(struct stage *s, unsigned want)
{
    uint64_t end = now_ms() + PATIENCE_MS;
    for (unsigned taken = 0, idle = 0; taken < want; breathe(&idle)) {
        assert_true(now_ms() < end);
        taken += frames_drain(s);
        assert_in_range(taken, 0, want);
    }
}

/* With as many queues; nobody takes what comes until the device asks for a pause. */
static void fill_until_pause(uint16_t queues)
{
    struct ixl_dev_cfg cfg = polling();
    struct ixl_device_stats sent = { 0, 0, 0, 0 };
    struct stage s;
    unsigned n = 0;

    cfg.num_rx_queues = queues;
    cfg.rx_ring_size = 64;
    stage_open(&s, "", &cfg);
    stage_ready(&s);
    assert_int_equal(ixl_set_features(s.dev, IXL_FEAT_TX_PAUSE, 0), 0);
    assert_int_equal(ixl_read_stats(s.dev, NULL), 0);
    uint64_t xon = xstat(&s, "tx_xon"), xoff = xstat(&s, "tx_xoff");
    while (n < 3000 && xstat(&s, "tx_xoff") == xoff)
        inject(&s, TO_TURN, n++);
    assert_true(n < 3000);
    drain_all(&s, n);
    uint64_t end = now_ms() + PATIENCE_MS;
    while (xstat(&s, "tx_xon") == xon)
        assert_true(now_ms() < end);
    assert_int_equal(ixl_read_stats(s.dev, &sent), 0);
    assert_int_equal(sent.tx_pkts, 0); /* pause frames are none of ours */
    stage_close(&s);
}

void a_full_buffer_asks_for_a_pause(void **state)
{
    struct ixl_device_info info;
    struct stage s;

    (void)state;
    stage_open(&s, "", NULL);
    bool can = supports(&s, IXL_FEAT_TX_PAUSE);
    assert_int_equal(ixl_get_info(s.dev, &info), 0);
    stage_close(&s);
    if (!can)
        return;
    fill_until_pause(1);
    if (info.max_rx_queues > 1)
        fill_until_pause(2);
}
