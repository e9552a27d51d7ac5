// SPDX-License-Identifier: MIT
/* Which frames are received, and as what. */
#include "tests/ixgbe/rig.h"

static const char *const models[] = { "82599", "x540" };

static unsigned received(struct rig *r, const uint8_t dst[6], size_t len)
{
    rig_inject(r, dst, len);
    return rig_drain(r, 0);
}

static void own_broadcast_and_multicast_are_received(void **state)
{
    struct rig r;

    (void)state;
    for (unsigned m = 0; m < 2; m++) {
        rig_make(&r, models[m], "");
        rig_open(&r);
        assert_int_equal(received(&r, r.dev->mac, 60), 1);
        assert_int_equal(received(&r, rig_broadcast, 60), 1);
        assert_int_equal(received(&r, rig_multicast, 60), 1);
        assert_int_equal(received(&r, rig_stranger, 60), 0);
        rig_free(&r);
    }
}

static void promiscuous_mode_takes_everything_and_ends(void **state)
{
    struct rig r;

    (void)state;
    for (unsigned m = 0; m < 2; m++) {
        rig_make(&r, models[m], "");
        rig_open(&r);
        for (unsigned i = 0; i < 3; i++) {
            assert_int_equal(ixl_set_promisc(r.dev, true), 0);
            assert_int_equal(received(&r, rig_stranger, 60), 1);
            assert_int_equal(ixl_set_promisc(r.dev, false), 0);
            assert_int_equal(received(&r, rig_stranger, 60), 0);
            assert_int_equal(received(&r, rig_broadcast, 60), 1);
        }
        rig_free(&r);
    }
}

static void promiscuous_mode_can_be_configured(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "82599", "");
    r.cfg.promisc = true;
    rig_open(&r);
    assert_int_equal(received(&r, rig_stranger, 60), 1);
    rig_free(&r);
}

static void a_new_address_replaces_the_old_one(void **state)
{
    uint8_t old[6], now[6];
    struct rig r;

    (void)state;
    for (unsigned m = 0; m < 2; m++) {
        rig_make(&r, models[m], "");
        rig_open(&r);
        memcpy(old, r.dev->mac, 6);
        assert_int_equal(ixl_set_mac_addr(r.dev, rig_stranger), 0);
        assert_int_equal(ixl_get_mac_addr(r.dev, now), 0);
        assert_memory_equal(now, rig_stranger, 6);
        assert_int_equal(received(&r, old, 60), 0);
        assert_int_equal(received(&r, rig_stranger, 60), 1);
        rig_close(&r);
        rig_open(&r); /* the NVM's address is back */
        assert_memory_equal(r.dev->mac, old, 6);
        assert_int_equal(received(&r, old, 60), 1);
        rig_free(&r);
    }
}

/* Frames that wait in the ring survive a change of filters. */
static void a_filter_change_loses_no_received_frame(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "82599", "");
    rig_open(&r);
    for (unsigned i = 0; i < 10; i++)
        rig_inject(&r, rig_broadcast, 60);
    assert_int_equal(ixl_set_promisc(r.dev, true), 0);
    rig_inject(&r, rig_stranger, 60);
    assert_int_equal(rig_drain(&r, 0), 11);
    rig_free(&r);
}

/* No FCS, no VLAN tag taken out, nothing added: the bytes of the wire. */
static void frames_arrive_as_they_were(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "82599", "");
    rig_open(&r);
    for (size_t len = 60; len <= 1518; len += 27) {
        rig_inject(&r, rig_broadcast, len);
        struct pkt_buf *buf = rig_take(&r, 0);
        assert_int_equal(ixl_pkt_len(buf), len);
        assert_memory_equal(buf->data, rig_broadcast, 6);
        for (size_t i = 14; i < len; i++)
            assert_int_equal(buf->data[i], (uint8_t)i);
        ixl_pkt_buf_free(buf);
    }
    rig_free(&r);
}

/* ---- length ------------------------------------------------------------------------------ */

static void frames_up_to_the_limit_are_received(void **state)
{
    static const uint32_t limits[] = { 1514, 1518, 2048, 9500, 15868 };
    struct rig r;

    (void)state;
    for (unsigned m = 0; m < 2; m++)
        for (unsigned i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
            rig_make(&r, models[m], "");
            r.cfg.max_frame_size = limits[i];
            rig_open(&r);
            assert_int_equal(ixl_get_max_frame_size(r.dev), limits[i]);
            assert_int_equal(received(&r, rig_broadcast, 60), 1);
            assert_int_equal(received(&r, rig_broadcast, limits[i]), 1);
            assert_int_equal(received(&r, rig_broadcast, limits[i] + 1), 0);
            assert_int_equal(received(&r, rig_broadcast, limits[i]), 1);
            assert_int_equal(rig_stat(&r, "rx_oversize"), 1);
            rig_free(&r);
        }
}

static void a_jumbo_frame_is_a_chain_with_every_byte(void **state)
{
    struct rig r;
    size_t at = 0;

    (void)state;
    rig_make(&r, "x540", "");
    r.cfg.max_frame_size = 9500;
    rig_open(&r);
    rig_inject(&r, rig_broadcast, 9500);
    struct pkt_buf *head = rig_take(&r, 0);
    assert_int_equal(ixl_pkt_len(head), 9500);
    assert_non_null(head->next);
    for (struct pkt_buf *buf = head; buf; buf = buf->next)
        for (unsigned i = 0; i < buf->size; i++, at++)
            if (at >= 14)
                assert_int_equal(buf->data[i], (uint8_t)at);
    ixl_pkt_buf_free(head);
    rig_free(&r);
}

static void jumbo_frames_are_sent(void **state)
{
    struct rig r;

    (void)state;
    for (unsigned m = 0; m < 2; m++) {
        rig_make(&r, models[m], "");
        r.cfg.max_frame_size = 15868;
        rig_open(&r);
        rig_send(&r, 0, 9500);
        rig_send(&r, 0, 15868);
        assert_int_equal(rig_counters(&r).wire_tx, 2);
        assert_int_equal(rig_counters(&r).wire_tx_bytes, 9500 + 15868);
        rig_free(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_broadcast_and_multicast_are_received),
        cmocka_unit_test(promiscuous_mode_takes_everything_and_ends),
        cmocka_unit_test(promiscuous_mode_can_be_configured),
        cmocka_unit_test(a_new_address_replaces_the_old_one),
        cmocka_unit_test(a_filter_change_loses_no_received_frame),
        cmocka_unit_test(frames_arrive_as_they_were),
        cmocka_unit_test(frames_up_to_the_limit_are_received),
        cmocka_unit_test(a_jumbo_frame_is_a_chain_with_every_byte),
        cmocka_unit_test(jumbo_frames_are_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
