// SPDX-License-Identifier: MIT
/* ixl-info, and what all programs have in common: help, version, exit codes, messages. */
#include <stdio.h>
#include <string.h>

#include "run.h"

static const char *const programs[] = { "ixl-info", "ixl-pktgen", "ixl-pcap", "ixl-fwd" };
#define NUM_PROGRAMS (sizeof(programs) / sizeof(programs[0]))

static void help_teaches_with_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_PROGRAMS; i++) {
        const struct outcome *o = run("%s --help", programs[i]);
        assert_int_equal(o->status, 0);
        assert_contains(o->out, "Examples:");
        assert_contains(o->out, "Exit codes:");
        assert_contains(o->out, "--queues");
    }
}

static void version_names_the_program(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_PROGRAMS; i++) {
        const struct outcome *o = run("%s --version", programs[i]);
        assert_int_equal(o->status, 0);
        assert_true(strncmp(o->out, programs[i], strlen(programs[i])) == 0);
    }
}

static void wrong_usage_exits_with_2(void **state)
{
    static const struct {
        const char *line, *words;
    } cases[] = {
        { "ixl-info --nonsense", "unrecognized option" },
        { "ixl-info --queues 0 sim:82599", "--queues: '0'" },
        { "ixl-info --queues -1 sim:82599", "--queues: '-1'" },
        { "ixl-info --queues 65536 sim:82599", "--queues: '65536'" },
        { "ixl-info --queues two sim:82599", "--queues: 'two'" },
        { "ixl-info --queues '' sim:82599", "--queues: ''" },
        { "ixl-info --rx-ring 99999999999999999999 sim:82599", "--rx-ring" },
        { "ixl-info --rx-ring 1G9 sim:82599", "--rx-ring" },
        { "ixl-info --mac 02:00:00:00:00 sim:82599", "--mac" },
        { "ixl-info --mac 02:00:00:00:00:01:02 sim:82599", "--mac" },
        { "ixl-info --irq-timeout -1 sim:82599", "--irq-timeout" },
        { "ixl-info sim:82599 sim:x540", "too many" },
        { "ixl-info sim:82599 --set promisc", "--set: 'promisc'" },
        { "ixl-info sim:82599 --set promisc=maybe", "--set: 'promisc=maybe'" },
        { "ixl-info sim:82599 --set colour=on", "--set: 'colour=on'" },
        { "ixl-info sim:82599 --set rss=on --set rss=off", "both on and off" },
        { "ixl-info --set rss=on", "--set needs an ADDRESS" },
        { "ixl-info --index 1", "--index needs an ADDRESS" },
        { "ixl-info sim:82599 --list --set rss=on", "--list opens no device" },
        { "ixl-pktgen", "ADDRESS" },
        { "ixl-pktgen sim:82599 sim:x540", "too many" },
        { "ixl-pktgen sim:82599 --size 59", "--size: '59'" },
        { "ixl-pktgen sim:82599 --size 16001", "--size: '16001'" },
        { "ixl-pktgen sim:82599 --size 1000 --max-frame 500", "--max-frame 500" },
        { "ixl-pktgen sim:82599 --count 0", "--count: '0'" },
        { "ixl-pktgen sim:82599 --rate 0", "--rate: '0'" },
        { "ixl-pktgen sim:82599 --burst 4097", "--burst: '4097'" },
        { "ixl-pktgen sim:82599 --flows 0", "--flows: '0'" },
        { "ixl-pktgen sim:82599 --vary colour", "--vary: 'colour'" },
        { "ixl-pktgen sim:82599 --count 1 --vary ''", "--vary" },
        { "ixl-pktgen sim:82599 --count 1 --vary src-ip,", "'src-ip,'" },
        { "ixl-pktgen sim:82599 --src-ip 1.2.3", "--src-ip: '1.2.3'" },
        { "ixl-pktgen sim:82599 --dst-port 65536", "--dst-port: '65536'" },
        { "ixl-pktgen sim:82599 --duration 0", "--duration: '0'" },
        { "ixl-pktgen sim:82599 --duration nan", "--duration: 'nan'" },
        { "ixl-pktgen sim:82599 --strict", "--receive" },
        { "ixl-pktgen sim:82599 --receive --peer sim:x540", "exclude" },
        { "ixl-pcap sim:82599", "FILE" },
        { "ixl-pcap sim:82599 a b", "too many" },
        { "ixl-pcap sim:82599 a --format elf", "--format: 'elf'" },
        { "ixl-pcap sim:82599 a --snaplen 0", "--snaplen: '0'" },
        { "ixl-pcap sim:82599 a --filter 'tcp prot 80'", "--filter 'tcp prot 80'" },
        { "ixl-fwd sim:82599", "two addresses" },
        { "ixl-fwd sim:82599 sim:82599 sim:82599", "too many" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char name[32];
        sscanf(cases[i].line, "%31s", name);
        assert_fails(run("%s", cases[i].line), 2, name, cases[i].words);
    }
}

/* A bad address or configuration: one line that says what is wrong, exit code 1. */
static void bad_devices_exit_with_1(void **state)
{
    static const char *const addresses[] = {
        "''",
        "nonsense",
        "nosuch:thing",
        "sim:nosuchchip",
        "sim:82599,wire=nosuch",
        "sim:82599,nosuch=1",
        "sim:82599,mac=zz",
        "sim:82599,wire=pcap:/nonexistent/in.pcap,",
        "vfio-user:/nonexistent/nic",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        assert_fails(run("ixl-info %s", addresses[i]), 1, "ixl-info: ", "");
        assert_fails(run("ixl-pktgen %s --count 1", addresses[i]), 1, "ixl-pktgen: ", "");
        assert_fails(run("ixl-pcap %s x.pcap", addresses[i]), 1, "ixl-pcap: ", "");
        assert_fails(run("ixl-fwd sim:82599 %s", addresses[i]), 1, "ixl-fwd: ", "");
    }
}

static void bad_configurations_exit_with_1(void **state)
{
    static const char *const options[] = {
        "--queues 1000",           "--rx-ring 100",      "--rx-ring 32",
        "--rx-ring 8192",          "--tx-ring 100",      "--tx-ring 1",
        "--max-frame 1",           "--max-frame 100000", "--mac 01:00:00:00:00:01",
        "--mac ff:ff:ff:ff:ff:ff",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        assert_fails(run("ixl-info sim:82599 %s", options[i]), 1, "ixl-info: ", "");
}

static void an_index_past_the_last_device_fails(void **state)
{
    (void)state;
    assert_fails(run("ixl-info sim:82599 --index 1"), 1, "ixl-info: ", "");
    assert_int_equal(run("ixl-info 'sim:82599;x540' --index 1")->status, 0);
}

static void lists_the_software_devices(void **state)
{
    (void)state;
    const struct outcome *o = run("ixl-info");
    assert_int_equal(o->status, 0);
    assert_contains(o->out, "sim:82599");
    assert_contains(o->out, "sim:x540");
    assert_contains(o->out, "ixgbe");
    o = run("ixl-info --list 'sim:82599;x540'");
    assert_int_equal(o->status, 0);
    assert_contains(o->out, "8086:10fb");
    assert_contains(o->out, "8086:1528");
}

static void the_list_is_json(void **state)
{
    (void)state;
    const struct outcome *o = run("ixl-info --json");
    assert_int_equal(o->status, 0);
    json_value(o->out, "schemes.0.devices.0.vendor");
    o = run("ixl-info --json --list 'sim:82599;x540'");
    assert_int_equal(json_value(o->out, "0.device"), 0x10fb);
    assert_int_equal(json_value(o->out, "1.device"), 0x1528);
}

static void shows_a_device(void **state)
{
    (void)state;
    const struct outcome *o =
        run("ixl-info sim:82599,wire=loop --mac 02:00:00:12:34:56 --queues 3 --rx-ring 256");
    assert_int_equal(o->status, 0);
    assert_contains(o->out, "02:00:00:12:34:56");
    assert_contains(o->out, "8086:10fb");
    assert_contains(o->out, "driver         ixgbe");
    assert_contains(o->out, "link           up, 10000 Mbit/s, full duplex (1192 MiB/s)");
    assert_contains(o->out, "receive        3 of ");
    assert_contains(o->out, "256 descriptors each");
    assert_contains(o->out, "rx_missed");
    assert_string_equal(o->err, "");
}

static void shows_a_device_as_json(void **state)
{
    (void)state;
    const struct outcome *o =
        run("ixl-info --json sim:x540,wire=loop --queues 2 --tx-ring 128 --max-frame 9000");
    assert_int_equal(o->status, 0);
    assert_int_equal(json_value(o->out, "vendor"), 0x8086);
    assert_int_equal(json_value(o->out, "device"), 0x1528);
    assert_int_equal(json_value(o->out, "link.up"), 1);
    assert_int_equal(json_value(o->out, "rx_queues"), 2);
    assert_int_equal(json_value(o->out, "tx_depth"), 128);
    assert_int_equal(json_value(o->out, "max_frame"), 9000);
    assert_true(json_value(o->out, "hw_max_frame") >= 9500);
    assert_true(json_value(o->out, "dma_bytes") > 0);
    assert_int_equal(json_value(o->out, "statistics.rx_pkts"), 0);
}

static void features_are_shown_and_switched(void **state)
{
    (void)state;
    const struct outcome *o = run("ixl-info --json sim:82599");
    assert_int_equal(json_value(o->out, "features.rx-vlan-strip.active"), 0);
    assert_int_equal(json_value(o->out, "features.rx-vlan-strip.changeable"), 1);
    assert_int_equal(json_value(o->out, "features.tx-tso.active"), 1);
    o = run("ixl-info --json sim:82599 --set rx-vlan-strip=on --set rss=off");
    assert_int_equal(o->status, 0);
    assert_int_equal(json_value(o->out, "features.rx-vlan-strip.active"), 1);
    assert_int_equal(json_value(o->out, "features.rss.active"), 0);
    o = run("ixl-info sim:82576 --set rx-vlan-strip=on --set tx-vlan-insert=on");
    assert_int_equal(o->status, 0);
    assert_contains(o->out, "features on ");
    assert_contains(o->out, "only together  rx-vlan-strip tx-vlan-insert\n");
    assert_fails(run("ixl-info sim:82576 --set rx-vlan-strip=on"), 1, "ixl-info: ", "one switch");
    assert_fails(run("ixl-info sim:82599 --set tx-tso=off"), 1, "ixl-info: ", "tx-tso");
}

static void a_full_disk_is_a_failure(void **state)
{
    (void)state;
    const struct outcome *o = run("ixl-info sim:82599,wire=loop >/dev/full");
    assert_fails(o, 1, "ixl-info: ", "standard output");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_teaches_with_examples),
        cmocka_unit_test(version_names_the_program),
        cmocka_unit_test(wrong_usage_exits_with_2),
        cmocka_unit_test(bad_devices_exit_with_1),
        cmocka_unit_test(bad_configurations_exit_with_1),
        cmocka_unit_test(an_index_past_the_last_device_fails),
        cmocka_unit_test(lists_the_software_devices),
        cmocka_unit_test(the_list_is_json),
        cmocka_unit_test(shows_a_device),
        cmocka_unit_test(shows_a_device_as_json),
        cmocka_unit_test(features_are_shown_and_switched),
        cmocka_unit_test(a_full_disk_is_a_failure),
    };
    return cmocka_run_group_tests_name("ixl-info", tests, scratch_make, scratch_remove);
}
