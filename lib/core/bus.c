// SPDX-License-Identifier: MIT
/* Buses: from an address to a backend, from a PCI identity to a driver. */
#include "lib/core/bus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- addresses ----------------------------------------------------------- */

static const struct ixl_os_ops *find_scheme(const char *name, size_t len)
{
    for (unsigned i = 0; ixl_os_table[i]; i++) {
        const char *scheme = ixl_os_table[i]->scheme;
        if (strlen(scheme) == len && memcmp(scheme, name, len) == 0)
            return ixl_os_table[i];
    }
    return NULL;
}

/* "sim:, pci:" for error messages. */
static void list_schemes(char *buf, size_t size)
{
    size_t used = 0;

    buf[0] = '\0';
    for (unsigned i = 0; ixl_os_table[i] && used < size; i++) {
        int n = snprintf(buf + used, size - used, "%s%s:", i ? ", " : "", ixl_os_table[i]->scheme);
        used += n > 0 ? (size_t)n : 0;
    }
}

/* The backend of an address and where its own part starts. */
static const struct ixl_os_ops *split(const char *address, const char **spec)
{
    const char *colon = strchr(address, ':');
    const struct ixl_os_ops *ops = NULL;
    char known[128];

    if (colon)
        ops = find_scheme(address, (size_t)(colon - address));
    if (!ops) {
        list_schemes(known, sizeof(known));
        ixl_log(IXL_LOG_ERROR, "\"%.80s\" is no device address: it has to begin with one of %s",
                address, known);
        return NULL;
    }
    *spec = colon + 1;
    return ops;
}

const char *ixl_bus_scheme(unsigned index, const char **help)
{
    for (unsigned i = 0; ixl_os_table[i]; i++) {
        if (i < index)
            continue;
        if (help)
            *help = ixl_os_table[i]->help;
        return ixl_os_table[i]->scheme;
    }
    return NULL;
}

/* ---- life ---------------------------------------------------------------- */

int ixl_bus_open(const char *address, struct ixl_bus **out)
{
    const char *spec;

    if (out)
        *out = NULL;
    if (!address || !out) {
        ixl_log(IXL_LOG_ERROR, "ixl_bus_open needs an address and a place for the bus");
        return -IXL_EINVAL;
    }
    const struct ixl_os_ops *ops = split(address, &spec);
    if (!ops)
        return -IXL_EINVAL;
    struct ixl_bus *bus = calloc(1, sizeof(*bus));
    if (!bus) {
        ixl_log(IXL_LOG_ERROR, "no memory for the bus \"%.80s\"", address);
        return -IXL_ENOMEM;
    }
    int err = ops->bus_open(spec, &bus->os);
    if (err < 0) {
        free(bus);
        return err;
    }
    *out = bus;
    return 0;
}

void ixl_bus_close(struct ixl_bus *bus)
{
    if (!bus)
        return;
    bus->os->ops->bus_close(bus->os);
    free(bus);
}

/* ---- what is on it ------------------------------------------------------- */

static const struct ixl_pci_row *find_row(const struct ixl_driver *drv,
                                          const struct ixl_os_dev_info *info)
{
    for (unsigned i = 0; i < drv->n_rows; i++)
        if (drv->rows[i].vendor == info->vendor && drv->rows[i].device == info->device)
            return &drv->rows[i];
    return NULL;
}

const struct ixl_pci_row *ixl_match(const struct ixl_os_dev_info *info,
                                    const struct ixl_driver **drv)
{
    for (unsigned i = 0; ixl_driver_table[i]; i++) {
        const struct ixl_pci_row *row = find_row(ixl_driver_table[i], info);
        if (row) {
            *drv = ixl_driver_table[i];
            return row;
        }
    }
    *drv = NULL;
    return NULL;
}

int ixl_bus_get(struct ixl_bus *bus, unsigned index, struct ixl_bus_entry *out)
{
    struct ixl_os_dev_info info = { .vendor = 0 };
    const struct ixl_driver *drv;

    if (!bus || !out) {
        ixl_log(IXL_LOG_ERROR, "ixl_bus_get needs a bus and a place for the entry");
        return -IXL_EINVAL;
    }
    int err = bus->os->ops->bus_scan(bus->os, index, &info);
    if (err < 0)
        return err;
    const struct ixl_pci_row *row = ixl_match(&info, &drv);

    memset(out, 0, sizeof(*out));
    out->vendor = info.vendor;
    out->device = info.device;
    out->subvendor = info.subvendor;
    out->subdevice = info.subdevice;
    out->revision = info.revision;
    memcpy(out->address, info.address, sizeof(out->address));
    out->driver = drv ? drv->name : NULL;
    out->description = row ? row->name : NULL;
    return 0;
}
