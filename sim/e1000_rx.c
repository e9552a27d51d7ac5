// SPDX-License-Identifier: MIT
/*
 * Receive: what happens to a frame from the wire, and the legacy (8254x 3.2.3) and extended
 * (82574 7.1.5) write-backs.
 */
#include <string.h>

#include "bytes.h"
#include "e1000_core.h"

enum {
    ST_DD = 1 << 0,
    ST_EOP = 1 << 1,
    ST_IXSM = 1 << 2,
    ST_VP = 1 << 3,
    ST_UDPCS = 1 << 4, /* not in the 8254x */
    ST_TCPCS = 1 << 5,
    ST_IPCS = 1 << 6,
    ST_PIF = 1 << 7,
    ER_CE = 1 << 0,
    ER_TCPE = 1 << 5,
    ER_IPE = 1 << 6,
    ER_RXE = 1 << 7,
    FCS_LEN = 4,
    FRAME_LIMIT = 1522,
    MAC_CONTROL = 0x8808,
};

/* ---- the two older formats ---------------------------------------------------------- */

static uint8_t status_of(const struct e1k *s, const struct e1k_rx *rx, bool eop)
{
    uint8_t st = ST_DD | (eop ? ST_EOP : 0);

    if (rx->vlan)
        st |= ST_VP;
    if (!eop)
        return st;
    if (rx->ip_checked)
        st |= ST_IPCS;
    if (rx->l4_checked)
        st |= ST_TCPCS;
    if (rx->l4_checked && rx->p.l4 == SIM_L4_UDP && s->chip->gen != E1K_8254X)
        st |= ST_UDPCS;
    if (!rx->ip_checked && !rx->l4_checked)
        st |= ST_IXSM;
    if (rx->verdict == E1K_MULTICAST)
        st |= ST_PIF; /* may have passed by the hash alone */
    return st;
}

static uint8_t errors_of(const struct e1k_rx *rx, bool eop)
{
    uint8_t er = 0;

    if (!eop)
        return 0;
    if (rx->crc_error)
        er |= ER_CE | ER_RXE;
    if (rx->ip_checked && !rx->ip_ok)
        er |= ER_IPE;
    if (rx->l4_checked && !rx->l4_ok)
        er |= ER_TCPE;
    return er;
}

void e1k_back_legacy(struct e1k *s, const struct e1k_rx *rx, size_t part, bool eop, uint8_t d[16])
{
    sim_put_le16(d + 8, (uint16_t)part);
    sim_put_le16(d + 10, rx->csum);
    d[12] = status_of(s, rx, eop);
    d[13] = errors_of(rx, eop);
    sim_put_le16(d + 14, rx->vlan ? rx->vlan_tci : 0);
}

void e1k_back_extended(struct e1k *s, const struct e1k_rx *rx, size_t part, bool eop, uint8_t d[16])
{
    bool hash = e1k_get(s, R_RXCSUM) & RXCSUM_PCSD;
    uint32_t ident = rx->p.ipv4 && rx->len >= rx->p.l3_off + 6
                         ? sim_get_be16(rx->data + rx->p.l3_off - (rx->vlan ? 4 : 0) + 4)
                         : 0;

    sim_put_le32(d, rx->rss.type | rx->rss.queue << 8);
    sim_put_le32(d + 4, hash ? rx->rss.hash : ident | (uint32_t)rx->csum << 16);
    sim_put_le32(d + 8, status_of(s, rx, eop) | (uint32_t)errors_of(rx, eop) << 24);
    sim_put_le16(d + 12, (uint16_t)part);
    sim_put_le16(d + 14, rx->vlan ? rx->vlan_tci : 0);
}

/* ---- storing -------------------------------------------------------------------------- */

size_t e1k_rx_bufsize(struct e1k *s)
{
    static const uint16_t size[4] = { 2048, 1024, 512, 256 };
    uint32_t rctl = e1k_get(s, R_RCTL);
    size_t n = size[RCTL_BSIZE(rctl)];

    if (s->chip->gen == E1K_82574 && RCTL_FLXBUF(rctl))
        return RCTL_FLXBUF(rctl) * (size_t)1024;
    return rctl & RCTL_BSEX ? n * 16 : n;
}

enum format { LEGACY, EXTENDED, ADVANCED };

static enum format format_of(struct e1k *s, unsigned q)
{
    if (s->chip->gen == E1K_IGB) {
        unsigned type = SRRCTL_DESCTYPE(e1k_get(s, e1k_rx_block(s, q) + RING_SRRCTL));
        return type == 0 ? LEGACY : ADVANCED;
    }
    if (s->chip->gen == E1K_82574 && (e1k_get(s, R_RFCTL) & RFCTL_EXSTEN))
        return EXTENDED;
    return LEGACY;
}

static size_t buffer_size(struct e1k *s, unsigned q)
{
    uint32_t kib = 0;

    if (s->chip->gen == E1K_IGB)
        kib = e1k_get(s, e1k_rx_block(s, q) + RING_SRRCTL) & 0x7f;
    return kib ? kib * (size_t)1024 : e1k_rx_bufsize(s);
}

static void spoil(struct e1k *s, enum format f, uint8_t d[16])
{
    uint8_t *status = d + (f == LEGACY ? 12 : 8), *length = d + (f == LEGACY ? 8 : 12);

    if (sim_fault(s->nic, SIM_FAULT_NO_EOP))
        *status &= (uint8_t)~ST_EOP;
    if (sim_fault(s->nic, SIM_FAULT_BAD_LENGTH))
        sim_put_le16(length, (uint16_t)sim_fault_arg(s->nic));
    if (sim_fault(s->nic, SIM_FAULT_RANDOM_DESC))
        for (unsigned i = 0; i < 16; i += 4)
            sim_put_le32(d + i, sim_random(s->nic));
}

/* One descriptor: data into its buffer, then the write-back. */
static bool store_part(struct e1k *s, unsigned q, uint64_t at, const struct e1k_rx *rx, size_t from,
                       size_t part, bool eop)
{
    enum format f = format_of(s, q);
    uint8_t d[16];

    if (!sim_dma_read(s->nic, at, d, 16))
        return false;
    if (d[f == LEGACY ? 12 : 8] & ST_DD)
        sim_violation(s->nic, "receive descriptor of queue %u handed over with DD already set", q);
    uint64_t addr = sim_get_le64(d) & ~(f == ADVANCED ? 1ull : 0);
    if (!sim_dma_write(s->nic, addr, rx->data + from, part))
        return false;
    if (f == LEGACY)
        e1k_back_legacy(s, rx, part, eop, d);
    else if (f == EXTENDED)
        e1k_back_extended(s, rx, part, eop, d);
    else
        igb_back_advanced(s, rx, part, eop, d);
    spoil(s, f, d);
    return sim_dma_write(s->nic, at, d, 16);
}

static void check_low(struct e1k *s, unsigned q, const struct e1k_ring *r)
{
    uint32_t limit = r->size >> (RCTL_RDMTS(e1k_get(s, R_RCTL)) + 1);

    if (s->chip->gen == E1K_IGB)
        limit = (e1k_get(s, r->base + RING_SRRCTL) >> 20 & 31) * 16;
    if (s->rxq[q].low || e1k_ring_filled(r) > limit || limit == 0)
        return;
    s->rxq[q].low = true;
    e1k_count(s, R_ICRXDMTC, 1);
    e1k_cause(s, ICR_RXDMT0);
}

bool e1k_rx_store(struct e1k *s, unsigned q, struct e1k_rx *rx)
{
    struct e1k_ring r;
    size_t cap = buffer_size(s, q), from = 0;

    e1k_ring(s, e1k_rx_block(s, q), &r);
    uint32_t need = (uint32_t)((rx->len + cap - 1) / cap);
    if (sim_fault(s->nic, SIM_FAULT_STALL_RX) || e1k_ring_filled(&r) < need)
        return false;
    rx->crc_error = sim_fault_nth(s->nic, SIM_FAULT_CORRUPT);
    for (uint32_t i = 0; i < need; i++) {
        size_t part = rx->len - from < cap ? rx->len - from : cap;
        uint64_t at = r.addr + 16ull * r.head;
        if (!store_part(s, q, at, rx, from, part, i + 1 == need))
            return true; /* a DMA fault, reported: the frame is lost */
        e1k_ring_advance(s, &r, 1);
        from += part;
    }
    check_low(s, q, &r);
    return true;
}

/* ---- looking at the frame ------------------------------------------------------------------ */

/* Exact sizes are with FCS. True: the frame goes no further. */
static bool bad_size(struct e1k *s, size_t size)
{
    uint32_t rctl = e1k_get(s, R_RCTL), limit = FRAME_LIMIT;

    if (size < SIM_FRAME_MIN + FCS_LEN) {
        e1k_count(s, R_RUC, 1);
        return !(rctl & RCTL_SBP);
    }
    if (rctl & RCTL_LPE)
        limit = e1k_has(s, R_RLPML) ? e1k_get(s, R_RLPML) & 0x3fff : s->chip->max_frame;
    if (limit > s->chip->max_frame)
        limit = s->chip->max_frame;
    if (size > limit)
        e1k_count(s, R_ROC, 1);
    return size > limit;
}

/* Pause frames are counted; they are handed up only if asked for. */
static bool mac_control(struct e1k *s, const uint8_t *f, const struct sim_packet *p)
{
    if (p->ethertype != MAC_CONTROL || p->vlan)
        return false;
    uint32_t rctl = e1k_get(s, R_RCTL);
    if (e1k_get(s, R_CTRL) & CTRL_RFCE) {
        e1k_count(s, sim_get_be16(f + 16) ? R_XOFFRXC : R_XONRXC, 1);
        e1k_flow_obey(s, f);
    } else {
        e1k_count(s, R_FCRUC, 1);
    }
    return (rctl & RCTL_DPF) || !(rctl & RCTL_PMCF);
}

static void offload(struct e1k *s, struct e1k_rx *rx, const uint8_t *frame)
{
    uint32_t ctl = e1k_get(s, R_RXCSUM);
    bool v6 = s->chip->gen != E1K_8254X;
    struct sim_packet *p = &rx->p;

    if (!(ctl & (RXCSUM_IPOFL | RXCSUM_TUOFL)))
        return;
    sim_packet_verify(p, frame);
    if (p->ipv4 && (ctl & RXCSUM_IPOFL)) {
        rx->ip_checked = true;
        rx->ip_ok = p->ip_csum_ok;
    }
    if ((ctl & RXCSUM_TUOFL) && (p->ipv4 || (v6 && p->ipv6)) && p->l4_csum_present &&
        (p->l4 == SIM_L4_TCP || p->l4 == SIM_L4_UDP)) {
        rx->l4_checked = true;
        rx->l4_ok = p->l4_csum_ok;
    }
}

/* The bytes that reach memory: tag stripped or not, FCS stripped or not. */
static void shape(struct e1k *s, struct e1k_rx *rx, const uint8_t *frame, size_t len)
{
    uint32_t ctl = e1k_get(s, R_RXCSUM), pcss = ctl & 0xff;
    bool strip = rx->p.vlan && (e1k_get(s, R_CTRL) & CTRL_VME);

    rx->data = rx->buf;
    rx->vlan = strip;
    rx->vlan_tci = rx->p.vlan_tci;
    memcpy(rx->buf, frame, 12);
    memcpy(rx->buf + 12, frame + (strip ? 16 : 12), len - (strip ? 16 : 12));
    rx->len = len - (strip ? 4 : 0);
    if (pcss < rx->len && !(ctl & RXCSUM_PCSD))
        rx->csum = (uint16_t)~sim_csum_fold(sim_csum_add(0, rx->buf + pcss, rx->len - pcss));
    if (!(e1k_get(s, R_RCTL) & RCTL_SECRC)) {
        sim_put_le32(rx->buf + rx->len, sim_fcs(frame, len));
        rx->len += FCS_LEN;
    }
}

static bool listening(struct e1k *s)
{
    bool loop = (e1k_get(s, R_RCTL) & RCTL_LBM) || (s->phy[0] & 1 << 14);

    return (e1k_get(s, R_RCTL) & RCTL_EN) && (loop || e1k_link_up(s));
}

bool e1k_rx_ready(struct sim_nic *nic)
{
    return listening(e1k_of(nic));
}

void e1k_rx_missed(struct sim_nic *nic, size_t len)
{
    struct e1k *s = e1k_of(nic);

    (void)len;
    e1k_count(s, R_MPC, 1);
    e1k_cause(s, ICR_RXO);
}

/* ---- a frame ------------------------------------------------------------ */

static void good(struct e1k *s, const struct e1k_rx *rx, unsigned q, size_t size)
{
    e1k_stats_rx_total(s, size);
    if (rx->crc_error) {
        e1k_count(s, R_CRCERRS, 1);
    } else {
        e1k_stats_rx_good(s, rx->verdict, size);
        e1k_stats_rx_host(s, q, rx->verdict, size);
    }
    s->rxq[q].no_desc = false;
    e1k_rx_event(s, q);
}

/* There is no room for the frame: it is dropped where the queue says so, otherwise it waits. A good
 * frame it is even so (I210 7.9.5). */
static enum sim_rx no_room(struct e1k *s, unsigned q, enum e1k_verdict verdict, size_t size)
{
    uint32_t block = e1k_rx_block(s, q);
    bool drop = s->chip->gen == E1K_IGB && (e1k_get(s, block + RING_SRRCTL) & SRRCTL_DROP);

    if (!s->rxq[q].no_desc)
        e1k_count(s, R_RNBC, 1);
    s->rxq[q].no_desc = !drop;
    if (!drop)
        return SIM_RX_HOLD;
    e1k_stats_rx_total(s, size);
    e1k_stats_rx_good(s, verdict, size);
    e1k_count(s, block + RING_RQDPC, 1);
    sim_count_no_desc(s->nic);
    return SIM_RX_TAKEN;
}

static bool passes(struct e1k *s, struct e1k_rx *rx, const uint8_t *frame, size_t len)
{
    if (!listening(s) || len > SIM_FRAME_MAX - 8 || len < 14)
        return false;
    if (bad_size(s, len + FCS_LEN))
        return false;
    sim_packet_parse(&rx->p, frame, len);
    rx->verdict = e1k_filter(s, frame, &rx->p);
    if (rx->verdict != E1K_DROP && !mac_control(s, frame, &rx->p))
        return true;
    sim_count_filtered(s->nic);
    return false;
}

static enum sim_rx receive(struct e1k *s, uint8_t *frame, size_t len)
{
    struct sim_nic *nic = s->nic;
    struct e1k_rx rx;

    memset(&rx, 0, offsetof(struct e1k_rx, buf));
    if (!passes(s, &rx, frame, len))
        return SIM_RX_TAKEN;
    if (!e1k_may_master(s))
        return SIM_RX_HOLD;
    e1k_rss(s, frame, &rx.p, &rx.rss);
    unsigned q = rx.rss.queue;
    if (!e1k_rx_on(s, q)) {
        sim_count_no_desc(nic);
        return SIM_RX_TAKEN;
    }
    offload(s, &rx, frame);
    shape(s, &rx, frame, len);
    if (!e1k_rx_store(s, q, &rx))
        return no_room(s, q, rx.verdict, len + FCS_LEN);
    good(s, &rx, q, len + FCS_LEN);
    return SIM_RX_TAKEN;
}

enum sim_rx e1k_model_rx(struct sim_nic *nic, uint8_t *frame, size_t len)
{
    struct e1k *s = e1k_of(nic);
    enum sim_rx r = receive(s, frame, len);

    e1k_flow_watch(s, r == SIM_RX_TAKEN ? len : 0);
    return r;
}
