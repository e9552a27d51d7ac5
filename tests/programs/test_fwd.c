// SPDX-License-Identifier: MIT
/* ixl-fwd between two processes of ixl-pktgen's ends, every frame accounted for. */
#include <string.h>

#include "run.h"

#define FRAMES 5000u

/* Shell: `moving` is true once the forwarder, whose rates the file of that name has, has received
 * on both devices; `calm` while nothing moves. `await` tries for a minute and more, which only what
 * hangs takes. */
static const char shell[] =
    "await() { for i in $(seq 1200); do \"$@\" && return; sleep 0.05; done; return 1; }\n"
    "moving() { [ $(grep -o '^[^ ]* rx [1-9]' rates | sort -u | wc -l) = ${1-2} ]; }\n"
    "calm() { [ $(tail -n 2 rates | grep -c ' rx 0 pps .* tx 0 pps ') = 2 ]; }\n"
    "sockets() { for s; do [ -S $s ] || return; done; }\n"
    "rm -f *.sock rates\n";

/* Run ixl-fwd with these options while ixl-pktgen sends FRAMES frames through it. */
static void forward(const char *options, const char *generator_options)
{
    const struct outcome *o =
        run("%sixl-fwd --json %s sim:82599,wire=unix:b.sock,a.sock "
            "sim:x540,wire=unix:c.sock,d.sock >fwd.json 2>>rates & pid=$!\n"
            "await sockets b.sock c.sock\n"
            "ixl-pktgen --json --quiet --count %u --rate 20k %s sim:82599,wire=unix:a.sock,b.sock "
            "--peer sim:82599,wire=unix:d.sock,c.sock >gen.json\n"
            "gen=$?; : >rates; await calm; kill -INT $pid; wait $pid; fwd=$?\n"
            "[ $gen$fwd = 00 ] || { cat rates; echo generator $gen, forwarder $fwd; exit 1; } >&2",
            shell, options, FRAMES, generator_options);
    if (o->status != 0)
        fail_msg("%s", o->err);
}

static uint64_t of(const char *file, const char *path)
{
    return json_value(run("cat %s", file)->out, path);
}

/*
 * Nothing is lost or invented inside a process: what the forwarder received it sent or counted as
 * dropped. Between processes a socket that is full for long loses frames, as wires do.
 */
static void assert_accounted(void)
{
    uint64_t sent = of("gen.json", "sent"), received = of("gen.json", "received");
    uint64_t intact = of("gen.json", "intact");
    uint64_t end_missed = of("gen.json", "devices.1.counters.rx_missed");
    uint64_t in = of("fwd.json", "devices.0.rx_pkts"), out = of("fwd.json", "devices.1.tx_pkts");
    uint64_t missed = of("fwd.json", "devices.0.counters.rx_missed");

    assert_int_equal(sent, FRAMES);
    assert_true(sent >= in + missed);
    assert_int_equal(in, out + of("fwd.json", "dropped_from_a"));
    assert_true(out >= received + end_missed);
    assert_int_equal(intact, received);
    assert_true(intact > 0);
}

static void polling_accounts_for_every_frame(void **state)
{
    (void)state;
    forward("--irq-timeout 0", "");
    assert_accounted();
    assert_int_equal(of("fwd.json", "copied"), 0);
}

static void interrupts_account_for_every_frame(void **state)
{
    (void)state;
    forward("--irq-timeout 100", "--irq-timeout 100");
    assert_accounted();
    assert_true(of("fwd.json", "devices.0.counters.rxq0_irqs") > 0);
}

static void several_queues_account_for_every_frame(void **state)
{
    (void)state;
    forward("--irq-timeout 100 --queues 3", "--queues 2");
    assert_accounted();
}

static void large_frames_are_forwarded(void **state)
{
    (void)state;
    forward("--irq-timeout 100 --max-frame 9000", "--size 9000");
    assert_accounted();
    forward("--irq-timeout 0 --max-frame 9000", "--size 9000");
    assert_accounted();
}

static void both_ways_are_served(void **state)
{
    static const char *const modes[] = { "0", "100" };

    (void)state;
    for (int i = 0; i < 2; i++) {
        const struct outcome *o =
            run("%sixl-pktgen sim:82599,wire=pcap:,a.pcap --count 100 --quiet >/dev/null\n"
                "ixl-pktgen sim:82599,wire=pcap:,b.pcap --count 70 --quiet >/dev/null\n"
                "ixl-fwd sim:82599,wire=pcap:a.pcap,a.out sim:82599,wire=pcap:b.pcap,b.out "
                "--irq-timeout %s --json 2>rates & pid=$!\n"
                "await moving && await calm; kill -TERM $pid; wait $pid",
                shell, modes[i]);
        assert_int_equal(o->status, 0);
        assert_int_equal(json_value(o->out, "devices.0.rx_pkts"), 100);
        assert_int_equal(json_value(o->out, "devices.1.tx_pkts"), 100);
        assert_int_equal(json_value(o->out, "devices.1.rx_pkts"), 70);
        assert_int_equal(json_value(o->out, "devices.0.tx_pkts"), 70);
    }
}

/* Buffers of one driver's pool in another's rings. */
static void devices_of_different_drivers_forward_to_each_other(void **state)
{
    static const char *const pairs[][2] = { { "virtio-net", "virtio-net-packed" },
                                            { "virtio-net", "82599" },
                                            { "82599", "virtio-net-packed" },
                                            { "virtio-net-rss", "i350" } };

    (void)state;
    assert_int_equal(
        run("ixl-pktgen sim:82599,wire=pcap:,a.pcap --count 300 --size 400 --quiet >/dev/null &&"
            "ixl-pktgen sim:virtio-net,wire=pcap:,b.pcap --count 200 --quiet >/dev/null")
            ->status,
        0);
    for (int i = 0; i < 8; i++) {
        const struct outcome *o =
            run("%sixl-fwd sim:%s,wire=pcap:a.pcap,a.out sim:%s,wire=pcap:b.pcap,b.out "
                "--irq-timeout %s --json 2>rates & pid=$!\n"
                "await moving && await calm; kill -TERM $pid; wait $pid",
                shell, pairs[i / 2][0], pairs[i / 2][1], i % 2 ? "0" : "100");
        assert_int_equal(o->status, 0);
        assert_int_equal(json_value(o->out, "devices.0.rx_pkts"), 300);
        assert_int_equal(json_value(o->out, "devices.1.tx_pkts"), 300);
        assert_int_equal(json_value(o->out, "devices.1.rx_pkts"), 200);
        assert_int_equal(json_value(o->out, "devices.0.tx_pkts"), 200);
        assert_int_equal(run("[ $(stat -c %%s a.pcap) = "
                             "$(stat -c %%s b.out) ]")
                             ->status,
                         0);
    }
}

/* The wire of the second device leads to a socket that nobody reads. */
static void what_cannot_be_sent_is_counted(void **state)
{
    static const char *const modes[] = { "0", "100" };

    (void)state;
    run("ixl-pktgen sim:82599,wire=pcap:,many.pcap --count 3000 --size 1000 --quiet");
    for (int i = 0; i < 2; i++) {
        const struct outcome *o = run(
            "%spython3 -c 'import socket, time\n"
            "s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(\"sink.sock\")\n"
            "time.sleep(1000)' & sink=$!\n"
            "await sockets sink.sock\n"
            "ixl-fwd sim:82599,wire=pcap:many.pcap, sim:82599,wire=unix:src.sock,sink.sock "
            "--tx-ring 64 --irq-timeout %s --json 2>rates & pid=$!\n"
            "await moving 1 && await calm; kill -INT $pid; wait $pid; r=$?; kill $sink; exit $r",
            shell, modes[i]);
        assert_int_equal(o->status, 0);
        uint64_t dropped = json_value(o->out, "dropped_from_a");
        assert_true(dropped > 0);
        assert_int_equal(json_value(o->out, "devices.0.rx_pkts"),
                         json_value(o->out, "devices.1.tx_pkts") + dropped);
    }
}

static void stops_at_a_signal_though_all_threads_sleep(void **state)
{
    (void)state;
    const struct outcome *o =
        run("%sixl-fwd sim:82599,wire=loop sim:x540,wire=loop --irq-timeout 3600000 2>rates & "
            "pid=$!\n"
            "await calm; kill -INT $pid; wait $pid",
            shell);
    assert_int_equal(o->status, 0);
    assert_contains(o->out, "forwarded with interrupts");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(polling_accounts_for_every_frame),
        cmocka_unit_test(interrupts_account_for_every_frame),
        cmocka_unit_test(several_queues_account_for_every_frame),
        cmocka_unit_test(large_frames_are_forwarded),
        cmocka_unit_test(both_ways_are_served),
        cmocka_unit_test(devices_of_different_drivers_forward_to_each_other),
        cmocka_unit_test(what_cannot_be_sent_is_counted),
        cmocka_unit_test(stops_at_a_signal_though_all_threads_sleep),
    };
    return cmocka_run_group_tests_name("ixl-fwd", tests, scratch_make, scratch_remove);
}
