// SPDX-License-Identifier: MIT
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool inside(uint64_t addr, size_t len)
{
    return addr >= RIG_BASE && len <= RIG_MEMORY && addr - RIG_BASE <= RIG_MEMORY - len;
}

static bool dma_read(void *ctx, uint64_t addr, void *buf, size_t len)
{
    struct rig *r = ctx;

    if (!inside(addr, len))
        return false;
    memcpy(buf, r->memory + (addr - RIG_BASE), len);
    return true;
}

static bool dma_write(void *ctx, uint64_t addr, const void *buf, size_t len)
{
    struct rig *r = ctx;

    if (!inside(addr, len))
        return false;
    memcpy(r->memory + (addr - RIG_BASE), buf, len);
    return true;
}

static void on_msi(void *ctx, uint64_t addr, uint32_t data)
{
    struct rig *r = ctx;

    r->msi_count++;
    r->msi_addr = addr;
    r->msi_data = data;
}

static void on_intx(void *ctx, bool asserted)
{
    struct rig *r = ctx;

    r->intx = asserted;
    r->intx_edges++;
}

static void on_violation(void *ctx, const char *what)
{
    struct rig *r = ctx;

    r->violations++;
    snprintf(r->violation, sizeof(r->violation), "%s", what);
    if (!r->lenient)
        print_error("violation: %s\n", what);
}

static void on_sent(void *ctx, const void *frame, size_t len)
{
    struct rig *r = ctx;
    unsigned i = r->sent_count++ % 64;

    memcpy(r->sent[i], frame, len);
    r->sent_len[i] = len;
}

void rig_open_with(struct rig *r, const char *model, const struct sim_options *opt)
{
    struct sim_host host = { r, dma_read, dma_write, on_msi, on_intx, on_violation };
    char err[128] = "";

    memset(r, 0, sizeof(*r));
    r->memory = calloc(1, RIG_MEMORY);
    r->nic = sim_create(model, opt, &host, err, sizeof(err));
    if (!r->nic)
        print_error("%s\n", err);
    assert_non_null(r->nic);
    sim_attach(r->nic, sim_wire_callback(on_sent, r));
    sim_cfg_write(r->nic, 4, 2, 0x0407); /* I/O, memory, master; INTx off */
}

void rig_open(struct rig *r, const char *model)
{
    struct sim_options opt = { .engine = SIM_ENGINE_INLINE,
                               .mac = { 0x02, 0, 0, 0xaa, 0xbb, 0x01 },
                               .cable = true };

    rig_open_with(r, model, &opt);
}

/* A test ends without a violation it did not ask for. */
void rig_close(struct rig *r)
{
    if (!r->lenient)
        assert_int_equal(r->violations, 0);
    sim_destroy(r->nic);
    free(r->memory);
}

uint32_t rig_read(struct rig *r, uint32_t off)
{
    return (uint32_t)sim_mmio_read(r->nic, 0, off, 4);
}

void rig_write(struct rig *r, uint32_t off, uint32_t val)
{
    sim_mmio_write(r->nic, 0, off, 4, val);
}

uint8_t *rig_at(struct rig *r, uint64_t addr)
{
    return r->memory + (addr - RIG_BASE);
}

uint32_t rig_get32(struct rig *r, uint64_t addr)
{
    const uint8_t *p = rig_at(r, addr);

    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

void rig_put32(struct rig *r, uint64_t addr, uint32_t val)
{
    uint8_t *p = rig_at(r, addr);

    for (unsigned i = 0; i < 4; i++)
        p[i] = (uint8_t)(val >> (8 * i));
}

void rig_put64(struct rig *r, uint64_t addr, uint64_t val)
{
    rig_put32(r, addr, (uint32_t)val);
    rig_put32(r, addr + 4, (uint32_t)(val >> 32));
}

void rig_expect_violation(struct rig *r, const char *part, int line)
{
    if (r->violations == 0 || !strstr(r->violation, part))
        print_error("line %d: wanted a violation with \"%s\", have %u, \"%s\"\n", line, part,
                    r->violations, r->violation);
    assert_true(r->violations > 0 && strstr(r->violation, part) != NULL);
    r->violations = 0;
    r->violation[0] = '\0';
}

/* ---- an 82599 ------------------------------------------------------------- */

void rig_take(struct rig *r, uint32_t bit)
{
    assert_int_equal(rig_read(r, 0x10140) & 1, 0);
    rig_write(r, 0x10140, 3);
    assert_int_equal(rig_read(r, 0x10140) & 3, 3);
    rig_write(r, 0x10160, rig_read(r, 0x10160) | bit);
    rig_write(r, 0x10140, 0);
}

void rig_release(struct rig *r, uint32_t bit)
{
    assert_int_equal(rig_read(r, 0x10140) & 1, 0);
    rig_write(r, 0x10140, 3);
    rig_write(r, 0x10160, rig_read(r, 0x10160) & ~bit);
    rig_write(r, 0x10140, 0);
}

uint64_t rig_rx_desc(unsigned q, unsigned i)
{
    return RIG_RX_RING + q * 0x400ull + 16ull * i;
}

uint64_t rig_rx_buf(unsigned q, unsigned i)
{
    return RIG_RX_BUF + 2048ull * (q * RIG_RING + i);
}

void rig_refill(struct rig *r, unsigned q, unsigned i)
{
    rig_put64(r, rig_rx_desc(q, i), rig_rx_buf(q, i));
    rig_put64(r, rig_rx_desc(q, i) + 8, 0);
}

void rig_rx_queue(struct rig *r, unsigned q, uint32_t srrctl)
{
    uint32_t base = 0x1000 + 0x40 * q;

    for (unsigned i = 0; i < RIG_RING; i++)
        rig_refill(r, q, i);
    rig_write(r, base + 0x00, (uint32_t)rig_rx_desc(q, 0));
    rig_write(r, base + 0x04, (uint32_t)(rig_rx_desc(q, 0) >> 32));
    rig_write(r, base + 0x08, RIG_RING * 16);
    rig_write(r, base + 0x14, srrctl);
    rig_write(r, base + 0x28, rig_read(r, base + 0x28) | 1u << 25);
    assert_true(rig_read(r, base + 0x28) & 1u << 25);
    r->rx_tail[q] = RIG_RING - 1;
    rig_write(r, base + 0x18, r->rx_tail[q]);
}

void rig_tx_queue(struct rig *r)
{
    rig_write(r, 0x6000, (uint32_t)RIG_TX_RING);
    rig_write(r, 0x6004, (uint32_t)(RIG_TX_RING >> 32));
    rig_write(r, 0x6008, RIG_RING * 16);
    rig_write(r, 0x4a80, rig_read(r, 0x4a80) | 1);
    rig_write(r, 0x6028, 1u << 25 | 36 | 8 << 8);
    assert_true(rig_read(r, 0x6028) & 1u << 25);
}

void rig_rx_on(struct rig *r)
{
    rig_write(r, 0x8d00, rig_read(r, 0x8d00) | 2);
    assert_true(rig_read(r, 0x8d04) & 1);
    rig_write(r, 0x3000, 1);
    rig_write(r, 0x8d00, rig_read(r, 0x8d00) & ~2u);
}

/* Reset as the data sheet has it, and the settings the order of which it fixes. */
void rig_init(struct rig *r)
{
    rig_write(r, 0x888, 0x7fffffff);
    rig_write(r, 0, 1u << 2);
    assert_int_equal(rig_read(r, 8) & 1u << 19, 0);
    rig_write(r, 0, 1u << 26 | 1u << 2);
    assert_int_equal(rig_read(r, 0) & 1u << 26, 0);
    rig_write(r, 0x888, 0x7fffffff);
    assert_true(rig_read(r, 0x10010) & 1u << 9);
    assert_true(rig_read(r, 0x2f00) & 1u << 3);
    rig_write(r, 0x5080, 1u << 10);
    rig_write(r, 0x2f00, (rig_read(r, 0x2f00) & ~0x3e0000u) | 0x06000002);
    rig_write(r, 0x4240, rig_read(r, 0x4240) | 2);
}

void rig_msix(struct rig *r, unsigned vectors)
{
    for (unsigned v = 0; v < vectors; v++) {
        sim_mmio_write(r->nic, 4, 16 * v, 4, 0xfee00000u + 16 * v);
        sim_mmio_write(r->nic, 4, 16 * v + 4, 4, 0);
        sim_mmio_write(r->nic, 4, 16 * v + 8, 4, 0x100 + v);
        sim_mmio_write(r->nic, 4, 16 * v + 12, 4, 0);
    }
    sim_cfg_write(r->nic, 0x72, 2, 0x8000);
}

/* ---- frames --------------------------------------------------------------- */

size_t rig_frame(uint8_t *f, size_t len)
{
    memset(f, 0xff, 6);
    memcpy(f + 6, "\x02\x11\x22\x33\x44\x55", 6);
    f[12] = 0x88; /* an experimental type */
    f[13] = 0xb5;
    for (size_t i = 14; i < len; i++)
        f[i] = (uint8_t)i;
    return len;
}

static uint32_t sum16(uint32_t s, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        s += i & 1 ? p[i] : (uint32_t)p[i] << 8;
    return s;
}

static void put_sum(uint8_t *at, uint32_t s)
{
    while (s >> 16)
        s = (s & 0xffff) + (s >> 16);
    at[0] = (uint8_t)(~s >> 8);
    at[1] = (uint8_t)~s;
}

static void put16(uint8_t *p, size_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

size_t rig_ip(uint8_t *f, const uint8_t *src, const uint8_t *dst, unsigned addr_len, uint8_t proto,
              uint16_t sport, uint16_t dport, size_t payload)
{
    bool v4 = addr_len == 4;
    size_t l3 = v4 ? 20 : 40, l4 = proto == 6 ? 20 : 8, ip_payload = l4 + payload;
    uint8_t *ip = f + 14, *t = ip + l3;

    rig_frame(f, 14 + l3 + ip_payload);
    memset(ip, 0, l3 + l4);
    put16(f + 12, v4 ? 0x0800 : 0x86dd);
    ip[0] = v4 ? 0x45 : 0x60;
    put16(ip + (v4 ? 2 : 4), v4 ? l3 + ip_payload : ip_payload);
    ip[v4 ? 9 : 6] = proto;
    ip[v4 ? 8 : 7] = 64;
    memcpy(ip + (v4 ? 12 : 8), src, addr_len);
    memcpy(ip + (v4 ? 16 : 24), dst, addr_len);
    if (v4)
        put_sum(ip + 10, sum16(0, ip, 20));
    put16(t, sport);
    put16(t + 2, dport);
    if (proto == 6)
        t[12] = 5 << 4;
    else
        put16(t + 4, ip_payload);
    uint32_t s = sum16(proto + (uint32_t)ip_payload, ip + (v4 ? 12 : 8), 2 * addr_len);
    put_sum(t + (proto == 6 ? 16 : 6), sum16(s, t, ip_payload));
    size_t len = 14 + l3 + ip_payload;
    if (len < 60) {
        memset(f + len, 0, 60 - len);
        len = 60;
    }
    return len;
}

void rig_tx_desc(struct rig *r, const uint8_t *f, size_t len, uint32_t cmd, uint32_t olinfo)
{
    uint64_t buf = RIG_TX_BUF + 2048ull * r->tx_tail;
    uint64_t d = RIG_TX_RING + 16ull * r->tx_tail;

    memcpy(rig_at(r, buf), f, len);
    rig_put64(r, d, buf);
    rig_put32(r, d + 8, (uint32_t)len | 3u << 20 | 1u << 29 | cmd);
    rig_put32(r, d + 12, olinfo);
    r->tx_tail = (r->tx_tail + 1) % RIG_RING;
}

void rig_tx_context(struct rig *r, uint32_t vlan_lens, uint32_t tucmd, uint32_t mss_l4len_idx)
{
    uint64_t d = RIG_TX_RING + 16ull * r->tx_tail;

    rig_put32(r, d, vlan_lens);
    rig_put32(r, d + 4, 0);
    rig_put32(r, d + 8, tucmd | 2u << 20 | 1u << 29);
    rig_put32(r, d + 12, mss_l4len_idx);
    r->tx_tail = (r->tx_tail + 1) % RIG_RING;
}

void rig_tx_go(struct rig *r)
{
    rig_write(r, 0x6018, r->tx_tail);
}
