// SPDX-License-Identifier: MIT
/*
 * Scaling: what the threads of different queues write must lie on different cache lines, and what
 * they share must not be written on the fast path. And the small-memory configuration, whole.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "lib/core/device.h"
#include "lib/intel/ring.h"

#define LINE 64u

static uintptr_t line_of(const void *at)
{
    return (uintptr_t)at / LINE;
}

/* Last line of a structure that starts at `at`. */
static uintptr_t last_line(const void *at, size_t size)
{
    return ((uintptr_t)at + size - 1) / LINE;
}

static void queues_start_on_lines_of_their_own(void **state)
{
    (void)state;
    void *queue[8];
    size_t size = sizeof(struct ixl_intel_rxq) > sizeof(struct ixl_intel_txq)
                      ? sizeof(struct ixl_intel_rxq)
                      : sizeof(struct ixl_intel_txq);
    for (unsigned i = 0; i < 8; i++)
        assert_non_null(queue[i] = ixl_queue_alloc(size));
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal((uintptr_t)queue[i] % LINE, 0);
        for (unsigned j = 0; j < i; j++) {
            bool before = last_line(queue[i], size) < line_of(queue[j]);
            bool behind = line_of(queue[i]) > last_line(queue[j], size);
            assert_true(before || behind);
        }
    }
    for (unsigned i = 0; i < 8; i++)
        ixl_queue_free(queue[i]);
}

/* What a queue's thread writes for each batch, apart from what other queues' threads read. */
static void written_fields_leave_the_shared_line_alone(void **state)
{
    (void)state;
    const size_t rx = offsetof(struct ixl_intel_rxq, desc),
                 tx = offsetof(struct ixl_intel_txq, desc);
    assert_int_equal(rx % LINE, 0);
    assert_int_equal(tx % LINE, 0);
    assert_true(rx >= sizeof(struct ixl_rxq) && tx >= sizeof(struct ixl_txq));
    assert_true(offsetof(struct ixl_intel_rxq, cons) >= rx);
    assert_true(offsetof(struct ixl_intel_txq, cons) >= tx);
}

static void a_pool_keeps_owner_and_others_apart(void **state)
{
    (void)state;
    size_t owner = offsetof(struct ixl_mempool, n_free) / LINE;
    size_t addresses = offsetof(struct ixl_mempool, delta) / LINE;
    size_t others = offsetof(struct ixl_mempool, remote) / LINE;
    size_t control = offsetof(struct ixl_mempool, lock) / LINE;
    assert_true(owner < addresses && addresses < others && others < control);
    assert_int_equal(offsetof(struct ixl_mempool, n_remote) / LINE, others);
    assert_int_equal(offsetof(struct ixl_mempool, attention) / LINE, owner);
}

static void a_buffer_shares_no_line_with_its_neighbours(void **state)
{
    (void)state;
    assert_int_equal(sizeof(struct pkt_buf), LINE);
    assert_int_equal(offsetof(struct pkt_buf, data) % LINE, 0);
}

/* ---- two threads ------------------------------------------------------------------ */

struct shuttle {
    struct ixl_device *dev;
    uint16_t queue;
    unsigned frames; /* to be brought home */
    unsigned home;
};

/* Sends what it receives until it has seen enough; gives up after a number of empty looks. */
static void *shuttle(void *arg)
{
    struct shuttle *s = arg;
    struct pkt_buf *bufs[32];
    for (unsigned idle = 0; s->home < s->frames && idle < 20000000;) {
        unsigned n = ixl_pkt_buf_alloc_batch(ixl_get_rxq_mempool(s->dev, s->queue), bufs, 8);
        for (unsigned i = 0; i < n; i++) {
            memset(bufs[i]->data, (int)s->queue, 60);
            bufs[i]->size = 60;
        }
        int sent = n ? ixl_tx_batch(s->dev, s->queue, bufs, n) : 0;
        ixl_pkt_buf_free_batch(bufs + (sent > 0 ? sent : 0), n - (unsigned)(sent > 0 ? sent : 0));
        ixl_tx_reclaim(s->dev, s->queue);
        int got = ixl_rx_batch(s->dev, s->queue, bufs, 32);
        if (got > 0)
            ixl_pkt_buf_free_batch(bufs, (unsigned)got);
        s->home += sent > 0 ? (unsigned)sent : 0;
        idle += sent <= 0;
    }
    return NULL;
}

static struct ixl_device *open_small(uint16_t queues)
{
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;
    struct ixl_device *dev = NULL;
    cfg.rx_ring_size = 64;
    cfg.tx_ring_size = 64;
    cfg.rx_pool_entries = 256;
    cfg.num_rx_queues = queues;
    cfg.num_tx_queues = queues;
    assert_int_equal(ixl_open("sim:82599,wire=loop", &cfg, &dev), 0);
    return dev;
}

static void two_threads_send_on_queues_of_their_own(void **state)
{
    (void)state;
    struct ixl_device *dev = open_small(2);
    struct shuttle shuttles[2] = { { dev, 0, 2000, 0 }, { dev, 1, 2000, 0 } };
    pthread_t threads[2];
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, shuttle, &shuttles[i]), 0);
    for (unsigned i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_true(shuttles[0].home >= 2000);
    assert_true(shuttles[1].home >= 2000);
    ixl_close(dev);
}

/* ---- small memory ------------------------------------------------------------------ */

static void rings_of_64_and_a_pool_of_256_need_little_memory(void **state)
{
    (void)state;
    struct ixl_device *dev = open_small(1);
    struct ixl_mempool_stats stats;
    struct shuttle once = { dev, 0, 1000, 0 };
    ixl_mempool_get_stats(ixl_get_rxq_mempool(dev, 0), &stats);
    assert_int_equal(stats.capacity, 256);
    assert_true(stats.memory_bytes <= 256 * 2112 + 4096);
    shuttle(&once);
    assert_true(once.home >= 1000);
    ixl_close(dev);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queues_start_on_lines_of_their_own),
        cmocka_unit_test(written_fields_leave_the_shared_line_alone),
        cmocka_unit_test(a_pool_keeps_owner_and_others_apart),
        cmocka_unit_test(a_buffer_shares_no_line_with_its_neighbours),
        cmocka_unit_test(two_threads_send_on_queues_of_their_own),
        cmocka_unit_test(rings_of_64_and_a_pool_of_256_need_little_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
