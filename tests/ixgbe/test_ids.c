// SPDX-License-Identifier: MIT
/* The table of PCI identities. */
#include "tests/ixgbe/rig.h"

extern const struct ixl_driver ixl_ixgbe_driver;

static const struct ixl_pci_row *row(uint16_t device)
{
    for (unsigned i = 0; i < ixl_ixgbe_driver.n_rows; i++)
        if (ixl_ixgbe_driver.rows[i].device == device)
            return &ixl_ixgbe_driver.rows[i];
    return NULL;
}

static void rows_are_sorted_and_complete(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ixl_ixgbe_driver.n_rows; i++) {
        const struct ixl_pci_row *r = &ixl_ixgbe_driver.rows[i];
        assert_int_equal(r->vendor, 0x8086);
        assert_true(i == 0 || r[-1].device < r->device);
        assert_non_null(strstr(r->name, "Intel "));
        assert_in_range(r->max_rx, 16, IXL_MAX_QUEUES);
        assert_in_range(r->max_tx, 64, IXL_MAX_QUEUES);
        assert_true(r->max_frame >= 9500);
        assert_non_null(r->verified);
    }
}

/* One of each kind; and no virtual function, no 82598, no E610, which need another driver. */
static void known_devices_are_there_and_others_are_not(void **state)
{
    static const uint16_t have[] = { 0x10f7, 0x10f8, 0x10f9, 0x10fb, 0x10fc, 0x1507, 0x1514, 0x1517,
                                     0x151c, 0x1528, 0x1529, 0x152a, 0x154a, 0x154d, 0x154f, 0x1557,
                                     0x1558, 0x1560, 0x1563, 0x15d1, 0x15ad, 0x15c8, 0x15e4 };
    static const uint16_t have_not[] = { 0x10ed, 0x1515, 0x1565, 0x15a8, 0x15c5, 0x152e, 0x1530,
                                         0x10b6, 0x10c6, 0x10dd, 0x1508, 0x57ae, 0x57b0 };

    (void)state;
    for (unsigned i = 0; i < sizeof(have) / sizeof(have[0]); i++)
        assert_non_null(row(have[i]));
    for (unsigned i = 0; i < sizeof(have_not) / sizeof(have_not[0]); i++)
        assert_null(row(have_not[i]));
}

static void redirection_limits_the_receive_queues(void **state)
{
    (void)state;
    assert_int_equal(row(0x10fb)->max_rx, 16);
    assert_int_equal(row(0x1528)->max_rx, 16);
    assert_int_equal(row(0x1563)->max_rx, 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_sorted_and_complete),
        cmocka_unit_test(known_devices_are_there_and_others_are_not),
        cmocka_unit_test(redirection_limits_the_receive_queues),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
