// SPDX-License-Identifier: MIT
/* What the 82574's model has beyond the 82540EM's: extended descriptors, two queues, MSI-X. */
#include "test_e1000_rig.h"

#include <string.h>

enum {
    CTRL = 0x0,
    STATUS = 0x8,
    EERD = 0x14,
    CTRL_EXT = 0x18,
    MDIC = 0x20,
    ICR = 0xc0,
    IMS = 0xd0,
    IMC = 0xd8,
    EIAC = 0xdc,
    IAM = 0xe0,
    IVAR = 0xe4,
    EITR = 0xe8,
    RCTL = 0x100,
    TCTL = 0x400,
    EXTCNF = 0xf00,
    RDT = 0x2818,
    RDH = 0x2810,
    TDT = 0x3818,
    RXCSUM = 0x5000,
    RFCTL = 0x5008,
    MTA = 0x5200,
    VFTA = 0x5600,
    MRQC = 0x5818,
    RETA = 0x5c00,
    RSSRK = 0x5c80,

    QUEUE = 0x100,
    MEM = 0x40000,
    TX_RING = 0x1000,
    TX_DATA = 0x2000,
    BUFS = 0x8000,
    SIZE = 8,
};
static const uint8_t mac[6] = { 0x02, 1, 2, 3, 4, 5 };

static void ring(struct rig *rig, uint32_t block, uint32_t mem)
{
    rig_wr(rig, block, (uint32_t)(RIG_BASE + mem));
    rig_wr(rig, block + 4, (uint32_t)(RIG_BASE >> 32));
    rig_wr(rig, block + 8, SIZE * 16);
}

static struct rig *up(void)
{
    struct rig *rig = rig_open("82574");

    rig_reset(rig);
    rig_wr(rig, IMC, ~0u);
    rig_wr(rig, CTRL, rig_rd(rig, CTRL) | 1u << 6);
    for (unsigned i = 0; i < 128; i++) {
        rig_wr(rig, MTA + 4 * i, 0);
        rig_wr(rig, VFTA + 4 * i, 0);
    }
    for (unsigned q = 0; q < 2; q++) {
        ring(rig, 0x2800 + q * QUEUE, q * MEM);
        ring(rig, 0x3800 + q * QUEUE, q * MEM + TX_RING);
        for (unsigned i = 0; i < SIZE; i++)
            rig_put(rig_desc(rig, q * MEM, i), RIG_BASE + q * MEM + BUFS + 2048 * i, 0);
    }
    rig_wr(rig, RFCTL, 1u << 15);
    rig_wr(rig, RXCSUM, 0x2300);
    rig_wr(rig, TCTL, rig_rd(rig, TCTL) | 2);
    rig_wr(rig, RCTL, 1u << 1 | 1u << 15 | 1u << 26);
    rig_wr(rig, RDT, SIZE - 1);
    rig_wr(rig, RDT + QUEUE, SIZE - 1);
    rig_rd(rig, ICR);
    return rig;
}

static void extended_descriptors_carry_status_and_length(void **state)
{
    struct rig *rig = up();
    uint8_t f[256], *d = rig_desc(rig, 0, 0);
    size_t len = rig_ip_frame(f, mac, false, 7, 60);

    (void)state;
    sim_inject(rig->nic, f, len);
    assert_int_equal(sim_get_le32(d + 8), 0x63);
    assert_int_equal(sim_get_le16(d + 12), len);
    assert_memory_equal(rig->mem + BUFS, f, len);
    f[60] ^= 1;
    sim_inject(rig->nic, f, len);
    assert_int_equal(sim_get_le32(rig_desc(rig, 0, 1) + 8), 0x20000063);
    rig_put(rig_desc(rig, 0, 2), RIG_BASE + BUFS, 1);
    sim_inject(rig->nic, f, len);
    rig_broke(rig, "DD already set");
    rig_close(rig);
}

static void rss_uses_bit_seven_of_an_entry(void **state)
{
    struct rig *rig = up();
    uint8_t f[256];

    (void)state;
    for (unsigned i = 0; i < 10; i++)
        rig_wr(rig, RSSRK + 4 * i, 0x12345678u * (i + 1));
    for (unsigned i = 0; i < 32; i++)
        rig_wr(rig, RETA + 4 * i, 0x80808080);
    rig_wr(rig, MRQC, 1 | 1u << 17);
    sim_inject(rig->nic, f, rig_ip_frame(f, mac, true, 7, 60));
    assert_int_equal(rig_rd(rig, RDH + QUEUE), 1);
    assert_int_equal(sim_get_le32(rig_desc(rig, MEM, 0)) & 0x1f0f, 0x102);
    sim_inject(rig->nic, f, rig_frame(f, mac, 60, 0)); /* not hashed: queue 0 */
    assert_int_equal(rig_rd(rig, RDH), 1);
    rig_wr(rig, MRQC, 2);
    rig_broke(rig, "MRQC: mode 2");
    rig_close(rig);
}

static void vectors_follow_ivar_and_clear_themselves(void **state)
{
    struct rig *rig = up();
    uint8_t f[64];
    size_t len = rig_frame(f, mac, 60, 0);

    (void)state;
    rig_msix(rig, 3, 5);
    rig_wr(rig, IVAR, 0x9 | 0xb << 8 | 0xc << 16); /* RXQ0: 1, TXQ0: 3, other: 4 */
    rig_wr(rig, EIAC, 1u << 20 | 1u << 22);
    rig_wr(rig, IMS, 1u << 20 | 1u << 22 | 1u << 24 | 4);
    sim_inject(rig->nic, f, len);
    sim_inject(rig->nic, f, len);
    assert_int_equal(rig->messages[1], 2);
    memcpy(rig->mem + TX_DATA, f, len);
    rig_put(rig_desc(rig, TX_RING, 0), RIG_BASE + TX_DATA, len | 0x0bull << 24);
    rig_wr(rig, TDT, 1);
    assert_int_equal(rig->messages[3], 1);
    sim_set_cable(rig->nic, false);
    assert_int_equal(rig->messages[4], 1);
    assert_int_equal(rig_rd(rig, ICR) & (1u << 24 | 4), 1u << 24 | 4);
    rig_wr(rig, IMC, 1u << 20);
    sim_set_cable(rig->nic, true);
    sim_inject(rig->nic, f, len);
    assert_int_equal(rig->messages[1], 2);
    rig_wr(rig, IMS, 1u << 20);
    assert_int_equal(rig->messages[1], 3);
    rig_close(rig);
}

static void mdio_needs_ownership(void **state)
{
    struct rig *rig = rig_open("82574");

    (void)state;
    rig_wr(rig, MDIC, 2u << 16 | 1u << 21 | 2u << 26);
    rig_broke(rig, "MDIO_SW_OWNERSHIP");
    rig_poll(rig, MDIC, 1u << 28, 1u << 28);
    rig_wr(rig, EXTCNF, rig_rd(rig, EXTCNF) | 1u << 5);
    assert_int_equal(rig_rd(rig, EXTCNF) >> 5 & 1, 1);
    rig_wr(rig, MDIC, 2u << 16 | 1u << 21 | 2u << 26);
    rig_poll(rig, MDIC, 1u << 28, 1u << 28);
    assert_int_equal(rig_rd(rig, MDIC) & 0xffff, 0x0141);
    rig_wr(rig, EXTCNF, rig_rd(rig, EXTCNF) & ~(1u << 5));
    sim_set_fault(rig->nic, SIM_FAULT_FIRMWARE_HELD, 0);
    rig_wr(rig, EXTCNF, rig_rd(rig, EXTCNF) | 1u << 5);
    assert_int_equal(rig_rd(rig, EXTCNF) >> 5 & 1, 0);
    rig_close(rig);
}

static void master_disable_stops_dma(void **state)
{
    struct rig *rig = up();
    uint8_t f[64];

    (void)state;
    assert_int_equal(rig_rd(rig, STATUS) >> 19 & 1, 1);
    rig_wr(rig, CTRL, rig_rd(rig, CTRL) | 4);
    rig_poll(rig, STATUS, 1u << 19, 0);
    sim_inject(rig->nic, f, rig_frame(f, mac, 60, 0));
    assert_int_equal(rig_rd(rig, RDH), 0);
    rig_close(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extended_descriptors_carry_status_and_length),
        cmocka_unit_test(rss_uses_bit_seven_of_an_entry),
        cmocka_unit_test(vectors_follow_ivar_and_clear_themselves),
        cmocka_unit_test(mdio_needs_ownership),
        cmocka_unit_test(master_disable_stops_dma),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
