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
    static const char *const lines[] = {
        "ixl-serve",
        "ixl-serve sim:82599",
        "ixl-serve sim:82599 a b",
        "ixl-serve 82599 nic",
        "ixl-serve sim:82599,colour=red nic",
        "ixl-serve sim:82599,mac=01:00:00:00:00:01 nic",
        "ixl-serve sim:82599,link_delay_us=-1 nic",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        const struct outcome *o = run("%s", lines[i]);
        assert_int_equal(o->status, 2);
        assert_contains(o->err, "Usage:");
    }
}

static void what_cannot_be_served_is_told(void **state)
{
    (void)state;
    assert_fails(run("ixl-serve sim:i8254 nic"), 1, "ixl-serve", "i8254");
    assert_fails(run("ixl-serve sim:82599,wire=string nic"), 1, "ixl-serve", "string");
    assert_fails(run("ixl-serve sim:82599 /nowhere/nic"), 1, "ixl-serve", "/nowhere/nic");
    assert_fails(run("touch file && ixl-serve sim:82599 file"), 1, "ixl-serve", "in use");
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
        cmocka_unit_test(help_teaches_with_examples),
        cmocka_unit_test(wrong_usage_exits_with_2),
        cmocka_unit_test(what_cannot_be_served_is_told),
        cmocka_unit_test(a_served_nic_moves_frames),
    };
    return cmocka_run_group_tests_name("ixl-serve", tests, scratch_make, scratch_remove);
}
