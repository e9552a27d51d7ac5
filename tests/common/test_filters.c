// SPDX-License-Identifier: MIT
/* Further station addresses, and groups. */
#include "tests/common/cases.h"
#include "tests/common/stage.h"

static void numbered(uint8_t mac[6], unsigned n)
{
    memcpy(mac, (const uint8_t[]){ 2, 0x10, 0, 0, (uint8_t)(n >> 8), (uint8_t)n }, 6);
}

void further_addresses_are_heard(void **state)
{
    struct ixl_dev_cfg cfg = polling();
    uint8_t mac[6], first[6], last[6];
    struct stage s;

    (void)state;
    stage_open(&s, "", &cfg);
    stage_ready(&s);
    unsigned n = ixl_macs_left(s.dev);
    numbered(first, 0);
    if (n == 0) { /* virtio */
        assert_int_equal(ixl_add_mac(s.dev, first), -IXL_ENOTSUP);
        stage_close(&s);
        return;
    }
    numbered(last, n - 1);
    assert_false(heard(&s, first));
    for (unsigned i = 0; i < n; i++) {
        numbered(mac, i);
        assert_int_equal(ixl_add_mac(s.dev, mac), 0);
    }
    assert_int_equal(ixl_macs_left(s.dev), 0);
    assert_true(heard(&s, first));
    assert_true(heard(&s, last));
    assert_true(heard(&s, s.mac));
    numbered(mac, n);
    assert_int_equal(ixl_add_mac(s.dev, mac), -IXL_ENOSPC);
    assert_false(heard(&s, mac)); /* no promiscuity behind our back */
    assert_int_equal(ixl_del_mac(s.dev, first), 0);
    assert_false(heard(&s, first));
    assert_true(heard(&s, last)); /* which has taken its place */
    assert_int_equal(ixl_add_mac(s.dev, mac), 0);
    assert_true(heard(&s, mac));
    for (unsigned i = 1; i <= n; i++) {
        numbered(mac, i);
        assert_int_equal(ixl_del_mac(s.dev, mac), 0);
    }
    assert_false(heard(&s, last));
    assert_false(heard(&s, mac)); /* the one that went last */
    assert_true(heard(&s, s.mac));
    stage_close(&s);
}

void groups_are_heard_when_chosen(void **state)
{
    static const uint8_t groups[][6] = { { 1, 0, 0x5e, 0, 0, 1 },
                                         { 0x33, 0x33, 0, 0, 0, 0xfb },
                                         { 1, 0x80, 0xc2, 0, 0, 0x0e } };
    static const uint8_t everybody[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    struct ixl_dev_cfg cfg = polling();
    struct stage s;

    (void)state;
    stage_open(&s, "", &cfg);
    stage_ready(&s);
    if (!supports(&s, IXL_FEAT_ALL_MULTICAST)) {
        assert_int_equal(ixl_set_multicast(s.dev, groups, 2), -IXL_ENOTSUP);
        stage_close(&s);
        return;
    }
    assert_true(heard(&s, groups[0])); /* all of them, at first */
    assert_int_equal(ixl_set_features(s.dev, 0, IXL_FEAT_ALL_MULTICAST), 0);
    assert_false(heard(&s, groups[0]));
    assert_true(heard(&s, everybody));
    assert_int_equal(ixl_set_multicast(s.dev, groups, 2), 0);
    assert_true(heard(&s, groups[0]));
    assert_true(heard(&s, groups[1]));
    assert_false(heard(&s, groups[2]));
    assert_int_equal(ixl_set_multicast(s.dev, groups + 1, 2), 0);
    assert_false(heard(&s, groups[0]));
    assert_true(heard(&s, groups[1]));
    assert_true(heard(&s, groups[2]));
    assert_int_equal(ixl_set_multicast(s.dev, NULL, 0), 0);
    assert_false(heard(&s, groups[2]));
    assert_int_equal(ixl_set_features(s.dev, IXL_FEAT_ALL_MULTICAST, 0), 0);
    assert_true(heard(&s, groups[2]));
    stage_close(&s);
}
