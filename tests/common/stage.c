// SPDX-License-Identifier: MIT
#include "tests/common/stage.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lib/os/qtest/qtest_os.h"
#include "tests/qemu/qemu.h"
#include "tests/unwatched.h"

#define PROBE  0xfffffffeu
#define FENCE  0xffffffffu
#define HEADER 20u
#define TYPE   0x88b5u /* for local experiments */

static char base[600]; /* "sim:82599", "qemu:igb,qemu=..." */
static char name[40];
static bool sim, far;
const struct stage_far *stage_far;
_Atomic unsigned log_errors;
char log_last[1024];

/* ---- the device of the command line --------------------------------------------------------- */

bool on_sim(void)
{
    return sim;
}

const char *device_name(void)
{
    return name;
}

bool is_intel(const struct stage *s)
{
    struct ixl_device_info info;
    assert_int_equal(ixl_get_info(s->dev, &info), 0);
    return strcmp(info.driver, "virtio") != 0;
}

bool on_qemu(const char *which)
{
    return !sim && !far && strcmp(name, which) == 0;
}

int stage_choose(const char *address)
{
    sim = strncmp(address, "sim:", 4) == 0;
    far = stage_far && strncmp(address, "vfio-user:", 10) == 0;
    if (!sim && !far && strncmp(address, "qemu:", 5) != 0) {
        printf("%s: the suite runs on sim:MODEL and qemu:KIND\n", address);
        return 2;
    }
    const char *kind = strchr(address, ':') + 1, *options = kind + strcspn(kind, ",");
    snprintf(name, sizeof(name), "%.*s", (int)(options - kind), kind);
    if (sim || far) {
        snprintf(base, sizeof(base), "%s", address);
    } else if (!qemu_address(base, sizeof(base), name, *options ? options + 1 : "")) {
        printf("skipped: no QEMU here has the %s\n", name);
        return 77;
    }
    return 0;
}

unsigned scaled(unsigned full)
{
    const char *env = getenv("IXL_TEST_SCALE");
    unsigned long percent = env ? strtoul(env, NULL, 10) : 100;
    unsigned long n = full * percent / 100;
    return n > 0 ? (unsigned)n : 1;
}

/* ---- log lines ------------------------------------------------------------------------------ */

/* The NIC's thread complains of what a driver does, and of memory that a dead one has left. */
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;

static void note(void *ctx, enum ixl_log_level level, const char *msg)
{
    (void)ctx;
    if (getenv("IXL_TEST_VERBOSE"))
        fprintf(stderr, "  [%d] %s\n", (int)level, msg);
    if (level != IXL_LOG_ERROR)
        return;
    log_errors++;
    pthread_mutex_lock(&log_lock);
    snprintf(log_last, sizeof(log_last), "%s", msg);
    pthread_mutex_unlock(&log_lock);
}

int stage_reset_log(void **state)
{
    (void)state;
    ixl_set_log(note, NULL, IXL_LOG_DEBUG);
    log_errors = 0;
    pthread_mutex_lock(&log_lock);
    log_last[0] = '\0';
    pthread_mutex_unlock(&log_lock);
    return 0;
}

/* ---- life ----------------------------------------------------------------------------------- */

const char *stage_address(const char *options)
{
    static char address[800];
    snprintf(address, sizeof(address), "%s%s%s", base, far ? "" : ",wire=loop", options);
    return address;
}

struct ixl_bus *stage_bus(const char *options)
{
    struct ixl_bus *bus = NULL;
    if (far)
        stage_far->start(name, base, sizeof(base));
    int err = ixl_bus_open(stage_address(options), &bus);
    if (err)
        fail_msg("%s: %s (%s)", stage_address(options), ixl_strerror(err), log_last);
    return bus;
}

void stage_open_on(struct stage *s, struct ixl_bus *bus, const struct ixl_dev_cfg *cfg)
{
    *s = (struct stage){ .bus = bus };
    int err = ixl_init(bus, 0, cfg, &s->dev);
    if (err)
        fail_msg("open: %s (%s)", ixl_strerror(err), log_last);
    s->nic = sim ? ixl_sim_nic_at(bus, 0) : NULL;
    assert_int_equal(ixl_get_mac_addr(s->dev, s->mac), 0);
}

void stage_open(struct stage *s, const char *options, const struct ixl_dev_cfg *cfg)
{
    stage_open_on(s, stage_bus(options), cfg);
}

static void await_link(struct stage *s)
{
    struct ixl_link link = { .up = false };
    uint64_t end = now_ms() + PATIENCE_MS;
    while (!link.up) {
        assert_int_equal(ixl_get_link(s->dev, &link), 0);
        if (now_ms() > end)
            fail_msg("the link does not come up");
        unsigned idle = 1000;
        breathe(&idle);
    }
}

/* Frames that never arrive are no loss yet: QEMU's e1000 receives nothing for a second after its
 * receiver was switched on, and what is on the wire waits until then. */
static void probe(struct stage *s)
{
    struct pkt_buf *buf = NULL;
    unsigned idle = 0;
    uint64_t end = now_ms() + PATIENCE_MS;

    frame_send(s, SMALL_FRAME, s->mac, PROBE);
    while (ixl_rx_batch(s->dev, 0, &buf, 1) != 1) {
        if (now_ms() > end)
            fail_msg("no frame comes around (%s)", log_last);
        breathe(&idle);
    }
    frame_check(buf); /* the probe, or what a former owner has left on the wire */
    ixl_pkt_buf_free(buf);
}

void stage_ready(struct stage *s)
{
    await_link(s);
    probe(s);
    frame_send(s, SMALL_FRAME, s->mac, FENCE);
    for (uint32_t number = PROBE; number != FENCE;) {
        struct pkt_buf *buf = frame_await(s, 0);
        number = frame_check(buf);
        ixl_pkt_buf_free(buf);
    }
    assert_int_equal(ixl_read_stats(s->dev, NULL), 0);
}

void stage_close_device(struct stage *s)
{
    struct sim_counters c;
    ixl_close(s->dev);
    s->dev = NULL;
    s->pool = NULL;
    if (far)
        stage_far->check();
    if (!s->nic)
        return;
    sim_get_counters(s->nic, &c);
    if (c.violations > s->pardoned)
        fail_msg("a rule was broken: %s", sim_last_violation(s->nic));
    assert_int_equal(c.dma_faults, 0);
    assert_int_equal(ixl_sim_bus_regions(s->bus->os, 0), 0);
    if (sim_cfg_read(s->nic, 0, 2) != 0xffff)
        assert_int_equal(sim_cfg_read(s->nic, IXL_PCI_COMMAND, 2) & IXL_PCI_COMMAND_MASTER, 0);
}

void stage_close(struct stage *s)
{
    stage_close_device(s);
    ixl_bus_close(s->bus);
}

void stage_plug(struct stage *s, bool in)
{
    const char *cmd = in ? "set_link nic0 on" : "set_link nic0 off";
    if (far)
        stage_far->plug(in);
    else if (s->nic)
        sim_set_cable(s->nic, in);
    else
        assert_int_equal(ixl_qtest_monitor(s->bus->os, cmd, NULL, 0), 0);
}

void stage_remove(struct stage *s)
{
    if (far) {
        stage_far->remove();
        return;
    }
    if (s->nic) {
        sim_set_fault(s->nic, SIM_FAULT_REMOVED, 0);
        return;
    }
    int pid = ixl_qtest_pid(s->bus->os);
    assert_true(pid > 1);
    assert_int_equal(kill(pid, SIGKILL), 0);
}

struct ixl_dev_cfg waiting(int32_t timeout_ms)
{
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;
    cfg.irq_timeout_ms = timeout_ms;
    return cfg;
}

struct ixl_dev_cfg polling(void)
{
    return waiting(IXL_IRQ_POLL);
}

/* ---- frames --------------------------------------------------------------------------------- */

static uint32_t mix(uint32_t x)
{
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    x *= 0x846ca68bu;
    return x ^ x >> 16;
}

unsigned frame_size(uint32_t number, unsigned min, unsigned max)
{
    return min + mix(number) % (max - min + 1);
}

/* Header: addresses, type, number and size; then bytes that depend on number and place. */
UNWATCHED void frame_fill(uint8_t *frame, unsigned size, const uint8_t dst[6], uint32_t number)
{
    static const uint8_t src[6] = { 2, 0, 0, 0, 0, 0x77 };
    memcpy(frame, dst, 6);
    memcpy(frame + 6, src, 6);
    frame[12] = TYPE >> 8;
    frame[13] = TYPE & 0xff;
    memcpy(frame + 14, &number, 4);
    frame[18] = (uint8_t)(size >> 8);
    frame[19] = (uint8_t)size;
    uint32_t x = mix(number);
    for (unsigned i = HEADER; i < size; i++)
        frame[i] = (uint8_t)(x + i * 37u + (i >> 8));
}

static unsigned gather(const struct pkt_buf *buf, uint8_t *out, unsigned cap)
{
    unsigned size = 0;
    for (; buf; buf = buf->next) {
        assert_in_range(buf->size, 1, buf->capacity);
        assert_in_range(size + buf->size, 1, cap);
        memcpy(out + size, buf->data, buf->size);
        size += buf->size;
    }
    return size;
}

uint32_t frame_check(const struct pkt_buf *buf)
{
    uint8_t got[MAX_FRAME + 64], want[MAX_FRAME + 64];
    uint32_t number;
    unsigned size = gather(buf, got, sizeof(got));

    assert_in_range(size, SMALL_FRAME, MAX_FRAME);
    memcpy(&number, got + 14, 4);
    frame_fill(want, size, got, number);
    if (memcmp(got, want, size) != 0)
        fail_msg("frame %u of %u bytes came back changed", number, size);
    return number;
}

static struct ixl_mempool *send_pool(struct stage *s)
{
    if (!s->pool)
        assert_int_equal(ixl_mempool_create(s->dev, 2048, 0, 0, &s->pool), 0);
    return s->pool;
}

struct pkt_buf *frame_make(struct stage *s, unsigned size, const uint8_t dst[6], uint32_t number)
{
    uint8_t frame[MAX_FRAME];
    struct pkt_buf *first = NULL, **link = &first;

    frame_fill(frame, size, dst, number);
    for (unsigned done = 0; done < size;) {
        struct pkt_buf *buf = ixl_pkt_buf_alloc(send_pool(s));
        if (!buf) {
            ixl_pkt_buf_free(first);
            return NULL;
        }
        unsigned piece = size - done < buf->capacity ? size - done : buf->capacity;
        memcpy(buf->data, frame + done, piece);
        buf->size = (uint16_t)piece;
        done += piece;
        *link = buf;
        link = &buf->next;
    }
    return first;
}

void frame_send(struct stage *s, unsigned size, const uint8_t dst[6], uint32_t number)
{
    struct pkt_buf *buf = frame_make(s, size, dst, number);
    assert_non_null(buf);
    assert_int_equal(ixl_tx_batch(s->dev, 0, &buf, 1), 1);
    ixl_tx_reclaim(s->dev, 0);
}

struct pkt_buf *frame_await(struct stage *s, uint16_t queue)
{
    uint64_t end = now_ms() + PATIENCE_MS;
    unsigned idle = 0;
    for (;;) {
        struct pkt_buf *buf = NULL;
        int got = ixl_rx_batch(s->dev, queue, &buf, 1);
        if (got == 1)
            return buf;
        assert_int_equal(got, 0);
        if (now_ms() > end)
            fail_msg("a frame does not come");
        breathe(&idle);
    }
}

unsigned frames_drain(struct stage *s)
{
    struct pkt_buf *bufs[32];
    unsigned n = 0;
    for (int got; (got = ixl_rx_batch(s->dev, 0, bufs, 32)) > 0; n += (unsigned)got)
        ixl_pkt_buf_free_batch(bufs, (unsigned)got);
    return n;
}

bool heard(struct stage *s, const uint8_t dst[6])
{
    uint8_t own[6];
    assert_int_equal(ixl_get_mac_addr(s->dev, own), 0);
    frame_send(s, 100, dst, 1);
    frame_send(s, 100, own, 2);
    struct pkt_buf *buf = frame_await(s, 0);
    uint32_t first = frame_check(buf);
    ixl_pkt_buf_free(buf);
    if (first == 2)
        return false;
    assert_int_equal(first, 1);
    buf = frame_await(s, 0);
    assert_int_equal(frame_check(buf), 2);
    ixl_pkt_buf_free(buf);
    return true;
}

/* True if it went; what the ring or the pool had no room for is tried again later. */
static bool send_next(struct stage *s, unsigned min, unsigned max)
{
    struct pkt_buf *buf = frame_make(s, frame_size(s->sent, min, max), s->mac, s->sent);
    if (!buf) {
        ixl_tx_reclaim(s->dev, 0);
        return false;
    }
    int n = ixl_tx_batch(s->dev, 0, &buf, 1);
    assert_in_range(n, 0, 1);
    if (n == 0)
        ixl_pkt_buf_free(buf);
    s->sent += (uint32_t)n;
    return n == 1;
}

static int receive_some(struct stage *s, unsigned min, unsigned max)
{
    struct pkt_buf *bufs[32];
    int got = ixl_rx_batch(s->dev, 0, bufs, 32);

    assert_in_range(got, 0, 32);
    for (int i = 0; i < got; i++) {
        uint32_t number = frame_check(bufs[i]);
        if (number != s->received)
            fail_msg("frame %u came where %u was due", number, s->received);
        assert_int_equal(ixl_pkt_len(bufs[i]), frame_size(number, min, max));
        s->bytes += ixl_pkt_len(bufs[i]);
        s->received++;
        ixl_pkt_buf_free(bufs[i]);
    }
    return got;
}

void frames_exchange(struct stage *s, unsigned count, unsigned window, unsigned min, unsigned max)
{
    uint32_t end = s->received + count;
    uint64_t deadline = now_ms() + PATIENCE_MS;
    unsigned idle = 0;

    while (s->received < end) {
        while (s->sent < end && s->sent - s->received < window && send_next(s, min, max))
            ;
        if (receive_some(s, min, max) > 0) {
            deadline = now_ms() + PATIENCE_MS;
            idle = 0;
        } else if (now_ms() > deadline) {
            fail_msg("frame %u of %u sent does not come back", s->received, s->sent);
        } else {
            breathe(&idle);
        }
    }
}

/* ---- waiting -------------------------------------------------------------------------------- */

uint64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

void breathe(unsigned *idle)
{
    if (++*idle < 20) {
        sched_yield();
        return;
    }
    struct timespec ts = { .tv_nsec = *idle < 100 ? 20000 : 500000 };
    nanosleep(&ts, NULL);
}

uint64_t xstat(struct stage *s, const char *which)
{
    struct ixl_xstat all[512];
    int n = ixl_get_xstats(s->dev, all, 512);
    assert_in_range(n, 1, 512);
    for (int i = 0; i < n; i++)
        if (strcmp(all[i].name, which) == 0)
            return all[i].value;
    fail_msg("there is no counter \"%s\"", which);
    return 0;
}

bool supports(struct stage *s, uint64_t features)
{
    struct ixl_features f;
    assert_int_equal(ixl_get_features(s->dev, &f), 0);
    return (f.supported & features) == features;
}
