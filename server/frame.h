// SPDX-License-Identifier: MIT
/*
 * The frames of ixl-pktgen: UDP over IPv4, with stream, flow and sequence number at the start of
 * the payload. A stream is one send queue of one generator; a flow is what RSS sees as one.
 */
#ifndef SERVER_FRAME_H
#define SERVER_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_MIN_SIZE 60u
#define FRAME_MAX_SIZE 16000u

/* What differs from flow to flow. */
enum { VARY_SRC_PORT = 1, VARY_DST_PORT = 2, VARY_SRC_IP = 4, VARY_DST_IP = 8 };

struct frame_spec {
    uint8_t dst_mac[6], src_mac[6];
    uint32_t src_ip, dst_ip; /* host byte order */
    uint16_t src_port, dst_port;
    uint16_t size; /* bytes without FCS */
    uint16_t flows;
    unsigned vary;
};

struct frame_id {
    uint16_t stream, flow;
    uint64_t seq; /* counts within the flow */
};

/* A whole frame of flow 0, and the part of its UDP checksum that is the same for all. */
struct frame_template {
    struct frame_spec spec;
    uint32_t base_sum;
    uint8_t data[FRAME_MAX_SIZE];
};

void frame_template_init(struct frame_template *t, const struct frame_spec *spec);
/* Make a copy of the template's data the frame with this identity. */
void frame_stamp(const struct frame_template *t, uint8_t *data, const struct frame_id *id);
/* The identity in a frame; false: it is none of ours. */
bool frame_identify(const uint8_t *data, size_t len, struct frame_id *id);
/*
 * Is it, byte for byte, the frame with this identity? The frame's addresses may not have been
 * changed on the way. `scratch` is a copy of the template's data, changed by the call.
 */
bool frame_intact(const struct frame_template *t, uint8_t *scratch, const uint8_t *data, size_t len,
                  const struct frame_id *id);

#endif
