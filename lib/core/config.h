// SPDX-License-Identifier: MIT
/* From what a caller asked for to a complete configuration. */
#ifndef IXL_CORE_CONFIG_H
#define IXL_CORE_CONFIG_H

#include "lib/core/device.h"

/*
 * Fill *out: the caller's values (user may be NULL), defaults where they are 0, all checked
 * against the header's ranges and the row's limits. rss_key gets the key to use, out->rss_key
 * points to it. -IXL_EINVAL, -IXL_ERANGE; one log line names the field and what it may be.
 */
int ixl_config_complete(const struct ixl_dev_cfg *user, const struct ixl_pci_row *row,
                        struct ixl_dev_cfg *out, uint8_t rss_key[40]);

/* A station address: not zero, not a group's. */
bool ixl_mac_valid(const uint8_t mac[6]);

#endif
