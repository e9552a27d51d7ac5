// SPDX-License-Identifier: MIT
#include "test_e1000_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const uint8_t rig_mac[6] = { 0x02, 1, 2, 3, 4, 5 };

/* ---- the host --------------------------------------------------------------------- */

static bool visible(uint64_t addr, size_t len)
{
    return addr >= RIG_BASE && len <= RIG_MEM && addr - RIG_BASE <= RIG_MEM - len;
}

static bool host_read(void *ctx, uint64_t addr, void *buf, size_t len)
{
    struct rig *rig = ctx;

    if (!visible(addr, len))
        return false;
    memcpy(buf, rig->mem + (addr - RIG_BASE), len);
    return true;
}

static bool host_write(void *ctx, uint64_t addr, const void *buf, size_t len)
{
    struct rig *rig = ctx;

    if (!visible(addr, len))
        return false;
    memcpy(rig->mem + (addr - RIG_BASE), buf, len);
    return true;
}

static void host_msi(void *ctx, uint64_t addr, uint32_t data)
{
    struct rig *rig = ctx;

    assert_int_equal(addr, 0xfee00000u);
    assert_true(data < RIG_VECTORS);
    rig->messages[data]++;
}

static void host_intx(void *ctx, bool asserted)
{
    struct rig *rig = ctx;

    rig->pin = asserted;
    rig->pin_rises += asserted;
}

static void host_violation(void *ctx, const char *what)
{
    struct rig *rig = ctx;

    snprintf(rig->violation, sizeof(rig->violation), "%s", what);
}

static void on_wire(void *ctx, const void *frame, size_t len)
{
    struct rig *rig = ctx;

    if (rig->sent < RIG_FRAMES && len <= sizeof(rig->sent_frame[0])) {
        memcpy(rig->sent_frame[rig->sent], frame, len);
        rig->sent_len[rig->sent] = len;
    }
    rig->sent++;
}

/* ---- life --------------------------------------------------------------------------- */

struct rig *rig_open(const char *model)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    struct sim_options opt = { .engine = SIM_ENGINE_INLINE, .cable = true };
    char err[200] = "";

    assert_non_null(rig);
    memcpy(opt.mac, rig_mac, 6);
    struct sim_host host = { .ctx = rig,
                             .dma_read = host_read,
                             .dma_write = host_write,
                             .msi = host_msi,
                             .intx = host_intx,
                             .violation = host_violation };
    rig->nic = sim_create(model, &opt, &host, err, sizeof(err));
    if (!rig->nic)
        fail_msg("%s", err);
    sim_attach(rig->nic, sim_wire_callback(on_wire, rig));
    sim_cfg_write(rig->nic, 4, 2, 0x6); /* memory, bus master */
    return rig;
}

void rig_close(struct rig *rig)
{
    char violation[256];

    snprintf(violation, sizeof(violation), "%s", rig->violation);
    sim_destroy(rig->nic);
    free(rig);
    if (violation[0])
        fail_msg("a rule was broken: %s", violation);
}

void rig_broke(struct rig *rig, const char *what)
{
    if (!strstr(rig->violation, what))
        fail_msg("expected a violation with \"%s\", the last one is \"%s\"", what, rig->violation);
    rig->violation[0] = 0;
}

/* ---- registers ------------------------------------------------------------------------- */

uint32_t rig_rd(struct rig *rig, uint32_t reg)
{
    return (uint32_t)sim_mmio_read(rig->nic, 0, reg, 4);
}

void rig_wr(struct rig *rig, uint32_t reg, uint32_t val)
{
    sim_mmio_write(rig->nic, 0, reg, 4, val);
}

void rig_poll(struct rig *rig, uint32_t reg, uint32_t mask, uint32_t val)
{
    uint32_t v = 0;

    for (int i = 0; i < 100; i++) {
        v = rig_rd(rig, reg);
        if ((v & mask) == val)
            return;
    }
    fail_msg("register 0x%05x stays 0x%08x", (unsigned)reg, (unsigned)v);
}

void rig_reset(struct rig *rig)
{
    struct timespec ts = { 0, 10000 };

    rig_wr(rig, 0, rig_rd(rig, 0) | 1u << 26);
    nanosleep(&ts, NULL);
    rig_poll(rig, 0, 1u << 26, 0);
}

void rig_msix(struct rig *rig, unsigned bar, unsigned vectors)
{
    for (unsigned v = 0; v < vectors; v++) {
        sim_mmio_write(rig->nic, bar, 16 * v, 4, 0xfee00000u);
        sim_mmio_write(rig->nic, bar, 16 * v + 4, 4, 0);
        sim_mmio_write(rig->nic, bar, 16 * v + 8, 4, v);
        sim_mmio_write(rig->nic, bar, 16 * v + 12, 4, 0);
    }
    sim_cfg_write(rig->nic, 0x72, 2, 0x8000);
}

void rig_msi(struct rig *rig)
{
    sim_cfg_write(rig->nic, 0x54, 4, 0xfee00000u);
    sim_cfg_write(rig->nic, 0x58, 4, 0);
    sim_cfg_write(rig->nic, 0x5c, 2, 31);
    sim_cfg_write(rig->nic, 0x52, 2, 1);
}

/* ---- memory -------------------------------------------------------------------------------- */

uint8_t *rig_desc(struct rig *rig, uint32_t ring, unsigned i)
{
    return rig->mem + ring + 16 * (size_t)i;
}

void rig_put(uint8_t *d, uint64_t lo, uint64_t hi)
{
    sim_put_le64(d, lo);
    sim_put_le64(d + 8, hi);
}

size_t rig_frame(uint8_t *f, const uint8_t dst[6], size_t len, uint8_t seed)
{
    memcpy(f, dst, 6);
    memset(f + 6, 0x22, 6);
    sim_put_be16(f + 12, 0x88b5);
    for (size_t i = 14; i < len; i++)
        f[i] = (uint8_t)(seed + 7 * i);
    return len;
}

size_t rig_ip_frame(uint8_t *f, const uint8_t dst[6], bool udp, uint16_t port, size_t payload)
{
    size_t l4 = udp ? 8 : 20, len = 14 + 20 + l4 + payload;
    uint8_t *ip = f + 14, *h = f + 34;

    rig_frame(f, dst, len, 1);
    memset(ip, 0, 20 + l4);
    sim_put_be16(f + 12, 0x0800);
    ip[0] = 0x45;
    sim_put_be16(ip + 2, (uint16_t)(20 + l4 + payload));
    sim_put_be16(ip + 4, 0x1234);
    ip[8] = 64;
    ip[9] = udp ? 17 : 6;
    sim_put_be32(ip + 12, 0x0a000001);
    sim_put_be32(ip + 16, 0x0a000002);
    sim_put_be16(ip + 10, sim_csum_fold(sim_csum_add(0, ip, 20)));
    sim_put_be16(h, port);
    sim_put_be16(h + 2, 80);
    if (udp)
        sim_put_be16(h + 4, (uint16_t)(8 + payload));
    else
        h[12] = 0x50, h[13] = 0x19; /* FIN, PSH, ACK */
    uint8_t pseudo[12] = { 10, 0, 0, 1, 10, 0, 0, 2, 0, ip[9] };
    sim_put_be16(pseudo + 10, (uint16_t)(l4 + payload));
    uint32_t sum = sim_csum_add(sim_csum_add(0, pseudo, 12), h, l4 + payload);
    sim_put_be16(h + (udp ? 6 : 16), sim_csum_fold(sum));
    return len;
}
