// SPDX-License-Identifier: MIT
/* Receive side scaling (7.1.2.8, 4.6.10.1): a Toeplitz hash picks the receive queue. */
#include "lib/intel/ixgbe/ixgbe.h"

#define KEY_WORDS       10u
#define ENTRIES_IN_RETA 128u

/* MRQC's bit for each of IXL_RSS_*. */
static const uint32_t hash_type[] = {
    [IXL_RSS_TCP_IPV4] = IXGBE_MRQC_TCP_IPV4, [IXL_RSS_IPV4] = IXGBE_MRQC_IPV4,
    [IXL_RSS_TCP_IPV6] = IXGBE_MRQC_TCP_IPV6, [IXL_RSS_IPV6] = IXGBE_MRQC_IPV6,
    [IXL_RSS_UDP_IPV4] = IXGBE_MRQC_UDP_IPV4, [IXL_RSS_UDP_IPV6] = IXGBE_MRQC_UDP_IPV6,
};
#define HASH_TYPES (sizeof(hash_type) / sizeof(hash_type[0]))

uint64_t ixl_ixgbe_rss_types(void)
{
    uint64_t types = 0;

    for (unsigned i = 0; i < HASH_TYPES; i++)
        if (hash_type[i])
            types |= 1ull << i;
    return types;
}

/* Without a type nothing is hashed, and what is not hashed goes to queue 0. */
void ixl_ixgbe_write_mrqc(struct ixl_device *dev, uint64_t active, uint64_t types)
{
    uint32_t mrqc = IXGBE_MRQC_RSS;

    for (unsigned i = 0; i < HASH_TYPES && (active & IXL_FEAT_RSS); i++)
        if (types & 1ull << i)
            mrqc |= hash_type[i];
    ixl_write(dev, IXGBE_MRQC, mrqc);
}

/* 8.2.3.7.14: byte 4n of the key is bits 7:0 of register n. */
static void write_key(struct ixl_device *dev, const uint8_t *key)
{
    for (unsigned n = 0; n < KEY_WORDS; n++, key += 4)
        ixl_write(dev, IXGBE_RSSRK(n),
                  (uint32_t)key[0] | (uint32_t)key[1] << 8 | (uint32_t)key[2] << 16 |
                      (uint32_t)key[3] << 24);
}

/* Four entries a register. They may be written while frames arrive (7.1.2.8.3). */
static void write_table(struct ixgbe *ix, const uint16_t *table)
{
    struct ixl_device *dev = &ix->base;

    for (unsigned entry = 0; entry < ix->gen->reta_entries; entry += 4) {
        uint32_t val = 0;
        for (unsigned i = 0; i < 4; i++)
            val |= (uint32_t)table[entry + i] << 8 * i;
        if (entry < ENTRIES_IN_RETA)
            ixl_write(dev, IXGBE_RETA(entry / 4), val);
        else
            ixl_write(dev, IXGBE_ERETA((entry - ENTRIES_IN_RETA) / 4), val);
    }
}

/* With one queue as well: the hash is in the descriptors then, too. */
void ixl_ixgbe_rss_init(struct ixgbe *ix)
{
    struct ixl_device *dev = &ix->base;

    write_key(dev, dev->set.rss.key);
    write_table(ix, dev->set.rss.table);
    ixl_ixgbe_write_mrqc(dev, dev->set.active, dev->set.rss.hash_types);
}

/* Nothing is hashed while the key is half old, half new. */
int ixl_ixgbe_set_rss(struct ixl_device *dev, const struct ixl_rss *rss)
{
    struct ixgbe *ix = ixgbe_of(dev);

    if (!ixl_ixgbe_present(ix))
        return -IXL_ENODEV;
    if (memcmp(rss->key, dev->set.rss.key, sizeof(rss->key)) != 0) {
        ixl_ixgbe_write_mrqc(dev, dev->set.active, 0);
        write_key(dev, rss->key);
    }
    write_table(ix, rss->table);
    ixl_ixgbe_write_mrqc(dev, dev->set.active, rss->hash_types);
    return 0;
}
