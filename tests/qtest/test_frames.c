// SPDX-License-Identifier: MIT
/* The wires: what the NIC sends comes out, what is put in reaches the NIC. */
#include "tests/qtest/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/qemu/qemu.h"

static char dir[64];
static int wire = -1;
static struct sockaddr_un ours, qemus;

static int make_dir(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/ixl-frames-XXXXXX");
    if (mkdtemp(dir) == NULL) {
        return -1;
    }
    ours = (struct sockaddr_un){ .sun_family = AF_UNIX };
    qemus = ours;
    snprintf(ours.sun_path, sizeof(ours.sun_path), "%s/ours", dir);
    snprintf(qemus.sun_path, sizeof(qemus.sun_path), "%s/qemus", dir);
    wire = socket(AF_UNIX, SOCK_DGRAM, 0);
    struct timeval limit = { .tv_sec = 5 };
    setsockopt(wire, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    return bind(wire, (struct sockaddr *)&ours, sizeof(ours));
}

static int remove_dir(void **state)
{
    (void)state;
    close(wire);
    unlink(ours.sun_path);
    return rmdir(dir); /* fails if QEMU's socket was left behind */
}

static void open_on_socket(struct rig *rig, const char *kind)
{
    char options[256], address[700];
    snprintf(options, sizeof(options), "wire=unix:%s,%s", qemus.sun_path, ours.sun_path);
    if (qemu_address(address, sizeof(address), kind, options) == NULL) {
        skip();
    }
    rig_open(rig, address);
}

/* A type for experiments: QEMU's 82574 drops what says it is IP and has a malformed header. */
static void fill(uint8_t *frame, size_t len, unsigned seed)
{
    static const uint8_t head[] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x88, 0xb5
    };
    memcpy(frame, head, sizeof(head));
    for (size_t i = sizeof(head); i < len; i++) {
        frame[i] = (uint8_t)(i * 7 + seed);
    }
}

static void check_sending(const char *kind)
{
    static const size_t sizes[] = { 60, 61, 500, 1514 };
    uint8_t frame[1514], got[2048];
    struct rig rig;

    open_on_socket(&rig, kind);
    for (unsigned i = 0; i < 12; i++) {
        size_t len = sizes[i % 4];
        fill(frame, len, i);
        rig_send(&rig, frame, len);
        assert_int_equal(recv(wire, got, sizeof(got), 0), len);
        assert_memory_equal(got, frame, len);
    }
    rig_close(&rig);
}

static void the_82540em_sends(void **s)
{
    (void)s;
    check_sending("e1000");
}
static void the_82545em_sends(void **s)
{
    (void)s;
    check_sending("82545em");
}
static void the_82544gc_sends(void **s)
{
    (void)s;
    check_sending("82544gc");
}
static void the_82574_sends(void **s)
{
    (void)s;
    check_sending("e1000e");
}

static void check_receiving(const char *kind)
{
    uint8_t frame[1514];
    const uint8_t *got;
    struct rig rig;

    open_on_socket(&rig, kind);
    rig_listen(&rig);
    for (unsigned i = 0; i < 5; i++) {
        fill(frame, 200 + 300 * i, i);
        assert_int_equal(
            sendto(wire, frame, 200 + 300 * i, 0, (struct sockaddr *)&qemus, sizeof(qemus)),
            200 + 300 * i);
        size_t len = rig_receive(&rig, i, &got);
        assert_int_equal(len, 200 + 300 * i);
        assert_memory_equal(got, frame, 200 + 300 * i);
    }
    rig_close(&rig);
}

static void the_82540em_receives(void **s)
{
    (void)s;
    check_receiving("e1000");
}
static void the_82574_receives(void **s)
{
    (void)s;
    check_receiving("e1000e");
}

static void a_loop_returns_what_was_sent(void **state)
{
    uint8_t frame[700];
    const uint8_t *got;
    struct rig rig;
    (void)state;
    rig_open(&rig, "qemu:e1000e,wire=loop");
    rig_listen(&rig);
    for (unsigned i = 0; i < 3; i++) {
        fill(frame, sizeof(frame), 40 + i);
        rig_send(&rig, frame, sizeof(frame));
        assert_int_equal(rig_receive(&rig, i, &got), sizeof(frame));
        assert_memory_equal(got, frame, sizeof(frame));
    }
    rig_close(&rig);
}

static void a_hub_joins_two_nics(void **state)
{
    uint8_t frame[300];
    const uint8_t *got;
    struct rig a, b = { 0 };
    (void)state;
    rig_open(&a, "qemu:e1000e,wire=hub:1;e1000e,wire=hub:1");
    assert_int_equal(OPS->dev_open(a.bus, 1, &b.dev), 0);
    assert_int_equal(OPS->bar_map(b.dev, 0, &b.bar), 0);
    assert_int_equal(ixl_pci_command(b.dev, IXL_PCI_COMMAND_MASTER, 0), 0);
    assert_int_equal(OPS->dma_alloc(b.dev, 4096, 4096, &b.ring), 0);
    assert_int_equal(OPS->dma_alloc(b.dev, 32768, 4096, &b.buf), 0);
    rig_listen(&b);
    fill(frame, sizeof(frame), 9);
    rig_send(&a, frame, sizeof(frame));
    assert_int_equal(rig_receive(&b, 0, &got), sizeof(frame));
    assert_memory_equal(got, frame, sizeof(frame));
    rig_close(&b);
    rig_close(&a);
}

/* An ARP request to slirp's gateway, answered by another's TCP/IP stack. */
static void the_user_wire_answers_arp(void **state)
{
    static const uint8_t ask[60] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2,  0, 0, 0, 0, 9, 8, 6,               /* Ethernet */
        0,    1,    8,    0,    6,    4,    0,  1, 2, 0, 0, 0, 0, 9, 10, 0, 2, 15, /* who asks */
        0,    0,    0,    0,    0,    0,    10, 0, 2, 2,                           /* for whom */
    };
    const uint8_t *got;
    struct rig rig;
    (void)state;
    rig_open(&rig, "qemu:e1000e,mac=02:00:00:00:00:09,wire=user,hostfwd=tcp:127.0.0.1:0-:80");
    rig_listen(&rig);
    rig_send(&rig, ask, sizeof(ask));
    for (unsigned i = 0; i < 8; i++) { /* slirp may send other frames first */
        assert_true(rig_receive(&rig, i, &got) >= 42);
        if (got[12] == 8 && got[13] == 6 && got[21] == 2) {
            assert_memory_equal(got + 28, "\x0a\x00\x02\x02", 4);
            rig_close(&rig);
            return;
        }
    }
    fail_msg("no ARP answer among 8 frames");
}

static size_t file_size(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (size_t)st.st_size : 0;
}

static void check_capture(const char *option)
{
    char path[128], address[256];
    uint8_t frame[100], file[24 + 16 + 100];
    struct rig rig;

    snprintf(path, sizeof(path), "%s/sent,and.pcap", dir); /* a comma must not end it */
    snprintf(address, sizeof(address), "qemu:e1000,%s%s", option, path);
    rig_open(&rig, address);
    fill(frame, sizeof(frame), 77);
    rig_send(&rig, frame, sizeof(frame));
    rig_close(&rig);
    assert_int_equal(file_size(path), sizeof(file)); /* headers and the one frame */
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fread(file, 1, sizeof(file), f), sizeof(file));
    fclose(f);
    unlink(path);
    assert_memory_equal(file + 40, frame, sizeof(frame));
}

static void a_pcap_wire_captures(void **s)
{
    (void)s;
    check_capture("wire=pcap:");
}
static void any_wire_can_be_captured(void **s)
{
    (void)s;
    check_capture("wire=none,dump=");
}

static void what_is_in_the_way_of_a_socket_stays(void **state)
{
    char spec[300];
    struct ixl_os_bus *bus;
    (void)state;
    FILE *f = fopen(qemus.sun_path, "w");
    assert_non_null(f);
    fclose(f);
    snprintf(spec, sizeof(spec), "e1000,wire=unix:%s,%s", qemus.sun_path, ours.sun_path);
    rig_log_start();
    assert_int_equal(OPS->bus_open(spec, &bus), -IXL_EEXIST);
    assert_non_null(strstr(rig_log(), "in the way"));
    assert_int_equal(access(qemus.sun_path, F_OK), 0);
    unlink(qemus.sun_path);
}

static void a_socket_in_use_is_not_taken_away(void **state)
{
    char spec[300];
    struct ixl_os_bus *bus;
    (void)state;
    snprintf(spec, sizeof(spec), "e1000,wire=unix:%s,%s", ours.sun_path, qemus.sun_path);
    rig_log_start();
    assert_int_equal(OPS->bus_open(spec, &bus), -IXL_EBUSY);
    assert_non_null(strstr(rig_log(), "in use"));
    assert_int_equal(access(ours.sun_path, F_OK), 0);
}

static void a_leftover_socket_does_not_hinder(void **state)
{
    struct rig rig;
    (void)state;
    int old = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(bind(old, (struct sockaddr *)&qemus, sizeof(qemus)), 0);
    close(old);
    open_on_socket(&rig, "e1000");
    rig_close(&rig);
}

int main(void)
{
#define ON_WIRE(test) cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)
    const struct CMUnitTest tests[] = {
        ON_WIRE(the_82540em_sends),
        ON_WIRE(the_82545em_sends),
        ON_WIRE(the_82544gc_sends),
        ON_WIRE(the_82574_sends),
        ON_WIRE(the_82540em_receives),
        ON_WIRE(the_82574_receives),
        cmocka_unit_test(a_loop_returns_what_was_sent),
        cmocka_unit_test(a_hub_joins_two_nics),
        cmocka_unit_test(the_user_wire_answers_arp),
        ON_WIRE(a_pcap_wire_captures),
        ON_WIRE(any_wire_can_be_captured),
        ON_WIRE(what_is_in_the_way_of_a_socket_stays),
        ON_WIRE(a_socket_in_use_is_not_taken_away),
        ON_WIRE(a_leftover_socket_does_not_hinder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
