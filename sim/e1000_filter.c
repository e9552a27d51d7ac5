// SPDX-License-Identifier: MIT
/*
 * Which frames pass (8254x 3.2.1, 82576 7.1.1): exact addresses, the multicast table,
 * VLANs; and which queue they go to: receive side scaling (82574 7.1.11, 82576 7.1.2.8).
 */
#include "bytes.h"
#include "e1000_core.h"

enum {
    MRQC_TCP_IPV4 = 1 << 16,
    MRQC_IPV4 = 1 << 17,
    MRQC_TCP_IPV6_EX = 1 << 18, /* 82574: TCP over IPv6 */
    MRQC_IPV6_EX = 1 << 19,
    MRQC_IPV6 = 1 << 20,
    MRQC_TCP_IPV6 = 1 << 21, /* igb */
    MRQC_UDP_IPV4 = 1 << 22,
    MRQC_UDP_IPV6 = 1 << 23,
    MRQC_UDP_IPV6_EX = 1 << 24,
};

/* ---- addresses and VLANs ----------------------------------------------------------- */

static uint32_t ra_off(unsigned i)
{
    return i < 16 ? R_RAL + 8 * i : R_RA2 + 8 * (i - 16);
}

static bool exact(const struct e1k *s, const uint8_t *frame)
{
    uint32_t low = sim_get_le32(frame), high = sim_get_le16(frame + 4);

    for (unsigned i = 0; i < s->chip->ras; i++) {
        uint32_t off = ra_off(i), rah = e1k_get(s, off + 4);
        if ((rah & RAH_AV) && e1k_get(s, off) == low && (rah & 0xffff) == high)
            return true;
    }
    return false;
}

static bool in_table(const struct e1k *s, const uint8_t *frame, uint32_t rctl)
{
    static const uint8_t shift[4] = { 4, 3, 2, 0 };
    uint32_t hash = (uint32_t)(sim_get_le16(frame + 4) >> shift[RCTL_MO(rctl)]) & 0xfff;

    return e1k_get(s, R_MTA + 4 * (hash >> 5)) >> (hash & 31) & 1;
}

static bool vlan_passes(const struct e1k *s, const struct sim_packet *p, uint32_t rctl)
{
    uint32_t vid = p->vlan_tci & 0xfff;

    if (!(rctl & RCTL_VFE) || !p->vlan)
        return true;
    if ((rctl & RCTL_CFIEN) && !(p->vlan_tci & 0x1000) != !(rctl & RCTL_CFI))
        return false;
    return e1k_get(s, R_VFTA + 4 * (vid >> 5)) >> (vid & 31) & 1;
}

enum e1k_verdict e1k_filter(struct e1k *s, const uint8_t *frame, const struct sim_packet *p)
{
    uint32_t rctl = e1k_get(s, R_RCTL);
    bool broadcast = true;

    for (unsigned i = 0; i < 6; i++)
        broadcast = broadcast && frame[i] == 0xff;
    if (!vlan_passes(s, p, rctl))
        return E1K_DROP;
    if (broadcast)
        return (rctl & RCTL_BAM) || exact(s, frame) || in_table(s, frame, rctl) ? E1K_BROADCAST
                                                                                : E1K_DROP;
    if (frame[0] & 1)
        return (rctl & RCTL_MPE) || exact(s, frame) || in_table(s, frame, rctl) ? E1K_MULTICAST
                                                                                : E1K_DROP;
    return (rctl & RCTL_UPE) || exact(s, frame) ? E1K_UNICAST : E1K_DROP;
}

/* ---- receive side scaling ---------------------------------------------------------------- */

static bool rss_on(const struct e1k *s)
{
    if (!e1k_has(s, R_MRQC))
        return false;
    uint32_t mrqc = e1k_get(s, R_MRQC);
    return s->chip->gen == E1K_82574 ? (mrqc & 3) == 1 : (mrqc & 7) == 2;
}

/* The descriptor's hash type; 0: this packet is not hashed. Also whether ports are hashed. */
static unsigned rss_type(const struct e1k *s, const struct sim_packet *p, bool *ports)
{
    uint32_t m = e1k_get(s, R_MRQC);
    bool igb = s->chip->gen == E1K_IGB, tcp = p->l4 == SIM_L4_TCP, udp = p->l4 == SIM_L4_UDP;

    *ports = true;
    if (p->ipv4) {
        if (tcp && (m & MRQC_TCP_IPV4))
            return 1;
        if (igb && udp && (m & MRQC_UDP_IPV4))
            return 7;
        *ports = false;
        return m & MRQC_IPV4 ? 2 : 0;
    }
    if (!p->ipv6)
        return 0;
    if (tcp && (m & (igb ? MRQC_TCP_IPV6 : MRQC_TCP_IPV6_EX)))
        return 3;
    if (igb && tcp && (m & MRQC_TCP_IPV6_EX))
        return 6;
    if (igb && udp && (m & MRQC_UDP_IPV6))
        return 8;
    if (igb && udp && (m & MRQC_UDP_IPV6_EX))
        return 9;
    *ports = false;
    return m & MRQC_IPV6 ? 5 : m & MRQC_IPV6_EX ? 4 : 0;
}

static void load_key(const struct e1k *s, uint8_t key[40])
{
    for (unsigned i = 0; i < 10; i++)
        sim_put_le32(key + 4 * i, e1k_get(s, R_RSSRK + 4 * i));
}

static size_t hash_input(const uint8_t *frame, const struct sim_packet *p, bool ports,
                         uint8_t in[36])
{
    size_t n = 0, addrs = p->ipv4 ? 8 : 32;
    const uint8_t *from = frame + p->l3_off + (p->ipv4 ? 12 : 8);

    while (n < addrs) {
        in[n] = from[n];
        n++;
    }
    for (unsigned i = 0; ports && i < 4; i++)
        in[n++] = frame[p->l4_off + i];
    return n;
}

void e1k_rss(struct e1k *s, const uint8_t *frame, const struct sim_packet *p, struct e1k_rss *out)
{
    uint8_t key[40], in[36];
    bool ports = false;

    *out = (struct e1k_rss){ 0 };
    if (!rss_on(s))
        return;
    out->type = rss_type(s, p, &ports);
    if (!out->type)
        return; /* not hashed: queue 0 */
    load_key(s, key);
    out->hash = sim_toeplitz(key, in, hash_input(frame, p, ports, in));
    unsigned entry = out->hash & 127;
    uint32_t reta = e1k_get(s, R_RETA + (entry & ~3u)) >> (8 * (entry & 3));
    out->queue = reta >> s->chip->reta_shift & ((1u << s->chip->reta_bits) - 1);
    if (out->queue >= s->chip->rxqs) {
        sim_violation(s->nic, "RETA: entry %u names queue %u, the %s has %u", entry, out->queue,
                      s->chip->name, s->chip->rxqs);
        out->queue = 0;
    }
}
