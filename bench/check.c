// SPDX-License-Identifier: MIT
#include "check.h"

#include "audit.h"
#include "packet.h"
#include "pair.h"

#include <stdio.h>

enum { LAPS = 20 };

struct checker {
    const struct subject *subject;
    struct audit *audit;
    struct pair *pair;
    bool hash; // is recorded, and there is one
    uint64_t filled;
    unsigned unsent; // given to the hardware, which has not sent them yet
};

static void see(void *arg, const struct subject_packet *packet)
{
    struct checker *c = arg;
    struct memnic_meta meta = memnic_meta(audit_count(c->audit));
    if (c->hash && packet->rss_hash != meta.rss_hash)
        audit_fail(c->audit, "a wrong RSS hash");
    if (c->subject->vlan && packet->vlan != meta.vlan)
        audit_fail(c->audit, "a wrong VLAN tag");
    audit_packet(c->audit, packet->data, packet->length);
}

static void fill(void *arg, uint8_t *data)
{
    struct checker *c = arg;
    packet_write(data, c->filled++);
}

static unsigned call(struct checker *c, unsigned batch)
{
    struct subject_tap tap = { .see = see, .fill = fill, .arg = c };
    void *self = c->pair->self;
    switch (c->pair->op) {
    case OP_RX:
        return c->subject->rx_tapped(self, batch, &tap);
    case OP_TX:
        return c->subject->tx_tapped(self, batch, &tap);
    default:
        return c->subject->run[c->pair->op](self, batch);
    }
}

// The hardware is behind by a varying number of packets, so that a buffer that
// is taken back too early is seen.
static void drain(struct checker *c, unsigned behind)
{
    unsigned ready = c->unsent > behind ? c->unsent - behind : 0;
    if (pair_drain(c->pair, ready) != ready)
        audit_fail(c->audit, "packets handed over, but not sent");
    c->unsent -= ready;
}

static void run_batch(struct checker *c, unsigned batch)
{
    if (pair_feed(c->pair, batch) != batch)
        audit_fail(c->audit, "receive buffers not given back in time");
    else if (call(c, batch) != batch)
        audit_fail(c->audit, "a call that did less than was possible");
    else if (c->pair->op != OP_RX)
        c->unsent += batch;
}

// Batches of 1, 2, 3 ... so that every alignment in the ring is met.
static void run_laps(struct checker *c, unsigned ring)
{
    uint64_t done = 0, wanted = (uint64_t)LAPS * ring;
    unsigned most = ring / 4 < SUBJECT_MAX_BATCH ? ring / 4 : SUBJECT_MAX_BATCH;
    for (unsigned i = 0; done < wanted && !audit_failure(c->audit); i++) {
        unsigned batch = i % most + 1;
        run_batch(c, batch);
        done += batch;
        if (!audit_failure(c->audit))
            drain(c, i * 7 % (ring / 8));
    }
    if (!audit_failure(c->audit))
        drain(c, 0);
    if (!audit_failure(c->audit) && audit_count(c->audit) != done)
        audit_fail(c->audit, "packets lost");
}

bool check_subject(const struct subject *subject, const struct memnic_model *model, unsigned ring,
                   enum bench_op op)
{
    bool forwards = op == OP_FWD || op == OP_EXCHANGE;
    struct checker c = { .subject = subject, .audit = audit_create(forwards, subject->offload) };
    c.hash = subject->hash && model->format != MEMNIC_LEGACY;
    if (!c.audit)
        return false;

    bool good = false;
    c.pair = pair_open(subject, model, ring, op, c.audit);
    if (c.pair) {
        run_laps(&c, ring);
        good = audit_failure(c.audit) == NULL;
        if (!good)
            fprintf(stderr, "%s (%s), %s: %s after %llu packets\n", subject->name, subject->variant,
                    pair_op_name(op), audit_failure(c.audit),
                    (unsigned long long)audit_count(c.audit));
        pair_close(c.pair);
    }
    audit_destroy(c.audit);
    return good;
}
