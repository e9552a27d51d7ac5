// SPDX-License-Identifier: MIT
/* Control operations beside queues at work: a model with a thread of its own, its wire a loop. */
#include "tests/ixgbe/rig.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#define FRAMES 3000u

struct worker {
    struct rig *r;
    struct ixl_mempool *pool;
    atomic_uint received;
    atomic_bool stop;
};

static void *receive(void *arg)
{
    struct worker *w = arg;
    struct pkt_buf *bufs[32];

    while (!atomic_load(&w->stop)) {
        int got = ixl_rx_batch(w->r->dev, 0, bufs, 32);
        if (got <= 0)
            continue;
        ixl_pkt_buf_free_batch(bufs, (unsigned)got);
        atomic_fetch_add(&w->received, (unsigned)got);
    }
    return NULL;
}

static struct pkt_buf *broadcast(struct ixl_mempool *pool)
{
    struct pkt_buf *buf = ixl_pkt_buf_alloc(pool);

    if (!buf)
        return NULL;
    memset(buf->data, 0xff, 60);
    buf->size = 60;
    return buf;
}

static void *send_frames(void *arg)
{
    struct worker *w = arg;

    for (unsigned sent = 0; sent < FRAMES;) {
        struct pkt_buf *buf = broadcast(w->pool);
        if (buf && ixl_tx_batch(w->r->dev, 0, &buf, 1) == 1)
            sent++;
        else if (buf)
            ixl_pkt_buf_free(buf);
        ixl_tx_reclaim(w->r->dev, 0);
    }
    return NULL;
}

static void control(struct rig *r, struct worker *w)
{
    struct ixl_device_stats s = { .rx_pkts = 0 };
    struct ixl_link link;
    uint64_t last = 0;

    for (unsigned i = 0; s.tx_pkts < FRAMES; i++) {
        assert_int_equal(ixl_read_stats(r->dev, &s), 0);
        assert_true(s.rx_pkts >= last);
        last = s.rx_pkts;
        assert_int_equal(ixl_get_link(r->dev, &link), 0);
        assert_int_equal(ixl_set_promisc(r->dev, i & 1), 0);
    }
    /* What the device has given to memory reaches the thread, and then there is rest. */
    unsigned calm = 0;
    for (unsigned i = 0; i < 10000 && calm < 20; i++) {
        ixl_delay_us(r->dev, 1000);
        assert_int_equal(ixl_read_stats(r->dev, &s), 0);
        calm = atomic_load(&w->received) == s.rx_pkts ? calm + 1 : 0;
    }
    assert_int_equal(atomic_load(&w->received), s.rx_pkts);
}

static void work(const char *model, const char *irq, int timeout_ms)
{
    struct rig r;
    struct worker w = { .r = &r };
    pthread_t rx, tx;
    char options[64];

    snprintf(options, sizeof(options), ",engine=thread,wire=loop,irq=%s", irq);
    rig_make(&r, model, options);
    r.cfg.irq_timeout_ms = timeout_ms;
    rig_open(&r);
    assert_int_equal(ixl_mempool_create(r.dev, 512, 0, 0, &w.pool), 0);
    assert_int_equal(pthread_create(&rx, NULL, receive, &w), 0);
    assert_int_equal(pthread_create(&tx, NULL, send_frames, &w), 0);
    control(&r, &w);
    pthread_join(tx, NULL);
    atomic_store(&w.stop, true);
    pthread_join(rx, NULL);
    rig_free(&r);
}

static void control_operations_run_beside_the_queues(void **state)
{
    (void)state;
    work("82599", "none", IXL_IRQ_POLL);
    work("82599", "msix", 1);
    work("x540", "intx", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control_operations_run_beside_the_queues),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
