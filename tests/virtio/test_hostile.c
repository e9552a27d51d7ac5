// SPDX-License-Identifier: MIT
/* A device that writes nonsense: never out of bounds, never a buffer twice, never an endless loop.
 */
#include "tests/virtio/rig.h"

#include <endian.h>
#include <string.h>

static unsigned seed;
static uint32_t any(void)
{
    seed = seed * 1103515245u + 12345u;
    return seed >> 16 | seed << 16;
}

static const uint64_t kinds[] = { 0,
                                  VIO_F_MRG_RXBUF,
                                  VIO_F_MRG_RXBUF | VIO_F_PACKED,
                                  VIO_F_PACKED,
                                  VIO_F_MRG_RXBUF | VIO_F_EVENT_IDX | VIO_F_HASH_REPORT,
                                  VIO_F_MRG_RXBUF | VIO_F_PACKED | VIO_F_HASH_REPORT };
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* ---- ids ------------------------------------------------------------------------------------ */

static void expect_given_up(struct rig *rig, struct vio_ring *ring, const char *which)
{
    struct pkt_buf *buf;

    assert_true(ring->broken);
    assert_int_equal(rig_errors, 1); /* said once */
    assert_non_null(strstr(rig_last, which));
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(rig_rx(rig, &buf, 1), 0);
    assert_int_equal(rig_errors, 1);
}

static void put_le16(uint8_t *at, uint16_t val)
{
    at[0] = (uint8_t)val;
    at[1] = (uint8_t)(val >> 8);
}

static void ids_a_receive_queue_never_gave_end_it(void **state)
{
    static const uint32_t wrong[] = { 64, 65, 0xffff, 0x7fffffff };
    struct pkt_buf *buf;

    (void)state;
    for (unsigned k = 0; k < KINDS; k++)
        for (unsigned i = 0; i < 4; i++) {
            struct rig *rig = rig_new(kinds[k], NULL);
            rig_use(rig, &rig->rx, wrong[i], 100, 1);
            if (rig->rx.ring->packed && wrong[i] == 0x7fffffff) {
                rig_free(rig);
                continue; /* has 16 bits there */
            }
            assert_int_equal(rig_rx(rig, &buf, 1), 0);
            expect_given_up(rig, rig->rx.ring, "receive queue");
            rig_free(rig);
        }
}

static void a_buffer_used_twice_is_handed_out_once(void **state)
{
    struct pkt_buf *bufs[8];
    struct rig_chain c;

    (void)state;
    for (unsigned k = 0; k < KINDS; k++) {
        struct rig *rig = rig_new(kinds[k], NULL);
        assert_true(rig_take(rig, &rig->rx, &c));
        rig_receive(rig, &c, "a frame of thirty bytes at least", 30);
        rig_receive(rig, &c, "a frame of thirty bytes at least", 30);
        assert_int_equal(rig_rx(rig, bufs, 8), 1);
        ixl_pkt_buf_free(bufs[0]);
        expect_given_up(rig, rig->rx.ring, "receive queue");
        rig_free(rig);
    }
}

/* The same after rounds in which all was as it should be, and for any other that is not out. */
static void a_buffer_that_is_back_cannot_be_used_again(void **state)
{
    struct pkt_buf *buf;
    struct rig_chain c;

    (void)state;
    for (unsigned k = 0; k < KINDS; k++)
        for (uint32_t back = 0; back < 3; back++) {
            struct rig *rig = rig_new(kinds[k], NULL);
            for (unsigned i = 0; i < 64 * 3 + 4; i++) {
                assert_true(rig_take(rig, &rig->rx, &c));
                rig_receive(rig, &c, "a frame of thirty bytes at least", 30);
                assert_int_equal(rig_rx(rig, &buf, 1), 1);
                ixl_pkt_buf_free(buf);
            }
            struct vio_rxq *q = rig_rxq(rig);
            unsigned out = rig_in_use(q->base.pool);
            assert_true(q->in_order);
            rig_use(rig, &rig->rx, c.id - back, 42, 1);
            assert_int_equal(rig_rx(rig, &buf, 1), 0);
            assert_int_equal(rig_in_use(q->base.pool), out);
            expect_given_up(rig, rig->rx.ring, "receive queue");
            rig_free(rig);
        }
}

static void ids_a_send_queue_never_gave_end_it(void **state)
{
    static const uint32_t wrong[] = { 1, 64, 0xffff };
    struct rig_chain c;

    (void)state;
    for (unsigned k = 0; k < KINDS; k++)
        for (unsigned i = 0; i < 4; i++) {
            struct rig *rig = rig_new(kinds[k], NULL);
            struct pkt_buf *buf = rig_frame(rig, 100, 1);
            assert_int_equal(rig_tx(rig, &buf, 1), 1);
            assert_true(rig_take(rig, &rig->tx, &c));
            if (i == 3) { /* the right one, twice; a packed ring has no place for the second */
                rig_use(rig, &rig->tx, c.id, 0, c.n);
                if (!rig->tx.ring->packed)
                    rig_use(rig, &rig->tx, c.id, 0, c.n);
                else
                    rig->v.base.txq[0]->reclaim(rig->v.base.txq[0]);
            } else {
                rig_use(rig, &rig->tx, wrong[i], 0, c.n);
            }
            rig->v.base.txq[0]->reclaim(rig->v.base.txq[0]);
            if (i < 3 || !rig->tx.ring->packed)
                assert_true(rig->tx.ring->broken);
            buf = rig_frame(rig, 100, 2);
            if (rig->tx.ring->broken) {
                assert_int_equal(rig_errors, 1);
                assert_int_equal(rig_tx(rig, &buf, 1), 0);
            }
            ixl_pkt_buf_free(buf);
            rig_free(rig);
        }
}

/* Of two frames the same one twice. */
static void a_frame_used_twice_returns_once(void **state)
{
    struct rig_chain c;

    (void)state;
    for (unsigned k = 0; k < KINDS; k++) {
        struct rig *rig = rig_new(kinds[k], NULL);
        struct pkt_buf *bufs[2] = { rig_frame(rig, 100, 1), rig_frame(rig, 100, 2) };
        assert_int_equal(rig_tx(rig, bufs, 2), 2);
        assert_true(rig_take(rig, &rig->tx, &c));
        assert_true(rig_take(rig, &rig->tx, &c));
        for (unsigned i = 0; i < 2; i++) /* the second, which waits for the first */
            rig_use(rig, &rig->tx, c.id, 0, c.n);
        rig->v.base.txq[0]->reclaim(rig->v.base.txq[0]);
        assert_true(rig->tx.ring->broken);
        assert_int_equal(rig_errors, 1);
        assert_int_equal(rig_in_use(rig->pool), 2);
        rig_free(rig);
    }
}

/* An index further than what was handed over: none of it is believed, be the ids right or not. */
static void indices_that_run_ahead_end_the_ring(void **state)
{
    struct rig *rig = rig_new(0, NULL);
    struct pkt_buf *buf;

    (void)state;
    for (uint32_t id = 0; id < 64; id++)
        rig_use(rig, &rig->rx, id, 72, 1);
    rig_rxq(rig)->ring.device[1] = htole16(65);
    assert_int_equal(rig_rx(rig, &buf, 1), 0);
    assert_true(rig->rx.ring->broken);
    buf = rig_frame(rig, 100, 1);
    assert_int_equal(rig_tx(rig, &buf, 1), 1);
    rig_txq(rig)->ring.device[1] = htole16(2); /* the entry for the first is right */
    rig->v.base.txq[0]->reclaim(rig->v.base.txq[0]);
    assert_true(rig->tx.ring->broken);
    assert_int_equal(rig_in_use(rig->pool), 1);
    assert_int_equal(rig_errors, 2);
    rig_free(rig);
}

/* ---- lengths and headers -------------------------------------------------------------------- */

static void lengths_that_cannot_be_drop_the_frame(void **state)
{
    static const uint32_t wrong[] = {
        0, 1, 11, 12, 20, 2061, 2069, 0xffff, 0x80000000, UINT32_MAX
    };
    struct pkt_buf *buf;
    struct rig_chain c;

    (void)state;
    for (unsigned k = 0; k < KINDS; k++) {
        struct rig *rig = rig_new(kinds[k], NULL);
        uint64_t dropped = 0;
        for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
            uint32_t head = rig_rxq(rig)->header, room = rig_rxq(rig)->room;
            if (wrong[i] > head && wrong[i] <= head + room)
                continue;
            assert_true(rig_take(rig, &rig->rx, &c));
            memset(rig_mem(c.addr[0]), 0, 64);
            rig_mem(c.addr[0])[10] = 1;
            rig_use(rig, &rig->rx, c.id, wrong[i], 1);
            assert_int_equal(rig_rx(rig, &buf, 1), 0);
            assert_int_equal(rig_rxq(rig)->errors, ++dropped);
        }
        assert_true(rig_take(rig, &rig->rx, &c)); /* and the queue goes on */
        rig_receive(rig, &c, "a frame of thirty bytes at least", 30);
        assert_int_equal(rig_rx(rig, &buf, 1), 1);
        ixl_pkt_buf_free(buf);
        assert_int_equal(rig_errors, 0);
        rig_free(rig);
    }
}

/* Buffers of next to nothing each: what is put together may not outgrow the first of them. */
static void many_small_pieces_stay_in_bounds(void **state)
{
    struct pkt_buf *buf;
    struct rig_chain c;

    (void)state;
    for (unsigned len = 1; len < 40; len++) {
        struct rig *rig = rig_new(VIO_F_MRG_RXBUF, NULL);
        for (unsigned i = 0; i < 32; i++) {
            assert_true(rig_take(rig, &rig->rx, &c));
            if (i == 0) {
                memset(rig_mem(c.addr[0]), 0, 12);
                rig_mem(c.addr[0])[10] = 32;
            }
            rig_use(rig, &rig->rx, c.id, i == 0 ? c.len[0] : len, 1);
        }
        int n = rig_rx(rig, &buf, 1);
        assert_in_range(n, 0, 1);
        if (n == 1) {
            for (const struct pkt_buf *b = buf; b; b = b->next)
                assert_in_range(b->size, 1, b->capacity);
            ixl_pkt_buf_free(buf);
        } else {
            assert_int_equal(rig_rxq(rig)->errors, 1);
        }
        rig_free(rig);
    }
}

static void a_frame_of_no_or_too_many_buffers_is_dropped(void **state)
{
    static const uint16_t wrong[] = { 0, 33, 1000, 0xffff };
    struct pkt_buf *buf;
    struct rig_chain c;

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct rig *rig = rig_new(VIO_F_MRG_RXBUF, NULL);
        assert_true(rig_take(rig, &rig->rx, &c));
        memset(rig_mem(c.addr[0]), 0, 100);
        put_le16(rig_mem(c.addr[0]) + 10, wrong[i]);
        rig_use(rig, &rig->rx, c.id, 100, 1);
        assert_int_equal(rig_rx(rig, &buf, 1), 0);
        assert_int_equal(rig_rxq(rig)->errors, 1);
        rig_free(rig);
    }
}

static uint16_t checksum(const uint8_t *at, size_t len)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < len; i++)
        sum += i % 2 ? at[i] : (uint32_t)at[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

/* NEEDS_CSUM: places beyond the frame drop it; right ones give a right sum, also at odd ends. */
static void unfinished_checksums_are_finished_or_dropped(void **state)
{
    struct pkt_buf *buf;
    struct rig_chain c;

    (void)state;
    for (unsigned i = 0; i < 3000; i++) {
        struct rig *rig = rig_new(0, NULL);
        uint16_t start = (uint16_t)(any() % 300), offset = (uint16_t)(any() % 40),
                 len = (uint16_t)(40 + any() % 200);
        uint8_t frame[300];
        rig_fill(frame, len, i);
        assert_true(rig_take(rig, &rig->rx, &c));
        rig_receive(rig, &c, frame, len);
        uint8_t *head = rig_mem(c.addr[0]);
        head[0] = 1;
        put_le16(head + 6, start);
        put_le16(head + 8, offset);
        bool fits = start >= 14 && start + offset + 2u <= len;
        assert_int_equal(rig_rx(rig, &buf, 1), fits);
        if (fits) {
            uint16_t want = checksum(frame + start, len - start);
            want = want ? want : 0xffff;
            frame[start + offset] = (uint8_t)(want >> 8);
            frame[start + offset + 1] = (uint8_t)want;
            assert_memory_equal(buf->data, frame, len);
            assert_true(buf->flags & IXL_RX_L4_CHECKED);
            ixl_pkt_buf_free(buf);
        }
        rig_free(rig);
    }
}

/* Over pieces with odd ends. */
static void checksums_span_the_pieces(void **state)
{
    uint8_t frame[6000], *to;
    struct rig_chain c[4];
    struct pkt_buf *buf;

    (void)state;
    for (unsigned odd = 0; odd < 2; odd++) {
        struct rig *rig = rig_new(VIO_F_MRG_RXBUF, NULL);
        uint32_t lens[3] = { 12 + 1001, 1503 + odd, 777 }, len = 1001 + 1503 + odd + 777;
        rig_fill(frame, len, 3);
        for (unsigned i = 0, at = 0; i < 3; i++) {
            assert_true(rig_take(rig, &rig->rx, &c[i]));
            to = rig_mem(c[i].addr[0]);
            uint32_t part = i ? lens[i] : lens[i] - 12;
            memcpy(to + (i ? 0 : 12), frame + at, part);
            at += part;
        }
        to = rig_mem(c[0].addr[0]);
        memset(to, 0, 12);
        to[0] = 1;
        to[6] = 34;
        to[8] = 16;
        to[10] = 3;
        for (unsigned i = 0; i < 3; i++)
            rig_use(rig, &rig->rx, c[i].id, lens[i], 1);
        assert_int_equal(rig_rx(rig, &buf, 1), 1);
        uint16_t want = checksum(frame + 34, len - 34);
        assert_int_equal(buf->data[50] << 8 | buf->data[51], want);
        ixl_pkt_buf_free(buf);
        rig_free(rig);
    }
}

/* ---- anything ------------------------------------------------------------------------------- */

static void scribble(struct vio_ring *r, unsigned places)
{
    for (unsigned i = 0; i < places; i++) {
        unsigned what = any() % 4;
        if (what == 0)
            r->device[any() % (r->packed ? 2 : 4)] = (uint16_t)any();
        else if (what == 1 && !r->packed)
            r->device[2 + any() % (4 * (r->mask + 1))] = (uint16_t)(any() % 3 ? any() % 80 : any());
        else if (r->packed)
            r->desc[any() & r->mask].rest =
                (uint64_t)any() << 48 | (uint64_t)(any() % 70) << 32 | any() % 4096;
    }
}

/* A buffer the driver waits for is used as it should be, whatever lies in the ring. */
static void use_one_right(struct rig *rig)
{
    struct vio_rxq *q = rig_rxq(rig);
    uint32_t id = any() & q->ring.mask;

    if (!q->slot[id])
        return;
    memset(q->slot[id]->data - q->header, 0, q->header);
    q->slot[id]->data[10 - (int)q->header] = 1;
    rig->rx.used = (uint16_t)(q->ring.packed ? q->cons & q->ring.mask : q->cons);
    rig->rx.used_wrap = !(q->cons & (q->ring.mask + 1));
    rig_use(rig, &rig->rx, id, q->header + 30, 1);
}

static void random_writes_do_no_harm(void **state)
{
    (void)state;
    for (unsigned life = 0; life < 600; life++) {
        struct rig *rig = rig_new(kinds[life % KINDS], NULL);
        for (unsigned step = 0; step < 60; step++) {
            struct pkt_buf *bufs[16];
            if (any() % 3 == 0) {
                struct pkt_buf *buf = rig_frame(rig, 100 + any() % 4000, step);
                if (rig_tx(rig, &buf, 1) != 1)
                    ixl_pkt_buf_free(buf);
            }
            if (any() % 2)
                use_one_right(rig);
            if (any() % 8 == 0)
                scribble(rig->rx.ring, 1 + any() % 4);
            if (any() % 8 == 0)
                scribble(rig->tx.ring, 1 + any() % 4);
            int n = rig_rx(rig, bufs, 16);
            assert_true(n <= 16);
            for (int i = 0; i < n; i++) {
                for (const struct pkt_buf *b = bufs[i]; b; b = b->next)
                    assert_in_range(b->size, 1, 2048);
                ixl_pkt_buf_free(bufs[i]);
            }
            rig->v.base.txq[0]->reclaim(rig->v.base.txq[0]);
        }
        rig_free(rig); /* where every buffer is accounted for */
    }
}

/* ---- the device says that it is broken ------------------------------------------------------ */

static void a_device_that_needs_a_reset_is_told(void **state)
{
    struct rig *rig = rig_new(VIO_F_STATUS, NULL);
    struct ixl_link link;

    (void)state;
    rig->regs[0x14] = 0x0f;
    rig->regs[0x2006] = 1;
    assert_int_equal(vio_get_link(&rig->v.base, &link), 0);
    assert_true(link.up);
    rig->regs[0x14] = 0x4f;
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(vio_get_link(&rig->v.base, &link), -IXL_EIO);
    assert_int_equal(vio_update_stats(&rig->v.base), -IXL_EIO);
    assert_int_equal(rig_errors, 1);
    assert_non_null(strstr(rig_last, "reset"));
    rig_free(rig);
}

/* A device that answers no command is waited for, but not for ever, and not again. */
static void a_command_without_answer_ends(void **state)
{
    struct rig *rig = rig_new(VIO_F_CTRL_VQ | VIO_F_CTRL_RX, NULL);

    (void)state;
    rig->regs[0x14] = 0x0f;
    assert_int_equal(vio_set_features(&rig->v.base, rig->v.base.set.active ^ IXL_FEAT_PROMISC),
                     -IXL_ETIMEDOUT);
    assert_int_equal(vio_set_features(&rig->v.base, rig->v.base.set.active ^ IXL_FEAT_PROMISC),
                     -IXL_ETIMEDOUT);
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_a_receive_queue_never_gave_end_it),
        cmocka_unit_test(a_buffer_used_twice_is_handed_out_once),
        cmocka_unit_test(a_buffer_that_is_back_cannot_be_used_again),
        cmocka_unit_test(ids_a_send_queue_never_gave_end_it),
        cmocka_unit_test(a_frame_used_twice_returns_once),
        cmocka_unit_test(indices_that_run_ahead_end_the_ring),
        cmocka_unit_test(lengths_that_cannot_be_drop_the_frame),
        cmocka_unit_test(many_small_pieces_stay_in_bounds),
        cmocka_unit_test(a_frame_of_no_or_too_many_buffers_is_dropped),
        cmocka_unit_test(unfinished_checksums_are_finished_or_dropped),
        cmocka_unit_test(checksums_span_the_pieces),
        cmocka_unit_test(random_writes_do_no_harm),
        cmocka_unit_test(a_device_that_needs_a_reset_is_told),
        cmocka_unit_test(a_command_without_answer_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
