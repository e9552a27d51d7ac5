// SPDX-License-Identifier: MIT
/*
 * What can be changed while a device runs: what a driver's device is capable of, and what is
 * wanted of it now. The settings survive a reset: `start` programs the device from them.
 */
#ifndef IXL_CORE_SETTINGS_H
#define IXL_CORE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include <ixl/ixl.h>

#define IXL_MAX_MACS 127u

/* What a device is capable of; all 0: nothing of the kind. */
struct ixl_caps {
    uint64_t supported;   /* IXL_FEAT_*, without promiscuous, jumbo and MSI-X, which core adds */
    uint64_t changeable;  /* of these, by set_features */
    uint64_t together;    /* one switch */
    uint64_t rss_types;   /* 1 << IXL_RSS_* */
    uint16_t rss_entries; /* of the redirection table; 0: no RSS */
    uint16_t rss_queues;  /* an entry can name */
    uint16_t macs;        /* further station addresses */
    bool groups;          /* a multicast filter */
};

/* Written by core's control functions, read by drivers. */
struct ixl_settings {
    uint64_t active; /* features, changeable or not; without jumbo and MSI-X */
    struct ixl_rss rss;
    unsigned n_macs, n_groups;
    uint8_t macs[IXL_MAX_MACS][6];
    uint8_t groups[IXL_MAX_GROUPS][6];
    uint32_t vlans[4096 / 32];   /* a bit for each id */
    uint32_t moderation_us[129]; /* of each receive vector; the driver rounds it */
};

static inline bool ixl_wants(const struct ixl_settings *set, uint64_t feature)
{
    return (set->active & feature) != 0;
}

/* The first settings of a device, from its configuration. Before its first start. */
struct ixl_device;
void ixl_settings_init(struct ixl_device *dev);

#endif
