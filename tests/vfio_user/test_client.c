// SPDX-License-Identifier: MIT
/*
 * The backend against servers that answer nonsense, too much, too little or nothing: an error in
 * bounded time, and from then on a removed device.
 */
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/core/bus.h"
#include "tests/common/stage.h"
#include "tests/vfio_user/mute_fs.h"
#include "tests/vfio_user/wire.h"

enum trick {
    HONEST,
    WRONG_ID,
    WRONG_COMMAND,
    NO_SIZE,
    SHORT,
    LONG,
    HUGE,
    A_COMMAND,
    ODD_FLAGS,
    ERROR_WITH_BODY,
    ERROR_ZERO,
    ERROR_HUGE,
    OTHER_ACCESS,
    HANG_UP,
    HALF_AND_HANG_UP,
    SILENT,
    HALF_AND_SILENT,
    WITH_DESCRIPTORS,
};

/* ---- time ------------------------------------------------------------------ */

static _Atomic uint64_t passed; /* of it, that has not passed really */

uint64_t __real_lx_now_ns(struct ixl_os_dev *dev);
uint64_t __wrap_lx_now_ns(struct ixl_os_dev *dev);

uint64_t __wrap_lx_now_ns(struct ixl_os_dev *dev)
{
    return __real_lx_now_ns(dev) + passed;
}

static void pass_ms(uint64_t ms)
{
    passed += ms * 1000000;
}

/* ---- the server ------------------------------------------------------------ */

static struct {
    char dir[32], path[48], address[64];
    int listener;
    _Atomic int client; /* 0: none */
    pthread_t thread;
    uint8_t config[256];
    _Atomic int trick;            /* played on: */
    _Atomic unsigned on, after;   /* this command, when it comes for the so-and-so-many-th time */
    _Atomic uint32_t fds_at_once; /* what VERSION says */
    _Atomic unsigned most_fds;    /* that came in a message */
    _Atomic unsigned slow_ms;     /* an answer takes as long, */
    _Atomic unsigned answers;     /* and so many were given */
    uint32_t bar_flags;
    int bar_fd;
    struct mute_fs mute; /* its file is among the descriptors; pid 0: none */
} server;

static size_t answer(const struct wire_message *m, uint8_t *body)
{
    uint32_t a[4];
    uint64_t off;

    memcpy(a, m->body, sizeof(a));
    memcpy(&off, m->body, sizeof(off));
    memcpy(body, m->body, 32);
    switch (m->head.command) {
    case VERSION:
        memset(body, 0, 4);
        return 5 + (size_t)sprintf((char *)body + 4, "{\"capabilities\":{\"max_msg_fds\": %u}}",
                                   server.fds_at_once);
    case GET_INFO:
        memcpy(body, (uint32_t[]){ 16, 3, 9, 5 }, 16);
        return 16;
    case GET_REGION:
        memcpy(body, (uint32_t[]){ 32, a[2] ? 3 : server.bar_flags, a[2], 0 }, 16);
        memcpy(body + 16, (uint64_t[]){ 4096, 0 }, 16);
        return 32;
    case GET_IRQ:
        memcpy(body, (uint32_t[]){ 16, 1, a[2], a[2] == 2 ? 5 : 1 }, 16);
        return 16;
    case READ:
        memset(body + 16, 0, a[3]);
        if (a[2] == 7 && off + a[3] <= sizeof(server.config))
            memcpy(body + 16, server.config + off, a[3]);
        return 16 + a[3];
    case WRITE:
        if (a[2] == 7 && off + a[3] <= sizeof(server.config))
            memcpy(server.config + off, m->body + 16, a[3]);
        return 16;
    case DMA_UNMAP:
        return 24;
    default:
        return 0;
    }
}

/* False: the connection is over. */
static bool reply(int fd, const struct wire_head *to, uint8_t *body, size_t len)
{
    struct wire_head h = { to->id, to->command, (uint32_t)(16 + len), 1, 0 };
    int fds[3] = { fd, fd, fd };
    unsigned n_fds = 0;
    char byte;
    int trick = to->command == server.on && server.after-- == 0 ? server.trick : HONEST;

    pass_ms(server.slow_ms);
    server.answers++;
    if (trick == HANG_UP)
        return false;
    if (trick == SILENT)
        return recv(fd, &byte, 1, 0) > 0;
    if (trick == HALF_AND_SILENT)
        return send(fd, &h, 9, 0) == 9 && recv(fd, &byte, 1, 0) > 0;
    if (trick == HALF_AND_HANG_UP) {
        send(fd, &h, 9, 0);
        return false;
    }
    h.id = (uint16_t)(h.id + (trick == WRONG_ID));
    h.command = (uint16_t)(h.command + (trick == WRONG_COMMAND));
    h.size = trick == NO_SIZE ? 0 : trick == SHORT ? h.size - 1 : h.size;
    h.size = trick == LONG ? 16 + 5000 : trick == HUGE ? UINT32_MAX : h.size;
    h.flags = trick == A_COMMAND ? 0 : trick == ODD_FLAGS ? 0x41 : h.flags;
    if (trick >= ERROR_WITH_BODY && trick <= ERROR_HUGE) {
        h.flags = 0x21;
        h.error = trick == ERROR_ZERO ? 0 : trick == ERROR_HUGE ? 0x80000000u : EPERM;
        len = trick == ERROR_WITH_BODY ? len + 8 : 0;
        h.size = (uint32_t)(16 + len);
    }
    if (trick == OTHER_ACCESS)
        body[0] ^= 4;
    if (trick == WITH_DESCRIPTORS)
        n_fds = 3;
    if (n_fds && server.mute.pid)
        fds[2] = server.mute.file;
    if (server.bar_fd >= 0 && to->command == GET_REGION) {
        fds[0] = server.bar_fd;
        n_fds = 1;
    }
    return wire_send(fd, &h, body, len, fds, n_fds);
}

/* Descriptors are counted and dropped. */
static bool receive(int fd, struct wire_message *m)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(64 * sizeof(int))];
    } control;
    struct iovec iov = { m, sizeof(*m) }; /* one command at a time is on its way */
    struct msghdr msg = { .msg_iov = &iov,
                          .msg_iovlen = 1,
                          .msg_control = control.room,
                          .msg_controllen = sizeof(control.room) };

    if (recvmsg(fd, &msg, 0) < 16)
        return false;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
        unsigned n = (unsigned)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        if (n > server.most_fds)
            server.most_fds = n;
        for (unsigned i = 0; i < n; i++) {
            int got;
            memcpy(&got, CMSG_DATA(c) + i * sizeof(int), sizeof(got));
            close(got);
        }
    }
    return true;
}

static void *serve(void *arg)
{
    struct wire_message m;
    uint8_t body[8192];
    int fd;

    (void)arg;
    while ((fd = accept4(server.listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        server.client = fd;
        memset(&m, 0, sizeof(m));
        memset(body, 0, sizeof(body));
        while (receive(fd, &m) && reply(fd, &m.head, body, answer(&m, body)))
            ;
        server.client = 0;
        close(fd);
    }
    return NULL;
}

static int begin(void **state)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };

    memset(&server, 0, sizeof(server));
    snprintf(server.dir, sizeof(server.dir), "/tmp/ixl-fake-XXXXXX");
    assert_non_null(mkdtemp(server.dir));
    snprintf(server.path, sizeof(server.path), "%s/nic", server.dir);
    snprintf(server.address, sizeof(server.address), "vfio-user:%s", server.path);
    memcpy(at.sun_path, server.path, sizeof(server.path));
    memcpy(server.config, "\x86\x80\xfb\x10", 4);
    memcpy(server.config + 4, "\0\0\x10\0", 4); /* capabilities: MSI-X, 5 vectors */
    server.config[0x34] = 0x70;
    memcpy(server.config + 0x70, "\x11\0\4\0", 4);
    server.bar_flags = 3;
    server.bar_fd = -1;
    server.fds_at_once = 16;
    server.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server.listener, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(server.listener, 4), 0);
    assert_int_equal(pthread_create(&server.thread, NULL, serve, NULL), 0);
    return stage_reset_log(state);
}

static int end(void **state)
{
    (void)state;
    if (server.mute.pid)
        mute_fs_end(&server.mute);
    shutdown(server.listener, SHUT_RDWR);
    if (server.client) /* a case that failed has left it */
        shutdown(server.client, SHUT_RDWR);
    pthread_join(server.thread, NULL);
    close(server.listener);
    unlink(server.path);
    rmdir(server.dir);
    return 0;
}

static void play(enum trick trick, unsigned on, unsigned after)
{
    server.on = on;
    server.after = after;
    server.trick = (int)trick;
}

/* ---- the client ------------------------------------------------------------ */

static unsigned open_files(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned n = 0;

    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

static struct ixl_bus *open_bus(void)
{
    struct ixl_bus *bus = NULL;

    assert_int_equal(ixl_bus_open(server.address, &bus), 0);
    return bus;
}

static struct ixl_os_dev *open_dev(struct ixl_bus *bus)
{
    struct ixl_os_dev *dev = NULL;

    assert_int_equal(bus->os->ops->dev_open(bus->os, 0, &dev), 0);
    assert_int_equal(log_errors, 0);
    return dev;
}

/* An open device on which the next command of a kind meets the trick. */
static void on_an_open_device(enum trick trick, unsigned command,
                              void (*use)(struct ixl_os_dev *dev))
{
    struct ixl_bus *bus = open_bus();
    struct ixl_os_dev *dev = open_dev(bus);
    uint32_t val;

    play(trick, command, 0);
    use(dev);
    play(HONEST, 0, 0);
    assert_int_equal(log_errors, 1); /* said once */
    assert_int_equal(dev->ops->cfg_read(dev, 0, 4, &val), 0);
    assert_int_equal(val, UINT32_MAX);
    assert_int_equal(dev->ops->cfg_write(dev, 4, 2, 6), 0);
    dev->ops->dev_close(dev);
    assert_int_equal(log_errors, 1);
    ixl_bus_close(bus);
    stage_reset_log(NULL);
}

static void read_config(struct ixl_os_dev *dev)
{
    uint32_t val;

    assert_int_equal(dev->ops->cfg_read(dev, 8, 4, &val), 0);
    assert_int_equal(val, UINT32_MAX);
}

static void read_register(struct ixl_os_dev *dev)
{
    struct ixl_bar bar;

    server.on = 0;
    assert_int_equal(dev->ops->bar_map(dev, 0, &bar), 0);
    server.on = READ;
    assert_int_equal(ixl_bar_read32(&bar, 8), UINT32_MAX);
    assert_int_equal(ixl_bar_read16(&bar, 8), 0xffff);
    ixl_bar_write32(&bar, 8, 1);
    dev->ops->bar_unmap(dev, &bar);
}

static void map_bar(struct ixl_os_dev *dev)
{
    struct ixl_bar bar;

    assert_true(dev->ops->bar_map(dev, 0, &bar) < 0);
    log_errors = 1; /* the loss, and what it was wanted for */
}

static void take_memory(struct ixl_os_dev *dev)
{
    struct ixl_dma mem;

    assert_true(dev->ops->dma_alloc(dev, 4096, 4096, &mem) < 0);
    log_errors = 1;
}

/* ---- cases ------------------------------------------------------------------ */

static void a_wrong_reply_is_the_end_of_a_device(void **state)
{
    static const enum trick tricks[] = { WRONG_ID,     WRONG_COMMAND, NO_SIZE,
                                         SHORT,        LONG,          HUGE,
                                         A_COMMAND,    ODD_FLAGS,     ERROR_WITH_BODY,
                                         OTHER_ACCESS, HANG_UP,       HALF_AND_HANG_UP };
    unsigned files = open_files();

    (void)state;
    for (size_t i = 0; i < sizeof(tricks) / sizeof(tricks[0]); i++) {
        on_an_open_device(tricks[i], READ, read_config);
        on_an_open_device(tricks[i], READ, read_register);
        if (tricks[i] != OTHER_ACCESS) {
            on_an_open_device(tricks[i], GET_REGION, map_bar);
            if (tricks[i] != SHORT) /* its header alone, cut, is no header: as NO_SIZE */
                on_an_open_device(tricks[i], DMA_MAP, take_memory);
        }
    }
    usleep(10000); /* the server closes its end, too */
    assert_int_equal(open_files(), files);
}

static void silence_ends_in_bounded_time(void **state)
{
    (void)state;
    on_an_open_device(SILENT, READ, read_config);
    on_an_open_device(HALF_AND_SILENT, DMA_MAP, take_memory);
}

/* Each answer comes in time, but after a few the server is given up. */
static void be_slow(void)
{
    server.answers = 0;
    server.slow_ms = 4900;
}

static void expect_given_up(void)
{
    server.slow_ms = 0;
    assert_in_range(server.answers, 1, 6);
    assert_in_range(log_errors, 1, 2);
    stage_reset_log(NULL);
}

static void slow_answers_together_end_an_open(void **state)
{
    struct ixl_bus *bus = open_bus();
    struct ixl_os_dev *dev = NULL;

    (void)state;
    be_slow();
    assert_true(bus->os->ops->dev_open(bus->os, 0, &dev) < 0);
    expect_given_up();
    dev = open_dev(bus); /* the next one begins with new patience */
    dev->ops->dev_close(dev);
    ixl_bus_close(bus);
}

static void slow_answers_together_end_accesses_and_a_close(void **state)
{
    struct ixl_bus *bus = open_bus();
    struct ixl_os_dev *dev = open_dev(bus);
    struct ixl_dma mem;
    struct ixl_bar bar;

    (void)state;
    assert_int_equal(dev->ops->bar_map(dev, 0, &bar), 0);
    be_slow();
    for (unsigned i = 0; i < 100; i++)
        ixl_bar_read32(&bar, 8);
    expect_given_up();
    dev->ops->dev_close(dev);
    dev = open_dev(bus);
    for (unsigned i = 0; i < 50; i++)
        assert_int_equal(dev->ops->dma_alloc(dev, 4096, 4096, &mem), 0);
    be_slow();
    dev->ops->dev_close(dev);
    expect_given_up();
    ixl_bus_close(bus);
}

/* What is prompt costs nothing, and a few slow answers an hour do not add up. */
static void a_server_that_is_slow_at_times_is_kept(void **state)
{
    struct ixl_bus *bus = open_bus();
    struct ixl_os_dev *dev = open_dev(bus);
    uint32_t val;

    (void)state;
    server.slow_ms = 10;
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(dev->ops->cfg_read(dev, 0, 4, &val), 0);
    for (unsigned i = 0; i < 10; i++) {
        server.slow_ms = 4000;
        assert_int_equal(dev->ops->cfg_read(dev, 0, 4, &val), 0);
        assert_int_equal(val, 0x10fb8086);
        server.slow_ms = 0;
        pass_ms(60000);
    }
    dev->ops->dev_close(dev);
    ixl_bus_close(bus);
}

static void no_open_survives_a_wrong_reply(void **state)
{
    static const unsigned commands[] = { VERSION, READ, GET_INFO, GET_REGION, RESET };
    static const enum trick tricks[] = { WRONG_ID,   NO_SIZE,         HUGE, HANG_UP, LONG,
                                         ERROR_ZERO, HALF_AND_HANG_UP };
    struct ixl_os_dev *dev = NULL;
    struct ixl_bus *bus = open_bus();
    unsigned files = open_files();

    (void)state;
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        for (size_t k = 0; k < sizeof(tricks) / sizeof(tricks[0]); k++) {
            play(tricks[k], commands[i], 0);
            assert_true(bus->os->ops->dev_open(bus->os, 0, &dev) < 0);
            assert_null(dev);
            assert_in_range(log_errors, 1, 2);
            stage_reset_log(NULL);
        }
    }
    play(HONEST, 0, 0);
    dev = open_dev(bus);
    dev->ops->dev_close(dev);
    usleep(10000);
    assert_int_equal(open_files(), files);
    ixl_bus_close(bus);
}

static void a_refusal_is_an_error_and_not_the_end(void **state)
{
    struct ixl_bus *bus = open_bus();
    struct ixl_os_dev *dev = open_dev(bus);
    struct ixl_dma mem;
    uint32_t val;

    (void)state;
    for (int trick = ERROR_ZERO; trick <= ERROR_HUGE; trick++) {
        play((enum trick)trick, READ, 0);
        assert_int_equal(dev->ops->cfg_read(dev, 0, 4, &val), -IXL_EIO);
        play((enum trick)trick, DMA_MAP, 0);
        assert_true(dev->ops->dma_alloc(dev, 4096, 4096, &mem) < 0);
        play(HONEST, 0, 0);
        assert_int_equal(dev->ops->cfg_read(dev, 0, 4, &val), 0);
        assert_int_equal(val, 0x10fb8086);
    }
    dev->ops->dev_close(dev);
    ixl_bus_close(bus);
}

static void descriptors_nobody_asked_for_are_closed(void **state)
{
    struct ixl_bus *bus = open_bus();
    struct ixl_os_dev *dev = open_dev(bus);
    unsigned files = open_files();
    struct ixl_bar bar;
    uint32_t val;

    (void)state;
    play(WITH_DESCRIPTORS, READ, 0);
    assert_int_equal(dev->ops->cfg_read(dev, 0, 4, &val), 0);
    play(WITH_DESCRIPTORS, GET_REGION, 0);
    assert_int_equal(dev->ops->bar_map(dev, 0, &bar), 0);
    assert_null((void *)(uintptr_t)bar.mem);
    assert_int_equal(open_files(), files);
    dev->ops->dev_close(dev);
    ixl_bus_close(bus);
}

static void descriptors_nobody_asked_for_are_not_even_closed(void **state)
{
    const char *lack =
        getenv("IXL_TEST_EMULATED") ? "qemu-user does not mount" : mute_fs_begin(&server.mute);

    (void)state;
    if (lack) {
        print_message("skipped: %s\n", lack);
        skip();
    }
    struct ixl_bus *bus = open_bus();
    struct ixl_os_dev *dev = open_dev(bus);
    uint32_t val;
    play(WITH_DESCRIPTORS, READ, 0);
    assert_int_equal(dev->ops->cfg_read(dev, 0, 4, &val), 0);
    assert_int_equal(val, 0x10fb8086);
    assert_true(mute_fs_lives(&server.mute));
    dev->ops->dev_close(dev);
    ixl_bus_close(bus);
}

static void only_memory_that_stays_is_mapped_as_registers(void **state)
{
    struct ixl_bus *bus = open_bus();
    struct ixl_os_dev *dev = open_dev(bus);
    struct ixl_bar bar;
    uint32_t *regs;

    (void)state;
    server.bar_flags = 7;
    server.bar_fd = memfd_create("bar", MFD_ALLOW_SEALING | MFD_CLOEXEC);
    assert_int_equal(ftruncate(server.bar_fd, 4096), 0);
    assert_int_equal(dev->ops->bar_map(dev, 0, &bar), 0);
    assert_null((void *)(uintptr_t)bar.mem); /* it could be cut off: by messages */
    dev->ops->bar_unmap(dev, &bar);
    assert_int_equal(fcntl(server.bar_fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
    assert_int_equal(dev->ops->bar_map(dev, 0, &bar), 0);
    assert_non_null((void *)(uintptr_t)bar.mem);
    regs = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, server.bar_fd, 0);
    ixl_bar_write32(&bar, 16, 0x12345678);
    assert_int_equal(le32toh(regs[4]), 0x12345678);
    munmap(regs, 4096);
    dev->ops->dev_close(dev); /* unmaps what was forgotten */
    ixl_bus_close(bus);
    close(server.bar_fd);
    server.bar_fd = -1;
}

static void eventfds_go_over_in_the_pieces_the_server_takes(void **state)
{
    struct ixl_bus *bus = open_bus();
    enum ixl_irq_kind kind;
    unsigned granted;

    (void)state;
    for (unsigned most = 1; most <= 4; most += 3) {
        server.fds_at_once = most;
        server.most_fds = 0;
        struct ixl_os_dev *dev = open_dev(bus);
        assert_int_equal(dev->ops->irq_setup(dev, 8, &granted, &kind), 0);
        assert_int_equal(granted, 5);
        assert_int_equal(kind, IXL_IRQ_MSIX);
        assert_int_equal(server.most_fds, most);
        assert_true(server.config[0x73] & 0x80);
        dev->ops->dev_close(dev);
        assert_false(server.config[0x73] & 0x80);
    }
    ixl_bus_close(bus);
}

/* Whoever has the descriptor can switch it to blocking. */
static void an_eventfd_made_blocking_blocks_nobody(void **state)
{
    struct ixl_bus *bus = open_bus();
    struct ixl_os_dev *dev = open_dev(bus);
    enum ixl_irq_kind kind;
    unsigned granted;

    (void)state;
    assert_int_equal(dev->ops->irq_setup(dev, 1, &granted, &kind), 0);
    int fd = (int)dev->ops->irq_native(dev, 0);
    assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
    assert_int_equal(dev->ops->irq_wait(dev, 0, 0), 0);
    assert_int_equal(eventfd_write(fd, 1), 0);
    assert_int_equal(dev->ops->irq_wait(dev, 0, 0), 1);
    dev->ops->dev_close(dev);
    ixl_bus_close(bus);
}

static void wrong_addresses_name_what_is_right(void **state)
{
    static const struct {
        const char *address;
        int err;
    } wrong[] = {
        { "vfio-user:", -IXL_EINVAL },
        { "vfio-user:,irq=msi", -IXL_EINVAL },
        { "vfio-user:/nowhere/nic", -IXL_ENODEV },
        { "vfio-user:/tmp/nic,wire=loop", -IXL_EINVAL },
        { "vfio-user:/tmp/nic,vectors=0", -IXL_EINVAL },
    };
    struct ixl_device *dev;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        stage_reset_log(NULL);
        assert_int_equal(ixl_open(wrong[i].address, NULL, &dev), wrong[i].err);
        assert_in_range(log_errors, 1, 2);
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(a_wrong_reply_is_the_end_of_a_device),
        CASE(silence_ends_in_bounded_time),
        CASE(slow_answers_together_end_an_open),
        CASE(slow_answers_together_end_accesses_and_a_close),
        CASE(a_server_that_is_slow_at_times_is_kept),
        CASE(no_open_survives_a_wrong_reply),
        CASE(a_refusal_is_an_error_and_not_the_end),
        CASE(descriptors_nobody_asked_for_are_closed),
        CASE(descriptors_nobody_asked_for_are_not_even_closed),
        CASE(only_memory_that_stays_is_mapped_as_registers),
        CASE(eventfds_go_over_in_the_pieces_the_server_takes),
        CASE(an_eventfd_made_blocking_blocks_nobody),
        CASE(wrong_addresses_name_what_is_right),
    };
    return cmocka_run_group_tests_name("vfio-user client", tests, NULL, NULL);
}
