// SPDX-License-Identifier: MIT
/*
 * Receive addresses and multicast tables, which are alike in all families (8254x 13.5.2 to 13.5.4,
 * 82599 8.2.3.7.7 to 8.2.3.7.9): pairs of registers whose second half ends with a valid bit, and a
 * table of bits picked by the last bits of a group's address. And figures for pause frames.
 */
#ifndef IXL_INTEL_FILTER_H
#define IXL_INTEL_FILTER_H

#include "lib/core/device.h"

#define IXL_RAH_AV       (1u << 31)

/* A pause asked for lasts as long as it can, in units of 512 bit times; its end is told. */
#define IXL_PAUSE_QUANTA 0xffffu

/* Bytes that still come after a pause was asked for (802.3 annex 31B, 100 m of cable): a frame of
 * ours in front of the pause frame, one of theirs, and what they send for 60 quanta and on its way.
 * `frame` is the longest, with FCS. */
static inline uint32_t ixl_intel_pause_reserve(uint32_t frame)
{
    return 2 * frame + 60 * 512 / 8 + 1024;
}

/* With several queues a full one drops its frames: it must not block the others. Unless nothing is
 * to be lost: then the other end is asked to wait. */
static inline bool ixl_intel_drops_when_full(const struct ixl_device *dev, uint64_t active)
{
    return dev->num_rx > 1 && !(active & IXL_FEAT_TX_PAUSE);
}

/* The first byte on the wire in bits 7:0. */
static inline uint32_t ixl_intel_mac_low(const uint8_t mac[6])
{
    return (uint32_t)mac[0] | (uint32_t)mac[1] << 8 | (uint32_t)mac[2] << 16 |
           (uint32_t)mac[3] << 24;
}

static inline uint32_t ixl_intel_mac_high(const uint8_t mac[6])
{
    return (uint32_t)mac[4] | (uint32_t)mac[5] << 8 | IXL_RAH_AV;
}

/* The pairs from register `first` on hold the further addresses and nothing else. A pair that
 * holds what it should is left alone, so that its address is heard throughout; another one is
 * invalid while its first half changes. */
static inline void ixl_intel_write_macs(struct ixl_device *dev, uint32_t first, unsigned pairs,
                                        const struct ixl_settings *set)
{
    for (unsigned i = 0; i < pairs; i++) {
        bool used = i < set->n_macs;
        uint32_t reg = first + 8 * i, low = used ? ixl_intel_mac_low(set->macs[i]) : 0;
        uint32_t high = used ? ixl_intel_mac_high(set->macs[i]) : 0;
        if (ixl_read(dev, reg) == low && ixl_read(dev, reg + 4) == high)
            continue;
        ixl_write(dev, reg + 4, 0);
        ixl_write(dev, reg, low);
        ixl_write(dev, reg + 4, high);
    }
}

/* 128 words are picked by bits 47:36 of the address, 32 words by bits 47:38: RCTL.MO and
 * MCSTCTRL.MO are 0. */
static inline void ixl_intel_hash_groups(uint32_t table[128], unsigned words,
                                         const struct ixl_settings *set)
{
    for (unsigned i = 0; i < 128; i++)
        table[i] = 0;
    for (unsigned i = 0; i < set->n_groups; i++) {
        const uint8_t *group = set->groups[i];
        uint32_t hash = ((uint32_t)group[4] | (uint32_t)group[5] << 8) >> (words == 128 ? 4 : 6);
        table[hash / 32] |= 1u << hash % 32;
    }
}

/* Each word is written once, so that a group in both lists is never missed. */
static inline void ixl_intel_write_groups(struct ixl_device *dev, uint32_t first, unsigned words,
                                          const struct ixl_settings *set)
{
    uint32_t table[128];
    ixl_intel_hash_groups(table, words, set);
    for (unsigned i = 0; i < words && i < 128; i++)
        ixl_write(dev, first + 4 * i, table[i]);
}

#endif
