// SPDX-License-Identifier: MIT
/*
 * Transmit: the loop over rings, and the legacy, context and data descriptors of the 8254x
 * (3.3) and 82574 (7.2).
 */
#include <string.h>

#include "bytes.h"
#include "e1000_core.h"

enum {
    CMD_EOP = 1 << 0,
    CMD_IFCS = 1 << 1,
    CMD_IC = 1 << 2,  /* legacy */
    CMD_TSE = 1 << 2, /* data and context */
    CMD_RS = 1 << 3,
    CMD_RESERVED = 1 << 4,
    CMD_DEXT = 1 << 5,
    CMD_VLE = 1 << 6,
    CMD_IDE = 1 << 7,
    TUCMD_TCP = 1 << 0,
    TUCMD_IP = 1 << 1,
    POPTS_IXSM = 1 << 0,
    POPTS_TXSM = 1 << 1,
    STA_DD = 1 << 0,
    LEGACY_MAX = 16288,
};

/* ---- pieces ---------------------------------------------------------------------------- */

bool e1k_tx_fetch(struct e1k *s, uint64_t addr, size_t len)
{
    if (len > sizeof(s->tx.data) - s->tx.len) {
        sim_violation(s->nic, "transmit: a packet of more than %zu bytes", sizeof(s->tx.data));
        return false;
    }
    if (!sim_dma_read(s->nic, addr, s->tx.data + s->tx.len, len))
        return false;
    s->tx.len += len;
    return true;
}

void e1k_tx_remember(struct e1k *s, uint64_t at, const uint8_t back[16])
{
    if (s->tx.backs == E1K_PACKET_DESCS)
        return;
    s->tx.back_addr[s->tx.backs] = at;
    memcpy(s->tx.back[s->tx.backs++], back, 16);
}

/* All descriptors of these formats are written back with DD added. */
static void remember_dd(struct e1k *s, const uint8_t d[16], uint64_t at, uint8_t cmd)
{
    uint8_t back[16];

    if (!(cmd & CMD_RS))
        return;
    memcpy(back, d, 16);
    back[12] |= STA_DD;
    e1k_tx_remember(s, at, back);
    s->tx.ide = cmd & CMD_IDE;
}

static void check_fresh(struct e1k *s, const uint8_t d[16])
{
    if (d[12] & STA_DD)
        sim_violation(s->nic, "transmit descriptor handed over with DD already set");
    if ((d[11] & CMD_RESERVED) && s->chip->gen == E1K_8254X)
        sim_violation(s->nic, "transmit descriptor with the reserved command bit 4");
}

enum e1k_take e1k_tx_legacy(struct e1k *s, const uint8_t d[16], uint64_t at, bool first)
{
    uint8_t cmd = d[11];
    size_t len = sim_get_le16(d + 8);

    check_fresh(s, d);
    remember_dd(s, d, at, cmd);
    if (first)
        s->tx.tse = s->tx.ixsm = s->tx.txsm = false;
    if (len > LEGACY_MAX) {
        sim_violation(s->nic, "legacy transmit descriptor of %zu bytes, at most 16288", len);
        return E1K_TAKE_BAD;
    }
    if (!e1k_tx_fetch(s, sim_get_le64(d), len))
        return E1K_TAKE_BAD;
    if (!(cmd & CMD_EOP))
        return E1K_TAKE_MORE;
    s->tx.ifcs = cmd & CMD_IFCS;
    s->tx.vle = cmd & CMD_VLE;
    s->tx.vlan = sim_get_le16(d + 14);
    if (cmd & CMD_IC) {
        s->tx.txsm = true;
        s->tx.ctx = (struct e1k_ctx){ .valid = true, .tcp = true, .tucss = d[13], .tucso = d[10] };
    }
    return E1K_TAKE_END;
}

static enum e1k_take take_context(struct e1k *s, unsigned q, const uint8_t d[16], uint64_t at)
{
    uint8_t cmd = d[11];
    struct e1k_ctx *c = &s->txq[q].ctx[cmd & CMD_TSE ? 1 : 0];

    *c = (struct e1k_ctx){
        .valid = true,
        .ipv4 = cmd & TUCMD_IP,
        .tcp = cmd & TUCMD_TCP,
        .ipcss = d[0],
        .ipcso = d[1],
        .ipcse = sim_get_le16(d + 2),
        .tucss = d[4],
        .tucso = d[5],
        .tucse = sim_get_le16(d + 6),
        .paylen = sim_get_le32(d + 8) & 0xfffff,
        .hdr_len = d[13],
        .mss = sim_get_le16(d + 14),
    };
    remember_dd(s, d, at, cmd);
    if (cmd & CMD_TSE)
        e1k_count(s, R_TSCTC, 1);
    return E1K_TAKE_ALONE;
}

static enum e1k_take take_data(struct e1k *s, unsigned q, const uint8_t d[16], uint64_t at,
                               bool first)
{
    uint8_t cmd = d[11], popts = d[13];
    bool tse = cmd & CMD_TSE;

    remember_dd(s, d, at, cmd);
    if (first) { /* options count in a packet's first descriptor, the rest in its last */
        s->tx.tse = tse;
        s->tx.ixsm = popts & POPTS_IXSM;
        s->tx.txsm = popts & POPTS_TXSM;
        s->tx.ctx = s->txq[q].ctx[tse];
    } else if (tse != s->tx.tse) {
        sim_violation(s->nic, "TSE differs between the descriptors of one packet");
        return E1K_TAKE_BAD;
    }
    if (!e1k_tx_fetch(s, sim_get_le64(d), sim_get_le32(d + 8) & 0xfffff))
        return E1K_TAKE_BAD;
    if (!(cmd & CMD_EOP))
        return E1K_TAKE_MORE;
    s->tx.ifcs = cmd & CMD_IFCS;
    s->tx.vle = cmd & CMD_VLE;
    s->tx.vlan = sim_get_le16(d + 14);
    return E1K_TAKE_END;
}

enum e1k_take e1k_tx_take(struct e1k *s, unsigned q, const uint8_t d[16], uint64_t at, bool first)
{
    unsigned type = d[10] >> 4;

    if (!(d[11] & CMD_DEXT))
        return e1k_tx_legacy(s, d, at, first);
    check_fresh(s, d);
    if (type == 1)
        return take_data(s, q, d, at, first);
    if (type == 0 && first)
        return take_context(s, q, d, at);
    sim_violation(s->nic, type ? "transmit descriptor of an unknown type"
                               : "context descriptor in the middle of a packet");
    return E1K_TAKE_BAD;
}

/* ---- a packet ------------------------------------------------------------------------------ */

/* Gather one packet (or one context descriptor). False: none is complete. */
static bool gather(struct e1k *s, unsigned q)
{
    struct e1k_ring r;
    struct e1k_tx *t = &s->tx;
    uint8_t d[16];

    e1k_ring(s, e1k_tx_block(s, q), &r);
    uint32_t filled = e1k_ring_filled(&r);
    t->len = t->payload_sent = 0;
    t->segments = t->backs = t->descs = 0;
    t->ide = false;
    for (uint32_t i = 0; i < filled; i++) {
        uint64_t at = r.addr + 16ull * ((r.head + i) % r.size);
        if (i == E1K_PACKET_DESCS) {
            sim_violation(s->nic, "transmit: a packet of more than %u descriptors",
                          E1K_PACKET_DESCS);
            return false;
        }
        if (!sim_dma_read(s->nic, at, d, 16))
            return false;
        enum e1k_take take = s->chip->gen == E1K_IGB ? igb_tx_take(s, q, d, at, i == 0)
                                                     : e1k_tx_take(s, q, d, at, i == 0);
        if (take == E1K_TAKE_MORE)
            continue;
        t->descs = i + 1;
        t->queue = q;
        t->active = true;
        if (take != E1K_TAKE_END)
            t->len = 0; /* nothing to send, but the descriptors are used up */
        return true;
    }
    return false;
}

static void spoil(struct e1k *s, uint8_t back[16])
{
    if (!sim_fault(s->nic, SIM_FAULT_RANDOM_DESC))
        return;
    for (unsigned i = 0; i < 16; i += 4)
        sim_put_le32(back + i, sim_random(s->nic));
}

static void write_heads(struct e1k *s, const struct e1k_ring *r, uint8_t *back, uint64_t addr)
{
    uint64_t wb = 0;
    uint8_t head[4];

    if (s->chip->gen == E1K_IGB)
        wb = (uint64_t)e1k_get(s, r->base + RING_WBAH) << 32 | e1k_get(s, r->base + RING_WBAL);
    if (wb & 1) { /* the head goes to memory instead of the descriptors' status */
        sim_put_le32(head, r->head);
        sim_dma_write(s->nic, wb & ~3ull, head, 4);
        return;
    }
    spoil(s, back);
    sim_dma_write(s->nic, addr, back, 16);
}

/* The packet has left: move the head, write back, interrupt. */
static void complete(struct e1k *s)
{
    struct e1k_tx *t = &s->tx;
    struct e1k_ring r;

    t->active = false;
    if (sim_fault(s->nic, SIM_FAULT_STALL_TX))
        return;
    e1k_ring(s, e1k_tx_block(s, t->queue), &r);
    if (r.size == 0)
        return;
    e1k_ring_advance(s, &r, t->descs);
    for (unsigned i = 0; i < t->backs; i++)
        write_heads(s, &r, t->back[i], t->back_addr[i]);
    if (t->backs)
        e1k_tx_event(s, t->queue, t->ide);
    if (r.head == r.tail && s->chip->gen != E1K_IGB)
        e1k_cause(s, ICR_TXQE);
}

static bool out(struct e1k *s, const uint8_t *frame, size_t len)
{
    bool loop = (e1k_get(s, R_RCTL) & RCTL_LBM) || (s->phy[0] & 1 << 14);
    bool ok = loop ? sim_loop_back(s->nic, frame, len) : sim_send(s->nic, frame, len);

    if (ok) {
        e1k_stats_tx(s, frame, len + 4);
        e1k_count_wrapping(s, R_PQGPTC + 0x100 * s->tx.queue, 1);
        e1k_count_wrapping(s, R_PQGOTC + 0x100 * s->tx.queue, (uint32_t)len + 4);
    }
    return ok;
}

/* Send what there is room for. The frames sent; the packet is completed behind its last. */
static unsigned emit(struct e1k *s, unsigned budget)
{
    uint8_t frame[SIM_FRAME_MAX + 8];
    unsigned n = 0;

    while (s->tx.len && !e1k_frame_done(s)) {
        if (n == budget || !sim_can_send(s->nic))
            return n;
        size_t len = e1k_frame_next(s, frame);
        if (len == 0)
            break; /* nonsense: the packet is dropped */
        out(s, frame, len);
        n++;
    }
    complete(s);
    return n;
}

/* ---- the loop -------------------------------------------------------------------------------- */

static bool can_transmit(struct e1k *s)
{
    bool loop = (e1k_get(s, R_RCTL) & RCTL_LBM) || (s->phy[0] & 1 << 14);

    return e1k_may_master(s) && (loop || e1k_link_up(s)) && !sim_flow_halted(s->nic, &s->flow) &&
           !sim_fault(s->nic, SIM_FAULT_STALL_TX);
}

/* The next queue with a packet becomes active. */
static bool next_packet(struct e1k *s)
{
    for (unsigned i = 0; i < s->chip->txqs; i++) {
        unsigned q = (s->tx_next + i) % s->chip->txqs;
        if (!e1k_tx_on(s, q) || !gather(s, q))
            continue;
        s->tx_next = (q + 1) % s->chip->txqs;
        return true;
    }
    return false;
}

unsigned e1k_model_tx(struct sim_nic *nic, unsigned budget)
{
    struct e1k *s = e1k_of(nic);
    unsigned n = 0;

    if (!can_transmit(s))
        return 0;
    while (n < budget) {
        if (!s->tx.active && !next_packet(s))
            break;
        n += emit(s, budget - n);
        if (s->tx.active)
            break; /* no room on the wire */
    }
    return n;
}
