// SPDX-License-Identifier: MIT
/* Interrupts of the 82599 in each mode, and faults on demand. */
#include "rig.h"

#include <string.h>
#include <time.h>

static struct rig rig;
static uint8_t frame[2048];

static struct rig *up(unsigned vectors)
{
    struct rig *r = &rig;

    rig_open(r, "82599");
    rig_init(r);
    if (vectors) {
        rig_msix(r, vectors);
        rig_write(r, 0x898, 1u << 4 | 1u << 5 | 1u << 30 | 1u << 31);
    }
    rig_rx_queue(r, 0, 1u << 25 | 2);
    rig_tx_queue(r);
    rig_rx_on(r);
    rig_frame(frame, 64);
    rig_read(r, 0x800);
    return r;
}

static void receive(struct rig *r)
{
    sim_inject(r->nic, frame, 64);
}

static void a_queue_has_its_vector(void **state)
{
    (void)state;
    struct rig *r = up(4);

    rig_write(r, 0x900, 0x8281); /* receive 0: 1, transmit 0: 2 */
    rig_write(r, 0xaa0, 6);
    receive(r);
    assert_int_equal(r->msi_count, 1);
    assert_int_equal(r->msi_data, 0x101);
    assert_int_equal(r->msi_addr, 0xfee00010);
    rig_tx_desc(r, frame, 64, 0x0b000000, 64u << 14);
    rig_tx_go(r);
    assert_int_equal(r->msi_count, 2);
    assert_int_equal(r->msi_data, 0x102);
    rig_close(r);
}

static void a_standing_cause_sends_no_second_message(void **state)
{
    (void)state;
    struct rig *r = up(4);

    rig_write(r, 0x900, 0x81);
    rig_write(r, 0xaa0, 2);
    receive(r);
    receive(r);
    assert_int_equal(r->msi_count, 1);
    assert_int_equal(rig_read(r, 0x808) & 0xffff, 2);
    rig_write(r, 0x800, 2);
    receive(r);
    assert_int_equal(r->msi_count, 2);
    rig_close(r);
}

static void auto_clear_and_auto_mask(void **state)
{
    (void)state;
    struct rig *r = up(4);

    rig_write(r, 0x900, 0x81);
    rig_write(r, 0x810, 2);
    rig_write(r, 0xad0, 2);
    rig_write(r, 0xaa0, 2);
    receive(r);
    assert_int_equal(r->msi_count, 1);
    assert_int_equal(rig_read(r, 0xaa0), 0); /* masked by itself */
    assert_int_equal(rig_read(r, 0x808) & 0xffff, 0);
    receive(r);
    assert_int_equal(r->msi_count, 1);
    rig_write(r, 0xaa0, 2); /* what came meanwhile is not lost */
    assert_int_equal(r->msi_count, 2);
    rig_close(r);
}

static void msix_masks_hold_messages_back(void **state)
{
    (void)state;
    struct rig *r = up(4);

    rig_write(r, 0x900, 0x81);
    rig_write(r, 0xaa0, 2);
    sim_mmio_write(r->nic, 4, 16 + 12, 4, 1);
    receive(r);
    assert_int_equal(r->msi_count, 0);
    assert_int_equal(sim_mmio_read(r->nic, 4, 0x2000, 8), 2);
    sim_mmio_write(r->nic, 4, 16 + 12, 4, 0);
    assert_int_equal(r->msi_count, 1);
    assert_int_equal(sim_mmio_read(r->nic, 4, 0x2000, 8), 0);
    rig_close(r);
}

static void link_changes_have_their_vector(void **state)
{
    (void)state;
    struct rig *r = up(4);

    rig_write(r, 0xa00, 0x8300);
    rig_write(r, 0x880, 1u << 20);
    sim_set_cable(r->nic, false);
    assert_int_equal(r->msi_count, 1);
    assert_int_equal(r->msi_data, 0x103);
    rig_write(r, 0x800, 1u << 20);
    sim_set_cable(r->nic, true);
    assert_int_equal(r->msi_count, 2);
    rig_close(r);
}

static uint64_t now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000;
}

static void throttling_spaces_interrupts(void **state)
{
    (void)state;
    struct rig *r = up(4);

    rig_write(r, 0x900, 0x81);
    rig_write(r, 0x810, 2);
    rig_write(r, 0x820 + 4, 500 << 3); /* 1024 us */
    rig_write(r, 0xaa0, 2);
    uint64_t first = now_us();
    receive(r);
    assert_int_equal(r->msi_count, 1);
    receive(r);
    if (now_us() - first < 1000)
        assert_int_equal(r->msi_count, 1);
    while (r->msi_count < 2 && now_us() - first < 2000000)
        sim_step(r->nic);
    assert_int_equal(r->msi_count, 2);
    assert_true(now_us() - first >= 1000);
    rig_close(r);
}

static void intx_is_a_level(void **state)
{
    (void)state;
    struct rig *r = up(0);

    sim_cfg_write(r->nic, 4, 2, 7);
    rig_write(r, 0x900, 0x80);
    rig_write(r, 0x880, 1);
    receive(r);
    assert_true(r->intx);
    assert_true(sim_cfg_read(r->nic, 6, 2) & 8);
    assert_int_equal(rig_read(r, 0x800), 1); /* reading clears */
    assert_false(r->intx);
    receive(r);
    sim_cfg_write(r->nic, 4, 2, 0x407);
    assert_false(r->intx);
    assert_int_equal(r->msi_count, 0);
    rig_close(r);
}

static void msi_is_one_message(void **state)
{
    (void)state;
    struct rig *r = up(0);

    sim_cfg_write(r->nic, 0x54, 4, 0xfee01000);
    sim_cfg_write(r->nic, 0x5c, 2, 0x42);
    sim_cfg_write(r->nic, 0x52, 2, 1);
    rig_write(r, 0x900, 0x80);
    rig_write(r, 0x890, 1); /* auto mask */
    rig_write(r, 0x880, 1);
    receive(r);
    assert_int_equal(r->msi_count, 1);
    assert_int_equal(r->msi_addr, 0xfee01000);
    assert_int_equal(r->msi_data, 0x42);
    assert_int_equal(rig_read(r, 0x800), 1);
    assert_int_equal(rig_read(r, 0x880), 0);
    rig_write(r, 0x880, 1);
    receive(r);
    assert_int_equal(r->msi_count, 2);
    rig_close(r);
}

static void gpie_must_fit_the_mode(void **state)
{
    (void)state;
    struct rig *r = up(4);

    r->lenient = true;
    rig_write(r, 0x898, 0);
    rig_write(r, 0x900, 0x81);
    rig_write(r, 0x880, 2);
    receive(r);
    EXPECT_VIOLATION(r, "GPIE");
    rig_close(r);
}

/* ---- faults --------------------------------------------------------------- */

static unsigned received(struct rig *r)
{
    return rig_read(r, 0x1010);
}

static void faults_do_what_they_say(void **state)
{
    (void)state;
    struct rig *r = up(4);

    sim_set_fault(r->nic, SIM_FAULT_DROP, 3);
    for (unsigned i = 0; i < 6; i++)
        receive(r);
    assert_int_equal(received(r), 4);
    sim_set_fault(r->nic, SIM_FAULT_CORRUPT, 2);
    receive(r);
    receive(r);
    assert_int_equal(received(r), 5);
    assert_int_equal(rig_read(r, 0x4000), 1);
    sim_set_fault(r->nic, SIM_FAULT_BAD_LENGTH, 0xffff);
    receive(r);
    assert_int_equal(rig_get32(r, rig_rx_desc(0, 5) + 12) & 0xffff, 0xffff);
    sim_set_fault(r->nic, SIM_FAULT_NO_EOP, 0);
    receive(r);
    assert_int_equal(rig_get32(r, rig_rx_desc(0, 6) + 8) & 3, 1);
    sim_set_fault(r->nic, SIM_FAULT_STALL_RX, 0);
    receive(r);
    assert_int_equal(received(r), 7);
    sim_set_fault(r->nic, SIM_FAULT_NONE, 0);
    assert_int_equal(received(r), 8);
    sim_set_fault(r->nic, SIM_FAULT_STALL_TX, 0);
    rig_tx_desc(r, frame, 64, 0x0b000000, 64u << 14);
    rig_tx_go(r);
    assert_int_equal(r->sent_count, 0);
    sim_set_fault(r->nic, SIM_FAULT_NONE, 0);
    assert_int_equal(r->sent_count, 1);
    rig_close(r);
}

static void interrupts_can_be_lost_or_come_in_storms(void **state)
{
    (void)state;
    struct rig *r = up(4);

    rig_write(r, 0x900, 0x81);
    rig_write(r, 0x810, 2);
    rig_write(r, 0xaa0, 2);
    sim_set_fault(r->nic, SIM_FAULT_IRQ_LOST, 2);
    for (unsigned i = 0; i < 4; i++)
        receive(r);
    assert_int_equal(r->msi_count, 2);
    sim_set_fault(r->nic, SIM_FAULT_IRQ_STORM, 0);
    uint64_t start = now_us();
    while (r->msi_count < 20 && now_us() - start < 2000000)
        sim_step(r->nic);
    assert_true(r->msi_count >= 20);
    sim_set_fault(r->nic, SIM_FAULT_NONE, 0);
    rig_close(r);
}

static void a_removed_device_is_gone(void **state)
{
    (void)state;
    struct rig *r = up(4);

    sim_set_fault(r->nic, SIM_FAULT_REMOVED, 0);
    assert_int_equal(rig_read(r, 8), 0xffffffffu);
    assert_int_equal(sim_cfg_read(r->nic, 0, 2), 0xffff);
    rig_write(r, 0, 1u << 26);
    receive(r);
    assert_int_equal(rig_get32(r, rig_rx_desc(0, 0) + 8), 0);
    sim_set_fault(r->nic, SIM_FAULT_NONE, 0);
    assert_int_equal(rig_read(r, 8), 0xffffffffu);
    rig_close(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_queue_has_its_vector),
        cmocka_unit_test(a_standing_cause_sends_no_second_message),
        cmocka_unit_test(auto_clear_and_auto_mask),
        cmocka_unit_test(msix_masks_hold_messages_back),
        cmocka_unit_test(link_changes_have_their_vector),
        cmocka_unit_test(throttling_spaces_interrupts),
        cmocka_unit_test(intx_is_a_level),
        cmocka_unit_test(msi_is_one_message),
        cmocka_unit_test(gpie_must_fit_the_mode),
        cmocka_unit_test(faults_do_what_they_say),
        cmocka_unit_test(interrupts_can_be_lost_or_come_in_storms),
        cmocka_unit_test(a_removed_device_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
