// SPDX-License-Identifier: MIT
/* INTx, MSI and MSI-X, each raised by a write to the NIC's cause-set register. */
#include "tests/qtest/rig.h"

#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "tests/qemu/qemu.h"

#define LONG_US 3000000

static unsigned set_up(struct rig *rig, const char *kind, const char *options, unsigned wanted,
                       enum ixl_irq_kind *got)
{
    char address[512];
    unsigned granted;

    if (qemu_address(address, sizeof(address), kind, options) == NULL) {
        skip();
    }
    rig_open(rig, address);
    assert_int_equal(OPS->irq_setup(rig->dev, wanted, &granted, got), 0);
    return granted;
}

static int wait_for(struct rig *rig, unsigned vector, int64_t us)
{
    return OPS->irq_wait(rig->dev, vector, us);
}

static void check_intx(const char *kind, const char *options)
{
    struct rig rig;
    enum ixl_irq_kind got;

    assert_int_equal(set_up(&rig, kind, options, 4, &got), 1);
    assert_int_equal(got, IXL_IRQ_INTX);
    rig_read(&rig, ICR);
    rig_write(&rig, IMS, CAUSE_LSC);
    rig_write(&rig, ICS, CAUSE_LSC);
    assert_int_equal(wait_for(&rig, 0, 20000), 0); /* masked as set up */
    assert_int_equal(OPS->irq_unmask(rig.dev, 0), 0);
    assert_int_equal(wait_for(&rig, 0, LONG_US), 1);
    assert_int_equal(wait_for(&rig, 0, 1000), 0); /* masked by firing */
    assert_int_equal(OPS->irq_unmask(rig.dev, 0), 0);
    assert_int_equal(wait_for(&rig, 0, LONG_US), 1); /* the pin is still up */
    assert_true(rig_read(&rig, ICR) & CAUSE_LSC);
    assert_int_equal(OPS->irq_unmask(rig.dev, 0), 0);
    assert_int_equal(wait_for(&rig, 0, 20000), 0);
    rig_write(&rig, ICS, CAUSE_LSC);
    assert_int_equal(wait_for(&rig, 0, -1), 1);
    assert_int_equal(wait_for(&rig, 1, 0), -IXL_EINVAL);
    rig_close(&rig);
}

static void the_82540em_raises_intx(void **s)
{
    (void)s;
    check_intx("e1000", "");
}
static void the_82574_raises_intx(void **s)
{
    (void)s;
    check_intx("e1000e", "irq=intx");
}

static void a_pin_that_is_up_already_is_seen(void **state)
{
    struct rig rig;
    unsigned granted;
    enum ixl_irq_kind kind;
    (void)state;
    rig_open(&rig, "qemu:e1000");
    rig_write(&rig, IMS, CAUSE_LSC);
    rig_write(&rig, ICS, CAUSE_LSC);
    assert_int_equal(OPS->irq_setup(rig.dev, 1, &granted, &kind), 0);
    assert_int_equal(kind, IXL_IRQ_INTX);
    OPS->irq_unmask(rig.dev, 0);
    assert_int_equal(wait_for(&rig, 0, LONG_US), 1);
    rig_close(&rig);
}

static void two_nics_have_pins_of_their_own(void **state)
{
    struct rig a;
    struct ixl_os_dev *b;
    struct ixl_bar bar;
    unsigned granted;
    enum ixl_irq_kind kind;
    (void)state;
    rig_open(&a, "qemu:e1000;82545em");
    assert_int_equal(OPS->dev_open(a.bus, 1, &b), 0);
    assert_int_equal(OPS->bar_map(b, 0, &bar), 0);
    assert_int_equal(OPS->irq_setup(a.dev, 1, &granted, &kind), 0);
    assert_int_equal(OPS->irq_setup(b, 1, &granted, &kind), 0);
    OPS->irq_unmask(a.dev, 0);
    OPS->irq_unmask(b, 0);
    ixl_bar_read32(&bar, ICR);
    ixl_bar_write32(&bar, IMS, CAUSE_LSC);
    ixl_bar_write32(&bar, ICS, CAUSE_LSC);
    assert_int_equal(OPS->irq_wait(b, 0, LONG_US), 1);
    assert_int_equal(wait_for(&a, 0, 5000), 0);
    OPS->dev_close(b);
    rig_close(&a);
}

static void the_82574_sends_msix(void **state)
{
    struct rig rig;
    enum ixl_irq_kind got;
    (void)state;
    assert_int_equal(set_up(&rig, "e1000e", "", 3, &got), 3);
    assert_int_equal(got, IXL_IRQ_MSIX);
    rig_write(&rig, IVAR_82574, 0x8 | 2); /* receive queue 0: valid, vector 2 */
    rig_write(&rig, IMS, CAUSE_RXQ0);
    rig_write(&rig, ICS, CAUSE_RXQ0);
    assert_int_equal(wait_for(&rig, 2, LONG_US), 1);
    assert_int_equal(wait_for(&rig, 2, 0), 0); /* consumed */
    assert_int_equal(wait_for(&rig, 0, 0), 0);
    assert_int_equal(wait_for(&rig, 1, 0), 0);
    rig_write(&rig, ICR, CAUSE_RXQ0); /* with MSI-X a read does not clear it */
    rig_write(&rig, ICS, CAUSE_RXQ0);
    assert_int_equal(wait_for(&rig, 2, LONG_US), 1);
    rig_close(&rig);
}

static void the_82574_sends_msi(void **state)
{
    struct rig rig;
    enum ixl_irq_kind got;
    (void)state;
    assert_int_equal(set_up(&rig, "e1000e", "irq=msi", 3, &got), 1);
    assert_int_equal(got, IXL_IRQ_MSI);
    rig_write(&rig, IMS, CAUSE_LSC);
    rig_write(&rig, ICS, CAUSE_LSC);
    assert_int_equal(wait_for(&rig, 0, LONG_US), 1);
    rig_close(&rig);
}

static void the_82576_sends_msix_on_every_vector(void **state)
{
    struct rig rig;
    enum ixl_irq_kind got;
    (void)state;
    assert_int_equal(set_up(&rig, "igb", "", 9, &got), 9);
    assert_int_equal(got, IXL_IRQ_MSIX);
    rig_write(&rig, GPIE, GPIE_MULTIPLE);
    rig_write(&rig, EIMS, 0x1ff);
    for (unsigned v = 0; v < 9; v++) {
        rig_write(&rig, EICS, 1u << v);
        assert_int_equal(wait_for(&rig, v, LONG_US), 1);
        for (unsigned other = 0; other < 9; other++) {
            assert_int_equal(wait_for(&rig, other, 0), 0);
        }
    }
    rig_close(&rig);
}

static void no_interrupts_is_an_answer(void **state)
{
    struct rig rig;
    enum ixl_irq_kind got;
    (void)state;
    assert_int_equal(set_up(&rig, "e1000", "irq=none", 1, &got), 0);
    assert_int_equal(got, IXL_IRQ_NONE);
    assert_int_equal(wait_for(&rig, 0, 0), -IXL_EINVAL);
    assert_int_equal(OPS->irq_native(rig.dev, 0), IXL_IRQ_INVALID);
    rig_close(&rig);
}

static bool readable(ixl_irq_t fd, int ms)
{
    struct pollfd pfd = { .fd = (int)fd, .events = POLLIN };
    return poll(&pfd, 1, ms) == 1;
}

static void check_descriptor(const char *kind, uint32_t cause)
{
    struct rig rig;
    enum ixl_irq_kind got;

    set_up(&rig, kind, "", 1, &got);
    ixl_irq_t fd = OPS->irq_native(rig.dev, 0);
    assert_true(fd != IXL_IRQ_INVALID);
    assert_int_equal(OPS->irq_native(rig.dev, 0), fd);
    OPS->irq_unmask(rig.dev, 0);
    rig_read(&rig, ICR);
    rig_write(&rig, IVAR_82574, 0x8); /* receive queue 0: valid, vector 0 */
    rig_write(&rig, IMS, cause);
    for (unsigned i = 0; i < 5; i++) {
        assert_false(readable(fd, 5));
        rig_write(&rig, ICS, cause);
        assert_true(readable(fd, 3000));
        assert_int_equal(wait_for(&rig, 0, 0), 1);
        rig_read(&rig, ICR);
        rig_write(&rig, ICR, UINT32_MAX);
        wait_for(&rig, 0, 2000); /* newer QEMUs repeat the message until the cause is cleared */
        OPS->irq_unmask(rig.dev, 0);
    }
    rig_close(&rig);
}

static void a_descriptor_tells_of_msix(void **s)
{
    (void)s;
    check_descriptor("e1000e", CAUSE_RXQ0);
}
static void a_descriptor_tells_of_intx(void **s)
{
    (void)s;
    check_descriptor("e1000", CAUSE_LSC);
}

static void *raise_after_a_while(void *arg)
{
    struct rig *rig = arg;
    usleep(30000);
    rig_write(rig, ICS, CAUSE_RXQ0);
    return NULL;
}

static void a_sleeper_is_woken_while_others_use_registers(void **state)
{
    struct rig rig;
    enum ixl_irq_kind got;
    pthread_t thread;
    (void)state;
    set_up(&rig, "e1000e", "", 1, &got);
    rig_write(&rig, IVAR_82574, 0x8);
    rig_write(&rig, IMS, CAUSE_RXQ0);
    assert_int_equal(pthread_create(&thread, NULL, raise_after_a_while, &rig), 0);
    assert_int_equal(wait_for(&rig, 0, LONG_US), 1);
    pthread_join(thread, NULL);
    rig_close(&rig);
}

/* Entries of a folder of /proc: descriptors, or threads, of this process. */
static unsigned entries(const char *path)
{
    DIR *dir = opendir(path);
    unsigned n = 0;

    assert_non_null(dir);
    while (readdir(dir) != NULL) {
        n++;
    }
    closedir(dir);
    return n;
}

struct asker {
    struct rig *rig;
    pthread_barrier_t *start;
    unsigned vector;
    ixl_irq_t fd;
};

static void *ask_for_descriptor(void *arg)
{
    struct asker *a = arg;
    pthread_barrier_wait(a->start);
    wait_for(a->rig, a->vector, 0);
    a->fd = OPS->irq_native(a->rig->dev, a->vector);
    return NULL;
}

/* Each vector has its own thread, which need not know of the others. */
static void threads_ask_for_descriptors_at_the_same_time(void **state)
{
    struct rig rig;
    enum ixl_irq_kind got;
    unsigned granted, fds, threads;
    pthread_barrier_t start;
    pthread_t thread[3];
    struct asker a[3];
    (void)state;
    assert_int_equal(set_up(&rig, "e1000e", "", 3, &got), 3);
    pthread_barrier_init(&start, NULL, 3);
    fds = entries("/proc/self/fd");
    threads = entries("/proc/self/task");
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned i = 0; i < 3; i++) {
            a[i] = (struct asker){ &rig, &start, i, IXL_IRQ_INVALID };
            assert_int_equal(pthread_create(&thread[i], NULL, ask_for_descriptor, &a[i]), 0);
        }
        for (unsigned i = 0; i < 3; i++) {
            pthread_join(thread[i], NULL);
            assert_true(a[i].fd != IXL_IRQ_INVALID);
            assert_int_equal(a[i].fd, OPS->irq_native(rig.dev, i));
        }
        OPS->irq_teardown(rig.dev);
        assert_int_equal(entries("/proc/self/fd"), fds);
        assert_int_equal(entries("/proc/self/task"), threads);
        assert_int_equal(OPS->irq_setup(rig.dev, 3, &granted, &got), 0);
    }
    pthread_barrier_destroy(&start);
    rig_close(&rig);
}

static void interrupts_can_be_set_up_again_and_again(void **state)
{
    struct rig rig;
    enum ixl_irq_kind got;
    unsigned granted;
    (void)state;
    set_up(&rig, "e1000e", "", 2, &got);
    assert_int_equal(OPS->irq_setup(rig.dev, 2, &granted, &got), -IXL_EBUSY);
    for (unsigned i = 0; i < 10; i++) {
        OPS->irq_teardown(rig.dev);
        assert_int_equal(wait_for(&rig, 0, 0), -IXL_EINVAL);
        assert_int_equal(OPS->irq_setup(rig.dev, 2, &granted, &got), 0);
        rig_write(&rig, IVAR_82574, 0x9);
        rig_write(&rig, IMS, CAUSE_RXQ0);
        rig_read(&rig, ICR);
        rig_write(&rig, ICS, CAUSE_RXQ0);
        assert_int_equal(wait_for(&rig, 1, LONG_US), 1);
        rig_write(&rig, IMC, UINT32_MAX);
    }
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_82540em_raises_intx),
        cmocka_unit_test(the_82574_raises_intx),
        cmocka_unit_test(a_pin_that_is_up_already_is_seen),
        cmocka_unit_test(two_nics_have_pins_of_their_own),
        cmocka_unit_test(the_82574_sends_msix),
        cmocka_unit_test(the_82574_sends_msi),
        cmocka_unit_test(the_82576_sends_msix_on_every_vector),
        cmocka_unit_test(no_interrupts_is_an_answer),
        cmocka_unit_test(a_descriptor_tells_of_msix),
        cmocka_unit_test(a_descriptor_tells_of_intx),
        cmocka_unit_test(a_sleeper_is_woken_while_others_use_registers),
        cmocka_unit_test(threads_ask_for_descriptors_at_the_same_time),
        cmocka_unit_test(interrupts_can_be_set_up_again_and_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
