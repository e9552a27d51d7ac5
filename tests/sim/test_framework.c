// SPDX-License-Identifier: MIT
/* Configuration space, packet arithmetic, wires: what no model is needed for beyond a carrier. */
#include "rig.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "packet.h"

#define ONE_BUFFER (1u << 25 | 2)

static struct rig rig, other;
static uint8_t frame[16384];
static char dir[64], path_a[96], path_b[96], spec[256], err[256];

static void names(const char *a, const char *b)
{
    snprintf(path_a, sizeof(path_a), "%s/%s", dir, a);
    snprintf(path_b, sizeof(path_b), "%s/%s", dir, b);
}

/* ---- configuration space -------------------------------------------------- */

static void bars_tell_their_size(void **state)
{
    (void)state;
    struct rig *r = &rig;

    rig_open(r, "82599");
    assert_int_equal(sim_cfg_read(r->nic, 0, 4), 0x10fb8086);
    assert_int_equal(sim_cfg_read(r->nic, 9, 1) | sim_cfg_read(r->nic, 10, 2) << 8, 0x020000);
    sim_cfg_write(r->nic, 0x10, 4, 0xffffffff);
    sim_cfg_write(r->nic, 0x14, 4, 0xffffffff);
    assert_int_equal(sim_cfg_read(r->nic, 0x10, 4), 0xfff8000c);
    assert_int_equal(sim_cfg_read(r->nic, 0x14, 4), 0xffffffff);
    sim_cfg_write(r->nic, 0x18, 4, 0xffffffff);
    assert_int_equal(sim_cfg_read(r->nic, 0x18, 4), 0xffffffe1);
    assert_int_equal(sim_bar_size(r->nic, 0), 0x80000);
    assert_int_equal(sim_bar_size(r->nic, 4), 0x4000);
    assert_int_equal(sim_bar_size(r->nic, 1), 0);
    rig_close(r);
}

static void capabilities_form_a_list(void **state)
{
    (void)state;
    struct rig *r = &rig;
    unsigned seen = 0, at;

    rig_open(r, "x540");
    assert_true(sim_cfg_read(r->nic, 6, 2) & 0x10);
    for (at = sim_cfg_read(r->nic, 0x34, 1); at; at = sim_cfg_read(r->nic, at + 1, 1))
        seen |= 1u << sim_cfg_read(r->nic, at, 1);
    assert_int_equal(seen, 1u << 1 | 1u << 5 | 1u << 0x10 | 1u << 0x11);
    assert_int_equal(sim_cfg_read(r->nic, 0x72, 2), 63);
    r->lenient = true;
    sim_cfg_read(r->nic, 1, 2);
    EXPECT_VIOLATION(r, "configuration access");
    sim_cfg_read(r->nic, 4096, 4);
    EXPECT_VIOLATION(r, "configuration access");
    rig_close(r);
}

static void sleep_and_wake_reset_the_function(void **state)
{
    (void)state;
    struct rig *r = &rig;

    rig_open(r, "82599");
    rig_write(r, 0x5200, 7);
    sim_cfg_write(r->nic, 0x44, 2, 3);
    r->lenient = true;
    assert_int_equal(rig_read(r, 0x5200), 0xffffffff);
    EXPECT_VIOLATION(r, "D3");
    sim_cfg_write(r->nic, 0x44, 2, 0);
    sim_cfg_write(r->nic, 4, 2, 6);
    assert_int_equal(rig_read(r, 0x5200), 0);
    rig_close(r);
}

static void bad_names_make_no_nic(void **state)
{
    (void)state;
    struct sim_options opt = { .engine = SIM_ENGINE_INLINE };
    struct sim_host host = { 0 };

    assert_null(sim_create("82598", &opt, &host, err, sizeof(err)));
    assert_non_null(strstr(err, "82598"));
    assert_null(sim_create("82599", &opt, &host, err, sizeof(err)));
    assert_null(sim_create(NULL, &opt, &host, err, sizeof(err)));
    assert_string_equal(sim_model_list(0)->name, "82599");
    assert_null(sim_model_list(1000));
}

/* ---- packets -------------------------------------------------------------- */

static void check_values_are_right(void **state)
{
    (void)state;
    static const uint8_t rfc1071[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

    assert_int_equal(sim_fcs((const uint8_t *)"123456789", 9), 0xcbf43926);
    assert_int_equal(sim_csum_fold(sim_csum_add(0, rfc1071, 8)), 0x220d);
    assert_int_equal(sim_csum_fold(sim_csum_add(0, rfc1071, 7)), 0x2304);
}

static void any_bytes_can_be_parsed(void **state)
{
    (void)state;
    static const uint16_t types[] = { 0x0800, 0x86dd, 0x8100, 0x88a8 };
    uint32_t x = 12345;
    struct sim_packet p;

    for (unsigned n = 0; n < 200000; n++) {
        size_t len = n % 200;
        uint8_t *f = malloc(len ? len : 1); /* exact, for the sanitizer's sake */
        for (size_t i = 0; i < len; i++)
            f[i] = (uint8_t)((x = x * 1664525u + 1013904223u) >> 24);
        if (len >= 14) {
            f[12] = (uint8_t)(types[n % 4] >> 8);
            f[13] = (uint8_t)types[n % 4];
        }
        if (len > 14)
            f[14] = n & 1 ? 0x60 : 0x45;
        if (len > 24)
            f[16] = f[18] = 0; /* short total lengths are likelier to be right */
        sim_packet_parse(&p, f, len);
        sim_packet_verify(&p, f);
        assert_true(p.ip_end <= len || len < 14);
        free(f);
    }
}

/* ---- wires ---------------------------------------------------------------- */

static void up(struct rig *r, const char *wire)
{
    rig_open(r, "82599");
    rig_init(r);
    rig_rx_queue(r, 0, ONE_BUFFER);
    rig_tx_queue(r);
    struct sim_wire *w = sim_wire_open(wire, err, sizeof(err));
    if (!w)
        print_error("%s\n", err);
    assert_non_null(w);
    sim_attach(r->nic, w);
    rig_rx_on(r);
}

static void transmit(struct rig *r, size_t len, uint8_t mark)
{
    rig_frame(frame, len);
    frame[20] = mark;
    rig_tx_desc(r, frame, len, 0x0b000000, (uint32_t)len << 14);
    rig_tx_go(r);
}

static void bad_descriptions_make_no_wire(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "lop",
        "pair",
        "pair:",
        "tap:",
        "tap:a-name-that-is-too-long",
        "unix:/tmp/x",
        "unix:,b",
        "pcap:/nonexistent,",
        "pcap:/dev/zero,",
        "pcap:,/nonexistent/file",
        "none:",
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        err[0] = '\0';
        assert_null(sim_wire_open(bad[i], err, sizeof(err)));
        assert_true(strlen(err) > 10);
    }
}

static void the_loop_returns_frames(void **state)
{
    (void)state;
    up(&rig, "loop");
    transmit(&rig, 100, 7);
    assert_int_equal(rig_at(&rig, rig_rx_buf(0, 0))[20], 7);
    rig_close(&rig);
}

static void a_pair_connects_two(void **state)
{
    (void)state;
    struct sim_wire *third;

    up(&rig, "pair:test");
    up(&other, "pair:test");
    third = sim_wire_open("pair:test", err, sizeof(err));
    assert_null(third);
    for (uint8_t i = 0; i < 5; i++) {
        transmit(&rig, 100, i);
        transmit(&other, 200, (uint8_t)(i + 10));
    }
    for (uint8_t i = 0; i < 5; i++) {
        assert_int_equal(rig_at(&other, rig_rx_buf(0, i))[20], i);
        assert_int_equal(rig_at(&rig, rig_rx_buf(0, i))[20], i + 10);
    }
    rig_close(&other);
    transmit(&rig, 100, 0); /* into the void */
    up(&other, "pair:test");
    transmit(&rig, 100, 42);
    assert_int_equal(rig_at(&other, rig_rx_buf(0, 0))[20], 42);
    rig_close(&rig);
    rig_close(&other);
}

static void an_inline_peer_without_buffers_loses_frames(void **state)
{
    (void)state;
    struct sim_counters c;

    up(&rig, "pair:test");
    up(&other, "pair:test");
    for (unsigned i = 0; i < 4096 + 63 + 10; i++)
        transmit(&rig, 64, 0);
    sim_get_counters(other.nic, &c);
    assert_int_equal(c.rx_no_desc, 10);
    assert_int_equal(rig_read(&other, 0x3fa0), 10); /* RXMPC */
    rig_close(&rig);
    rig_close(&other);
}

static void write_capture(const char *path, unsigned frames, int linktype)
{
    pcap_t *p = pcap_open_dead(linktype, 65535);
    pcap_dumper_t *d = pcap_dump_open(p, path);

    for (unsigned i = 0; i < frames; i++) {
        size_t len = i == 1 ? 42 : i == 2 ? 30000 : 100;
        struct pcap_pkthdr h = { .caplen = (bpf_u_int32)len, .len = (bpf_u_int32)len };
        static uint8_t big[30000];
        rig_frame(big, len);
        big[20] = (uint8_t)i;
        pcap_dump((u_char *)d, &h, big);
    }
    pcap_dump_close(d);
    pcap_close(p);
}

static void captures_are_replayed_and_recorded(void **state)
{
    (void)state;
    names("in.pcap", "out.pcap");
    write_capture(path_a, 5, DLT_EN10MB);
    snprintf(spec, sizeof(spec), "pcap:%s,%s", path_a, path_b);
    up(&rig, spec);
    assert_int_equal(rig_read(&rig, 0x1010), 4); /* the one too long for Ethernet is not there */
    assert_int_equal(rig_get32(&rig, rig_rx_desc(0, 1) + 12) & 0xffff, 60);
    assert_int_equal(rig_at(&rig, rig_rx_buf(0, 2))[20], 3);
    transmit(&rig, 90, 77);
    rig_close(&rig);

    struct pcap_pkthdr *h;
    const u_char *data;
    pcap_t *p = pcap_open_offline(path_b, err);
    assert_non_null(p);
    assert_int_equal(pcap_next_ex(p, &h, &data), 1);
    assert_int_equal(h->caplen, 90);
    assert_int_equal(data[20], 77);
    assert_int_equal(pcap_next_ex(p, &h, &data), -2);
    pcap_close(p);
    unlink(path_b);

    write_capture(path_a, 1, DLT_RAW);
    snprintf(spec, sizeof(spec), "pcap:%s,", path_a);
    assert_null(sim_wire_open(spec, err, sizeof(err)));
    unlink(path_a);
}

/* Cut in the middle of a record, or with a length nobody can mean, it is refused as a whole. */
static void a_damaged_capture_is_refused(void **state)
{
    (void)state;
    names("bad.pcap", "");
    snprintf(spec, sizeof(spec), "pcap:%s,", path_a);
    for (int size = 1; size < 300; size += 7) { /* none is the end of a record */
        write_capture(path_a, 5, DLT_EN10MB);
        assert_int_equal(truncate(path_a, size), 0);
        assert_null(sim_wire_open(spec, err, sizeof(err)));
    }
    write_capture(path_a, 5, DLT_EN10MB);
    FILE *f = fopen(path_a, "r+b");
    assert_non_null(f);
    fseek(f, 24 + 116 + 8, SEEK_SET); /* the second record's length */
    fputs("\xff\xff\xff\x7f", f);
    fclose(f);
    assert_null(sim_wire_open(spec, err, sizeof(err)));
    assert_non_null(strstr(err, "damaged after frame 1"));
    unlink(path_a);
}

static void datagrams_are_frames(void **state)
{
    (void)state;
    struct sockaddr_un me = { .sun_family = AF_UNIX }, nic = { .sun_family = AF_UNIX };
    uint8_t got[2048];

    names("nic.sock", "me.sock");
    snprintf(me.sun_path, sizeof(me.sun_path), "%s", path_b);
    snprintf(nic.sun_path, sizeof(nic.sun_path), "%s", path_a);
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&me, sizeof(me)), 0);
    snprintf(spec, sizeof(spec), "unix:%s,%s", path_a, path_b);
    up(&rig, spec);
    rig_frame(frame, 100);
    sendto(fd, frame, 0, 0, (struct sockaddr *)&nic, sizeof(nic));
    sendto(fd, frame, 42, 0, (struct sockaddr *)&nic, sizeof(nic));
    sendto(fd, frame, 16384, 0, (struct sockaddr *)&nic, sizeof(nic));
    sendto(fd, frame, 100, 0, (struct sockaddr *)&nic, sizeof(nic));
    sim_step(rig.nic);
    assert_int_equal(rig_read(&rig, 0x1010), 2);
    assert_int_equal(rig_get32(&rig, rig_rx_desc(0, 0) + 12) & 0xffff, 60);
    assert_int_equal(rig_get32(&rig, rig_rx_desc(0, 1) + 12) & 0xffff, 100);
    transmit(&rig, 80, 9);
    assert_int_equal(recv(fd, got, sizeof(got), MSG_DONTWAIT), 80);
    assert_int_equal(got[20], 9);
    close(fd);
    unlink(path_b);
    transmit(&rig, 80, 9); /* nobody there: lost, and no harm done */
    rig_close(&rig);
    assert_int_equal(access(path_a, F_OK), -1);
}

static int make_dir(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/ixl-sim-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    (void)state;
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bars_tell_their_size),
        cmocka_unit_test(capabilities_form_a_list),
        cmocka_unit_test(sleep_and_wake_reset_the_function),
        cmocka_unit_test(bad_names_make_no_nic),
        cmocka_unit_test(check_values_are_right),
        cmocka_unit_test(any_bytes_can_be_parsed),
        cmocka_unit_test(bad_descriptions_make_no_wire),
        cmocka_unit_test(the_loop_returns_frames),
        cmocka_unit_test(a_pair_connects_two),
        cmocka_unit_test(an_inline_peer_without_buffers_loses_frames),
        cmocka_unit_test(captures_are_replayed_and_recorded),
        cmocka_unit_test(a_damaged_capture_is_refused),
        cmocka_unit_test(datagrams_are_frames),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
