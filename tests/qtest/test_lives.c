// SPDX-License-Identifier: MIT
/* Who lives how long: QEMU, its folder, this process. */
#include "tests/qtest/rig.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/os/qtest/bus.h"
#include "tests/qemu/qemu.h"

static char tmp[64], kept[80];

static int make_tmp(void **state)
{
    (void)state;
    strcpy(tmp, "/tmp/ixl-lives-XXXXXX");
    if (mkdtemp(tmp) == NULL) {
        return -1;
    }
    snprintf(kept, sizeof(kept), "%s/kept", tmp);
    return setenv("TMPDIR", tmp, 1);
}

static unsigned entries(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    unsigned n = 0;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        n += entry->d_name[0] != '.';
    }
    if (dir != NULL) {
        closedir(dir);
    }
    return n;
}

static int remove_tmp(void **state)
{
    (void)state;
    rmdir(kept);
    return rmdir(tmp); /* fails if anything was left behind */
}

/* Gone, or a zombie nobody has reaped yet. */
static bool gone(int pid)
{
    char path[40], state = 'Z';
    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    FILE *f = fopen(path, "r");
    if (f == NULL) {
        return true;
    }
    if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1) {
        state = 'Z';
    }
    fclose(f);
    return state == 'Z' || state == 'X';
}

static bool goes(int pid)
{
    for (unsigned i = 0; i < 500 && !gone(pid); i++) {
        usleep(10000);
    }
    return gone(pid);
}

static bool emptied(const char *path)
{
    for (unsigned i = 0; i < 500 && entries(path) > 0; i++) {
        usleep(10000);
    }
    return entries(path) == 0;
}

static void a_close_leaves_nothing(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig, "qemu:e1000,wire=loop");
    int pid = ixl_qtest_pid(rig.bus);
    assert_true(entries(tmp) > 0);
    rig_close(&rig);
    assert_true(gone(pid));
    assert_int_equal(entries(tmp), 0);
}

static void a_failed_open_leaves_nothing(void **state)
{
    struct ixl_os_bus *bus;
    (void)state;
    rig_log_start();
    assert_int_equal(OPS->bus_open("e1000,props=nix=1,wire=loop", &bus), -IXL_EIO);
    assert_int_equal(OPS->bus_open("e1000,qemu=/bin/true", &bus), -IXL_EIO);
    assert_int_equal(entries(tmp), 0);
}

/* Interrupts for every cause, as slow as can be: a throttling timer is always running. */
static void start_interrupts(struct rig *rig)
{
    unsigned granted;
    enum ixl_irq_kind kind;
    assert_int_equal(OPS->irq_setup(rig->dev, 1, &granted, &kind), 0);
    if (kind == IXL_IRQ_MSIX) {
        rig_write(rig, IVAR_82574, 0x8);
        rig_write(rig, EITR0_82574, 0xffff);
        rig_write(rig, IMS, CAUSE_RXQ0);
    }
}

/* A process that opens the address, tells QEMU's process ID and sends until it is killed. */
static pid_t victim(const char *address, int *qemu)
{
    int tell[2];
    assert_int_equal(pipe(tell), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct rig rig;
        uint8_t frame[60];
        memset(frame, 0xff, sizeof(frame));
        rig_open(&rig, address);
        int n = ixl_qtest_pid(rig.bus);
        rig_listen(&rig);
        start_interrupts(&rig);
        if (write(tell[1], &n, sizeof(n)) != (ssize_t)sizeof(n)) {
            _exit(1);
        }
        for (;;) {
            rig_send(&rig, frame, sizeof(frame));
            for (unsigned i = 0; i < 200; i++) {
                rig_write(&rig, MTA0, i);
            }
            rig_write(&rig, ICR, UINT32_MAX);
            rig_write(&rig, ICS, CAUSE_RXQ0);
        }
    }
    close(tell[1]);
    assert_int_equal(read(tell[0], qemu, sizeof(*qemu)), sizeof(*qemu));
    close(tell[0]);
    return pid;
}

static void end_victim(pid_t pid)
{
    int status;
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void a_killed_process_takes_its_qemu_along(void **state)
{
    int qemu;
    (void)state;
    end_victim(victim("qemu:e1000,wire=loop", &qemu));
    assert_true(goes(qemu));
    assert_true(emptied(tmp));
}

static void check_kept(const char *kind)
{
    char address[700], options[200];
    struct rig rig;
    const uint8_t *got;
    uint8_t frame[80];
    int qemu, first = 0;

    snprintf(options, sizeof(options), "wire=loop,ram=32,keep=%s", kept);
    if (qemu_address(address, sizeof(address), kind, options) == NULL) {
        skip();
    }
    for (unsigned i = 0; i < 10; i++) {
        pid_t pid = victim(address, &qemu);
        usleep(1000 * i);
        end_victim(pid);
        assert_true(first == 0 || qemu == first);
        first = qemu;
        assert_false(gone(qemu));
    }
    rig_open(&rig, address);
    assert_int_equal(ixl_qtest_pid(rig.bus), first);
    rig_write(&rig, CTRL, rig_read(&rig, CTRL) | 1u << 26); /* reset */
    OPS->delay_us(rig.dev, 10000);
    rig_listen(&rig);
    for (unsigned i = 0; i < 5000 && (rig_read(&rig, STATUS) & STATUS_LU) == 0; i++) {
        OPS->delay_us(rig.dev, 1000);
    }
    memset(frame, 0xff, 6);
    memset(frame + 6, 0x42, sizeof(frame) - 6);
    rig_send(&rig, frame, sizeof(frame));
    size_t len = rig_receive(&rig, 0, &got);
    for (unsigned i = 1; i < 20000 && len == 60; i++) { /* the victims', still on the wire */
        rig_recycle(&rig, i - 1);
        len = rig_receive(&rig, i, &got);
    }
    assert_int_equal(len, sizeof(frame));
    assert_memory_equal(got, frame, sizeof(frame));
    rig_close(&rig);
    assert_true(goes(first));
    assert_int_equal(entries(kept), 0);
}

static void a_kept_82540em_survives_its_users(void **s)
{
    (void)s;
    check_kept("e1000");
}
static void a_kept_82574_survives_its_users(void **s)
{
    (void)s;
    check_kept("e1000e");
}

/* Nothing a killed process left running reaches memory once the bus is open again. */
static void check_still(const char *spec)
{
    struct ixl_os_bus *bus;
    uint32_t cmd;
    int qemu;
    assert_int_equal(OPS->bus_open(spec, &bus), 0);
    struct qtest_bus *q = (struct qtest_bus *)(void *)bus;
    assert_int_equal(qtest_cfg_read(&q->link, q->nics[0].devfn, IXL_PCI_COMMAND, 2, &cmd), 0);
    assert_false(cmd & IXL_PCI_COMMAND_MASTER);
    qemu = ixl_qtest_pid(bus);
    OPS->bus_close(bus);
    assert_true(goes(qemu));
}

static void a_kept_qemu_serves_one_at_a_time_and_one_address(void **state)
{
    char address[300], other[300];
    struct rig rig;
    struct ixl_os_bus *bus;
    int qemu;
    (void)state;
    snprintf(address, sizeof(address), "qemu:e1000,keep=%s", kept);
    snprintf(other, sizeof(other), "e1000e,keep=%s", kept);
    rig_open(&rig, address);
    assert_int_equal(OPS->bus_open(address + 5, &bus), -IXL_EBUSY);
    rig_close(&rig);
    end_victim(victim(address, &qemu));
    rig_log();
    assert_int_equal(OPS->bus_open(other, &bus), -IXL_EINVAL);
    assert_non_null(strstr(rig_log(), "another address"));
    assert_false(gone(qemu));
    check_still(address + 5);
    assert_true(gone(qemu));
}

static void a_kept_qemu_that_died_is_started_afresh(void **state)
{
    char address[300];
    struct rig rig;
    int qemu;
    (void)state;
    snprintf(address, sizeof(address), "qemu:e1000,keep=%s", kept);
    end_victim(victim(address, &qemu));
    kill(qemu, SIGKILL);
    assert_true(goes(qemu));
    rig_open(&rig, address);
    assert_true(ixl_qtest_pid(rig.bus) != qemu);
    rig_close(&rig);
}

static void attaching_leaves_anothers_qemu_alone(void **state)
{
    char keep[300], address[400];
    struct rig home, guest;
    int qemu;
    (void)state;
    /* Another's QEMU: one whose user was killed, so that its socket is free. */
    snprintf(keep, sizeof(keep), "qemu:82545em;e1000e,keep=%s", kept);
    end_victim(victim(keep, &qemu));
    snprintf(address, sizeof(address),
             "qemu:attach=%s/ixl-qemu/qtest,%s/ixl-qemu/ram,"
             "monitor=%s/ixl-qemu/monitor",
             kept, kept, kept);
    for (unsigned i = 0; i < 2; i++) {
        struct ixl_os_dev_info info;
        rig_open(&guest, address);
        assert_int_equal(OPS->bus_scan(guest.bus, 1, &info), 0);
        assert_int_equal(info.device, 0x10d3);
        assert_true(rig_read(&guest, STATUS) & STATUS_LU);
        assert_int_equal(ixl_qtest_monitor(guest.bus, "info version", NULL, 0), 0);
        rig_close(&guest);
        assert_false(gone(qemu));
    }
    rig_open(&home, keep);
    rig_close(&home);
    assert_true(goes(qemu));
}

int main(void)
{
#define IN_TMP(test) cmocka_unit_test_setup_teardown(test, make_tmp, remove_tmp)
    const struct CMUnitTest tests[] = {
        IN_TMP(a_close_leaves_nothing),
        IN_TMP(a_failed_open_leaves_nothing),
        IN_TMP(a_killed_process_takes_its_qemu_along),
        IN_TMP(a_kept_82540em_survives_its_users),
        IN_TMP(a_kept_82574_survives_its_users),
        IN_TMP(a_kept_qemu_serves_one_at_a_time_and_one_address),
        IN_TMP(a_kept_qemu_that_died_is_started_afresh),
        IN_TMP(attaching_leaves_anothers_qemu_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
