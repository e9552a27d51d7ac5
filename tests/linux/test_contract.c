// SPDX-License-Identifier: MIT
/* The Linux backend on kernels and machines of every kind: what it finds, reaches, maps, binds and
 * gives back, and what it says where it cannot. */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/linux/rig.h"

#define MIB (UINT64_C(1) << 20)

/* ---- addresses ----------------------------------------------------------------------------- */

static void addresses_find_what_they_name(void **state)
{
    static const struct {
        const char *address;
        int err;
    } wrong[] = {
        { "pci:0000:77:00.0", -IXL_ENOENT },
        { "pci:eth0", -IXL_EINVAL },
        { "pci:0000:02:00", -IXL_EINVAL },
        { "pci:0000:02:00.8", -IXL_EINVAL },
        { "pci:0000:02:20.0", -IXL_EINVAL },
        { "pci:0000:02:00.0x", -IXL_EINVAL },
        { "pci:0000:02:00.0,colour=red", -IXL_EINVAL },
        { "pci:0000:02:00.0,irq=", -IXL_EINVAL },
        { "pci:0000:02:00.0,vectors=0", -IXL_EINVAL },
        { "pci:0000:02:00.0,vectors=129", -IXL_EINVAL },
        { "pci:0000:02:00.0,vectors=1x", -IXL_EINVAL },
    };
    static const char *const right[] = { "pci:0000:02:00.0", "pci:02:00.0", "pci:2:0.0,irq=msi",
                                         "pci:0000:02:00.0,irq=intx,vectors=1" };
    const struct fake_options opt = { .bdf = "0000:02:00.0" };
    struct ixl_device_info info;
    struct ixl_device *dev;
    struct rig r;

    (void)state;
    rig_make(&r, "82599", &opt);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        rig_reset_log();
        int err = ixl_open(wrong[i].address, NULL, &dev);
        if (err != wrong[i].err || log_errors != 1)
            fail_msg("%s: %d, %u lines", wrong[i].address, err, log_errors);
        assert_null(dev);
    }
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        assert_int_equal(ixl_open(right[i], NULL, &dev), 0);
        assert_int_equal(ixl_get_info(dev, &info), 0);
        assert_int_equal(strncmp(info.address, "pci:0000:02:00.0", 16), 0);
        ixl_close(dev);
        assert_int_equal(ixl_open(info.address, NULL, &dev), 0); /* what it calls itself */
        ixl_close(dev);
    }
    rig_free(&r);
}

static void several_functions_make_a_bus(void **state)
{
    struct ixl_bus_entry entry;
    struct ixl_bus *bus;
    char address[80];
    struct rig r;

    (void)state;
    rig_make(&r, "82599,82574", NULL);
    snprintf(address, sizeof(address), "pci:%s;%s,irq=msi", fake_bdf(r.dev[1]), fake_bdf(r.dev[0]));
    assert_int_equal(ixl_bus_open(address, &bus), 0);
    assert_int_equal(ixl_bus_get(bus, 0, &entry), 0);
    assert_string_equal(entry.driver, "e1000");
    assert_int_equal(ixl_bus_get(bus, 1, &entry), 0);
    assert_string_equal(entry.driver, "ixgbe");
    assert_int_equal(ixl_bus_get(bus, 2, &entry), -IXL_ENOENT);
    ixl_bus_close(bus);
    rig_free(&r);
}

static void network_functions_are_listed_the_bound_ones_first(void **state)
{
    const struct fake_options kernels = { .bdf = "0000:00:01.0", .driver = "e1000e" };
    const struct fake_options nobodys = { .bdf = "0000:00:02.0", .driver = "" };
    const struct fake_options ours = { .bdf = "0000:00:03.0" };
    const struct fake_options bridge = { .bdf = "0000:00:04.0" };
    static const char *const expected[] = { "pci:0000:00:03.0", "pci:0000:00:01.0",
                                            "pci:0000:00:02.0" };
    struct fake_dev *other;
    struct ixl_bus_entry entry;
    struct rig r;

    (void)state;
    rig_make(&r, "", NULL);
    assert_int_equal(ixl_bus_get(r.bus, 0, &entry), -IXL_ENOENT);
    rig_add(&r, "82574", &kernels);
    rig_add(&r, "82574", &nobodys);
    rig_add(&r, "82576", &ours);
    other = fake_add_stranger(0x060400, &bridge);
    rig_reopen_bus(&r);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(ixl_bus_get(r.bus, i, &entry), 0);
        assert_string_equal(entry.address, expected[i]);
    }
    assert_int_equal(ixl_bus_get(r.bus, 3, &entry), -IXL_ENOENT);

    rig_open_fails(&r, 1, IXL_IRQ_POLL, -IXL_EBUSY);
    rig_expect_text("is bound to e1000e: bind it to vfio-pci");
    rig_expect_text("echo 0000:00:01.0 > /sys/bus/pci/devices/0000:00:01.0/driver/unbind");
    rig_open_fails(&r, 2, IXL_IRQ_POLL, -IXL_EPERM);
    rig_expect_text("is bound to no driver");
    ixl_close(rig_open(&r, 0, IXL_IRQ_POLL));
    fake_remove(other);
    rig_free(&r);
}

static void an_unknown_device_is_told(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "", NULL);
    rig_add(&r, NULL, NULL);
    rig_reopen_bus(&r);
    rig_open_fails(&r, 0, IXL_IRQ_POLL, -IXL_ENODEV);
    rig_open_fails(&r, 1, IXL_IRQ_POLL, -IXL_ENOENT);
    rig_free(&r);
}

static void a_device_that_was_unplugged_is_told(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "82599", NULL);
    fake_remove(r.dev[--r.n]);
    rig_open_fails(&r, 0, IXL_IRQ_POLL, -IXL_ENODEV);
    rig_free(&r);
}

/* ---- groups -------------------------------------------------------------------------------- */

static void refused(const struct fake_options *opt, int err, const char *words)
{
    struct rig r;

    rig_make(&r, "82574", opt);
    rig_open_fails(&r, 0, IXL_IRQ_POLL, err);
    rig_expect_text(words);
    rig_free(&r);
}

static void what_keeps_a_group_away_is_told(void **state)
{
    const struct fake_options none = { .no_group = true };
    const struct fake_options held = { .held = true };
    const struct fake_options denied = { .denied = true };
    const struct fake_options no_node = { .no_node = true };

    (void)state;
    refused(&none, -IXL_ENOTSUP, "intel_iommu=on");
    refused(&held, -IXL_EBUSY, "another process holds this device");
    refused(&denied, -IXL_EPERM, "chown root:GROUP /dev/vfio/");
    refused(&no_node, -IXL_ENOENT, "cannot be opened");
}

static void a_group_shared_with_the_kernel_is_refused(void **state)
{
    const struct fake_options ours = { .bdf = "0000:05:00.0", .group = 7 };
    const struct fake_options kernels = { .bdf = "0000:05:00.1", .group = 7, .driver = "e1000e" };
    struct rig r;

    (void)state;
    rig_make(&r, "82574", &ours);
    rig_add(&r, "82574", &kernels);
    rig_open_fails(&r, 0, IXL_IRQ_POLL, -IXL_EPERM);
    rig_expect_text("0000:05:00.1 (e1000e)");
    rig_free(&r);
}

static void devices_of_one_group_work_side_by_side(void **state)
{
    const struct fake_options opt = { .group = 8 };
    struct rig r;

    (void)state;
    rig_make(&r, "82574,82599", &opt);
    struct ixl_device *a = rig_open(&r, 0, IXL_IRQ_POLL), *b = rig_open(&r, 1, 1000);
    assert_int_equal(fake_count().files, 4); /* container, group, two devices */
    rig_frame(&r, 0, a, 1);
    rig_frame_asleep(&r, 1, b, 2);
    ixl_close(a);
    rig_frame(&r, 1, b, 3);
    ixl_close(b);
    rig_free(&r);
}

static void a_device_is_opened_once(void **state)
{
    struct ixl_device *second;
    struct rig r;

    (void)state;
    rig_make(&r, "82574", NULL);
    struct ixl_device *dev = rig_open(&r, 0, IXL_IRQ_POLL);
    assert_int_equal(ixl_init(r.bus, 0, NULL, &second), -IXL_EBUSY);
    rig_expect_text("is open already");
    ixl_close(dev);
    rig_free(&r);
}

/* ---- containers ---------------------------------------------------------------------------- */

static void send_shared(struct rig *r, struct ixl_device *home, struct ixl_device *guest,
                        unsigned more)
{
    struct sim_counters c = { .wire_tx = 0 };
    struct ixl_mempool *pool;
    struct pkt_buf *buf;

    assert_int_equal(ixl_mempool_create(home, 64, 0, 0, &pool), 0);
    unsigned before = fake_count().mappings;
    assert_int_equal(ixl_mempool_share(pool, guest), 0);
    assert_int_equal(fake_count().mappings, before + more);
    buf = ixl_pkt_buf_alloc(pool);
    memset(buf->data, 2, FRAME);
    buf->size = FRAME;
    rig_link_up(guest);
    assert_int_equal(ixl_tx_batch(guest, 0, &buf, 1), 1);
    for (unsigned ms = 0; ms < PATIENCE_MS && !c.wire_tx; ms++) {
        sim_get_counters(fake_nic(r->dev[1]), &c);
        usleep(1000);
    }
    assert_int_equal(c.wire_tx, 1);
    assert_int_equal(c.dma_faults, 0);
}

static void devices_of_a_process_share_their_memory(void **state)
{
    struct rig r;

    (void)state;
    for (unsigned first = 0; first < 2; first++) {
        rig_make(&r, "82599,82576", NULL);
        struct ixl_device *home = rig_open(&r, 0, IXL_IRQ_POLL);
        struct ixl_device *guest = rig_open(&r, 1, IXL_IRQ_POLL);
        assert_int_equal(fake_count().files, 5); /* one container for both groups */
        send_shared(&r, home, guest, 0);
        ixl_close(first ? guest : home); /* the pool stays as long as it is needed */
        ixl_close(first ? home : guest);
        rig_free(&r);
    }
}

static void groups_that_must_stay_apart_get_a_mapping_each(void **state)
{
    struct fake_kernel k = fake_usual();
    struct rig r;

    (void)state;
    k.groups_apart = true;
    fake_boot(&k);
    rig_make(&r, "82599,82576", NULL);
    struct ixl_device *home = rig_open(&r, 0, IXL_IRQ_POLL);
    struct ixl_device *guest = rig_open(&r, 1, IXL_IRQ_POLL);
    assert_int_equal(fake_count().files, 6);
    send_shared(&r, home, guest, 1);
    ixl_close(home);
    ixl_close(guest);
    rig_free(&r);
}

/* Memory of a software NIC, say: a frame from a TAP device goes out without being copied. */
static void memory_of_anybody_can_be_shared_behind_an_iommu(void **state)
{
    static const struct ixl_os_ops others = { .scheme = "other" };
    static uint8_t memory[3 * 4096] __attribute__((aligned(4096)));
    const struct ixl_os_dev other = { .ops = &others };
    const struct fake_options open = { .noiommu = true };
    struct fake_kernel k = fake_usual();
    struct ixl_dma mem = { .virt = memory + 100, .addr = 5, .size = 5000 };
    uint64_t addr = 0;
    struct rig r;

    (void)state;
    rig_make(&r, "82599", NULL);
    struct ixl_os_dev *dev = rig_open_os(&r, 0);
    assert_int_equal(dev->ops->dma_share(dev, &other, &mem, &addr), 0);
    assert_int_equal(addr % 4096, 100);
    assert_int_equal(fake_count().locked, 2 * 4096);
    dev->ops->dma_unshare(dev, &mem, addr);
    assert_int_equal(fake_count().locked, 0);
    assert_int_equal(dev->ops->dma_share(dev, &other, &mem, &addr), 0);
    dev->ops->dev_close(dev); /* forgotten */
    rig_free(&r);

    k.large_pages = 8;
    fake_boot(&k);
    rig_make(&r, "82599", &open);
    dev = rig_open_os(&r, 0);
    assert_int_equal(dev->ops->dma_share(dev, &other, &mem, &addr), -IXL_ENOTSUP);
    dev->ops->dev_close(dev);
    rig_free(&r);
}

static void what_the_kernel_lacks_is_told(void **state)
{
    struct fake_kernel k = fake_usual();

    (void)state;
    k.no_vfio = true;
    fake_boot(&k);
    refused(NULL, -IXL_ENOENT, "/dev/vfio");
    k = fake_usual();
    k.no_type1 = true;
    fake_boot(&k);
    refused(NULL, -IXL_ENOTSUP, "vfio_iommu_type1");
    k = fake_usual();
    k.api_version = 1;
    fake_boot(&k);
    refused(NULL, -IXL_ENOTSUP, "version 1");
    k = fake_usual();
    k.no_remapping = true;
    fake_boot(&k);
    refused(NULL, -IXL_EPERM, "allow_unsafe_interrupts");
}

/* ---- device addresses ---------------------------------------------------------------------- */

struct piece {
    size_t size, align;
};
static const struct piece pieces[] = { { 4096, 64 },         { 100, 8192 },
                                       { 2 * MIB - 5, 64 },  { 2 * MIB + 4096, 64 },
                                       { 3 * MIB, 4 * MIB }, { 65536, 128 },
                                       { 4096, 16 * 4096 } };
#define PIECES (sizeof(pieces) / sizeof(pieces[0]))

/* All pieces at once on such an IOMMU; what is out of its ranges breaks a rule of the fake's. */
static void allocate(const struct fake_kernel *k, struct ixl_dma mem[PIECES])
{
    struct rig r;

    fake_boot(k);
    rig_make(&r, "82599", NULL);
    struct ixl_os_dev *dev = rig_open_os(&r, 0);
    for (size_t i = 0; i < PIECES; i++) {
        int err = dev->ops->dma_alloc(dev, pieces[i].size, pieces[i].align, &mem[i]);
        if (err)
            fail_msg("piece %zu: %s (%s)", i, ixl_strerror(err), log_last);
        assert_true(mem[i].size >= pieces[i].size);
        assert_int_equal(mem[i].addr % pieces[i].align, 0);
        assert_int_equal((uintptr_t)mem[i].virt % pieces[i].align, 0);
        for (size_t b = 0; b < mem[i].size; b += 4096)
            assert_int_equal(((uint8_t *)mem[i].virt)[b], 0);
        memset(mem[i].virt, 0xff, mem[i].size);
    }
    assert_int_equal(fake_count().mappings, PIECES);
    for (size_t i = 0; i < PIECES; i += 2) {
        struct ixl_dma gone = mem[i];
        dev->ops->dma_free(dev, &gone);
        assert_null(gone.virt);
    }
    dev->ops->dev_close(dev); /* takes the rest with it */
    rig_free(&r);
}

static void a_wide_iommu_gets_virtual_addresses(void **state)
{
    static const struct fake_range wide[] = { { 0, 0xfedfffff },
                                              { 0xfef00000, (UINT64_C(1) << 48) - 1 } };
    struct fake_kernel k = fake_usual();
    struct ixl_dma mem[PIECES];

    (void)state;
    k.ranges = wide;
    allocate(&k, mem);
    for (size_t i = 0; i < PIECES; i++)
        assert_int_equal(mem[i].addr, (uintptr_t)mem[i].virt);
}

/* So that a pool of several chunks is uniform (lib/core/pool.h). */
static void a_narrow_iommu_gets_addresses_at_one_distance(void **state)
{
    const struct fake_kernel k = fake_usual();
    struct ixl_dma mem[PIECES];

    (void)state;
    allocate(&k, mem);
    for (size_t i = 0; i < PIECES; i++) {
        assert_true(mem[i].addr < UINT64_C(1) << 39);
        assert_int_equal(mem[i].addr - (uintptr_t)mem[i].virt,
                         mem[0].addr - (uintptr_t)mem[0].virt);
    }
}

static void a_tiny_iommu_is_used_to_the_last_page(void **state)
{
    static const struct fake_range tiny[] = { { 0, 0x3fff }, { 0x10000, 0x1ffff } };
    struct fake_kernel k = fake_usual();
    struct ixl_dma mem[21];
    unsigned n = 0, zero = 0;
    struct rig r;

    (void)state;
    k.ranges = tiny;
    fake_boot(&k);
    rig_make(&r, "82599", NULL);
    struct ixl_os_dev *dev = rig_open_os(&r, 0);
    while (n < 21 && dev->ops->dma_alloc(dev, 4096, 64, &mem[n]) == 0)
        zero += mem[n++].addr == 0; /* an address like others */
    assert_int_equal(n, 20);
    assert_int_equal(zero, 1);
    rig_expect_text("no device addresses left");
    for (unsigned i = 3; i < 20; i += 4)
        dev->ops->dma_free(dev, &mem[i]);
    for (unsigned i = 3; i < 20; i += 4)
        assert_int_equal(dev->ops->dma_alloc(dev, 4096, 64, &mem[i]), 0);
    assert_int_equal(log_errors, 1);
    dev->ops->dev_close(dev);
    rig_free(&r);
}

static void an_iommu_of_an_old_kernel_will_do(void **state)
{
    struct fake_kernel k = fake_usual();
    struct ixl_dma mem[PIECES];

    (void)state;
    k.ranges_not_told = true;
    k.page_sizes = 0;
    allocate(&k, mem);
}

static void a_long_answer_is_asked_for_again(void **state)
{
    static struct fake_range many[600];
    struct fake_kernel k = fake_usual();
    struct ixl_dma mem[PIECES];

    (void)state;
    for (unsigned i = 0; i < 600; i++)
        many[i] = (struct fake_range){ i * 16 * MIB, (i * 16 + 15) * MIB - 1 };
    k.ranges = many;
    k.n_ranges = 600;
    k.info_padding = 800;
    allocate(&k, mem);
}

static void large_pages_of_an_iommu_are_kept_to(void **state)
{
    struct fake_kernel k = fake_usual();
    struct ixl_dma mem[PIECES];

    (void)state;
    k.page_sizes = 0x10000;
    allocate(&k, mem);
    for (size_t i = 0; i < PIECES; i++)
        assert_int_equal(mem[i].size % 0x10000, 0);
}

/* ---- memory -------------------------------------------------------------------------------- */

static void pieces_lie_on_large_pages_while_they_last(void **state)
{
    struct fake_kernel k = fake_usual();
    struct ixl_dma mem[5];
    struct rig r;

    (void)state;
    k.large_pages = 2;
    fake_boot(&k);
    rig_make(&r, "82599", NULL);
    struct ixl_os_dev *dev = rig_open_os(&r, 0);
    assert_int_equal(dev->ops->dma_alloc(dev, 2 * MIB - 5, 64, &mem[0]), 0);
    assert_int_equal(mem[0].size, 2 * MIB);
    assert_int_equal(mem[0].addr % (2 * MIB), 0);
    assert_int_equal(dev->ops->dma_alloc(dev, 4096, 64, &mem[1]), 0);
    assert_int_equal(dev->ops->dma_alloc(dev, 5000, 64, &mem[2]), 0); /* beside the former */
    assert_int_equal(mem[1].size, 4096);
    assert_int_equal(mem[2].addr, mem[1].addr + 4096);
    assert_int_equal(fake_count().large, 2);
    assert_int_equal(fake_count().mappings, 2);
    assert_int_equal(log_warnings, 0);
    assert_int_equal(dev->ops->dma_alloc(dev, 2 * MIB, 64, &mem[3]), 0); /* there is none left */
    assert_int_equal(mem[3].size, 2 * MIB);
    rig_expect_text("/proc/sys/vm/nr_hugepages");
    assert_int_equal(dev->ops->dma_alloc(dev, 4 * MIB, 8 * MIB, &mem[4]), 0);
    assert_int_equal(mem[4].addr % (8 * MIB), 0);
    assert_int_equal(fake_count().mappings, 4);
    dev->ops->dma_free(dev, &mem[0]); /* a whole page goes at once */
    assert_int_equal(fake_count().large, 1);
    dev->ops->dma_free(dev, &mem[1]);
    assert_int_equal(fake_count().large, 1);
    dev->ops->dma_free(dev, &mem[2]);
    assert_int_equal(fake_count().large, 0);
    assert_int_equal(fake_count().mappings, 2);
    assert_int_equal(log_errors, 0);
    dev->ops->dev_close(dev);
    rig_free(&r);
}

static void requests_that_make_no_sense_are_refused(void **state)
{
    struct ixl_dma mem;
    struct rig r;

    (void)state;
    rig_make(&r, "82599", NULL);
    struct ixl_os_dev *dev = rig_open_os(&r, 0);
    assert_int_equal(dev->ops->dma_alloc(dev, 0, 64, &mem), -IXL_EINVAL);
    assert_int_equal(dev->ops->dma_alloc(dev, 64, 48, &mem), -IXL_EINVAL);
    assert_int_equal(dev->ops->dma_alloc(dev, 64, 0, &mem), -IXL_EINVAL);
    assert_int_equal(dev->ops->dma_alloc(dev, SIZE_MAX, 64, &mem), -IXL_EINVAL);
    uint32_t val;
    assert_int_equal(dev->ops->cfg_read(dev, 3, 2, &val), -IXL_EINVAL);
    assert_int_equal(dev->ops->cfg_read(dev, 4096, 4, &val), -IXL_EINVAL);
    assert_int_equal(dev->ops->cfg_write(dev, 0, 3, 0), -IXL_EINVAL);
    assert_int_equal(log_errors, 7);
    dev->ops->dev_close(dev);
    rig_free(&r);
}

static void the_limit_on_locked_memory_is_told(void **state)
{
    struct fake_kernel k = fake_usual();
    struct ixl_mempool *pool;
    struct rig r;

    (void)state;
    k.memlock = 64 * 1024;
    fake_boot(&k);
    rig_make(&r, "82599", NULL);
    rig_open_fails(&r, 0, IXL_IRQ_POLL, -IXL_ENOMEM);
    rig_expect_text("this process may lock 64 KiB in all (RLIMIT_MEMLOCK)");
    k.memlock = 8 * MIB;
    fake_boot(&k);
    struct ixl_device *dev = rig_open(&r, 0, IXL_IRQ_POLL);
    assert_int_equal(ixl_mempool_create(dev, 100000, 0, 0, &pool), -IXL_ENOMEM);
    ixl_close(dev);
    rig_free(&r);
}

/* ---- without an IOMMU ---------------------------------------------------------------------- */

static void without_an_iommu_addresses_are_physical(void **state)
{
    const struct fake_options opt = { .noiommu = true };
    struct fake_kernel k = fake_usual();
    struct ixl_dma mem[4];
    struct rig r;

    (void)state;
    k.large_pages = 4;
    fake_boot(&k);
    rig_make(&r, "82574", &opt);
    struct ixl_os_dev *dev = rig_open_os(&r, 0);
    rig_expect_text("no IOMMU stands between");
    assert_int_equal(dev->ops->dma_alloc(dev, 100, 64, &mem[0]), 0);
    assert_int_equal(dev->ops->dma_alloc(dev, 8192, 64, &mem[1]), 0);
    assert_int_equal(dev->ops->dma_alloc(dev, 4096, 64 * 1024, &mem[2]), 0);
    assert_int_equal(fake_count().large, 1); /* they share a page */
    assert_int_equal(mem[1].addr, mem[0].addr + 4096);
    assert_int_equal(mem[2].addr % (64 * 1024), 0);
    assert_int_equal(dev->ops->dma_alloc(dev, 3 * MIB, 64, &mem[3]), 0);
    assert_int_equal(fake_count().large, 3);
    assert_int_equal(dev->ops->dma_alloc(dev, 4096, 4 * MIB, &mem[3]), -IXL_ENOMEM);
    dev->ops->dma_free(dev, &mem[0]);
    assert_int_equal(dev->ops->dma_alloc(dev, 4096, 64, &mem[0]), 0); /* the same place */
    assert_int_equal(mem[1].addr, mem[0].addr + 4096);
    dev->ops->dev_close(dev);
    struct ixl_device *nic = rig_open(&r, 0, 1000);
    rig_frame_asleep(&r, 0, nic, 1);
    ixl_close(nic);
    rig_free(&r);
}

static void a_page_nothing_is_in_goes_back(void **state)
{
    const struct fake_options opt = { .noiommu = true };
    struct fake_kernel k = fake_usual();
    struct ixl_dma mem[2];
    struct rig r;

    (void)state;
    k.large_pages = 1;
    fake_boot(&k);
    rig_make(&r, "82574", &opt);
    struct ixl_os_dev *dev = rig_open_os(&r, 0);
    assert_int_equal(dev->ops->dma_alloc(dev, 4096, 64, &mem[0]), 0);
    memset(mem[0].virt, 7, 4096);
    assert_int_equal(dev->ops->dma_alloc(dev, 4096, 64, &mem[1]), 0);
    dev->ops->dma_free(dev, &mem[0]);
    assert_int_equal(fake_count().large, 1);
    assert_int_equal(dev->ops->dma_alloc(dev, 4096, 64, &mem[0]), 0);
    assert_int_equal(*(uint8_t *)mem[0].virt, 0); /* as good as new */
    dev->ops->dma_free(dev, &mem[0]);
    dev->ops->dma_free(dev, &mem[1]);
    assert_int_equal(fake_count().large, 0);
    dev->ops->dev_close(dev);
    rig_free(&r);
}

static void what_no_iommu_mode_lacks_is_told(void **state)
{
    const struct fake_options opt = { .noiommu = true };
    struct fake_kernel k = fake_usual();
    struct ixl_dma mem;
    struct rig r;

    (void)state;
    rig_make(&r, "82574", &opt);
    rig_open_fails(&r, 0, IXL_IRQ_POLL, -IXL_ENOMEM);
    rig_expect_text("pages of 2 MiB");
    k.large_pages = 4;
    k.addresses_hidden = true;
    fake_boot(&k);
    rig_open_fails(&r, 0, IXL_IRQ_POLL, -IXL_ENOMEM);
    rig_expect_text("CAP_SYS_ADMIN");
    k.addresses_hidden = false;
    k.scattered = true;
    fake_boot(&k);
    struct ixl_os_dev *dev = rig_open_os(&r, 0);
    assert_int_equal(dev->ops->dma_alloc(dev, 2 * MIB, 64, &mem), 0);
    assert_int_equal(dev->ops->dma_alloc(dev, 3 * MIB, 64, &mem), -IXL_ENOMEM);
    rig_expect_text("contiguous memory");
    dev->ops->dev_close(dev);
    rig_free(&r);
}

/* ---- BARs ---------------------------------------------------------------------------------- */

static void registers_are_mapped(void **state)
{
    const struct fake_options opt = { .mappable = true };
    struct ixl_bar bar, again;
    struct rig r;

    (void)state;
    rig_make(&r, "82599", &opt);
    struct ixl_os_dev *dev = rig_open_os(&r, 0);
    assert_int_equal(dev->ops->bar_map(dev, 0, &bar), 0);
    assert_non_null(bar.mem);
    assert_int_equal(bar.size, sim_bar_size(fake_nic(r.dev[0]), 0));
    ixl_bar_write32(&bar, 0x100, 0x11223344);
    assert_int_equal(fake_bar_memory(r.dev[0], 0)[0x100], 0x44);
    fake_bar_memory(r.dev[0], 0)[bar.size - 1] = 0x80;
    assert_int_equal(ixl_bar_read32(&bar, (uint32_t)bar.size - 4), 0x80000000u);
    assert_int_equal(dev->ops->bar_map(dev, 0, &again), 0);
    dev->ops->bar_unmap(dev, &again);
    assert_null(again.mem);
    assert_int_equal(ixl_bar_read32(&bar, 0x100), 0x11223344);
    assert_int_equal(dev->ops->bar_map(dev, 1, &again), -IXL_ENOENT);
    assert_int_equal(dev->ops->bar_map(dev, 6, &again), -IXL_ENOENT);
    assert_int_equal(dev->ops->bar_map(dev, UINT32_MAX, &again), -IXL_ENOENT);
    dev->ops->dev_close(dev); /* what was forgotten is unmapped */
    rig_free(&r);
}

static void registers_around_the_kernels_part_are_mapped(void **state)
{
    const struct fake_options opt = { .mappable = true, .hole = 0x2000, .hole_size = 0x1000 };
    struct ixl_bar bar;
    struct rig r;

    (void)state;
    rig_make(&r, "82599", &opt);
    struct ixl_os_dev *dev = rig_open_os(&r, 0);
    assert_int_equal(dev->ops->bar_map(dev, 0, &bar), 0);
    ixl_bar_write32(&bar, 0x1ffc, 1);
    ixl_bar_write32(&bar, 0x3000, 2);
    assert_int_equal(fake_bar_memory(r.dev[0], 0)[0x1ffc], 1);
    assert_int_equal(fake_bar_memory(r.dev[0], 0)[0x3000], 2);
    dev->ops->bar_unmap(dev, &bar);
    dev->ops->dev_close(dev);
    rig_free(&r);
}

static void a_bar_that_cannot_be_mapped_is_reached_all_the_same(void **state)
{
    struct ixl_bar bar;
    struct rig r;

    (void)state;
    rig_make(&r, "82599", NULL);
    struct ixl_os_dev *dev = rig_open_os(&r, 0);
    assert_int_equal(dev->ops->bar_map(dev, 0, &bar), 0);
    assert_null(bar.mem);
    ixl_bar_write32(&bar, 0x200, 0x80); /* LEDCTL: a register that keeps what is written */
    assert_int_equal(ixl_bar_read32(&bar, 0x200), 0x80);
    dev->ops->dev_close(dev);
    rig_free(&r);
}

static void bars_mapped_without_end_are_refused(void **state)
{
    struct ixl_bar bar;
    struct rig r;
    unsigned n = 0;

    (void)state;
    rig_make(&r, "82599", NULL);
    struct ixl_os_dev *dev = rig_open_os(&r, 0);
    while (dev->ops->bar_map(dev, 0, &bar) == 0)
        assert_true(++n < 100);
    assert_int_equal(log_errors, 1);
    dev->ops->dev_close(dev);
    rig_free(&r);
}

/* ---- interrupts ---------------------------------------------------------------------------- */

static void the_best_interrupts_are_taken(void **state)
{
    static const struct {
        const char *option;
        struct fake_options opt;
        const char *kind;
    } cases[] = {
        { "", { .bdf = "0000:02:00.0" }, "MSI-X" },
        { "", { .bdf = "0000:02:00.0", .hide_msix = true }, "MSI" },
        { "", { .bdf = "0000:02:00.0", .hide_msix = true, .hide_msi = true }, "INTx" },
        { ",irq=msi", { .bdf = "0000:02:00.0" }, "MSI" },
        { ",irq=intx", { .bdf = "0000:02:00.0" }, "INTx" },
        { ",irq=msi", { .bdf = "0000:02:00.0", .hide_msi = true }, "INTx" },
    };
    struct ixl_dev_cfg cfg = rig_cfg(1000);
    struct ixl_device *dev;
    char address[80];
    struct rig r;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rig_make(&r, "82574", &cases[i].opt);
        snprintf(address, sizeof(address), "pci:0000:02:00.0%s", cases[i].option);
        assert_int_equal(ixl_open(address, &cfg, &dev), 0);
        assert_string_equal(rig_irq_kind(dev), cases[i].kind);
        rig_frame_asleep(&r, 0, dev, (uint8_t)i);
        ixl_close(dev);
        rig_free(&r);
    }
}

static void without_interrupts_a_queue_naps(void **state)
{
    const struct fake_options opt = { .hide_msix = true, .hide_msi = true, .no_line = true };
    struct rig r;

    (void)state;
    rig_make(&r, "82574", &opt);
    struct ixl_device *dev = rig_open(&r, 0, 1000);
    assert_string_equal(rig_irq_kind(dev), "none");
    rig_frame(&r, 0, dev, 1);
    ixl_close(dev);
    rig_open_fails(&r, 0, IXL_IRQ_EXTERNAL, -IXL_ENOTSUP);
    rig_free(&r);
}

static void a_system_short_of_interrupts_gives_what_it_has(void **state)
{
    const struct fake_options opt = { .irq_limit = 3 };
    struct ixl_dev_cfg cfg = rig_cfg(1000);
    struct ixl_device_info info;
    struct ixl_device *dev;
    struct rig r;

    (void)state;
    cfg.num_rx_queues = 4;
    rig_make(&r, "82599", &opt);
    assert_int_equal(ixl_init(r.bus, 0, &cfg, &dev), 0);
    rig_expect_text("5 interrupts were wanted, the system has 3 left");
    assert_int_equal(ixl_get_info(dev, &info), 0);
    assert_int_equal(info.irq_vectors, 3);
    assert_int_equal(fake_count().signals, 3 + 2); /* and two notices */
    rig_frame(&r, 0, dev, 1);
    ixl_close(dev);
    rig_free(&r);
}

static bool fires(struct ixl_os_dev *dev, unsigned ms)
{
    return dev->ops->irq_wait(dev, 0, (int64_t)ms * 1000) == 1;
}

static void a_line_fires_once_until_it_is_unmasked(void **state)
{
    const struct fake_options opt = { .hide_msix = true, .hide_msi = true };
    enum ixl_irq_kind kind;
    struct ixl_bar bar;
    unsigned granted;
    struct rig r;

    (void)state;
    rig_make(&r, "82540em", &opt);
    struct ixl_os_dev *dev = rig_open_os(&r, 0);
    assert_int_equal(dev->ops->bar_map(dev, 0, &bar), 0);
    assert_int_equal(dev->ops->irq_setup(dev, 4, &granted, &kind), 0);
    assert_int_equal(granted, 1);
    assert_int_equal(kind, IXL_IRQ_INTX);
    ixl_bar_write32(&bar, 0xd0, 4); /* IMS: link status change */
    ixl_bar_write32(&bar, 0xc8, 4); /* ICS: now */
    assert_false(fires(dev, 20));   /* it begins masked */
    assert_int_equal(dev->ops->irq_unmask(dev, 0), 0);
    assert_true(fires(dev, 1000));
    assert_false(fires(dev, 20)); /* its pin is still asserted */
    assert_int_equal(dev->ops->irq_unmask(dev, 0), 0);
    assert_true(fires(dev, 1000));
    ixl_bar_read32(&bar, 0xc0); /* ICR: clears it */
    assert_int_equal(dev->ops->irq_unmask(dev, 0), 0);
    assert_false(fires(dev, 20));
    assert_int_equal(dev->ops->irq_mask(dev, 0), 0);
    ixl_bar_write32(&bar, 0xc8, 4);
    assert_false(fires(dev, 20));
    assert_int_equal(dev->ops->irq_wait(dev, 1, 0), -IXL_EINVAL);
    assert_int_equal(dev->ops->irq_bind(dev, 1), -IXL_EINVAL);
    ixl_bar_write32(&bar, 0xd8, ~0u); /* IMC */
    dev->ops->dev_close(dev);
    rig_free(&r);
}

static void the_object_behind_an_interrupt_can_be_polled(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "82574", NULL);
    struct ixl_device *dev = rig_open(&r, 0, IXL_IRQ_EXTERNAL);
    struct pollfd p = { .fd = (int)ixl_get_recv_irq(dev, 0), .events = POLLIN };
    rig_frame(&r, 0, dev, 1);
    assert_int_equal(poll(&p, 1, 5000), 1);
    assert_int_equal(ixl_check_recv_irq(dev, 0), 1);
    assert_int_equal(ixl_check_recv_irq(dev, 0), 0);
    ixl_close(dev);
    rig_free(&r);
}

/* ---- the kernel has something to say ------------------------------------------------------- */

static int receive(struct ixl_device *dev)
{
    struct pkt_buf *buf;
    int got = 0;

    for (unsigned ms = 0; ms < PATIENCE_MS && got == 0; ms += 100)
        got = ixl_rx_batch(dev, 0, &buf, 1);
    return got;
}

static void a_device_the_kernel_takes_back_looks_removed(void **state)
{
    void (*const notices[])(struct fake_dev *) = { fake_request, fake_break };
    static const char *const words[] = { "is being unplugged or unbound", "PCI Express reports" };
    struct rig r;

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        rig_make(&r, "82599", NULL);
        struct ixl_device *dev = rig_open(&r, 0, 100);
        rig_frame(&r, 0, dev, 1);
        notices[i](r.dev[0]);
        assert_int_equal(receive(dev), -IXL_ENODEV);
        rig_expect_text(words[i]);
        assert_int_equal(sim_cfg_read(fake_nic(r.dev[0]), 4, 2) & 4, 0); /* no bus master */
        ixl_close(dev);
        dev = rig_open(&r, 0, 100); /* if it is still there */
        rig_frame(&r, 0, dev, 2);
        ixl_close(dev);
        rig_free(&r);
    }
}

/* One call of each kind that looks at the device; true if it says that the device is gone. */
static bool told_by(struct ixl_device *dev, unsigned call)
{
    struct ixl_device_stats stats = { .rx_pkts = 0 };
    struct ixl_health health;
    struct ixl_link link;

    switch (call) {
    case 0:
        return ixl_get_link(dev, &link) == -IXL_ENODEV;
    case 1:
        return ixl_read_stats(dev, &stats) == -IXL_ENODEV;
    case 2:
        return ixl_check_events(dev) & IXL_EVENT_REMOVED;
    default:
        return ixl_check_health(dev, &health) == 0 && health.removed;
    }
}

/* Its registers answer until it is closed, and a queue that polls never asks. */
static void a_program_that_polls_is_told_of_it_when_it_asks(void **state)
{
    static const char *const nics[] = { "82599", "82574", "virtio-net" };
    struct rig r;

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        for (unsigned call = 0; call < 4; call++) {
            rig_make(&r, nics[i], NULL);
            struct ixl_device *dev = rig_open(&r, 0, IXL_IRQ_POLL);
            assert_false(told_by(dev, call));
            fake_request(r.dev[0]);
            assert_true(told_by(dev, call));
            rig_expect_text("is being unplugged or unbound");
            ixl_close(dev);
            rig_free(&r);
        }
}

/* A thread that finds the notice, when another one is about to write what it has read before. */
static struct {
    bool armed; /* for the next write of the command register */
    struct fake_dev *fake;
    struct ixl_os_dev *dev;
    pthread_t thread;
    _Atomic bool found;
} race;

static void *find_notice(void *arg)
{
    uint32_t id = 0;

    (void)arg;
    assert_int_equal(race.dev->ops->cfg_read(race.dev, 0, 2, &id), 0);
    assert_int_equal(id, 0xffff);
    race.found = true;
    return NULL;
}

long __real_lx_pwrite(int fd, const void *buf, size_t len, uint64_t off);
long __wrap_lx_pwrite(int fd, const void *buf, size_t len, uint64_t off);

long __wrap_lx_pwrite(int fd, const void *buf, size_t len, uint64_t off)
{
    if (race.armed && len == 2 && (off & 0xfff) == IXL_PCI_COMMAND) {
        race.armed = false;
        fake_request(race.fake);
        assert_int_equal(pthread_create(&race.thread, NULL, find_notice, NULL), 0);
        for (unsigned i = 0; i < 300 && !race.found; i++) /* it may have to wait for us */
            usleep(1000);
    }
    return __real_lx_pwrite(fd, buf, len, off);
}

static void what_is_cut_off_stays_so(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, "82599", NULL);
    race.dev = rig_open_os(&r, 0);
    race.fake = r.dev[0];
    race.found = false;
    race.armed = true;
    ixl_pci_command(race.dev, IXL_PCI_COMMAND_MASTER, 0);
    pthread_join(race.thread, NULL);
    assert_int_equal(sim_cfg_read(fake_nic(r.dev[0]), 4, 2) & 4, 0);
    race.dev->ops->dev_close(race.dev);
    rig_free(&r);
}

/* ---- after the end ------------------------------------------------------------------------- */

static void a_hundred_lives_leave_nothing_behind(void **state)
{
    static const int32_t modes[] = { 1000, IXL_IRQ_POLL, IXL_IRQ_EXTERNAL, IXL_IRQ_FOREVER };
    const struct fake_options opt = { .no_reset = true };
    struct rig r;

    (void)state;
    for (unsigned reset = 0; reset < 2; reset++) {
        rig_make(&r, "82574", reset ? NULL : &opt);
        for (unsigned i = 0; i < 50; i++) {
            struct ixl_device *dev = rig_open(&r, 0, modes[i % 4]);
            if (i % 10 == 0)
                rig_frame(&r, 0, dev, (uint8_t)i);
            ixl_close(dev);
            rig_nothing_left(&r);
        }
        rig_free(&r);
    }
}

#define TEST(name) cmocka_unit_test_setup(name, rig_set_up)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(addresses_find_what_they_name),
        TEST(several_functions_make_a_bus),
        TEST(network_functions_are_listed_the_bound_ones_first),
        TEST(an_unknown_device_is_told),
        TEST(a_device_that_was_unplugged_is_told),
        TEST(what_keeps_a_group_away_is_told),
        TEST(a_group_shared_with_the_kernel_is_refused),
        TEST(devices_of_one_group_work_side_by_side),
        TEST(a_device_is_opened_once),
        TEST(devices_of_a_process_share_their_memory),
        TEST(groups_that_must_stay_apart_get_a_mapping_each),
        TEST(memory_of_anybody_can_be_shared_behind_an_iommu),
        TEST(what_the_kernel_lacks_is_told),
        TEST(a_wide_iommu_gets_virtual_addresses),
        TEST(a_narrow_iommu_gets_addresses_at_one_distance),
        TEST(a_tiny_iommu_is_used_to_the_last_page),
        TEST(an_iommu_of_an_old_kernel_will_do),
        TEST(a_long_answer_is_asked_for_again),
        TEST(large_pages_of_an_iommu_are_kept_to),
        TEST(pieces_lie_on_large_pages_while_they_last),
        TEST(requests_that_make_no_sense_are_refused),
        TEST(the_limit_on_locked_memory_is_told),
        TEST(without_an_iommu_addresses_are_physical),
        TEST(a_page_nothing_is_in_goes_back),
        TEST(what_no_iommu_mode_lacks_is_told),
        TEST(registers_are_mapped),
        TEST(registers_around_the_kernels_part_are_mapped),
        TEST(a_bar_that_cannot_be_mapped_is_reached_all_the_same),
        TEST(bars_mapped_without_end_are_refused),
        TEST(the_best_interrupts_are_taken),
        TEST(without_interrupts_a_queue_naps),
        TEST(a_system_short_of_interrupts_gives_what_it_has),
        TEST(a_line_fires_once_until_it_is_unmasked),
        TEST(the_object_behind_an_interrupt_can_be_polled),
        TEST(a_device_the_kernel_takes_back_looks_removed),
        TEST(a_program_that_polls_is_told_of_it_when_it_asks),
        TEST(what_is_cut_off_stays_so),
        TEST(a_hundred_lives_leave_nothing_behind),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
