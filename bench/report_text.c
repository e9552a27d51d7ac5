// SPDX-License-Identifier: MIT
#include "record.h"

static const char *const titles[OP_COUNT] = { "receive + free", "allocate + send + clean",
                                              "forward A to B", "forward by exchange" };

static void print_cell(FILE *out, const struct record *r, bool instructions)
{
    if (!r)
        fprintf(out, " %15s", "-");
    else if (instructions && r->instructions < 0)
        fprintf(out, " %15s", "");
    else if (instructions)
        fprintf(out, " %15.1f", r->instructions);
    else
        fprintf(out, "  %6.1f %7.1f", r->cycles_min, r->cycles_median);
}

static bool counted(const struct records *records, const struct subject *s, enum bench_op op)
{
    for (size_t i = 0; i < records->count; i++)
        if (records->list[i].subject == s && records->list[i].op == op &&
            records->list[i].instructions >= 0)
            return true;
    return false;
}

static void print_row(FILE *out, const struct records *records,
                      const struct report_setting *setting, const struct subject *s,
                      enum bench_op op, bool evicted, bool instructions)
{
    char name[64];
    snprintf(name, sizeof name, "%s %s", s->name, s->variant);
    fprintf(out, "%-24s %-8s", name, instructions ? "instr." : evicted ? "evicted" : "hot");
    for (size_t i = 0; i < setting->batch_count; i++)
        print_cell(out, records_find(records, s, op, setting->batches[i], evicted), instructions);
    fputc('\n', out);
}

static bool measured(const struct records *records, const struct subject *s, enum bench_op op,
                     bool evicted)
{
    for (size_t i = 0; i < records->count; i++)
        if ((!s || records->list[i].subject == s) && records->list[i].op == op &&
            records->list[i].evicted == evicted)
            return true;
    return false;
}

static void print_rows(FILE *out, const struct records *records,
                       const struct report_setting *setting, enum bench_op op, bool evicted)
{
    for (size_t i = 0; i < setting->subject_count; i++) {
        const struct subject *s = setting->subjects[i];
        if (measured(records, s, op, evicted))
            print_row(out, records, setting, s, op, evicted, false);
    }
}

static void print_op(FILE *out, const struct records *records, const struct report_setting *setting,
                     enum bench_op op)
{
    fprintf(out, "\n%-24s %-8s", titles[op], "batch");
    for (size_t i = 0; i < setting->batch_count; i++)
        fprintf(out, " %15u", setting->batches[i]);
    fputc('\n', out);

    print_rows(out, records, setting, op, false);
    print_rows(out, records, setting, op, true);
    for (size_t i = 0; i < setting->subject_count; i++)
        if (counted(records, setting->subjects[i], op))
            print_row(out, records, setting, setting->subjects[i], op, false, true);
}

void report_text(FILE *out, const struct records *records, const struct report_setting *setting)
{
    fprintf(out,
            "Cycles of the clock per packet (minimum, median of %u samples), "
            "60-byte packets,\nrings of %u, %s on a NIC made of memory, core %d",
            setting->repeats, setting->ring, setting->device, setting->core);
    if (setting->in_a_row > 1)
        fprintf(out, ", up to %u calls in a row", setting->in_a_row);
    if (setting->build)
        fprintf(out, ", DPDK's build: %s", setting->build);
    fprintf(out, "\n");
    for (enum bench_op op = 0; op < OP_COUNT; op++)
        if (measured(records, NULL, op, false) || measured(records, NULL, op, true))
            print_op(out, records, setting, op);
}
