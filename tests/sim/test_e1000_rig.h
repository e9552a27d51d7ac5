// SPDX-License-Identifier: MIT
/*
 * A model on a bench: host memory, interrupts and the wire, all visible to the test. The
 * device sees byte i of mem at RIG_BASE + i.
 */
#ifndef TEST_E1000_RIG_H
#define TEST_E1000_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/bytes.h"
#include "sim/packet.h"
#include "sim/sim.h"

#define RIG_BASE    0x100000000ull
#define RIG_MEM     (4u << 20)
#define RIG_FRAMES  64u
#define RIG_VECTORS 32u

struct rig {
    struct sim_nic *nic;
    uint8_t mem[RIG_MEM];
    bool pin;
    unsigned pin_rises;
    unsigned messages[RIG_VECTORS]; /* by MSI-X vector (its data); MSI has data 31 */
    unsigned sent, taken;           /* frames sent, and those a test has looked at in order */
    size_t sent_len[RIG_FRAMES];
    uint8_t sent_frame[RIG_FRAMES][16384];
    char violation[256];
};

/* Power on, memory and bus mastering enabled, a wire attached; the link comes at once. */
struct rig *rig_open(const char *model);
/* Ends the test with a failure if a rule was broken that rig_forgive did not forgive. */
void rig_close(struct rig *rig);
/* The last broken rule contains `what`; it and all before are forgotten. */
void rig_broke(struct rig *rig, const char *what);

uint32_t rig_rd(struct rig *rig, uint32_t reg);
void rig_wr(struct rig *rig, uint32_t reg, uint32_t val);
/* Poll until (reg & mask) == val; fails after 100 polls. */
void rig_poll(struct rig *rig, uint32_t reg, uint32_t mask, uint32_t val);
void rig_reset(struct rig *rig);                                /* CTRL.RST and its wait */
void rig_msix(struct rig *rig, unsigned bar, unsigned vectors); /* enable, vector i has data i */
void rig_msi(struct rig *rig);

/* Descriptors: 16 bytes at mem + off. */
uint8_t *rig_desc(struct rig *rig, uint32_t ring, unsigned i);
void rig_put(uint8_t *d, uint64_t lo, uint64_t hi);

/* Frames. The payload follows from len and seed. Returns len. */
size_t rig_frame(uint8_t *f, const uint8_t dst[6], size_t len, uint8_t seed);
/* Ethernet, IPv4, TCP or UDP, correct checksums. */
size_t rig_ip_frame(uint8_t *f, const uint8_t dst[6], bool udp, uint16_t port, size_t payload);

#endif
