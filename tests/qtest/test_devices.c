// SPDX-License-Identifier: MIT
/* Finding NICs, configuration space, BARs, registers, DMA memory; the address's grammar. */
#include "tests/qtest/rig.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "lib/os/qtest/bus.h"
#include "tests/qemu/qemu.h"

struct part {
    const char *kind;
    uint16_t device;
    uint64_t bar0;
    int msix_bar;
};

static const struct part parts[] = {
    { "e1000", 0x100e, 0x20000, -1 },   { "82545em", 0x100f, 0x20000, -1 },
    { "82544gc", 0x100c, 0x20000, -1 }, { "e1000e", 0x10d3, 0x20000, 3 },
    { "igb", 0x10c9, 0x20000, 3 },
};

static void check_part(const struct part *part)
{
    char address[512];
    struct rig rig;
    struct ixl_os_dev_info info;
    struct ixl_bar bar;

    if (qemu_address(address, sizeof(address), part->kind, "") == NULL) {
        skip();
    }
    rig_open(&rig, address);
    assert_int_equal(OPS->bus_scan(rig.bus, 0, &info), 0);
    assert_int_equal(info.vendor, 0x8086);
    assert_int_equal(info.device, part->device);
    assert_int_equal(OPS->bus_scan(rig.bus, 1, &info), -IXL_ENOENT);
    assert_int_equal(rig.bar.size, part->bar0);
    assert_true(rig_read(&rig, STATUS) != UINT32_MAX && rig_read(&rig, STATUS) != 0);
    if (part->msix_bar >= 0) {
        struct ixl_pci_msix msix;
        assert_int_equal(ixl_pci_msix_find(rig.dev, &msix), 0);
        assert_int_equal(msix.bar, part->msix_bar);
        assert_int_equal(OPS->bar_map(rig.dev, msix.bar, &bar), 0);
        assert_true(bar.size >= msix.table + 16 * msix.vectors);
    }
    assert_int_equal(OPS->bar_map(rig.dev, 5, &bar), -IXL_ENOENT);
    assert_int_equal(OPS->bar_map(rig.dev, 6, &bar), -IXL_ENOENT);
    rig_close(&rig);
}

static void finds_82540em(void **s)
{
    (void)s;
    check_part(&parts[0]);
}
static void finds_82545em(void **s)
{
    (void)s;
    check_part(&parts[1]);
}
static void finds_82544gc(void **s)
{
    (void)s;
    check_part(&parts[2]);
}
static void finds_82574(void **s)
{
    (void)s;
    check_part(&parts[3]);
}
static void finds_82576(void **s)
{
    (void)s;
    check_part(&parts[4]);
}

static void an_empty_address_lists_every_kind(void **state)
{
    struct ixl_os_bus *bus;
    struct ixl_os_dev_info info;
    unsigned n, known = 0;

    (void)state;
    rig_log_start();
    assert_int_equal(OPS->bus_open("", &bus), 0);
    for (n = 0; OPS->bus_scan(bus, n, &info) == 0; n++) {
        for (unsigned i = 0; i < 4; i++) {
            known += info.device == parts[i].device && strncmp(info.address, "qemu:", 5) == 0;
        }
    }
    assert_int_equal(known, 4);
    assert_true(n >= 4);
    assert_string_equal(rig_log(), "");
    OPS->bus_close(bus);
}

static void a_mac_given_is_the_nics(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig, "qemu:e1000,mac=02:11:22:33:44:55");
    assert_int_equal(rig_read(&rig, 0x5400), 0x33221102);      /* RAL0 */
    assert_int_equal(rig_read(&rig, 0x5404) & 0xffff, 0x5544); /* RAH0 */
    rig_close(&rig);
}

static void config_space_has_every_width(void **state)
{
    struct rig rig;
    uint32_t v;
    (void)state;
    rig_open(&rig, "qemu:e1000");
    assert_int_equal(OPS->cfg_read(rig.dev, 0, 4, &v), 0);
    assert_int_equal(v, 0x100e8086);
    assert_int_equal(OPS->cfg_read(rig.dev, 2, 2, &v), 0);
    assert_int_equal(v, 0x100e);
    assert_int_equal(OPS->cfg_read(rig.dev, 3, 1, &v), 0);
    assert_int_equal(v, 0x10);
    assert_int_equal(OPS->cfg_write(rig.dev, 0x3c, 1, 0x5a), 0); /* interrupt line: scratch */
    assert_int_equal(OPS->cfg_write(rig.dev, 0x0c, 1, 0x10), 0);
    assert_int_equal(OPS->cfg_read(rig.dev, 0x3c, 1, &v), 0);
    assert_int_equal(v, 0x5a);
    assert_int_equal(OPS->cfg_read(rig.dev, 1, 2, &v), -IXL_EINVAL);
    assert_int_equal(OPS->cfg_read(rig.dev, 256, 4, &v), -IXL_EINVAL);
    assert_int_equal(OPS->cfg_read(rig.dev, 0, 3, &v), -IXL_EINVAL);
    rig_close(&rig);
}

static uint32_t command_of(struct ixl_os_bus *bus)
{
    struct qtest_bus *q = (struct qtest_bus *)(void *)bus;
    uint32_t cmd;
    assert_int_equal(qtest_cfg_read(&q->link, q->nics[0].devfn, IXL_PCI_COMMAND, 2, &cmd), 0);
    return cmd & (IXL_PCI_COMMAND_MEMORY | IXL_PCI_COMMAND_MASTER);
}

static void open_and_close_switch_decoding_and_mastering(void **state)
{
    struct rig rig;
    struct ixl_os_dev *again;
    struct qtest_bus *q;
    (void)state;
    rig_open(&rig, "qemu:e1000");
    q = (struct qtest_bus *)(void *)rig.bus;
    assert_int_equal(OPS->dev_open(rig.bus, 0, &again), -IXL_EBUSY);
    assert_int_equal(OPS->dev_open(rig.bus, 1, &again), -IXL_ENOENT);
    assert_int_equal(command_of(rig.bus), IXL_PCI_COMMAND_MEMORY | IXL_PCI_COMMAND_MASTER);
    OPS->dev_close(rig.dev);
    assert_int_equal(command_of(rig.bus), 0);
    /* As a killed process leaves it. */
    assert_int_equal(qtest_cfg_write(&q->link, q->nics[0].devfn, IXL_PCI_COMMAND, 2,
                                     IXL_PCI_COMMAND_MEMORY | IXL_PCI_COMMAND_MASTER),
                     0);
    assert_int_equal(OPS->dev_open(rig.bus, 0, &rig.dev), 0);
    assert_int_equal(command_of(rig.bus), IXL_PCI_COMMAND_MEMORY);
    rig_close(&rig);
}

static void a_reopened_device_is_the_same_qemu(void **state)
{
    struct rig rig;
    struct ixl_dma mem;
    (void)state;
    rig_open(&rig, "qemu:e1000,ram=16");
    int pid = ixl_qtest_pid(rig.bus);
    assert_true(pid > 1);
    rig_write(&rig, MTA0, 0x12345678);
    for (unsigned i = 0; i < 20; i++) { /* memory it forgets is taken back, too */
        assert_int_equal(OPS->dma_alloc(rig.dev, 8 << 20, 4096, &mem), 0);
        OPS->dev_close(rig.dev);
        assert_int_equal(OPS->dev_open(rig.bus, 0, &rig.dev), 0);
    }
    assert_int_equal(OPS->bar_map(rig.dev, 0, &rig.bar), 0);
    assert_int_equal(rig_read(&rig, MTA0), 0x12345678);
    assert_int_equal(ixl_qtest_pid(rig.bus), pid);
    rig_close(&rig);
}

static void a_device_outlives_its_bus(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig, "qemu:e1000");
    OPS->bus_close(rig.bus);
    rig.bus = NULL;
    assert_true(rig_read(&rig, STATUS) != UINT32_MAX);
    rig_close(&rig);
}

static void writes_arrive_in_order_before_the_next_read(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig, "qemu:e1000");
    for (uint32_t i = 0; i < 1000; i++) {
        rig_write(&rig, MTA0 + 4 * (i % 128), i);
    }
    for (uint32_t i = 872; i < 1000; i++) {
        assert_int_equal(rig_read(&rig, MTA0 + 4 * (i % 128)), i);
    }
    rig_close(&rig);
}

struct hammer {
    struct rig *rig;
    uint32_t reg;
    unsigned wrong;
};

static void *hammer(void *arg)
{
    struct hammer *h = arg;
    for (uint32_t i = 0; i < 500; i++) {
        struct ixl_dma mem;
        uint32_t id;
        rig_write(h->rig, h->reg, i << 8 | (h->reg & 0xff));
        h->wrong += rig_read(h->rig, h->reg) != (i << 8 | (h->reg & 0xff));
        h->wrong += OPS->cfg_read(h->rig->dev, 0, 4, &id) != 0 || id != 0x100e8086;
        h->wrong += OPS->dma_alloc(h->rig->dev, 5000, 64, &mem) != 0;
        memset(mem.virt, (int)h->reg, mem.size);
        h->wrong += *(uint8_t *)mem.virt != (uint8_t)h->reg;
        OPS->dma_free(h->rig->dev, &mem);
    }
    return NULL;
}

static void threads_do_not_mix_their_accesses(void **state)
{
    struct rig rig;
    struct hammer h[4];
    pthread_t threads[4];
    (void)state;
    rig_open(&rig, "qemu:e1000");
    for (unsigned i = 0; i < 4; i++) {
        h[i] = (struct hammer){ &rig, MTA0 + 4 * i, 0 };
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, &h[i]), 0);
    }
    for (unsigned i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(h[i].wrong, 0);
    }
    rig_close(&rig);
}

static void dma_memory_is_zeroed_aligned_and_apart(void **state)
{
    struct rig rig;
    struct ixl_dma mem[16];
    (void)state;
    rig_open(&rig, "qemu:e1000,ram=64");
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 16; i++) {
            size_t align = (size_t)1 << (i + 6);
            assert_int_equal(OPS->dma_alloc(rig.dev, 100 + i * 1000, align, &mem[i]), 0);
            assert_true(mem[i].size >= 100 + i * 1000);
            assert_int_equal(mem[i].addr % align, 0);
            assert_int_equal((uintptr_t)mem[i].virt % align, 0);
            for (size_t k = 0; k < mem[i].size; k++) {
                assert_int_equal(((uint8_t *)mem[i].virt)[k], 0);
            }
            memset(mem[i].virt, (int)i + 1, mem[i].size);
        }
        for (unsigned i = 0; i < 16; i++) {
            assert_int_equal(((uint8_t *)mem[i].virt)[0], i + 1);
            assert_int_equal(((uint8_t *)mem[i].virt)[mem[i].size - 1], i + 1);
            OPS->dma_free(rig.dev, &mem[i]);
        }
    }
    rig_close(&rig);
}

static void dma_memory_runs_out_politely_and_comes_back(void **state)
{
    struct rig rig;
    struct ixl_dma mem[32], one;
    unsigned n = 0;
    (void)state;
    rig_open(&rig, "qemu:e1000,ram=16");
    while (n < 32 && OPS->dma_alloc(rig.dev, 1 << 20, 4096, &mem[n]) == 0) {
        n++;
    }
    assert_in_range(n, 10, 15);
    assert_non_null(strstr(rig_log(), "ram=MIB"));
    assert_int_equal(OPS->dma_alloc(rig.dev, SIZE_MAX, 4096, &one), -IXL_ENOMEM);
    assert_int_equal(OPS->dma_alloc(rig.dev, 0, 4096, &one), -IXL_EINVAL);
    assert_int_equal(OPS->dma_alloc(rig.dev, 4096, 3, &one), -IXL_EINVAL);
    OPS->dma_free(rig.dev, &mem[n / 2]);
    assert_int_equal(OPS->dma_alloc(rig.dev, 1 << 20, 4096, &one), 0);
    assert_int_equal(OPS->dma_alloc(rig.dev, 1 << 20, 4096, &mem[n / 2]), -IXL_ENOMEM);
    rig_close(&rig);
}

static void nics_of_one_qemu_share_memory_and_others_do_not(void **state)
{
    struct rig a, other;
    struct ixl_os_dev *b;
    uint64_t addr;
    (void)state;
    rig_open(&a, "qemu:e1000;e1000e");
    assert_int_equal(OPS->dev_open(a.bus, 1, &b), 0);
    assert_int_equal(OPS->dma_share(b, a.dev, &a.buf, &addr), 0);
    assert_int_equal(addr, a.buf.addr);
    OPS->dma_unshare(b, &a.buf, addr);
    OPS->dev_close(b);
    rig_open(&other, "qemu:e1000");
    assert_int_equal(OPS->dma_share(other.dev, a.dev, &a.buf, &addr), -IXL_ENOTSUP);
    rig_close(&other);
    rig_close(&a);
}

static void the_monitor_takes_the_link_down_and_up(void **state)
{
    struct rig rig;
    char reply[512];
    (void)state;
    rig_open(&rig, "qemu:e1000");
    assert_true(rig_read(&rig, STATUS) & STATUS_LU);
    assert_int_equal(ixl_qtest_monitor(rig.bus, "set_link net0 off", reply, sizeof(reply)), 0);
    assert_false(rig_read(&rig, STATUS) & STATUS_LU);
    assert_int_equal(ixl_qtest_monitor(rig.bus, "set_link net0 on", NULL, 0), 0);
    assert_int_equal(ixl_qtest_monitor(rig.bus, "set_link net9 on", reply, sizeof(reply)),
                     -IXL_EINVAL);
    assert_non_null(strstr(reply, "net9"));
    assert_int_equal(ixl_qtest_monitor(rig.bus, "nonsense", reply, sizeof(reply)), -IXL_EINVAL);
    rig_close(&rig);
}

static void time_passes_during_a_delay(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig, "qemu:e1000");
    uint64_t before = OPS->now_ns(rig.dev);
    OPS->delay_us(rig.dev, 3000);
    assert_true(OPS->now_ns(rig.dev) - before >= 3000000);
    rig_close(&rig);
}

/* With QEMU's qtest accelerator time can be held. */
static void open_with_clock(struct rig *rig, const char *clock)
{
    char address[512];
    if (qemu_address(address, sizeof(address), "e1000", clock) == NULL) {
        skip();
    }
    rig_open(rig, address);
    if (!ixl_qtest_stepped(rig->bus)) {
        fprintf(stderr, "skipped: this QEMU has no qtest accelerator (10.1 and later have it)\n");
        rig_close(rig);
        skip();
    }
}

static void a_stepped_clock_stands_still_but_for_delays(void **state)
{
    struct rig rig;
    (void)state;
    open_with_clock(&rig, "clock=stepped");
    uint64_t before = OPS->now_ns(rig.dev);
    qtest_sleep_ns(5000000);
    assert_int_equal(OPS->now_ns(rig.dev), before);
    OPS->delay_us(rig.dev, 1000000);
    assert_int_equal(OPS->now_ns(rig.dev), before + 1000000000);
    rig_close(&rig);
}

static void a_real_clock_goes_by_itself_and_never_back(void **state)
{
    struct rig rig;
    (void)state;
    open_with_clock(&rig, "clock=real");
    uint64_t before = OPS->now_ns(rig.dev), last = before;
    while (last - before < 20000000) {
        uint64_t now = OPS->now_ns(rig.dev);
        assert_true(now >= last);
        last = now;
        if (now - before > 10000000 && now - before < 11000000) {
            OPS->delay_us(rig.dev, 100);
        }
    }
    rig_close(&rig);
}

/* ---- the address ------------------------------------------------------------------------ */

static void values_reach_to_the_next_known_option(void **state)
{
    struct qtest_options opt;
    (void)state;
    assert_int_equal(qtest_options_parse("e1000,wire=user,hostfwd=tcp:127.0.0.1:8080-:80,"
                                         "hostname=a,mac=02:00:00:00:00:01;"
                                         "82574,wire=unix:/a,/b,props=x=1,y=2,irq=msi,ram=99",
                                         &opt),
                     0);
    assert_int_equal(opt.n_nics, 2);
    assert_string_equal(opt.nics[0].wire, "user,hostfwd=tcp:127.0.0.1:8080-:80,hostname=a");
    assert_string_equal(opt.nics[0].mac, "02:00:00:00:00:01");
    assert_string_equal(opt.nics[1].model, "e1000e");
    assert_string_equal(opt.nics[1].wire, "unix:/a,/b");
    assert_string_equal(opt.nics[1].props, "x=1,y=2");
    assert_int_equal(opt.irq_limit, IXL_IRQ_MSI);
    assert_int_equal(opt.ram_mib, 99);
    qtest_options_free(&opt);
    assert_int_equal(qtest_options_parse("attach=/tmp/s,/tmp/ram,monitor=/m", &opt), 0);
    assert_int_equal(opt.n_nics, 0);
    assert_string_equal(opt.attach_socket, "/tmp/s");
    assert_string_equal(opt.attach_ram, "/tmp/ram");
    assert_string_equal(opt.monitor, "/m");
    qtest_options_free(&opt);
}

static void malformed_addresses_are_refused_with_a_sentence(void **state)
{
    static const char *const bad[] = {
        "e1000,mac=02:00:00:00:00",
        "e1000,mac=020000000001",
        "e1000,mac=02:00:00:00:00:0g",
        "e1000,mac=02:00:00:00:00:01:",
        "e1000,ram=0",
        "e1000,ram=-5",
        "e1000,ram=12x",
        "e1000,ram=99999",
        "e1000,irq=some",
        "e1000,timeout=",
        "e1000,clock=no",
        "e1000,what=1",
        "e1000,attach=/tmp/x",
        "e1000,attach=,/x",
        "e1000,keep=/tmp,attach=/a,/b",
        "e1001",
        ";",
        "e1000;e1000;e1000;e1000;e1000;e1000;e1000;e1000;e1000",
    };
    (void)state;
    rig_log_start();
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct qtest_options opt;
        int err = qtest_options_parse(bad[i], &opt);
        if (strcmp(bad[i], ";") == 0) {
            assert_int_equal(err, 0); /* no kind twice is no kind */
        } else {
            assert_true(err == -IXL_EINVAL || err == -IXL_ENOENT);
            assert_true(strlen(rig_log()) > 10);
        }
        qtest_options_free(&opt);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_82540em),
        cmocka_unit_test(finds_82545em),
        cmocka_unit_test(finds_82544gc),
        cmocka_unit_test(finds_82574),
        cmocka_unit_test(finds_82576),
        cmocka_unit_test(an_empty_address_lists_every_kind),
        cmocka_unit_test(a_mac_given_is_the_nics),
        cmocka_unit_test(config_space_has_every_width),
        cmocka_unit_test(open_and_close_switch_decoding_and_mastering),
        cmocka_unit_test(a_reopened_device_is_the_same_qemu),
        cmocka_unit_test(a_device_outlives_its_bus),
        cmocka_unit_test(writes_arrive_in_order_before_the_next_read),
        cmocka_unit_test(threads_do_not_mix_their_accesses),
        cmocka_unit_test(dma_memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(dma_memory_runs_out_politely_and_comes_back),
        cmocka_unit_test(nics_of_one_qemu_share_memory_and_others_do_not),
        cmocka_unit_test(the_monitor_takes_the_link_down_and_up),
        cmocka_unit_test(time_passes_during_a_delay),
        cmocka_unit_test(a_stepped_clock_stands_still_but_for_delays),
        cmocka_unit_test(a_real_clock_goes_by_itself_and_never_back),
        cmocka_unit_test(values_reach_to_the_next_known_option),
        cmocka_unit_test(malformed_addresses_are_refused_with_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
