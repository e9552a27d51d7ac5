// SPDX-License-Identifier: MIT
/* Receiving: every format, each way, every alignment, and all a device may write. */
#include "fake.h"

static const enum ixl_desc_format formats[] = {
    IXL_DESC_ADVANCED,
    IXL_DESC_ADVANCED_IGB,
    IXL_DESC_EXTENDED,
    IXL_DESC_LEGACY,
};

/* Run a test body for each format and way, with rings of 64 and a pool of 512. */
static void for_each(void (*body)(struct fake *f))
{
    for (unsigned i = 0; i < 4; i++)
        for (unsigned j = 0; j < FAKE_WAYS; j++) {
            struct fake *f = fake_open(formats[i], fake_ways[j], 64, 512);
            body(f);
            fake_close(f);
        }
}

static int receive(struct fake *f, struct pkt_buf **bufs, unsigned n)
{
    return f->dev.rxq[0]->burst(f->dev.rxq[0], bufs, n);
}

static void wrap_body(struct fake *f)
{
    uint8_t sent = 0, seen = 0;
    struct pkt_buf *bufs[64];
    for (unsigned batch = 1; batch <= 47; batch++)
        for (unsigned round = 0; round < 70; round++) {
            for (unsigned i = 0; i < batch; i++, sent++)
                assert_true(fake_rx(f, (uint16_t)(60 + sent), sent, true, 0));
            assert_int_equal(receive(f, bufs, batch), batch);
            for (unsigned i = 0; i < batch; i++, seen++) {
                assert_int_equal(bufs[i]->size, 60 + seen);
                assert_int_equal(bufs[i]->data[0], seen);
                assert_int_equal(bufs[i]->data[59 + seen], seen);
                assert_null(bufs[i]->next);
            }
            ixl_pkt_buf_free_batch(bufs, batch);
        }
    assert_int_equal(fake_outside(f), 0);
}

static void frames_arrive_in_order_in_every_alignment(void **state)
{
    (void)state;
    for_each(wrap_body);
}

static void less_body(struct fake *f)
{
    struct pkt_buf *bufs[64];
    assert_int_equal(receive(f, bufs, 32), 0);
    assert_false(f->dev.rxq[0]->ready(f->dev.rxq[0]));
    for (int i = 0; i < 7; i++)
        fake_rx(f, 100, 1, true, 0);
    assert_true(f->dev.rxq[0]->ready(f->dev.rxq[0]));
    assert_int_equal(receive(f, bufs, 32), 7);
    assert_int_equal(receive(f, bufs + 7, 32), 0);
    ixl_pkt_buf_free_batch(bufs, 7);
}

static void a_batch_ends_where_frames_end(void **state)
{
    (void)state;
    for_each(less_body);
}

/* ---- the tail, as hardware reads it: head == tail is an empty ring ----------------------------
 */

static void check_tail(struct fake *f)
{
    struct ixl_intel_rxq *q = fake_rxq(f);
    uint32_t tail = ixl_read(&f->dev, RX_REG + RING_TAIL), armed = q->prod - q->cons;
    assert_in_range(armed, 0, q->mask);
    assert_int_equal(tail, q->prod & q->mask);
    assert_int_equal((q->cons + armed) & q->mask, tail);
}

static void tail_body(struct fake *f)
{
    struct pkt_buf *bufs[64];
    uint64_t seed = 5;

    check_tail(f);
    for (unsigned round = 0; round < 3000; round++) {
        unsigned wanted = fake_random(&seed) % 64, there = 0;
        while (there < wanted && fake_rx(f, 60, 1, true, 0))
            there++;
        check_tail(f);
        int got = receive(f, bufs, fake_random(&seed) % 48 + 1);
        assert_true(got >= 0);
        ixl_pkt_buf_free_batch(bufs, (unsigned)got);
        check_tail(f);
    }
}

static void a_full_ring_never_looks_empty_to_the_device(void **state)
{
    (void)state;
    for_each(tail_body);
}

/* ---- metadata ---------------------------------------------------------------------------- */

static void metadata_of_an_advanced_descriptor(void **state)
{
    (void)state;
    for (unsigned j = 0; j < FAKE_WAYS; j++)
        for (unsigned lead = 0; lead < 4; lead++) {
            struct fake *f = fake_open(IXL_DESC_ADVANCED, fake_ways[j], 64, 512);
            struct pkt_buf *bufs[4];
            for (unsigned i = 0; i < 4; i++)
                fake_rx(f, 60, 0, true,
                        i == lead ? 1u << 3 | 1u << 5 | 1u << 6 | 1u << 30 : 1u << 31);
            assert_int_equal(receive(f, bufs, 4), 4);
            for (unsigned i = 0; i < 4; i++) {
                assert_int_equal(bufs[i]->ptype, IXL_RSS_IPV6 | IXL_PTYPE_IPV4 | IXL_PTYPE_TCP);
                assert_int_equal(bufs[i]->rss_hash, 0xfeedbeef);
                assert_int_equal(bufs[i]->vlan_tci, 0x1234);
                assert_int_equal(bufs[i]->flags, i == lead ? IXL_RX_VLAN | IXL_RX_L4_CHECKED |
                                                                 IXL_RX_IP_CHECKED | IXL_RX_L4_BAD
                                                           : IXL_RX_IP_BAD);
            }
            ixl_pkt_buf_free_batch(bufs, 4);
            fake_close(f);
        }
}

static void checksum_errors_of_the_other_formats(void **state)
{
    (void)state;
    for (unsigned i = 1; i < 4; i++)
        for (unsigned j = 0; j < FAKE_WAYS; j++) {
            struct fake *f = fake_open(formats[i], fake_ways[j], 64, 512);
            struct pkt_buf *bufs[4];
            fake_rx(f, 60, 0, true, 1u << 5 | 1u << 29);
            fake_rx(f, 60, 0, true, 1u << 6 | 1u << 30);
            fake_rx(f, 60, 0, true, 1u << 5 | 1u << 6);
            fake_rx(f, 60, 0, true, 0);
            assert_int_equal(receive(f, bufs, 4), 4);
            assert_int_equal(bufs[0]->flags, IXL_RX_L4_CHECKED | IXL_RX_L4_BAD);
            assert_int_equal(bufs[1]->flags, IXL_RX_IP_CHECKED | IXL_RX_IP_BAD);
            assert_int_equal(bufs[2]->flags, IXL_RX_L4_CHECKED | IXL_RX_IP_CHECKED);
            assert_int_equal(bufs[3]->flags, 0);
            ixl_pkt_buf_free_batch(bufs, 4);
            fake_close(f);
        }
}

/* ---- frames of several buffers, damage, nonsense ------------------------------------------ */

static void jumbo_body(struct fake *f)
{
    struct pkt_buf *bufs[8];
    for (unsigned round = 0; round < 100; round++) {
        fake_rx(f, 60, 9, true, 0);
        fake_rx(f, 2048, 1, false, 0);
        assert_int_equal(receive(f, bufs, 8), 1);
        assert_int_equal(receive(f, bufs + 1, 8), 0);
        fake_rx(f, 2048, 2, false, 0);
        fake_rx(f, 123, 3, true, 1u << 6);
        fake_rx(f, 61, 4, true, 0);
        assert_int_equal(receive(f, bufs + 1, 8), 2);
        assert_int_equal(ixl_pkt_len(bufs[1]), 2048 + 2048 + 123);
        assert_int_equal(bufs[1]->next->data[0], 2);
        assert_int_equal(bufs[1]->next->next->data[122], 3);
        assert_null(bufs[1]->next->next->next);
        assert_int_equal(bufs[1]->flags, IXL_RX_IP_CHECKED);
        assert_int_equal(bufs[2]->size, 61);
        ixl_pkt_buf_free_batch(bufs, 3);
    }
    assert_int_equal(fake_outside(f), 0);
}

static void jumbo_frames_are_chains(void **state)
{
    (void)state;
    for_each(jumbo_body);
}

static uint32_t damage_of(enum ixl_desc_format format)
{
    return format == IXL_DESC_ADVANCED ? 1u << 29 : 1u << 31;
}

static void damage_body(struct fake *f)
{
    struct pkt_buf *bufs[8];
    fake_rx(f, 60, 1, true, 0);
    fake_rx(f, 60, 2, true, damage_of(f->format)); /* damaged */
    fake_rx(f, 0, 3, true, 0);                     /* empty */
    fake_rx(f, 2049, 4, true, 0);                  /* more than a buffer holds */
    fake_rx(f, 0xffff, 5, true, 0);
    fake_rx(f, 60, 6, true, 0);
    assert_int_equal(receive(f, bufs, 8), 2);
    assert_int_equal(bufs[0]->data[0], 1);
    assert_int_equal(bufs[1]->data[0], 6);
    assert_int_equal(fake_rxq(f)->errors, 4);
    ixl_pkt_buf_free_batch(bufs, 2);
    assert_int_equal(fake_outside(f), 0);
}

static void damaged_frames_and_impossible_lengths_are_dropped(void **state)
{
    (void)state;
    for_each(damage_body);
}

static void endless_body(struct fake *f)
{
    struct pkt_buf *bufs[64];
    for (unsigned i = 0; i < 300; i++) {
        fake_rx(f, 2048, 1, false, 0);
        assert_int_equal(receive(f, bufs, 64), 0);
    }
    assert_int_equal(fake_rxq(f)->errors, 1);
    fake_rx(f, 2048, 1, true, 0); /* the end of the endless one is not a frame of its own */
    fake_rx(f, 60, 2, true, 0);
    assert_int_equal(receive(f, bufs, 64), 1);
    assert_int_equal(bufs[0]->data[0], 2);
    ixl_pkt_buf_free(bufs[0]);
    assert_int_equal(fake_outside(f), 0);
}

static void a_frame_without_end_is_cut_off(void **state)
{
    (void)state;
    for_each(endless_body);
}

static void nonsense_body(struct fake *f)
{
    uint64_t seed = 42;
    for (unsigned round = 0; round < 20000; round++) {
        struct pkt_buf *bufs[16];
        struct ixl_desc *desc;
        for (unsigned i = fake_random(&seed) % 16; i && (desc = fake_rx_next(f)); i--) {
            uint64_t lo = (uint64_t)fake_random(&seed) << 32 | fake_random(&seed);
            uint64_t hi = (uint64_t)fake_random(&seed) << 32 | fake_random(&seed);
            hi &= ~0xf000f00000000000ull; /* lengths that are sometimes possible */
            hi |= f->format == IXL_DESC_LEGACY ? 1ull << 32 : 1u;
            *desc = (struct ixl_desc){ fake_word(lo), fake_word(hi) };
            f->rx_head = (f->rx_head + 1) & fake_rxq(f)->mask;
        }
        int n = receive(f, bufs, 16);
        assert_true(n >= 0 && n <= 16);
        for (int i = 0; i < n; i++) {
            assert_true(ixl_pkt_len(bufs[i]) <= 9000);
            for (struct pkt_buf *buf = bufs[i]; buf; buf = buf->next)
                assert_true(buf->size > 0 && buf->size <= buf->capacity);
        }
        ixl_pkt_buf_free_batch(bufs, (unsigned)n);
    }
    uint32_t pending = 0;
    for (struct pkt_buf *buf = fake_rxq(f)->head; buf; buf = buf->next)
        pending++;
    assert_int_equal(fake_outside(f), pending);
}

static void nonsense_harms_nothing(void **state)
{
    (void)state;
    for_each(nonsense_body);
}

/* A descriptor that is mostly an ordinary frame, always completed. */
static struct ixl_desc any_descriptor(enum ixl_desc_format format, uint64_t *seed)
{
    bool legacy = format == IXL_DESC_LEGACY;
    uint64_t lo = (uint64_t)fake_random(seed) << 32 | fake_random(seed);
    uint64_t hi = (uint64_t)fake_random(seed) << 32 | fake_random(seed);
    if (fake_random(seed) % 16)
        hi = legacy ? (hi & 0xffff007c000003ffull) | 1 | 3ull << 32
                    : (hi & 0xffff03ff1ffffffcull) | 1ull << 32 | 3;
    hi |= legacy ? 1ull << 32 : 1u;
    return (struct ixl_desc){ fake_word(lo), fake_word(hi) };
}

static void write_back(struct fake *f, struct ixl_desc with)
{
    struct ixl_desc *desc = fake_rx_next(f);
    if (!desc)
        return;
    *desc = with;
    f->rx_head = (f->rx_head + 1) & 63;
}

static void same_frames(struct pkt_buf **x, struct pkt_buf **y, int n)
{
    for (int i = 0; i < n; i++) {
        struct pkt_buf *p = x[i], *r = y[i];
        assert_memory_equal(&p->ptype, &r->ptype, 16);
        for (; p && r; p = p->next, r = r->next)
            assert_int_equal(p->size, r->size);
        assert_true(!p && !r);
    }
    ixl_pkt_buf_free_batch(x, n > 0 ? (unsigned)n : 0);
    ixl_pkt_buf_free_batch(y, n > 0 ? (unsigned)n : 0);
}

static void compare(enum ixl_desc_format format, uint8_t way)
{
    struct fake *a = fake_open(format, way, 64, 512);
    struct fake *b = fake_open(format, IXL_SIMD_OFF, 64, 512);
    uint64_t seed = 7;
    for (unsigned round = 0; round < 20000; round++) {
        struct pkt_buf *x[40], *y[40];
        unsigned count = fake_random(&seed) % 40, ask = 1 + fake_random(&seed) % 40;
        for (unsigned i = 0; i < count; i++) {
            struct ixl_desc desc = any_descriptor(format, &seed);
            write_back(a, desc);
            write_back(b, desc);
        }
        int n = receive(a, x, ask);
        assert_int_equal(receive(b, y, ask), n);
        same_frames(x, y, n);
    }
    assert_int_equal(fake_rxq(a)->errors, fake_rxq(b)->errors);
    fake_close(a);
    fake_close(b);
}

static void all_ways_agree_with_plain_c_bit_for_bit(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        for (unsigned j = 0; j + 1 < FAKE_WAYS; j++)
            compare(formats[i], fake_ways[j]);
}

/* ---- running dry ---------------------------------------------------------------------------- */

static void dry_body(struct fake *f)
{
    struct pkt_buf *kept[512], *one;
    unsigned n = 0;
    for (;;) {
        while (fake_rx(f, 60, 1, true, 0))
            ;
        int got = receive(f, kept + n, 32);
        if (got < 0) {
            assert_int_equal(got, -IXL_ENOBUFS);
            break;
        }
        n += (unsigned)got;
    }
    assert_int_equal(n, 512); /* every buffer of the pool came with a frame */
    assert_true(fake_rxq(f)->no_buf > 0);
    ixl_pkt_buf_free_batch(kept, n);
    assert_int_equal(receive(f, &one, 1), 0);
    assert_true(fake_rx(f, 60, 1, true, 0));
    assert_int_equal(receive(f, &one, 1), 1);
    ixl_pkt_buf_free(one);
    assert_int_equal(fake_outside(f), 0);
}

static void a_dry_pool_is_reported_and_recovers(void **state)
{
    (void)state;
    for_each(dry_body);
}

static void memory_in_pieces_gets_right_addresses(void **state)
{
    (void)state;
    struct fake *f = fake_open(IXL_DESC_ADVANCED, IXL_SIMD_AUTO, 64, 64);
    struct ixl_intel_rxq *q = fake_rxq(f);
    f->os.offset += 0x10000000u; /* the next chunk lies at another distance */
    assert_int_equal(ixl_mempool_extend(q->base.pool, 512), 0);
    assert_false(q->base.pool->uniform);
    for (unsigned round = 0; round < 200; round++) {
        struct pkt_buf *buf;
        struct ixl_desc *desc = fake_rx_next(f);
        const struct pkt_buf *armed = q->slot[f->rx_head];
        assert_true(fake_bits(desc->lo) == (uintptr_t)armed->data + armed->chunk->delta[0]);
        desc->hi = fake_word(RXD_DD | RXD_EOP | 60ull << 32);
        f->rx_head = (f->rx_head + 1) & q->mask;
        assert_int_equal(receive(f, &buf, 1), 1);
        ixl_pkt_buf_free(buf);
    }
    f->os.offset -= 0x10000000u;
    fake_close(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_arrive_in_order_in_every_alignment),
        cmocka_unit_test(a_batch_ends_where_frames_end),
        cmocka_unit_test(a_full_ring_never_looks_empty_to_the_device),
        cmocka_unit_test(metadata_of_an_advanced_descriptor),
        cmocka_unit_test(checksum_errors_of_the_other_formats),
        cmocka_unit_test(jumbo_frames_are_chains),
        cmocka_unit_test(damaged_frames_and_impossible_lengths_are_dropped),
        cmocka_unit_test(a_frame_without_end_is_cut_off),
        cmocka_unit_test(nonsense_harms_nothing),
        cmocka_unit_test(all_ways_agree_with_plain_c_bit_for_bit),
        cmocka_unit_test(a_dry_pool_is_reported_and_recovers),
        cmocka_unit_test(memory_in_pieces_gets_right_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
