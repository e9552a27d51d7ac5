// SPDX-License-Identifier: MIT
/* Receive-side scaling (82574 7.1.11, 82576 7.1.2.8). */
#include "lib/intel/gbe/gbe.h"

#define KEY_WORDS 10u

/* MRQC's bit for a hash type; 0: the generation has none. */
static uint32_t field(const struct gbe_gen *gen, unsigned type)
{
    switch (type) {
    case IXL_RSS_TCP_IPV4:
        return GBE_MRQC_TCP_IPV4;
    case IXL_RSS_IPV4:
        return GBE_MRQC_IPV4;
    case IXL_RSS_TCP_IPV6:
        return gen->rss.tcp_ipv6;
    case IXL_RSS_IPV6:
        return GBE_MRQC_IPV6;
    case IXL_RSS_UDP_IPV4:
        return gen->rss.udp ? GBE_MRQC_UDP_IPV4 : 0;
    case IXL_RSS_UDP_IPV6:
        return gen->rss.udp ? GBE_MRQC_UDP_IPV6 : 0;
    default:
        return 0;
    }
}

uint64_t ixl_gbe_rss_types(const struct gbe_gen *gen)
{
    uint64_t types = 0;
    for (unsigned type = 0; type <= IXL_PTYPE_RSS; type++)
        if (field(gen, type))
            types |= 1ull << type;
    return types;
}

/* Without a type nothing is hashed, and what is not hashed goes to queue 0. */
void ixl_gbe_write_mrqc(struct gbe *g, uint64_t active, uint64_t types)
{
    uint32_t mrqc = g->gen->rss.mode;
    for (unsigned type = 0; type <= IXL_PTYPE_RSS && (active & IXL_FEAT_RSS); type++)
        if (types & 1ull << type)
            mrqc |= field(g->gen, type);
    ixl_write(&g->base, GBE_MRQC, mrqc);
}

/* Byte 4n of the key is bits 7:0 of register n. */
static void write_key(struct ixl_device *dev, const uint8_t *key)
{
    for (unsigned n = 0; n < KEY_WORDS; n++, key += 4)
        ixl_write(dev, GBE_RSSRK(n),
                  (uint32_t)key[0] | (uint32_t)key[1] << 8 | (uint32_t)key[2] << 16 |
                      (uint32_t)key[3] << 24);
}

/* Four entries a register. They may be written while frames arrive (82576 7.1.2.8.4). */
static void write_table(struct gbe *g, const uint16_t *table)
{
    for (unsigned entry = 0; entry < GBE_RETA_ENTRIES; entry += 4) {
        uint32_t val = 0;
        for (unsigned i = 0; i < 4; i++)
            val |= (uint32_t)table[entry + i] << g->gen->rss.shift << 8 * i;
        ixl_write(&g->base, GBE_RETA(entry / 4), val);
    }
}

void ixl_gbe_rss_init(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    if (!g->gen->rss.queues)
        return;
    write_key(dev, dev->set.rss.key);
    write_table(g, dev->set.rss.table);
    ixl_gbe_write_mrqc(g, dev->set.active, dev->set.rss.hash_types);
}

/* Nothing is hashed while the key is half old, half new. */
int ixl_gbe_set_rss(struct ixl_device *dev, const struct ixl_rss *rss)
{
    struct gbe *g = gbe_of(dev);
    if (!ixl_gbe_present(g))
        return -IXL_ENODEV;
    if (memcmp(rss->key, dev->set.rss.key, sizeof(rss->key)) != 0) {
        ixl_gbe_write_mrqc(g, dev->set.active, 0);
        write_key(dev, rss->key);
    }
    write_table(g, rss->table);
    ixl_gbe_write_mrqc(g, dev->set.active, rss->hash_types);
    return 0;
}
