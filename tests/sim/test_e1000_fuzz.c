// SPDX-License-Identifier: MIT
/* Whatever is written to a model, however its memory looks: it reports, but it does not break. */
#include "test_e1000_rig.h"

#include <string.h>

enum { ROUNDS = 20000, RCTL = 0x100, TCTL = 0x400 };

static uint32_t seed;

static uint32_t rnd(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

/* Rings that lie in memory, full of noise, and enabled: what follows is worth something. */
static void enable(struct rig *rig, bool igb)
{
    static const uint32_t block[2][2] = { { 0x2800, 0x3800 }, { 0xc000, 0xe000 } };

    for (unsigned i = 0; i < 2; i++) {
        uint32_t b = block[igb][i];
        rig_wr(rig, b, (uint32_t)RIG_BASE + 0x1000 * i);
        rig_wr(rig, b + 4, (uint32_t)(RIG_BASE >> 32));
        rig_wr(rig, b + 8, 1024);
        if (igb)
            rig_wr(rig, b + 0x28, 1u << 25);
        rig_rd(rig, b + 0x28);
        rig_rd(rig, b + 0x28);
        rig_wr(rig, b + 0x18, 63);
    }
    rig_wr(rig, 0, 0x40);
    rig_wr(rig, RCTL, 0x0400801a);
    rig_wr(rig, TCTL, 0x0a);
}

/* Descriptors with addresses that are mostly good, everything else is noise. */
static void noise(struct rig *rig)
{
    for (unsigned i = 0; i < 128; i++) {
        uint64_t addr = rnd() % 8 ? RIG_BASE + rnd() % RIG_MEM : rnd();
        uint64_t hi = (uint64_t)rnd() << 32 | rnd();
        rig_put(rig_desc(rig, 0x1000 * (i / 64), i % 64), addr, hi);
    }
}

static void one_round(struct rig *rig)
{
    uint8_t f[2048];

    switch (rnd() % 8) {
    case 0:
        rig_wr(rig, (rnd() % 0x8000) * 4, rnd());
        break;
    case 1:
        rig_rd(rig, (rnd() % 0x8000) * 4);
        break;
    case 2: /* where most registers are */
        rig_wr(rig, (rnd() % 0x40) * 4 + (rnd() % 2 ? 0x2800 : 0x3800), rnd());
        break;
    case 3:
        rig_wr(rig, rnd() % 2 ? 0x2818 : 0x3818, rnd() % 64);
        break;
    case 4:
        noise(rig);
        break;
    case 5:
        for (unsigned i = 0; i < sizeof(f); i++)
            f[i] = (uint8_t)rnd();
        sim_inject(rig->nic, f, rnd() % sizeof(f));
        break;
    case 6:
        sim_set_fault(rig->nic, rnd() % SIM_FAULT_REMOVED, rnd());
        break;
    default:
        sim_mmio_write(rig->nic, 0, rnd() % 0x20000, 1u << rnd() % 4, rnd());
        break;
    }
}

static void survives(const char *model, bool igb)
{
    struct rig *rig = rig_open(model);

    seed = 4711;
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (i % 200 == 0)
            enable(rig, igb);
        one_round(rig);
    }
    assert_true(rig->violation[0] != 0);
    rig->violation[0] = 0;
    sim_set_fault(rig->nic, SIM_FAULT_NONE, 0);
    rig_reset(rig);
    rig_close(rig);
}

static void noise_82540em(void **s)
{
    (void)s;
    survives("82540em", false);
}
static void noise_82545em(void **s)
{
    (void)s;
    survives("82545em-fibre", false);
}
static void noise_82574(void **s)
{
    (void)s;
    survives("82574", false);
}
static void noise_82576(void **s)
{
    (void)s;
    survives("82576", true);
}
static void noise_serdes(void **s)
{
    (void)s;
    survives("82576-serdes", true);
}
static void noise_i350(void **s)
{
    (void)s;
    survives("i350", true);
}
static void noise_i210(void **s)
{
    (void)s;
    survives("i210", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_82540em), cmocka_unit_test(noise_82545em),
        cmocka_unit_test(noise_82574),   cmocka_unit_test(noise_82576),
        cmocka_unit_test(noise_serdes),  cmocka_unit_test(noise_i350),
        cmocka_unit_test(noise_i210),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
