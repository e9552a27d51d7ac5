// SPDX-License-Identifier: MIT
/* Pause frames (3.7.7): obeyed by MFLCN.RFCE, sent by FCCFG.TFCE. */
#include "ixgbe.h"

#define FLAG (1u << 31) /* FCEN, XONE */
enum { THRESHOLD = 0x7ffe0, TFCE = 3 << 3, TFCE_LINK = 1 << 3 };

static unsigned mbps(const struct ixgbe *st)
{
    return st->link_speed == 3 ? 10000 : 1000;
}

void ixgbe_flow_obey(struct sim_nic *nic, const uint8_t *frame)
{
    struct ixgbe *st = ixgbe(nic);

    sim_flow_obey(nic, &st->flow, frame, mbps(st), TIMER_FLOW);
}

void ixgbe_flow_watch(struct sim_nic *nic, size_t taken)
{
    struct ixgbe *st = ixgbe(nic);
    uint32_t high = *ixgbe_reg(st, R_FCRTH), low = *ixgbe_reg(st, R_FCRTL);
    bool on = (*ixgbe_reg(st, R_FCCFG) & TFCE) == TFCE_LINK;
    const struct sim_flow_limits limits = {
        .on = on && (high & FLAG) && st->link,
        .high = high & THRESHOLD,
        .low = low & THRESHOLD,
        .tell_end = low & FLAG,
        .quanta = (uint16_t)*ixgbe_reg(st, R_FCTTV),
        .mbps = mbps(st),
        .ral = *ixgbe_reg(st, R_RAL),
        .rah = *ixgbe_reg(st, R_RAH),
    };

    enum sim_flow_frame sent = sim_flow_watch(nic, &st->flow, &limits, taken);
    if (sent != SIM_FLOW_NONE)
        ixgbe_count_pause_tx(st, sent == SIM_FLOW_XOFF ? R_LXOFFTXC : R_LXONTXC, SIM_FLOW_SIZE);
}
