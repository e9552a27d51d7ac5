// SPDX-License-Identifier: MIT
/* The tables of PCI identities, all drivers together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/core/bus.h"

static const char *driver_of(uint16_t device)
{
    struct ixl_os_dev_info info = { .vendor = 0x8086, .device = device };
    const struct ixl_driver *drv;

    return ixl_match(&info, &drv) ? drv->name : "none";
}

static void are_all(const char *driver, const uint16_t *ids, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (strcmp(driver_of(ids[i]), driver) != 0)
            fail_msg("%04x is served by %s, not by %s", ids[i], driver_of(ids[i]), driver);
}
#define ARE_ALL(driver, ...)                                                                       \
    do {                                                                                           \
        const uint16_t ids[] = { __VA_ARGS__ };                                                    \
        are_all(driver, ids, sizeof(ids) / sizeof(ids[0]));                                        \
    } while (0)

static void a_part_of_each_generation_has_its_driver(void **state)
{
    (void)state;
    ARE_ALL("e1000", 0x1001, 0x1008, 0x100e, 0x100f, 0x1010, 0x1013, 0x1019, 0x1026, 0x1075, 0x1079,
            0x105e, 0x107d, 0x108b, 0x10d3, 0x10f6, 0x150c, 0x1049, 0x10bd, 0x10cc, 0x10ea, 0x1502,
            0x153a, 0x155a, 0x156f, 0x15b9, 0x15be, 0x15e2);
    /* I219 of later chipsets */
    ARE_ALL("e1000", 0x0d4c, 0x0d4f, 0x0d53, 0x0d55, 0x15f4, 0x15f5, 0x15f9, 0x15fc, 0x1a1c, 0x1a1f,
            0x550a, 0x550d, 0x550e, 0x5511, 0x0dc5, 0x0dc8, 0x57a0, 0x57a1, 0x57b3, 0x57b8, 0x57b9,
            0x57ba);
    ARE_ALL("igb", 0x10a7, 0x10c9, 0x150a, 0x150e, 0x0438, 0x1521, 0x1524, 0x1546, 0x1f40, 0x1f45,
            0x1533, 0x1539, 0x157b, 0x15f6);
    ARE_ALL("ixgbe", 0x10fb, 0x151c, 0x1528, 0x154d, 0x1560, 0x1563, 0x15ac, 0x15ce, 0x15d1,
            0x15e5);
}

/* Virtual functions and parts that another driver must be written for. */
static void what_needs_another_driver_has_none(void **state)
{
    (void)state;
    ARE_ALL("none", 0x10ca, 0x152d, 0x1520, 0x152f, 0x10ed, 0x1515, 0x1565, 0x15a8, 0x15c5);
    ARE_ALL("none", 0x1000, 0x1096, 0x1098, 0x10ba, 0x10bb, 0x2e6e, 0x5040, 0x10b6, 0x155c, 0x155d,
            0x15f2, 0x125b, 0x57ae);
}

/* One row an ID, whatever the driver; and nothing is said to work on hardware nobody has seen. */
static void rows_are_unique_and_modest(void **state)
{
    static unsigned char seen[0x10000];

    (void)state;
    for (unsigned d = 0; ixl_driver_table[d]; d++) {
        const struct ixl_driver *drv = ixl_driver_table[d];
        for (unsigned i = 0; i < drv->n_rows; i++) {
            const struct ixl_pci_row *row = &drv->rows[i];
            if (row->vendor == 0x8086 && seen[row->device]++)
                fail_msg("%04x is listed twice", row->device);
            assert_non_null(row->name);
            assert_in_range(row->max_rx, 1, IXL_MAX_QUEUES);
            assert_in_range(row->max_tx, 1, IXL_MAX_QUEUES);
            assert_true(row->max_frame >= 1514);
            assert_null(strstr(row->verified, "hardware"));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_of_each_generation_has_its_driver),
        cmocka_unit_test(what_needs_another_driver_has_none),
        cmocka_unit_test(rows_are_unique_and_modest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
