// SPDX-License-Identifier: MIT
#include "fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fake fake;
unsigned logged[4];
char last_log[1024];

static void note_log(void *ctx, enum ixl_log_level level, const char *msg)
{
    (void)ctx;
    logged[level]++;
    if (level <= IXL_LOG_WARN)
        snprintf(last_log, sizeof(last_log), "%s", msg);
}

void fake_log_start(void)
{
    memset(logged, 0, sizeof(logged));
    last_log[0] = '\0';
    ixl_set_log(note_log, NULL, IXL_LOG_DEBUG);
}

void fake_reset(void)
{
    memset(&fake, 0, sizeof(fake));
    fake.next = NEVER;
    fake.batch = 1;
    fake.vectors = FAKE_VECTORS;
    fake.kind = IXL_IRQ_MSIX;
    fake.now = 1000000000u;
    fake.cfg[0] = 0x86;
    fake.cfg[1] = 0x80;
    fake_log_start();
}

/* ---- the trace ----------------------------------------------------------- */

/* Notes the call; an error if it is the one that has to fail. */
static int crossing(const char *what)
{
    size_t used = strlen(fake.trace);

    snprintf(fake.trace + used, sizeof(fake.trace) - used, "%s%s", used ? " " : "", what);
    if (fake.fail_at && --fake.fail_at == 0) {
        ixl_log(IXL_LOG_ERROR, "%s fails because the test wants it", what);
        return fake.fail_with;
    }
    return 0;
}

/* ---- arrivals and time --------------------------------------------------- */

static void raise_irq(unsigned vector)
{
    if (fake.nic_open[vector] && fake.os_open[vector] && !fake.loses_irqs)
        fake.fired[vector] = true;
}

/* A frame that finds the interrupt masked raises none, then or later: the worst kind of NIC. */
static void arrive(unsigned queue, unsigned n)
{
    fake.frames[queue] += n;
    raise_irq(queue % (fake.vectors > 1 ? fake.vectors - 1 : 1));
}

void fake_pass(uint64_t ns)
{
    uint64_t end = fake.now + ns;

    while (fake.next <= end) {
        fake.now = fake.next;
        fake.next = fake.period ? fake.next + fake.period : NEVER;
        arrive(fake.queue, fake.batch);
    }
    fake.now = end;
}

static void step(void)
{
    fake.steps++;
    if (fake.at_step && --fake.at_step == 0)
        arrive(fake.queue, 1);
}

/* ---- the backend --------------------------------------------------------- */

static struct ixl_os_bus the_bus = { &fake_os };
static struct ixl_os_dev the_dev = { &fake_os };

static int bus_open(const char *spec, struct ixl_os_bus **out)
{
    if (strcmp(spec, "broken") == 0) {
        ixl_log(IXL_LOG_ERROR, "the bus is broken");
        return -IXL_EIO;
    }
    *out = &the_bus;
    return 0;
}

static void bus_close(struct ixl_os_bus *bus)
{
    (void)bus;
}

static int bus_scan(struct ixl_os_bus *bus, unsigned index, struct ixl_os_dev_info *info)
{
    (void)bus;
    if (index > 1)
        return -IXL_ENOENT;
    *info = (struct ixl_os_dev_info){ FAKE_VENDOR, FAKE_DEVICE, 1, 2, 3, "fake:0" };
    if (fake.others_only || index == !fake.other_first)
        *info = (struct ixl_os_dev_info){ 0x10ec, 0x8139, 0, 0, 0, "fake:1" };
    return 0;
}

static int dev_open(struct ixl_os_bus *bus, unsigned index, struct ixl_os_dev **out)
{
    (void)bus;
    (void)index;
    int err = crossing("open");
    if (err)
        return err;
    fake.opened++;
    *out = &the_dev;
    return 0;
}

static void dev_close(struct ixl_os_dev *dev)
{
    (void)dev;
    crossing("close");
    fake.opened--;
}

static int cfg_read(struct ixl_os_dev *dev, unsigned off, unsigned width, uint32_t *val)
{
    (void)dev;
    fake.reads++;
    *val = 0;
    for (unsigned i = 0; i < width; i++)
        *val |= (uint32_t)(fake.removed ? 0xff : fake.cfg[off + i]) << (8 * i);
    return 0;
}

static int cfg_write(struct ixl_os_dev *dev, unsigned off, unsigned width, uint32_t val)
{
    (void)dev;
    int err = 0;
    if (off == IXL_PCI_COMMAND)
        err = crossing(val & IXL_PCI_COMMAND_MASTER ? "master" : "nomaster");
    for (unsigned i = 0; !err && i < width; i++)
        fake.cfg[off + i] = (uint8_t)(val >> (8 * i));
    return err;
}

static uint32_t reg_read(const struct ixl_bar *bar, uint32_t off, unsigned width)
{
    (void)bar;
    (void)width;
    fake.reads++;
    return fake.removed ? UINT32_MAX : fake.regs[off / 4];
}

static void reg_write(const struct ixl_bar *bar, uint32_t off, unsigned width, uint32_t val)
{
    (void)bar;
    (void)width;
    fake.regs[off / 4] = val;
}

static int bar_map(struct ixl_os_dev *dev, unsigned index, struct ixl_bar *out)
{
    (void)dev;
    int err = crossing("map");
    if (!err)
        *out = (struct ixl_bar){
            .size = sizeof(fake.regs), .read = reg_read, .write = reg_write, .index = index
        };
    return err;
}

static void bar_unmap(struct ixl_os_dev *dev, struct ixl_bar *bar)
{
    (void)dev;
    (void)bar;
    crossing("unmap");
}

static int dma_alloc(struct ixl_os_dev *dev, size_t size, size_t align, struct ixl_dma *out)
{
    (void)dev;
    size_t whole = (size + align - 1) / align * align;
    void *mem = aligned_alloc(align, whole);
    if (!mem)
        return -IXL_ENOMEM;
    memset(mem, 0, whole);
    *out = (struct ixl_dma){ .virt = mem, .addr = (uintptr_t)mem + 0x1000, .size = whole };
    fake.dma_blocks++;
    return 0;
}

static void dma_free(struct ixl_os_dev *dev, struct ixl_dma *mem)
{
    (void)dev;
    free(mem->virt);
    fake.dma_blocks--;
}

static int irq_setup(struct ixl_os_dev *dev, unsigned wanted, unsigned *granted,
                     enum ixl_irq_kind *kind)
{
    (void)dev;
    int err = crossing("irqs");
    if (err)
        return err;
    fake.vectors = wanted < fake.vectors ? wanted : fake.vectors;
    *granted = fake.vectors;
    *kind = fake.vectors ? fake.kind : IXL_IRQ_NONE;
    return 0;
}

static void irq_teardown(struct ixl_os_dev *dev)
{
    (void)dev;
    crossing("noirqs");
}

static int irq_bind(struct ixl_os_dev *dev, unsigned vector)
{
    (void)dev;
    (void)vector;
    if (fake.bind_fails) {
        ixl_log(IXL_LOG_ERROR, "the vector cannot be bound");
        return -IXL_EPERM;
    }
    fake.binds++;
    return 0;
}

static bool consume(unsigned vector)
{
    bool was = fake.fired[vector];

    fake.fired[vector] = false;
    return was;
}

static int irq_wait(struct ixl_os_dev *dev, unsigned vector, int64_t timeout_us)
{
    (void)dev;
    uint64_t end = fake.now + (timeout_us < 0 ? 500000000u : (uint64_t)timeout_us * 1000);

    if (fake.wait_error)
        return fake.wait_error;
    if (fake.cannot_tell && timeout_us == 0)
        return -IXL_ENOTSUP;
    step();
    fake.slept += timeout_us != 0;
    if (fake.storm && timeout_us != 0) {
        fake_pass(end - fake.now > 1000 ? 1000 : end - fake.now);
        return 1;
    }
    while (!consume(vector)) {
        if (fake.now >= end || fake.next > end) {
            for (unsigned q = 0; q < FAKE_QUEUES; q++)
                fake.overslept += fake.frames[q] != 0 && end > fake.now;
            fake_pass(end - fake.now);
            return 0;
        }
        fake_pass(fake.next - fake.now);
    }
    return 1;
}

static int irq_unmask(struct ixl_os_dev *dev, unsigned vector)
{
    (void)dev;
    step();
    fake.os_open[vector] = !fake.unmask_fails;
    return fake.unmask_fails ? -IXL_EIO : 0;
}

static int irq_mask(struct ixl_os_dev *dev, unsigned vector)
{
    (void)dev;
    step();
    fake.os_open[vector] = false;
    return 0;
}

static ixl_irq_t irq_native(struct ixl_os_dev *dev, unsigned vector)
{
    (void)dev;
    return 100 + vector;
}

static uint64_t now_ns(struct ixl_os_dev *dev)
{
    (void)dev;
    return fake.now;
}

static void delay_us(struct ixl_os_dev *dev, unsigned us)
{
    (void)dev;
    fake_pass((uint64_t)us * 1000);
}

const struct ixl_os_ops fake_os = {
    .scheme = "fake",
    .help = "fake:  a test's",
    .bus_open = bus_open,
    .bus_close = bus_close,
    .bus_scan = bus_scan,
    .dev_open = dev_open,
    .dev_close = dev_close,
    .cfg_read = cfg_read,
    .cfg_write = cfg_write,
    .bar_map = bar_map,
    .bar_unmap = bar_unmap,
    .dma_alloc = dma_alloc,
    .dma_free = dma_free,
    .irq_setup = irq_setup,
    .irq_teardown = irq_teardown,
    .irq_bind = irq_bind,
    .irq_wait = irq_wait,
    .irq_unmask = irq_unmask,
    .irq_mask = irq_mask,
    .irq_native = irq_native,
    .now_ns = now_ns,
    .delay_us = delay_us,
};

const struct ixl_os_ops *const ixl_os_table[] = { &fake_os, NULL };

/* ---- the driver ---------------------------------------------------------- */

static int rx_burst(struct ixl_rxq *q, struct pkt_buf **bufs, unsigned n)
{
    static struct pkt_buf frame;
    unsigned got = 0;

    step();
    if (fake.burst_error)
        return fake.burst_error;
    while (got < n && fake.frames[q->index]) {
        bufs[got++] = &frame;
        fake.frames[q->index]--;
    }
    return (int)got;
}

static bool rx_ready(struct ixl_rxq *q)
{
    step();
    return fake.frames[q->index] != 0;
}

static int tx_burst(struct ixl_txq *q, struct pkt_buf **bufs, unsigned n)
{
    (void)q;
    (void)bufs;
    return fake.burst_error ? fake.burst_error : fake.removed ? 0 : (int)n;
}

static int tx_reclaim(struct ixl_txq *q)
{
    (void)q;
    return 7;
}

static void free_queues(struct ixl_device *dev)
{
    for (uint16_t i = 0; i < dev->num_rx; i++)
        ixl_queue_free(dev->rxq[i]);
    for (uint16_t i = 0; i < dev->num_tx; i++)
        ixl_queue_free(dev->txq[i]);
    dev->num_rx = dev->num_tx = 0;
}

static void make_queues(struct ixl_device *dev)
{
    for (uint16_t i = 0; i < dev->cfg.num_rx_queues; i++) {
        struct ixl_rxq *q = ixl_queue_alloc(sizeof(*q));
        q->burst = rx_burst;
        q->ready = rx_ready;
        q->dev = dev;
        q->index = i;
        dev->rxq[dev->num_rx++] = q;
    }
    for (uint16_t i = 0; i < dev->cfg.num_tx_queues; i++) {
        struct ixl_txq *q = ixl_queue_alloc(sizeof(*q));
        q->burst = tx_burst;
        q->reclaim = tx_reclaim;
        q->dev = dev;
        q->index = i;
        dev->txq[dev->num_tx++] = q;
    }
}

static int quiesce(struct ixl_device *dev)
{
    (void)dev;
    return crossing("quiesce");
}

static int start(struct ixl_device *dev)
{
    int err = crossing("start");

    if (err)
        return err;
    make_queues(dev);
    memcpy(dev->mac, (const uint8_t[6]){ 2, 0, 0, 0, 0, 1 }, 6);
    return 0;
}

static void drop_frames(struct ixl_device *dev)
{
    (void)dev;
    crossing("drop");
}

static int restart(struct ixl_device *dev)
{
    (void)dev;
    return crossing("restart");
}

static void ring_position(struct ixl_device *dev, bool tx, uint16_t queue, uint32_t *head,
                          uint32_t *tail)
{
    (void)dev;
    *head = tx ? fake.tx_head[queue] : fake.rx_head[queue];
    *tail = tx ? fake.tx_tail[queue] : 0xffff;
    if (fake.moves_when_read)
        fake.tx_head[queue]++;
}

static uint64_t refused(struct ixl_device *dev)
{
    (void)dev;
    return fake.refused;
}

static bool tx_paused(struct ixl_device *dev)
{
    (void)dev;
    return fake.paused;
}

static void stop(struct ixl_device *dev)
{
    crossing("stop");
    free_queues(dev);
}

static int get_link(struct ixl_device *dev, struct ixl_link *out)
{
    fake.link_reads++;
    if (fake.removed) {
        atomic_store(&dev->removed, true);
        return -IXL_ENODEV;
    }
    *out = (struct ixl_link){ fake.regs[0] != 0, true, fake.regs[0] };
    dev->link_changes += dev->link.up != out->up;
    dev->link = *out;
    return 0;
}

static int set_promisc(struct ixl_device *dev, bool on)
{
    (void)dev;
    fake.regs[1] = on;
    return fake.removed ? -IXL_ENODEV : 0;
}

static int set_mac(struct ixl_device *dev, const uint8_t mac[6])
{
    (void)dev;
    fake.regs[2] = mac[5];
    return fake.removed ? -IXL_ENODEV : 0;
}

static void caps(const struct ixl_device *dev, struct ixl_caps *out)
{
    (void)dev;
    *out = fake.caps;
}

static int set_features(struct ixl_device *dev, uint64_t active)
{
    if (fake.settings_error)
        return fake.settings_error;
    fake.told.active = active;
    return set_promisc(dev, active & IXL_FEAT_PROMISC);
}

static int set_rss(struct ixl_device *dev, const struct ixl_rss *rss)
{
    (void)dev;
    if (!fake.settings_error)
        fake.told.rss = *rss;
    return fake.settings_error;
}

static int set_addresses(struct ixl_device *dev, const struct ixl_settings *set)
{
    (void)dev;
    if (!fake.settings_error)
        fake.told = *set;
    return fake.settings_error;
}

static int set_vlan(struct ixl_device *dev, uint16_t id, bool on)
{
    (void)dev;
    if (!fake.settings_error)
        fake.told.vlans[id / 32] = on ? 1u << id % 32 : 0;
    return fake.settings_error;
}

/* In steps of 10 us. */
static int set_moderation(struct ixl_device *dev, unsigned vector, uint32_t us)
{
    if (!fake.settings_error)
        dev->set.moderation_us[vector] = us / 10 * 10;
    return fake.settings_error;
}

static int update_stats(struct ixl_device *dev)
{
    (void)dev;
    return fake.removed ? -IXL_ENODEV : 0;
}

static void totals(struct ixl_device *dev, struct ixl_device_stats *out)
{
    (void)dev;
    *out = fake.totals;
}

static void visit_stats(struct ixl_device *dev,
                        void (*emit)(void *ctx, const char *name, uint64_t value), void *ctx)
{
    (void)dev;
    emit(ctx, "rx_missed", 42);
    emit(ctx, "a_name_that_is_much_longer_than_the_forty_seven_bytes_there_are", 43);
}

static void nic_unmask(struct ixl_device *dev, unsigned vector)
{
    (void)dev;
    step();
    fake.nic_open[vector] = true;
}

static void nic_mask(struct ixl_device *dev, unsigned vector)
{
    (void)dev;
    step();
    fake.nic_open[vector] = false;
}

static bool nic_ack(struct ixl_device *dev, unsigned vector)
{
    (void)dev;
    (void)vector;
    fake.acks++;
    return !fake.ack_says_no;
}

static void nic_events(struct ixl_device *dev, bool on)
{
    fake.events_open = on;
    if (dev->irq_vectors > 1)
        fake.nic_open[dev->irq_vectors - 1] = on;
}

static const struct ixl_pci_row rows[] = {
    { FAKE_VENDOR, FAKE_DEVICE, "Fake NIC", FAKE_QUEUES, FAKE_QUEUES, 9500, 0, 0, "-" },
};

const struct ixl_driver fake_driver = {
    .name = "fake",
    .rows = rows,
    .n_rows = 1,
    .dev_size = sizeof(struct ixl_device),
    .quiesce = quiesce,
    .start = start,
    .stop = stop,
    .get_link = get_link,
    .set_promisc = set_promisc,
    .set_mac = set_mac,
    .caps = caps,
    .set_features = set_features,
    .set_rss = set_rss,
    .set_addresses = set_addresses,
    .set_vlan = set_vlan,
    .set_moderation = set_moderation,
    .update_stats = update_stats,
    .totals = totals,
    .visit_stats = visit_stats,
    .irq_unmask = nic_unmask,
    .irq_mask = nic_mask,
    .irq_ack = nic_ack,
    .irq_events = nic_events,
    .drop_frames = drop_frames,
    .restart = restart,
    .ring_position = ring_position,
    .refused = refused,
    .tx_paused = tx_paused,
};

const struct ixl_driver *const ixl_driver_table[] = { &fake_driver, NULL };
