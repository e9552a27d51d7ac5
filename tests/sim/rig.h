// SPDX-License-Identifier: MIT
/*
 * A machine for a model under test: memory that is all the device may touch, a record of
 * interrupts and violations, and a register script that brings up an 82599. Offsets and bits
 * here are the tests' own.
 */
#ifndef TESTS_SIM_RIG_H
#define TESTS_SIM_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim.h"

#define RIG_BASE    0x100000000ull /* device address of memory[0] */
#define RIG_MEMORY  (1u << 20)
#define RIG_RING    64u /* descriptors of each ring */
#define RIG_RX_RING (RIG_BASE + 0x00000)
#define RIG_TX_RING (RIG_BASE + 0x10000)
#define RIG_RX_BUF  (RIG_BASE + 0x40000) /* 2 KB each */
#define RIG_TX_BUF  (RIG_BASE + 0x80000) /* 2 KB each */

struct rig {
    struct sim_nic *nic;
    uint8_t *memory;
    unsigned msi_count, intx_edges;
    uint64_t msi_addr;
    uint32_t msi_data;
    bool intx;
    unsigned violations;
    char violation[256];
    bool lenient; /* violations are expected */
    unsigned sent_count;
    uint8_t sent[64][16384]; /* the latest frames */
    size_t sent_len[64];
    unsigned tx_tail, rx_tail[16];
};

void rig_open(struct rig *r, const char *model);
void rig_open_with(struct rig *r, const char *model, const struct sim_options *opt);
void rig_close(struct rig *r);

uint32_t rig_read(struct rig *r, uint32_t off);
void rig_write(struct rig *r, uint32_t off, uint32_t val);
uint8_t *rig_at(struct rig *r, uint64_t addr);
uint32_t rig_get32(struct rig *r, uint64_t addr);
void rig_put32(struct rig *r, uint64_t addr, uint32_t val);
void rig_put64(struct rig *r, uint64_t addr, uint64_t val);

/* Violations since the last call; the next ones are expected. */
#define EXPECT_VIOLATION(r, part) rig_expect_violation((r), (part), __LINE__)
void rig_expect_violation(struct rig *r, const char *part, int line);

/* ---- an 82599 ------------------------------------------------------------- */

/* Semaphores as the data sheet wants them taken. */
void rig_take(struct rig *r, uint32_t bit);
void rig_release(struct rig *r, uint32_t bit);
/* Receive queue q with all buffers, transmit queue 0; then the paths. */
void rig_init(struct rig *r);
void rig_rx_queue(struct rig *r, unsigned q, uint32_t srrctl);
void rig_tx_queue(struct rig *r);
void rig_rx_on(struct rig *r);
void rig_refill(struct rig *r, unsigned q, unsigned index);
/* Vector table: entry v sends data 0x100 + v. */
void rig_msix(struct rig *r, unsigned vectors);

/* An Ethernet frame to the NIC (broadcast); bytes 14.. are a pattern. */
size_t rig_frame(uint8_t *f, size_t len);
/* IPv4 or IPv6, TCP (6) or UDP (17), with right checksums. */
size_t rig_ip(uint8_t *f, const uint8_t *src, const uint8_t *dst, unsigned addr_len, uint8_t proto,
              uint16_t sport, uint16_t dport, size_t payload);
/* Put a frame into transmit buffer and descriptor at the tail; `cmd` beyond the usual. */
void rig_tx_desc(struct rig *r, const uint8_t *f, size_t len, uint32_t cmd, uint32_t olinfo);
void rig_tx_context(struct rig *r, uint32_t vlan_lens, uint32_t tucmd, uint32_t mss_l4len_idx);
void rig_tx_go(struct rig *r);
uint64_t rig_rx_desc(unsigned q, unsigned i);
uint64_t rig_rx_buf(unsigned q, unsigned i);

#endif
