// SPDX-License-Identifier: MIT
/*
 * The same scripts and frames on QEMU's devices: whatever our models are believed to do, others
 * who read the same data sheets have to agree, or the step says why not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/os/os.h"
#include "lib/os/qtest/qtest_os.h"
#include "scripts_1g.h"
#include "tests/qemu/qemu.h"

#define OPS    (&ixl_qtest_ops)
#define MEMORY (256u << 10)

struct bench {
    struct ixl_os_bus *bus;
    struct ixl_os_dev *dev;
    struct ixl_bar bar;
    struct ixl_dma mem;
    int wire;
    char dir[64];
    struct sockaddr_un ours, qemus;
};

/* ---- what the scripts need ------------------------------------------------------------ */

static uint32_t io_read(void *ctx, uint32_t off)
{
    return ixl_bar_read32(&((struct bench *)ctx)->bar, off);
}

static void io_write(void *ctx, uint32_t off, uint32_t val)
{
    ixl_bar_write32(&((struct bench *)ctx)->bar, off, val);
}

static void io_delay(void *ctx, unsigned us)
{
    OPS->delay_us(((struct bench *)ctx)->dev, us);
}

static void host_put(void *ctx, uint32_t off, const void *buf, size_t len)
{
    memcpy((uint8_t *)((struct bench *)ctx)->mem.virt + off, buf, len);
    ixl_wmb();
}

static void host_get(void *ctx, uint32_t off, void *buf, size_t len)
{
    ixl_rmb();
    memcpy(buf, (const uint8_t *)((struct bench *)ctx)->mem.virt + off, len);
}

static void host_inject(void *ctx, const void *frame, size_t len)
{
    struct bench *b = ctx;

    io_read(b, 8); /* register writes are posted: they have to arrive ahead of the frame */
    assert_int_equal(
        sendto(b->wire, frame, len, 0, (const struct sockaddr *)&b->qemus, sizeof(b->qemus)),
        (ssize_t)len);
    io_delay(b, 50000);
}

static size_t host_sent(void *ctx, void *buf, size_t cap)
{
    struct bench *b = ctx;
    struct pollfd fd = { .fd = b->wire, .events = POLLIN };

    if (poll(&fd, 1, 2000) <= 0)
        return 0;
    ssize_t n = recv(b->wire, buf, cap, 0);
    return n < 0 ? 0 : (size_t)n;
}

/* ---- life ------------------------------------------------------------------------------- */

static void make_wire(struct bench *b)
{
    strcpy(b->dir, "/tmp/ixl-scripts-XXXXXX");
    assert_non_null(mkdtemp(b->dir));
    b->ours.sun_family = b->qemus.sun_family = AF_UNIX;
    snprintf(b->ours.sun_path, sizeof(b->ours.sun_path), "%s/ours", b->dir);
    snprintf(b->qemus.sun_path, sizeof(b->qemus.sun_path), "%s/qemus", b->dir);
    b->wire = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(bind(b->wire, (const struct sockaddr *)&b->ours, sizeof(b->ours)), 0);
}

static void remove_wire(struct bench *b)
{
    close(b->wire);
    unlink(b->ours.sun_path);
    rmdir(b->dir);
}

/* False: this machine's QEMU has no such device (counted as skipped by qemu_address). */
static bool bench_open(struct bench *b, const char *kind)
{
    char options[300], address[700];

    memset(b, 0, sizeof(*b));
    make_wire(b);
    snprintf(options, sizeof(options), "wire=unix:%s,%s", b->qemus.sun_path, b->ours.sun_path);
    if (!qemu_address(address, sizeof(address), kind, options)) {
        remove_wire(b);
        return false;
    }
    assert_int_equal(OPS->bus_open(address + strlen("qemu:"), &b->bus), 0);
    assert_int_equal(OPS->dev_open(b->bus, 0, &b->dev), 0);
    assert_int_equal(OPS->bar_map(b->dev, 0, &b->bar), 0);
    assert_int_equal(ixl_pci_command(b->dev, IXL_PCI_COMMAND_MASTER, 0), 0);
    assert_int_equal(OPS->dma_alloc(b->dev, MEMORY, 4096, &b->mem), 0);
    return true;
}

static void bench_close(struct bench *b)
{
    OPS->dev_close(b->dev);
    OPS->bus_close(b->bus);
    remove_wire(b);
}

/* ---- tests --------------------------------------------------------------------------------- */

static void run_scripts(const char *kind, enum script_chip chip)
{
    struct bench b;
    char err[400] = "";

    for (const struct script *s = scripts_1g; s->name; s++) {
        if (!(s->chips & chip))
            continue;
        if (!bench_open(&b, kind))
            skip();
        struct script_io io = { &b, io_read, io_write, io_delay };
        bool ok = script_reset(&io) && script_run(s, SCRIPT_QEMU, &io, err, sizeof(err));
        uint16_t sum = script_nvm_sum(chip, &io);
        bench_close(&b);
        if (!ok)
            fail_msg("%s, %s: %s", kind, s->name, err[0] ? err : "the reset does not end");
        assert_int_equal(sum, 0xbaba);
    }
}

static void run_frames(const char *kind, enum script_chip chip)
{
    struct bench b;
    char err[400] = "";

    for (unsigned i = 0; script_frames_name(i); i++) {
        if (!bench_open(&b, kind))
            skip();
        struct script_host host = { { &b, io_read, io_write, io_delay },
                                    b.mem.addr,
                                    host_put,
                                    host_get,
                                    host_inject,
                                    host_sent };
        bool ok = script_frames_run(i, chip, SCRIPT_QEMU, &host, err, sizeof(err));
        bench_close(&b);
        if (!ok)
            fail_msg("%s, %s: %s", kind, script_frames_name(i), err);
    }
}

static void registers_82540em(void **s)
{
    (void)s;
    run_scripts("e1000", SCRIPT_82540EM);
}
static void registers_82574(void **s)
{
    (void)s;
    run_scripts("e1000e", SCRIPT_82574);
}
static void registers_82576(void **s)
{
    (void)s;
    run_scripts("igb", SCRIPT_82576);
}
static void frames_82540em(void **s)
{
    (void)s;
    run_frames("e1000", SCRIPT_82540EM);
}
static void frames_82574(void **s)
{
    (void)s;
    run_frames("e1000e", SCRIPT_82574);
}
static void frames_82576(void **s)
{
    (void)s;
    run_frames("igb", SCRIPT_82576);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registers_82540em), cmocka_unit_test(registers_82574),
        cmocka_unit_test(registers_82576),   cmocka_unit_test(frames_82540em),
        cmocka_unit_test(frames_82574),      cmocka_unit_test(frames_82576),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
