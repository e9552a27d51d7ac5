// SPDX-License-Identifier: MIT
/* Rings of both kinds: wrapping, order, notifications, interrupts, frames of several buffers. */
#include "tests/virtio/rig.h"

#include <endian.h>
#include <string.h>

static const uint64_t kinds[] = { VIO_F_MRG_RXBUF,
                                  VIO_F_MRG_RXBUF | VIO_F_EVENT_IDX,
                                  VIO_F_MRG_RXBUF | VIO_F_PACKED,
                                  VIO_F_MRG_RXBUF | VIO_F_HASH_REPORT,
                                  VIO_F_MRG_RXBUF | VIO_F_HASH_REPORT | VIO_F_PACKED,
                                  0,
                                  VIO_F_PACKED };
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static struct ixl_dev_cfg with_rings(uint32_t size)
{
    return (struct ixl_dev_cfg){ .num_rx_queues = 1,
                                 .num_tx_queues = 1,
                                 .rx_ring_size = size,
                                 .tx_ring_size = size,
                                 .rx_pool_entries = 2 * size,
                                 .rx_entry_size = 2112,
                                 .max_frame_size = 9000 };
}

/* ---- round and round ------------------------------------------------------------------------ */

/* On all kinds of rings, of several sizes: so many frames that the largest one's indices wrap. */
static void pass_every_wrap(void (*go_round)(struct rig *rig, uint32_t frames))
{
    for (unsigned k = 0; k < KINDS; k++)
        for (uint32_t size = 16; size <= 64; size *= 2) {
            struct ixl_dev_cfg cfg = with_rings(size);
            struct rig *rig = rig_new(kinds[k], &cfg);
            go_round(rig, size == 64 ? 70000 : 5000);
            assert_int_equal(rig_errors, 0);
            rig_free(rig);
        }
}

/* Any number of frames at a time, so that batches end at every place; more than 16 bits can count.
 */
static void receive_round(struct rig *rig, uint32_t frames)
{
    struct pkt_buf *bufs[64];
    struct rig_chain c;
    uint8_t want[200], frame[200];
    uint32_t sent = 0, got = 0;

    for (unsigned batch = 1; got < frames; batch = batch % 61 + 1) {
        for (unsigned i = 0; i < batch && rig_take(rig, &rig->rx, &c); i++, sent++) {
            rig_fill(frame, 60 + sent % 140, sent);
            rig_receive(rig, &c, frame, 60 + sent % 140);
        }
        int n = rig_rx(rig, bufs, 1 + batch % 64);
        assert_in_range(n, 0, 64);
        for (int i = 0; i < n; i++, got++) {
            rig_fill(want, 60 + got % 140, got);
            assert_int_equal(bufs[i]->size, 60 + got % 140);
            assert_memory_equal(bufs[i]->data, want, bufs[i]->size);
            assert_int_equal(bufs[i]->capacity, 2048);
        }
        ixl_pkt_buf_free_batch(bufs, (unsigned)n);
    }
    while (rig_rx(rig, bufs, 1) == 1)
        ixl_pkt_buf_free(bufs[0]);
}

static void received_frames_pass_every_wrap(void **state)
{
    (void)state;
    pass_every_wrap(receive_round);
}

/* What the device finds in a chain of a sent frame. */
static void check_sent(struct rig *rig, const struct rig_chain *c, unsigned size, uint32_t number)
{
    uint32_t head = rig_txq(rig)->header;
    uint8_t want[9000], got[9000 + 64];
    unsigned len = 0;

    for (unsigned i = 0; i < c->n; i++) {
        assert_false(c->write[i]);
        memcpy(got + len, rig_mem(c->addr[i]), c->len[i]);
        len += c->len[i];
    }
    assert_int_equal(len, head + size);
    for (unsigned i = 0; i < head; i++)
        assert_int_equal(got[i], 0);
    rig_fill(want, size, number);
    assert_memory_equal(got + head, want, size);
}

static unsigned sent_size(uint32_t number)
{
    return number % 7 == 3 ? 2000 + number % 5000 : 17 + number % 1400;
}

/* The device uses what is left, and no buffer stays behind. */
static void expect_all_back(struct rig *rig)
{
    struct rig_chain c;

    while (rig_take(rig, &rig->tx, &c))
        rig_use(rig, &rig->tx, c.id, 0, c.n);
    rig->v.base.txq[0]->reclaim(rig->v.base.txq[0]);
    assert_int_equal(rig_in_use(rig->pool), 0);
}

static void send_round(struct rig *rig, uint32_t frames)
{
    struct rig_chain c;
    uint32_t sent = 0, seen = 0;

    for (unsigned batch = 1; seen < frames; batch = batch % 29 + 1) {
        for (unsigned i = 0; i < batch; i++) {
            struct pkt_buf *buf = rig_frame(rig, sent_size(sent), sent);
            int n = rig_tx(rig, &buf, 1);
            assert_in_range(n, 0, 1);
            if (n == 0)
                ixl_pkt_buf_free(buf);
            sent += (uint32_t)n;
        }
        for (unsigned i = 0; i < 1 + batch % 40 && rig_take(rig, &rig->tx, &c); i++, seen++) {
            check_sent(rig, &c, sent_size(seen), seen);
            rig_use(rig, &rig->tx, c.id, 0, c.n);
        }
    }
    expect_all_back(rig);
}

static void sent_frames_pass_every_wrap(void **state)
{
    (void)state;
    pass_every_wrap(send_round);
}

/* Whole batches of plain frames, after a chain: no place of a frame is that of its entry any more.
 */
static void send_batches(struct rig *rig, uint32_t frames)
{
    struct pkt_buf *bufs[40];
    struct rig_chain c;
    uint32_t made = 1, seen = 0;

    bufs[0] = rig_frame(rig, 5000, 0);
    assert_int_equal(rig_tx(rig, bufs, 1), 1);
    for (unsigned batch = 1; seen < frames; batch = batch % 40 + 1) {
        for (unsigned i = 0; i < batch; i++)
            bufs[i] = rig_frame(rig, 60 + (made + i) % 140, made + i);
        int n = rig_tx(rig, bufs, batch);
        assert_in_range(n, 0, batch);
        for (unsigned i = (unsigned)n; i < batch; i++)
            ixl_pkt_buf_free(bufs[i]);
        made += (uint32_t)n;
        for (unsigned i = 0; i < 1 + batch % 37 && rig_take(rig, &rig->tx, &c); i++, seen++) {
            check_sent(rig, &c, seen ? 60 + seen % 140 : 5000, seen);
            rig_use(rig, &rig->tx, c.id, 0, c.n);
        }
    }
    expect_all_back(rig);
}

static void sent_batches_pass_every_wrap(void **state)
{
    (void)state;
    pass_every_wrap(send_batches);
}

/* ---- order ---------------------------------------------------------------------------------- */

static unsigned seed;
static unsigned any(unsigned below)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 16) % below;
}

static void buffers_may_be_used_in_any_order(void **state)
{
    struct rig_chain held[32];
    struct pkt_buf *bufs[64];

    (void)state;
    for (unsigned k = 0; k < KINDS; k++) {
        struct rig *rig = rig_new(kinds[k], NULL);
        for (unsigned round = 0; round < 500; round++) {
            unsigned n = 0, sent = 1 + any(20);
            for (unsigned i = 0; i < sent; i++) {
                struct pkt_buf *buf = rig_frame(rig, 100, round);
                assert_int_equal(rig_tx(rig, &buf, 1), 1);
            }
            while (n < 32 && rig_take(rig, &rig->tx, &held[n]))
                n++;
            assert_int_equal(n, sent);
            for (; n > 0; n--) {
                unsigned i = any(n);
                rig_use(rig, &rig->tx, held[i].id, 0, held[i].n);
                held[i] = held[n - 1];
                rig->v.base.txq[0]->reclaim(rig->v.base.txq[0]);
            }
            assert_int_equal(rig_in_use(rig->pool), 0);
            while (n < 16 && rig_take(rig, &rig->rx, &held[n]))
                n++;
            for (; n > 0; n--) {
                unsigned i = any(n);
                rig_receive(rig, &held[i], "a frame of thirty bytes at least", 30);
                held[i] = held[n - 1];
            }
            int got = rig_rx(rig, bufs, 64);
            assert_in_range(got, 1, 16);
            ixl_pkt_buf_free_batch(bufs, (unsigned)got);
        }
        assert_int_equal(rig_errors, 0);
        rig_free(rig);
    }
}

/* Buffers a device has taken and not used yet. */
struct held {
    struct rig_chain c[32];
    unsigned n;
};

/* Some frames that tell their numbers, in any of the buffers or in those taken first. */
static void receive_some(struct rig *rig, struct held *held, bool shuffled, uint32_t *number)
{
    struct pkt_buf *bufs[32];
    uint8_t frame[100];

    while (held->n < 32 && rig_take(rig, &rig->rx, &held->c[held->n]))
        held->n++;
    unsigned n = any(held->n + 1);
    for (unsigned i = 0; i < n; i++) {
        struct rig_chain *c = &held->c[shuffled ? any(held->n) : 0];
        rig_fill(frame, sizeof(frame), *number + i);
        rig_receive(rig, c, frame, sizeof(frame));
        held->n--;
        memmove(c, c + 1, (size_t)(held->c + held->n - c) * sizeof(*c));
    }
    assert_int_equal(rig_rx(rig, bufs, 32), n);
    for (unsigned i = 0; i < n; i++) {
        rig_fill(frame, sizeof(frame), (*number)++);
        assert_int_equal(bufs[i]->size, sizeof(frame));
        assert_memory_equal(bufs[i]->data, frame, sizeof(frame));
    }
    ixl_pkt_buf_free_batch(bufs, n);
}

/* In the middle of a round, after some in which each id was its own place. */
static void a_device_may_lose_its_order(void **state)
{
    (void)state;
    for (unsigned k = 0; k < KINDS; k++)
        for (unsigned in_order = 0; in_order < 20; in_order++) {
            struct rig *rig = rig_new(kinds[k], NULL);
            struct vio_rxq *q = rig_rxq(rig);
            struct held held = { .n = 0 };
            uint32_t number = 0;
            for (unsigned i = 0; i < 60; i++)
                receive_some(rig, &held, i >= in_order && i < in_order + 15, &number);
            assert_int_equal(rig_errors, 0);
            assert_int_equal(q->pkts, number);
            assert_int_equal(rig_in_use(q->base.pool), q->prod - q->cons);
            rig_free(rig);
        }
}

/* A ring that is full but for what another pool's frames leave free: each goes home. */
static void buffers_of_two_pools_return_to_their_own(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 3; k++) {
        struct rig *rig = rig_new(kinds[k], NULL);
        struct ixl_mempool *other;
        struct rig_chain c;
        assert_int_equal(ixl_mempool_create(&rig->v.base, 256, 0, 0, &other), 0);
        for (unsigned i = 0; i < 3000; i++) {
            struct pkt_buf *buf = ixl_pkt_buf_alloc((i / 45) % 2 ? other : rig->pool);
            assert_non_null(buf);
            buf->size = 60;
            if (rig_tx(rig, &buf, 1) == 0)
                ixl_pkt_buf_free(buf);
            if (i % 64 < 9)
                for (unsigned n = 0; n < 9 && rig_take(rig, &rig->tx, &c); n++)
                    rig_use(rig, &rig->tx, c.id, 0, c.n);
            rig->v.base.txq[0]->reclaim(rig->v.base.txq[0]);
        }
        while (rig_take(rig, &rig->tx, &c))
            rig_use(rig, &rig->tx, c.id, 0, c.n);
        rig->v.base.txq[0]->reclaim(rig->v.base.txq[0]);
        assert_int_equal(rig_in_use(other), 0);
        assert_int_equal(rig_in_use(rig->pool), 0);
        rig_free(rig);
    }
}

/* ---- notifications and interrupts ----------------------------------------------------------- */

static unsigned kicks_of(struct rig *rig, unsigned frames)
{
    unsigned before = rig->kicks;
    struct pkt_buf *bufs[32];
    struct rig_chain c;

    for (unsigned i = 0; i < frames; i++)
        bufs[i] = rig_frame(rig, 60, i);
    assert_int_equal(rig_tx(rig, bufs, frames), frames);
    while (rig_take(rig, &rig->tx, &c))
        rig_use(rig, &rig->tx, c.id, 0, c.n);
    return rig->kicks - before;
}

static void a_batch_is_told_once_and_only_if_wanted(void **state)
{
    struct rig *rig = rig_new(0, NULL);

    (void)state;
    assert_int_equal(kicks_of(rig, 20), 1);
    rig_txq(rig)->ring.device[0] = htole16(1); /* no notification */
    assert_int_equal(kicks_of(rig, 20), 0);
    rig_txq(rig)->ring.device[0] = htole16(0);
    assert_int_equal(kicks_of(rig, 1), 1);
    rig_free(rig);

    rig = rig_new(VIO_F_PACKED, NULL);
    assert_int_equal(kicks_of(rig, 20), 1);
    rig_txq(rig)->ring.device[1] = htole16(1);
    assert_int_equal(kicks_of(rig, 20), 0);
    rig_txq(rig)->ring.device[1] = htole16(0);
    assert_int_equal(kicks_of(rig, 20), 1);
    rig_free(rig);
}

/* The device names the index it wants to hear of: only the batch that passes it is told. */
static void an_event_index_is_passed_once(void **state)
{
    struct rig *rig = rig_new(VIO_F_EVENT_IDX, NULL);
    uint16_t *event = rig_txq(rig)->ring.device + 2 + 4 * 64;

    (void)state;
    for (uint32_t idx = 0; idx < 140000; idx += 20) {
        *event = htole16((uint16_t)(idx + 20)); /* beyond this batch */
        assert_int_equal(kicks_of(rig, 10), 0);
        *event = htole16((uint16_t)(idx + 10 + idx % 10)); /* within the next */
        assert_int_equal(kicks_of(rig, 10), 1);
    }
    rig_free(rig);
}

static void interrupts_are_asked_for_and_not(void **state)
{
    struct rig *rig = rig_new(0, NULL);
    const uint16_t *driver = rig_rxq(rig)->ring.driver;

    (void)state;
    assert_int_equal(le16toh(driver[0]), 1); /* masked at first */
    vio_irq_unmask(&rig->v.base, 0);
    assert_int_equal(le16toh(driver[0]), 0);
    vio_irq_mask(&rig->v.base, 0);
    assert_int_equal(le16toh(driver[0]), 1);
    rig_free(rig);

    rig = rig_new(VIO_F_PACKED, NULL);
    driver = rig_rxq(rig)->ring.driver;
    assert_int_equal(le16toh(driver[1]), 1);
    vio_irq_unmask(&rig->v.base, 0);
    assert_int_equal(le16toh(driver[1]), 0);
    rig_free(rig);

    rig = rig_new(VIO_F_EVENT_IDX, NULL);
    const uint16_t *event = rig_rxq(rig)->ring.driver + 2 + 64;
    rig_rxq(rig)->ring.device[1] = htole16(7);
    vio_irq_unmask(&rig->v.base, 0);
    assert_int_equal(le16toh(*event), 7);
    vio_irq_mask(&rig->v.base, 0);
    assert_int_equal(le16toh(*event), 6);
    rig_rxq(rig)->ring.device[1] = htole16(0);
    rig_free(rig);
}

/* ---- frames of several buffers -------------------------------------------------------------- */

/* As a device puts it: the header in front of the first buffer only. */
static void receive_merged(struct rig *rig, const uint8_t *frame, uint32_t len, uint32_t piece)
{
    struct rig_chain c[8];
    uint32_t head = rig_rxq(rig)->header, lens[8], n = 0, done = 0;

    while (done < len + head) {
        assert_true(rig_take(rig, &rig->rx, &c[n]));
        uint32_t room = c[n].len[0] < piece ? c[n].len[0] : piece;
        uint32_t part = len + head - done < room ? len + head - done : room;
        uint8_t *to = rig_mem(c[n].addr[0]);
        if (n == 0) {
            memset(to, 0, head);
            memcpy(to + head, frame, part - head);
        } else {
            memcpy(to, frame + done - head, part);
        }
        done += part;
        lens[n++] = part;
    }
    rig_mem(c[0].addr[0])[10] = (uint8_t)n;
    for (unsigned i = 0; i < n; i++)
        rig_use(rig, &rig->rx, c[i].id, lens[i], 1);
}

static void gathered(const struct pkt_buf *buf, uint8_t *out, size_t *len)
{
    for (*len = 0; buf; buf = buf->next) {
        assert_in_range(buf->size, 1, buf->capacity);
        assert_int_equal(buf->capacity, 2048);
        memcpy(out + *len, buf->data, buf->size);
        *len += buf->size;
    }
}

static void merged_buffers_make_the_frame(void **state)
{
    uint8_t frame[9000], got[9000];
    struct pkt_buf *buf;
    size_t len;

    (void)state;
    for (unsigned k = 0; k < 5; k++) {
        struct rig *rig = rig_new(kinds[k], NULL);
        uint32_t room = rig_rxq(rig)->room;
        for (uint32_t size = 20; size < 8200;
             size += size % room < 40 || size % room > room - 30 ? 1 : 37) {
            rig_fill(frame, size, size);
            receive_merged(rig, frame, size, UINT32_MAX);
            assert_int_equal(rig_rx(rig, &buf, 1), 1);
            gathered(buf, got, &len);
            assert_int_equal(len, size);
            assert_memory_equal(got, frame, size);
            ixl_pkt_buf_free(buf);
        }
        assert_int_equal(rig_errors, 0);
        rig_free(rig);
    }
}

/* The buffers of a frame need not be there at once. */
static void a_frame_may_come_in_parts(void **state)
{
    struct rig *rig = rig_new(VIO_F_MRG_RXBUF, NULL);
    struct rig_chain c[2];
    struct pkt_buf *buf;
    uint8_t *to;

    (void)state;
    assert_true(rig_take(rig, &rig->rx, &c[0]) && rig_take(rig, &rig->rx, &c[1]));
    to = rig_mem(c[0].addr[0]);
    memset(to, 0, 12);
    to[10] = 2;
    rig_fill(to + 12, 100, 1);
    rig_use(rig, &rig->rx, c[0].id, 112, 1);
    assert_int_equal(rig_rx(rig, &buf, 1), 0);
    rig_fill(rig_mem(c[1].addr[0]), 50, 2);
    rig_use(rig, &rig->rx, c[1].id, 50, 1);
    assert_int_equal(rig_rx(rig, &buf, 1), 1);
    assert_int_equal(ixl_pkt_len(buf), 150);
    ixl_pkt_buf_free(buf);
    rig_free(rig);
}

/* ---- sent buffers --------------------------------------------------------------------------- */

/* Nothing of a refused batch is in the ring, nor in the buffers that stay the caller's. */
static void a_refused_batch_leaves_no_trace(void **state)
{
    (void)state;
    for (unsigned k = 0; k < KINDS; k++) {
        struct rig *rig = rig_new(kinds[k], NULL);
        struct rig_chain c;
        struct pkt_buf *bufs[3] = { rig_frame(rig, 60, 1), rig_frame(rig, 60, 2),
                                    rig_frame(rig, 60, 3) };
        for (unsigned i = 0; i < 3; i++) {
            bufs[i]->user = 0xabcd + i;
            bufs[i]->timestamp = UINT64_MAX;
        }
        bufs[2]->size = 3;
        assert_int_equal(rig_tx(rig, bufs, 3), -IXL_EMSGSIZE);
        assert_false(rig_take(rig, &rig->tx, &c));
        for (unsigned i = 0; i < 3; i++) {
            assert_int_equal(bufs[i]->user, 0xabcd + i);
            assert_true(bufs[i]->timestamp == UINT64_MAX);
        }
        assert_int_equal(rig_tx(rig, bufs, 1), 1);
        assert_true(rig_take(rig, &rig->tx, &c));
        check_sent(rig, &c, 60, 1);
        assert_false(rig_take(rig, &rig->tx, &c)); /* one, not what lay behind it */
        ixl_pkt_buf_free_batch(bufs + 1, 2);
        rig_free(rig);
    }
}

static void a_shared_buffer_is_not_written_to(void **state)
{
    struct rig *rig = rig_new(0, NULL);
    struct rig_chain c;
    struct pkt_buf *buf = rig_frame(rig, 60, 5);

    (void)state;
    buf->user = 4711;
    ixl_pkt_buf_ref(buf);
    assert_int_equal(rig_tx(rig, &buf, 1), 1);
    assert_int_equal(buf->user, 4711);
    assert_true(rig_take(rig, &rig->tx, &c));
    assert_int_equal(c.n, 2); /* its header lies elsewhere */
    check_sent(rig, &c, 60, 5);
    rig_use(rig, &rig->tx, c.id, 0, c.n);
    rig->v.base.txq[0]->reclaim(rig->v.base.txq[0]);
    assert_int_equal(rig_in_use(rig->pool), 1);
    ixl_pkt_buf_free(buf);
    rig_free(rig);
}

/* The long header reaches over it, whatever the size of the pool's entries was rounded to. */
static void a_received_buffer_keeps_its_capacity(void **state)
{
    static const uint8_t frame[60] = { 0 };
    const uint64_t features[] = { VIO_F_MRG_RXBUF | VIO_F_HASH_REPORT,
                                  VIO_F_MRG_RXBUF | VIO_F_HASH_REPORT | VIO_F_PACKED };

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct ixl_dev_cfg cfg = with_rings(64);
        struct pkt_buf *got, *fresh;
        struct rig_chain c;

        cfg.rx_entry_size = 2048;
        struct rig *rig = rig_new(features[i], &cfg);
        fresh = ixl_pkt_buf_alloc(rig_rxq(rig)->base.pool);
        assert_non_null(fresh);
        assert_true(rig_take(rig, &rig->rx, &c));
        rig_receive(rig, &c, frame, sizeof(frame));
        assert_int_equal(rig_rx(rig, &got, 1), 1);
        assert_int_equal(got->capacity, fresh->capacity);
        ixl_pkt_buf_free(got);
        ixl_pkt_buf_free(fresh);
        rig_free(rig);
    }
}

/* A send ring that stands still is told again, but not with each look. */
static void a_missed_notification_costs_time_alone(void **state)
{
    struct rig *rig = rig_new(0, NULL);
    struct pkt_buf *buf = rig_frame(rig, 60, 1);

    (void)state;
    assert_int_equal(rig_tx(rig, &buf, 1), 1);
    unsigned before = rig->kicks;
    for (unsigned i = 0; i < 100000; i++)
        rig->v.base.txq[0]->reclaim(rig->v.base.txq[0]);
    assert_in_range(rig->kicks - before, 1, 100);
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(received_frames_pass_every_wrap),
        cmocka_unit_test(sent_frames_pass_every_wrap),
        cmocka_unit_test(sent_batches_pass_every_wrap),
        cmocka_unit_test(buffers_may_be_used_in_any_order),
        cmocka_unit_test(a_device_may_lose_its_order),
        cmocka_unit_test(buffers_of_two_pools_return_to_their_own),
        cmocka_unit_test(a_batch_is_told_once_and_only_if_wanted),
        cmocka_unit_test(an_event_index_is_passed_once),
        cmocka_unit_test(interrupts_are_asked_for_and_not),
        cmocka_unit_test(merged_buffers_make_the_frame),
        cmocka_unit_test(a_frame_may_come_in_parts),
        cmocka_unit_test(a_refused_batch_leaves_no_trace),
        cmocka_unit_test(a_shared_buffer_is_not_written_to),
        cmocka_unit_test(a_received_buffer_keeps_its_capacity),
        cmocka_unit_test(a_missed_notification_costs_time_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
