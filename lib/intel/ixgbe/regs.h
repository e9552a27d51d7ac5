// SPDX-License-Identifier: MIT
/*
 * Registers of the 82599, X540 and X550 families that the driver uses, in address order.
 *
 * After each name: section of the 82599 data sheet and kind. RO read only, RW, RC cleared by
 * reading, W1C a one clears, W1S a one sets, WO. The X540 and X550 keep these addresses unless
 * a line says otherwise.
 */
#ifndef IXL_INTEL_IXGBE_REGS_H
#define IXL_INTEL_IXGBE_REGS_H

/* ---- general --------------------------------------------------------------------- */

#define IXGBE_CTRL                     0x00000u /* 8.2.3.1.1 RW: device control */
#define IXGBE_CTRL_MASTER_DISABLE      (1u << 2)
#define IXGBE_CTRL_LRST                (1u << 3)
#define IXGBE_CTRL_RST                 (1u << 26)

#define IXGBE_STATUS                   0x00008u /* 8.2.3.1.2 RO */
#define IXGBE_STATUS_LAN_ID_1          (1u << 2)
#define IXGBE_STATUS_MASTER_ENABLED    (1u << 19)

#define IXGBE_CTRL_EXT                 0x00018u /* 8.2.3.1.3 RW */
#define IXGBE_CTRL_EXT_NS_DIS          (1u << 16)
#define IXGBE_CTRL_EXT_DRV_LOAD        (1u << 28)

#define IXGBE_ESDP                     0x00020u /* 8.2.3.1.4 RW: software-definable pins */
#define IXGBE_ESDP_SDP3_DATA           (1u << 3)

#define IXGBE_I2CCTL                   0x00028u /* 8.2.3.1.5 RW: two lines, in and out */
#define IXGBE_I2CCTL_CLK_IN            (1u << 0)
#define IXGBE_I2CCTL_CLK_OUT           (1u << 1)
#define IXGBE_I2CCTL_DATA_IN           (1u << 2)
#define IXGBE_I2CCTL_DATA_OUT          (1u << 3)

/* ---- interrupts ------------------------------------------------------------------- */

#define IXGBE_EICR                     0x00800u /* 8.2.3.5.1 W1C: causes; some clear by reading */
#define IXGBE_EICR_QUEUES              0x0000ffffu
#define IXGBE_EICR_LSC                 (1u << 20)
#define IXGBE_EICR_THERMAL             (1u << 23) /* X540: too hot, the link goes down */
#define IXGBE_EICR_ECC                 (1u << 28) /* uncorrectable error in a memory of the device */

#define IXGBE_EIAC                     0x00810u /* 8.2.3.5.5 RW: causes an MSI-X message clears */
/* 8.2.3.5.12 RW: n = 0..128 */
#define IXGBE_EITR(n)                  ((n) < 24u ? 0x00820u + 4u * (n) : 0x12300u + 4u * ((n)-24u))
#define IXGBE_EITR_INTERVAL_SHIFT      3 /* units of 2.048 us at 1 and 10 Gb/s */
#define IXGBE_EITR_INTERVAL_MAX        511u

#define IXGBE_EIMS                     0x00880u /* 8.2.3.5.3 W1S: enabled causes */
#define IXGBE_EIMC                     0x00888u /* 8.2.3.5.4 WO: a one disables the cause */

#define IXGBE_GPIE                     0x00898u /* 8.2.3.5.18 RW: interrupt mode */
#define IXGBE_GPIE_MULTIPLE_MSIX       (1u << 4)
#define IXGBE_GPIE_OCD                 (1u << 5)
#define IXGBE_GPIE_EIAME               (1u << 30)
#define IXGBE_GPIE_PBA_SUPPORT         (1u << 31)

#define IXGBE_IVAR(n)                  (0x00900u + 4u * (n)) /* 8.2.3.5.16 RW: n = 0..63 */
#define IXGBE_IVAR_VALID               0x80u
#define IXGBE_IVAR_COUNT               64u
#define IXGBE_IVAR_MISC                0x00a00u              /* 8.2.3.5.17 RW: other causes 15:8 */
#define IXGBE_EIMS_EX(n)               (0x00aa0u + 4u * (n)) /* 8.2.3.5.8 W1S: n = 0..1 */
#define IXGBE_EIMC_EX(n)               (0x00ab0u + 4u * (n)) /* 8.2.3.5.9 WO: n = 0..1 */
#define IXGBE_EIAM_EX(n)               (0x00ad0u + 4u * (n)) /* 8.2.3.5.10 RW: n = 0..1 */

/* ---- receive queues ---------------------------------------------------------------- */

/* Register blocks of the rings, 8.2.3.8; offsets in them are in lib/intel/ring.h. */
#define IXGBE_RX_QUEUE(n)              (((n) < 64u ? 0x01000u : 0x0c000u) + 0x40u * (n))
#define IXGBE_HW_RX_QUEUES             128u

#define IXGBE_DCA_RXCTRL(n)            (IXGBE_RX_QUEUE(n) + 0x0cu) /* 8.2.3.11.1 RW */
#define IXGBE_DCA_RXCTRL_MUST_CLEAR    (1u << 12)

#define IXGBE_SRRCTL(n)                (IXGBE_RX_QUEUE(n) + 0x14u) /* 8.2.3.8.7 RW */
#define IXGBE_SRRCTL_BSIZEPACKET_SHIFT 10 /* of a size in bytes; the field counts KiB */
#define IXGBE_SRRCTL_BSIZEHEADER_256   (4u << 8)
#define IXGBE_SRRCTL_ADV_ONE_BUFFER    (1u << 25)
#define IXGBE_SRRCTL_DROP_EN           (1u << 28)
#define IXGBE_RXDCTL_VME               (1u << 30) /* 8.2.3.8.6, in RING_DCTL: take tags out */

#define IXGBE_QPRC(n)                  (0x01030u + 0x40u * (n)) /* 8.2.3.23 RC: frames, n = 0..15 */
#define IXGBE_QBRC_L(n)                (0x01034u + 0x40u * (n)) /* 8.2.3.23 RC: bytes */
#define IXGBE_QPRDC(n)                 (0x01430u + 0x40u * (n)) /* 8.2.3.23 RC: frames dropped */
#define IXGBE_STAT_SETS                16u
#define IXGBE_RQSMR(n)                 (0x02300u + 4u * (n)) /* 8.2.3.23 RW: n = 0..31 */
#define IXGBE_RDRXCTL                  0x02f00u              /* 8.2.3.8.8 RW: receive DMA */
#define IXGBE_RDRXCTL_CRC_STRIP        (1u << 1)
#define IXGBE_RDRXCTL_DMAIDONE         (1u << 3)
#define IXGBE_RDRXCTL_RSCFRSTSIZE      (0x1fu << 17)
#define IXGBE_RDRXCTL_RSCACKC          (1u << 25)
#define IXGBE_RDRXCTL_FCOE_WRFIX       (1u << 26)

#define IXGBE_RXDGPC                   0x02f50u /* 8.2.3.23 RC: good frames given to the host */
#define IXGBE_RXDGBCL                  0x02f54u /* 8.2.3.23 RC: their bytes */

#define IXGBE_RXCTRL                   0x03000u /* 8.2.3.8.10 RW */
#define IXGBE_RXCTRL_RXEN              (1u << 0)
/* ---- flow control ------------------------------------------------------------------- */

#define IXGBE_FCTTV(n)                 (0x03200u + 4u * (n)) /* 8.2.3.3.2 RW: n = 0..3 */
#define IXGBE_FCRTL(n)                 (0x03220u + 4u * (n)) /* 8.2.3.3.3 RW: n = 0..7 */
#define IXGBE_FCRTL_XONE               (1u << 31)            /* the end of a pause is told */
#define IXGBE_FCRTH(n)                 (0x03260u + 4u * (n)) /* 8.2.3.3.4 RW: n = 0..7, bytes */
#define IXGBE_FCRTH_FCEN               (1u << 31)            /* the buffer asks for pauses */
#define IXGBE_FCRTV                    0x032a0u              /* 8.2.3.3.5 RW */
#define IXGBE_RXPBSIZE(n)              (0x03c00u + 4u * (n)) /* 8.2.3.8.9 RW: n = 0..7 */
#define IXGBE_PBSIZE_KIB_SHIFT         10
#define IXGBE_FCCFG                    0x03d00u  /* 8.2.3.3.7 RW */
#define IXGBE_FCCFG_TFCE_LINK          (1u << 3) /* pause frames are sent, for the whole link */

/* ---- MAC ------------------------------------------------------------------------------ */

#define IXGBE_HLREG0                   0x04240u /* 8.2.3.22.8 RW */
#define IXGBE_HLREG0_TXCRCEN           (1u << 0)
#define IXGBE_HLREG0_RXCRCSTRP         (1u << 1)
#define IXGBE_HLREG0_JUMBOEN           (1u << 2)
#define IXGBE_HLREG0_TXPADEN           (1u << 10)
#define IXGBE_HLREG0_LPBK              (1u << 15)
#define IXGBE_HLREG0_RXLNGTHERREN      (1u << 27)

#define IXGBE_MSCA                     0x0425cu /* 8.2.3.22 RW: MDIO command */
#define IXGBE_MSCA_DEVICE_SHIFT        16
#define IXGBE_MSCA_PHY_SHIFT           21
#define IXGBE_MSCA_OP_ADDRESS          (0u << 26)
#define IXGBE_MSCA_OP_WRITE            (1u << 26)
#define IXGBE_MSCA_OP_READ             (3u << 26)
#define IXGBE_MSCA_MDICMD              (1u << 30)
#define IXGBE_MSRWD                    0x04260u /* 8.2.3.22 RW: data, read in 31:16 */

#define IXGBE_MAXFRS                   0x04268u /* 8.2.3.22 RW: longest frame with FCS in 31:16 */
#define IXGBE_MAXFRS_SHIFT             16
#define IXGBE_MFLCN                    0x04294u /* 8.2.3.22.34 RW: pause frames received */
#define IXGBE_MFLCN_DPF                (1u << 1)
#define IXGBE_MFLCN_RFCE               (1u << 3) /* pause frames are obeyed */

#define IXGBE_AUTOC                    0x042a0u /* 8.2.3.22.19 RW: link mode; 82599 only */
#define IXGBE_AUTOC_1G_PMA_PMD         (1u << 9)
#define IXGBE_AUTOC_RESTART_AN         (1u << 12)
#define IXGBE_AUTOC_LMS_MASK           (7u << 13)
#define IXGBE_AUTOC_LMS_HIGH           (4u << 13)
#define IXGBE_AUTOC_LMS_1G             (0u << 13)
#define IXGBE_AUTOC_LMS_10G_SERIAL     (3u << 13)

#define IXGBE_LINKS                    0x042a4u   /* 8.2.3.22.20 RO */
#define IXGBE_LINKS_NON_STANDARD       (1u << 27) /* X550: 2.5 and 5 Gb/s instead of 10 and 0.1 */
#define IXGBE_LINKS_SPEED_SHIFT        28
#define IXGBE_LINKS_SPEED_MASK         3u
#define IXGBE_LINKS_UP                 (1u << 30)

#define IXGBE_AUTOC2                   0x042a8u /* 8.2.3.22 RW: 82599 only */
#define IXGBE_AUTOC2_10G_SERIAL_MASK   (3u << 16)
#define IXGBE_AUTOC2_10G_SFI           (2u << 16)
#define IXGBE_AUTOC2_LINK_DISABLE      (7u << 28) /* set by some EEPROMs: no link at all */
#define IXGBE_ANLP1                    0x042b0u   /* 8.2.3.22.23 RO */
#define IXGBE_ANLP1_AN_STATE           (15u << 16)
#define IXGBE_MMNGC                    0x042d0u /* 8.2.3.22 RO to the host */
#define IXGBE_MMNGC_MNG_VETO           (1u << 0)

/* ---- transmit -------------------------------------------------------------------------- */

#define IXGBE_RTTDCS                   0x04900u /* 8.2.3.10.2 RW */
#define IXGBE_RTTDCS_ARBDIS            (1u << 6)
#define IXGBE_RTTDQSEL                 0x04904u /* 8.2.3.10.13 RW: the queue that the next one is of */
#define IXGBE_TXPBTHRESH(n)            (0x04950u + 4u * (n)) /* 8.2.3.9.16 RW: n = 0..7, KiB */
#define IXGBE_RTTBCNRC                 0x04984u /* 8.2.3.10.16 RW: rate limit of the queue */
#define IXGBE_DMATXCTL                 0x04a80u /* 8.2.3.9.2 RW */
#define IXGBE_DMATXCTL_TE              (1u << 0)

/* ---- receive filters -------------------------------------------------------------------- */

#define IXGBE_RXCSUM                   0x05000u /* 8.2.3.7.5 RW: only while RXCTRL.RXEN is 0 */
#define IXGBE_RXCSUM_PCSD              (1u << 13)
#define IXGBE_FCTRL                    0x05080u /* 8.2.3.7.1 RW: only while RXCTRL.RXEN is 0 */
#define IXGBE_FCTRL_MPE                (1u << 8)
#define IXGBE_FCTRL_UPE                (1u << 9)
#define IXGBE_FCTRL_BAM                (1u << 10)

#define IXGBE_VLNCTRL                  0x05088u /* 8.2.3.7.2 RW */
#define IXGBE_VLNCTRL_VFE              (1u << 30)
#define IXGBE_MCSTCTRL                 0x05090u /* 8.2.3.7.3 RW */
#define IXGBE_MCSTCTRL_MFE             (1u << 2)
#define IXGBE_MTA(n)                   (0x05200u + 4u * (n)) /* 8.2.3.7.7 RW: n = 0..127 */

#define IXGBE_MRQC                     0x05818u /* 8.2.3.7.12 RW; 0x0ec80 is the same register */
#define IXGBE_MRQC_RSS                 1u
#define IXGBE_MRQC_TCP_IPV4            (1u << 16)
#define IXGBE_MRQC_IPV4                (1u << 17)
#define IXGBE_MRQC_IPV6                (1u << 20)
#define IXGBE_MRQC_TCP_IPV6            (1u << 21)
#define IXGBE_MRQC_UDP_IPV4            (1u << 22)
#define IXGBE_MRQC_UDP_IPV6            (1u << 23)

#define IXGBE_RETA(n)                  (0x05c00u + 4u * (n)) /* 8.2.3.7.15 RW: n = 0..31 */
#define IXGBE_RSSRK(n)                 (0x05c80u + 4u * (n)) /* 8.2.3.7.14 RW: n = 0..9 */

/* ---- transmit queues --------------------------------------------------------------------- */

#define IXGBE_TX_QUEUE(n)              (0x06000u + 0x40u * (n)) /* 8.2.3.9: n = 0..127 */
#define IXGBE_HW_TX_QUEUES             128u
#define IXGBE_DCA_TXCTRL(n)            (IXGBE_TX_QUEUE(n) + 0x0cu) /* 8.2.3.11.2 RW */
#define IXGBE_DCA_TXCTRL_WB_RO         (1u << 11)
#define IXGBE_TXDCTL_PTHRESH_SHIFT     0 /* 8.2.3.9.10, in RING_DCTL */
#define IXGBE_TXDCTL_HTHRESH_SHIFT     8

#define IXGBE_DTXMXSZRQ                0x08100u /* 8.2.3.9.1 RW: units of 256 bytes */
#define IXGBE_DTXMXSZRQ_MAX            0xfffu
#define IXGBE_MTQC                     0x08120u /* 8.2.3.9.15 RW: only while RTTDCS.ARBDIS */
#define IXGBE_TQSM(n)                  (0x08600u + 4u * (n)) /* 8.2.3.23 RW: n = 0..31 */
#define IXGBE_QPTC(n)                  (0x08680u + 4u * (n)) /* 8.2.3.23 RC: frames, n = 0..15 */
#define IXGBE_QBTC_L(n)                (0x08700u + 8u * (n)) /* 8.2.3.23 RC: bytes */
#define IXGBE_TXDGPC                   0x087a0u              /* 8.2.3.23 RC */
#define IXGBE_TXDGBCL                  0x087a4u              /* 8.2.3.23 RC: their bytes */

#define IXGBE_SECRXCTRL                0x08d00u /* 8.2.3.12.5 RW */
#define IXGBE_SECRXCTRL_RX_DIS         (1u << 1)
#define IXGBE_SECRXSTAT                0x08d04u /* 8.2.3.12.6 RO */
#define IXGBE_SECRXSTAT_RDY            (1u << 0)

/* ---- addresses, filters, packet buffers ------------------------------------------------------ */

#define IXGBE_VFTA(n)                  (0x0a000u + 4u * (n)) /* 8.2.3.7.11 RW: n = 0..127 */
#define IXGBE_RAL(n)                   (0x0a200u + 8u * (n)) /* 8.2.3.7.8 RW: n = 0..127 */
#define IXGBE_RAH(n)                   (0x0a204u + 8u * (n)) /* 8.2.3.7.9 RW: bytes 4, 5 */
#define IXGBE_RAH_AV                   (1u << 31)
#define IXGBE_MPSAR(n)                 (0x0a600u + 4u * (n)) /* 8.2.3.7.10 RW: n = 0..255 */
#define IXGBE_TXPBSIZE(n)              (0x0cc00u + 4u * (n)) /* 8.2.3.9.13 RW: n = 0..7 */
#define IXGBE_FTQF(n)                  (0x0e600u + 4u * (n)) /* 8.2.3.7.19 RW: n = 0..127 */
#define IXGBE_FTQF_ENABLE              (1u << 31)
#define IXGBE_ERETA(n)                 (0x0ee80u + 4u * (n)) /* X550 RW: n = 0..95 */
#define IXGBE_PFVLVF(n)                (0x0f100u + 4u * (n)) /* 8.2.3.27.15 RW: n = 0..63 */
#define IXGBE_PFVLVFB(n)               (0x0f200u + 4u * (n)) /* 8.2.3.27.16 RW: n = 0..127 */
#define IXGBE_PFUTA(n)                 (0x0f400u + 4u * (n)) /* 8.2.3.27.17 RW: n = 0..127 */

/* ---- NVM, semaphores, PCI Express --------------------------------------------------------- */

#define IXGBE_EEC                      0x10010u /* 8.2.3.2.1 RW */
#define IXGBE_EEC_PRESENT              (1u << 8)
#define IXGBE_EEC_AUTO_RD              (1u << 9)
#define IXGBE_EEC_SIZE_SHIFT           11
#define IXGBE_EEC_SIZE_MASK            15u
#define IXGBE_EERD                     0x10014u /* 8.2.3.2.2 RW: address 15:2, data 31:16 */
#define IXGBE_EERD_START               (1u << 0)
#define IXGBE_EERD_DONE                (1u << 1)
#define IXGBE_EERD_ADDR_SHIFT          2
#define IXGBE_EERD_WORDS               0x4000u
#define IXGBE_SWSM                     0x10140u /* 8.2.3.4 RW: SMBI is set by reading it */
#define IXGBE_SWSM_SMBI                (1u << 0)
#define IXGBE_SWSM_SWESMBI             (1u << 1)
#define IXGBE_SW_FW_SYNC               0x10160u /* 8.2.3.4 RW: software 4:0, firmware 9:5 */
#define IXGBE_SYNC_EEP                 (1u << 0)
#define IXGBE_SYNC_PHY0                (1u << 1)
#define IXGBE_SYNC_PHY1                (1u << 2)
#define IXGBE_SYNC_MAC_CSR             (1u << 3)
#define IXGBE_SYNC_FW_SHIFT            5
#define IXGBE_SYNC_REGSMP              (1u << 31) /* X540 and later: set by reading it */
#define IXGBE_GCR_EXT                  0x11050u   /* 8.2.3.4.12 RW */
#define IXGBE_GCR_EXT_BUFFERS_CLEAR    (1u << 30)
#define IXGBE_CORECTL                  0x14f00u /* 82599 WO: SFI analog settings */
#define IXGBE_X553_EEC                 0x15ff8u /* EEC of that family */

#endif
