// SPDX-License-Identifier: MIT
/*
 * Two NICs of this process, back to back. A frame goes straight into the peer's FIFO. What
 * happens when that is full is the engine's business.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

struct pair {
    struct pair *next;
    char name[64];
    bool taken[2];
    pthread_mutex_t lock; /* of what follows */
    struct sim_nic *nic[2];
    bool blocked[2]; /* this side waits for room at the other */
};

struct pair_wire {
    struct sim_wire wire;
    struct pair *pair;
    unsigned side;
};

static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static struct pair *registry;

static enum sim_sent pair_send(struct sim_wire *wire, const void *frame, size_t len)
{
    struct pair_wire *w = (struct pair_wire *)wire;
    struct pair *pair = w->pair;

    pthread_mutex_lock(&pair->lock);
    struct sim_nic *other = pair->nic[!w->side];
    bool done = !other || sim_wire_deliver(other, frame, len);
    pair->blocked[w->side] = !done;
    pthread_mutex_unlock(&pair->lock);
    return done ? SIM_SENT : SIM_SENT_FULL;
}

static struct sim_nic *pair_peer(struct sim_wire *wire, bool room)
{
    struct pair_wire *w = (struct pair_wire *)wire;
    struct pair *pair = w->pair;

    pthread_mutex_lock(&pair->lock);
    struct sim_nic *other = !room || pair->blocked[!w->side] ? pair->nic[!w->side] : NULL;
    if (other)
        sim_nic_get(other);
    pthread_mutex_unlock(&pair->lock);
    return other;
}

static void pair_gave_up(struct sim_wire *wire)
{
    struct pair_wire *w = (struct pair_wire *)wire;

    pthread_mutex_lock(&w->pair->lock);
    if (w->pair->nic[!w->side])
        sim_wire_lost(w->pair->nic[!w->side]);
    pthread_mutex_unlock(&w->pair->lock);
}

static void pair_attached(struct sim_wire *wire, struct sim_nic *nic)
{
    struct pair_wire *w = (struct pair_wire *)wire;

    pthread_mutex_lock(&w->pair->lock);
    w->pair->nic[w->side] = nic;
    w->pair->blocked[w->side] = false;
    pthread_mutex_unlock(&w->pair->lock);
}

static void remove_pair(struct pair *pair)
{
    struct pair **p = &registry;

    while (*p != pair)
        p = &(*p)->next;
    *p = pair->next;
    pthread_mutex_destroy(&pair->lock);
    free(pair);
}

static void pair_close(struct sim_wire *wire)
{
    struct pair_wire *w = (struct pair_wire *)wire;

    pthread_mutex_lock(&registry_lock);
    w->pair->taken[w->side] = false;
    if (!w->pair->taken[!w->side])
        remove_pair(w->pair);
    pthread_mutex_unlock(&registry_lock);
    free(w);
}

static const struct sim_wire_ops pair_ops = {
    .send = pair_send,
    .peer = pair_peer,
    .gave_up = pair_gave_up,
    .attached = pair_attached,
    .close = pair_close,
};

/* The pair of that name, made if there is none. Registry locked. */
static struct pair *find_pair(const char *name)
{
    for (struct pair *p = registry; p; p = p->next)
        if (strcmp(p->name, name) == 0)
            return p;
    struct pair *pair = calloc(1, sizeof(*pair));
    if (!pair)
        return NULL;
    memcpy(pair->name, name, strlen(name) + 1);
    pthread_mutex_init(&pair->lock, NULL);
    pair->next = registry;
    registry = pair;
    return pair;
}

static bool take_end(struct pair_wire *w, const char *name, char *err, size_t errlen)
{
    struct pair *pair = find_pair(name);

    if (!pair)
        return false;
    if (pair->taken[0] && pair->taken[1]) {
        snprintf(err, errlen, "both ends of pair \"%s\" are in use", name);
        return false;
    }
    w->pair = pair;
    w->side = pair->taken[0] ? 1 : 0;
    pair->taken[w->side] = true;
    return true;
}

struct sim_wire *sim_wire_pair(const char *arg, char *err, size_t errlen)
{
    if (!arg[0] || strlen(arg) >= sizeof(((struct pair *)0)->name)) {
        snprintf(err, errlen, "a pair needs a name of 1 to 63 characters");
        return NULL;
    }
    struct pair_wire *w = calloc(1, sizeof(*w));
    if (!w)
        return NULL;
    w->wire.ops = &pair_ops;
    w->wire.fd = w->wire.fd_out = -1;
    pthread_mutex_lock(&registry_lock);
    bool ok = take_end(w, arg, err, errlen);
    pthread_mutex_unlock(&registry_lock);
    if (ok)
        return &w->wire;
    free(w);
    return NULL;
}
