// SPDX-License-Identifier: MIT
/* Which frames are received (7.1.1), and into which queue (7.1.2). */
#include <string.h>

#include "bytes.h"
#include "ixgbe.h"
#include "packet.h"

static bool matches_exactly(struct ixgbe *st, const uint8_t *f)
{
    uint32_t low = sim_get_le32(f);
    uint32_t high = RAH_AV | sim_get_le16(f + 4);

    for (unsigned i = 0; i < 128; i++)
        if (*ixgbe_reg(st, R_RAL + 8 * i) == low && *ixgbe_reg(st, R_RAH + 8 * i) == high)
            return true;
    return false;
}

/* 7.1.1.1: twelve bits of the address, which ones by MCSTCTRL.MO, pick a bit of the table. */
static bool in_multicast_table(struct ixgbe *st, const uint8_t *f)
{
    static const unsigned shift[] = { 4, 3, 2, 0 };
    uint32_t ctrl = *ixgbe_reg(st, R_MCSTCTRL);

    if (!(ctrl & 4))
        return false;
    unsigned bit = (unsigned)sim_get_le16(f + 4) >> shift[ctrl & 3] & 0xfff;
    return *ixgbe_reg(st, R_MTA + 4 * (bit / 32)) >> (bit % 32) & 1;
}

bool ixgbe_accepts(struct sim_nic *nic, const uint8_t *f, bool *inexact)
{
    struct ixgbe *st = ixgbe(nic);
    uint32_t fctrl = *ixgbe_reg(st, R_FCTRL);

    *inexact = false;
    if (matches_exactly(st, f))
        return true;
    if ((f[0] & f[1] & f[2] & f[3] & f[4] & f[5]) == 0xff)
        return fctrl & (FCTRL_BAM | FCTRL_MPE);
    *inexact = true;
    if (f[0] & 1)
        return (fctrl & FCTRL_MPE) || in_multicast_table(st, f);
    return fctrl & FCTRL_UPE;
}

bool ixgbe_vlan_accepts(struct sim_nic *nic, const struct sim_packet *p)
{
    struct ixgbe *st = ixgbe(nic);
    unsigned id = p->vlan_tci & 0xfff;

    if (!p->vlan || !(*ixgbe_reg(st, R_VLNCTRL) & VLNCTRL_VFE))
        return true;
    return *ixgbe_reg(st, R_VFTA + 4 * (id / 32)) >> (id % 32) & 1;
}

/* ---- receive side scaling, 7.1.2.8 ---------------------------------------- */

enum {
    RSS_IPV4_TCP = 1u << 16,
    RSS_IPV4 = 1u << 17,
    RSS_IPV6 = 1u << 20,
    RSS_IPV6_TCP = 1u << 21,
    RSS_IPV4_UDP = 1u << 22,
    RSS_IPV6_UDP = 1u << 23,
};

/* The RSS type as the descriptor reports it; *ports: they are part of the input. */
static unsigned rss_type(uint32_t mrqc, const struct sim_packet *p, bool *ports)
{
    *ports = true;
    if (p->ipv4 && p->l4 == SIM_L4_TCP && (mrqc & RSS_IPV4_TCP))
        return 1;
    if (p->ipv4 && p->l4 == SIM_L4_UDP && (mrqc & RSS_IPV4_UDP))
        return 7;
    if (p->ipv6 && p->l4 == SIM_L4_TCP && (mrqc & RSS_IPV6_TCP))
        return 3;
    if (p->ipv6 && p->l4 == SIM_L4_UDP && (mrqc & RSS_IPV6_UDP))
        return 8;
    *ports = false;
    if (p->ipv4 && (mrqc & RSS_IPV4))
        return 2;
    return p->ipv6 && (mrqc & RSS_IPV6) ? 5 : 0;
}

static uint32_t hash(struct ixgbe *st, const uint8_t *f, const struct sim_packet *p, bool ports)
{
    uint8_t key[40], input[36];
    size_t n = p->ipv4 ? 8 : 32;

    for (unsigned i = 0; i < 10; i++)
        sim_put_le32(key + 4 * i, *ixgbe_reg(st, R_RSSRK + 4 * i));
    memcpy(input, f + p->l3_off + (p->ipv4 ? 12 : 8), n);
    if (ports) {
        memcpy(input + n, f + p->l4_off, 4);
        n += 4;
    }
    return sim_toeplitz(key, input, n);
}

void ixgbe_rss(struct sim_nic *nic, const uint8_t *f, const struct sim_packet *p,
               struct ixgbe_rss *out)
{
    struct ixgbe *st = ixgbe(nic);
    uint32_t mrqc = *ixgbe_reg(st, R_MRQC);
    bool ports;

    memset(out, 0, sizeof(*out));
    if ((mrqc & 0xf) > 1)
        sim_violation(nic, "MRQC.MRQE is %u: this model has no DCB and no virtualization",
                      mrqc & 0xf);
    if ((mrqc & 0xf) != 1)
        return;
    out->type = rss_type(mrqc, p, &ports);
    if (!out->type)
        return; /* no hash: index 0, not through the table */
    out->hash = hash(st, f, p, ports);
    unsigned i = out->hash & 0x7f;
    out->queue = *ixgbe_reg(st, R_RETA + 4 * (i / 4)) >> (8 * (i % 4)) & 0xf;
}
