// SPDX-License-Identifier: MIT
/*
 * Statistics, 8.2.3.23. Octet counters of the MAC run from the destination address to the
 * FCS inclusive; those of a queue count what is moved by DMA (no stripped FCS).
 */
#include "ixgbe.h"

#define FCS_LEN 4u

/* A 32-bit counter sticks at its maximum. */
static void add32(struct ixgbe *st, uint32_t off, uint32_t n)
{
    uint32_t *r = ixgbe_reg(st, off);

    *r = *r > UINT32_MAX - n ? UINT32_MAX : *r + n;
}

void ixgbe_add64(struct ixgbe *st, uint32_t low, uint32_t high, uint64_t n)
{
    uint64_t sum = (uint64_t)*ixgbe_reg(st, low) + n;

    *ixgbe_reg(st, low) = (uint32_t)sum;
    *ixgbe_reg(st, high) += (uint32_t)(sum >> 32);
}

/* Size classes lie side by side: 64, 65-127, 128-255, 256-511, 512-1023, more. */
static uint32_t size_class(size_t wire_len)
{
    static const size_t limit[] = { 64, 127, 255, 511, 1023 };
    uint32_t i = 0;

    while (i < 5 && wire_len > limit[i])
        i++;
    return 4 * i;
}

static bool broadcast(const uint8_t *f)
{
    return (f[0] & f[1] & f[2] & f[3] & f[4] & f[5]) == 0xff;
}

/* Everything that reaches the MAC, whatever becomes of it. */
void ixgbe_count_wire_rx(struct ixgbe *st, size_t len)
{
    add32(st, R_TPR, 1);
    ixgbe_add64(st, R_TORL, R_TORH, len + FCS_LEN);
}

/* Good frames, whether a filter takes them or not. */
void ixgbe_count_unfiltered(struct ixgbe *st, size_t len)
{
    add32(st, R_RXNFGPC, 1);
    ixgbe_add64(st, R_RXNFGBCL, R_RXNFGBCH, len + FCS_LEN);
}

/* Good frames that passed the filters. */
void ixgbe_count_good_rx(struct ixgbe *st, const uint8_t *frame, size_t len)
{
    ixgbe_count_unfiltered(st, len);
    add32(st, R_GPRC, 1);
    ixgbe_add64(st, R_GORCL, R_GORCH, len + FCS_LEN);
    add32(st, R_PRC + size_class(len + FCS_LEN), 1);
    if (broadcast(frame))
        add32(st, R_BPRC, 1);
    else if (frame[0] & 1)
        add32(st, R_MPRC, 1);
}

static unsigned mapped(struct ixgbe *st, uint32_t map, unsigned q)
{
    return *ixgbe_reg(st, map + q / 4 * 4) >> (8 * (q % 4)) & 0xf;
}

/* `len` as it was written to memory. */
void ixgbe_count_queue_rx(struct ixgbe *st, unsigned q, size_t len)
{
    unsigned n = mapped(st, R_RQSMR, q);

    add32(st, R_QPRC + 0x40 * n, 1);
    ixgbe_add64(st, R_QBRC_L + 0x40 * n, R_QBRC_H + 0x40 * n, len);
    add32(st, R_RXDGPC, 1);
    ixgbe_add64(st, R_RXDGBCL, R_RXDGBCH, len);
}

void ixgbe_count_queue_drop(struct ixgbe *st, unsigned q)
{
    add32(st, R_QPRDC + 0x40 * mapped(st, R_RQSMR, q), 1);
}

/* Whatever leaves the MAC. */
static void count_wire_tx(struct ixgbe *st, size_t len)
{
    add32(st, R_GPTC, 1);
    add32(st, R_TPT, 1);
    ixgbe_add64(st, R_GOTCL, R_GOTCH, len + FCS_LEN);
    add32(st, R_PTC + size_class(len + FCS_LEN), 1);
}

/* The MAC's own frames pass no queue (8.2.3.23.27: GPTC counts them). */
void ixgbe_count_pause_tx(struct ixgbe *st, uint32_t counter, size_t len)
{
    add32(st, counter, 1);
    count_wire_tx(st, len);
    add32(st, R_MPTC, 1);
}

void ixgbe_count_tx(struct ixgbe *st, unsigned q, const uint8_t *frame, size_t len)
{
    unsigned n = mapped(st, R_TQSM, q);

    count_wire_tx(st, len);
    if (broadcast(frame))
        add32(st, R_BPTC, 1);
    else if (frame[0] & 1)
        add32(st, R_MPTC, 1);
    add32(st, R_QPTC + 4 * n, 1);
    ixgbe_add64(st, R_QBTC_L + 8 * n, R_QBTC_H + 8 * n, len);
    add32(st, R_TXDGPC, 1);
    ixgbe_add64(st, R_TXDGBCL, R_TXDGBCH, len);
}

void ixgbe_missed(struct sim_nic *nic, size_t len)
{
    struct ixgbe *st = ixgbe(nic);

    if (!ixgbe_rx_ready(nic))
        return;
    ixgbe_count_wire_rx(st, len);
    add32(st, R_RXMPC, 1);
    ixgbe_raise_other(nic, EICR_RX_MISS);
}
