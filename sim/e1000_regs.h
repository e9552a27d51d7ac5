// SPDX-License-Identifier: MIT
/*
 * Offsets and bits of the 1-gigabit controllers as the models' code uses them; the tables
 * (e1000_82540em.c, e1000_82574.c, igb_tables.c) say which chip has what and how it is
 * accessed. Section numbers: 8254x 13.4, 82574 10.2, 82576 8.x, I210 8.x.
 */
#ifndef SIM_E1000_REGS_H
#define SIM_E1000_REGS_H

enum {
    R_CTRL = 0x00000,
    R_STATUS = 0x00008,
    R_EECD = 0x00010,
    R_EERD = 0x00014,
    R_CTRL_EXT = 0x00018,
    R_MDIC = 0x00020,
    R_VET = 0x00038,
    R_ICR = 0x000c0,
    R_ITR = 0x000c4,
    R_ICS = 0x000c8,
    R_IMS = 0x000d0,
    R_IMC = 0x000d8,
    R_EIAC_82574 = 0x000dc,
    R_IAM = 0x000e0,
    R_IVAR_82574 = 0x000e4,
    R_EITR_82574 = 0x000e8,
    R_RCTL = 0x00100,
    R_FCTTV = 0x00170,
    R_TXCW = 0x00178,
    R_RXCW = 0x00180,
    R_TCTL = 0x00400,
    R_TIPG = 0x00410,
    R_EXTCNF = 0x00f00,
    R_EEMNGCTL = 0x01010,
    R_ICR_IGB = 0x01500,
    R_GPIE = 0x01514,
    R_EICS = 0x01520,
    R_EIMS = 0x01524,
    R_EIMC = 0x01528,
    R_EIAC = 0x0152c,
    R_EIAM = 0x01530,
    R_EICR = 0x01580,
    R_EITR = 0x01680,
    R_IVAR = 0x01700,
    R_IVAR_MISC = 0x01740,
    R_FCRTL = 0x02160,
    R_FCRTH = 0x02168,
    R_RX_LEGACY = 0x02800,
    R_RDTR = 0x02820,
    R_RADV = 0x0282c,
    R_DTXTCPFLGL = 0x0359c,
    R_DTXTCPFLGH = 0x035a0,
    R_TX_LEGACY = 0x03800,
    R_TIDV = 0x03820,
    R_TADV = 0x0382c,
    R_TARC = 0x03840,
    /* statistics, 8254x 13.7 */
    R_CRCERRS = 0x04000,
    R_RXERRC = 0x0400c,
    R_MPC = 0x04010,
    R_HTDPMC = 0x0403c,
    R_RLEC = 0x04040,
    R_XONRXC = 0x04048,
    R_XONTXC = 0x0404c,
    R_XOFFRXC = 0x04050,
    R_XOFFTXC = 0x04054,
    R_FCRUC = 0x04058,
    R_PRC64 = 0x0405c,
    R_GPRC = 0x04074,
    R_BPRC = 0x04078,
    R_MPRC = 0x0407c,
    R_GPTC = 0x04080,
    R_GORCL = 0x04088,
    R_GOTCL = 0x04090,
    R_RNBC = 0x040a0,
    R_RUC = 0x040a4,
    R_ROC = 0x040ac,
    R_TORL = 0x040c0,
    R_TOTL = 0x040c8,
    R_TPR = 0x040d0,
    R_TPT = 0x040d4,
    R_PTC64 = 0x040d8,
    R_MPTC = 0x040f0,
    R_BPTC = 0x040f4,
    R_TSCTC = 0x040f8,
    R_TSCTFC = 0x040fc,
    R_IAC = 0x04100,
    R_RPTHC = 0x04104,
    R_HGPTC = 0x04118,
    R_ICRXDMTC = 0x04120,
    R_HGORCL = 0x04128,
    R_HGOTCL = 0x04130,
    R_PCS_CFG0 = 0x04200,
    R_PCS_LCTL = 0x04208,
    R_PCS_LSTS = 0x0420c,
    R_RXCSUM = 0x05000,
    R_RLPML = 0x05004,
    R_RFCTL = 0x05008,
    R_MTA = 0x05200,
    R_RAL = 0x05400,
    R_RAH = 0x05404,
    R_RA2 = 0x054e0, /* pairs from 16 on, igb */
    R_VFTA = 0x05600,
    R_MRQC = 0x05818,
    R_SWSM = 0x05b50,
    R_SWFW = 0x05b5c,
    R_RETA = 0x05c00,
    R_RSSRK = 0x05c80,
    R_RX_IGB = 0x0c000,
    R_TX_IGB = 0x0e000,
    R_PQGPRC = 0x10010,
    R_PQGPTC = 0x10014,
    R_PQGORC = 0x10018,
    R_PQGOTC = 0x10034,
    R_PQMPRC = 0x10038,
    R_EEC_I210 = 0x12010,
    R_EERD_I210 = 0x12014,
    R_INVM = 0x12120,

    /* inside a ring's block */
    RING_BAL = 0x00,
    RING_BAH = 0x04,
    RING_LEN = 0x08,
    RING_SRRCTL = 0x0c,
    RING_HEAD = 0x10,
    RING_TAIL = 0x18,
    RING_DCTL = 0x28,
    RING_RQDPC = 0x30,
    RING_WBAL = 0x38,
    RING_WBAH = 0x3c,
};

#define CTRL_GIO_DISABLE   (1u << 2) /* PCIe parts */
#define CTRL_LRST          (1u << 3) /* fibre: holds the link in reset */
#define CTRL_SLU           (1u << 6)
#define CTRL_FRCSPD        (1u << 11)
#define CTRL_SIGNAL        (1u << 19) /* fibre: pin 1, light is received */
#define CTRL_RST           (1u << 26)
#define CTRL_RFCE          (1u << 27)
#define CTRL_TFCE          (1u << 28)
#define CTRL_VME           (1u << 30)
#define CTRL_PHY_RST       (1u << 31)

#define STATUS_FD          (1u << 0)
#define STATUS_LU          (1u << 1)
#define STATUS_TXOFF       (1u << 4)
#define STATUS_TBI         (1u << 5)
#define STATUS_SPEED       (3u << 6)
#define STATUS_PHYRA       (1u << 10)
#define STATUS_GIO_ON      (1u << 19)

#define CTRL_EXT_EE_RST    (1u << 13)
#define CTRL_EXT_LINK_MODE (3u << 22)
#define CTRL_EXT_EIAME     (1u << 24) /* 82574 */
#define CTRL_EXT_IAME      (1u << 27)
#define CTRL_EXT_PBA_CLR   (1u << 31)

#define ICR_TXDW           (1u << 0)
#define ICR_TXQE           (1u << 1)
#define ICR_LSC            (1u << 2)
#define ICR_RXDMT0         (1u << 4)
#define ICR_RXO            (1u << 6)
#define ICR_RXT0           (1u << 7)
#define ICR_MDAC           (1u << 9)
#define ICR_RXQ0           (1u << 20) /* 82574 */
#define ICR_TXQ0           (1u << 22)
#define ICR_OTHER          (1u << 24)
#define ICR_ASSERTED       (1u << 31) /* not in the 8254x */

#define RCTL_EN            (1u << 1)
#define RCTL_SBP           (1u << 2)
#define RCTL_UPE           (1u << 3)
#define RCTL_MPE           (1u << 4)
#define RCTL_LPE           (1u << 5)
#define RCTL_LBM           (3u << 6)
#define RCTL_RDMTS(v)      ((v) >> 8 & 3)
#define RCTL_DTYP          (3u << 10)
#define RCTL_MO(v)         ((v) >> 12 & 3)
#define RCTL_BAM           (1u << 15)
#define RCTL_BSIZE(v)      ((v) >> 16 & 3)
#define RCTL_VFE           (1u << 18)
#define RCTL_CFIEN         (1u << 19)
#define RCTL_CFI           (1u << 20)
#define RCTL_DPF           (1u << 22)
#define RCTL_PMCF          (1u << 23)
#define RCTL_BSEX          (1u << 25)
#define RCTL_SECRC         (1u << 26)
#define RCTL_FLXBUF(v)     ((v) >> 27 & 15) /* 82574 */

#define TXCW_ANE           (1u << 31)

#define TCTL_EN            (1u << 1)
#define TCTL_PSP           (1u << 3)
#define TARC_ENABLE        (1u << 10)

#define RXCSUM_IPOFL       (1u << 8)
#define RXCSUM_TUOFL       (1u << 9)
#define RXCSUM_PCSD        (1u << 13)
#define RFCTL_EXSTEN       (1u << 15)

#define RAH_AV             (1u << 31)
#define DCTL_ENABLE        (1u << 25)
#define SRRCTL_DROP        (1u << 31)
#define SRRCTL_DESCTYPE(v) ((v) >> 25 & 7)
#define GPIE_NSICR         (1u << 0)
#define GPIE_MSIX          (1u << 4)
#define GPIE_EIAME         (1u << 30)
#define GPIE_PBA           (1u << 31)
#define IVAR_VALID         0x80u

#endif
