// SPDX-License-Identifier: MIT
/* Register tables of the igb parts: what all have, and what only some have. */
#ifndef SIM_IGB_TABLES_H
#define SIM_IGB_TABLES_H

#include "e1000_core.h"

#define E1K_REG(n, o, ...)                                                                         \
    {                                                                                              \
        .name = n, .off = o, .kind = E1K_RW, .rw = __VA_ARGS__                                     \
    }
#define E1K_ARRAY(n, o, c, st, ...)                                                                \
    {                                                                                              \
        .name = n, .off = o, .count = c, .stride = st, .kind = E1K_RW, .rw = __VA_ARGS__           \
    }

extern const struct e1k_reg igb_common_table[];
extern const struct e1k_reg igb_stats_table[]; /* beyond e1k_stats_table */
extern const struct e1k_reg igb_power_table[]; /* I350, I210: power saving, EEE, MDICNFG */

void igb_wrote_srrctl(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);
void igb_wrote_pbacl(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);

/* Rings, one set per part: `n` receive and `m` transmit queues. */
#define IGB_RINGS(n, m, srrctl)                                                                    \
    E1K_ARRAY("RDBAL", 0x0c000, n, 0x40, 0xffffff80, .wrote = e1k_wrote_ring_setup),               \
        E1K_ARRAY("RDBAH", 0x0c004, n, 0x40, 0xffffffff, .wrote = e1k_wrote_ring_setup),           \
        E1K_ARRAY("RDLEN", 0x0c008, n, 0x40, 0x000fff80, .wrote = e1k_wrote_ring_setup),           \
        E1K_ARRAY("SRRCTL", 0x0c00c, n, 0x40, srrctl, .reset = 0x00000402,                         \
                  .wrote = igb_wrote_srrctl),                                                      \
        E1K_ARRAY("RDH", 0x0c010, n, 0x40, 0x0000ffff, .wrote = e1k_wrote_ring_setup),             \
        E1K_ARRAY("DCA_RXCTRL", 0x0c014, n, 0x40, 0xffffffff, .reset = 0x0000a200),                \
        E1K_ARRAY("RDT", 0x0c018, n, 0x40, 0x0000ffff, .wrote = e1k_wrote_rdt),                    \
        E1K_ARRAY("RXDCTL", 0x0c028, n, 0x40, 0x061f1f1f, .reset = 0x00010000,                     \
                  .read = igb_read_dctl, .wrote = igb_wrote_dctl),                                 \
        { .name = "RQDPC", .off = 0x0c030, .count = n, .stride = 0x40, .kind = E1K_RC },           \
        E1K_ARRAY("TDBAL", 0x0e000, m, 0x40, 0xffffff80, .wrote = e1k_wrote_ring_setup),           \
        E1K_ARRAY("TDBAH", 0x0e004, m, 0x40, 0xffffffff, .wrote = e1k_wrote_ring_setup),           \
        E1K_ARRAY("TDLEN", 0x0e008, m, 0x40, 0x000fff80, .wrote = e1k_wrote_ring_setup),           \
        E1K_ARRAY("TDH", 0x0e010, m, 0x40, 0x0000ffff, .wrote = e1k_wrote_ring_setup),             \
        E1K_ARRAY("DCA_TXCTRL", 0x0e014, m, 0x40, 0xffffffff, .reset = 0x00002a00),                \
        E1K_ARRAY("TDT", 0x0e018, m, 0x40, 0x0000ffff, .wrote = e1k_wrote_tdt),                    \
        E1K_ARRAY("TXDCTL", 0x0e028, m, 0x40, 0x0e1f1f1f, .read = igb_read_dctl,                   \
                  .wrote = igb_wrote_dctl),                                                        \
        E1K_ARRAY("TDWBAL", 0x0e038, m, 0x40, 0xffffffff, .wrote = e1k_wrote_ring_setup),          \
        E1K_ARRAY("TDWBAH", 0x0e03c, m, 0x40, 0xffffffff, .wrote = e1k_wrote_ring_setup)

/* Interrupts: vector bits and moderation registers, by part. */
#define IGB_VECTORS(v)                                                                             \
    { .name = "EICS", .off = R_EICS, .kind = E1K_WO, .rw = IGB_EICR(v), .wrote = igb_wrote_eics }, \
        E1K_REG("EIMS", R_EIMS, IGB_EICR(v), .wrote = igb_wrote_eims),                             \
        { .name = "EIMC",                                                                          \
          .off = R_EIMC,                                                                           \
          .kind = E1K_WO,                                                                          \
          .rw = 0xffffffff,                                                                        \
          .wrote = igb_wrote_eimc },                                                               \
        E1K_REG("EIAC", R_EIAC, (1u << (v)) - 1), E1K_REG("EIAM", R_EIAM, IGB_EICR(v)),            \
        E1K_REG("EICR", R_EICR, 0xffffffff, .read = igb_read_eicr, .wrote = igb_wrote_eicr),       \
        E1K_ARRAY("EITR", R_EITR, v, 4, 0x7ffffffc, .ro = 0x80000000, .keep = true,                \
                  .wrote = igb_wrote_eitr)
/* With vectors: one bit each; without: 16 queue causes, TCP timer, other. */
#define IGB_EICR(v) (((1u << (v)) - 1) | 0xc000ffffu)

#define IGB_QUEUE_STATS(n, k)                                                                      \
    { .name = "PQGPRC", .off = R_PQGPRC, .count = n, .stride = 0x100, .rw = ~0u, .kind = k },      \
        { .name = "PQGPTC", .off = R_PQGPTC, .count = n, .stride = 0x100, .rw = ~0u, .kind = k },  \
        { .name = "PQGORC", .off = R_PQGORC, .count = n, .stride = 0x100, .rw = ~0u, .kind = k },  \
        { .name = "PQGOTC", .off = R_PQGOTC, .count = n, .stride = 0x100, .rw = ~0u, .kind = k },  \
    {                                                                                              \
        .name = "PQMPRC", .off = R_PQMPRC, .count = n, .stride = 0x100, .rw = ~0u, .kind = k       \
    }

/* The operations of a struct sim_model all igb parts share. */
#define IGB_OPS                                                                                    \
    .state_size = sizeof(struct e1k), .reset = e1k_reset, .mmio_read = e1k_mmio_read,              \
    .mmio_write = e1k_mmio_write, .tx = e1k_model_tx, .rx = e1k_model_rx,                          \
    .rx_ready = e1k_rx_ready, .rx_missed = e1k_rx_missed, .cable = e1k_cable, .timer = e1k_timer

#endif
