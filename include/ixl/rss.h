// SPDX-License-Identifier: MIT
/*
 * Receive-side scaling: a Toeplitz hash over addresses and ports picks an entry of a table, the
 * entry names the receive queue. Control operations, as those of feature.h, with the same errors of
 * virtio devices.
 */
#ifndef IXL_RSS_H
#define IXL_RSS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct ixl_device;

#define IXL_RSS_KEY_SIZE  40u
#define IXL_RSS_TABLE_MAX 512u

struct ixl_rss {
    uint8_t key[IXL_RSS_KEY_SIZE];
    uint64_t hash_types;      /* 1 << IXL_RSS_*: what is hashed; other frames go to queue 0 */
    uint64_t supported_types; /* what the device can hash; ignored by ixl_set_rss */
    uint16_t table_size;      /* entries; the device's, a power of two */
    uint16_t table[IXL_RSS_TABLE_MAX]; /* queue for hash % table_size */
};

/* What is in use. -IXL_EINVAL no device or no place for the answer; -IXL_ENOTSUP the device has no
 * such thing. */
int ixl_get_rss(const struct ixl_device *dev, struct ixl_rss *out);

/*
 * Use this key, these types and this table; change what ixl_get_rss gave. table_size 0 leaves the
 * table as it is. Frames that arrive during the change may go by the old or the new setting, or,
 * if the key changes, unhashed to queue 0. Kept, but without effect, while IXL_FEAT_RSS is off.
 * -IXL_ERANGE table_size is not the device's, or an entry names no queue in use; -IXL_ENOTSUP a
 * type the device cannot hash, or no receive-side scaling at all; -IXL_EINVAL; -IXL_ENODEV.
 */
int ixl_set_rss(struct ixl_device *dev, const struct ixl_rss *rss);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
