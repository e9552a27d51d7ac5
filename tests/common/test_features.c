// SPDX-License-Identifier: MIT
/* What a device says it can do, what of it can be switched, and that it then does so. */
#include "tests/common/cases.h"
#include "tests/common/flows.h"

static struct ixl_features features_of(struct stage *s)
{
    struct ixl_features f;
    assert_int_equal(ixl_get_features(s->dev, &f), 0);
    return f;
}

void features_are_those_of_the_device(void **state)
{
    const uint64_t all = IXL_FEAT_TX_IP_CSUM | IXL_FEAT_TX_TCP_CSUM | IXL_FEAT_TX_UDP_CSUM |
                         IXL_FEAT_TX_TSO | IXL_FEAT_RX_VLAN_STRIP | IXL_FEAT_TX_VLAN_INSERT |
                         IXL_FEAT_PROMISC | IXL_FEAT_ALL_MULTICAST | IXL_FEAT_JUMBO;
    struct ixl_device_info info;
    const uint64_t off = IXL_FEAT_RX_VLAN_STRIP | IXL_FEAT_RX_VLAN_FILTER | IXL_FEAT_PROMISC |
                         IXL_FEAT_JUMBO | IXL_FEAT_MSIX;
    struct ixl_dev_cfg cfg = polling();
    struct stage s;

    (void)state;
    stage_open(&s, "", &cfg);
    struct ixl_features f = features_of(&s);
    assert_int_equal(ixl_get_info(s.dev, &info), 0);
    if (strncmp(info.driver, "virtio", 6) != 0)
        assert_true((f.supported & all) == all);
    assert_true((f.active & ~f.supported) == 0);
    assert_true((f.changeable & ~f.supported) == 0);
    assert_true((f.together & ~f.changeable) == 0);
    assert_true((f.active & off) == 0);
    for (unsigned i = 0; i < IXL_FEAT_COUNT; i++) { /* one after the other, and back */
        uint64_t bit = 1ull << i;
        uint64_t set = bit & f.together ? f.together : bit;
        if (!(f.changeable & bit))
            continue;
        bool on = f.active & bit;
        assert_int_equal(ixl_set_features(s.dev, on ? 0 : set, on ? set : 0), 0);
        assert_true(features_of(&s).active == (f.active ^ set));
        assert_int_equal(ixl_set_features(s.dev, on ? set : 0, on ? 0 : set), 0);
    }
    assert_true(features_of(&s).active == f.active);
    assert_int_equal(log_errors, 0);
    stage_ready(&s);
    frames_exchange(&s, 50, 10, SMALL_FRAME, 1514);
    stage_close(&s);
}

/* ---- checksums ------------------------------------------------------------------------------ */

/* QEMU's e1000 checks no checksums, the 8254x does. */
static bool checks(void)
{
    return !on_qemu("e1000") && !on_qemu("82545em");
}

static uint32_t flags_of(struct stage *s)
{
    static const struct flow flow = { .proto = PROTO_TCP,
                                      .src = { 10, 0, 0, 1 },
                                      .dst = { 10, 0, 0, 2 },
                                      .sport = 1000,
                                      .dport = 80 };
    uint16_t queue;
    flow_send(s, &flow);
    struct pkt_buf *buf = flow_await(s, &queue);
    uint32_t flags = buf->flags;
    ixl_pkt_buf_free(buf);
    return flags;
}

void checksums_are_told_only_while_checked(void **state)
{
    const uint32_t ip = IXL_RX_IP_CHECKED, l4 = IXL_RX_L4_CHECKED;
    const uint64_t both = IXL_FEAT_RX_IP_CSUM | IXL_FEAT_RX_L4_CSUM;
    struct ixl_dev_cfg cfg = polling();
    struct stage s;

    (void)state;
    stage_open(&s, "", &cfg);
    stage_ready(&s);
    if (!supports(&s, both)) {
        stage_close(&s);
        return;
    }
    assert_int_equal(flags_of(&s), checks() ? ip | l4 : 0);
    if ((features_of(&s).changeable & both) == both) {
        assert_int_equal(ixl_set_features(s.dev, 0, IXL_FEAT_RX_L4_CSUM), 0);
        assert_int_equal(flags_of(&s), checks() ? ip : 0);
        assert_int_equal(ixl_set_features(s.dev, 0, both), 0);
        assert_int_equal(flags_of(&s), 0);
        assert_int_equal(ixl_set_features(s.dev, both, 0), 0);
        assert_int_equal(flags_of(&s), checks() ? ip | l4 : 0);
    } else { /* the 82599 and its successors check always */
        assert_int_equal(ixl_set_features(s.dev, 0, both), -IXL_ENOTSUP);
    }
    stage_close(&s);
}

/* ---- hashing -------------------------------------------------------------------------------- */

static unsigned hash_type_of(struct stage *s, uint16_t *queue)
{
    static const struct flow flow = { .proto = PROTO_TCP,
                                      .src = { 66, 9, 149, 187 },
                                      .dst = { 161, 142, 100, 80 },
                                      .sport = 2794,
                                      .dport = 1766 };
    flow_send(s, &flow);
    struct pkt_buf *buf = flow_await(s, queue);
    unsigned type = buf->ptype & IXL_PTYPE_RSS;
    ixl_pkt_buf_free(buf);
    return type;
}

void hashing_ends_with_its_feature(void **state)
{
    struct ixl_dev_cfg cfg = polling();
    uint16_t home, queue;
    struct ixl_rss rss;
    struct stage s;

    (void)state;
    stage_open(&s, "", &cfg);
    bool able = supports(&s, IXL_FEAT_RSS);
    stage_close_device(&s);
    cfg.num_rx_queues = able ? 2 : 1;
    stage_open_on(&s, s.bus, &cfg);
    stage_ready(&s);
    if (!able) {
        assert_int_equal(ixl_get_rss(s.dev, &rss), -IXL_ENOTSUP);
        stage_close(&s);
        return;
    }
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(hash_type_of(&s, &home), IXL_RSS_TCP_IPV4);
        assert_int_equal(ixl_set_features(s.dev, 0, IXL_FEAT_RSS), 0);
        assert_int_equal(hash_type_of(&s, &queue), IXL_RSS_NONE);
        assert_int_equal(queue, 0);
        assert_int_equal(ixl_set_features(s.dev, IXL_FEAT_RSS, 0), 0);
        assert_int_equal(hash_type_of(&s, &queue), IXL_RSS_TCP_IPV4);
        assert_int_equal(queue, home);
    }
    stage_close(&s);
}

/* ---- refused, with one sentence each --------------------------------------------------------- */

static void refused(int got, int want)
{
    assert_int_equal(got, want);
    assert_int_equal(log_errors, 1);
    log_errors = 0;
}

static void rss_out_of_range(struct stage *s)
{
    struct ixl_rss rss;

    assert_int_equal(ixl_get_rss(s->dev, &rss), 0);
    assert_int_equal(rss.table_size & (rss.table_size - 1), 0);
    rss.table[0] = 1; /* there is only queue 0 */
    refused(ixl_set_rss(s->dev, &rss), -IXL_ERANGE);
    rss.table[0] = 0;
    rss.table_size /= 2;
    refused(ixl_set_rss(s->dev, &rss), -IXL_ERANGE);
    rss.table_size = 0;
    rss.hash_types = 1ull << 15;
    refused(ixl_set_rss(s->dev, &rss), -IXL_ENOTSUP);
}

void settings_out_of_range_are_refused(void **state)
{
    struct ixl_dev_cfg cfg = polling();
    struct stage s;

    (void)state;
    stage_open(&s, "", &cfg);
    struct ixl_features f = features_of(&s);
    if (f.active & ~f.changeable & IXL_FEAT_TX_IP_CSUM)
        refused(ixl_set_features(s.dev, 0, IXL_FEAT_TX_IP_CSUM), -IXL_ENOTSUP);
    refused(ixl_set_features(s.dev, IXL_FEAT_JUMBO, 0), -IXL_ENOTSUP);
    refused(ixl_set_features(s.dev, 1ull << 63, 0), -IXL_EINVAL);
    refused(ixl_set_features(s.dev, IXL_FEAT_PROMISC, IXL_FEAT_PROMISC), -IXL_EINVAL);
    if (f.together)
        refused(ixl_set_features(s.dev, IXL_FEAT_RX_VLAN_STRIP, 0), -IXL_ENOTSUP);
    refused(ixl_vlan_filter_add(s.dev, 4096), -IXL_ERANGE);
    refused(ixl_add_mac(s.dev, s.mac), -IXL_EEXIST);
    refused(ixl_del_mac(s.dev, s.mac), -IXL_ENOENT);
    refused(ixl_set_multicast(s.dev, (const uint8_t(*)[6]) & s.mac, 1), -IXL_EINVAL);
    refused(ixl_set_irq_moderation(s.dev, 0, 10), -IXL_ENOTSUP); /* it polls */
    if (f.supported & IXL_FEAT_RSS)
        rss_out_of_range(&s);
    assert_true(features_of(&s).active == f.active);
    stage_close(&s);
}

/* ---- moderation ------------------------------------------------------------------------------ */

void moderation_is_set_while_frames_come(void **state)
{
    static const uint32_t wanted[] = { 0, 1, 100, 1000, 10000, 25 };
    struct ixl_dev_cfg cfg = waiting(2000);
    struct stage s;

    (void)state;
    cfg.irq_moderation_us = 50;
    stage_open(&s, "", &cfg);
    stage_ready(&s);
    if (ixl_get_irq_moderation(s.dev, 0) == -IXL_ENOTSUP) { /* virtio */
        assert_int_equal(ixl_set_irq_moderation(s.dev, 0, 1), -IXL_ENOTSUP);
        stage_close(&s);
        return;
    }
    assert_in_range(ixl_get_irq_moderation(s.dev, 0), 48, 52);
    for (unsigned i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        assert_int_equal(ixl_set_irq_moderation(s.dev, 0, wanted[i]), 0);
        int us = ixl_get_irq_moderation(s.dev, 0);
        assert_in_range(us, wanted[i] < 1000 ? wanted[i] / 2 : 990, wanted[i] + 2);
        assert_int_equal(ixl_set_irq_moderation(s.dev, 0, (uint32_t)us), 0);
        assert_int_equal(ixl_get_irq_moderation(s.dev, 0), us);
        frames_exchange(&s, 30, 4, SMALL_FRAME, 1514);
    }
    assert_int_equal(ixl_set_irq_moderation(s.dev, 0, 10001), -IXL_ERANGE);
    assert_int_equal(ixl_set_irq_moderation(s.dev, 1, 1), -IXL_EINVAL);
    stage_close(&s);
}
