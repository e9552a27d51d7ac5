// SPDX-License-Identifier: MIT
/* The model of the 82540EM, by what a driver can see of it. */
#include "test_e1000_rig.h"

#include <string.h>

enum {
    CTRL = 0x0,
    STATUS = 0x8,
    EECD = 0x10,
    EERD = 0x14,
    MDIC = 0x20,
    ICR = 0xc0,
    ICS = 0xc8,
    IMS = 0xd0,
    IMC = 0xd8,
    RCTL = 0x100,
    TCTL = 0x400,
    RDBAL = 0x2800,
    RDBAH = 0x2804,
    RDLEN = 0x2808,
    RDH = 0x2810,
    RDT = 0x2818,
    TDBAL = 0x3800,
    TDBAH = 0x3804,
    TDLEN = 0x3808,
    TDH = 0x3810,
    TDT = 0x3818,
    RXCSUM = 0x5000,
    MTA = 0x5200,
    RAL = 0x5400,
    RAH = 0x5404,
    VFTA = 0x5600,
    GPRC = 0x4074,
    GPTC = 0x4080,
    GORCL = 0x4088,
    RNBC = 0x40a0,
    TPT = 0x40d4,
    MPC = 0x4010,
    ROC = 0x40ac,

    RX_RING = 0,
    TX_RING = 0x1000,
    BUFS = 0x10000,
    TX_DATA = 0x100000,
    SIZE = 32,
};
static const uint8_t mac[6] = { 0x02, 1, 2, 3, 4, 5 };
static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static void give_rx(struct rig *rig, unsigned buf)
{
    for (unsigned i = 0; i < SIZE; i++)
        rig_put(rig_desc(rig, RX_RING, i), RIG_BASE + BUFS + (uint64_t)i * buf, 0);
}

/* Reset, link, both rings, receiver and transmitter on; extra goes into RCTL. */
static struct rig *up(uint32_t extra)
{
    struct rig *rig = rig_open("82540em");

    rig_reset(rig);
    rig_wr(rig, IMC, ~0u);
    rig_wr(rig, CTRL, rig_rd(rig, CTRL) | 1u << 6);
    for (unsigned i = 0; i < 128; i++) {
        rig_wr(rig, MTA + 4 * i, 0);
        rig_wr(rig, VFTA + 4 * i, 0);
    }
    give_rx(rig, 2048);
    rig_wr(rig, RDBAL, (uint32_t)(RIG_BASE + RX_RING));
    rig_wr(rig, RDBAH, (uint32_t)(RIG_BASE >> 32));
    rig_wr(rig, RDLEN, SIZE * 16);
    rig_wr(rig, TDBAL, (uint32_t)(RIG_BASE + TX_RING));
    rig_wr(rig, TDBAH, (uint32_t)(RIG_BASE >> 32));
    rig_wr(rig, TDLEN, SIZE * 16);
    rig_wr(rig, 0x410, 0x00602008);
    rig_wr(rig, TCTL, 0x0004010a);
    rig_wr(rig, RCTL, 1u << 1 | 1u << 15 | 1u << 26 | extra);
    rig_wr(rig, RDT, SIZE - 1);
    rig_rd(rig, ICR);
    return rig;
}

static void send_legacy(struct rig *rig, const uint8_t *f, size_t len, uint32_t cmd)
{
    uint32_t tail = rig_rd(rig, TDT);

    memcpy(rig->mem + TX_DATA, f, len);
    rig_put(rig_desc(rig, TX_RING, tail), RIG_BASE + TX_DATA, len | (uint64_t)cmd << 24);
    rig_wr(rig, TDT, (tail + 1) % SIZE);
}

/* ---- registers ------------------------------------------------------------------------- */

static void eeprom_by_eerd_sums_to_baba(void **state)
{
    struct rig *rig = rig_open("82540em");
    uint16_t sum = 0;

    (void)state;
    for (unsigned a = 0; a < 64; a++) {
        rig_wr(rig, EERD, a << 8 | 1);
        rig_poll(rig, EERD, 1u << 4, 1u << 4);
        sum = (uint16_t)(sum + (rig_rd(rig, EERD) >> 16));
    }
    assert_int_equal(sum, 0xbaba);
    assert_int_equal(rig_rd(rig, RAL), 0x03020102);
    assert_int_equal(rig_rd(rig, RAH), 0x80000504);
    rig_close(rig);
}

static void clock_bit(struct rig *rig, bool bit)
{
    uint32_t v = 0x40 | 0x2 | (bit ? 4 : 0) | 0x10;

    rig_wr(rig, EECD, (rig_rd(rig, EECD) & ~0x47u) | v);
    rig_wr(rig, EECD, (rig_rd(rig, EECD) & ~0x47u) | v | 1);
    rig_wr(rig, EECD, (rig_rd(rig, EECD) & ~0x47u) | v);
}

static void eeprom_answers_bit_by_bit_as_well(void **state)
{
    struct rig *rig = rig_open("82540em");
    unsigned cmd = 6u << 6 | 1; /* read word 1 */
    uint16_t word = 0;

    (void)state;
    rig_wr(rig, EECD, rig_rd(rig, EECD) | 0x40);
    rig_poll(rig, EECD, 0x80, 0x80);
    rig_wr(rig, EECD, rig_rd(rig, EECD) | 0x42);
    for (int i = 8; i >= 0; i--)
        clock_bit(rig, cmd >> i & 1);
    assert_int_equal(rig_rd(rig, EECD) & 8, 0); /* the dummy bit */
    for (int i = 0; i < 16; i++) {
        clock_bit(rig, false);
        word = (uint16_t)((unsigned)word << 1 | (rig_rd(rig, EECD) >> 3 & 1));
    }
    assert_int_equal(word, 0x0302);
    rig_close(rig);
}

static uint16_t mdic_read(struct rig *rig, unsigned reg)
{
    rig_wr(rig, MDIC, reg << 16 | 1u << 21 | 2u << 26);
    rig_poll(rig, MDIC, 1u << 28, 1u << 28);
    return (uint16_t)rig_rd(rig, MDIC);
}

static void phy_is_an_m88_and_links_up(void **state)
{
    struct rig *rig = rig_open("82540em");

    (void)state;
    assert_int_equal(mdic_read(rig, 2), 0x0141);
    assert_int_equal(mdic_read(rig, 3) & 0xfff0, 0x0c20);
    assert_int_equal(mdic_read(rig, 1) & 4, 0); /* latched low */
    assert_int_equal(mdic_read(rig, 1) & 4, 4);
    assert_int_equal(rig_rd(rig, STATUS) & 2, 0); /* CTRL.SLU is not set yet */
    rig_wr(rig, CTRL, rig_rd(rig, CTRL) | 1u << 6);
    assert_int_equal(rig_rd(rig, STATUS) & 0xc3, 0x83);
    rig_wr(rig, MDIC, 2u << 21 | 2u << 26 | 1u << 16);
    rig_poll(rig, MDIC, 5u << 28, 5u << 28); /* no such PHY: error */
    rig_close(rig);
}

static void cable_pulls_the_link_down_with_an_interrupt(void **state)
{
    struct rig *rig = up(0);

    (void)state;
    rig_wr(rig, IMS, 4);
    sim_set_cable(rig->nic, false);
    assert_int_equal(rig_rd(rig, STATUS) & 2, 0);
    assert_true(rig->pin);
    assert_int_equal(rig_rd(rig, ICR) & 4, 4);
    assert_false(rig->pin);
    sim_set_cable(rig->nic, true);
    assert_int_equal(rig_rd(rig, STATUS) & 2, 2);
    rig_close(rig);
}

static void fibre_negotiates_without_a_phy(void **state)
{
    struct rig *rig = rig_open("82545em-fibre");
    uint32_t txcw = 0x178, rxcw = 0x180;

    (void)state;
    assert_int_equal(rig_rd(rig, STATUS) & 0x22, 0x20); /* TBI, no link */
    assert_int_equal(rig_rd(rig, CTRL) & (1u << 19 | 1u << 3), 1u << 19 | 1u << 3);
    rig_wr(rig, txcw, 1u << 31 | 1u << 5);
    assert_int_equal(rig_rd(rig, STATUS) & 2, 0);
    rig_wr(rig, CTRL, rig_rd(rig, CTRL) & ~(1u << 3));
    assert_int_equal(rig_rd(rig, STATUS) & 0xe3, 0xa3);
    assert_int_equal(rig_rd(rig, rxcw) >> 27, 0x1c);
    sim_set_cable(rig->nic, false);
    assert_int_equal(rig_rd(rig, STATUS) & 2, 0);
    assert_int_equal(rig_rd(rig, CTRL) & 1u << 19, 0);
    assert_int_equal(rig_rd(rig, rxcw) >> 27, 1);
    rig_wr(rig, MDIC, 1u << 21 | 2u << 26);
    rig_poll(rig, MDIC, 5u << 28, 5u << 28);
    rig_close(rig);
}

static void rules_are_enforced(void **state)
{
    struct rig *rig = up(0);

    (void)state;
    rig_rd(rig, 0x1580);
    rig_broke(rig, "no such register");
    rig_wr(rig, RCTL, rig_rd(rig, RCTL) | 1);
    rig_broke(rig, "RCTL changes reserved bits");
    rig_wr(rig, STATUS, 0);
    rig_broke(rig, "STATUS, which is read-only");
    rig_rd(rig, IMC);
    rig_broke(rig, "IMC, which is write-only");
    rig_wr(rig, RDBAL, 0);
    rig_broke(rig, "RDBAL: written while the queue is enabled");
    rig_wr(rig, TDT, SIZE);
    rig_broke(rig, "TDT: 32 lies outside");
    sim_mmio_write(rig->nic, 0, RDT, 2, 0);
    rig_broke(rig, "32 bits only");
    rig_wr(rig, GPRC, 0);
    rig_broke(rig, "GPRC, which is read-only");
    rig_wr(rig, MDIC, 1u << 21 | 2u << 26);
    rig_wr(rig, MDIC, 1u << 21 | 2u << 26);
    rig_broke(rig, "MDIC: written while");
    rig_close(rig);
}

static void a_reset_can_hang(void **state)
{
    struct rig *rig = rig_open("82540em");

    (void)state;
    sim_set_fault(rig->nic, SIM_FAULT_RESET_HANGS, 0);
    rig_wr(rig, CTRL, rig_rd(rig, CTRL) | 1u << 26);
    for (int i = 0; i < 100; i++)
        assert_int_equal(rig_rd(rig, CTRL) >> 26 & 1, 1);
    rig_close(rig);
}

/* ---- receive ------------------------------------------------------------------------------ */

static void a_frame_reaches_memory_without_fcs(void **state)
{
    struct rig *rig = up(0);
    uint8_t f[2000], *d = rig_desc(rig, RX_RING, 0);

    (void)state;
    rig_wr(rig, IMS, 0x80);
    size_t len = rig_frame(f, mac, 1514, 3);
    sim_inject(rig->nic, f, len);
    assert_int_equal(d[12], 0x07); /* DD, EOP, checksum ignored */
    assert_int_equal(d[13], 0);
    assert_int_equal(sim_get_le16(d + 8), 1514);
    assert_memory_equal(rig->mem + BUFS, f, len);
    assert_int_equal(rig_rd(rig, RDH), 1);
    assert_true(rig->pin);
    assert_int_equal(rig_rd(rig, ICR) & 0x80, 0x80);
    assert_false(rig->pin);
    assert_int_equal(rig_rd(rig, GPRC), 1);
    assert_int_equal(rig_rd(rig, GPRC), 0);
    assert_int_equal(rig_rd(rig, GORCL), 1518);
    rig_close(rig);
}

static void long_frames_take_several_descriptors(void **state)
{
    struct rig *rig = up(1u << 5);
    uint8_t f[9000];

    (void)state;
    rig_wr(rig, RCTL, rig_rd(rig, RCTL) & ~(1u << 26)); /* the FCS comes along */
    size_t len = rig_frame(f, mac, 4094, 9);
    sim_inject(rig->nic, f, len);
    assert_int_equal(rig_desc(rig, RX_RING, 0)[12], 1);
    assert_int_equal(sim_get_le16(rig_desc(rig, RX_RING, 0) + 8), 2048);
    assert_int_equal(sim_get_le16(rig_desc(rig, RX_RING, 1) + 8), 2048);
    assert_int_equal(sim_get_le16(rig_desc(rig, RX_RING, 2) + 8), 2);
    assert_int_equal(rig_desc(rig, RX_RING, 2)[12] & 3, 3);
    assert_memory_equal(rig->mem + BUFS, f, len);
    rig_close(rig);
}

static void frames_wait_for_descriptors_and_rnbc_counts(void **state)
{
    struct rig *rig = up(0);
    uint8_t f[64];
    size_t len = rig_frame(f, mac, 60, 0);

    (void)state;
    for (unsigned i = 0; i < SIZE; i++)
        sim_inject(rig->nic, f, len);
    assert_int_equal(rig_rd(rig, RDH), SIZE - 1);
    assert_int_equal(rig_rd(rig, RNBC), 1);
    assert_int_equal(rig_rd(rig, ICR) & 0x10, 0x10); /* below the threshold */
    rig_put(rig_desc(rig, RX_RING, SIZE - 1), RIG_BASE + BUFS, 0);
    rig_put(rig_desc(rig, RX_RING, 0), RIG_BASE + BUFS, 0);
    rig_wr(rig, RDT, 0);
    assert_int_equal(rig_rd(rig, RDH), 0);
    assert_int_equal(rig_desc(rig, RX_RING, SIZE - 1)[12] & 3, 3);
    rig_close(rig);
}

static unsigned received(struct rig *rig)
{
    return rig_rd(rig, RDH);
}

static void filters_pass_what_they_should(void **state)
{
    struct rig *rig = up(0);
    uint8_t f[64], other[6] = { 2, 9, 9, 9, 9, 9 }, group[6] = { 1, 0, 0x5e, 0, 0x12, 0x34 };
    unsigned hash = 0x341u; /* bits 47:36 of the address */

    (void)state;
    sim_inject(rig->nic, f, rig_frame(f, other, 60, 0));
    sim_inject(rig->nic, f, rig_frame(f, group, 60, 0));
    assert_int_equal(received(rig), 0);
    sim_inject(rig->nic, f, rig_frame(f, broadcast, 60, 0));
    assert_int_equal(received(rig), 1);
    rig_wr(rig, MTA + 4 * (hash >> 5), 1u << (hash & 31));
    sim_inject(rig->nic, f, rig_frame(f, group, 60, 0));
    assert_int_equal(received(rig), 2);
    rig_wr(rig, RAL + 8, sim_get_le32(other));
    rig_wr(rig, RAH + 8, sim_get_le16(other + 4) | 1u << 31);
    sim_inject(rig->nic, f, rig_frame(f, other, 60, 0));
    assert_int_equal(received(rig), 3);
    other[5] = 1;
    rig_wr(rig, RCTL, rig_rd(rig, RCTL) | 1u << 3);
    sim_inject(rig->nic, f, rig_frame(f, other, 60, 0));
    assert_int_equal(received(rig), 4);
    rig_close(rig);
}

static void vlan_filter_and_stripping(void **state)
{
    struct rig *rig = up(1u << 18);
    uint8_t f[128];
    size_t len = rig_frame(f, mac, 100, 0);

    (void)state;
    sim_put_be16(f + 12, 0x8100);
    sim_put_be16(f + 14, 0x2005);
    rig_wr(rig, CTRL, rig_rd(rig, CTRL) | 1u << 30);
    sim_inject(rig->nic, f, len);
    assert_int_equal(received(rig), 0);
    rig_wr(rig, VFTA, 1u << 5);
    sim_inject(rig->nic, f, len);
    assert_int_equal(received(rig), 1);
    assert_int_equal(rig_desc(rig, RX_RING, 0)[12] & 8, 8);
    assert_int_equal(sim_get_le16(rig_desc(rig, RX_RING, 0) + 14), 0x2005);
    assert_int_equal(sim_get_le16(rig_desc(rig, RX_RING, 0) + 8), 96);
    assert_memory_equal(rig->mem + BUFS + 12, f + 16, 84);
    rig_close(rig);
}

static void checksums_are_verified(void **state)
{
    struct rig *rig = up(0);
    uint8_t f[256];
    size_t len = rig_ip_frame(f, mac, false, 1234, 50);

    (void)state;
    rig_wr(rig, RXCSUM, 0x300);
    sim_inject(rig->nic, f, len);
    assert_int_equal(rig_desc(rig, RX_RING, 0)[12], 0x63);
    assert_int_equal(rig_desc(rig, RX_RING, 0)[13], 0);
    f[60] ^= 1;
    sim_inject(rig->nic, f, len);
    assert_int_equal(rig_desc(rig, RX_RING, 1)[13], 0x20);
    f[60] ^= 1;
    f[24] ^= 1;
    sim_inject(rig->nic, f, len);
    assert_int_equal(rig_desc(rig, RX_RING, 2)[13], 0x40);
    rig_close(rig);
}

static void oversize_frames_need_lpe(void **state)
{
    struct rig *rig = up(0);
    uint8_t f[2000];

    (void)state;
    sim_inject(rig->nic, f, rig_frame(f, mac, 1518, 0)); /* 1522 with FCS: as with a tag */
    sim_inject(rig->nic, f, rig_frame(f, mac, 1519, 0));
    assert_int_equal(received(rig), 1);
    assert_int_equal(rig_rd(rig, ROC), 1);
    rig_close(rig);
}

/* ---- transmit ----------------------------------------------------------------------------- */

static void a_legacy_frame_goes_out_padded(void **state)
{
    struct rig *rig = up(0);
    uint8_t f[64];
    size_t len = rig_frame(f, broadcast, 30, 0);

    (void)state;
    rig_wr(rig, IMS, 1);
    send_legacy(rig, f, len, 0x0b);
    assert_int_equal(rig->sent, 1);
    assert_int_equal(rig->sent_len[0], 60);
    assert_memory_equal(rig->sent_frame[0], f, len);
    assert_int_equal(rig_desc(rig, TX_RING, 0)[12] & 1, 1);
    assert_int_equal(rig_rd(rig, TDH), 1);
    assert_true(rig->pin);
    assert_int_equal(rig_rd(rig, ICR) & 3, 3);
    assert_int_equal(rig_rd(rig, GPTC), 1);
    assert_int_equal(rig_rd(rig, TPT), 1);
    rig_close(rig);
}

static void no_write_back_without_rs(void **state)
{
    struct rig *rig = up(0);
    uint8_t f[64];

    (void)state;
    send_legacy(rig, f, rig_frame(f, broadcast, 60, 0), 0x03);
    assert_int_equal(rig->sent, 1);
    assert_int_equal(rig_desc(rig, TX_RING, 0)[12] & 1, 0);
    send_legacy(rig, f, rig_frame(f, broadcast, 60, 0), 0x09); /* no IFCS, no FCS either */
    rig_broke(rig, "IFCS");
    rig_close(rig);
}

/* Context and data descriptors for a TCP/IPv4 frame. */
static void send_offload(struct rig *rig, const uint8_t *f, size_t len, uint32_t tucmd,
                         uint32_t dcmd, uint64_t popts, uint16_t mss)
{
    uint32_t tail = rig_rd(rig, TDT);
    uint64_t hdr = 54, l4 = f[23] == 17 ? 40 : 50;

    memcpy(rig->mem + TX_DATA, f, len);
    rig_put(rig_desc(rig, TX_RING, tail), 14 | 24u << 8 | 33u << 16 | 34ull << 32 | l4 << 40,
            (mss ? len - hdr : 0) | (uint64_t)tucmd << 24 | (mss ? hdr << 40 : 0) |
                (uint64_t)mss << 48);
    rig_put(rig_desc(rig, TX_RING, tail + 1), RIG_BASE + TX_DATA,
            len | 1u << 20 | (uint64_t)dcmd << 24 | popts << 40);
    rig_wr(rig, TDT, tail + 2);
}

static void expect_valid(const uint8_t *f, size_t len)
{
    struct sim_packet p;

    sim_packet_parse(&p, f, len);
    sim_packet_verify(&p, f);
    assert_true(p.ip_csum_ok);
    assert_true(p.l4_csum_ok);
}

static uint16_t pseudo_sum(uint8_t proto, size_t l4_len)
{
    uint8_t pseudo[12] = { 10, 0, 0, 1, 10, 0, 0, 2, 0, proto };

    sim_put_be16(pseudo + 10, (uint16_t)l4_len);
    return (uint16_t)~sim_csum_fold(sim_csum_add(0, pseudo, 12));
}

static void checksums_are_inserted(void **state)
{
    struct rig *rig = up(0);
    uint8_t f[256];
    size_t len = rig_ip_frame(f, mac, false, 1234, 100);

    (void)state;
    sim_put_be16(f + 24, 0);
    sim_put_be16(f + 50, pseudo_sum(6, 120));
    send_offload(rig, f, len, 0x23, 0x2b, 3, 0);
    assert_int_equal(rig->sent, 1);
    assert_int_equal(rig->sent_len[0], len);
    expect_valid(rig->sent_frame[0], len);
    assert_int_equal(rig_rd(rig, TDH), 2);
    rig_close(rig);
}

static void segmentation_makes_valid_frames(void **state)
{
    struct rig *rig = up(0);
    uint8_t f[4000];
    size_t len = rig_ip_frame(f, mac, false, 1234, 2500);

    (void)state;
    sim_put_be16(f + 16, 0);
    sim_put_be16(f + 24, 0);
    sim_put_be16(f + 50, pseudo_sum(6, 0));
    send_offload(rig, f, len, 0x27, 0x2f, 3, 1000);
    assert_int_equal(rig->sent, 3);
    for (unsigned i = 0; i < 3; i++) {
        const uint8_t *g = rig->sent_frame[i];
        assert_int_equal(rig->sent_len[i], i < 2 ? 1054 : 554);
        expect_valid(g, rig->sent_len[i]);
        assert_int_equal(sim_get_be32(g + 38), 1000 * i);
        assert_int_equal(sim_get_be16(g + 18), 0x1234 + i);
        assert_int_equal(g[47], i < 2 ? 0x10 : 0x19);
        assert_memory_equal(g + 54, f + 54 + 1000 * i, rig->sent_len[i] - 54);
    }
    rig_close(rig);
}

static void vlan_tag_is_inserted(void **state)
{
    struct rig *rig = up(0);
    uint8_t f[64];
    size_t len = rig_frame(f, broadcast, 60, 0);
    uint8_t *d = rig_desc(rig, TX_RING, 0);

    (void)state;
    rig_wr(rig, CTRL, rig_rd(rig, CTRL) | 1u << 30);
    memcpy(rig->mem + TX_DATA, f, len);
    rig_put(d, RIG_BASE + TX_DATA, len | 0x4bull << 24 | 0x2007ull << 48);
    rig_wr(rig, TDT, 1);
    assert_int_equal(rig->sent_len[0], 64);
    assert_int_equal(sim_get_be32(rig->sent_frame[0] + 12), 0x81002007);
    assert_memory_equal(rig->sent_frame[0] + 16, f + 12, 48);
    rig_close(rig);
}

static void nothing_leaves_while_the_link_is_down(void **state)
{
    struct rig *rig = up(0);
    uint8_t f[64];

    (void)state;
    sim_set_cable(rig->nic, false);
    send_legacy(rig, f, rig_frame(f, broadcast, 60, 0), 0x0b);
    assert_int_equal(rig->sent, 0);
    sim_set_cable(rig->nic, true);
    assert_int_equal(rig->sent, 1);
    rig_close(rig);
}

static void dma_outside_is_reported(void **state)
{
    struct rig *rig = up(0);
    uint8_t f[64];
    struct sim_counters c;

    (void)state;
    rig_put(rig_desc(rig, RX_RING, 0), 0x1000, 0);
    sim_inject(rig->nic, f, rig_frame(f, mac, 60, 0));
    rig_broke(rig, "not visible");
    sim_get_counters(rig->nic, &c);
    assert_int_equal(c.dma_faults, 1);
    rig_close(rig);
}

static void faults_spoil_write_backs(void **state)
{
    struct rig *rig = up(0);
    uint8_t f[64];

    (void)state;
    sim_set_fault(rig->nic, SIM_FAULT_BAD_LENGTH, 0xffff);
    sim_inject(rig->nic, f, rig_frame(f, mac, 60, 0));
    assert_int_equal(sim_get_le16(rig_desc(rig, RX_RING, 0) + 8), 0xffff);
    sim_set_fault(rig->nic, SIM_FAULT_NO_EOP, 0);
    sim_inject(rig->nic, f, rig_frame(f, mac, 60, 0));
    assert_int_equal(rig_desc(rig, RX_RING, 1)[12] & 3, 1);
    sim_set_fault(rig->nic, SIM_FAULT_CORRUPT, 1);
    sim_inject(rig->nic, f, rig_frame(f, mac, 60, 0));
    assert_int_equal(rig_desc(rig, RX_RING, 2)[13] & 0x81, 0x81);
    sim_set_fault(rig->nic, SIM_FAULT_STALL_TX, 0);
    send_legacy(rig, f, rig_frame(f, broadcast, 60, 0), 0x0b);
    assert_int_equal(rig_desc(rig, TX_RING, 0)[12] & 1, 0);
    rig_close(rig);
}

static void loopback_comes_back(void **state)
{
    struct rig *rig = up(1u << 6);
    uint8_t f[64];
    size_t len = rig_frame(f, broadcast, 60, 5);

    (void)state;
    send_legacy(rig, f, len, 0x0b);
    assert_int_equal(rig->sent, 0);
    assert_int_equal(received(rig), 1);
    assert_memory_equal(rig->mem + BUFS, f, len);
    rig_close(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eeprom_by_eerd_sums_to_baba),
        cmocka_unit_test(eeprom_answers_bit_by_bit_as_well),
        cmocka_unit_test(phy_is_an_m88_and_links_up),
        cmocka_unit_test(cable_pulls_the_link_down_with_an_interrupt),
        cmocka_unit_test(fibre_negotiates_without_a_phy),
        cmocka_unit_test(rules_are_enforced),
        cmocka_unit_test(a_reset_can_hang),
        cmocka_unit_test(a_frame_reaches_memory_without_fcs),
        cmocka_unit_test(long_frames_take_several_descriptors),
        cmocka_unit_test(frames_wait_for_descriptors_and_rnbc_counts),
        cmocka_unit_test(filters_pass_what_they_should),
        cmocka_unit_test(vlan_filter_and_stripping),
        cmocka_unit_test(checksums_are_verified),
        cmocka_unit_test(oversize_frames_need_lpe),
        cmocka_unit_test(a_legacy_frame_goes_out_padded),
        cmocka_unit_test(no_write_back_without_rs),
        cmocka_unit_test(checksums_are_inserted),
        cmocka_unit_test(segmentation_makes_valid_frames),
        cmocka_unit_test(vlan_tag_is_inserted),
        cmocka_unit_test(nothing_leaves_while_the_link_is_down),
        cmocka_unit_test(dma_outside_is_reported),
        cmocka_unit_test(faults_spoil_write_backs),
        cmocka_unit_test(loopback_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
