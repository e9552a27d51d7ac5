// SPDX-License-Identifier: MIT
/* Start and stop: every state a device can be found in, and every way it can fail to come up. */
#include "tests/ixgbe/rig.h"

#define CTRL_EXT           0x00018u
#define CTRL_EXT_DRV_LOAD  (1u << 28)
#define RXCTRL             0x03000u
#define RXDCTL0            0x01028u
#define TXDCTL0            0x06028u
#define QUEUE_ENABLE       (1u << 25)
#define EIMS               0x00880u
#define SWSM               0x10140u
#define SW_FW_SYNC         0x10160u
#define PCI_COMMAND        0x04u
#define PCI_COMMAND_MASTER (1u << 2)

static const char *const models[] = { "82599", "x540" };
#define FOR_EACH_MODEL(m) for (unsigned m = 0; m < 2; m++)

/* ---- the normal case ----------------------------------------------------------------- */

static void open_and_close_break_no_rule(void **state)
{
    static const char *const kinds[] = { ",irq=msix", ",irq=msi", ",irq=intx", ",irq=none" };
    struct rig r;

    (void)state;
    FOR_EACH_MODEL(m)
    for (unsigned k = 0; k < 4; k++) {
        rig_make(&r, models[m], kinds[k]);
        r.cfg.irq_timeout_ms = 1;
        rig_open(&r);
        assert_int_equal(r.lines, k == 3); /* without interrupts there is a warning */
        rig_free(&r);
    }
}

static void a_stopped_device_is_silent(void **state)
{
    struct rig r;

    (void)state;
    FOR_EACH_MODEL(m)
    {
        rig_make(&r, models[m], "");
        r.cfg.irq_timeout_ms = IXL_IRQ_EXTERNAL;
        rig_open(&r);
        assert_int_equal(rig_reg(&r, CTRL_EXT) & CTRL_EXT_DRV_LOAD, CTRL_EXT_DRV_LOAD);
        assert_int_equal(rig_reg(&r, RXCTRL), 1);
        rig_close(&r);
        assert_int_equal(rig_reg(&r, CTRL_EXT) & CTRL_EXT_DRV_LOAD, 0);
        assert_int_equal(rig_reg(&r, RXCTRL), 0);
        assert_int_equal(rig_reg(&r, RXDCTL0) & QUEUE_ENABLE, 0);
        assert_int_equal(rig_reg(&r, TXDCTL0) & QUEUE_ENABLE, 0);
        assert_int_equal(rig_reg(&r, EIMS), 0);
        assert_int_equal(sim_cfg_read(r.nic, PCI_COMMAND, 2) & PCI_COMMAND_MASTER, 0);
        rig_free(&r);
    }
}

static void all_queues_start(void **state)
{
    struct rig r;

    (void)state;
    FOR_EACH_MODEL(m)
    {
        rig_make(&r, models[m], "");
        r.cfg.num_rx_queues = 16;
        r.cfg.num_tx_queues = 64;
        r.cfg.rx_ring_size = r.cfg.tx_ring_size = 64;
        r.cfg.irq_timeout_ms = IXL_IRQ_EXTERNAL;
        rig_open(&r);
        assert_int_equal(ixl_get_num_rx_queues(r.dev), 16);
        assert_int_equal(ixl_get_num_tx_queues(r.dev), 64);
        rig_send(&r, 63, 60);
        assert_int_equal(rig_counters(&r).wire_tx, 1);
        rig_free(&r);
    }
}

static void a_hundred_lives_leave_nothing_behind(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "82599", "");
    for (unsigned i = 0; i < 100; i++) {
        rig_open(&r);
        rig_inject(&r, rig_broadcast, 60);
        assert_int_equal(rig_drain(&r, 0), 1);
        rig_send(&r, 0, 60);
        rig_close(&r);
        assert_int_equal(ixl_sim_bus_regions(r.bus->os, 0), 0);
    }
    assert_int_equal(rig_counters(&r).wire_tx, 100);
    rig_free(&r);
}

static void address_comes_from_the_device_or_the_configuration(void **state)
{
    const uint8_t own[6] = { 0x02, 1, 2, 3, 4, 5 }, wanted[6] = { 0x06, 9, 8, 7, 6, 5 };
    struct rig r;

    (void)state;
    rig_make(&r, "82599", ",mac=02:01:02:03:04:05");
    rig_open(&r);
    assert_memory_equal(r.dev->mac, own, 6);
    rig_close(&r);
    memcpy(r.cfg.mac, wanted, 6);
    rig_open(&r);
    assert_memory_equal(r.dev->mac, wanted, 6);
    rig_inject(&r, own, 60);
    assert_int_equal(rig_drain(&r, 0), 0);
    rig_inject(&r, wanted, 60);
    assert_int_equal(rig_drain(&r, 0), 1);
    rig_free(&r);
}

/* ---- former owners ------------------------------------------------------------------------ */

static void a_running_device_is_recovered(void **state)
{
    struct rig r;

    (void)state;
    FOR_EACH_MODEL(m)
    {
        rig_make(&r, models[m], "");
        r.cfg.num_rx_queues = 4;
        r.cfg.irq_timeout_ms = IXL_IRQ_EXTERNAL;
        rig_open(&r);
        ixl_sim_kill(r.dev);
        assert_int_equal(rig_reg(&r, RXDCTL0) & QUEUE_ENABLE, QUEUE_ENABLE);
        rig_open(&r);
        rig_inject(&r, rig_broadcast, 60);
        assert_int_equal(rig_drain(&r, 0), 1);
        rig_free(&r);
    }
}

/* The driver between registers and reset of a dead owner must not be waited for for ever. */
static void semaphores_of_a_dead_owner_are_taken_over(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "82599", "");
    rig_reg(&r, SWSM); /* the read takes SMBI; nobody gives it back */
    rig_open(&r);
    assert_int_equal(rig_reg(&r, SWSM) & 1, 0);
    rig_free(&r);
}

static void a_resource_of_a_dead_owner_is_taken_over(void **state)
{
    struct rig r;

    (void)state;
    FOR_EACH_MODEL(m)
    {
        rig_make(&r, models[m], "");
        rig_reg(&r, SWSM);
        if (m == 0)
            rig_set_reg(&r, SWSM, 3);
        rig_reg(&r, SW_FW_SYNC);
        rig_set_reg(&r, SW_FW_SYNC, 1);
        rig_set_reg(&r, SWSM, 0);
        rig_open(&r);
        assert_int_equal(rig_reg(&r, SW_FW_SYNC) & 0x1f, 0);
        rig_free(&r);
    }
}

static void firmware_that_never_lets_go_is_ignored(void **state)
{
    struct rig r;

    (void)state;
    FOR_EACH_MODEL(m)
    {
        rig_make(&r, models[m], "");
        sim_set_fault(r.nic, SIM_FAULT_FIRMWARE_HELD, 0);
        rig_open(&r);
        assert_int_not_equal(r.lines, 0);
        rig_inject(&r, rig_broadcast, 60);
        assert_int_equal(rig_drain(&r, 0), 1);
        rig_free(&r);
    }
}

/* ---- failures -------------------------------------------------------------------------------- */

static void fails_then_heals(const char *model, enum sim_fault fault, uint64_t arg, int err)
{
    struct rig r;

    rig_make(&r, model, "");
    sim_set_fault(r.nic, fault, arg);
    rig_open_fails(&r, err);
    assert_int_equal(sim_cfg_read(r.nic, PCI_COMMAND, 2) & PCI_COMMAND_MASTER, 0);
    sim_set_fault(r.nic, SIM_FAULT_NONE, 0);
    rig_open(&r);
    rig_free(&r);
}

static void a_reset_that_hangs_times_out(void **state)
{
    (void)state;
    FOR_EACH_MODEL(m)
    fails_then_heals(models[m], SIM_FAULT_RESET_HANGS, 0, -IXL_ETIMEDOUT);
}

static void a_missing_nvm_times_out(void **state)
{
    (void)state;
    FOR_EACH_MODEL(m)
    fails_then_heals(models[m], SIM_FAULT_NO_EEPROM, 0, -IXL_ETIMEDOUT);
}

static void a_wrong_checksum_is_refused(void **state)
{
    (void)state;
    FOR_EACH_MODEL(m)
    fails_then_heals(models[m], SIM_FAULT_NO_EEPROM, 1, -IXL_EIO);
}

/* Memory runs out at each allocation in turn: nothing stays behind, and the device still works. */
static void memory_may_run_out_anywhere(void **state)
{
    struct rig r;
    int good = 0;

    (void)state;
    rig_make(&r, "82599", "");
    r.cfg.num_rx_queues = r.cfg.num_tx_queues = 2;
    for (;; good++) {
        ixl_sim_bus_limit(r.bus->os, 0, good);
        if (ixl_init(r.bus, 0, &r.cfg, &r.dev) == 0)
            break;
        assert_null(r.dev);
        assert_int_equal(ixl_sim_bus_regions(r.bus->os, 0), 0);
    }
    assert_true(good >= 6); /* four rings, two pools */
    rig_free(&r);
}

static void a_device_that_is_gone_is_not_opened(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "82599", "");
    sim_set_fault(r.nic, SIM_FAULT_REMOVED, 0);
    assert_true(ixl_init(r.bus, 0, &r.cfg, &r.dev) < 0);
    assert_int_not_equal(r.lines, 0);
    rig_free(&r);
}

static void removal_is_noticed_by_every_operation(void **state)
{
    struct ixl_device_stats stats = { .rx_pkts = 0 };
    struct ixl_link link;
    struct rig r;

    (void)state;
    FOR_EACH_MODEL(m)
    {
        rig_make(&r, models[m], "");
        rig_open(&r);
        rig_inject(&r, rig_broadcast, 60);
        assert_int_equal(rig_drain(&r, 0), 1);
        sim_set_fault(r.nic, SIM_FAULT_REMOVED, 0);
        assert_int_equal(ixl_read_stats(r.dev, &stats), -IXL_ENODEV);
        assert_int_equal(stats.rx_pkts, 0); /* and no all-ones either */
        assert_int_equal(ixl_get_link(r.dev, &link), -IXL_ENODEV);
        assert_int_equal(ixl_set_promisc(r.dev, true), -IXL_ENODEV);
        assert_int_equal(ixl_set_mac_addr(r.dev, rig_stranger), -IXL_ENODEV);
        rig_free(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_and_close_break_no_rule),
        cmocka_unit_test(a_stopped_device_is_silent),
        cmocka_unit_test(all_queues_start),
        cmocka_unit_test(a_hundred_lives_leave_nothing_behind),
        cmocka_unit_test(address_comes_from_the_device_or_the_configuration),
        cmocka_unit_test(a_running_device_is_recovered),
        cmocka_unit_test(semaphores_of_a_dead_owner_are_taken_over),
        cmocka_unit_test(a_resource_of_a_dead_owner_is_taken_over),
        cmocka_unit_test(firmware_that_never_lets_go_is_ignored),
        cmocka_unit_test(a_reset_that_hangs_times_out),
        cmocka_unit_test(a_missing_nvm_times_out),
        cmocka_unit_test(a_wrong_checksum_is_refused),
        cmocka_unit_test(memory_may_run_out_anywhere),
        cmocka_unit_test(a_device_that_is_gone_is_not_opened),
        cmocka_unit_test(removal_is_noticed_by_every_operation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
