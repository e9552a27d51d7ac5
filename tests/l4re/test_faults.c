// SPDX-License-Identifier: MIT
/* What L4Re may refuse, each call for itself: an error and a sentence or less service and a
 * sentence, and in the end nothing is left behind. */
#include <stdio.h>
#include <stdlib.h>

#include <l4/sys/err.h>

#include "tests/l4re/rig.h"

#define CALLS_MAX 4000

static const int32_t modes[] = { IXL_IRQ_POLL, IXL_IRQ_EXTERNAL, 1000 };

/* ---- one call fails ------------------------------------------------------------------------ */

/* Memory is tried in large pages, and at a certain place, first. */
static bool may_be_silent(enum fake_call call, int times)
{
    return times == 1 && (call == FAKE_MA_ALLOC || call == FAKE_ATTACH);
}

/* Open with call number `nth` of a kind failing; false: there are no so many. */
static bool open_without(struct rig *r, enum fake_call call, int nth, int times, int32_t mode)
{
    struct ixl_dev_cfg cfg = rig_cfg(mode);
    struct ixl_device *dev = NULL;

    rig_reset_log();
    fake_fail(call, nth, times,
              call == FAKE_CFG_READ || call == FAKE_CFG_WRITE ? L4_EIO : L4_ENOMEM);
    int err = ixl_init(r->bus, 0, &cfg, &dev);
    unsigned lines = log_errors + log_warnings;
    unsigned hits = fake_heal(call);
    if ((err < 0) != (dev == NULL))
        fail_msg("%s, call %d: error %d", fake_call_name(call), nth, err);
    if (hits && lines == 0 && !may_be_silent(call, times))
        fail_msg("%s, call %d fails in silence", fake_call_name(call), nth);
    if (err < 0 && log_errors == 0)
        fail_msg("%s, call %d: opening fails without a sentence", fake_call_name(call), nth);
    if (!hits && (err || lines))
        fail_msg("it does not open although nothing failed: %s", log_last);
    ixl_close(dev);
    rig_nothing_left(r);
    return hits > 0;
}

static void fail_each(const char *model, int times)
{
    struct rig r;

    rig_make(&r, NULL, model, NULL);
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
    fail_each("82599", 1);
    fail_each("82540em", 1);
}

static void each_call_may_fail_from_then_on(void **state)
{
    (void)state;
    fail_each("82599", -1);
    fail_each("82576", -1);
}

/* Otherwise the two above would show nothing. */
static void each_call_is_made(void **state)
{
    static const enum fake_call calls[] = {
        FAKE_CAP_ALLOC,     FAKE_FACTORY,  FAKE_FACTORY_IRQ, FAKE_MA_ALLOC,   FAKE_ATTACH,
        FAKE_DMA_MAP,       FAKE_CFG_READ, FAKE_CFG_WRITE,   FAKE_VICU_CAP,   FAKE_ICU_INFO,
        FAKE_ASSIGN_DOMAIN, FAKE_ICU_BIND, FAKE_NEXT_DEVICE, FAKE_MSI_INFO,   FAKE_GET_RESOURCE,
        FAKE_BIND_THREAD,   FAKE_DETACH,   FAKE_DMA_UNMAP,   FAKE_ICU_UNBIND,
    };
    const size_t n = sizeof(calls) / sizeof(calls[0]);
    unsigned before[sizeof(calls) / sizeof(calls[0])];
    struct rig r;

    (void)state;
    rig_make(&r, NULL, "82599", NULL);
    for (size_t i = 0; i < n; i++)
        before[i] = fake_calls(calls[i]);
    ixl_close(rig_open(&r, 0, 1000));
    for (size_t i = 0; i < n; i++)
        if (fake_calls(calls[i]) == before[i])
            fail_msg("%s is never called", fake_call_name(calls[i]));
    rig_free(&r);
}

static void closing_goes_on_when_something_fails(void **state)
{
    static const enum fake_call calls[] = { FAKE_DETACH, FAKE_DMA_UNMAP, FAKE_ICU_UNBIND,
                                            FAKE_CFG_READ, FAKE_CFG_WRITE };
    struct rig r;

    (void)state;
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        rig_make(&r, NULL, "82599", NULL);
        struct ixl_device *dev = rig_open(&r, 0, 1000);
        fake_fail(calls[i], 0, 1, L4_EIO);
        ixl_close(dev);
        assert_int_equal(fake_heal(calls[i]), 1);
        rig_nothing_left(&r);
        ixl_close(rig_open(&r, 0, 1000)); /* also what the failure may have left on */
        rig_free(&r);
    }
}

/* ---- running out --------------------------------------------------------------------------- */

static void slots_run_out_at_each_place(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, NULL, "82599", NULL);
    for (int slots = 0;; slots++) {
        struct ixl_dev_cfg cfg = rig_cfg(1000);
        struct ixl_device *dev;
        rig_reset_log();
        fake_limit_slots(slots);
        int err = ixl_init(r.bus, 0, &cfg, &dev);
        unsigned lines = log_errors + log_warnings;
        if (err)
            assert_int_equal(err, -IXL_ENOMEM);
        ixl_close(dev);
        fake_limit_slots(-1);
        rig_nothing_left(&r);
        if (!err && lines == 0)
            break;
        assert_true(lines > 0);
        assert_true(slots < 100);
    }
    rig_free(&r);
}

static void a_pool_that_cannot_grow_stays_as_it_was(void **state)
{
    static const enum fake_call calls[] = { FAKE_CAP_ALLOC, FAKE_MA_ALLOC, FAKE_ATTACH,
                                            FAKE_DMA_MAP, FAKE_DMA_MAP_SHORT };
    struct ixl_mempool_stats before, after;
    struct ixl_mempool *pool;
    struct rig r;

    (void)state;
    rig_make(&r, NULL, "82599", NULL);
    struct ixl_device *dev = rig_open(&r, 0, IXL_IRQ_POLL);
    assert_int_equal(ixl_mempool_create(dev, 64, 0, 0, &pool), 0);
    ixl_mempool_get_stats(pool, &before);
    struct fake_counts held = fake_count();
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        rig_reset_log();
        fake_fail(calls[i], 0, -1, L4_ENOMEM);
        assert_int_equal(ixl_mempool_extend(pool, 64), -IXL_ENOMEM);
        fake_heal(calls[i]);
        assert_true(log_errors > 0);
        ixl_mempool_get_stats(pool, &after);
        assert_int_equal(after.capacity, before.capacity);
        struct fake_counts now = fake_count();
        assert_memory_equal(&now, &held, sizeof(now));
    }
    assert_int_equal(ixl_mempool_extend(pool, 64), 0);
    assert_int_equal(fake_count().dataspaces, held.dataspaces + 1);
    assert_int_equal(ixl_mempool_shrink(pool, 64), 0);
    struct fake_counts now = fake_count();
    assert_memory_equal(&now, &held, sizeof(now));
    ixl_close(dev);
    rig_free(&r);
}

/* It is lost, and no test is to miss it after this one. */
static void expect_kept(struct rig *r, unsigned pieces)
{
    struct fake_counts now = fake_count();

    assert_int_equal(now.dataspaces, r->start.dataspaces + pieces);
    assert_int_equal(now.regions, r->start.regions + pieces);
    assert_int_equal(now.mappings, r->start.mappings);
    r->start = now;
    rig_free(r); /* the fake counts memory given back that a device can reach as a broken rule */
}

static void memory_that_cannot_be_unmapped_is_kept(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, NULL, "82599", NULL);
    struct ixl_device *dev = rig_open(&r, 0, IXL_IRQ_POLL);
    unsigned pieces = fake_count().dataspaces - r.start.dataspaces;
    fake_fail(FAKE_DMA_UNMAP, 0, -1, L4_EIO);
    ixl_close(dev);
    assert_true(fake_heal(FAKE_DMA_UNMAP) >= pieces);
    assert_true(log_errors >= pieces);
    expect_kept(&r, pieces);
}

static void memory_a_second_device_keeps_is_kept(void **state)
{
    struct ixl_mempool *pool;
    struct rig r;

    (void)state;
    rig_make(&r, NULL, "82599,82599", NULL);
    struct ixl_device *home = rig_open(&r, 0, IXL_IRQ_POLL), *guest = rig_open(&r, 1, IXL_IRQ_POLL);
    assert_int_equal(ixl_mempool_create(home, 64, 0, 0, &pool), 0);
    assert_int_equal(ixl_mempool_share(pool, guest), 0);
    assert_int_equal(ixl_mempool_extend(pool, 64), 0);
    fake_fail(FAKE_DMA_UNMAP, 0, 1, L4_EIO); /* the guest's comes first */
    assert_int_equal(ixl_mempool_shrink(pool, 64), 0);
    assert_int_equal(fake_heal(FAKE_DMA_UNMAP), 1);
    ixl_close(guest);
    ixl_close(home);
    expect_kept(&r, 1);
}

#define TEST(name) cmocka_unit_test_setup(name, rig_set_up)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(each_call_may_fail_once),
        TEST(each_call_may_fail_from_then_on),
        TEST(each_call_is_made),
        TEST(closing_goes_on_when_something_fails),
        TEST(slots_run_out_at_each_place),
        TEST(a_pool_that_cannot_grow_stays_as_it_was),
        TEST(memory_that_cannot_be_unmapped_is_kept),
        TEST(memory_a_second_device_keeps_is_kept),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
