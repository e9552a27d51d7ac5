// SPDX-License-Identifier: MIT
/*
 * Interrupts of a served NIC: a message or the pin ends in an eventfd of the client. As with
 * Linux's VFIO the client names eventfds, and the server fills the NIC's MSI-X table and MSI
 * capability and switches them on; what the client writes there itself is without meaning. The pin
 * masks itself when it fires.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "serve_priv.h"

#define MESSAGE_ADDRESS 0xfee00000u

enum {
    COMMAND = 0x04,
    COMMAND_MEMORY = 1 << 1,
    COMMAND_INTX_OFF = 1 << 10,
    STATUS = 0x06,
    STATUS_CAPS = 1 << 4,
    CAP_PTR = 0x34,
    INT_PIN = 0x3d,
    CAP_MSI = 0x05,
    CAP_MSIX = 0x11,
    MSI_ENABLE = 1 << 0,
    MSIX_ENABLE = 1 << 15,

    DATA_NONE = 1 << 0,
    DATA_EVENTFD = 1 << 2,
    DATA_ALL = 0x07,
    ACTION_MASK = 1 << 3,
    ACTION_UNMASK = 1 << 4,
    ACTION_TRIGGER = 1 << 5,
};

/* SET_IRQS as it is sent. */
struct irq_set {
    uint32_t argsz, flags, index, start, count;
};

/* ---- life ----------------------------------------------------------------- */

int serve_irqs_init(struct serve_irqs *irqs)
{
    pthread_mutex_init(&irqs->lock, NULL);
    for (unsigned k = 0; k < SERVE_IRQ_KINDS; k++)
        for (unsigned i = 0; i < SERVE_VECTORS; i++)
            irqs->fd[k][i] = -1;
    return serve_events_open(&irqs->events);
}

void serve_irqs_fini(struct serve_irqs *irqs)
{
    serve_events_close(&irqs->events);
    pthread_mutex_destroy(&irqs->lock);
}

/* ---- from the NIC --------------------------------------------------------- */

/* Lock held. */
static void fire(struct serve_irqs *irqs, unsigned kind, unsigned vector)
{
    if (irqs->fd[kind][vector] >= 0)
        serve_event_signal(&irqs->events, irqs->fd[kind][vector]);
}

void serve_msi(void *ctx, uint64_t addr, uint32_t data)
{
    struct serve_irqs *irqs = &((struct sim_server *)ctx)->irqs;

    pthread_mutex_lock(&irqs->lock);
    if (irqs->fd[SERVE_MSI][0] >= 0)
        fire(irqs, SERVE_MSI, 0);
    else if (addr == MESSAGE_ADDRESS && data < SERVE_VECTORS)
        fire(irqs, SERVE_MSIX, data);
    pthread_mutex_unlock(&irqs->lock);
}

/* Lock held. */
static void fire_line(struct serve_irqs *irqs)
{
    if (!irqs->level || irqs->masked || irqs->fd[SERVE_INTX][0] < 0)
        return;
    irqs->masked = true;
    fire(irqs, SERVE_INTX, 0);
}

void serve_intx(void *ctx, bool asserted)
{
    struct serve_irqs *irqs = &((struct sim_server *)ctx)->irqs;

    pthread_mutex_lock(&irqs->lock);
    irqs->level = asserted;
    fire_line(irqs);
    pthread_mutex_unlock(&irqs->lock);
}

/* ---- the NIC's side ------------------------------------------------------- */

void serve_caps_find(struct sim_server *s)
{
    struct serve_caps *c = &s->caps;
    unsigned at = 0;

    if (sim_cfg_read(s->nic, STATUS, 2) & STATUS_CAPS)
        at = sim_cfg_read(s->nic, CAP_PTR, 1) & 0xfc;
    for (unsigned i = 0; i < 48 && at >= 0x40; i++) {
        uint32_t head = sim_cfg_read(s->nic, at, 2);
        if ((head & 0xff) == CAP_MSI)
            c->msi = at;
        if ((head & 0xff) == CAP_MSIX)
            c->msix = at;
        at = head >> 8 & 0xfc;
    }
    if (!c->msix)
        return;
    unsigned vectors = (sim_cfg_read(s->nic, c->msix + 2, 2) & 0x7ff) + 1;
    uint32_t table = sim_cfg_read(s->nic, c->msix + 4, 4);
    c->vectors = vectors < SERVE_VECTORS ? vectors : SERVE_VECTORS;
    c->msix_bar = table & 7;
    c->msix_table = table & ~7u;
}

unsigned serve_irq_count(const struct sim_server *s, unsigned kind)
{
    if (kind == SERVE_INTX)
        return sim_cfg_read(s->nic, INT_PIN, 1) != 0;
    if (kind == SERVE_MSI)
        return s->caps.msi != 0;
    return kind == SERVE_MSIX ? s->caps.vectors : 0;
}

static void change(struct sim_nic *nic, unsigned off, uint32_t bit, bool on)
{
    uint32_t old = sim_cfg_read(nic, off, 2);

    sim_cfg_write(nic, off, 2, on ? old | bit : old & ~bit);
}

/* Only this thread changes the table of eventfds, so it may read it without the lock. */
static void program_msix(struct sim_server *s, unsigned start, unsigned count)
{
    uint32_t command = sim_cfg_read(s->nic, COMMAND, 2);
    const struct serve_caps *c = &s->caps;
    bool any = false;

    sim_cfg_write(s->nic, COMMAND, 2, command | COMMAND_MEMORY);
    for (unsigned i = start; i < start + count; i++) {
        uint64_t entry = c->msix_table + 16ull * i;
        sim_mmio_write(s->nic, c->msix_bar, entry + 12, 4, 1);
        if (s->irqs.fd[SERVE_MSIX][i] < 0)
            continue;
        sim_mmio_write(s->nic, c->msix_bar, entry, 4, MESSAGE_ADDRESS);
        sim_mmio_write(s->nic, c->msix_bar, entry + 4, 4, 0);
        sim_mmio_write(s->nic, c->msix_bar, entry + 8, 4, i);
        sim_mmio_write(s->nic, c->msix_bar, entry + 12, 4, 0);
    }
    sim_cfg_write(s->nic, COMMAND, 2, command);
    for (unsigned i = 0; i < c->vectors; i++)
        any |= s->irqs.fd[SERVE_MSIX][i] >= 0;
    change(s->nic, c->msix + 2, MSIX_ENABLE, any);
}

static void program_msi(struct sim_server *s)
{
    unsigned at = s->caps.msi;
    bool wide = sim_cfg_read(s->nic, at + 2, 2) & 0x80;

    change(s->nic, at + 2, MSI_ENABLE, false);
    if (s->irqs.fd[SERVE_MSI][0] < 0)
        return;
    sim_cfg_write(s->nic, at + 4, 4, MESSAGE_ADDRESS);
    if (wide)
        sim_cfg_write(s->nic, at + 8, 4, 0);
    sim_cfg_write(s->nic, at + (wide ? 12 : 8), 2, 0);
    change(s->nic, at + 2, MSI_ENABLE, true);
}

static void program(struct sim_server *s, unsigned kind, unsigned start, unsigned count)
{
    if (kind == SERVE_MSIX)
        program_msix(s, start, count);
    else if (kind == SERVE_MSI)
        program_msi(s);
    else
        change(s->nic, COMMAND, COMMAND_INTX_OFF, s->irqs.fd[SERVE_INTX][0] < 0);
}

/* ---- from the client ------------------------------------------------------ */

/* Takes the descriptors of the message over, if there are any. */
static int assign(struct sim_server *s, const struct irq_set *set, struct serve_message *m)
{
    struct serve_irqs *irqs = &s->irqs;

    if (m->n_fds != 0 && m->n_fds != set->count)
        return EINVAL;
    for (unsigned i = 0; i < m->n_fds; i++)
        if (!serve_is_eventfd(m->fd[i]))
            return EINVAL;
    pthread_mutex_lock(&irqs->lock);
    for (unsigned i = 0; i < set->count; i++) {
        int *fd = &irqs->fd[set->index][set->start + i];
        if (*fd >= 0)
            close(*fd);
        *fd = m->n_fds ? m->fd[i] : -1;
        if (m->n_fds)
            m->fd[i] = -1;
    }
    if (set->index == SERVE_INTX) {
        irqs->masked = false;
        fire_line(irqs);
    }
    pthread_mutex_unlock(&irqs->lock);
    if (set->count)
        program(s, set->index, set->start, set->count);
    return 0;
}

static int mask_line(struct sim_server *s, const struct irq_set *set, bool mask)
{
    if (set->index != SERVE_INTX || set->count != 1)
        return EINVAL;
    pthread_mutex_lock(&s->irqs.lock);
    s->irqs.masked = mask;
    fire_line(&s->irqs);
    pthread_mutex_unlock(&s->irqs.lock);
    return 0;
}

int serve_irq_set(struct sim_server *s, struct serve_message *m)
{
    struct irq_set set;

    if (m->len != sizeof(set)) /* with DATA_BOOL there would be more: no client needs it */
        return EINVAL;
    memcpy(&set, m->body, sizeof(set));
    unsigned most = serve_irq_count(s, set.index), data = set.flags & DATA_ALL;
    if (set.start > most || set.count > most - set.start)
        return EINVAL;
    switch (set.flags & ~(uint32_t)DATA_ALL) {
    case ACTION_TRIGGER:
        if (data == DATA_EVENTFD)
            return assign(s, &set, m);
        if (data != DATA_NONE || set.start || set.count || m->n_fds)
            return EINVAL;
        set.count = most;
        return assign(s, &set, m);
    case ACTION_MASK:
        return data == DATA_NONE ? mask_line(s, &set, true) : EINVAL;
    case ACTION_UNMASK:
        return data == DATA_NONE ? mask_line(s, &set, false) : EINVAL;
    default:
        return EINVAL;
    }
}

void serve_irqs_clear(struct sim_server *s)
{
    struct serve_irqs *irqs = &s->irqs;

    pthread_mutex_lock(&irqs->lock);
    for (unsigned k = 0; k < SERVE_IRQ_KINDS; k++) {
        for (unsigned i = 0; i < SERVE_VECTORS; i++) {
            if (irqs->fd[k][i] >= 0)
                close(irqs->fd[k][i]);
            irqs->fd[k][i] = -1;
        }
    }
    irqs->masked = false;
    pthread_mutex_unlock(&irqs->lock);
}

void serve_irqs_restore(struct sim_server *s)
{
    for (unsigned k = 0; k < SERVE_IRQ_KINDS; k++) {
        unsigned n = serve_irq_count(s, k);
        for (unsigned i = 0; i < n; i++) {
            if (s->irqs.fd[k][i] >= 0) {
                program(s, k, 0, n);
                break;
            }
        }
    }
}
