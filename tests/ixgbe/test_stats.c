// SPDX-License-Identifier: MIT
/* Statistics against frames that were counted by hand. */
#include "tests/ixgbe/rig.h"

#include <stdio.h>

static const char *const models[] = { "82599", "x540" };

static void check_totals(struct rig *r, uint64_t rx, uint64_t rx_bytes, uint64_t tx,
                         uint64_t tx_bytes)
{
    struct ixl_device_stats s = { .rx_pkts = 0 };

    assert_int_equal(ixl_read_stats(r->dev, &s), 0);
    assert_int_equal(s.rx_pkts, rx);
    assert_int_equal(s.rx_bytes, rx_bytes);
    assert_int_equal(s.tx_pkts, tx);
    assert_int_equal(s.tx_bytes, tx_bytes);
}

static void totals_are_the_frames_on_the_wire(void **state)
{
    struct rig r;

    (void)state;
    for (unsigned m = 0; m < 2; m++) {
        uint64_t rx_bytes = 0, tx_bytes = 0;
        rig_make(&r, models[m], "");
        rig_open(&r);
        for (size_t len = 60; len < 160; len++) {
            rig_inject(&r, rig_broadcast, len);
            rig_send(&r, 0, len + 1000);
            rx_bytes += len;
            tx_bytes += len + 1000;
        }
        rig_drain(&r, 0);
        check_totals(&r, 100, rx_bytes, 100, tx_bytes);
        check_totals(&r, 0, 0, 0, 0); /* since the last time */
        assert_int_equal(rig_stat(&r, "rx_pkts"), 100);
        assert_int_equal(rig_stat(&r, "tx_bytes"), tx_bytes);
        rig_free(&r);
    }
}

static void reading_adds_and_null_resets(void **state)
{
    struct ixl_device_stats s = { 1000, 2000, 3000, 4000 };
    struct rig r;

    (void)state;
    rig_make(&r, "82599", "");
    rig_open(&r);
    rig_inject(&r, rig_broadcast, 60);
    rig_send(&r, 0, 100);
    assert_int_equal(ixl_read_stats(r.dev, &s), 0);
    assert_int_equal(s.rx_pkts, 1001);
    assert_int_equal(s.tx_pkts, 2001);
    assert_int_equal(s.rx_bytes, 3060);
    assert_int_equal(s.tx_bytes, 4100);
    rig_inject(&r, rig_broadcast, 60);
    assert_int_equal(ixl_read_stats(r.dev, NULL), 0);
    check_totals(&r, 0, 0, 0, 0);
    rig_free(&r);
}

/* What a former owner counted is not ours: the device keeps its counters over a reset. */
static void a_new_life_starts_at_zero(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "82599", "");
    rig_open(&r);
    for (unsigned i = 0; i < 7; i++)
        rig_inject(&r, rig_broadcast, 60);
    rig_close(&r);
    rig_open(&r);
    check_totals(&r, 0, 0, 0, 0);
    assert_int_equal(rig_stat(&r, "rx_good"), 0);
    rig_free(&r);
}

static void queues_are_counted_apart(void **state)
{
    struct rig r;
    uint64_t pkts = 0, bytes = 0;
    char name[32];

    (void)state;
    rig_make(&r, "82599", "");
    r.cfg.num_rx_queues = r.cfg.num_tx_queues = 8;
    rig_open(&r);
    for (uint16_t i = 0; i < 100; i++)
        rig_inject_udp(&r, i, 1, i, i);
    for (uint16_t q = 0; q < 8; q++)
        for (uint16_t i = 0; i <= q; i++)
            rig_send(&r, q, 200);
    for (uint16_t q = 0; q < 8; q++) {
        snprintf(name, sizeof(name), "rxq%u_pkts", q);
        uint64_t n = rig_stat(&r, name);
        assert_int_equal(n, rig_drain(&r, q));
        snprintf(name, sizeof(name), "rxq%u_bytes", q);
        assert_int_equal(rig_stat(&r, name), n * 60);
        snprintf(name, sizeof(name), "txq%u_pkts", q);
        assert_int_equal(rig_stat(&r, name), q + 1);
        snprintf(name, sizeof(name), "txq%u_bytes", q);
        assert_int_equal(rig_stat(&r, name), (q + 1) * 200);
        pkts += n;
        bytes += n * 60;
    }
    assert_int_equal(pkts, 100);
    check_totals(&r, pkts, bytes, 36, 36 * 200);
    rig_free(&r);
}

/* 64 send queues share 16 sets of counters; the sums are right nevertheless. */
static void shared_sets_are_named_so(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "82599", "");
    r.cfg.num_tx_queues = 64;
    r.cfg.tx_ring_size = 64;
    rig_open(&r);
    for (uint16_t q = 0; q < 64; q++)
        rig_send(&r, q, 60);
    assert_int_equal(rig_stat(&r, "txset3_pkts"), 4);
    check_totals(&r, 0, 0, 64, 64 * 60);
    rig_free(&r);
}

static void frames_without_a_descriptor_are_not_received(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "82599", "");
    r.cfg.num_rx_queues = 2; /* a single queue would hold frames back instead of dropping */
    r.cfg.rx_ring_size = 64;
    rig_open(&r);
    for (unsigned i = 0; i < 200; i++)
        rig_inject(&r, rig_broadcast, 60);
    uint64_t dropped = rig_stat(&r, "rxq0_dropped");
    assert_true(dropped > 0);
    uint64_t got = rig_drain(&r, 0);
    assert_int_equal(got + dropped, 200);
    check_totals(&r, got, got * 60, 0, 0);
    rig_free(&r);
}

static void classes_of_frames_are_counted(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "82599", "");
    rig_open(&r);
    rig_inject(&r, rig_broadcast, 60);
    rig_inject(&r, rig_multicast, 61);
    rig_inject(&r, rig_multicast, 1000);
    rig_send(&r, 0, 300);
    assert_int_equal(rig_stat(&r, "rx_broadcast"), 1);
    assert_int_equal(rig_stat(&r, "rx_multicast"), 2);
    assert_int_equal(rig_stat(&r, "rx_64"), 1);
    assert_int_equal(rig_stat(&r, "rx_65_127"), 1);
    assert_int_equal(rig_stat(&r, "rx_512_1023"), 1);
    assert_int_equal(rig_stat(&r, "tx_256_511"), 1);
    assert_int_equal(rig_stat(&r, "rx_good_octets"), 60 + 61 + 1000 + 3 * 4);
    rig_free(&r);
}

static void damaged_frames_are_counted_not_delivered(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "82599", "");
    rig_open(&r);
    sim_set_fault(r.nic, SIM_FAULT_CORRUPT, 4);
    for (unsigned i = 0; i < 100; i++)
        rig_inject(&r, rig_broadcast, 60);
    uint64_t got = rig_drain(&r, 0);
    assert_int_equal(got, 75);
    assert_int_equal(rig_stat(&r, "rx_crc_errors") + rig_stat(&r, "rx_errors_seen"), 25);
    rig_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(totals_are_the_frames_on_the_wire),
        cmocka_unit_test(reading_adds_and_null_resets),
        cmocka_unit_test(a_new_life_starts_at_zero),
        cmocka_unit_test(queues_are_counted_apart),
        cmocka_unit_test(shared_sets_are_named_so),
        cmocka_unit_test(frames_without_a_descriptor_are_not_received),
        cmocka_unit_test(classes_of_frames_are_counted),
        cmocka_unit_test(damaged_frames_are_counted_not_delivered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
