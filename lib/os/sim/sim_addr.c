// SPDX-License-Identifier: MIT
/*
 * Addresses of software NICs: "MODEL,KEY=VALUE,KEY=VALUE". A value ends at the next comma; that
 * of wire= may contain commas ("pcap:in.pcap,out.pcap") and ends where ",KEY=" of a known key
 * follows, or with the address.
 */
#include "lib/os/sim/sim_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ITEM_MAX          400u
#define LINK_DELAY_MAX_US 60000000u

struct option {
    const char *key;
    bool (*take)(struct soft_spec *spec, const char *value);
    const char *want; /* what the value has to be */
};

/* ---- values -------------------------------------------------------------- */

static bool take_wire(struct soft_spec *spec, const char *value)
{
    if (strlen(value) >= sizeof(spec->wire) || !value[0])
        return false;
    memcpy(spec->wire, value, strlen(value) + 1);
    return true;
}

static bool take_mac(struct soft_spec *spec, const char *value)
{
    uint8_t *m = spec->opt.mac;
    int end = 0;

    if (sscanf(value, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &m[0], &m[1], &m[2], &m[3], &m[4],
               &m[5], &end) != 6 ||
        value[end])
        return false;
    return !(m[0] & 1) && (m[0] | m[1] | m[2] | m[3] | m[4] | m[5]) != 0;
}

static bool take_engine(struct soft_spec *spec, const char *value)
{
    if (strcmp(value, "thread") == 0)
        spec->opt.engine = SIM_ENGINE_THREAD;
    else if (strcmp(value, "inline") == 0)
        spec->opt.engine = SIM_ENGINE_INLINE;
    else
        return false;
    return true;
}

static bool number(const char *value, unsigned max, unsigned *out)
{
    char *end;
    unsigned long n = strtoul(value, &end, 10);

    if (value[0] < '0' || value[0] > '9' || *end || n > max)
        return false;
    *out = (unsigned)n;
    return true;
}

static bool take_link_delay(struct soft_spec *spec, const char *value)
{
    return number(value, LINK_DELAY_MAX_US, &spec->opt.link_delay_us);
}

static bool yes_no(const char *value, bool *yes)
{
    *yes = strcmp(value, "yes") == 0;
    return *yes || strcmp(value, "no") == 0;
}

static bool take_cable(struct soft_spec *spec, const char *value)
{
    return yes_no(value, &spec->opt.cable);
}

static bool take_module(struct soft_spec *spec, const char *value)
{
    bool yes, ok = yes_no(value, &yes);

    spec->opt.no_module = !yes;
    return ok;
}

static bool take_irq(struct soft_spec *spec, const char *value)
{
    static const struct {
        const char *name;
        enum ixl_irq_kind kind;
    } kinds[] = { { "msix", IXL_IRQ_MSIX },
                  { "msi", IXL_IRQ_MSI },
                  { "intx", IXL_IRQ_INTX },
                  { "none", IXL_IRQ_NONE } };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(value, kinds[i].name) == 0) {
            spec->best_irq = kinds[i].kind;
            return true;
        }
    }
    return false;
}

static bool take_vectors(struct soft_spec *spec, const char *value)
{
    return number(value, SOFT_VECTORS_MAX, &spec->max_vectors) && spec->max_vectors > 0;
}

static const struct option options[] = {
    { "wire", take_wire, "none, loop, pair:NAME, tap:NAME, pcap:IN,OUT or unix:LOCAL,REMOTE" },
    { "mac", take_mac, "a station address like 02:00:00:00:00:01" },
    { "engine", take_engine, "thread or inline" },
    { "link_delay_us", take_link_delay, "microseconds, a minute at most" },
    { "cable", take_cable, "yes or no" },
    { "module", take_module, "yes or no (an SFP+ cage may be empty)" },
    { "irq", take_irq, "the best kind of interrupt to offer: msix, msi, intx or none" },
    { "vectors", take_vectors, "the most MSI-X vectors to grant, from 1" },
};
#define N_OPTIONS (sizeof(options) / sizeof(options[0]))

/* ---- taking an item apart ------------------------------------------------ */

/* The option whose "KEY=" text begins with; its value starts at *value. */
static const struct option *find_option(const char *text, char **value)
{
    for (size_t i = 0; i < N_OPTIONS; i++) {
        size_t n = strlen(options[i].key);
        if (strncmp(text, options[i].key, n) == 0 && text[n] == '=') {
            *value = (char *)(uintptr_t)(text + n + 1);
            return &options[i];
        }
    }
    return NULL;
}

/* Cut the value off behind its end; where the next option starts, NULL after the last. */
static char *cut(const struct option *opt, char *value)
{
    char *comma = value, *ignored;

    while ((comma = strchr(comma, ',')) != NULL) {
        if (opt->take != take_wire || find_option(comma + 1, &ignored)) {
            *comma = '\0';
            return comma + 1;
        }
        comma++;
    }
    return NULL;
}

static int unknown_option(const char *text)
{
    char keys[128] = "";

    for (size_t i = 0, used = 0; i < N_OPTIONS && used < sizeof(keys); i++)
        used += (size_t)snprintf(keys + used, sizeof(keys) - used, "%s%s=", i ? ", " : "",
                                 options[i].key);
    ixl_log(IXL_LOG_ERROR, "\"%.60s\" is no option of a software NIC: there are %s", text, keys);
    return -IXL_EINVAL;
}

static int take_options(char *text, struct soft_spec *out)
{
    while (text) {
        char *value = NULL, *key = text;
        const struct option *opt = find_option(text, &value);
        if (!opt)
            return unknown_option(text);
        text = cut(opt, value);
        if (!opt->take(out, value)) {
            ixl_log(IXL_LOG_ERROR, "\"%.60s\": the value has to be %s", key, opt->want);
            return -IXL_EINVAL;
        }
    }
    return 0;
}

static bool model_exists(const char *name)
{
    const struct sim_model_info *m;

    for (unsigned i = 0; (m = sim_model_list(i)) != NULL; i++)
        if (strcmp(m->name, name) == 0)
            return true;
    return false;
}

static int unknown_model(const char *name)
{
    const struct sim_model_info *m;
    char names[200] = "";

    for (size_t i = 0, used = 0; (m = sim_model_list((unsigned)i)) && used < sizeof(names); i++)
        used +=
            (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", i ? ", " : "", m->name);
    ixl_log(IXL_LOG_ERROR, "there is no software NIC \"%.40s\": choose one of %s", name, names);
    return -IXL_ENOENT;
}

int soft_parse(const char *item, size_t len, struct soft_spec *out)
{
    char text[ITEM_MAX];

    memset(out, 0, sizeof(*out));
    out->opt.cable = true;
    out->best_irq = IXL_IRQ_MSIX;
    out->max_vectors = SOFT_VECTORS_MAX;
    if (len >= sizeof(text)) {
        ixl_log(IXL_LOG_ERROR,
                "the address of a software NIC is longer than %u bytes: use shorter "
                "file names",
                ITEM_MAX - 1);
        return -IXL_EINVAL;
    }
    memcpy(text, item, len);
    text[len] = '\0';
    char *comma = strchr(text, ',');
    if (comma) {
        if (strlen(comma) < sizeof(out->text))
            memcpy(out->text, comma, strlen(comma) + 1);
        *comma++ = '\0';
    }
    if (text[0] && !model_exists(text))
        return unknown_model(text);
    snprintf(out->model, sizeof(out->model), "%.23s", text);
    return take_options(comma, out);
}
