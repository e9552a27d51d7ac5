// SPDX-License-Identifier: MIT
#include "json.h"

#include <stdlib.h>

static void quote(struct json *j, const char *text)
{
    fputc('"', j->out);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fprintf(j->out, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            fprintf(j->out, "\\u%04x", c);
        else
            fputc(c, j->out);
    }
    fputc('"', j->out);
}

static void member(struct json *j, const char *key)
{
    if (j->more)
        fputc(',', j->out);
    if (j->depth)
        fprintf(j->out, "\n%*s", (int)j->depth * 2, "");
    j->more = true;
    if (!key)
        return;
    quote(j, key);
    fputs(": ", j->out);
}

static void open_level(struct json *j, const char *key, char c)
{
    member(j, key);
    fputc(c, j->out);
    j->depth++;
    j->more = false;
}

static void close_level(struct json *j, char c)
{
    j->depth--;
    if (j->more)
        fprintf(j->out, "\n%*s", (int)j->depth * 2, "");
    fputc(c, j->out);
    j->more = true;
    if (j->depth == 0)
        fputc('\n', j->out);
}

void json_object(struct json *j, const char *key)
{
    open_level(j, key, '{');
}

void json_array(struct json *j, const char *key)
{
    open_level(j, key, '[');
}

void json_end_object(struct json *j)
{
    close_level(j, '}');
}

void json_end_array(struct json *j)
{
    close_level(j, ']');
}

void json_string(struct json *j, const char *key, const char *value)
{
    member(j, key);
    if (value)
        quote(j, value);
    else
        fputs("null", j->out);
}

void json_number(struct json *j, const char *key, uint64_t value)
{
    member(j, key);
    fprintf(j->out, "%llu", (unsigned long long)value);
}

void json_real(struct json *j, const char *key, double value)
{
    member(j, key);
    fprintf(j->out, "%.3f", value);
}

void json_bool(struct json *j, const char *key, bool value)
{
    member(j, key);
    fputs(value ? "true" : "false", j->out);
}

bool json_xstats(struct json *j, const char *key, struct ixl_device *dev)
{
    unsigned count;
    struct ixl_xstat *stats = xstats_read(dev, &count);

    if (!stats)
        return false;
    json_object(j, key);
    for (unsigned i = 0; i < count; i++)
        json_number(j, stats[i].name, stats[i].value);
    json_end_object(j);
    free(stats);
    return true;
}

void json_meter(struct json *j, const struct meter *m)
{
    json_object(j, NULL);
    json_string(j, "address", m->address);
    json_number(j, "rx_pkts", m->total.rx_pkts);
    json_number(j, "rx_bytes", m->total.rx_bytes);
    json_number(j, "tx_pkts", m->total.tx_pkts);
    json_number(j, "tx_bytes", m->total.tx_bytes);
    json_xstats(j, "counters", m->dev);
    json_end_object(j);
}
