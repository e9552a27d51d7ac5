// SPDX-License-Identifier: MIT
/* What the two halves of transmit share: descriptors to a job, and a job to frames. */
#ifndef SIM_IXGBE_TX_H
#define SIM_IXGBE_TX_H

#include "ixgbe.h"

enum {
    /* command, in the upper byte of a descriptor's third word; the same in both formats */
    CMD_EOP = 1 << 24,
    CMD_IFCS = 1 << 25,
    CMD_IC = 1 << 26, /* legacy only, reserved in advanced */
    CMD_RS = 1 << 27,
    CMD_DEXT = 1 << 29,
    CMD_VLE = 1 << 30,
    DTYP_CONTEXT = 2,
    DTYP_DATA = 3,
    STA_DD = 1,
    POPTS_IXSM = 1 << 8,
    POPTS_TXSM = 1 << 9,
    OLINFO_CC = 1 << 7,
    HEAD_WB_ENABLE = 1,
    MAX_BUFFERS = 40, /* per packet, 7.2.1.1 */
    MIN_PACKET = 17,
};
#define CMD_TSE 0x80000000u

/* Do the lengths of the context lie within the packet? A violation if not. */
bool ixgbe_context_fits(struct sim_nic *nic, const struct ixgbe_job *job);

/* The job's packet, as it is. */
void ixgbe_send_plain(struct sim_nic *nic);

/* The next segment of the job's packet. False: that was the last. */
bool ixgbe_send_segment(struct sim_nic *nic);

#endif
