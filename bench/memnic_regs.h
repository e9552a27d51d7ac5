// SPDX-License-Identifier: MIT
//
// The registers that the memory NIC plays, read off the data sheets for this
// purpose and shared with no driver.
#ifndef BENCH_MEMNIC_REGS_H
#define BENCH_MEMNIC_REGS_H

// Inside a queue's register block; the same for all families here.
enum {
    QUEUE_BASE_LOW = 0x00,
    QUEUE_BASE_HIGH = 0x04,
    QUEUE_LENGTH = 0x08, // bytes
    QUEUE_HEAD = 0x10,
    QUEUE_TAIL = 0x18,
    QUEUE_CONTROL = 0x28,
};
#define QUEUE_CONTROL_VLAN_STRIP (1u << 30)

// 82599 (data sheet rev. 3.4, section 8.2.3)
enum {
    IXGBE_CTRL = 0x00000,
    IXGBE_I2CCTL = 0x00028,
    IXGBE_RDRXCTL = 0x02F00,
    IXGBE_MSCA = 0x0425C,
    IXGBE_AUTOC = 0x042A0,
    IXGBE_LINKS = 0x042A4,
    IXGBE_ANLP1 = 0x042B0,
    IXGBE_SECTXSTAT = 0x08804,
    IXGBE_SECRXSTAT = 0x08D04,
    IXGBE_RAL0 = 0x0A200, // and an alias for software of the 82598
    IXGBE_RAH0 = 0x0A204,
    IXGBE_RAL0_ALIAS = 0x05400,
    IXGBE_RAH0_ALIAS = 0x05404,
    IXGBE_EEC = 0x10010,
    IXGBE_EERD = 0x10014,
    IXGBE_EEMNGCTL = 0x10110,
    IXGBE_RX_BLOCK = 0x01000,
    IXGBE_TX_BLOCK = 0x06000,
};

// All gigabit families (8254x software developer's manual rev. 4.0, section 13)
enum {
    GBE_CTRL = 0x00000,
    GBE_STATUS = 0x00008,
    GBE_EECD = 0x00010,
    GBE_EERD = 0x00014,
    GBE_MDIC = 0x00020,
    GBE_RAL0 = 0x05400,
    GBE_RAH0 = 0x05404,
};

// I350 and 82576 (I350 data sheet rev. 2.2, section 8)
enum {
    IGB_RX_BLOCK = 0x0C000,
    IGB_TX_BLOCK = 0x0E000,
};

// 8254x and 82574
enum {
    E1000_RX_BLOCK = 0x02800,
    E1000_TX_BLOCK = 0x03800,
};

#endif
