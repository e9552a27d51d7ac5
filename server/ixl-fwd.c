// SPDX-License-Identifier: MIT
/* ixl-fwd: forwards frames between two devices, both ways. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "options.h"

static const char doc[] =
    "Forward all frames between the devices at addresses A and B, both ways.\v"
    "Examples:\n"
    "  ixl-fwd pci:0000:03:00.0 pci:0000:03:00.1 --queues 4\n"
    "      polling: four threads, each with one queue of both devices\n"
    "  ixl-fwd sim:82599,wire=tap:tap0 sim:82599,wire=tap:tap1 --irq-timeout 100\n"
    "      with interrupts: a thread a direction and queue, asleep while nothing comes\n"
    "\n"
    "Polling exchanges buffers between the rings of the two devices. With interrupts the devices "
    "share their memory pools. Devices without memory in common get copies.\n"
    "Exit codes: 0 success (also after Ctrl-C), 1 failure, 2 wrong usage.";

/* One way: receive queue `queue` of one device to the send queue of the same number of the other.
 */
struct path {
    struct ixl_device *from, *to;
    const char *from_address;
    uint16_t queue;
    struct ixl_mempool *copies; /* where copies come from; NULL: buffers are passed on */
    uint64_t dropped;
};

struct worker {
    struct path *paths[2];
    unsigned num_paths;
    bool sleeps;
    pthread_t thread;
    bool running;
};

struct forwarder {
    struct ixl_dev_cfg cfg;
    struct run run;
    const char *addresses[2];
    unsigned num_addresses;
    struct ixl_device *devs[2];
    struct path *paths[2]; /* [direction][queue] */
    struct worker *workers;
    unsigned num_queues, num_workers;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct forwarder *fwd = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &fwd->cfg;
        state->child_inputs[1] = &fwd->run;
        return 0;
    case ARGP_KEY_ARG:
        if (fwd->num_addresses == 2)
            argp_error(state, "two addresses, '%s' is too many", arg);
        fwd->addresses[fwd->num_addresses++] = arg;
        return 0;
    case ARGP_KEY_END:
        if (fwd->num_addresses < 2)
            argp_error(state, "give two addresses; ixl-info shows the devices there are");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- passing on ---- */

/* A copy of a frame, piece by piece, in buffers of the path's own; NULL: there are none left. */
static struct pkt_buf *copy_frame(struct path *p, const struct pkt_buf *src)
{
    struct pkt_buf *head = NULL, **link = &head;

    for (; src; src = src->next) {
        struct pkt_buf *piece = ixl_pkt_buf_alloc(p->copies);
        if (!piece || src->size > piece->capacity) {
            ixl_pkt_buf_free(piece);
            ixl_pkt_buf_free(head);
            return NULL;
        }
        memcpy(piece->data, src->data, src->size);
        piece->size = src->size;
        *link = piece;
        link = &piece->next;
    }
    return head;
}

/* Replace the frames by copies; those that got one, which are the first ones. */
static unsigned copy_all(struct path *p, struct pkt_buf **bufs, unsigned n)
{
    unsigned copied = 0;

    for (unsigned i = 0; i < n; i++) {
        struct pkt_buf *copy = copy_frame(p, bufs[i]);
        ixl_pkt_buf_free(bufs[i]);
        if (copy)
            bufs[copied++] = copy;
    }
    return copied;
}

/* A frame in the batch cannot be sent: send the others. */
static int send_singly(struct path *p, struct pkt_buf **bufs, unsigned n)
{
    int sent = 0;

    for (unsigned i = 0; i < n; i++) {
        int err = ixl_tx_batch(p->to, p->queue, &bufs[i], 1);
        if (err == -IXL_ENODEV)
            return err;
        if (err == 1)
            sent++;
        else
            ixl_pkt_buf_free(bufs[i]);
    }
    return sent;
}

static int send_all(struct path *p, struct pkt_buf **bufs, unsigned n)
{
    int sent = ixl_tx_batch(p->to, p->queue, bufs, n);

    if (sent == -IXL_EMSGSIZE || sent == -IXL_EINVAL)
        return send_singly(p, bufs, n);
    unsigned done = sent > 0 ? (unsigned)sent : 0;
    ixl_pkt_buf_free_batch(bufs + done, n - done);
    return sent;
}

/* Frames received, or an error. Sleeps if the device was opened so. */
static int pass_buffers(struct path *p)
{
    struct pkt_buf *bufs[BATCH];
    int received = ixl_rx_batch(p->from, p->queue, bufs, BATCH);

    if (received <= 0) {
        ixl_tx_reclaim(p->to, p->queue);
        return received;
    }
    unsigned n = (unsigned)received;
    if (p->copies)
        n = copy_all(p, bufs, n);
    int sent = n ? send_all(p, bufs, n) : 0;
    if (sent < 0)
        return sent;
    p->dropped += (unsigned)(received - sent);
    return received;
}

static int pass(struct worker *w, struct path *p)
{
    int n = w->sleeps || p->copies
                ? pass_buffers(p)
                : ixl_forward(p->from, p->queue, p->to, p->queue, BATCH, NULL, NULL);

    if (n == -IXL_ENOBUFS)
        return 0; /* all buffers are on their way out */
    if (n < 0) {
        complain_library(p->from_address, n);
        stop_request(true);
    }
    return n;
}

static void *worker_main(void *arg)
{
    struct worker *w = arg;
    unsigned rounds = 0;

    for (unsigned i = 0; i < w->num_paths; i++)
        queue_claim(w->paths[i]->from, w->paths[i]->queue, w->sleeps);
    while (!stop_requested()) {
        int n = 0;
        for (unsigned i = 0; i < w->num_paths; i++)
            n += pass(w, w->paths[i]);
        if (n <= 0)
            idle(&rounds);
    }
    return NULL;
}

/* ---- set-up ---- */

static int open_devices(struct forwarder *fwd)
{
    for (int i = 0; i < 2; i++) {
        int err = ixl_open(fwd->addresses[i], &fwd->cfg, &fwd->devs[i]);
        if (err) {
            complain_library(fwd->addresses[i], err);
            return err;
        }
    }
    fwd->num_queues = ixl_get_num_rx_queues(fwd->devs[0]);
    return 0;
}

/* Let `to` send what `from` receives; if it cannot, copy. */
static int prepare_path(struct path *p, const struct ixl_dev_cfg *cfg)
{
    int err = ixl_mempool_share(ixl_get_rxq_mempool(p->from, p->queue), p->to);

    if (err == -IXL_ENOTSUP) {
        uint32_t entries = ixl_get_tx_queue_depth(p->to) + 4 * BATCH;
        err = ixl_mempool_create(p->to, entries, cfg->rx_entry_size, 0, &p->copies);
    }
    if (err)
        complain_library("no memory for both devices", err);
    return err;
}

static int make_paths(struct forwarder *fwd)
{
    for (unsigned d = 0; d < 2; d++) {
        fwd->paths[d] = calloc(fwd->num_queues, sizeof(struct path));
        for (unsigned q = 0; fwd->paths[d] && q < fwd->num_queues; q++) {
            struct path *p = &fwd->paths[d][q];
            *p = (struct path){ .from = fwd->devs[d],
                                .to = fwd->devs[!d],
                                .from_address = fwd->addresses[d],
                                .queue = (uint16_t)q };
            int err = prepare_path(p, &fwd->cfg);
            if (err)
                return err;
        }
        if (!fwd->paths[d])
            return -IXL_ENOMEM;
    }
    return 0;
}

/*
 * Each receive and send queue belongs to one thread: polling, to the one that serves
 * both directions of its number; sleeping, to the one of its direction.
 */
static int make_workers(struct forwarder *fwd)
{
    bool sleeps = fwd->cfg.irq_timeout_ms != IXL_IRQ_POLL;

    fwd->num_workers = sleeps ? 2 * fwd->num_queues : fwd->num_queues;
    fwd->workers = calloc(fwd->num_workers, sizeof(*fwd->workers));
    if (!fwd->workers)
        return -IXL_ENOMEM;
    for (unsigned i = 0; i < fwd->num_workers; i++) {
        struct worker *w = &fwd->workers[i];
        w->sleeps = sleeps;
        w->paths[0] = sleeps ? &fwd->paths[i % 2][i / 2] : &fwd->paths[0][i];
        w->paths[1] = sleeps ? NULL : &fwd->paths[1][i];
        w->num_paths = sleeps ? 1 : 2;
    }
    return 0;
}

static int set_up(struct forwarder *fwd)
{
    int err = open_devices(fwd);

    if (err)
        return err;
    err = make_paths(fwd);
    return err ? err : make_workers(fwd);
}

/* ---- end ---- */

static void print_json(const struct forwarder *fwd, const struct meter meters[2],
                       const uint64_t dropped[2])
{
    struct json j = { .out = stdout };

    json_object(&j, NULL);
    json_string(&j, "mode", fwd->cfg.irq_timeout_ms ? "interrupt" : "polling");
    json_bool(&j, "copied", fwd->paths[0][0].copies != NULL);
    json_number(&j, "dropped_from_a", dropped[0]);
    json_number(&j, "dropped_from_b", dropped[1]);
    json_array(&j, "devices");
    json_meter(&j, &meters[0]);
    json_meter(&j, &meters[1]);
    json_end_array(&j);
    json_end_object(&j);
}

/* Frames received but not sent on: counted here, or where the library exchanged them by the sender.
 */
static uint64_t count_dropped(const struct forwarder *fwd, unsigned d)
{
    uint64_t sum = xstat_value(fwd->devs[!d], "fwd_dropped");

    for (unsigned q = 0; q < fwd->num_queues; q++)
        sum += fwd->paths[d][q].dropped;
    return sum;
}

static void summarise(struct forwarder *fwd, struct meter meters[2])
{
    uint64_t dropped[2] = { count_dropped(fwd, 0), count_dropped(fwd, 1) };

    for (unsigned d = 0; d < 2; d++)
        meter_read(&meters[d]);
    if (fwd->run.json) {
        print_json(fwd, meters, dropped);
        return;
    }
    printf("forwarded with %s%s\n", fwd->cfg.irq_timeout_ms ? "interrupts" : "polling",
           fwd->paths[0][0].copies ? ", copying" : "");
    for (unsigned d = 0; d < 2; d++) {
        printf("%s -> %s: received %llu, dropped %llu\n", fwd->addresses[d], fwd->addresses[!d],
               (unsigned long long)meters[d].total.rx_pkts, (unsigned long long)dropped[d]);
        meter_print_totals(&meters[d], stdout);
    }
}

static void forward(struct forwarder *fwd)
{
    struct meter meters[2];

    for (unsigned d = 0; d < 2; d++)
        meter_init(&meters[d], fwd->devs[d], fwd->addresses[d]);
    fwd->run.meters = meters;
    fwd->run.num_meters = 2;
    for (unsigned i = 0; i < fwd->num_workers && !stop_requested(); i++) {
        struct worker *w = &fwd->workers[i];
        w->running = pthread_create(&w->thread, NULL, worker_main, w) == 0;
        if (!w->running) {
            complain("cannot start a thread: too many queues for this machine?");
            stop_request(true);
        }
    }
    run_wait(&fwd->run);
    for (unsigned i = 0; i < fwd->num_workers; i++) {
        if (fwd->workers[i].running)
            pthread_join(fwd->workers[i].thread, NULL);
    }
    summarise(fwd, meters);
}

int main(int argc, char **argv)
{
    static const struct argp_child children[] = { { &device_argp, 0, NULL, 0 },
                                                  { &run_argp, 0, NULL, 0 },
                                                  { 0 } };
    static const struct argp argp = { NULL, parse, "A B", doc, children, NULL, NULL };
    struct forwarder fwd = { .cfg = IXL_DEV_CFG_DEFAULT };

    fwd.cfg.promisc = true;
    options_setup();
    stop_setup();
    argp_parse(&argp, argc, argv, 0, NULL, &fwd);
    if (set_up(&fwd))
        stop_request(true);
    else
        forward(&fwd);
    ixl_close(fwd.devs[0]);
    ixl_close(fwd.devs[1]);
    free(fwd.paths[0]);
    free(fwd.paths[1]);
    free(fwd.workers);
    return finish();
}
