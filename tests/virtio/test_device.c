// SPDX-License-Identifier: MIT
/* The driver on the strict models: what the common suite does not ask of every device. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "lib/os/sim/sim_os.h"

#define PATIENCE_MS 20000u

static unsigned errors;
static char last[512];

static void note(void *ctx, enum ixl_log_level level, const char *msg)
{
    (void)ctx;
    if (level != IXL_LOG_ERROR)
        return;
    errors++;
    snprintf(last, sizeof(last), "%s", msg);
}

static int reset_log(void **state)
{
    (void)state;
    errors = 0;
    ixl_set_log(note, NULL, IXL_LOG_INFO);
    return 0;
}

static struct ixl_device *open_it(const char *address, const struct ixl_dev_cfg *cfg)
{
    struct ixl_device *dev = NULL;
    int err = ixl_open(address, cfg, &dev);

    if (err)
        fail_msg("%s: %s (%s)", address, ixl_strerror(err), last);
    return dev;
}

/* The model has found nothing to object to. */
static void close_it(struct ixl_device *dev)
{
    struct sim_counters c;

    sim_get_counters(ixl_sim_nic(dev), &c);
    if (c.violations)
        fail_msg("a rule was broken: %s", sim_last_violation(ixl_sim_nic(dev)));
    ixl_close(dev);
}

static uint64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static struct pkt_buf *await(struct ixl_device *dev, uint16_t queue)
{
    struct pkt_buf *buf = NULL;

    for (uint64_t end = now_ms() + PATIENCE_MS; now_ms() < end;) {
        int n = ixl_rx_batch(dev, queue, &buf, 1);
        assert_in_range(n, 0, 1);
        if (n == 1)
            return buf;
    }
    fail_msg("no frame comes");
    return NULL;
}

/* ---- frames of TCP and UDP ------------------------------------------------------------------ */

static void put16(uint8_t *at, unsigned val)
{
    at[0] = (uint8_t)(val >> 8);
    at[1] = (uint8_t)val;
}

static uint32_t add(uint32_t sum, const uint8_t *at, size_t len)
{
    for (size_t i = 0; i < len; i++)
        sum += i % 2 ? at[i] : (uint32_t)at[i] << 8;
    return sum;
}

static uint16_t fold(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

/* Headers of a packet of `len` bytes behind the link header; the L4 field holds the pseudo header's
 * sum, as a request for a checksum wants it. */
static void headers(uint8_t *f, const uint8_t dst[6], unsigned proto, unsigned len)
{
    memset(f, 0, 54);
    memcpy(f, dst, 6);
    f[6] = 2;
    put16(f + 12, 0x0800);
    f[14] = 0x45;
    put16(f + 16, len);
    f[22] = 64;
    f[23] = (uint8_t)proto;
    f[26] = f[30] = 10;
    f[29] = 1;
    f[33] = 2;
    put16(f + 34, 1000);
    put16(f + 36, 2000);
    uint16_t pseudo = fold(add(proto + len - 20, f + 26, 8));
    if (proto == 6) {
        f[46] = 5 << 4;
        f[47] = 0x18; /* PSH, ACK */
        put16(f + 50, pseudo);
    } else {
        put16(f + 38, len - 20);
        put16(f + 40, pseudo);
    }
}

static bool sums_right(const uint8_t *f)
{
    unsigned len = (unsigned)f[16] << 8 | f[17];

    return fold(add(0, f + 14, 20)) == 0xffff &&
           fold(add(add((uint32_t)f[23] + len - 20, f + 26, 8), f + 34, len - 20)) == 0xffff;
}

static const char *const with_offloads[] = { "sim:virtio-net,wire=loop",
                                             "sim:virtio-net-packed,wire=loop",
                                             "sim:virtio-net-rss,wire=loop" };

static void checksums_are_filled_in_and_told(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 3; k++) {
        struct ixl_device *dev = open_it(with_offloads[k], NULL);
        struct ixl_mempool *pool;
        uint8_t mac[6];
        ixl_get_mac_addr(dev, mac);
        assert_int_equal(ixl_mempool_create(dev, 64, 0, 0, &pool), 0);
        for (unsigned i = 0; i < 40; i++) {
            struct pkt_buf *buf = ixl_pkt_buf_alloc(pool);
            unsigned proto = i % 2 ? 6 : 17, len = 60 + 13 * i;
            headers(buf->data, mac, proto, len);
            memset(buf->data + 54, (int)i, len + 14 - 54);
            buf->size = (uint16_t)(len + 14);
            buf->flags = IXL_TX_IP_CSUM | (proto == 6 ? IXL_TX_TCP_CSUM : IXL_TX_UDP_CSUM);
            buf->l2_len = 14;
            buf->l3_len = 20;
            buf->l4_len = proto == 6 ? 20 : 8;
            assert_int_equal(ixl_tx_batch(dev, 0, &buf, 1), 1);
            buf = await(dev, 0);
            assert_int_equal(buf->size, len + 14);
            assert_true(sums_right(buf->data)); /* finished here or there */
            assert_true(buf->flags & IXL_RX_L4_CHECKED);
            ixl_pkt_buf_free(buf);
            ixl_tx_reclaim(dev, 0);
        }
        close_it(dev);
    }
}

/* One large packet, in buffers as they come; the model checks its headers, we the segments. The
 * header's own sums and lengths are left to the driver. */
static void a_large_packet_is_cut_into_segments(void **state)
{
    const unsigned total = 20000, mss = 1448;

    (void)state;
    for (unsigned k = 0; k < 3; k++) {
        struct ixl_device *dev = open_it(with_offloads[k], NULL);
        struct ixl_mempool *pool;
        struct pkt_buf *frame = NULL, **link = &frame, *buf;
        uint8_t mac[6];
        ixl_get_mac_addr(dev, mac);
        assert_int_equal(ixl_mempool_create(dev, 64, 0, 0, &pool), 0);
        for (unsigned done = 0; done < total;) {
            buf = ixl_pkt_buf_alloc(pool);
            unsigned at = frame ? 0 : 54,
                     part = 2000 - at < total - done ? 2000 - at : total - done;
            if (!frame)
                headers(buf->data, mac, 6, 0);
            for (unsigned i = 0; i < part; i++)
                buf->data[at + i] = (uint8_t)((done + i) * 7);
            buf->size = (uint16_t)(at + part);
            done += part;
            *link = buf;
            link = &buf->next;
        }
        frame->flags = IXL_TX_TSO | IXL_TX_TCP_CSUM | IXL_TX_IP_CSUM;
        frame->l2_len = 14;
        frame->l3_len = 20;
        frame->l4_len = 20;
        frame->mss = (uint16_t)mss;
        assert_int_equal(ixl_tx_batch(dev, 0, &frame, 1), 1);
        for (unsigned done = 0; done < total;) {
            buf = await(dev, 0);
            unsigned part = total - done < mss ? total - done : mss;
            assert_int_equal(buf->size, 54 + part);
            assert_true(sums_right(buf->data));
            for (unsigned i = 0; i < part; i++)
                assert_int_equal(buf->data[54 + i], (uint8_t)((done + i) * 7));
            assert_int_equal(buf->data[47], done + part < total ? 0x10 : 0x18);
            done += part;
            ixl_pkt_buf_free(buf);
        }
        close_it(dev);
    }
}

/* ---- filters -------------------------------------------------------------------------------- */

/* Frames keep their order: one to us tells about the one before. */
static bool heard(struct ixl_device *dev, const uint8_t dst[6])
{
    uint8_t frame[64] = { 0 };
    bool yes;

    memcpy(frame, dst, 6);
    frame[13] = 1;
    sim_inject(ixl_sim_nic(dev), frame, sizeof(frame));
    ixl_get_mac_addr(dev, frame);
    frame[13] = 2;
    sim_inject(ixl_sim_nic(dev), frame, sizeof(frame));
    struct pkt_buf *buf = await(dev, 0);
    yes = buf->data[13] == 1;
    ixl_pkt_buf_free(buf);
    if (yes)
        ixl_pkt_buf_free(await(dev, 0));
    return yes;
}

static void addresses_and_groups_are_filtered(void **state)
{
    static const uint8_t more[6] = { 2, 1, 1, 1, 1, 1 },
                         groups[2][6] = { { 1, 2, 3, 4, 5, 6 }, { 1, 2, 3, 4, 5, 7 } };
    static const uint8_t other[6] = { 1, 9, 9, 9, 9, 9 };
    struct ixl_device *dev = open_it("sim:virtio-net", NULL);

    (void)state;
    assert_false(heard(dev, more));
    assert_int_equal(ixl_add_mac(dev, more), 0);
    assert_true(heard(dev, more));
    assert_int_equal(ixl_del_mac(dev, more), 0);
    assert_false(heard(dev, more));
    assert_true(heard(dev, other));
    assert_int_equal(ixl_set_multicast(dev, groups, 2), 0);
    assert_int_equal(ixl_set_features(dev, 0, IXL_FEAT_ALL_MULTICAST), 0);
    assert_true(heard(dev, groups[1]));
    assert_false(heard(dev, other));
    assert_int_equal(ixl_set_features(dev, IXL_FEAT_ALL_MULTICAST | IXL_FEAT_PROMISC, 0), 0);
    assert_true(heard(dev, other));
    assert_true(heard(dev, more));
    assert_int_equal(errors, 0);
    close_it(dev);
}

static void a_feature_that_is_off_is_refused(void **state)
{
    struct ixl_device *dev = open_it("sim:virtio-net,wire=loop", NULL);
    struct ixl_mempool *pool;

    (void)state;
    assert_int_equal(ixl_mempool_create(dev, 16, 0, 0, &pool), 0);
    struct pkt_buf *buf = ixl_pkt_buf_alloc(pool);
    uint8_t mac[6];
    ixl_get_mac_addr(dev, mac);
    headers(buf->data, mac, 6, 86);
    buf->size = 100;
    buf->flags = IXL_TX_TCP_CSUM;
    buf->l2_len = 14;
    buf->l3_len = buf->l4_len = 20;
    assert_int_equal(ixl_set_features(dev, 0, IXL_FEAT_TX_TCP_CSUM | IXL_FEAT_RX_L4_CSUM), 0);
    assert_int_equal(ixl_tx_batch(dev, 0, &buf, 1), -IXL_EINVAL);
    assert_int_equal(ixl_set_features(dev, IXL_FEAT_TX_TCP_CSUM, 0), 0);
    assert_int_equal(ixl_tx_batch(dev, 0, &buf, 1), 1);
    buf = await(dev, 0);
    assert_int_equal(buf->flags, 0); /* checks are not told while that is off */
    ixl_pkt_buf_free(buf);
    close_it(dev);
}

/* ---- queues --------------------------------------------------------------------------------- */

static void numbers_of_queues_may_differ_where_the_device_allows(void **state)
{
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;
    struct ixl_device *dev;

    (void)state;
    cfg.num_rx_queues = 4;
    cfg.num_tx_queues = 2;
    close_it(open_it("sim:virtio-net", &cfg));
    close_it(open_it("sim:virtio-net-rss", &cfg));
    cfg.num_tx_queues = 8;
    close_it(open_it("sim:virtio-net-rss", &cfg));
    assert_int_equal(ixl_open("sim:virtio-net", &cfg, &dev), -IXL_ERANGE);
    assert_int_equal(errors, 1);
    assert_non_null(strstr(last, "without RSS"));
}

/* All frames to one queue, then to another, then nowhere in particular. */
static void the_redirection_table_is_obeyed(void **state)
{
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;
    struct ixl_rss rss;
    uint8_t frame[100];

    (void)state;
    cfg.num_rx_queues = cfg.num_tx_queues = 4;
    struct ixl_device *dev = open_it("sim:virtio-net-rss", &cfg);
    ixl_get_mac_addr(dev, frame);
    headers(frame, frame, 6, 86);
    assert_int_equal(ixl_get_rss(dev, &rss), 0);
    assert_int_equal(rss.table_size, 128);
    for (uint16_t q = 0; q < 4; q++) {
        uint8_t mac[6];
        for (unsigned i = 0; i < rss.table_size; i++)
            rss.table[i] = q;
        assert_int_equal(ixl_set_rss(dev, &rss), 0);
        ixl_get_mac_addr(dev, mac);
        headers(frame, mac, 6, 86);
        sim_inject(ixl_sim_nic(dev), frame, sizeof(frame));
        struct pkt_buf *buf = await(dev, q);
        assert_int_equal(buf->ptype & IXL_PTYPE_RSS, IXL_RSS_TCP_IPV4);
        ixl_pkt_buf_free(buf);
    }
    assert_int_equal(ixl_set_features(dev, 0, IXL_FEAT_RSS), 0);
    sim_inject(ixl_sim_nic(dev), frame, sizeof(frame));
    struct pkt_buf *buf = await(dev, 0);
    assert_int_equal(buf->ptype & IXL_PTYPE_RSS, IXL_RSS_NONE);
    ixl_pkt_buf_free(buf);
    close_it(dev);
}

/* ---- a device with nothing optional --------------------------------------------------------- */

static void exchange(struct ixl_device *dev, unsigned size)
{
    struct ixl_mempool *pool;
    uint8_t mac[6];

    ixl_get_mac_addr(dev, mac);
    assert_int_equal(ixl_mempool_create(dev, 64, size + 64, 0, &pool), 0);
    for (unsigned i = 0; i < 1000; i++) {
        struct pkt_buf *buf = ixl_pkt_buf_alloc(pool);
        assert_non_null(buf);
        memset(buf->data, (int)i, size);
        memcpy(buf->data, mac, 6);
        buf->size = (uint16_t)size;
        assert_int_equal(ixl_tx_batch(dev, 0, &buf, 1), 1);
        buf = await(dev, 0);
        assert_int_equal(ixl_pkt_len(buf), size);
        assert_int_equal(buf->data[size - 1], (uint8_t)i);
        ixl_pkt_buf_free(buf);
        ixl_tx_reclaim(dev, 0);
    }
}

static void a_plain_device_works_within_its_means(void **state)
{
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;
    struct ixl_device_info info;
    struct ixl_features f;
    struct ixl_device *dev;
    static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 9 };

    (void)state;
    cfg.irq_timeout_ms = 1000;
    dev = open_it("sim:virtio-net-plain,wire=loop", &cfg);
    assert_int_equal(ixl_get_info(dev, &info), 0);
    assert_int_equal(info.device, 0x1000);
    assert_string_equal(info.irq_kind, "INTx");
    assert_int_equal(ixl_get_features(dev, &f), 0);
    assert_true(f.active & IXL_FEAT_TX_IP_CSUM);
    assert_false(f.supported & (IXL_FEAT_TX_TCP_CSUM | IXL_FEAT_RSS | IXL_FEAT_ALL_MULTICAST));
    assert_false((f.supported | f.changeable) & IXL_FEAT_PROMISC); /* it knows no filters */
    exchange(dev, 1500);
    assert_int_equal(ixl_set_promisc(dev, true), -IXL_ENOTSUP);
    assert_int_equal(ixl_set_mac_addr(dev, mac), -IXL_ENOTSUP);
    assert_int_equal(errors, 2);
    close_it(dev);

    cfg.max_frame_size = 4000; /* frames fit one buffer, or do not come */
    assert_int_equal(ixl_open("sim:virtio-net-plain", &cfg, &dev), -IXL_ERANGE);
    assert_non_null(strstr(last, "rx_entry_size"));
    cfg.rx_entry_size = 4160;
    dev = open_it("sim:virtio-net-plain,wire=loop", &cfg);
    exchange(dev, 4000);
    close_it(dev);
    cfg.max_frame_size = 0;
    cfg.rx_entry_size = 64 + 1024;
    errors = 0;
    assert_int_equal(ixl_open("sim:virtio-net-plain", &cfg, &dev), -IXL_ERANGE);
    assert_int_equal(errors, 1);
}

/* ---- together with another family ----------------------------------------------------------- */

/* From a 82599 through to a virtio-net and back, with the buffers of the one in the other. */
static void frames_are_forwarded_between_families(void **state)
{
    static const char *const pairs[][2] = { { "sim:82599", "sim:virtio-net-packed,wire=loop" },
                                            { "sim:virtio-net-rss", "sim:82599,wire=loop" } };

    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;
        cfg.promisc = true;
        struct ixl_device *in = open_it(pairs[k][0], &cfg), *out = open_it(pairs[k][1], &cfg);
        struct ixl_link link = { .up = false };
        while (!link.up)
            assert_int_equal(ixl_get_link(in, &link), 0);
        for (link.up = false; !link.up;)
            assert_int_equal(ixl_get_link(out, &link), 0);
        for (unsigned i = 0; i < 2000; i++) {
            uint8_t frame[300];
            memset(frame, (int)i, sizeof(frame));
            frame[0] = 2;
            sim_inject(ixl_sim_nic(in), frame, sizeof(frame));
            int n = 0;
            for (uint64_t end = now_ms() + PATIENCE_MS; n == 0 && now_ms() < end;)
                n = ixl_forward(in, 0, out, 0, 32, NULL, NULL);
            assert_int_equal(n, 1);
            struct pkt_buf *buf = await(out, 0);
            assert_int_equal(buf->size, sizeof(frame));
            assert_memory_equal(buf->data, frame, sizeof(frame));
            ixl_pkt_buf_free(buf);
        }
        close_it(in);
        close_it(out);
    }
}

static uint64_t xstat(struct ixl_device *dev, const char *name)
{
    struct ixl_xstat all[256];
    int n = ixl_get_xstats(dev, all, 256);

    for (int i = 0; i < n; i++)
        if (strcmp(all[i].name, name) == 0)
            return all[i].value;
    fail_msg("there is no counter %s", name);
    return 0;
}

/* No frame vanishes without being counted. */
static void what_finds_no_room_is_dropped_and_counted(void **state)
{
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;
    unsigned seen = 0;

    (void)state;
    cfg.promisc = true;
    cfg.tx_ring_size = 64;
    struct ixl_device *in = open_it("sim:virtio-net", &cfg), *out = open_it("sim:virtio-net", &cfg);
    sim_set_fault(ixl_sim_nic(out), SIM_FAULT_STALL_TX, 0);
    for (unsigned i = 0; i < 300; i++) {
        uint8_t frame[100] = { 2 };
        sim_inject(ixl_sim_nic(in), frame, sizeof(frame));
    }
    for (uint64_t end = now_ms() + PATIENCE_MS; seen < 300 && now_ms() < end;) {
        int n = ixl_forward(in, 0, out, 0, 64, NULL, NULL);
        assert_in_range(n, 0, 64);
        seen += (unsigned)n;
    }
    assert_int_equal(seen, 300);
    assert_int_equal(xstat(out, "fwd_dropped"), 300 - 64);
    assert_int_equal(xstat(out, "tx_pkts"), 64);
    close_it(in);
    close_it(out);
}

#define CASE(name) cmocka_unit_test_setup(name, reset_log)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(checksums_are_filled_in_and_told),
        CASE(a_large_packet_is_cut_into_segments),
        CASE(addresses_and_groups_are_filtered),
        CASE(a_feature_that_is_off_is_refused),
        CASE(numbers_of_queues_may_differ_where_the_device_allows),
        CASE(the_redirection_table_is_obeyed),
        CASE(a_plain_device_works_within_its_means),
        CASE(frames_are_forwarded_between_families),
        CASE(what_finds_no_room_is_dropped_and_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
