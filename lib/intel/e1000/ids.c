// SPDX-License-Identifier: MIT
/*
 * PCI identities, one row each, in the order of generations. Not served: 82542, whose registers lie
 * elsewhere; 80003ES2, whose PHY is reached in another way; EP80579 and CE4100, whose PHY is not
 * theirs.
 */
#include "lib/intel/e1000/e1000.h"

/* Longest frames without FCS. 8254x: the packet buffer's share; later parts: the sheets' 9018 to
 * 9234. */
#define JUMBO_8254X 16124u
#define JUMBO       9230u
#define JUMBO_PCH2  9018u
#define JUMBO_PCH   4092u
#define NO_JUMBO    1518u

#define FIBRE       GBE_F_FIBRE
#define COPPER      0u
#define E571        E1000_F_TXDCTL22

#define ROW(id, queues, frame, gen, flags, seen, text)                                             \
    {                                                                                              \
        0x8086, id, "Intel " text, queues, queues, frame, gen, flags, seen                         \
    }
#define A(id, media, text)          ROW(id, 1, JUMBO_8254X, E1000_82544, media, "-", text)
#define B(id, media, seen, text)    ROW(id, 1, JUMBO_8254X, E1000_82540, media, seen, text)
#define C(id, gen, flags, text)     ROW(id, 1, JUMBO_8254X, E1000_##gen, flags, "-", text)
#define D(id, gen, frame, fl, text) ROW(id, 1, frame, E1000_##gen, (fl) | E571, "-", text)
#define E(id, queues, seen, text)   ROW(id, queues, JUMBO, E1000_82574, E571, seen, text)
#define F(id, gen, frame, text)     ROW(id, 1, frame, E1000_##gen, E571, "-", text)
#define G(id, gen, frame, text)     ROW(id, 1, frame, E1000_##gen, E571 | IXL_ROW_BASIC, "-", text)
#define FIRST                       E1000_F_PHY_FIRST

const struct ixl_pci_row ixl_e1000_rows[] = {
    ROW(0x1001, 1, JUMBO_8254X, E1000_82543, FIBRE, "-", "82543GC fibre"),
    ROW(0x1004, 1, JUMBO_8254X, E1000_82543, IXL_ROW_BASIC, "-", "82543GC copper"),
    A(0x1008, COPPER, "82544EI copper"),
    A(0x1009, FIBRE, "82544EI fibre"),
    ROW(0x100c, 1, JUMBO_8254X, E1000_82544, COPPER, "QEMU", "82544GC copper"),
    A(0x100d, COPPER, "82544GC on board"),
    B(0x100e, COPPER, "model, QEMU", "82540EM"),
    B(0x1015, COPPER, "-", "82540EM on board"),
    B(0x1016, COPPER, "-", "82540EP on board"),
    B(0x1017, COPPER, "-", "82540EP"),
    B(0x101e, COPPER, "-", "82540EP low profile"),
    B(0x100f, COPPER, "QEMU", "82545EM copper"),
    B(0x1011, FIBRE, "-", "82545EM fibre"),
    B(0x1026, COPPER, "-", "82545GM copper"),
    B(0x1027, FIBRE, "-", "82545GM fibre"),
    B(0x1028, FIBRE, "-", "82545GM SerDes"),
    B(0x1010, COPPER, "-", "82546EB copper"),
    B(0x1012, FIBRE, "-", "82546EB fibre"),
    B(0x101d, COPPER, "-", "82546EB quad copper"),
    B(0x1079, COPPER, "-", "82546GB copper"),
    B(0x107a, FIBRE, "-", "82546GB fibre"),
    B(0x107b, FIBRE, "-", "82546GB SerDes"),
    B(0x108a, COPPER, "-", "82546GB behind PCIe"),
    B(0x1099, E1000_F_NO_RO, "-", "82546GB quad copper"),
    B(0x10b5, E1000_F_NO_RO, "-", "82546GB quad copper KSP3"),
    C(0x1013, 82541, FIRST, "82541EI"),
    C(0x1018, 82541, FIRST, "82541EI mobile"),
    C(0x1014, 82541, FIRST, "82541ER on board"),
    C(0x1078, 82541, COPPER, "82541ER"),
    C(0x1076, 82541, COPPER, "82541GI"),
    C(0x1077, 82541, COPPER, "82541GI mobile"),
    C(0x107c, 82541, COPPER, "82541PI"),
    C(0x1019, 82547, FIRST, "82547EI"),
    C(0x101a, 82547, FIRST, "82547EI mobile"),
    C(0x1075, 82547, COPPER, "82547GI"),
    D(0x105e, 82571, JUMBO, COPPER, "82571EB copper"),
    D(0x105f, 82571, JUMBO, FIBRE, "82571EB fibre"),
    D(0x1060, 82571, JUMBO, FIBRE, "82571EB SerDes"),
    D(0x10d9, 82571, JUMBO, FIBRE, "82571EB dual SerDes"),
    D(0x10da, 82571, JUMBO, FIBRE, "82571EB quad SerDes"),
    D(0x10a4, 82571, JUMBO, COPPER, "82571EB quad copper"),
    D(0x10d5, 82571, JUMBO, COPPER, "82571PT quad copper"),
    D(0x10a5, 82571, JUMBO, FIBRE, "82571EB quad fibre"),
    D(0x10bc, 82571, JUMBO, COPPER, "82571EB quad copper, low profile"),
    D(0x107d, 82572, JUMBO, COPPER, "82572EI copper"),
    D(0x107e, 82572, JUMBO, FIBRE, "82572EI fibre"),
    D(0x107f, 82572, JUMBO, FIBRE, "82572EI SerDes"),
    D(0x10b9, 82572, JUMBO, COPPER, "82572EI"),
    D(0x108b, 82573, NO_JUMBO, COPPER, "82573E"),
    D(0x108c, 82573, NO_JUMBO, COPPER, "82573E with management"),
    D(0x109a, 82573, NO_JUMBO, COPPER, "82573L"),
    E(0x10d3, 2, "model, QEMU", "82574L"),
    E(0x10f6, 2, "-", "82574LA"),
    E(0x150c, 1, "-", "82583V"),
    F(0x1049, ICH8, NO_JUMBO, "82566MM (ICH8)"),
    F(0x104a, ICH8, NO_JUMBO, "82566DM (ICH8)"),
    F(0x104b, ICH8, NO_JUMBO, "82566DC (ICH8)"),
    F(0x104c, ICH8, NO_JUMBO, "82562V (ICH8)"),
    F(0x104d, ICH8, NO_JUMBO, "82566MC (ICH8)"),
    F(0x10c4, ICH8, NO_JUMBO, "82562GT (ICH8)"),
    F(0x10c5, ICH8, NO_JUMBO, "82562G (ICH8)"),
    F(0x1501, ICH8, NO_JUMBO, "82567V-3 (ICH8)"),
    F(0x10bd, ICH9, JUMBO, "82566DM-2 (ICH9)"),
    F(0x10e5, ICH9, JUMBO, "82567LM-4 (ICH9)"),
    F(0x10f5, ICH9, JUMBO, "82567LM (ICH9)"),
    F(0x10bf, ICH9, JUMBO, "82567LF (ICH9)"),
    F(0x10cb, ICH9, JUMBO, "82567V (ICH9)"),
    F(0x294c, ICH9, JUMBO, "82566DC-2 (ICH9)"),
    F(0x10c0, ICH9, NO_JUMBO, "82562V-2 (ICH9)"),
    F(0x10c2, ICH9, NO_JUMBO, "82562G-2 (ICH9)"),
    F(0x10c3, ICH9, NO_JUMBO, "82562GT-2 (ICH9)"),
    F(0x10cc, ICH9, JUMBO, "82567LM-2 (ICH10)"),
    F(0x10cd, ICH9, JUMBO, "82567LF-2 (ICH10)"),
    F(0x10ce, ICH9, JUMBO, "82567V-2 (ICH10)"),
    F(0x10de, ICH9, JUMBO, "82567LM-3 (ICH10)"),
    F(0x10df, ICH9, JUMBO, "82567LF-3 (ICH10)"),
    F(0x1525, ICH9, JUMBO, "82567V-4 (ICH10)"),
    G(0x10ea, PCH, JUMBO_PCH, "82577LM"),
    G(0x10eb, PCH, JUMBO_PCH, "82577LC"),
    G(0x10ef, PCH, JUMBO_PCH, "82578DM"),
    G(0x10f0, PCH, JUMBO_PCH, "82578DC"),
    G(0x1502, PCH2, JUMBO_PCH2, "82579LM"),
    G(0x1503, PCH2, JUMBO_PCH2, "82579V"),
    G(0x153a, LPT, JUMBO_PCH2, "I217-LM"),
    G(0x153b, LPT, JUMBO_PCH2, "I217-V"),
    G(0x155a, LPT, JUMBO_PCH2, "I218-LM"),
    G(0x1559, LPT, JUMBO_PCH2, "I218-V"),
    G(0x15a0, LPT, JUMBO_PCH2, "I218-LM (2)"),
    G(0x15a1, LPT, JUMBO_PCH2, "I218-V (2)"),
    G(0x15a2, LPT, JUMBO_PCH2, "I218-LM (3)"),
    G(0x15a3, LPT, JUMBO_PCH2, "I218-V (3)"),
    G(0x156f, SPT, JUMBO_PCH2, "I219-LM"),
    G(0x1570, SPT, JUMBO_PCH2, "I219-V"),
    G(0x15b7, SPT, JUMBO_PCH2, "I219-LM (2)"),
    G(0x15b8, SPT, JUMBO_PCH2, "I219-V (2)"),
    G(0x15b9, SPT, JUMBO_PCH2, "I219-LM (3)"),
    G(0x15d7, SPT, JUMBO_PCH2, "I219-LM (4)"),
    G(0x15d8, SPT, JUMBO_PCH2, "I219-V (4)"),
    G(0x15e3, SPT, JUMBO_PCH2, "I219-LM (5)"),
    G(0x15d6, SPT, JUMBO_PCH2, "I219-V (5)"),
    G(0x15bd, CNP, JUMBO_PCH2, "I219-LM (6)"),
    G(0x15be, CNP, JUMBO_PCH2, "I219-V (6)"),
    G(0x15bb, CNP, JUMBO_PCH2, "I219-LM (7)"),
    G(0x15bc, CNP, JUMBO_PCH2, "I219-V (7)"),
    G(0x15df, CNP, JUMBO_PCH2, "I219-LM (8)"),
    G(0x15e0, CNP, JUMBO_PCH2, "I219-V (8)"),
    G(0x15e1, CNP, JUMBO_PCH2, "I219-LM (9)"),
    G(0x15e2, CNP, JUMBO_PCH2, "I219-V (9)"),
    G(0x0d4e, CNP, JUMBO_PCH2, "I219-LM (10)"),
    G(0x0d4f, CNP, JUMBO_PCH2, "I219-V (10)"),
    G(0x0d4c, CNP, JUMBO_PCH2, "I219-LM (11)"),
    G(0x0d4d, CNP, JUMBO_PCH2, "I219-V (11)"),
    G(0x0d53, CNP, JUMBO_PCH2, "I219-LM (12)"),
    G(0x0d55, CNP, JUMBO_PCH2, "I219-V (12)"),
    G(0x15fb, CNP, JUMBO_PCH2, "I219-LM (13)"),
    G(0x15fc, CNP, JUMBO_PCH2, "I219-V (13)"),
    G(0x15f9, CNP, JUMBO_PCH2, "I219-LM (14)"),
    G(0x15fa, CNP, JUMBO_PCH2, "I219-V (14)"),
    G(0x15f4, CNP, JUMBO_PCH2, "I219-LM (15)"),
    G(0x15f5, CNP, JUMBO_PCH2, "I219-V (15)"),
    G(0x1a1e, CNP, JUMBO_PCH2, "I219-LM (16)"),
    G(0x1a1f, CNP, JUMBO_PCH2, "I219-V (16)"),
    G(0x1a1c, CNP, JUMBO_PCH2, "I219-LM (17)"),
    G(0x1a1d, CNP, JUMBO_PCH2, "I219-V (17)"),
    G(0x550a, CNP, JUMBO_PCH2, "I219-LM (18)"),
    G(0x550b, CNP, JUMBO_PCH2, "I219-V (18)"),
    G(0x550c, CNP, JUMBO_PCH2, "I219-LM (19)"),
    G(0x550d, CNP, JUMBO_PCH2, "I219-V (19)"),
    G(0x550e, CNP, JUMBO_PCH2, "I219-LM (20)"),
    G(0x550f, CNP, JUMBO_PCH2, "I219-V (20)"),
    G(0x5510, CNP, JUMBO_PCH2, "I219-LM (21)"),
    G(0x5511, CNP, JUMBO_PCH2, "I219-V (21)"),
    G(0x0dc7, CNP, JUMBO_PCH2, "I219-LM (22)"),
    G(0x0dc8, CNP, JUMBO_PCH2, "I219-V (22)"),
    G(0x0dc5, CNP, JUMBO_PCH2, "I219-LM (23)"),
    G(0x0dc6, CNP, JUMBO_PCH2, "I219-V (23)"),
    G(0x57a0, CNP, JUMBO_PCH2, "I219-LM (24)"),
    G(0x57a1, CNP, JUMBO_PCH2, "I219-V (24)"),
    G(0x57b3, CNP, JUMBO_PCH2, "I219-LM (25)"),
    G(0x57b4, CNP, JUMBO_PCH2, "I219-V (25)"),
    G(0x57b5, CNP, JUMBO_PCH2, "I219-LM (26)"),
    G(0x57b6, CNP, JUMBO_PCH2, "I219-V (26)"),
    G(0x57b7, CNP, JUMBO_PCH2, "I219-LM (27)"),
    G(0x57b8, CNP, JUMBO_PCH2, "I219-V (27)"),
    G(0x57b9, CNP, JUMBO_PCH2, "I219-LM (29)"),
    G(0x57ba, CNP, JUMBO_PCH2, "I219-V (29)"),
};

_Static_assert(sizeof(ixl_e1000_rows) / sizeof(ixl_e1000_rows[0]) == E1000_ROWS,
               "E1000_ROWS is the number of rows");
