// SPDX-License-Identifier: MIT
/*
 * What the drivers of this folder assume, and how they read the places where a data sheet says
 * nothing, too little, or two things. The code cites the names; the reasons are here only.
 * Sections of the ixgbe entries are those of the 82599 data sheet unless another is named.
 *
 * Assumptions: things we rely on.
 *
 * ASSUME_RESET_VALUES
 *     After a global reset a register holds the value its table gives. Registers whose reset
 *     value is the wanted one are not written again. Tables whose contents the sheet calls
 *     undefined after reset (RETA, RSSRK, MTA, VFTA, PFUTA, PFVLVF, MPSAR, FTQF, IVAR) are
 *     written in full.
 * ASSUME_PCI_D0
 *     The function is in D0 and its BARs are assigned when the driver gets it; the system's bus
 *     driver or the backend has seen to that.
 * ASSUME_NVM_LINK
 *     Backplane, CX4 and firmware-managed PHYs: the NVM has set up lanes, modes and advertised
 *     abilities for the board (4.6.4.2, AUTOC is loaded from it). The driver restarts the
 *     negotiation and changes nothing else.
 * ASSUME_SDP3_LASER
 *     On SFP+ boards SDP3 drives the module's TX_DISABLE: 0 is light, 1 is dark. The pin's
 *     direction comes from the EEPROM. No sheet says so; every adapter of the kind is built so.
 * ASSUME_I2C_OPTIONAL
 *     An SFP+ cage may be empty or its module mute. Then the link is set up as the EEPROM says.
 *
 * ASSUME_LOAD16
 *     An aligned 16-byte load is one access (x86 processors with AVX say so, earlier ones behave
 *     so), and a device writes back a descriptor as one PCIe write within a cache line: DD and
 *     the rest of the descriptor belong together. A load of 32 bytes is made of such pieces. Only
 *     the receive by SSE2 and AVX2 relies on it; the others read DD first, then the other half.
 * ASSUME_RESET_UNTOUCHED (gigabit families)
 *     A device is left alone for 1 ms after CTRL.RST is set; sheets say 1 us to 10 us.
 * ASSUME_NO_EQUAL_TAGS
 *     VP of the 82599 and later tells that a frame came with a tag, and only RXDCTL.VME tells that
 *     it was taken out. Of frames that arrived while VME changed, one that starts with the tag the
 *     descriptor tells is taken for one that still has it. A frame that came with the same tag
 *     twice is misjudged then; at other times VME is all that counts.
 * ASSUME_COUNT_CRC (igb: 82580, I350, I210)
 *     Octets of a queue include the FCS, as PQGORC and PQGOTC are described; DTXCTL, whose bit
 *     "count CRC" could take it out, is left as the reset leaves it.
 * ASSUME_STATS_READ_IN_TIME (igb)
 *     PQGORC and PQGOTC wrap after 4 GiB, 34 s at 1 Gb/s. Whoever wants the bytes of queues right
 *     reads statistics more often than that; nothing else depends on it.
 * ASSUME_IN_ORDER
 *     Send descriptors of a queue are completed in order (7.2.3.5.1): one DD vouches for all
 *     descriptors before it.
 *
 * ASSUME_DROP_AT_RUN_TIME (82599 8.2.3.8.7, 82576 8.10.2)
 *     SRRCTL belongs to a queue's set-up, but DROP_EN may change while frames come, as it must when
 *     sending pause frames is switched.
 * ASSUME_PAUSE_FORCED
 *     The switches for pause frames (MFLCN and FCCFG, CTRL.RFCE and TFCE) count as they stand where
 *     the MAC does not negotiate itself: what a PHY has negotiated is for software to obey, and we
 *     have PHYs promise no pause frames.
 *
 * Interpretations: what the sheet leaves open.
 *
 * MISSING_LIMIT (4.6.3, 4.6.7, 4.6.8, 5.2.5.3.2)
 *     The sheet demands polling without naming a limit. The limits are the macros below.
 * MISSING_SECRX_ON_FILTER_CHANGE (8.2.3.7.1)
 *     RXCTRL.RXEN is to be 0 while filters change, and RXEN is to be changed only with the
 *     receive path halted (4.6.7). So a filter change at run time halts the path, too.
 * MISSING_TX_QUEUES (8.2.3.9.15)
 *     With DCB and virtualization off MTQC gives the first 64 send queues to the one packet
 *     buffer; the other 64 exist in the other modes only. max_tx is 64.
 * MISSING_RX_QUEUES (7.1.2.8, 8.2.3.7.15)
 *     128 receive queues exist, but a redirection entry has 4 bits (82599, X540) or 6 (X550): no
 *     frame reaches queue 16 (64) and above by RSS alone. max_rx is what RSS can reach.
 * CONTRADICTION_FCRTH (8.2.3.3.4)
 *     RTH's granularity is given as 16 and as 32 bytes. Bits 4:0 are reserved: it is 32, and the
 *     register holds bytes.
 * CONTRADICTION_PB1_7 (4.6.11.3.4, 8.2.3.8.9, 8.2.3.9.13)
 *     Packet buffers 1..7 are to be cleared and are meaningless without DCB. They are cleared.
 * INCORRECT_GPRC (82599 specification update)
 *     GPRC also counts frames that were missed for lack of room. Received frames are the sum of
 *     the queues' QPRC, their bytes of QBRC, which leaves out a stripped FCS.
 * INCORRECT_GPRC_IGB (I210 7.9.5)
 *     GPRC and GORC of igb count a frame before its queue drops it for want of a descriptor.
 *     Received frames are GPRC less RQDPC; the bytes of such frames are counted nowhere, so that a
 *     total of received bytes contains them.
 * INCORRECT_GPTC (82599 specification update)
 *     GPTC and GOTC count the pause frames the MAC itself sends. They are subtracted.
 * MISSING_GOTC_FCS (8.2.3.23)
 *     GOTC counts from destination address through FCS: 4 bytes a frame are subtracted.
 * MISSING_STAT_RACE
 *     Frame and byte counters cannot be read in one go. A total never runs backwards: it keeps
 *     its former value until the counters have caught up.
 * CONTRADICTION_RQDPC (82576 8.10.11, I210)
 *     Drops of a queue are cleared by reading, but on I210 and I211 by writing only: 0 is written.
 * MISSING_QUEUE_COUNTERS (igb)
 *     PQG* count by queue where queues and pools are as many (82580, I350, I210). On the 82576 they
 *     count by virtual function, two queues each; the 82575 has none. Neither reports them.
 * MISSING_EICR_OCD (8.2.3.5.1, GPIE)
 *     With GPIE.OCD a read of EICR clears bits 29:16 only. It is set in every mode, so that a look
 *     at the link never loses a queue's cause; queue causes are cleared by writing ones.
 * MISSING_SEMAPHORE_LIMITS (10.5.4; X540 11.7)
 *     SWSM.SMBI 3.01 s, SWSM.SWESMBI 3 s, a resource 1 s. Whoever holds longer is taken for
 *     dead and dispossessed, and later waits on the same device are short.
 * MISSING_RLPML
 *     Frames longer than configured are dropped by MAXFRS; the per-queue limit stays off.
 */
#ifndef IXL_INTEL_ASSUMPTIONS_H
#define IXL_INTEL_ASSUMPTIONS_H

/* MISSING_LIMIT, microseconds. */
#define IXL_LIMIT_RESET_US          100000u   /* CTRL.RST clears itself */
#define IXL_LIMIT_MASTER_DISABLE_US 100000u   /* a PCIe completion timeout is at most 50 ms here */
#define IXL_LIMIT_QUEUE_US          10000u    /* RXDCTL/TXDCTL.ENABLE follows a write */
#define IXL_LIMIT_RX_HALT_US        40000u    /* SECRXSTAT.SECRX_RDY */
#define IXL_LIMIT_NVM_LOAD_US       1000000u  /* EEC.AUTO_RD, RDRXCTL.DMAIDONE */
#define IXL_LIMIT_NVM_WORD_US       100000u   /* EERD.DONE */
#define IXL_LIMIT_NVM_IMAGE_US      10000000u /* all words read in a row, the whole image */
#define IXL_LIMIT_MDIO_US           10000u    /* MSCA.MDICMD clears itself */

/* MISSING_SEMAPHORE_LIMITS, microseconds. */
#define IXL_LIMIT_SMBI_US           3010000u
#define IXL_LIMIT_SWESMBI_US        3000000u
#define IXL_LIMIT_RESOURCE_US       1000000u
#define IXL_LIMIT_IMPATIENT_US      10000u

#endif
