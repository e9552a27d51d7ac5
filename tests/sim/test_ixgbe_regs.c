// SPDX-License-Identifier: MIT
/* Registers of the 82599 and X540: reset, EEPROM, semaphores, link, PHY, SFP+, and strictness. */
#include "rig.h"

#include <string.h>

static struct rig rig;
static uint8_t frame[2048];

static struct rig *open_model(const char *model)
{
    rig_open(&rig, model);
    return &rig;
}

/* ---- reset ---------------------------------------------------------------- */

static void registers_have_their_reset_values(void **state)
{
    (void)state;
    struct rig *r = open_model("82599");

    assert_int_equal(rig_read(r, 0x00000), 0);
    assert_int_equal(rig_read(r, 0x04240), 0x08012c0b);
    assert_int_equal(rig_read(r, 0x01014), 0x402);
    assert_int_equal(rig_read(r, 0x02100), 0x402); /* the other address of SRRCTL[0] */
    assert_int_equal(rig_read(r, 0x0d014), 0x402);
    assert_int_equal(rig_read(r, 0x02f00), 0x00100888);
    assert_int_equal(rig_read(r, 0x05088), 0x8100);
    assert_int_equal(rig_read(r, 0x08100), 0x10);
    assert_int_equal(rig_read(r, 0x0a200), 0xaa000002);
    assert_int_equal(rig_read(r, 0x0a204), 0x800001bb);
    rig_close(r);
}

static void a_reset_restores_them_and_clears_itself(void **state)
{
    (void)state;
    struct rig *r = open_model("82599");

    rig_write(r, 0x5200, 0x1234);
    rig_write(r, 0, 1u << 26);
    assert_int_equal(rig_read(r, 0), 0);
    assert_int_equal(rig_read(r, 0x5200), 0);
    rig_close(r);
}

static void a_reset_amid_dma_is_a_violation(void **state)
{
    (void)state;
    struct rig *r = open_model("82599");

    rig_init(r);
    rig_tx_queue(r);
    r->lenient = true;
    rig_write(r, 0, 1u << 26);
    EXPECT_VIOLATION(r, "master");
    rig_close(r);
}

static void a_hanging_reset_ends_with_the_fault(void **state)
{
    (void)state;
    struct rig *r = open_model("82599");

    sim_set_fault(r->nic, SIM_FAULT_RESET_HANGS, 0);
    rig_write(r, 0, 1u << 26);
    for (unsigned i = 0; i < 10; i++)
        assert_true(rig_read(r, 0) & 1u << 26);
    sim_set_fault(r->nic, SIM_FAULT_NONE, 0);
    assert_int_equal(rig_read(r, 0), 0);
    rig_close(r);
}

static void flr_resets_model_and_configuration(void **state)
{
    (void)state;
    struct rig *r = open_model("82599");

    rig_write(r, 0x5200, 0x1234);
    sim_cfg_write(r->nic, 0xa8, 2, 0x8000);
    assert_int_equal(sim_cfg_read(r->nic, 4, 2), 0);
    sim_cfg_write(r->nic, 4, 2, 6);
    assert_int_equal(rig_read(r, 0x5200), 0);
    rig_close(r);
}

/* ---- EEPROM and semaphores ------------------------------------------------ */

static uint16_t word(struct rig *r, unsigned addr)
{
    rig_write(r, 0x10014, addr << 2 | 1);
    assert_true(rig_read(r, 0x10014) & 2);
    return (uint16_t)(rig_read(r, 0x10014) >> 16);
}

static uint16_t image_sum(struct rig *r)
{
    uint16_t sum = 0;

    for (unsigned i = 0; i < 0x40; i++)
        sum = (uint16_t)(sum + word(r, i));
    for (unsigned i = 3; i < 0xf; i++) {
        unsigned at = word(r, i);
        unsigned len = at && at != 0xffff ? word(r, at) : 0;
        for (unsigned k = 1; k <= len; k++)
            sum = (uint16_t)(sum + word(r, at + k));
    }
    return sum;
}

static void the_eeprom_image_is_valid(void **state)
{
    (void)state;
    struct rig *r = open_model("82599");

    assert_int_equal(image_sum(r), 0xbaba);
    assert_int_equal(word(r, word(r, 9) + 1), 0x0002);
    assert_int_equal(word(r, word(r, 9) + 3), 0x01bb);
    sim_set_fault(r->nic, SIM_FAULT_NO_EEPROM, 1);
    assert_int_not_equal(image_sum(r), 0xbaba);
    sim_set_fault(r->nic, SIM_FAULT_NO_EEPROM, 0);
    rig_write(r, 0x10014, 1);
    assert_int_equal(rig_read(r, 0x10014) & 2, 0);
    rig_close(r);
}

static void semaphores_are_taken_in_order(void **state)
{
    (void)state;
    struct rig *r = open_model("82599");

    rig_take(r, 2);
    assert_int_equal(rig_read(r, 0x10160) & 0x1f, 2);
    rig_release(r, 2);
    assert_int_equal(rig_read(r, 0x10160) & 0x1f, 0);
    r->lenient = true;
    rig_write(r, 0x10160, 1);
    EXPECT_VIOLATION(r, "SW_FW_SYNC");
    rig_write(r, 0x10140, 2);
    EXPECT_VIOLATION(r, "SWESMBI");
    rig_close(r);
}

static void firmware_can_keep_its_semaphore(void **state)
{
    (void)state;
    struct rig *r = open_model("82599");

    sim_set_fault(r->nic, SIM_FAULT_FIRMWARE_HELD, 0);
    assert_int_equal(rig_read(r, 0x10140), 0);
    rig_write(r, 0x10140, 3);
    assert_int_equal(rig_read(r, 0x10140) & 2, 0);
    assert_int_equal(rig_read(r, 0x10160) & 0x3e0, 0x3e0);
    rig_close(r);
}

/* ---- link ----------------------------------------------------------------- */

static void the_link_follows_the_cable(void **state)
{
    (void)state;
    struct rig *r = open_model("82599");

    rig_read(r, 0x42a4);
    assert_int_equal(rig_read(r, 0x42a4) & 0x70000080, 0x70000080);
    sim_set_cable(r->nic, false);
    assert_int_equal(rig_read(r, 0x42a4) & 0x70000080, 0);
    sim_set_cable(r->nic, true);
    assert_int_equal(rig_read(r, 0x42a4) & 0x70000080, 0x70000000); /* the loss is latched */
    assert_int_equal(rig_read(r, 0x42a4) & 0x70000080, 0x70000080);
    assert_true(rig_read(r, 0x800) & 1u << 20);
    rig_close(r);
}

static void the_link_takes_its_time(void **state)
{
    (void)state;
    struct sim_options opt = { .engine = SIM_ENGINE_INLINE, .cable = true, .link_delay_us = 20000 };
    struct rig *r = &rig;
    unsigned waited = 0;

    rig_open_with(r, "82599", &opt);
    assert_int_equal(rig_read(r, 0x42a4) & 1u << 30, 0);
    while (!(rig_read(r, 0x42a4) & 1u << 30) && waited++ < 50000000)
        ;
    assert_true(rig_read(r, 0x42a4) & 1u << 30);
    rig_close(r);
}

static void without_link_frames_wait_for_it(void **state)
{
    (void)state;
    struct rig *r = open_model("82599");

    rig_init(r);
    rig_tx_queue(r);
    sim_set_cable(r->nic, false);
    rig_frame(frame, 64);
    rig_tx_desc(r, frame, 64, 0x0b000000, 64u << 14);
    rig_tx_go(r);
    assert_int_equal(r->sent_count, 0);
    sim_set_cable(r->nic, true);
    assert_int_equal(r->sent_count, 1);
    rig_close(r);
}

static uint16_t mdio(struct rig *r, unsigned dev, unsigned reg)
{
    rig_write(r, 0x425c, 1u << 30 | dev << 16 | reg);
    assert_int_equal(rig_read(r, 0x425c) >> 30, 0);
    rig_write(r, 0x425c, 1u << 30 | 3u << 26 | dev << 16);
    return (uint16_t)(rig_read(r, 0x4260) >> 16);
}

/* X540: the semaphore of SW_FW_SYNC is in the register itself. */
static void take_x540(struct rig *r, uint32_t bits)
{
    assert_int_equal(rig_read(r, 0x10140) & 1, 0);
    assert_int_equal(rig_read(r, 0x10160) >> 31, 0);
    rig_write(r, 0x10160, rig_read(r, 0x10160) | bits);
    rig_write(r, 0x10160, rig_read(r, 0x10160) & 0x7fffffff);
    rig_write(r, 0x10140, 0);
}

static void the_x540_phy_answers(void **state)
{
    (void)state;
    struct rig *r = open_model("x540");

    take_x540(r, 3);
    assert_int_equal(image_sum(r), 0xbaba);
    assert_int_equal(mdio(r, 1, 2), 0x0154);
    assert_int_equal(mdio(r, 1, 3), 0x0200);
    assert_int_equal(mdio(r, 7, 0xc800), 7);
    rig_write(r, 0x425c, 1u << 30 | 30u << 16); /* low power */
    rig_write(r, 0x4260, 0x0800);
    rig_write(r, 0x425c, 1u << 30 | 1u << 26 | 30u << 16);
    assert_int_equal(rig_read(r, 0x42a4) & 1u << 30, 0);
    r->lenient = true;
    rig_read(r, 0x42a0);
    EXPECT_VIOLATION(r, "no such register");
    rig_close(r);
}

/* ---- the module's EEPROM, by bits ----------------------------------------- */

static void lines(struct rig *r, bool scl, bool sda)
{
    rig_write(r, 0x28, (rig_read(r, 0x28) & ~0xau) | (scl ? 2u : 0) | (sda ? 8u : 0));
}

static bool clock_bit(struct rig *r, bool out)
{
    lines(r, false, out);
    lines(r, true, out);
    bool in = rig_read(r, 0x28) & 4;
    lines(r, false, out);
    return in;
}

static void start(struct rig *r)
{
    lines(r, false, true);
    lines(r, true, true);
    lines(r, true, false);
    lines(r, false, false);
}

static bool put_byte(struct rig *r, uint8_t b)
{
    for (int i = 7; i >= 0; i--)
        clock_bit(r, b >> i & 1);
    return !clock_bit(r, true);
}

static uint8_t get_byte(struct rig *r, bool more)
{
    unsigned b = 0;

    for (int i = 0; i < 8; i++)
        b = b << 1 | clock_bit(r, true);
    clock_bit(r, !more);
    return (uint8_t)b;
}

static void the_module_answers(void **state)
{
    (void)state;
    struct rig *r = open_model("82599");

    rig_take(r, 2);
    start(r);
    assert_true(put_byte(r, 0xa0));
    assert_true(put_byte(r, 0));
    start(r);
    assert_true(put_byte(r, 0xa1));
    assert_int_equal(get_byte(r, true), 3);
    assert_int_equal(get_byte(r, true), 4);
    assert_int_equal(get_byte(r, true), 7);
    assert_int_equal(get_byte(r, false), 0x10);
    lines(r, false, false);
    lines(r, true, false);
    lines(r, true, true);
    start(r);
    assert_false(put_byte(r, 0xf8)); /* nobody there */
    rig_close(r);
}

static void an_empty_cage_does_not(void **state)
{
    (void)state;
    struct sim_options opt = { .engine = SIM_ENGINE_INLINE, .cable = true, .no_module = true };
    struct rig *r = &rig;

    rig_open_with(r, "82599", &opt);
    rig_take(r, 2);
    start(r);
    assert_false(put_byte(r, 0xa0));
    assert_int_equal(rig_read(r, 0x42a4) & 1u << 30, 0);
    assert_int_equal(rig_read(r, 0x20) & 4, 0);
    rig_close(r);
}

/* ---- strictness ----------------------------------------------------------- */

static void accesses_the_sheet_forbids_are_violations(void **state)
{
    (void)state;
    struct rig *r = open_model("82599");

    r->lenient = true;
    assert_int_equal(rig_read(r, 0x1f000), 0);
    EXPECT_VIOLATION(r, "0x1f000: there is no such register");
    sim_mmio_read(r->nic, 0, 8, 2);
    EXPECT_VIOLATION(r, "width");
    sim_mmio_read(r->nic, 0, 6, 4);
    EXPECT_VIOLATION(r, "aligned");
    rig_write(r, 8, 1);
    EXPECT_VIOLATION(r, "STATUS");
    rig_write(r, 0, 1);
    EXPECT_VIOLATION(r, "CTRL[0]");
    rig_write(r, 0x1008, 100);
    EXPECT_VIOLATION(r, "RDLEN[0]");
    rig_write(r, 0x8120, 0);
    EXPECT_VIOLATION(r, "MTQC");
    rig_write(r, 0x900, 0x40);
    EXPECT_VIOLATION(r, "IVAR");
    rig_read(r, 0x408c);
    EXPECT_VIOLATION(r, "GORCH");
    rig_write(r, 0x42a0, rig_read(r, 0x42a0) | 1u << 12);
    EXPECT_VIOLATION(r, "AUTOC");
    sim_cfg_write(r->nic, 4, 2, 4);
    assert_int_equal(rig_read(r, 8), 0xffffffffu);
    EXPECT_VIOLATION(r, "decoding is off");
    rig_close(r);
}

static void queues_are_set_up_in_order(void **state)
{
    (void)state;
    struct rig *r = open_model("82599");

    r->lenient = true;
    rig_write(r, 0x1018, 5);
    EXPECT_VIOLATION(r, "RDT[0] written before");
    rig_write(r, 0x1028, 1u << 25);
    EXPECT_VIOLATION(r, "RDLEN is 0");
    rig_write(r, 0x6008, 1024);
    rig_write(r, 0x6028, 1u << 25);
    EXPECT_VIOLATION(r, "DMATXCTL.TE");
    rig_write(r, 0x6018, 1);
    EXPECT_VIOLATION(r, "TDT[0] written before");
    rig_write(r, 0x6000, 0x80);
    EXPECT_VIOLATION(r, "TDBAL[0] written while the queue is enabled");
    rig_read(r, 0x6028);
    rig_write(r, 0x6018, 64);
    EXPECT_VIOLATION(r, "TDT[0] is 64");
    rig_write(r, 0x3000, 1);
    EXPECT_VIOLATION(r, "must be the same");
    rig_close(r);
}

static void tails_do_not_pass_heads(void **state)
{
    (void)state;
    struct rig *r = open_model("82599");

    rig_init(r);
    rig_rx_queue(r, 0, 1u << 25 | 2);
    rig_rx_on(r);
    r->lenient = true;
    rig_write(r, 0x1018, 3);
    EXPECT_VIOLATION(r, "past the head");
    rig_close(r);
}

static void bad_descriptors_are_violations(void **state)
{
    (void)state;
    struct rig *r = open_model("82599");

    rig_init(r);
    rig_rx_queue(r, 0, 1u << 25 | 2);
    rig_tx_queue(r);
    rig_rx_on(r);
    r->lenient = true;
    rig_frame(frame, 64);
    rig_put32(r, rig_rx_desc(0, 0) + 8, 1);
    sim_inject(r->nic, frame, 64);
    EXPECT_VIOLATION(r, "DD set");
    for (unsigned i = 1; i < 63; i++)
        rig_put64(r, rig_rx_desc(0, i), 0);
    for (unsigned i = 1; i < 17; i++)
        sim_inject(r->nic, frame, 64);
    EXPECT_VIOLATION(r, "address is 0");
    rig_tx_desc(r, frame, 64, 0x09000000, 64u << 14);
    rig_tx_go(r);
    EXPECT_VIOLATION(r, "IFCS");
    rig_tx_desc(r, frame, 64, 0x0b000000, 65u << 14);
    rig_tx_go(r);
    EXPECT_VIOLATION(r, "PAYLEN");
    rig_tx_desc(r, frame, 64, 0x0b000000, 64u << 14 | 1u << 9);
    rig_tx_go(r);
    EXPECT_VIOLATION(r, "context");
    rig_close(r);
}

static void dma_outside_is_a_fault(void **state)
{
    (void)state;
    struct rig *r = open_model("82599");
    struct sim_counters c;

    rig_init(r);
    rig_rx_queue(r, 0, 1u << 25 | 2);
    rig_rx_on(r);
    r->lenient = true;
    rig_put64(r, rig_rx_desc(0, 0), RIG_BASE + RIG_MEMORY - 32);
    rig_frame(frame, 64);
    sim_inject(r->nic, frame, 64);
    EXPECT_VIOLATION(r, "not visible");
    sim_get_counters(r->nic, &c);
    assert_int_equal(c.dma_faults, 1);
    sim_cfg_write(r->nic, 4, 2, 2);
    sim_inject(r->nic, frame, 64);
    EXPECT_VIOLATION(r, "bus mastering is off");
    rig_close(r);
}

/* ---- robustness ------------------------------------------------------------ */

static uint32_t seed = 1;

static uint32_t rnd(void)
{
    seed = seed * 1664525u + 1013904223u;
    return seed >> 8 ^ seed << 20;
}

/* Registers that decide about DMA, with values that are often plausible. */
static void poke(struct rig *r)
{
    static const uint32_t regs[] = {
        0x1000, 0x1004, 0x1008, 0x1014, 0x1018, 0x1028, 0x6000, 0x6004, 0x6008, 0x6010,
        0x6018, 0x6028, 0x6038, 0x4a80, 0x3000, 0x8d00, 0x8800, 0x4240, 0x5080, 0x900,
        0x880,  0x808,  0x820,  0x898,  0x5818, 0x5c00, 0x4268, 0x2f00, 0x0,    0x5088,
    };
    static const uint32_t values[] = {
        0,
        1,
        2,
        3,
        25,
        63,
        127,
        128,
        1024,
        0x80000001,
        0x02000000,
        0x02000002,
        0x12000002,
        0x04000000,
        0x40000000,
        0xffffffff,
        (uint32_t)RIG_TX_RING,
        (uint32_t)RIG_RX_RING,
    };
    uint32_t off = rnd() % 4 ? regs[rnd() % 30] : rnd() % 0x20000 & ~3u;
    uint32_t val = rnd() % 4 ? values[rnd() % 18] : rnd();

    if (rnd() % 8 == 0)
        val = rig_read(r, off) ^ 1u << rnd() % 32;
    rig_write(r, off, val);
    rig_read(r, off);
}

static void no_driver_can_break_the_model(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 60; round++) {
        struct rig *r = open_model(round & 1 ? "x540" : "82599");
        r->lenient = true;
        rig_init(r);
        rig_rx_queue(r, 0, 1u << 25 | 2);
        rig_tx_queue(r);
        rig_rx_on(r);
        for (unsigned i = 0; i < 1000; i++) {
            for (unsigned k = 0; k < 8; k++) {
                uint64_t at = RIG_TX_RING + rnd() % 1024 * 8;
                rig_put64(r, rnd() & 1 ? at : at - 0x10000, (uint64_t)rnd() << 32 | rnd());
            }
            rig_tx_desc(r, frame, 64 + rnd() % 100, (rnd() & 0xff) << 24, rnd());
            rig_tx_go(r);
            sim_inject(r->nic, frame, rnd() % 2048 + 1);
            poke(r);
        }
        rig_close(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registers_have_their_reset_values),
        cmocka_unit_test(a_reset_restores_them_and_clears_itself),
        cmocka_unit_test(a_reset_amid_dma_is_a_violation),
        cmocka_unit_test(a_hanging_reset_ends_with_the_fault),
        cmocka_unit_test(flr_resets_model_and_configuration),
        cmocka_unit_test(the_eeprom_image_is_valid),
        cmocka_unit_test(semaphores_are_taken_in_order),
        cmocka_unit_test(firmware_can_keep_its_semaphore),
        cmocka_unit_test(the_link_follows_the_cable),
        cmocka_unit_test(the_link_takes_its_time),
        cmocka_unit_test(without_link_frames_wait_for_it),
        cmocka_unit_test(the_x540_phy_answers),
        cmocka_unit_test(the_module_answers),
        cmocka_unit_test(an_empty_cage_does_not),
        cmocka_unit_test(accesses_the_sheet_forbids_are_violations),
        cmocka_unit_test(queues_are_set_up_in_order),
        cmocka_unit_test(tails_do_not_pass_heads),
        cmocka_unit_test(bad_descriptors_are_violations),
        cmocka_unit_test(dma_outside_is_a_fault),
        cmocka_unit_test(no_driver_can_break_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
