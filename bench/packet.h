// SPDX-License-Identifier: MIT
//
// The packets of the benchmark: 60 bytes, numbered, every byte predictable.
#ifndef BENCH_PACKET_H
#define BENCH_PACKET_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
    PACKET_SIZE = 60,
    PACKET_HEADER = 14, // Ethernet
    // What requests for checksums take the following bytes for
    PACKET_IP_HEADER = 20,
    PACKET_TCP_HEADER = 20,
    PACKET_BODY = 22,    // after the header and the 8-byte number
    PACKET_TOUCH = 0x80, // what forwarding flips in the first byte
};

static inline void packet_write(uint8_t *data, uint64_t sequence)
{
    static const uint8_t header[PACKET_HEADER] = { 0x02, 0, 0, 0, 0,    0x0A, 0x02,
                                                   0,    0, 0, 0, 0x0B, 0x88, 0xB5 };
    memcpy(data, header, sizeof header);
    memcpy(data + PACKET_HEADER, &sequence, sizeof sequence);
    memset(data + PACKET_BODY, (int)(sequence * 37 & 0xFF), PACKET_SIZE - PACKET_BODY);
}

static inline bool packet_check(const uint8_t *data, uint64_t sequence, bool touched)
{
    uint8_t expected[PACKET_SIZE];
    packet_write(expected, sequence);
    if (touched)
        expected[0] ^= PACKET_TOUCH;
    return memcmp(data, expected, sizeof expected) == 0;
}

// What every forwarding subject does to a packet.
static inline void packet_touch(void *data)
{
    uint8_t volatile *first = data;
    *first = (uint8_t)(*first ^ PACKET_TOUCH);
}

#endif
