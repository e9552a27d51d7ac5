// SPDX-License-Identifier: MIT
/*
 * `soak [COUNT [WINDOW]]`: COUNT frames cross two drivers. The first device sends numbered frames
 * and checks what comes back; the second forwards by exchange in a thread of its own. The two NICs
 * are on one wire: sim:82599 and sim:x540. Every frame is accounted for:
 *     sent = received + what the counters of the two devices say was dropped
 * and all buffers are in their pools at the end. WINDOW is how many frames may be on their way; 0
 * is no limit: then the rings overflow, and frames are dropped and counted.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <ixl/ixl.h>

#define NEAR    "sim:82599,wire=pair:soak"
#define FAR     "sim:x540,wire=pair:soak"
#define FRAME   60u
#define BATCH   64u
#define IDLE_MS 2000u /* nothing for that long: nothing more comes */

struct soak {
    struct ixl_device *near, *far;
    struct ixl_mempool *pool;
    uint64_t count, window;
    uint64_t sent, received, missing, wrong;
    uint64_t next; /* number of the next frame to come back */
    _Atomic bool stop;
    _Atomic uint64_t forwarded; /* the far side has seen */
    int forward_err;
    uint8_t far_mac[6], near_mac[6];
};

static uint64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void say(void *ctx, enum ixl_log_level level, const char *msg)
{
    (void)ctx;
    (void)level;
    fprintf(stderr, "%s\n", msg);
}

/* ---- the far side --------------------------------------------------------------------------- */

/* Swaps the addresses, so that the frame finds its way back. */
static void turn_round(void *ctx, struct pkt_buf **bufs, uint8_t *verdict, unsigned n)
{
    struct soak *s = ctx;
    for (unsigned i = 0; i < n; i++) {
        memcpy(bufs[i]->data, s->near_mac, 6);
        memcpy(bufs[i]->data + 6, s->far_mac, 6);
        verdict[i] = IXL_SEND;
    }
}

static void *forward(void *arg)
{
    struct soak *s = arg;
    while (!atomic_load(&s->stop)) {
        int n = ixl_forward(s->far, 0, s->far, 0, BATCH, turn_round, s);
        if (n > 0)
            atomic_fetch_add(&s->forwarded, (unsigned)n);
        else if (n == 0)
            sched_yield();
        else
            s->forward_err = n;
    }
    return NULL;
}

/* ---- the near side -------------------------------------------------------------------------- */

static void fill(struct soak *s, struct pkt_buf *buf, uint64_t number)
{
    memcpy(buf->data, s->far_mac, 6);
    memcpy(buf->data + 6, s->near_mac, 6);
    buf->data[12] = 0x88;
    buf->data[13] = 0xb5;
    memcpy(buf->data + 16, &number, sizeof(number));
    memset(buf->data + 24, (int)(number & 0xff), FRAME - 24);
    buf->size = FRAME;
}

static void send_some(struct soak *s)
{
    struct pkt_buf *bufs[BATCH];
    uint64_t room = s->count - s->sent;

    if (s->window && s->window - (s->sent - s->received) < room)
        room = s->window - (s->sent - s->received);
    unsigned n = ixl_pkt_buf_alloc_batch(s->pool, bufs, room < BATCH ? (unsigned)room : BATCH);
    for (unsigned i = 0; i < n; i++)
        fill(s, bufs[i], s->sent + i);
    int went = n ? ixl_tx_batch(s->near, 0, bufs, n) : 0;
    if (went < 0) {
        s->wrong++;
        went = 0;
    }
    for (unsigned i = (unsigned)went; i < n; i++)
        ixl_pkt_buf_free(bufs[i]);
    s->sent += (unsigned)went;
    if (went == 0)
        ixl_tx_reclaim(s->near, 0);
}

/* One queue and one wire keep the order: a number that is skipped is a frame that was lost. */
static void check(struct soak *s, const struct pkt_buf *buf)
{
    uint64_t number = UINT64_MAX;
    memcpy(&number, buf->data + 16, sizeof(number));
    if (buf->size != FRAME || number < s->next || number >= s->sent ||
        buf->data[24] != (number & 0xff) || buf->data[FRAME - 1] != (number & 0xff)) {
        s->wrong++;
        return;
    }
    s->missing += number - s->next;
    s->next = number + 1;
    s->received++;
}

static int receive_some(struct soak *s)
{
    struct pkt_buf *bufs[BATCH];
    int n = ixl_rx_batch(s->near, 0, bufs, BATCH);
    if (n < 0) {
        s->wrong++;
        return 0;
    }
    for (int i = 0; i < n; i++)
        check(s, bufs[i]);
    ixl_pkt_buf_free_batch(bufs, (unsigned)n);
    return n;
}

static void run(struct soak *s)
{
    uint64_t quiet_since = now_ms();
    unsigned empty = 0;

    while (s->received + s->missing < s->count) {
        if (s->sent < s->count)
            send_some(s);
        if (receive_some(s) > 0) {
            empty = 0;
            continue;
        }
        if (empty++ == 0)
            quiet_since = now_ms();
        else if (empty % 64 == 0 && now_ms() - quiet_since > IDLE_MS && s->sent == s->count)
            break;
        sched_yield();
    }
}

/* ---- the reckoning -------------------------------------------------------------------------- */

static uint64_t counter(struct ixl_device *dev, const char *name)
{
    struct ixl_xstat all[512];
    int n = ixl_get_xstats(dev, all, 512);
    for (int i = 0; i < n && i < 512; i++)
        if (strcmp(all[i].name, name) == 0)
            return all[i].value;
    return 0;
}

/* All of the sender's buffers come back; those of the receive queues are in their rings. */
static bool pools_complete(struct soak *s)
{
    struct ixl_mempool_stats mine, near, far;
    ixl_tx_reclaim(s->near, 0);
    ixl_tx_reclaim(s->far, 0);
    ixl_mempool_get_stats(s->pool, &mine);
    ixl_mempool_get_stats(ixl_get_rxq_mempool(s->near, 0), &near);
    ixl_mempool_get_stats(ixl_get_rxq_mempool(s->far, 0), &far);
    printf("buffers in use: %u of the sender's; %u and %u of the receive queues', whose rings have "
           "%u\n",
           mine.in_use, near.in_use, far.in_use, ixl_get_rx_queue_depth(s->near));
    return mine.in_use == 0 && near.in_use <= ixl_get_rx_queue_depth(s->near) &&
           far.in_use <= ixl_get_rx_queue_depth(s->far);
}

static bool reckon(struct soak *s, uint64_t ms)
{
    uint64_t dropped = counter(s->near, "rx_missed") + counter(s->far, "rx_missed") +
                       counter(s->far, "fwd_dropped");
    struct ixl_device_stats near = { 0, 0, 0, 0 }, far = { 0, 0, 0, 0 };

    ixl_read_stats(s->near, &near);
    ixl_read_stats(s->far, &far);
    uint64_t lost = s->sent - s->received;
    printf("sent %llu, received %llu in order and unchanged, %llu lost, %llu counted as dropped, "
           "%llu wrong; %llu ms, %llu frames/s each way\n",
           (unsigned long long)s->sent, (unsigned long long)s->received, (unsigned long long)lost,
           (unsigned long long)dropped, (unsigned long long)s->wrong, (unsigned long long)ms,
           (unsigned long long)(ms ? s->received * 1000 / ms : 0));
    printf("near: sent %llu, received %llu; far: received %llu, sent %llu, forwarded %llu\n",
           (unsigned long long)near.tx_pkts, (unsigned long long)near.rx_pkts,
           (unsigned long long)far.rx_pkts, (unsigned long long)far.tx_pkts,
           (unsigned long long)s->forwarded);
    return s->wrong == 0 && s->sent == s->count && lost == dropped && near.tx_pkts == s->sent &&
           near.rx_pkts == s->received && far.rx_pkts == s->forwarded && !s->forward_err &&
           (s->window == 0 || lost == 0);
}

static int open_pair(struct soak *s)
{
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;
    struct ixl_link link = { .up = false };

    cfg.tx_ring_size = 1024;
    cfg.rx_ring_size = s->window ? 1024 : 64;
    cfg.rx_pool_entries = 3072; /* a frame that waits in a send ring is a buffer more */
    if (ixl_open(NEAR, &cfg, &s->near) || ixl_open(FAR, &cfg, &s->far) ||
        ixl_mempool_create(s->near, 2048, 0, 0, &s->pool))
        return 1;
    for (uint64_t end = now_ms() + 10000; !link.up && now_ms() < end;)
        if (ixl_get_link(s->near, &link) == 0 && link.up)
            ixl_get_link(s->far, &link);
    ixl_get_mac_addr(s->near, s->near_mac);
    ixl_get_mac_addr(s->far, s->far_mac);
    return link.up ? 0 : 1;
}

/* IXL_TEST_SCALE, a percentage, where the program is instrumented. */
static uint64_t scaled(uint64_t count)
{
    const char *env = getenv("IXL_TEST_SCALE");
    return env && atoi(env) > 0 ? (count * (unsigned)atoi(env) + 99) / 100 : count;
}

int main(int argc, char **argv)
{
    struct soak s = { .count = 10000000, .window = 512 };
    pthread_t thread;

    if (argc > 1)
        s.count = scaled(strtoull(argv[1], NULL, 10));
    if (argc > 2)
        s.window = strtoull(argv[2], NULL, 10);
    ixl_set_log(say, NULL, IXL_LOG_WARN);
    if (open_pair(&s) || pthread_create(&thread, NULL, forward, &s)) {
        printf("the pair does not come up\n");
        return 1;
    }
    uint64_t start = now_ms();
    run(&s);
    uint64_t ms = now_ms() - start;
    atomic_store(&s.stop, true);
    pthread_join(thread, NULL);
    bool fine = reckon(&s, ms);
    fine = pools_complete(&s) && fine;
    ixl_close(s.near);
    ixl_close(s.far);
    printf("%s\n", fine ? "every frame is accounted for" : "the account does not balance");
    return fine ? 0 : 1;
}
