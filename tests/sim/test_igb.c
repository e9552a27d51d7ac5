// SPDX-License-Identifier: MIT
/* The models of the 82576, I350 and I210, by what a driver can see of them. */
#include "test_e1000_rig.h"

#include <string.h>

enum {
    CTRL = 0x0,
    STATUS = 0x8,
    EECD = 0x10,
    EERD = 0x14,
    CTRL_EXT = 0x18,
    MDIC = 0x20,
    RCTL = 0x100,
    TCTL = 0x400,
    EEMNGCTL = 0x1010,
    ICR = 0x1500,
    ICS = 0x1504,
    IMS = 0x1508,
    IMC = 0x150c,
    GPIE = 0x1514,
    EICS = 0x1520,
    EIMS = 0x1524,
    EIMC = 0x1528,
    EIAC = 0x152c,
    EIAM = 0x1530,
    EICR = 0x1580,
    IVAR = 0x1700,
    IVAR_MISC = 0x1740,
    RXCSUM = 0x5000,
    RLPML = 0x5004,
    MTA = 0x5200,
    RAL = 0x5400,
    RAH = 0x5404,
    VFTA = 0x5600,
    MRQC = 0x5818,
    SWSM = 0x5b50,
    SW_FW_SYNC = 0x5b5c,
    RETA = 0x5c00,
    RSSRK = 0x5c80,
    GPRC = 0x4074,

    /* of a queue's block */
    BAL = 0,
    BAH = 4,
    LEN = 8,
    SRRCTL = 0xc,
    HEAD = 0x10,
    TAIL = 0x18,
    DCTL = 0x28,
    RQDPC = 0x30,
    WBAL = 0x38,
    WBAH = 0x3c,
    RX = 0xc000,
    TX = 0xe000,
    STRIDE = 0x40,
    ENABLE = 1 << 25,

    /* memory: 64 KiB a queue; the receive ring first, then the transmit ring and buffers */
    TX_RING = 0x1000,
    TX_DATA = 0x2000,
    RX_BUFS = 0x8000,
    WB_AT = 0x7000,
    SIZE = 8,
};
static const uint8_t mac[6] = { 0x02, 1, 2, 3, 4, 5 };
static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

struct part {
    const char *model;
    unsigned queues, vectors, msix_bar;
};
static const struct part parts[] = { { "82576", 16, 25, 3 },
                                     { "i350", 8, 25, 4 },
                                     { "i210", 4, 5, 3 } };
enum { PARTS = 3 };

static uint32_t at(unsigned q, uint32_t off)
{
    return q * 0x10000 + off;
}

static void base(struct rig *rig, uint32_t block, uint32_t mem)
{
    rig_wr(rig, block + BAL, (uint32_t)(RIG_BASE + mem));
    rig_wr(rig, block + BAH, (uint32_t)(RIG_BASE >> 32));
    rig_wr(rig, block + LEN, SIZE * 16);
}

static void queue_on(struct rig *rig, unsigned q, uint32_t srrctl)
{
    uint32_t rx = RX + q * STRIDE, tx = TX + q * STRIDE;

    rig_wr(rig, rx + DCTL, rig_rd(rig, rx + DCTL) & ~(uint32_t)ENABLE);
    rig_wr(rig, tx + DCTL, rig_rd(rig, tx + DCTL) & ~(uint32_t)ENABLE);
    base(rig, rx, at(q, 0));
    base(rig, tx, at(q, TX_RING));
    rig_wr(rig, rx + SRRCTL, srrctl);
    for (unsigned i = 0; i < SIZE; i++)
        rig_put(rig_desc(rig, at(q, 0), i), RIG_BASE + at(q, RX_BUFS) + 2048 * i, 0);
    rig_wr(rig, rx + DCTL, rig_rd(rig, rx + DCTL) | ENABLE);
    rig_wr(rig, tx + DCTL, rig_rd(rig, tx + DCTL) | ENABLE);
    rig_poll(rig, rx + DCTL, ENABLE, ENABLE);
    rig_poll(rig, tx + DCTL, ENABLE, ENABLE);
    rig_wr(rig, rx + TAIL, SIZE - 1);
}

static struct rig *up(const struct part *p, unsigned queues, uint32_t srrctl)
{
    struct rig *rig = rig_open(p->model);

    rig_reset(rig);
    rig_poll(rig, EEMNGCTL, 1u << 18, 1u << 18);
    rig_wr(rig, IMC, ~0u);
    rig_wr(rig, EIMC, ~0u);
    for (unsigned i = 0; i < 128; i++) {
        rig_wr(rig, MTA + 4 * i, 0);
        rig_wr(rig, VFTA + 4 * i, 0);
    }
    rig_wr(rig, CTRL, rig_rd(rig, CTRL) | 1u << 6);
    rig_poll(rig, STATUS, 2, 2);
    rig_wr(rig, RXCSUM, 0x2300);
    rig_wr(rig, TCTL, rig_rd(rig, TCTL) | 2);
    rig_wr(rig, RCTL, 1u << 1 | 1u << 15 | 1u << 26);
    for (unsigned q = 0; q < queues; q++)
        queue_on(rig, q, srrctl);
    rig_rd(rig, ICR);
    return rig;
}

#define ONE_BUFFER (1u << 25 | 2u)

/* ---- registers ----------------------------------------------------------------------- */

static void nvm_sums_to_baba(void **state)
{
    (void)state;
    for (unsigned m = 0; m < PARTS; m++) {
        struct rig *rig = rig_open(parts[m].model);
        uint16_t sum = 0;
        uint32_t eerd = m == 2 ? 0x12014 : EERD;
        for (unsigned a = 0; a < 64; a++) {
            rig_wr(rig, eerd, a << 2 | 1);
            rig_poll(rig, eerd, 2, 2);
            sum = (uint16_t)(sum + (rig_rd(rig, eerd) >> 16));
        }
        assert_int_equal(sum, 0xbaba);
        assert_int_equal(rig_rd(rig, RAL), 0x03020102);
        rig_close(rig);
    }
}

static void take(struct rig *rig, uint32_t bits, bool hold)
{
    rig_poll(rig, SWSM, 1, 0); /* the read that sees 0 has taken it */
    rig_wr(rig, SWSM, rig_rd(rig, SWSM) | 2);
    assert_int_equal(rig_rd(rig, SWSM) & 2, 2);
    uint32_t v = rig_rd(rig, SW_FW_SYNC);
    rig_wr(rig, SW_FW_SYNC, hold ? v | bits : v & ~bits);
    rig_wr(rig, SWSM, rig_rd(rig, SWSM) & ~3u);
}

static uint16_t phy(struct rig *rig, unsigned reg)
{
    rig_wr(rig, MDIC, reg << 16 | 1u << 21 | 2u << 26);
    rig_poll(rig, MDIC, 1u << 28, 1u << 28);
    return (uint16_t)rig_rd(rig, MDIC);
}

static void the_phy_is_behind_a_semaphore(void **state)
{
    static const uint32_t id[PARTS] = { 0x02a80391, 0x015403b0, 0x01410c00 };

    (void)state;
    for (unsigned m = 0; m < PARTS; m++) {
        struct rig *rig = rig_open(parts[m].model);
        phy(rig, 2);
        rig_broke(rig, "PHY semaphore");
        rig_rd(rig, SW_FW_SYNC);
        rig_broke(rig, "SWESMBI");
        take(rig, 2, true);
        assert_int_equal(phy(rig, 2), id[m] >> 16);
        assert_int_equal(phy(rig, 3), id[m] & 0xffff);
        take(rig, 2, false);
        rig_close(rig);
    }
}

static void firmware_can_keep_its_semaphore(void **state)
{
    struct rig *rig = rig_open("82576");

    (void)state;
    sim_set_fault(rig->nic, SIM_FAULT_FIRMWARE_HELD, 0);
    for (int i = 0; i < 50; i++)
        assert_int_equal(rig_rd(rig, SWSM) & 1, 1);
    rig_close(rig);
}

static void queues_are_set_up_before_they_are_enabled(void **state)
{
    struct rig *rig = rig_open("82576");
    uint32_t rx = RX + STRIDE;

    (void)state;
    base(rig, rx, 0);
    rig_wr(rig, rx + TAIL, 1);
    rig_broke(rig, "RDT[1]: moved before");
    rig_wr(rig, rx + TAIL, 0);
    rig_wr(rig, rx + DCTL, rig_rd(rig, rx + DCTL) | ENABLE);
    rig_poll(rig, rx + DCTL, ENABLE, ENABLE);
    rig_wr(rig, rx + BAL, 0);
    rig_broke(rig, "RDBAL[1]: written while");
    rig_wr(rig, TX + 2 * STRIDE + DCTL, ENABLE);
    rig_broke(rig, "transmit queue 2 is enabled with a ring of 0 bytes");
    rig_wr(rig, rx + SRRCTL, 5u << 25 | 2);
    rig_broke(rig, "SRRCTL[1]: changed while");
    rig_close(rig);
}

static void queue_registers_answer_at_the_old_place(void **state)
{
    struct rig *rig = rig_open("82576");

    (void)state;
    rig_wr(rig, RX + 3 * STRIDE + LEN, 0x800);
    assert_int_equal(rig_rd(rig, 0x2b08), 0x800);
    rig_wr(rig, 0x3908, 0x400);
    assert_int_equal(rig_rd(rig, TX + STRIDE + LEN), 0x400);
    rig_rd(rig, 0x2c08);
    rig_broke(rig, "no such register");
    rig_close(rig);
}

static void parts_differ_where_they_should(void **state)
{
    struct rig *rig = rig_open("82576");

    (void)state;
    rig_wr(rig, RETA, 0x0f0f0f0f);
    rig_wr(rig, RX + 15 * STRIDE + LEN, 0x80);
    rig_close(rig);
    rig = rig_open("i350");
    rig_wr(rig, RETA, 0x08);
    rig_broke(rig, "RETA[0] changes reserved bits");
    rig_rd(rig, RX + 8 * STRIDE + LEN);
    rig_broke(rig, "no such register");
    rig_wr(rig, RAL + 0xe0 + 15 * 8, 1); /* pair 31 */
    rig_close(rig);
    rig = rig_open("i210");
    rig_wr(rig, RETA, 0x04);
    rig_broke(rig, "RETA[0] changes reserved bits");
    rig_wr(rig, IVAR, 0x98);
    rig_broke(rig, "IVAR[0]: vector 24");
    assert_int_equal(rig_rd(rig, 0x12120), 0x01020001);
    rig_close(rig);
}

static void a_serdes_links_without_a_phy(void **state)
{
    struct rig *rig = rig_open("82576-serdes");

    (void)state;
    assert_int_equal(rig_rd(rig, CTRL_EXT) >> 22 & 3, 3);
    rig_wr(rig, CTRL, rig_rd(rig, CTRL) | 1u << 6);
    assert_int_equal(rig_rd(rig, STATUS) & 0xc3, 0x83);
    assert_int_equal(rig_rd(rig, 0x420c) & 0x10001, 0x1);
    rig_wr(rig, 0x4208, rig_rd(rig, 0x4208) | 3u << 16); /* autonegotiate */
    assert_int_equal(rig_rd(rig, 0x4208) >> 16 & 3, 1);
    rig_poll(rig, 0x420c, 0x10001, 0x10001);
    rig_wr(rig, 0x4200, 0);
    assert_int_equal(rig_rd(rig, STATUS) & 2, 0);
    take(rig, 2, true);
    rig_wr(rig, MDIC, 2u << 16 | 1u << 21 | 2u << 26);
    rig_poll(rig, MDIC, 5u << 28, 5u << 28); /* nobody answers */
    rig_close(rig);
}

/* ---- receive --------------------------------------------------------------------------- */

static void a_frame_is_received_with_its_type_and_checksums(void **state)
{
    (void)state;
    for (unsigned m = 0; m < PARTS; m++) {
        struct rig *rig = up(&parts[m], 1, ONE_BUFFER);
        uint8_t f[256], *d = rig_desc(rig, 0, 0);
        size_t len = rig_ip_frame(f, mac, true, 53, 40);
        sim_inject(rig->nic, f, len);
        assert_int_equal(sim_get_le32(d) & 0x1fff0, 1u << 4 | 1u << 9);
        assert_int_equal(sim_get_le32(d + 8) & 0xfff, 0x73);
        assert_int_equal(sim_get_le32(d + 8) >> 20, 0);
        assert_int_equal(sim_get_le16(d + 12), len);
        assert_memory_equal(rig->mem + RX_BUFS, f, len);
        f[50] ^= 1;
        sim_inject(rig->nic, f, len);
        assert_int_equal(sim_get_le32(rig_desc(rig, 0, 1) + 8) >> 20, 0x200);
        assert_int_equal(rig_rd(rig, GPRC), 2);
        assert_int_equal(rig_rd(rig, 0x10010), 2);
        rig_close(rig);
    }
}

static void jumbo_frames_span_descriptors(void **state)
{
    struct rig *rig = up(&parts[0], 1, ONE_BUFFER);
    uint8_t f[9000];
    size_t len = rig_frame(f, mac, 9000, 1);

    (void)state;
    sim_inject(rig->nic, f, len);
    assert_int_equal(rig_rd(rig, RX + HEAD), 0);
    rig_wr(rig, RCTL, rig_rd(rig, RCTL) | 1u << 5);
    sim_inject(rig->nic, f, len);
    assert_int_equal(rig_rd(rig, RX + HEAD), 5);
    assert_int_equal(sim_get_le32(rig_desc(rig, 0, 3) + 8) & 3, 1);
    assert_int_equal(sim_get_le32(rig_desc(rig, 0, 4) + 8) & 3, 3);
    assert_int_equal(sim_get_le16(rig_desc(rig, 0, 4) + 12), 9000 - 4 * 2048);
    assert_memory_equal(rig->mem + RX_BUFS, f, len);
    rig_wr(rig, RLPML, 2000);
    sim_inject(rig->nic, f, len);
    assert_int_equal(rig_rd(rig, RX + HEAD), 5);
    rig_close(rig);
}

static void drop_enable_drops_and_counts(void **state)
{
    struct rig *rig = up(&parts[0], 1, ONE_BUFFER | 1u << 31);
    uint8_t f[64];
    struct sim_counters c;

    (void)state;
    rig_frame(f, mac, 60, 0);
    for (unsigned i = 0; i < SIZE + 2; i++)
        sim_inject(rig->nic, f, 60);
    assert_int_equal(rig_rd(rig, RX + RQDPC), 3);
    assert_int_equal(rig_rd(rig, RX + RQDPC), 0);
    sim_get_counters(rig->nic, &c);
    assert_int_equal(c.rx_no_desc, 3);
    rig_close(rig);
}

/* The key and a sample everybody verifies with (Microsoft's RSS test suite). */
static const uint8_t key[40] = {
    0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
    0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
    0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

static void rss_spreads_by_the_toeplitz_hash(void **state)
{
    (void)state;
    for (unsigned m = 0; m < PARTS; m++) {
        unsigned n = parts[m].queues;
        struct rig *rig = up(&parts[m], n, ONE_BUFFER);
        uint8_t f[256];
        size_t len = rig_ip_frame(f, mac, false, 2794, 40);
        sim_put_be32(f + 26, 0x420995bb); /* 66.9.149.187:2794 to 161.142.100.80:1766 */
        sim_put_be32(f + 30, 0xa18e6450);
        sim_put_be16(f + 36, 1766);
        for (unsigned i = 0; i < 10; i++)
            rig_wr(rig, RSSRK + 4 * i, sim_get_le32(key + 4 * i));
        for (unsigned i = 0; i < 32; i++) /* entry e: queue e mod n */
            rig_wr(rig, RETA + 4 * i,
                   (4 * i) % n | (4 * i + 1) % n << 8 | (4 * i + 2) % n << 16 |
                       (4 * i + 3) % n << 24);
        rig_wr(rig, MRQC, 2 | 1u << 16);
        sim_inject(rig->nic, f, len);
        unsigned q = (0x51ccc178u & 127) % n;
        const uint8_t *d = rig_desc(rig, at(q, 0), 0);
        assert_int_equal(sim_get_le32(d + 4), 0x51ccc178);
        assert_int_equal(sim_get_le32(d) & 15, 1);
        assert_int_equal(rig_rd(rig, RX + q * STRIDE + HEAD), 1);
        rig_close(rig);
    }
}

/* ---- transmit ---------------------------------------------------------------------------- */

static void give_context(struct rig *rig, unsigned i, unsigned l4len, unsigned mss, unsigned vlan)
{
    rig_put(rig_desc(rig, TX_RING, i), 20 | 14u << 9 | (uint64_t)vlan << 16,
            (1u << 10 | 1u << 11 | 2u << 20 | 1u << 29) | (uint64_t)l4len << 40 |
                (uint64_t)mss << 48);
}

static void give_data(struct rig *rig, unsigned i, size_t len, uint64_t cmd, uint64_t olinfo)
{
    rig_put(rig_desc(rig, TX_RING, i), RIG_BASE + TX_DATA,
            len | 3u << 20 | (cmd | 0x20) << 24 | olinfo << 32);
}

static void a_plain_frame_goes_out(void **state)
{
    (void)state;
    for (unsigned m = 0; m < PARTS; m++) {
        struct rig *rig = up(&parts[m], 1, ONE_BUFFER);
        size_t len = rig_frame(rig->mem + TX_DATA, broadcast, 100, 2);
        give_data(rig, 0, len, 0x0b, len << 14);
        rig_wr(rig, TX + TAIL, 1);
        assert_int_equal(rig->sent, 1);
        assert_memory_equal(rig->sent_frame[0], rig->mem + TX_DATA, len);
        assert_int_equal(rig_desc(rig, TX_RING, 0)[12], 1);
        assert_int_equal(rig_desc(rig, TX_RING, 0)[8], 0); /* nothing else survives */
        give_data(rig, 1, len, 0x0b, (len + 1) << 14);
        rig_wr(rig, TX + TAIL, 2);
        rig_broke(rig, "PAYLEN 101");
        assert_int_equal(rig->sent, 1);
        rig_close(rig);
    }
}

static uint16_t pseudo(size_t l4_len)
{
    uint8_t p[12] = { 10, 0, 0, 1, 10, 0, 0, 2, 0, 6 };

    sim_put_be16(p + 10, (uint16_t)l4_len);
    return (uint16_t)~sim_csum_fold(sim_csum_add(0, p, 12));
}

static void expect_valid(const uint8_t *f, size_t len)
{
    struct sim_packet p;

    sim_packet_parse(&p, f, len);
    sim_packet_verify(&p, f);
    assert_true(p.ip_csum_ok);
    assert_true(p.l4_csum_ok);
}

static void checksum_and_tag_are_inserted(void **state)
{
    struct rig *rig = up(&parts[1], 1, ONE_BUFFER);
    uint8_t *f = rig->mem + TX_DATA;
    size_t len = rig_ip_frame(f, mac, false, 80, 100);

    (void)state;
    rig_wr(rig, CTRL, rig_rd(rig, CTRL) | 1u << 30);
    sim_put_be16(f + 24, 0);
    sim_put_be16(f + 50, pseudo(120));
    give_context(rig, 0, 0, 0, 0x2007);
    give_data(rig, 1, len, 0x4b, 3u << 8 | len << 14);
    rig_wr(rig, TX + TAIL, 2);
    assert_int_equal(rig->sent_len[0], len + 4);
    assert_int_equal(sim_get_be32(rig->sent_frame[0] + 12), 0x81002007);
    expect_valid(rig->sent_frame[0], len + 4);
    rig_close(rig);
}

static void segmentation_makes_valid_frames(void **state)
{
    struct rig *rig = up(&parts[0], 1, ONE_BUFFER);
    uint8_t *f = rig->mem + TX_DATA;
    size_t len = rig_ip_frame(f, mac, false, 80, 2500);

    (void)state;
    sim_put_be16(f + 24, 0);
    sim_put_be16(f + 50, pseudo(0));
    give_context(rig, 0, 20, 1000, 0);
    give_data(rig, 1, len, 0x8b, 3u << 8 | 2500ull << 14);
    rig_wr(rig, TX + TAIL, 2);
    assert_int_equal(rig->sent, 3);
    for (unsigned i = 0; i < 3; i++) {
        expect_valid(rig->sent_frame[i], rig->sent_len[i]);
        assert_int_equal(sim_get_be32(rig->sent_frame[i] + 38), 1000 * i);
        assert_int_equal(rig->sent_frame[i][47], i < 2 ? 0x10 : 0x19);
    }
    rig_close(rig);
}

static void the_head_can_be_written_to_memory(void **state)
{
    struct rig *rig = rig_open("82576");
    size_t len = rig_frame(rig->mem + TX_DATA, broadcast, 60, 0);

    (void)state;
    rig_wr(rig, CTRL, rig_rd(rig, CTRL) | 1u << 6);
    rig_wr(rig, TX + WBAL, (uint32_t)(RIG_BASE + WB_AT) | 1);
    rig_wr(rig, TX + WBAH, (uint32_t)(RIG_BASE >> 32));
    rig_wr(rig, TCTL, rig_rd(rig, TCTL) | 2);
    rig_wr(rig, TX + DCTL, 0);
    base(rig, TX, TX_RING);
    rig_wr(rig, TX + DCTL, ENABLE);
    rig_poll(rig, TX + DCTL, ENABLE, ENABLE);
    give_data(rig, 0, len, 0x0b, len << 14);
    rig_wr(rig, TX + TAIL, 1);
    assert_int_equal(sim_get_le32(rig->mem + WB_AT), 1);
    assert_int_equal(rig_desc(rig, TX_RING, 0)[12] & 1, 0);
    rig_close(rig);
}

/* ---- interrupts ----------------------------------------------------------------------------- */

static void a_queue_has_its_own_vector(void **state)
{
    (void)state;
    for (unsigned m = 0; m < PARTS; m++) {
        struct rig *rig = up(&parts[m], 4, ONE_BUFFER);
        uint8_t f[64];
        size_t len = rig_frame(f, mac, 60, 0);
        rig_msix(rig, parts[m].msix_bar, 5);
        rig_wr(rig, GPIE, 1u << 4 | 1u << 30 | 1u << 31);
        rig_wr(rig, IVAR, 0x82 | 0x83 << 8);
        rig_wr(rig, IVAR_MISC, 0x80 << 8);
        rig_wr(rig, EIAC, 0x0c);
        rig_wr(rig, EIMS, 0x0d);
        rig_wr(rig, IMS, 4);
        sim_inject(rig->nic, f, len);
        sim_inject(rig->nic, f, len);
        assert_int_equal(rig->messages[2], 2); /* cleared by the message: every frame is one */
        memcpy(rig->mem + TX_DATA, f, len);
        give_data(rig, 0, len, 0x0b, len << 14);
        rig_wr(rig, TX + TAIL, 1);
        assert_int_equal(rig->messages[3], 1);
        rig_wr(rig, EIMC, 0x04);
        sim_inject(rig->nic, f, len);
        assert_int_equal(rig->messages[2], 2);
        rig_wr(rig, EIMS, 0x04); /* the pending cause fires now */
        assert_int_equal(rig->messages[2], 3);
        sim_set_cable(rig->nic, false);
        assert_int_equal(rig->messages[0], 1);
        assert_int_equal(rig_rd(rig, ICR) & 4, 4);
        rig_close(rig);
    }
}

static void ivar_layout_differs(void **state)
{
    (void)state;
    for (unsigned m = 0; m < 2; m++) { /* queue 1: IVAR[1] low half, or IVAR[0] high half */
        struct rig *rig = up(&parts[m], 2, ONE_BUFFER);
        uint8_t f[64];
        rig_msix(rig, parts[m].msix_bar, 5);
        rig_wr(rig, GPIE, 1u << 4);
        rig_wr(rig, EIMS, 0x1e);
        rig_wr(rig, m == 0 ? IVAR + 4 : IVAR, m == 0 ? 0x81 : 0x81u << 16);
        for (unsigned i = 0; i < 32; i++)
            rig_wr(rig, RETA + 4 * i, 0x01010101);
        rig_wr(rig, MRQC, 2 | 1u << 17);
        sim_inject(rig->nic, f, rig_ip_frame(f, mac, true, 1, 20));
        assert_int_equal(rig->messages[1], 1);
        assert_int_equal(rig_rd(rig, EICR), 2);
        rig_close(rig);
    }
}

static void msi_and_the_pin_follow_ims(void **state)
{
    struct rig *rig = up(&parts[2], 1, ONE_BUFFER);
    uint8_t f[64];

    (void)state;
    rig_wr(rig, IMS, 0x80);
    sim_inject(rig->nic, f, rig_frame(f, mac, 60, 0));
    assert_true(rig->pin);
    assert_int_equal(rig_rd(rig, ICR) & 0x80000080u, 0x80000080u);
    assert_false(rig->pin);
    rig_msi(rig);
    sim_inject(rig->nic, f, rig_frame(f, mac, 60, 0));
    assert_int_equal(rig->messages[31], 1);
    assert_false(rig->pin);
    rig_close(rig);
}

static void masked_causes_stay_in_icr_until_the_mask_is_empty(void **state)
{
    struct rig *rig = up(&parts[0], 1, ONE_BUFFER);

    (void)state;
    rig_wr(rig, IMS, 4);
    rig_wr(rig, ICS, 0x10);
    assert_int_equal(rig_rd(rig, ICR) & 0x10, 0x10);
    assert_int_equal(rig_rd(rig, ICR) & 0x10,
                     0x10); /* nothing asserted: the read cleared nothing */
    rig_wr(rig, IMC, 4);
    rig_rd(rig, ICR);
    assert_int_equal(rig_rd(rig, ICR) & 0x10, 0);
    rig_close(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nvm_sums_to_baba),
        cmocka_unit_test(the_phy_is_behind_a_semaphore),
        cmocka_unit_test(firmware_can_keep_its_semaphore),
        cmocka_unit_test(queues_are_set_up_before_they_are_enabled),
        cmocka_unit_test(queue_registers_answer_at_the_old_place),
        cmocka_unit_test(parts_differ_where_they_should),
        cmocka_unit_test(a_serdes_links_without_a_phy),
        cmocka_unit_test(a_frame_is_received_with_its_type_and_checksums),
        cmocka_unit_test(jumbo_frames_span_descriptors),
        cmocka_unit_test(drop_enable_drops_and_counts),
        cmocka_unit_test(rss_spreads_by_the_toeplitz_hash),
        cmocka_unit_test(a_plain_frame_goes_out),
        cmocka_unit_test(checksum_and_tag_are_inserted),
        cmocka_unit_test(segmentation_makes_valid_frames),
        cmocka_unit_test(the_head_can_be_written_to_memory),
        cmocka_unit_test(a_queue_has_its_own_vector),
        cmocka_unit_test(ivar_layout_differs),
        cmocka_unit_test(msi_and_the_pin_follow_ims),
        cmocka_unit_test(masked_causes_stay_in_icr_until_the_mask_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
