// SPDX-License-Identifier: MIT
/*
 * Virtqueues, the device's side: split (2.7) and packed (2.8). The device looks for buffers only
 * after it was told of some, until it finds none; before it stops it asks to be told and looks once
 * more. A driver that forgets a notification is therefore found out.
 */
#include <string.h>

#include "bytes.h"
#include "virtio.h"

enum {
    D_NEXT = 1,
    D_WRITE = 2,
    D_INDIRECT = 4,
    D_AVAIL = 1 << 7,
    D_USED = 1 << 15,
    EV_ENABLE = 0,
    EV_DISABLE = 1,
    EV_DESC = 2,
};

/* Orders what was written to memory before what is read from it next. ThreadSanitizer knows no
 * fences. */
static void full_barrier(void)
{
#ifdef __SANITIZE_THREAD__
    static unsigned word;
    __atomic_fetch_add(&word, 1, __ATOMIC_SEQ_CST);
#else
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

static bool load16(struct sim_nic *nic, uint64_t at, uint16_t *out)
{
    uint8_t raw[2] = { 0, 0 };
    bool ok = sim_dma_read(nic, at, raw, 2);

    *out = sim_get_le16(raw);
    return ok;
}

static bool store16(struct sim_nic *nic, uint64_t at, uint16_t val)
{
    uint8_t raw[2];

    sim_put_le16(raw, val);
    return sim_dma_write(nic, at, raw, 2);
}

static bool add_buffer(struct sim_nic *nic, unsigned queue, struct chain *c, const uint8_t raw[16],
                       uint16_t flags)
{
    struct virtbuf *b = &c->buf[c->n];

    if (c->n == VIRTIO_CHAIN) {
        virtio_broken(nic, "a chain is longer than the ring, or turns in a circle", queue);
        return false;
    }
    b->addr = sim_get_le64(raw);
    b->len = sim_get_le32(raw + 8);
    b->write = flags & D_WRITE;
    if (flags & D_INDIRECT)
        virtio_broken(nic, "an indirect descriptor, which was not agreed on", queue);
    else if (b->len == 0)
        virtio_broken(nic, "a descriptor of length 0", queue);
    else if (!b->write && c->n > 0 && c->buf[c->n - 1].write)
        virtio_broken(nic, "a readable descriptor behind a writable one (2.7.4.2)", queue);
    else
        c->n++;
    return !(((struct virtio *)sim_state(nic))->status & S_NEEDS_RESET);
}

/* ---- split ---------------------------------------------------------------------------------- */

static bool peek_split(struct sim_nic *nic, unsigned queue, struct chain *c)
{
    struct virtio *s = sim_state(nic);
    struct virtq *q = &s->q[queue];
    uint16_t idx, at, flags;
    uint8_t raw[16];

    if (!load16(nic, q->driver + 2, &idx) || idx == q->avail)
        return false;
    if ((uint16_t)(idx - q->avail) > q->size) {
        virtio_broken(nic, "the available index has moved further than the ring is long", queue);
        return false;
    }
    if (!load16(nic, q->driver + 4 + 2u * (q->avail % q->size), &at))
        return false;
    c->id = at;
    c->n = 0;
    do {
        if (at >= q->size) {
            virtio_broken(nic, "a descriptor number is not below the queue's size", queue);
            return false;
        }
        if (!sim_dma_read(nic, q->desc + 16u * at, raw, 16))
            return false;
        flags = sim_get_le16(raw + 12);
        at = sim_get_le16(raw + 14);
        if (!add_buffer(nic, queue, c, raw, flags))
            return false;
    } while (flags & D_NEXT);
    c->descs = (uint16_t)c->n;
    return true;
}

static void use_split(struct sim_nic *nic, struct virtq *q, const struct used_entry *e, unsigned n)
{
    uint8_t raw[8];

    for (unsigned i = 0; i < n; i++) {
        sim_put_le32(raw, e[i].id);
        sim_put_le32(raw + 4, e[i].len);
        if (!sim_dma_write(nic, q->device + 4 + 8u * ((uint16_t)(q->used + i) % q->size), raw, 8))
            return;
    }
    q->used = (uint16_t)(q->used + n);
    store16(nic, q->device + 2, q->used);
}

static bool wants_split(struct sim_nic *nic, struct virtq *q, uint16_t before)
{
    struct virtio *s = sim_state(nic);
    uint16_t flags, event;

    if (!has(s, F_EVENT_IDX))
        return load16(nic, q->driver, &flags) && !(flags & 1);
    return load16(nic, q->driver + 4 + 2u * q->size, &event) &&
           (uint16_t)(q->used - event - 1) < (uint16_t)(q->used - before);
}

static void ask_split(struct sim_nic *nic, struct virtq *q, bool on)
{
    struct virtio *s = sim_state(nic);

    if (!has(s, F_EVENT_IDX))
        store16(nic, q->device, on ? 0 : 1);
    else if (on)
        store16(nic, q->device + 4 + 8u * q->size, q->avail);
}

/* ---- packed --------------------------------------------------------------------------------- */

static bool peek_packed(struct sim_nic *nic, unsigned queue, struct chain *c)
{
    struct virtio *s = sim_state(nic);
    struct virtq *q = &s->q[queue];
    uint16_t at = q->avail, flags;
    bool wrap = q->avail_wrap;
    uint8_t raw[16];

    c->n = c->descs = 0;
    do {
        if (!sim_dma_read(nic, q->desc + 16u * at + 8, raw + 8, 8))
            return false;
        flags = sim_get_le16(raw + 14);
        if (!!(flags & D_AVAIL) != wrap || !!(flags & D_USED) == wrap) {
            if (c->n)
                virtio_broken(
                    nic, "the first descriptor of a chain was handed over before the rest", queue);
            return false;
        }
        /* the rest of it only once the flags say that it is there */
        if (!sim_dma_read(nic, q->desc + 16u * at, raw, 8) ||
            !add_buffer(nic, queue, c, raw, flags))
            return false;
        c->id = sim_get_le16(raw + 12);
        if (++at == q->size) {
            at = 0;
            wrap = !wrap;
        }
    } while (flags & D_NEXT);
    c->descs = (uint16_t)c->n;
    return true;
}

/* The first of several last: it releases the others. */
static void use_packed(struct sim_nic *nic, struct virtq *q, const struct used_entry *e, unsigned n)
{
    uint16_t at[VIRTIO_CHAIN];
    bool wrap[VIRTIO_CHAIN];
    uint8_t raw[16] = { 0 };

    for (unsigned i = 0; i < n; i++) {
        at[i] = q->used;
        wrap[i] = q->used_wrap;
        q->used = (uint16_t)(q->used + e[i].descs);
        if (q->used >= q->size) {
            q->used = (uint16_t)(q->used - q->size);
            q->used_wrap = !q->used_wrap;
        }
    }
    for (unsigned i = n; i-- > 0;) {
        sim_put_le32(raw, e[i].len);
        sim_put_le16(raw + 4, e[i].id);
        sim_put_le16(raw + 6, wrap[i] ? D_AVAIL | D_USED : 0);
        if (!sim_dma_write(nic, q->desc + 16u * at[i] + 8, raw, 8))
            return;
    }
}

static bool wants_packed(struct sim_nic *nic, struct virtq *q, uint16_t before)
{
    uint16_t flags, where;

    if (!load16(nic, q->driver + 2, &flags) || flags == EV_DISABLE)
        return false;
    if (flags == EV_ENABLE)
        return true;
    struct virtio *s = sim_state(nic);
    if (flags != EV_DESC || !has(s, F_EVENT_IDX) || !load16(nic, q->driver, &where)) {
        sim_violation(nic, "event suppression flags 0x%x mean nothing (2.8.10)", flags);
        return true;
    }
    uint16_t event = where & 0x7fff;
    if ((where >> 15) != q->used_wrap)
        event = (uint16_t)(event - q->size);
    return (uint16_t)(q->used - event - 1) < (uint16_t)(q->used - before);
}

static void ask_packed(struct sim_nic *nic, struct virtq *q, bool on)
{
    struct virtio *s = sim_state(nic);

    if (on && has(s, F_EVENT_IDX)) {
        store16(nic, q->device, (uint16_t)(q->avail | q->avail_wrap << 15));
        store16(nic, q->device + 2, EV_DESC);
    } else {
        store16(nic, q->device + 2, on ? EV_ENABLE : EV_DISABLE);
    }
}

/* ---- both ----------------------------------------------------------------------------------- */

static bool look(struct sim_nic *nic, unsigned queue, struct chain *c)
{
    struct virtio *s = sim_state(nic);

    return has(s, F_PACKED) ? peek_packed(nic, queue, c) : peek_split(nic, queue, c);
}

static void ask(struct sim_nic *nic, struct virtq *q, bool on)
{
    struct virtio *s = sim_state(nic);

    if (has(s, F_PACKED))
        ask_packed(nic, q, on);
    else
        ask_split(nic, q, on);
}

bool virtq_peek(struct sim_nic *nic, unsigned queue, struct chain *out)
{
    struct virtio *s = sim_state(nic);
    struct virtq *q = &s->q[queue];

    if (!running(s) || !q->enabled || !q->awake)
        return false;
    if (look(nic, queue, out))
        return true;
    if (!running(s) || !sim_bus_master(nic))
        return false;
    ask(nic, q, true);
    /* the wish is in memory before the look: what came in between is seen, what comes later tells
     */
    full_barrier();
    if (look(nic, queue, out)) {
        ask(nic, q, false);
        return true;
    }
    q->awake = false;
    return false;
}

static void move(struct virtio *s, struct virtq *q, int by)
{
    int at = q->avail + by;

    if (has(s, F_PACKED)) {
        bool wraps = at >= q->size || at < 0;
        q->avail_wrap ^= wraps;
        at += at < 0 ? q->size : wraps ? -(int)q->size : 0;
    }
    q->avail = (uint16_t)at;
}

void virtq_take(struct sim_nic *nic, unsigned queue, const struct chain *c)
{
    struct virtio *s = sim_state(nic);

    move(s, &s->q[queue], has(s, F_PACKED) ? c->descs : 1);
}

void virtq_untake(struct sim_nic *nic, unsigned queue, const struct chain *c)
{
    struct virtio *s = sim_state(nic);

    move(s, &s->q[queue], has(s, F_PACKED) ? -(int)c->descs : -1);
}

void virtq_use(struct sim_nic *nic, unsigned queue, const struct used_entry *e, unsigned n)
{
    struct virtio *s = sim_state(nic);
    struct virtq *q = &s->q[queue];
    bool packed = has(s, F_PACKED);
    uint16_t before = q->used;

    if (packed)
        use_packed(nic, q, e, n);
    else
        use_split(nic, q, e, n);
    if (packed && q->used < before)
        before = (uint16_t)(before - q->size);
    /* what was used is in memory before the driver's wish is read: see virtq_peek */
    full_barrier();
    if (packed ? wants_packed(nic, q, before) : wants_split(nic, q, before))
        virtio_interrupt(nic, q);
}
