// SPDX-License-Identifier: MIT
//
// The command line of ixl-bench.
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include "pair.h"

enum { OPTIONS_MAX_BATCHES = 16 };

struct options_count {
    char name[96];
    double events;
};

struct options {
    const char *devices;                 // a list
    const char *subjects, *ops, *caches; // the latter: lists, or NULL
    const char *json, *svg;
    unsigned batches[OPTIONS_MAX_BATCHES];
    size_t batch_count;
    unsigned ring, repeats;
    unsigned in_a_row; // calls; fewer where the ring has no frames for them
    int core;
    bool check, count; // only these
    struct options_count *counts;
    size_t counts_length;
};

// Ends the program after --help or with a message.
void options_parse(struct options *options, int argc, char **argv);
void options_free(struct options *options);

// Is the word in the comma-separated list? A NULL list has all words.
bool options_has_word(const char *list, const char *word);
bool options_has_op(const struct options *options, enum bench_op op);

// The events counted under that name, or -1.
double options_count(const struct options *options, const char *name);

#endif
