// SPDX-License-Identifier: MIT
//
// Figures, and the three ways of showing them.
#ifndef BENCH_RECORD_H
#define BENCH_RECORD_H

#include "pair.h"

#include <stdio.h>

struct record {
    const struct subject *subject;
    const char *device;
    enum bench_op op;
    unsigned batch;
    bool evicted;
    double cycles_min, cycles_median; // per packet
    double instructions;              // per packet; negative if not counted
};

struct records {
    struct record *list;
    size_t count, room;
};

// Returns false without memory.
bool records_add(struct records *records, const struct record *record);
void records_free(struct records *records);

// A copy of those of one device; empty without memory.
struct records records_of_device(const struct records *records, const char *device);

// The record of that case, or NULL.
const struct record *records_find(const struct records *records, const struct subject *subject,
                                  enum bench_op op, unsigned batch, bool evicted);

// What was measured, and with what.
struct report_setting {
    const char *device;
    const char *build; // of DPDK: "generic", "native" or NULL
    unsigned ring, repeats, in_a_row;
    int core;
    const struct subject *const *subjects;
    size_t subject_count;
    unsigned const *batches;
    size_t batch_count;
};

void report_text(FILE *out, const struct records *records, const struct report_setting *setting);
void report_json(FILE *out, const struct records *records);
void report_svg(FILE *out, const struct records *records, const struct report_setting *setting);

// The ratios that the project has set itself, with what was measured.
void report_targets(FILE *out, const struct records *records);

// How the other devices compare with the first one.
void report_devices(FILE *out, const struct records *records);

#endif
