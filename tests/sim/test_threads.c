// SPDX-License-Identifier: MIT
/*
 * Two 82599 with engine threads, back to back, each driven by a thread of its own: every
 * frame arrives in order, whoever is faster, or is counted as lost by a wire that has waited long
 * for a thread that the machine let wait; and life goes on while they are torn down.
 * Descriptor status is read through atomics, as a driver does.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rig.h"

#define FRAMES 60000u

static struct rig a, b;

/* The rig's plain memory copies are no atomics: descriptors of 16 bytes go word by word. */
static bool dma_read(void *ctx, uint64_t addr, void *buf, size_t len)
{
    struct rig *r = ctx;

    if (addr < RIG_BASE || addr - RIG_BASE > RIG_MEMORY - len)
        return false;
    uint8_t *p = r->memory + (addr - RIG_BASE);
    if (len % 8 || addr % 8) {
        memcpy(buf, p, len);
        return true;
    }
    for (size_t i = 0; i < len; i += 8) {
        uint64_t v = __atomic_load_n((uint64_t *)(void *)(p + i), __ATOMIC_ACQUIRE);
        memcpy((uint8_t *)buf + i, &v, 8);
    }
    return true;
}

static bool dma_write(void *ctx, uint64_t addr, const void *buf, size_t len)
{
    struct rig *r = ctx;

    if (addr < RIG_BASE || addr - RIG_BASE > RIG_MEMORY - len)
        return false;
    uint8_t *p = r->memory + (addr - RIG_BASE);
    if (len != 16) {
        memcpy(p, buf, len);
        return true;
    }
    for (size_t i = 0; i < len; i += 8) {
        uint64_t v;
        memcpy(&v, (const uint8_t *)buf + i, 8);
        __atomic_store_n((uint64_t *)(void *)(p + i), v, __ATOMIC_RELEASE);
    }
    return true;
}

static void on_violation(void *ctx, const char *what)
{
    struct rig *r = ctx;

    __atomic_add_fetch(&r->violations, 1, __ATOMIC_RELAXED);
    print_error("violation: %s\n", what);
}

static void up(struct rig *r)
{
    struct sim_options opt = { .engine = SIM_ENGINE_THREAD, .cable = true };
    struct sim_host host = { r, dma_read, dma_write, NULL, NULL, on_violation };
    char err[128];

    memset(r, 0, sizeof(*r));
    r->memory = aligned_alloc(64, RIG_MEMORY);
    memset(r->memory, 0, RIG_MEMORY);
    r->nic = sim_create("82599", &opt, &host, err, sizeof(err));
    assert_non_null(r->nic);
    sim_cfg_write(r->nic, 4, 2, 6);
    rig_init(r);
    rig_rx_queue(r, 0, 1u << 25 | 2);
    rig_tx_queue(r);
    rig_rx_on(r);
}

static uint64_t status(struct rig *r, uint64_t desc)
{
    uint64_t v = __atomic_load_n((uint64_t *)(void *)rig_at(r, desc + 8), __ATOMIC_ACQUIRE);
    uint8_t bytes[8];

    memcpy(bytes, &v, 8);
    return (uint64_t)bytes[0] | (uint64_t)bytes[4] << 32; /* RX DD, TX DD */
}

struct traffic {
    struct rig *r;
    unsigned sent, received, clean;
    unsigned lost; /* on the way to us: gaps in the numbers, or missing at the end */
};

static void transmit_some(struct traffic *t)
{
    struct rig *r = t->r;
    uint8_t f[64];

    while (t->clean < t->sent && (status(r, RIG_TX_RING + 16ull * (t->clean % RIG_RING)) >> 32 & 1))
        t->clean++;
    for (unsigned n = 0; n < 16 && t->sent < FRAMES && t->sent - t->clean < RIG_RING - 1; n++) {
        rig_frame(f, 64);
        memcpy(f + 20, &t->sent, sizeof(t->sent));
        rig_tx_desc(r, f, 64, 0x0b000000, 64u << 14);
        t->sent++;
    }
    rig_tx_go(r);
}

static bool receive_some(struct traffic *t)
{
    struct rig *r = t->r;
    unsigned n = 0, number;

    while (n < 16 && (status(r, rig_rx_desc(0, t->received % RIG_RING)) & 1)) {
        unsigned i = t->received % RIG_RING;
        memcpy(&number, rig_at(r, rig_rx_buf(0, i) + 20), sizeof(number));
        if (number < t->received + t->lost)
            return false; /* a thread cannot fail the test: the sum will not come right */
        t->lost = number - t->received;
        t->received++;
        rig_refill(r, 0, i);
        n++;
    }
    if (n)
        rig_write(r, 0x1018, (t->received + RIG_RING - 1) % RIG_RING);
    return n > 0;
}

/* Whether all is sent, and all received that the wire has not lost. */
static bool done(struct traffic *t)
{
    struct sim_counters c;

    if (t->clean < FRAMES)
        return false;
    sim_get_counters(t->r->nic, &c);
    return t->received + c.rx_no_desc >= FRAMES;
}

static void *drive(void *arg)
{
    struct traffic *t = arg;

    for (;;) {
        unsigned before = t->sent;
        transmit_some(t);
        if (receive_some(t) || t->sent != before)
            continue;
        if (done(t))
            return NULL;
        sched_yield();
    }
}

static void assert_accounted(const struct traffic *t)
{
    struct sim_counters c;

    sim_get_counters(t->r->nic, &c);
    assert_int_equal(t->received + c.rx_no_desc, FRAMES);
    assert_in_range(t->lost, 0, c.rx_no_desc);
    assert_true(t->received > 0);
}

static void down(struct rig *r)
{
    assert_int_equal(__atomic_load_n(&r->violations, __ATOMIC_RELAXED), 0);
    sim_destroy(r->nic);
    free(r->memory);
}

static void every_frame_arrives_in_order_or_is_counted(void **state)
{
    (void)state;
    pthread_t ta, tb;
    struct traffic fa = { .r = &a }, fb = { .r = &b };
    char err[64];

    up(&a);
    up(&b);
    sim_attach(a.nic, sim_wire_open("pair:threads", err, sizeof(err)));
    sim_attach(b.nic, sim_wire_open("pair:threads", err, sizeof(err)));
    pthread_create(&ta, NULL, drive, &fa);
    pthread_create(&tb, NULL, drive, &fb);
    pthread_join(ta, NULL);
    pthread_join(tb, NULL);
    assert_accounted(&fa);
    assert_accounted(&fb);
    down(&a);
    down(&b);
}

static void *blast(void *arg)
{
    struct traffic *t = arg;

    while (t->sent < FRAMES / 10 && t->sent - t->clean < RIG_RING)
        transmit_some(t);
    return NULL;
}

static void a_peer_can_leave_at_any_time(void **state)
{
    (void)state;
    pthread_t ta;
    char err[64];

    for (unsigned i = 0; i < 20; i++) {
        struct traffic fa = { .r = &a };
        up(&a);
        up(&b);
        sim_attach(a.nic, sim_wire_open("pair:threads", err, sizeof(err)));
        sim_attach(b.nic, sim_wire_open("pair:threads", err, sizeof(err)));
        pthread_create(&ta, NULL, blast, &fa);
        usleep(500);
        down(&b);
        pthread_join(ta, NULL);
        down(&a);
    }
}

/* A peer that takes nothing delays the sender, but does not stop it for good. */
static void a_stuck_peer_is_given_up(void **state)
{
    (void)state;
    struct traffic fa = { .r = &a };
    struct sim_counters c;
    char err[64];

    up(&a);
    up(&b);
    sim_attach(a.nic, sim_wire_open("pair:threads", err, sizeof(err)));
    sim_attach(b.nic, sim_wire_open("pair:threads", err, sizeof(err)));
    while (fa.clean < 9000) {
        transmit_some(&fa);
        sched_yield();
    }
    do {
        sim_get_counters(b.nic, &c);
    } while (c.rx_no_desc == 0);
    down(&a);
    down(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_frame_arrives_in_order_or_is_counted),
        cmocka_unit_test(a_peer_can_leave_at_any_time),
        cmocka_unit_test(a_stuck_peer_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
