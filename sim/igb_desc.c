// SPDX-License-Identifier: MIT
/* Advanced descriptors of the 82576, I350 and I210 (82576 7.1.5 and 7.2.2). */
#include <string.h>

#include "bytes.h"
#include "e1000_core.h"

enum {
    DTYP_CONTEXT = 2,
    DTYP_DATA = 3,
    /* command byte */
    CMD_EOP = 1 << 0,
    CMD_IFCS = 1 << 1,
    CMD_RS = 1 << 3,
    CMD_DEXT = 1 << 5,
    CMD_VLE = 1 << 6,
    CMD_TSE = 1 << 7,
    CMD_RESERVED = 1 << 2 | 1 << 4,
    /* context: bits of the second quadword's low half */
    TUCMD_IPV4 = 1 << 10,
    TUCMD_L4_TCP = 1 << 11,
    TUCMD_L4_SCTP = 1 << 12,
    TUCMD_RESERVED_HIGH = 0x1f, /* bits 28:24 */
    /* data: bits of the second quadword's high half */
    POPTS_IXSM = 1 << 8,
    POPTS_TXSM = 1 << 9,
    /* write-back, low 20 bits of the third word */
    RX_DD = 1 << 0,
    RX_EOP = 1 << 1,
    RX_VP = 1 << 3,
    RX_UDPCS = 1 << 4,
    RX_L4CS = 1 << 5,
    RX_IPCS = 1 << 6,
    RX_PIF = 1 << 7,
};
#define RX_L4E (1u << 29)
#define RX_IPE (1u << 30)
#define RX_RXE (1u << 31)

/* ---- receive ---------------------------------------------------------------------------- */

/* Packet type, bits 16:4 of the first word. */
static uint32_t packet_type(const struct sim_packet *p)
{
    uint32_t t = 0;

    if (p->ipv4)
        t |= p->ipv4_options ? 1u << 5 : 1u << 4;
    if (p->ipv6)
        t |= p->ipv6_ext ? 1u << 7 : 1u << 6;
    if (p->l4 == SIM_L4_TCP)
        t |= 1u << 8;
    if (p->l4 == SIM_L4_UDP)
        t |= 1u << 9;
    if (p->l4 == SIM_L4_SCTP)
        t |= 1u << 10;
    return t;
}

static uint32_t status(const struct e1k_rx *rx, bool eop)
{
    uint32_t st = RX_DD | (rx->vlan ? RX_VP : 0);

    if (!eop)
        return st;
    st |= RX_EOP;
    if (rx->ip_checked)
        st |= RX_IPCS | (rx->ip_ok ? 0 : RX_IPE);
    if (rx->l4_checked)
        st |= RX_L4CS | (rx->p.l4 == SIM_L4_UDP ? RX_UDPCS : 0) | (rx->l4_ok ? 0 : RX_L4E);
    if (rx->verdict == E1K_MULTICAST)
        st |= RX_PIF;
    return st | (rx->crc_error ? RX_RXE : 0);
}

void igb_back_advanced(struct e1k *s, const struct e1k_rx *rx, size_t part, bool eop, uint8_t d[16])
{
    bool hash = e1k_get(s, R_RXCSUM) & RXCSUM_PCSD;
    size_t ip = rx->p.l3_off - (rx->vlan ? 4u : 0);
    uint32_t ident = rx->p.ipv4 && rx->len >= ip + 6 ? sim_get_be16(rx->data + ip + 4) : 0;

    sim_put_le32(d, (hash ? rx->rss.type : 0) | packet_type(&rx->p));
    sim_put_le32(d + 4, hash ? rx->rss.hash : ident | (uint32_t)rx->csum << 16);
    sim_put_le32(d + 8, status(rx, eop));
    sim_put_le16(d + 12, (uint16_t)part);
    sim_put_le16(d + 14, rx->vlan ? rx->vlan_tci : 0);
}

/* ---- transmit ------------------------------------------------------------------------------ */

static enum e1k_take take_context(struct e1k *s, unsigned q, const uint8_t d[16])
{
    uint32_t low = sim_get_le32(d), cmd = sim_get_le32(d + 8), high = sim_get_le32(d + 12);
    unsigned idx = high >> 4 & 7, mac = low >> 9 & 0x7f, ip = low & 0x1ff;
    bool tcp = cmd & TUCMD_L4_TCP, sctp = cmd & TUCMD_L4_SCTP;
    uint16_t l4 = (uint16_t)(mac + ip);

    if (idx > 1) {
        sim_violation(s->nic, "context descriptor: index %u, a queue has two", idx);
        return E1K_TAKE_ALONE;
    }
    if ((d[11] & TUCMD_RESERVED_HIGH) || (high & 0x8f) || (cmd & 0x1ff) || (tcp && sctp))
        sim_violation(s->nic, "context descriptor: reserved bits are set (0x%08x, 0x%08x)",
                      (unsigned)cmd, (unsigned)high);
    if (mac && mac < 14)
        sim_violation(s->nic, "context descriptor: a MAC header of %u bytes", mac);
    s->txq[q].ctx[idx] = (struct e1k_ctx){
        .valid = true,
        .ipv4 = cmd & TUCMD_IPV4,
        .tcp = tcp,
        .sctp = sctp,
        .ipcss = (uint16_t)mac,
        .ipcso = (uint16_t)(mac + 10),
        .ipcse = (uint16_t)(l4 - 1),
        .tucss = l4,
        .tucso = (uint16_t)(l4 + (tcp    ? 16
                                  : sctp ? 8
                                         : 6)),
        .hdr_len = (uint16_t)(l4 + (high >> 8 & 0xff)),
        .mss = (uint16_t)(high >> 16),
        .vlan = (uint16_t)(low >> 16),
    };
    return E1K_TAKE_ALONE;
}

/* The first data descriptor says what the packet wants. */
static void take_options(struct e1k *s, unsigned q, uint8_t cmd, uint32_t olinfo)
{
    struct e1k_tx *t = &s->tx;

    t->tse = cmd & CMD_TSE;
    if (t->tse)
        e1k_count(s, R_TSCTC, 1);
    t->ixsm = olinfo & POPTS_IXSM;
    t->txsm = olinfo & POPTS_TXSM;
    t->vle = cmd & CMD_VLE;
    t->ifcs = cmd & CMD_IFCS;
    t->ctx = s->txq[q].ctx[olinfo >> 4 & 1];
    t->ctx.paylen = olinfo >> 14;
    t->vlan = t->ctx.vlan;
    if (t->vle && !t->ctx.valid)
        sim_violation(s->nic, "VLE without a context descriptor that has the tag");
}

static void check_data(struct e1k *s, const uint8_t d[16], bool first)
{
    uint8_t cmd = d[11];

    if (d[12] & 1)
        sim_violation(s->nic, "transmit descriptor handed over with DD already set");
    if (cmd & CMD_RESERVED)
        sim_violation(s->nic, "advanced data descriptor with reserved command bits (0x%02x)", cmd);
    if (sim_get_le16(d + 8) == 0)
        sim_violation(s->nic, "advanced data descriptor without data");
    if (!first && ((cmd & CMD_TSE) != 0) != s->tx.tse)
        sim_violation(s->nic, "TSE differs between the descriptors of one packet");
}

static enum e1k_take take_data(struct e1k *s, unsigned q, const uint8_t d[16], uint64_t at,
                               bool first)
{
    static const uint8_t done[16] = { [12] = 1 }; /* the rest of a write-back is reserved */
    uint8_t cmd = d[11];

    check_data(s, d, first);
    if (first)
        take_options(s, q, cmd, sim_get_le32(d + 12));
    if (cmd & CMD_RS)
        e1k_tx_remember(s, at, done);
    if (!e1k_tx_fetch(s, sim_get_le64(d), sim_get_le16(d + 8)))
        return E1K_TAKE_BAD;
    if (!(cmd & CMD_EOP))
        return E1K_TAKE_MORE;
    if (!s->tx.tse && s->tx.ctx.paylen != s->tx.len) {
        sim_violation(s->nic, "advanced data descriptor: PAYLEN %u, the packet has %zu bytes",
                      (unsigned)s->tx.ctx.paylen, s->tx.len);
        return E1K_TAKE_BAD;
    }
    return E1K_TAKE_END;
}

enum e1k_take igb_tx_take(struct e1k *s, unsigned q, const uint8_t d[16], uint64_t at, bool first)
{
    unsigned type = d[10] >> 4;

    if (!(d[11] & CMD_DEXT))
        return e1k_tx_legacy(s, d, at, first);
    if (type == DTYP_DATA)
        return take_data(s, q, d, at, first);
    if (type == DTYP_CONTEXT && first)
        return take_context(s, q, d);
    sim_violation(s->nic, type == DTYP_CONTEXT ? "context descriptor in the middle of a packet"
                                               : "transmit descriptor of an unknown type");
    return E1K_TAKE_BAD;
}
