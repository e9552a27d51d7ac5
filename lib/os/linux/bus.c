// SPDX-License-Identifier: MIT
/*
 * Addresses "pci:0000:03:00.0,OPTION=VALUE;..." and what they name. Without a function, all network
 * controllers there are, those bound to vfio-pci first.
 */
#include "lib/os/linux/linux_os.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ITEM_MAX    200u
#define DEVICES_MAX 4096u

/* ---- options ------------------------------------------------------------- */

static int take_option(struct lx_spec *spec, const char *text)
{
    if (lx_vectors_option(&spec->irqs, text))
        return 0;
    ixl_log(IXL_LOG_ERROR,
            "\"%.60s\" is no option of a PCI device: there are irq=msix|msi|intx|none "
            "and vectors=N (1 to %u)",
            text, LX_VECTORS_MAX);
    return -IXL_EINVAL;
}

static int take_options(struct lx_spec *spec, char *text)
{
    char *next = text;

    if (text)
        snprintf(spec->options, sizeof(spec->options), ",%.38s", text);
    while ((text = strsep(&next, ",")) != NULL) {
        int err = take_option(spec, text);
        if (err)
            return err;
    }
    return 0;
}

/* ---- functions ----------------------------------------------------------- */

/* "0000:03:00.0", or "03:00.0" in domain 0. */
static bool parse_function(const char *text, char bdf[LX_BDF_SIZE])
{
    unsigned domain = 0, bus, device, function;
    int end = 0;

    if (sscanf(text, "%8x:%2x:%2x.%1x%n", &domain, &bus, &device, &function, &end) != 4 ||
        text[end]) {
        domain = 0;
        end = 0;
        if (sscanf(text, "%2x:%2x.%1x%n", &bus, &device, &function, &end) != 3 || text[end])
            return false;
    }
    if (device > 0x1f || function > 7)
        return false;
    return snprintf(bdf, LX_BDF_SIZE, "%04x:%02x:%02x.%x", domain, bus, device, function) <
           (int)LX_BDF_SIZE;
}

static int parse_item(const char *item, size_t len, struct lx_spec *out)
{
    char text[ITEM_MAX];

    *out = (struct lx_spec){ .irqs = LX_IRQ_WISH };
    snprintf(text, sizeof(text), "%.*s", len < ITEM_MAX ? (int)len : (int)ITEM_MAX - 1, item);
    char *comma = strchr(text, ',');
    if (comma)
        *comma++ = '\0';
    if (text[0] && !parse_function(text, out->bdf)) {
        ixl_log(IXL_LOG_ERROR,
                "\"pci:%.60s\" is no address of a PCI device: write pci:0000:03:00.0 "
                "(lspci -D shows them)",
                text);
        return -IXL_EINVAL;
    }
    return take_options(out, comma);
}

void lx_bus_address(const struct lx_spec *spec, char address[80])
{
    snprintf(address, 80, "pci:%s%s", spec->bdf, spec->options);
}

/* ---- buses --------------------------------------------------------------- */

static int no_memory(void)
{
    ixl_log(IXL_LOG_ERROR, "no memory for a list of PCI devices");
    return -IXL_ENOMEM;
}

static int add(struct lx_bus *bus, const struct lx_spec *spec)
{
    if (bus->n >= DEVICES_MAX) {
        ixl_log(IXL_LOG_ERROR, "an address names more than %u PCI devices: name fewer",
                DEVICES_MAX);
        return -IXL_EINVAL;
    }
    struct lx_spec *more = realloc(bus->spec, (bus->n + 1) * sizeof(*more));

    if (!more)
        return no_memory();
    bus->spec = more;
    bus->spec[bus->n++] = *spec;
    return 0;
}

static int add_all(struct lx_bus *bus, struct lx_spec spec)
{
    char(*list)[LX_BDF_SIZE];
    int n = lx_sysfs_list(&list), err = 0;

    if (n < 0)
        return n;
    for (int i = 0; i < n && !err; i++) {
        memcpy(spec.bdf, list[i], LX_BDF_SIZE);
        err = add(bus, &spec);
    }
    free(list);
    return err;
}

static int add_item(struct lx_bus *bus, const char *item, size_t len)
{
    struct lx_spec spec;
    int err = parse_item(item, len, &spec);

    if (err || !spec.bdf[0])
        return err ? err : add_all(bus, spec);
    if (lx_sysfs_exists(spec.bdf))
        return add(bus, &spec);
    ixl_log(IXL_LOG_ERROR, "there is no PCI device %s: lspci -D shows those there are", spec.bdf);
    return -IXL_ENOENT;
}

int lx_bus_open(const char *spec, struct ixl_os_bus **out)
{
    struct lx_bus *bus = calloc(1, sizeof(*bus));

    if (!bus)
        return no_memory();
    bus->base.ops = &ixl_linux_os;
    for (const char *item = spec;;) {
        size_t len = strcspn(item, ";");
        int err = add_item(bus, item, len);
        if (err) {
            lx_bus_close(&bus->base);
            return err;
        }
        if (!item[len])
            break;
        item += len + 1;
    }
    *out = &bus->base;
    return 0;
}

void lx_bus_close(struct ixl_os_bus *base)
{
    free(((struct lx_bus *)base)->spec);
    free(base);
}

int lx_bus_scan(struct ixl_os_bus *base, unsigned index, struct ixl_os_dev_info *info)
{
    struct lx_bus *bus = (struct lx_bus *)base;

    if (index >= bus->n)
        return -IXL_ENOENT;
    memset(info, 0, sizeof(*info));
    lx_bus_address(&bus->spec[index], info->address);
    return lx_sysfs_identify(bus->spec[index].bdf, info);
}
