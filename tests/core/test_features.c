// SPDX-License-Identifier: MIT
/* Features, filters, RSS and moderation: what is asked of a driver, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fake.h"

#define STRIP  IXL_FEAT_RX_VLAN_STRIP
#define INSERT IXL_FEAT_TX_VLAN_INSERT

static const uint8_t own[6] = { 2, 0, 0, 0, 0, 1 };
static const uint8_t other[6] = { 2, 0, 0, 0, 0, 2 };
static const uint8_t third[6] = { 2, 0, 0, 0, 0, 3 };
static const uint8_t groups[2][6] = { { 1, 0, 0x5e, 0, 0, 1 }, { 0x33, 0x33, 0, 0, 0, 1 } };

/* Everything there is, and one switch for the two of VLAN tags. */
static struct ixl_device *open_able(void)
{
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;
    struct ixl_device *dev = NULL;

    fake_reset();
    fake.caps = (struct ixl_caps){
        .supported = STRIP | INSERT | IXL_FEAT_RX_VLAN_FILTER | IXL_FEAT_RX_IP_CSUM |
                     IXL_FEAT_TX_IP_CSUM | IXL_FEAT_ALL_MULTICAST | IXL_FEAT_RSS,
        .changeable = STRIP | INSERT | IXL_FEAT_RX_VLAN_FILTER | IXL_FEAT_ALL_MULTICAST,
        .together = STRIP | INSERT,
        .rss_types = 1u << IXL_RSS_IPV4 | 1u << IXL_RSS_TCP_IPV4,
        .rss_entries = 128,
        .rss_queues = 2,
        .macs = 2,
        .groups = true,
    };
    cfg.num_rx_queues = 4;
    cfg.irq_timeout_ms = 1;
    assert_int_equal(ixl_open("fake:", &cfg, &dev), 0);
    return dev;
}

static struct ixl_features features_of(struct ixl_device *dev)
{
    struct ixl_features f;

    assert_int_equal(ixl_get_features(dev, &f), 0);
    return f;
}

/* One sentence, no more. */
static void refused(int got, int want)
{
    assert_int_equal(got, want);
    assert_int_equal(logged[IXL_LOG_ERROR], 1);
    logged[IXL_LOG_ERROR] = 0;
}

/* ---- features ------------------------------------------------------------- */

static void every_feature_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (unsigned i = 0; i < IXL_FEAT_COUNT; i++) {
        assert_non_null(ixl_feature_name(i));
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(ixl_feature_name(i), ixl_feature_name(j));
    }
    assert_null(ixl_feature_name(IXL_FEAT_COUNT));
    assert_string_equal(ixl_feature_name(2), "rx-vlan-strip");
    assert_string_equal(ixl_feature_name(12), "all-multicast");
}

static void what_changes_frames_is_off_at_first(void **state)
{
    struct ixl_device *dev = open_able();
    struct ixl_features f = features_of(dev);

    (void)state;
    assert_true(f.active == (IXL_FEAT_RX_IP_CSUM | IXL_FEAT_TX_IP_CSUM | IXL_FEAT_ALL_MULTICAST |
                             IXL_FEAT_RSS | IXL_FEAT_MSIX));
    assert_true(f.supported == (fake.caps.supported | IXL_FEAT_PROMISC | IXL_FEAT_JUMBO));
    assert_true(f.changeable == (fake.caps.changeable | IXL_FEAT_PROMISC));
    assert_true(f.together == (STRIP | INSERT));
    ixl_close(dev);
}

static void features_follow_from_the_configuration(void **state)
{
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;
    struct ixl_device *dev;

    (void)state;
    fake_reset();
    cfg.max_frame_size = 9000;
    cfg.promisc = true;
    assert_int_equal(ixl_open("fake:", &cfg, &dev), 0);
    assert_true(features_of(dev).active == (IXL_FEAT_JUMBO | IXL_FEAT_PROMISC));
    dev->max_frame = 1518; /* as a driver finds that knows more than the part's name */
    assert_false(features_of(dev).supported & IXL_FEAT_JUMBO);
    ixl_close(dev);
}

static void a_switch_reaches_the_driver(void **state)
{
    struct ixl_device *dev = open_able();

    (void)state;
    assert_int_equal(
        ixl_set_features(dev, STRIP | INSERT | IXL_FEAT_PROMISC, IXL_FEAT_ALL_MULTICAST), 0);
    assert_true(fake.told.active == features_of(dev).active - IXL_FEAT_MSIX);
    assert_true(fake.told.active & STRIP);
    assert_false(fake.told.active & IXL_FEAT_ALL_MULTICAST);
    assert_int_equal(fake.regs[1], 1);
    assert_int_equal(ixl_set_promisc(dev, false), 0);
    assert_int_equal(fake.regs[1], 0);
    assert_true(features_of(dev).active & STRIP);
    ixl_close(dev);
}

static void asking_for_what_is_so_is_no_error(void **state)
{
    struct ixl_device *dev = open_able();

    (void)state;
    assert_int_equal(ixl_set_features(dev, IXL_FEAT_RX_IP_CSUM, IXL_FEAT_TX_TSO | STRIP), 0);
    assert_int_equal(ixl_set_features(dev, 0, 0), 0);
    assert_int_equal(logged[IXL_LOG_ERROR], 0);
    ixl_close(dev);
}

static void what_cannot_be_switched_is_refused(void **state)
{
    struct ixl_device *dev = open_able();
    uint64_t before = features_of(dev).active;

    (void)state;
    refused(ixl_set_features(dev, 0, IXL_FEAT_RX_IP_CSUM), -IXL_ENOTSUP);
    assert_non_null(strstr(last_log, "rx-ip-csum"));
    refused(ixl_set_features(dev, IXL_FEAT_TX_TSO, 0), -IXL_ENOTSUP);
    refused(ixl_set_features(dev, IXL_FEAT_JUMBO, 0), -IXL_ENOTSUP);
    refused(ixl_set_features(dev, STRIP, 0), -IXL_ENOTSUP);
    assert_non_null(strstr(last_log, "rx-vlan-strip, tx-vlan-insert"));
    refused(ixl_set_features(dev, STRIP | INSERT, STRIP), -IXL_EINVAL);
    refused(ixl_set_features(dev, 1ull << IXL_FEAT_COUNT, 0), -IXL_EINVAL);
    refused(ixl_set_features(NULL, 0, 0), -IXL_EINVAL);
    refused(ixl_get_features(NULL, NULL), -IXL_EINVAL);
    fake.settings_error = -IXL_ENODEV;
    assert_int_equal(ixl_set_features(dev, IXL_FEAT_RX_VLAN_FILTER, 0), -IXL_ENODEV);
    assert_true(features_of(dev).active == before);
    ixl_close(dev);
}

/* ---- filters ---------------------------------------------------------------- */

static void addresses_are_added_and_taken(void **state)
{
    struct ixl_device *dev = open_able();
    const uint8_t fourth[6] = { 2, 0, 0, 0, 0, 4 };

    (void)state;
    assert_int_equal(ixl_macs_left(dev), 2);
    assert_int_equal(ixl_add_mac(dev, other), 0);
    assert_int_equal(ixl_add_mac(dev, third), 0);
    assert_int_equal(fake.told.n_macs, 2);
    assert_int_equal(ixl_macs_left(dev), 0);
    refused(ixl_add_mac(dev, fourth), -IXL_ENOSPC);
    refused(ixl_add_mac(dev, other), -IXL_EEXIST);
    refused(ixl_add_mac(dev, own), -IXL_EEXIST);
    refused(ixl_add_mac(dev, groups[0]), -IXL_EINVAL);
    refused(ixl_add_mac(dev, (const uint8_t[6]){ 0 }), -IXL_EINVAL);
    assert_int_equal(ixl_del_mac(dev, other), 0);
    assert_int_equal(fake.told.n_macs, 1);
    assert_memory_equal(fake.told.macs[0], third, 6);
    refused(ixl_del_mac(dev, other), -IXL_ENOENT);
    refused(ixl_del_mac(dev, own), -IXL_ENOENT);
    fake.settings_error = -IXL_ENODEV;
    assert_int_equal(ixl_del_mac(dev, third), -IXL_ENODEV);
    assert_int_equal(ixl_macs_left(dev), 1);
    ixl_close(dev);
}

static void groups_replace_each_other(void **state)
{
    struct ixl_device *dev = open_able();
    static uint8_t many[IXL_MAX_GROUPS + 1][6];

    (void)state;
    assert_int_equal(ixl_set_multicast(dev, groups, 2), 0);
    assert_int_equal(fake.told.n_groups, 2);
    assert_memory_equal(fake.told.groups, groups, 12);
    assert_int_equal(ixl_set_multicast(dev, groups + 1, 1), 0);
    assert_int_equal(fake.told.n_groups, 1);
    assert_memory_equal(fake.told.groups, groups[1], 6);
    assert_int_equal(ixl_set_multicast(dev, NULL, 0), 0);
    assert_int_equal(fake.told.n_groups, 0);
    refused(ixl_set_multicast(dev, &own, 1), -IXL_EINVAL);
    refused(ixl_set_multicast(dev, NULL, 1), -IXL_EINVAL);
    for (unsigned i = 0; i <= IXL_MAX_GROUPS; i++)
        many[i][0] = 1;
    refused(ixl_set_multicast(dev, (const uint8_t(*)[6])many, IXL_MAX_GROUPS + 1), -IXL_ERANGE);
    assert_int_equal(ixl_set_multicast(dev, (const uint8_t(*)[6])many, IXL_MAX_GROUPS), 0);
    ixl_close(dev);
}

static void vlans_are_entries_of_a_table(void **state)
{
    struct ixl_device *dev = open_able();

    (void)state;
    assert_int_equal(ixl_vlan_filter_add(dev, 4095), 0);
    assert_true(fake.told.vlans[127] == 1u << 31);
    assert_true(dev->set.vlans[127] == 1u << 31);
    assert_int_equal(ixl_vlan_filter_del(dev, 4095), 0);
    assert_int_equal(fake.told.vlans[127] | dev->set.vlans[127], 0);
    refused(ixl_vlan_filter_add(dev, 4096), -IXL_ERANGE);
    refused(ixl_vlan_filter_del(dev, 65535), -IXL_ERANGE);
    ixl_close(dev);
}

/* ---- receive-side scaling ----------------------------------------------------- */

static void the_table_names_the_queues_in_turn(void **state)
{
    struct ixl_device *dev = open_able();
    struct ixl_rss rss;

    (void)state;
    assert_int_equal(ixl_get_rss(dev, &rss), 0);
    assert_int_equal(rss.table_size, 128);
    assert_int_equal(rss.hash_types, fake.caps.rss_types);
    for (unsigned i = 0; i < 128; i++)
        assert_int_equal(rss.table[i], i % 2);
    assert_int_equal(rss.key[0], 0x6d);
    ixl_close(dev);
}

static void only_a_table_that_fits_is_taken(void **state)
{
    struct ixl_device *dev = open_able();
    struct ixl_rss rss, now;

    (void)state;
    assert_int_equal(ixl_get_rss(dev, &rss), 0);
    rss.key[39] ^= 1;
    rss.table[5] = 0;
    rss.hash_types = 1u << IXL_RSS_IPV4;
    assert_int_equal(ixl_set_rss(dev, &rss), 0);
    assert_int_equal(ixl_get_rss(dev, &now), 0);
    assert_memory_equal(&rss, &now, sizeof(rss));
    assert_memory_equal(&rss, &fake.told.rss, sizeof(rss));
    rss.table[7] = 2; /* the device has four queues, but an entry cannot name this one */
    refused(ixl_set_rss(dev, &rss), -IXL_ERANGE);
    rss.table_size = 64;
    refused(ixl_set_rss(dev, &rss), -IXL_ERANGE);
    rss.table_size = 0;
    rss.hash_types = 0;
    assert_int_equal(ixl_set_rss(dev, &rss), 0);
    assert_int_equal(fake.told.rss.table_size, 128);
    assert_int_equal(fake.told.rss.table[7], 1);
    rss.hash_types = 1u << IXL_RSS_UDP_IPV4;
    refused(ixl_set_rss(dev, &rss), -IXL_ENOTSUP);
    refused(ixl_set_rss(dev, NULL), -IXL_EINVAL);
    refused(ixl_get_rss(NULL, &rss), -IXL_EINVAL);
    ixl_close(dev);
}

/* ---- moderation ----------------------------------------------------------------- */

static void moderation_is_what_the_device_makes_of_it(void **state)
{
    struct ixl_device *dev = open_able();

    (void)state;
    assert_int_equal(ixl_get_irq_moderation(dev, 0), 25);
    assert_int_equal(ixl_set_irq_moderation(dev, 0, 99), 0);
    assert_int_equal(ixl_get_irq_moderation(dev, 0), 90);
    assert_int_equal(ixl_get_irq_moderation(dev, 1), 25);
    assert_int_equal(ixl_set_irq_moderation(dev, 0, 0), 0);
    assert_int_equal(ixl_get_irq_moderation(dev, 0), 0);
    refused(ixl_set_irq_moderation(dev, 0, 10001), -IXL_ERANGE);
    refused(ixl_set_irq_moderation(dev, 4, 1), -IXL_EINVAL);
    refused(ixl_get_irq_moderation(NULL, 0), -IXL_EINVAL);
    ixl_close(dev);
    fake_reset();
    assert_int_equal(ixl_open("fake:", NULL, &dev), 0); /* polls */
    refused(ixl_set_irq_moderation(dev, 0, 1), -IXL_ENOTSUP);
    ixl_close(dev);
}

/* ---- nothing of the kind ----------------------------------------------------------- */

static void a_device_without_says_so(void **state)
{
    struct ixl_device *dev;
    struct ixl_rss rss;

    (void)state;
    fake_reset();
    assert_int_equal(ixl_open("fake:", NULL, &dev), 0);
    assert_true(features_of(dev).supported == (IXL_FEAT_PROMISC | IXL_FEAT_JUMBO));
    assert_int_equal(ixl_macs_left(dev), 0);
    refused(ixl_add_mac(dev, other), -IXL_ENOTSUP);
    refused(ixl_set_multicast(dev, groups, 1), -IXL_ENOTSUP);
    refused(ixl_vlan_filter_add(dev, 1), -IXL_ENOTSUP);
    refused(ixl_get_rss(dev, &rss), -IXL_ENOTSUP);
    refused(ixl_set_features(dev, IXL_FEAT_RSS, 0), -IXL_ENOTSUP);
    ixl_close(dev);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_feature_has_a_name_of_its_own),
        cmocka_unit_test(what_changes_frames_is_off_at_first),
        cmocka_unit_test(features_follow_from_the_configuration),
        cmocka_unit_test(a_switch_reaches_the_driver),
        cmocka_unit_test(asking_for_what_is_so_is_no_error),
        cmocka_unit_test(what_cannot_be_switched_is_refused),
        cmocka_unit_test(addresses_are_added_and_taken),
        cmocka_unit_test(groups_replace_each_other),
        cmocka_unit_test(vlans_are_entries_of_a_table),
        cmocka_unit_test(the_table_names_the_queues_in_turn),
        cmocka_unit_test(only_a_table_that_fits_is_taken),
        cmocka_unit_test(moderation_is_what_the_device_makes_of_it),
        cmocka_unit_test(a_device_without_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
