// SPDX-License-Identifier: MIT
/* Statistics (8254x 13.7): counters stick at their largest value and clear on read. */
#include "e1000_core.h"

/* ---- table ----------------------------------------------------------------------- */

#define RC(n, o)                                                                                   \
    {                                                                                              \
        .name = n, .off = o, .kind = E1K_RC                                                        \
    }
#define RC64(n, o)                                                                                 \
    { .name = n "L", .off = o, .kind = E1K_RC64 },                                                 \
    {                                                                                              \
        .name = n "H", .off = (o) + 4, .kind = E1K_RCHI                                            \
    }

const struct e1k_reg e1k_stats_table[] = {
    RC("CRCERRS", 0x04000),
    RC("ALGNERRC", 0x04004),
    RC("SYMERRS", 0x04008),
    RC("RXERRC", 0x0400c),
    RC("MPC", 0x04010),
    RC("SCC", 0x04014),
    RC("ECOL", 0x04018),
    RC("MCC", 0x0401c),
    RC("LATECOL", 0x04020),
    RC("COLC", 0x04028),
    RC("DC", 0x04030),
    RC("TNCRS", 0x04034),
    RC("SEC", 0x04038),
    RC("CEXTERR", 0x0403c),
    RC("RLEC", 0x04040),
    RC("XONRXC", 0x04048),
    RC("XONTXC", 0x0404c),
    RC("XOFFRXC", 0x04050),
    RC("XOFFTXC", 0x04054),
    RC("FCRUC", 0x04058),
    RC("PRC64", 0x0405c),
    RC("PRC127", 0x04060),
    RC("PRC255", 0x04064),
    RC("PRC511", 0x04068),
    RC("PRC1023", 0x0406c),
    RC("PRC1522", 0x04070),
    RC("GPRC", 0x04074),
    RC("BPRC", 0x04078),
    RC("MPRC", 0x0407c),
    RC("GPTC", 0x04080),
    RC64("GORC", 0x04088),
    RC64("GOTC", 0x04090),
    RC("RNBC", 0x040a0),
    RC("RUC", 0x040a4),
    RC("RFC", 0x040a8),
    RC("ROC", 0x040ac),
    RC("RJC", 0x040b0),
    RC("MGTPRC", 0x040b4),
    RC("MGTPDC", 0x040b8),
    RC("MGTPTC", 0x040bc),
    RC64("TOR", 0x040c0),
    RC64("TOT", 0x040c8),
    RC("TPR", 0x040d0),
    RC("TPT", 0x040d4),
    RC("PTC64", 0x040d8),
    RC("PTC127", 0x040dc),
    RC("PTC255", 0x040e0),
    RC("PTC511", 0x040e4),
    RC("PTC1023", 0x040e8),
    RC("PTC1522", 0x040ec),
    RC("MPTC", 0x040f0),
    RC("BPTC", 0x040f4),
    RC("TSCTC", 0x040f8),
    RC("TSCTFC", 0x040fc),
    { 0 },
};

/* ---- counting -------------------------------------------------------------------- */

void e1k_count(struct e1k *s, uint32_t off, uint32_t n)
{
    uint32_t *v = e1k_at(s, off);

    if (!e1k_has(s, off))
        return;
    *v = UINT32_MAX - *v < n ? UINT32_MAX : *v + n;
}

void e1k_count_wrapping(struct e1k *s, uint32_t off, uint32_t n)
{
    if (e1k_has(s, off))
        *e1k_at(s, off) += n;
}

void e1k_count64(struct e1k *s, uint32_t low_off, uint64_t n)
{
    uint32_t *low = e1k_at(s, low_off), *high = low + 1;
    uint64_t v = ((uint64_t)*high << 32 | *low) + n;

    if (!e1k_has(s, low_off))
        return;
    *low = (uint32_t)v;
    *high = (uint32_t)(v >> 32);
}

/* 64, 65 to 127, 128 to 255, ..., 1024 and more. */
static uint32_t size_class(size_t size)
{
    uint32_t c = 0;

    for (size_t limit = 65; c < 5 && size >= limit; limit = c == 1 ? 128 : 2 * limit)
        c++;
    return c * 4;
}

void e1k_stats_rx_total(struct e1k *s, size_t size)
{
    e1k_count(s, R_TPR, 1);
    e1k_count64(s, R_TORL, size);
}

void e1k_stats_rx_good(struct e1k *s, enum e1k_verdict v, size_t size)
{
    e1k_count(s, R_GPRC, 1);
    e1k_count64(s, R_GORCL, size);
    if (s->chip->gen == E1K_IGB) /* the same, of what firmware did not take */
        e1k_count64(s, R_HGORCL, size);
    e1k_count(s, R_PRC64 + size_class(size), 1);
    if (v == E1K_BROADCAST)
        e1k_count(s, R_BPRC, 1);
    else if (v == E1K_MULTICAST)
        e1k_count(s, R_MPRC, 1);
}

/* I210 7.9.5: the host's side of the queues; what a queue drops does not come here. */
void e1k_stats_rx_host(struct e1k *s, unsigned q, enum e1k_verdict v, size_t size)
{
    uint32_t per_queue = 0x100 * q;

    if (s->chip->gen != E1K_IGB)
        return;
    e1k_count(s, R_RPTHC, 1);
    e1k_count_wrapping(s, R_PQGPRC + per_queue, 1);
    e1k_count_wrapping(s, R_PQGORC + per_queue, (uint32_t)size);
    if (v == E1K_MULTICAST)
        e1k_count_wrapping(s, R_PQMPRC + per_queue, 1);
}

void e1k_stats_tx(struct e1k *s, const uint8_t *frame, size_t size)
{
    uint8_t all = 0xff;

    for (unsigned i = 0; i < 6; i++)
        all &= frame[i];
    e1k_count(s, R_TPT, 1);
    e1k_count(s, R_GPTC, 1);
    e1k_count64(s, R_TOTL, size);
    e1k_count64(s, R_GOTCL, size);
    if (s->chip->gen == E1K_IGB) {
        e1k_count(s, R_HGPTC, 1);
        e1k_count64(s, R_HGOTCL, size);
    }
    e1k_count(s, R_PTC64 + size_class(size), 1);
    if (all == 0xff)
        e1k_count(s, R_BPTC, 1);
    else if (frame[0] & 1)
        e1k_count(s, R_MPTC, 1);
}
