// SPDX-License-Identifier: MIT
/*
 * Registers of the e1000 families beyond lib/intel/gbe/regs.h, in address order. Sections of the
 * 8254x manual, or of the 82574 data sheet (317694) where that is named.
 */
#ifndef IXL_INTEL_E1000_REGS_H
#define IXL_INTEL_E1000_REGS_H

#define E1000_CTRL_MEHE          (1u << 19) /* I217 and later: memory errors stop the device */
#define E1000_FEXTNVM4           0x0024u    /* I217 and later RW, as the others of the name */
#define E1000_ICR                0x00c0u    /* 13.4.17 RC: causes */
#define E1000_ICR_RXDMT0         (1u << 4)
#define E1000_ICR_RXO            (1u << 6)
#define E1000_ICR_RXT0           (1u << 7)
#define E1000_ICR_RXQ(n)         (1u << (20 + (n))) /* 82574 10.2.4.1: with MSI-X */
#define E1000_ICR_OTHER          (1u << 24)
#define E1000_ITR                0x00c4u /* 13.4.18 RW: least distance, in 256 ns */
#define E1000_ITR_MAX            0xffffu
#define E1000_IMS                0x00d0u /* 13.4.20 W1S */
#define E1000_IMC                0x00d8u /* 13.4.21 WO */
#define E1000_EIAC               0x00dcu /* 82574 10.2.4.6 RW: causes an MSI-X message clears */
#define E1000_IAM                0x00e0u /* 82574 10.2.4.7 RW: causes a message masks */
#define E1000_IVAR               0x00e4u /* 82574 10.2.4.9 RW: four bits a cause */
#define E1000_IVAR_RXQ_SHIFT(n)  (4u * (n))
#define E1000_IVAR_OTHER_SHIFT   16
#define E1000_IVAR_VALID         0x8u
#define E1000_FEXTNVM7           0x00e4u
#define E1000_EITR(n)            (0x00e8u + 4u * (n)) /* 82574 10.2.4.8 RW: n = 0..4 */

#define E1000_TCTL_MULR          (1u << 28) /* 82571 and later */
#define E1000_IOSFPC             0x0f28u    /* I219 RW */
#define E1000_PBS                0x1008u    /* ICH8 RW: memory of the packet buffer, in KiB */
#define E1000_PBECCSTS           0x100cu    /* I217 and later RW */
#define E1000_PBA_ECC            0x1100u    /* 82571 RW */

#define E1000_RX_QUEUE(n)        (0x2800u + 0x100u * (n)) /* 13.4.25: block of a receive ring */
#define E1000_RDTR               0x2820u                  /* 13.4.30 RW: receive delay */
#define E1000_RADV               0x282cu                  /* 13.4.31 RW: its upper bound */
#define E1000_KABGTXD            0x3004u                  /* ICH8 and later RW */
#define E1000_TX_QUEUE(n)        (0x3800u + 0x100u * (n)) /* 13.4.35: block of a send ring */
#define E1000_TXDCTL_22          (1u << 22)

#define E1000_TARC(n)            (0x3840u + 0x100u * (n)) /* 82574 10.2.6.9 RW: queue arbiter */

#define E1000_RFCTL              0x5008u /* 82574 10.2.5.14 RW */
#define E1000_RFCTL_NO_NFS       (3u << 6)
#define E1000_RFCTL_EXSTEN       (1u << 15)
#define E1000_RFCTL_NO_IPV6_EXT  (3u << 16)
#define E1000_MANC               0x5820u /* 13.6.5 RW: management */
#define E1000_MANC_ARP_EN        (1u << 13)
#define E1000_GCR                0x5b00u /* 82574 10.2.2.20 RW: PCI Express */
#define E1000_GCR_NO_SNOOP       0x3fu
#define E1000_GCR_L1_WITHOUT_L0S (1u << 27)
#define E1000_GCR2               0x5b64u
#define E1000_FEXTNVM9           0x5bb4u
#define E1000_FEXTNVM11          0x5bbcu
#define E1000_CRC_OFFSET         0x5f50u /* PCH RW */

#define E1000_PCI_RING_STATUS    0xe4u /* I219: in configuration space */
#define E1000_PCI_FLUSH_WANTED   (1u << 8)

#define E1000_CTRL_EXT_EIAME     (1u << 24) /* 82574 10.2.2.4: apply IAM when a message goes out */
#define E1000_CTRL_EXT_PBA_CLR   (1u << 31) /* pending bits follow the causes */

#define E1000_MRQC_RSS_2         1u /* 82574 10.2.5.17: two queues by hash */
#define E1000_MRQC_TCP_IPV6      (1u << 18)

#endif
