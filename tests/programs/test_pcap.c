// SPDX-License-Identifier: MIT
/* ixl-pcap: what it writes is what came, in both formats, read back with libpcap. */
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>

#include "run.h"

#define NUM_FRAMES 20u

/* Frame i: for nobody in particular, 60 + 50 * i bytes, UDP port 53 in every fifth. */
static size_t make_frame(uint8_t *frame, unsigned i)
{
    static const uint8_t head[] = {
        0x02, 0,    0,  0,  0, 0x42, 0x02, 0, 0,  0,  0, 0x43, 0x08, 0x00, /* Ethernet */
        0x45, 0,    0,  46, 0, 0,    0,    0, 64, 17, 0, 0,    10,   0,
        0,    1,    10, 0,  0, 2,             /* IPv4 */
        0x12, 0x34, 0,  0,  0, 26,   0,    0, /* UDP */
    };
    size_t len = 60 + 50 * i;

    memset(frame, (int)i, len);
    memcpy(frame, head, sizeof(head));
    frame[37] = i % 5 == 0 ? 53 : 54;
    return len;
}

static void write_input(void)
{
    pcap_t *p = pcap_open_dead(DLT_EN10MB, 65535);
    pcap_dumper_t *out = pcap_dump_open(p, "in.pcap");
    uint8_t frame[2048];

    assert_non_null(out);
    for (unsigned i = 0; i < NUM_FRAMES; i++) {
        struct pcap_pkthdr h = { .ts = { .tv_sec = 1 } };
        h.len = h.caplen = (bpf_u_int32)make_frame(frame, i);
        pcap_dump((u_char *)out, &h, frame);
    }
    pcap_dump_close(out);
    pcap_close(p);
}

/* The file holds frames first, first + step, ... of the input, at most snaplen bytes each. */
static void assert_captured(const char *path, unsigned first, unsigned step, size_t snaplen)
{
    char err[PCAP_ERRBUF_SIZE];
    pcap_t *p = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, err);
    struct pcap_pkthdr *h;
    const u_char *data;
    uint8_t frame[2048];
    unsigned i = first;

    if (!p)
        fail_msg("%s: %s", path, err);
    assert_int_equal(pcap_datalink(p), DLT_EN10MB);
    for (; pcap_next_ex(p, &h, &data) == 1; i += step) {
        assert_true(i < NUM_FRAMES);
        size_t len = make_frame(frame, i);
        assert_int_equal(h->len, len);
        assert_int_equal(h->caplen, len < snaplen ? len : snaplen);
        assert_memory_equal(data, frame, h->caplen);
        assert_true(h->ts.tv_sec > 1600000000);
    }
    assert_string_equal(pcap_geterr(p), "");
    assert_true(i >= NUM_FRAMES);
    pcap_close(p);
}

static void assert_ok(const struct outcome *o)
{
    if (o->status != 0)
        fail_msg("exit code %d: %s", o->status, o->err);
}

static void writes_pcapng_and_pcap(void **state)
{
    static const char *const names[] = { "o.pcapng", "o.pcap", "o.xyz" };
    static const uint8_t magic[3][4] = { { 0x0a, 0x0d, 0x0d, 0x0a },
                                         { 0x4d, 0x3c, 0xb2, 0xa1 },
                                         { 0x0a, 0x0d, 0x0d, 0x0a } };

    (void)state;
    write_input();
    for (int i = 0; i < 3; i++) {
        const struct outcome *o =
            run("ixl-pcap sim:82599,wire=pcap:in.pcap, %s --count %u", names[i], NUM_FRAMES);
        assert_ok(o);
        assert_contains(o->out, "captured 20 frames");
        assert_captured(names[i], 0, 1, 65535);
        FILE *f = fopen(names[i], "rb");
        uint8_t start[4] = { 0 };
        assert_non_null(f);
        assert_int_equal(fread(start, 1, 4, f), 4);
        fclose(f);
        assert_memory_equal(start, magic[i], 4);
    }
}

/* Frames whose checksums a neighbour has left unfinished come out as they are on a wire. */
static void a_virtio_device_is_captured_as_any_other(void **state)
{
    static const char *const devices[] = { "virtio-net", "virtio-net-packed", "virtio-net-rss" };

    (void)state;
    write_input();
    for (int i = 0; i < 3; i++) {
        const struct outcome *o =
            run("ixl-pcap sim:%s,wire=pcap:in.pcap, o.pcapng --count %u", devices[i], NUM_FRAMES);
        assert_ok(o);
        assert_contains(o->out, "captured 20 frames");
        assert_captured("o.pcapng", 0, 1, 65535);
    }
}

static void other_readers_agree(void **state)
{
    static const char *const readers[] = { "tcpdump -n -r", "tshark -n -r" };
    unsigned found = 0;

    (void)state;
    write_input();
    assert_ok(run("ixl-pcap sim:x540,wire=pcap:in.pcap, o.pcapng --count %u", NUM_FRAMES));
    for (int i = 0; i < 2; i++) {
        if (run("command -v %s", readers[i])->status != 0)
            continue;
        const struct outcome *o = run("%s o.pcapng | wc -l", readers[i]);
        assert_ok(o);
        assert_string_equal(o->out, "20\n");
        found++;
    }
    if (!found) {
        print_message("skipped: neither tcpdump nor tshark is installed\n");
        skip();
    }
}

static void format_and_snaplen_can_be_chosen(void **state)
{
    (void)state;
    write_input();
    assert_ok(run("ixl-pcap sim:82599,wire=pcap:in.pcap, o --format pcap --snaplen 96 --count %u",
                  NUM_FRAMES));
    assert_captured("o", 0, 1, 96);
    assert_ok(
        run("ixl-pcap sim:82599,wire=pcap:in.pcap, o.pcapng --snaplen 61 --count %u", NUM_FRAMES));
    assert_captured("o.pcapng", 0, 1, 61);
}

static void the_filter_selects(void **state)
{
    (void)state;
    write_input();
    assert_ok(
        run("ixl-pcap sim:82599,wire=pcap:in.pcap, o.pcapng --filter 'udp port 53' --count 4"));
    assert_captured("o.pcapng", 0, 5, 65535);
}

static void standard_output_is_a_live_pcap(void **state)
{
    (void)state;
    write_input();
    const struct outcome *o =
        run("ixl-pcap sim:82599,wire=pcap:in.pcap, - --count %u | cat >o.pcap", NUM_FRAMES);
    assert_ok(o);
    assert_contains(o->err, "captured 20 frames");
    assert_captured("o.pcap", 0, 1, 65535);
}

static void without_promisc_foreign_frames_stay_outside(void **state)
{
    (void)state;
    write_input();
    const struct outcome *o =
        run("ixl-pcap sim:82599,wire=pcap:in.pcap, o.pcap --no-promisc --json "
            "--duration 0.5 --quiet");
    assert_ok(o);
    assert_int_equal(json_value(o->out, "captured"), 0);
}

static void several_queues_make_one_file(void **state)
{
    (void)state;
    assert_ok(run("ixl-pktgen sim:82599,wire=pcap:,many.pcap --count 1000 --quiet"));
    const struct outcome *o = run("ixl-pcap sim:82599,wire=pcap:many.pcap, o.pcapng --queues 4 "
                                  "--count 1000 --json --quiet");
    assert_ok(o);
    assert_int_equal(json_value(o->out, "captured"), 1000);
}

static void ends_whole_at_a_signal(void **state)
{
    (void)state;
    write_input();
    assert_ok(run(
        "timeout --preserve-status -k 30 -s INT 2 ixl-pcap sim:82599,wire=pcap:in.pcap, o.pcapng"));
    assert_captured("o.pcapng", 0, 1, 65535);
}

static void what_cannot_be_written_is_said_once(void **state)
{
    (void)state;
    write_input();
    assert_fails(run("ixl-pcap sim:82599,wire=pcap:in.pcap, nowhere/o.pcap --quiet"), 1,
                 "ixl-pcap: ", "nowhere/o.pcap");
    static const char *const files[] = { "- >/dev/full", "/dev/full >.summary" };
    for (int i = 0; i < 2; i++) {
        const struct outcome *o = run("ixl-pcap sim:82599,wire=pcap:in.pcap, --quiet --count %u %s",
                                      NUM_FRAMES, files[i]);
        assert_int_equal(o->status, 1);
        const char *first = strstr(o->err, "cannot write");
        assert_non_null(first);
        assert_null(strstr(first + 1, "cannot write"));
    }
}

static void a_file_at_its_limit_is_a_failure(void **state)
{
    (void)state;
    write_input();
    const struct outcome *o = run(
        "ulimit -f 1; ixl-pcap sim:82599,wire=pcap:in.pcap, o.pcap --quiet --count %u", NUM_FRAMES);
    assert_int_equal(o->status, 1);
    assert_contains(o->err, "cannot write to o.pcap");
}

/* A FIFO is waited for, in a way that can be ended. */
static void a_fifo_is_served_once_it_is_read(void **state)
{
    (void)state;
    write_input();
    assert_ok(run("mkfifo fifo; ixl-pcap sim:82599,wire=pcap:in.pcap, fifo --format pcap --count "
                  "%u >said & cat fifo >o.pcap; wait $!",
                  NUM_FRAMES));
    assert_captured("o.pcap", 0, 1, 65535);
    const struct outcome *o =
        run("timeout --preserve-status -k 30 -s INT 1 ixl-pcap sim:82599 fifo --quiet");
    assert_int_equal(o->status, 1);
    assert_contains(o->err, "nobody came to read it");
}

/* A reader that takes nothing does not keep the program from stopping. */
static void a_stalled_reader_can_be_left(void **state)
{
    (void)state;
    assert_ok(
        run("ixl-pktgen sim:82599,wire=pcap:,long.pcap --count 3000 --size 1000 --quiet; "
            "mkfifo stalled; sleep 30 <stalled & reader=$!; "
            "timeout --preserve-status -k 20 -s INT 1 ixl-pcap "
            "sim:82599,wire=pcap:long.pcap, stalled --quiet 2>said; "
            "status=$?; kill $reader; test $status = 1 && grep -q 'cannot write to stalled' said"));
}

/* A replay does not end in the middle without a word, and does not destroy what it reads. */
static void damaged_input_is_refused(void **state)
{
    (void)state;
    write_input();
    assert_ok(run("cp in.pcap cut.pcap; truncate -s -7 cut.pcap"));
    assert_fails(run("ixl-pcap sim:82599,wire=pcap:cut.pcap, o.pcap --duration 0.1"), 1,
                 "ixl-pcap: ", "damaged after frame 19");
    assert_fails(run("ixl-pcap sim:82599,wire=pcap:in.pcap,./in.pcap o.pcap --duration 0.1"), 1,
                 "ixl-pcap: ", "the same file");
    assert_fails(run("ixl-pcap sim:82599,wire=pcap:in.pcap, ./in.pcap --duration 0.1"), 2,
                 "ixl-pcap: ", "of the device's own wire");
    assert_fails(run("ixl-pcap sim:82599,wire=pcap:in.pcap,new.pcap new.pcap --duration 0.1"), 2,
                 "ixl-pcap: ", "of the device's own wire");
    assert_fails(run("ixl-pcap qemu:e1000,dump=in.pcap ./in.pcap --duration 0.1"), 2,
                 "ixl-pcap: ", "of the device's own wire");
    assert_int_equal(run("head -c -7 in.pcap | cmp - cut.pcap")->status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_pcapng_and_pcap),
        cmocka_unit_test(a_virtio_device_is_captured_as_any_other),
        cmocka_unit_test(other_readers_agree),
        cmocka_unit_test(format_and_snaplen_can_be_chosen),
        cmocka_unit_test(the_filter_selects),
        cmocka_unit_test(standard_output_is_a_live_pcap),
        cmocka_unit_test(without_promisc_foreign_frames_stay_outside),
        cmocka_unit_test(several_queues_make_one_file),
        cmocka_unit_test(ends_whole_at_a_signal),
        cmocka_unit_test(what_cannot_be_written_is_said_once),
        cmocka_unit_test(a_file_at_its_limit_is_a_failure),
        cmocka_unit_test(a_fifo_is_served_once_it_is_read),
        cmocka_unit_test(a_stalled_reader_can_be_left),
        cmocka_unit_test(damaged_input_is_refused),
    };
    return cmocka_run_group_tests_name("ixl-pcap", tests, scratch_make, scratch_remove);
}
