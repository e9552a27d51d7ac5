// SPDX-License-Identifier: MIT
/* Several queues: the spreading of flows, and a thread for each queue. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "tests/common/cases.h"
#include "tests/common/stage.h"

#define FLOWS_PER_QUEUE 32u
#define ROUNDS          4u
#define THREADS         4u
#define IP_FRAME        64u

static void put16(uint8_t *at, unsigned val)
{
    at[0] = (uint8_t)(val >> 8);
    at[1] = (uint8_t)val;
}

static unsigned sum16(const uint8_t *at, unsigned words, unsigned sum)
{
    for (unsigned i = 0; i < words; i++)
        sum += (unsigned)at[2 * i] << 8 | at[2 * i + 1];
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

/* TCP over IPv4; flow and round are found again in port and payload. */
static void fill_tcp(uint8_t *f, const uint8_t dst[6], unsigned flow, unsigned round)
{
    memset(f, 0, IP_FRAME);
    memcpy(f, dst, 6);
    f[6] = 2;
    put16(f + 12, 0x0800);
    f[14] = 0x45;
    put16(f + 16, IP_FRAME - 14);
    f[22] = 64;
    f[23] = 6;
    put16(f + 26, 10 << 8);
    put16(f + 28, 1 + flow);
    put16(f + 30, 10 << 8 | 1);
    f[33] = 1;
    put16(f + 34, 10000 + flow);
    put16(f + 36, 80);
    f[46] = 5 << 4;
    f[47] = 0x10;
    put16(f + 54, flow);
    put16(f + 56, round);
    put16(f + 24, ~sum16(f + 14, 10, 0));
    put16(f + 50, ~sum16(f + 34, (IP_FRAME - 34) / 2, sum16(f + 26, 4, 6 + IP_FRAME - 34)));
}

static unsigned get16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

/* A virtio-net without RSS keeps to itself how it spreads frames. */
static bool reports_hashes(void)
{
    return strncmp(device_name(), "virtio", 6) != 0 || strcmp(device_name(), "virtio-net-rss") == 0;
}

struct spread {
    uint16_t queues;
    unsigned flows, received;
    int home[16 * FLOWS_PER_QUEUE];        /* queue of a flow, -1: not seen */
    unsigned rounds[16 * FLOWS_PER_QUEUE]; /* frames of it so far */
    unsigned per_queue[16];
};

static void take_from(struct stage *s, struct spread *sp, uint16_t queue)
{
    struct pkt_buf *bufs[32];
    int got = ixl_rx_batch(s->dev, queue, bufs, 32);

    assert_in_range(got, 0, 32);
    for (int i = 0; i < got; i++) {
        const struct pkt_buf *b = bufs[i];
        assert_int_equal(b->size, IP_FRAME);
        assert_int_equal(get16(b->data + 12), 0x0800);
        unsigned flow = get16(b->data + 54);
        assert_in_range(flow, 0, sp->flows - 1);
        assert_int_equal(get16(b->data + 56), sp->rounds[flow]); /* each flow in order */
        if (sp->queues > 1 && reports_hashes())
            assert_true((b->ptype & IXL_PTYPE_RSS) != IXL_RSS_NONE);
        if (sp->home[flow] < 0)
            sp->per_queue[queue]++;
        else
            assert_int_equal(sp->home[flow], queue);
        sp->home[flow] = queue;
        sp->rounds[flow]++;
        sp->received++;
        ixl_pkt_buf_free(bufs[i]);
    }
}

static void take_until(struct stage *s, struct spread *sp, unsigned received)
{
    uint64_t end = now_ms() + PATIENCE_MS;
    unsigned idle = 0;
    while (sp->received < received) {
        unsigned before = sp->received;
        for (uint16_t q = 0; q < sp->queues; q++)
            take_from(s, sp, q);
        idle = sp->received > before ? 0 : idle;
        if (now_ms() > end)
            fail_msg("%u frames of %u came", sp->received, received);
        breathe(&idle);
    }
}

static struct pkt_buf *make_tcp(struct stage *s, unsigned flow, unsigned round)
{
    struct pkt_buf *buf = ixl_pkt_buf_alloc(s->pool);
    assert_non_null(buf);
    fill_tcp(buf->data, s->mac, flow, round);
    buf->size = IP_FRAME;
    return buf;
}

static uint16_t queues_of_device(void)
{
    struct ixl_dev_cfg cfg = polling();
    struct ixl_device_info info;
    struct stage s;
    stage_open(&s, "", &cfg);
    assert_int_equal(ixl_get_info(s.dev, &info), 0);
    stage_close(&s);
    return info.max_rx_queues < info.max_tx_queues ? info.max_rx_queues : info.max_tx_queues;
}

/* No queue is empty, none has more than four times its share, a flow never changes its queue. The
 * hash is over addresses at least: the 82574 has no type for UDP, so the flows are TCP. */
static void spread_over(uint16_t queues)
{
    struct ixl_dev_cfg cfg = polling();
    struct spread sp = { .queues = queues, .flows = queues * FLOWS_PER_QUEUE };
    struct stage s;

    cfg.num_rx_queues = cfg.num_tx_queues = queues;
    memset(sp.home, 0xff, sizeof(sp.home));
    stage_open(&s, "", &cfg);
    assert_int_equal(ixl_get_num_rx_queues(s.dev), queues);
    stage_ready(&s);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned flow = 0; flow < sp.flows; flow++) {
            struct pkt_buf *buf = make_tcp(&s, flow, round);
            assert_int_equal(ixl_tx_batch(s.dev, (uint16_t)(flow % queues), &buf, 1), 1);
            if (flow % 16 == 15)
                take_until(&s, &sp, round * sp.flows + flow + 1);
        }
    }
    for (uint16_t q = 0; q < queues; q++) {
        ixl_tx_reclaim(s.dev, q);
        assert_in_range(sp.per_queue[q], 1, 4 * FLOWS_PER_QUEUE);
    }
    stage_close(&s);
}

void flows_spread_over_all_queues(void **state)
{
    (void)state;
    uint16_t queues = queues_of_device();
    spread_over(queues);
    if (queues > 3)
        spread_over(3); /* a number that divides nothing */
}

/* ---- a thread a queue ----------------------------------------------------------------------- */

struct worker {
    struct stage *stage;
    struct ixl_mempool *pool;
    uint16_t queue, n;
    unsigned to_send;
    _Atomic unsigned *received;
    unsigned total;
    bool failed;
};

static void *work(void *arg)
{
    struct worker *w = arg;
    struct ixl_device *dev = w->stage->dev;
    uint64_t end = now_ms() + PATIENCE_MS;
    unsigned sent = 0, idle = 0;

    while (atomic_load(w->received) < w->total && now_ms() < end) {
        struct pkt_buf *bufs[16];
        struct pkt_buf *buf = NULL;
        /* At most 64 on their way for each queue, however they are spread. */
        if (sent < w->to_send && sent * w->n < atomic_load(w->received) + 64)
            buf = ixl_pkt_buf_alloc(w->pool);
        if (buf) {
            fill_tcp(buf->data, w->stage->mac, sent % 256 * THREADS + w->queue, sent);
            buf->size = IP_FRAME;
            if (ixl_tx_batch(dev, w->queue, &buf, 1) == 1)
                sent++;
            else
                ixl_pkt_buf_free(buf);
        }
        ixl_tx_reclaim(dev, w->queue);
        int got = ixl_rx_batch(dev, w->queue, bufs, 16);
        w->failed |= got < 0;
        for (int i = 0; i < got; i++)
            w->failed |= bufs[i]->size != IP_FRAME;
        if (got > 0) {
            ixl_pkt_buf_free_batch(bufs, (unsigned)got);
            atomic_fetch_add(w->received, (unsigned)got);
            idle = 0;
        } else if (!buf) {
            breathe(&idle);
        }
    }
    return NULL;
}

void queues_need_no_lock_between_them(void **state)
{
    struct ixl_dev_cfg cfg = polling();
    struct worker workers[THREADS];
    struct stage s;
    pthread_t threads[THREADS];
    _Atomic unsigned received = 0;
    uint16_t n = queues_of_device();

    (void)state;
    n = n < THREADS ? n : THREADS;
    cfg.num_rx_queues = cfg.num_tx_queues = n;
    stage_open(&s, "", &cfg);
    stage_ready(&s);
    unsigned each = scaled(on_sim() ? 8000 : 4000);
    for (uint16_t q = 0; q < n; q++) {
        workers[q] = (struct worker){ .stage = &s,
                                      .queue = q,
                                      .n = n,
                                      .to_send = each,
                                      .received = &received,
                                      .total = each * n };
        assert_int_equal(ixl_mempool_create(s.dev, 1024, 0, 0, &workers[q].pool), 0);
    }
    for (uint16_t q = 0; q < n; q++)
        assert_int_equal(pthread_create(&threads[q], NULL, work, &workers[q]), 0);
    for (uint16_t q = 0; q < n; q++) {
        pthread_join(threads[q], NULL);
        assert_false(workers[q].failed);
    }
    assert_int_equal(received, each * n);
    stage_close(&s);
}
