// SPDX-License-Identifier: MIT
/* The sim backend: addresses, the DMA map, interrupts, and NICs that outlive their user. */
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/os/sim/sim_os.h"
#include "lib/os/sim/sim_priv.h"

#define MODEL "82599"

static _Atomic unsigned errors, warnings;
static char last_error[1024];

static void note(void *ctx, enum ixl_log_level level, const char *msg)
{
    (void)ctx;
    warnings += level == IXL_LOG_WARN;
    if (level != IXL_LOG_ERROR)
        return;
    atomic_fetch_add(&errors, 1);
    snprintf(last_error, sizeof(last_error), "%s", msg);
}

static struct ixl_bus *open_bus(const char *address)
{
    struct ixl_bus *bus = NULL;

    ixl_set_log(note, NULL, IXL_LOG_INFO);
    errors = 0;
    assert_int_equal(ixl_bus_open(address, &bus), 0);
    return bus;
}

static struct ixl_os_dev *open_dev(struct ixl_bus *bus, unsigned index)
{
    struct ixl_os_dev *dev = NULL;

    assert_int_equal(bus->os->ops->dev_open(bus->os, index, &dev), 0);
    return dev;
}

/* One bus with one opened device. */
static struct ixl_bus *the_bus;
static struct ixl_os_dev *the_dev;

static int set_up(void **state)
{
    (void)state;
    the_bus = open_bus("sim:" MODEL);
    the_dev = open_dev(the_bus, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    the_dev->ops->dev_close(the_dev);
    ixl_bus_close(the_bus);
    return 0;
}

/* ---- addresses ----------------------------------------------------------- */

static struct soft_spec parsed(const char *item)
{
    struct soft_spec spec;

    assert_int_equal(soft_parse(item, strlen(item), &spec), 0);
    return spec;
}

static void options_are_taken_apart(void **state)
{
    struct soft_spec s = parsed(MODEL);

    (void)state;
    assert_string_equal(s.model, MODEL);
    assert_string_equal(s.wire, "");
    assert_int_equal(s.opt.engine, SIM_ENGINE_THREAD);
    assert_true(s.opt.cable);
    assert_false(s.opt.no_module);
    s = parsed(MODEL ",mac=02:00:00:00:00:0a,engine=inline,link_delay_us=5000,cable=no,irq=msi,"
                     "vectors=3,module=no");
    assert_int_equal(s.opt.mac[5], 10);
    assert_int_equal(s.opt.engine, SIM_ENGINE_INLINE);
    assert_int_equal(s.opt.link_delay_us, 5000);
    assert_false(s.opt.cable);
    assert_true(s.opt.no_module);
    assert_int_equal(s.best_irq, IXL_IRQ_MSI);
    assert_int_equal(s.max_vectors, 3);
    assert_string_equal(parsed("").model, "");
    assert_string_equal(parsed(",wire=loop").wire, "loop");
}

static void a_wire_keeps_its_commas(void **state)
{
    (void)state;
    assert_string_equal(parsed(MODEL ",wire=pcap:in,out").wire, "pcap:in,out");
    assert_string_equal(parsed(MODEL ",wire=pcap:in,out,cable=no").wire, "pcap:in,out");
    assert_false(parsed(MODEL ",wire=pcap:in,out,cable=no").opt.cable);
    assert_string_equal(parsed(MODEL ",wire=unix:a,b=c,d").wire, "unix:a,b=c,d");
    assert_string_equal(parsed(MODEL ",cable=no,wire=pcap:,x").wire, "pcap:,x");
    assert_string_equal(parsed(MODEL ",wire=pcap:,,engine=inline").wire, "pcap:,");
}

static void wrong_addresses_are_refused_with_a_hint(void **state)
{
    static const struct {
        const char *address;
        int err;
        const char *hint;
    } wrong[] = {
        { "sim:82598", -IXL_ENOENT, MODEL },
        { "sim:" MODEL ";nonsense", -IXL_ENOENT, "nonsense" },
        { "sim:" MODEL ";", -IXL_EINVAL, "there is no device" },
        { "sim:;" MODEL, -IXL_EINVAL, "there is no device" },
        { "sim:" MODEL ",wired=loop", -IXL_EINVAL, "wire=" },
        { "sim:" MODEL ",", -IXL_EINVAL, "wire=" },
        { "sim:" MODEL ",wire=", -IXL_EINVAL, "pcap:IN,OUT" },
        { "sim:" MODEL ",mac=02:00:00:00:00", -IXL_EINVAL, "mac=02:00:00:00:00" },
        { "sim:" MODEL ",mac=02:00:00:00:00:01:02", -IXL_EINVAL, "station address" },
        { "sim:" MODEL ",mac=01:00:00:00:00:01", -IXL_EINVAL, "station address" },
        { "sim:" MODEL ",mac=00:00:00:00:00:00", -IXL_EINVAL, "station address" },
        { "sim:" MODEL ",engine=steam", -IXL_EINVAL, "thread or inline" },
        { "sim:" MODEL ",link_delay_us=-1", -IXL_EINVAL, "microseconds" },
        { "sim:" MODEL ",link_delay_us=99999999999", -IXL_EINVAL, "microseconds" },
        { "sim:" MODEL ",cable=maybe", -IXL_EINVAL, "yes or no" },
        { "sim:" MODEL ",module=", -IXL_EINVAL, "yes or no" },
        { "sim:" MODEL ",irq=nmi", -IXL_EINVAL, "intx" },
        { "sim:" MODEL ",vectors=0", -IXL_EINVAL, "from 1" },
    };
    struct ixl_bus *bus;
    char longer[600] = "sim:" MODEL ",wire=";

    (void)state;
    ixl_set_log(note, NULL, IXL_LOG_INFO);
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        errors = 0;
        assert_int_equal(ixl_bus_open(wrong[i].address, &bus), wrong[i].err);
        assert_null(bus);
        assert_int_equal(errors, 1);
        if (!strstr(last_error, wrong[i].hint))
            fail_msg("\"%s\" does not say \"%s\"", last_error, wrong[i].hint);
    }
    memset(longer + strlen(longer), 'x', 500);
    assert_int_equal(ixl_bus_open(longer, &bus), -IXL_EINVAL);
}

static void a_bus_holds_what_its_address_names(void **state)
{
    struct ixl_bus_entry e;
    struct ixl_bus *bus = open_bus("sim:" MODEL ",wire=loop;" MODEL);
    unsigned all = 0;

    (void)state;
    assert_int_equal(ixl_bus_get(bus, 0, &e), 0);
    assert_string_equal(e.address, "sim:" MODEL ",wire=loop");
    assert_int_equal(e.vendor, 0x8086);
    assert_int_equal(e.device, 0x10fb);
    assert_int_equal(ixl_bus_get(bus, 1, &e), 0);
    assert_string_equal(e.address, "sim:" MODEL);
    assert_int_equal(ixl_bus_get(bus, 2, &e), -IXL_ENOENT);
    assert_int_equal(errors, 0);
    ixl_bus_close(bus);

    bus = open_bus("sim:");
    while (ixl_bus_get(bus, all, &e) == 0)
        assert_int_equal(e.device, sim_model_list(all++)->device);
    assert_true(all > 0);
    assert_null(sim_model_list(all));
    ixl_bus_close(bus);
}

static void an_unknown_wire_fails_the_open(void **state)
{
    struct ixl_bus *bus = open_bus("sim:" MODEL ",wire=string");
    struct ixl_os_dev *dev;

    (void)state;
    assert_int_equal(bus->os->ops->dev_open(bus->os, 0, &dev), -IXL_EINVAL);
    assert_int_equal(errors, 1);
    assert_int_equal(bus->os->ops->dev_open(bus->os, 0, &dev), -IXL_EINVAL);
    ixl_bus_close(bus);
}

/* ---- life ---------------------------------------------------------------- */

static void a_device_is_opened_once(void **state)
{
    struct ixl_os_dev *second;

    (void)state;
    assert_int_equal(the_bus->os->ops->dev_open(the_bus->os, 0, &second), -IXL_EBUSY);
    assert_int_equal(errors, 1);
    the_dev->ops->dev_close(the_dev);
    the_dev = open_dev(the_bus, 0);
    assert_int_equal(the_bus->os->ops->dev_open(the_bus->os, 1, &second), -IXL_ENOENT);
}

static void a_device_outlives_its_bus(void **state)
{
    struct ixl_bus *bus = open_bus("sim:" MODEL);
    struct ixl_os_dev *dev = open_dev(bus, 0);
    uint32_t id;

    (void)state;
    ixl_bus_close(bus);
    assert_int_equal(dev->ops->cfg_read(dev, 0, 4, &id), 0);
    assert_int_equal(id, 0x10fb8086);
    dev->ops->dev_close(dev);
}

static void open_decodes_memory_but_does_not_master(void **state)
{
    uint32_t command;

    (void)state;
    the_dev->ops->cfg_read(the_dev, IXL_PCI_COMMAND, 2, &command);
    assert_int_equal(command & IXL_PCI_COMMAND_MEMORY, IXL_PCI_COMMAND_MEMORY);
    assert_int_equal(command & IXL_PCI_COMMAND_MASTER, 0);
    ixl_pci_command(the_dev, IXL_PCI_COMMAND_MASTER, 0);
    the_dev->ops->dev_close(the_dev);
    struct sim_nic *nic = ixl_sim_nic_at(the_bus, 0);
    assert_int_equal(sim_cfg_read(nic, IXL_PCI_COMMAND, 2) & IXL_PCI_COMMAND_MASTER, 0);
    the_dev = open_dev(the_bus, 0);
}

static void a_nic_runs_on_when_its_user_is_killed(void **state)
{
    struct sim_nic *nic = ixl_sim_nic_at(the_bus, 0);
    struct ixl_dma mem;
    struct ixl_bar bar;
    uint8_t byte = 0;

    (void)state;
    assert_int_equal(the_dev->ops->bar_map(the_dev, 0, &bar), 0);
    assert_int_equal(the_dev->ops->dma_alloc(the_dev, 4096, 128, &mem), 0);
    uint64_t addr = mem.addr;
    assert_true(soft_map_read(the_dev, addr, &byte, 1));
    ixl_pci_command(the_dev, IXL_PCI_COMMAND_MASTER, 0);

    ixl_sim_dev_sever(the_dev);
    assert_true(ixl_bar_read32(&bar, 8) == UINT32_MAX);
    the_dev->ops->dev_close(the_dev);
    assert_int_equal(sim_cfg_read(nic, IXL_PCI_COMMAND, 2) & IXL_PCI_COMMAND_MASTER,
                     IXL_PCI_COMMAND_MASTER);
    assert_false(soft_map_read(the_dev, addr, &byte, 1));
    assert_int_equal(ixl_sim_bus_regions(the_bus->os, 0), 0);

    the_dev = open_dev(the_bus, 0);
    assert_ptr_equal(ixl_sim_dev_nic(the_dev), nic);
    assert_int_equal(sim_cfg_read(nic, IXL_PCI_COMMAND, 2) & IXL_PCI_COMMAND_MASTER, 0);
    assert_int_equal(the_dev->ops->bar_map(the_dev, 0, &bar), 0);
    assert_true(ixl_bar_read32(&bar, 8) != UINT32_MAX);
    assert_int_equal(errors, 0);
}

static void bars_there_are_not_cannot_be_mapped(void **state)
{
    struct ixl_bar bar;

    (void)state;
    assert_int_equal(the_dev->ops->bar_map(the_dev, 0, &bar), 0);
    assert_true(bar.size >= 128 * 1024);
    assert_null(bar.mem);
    assert_int_equal(the_dev->ops->bar_map(the_dev, 5, &bar), -IXL_ENOENT);
    assert_int_equal(the_dev->ops->bar_map(the_dev, 6, &bar), -IXL_ENOENT);
}

/* ---- DMA ----------------------------------------------------------------- */

static void memory_is_zeroed_aligned_and_elsewhere(void **state)
{
    static const size_t aligns[] = { 1, 64, 128, 4096, 65536, 2097152 };

    (void)state;
    for (unsigned i = 0; i < sizeof(aligns) / sizeof(aligns[0]); i++) {
        struct ixl_dma mem;
        assert_int_equal(the_dev->ops->dma_alloc(the_dev, 100000, aligns[i], &mem), 0);
        assert_int_equal((uintptr_t)mem.virt % aligns[i], 0);
        assert_true(mem.addr % aligns[i] == 0);
        assert_true(mem.addr != (uintptr_t)mem.virt);
        assert_true(mem.size >= 100000);
        for (unsigned j = 0; j < 100000; j += 999)
            assert_int_equal(((uint8_t *)mem.virt)[j], 0);
        the_dev->ops->dma_free(the_dev, &mem);
    }
    assert_int_equal(ixl_sim_bus_regions(the_bus->os, 0), 0);
}

static void the_nic_sees_what_was_allocated_and_no_more(void **state)
{
    struct ixl_dma mem[5];
    uint8_t buf[256] = { 0 };

    (void)state;
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(the_dev->ops->dma_alloc(the_dev, 128, 128, &mem[i]), 0);
    for (unsigned i = 0; i < 5; i++) {
        memset(mem[i].virt, (int)i + 1, 128);
        assert_true(soft_map_read(the_dev, mem[i].addr, buf, 128));
        assert_int_equal(buf[127], i + 1);
        assert_true(soft_map_read(the_dev, mem[i].addr + 127, buf, 1));
        assert_false(soft_map_read(the_dev, mem[i].addr + 128, buf, 1));
        assert_false(soft_map_read(the_dev, mem[i].addr + 127, buf, 2));
        assert_false(soft_map_read(the_dev, mem[i].addr - 1, buf, 1));
        assert_false(soft_map_write(the_dev, mem[i].addr, buf, 129));
        assert_false(soft_map_write(the_dev, mem[i].addr + 64, buf, SIZE_MAX));
        assert_false(soft_map_read(the_dev, (uintptr_t)mem[i].virt, buf, 1));
    }
    struct ixl_dma gone = mem[2];
    the_dev->ops->dma_free(the_dev, &mem[2]);
    assert_false(soft_map_write(the_dev, gone.addr, buf, 1));
    assert_true(soft_map_write(the_dev, mem[3].addr, buf, 1));
    for (unsigned i = 0; i < 5; i++)
        if (i != 2)
            the_dev->ops->dma_free(the_dev, &mem[i]);
    assert_int_equal(errors, 0);
}

static void accesses_of_every_size_arrive_whole(void **state)
{
    static const size_t sizes[] = { 1, 2, 3, 4, 7, 8, 12, 16, 17, 60, 1518 };
    struct ixl_dma mem;
    uint8_t out[1600], in[1600];

    (void)state;
    assert_int_equal(the_dev->ops->dma_alloc(the_dev, 4096, 64, &mem), 0);
    for (unsigned i = 0; i < sizeof(out); i++)
        out[i] = (uint8_t)(i * 7 + 1);
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (unsigned off = 0; off < 17; off++) {
            memset(mem.virt, 0, 4096);
            memset(in, 0, sizeof(in));
            assert_true(soft_map_write(the_dev, mem.addr + off, out, sizes[i]));
            assert_memory_equal((uint8_t *)mem.virt + off, out, sizes[i]);
            assert_int_equal(((uint8_t *)mem.virt)[off + sizes[i]], 0);
            assert_true(soft_map_read(the_dev, mem.addr + off, in, sizes[i]));
            assert_memory_equal(in, out, sizes[i]);
        }
    }
    the_dev->ops->dma_free(the_dev, &mem);
}

static void shared_memory_has_an_address_for_each_device(void **state)
{
    struct ixl_bus *bus = open_bus("sim:" MODEL);
    struct ixl_os_dev *guest = open_dev(bus, 0);
    struct ixl_dma mem;
    uint64_t addr = 0, again;
    uint8_t byte = 0;

    (void)state;
    assert_int_equal(the_dev->ops->dma_alloc(the_dev, 4096, 64, &mem), 0);
    assert_false(soft_map_read(guest, mem.addr, &byte, 1));
    assert_int_equal(guest->ops->dma_share(guest, the_dev, &mem, &addr), 0);
    assert_true(addr != mem.addr);
    ((uint8_t *)mem.virt)[4095] = 99;
    assert_true(soft_map_read(guest, addr + 4095, &byte, 1));
    assert_int_equal(byte, 99);
    assert_int_equal(guest->ops->dma_share(guest, the_dev, &mem, &again), -IXL_EEXIST);
    guest->ops->dma_unshare(guest, &mem, addr);
    assert_false(soft_map_read(guest, addr, &byte, 1));
    assert_true(soft_map_read(the_dev, mem.addr, &byte, 1));

    /* a share that is forgotten goes with the guest, the memory stays its home's */
    assert_int_equal(guest->ops->dma_share(guest, the_dev, &mem, &addr), 0);
    guest->ops->dev_close(guest);
    ixl_bus_close(bus);
    ((uint8_t *)mem.virt)[0] = 1;
    the_dev->ops->dma_free(the_dev, &mem);
}

static void senseless_allocations_are_refused(void **state)
{
    struct ixl_dma mem;

    (void)state;
    assert_int_equal(the_dev->ops->dma_alloc(the_dev, 0, 64, &mem), -IXL_EINVAL);
    assert_int_equal(the_dev->ops->dma_alloc(the_dev, 64, 0, &mem), -IXL_EINVAL);
    assert_int_equal(the_dev->ops->dma_alloc(the_dev, 64, 96, &mem), -IXL_EINVAL);
    assert_int_equal(the_dev->ops->dma_alloc(the_dev, SIZE_MAX, 64, &mem), -IXL_ENOMEM);
    assert_int_equal(the_dev->ops->dma_alloc(the_dev, SIZE_MAX - 0xffff, 64, &mem), -IXL_ENOMEM);
    assert_int_equal(errors, 5);
    ixl_sim_bus_limit(the_bus->os, 0, 1);
    assert_int_equal(the_dev->ops->dma_alloc(the_dev, 64, 64, &mem), 0);
    assert_int_equal(the_dev->ops->dma_alloc(the_dev, 64, 64, &mem), -IXL_ENOMEM);
    ixl_sim_bus_limit(the_bus->os, 0, -1);
}

/* The NIC's thread reads while memory comes and goes. */
static void *hammer(void *arg)
{
    _Atomic uint64_t *addr = arg;
    uint64_t word;

    for (uint64_t a; (a = atomic_load(addr)) != 1;)
        if (a)
            soft_map_read(the_dev, a, &word, 8);
    return NULL;
}

static void freeing_waits_for_accesses_under_way(void **state)
{
    _Atomic uint64_t addr = 0;
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, hammer, &addr), 0);
    for (unsigned i = 0; i < 2000; i++) {
        struct ixl_dma mem;
        assert_int_equal(the_dev->ops->dma_alloc(the_dev, 4096, 64, &mem), 0);
        atomic_store(&addr, mem.addr);
        the_dev->ops->dma_free(the_dev, &mem);
    }
    atomic_store(&addr, 1);
    pthread_join(thread, NULL);
}

/* ---- interrupts ---------------------------------------------------------- */

static bool readable(struct ixl_os_dev *dev, unsigned vector)
{
    struct pollfd p = { .fd = (int)dev->ops->irq_native(dev, vector), .events = POLLIN };

    return poll(&p, 1, 0) == 1;
}

static void messages_end_in_event_descriptors(void **state)
{
    unsigned n;
    enum ixl_irq_kind kind;

    (void)state;
    assert_int_equal(the_dev->ops->irq_setup(the_dev, 3, &n, &kind), 0);
    assert_int_equal(n, 3);
    assert_int_equal(kind, IXL_IRQ_MSIX);
    soft_msi(the_dev, 0xfee00000, 1);
    assert_false(readable(the_dev, 0));
    assert_true(readable(the_dev, 1));
    assert_int_equal(the_dev->ops->irq_wait(the_dev, 1, -1), 1);
    assert_int_equal(the_dev->ops->irq_wait(the_dev, 1, 0), 0);
    soft_msi(the_dev, 0xfee00000, 2);
    soft_msi(the_dev, 0xfee00000, 2);
    assert_int_equal(the_dev->ops->irq_wait(the_dev, 2, 1000), 1); /* both at once */
    assert_int_equal(the_dev->ops->irq_wait(the_dev, 2, 1000), 0);
    warnings = 0;
    soft_msi(the_dev, 0xfee00000, 3);
    soft_msi(the_dev, 0x1000, 0);
    assert_int_equal(warnings, 2);
    assert_int_equal(the_dev->ops->irq_wait(the_dev, 0, 0), 0);
    assert_int_equal(the_dev->ops->irq_wait(the_dev, 3, 0), -IXL_EINVAL);
    assert_int_equal(the_dev->ops->irq_bind(the_dev, 3), -IXL_EINVAL);
    assert_true(the_dev->ops->irq_native(the_dev, 3) == IXL_IRQ_INVALID);
    the_dev->ops->irq_teardown(the_dev);
    assert_true(the_dev->ops->irq_native(the_dev, 0) == IXL_IRQ_INVALID);
    soft_msi(the_dev, 0xfee00000, 0); /* reaches nobody */
    assert_int_equal(warnings, 3);
}

static void a_wait_ends_when_the_message_comes(void **state)
{
    unsigned n;
    enum ixl_irq_kind kind;
    struct ixl_os_dev *dev = the_dev;

    (void)state;
    assert_int_equal(dev->ops->irq_setup(dev, 1, &n, &kind), 0);
    assert_int_equal(dev->ops->irq_wait(dev, 0, -1), 0); /* looks around */
    uint64_t before = dev->ops->now_ns(dev);
    assert_int_equal(dev->ops->irq_wait(dev, 0, 2000), 0);
    assert_true(dev->ops->now_ns(dev) - before >= 2000000);
    dev->ops->irq_teardown(dev);
}

static void interrupts_are_offered_as_the_address_says(void **state)
{
    static const struct {
        const char *address;
        enum ixl_irq_kind kind;
        unsigned n;
    } cases[] = {
        { "sim:" MODEL ",irq=msix", IXL_IRQ_MSIX, 5 },
        { "sim:" MODEL ",vectors=2", IXL_IRQ_MSIX, 2 },
        { "sim:" MODEL ",irq=msi", IXL_IRQ_MSI, 1 },
        { "sim:" MODEL ",irq=intx", IXL_IRQ_INTX, 1 },
        { "sim:" MODEL ",irq=none", IXL_IRQ_NONE, 0 },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ixl_bus *bus = open_bus(cases[i].address);
        struct ixl_os_dev *dev = open_dev(bus, 0);
        unsigned n = 99;
        enum ixl_irq_kind kind;
        assert_int_equal(dev->ops->irq_setup(dev, 5, &n, &kind), 0);
        assert_int_equal(n, cases[i].n);
        assert_int_equal(kind, cases[i].kind);
        dev->ops->irq_teardown(dev);
        assert_int_equal(dev->ops->irq_setup(dev, 0, &n, &kind), 0);
        assert_int_equal(n, 0);
        dev->ops->dev_close(dev);
        ixl_bus_close(bus);
        assert_int_equal(errors, 0);
    }
}

static void the_pin_is_masked_when_it_fires(void **state)
{
    struct ixl_bus *bus = open_bus("sim:" MODEL ",irq=intx");
    struct ixl_os_dev *dev = open_dev(bus, 0);
    unsigned n;
    enum ixl_irq_kind kind;

    (void)state;
    assert_int_equal(dev->ops->irq_setup(dev, 1, &n, &kind), 0);
    soft_intx(dev, true);
    assert_int_equal(dev->ops->irq_wait(dev, 0, 0), 0); /* masked from the start */
    assert_int_equal(dev->ops->irq_unmask(dev, 0), 0);
    assert_int_equal(dev->ops->irq_wait(dev, 0, 0), 1); /* still asserted */
    soft_intx(dev, false);
    soft_intx(dev, true);
    assert_int_equal(dev->ops->irq_wait(dev, 0, 0), 0); /* fired: masked until unmasked */
    assert_int_equal(dev->ops->irq_unmask(dev, 0), 0);
    assert_int_equal(dev->ops->irq_wait(dev, 0, 0), 1);
    soft_intx(dev, false);
    assert_int_equal(dev->ops->irq_unmask(dev, 0), 0);
    assert_int_equal(dev->ops->irq_wait(dev, 0, 0), 0);
    soft_intx(dev, true);
    assert_int_equal(dev->ops->irq_wait(dev, 0, 0), 1);
    soft_intx(dev, false);
    assert_int_equal(dev->ops->irq_unmask(dev, 0), 0);
    assert_int_equal(dev->ops->irq_mask(dev, 0), 0);
    soft_intx(dev, true);
    assert_int_equal(dev->ops->irq_wait(dev, 0, 0), 0);
    dev->ops->dev_close(dev);
    ixl_bus_close(bus);
}

static void a_former_owners_vectors_are_silent_after_open(void **state)
{
    unsigned n;
    enum ixl_irq_kind kind;
    struct ixl_pci_msix msix;

    (void)state;
    struct sim_nic *nic = ixl_sim_nic_at(the_bus, 0);
    assert_int_equal(the_dev->ops->irq_setup(the_dev, 2, &n, &kind), 0);
    assert_int_equal(ixl_pci_msix_find(the_dev, &msix), 0);
    ixl_sim_dev_sever(the_dev);
    the_dev->ops->dev_close(the_dev);
    assert_int_equal(sim_cfg_read(nic, msix.cap + 2, 2) & 0x8000, 0x8000);
    the_dev = open_dev(the_bus, 0);
    assert_int_equal(sim_cfg_read(nic, msix.cap + 2, 2) & 0x8000, 0);
    assert_int_equal(the_dev->ops->irq_setup(the_dev, 2, &n, &kind), 0);
    assert_int_equal(sim_cfg_read(nic, msix.cap + 2, 2) & 0x8000, 0x8000);
    assert_int_equal(errors, 0);
}

/* ---- trouble ------------------------------------------------------------- */

static void a_removed_nic_closes_in_silence(void **state)
{
    uint32_t val = 0;

    (void)state;
    sim_set_fault(ixl_sim_nic_at(the_bus, 0), SIM_FAULT_REMOVED, 0);
    assert_int_equal(the_dev->ops->cfg_read(the_dev, 0, 4, &val), 0);
    assert_true(val == UINT32_MAX);
    the_dev->ops->dev_close(the_dev);
    assert_int_equal(errors, 0);
    struct ixl_os_dev *dev;
    assert_int_equal(the_bus->os->ops->dev_open(the_bus->os, 0, &dev), -IXL_ENODEV);
    assert_int_equal(errors, 1);
    ixl_bus_close(the_bus);
    set_up(NULL);
}

static void broken_rules_are_told_as_errors(void **state)
{
    struct ixl_bar bar;

    (void)state;
    assert_int_equal(the_dev->ops->bar_map(the_dev, 0, &bar), 0);
    ixl_bar_read32(&bar, (uint32_t)bar.size);
    assert_int_equal(errors, 1);
    assert_non_null(strstr(last_error, "model: sim:" MODEL));
}

static void delays_are_not_short(void **state)
{
    static const unsigned us[] = { 0, 1, 19, 21, 1500 };

    (void)state;
    for (unsigned i = 0; i < sizeof(us) / sizeof(us[0]); i++) {
        uint64_t before = the_dev->ops->now_ns(the_dev);
        the_dev->ops->delay_us(the_dev, us[i]);
        assert_true(the_dev->ops->now_ns(the_dev) - before >= (uint64_t)us[i] * 1000);
    }
}

#define WITH_DEV(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_taken_apart),
        cmocka_unit_test(a_wire_keeps_its_commas),
        cmocka_unit_test(wrong_addresses_are_refused_with_a_hint),
        cmocka_unit_test(a_bus_holds_what_its_address_names),
        cmocka_unit_test(an_unknown_wire_fails_the_open),
        WITH_DEV(a_device_is_opened_once),
        cmocka_unit_test(a_device_outlives_its_bus),
        WITH_DEV(open_decodes_memory_but_does_not_master),
        WITH_DEV(a_nic_runs_on_when_its_user_is_killed),
        WITH_DEV(bars_there_are_not_cannot_be_mapped),
        WITH_DEV(memory_is_zeroed_aligned_and_elsewhere),
        WITH_DEV(the_nic_sees_what_was_allocated_and_no_more),
        WITH_DEV(accesses_of_every_size_arrive_whole),
        WITH_DEV(shared_memory_has_an_address_for_each_device),
        WITH_DEV(senseless_allocations_are_refused),
        WITH_DEV(freeing_waits_for_accesses_under_way),
        WITH_DEV(messages_end_in_event_descriptors),
        WITH_DEV(a_wait_ends_when_the_message_comes),
        cmocka_unit_test(interrupts_are_offered_as_the_address_says),
        cmocka_unit_test(the_pin_is_masked_when_it_fires),
        WITH_DEV(a_former_owners_vectors_are_silent_after_open),
        WITH_DEV(a_removed_nic_closes_in_silence),
        WITH_DEV(broken_rules_are_told_as_errors),
        WITH_DEV(delays_are_not_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
