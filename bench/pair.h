// SPDX-License-Identifier: MIT
//
// A subject at work on a pair of memory NICs, with the hardware's part of each
// operation.
#ifndef BENCH_PAIR_H
#define BENCH_PAIR_H

#include "subject.h"

struct audit;

struct pair {
    const struct subject *subject;
    enum bench_op op;
    struct memnic *a, *b;
    void *self;
};

// "rx", "tx", "fwd", "exchange", and back (OP_COUNT if it is none).
const char *pair_op_name(enum bench_op op);
enum bench_op pair_op_by_name(const char *name);

// The audit may be NULL. Returns NULL after a message on stderr.
struct pair *pair_open(const struct subject *subject, const struct memnic_model *model,
                       unsigned ring, enum bench_op op, struct audit *audit);
void pair_close(struct pair *pair);

// Before a call: packets arrive, if the operation receives. Returns how many
// packets the subject can do now.
unsigned pair_feed(struct pair *pair, unsigned batch);

// After a call: the hardware sends up to `limit` packets of what it was given.
// Returns the packets.
unsigned pair_drain(struct pair *pair, unsigned limit);

#endif
