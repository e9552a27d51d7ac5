// SPDX-License-Identifier: MIT
/* Configurations: defaults, versions, and what each wrong value gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fake.h"
#include "lib/core/config.h"

static const struct ixl_pci_row row = { 1, 2, "Test NIC", 16, 8, 9500, 0, 0, "-" };
static uint8_t key[40];

static int complete(const struct ixl_dev_cfg *user, struct ixl_dev_cfg *out)
{
    fake_log_start();
    return ixl_config_complete(user, &row, out, key);
}

static void no_configuration_means_all_defaults(void **state)
{
    struct ixl_dev_cfg out, fresh = IXL_DEV_CFG_DEFAULT;

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(complete(i ? &fresh : NULL, &out), 0);
        assert_int_equal(out.size, sizeof(out));
        assert_int_equal(out.num_rx_queues, 1);
        assert_int_equal(out.num_tx_queues, 1);
        assert_int_equal(out.rx_ring_size, 512);
        assert_int_equal(out.tx_ring_size, 512);
        assert_int_equal(out.irq_timeout_ms, IXL_IRQ_POLL);
        assert_int_equal(out.max_frame_size, 1518);
        assert_int_equal(out.rx_pool_entries, 1024);
        assert_int_equal(out.rx_entry_size, 2112);
        assert_int_equal(out.max_pool_bytes, 0);
        assert_int_equal(out.irq_moderation_us, 25);
        assert_int_equal(out.irq_rate_high, 20000);
        assert_int_equal(out.irq_rate_low, 5000);
        assert_false(out.promisc);
        assert_ptr_equal(out.rss_key, key);
        assert_int_equal(key[0], 0x6d);
        assert_int_equal(key[39], 0xfa);
    }
    ixl_dev_cfg_init(&out);
    assert_memory_equal(&out, &fresh, sizeof(out));
}

static void the_pool_follows_the_ring(void **state)
{
    struct ixl_dev_cfg out, cfg = IXL_DEV_CFG_DEFAULT;

    (void)state;
    cfg.rx_ring_size = 4096;
    assert_int_equal(complete(&cfg, &out), 0);
    assert_int_equal(out.rx_pool_entries, 4096 + 512);
}

static void the_callers_key_is_copied(void **state)
{
    struct ixl_dev_cfg out, cfg = IXL_DEV_CFG_DEFAULT;
    uint8_t mine[40];

    (void)state;
    memset(mine, 0x5a, sizeof(mine));
    cfg.rss_key = mine;
    assert_int_equal(complete(&cfg, &out), 0);
    assert_memory_equal(key, mine, 40);
    assert_ptr_equal(out.rss_key, key);
}

static void one_rate_given_moves_the_other_ones_default(void **state)
{
    struct ixl_dev_cfg out, cfg = IXL_DEV_CFG_DEFAULT;

    (void)state;
    cfg.irq_rate_high = 100;
    assert_int_equal(complete(&cfg, &out), 0);
    assert_int_equal(out.irq_rate_low, 25);
    cfg.irq_rate_high = 0;
    cfg.irq_rate_low = 70000;
    assert_int_equal(complete(&cfg, &out), 0);
    assert_int_equal(out.irq_rate_high, 70000);
}

/* ---- versions ------------------------------------------------------------ */

static void shorter_structures_leave_the_rest_at_its_default(void **state)
{
    struct ixl_dev_cfg out, cfg;

    (void)state;
    memset(&cfg, 0xff, sizeof(cfg)); /* what lies behind the caller's structure is not ours */
    memset(&cfg, 0, offsetof(struct ixl_dev_cfg, max_frame_size));
    cfg.num_rx_queues = 4;
    cfg.num_tx_queues = 1;
    cfg.size = offsetof(struct ixl_dev_cfg, max_frame_size);
    assert_int_equal(complete(&cfg, &out), 0);
    assert_int_equal(out.num_rx_queues, 4);
    assert_int_equal(out.max_frame_size, 1518);
    assert_false(out.promisc);
}

static void impossible_sizes_are_refused(void **state)
{
    struct ixl_dev_cfg out, cfg = IXL_DEV_CFG_DEFAULT;
    static const uint32_t sizes[] = {
        0, 4, 12, 19, offsetof(struct ixl_dev_cfg, mac) + 3, 5000, UINT32_MAX
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        cfg.size = sizes[i];
        assert_int_equal(complete(&cfg, &out), -IXL_EINVAL);
        assert_int_equal(logged[IXL_LOG_ERROR], 1);
    }
}

static void longer_structures_are_taken_if_they_ask_for_nothing_new(void **state)
{
    struct {
        struct ixl_dev_cfg cfg;
        uint8_t more[24];
    } newer = { .cfg = { .size = sizeof(newer), .num_rx_queues = 1, .num_tx_queues = 3 } };
    struct ixl_dev_cfg out;

    (void)state;
    assert_int_equal(complete(&newer.cfg, &out), 0);
    assert_int_equal(out.num_tx_queues, 3);
    assert_int_equal(out.size, sizeof(out));
    newer.more[23] = 1;
    assert_int_equal(complete(&newer.cfg, &out), -IXL_EINVAL);
    assert_non_null(strstr(last_log, "newer"));
}

/* ---- ranges -------------------------------------------------------------- */

struct wrong {
    struct ixl_dev_cfg cfg;
    int err;
    const char *field;
};

#define CFG(...)                                                                                   \
    {                                                                                              \
        .size = sizeof(struct ixl_dev_cfg), __VA_ARGS__                                            \
    }

/* The numbers of queues alone have no default of 0. */
static struct ixl_dev_cfg with_queues(struct ixl_dev_cfg cfg)
{
    cfg.num_rx_queues = cfg.num_rx_queues ? cfg.num_rx_queues : 1;
    cfg.num_tx_queues = cfg.num_tx_queues ? cfg.num_tx_queues : 1;
    return cfg;
}

static void no_queues_are_too_few(void **state)
{
    struct ixl_dev_cfg out, no_rx = IXL_DEV_CFG_DEFAULT, no_tx = IXL_DEV_CFG_DEFAULT;

    (void)state;
    no_rx.num_rx_queues = no_tx.num_tx_queues = 0;
    assert_int_equal(complete(&no_rx, &out), -IXL_ERANGE);
    assert_non_null(strstr(last_log, "num_rx_queues is 0: it has to be 1 to 16"));
    assert_int_equal(complete(&no_tx, &out), -IXL_ERANGE);
    assert_non_null(strstr(last_log, "num_tx_queues is 0"));
}

static void each_wrong_value_is_named(void **state)
{
    static const struct wrong wrong[] = {
        { CFG(.num_rx_queues = 17), -IXL_ERANGE, "num_rx_queues is 17: it has to be 1 to 16" },
        { CFG(.num_tx_queues = 9), -IXL_ERANGE, "num_tx_queues" },
        { CFG(.rx_ring_size = 32), -IXL_ERANGE, "rx_ring_size" },
        { CFG(.rx_ring_size = 8192), -IXL_ERANGE, "rx_ring_size" },
        { CFG(.rx_ring_size = UINT32_MAX), -IXL_ERANGE, "rx_ring_size" },
        { CFG(.rx_ring_size = 100), -IXL_ERANGE, "power of two" },
        { CFG(.tx_ring_size = 63), -IXL_ERANGE, "tx_ring_size" },
        { CFG(.tx_ring_size = 4097), -IXL_ERANGE, "tx_ring_size" },
        { CFG(.max_frame_size = 63), -IXL_ERANGE, "max_frame_size" },
        { CFG(.max_frame_size = 9501), -IXL_ERANGE, "64 to 9500" },
        { CFG(.rx_pool_entries = 511), -IXL_ERANGE, "rx_pool_entries" },
        { CFG(.rx_ring_size = 1024, .rx_pool_entries = 1023), -IXL_ERANGE, "1024" },
        { CFG(.rx_entry_size = 1087), -IXL_ERANGE, "rx_entry_size" },
        { CFG(.rx_entry_size = 16385), -IXL_ERANGE, "rx_entry_size" },
        { CFG(.irq_moderation_us = 10001), -IXL_ERANGE, "irq_moderation_us" },
        { CFG(.irq_rate_high = 10, .irq_rate_low = 11), -IXL_ERANGE, "irq_rate_low" },
        { CFG(.mac = { 1, 0, 0, 0, 0, 1 }), -IXL_EINVAL, "01:00:00:00:00:01" },
        { CFG(.mac = { 255, 255, 255, 255, 255, 255 }), -IXL_EINVAL, "mac" },
        { CFG(.simd = 3), -IXL_EINVAL, "simd" },
        { CFG(.rss_hash_types = 1), -IXL_EINVAL, "rss_hash_types" },
        { CFG(.rss_hash_types = 1ull << 63), -IXL_EINVAL, "rss_hash_types" },
    };
    struct ixl_dev_cfg out;

    (void)state;
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct ixl_dev_cfg cfg = with_queues(wrong[i].cfg);
        assert_int_equal(complete(&cfg, &out), wrong[i].err);
        assert_int_equal(logged[IXL_LOG_ERROR], 1);
        if (!strstr(last_log, wrong[i].field))
            fail_msg("\"%s\" does not say \"%s\"", last_log, wrong[i].field);
    }
}

static void the_ends_of_each_range_are_taken(void **state)
{
    static const struct ixl_dev_cfg right[] = {
        CFG(.num_rx_queues = 16, .num_tx_queues = 8),
        CFG(.rx_ring_size = 64, .tx_ring_size = 64, .rx_pool_entries = 64),
        CFG(.rx_ring_size = 4096, .tx_ring_size = 4096),
        CFG(.max_frame_size = 64),
        CFG(.max_frame_size = 9500),
        CFG(.rx_entry_size = 1088),
        CFG(.rx_entry_size = 16384),
        CFG(.irq_moderation_us = 10000),
        CFG(.irq_rate_high = 1, .irq_rate_low = 1),
        CFG(.irq_rate_high = 1),
        CFG(.mac = { 2, 0, 0, 0, 0, 0 }, .simd = IXL_SIMD_OFF, .promisc = true),
        CFG(.irq_timeout_ms = INT32_MIN),
        CFG(.irq_timeout_ms = INT32_MAX),
        CFG(.rss_hash_types = 1u << IXL_RSS_UDP_IPV6),
    };
    struct ixl_dev_cfg out;

    (void)state;
    for (unsigned i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        struct ixl_dev_cfg cfg = with_queues(right[i]);
        assert_int_equal(complete(&cfg, &out), 0);
        assert_int_equal(logged[IXL_LOG_ERROR], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_configuration_means_all_defaults),
        cmocka_unit_test(the_pool_follows_the_ring),
        cmocka_unit_test(the_callers_key_is_copied),
        cmocka_unit_test(one_rate_given_moves_the_other_ones_default),
        cmocka_unit_test(shorter_structures_leave_the_rest_at_its_default),
        cmocka_unit_test(impossible_sizes_are_refused),
        cmocka_unit_test(longer_structures_are_taken_if_they_ask_for_nothing_new),
        cmocka_unit_test(no_queues_are_too_few),
        cmocka_unit_test(each_wrong_value_is_named),
        cmocka_unit_test(the_ends_of_each_range_are_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
