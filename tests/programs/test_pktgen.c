// SPDX-License-Identifier: MIT
/* ixl-pktgen: every frame counted, changes noticed, the driver's counts compared. */
#include <stdio.h>

#include "run.h"

static void assert_all_intact(const struct outcome *o, uint64_t frames)
{
    if (o->status != 0)
        fail_msg("exit code %d: %s%s", o->status, o->err, o->out);
    assert_int_equal(json_value(o->out, "sent"), frames);
    assert_int_equal(json_value(o->out, "intact"), frames);
    assert_int_equal(json_value(o->out, "corrupted"), 0);
    assert_int_equal(json_value(o->out, "lost"), 0);
    assert_int_equal(json_value(o->out, "tx_agrees"), 1);
    assert_int_equal(json_value(o->out, "rx_agrees"), 1);
}

static void frames_come_back_from_a_loop(void **state)
{
    static const char *const models[] = { "82599", "x540" };

    (void)state;
    for (int i = 0; i < 2; i++)
        assert_all_intact(
            run("ixl-pktgen sim:%s,wire=loop --receive --strict --count 20k --rate 200k "
                "--json --quiet",
                models[i]),
            20000);
}

static void interrupts_serve_as_well(void **state)
{
    (void)state;
    assert_all_intact(run("ixl-pktgen sim:82599,wire=loop --receive --strict --count 5k --rate 50k "
                          "--irq-timeout 100 --json --quiet"),
                      5000);
}

static void large_frames_take_several_descriptors(void **state)
{
    (void)state;
    const struct outcome *o = run("ixl-pktgen sim:82599,wire=loop --receive --strict --count 2k "
                                  "--rate 20k --size 9000 --json --quiet");
    assert_all_intact(o, 2000);
    assert_int_equal(json_value(o->out, "sent_bytes"), 2000 * 9000);
}

/* Rings that hold all frames: none is lost, however slow the machine. */
static void flows_spread_over_the_queues_of_a_peer(void **state)
{
    (void)state;
    const struct outcome *o =
        run("ixl-pktgen sim:82599,wire=pair:p --peer sim:x540,wire=pair:p --queues 4 --strict "
            "--vary src-port,dst-ip --count 4000 --rx-ring 4096 --rate 100k --json --quiet");
    uint64_t sum = 0;

    assert_all_intact(o, 4000);
    for (int q = 0; q < 4; q++) {
        char path[64];
        snprintf(path, sizeof(path), "devices.1.counters.rxq%d_pkts", q);
        uint64_t n = json_value(o->out, path);
        assert_true(n > 0);
        sum += n;
    }
    assert_int_equal(sum, 4000);
}

/* Between two devices that insert and take out, whatever hangs on the same switch. */
static void tags_go_in_and_out(void **state)
{
    (void)state;
    const struct outcome *o = run("ixl-pktgen sim:82576,wire=pair:v --peer sim:x540,wire=pair:v "
                                  "--vlan 42 --strict --count 2k --rate 50k --rx-ring 4096 --json "
                                  "--quiet");
    assert_all_intact(o, 2000);
    assert_int_equal(json_value(o->out, "sent_bytes"), 2000 * 64);
    assert_fails(run("ixl-pktgen sim:82599 --vlan 4096"), 2, "ixl-pktgen", "--vlan: '4096'");
}

static void the_last_frames_are_sent_however_small_the_count(void **state)
{
    (void)state;
    assert_all_intact(run("ixl-pktgen sim:82599,wire=loop --receive --strict --count 1 --json"), 1);
    assert_all_intact(run("ixl-pktgen sim:82599,wire=loop --receive --strict --count 3 --queues 4 "
                          "--burst 1 --json"),
                      3);
}

static void without_a_receiver_it_only_sends(void **state)
{
    (void)state;
    const struct outcome *o = run("ixl-pktgen sim:82599 --count 1000 --json --quiet");
    assert_int_equal(o->status, 0);
    assert_int_equal(json_value(o->out, "devices.0.tx_pkts"), 1000);
    assert_int_equal(json_value(o->out, "devices.0.tx_bytes"), 60000);
}

/* Record ten frames, change one byte of one payload, play them to a receiver. */
static void a_changed_frame_is_noticed(void **state)
{
    static const char options[] = "--count 10 --size 100 --flows 1 --json --quiet "
                                  "--mac 02:00:00:00:00:07 --dst-mac 02:00:00:00:00:07";

    (void)state;
    assert_int_equal(run("ixl-pktgen sim:82599,wire=pcap:,sent.pcap %s", options)->status, 0);
    assert_int_equal(
        run("ixl-pktgen sim:82599,wire=pcap:sent.pcap, --receive --strict %s", options)->status, 0);
    run("printf X | dd of=sent.pcap bs=1 seek=$((24 + 16 + 90)) conv=notrunc");
    const struct outcome *o =
        run("ixl-pktgen sim:82599,wire=pcap:sent.pcap, --receive %s", options);
    assert_int_equal(o->status, 1);
    assert_contains(o->err, "1 frames came back changed");
    assert_int_equal(json_value(o->out, "corrupted"), 1);
    assert_int_equal(json_value(o->out, "intact"), 9);
}

static void strict_fails_when_frames_are_lost(void **state)
{
    (void)state;
    const struct outcome *o =
        run("ixl-pktgen sim:82599,wire=pair:s --peer sim:82599,wire=pair:s --strict --count 10 "
            "--dst-mac 02:00:00:00:00:99 --json --quiet");
    assert_int_equal(o->status, 1);
    assert_contains(o->err, "10 frames were lost");
    assert_int_equal(json_value(o->out, "lost"), 10);
}

static void stops_at_a_signal_with_a_summary(void **state)
{
    static const char *const signals[] = { "INT", "TERM", "HUP" };

    (void)state;
    for (int i = 0; i < 3; i++) {
        const struct outcome *o = run("timeout --preserve-status -k 30 -s %s 1.5 ixl-pktgen "
                                      "sim:82599,wire=loop --receive --rate 1k",
                                      signals[i]);
        assert_int_equal(o->status, 0);
        assert_contains(o->out, "the driver agrees");
        assert_contains(o->err, "pps");
    }
}

static void stops_after_the_duration(void **state)
{
    (void)state;
    const struct outcome *o =
        run("timeout 60 ixl-pktgen sim:82599,wire=loop --rate 1k --duration 0.2 --json");
    assert_int_equal(o->status, 0);
    assert_int_equal(json_value(o->out, "tx_agrees"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_back_from_a_loop),
        cmocka_unit_test(interrupts_serve_as_well),
        cmocka_unit_test(large_frames_take_several_descriptors),
        cmocka_unit_test(flows_spread_over_the_queues_of_a_peer),
        cmocka_unit_test(tags_go_in_and_out),
        cmocka_unit_test(the_last_frames_are_sent_however_small_the_count),
        cmocka_unit_test(without_a_receiver_it_only_sends),
        cmocka_unit_test(a_changed_frame_is_noticed),
        cmocka_unit_test(strict_fails_when_frames_are_lost),
        cmocka_unit_test(stops_at_a_signal_with_a_summary),
        cmocka_unit_test(stops_after_the_duration),
    };
    return cmocka_run_group_tests_name("ixl-pktgen", tests, scratch_make, scratch_remove);
}
