// SPDX-License-Identifier: MIT
/* The L4Re backend on virtual buses of every kind: what it finds, reaches, binds and gives back. */
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <l4/sys/err.h>
#include <l4/sys/ipc.h>
#include <l4/sys/irq.h>
#include <l4/sys/rcv_endpoint.h>
#include <l4/sys/utcb.h>
#include <pthread-l4.h>

#include "lib/core/bus.h"
#include "tests/l4re/rig.h"

#define MSIX_CAP 0x70u /* of every software NIC that has MSI-X */

/* ---- buses --------------------------------------------------------------------------------- */

static void a_bus_without_a_nic_is_told(void **state)
{
    struct ixl_bus_entry entry;
    struct rig r;

    (void)state;
    rig_make(&r, NULL, "", NULL);
    assert_int_equal(ixl_bus_get(r.bus, 0, &entry), -IXL_ENOENT);
    rig_open_fails(&r, 0, IXL_IRQ_POLL, -IXL_ENOENT);
    rig_free(&r);
}

static void an_index_past_the_last_is_told(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, NULL, "82599,x540", NULL);
    rig_open_fails(&r, 2, IXL_IRQ_POLL, -IXL_ENOENT);
    rig_open_fails(&r, 1000000, IXL_IRQ_POLL, -IXL_ENOENT);
    rig_open_fails(&r, UINT32_MAX, IXL_IRQ_POLL, -IXL_ENOENT);
    rig_free(&r);
}

static void an_unknown_device_is_told_and_passed_over(void **state)
{
    struct ixl_bus_entry entry;
    struct rig r;

    (void)state;
    rig_make(&r, NULL, "", NULL);
    fake_vbus_add_stranger(r.vbus);
    rig_open_fails(&r, 0, IXL_IRQ_POLL, -IXL_ENODEV);
    assert_int_equal(ixl_bus_get(r.bus, 0, &entry), 0);
    assert_null(entry.driver);
    assert_int_equal(entry.vendor, 0x1b36);
    const struct sim_options sim = { .engine = SIM_ENGINE_THREAD, .cable = true };
    assert_non_null(fake_vbus_add(r.vbus, "82599", &sim, NULL));
    assert_int_equal(ixl_bus_get(r.bus, 1, &entry), 0);
    assert_string_equal(entry.driver, "ixgbe");
    ixl_close(rig_open(&r, 1, IXL_IRQ_POLL));
    rig_nothing_left(&r);
    ixl_bus_close(r.bus);
    fake_vbus_destroy(r.vbus);
}

static void addresses_find_what_they_name(void **state)
{
    static const struct {
        const char *address;
        int err;
    } wrong[] = {
        { "vbus:none:0", -IXL_ENOENT },     { "vbus:0x", -IXL_EINVAL },
        { "vbus:-1", -IXL_EINVAL },         { "vbus::0", -IXL_EINVAL },
        { "vbus:9999999999", -IXL_EINVAL }, { "vbus:a_name_that_is_too_long:0", -IXL_EINVAL },
        { "vbus:2", -IXL_ENOENT },          { "vbus:PCI/VEN_8086&DEV_FFFF", -IXL_ENOENT },
    };
    static const char *const right[] = { "vbus:1", "vbus:vbus:1", "vbus:PCI/VEN_8086&DEV_1528" };
    struct ixl_device_info info;
    struct ixl_bus_entry entry;
    struct ixl_device *dev;
    struct ixl_bus *one;
    struct rig r;

    (void)state;
    rig_make(&r, NULL, "82599,x540", NULL);
    assert_int_equal(ixl_bus_open("vbus:0", &one), 0); /* of these two the one alone */
    assert_int_equal(ixl_bus_get(one, 0, &entry), 0);
    assert_int_equal(ixl_bus_get(one, 1, &entry), -IXL_ENOENT);
    ixl_bus_close(one);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        rig_reset_log();
        assert_int_equal(ixl_open(wrong[i].address, NULL, &dev), wrong[i].err);
        assert_null(dev);
        assert_int_equal(log_errors, 1);
    }
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        assert_int_equal(ixl_open(right[i], NULL, &dev), 0);
        assert_int_equal(ixl_get_info(dev, &info), 0);
        assert_int_equal(info.device, 0x1528);
        ixl_close(dev);
        assert_int_equal(ixl_open(info.address, NULL, &dev), 0); /* what it calls itself */
        ixl_close(dev);
    }
    rig_free(&r);
}

/* Of several that match each has an address of its own. */
static void an_address_names_one_of_those_that_match(void **state)
{
    struct ixl_bus_entry entry[2];
    struct ixl_device *dev[2];
    struct ixl_bus *bus;
    struct rig r;

    (void)state;
    rig_make(&r, NULL, "82599,x540,82599", NULL);
    assert_int_equal(ixl_bus_open("vbus:PCI/VEN_8086&DEV_10FB", &bus), 0);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(ixl_bus_get(bus, i, &entry[i]), 0);
    assert_int_equal(ixl_bus_get(bus, 2, &entry[1]), -IXL_ENOENT);
    assert_int_equal(ixl_bus_get(bus, 1, &entry[1]), 0);
    ixl_bus_close(bus);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(entry[i].device, 0x10fb);
        assert_int_equal(ixl_open(entry[i].address, NULL, &dev[i]), 0);
    }
    ixl_close(dev[0]);
    ixl_close(dev[1]);
    rig_free(&r);
}

static void a_capability_makes_a_bus(void **state)
{
    struct ixl_dev_cfg cfg = rig_cfg(IXL_IRQ_POLL);
    struct ixl_device *dev, *second;
    struct ixl_bus *bus;
    struct rig r;

    (void)state;
    rig_make(&r, NULL, "82599", NULL);
    assert_int_equal(ixl_bus_from_vbus(L4_INVALID_CAP, &bus), -IXL_EINVAL);
    assert_null(bus);
    assert_int_equal(ixl_bus_from_vbus(fake_vbus_cap(r.vbus), NULL), -IXL_EINVAL);
    assert_int_equal(ixl_bus_from_vbus(fake_vbus_cap(r.vbus), &bus), 0);
    assert_int_equal(ixl_init(bus, 0, &cfg, &dev), 0);
    assert_int_equal(ixl_init(r.bus, 0, NULL, &second), -IXL_EBUSY);
    ixl_bus_close(bus);
    rig_frame(&r, 0, dev, 1);
    ixl_close(dev);
    rig_free(&r);
}

static void a_capability_of_another_kind_is_told(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, NULL, "82599", NULL);
    fake_fail(FAKE_NEXT_DEVICE, 0, -1, L4_EIPC_LO + L4_IPC_ENOT_EXISTENT);
    rig_open_fails(&r, 0, IXL_IRQ_POLL, -IXL_EIO);
    fake_heal(FAKE_NEXT_DEVICE);
    rig_free(&r);
}

/* ---- memory -------------------------------------------------------------------------------- */

static void frames_pass_with_an_iommu_and_without(void **state)
{
    (void)state;
    for (unsigned m = 0; rig_models[m]; m++) {
        for (unsigned iommu = 0; iommu < 2; iommu++) {
            struct fake_options opt = FAKE_OPTIONS_DEFAULT;
            struct rig r;
            opt.iommu = iommu;
            rig_make(&r, &opt, rig_models[m], NULL);
            struct ixl_device *dev = rig_open(&r, 0, IXL_IRQ_POLL);
            rig_frame(&r, 0, dev, 1);
            ixl_close(dev);
            rig_free(&r);
        }
    }
}

/* The ring at 0, then the buffers: both are places like others. */
static void address_zero_is_an_address(void **state)
{
    (void)state;
    for (unsigned m = 0; rig_models[m]; m++) {
        for (unsigned iommu = 0; iommu < 2; iommu++) {
            struct fake_options opt = FAKE_OPTIONS_DEFAULT;
            struct ixl_mempool *pool;
            struct rig r;
            opt.iommu = iommu;
            opt.iommu_first = 0;
            rig_make(&r, &opt, rig_models[m], NULL);
            if (!iommu)
                fake_next_physical(0);
            struct ixl_device *dev = rig_open(&r, 0, IXL_IRQ_POLL);
            rig_frame(&r, 0, dev, 1);
            assert_int_equal(ixl_mempool_create(dev, 64, 0, 0, &pool), 0);
            struct pkt_buf *buf = ixl_pkt_buf_alloc(pool);
            memset(buf->data, 2, FRAME);
            buf->size = FRAME;
            assert_int_equal(ixl_tx_batch(dev, 0, &buf, 1), 1);
            for (unsigned ms = 0; ms < PATIENCE_MS && ixl_tx_reclaim(dev, 0) == 0; ms++)
                usleep(1000);
            assert_int_equal(ixl_mempool_destroy(pool), 0);
            ixl_close(dev);
            rig_free(&r);
        }
    }
    fake_next_physical(UINT64_C(0x180000000));
}

static void without_a_dma_domain_a_device_is_refused(void **state)
{
    struct fake_options opt = FAKE_OPTIONS_DEFAULT;
    struct rig r;

    (void)state;
    opt.no_domains = true;
    rig_make(&r, &opt, "82599", NULL);
    rig_open_fails(&r, 0, IXL_IRQ_POLL, -IXL_ENOENT);
    assert_non_null(strstr(log_last, "DMA domain"));
    rig_free(&r);
}

static void the_domain_of_the_bus_does(void **state)
{
    struct fake_options opt = FAKE_OPTIONS_DEFAULT;
    struct rig r;

    (void)state;
    opt.bus_domain = true;
    rig_make(&r, &opt, "82599", NULL);
    struct ixl_device *dev = rig_open(&r, 0, IXL_IRQ_POLL);
    rig_frame(&r, 0, dev, 1);
    ixl_close(dev);
    rig_free(&r);
}

static void large_pieces_lie_on_large_pages(void **state)
{
    static const size_t large = 2u << 20;
    struct ixl_os_dev *dev;
    struct ixl_dma mem;
    struct rig r;

    (void)state;
    rig_make(&r, NULL, "82599", NULL);
    const struct ixl_os_ops *ops = r.bus->os->ops;
    assert_int_equal(ops->dev_open(r.bus->os, 0, &dev), 0);
    ops = dev->ops;
    assert_int_equal(ops->dma_alloc(dev, large - 5, 64, &mem), 0);
    assert_int_equal(mem.size, large);
    assert_int_equal((uintptr_t)mem.virt % large, 0);
    assert_int_equal(mem.addr % large, 0);
    ops->dma_free(dev, &mem);
    assert_int_equal(ops->dma_alloc(dev, large + 4096, 64, &mem), 0); /* not twice as much */
    assert_int_equal(mem.size, large + 4096);
    ops->dma_free(dev, &mem);
    assert_int_equal(ops->dma_alloc(dev, 100, 8192, &mem), 0);
    assert_int_equal(mem.size, 4096);
    assert_int_equal(mem.addr % 8192, 0);
    ops->dma_free(dev, &mem);
    assert_int_equal(ops->dma_alloc(dev, 0, 64, &mem), -IXL_EINVAL);
    assert_int_equal(ops->dma_alloc(dev, 64, 48, &mem), -IXL_EINVAL);
    assert_int_equal(ops->dma_alloc(dev, SIZE_MAX, 64, &mem), -IXL_EINVAL);
    ops->dev_close(dev);
    rig_free(&r);
}

/* Then a pool of several pieces is as quick as one of a single piece. A sanitizer may have taken
 * the place; then there is nothing to see. */
static void all_memory_of_a_device_lies_at_one_distance(void **state)
{
    struct ixl_os_dev *dev[2];
    struct ixl_dma mem[2][8];
    struct rig r;

    (void)state;
    rig_make(&r, NULL, "82599,82599", NULL);
    for (unsigned d = 0; d < 2; d++) {
        assert_int_equal(r.bus->os->ops->dev_open(r.bus->os, d, &dev[d]), 0);
        for (unsigned i = 0; i < 8; i++)
            assert_int_equal(dev[d]->ops->dma_alloc(dev[d], 4096u << i, 64, &mem[d][i]), 0);
        uint64_t distance = (uintptr_t)mem[d][0].virt - mem[d][0].addr;
        bool placed = sizeof(void *) == 8 && distance % (UINT64_C(1) << 40) == 0;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(__clang__) &&      \
    UINTPTR_MAX > UINT32_MAX
        assert_true(placed); /* clang's sanitizers have no names */
#endif
        for (unsigned i = 1; placed && i < 8; i++)
            assert_true((uintptr_t)mem[d][i].virt - mem[d][i].addr == distance);
    }
    for (unsigned d = 0; d < 2; d++)
        dev[d]->ops->dev_close(dev[d]);
    rig_free(&r);
}

static void what_was_forgotten_goes_with_the_device(void **state)
{
    enum ixl_irq_kind kind;
    struct ixl_os_dev *dev;
    struct ixl_dma mem;
    struct ixl_bar bar;
    unsigned granted;
    struct rig r;

    (void)state;
    rig_make(&r, NULL, "82599", NULL);
    assert_int_equal(r.bus->os->ops->dev_open(r.bus->os, 0, &dev), 0);
    assert_int_equal(dev->ops->dma_alloc(dev, 5000, 64, &mem), 0);
    assert_int_equal(dev->ops->bar_map(dev, 0, &bar), 0);
    assert_int_equal(dev->ops->irq_setup(dev, 3, &granted, &kind), 0);
    assert_int_equal(granted, 3);
    assert_int_equal(ixl_pci_command(dev, IXL_PCI_COMMAND_MASTER, 0), 0);
    struct fake_counts held = fake_count();
    assert_int_equal(held.mappings, 1);
    assert_int_equal(held.regions, 2);
    assert_int_equal(held.bound, 3);
    dev->ops->dev_close(dev);
    rig_free(&r);
}

static void memory_that_is_not_aligned_is_refused(void **state)
{
    struct fake_options opt = FAKE_OPTIONS_DEFAULT;
    struct rig r;

    (void)state;
    opt.iommu_skew = 8;
    rig_make(&r, &opt, "82599", NULL);
    rig_open_fails(&r, 0, IXL_IRQ_POLL, -IXL_ENOMEM);
    assert_non_null(strstr(log_last, "multiple"));
    rig_free(&r);
}

static void registers_may_start_inside_a_page(void **state)
{
    struct fake_options opt = FAKE_OPTIONS_DEFAULT;
    struct rig r;

    (void)state;
    opt.bar_offset = 0x100;
    rig_make(&r, &opt, "82574", NULL);
    struct ixl_device *dev = rig_open(&r, 0, 1000);
    rig_frame(&r, 0, dev, 1);
    ixl_close(dev);
    rig_free(&r);
}

static void devices_share_memory(void **state)
{
    for (unsigned iommu = 0; iommu < 2; iommu++) {
        struct fake_options opt = FAKE_OPTIONS_DEFAULT;
        struct ixl_mempool *pool;
        struct sim_counters c = { .wire_tx = 0 };
        struct rig r;

        (void)state;
        opt.iommu = iommu;
        rig_make(&r, &opt, "82599,82576", NULL);
        struct ixl_device *home = rig_open(&r, 0, IXL_IRQ_POLL);
        struct ixl_device *guest = rig_open(&r, 1, IXL_IRQ_POLL);
        assert_int_equal(ixl_mempool_create(home, 64, 0, 0, &pool), 0);
        unsigned reach = fake_reachable(r.vbus, 1);
        assert_int_equal(ixl_mempool_share(pool, guest), 0);
        assert_int_equal(fake_reachable(r.vbus, 1), reach + 1);
        struct pkt_buf *buf = ixl_pkt_buf_alloc(pool);
        memset(buf->data, 2, FRAME);
        buf->size = FRAME;
        rig_link_up(guest);
        assert_int_equal(ixl_tx_batch(guest, 0, &buf, 1), 1);
        for (unsigned ms = 0; ms < PATIENCE_MS && !c.wire_tx; ms++) {
            sim_get_counters(fake_vbus_nic(r.vbus, 1), &c);
            usleep(1000);
        }
        assert_int_equal(c.wire_tx, 1);
        assert_int_equal(c.dma_faults, 0);
        ixl_close(home); /* the pool stays with its guest */
        ixl_close(guest);
        rig_free(&r);
    }
}

/* ---- after the end ------------------------------------------------------------------------- */

static void a_hundred_lives_leave_nothing_behind(void **state)
{
    (void)state;
    for (unsigned iommu = 0; iommu < 2; iommu++) {
        struct fake_options opt = FAKE_OPTIONS_DEFAULT;
        struct rig r;
        opt.iommu = iommu;
        rig_make(&r, &opt, "82574", NULL);
        for (unsigned i = 0; i < 100; i++) {
            static const int32_t modes[] = { 1000, IXL_IRQ_POLL, IXL_IRQ_EXTERNAL,
                                             IXL_IRQ_FOREVER };
            struct ixl_device *dev = rig_open(&r, 0, modes[i % 4]);
            if (i % 10 == 0)
                rig_frame(&r, 0, dev, (uint8_t)i);
            ixl_close(dev);
            rig_nothing_left(&r);
        }
        rig_free(&r);
    }
}

static void a_closed_device_writes_to_no_memory(void **state)
{
    (void)state;
    for (unsigned m = 0; rig_models[m]; m++) {
        struct fake_options opt = FAKE_OPTIONS_DEFAULT;
        struct sim_counters c;
        struct rig r;
        opt.iommu = false;
        rig_make(&r, &opt, rig_models[m], NULL);
        struct ixl_device *dev = rig_open(&r, 0, IXL_IRQ_POLL);
        rig_frame(&r, 0, dev, 1);
        for (uint8_t i = 0; i < 20; i++)
            rig_inject(&r, 0, i); /* some are on their way when it is closed */
        ixl_close(dev);
        for (uint8_t i = 0; i < 20; i++)
            rig_inject(&r, 0, i);
        usleep(20000);
        sim_get_counters(fake_vbus_nic(r.vbus, 0), &c);
        assert_int_equal(c.dma_faults, 0);
        rig_free(&r); /* looks at the memory */
    }
}

/* The program is killed: what it had is taken back while the NIC runs on. */
static void die(struct rig *r, struct ixl_device *dev)
{
    fake_sever(fake_vbus_cap(r->vbus), fake_vbus_handle(r->vbus, 0), true);
    ixl_close(dev);
    fake_sever(fake_vbus_cap(r->vbus), fake_vbus_handle(r->vbus, 0), false);
}

static void only_an_iommu_holds_a_killed_owners_device(void **state)
{
    (void)state;
    for (unsigned iommu = 0; iommu < 2; iommu++) {
        struct fake_options opt = FAKE_OPTIONS_DEFAULT;
        struct sim_counters c = { .dma_faults = 0 };
        struct rig r;
        opt.iommu = iommu;
        rig_make(&r, &opt, "82599", NULL);
        struct ixl_device *dev = rig_open(&r, 0, IXL_IRQ_POLL);
        rig_frame(&r, 0, dev, 1);
        die(&r, dev);
        rig_inject(&r, 0, 2);
        rig_inject(&r, 0, 2);
        /* Whoever has the last frame in hand is done with the one before it. */
        for (unsigned ms = 0; ms < PATIENCE_MS && c.wire_rx < 3; ms++) {
            usleep(1000);
            sim_get_counters(fake_vbus_nic(r.vbus, 0), &c);
        }
        assert_int_equal(c.dma_faults > 0, iommu);
        assert_int_equal(fake_scribbled() > 0, !iommu);

        dev = rig_open(&r, 0, 1000); /* the next owner brings it to order */
        rig_frame(&r, 0, dev, 3);
        ixl_close(dev);
        r.astray = iommu;
        rig_free(&r);
    }
}

/* ---- interrupts ---------------------------------------------------------------------------- */

/* Numbers of the messages in the MSI-X table of a NIC that is open. */
static unsigned table(struct rig *r, unsigned index, int numbers[64])
{
    struct sim_nic *nic = fake_vbus_nic(r->vbus, index);
    unsigned size = (sim_cfg_read(nic, MSIX_CAP + 2, 2) & 0x7ff) + 1, n = 0;
    uint32_t place = sim_cfg_read(nic, MSIX_CAP + 4, 4);

    for (unsigned i = 0; i < size && n < 64; i++) {
        uint64_t at = (place & ~7u) + 16ull * i;
        uint64_t low = sim_mmio_read(nic, place & 7, at, 4);
        uint64_t high = sim_mmio_read(nic, place & 7, at + 4, 4);
        uint64_t data = sim_mmio_read(nic, place & 7, at + 8, 4);
        if (!(sim_mmio_read(nic, place & 7, at + 12, 4) & 1))
            numbers[n++] = fake_msi_number(r->vbus, low | high << 32, (uint32_t)data);
    }
    return n;
}

static void two_nics_of_a_bus_get_different_messages(void **state)
{
    for (unsigned iommu = 0; iommu < 2; iommu++) {
        struct fake_options opt = FAKE_OPTIONS_DEFAULT;
        int first[64], second[64];
        struct rig r;

        (void)state;
        opt.iommu = iommu;
        rig_make(&r, &opt, "82599,82576", NULL);
        struct ixl_device *a = rig_open(&r, 0, 5000), *b = rig_open(&r, 1, 5000);
        assert_string_equal(rig_irq_kind(a), "MSI-X");
        assert_string_equal(rig_irq_kind(b), "MSI-X");
        unsigned n = table(&r, 0, first), m = table(&r, 1, second);
        assert_true(n > 0 && m > 0);
        assert_int_equal(fake_vbus_free_msis(r.vbus), 26 - n - m);
        for (unsigned i = 0; i < n; i++)
            for (unsigned j = 0; j < m; j++)
                assert_true(first[i] >= 0 && second[j] >= 0 && first[i] != second[j]);
        for (uint8_t i = 0; i < 5; i++) {
            rig_frame_asleep(&r, 0, a, i);
            rig_frame_asleep(&r, 1, b, i);
        }
        ixl_close(a);
        rig_frame_asleep(&r, 1, b, 7);
        ixl_close(b);
        rig_free(&r);
    }
}

static void numbers_of_others_are_left_alone(void **state)
{
    int numbers[64];
    struct rig r;

    (void)state;
    rig_make(&r, NULL, "82599", NULL);
    for (unsigned n = 0; n < 5; n++)
        fake_vbus_take_msi(r.vbus, n);
    fake_vbus_take_msi(r.vbus, 6);
    struct ixl_device *dev = rig_open(&r, 0, 5000);
    assert_int_equal(table(&r, 0, numbers), 2);
    assert_int_equal(numbers[0], 5);
    assert_int_equal(numbers[1], 7);
    assert_int_equal(log_warnings, 0);
    rig_frame_asleep(&r, 0, dev, 1);
    ixl_close(dev);
    rig_free(&r);
}

struct poor_bus {
    struct fake_options opt;
    struct fake_dev_options dev;
    unsigned taken; /* messages others have */
    const char *kind;
    unsigned warnings;
};

/* Fewer and fewer interrupts: each step down works, and is told. */
static void interrupts_degrade_with_a_sentence(void **state)
{
    static const struct poor_bus buses[] = {
        { { .iommu = true, .num_msis = 26 }, { .no_line = false }, 0, "MSI-X", 0 },
        { { .iommu = true, .num_msis = 26 }, { .no_line = false }, 25, "MSI-X", 1 },
        { { .iommu = true, .num_msis = 26 }, { .hide_msix = true }, 0, "MSI", 0 },
        { { .iommu = true, .num_msis = 26 }, { .hide_msix = true }, 26, "INTx", 1 },
        { { .iommu = true, .num_msis = 26 },
          { .hide_msix = true, .hide_msi = true },
          0,
          "INTx",
          0 },
        { { .iommu = true, .num_msis = 26 }, { .no_line = false }, 26, "INTx", 2 },
        { { .iommu = true, .num_msis = 0 }, { .no_line = false }, 0, "INTx", 2 },
        { { .iommu = true, .no_icu_msi = true }, { .no_line = false }, 0, "INTx", 0 },
        { { .iommu = true, .num_msis = 0 }, { .no_line = true }, 0, "none", 4 },
        { { .iommu = true, .num_msis = 0 }, { .line_taken = true }, 0, "none", 4 },
        { { .iommu = true, .no_icu = true }, { .no_line = false }, 0, "none", 2 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(buses) / sizeof(buses[0]); i++) {
        struct rig r;
        rig_reset_log();
        rig_make(&r, &buses[i].opt, "82599", &buses[i].dev);
        for (unsigned n = 0; n < buses[i].taken; n++)
            fake_vbus_take_msi(r.vbus, n);
        struct ixl_device *dev = rig_open(&r, 0, 2000);
        assert_string_equal(rig_irq_kind(dev), buses[i].kind);
        assert_int_equal(log_errors, 0);
        assert_in_range(log_warnings, buses[i].warnings > 0, buses[i].warnings);
        rig_frame(&r, 0, dev, 1);
        if (strcmp(buses[i].kind, "none") != 0)
            rig_frame_asleep(&r, 0, dev, 2);
        ixl_close(dev);
        if (strcmp(buses[i].kind, "none") == 0)
            rig_open_fails(&r, 0, IXL_IRQ_EXTERNAL, -IXL_ENOTSUP);
        rig_free(&r);
    }
}

/* Of all that is attached at open only the table of vectors can be done without. */
static void a_table_that_cannot_be_mapped_costs_msix_only(void **state)
{
    struct rig r;
    unsigned opened = 0;

    (void)state;
    rig_make(&r, NULL, "82574", NULL);
    for (int n = 0;; n++) {
        struct ixl_dev_cfg cfg = rig_cfg(2000);
        struct ixl_device *dev = NULL;
        struct sim_nic *nic = fake_vbus_nic(r.vbus, 0);
        sim_cfg_write(nic, MSIX_CAP + 2, 2, 0x8000); /* as a killed program leaves it */
        fake_fail(FAKE_ATTACH, n, 2, L4_ENOMEM);     /* memory is tried at two places */
        int err = ixl_init(r.bus, 0, &cfg, &dev);
        if (fake_heal(FAKE_ATTACH) == 0) {
            ixl_close(dev);
            break;
        }
        if (err == 0) {
            opened++;
            assert_string_equal(rig_irq_kind(dev), "MSI");
            assert_int_equal(sim_cfg_read(nic, MSIX_CAP + 2, 2) & 0x8000, 0); /* not both */
            rig_frame(&r, 0, dev, 1);
            rig_frame_asleep(&r, 0, dev, 2);
        }
        ixl_close(dev);
        rig_nothing_left(&r);
    }
    assert_int_equal(opened, 1);
    rig_free(&r);
}

/* As a bridge without a source of messages: the number is bound, the message cannot be had. */
static void without_messages_the_line_is_taken(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, NULL, "82574", NULL);
    fake_fail(FAKE_MSI_INFO, 0, -1, L4_ENODEV);
    struct ixl_device *dev = rig_open(&r, 0, 2000);
    fake_heal(FAKE_MSI_INFO);
    assert_string_equal(rig_irq_kind(dev), "INTx");
    assert_true(log_warnings > 0);
    assert_int_equal(fake_vbus_free_msis(r.vbus), 26);
    rig_frame(&r, 0, dev, 1);
    ixl_close(dev);
    rig_free(&r);
}

/* ---- modes --------------------------------------------------------------------------------- */

static void only_who_waits_binds(void **state)
{
    static const struct {
        int32_t mode;
        bool has, binds;
    } modes[] = {
        { IXL_IRQ_POLL, false, false },
        { IXL_IRQ_EXTERNAL, true, false },
        { IXL_IRQ_FOREVER, true, true },
        { -7, true, true },
        { 100, true, true },
    };

    (void)state;
    for (unsigned at_icu = 0; at_icu < 2; at_icu++) {
        for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
            struct fake_options opt = FAKE_OPTIONS_DEFAULT;
            struct rig r;
            opt.unmask_at_icu = at_icu;
            rig_make(&r, &opt, "82576", NULL);
            struct ixl_device *dev = rig_open(&r, 0, modes[i].mode);
            l4_cap_idx_t irq = ixl_get_recv_irq_cap(dev, 0);
            assert_int_equal(l4_is_valid_cap(irq), modes[i].has);
            rig_frame(&r, 0, dev, 1);
            if (modes[i].has)
                assert_int_equal(fake_irq_mine(irq), modes[i].binds);
            assert_true(l4_is_invalid_cap(ixl_get_recv_irq_cap(dev, 1)));
            if (!modes[i].binds) {
                assert_true(fake_vbus_free_msis(r.vbus) == 26 || modes[i].has);
                assert_true(!modes[i].has || !fake_irq_bound(irq));
            }
            ixl_close(dev);
            rig_free(&r);
        }
    }
}

struct receiver {
    struct rig *r;
    struct ixl_device *dev;
    bool mine;
};

static void *receive_elsewhere(void *arg)
{
    struct receiver *me = arg;
    struct pkt_buf *buf;

    if (ixl_rebind_recv_irq(me->dev, 0) != 0)
        return NULL;
    me->mine = fake_irq_mine(ixl_get_recv_irq_cap(me->dev, 0));
    for (int got = 0; got == 0;)
        if ((got = ixl_rx_batch(me->dev, 0, &buf, 1)) == 1)
            ixl_pkt_buf_free(buf);
    return NULL;
}

static void a_queue_moves_to_another_thread(void **state)
{
    static const char *const models[] = { "82599", "82540em" };

    (void)state;
    for (unsigned m = 0; m < 2; m++) {
        struct ixl_irq_stats stats;
        struct rig r;
        pthread_t thread;
        rig_make(&r, NULL, models[m], NULL);
        struct ixl_device *dev = rig_open(&r, 0, IXL_IRQ_FOREVER);
        struct receiver other = { .r = &r, .dev = dev };
        rig_frame(&r, 0, dev, 1);
        assert_int_equal(pthread_create(&thread, NULL, receive_elsewhere, &other), 0);
        usleep(20000);
        rig_inject(&r, 0, 2);
        pthread_join(thread, NULL);
        assert_true(other.mine);
        assert_int_equal(ixl_get_irq_stats(dev, 0, &stats), 0);
        assert_true(stats.irqs > 0);
        assert_int_equal(ixl_rebind_recv_irq(dev, 0), 0);
        rig_frame(&r, 0, dev, 3);
        ixl_close(dev);
        rig_free(&r);
    }
}

/* ---- the caller waits, as l4vio_switch does ------------------------------------------------ */

static bool receive(l4_cap_idx_t irq, unsigned ms)
{
    l4_timeout_s limit = l4_timeout_from_us((l4_uint64_t)ms * 1000);
    l4_msgtag_t tag = l4_ipc_receive(irq, l4_utcb(), l4_timeout(L4_IPC_TIMEOUT_NEVER, limit));

    return l4_ipc_error(tag, l4_utcb()) == 0;
}

static l4_cap_idx_t take_over(struct ixl_device *dev)
{
    l4_cap_idx_t irq = ixl_get_recv_irq_cap(dev, 0);

    assert_true(l4_is_valid_cap(irq));
    assert_false(fake_irq_bound(irq));
    l4_rcv_ep_bind_thread(irq, pthread_l4_cap(pthread_self()), 0);
    l4_irq_unmask(irq);
    return irq;
}

/* Wait, look who it was, and receive, until there is a frame. */
static void wait_for_frame(struct ixl_device *dev, l4_cap_idx_t irq)
{
    struct pkt_buf *buf = NULL;
    int got = 0;

    while (got == 0) {
        assert_true(receive(irq, PATIENCE_MS));
        int fired = ixl_check_recv_irq(dev, 0);
        assert_in_range(fired, 0, 1);
        if (!fired)
            continue; /* nobody acknowledges then */
        got = ixl_rx_batch(dev, 0, &buf, 1);
        assert_int_equal(ixl_ack_recv_irq(dev, 0), 0);
        if (got == 0)
            got = ixl_rx_batch(dev, 0, &buf, 1);
    }
    assert_int_equal(got, 1);
    ixl_pkt_buf_free(buf);
}

static void a_caller_who_binds_is_woken(void **state)
{
    (void)state;
    for (unsigned m = 0; rig_models[m]; m++) {
        for (unsigned kind = 0; kind < 4; kind++) {
            struct fake_options opt = FAKE_OPTIONS_DEFAULT;
            const struct fake_dev_options dev_opt = { .hide_msix = kind & 1, .hide_msi = kind & 1 };
            struct rig r;
            opt.unmask_at_icu = kind & 2;
            rig_make(&r, &opt, rig_models[m], &dev_opt);
            struct ixl_device *dev = rig_open(&r, 0, IXL_IRQ_EXTERNAL);
            rig_link_up(dev);
            l4_cap_idx_t irq = take_over(dev);
            assert_int_equal(ixl_ack_recv_irq(dev, 0), 0);
            for (uint8_t i = 0; i < 20; i++) {
                rig_inject(&r, 0, i);
                wait_for_frame(dev, irq);
            }
            ixl_close(dev);
            rig_free(&r);
        }
    }
}

/* The caller lets the library bind and still waits by himself. */
static void a_caller_who_lets_bind_is_woken(void **state)
{
    (void)state;
    for (unsigned m = 0; rig_models[m]; m++) {
        for (unsigned hidden = 0; hidden < 3; hidden++) {
            const struct fake_dev_options dev_opt = { .hide_msix = hidden > 0,
                                                      .hide_msi = hidden > 1 };
            struct rig r;
            rig_make(&r, NULL, rig_models[m], &dev_opt);
            struct ixl_device *dev = rig_open(&r, 0, IXL_IRQ_EXTERNAL);
            rig_link_up(dev);
            assert_int_equal(ixl_rebind_recv_irq(dev, 0), 0);
            assert_int_equal(ixl_ack_recv_irq(dev, 0), 0);
            l4_cap_idx_t irq = ixl_get_recv_irq_cap(dev, 0);
            assert_true(fake_irq_mine(irq));
            for (uint8_t i = 0; i < 20; i++) {
                rig_inject(&r, 0, i);
                wait_for_frame(dev, irq);
            }
            ixl_close(dev);
            rig_free(&r);
        }
    }
}

/* A link that goes and comes raises the same line; who was told "not yours" hears the next frame.
 */
static void an_interrupt_for_something_else_does_not_deafen(void **state)
{
    const struct fake_dev_options dev_opt = { .hide_msix = true, .hide_msi = true };

    (void)state;
    for (unsigned m = 0; rig_models[m]; m++) {
        struct rig r;
        rig_make(&r, NULL, rig_models[m], &dev_opt);
        struct ixl_device *dev = rig_open(&r, 0, IXL_IRQ_EXTERNAL);
        rig_link_up(dev);
        l4_cap_idx_t irq = take_over(dev);
        assert_int_equal(ixl_ack_recv_irq(dev, 0), 0);
        sim_set_cable(fake_vbus_nic(r.vbus, 0), false);
        sim_set_cable(fake_vbus_nic(r.vbus, 0), true);
        while (receive(irq, 50))
            if (ixl_check_recv_irq(dev, 0) == 1)
                assert_int_equal(ixl_ack_recv_irq(dev, 0), 0);
        assert_int_equal(ixl_check_recv_irq(dev, 0), 0);
        rig_link_up(dev);
        rig_inject(&r, 0, 9);
        wait_for_frame(dev, irq);
        ixl_close(dev);
        rig_free(&r);
    }
}

/* ---- time ---------------------------------------------------------------------------------- */

static uint64_t now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* The kernel's clock moves in steps of a millisecond, and sleeps may end so much early. */
static void delays_are_never_short(void **state)
{
    static const unsigned delays[] = { 0, 1, 10, 100, 999, 1000, 1001, 2500 };
    struct rig r;

    (void)state;
    rig_make(&r, NULL, "82599", NULL);
    struct ixl_device *dev = rig_open(&r, 0, IXL_IRQ_POLL);
    for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
        for (unsigned n = 0; n < 10; n++) {
            uint64_t start = now_us();
            ixl_delay_us(dev, delays[i]);
            assert_true(now_us() - start >= delays[i]);
        }
    }
    ixl_close(dev);
    rig_free(&r);
}

static void a_wait_ends_with_its_time(void **state)
{
    struct ixl_irq_stats stats;
    struct pkt_buf *buf;
    struct rig r;

    (void)state;
    rig_make(&r, NULL, "82574", NULL);
    struct ixl_device *dev = rig_open(&r, 0, 5);
    for (unsigned i = 1; i <= 20; i++) {
        uint64_t start = now_us();
        assert_int_equal(ixl_rx_batch(dev, 0, &buf, 1), 0);
        assert_true(now_us() - start >= 4000); /* a step of the clock less at most */
        assert_int_equal(ixl_get_irq_stats(dev, 0, &stats), 0);
        assert_int_equal(stats.timeouts, i);
    }
    ixl_close(dev);
    rig_free(&r);
}

#define TEST(name) cmocka_unit_test_setup(name, rig_set_up)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(a_bus_without_a_nic_is_told),
        TEST(an_index_past_the_last_is_told),
        TEST(an_unknown_device_is_told_and_passed_over),
        TEST(addresses_find_what_they_name),
        TEST(an_address_names_one_of_those_that_match),
        TEST(a_capability_makes_a_bus),
        TEST(a_capability_of_another_kind_is_told),
        TEST(frames_pass_with_an_iommu_and_without),
        TEST(address_zero_is_an_address),
        TEST(without_a_dma_domain_a_device_is_refused),
        TEST(the_domain_of_the_bus_does),
        TEST(large_pieces_lie_on_large_pages),
        TEST(all_memory_of_a_device_lies_at_one_distance),
        TEST(what_was_forgotten_goes_with_the_device),
        TEST(memory_that_is_not_aligned_is_refused),
        TEST(registers_may_start_inside_a_page),
        TEST(devices_share_memory),
        TEST(a_hundred_lives_leave_nothing_behind),
        TEST(a_closed_device_writes_to_no_memory),
        TEST(only_an_iommu_holds_a_killed_owners_device),
        TEST(two_nics_of_a_bus_get_different_messages),
        TEST(numbers_of_others_are_left_alone),
        TEST(interrupts_degrade_with_a_sentence),
        TEST(a_table_that_cannot_be_mapped_costs_msix_only),
        TEST(without_messages_the_line_is_taken),
        TEST(only_who_waits_binds),
        TEST(a_queue_moves_to_another_thread),
        TEST(a_caller_who_binds_is_woken),
        TEST(a_caller_who_lets_bind_is_woken),
        TEST(delays_are_never_short),
        TEST(a_wait_ends_with_its_time),
        TEST(an_interrupt_for_something_else_does_not_deafen),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
