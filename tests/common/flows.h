// SPDX-License-Identifier: MIT
/* Frames with IP in them, with correct checksums. */
#ifndef TESTS_COMMON_FLOWS_H
#define TESTS_COMMON_FLOWS_H

#include "tests/common/stage.h"

#define FLOW_FRAME 80u /* bytes of each */
enum { PROTO_TCP = 6, PROTO_UDP = 17 };

struct flow {
    bool v6;
    uint8_t proto;
    uint8_t src[16], dst[16]; /* the first four for IPv4 */
    uint16_t sport, dport;
};

/* Sends one frame of the flow to the station on queue 0. */
void flow_send(struct stage *s, const struct flow *flow);
/* The next frame of any receive queue, whose number goes to *queue. */
struct pkt_buf *flow_await(struct stage *s, uint16_t *queue);

#endif
