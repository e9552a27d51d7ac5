// SPDX-License-Identifier: MIT
/* Receive: 4.6.7 (set-up), 7.1 (path, descriptors). */
#include <string.h>

#include "bytes.h"
#include "ixgbe.h"
#include "packet.h"

enum {
    DESC_LEGACY = 0,
    DESC_ADVANCED = 1,
    /* status and errors of the advanced write-back, 7.1.6.2 */
    RX_DD = 1,
    RX_EOP = 1 << 1,
    RX_VP = 1 << 3,
    RX_UDPCS = 1 << 4,
    RX_L4CS = 1 << 5,
    RX_IPCS = 1 << 6,
    RX_PIF = 1 << 7,
    RX_UDPV = 1 << 10,
    RX_RXE = 1 << 29,
    RX_L4E = 1 << 30,
};
#define RX_IPE 0x80000000u

/* ---- registers ------------------------------------------------------------ */

bool ixgbe_rx_ready(struct sim_nic *nic)
{
    struct ixgbe *st = ixgbe(nic);

    return st->link && (*ixgbe_reg(st, R_RXCTRL) & RXCTRL_RXEN);
}

/* 4.6.7: the path is halted while RXEN is set. */
bool ixgbe_rxctrl_allowed(struct sim_nic *nic, uint32_t val)
{
    struct ixgbe *st = ixgbe(nic);

    if (!(val & RXCTRL_RXEN) || (*ixgbe_reg(st, R_RXCTRL) & RXCTRL_RXEN))
        return true;
    if (!(*ixgbe_reg(st, R_SECRXCTRL) & SEC_DISABLE_PATH))
        sim_violation(nic, "RXCTRL.RXEN set while SECRXCTRL.RX_DIS is 0: halt the path first "
                           "(4.6.7)");
    if (!st->init_done_seen)
        sim_violation(nic, "RXCTRL.RXEN set before RDRXCTL.DMAIDONE was read as 1 (4.6.3)");
    if (!st->nvm_done_seen)
        sim_violation(nic, "RXCTRL.RXEN set before EEC bit 9 (auto-read done) was read as 1 "
                           "(4.6.3)");
    bool strip_mac = *ixgbe_reg(st, R_HLREG0) & HLREG0_RXCRCSTRP;
    bool strip_dma = *ixgbe_reg(st, R_RDRXCTL) & RDRXCTL_CRCSTRIP;
    if (strip_mac != strip_dma)
        sim_violation(nic,
                      "HLREG0.RXCRCSTRP is %d and RDRXCTL.CRCSTRIP is %d: they must be the "
                      "same (8.2.3.8.8)",
                      strip_mac, strip_dma);
    return true;
}

static unsigned ring_size(struct ixgbe *st, unsigned q)
{
    return *ixgbe_rx_reg(st, R_RDLEN, q) / 16;
}

static unsigned buffer_size(struct ixgbe *st, unsigned q)
{
    return (*ixgbe_rx_reg(st, R_SRRCTL, q) & 0x1f) * 1024;
}

static unsigned desc_type(struct ixgbe *st, unsigned q)
{
    return *ixgbe_rx_reg(st, R_SRRCTL, q) >> 25 & 7;
}

/* What must be set before a queue is switched on (4.6.7.1). */
static bool may_enable(struct sim_nic *nic, unsigned q)
{
    struct ixgbe *st = ixgbe(nic);

    if (ring_size(st, q) == 0) {
        sim_violation(nic, "RXDCTL[%u].ENABLE set while RDLEN is 0", q);
        return false;
    }
    if (buffer_size(st, q) == 0 || buffer_size(st, q) > 16384) {
        sim_violation(nic,
                      "RXDCTL[%u].ENABLE set with SRRCTL.BSIZEPACKET %u: 1 to 16 KB are "
                      "possible (8.2.3.8.7)",
                      q, buffer_size(st, q) / 1024);
        return false;
    }
    if (desc_type(st, q) > DESC_ADVANCED) {
        sim_violation(nic, "SRRCTL[%u].DESCTYPE %u: this model knows 0 and 1", q, desc_type(st, q));
        return false;
    }
    return true;
}

void ixgbe_rxdctl_written(struct sim_nic *nic, unsigned q, uint32_t old)
{
    struct ixgbe *st = ixgbe(nic);
    uint32_t *rxdctl = ixgbe_rx_reg(st, R_RXDCTL, q);

    *rxdctl &= ~(uint32_t)DCTL_SWFLSH;
    if (!((*rxdctl ^ old) & DCTL_ENABLE))
        return;
    st->rxq[q].enable_seen = false;
    st->rxq[q].cache.count = 0;
    if (!(*rxdctl & DCTL_ENABLE)) {
        sim_kick(nic); /* a frame that waits for this queue can go */
        return;
    }
    if (may_enable(nic, q)) {
        *ixgbe_rx_reg(st, R_RDH, q) = 0;
        *ixgbe_rx_reg(st, R_RDT, q) = 0;
    } else {
        *rxdctl &= ~(uint32_t)DCTL_ENABLE;
    }
}

void ixgbe_rdt_written(struct sim_nic *nic, unsigned q, uint32_t val)
{
    struct ixgbe *st = ixgbe(nic);
    uint32_t *tail = ixgbe_rx_reg(st, R_RDT, q);
    unsigned size = ring_size(st, q);
    bool on = *ixgbe_rx_reg(st, R_RXDCTL, q) & DCTL_ENABLE;

    if (!on && val == 0)
        return;
    if (!on || !st->rxq[q].enable_seen) {
        sim_violation(nic, "RDT[%u] written before RXDCTL.ENABLE was read as 1 (4.6.7.1)", q);
        if (!on)
            return;
    }
    if (val >= size) {
        sim_violation(nic, "RDT[%u] is %u, the ring has %u descriptors", q, val, size);
        return;
    }
    unsigned head = *ixgbe_rx_reg(st, R_RDH, q);
    if ((val + size - *tail) % size > (head + size - *tail - 1) % size)
        sim_violation(nic, "RDT[%u] moved from %u to %u, past the head at %u", q, *tail, val, head);
    *tail = val;
    sim_kick(nic);
}

/* ---- a frame on its way to memory ----------------------------------------- */

struct arrival {
    unsigned q;
    const uint8_t *data;
    size_t len; /* as written to memory */
    uint32_t status;
    uint16_t vlan, ip_id;
    struct sim_packet p;
    struct ixgbe_rss rss;
};

static uint32_t packet_type(const struct sim_packet *p)
{
    uint32_t t = 0;

    t |= p->ipv4 ? 1u << 4 : 0;
    t |= p->ipv4 && p->ipv4_options ? 1u << 5 : 0;
    t |= p->ipv6 ? 1u << 6 : 0;
    t |= p->ipv6 && p->ipv6_ext ? 1u << 7 : 0;
    t |= p->l4 == SIM_L4_TCP ? 1u << 8 : 0;
    t |= p->l4 == SIM_L4_UDP ? 1u << 9 : 0;
    t |= p->l4 == SIM_L4_SCTP ? 1u << 10 : 0;
    return t;
}

static uint32_t checksum_status(struct sim_packet *p, const uint8_t *f)
{
    uint32_t s = 0;

    sim_packet_verify(p, f);
    if (p->ipv4)
        s |= RX_IPCS | (p->ip_csum_ok ? 0 : RX_IPE);
    if (p->l4_csum_present)
        s |= RX_L4CS | (p->l4 == SIM_L4_UDP ? RX_UDPCS : 0u) |
             (p->l4_csum_ok ? 0 : (uint32_t)RX_L4E);
    return s;
}

/* The tag goes from the frame into the descriptor (7.4.3). */
static void strip_vlan(struct arrival *a, uint8_t *frame)
{
    memmove(frame + 4, frame, 12);
    a->data += 4;
    a->len -= 4;
}

static bool strips_vlan(struct ixgbe *st, const struct arrival *a)
{
    return a->p.vlan && (*ixgbe_rx_reg(st, R_RXDCTL, a->q) & RXDCTL_VME);
}

static bool strips_fcs(struct ixgbe *st)
{
    return *ixgbe_reg(st, R_HLREG0) & HLREG0_RXCRCSTRP;
}

static void describe(struct sim_nic *nic, struct arrival *a, uint8_t *frame, size_t len)
{
    struct ixgbe *st = ixgbe(nic);

    a->data = frame;
    a->len = len;
    a->status |= checksum_status(&a->p, frame);
    if (a->p.ipv4)
        a->ip_id = sim_get_be16(frame + a->p.l3_off + 4);
    if (!strips_fcs(st)) {
        memcpy(st->frame, frame, len);
        sim_put_le32(st->frame + len, sim_fcs(frame, len));
        frame = st->frame;
        a->data = frame;
        a->len += 4;
    }
    if (a->p.vlan) {
        a->status |= RX_VP;
        a->vlan = a->p.vlan_tci;
    }
    if (strips_vlan(st, a))
        strip_vlan(a, frame);
}

/* ---- descriptors ---------------------------------------------------------- */

static void put_advanced(struct ixgbe *st, const struct arrival *a, bool last, uint32_t len,
                         uint8_t wb[16])
{
    bool pcsd = *ixgbe_reg(st, R_RXCSUM) & RXCSUM_PCSD;

    memset(wb, 0, 16);
    sim_put_le32(wb + 8, RX_DD);
    sim_put_le16(wb + 12, (uint16_t)len);
    if (!last)
        return;
    sim_put_le32(wb, a->rss.type | packet_type(&a->p));
    if (pcsd)
        sim_put_le32(wb + 4, a->rss.hash);
    else if (a->p.ipv4)
        sim_put_le16(wb + 4, a->ip_id);
    sim_put_le32(wb + 8, RX_DD | RX_EOP | a->status);
    sim_put_le16(wb + 14, a->vlan);
}

static void put_legacy(const struct arrival *a, bool last, uint64_t addr, uint32_t len,
                       uint8_t wb[16])
{
    uint32_t s = last ? a->status : 0;

    sim_put_le64(wb, addr);
    sim_put_le16(wb + 8, (uint16_t)len);
    sim_put_le16(wb + 10, 0);
    wb[12] = (uint8_t)(RX_DD | (last ? RX_EOP : 0) | (s & 0xf8));
    wb[13] = (uint8_t)(s >> 24 & 0xc0) | (s & RX_RXE ? 1 : 0);
    sim_put_le16(wb + 14, last ? a->vlan : 0);
}

static void spoil(struct sim_nic *nic, uint8_t wb[16], bool legacy)
{
    if (sim_fault(nic, SIM_FAULT_BAD_LENGTH))
        sim_put_le16(wb + (legacy ? 8 : 12), (uint16_t)sim_fault_arg(nic));
    if (sim_fault(nic, SIM_FAULT_NO_EOP))
        wb[legacy ? 12 : 8] &= (uint8_t)~RX_EOP;
    if (sim_fault(nic, SIM_FAULT_RANDOM_DESC))
        for (unsigned i = 0; i < 16; i++)
            wb[i] = (uint8_t)(sim_random(nic) >> 11);
}

static bool check_desc(struct sim_nic *nic, unsigned q, unsigned index, const uint8_t *desc,
                       bool legacy)
{
    if (sim_get_le64(desc) == 0)
        sim_violation(nic, "receive queue %u, descriptor %u: the buffer address is 0", q, index);
    if (legacy ? desc[12] & RX_DD : desc[8] & RX_DD)
        sim_violation(nic,
                      "receive queue %u, descriptor %u handed over with DD set: not refilled "
                      "(7.1.6.1)",
                      q, index);
    return sim_get_le64(desc) != 0;
}

/* One buffer and its write-back. False: DMA failed, the queue cannot go on with this frame. */
static bool store_part(struct sim_nic *nic, const struct arrival *a, size_t *done)
{
    struct ixgbe *st = ixgbe(nic);
    unsigned size = ring_size(st, a->q);
    uint32_t *head = ixgbe_rx_reg(st, R_RDH, a->q);
    bool legacy = desc_type(st, a->q) == DESC_LEGACY;
    uint64_t base =
        (uint64_t)*ixgbe_rx_reg(st, R_RDBAH, a->q) << 32 | *ixgbe_rx_reg(st, R_RDBAL, a->q);
    const uint8_t *desc =
        ixgbe_fetch(nic, &st->rxq[a->q].cache, base, *head, *ixgbe_rx_reg(st, R_RDT, a->q), size);
    size_t part = a->len - *done;
    uint8_t wb[16];

    if (part > buffer_size(st, a->q))
        part = buffer_size(st, a->q);
    if (!desc || !check_desc(nic, a->q, *head, desc, legacy))
        return false;
    uint64_t addr = sim_get_le64(desc);
    if (!sim_dma_write(nic, addr, a->data + *done, part))
        return false;
    *done += part;
    if (legacy)
        put_legacy(a, *done == a->len, addr, (uint32_t)part, wb);
    else
        put_advanced(st, a, *done == a->len, (uint32_t)part, wb);
    spoil(nic, wb, legacy);
    uint64_t at = base + 16ull * *head;
    *head = (*head + 1) % size;
    return sim_dma_write(nic, at, wb, 16);
}

/* Enough descriptors? If not, the frame is dropped or waits, as the driver chose. */
static bool room(struct ixgbe *st, const struct arrival *a, size_t len, bool *hold)
{
    unsigned size = ring_size(st, a->q);
    unsigned buf = buffer_size(st, a->q);
    unsigned have = (*ixgbe_rx_reg(st, R_RDT, a->q) + size - *ixgbe_rx_reg(st, R_RDH, a->q)) % size;
    unsigned stored = (unsigned)len + (strips_fcs(st) ? 0 : 4) - (strips_vlan(st, a) ? 4 : 0);
    unsigned need = (stored + buf - 1) / buf;

    *hold = !(*ixgbe_rx_reg(st, R_SRRCTL, a->q) & SRRCTL_DROP) && need < size;
    return have >= need;
}

static void store(struct sim_nic *nic, const struct arrival *a)
{
    size_t done = 0;

    while (done < a->len)
        if (!store_part(nic, a, &done)) {
            ixgbe(nic)->rxq[a->q].cache.count = 0;
            return;
        }
    ixgbe_count_queue_rx(ixgbe(nic), a->q, a->len);
    ixgbe_raise_queue(nic, a->q, false);
}

/* ---- the path ------------------------------------------------------------- */

static uint32_t max_frame(struct ixgbe *st, const uint8_t *f)
{
    uint32_t max =
        *ixgbe_reg(st, R_HLREG0) & HLREG0_JUMBOEN ? *ixgbe_reg(st, R_MAXFRS) >> 16 : 1518;

    return max + (sim_get_be16(f + 12) == 0x8100 ? 4 : 0) - 4; /* without FCS */
}

/* What the MAC discards before any filter looks at it. */
static bool mac_discards(struct sim_nic *nic, const uint8_t *f, size_t len)
{
    struct ixgbe *st = ixgbe(nic);

    if (len < SIM_FRAME_MIN) {
        ++*ixgbe_reg(st, R_RUC);
        return true;
    }
    if (len > max_frame(st, f)) {
        ++*ixgbe_reg(st, R_ROC);
        return true;
    }
    if (sim_get_be16(f + 12) == 0x8808 && memcmp(f, "\x01\x80\xc2\x00\x00\x01", 6) == 0) {
        ++*ixgbe_reg(st, sim_get_be16(f + 16) ? R_LXOFFRXCNT : R_LXONRXCNT);
        if (*ixgbe_reg(st, R_MFLCN) & MFLCN_RFCE)
            ixgbe_flow_obey(nic, f);
        return *ixgbe_reg(st, R_MFLCN) & MFLCN_DPF || !(*ixgbe_reg(st, R_MFLCN) & MFLCN_PMCF);
    }
    return false;
}

static bool filtered(struct sim_nic *nic, struct arrival *a, const uint8_t *f, size_t len)
{
    bool inexact;

    sim_packet_parse(&a->p, f, len);
    if (!ixgbe_accepts(nic, f, &inexact) || !ixgbe_vlan_accepts(nic, &a->p)) {
        ixgbe_count_unfiltered(ixgbe(nic), len);
        sim_count_filtered(nic);
        return true;
    }
    a->status = inexact ? RX_PIF : 0;
    return false;
}

/* Everything before memory. False: the frame goes no further. */
static bool take(struct sim_nic *nic, struct arrival *a, uint8_t *frame, size_t len)
{
    struct ixgbe *st = ixgbe(nic);

    if (mac_discards(nic, frame, len) || filtered(nic, a, frame, len))
        return false;
    ixgbe_rss(nic, frame, &a->p, &a->rss);
    a->q = a->rss.queue;
    return *ixgbe_rx_reg(st, R_RXDCTL, a->q) & DCTL_ENABLE;
}

/* A CRC error (a fault on demand): counted, and kept only for a driver that asks for it. */
static bool corrupted(struct sim_nic *nic, struct arrival *a)
{
    struct ixgbe *st = ixgbe(nic);

    if (!sim_fault_nth(nic, SIM_FAULT_CORRUPT))
        return false;
    ++*ixgbe_reg(st, R_CRCERRS);
    a->status |= RX_RXE;
    return !(*ixgbe_reg(st, R_FCTRL) & FCTRL_SBP);
}

static void drop(struct sim_nic *nic, const struct arrival *a, const uint8_t *frame, size_t len)
{
    ixgbe_count_good_rx(ixgbe(nic), frame, len);
    ixgbe_count_queue_drop(ixgbe(nic), a->q);
    sim_count_no_desc(nic);
}

static enum sim_rx receive(struct sim_nic *nic, uint8_t *frame, size_t len)
{
    struct ixgbe *st = ixgbe(nic);
    struct arrival a = { 0 };
    bool hold;

    if (sim_fault(nic, SIM_FAULT_STALL_RX))
        return SIM_RX_HOLD;
    bool again = st->rx_again; /* it waited: it is counted already */
    st->rx_again = false;
    if (!ixgbe_rx_ready(nic) || (*ixgbe_reg(st, R_CTRL) & CTRL_MASTER_DISABLE))
        return SIM_RX_TAKEN;
    if (*ixgbe_reg(st, R_SECRXCTRL) & SEC_DISABLE_PATH)
        return SIM_RX_HOLD;
    if (!again)
        ixgbe_count_wire_rx(st, len);
    if (!take(nic, &a, frame, len))
        return SIM_RX_TAKEN;
    if (!room(st, &a, len, &hold)) {
        st->rx_again = hold;
        if (!hold)
            drop(nic, &a, frame, len);
        return hold ? SIM_RX_HOLD : SIM_RX_TAKEN;
    }
    if (corrupted(nic, &a))
        return SIM_RX_TAKEN;
    if (!(a.status & RX_RXE))
        ixgbe_count_good_rx(st, frame, len);
    describe(nic, &a, frame, len);
    store(nic, &a);
    return SIM_RX_TAKEN;
}

enum sim_rx ixgbe_rx(struct sim_nic *nic, uint8_t *frame, size_t len)
{
    enum sim_rx r = receive(nic, frame, len);

    ixgbe_flow_watch(nic, r == SIM_RX_TAKEN ? len : 0);
    return r;
}
