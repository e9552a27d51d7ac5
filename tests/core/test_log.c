// SPDX-License-Identifier: MIT
/* Messages and error names. */
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/os/os.h"

struct seen {
    _Atomic unsigned lines;
    _Atomic unsigned strangers; /* lines that came with another callback's context */
    enum ixl_log_level level;
    size_t longest;
    char text[2048];
};

static struct seen first, second;

static void keep(void *ctx, enum ixl_log_level level, const char *msg)
{
    struct seen *seen = ctx;

    atomic_fetch_add(&seen->lines, 1);
    seen->level = level;
    seen->longest = strlen(msg) > seen->longest ? strlen(msg) : seen->longest;
    strncpy(seen->text, msg, sizeof(seen->text) - 1);
}

static void count_first(void *ctx, enum ixl_log_level level, const char *msg)
{
    (void)level;
    (void)msg;
    atomic_fetch_add(ctx == &first ? &first.lines : &first.strangers, 1);
}

static void count_second(void *ctx, enum ixl_log_level level, const char *msg)
{
    (void)level;
    (void)msg;
    atomic_fetch_add(ctx == &second ? &second.lines : &second.strangers, 1);
}

static int set_up(void **state)
{
    (void)state;
    memset(&first, 0, sizeof(first));
    memset(&second, 0, sizeof(second));
    return 0;
}

static void silence_is_the_default(void **state)
{
    (void)state;
    ixl_log(IXL_LOG_ERROR, "nobody hears this %d", 1);
    ixl_set_log(keep, &first, IXL_LOG_DEBUG);
    ixl_set_log(NULL, NULL, IXL_LOG_DEBUG);
    ixl_log(IXL_LOG_ERROR, "nor this");
    assert_int_equal(first.lines, 0);
}

static void levels_are_filtered(void **state)
{
    (void)state;
    ixl_set_log(keep, &first, IXL_LOG_WARN);
    ixl_log(IXL_LOG_INFO, "too much");
    ixl_log(IXL_LOG_DEBUG, "too much");
    assert_int_equal(first.lines, 0);
    ixl_log(IXL_LOG_WARN, "%s %d", "number", 7);
    assert_int_equal(first.lines, 1);
    assert_string_equal(first.text, "number 7");
    assert_int_equal(first.level, IXL_LOG_WARN);
    ixl_log(IXL_LOG_ERROR, "error");
    assert_int_equal(first.level, IXL_LOG_ERROR);
    ixl_set_log(keep, &second, IXL_LOG_DEBUG);
    ixl_log(IXL_LOG_DEBUG, "detail");
    assert_int_equal(first.lines, 2);
    assert_int_equal(second.lines, 1);
}

static void long_messages_are_cut(void **state)
{
    char text[5000];

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    ixl_set_log(keep, &first, IXL_LOG_ERROR);
    ixl_log(IXL_LOG_ERROR, "%s", text);
    assert_int_equal(first.longest, 1023);
}

static void *talk(void *arg)
{
    for (unsigned i = 0; i < 20000; i++)
        ixl_log(IXL_LOG_INFO, "line %u", i);
    return arg;
}

static void the_callback_never_gets_the_others_context(void **state)
{
    pthread_t thread;

    (void)state;
    ixl_set_log(count_first, &first, IXL_LOG_INFO);
    assert_int_equal(pthread_create(&thread, NULL, talk, NULL), 0);
    ixl_set_log(count_second, &second, IXL_LOG_INFO);
    pthread_join(thread, NULL);
    assert_int_equal(first.lines + second.lines, 20000);
    assert_int_equal(first.strangers + second.strangers, 0);
}

static void every_error_has_a_name(void **state)
{
    static const int codes[] = {
        IXL_EPERM,  IXL_ENOENT,   IXL_EIO,     IXL_EAGAIN,  IXL_ENOMEM,
        IXL_EBUSY,  IXL_EEXIST,   IXL_ENODEV,  IXL_EINVAL,  IXL_ENOSPC,
        IXL_ERANGE, IXL_EMSGSIZE, IXL_ENOTSUP, IXL_ENOBUFS, IXL_ETIMEDOUT
    };
    static const int strange[] = { 9999, -9999, INT_MIN, INT_MAX };

    (void)state;
    for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        assert_ptr_equal(ixl_strerror(codes[i]), ixl_strerror(-codes[i]));
        assert_string_not_equal(ixl_strerror(codes[i]), "unknown error");
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(ixl_strerror(codes[i]), ixl_strerror(codes[j]));
    }
    assert_string_equal(ixl_strerror(0), "success");
    for (unsigned i = 0; i < 4; i++)
        assert_string_equal(ixl_strerror(strange[i]), "unknown error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(silence_is_the_default, set_up),
        cmocka_unit_test_setup(levels_are_filtered, set_up),
        cmocka_unit_test_setup(long_messages_are_cut, set_up),
        cmocka_unit_test_setup(the_callback_never_gets_the_others_context, set_up),
        cmocka_unit_test(every_error_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
