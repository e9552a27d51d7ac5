// SPDX-License-Identifier: MIT
//
// A sample is the sum over many calls, because the clock may tick in large
// steps, and because the work of a call depends on where in the ring it
// happens. What reading the clock costs is measured the same way and taken
// off.
#include "measure.h"

#include "cycles.h"

#include <stdio.h>
#include <stdlib.h>
#ifdef HAVE_CALLGRIND
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_ZERO_STATS
#define CALLGRIND_TOGGLE_COLLECT
#define CALLGRIND_DUMP_STATS_AT(name) ((void)(name))
#endif

enum {
    HOT_PACKETS = 1024,   // in a sample; two laps of a ring of 512
    EVICTED_PACKETS = 64, // in a sample, and at least EVICTED_CALLS calls
    EVICTED_CALLS = 8,
};

static unsigned calls_of(struct measure_case what)
{
    if (!what.evicted)
        return HOT_PACKETS / what.batch > 4 ? HOT_PACKETS / what.batch : 4;
    unsigned calls = EVICTED_PACKETS / what.batch;
    return calls > EVICTED_CALLS ? calls : EVICTED_CALLS;
}

// Calls between two readings of the clock.
static unsigned row_of(struct measure_case what)
{
    return what.evicted || what.in_a_row == 0 ? 1 : what.in_a_row;
}

static unsigned nothing(void *self, unsigned batch)
{
    (void)self;
    return batch;
}

// Time of one call, or 0 if it did not do all.
static uint64_t time_call(subject_run *run, void *self, unsigned batch)
{
    uint64_t begin = cycles_begin();
    unsigned done = run(self, batch);
    uint64_t end = cycles_end();
    return done == batch ? end - begin : 0;
}

// The same for calls that follow each other, as those of a program that polls do.
static uint64_t time_row(subject_run *run, void *self, unsigned batch, unsigned calls)
{
    unsigned done = 0;
    uint64_t begin = cycles_begin();
    for (unsigned call = 0; call < calls; call++)
        done += run(self, batch);
    uint64_t end = cycles_end();
    return done == batch * calls ? end - begin : 0;
}

// Cycles that an empty call seems to take.
static double find_overhead(void)
{
    double least = 0;
    subject_run *volatile run = nothing;
    for (unsigned i = 0; i < 50; i++) {
        uint64_t sum = 0;
        for (unsigned call = 0; call < HOT_PACKETS; call++)
            sum += time_call(run, NULL, 1);
        double mean = (double)sum / HOT_PACKETS;
        if (least == 0 || mean < least)
            least = mean;
    }
    return least;
}

// Everything that belongs to the pair goes to the third level cache; then the
// decoy's call brings the code back.
static bool evict(const struct contender *c, unsigned batch, struct evictor *evictor)
{
    struct pair *decoy = c->decoy;
    bool fed = pair_feed(decoy, batch) == batch;
    evictor_run(evictor);
    return fed && decoy->subject->run[decoy->op](decoy->self, batch) == batch;
}

// Cycles of so many rows of calls, or 0 after a failure.
static uint64_t time_rows(const struct contender *c, struct measure_case what, unsigned rows,
                          struct evictor *evictor)
{
    subject_run *run = c->pair->subject->run[c->pair->op];
    unsigned row = row_of(what), packets = row * what.batch;
    uint64_t sum = 0;
    for (unsigned i = 0; i < rows; i++) {
        bool ready = pair_feed(c->pair, packets) == packets;
        if (what.evicted)
            ready = evict(c, what.batch, evictor) && ready;
        uint64_t took = row == 1 ? time_call(run, c->pair->self, what.batch)
                                 : time_row(run, c->pair->self, what.batch, row);
        pair_drain(c->pair, packets);
        if (what.evicted)
            pair_drain(c->decoy, what.batch);
        if (took == 0 || !ready)
            return 0;
        sum += took;
    }
    return sum;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static struct measure_result summarise(double *samples, unsigned count)
{
    qsort(samples, count, sizeof *samples, by_size);
    return (struct measure_result){ .minimum = samples[0],
                                    .median = samples[count / 2],
                                    .valid = samples[0] > 0 };
}

// One sample, in cycles per packet; negative after a failure.
static double sample(const struct contender *c, struct measure_case what, double overhead,
                     struct evictor *evictor)
{
    unsigned row = row_of(what), rows = (calls_of(what) + row - 1) / row;
    struct measure_case warm = { .batch = what.batch, .in_a_row = row };
    if (!time_rows(c, warm, (calls_of(warm) + row - 1) / row, NULL))
        return -1;
    uint64_t cycles = time_rows(c, what, rows, evictor);
    if (cycles == 0)
        return -1;
    double net = (double)cycles - overhead * rows;
    return net / ((double)rows * row * what.batch);
}

void measure(const struct contender *contenders, unsigned count, struct measure_case what,
             unsigned repeats, struct evictor *evictor, struct measure_result *results)
{
    double *samples = calloc((size_t)count * repeats, sizeof *samples);
    if (!samples)
        return;

    double overhead = find_overhead();
    for (unsigned r = 0; r < repeats; r++)
        for (unsigned i = 0; i < count; i++)
            if (contenders[i].pair)
                samples[(size_t)i * repeats + r] = sample(&contenders[i], what, overhead, evictor);
    for (unsigned i = 0; i < count; i++)
        if (contenders[i].pair)
            results[i] = summarise(&samples[(size_t)i * repeats], repeats);
    free(samples);
}

unsigned measure_packets(unsigned batch)
{
    return calls_of((struct measure_case){ .batch = batch }) * batch;
}

unsigned measure_calls(unsigned batch)
{
    return calls_of((struct measure_case){ .batch = batch });
}

void measure_instructions(struct pair *pair, unsigned batch, const char *name)
{
    subject_run *volatile run = pair ? pair->subject->run[pair->op] : nothing;
    struct measure_case what = { .batch = batch };
    if (pair)
        time_rows(&(struct contender){ .pair = pair }, what, calls_of(what), NULL);

    CALLGRIND_ZERO_STATS;
    for (unsigned call = 0; call < calls_of(what); call++) {
        if (pair)
            pair_feed(pair, batch);
        CALLGRIND_TOGGLE_COLLECT;
        run(pair ? pair->self : NULL, batch);
        CALLGRIND_TOGGLE_COLLECT;
        if (pair)
            pair_drain(pair, batch);
    }
    CALLGRIND_DUMP_STATS_AT(name);
}
