// SPDX-License-Identifier: MIT
/*
 * Inside of a wire. A wire belongs to one NIC, whose engine alone calls send, recv,
 * flush and peer, one at a time and without the NIC's lock.
 */
#ifndef SIM_WIRE_H
#define SIM_WIRE_H

#include "sim.h"

/*
 * SENT: gone, or lost as wires lose frames. FULL: offer it again when fd_out is writable,
 * the peer kicks, or a millisecond has passed. The engine gives up after a bounded time.
 */
enum sim_sent { SIM_SENT, SIM_SENT_FULL };

struct sim_wire_ops {
    enum sim_sent (*send)(struct sim_wire *wire, const void *frame, size_t len);
    /* The next frame, its length, or 0: none now. NULL: frames come by sim_wire_deliver. */
    size_t (*recv)(struct sim_wire *wire, void *buf, size_t cap);
    /* A batch was sent: push out what is buffered. May be NULL. */
    void (*flush)(struct sim_wire *wire);
    /*
     * The NIC at the other end, to be kicked because frames were sent to it (`room` false), or
     * because it waits for the room that is there now (`room` true). NULL if there is none, else
     * kept alive until sim_nic_put. May be NULL.
     */
    struct sim_nic *(*peer)(struct sim_wire *wire, bool room);
    /* The frame in hand will not be offered any more: it is lost. May be NULL. */
    void (*gave_up)(struct sim_wire *wire);
    /* The wire has got its NIC, or (NULL) lost it: after that no frame may be delivered. */
    void (*attached)(struct sim_wire *wire, struct sim_nic *nic);
    void (*close)(struct sim_wire *wire); /* frees the wire, too */
};

struct sim_wire {
    const struct sim_wire_ops *ops;
    int fd;          /* readable when recv has a frame; -1: there is no such descriptor */
    int fd_out;      /* writable when a full wire has room again; -1: likewise */
    bool wait_ready; /* ask recv only while the NIC's receiver is ready */
    bool pad;        /* frames from recv may be shorter than Ethernet allows: pad them */
};

/* One constructor per kind; `arg` is the text behind the colon. */
struct sim_wire *sim_wire_none(void);
struct sim_wire *sim_wire_loop(void);
struct sim_wire *sim_wire_pair(const char *arg, char *err, size_t errlen);
struct sim_wire *sim_wire_tap(const char *arg, char *err, size_t errlen);
struct sim_wire *sim_wire_pcap(const char *arg, char *err, size_t errlen);
struct sim_wire *sim_wire_unix(const char *arg, char *err, size_t errlen);

/*
 * For wires: a frame for `nic` from another thread or NIC. Takes no NIC lock. False: the
 * FIFO is full.
 */
bool sim_wire_deliver(struct sim_nic *nic, const void *frame, size_t len);
/* A frame that nobody will deliver any more: the NIC counts it as missed. */
void sim_wire_lost(struct sim_nic *nic);
/* Wake (thread) or run (inline) a NIC's engine; no lock of another NIC may be held. */
void sim_wire_kick(struct sim_nic *nic);
bool sim_wire_inline(const struct sim_nic *nic);
/* Keep a NIC from being freed while a peer, without a lock, is about to kick it. */
void sim_nic_get(struct sim_nic *nic);
void sim_nic_put(struct sim_nic *nic);

#endif
