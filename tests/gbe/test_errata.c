// SPDX-License-Identifier: MIT
/* What real gigabit parts need at reset, start and link, as far as a model can see it done. */
#include <poll.h>

#include "tests/ixgbe/rig.h"

enum {
    CTRL = 0x0,
    STATUS = 0x8,
    CTRL_EXT = 0x18,
    MDIC = 0x20,
    SCTL = 0x24,
    TXCW = 0x178,
    PHPM = 0xe14,
    EXTCNF = 0xf00,
    PBA = 0x1000,
    TARC0 = 0x3840,
    TXDCTL1 = 0x3928,
    PCS_LSTS = 0x420c,
    RFCTL = 0x5008,
    MANC = 0x5820,
    GCR = 0x5b00,
    SWSM = 0x5b50,
    SWFW = 0x5b5c,
    GCR2 = 0x5b64,
};

static bool link_is_up(struct rig *r)
{
    struct ixl_link link;

    assert_int_equal(ixl_get_link(r->dev, &link), 0);
    assert_true(!link.up || link.mbps == 1000);
    return link.up;
}

/* ---- 82574 ------------------------------------------------------------------------- */

static void the_82574_has_the_bits_its_errata_ask_for(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "82574", "");
    rig_open(&r);
    assert_int_equal(rig_reg(&r, TARC0) & 0x7c000000, 0x04000000);
    assert_int_equal(rig_reg(&r, TXDCTL1) & 1u << 22, 1u << 22);
    assert_int_equal(rig_reg(&r, CTRL_EXT) & 3u << 22, 1u << 22);
    assert_int_equal(rig_reg(&r, CTRL) & 1u << 29, 0);
    assert_int_equal(rig_reg(&r, GCR) & (1u << 27 | 1u << 22), 1u << 27 | 1u << 22);
    assert_int_equal(rig_reg(&r, GCR2) & 1, 1);
    assert_int_equal(rig_reg(&r, EXTCNF) & 1u << 5, 0);
    rig_free(&r);
}

/* The model's time goes on while its registers are read. */
static bool fires(struct rig *r, struct pollfd *p)
{
    for (unsigned i = 0; i < 2000; i++) {
        (void)rig_reg(r, STATUS);
        if (poll(p, 1, 1) == 1)
            return true;
    }
    return false;
}

/* 7.4.3: moderation holds the second message back; reading ICR, as a look at the link does, clears
 * its cause meanwhile. */
static void a_look_at_the_link_keeps_a_cause_that_is_held_back(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "82574", ",irq=msix");
    r.cfg.irq_timeout_ms = IXL_IRQ_EXTERNAL;
    rig_open(&r);
    assert_int_equal(ixl_set_irq_moderation(r.dev, 0, 8000), 0);
    struct pollfd p = { .fd = (int)ixl_get_recv_irq(r.dev, 0), .events = POLLIN };
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(ixl_ack_recv_irq(r.dev, 0), 0);
        rig_inject(&r, rig_broadcast, 60);
        (void)link_is_up(&r);
        (void)link_is_up(&r);
        assert_true(fires(&r, &p));
        assert_int_equal(ixl_check_recv_irq(r.dev, 0), 1);
        assert_int_equal(rig_drain(&r, 0), 1);
    }
    rig_free(&r);
}

/* ---- packet buffer, management ------------------------------------------------------- */

static uint32_t share(const char *model, uint32_t longest)
{
    struct rig r;

    rig_make(&r, model, "");
    r.cfg.max_frame_size = longest;
    rig_open(&r);
    uint32_t kib = rig_reg(&r, PBA) & 0xff;
    rig_free(&r);
    return kib;
}

static void the_sender_has_room_for_two_of_the_longest_frames(void **state)
{
    (void)state;
    assert_int_equal(share("82540em", 1518), 48);
    assert_int_equal(share("82540em", 8000), 48);
    assert_int_equal(share("82540em", 9000), 46);
    assert_int_equal(share("82540em", 16124), 32);
    assert_int_equal(share("82574", 1518), 20);
    assert_int_equal(share("82574", 9230), 20);
}

static void firmware_answers_no_arp_behind_a_driver(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "82540em", "");
    rig_set_reg(&r, MANC, 3u << 13);
    rig_open(&r);
    assert_int_equal(rig_reg(&r, MANC), 1u << 14);
    rig_free(&r);
}

/* ---- link --------------------------------------------------------------------------- */

static void fibre_negotiates(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "82545em-fibre", "");
    rig_open(&r);
    assert_int_equal(rig_reg(&r, TXCW), 1u << 31 | 1u << 5);
    assert_true(link_is_up(&r));
    rig_free(&r);
}

static void a_serdes_has_power_and_is_not_looped_back(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "82576-serdes", "");
    rig_set_reg(&r, CTRL_EXT, rig_reg(&r, CTRL_EXT) | 1u << 7);
    rig_open(&r);
    assert_int_equal(rig_reg(&r, SCTL), 0x400);
    assert_int_equal(rig_reg(&r, CTRL_EXT) & 1u << 7, 0);
    assert_int_equal(rig_reg(&r, CTRL) & 3u << 18, 3u << 18);
    assert_true(link_is_up(&r));
    sim_set_cable(r.nic, false);
    assert_false(link_is_up(&r));
    rig_free(&r);
}

/* 82576 8.2.4, by somebody who was here before. */
static void mdio_write(struct rig *r, unsigned reg, uint16_t val)
{
    rig_set_reg(r, MDIC, 1u << 26 | 1u << 21 | reg << 16 | val);
    for (unsigned i = 0; i < 10 && !(rig_reg(r, MDIC) & 1u << 28); i++)
        ;
}

static void a_page_that_was_left_selected_does_no_harm(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "i210", "");
    (void)rig_reg(&r, SWSM);
    rig_set_reg(&r, SWSM, 3);
    rig_set_reg(&r, SWFW, 1u << 1);
    mdio_write(&r, 0, 1u << 12 | 1u << 11); /* and no power */
    mdio_write(&r, 22, 2);
    rig_set_reg(&r, SWFW, 0);
    rig_set_reg(&r, SWSM, 0);
    rig_open(&r);
    assert_true(link_is_up(&r));
    rig_free(&r);
}

static void a_phy_that_was_told_to_let_go_takes_the_link_again(void **state)
{
    static const char *const models[] = { "i350", "i210" };
    struct rig r;

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        rig_make(&r, models[i], "");
        rig_set_reg(&r, PHPM, rig_reg(&r, PHPM) | 1u << 5);
        rig_open(&r);
        assert_int_equal(rig_reg(&r, PHPM) & 1u << 5, 0);
        assert_true(link_is_up(&r));
        rig_free(&r);
    }
}

/* ---- PCI Express of the first igb parts ----------------------------------------------- */

static void completions_have_time_and_come_once(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "82576", "");
    rig_set_reg(&r, GCR, 0x18510000);
    rig_open(&r);
    assert_int_equal(rig_reg(&r, GCR), 0x18501000);
    assert_int_equal(rig_reg(&r, RFCTL) & 1u << 16, 1u << 16);
    rig_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_82574_has_the_bits_its_errata_ask_for),
        cmocka_unit_test(a_look_at_the_link_keeps_a_cause_that_is_held_back),
        cmocka_unit_test(the_sender_has_room_for_two_of_the_longest_frames),
        cmocka_unit_test(firmware_answers_no_arp_behind_a_driver),
        cmocka_unit_test(fibre_negotiates),
        cmocka_unit_test(a_serdes_has_power_and_is_not_looped_back),
        cmocka_unit_test(a_page_that_was_left_selected_does_no_harm),
        cmocka_unit_test(a_phy_that_was_told_to_let_go_takes_the_link_again),
        cmocka_unit_test(completions_have_time_and_come_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
