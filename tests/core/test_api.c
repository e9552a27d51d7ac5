// SPDX-License-Identifier: MIT
/* The public API on software NICs: what tests/common has no case for, being about two devices, or
 * about a system that runs out of memory for DMA. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/os/sim/sim_os.h"

#define FRAME       60u
#define PATIENCE_MS 5000 /* how long a test waits for what has to come */

static _Atomic unsigned errors;
static char last_error[1024];

static void note(void *ctx, enum ixl_log_level level, const char *msg)
{
    (void)ctx;
    if (level != IXL_LOG_ERROR)
        return;
    atomic_fetch_add(&errors, 1);
    snprintf(last_error, sizeof(last_error), "%s", msg);
}

static int set_up(void **state)
{
    (void)state;
    ixl_set_log(note, NULL, IXL_LOG_INFO);
    errors = 0;
    return 0;
}

/* ---- helpers ------------------------------------------------------------- */

static struct ixl_device *open_at(struct ixl_bus *bus, unsigned index, struct ixl_dev_cfg cfg)
{
    struct ixl_device *dev = NULL;
    int err = ixl_init(bus, index, &cfg, &dev);

    if (err)
        fail_msg("open: %s (%s)", ixl_strerror(err), last_error);
    return dev;
}

static struct ixl_bus *open_bus(const char *address)
{
    struct ixl_bus *bus = NULL;

    assert_int_equal(ixl_bus_open(address, &bus), 0);
    return bus;
}

static struct ixl_dev_cfg waiting(int32_t timeout_ms)
{
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;

    cfg.irq_timeout_ms = timeout_ms;
    cfg.promisc = true;
    return cfg;
}

static void await_link(struct ixl_device *dev)
{
    struct ixl_link link = { .up = false };

    for (unsigned ms = 0; ms < PATIENCE_MS && !link.up; ms++) {
        assert_int_equal(ixl_get_link(dev, &link), 0);
        if (!link.up)
            ixl_delay_us(dev, 1000);
    }
    assert_true(link.up);
}

/* Frames of any number come; 0 if none came in time. */
static int receive(struct ixl_device *dev, struct pkt_buf **bufs, unsigned n)
{
    for (unsigned ms = 0; ms < PATIENCE_MS; ms++) {
        int got = ixl_rx_batch(dev, 0, bufs, n);
        if (got)
            return got;
        if (dev->cfg.irq_timeout_ms == IXL_IRQ_POLL || dev->cfg.irq_timeout_ms == IXL_IRQ_EXTERNAL)
            ixl_delay_us(dev, 1000);
    }
    return 0;
}

static void expect_clean(struct ixl_bus *bus, unsigned index)
{
    struct sim_counters c;

    sim_get_counters(ixl_sim_nic_at(bus, index), &c);
    if (c.violations)
        fail_msg("%s", sim_last_violation(ixl_sim_nic_at(bus, index)));
    assert_int_equal(c.dma_faults, 0);
}

static unsigned open_files(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned n = 0;

    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

/* ---- the tests ----------------------------------------------------------- */

static void nothing_stays_behind_when_memory_runs_out(void **state)
{
    struct ixl_bus *bus = open_bus("sim:82599");
    struct ixl_dev_cfg cfg = waiting(100);
    struct ixl_device *dev;
    int err = -IXL_ENOMEM, good;

    (void)state;
    cfg.num_rx_queues = 3;
    cfg.num_tx_queues = 2;
    for (good = 0; err; good++) {
        unsigned files = open_files();
        errors = 0;
        ixl_sim_bus_limit(bus->os, 0, good);
        err = ixl_init(bus, 0, &cfg, &dev);
        if (!err)
            break;
        assert_int_equal(err, -IXL_ENOMEM);
        assert_null(dev);
        assert_int_equal(errors, 1);
        assert_int_equal(ixl_sim_bus_regions(bus->os, 0), 0);
        assert_int_equal(open_files(), files);
    }
    assert_true(good >= 5); /* a ring for each queue at least */
    ixl_close(dev);
    expect_clean(bus, 0);
    ixl_bus_close(bus);
}

static void a_shared_pool_outlives_its_home(void **state)
{
    struct ixl_bus *bus = open_bus("sim:82599,wire=loop;x540,wire=loop");
    struct ixl_device *home = open_at(bus, 0, waiting(IXL_IRQ_POLL));
    struct ixl_device *guest = open_at(bus, 1, waiting(IXL_IRQ_POLL));
    struct ixl_mempool *pool;
    struct pkt_buf *bufs[4];

    (void)state;
    assert_int_equal(ixl_mempool_create(home, 64, 0, 0, &pool), 0);
    struct pkt_buf *buf = ixl_pkt_buf_alloc(pool);
    memset(buf->data, 2, FRAME);
    buf->size = FRAME;
    assert_int_equal(ixl_tx_batch(guest, 0, &buf, 1), -IXL_EINVAL); /* not shared yet */
    assert_int_equal(ixl_mempool_share(pool, guest), 0);
    assert_int_equal(ixl_mempool_share(pool, guest), 0);
    ixl_close(home);
    assert_int_equal(ixl_sim_bus_regions(bus->os, 0), 1);

    await_link(guest);
    assert_int_equal(ixl_tx_batch(guest, 0, &buf, 1), 1);
    assert_int_equal(receive(guest, bufs, 4), 1);
    assert_int_equal(bufs[0]->size, FRAME);
    pkt_buf_free(bufs[0]);
    ixl_close(guest);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(ixl_sim_bus_regions(bus->os, i), 0);
        expect_clean(bus, i);
    }
    ixl_close(open_at(bus, 0, waiting(IXL_IRQ_POLL))); /* free again */
    ixl_bus_close(bus);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_stays_behind_when_memory_runs_out),
        TEST(a_shared_pool_outlives_its_home),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
