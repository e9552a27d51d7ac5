// SPDX-License-Identifier: MIT
/*
 * The statistics block (13.7; 82576 8.19). Hardware counters are 32 or 64 bits wide, clear when
 * they are read and stick at their largest value; here are their 64-bit sums.
 */
#include "lib/intel/gbe/gbe.h"
#include "lib/intel/ring.h"

#define FCS 4u

/* Words of the block that are looked at for more than their name. */
enum { MPC = 4, GPRC = 29, GPTC = 32, GORC = 34, GOTC = 36, RNBC = 40 };

/* In address order from 4000h. A wide counter is read low half first; the high half clears both. */
static const struct counter {
    const char *name;
    uint8_t word; /* of GBE_STAT */
    bool wide;
    uint8_t part; /* GBE_COUNT_*, 0: all have it */
} counters[] = {
    { "rx_crc_errors", 0, false, 0 },
    { "rx_alignment_errors", 1, false, 0 },
    { "rx_symbol_errors", 2, false, 0 },
    { "rx_phy_errors", 3, false, 0 },
    { "rx_missed", MPC, false, 0 },
    { "tx_single_collisions", 5, false, GBE_COUNT_HALF },
    { "tx_excessive_collisions", 6, false, GBE_COUNT_HALF },
    { "tx_multiple_collisions", 7, false, GBE_COUNT_HALF },
    { "tx_late_collisions", 8, false, GBE_COUNT_HALF },
    { "tx_collisions", 10, false, GBE_COUNT_HALF },
    { "tx_deferred", 12, false, GBE_COUNT_HALF },
    { "tx_no_carrier", 13, false, GBE_COUNT_TNCRS },
    { "rx_sequence_errors", 14, false, GBE_COUNT_8254X },
    { "rx_carrier_extension_errors", 15, false, GBE_COUNT_8254X },
    { "tx_discarded", 15, false, GBE_COUNT_HOST },
    { "rx_size_errors", 16, false, 0 },
    { "rx_xon", 18, false, 0 },
    { "tx_xon", 19, false, 0 },
    { "rx_xoff", 20, false, 0 },
    { "tx_xoff", 21, false, 0 },
    { "rx_pause_unsupported", 22, false, 0 },
    { "rx_64", 23, false, GBE_COUNT_SIZES },
    { "rx_65_127", 24, false, GBE_COUNT_SIZES },
    { "rx_128_255", 25, false, GBE_COUNT_SIZES },
    { "rx_256_511", 26, false, GBE_COUNT_SIZES },
    { "rx_512_1023", 27, false, GBE_COUNT_SIZES },
    { "rx_1024_max", 28, false, GBE_COUNT_SIZES },
    { "rx_good", GPRC, false, 0 },
    { "rx_broadcast", 30, false, 0 },
    { "rx_multicast", 31, false, 0 },
    { "tx_good", GPTC, false, 0 },
    { "rx_good_octets", GORC, true, 0 },
    { "tx_good_octets", GOTC, true, 0 },
    { "rx_no_buffer", RNBC, false, 0 },
    { "rx_undersize", 41, false, 0 },
    { "rx_fragments", 42, false, 0 },
    { "rx_oversize", 43, false, 0 },
    { "rx_jabber", 44, false, 0 },
    { "rx_management", 45, false, GBE_COUNT_MNG },
    { "rx_management_dropped", 46, false, GBE_COUNT_MNG },
    { "tx_management", 47, false, GBE_COUNT_MNG },
    { "rx_total_octets", 48, true, 0 },
    { "tx_total_octets", 50, true, 0 },
    { "rx_total", 52, false, 0 },
    { "tx_total", 53, false, 0 },
    { "tx_64", 54, false, GBE_COUNT_SIZES },
    { "tx_65_127", 55, false, GBE_COUNT_SIZES },
    { "tx_128_255", 56, false, GBE_COUNT_SIZES },
    { "tx_256_511", 57, false, GBE_COUNT_SIZES },
    { "tx_512_1023", 58, false, GBE_COUNT_SIZES },
    { "tx_1024_max", 59, false, GBE_COUNT_SIZES },
    { "tx_multicast", 60, false, 0 },
    { "tx_broadcast", 61, false, 0 },
    { "tx_segmented", 62, false, 0 },
    { "tx_segmented_failed", 63, false, GBE_COUNT_8254X },
    { "rx_to_host", 65, false, GBE_COUNT_HOST },
    { "tx_from_host", 70, false, GBE_COUNT_HOST },
    { "rx_to_host_octets", 74, true, GBE_COUNT_HOST },
    { "tx_from_host_octets", 76, true, GBE_COUNT_HOST },
    { "rx_length_errors", 78, false, GBE_COUNT_HOST },
};
#define COUNTERS (sizeof(counters) / sizeof(counters[0]))

/* A part without a counter has another register there, or nothing. */
static bool has(const struct gbe *g, const struct counter *c)
{
    return c->part == 0 || (g->gen->counts & c->part);
}

static uint64_t read_counter(struct gbe *g, const struct counter *c)
{
    uint64_t val = ixl_read(&g->base, GBE_STAT(c->word));
    return c->wide ? val | (uint64_t)ixl_read(&g->base, GBE_STAT(c->word + 1u)) << 32 : val;
}

/* Backwards, so that octets come before the frames whose FCS is subtracted from them: see
 * sum_bytes. */
static void read_all(struct gbe *g, uint64_t now[GBE_STAT_WORDS])
{
    for (unsigned i = COUNTERS; i-- > 0;)
        if (has(g, &counters[i]))
            now[counters[i].word] = read_counter(g, &counters[i]);
}

/* The first reading is of former times: their values are unknown after power on (13.7). */
int ixl_gbe_stats_init(struct gbe *g)
{
    uint64_t former[GBE_STAT_WORDS];
    read_all(g, former);
    return 0;
}

/* Octets are counted from destination address through FCS. Of a frame that came between the
 * readings of both registers too much is subtracted for now: a total waits then, as it never runs
 * backwards (MISSING_STAT_RACE). */
static void sum_bytes(uint64_t *bytes, uint64_t octets, uint64_t frames)
{
    if (octets > frames * FCS && octets - frames * FCS > *bytes)
        *bytes = octets - frames * FCS;
}

/* A removed device counts in all ones: nothing is added unless it is there afterwards. */
int ixl_gbe_update_stats(struct ixl_device *dev)
{
    struct gbe *g = gbe_of(dev);
    uint64_t now[GBE_STAT_WORDS] = { 0 };

    read_all(g, now);
    if (!ixl_gbe_present(g))
        return -IXL_ENODEV;
    for (unsigned i = 0; i < GBE_STAT_WORDS; i++)
        g->sums[i] += now[i];
    sum_bytes(&g->rx_bytes, g->sums[GORC], g->sums[GPRC]);
    sum_bytes(&g->tx_bytes, g->sums[GOTC], g->sums[GPTC]);
    return 0;
}

void ixl_gbe_totals(struct ixl_device *dev, struct ixl_device_stats *out)
{
    const struct gbe *g = gbe_of(dev);
    out->rx_pkts = g->sums[GPRC];
    out->tx_pkts = g->sums[GPTC];
    out->rx_bytes = g->rx_bytes;
    out->tx_bytes = g->tx_bytes;
}

/* A frame may count in both: all that matters is whether the sum grows. */
uint64_t ixl_gbe_refused(struct ixl_device *dev)
{
    const uint64_t *sums = gbe_of(dev)->sums;
    return sums[MPC] + sums[RNBC];
}

void ixl_gbe_visit_stats(struct ixl_device *dev,
                         void (*emit)(void *ctx, const char *name, uint64_t value), void *ctx)
{
    struct gbe *g = gbe_of(dev);
    for (unsigned i = 0; i < COUNTERS; i++)
        if (has(g, &counters[i]))
            emit(ctx, counters[i].name, g->sums[counters[i].word]);
    ixl_intel_visit_ring_stats(dev, emit, ctx);
}
