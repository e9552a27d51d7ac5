// SPDX-License-Identifier: MIT
#include "common.h"

#include <argp.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NS_PER_S 1000000000ull

/* ---- messages ---- */

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static char last_error[512];
static bool hushed;

void complain(const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    fprintf(stderr, "%s: %s\n", program_invocation_short_name, text);
}

static void on_log(void *ctx, enum ixl_log_level level, const char *msg)
{
    static const char *const prefix[] = { "", "warning: ", "", "debug: " };

    (void)ctx;
    pthread_mutex_lock(&log_lock);
    if (level == IXL_LOG_ERROR)
        snprintf(last_error, sizeof(last_error), "%s", msg);
    if (!hushed)
        complain("%s%s", prefix[level], msg);
    pthread_mutex_unlock(&log_lock);
}

void log_setup(unsigned verbosity)
{
    ixl_set_log(on_log, NULL,
                verbosity == 0   ? IXL_LOG_WARN
                : verbosity == 1 ? IXL_LOG_INFO
                                 : IXL_LOG_DEBUG);
}

void complain_library(const char *what, int err)
{
    pthread_mutex_lock(&log_lock);
    if (!last_error[0])
        complain("%s: %s", what, ixl_strerror(err));
    last_error[0] = '\0';
    pthread_mutex_unlock(&log_lock);
}

const char *log_last_error(void)
{
    return last_error;
}

void log_hush(bool hush)
{
    pthread_mutex_lock(&log_lock);
    hushed = hush;
    last_error[0] = '\0';
    pthread_mutex_unlock(&log_lock);
}

/* ---- stopping ---- */

static sigset_t stop_signals;
static atomic_bool stopping, failed_flag;

void stop_setup(void)
{
    sigemptyset(&stop_signals);
    sigaddset(&stop_signals, SIGINT);
    sigaddset(&stop_signals, SIGTERM);
    sigaddset(&stop_signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &stop_signals, NULL);
    /* a reader of our output that goes away is a failed write, not our death */
    signal(SIGPIPE, SIG_IGN);
#ifdef SIGXFSZ
    signal(SIGXFSZ, SIG_IGN); /* neither is a file that may not grow any more */
#endif
}

void stop_request(bool failed)
{
    if (failed)
        atomic_store(&failed_flag, true);
    atomic_store(&stopping, true);
}

bool stop_requested(void)
{
    return atomic_load_explicit(&stopping, memory_order_relaxed);
}

int finish(void)
{
    bool unwritten = fflush(stdout) != 0 || ferror(stdout);

    if (unwritten && !atomic_load(&failed_flag)) {
        complain("cannot write to standard output");
        stop_request(true);
    }
    return atomic_load(&failed_flag) ? EXIT_RUNTIME : 0;
}

void stop_poll(unsigned ms)
{
    struct timespec wait = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000L };

    if (sigtimedwait(&stop_signals, NULL, &wait) >= 0)
        stop_request(false);
}

/* ---- time ---- */

uint64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

void idle(unsigned *empty_rounds)
{
    if (++*empty_rounds < 32)
        return;
    *empty_rounds = 0;
    sched_yield();
}

/* ---- devices ---- */

void queue_claim(struct ixl_device *dev, uint16_t queue, bool interrupts)
{
    int err = interrupts ? ixl_rebind_recv_irq(dev, queue) : 0;

    if (!err)
        return;
    complain_library("cannot bind the receive interrupt", err);
    stop_request(true);
}

bool link_wait(struct ixl_device *dev, unsigned ms)
{
    uint64_t deadline = now_ns() + ms * 1000000ull;
    struct ixl_link link;

    while (ixl_get_link(dev, &link) == 0 && !link.up) {
        if (stop_requested() || now_ns() >= deadline)
            return false;
        stop_poll(10);
    }
    return link.up;
}

void meter_init(struct meter *m, struct ixl_device *dev, const char *address)
{
    memset(m, 0, sizeof(*m));
    m->dev = dev;
    m->address = address;
    m->last_ns = now_ns();
}

void meter_read(struct meter *m)
{
    int err = ixl_read_stats(m->dev, &m->total);

    if (err == 0)
        return;
    complain_library(m->address, err);
    stop_request(true);
}

void meter_print_rates(struct meter *m, FILE *out)
{
    uint64_t now = now_ns();
    double secs = (double)(now - m->last_ns) / 1e9;
    const struct ixl_device_stats *t = &m->total, *l = &m->last;

    meter_read(m);
    fprintf(out, "%s: rx %.0f pps %.1f Mbit/s, tx %.0f pps %.1f Mbit/s\n", m->address,
            (double)(t->rx_pkts - l->rx_pkts) / secs,
            (double)(t->rx_bytes - l->rx_bytes) * 8 / 1e6 / secs,
            (double)(t->tx_pkts - l->tx_pkts) / secs,
            (double)(t->tx_bytes - l->tx_bytes) * 8 / 1e6 / secs);
    m->last = m->total;
    m->last_ns = now;
}

struct ixl_xstat *xstats_read(struct ixl_device *dev, unsigned *count)
{
    int room = ixl_get_xstats(dev, NULL, 0);
    struct ixl_xstat *stats = room < 0 ? NULL : calloc((size_t)room + 1, sizeof(*stats));
    int n = stats ? ixl_get_xstats(dev, stats, (unsigned)room) : -IXL_ENOMEM;

    if (n >= 0) {
        *count = (unsigned)(n < room ? n : room);
        return stats;
    }
    free(stats);
    complain_library("cannot read the statistics", room < 0 ? room : n);
    return NULL;
}

uint64_t xstat_value(struct ixl_device *dev, const char *name)
{
    unsigned count;
    uint64_t value = 0;
    struct ixl_xstat *stats = xstats_read(dev, &count);

    for (unsigned i = 0; stats && i < count; i++) {
        if (strcmp(stats[i].name, name) == 0)
            value = stats[i].value;
    }
    free(stats);
    return value;
}

void meter_print_totals(struct meter *m, FILE *out)
{
    unsigned count;
    struct ixl_xstat *stats = xstats_read(m->dev, &count);

    fprintf(out, "%s: received %llu frames, %llu bytes; sent %llu frames, %llu bytes\n", m->address,
            (unsigned long long)m->total.rx_pkts, (unsigned long long)m->total.rx_bytes,
            (unsigned long long)m->total.tx_pkts, (unsigned long long)m->total.tx_bytes);
    for (unsigned i = 0; stats && i < count; i++) {
        if (stats[i].value)
            fprintf(out, "    %-28s %llu\n", stats[i].name, (unsigned long long)stats[i].value);
    }
    free(stats);
}

/* ---- running ---- */

static void print_rates(struct run *run)
{
    for (unsigned i = 0; i < run->num_meters; i++)
        meter_print_rates(&run->meters[i], stderr);
}

void run_wait(struct run *run)
{
    uint64_t start = now_ns(), next_print = start + NS_PER_S;
    uint64_t end = run->duration > 0 ? start + (uint64_t)(run->duration * 1e9) : UINT64_MAX;

    while (!stop_requested() && now_ns() < end && !(run->finished && run->finished(run->ctx))) {
        stop_poll(10);
        if (now_ns() < next_print)
            continue;
        next_print += NS_PER_S;
        if (!run->quiet)
            print_rates(run);
    }
    stop_request(false);
}
