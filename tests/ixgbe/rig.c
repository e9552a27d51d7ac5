// SPDX-License-Identifier: MIT
#include "tests/ixgbe/rig.h"

#include <stdio.h>

const uint8_t rig_broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
const uint8_t rig_multicast[6] = { 0x01, 0x00, 0x5e, 0x00, 0x00, 0x05 };
const uint8_t rig_stranger[6] = { 0x02, 0x77, 0x66, 0x55, 0x44, 0x33 };

#define PCI_COMMAND        0x04u
#define PCI_COMMAND_MEMORY (1u << 1)

static void keep_line(void *ctx, enum ixl_log_level level, const char *msg)
{
    struct rig *r = ctx;

    if (level > IXL_LOG_WARN)
        return;
    snprintf(r->log, sizeof(r->log), "%s", msg);
    r->lines++;
}

void rig_make(struct rig *r, const char *model, const char *options)
{
    char address[120];

    memset(r, 0, sizeof(*r));
    ixl_dev_cfg_init(&r->cfg);
    ixl_set_log(keep_line, r, IXL_LOG_WARN);
    snprintf(address, sizeof(address), "sim:%s,engine=inline%s", model, options);
    assert_int_equal(ixl_bus_open(address, &r->bus), 0);
    r->nic = ixl_sim_nic_at(r->bus, 0);
    assert_non_null(r->nic);
    /* As the system leaves it: registers can be reached before a driver has come. */
    sim_cfg_write(r->nic, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
}

void rig_check_rules(struct rig *r)
{
    struct sim_counters c = rig_counters(r);

    if (c.violations || c.dma_faults)
        fail_msg("%llu violations, %llu DMA faults, the latest: %s",
                 (unsigned long long)c.violations, (unsigned long long)c.dma_faults,
                 sim_last_violation(r->nic));
}

void rig_free(struct rig *r)
{
    rig_close(r);
    rig_check_rules(r);
    assert_int_equal(ixl_sim_bus_regions(r->bus->os, 0), 0);
    ixl_bus_close(r->bus);
    ixl_set_log(NULL, NULL, IXL_LOG_ERROR);
}

void rig_open(struct rig *r)
{
    int err = ixl_init(r->bus, 0, &r->cfg, &r->dev);

    if (err)
        fail_msg("open: %s, %s", ixl_strerror(err), r->log);
    r->pool = NULL;
}

void rig_open_fails(struct rig *r, int err)
{
    struct ixl_device *dev = (struct ixl_device *)r;

    r->lines = 0;
    assert_int_equal(ixl_init(r->bus, 0, &r->cfg, &dev), err);
    assert_null(dev);
    assert_int_not_equal(r->lines, 0);
    assert_int_equal(ixl_sim_bus_regions(r->bus->os, 0), 0);
}

void rig_close(struct rig *r)
{
    ixl_close(r->dev);
    r->dev = NULL;
    r->pool = NULL;
}

uint32_t rig_reg(struct rig *r, uint32_t off)
{
    return (uint32_t)sim_mmio_read(r->nic, 0, off, 4);
}

void rig_set_reg(struct rig *r, uint32_t off, uint32_t val)
{
    sim_mmio_write(r->nic, 0, off, 4, val);
}

/* ---- frames -------------------------------------------------------------------------- */

static void fill(uint8_t *frame, size_t len, const uint8_t dst[6])
{
    for (size_t i = 0; i < len; i++)
        frame[i] = (uint8_t)i;
    memcpy(frame, dst, 6);
    memcpy(frame + 6, rig_stranger, 6);
    frame[12] = 0x88; /* a local experimental EtherType */
    frame[13] = 0xb5;
}

void rig_inject(struct rig *r, const uint8_t dst[6], size_t len)
{
    static uint8_t frame[16384];

    fill(frame, len, dst);
    assert_true(sim_inject(r->nic, frame, len));
}

static void put32(uint8_t *at, uint32_t val)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(val >> (24 - 8 * i));
}

void rig_inject_udp(struct rig *r, uint32_t from, uint32_t to, uint16_t from_port, uint16_t to_port)
{
    uint8_t frame[60];
    uint8_t *ip = frame + 14, *udp = frame + 34;

    fill(frame, sizeof(frame), r->dev->mac);
    memset(ip, 0, sizeof(frame) - 14);
    frame[12] = 0x08;
    frame[13] = 0x00;
    ip[0] = 0x45;
    ip[3] = sizeof(frame) - 14;
    ip[8] = 64;
    ip[9] = 17;
    put32(ip + 12, from);
    put32(ip + 16, to);
    put32(udp, (uint32_t)from_port << 16 | to_port);
    udp[5] = sizeof(frame) - 34;
    assert_true(sim_inject(r->nic, frame, sizeof(frame)));
}

unsigned rig_drain(struct rig *r, uint16_t queue)
{
    struct pkt_buf *bufs[32];
    unsigned n = 0;
    int got;

    while ((got = ixl_rx_batch(r->dev, queue, bufs, 32)) > 0) {
        ixl_pkt_buf_free_batch(bufs, (unsigned)got);
        n += (unsigned)got;
    }
    assert_int_equal(got, 0);
    return n;
}

struct pkt_buf *rig_take(struct rig *r, uint16_t queue)
{
    struct pkt_buf *buf = NULL;

    assert_int_equal(ixl_rx_batch(r->dev, queue, &buf, 1), 1);
    assert_non_null(buf);
    return buf;
}

static struct pkt_buf *make_frame(struct rig *r, size_t len)
{
    struct pkt_buf *head = NULL, **link = &head;
    uint8_t dst[14];

    fill(dst, sizeof(dst), rig_stranger);
    for (size_t left = len; left > 0;) {
        struct pkt_buf *buf = ixl_pkt_buf_alloc(r->pool);
        assert_non_null(buf);
        size_t part = left < 2048 ? left : 2048;
        memset(buf->data, 0x5a, part);
        if (!head)
            memcpy(buf->data, dst, sizeof(dst));
        buf->size = (uint16_t)part;
        left -= part;
        *link = buf;
        link = &buf->next;
    }
    return head;
}

void rig_send(struct rig *r, uint16_t queue, size_t len)
{
    if (!r->pool)
        assert_int_equal(ixl_mempool_create(r->dev, 256, 0, 0, &r->pool), 0);
    struct pkt_buf *frame = make_frame(r, len);
    assert_int_equal(ixl_tx_batch(r->dev, queue, &frame, 1), 1);
    sim_step(r->nic);
    ixl_tx_reclaim(r->dev, queue);
}

/* ---- counters --------------------------------------------------------------------------- */

uint64_t rig_stat(struct rig *r, const char *name)
{
    static struct ixl_xstat stats[4096];
    int n = ixl_get_xstats(r->dev, stats, 4096);

    assert_in_range(n, 1, 4096);
    for (int i = 0; i < n; i++)
        if (strcmp(stats[i].name, name) == 0)
            return stats[i].value;
    fail_msg("there is no counter %s", name);
    return 0;
}

struct sim_counters rig_counters(struct rig *r)
{
    struct sim_counters c;

    sim_get_counters(r->nic, &c);
    return c;
}
