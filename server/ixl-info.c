// SPDX-License-Identifier: MIT
/* ixl-info: which devices there are, and all about one of them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "options.h"

static const char doc[] =
    "Show network devices: without an ADDRESS all devices there are, with one all about it.\v"
    "Examples:\n"
    "  ixl-info                              schemes and devices of this machine\n"
    "  ixl-info sim:82599,wire=loop          one device, opened with its driver\n"
    "  ixl-info --json --queues 4 sim:x540   the same for programs, with 4 queues\n"
    "  ixl-info --list pci:                  the devices of one bus, not opened\n"
    "  ixl-info sim:82599 --set rx-vlan-strip=on   what it looks like with that feature\n"
    "\n"
    "An ADDRESS is SCHEME:DEVICE,OPTION=VALUE,...; run ixl-info without one to see the schemes.\n"
    "Opening a device resets it. Exit codes: 0 success, 1 failure, 2 wrong usage.";

struct info {
    struct ixl_dev_cfg cfg;
    struct run run;
    const char *address;
    unsigned index;
    unsigned wait_ms;
    uint64_t on, off; /* features to switch */
    bool list, have_index;
};

enum { OPT_INDEX = 0x200, OPT_WAIT, OPT_LIST, OPT_SET };

static const struct argp_option options[] = {
    { "index", OPT_INDEX, "N", 0, "Device N of those the address names, from 0 (default 0)", 0 },
    { "wait", OPT_WAIT, "S", 0, "Wait for the link at most S seconds (default 3)", 0 },
    { "list", OPT_LIST, NULL, 0, "List the devices the address names without opening them", 0 },
    { "set", OPT_SET, "FEATURE=on|off", 0, "Switch a feature before showing it; may be repeated",
      0 },
    { "json", 'j', NULL, 0, "Print JSON", 0 },
    { "verbose", 'v', NULL, 0, "Show what the driver reports; twice: everything", 0 },
    { 0 },
};

/* Those that hang on one switch are named one by one, each by an option of its own. */
static void parse_set(struct argp_state *state, struct info *info, const char *arg)
{
    const char *value = strchr(arg, '=');
    size_t len = value ? (size_t)(value - arg) : 0;
    bool on = value && strcmp(value, "=on") == 0;
    bool off = value && strcmp(value, "=off") == 0;

    for (unsigned i = 0; i < IXL_FEAT_COUNT; i++) {
        const char *name = ixl_feature_name(i);
        if (strlen(name) != len || memcmp(name, arg, len) != 0)
            continue;
        if (!on && !off)
            break;
        *(on ? &info->on : &info->off) |= 1ull << i;
        return;
    }
    argp_error(state,
               "--set: '%s' is not FEATURE=on or FEATURE=off; ixl-info ADDRESS shows features",
               arg);
}

/* What was asked for makes sense together. */
static void check(struct argp_state *state, const struct info *info)
{
    uint64_t set = info->on | info->off;

    if (info->on & info->off)
        argp_error(state, "--set: a feature cannot be both on and off");
    if (!info->address && (set || info->have_index))
        argp_error(state, "which device? %s needs an ADDRESS; ixl-info alone shows those there are",
                   set ? "--set" : "--index");
    if (info->list && (set || info->have_index))
        argp_error(state,
                   "--list opens no device, so %s has nothing to act on: leave one of them out",
                   set ? "--set" : "--index");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct info *info = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &info->cfg;
        return 0;
    case OPT_INDEX:
        info->index = (unsigned)parse_number(state, "--index", arg, 0, 65535);
        info->have_index = true;
        return 0;
    case OPT_WAIT:
        info->wait_ms = (unsigned)(parse_seconds(state, "--wait", arg) * 1000);
        return 0;
    case OPT_LIST:
        info->list = true;
        return 0;
    case OPT_SET:
        parse_set(state, info, arg);
        return 0;
    case 'j':
        info->run.json = true;
        return 0;
    case 'v':
        info->run.verbosity++;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0)
            argp_error(state, "one address at a time, '%s' is too many", arg);
        info->address = arg;
        return 0;
    case ARGP_KEY_END:
        check(state, info);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- lists ---- */

static void print_entry(const struct ixl_bus_entry *e, struct json *j)
{
    if (!j) {
        printf("    %-24s %04x:%04x  %-8s %s\n", e->address, e->vendor, e->device,
               e->driver ? e->driver : "-", e->description ? e->description : "unknown device");
        return;
    }
    json_object(j, NULL);
    json_string(j, "address", e->address);
    json_number(j, "vendor", e->vendor);
    json_number(j, "device", e->device);
    json_number(j, "subvendor", e->subvendor);
    json_number(j, "subdevice", e->subdevice);
    json_number(j, "revision", e->revision);
    json_string(j, "driver", e->driver);
    json_string(j, "description", e->description);
    json_end_object(j);
}

static int list_bus(const char *address, struct json *j)
{
    struct ixl_bus *bus;
    struct ixl_bus_entry entry;
    unsigned n = 0;
    int err = ixl_bus_open(address, &bus);

    if (err)
        return err;
    while ((err = ixl_bus_get(bus, n, &entry)) == 0) {
        print_entry(&entry, j);
        n++;
    }
    ixl_bus_close(bus);
    if (n == 0 && !j)
        printf("    (no devices)\n");
    return err == -IXL_ENOENT ? 0 : err;
}

/* A scheme that finds nothing is no failure here: say why and go on. */
static void list_scheme(const char *scheme, const char *help, struct json *j)
{
    char address[64];
    size_t len = strlen(scheme);
    const char *colon = len && scheme[len - 1] == ':' ? "" : ":";

    snprintf(address, sizeof(address), "%.60s%s", scheme, colon);
    if (j) {
        json_object(j, NULL);
        json_string(j, "scheme", address);
        json_string(j, "help", help);
        json_array(j, "devices");
    } else {
        printf("%-8s %s\n", address, help);
    }
    log_hush(true);
    fflush(stdout); /* a backend may start a process, which must not print it again */
    int err = list_bus(address, j);
    if (j) {
        json_end_array(j);
        json_string(j, "error", err ? log_last_error() : NULL);
        json_end_object(j);
    } else if (err) {
        printf("    (none: %s)\n", log_last_error()[0] ? log_last_error() : ixl_strerror(err));
    }
    log_hush(false);
}

static int list_all(bool as_json)
{
    struct json j = { .out = stdout };
    const char *scheme, *help;

    if (as_json) {
        json_object(&j, NULL);
        json_string(&j, "version", IXL_VERSION);
        json_array(&j, "schemes");
    } else {
        printf("Ixylon %s. Addresses are SCHEME:DEVICE,OPTION=VALUE,...\n\n", IXL_VERSION);
    }
    for (unsigned i = 0; (scheme = ixl_bus_scheme(i, &help)); i++)
        list_scheme(scheme, help, as_json ? &j : NULL);
    if (as_json) {
        json_end_array(&j);
        json_end_object(&j);
    }
    return 0;
}

static int list_one(const struct info *info)
{
    struct json j = { .out = stdout };

    if (info->run.json)
        json_array(&j, NULL);
    int err = list_bus(info->address, info->run.json ? &j : NULL);
    if (info->run.json)
        json_end_array(&j);
    if (err)
        complain_library(info->address, err);
    return err;
}

/* ---- one device ---- */

struct facts {
    struct ixl_device_info info;
    struct ixl_link link;
    struct ixl_features features;
    uint8_t mac[6];
    char mac_text[18];
};

static int gather(struct ixl_device *dev, struct facts *f)
{
    int err = ixl_get_info(dev, &f->info);

    if (!err)
        err = ixl_get_link(dev, &f->link);
    if (!err)
        err = ixl_get_mac_addr(dev, f->mac);
    if (!err)
        err = ixl_get_features(dev, &f->features);
    snprintf(f->mac_text, sizeof(f->mac_text), "%02x:%02x:%02x:%02x:%02x:%02x", f->mac[0],
             f->mac[1], f->mac[2], f->mac[3], f->mac[4], f->mac[5]);
    return err;
}

/* Names of a set, six or so a line. */
static void print_set(const char *title, uint64_t set)
{
    int column = printf("  %-14s", title);

    for (unsigned i = 0; i < IXL_FEAT_COUNT; i++) {
        if (!(set & 1ull << i))
            continue;
        if (column > 76)
            column = printf("\n%16s", "") - 1;
        column += printf(" %s", ixl_feature_name(i));
    }
    printf("\n");
}

static void print_features(const struct ixl_features *f)
{
    print_set("features on", f->active);
    print_set("features off", f->supported & ~f->active);
    print_set("switchable", f->changeable);
    if (f->together)
        print_set("only together", f->together);
}

static void print_text(struct ixl_device *dev, const struct facts *f)
{
    const struct ixl_device_info *i = &f->info;

    printf("%s\n", i->description);
    printf("  address        %s\n", i->address);
    printf("  PCI identity   %04x:%04x, subsystem %04x:%04x, revision %u\n", i->vendor, i->device,
           i->subvendor, i->subdevice, i->revision);
    printf("  driver         %s, %s datapath\n", i->driver, i->datapath);
    printf("  MAC address    %s\n", f->mac_text);
    if (f->link.up)
        printf("  link           up, %u Mbit/s, %s duplex (%u MiB/s)\n", f->link.mbps,
               f->link.full_duplex ? "full" : "half", ixl_get_link_speed(dev));
    else
        printf("  link           down\n");
    printf("  receive        %u of %u queues, %u descriptors each\n", ixl_get_num_rx_queues(dev),
           i->max_rx_queues, ixl_get_rx_queue_depth(dev));
    printf("  send           %u of %u queues, %u descriptors each\n", ixl_get_num_tx_queues(dev),
           i->max_tx_queues, ixl_get_tx_queue_depth(dev));
    printf("  interrupts     %s, %u in use\n", i->irq_kind, i->irq_vectors);
    printf("  largest frame  %u bytes, the hardware takes %u\n", ixl_get_max_frame_size(dev),
           i->hw_max_frame);
    printf("  DMA memory     %.1f KiB\n", (double)i->dma_bytes / 1024);
    print_features(&f->features);
}

static int print_statistics(struct ixl_device *dev)
{
    unsigned count;
    struct ixl_xstat *stats = xstats_read(dev, &count);

    if (!stats)
        return -IXL_EIO;
    printf("  statistics\n");
    for (unsigned i = 0; i < count; i++)
        printf("    %-28s %" PRIu64 "\n", stats[i].name, stats[i].value);
    free(stats);
    return 0;
}

static void json_identity(struct json *j, const struct ixl_device_info *i)
{
    json_string(j, "address", i->address);
    json_string(j, "description", i->description);
    json_string(j, "driver", i->driver);
    json_number(j, "vendor", i->vendor);
    json_number(j, "device", i->device);
    json_number(j, "subvendor", i->subvendor);
    json_number(j, "subdevice", i->subdevice);
    json_number(j, "revision", i->revision);
}

static void json_features(struct json *j, const struct ixl_features *f)
{
    json_object(j, "features");
    for (unsigned i = 0; i < IXL_FEAT_COUNT; i++) {
        uint64_t bit = 1ull << i;
        if (!((f->supported | f->active) & bit))
            continue;
        json_object(j, ixl_feature_name(i));
        json_bool(j, "active", f->active & bit);
        json_bool(j, "changeable", f->changeable & bit);
        json_end_object(j);
    }
    json_end_object(j);
}

static int print_json(struct ixl_device *dev, const struct facts *f)
{
    struct json j = { .out = stdout };
    const struct ixl_device_info *i = &f->info;

    json_object(&j, NULL);
    json_identity(&j, i);
    json_string(&j, "mac", f->mac_text);
    json_object(&j, "link");
    json_bool(&j, "up", f->link.up);
    json_number(&j, "mbps", f->link.mbps);
    json_bool(&j, "full_duplex", f->link.full_duplex);
    json_number(&j, "mib_per_second", ixl_get_link_speed(dev));
    json_end_object(&j);
    json_number(&j, "rx_queues", ixl_get_num_rx_queues(dev));
    json_number(&j, "max_rx_queues", i->max_rx_queues);
    json_number(&j, "rx_depth", ixl_get_rx_queue_depth(dev));
    json_number(&j, "tx_queues", ixl_get_num_tx_queues(dev));
    json_number(&j, "max_tx_queues", i->max_tx_queues);
    json_number(&j, "tx_depth", ixl_get_tx_queue_depth(dev));
    json_string(&j, "irq_kind", i->irq_kind);
    json_number(&j, "irq_vectors", i->irq_vectors);
    json_number(&j, "max_frame", ixl_get_max_frame_size(dev));
    json_number(&j, "hw_max_frame", i->hw_max_frame);
    json_string(&j, "datapath", i->datapath);
    json_number(&j, "dma_bytes", i->dma_bytes);
    json_features(&j, &f->features);
    bool complete = json_xstats(&j, "statistics", dev);
    json_end_object(&j);
    return complete ? 0 : -IXL_EIO;
}

static int show_device(const struct info *info, struct ixl_device *dev)
{
    struct facts f = { 0 };

    int err = ixl_set_features(dev, info->on, info->off);
    link_wait(dev, info->wait_ms);
    if (!err)
        err = gather(dev, &f);
    if (err) {
        complain_library(info->address, err);
        return err;
    }
    if (info->run.json)
        return print_json(dev, &f);
    print_text(dev, &f);
    return print_statistics(dev);
}

static int show_address(const struct info *info)
{
    struct ixl_bus *bus;
    struct ixl_device *dev;
    int err = ixl_bus_open(info->address, &bus);

    if (!err) {
        err = ixl_init(bus, info->index, &info->cfg, &dev);
        ixl_bus_close(bus);
    }
    if (err) {
        complain_library(info->address, err);
        return err;
    }
    err = show_device(info, dev);
    ixl_close(dev);
    return err;
}

int main(int argc, char **argv)
{
    static const struct argp_child children[] = { { &device_argp, 0, NULL, 0 }, { 0 } };
    static const struct argp argp = { options, parse, "[ADDRESS]", doc, children, NULL, NULL };
    struct info info = { .cfg = IXL_DEV_CFG_DEFAULT, .wait_ms = 3000 };

    options_setup();
    stop_setup();
    argp_parse(&argp, argc, argv, 0, NULL, &info);
    log_setup(info.run.verbosity);
    int err = !info.address ? list_all(info.run.json)
              : info.list   ? list_one(&info)
                            : show_address(&info);
    if (err)
        stop_request(true);
    return finish();
}
