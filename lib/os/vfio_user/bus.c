// SPDX-License-Identifier: MIT
/* Addresses "vfio-user:/run/nic.sock,OPTION=VALUE;..." and who is behind them. */
#include "lib/os/vfio_user/vfio_user_os.h"

#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/linux/linux_os.h"

#define DEVICES_MAX 256u

/* ---- options ------------------------------------------------------------- */

static int take_options(struct vu_spec *spec, char *text)
{
    char *next = text;

    if (text)
        snprintf(spec->options, sizeof(spec->options), ",%.38s", text);
    while ((text = strsep(&next, ",")) != NULL) {
        if (lx_vectors_option(&spec->irqs, text))
            continue;
        ixl_log(IXL_LOG_ERROR,
                "\"%.60s\" is no option of a vfio-user device: there are irq=msix|msi|intx|none "
                "and vectors=N (1 to %u); the wire is the server's business",
                text, LX_VECTORS_MAX);
        return -IXL_EINVAL;
    }
    return 0;
}

static int parse_item(const char *item, size_t len, struct vu_spec *out)
{
    char text[sizeof(out->path) + sizeof(out->options)];

    *out = (struct vu_spec){ .irqs = LX_IRQ_WISH };
    snprintf(text, sizeof(text), "%.*s", len < sizeof(text) ? (int)len : 0, item);
    char *comma = strchr(text, ',');
    if (comma)
        *comma++ = '\0';
    if (!text[0] || strlen(text) >= sizeof(out->path)) {
        ixl_log(IXL_LOG_ERROR,
                "\"vfio-user:%.*s\" names no socket: write vfio-user:/run/nic.sock (a path of %zu "
                "bytes at most)",
                (int)(len < 60 ? len : 60), item, sizeof(out->path) - 1);
        return -IXL_EINVAL;
    }
    memcpy(out->path, text, strlen(text) + 1);
    int err = take_options(out, comma);
    snprintf(out->info.address, sizeof(out->info.address), "vfio-user:%.69s", out->path);
    size_t used = strlen(out->info.address), more = strlen(out->options) + 1;
    if (used + more <= sizeof(out->info.address))
        memcpy(out->info.address + used, out->options, more);
    return err;
}

/* ---- buses --------------------------------------------------------------- */

static int add_item(struct vu_bus *bus, const char *item, size_t len)
{
    struct vu_spec spec;
    int err = bus->n < DEVICES_MAX ? parse_item(item, len, &spec) : -IXL_EINVAL;

    if (err)
        return err;
    struct vu_spec *more = realloc(bus->spec, (bus->n + 1) * sizeof(*more));
    if (!more) {
        ixl_log(IXL_LOG_ERROR, "no memory for a list of vfio-user devices");
        return -IXL_ENOMEM;
    }
    bus->spec = more;
    bus->spec[bus->n++] = spec;
    return 0;
}

int vu_bus_open(const char *spec, struct ixl_os_bus **out)
{
    struct vu_bus *bus = calloc(1, sizeof(*bus));

    if (!bus) {
        ixl_log(IXL_LOG_ERROR, "no memory for a list of vfio-user devices");
        return -IXL_ENOMEM;
    }
    bus->base.ops = &ixl_vfio_user_ops;
    for (const char *item = spec;;) {
        size_t len = strcspn(item, ";");
        int err = add_item(bus, item, len);
        if (err) {
            vu_bus_close(&bus->base);
            return err;
        }
        if (!item[len])
            break;
        item += len + 1;
    }
    *out = &bus->base;
    return 0;
}

void vu_bus_close(struct ixl_os_bus *base)
{
    free(((struct vu_bus *)base)->spec);
    free(base);
}

/* ---- who is there -------------------------------------------------------- */

int vu_identify(struct vu_conn *c, struct ixl_os_dev_info *info)
{
    uint32_t id = 0, sub = 0, revision = 0;
    int err = vu_region_read(c, VFIO_PCI_CONFIG_REGION_INDEX, 0x00, 4, &id);

    if (!err)
        err = vu_region_read(c, VFIO_PCI_CONFIG_REGION_INDEX, 0x2c, 4, &sub);
    if (!err)
        err = vu_region_read(c, VFIO_PCI_CONFIG_REGION_INDEX, 0x08, 1, &revision);
    if (err)
        return lx_fail(c->address, "its configuration space cannot be read", err, NULL);
    info->vendor = (uint16_t)id;
    info->device = (uint16_t)(id >> 16);
    info->subvendor = (uint16_t)sub;
    info->subdevice = (uint16_t)(sub >> 16);
    info->revision = (uint8_t)revision;
    return 0;
}

/* A server has one client at a time: it is asked once, and left again. */
static int look(struct vu_spec *spec)
{
    struct vu_conn c;
    int err = vu_connect(&c, spec->path, spec->info.address);

    if (err)
        return err;
    err = vu_identify(&c, &spec->info);
    vu_disconnect(&c);
    spec->known = !err;
    return err;
}

int vu_bus_scan(struct ixl_os_bus *base, unsigned index, struct ixl_os_dev_info *info)
{
    struct vu_bus *bus = (struct vu_bus *)base;

    if (index >= bus->n)
        return -IXL_ENOENT;
    int err = bus->spec[index].known ? 0 : look(&bus->spec[index]);
    *info = bus->spec[index].info;
    /* ENOENT would mean that the list ends here */
    return err == -IXL_ENOENT ? -IXL_ENODEV : err;
}
