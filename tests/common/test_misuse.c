// SPDX-License-Identifier: MIT
/* Wrong use: a documented error, one line that says what to do, nothing left and nothing sent. */
#include <stdio.h>

#include "tests/common/cases.h"
#include "tests/common/stage.h"

static void expect_line(void)
{
    assert_int_equal(log_errors, 1);
    assert_true(strlen(log_last) > 20);
    log_errors = 0;
}

void wrong_addresses_are_refused(void **state)
{
    static const struct {
        const char *address;
        int err;
    } wrong[] = {
        { "nowhere:82599", -IXL_EINVAL },
        { "82599", -IXL_EINVAL },
        { "", -IXL_EINVAL },
        { "sim:i8254", -IXL_ENOENT },
        { "sim:82599,colour=red", -IXL_EINVAL },
        { "sim:82599,wire=string", -IXL_EINVAL },
        { "qemu:rtl8139", -IXL_ENOENT },
        { "qemu:e1000,colour=red", -IXL_EINVAL },
        { "qemu:e1000,wire=string", -IXL_EINVAL },
        { "qemu:e1000,qemu=/nowhere/qemu", -IXL_ENOENT },
    };
    struct ixl_device *dev;
    struct ixl_bus *bus;

    (void)state;
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        log_errors = 0;
        int err = ixl_open(wrong[i].address, NULL, &dev);
        if (err != wrong[i].err)
            fail_msg("\"%s\": %s, not %s", wrong[i].address, ixl_strerror(err),
                     ixl_strerror(wrong[i].err));
        assert_null(dev);
        expect_line();
    }
    assert_int_equal(ixl_bus_open(NULL, &bus), -IXL_EINVAL);
}

/* ---- configurations ------------------------------------------------------------------------- */

struct wrong_cfg {
    struct ixl_dev_cfg cfg;
    int err;
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

static void no_queues(struct stage *s)
{
    struct ixl_dev_cfg no_rx = polling(), no_tx = polling();

    no_rx.num_rx_queues = no_tx.num_tx_queues = 0;
    log_errors = 0;
    assert_int_equal(ixl_init(s->bus, 0, &no_rx, &s->dev), -IXL_ERANGE);
    expect_line();
    assert_int_equal(ixl_init(s->bus, 0, &no_tx, &s->dev), -IXL_ERANGE);
    expect_line();
}

void wrong_configurations_are_refused(void **state)
{
    struct ixl_device_info info;
    struct ixl_dev_cfg good = polling();
    struct stage s;

    (void)state;
    stage_open(&s, "", &good);
    assert_int_equal(ixl_get_info(s.dev, &info), 0);
    stage_close_device(&s);
    const struct wrong_cfg wrong[] = {
        { { .size = 0 }, -IXL_EINVAL },
        { CFG(.num_rx_queues = (uint16_t)(info.max_rx_queues + 1)), -IXL_ERANGE },
        { CFG(.num_tx_queues = (uint16_t)(info.max_tx_queues + 1)), -IXL_ERANGE },
        { CFG(.num_rx_queues = 65535), -IXL_ERANGE },
        { CFG(.rx_ring_size = 32), -IXL_ERANGE },
        { CFG(.rx_ring_size = 8192), -IXL_ERANGE },
        { CFG(.rx_ring_size = 1000), -IXL_ERANGE },
        { CFG(.tx_ring_size = 8), -IXL_ERANGE },
        { CFG(.tx_ring_size = 65536), -IXL_ERANGE },
        { CFG(.tx_ring_size = 100), -IXL_ERANGE },
        { CFG(.rx_pool_entries = 100), -IXL_ERANGE },
        { CFG(.rx_entry_size = 100), -IXL_ERANGE },
        { CFG(.rx_entry_size = IXL_MEMPOOL_MAX_ENTRY + 1), -IXL_ERANGE },
        { CFG(.max_pool_bytes = 100000), -IXL_ENOSPC },
        { CFG(.max_frame_size = info.hw_max_frame + 1), -IXL_ERANGE },
        { CFG(.max_frame_size = UINT32_MAX), -IXL_ERANGE },
        { CFG(.mac = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }), -IXL_EINVAL },
    };
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        log_errors = 0;
        struct ixl_dev_cfg cfg = with_queues(wrong[i].cfg);
        int err = ixl_init(s.bus, 0, &cfg, &s.dev);
        if (err != wrong[i].err)
            fail_msg("configuration %u: %s (%s)", i, ixl_strerror(err), log_last);
        assert_null(s.dev);
        expect_line();
        if (s.nic)
            assert_int_equal(ixl_sim_bus_regions(s.bus->os, 0), 0);
    }
    no_queues(&s);
    assert_int_equal(ixl_init(s.bus, 1, NULL, &s.dev), -IXL_ENOENT);
    expect_line();
    stage_open_on(&s, s.bus, &good); /* none of it has hurt */
    stage_close(&s);
}

/* ---- frames --------------------------------------------------------------------------------- */

static struct pkt_buf *sized(struct ixl_mempool *pool, unsigned size)
{
    struct pkt_buf *buf = ixl_pkt_buf_alloc(pool);
    assert_non_null(buf);
    memset(buf->data, 2, size < buf->capacity ? size : buf->capacity);
    buf->size = (uint16_t)size;
    return buf;
}

/* The unfit frame at each place of a batch of three, and alone, twice, since the queue knows its
 * pool then; nothing goes. */
static void refuse(struct stage *s, struct pkt_buf *unfit, int err)
{
    for (unsigned at = 0; at < 3; at++) {
        struct pkt_buf *bufs[3] = { frame_make(s, SMALL_FRAME, s->mac, 1),
                                    frame_make(s, SMALL_FRAME, s->mac, 2),
                                    frame_make(s, SMALL_FRAME, s->mac, 3) };
        struct pkt_buf *good = bufs[at];
        bufs[at] = unfit;
        log_errors = 0;
        assert_int_equal(ixl_tx_batch(s->dev, 0, bufs, 3), err);
        expect_line();
        bufs[at] = good;
        for (unsigned j = 0; j < 3; j++)
            assert_int_equal(pkt_buf_free(bufs[j]), 0);
    }
    for (unsigned i = 0; i < 2; i++) {
        log_errors = 0;
        assert_int_equal(ixl_tx_batch(s->dev, 0, &unfit, 1), err);
        expect_line();
    }
    pkt_buf_free(unfit);
}

void unfit_frames_are_not_sent(void **state)
{
    struct ixl_dev_cfg cfg = polling();
    struct ixl_device *other;
    struct ixl_mempool *pool, *small, *foreign;
    struct ixl_device_stats stats = { 0, 0, 0, 0 };
    struct stage s;

    (void)state;
    stage_open(&s, "", &cfg);
    stage_ready(&s);
    assert_int_equal(ixl_open("sim:82599", &cfg, &other), 0);
    assert_int_equal(ixl_mempool_create(s.dev, 16, 0, 0, &pool), 0);
    assert_int_equal(ixl_mempool_create(s.dev, 16, 64 + 512, 0, &small), 0);
    assert_int_equal(ixl_mempool_create(other, 16, 0, 0, &foreign), 0);
    refuse(&s, sized(pool, IXL_MIN_FRAME - 1), -IXL_EMSGSIZE);
    refuse(&s, sized(pool, 0), -IXL_EMSGSIZE);
    refuse(&s, sized(pool, ixl_get_max_frame_size(s.dev) + 1), -IXL_EMSGSIZE);
    refuse(&s, sized(small, 576), -IXL_EMSGSIZE); /* more than its buffer holds */
    refuse(&s, sized(foreign, SMALL_FRAME), -IXL_EINVAL);
    refuse(&s, NULL, -IXL_EINVAL);
    frame_send(&s, SMALL_FRAME, s.mac, 77); /* the only one that goes */
    struct pkt_buf *buf = frame_await(&s, 0);
    assert_int_equal(frame_check(buf), 77);
    pkt_buf_free(buf);
    assert_int_equal(ixl_read_stats(s.dev, &stats), 0);
    assert_int_equal(stats.tx_pkts, 1);
    ixl_close(other);
    stage_close(&s);
}

/* ---- NULL and queues there are not ---------------------------------------------------------- */

static void wrong(const char *call, int err)
{
    if (err != -IXL_EINVAL || log_errors != 1)
        fail_msg("%s: %s and %u lines", call, ixl_strerror(err), log_errors);
}

/* An error, and one line. */
#define WRONG(call) ((void)(log_errors = 0), wrong(#call, call))

static void null_device(void)
{
    struct pkt_buf *buf = NULL;
    struct ixl_link link;
    struct ixl_device_info info;
    struct ixl_device *dev;
    struct ixl_mempool *pool;
    struct ixl_irq_stats irqs;
    uint8_t mac[6];

    WRONG(ixl_rx_batch(NULL, 0, &buf, 1));
    WRONG(ixl_tx_batch(NULL, 0, &buf, 1));
    WRONG(ixl_tx_reclaim(NULL, 0));
    WRONG(ixl_forward(NULL, 0, NULL, 0, 1, NULL, NULL));
    WRONG(ixl_get_link(NULL, &link));
    WRONG(ixl_set_promisc(NULL, true));
    WRONG(ixl_get_mac_addr(NULL, mac));
    WRONG(ixl_set_mac_addr(NULL, mac));
    WRONG(ixl_get_info(NULL, &info));
    WRONG(ixl_read_stats(NULL, NULL));
    WRONG(ixl_get_xstats(NULL, NULL, 0));
    WRONG(ixl_get_irq_stats(NULL, 0, &irqs));
    WRONG(ixl_mempool_create(NULL, 64, 0, 0, &pool));
    WRONG(ixl_extend_rxq_mempool(NULL, 0, 1));
    WRONG(ixl_shrink_rxq_mempool(NULL, 0, 1));
    WRONG(ixl_check_recv_irq(NULL, 0));
    WRONG(ixl_ack_recv_irq(NULL, 0));
    WRONG(ixl_rebind_recv_irq(NULL, 0));
    WRONG(ixl_init(NULL, 0, NULL, &dev));
    WRONG(ixl_open(NULL, NULL, &dev));
    WRONG(ixl_open("sim:82599", NULL, NULL));
}

static void null_pool(struct stage *s)
{
    WRONG(ixl_mempool_create(s->dev, 64, 0, 0, NULL));
    WRONG(ixl_mempool_extend(NULL, 1));
    WRONG(ixl_mempool_shrink(NULL, 1));
    WRONG(ixl_mempool_share(NULL, s->dev));
    WRONG(ixl_mempool_share(ixl_get_rxq_mempool(s->dev, 0), NULL));
    WRONG(ixl_mempool_destroy(NULL));
}

/* What asks for a value, or gives something back. */
static void nothing_is_harmless(void)
{
    struct ixl_mempool_stats ps;

    log_errors = 0;
    assert_int_equal(ixl_get_num_rx_queues(NULL), 0);
    assert_int_equal(ixl_get_num_tx_queues(NULL), 0);
    assert_int_equal(ixl_get_rx_queue_depth(NULL), 0);
    assert_int_equal(ixl_get_tx_queue_depth(NULL), 0);
    assert_int_equal(ixl_get_max_frame_size(NULL), 0);
    assert_int_equal(ixl_get_link_changes(NULL), 0);
    assert_true(ixl_get_recv_irq(NULL, 0) == IXL_IRQ_INVALID);
    assert_null(ixl_get_rxq_mempool(NULL, 0));
    assert_null(ixl_pkt_buf_alloc(NULL));
    assert_int_equal(ixl_pkt_buf_alloc_batch(NULL, NULL, 0), 0);
    ixl_mempool_get_stats(NULL, &ps);
    assert_int_equal(ps.capacity, 0);
    assert_int_equal(ixl_pkt_buf_free(NULL), 0);
    assert_int_equal(ixl_pkt_buf_free_batch(NULL, 0), 0);
    ixl_close(NULL);
    ixl_bus_close(NULL);
    assert_int_equal(log_errors, 0);
    assert_int_equal(ixl_get_link_speed(NULL), 0);
}

static void missing_queues(struct stage *s)
{
    struct pkt_buf *buf = NULL;
    struct ixl_irq_stats irqs;

    WRONG(ixl_rx_batch(s->dev, 1, &buf, 1));
    WRONG(ixl_rx_batch(s->dev, 65535, &buf, 1));
    WRONG(ixl_tx_batch(s->dev, 1, &buf, 1));
    WRONG(ixl_tx_reclaim(s->dev, 1));
    WRONG(ixl_forward(s->dev, 1, s->dev, 0, 1, NULL, NULL));
    WRONG(ixl_forward(s->dev, 0, s->dev, 1, 1, NULL, NULL));
    WRONG(ixl_check_recv_irq(s->dev, 1));
    WRONG(ixl_ack_recv_irq(s->dev, 1));
    WRONG(ixl_rebind_recv_irq(s->dev, 1));
    WRONG(ixl_get_irq_stats(s->dev, 1, &irqs));
    WRONG(ixl_extend_rxq_mempool(s->dev, 1, 1));
    WRONG(ixl_shrink_rxq_mempool(s->dev, 1, 1));
    assert_null(ixl_get_rxq_mempool(s->dev, 1));
    assert_true(ixl_get_recv_irq(s->dev, 1) == IXL_IRQ_INVALID);
}

static void missing_places(struct stage *s)
{
    struct pkt_buf *buf = NULL;

    WRONG(ixl_rx_batch(s->dev, 0, NULL, 1));
    WRONG(ixl_tx_batch(s->dev, 0, NULL, 1));
    WRONG(ixl_get_link(s->dev, NULL));
    WRONG(ixl_get_info(s->dev, NULL));
    WRONG(ixl_get_mac_addr(s->dev, NULL));
    WRONG(ixl_set_mac_addr(s->dev, NULL));
    WRONG(ixl_get_xstats(s->dev, NULL, 1));
    WRONG(ixl_get_irq_stats(s->dev, 0, NULL));
    assert_int_equal(ixl_tx_batch(s->dev, 0, &buf, 0), 0);
}

void nothing_where_an_object_is_needed(void **state)
{
    struct ixl_dev_cfg cfg = waiting(1000);
    struct stage s;

    (void)state;
    null_device();
    nothing_is_harmless();
    stage_open(&s, "", &cfg);
    missing_queues(&s);
    missing_places(&s);
    null_pool(&s);
    stage_close(&s);
}

/* ---- pools ---------------------------------------------------------------------------------- */

void pools_refuse_what_they_cannot_do(void **state)
{
    struct ixl_dev_cfg cfg = polling();
    struct ixl_mempool *pool;
    struct ixl_mempool_stats ps;
    struct pkt_buf *bufs[65];
    struct stage s;

    (void)state;
    stage_open(&s, "", &cfg);
    assert_int_equal(ixl_mempool_create(s.dev, 0, 0, 0, &pool), -IXL_EINVAL);
    assert_int_equal(ixl_mempool_create(s.dev, 16, 64, 0, &pool), -IXL_EINVAL);
    assert_int_equal(ixl_mempool_create(s.dev, 16, IXL_MEMPOOL_MAX_ENTRY + 1, 0, &pool),
                     -IXL_EINVAL);
    assert_int_equal(ixl_mempool_create(s.dev, 16, 0, 4096, &pool), -IXL_ENOSPC);
    assert_int_equal(log_errors, 4);
    assert_int_equal(ixl_mempool_create(s.dev, 64, 0, 0, &pool), 0);
    assert_int_equal(ixl_pkt_buf_alloc_batch(pool, bufs, 65), 64); /* dry: fewer than asked for */
    assert_null(ixl_pkt_buf_alloc(pool));
    assert_int_equal(ixl_mempool_destroy(pool), -IXL_EBUSY);
    ixl_mempool_get_stats(pool, &ps);
    assert_int_equal(ps.in_use, 64);
    assert_int_equal(ps.high_water, 64);
    assert_int_equal(ps.alloc_failures, 2);
    ixl_pkt_buf_free_batch(bufs, 64);
    assert_int_equal(ixl_mempool_shrink(pool, 64), -IXL_ERANGE);
    assert_int_equal(ixl_mempool_destroy(pool), 0);
    stage_close(&s);
}
