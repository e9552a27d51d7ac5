// SPDX-License-Identifier: MIT
/*
 * `kill qemu:KIND [LIVES]`: a process that drives QEMU's devices is killed amid traffic, the next
 * one opens them over what it has left, again and again. QEMU lives on (keep=DIR). Several NICs sit
 * in one QEMU, since a life lasts as long as its links take to come up; each NIC's death counts.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/common/stage.h"
#include "tests/qemu/qemu.h"

#define NICS 5u

static char address[1200];

/* ---- the victim ----------------------------------------------------------------------------- */

static void note(void *ctx, enum ixl_log_level level, const char *msg)
{
    (void)ctx;
    (void)level;
    fprintf(stderr, "  %s\n", msg);
}

static void open_all(struct stage *s)
{
    struct ixl_dev_cfg cfg = waiting(100); /* interrupts are in use when it dies */
    struct ixl_bus *bus;
    int err = ixl_bus_open(address, &bus);

    if (err)
        fail_msg("%s: %s", address, ixl_strerror(err));
    for (unsigned i = 0; i < NICS; i++) {
        s[i] = (struct stage){ .bus = bus };
        err = ixl_init(bus, i, &cfg, &s[i].dev);
        if (err)
            fail_msg("NIC %u: %s", i, ixl_strerror(err));
        assert_int_equal(ixl_get_mac_addr(s[i].dev, s[i].mac), 0);
    }
    for (unsigned i = 0; i < NICS; i++)
        stage_ready(&s[i]);
}

/* Tells when all is under way, then goes on until it dies. */
static void live_and_die(int tell)
{
    struct stage s[NICS];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    open_all(s);
    for (unsigned round = 0;; round++) {
        for (unsigned i = 0; i < NICS; i++)
            frames_exchange(&s[i], 50, 20, SMALL_FRAME, 1514);
        if (round == 0 && write(tell, "x", 1) != 1)
            _exit(1);
    }
}

/* ---- the killer ----------------------------------------------------------------------------- */

static void kill_one(unsigned life)
{
    int tell[2], status;
    char byte;

    assert_int_equal(pipe(tell), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(tell[0]);
        live_and_die(tell[1]);
    }
    close(tell[1]);
    if (read(tell[0], &byte, 1) != 1)
        fail_msg("life %u ended before it was killed", life);
    usleep(life * 7919u % 20000u); /* somewhere in its traffic */
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    close(tell[0]);
}

static unsigned lives;

static void a_killed_process_leaves_devices_that_open_again(void **state)
{
    struct stage s[NICS];

    (void)state;
    for (unsigned i = 0; i < lives; i++)
        kill_one(i);
    open_all(s);
    for (unsigned i = 0; i < NICS; i++) {
        frames_exchange(&s[i], 200, 20, SMALL_FRAME, 1514);
        ixl_close(s[i].dev);
    }
    ixl_bus_close(s[0].bus);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_process_leaves_devices_that_open_again),
    };
    char dir[] = "/tmp/ixl-kill-XXXXXX", first[600], options[100];

    if (argc < 2 || strncmp(argv[1], "qemu:", 5) != 0) {
        printf("usage: %s qemu:KIND [LIVES]\n", argv[0]);
        return 2;
    }
    ixl_set_log(note, NULL, IXL_LOG_ERROR);
    lives = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : scaled(50 / NICS);
    if (!mkdtemp(dir))
        return 1;
    snprintf(options, sizeof(options), "keep=%s,wire=loop", dir);
    if (!qemu_address(first, sizeof(first), argv[1] + 5, options)) {
        printf("skipped: no QEMU here has the %s\n", argv[1] + 5);
        rmdir(dir);
        return 77;
    }
    snprintf(address, sizeof(address), "%s", first);
    for (unsigned i = 1; i < NICS; i++) {
        size_t used = strlen(address);
        snprintf(address + used, sizeof(address) - used, ";%s,wire=loop", argv[1] + 5);
    }
    int failed = cmocka_run_group_tests_name(argv[1], tests, NULL, NULL);
    printf("%u NICs, %u lives each ended by SIGKILL\n", NICS, lives);
    if (rmdir(dir) != 0 && !failed)
        printf("%s: the QEMU left files behind\n", dir);
    return failed != 0;
}
