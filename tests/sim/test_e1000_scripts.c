// SPDX-License-Identifier: MIT
/* The register scripts on our own models; a script must not break a rule either. */
#include "scripts_1g.h"
#include "test_e1000_rig.h"

#include <string.h>
#include <time.h>

static uint32_t io_read(void *ctx, uint32_t off)
{
    return rig_rd(ctx, off);
}

static void io_write(void *ctx, uint32_t off, uint32_t val)
{
    rig_wr(ctx, off, val);
}

static void io_delay(void *ctx, unsigned us)
{
    struct timespec ts = { (time_t)(us / 1000000), (long)(us % 1000000) * 1000 };

    (void)ctx;
    nanosleep(&ts, NULL);
}

/* ---- frames: the rig is the host ---------------------------------------------------- */

static void host_put(void *ctx, uint32_t off, const void *buf, size_t len)
{
    memcpy(((struct rig *)ctx)->mem + off, buf, len);
}

static void host_get(void *ctx, uint32_t off, void *buf, size_t len)
{
    memcpy(buf, ((struct rig *)ctx)->mem + off, len);
}

static void host_inject(void *ctx, const void *frame, size_t len)
{
    sim_inject(((struct rig *)ctx)->nic, frame, len);
}

static size_t host_sent(void *ctx, void *buf, size_t cap)
{
    struct rig *rig = ctx;

    if (rig->taken == rig->sent || rig->sent_len[rig->taken] > cap)
        return 0;
    memcpy(buf, rig->sent_frame[rig->taken], rig->sent_len[rig->taken]);
    return rig->sent_len[rig->taken++];
}

static void run_frames(const char *model, enum script_chip chip)
{
    char err[300] = "";

    for (unsigned i = 0; script_frames_name(i); i++) {
        struct rig *rig = rig_open(model);
        struct script_host host = { { rig, io_read, io_write, io_delay },
                                    RIG_BASE,
                                    host_put,
                                    host_get,
                                    host_inject,
                                    host_sent };
        if (!script_frames_run(i, chip, SCRIPT_OURS, &host, err, sizeof(err)))
            fail_msg("%s, %s: %s", model, script_frames_name(i), err);
        rig_close(rig);
    }
}

static void run_all(const char *model, enum script_chip chip)
{
    struct script_io io = { NULL, io_read, io_write, io_delay };
    char err[300];
    unsigned ran = 0;

    for (const struct script *s = scripts_1g; s->name; s++) {
        if (!(s->chips & chip))
            continue;
        struct rig *rig = rig_open(model);
        io.ctx = rig;
        assert_true(script_reset(&io));
        if (!script_run(s, SCRIPT_OURS, &io, err, sizeof(err)))
            fail_msg("%s: %s", model, err);
        assert_int_equal(script_nvm_sum(chip, &io), 0xbaba);
        if (rig->violation[0])
            print_message("in \"%s\":\n", s->name);
        rig_close(rig);
        ran++;
    }
    assert_true(ran >= 8);
    run_frames(model, chip);
}

static void scripts_82540em(void **state)
{
    (void)state;
    run_all("82540em", SCRIPT_82540EM);
}

static void scripts_82574(void **state)
{
    (void)state;
    run_all("82574", SCRIPT_82574);
}

static void scripts_82576(void **state)
{
    (void)state;
    run_all("82576", SCRIPT_82576);
}

static void scripts_i350(void **state)
{
    (void)state;
    run_all("i350", SCRIPT_I350);
}

static void scripts_i210(void **state)
{
    (void)state;
    run_all("i210", SCRIPT_I210);
}

/* The runner itself can fail, and says where. */
static void a_wrong_expectation_is_reported(void **state)
{
    static const struct script_step wrong[] = {
        { .op = SCRIPT_EXPECT, .off = 0x5404, .mask = 1u << 31, .val = 0 }, { 0 }
    };
    static const struct script script = { "wrong", SCRIPT_ALL, wrong };
    struct rig *rig = rig_open("82540em");
    struct script_io io = { rig, io_read, io_write, io_delay };
    char err[300] = "";

    (void)state;
    assert_false(script_run(&script, SCRIPT_OURS, &io, err, sizeof(err)));
    assert_non_null(strstr(err, "0x05404"));
    rig_close(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scripts_82540em), cmocka_unit_test(scripts_82574),
        cmocka_unit_test(scripts_82576),   cmocka_unit_test(scripts_i350),
        cmocka_unit_test(scripts_i210),    cmocka_unit_test(a_wrong_expectation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
