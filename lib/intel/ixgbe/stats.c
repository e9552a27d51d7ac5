// SPDX-License-Identifier: MIT
/*
 * Statistics (8.2.3.23). Hardware counters are 32 or 36 bits wide and clear when they are read;
 * here are their 64-bit sums.
 */
#include <stdio.h>
#include <string.h>

#include "lib/intel/ixgbe/ixgbe.h"
#include "lib/intel/ixgbe/stat_regs.h"
#include "lib/intel/ring.h"

#define FCS         4u
#define PAUSE_FRAME 64u /* with FCS */

/* The counters of the whole port. RC36: 36 bits, the high half in the next register. */
enum kind { RC32, RC36 };
static const struct counter {
    const char *name;
    uint32_t reg;
    enum kind kind;
} counters[] = {
    { "rx_crc_errors", IXGBE_CRCERRS, RC32 },
    { "rx_illegal_bytes", IXGBE_ILLERRC, RC32 },
    { "rx_error_bytes", IXGBE_ERRBC, RC32 },
    { "rx_short_discards", IXGBE_MSPDC, RC32 },
    { "rx_local_faults", IXGBE_MLFC, RC32 },
    { "rx_remote_faults", IXGBE_MRFC, RC32 },
    { "rx_length_errors", IXGBE_RLEC, RC32 },
    { "rx_missed", IXGBE_RXMPC0, RC32 },
    { "rx_undersize", IXGBE_RUC, RC32 },
    { "rx_fragments", IXGBE_RFC, RC32 },
    { "rx_oversize", IXGBE_ROC, RC32 },
    { "rx_jabber", IXGBE_RJC, RC32 },
    { "rx_checksum_errors", IXGBE_XEC, RC32 },
    { "rx_good", IXGBE_GPRC, RC32 },
    { "rx_good_octets", IXGBE_GORCL, RC36 },
    { "rx_broadcast", IXGBE_BPRC, RC32 },
    { "rx_multicast", IXGBE_MPRC, RC32 },
    { "rx_total", IXGBE_TPR, RC32 },
    { "rx_total_octets", IXGBE_TORL, RC36 },
    { "rx_unfiltered", IXGBE_RXNFGPC, RC32 },
    { "rx_unfiltered_octets", IXGBE_RXNFGBCL, RC36 },
    { "rx_to_host", IXGBE_RXDGPC, RC32 },
    { "rx_to_host_bytes", IXGBE_RXDGBCL, RC36 },
    { "rx_64", IXGBE_PRC64, RC32 },
    { "rx_65_127", IXGBE_PRC127, RC32 },
    { "rx_128_255", IXGBE_PRC255, RC32 },
    { "rx_256_511", IXGBE_PRC511, RC32 },
    { "rx_512_1023", IXGBE_PRC1023, RC32 },
    { "rx_1024_max", IXGBE_PRC1522, RC32 },
    { "rx_xon", IXGBE_LXONRXCNT, RC32 },
    { "rx_xoff", IXGBE_LXOFFRXCNT, RC32 },
    { "rx_management", IXGBE_MNGPRC, RC32 },
    { "rx_management_dropped", IXGBE_MNGPDC, RC32 },
    { "tx_xon", IXGBE_LXONTXC, RC32 },
    { "tx_xoff", IXGBE_LXOFFTXC, RC32 },
    { "tx_good", IXGBE_GPTC, RC32 },
    { "tx_good_octets", IXGBE_GOTCL, RC36 },
    { "tx_total", IXGBE_TPT, RC32 },
    { "tx_from_host", IXGBE_TXDGPC, RC32 },
    { "tx_from_host_bytes", IXGBE_TXDGBCL, RC36 },
    { "tx_broadcast", IXGBE_BPTC, RC32 },
    { "tx_multicast", IXGBE_MPTC, RC32 },
    { "tx_64", IXGBE_PTC64, RC32 },
    { "tx_65_127", IXGBE_PTC127, RC32 },
    { "tx_128_255", IXGBE_PTC255, RC32 },
    { "tx_256_511", IXGBE_PTC511, RC32 },
    { "tx_512_1023", IXGBE_PTC1023, RC32 },
    { "tx_1024_max", IXGBE_PTC1522, RC32 },
    { "tx_management", IXGBE_MNGPTC, RC32 },
};
#define COUNTERS (sizeof(counters) / sizeof(counters[0]))
_Static_assert(COUNTERS <= IXGBE_MAX_COUNTERS, "struct ixgbe has room for all counters");

static uint64_t sum_of(const struct ixgbe *ix, uint32_t reg)
{
    unsigned i = 0;

    while (i < COUNTERS && counters[i].reg != reg)
        i++;
    return i < COUNTERS ? ix->sums[i] : 0;
}

/* Low half first: that freezes the high one, of which bits 31:4 are reserved. */
static uint64_t read36(struct ixl_device *dev, uint32_t low)
{
    uint64_t val = ixl_read(dev, low);

    return val | (uint64_t)(ixl_read(dev, low + 4) & 0xf) << 32;
}

/* What the counters held, now cleared. */
struct reading {
    uint64_t port[COUNTERS];
    struct ixgbe_queue_sums queue[IXGBE_STAT_SETS];
};

static void read_all(struct ixl_device *dev, struct reading *r)
{
    /* Backwards: octets before their frames, these before the pause frames among them, so that of
     * what comes in between rather too much is subtracted in sum_totals. */
    for (unsigned i = COUNTERS; i-- > 0;)
        r->port[i] = counters[i].kind == RC36 ? read36(dev, counters[i].reg)
                                              : ixl_read(dev, counters[i].reg);
    for (unsigned i = 0; i < IXGBE_STAT_SETS; i++) {
        struct ixgbe_queue_sums *q = &r->queue[i];
        q->rx_pkts = ixl_read(dev, IXGBE_QPRC(i));
        q->rx_bytes = read36(dev, IXGBE_QBRC_L(i));
        q->rx_dropped = ixl_read(dev, IXGBE_QPRDC(i));
        q->tx_pkts = ixl_read(dev, IXGBE_QPTC(i));
        q->tx_bytes = read36(dev, IXGBE_QBTC_L(i));
    }
}

static void add(struct ixgbe *ix, const struct reading *r)
{
    for (unsigned i = 0; i < COUNTERS; i++)
        ix->sums[i] += r->port[i];
    for (unsigned i = 0; i < IXGBE_STAT_SETS; i++) {
        ix->queue[i].rx_pkts += r->queue[i].rx_pkts;
        ix->queue[i].rx_bytes += r->queue[i].rx_bytes;
        ix->queue[i].rx_dropped += r->queue[i].rx_dropped;
        ix->queue[i].tx_pkts += r->queue[i].tx_pkts;
        ix->queue[i].tx_bytes += r->queue[i].tx_bytes;
    }
}

/* Queue i counts in set i % 16: four 4-bit fields a register, one in each byte. */
static void map_queues(struct ixl_device *dev)
{
    for (unsigned n = 0; n < 32; n++) {
        uint32_t map = 0;
        for (unsigned i = 0; i < 4; i++)
            map |= (4 * n + i) % IXGBE_STAT_SETS << 8 * i;
        ixl_write(dev, IXGBE_RQSMR(n), map);
        ixl_write(dev, IXGBE_TQSM(n), map);
    }
}

/* 4.6.5: the first reading is of former times. */
int ixl_ixgbe_stats_init(struct ixgbe *ix)
{
    struct reading former;

    map_queues(&ix->base);
    read_all(&ix->base, &former);
    return 0;
}

/* ---- totals ------------------------------------------------------------------------ */

static void raise(uint64_t *total, uint64_t now)
{
    if (now > *total)
        *total = now;
}

/* INCORRECT_GPRC, INCORRECT_GPTC, MISSING_GOTC_FCS, MISSING_STAT_RACE. */
static void sum_totals(struct ixgbe *ix)
{
    struct ixl_device_stats now = { .rx_pkts = 0 };
    uint64_t pauses = sum_of(ix, IXGBE_LXONTXC) + sum_of(ix, IXGBE_LXOFFTXC);

    for (unsigned i = 0; i < IXGBE_STAT_SETS; i++) {
        now.rx_pkts += ix->queue[i].rx_pkts;
        now.rx_bytes += ix->queue[i].rx_bytes;
    }
    now.tx_pkts = sum_of(ix, IXGBE_GPTC) - pauses;
    now.tx_bytes = sum_of(ix, IXGBE_GOTCL) - pauses * PAUSE_FRAME - now.tx_pkts * FCS;
    if (now.tx_pkts <= sum_of(ix, IXGBE_GPTC))
        raise(&ix->totals.tx_pkts, now.tx_pkts);
    if (now.tx_bytes <= sum_of(ix, IXGBE_GOTCL))
        raise(&ix->totals.tx_bytes, now.tx_bytes);
    raise(&ix->totals.rx_pkts, now.rx_pkts);
    raise(&ix->totals.rx_bytes, now.rx_bytes);
}

/* A removed device counts in all ones: nothing is added unless it is there afterwards. */
int ixl_ixgbe_update_stats(struct ixl_device *dev)
{
    struct ixgbe *ix = ixgbe_of(dev);
    struct reading now;

    read_all(dev, &now);
    if (!ixl_ixgbe_present(ix))
        return -IXL_ENODEV;
    add(ix, &now);
    sum_totals(ix);
    return 0;
}

void ixl_ixgbe_totals(struct ixl_device *dev, struct ixl_device_stats *out)
{
    *out = ixgbe_of(dev)->totals;
}

/* ---- for the health check ---------------------------------------------------------- */

uint64_t ixl_ixgbe_refused(struct ixl_device *dev)
{
    const struct ixgbe *ix = ixgbe_of(dev);
    uint64_t sum = sum_of(ix, IXGBE_RXMPC0);

    for (unsigned i = 0; i < IXGBE_STAT_SETS; i++)
        sum += ix->queue[i].rx_dropped;
    return sum;
}

/* No register says that the sender stands still: a pause frame that was obeyed since the last look
 * is taken for it. */
bool ixl_ixgbe_tx_paused(struct ixl_device *dev)
{
    struct ixgbe *ix = ixgbe_of(dev);
    uint64_t xoff = sum_of(ix, IXGBE_LXOFFRXCNT);
    bool more = xoff != ix->xoff_seen;

    ix->xoff_seen = xoff;
    return more && (ixl_read(dev, IXGBE_MFLCN) & IXGBE_MFLCN_RFCE);
}

/* ---- by name ------------------------------------------------------------------------- */

struct visit {
    void (*emit)(void *ctx, const char *name, uint64_t value);
    void *ctx;
};

static void emit_set(const struct visit *v, const char *kind, unsigned set, const char *what,
                     uint64_t value)
{
    char name[48];

    snprintf(name, sizeof(name), "%s%u_%s", kind, set, what);
    v->emit(v->ctx, name, value);
}

/* "rxq0_pkts" where queue and set are the same, "rxset0_pkts" where several queues share one. */
static void visit_queues(struct ixgbe *ix, const struct visit *v)
{
    const struct ixl_device *dev = &ix->base;
    const char *rx = dev->num_rx <= IXGBE_STAT_SETS ? "rxq" : "rxset";
    const char *tx = dev->num_tx <= IXGBE_STAT_SETS ? "txq" : "txset";

    for (unsigned i = 0; i < dev->num_rx && i < IXGBE_STAT_SETS; i++) {
        emit_set(v, rx, i, "pkts", ix->queue[i].rx_pkts);
        emit_set(v, rx, i, "bytes", ix->queue[i].rx_bytes);
        emit_set(v, rx, i, "dropped", ix->queue[i].rx_dropped);
    }
    for (unsigned i = 0; i < dev->num_tx && i < IXGBE_STAT_SETS; i++) {
        emit_set(v, tx, i, "pkts", ix->queue[i].tx_pkts);
        emit_set(v, tx, i, "bytes", ix->queue[i].tx_bytes);
    }
}

void ixl_ixgbe_visit_stats(struct ixl_device *dev,
                           void (*emit)(void *ctx, const char *name, uint64_t value), void *ctx)
{
    struct ixgbe *ix = ixgbe_of(dev);
    struct visit v = { emit, ctx };

    for (unsigned i = 0; i < COUNTERS; i++)
        emit(ctx, counters[i].name, ix->sums[i]);
    visit_queues(ix, &v);
    ixl_intel_visit_ring_stats(dev, emit, ctx);
}
