// SPDX-License-Identifier: MIT
/* Command line options the programs share, as argp children. */
#ifndef SERVER_OPTIONS_H
#define SERVER_OPTIONS_H

#include <argp.h>

#include "common.h"

/* Longest sleep in rx_batch: a thread that waits must see a stop within a second. */
#define MAX_SLEEP_MS 500

/*
 * Options of the devices: queues, rings, interrupts. Its input is a struct ixl_dev_cfg *, of
 * which only what was given is changed.
 */
extern const struct argp device_argp;
/* Options of the run: --duration, --quiet, --verbose. Its input is a struct run *. */
extern const struct argp run_argp;

/* Set argp's exit code and version line; the program's first call. */
void options_setup(void);

/* Parse or end the program with a usage error that names `what`. Suffixes k, M, G are powers of
 * 1000. */
uint64_t parse_number(struct argp_state *state, const char *what, const char *text, uint64_t min,
                      uint64_t max);
double parse_seconds(struct argp_state *state, const char *what, const char *text);
void parse_mac(struct argp_state *state, const char *what, const char *text, uint8_t mac[6]);

#endif
