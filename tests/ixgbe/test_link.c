// SPDX-License-Identifier: MIT
/* The link: what it is, and that no change is missed between two looks. */
#include "tests/ixgbe/rig.h"

#include <stdio.h>
#include <unistd.h>

#define AUTOC       0x042a0u
#define ESDP        0x00020u
#define ESDP_SDP3   (1u << 3)
#define EICR        0x00800u
#define EICR_LSC    (1u << 20)
#define LINKS       0x042a4u
#define MSCA        0x0425cu
#define MDI_COMMAND (1u << 30)
#define MDI_WRITE   (1u << 26)
#define MSRWD       0x04260u
#define SWSM        0x10140u
#define SW_FW_SYNC  0x10160u
#define SYNC_PHY0   (1u << 1)

static struct ixl_link look(struct rig *r)
{
    struct ixl_link link;

    assert_int_equal(ixl_get_link(r->dev, &link), 0);
    return link;
}

static void the_link_comes_up(void **state)
{
    static const char *const models[] = { "82599", "x540" };
    struct rig r;

    (void)state;
    for (unsigned m = 0; m < 2; m++) {
        rig_make(&r, models[m], "");
        rig_open(&r);
        struct ixl_link link = look(&r);
        assert_true(link.up && link.full_duplex);
        assert_int_equal(link.mbps, 10000);
        assert_int_equal(ixl_get_link_speed(r.dev), 1192);
        assert_int_equal(ixl_get_link_changes(r.dev), 1);
        rig_free(&r);
    }
}

static void open_does_not_wait_for_the_link(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "x540", ",link_delay_us=300000");
    rig_open(&r);
    assert_false(look(&r).up);
    assert_int_equal(look(&r).mbps, 0);
    for (unsigned i = 0; i < 300 && !look(&r).up; i++) {
        usleep(10000);
        sim_step(r.nic);
    }
    assert_true(look(&r).up);
    assert_int_equal(ixl_get_link_changes(r.dev), 1);
    rig_free(&r);
}

static void each_change_is_seen(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "82599", "");
    rig_open(&r);
    look(&r);
    for (unsigned i = 0; i < 5; i++) {
        sim_set_cable(r.nic, false);
        assert_false(look(&r).up);
        assert_int_equal(ixl_get_link_changes(r.dev), 2 + 2 * i);
        sim_set_cable(r.nic, true);
        assert_true(look(&r).up);
        assert_int_equal(ixl_get_link_changes(r.dev), 3 + 2 * i);
    }
    look(&r);
    assert_int_equal(ixl_get_link_changes(r.dev), 11); /* nothing happened in between */
    rig_free(&r);
}

static void a_flap_between_two_looks_counts(void **state)
{
    static const char *const kinds[] = { ",irq=none", ",irq=msix", ",irq=intx" };
    struct rig r;

    (void)state;
    for (unsigned k = 0; k < 3; k++) {
        rig_make(&r, "82599", kinds[k]);
        r.cfg.irq_timeout_ms = 1;
        rig_open(&r);
        look(&r);
        sim_set_cable(r.nic, false);
        sim_set_cable(r.nic, true);
        assert_true(look(&r).up);
        assert_int_equal(ixl_get_link_changes(r.dev), 3);
        rig_free(&r);
    }
}

static void a_flap_the_interrupt_saw_first_counts(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "82599", ",irq=intx");
    r.cfg.irq_timeout_ms = IXL_IRQ_EXTERNAL;
    rig_open(&r);
    look(&r);
    sim_set_cable(r.nic, false);
    sim_set_cable(r.nic, true);
    assert_false(r.dev->drv->irq_ack(r.dev, 0)); /* no frame among the causes */
    look(&r);
    assert_int_equal(ixl_get_link_changes(r.dev), 3);
    rig_free(&r);
}

/* Write a PHY register as another driver would. */
static void phy_write(struct rig *r, uint32_t mmd, uint32_t reg, uint32_t val)
{
    rig_reg(r, SWSM);
    rig_reg(r, SW_FW_SYNC);
    rig_set_reg(r, SW_FW_SYNC, 1u << 31 | SYNC_PHY0);
    rig_set_reg(r, MSCA, MDI_COMMAND | mmd << 16 | reg);
    rig_set_reg(r, MSRWD, val);
    rig_set_reg(r, MSCA, MDI_COMMAND | MDI_WRITE | mmd << 16 | reg);
    rig_set_reg(r, SW_FW_SYNC, 0);
    rig_set_reg(r, SWSM, 0);
}

static void a_sleeping_phy_is_woken(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "x540", "");
    phy_write(&r, 30, 0, 1u << 11);
    rig_open(&r);
    assert_true(look(&r).up);
    rig_free(&r);
}

/* The negotiation starts anew: whatever the former owner left, both ends agree again. */
static void open_restarts_the_negotiation(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "x540", ",link_delay_us=2000");
    usleep(5000);
    sim_step(r.nic);
    uint32_t up = 1u << 30;
    assert_int_equal(rig_reg(&r, LINKS) & up, up);
    rig_open(&r);
    assert_int_equal(rig_reg(&r, EICR) & EICR_LSC, EICR_LSC);
    rig_free(&r);
}

static void without_a_cable_the_link_is_down(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "x540", ",cable=no");
    rig_open(&r);
    assert_false(look(&r).up);
    assert_int_equal(ixl_get_link_changes(r.dev), 0);
    sim_set_cable(r.nic, true);
    assert_true(look(&r).up);
    rig_free(&r);
}

static void an_empty_cage_is_no_error(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "82599", ",module=no");
    rig_open(&r);
    assert_false(look(&r).up);
    assert_int_equal(rig_reg(&r, AUTOC) >> 13 & 7, 3); /* as the EEPROM says */
    rig_free(&r);
}

static void the_laser_is_on_only_while_open(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "82599", "");
    rig_set_reg(&r, ESDP, rig_reg(&r, ESDP) | ESDP_SDP3); /* a former owner left it dark */
    rig_open(&r);
    assert_int_equal(rig_reg(&r, ESDP) & ESDP_SDP3, 0);
    rig_close(&r);
    assert_int_equal(rig_reg(&r, ESDP) & ESDP_SDP3, ESDP_SDP3);
    rig_free(&r);
}

/* Link mode 3 is ten gigabit serial: what the module in the cage is. */
static void the_module_decides_the_mode(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "82599", "");
    rig_open(&r);
    assert_int_equal(rig_reg(&r, AUTOC) >> 13 & 7, 3);
    rig_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_link_comes_up),
        cmocka_unit_test(open_does_not_wait_for_the_link),
        cmocka_unit_test(each_change_is_seen),
        cmocka_unit_test(a_flap_between_two_looks_counts),
        cmocka_unit_test(a_flap_the_interrupt_saw_first_counts),
        cmocka_unit_test(a_sleeping_phy_is_woken),
        cmocka_unit_test(open_restarts_the_negotiation),
        cmocka_unit_test(without_a_cable_the_link_is_down),
        cmocka_unit_test(an_empty_cage_is_no_error),
        cmocka_unit_test(the_laser_is_on_only_while_open),
        cmocka_unit_test(the_module_decides_the_mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
