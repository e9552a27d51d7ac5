// SPDX-License-Identifier: MIT
/*
 * Advanced descriptors, shared by igb and ixgbe (82576 data sheet 7.1.5 and 7.2.2, 82599 data
 * sheet 7.1.6 and 7.2.3). A descriptor is two little-endian words of 64 bits, `lo` and `hi`.
 */
#ifndef IXL_INTEL_ADV_DESC_H
#define IXL_INTEL_ADV_DESC_H

#include <stdint.h>

/* Receive, read format: lo = address of the buffer, hi = address of a header buffer (unused, and
 * its lowest bit is where DD appears: 0). */

/* Receive, write-back format. lo: 3:0 RSS type, 16:4 packet type, 63:32 RSS hash.
 * hi: 19:0 extended status, 31:20 extended error, 47:32 length, 63:48 VLAN tag. */
#define RXD_DD           (1u << 0)
#define RXD_EOP          (1u << 1)
#define RXD_LEN_SHIFT    32
#define RXD_VLAN_SHIFT   48
#define RXD_HASH_SHIFT   32
#define RXD_IXGBE_RXE    (1u << 29) /* the frame is damaged */
#define RXD_IGB_RXE      (1u << 31)
#define RXD_IGB_L4E      (1u << 29) /* checksum errors of igb lie one bit lower than those ... */
#define RXD_IGB_IPE      (1u << 30) /* ... of ixgbe, which are IXL_RX_L4_BAD and IXL_RX_IP_BAD */

/* Transmit data descriptor, hi. */
#define TXD_DTYP_CTXT    (2ull << 20)
#define TXD_DTYP_DATA    (3ull << 20)
#define TXD_EOP          (1ull << 24)
#define TXD_IFCS         (1ull << 25)
#define TXD_RS           (1ull << 27)
#define TXD_DEXT         (1ull << 29)
#define TXD_VLE          (1ull << 30)
#define TXD_TSE          (1ull << 31)
#define TXD_TSE_E1000    (1ull << 26) /* 8254x 3.3.7: there bit 31 delays the interrupt */
#define TXD_DD           (1ull << 32)
#define TXD_CC           (1ull << 39) /* ixgbe: use the context's lengths */
#define TXD_IXSM         (1ull << 40) /* insert the IP checksum */
#define TXD_TXSM         (1ull << 41) /* insert the TCP, UDP or SCTP checksum */
#define TXD_PAYLEN_SHIFT 46

/* Transmit context descriptor (82599 7.2.3.2.3). lo: 8:0 IPLEN, 15:9 MACLEN, 31:16 VLAN.
 * hi: 10 IPv4, 12:11 L4 type, 47:40 L4LEN, 63:48 MSS. */
#define CTX_IPLEN_MAX    511ull
#define CTX_MACLEN_MAX   127ull
#define CTX_MACLEN_SHIFT 9
#define CTX_VLAN_SHIFT   16
#define CTX_IPV4         (1ull << 10)
#define CTX_L4_TCP       (1ull << 11)
#define CTX_L4_SCTP      (2ull << 11)
#define CTX_L4LEN_SHIFT  40
#define CTX_MSS_SHIFT    48

#endif
