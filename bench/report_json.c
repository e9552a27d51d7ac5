// SPDX-License-Identifier: MIT
#include "record.h"

static void print_record(FILE *out, const struct record *r)
{
    const struct subject *s = r->subject;
    fprintf(out,
            "  {\"subject\": \"%s\", \"device\": \"%s\", "
            "\"op\": \"%s\", \"offload\": %s, \"batch\": %u, "
            "\"cache\": \"%s\", \"cycles_min\": %.2f, \"cycles_median\": %.2f, ",
            s->name, r->device, pair_op_name(r->op), s->offload ? "true" : "false", r->batch,
            r->evicted ? "evicted" : "hot", r->cycles_min, r->cycles_median);
    if (r->instructions < 0)
        fprintf(out, "\"instructions\": null}");
    else
        fprintf(out, "\"instructions\": %.2f}", r->instructions);
}

void report_json(FILE *out, const struct records *records)
{
    const char *before = "[\n";
    for (size_t i = 0; i < records->count; i++) {
        if (records->list[i].subject->aside)
            continue;
        fputs(before, out);
        print_record(out, &records->list[i]);
        before = ",\n";
    }
    fputs(records->count > 0 ? "\n]\n" : "[]\n", out);
}
