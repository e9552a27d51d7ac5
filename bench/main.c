// SPDX-License-Identifier: MIT
//
// ixl-bench: what a driver costs per packet, on NICs made of memory.

#include "check.h"
#include "measure.h"
#include "options.h"
#include "record.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct subject *const all_subjects[] = {
    &floor_subject,
#ifdef BENCH_DPDK
    &dpdk_vector_subject, &dpdk_scalar_subject, &dpdk_offload_subject,
#endif
#ifdef BENCH_IXL
    &ixl_subject,         &ixl_offload_subject,
#endif
};

enum { SUBJECTS = sizeof all_subjects / sizeof all_subjects[0] };

#ifndef BENCH_DPDK
#define BENCH_DPDK_BUILD NULL
#endif

// A subject on a device.
struct entry {
    const struct subject *subject;
    const struct memnic_model *model;
};

enum { ENTRIES = SUBJECTS * MEMNIC_MODELS };

struct bench {
    struct options options;
    struct evictor *evictor;
    struct evictor_latency latency;
    const struct memnic_model *models[MEMNIC_MODELS]; // the chosen ones
    size_t model_count;
    struct entry entries[ENTRIES]; // what is measured, interleaved
    size_t entry_count;
    struct records records;
    bool failed;
};

// Timing happens on one core; start-up is left to all of them, because it has
// threads of its own.
static void pin_to(int core)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (core >= 0)
        CPU_SET((size_t)core, &set);
    for (size_t i = 0; core < 0 && i < CPU_SETSIZE; i++)
        CPU_SET(i, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0)
        perror("ixl-bench: cannot choose the core");
}

static void choose_models(struct bench *bench)
{
    char *list = strdup(bench->options.devices), *rest = NULL;
    for (char *name = list ? strtok_r(list, ",", &rest) : NULL; name;
         name = strtok_r(NULL, ",", &rest))
        if (bench->model_count < MEMNIC_MODELS)
            bench->models[bench->model_count++] = memnic_find_model(name);
    free(list);
}

static bool chosen(const struct bench *bench, const struct subject *s,
                   const struct memnic_model *model)
{
    return (!s->plays_on || s->plays_on(model)) &&
           options_has_word(bench->options.subjects, s->name);
}

static void choose_entries(struct bench *bench)
{
    for (size_t m = 0; m < bench->model_count; m++)
        for (size_t i = 0; i < SUBJECTS; i++)
            if (chosen(bench, all_subjects[i], bench->models[m]))
                bench->entries[bench->entry_count++] =
                    (struct entry){ all_subjects[i], bench->models[m] };
}

static void check_op(struct bench *bench, enum bench_op op)
{
    for (size_t i = 0; i < bench->entry_count; i++) {
        const struct entry *e = &bench->entries[i];
        if (e->subject->run[op] && !check_subject(e->subject, e->model, bench->options.ring, op))
            bench->failed = true;
    }
}

static struct pair *open_pair(struct bench *bench, const struct entry *e, enum bench_op op)
{
    struct pair *pair = pair_open(e->subject, e->model, bench->options.ring, op, NULL);
    if (!pair)
        bench->failed = true;
    return pair;
}

static void open_pairs(struct bench *bench, enum bench_op op, struct contender *contenders)
{
    bool evicted = !bench->options.count && options_has_word(bench->options.caches, "evicted");
    for (size_t i = 0; i < bench->entry_count; i++) {
        contenders[i] = (struct contender){ 0 };
        if (!bench->entries[i].subject->run[op])
            continue;
        contenders[i].pair = open_pair(bench, &bench->entries[i], op);
        if (evicted)
            contenders[i].decoy = open_pair(bench, &bench->entries[i], op);
    }
}

static void close_pairs(struct bench *bench, struct contender *contenders)
{
    for (size_t i = 0; i < bench->entry_count; i++) {
        pair_close(contenders[i].decoy);
        pair_close(contenders[i].pair);
    }
}

// "device/name/variant/operation/batch", as used with callgrind.
static void name_case(char *name, size_t size, const struct entry *e, enum bench_op op,
                      unsigned batch)
{
    snprintf(name, size, "%s/%s/%s/%s/%u", e->model->name, e->subject->name, e->subject->variant,
             pair_op_name(op), batch);
}

static double instructions_of(const struct bench *bench, const struct entry *e, enum bench_op op,
                              unsigned batch)
{
    char name[128], empty[32];
    name_case(name, sizeof name, e, op, batch);
    snprintf(empty, sizeof empty, "empty/%u", batch);
    double all = options_count(&bench->options, name);
    double around = options_count(&bench->options, empty);
    if (all < 0 || around < 0)
        return -1;
    return (all - around) / measure_packets(batch);
}

static void measure_case(struct bench *bench, enum bench_op op, const struct contender *contenders,
                         struct measure_case what)
{
    struct measure_result results[ENTRIES] = { 0 };
    measure(contenders, (unsigned)bench->entry_count, what, bench->options.repeats, bench->evictor,
            results);
    for (size_t i = 0; i < bench->entry_count; i++) {
        const struct entry *e = &bench->entries[i];
        struct record record = {
            .subject = e->subject,
            .device = e->model->name,
            .op = op,
            .batch = what.batch,
            .evicted = what.evicted,
            .cycles_min = results[i].minimum,
            .cycles_median = results[i].median,
            .instructions = instructions_of(bench, e, op, what.batch),
        };
        if (!contenders[i].pair)
            continue;
        if (!results[i].valid || !records_add(&bench->records, &record))
            bench->failed = true;
    }
}

// As many calls in a row as asked for, but not more than half a ring of packets.
static struct measure_case case_of(const struct options *options, unsigned batch, bool evicted)
{
    unsigned most = options->ring / 2 / batch;
    return (struct measure_case){
        .batch = batch,
        .evicted = evicted,
        .in_a_row = options->in_a_row < most ? options->in_a_row : most,
    };
}

static void measure_op(struct bench *bench, enum bench_op op)
{
    const struct options *options = &bench->options;
    struct contender contenders[ENTRIES] = { { 0 } };
    open_pairs(bench, op, contenders);
    pin_to(options->core);
    for (int evicted = 0; evicted <= 1 && !bench->failed; evicted++)
        for (size_t i = 0; i < options->batch_count; i++)
            if (options_has_word(options->caches, evicted ? "evicted" : "hot"))
                measure_case(bench, op, contenders,
                             case_of(options, options->batches[i], evicted != 0));
    pin_to(-1);
    close_pairs(bench, contenders);
}

static void count_op(struct bench *bench, enum bench_op op)
{
    struct contender contenders[ENTRIES] = { { 0 } };
    char name[128];
    open_pairs(bench, op, contenders);
    for (size_t i = 0; i < bench->entry_count; i++)
        for (size_t b = 0; contenders[i].pair && b < bench->options.batch_count; b++) {
            unsigned batch = bench->options.batches[b];
            name_case(name, sizeof name, &bench->entries[i], op, batch);
            measure_instructions(contenders[i].pair, batch, name);
        }
    close_pairs(bench, contenders);
}

static void count_empty(struct bench *bench)
{
    for (size_t b = 0; b < bench->options.batch_count; b++) {
        char name[32];
        unsigned batch = bench->options.batches[b];
        snprintf(name, sizeof name, "empty/%u", batch);
        measure_instructions(NULL, batch, name);
    }
}

static FILE *open_out(const char *path)
{
    FILE *out = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    if (!out)
        perror(path);
    return out;
}

static void close_out(struct bench *bench, FILE *out)
{
    if ((out == stdout ? fflush(out) : fclose(out)) != 0)
        bench->failed = true;
}

static struct report_setting setting_of(const struct options *options, const char *device,
                                        const struct subject *const *subjects, size_t count)
{
    return (struct report_setting){
        .device = device,
        .build = BENCH_DPDK_BUILD,
        .ring = options->ring,
        .repeats = options->repeats,
        .in_a_row = options->in_a_row,
        .core = options->core,
        .subjects = subjects,
        .subject_count = count,
        .batches = options->batches,
        .batch_count = options->batch_count,
    };
}

// Where the tables go: out of the way of JSON.
static FILE *text_of(const struct options *options)
{
    return options->json && strcmp(options->json, "-") == 0 ? stderr : stdout;
}

static void draw(struct bench *bench, const struct records *records,
                 const struct report_setting *setting)
{
    FILE *out = open_out(bench->options.svg);
    if (!out) {
        bench->failed = true;
        return;
    }
    report_svg(out, records, setting);
    close_out(bench, out);
}

// Only the first device is drawn.
static void report_device(struct bench *bench, size_t model, FILE *text)
{
    const struct subject *subjects[SUBJECTS];
    const char *device = bench->models[model]->name;
    size_t count = 0;
    for (size_t i = 0; i < bench->entry_count; i++)
        if (bench->entries[i].model == bench->models[model])
            subjects[count++] = bench->entries[i].subject;

    struct records records = records_of_device(&bench->records, device);
    struct report_setting setting = setting_of(&bench->options, device, subjects, count);
    report_text(text, &records, &setting);
    report_targets(text, &records);
    fputc('\n', text);
    if (bench->options.svg && model == 0)
        draw(bench, &records, &setting);
    records_free(&records);
}

static void report_all(struct bench *bench)
{
    FILE *text = text_of(&bench->options);
    for (size_t i = 0; i < bench->model_count; i++)
        report_device(bench, i, text);
    report_devices(text, &bench->records);
    fprintf(text, "\nA load takes %.0f cycles when hot, %.0f when evicted.\n", bench->latency.hot,
            bench->latency.evicted);
    if (!bench->options.json)
        return;
    FILE *out = open_out(bench->options.json);
    if (!out) {
        bench->failed = true;
        return;
    }
    report_json(out, &bench->records);
    close_out(bench, out);
}

static void run_all(struct bench *bench, void (*what)(struct bench *bench, enum bench_op op))
{
    for (enum bench_op op = 0; op < OP_COUNT && !bench->failed; op++)
        if (options_has_op(&bench->options, op))
            what(bench, op);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    options_parse(&bench.options, argc, argv);
    bench.evictor = evictor_create();
    if (!bench.evictor) {
        fprintf(stderr, "ixl-bench: no memory\n");
        return EXIT_FAILURE;
    }

    bench.latency = evictor_probe(bench.evictor);
    choose_models(&bench);
    choose_entries(&bench);
    if (bench.options.count) {
        count_empty(&bench);
        run_all(&bench, count_op);
    } else {
        run_all(&bench, check_op);
        if (!bench.failed && !bench.options.check) {
            run_all(&bench, measure_op);
            report_all(&bench);
        }
    }

    records_free(&bench.records);
    options_free(&bench.options);
    evictor_destroy(bench.evictor);
    return bench.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
