// SPDX-License-Identifier: MIT
/* The two halves of ixl-pktgen: threads that send and threads that receive. */
#ifndef SERVER_PKTGEN_H
#define SERVER_PKTGEN_H

#include <pthread.h>

#include "common.h"
#include "frame.h"

struct generator {
    struct ixl_device *dev, *rx_dev; /* rx_dev NULL: nobody receives */
    const char *address, *rx_address;
    struct frame_template template;
    uint64_t count; /* frames to send, all threads together; 0: no limit */
    uint64_t rate;  /* frames a second, all threads together; 0: no limit */
    unsigned burst;
    uint16_t vlan; /* with `tagged`: the device inserts a tag of this VLAN into each frame */
    bool tagged, interrupts;
    struct sender *senders;
    struct receiver *receivers;
    unsigned num_senders, num_receivers;
    _Atomic uint64_t *next_seq; /* what is expected: [stream * flows + flow] */
    atomic_bool receivers_end;  /* the receivers outlive the senders */
};

struct sender {
    const struct generator *gen;
    uint16_t queue;
    uint64_t quota; /* this thread's share of count */
    struct ixl_mempool *pool;
    pthread_t thread;
    bool running;
    uint64_t stamped; /* frames given an identity; the last ones may not have been sent */
    _Atomic uint64_t sent;
    atomic_bool done; /* no more will be sent, and all have left the device */
};

struct receiver {
    const struct generator *gen;
    uint16_t queue;
    pthread_t thread;
    bool running;
    uint8_t scratch[FRAME_MAX_SIZE], linear[FRAME_MAX_SIZE];
    _Atomic uint64_t frames;    /* all, also strangers */
    _Atomic uint64_t intact;    /* ours, as they were sent */
    _Atomic uint64_t corrupted; /* ours, but changed */
    _Atomic uint64_t late;      /* intact ones that came after a later one of their flow */
};

/* 0 or an error that has been complained about. The stop functions join; calling twice is fine. */
int senders_start(struct generator *gen);
bool senders_done(const struct generator *gen);
void senders_stop(struct generator *gen);
uint64_t senders_sent(const struct generator *gen);

struct receive_counts {
    uint64_t frames, intact, corrupted, late;
};
int receivers_start(struct generator *gen);
void receivers_stop(struct generator *gen);
struct receive_counts receivers_counts(const struct generator *gen);

#endif
