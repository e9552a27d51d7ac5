// SPDX-License-Identifier: MIT
/* Statistics of the 82599, X540 and X550 families, all 8.2.3.23 RC, in address order. */
#ifndef IXL_INTEL_IXGBE_STAT_REGS_H
#define IXL_INTEL_IXGBE_STAT_REGS_H

#define IXGBE_LXONTXC    0x03f60u
#define IXGBE_LXOFFTXC   0x03f68u
#define IXGBE_RXMPC0     0x03fa0u
#define IXGBE_CRCERRS    0x04000u
#define IXGBE_ILLERRC    0x04004u
#define IXGBE_ERRBC      0x04008u
#define IXGBE_MSPDC      0x04010u
#define IXGBE_MLFC       0x04034u
#define IXGBE_MRFC       0x04038u
#define IXGBE_RLEC       0x04040u
#define IXGBE_PRC64      0x0405cu
#define IXGBE_PRC127     0x04060u
#define IXGBE_PRC255     0x04064u
#define IXGBE_PRC511     0x04068u
#define IXGBE_PRC1023    0x0406cu
#define IXGBE_PRC1522    0x04070u
#define IXGBE_GPRC       0x04074u
#define IXGBE_BPRC       0x04078u
#define IXGBE_MPRC       0x0407cu
#define IXGBE_GPTC       0x04080u
#define IXGBE_GORCL      0x04088u
#define IXGBE_GOTCL      0x04090u
#define IXGBE_RUC        0x040a4u
#define IXGBE_RFC        0x040a8u
#define IXGBE_ROC        0x040acu
#define IXGBE_RJC        0x040b0u
#define IXGBE_MNGPRC     0x040b4u
#define IXGBE_MNGPDC     0x040b8u
#define IXGBE_TORL       0x040c0u
#define IXGBE_TPR        0x040d0u
#define IXGBE_TPT        0x040d4u
#define IXGBE_PTC64      0x040d8u
#define IXGBE_PTC127     0x040dcu
#define IXGBE_PTC255     0x040e0u
#define IXGBE_PTC511     0x040e4u
#define IXGBE_PTC1023    0x040e8u
#define IXGBE_PTC1522    0x040ecu
#define IXGBE_MPTC       0x040f0u
#define IXGBE_BPTC       0x040f4u
#define IXGBE_XEC        0x04120u
#define IXGBE_LXONRXCNT  0x041a4u
#define IXGBE_LXOFFRXCNT 0x041a8u
#define IXGBE_RXNFGPC    0x041b0u
#define IXGBE_RXNFGBCL   0x041b4u
#define IXGBE_MNGPTC     0x0cf90u

#endif
