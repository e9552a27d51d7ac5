// SPDX-License-Identifier: MIT
/* Counters by name: what each device counts, and that the same thing has the same name everywhere.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/common/cases.h"
#include "tests/common/stage.h"

#define FCS    4u
#define FRAMES (sizeof(sent) / sizeof(sent[0]))

/* ---- all counters at a time ------------------------------------------------------------------ */

struct shot {
    struct ixl_xstat all[512];
    unsigned n;
};

static void shoot(struct stage *s, struct shot *shot)
{
    int n = ixl_get_xstats(s->dev, shot->all, 512);
    assert_in_range(n, 1, 512);
    shot->n = (unsigned)n;
}

static const struct ixl_xstat *find(const struct shot *shot, const char *name)
{
    for (unsigned i = 0; i < shot->n; i++)
        if (strcmp(shot->all[i].name, name) == 0)
            return &shot->all[i];
    return NULL;
}

static bool has(struct stage *s, const char *name)
{
    struct shot now;
    shoot(s, &now);
    return find(&now, name) != NULL;
}

/* What a counter has grown by since; the device has it. */
static uint64_t since(struct stage *s, const struct shot *then, const char *name)
{
    const struct ixl_xstat *old = find(then, name);
    if (!old)
        fail_msg("there is no counter \"%s\"", name);
    return xstat(s, name) - old->value;
}

/* Waits until it has grown by as much, as the device's own thread may be behind. */
static void grows(struct stage *s, const struct shot *then, const char *name, uint64_t want)
{
    uint64_t end = now_ms() + PATIENCE_MS, got;
    unsigned idle = 0;
    while ((got = since(s, then, name)) < want && now_ms() < end)
        breathe(&idle);
    if (got != want)
        fail_msg("%s grew by %llu, not %llu", name, (unsigned long long)got,
                 (unsigned long long)want);
}

/* ---- names ---------------------------------------------------------------------------------- */

static void same_names(const struct shot *a, const struct shot *b)
{
    assert_int_equal(a->n, b->n);
    for (unsigned i = 0; i < a->n; i++)
        assert_string_equal(a->all[i].name, b->all[i].name);
}

void counters_keep_names_and_order(void **state)
{
    struct ixl_dev_cfg cfg = polling();
    struct shot first, later;
    struct stage s;

    (void)state;
    stage_open(&s, "", &cfg);
    shoot(&s, &first);
    for (unsigned i = 0; i < first.n; i++)
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(first.all[i].name, first.all[j].name);
    stage_ready(&s);
    frames_exchange(&s, 50, 10, SMALL_FRAME, 1514);
    shoot(&s, &later);
    same_names(&first, &later);
    assert_int_equal(ixl_reset(s.dev), 0);
    shoot(&s, &later);
    same_names(&first, &later);
    stage_close(&s);
}

void one_thing_has_one_name_everywhere(void **state)
{
    static const char *const all[] = {
        "rx_pkts",          "tx_pkts",
        "rx_bytes",         "tx_bytes",
        "fwd_dropped",      "link_changes",
        "dma_bytes",        "rx_errors_seen",
        "rx_no_buf",        "rxq0_irqs",
        "rxq0_waits",       "rxq0_to_polling",
        "rxq0_pool_in_use", "rxq0_pool_capacity",
        "rx_reset_dropped", "tx_reset_dropped",
    };
    static const char *const intel[] = {
        "rx_crc_errors",
        "rx_missed",
        "rx_good",
        "rx_good_octets",
        "rx_total",
        "rx_total_octets",
        "rx_broadcast",
        "rx_multicast",
        "rx_undersize",
        "rx_fragments",
        "rx_oversize",
        "rx_jabber",
        "rx_64",
        "rx_65_127",
        "rx_128_255",
        "rx_256_511",
        "rx_512_1023",
        "rx_1024_max",
        "rx_xon",
        "rx_xoff",
        "tx_xon",
        "tx_xoff",
        "tx_good",
        "tx_good_octets",
        "tx_total",
        "tx_broadcast",
        "tx_multicast",
        "tx_64",
        "tx_65_127",
        "tx_128_255",
        "tx_256_511",
        "tx_512_1023",
        "tx_1024_max",
        "rx_management",
        "tx_management",

        "rx_management_dropped",
    };
    struct ixl_dev_cfg cfg = polling();
    struct stage s;

    (void)state;
    stage_open(&s, "", &cfg);
    for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        (void)xstat(&s, all[i]); /* fails where there is none */
    for (unsigned i = 0; is_intel(&s) && i < sizeof(intel) / sizeof(intel[0]); i++)
        (void)xstat(&s, intel[i]);
    stage_close(&s);
}

/* ---- frames of all kinds --------------------------------------------------------------------- */

enum kind { UNICAST, BROADCAST, MULTICAST };
static const struct {
    unsigned size; /* without FCS, with which classes are counted */
    enum kind kind;
    const char *class;
} sent[] = {
    { 60, UNICAST, "64" },         { 61, UNICAST, "65_127" },     { 123, BROADCAST, "65_127" },
    { 124, UNICAST, "128_255" },   { 251, UNICAST, "128_255" },   { 252, MULTICAST, "256_511" },
    { 507, UNICAST, "256_511" },   { 508, UNICAST, "512_1023" },  { 1019, MULTICAST, "512_1023" },
    { 1020, UNICAST, "1024_max" }, { 1514, UNICAST, "1024_max" },
};

static const uint8_t everyone[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
static const uint8_t group[6] = { 1, 0, 0x5e, 0, 0, 9 };

static void go_around(struct stage *s)
{
    const uint8_t *const to[] = { s->mac, everyone, group };
    for (unsigned i = 0; i < FRAMES; i++) {
        frame_send(s, sent[i].size, to[sent[i].kind], i);
        struct pkt_buf *buf = frame_await(s, 0);
        assert_int_equal(frame_check(buf), i);
        ixl_pkt_buf_free(buf);
    }
}

static unsigned bytes_of_all(void)
{
    unsigned bytes = 0;
    for (unsigned i = 0; i < FRAMES; i++)
        bytes += sent[i].size;
    return bytes;
}

/* The same in both directions: each frame came back. */
static void counted(struct stage *s, const struct shot *then, const char *dir, unsigned times)
{
    static const struct {
        const char *name;
        unsigned n, bytes; /* of the frames that went around, of their bytes */
    } want[] = {
        { "pkts", FRAMES, 0 },  { "bytes", 0, 1 },
        { "good", FRAMES, 0 },  { "good_octets", FCS * FRAMES, 1 },
        { "total", FRAMES, 0 }, { "broadcast", 1, 0 },
        { "multicast", 2, 0 },  { "64", 1, 0 },
        { "65_127", 2, 0 },     { "128_255", 2, 0 },
        { "256_511", 2, 0 },    { "512_1023", 2, 0 },
        { "1024_max", 2, 0 },
    };
    char name[48];

    for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        snprintf(name, sizeof(name), "%s_%s", dir, want[i].name);
        if (is_intel(s) || i < 2)
            grows(s, then, name, times * (want[i].n + want[i].bytes * bytes_of_all()));
    }
}

/* Where a device counts by queue or for the host, that too. */
static void counted_where_there_is(struct stage *s, const struct shot *then)
{
    const struct {
        const char *name;
        uint64_t n;
    } want[] = {
        { "rxq0_pkts", FRAMES },
        { "txq0_pkts", FRAMES },
        { "rxq0_bytes", bytes_of_all() },
        { "txq0_bytes", bytes_of_all() },
        { "rxq0_dropped", 0 },
        { "rx_to_host", FRAMES },
        { "tx_from_host", FRAMES },
        { "rx_to_host_octets", bytes_of_all() + FCS * FRAMES },
        { "tx_from_host_octets", bytes_of_all() + FCS * FRAMES },
        { "rx_to_host_bytes", bytes_of_all() },
        { "tx_from_host_bytes", bytes_of_all() },
        { "rx_unfiltered", FRAMES },
        { "rx_unfiltered_octets", bytes_of_all() + FCS * FRAMES },
        { "tx_total_octets", bytes_of_all() + FCS * FRAMES },
        { "rx_total_octets", bytes_of_all() + FCS * FRAMES },
        { "rx_crc_errors", 0 },
    };
    for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++)
        if (has(s, want[i].name))
            grows(s, then, want[i].name, want[i].n);
}

void frames_are_counted_by_kind_and_size(void **state)
{
    struct ixl_dev_cfg cfg = polling();
    struct ixl_device_stats stats = { 0, 0, 0, 0 };
    struct shot then;
    struct stage s;

    (void)state;
    stage_open(&s, "", &cfg);
    stage_ready(&s);
    if (supports(&s, IXL_FEAT_ALL_MULTICAST))
        assert_int_equal(ixl_set_features(s.dev, IXL_FEAT_ALL_MULTICAST, 0), 0);
    shoot(&s, &then);
    go_around(&s);
    counted(&s, &then, "rx", 1);
    counted(&s, &then, "tx", 1);
    counted_where_there_is(&s, &then);

    /* The four count from their own last reading, whoever else looks. */
    assert_int_equal(ixl_read_stats(s.dev, &stats), 0);
    assert_int_equal(stats.rx_pkts, FRAMES);
    assert_int_equal(stats.tx_bytes, bytes_of_all());
    go_around(&s);
    assert_int_equal(ixl_read_stats(s.dev, NULL), 0);
    assert_int_equal(ixl_read_stats(s.dev, &stats), 0);
    assert_int_equal(stats.rx_pkts, FRAMES);
    assert_int_equal(stats.tx_bytes, bytes_of_all());
    stage_close(&s);
}

void counters_survive_a_reset(void **state)
{
    struct ixl_dev_cfg cfg = polling();
    struct ixl_device_stats stats = { 0, 0, 0, 0 };
    struct shot then;
    struct stage s;

    (void)state;
    stage_open(&s, "", &cfg);
    stage_ready(&s);
    if (supports(&s, IXL_FEAT_ALL_MULTICAST))
        assert_int_equal(ixl_set_features(s.dev, IXL_FEAT_ALL_MULTICAST, 0), 0);
    shoot(&s, &then);
    go_around(&s);
    assert_int_equal(ixl_reset(s.dev), 0);
    counted(&s, &then, "rx", 1);
    counted(&s, &then, "tx", 1);
    counted_where_there_is(&s, &then);
    go_around(&s);
    counted(&s, &then, "rx", 2);
    counted(&s, &then, "tx", 2);
    assert_int_equal(ixl_read_stats(s.dev, &stats), 0);
    assert_int_equal(stats.rx_pkts, 2 * FRAMES);
    assert_int_equal(stats.rx_bytes, 2 * bytes_of_all());
    stage_close(&s);
}

/* 1000 bytes in segments of 500, whatever their contents. */
static struct pkt_buf *segments(struct stage *s)
{
    static const uint8_t head[] = { 8, 0, 0x45, 0, 3, 218, 0, 0, 0, 0, 64, 6 };
    struct pkt_buf *buf = frame_make(s, 1000, s->mac, 1);

    assert_non_null(buf);
    memset(buf->data + 12, 0, 1000 - 12);
    memcpy(buf->data + 12, head, sizeof(head));
    buf->data[46] = 5 << 4;
    buf->flags = IXL_TX_TSO | IXL_TX_IP_CSUM | IXL_TX_TCP_CSUM;
    buf->l2_len = 14;
    buf->l3_len = buf->l4_len = 20;
    buf->mss = 500;
    return buf;
}

void segments_are_counted_as_the_frames_they_are(void **state)
{
    struct ixl_dev_cfg cfg = polling();
    struct shot then;
    struct stage s;

    (void)state;
    stage_open(&s, "", &cfg);
    stage_ready(&s);
    if (is_intel(&s) && supports(&s, IXL_FEAT_TX_TSO)) {
        struct pkt_buf *buf = segments(&s);
        shoot(&s, &then);
        assert_int_equal(ixl_tx_batch(s.dev, 0, &buf, 1), 1);
        ixl_pkt_buf_free(frame_await(&s, 0));
        ixl_pkt_buf_free(frame_await(&s, 0));
        grows(&s, &then, "tx_good", 2);
        grows(&s, &then, "tx_bytes", 1000 + 54);
        grows(&s, &then, "rx_bytes", 1000 + 54);
        if (has(&s, "tx_segmented"))
            grows(&s, &then, "tx_segmented", 1);
    }
    stage_close(&s);
}

/* The I210's counters of a queue are not cleared by reading: they wrap. */
void what_wraps_goes_on(void **state)
{
    struct ixl_dev_cfg cfg = polling();
    struct shot then;
    struct stage s;

    (void)state;
    stage_open(&s, "", &cfg);
    stage_ready(&s);
    if (strcmp(device_name(), "i210") == 0) {
        sim_mmio_write(s.nic, 0, 0x10018, 4, 0xfffffff0);
        sim_mmio_write(s.nic, 0, 0x10034, 4, 0xfffffff0);
        shoot(&s, &then);
        frames_exchange(&s, 3, 1, 1000, 1000);
        grows(&s, &then, "rxq0_pkts", 3);
        grows(&s, &then, "rxq0_bytes", 3000);
        grows(&s, &then, "txq0_bytes", 3000);
    }
    stage_close(&s);
}

/* ---- what is no good --------------------------------------------------------------------------
 */

static bool inject(struct stage *s, const uint8_t to[6], unsigned size)
{
    uint8_t frame[MAX_FRAME];
    frame_fill(frame, size, to, 7);
    return sim_inject(s->nic, frame, size);
}

static void inject_all(struct stage *s, const uint8_t to[6], unsigned size, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        assert_true(inject(s, to, size));
}

static void pause_frame(struct stage *s)
{
    static const uint8_t pause[60] = { 1, 0x80, 0xc2, 0,    0,    1, 2, 0,    0,
                                       0, 0,    9,    0x88, 0x08, 0, 1, 0xff, 0xff };
    assert_true(sim_inject(s->nic, pause, sizeof(pause)));
}

void bad_frames_are_counted_by_what_is_wrong(void **state)
{
    struct ixl_dev_cfg cfg = polling();
    struct shot then;
    struct stage s;
    struct pkt_buf *buf;

    (void)state;
    stage_open(&s, "", &cfg);
    stage_ready(&s);
    if (is_intel(&s)) {
        assert_int_equal(ixl_set_features(s.dev, IXL_FEAT_ALL_MULTICAST, 0), 0);
        shoot(&s, &then);
        inject_all(&s, s.mac, 40, 3);
        grows(&s, &then, "rx_undersize", 3);
        inject_all(&s, s.mac, 1600, 2);
        grows(&s, &then, "rx_oversize", 2);
        pause_frame(&s);
        /* A gigabit part counts apart what it was not told to obey. */
        grows(&s, &then, has(&s, "rx_pause_unsupported") ? "rx_pause_unsupported" : "rx_xoff", 1);
        sim_set_fault(s.nic, SIM_FAULT_CORRUPT, 1);
        inject_all(&s, s.mac, 100, 5);
        grows(&s, &then, "rx_crc_errors", 5);
        assert_int_equal(ixl_rx_batch(s.dev, 0, &buf, 1), 0);
        sim_set_fault(s.nic, SIM_FAULT_NONE, 0);
        assert_int_equal(since(&s, &then, "rx_good"), 0);
        assert_int_equal(since(&s, &then, "rx_pkts"), 0);
        assert_int_equal(since(&s, &then, "rx_bytes"), 0);
        frame_send(&s, 100, s.mac, 7);
        ixl_pkt_buf_free(frame_await(&s, 0));
        grows(&s, &then, "rx_pkts", 1);
    }
    stage_close(&s);
}

/* Nobody takes what arrives: with several queues a full one drops. */
void a_dry_ring_drops_and_counts(void **state)
{
    struct ixl_dev_cfg cfg = polling();
    struct ixl_device_info info;
    struct shot then;
    struct stage s;

    (void)state;
    cfg.num_rx_queues = 2;
    cfg.rx_ring_size = 64;
    stage_open(&s, "", NULL);
    assert_int_equal(ixl_get_info(s.dev, &info), 0);
    bool drops = has(&s, "rxq0_dropped") && info.max_rx_queues > 1;
    stage_close(&s);
    if (!drops)
        return; /* e1000 and virtio have no such counter */
    stage_open(&s, "", &cfg);
    stage_ready(&s);
    shoot(&s, &then);
    inject_all(&s, everyone, 100, 200);
    uint64_t end = now_ms() + PATIENCE_MS, dropped, taken = 0;
    while (since(&s, &then, "rxq0_dropped") < 100)
        assert_true(now_ms() < end);
    /* Some may still be on their way from the MAC, to the ring or nowhere. */
    while ((taken += frames_drain(&s)) + (dropped = since(&s, &then, "rxq0_dropped")) < 200)
        assert_true(now_ms() < end);
    assert_in_range(dropped, 100, 199);
    grows(&s, &then, "rx_good", 200); /* the MAC had them all */
    assert_int_equal(taken, 200 - dropped);
    assert_int_equal(since(&s, &then, "rx_pkts"), taken);
    stage_close(&s);
}

/* With one queue frames wait in the device until it has no room for more. */
void frames_without_room_are_missed_and_counted(void **state)
{
    struct ixl_dev_cfg cfg = polling();
    struct shot then;
    struct stage s;
    unsigned missed = 0, all = 0;

    (void)state;
    cfg.rx_ring_size = 64;
    stage_open(&s, "", &cfg);
    stage_ready(&s);
    if (is_intel(&s)) {
        shoot(&s, &then);
        for (; all < 100000 && missed < 10; all++)
            missed += !inject(&s, everyone, 100);
        assert_int_equal(missed, 10);
        grows(&s, &then, "rx_missed", missed);
        if (has(&s, "rx_no_buffer"))
            assert_true(since(&s, &then, "rx_no_buffer") > 0);
        unsigned got = 0, idle = 0;
        for (uint64_t end = now_ms() + PATIENCE_MS; got < all - missed && now_ms() < end;
             breathe(&idle))
            got += frames_drain(&s);
        assert_int_equal(got, all - missed);
        grows(&s, &then, "rx_pkts", all - missed);
        assert_int_equal(since(&s, &then, "rx_missed"), missed);
    }
    stage_close(&s);
}
