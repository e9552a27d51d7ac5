// SPDX-License-Identifier: MIT
//
// Timing: the same loop for every subject, only the subject's calls inside the
// clock.
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "evict.h"
#include "pair.h"

struct measure_case {
    unsigned batch;
    bool evicted;
    unsigned in_a_row; // calls between two readings of the clock when hot, 0 as 1
};

struct measure_result {
    double minimum, median; // cycles per packet
    bool valid;
};

// A subject's pair, and a second one that warms the code up after the caches
// have been emptied; that is needed for evicted cases only.
struct contender {
    struct pair *pair, *decoy;
};

// Times all contenders in turn, `repeats` samples each, one sample being at
// least one lap of the rings when hot. One without a pair is left out.
void measure(const struct contender *contenders, unsigned count, struct measure_case what,
             unsigned repeats, struct evictor *evictor, struct measure_result *results);

// One hot sample under callgrind, which counts what happens inside the calls
// only and files it under `name`. Without a pair the calls do nothing.
void measure_instructions(struct pair *pair, unsigned batch, const char *name);

// Calls and packets in such a sample.
unsigned measure_calls(unsigned batch);
unsigned measure_packets(unsigned batch);

#endif
