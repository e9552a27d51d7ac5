// SPDX-License-Identifier: MIT
#include "lib/os/qtest/bus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/qtest/qtest_os.h"

/* Where BARs are put: free below the interrupt controllers on every q35. */
#define WINDOW_START      0xe0000000u
#define WINDOW_END        0xfe000000u

#define PCI_CLASS_NETWORK 0x02u
#define BAR_IO            1u
#define BAR_TYPE_64       4u

/* ---- PCI ------------------------------------------------------------------------------ */

static int cfg_read(struct qtest_bus *bus, const struct qtest_nic *nic, unsigned off,
                    unsigned width, uint32_t *val)
{
    return qtest_cfg_read(&bus->link, nic->devfn, off, width, val);
}

static int cfg_write(struct qtest_bus *bus, const struct qtest_nic *nic, unsigned off,
                     unsigned width, uint32_t val)
{
    return qtest_cfg_write(&bus->link, nic->devfn, off, width, val);
}

/* The mask of writable address bits tells the size. Decoding must be off. */
static int size_half(struct qtest_bus *bus, const struct qtest_nic *nic, unsigned off,
                     uint32_t *old, uint32_t *mask)
{
    int err = cfg_read(bus, nic, off, 4, old);
    if (err == 0) {
        err = cfg_write(bus, nic, off, 4, UINT32_MAX);
    }
    if (err == 0) {
        err = cfg_read(bus, nic, off, 4, mask);
    }
    if (err == 0) {
        err = cfg_write(bus, nic, off, 4, *old);
    }
    return err;
}

static int size_bar(struct qtest_bus *bus, const struct qtest_nic *nic, unsigned i,
                    struct qtest_bar *bar)
{
    unsigned off = IXL_PCI_BAR0 + 4 * i;
    uint32_t low = 0, low_mask = 0, high = 0, high_mask = UINT32_MAX;
    int err = size_half(bus, nic, off, &low, &low_mask);

    bar->is_io = (low_mask & BAR_IO) != 0;
    bar->is_64 = !bar->is_io && (low_mask & BAR_TYPE_64) != 0 && i + 1 < QTEST_BARS;
    if (err == 0 && bar->is_64) {
        err = size_half(bus, nic, off + 4, &high, &high_mask);
    }
    if (err != 0 || (low_mask & ~0xfu) == 0) {
        return err;
    }
    uint64_t mask = (uint64_t)high_mask << 32 | (low_mask & ~(bar->is_io ? 3u : 0xfu));
    bar->base = (uint64_t)high << 32 | (low & ~(bar->is_io ? 3u : 0xfu));
    bar->size = ~mask + 1;
    return 0;
}

static int place_bar(struct qtest_bus *bus, const struct qtest_nic *nic, unsigned i,
                     struct qtest_bar *bar, uint64_t *next)
{
    unsigned off = IXL_PCI_BAR0 + 4 * i;
    bool foreign = !bus->machine.ours;

    if (bar->size == 0 || bar->is_io || (foreign && bar->base != 0)) {
        return 0;
    }
    uint64_t base = (*next + bar->size - 1) & ~(bar->size - 1);
    if ((bar->size & (bar->size - 1)) != 0 || base + bar->size > WINDOW_END) {
        ixl_log(IXL_LOG_ERROR, "qemu: BAR %u of %s has no room or an impossible size", i,
                nic->info.address);
        return -IXL_EIO;
    }
    bar->base = base;
    *next = base + bar->size;
    int err = cfg_write(bus, nic, off, 4, (uint32_t)base);
    if (err == 0 && bar->is_64) {
        err = cfg_write(bus, nic, off + 4, 4, 0);
    }
    return err;
}

/* Commands off first: a device a killed process left running must not write into memory that is
 * handed out anew. */
static int set_up_nic(struct qtest_bus *bus, struct qtest_nic *nic, uint64_t *next)
{
    uint32_t pin;
    int err = cfg_write(bus, nic, IXL_PCI_COMMAND, 2, 0);

    for (unsigned i = 0; i < QTEST_BARS && err == 0; i++) {
        struct qtest_bar *bar = &nic->bars[i];
        err = size_bar(bus, nic, i, bar);
        if (err == 0) {
            err = place_bar(bus, nic, i, bar, next);
        }
        i += bar->is_64;
    }
    if (err == 0) {
        err = cfg_read(bus, nic, 0x3d, 1, &pin);
    }
    /* q35 wires pin A of slot s to input 20 + s % 4 of the IOAPIC, the next pins to the next. */
    nic->gsi = err != 0 || pin < 1 || pin > 4 ? 0 : 20 + ((nic->devfn >> 3) + pin - 1) % 4;
    return err;
}

/* The kind of a NIC of ours by what it says it is. */
static const char *kind_of(const struct qtest_nic *nic)
{
    static const uint16_t ids[] = { 0x100e, 0x100f, 0x100c, 0x10d3, 0x10c9, 0x1041 };
    const char *model;

    for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        if (nic->info.device == ids[i]) {
            return qtest_kind(i, &model);
        }
    }
    return "";
}

/* An address that opens such a NIC again, with the options if it is the only one and they fit. */
static void name_nic(const struct qtest_bus *bus, struct qtest_nic *nic)
{
    size_t cap = sizeof(nic->info.address);
    if (bus->opt.n_nics <= 1 && strlen(bus->spec) + sizeof("qemu:") <= cap &&
        (bus->opt.n_nics == 1 || bus->opt.attach_socket != NULL)) {
        snprintf(nic->info.address, cap, "qemu:%s", bus->spec);
    } else {
        snprintf(nic->info.address, cap, "qemu:%s", kind_of(nic));
    }
}

static int identify(struct qtest_bus *bus, struct qtest_nic *nic, bool *is_nic)
{
    uint32_t id, class_rev = 0, sub = 0;
    int err = cfg_read(bus, nic, 0, 4, &id);

    if (err == 0 && id != UINT32_MAX) {
        err = cfg_read(bus, nic, 8, 4, &class_rev);
    }
    *is_nic = err == 0 && id != UINT32_MAX && class_rev >> 24 == PCI_CLASS_NETWORK;
    if (!*is_nic) {
        return err;
    }
    err = cfg_read(bus, nic, 0x2c, 4, &sub);
    nic->info = (struct ixl_os_dev_info){ .vendor = (uint16_t)id,
                                          .device = (uint16_t)(id >> 16),
                                          .subvendor = (uint16_t)sub,
                                          .subdevice = (uint16_t)(sub >> 16),
                                          .revision = (uint8_t)class_rev };
    name_nic(bus, nic);
    return err;
}

int qtest_pci_probe(struct qtest_bus *bus)
{
    uint64_t next = WINDOW_START;

    for (unsigned slot = 1; slot < 32; slot++) {
        struct qtest_nic *nic = &bus->nics[bus->n_nics];
        bool is_nic;

        *nic = (struct qtest_nic){ .devfn = slot << 3 };
        int err = identify(bus, nic, &is_nic);
        if (err == 0 && is_nic) {
            err = set_up_nic(bus, nic, &next);
            bus->n_nics++;
        }
        if (err != 0) {
            return err;
        }
    }
    return 0;
}

/* ---- life ------------------------------------------------------------------------------- */

static void bus_end(struct qtest_bus *bus)
{
    qtest_clock_stop(bus);
    qtest_ram_unmap(&bus->ram);
    qtest_machine_close(&bus->machine, &bus->link);
    qtest_options_free(&bus->opt);
    pthread_mutex_destroy(&bus->lock);
    free(bus->spec);
    free(bus);
}

void qtest_bus_put(struct qtest_bus *bus)
{
    pthread_mutex_lock(&bus->lock);
    bool last = --bus->refs == 0;
    pthread_mutex_unlock(&bus->lock);
    if (last) {
        bus_end(bus);
    }
}

static int start_machine(const char *spec, struct qtest_bus *bus)
{
    int err = qtest_options_parse(spec, &bus->opt);
    bus->spec = strdup(spec);
    if (err == 0 && bus->spec == NULL) {
        ixl_log(IXL_LOG_ERROR, "qemu: out of memory");
        err = -IXL_ENOMEM;
    }
    if (err == 0) {
        err = qtest_machine_open(&bus->opt, spec, &bus->machine, &bus->link);
    }
    if (err != 0) {
        qtest_options_free(&bus->opt);
        free(bus->spec);
    }
    return err;
}

int qtest_bus_open(const char *spec, struct ixl_os_bus **out)
{
    struct qtest_bus *bus = calloc(1, sizeof(*bus));
    if (bus == NULL) {
        ixl_log(IXL_LOG_ERROR, "qemu: out of memory");
        return -IXL_ENOMEM;
    }
    int err = start_machine(spec, bus);
    if (err != 0) {
        free(bus);
        return err;
    }
    bus->base.ops = &ixl_qtest_ops;
    bus->refs = 1;
    pthread_mutex_init(&bus->lock, NULL);
    err = qtest_clock_start(bus);
    if (err == 0) {
        err = qtest_pci_probe(bus);
    }
    if (err == 0) {
        err = qtest_ram_map(&bus->ram, bus->machine.ram_fd, bus->machine.ram_size);
    }
    if (err != 0) {
        /* The clock's thread may have met the link's end first. */
        err = err == -IXL_ENODEV && atomic_load(&bus->link.dead) ? bus->link.death : err;
        bus_end(bus);
        return err;
    }
    *out = &bus->base;
    return 0;
}
