// SPDX-License-Identifier: MIT
/* ixl-serve: a NIC in one process, its driver in another. */
#include <string.h>

#include "run.h"

static void help_teaches_with_examples(void **state)
{
    const struct outcome *o = run("ixl-serve --help");

    (void)state;
    assert_int_equal(o->status, 0);
    assert_contains(o->out, "Examples:");
    assert_contains(o->out, "Exit codes:");
}

static void wrong_usage_exits_with_2(void **state)
{
    static const struct {
        const char *line, *words;
    } cases[] = {
        { "ixl-serve", "two arguments" },
        { "ixl-serve sim:82599", "two arguments" },
        { "ixl-serve sim:82599 a b", "two arguments" },
        { "ixl-serve --nonsense", "'--nonsense' is no option" },
        { "ixl-serve 82599 nic", "has to begin with sim:" },
        { "ixl-serve sim:82599,colour=red nic", "\"colour=red\" is no option" },
        { "ixl-serve sim:82599,mac=01:00:00:00:00:01 nic", "\"mac=01:00:00:00:00:01\"" },
        { "ixl-serve sim:82599,link_delay_us=-1 nic", "\"link_delay_us=-1\"" },
        { "ixl-serve sim:82599,wire=pair:a nic", "use unix: or tap:" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_fails(run("timeout -k 1 60 %s", cases[i].line), 2, "ixl-serve", cases[i].words);
        assert_int_equal(run("test ! -e nic")->status, 0);
    }
}

/* Its socket does not outlive it, and it outlives a reader of its messages. */
static void ends_whole_at_a_signal(void **state)
{
    static const char *const signals[] = { "INT", "TERM", "HUP" };

    (void)state;
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        const struct outcome *o =
            run("ixl-serve sim:82599 nic & server=$!; "
                "for i in $(seq 500); do test -S nic && break; sleep 0.02; done; "
                "kill -PIPE $server; kill -%s $server; wait $server || exit 9; test ! -e nic",
                signals[i]);
        assert_int_equal(o->status, 0);
    }
}

static void what_cannot_be_served_is_told(void **state)
{
    (void)state;
    assert_fails(run("ixl-serve sim:i8254 nic"), 1, "ixl-serve", "i8254");
    assert_fails(run("ixl-serve sim:i8254 nic"), 1, "ixl-serve", "virtio-net-plain");
    assert_fails(run("ixl-serve sim:82599,wire=string nic"), 1, "ixl-serve", "string");
    assert_fails(run("ixl-serve sim:82599 /nowhere/nic"), 1, "ixl-serve", "/nowhere/nic");
    assert_fails(run("touch file && ixl-serve sim:82599 file"), 1, "ixl-serve", "is there already");
    assert_int_equal(run("test -f file")->status, 0);
}

/* Frames go around through the wire of the server, whose socket goes with it. */
static void a_served_nic_moves_frames(void **state)
{
    const struct outcome *o =
        run("ixl-serve sim:82576,mac=02:00:00:00:00:42,wire=loop nic 2>said & server=$!; "
            "for i in $(seq 500); do test -S nic && break; sleep 0.02; done; "
            "ixl-pktgen --json --receive --strict --count 2000 vfio-user:nic; status=$?; "
            "kill $server; wait $server || status=9; test -e nic && status=8; exit $status");

    (void)state;
    assert_int_equal(o->status, 0);
    assert_contains(o->out, "2000");
    o = run("cat said");
    assert_contains(o->out, "a client is here");
    assert_null(strstr(o->out, "a rule is broken"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_teaches_with_examples),    cmocka_unit_test(wrong_usage_exits_with_2),
        cmocka_unit_test(what_cannot_be_served_is_told), cmocka_unit_test(ends_whole_at_a_signal),
        cmocka_unit_test(a_served_nic_moves_frames),
    };
    return cmocka_run_group_tests_name("ixl-serve", tests, scratch_make, scratch_remove);
}
