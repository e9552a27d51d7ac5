// SPDX-License-Identifier: MIT
/* Statistics: differences, names, room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake.h"

static struct ixl_device *dev;

static int set_up(void **state)
{
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;

    (void)state;
    fake_reset();
    cfg.num_rx_queues = 2;
    cfg.irq_timeout_ms = 5;
    return ixl_open("fake:", &cfg, &dev);
}

static int tear_down(void **state)
{
    (void)state;
    ixl_close(dev);
    return 0;
}

static uint64_t value_of(const char *name)
{
    struct ixl_xstat x[64];
    int n = ixl_get_xstats(dev, x, 64);

    assert_in_range(n, 1, 64);
    for (int i = 0; i < n; i++)
        if (strcmp(x[i].name, name) == 0)
            return x[i].value;
    fail_msg("there is no counter \"%s\"", name);
    return 0;
}

static void counters_grow_by_what_was_counted_since(void **state)
{
    struct ixl_device_stats s = { 1000, 2000, 3000, 4000 };

    (void)state;
    fake.totals = (struct ixl_device_stats){ 5, 6, 700, 800 };
    assert_int_equal(ixl_read_stats(dev, &s), 0);
    assert_true(s.rx_pkts == 1005 && s.tx_pkts == 2006);
    assert_true(s.rx_bytes == 3700 && s.tx_bytes == 4800);
    assert_int_equal(ixl_read_stats(dev, &s), 0);
    assert_true(s.rx_pkts == 1005 && s.tx_bytes == 4800);
    fake.totals.rx_pkts += 10;
    assert_int_equal(ixl_read_stats(dev, &s), 0);
    assert_true(s.rx_pkts == 1015 && s.tx_pkts == 2006);
}

static void null_resets(void **state)
{
    struct ixl_device_stats s = { 0, 0, 0, 0 };

    (void)state;
    fake.totals = (struct ixl_device_stats){ 5, 6, 700, 800 };
    assert_int_equal(ixl_read_stats(dev, NULL), 0);
    fake.totals.tx_pkts++;
    assert_int_equal(ixl_read_stats(dev, &s), 0);
    assert_true(s.rx_pkts == 0 && s.tx_pkts == 1 && s.rx_bytes == 0 && s.tx_bytes == 0);
}

static void a_removed_device_leaves_them_as_they_were(void **state)
{
    struct ixl_device_stats s = { 1, 2, 3, 4 };
    struct ixl_xstat x;

    (void)state;
    fake.removed = true;
    fake.totals.rx_pkts = 99;
    assert_int_equal(ixl_read_stats(dev, &s), -IXL_ENODEV);
    assert_true(s.rx_pkts == 1);
    assert_int_equal(ixl_get_xstats(dev, &x, 1), -IXL_ENODEV);
    assert_int_equal(ixl_read_stats(NULL, &s), -IXL_EINVAL);
    fake.removed = false;
}

static void counters_have_names(void **state)
{
    struct pkt_buf *bufs[8];

    (void)state;
    fake.totals = (struct ixl_device_stats){ 5, 6, 700, 800 };
    assert_int_equal(ixl_rx_batch(dev, 1, bufs, 8), 0);
    assert_true(value_of("rx_pkts") == 5);
    assert_true(value_of("tx_pkts") == 6);
    assert_true(value_of("rx_bytes") == 700);
    assert_true(value_of("tx_bytes") == 800);
    assert_true(value_of("rx_missed") == 42);
    assert_true(value_of("rxq0_timeouts") == 0);
    assert_true(value_of("rxq1_timeouts") == 1);
    assert_true(value_of("rxq1_waits") == 1);
    assert_true(value_of("rxq1_polling") == 0);
    assert_true(value_of("rxq0_to_polling") == 0);
    assert_true(value_of("rxq0_irqs") == 0);
}

static void the_pool_of_a_queue_is_among_them(void **state)
{
    struct ixl_mempool *pool;

    (void)state;
    assert_int_equal(ixl_mempool_create(dev, 100, 0, 0, &pool), 0);
    dev->rxq[1]->pool = pool;
    struct pkt_buf *buf = ixl_pkt_buf_alloc(pool);
    assert_true(value_of("rxq1_pool_capacity") == 100);
    assert_true(value_of("rxq1_pool_in_use") == 1);
    assert_true(value_of("rxq1_pool_high_water") == 1);
    assert_true(value_of("rxq1_pool_bytes") >= 100 * 2112);
    assert_true(value_of("rxq1_pool_alloc_failures") == 0);
    assert_true(value_of("dma_bytes") >= 100 * 2112);
    ixl_pkt_buf_free(buf);
}

static void room_and_names_are_bounded(void **state)
{
    int n = ixl_get_xstats(dev, NULL, 0);
    struct ixl_xstat *x = calloc((size_t)n, sizeof(*x));

    (void)state;
    assert_true(n > 10);
    assert_int_equal(ixl_get_xstats(dev, x, 3), n);
    assert_string_equal(x[3].name, "");
    assert_int_equal(ixl_get_xstats(dev, x, (unsigned)n), n);
    for (int i = 0; i < n; i++) {
        assert_in_range(strlen(x[i].name), 1, 47);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(x[i].name, x[j].name);
    }
    free(x);
    assert_int_equal(ixl_get_xstats(dev, NULL, 3), -IXL_EINVAL);
    assert_int_equal(ixl_get_xstats(NULL, NULL, 0), -IXL_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(counters_grow_by_what_was_counted_since, set_up, tear_down),
        cmocka_unit_test_setup_teardown(null_resets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_removed_device_leaves_them_as_they_were, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(counters_have_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_pool_of_a_queue_is_among_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(room_and_names_are_bounded, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
