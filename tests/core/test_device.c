// SPDX-License-Identifier: MIT
/* The life of a device, its properties, and what wrong arguments get. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake.h"
#include "lib/core/bus.h"

static struct ixl_device *open_fake(void)
{
    struct ixl_device *dev = NULL;

    fake_reset();
    assert_int_equal(ixl_open("fake:", NULL, &dev), 0);
    return dev;
}

/* ---- buses --------------------------------------------------------------- */

static void unknown_schemes_are_refused_with_a_hint(void **state)
{
    static const char *const wrong[] = { "", "fake", "nope:1", ":", "fak:", "fakes:", "Fake:" };
    struct ixl_bus *bus;

    (void)state;
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        fake_reset();
        assert_int_equal(ixl_bus_open(wrong[i], &bus), -IXL_EINVAL);
        assert_null(bus);
        assert_int_equal(logged[IXL_LOG_ERROR], 1);
        assert_non_null(strstr(last_log, "fake:"));
    }
    assert_int_equal(ixl_bus_open(NULL, &bus), -IXL_EINVAL);
    assert_int_equal(ixl_bus_open("fake:", NULL), -IXL_EINVAL);
    assert_int_equal(ixl_bus_open("fake:broken", &bus), -IXL_EIO);
    ixl_bus_close(NULL);
}

static void schemes_are_listed_with_help(void **state)
{
    const char *help = NULL;

    (void)state;
    assert_string_equal(ixl_bus_scheme(0, &help), "fake");
    assert_string_equal(help, fake_os.help);
    assert_string_equal(ixl_bus_scheme(0, NULL), "fake");
    assert_null(ixl_bus_scheme(1, &help));
}

static void a_bus_tells_what_is_on_it(void **state)
{
    struct ixl_bus *bus;
    struct ixl_bus_entry e;

    (void)state;
    fake_reset();
    assert_int_equal(ixl_bus_open("fake:", &bus), 0);
    assert_int_equal(ixl_bus_get(bus, 0, &e), 0);
    assert_int_equal(e.vendor, FAKE_VENDOR);
    assert_int_equal(e.device, FAKE_DEVICE);
    assert_int_equal(e.subvendor, 1);
    assert_int_equal(e.subdevice, 2);
    assert_int_equal(e.revision, 3);
    assert_string_equal(e.address, "fake:0");
    assert_string_equal(e.driver, "fake");
    assert_string_equal(e.description, "Fake NIC");
    assert_int_equal(ixl_bus_get(bus, 1, &e), 0);
    assert_null(e.driver);
    assert_null(e.description);
    assert_int_equal(ixl_bus_get(bus, 2, &e), -IXL_ENOENT);
    assert_int_equal(ixl_bus_get(NULL, 0, &e), -IXL_EINVAL);
    assert_int_equal(ixl_bus_get(bus, 0, NULL), -IXL_EINVAL);
    assert_int_equal(fake.opened, 0);
    ixl_bus_close(bus);
}

/* ---- open and close ------------------------------------------------------ */

static void the_first_device_a_driver_serves_is_opened(void **state)
{
    struct ixl_device_info info;
    struct ixl_device *dev;

    (void)state;
    fake_reset();
    fake.other_first = true;
    assert_int_equal(ixl_open("fake:", NULL, &dev), 0);
    assert_int_equal(ixl_get_info(dev, &info), 0);
    assert_int_equal(info.device, FAKE_DEVICE);
    assert_int_equal(logged[IXL_LOG_ERROR], 0);
    ixl_close(dev);
    fake.others_only = true;
    assert_int_equal(ixl_open("fake:", NULL, &dev), -IXL_ENODEV);
    assert_non_null(strstr(last_log, "10ec:8139"));
    assert_int_equal(logged[IXL_LOG_ERROR], 1);
}

static void wrong_devices_are_refused(void **state)
{
    struct ixl_bus *bus;
    struct ixl_device *dev = (void *)1;
    struct ixl_dev_cfg bad = IXL_DEV_CFG_DEFAULT;

    (void)state;
    fake_reset();
    assert_int_equal(ixl_bus_open("fake:", &bus), 0);
    assert_int_equal(ixl_init(bus, 2, NULL, &dev), -IXL_ENOENT);
    assert_null(dev);
    assert_non_null(strstr(last_log, "it has 2"));
    assert_int_equal(ixl_init(bus, 1, NULL, &dev), -IXL_ENODEV);
    assert_non_null(strstr(last_log, "10ec:8139"));
    bad.num_rx_queues = FAKE_QUEUES + 1;
    assert_int_equal(ixl_init(bus, 0, &bad, &dev), -IXL_ERANGE);
    assert_int_equal(logged[IXL_LOG_ERROR], 3);
    assert_int_equal(ixl_init(NULL, 0, NULL, &dev), -IXL_EINVAL);
    assert_int_equal(ixl_init(bus, 0, NULL, NULL), -IXL_EINVAL);
    assert_int_equal(ixl_open(NULL, NULL, &dev), -IXL_EINVAL);
    assert_int_equal(ixl_open("fake:", NULL, NULL), -IXL_EINVAL);
    assert_int_equal(ixl_open("x:", NULL, &dev), -IXL_EINVAL);
    assert_string_equal(fake.trace, "");
    ixl_bus_close(bus);
    ixl_close(NULL);
}

static void close_mirrors_open(void **state)
{
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;
    struct ixl_device *dev;

    (void)state;
    fake_reset();
    cfg.irq_timeout_ms = 10;
    assert_int_equal(ixl_open("fake:", &cfg, &dev), 0);
    assert_string_equal(fake.trace, "open map irqs quiesce master start");
    fake.trace[0] = '\0';
    ixl_close(dev);
    assert_string_equal(fake.trace, "stop nomaster noirqs unmap close");
    assert_int_equal(fake.cfg[IXL_PCI_COMMAND] & IXL_PCI_COMMAND_MASTER, 0);
}

static void what_was_done_is_undone_wherever_open_fails(void **state)
{
    static const char *const traces[] = {
        "open",
        "open map close",
        "open map irqs unmap close",
        "open map irqs quiesce noirqs unmap close",
        "open map irqs quiesce master noirqs unmap close",
        "open map irqs quiesce master start nomaster noirqs unmap close",
    };
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;
    struct ixl_device *dev;

    (void)state;
    cfg.irq_timeout_ms = 10;
    for (unsigned i = 0; i < sizeof(traces) / sizeof(traces[0]); i++) {
        fake_reset();
        fake.fail_at = i + 1;
        fake.fail_with = -IXL_EBUSY;
        assert_int_equal(ixl_open("fake:", &cfg, &dev), -IXL_EBUSY);
        assert_null(dev);
        assert_string_equal(fake.trace, traces[i]);
        assert_int_equal(fake.opened, 0);
        assert_int_equal(fake.cfg[IXL_PCI_COMMAND] & IXL_PCI_COMMAND_MASTER, 0);
        assert_int_equal(logged[IXL_LOG_ERROR], 1);
    }
}

static void a_device_outlives_the_bus_it_came_from(void **state)
{
    struct ixl_bus *bus;
    struct ixl_device *dev;
    uint8_t mac[6];

    (void)state;
    fake_reset();
    assert_int_equal(ixl_bus_open("fake:", &bus), 0);
    assert_int_equal(ixl_init(bus, 0, NULL, &dev), 0);
    ixl_bus_close(bus);
    assert_int_equal(ixl_get_mac_addr(dev, mac), 0);
    ixl_close(dev);
}

static void pools_left_over_go_with_the_device(void **state)
{
    struct ixl_device *dev = open_fake();
    struct ixl_mempool *pool;

    (void)state;
    assert_int_equal(ixl_mempool_create(dev, 100, 0, 0, &pool), 0);
    assert_true(fake.dma_blocks > 0);
    ixl_close(dev);
    assert_int_equal(fake.dma_blocks, 0);
    assert_int_equal(fake.opened, 0);
}

/* ---- the front door of the datapath -------------------------------------- */

static void batches_refuse_queues_there_are_not(void **state)
{
    struct ixl_device *dev = open_fake();
    struct pkt_buf *bufs[4] = { 0 };

    (void)state;
    assert_int_equal(ixl_rx_batch(dev, 1, bufs, 4), -IXL_EINVAL);
    assert_int_equal(ixl_rx_batch(dev, 0, NULL, 4), -IXL_EINVAL);
    assert_int_equal(ixl_rx_batch(NULL, 0, bufs, 4), -IXL_EINVAL);
    assert_int_equal(ixl_tx_batch(dev, 1, bufs, 4), -IXL_EINVAL);
    assert_int_equal(ixl_tx_batch(dev, 0, NULL, 4), -IXL_EINVAL);
    assert_int_equal(ixl_tx_batch(NULL, 0, bufs, 4), -IXL_EINVAL);
    assert_int_equal(ixl_tx_reclaim(dev, 1), -IXL_EINVAL);
    assert_int_equal(ixl_tx_reclaim(NULL, 0), -IXL_EINVAL);
    ixl_close(dev);
}

static void batches_reach_the_queue(void **state)
{
    struct ixl_device *dev = open_fake();
    struct pkt_buf *bufs[4] = { 0 };

    (void)state;
    fake.frames[0] = 3;
    assert_int_equal(ixl_rx_batch(dev, 0, bufs, 4), 3);
    assert_int_equal(ixl_tx_batch(dev, 0, bufs, 3), 3);
    assert_int_equal(ixl_tx_reclaim(dev, 0), 7);
    fake.burst_error = -IXL_EMSGSIZE;
    assert_int_equal(ixl_tx_batch(dev, 0, bufs, 3), -IXL_EMSGSIZE);
    ixl_close(dev);
}

static void batches_tell_that_the_device_is_gone(void **state)
{
    struct ixl_device *dev = open_fake();
    struct pkt_buf *bufs[4] = { 0 };

    (void)state;
    fake.removed = true;
    assert_int_equal(ixl_wait_bits(dev, 0, 1, 1, 1, 10), -IXL_ENODEV);
    assert_int_equal(ixl_rx_batch(dev, 0, bufs, 4), -IXL_ENODEV);
    assert_int_equal(ixl_tx_batch(dev, 0, bufs, 4), -IXL_ENODEV);
    assert_int_equal(ixl_tx_batch(dev, 0, bufs, 0), 0);
    ixl_close(dev);
    assert_int_equal(logged[IXL_LOG_ERROR], 1); /* once */
}

/* ---- properties ---------------------------------------------------------- */

static void link_speed_is_in_mebibytes(void **state)
{
    struct ixl_device *dev = open_fake();
    struct ixl_link link;

    (void)state;
    assert_int_equal(ixl_get_link_speed(dev), 0);
    fake.regs[0] = 10000;
    assert_int_equal(ixl_get_link_speed(dev), 1192);
    fake.regs[0] = 1000;
    assert_int_equal(ixl_get_link_speed(dev), 119);
    fake.regs[0] = 100000;
    assert_int_equal(ixl_get_link_speed(dev), 11920);
    assert_int_equal(ixl_get_link(dev, &link), 0);
    assert_int_equal(link.mbps, 100000);
    assert_true(link.up && link.full_duplex);
    assert_int_equal(ixl_get_link(dev, NULL), -IXL_EINVAL);
    assert_int_equal(ixl_get_link(NULL, &link), -IXL_EINVAL);
    assert_int_equal(ixl_get_link_speed(NULL), 0);
    assert_int_equal(ixl_get_link_changes(NULL), 0);
    fake.removed = true;
    assert_int_equal(ixl_get_link(dev, &link), -IXL_ENODEV);
    assert_int_equal(ixl_get_link_speed(dev), 0);
    ixl_close(dev);
}

static void station_addresses_are_checked(void **state)
{
    struct ixl_device *dev = open_fake();
    static const uint8_t zero[6], group[6] = { 3, 0, 0, 0, 0, 1 }, good[6] = { 2, 1, 1, 1, 1, 9 };
    uint8_t mac[6];

    (void)state;
    assert_int_equal(ixl_set_mac_addr(dev, zero), -IXL_EINVAL);
    assert_int_equal(ixl_set_mac_addr(dev, group), -IXL_EINVAL);
    assert_int_equal(ixl_set_mac_addr(dev, NULL), -IXL_EINVAL);
    assert_int_equal(ixl_set_mac_addr(NULL, good), -IXL_EINVAL);
    assert_int_equal(logged[IXL_LOG_ERROR], 4);
    assert_int_equal(ixl_set_mac_addr(dev, good), 0);
    assert_int_equal(fake.regs[2], 9);
    assert_int_equal(ixl_get_mac_addr(dev, mac), 0);
    assert_memory_equal(mac, good, 6);
    assert_int_equal(ixl_get_mac_addr(dev, NULL), -IXL_EINVAL);
    fake.removed = true;
    assert_int_equal(ixl_set_mac_addr(dev, (const uint8_t[6]){ 2, 0, 0, 0, 0, 8 }), -IXL_ENODEV);
    ixl_get_mac_addr(dev, mac);
    assert_memory_equal(mac, good, 6);
    ixl_close(dev);
}

static void promiscuous_mode_reaches_the_driver(void **state)
{
    struct ixl_device *dev = open_fake();

    (void)state;
    assert_int_equal(ixl_set_promisc(dev, true), 0);
    assert_int_equal(fake.regs[1], 1);
    assert_int_equal(ixl_set_promisc(dev, false), 0);
    assert_int_equal(fake.regs[1], 0);
    assert_int_equal(ixl_set_promisc(NULL, true), -IXL_EINVAL);
    ixl_close(dev);
}

static void sizes_are_as_configured(void **state)
{
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;
    struct ixl_device *dev;

    (void)state;
    fake_reset();
    cfg.num_rx_queues = 3;
    cfg.num_tx_queues = 5;
    cfg.rx_ring_size = 128;
    cfg.tx_ring_size = 256;
    cfg.max_frame_size = 9000;
    assert_int_equal(ixl_open("fake:", &cfg, &dev), 0);
    assert_int_equal(ixl_get_num_rx_queues(dev), 3);
    assert_int_equal(ixl_get_num_tx_queues(dev), 5);
    assert_int_equal(ixl_get_rx_queue_depth(dev), 128);
    assert_int_equal(ixl_get_tx_queue_depth(dev), 256);
    assert_int_equal(ixl_get_max_frame_size(dev), 9000);
    ixl_close(dev);
    assert_int_equal(ixl_get_num_rx_queues(NULL), 0);
    assert_int_equal(ixl_get_num_tx_queues(NULL), 0);
    assert_int_equal(ixl_get_rx_queue_depth(NULL), 0);
    assert_int_equal(ixl_get_tx_queue_depth(NULL), 0);
    assert_int_equal(ixl_get_max_frame_size(NULL), 0);
}

static void queue_pools_grow_and_shrink(void **state)
{
    struct ixl_device *dev = open_fake();
    struct ixl_mempool_stats s;

    (void)state;
    assert_int_equal(ixl_mempool_create(dev, 64, 0, 0, &dev->rxq[0]->pool), 0);
    assert_ptr_equal(ixl_get_rxq_mempool(dev, 0), dev->rxq[0]->pool);
    assert_int_equal(ixl_extend_rxq_mempool(dev, 0, 36), 0);
    ixl_mempool_get_stats(dev->rxq[0]->pool, &s);
    assert_int_equal(s.capacity, 100);
    assert_int_equal(ixl_shrink_rxq_mempool(dev, 0, 36), 0);
    ixl_mempool_get_stats(dev->rxq[0]->pool, &s);
    assert_int_equal(s.capacity, 64);

    assert_null(ixl_get_rxq_mempool(dev, 1));
    assert_null(ixl_get_rxq_mempool(NULL, 0));
    assert_int_equal(ixl_extend_rxq_mempool(dev, 1, 1), -IXL_EINVAL);
    assert_int_equal(ixl_shrink_rxq_mempool(NULL, 0, 1), -IXL_EINVAL);
    assert_int_equal(logged[IXL_LOG_ERROR], 2);
    ixl_close(dev);
}

static void a_device_tells_who_it_is(void **state)
{
    struct ixl_device *dev = open_fake();
    struct ixl_device_info info;
    struct ixl_dma mem;

    (void)state;
    assert_int_equal(ixl_get_info(dev, &info), 0);
    assert_string_equal(info.driver, "fake");
    assert_string_equal(info.description, "Fake NIC");
    assert_string_equal(info.address, "fake:0");
    assert_int_equal(info.vendor, FAKE_VENDOR);
    assert_int_equal(info.device, FAKE_DEVICE);
    assert_string_equal(info.irq_kind, "none");
    assert_int_equal(info.irq_vectors, 0);
    assert_int_equal(info.max_rx_queues, FAKE_QUEUES);
    assert_int_equal(info.hw_max_frame, 9500);
    assert_string_equal(info.datapath, "scalar");
    uint64_t before = info.dma_bytes;
    assert_int_equal(ixl_dev_dma_alloc(dev, 4096, 128, &mem), 0);
    ixl_get_info(dev, &info);
    assert_int_equal(info.dma_bytes - before, 4096);
    ixl_dev_dma_free(dev, &mem);
    unsigned blocks = fake.dma_blocks;
    ixl_dev_dma_free(dev, &mem); /* nothing left to free */
    assert_int_equal(fake.dma_blocks, blocks);
    ixl_get_info(dev, &info);
    assert_int_equal(info.dma_bytes, before);
    assert_int_equal(ixl_get_info(dev, NULL), -IXL_EINVAL);
    assert_int_equal(ixl_get_info(NULL, &info), -IXL_EINVAL);
    ixl_close(dev);
}

static void the_kind_of_interrupt_has_a_name(void **state)
{
    static const struct {
        enum ixl_irq_kind kind;
        const char *name;
    } kinds[] = { { IXL_IRQ_MSIX, "MSI-X" }, { IXL_IRQ_MSI, "MSI" }, { IXL_IRQ_INTX, "INTx" } };
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;
    struct ixl_device_info info;
    struct ixl_device *dev;

    (void)state;
    cfg.irq_timeout_ms = 1;
    for (unsigned i = 0; i < 3; i++) {
        fake_reset();
        fake.kind = kinds[i].kind;
        assert_int_equal(ixl_open("fake:", &cfg, &dev), 0);
        ixl_get_info(dev, &info);
        assert_string_equal(info.irq_kind, kinds[i].name);
        assert_int_equal(info.irq_vectors, 2);
        ixl_close(dev);
    }
}

/* ---- helpers for drivers ------------------------------------------------- */

static void waits_for_bits_are_bounded(void **state)
{
    struct ixl_device *dev = open_fake();

    (void)state;
    fake.regs[3] = 0x10;
    assert_int_equal(ixl_wait_bits(dev, 12, 0x30, 0x10, 10, 1000), 0);
    uint64_t before = fake.now;
    assert_int_equal(ixl_wait_bits(dev, 12, 0x30, 0x30, 10, 1000), -IXL_ETIMEDOUT);
    assert_int_equal(fake.now - before, 1000 * 1000);
    assert_int_equal(ixl_wait_bits(dev, 12, 0x30, 0x30, 0, 10), -IXL_ETIMEDOUT);
    assert_int_equal(ixl_wait_bits(dev, 12, 0x30, 0x10, 10, 0), 0);
    ixl_close(dev);
}

static void queues_lie_on_lines_of_their_own(void **state)
{
    (void)state;
    for (size_t size = 1; size < 1000; size += 111) {
        uint8_t *mem = ixl_queue_alloc(size);
        assert_non_null(mem);
        assert_int_equal((uintptr_t)mem % 128, 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(mem[i], 0);
        ixl_queue_free(mem);
    }
    ixl_queue_free(NULL);
    assert_null(ixl_queue_alloc(SIZE_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_schemes_are_refused_with_a_hint),
        cmocka_unit_test(schemes_are_listed_with_help),
        cmocka_unit_test(a_bus_tells_what_is_on_it),
        cmocka_unit_test(the_first_device_a_driver_serves_is_opened),
        cmocka_unit_test(wrong_devices_are_refused),
        cmocka_unit_test(close_mirrors_open),
        cmocka_unit_test(what_was_done_is_undone_wherever_open_fails),
        cmocka_unit_test(a_device_outlives_the_bus_it_came_from),
        cmocka_unit_test(pools_left_over_go_with_the_device),
        cmocka_unit_test(batches_refuse_queues_there_are_not),
        cmocka_unit_test(batches_reach_the_queue),
        cmocka_unit_test(batches_tell_that_the_device_is_gone),
        cmocka_unit_test(link_speed_is_in_mebibytes),
        cmocka_unit_test(station_addresses_are_checked),
        cmocka_unit_test(promiscuous_mode_reaches_the_driver),
        cmocka_unit_test(sizes_are_as_configured),
        cmocka_unit_test(queue_pools_grow_and_shrink),
        cmocka_unit_test(a_device_tells_who_it_is),
        cmocka_unit_test(the_kind_of_interrupt_has_a_name),
        cmocka_unit_test(waits_for_bits_are_bounded),
        cmocka_unit_test(queues_lie_on_lines_of_their_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
