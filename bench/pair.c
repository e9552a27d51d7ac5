// SPDX-License-Identifier: MIT
#include "pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const op_names[OP_COUNT] = { "rx", "tx", "fwd", "exchange" };

const char *pair_op_name(enum bench_op op)
{
    return op_names[op];
}

enum bench_op pair_op_by_name(const char *name)
{
    enum bench_op op = OP_RX;
    while (op < OP_COUNT && strcmp(op_names[op], name) != 0)
        op++;
    return op;
}

static bool power_up(struct pair *pair, const struct memnic_model *model, struct audit *audit)
{
    pair->a = memnic_create(model);
    pair->b = memnic_create(model);
    if (!pair->a || !pair->b)
        return false;
    memnic_set_audit(pair->a, audit);
    memnic_set_audit(pair->b, audit);
    return true;
}

static void power_down(struct pair *pair)
{
    memnic_destroy(pair->a);
    memnic_destroy(pair->b);
    free(pair);
}

struct pair *pair_open(const struct subject *subject, const struct memnic_model *model,
                       unsigned ring, enum bench_op op, struct audit *audit)
{
    struct pair *pair = calloc(1, sizeof *pair);
    if (!pair)
        return NULL;

    pair->subject = subject;
    pair->op = op;
    if (power_up(pair, model, audit))
        pair->self = subject->open(pair->a, pair->b, ring, op);
    else
        fprintf(stderr, "no memory NIC %s\n", model->name);
    if (!pair->self) {
        power_down(pair);
        return NULL;
    }
    return pair;
}

void pair_close(struct pair *pair)
{
    if (!pair)
        return;
    pair->subject->close(pair->self);
    power_down(pair);
}

unsigned pair_feed(struct pair *pair, unsigned batch)
{
    return pair->op == OP_TX ? batch : memnic_rx_run(pair->a, batch);
}

unsigned pair_drain(struct pair *pair, unsigned limit)
{
    if (pair->op == OP_RX)
        return 0;
    return memnic_tx_run(pair->op == OP_TX ? pair->a : pair->b, limit);
}
