// SPDX-License-Identifier: MIT
/*
 * Registers that the gigabit families (8254x, 8257x and later, igb) have in common, in address
 * order. Sections are those of the 8254x manual (317453) unless another sheet is named. Kinds: RO
 * read only, RW, RC cleared by reading, W1C a one clears, W1S a one sets, WO write only.
 */
#ifndef IXL_INTEL_GBE_REGS_H
#define IXL_INTEL_GBE_REGS_H

/* ---- general ---------------------------------------------------------------------------- */

#define GBE_CTRL                0x0000u /* 13.4.1 RW */
#define GBE_CTRL_FD             (1u << 0)
#define GBE_CTRL_GIO_DISABLE    (1u << 2) /* PCIe parts: master disable */
#define GBE_CTRL_LRST           (1u << 3) /* fibre: link reset */
#define GBE_CTRL_ASDE           (1u << 5)
#define GBE_CTRL_SLU            (1u << 6)
#define GBE_CTRL_ILOS           (1u << 7)
#define GBE_CTRL_SPEED_1000     (2u << 8)
#define GBE_CTRL_FRCSPD         (1u << 11)
#define GBE_CTRL_FRCDPX         (1u << 12)
#define GBE_CTRL_PINS           (3u << 18) /* 82575, 82576: pins 0 and 1 */
#define GBE_CTRL_RST            (1u << 26)
#define GBE_CTRL_RFCE           (1u << 27)
#define GBE_CTRL_TFCE           (1u << 28)
#define GBE_CTRL_VME            (1u << 30)
#define GBE_CTRL_PHY_RST        (1u << 31)

#define GBE_STATUS              0x0008u /* 13.4.2 RO */
#define GBE_STATUS_FD           (1u << 0)
#define GBE_STATUS_LU           (1u << 1)
#define GBE_STATUS_FUNC         (3u << 2) /* which port of the chip */
#define GBE_STATUS_FUNC_SHIFT   2
#define GBE_STATUS_TXOFF        (1u << 4) /* the partner's pause frames have stopped the sender */
#define GBE_STATUS_SPEED        (3u << 6)
#define GBE_STATUS_SPEED_SHIFT  6
#define GBE_STATUS_GIO_ON       (1u << 19)

#define GBE_EECD                0x0010u    /* 13.4.3 RW: EEPROM lines and state */
#define GBE_EECD_AUTO_RD        (1u << 9)  /* PCIe parts: auto-read done */
#define GBE_EECD_FLASH          (3u << 15) /* 82573, 82574: both set, the NVM is a flash */

#define GBE_EERD                0x0014u /* 13.4.4 RW: one word of the EEPROM */
#define GBE_EERD_START          (1u << 0)
#define GBE_EERD_DATA_SHIFT     16

#define GBE_CTRL_EXT            0x0018u   /* 13.4.6 RW */
#define GBE_CTRL_EXT_SDP3_DATA  (1u << 7) /* igb: 0 feeds the cage of an SFP module */
#define GBE_CTRL_EXT_EE_RST     (1u << 13)
#define GBE_CTRL_EXT_RO_DIS     (1u << 17)
#define GBE_CTRL_EXT_LINK_MODE  (3u << 22)
#define GBE_CTRL_EXT_DRV_LOAD   (1u << 28)

#define GBE_MDIC                0x0020u /* 13.4.8 RW: PHY access */
#define GBE_MDIC_REG_SHIFT      16
#define GBE_MDIC_PHY_SHIFT      21
#define GBE_MDIC_WRITE          (1u << 26)
#define GBE_MDIC_READ           (2u << 26)
#define GBE_MDIC_READY          (1u << 28)
#define GBE_MDIC_ERROR          (1u << 30)

#define GBE_SCTL                0x0024u /* 82576 8.2.12 RW: SerDes control, 82571 and later */
#define GBE_SCTL_NO_LOOPBACK    0x0400u
#define GBE_FCAL                0x0028u /* 13.4.9 RW: address of pause frames */
#define GBE_FCAH                0x002cu /* 13.4.10 RW */
#define GBE_FCT                 0x0030u /* 13.4.11 RW: their type */
#define GBE_VET                 0x0038u /* 13.4.12 RW: type of a VLAN tag */
#define GBE_VET_8021Q           0x8100u

#define GBE_ICR_LSC             (1u << 2) /* 13.4.17; the register's address is the family's */
#define GBE_ICS                 0x00c8u   /* 13.4.19 WO: raise causes */

/* ---- receive and transmit control ------------------------------------------------------------ */

#define GBE_RCTL                0x0100u /* 13.4.22 RW */
#define GBE_RCTL_EN             (1u << 1)
#define GBE_RCTL_UPE            (1u << 3)
#define GBE_RCTL_MPE            (1u << 4)
#define GBE_RCTL_LPE            (1u << 5)
#define GBE_RCTL_BAM            (1u << 15)
#define GBE_RCTL_BSIZE_SHIFT    16
#define GBE_RCTL_VFE            (1u << 18) /* tagged frames go by VFTA */
#define GBE_RCTL_BSEX           (1u << 25)
#define GBE_RCTL_SECRC          (1u << 26)

#define GBE_FCTTV               0x0170u /* 13.4.12 RW: pause time */
#define GBE_TXCW                0x0178u /* 13.4.14 RW: what a fibre MAC negotiates */
#define GBE_TXCW_FD             (1u << 5)
#define GBE_TXCW_ANE            (1u << 31)

#define GBE_TCTL                0x0400u /* 13.4.33 RW */
#define GBE_TCTL_EN             (1u << 1)
#define GBE_TCTL_PSP            (1u << 3)
#define GBE_TCTL_CT_SHIFT       4
#define GBE_TCTL_CT             (0xffu << 4)
#define GBE_TCTL_COLD_SHIFT     12
#define GBE_TCTL_COLD           (0x3ffu << 12)
#define GBE_TCTL_RTLC           (1u << 24)

#define GBE_TIPG                0x0410u /* 13.4.34 RW: gaps between frames */
#define GBE_PHPM                0x0e14u /* I350 8.1.12 RW: power of the PHY; 82580 and later */
#define GBE_PHPM_GO_LINKD       (1u << 5)
#define GBE_EXTCNF              0x0f00u   /* 82574 10.2.2.15 RW */
#define GBE_EXTCNF_SWFLAG       (1u << 5) /* the driver owns MDIO (82574) or PHY and NVM (ICH) */
#define GBE_PBA                 0x1000u   /* 13.4.36 RW: split of the packet buffer */

#define GBE_FCRTL               0x2160u    /* 13.4.13 RW: pause thresholds */
#define GBE_FCRTL_XONE          (1u << 31) /* the end of a pause is told */
#define GBE_FCRTH               0x2168u    /* 13.4.14 RW */
#define GBE_FCRTV               0x2460u    /* 82576 RW: when a pause is asked for again; igb only */

/* ---- statistics, 13.7, all RC: see stats.c -------------------------------------- */

#define GBE_STAT(n)             (0x4000u + 4u * (n))

#define GBE_PCS_CFG             0x4200u /* 82576 8.18.1 RW: SerDes */
#define GBE_PCS_CFG_EN          (1u << 3)
#define GBE_PCS_LCTL            0x4208u   /* 82576 8.18.2 RW */
#define GBE_PCS_LCTL_FLV        (1u << 0) /* the value of a forced link */
#define GBE_PCS_LCTL_FSV_1000   (2u << 1)
#define GBE_PCS_LCTL_FDV        (1u << 3)
#define GBE_PCS_LCTL_FSD        (1u << 4)
#define GBE_PCS_LCTL_FORCE_LINK (1u << 5)
#define GBE_PCS_LCTL_AN_EN      (1u << 16)
#define GBE_PCS_LCTL_AN_RESTART (1u << 17)
#define GBE_PCS_LCTL_AN_TIMEOUT (1u << 18)
#define GBE_PCS_LSTS            0x420cu /* 82576 8.18.3 RO */
#define GBE_PCS_LSTS_LINK       (1u << 0)

/* ---- filters ------------------------------------------------------------ */

#define GBE_RXCSUM              0x5000u /* 13.5.1 RW */
#define GBE_RXCSUM_IPOFL        (1u << 8)
#define GBE_RXCSUM_TUOFL        (1u << 9)
#define GBE_RXCSUM_PCSD         (1u << 13)           /* the RSS hash instead of a packet checksum */
#define GBE_RLPML               0x5004u              /* 82576 8.10.5 RW: longest frame with FCS */
#define GBE_MTA(n)              (0x5200u + 4u * (n)) /* 13.5.2 RW: n = 0..127 */
#define GBE_RAL(n)              (0x5400u + 8u * (n)) /* 13.5.3 RW: n = 0..15 */
#define GBE_RAH(n)              (0x5404u + 8u * (n)) /* 13.5.4 RW */
#define GBE_RAH_AV              (1u << 31)
#define GBE_VFTA(n)             (0x5600u + 4u * (n)) /* 13.5.5 RW: n = 0..127 */
#define GBE_MRQC                0x5818u              /* 82574 10.2.8.14, 82576 8.10.22 RW */
#define GBE_MRQC_TCP_IPV4       (1u << 16)
#define GBE_MRQC_IPV4           (1u << 17)
#define GBE_MRQC_IPV6           (1u << 20)
#define GBE_MRQC_UDP_IPV4       (1u << 22) /* igb */
#define GBE_MRQC_UDP_IPV6       (1u << 23) /* igb */

/* ---- firmware and other ports (82571 and later) --------------------------------- */

#define GBE_SWSM                0x5b50u /* 82576 8.8.17 RW */
#define GBE_SWSM_SMBI           (1u << 0)
#define GBE_SWSM_SWESMBI        (1u << 1)
#define GBE_SWSM_DRV_LOAD       (1u << 3) /* 82573 */
#define GBE_SW_FW_SYNC          0x5b5cu   /* 82576 8.8.18 RW */
#define GBE_SYNC_NVM            (1u << 0)
#define GBE_SYNC_PHY0           (1u << 1)
#define GBE_SYNC_FW_SHIFT       16

#define GBE_RETA(n)             (0x5c00u + 4u * (n)) /* 82576 8.10.23 RW: n = 0..31 */
#define GBE_RETA_ENTRIES        128u
#define GBE_RSSRK(n)            (0x5c80u + 4u * (n)) /* 82576 8.10.24 RW: n = 0..9 */

/* ---- PHY registers: IEEE 802.3 clause 22 ---------------------------------------- */

#define PHY_CONTROL             0u
#define PHY_CONTROL_RESTART     (1u << 9)
#define PHY_CONTROL_POWER_DOWN  (1u << 11)
#define PHY_CONTROL_AUTONEG     (1u << 12)
#define PHY_ADVERTISE           4u
#define PHY_ADVERTISE_ALL       0x01e1u /* 10 and 100, half and full; selector 802.3; no pause */
#define PHY_GIGABIT             9u
#define PHY_GIGABIT_FULL        (1u << 9)

#endif
