// SPDX-License-Identifier: MIT
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPT_RX_RING = 0x100,
    OPT_TX_RING,
    OPT_MAC,
    OPT_MAX_FRAME,
    OPT_SCALAR,
};

static void print_version(FILE *out, struct argp_state *state)
{
    (void)state;
    fprintf(out, "%s %s\n", program_invocation_short_name, IXL_VERSION);
}

void options_setup(void)
{
    argp_err_exit_status = EXIT_USAGE;
    argp_program_version_hook = print_version;
}

static uint64_t suffix_factor(const char *end)
{
    if (!end[0])
        return 1;
    if (end[1])
        return 0;
    switch (end[0]) {
    case 'k':
    case 'K':
        return 1000;
    case 'M':
        return 1000000;
    case 'G':
        return 1000000000;
    default:
        return 0;
    }
}

uint64_t parse_number(struct argp_state *state, const char *what, const char *text, uint64_t min,
                      uint64_t max)
{
    char *end;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 0);
    uint64_t factor = suffix_factor(end);

    if (text[0] < '0' || text[0] > '9' || errno || !factor || n > UINT64_MAX / factor ||
        n * factor < min || n * factor > max)
        argp_error(state, "%s: '%s' is not a whole number from %llu to %llu", what, text,
                   (unsigned long long)min, (unsigned long long)max);
    return n * factor;
}

double parse_seconds(struct argp_state *state, const char *what, const char *text)
{
    char *end;
    double secs = strtod(text, &end);

    if (end == text || *end || !(secs >= 0.001 && secs <= 1e8))
        argp_error(state, "%s: '%s' is not a number of seconds from 0.001 to 100000000", what,
                   text);
    return secs;
}

void parse_mac(struct argp_state *state, const char *what, const char *text, uint8_t mac[6])
{
    unsigned b[6];
    int used = 0;

    if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5],
               &used) != 6 ||
        text[used])
        argp_error(state, "%s: '%s' is not a MAC address like 02:00:00:00:00:01", what, text);
    for (int i = 0; i < 6; i++)
        mac[i] = (uint8_t)b[i];
}

static const struct argp_option device_options[] = {
    { NULL, 0, NULL, 0, "Devices:", 1 },
    { "queues", 'Q', "N", 0, "Use N receive and N send queues (default 1)", 0 },
    { "irq-timeout", 'i', "MS", 0,
      "Sleep until a receive interrupt comes, at most MS milliseconds (more than 500 count as "
      "500); "
      "0 polls without interrupts",
      0 },
    { "rx-ring", OPT_RX_RING, "N", 0, "Receive descriptors a queue: a power of two (default 512)",
      0 },
    { "tx-ring", OPT_TX_RING, "N", 0, "Send descriptors a queue: a power of two (default 512)", 0 },
    { "mac", OPT_MAC, "MAC", 0, "Station address instead of the device's own", 0 },
    { "max-frame", OPT_MAX_FRAME, "BYTES", 0, "Largest frame without FCS (default 1518)", 0 },
    { "scalar", OPT_SCALAR, NULL, 0, "Do without vector instructions", 0 },
    { 0 },
};

static error_t device_parse(int key, char *arg, struct argp_state *state)
{
    struct ixl_dev_cfg *cfg = state->input;

    switch (key) {
    case 'Q':
        cfg->num_rx_queues = (uint16_t)parse_number(state, "--queues", arg, 1, UINT16_MAX);
        cfg->num_tx_queues = cfg->num_rx_queues;
        return 0;
    case 'i':
        cfg->irq_timeout_ms = (int32_t)parse_number(state, "--irq-timeout", arg, 0, INT32_MAX);
        if (cfg->irq_timeout_ms > MAX_SLEEP_MS)
            cfg->irq_timeout_ms = MAX_SLEEP_MS;
        return 0;
    case OPT_RX_RING:
        cfg->rx_ring_size = (uint32_t)parse_number(state, "--rx-ring", arg, 1, UINT32_MAX);
        return 0;
    case OPT_TX_RING:
        cfg->tx_ring_size = (uint32_t)parse_number(state, "--tx-ring", arg, 1, UINT32_MAX);
        return 0;
    case OPT_MAC:
        parse_mac(state, "--mac", arg, cfg->mac);
        return 0;
    case OPT_MAX_FRAME:
        cfg->max_frame_size = (uint32_t)parse_number(state, "--max-frame", arg, 1, UINT32_MAX);
        return 0;
    case OPT_SCALAR:
        cfg->simd = IXL_SIMD_OFF;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp device_argp = { .options = device_options, .parser = device_parse };

static const struct argp_option run_options[] = {
    { NULL, 0, NULL, 0, "Running:", 2 },
    { "duration", 'd', "S", 0, "Stop after S seconds (default: at Ctrl-C)", 0 },
    { "quiet", 'q', NULL, 0, "No rates every second", 0 },
    { "json", 'j', NULL, 0, "Print the summary as JSON", 0 },
    { "verbose", 'v', NULL, 0, "Show what the driver reports; twice: everything", 0 },
    { 0 },
};

static error_t run_parse(int key, char *arg, struct argp_state *state)
{
    struct run *run = state->input;

    switch (key) {
    case 'd':
        run->duration = parse_seconds(state, "--duration", arg);
        return 0;
    case 'q':
        run->quiet = true;
        return 0;
    case 'j':
        run->json = true;
        return 0;
    case 'v':
        run->verbosity++;
        return 0;
    case ARGP_KEY_SUCCESS:
        log_setup(run->verbosity);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp run_argp = { .options = run_options, .parser = run_parse };
