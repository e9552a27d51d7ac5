// SPDX-License-Identifier: MIT
/* Configuration space: capabilities of sound and of broken devices, MSI-X. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fake.h"

static struct ixl_os_dev dev = { &fake_os };
static struct ixl_bar bar;

/* Capabilities 5 at 0x50, 0x11 at 0x70, 0x10 at 0xa0: MSI, MSI-X (5 vectors, BAR 3), PCIe. */
static int set_up(void **state)
{
    (void)state;
    fake_reset();
    fake.cfg[IXL_PCI_STATUS] = 0x10;
    fake.cfg[IXL_PCI_CAP_PTR] = 0x50;
    fake.cfg[0x50] = 0x05;
    fake.cfg[0x51] = 0x70;
    fake.cfg[0x70] = 0x11;
    fake.cfg[0x71] = 0xa0;
    fake.cfg[0x72] = 4;
    fake.cfg[0x73] = 0x40; /* all vectors masked */
    fake.cfg[0x74] = 0x10 | 3;
    fake.cfg[0xa0] = 0x10;
    return dev.ops->bar_map(&dev, 3, &bar);
}

static void capabilities_are_found(void **state)
{
    (void)state;
    assert_int_equal(ixl_pci_find_cap(&dev, IXL_PCI_CAP_MSI), 0x50);
    assert_int_equal(ixl_pci_find_cap(&dev, IXL_PCI_CAP_MSIX), 0x70);
    assert_int_equal(ixl_pci_find_cap(&dev, IXL_PCI_CAP_PCIE), 0xa0);
    assert_int_equal(ixl_pci_find_cap(&dev, 0x01), 0);
    assert_int_equal(logged[IXL_LOG_ERROR], 0);
}

/* Two of a kind, as virtio has them. */
static void the_next_of_a_kind_is_found(void **state)
{
    (void)state;
    fake.cfg[0x50] = fake.cfg[0xa0] = IXL_PCI_CAP_VENDOR;
    assert_int_equal(ixl_pci_find_cap(&dev, IXL_PCI_CAP_VENDOR), 0x50);
    assert_int_equal(ixl_pci_next_cap(&dev, IXL_PCI_CAP_VENDOR, 0x50), 0xa0);
    assert_int_equal(ixl_pci_next_cap(&dev, IXL_PCI_CAP_VENDOR, 0xa0), 0);
    fake.cfg[0xa1] = 0xa0;
    assert_int_equal(ixl_pci_next_cap(&dev, IXL_PCI_CAP_VENDOR, 0xa0), 0xa0);
    fake.cfg[0xa0] = 0x10;
    assert_int_equal(ixl_pci_next_cap(&dev, IXL_PCI_CAP_VENDOR, 0x50), -IXL_EIO);
}

static void without_a_list_there_are_no_capabilities(void **state)
{
    (void)state;
    fake.cfg[IXL_PCI_STATUS] = 0;
    assert_int_equal(ixl_pci_find_cap(&dev, IXL_PCI_CAP_MSIX), 0);
}

static void the_lowest_pointer_bits_mean_nothing(void **state)
{
    (void)state;
    fake.cfg[IXL_PCI_CAP_PTR] = 0x53;
    fake.cfg[0x51] = 0x72;
    assert_int_equal(ixl_pci_find_cap(&dev, IXL_PCI_CAP_MSIX), 0x70);
}

static void a_capability_that_does_not_fit_is_not_found(void **state)
{
    (void)state;
    fake.cfg[0xa1] = 0xf8;
    fake.cfg[0xf8] = IXL_PCI_CAP_VENDOR;
    assert_int_equal(ixl_pci_find_cap(&dev, IXL_PCI_CAP_VENDOR), 0);
    fake.cfg[0xa1] = 0xf4;
    fake.cfg[0xf4] = IXL_PCI_CAP_VENDOR;
    assert_int_equal(ixl_pci_find_cap(&dev, IXL_PCI_CAP_VENDOR), 0xf4);
}

static void a_circle_ends(void **state)
{
    (void)state;
    fake.cfg[0xa1] = 0x50;
    assert_int_equal(ixl_pci_find_cap(&dev, 0x01), -IXL_EIO);
    assert_int_equal(logged[IXL_LOG_ERROR], 1);
    assert_true(fake.reads < 100);
    assert_int_equal(ixl_pci_find_cap(&dev, IXL_PCI_CAP_PCIE), 0xa0);
}

static void a_pointer_into_the_header_is_refused(void **state)
{
    (void)state;
    fake.cfg[0x51] = 0x20;
    assert_int_equal(ixl_pci_find_cap(&dev, IXL_PCI_CAP_MSIX), -IXL_EIO);
}

static void a_removed_device_is_told(void **state)
{
    struct ixl_pci_msix msix;

    (void)state;
    assert_int_equal(ixl_pci_msix_find(&dev, &msix), 0);
    fake.removed = true;
    assert_int_equal(ixl_pci_find_cap(&dev, IXL_PCI_CAP_MSI), -IXL_ENODEV);
    assert_int_equal(ixl_pci_msix_find(&dev, &msix), -IXL_ENODEV);
    assert_int_equal(ixl_pci_command(&dev, IXL_PCI_COMMAND_MASTER, 0), -IXL_ENODEV);
    assert_int_equal(ixl_pci_msix_enable(&dev, &msix, true), -IXL_ENODEV);
}

static void command_bits_are_set_and_cleared(void **state)
{
    (void)state;
    fake.cfg[IXL_PCI_COMMAND] = IXL_PCI_COMMAND_IO | IXL_PCI_COMMAND_MASTER;
    assert_int_equal(ixl_pci_command(&dev, IXL_PCI_COMMAND_MEMORY | IXL_PCI_COMMAND_INTX_OFF,
                                     IXL_PCI_COMMAND_MASTER),
                     0);
    assert_int_equal(fake.cfg[4] | fake.cfg[5] << 8, 0x0403);
    fake.trace[0] = '\0';
    assert_int_equal(ixl_pci_command(&dev, IXL_PCI_COMMAND_MEMORY, 0), 0);
    assert_string_equal(fake.trace, ""); /* nothing to change, nothing written */
}

static void msix_is_described(void **state)
{
    struct ixl_pci_msix msix;

    (void)state;
    assert_int_equal(ixl_pci_msix_find(&dev, &msix), 0);
    assert_int_equal(msix.cap, 0x70);
    assert_int_equal(msix.bar, 3);
    assert_int_equal(msix.table, 0x10);
    assert_int_equal(msix.vectors, 5);
    fake.cfg[0x70] = 0x12;
    assert_int_equal(ixl_pci_msix_find(&dev, &msix), -IXL_ENOTSUP);
    fake.cfg[0x70] = 0x11;
    fake.cfg[0x74] = 7;
    assert_int_equal(ixl_pci_msix_find(&dev, &msix), -IXL_EIO);
}

static void a_vector_is_written_and_unmasked(void **state)
{
    struct ixl_pci_msix msix;

    (void)state;
    assert_int_equal(ixl_pci_msix_find(&dev, &msix), 0);
    ixl_pci_msix_set(&msix, &bar, 2, 0x1234567890ull, 77);
    assert_int_equal(fake.regs[(0x10 + 32) / 4], 0x34567890);
    assert_int_equal(fake.regs[(0x10 + 36) / 4], 0x12);
    assert_int_equal(fake.regs[(0x10 + 40) / 4], 77);
    assert_int_equal(fake.regs[(0x10 + 44) / 4], 0);
    ixl_pci_msix_mask(&msix, &bar, 2);
    assert_int_equal(fake.regs[(0x10 + 44) / 4], 1);
}

static void vectors_outside_the_table_are_not_touched(void **state)
{
    struct ixl_pci_msix msix;
    uint32_t before[64];

    (void)state;
    assert_int_equal(ixl_pci_msix_find(&dev, &msix), 0);
    memcpy(before, fake.regs, sizeof(before));
    ixl_pci_msix_set(&msix, &bar, 5, 1, 1);
    msix.vectors = 2048; /* a table that leaves its BAR */
    ixl_pci_msix_set(&msix, &bar, 15, 1, 1);
    ixl_pci_msix_mask(&msix, &bar, 2047);
    assert_memory_equal(before, fake.regs, sizeof(before));
    assert_int_equal(logged[IXL_LOG_ERROR], 3);
}

static void msix_is_switched_on_and_off(void **state)
{
    struct ixl_pci_msix msix;

    (void)state;
    assert_int_equal(ixl_pci_msix_find(&dev, &msix), 0);
    assert_int_equal(ixl_pci_msix_enable(&dev, &msix, true), 0);
    assert_int_equal(fake.cfg[0x73], 0x80);
    assert_int_equal(ixl_pci_msix_enable(&dev, &msix, false), 0);
    assert_int_equal(fake.cfg[0x73], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(capabilities_are_found, set_up),
        cmocka_unit_test_setup(the_next_of_a_kind_is_found, set_up),
        cmocka_unit_test_setup(without_a_list_there_are_no_capabilities, set_up),
        cmocka_unit_test_setup(the_lowest_pointer_bits_mean_nothing, set_up),
        cmocka_unit_test_setup(a_capability_that_does_not_fit_is_not_found, set_up),
        cmocka_unit_test_setup(a_circle_ends, set_up),
        cmocka_unit_test_setup(a_pointer_into_the_header_is_refused, set_up),
        cmocka_unit_test_setup(a_removed_device_is_told, set_up),
        cmocka_unit_test_setup(command_bits_are_set_and_cleared, set_up),
        cmocka_unit_test_setup(msix_is_described, set_up),
        cmocka_unit_test_setup(a_vector_is_written_and_unmasked, set_up),
        cmocka_unit_test_setup(vectors_outside_the_table_are_not_touched, set_up),
        cmocka_unit_test_setup(msix_is_switched_on_and_off, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
