// SPDX-License-Identifier: MIT
/*
 * Registers of the 82599 (data sheet 331520, chapter 8.2.3) and the X540 (data sheet
 * 515040, chapter 8.2.4) as data, in order of address within each section.
 *
 * R(id, offset, who, kind, reset, writable, count, stride, section)
 *   who   B both, N 82599 only, T X540 only
 *   kind  RO, RW, RC (cleared by reading), RL and RH (the same, halves of 64 bits: low
 *         first), W1 (a one clears), WO (reads are undefined), AL (another address of the
 *         registers at offset `reset`, whose stride is `writable`)
 *   A bit outside `writable` that a write would change is a violation.
 */
#ifndef SIM_IXGBE_REGS_H
#define SIM_IXGBE_REGS_H

#define ALL 0xffffffffu

#define IXGBE_REGS(R)                                                                              \
    R(CTRL, 0x00000, B, RW, 0, 0x0400000c, 1, 4, "8.2.3.1.1")                                      \
    R(CTRL_COPY, 0x00004, B, AL, 0x00000, 4, 1, 4, "8.2.3.1.1")                                    \
    R(STATUS, 0x00008, B, RO, 0, 0, 1, 4, "8.2.3.1.2")                                             \
    R(CTRL_EXT, 0x00018, B, RW, 0, 0x14034000, 1, 4, "8.2.3.1.3")                                  \
    R(ESDP, 0x00020, B, RW, 0x00000004, 0xfcffffff, 1, 4, "8.2.3.1.4")                             \
    R(I2CCTL, 0x00028, B, RW, 0xf, 0xf, 1, 4, "8.2.3.1.5")                                         \
    R(FRTIMER, 0x00048, B, RO, 0, 0, 1, 4, "8.2.3.15")                                             \
    R(TCPTIMER, 0x0004c, B, RW, 0, 0x00000fff, 1, 4, "8.2.3.15")                                   \
    R(LEDCTL, 0x00200, B, RW, 0x05040100, 0xcfcfcfef, 1, 4, "8.2.3.1.6")                           \
    R(MBVFICR, 0x00710, B, W1, 0, ALL, 4, 4, "8.2.3.27")                                           \
    /* interrupts */                                                                               \
    R(MBVFIMR, 0x00720, B, RW, 0, ALL, 2, 4, "8.2.3.27")                                           \
    R(EICR, 0x00800, B, W1, 0, ALL, 1, 4, "8.2.3.5.1")                                             \
    R(EICS, 0x00808, B, WO, 0, ALL, 1, 4, "8.2.3.5.2")                                             \
    R(EIAC, 0x00810, B, RW, 0, 0x7fffffff, 1, 4, "8.2.3.5.5")                                      \
    R(EITR, 0x00820, B, RW, 0, 0xffff8ff8, 24, 4, "8.2.3.5.12")                                    \
    R(EIMS, 0x00880, B, RW, 0, 0x7fffffff, 1, 4, "8.2.3.5.3")                                      \
    R(EIMC, 0x00888, B, WO, 0, ALL, 1, 4, "8.2.3.5.4")                                             \
    R(EIAM, 0x00890, B, RW, 0, 0x7fffffff, 1, 4, "8.2.3.5.6")                                      \
    R(GPIE, 0x00898, B, RW, 0, 0xc000ffff, 1, 4, "8.2.3.5.18")                                     \
    R(IVAR, 0x00900, B, RW, 0, ALL, 64, 4, "8.2.3.5.16")                                           \
    R(IVAR_MISC, 0x00a00, B, RW, 0, 0x0000ffff, 1, 4, "8.2.3.5.17")                                \
    R(EICS_EX, 0x00a90, B, WO, 0, ALL, 2, 4, "8.2.3.5.7")                                          \
    R(EIMS_EX, 0x00aa0, B, RW, 0, ALL, 2, 4, "8.2.3.5.8")                                          \
    R(EIMC_EX, 0x00ab0, B, WO, 0, ALL, 2, 4, "8.2.3.5.9")                                          \
    R(EIAM_EX, 0x00ad0, B, RW, 0, ALL, 2, 4, "8.2.3.5.10")                                         \
    R(EITR_24, 0x12300, B, RW, 0, 0xffff8ff8, 105, 4, "8.2.3.5.12")                                \
    R(PBACL_0, 0x11068, B, W1, 0, ALL, 1, 4, "8.2.3.6.5")                                          \
    R(PBACL, 0x110c4, B, W1, 0, ALL, 7, 4, "8.2.3.6.5")                                            \
    /* receive rings */                                                                            \
    R(RDBAL, 0x01000, B, RW, 0, 0xffffff80, 64, 0x40, "8.2.3.8.1")                                 \
    R(RDBAH, 0x01004, B, RW, 0, ALL, 64, 0x40, "8.2.3.8.2")                                        \
    R(RDLEN, 0x01008, B, RW, 0, 0x000fff80, 64, 0x40, "8.2.3.8.3")                                 \
    R(DCA_RXCTRL, 0x0100c, B, RW, 0x0000a200, 0xff00a2e0, 64, 0x40, "8.2.3.11.1")                  \
    R(RDH, 0x01010, B, RO, 0, 0, 64, 0x40, "8.2.3.8.4")                                            \
    R(SRRCTL, 0x01014, B, RW, 0x00000402, 0x1fc03f1f, 64, 0x40, "8.2.3.8.7")                       \
    R(RDT, 0x01018, B, RW, 0, 0x0000ffff, 64, 0x40, "8.2.3.8.5")                                   \
    R(RXDCTL, 0x01028, B, RW, 0, 0x467fffff, 64, 0x40, "8.2.3.8.6")                                \
    R(RSCCTL, 0x0102c, B, RW, 0, 0x0000000d, 64, 0x40, "8.2.3.8.13")                               \
    R(QPRC, 0x01030, B, RC, 0, 0, 16, 0x40, "8.2.3.23.73")                                         \
    R(QBRC_L, 0x01034, B, RL, 0, 0, 16, 0x40, "8.2.3.23.75")                                       \
    R(QBRC_H, 0x01038, B, RH, 0, 0, 16, 0x40, "8.2.3.23.76")                                       \
    R(QPRDC, 0x01430, B, RC, 0, 0, 16, 0x40, "8.2.3.23.74")                                        \
    R(SRRCTL_OLD, 0x02100, B, AL, 0x01014, 0x40, 16, 4, "8.2.3.8.7")                               \
    R(RTRPT4C, 0x02140, B, RW, 0, ALL, 8, 4, "8.2.3.10")                                           \
    R(DCA_RXCTRL_OLD, 0x02200, B, AL, 0x0100c, 0x40, 16, 4, "8.2.3.11.1")                          \
    R(RQSMR, 0x02300, B, RW, 0, 0x0f0f0f0f, 32, 4, "8.2.3.23.71")                                  \
    R(FCPTRL, 0x02410, B, RW, 0, ALL, 1, 4, "8.2.3.16")                                            \
    R(FCPTRH, 0x02414, B, RW, 0, ALL, 1, 4, "8.2.3.16")                                            \
    R(FCBUFF, 0x02418, B, RW, 0, ALL, 1, 4, "8.2.3.16")                                            \
    R(FCOERPDC, 0x0241c, B, RC, 0, 0, 1, 4, "8.2.3.23")                                            \
    R(FCDMARW, 0x02420, B, RW, 0, ALL, 1, 4, "8.2.3.16")                                           \
    R(FCSTAT, 0x02424, B, RC, 0, 0, 3, 4, "8.2.3.23")                                              \
    R(RTRPCS, 0x02430, B, RW, 0, ALL, 1, 4, "8.2.3.10")                                            \
    R(RDRXCTL, 0x02f00, B, RW, 0x00100888, 0x06bf00a2, 1, 4, "8.2.3.8.8")                          \
    R(PFQDE, 0x02f04, B, RW, 0, ALL, 1, 4, "8.2.3.27")                                             \
    R(RDDCC, 0x02f20, B, RW, 0, ALL, 1, 4, "8.2.3.8")                                              \
    R(RXDSTATCTRL, 0x02f40, B, RW, 0, 0x0000001f, 1, 4, "8.2.3.23")                                \
    R(RXDGPC, 0x02f50, B, RC, 0, 0, 1, 4, "8.2.3.23")                                              \
    R(RXDGBCL, 0x02f54, B, RL, 0, 0, 1, 4, "8.2.3.23")                                             \
    R(RXDGBCH, 0x02f58, B, RH, 0, 0, 1, 4, "8.2.3.23")                                             \
    R(RXDDPC, 0x02f5c, B, RC, 0, 0, 1, 4, "8.2.3.23")                                              \
    R(RXDDBCL, 0x02f60, B, RL, 0, 0, 1, 4, "8.2.3.23")                                             \
    R(RXDDBCH, 0x02f64, B, RH, 0, 0, 1, 4, "8.2.3.23")                                             \
    R(RXCTRL, 0x03000, B, RW, 0, 0x00000001, 1, 4, "8.2.3.8.10")                                   \
    R(RTRUP2TC, 0x03020, B, RW, 0, 0x00ffffff, 1, 4, "8.2.3.10")                                   \
    R(RSCDBU, 0x03028, B, RW, 0x20, 0x000000ff, 1, 4, "8.2.3.8.12")                                \
    R(FCTTV, 0x03200, B, RW, 0, ALL, 4, 4, "8.2.3.3.2")                                            \
    R(FCRTL, 0x03220, B, RW, 0, 0x8007ffe0, 8, 4, "8.2.3.3.3")                                     \
    R(PXON2OFFCNT, 0x03240, B, RC, 0, 0, 8, 4, "8.2.3.23")                                         \
    R(FCRTH, 0x03260, B, RW, 0, 0x8007ffe0, 8, 4, "8.2.3.3.4")                                     \
    R(FCRTV, 0x032a0, B, RW, 0, 0x0000ffff, 1, 4, "8.2.3.3.5")                                     \
    R(RXPBSIZE, 0x03c00, B, RW, 0x00080000, 0x000ffc00, 8, 4, "8.2.3.8.9")                         \
    R(FCCFG, 0x03d00, B, RW, 0, 0x00000018, 1, 4, "8.2.3.3.7")                                     \
    R(PXONTXC, 0x03f00, B, RC, 0, 0, 8, 4, "8.2.3.23")                                             \
    R(PXOFFTXCNT, 0x03f20, B, RC, 0, 0, 8, 4, "8.2.3.23")                                          \
    R(LXONTXC, 0x03f60, B, RC, 0, 0, 1, 4, "8.2.3.23")                                             \
    R(LXOFFTXC, 0x03f68, B, RC, 0, 0, 1, 4, "8.2.3.23")                                            \
    R(RXMPC, 0x03fa0, B, RC, 0, 0, 8, 4, "8.2.3.23.4")                                             \
    /* statistics of the MAC */                                                                    \
    R(CRCERRS, 0x04000, B, RC, 0, 0, 1, 4, "8.2.3.23.1")                                           \
    R(ILLERRC, 0x04004, B, RC, 0, 0, 2, 4, "8.2.3.23.2")                                           \
    R(MSPDC, 0x04010, B, RC, 0, 0, 1, 4, "8.2.3.23")                                               \
    R(MLFC, 0x04034, B, RC, 0, 0, 1, 4, "8.2.3.23.5")                                              \
    R(MRFC, 0x04038, B, RC, 0, 0, 1, 4, "8.2.3.23.6")                                              \
    R(RLEC, 0x04040, B, RC, 0, 0, 1, 4, "8.2.3.23.7")                                              \
    R(PRC, 0x0405c, B, RC, 0, 0, 6, 4, "8.2.3.23")                                                 \
    R(GPRC, 0x04074, B, RC, 0, 0, 1, 4, "8.2.3.23")                                                \
    R(BPRC, 0x04078, B, RC, 0, 0, 1, 4, "8.2.3.23")                                                \
    R(MPRC, 0x0407c, B, RC, 0, 0, 1, 4, "8.2.3.23")                                                \
    R(GPTC, 0x04080, B, RC, 0, 0, 1, 4, "8.2.3.23")                                                \
    R(GORCL, 0x04088, B, RL, 0, 0, 1, 4, "8.2.3.23")                                               \
    R(GORCH, 0x0408c, B, RH, 0, 0, 1, 4, "8.2.3.23")                                               \
    R(GOTCL, 0x04090, B, RL, 0, 0, 1, 4, "8.2.3.23")                                               \
    R(GOTCH, 0x04094, B, RH, 0, 0, 1, 4, "8.2.3.23")                                               \
    R(RUC, 0x040a4, B, RC, 0, 0, 1, 4, "8.2.3.23")                                                 \
    R(RFC, 0x040a8, B, RC, 0, 0, 1, 4, "8.2.3.23")                                                 \
    R(ROC, 0x040ac, B, RC, 0, 0, 1, 4, "8.2.3.23")                                                 \
    R(RJC, 0x040b0, B, RC, 0, 0, 1, 4, "8.2.3.23")                                                 \
    R(MNGPRC, 0x040b4, B, RC, 0, 0, 1, 4, "8.2.3.23")                                              \
    R(MNGPDC, 0x040b8, B, RC, 0, 0, 1, 4, "8.2.3.23")                                              \
    R(TORL, 0x040c0, B, RL, 0, 0, 1, 4, "8.2.3.23")                                                \
    R(TORH, 0x040c4, B, RH, 0, 0, 1, 4, "8.2.3.23")                                                \
    R(TPR, 0x040d0, B, RC, 0, 0, 1, 4, "8.2.3.23")                                                 \
    R(TPT, 0x040d4, B, RC, 0, 0, 1, 4, "8.2.3.23")                                                 \
    R(PTC, 0x040d8, B, RC, 0, 0, 6, 4, "8.2.3.23")                                                 \
    R(MPTC, 0x040f0, B, RC, 0, 0, 1, 4, "8.2.3.23")                                                \
    R(BPTC, 0x040f4, B, RC, 0, 0, 1, 4, "8.2.3.23")                                                \
    R(XEC, 0x04120, B, RC, 0, 0, 1, 4, "8.2.3.23")                                                 \
    R(PXONRXCNT, 0x04140, B, RC, 0, 0, 8, 4, "8.2.3.23")                                           \
    R(PXOFFRXCNT, 0x04160, B, RC, 0, 0, 8, 4, "8.2.3.23")                                          \
    R(LXONRXCNT, 0x041a4, B, RC, 0, 0, 1, 4, "8.2.3.23")                                           \
    R(LXOFFRXCNT, 0x041a8, B, RC, 0, 0, 1, 4, "8.2.3.23")                                          \
    R(RXNFGPC, 0x041b0, B, RC, 0, 0, 1, 4, "8.2.3.23")                                             \
    R(RXNFGBCL, 0x041b4, B, RL, 0, 0, 1, 4, "8.2.3.23")                                            \
    R(RXNFGBCH, 0x041b8, B, RH, 0, 0, 1, 4, "8.2.3.23")                                            \
    /* MAC and link */                                                                             \
    R(PCS1GCFIG, 0x04200, N, RW, 0, 0x40000000, 1, 4, "8.2.3.22.1")                                \
    R(PCS1GLCTL, 0x04208, N, RW, 0x02040000, 0x02040061, 1, 4, "8.2.3.22.2")                       \
    R(PCS1GLSTA, 0x0420c, N, RO, 0, 0, 1, 4, "8.2.3.22.3")                                         \
    R(PCS1GANA, 0x04218, N, RW, 0x000001a0, 0x0000b1a0, 1, 4, "8.2.3.22.4")                        \
    R(PCS1GANLP, 0x0421c, N, RO, 0, 0, 1, 4, "8.2.3.22.5")                                         \
    R(HLREG0, 0x04240, B, RW, 0x08012c0b, 0x18f38407, 1, 4, "8.2.3.22.8")                          \
    R(HLREG1, 0x04244, B, RO, 0x00000010, 0, 1, 4, "8.2.3.22.9")                                   \
    R(MSCA, 0x0425c, B, RW, 0, 0x5fffffff, 1, 4, "8.2.3.22.11")                                    \
    R(MSRWD, 0x04260, B, RW, 0, 0x0000ffff, 1, 4, "8.2.3.22.12")                                   \
    R(MAXFRS, 0x04268, B, RW, 0x05ee0000, 0xffff0000, 1, 4, "8.2.3.22.13")                         \
    R(MFLCN, 0x04294, B, RW, 0, 0x00000fff, 1, 4, "8.2.3.22.34")                                   \
    R(AUTOC, 0x042a0, N, RW, 0xc19d6284, ALL, 1, 4, "8.2.3.22.19")                                 \
    R(LINKS, 0x042a4, B, RO, 0, 0, 1, 4, "8.2.3.22.20")                                            \
    R(AUTOC2, 0x042a8, N, RW, 0x00020000, 0x50070000, 1, 4, "8.2.3.22.22")                         \
    R(ANLP1, 0x042b0, N, RO, 0, 0, 1, 4, "8.2.3.22.23")                                            \
    R(MMNGC, 0x042d0, B, RO, 0, 0, 1, 4, "8.2.3.22.25")                                            \
    R(LINKS2, 0x04324, B, RO, 0, 0, 1, 4, "8.2.3.22.21")                                           \
    R(MACC, 0x04330, B, RW, 0, 0x000e00ff, 1, 4, "8.2.3.22.35")                                    \
    R(CORECTL, 0x14f00, N, RW, 0, 0x0001ffff, 1, 4, "8.2.3.22.36")                                 \
    /* transmit: arbiter, DMA, rings */                                                            \
    R(RTTDCS, 0x04900, B, RW, 0x00c00000, 0x00c00053, 1, 4, "8.2.3.10.8")                          \
    R(RTTDQSEL, 0x04904, B, RW, 0, 0x0000007f, 1, 4, "8.2.3.10.13")                                \
    R(RTTDT1C, 0x04908, B, RW, 0, ALL, 1, 4, "8.2.3.10.14")                                        \
    R(RTTDT2C, 0x04910, B, RW, 0, ALL, 8, 4, "8.2.3.10")                                           \
    R(TXPBTHRESH, 0x04950, B, RW, 0x96, 0x000003ff, 8, 4, "8.2.3.9.16")                            \
    R(RTTBCNRM, 0x04980, B, RW, 0, ALL, 1, 4, "8.2.3.10")                                          \
    R(RTTBCNRC, 0x04984, B, RW, 0, 0x80ffffff, 1, 4, "8.2.3.10.16")                                \
    R(DMATXCTL, 0x04a80, B, RW, 0x81000004, 0xffff000b, 1, 4, "8.2.3.9.2")                         \
    R(DTXTCPFLGL, 0x04a88, B, RW, 0x0ff60ff6, 0x0fff0fff, 1, 4, "8.2.3.9.3")                       \
    R(DTXTCPFLGH, 0x04a8c, B, RW, 0x00000f7f, 0x00000fff, 1, 4, "8.2.3.9.4")                       \
    R(PFMAILBOX, 0x04b00, B, RW, 0, 0x0000001f, 64, 4, "8.2.3.27")                                 \
    R(TDBAL, 0x06000, B, RW, 0, 0xffffff80, 128, 0x40, "8.2.3.9.5")                                \
    R(TDBAH, 0x06004, B, RW, 0, ALL, 128, 0x40, "8.2.3.9.6")                                       \
    R(TDLEN, 0x06008, B, RW, 0, 0x000fff80, 128, 0x40, "8.2.3.9.7")                                \
    R(DCA_TXCTRL, 0x0600c, B, RW, 0x00002a00, 0xff002a20, 128, 0x40, "8.2.3.11.2")                 \
    R(TDH, 0x06010, B, RW, 0, 0x0000ffff, 128, 0x40, "8.2.3.9.8")                                  \
    R(TDT, 0x06018, B, RW, 0, 0x0000ffff, 128, 0x40, "8.2.3.9.9")                                  \
    R(TXDCTL, 0x06028, B, RW, 0, 0x067f7f7f, 128, 0x40, "8.2.3.9.10")                              \
    R(QPTC_OLD, 0x06030, B, AL, 0x08680, 4, 16, 0x40, "8.2.3.23.77")                               \
    R(TDWBAL, 0x06038, B, RW, 0, 0xfffffffd, 128, 0x40, "8.2.3.9.11")                              \
    R(TDWBAH, 0x0603c, B, RW, 0, ALL, 128, 0x40, "8.2.3.9.12")                                     \
    R(DTXMXSZRQ, 0x08100, B, RW, 0x10, 0x00000fff, 1, 4, "8.2.3.9.1")                              \
    R(PFVMVIR, 0x08000, B, RW, 0, ALL, 64, 4, "8.2.3.27")                                          \
    R(PFVFTE, 0x08110, B, RW, 0, ALL, 2, 4, "8.2.3.27")                                            \
    R(MTQC, 0x08120, B, RW, 0, 0x0000000f, 1, 4, "8.2.3.9.15")                                     \
    R(PFVFSPOOF, 0x08200, B, RW, 0, ALL, 8, 4, "8.2.3.27")                                         \
    R(PFDTXGSWC, 0x08220, B, RW, 0, 0x00000001, 1, 4, "8.2.3.27")                                  \
    R(TQSM, 0x08600, B, RW, 0, 0x0f0f0f0f, 32, 4, "8.2.3.23.72")                                   \
    R(QPTC, 0x08680, B, RC, 0, 0, 16, 4, "8.2.3.23.77")                                            \
    R(QBTC_L, 0x08700, B, RL, 0, 0, 16, 8, "8.2.3.23.78")                                          \
    R(QBTC_H, 0x08704, B, RH, 0, 0, 16, 8, "8.2.3.23.79")                                          \
    R(SSVPC, 0x08780, B, RC, 0, 0, 1, 4, "8.2.3.23")                                               \
    R(FCOEPTC, 0x08784, B, RC, 0, 0, 1, 4, "8.2.3.23")                                             \
    R(FCOEDWTC, 0x08788, B, RC, 0, 0, 1, 4, "8.2.3.23")                                            \
    R(TXDGPC, 0x087a0, B, RC, 0, 0, 1, 4, "8.2.3.23")                                              \
    R(TXDGBCL, 0x087a4, B, RL, 0, 0, 1, 4, "8.2.3.23")                                             \
    R(TXDGBCH, 0x087a8, B, RH, 0, 0, 1, 4, "8.2.3.23")                                             \
    R(SECTXCTRL, 0x08800, B, RW, 0x1, 0x00000007, 1, 4, "8.2.3.12.1")                              \
    R(SECTXSTAT, 0x08804, B, RO, 0x1, 0, 1, 4, "8.2.3.12.2")                                       \
    R(SECTXBUFFAF, 0x08808, B, RW, 0x250, 0x000003ff, 1, 4, "8.2.3.12.3")                          \
    R(SECTXMINIFG, 0x08810, B, RW, 0x1, 0x0000ff0f, 1, 4, "8.2.3.12.4")                            \
    R(TSYNCTXCTL, 0x08c00, B, RW, 0, 0x00000010, 1, 4, "8.2.3.26")                                 \
    R(TIMINCA, 0x08c14, B, RW, 0, ALL, 1, 4, "8.2.3.26")                                           \
    R(SECRXCTRL, 0x08d00, B, RW, 0x1, 0x00000003, 1, 4, "8.2.3.12.5")                              \
    R(SECRXSTAT, 0x08d04, B, RO, 0, 0, 1, 4, "8.2.3.12.6")                                         \
    R(RTTUP2TC, 0x0c800, B, RW, 0, 0x00ffffff, 1, 4, "8.2.3.10")                                   \
    R(TXPBSIZE, 0x0cc00, B, RW, 0x00028000, 0x000ffc00, 8, 4, "8.2.3.9.13")                        \
    R(RTTPCS, 0x0cd00, B, RW, 0x04200000, 0xffc00132, 1, 4, "8.2.3.10")                            \
    R(RTTPT2C, 0x0cd20, B, RW, 0, ALL, 8, 4, "8.2.3.10")                                           \
    R(TFCS, 0x0ce00, B, RO, 0, 0, 1, 4, "8.2.3.3.6")                                               \
    R(MNGPTC, 0x0cf90, B, RC, 0, 0, 1, 4, "8.2.3.23")                                              \
    /* receive filters */                                                                          \
    R(RXCSUM, 0x05000, B, RW, 0, 0x00003000, 1, 4, "8.2.3.7.5")                                    \
    R(RFCTL, 0x05008, B, RW, 0, 0x000003e0, 1, 4, "8.2.3.7.6")                                     \
    R(EXVET, 0x05078, B, RW, 0x81000000, 0xffff0000, 1, 4, "8.2.3.7")                              \
    R(FCTRL, 0x05080, B, RW, 0, 0x00000702, 1, 4, "8.2.3.7.1")                                     \
    R(VLNCTRL, 0x05088, B, RW, 0x00008100, 0x7000ffff, 1, 4, "8.2.3.7.2")                          \
    R(MCSTCTRL, 0x05090, B, RW, 0, 0x00000007, 1, 4, "8.2.3.7.3")                                  \
    R(FCRXCTRL, 0x05100, B, RW, 0, ALL, 1, 4, "8.2.3.16")                                          \
    R(FCCRC, 0x05118, B, RC, 0, 0, 1, 4, "8.2.3.23")                                               \
    R(ETQF, 0x05128, B, RW, 0, 0xfdffffff, 8, 4, "8.2.3.7.15")                                     \
    R(PFVMTXSW, 0x05180, B, RW, 0, ALL, 2, 4, "8.2.3.27")                                          \
    R(TSYNCRXCTL, 0x05188, B, RW, 0, 0x0000001e, 1, 4, "8.2.3.26")                                 \
    R(PFVTCTL, 0x051b0, B, RW, 0, 0xe0001f81, 1, 4, "8.2.3.27.1")                                  \
    R(PFVFRE, 0x051e0, B, RW, 0, ALL, 2, 4, "8.2.3.27")                                            \
    R(MTA, 0x05200, B, RW, 0, ALL, 128, 4, "8.2.3.7.7")                                            \
    R(RAL_OLD, 0x05400, B, AL, 0x0a200, 8, 16, 8, "8.2.3.7.8")                                     \
    R(RAH_OLD, 0x05404, B, AL, 0x0a204, 8, 16, 8, "8.2.3.7.9")                                     \
    R(PSRTYPE_OLD, 0x05480, B, AL, 0x0ea00, 4, 16, 4, "8.2.3.7.4")                                 \
    R(WUC, 0x05800, B, RW, 0, 0x0000001f, 1, 4, "8.2.3.24.1")                                      \
    R(WUFC, 0x05808, B, RW, 0, 0x003f80ff, 1, 4, "8.2.3.24.2")                                     \
    R(WUS, 0x05810, B, W1, 0, ALL, 1, 4, "8.2.3.24.3")                                             \
    R(MRQC_OLD, 0x05818, B, AL, 0x0ec80, 4, 1, 4, "8.2.3.7.12")                                    \
    R(MANC, 0x05820, B, RO, 0, 0, 1, 4, "8.2.3.25.4")                                              \
    R(RETA_OLD, 0x05c00, B, AL, 0x0eb00, 4, 32, 4, "8.2.3.7.13")                                   \
    R(RSSRK_OLD, 0x05c80, B, AL, 0x0eb80, 4, 10, 4, "8.2.3.7.14")                                  \
    R(VFTA, 0x0a000, B, RW, 0, ALL, 128, 4, "8.2.3.7.11")                                          \
    R(RAL, 0x0a200, B, RW, 0, ALL, 128, 8, "8.2.3.7.8")                                            \
    R(RAH, 0x0a204, B, RW, 0, 0x8000ffff, 128, 8, "8.2.3.7.9")                                     \
    R(MPSAR, 0x0a600, B, RW, 0, ALL, 256, 4, "8.2.3.7.10")                                         \
    R(RDBAL_64, 0x0d000, B, RW, 0, 0xffffff80, 64, 0x40, "8.2.3.8.1")                              \
    R(RDBAH_64, 0x0d004, B, RW, 0, ALL, 64, 0x40, "8.2.3.8.2")                                     \
    R(RDLEN_64, 0x0d008, B, RW, 0, 0x000fff80, 64, 0x40, "8.2.3.8.3")                              \
    R(DCA_RXCTRL_64, 0x0d00c, B, RW, 0x0000a200, 0xff00a2e0, 64, 0x40, "8.2.3.11.1")               \
    R(RDH_64, 0x0d010, B, RO, 0, 0, 64, 0x40, "8.2.3.8.4")                                         \
    R(SRRCTL_64, 0x0d014, B, RW, 0x00000402, 0x1fc03f1f, 64, 0x40, "8.2.3.8.7")                    \
    R(RDT_64, 0x0d018, B, RW, 0, 0x0000ffff, 64, 0x40, "8.2.3.8.5")                                \
    R(RXDCTL_64, 0x0d028, B, RW, 0, 0x467fffff, 64, 0x40, "8.2.3.8.6")                             \
    R(RSCCTL_64, 0x0d02c, B, RW, 0, 0x0000000d, 64, 0x40, "8.2.3.8.13")                            \
    R(SAQF, 0x0e000, B, RW, 0, ALL, 128, 4, "8.2.3.7.16")                                          \
    R(DAQF, 0x0e200, B, RW, 0, ALL, 128, 4, "8.2.3.7.17")                                          \
    R(SDPQF, 0x0e400, B, RW, 0, ALL, 128, 4, "8.2.3.7.18")                                         \
    R(FTQF, 0x0e600, B, RW, 0, ALL, 128, 4, "8.2.3.7.19")                                          \
    R(L34TIMIR, 0x0e800, B, RW, 0, 0x0ff7ffff, 128, 4, "8.2.3.7.20")                               \
    R(PSRTYPE, 0x0ea00, B, RW, 0, 0xe0001330, 64, 4, "8.2.3.7.4")                                  \
    R(RETA, 0x0eb00, B, RW, 0, 0x0f0f0f0f, 32, 4, "8.2.3.7.13")                                    \
    R(RSSRK, 0x0eb80, B, RW, 0, ALL, 10, 4, "8.2.3.7.14")                                          \
    R(ETQS, 0x0ec00, B, RW, 0, 0xa07f7f00, 8, 4, "8.2.3.7.21")                                     \
    R(SYNQF, 0x0ec30, B, RW, 0, 0x800000ff, 1, 4, "8.2.3.7.22")                                    \
    R(MRQC, 0x0ec80, B, RW, 0, 0xffff000f, 1, 4, "8.2.3.7.12")                                     \
    R(FCRECTL, 0x0ed00, B, RW, 0, 0x00000001, 1, 4, "8.2.3.16")                                    \
    R(FCRETA, 0x0ed10, B, RW, 0, 0x0000007f, 8, 4, "8.2.3.16")                                     \
    R(FDIRCTRL, 0x0ee00, B, RW, 0, 0xff0ff7ff, 1, 4, "8.2.3.17")                                   \
    R(FDIRSTAT, 0x0ee50, B, RC, 0, 0, 4, 4, "8.2.3.23")                                            \
    R(FDIRKEYS, 0x0ee68, B, RW, 0, ALL, 2, 4, "8.2.3.17")                                          \
    R(PFVML2FLT, 0x0f000, B, RW, 0, 0x1f800000, 64, 4, "8.2.3.27")                                 \
    R(PFVLVF, 0x0f100, B, RW, 0, 0x80000fff, 64, 4, "8.2.3.27")                                    \
    R(PFVLVFB, 0x0f200, B, RW, 0, ALL, 128, 4, "8.2.3.27")                                         \
    R(PFUTA, 0x0f400, B, RW, 0, ALL, 128, 4, "8.2.3.27")                                           \
    /* EEPROM, semaphores, PCI Express */                                                          \
    R(EEC, 0x10010, B, RW, 0x00002710, 0x0080007f, 1, 4, "8.2.3.2.1")                              \
    R(EERD, 0x10014, B, RW, 0, ALL, 1, 4, "8.2.3.2.2")                                             \
    R(EEWR, 0x10018, T, RW, 0, ALL, 1, 4, "8.2.4.2 (X540)")                                        \
    R(FLA, 0x1001c, B, RW, 0x00000a00, ALL, 1, 4, "8.2.3.2.3")                                     \
    R(EEMNGCTL, 0x10110, N, RO, 0x00040000, 0, 1, 4, "8.2.3.2.4")                                  \
    R(SWSM, 0x10140, B, RW, 0, 0x00000007, 1, 4, "8.2.3.4.8")                                      \
    R(FWSM, 0x10148, B, RO, 0x00008040, 0, 1, 4, "8.2.3.4.9")                                      \
    R(FACTPS, 0x10150, B, RO, 0x00000004, 0, 1, 4, "8.2.3.4.7")                                    \
    R(SW_FW_SYNC, 0x10160, B, RW, 0, 0x8000001f, 1, 4, "8.2.3.4.10")                               \
    R(GRC, 0x10200, B, RW, 0, 0x00000003, 1, 4, "8.2.3.25")                                        \
    R(GCR, 0x11000, B, RW, 0, ALL, 1, 4, "8.2.3.4.1")                                              \
    R(GCR_EXT, 0x11050, B, RW, 0, 0xc0000013, 1, 4, "8.2.3.4.12")                                  \
    R(DCA_ID, 0x11070, B, RO, 0, 0, 1, 4, "8.2.3.11.3")                                            \
    R(DCA_CTRL, 0x11074, B, RW, 0x1, 0x0000001f, 1, 4, "8.2.3.11.4")                               \
    R(PFMBMEM, 0x13000, B, RW, 0, ALL, 1024, 4, "8.2.3.27")                                        \
    R(HICR, 0x15f00, B, RO, 0, 0, 1, 4, "8.2.3.25")

/* Byte offsets, R_..., and places in the table, I_... */
#define IXGBE_OFFSET(id, off, who, kind, reset, wr, n, stride, sec) R_##id = off,
#define IXGBE_INDEX(id, off, who, kind, reset, wr, n, stride, sec)  I_##id,
enum { IXGBE_REGS(IXGBE_OFFSET) };
enum { IXGBE_REGS(IXGBE_INDEX) IXGBE_REG_COUNT };

#endif
