// SPDX-License-Identifier: MIT
//
// Pushing everything out of the first and second level caches, into the third,
// where a NIC with direct cache access would have put its packets.
#ifndef BENCH_EVICT_H
#define BENCH_EVICT_H

struct evictor;

struct evictor *evictor_create(void);
void evictor_destroy(struct evictor *evictor);
void evictor_run(struct evictor *evictor);

// Cycles per load of lines just read, and of lines just pushed out.
struct evictor_latency {
    double hot, evicted;
};
struct evictor_latency evictor_probe(struct evictor *evictor);

#endif
