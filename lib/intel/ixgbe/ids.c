// SPDX-License-Identifier: MIT
/* PCI identities, one row each, and the generations they belong to. */
#include "lib/intel/ixgbe/ixgbe.h"

/* 15.5 KiB with FCS is the limit of MAXFRS.MFS (8.2.3.22) and of a send (7.2.3.2). */
#define MAX_FRAME      (15872u - 4u)

/* MISSING_TX_QUEUES, MISSING_RX_QUEUES. */
#define TX_QUEUES      64
#define RX_QUEUES_4BIT 16
#define RX_QUEUES_6BIT 64

#define SFP            (IXGBE_F_SFP | IXGBE_F_AUTOC)
#define AUTOC          IXGBE_F_AUTOC
#define COPPER         IXGBE_F_MDIO
#define FIRMWARE       IXL_ROW_BASIC

#define ROW(id, rx, gen, media, seen, text)                                                        \
    {                                                                                              \
        0x8086, id, "Intel " text, rx, TX_QUEUES, MAX_FRAME, gen, media, seen                      \
    }
#define N(id, media, seen, text) ROW(id, RX_QUEUES_4BIT, IXGBE_82599, media, seen, text)
#define T(id, media, seen, text) ROW(id, RX_QUEUES_4BIT, IXGBE_X540, media, seen, text)
#define S(id, media, text)       ROW(id, RX_QUEUES_6BIT, IXGBE_X550, media, "-", text)
#define X(id, media, text)       ROW(id, RX_QUEUES_6BIT, IXGBE_X552, media, "-", text)
#define A(id, media, text)       ROW(id, RX_QUEUES_6BIT, IXGBE_X553, media, "-", text)

const struct ixl_pci_row ixl_ixgbe_rows[] = {
    N(0x10f7, AUTOC, "-", "82599 10 Gigabit KX4"),
    N(0x10f8, AUTOC, "-", "82599 10 Gigabit backplane (KX, KX4, KR)"),
    N(0x10f9, AUTOC, "-", "82599 10 Gigabit CX4"),
    N(0x10fb, SFP, "model", "82599 10 Gigabit SFI/SFP+"),
    N(0x10fc, AUTOC, "-", "82599 10 Gigabit XAUI"),
    N(0x1507, SFP, "-", "82599 10 Gigabit SFP+ (extended mezzanine)"),
    N(0x1514, AUTOC, "-", "82599 10 Gigabit KX4 mezzanine"),
    N(0x1517, AUTOC, "-", "82599 10 Gigabit KR"),
    N(0x151c, AUTOC | COPPER, "-", "82599 10 Gigabit T3 copper"),
    T(0x1528, COPPER, "model", "X540-AT2 10GBASE-T"),
    N(0x1529, SFP, "-", "82599 10 Gigabit SFP+ with FCoE"),
    N(0x152a, AUTOC, "-", "82599 10 Gigabit backplane with FCoE"),
    N(0x154a, SFP, "-", "X520-4 10 Gigabit SFP+"),
    N(0x154d, SFP, "-", "X520-2 10 Gigabit SFP+"),
    N(0x154f, AUTOC, "-", "82599 10 Gigabit LS"),
    N(0x1557, SFP, "-", "82599EN 10 Gigabit SFP+"),
    N(0x1558, AUTOC, "-", "X520-Q1 10 Gigabit QSFP+"),
    T(0x1560, COPPER, "-", "X540-AT1 10GBASE-T"),
    S(0x1563, COPPER, "X550-AT2 10GBASE-T"),
    X(0x15aa, FIRMWARE, "X552 10 Gigabit KX4"),
    X(0x15ab, FIRMWARE, "X552 10 Gigabit KR"),
    X(0x15ac, FIRMWARE, "X552 10 Gigabit SFP+"),
    X(0x15ad, FIRMWARE, "X552/X557-AT 10GBASE-T"),
    X(0x15ae, FIRMWARE, "X552 1000BASE-T"),
    X(0x15b0, FIRMWARE, "X552 10 Gigabit XFI"),
    A(0x15c2, FIRMWARE, "X553 10 Gigabit KR"),
    A(0x15c3, FIRMWARE, "X553 2.5 Gigabit KR (L)"),
    A(0x15c4, FIRMWARE, "X553 10 Gigabit SFP+ (N)"),
    A(0x15c6, FIRMWARE, "X553 SGMII"),
    A(0x15c7, FIRMWARE, "X553 SGMII (L)"),
    A(0x15c8, FIRMWARE, "X553/X557-AT 10GBASE-T"),
    A(0x15ca, FIRMWARE, "X553 10 Gigabit QSFP"),
    A(0x15cc, FIRMWARE, "X553 10 Gigabit QSFP (N)"),
    A(0x15ce, FIRMWARE, "X553 10 Gigabit SFP+"),
    S(0x15d1, COPPER, "X550-AT 10GBASE-T"),
    A(0x15e4, FIRMWARE, "X553 1000BASE-T"),
    A(0x15e5, FIRMWARE, "X553 1000BASE-T (L)"),
};
_Static_assert(sizeof(ixl_ixgbe_rows) / sizeof(ixl_ixgbe_rows[0]) == IXGBE_ROWS, "all are listed");

const struct ixgbe_gen ixl_ixgbe_gens[] = {
    [IXGBE_82599] = { .eec = IXGBE_EEC,
                      .rss_queues = 16,
                      .reta_entries = 128,
                      .rx_buffer_kib = 512,
                      .link_in_reset = true,
                      .eerd = true,
                      .errors = IXGBE_EICR_ECC },
    [IXGBE_X540] = { .eec = IXGBE_EEC,
                     .rss_queues = 16,
                     .reta_entries = 128,
                     .rx_buffer_kib = 384,
                     .eerd = true,
                     .regsmp = true,
                     .reset_owns_phy = true,
                     .errors = IXGBE_EICR_ECC | IXGBE_EICR_THERMAL },
    [IXGBE_X550] = { .eec = IXGBE_EEC,
                     .rss_queues = 64,
                     .reta_entries = 512,
                     .rx_buffer_kib = 384,
                     .regsmp = true,
                     .reset_owns_phy = true,
                     .fast_speeds = true,
                     .errors = IXGBE_EICR_ECC | IXGBE_EICR_THERMAL },
    [IXGBE_X552] = { .eec = IXGBE_EEC,
                     .rss_queues = 64,
                     .reta_entries = 512,
                     .rx_buffer_kib = 384,
                     .regsmp = true,
                     .reset_owns_phy = true,
                     .fast_speeds = true,
                     .errors = IXGBE_EICR_ECC | IXGBE_EICR_THERMAL },
    [IXGBE_X553] = { .eec = IXGBE_X553_EEC,
                     .rss_queues = 64,
                     .reta_entries = 512,
                     .rx_buffer_kib = 384,
                     .regsmp = true,
                     .reset_owns_phy = true,
                     .fast_speeds = true,
                     .errors = IXGBE_EICR_ECC | IXGBE_EICR_THERMAL },
};
