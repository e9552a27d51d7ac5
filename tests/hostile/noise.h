// SPDX-License-Identifier: MIT
/*
 * A device that lies: its registers, its configuration space, its interrupts and what it writes
 * into rings are drawn from a seed. Nothing but the seam is used, so that every driver can be put
 * before it. Time passes only where the driver waits.
 */
#ifndef TESTS_HOSTILE_NOISE_H
#define TESTS_HOSTILE_NOISE_H

#include "lib/core/device.h"

#define NOISE_SPACE 0x20000u

/* How a register answers. */
enum noise_way {
    NOISE_PURE,  /* at random */
    NOISE_ZEROS, /* always 0 */
    NOISE_ONES,  /* all ones but for the lowest bit: not a removed device */
    NOISE_FLIPS, /* what was written, and one read in sixteen at random */
    NOISE_BITS,  /* what was written with one bit changed now and then, ready bits mostly set */
    NOISE_WAYS
};

struct noise {
    uint32_t seed; /* never 0 */
    enum noise_way way;
    uint16_t vendor, device;
    uint64_t bar_size;    /* bytes */
    unsigned long leaves; /* the access from which on the device is gone, 0: it stays */
    unsigned long deaf;   /* from which on its registers read all ones; only they do, 0: never */
    bool cfg_lies;        /* the configuration space is random as well */

    unsigned long accesses; /* of registers and configuration space */
    unsigned long outside;  /* of these, beyond the BAR or not aligned */
    uint32_t highest;       /* offset */
    unsigned long exposed;  /* rings freed while a deaf device was master of the bus */
    uint64_t now;           /* ns */
    unsigned opened, mapped, blocks;
    uint8_t cfg[256];
    uint32_t reg[NOISE_SPACE / 4];
};
extern struct noise noise;

/* A new device of this identity; `seed` decides all it will do. One of virtio has its structures in
 * the last 16 KiB of its BAR 0, and offers what a driver needs. */
void noise_reset(uint16_t vendor, uint16_t device, enum noise_way way, uint32_t seed);
uint32_t noise_random(void);
/* Write at random where the rings lie, as a device might. */
void noise_scribble(void);
int noise_open(const struct ixl_dev_cfg *cfg, struct ixl_device **dev);

#endif
