// SPDX-License-Identifier: MIT
#include "record.h"

#include <stdlib.h>
#include <string.h>

bool records_add(struct records *records, const struct record *record)
{
    if (records->count == records->room) {
        size_t room = records->room ? 2 * records->room : 64;
        struct record *list = realloc(records->list, room * sizeof *list);
        if (!list)
            return false;
        records->list = list;
        records->room = room;
    }
    records->list[records->count++] = *record;
    return true;
}

void records_free(struct records *records)
{
    free(records->list);
    *records = (struct records){ 0 };
}

struct records records_of_device(const struct records *records, const char *device)
{
    struct records own = { 0 };
    for (size_t i = 0; i < records->count; i++)
        if (strcmp(records->list[i].device, device) == 0 && !records_add(&own, &records->list[i]))
            records_free(&own);
    return own;
}

const struct record *records_find(const struct records *records, const struct subject *subject,
                                  enum bench_op op, unsigned batch, bool evicted)
{
    for (size_t i = 0; i < records->count; i++) {
        const struct record *r = &records->list[i];
        if (r->subject == subject && r->op == op && r->batch == batch && r->evicted == evicted)
            return r;
    }
    return NULL;
}
