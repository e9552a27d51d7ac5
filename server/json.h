// SPDX-License-Identifier: MIT
/* Writes JSON, one member a line. Keys are NULL inside arrays and at the top. */
#ifndef SERVER_JSON_H
#define SERVER_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common.h"

struct json {
    FILE *out;
    unsigned depth;
    bool more; /* something came before on this level */
};

void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
void json_end_object(struct json *j);
void json_end_array(struct json *j);
/* NULL becomes null. */
void json_string(struct json *j, const char *key, const char *value);
void json_number(struct json *j, const char *key, uint64_t value);
void json_real(struct json *j, const char *key, double value);
void json_bool(struct json *j, const char *key, bool value);
/* All counters of a device, as an object. False: they could not be read. */
bool json_xstats(struct json *j, const char *key, struct ixl_device *dev);
/* A device with its totals and all counters. */
void json_meter(struct json *j, const struct meter *m);

#endif
