// SPDX-License-Identifier: MIT
/* Processes that die, and devices that are held, shared and handed on. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/common/stage.h"
#include "tests/vfio_user/far.h"

static struct far one, two;
static const char *model;

static int begin(void **state)
{
    model = *state;
    far_start(&one, model);
    return stage_reset_log(state);
}

static int end(void **state)
{
    (void)state;
    far_end(&one);
    far_end(&two);
    return 0;
}

static void open_it(struct stage *s, const struct far *f, int32_t mode)
{
    struct ixl_dev_cfg cfg = waiting(mode);
    char address[80];

    *s = (struct stage){ .bus = NULL };
    snprintf(address, sizeof(address), "vfio-user:%s", f->path);
    assert_int_equal(ixl_bus_open(address, &s->bus), 0);
    int err = ixl_init(s->bus, 0, &cfg, &s->dev);
    if (err)
        fail_msg("%s: %s (%s)", address, ixl_strerror(err), log_last);
    assert_int_equal(ixl_get_mac_addr(s->dev, s->mac), 0);
    stage_ready(s);
}

static void close_it(struct stage *s)
{
    ixl_close(s->dev);
    ixl_bus_close(s->bus);
}

/* ---- a client that dies ------------------------------------------------------ */

/* Tells when all is under way, then goes on until it dies. */
static void live_and_die(int tell)
{
    struct stage s;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    open_it(&s, &one, 100); /* interrupts are in use when it dies */
    for (unsigned round = 0;; round++) {
        frames_exchange(&s, 50, 20, SMALL_FRAME, 1514);
        if (round == 0 && write(tell, "x", 1) != 1)
            _exit(1);
    }
}

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

static void a_killed_client_leaves_a_device_that_opens_again(void **state)
{
    struct stage s;

    (void)state;
    for (unsigned i = 0; i < scaled(20); i++)
        kill_one(i);
    open_it(&s, &one, 100);
    frames_exchange(&s, 200, 20, SMALL_FRAME, 1514);
    close_it(&s);
    far_check(&one);
}

/* ---- a server that dies ------------------------------------------------------- */

static void a_server_that_dies_amid_traffic_is_a_removed_device(void **state)
{
    static const int32_t modes[] = { IXL_IRQ_POLL, 50, IXL_IRQ_FOREVER };
    struct pkt_buf *buf;
    struct stage s;

    (void)state;
    for (unsigned m = 0; m < 3; m++) {
        open_it(&s, &one, modes[m]);
        frames_exchange(&s, 50, 20, SMALL_FRAME, 1514);
        for (unsigned k = 0; k < 20; k++)
            frame_send(&s, SMALL_FRAME, s.mac, k);
        far_kill(&one);
        struct ixl_link link; /* who polls asks from time to time, a sleeper notices */
        if (modes[m] == IXL_IRQ_POLL)
            assert_int_equal(ixl_get_link(s.dev, &link), -IXL_ENODEV);
        uint64_t limit = now_ms() + PATIENCE_MS;
        int got = 0;
        while (got >= 0 && now_ms() < limit)
            if ((got = ixl_rx_batch(s.dev, 0, &buf, 1)) == 1)
                ixl_pkt_buf_free(buf);
        assert_int_equal(got, -IXL_ENODEV);
        assert_int_equal(ixl_reset(s.dev), -IXL_ENODEV);
        close_it(&s);
        far_end(&one);
        far_start(&one, model); /* a new one may take its place */
    }
    open_it(&s, &one, 100);
    close_it(&s);
}

/* ---- two at once -------------------------------------------------------------- */

static void a_device_of_another_process_is_busy(void **state)
{
    struct ixl_device *dev = NULL;
    char address[80];
    struct stage s;
    int status;

    (void)state;
    open_it(&s, &one, IXL_IRQ_POLL);
    snprintf(address, sizeof(address), "vfio-user:%s", one.path);
    pid_t pid = fork();
    if (pid == 0)
        _exit(ixl_open(address, NULL, &dev) == -IXL_EBUSY && !dev ? 0 : 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    frames_exchange(&s, 50, 20, SMALL_FRAME, 1514);
    close_it(&s);
    far_check(&one);
}

/* What one device has received the other sends, from the same memory. */
static void two_devices_share_a_pool(void **state)
{
    struct pkt_buf *buf;
    struct stage a, b;
    unsigned idle = 0;

    (void)state;
    far_start(&two, model);
    open_it(&a, &one, IXL_IRQ_POLL);
    open_it(&b, &two, IXL_IRQ_POLL);
    frame_send(&a, 100, a.mac, 1);
    buf = frame_await(&a, 0);
    struct ixl_mempool *pool = buf->pool;
    assert_int_equal(ixl_mempool_share(pool, b.dev), 0);
    frame_fill(buf->data, 100, b.mac, 2);
    assert_int_equal(ixl_tx_batch(b.dev, 0, &buf, 1), 1);
    struct pkt_buf *back = frame_await(&b, 0);
    assert_int_equal(frame_check(back), 2);
    ixl_pkt_buf_free(back);
    for (uint64_t limit = now_ms() + PATIENCE_MS; ixl_tx_reclaim(b.dev, 0) == 0;) {
        assert_true(now_ms() < limit);
        breathe(&idle);
    }
    close_it(&b);
    close_it(&a);
    far_check(&one);
    far_check(&two);
}

int main(int argc, char **argv)
{
#define CASE(name) cmocka_unit_test_prestate_setup_teardown(name, begin, end, argv[1])
    const struct CMUnitTest tests[] = {
        CASE(a_killed_client_leaves_a_device_that_opens_again),
        CASE(a_server_that_dies_amid_traffic_is_a_removed_device),
        CASE(a_device_of_another_process_is_busy),
        CASE(two_devices_share_a_pool),
    };
    if (argc != 2)
        return 2;
    return cmocka_run_group_tests_name(argv[1], tests, NULL, NULL);
}
