// SPDX-License-Identifier: MIT
/*
 * Virtual buses. An address is "vbus:[NAME:][NUMBER | MATCH]": NAME is the initial capability
 * ("vbus" if left out), NUMBER a PCI device counted from 0, MATCH what io compares devices with
 * ("PCI/VEN_8086&DEV_10C9"). With neither the bus has all its PCI devices.
 */
#include "lib/os/l4re/l4re_os.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <l4/re/env.h>
#include <l4/sys/err.h>
#include <l4/vbus/vbus_interfaces.h>
#include <l4/vbus/vbus_pci.h>

#include <ixl/l4re.h>

#include "lib/core/bus.h"

#define DEFAULT_NAME "vbus"
#define IDENTITY     0x00u
#define REVISION     0x08u
#define SUBSYSTEM    0x2cu
/* io never has so many; a bus that answers for ever is not believed. */
#define DEVICES_MAX  4096u

/* ---- addresses ----------------------------------------------------------- */

static int malformed(const char *spec)
{
    ixl_log(IXL_LOG_ERROR,
            "\"vbus:%.80s\" is no address: write vbus:[NAME:][NUMBER], NAME being the "
            "name of a virtual bus capability, or vbus:[NAME:]PCI/MATCH",
            spec);
    return -IXL_EINVAL;
}

static int parse_number(struct vbus *bus, const char *text)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || *end || n >= DEVICES_MAX)
        return -IXL_EINVAL;
    bus->first = (unsigned)n;
    bus->single = true;
    return 0;
}

static int parse(struct vbus *bus, const char *spec)
{
    const char *colon = strchr(spec, ':'), *rest = colon ? colon + 1 : spec;
    size_t len = colon ? (size_t)(colon - spec) : 0;

    if (len >= VBUS_NAME_MAX || (colon && len == 0))
        return malformed(spec);
    memcpy(bus->name, colon ? spec : DEFAULT_NAME, colon ? len : sizeof(DEFAULT_NAME) - 1);
    if (!*rest)
        return 0;
    if (strncmp(rest, "PCI/", 4) != 0)
        return parse_number(bus, rest) ? malformed(spec) : 0;
    if (strlen(rest) >= VBUS_MATCH_MAX)
        return malformed(spec);
    memcpy(bus->match, rest, strlen(rest));
    return 0;
}

void l4_bus_address(const struct vbus *bus, unsigned number, char address[80])
{
    bool named = bus->name[0] && strcmp(bus->name, DEFAULT_NAME) != 0;

    snprintf(address, 80, "vbus:%s%s%u", named ? bus->name : "", named ? ":" : "", number);
}

/* ---- life ---------------------------------------------------------------- */

static struct vbus *create(void)
{
    struct vbus *bus = calloc(1, sizeof(*bus));

    if (bus)
        bus->base.ops = &ixl_l4re_os;
    else
        ixl_log(IXL_LOG_ERROR, "no memory for a virtual bus");
    return bus;
}

int l4_bus_open(const char *spec, struct ixl_os_bus **out)
{
    struct vbus *bus = create();

    if (!bus)
        return -IXL_ENOMEM;
    int err = parse(bus, spec);
    if (!err) {
        bus->cap = l4re_env_get_cap(bus->name);
        if (l4_is_invalid_cap(bus->cap)) {
            ixl_log(IXL_LOG_ERROR,
                    "there is no capability named \"%s\": give the program one in the "
                    "ned script, caps = { %s = ... }",
                    bus->name, bus->name);
            err = -IXL_ENOENT;
        }
    }
    if (err) {
        free(bus);
        return err;
    }
    *out = &bus->base;
    return 0;
}

void l4_bus_close(struct ixl_os_bus *bus)
{
    free(bus);
}

int ixl_bus_from_vbus(l4_cap_idx_t vbus, struct ixl_bus **out)
{
    if (out)
        *out = NULL;
    if (!out || l4_is_invalid_cap(vbus)) {
        ixl_log(IXL_LOG_ERROR, "ixl_bus_from_vbus needs a valid capability and a place for the "
                               "bus");
        return -IXL_EINVAL;
    }
    struct vbus *os = create();
    if (!os)
        return -IXL_ENOMEM;
    struct ixl_bus *bus = calloc(1, sizeof(*bus));
    if (!bus) {
        ixl_log(IXL_LOG_ERROR, "no memory for a virtual bus");
        free(os);
        return -IXL_ENOMEM;
    }
    os->cap = vbus;
    bus->os = &os->base;
    *out = bus;
    return 0;
}

/* ---- what is on it ------------------------------------------------------- */

static bool matches(const struct vbus *bus, l4vbus_device_handle_t handle)
{
    return !bus->match[0] || l4vbus_is_compatible(bus->cap, handle, bus->match) == 1;
}

int l4_bus_find(struct vbus *bus, unsigned index, l4vbus_device_handle_t *handle,
                l4vbus_device_t *device, unsigned *number)
{
    l4vbus_device_handle_t at = L4VBUS_NULL;
    unsigned n = 0, pci = 0, target = index;

    if (bus->single && index > 0)
        return -IXL_ENOENT;
    target += bus->first;
    for (unsigned i = 0; i < DEVICES_MAX; i++) {
        int err = l4vbus_get_next_device(bus->cap, L4VBUS_ROOT_BUS, &at, L4VBUS_MAX_DEPTH, device);
        if (err == -L4_ENODEV || err == -L4_ENOENT)
            return -IXL_ENOENT;
        if (err < 0)
            return l4_fail(bus->name[0] ? bus->name : DEFAULT_NAME,
                           "the virtual bus does not answer", err,
                           "is the capability one of io's?");
        if (!l4vbus_subinterface_supported(device->type, L4VBUS_INTERFACE_PCIDEV))
            continue;
        if (matches(bus, at) && n++ == target) {
            *handle = at;
            *number = pci;
            return 0;
        }
        pci++;
    }
    return -IXL_ENOENT;
}

int l4_cfg_read(l4_cap_idx_t vbus, l4vbus_device_handle_t handle, unsigned off, unsigned width,
                uint32_t *val)
{
    l4_uint32_t got = 0;
    int err = l4vbus_pcidev_cfg_read(vbus, handle, off, &got, width * 8);

    *val = width < 4 ? got & ((1u << (8 * width)) - 1) : got;
    return err < 0 ? err : 0;
}

int l4_bus_scan(struct ixl_os_bus *base, unsigned index, struct ixl_os_dev_info *info)
{
    struct vbus *bus = (struct vbus *)base;
    l4vbus_device_handle_t handle;
    l4vbus_device_t device;
    uint32_t id = 0, sub = 0, revision = 0;
    unsigned number;
    int err = l4_bus_find(bus, index, &handle, &device, &number);

    if (err)
        return err;
    memset(info, 0, sizeof(*info));
    l4_bus_address(bus, number, info->address);
    err = l4_cfg_read(bus->cap, handle, IDENTITY, 4, &id);
    if (!err)
        err = l4_cfg_read(bus->cap, handle, SUBSYSTEM, 4, &sub);
    if (!err)
        err = l4_cfg_read(bus->cap, handle, REVISION, 1, &revision);
    if (err)
        return l4_fail(info->address, "its configuration space cannot be read", err, NULL);
    info->vendor = (uint16_t)id;
    info->device = (uint16_t)(id >> 16);
    info->subvendor = (uint16_t)sub;
    info->subdevice = (uint16_t)(sub >> 16);
    info->revision = (uint8_t)revision;
    return 0;
}
