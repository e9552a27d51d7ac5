// SPDX-License-Identifier: MIT
/* Forwarding by exchange: order, verdicts, modification, and no buffer lost or in two places. */
#include "fake.h"

struct bench {
    struct fake *a, *b;
    uint8_t next;     /* fill byte of the next frame that must come out */
    unsigned modulus; /* every so-manieth frame is dropped; 0: none */
};

static void see(void *ctx, const void *data, unsigned len, uint64_t hi)
{
    struct bench *t = ctx;
    const uint8_t *bytes = data;
    (void)hi;
    if (t->modulus)
        while (t->next % t->modulus == 0)
            t->next++;
    assert_int_equal(bytes[0], 0xee); /* written by the verdict function */
    assert_int_equal(bytes[len - 1], t->next);
    t->next++;
}

static void decide(void *ctx, struct pkt_buf **bufs, uint8_t *verdict, unsigned n)
{
    struct bench *t = ctx;
    for (unsigned i = 0; i < n; i++) {
        bool drop = t->modulus && bufs[i]->data[1] % t->modulus == 0;
        verdict[i] = drop ? IXL_DROP : IXL_SEND;
        bufs[i]->data[0] = 0xee;
    }
}

/* Each armed descriptor of A and each buffer in B's ring must be another buffer. */
static void no_buffer_in_two_places(const struct bench *t)
{
    const struct ixl_intel_rxq *rx = fake_rxq(t->a);
    const struct ixl_intel_txq *tx = fake_txq(t->b);
    const struct pkt_buf *seen[256];
    unsigned n = 0;
    for (uint32_t i = rx->cons; i != rx->prod; i++)
        seen[n++] = rx->slot[i & rx->mask];
    for (uint32_t i = tx->cons; i != tx->prod; i++)
        if (tx->slot[i & tx->mask])
            seen[n++] = tx->slot[i & tx->mask];
    for (unsigned i = 0; i < n; i++)
        for (unsigned j = 0; j < i; j++)
            assert_ptr_not_equal(seen[i], seen[j]);
}

static void run_way(enum ixl_desc_format from, enum ixl_desc_format to, uint8_t way, uint32_t ring,
                    unsigned modulus)
{
    struct bench t = { fake_open(from, way, ring, 256), fake_open(to, way, ring, 256), 0, modulus };
    struct ixl_mempool *pool = fake_rxq(t.a)->base.pool;
    struct ixl_mempool_stats stats;
    uint8_t fill = 0;
    t.b->os.offset = t.a->os.offset;
    for (unsigned round = 0; round < 3000; round++) {
        unsigned n = 1 + round * 7 % 40;
        for (unsigned i = 0; i < n; i++)
            assert_true(fake_rx(t.a, 60, fill++, true, 0));
        assert_int_equal(ixl_forward(&t.a->dev, 0, &t.b->dev, 0, n, decide, &t), n);
        fake_tx(t.b, see, &t);
        if (round % 100 == 0)
            no_buffer_in_two_places(&t);
    }
    assert_int_equal(fake_txq(t.b)->base.fwd_dropped, 0);
    t.b->dev.txq[0]->reclaim(t.b->dev.txq[0]);
    ixl_mempool_get_stats(pool, &stats);
    assert_int_equal(stats.in_use, ixl_rx_armed(fake_rxq(t.a)));
    fake_close(t.b);
    fake_close(t.a);
}

static void run(enum ixl_desc_format from, enum ixl_desc_format to, uint32_t ring, unsigned modulus)
{
    for (unsigned j = 0; j < FAKE_WAYS; j++)
        run_way(from, to, fake_ways[j], ring, modulus);
}

static void frames_cross_in_order(void **state)
{
    (void)state;
    run(IXL_DESC_ADVANCED, IXL_DESC_ADVANCED, 64, 0);
    run(IXL_DESC_ADVANCED, IXL_DESC_ADVANCED, 128, 0);
}

static void families_mix(void **state)
{
    (void)state;
    run(IXL_DESC_LEGACY, IXL_DESC_ADVANCED, 128, 0);
    run(IXL_DESC_ADVANCED_IGB, IXL_DESC_EXTENDED, 128, 3);
}

static void verdicts_are_obeyed(void **state)
{
    (void)state;
    for (unsigned modulus = 2; modulus < 6; modulus++)
        run(IXL_DESC_ADVANCED, IXL_DESC_ADVANCED, 128, modulus);
}

/* Sends all by leaving the verdicts as they come, and marks what was judged. */
static void mark(void *ctx, struct pkt_buf **bufs, uint8_t *verdict, unsigned n)
{
    (void)ctx;
    for (unsigned i = 0; i < n; i++) {
        assert_int_equal(verdict[i], IXL_SEND);
        bufs[i]->data[0] = 0xee;
    }
}

/* n frames of which one, at `odd`, is damaged (or consists of two buffers, between which somebody
 * looks): all others cross, in order, and so does what comes after them. */
static void cross_with_an_odd_one(struct bench *t, unsigned n, unsigned odd, bool damaged)
{
    unsigned whole = n - damaged, got = 0;
    uint8_t fill = t->next;
    for (unsigned i = 0; i < n; i++) {
        if (i == odd && damaged) {
            assert_true(fake_rx(t->a, 60, 0xdd, true, RXD_IXGBE_RXE));
            continue;
        }
        if (i == odd) {
            assert_true(fake_rx(t->a, 2048, fill, false, 0));
            got += (unsigned)ixl_forward(&t->a->dev, 0, &t->b->dev, 0, n, mark, t);
            assert_int_equal(got, odd);
        }
        assert_true(fake_rx(t->a, 60, fill++, true, 0));
    }
    for (unsigned call = 0; call < 3; call++)
        got += (unsigned)ixl_forward(&t->a->dev, 0, &t->b->dev, 0, n, mark, t);
    assert_int_equal(got, whole);
    assert_int_equal(fake_tx(t->b, NULL, NULL), whole);
    t->next = fill;
    for (unsigned i = 0; i < n; i++)
        assert_true(fake_rx(t->a, 60, fill++, true, 0));
    assert_int_equal(ixl_forward(&t->a->dev, 0, &t->b->dev, 0, n, mark, t), n);
    assert_int_equal(fake_tx(t->b, see, t), n);
    no_buffer_in_two_places(t);
}

static void odd_frames_in_short_rows(void **state)
{
    static const unsigned lengths[] = { 1, 2, 7, 8, 9, 32 };
    (void)state;
    for (unsigned way = 0; way < FAKE_WAYS; way++) {
        struct bench t = { fake_open(IXL_DESC_ADVANCED, fake_ways[way], 128, 512),
                           fake_open(IXL_DESC_ADVANCED, fake_ways[way], 128, 512), 0, 0 };
        t.b->os.offset = t.a->os.offset;
        for (unsigned i = 0; i < sizeof(lengths) / sizeof(*lengths); i++)
            for (unsigned odd = 0; odd < lengths[i]; odd++) {
                cross_with_an_odd_one(&t, lengths[i], odd, true);
                cross_with_an_odd_one(&t, lengths[i], odd, false);
            }
        assert_int_equal(fake_txq(t.b)->base.fwd_dropped, 0);
        fake_close(t.b);
        fake_close(t.a);
    }
}

static void a_full_send_ring_drops_and_counts(void **state)
{
    (void)state;
    struct fake *a = fake_open(IXL_DESC_ADVANCED, IXL_SIMD_AUTO, 64, 256);
    struct fake *b = fake_open(IXL_DESC_ADVANCED, IXL_SIMD_AUTO, 64, 256);
    unsigned total = 0;
    for (unsigned round = 0; round < 10; round++) {
        for (unsigned i = 0; i < 20; i++)
            assert_true(fake_rx(a, 60, 1, true, 0));
        assert_int_equal(ixl_forward(&a->dev, 0, &b->dev, 0, 32, NULL, NULL), 20);
        total += 20;
    }
    assert_int_equal(fake_txq(b)->base.fwd_dropped, total - 63);
    fake_close(b);
    fake_close(a);
}

static void unfit(void *ctx, struct pkt_buf **bufs, uint8_t *verdict, unsigned n)
{
    (void)ctx;
    for (unsigned i = 0; i < n; i++) {
        verdict[i] = IXL_SEND;
        if (i == 2)
            bufs[i]->size = 3;
    }
}

static void an_unfit_frame_is_dropped_alone(void **state)
{
    (void)state;
    struct fake *a = fake_open(IXL_DESC_ADVANCED, IXL_SIMD_AUTO, 64, 256);
    struct fake *b = fake_open(IXL_DESC_ADVANCED, IXL_SIMD_AUTO, 64, 256);
    for (unsigned i = 0; i < 5; i++)
        assert_true(fake_rx(a, 60, 1, true, 0));
    assert_int_equal(ixl_forward(&a->dev, 0, &b->dev, 0, 5, unfit, NULL), 5);
    assert_int_equal(fake_txq(b)->base.fwd_dropped, 1);
    assert_int_equal(fake_tx(b, NULL, NULL), 4);
    fake_close(b);
    fake_close(a);
}

static void bad_arguments_are_refused(void **state)
{
    (void)state;
    struct fake *a = fake_open(IXL_DESC_ADVANCED, IXL_SIMD_AUTO, 64, 256);
    struct fake *b = fake_open(IXL_DESC_ADVANCED, IXL_SIMD_AUTO, 64, 256);
    assert_int_equal(ixl_forward(NULL, 0, &b->dev, 0, 1, NULL, NULL), -IXL_EINVAL);
    assert_int_equal(ixl_forward(&a->dev, 1, &b->dev, 0, 1, NULL, NULL), -IXL_EINVAL);
    assert_int_equal(ixl_forward(&a->dev, 0, &b->dev, 1, 1, NULL, NULL), -IXL_EINVAL);
    b->os.no_share = true;
    assert_int_equal(ixl_forward(&a->dev, 0, &b->dev, 0, 1, NULL, NULL), -IXL_ENOTSUP);
    fake_close(b);
    fake_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_cross_in_order),
        cmocka_unit_test(families_mix),
        cmocka_unit_test(verdicts_are_obeyed),
        cmocka_unit_test(odd_frames_in_short_rows),
        cmocka_unit_test(a_full_send_ring_drops_and_counts),
        cmocka_unit_test(an_unfit_frame_is_dropped_alone),
        cmocka_unit_test(bad_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
