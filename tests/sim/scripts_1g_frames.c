// SPDX-License-Identifier: MIT
/* Frames through the 1-gigabit parts' rings, on anything that has registers, memory and a wire. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "scripts_1g.h"
#include "sim/bytes.h"
#include "sim/packet.h"

enum {
    CTRL = 0x00,
    STATUS = 0x08,
    MDIC = 0x20,
    VET = 0x38,
    ICR = 0xc0,
    RCTL = 0x100,
    TCTL = 0x400,
    EXTCNF = 0xf00,
    RXCSUM = 0x5000,
    RFCTL = 0x5008,
    MTA = 0x5200,
    RAL = 0x5400,
    RAH = 0x5404,
    VFTA = 0x5600,
    SWSM = 0x5b50,
    SW_FW_SYNC = 0x5b5c,
    GPRC = 0x4074,
    GPTC = 0x4080,

    RX_RING = 0x0000,
    TX_RING = 0x1000,
    TX_DATA = 0x4000,
    RX_BUF = 0x10000,
    SIZE = 8,
};

struct run {
    const struct script_host *h;
    enum script_chip chip;
    bool igb, qemu;
    uint32_t rx, tx; /* ring blocks */
    unsigned rx_next, tx_next;
    char *err;
    size_t errlen;
};

static uint32_t rd(struct run *r, uint32_t off)
{
    return r->h->io.read(r->h->io.ctx, off);
}

static void wr(struct run *r, uint32_t off, uint32_t val)
{
    r->h->io.write(r->h->io.ctx, off, val);
}

static bool wait_bit(struct run *r, uint32_t off, uint32_t mask, uint32_t val)
{
    for (int i = 0; i < 1000; i++) {
        if ((rd(r, off) & mask) == val)
            return true;
        r->h->io.delay_us(r->h->io.ctx, 1000);
    }
    return false;
}

static bool say(struct run *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool say(struct run *r, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(r->err, r->errlen, fmt, ap);
    va_end(ap);
    return false;
}

/* ---- bringing the device up ------------------------------------------------------------- */

/* The PHY's autonegotiation, without which QEMU's igb has no link. */
static bool autonegotiate(struct run *r)
{
    if (r->igb) {
        wr(r, SWSM, rd(r, SWSM) & ~3u);
        rd(r, SWSM); /* takes SMBI */
        wr(r, SWSM, rd(r, SWSM) | 2);
        wr(r, SW_FW_SYNC, rd(r, SW_FW_SYNC) | 2);
        wr(r, SWSM, rd(r, SWSM) & ~3u);
    } else if (r->chip == SCRIPT_82574) {
        wr(r, EXTCNF, rd(r, EXTCNF) | 1u << 5);
    }
    wr(r, MDIC, 0x1340u | 1u << 21 | 1u << 26);
    return wait_bit(r, MDIC, 1u << 28, 1u << 28) && wait_bit(r, STATUS, 2, 2);
}

static void ring(struct run *r, uint32_t block, uint32_t mem)
{
    uint64_t addr = r->h->dma + mem;

    if (r->igb)
        wr(r, block + 0x28, rd(r, block + 0x28) & ~(1u << 25));
    wr(r, block, (uint32_t)addr);
    wr(r, block + 4, (uint32_t)(addr >> 32));
    wr(r, block + 8, SIZE * 16);
    wr(r, block + 0x10, 0);
}

static void put_desc(struct run *r, uint32_t mem, unsigned i, uint64_t lo, uint64_t hi)
{
    uint8_t d[16];

    sim_put_le64(d, lo);
    sim_put_le64(d + 8, hi);
    r->h->put(r->h->io.ctx, mem + 16 * i, d, 16);
}

static bool bring_up(struct run *r)
{
    if (!script_reset(&r->h->io))
        return say(r, "the reset does not end");
    wr(r, CTRL, rd(r, CTRL) | 1u << 6);
    if (!r->igb)
        wr(r, VET, 0x8100); /* its default, which QEMU's 82574 forgets at a reset */
    if (!autonegotiate(r))
        return say(r, "the link stays down");
    for (uint32_t i = 0; i < 128; i++) {
        wr(r, MTA + 4 * i, 0);
        wr(r, VFTA + 4 * i, 0);
    }
    ring(r, r->rx, RX_RING);
    ring(r, r->tx, TX_RING);
    if (r->igb)
        wr(r, r->rx + 0xc, 1u << 25 | 2);
    if (r->chip == SCRIPT_82574)
        wr(r, RFCTL, 1u << 15);
    wr(r, RXCSUM, r->chip == SCRIPT_82540EM ? 0x300 : 0x2300);
    for (unsigned i = 0; i < SIZE; i++)
        put_desc(r, RX_RING, i, r->h->dma + RX_BUF + 2048 * i, 0);
    for (unsigned i = 0; r->igb && i < 2; i++) {
        uint32_t ctl = (i ? r->tx : r->rx) + 0x28;
        wr(r, ctl, rd(r, ctl) | 1u << 25);
        if (!wait_bit(r, ctl, 1u << 25, 1u << 25))
            return say(r, "a queue does not come up");
    }
    wr(r, TCTL, rd(r, TCTL) | 0x0a);
    wr(r, RCTL, 1u << 1 | 1u << 15 | 1u << 26);
    wr(r, r->rx + 0x18, SIZE - 1);
    rd(r, ICR);
    return true;
}

/* ---- sending and receiving ---------------------------------------------------------------- */

/* A data descriptor; cmd as the 8254x has it, but TSE at bit 2, VLE at bit 6. */
static void put_data(struct run *r, size_t len, uint32_t cmd, unsigned popts, size_t paylen,
                     uint16_t vlan)
{
    uint64_t addr = r->h->dma + TX_DATA, dcmd = cmd;

    if (r->igb) {
        dcmd = (cmd & 0x4b) | 0x20 | (cmd & 4 ? 0x80 : 0);
        put_desc(r, TX_RING, r->tx_next, addr,
                 len | 3u << 20 | dcmd << 24 | (uint64_t)popts << 40 | (uint64_t)paylen << 46);
    } else {
        put_desc(r, TX_RING, r->tx_next, addr,
                 len | 1u << 20 | (dcmd | 0x20) << 24 | (uint64_t)popts << 40 |
                     (uint64_t)vlan << 48);
    }
    r->tx_next = (r->tx_next + 1) % SIZE;
}

/* A context for TCP over IPv4 behind an Ethernet header. */
static void put_context(struct run *r, unsigned mss, size_t paylen, uint16_t vlan)
{
    uint64_t hdr = mss ? 54 : 0;

    if (r->igb)
        put_desc(r, TX_RING, r->tx_next, 20 | 14u << 9 | (uint64_t)vlan << 16,
                 (3u << 10 | 2u << 20 | 1u << 29) | 20ull << 40 | (uint64_t)mss << 48);
    else
        put_desc(r, TX_RING, r->tx_next, 14 | 24u << 8 | 33u << 16 | 34ull << 32 | 50ull << 40,
                 paylen | (0x23ull | (mss ? 4 : 0)) << 24 | hdr << 40 | (uint64_t)mss << 48);
    r->tx_next = (r->tx_next + 1) % SIZE;
}

static bool go(struct run *r)
{
    unsigned last = (r->tx_next + SIZE - 1) % SIZE;
    uint8_t d[16] = { 0 };

    wr(r, r->tx + 0x18, r->tx_next);
    for (int i = 0; i < 200; i++) {
        r->h->get(r->h->io.ctx, TX_RING + 16 * last, d, 16);
        if (d[12] & 1)
            return true;
        r->h->io.delay_us(r->h->io.ctx, 1000);
    }
    return say(r, "transmit descriptor %u is not written back", last);
}

/* The next receive descriptor in one form. */
struct got {
    bool eop, vp;
    unsigned len, errors; /* errors: bit 6 IP, bit 5 L4, as in the legacy descriptor */
    bool ip_checked, l4_checked;
    uint16_t tag;
    uint8_t data[2048];
};

static bool receive(struct run *r, struct got *g)
{
    uint8_t d[16];
    unsigned i = r->rx_next;
    bool legacy = r->chip == SCRIPT_82540EM;
    uint8_t *st = d + (legacy ? 12 : 8);

    for (int t = 0; t < 2000; t++) { /* QEMU's 82540EM is deaf for a second after a write to RCTL */
        r->h->get(r->h->io.ctx, RX_RING + 16 * i, d, 16);
        if (*st & 1)
            break;
        r->h->io.delay_us(r->h->io.ctx, 1000);
    }
    if (!(*st & 1))
        return say(r, "receive descriptor %u is not written back", i);
    g->eop = *st & 2;
    g->vp = *st & 8;
    g->l4_checked = *st & 0x20;
    g->ip_checked = *st & 0x40;
    g->errors = legacy ? d[13] : d[11];
    g->len = sim_get_le16(d + (legacy ? 8 : 12));
    g->tag = sim_get_le16(d + 14);
    r->h->get(r->h->io.ctx, RX_BUF + 2048 * i, g->data, sizeof(g->data));
    r->rx_next = i + 1;
    return true;
}

/* ---- frames ------------------------------------------------------------ */

static void own_mac(struct run *r, uint8_t mac[6])
{
    sim_put_le32(mac, rd(r, RAL));
    sim_put_le16(mac + 4, (uint16_t)rd(r, RAH));
}

/* TCP over IPv4 with correct checksums. */
static size_t tcp_frame(const uint8_t dst[6], uint8_t *f, size_t payload)
{
    size_t len = 54 + payload;

    for (size_t i = 0; i < len; i++)
        f[i] = (uint8_t)(i * 5);
    memcpy(f, dst, 6);
    memset(f + 6, 0x22, 6);
    sim_put_be16(f + 12, 0x0800);
    memset(f + 14, 0, 40);
    f[14] = 0x45;
    sim_put_be16(f + 16, (uint16_t)(40 + payload));
    sim_put_be16(f + 18, 0x0100);
    f[22] = 64;
    f[23] = 6;
    sim_put_be32(f + 26, 0x0a000001);
    sim_put_be32(f + 30, 0x0a000002);
    sim_put_be16(f + 24, sim_csum_fold(sim_csum_add(0, f + 14, 20)));
    sim_put_be32(f + 34, 0x04d20050);
    f[46] = 0x50;
    f[47] = 0x18;
    uint8_t p[12] = { 10, 0, 0, 1, 10, 0, 0, 2, 0, 6 };
    sim_put_be16(p + 10, (uint16_t)(20 + payload));
    sim_put_be16(f + 50, sim_csum_fold(sim_csum_add(sim_csum_add(0, p, 12), f + 34, 20 + payload)));
    return len;
}

static void seed_csum(uint8_t *f, size_t l4_len)
{
    uint8_t p[12] = { 10, 0, 0, 1, 10, 0, 0, 2, 0, 6 };

    sim_put_be16(p + 10, (uint16_t)l4_len);
    sim_put_be16(f + 24, 0);
    sim_put_be16(f + 50, (uint16_t)~sim_csum_fold(sim_csum_add(0, p, 12)));
}

static bool valid(const uint8_t *f, size_t len)
{
    struct sim_packet p;

    sim_packet_parse(&p, f, len);
    sim_packet_verify(&p, f);
    return p.ip_csum_ok && p.l4_csum_ok;
}

/* ---- checks ------------------------------------------------------------ */

static const uint8_t everybody[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static bool plain_out(struct run *r)
{
    uint8_t f[1514], got[2048];
    size_t len = tcp_frame(everybody, f, 200);

    r->h->put(r->h->io.ctx, TX_DATA, f, len);
    put_data(r, len, 0x0b, 0, len, 0);
    if (!go(r))
        return false;
    size_t n = r->h->sent(r->h->io.ctx, got, sizeof(got));
    if (n != len || memcmp(got, f, len) != 0)
        return say(r, "sent %zu bytes, %zu came out, or others", len, n);
    if (rd(r, r->tx + 0x10) != r->tx_next)
        return say(r, "TDH is not at the tail");
    if (rd(r, GPTC) != 1 || rd(r, GPTC) != 0)
        return say(r, "GPTC does not count one frame and clear");
    return true;
}

static bool padding(struct run *r)
{
    uint8_t f[64] = { 0 }, got[2048];

    memset(f, 0xff, 20);
    r->h->put(r->h->io.ctx, TX_DATA, f, 20);
    put_data(r, 20, 0x0b, 0, 20, 0);
    if (!go(r))
        return false;
    size_t n = r->h->sent(r->h->io.ctx, got, sizeof(got));
    /* QEMU hands frames to its wire as they are: padding is the other end's business there. */
    if (n != (r->qemu ? 20u : 60u) && n != 60)
        return say(r, "a frame of 20 bytes came out with %zu", n);
    return true;
}

static bool checksums_out(struct run *r)
{
    uint8_t f[1514], got[2048];
    size_t len = tcp_frame(everybody, f, 333);

    seed_csum(f, 353);
    r->h->put(r->h->io.ctx, TX_DATA, f, len);
    put_context(r, 0, 0, 0);
    put_data(r, len, 0x0b, 3, len, 0);
    if (!go(r))
        return false;
    size_t n = r->h->sent(r->h->io.ctx, got, sizeof(got));
    return (n == len && valid(got, n)) || say(r, "checksums of %zu bytes are wrong", n);
}

/* QEMU's PCIe devices share a segmenter that takes PSH from the last segment as well. */
static bool segmentation(struct run *r)
{
    uint8_t f[4000], got[2048];
    size_t len = tcp_frame(everybody, f, 2500);

    sim_put_be16(f + 16, 0);
    seed_csum(f, 0);
    r->h->put(r->h->io.ctx, TX_DATA, f, len);
    put_context(r, 1000, 2500, 0);
    put_data(r, len, 0x0f, 3, 2500, 0);
    if (!go(r))
        return false;
    for (unsigned i = 0; i < 3; i++) {
        size_t n = r->h->sent(r->h->io.ctx, got, sizeof(got));
        if (r->qemu && r->chip == SCRIPT_82574 && i == 0 && n == 1034)
            return true; /* QEMU before 8.1 cuts the packet into IP fragments */
        if (n != (i < 2 ? 1054u : 554u) || !valid(got, n))
            return say(r, "segment %u has %zu bytes or wrong checksums", i, n);
        if (sim_get_be32(got + 38) != sim_get_be32(f + 38) + 1000 * i)
            return say(r, "segment %u has the wrong sequence number", i);
        if (sim_get_be16(got + 18) != 0x100 + i)
            return say(r, "segment %u has the wrong IP identification", i);
        if (got[47] != (i < 2 ? 0x10 : 0x18) && !(r->qemu && r->chip != SCRIPT_82540EM))
            return say(r, "segment %u has TCP flags 0x%02x", i, got[47]);
    }
    return true;
}

static bool tag_out(struct run *r)
{
    uint8_t f[1514], got[2048];
    size_t len = tcp_frame(everybody, f, 100);

    wr(r, CTRL, rd(r, CTRL) | 1u << 30);
    r->h->put(r->h->io.ctx, TX_DATA, f, len);
    if (r->igb)
        put_context(r, 0, 0, 0x2007);
    put_data(r, len, 0x4b, 0, len, 0x2007);
    if (!go(r))
        return false;
    size_t n = r->h->sent(r->h->io.ctx, got, sizeof(got));
    if (n != len + 4 || sim_get_be32(got + 12) != 0x81002007)
        return say(r, "no tag in the %zu bytes that came out", n);
    return memcmp(got + 16, f + 12, len - 12) == 0 || say(r, "bytes behind the tag are others");
}

static bool plain_in(struct run *r)
{
    uint8_t f[1514], mac[6];
    struct got g;

    own_mac(r, mac);
    size_t len = tcp_frame(mac, f, 400);
    r->h->inject(r->h->io.ctx, f, len);
    if (!receive(r, &g))
        return false;
    if (!g.eop || g.len != len || memcmp(g.data, f, len) != 0 || g.errors)
        return say(r, "eop %d, length %u of %zu, errors 0x%02x, or other bytes", g.eop, g.len, len,
                   g.errors);
    if (rd(r, r->rx + 0x10) != 1)
        return say(r, "RDH did not move");
    /* QEMU's 82540EM neither verifies checksums nor says that it does. */
    bool expect = !(r->qemu && r->chip == SCRIPT_82540EM);
    if (g.ip_checked != expect || g.l4_checked != expect)
        return say(r, "checksums: IP checked %d, L4 checked %d", g.ip_checked, g.l4_checked);
    if (!(rd(r, ICR) & 0x80))
        return say(r, "no receive cause in ICR");
    return rd(r, GPRC) == 1 || say(r, "GPRC does not count one frame");
}

static bool bad_checksums_in(struct run *r)
{
    uint8_t f[1514], mac[6];
    struct got g;
    bool blind = r->qemu && r->chip == SCRIPT_82540EM;

    own_mac(r, mac);
    size_t len = tcp_frame(mac, f, 400);
    f[100] ^= 1;
    r->h->inject(r->h->io.ctx, f, len);
    f[24] ^= 1;
    r->h->inject(r->h->io.ctx, f, len);
    if (!receive(r, &g))
        return false;
    if (g.errors != (blind ? 0 : 0x20))
        return say(r, "wrong TCP checksum: errors 0x%02x", g.errors);
    if (!receive(r, &g))
        return false;
    /* QEMU's shared checksum code does not go on to TCP behind a damaged IP header. */
    if ((g.errors & 0x40) != (blind ? 0 : 0x40))
        return say(r, "wrong IP checksum: errors 0x%02x", g.errors);
    return true;
}

static bool tag_in(struct run *r)
{
    uint8_t f[1514], mac[6];
    struct got g;

    own_mac(r, mac);
    size_t len = tcp_frame(mac, f, 100);
    memmove(f + 16, f + 12, len - 12);
    sim_put_be32(f + 12, 0x81002007);
    wr(r, CTRL, rd(r, CTRL) | 1u << 30);
    r->h->inject(r->h->io.ctx, f, len + 4);
    if (!receive(r, &g))
        return false;
    return (g.vp && g.tag == 0x2007 && g.len == len &&
            memcmp(g.data + 12, f + 16, len - 12) == 0) ||
           say(r, "tag stripped %d, 0x%04x, length %u", g.vp, g.tag, g.len);
}

static bool strangers_in(struct run *r)
{
    uint8_t f[1514], mac[6], other[6] = { 2, 9, 9, 9, 9, 9 },
                             group[6] = { 1, 0, 0x5e, 0, 0x12, 0x34 };
    struct got g;

    own_mac(r, mac);
    r->h->inject(r->h->io.ctx, f, tcp_frame(mac, f, 99));
    if (!receive(r, &g)) /* from here on the receiver is known to listen */
        return false;
    r->h->inject(r->h->io.ctx, f, tcp_frame(other, f, 100));
    r->h->inject(r->h->io.ctx, f, tcp_frame(group, f, 100));
    wr(r, MTA + 4 * 0x1a, 1u << 1); /* bits 47:36 of the group: 0x341 */
    r->h->inject(r->h->io.ctx, f, tcp_frame(group, f, 101));
    r->h->inject(r->h->io.ctx, f, tcp_frame(everybody, f, 102));
    r->h->inject(r->h->io.ctx, f, tcp_frame(mac, f, 103));
    for (unsigned i = 101; i < 104; i++)
        if (!receive(r, &g) || g.len != 54 + i)
            return say(r, "a frame with %u bytes of payload was expected", i);
    return true;
}

static bool jumbo_in(struct run *r)
{
    uint8_t f[5000], mac[6];
    struct got g;

    own_mac(r, mac);
    size_t len = tcp_frame(mac, f, 4446);
    wr(r, RCTL, rd(r, RCTL) | 1u << 5);
    r->h->inject(r->h->io.ctx, f, len);
    for (size_t at = 0; at < len; at += 2048) {
        size_t part = len - at < 2048 ? len - at : 2048;
        if (!receive(r, &g))
            return false;
        if (g.len != part || memcmp(g.data, f + at, part) != 0)
            return say(r, "%u bytes at offset %zu, %zu were expected", g.len, at, part);
        if (g.eop != (at + part == len))
            return say(r, "end of packet is %d at offset %zu", g.eop, at);
    }
    return true;
}

static const struct {
    const char *name;
    bool (*run)(struct run *r);
} checks[] = {
    { "a frame goes out", plain_out },
    { "a short frame is padded", padding },
    { "checksums are inserted", checksums_out },
    { "a large packet is segmented", segmentation },
    { "a VLAN tag is inserted", tag_out },
    { "a frame comes in", plain_in },
    { "wrong checksums are reported", bad_checksums_in },
    { "a VLAN tag is stripped", tag_in },
    { "filters keep strangers out", strangers_in },
    { "a jumbo frame fills several buffers", jumbo_in },
};

const char *script_frames_name(unsigned index)
{
    return index < sizeof(checks) / sizeof(checks[0]) ? checks[index].name : NULL;
}

bool script_frames_run(unsigned index, enum script_chip chip, enum script_maker maker,
                       const struct script_host *host, char *err, size_t errlen)
{
    bool igb = chip & SCRIPT_IGB;
    struct run r = { .h = host,
                     .chip = chip,
                     .igb = igb,
                     .qemu = maker == SCRIPT_QEMU,
                     .rx = igb ? 0xc000 : 0x2800,
                     .tx = igb ? 0xe000 : 0x3800,
                     .err = err,
                     .errlen = errlen };

    if (!script_frames_name(index))
        return say(&r, "there is no check %u", index);
    return bring_up(&r) && checks[index].run(&r);
}
