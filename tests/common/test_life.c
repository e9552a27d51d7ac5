// SPDX-License-Identifier: MIT
/* Opening, closing, who it is, the link, the end of a device. */
#include <dirent.h>
#include <stdio.h>

#include "tests/common/cases.h"
#include "tests/common/stage.h"

struct identity {
    const char *device, *driver;
    uint16_t id, queues;
    uint16_t vendor;
};

#define INTEL  0x8086
#define VIRTIO 0x1af4

static const struct identity identities[] = {
    { "82599", "ixgbe", 0x10fb, 16, INTEL },
    { "x540", "ixgbe", 0x1528, 16, INTEL },
    { "82540em", "e1000", 0x100e, 1, INTEL },
    { "82574", "e1000", 0x10d3, 2, INTEL },
    { "82576", "igb", 0x10c9, 16, INTEL },
    { "i350", "igb", 0x1521, 8, INTEL },
    { "i210", "igb", 0x1533, 4, INTEL },
    { "e1000", "e1000", 0x100e, 1, INTEL },
    { "82545em", "e1000", 0x100f, 1, INTEL },
    { "e1000e", "e1000", 0x10d3, 2, INTEL },
    { "igb", "igb", 0x10c9, 16, INTEL },
    { "virtio-net", "virtio", 0x1041, 8, VIRTIO },
    { "virtio-net-packed", "virtio", 0x1041, 8, VIRTIO },
    { "virtio-net-rss", "virtio", 0x1041, 8, VIRTIO },
};

static const struct identity *identity(void)
{
    for (size_t i = 0; i < sizeof(identities) / sizeof(identities[0]); i++)
        if (strcmp(identities[i].device, device_name()) == 0)
            return &identities[i];
    fail_msg("%s is in no table", device_name());
    return NULL;
}

/* QEMU gives a virtio-net one pair of queues for each its wire has, and rings of 256. */
static bool qemus_virtio(void)
{
    return on_qemu("virtio-net");
}

void the_device_says_who_it_is(void **state)
{
    const struct identity *want = identity();
    struct ixl_dev_cfg cfg = polling();
    struct ixl_device_info info;
    struct ixl_bus_entry entry;
    struct stage s;

    (void)state;
    cfg.max_frame_size = 2000;
    stage_open(&s, "", &cfg);
    assert_int_equal(ixl_get_info(s.dev, &info), 0);
    assert_string_equal(info.driver, want->driver);
    assert_int_equal(info.vendor, want->vendor);
    assert_int_equal(info.device, want->id);
    assert_int_equal(info.max_rx_queues, qemus_virtio() ? 1 : want->queues);
    assert_true(info.hw_max_frame >= MAX_FRAME);
    assert_int_equal(ixl_bus_get(s.bus, 0, &entry), 0);
    assert_string_equal(entry.driver, want->driver);
    assert_int_equal(entry.device, want->id);
    assert_int_equal(ixl_bus_get(s.bus, 1, &entry), -IXL_ENOENT);
    assert_int_equal(ixl_get_num_rx_queues(s.dev), 1);
    assert_int_equal(ixl_get_num_tx_queues(s.dev), 1);
    assert_int_equal(ixl_get_rx_queue_depth(s.dev), qemus_virtio() ? 256 : 512);
    assert_int_equal(ixl_get_tx_queue_depth(s.dev), qemus_virtio() ? 256 : 512);
    assert_int_equal(ixl_get_max_frame_size(s.dev), 2000);
    assert_false(s.mac[0] & 1);
    stage_close(&s);
}

static unsigned open_files(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned n = 0;
    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

void a_hundred_lives_leave_nothing_behind(void **state)
{
    static const int32_t modes[] = { IXL_IRQ_POLL, 1000, IXL_IRQ_EXTERNAL, IXL_IRQ_FOREVER };
    struct ixl_bus *bus = stage_bus("");
    struct ixl_dev_cfg cfg;
    struct stage s;
    unsigned files = open_files();

    (void)state;
    for (unsigned i = 0; i < scaled(on_sim() ? 100 : 30); i++) {
        cfg = waiting(modes[i % 4]);
        stage_open_on(&s, bus, &cfg);
        if (i % 50 == 0) {
            stage_ready(&s);
            frames_exchange(&s, 10, 5, SMALL_FRAME, 1514);
        }
        stage_close_device(&s);
        assert_int_equal(open_files(), files);
    }
    assert_int_equal(log_errors, 0);
    ixl_bus_close(bus);
}

void a_device_is_held_by_one(void **state)
{
    struct ixl_dev_cfg cfg = polling();
    struct ixl_device *second;
    struct stage s;

    (void)state;
    stage_open(&s, "", &cfg);
    assert_int_equal(ixl_init(s.bus, 0, &cfg, &second), -IXL_EBUSY);
    assert_null(second);
    assert_int_equal(log_errors, 1);
    stage_close_device(&s);
    stage_open_on(&s, s.bus, &cfg);
    stage_close(&s);
}

/* Its owner is gone amid traffic and has left everything switched on. */
void a_device_left_running_is_recovered(void **state)
{
    struct ixl_bus *bus = stage_bus("");
    struct stage s;

    (void)state;
    for (unsigned i = 0; i < scaled(50); i++) {
        struct ixl_dev_cfg cfg = i % 2 ? polling() : waiting(1000);
        cfg.num_rx_queues = cfg.num_tx_queues = (uint16_t)(i % 3 && identity()->queues > 1 ? 2 : 1);
        stage_open_on(&s, bus, &cfg);
        stage_ready(&s);
        frames_exchange(&s, 20, 10, SMALL_FRAME, 1514);
        for (unsigned k = 0; k < 20; k++)
            frame_send(&s, SMALL_FRAME, s.mac, k);
        ixl_sim_kill(s.dev);
    }
    struct ixl_dev_cfg cfg = polling();
    stage_open_on(&s, bus, &cfg);
    stage_ready(&s);
    frames_exchange(&s, 100, 20, SMALL_FRAME, 1514);
    /* A dead owner's frames were fetched from memory that is gone: no fault of this one's. */
    ixl_close(s.dev);
    assert_int_equal(ixl_sim_bus_regions(bus->os, 0), 0);
    ixl_bus_close(bus);
}

/* ---- link ----------------------------------------------------------------------------------- */

static void await(struct stage *s, bool up)
{
    uint64_t end = now_ms() + PATIENCE_MS;
    struct ixl_link link;
    unsigned idle = 1000;

    for (;;) {
        assert_int_equal(ixl_get_link(s->dev, &link), 0);
        if (link.up == up)
            break;
        if (now_ms() > end)
            fail_msg("the link does not go %s", up ? "up" : "down");
        breathe(&idle);
    }
    assert_int_equal(ixl_get_link_speed(s->dev) != 0, up);
    assert_int_equal(link.mbps != 0, up);
    assert_int_equal(ixl_get_link_speed(s->dev), link.mbps * 1000000ull / 8 / 1048576);
}

void the_link_is_seen_going_and_coming(void **state)
{
    struct ixl_dev_cfg cfg = polling();
    struct stage s;

    (void)state;
    stage_open(&s, "", &cfg);
    stage_ready(&s);
    uint32_t changes = ixl_get_link_changes(s.dev);
    for (unsigned i = 0; i < 3; i++) {
        stage_plug(&s, false);
        await(&s, false);
        stage_plug(&s, true);
        await(&s, true);
        frames_exchange(&s, 10, 1, SMALL_FRAME, 1514);
    }
    assert_true(ixl_get_link_changes(s.dev) >= changes + 6);
    stage_close(&s);
}

/* ---- the end -------------------------------------------------------------------------------- */

/* Control calls tell at once, receiving from then on, sending when the ring takes no more: it looks
 * at memory alone. */
static void check_gone(struct stage *s)
{
    struct ixl_device_stats stats = { 0, 0, 0, 0 };
    struct ixl_link link;
    struct pkt_buf *buf;
    uint64_t end = now_ms() + PATIENCE_MS;
    int got;

    assert_int_equal(ixl_get_link(s->dev, &link), -IXL_ENODEV);
    do {
        got = ixl_rx_batch(s->dev, 0, &buf, 1);
        if (got == 1)
            ixl_pkt_buf_free(buf);
    } while (got >= 0 && now_ms() < end);
    assert_int_equal(got, -IXL_ENODEV);
    assert_int_equal(ixl_read_stats(s->dev, &stats), -IXL_ENODEV);
    assert_true(stats.rx_pkts == 0 && stats.rx_bytes == 0 && stats.tx_bytes == 0);
    assert_int_equal(ixl_set_promisc(s->dev, true), -IXL_ENODEV);
    for (uint32_t i = 0; got != -IXL_ENODEV || i == 0; i++) {
        buf = frame_make(s, SMALL_FRAME, s->mac, i);
        got = ixl_tx_batch(s->dev, 0, &buf, 1);
        if (got != 1)
            ixl_pkt_buf_free(buf);
        assert_in_range(i, 0, ixl_get_tx_queue_depth(s->dev));
    }
}

void a_removed_device_is_told_and_closed(void **state)
{
    static const int32_t modes[] = { IXL_IRQ_POLL, 200, IXL_IRQ_FOREVER };
    struct stage s;

    (void)state;
    for (unsigned m = 0; m < 3; m++) {
        struct ixl_dev_cfg cfg = waiting(modes[m]);
        stage_open(&s, "", &cfg);
        stage_ready(&s);
        for (unsigned k = 0; k < 20; k++)
            frame_send(&s, SMALL_FRAME, s.mac, k);
        stage_remove(&s);
        check_gone(&s);
        stage_close(&s);
    }
}
