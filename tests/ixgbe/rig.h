// SPDX-License-Identifier: MIT
/*
 * A bus with one software 82599 or X540 whose engine runs inline, so that every test is
 * deterministic, and what the tests of the ixgbe driver do with it again and again.
 */
#ifndef TESTS_IXGBE_RIG_H
#define TESTS_IXGBE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <ixl/ixl.h>

#include "lib/core/device.h"
#include "lib/os/sim/sim_os.h"

struct rig {
    struct ixl_bus *bus;
    struct sim_nic *nic;
    struct ixl_device *dev; /* NULL while closed */
    struct ixl_dev_cfg cfg;
    struct ixl_mempool *pool; /* for sending; made at its first use */
    char log[512];            /* the latest line of error or warning */
    unsigned lines;           /* how many there were */
};

/* "82599" or "x540", with further options ("" or ",cable=no"). The cfg is all defaults. */
void rig_make(struct rig *r, const char *model, const char *options);
/* Closes what is open; the driver has broken no rule and left nothing behind. */
void rig_free(struct rig *r);

/* ixl_init, which has to succeed / has to fail with `err` and one log line. */
void rig_open(struct rig *r);
void rig_open_fails(struct rig *r, int err);
void rig_close(struct rig *r);
void rig_check_rules(struct rig *r);

/* Registers as another party sees them: no access of the driver's. */
uint32_t rig_reg(struct rig *r, uint32_t off);
void rig_set_reg(struct rig *r, uint32_t off, uint32_t val);

extern const uint8_t rig_broadcast[6], rig_multicast[6], rig_stranger[6];

/* A frame from outside of `len` bytes to `dst`. */
void rig_inject(struct rig *r, const uint8_t dst[6], size_t len);
/* The same with a UDP datagram (len >= 60) between two IPv4 addresses and ports. */
void rig_inject_udp(struct rig *r, uint32_t from, uint32_t to, uint16_t from_port,
                    uint16_t to_port);
/* Frames waiting in a queue; they are taken and freed. */
unsigned rig_drain(struct rig *r, uint16_t queue);
/* Take one frame that has to be there. */
struct pkt_buf *rig_take(struct rig *r, uint16_t queue);
/* Send one frame of `len` bytes in as many buffers as it needs. */
void rig_send(struct rig *r, uint16_t queue, size_t len);

/* A counter of ixl_get_xstats; it has to exist. */
uint64_t rig_stat(struct rig *r, const char *name);
struct sim_counters rig_counters(struct rig *r);

#endif
