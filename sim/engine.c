// SPDX-License-Identifier: MIT
/*
 * The engine: what the hardware does on its own. A pass runs expired timers, lets the
 * model transmit, moves frames between FIFOs and wire, and lets the model receive. It
 * is done by a thread that sleeps while there is nothing to do, or inline by whoever
 * made the work possible.
 */
#define _GNU_SOURCE 1 /* ppoll */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "nic.h"

#define BATCH      64u
/* A full peer holds frames back no longer than this, as pause frames do on a real wire. */
#define BLOCKED_NS 100000000u
#define RETRY_NS   1000000u
#define STORM_NS   100000u

uint64_t sim_now(struct sim_nic *nic)
{
    struct timespec ts;

    (void)nic;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* ---- timers --------------------------------------------------------------- */

void sim_timer_set(struct sim_nic *nic, unsigned id, uint64_t deadline_ns)
{
    nic->deadline[id] = deadline_ns;
    if (deadline_ns < nic->next_deadline) {
        nic->next_deadline = deadline_ns;
        sim_kick(nic); /* a sleeping engine has to reckon with it */
    }
}

void sim_timer_cancel(struct sim_nic *nic, unsigned id)
{
    nic->deadline[id] = SIM_NEVER;
}

bool sim_timer_armed(struct sim_nic *nic, unsigned id)
{
    return nic->deadline[id] != SIM_NEVER;
}

static void storm(struct sim_nic *nic, uint64_t now)
{
    if (nic->fault != SIM_FAULT_IRQ_STORM)
        return;
    if (now >= nic->storm_at) {
        sim_pci_storm(nic);
        nic->storm_at = now + STORM_NS;
    }
    if (nic->storm_at < nic->next_deadline)
        nic->next_deadline = nic->storm_at;
}

static void run_timers(struct sim_nic *nic)
{
    if (nic->next_deadline == SIM_NEVER)
        return;
    uint64_t now = sim_now(nic);
    if (now < nic->next_deadline)
        return;
    for (unsigned id = 0; id < SIM_TIMERS; id++) {
        if (nic->deadline[id] > now)
            continue;
        nic->deadline[id] = SIM_NEVER;
        if (nic->model->timer)
            nic->model->timer(nic, id);
    }
    nic->next_deadline = SIM_NEVER;
    for (unsigned id = 0; id < SIM_TIMERS; id++)
        if (nic->deadline[id] < nic->next_deadline)
            nic->next_deadline = nic->deadline[id];
    storm(nic, now);
}

/* ---- the wire, without the NIC's lock ------------------------------------- */

struct moved {
    unsigned sent, received;
    uint64_t sent_bytes;
    bool blocked; /* the wire would not take the next frame */
};

/* A frame offered in vain for too long is lost; so are the ones behind it until it moves. */
static bool give_up(struct sim_nic *nic, struct sim_wire *wire)
{
    uint64_t now = sim_now(nic);

    if (!nic->tx_blocked) {
        nic->tx_blocked = true;
        nic->blocked_since = now;
    }
    if (now - nic->blocked_since < BLOCKED_NS)
        return false;
    if (wire->ops->gave_up)
        wire->ops->gave_up(wire);
    return true;
}

static void send_out(struct sim_nic *nic, struct sim_wire *wire, struct moved *m)
{
    const uint8_t *frame;
    size_t len;

    while (m->sent < BATCH && (frame = sim_fifo_peek(&nic->out, &len)) != NULL) {
        if (wire && wire->ops->send(wire, frame, len) == SIM_SENT_FULL) {
            if (!give_up(nic, wire)) {
                m->blocked = true;
                break;
            }
        } else {
            nic->tx_blocked = false;
        }
        m->sent++;
        m->sent_bytes += len;
        sim_fifo_pop(&nic->out);
    }
    if (wire && m->sent && wire->ops->flush)
        wire->ops->flush(wire);
}

static void take_in(struct sim_nic *nic, struct sim_wire *wire, bool ready, struct moved *m)
{
    uint8_t frame[SIM_FRAME_MAX];

    if (!wire || !wire->ops->recv || (wire->wait_ready && !ready))
        return;
    while (m->received < BATCH && sim_fifo_room(&nic->in, 1)) {
        size_t len = wire->ops->recv(wire, frame, sizeof(frame));
        if (len == 0)
            break;
        sim_fifo_push(&nic->in, frame, len, wire->pad ? SIM_FRAME_MIN : 0);
        m->received++;
    }
}

/* ---- a pass --------------------------------------------------------------- */

static void tell_missed(struct sim_nic *nic)
{
    unsigned missed = atomic_exchange(&nic->missed, 0);

    nic->count.rx_no_desc += missed;
    while (missed-- && nic->model->rx_missed)
        nic->model->rx_missed(nic, SIM_FRAME_MIN);
}

static unsigned receive(struct sim_nic *nic)
{
    unsigned n = 0;
    uint8_t *frame;
    size_t len;

    while (n < BATCH && (frame = sim_fifo_peek(&nic->in, &len)) != NULL) {
        bool again = nic->rx_held; /* a frame that waits was counted by the fault before */
        bool lost =
            nic->fault == SIM_FAULT_REMOVED || (!again && sim_fault_nth(nic, SIM_FAULT_DROP));
        nic->rx_held = !lost && nic->model->rx(nic, frame, len) == SIM_RX_HOLD;
        if (nic->rx_held)
            break;
        sim_fifo_pop(&nic->in);
        n++;
    }
    return n;
}

static bool receiver_ready(struct sim_nic *nic)
{
    return !nic->model->rx_ready || nic->model->rx_ready(nic);
}

/* Kick whom the wire names; the wire itself is not held, since an inline peer runs here. */
static bool kick_peer(struct sim_nic *nic, bool room)
{
    pthread_mutex_lock(&nic->wire_lock);
    struct sim_nic *peer =
        nic->wire && nic->wire->ops->peer ? nic->wire->ops->peer(nic->wire, room) : NULL;
    pthread_mutex_unlock(&nic->wire_lock);
    if (!peer)
        return false;
    bool was_inline = sim_wire_inline(peer);
    sim_wire_kick(peer);
    sim_nic_put(peer);
    return was_inline;
}

static void use_wire(struct sim_nic *nic, bool ready, struct moved *m)
{
    pthread_mutex_lock(&nic->wire_lock);
    send_out(nic, nic->wire, m);
    take_in(nic, nic->wire, ready, m);
    pthread_mutex_unlock(&nic->wire_lock);
    if ((m->sent || m->blocked) && kick_peer(nic, false) && m->blocked) {
        nic->blocked_since = 0; /* an inline peer did what it could: no use in waiting for it */
        atomic_store(&nic->kicked, true);
    }
}

/* Lock held on entry and exit, but not in between. Work done, 0: none is left. */
static unsigned pass(struct sim_nic *nic)
{
    struct moved m = { 0 };
    unsigned n = 0;

    atomic_store(&nic->kicked, false);
    run_timers(nic);
    if (nic->fault != SIM_FAULT_REMOVED && sim_can_send(nic))
        n += nic->model->tx(nic, BATCH);
    bool ready = receiver_ready(nic);
    pthread_mutex_unlock(&nic->lock);

    use_wire(nic, ready, &m);
    if (atomic_load(&nic->waiting))
        sched_yield(); /* the driver's register accesses come first */
    pthread_mutex_lock(&nic->lock);
    nic->count.wire_tx += m.sent;
    nic->count.wire_tx_bytes += m.sent_bytes;
    tell_missed(nic);
    unsigned got = receive(nic);

    if (got) {
        pthread_mutex_unlock(&nic->lock);
        kick_peer(nic, true);
        pthread_mutex_lock(&nic->lock);
    }
    return n + m.sent + m.received + got;
}

/* ---- inline --------------------------------------------------------------- */

unsigned sim_engine_run(struct sim_nic *nic)
{
    unsigned total = 0;

    pthread_mutex_lock(&nic->lock);
    if (nic->running || nic->stop) { /* up the stack, or another thread: it will see `kicked` */
        atomic_store(&nic->kicked, true);
        pthread_mutex_unlock(&nic->lock);
        return 0;
    }
    nic->running = true;
    for (;;) {
        unsigned n = pass(nic);
        total += n;
        if (n == 0 && !atomic_load(&nic->kicked))
            break;
        if (nic->stop)
            break;
    }
    nic->running = false;
    pthread_mutex_unlock(&nic->lock);
    return total;
}

/* ---- thread --------------------------------------------------------------- */

void sim_engine_wake(struct sim_nic *nic)
{
    uint64_t one = 1;

    if (atomic_exchange(&nic->sleeping, false))
        while (write(nic->event, &one, sizeof(one)) < 0 && errno == EINTR)
            ;
}

/* How long to sleep at most; SIM_NEVER: until something happens. */
static uint64_t sleep_ns(struct sim_nic *nic)
{
    uint64_t now = sim_now(nic);
    uint64_t ns = SIM_NEVER;

    if (nic->next_deadline != SIM_NEVER)
        ns = nic->next_deadline > now ? nic->next_deadline - now : 0;
    return nic->tx_blocked && ns > RETRY_NS ? RETRY_NS : ns;
}

/* What of the wire ends the sleep. Two entries of fds. */
static void watch_wire(struct sim_nic *nic, bool blocked, struct pollfd *fds)
{
    pthread_mutex_lock(&nic->wire_lock);
    if (nic->wire && sim_fifo_room(&nic->in, 1))
        fds[0].fd = nic->wire->fd;
    if (nic->wire && blocked)
        fds[1].fd = nic->wire->fd_out;
    pthread_mutex_unlock(&nic->wire_lock);
}

static void wait_for(struct pollfd *fds, unsigned n, uint64_t ns)
{
    struct timespec ts = { (time_t)(ns / 1000000000u), (long)(ns % 1000000000u) };

    ppoll(fds, n, ns == SIM_NEVER ? NULL : &ts, NULL);
    for (unsigned i = 1; i < n; i++)
        if (fds[i].revents & (POLLERR | POLLHUP | POLLNVAL))
            usleep(10000); /* a broken descriptor is always "ready": do not spin on it */
}

/* Lock held on entry and exit. */
static void sleep_until_work(struct sim_nic *nic)
{
    struct pollfd fds[3] = { { .fd = nic->event, .events = POLLIN },
                             { .fd = -1, .events = POLLIN },
                             { .fd = -1, .events = POLLOUT } };
    bool blocked = nic->tx_blocked;
    uint64_t ns = sleep_ns(nic);
    uint64_t drained;

    atomic_store(&nic->sleeping, true);
    pthread_mutex_unlock(&nic->lock);
    watch_wire(nic, blocked, fds + 1);
    if (!atomic_load(&nic->kicked)) /* kicks set it before they look at `sleeping` */
        wait_for(fds, 3, ns);
    if (!atomic_exchange(&nic->sleeping, false))
        while (read(nic->event, &drained, sizeof(drained)) < 0 && errno == EINTR)
            ;
    pthread_mutex_lock(&nic->lock);
}

static void *engine(void *arg)
{
    struct sim_nic *nic = arg;

    pthread_mutex_lock(&nic->lock);
    while (!nic->stop) {
        if (pass(nic) == 0 && !atomic_load(&nic->kicked) && !nic->stop)
            sleep_until_work(nic);
    }
    pthread_mutex_unlock(&nic->lock);
    return NULL;
}

bool sim_engine_start(struct sim_nic *nic)
{
    if (nic->opt.engine == SIM_ENGINE_INLINE)
        return true;
    nic->event = eventfd(0, EFD_CLOEXEC);
    if (nic->event < 0)
        return false;
    if (pthread_create(&nic->thread, NULL, engine, nic) != 0) {
        close(nic->event);
        nic->event = -1;
        return false;
    }
    return true;
}

void sim_engine_stop(struct sim_nic *nic)
{
    pthread_mutex_lock(&nic->lock);
    nic->stop = true;
    atomic_store(&nic->kicked, true);
    pthread_mutex_unlock(&nic->lock);
    if (nic->event < 0)
        return;
    sim_engine_wake(nic);
    pthread_join(nic->thread, NULL);
    close(nic->event);
    nic->event = -1;
}
