// SPDX-License-Identifier: MIT
/* Pause frames of 802.3 (annex 31B), as all models obey and send them. */
#ifndef SIM_FLOW_H
#define SIM_FLOW_H

#include "model.h"

struct sim_flow {
    uint64_t halted_until; /* ns: a pause frame keeps the sender silent; 0: none does */
    uint64_t again_at;     /* ns: the partner is to be reminded; 0: it was not asked */
};

/* What the receive buffer's registers ask for. */
struct sim_flow_limits {
    bool on;
    uint32_t high, low; /* bytes waiting: a pause is asked for at `high`, over below `low` */
    bool tell_end;      /* the end of the pause is told, too */
    uint16_t quanta;    /* of 512 bit times */
    unsigned mbps;
    uint32_t ral, rah; /* the station address, first byte in bits 7:0 */
};

enum sim_flow_frame { SIM_FLOW_NONE, SIM_FLOW_XOFF, SIM_FLOW_XON };

/* A pause frame has come; `timer` kicks the sender when it may go on. */
void sim_flow_obey(struct sim_nic *nic, struct sim_flow *flow, const uint8_t *frame, unsigned mbps,
                   unsigned timer);
bool sim_flow_halted(struct sim_nic *nic, const struct sim_flow *flow);

/* A frame was looked at; `taken` bytes of those that wait are gone with it. Send a pause frame if
 * it is time for one: which was sent. */
enum sim_flow_frame sim_flow_watch(struct sim_nic *nic, struct sim_flow *flow,
                                   const struct sim_flow_limits *limits, size_t taken);

#define SIM_FLOW_SIZE 60u /* of a pause frame, without FCS */

#endif
