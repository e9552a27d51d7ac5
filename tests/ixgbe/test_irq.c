// SPDX-License-Identifier: MIT
/* Interrupts at the NIC: who raises what, and that masks and acknowledgements do their work. */
#include "tests/ixgbe/rig.h"

#define EIMS      0x00880u
#define EITR0     0x00820u
#define IVAR0     0x00900u
#define IVAR_MISC 0x00a00u

static int fired(struct rig *r, unsigned vector)
{
    return r->dev->os->ops->irq_wait(r->dev->os, vector, 0);
}

static void open_external(struct rig *r, const char *model, const char *options, uint16_t queues)
{
    rig_make(r, model, options);
    r->cfg.irq_timeout_ms = IXL_IRQ_EXTERNAL;
    r->cfg.num_rx_queues = queues;
    r->cfg.irq_moderation_us = 1; /* less than the unit: none */
    rig_open(r);
}

/* Frames for every queue, one flow after the other. */
static void flows(struct rig *r)
{
    for (uint16_t i = 0; i < 64; i++)
        rig_inject_udp(r, i, 1, i, i);
}

static void each_queue_has_its_vector(void **state)
{
    struct rig r;

    (void)state;
    open_external(&r, "82599", "", 4);
    assert_int_equal(r.dev->irq_vectors, 5);
    for (uint16_t flow = 0; flow < 64; flow++) {
        rig_inject_udp(&r, flow, 1, flow, flow);
        for (uint16_t q = 0; q < 4; q++) {
            int irq = ixl_check_recv_irq(r.dev, q);
            assert_int_equal(rig_drain(&r, q), irq);
            if (irq)
                assert_int_equal(ixl_ack_recv_irq(r.dev, q), 0);
        }
    }
    rig_free(&r);
}

static void a_fired_interrupt_is_masked_until_it_is_acknowledged(void **state)
{
    static const char *const kinds[] = { ",irq=msix", ",irq=msi", ",irq=intx" };
    struct rig r;

    (void)state;
    for (unsigned k = 0; k < 3; k++) {
        open_external(&r, k & 1 ? "x540" : "82599", kinds[k], 1);
        for (unsigned i = 0; i < 10; i++) {
            assert_int_equal(ixl_check_recv_irq(r.dev, 0), 0);
            rig_inject(&r, rig_broadcast, 60);
            assert_int_equal(ixl_check_recv_irq(r.dev, 0), 1);
            rig_inject(&r, rig_broadcast, 60);
            assert_int_equal(fired(&r, 0), 0);
            assert_int_equal(rig_drain(&r, 0), 2);
            assert_int_equal(ixl_ack_recv_irq(r.dev, 0), 0);
            /* the second frame's cause may still stand: then the interrupt comes once more */
            if (ixl_check_recv_irq(r.dev, 0))
                assert_int_equal(ixl_ack_recv_irq(r.dev, 0), 0);
        }
        rig_free(&r);
    }
}

static void vectors_above_sixteen_work(void **state)
{
    struct rig r;

    (void)state;
    open_external(&r, "82599", "", 16);
    assert_int_equal(r.dev->irq_vectors, 17); /* the link's is number 16 */
    assert_int_equal(rig_reg(&r, IVAR_MISC), 0x9000);
    flows(&r);
    for (uint16_t q = 0; q < 16; q++)
        assert_int_equal(ixl_check_recv_irq(r.dev, q), rig_drain(&r, q) > 0);
    rig_free(&r);
}

static void few_vectors_are_shared(void **state)
{
    struct rig r;

    (void)state;
    open_external(&r, "82599", ",vectors=3", 8);
    assert_int_equal(r.dev->irq_vectors, 3);
    assert_int_equal(rig_reg(&r, IVAR0), 0x00810080);
    flows(&r);
    assert_int_equal(fired(&r, 0), 1);
    assert_int_equal(fired(&r, 1), 1);
    rig_free(&r);
}

static void the_last_vector_tells_of_the_link(void **state)
{
    struct rig r;
    struct ixl_link link;

    (void)state;
    open_external(&r, "82599", "", 2);
    assert_int_equal(ixl_get_link(r.dev, &link), 0);
    r.dev->os->ops->irq_unmask(r.dev->os, 2);
    r.dev->drv->irq_events(r.dev, true);
    assert_int_equal(fired(&r, 2), 0);
    sim_set_cable(r.nic, false);
    assert_int_equal(fired(&r, 2), 1);
    assert_false(r.dev->drv->irq_ack(r.dev, 2));
    assert_int_equal(ixl_get_link(r.dev, &link), 0);
    assert_int_equal(ixl_get_link_changes(r.dev), 2);
    r.dev->drv->irq_events(r.dev, false);
    sim_set_cable(r.nic, true);
    assert_int_equal(fired(&r, 2), 0);
    rig_free(&r);
}

/* A look at the link reads the register that also holds a queue's cause. */
static void looking_at_the_link_loses_no_interrupt(void **state)
{
    static const char *const kinds[] = { ",irq=msix", ",irq=msi", ",irq=intx" };
    struct rig r;
    struct ixl_link link;

    (void)state;
    for (unsigned k = 0; k < 3; k++) {
        open_external(&r, "82599", kinds[k], 1);
        r.dev->drv->irq_mask(r.dev, 0);
        rig_inject(&r, rig_broadcast, 60);
        assert_int_equal(ixl_get_link(r.dev, &link), 0);
        assert_int_equal(fired(&r, 0), 0);
        r.dev->drv->irq_unmask(r.dev, 0);
        assert_int_equal(ixl_check_recv_irq(r.dev, 0), 1);
        rig_free(&r);
    }
}

static void moderation_is_the_nearest_number_of_units(void **state)
{
    static const struct {
        uint32_t us, reg;
    } cases[] = { { 1, 0 },           { 25, 12 << 3 },      { 100, 49 << 3 },
                  { 1000, 488 << 3 }, { 100000, 511 << 3 }, { UINT32_MAX, 511 << 3 } };
    struct rig r;

    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rig_make(&r, "82599", "");
        r.cfg.irq_timeout_ms = 1;
        r.cfg.irq_moderation_us = cases[i].us;
        if (ixl_init(r.bus, 0, &r.cfg, &r.dev) == 0)
            assert_int_equal(rig_reg(&r, EITR0), cases[i].reg);
        else
            assert_true(cases[i].us > 1000); /* the configuration may refuse nonsense */
        rig_free(&r);
    }
}

static void moderation_tells_what_the_device_does(void **state)
{
    static const struct {
        uint32_t us, reg;
        int told;
    } cases[] = {
        { 0, 0, 0 }, { 100, 49 << 3, 100 }, { 26, 13 << 3, 27 }, { 10000, 511 << 3, 1047 }
    };
    struct rig r;

    (void)state;
    rig_make(&r, "82599", "");
    r.cfg.irq_timeout_ms = 1;
    rig_open(&r);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(ixl_set_irq_moderation(r.dev, 0, cases[i].us), 0);
        assert_int_equal(rig_reg(&r, EITR0), cases[i].reg);
        assert_int_equal(ixl_get_irq_moderation(r.dev, 0), cases[i].told);
    }
    rig_free(&r);
}

static void polling_raises_none(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "82599", "");
    rig_open(&r);
    flows(&r);
    assert_int_equal(rig_reg(&r, EIMS), 0);
    assert_int_equal(rig_counters(&r).irqs, 0);
    rig_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_queue_has_its_vector),
        cmocka_unit_test(a_fired_interrupt_is_masked_until_it_is_acknowledged),
        cmocka_unit_test(vectors_above_sixteen_work),
        cmocka_unit_test(few_vectors_are_shared),
        cmocka_unit_test(the_last_vector_tells_of_the_link),
        cmocka_unit_test(looking_at_the_link_loses_no_interrupt),
        cmocka_unit_test(moderation_is_the_nearest_number_of_units),
        cmocka_unit_test(moderation_tells_what_the_device_does),
        cmocka_unit_test(polling_raises_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
