// SPDX-License-Identifier: MIT
/*
 * What the programs share: messages, stopping, time, statistics. A program runs its
 * queues on threads of their own; its main thread waits for the end in run_wait.
 */
#ifndef SERVER_COMMON_H
#define SERVER_COMMON_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <ixl/ixl.h>

enum { EXIT_RUNTIME = 1, EXIT_USAGE = 2 };

/* Frames a thread takes in one go. */
#define BATCH 64u

/* ---- messages: "ixl-fwd: SENTENCE" on stderr ---- */

void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Show the library's messages: errors and warnings, with more verbosity more. */
void log_setup(unsigned verbosity);
/* The library failed with `err`: name it, unless its own message already has. */
void complain_library(const char *what, int err);
/* The latest error the library logged, "" if there was none. No other thread may be logging. */
const char *log_last_error(void);
/* Forget the latest error; from now on print errors or only record them. */
void log_hush(bool hush);

/* ---- stopping ---- */

/* SIGINT, SIGTERM and SIGHUP become a request to stop. Call before any thread is made. */
void stop_setup(void);
/* Ask all threads to stop; any thread. `failed`: and exit with EXIT_RUNTIME. */
void stop_request(bool failed);
bool stop_requested(void);
/* The exit code: 0 unless something failed or standard output could not be written. */
int finish(void);
/* Take note of a pending signal, waiting for one at most `ms`. */
void stop_poll(unsigned ms);

/* ---- time ---- */

uint64_t now_ns(void);
/* Nothing to do in polling mode: let others run, but only after several empty rounds. */
void idle(unsigned *empty_rounds);

/* ---- devices ---- */

/* This thread receives on the queue from now on. */
void queue_claim(struct ixl_device *dev, uint16_t queue, bool interrupts);

/* Wait for the link, at most `ms` and only until a stop is requested. True: it is up. */
bool link_wait(struct ixl_device *dev, unsigned ms);

/* A device with the counters seen so far. */
struct meter {
    struct ixl_device *dev;
    const char *address;
    struct ixl_device_stats total, last;
    uint64_t last_ns;
};
void meter_init(struct meter *m, struct ixl_device *dev, const char *address);
void meter_read(struct meter *m);
/* One line of rates since the last one. */
void meter_print_rates(struct meter *m, FILE *out);
/* The totals and all other counters that are not zero. */
void meter_print_totals(struct meter *m, FILE *out);

/* All counters of a device; *count of them. NULL and a complaint on failure. Free it. */
struct ixl_xstat *xstats_read(struct ixl_device *dev, unsigned *count);
/* One counter, 0 if the device has none of that name. */
uint64_t xstat_value(struct ixl_device *dev, const char *name);

/* ---- running ---- */

struct run {
    bool quiet, json;
    double duration; /* seconds, 0: no limit */
    unsigned verbosity;
    struct meter *meters;
    unsigned num_meters;
    bool (*finished)(void *ctx); /* nothing more will happen; may be NULL */
    void *ctx;
};
/* Until a stop is requested, the duration is over or all is finished, printing rates; then
 * requests a stop. */
void run_wait(struct run *run);

#endif
