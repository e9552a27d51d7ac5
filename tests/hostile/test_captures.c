// SPDX-License-Identifier: MIT
/* Capture files with absurd lengths, bytes that were changed, and plain noise, replayed to every
 * family: frames that could be are handed out, the rest is not, and the replay ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <ixl/ixl.h>

#include "tests/hostile/random.h"

static const char *const models[] = { "82599", "x540", "82540em", "82574", "82576", "i350" };
static char path[] = "/tmp/ixl-capture-XXXXXX";
static unsigned errors, handed_out;

static void note(void *ctx, enum ixl_log_level level, const char *msg)
{
    (void)ctx;
    (void)msg;
    errors += level == IXL_LOG_ERROR;
}

/* ---- files ----------------------------------------------------------------------------------- */

static void put32(FILE *f, uint32_t val)
{
    fwrite(&val, 4, 1, f);
}

static void put_header(FILE *f, uint32_t magic, uint32_t snaplen, uint32_t linktype)
{
    static const uint16_t version[] = { 2, 4 };

    put32(f, magic);
    fwrite(version, sizeof(version), 1, f);
    put32(f, 0);
    put32(f, 0);
    put32(f, snaplen);
    put32(f, linktype);
}

/* Records of plausible and of absurd lengths; what is said seldom agrees with what is there. */
static void absurd(FILE *f, uint32_t *seed)
{
    static const uint32_t lengths[] = { 0,     1,     13,         59,         60,
                                        1514,  1518,  2048,       9000,       16384,
                                        65535, 65536, 0x7fffffff, 0xffffffff, 262144 };
    static uint8_t data[70000];

    put_header(f, random_next(seed) % 2 ? 0xa1b2c3d4 : 0xa1b23c4d, lengths[random_next(seed) % 15],
               1);
    for (unsigned i = 0; i < 20; i++) {
        uint32_t len =
            random_next(seed) % 4 ? 60 + random_next(seed) % 1400 : lengths[random_next(seed) % 15];
        put32(f, random_next(seed));
        put32(f, random_next(seed));
        put32(f, len);
        put32(f, random_next(seed) % 2 ? len : random_next(seed));
        random_fill(seed, data, 2000);
        fwrite(data, 1, len < sizeof(data) && random_next(seed) % 16 ? len : 70, f);
    }
}

/* A right file with a few bytes changed. */
static void changed(FILE *f, uint32_t *seed)
{
    uint8_t data[1500];

    put_header(f, 0xa1b2c3d4, 65535, 1);
    for (unsigned i = 0; i < 10; i++) {
        uint32_t len = 60 + random_next(seed) % 1400;
        put32(f, i);
        put32(f, 0);
        put32(f, len);
        put32(f, len);
        random_fill(seed, data, len);
        fwrite(data, 1, len, f);
    }
    long size = ftell(f);
    for (unsigned n = random_next(seed) % 20; n > 0; n--) {
        fseek(f, (long)(random_next(seed) % (n % 2 ? 40u : (uint32_t)size)), SEEK_SET);
        fputc((int)(random_next(seed) & 0xff), f);
    }
}

static void noise(FILE *f, uint32_t *seed)
{
    uint8_t data[4096];
    static const uint32_t magics[] = { 0xa1b2c3d4, 0xd4c3b2a1, 0x0a0d0d0a, 0xa1b23c4d };

    put32(f, magics[random_next(seed) % 4]);
    random_fill(seed, data, sizeof(data));
    fwrite(data, 1, random_next(seed) % sizeof(data), f);
}

/* ---- replay ------------------------------------------------------------------------------ */

/* The engine runs inline: what has not come after some calls never will. */
static void drain(struct ixl_device *dev)
{
    struct pkt_buf *bufs[32];

    for (unsigned idle = 0; idle < 4; idle++) {
        int n = ixl_rx_batch(dev, 0, bufs, 32);
        assert_in_range(n, 0, 32);
        for (int i = 0; i < n; i++) {
            assert_in_range(ixl_pkt_len(bufs[i]), 60, ixl_get_max_frame_size(dev));
            ixl_pkt_buf_free(bufs[i]);
        }
        handed_out += (unsigned)n;
        idle = n ? 0 : idle;
    }
}

static void replay(unsigned model, uint32_t *seed)
{
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;
    struct ixl_device *dev;
    char address[100];

    cfg.promisc = true;
    cfg.max_frame_size = random_next(seed) % 2 ? 0 : 9000;
    snprintf(address, sizeof(address), "sim:%s,engine=inline,wire=pcap:%s,", models[model], path);
    errors = 0;
    int err = ixl_open(address, &cfg, &dev);
    if (err) {
        assert_int_equal(errors, 1);
        return;
    }
    drain(dev);
    ixl_close(dev);
}

static void with(void (*write)(FILE *f, uint32_t *seed), unsigned rounds)
{
    for (unsigned i = 0; i < random_rounds(rounds); i++) {
        uint32_t seed = random_start(i + 1);
        FILE *f = fopen(path, "wb");
        assert_non_null(f);
        write(f, &seed);
        fclose(f);
        replay(i % (sizeof(models) / sizeof(models[0])), &seed);
    }
}

static void absurd_lengths_do_no_harm(void **state)
{
    (void)state;
    handed_out = 0;
    with(absurd, 300);
    assert_true(handed_out > 0);
}

static void changed_bytes_do_no_harm(void **state)
{
    (void)state;
    handed_out = 0;
    with(changed, 300);
    assert_true(handed_out > 0);
}

static void noise_does_no_harm(void **state)
{
    (void)state;
    with(noise, 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absurd_lengths_do_no_harm),
        cmocka_unit_test(changed_bytes_do_no_harm),
        cmocka_unit_test(noise_does_no_harm),
    };

    int fd = mkstemp(path);
    if (fd < 0)
        return 1;
    close(fd);
    ixl_set_log(note, NULL, IXL_LOG_ERROR);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
