// SPDX-License-Identifier: MIT
/*
 * What every NIC has to know of a frame's contents: headers, checksums, the
 * Toeplitz hash, the FCS, segmentation. Pure functions over bytes; any input is safe.
 */
#ifndef SIM_PACKET_H
#define SIM_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sim_l4 { SIM_L4_NONE, SIM_L4_TCP, SIM_L4_UDP, SIM_L4_SCTP };

/* Offsets are from the start of the frame and valid only where the flag says so. */
struct sim_packet {
    uint16_t ethertype; /* behind VLAN tags; < 0x600 for 802.3 */
    bool vlan;          /* an outer 0x8100 tag is present */
    uint16_t vlan_tci;
    unsigned l2_len; /* MAC header with VLAN tags */
    bool ipv4, ipv6;
    bool ipv4_options, ipv6_ext;
    bool fragment;           /* any IP fragment, the first included */
    unsigned l3_off, l3_len; /* l3_len with options or extension headers */
    unsigned ip_end;         /* end of the IP packet by its own length field (padding excluded) */
    enum sim_l4 l4;          /* NONE for fragments, and for headers that are cut off */
    unsigned l4_off, l4_len;
    bool ip_csum_ok;      /* IPv4 header */
    bool l4_csum_present; /* false: UDP with checksum 0 */
    bool l4_csum_ok;      /* TCP, UDP; SCTP is never verified (false) */
};

/* Dissect without looking at checksums of the payload. */
void sim_packet_parse(struct sim_packet *p, const uint8_t *frame, size_t len);
/* Fill in the three checksum results of a parsed frame. */
void sim_packet_verify(struct sim_packet *p, const uint8_t *frame);

/* The Internet checksum: a running sum (start with 0), and its final folded complement. */
uint32_t sim_csum_add(uint32_t sum, const uint8_t *data, size_t len);
uint16_t sim_csum_fold(uint32_t sum);

/* Toeplitz hash of `len` (at most 36) input bytes under a key of 40 bytes. */
uint32_t sim_toeplitz(const uint8_t key[40], const uint8_t *input, size_t len);

/* Ethernet frame check sequence over the frame; it is sent least significant byte first. */
uint32_t sim_fcs(const uint8_t *frame, size_t len);

#endif
