// SPDX-License-Identifier: MIT
/*
 * What tests/l4re/run lets a program do on L4Re. Usage: ixl-check ACTION [NUMBER...]. Each action
 * prints one line "check: ...", which the script reads.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <l4/ixl/ixl.h>
#include <l4/re/c/dma_space.h>
#include <l4/re/env.h>
#include <l4/sys/ipc.h>
#include <l4/sys/irq.h>
#include <l4/sys/kip.h>
#include <l4/sys/rcv_endpoint.h>
#include <pthread-l4.h>

#include "lib/core/device.h"
#include "lib/os/l4re/l4re_os.h"

#define ETHERTYPE   0x88b5u /* for local experiments */
#define NUMBER_AT   14u
#define PATIENCE_MS 8000u
#define BATCH       32u

struct tally {
    uint32_t got, corrupt, disordered, next;
    uint64_t bytes;
};

static void on_log(void *ctx, enum ixl_log_level level, const char *msg)
{
    (void)ctx;
    printf("log %d: %s\n", (int)level, msg);
}

static uint64_t now_us(void)
{
    return l4_kip_clock(l4re_kip());
}

static struct ixl_device *open_device(const char *address, int mode)
{
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;
    struct ixl_device_info info;
    struct ixl_bus_entry entry;
    struct ixl_bus *bus;
    struct ixl_device *dev = NULL;
    uint64_t start = 0;

    cfg.irq_timeout_ms = mode;
    cfg.promisc = true;
    int err = ixl_bus_open(address, &bus);
    if (!err) {
        ixl_bus_get(bus, 0, &entry); /* io may be starting still */
        start = now_us();
        err = ixl_init(bus, 0, &cfg, &dev);
        ixl_bus_close(bus);
    }
    if (err) {
        printf("check: open %s: %s\n", address, ixl_strerror(err));
        return NULL;
    }
    uint64_t us = now_us() - start;
    ixl_get_info(dev, &info);
    printf("opened %s in %llu ms, interrupts %s %u, DMA memory %llu KiB\n", info.driver,
           (unsigned long long)us / 1000, info.irq_kind, info.irq_vectors,
           (unsigned long long)info.dma_bytes / 1024);
    return dev;
}

static bool await_link(struct ixl_device *dev)
{
    struct ixl_link link = { .up = false };

    for (uint64_t end = now_us() + PATIENCE_MS * 1000; now_us() < end;) {
        if (ixl_get_link(dev, &link) == 0 && link.up)
            return true;
        l4_ipc_sleep_ms(5);
    }
    printf("check: the link stays down\n");
    return false;
}

/* ---- receiving ------------------------------------------------------------ */

/* Frames carry their number and then bytes that follow from it (see the script). */
static void look_at(struct tally *t, const struct pkt_buf *buf)
{
    const uint8_t *d = buf->data;
    uint32_t number;

    if (buf->size < 60 || d[12] != ETHERTYPE >> 8 || d[13] != (ETHERTYPE & 0xff))
        return;
    memcpy(&number, d + NUMBER_AT, 4);
    unsigned size = d[18] | (unsigned)d[19] << 8;
    bool good = buf->size == size && !buf->next;
    for (unsigned i = 20; good && i < buf->size; i++)
        good = d[i] == (uint8_t)(number + i * 7u);
    t->corrupt += !good;
    t->disordered += number != t->next;
    t->next = number + 1;
    t->got++;
    t->bytes += buf->size;
}

/* The caller's own waiting, as a registry would do it. */
static void wait_outside(struct ixl_device *dev)
{
    l4_cap_idx_t irq = ixl_get_recv_irq_cap(dev, 0);

    l4_ipc_receive(irq, l4_utcb(), l4_timeout(L4_IPC_TIMEOUT_NEVER, l4_timeout_from_us(100000)));
    ixl_check_recv_irq(dev, 0);
    ixl_ack_recv_irq(dev, 0);
}

static void receive(struct ixl_device *dev, int mode, uint32_t count, struct tally *t)
{
    uint64_t end = now_us() + PATIENCE_MS * 1000;

    while (t->got < count && now_us() < end) {
        struct pkt_buf *bufs[BATCH];
        int n = ixl_rx_batch(dev, 0, bufs, BATCH);
        if (n < 0) {
            printf("check: receiving: %s\n", ixl_strerror(n));
            return;
        }
        for (int i = 0; i < n; i++) {
            look_at(t, bufs[i]);
            ixl_pkt_buf_free(bufs[i]);
        }
        if (n > 0)
            end = now_us() + PATIENCE_MS * 1000;
        else if (mode == IXL_IRQ_EXTERNAL)
            wait_outside(dev);
        else if (mode == IXL_IRQ_FOREVER)
            end = 0;
    }
}

static void bind_outside(struct ixl_device *dev)
{
    l4_cap_idx_t irq = ixl_get_recv_irq_cap(dev, 0);

    l4_rcv_ep_bind_thread(irq, pthread_l4_cap(pthread_self()), 0);
    l4_irq_unmask(irq);
}

/* capture COUNT MODE [die] */
static int capture(const char *address, char **arg)
{
    uint32_t count = (uint32_t)strtoul(arg[0], NULL, 0);
    int mode = atoi(arg[1]);
    struct ixl_device *dev = open_device(address, mode);
    struct ixl_irq_stats s = { 0 };
    struct ixl_device_stats st = { 0 };
    struct tally t = { 0 };

    if (!dev || !await_link(dev))
        return 1;
    if (mode == IXL_IRQ_EXTERNAL)
        bind_outside(dev);
    printf("ready\n");
    receive(dev, mode, count, &t);
    if (mode)
        ixl_get_irq_stats(dev, 0, &s);
    ixl_read_stats(dev, &st);
    printf("check: captured %u corrupt %u disordered %u bytes %llu counted %llu irqs %llu "
           "waits %llu\n",
           t.got, t.corrupt, t.disordered, (unsigned long long)t.bytes,
           (unsigned long long)st.rx_pkts, (unsigned long long)s.irqs, (unsigned long long)s.waits);
    if (arg[2])
        _Exit(0); /* the device stays as it is */
    ixl_close(dev);
    printf("check: closed\n");
    return 0;
}

/* ---- sending -------------------------------------------------------------- */

static void fill(struct pkt_buf *buf, unsigned size)
{
    memset(buf->data, 0xff, 6);
    memset(buf->data + 6, 2, 6);
    buf->data[12] = ETHERTYPE >> 8;
    buf->data[13] = ETHERTYPE & 0xff;
    buf->size = (uint16_t)size;
}

static uint64_t send_for(struct ixl_device *dev, struct ixl_mempool *pool, unsigned batch,
                         unsigned size, uint64_t us)
{
    struct pkt_buf *bufs[BATCH];
    uint64_t sent = 0, end = now_us() + us;

    while (now_us() < end) {
        for (unsigned round = 0; round < 64; round++) {
            unsigned n = ixl_pkt_buf_alloc_batch(pool, bufs, batch);
            for (unsigned i = 0; i < n; i++)
                fill(bufs[i], size);
            int taken = n ? ixl_tx_batch(dev, 0, bufs, n) : 0;
            if (taken < (int)n)
                ixl_pkt_buf_free_batch(bufs + (taken > 0 ? taken : 0),
                                       n - (unsigned)(taken > 0 ? taken : 0));
            if (taken <= 0)
                ixl_tx_reclaim(dev, 0);
            sent += taken > 0 ? (unsigned)taken : 0;
        }
    }
    return sent;
}

/* rate BATCH SIZE SECONDS */
static int rate(const char *address, char **arg)
{
    unsigned batch = (unsigned)atoi(arg[0]), size = (unsigned)atoi(arg[1]);
    uint64_t us = strtoull(arg[2], NULL, 0) * 1000000;
    struct ixl_device *dev = open_device(address, IXL_IRQ_POLL);
    struct ixl_mempool *pool;

    if (!dev || !await_link(dev) || ixl_mempool_create(dev, 1024, 0, 0, &pool))
        return 1;
    send_for(dev, pool, batch, size, 500000);
    printf("check: sending\n");
    uint64_t start = now_us(), sent = send_for(dev, pool, batch, size, us);
    uint64_t took = now_us() - start;
    printf("check: rate batch %u size %u: %llu frames, %llu kpps\n", batch, size,
           (unsigned long long)sent, (unsigned long long)(sent * 1000 / took));
    ixl_close(dev);
    printf("check: closed\n");
    return 0;
}

/* ---- DMA after unmapping -------------------------------------------------- */

/* Pieces of the receive pool: what is larger than a ring. */
static bool is_pool(const struct l4_mem *mem)
{
    return mem->size > 16384;
}

/* Beginnings of frames in the buffers; `wipe` removes them. */
static unsigned written(const struct l4_dev *os, bool wipe)
{
    unsigned n = 0;

    for (const struct l4_mem *m = os->mems; m; m = m->next) {
        uint8_t *p = m->virt;
        for (size_t i = 0; is_pool(m) && i + 4 <= m->size; i += 4) {
            if (p[i] != ETHERTYPE >> 8 || p[i + 1] != (ETHERTYPE & 0xff))
                continue;
            n++;
            if (wipe)
                p[i] = 0;
        }
    }
    return n;
}

/* unmap: takes the receive buffers away from the device behind its driver's back. */
static int unmap(const char *address, char **arg)
{
    struct ixl_device *dev = open_device(address, IXL_IRQ_POLL);
    int err = 0;

    (void)arg;
    if (!dev || !await_link(dev))
        return 1;
    struct l4_dev *os = l4_dev(dev->os);
    printf("ready\n");
    uint64_t end = now_us() + PATIENCE_MS * 1000;
    while (written(os, false) == 0 && now_us() < end)
        l4_ipc_sleep_ms(10);
    unsigned before = written(os, false);
    for (const struct l4_mem *m = os->mems; m; m = m->next)
        if (is_pool(m))
            err |= l4re_dma_space_unmap(os->dma_space, m->addr, m->size, 0,
                                        L4RE_DMA_SPACE_BIDIRECTIONAL);
    printf("unmapped\n");
    written(os, true);
    unsigned wiped = written(os, false);
    l4_ipc_sleep_ms(2000);
    printf("check: unmapped %d, frames before %u, after wiping %u, two seconds later %u\n", err,
           before, wiped, written(os, false));
    _Exit(0);
}

/* ---- DMA after closing ---------------------------------------------------- */

#define SCAN_BYTES (128u << 20)

static struct ixl_device *crashing;

/* All a program has to do that catches its own crash. */
static void on_crash(int signal)
{
    (void)signal;
    ixl_close(crashing);
    printf("check: closed in a crash\n");
    _Exit(1);
}

/* leave close|crash|die: receives a few frames, and leaves in that way. */
static int leave(const char *address, char **arg)
{
    struct sigaction action = { .sa_handler = on_crash };
    struct tally t = { 0 };

    crashing = open_device(address, IXL_IRQ_POLL);
    if (!crashing || !await_link(crashing))
        return 1;
    printf("ready\n");
    receive(crashing, IXL_IRQ_POLL, 10, &t);
    printf("check: %u frames before\n", t.got);
    if (strcmp(arg[0], "die") == 0) {
        printf("check: dying\n");
        _Exit(0);
    }
    if (strcmp(arg[0], "crash") == 0) {
        volatile uintptr_t nowhere = 16;
        sigaction(SIGSEGV, &action, NULL);
        *(volatile int *)nowhere = 1;
    }
    ixl_close(crashing);
    printf("check: closed\n");
    return 0;
}

/* Frames of the script in `bytes` of memory. */
static unsigned frames_in(const uint8_t *mem, size_t bytes)
{
    unsigned found = 0;

    for (size_t i = 0; i + 4 <= bytes; i += 2)
        found += mem[i] == ETHERTYPE >> 8 && mem[i + 1] == (ETHERTYPE & 0xff);
    return found;
}

/*
 * witness: another program, started when the one above is gone, while frames still arrive. moe
 * gives it the memory it has just got back, among other memory. Every byte of it is known.
 */
static int witness(const char *address, char **arg)
{
    uint8_t *mem = malloc(SCAN_BYTES);
    size_t changed = 0;

    (void)address;
    (void)arg;
    if (!mem)
        return 1;
    memset(mem, 0x5a, SCAN_BYTES);
    printf("witness\n");
    l4_ipc_sleep_ms(3000);
    for (size_t i = 0; i < SCAN_BYTES; i++)
        changed += mem[i] != 0x5a;
    printf("check: %u MiB looked through, %zu bytes changed, %u frames found\n", SCAN_BYTES >> 20,
           changed, frames_in(mem, SCAN_BYTES));
    return 0;
}

/* ---- refusals ------------------------------------------------------------- */

/* refuse INDEX MODE: an open that is to fail. */
static int refuse(const char *address, char **arg)
{
    struct ixl_bus *bus;
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;
    struct ixl_device *dev;
    int err = ixl_bus_open(address, &bus);

    cfg.irq_timeout_ms = atoi(arg[1]);
    if (!err)
        err = ixl_init(bus, (unsigned)atoi(arg[0]), &cfg, &dev);
    printf("check: open: %d %s\n", err, ixl_strerror(err));
    return 0;
}

/* cycle COUNT: many lives. */
static int cycle(const char *address, char **arg)
{
    unsigned count = (unsigned)atoi(arg[0]), i;
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;
    struct ixl_device *dev;
    uint64_t start = now_us();

    cfg.irq_timeout_ms = 100;
    for (i = 0; i < count; i++) {
        if (ixl_open(address, &cfg, &dev))
            break;
        ixl_close(dev);
    }
    printf("check: %u lives, %llu ms each\n", i,
           (unsigned long long)(now_us() - start) / 1000 / count);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(const char *address, char **arg);
        int args;
    } actions[] = {
        { "capture", capture, 2 }, { "rate", rate, 3 },       { "unmap", unmap, 0 },
        { "leave", leave, 1 },     { "witness", witness, 0 }, { "refuse", refuse, 2 },
        { "cycle", cycle, 1 },
    };

    setvbuf(stdout, NULL, _IOLBF, 0);
    ixl_set_log(on_log, NULL, IXL_LOG_INFO);
    for (unsigned i = 0; argc > 2 && i < sizeof(actions) / sizeof(actions[0]); i++)
        if (strcmp(argv[1], actions[i].name) == 0 && argc >= 3 + actions[i].args)
            return actions[i].run(argv[2], argv + 3);
    printf("check: no such action\n");
    return 2;
}
