// SPDX-License-Identifier: MIT
#include "flow.h"

#include "bytes.h"

enum { TYPE_AT = 12, OPCODE_AT = 14, QUANTA_AT = 16, OPCODE_PAUSE = 1, MAC_CONTROL = 0x8808 };

static uint64_t quanta_ns(uint16_t quanta, unsigned mbps)
{
    return quanta * 512ull * 1000 / mbps;
}

void sim_flow_obey(struct sim_nic *nic, struct sim_flow *flow, const uint8_t *frame, unsigned mbps,
                   unsigned timer)
{
    uint16_t quanta = sim_get_be16(frame + QUANTA_AT);

    if (sim_get_be16(frame + OPCODE_AT) != OPCODE_PAUSE)
        return;
    flow->halted_until = quanta ? sim_now(nic) + quanta_ns(quanta, mbps) : 0;
    if (quanta) {
        sim_timer_set(nic, timer, flow->halted_until);
    } else {
        sim_timer_cancel(nic, timer);
        sim_kick(nic);
    }
}

bool sim_flow_halted(struct sim_nic *nic, const struct sim_flow *flow)
{
    return flow->halted_until && sim_now(nic) < flow->halted_until;
}

static bool send_pause(struct sim_nic *nic, const struct sim_flow_limits *limits, uint16_t quanta)
{
    uint8_t frame[SIM_FLOW_SIZE] = { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x01 };

    sim_put_le32(frame + 6, limits->ral);
    sim_put_le16(frame + 10, (uint16_t)limits->rah);
    sim_put_be16(frame + TYPE_AT, MAC_CONTROL);
    sim_put_be16(frame + OPCODE_AT, OPCODE_PAUSE);
    sim_put_be16(frame + QUANTA_AT, quanta);
    return sim_send(nic, frame, sizeof(frame));
}

enum sim_flow_frame sim_flow_watch(struct sim_nic *nic, struct sim_flow *flow,
                                   const struct sim_flow_limits *limits, size_t taken)
{
    if (!limits->on) {
        flow->again_at = 0;
        return SIM_FLOW_NONE;
    }
    uint64_t now = sim_now(nic), waiting = sim_rx_waiting(nic) - taken;
    if (waiting >= limits->high && now >= flow->again_at &&
        send_pause(nic, limits, limits->quanta)) {
        flow->again_at = now + quanta_ns(limits->quanta, limits->mbps) / 2 + 1;
        return SIM_FLOW_XOFF;
    }
    if (!flow->again_at || waiting >= limits->low)
        return SIM_FLOW_NONE;
    if (limits->tell_end && !send_pause(nic, limits, 0))
        return SIM_FLOW_NONE;
    flow->again_at = 0;
    return limits->tell_end ? SIM_FLOW_XON : SIM_FLOW_NONE;
}
