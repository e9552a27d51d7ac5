// SPDX-License-Identifier: MIT
/* A QEMU that is missing, unfit, dies, hangs or talks nonsense is an error in bounded time. */
#include "tests/qtest/rig.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/qemu/qemu.h"

/* ---- a QEMU that goes wrong ----------------------------------------------------------- */

static void check_lost(struct rig *rig)
{
    struct ixl_dma mem;
    uint32_t val = 0;

    assert_int_equal(rig_read(rig, STATUS), UINT32_MAX);
    assert_non_null(strstr(rig_log(), "qemu: "));
    assert_int_equal(rig_read(rig, STATUS), UINT32_MAX);
    rig_write(rig, CTRL, 0);
    assert_int_equal(OPS->cfg_read(rig->dev, 0, 4, &val), -IXL_ENODEV);
    assert_int_equal(val, UINT32_MAX);
    assert_int_equal(OPS->cfg_write(rig->dev, 4, 2, 0), -IXL_ENODEV);
    assert_int_equal(OPS->irq_wait(rig->dev, 0, 1000000), -IXL_ENODEV);
    OPS->delay_us(rig->dev, 10);
    assert_int_equal(OPS->dma_alloc(rig->dev, 4096, 4096, &mem), 0); /* ours, not QEMU's */
    assert_string_equal(rig_log(), "");                              /* one sentence was enough */
    rig_close(rig);
}

static void open_with_irq(struct rig *rig, const char *address)
{
    unsigned granted;
    enum ixl_irq_kind kind;
    rig_open(rig, address);
    assert_int_equal(OPS->irq_setup(rig->dev, 1, &granted, &kind), 0);
}

static void a_killed_qemu_is_a_removed_device(void **state)
{
    struct rig rig;
    (void)state;
    open_with_irq(&rig, "qemu:e1000e");
    kill(ixl_qtest_pid(rig.bus), SIGKILL);
    check_lost(&rig);
}

static void a_hung_qemu_is_a_removed_device(void **state)
{
    struct rig rig;
    (void)state;
    open_with_irq(&rig, "qemu:e1000,timeout=200");
    kill(ixl_qtest_pid(rig.bus), SIGSTOP);
    check_lost(&rig);
}

static void writes_to_a_hung_qemu_end(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig, "qemu:e1000,timeout=200");
    kill(ixl_qtest_pid(rig.bus), SIGSTOP);
    for (unsigned i = 0; i < 100000; i++) {
        rig_write(&rig, MTA0, i);
    }
    assert_non_null(strstr(rig_log(), "has not answered"));
    assert_int_equal(rig_read(&rig, STATUS), UINT32_MAX);
    rig_close(&rig);
}

static void *kill_after_a_while(void *arg)
{
    struct rig *rig = arg;
    usleep(20000);
    kill(ixl_qtest_pid(rig->bus), SIGKILL);
    return NULL;
}

static void a_sleeper_learns_of_qemus_death(void **state)
{
    struct rig rig;
    pthread_t thread;
    int got = 0;
    (void)state;
    open_with_irq(&rig, "qemu:e1000e");
    assert_int_equal(pthread_create(&thread, NULL, kill_after_a_while, &rig), 0);
    for (unsigned i = 0; i < 20 && got == 0; i++) {
        got = OPS->irq_wait(rig.dev, 0, -1);
    }
    assert_int_equal(got, -IXL_ENODEV);
    pthread_join(thread, NULL);
    rig_close(&rig);
}

static void a_dead_qemu_does_not_hinder_a_new_one(void **state)
{
    struct rig rig;
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        rig_open(&rig, "qemu:e1000");
        kill(ixl_qtest_pid(rig.bus), SIGKILL);
        rig_close(&rig);
    }
}

/* ---- no QEMU, or not the right one --------------------------------------------------------- */

static void check_refused(const char *spec, int err, const char *words)
{
    struct ixl_os_bus *bus = NULL;
    rig_log_start();
    assert_int_equal(OPS->bus_open(spec, &bus), err);
    const char *said = rig_log();
    if (strstr(said, words) == NULL || strchr(said, '\n') != said + strlen(said) - 1) {
        fail_msg("%s: one sentence with '%s' was wanted, not: %s", spec, words, said);
    }
}

static void a_missing_qemu_is_named(void **state)
{
    (void)state;
    check_refused("e1000,qemu=/nowhere/qemu", -IXL_ENOENT, "cannot start /nowhere/qemu");
    check_refused("e1000,qemu=no-such-qemu", -IXL_ENOENT, "install QEMU");
    check_refused("e1000,qemu=/etc/hostname", -IXL_EPERM, "cannot start");
}

static void what_is_no_qemu_is_named(void **state)
{
    (void)state;
    check_refused("e1000,qemu=/bin/true", -IXL_EIO, "is it QEMU?");
    check_refused("e1000,qemu=/bin/cat", -IXL_EIO, "ended at once");
}

static void a_wrong_nic_or_option_is_named(void **state)
{
    (void)state;
    check_refused("e1001", -IXL_ENOENT, "'e1001'");
    check_refused("e1000,props=nonsense=1", -IXL_EIO, "nonsense");
    check_refused("e1000,wire=user,hostfwd=bla", -IXL_EIO, "bla");
    check_refused("e1000,wire=string", -IXL_EINVAL, "wire=string");
    check_refused("e1000,wire=unix:/a", -IXL_EINVAL, "LOCAL,REMOTE");
    check_refused("e1000,wire=hub:x", -IXL_EINVAL, "hub:");
    check_refused("e1000,colour=red", -IXL_EINVAL, "colour=red");
    check_refused("e1000,attach=/nowhere/s,/nowhere/ram", -IXL_ENOENT, "/nowhere/ram");
}

/* A program in QEMU's place that says what an old QEMU says. */
static void check_impostor(const char *script, int err, const char *words)
{
    char path[] = "/tmp/ixl-impostor-XXXXXX", spec[100];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, script, strlen(script)), (ssize_t)strlen(script));
    fchmod(fd, 0700);
    close(fd);
    snprintf(spec, sizeof(spec), "igb,qemu=%s", path);
    check_refused(spec, err, words);
    unlink(path);
}

static void a_qemu_too_old_is_told_to_be(void **state)
{
    (void)state;
    check_impostor("#!/bin/sh\necho \"qemu-system-x86_64: -device igb: 'igb' is not a valid device "
                   "model name\" >&2; exit 1\n",
                   -IXL_ENODEV, "8.0 or later");
    check_impostor("#!/bin/sh\necho \"qemu-system-x86_64: -netdev dgram,id=net0: Parameter 'type' "
                   "expects a netdev backend type\" >&2; exit 1\n",
                   -IXL_ENOTSUP, "7.2 or later");
}

/* ---- somebody else on the socket ------------------------------------------------ */

enum manner { GARBAGE, SILENCE, GOODBYE, PINS_FOR_EVER, LONG_LINE, TOO_MANY_ANSWERS, RANDOM };

struct impostor {
    enum manner manner;
    unsigned after; /* so many good answers first */
    unsigned seed;
    int listener, stop[2];
    char dir[40], socket[60], ram[60];
    pthread_t thread;
};

static bool say(int fd, const char *text)
{
    return send(fd, text, strlen(text), MSG_NOSIGNAL) > 0;
}

static void misbehave(struct impostor *imp, int fd)
{
    static char line[5000];
    switch (imp->manner) {
    case GARBAGE:
        say(fd, "HTTP/1.1 400 Bad Request\r\n");
        break;
    case SILENCE:
        break;
    case GOODBYE:
        shutdown(fd, SHUT_RDWR);
        break;
    case PINS_FOR_EVER:
        while (say(fd, "IRQ raise 23\nIRQ lower 23\n")) {
        }
        break;
    case LONG_LINE:
        memset(line, 'x', sizeof(line) - 1);
        say(fd, line);
        break;
    case TOO_MANY_ANSWERS:
        say(fd, "OK 0x1\nOK 0x2\nOK 0x3\nOK 0x4\nOK 0x5\n");
        break;
    case RANDOM:
        imp->seed = imp->seed * 1103515245u + 12345u;
        snprintf(line, sizeof(line), "OK 0x%x\n",
                 (imp->seed >> 16 & 3u) == 0 ? 0x02000000u : imp->seed >> 3);
        say(fd, line);
        break;
    }
}

/* Answers good lines, then in its manner. */
static void *impostor_main(void *arg)
{
    struct impostor *imp = arg;
    int fd = accept(imp->listener, NULL, NULL);
    unsigned good = imp->after;
    char c;
    struct pollfd pfd[2] = { { .fd = fd, .events = POLLIN },
                             { .fd = imp->stop[0], .events = POLLIN } };

    while (poll(pfd, 2, -1) > 0 && pfd[1].revents == 0) {
        if (recv(fd, &c, 1, 0) <= 0) {
            break;
        }
        if (c == '\n') {
            if (good > 0) {
                good--;
                say(fd, "OK 0x0\n");
            } else {
                misbehave(imp, fd);
            }
        }
    }
    close(fd);
    return NULL;
}

static void impostor_start(struct impostor *imp, enum manner manner, unsigned after)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };

    memset(imp, 0, sizeof(*imp));
    imp->manner = manner;
    imp->after = after;
    strcpy(imp->dir, "/tmp/ixl-impostor-XXXXXX");
    assert_non_null(mkdtemp(imp->dir));
    snprintf(imp->socket, sizeof(imp->socket), "%s/socket", imp->dir);
    snprintf(imp->ram, sizeof(imp->ram), "%s/ram", imp->dir);
    int fd = open(imp->ram, O_RDWR | O_CREAT, 0600);
    assert_int_equal(ftruncate(fd, 16 << 20), 0);
    close(fd);
    snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", imp->socket);
    imp->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(imp->listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
    assert_int_equal(listen(imp->listener, 1), 0);
    assert_int_equal(pipe(imp->stop), 0);
    assert_int_equal(pthread_create(&imp->thread, NULL, impostor_main, imp), 0);
}

static void impostor_stop(struct impostor *imp)
{
    assert_int_equal(write(imp->stop[1], "", 1), 1);
    shutdown(imp->listener, SHUT_RDWR);
    pthread_join(imp->thread, NULL);
    close(imp->listener);
    close(imp->stop[0]);
    close(imp->stop[1]);
    unlink(imp->socket);
    unlink(imp->ram);
    rmdir(imp->dir);
}

static int attach(struct impostor *imp, struct ixl_os_bus **bus)
{
    char spec[200];
    snprintf(spec, sizeof(spec), "attach=%s,%s,timeout=200", imp->socket, imp->ram);
    rig_log_start();
    return OPS->bus_open(spec, bus);
}

static void check_impostor_refused(enum manner manner, int err, const char *words)
{
    for (unsigned after = 0; after < 5; after++) {
        struct impostor imp;
        struct ixl_os_bus *bus;
        impostor_start(&imp, manner, after);
        assert_int_equal(attach(&imp, &bus), err);
        const char *said = rig_log();
        if (strstr(said, words) == NULL) {
            fail_msg("'%s' was wanted, not: %s", words, said);
        }
        impostor_stop(&imp);
    }
}

static void garbage_is_an_error(void **s)
{
    (void)s;
    check_impostor_refused(GARBAGE, -IXL_EIO, "HTTP");
}
static void silence_is_an_error(void **s)
{
    (void)s;
    check_impostor_refused(SILENCE, -IXL_ETIMEDOUT, "200 ms");
}
static void an_end_is_an_error(void **s)
{
    (void)s;
    check_impostor_refused(GOODBYE, -IXL_EIO, "ended or closed");
}
static void pins_for_ever_are_an_error(void **s)
{
    (void)s;
    check_impostor_refused(PINS_FOR_EVER, -IXL_ETIMEDOUT, "200 ms");
}
static void a_line_without_end_is_an_error(void **s)
{
    (void)s;
    check_impostor_refused(LONG_LINE, -IXL_EIO, "xxxx");
}
static void too_many_answers_are_an_error(void **s)
{
    (void)s;
    check_impostor_refused(TOO_MANY_ANSWERS, -IXL_EIO, "OK 0x");
}

/* Well-formed lies: whatever they lead to, it ends. */
static void random_numbers_do_no_harm(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 60; seed++) {
        struct impostor imp;
        struct ixl_os_bus *bus;
        struct ixl_os_dev *dev;
        unsigned granted;
        enum ixl_irq_kind kind;
        impostor_start(&imp, RANDOM, 0);
        imp.seed = seed;
        if (attach(&imp, &bus) == 0) {
            if (OPS->dev_open(bus, 0, &dev) == 0) {
                OPS->irq_setup(dev, 4, &granted, &kind);
                OPS->dev_close(dev);
            }
            OPS->bus_close(bus);
        }
        impostor_stop(&imp);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_qemu_is_a_removed_device),
        cmocka_unit_test(a_hung_qemu_is_a_removed_device),
        cmocka_unit_test(writes_to_a_hung_qemu_end),
        cmocka_unit_test(a_sleeper_learns_of_qemus_death),
        cmocka_unit_test(a_dead_qemu_does_not_hinder_a_new_one),
        cmocka_unit_test(a_missing_qemu_is_named),
        cmocka_unit_test(what_is_no_qemu_is_named),
        cmocka_unit_test(a_wrong_nic_or_option_is_named),
        cmocka_unit_test(a_qemu_too_old_is_told_to_be),
        cmocka_unit_test(garbage_is_an_error),
        cmocka_unit_test(silence_is_an_error),
        cmocka_unit_test(an_end_is_an_error),
        cmocka_unit_test(pins_for_ever_are_an_error),
        cmocka_unit_test(a_line_without_end_is_an_error),
        cmocka_unit_test(too_many_answers_are_an_error),
        cmocka_unit_test(random_numbers_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
