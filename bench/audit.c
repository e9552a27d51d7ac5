// SPDX-License-Identifier: MIT
#include "audit.h"

#include "packet.h"

#include <stdlib.h>

enum { TABLE_SIZE = 1 << 14 }; // far more than two rings hold

struct audit {
    const char *failure;
    bool touched, checksums;
    uint64_t packets;
    uintptr_t held[TABLE_SIZE]; // buffers the hardware has; open addressing
};

struct audit *audit_create(bool touched, bool checksums)
{
    struct audit *audit = calloc(1, sizeof *audit);
    if (!audit)
        return NULL;
    audit->touched = touched;
    audit->checksums = checksums;
    return audit;
}

void audit_destroy(struct audit *audit)
{
    free(audit);
}

const char *audit_failure(const struct audit *audit)
{
    return audit->failure;
}

bool audit_wants_checksums(const struct audit *audit)
{
    return audit->checksums;
}

uint64_t audit_count(const struct audit *audit)
{
    return audit->packets;
}

void audit_fail(struct audit *audit, const char *reason)
{
    if (!audit->failure)
        audit->failure = reason;
}

static uint32_t home_of(uintptr_t key)
{
    return (uint32_t)((key >> 6) * UINT64_C(0x9E3779B97F4A7C15) >> 50);
}

// The place of that key, or the empty place where it would go.
static uint32_t place_of(const struct audit *audit, uintptr_t key)
{
    uint32_t place = home_of(key) % TABLE_SIZE;
    while (audit->held[place] != 0 && audit->held[place] != key)
        place = (place + 1) % TABLE_SIZE;
    return place;
}

// Takes the entry out and moves up what its absence would hide.
static void erase(struct audit *audit, uint32_t hole)
{
    uint32_t place = hole;
    audit->held[hole] = 0;
    for (;;) {
        place = (place + 1) % TABLE_SIZE;
        uintptr_t key = audit->held[place];
        if (key == 0)
            return;
        audit->held[place] = 0;
        audit->held[place_of(audit, key)] = key;
    }
}

void audit_give(struct audit *audit, const void *buffer)
{
    uint32_t place = place_of(audit, (uintptr_t)buffer);
    if (!buffer)
        audit_fail(audit, "a descriptor without a buffer");
    else if (audit->held[place] != 0)
        audit_fail(audit, "a buffer in two places");
    else
        audit->held[place] = (uintptr_t)buffer;
}

void audit_take_back(struct audit *audit, const void *buffer)
{
    uint32_t place = place_of(audit, (uintptr_t)buffer);
    if (audit->held[place] == 0)
        audit_fail(audit, "a buffer came back that was never given");
    else
        erase(audit, place);
}

void audit_packet(struct audit *audit, const void *data, uint32_t length)
{
    if (length != PACKET_SIZE)
        audit_fail(audit, "a packet of the wrong length");
    else if (!packet_check(data, audit->packets, audit->touched))
        audit_fail(audit, "a packet lost, out of order or damaged");
    audit->packets++;
}
