// SPDX-License-Identifier: MIT
/* Pause frames (8254x 8.9, 82576 3.5.5): obeyed by CTRL.RFCE, sent by CTRL.TFCE. */
#include "e1000_core.h"

#define FCRTL_XONE (1u << 31)
enum { THRESHOLD = 0x1fff8, FCS_LEN = 4 };

static unsigned mbps(const struct e1k *s)
{
    static const uint16_t speed[4] = { 10, 100, 1000, 1000 };

    return speed[e1k_get(s, R_STATUS) >> 6 & 3];
}

void e1k_flow_obey(struct e1k *s, const uint8_t *frame)
{
    sim_flow_obey(s->nic, &s->flow, frame, mbps(s), E1K_TIMER_FLOW);
}

void e1k_flow_watch(struct e1k *s, size_t taken)
{
    uint32_t low = e1k_get(s, R_FCRTL);
    const struct sim_flow_limits limits = {
        .on = (e1k_get(s, R_CTRL) & CTRL_TFCE) && e1k_link_up(s),
        .high = e1k_get(s, R_FCRTH) & THRESHOLD,
        .low = low & THRESHOLD,
        .tell_end = low & FCRTL_XONE,
        .quanta = (uint16_t)e1k_get(s, R_FCTTV),
        .mbps = mbps(s),
        .ral = e1k_get(s, R_RAL),
        .rah = e1k_get(s, R_RAL + 4),
    };

    enum sim_flow_frame sent = sim_flow_watch(s->nic, &s->flow, &limits, taken);
    if (sent == SIM_FLOW_NONE)
        return;
    /* No good frame of the host's (13.7): of the totals only. */
    e1k_count(s, sent == SIM_FLOW_XOFF ? R_XOFFTXC : R_XONTXC, 1);
    e1k_count(s, R_TPT, 1);
    e1k_count64(s, R_TOTL, SIM_FLOW_SIZE + FCS_LEN);
}
