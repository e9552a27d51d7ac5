// SPDX-License-Identifier: MIT
//
// The ratios the project has set itself. Those of ixl need the library; the
// floor's are given beside them, to show what there is to be won.
#include "record.h"

#include <string.h>

// A figure: whose, of what.
struct figure {
    const char *subject;
    bool offload;
    enum bench_op op;
    unsigned batch;
    bool evicted, aside;
};

struct target {
    const char *text;
    struct figure is, of;
    double limit;
};

#define IXL(op, batch)                                                                             \
    {                                                                                              \
        "ixl", false, op, batch, false, false                                                      \
    }
#define IXL_OFFLOAD(op, batch)                                                                     \
    {                                                                                              \
        "ixl", true, op, batch, false, false                                                       \
    }
#define IXL_EVICTED(op, batch)                                                                     \
    {                                                                                              \
        "ixl", false, op, batch, true, false                                                       \
    }
#define DPDK(op, batch)                                                                            \
    {                                                                                              \
        "dpdk", false, op, batch, false, false                                                     \
    }
#define DPDK_OFFLOAD(op, batch)                                                                    \
    {                                                                                              \
        "dpdk", true, op, batch, false, false                                                      \
    }
#define DPDK_ASIDE(op, batch)                                                                      \
    {                                                                                              \
        "dpdk", false, op, batch, false, true                                                      \
    }
#define FLOOR(op, batch)                                                                           \
    {                                                                                              \
        "floor", false, op, batch, false, false                                                    \
    }

static const struct target targets[] = {
    { "receive + free, to DPDK vector", IXL(OP_RX, 32), DPDK(OP_RX, 32), 0.45 },
    { "receive + free, to the floor", IXL(OP_RX, 32), FLOOR(OP_RX, 32), 2.00 },
    { "receive with full metadata, to DPDK vector", IXL_OFFLOAD(OP_RX, 32), DPDK(OP_RX, 32), 0.55 },
    { "send, to DPDK vector, raw buffers", IXL(OP_TX, 32), DPDK(OP_TX, 32), 0.65 },
    { "send on the offload path, to DPDK's", IXL(OP_TX, 32), DPDK_ASIDE(OP_TX, 32), 0.50 },
    { "send asking for checksums, to DPDK's", IXL_OFFLOAD(OP_TX, 32), DPDK_OFFLOAD(OP_TX, 32),
      0.50 },
    { "forward asking for checksums, to DPDK's", IXL_OFFLOAD(OP_FWD, 32), DPDK_OFFLOAD(OP_FWD, 32),
      0 },
    { "forward, to DPDK vector", IXL(OP_FWD, 32), DPDK(OP_FWD, 32), 0.50 },
    { "forward, batch 8 to batch 32", IXL(OP_FWD, 8), IXL(OP_FWD, 32), 1.20 },
    { "forward one by one, to DPDK vector", IXL(OP_FWD, 1), DPDK(OP_FWD, 1), 1.00 },
    { "exchange, to the floor", IXL(OP_EXCHANGE, 32), FLOOR(OP_EXCHANGE, 32), 1.40 },
    { "receive evicted, 256 to 32", IXL_EVICTED(OP_RX, 256), IXL_EVICTED(OP_RX, 32), 1.25 },
    { "send evicted, 256 to 32", IXL_EVICTED(OP_TX, 256), IXL_EVICTED(OP_TX, 32), 1.25 },
    { "forward evicted, 256 to 32", IXL_EVICTED(OP_FWD, 256), IXL_EVICTED(OP_FWD, 32), 1.25 },
    { "exchange evicted, 256 to 32", IXL_EVICTED(OP_EXCHANGE, 256), IXL_EVICTED(OP_EXCHANGE, 32),
      1.25 },
    { "forward, batch 256 to 32", IXL(OP_FWD, 256), IXL(OP_FWD, 32), 1.25 },
    // No targets: how far the floor is from DPDK.
    { "floor: receive + free, to DPDK vector", FLOOR(OP_RX, 32), DPDK(OP_RX, 32), 0 },
    { "floor: send, to DPDK vector", FLOOR(OP_TX, 32), DPDK(OP_TX, 32), 0 },
    { "floor: forward, to DPDK vector", FLOOR(OP_FWD, 32), DPDK(OP_FWD, 32), 0 },
    { "floor: forward, batch 8 to batch 32", FLOOR(OP_FWD, 8), FLOOR(OP_FWD, 32), 0 },
};

static const struct record *find(const struct records *records, const struct figure *f)
{
    for (size_t i = 0; i < records->count; i++) {
        const struct record *r = &records->list[i];
        if (strcmp(r->subject->name, f->subject) == 0 && r->subject->offload == f->offload &&
            r->subject->aside == f->aside && r->op == f->op && r->batch == f->batch &&
            r->evicted == f->evicted)
            return r;
    }
    return NULL;
}

static void print_ratio(FILE *out, const char *text, const struct record *is,
                        const struct record *of, double limit)
{
    double ratio = is->cycles_min / of->cycles_min;
    fprintf(out, "%-46s %6.1f / %6.1f = %5.2f", text, is->cycles_min, of->cycles_min, ratio);
    if (limit > 0)
        fprintf(out, "   at most %.2f   %s", limit, ratio <= limit ? "met" : "MISSED");
    fputc('\n', out);
}

void report_targets(FILE *out, const struct records *records)
{
    fprintf(out, "\nRatios of minima, hot unless said, batch 32 unless said\n");
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        const struct record *is = find(records, &targets[i].is);
        const struct record *of = find(records, &targets[i].of);
        if (is && of)
            print_ratio(out, targets[i].text, is, of, targets[i].limit);
    }
}

// ---- devices ----

// What our driver of a device may cost, divided by another figure; 0: no limit.
struct device_target {
    const char *is, *subject, *of;
    double limits[OP_COUNT];
};

// igb is to reach what ixgbe reaches, e1000 to cost little more than igb.
static const struct device_target device_targets[] = {
    { "82576", "ixl", "82599", { 0 } },
    { "82576", "dpdk", "82599", { 0.45, 0.65, 0.50, 0 } },
    { "i350", "ixl", "82599", { 0 } },
    { "i350", "dpdk", "82599", { 0.45, 0.65, 0.50, 0 } },
    { "82574", "ixl", "82576", { 1.3, 1.3, 1.3, 1.3 } },
    { "82540em", "ixl", "82576", { 1.3, 1.3, 1.3, 1.3 } },
};

// The plain, hot one of batch 32.
static const struct record *find_plain(const struct records *records, const char *subject,
                                       const char *device, enum bench_op op)
{
    for (size_t i = 0; i < records->count; i++) {
        const struct record *r = &records->list[i];
        if (strcmp(r->subject->name, subject) == 0 && strcmp(r->device, device) == 0 &&
            !r->subject->offload && !r->subject->aside && r->op == op && r->batch == 32 &&
            !r->evicted)
            return r;
    }
    return NULL;
}

void report_devices(FILE *out, const struct records *records)
{
    for (size_t i = 0; i < sizeof device_targets / sizeof device_targets[0]; i++)
        for (enum bench_op op = 0; op < OP_COUNT; op++) {
            const struct device_target *t = &device_targets[i];
            const struct record *is = find_plain(records, "ixl", t->is, op);
            const struct record *of = find_plain(records, t->subject, t->of, op);
            if (!is || !of)
                continue;
            char text[64];
            snprintf(text, sizeof text, "%s ixl to %s %s: %s", t->is, t->of, t->subject,
                     pair_op_name(op));
            print_ratio(out, text, is, of, t->limits[op]);
        }
}
