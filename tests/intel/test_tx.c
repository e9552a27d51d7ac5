// SPDX-License-Identifier: MIT
/* Sending: alignment, cleaning, pools, chains, offload descriptors, unfit frames. */
#include "fake.h"

static const enum ixl_desc_format formats[] = {
    IXL_DESC_ADVANCED,
    IXL_DESC_ADVANCED_IGB,
    IXL_DESC_EXTENDED,
    IXL_DESC_LEGACY,
};

static void for_each(void (*body)(struct fake *f))
{
    for (unsigned i = 0; i < 4; i++)
        for (unsigned j = 0; j < FAKE_WAYS; j++) {
            struct fake *f = fake_open(formats[i], fake_ways[j], 64, 128);
            body(f);
            fake_close(f);
        }
}

static int sendv(struct fake *f, struct pkt_buf **bufs, unsigned n)
{
    return f->dev.txq[0]->burst(f->dev.txq[0], bufs, n);
}

static int reclaim(struct fake *f)
{
    return f->dev.txq[0]->reclaim(f->dev.txq[0]);
}

static uint32_t in_use(const struct ixl_mempool *pool)
{
    struct ixl_mempool_stats stats;
    ixl_mempool_get_stats(pool, &stats);
    return stats.in_use;
}

static struct ixl_mempool *make(struct fake *f, uint32_t entries)
{
    struct ixl_mempool *pool;
    assert_int_equal(ixl_mempool_create(&f->dev, entries, 0, 0, &pool), 0);
    return pool;
}

static struct pkt_buf *frame(struct ixl_mempool *pool, uint16_t size, uint8_t fill)
{
    struct pkt_buf *buf = ixl_pkt_buf_alloc(pool);
    assert_non_null(buf);
    buf->size = size;
    memset(buf->data, fill, size);
    return buf;
}

/* Checks that data descriptors come with ascending fill bytes. */
struct order {
    uint8_t next;
    unsigned pieces;
    uint64_t hi;
};

static void see(void *ctx, const void *data, unsigned len, uint64_t hi)
{
    struct order *order = ctx;
    const uint8_t *bytes = data;
    assert_int_equal(bytes[0], order->next);
    assert_int_equal(bytes[len - 1], order->next);
    order->next++;
    order->pieces++;
    order->hi = hi;
}

static void wrap_body(struct fake *f)
{
    struct ixl_mempool *pool = make(f, 256);
    struct order order = { 0 };
    struct pkt_buf *bufs[64];
    uint8_t fill = 0;
    for (unsigned batch = 1; batch <= 47; batch++)
        for (unsigned round = 0; round < 70; round++) {
            for (unsigned i = 0; i < batch; i++, fill++)
                bufs[i] = frame(pool, (uint16_t)(60 + fill), fill);
            unsigned sent = 0;
            while (sent < batch) {
                int n = sendv(f, bufs + sent, batch - sent);
                assert_true(n >= 0);
                sent += (unsigned)n;
                fake_tx(f, see, &order);
            }
        }
    assert_true(reclaim(f) >= 0);
    assert_int_equal(in_use(pool), 0);
    assert_int_equal(order.next, fill);
}

static void frames_leave_in_order_in_every_alignment(void **state)
{
    (void)state;
    for_each(wrap_body);
}

static void full_body(struct fake *f)
{
    struct ixl_mempool *pool = make(f, 128);
    struct pkt_buf *bufs[100];
    for (unsigned i = 0; i < 100; i++)
        bufs[i] = frame(pool, 60, (uint8_t)i);
    assert_int_equal(sendv(f, bufs, 100), 63);
    assert_int_equal(sendv(f, bufs + 63, 37), 0);
    assert_int_equal(in_use(pool), 100);
    struct order order = { 0 };
    assert_int_equal(fake_tx(f, see, &order), 63);
    assert_int_equal(sendv(f, bufs + 63, 37), 37);
    assert_int_equal(fake_tx(f, see, &order), 37);
    reclaim(f);
    assert_int_equal(in_use(pool), 0);
}

static void a_full_ring_takes_what_fits(void **state)
{
    (void)state;
    for_each(full_body);
}

static void early_body(struct fake *f)
{
    struct ixl_mempool *pool = make(f, 128);
    struct pkt_buf *buf = frame(pool, 60, 1);
    assert_int_equal(sendv(f, &buf, 1), 1);
    assert_int_equal(reclaim(f), 0); /* not sent yet: the buffer is the device's */
    assert_int_equal(in_use(pool), 1);
    fake_tx(f, NULL, NULL);
    assert_int_equal(reclaim(f), 1);
    assert_int_equal(in_use(pool), 0);
}

static void reclaim_returns_what_was_sent_and_no_more(void **state)
{
    (void)state;
    for_each(early_body);
}

static void chain_body(struct fake *f)
{
    struct ixl_mempool *pool = make(f, 200);
    struct order order = { 0 };
    uint8_t fill = 0;
    for (unsigned round = 0; round < 200; round++) {
        struct pkt_buf *bufs[8];
        unsigned frames = 0, n = 1 + round % 8;
        for (unsigned i = 0; i < n; i++) {
            bufs[i] = frame(pool, 100, fill++);
            struct pkt_buf *last = bufs[i];
            for (unsigned k = 0; k < (i + round) % 5; k++)
                last = last->next = frame(pool, (uint16_t)(1 + k), fill++);
        }
        while (frames < n) {
            int sent = sendv(f, bufs + frames, n - frames);
            assert_true(sent >= 0);
            frames += (unsigned)sent;
            assert_int_equal(fake_tx(f, see, &order), sent);
        }
    }
    reclaim(f);
    assert_int_equal(in_use(pool), 0);
    assert_int_equal(order.next, fill);
}

static void chained_buffers_are_one_frame(void **state)
{
    (void)state;
    for_each(chain_body);
}

static void buffers_of_several_pools_return_home(void **state)
{
    (void)state;
    struct fake *f = fake_open(IXL_DESC_ADVANCED, IXL_SIMD_AUTO, 64, 128);
    struct ixl_mempool *pools[3] = { make(f, 64), make(f, 64), make(f, 64) };
    struct order order = { 0 };
    uint8_t fill = 0;
    for (unsigned round = 0; round < 100; round++) {
        struct pkt_buf *bufs[20];
        for (unsigned i = 0; i < 20; i++)
            bufs[i] = frame(pools[(i / (1 + round % 7)) % 3], 60, fill++);
        assert_int_equal(sendv(f, bufs, 20), 20);
        fake_tx(f, see, &order);
    }
    reclaim(f);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(in_use(pools[i]), 0);
    fake_close(f);
}

static void a_destroyed_pool_is_not_taken_for_a_new_one(void **state)
{
    (void)state;
    struct fake *f = fake_open(IXL_DESC_ADVANCED, IXL_SIMD_AUTO, 64, 128);
    for (unsigned i = 0; i < 10; i++) {
        struct ixl_mempool *pool = make(f, 64);
        struct pkt_buf *buf = frame(pool, 60, (uint8_t)i);
        assert_int_equal(sendv(f, &buf, 1), 1);
        const struct ixl_intel_txq *q = fake_txq(f);
        assert_true(fake_bits(q->desc[(q->prod - 1) & q->mask].lo) ==
                    (uintptr_t)buf->data + buf->chunk->delta[0]);
        fake_tx(f, NULL, NULL);
        reclaim(f);
        assert_int_equal(ixl_mempool_destroy(pool), 0);
        f->os.offset += 0x1000000u;
    }
    fake_close(f);
}

/* ---- unfit frames --------------------------------------------------------------------------- */

/* A batch of n with the bad one at place `at`. */
static void refuse_at(struct fake *f, struct ixl_mempool *pool, struct pkt_buf *bad, int code,
                      unsigned n, unsigned at)
{
    struct pkt_buf *bufs[40];
    uint32_t used = in_use(pool), tail = ixl_read(&f->dev, TX_REG + RING_TAIL);
    for (unsigned i = 0; i < n; i++)
        bufs[i] = i == at ? bad : frame(pool, 60, 0);
    assert_int_equal(sendv(f, bufs, n), code);
    assert_int_equal(ixl_read(&f->dev, TX_REG + RING_TAIL), tail);
    for (unsigned i = 0; i < n; i++)
        if (i != at)
            ixl_pkt_buf_free(bufs[i]);
    assert_int_equal(in_use(pool), used);
}

/* Numbers of frames that have functions of their own, and others, and every place in them. */
static void refuse(struct fake *f, struct ixl_mempool *pool, struct pkt_buf *bad, int code)
{
    static const unsigned batches[] = { 1, 2, 5, 8, 9, 32 };
    for (size_t i = 0; i < sizeof(batches) / sizeof(*batches); i++)
        for (unsigned at = 0; at < batches[i]; at++)
            refuse_at(f, pool, bad, code, batches[i], at);
}

static void unfit_body(struct fake *f)
{
    struct fake *other = fake_open(IXL_DESC_ADVANCED, IXL_SIMD_AUTO, 64, 128);
    struct ixl_mempool *pool = make(f, 64), *foreign = make(other, 8);
    refuse(f, pool, NULL, -IXL_EINVAL);
    struct pkt_buf *buf = frame(pool, 60, 1);
    for (unsigned i = 0; i < 5; i++) {
        buf->size = (uint16_t[]){ 0, 16, 2049, 32768, 65535 }[i];
        refuse(f, pool, buf, -IXL_EMSGSIZE);
    }
    buf->size = 60;
    buf->flags = IXL_TX_TCP_CSUM;
    buf->l2_len = 14;
    buf->l3_len = 200; /* longer than the frame */
    refuse(f, pool, buf, -IXL_EINVAL);
    buf->flags = IXL_TX_TSO;
    buf->l3_len = 20;
    refuse(f, pool, buf, -IXL_EINVAL); /* no mss */
    ixl_pkt_buf_free(buf);
    buf = frame(foreign, 60, 1);
    refuse(f, pool, buf, -IXL_EINVAL);
    ixl_pkt_buf_free(buf);
    fake_close(other);
}

static void an_unfit_frame_stops_the_whole_batch(void **state)
{
    (void)state;
    for_each(unfit_body);
}

/* The shortest and the longest frame there may be, at each place of eight among others. */
static void limits_body(struct fake *f)
{
    struct ixl_mempool *pool = make(f, 64);
    for (unsigned at = 0; at < 16; at++) {
        struct pkt_buf *bufs[8];
        for (unsigned i = 0; i < 8; i++)
            bufs[i] = frame(pool, i != at % 8 ? 60 : at < 8 ? 17 : 2048, 0);
        assert_int_equal(sendv(f, bufs, 8), 8);
        fake_tx(f, NULL, NULL);
    }
    reclaim(f);
    assert_int_equal(in_use(pool), 0);
}

static void the_shortest_and_the_longest_frame_are_sent(void **state)
{
    (void)state;
    for_each(limits_body);
}

static void frames_longer_than_configured_are_refused(void **state)
{
    (void)state;
    struct fake *f = fake_open(IXL_DESC_ADVANCED, IXL_SIMD_AUTO, 64, 128);
    ixl_intel_tx_limit(fake_txq(f), 1518);
    struct ixl_mempool *pool = make(f, 8);
    struct pkt_buf *buf = frame(pool, 1518, 1);
    assert_int_equal(sendv(f, &buf, 1), 1);
    buf = frame(pool, 1519, 1);
    assert_int_equal(sendv(f, &buf, 1), -IXL_EMSGSIZE);
    ixl_pkt_buf_free(buf);
    fake_close(f);
}

/* ---- offloads ------------------------------------------------------------ */

static struct pkt_buf *tcp_frame(struct ixl_mempool *pool, uint16_t size, uint32_t flags)
{
    struct pkt_buf *buf = frame(pool, size, 0);
    buf->flags = flags;
    buf->l2_len = 14;
    buf->l3_len = 20;
    buf->l4_len = 20;
    buf->mss = 500;
    buf->vlan_tci = 0x0abc;
    return buf;
}

static void advanced_offloads_use_a_context_once(void **state)
{
    (void)state;
    struct fake *f = fake_open(IXL_DESC_ADVANCED, IXL_SIMD_AUTO, 64, 128);
    struct ixl_mempool *pool = make(f, 8);
    struct pkt_buf *bufs[2];
    for (int i = 0; i < 2; i++)
        bufs[i] = tcp_frame(pool, 100, IXL_TX_IP_CSUM | IXL_TX_TCP_CSUM | IXL_TX_VLAN);
    assert_int_equal(sendv(f, bufs, 2), 2);
    const struct ixl_desc *desc = fake_txq(f)->desc;
    assert_true(fake_bits(desc[0].lo) == (20 | 14u << 9 | 0x0abcull << 16));
    assert_true(fake_bits(desc[0].hi) == (2ull << 20 | 1ull << 29 | 1ull << 10 | 1ull << 11));
    for (int i = 1; i <= 2; i++)
        assert_true((fake_bits(desc[i].hi) & ~(1ull << 27)) ==
                    (100 | 3ull << 20 | 1ull << 24 | 1ull << 25 | 1ull << 29 | 1ull << 30 |
                     1ull << 39 | 3ull << 40 | 100ull << 46));
    fake_tx(f, NULL, NULL);
    assert_int_equal(reclaim(f), 3);
    assert_int_equal(in_use(pool), 0);
    fake_close(f);
}

static void lengths_of_no_use_do_not_reach_into_the_tag(void **state)
{
    (void)state;
    struct fake *f = fake_open(IXL_DESC_ADVANCED, IXL_SIMD_AUTO, 64, 128);
    struct ixl_mempool *pool = make(f, 8);
    struct pkt_buf *buf = tcp_frame(pool, 100, IXL_TX_VLAN);
    buf->l2_len = 0xff;
    buf->l3_len = 0xffff;
    buf->vlan_tci = 0x0abc;
    assert_int_equal(sendv(f, &buf, 1), 1);
    assert_true(fake_bits(fake_txq(f)->desc[0].lo) >> 16 == 0x0abc);
    fake_tx(f, NULL, NULL);
    reclaim(f);
    fake_close(f);
}

/* IPv6 with extension headers, say: nine bits where e1000's context has eight. */
static void far_headers_body(struct fake *f)
{
    bool eight_bits = f->format == IXL_DESC_EXTENDED || f->format == IXL_DESC_LEGACY;
    struct ixl_mempool *pool = make(f, 8);
    for (unsigned i = 0; i < 2; i++) {
        struct pkt_buf *buf =
            tcp_frame(pool, 800, (i ? IXL_TX_TSO : IXL_TX_TCP_CSUM) | IXL_TX_IPV6);
        buf->l3_len = (uint16_t)(i ? 255 - 14 - 20 : 255 - 14 - 16); /* just fits */
        assert_int_equal(sendv(f, &buf, 1), 1);
        buf = tcp_frame(pool, 800, (i ? IXL_TX_TSO : IXL_TX_TCP_CSUM) | IXL_TX_IPV6);
        buf->l3_len = (uint16_t)(i ? 256 - 14 - 20 : 256 - 14 - 16);
        assert_int_equal(sendv(f, &buf, 1), eight_bits ? -IXL_EINVAL : 1);
        if (eight_bits)
            ixl_pkt_buf_free(buf);
    }
}

static void headers_beyond_what_a_context_counts_are_refused(void **state)
{
    (void)state;
    for_each(far_headers_body);
}

/* What a buffer's former life has left in l4_len says nothing of a checksum. */
static void stale_length_body(struct fake *f)
{
    struct ixl_mempool *pool = make(f, 8);
    struct pkt_buf *bufs[2];
    for (unsigned i = 0; i < 2; i++) {
        bufs[i] = tcp_frame(pool, 54, IXL_TX_TCP_CSUM);
        bufs[i]->l4_len = 255;
    }
    assert_int_equal(sendv(f, bufs, 2), 2);
    struct pkt_buf *buf = tcp_frame(pool, 53, IXL_TX_TCP_CSUM); /* its header is cut off */
    assert_int_equal(sendv(f, &buf, 1), -IXL_EINVAL);
    ixl_pkt_buf_free(buf);
}

static void checksums_ask_for_no_length_of_the_transport_header(void **state)
{
    (void)state;
    for_each(stale_length_body);
}

static void odd_segmentation_body(struct fake *f)
{
    struct ixl_mempool *pool;
    assert_int_equal(ixl_mempool_create(&f->dev, 64, 4096, 0, &pool), 0);
    ixl_intel_tx_limit(fake_txq(f), 1518);
    struct pkt_buf *buf = tcp_frame(pool, 54, IXL_TX_TSO);
    refuse(f, pool, buf, -IXL_EINVAL); /* nothing to cut */
    buf->size = 2000;
    buf->mss = 1465;
    refuse(f, pool, buf, -IXL_EINVAL); /* segments of 1519 bytes */
    buf->mss = 1464;
    struct pkt_buf *last = buf;
    for (unsigned i = 0; i < 31; i++, last = last->next) {
        last->next = frame(pool, 2048, 0);
        last->next->next = NULL;
    }
    last->size = (uint16_t)(65535 + 14 - 2000 - 30 * 2048 + 1);
    refuse(f, pool, buf, -IXL_EINVAL); /* no IP packet is that long */
    last->size--;
    assert_int_equal(sendv(f, &buf, 1), 1);
}

static void what_cannot_be_cut_into_segments_is_refused(void **state)
{
    (void)state;
    for_each(odd_segmentation_body);
}

static void a_context_is_sent_when_the_frames_ask_for_something_else(void **state)
{
    (void)state;
    const uint32_t a = IXL_TX_IP_CSUM | IXL_TX_TCP_CSUM, vlan = a | IXL_TX_VLAN;
    const struct {
        uint32_t flags;
        uint16_t l3_len, vlan;
        bool new;
    } frames[] = { { a, 20, 1, true },
                   { a, 20, 2, false },
                   { 0, 24, 1, false },
                   { a, 20, 1, false },
                   { a, 24, 1, true },
                   { a, 24, 1, false },
                   { a | IXL_TX_TSO, 24, 1, true },
                   { a, 24, 1, true },
                   { vlan, 24, 1, true },
                   { vlan, 24, 1, false },
                   { vlan, 24, 2, true },
                   { a, 24, 2, true } };
    struct fake *f = fake_open(IXL_DESC_ADVANCED, IXL_SIMD_AUTO, 64, 128);
    struct ixl_mempool *pool = make(f, 16);
    struct pkt_buf *bufs[12];
    unsigned at = 0;
    for (unsigned i = 0; i < 12; i++) {
        bufs[i] = tcp_frame(pool, (uint16_t)(100 + i), frames[i].flags);
        bufs[i]->l3_len = frames[i].l3_len;
        bufs[i]->vlan_tci = frames[i].vlan;
    }
    assert_int_equal(sendv(f, bufs, 12), 12);
    for (unsigned i = 0; i < 12; i++) {
        const struct ixl_desc *desc = fake_txq(f)->desc + at;
        assert_int_equal((fake_bits(desc[0].hi) >> 20 & 15) == 2, frames[i].new);
        desc += frames[i].new;
        at += 1u + frames[i].new;
        assert_int_equal(fake_bits(desc->hi) & 0xffff, 100 + i);
        assert_int_equal(fake_bits(desc->hi) >> 39 & 1, frames[i].flags != 0);
        assert_int_equal(fake_bits(desc->hi) >> 30 & 1, (frames[i].flags & IXL_TX_VLAN) != 0);
    }
    fake_tx(f, NULL, NULL);
    assert_int_equal(reclaim(f), at);
    assert_int_equal(in_use(pool), 0);
    fake_close(f);
}

static void advanced_segmentation_counts_payload_only(void **state)
{
    (void)state;
    struct fake *f = fake_open(IXL_DESC_ADVANCED_IGB, IXL_SIMD_AUTO, 64, 128);
    struct ixl_mempool *pool = make(f, 8);
    struct pkt_buf *buf = tcp_frame(pool, 2000, IXL_TX_TSO);
    assert_int_equal(sendv(f, &buf, 1), 1);
    const struct ixl_desc *desc = fake_txq(f)->desc;
    assert_true(fake_bits(desc[0].hi) ==
                (2ull << 20 | 1ull << 29 | 1ull << 10 | 1ull << 11 | 20ull << 40 | 500ull << 48));
    assert_true(fake_bits(desc[1].hi) >> 46 == 2000 - 54);
    assert_true(fake_bits(desc[1].hi) & 1ull << 31);
    assert_false(fake_bits(desc[1].hi) & 1ull << 39);
    fake_tx(f, NULL, NULL);
    reclaim(f);
    fake_close(f);
}

static void extended_offloads_say_where_checksums_go(void **state)
{
    (void)state;
    struct fake *f = fake_open(IXL_DESC_LEGACY, IXL_SIMD_AUTO, 64, 128);
    struct ixl_mempool *pool = make(f, 8);
    struct pkt_buf *buf = tcp_frame(pool, 100, IXL_TX_IP_CSUM | IXL_TX_TCP_CSUM);
    assert_int_equal(sendv(f, &buf, 1), 1);
    const struct ixl_desc *desc = fake_txq(f)->desc;
    assert_true(fake_bits(desc[0].lo) == (14 | 24u << 8 | 33u << 16 | 34ull << 32 | 50ull << 40));
    assert_true(fake_bits(desc[0].hi) == (1ull << 29 | 1ull << 24 | 1ull << 25));
    assert_true((fake_bits(desc[1].hi) & ~(1ull << 27)) ==
                (100 | 1ull << 20 | 1ull << 24 | 1ull << 25 | 1ull << 29 | 3ull << 40));
    buf = tcp_frame(pool, 60, IXL_TX_SCTP_CSUM);
    assert_int_equal(sendv(f, &buf, 1), -IXL_EINVAL);
    ixl_pkt_buf_free(buf);
    fake_tx(f, NULL, NULL);
    reclaim(f);
    fake_close(f);
}

static void a_batch_given_up_leaves_no_context_behind(void **state)
{
    (void)state;
    struct fake *f = fake_open(IXL_DESC_ADVANCED, IXL_SIMD_AUTO, 64, 128);
    struct ixl_mempool *pool = make(f, 8);
    struct pkt_buf *bufs[2] = { tcp_frame(pool, 100, IXL_TX_TCP_CSUM), NULL };
    assert_int_equal(sendv(f, bufs, 2), -IXL_EINVAL);
    assert_int_equal(sendv(f, bufs, 1), 1);
    assert_int_equal(fake_txq(f)->prod, 2);
    fake_tx(f, NULL, NULL);
    reclaim(f);
    fake_close(f);
}

/* A device may report completion whenever it likes: buffers must still return exactly once. */
static void early_completion_returns_each_buffer_once(void **state)
{
    (void)state;
    struct fake *f = fake_open(IXL_DESC_ADVANCED, IXL_SIMD_AUTO, 64, 128);
    struct ixl_mempool *pool = make(f, 128);
    for (unsigned round = 0; round < 1000; round++) {
        struct pkt_buf *bufs[16];
        unsigned n = 1 + round % 16;
        for (unsigned i = 0; i < n; i++)
            bufs[i] = frame(pool, 60, 0);
        for (unsigned i = 0; i < 64; i++)
            ixl_set_le64(&fake_txq(f)->desc[i].hi, TXD_DD);
        assert_int_equal(sendv(f, bufs, n), n);
    }
    for (unsigned i = 0; i < 64; i++)
        ixl_set_le64(&fake_txq(f)->desc[i].hi, TXD_DD);
    reclaim(f);
    assert_int_equal(in_use(pool), 0);
    fake_close(f);
}

/* A pool chosen for a batch that was given up must not pass for that of the block begun before. */
static void given_up_body(struct fake *f)
{
    struct ixl_mempool *first = make(f, 128), *second = make(f, 128);
    struct pkt_buf *bufs[40], *kept[64]; /* a full pool would notice */
    assert_int_equal(ixl_pkt_buf_alloc_batch(first, kept, 64), 64);
    for (unsigned i = 0; i < 40; i++)
        bufs[i] = frame(first, 60, 0);
    assert_int_equal(sendv(f, bufs, 3), 3);
    for (unsigned i = 36; i < 40; i++) {
        ixl_pkt_buf_free(bufs[i]);
        bufs[i] = frame(second, 60, 0);
    }
    bufs[39]->size = 1;
    assert_int_equal(sendv(f, bufs + 3, 37), -IXL_EMSGSIZE);
    for (unsigned i = 3; i < 40; i++)
        ixl_pkt_buf_free(bufs[i]);
    for (unsigned i = 0; i < 29; i++)
        bufs[i] = frame(second, 60, 0);
    assert_int_equal(sendv(f, bufs, 29), 29);
    fake_tx(f, NULL, NULL);
    reclaim(f);
    assert_int_equal(in_use(first), 64);
    assert_int_equal(in_use(second), 0);
    ixl_pkt_buf_free_batch(kept, 64);
}

static void a_batch_given_up_leaves_no_pool_behind(void **state)
{
    (void)state;
    for_each(given_up_body);
}

/* ---- the ways against each other ---------------------------------------------------------- */

struct sent {
    unsigned n;
    uint32_t number[64];
    uint64_t hi[64];
};

static void record(void *ctx, const void *data, unsigned len, uint64_t hi)
{
    struct sent *sent = ctx;
    (void)len;
    memcpy(&sent->number[sent->n], data, 4);
    sent->hi[sent->n++] = hi & ~TXD_DD;
}

/* Most are plain; the others ask for offloads, have a second holder or a second piece, or an unfit
 * size. */
static struct pkt_buf *any_frame(struct ixl_mempool *pools[2], uint32_t number, uint64_t *seed)
{
    uint32_t kind = fake_random(seed) % 400, size = 60 + fake_random(seed) % 1400;
    struct pkt_buf *buf = frame(pools[kind == 1], (uint16_t)size, 0);
    memcpy(buf->data, &number, 4);
    if (kind == 2)
        buf->size = fake_random(seed) % 2 ? 16 : 40000;
    if (kind == 3 || kind == 4) {
        buf->flags = IXL_TX_IP_CSUM;
        buf->l2_len = 14;
        buf->l3_len = 20;
    }
    if (kind == 5)
        ixl_pkt_buf_ref(buf);
    if (kind == 6)
        buf->next = frame(pools[0], 30, 9);
    return buf;
}

static void let_go(struct pkt_buf *buf)
{
    bool shared = buf->state != 0;
    ixl_pkt_buf_free(buf);
    if (shared)
        ixl_pkt_buf_free(buf);
}

/* One batch on each of the two devices, the same but for the buffers' addresses. */
static void send_alike(struct fake *f[2], struct ixl_mempool *pools[2][2], uint64_t *seed)
{
    struct sent sent[2] = { { 0 }, { 0 } };
    unsigned n = 1 + fake_random(seed) % 40;
    uint64_t at = *seed;
    int result[2];
    for (unsigned k = 0; k < 2; k++) {
        struct pkt_buf *bufs[40], *shared[40];
        unsigned n_shared = 0;
        *seed = at;
        for (unsigned i = 0; i < n; i++) {
            bufs[i] = any_frame(pools[k], i, seed);
            if (bufs[i]->state)
                shared[n_shared++] = bufs[i];
        }
        result[k] = sendv(f[k], bufs, n);
        fake_tx(f[k], record, &sent[k]);
        unsigned done = result[k] < 0 ? 0 : (unsigned)result[k];
        reclaim(f[k]);
        for (unsigned i = 0; i < n_shared; i++) {
            bool still = false;
            for (unsigned j = done; j < n; j++)
                still |= bufs[j] == shared[i];
            if (!still)
                ixl_pkt_buf_free(shared[i]);
        }
        for (unsigned i = done; i < n; i++)
            let_go(bufs[i]);
    }
    assert_int_equal(result[0], result[1]);
    assert_int_equal(sent[0].n, sent[1].n);
    assert_memory_equal(sent[0].number, sent[1].number, sizeof(sent[0].number));
    assert_memory_equal(sent[0].hi, sent[1].hi, sizeof(sent[0].hi));
}

static void compare(enum ixl_desc_format format, uint8_t way)
{
    struct fake *f[2] = { fake_open(format, way, 64, 64), fake_open(format, IXL_SIMD_OFF, 64, 64) };
    struct ixl_mempool *pools[2][2];
    uint64_t seed = 11;
    for (unsigned k = 0; k < 4; k++)
        pools[k / 2][k % 2] = make(f[k / 2], 128);
    for (unsigned round = 0; round < 5000; round++)
        send_alike(f, pools, &seed);
    for (unsigned k = 0; k < 4; k++)
        assert_int_equal(in_use(pools[k / 2][k % 2]), 0);
    fake_close(f[0]);
    fake_close(f[1]);
}

static void all_ways_agree_with_plain_c_bit_for_bit(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        for (unsigned j = 0; j + 1 < FAKE_WAYS; j++)
            compare(formats[i], fake_ways[j]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_leave_in_order_in_every_alignment),
        cmocka_unit_test(a_full_ring_takes_what_fits),
        cmocka_unit_test(reclaim_returns_what_was_sent_and_no_more),
        cmocka_unit_test(chained_buffers_are_one_frame),
        cmocka_unit_test(buffers_of_several_pools_return_home),
        cmocka_unit_test(a_destroyed_pool_is_not_taken_for_a_new_one),
        cmocka_unit_test(an_unfit_frame_stops_the_whole_batch),
        cmocka_unit_test(the_shortest_and_the_longest_frame_are_sent),
        cmocka_unit_test(frames_longer_than_configured_are_refused),
        cmocka_unit_test(advanced_offloads_use_a_context_once),
        cmocka_unit_test(lengths_of_no_use_do_not_reach_into_the_tag),
        cmocka_unit_test(headers_beyond_what_a_context_counts_are_refused),
        cmocka_unit_test(checksums_ask_for_no_length_of_the_transport_header),
        cmocka_unit_test(what_cannot_be_cut_into_segments_is_refused),
        cmocka_unit_test(a_context_is_sent_when_the_frames_ask_for_something_else),
        cmocka_unit_test(advanced_segmentation_counts_payload_only),
        cmocka_unit_test(extended_offloads_say_where_checksums_go),
        cmocka_unit_test(a_batch_given_up_leaves_no_context_behind),
        cmocka_unit_test(a_batch_given_up_leaves_no_pool_behind),
        cmocka_unit_test(all_ways_agree_with_plain_c_bit_for_bit),
        cmocka_unit_test(early_completion_returns_each_buffer_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
