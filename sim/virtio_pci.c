// SPDX-License-Identifier: MIT
/* Registers of virtio over PCI (4.1): common configuration, notification, ISR, device
 * configuration. */
#include <string.h>

#include "bytes.h"
#include "virtio.h"

/* Where the structures lie in BAR 4. */
enum {
    AREA_COMMON = 0x0000,
    AREA_ISR = 0x1000,
    AREA_DEVICE = 0x2000,
    AREA_NOTIFY = 0x3000,
    AREA_SIZE = 0x1000,
    NOTIFY_STEP = 4,
    DEVICE_SIZE = 24,
};

/* ---- the common configuration as a table ---------------------------------------------------- */

struct field {
    const char *name;
    uint8_t off, width;
    bool ro, queue; /* queue: of the selected one */
};

static const struct field fields[] = {
    { "device_feature_select", 0x00, 4, false, false },
    { "device_feature", 0x04, 4, true, false },
    { "driver_feature_select", 0x08, 4, false, false },
    { "driver_feature", 0x0c, 4, false, false },
    { "config_msix_vector", 0x10, 2, false, false },
    { "num_queues", 0x12, 2, true, false },
    { "device_status", 0x14, 1, false, false },
    { "config_generation", 0x15, 1, true, false },
    { "queue_select", 0x16, 2, false, false },
    { "queue_size", 0x18, 2, false, true },
    { "queue_msix_vector", 0x1a, 2, false, true },
    { "queue_enable", 0x1c, 2, false, true },
    { "queue_notify_off", 0x1e, 2, true, true },
    { "queue_desc (low)", 0x20, 4, false, true },
    { "queue_desc (high)", 0x24, 4, false, true },
    { "queue_driver (low)", 0x28, 4, false, true },
    { "queue_driver (high)", 0x2c, 4, false, true },
    { "queue_device (low)", 0x30, 4, false, true },
    { "queue_device (high)", 0x34, 4, false, true },
};

/* 4.1.3.1: each field in its own width. NULL: reported. */
static const struct field *find(struct sim_nic *nic, uint64_t off, unsigned width, bool write)
{
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        const struct field *f = &fields[i];
        if (f->off != off)
            continue;
        if (f->width != width) {
            sim_violation(nic, "%s accessed with %u bytes instead of %u (4.1.3.1)", f->name, width,
                          f->width);
            return NULL;
        }
        if (write && f->ro) {
            sim_violation(nic, "%s is read-only", f->name);
            return NULL;
        }
        return f;
    }
    sim_violation(nic, "common configuration accessed at 0x%x: no field starts there",
                  (unsigned)off);
    return NULL;
}

static struct virtq *selected(struct virtio *s)
{
    return s->queue_sel < s->n_queues ? &s->q[s->queue_sel] : NULL;
}

/* ---- life ----------------------------------------------------------------------------------- */

void virtio_reset(struct sim_nic *nic)
{
    struct virtio *s = sim_state(nic);
    const struct virtio_kind *kind = s->kind;

    memset(s, 0, offsetof(struct virtio, frame));
    s->kind = kind;
    s->config_vector = NO_VECTOR;
    s->n_queues = (uint16_t)(2 * kind->pairs + (kind->features & F_CTRL_VQ ? 1 : 0));
    for (unsigned i = 0; i < s->n_queues; i++) {
        s->q[i].max = s->q[i].size =
            i == 2u * kind->pairs ? (uint16_t)VIRTIO_CTRL : (uint16_t)VIRTIO_SIZE;
        s->q[i].vector = NO_VECTOR;
        s->q[i].avail_wrap = s->q[i].used_wrap = true;
    }
    s->link = sim_cable(nic);
    s->pairs = 1;
    memcpy(s->mac, sim_opt(nic)->mac, 6);
    sim_irq_pin(nic, false);
}

void virtio_interrupt(struct sim_nic *nic, struct virtq *q)
{
    struct virtio *s = sim_state(nic);

    if (sim_irq_mode(nic) == SIM_IRQ_MSIX) {
        if (q->vector != NO_VECTOR)
            sim_irq_msix(nic, q->vector);
        return;
    }
    s->isr |= 1;
    sim_irq_pin(nic, true);
}

void virtio_config_changed(struct sim_nic *nic)
{
    struct virtio *s = sim_state(nic);

    s->generation++;
    if (!(s->status & S_DRIVER_OK))
        return;
    if (sim_irq_mode(nic) == SIM_IRQ_MSIX) {
        if (s->config_vector != NO_VECTOR)
            sim_irq_msix(nic, s->config_vector);
        return;
    }
    s->isr |= 2;
    sim_irq_pin(nic, true);
}

void virtio_fail(struct sim_nic *nic)
{
    struct virtio *s = sim_state(nic);

    if (!(s->status & S_NEEDS_RESET)) {
        s->status |= S_NEEDS_RESET;
        virtio_config_changed(nic);
    }
}

void virtio_broken(struct sim_nic *nic, const char *what, unsigned queue)
{
    sim_violation(nic, "queue %u: %s", queue, what);
    virtio_fail(nic);
}

/* ---- device status (2.1, 3.1.1) ------------------------------------------------------------- */

/* 5.1.3.1, 6: what must not be agreed on alone. */
static const char *inconsistent(uint64_t f)
{
    static const struct {
        uint64_t feature, needs;
    } rules[] = {
        { F_HOST_TSO4 | F_HOST_TSO6, F_CSUM },
        { F_CTRL_RX | F_MQ | F_CTRL_MAC_ADDR | F_RSS | F_HASH_REPORT, F_CTRL_VQ },
    };
    if (!(f & F_VERSION_1))
        return "VERSION_1 is not accepted";
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if ((f & rules[i].feature) && !(f & rules[i].needs))
            return "a feature is accepted without the one it needs";
    return NULL;
}

static void accept_features(struct sim_nic *nic)
{
    struct virtio *s = sim_state(nic);
    const char *why = inconsistent(s->driver_features);

    if (s->driver_features & ~s->kind->features)
        why = "features are accepted that were not offered";
    if (why) {
        sim_violation(nic, "features 0x%llx: %s", (unsigned long long)s->driver_features, why);
        return;
    }
    s->features = s->driver_features;
    s->status |= S_FEATURES_OK;
}

static void write_status(struct sim_nic *nic, uint8_t val)
{
    struct virtio *s = sim_state(nic);

    if (val == 0) {
        virtio_reset(nic);
        sim_fault_reset(nic);
        return;
    }
    if (s->status & ~val & ~S_NEEDS_RESET)
        sim_violation(nic, "device_status: bits 0x%x are cleared by other than a reset (2.1.1)",
                      s->status & ~val & ~S_NEEDS_RESET);
    if ((val & S_DRIVER) && !(val & S_ACKNOWLEDGE))
        sim_violation(nic, "device_status: DRIVER without ACKNOWLEDGE (3.1.1)");
    if ((val & S_FEATURES_OK) && !(s->status & S_DRIVER))
        sim_violation(nic, "device_status: FEATURES_OK before DRIVER (3.1.1)");
    if ((val & S_DRIVER_OK) && !(s->status & S_FEATURES_OK))
        sim_violation(nic, "device_status: DRIVER_OK before FEATURES_OK (3.1.1)");
    if ((val & S_FEATURES_OK) && !(s->status & S_FEATURES_OK))
        accept_features(nic);
    s->status |= val & (S_ACKNOWLEDGE | S_DRIVER | S_FAILED);
    if ((val & S_DRIVER_OK) && (s->status & S_FEATURES_OK))
        s->status |= S_DRIVER_OK;
    sim_kick(nic);
}

static uint8_t read_status(struct sim_nic *nic)
{
    struct virtio *s = sim_state(nic);

    return sim_fault(nic, SIM_FAULT_RESET_HANGS) && !s->status ? S_DRIVER_OK : s->status;
}

/* ---- queues --------------------------------------------------------------------------------- */

/* 2.7, 2.8: alignments, sizes. */
static void enable_queue(struct sim_nic *nic, struct virtq *q, uint16_t val)
{
    struct virtio *s = sim_state(nic);
    unsigned driver = has(s, F_PACKED) ? 4 : 2;

    if (val != 1)
        sim_violation(nic, "queue_enable: %u is written, only 1 may be (4.1.4.3.2)", val);
    if (!(s->status & S_FEATURES_OK))
        sim_violation(nic, "queue_enable before the features are agreed on");
    if (q->desc % 16 || q->driver % driver || q->device % 4)
        sim_violation(nic, "queue %u: its areas are not aligned (2.7, 2.8.10)", s->queue_sel);
    if (q->size == 0 || (!has(s, F_PACKED) && (q->size & (q->size - 1))))
        sim_violation(nic, "queue %u: %u descriptors are no power of two (2.7)", s->queue_sel,
                      q->size);
    q->enabled = true;
}

static void write_queue(struct sim_nic *nic, const struct field *f, uint32_t val)
{
    struct virtio *s = sim_state(nic);
    struct virtq *q = selected(s);

    if (!q) {
        sim_violation(nic, "%s of queue %u, which does not exist", f->name, s->queue_sel);
        return;
    }
    if (q->enabled)
        sim_violation(nic, "%s of queue %u is written while it is enabled", f->name, s->queue_sel);
    uint64_t *area = f->off < 0x28 ? &q->desc : f->off < 0x30 ? &q->driver : &q->device;
    switch (f->off) {
    case 0x18:
        if (val > q->max)
            sim_violation(nic, "queue %u: %u descriptors, %u are the most", s->queue_sel, val,
                          q->max);
        else
            q->size = (uint16_t)val;
        break;
    case 0x1a:
        q->vector = val < VIRTIO_VECTORS ? (uint16_t)val : NO_VECTOR;
        break;
    case 0x1c:
        enable_queue(nic, q, (uint16_t)val);
        break;
    default:
        if (f->off % 8)
            *area = (*area & 0xffffffffu) | (uint64_t)val << 32;
        else
            *area = (*area & ~0xffffffffull) | val;
        break;
    }
}

static uint32_t read_queue(struct virtio *s, const struct field *f)
{
    const struct virtq *q = selected(s);

    if (!q)
        return 0;
    uint64_t area = f->off < 0x28 ? q->desc : f->off < 0x30 ? q->driver : q->device;
    switch (f->off) {
    case 0x18:
        return q->size;
    case 0x1a:
        return q->vector;
    case 0x1c:
        return q->enabled;
    case 0x1e:
        return s->queue_sel;
    default:
        return (uint32_t)(f->off % 8 ? area >> 32 : area);
    }
}

/* ---- common configuration ------------------------------------------------------------------- */

static uint32_t read_common(struct sim_nic *nic, uint64_t off, unsigned width)
{
    struct virtio *s = sim_state(nic);
    const struct field *f = find(nic, off, width, false);

    if (!f)
        return UINT32_MAX;
    if (f->queue)
        return read_queue(s, f);
    switch (f->off) {
    case 0x00:
        return s->device_sel;
    case 0x04:
        return s->device_sel < 2 ? (uint32_t)(s->kind->features >> 32 * s->device_sel) : 0;
    case 0x08:
        return s->driver_sel;
    case 0x0c:
        return s->driver_sel < 2 ? (uint32_t)(s->driver_features >> 32 * s->driver_sel) : 0;
    case 0x10:
        return s->config_vector;
    case 0x12:
        return s->n_queues;
    case 0x14:
        return read_status(nic);
    case 0x15:
        if (sim_fault(nic, SIM_FAULT_NO_EEPROM) && sim_fault_arg(nic) == 0)
            s->generation++;
        return s->generation;
    default:
        return s->queue_sel;
    }
}

static void write_features(struct sim_nic *nic, uint32_t val)
{
    struct virtio *s = sim_state(nic);

    if (s->status & S_FEATURES_OK)
        sim_violation(nic, "driver_feature is written after FEATURES_OK (3.1.1)");
    else if (s->driver_sel == 0)
        s->driver_features = (s->driver_features & ~0xffffffffull) | val;
    else if (s->driver_sel == 1)
        s->driver_features = (s->driver_features & 0xffffffffull) | (uint64_t)val << 32;
}

static void write_common(struct sim_nic *nic, uint64_t off, unsigned width, uint32_t val)
{
    struct virtio *s = sim_state(nic);
    const struct field *f = find(nic, off, width, true);

    if (!f)
        return;
    if (f->queue) {
        write_queue(nic, f, val);
        return;
    }
    switch (f->off) {
    case 0x00:
        s->device_sel = val;
        break;
    case 0x08:
        s->driver_sel = val;
        break;
    case 0x0c:
        write_features(nic, val);
        break;
    case 0x10:
        s->config_vector = val < VIRTIO_VECTORS ? (uint16_t)val : NO_VECTOR;
        break;
    case 0x14:
        write_status(nic, (uint8_t)val);
        break;
    default:
        s->queue_sel = (uint16_t)val;
        break;
    }
}

/* ---- notification, ISR, device configuration ------------------------------------------------ */

static void notify(struct sim_nic *nic, uint64_t off, unsigned width, uint32_t val)
{
    struct virtio *s = sim_state(nic);

    if (width != 2 || off % NOTIFY_STEP || off / NOTIFY_STEP != val) {
        sim_violation(nic, "notification of %u bytes at 0x%x names queue %u (4.1.5.2)", width,
                      (unsigned)off, val);
        return;
    }
    if (val >= s->n_queues || !s->q[val].enabled) {
        sim_violation(nic, "notification of queue %u, which is not enabled", val);
        return;
    }
    if (!(s->status & S_DRIVER_OK)) {
        sim_violation(nic, "notification before DRIVER_OK (3.1.1)");
        return;
    }
    s->q[val].awake = true;
    s->fed = s->fed || val == 0;
    sim_kick(nic);
}

static uint32_t read_isr(struct sim_nic *nic, uint64_t off, unsigned width)
{
    struct virtio *s = sim_state(nic);
    uint8_t was = s->isr;

    if (off != 0 || width != 1) {
        sim_violation(nic, "ISR status is one byte (4.1.4.5)");
        return UINT32_MAX;
    }
    s->isr = 0;
    sim_irq_pin(nic, false);
    return was;
}

/* 5.1.4 */
static void build_config(struct sim_nic *nic, uint8_t c[DEVICE_SIZE])
{
    struct virtio *s = sim_state(nic);

    memset(c, 0, DEVICE_SIZE);
    memcpy(c, sim_opt(nic)->mac, 6);
    sim_put_le16(c + 6, s->link);
    sim_put_le16(c + 8, s->kind->pairs);
    sim_put_le16(c + 10, s->kind->mtu);
    sim_put_le32(c + 12, 25000);
    c[16] = 1;
    c[17] = 40;
    sim_put_le16(c + 18, VIRTIO_TABLE);
    sim_put_le32(c + 20, 0x3f);
}

static uint32_t read_config(struct sim_nic *nic, uint64_t off, unsigned width)
{
    static const struct {
        uint8_t off, width;
        uint64_t feature;
    } parts[] = {
        { 0, 1, F_MAC },           { 1, 1, F_MAC },
        { 2, 1, F_MAC },           { 3, 1, F_MAC },
        { 4, 1, F_MAC },           { 5, 1, F_MAC },
        { 6, 2, F_STATUS },        { 8, 2, F_MQ | F_RSS },
        { 10, 2, F_MTU },          { 12, 4, F_SPEED_DUPLEX },
        { 16, 1, F_SPEED_DUPLEX }, { 17, 1, F_RSS | F_HASH_REPORT },
        { 18, 2, F_RSS },          { 20, 4, F_RSS | F_HASH_REPORT },
    };
    struct virtio *s = sim_state(nic);
    uint8_t c[DEVICE_SIZE];
    uint32_t val = 0;

    build_config(nic, c);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (parts[i].off != off || parts[i].width != width)
            continue;
        /* 2.2.2, 5.1.4: a field exists if its feature was offered */
        if (!(s->kind->features & parts[i].feature))
            break;
        for (unsigned k = 0; k < width; k++)
            val |= (uint32_t)c[off + k] << 8 * k;
        return val;
    }
    sim_violation(nic, "device configuration read at %u with %u bytes: there is no such field",
                  (unsigned)off, width);
    return UINT32_MAX;
}

/* ---- entry points --------------------------------------------------------------------------- */

uint64_t virtio_mmio_read(struct sim_nic *nic, unsigned bar, uint64_t off, unsigned width)
{
    uint64_t in = off % AREA_SIZE;

    if (bar == 4 && off < AREA_ISR)
        return read_common(nic, in, width);
    if (bar == 4 && off < AREA_DEVICE)
        return read_isr(nic, in, width);
    if (bar == 4 && off < AREA_NOTIFY)
        return read_config(nic, in, width);
    sim_violation(nic, "read of BAR %u at 0x%llx: nothing is there", bar, (unsigned long long)off);
    return UINT64_MAX;
}

void virtio_mmio_write(struct sim_nic *nic, unsigned bar, uint64_t off, unsigned width,
                       uint64_t val)
{
    uint64_t in = off % AREA_SIZE;

    if (bar == 4 && off < AREA_ISR)
        write_common(nic, in, width, (uint32_t)val);
    else if (bar == 4 && off >= AREA_NOTIFY)
        notify(nic, in, width, (uint32_t)val);
    else
        sim_violation(nic, "write to BAR %u at 0x%llx, which cannot be written", bar,
                      (unsigned long long)off);
}
