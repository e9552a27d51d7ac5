// SPDX-License-Identifier: MIT
/* Receive side scaling: flows spread over the queues, and each flow stays in its queue. */
#include "tests/ixgbe/rig.h"

#define FLOWS  512u
#define CLIENT 0x0a000001u
#define SERVER 0x0a000002u

static void flows(struct rig *r)
{
    for (uint16_t i = 0; i < FLOWS; i++) {
        rig_inject_udp(r, CLIENT + i, SERVER, (uint16_t)(1000 + i), 53);
        if (i % 16 == 15)
            sim_step(r->nic);
    }
}

/* No queue is empty, and none has more than three times its share. */
static void spreads_over(uint16_t queues, const char *model)
{
    struct rig r;
    unsigned sum = 0;

    rig_make(&r, model, "");
    r.cfg.num_rx_queues = queues;
    rig_open(&r);
    flows(&r);
    for (uint16_t q = 0; q < queues; q++) {
        unsigned n = rig_drain(&r, q);
        assert_in_range(n, 1, 3 * FLOWS / queues);
        sum += n;
    }
    assert_int_equal(sum, FLOWS);
    rig_free(&r);
}

static void flows_spread_over_all_queues(void **state)
{
    (void)state;
    spreads_over(1, "82599");
    spreads_over(2, "x540");
    spreads_over(3, "82599");
    spreads_over(16, "82599");
    spreads_over(16, "x540");
}

static void a_flow_stays_in_its_queue(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "82599", "");
    r.cfg.num_rx_queues = 8;
    rig_open(&r);
    for (uint16_t flow = 0; flow < 32; flow++) {
        unsigned used = 0;
        for (unsigned i = 0; i < 8; i++)
            rig_inject_udp(&r, CLIENT, SERVER, flow, 53);
        for (uint16_t q = 0; q < 8; q++) {
            unsigned n = rig_drain(&r, q);
            assert_true(n == 0 || n == 8);
            used += n != 0;
        }
        assert_int_equal(used, 1);
    }
    rig_free(&r);
}

static uint32_t hash_of(struct rig *r, unsigned *type, uint16_t port)
{
    rig_inject_udp(r, 0x420995bbu, 0xa18e6450u, 2794, port);
    for (uint16_t q = 0; q < r->dev->num_rx; q++) {
        struct pkt_buf *buf = NULL;
        if (ixl_rx_batch(r->dev, q, &buf, 1) != 1)
            continue;
        uint32_t hash = buf->rss_hash;
        *type = buf->ptype & IXL_PTYPE_RSS;
        ixl_pkt_buf_free(buf);
        return hash;
    }
    fail_msg("the frame is in no queue");
    return 0;
}

/* The published verification vector: 66.9.149.187:2794 to 161.142.100.80:1766. */
static void the_key_gives_the_published_hashes(void **state)
{
    static const uint8_t key[40] = {
        0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
        0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
        0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
    };
    struct rig r;
    unsigned type;

    (void)state;
    rig_make(&r, "82599", "");
    r.cfg.num_rx_queues = 4;
    r.cfg.rss_key = key;
    rig_open(&r);
    assert_int_equal(hash_of(&r, &type, 1766), 0x51ccc178u);
    assert_int_equal(type, IXL_RSS_UDP_IPV4);
    rig_close(&r);
    r.cfg.rss_hash_types = 1u << IXL_RSS_IPV4;
    rig_open(&r);
    assert_int_equal(hash_of(&r, &type, 1766), 0x323e8fc2u);
    assert_int_equal(type, IXL_RSS_IPV4);
    rig_free(&r);
}

/* Without the port in the hash all ports of two hosts share a queue. */
static void hash_types_can_be_chosen(void **state)
{
    struct rig r;
    unsigned used = 0;

    (void)state;
    rig_make(&r, "x540", "");
    r.cfg.num_rx_queues = 16;
    r.cfg.rss_hash_types = 1u << IXL_RSS_IPV4 | 1u << IXL_RSS_TCP_IPV4;
    rig_open(&r);
    for (uint16_t port = 0; port < 64; port++)
        rig_inject_udp(&r, CLIENT, SERVER, port, port);
    for (uint16_t q = 0; q < 16; q++)
        used += rig_drain(&r, q) == 64;
    assert_int_equal(used, 1);
    rig_free(&r);
}

/* A queue nobody serves fills up and drops; the others go on (SRRCTL.Drop_En). */
static void a_full_queue_does_not_block_the_others(void **state)
{
    struct rig r;
    unsigned served = 0;

    (void)state;
    rig_make(&r, "82599", "");
    r.cfg.num_rx_queues = 2;
    r.cfg.rx_ring_size = 64;
    r.cfg.rx_pool_entries = 128;
    rig_open(&r);
    for (uint16_t i = 0; i < FLOWS; i++) {
        rig_inject_udp(&r, CLIENT + i, SERVER, i, 53);
        served += rig_drain(&r, 1);
    }
    assert_int_equal(rig_stat(&r, "rxq1_dropped"), 0);
    uint64_t dropped = rig_stat(&r, "rxq0_dropped");
    assert_true(dropped > 0);
    assert_int_equal(served + rig_drain(&r, 0) + dropped, FLOWS);
    rig_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flows_spread_over_all_queues),
        cmocka_unit_test(a_flow_stays_in_its_queue),
        cmocka_unit_test(the_key_gives_the_published_hashes),
        cmocka_unit_test(hash_types_can_be_chosen),
        cmocka_unit_test(a_full_queue_does_not_block_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
