// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pktgen.h"

/* Longest burst that makes up for time lost, so that a rate is not exceeded for long. */
#define MAX_LAG_NS 10000000ull

struct pace {
    uint64_t next_ns, ns_per_kframe; /* ns_per_kframe 0: no limit */
};

static void pace_init(struct pace *p, const struct generator *gen)
{
    p->next_ns = now_ns();
    p->ns_per_kframe = gen->rate ? 1000000000000ull * gen->num_senders / gen->rate : 0;
}

/* May a burst go now? Sleeps a little if not. */
static bool pace_ready(struct pace *p)
{
    if (!p->ns_per_kframe)
        return true;
    uint64_t now = now_ns();
    if (now >= p->next_ns) {
        if (now - p->next_ns > MAX_LAG_NS)
            p->next_ns = now - MAX_LAG_NS;
        return true;
    }
    uint64_t wait = p->next_ns - now;
    struct timespec ts = { 0, (long)(wait < 10000000 ? wait : 10000000) };
    nanosleep(&ts, NULL);
    return false;
}

static void pace_sent(struct pace *p, unsigned n)
{
    p->next_ns += n * p->ns_per_kframe / 1000;
}

static void stamp(struct sender *s, struct pkt_buf **bufs, unsigned n)
{
    const struct frame_template *t = &s->gen->template;

    for (unsigned i = 0; i < n; i++) {
        struct frame_id id = {
            .stream = s->queue,
            .flow = (uint16_t)(s->stamped % t->spec.flows),
            .seq = s->stamped / t->spec.flows,
        };
        memcpy(bufs[i]->data, t->data, t->spec.size);
        frame_stamp(t, bufs[i]->data, &id);
        bufs[i]->size = t->spec.size;
        if (s->gen->tagged) {
            bufs[i]->flags = IXL_TX_VLAN;
            bufs[i]->vlan_tci = s->gen->vlan;
        }
        s->stamped++;
    }
}

/* Frames the next burst shall have. */
static unsigned burst_size(const struct sender *s)
{
    uint64_t left =
        s->quota ? s->quota - atomic_load_explicit(&s->sent, memory_order_relaxed) : UINT64_MAX;
    return left < s->gen->burst ? (unsigned)left : s->gen->burst;
}

/* Send the frames in bufs; what was not taken moves to the front. Frames left, or an error. */
static int send_burst(struct sender *s, struct pkt_buf **bufs, unsigned n, struct pace *pace)
{
    int taken = ixl_tx_batch(s->gen->dev, s->queue, bufs, n);

    if (taken < 0)
        return taken;
    memmove(bufs, bufs + taken, (n - (unsigned)taken) * sizeof(bufs[0]));
    atomic_fetch_add_explicit(&s->sent, (uint64_t)taken, memory_order_relaxed);
    pace_sent(pace, (unsigned)taken);
    return (int)n - taken;
}

/* Wait, bounded, until the device has sent everything and all buffers are back. */
static void drain(struct sender *s)
{
    uint64_t deadline = now_ns() + 2000000000ull;
    struct ixl_mempool_stats stats;
    unsigned rounds = 0;

    do {
        ixl_tx_reclaim(s->gen->dev, s->queue);
        ixl_mempool_get_stats(s->pool, &stats);
        idle(&rounds);
    } while (stats.in_use && now_ns() < deadline);
    if (stats.in_use)
        complain("queue %u: the device has not sent %u frames it accepted", s->queue, stats.in_use);
}

static void send_loop(struct sender *s, struct pkt_buf **bufs)
{
    struct pace pace;
    unsigned have = 0, want, rounds = 0;

    pace_init(&pace, s->gen);
    while (!stop_requested() && (want = burst_size(s)) > 0) {
        if (!pace_ready(&pace))
            continue;
        if (have < want) {
            unsigned got = ixl_pkt_buf_alloc_batch(s->pool, bufs + have, want - have);
            stamp(s, bufs + have, got);
            have += got;
        }
        int left = send_burst(s, bufs, have, &pace);
        if (left < 0) {
            complain_library(s->gen->address, left);
            stop_request(true);
            break;
        }
        if ((unsigned)left == have) {
            ixl_tx_reclaim(s->gen->dev, s->queue);
            idle(&rounds);
        }
        have = (unsigned)left;
    }
    ixl_pkt_buf_free_batch(bufs, have);
}

static void *send_main(void *arg)
{
    struct sender *s = arg;
    struct pkt_buf **bufs = calloc(s->gen->burst, sizeof(bufs[0]));

    if (bufs) {
        send_loop(s, bufs);
        drain(s);
    } else {
        complain("out of memory");
        stop_request(true);
    }
    free(bufs);
    atomic_store(&s->done, true);
    return NULL;
}

/* A pool for what a full ring holds and two bursts. */
static int make_pool(struct sender *s)
{
    const struct generator *gen = s->gen;
    uint32_t entries = ixl_get_tx_queue_depth(gen->dev) + 2 * gen->burst;
    uint32_t entry_size = (uint32_t)sizeof(struct pkt_buf) + gen->template.spec.size;

    if (entry_size < IXL_MEMPOOL_DEFAULT_ENTRY)
        entry_size = 0;
    int err = ixl_mempool_create(gen->dev, entries, entry_size, 0, &s->pool);
    if (err)
        complain_library("no memory pool for sending", err);
    return err;
}

static uint64_t share(uint64_t whole, unsigned parts, unsigned part)
{
    return whole / parts + (part < whole % parts);
}

int senders_start(struct generator *gen)
{
    for (unsigned i = 0; i < gen->num_senders; i++) {
        struct sender *s = &gen->senders[i];
        s->gen = gen;
        s->queue = (uint16_t)i;
        s->quota = share(gen->count, gen->num_senders, i);
        if (gen->count && !s->quota) {
            atomic_store(&s->done, true);
            continue;
        }
        int err = make_pool(s);
        if (err)
            return err;
        s->running = pthread_create(&s->thread, NULL, send_main, s) == 0;
        if (!s->running) {
            complain("cannot start a thread: too many queues for this machine?");
            return -IXL_ENOMEM;
        }
    }
    return 0;
}

bool senders_done(const struct generator *gen)
{
    for (unsigned i = 0; i < gen->num_senders; i++) {
        if (!atomic_load(&gen->senders[i].done))
            return false;
    }
    return true;
}

void senders_stop(struct generator *gen)
{
    for (unsigned i = 0; i < gen->num_senders; i++) {
        if (gen->senders[i].running)
            pthread_join(gen->senders[i].thread, NULL);
        gen->senders[i].running = false;
    }
}

uint64_t senders_sent(const struct generator *gen)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < gen->num_senders; i++)
        sum += atomic_load_explicit(&gen->senders[i].sent, memory_order_relaxed);
    return sum;
}
