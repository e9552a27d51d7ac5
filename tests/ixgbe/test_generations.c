// SPDX-License-Identifier: MIT
/* What no model shows: other generations, ports, modules and PHYs, and devices with defects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/ixgbe/fakenic.h"

#define SFP_82599     0x10fb
#define KR_82599      0x1517
#define T3_82599      0x151c
#define X540          0x1528
#define X550          0x1563
#define X552          0x15ab
#define X553          0x15ce

#define REG(off)      nic.reg[(off) / 4]
#define TOUCHED(off)  nic.touched[(off) / 4]
#define CTRL_RST      (1u << 26)
#define CTRL_LRST     (1u << 3)
#define ESDP          0x00020u
#define AUTOC         0x042a0u
#define AUTOC_RESTART (1u << 12)
#define LINKS         0x042a4u
#define RXCTRL        0x03000u
#define SECRXCTRL     0x08d00u
#define MSCA          0x0425cu
#define RETA          0x05c00u
#define ERETA         0x0ee80u
#define EEC           0x10010u
#define EERD          0x10014u
#define X553_EEC      0x15ff8u
#define EICR          0x00800u

static struct ixl_device *open_ok(const struct ixl_dev_cfg *cfg)
{
    struct ixl_device *dev = NULL;

    assert_int_equal(fakenic_open(cfg, &dev), 0);
    return dev;
}

static void close_clean(struct ixl_device *dev)
{
    ixl_close(dev);
    assert_int_equal(nic.blocks, 0);
}

/* ---- generations ------------------------------------------------------------------------- */

static void x550_spreads_over_64_queues(void **state)
{
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;
    uint64_t named = 0;

    (void)state;
    fakenic_reset(X550);
    nic.phy = 0;
    cfg.num_rx_queues = 64;
    cfg.rx_ring_size = 64;
    struct ixl_device *dev = open_ok(&cfg);
    for (unsigned i = 0; i < 512; i++) {
        uint32_t r = i < 128 ? REG(RETA + i / 4 * 4) : REG(ERETA + (i - 128) / 4 * 4);
        uint8_t queue = (uint8_t)(r >> 8 * (i % 4));
        assert_int_equal(queue, i % 64);
        named |= 1ull << queue;
    }
    assert_true(named == UINT64_MAX);
    struct ixl_rss rss;
    assert_int_equal(ixl_get_rss(dev, &rss), 0);
    assert_int_equal(rss.table_size, 512);
    rss.table[3] = 62;
    rss.table[511] = 17;
    assert_int_equal(ixl_set_rss(dev, &rss), 0);
    assert_int_equal(REG(RETA) >> 24, 62);
    assert_int_equal(REG(ERETA + 95 * 4) >> 24, 17);
    rss.table[4] = 64;
    assert_int_equal(ixl_set_rss(dev, &rss), -IXL_ERANGE);
    assert_int_equal(TOUCHED(EERD), 0); /* its firmware alone reads words */
    assert_int_equal(TOUCHED(AUTOC), 0);
    close_clean(dev);
}

/* 64 receive queues and 64 vectors: the last vector is not a queue's, one is shared. */
static void x550_maps_its_vectors(void **state)
{
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;

    (void)state;
    fakenic_reset(X550);
    nic.phy = 0;
    cfg.num_rx_queues = 64;
    cfg.rx_ring_size = 64;
    cfg.irq_timeout_ms = IXL_IRQ_EXTERNAL;
    struct ixl_device *dev = open_ok(&cfg);
    assert_int_equal(REG(0x00a00), (63u | 0x80) << 8);
    assert_int_equal(REG(0x00900 + 4 * 20), (40u | 0x80) | (41u | 0x80) << 16);
    assert_int_equal(REG(0x00900 + 4 * 31), (62u | 0x80) | 0x80u << 16);
    REG(0x00aa4) = 0;
    dev->drv->irq_unmask(dev, 40);
    assert_int_equal(REG(0x00aa4), 1u << 8);
    close_clean(dev);
}

/* From the X540 on firmware shares the PHY: it must not be at it when a reset comes. */
static void a_reset_owns_the_phy(void **state)
{
    static const struct {
        uint16_t device;
        bool port1;
        uint32_t sync;
    } cases[] = { { X540, false, 2 }, { X540, true, 4 }, { X550, false, 2 }, { 0x10fb, false, 0 } };

    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fakenic_reset(cases[i].device);
        nic.phy = 0;
        nic.port1 = cases[i].port1;
        struct ixl_device *dev = open_ok(NULL);
        assert_int_equal(nic.reset_sync & 0x3ff, cases[i].sync);
        assert_int_equal(REG(0x10160) & 0x3ff, 0);
        close_clean(dev);
    }
}

static void a_link_that_the_eeprom_disables_is_enabled(void **state)
{
    (void)state;
    fakenic_reset(0x10f8);
    struct ixl_device *dev = open_ok(NULL);
    assert_int_equal(REG(0x042a8) & 7u << 28, 0);
    assert_int_equal(REG(AUTOC) & 7u << 13, 4u << 13);
    close_clean(dev);
}

static void x553_has_its_nvm_elsewhere(void **state)
{
    (void)state;
    fakenic_reset(X553);
    struct ixl_device *dev = open_ok(NULL);
    assert_int_equal(TOUCHED(EEC), 0);
    assert_int_not_equal(TOUCHED(X553_EEC), 0);
    assert_int_equal(TOUCHED(MSCA), 0);
    assert_int_equal(TOUCHED(AUTOC), 0);
    close_clean(dev);
}

static void speeds_are_decoded(void **state)
{
    static const struct {
        uint16_t device;
        uint32_t links, mbps;
    } cases[] = {
        { SFP_82599, 3u << 28, 10000 },
        { SFP_82599, 2u << 28, 1000 },
        { SFP_82599, 1u << 28, 100 },
        { X552, 3u << 28 | 1u << 27, 2500 },
        { X552, 1u << 28 | 1u << 27, 5000 },
        { X552, 3u << 28, 10000 },
        { X553, 0, 10 },
    };
    struct ixl_link link;

    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fakenic_reset(cases[i].device);
        struct ixl_device *dev = open_ok(NULL);
        REG(LINKS) = cases[i].links | 1u << 30;
        assert_int_equal(ixl_get_link(dev, &link), 0);
        assert_int_equal(link.mbps, cases[i].mbps);
        REG(LINKS) = cases[i].links;
        assert_int_equal(ixl_get_link(dev, &link), 0);
        assert_int_equal(link.mbps, 0);
        close_clean(dev);
    }
}

/* ---- link set-up --------------------------------------------------------------------------- */

static void a_backplane_only_renegotiates(void **state)
{
    (void)state;
    fakenic_reset(KR_82599);
    struct ixl_device *dev = open_ok(NULL);
    assert_int_equal(REG(AUTOC), 4u << 13 | AUTOC_RESTART);
    assert_int_equal(TOUCHED(ESDP), 0);
    assert_int_equal(TOUCHED(MSCA), 0);
    close_clean(dev);
}

static void a_copper_phy_is_found_wherever_it_is(void **state)
{
    (void)state;
    fakenic_reset(T3_82599);
    nic.phy = 29;
    struct ixl_device *dev = open_ok(NULL);
    assert_int_equal(nic.an_control & 0x1200, 0x1200); /* enabled and restarted */
    assert_int_equal(REG(AUTOC) & AUTOC_RESTART, AUTOC_RESTART);
    close_clean(dev);
}

static void a_missing_or_mute_phy_is_an_error(void **state)
{
    struct ixl_device *dev;

    (void)state;
    fakenic_reset(X540);
    assert_int_equal(fakenic_open(NULL, &dev), -IXL_EIO);
    fakenic_reset(X540);
    nic.phy = 0;
    nic.mdio_dead = true;
    assert_int_equal(fakenic_open(NULL, &dev), -IXL_ETIMEDOUT);
    assert_int_equal(nic.blocks, 0);
}

/* A list of analog settings: for copper cables on port 0 (kind 3), on port 1 (4), optics (5, 6). */
static void write_settings(void)
{
    static const uint16_t list[] = { 0, 3, 0x110, 4, 0x120, 5, 0x130, 6, 0x140, 0xffff };

    nic.nvm[0x2b] = 0x100;
    memcpy(nic.nvm + 0x100, list, sizeof(list));
    for (uint16_t at = 0x110; at <= 0x140; at = (uint16_t)(at + 0x10)) {
        nic.nvm[at + 1] = 7;
        nic.nvm[at + 2] = at;
        nic.nvm[at + 3] = 0xffff;
    }
}

static void modules_are_tuned_and_set_up(void **state)
{
    static const struct {
        bool port1;
        uint8_t ten, one, cable;
        uint16_t settings;
        uint32_t mode;
    } cases[] = {
        { false, 0x00, 0x00, 0x04, 0x110, 3 }, { true, 0x00, 0x00, 0x08, 0x120, 3 },
        { false, 0x10, 0x00, 0x00, 0x130, 3 }, { true, 0x20, 0x01, 0x00, 0x140, 3 },
        { false, 0x00, 0x08, 0x00, 0x130, 0 },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fakenic_reset(SFP_82599);
        memset(nic.module, 0, sizeof(nic.module));
        nic.module[0] = 3;
        nic.module[3] = cases[i].ten;
        nic.module[6] = cases[i].one;
        nic.module[8] = cases[i].cable;
        nic.port1 = cases[i].port1;
        write_settings();
        struct ixl_device *dev = open_ok(NULL);
        assert_int_equal(nic.corectl, 2);
        assert_int_equal(nic.corectl_last, cases[i].settings);
        assert_int_equal(REG(AUTOC) >> 13 & 7, cases[i].mode);
        close_clean(dev);
    }
}

static void firmware_may_veto_touching_the_link(void **state)
{
    (void)state;
    for (unsigned veto = 0; veto < 2; veto++) {
        fakenic_reset(SFP_82599);
        nic.veto = veto;
        struct ixl_device *dev = open_ok(NULL);
        assert_int_equal(nic.reset_bits, veto ? CTRL_RST : CTRL_RST | CTRL_LRST);
        close_clean(dev);
        assert_int_equal(REG(ESDP) >> 3 & 1, !veto);
    }
}

/* ---- NVM ------------------------------------------------------------------------------------- */

static void the_address_is_found_in_the_nvm(void **state)
{
    static const uint8_t second[6] = { 0x02, 0xaa, 0xbb, 0xcc, 0xdd, 0xee };
    struct ixl_device *dev;

    (void)state;
    fakenic_reset(X540);
    nic.phy = 0;
    nic.port1 = true;
    nic.no_address = true;
    nic.nvm[0x0a] = 0x200;
    nic.nvm[0x200] = 3;
    for (unsigned i = 0; i < 3; i++)
        nic.nvm[0x201 + i] = (uint16_t)(second[2 * i] | second[2 * i + 1] << 8);
    assert_int_equal(fakenic_open(NULL, &dev), 0);
    assert_memory_equal(dev->mac, second, 6);
    close_clean(dev);
    nic.nvm[0x201] = 0x0001; /* a group address is nobody's own */
    assert_int_equal(fakenic_open(NULL, &dev), -IXL_EIO);
    assert_int_equal(nic.blocks, 0);
}

static void a_missing_signature_is_an_error(void **state)
{
    struct ixl_device *dev;

    (void)state;
    fakenic_reset(SFP_82599);
    nic.no_signature = true;
    assert_int_equal(fakenic_open(NULL, &dev), -IXL_EIO);
    assert_int_equal(nic.blocks, 0);
}

/* Pointers and lengths of a damaged image lead nowhere, and not beyond the chip. */
static void wild_pointers_are_harmless(void **state)
{
    (void)state;
    fakenic_reset(SFP_82599);
    nic.nvm[0x03] = 0xffff;
    nic.nvm[0x04] = 0x3fff;
    nic.nvm[0x05] = 0x03ff; /* the last word: its length leaves the chip */
    nic.nvm[0x3ff] = 0x7fff;
    nic.nvm[0x2b] = 0x3ffe;
    memset(nic.module, 0, sizeof(nic.module));
    nic.module[0] = 3;
    nic.module[3] = 0x10;
    close_clean(open_ok(NULL));
}

/* ---- defects ------------------------------------------------------------ */

/* Every word in time, but all of them would take minutes. */
static void an_nvm_that_takes_its_time_is_an_error(void **state)
{
    struct ixl_device *dev = NULL;

    (void)state;
    fakenic_reset(SFP_82599);
    for (unsigned p = 3; p < 15; p++)
        nic.nvm[p] = 0x100;
    nic.nvm[0x100] = 0x200;
    nic.slow_from = 1;
    assert_int_equal(fakenic_open(NULL, &dev), -IXL_ETIMEDOUT);
    assert_true(nic.now_us < 12000000);
    assert_int_equal(nic.blocks, 0);
    nic.slow_from = 0;
    dev = open_ok(NULL);
    close_clean(dev);
}

/* The same of a module's settings, which go on to the end of the chip. */
static void settings_that_take_their_time_are_an_error(void **state)
{
    struct ixl_device *dev = NULL;

    (void)state;
    fakenic_reset(SFP_82599);
    memset(nic.module, 0, sizeof(nic.module));
    nic.module[0] = 3;
    nic.module[3] = 0x10;
    nic.nvm[0x2b] = 0x120;
    nic.nvm[0x121] = 5; /* optical, port 0 */
    nic.nvm[0x122] = 0x200;
    nic.slow_from = 0x200;
    assert_int_equal(fakenic_open(NULL, &dev), -IXL_ETIMEDOUT);
    assert_true(nic.now_us < 14000000);
    assert_int_equal(nic.blocks, 0);
}

static void pending_requests_take_two_resets(void **state)
{
    (void)state;
    fakenic_reset(SFP_82599);
    struct ixl_device *dev = open_ok(NULL);
    assert_int_equal(nic.resets, 1);
    close_clean(dev);
    fakenic_reset(SFP_82599);
    nic.pending = true;
    dev = open_ok(NULL);
    assert_int_equal(nic.resets, 2);
    close_clean(dev);
}

static void queues_that_do_not_stop_are_reset(void **state)
{
    (void)state;
    fakenic_reset(SFP_82599);
    struct ixl_device *dev = open_ok(NULL);
    nic.stuck_queues = true;
    uint64_t before = nic.now_us;
    close_clean(dev);
    assert_true(nic.now_us - before < 1000000);
}

/* Of semaphores that nobody ever gives back the first limit is waited for, and no other. */
static void stuck_semaphores_cost_one_limit(void **state)
{
    static const uint16_t devices[] = { SFP_82599, X540 };

    (void)state;
    for (unsigned d = 0; d < 2; d++) {
        fakenic_reset(devices[d]);
        nic.phy = 0;
        nic.stuck_semaphores = true;
        struct ixl_device *dev = open_ok(NULL);
        assert_true(nic.now_us < 10000000);
        close_clean(dev);
        assert_true(nic.now_us < 12000000);
    }
}

static void a_receive_path_that_jams_is_an_error(void **state)
{
    struct ixl_device *dev = NULL;

    (void)state;
    fakenic_reset(SFP_82599);
    nic.stuck_path = true;
    assert_int_equal(fakenic_open(NULL, &dev), -IXL_ETIMEDOUT);
    assert_int_equal(nic.blocks, 0);
}

static void a_path_that_jams_later_leaves_the_receiver_on(void **state)
{
    static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 7 };

    (void)state;
    fakenic_reset(SFP_82599);
    struct ixl_device *dev = open_ok(NULL);
    nic.stuck_path = true;
    assert_int_equal(ixl_set_promisc(dev, true), -IXL_ETIMEDOUT);
    assert_int_equal(ixl_set_mac_addr(dev, mac), -IXL_ETIMEDOUT);
    assert_true(REG(RXCTRL) & 1);
    assert_false(REG(SECRXCTRL) & 2);
    close_clean(dev);
}

/* The device vanishes at any one of the accesses of open: an error, in bounded time, no leak. */
static void removal_at_any_moment_of_open(void **state)
{
    static const uint16_t devices[] = { SFP_82599, X540, T3_82599, X553 };

    (void)state;
    for (unsigned d = 0; d < 4; d++)
        for (unsigned long n = 1;; n += n < 600 ? 1 : 7) {
            struct ixl_device *dev = NULL;
            fakenic_reset(devices[d]);
            nic.phy = 0;
            nic.gone_after = n;
            int err = fakenic_open(NULL, &dev);
            bool done = nic.accesses <= n;
            assert_true(done ? err == 0 : err <= 0);
            assert_true(nic.now_us < 10000000);
            ixl_close(dev);
            assert_int_equal(nic.blocks, 0);
            if (done)
                break;
        }
}

static void removal_is_seen_by_an_interrupt(void **state)
{
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;

    (void)state;
    fakenic_reset(SFP_82599);
    cfg.irq_timeout_ms = IXL_IRQ_EXTERNAL;
    struct ixl_device *dev = open_ok(&cfg);
    nic.gone_after = 1;
    nic.accesses = 1;
    assert_true(dev->drv->irq_ack(dev, dev->irq_vectors - 1));
    assert_true(atomic_load(&dev->removed));
    close_clean(dev);
}

/* ---- counters wider than a model fills in a test -------------------------------- */

static void octets_above_32_bits_count(void **state)
{
    struct ixl_device_stats s = { .rx_pkts = 0 };

    (void)state;
    fakenic_reset(SFP_82599);
    struct ixl_device *dev = open_ok(NULL);
    REG(0x01034) = 5;
    REG(0x01038) = 3; /* set 0: 3 * 2^32 + 5 bytes received */
    REG(0x04080) = 10;
    REG(0x04090) = 1000;
    REG(0x04094) = 0xfffffff2; /* 10 frames and 2 * 2^32 + 1000 octets; 31:4 are reserved */
    REG(0x03f60) = 1;          /* of which one was a pause frame */
    assert_int_equal(ixl_read_stats(dev, &s), 0);
    assert_true(s.rx_bytes == (3ull << 32) + 5);
    assert_int_equal(s.tx_pkts, 9);
    assert_true(s.tx_bytes == (2ull << 32) + 1000 - 64 - 9 * 4);
    close_clean(dev);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(x550_spreads_over_64_queues),
        cmocka_unit_test(x550_maps_its_vectors),
        cmocka_unit_test(a_reset_owns_the_phy),
        cmocka_unit_test(a_link_that_the_eeprom_disables_is_enabled),
        cmocka_unit_test(x553_has_its_nvm_elsewhere),
        cmocka_unit_test(speeds_are_decoded),
        cmocka_unit_test(a_backplane_only_renegotiates),
        cmocka_unit_test(a_copper_phy_is_found_wherever_it_is),
        cmocka_unit_test(a_missing_or_mute_phy_is_an_error),
        cmocka_unit_test(modules_are_tuned_and_set_up),
        cmocka_unit_test(firmware_may_veto_touching_the_link),
        cmocka_unit_test(the_address_is_found_in_the_nvm),
        cmocka_unit_test(a_missing_signature_is_an_error),
        cmocka_unit_test(wild_pointers_are_harmless),
        cmocka_unit_test(an_nvm_that_takes_its_time_is_an_error),
        cmocka_unit_test(settings_that_take_their_time_are_an_error),
        cmocka_unit_test(pending_requests_take_two_resets),
        cmocka_unit_test(queues_that_do_not_stop_are_reset),
        cmocka_unit_test(stuck_semaphores_cost_one_limit),
        cmocka_unit_test(a_receive_path_that_jams_is_an_error),
        cmocka_unit_test(a_path_that_jams_later_leaves_the_receiver_on),
        cmocka_unit_test(removal_at_any_moment_of_open),
        cmocka_unit_test(removal_is_seen_by_an_interrupt),
        cmocka_unit_test(octets_above_32_bits_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
