// SPDX-License-Identifier: MIT
/* VLAN tags: taken out, inserted, filtered. */
#include <pthread.h>
#include <stdatomic.h>

#include "tests/common/cases.h"
#include "tests/common/stage.h"

#define SIZE 100u /* of a frame without its tag */

/* An outer tag behind the addresses, the rest of the frame after it. */
static void send_tagged(struct stage *s, uint16_t tci, uint32_t number)
{
    struct pkt_buf *buf = frame_make(s, SIZE, s->mac, number);
    assert_non_null(buf);
    memmove(buf->data + 16, buf->data + 12, SIZE - 12);
    memcpy(buf->data + 12, (const uint8_t[]){ 0x81, 0, (uint8_t)(tci >> 8), (uint8_t)tci }, 4);
    buf->size = SIZE + 4;
    assert_int_equal(ixl_tx_batch(s->dev, 0, &buf, 1), 1);
    ixl_tx_reclaim(s->dev, 0);
}

/* The frame number `number`, which has this tag, in it or out of it: true if out of it. */
static bool check_tagged(struct pkt_buf *buf, uint16_t tci, uint32_t number)
{
    bool out = buf->flags & IXL_RX_VLAN;
    if (out) {
        assert_int_equal(buf->vlan_tci, tci);
    } else {
        assert_int_equal(buf->size, SIZE + 4);
        assert_int_equal(buf->data[12] << 8 | buf->data[13], 0x8100);
        assert_int_equal(buf->data[14] << 8 | buf->data[15], tci);
        memmove(buf->data + 12, buf->data + 16, SIZE - 12);
        buf->size = SIZE;
    }
    assert_int_equal(buf->size, SIZE);
    assert_int_equal(frame_check(buf), number);
    ixl_pkt_buf_free(buf);
    return out;
}

static bool taken_out(struct stage *s, uint16_t tci, uint32_t number)
{
    send_tagged(s, tci, number);
    return check_tagged(frame_await(s, 0), tci, number);
}

/* Stripping, and what hangs on the same switch. */
static uint64_t strip_switch(struct stage *s)
{
    struct ixl_features f;
    assert_int_equal(ixl_get_features(s->dev, &f), 0);
    assert_true(f.changeable & IXL_FEAT_RX_VLAN_STRIP);
    return f.together & IXL_FEAT_RX_VLAN_STRIP ? f.together : IXL_FEAT_RX_VLAN_STRIP;
}

/* Opens the device; false, and closed, if it has not all of these features. */
static bool open_with(struct stage *s, uint64_t features)
{
    struct ixl_dev_cfg cfg = polling();
    stage_open(s, "", &cfg);
    if (!supports(s, features)) {
        assert_int_equal(ixl_set_features(s->dev, features, 0), -IXL_ENOTSUP);
        stage_close(s);
        return false;
    }
    stage_ready(s);
    return true;
}

void tags_stay_in_frames_at_first(void **state)
{
    struct stage s;

    (void)state;
    open_with(&s, 0);
    assert_false(taken_out(&s, 5, 1));
    assert_false(taken_out(&s, 0xefff, 2));
    stage_close(&s);
}

void tags_are_taken_out_when_asked(void **state)
{
    struct stage s;

    (void)state;
    if (!open_with(&s, IXL_FEAT_RX_VLAN_STRIP))
        return;
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(ixl_set_features(s.dev, strip_switch(&s), 0), 0);
        assert_true(taken_out(&s, 5, 10 + i));
        assert_true(taken_out(&s, 0xefff, 20 + i));
        frame_send(&s, SIZE, s.mac, 30 + i); /* without a tag: as ever */
        struct pkt_buf *buf = frame_await(&s, 0);
        assert_int_equal(buf->flags & IXL_RX_VLAN, 0);
        assert_int_equal(frame_check(buf), 30 + i);
        ixl_pkt_buf_free(buf);
        assert_int_equal(ixl_set_features(s.dev, 0, strip_switch(&s)), 0);
        assert_false(taken_out(&s, 5, 40 + i));
    }
    stage_close(&s);
}

/* ---- inserting ------------------------------------------------------------------------------- */

static int try_insert(struct stage *s, uint16_t tci, uint32_t number)
{
    struct pkt_buf *buf = frame_make(s, SIZE, s->mac, number);
    assert_non_null(buf);
    buf->flags = IXL_TX_VLAN;
    buf->vlan_tci = tci;
    int sent = ixl_tx_batch(s->dev, 0, &buf, 1);
    if (sent != 1)
        ixl_pkt_buf_free(buf);
    ixl_tx_reclaim(s->dev, 0);
    return sent;
}

void tags_are_inserted_when_asked(void **state)
{
    struct ixl_features f;
    struct stage s;

    (void)state;
    if (!open_with(&s, IXL_FEAT_TX_VLAN_INSERT))
        return;
    assert_int_equal(ixl_get_features(s.dev, &f), 0);
    bool coupled = f.together & IXL_FEAT_TX_VLAN_INSERT;
    assert_true(!(f.active & IXL_FEAT_TX_VLAN_INSERT) == coupled);
    if (coupled) {
        assert_int_equal(try_insert(&s, 7, 1), -IXL_EINVAL);
        assert_int_equal(ixl_set_features(s.dev, f.together, 0), 0);
    }
    for (uint32_t i = 0; i < 40; i++) { /* tags change, so that contexts do */
        uint16_t tci = (uint16_t)(0x2000 + i / 3);
        assert_int_equal(try_insert(&s, tci, i), 1);
        assert_int_equal(check_tagged(frame_await(&s, 0), tci, i), coupled);
        frame_send(&s, SIZE, s.mac, i);
        struct pkt_buf *buf = frame_await(&s, 0);
        assert_int_equal(buf->flags & IXL_RX_VLAN, 0);
        assert_int_equal(frame_check(buf), i);
        ixl_pkt_buf_free(buf);
    }
    if (coupled) {
        assert_int_equal(ixl_set_features(s.dev, 0, f.together), 0);
        assert_int_equal(try_insert(&s, 0x2000 + 39 / 3, 2), -IXL_EINVAL);
    }
    stage_close(&s);
}

/* ---- amid traffic ---------------------------------------------------------------------------- */

struct toggler {
    struct ixl_device *dev;
    uint64_t features;
    _Atomic bool stop;
    _Atomic unsigned times;
    int err;
};

static void *toggle(void *arg)
{
    struct toggler *t = arg;
    while (!atomic_load(&t->stop) && !t->err) {
        unsigned times = atomic_fetch_add(&t->times, 1);
        unsigned idle = times % 3 * 50; /* a while, or none */
        bool on = times % 2 == 0;
        t->err = ixl_set_features(t->dev, on ? t->features : 0, on ? 0 : t->features);
        breathe(&idle);
    }
    return NULL;
}

static uint16_t tci_of(uint32_t number)
{
    return (uint16_t)(number * 7 % 4000 + 1);
}

/* Frames in numbers come and go while another thread switches stripping on and off: each has its
 * tag in it and is not flagged, or out of it and is. There are more of them than planned where that
 * thread waits long for its turn. */
void each_frame_tells_how_its_tag_was_treated(void **state)
{
    uint32_t sent = 0, received = 0, out = 0, total = scaled(on_sim() ? 20000 : 5000);
    struct toggler t = { .stop = false };
    pthread_t thread;
    struct stage s;

    (void)state;
    if (!open_with(&s, IXL_FEAT_RX_VLAN_STRIP))
        return;
    t.dev = s.dev;
    t.features = strip_switch(&s);
    assert_int_equal(pthread_create(&thread, NULL, toggle, &t), 0);
    while (received < total || (received < 50 * total && (out == 0 || out == received))) {
        while (sent - received < 100) {
            send_tagged(&s, tci_of(sent), sent);
            sent++;
        }
        struct pkt_buf *buf = frame_await(&s, 0);
        out += check_tagged(buf, tci_of(received), received);
        received++;
    }
    atomic_store(&t.stop, true);
    pthread_join(thread, NULL);
    assert_int_equal(t.err, 0);
    assert_true(atomic_load(&t.times) > 1);
    assert_in_range(out, 1, received - 1);
    stage_close(&s);
}

/* ---- filter ---------------------------------------------------------------------------------- */

/* Does a frame of this VLAN come? One without a tag, which does, tells. */
static bool comes(struct stage *s, uint16_t id)
{
    send_tagged(s, id, 1);
    frame_send(s, SIZE, s->mac, 2);
    struct pkt_buf *buf = frame_await(s, 0);
    bool first = buf->size == SIZE + 4;
    if (first) {
        check_tagged(buf, id, 1);
        buf = frame_await(s, 0);
    }
    assert_int_equal(frame_check(buf), 2);
    ixl_pkt_buf_free(buf);
    return first;
}

void only_vlans_of_the_table_come_through(void **state)
{
    const uint64_t filter = IXL_FEAT_RX_VLAN_FILTER;
    struct ixl_features f;
    struct stage s;

    (void)state;
    if (!open_with(&s, IXL_FEAT_RX_VLAN_FILTER))
        return;
    assert_int_equal(ixl_get_features(s.dev, &f), 0);
    assert_true(f.changeable & filter);
    assert_int_equal(ixl_vlan_filter_add(s.dev, 5), 0);
    assert_true(comes(&s, 6)); /* the table means nothing yet */
    assert_int_equal(ixl_set_features(s.dev, filter, 0), 0);
    assert_true(comes(&s, 5));
    assert_true(comes(&s, 0xe005)); /* whatever its priority */
    assert_false(comes(&s, 6));
    assert_false(comes(&s, 37));
    assert_int_equal(ixl_vlan_filter_add(s.dev, 4095), 0);
    assert_int_equal(ixl_vlan_filter_add(s.dev, 6), 0);
    assert_int_equal(ixl_vlan_filter_del(s.dev, 5), 0);
    assert_true(comes(&s, 4095));
    assert_true(comes(&s, 6));
    assert_false(comes(&s, 5));
    assert_int_equal(ixl_set_features(s.dev, 0, filter), 0);
    assert_true(comes(&s, 5));
    stage_close(&s);
}
