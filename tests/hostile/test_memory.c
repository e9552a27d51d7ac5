// SPDX-License-Identifier: MIT
/*
 * Each allocation fails once: of an open, of making, growing and sharing a pool. That is an error
 * with a sentence, and nothing is lost (the address sanitizer's build sees what is).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ixl/ixl.h>

static unsigned errors, fail_at; /* the allocation that fails, counted down; 0: none */

/* The linker sends the library's allocations through these (--wrap). */
void *__real_calloc(size_t n, size_t size);
void *__real_malloc(size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
char *__real_strdup(const char *s);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);
char *__wrap_strdup(const char *s);

static bool fails(void)
{
    return fail_at && --fail_at == 0;
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_aligned_alloc(size_t align, size_t size)
{
    return fails() ? NULL : __real_aligned_alloc(align, size);
}

char *__wrap_strdup(const char *s)
{
    return fails() ? NULL : __real_strdup(s);
}

static void note(void *ctx, enum ixl_log_level level, const char *msg)
{
    (void)ctx;
    (void)msg;
    errors += level == IXL_LOG_ERROR;
}

/* Does `work` with the first allocation failing, then the second, and so on until none was left to
 * fail. */
static void with_each_failure(const char *what, int (*work)(void *ctx), void *ctx)
{
    for (unsigned n = 1;; n++) {
        errors = 0;
        fail_at = n;
        int err = work(ctx);
        bool all_done = fail_at != 0;
        fail_at = 0;
        if (all_done) {
            assert_int_equal(err, 0);
            assert_true(n > 1);
            return;
        }
        if (err > 0 || (err < 0 && errors == 0))
            fail_msg("%s, allocation %u: %s and %u lines", what, n, ixl_strerror(err), errors);
    }
}

/* ---- what needs memory ------------------------------------------------------------------- */

static int open_and_close(void *ctx)
{
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;
    struct ixl_device *dev;

    cfg.num_rx_queues = cfg.num_tx_queues = strstr(ctx, "82540") ? 1 : 2;
    cfg.irq_timeout_ms = 10;
    int err = ixl_open(ctx, &cfg, &dev);
    if (err == 0)
        ixl_close(dev);
    else
        assert_null(dev);
    return err;
}

static void an_open_without_memory_fails_and_leaves_nothing(void **state)
{
    static char models[][60] = { "sim:82599,wire=loop",
                                 "sim:x540,mac=02:00:00:00:00:01",
                                 "sim:82540em,wire=pair:a",
                                 "sim:82574",
                                 "sim:82576",
                                 "sim:i350",
                                 "sim:virtio-net" };

    (void)state;
    for (unsigned i = 0; i < sizeof(models) / sizeof(models[0]); i++)
        with_each_failure(models[i], open_and_close, models[i]);
}

static int make_and_destroy(void *ctx)
{
    struct ixl_mempool *pool;
    int err = ixl_mempool_create(ctx, 3000, 0, 0, &pool);

    if (err)
        return err;
    err = ixl_mempool_extend(pool, 2000);
    struct pkt_buf *buf = ixl_pkt_buf_alloc(pool); /* the owner moves to the larger pool */
    assert_non_null(buf);
    ixl_pkt_buf_free(buf);
    assert_int_equal(ixl_mempool_destroy(pool), 0);
    return err;
}

static void a_pool_without_memory_is_not_made(void **state)
{
    struct ixl_device *dev;
    struct ixl_device_info before, after;

    (void)state;
    assert_int_equal(ixl_open("sim:82599", NULL, &dev), 0);
    assert_int_equal(ixl_get_info(dev, &before), 0);
    with_each_failure("a pool", make_and_destroy, dev);
    assert_int_equal(ixl_get_info(dev, &after), 0);
    assert_int_equal(after.dma_bytes, before.dma_bytes);
    ixl_close(dev);
}

static int share(void *ctx)
{
    struct ixl_device **two = ctx;
    struct ixl_mempool *pool;
    int err = ixl_mempool_create(two[0], 64, 0, 0, &pool);

    if (err)
        return err;
    err = ixl_mempool_share(pool, two[1]);
    if (err)
        assert_int_equal(ixl_mempool_destroy(pool), 0);
    return err; /* a shared pool goes with its devices */
}

static void sharing_without_memory_changes_nothing(void **state)
{
    struct ixl_device *two[2];

    (void)state;
    assert_int_equal(ixl_open("sim:82599", NULL, &two[0]), 0);
    assert_int_equal(ixl_open("sim:x540", NULL, &two[1]), 0);
    with_each_failure("sharing", share, two);
    ixl_close(two[0]);
    ixl_close(two[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_open_without_memory_fails_and_leaves_nothing),
        cmocka_unit_test(a_pool_without_memory_is_not_made),
        cmocka_unit_test(sharing_without_memory_changes_nothing),
    };

    ixl_set_log(note, NULL, IXL_LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
