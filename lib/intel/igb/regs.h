// SPDX-License-Identifier: MIT
/*
 * Registers of the igb families beyond lib/intel/gbe/regs.h, in address order. Sections of the
 * 82576 data sheet (320961) unless another is named.
 */
#ifndef IXL_INTEL_IGB_REGS_H
#define IXL_INTEL_IGB_REGS_H

#define IGB_CTRL_EXT_MODE_SHIFT  22
#define IGB_CTRL_EXT_MODE_KX     1u
#define IGB_CTRL_EXT_MODE_SGMII  2u
#define IGB_CTRL_EXT_MODE_SERDES 3u

#define IGB_ICR                  0x00c0u /* 8.8.9 RC: causes (alias of 1500h, as the next two) */
#define IGB_ICR_RXDMT0           (1u << 4)
#define IGB_ICR_RXDW             (1u << 7)
#define IGB_ICR_FER              (1u << 22) /* uncorrectable error in a memory of the device */
#define IGB_ICR_DOUTSYNC         (1u << 28) /* descriptors and data have come out of step */
#define IGB_IMS                  0x00d0u    /* 8.8.11 W1S */
#define IGB_IMC                  0x00d8u    /* 8.8.12 WO */

#define IGB_GPIE                 0x1514u /* 8.8.18 RW: mode */
#define IGB_GPIE_NSICR           (1u << 0)
#define IGB_GPIE_MSIX            (1u << 4)
#define IGB_GPIE_EIAME           (1u << 30)
#define IGB_GPIE_PBA             (1u << 31)
#define IGB_EIMS                 0x1524u              /* 8.8.3 W1S: enabled vectors */
#define IGB_EIMC                 0x1528u              /* 8.8.4 WO */
#define IGB_EIAC                 0x152cu              /* 8.8.5 RW: vectors a message clears */
#define IGB_EIAM                 0x1530u              /* 8.8.6 RW: and masks */
#define IGB_MSIXBM(v)            (0x1600u + 4u * (v)) /* 82575: causes of a vector */
#define IGB_MSIXBM_RXQ(n)        (1u << (n))
#define IGB_MSIXBM_OTHER         (1u << 31)
#define IGB_EITR(v)              (0x1680u + 4u * (v)) /* 8.8.14 RW: v = 0..24 */
#define IGB_EITR_INTERVAL_SHIFT  2                    /* in microseconds */
#define IGB_EITR_INTERVAL_MAX    0x1fffu
#define IGB_EITR_CNT_IGNORE      (1u << 31) /* leave the running count alone; not the 82575 */
#define IGB_IVAR(n)              (0x1700u + 4u * (n)) /* 8.8.15 RW: n = 0..7 */
#define IGB_IVAR_VALID           0x80u
#define IGB_IVAR_MISC            0x1740u /* 8.8.16 RW: byte 1 is "other" */

#define IGB_RFCTL                0x5008u /* 8.10.7 RW */
#define IGB_RFCTL_NO_IPV6_EXT    (1u << 16)
#define IGB_GCR                  0x5b00u /* 8.6.1 RW: PCI Express */
#define IGB_GCR_TIMEOUT          (15u << 12)
#define IGB_GCR_TIMEOUT_10MS     (1u << 12)
#define IGB_GCR_TIMEOUT_RESEND   (1u << 16)

#define IGB_MRQC_RSS             2u /* 8.10.22: queue by hash */
#define IGB_MRQC_TCP_IPV6        (1u << 21)

#define IGB_RX_QUEUE(n)          (0xc000u + 0x40u * (n))   /* 8.10.5: block of a receive ring */
#define IGB_SRRCTL(n)            (IGB_RX_QUEUE(n) + 0x0cu) /* 8.10.2 RW */
#define IGB_SRRCTL_PACKET_SHIFT  10                        /* buffer size in KiB */
#define IGB_SRRCTL_HEADER_256    (4u << 8)
#define IGB_SRRCTL_ADVANCED      (1u << 25)
#define IGB_SRRCTL_DROP_EN       (1u << 31)
#define IGB_RQDPC(n)             (IGB_RX_QUEUE(n) + 0x30u) /* 8.10.11 RC, I210 RW: frames dropped */
#define IGB_TX_QUEUE(n)          (0xe000u + 0x40u * (n))   /* 8.12.9: block of a send ring */
#define IGB_DCTL_PTHRESH_SHIFT   0
#define IGB_DCTL_HTHRESH_SHIFT   8

#define IGB_PQ_STRIDE            0x100u   /* of what follows, queue by queue */
#define IGB_PQGPRC               0x10010u /* I210 8.19.1 RO, wraps: frames received */
#define IGB_PQGPTC               0x10014u /* I210 8.19.2 RO, wraps: frames sent */
#define IGB_PQGORC               0x10018u /* I210 8.19.3 RO, wraps: octets received */
#define IGB_PQGOTC               0x10034u /* I210 8.19.4 RO, wraps: octets sent */

#endif
