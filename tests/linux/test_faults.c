// SPDX-License-Identifier: MIT
/* What the kernel may refuse, each call for itself: an error and a sentence or less service and a
 * sentence, and in the end nothing is left behind. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/linux/rig.h"

#define CALLS_MAX 4000

static const int32_t modes[] = { IXL_IRQ_POLL, IXL_IRQ_EXTERNAL, 1000 };

/* Large pages are tried first and not insisted on; a device does without notices of errors, and
 * without a reset by the system. */
static bool may_be_silent(enum fake_call call)
{
    return call == FAKE_MMAP || call == FAKE_IRQ_INFO || call == FAKE_SET_IRQS ||
           call == FAKE_RESET;
}

/* Open with call number `nth` of a kind failing; false: there are no so many. */
static bool open_without(struct rig *r, enum fake_call call, int nth, int times, int32_t mode)
{
    struct ixl_dev_cfg cfg = rig_cfg(mode);
    struct ixl_device *dev = NULL;

    rig_reset_log();
    fake_fail(call, nth, times, EIO);
    int err = ixl_init(r->bus, 0, &cfg, &dev);
    unsigned lines = log_errors + log_warnings;
    unsigned hits = fake_heal(call);
    if ((err < 0) != (dev == NULL))
        fail_msg("%s, call %d: error %d", fake_call_name(call), nth, err);
    if (hits && lines == 0 && !may_be_silent(call))
        fail_msg("%s, call %d fails in silence", fake_call_name(call), nth);
    if (err < 0 && log_errors == 0)
        fail_msg("%s, call %d: opening fails without a sentence", fake_call_name(call), nth);
    if (!hits && (err || log_errors))
        fail_msg("it does not open although nothing failed: %s", log_last);
    ixl_close(dev);
    rig_nothing_left(r);
    return hits > 0;
}

static void fail_each(const char *model, int times, const struct fake_options *opt)
{
    struct rig r;

    rig_make(&r, model, opt);
    for (int c = 0; c < FAKE_CALLS; c++) {
        for (unsigned m = 0; m < 3; m++) {
            int n = 0;
            while (open_without(&r, (enum fake_call)c, n, times, modes[m]))
                assert_true(++n < CALLS_MAX);
        }
    }
    rig_free(&r);
}

static void each_call_may_fail_once(void **state)
{
    (void)state;
    fail_each("82599", 1, NULL);
    fail_each("82540em", 1, NULL);
}

static void each_call_may_fail_from_then_on(void **state)
{
    (void)state;
    fail_each("82599", -1, NULL);
    fail_each("82576", -1, NULL);
}

static void each_call_may_fail_with_large_pages(void **state)
{
    struct fake_kernel k = fake_usual();

    (void)state;
    k.large_pages = 64;
    fake_boot(&k);
    fail_each("i350", 1, NULL);
}

static void each_call_may_fail_without_an_iommu(void **state)
{
    struct fake_options opt = { .noiommu = true };
    struct fake_kernel k = fake_usual();

    (void)state;
    k.large_pages = 64;
    fake_boot(&k);
    fail_each("82574", 1, &opt);
    fail_each("82574", -1, &opt);
}

/* Otherwise the ones above would show nothing. */
static void each_call_is_made(void **state)
{
    unsigned before[FAKE_CALLS];
    struct rig r;

    (void)state;
    rig_make(&r, "82599", NULL);
    for (int i = 0; i < FAKE_CALLS; i++)
        before[i] = fake_calls((enum fake_call)i);
    ixl_close(rig_open(&r, 0, 1000));
    for (int i = 0; i < FAKE_CALLS; i++)
        if (i != FAKE_OPEN_PAGEMAP && fake_calls((enum fake_call)i) == before[i])
            fail_msg("%s is never called", fake_call_name((enum fake_call)i));
    rig_free(&r);
}

static void closing_goes_on_when_something_fails(void **state)
{
    static const enum fake_call calls[] = { FAKE_SET_IRQS, FAKE_CFG_READ, FAKE_CFG_WRITE };
    struct rig r;

    (void)state;
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        rig_make(&r, "82599", NULL);
        struct ixl_device *dev = rig_open(&r, 0, 1000);
        fake_fail(calls[i], 0, 1, EIO);
        ixl_close(dev);
        assert_int_equal(fake_heal(calls[i]), 1);
        assert_int_equal(fake_count().files, r.start.files);
        assert_int_equal(fake_count().mappings, r.start.mappings);
        assert_int_equal(fake_count().bytes, r.start.bytes);
        ixl_close(rig_open(&r, 0, 1000)); /* also what the failure may have left on */
        for (unsigned n = 0; n < r.n; n++)
            fake_remove(r.dev[n]);
        ixl_bus_close(r.bus);
    }
}

static void a_pool_that_cannot_grow_stays_as_it_was(void **state)
{
    static const enum fake_call calls[] = { FAKE_MMAP, FAKE_MAP_DMA };
    struct ixl_mempool_stats before, after;
    struct ixl_mempool *pool;
    struct rig r;

    (void)state;
    rig_make(&r, "82599", NULL);
    struct ixl_device *dev = rig_open(&r, 0, IXL_IRQ_POLL);
    assert_int_equal(ixl_mempool_create(dev, 64, 0, 0, &pool), 0);
    ixl_mempool_get_stats(pool, &before);
    struct fake_counts held = fake_count();
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        rig_reset_log();
        fake_fail(calls[i], 0, -1, ENOMEM);
        assert_int_equal(ixl_mempool_extend(pool, 64), -IXL_ENOMEM);
        fake_heal(calls[i]);
        assert_int_equal(log_errors, 1);
        ixl_mempool_get_stats(pool, &after);
        assert_int_equal(after.capacity, before.capacity);
        struct fake_counts now = fake_count();
        assert_memory_equal(&now, &held, sizeof(now));
    }
    assert_int_equal(ixl_mempool_extend(pool, 64), 0);
    assert_int_equal(fake_count().mappings, held.mappings + 1);
    assert_int_equal(ixl_mempool_shrink(pool, 64), 0);
    struct fake_counts now = fake_count();
    assert_memory_equal(&now, &held, sizeof(now));
    ixl_close(dev);
    rig_free(&r);
}

#define TEST(name) cmocka_unit_test_setup(name, rig_set_up)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(each_call_may_fail_once),
        TEST(each_call_may_fail_from_then_on),
        TEST(each_call_may_fail_with_large_pages),
        TEST(each_call_may_fail_without_an_iommu),
        TEST(each_call_is_made),
        TEST(closing_goes_on_when_something_fails),
        TEST(a_pool_that_cannot_grow_stays_as_it_was),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
