// SPDX-License-Identifier: MIT
/*
 * A world of our own below and beside the core: a backend "fake:" whose time stands still unless
 * somebody waits, and a driver whose queues hold what a test puts there. Every call that crosses
 * the seam is counted and, where order matters, noted in a trace.
 */
#ifndef TESTS_CORE_FAKE_H
#define TESTS_CORE_FAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/core/device.h"

#define FAKE_QUEUES  8u
#define FAKE_VECTORS 9u
#define FAKE_VENDOR  0x8086u
#define FAKE_DEVICE  0xfa4eu
#define NEVER        UINT64_MAX

struct fake {
    /* time */
    uint64_t now;            /* ns */
    unsigned long slept;     /* calls of irq_wait that were willing to sleep */
    unsigned long overslept; /* of these, ended without the interrupt while a frame lay there */

    /* arrivals: `batch` frames for `queue` at `next`, then each `period` */
    uint64_t next, period;
    unsigned queue, batch;
    unsigned at_step; /* a frame arrives before the at_step-th step from now, 0: none */
    unsigned steps;

    /* the NIC */
    unsigned frames[FAKE_QUEUES];
    int burst_error;
    bool nic_open[FAKE_VECTORS]; /* unmasked */
    bool os_open[FAKE_VECTORS];
    bool fired[FAKE_VECTORS];
    bool loses_irqs, storm;
    bool ack_says_no;
    unsigned acks, rebinds, link_reads;
    bool removed;
    bool events_open;
    uint32_t tx_head[FAKE_QUEUES], tx_tail[FAKE_QUEUES], rx_head[FAKE_QUEUES];
    bool moves_when_read; /* the heads of the send rings */
    bool paused;
    uint64_t refused;

    /* the system */
    unsigned vectors; /* granted at most */
    enum ixl_irq_kind kind;
    int wait_error;
    bool cannot_tell; /* the caller waits for the object: irq_wait(0) cannot tell */
    unsigned binds;
    bool bind_fails, unmask_fails;
    bool other_first, others_only; /* on the bus: the device no driver serves */
    unsigned opened;
    unsigned dma_blocks;

    /* what fails: the n-th call of the trace from now, 0: none */
    unsigned fail_at;
    int fail_with;
    char trace[1024];

    /* what the driver says it can switch, what it was told, and what it answers */
    struct ixl_caps caps;
    struct ixl_settings told;
    int settings_error;

    uint8_t cfg[256];
    uint32_t regs[64];
    struct ixl_device_stats totals;
    unsigned long long reads;
};

extern struct fake fake;
/* An empty world with one device and interrupts for every queue. */
void fake_reset(void);
/* Let time pass; what arrives until then has arrived. */
void fake_pass(uint64_t ns);

extern const struct ixl_os_ops fake_os;
extern const struct ixl_driver fake_driver;

/* The library's messages. */
extern unsigned logged[4];
extern char last_log[1024];
void fake_log_start(void);

#endif
