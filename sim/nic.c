// SPDX-License-Identifier: MIT
/* The framework around a model: life, entry points, faults, counters. */
#define _GNU_SOURCE 1
#include "nic.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_uint mac_serial;

/* ---- entering and leaving ------------------------------------------------- */

void sim_enter(struct sim_nic *nic)
{
    atomic_fetch_add(&nic->waiting, 1);
    pthread_mutex_lock(&nic->lock);
    atomic_fetch_sub(&nic->waiting, 1);
}

static bool timer_due(struct sim_nic *nic)
{
    return nic->next_deadline != SIM_NEVER && sim_now(nic) >= nic->next_deadline;
}

void sim_leave(struct sim_nic *nic)
{
    bool is_inline = nic->event < 0;
    bool work = atomic_load(&nic->kicked) || (is_inline && timer_due(nic));

    pthread_mutex_unlock(&nic->lock);
    if (!work)
        return;
    if (is_inline)
        sim_engine_run(nic);
    else
        sim_engine_wake(nic);
}

void sim_kick(struct sim_nic *nic)
{
    atomic_store(&nic->kicked, true);
}

/* ---- life ----------------------------------------------------------------- */

const struct sim_model_info *sim_model_list(unsigned index)
{
    for (unsigned i = 0; sim_models[i]; i++)
        if (i == index)
            return &sim_models[i]->info;
    return NULL;
}

static const struct sim_model *find_model(const char *name)
{
    for (unsigned i = 0; name && sim_models[i]; i++)
        if (strcmp(sim_models[i]->info.name, name) == 0)
            return sim_models[i];
    return NULL;
}

static void no_model(const char *name, char *err, size_t errlen)
{
    int len = snprintf(err, errlen, "there is no model \"%.40s\": choose one of ", name);

    for (unsigned i = 0; sim_models[i] && len >= 0 && (size_t)len < errlen; i++)
        len += snprintf(err + len, errlen - (size_t)len, "%s%s", i ? ", " : "",
                        sim_models[i]->info.name);
}

static void default_mac(uint8_t mac[6])
{
    static const uint8_t none[6];

    if (memcmp(mac, none, 6) != 0)
        return;
    unsigned serial = atomic_fetch_add(&mac_serial, 1);
    unsigned pid = (unsigned)getpid();
    mac[0] = 0x02; /* locally administered */
    mac[1] = 0x53; /* S, I, M */
    mac[2] = (uint8_t)(pid >> 8);
    mac[3] = (uint8_t)pid;
    mac[4] = (uint8_t)(serial >> 8);
    mac[5] = (uint8_t)serial;
}

void sim_reset_model(struct sim_nic *nic)
{
    for (unsigned id = 0; id < SIM_TIMERS; id++)
        nic->deadline[id] = SIM_NEVER;
    if (nic->fault != SIM_FAULT_IRQ_STORM)
        nic->next_deadline = SIM_NEVER;
    nic->model->reset(nic);
}

static void free_nic(struct sim_nic *nic)
{
    sim_fifo_fini(&nic->in);
    sim_fifo_fini(&nic->out);
    free(nic->state);
    free(nic);
}

static bool set_up(struct sim_nic *nic)
{
    nic->state = calloc(1, nic->model->state_size ? nic->model->state_size : 1);
    if (!nic->state || !sim_fifo_init(&nic->in) || !sim_fifo_init(&nic->out))
        return false;
    pthread_mutex_init(&nic->lock, NULL);
    pthread_mutex_init(&nic->wire_lock, NULL);
    nic->event = -1;
    nic->next_deadline = SIM_NEVER;
    nic->random = 1;
    nic->cable = nic->opt.cable;
    default_mac(nic->opt.mac);
    sim_pci_init(nic);
    if (nic->model->init)
        nic->model->init(nic);
    sim_reset_model(nic);
    return true;
}

struct sim_nic *sim_create(const char *model, const struct sim_options *opt,
                           const struct sim_host *host, char *err, size_t errlen)
{
    const struct sim_model *m = find_model(model);

    if (!m) {
        no_model(model ? model : "", err, errlen);
        return NULL;
    }
    if (!opt || !host || !host->dma_read || !host->dma_write) {
        snprintf(err, errlen, "a model needs options and a host with DMA");
        return NULL;
    }
    struct sim_nic *nic = calloc(1, sizeof(*nic));
    if (!nic) {
        snprintf(err, errlen, "out of memory");
        return NULL;
    }
    nic->model = m;
    nic->opt = *opt;
    nic->host = *host;
    if (!set_up(nic)) {
        free_nic(nic);
        snprintf(err, errlen, "out of memory");
        return NULL;
    }
    if (!sim_engine_start(nic)) {
        if (m->fini)
            m->fini(nic);
        free_nic(nic);
        snprintf(err, errlen, "the model's thread cannot be started");
        return NULL;
    }
    return nic;
}

void sim_destroy(struct sim_nic *nic)
{
    if (!nic)
        return;
    sim_attach(nic, NULL);
    while (atomic_load(&nic->users)) /* a peer is between looking us up and its kick */
        usleep(100);
    sim_engine_stop(nic);
    if (nic->model->fini)
        nic->model->fini(nic);
    pthread_mutex_destroy(&nic->wire_lock);
    pthread_mutex_destroy(&nic->lock);
    free_nic(nic);
}

void sim_nic_get(struct sim_nic *nic)
{
    atomic_fetch_add(&nic->users, 1);
}

void sim_nic_put(struct sim_nic *nic)
{
    atomic_fetch_sub(&nic->users, 1);
}

/* ---- configuration space and BARs ----------------------------------------- */

uint32_t sim_cfg_read(struct sim_nic *nic, unsigned off, unsigned width)
{
    uint32_t val = UINT32_MAX;

    sim_enter(nic);
    if (nic->fault != SIM_FAULT_REMOVED)
        val = sim_pci_read(nic, off, width);
    sim_leave(nic);
    return width == 1 ? val & 0xff : width == 2 ? val & 0xffff : val;
}

void sim_cfg_write(struct sim_nic *nic, unsigned off, unsigned width, uint32_t val)
{
    sim_enter(nic);
    if (nic->fault != SIM_FAULT_REMOVED)
        sim_pci_write(nic, off, width, val);
    sim_leave(nic);
}

uint64_t sim_bar_size(struct sim_nic *nic, unsigned bar)
{
    return bar < 6 ? nic->model->pci->bar[bar].size : 0;
}

static uint64_t all_ones(unsigned width)
{
    return width >= 8 ? UINT64_MAX : (1ull << (8 * width)) - 1;
}

/* False: the access does not reach the model. */
static bool reaches(struct sim_nic *nic, unsigned bar, uint64_t off, unsigned width)
{
    if (nic->fault == SIM_FAULT_REMOVED)
        return false;
    if (width != 1 && width != 2 && width != 4 && width != 8) {
        sim_violation(nic, "register access of %u bytes: no bus makes one", width);
        return false;
    }
    if (bar >= 6 || off >= nic->model->pci->bar[bar].size ||
        nic->model->pci->bar[bar].size - off < width) {
        sim_violation(nic, "access to BAR %u at 0x%llx: outside of it", bar,
                      (unsigned long long)off);
        return false;
    }
    if (off % width) {
        sim_violation(nic, "access of %u bytes to BAR %u at 0x%llx: not aligned", width, bar,
                      (unsigned long long)off);
        return false;
    }
    if (!sim_pci_memory_on(nic, bar)) {
        sim_violation(nic,
                      "access to BAR %u at 0x%llx while decoding is off (command register, "
                      "or power state D3)",
                      bar, (unsigned long long)off);
        return false;
    }
    return true;
}

uint64_t sim_mmio_read(struct sim_nic *nic, unsigned bar, uint64_t off, unsigned width)
{
    uint64_t val = all_ones(width);

    sim_enter(nic);
    nic->count.mmio_reads++;
    if (reaches(nic, bar, off, width) && !sim_msix_read(nic, bar, off, width, &val))
        val = nic->model->mmio_read(nic, bar, off, width) & all_ones(width);
    sim_leave(nic);
    return val;
}

void sim_mmio_write(struct sim_nic *nic, unsigned bar, uint64_t off, unsigned width, uint64_t val)
{
    sim_enter(nic);
    nic->count.mmio_writes++;
    val &= all_ones(width);
    if (reaches(nic, bar, off, width) && !sim_msix_write(nic, bar, off, width, val))
        nic->model->mmio_write(nic, bar, off, width, val);
    sim_leave(nic);
}

void sim_reset(struct sim_nic *nic)
{
    sim_enter(nic);
    if (nic->fault != SIM_FAULT_REMOVED) {
        sim_pci_reset(nic);
        sim_reset_model(nic);
        sim_kick(nic);
    }
    sim_leave(nic);
}

unsigned sim_step(struct sim_nic *nic)
{
    if (nic->event < 0)
        return sim_engine_run(nic);
    sim_wire_kick(nic);
    return 0;
}

/* ---- the outside ---------------------------------------------------------- */

void sim_attach(struct sim_nic *nic, struct sim_wire *wire)
{
    pthread_mutex_lock(&nic->wire_lock);
    struct sim_wire *old = nic->wire;
    nic->wire = NULL;
    if (old) {
        if (old->ops->attached)
            old->ops->attached(old, NULL);
        old->ops->close(old);
    }
    nic->wire = wire;
    if (wire && wire->ops->attached)
        wire->ops->attached(wire, nic);
    pthread_mutex_unlock(&nic->wire_lock);
    if (wire)
        sim_wire_kick(nic);
}

bool sim_wire_inline(const struct sim_nic *nic)
{
    return nic->event < 0;
}

void sim_wire_kick(struct sim_nic *nic)
{
    atomic_store(&nic->kicked, true);
    if (nic->event < 0)
        sim_engine_run(nic);
    else
        sim_engine_wake(nic);
}

bool sim_wire_deliver(struct sim_nic *nic, const void *frame, size_t len)
{
    return sim_fifo_push(&nic->in, frame, len, 0);
}

void sim_wire_lost(struct sim_nic *nic)
{
    atomic_fetch_add(&nic->missed, 1);
}

bool sim_inject(struct sim_nic *nic, const void *frame, size_t len)
{
    bool ok = sim_wire_deliver(nic, frame, len);

    if (!ok)
        sim_wire_lost(nic);
    sim_wire_kick(nic);
    return ok;
}

void sim_set_cable(struct sim_nic *nic, bool plugged)
{
    sim_enter(nic);
    if (nic->cable != plugged) {
        nic->cable = plugged;
        nic->model->cable(nic);
        sim_kick(nic);
    }
    sim_leave(nic);
}

void sim_set_fault(struct sim_nic *nic, enum sim_fault fault, uint64_t arg)
{
    sim_enter(nic);
    if (nic->fault != SIM_FAULT_REMOVED) {
        nic->fault = fault;
        nic->fault_arg = arg;
        nic->fault_count = 0;
        nic->random = (uint32_t)arg ? (uint32_t)arg : 1;
        if (fault == SIM_FAULT_IRQ_STORM)
            nic->storm_at = nic->next_deadline = 0;
        if (nic->model->fault_changed)
            nic->model->fault_changed(nic);
        sim_kick(nic);
    }
    sim_leave(nic);
}

void sim_get_counters(struct sim_nic *nic, struct sim_counters *out)
{
    sim_enter(nic);
    *out = nic->count;
    sim_fifo_totals(&nic->in, &out->wire_rx, &out->wire_rx_bytes);
    sim_leave(nic);
}

const char *sim_last_violation(struct sim_nic *nic)
{
    return nic->violation;
}

/* ---- services for models -------------------------------------------------- */

void *sim_state(struct sim_nic *nic)
{
    return nic->state;
}

const struct sim_model *sim_model(struct sim_nic *nic)
{
    return nic->model;
}

const struct sim_options *sim_opt(struct sim_nic *nic)
{
    return &nic->opt;
}

bool sim_cable(struct sim_nic *nic)
{
    return nic->cable;
}

void sim_violation(struct sim_nic *nic, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(nic->violation, sizeof(nic->violation), fmt, ap);
    va_end(ap);
    nic->count.violations++;
    if (nic->host.violation)
        nic->host.violation(nic->host.ctx, nic->violation);
}

static bool may_dma(struct sim_nic *nic, const char *what, uint64_t addr)
{
    if (nic->fault == SIM_FAULT_REMOVED)
        return false;
    if (sim_bus_master(nic))
        return true;
    sim_violation(nic, "DMA %s at 0x%llx wanted while bus mastering is off", what,
                  (unsigned long long)addr);
    return false;
}

static void dma_fault(struct sim_nic *nic, const char *what, uint64_t addr, size_t len)
{
    nic->count.dma_faults++;
    sim_violation(nic, "DMA %s of %zu bytes at 0x%llx: not visible to the device", what, len,
                  (unsigned long long)addr);
}

bool sim_dma_read(struct sim_nic *nic, uint64_t addr, void *buf, size_t len)
{
    if (!may_dma(nic, "read", addr))
        return false;
    if (len == 0 || nic->host.dma_read(nic->host.ctx, addr, buf, len))
        return true;
    dma_fault(nic, "read", addr, len);
    return false;
}

bool sim_dma_write(struct sim_nic *nic, uint64_t addr, const void *buf, size_t len)
{
    if (!may_dma(nic, "write", addr))
        return false;
    if (len == 0 || nic->host.dma_write(nic->host.ctx, addr, buf, len))
        return true;
    dma_fault(nic, "write", addr, len);
    return false;
}

bool sim_send(struct sim_nic *nic, const void *frame, size_t len)
{
    return sim_fifo_push(&nic->out, frame, len, 0);
}

bool sim_can_send(struct sim_nic *nic)
{
    return sim_fifo_room(&nic->out, 1);
}

bool sim_loop_back(struct sim_nic *nic, const void *frame, size_t len)
{
    return sim_fifo_push(&nic->in, frame, len, 0);
}

uint64_t sim_rx_waiting(struct sim_nic *nic)
{
    return sim_fifo_waiting(&nic->in);
}

bool sim_fault(struct sim_nic *nic, enum sim_fault fault)
{
    return nic->fault == fault;
}

uint64_t sim_fault_arg(struct sim_nic *nic)
{
    return nic->fault_arg;
}

void sim_fault_reset(struct sim_nic *nic)
{
    bool stall = nic->fault == SIM_FAULT_STALL_RX || nic->fault == SIM_FAULT_STALL_TX;

    if (stall && nic->fault_arg == 1)
        nic->fault = SIM_FAULT_NONE;
}

bool sim_fault_nth(struct sim_nic *nic, enum sim_fault fault)
{
    if (nic->fault != fault)
        return false;
    uint64_t n = nic->fault_arg ? nic->fault_arg : 1;
    return ++nic->fault_count % n == 0;
}

uint32_t sim_random(struct sim_nic *nic)
{
    uint32_t x = nic->random;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return nic->random = x;
}

void sim_count_no_desc(struct sim_nic *nic)
{
    nic->count.rx_no_desc++;
}

void sim_count_filtered(struct sim_nic *nic)
{
    nic->count.rx_filtered++;
}
