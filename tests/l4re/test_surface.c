// SPDX-License-Identifier: MIT
/* What L4Re's programs are written against: <l4/ixl/device.h> and <l4/ixl/memory.h>, and the
 * programs doc/l4re.md shows. */
#include <pthread-l4.h>
#include <stdatomic.h>
#include <unistd.h>

#include <l4/sys/ipc.h>
#include <l4/sys/irq.h>
#include <l4/sys/rcv_endpoint.h>
#include <l4/sys/utcb.h>

#include "tests/l4re/rig.h"
#include "tests/l4re/surface.h"

int doc_program(void); /* the one in C */

static void inject(void *ctx, uint8_t number)
{
    rig_inject(ctx, 0, number);
}

static void bind_here(l4_cap_idx_t irq)
{
    l4_rcv_ep_bind_thread(irq, pthread_l4_cap(pthread_self()), 0);
    l4_irq_unmask(irq);
}

static bool receive(l4_cap_idx_t irq)
{
    l4_timeout_s limit = l4_timeout_from_us((l4_uint64_t)PATIENCE_MS * 1000);
    l4_msgtag_t tag = l4_ipc_receive(irq, l4_utcb(), l4_timeout(L4_IPC_TIMEOUT_NEVER, limit));

    return l4_ipc_error(tag, l4_utcb()) == 0;
}

static void check(const char *wrong)
{
    if (wrong)
        fail_msg("%s (%s)", wrong, log_last);
}

static void the_device_is_described(void **state)
{
    (void)state;
    for (unsigned m = 0; rig_models[m]; m++) {
        struct rig r;
        rig_make(&r, NULL, rig_models[m], NULL);
        check(surface_tells_about_the_device(fake_vbus_cap(r.vbus)));
        rig_free(&r);
    }
}

static void what_is_not_there_is_a_null_pointer(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, NULL, "82574", NULL);
    check(surface_returns_null_for_nothing(fake_vbus_cap(r.vbus)));
    rig_free(&r);
}

static void frames_move_both_ways(void **state)
{
    (void)state;
    for (unsigned m = 0; rig_models[m]; m++) {
        struct rig r;
        const struct far_end far = { inject, bind_here, receive, &r };
        rig_make(&r, NULL, rig_models[m], NULL);
        check(surface_moves_frames(fake_vbus_cap(r.vbus), &far));
        rig_free(&r);
    }
}

static void the_caller_may_wait_himself(void **state)
{
    (void)state;
    for (unsigned m = 0; rig_models[m]; m++) {
        struct rig r;
        const struct far_end far = { inject, bind_here, receive, &r };
        rig_make(&r, NULL, rig_models[m], NULL);
        check(surface_waits_outside(fake_vbus_cap(r.vbus), &far));
        rig_free(&r);
    }
}

static void pools_grow_shrink_and_fail_quietly(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, NULL, "i350", NULL);
    check(surface_has_pools(fake_vbus_cap(r.vbus)));
    rig_free(&r);
}

static void the_last_reference_frees(void **state)
{
    struct rig r;

    (void)state;
    rig_make(&r, NULL, "82599", NULL);
    check(surface_counts_references(fake_vbus_cap(r.vbus)));
    rig_free(&r);
}

/* ---- the document -------------------------------------------------------------------------- */

struct program {
    int (*run)(void);
    int result;
    _Atomic bool ended;
};

static void *run(void *arg)
{
    struct program *p = arg;

    p->result = p->run();
    atomic_store(&p->ended, true);
    return NULL;
}

/* Each ends by itself after ten frames. */
static void documented(int (*main_of)(void))
{
    struct program p = { .run = main_of, .result = -1, .ended = false };
    struct rig r;
    pthread_t thread;

    rig_make(&r, NULL, "82574", NULL);
    assert_int_equal(pthread_create(&thread, NULL, run, &p), 0);
    for (unsigned ms = 0; ms < PATIENCE_MS && !atomic_load(&p.ended); ms++) {
        rig_inject(&r, 0, 1);
        usleep(1000);
    }
    assert_true(atomic_load(&p.ended));
    pthread_join(thread, NULL);
    assert_int_equal(p.result, 0);
    rig_free(&r);
}

static void the_documented_programs_receive(void **state)
{
    (void)state;
    documented(doc_program);
    documented(surface_document);
}

#define TEST(name) cmocka_unit_test_setup(name, rig_set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_device_is_described),
        TEST(what_is_not_there_is_a_null_pointer),
        TEST(frames_move_both_ways),
        TEST(the_caller_may_wait_himself),
        TEST(pools_grow_shrink_and_fail_quietly),
        TEST(the_last_reference_frees),
        TEST(the_documented_programs_receive),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
