// SPDX-License-Identifier: MIT
/* Checksums of IPv4 frames: by the device where it can, by software where it cannot. */
#ifndef LWIP_OFFLOAD_H
#define LWIP_OFFLOAD_H

#include <ixl/ixl.h>

/* Add bytes to an Internet checksum in the making; an odd count only in the last piece. */
uint32_t csum_add(uint32_t sum, const uint8_t *bytes, size_t len);
/* Fold it to 16 bits, not inverted. 0xffff: what was added holds a right checksum. */
uint16_t csum_fold(uint32_t sum);
/* The sum of TCP's and UDP's pseudo header for `len` bytes behind the IPv4 header `ip`. */
uint32_t csum_pseudo(const uint8_t *ip, uint8_t protocol, uint16_t len);

/*
 * Prepare a frame of one buffer so that the device fills in its checksums: flags, header lengths,
 * the pseudo header's sum. Frames that are not IPv4 stay as they are, as do the TCP and UDP
 * checksums of fragments and a UDP checksum of 0 (none).
 */
void offload_request(struct pkt_buf *buf);

/* Do in software what the flags ask of the device, and clear them. */
void offload_complete(struct pkt_buf *buf);

#endif
