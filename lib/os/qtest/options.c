// SPDX-License-Identifier: MIT
#include "lib/os/qtest/options.h"

#include <stdlib.h>
#include <string.h>

struct kind {
    const char *name, *model;
};

static const struct kind kinds[] = {
    { "e1000", "e1000" },
    { "82545em", "e1000-82545em" },
    { "82544gc", "e1000-82544gc" },
    { "e1000e", "e1000e" },
    { "igb", "igb" },
    { "virtio-net", "virtio-net-pci" },
};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Other names users know the parts by. */
static const struct kind aliases[] = {
    { "82540em", "e1000" },
    { "82574", "e1000e" },
    { "82574l", "e1000e" },
    { "82576", "igb" },
};

static const char *const keys[] = { "wire",  "mac",     "dump",  "props", "irq",    "qemu",   "ram",
                                    "trace", "timeout", "clock", "keep",  "attach", "monitor" };
#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

const char *qtest_kind(unsigned index, const char **model)
{
    if (index >= N_KINDS) {
        return NULL;
    }
    *model = kinds[index].model;
    return kinds[index].name;
}

static const char *find_model(const char *name)
{
    for (size_t i = 0; i < N_KINDS; i++) {
        if (strcmp(name, kinds[i].name) == 0) {
            return kinds[i].model;
        }
    }
    for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
        if (strcmp(name, aliases[i].name) == 0) {
            return aliases[i].model;
        }
    }
    return NULL;
}

/* The key "KEY=" that `text` starts with, or -1. */
static int key_at(const char *text)
{
    for (size_t i = 0; i < N_KEYS; i++) {
        size_t len = strlen(keys[i]);
        if (strncmp(text, keys[i], len) == 0 && text[len] == '=') {
            return (int)i;
        }
    }
    return -1;
}

/* Cut the option at *rest off: its key, its value in *value. *rest moves on, NULL at the end. */
static int cut_option(char **rest, char **value)
{
    char *here = *rest;
    int key = key_at(here);
    char *end;

    *value = key < 0 ? here : strchr(here, '=') + 1;
    for (end = strchr(*value, ','); end != NULL && key_at(end + 1) < 0;) {
        end = strchr(end + 1, ',');
    }
    if (end != NULL) {
        *end++ = '\0';
    }
    *rest = end;
    return key;
}

static int parse_number(const char *key, const char *value, unsigned min, unsigned max,
                        unsigned *out)
{
    char *end;
    unsigned long n = strtoul(value, &end, 10);
    if (*value < '0' || *value > '9' || *end != '\0' || n < min || n > max) {
        ixl_log(IXL_LOG_ERROR, "qemu: %s=%s is not a number from %u to %u", key, value, min, max);
        return -IXL_EINVAL;
    }
    *out = (unsigned)n;
    return 0;
}

static int parse_irq(const char *value, enum ixl_irq_kind *out)
{
    static const char *const names[] = { "none", "intx", "msi", "msix" };
    for (unsigned i = 0; i < 4; i++) {
        if (strcmp(value, names[i]) == 0) {
            *out = (enum ixl_irq_kind)i;
            return 0;
        }
    }
    ixl_log(IXL_LOG_ERROR, "qemu: irq=%s: it can be msix, msi, intx or none", value);
    return -IXL_EINVAL;
}

static int parse_clock(const char *value, bool *stepped)
{
    *stepped = strcmp(value, "stepped") == 0;
    if (!*stepped && strcmp(value, "real") != 0) {
        ixl_log(IXL_LOG_ERROR, "qemu: clock=%s: it can be real or stepped", value);
        return -IXL_EINVAL;
    }
    return 0;
}

static int parse_attach(char *value, struct qtest_options *out)
{
    char *comma = strchr(value, ',');
    if (comma == NULL || comma == value || comma[1] == '\0') {
        ixl_log(IXL_LOG_ERROR,
                "qemu: attach=%s: give the qtest socket and the RAM file, "
                "attach=SOCKET,RAMFILE",
                value);
        return -IXL_EINVAL;
    }
    *comma = '\0';
    out->attach_socket = value;
    out->attach_ram = comma + 1;
    return 0;
}

static int parse_mac(const char *value, const char **out)
{
    unsigned digits = 0;
    for (const char *c = value; *c != '\0'; c++, digits++) {
        bool colon = digits % 3 == 2;
        if (colon ? *c != ':' : strchr("0123456789abcdefABCDEF", *c) == NULL) {
            break;
        }
    }
    if (digits != 17 || value[17] != '\0') {
        ixl_log(IXL_LOG_ERROR, "qemu: mac=%s is not an address like 02:00:00:00:00:01", value);
        return -IXL_EINVAL;
    }
    *out = value;
    return 0;
}

static int set_option(struct qtest_options *out, struct qtest_nic_options *nic, int key,
                      char *value)
{
    switch (key) {
    case 0:
        nic->wire = value;
        return 0;
    case 1:
        return parse_mac(value, &nic->mac);
    case 2:
        nic->dump = value;
        return 0;
    case 3:
        nic->props = value;
        return 0;
    case 4:
        return parse_irq(value, &out->irq_limit);
    case 5:
        out->qemu = value;
        return 0;
    case 6:
        return parse_number("ram", value, 16, 2048, &out->ram_mib);
    case 7:
        out->trace = value;
        return 0;
    case 8:
        return parse_number("timeout", value, 10, 600000, &out->timeout_ms);
    case 9:
        return parse_clock(value, &out->clock_stepped);
    case 10:
        out->keep = value;
        return 0;
    case 11:
        return parse_attach(value, out);
    case 12:
        out->monitor = value;
        return 0;
    default:
        break;
    }
    ixl_log(IXL_LOG_ERROR,
            "qemu: unknown option '%s': known are wire, mac, dump, props, irq, qemu, "
            "ram, trace, timeout, clock, keep, attach and monitor",
            value);
    return -IXL_EINVAL;
}

/* One NIC with its options; the kind may be missing where options alone are given. */
static int parse_nic(struct qtest_options *out, char *item)
{
    struct qtest_nic_options *nic = &out->nics[out->n_nics];
    bool named = *item != '\0' && *item != ',' && key_at(item) < 0;
    char *rest = item;

    if (named) {
        rest = strchr(item, ',');
        if (rest != NULL) {
            *rest++ = '\0';
        }
        nic->kind = item;
        nic->model = find_model(item);
        if (nic->model == NULL) {
            ixl_log(IXL_LOG_ERROR,
                    "qemu: QEMU has no NIC '%s' that this library knows: try e1000, "
                    "82545em, 82544gc, e1000e, igb or virtio-net",
                    item);
            return -IXL_ENOENT;
        }
        out->n_nics++;
    } else if (*item == ',') {
        rest = item + 1;
    }
    while (rest != NULL && *rest != '\0') {
        char *value;
        int key = cut_option(&rest, &value);
        int err = set_option(out, nic, key, value);
        if (err != 0) {
            return err;
        }
    }
    return 0;
}

int qtest_options_parse(const char *spec, struct qtest_options *out)
{
    *out = (struct qtest_options){ .ram_mib = 256, .timeout_ms = 5000, .irq_limit = IXL_IRQ_MSIX };
    out->text = strdup(spec);
    if (out->text == NULL) {
        ixl_log(IXL_LOG_ERROR, "qemu: out of memory");
        return -IXL_ENOMEM;
    }
    for (char *item = out->text; item != NULL;) {
        char *next = strchr(item, ';');
        if (next != NULL) {
            *next++ = '\0';
        }
        if (out->n_nics == QTEST_MAX_NICS) {
            ixl_log(IXL_LOG_ERROR, "qemu: at most %u NICs can be had at once", QTEST_MAX_NICS);
            return -IXL_EINVAL;
        }
        int err = parse_nic(out, item);
        if (err != 0) {
            return err;
        }
        item = next;
    }
    if (out->keep != NULL && out->attach_socket != NULL) {
        ixl_log(IXL_LOG_ERROR, "qemu: keep= and attach= exclude each other");
        return -IXL_EINVAL;
    }
    return 0;
}

void qtest_options_free(struct qtest_options *opt)
{
    free(opt->text);
    opt->text = NULL;
}
