// SPDX-License-Identifier: MIT
/* A network peer made of frames by hand, at the other end of a Unix socket wire. */
#ifndef TESTS_HTTP_PACKETS_H
#define TESTS_HTTP_PACKETS_H

#include <stdbool.h>

#include "tests/programs/run.h"

#define PEER_IP 0x0a000001u /* 10.0.0.1 */
#define HOST_IP 0x0a000002u /* 10.0.0.2 */

enum { ICMP = 1, TCP = 6, UDP = 17 };
enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

struct frame {
    uint8_t data[2048];
    size_t len;
};

/* Where the parts of an IPv4 frame without options begin. */
enum { AT_IP = 14, AT_L4 = 34, AT_UDP_DATA = 42, AT_TCP_DATA = 54 };

uint32_t get(const uint8_t *p, unsigned bytes);
void put(uint8_t *p, unsigned bytes, uint32_t value);

/* Open the wire's end `local`, whose other end is `remote`. */
void peer_open(const char *local, const char *remote);
void peer_close(void);
void peer_send(const struct frame *f);
/* The next frame `wanted` accepts, within some seconds. ARP requests for PEER_IP are answered on
 * the way. False: it has not come. */
bool peer_expect(struct frame *f, bool (*wanted)(const struct frame *f), unsigned ms);

/* From PEER_IP to HOST_IP, checksums right: IPv4 with a payload; ICMP echo; UDP; TCP. */
void make_ip(struct frame *f, uint8_t protocol, const void *payload, size_t len);
void make_ping(struct frame *f, uint16_t sequence, size_t len);
void make_udp(struct frame *f, uint32_t from, uint32_t to, uint16_t from_port, uint16_t to_port,
              const void *payload, size_t len);
void make_tcp(struct frame *f, uint16_t port, uint8_t flags, uint32_t seq, uint32_t ack,
              const void *payload, size_t len);
void make_arp_request(struct frame *f, uint32_t ip);
/* Make the checksums of what looks like an IPv4 frame right. */
void fix_sums(struct frame *f);
/* Whether the checksums of an IPv4 frame are right. */
bool sums_right(const struct frame *f);

#endif
