// SPDX-License-Identifier: MIT
/* The framework's own: struct sim_nic as nic.c, engine.c and pci.c see it. */
#ifndef SIM_NIC_H
#define SIM_NIC_H

#include <pthread.h>
#include <stdatomic.h>

#include "fifo.h"
#include "model.h"
#include "pci.h"
#include "wire.h"

struct sim_nic {
    pthread_mutex_t lock;
    const struct sim_model *model;
    void *state;
    struct sim_host host;
    struct sim_options opt;
    struct sim_pci pci;

    /* engine */
    pthread_t thread;
    int event;            /* eventfd that ends the thread's sleep; -1 inline */
    atomic_bool sleeping; /* the thread sleeps, or is about to */
    atomic_uint waiting;  /* callers that want the lock */
    atomic_bool kicked;   /* there may be work */
    bool stop, running;
    bool rx_held, tx_blocked;
    uint64_t blocked_since;
    uint64_t deadline[SIM_TIMERS], next_deadline;

    /* outside */
    struct sim_fifo in, out;
    pthread_mutex_t wire_lock; /* held while the wire is used; taken before `lock` */
    struct sim_wire *wire;
    atomic_uint users;  /* peers about to kick this NIC */
    atomic_uint missed; /* frames lost at a full FIFO, not yet told to the model */
    bool cable;

    /* faults and counters */
    enum sim_fault fault;
    uint64_t fault_arg, fault_count;
    uint32_t random;
    uint64_t storm_at;
    struct sim_counters count;
    char violation[256];
};

/* Enter and leave the NIC from outside; leaving runs or wakes the engine if there is work. */
void sim_enter(struct sim_nic *nic);
void sim_leave(struct sim_nic *nic);

bool sim_engine_start(struct sim_nic *nic);
void sim_engine_stop(struct sim_nic *nic);
/* Inline engine: work until there is none. Called without the lock. Frames moved. */
unsigned sim_engine_run(struct sim_nic *nic);
void sim_engine_wake(struct sim_nic *nic);
void sim_reset_model(struct sim_nic *nic);

#endif
