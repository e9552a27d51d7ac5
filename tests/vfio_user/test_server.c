// SPDX-License-Identifier: MIT
/* The server against clients that do not keep to the protocol, or mean harm: they are refused or
 * turned out, and the next client finds a device as new. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/serve.h"
#include "tests/common/stage.h"
#include "tests/vfio_user/far.h"
#include "tests/vfio_user/mute_fs.h"
#include "tests/vfio_user/wire.h"

#define CONFIG 7u

static struct far far;
static struct mute_fs mute = { .file = -1 };

static int begin(void **state)
{
    (void)state;
    far_start(&far, "82599");
    return 0;
}

static int end(void **state)
{
    (void)state;
    mute_fs_end(&mute); /* or the server does not end */
    far_end(&far);
    return 0;
}

static int hello(void)
{
    int fd = wire_connect(far.path);

    assert_true(fd >= 0);
    wire_greet(fd);
    return fd;
}

/* The case is skipped where qemu-user runs it (scripts/test-cross), which does, or does not, what
 * `lack` says. */
static void not_emulated(const char *lack)
{
    if (getenv("IXL_TEST_EMULATED")) {
        print_message("skipped: qemu-user %s\n", lack);
        skip();
    }
}

struct region_access {
    uint64_t offset;
    uint32_t region, count;
    uint32_t data;
};

static int read32(int fd, uint32_t region, uint64_t off, uint32_t *val)
{
    struct region_access a = { off, region, 4, 0 };
    struct wire_message m;
    int err = wire_call(fd, READ, &a, 16, NULL, 0, &m);

    if (!err) {
        assert_int_equal(m.head.size, 16 + 16 + 4);
        memcpy(val, m.body + 16, 4);
        *val = le32toh(*val);
    }
    return err;
}

static int write32(int fd, uint32_t region, uint64_t off, uint32_t val)
{
    struct region_access a = { off, region, 4, htole32(val) };
    struct wire_message m;

    return wire_call(fd, WRITE, &a, 20, NULL, 0, &m);
}

/* The server lives, and has a device for whoever comes next. */
static void the_next_is_served(void)
{
    int fd = hello();
    uint32_t id = 0;

    assert_int_equal(read32(fd, CONFIG, 0, &id), 0);
    assert_int_equal(id, 0x10fb8086);
    close(fd);
}

/* ---- what it tells ---------------------------------------------------------- */

static void the_device_is_described(void **state)
{
    uint32_t ask[8] = { 32, 0, 0, 0, 0, 0, 0, 0 }, got[4];
    uint64_t size;
    struct wire_message m;
    int fd = hello();

    (void)state;
    assert_int_equal(wire_call(fd, GET_INFO, ask, 16, NULL, 0, &m), 0);
    memcpy(got, m.body, 16);
    assert_int_equal(m.head.size, 32);
    assert_int_equal(got[1], 3);
    assert_int_equal(got[2], 9);
    assert_int_equal(got[3], 5);
    for (ask[2] = 0; ask[2] < 9; ask[2]++) {
        assert_int_equal(wire_call(fd, GET_REGION, ask, 32, NULL, 0, &m), 0);
        memcpy(got, m.body, 16);
        memcpy(&size, m.body + 16, 8);
        assert_int_equal(got[2], ask[2]);
        assert_int_equal(got[1], size ? 3 : 0);
        if (ask[2] == CONFIG)
            assert_int_equal(size, 4096);
    }
    assert_int_equal(wire_call(fd, GET_REGION, ask, 32, NULL, 0, &m), EINVAL);
    static const uint32_t counts[] = { 1, 1, 64, 0, 0 };
    for (ask[2] = 0; ask[2] < 5; ask[2]++) {
        assert_int_equal(wire_call(fd, GET_IRQ, ask, 16, NULL, 0, &m), 0);
        memcpy(got, m.body, 16);
        assert_int_equal(got[3], counts[ask[2]]);
    }
    assert_int_equal(wire_call(fd, GET_IRQ, ask, 16, NULL, 0, &m), EINVAL);
    close(fd);
}

static void configuration_space_is_read_in_any_piece(void **state)
{
    struct region_access a = { 0, CONFIG, 4096, 0 };
    struct wire_message all, piece;
    int fd = hello();

    (void)state;
    assert_int_equal(wire_call(fd, READ, &a, 16, NULL, 0, &all), 0);
    assert_int_equal(all.head.size, 32 + 4096);
    a.offset = 1;
    a.count = 13;
    assert_int_equal(wire_call(fd, READ, &a, 16, NULL, 0, &piece), 0);
    assert_memory_equal(piece.body + 16, all.body + 17, 13);
    close(fd);
}

static void a_command_without_reply_gets_none(void **state)
{
    struct region_access a = { 4, CONFIG, 4, htole32(2) };
    struct wire_head h = { 7, WRITE, 36, 0x10, 0 };
    int fd = hello();
    uint32_t command;

    (void)state;
    assert_true(wire_send(fd, &h, &a, 20, NULL, 0));
    assert_int_equal(read32(fd, CONFIG, 4, &command), 0); /* wire_call checks whose reply it is */
    assert_int_equal(command & 7, 2);
    close(fd);
}

/* ---- memory ----------------------------------------------------------------- */

struct map {
    uint32_t argsz, flags;
    uint64_t offset, addr, size;
};

static int map(int fd, struct map m, int file)
{
    struct wire_message reply;

    m.argsz = 32;
    return wire_call(fd, DMA_MAP, &m, 32, &file, file >= 0, &reply);
}

static int unmap(int fd, uint64_t addr, uint64_t size)
{
    struct map m = { 24, 0, addr, size, 0 };
    struct wire_message reply;

    return wire_call(fd, DMA_UNMAP, &m, 24, NULL, 0, &reply);
}

static void impossible_memory_is_refused(void **state)
{
    int fd = hello(), file = memfd_create("ram", 0), pair[2];

    (void)state;
    assert_int_equal(ftruncate(file, 0x10000), 0);
    assert_int_equal(pipe(pair), 0);
    assert_int_equal(map(fd, (struct map){ 0, 3, 0, 0x10000, 0 }, file), EINVAL);
    assert_int_equal(map(fd, (struct map){ 0, 0, 0, 0x10000, 0x1000 }, file), EINVAL);
    assert_int_equal(map(fd, (struct map){ 0, 7, 0, 0x10000, 0x1000 }, file), EINVAL);
    assert_int_equal(map(fd, (struct map){ 0, 3, 0, UINT64_MAX - 0xfff, 0x2000 }, file), EINVAL);
    assert_int_equal(map(fd, (struct map){ 0, 3, 0, 0x10000, 0x11000 }, file), EINVAL);
    assert_int_equal(map(fd, (struct map){ 0, 3, 0x10000, 0x10000, 0x1000 }, file), EINVAL);
    assert_int_equal(map(fd, (struct map){ 0, 3, UINT64_MAX, 0x10000, 0x1000 }, file), EINVAL);
    assert_int_equal(map(fd, (struct map){ 0, 3, 0x10, 0x10000, 0x1000 }, file), EINVAL);
    assert_int_equal(map(fd, (struct map){ 0, 3, 0, 0x10000, 0x1000 }, pair[0]), EOPNOTSUPP);
    assert_int_equal(unmap(fd, 0x10000, 0x1000), ENOENT);
    close(fd);
    close(file);
    close(pair[0]);
    close(pair[1]);
    the_next_is_served();
}

/* Of large pages a part would be mapped as a whole, and could not be unmapped as what it was. */
static void parts_of_large_pages_are_refused(void **state)
{
    int fd, file;

    (void)state;
    not_emulated("does not align large pages");
    fd = hello();
    file = memfd_create("ram", MFD_HUGETLB | MFD_HUGE_2MB);
    if (file < 0 || ftruncate(file, 4 << 20) < 0) {
        close(fd);
        print_message("skipped: this kernel has no large pages\n");
        skip();
    }
    assert_int_equal(map(fd, (struct map){ 0, 3, 0, 0x200000, 0x1000 }, file), EINVAL);
    assert_int_equal(map(fd, (struct map){ 0, 3, 0, 0x200000, 0x201000 }, file), EINVAL);
    assert_int_equal(map(fd, (struct map){ 0, 3, 0x1000, 0x200000, 0x200000 }, file), EINVAL);
    int err = map(fd, (struct map){ 0, 3, 0x200000, 0x200000, 0x200000 }, file);
    if (err != ENOMEM) { /* there are none that are free */
        assert_int_equal(err, 0);
        assert_int_equal(unmap(fd, 0x200000, 0x200000), 0);
    }
    close(fd);
    close(file);
}

static void only_files_in_memory_are_mapped(void **state)
{
    char name[] = "/dev/shm/ixl-test-XXXXXX";
    int fd = hello(), tmpfs = mkstemp(name), other = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

    (void)state;
    assert_true(tmpfs >= 0 && other >= 0);
    unlink(name);
    assert_int_equal(ftruncate(tmpfs, 0x1000), 0);
    assert_int_equal(map(fd, (struct map){ 0, 3, 0, 0x10000, 0x1000 }, tmpfs), 0);
    if (fcntl(other, F_GET_SEALS) < 0) /* on tmpfs, with all of the build */
        assert_int_equal(map(fd, (struct map){ 0, 1, 0, 0x20000, 0x1000 }, other), EOPNOTSUPP);
    close(other);
    close(tmpfs);
    close(fd);
}

/* Nothing is to be asked of its file system, and be it how to close it. */
static void a_file_system_that_does_not_answer_holds_up_nothing(void **state)
{
    const char *lack =
        getenv("IXL_TEST_EMULATED") ? "qemu-user does not mount" : mute_fs_begin(&mute);
    uint32_t set[] = { 20, 0x24, 2, 0, 1 };
    struct wire_message m;
    int fd;

    (void)state;
    if (lack) {
        print_message("skipped: %s\n", lack);
        skip();
    }
    fd = hello();
    assert_int_equal(map(fd, (struct map){ 0, 3, 0, 0x10000, 0x1000 }, mute.file), EOPNOTSUPP);
    assert_int_equal(wire_call(fd, SET_IRQS, set, sizeof(set), &mute.file, 1, &m), EINVAL);
    assert_int_equal(wire_call(fd, RESET, NULL, 0, &mute.file, 1, &m), EINVAL);
    close(fd);
    the_next_is_served();
}

static void memory_is_mapped_once_and_unmapped_as_it_was(void **state)
{
    int fd = hello(), file = memfd_create("ram", 0);

    (void)state;
    assert_int_equal(ftruncate(file, 0x10000), 0);
    assert_int_equal(map(fd, (struct map){ 0, 3, 0, 0x10000, 0x4000 }, file), 0);
    assert_int_equal(map(fd, (struct map){ 0, 3, 0, 0x13000, 0x4000 }, file), EEXIST);
    assert_int_equal(map(fd, (struct map){ 0, 3, 0, 0xf000, 0x2000 }, file), EEXIST);
    assert_int_equal(map(fd, (struct map){ 0, 1, 0, 0x14000, 0x1000 }, -1), 0); /* ROM */
    assert_int_equal(unmap(fd, 0x10000, 0x1000), ENOENT);
    assert_int_equal(unmap(fd, 0x10000, 0x4000), 0);
    assert_int_equal(unmap(fd, 0x14000, 0x1000), 0);
    assert_int_equal(map(fd, (struct map){ 0, 3, 0, 0xf000, 0x2000 }, file), 0);
    close(fd);
    close(file);
}

/* The device sends a frame whose descriptor lies in memory that the client has taken away. */
static void memory_that_is_taken_away_ends_no_server(void **state)
{
    int fd = hello(), file = memfd_create("ram", 0);
    uint32_t val = 0;

    (void)state;
    assert_int_equal(ftruncate(file, 0x10000), 0);
    assert_int_equal(map(fd, (struct map){ 0, 3, 0, 0x10000, 0x10000 }, file), 0);
    assert_int_equal(ftruncate(file, 0), 0);
    assert_int_equal(write32(fd, CONFIG, 4, 6), 0);       /* memory, bus master */
    assert_int_equal(write32(fd, 0, 0x4a80, 1), 0);       /* DMATXCTL.TE */
    assert_int_equal(write32(fd, 0, 0x6000, 0x10000), 0); /* TDBAL */
    assert_int_equal(write32(fd, 0, 0x6008, 0x1000), 0);  /* TDLEN */
    assert_int_equal(write32(fd, 0, 0x6028, 0x02000000), 0);
    for (unsigned i = 0; i < 1000 && !(val & 0x02000000); i++)
        assert_int_equal(read32(fd, 0, 0x6028, &val), 0);
    assert_true(val & 0x02000000);
    assert_int_equal(write32(fd, 0, 0x6018, 1), 0); /* TDT */
    usleep(100000);
    assert_int_equal(read32(fd, CONFIG, 0, &val), 0);
    close(fd);
    the_next_is_served();
}

/* ---- interrupts -------------------------------------------------------------- */

static int set_irqs(int fd, uint32_t flags, uint32_t index, uint32_t start, uint32_t count,
                    const int *fds, unsigned n_fds)
{
    uint32_t set[] = { 20, flags, index, start, count };
    struct wire_message m;

    return wire_call(fd, SET_IRQS, set, sizeof(set), fds, n_fds, &m);
}

static void impossible_interrupts_are_refused(void **state)
{
    int fd = hello(), two[2] = { eventfd(0, 0), eventfd(0, 0) }, pair[2];

    (void)state;
    assert_int_equal(pipe(pair), 0);
    assert_int_equal(set_irqs(fd, 0x24, 2, 0, 2, two, 2), 0);
    assert_int_equal(set_irqs(fd, 0x24, 2, 64, 1, two, 1), EINVAL);
    assert_int_equal(set_irqs(fd, 0x24, 2, 63, 2, two, 2), EINVAL);
    assert_int_equal(set_irqs(fd, 0x24, 2, UINT32_MAX, 2, two, 2), EINVAL);
    assert_int_equal(set_irqs(fd, 0x24, 2, 2, UINT32_MAX, NULL, 0), EINVAL);
    assert_int_equal(set_irqs(fd, 0x24, 9, 0, 1, two, 1), EINVAL);
    assert_int_equal(set_irqs(fd, 0x24, 2, 0, 2, two, 1), EINVAL);
    assert_int_equal(set_irqs(fd, 0x24, 0, 0, 1, &pair[1], 1), EINVAL); /* no eventfd */
    assert_int_equal(set_irqs(fd, 0x26, 2, 0, 1, two, 1), EINVAL);
    assert_int_equal(set_irqs(fd, 0x3c, 0, 0, 1, two, 1), EINVAL);
    assert_int_equal(set_irqs(fd, 0x09, 2, 0, 1, NULL, 0), EINVAL); /* only a line is masked */
    assert_int_equal(set_irqs(fd, 0x21, 2, 0, 0, NULL, 0), 0);
    close(fd);
    close(two[0]);
    close(two[1]);
    close(pair[0]);
    close(pair[1]);
    the_next_is_served();
}

static void raise_vector_0(int fd)
{
    assert_int_equal(write32(fd, CONFIG, 4, 6), 0);         /* memory, bus master */
    assert_int_equal(write32(fd, 0, 0x898, 0x80000010), 0); /* GPIE: several vectors, PBA */
    assert_int_equal(write32(fd, 0, 0x880, 1), 0);          /* EIMS */
    assert_int_equal(write32(fd, 0, 0x808, 1), 0);          /* EICS */
}

/* A write to this one would wait, so a signal must be none: it takes the counter to its very end,
 * which no write does. */
static void a_full_eventfd_holds_up_nothing(void **state)
{
    uint64_t most = UINT64_MAX - 1;
    int fd, full = eventfd(0, 0);
    struct pollfd p = { .fd = full };
    uint32_t id;

    (void)state;
    not_emulated("has no asynchronous I/O");
    fd = hello();
    assert_int_equal(set_irqs(fd, 0x24, 2, 0, 1, &full, 1), 0);
    assert_int_equal(fcntl(full, F_SETFL, 0), 0);
    assert_int_equal(write(full, &most, sizeof(most)), sizeof(most));
    raise_vector_0(fd);
    assert_int_equal(poll(&p, 1, 10000), 1);
    assert_true(p.revents & POLLERR);
    assert_int_equal(read32(fd, CONFIG, 0, &id), 0);
    close(full);
    close(fd);
    the_next_is_served();
}

/* ---- registers ---------------------------------------------------------------- */

static void impossible_accesses_are_refused(void **state)
{
    struct wire_message m;
    int fd = hello();
    uint32_t val;

    (void)state;
    assert_int_equal(read32(fd, 9, 0, &val), EINVAL);
    assert_int_equal(read32(fd, 6, 0, &val), EINVAL); /* there is no ROM */
    assert_int_equal(read32(fd, CONFIG, 4094, &val), EINVAL);
    assert_int_equal(read32(fd, CONFIG, UINT64_MAX, &val), EINVAL);
    assert_int_equal(read32(fd, 0, 2, &val), EINVAL);
    for (uint32_t count = 0; count < 70000; count += 23333) {
        struct region_access a = { 0, 0, count, 0 };
        assert_int_equal(wire_call(fd, READ, &a, 16, NULL, 0, &m), EINVAL);
        assert_int_equal(wire_call(fd, WRITE, &a, 20, NULL, 0, &m), EINVAL);
    }
    close(fd);
}

/* ---- messages ------------------------------------------------------------------ */

static void commands_of_the_wrong_size_are_refused(void **state)
{
    static const struct {
        uint16_t command;
        size_t len;
        int err;
    } wrong[] = { { DMA_MAP, 31, EINVAL },    { DMA_MAP, 33, EINVAL }, { DMA_UNMAP, 0, EINVAL },
                  { GET_INFO, 15, EINVAL },   { GET_IRQ, 0, EINVAL },  { GET_REGION, 31, EINVAL },
                  { SET_IRQS, 19, EINVAL },   { READ, 15, EINVAL },    { WRITE, 16, EINVAL },
                  { RESET, 1, EINVAL },       { VERSION, 8, EINVAL },  { 0, 0, ENOSYS },
                  { 6, 16, ENOSYS },          { 11, 16, ENOSYS },      { 14, 0, ENOSYS },
                  { UINT16_MAX, 100, ENOSYS } };
    static const uint8_t zeros[128];
    struct wire_message m;
    int fd = hello();

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(wire_call(fd, wrong[i].command, zeros, wrong[i].len, NULL, 0, &m),
                         wrong[i].err);
    close(fd);
    the_next_is_served();
}

static void broken_messages_turn_a_client_out(void **state)
{
    static const struct wire_head broken[] = {
        { 1, GET_INFO, 0, 0, 0 },       { 1, GET_INFO, 15, 0, 0 },
        { 1, GET_INFO, 1 << 20, 0, 0 }, { 1, GET_INFO, UINT32_MAX, 0, 0 },
        { 1, GET_INFO, 32, 1, 0 },      { 1, GET_INFO, 32, 2, 0 },
    };
    static const uint8_t zeros[16];

    (void)state;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        int fd = hello();
        assert_true(wire_send(fd, &broken[i], zeros, sizeof(zeros), NULL, 0));
        assert_true(wire_closed(fd));
        close(fd);
    }
    the_next_is_served();
}

static void who_does_not_begin_with_the_version_is_turned_out(void **state)
{
    static const struct wire_head early = { 1, GET_INFO, 32, 0, 0 };
    static const uint8_t other[] = { 1, 0, 0, 0 }, zeros[16];
    struct wire_message m;
    int fd = wire_connect(far.path);

    (void)state;
    assert_true(wire_send(fd, &early, zeros, sizeof(zeros), NULL, 0));
    assert_true(wire_closed(fd));
    close(fd);
    fd = wire_connect(far.path);
    assert_int_equal(wire_call(fd, VERSION, other, sizeof(other), NULL, 0, &m), EINVAL);
    assert_true(wire_closed(fd));
    close(fd);
    the_next_is_served();
}

static void who_stops_in_a_message_is_turned_out(void **state)
{
    int fd = hello();

    (void)state;
    assert_int_equal(write(fd, "\1\0\4\0", 4), 4);
    assert_true(wire_closed(fd));
    close(fd);
    fd = wire_connect(far.path); /* and who says nothing */
    assert_true(wire_closed(fd));
    close(fd);
    the_next_is_served();
}

static void more_descriptors_than_agreed_turn_a_client_out(void **state)
{
    static const uint32_t set[] = { 20, 0x24, 2, 0, 20 };
    struct wire_head h = { 1, SET_IRQS, 16 + 20, 0, 0 };
    int fd, fds[20];

    (void)state;
    not_emulated("does not tell that descriptors were cut off");
    fd = hello();
    for (unsigned i = 0; i < 20; i++)
        fds[i] = eventfd(0, 0);
    assert_true(wire_send(fd, &h, set, sizeof(set), fds, 20));
    assert_true(wire_closed(fd));
    for (unsigned i = 0; i < 20; i++)
        close(fds[i]);
    close(fd);
    the_next_is_served();
}

static void one_client_at_a_time_is_served(void **state)
{
    uint32_t id;
    int first = hello(), second = wire_connect(far.path);

    (void)state;
    assert_true(wire_closed(second));
    assert_int_equal(read32(first, CONFIG, 0, &id), 0);
    close(second);
    close(first);
    the_next_is_served();
}

/* Somebody who listens but never accepts keeps who connects waiting, once his queue is full. */
static void a_socket_whose_server_is_stuck_is_in_the_way(void **state)
{
    char dir[] = "/tmp/ixl-stuck-XXXXXX", err[200] = "";
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), fd[8], status = -1;
    unsigned n = 0;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(at.sun_path, sizeof(at.sun_path), "%s/nic", dir);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(listener, 0), 0);
    do
        fd[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    while (connect(fd[n++], (struct sockaddr *)&at, sizeof(at)) == 0 && n < 8);
    fflush(NULL);
    int pid = fork();
    if (pid == 0) {
        struct sim_server_config cfg = { .model = "82599", .path = at.sun_path };
        alarm(30); /* ends a server that waits for ever */
        _exit(sim_server_create(&cfg, err, sizeof(err)) || !strstr(err, "is there already"));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    while (n > 0)
        close(fd[--n]);
    close(listener);
    unlink(at.sun_path);
    rmdir(dir);
}

static void random_messages_do_no_harm(void **state)
{
    uint32_t x = 12345;

    (void)state;
    for (unsigned round = 0; round < 300; round++) {
        uint8_t noise[200];
        int fd = hello();
        for (unsigned k = 0; k < 20; k++) {
            for (size_t i = 0; i < sizeof(noise); i++)
                noise[i] = (uint8_t)((x = x * 1664525 + 1013904223) >> 24);
            struct wire_head h = { 1, noise[0] % 15, 16u + noise[1] % 64, 0x10, 0 };
            for (unsigned i = 4; i < 40; i++)
                noise[i] &= k & 1 ? 0x0f : 0xff;
            if (!wire_send(fd, &h, noise + 4, h.size - 16, NULL, 0))
                break;
        }
        close(fd);
    }
    the_next_is_served();
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(the_device_is_described),
        CASE(configuration_space_is_read_in_any_piece),
        CASE(a_command_without_reply_gets_none),
        CASE(impossible_memory_is_refused),
        CASE(parts_of_large_pages_are_refused),
        CASE(only_files_in_memory_are_mapped),
        CASE(a_file_system_that_does_not_answer_holds_up_nothing),
        CASE(memory_is_mapped_once_and_unmapped_as_it_was),
        CASE(memory_that_is_taken_away_ends_no_server),
        CASE(impossible_interrupts_are_refused),
        CASE(a_full_eventfd_holds_up_nothing),
        CASE(impossible_accesses_are_refused),
        CASE(commands_of_the_wrong_size_are_refused),
        CASE(broken_messages_turn_a_client_out),
        CASE(who_does_not_begin_with_the_version_is_turned_out),
        CASE(who_stops_in_a_message_is_turned_out),
        CASE(more_descriptors_than_agreed_turn_a_client_out),
        CASE(one_client_at_a_time_is_served),
        cmocka_unit_test(a_socket_whose_server_is_stuck_is_in_the_way),
        CASE(random_messages_do_no_harm),
    };
    return cmocka_run_group_tests_name("vfio-user server", tests, NULL, NULL);
}
