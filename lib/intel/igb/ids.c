// SPDX-License-Identifier: MIT
/* PCI identities, one row each, in the order of generations. */
#include "lib/intel/igb/igb.h"

/* Longest frame without FCS: RLPML and the sheets' 9.5 KiB. */
#define JUMBO (9728u - 8u)

#define ROW(id, queues, gen, seen, text)                                                           \
    {                                                                                              \
        0x8086, id, "Intel " text, queues, queues, JUMBO, gen, 0, seen                             \
    }
#define A(id, text)       ROW(id, 4, IGB_82575, "-", text)
#define B(id, seen, text) ROW(id, 16, IGB_82576, seen, text)
#define C(id, text)       ROW(id, 8, IGB_82580, "-", text)
#define D(id, seen, text) ROW(id, 8, IGB_I350, seen, text)
#define E(id, seen, text) ROW(id, 4, IGB_I210, seen, text)

const struct ixl_pci_row ixl_igb_rows[] = {
    A(0x10a7, "82575EB copper"),
    A(0x10a9, "82575EB SerDes"),
    A(0x10d6, "82575GB quad copper"),
    B(0x10c9, "model, QEMU", "82576 copper"),
    B(0x10e6, "-", "82576 fibre"),
    B(0x10e7, "-", "82576 SerDes"),
    B(0x10e8, "-", "82576 quad copper"),
    B(0x1526, "-", "82576 quad copper ET2"),
    B(0x150a, "-", "82576NS"),
    B(0x1518, "-", "82576NS SerDes"),
    B(0x150d, "-", "82576 SerDes quad"),
    C(0x150e, "82580 copper"),
    C(0x150f, "82580 fibre"),
    C(0x1510, "82580 SerDes"),
    C(0x1511, "82580 SGMII"),
    C(0x1516, "82580 copper dual"),
    C(0x1527, "82580 quad fibre"),
    C(0x0438, "DH89xxCC SGMII"),
    C(0x043a, "DH89xxCC SerDes"),
    C(0x043c, "DH89xxCC backplane"),
    C(0x0440, "DH89xxCC SFP"),
    D(0x1521, "model", "I350 copper"),
    D(0x1522, "-", "I350 fibre"),
    D(0x1523, "-", "I350 SerDes"),
    D(0x1524, "-", "I350 SGMII"),
    D(0x1546, "-", "I350 direct attach"),
    D(0x1f40, "-", "I354 backplane 1 Gigabit"),
    D(0x1f41, "-", "I354 SGMII"),
    D(0x1f45, "-", "I354 backplane 2.5 Gigabit"),
    E(0x1533, "model", "I210 copper"),
    E(0x1534, "-", "I210 copper, OEM"),
    E(0x1535, "-", "I210 copper, industrial"),
    E(0x1536, "-", "I210 fibre"),
    E(0x1537, "-", "I210 SerDes"),
    E(0x1538, "-", "I210 SGMII"),
    ROW(0x157b, 4, IGB_I210_FLASHLESS, "-", "I210 copper, flashless"),
    ROW(0x157c, 4, IGB_I210_FLASHLESS, "-", "I210 SerDes, flashless"),
    ROW(0x15f6, 4, IGB_I210_FLASHLESS, "-", "I210 SGMII, flashless"),
    ROW(0x1539, 2, IGB_I210_FLASHLESS, "-", "I211 copper"),
};

_Static_assert(sizeof(ixl_igb_rows) / sizeof(ixl_igb_rows[0]) == IGB_ROWS,
               "IGB_ROWS is the number of rows");
