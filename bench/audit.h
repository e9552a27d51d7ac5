// SPDX-License-Identifier: MIT
//
// The audit of a run: every packet arrives once, whole and in order, and no
// buffer is ever in two places. Used before anything is timed.
#ifndef BENCH_AUDIT_H
#define BENCH_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

struct audit;

// `touched`: the packets come forwarded, with their first byte changed.
// `checksums`: the hardware is asked to fill in those of every packet sent.
struct audit *audit_create(bool touched, bool checksums);
void audit_destroy(struct audit *audit);

// The first thing that was wrong, or NULL.
const char *audit_failure(const struct audit *audit);

// A buffer was handed to the hardware, or given back by it.
void audit_give(struct audit *audit, const void *buffer);
void audit_take_back(struct audit *audit, const void *buffer);

// The next packet, as the program received it or as the hardware was told to
// send it.
void audit_packet(struct audit *audit, const void *data, uint32_t length);

bool audit_wants_checksums(const struct audit *audit);

// Packets that have passed audit_packet.
uint64_t audit_count(const struct audit *audit);

void audit_fail(struct audit *audit, const char *reason);

#endif
