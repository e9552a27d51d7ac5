// SPDX-License-Identifier: MIT
#include <string.h>

#include "pktgen.h"

static void count(_Atomic uint64_t *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

/* The whole frame in one piece; NULL if it is longer than any we send. */
static const uint8_t *linearise(struct receiver *r, const struct pkt_buf *buf, size_t len)
{
    size_t off = 0;

    if (!buf->next)
        return buf->data;
    if (len > sizeof(r->linear))
        return NULL;
    for (; buf; off += buf->size, buf = buf->next)
        memcpy(r->linear + off, buf->data, buf->size);
    return r->linear;
}

/* Frames of a flow stay in order; those of different flows may overtake each other. */
static bool is_late(struct receiver *r, const struct frame_id *id)
{
    size_t index = (size_t)id->stream * r->gen->template.spec.flows + id->flow;
    _Atomic uint64_t *next = &r->gen->next_seq[index];

    if (id->seq < atomic_load_explicit(next, memory_order_relaxed))
        return true;
    atomic_store_explicit(next, id->seq + 1, memory_order_relaxed);
    return false;
}

/* It came with the tag it was sent with, and the device has taken that out. */
static bool tag_fits(const struct generator *gen, const struct pkt_buf *buf)
{
    bool tagged = buf->flags & IXL_RX_VLAN;

    return tagged == gen->tagged && (!tagged || buf->vlan_tci == gen->vlan);
}

static void check(struct receiver *r, const struct pkt_buf *buf)
{
    const struct generator *gen = r->gen;
    size_t len = ixl_pkt_len(buf);
    const uint8_t *data = linearise(r, buf, len);
    struct frame_id id;

    if (!data || !frame_identify(data, len, &id))
        return;
    if (id.stream >= gen->num_senders || id.flow >= gen->template.spec.flows ||
        !tag_fits(gen, buf) || !frame_intact(&gen->template, r->scratch, data, len, &id)) {
        count(&r->corrupted, 1);
        return;
    }
    count(&r->intact, 1);
    if (is_late(r, &id))
        count(&r->late, 1);
}

static void receive_loop(struct receiver *r)
{
    struct pkt_buf *bufs[BATCH];
    unsigned rounds = 0;

    while (!atomic_load_explicit(&r->gen->receivers_end, memory_order_relaxed)) {
        int n = ixl_rx_batch(r->gen->rx_dev, r->queue, bufs, BATCH);
        if (n == 0 || n == -IXL_ENOBUFS) {
            idle(&rounds);
            continue;
        }
        if (n < 0) {
            complain_library(r->gen->rx_address, n);
            stop_request(true);
            return;
        }
        for (int i = 0; i < n; i++)
            check(r, bufs[i]);
        count(&r->frames, (uint64_t)n);
        ixl_pkt_buf_free_batch(bufs, (unsigned)n);
    }
}

static void *receive_main(void *arg)
{
    struct receiver *r = arg;

    queue_claim(r->gen->rx_dev, r->queue, r->gen->interrupts);
    receive_loop(r);
    return NULL;
}

int receivers_start(struct generator *gen)
{
    for (unsigned i = 0; i < gen->num_receivers; i++) {
        struct receiver *r = &gen->receivers[i];
        r->gen = gen;
        r->queue = (uint16_t)i;
        memcpy(r->scratch, gen->template.data, sizeof(r->scratch));
        r->running = pthread_create(&r->thread, NULL, receive_main, r) == 0;
        if (!r->running) {
            complain("cannot start a thread: too many queues for this machine?");
            return -IXL_ENOMEM;
        }
    }
    return 0;
}

void receivers_stop(struct generator *gen)
{
    atomic_store(&gen->receivers_end, true);
    for (unsigned i = 0; i < gen->num_receivers; i++) {
        if (gen->receivers[i].running)
            pthread_join(gen->receivers[i].thread, NULL);
        gen->receivers[i].running = false;
    }
}

struct receive_counts receivers_counts(const struct generator *gen)
{
    struct receive_counts sum = { 0 };

    for (unsigned i = 0; i < gen->num_receivers; i++) {
        struct receiver *r = &gen->receivers[i];
        sum.frames += atomic_load_explicit(&r->frames, memory_order_relaxed);
        sum.intact += atomic_load_explicit(&r->intact, memory_order_relaxed);
        sum.corrupted += atomic_load_explicit(&r->corrupted, memory_order_relaxed);
        sum.late += atomic_load_explicit(&r->late, memory_order_relaxed);
    }
    return sum;
}
