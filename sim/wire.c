// SPDX-License-Identifier: MIT
/* Wires by description, and the three that need nothing of the system. */
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- none, and a test's own ----------------------------------------------- */

struct callback_wire {
    struct sim_wire wire;
    void (*sent)(void *ctx, const void *frame, size_t len);
    void *ctx;
};

static enum sim_sent callback_send(struct sim_wire *wire, const void *frame, size_t len)
{
    struct callback_wire *w = (struct callback_wire *)wire;

    if (w->sent)
        w->sent(w->ctx, frame, len);
    return SIM_SENT;
}

static void plain_close(struct sim_wire *wire)
{
    free(wire);
}

static const struct sim_wire_ops callback_ops = {
    .send = callback_send,
    .close = plain_close,
};

struct sim_wire *sim_wire_callback(void (*sent)(void *ctx, const void *frame, size_t len),
                                   void *ctx)
{
    struct callback_wire *w = calloc(1, sizeof(*w));

    if (!w)
        return NULL;
    w->wire.ops = &callback_ops;
    w->wire.fd = w->wire.fd_out = -1;
    w->sent = sent;
    w->ctx = ctx;
    return &w->wire;
}

struct sim_wire *sim_wire_none(void)
{
    return sim_wire_callback(NULL, NULL);
}

/* ---- loop ----------------------------------------------------------------- */

struct loop_wire {
    struct sim_wire wire;
    struct sim_nic *nic;
};

static enum sim_sent loop_send(struct sim_wire *wire, const void *frame, size_t len)
{
    struct loop_wire *w = (struct loop_wire *)wire;

    return sim_wire_deliver(w->nic, frame, len) ? SIM_SENT : SIM_SENT_FULL;
}

static void loop_attached(struct sim_wire *wire, struct sim_nic *nic)
{
    ((struct loop_wire *)wire)->nic = nic;
}

static void loop_gave_up(struct sim_wire *wire)
{
    sim_wire_lost(((struct loop_wire *)wire)->nic);
}

static const struct sim_wire_ops loop_ops = {
    .send = loop_send,
    .gave_up = loop_gave_up,
    .attached = loop_attached,
    .close = plain_close,
};

struct sim_wire *sim_wire_loop(void)
{
    struct loop_wire *w = calloc(1, sizeof(*w));

    if (!w)
        return NULL;
    w->wire.ops = &loop_ops;
    w->wire.fd = w->wire.fd_out = -1;
    return &w->wire;
}

/* ---- by description ------------------------------------------------------- */

static const char *argument(const char *spec, const char *kind)
{
    size_t n = strlen(kind);

    return strncmp(spec, kind, n) == 0 && spec[n] == ':' ? spec + n + 1 : NULL;
}

static struct sim_wire *open_kind(const char *spec, char *err, size_t errlen)
{
    const char *arg;

    if (strcmp(spec, "none") == 0)
        return sim_wire_none();
    if (strcmp(spec, "loop") == 0)
        return sim_wire_loop();
    if ((arg = argument(spec, "pair")) != NULL)
        return sim_wire_pair(arg, err, errlen);
    if ((arg = argument(spec, "tap")) != NULL)
        return sim_wire_tap(arg, err, errlen);
    if ((arg = argument(spec, "pcap")) != NULL)
        return sim_wire_pcap(arg, err, errlen);
    if ((arg = argument(spec, "unix")) != NULL)
        return sim_wire_unix(arg, err, errlen);
    snprintf(err, errlen,
             "\"%s\" is no wire: none, loop, pair:NAME, tap:NAME, pcap:IN,OUT and "
             "unix:LOCAL,REMOTE are",
             spec);
    return NULL;
}

struct sim_wire *sim_wire_open(const char *spec, char *err, size_t errlen)
{
    if (errlen)
        err[0] = '\0';
    struct sim_wire *wire = open_kind(spec ? spec : "", err, errlen);
    if (!wire && errlen && !err[0])
        snprintf(err, errlen, "out of memory");
    return wire;
}

void sim_wire_close(struct sim_wire *wire)
{
    if (wire)
        wire->ops->close(wire);
}
