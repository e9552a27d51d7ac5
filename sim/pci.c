// SPDX-License-Identifier: MIT
/*
 * PCI Local Bus 3.0 configuration space (type 0), MSI and MSI-X (6.8), power
 * management 1.2, PCI Express capability with function level reset.
 */
#include "pci.h"

#include <string.h>

#include "bytes.h"
#include "nic.h"

enum {
    CFG_COMMAND = 0x04,
    CFG_STATUS = 0x06,
    CFG_BAR0 = 0x10,
    CFG_CAP_PTR = 0x34,
    CFG_INT_LINE = 0x3c,
    CFG_INT_PIN = 0x3d,
    /* where Intel's NICs have them */
    CAP_PM = 0x40,
    CAP_MSI = 0x50,
    CAP_MSIX = 0x70,
    CAP_PCIE = 0xa0,
    CAP_VENDOR = 0x80, /* up to 0xff */

    COMMAND_IO = 1u << 0,
    COMMAND_MEMORY = 1u << 1,
    COMMAND_MASTER = 1u << 2,
    COMMAND_INTX_OFF = 1u << 10,
    STATUS_INTX = 1u << 3,
    STATUS_CAPS = 1u << 4,

    MSI_ENABLE = 1u << 0,
    MSIX_ENABLE = 1u << 15,
    MSIX_MASK_ALL = 1u << 14,
    DEVCTL_FLR = 1u << 15,
    DEVCAP_FLR = 1u << 28,
};

static uint16_t get16(const struct sim_pci *p, unsigned off)
{
    return sim_get_le16(p->cfg + off);
}

static void set16(struct sim_pci *p, unsigned off, uint16_t val, uint16_t writable)
{
    sim_put_le16(p->cfg + off, val);
    sim_put_le16(p->mask + off, writable);
}

static void set32(struct sim_pci *p, unsigned off, uint32_t val, uint32_t writable)
{
    sim_put_le32(p->cfg + off, val);
    sim_put_le32(p->mask + off, writable);
}

/* ---- power-on contents ---------------------------------------------------- */

static void init_header(struct sim_pci *p, const struct sim_pci_desc *d)
{
    set16(p, 0x00, d->vendor, 0);
    set16(p, 0x02, d->device, 0);
    set16(p, CFG_COMMAND, 0, 0x0547); /* I/O, memory, master, parity, SERR#, INTx disable */
    set16(p, CFG_STATUS, STATUS_CAPS, 0);
    set32(p, 0x08, d->class_code << 8 | d->revision, 0);
    set32(p, 0x0c, 0, 0xff); /* cache line size */
    set16(p, 0x2c, d->subsys_vendor, 0);
    set16(p, 0x2e, d->subsys_device, 0);
    set16(p, CFG_INT_LINE, 1 << 8, 0xff); /* INTA# */
}

static void init_bars(struct sim_pci *p, const struct sim_pci_desc *d)
{
    for (unsigned i = 0; i < 6; i++) {
        const struct sim_bar *b = &d->bar[i];
        if (!b->size)
            continue;
        uint32_t low = b->is_io ? 1u : (b->is_64 ? 4u : 0) | (b->prefetch ? 8u : 0);
        uint64_t mask = ~(b->size - 1);
        set32(p, CFG_BAR0 + 4 * i, low, (uint32_t)mask & ~0xfu);
        if (b->is_64)
            set32(p, CFG_BAR0 + 4 * i + 4, 0, (uint32_t)(mask >> 32));
    }
}

/* Puts a capability at `at` into the list, behind the one before. */
static unsigned link_cap(struct sim_pci *p, unsigned *tail, unsigned at, uint8_t id)
{
    p->cfg[*tail] = (uint8_t)at;
    p->cfg[at] = id;
    *tail = at + 1;
    return at;
}

static void init_caps(struct sim_pci *p, const struct sim_pci_desc *d)
{
    unsigned tail = CFG_CAP_PTR;

    if (d->pm) {
        p->pm = link_cap(p, &tail, CAP_PM, 0x01);
        set16(p, p->pm + 2, 0x0003, 0);      /* version 3, no D1, D2 */
        set16(p, p->pm + 4, 0x0000, 0x0103); /* power state, PME enable */
    }
    if (d->msi) {
        p->msi = link_cap(p, &tail, CAP_MSI, 0x05);
        set16(p, p->msi + 2, 0x0080, 0x0071); /* 64-bit addresses, one message */
        set32(p, p->msi + 4, 0, ~3u);
        set32(p, p->msi + 8, 0, ~0u);
        set16(p, p->msi + 12, 0, 0xffff);
    }
    if (d->msix_vectors) {
        p->msix = link_cap(p, &tail, CAP_MSIX, 0x11);
        set16(p, p->msix + 2, (uint16_t)(d->msix_vectors - 1), MSIX_ENABLE | MSIX_MASK_ALL);
        set32(p, p->msix + 4, d->msix_table | d->msix_bar, 0);
        set32(p, p->msix + 8, d->msix_pba | d->msix_bar, 0);
    }
    for (unsigned i = 0, at = CAP_VENDOR; i < d->n_vendor_caps; i++) {
        const struct sim_vendor_cap *cap = &d->vendor_caps[i];
        link_cap(p, &tail, at, 0x09);
        p->cfg[at + 2] = cap->len;
        memcpy(p->cfg + at + 3, cap->body, cap->len - 3u);
        at += (cap->len + 3u) & ~3u;
    }
    if (d->pcie) {
        p->pcie = link_cap(p, &tail, CAP_PCIE, 0x10);
        set16(p, p->pcie + 2, 0x0002, 0);                             /* version 2, endpoint */
        set32(p, p->pcie + 4, 0x8002 | (d->flr ? DEVCAP_FLR : 0), 0); /* 512-byte payload */
        set16(p, p->pcie + 8, 0x2810, 0x7fff);                        /* device control */
        set32(p, p->pcie + 12, 0x0000f482, 0);                        /* x8, 5 GT/s */
        set16(p, p->pcie + 16, 0, 0x00c3);
        set16(p, p->pcie + 18, 0x1082, 0); /* x8 at 5 GT/s negotiated */
        set32(p, p->pcie + 0x24, 0x1f, 0); /* completion timeout ranges */
        set16(p, p->pcie + 0x28, 0, 0x001f);
    }
}

void sim_pci_reset(struct sim_nic *nic)
{
    struct sim_pci *p = &nic->pci;
    const struct sim_pci_desc *d = nic->model->pci;
    bool was_sent = p->pin_sent;

    memset(p, 0, sizeof(*p));
    p->pin_sent = was_sent;
    for (unsigned i = 0; i < SIM_MSIX_MAX; i++)
        p->vector[i].masked = true;
    init_header(p, d);
    init_bars(p, d);
    init_caps(p, d);
    sim_irq_pin(nic, false);
}

void sim_pci_init(struct sim_nic *nic)
{
    sim_pci_reset(nic);
}

/* ---- state derived from registers ----------------------------------------- */

static bool powered(const struct sim_pci *p)
{
    return !p->pm || (p->cfg[p->pm + 4] & 3) == 0;
}

bool sim_bus_master(struct sim_nic *nic)
{
    return (get16(&nic->pci, CFG_COMMAND) & COMMAND_MASTER) && powered(&nic->pci);
}

bool sim_pci_memory_on(const struct sim_nic *nic, unsigned bar)
{
    unsigned bit = nic->model->pci->bar[bar].is_io ? COMMAND_IO : COMMAND_MEMORY;

    return (get16(&nic->pci, CFG_COMMAND) & bit) && powered(&nic->pci);
}

enum sim_irq_mode sim_irq_mode(struct sim_nic *nic)
{
    const struct sim_pci *p = &nic->pci;

    if (p->msix && (get16(p, p->msix + 2) & MSIX_ENABLE))
        return SIM_IRQ_MSIX;
    if (p->msi && (get16(p, p->msi + 2) & MSI_ENABLE))
        return SIM_IRQ_MSI;
    return SIM_IRQ_INTX;
}

/* ---- interrupts ----------------------------------------------------------- */

static void update_pin(struct sim_nic *nic)
{
    struct sim_pci *p = &nic->pci;
    bool level = p->pin && !(get16(p, CFG_COMMAND) & COMMAND_INTX_OFF) &&
                 sim_irq_mode(nic) == SIM_IRQ_INTX && nic->fault != SIM_FAULT_REMOVED;

    if (level == p->pin_sent)
        return;
    if (level && sim_fault_nth(nic, SIM_FAULT_IRQ_LOST))
        return;
    p->pin_sent = level;
    nic->count.irqs += level;
    if (nic->host.intx)
        nic->host.intx(nic->host.ctx, level);
}

void sim_irq_pin(struct sim_nic *nic, bool level)
{
    nic->pci.pin = level;
    update_pin(nic);
}

/* A message is a memory write like any other. */
static void send_message(struct sim_nic *nic, uint64_t addr, uint32_t data)
{
    if (nic->fault == SIM_FAULT_REMOVED || sim_fault_nth(nic, SIM_FAULT_IRQ_LOST))
        return;
    if (!sim_bus_master(nic)) {
        sim_violation(nic, "interrupt message wanted while bus mastering is off");
        return;
    }
    nic->count.irqs++;
    if (nic->host.msi)
        nic->host.msi(nic->host.ctx, addr, data);
}

void sim_irq_msi(struct sim_nic *nic)
{
    const struct sim_pci *p = &nic->pci;

    if (sim_irq_mode(nic) == SIM_IRQ_MSI)
        send_message(nic, sim_get_le64(p->cfg + p->msi + 4), get16(p, p->msi + 12));
}

static bool masked(const struct sim_pci *p, unsigned vector)
{
    return p->vector[vector].masked || (get16(p, p->msix + 2) & MSIX_MASK_ALL);
}

void sim_irq_msix(struct sim_nic *nic, unsigned vector)
{
    struct sim_pci *p = &nic->pci;

    if (sim_irq_mode(nic) != SIM_IRQ_MSIX)
        return;
    if (vector >= nic->model->pci->msix_vectors) {
        sim_violation(nic, "an interrupt cause is mapped to MSI-X vector %u, the table has %u",
                      vector, nic->model->pci->msix_vectors);
        return;
    }
    if (masked(p, vector))
        p->vector[vector].pending = true;
    else
        send_message(nic, p->vector[vector].addr, p->vector[vector].data);
}

void sim_msix_clear_pending(struct sim_nic *nic, unsigned vector)
{
    if (vector < SIM_MSIX_MAX)
        nic->pci.vector[vector].pending = false;
}

/* After an unmask: what was held back goes out. */
static void send_pending(struct sim_nic *nic)
{
    struct sim_pci *p = &nic->pci;

    if (sim_irq_mode(nic) != SIM_IRQ_MSIX)
        return;
    for (unsigned i = 0; i < nic->model->pci->msix_vectors; i++) {
        if (!p->vector[i].pending || masked(p, i))
            continue;
        p->vector[i].pending = false;
        send_message(nic, p->vector[i].addr, p->vector[i].data);
    }
}

void sim_pci_storm(struct sim_nic *nic)
{
    struct sim_pci *p = &nic->pci;
    bool level = p->pin;

    if (!sim_bus_master(nic))
        return;
    switch (sim_irq_mode(nic)) {
    case SIM_IRQ_MSIX:
        for (unsigned i = 0; i < nic->model->pci->msix_vectors; i++)
            if (!masked(p, i))
                send_message(nic, p->vector[i].addr, p->vector[i].data);
        break;
    case SIM_IRQ_MSI:
        sim_irq_msi(nic);
        break;
    case SIM_IRQ_INTX:
        sim_irq_pin(nic, !level);
        sim_irq_pin(nic, level);
        break;
    }
}

/* ---- the MSI-X table ------------------------------------------------------ */

static uint32_t table_read(const struct sim_pci *p, unsigned off)
{
    const struct sim_msix_entry *e = &p->vector[off / 16];

    switch (off % 16 / 4) {
    case 0:
        return (uint32_t)e->addr;
    case 1:
        return (uint32_t)(e->addr >> 32);
    case 2:
        return e->data;
    default:
        return e->masked;
    }
}

static void table_write(struct sim_nic *nic, unsigned off, uint32_t val)
{
    struct sim_msix_entry *e = &nic->pci.vector[off / 16];
    unsigned word = off % 16 / 4;

    if (word < 3 && !e->masked && sim_irq_mode(nic) == SIM_IRQ_MSIX)
        sim_violation(nic, "MSI-X table entry %u changed while the vector is not masked", off / 16);
    switch (word) {
    case 0:
        if (val & 3)
            sim_violation(nic, "MSI-X table entry %u: address not a multiple of 4", off / 16);
        e->addr = (e->addr & ~0xffffffffull) | (val & ~3u);
        break;
    case 1:
        e->addr = (e->addr & 0xffffffffull) | (uint64_t)val << 32;
        break;
    case 2:
        e->data = val;
        break;
    default:
        e->masked = val & 1;
        send_pending(nic);
        break;
    }
}

static uint32_t pba_read(const struct sim_pci *p, unsigned off)
{
    uint32_t bits = 0;

    for (unsigned i = 0; i < 32 && off * 8 + i < SIM_MSIX_MAX; i++)
        bits |= (uint32_t)p->vector[off * 8 + i].pending << i;
    return bits;
}

/* Does [off, off+width) lie in the table (1) or the pending bits (2)? 0: neither. */
static int msix_part(struct sim_nic *nic, unsigned bar, uint64_t off, unsigned width)
{
    const struct sim_pci_desc *d = nic->model->pci;
    int part = 0;

    if (!d->msix_vectors || bar != d->msix_bar)
        return 0;
    if (off >= d->msix_table && off < d->msix_table + 16ull * d->msix_vectors)
        part = 1;
    else if (off >= d->msix_pba && off < d->msix_pba + (d->msix_vectors + 63) / 64 * 8)
        part = 2;
    if (part && width != 4 && width != 8)
        sim_violation(nic, "MSI-X table or pending bits accessed with width %u", width);
    return part;
}

bool sim_msix_read(struct sim_nic *nic, unsigned bar, uint64_t off, unsigned width, uint64_t *val)
{
    const struct sim_pci_desc *d = nic->model->pci;
    int part = msix_part(nic, bar, off, width);

    if (!part)
        return false;
    *val = 0;
    for (unsigned i = 0; i < width / 4; i++) {
        unsigned at = (unsigned)off + 4 * i;
        uint32_t word = part == 1 ? table_read(&nic->pci, at - d->msix_table)
                                  : pba_read(&nic->pci, at - d->msix_pba);
        *val |= (uint64_t)word << (32 * i);
    }
    return true;
}

bool sim_msix_write(struct sim_nic *nic, unsigned bar, uint64_t off, unsigned width, uint64_t val)
{
    int part = msix_part(nic, bar, off, width);

    if (!part)
        return false;
    if (part == 2)
        sim_violation(nic, "write to the MSI-X pending bits, which are read-only");
    for (unsigned i = 0; part == 1 && i < width / 4; i++)
        table_write(nic, (unsigned)off + 4 * i - nic->model->pci->msix_table,
                    (uint32_t)(val >> (32 * i)));
    return true;
}

/* ---- configuration accesses ----------------------------------------------- */

static bool cfg_valid(struct sim_nic *nic, unsigned off, unsigned width)
{
    if ((width == 1 || width == 2 || width == 4) && off % width == 0 && off < SIM_CFG_SIZE)
        return true;
    sim_violation(nic, "configuration access of %u bytes at 0x%x: not possible on PCI", width, off);
    return false;
}

uint32_t sim_pci_read(struct sim_nic *nic, unsigned off, unsigned width)
{
    struct sim_pci *p = &nic->pci;
    uint32_t val = 0;

    if (!cfg_valid(nic, off, width))
        return UINT32_MAX;
    if (off >= 256 && !nic->model->pci->pcie)
        return UINT32_MAX;
    if (p->pin)
        p->cfg[CFG_STATUS] |= STATUS_INTX;
    else
        p->cfg[CFG_STATUS] &= (uint8_t)~STATUS_INTX;
    for (unsigned i = 0; i < width; i++)
        val |= (uint32_t)p->cfg[off + i] << (8 * i);
    return val;
}

/* Effects of a write that go beyond the stored bits. */
static void after_write(struct sim_nic *nic, bool was_powered)
{
    struct sim_pci *p = &nic->pci;

    if (p->pcie && nic->model->pci->flr && (get16(p, p->pcie + 8) & DEVCTL_FLR)) {
        sim_pci_reset(nic);
        sim_reset_model(nic);
        return;
    }
    if (!was_powered && powered(p)) {
        /* D3hot to D0 is a reset of the function (no "no soft reset") */
        sim_pci_reset(nic);
        sim_reset_model(nic);
        return;
    }
    update_pin(nic);
    send_pending(nic);
    sim_kick(nic);
}

void sim_pci_write(struct sim_nic *nic, unsigned off, unsigned width, uint32_t val)
{
    struct sim_pci *p = &nic->pci;
    bool was_powered = powered(p);

    if (!cfg_valid(nic, off, width) || (off >= 256 && !nic->model->pci->pcie))
        return;
    for (unsigned i = 0; i < width; i++) {
        uint8_t byte = (uint8_t)(val >> (8 * i));
        uint8_t mask = p->mask[off + i];
        if (p->pcie && nic->model->pci->flr && off + i == p->pcie + 9)
            mask |= DEVCTL_FLR >> 8;
        p->cfg[off + i] = (uint8_t)((p->cfg[off + i] & ~mask) | (byte & mask));
    }
    after_write(nic, was_powered);
}
