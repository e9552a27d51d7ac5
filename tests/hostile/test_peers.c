// SPDX-License-Identifier: MIT
/* Those at the other end of a socket or in front of the screen: QEMU's monitor, a Unix wire, an
 * address somebody has mistyped. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include <ixl/ixl.h>

#include "lib/os/qtest/machine.h"
#include "tests/hostile/random.h"

#define PATIENCE_MS 200u

static char dir[] = "/tmp/ixl-hostile-XXXXXX";
static unsigned errors;

static void note(void *ctx, enum ixl_log_level level, const char *msg)
{
    (void)ctx;
    (void)msg;
    errors += level == IXL_LOG_ERROR;
}

static struct sockaddr_un at(const char *name)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };

    snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/%s", dir, name);
    return addr;
}

/* ---- the monitor ---------------------------------------------------------------------------- */

/* Speaks until nobody listens any more. */
struct babbler {
    uint32_t state;  /* of the generator */
    const char *end; /* said for ever after `rounds` pieces; NULL: hangs up */
    unsigned rounds;
    int listener;
};

static const char *const pieces[] = {
    "{\"QMP\": {\"version\": {}}}\n",
    "{\"return\": {}}\n",
    "{\"error\": {}}\n",
    "{\"return\": \"\\",
    "{\"return\": \"abc\\n\"}\n",
    "\n",
    "{\"event\": \"STOP\"}\n",
    "\"return\": \"",
    "{\"return\": \"Error\"}\n",
};

static bool say(int fd, const void *text, size_t len)
{
    return send(fd, text, len, MSG_NOSIGNAL) > 0;
}

static bool babble(struct babbler *b, int fd)
{
    uint8_t junk[100];
    uint32_t pick = random_next(&b->state) % 12;

    if (pick < sizeof(pieces) / sizeof(pieces[0]))
        return say(fd, pieces[pick], strlen(pieces[pick]));
    random_fill(&b->state, junk, sizeof(junk));
    return say(fd, junk, 1 + random_next(&b->state) % sizeof(junk));
}

static void *babbler_main(void *arg)
{
    struct babbler *b = arg;
    int fd = accept(b->listener, NULL, NULL);
    bool heard = true;

    for (unsigned i = 0; heard && i < b->rounds; i++)
        heard = babble(b, fd);
    while (heard && b->end)
        heard = say(fd, b->end, strlen(b->end));
    close(fd);
    return NULL;
}

static int command(struct babbler *b)
{
    struct sockaddr_un addr = at("monitor");
    pthread_t thread;
    char reply[64];

    b->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(b->listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
    assert_int_equal(listen(b->listener, 1), 0);
    assert_int_equal(pthread_create(&thread, NULL, babbler_main, b), 0);
    errors = 0;
    int err = qtest_monitor(addr.sun_path, PATIENCE_MS, "info version", reply, sizeof(reply));
    shutdown(b->listener, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(b->listener);
    unlink(addr.sun_path);
    return err;
}

static void a_monitor_that_never_stops_talking_is_left(void **state)
{
    struct babbler events = { .state = 1, .end = "{\"event\": \"STOP\"}\n" };
    struct babbler bytes = { .state = 1, .end = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" };

    (void)state;
    assert_int_equal(command(&events), -IXL_ETIMEDOUT);
    assert_int_equal(errors, 1);
    assert_int_equal(command(&bytes), -IXL_EIO);
    assert_int_equal(errors, 1);
}

static void nonsense_of_a_monitor_does_no_harm(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= random_rounds(300); seed++) {
        struct babbler b = { .state = random_start(seed), .rounds = 12 };
        int err = command(&b);
        assert_true(err <= 0);
        assert_true(errors <= 1);
    }
}

/* ---- a Unix wire ---------------------------------------------------------------------------- */

static void check_frames(struct ixl_device *dev)
{
    struct pkt_buf *bufs[32];
    int n = ixl_rx_batch(dev, 0, bufs, 32);

    assert_in_range(n, 0, 32);
    for (int i = 0; i < n; i++) {
        assert_in_range(ixl_pkt_len(bufs[i]), 1, ixl_get_max_frame_size(dev));
        ixl_pkt_buf_free(bufs[i]);
    }
}

static void datagrams_of_any_size_do_no_harm(void **state)
{
    static const char *const models[] = { "82599", "x540", "82540em", "82574", "82576", "i210" };
    static uint8_t junk[70000];
    uint32_t seed = random_start(7);
    char address[300];

    (void)state;
    for (unsigned m = 0; m < sizeof(models) / sizeof(models[0]); m++) {
        struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;
        struct sockaddr_un nic = at("nic");
        struct ixl_device *dev;

        cfg.promisc = true;
        snprintf(address, sizeof(address), "sim:%s,wire=unix:%s,%s/nobody", models[m], nic.sun_path,
                 dir);
        assert_int_equal(ixl_open(address, &cfg, &dev), 0);
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
        random_fill(&seed, junk, sizeof(junk));
        for (unsigned i = 0; i < random_rounds(2000); i++) {
            size_t len = i % 8 ? random_next(&seed) % 2000 : random_next(&seed) % sizeof(junk);
            sendto(fd, junk + random_next(&seed) % (sizeof(junk) - len), len, 0,
                   (struct sockaddr *)&nic, sizeof(nic));
            check_frames(dev);
        }
        close(fd);
        ixl_close(dev);
    }
}

/* ---- addresses ------------------------------------------------------------------------------- */

/* One to four bytes of a right address changed, doubled or left out. */
static void mistype(uint32_t *seed, const char *from, char *to, size_t cap)
{
    static const char keys[] = ":;,=._-x0 9az/%\\\"\n\x80";
    size_t len = (size_t)snprintf(to, cap, "%s", from);

    for (unsigned n = 1 + random_next(seed) % 4; n > 0 && len > 1 && len + 2 < cap; n--) {
        size_t where = random_next(seed) % len;
        switch (random_next(seed) % 4) {
        case 0:
            memmove(to + where, to + where + 1, len - where);
            len--;
            break;
        case 1:
            memmove(to + where + 1, to + where, len - where + 1);
            len++;
            break;
        case 2:
            to[where] = '\0';
            len = where;
            break;
        default:
            to[where] = keys[random_next(seed) % (sizeof(keys) - 1)];
        }
    }
}

static void mistyped_addresses_get_one_sentence(void **state)
{
    static const char *const right[] = {
        "sim:82599,wire=loop,mac=02:00:00:00:00:01,engine=inline",
        "sim:82576;i350,cable=no,link_delay_us=5,vectors=3",
        "sim:x540,wire=pair:name,module=no,irq=intx",
        "qemu:e1000,wire=user,mac=02:00:00:00:00:01,ram=64,timeout=100",
        "qemu:igb;e1000e,wire=hub:1,clock=step",
    };
    uint32_t seed = random_start(11);
    char address[200];

    (void)state;
    setenv("IXL_QEMU", "/nowhere/qemu", 1); /* nothing is to be started */
    for (unsigned i = 0; i < random_rounds(4000); i++) {
        struct ixl_device *dev;
        mistype(&seed, right[i % 5], address, sizeof(address));
        errors = 0;
        int err = ixl_open(address, NULL, &dev);
        if (err == 0)
            ixl_close(dev); /* still right, or right again */
        else if (errors != 1)
            fail_msg("\"%s\": %s and %u lines", address, ixl_strerror(err), errors);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_monitor_that_never_stops_talking_is_left),
        cmocka_unit_test(nonsense_of_a_monitor_does_no_harm),
        cmocka_unit_test(datagrams_of_any_size_do_no_harm),
        cmocka_unit_test(mistyped_addresses_get_one_sentence),
    };

    if (!mkdtemp(dir))
        return 1;
    ixl_set_log(note, NULL, IXL_LOG_ERROR);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (rmdir(dir) != 0 && !failed) {
        printf("%s: something was left behind\n", dir);
        failed = 1;
    }
    return failed;
}
