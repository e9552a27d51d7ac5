// SPDX-License-Identifier: MIT

#include "options.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEY_COUNT = 256, KEY_CHECK, KEY_INSTRUCTIONS, KEY_SVG, KEY_CACHE, KEY_ROW };

const char *argp_program_version = "ixl-bench 1";

static char const doc[] =
    "Measures what a driver costs per packet, on NICs made of memory: cycles of "
    "the calls alone, the hardware's part being played between them."
    "\vEvery subject is checked (order, contents, no buffer in two places) "
    "before anything is timed. scripts/bench prepares and runs it all.";

static const struct argp_option argp_options[] = {
    { "device", 'd', "LIST", 0, "NICs to play, of 82599, 82576, i350, 82574, 82540em (82599)", 0 },
    { "subject", 's', "LIST", 0, "of floor, dpdk, ixl (all)", 0 },
    { "op", 'o', "LIST", 0, "of rx, tx, fwd, exchange (all)", 0 },
    { "batch", 'b', "LIST", 0, "packets per call (1,4,8,32,64,256)", 0 },
    { "cache", KEY_CACHE, "LIST", 0, "of hot, evicted (both)", 0 },
    { "ring", 'r', "N", 0, "descriptors per ring (512)", 0 },
    { "repeats", 'n', "N", 0, "samples per figure (200)", 0 },
    { "in-a-row", KEY_ROW, "N", 0, "calls between two readings of the clock when hot (1)", 0 },
    { "core", 'c', "N", 0, "core to run on (the last one)", 0 },
    { "json", 'j', "FILE", 0, "write the figures as JSON (-: to the output)", 0 },
    { "svg", KEY_SVG, "FILE", 0, "draw the figures", 0 },
    { "check", KEY_CHECK, 0, 0, "only check the subjects", 0 },
    { "count", KEY_COUNT, 0, 0, "only count instructions, under callgrind", 0 },
    { "instructions", KEY_INSTRUCTIONS, "FILE", 0,
      "what --count found, a name and a number per line", 0 },
    { 0 },
};

static unsigned parse_number(struct argp_state *state, const char *text, unsigned least,
                             unsigned most)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || value < least || value > most)
        argp_error(state, "'%s' is no number from %u to %u", text, least, most);
    return (unsigned)value;
}

static void parse_batches(struct argp_state *state, struct options *options, char *list)
{
    options->batch_count = 0;
    for (char *at = strtok(list, ","); at; at = strtok(NULL, ",")) {
        if (options->batch_count == OPTIONS_MAX_BATCHES)
            argp_error(state, "too many batches");
        options->batches[options->batch_count++] = parse_number(state, at, 1, SUBJECT_MAX_BATCH);
    }
    if (options->batch_count == 0)
        argp_error(state, "no batch given");
}

static void check_words(struct argp_state *state, const char *list, const char *known)
{
    char *copy = strdup(list);
    for (char *at = strtok(copy, ","); at; at = strtok(NULL, ","))
        if (!options_has_word(known, at))
            argp_error(state, "'%s' is none of %s", at, known);
    free(copy);
}

static void read_counts(struct argp_state *state, struct options *options, const char *path)
{
    FILE *in = fopen(path, "r");
    if (!in)
        argp_failure(state, EXIT_FAILURE, 0, "cannot read %s", path);

    struct options_count line;
    while (in && fscanf(in, "%95s %lf", line.name, &line.events) == 2) {
        size_t size = (options->counts_length + 1) * sizeof line;
        struct options_count *counts = realloc(options->counts, size);
        if (!counts)
            break;
        options->counts = counts;
        options->counts[options->counts_length++] = line;
    }
    if (in)
        fclose(in);
}

static void check_ring(struct argp_state *state, struct options *options)
{
    if (options->ring & (options->ring - 1))
        argp_error(state, "the ring's size must be a power of two");
    for (size_t i = 0; i < options->batch_count; i++)
        if (options->batches[i] > options->ring / 2)
            argp_error(state, "a batch must not exceed half of the ring");
}

static error_t parse_list(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case 'd':
        check_words(state, options->devices = arg, memnic_models);
        return 0;
    case 's':
        check_words(state, options->subjects = arg, "floor,dpdk,ixl");
        return 0;
    case 'o':
        check_words(state, options->ops = arg, "rx,tx,fwd,exchange");
        return 0;
    case KEY_CACHE:
        check_words(state, options->caches = arg, "hot,evicted");
        return 0;
    case 'b':
        parse_batches(state, options, arg);
        return 0;
    case KEY_INSTRUCTIONS:
        read_counts(state, options, arg);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case 'j':
        options->json = arg;
        return 0;
    case KEY_SVG:
        options->svg = arg;
        return 0;
    case KEY_CHECK:
        options->check = true;
        return 0;
    case KEY_COUNT:
        options->count = true;
        return 0;
    case 'r':
        options->ring = parse_number(state, arg, 128, MEMNIC_MAX_RING / 4);
        return 0;
    case 'n':
        options->repeats = parse_number(state, arg, 1, 1000000);
        return 0;
    case KEY_ROW:
        options->in_a_row = parse_number(state, arg, 1, 64);
        return 0;
    case 'c':
        options->core = (int)parse_number(state, arg, 0, 1023);
        return 0;
    case ARGP_KEY_END:
        check_ring(state, options);
        return 0;
    default:
        return parse_list(key, arg, state);
    }
}

void options_parse(struct options *options, int argc, char **argv)
{
    *options = (struct options){
        .devices = "82599",
        .batches = { 1, 4, 8, 32, 64, 256 },
        .batch_count = 6,
        .ring = 512,
        .repeats = 200,
        .in_a_row = 1,
        .core = (int)sysconf(_SC_NPROCESSORS_ONLN) - 1,
    };
    struct argp argp = { .options = argp_options, .parser = parse_option, .doc = doc };
    argp_parse(&argp, argc, argv, 0, NULL, options);
}

void options_free(struct options *options)
{
    free(options->counts);
}

bool options_has_word(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = list; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, word, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return list == NULL;
}

bool options_has_op(const struct options *options, enum bench_op op)
{
    return options_has_word(options->ops, pair_op_name(op));
}

double options_count(const struct options *options, const char *name)
{
    for (size_t i = 0; i < options->counts_length; i++)
        if (strcmp(options->counts[i].name, name) == 0)
            return options->counts[i].events;
    return -1;
}
