// SPDX-License-Identifier: MIT
#include "tests/l4re/rig.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *const rig_models[] = { "82599", "x540",       "82540em",
                                   "82574", "82576",      "i350",
                                   "i210",  "virtio-net", "virtio-net-packed",
                                   NULL };
_Atomic unsigned log_errors, log_warnings;
char log_last[512];
static unsigned violations_before;

/* ---- log ----------------------------------------------------------------------------------- */

static void note(void *ctx, enum ixl_log_level level, const char *msg)
{
    (void)ctx;
    if (getenv("IXL_TEST_VERBOSE"))
        fprintf(stderr, "  [%d] %s\n", (int)level, msg);
    if (level != IXL_LOG_ERROR && level != IXL_LOG_WARN)
        return;
    atomic_fetch_add(level == IXL_LOG_ERROR ? &log_errors : &log_warnings, 1);
    snprintf(log_last, sizeof(log_last), "%s", msg);
}

void rig_reset_log(void)
{
    log_errors = log_warnings = 0;
    log_last[0] = '\0';
}

int rig_set_up(void **state)
{
    (void)state;
    ixl_set_log(note, NULL, IXL_LOG_DEBUG);
    rig_reset_log();
    for (int c = 0; c < FAKE_CALLS; c++)
        fake_heal((enum fake_call)c);
    fake_limit_slots(-1);
    fake_clock_step(1000);
    return 0;
}

/* ---- life ---------------------------------------------------------------------------------- */

void rig_make(struct rig *r, const struct fake_options *opt, const char *models,
              const struct fake_dev_options *dev_opt)
{
    const struct sim_options sim = { .engine = SIM_ENGINE_THREAD, .cable = true };
    char list[160], *next = list, *model;

    r->astray = false;
    r->vbus = fake_vbus_create("vbus", opt);
    assert_non_null(r->vbus);
    snprintf(list, sizeof(list), "%s", models);
    while ((model = strsep(&next, ",")) != NULL)
        if (*model)
            assert_non_null(fake_vbus_add(r->vbus, model, &sim, dev_opt));
    assert_int_equal(ixl_bus_open("vbus:", &r->bus), 0);
    fake_scribbled();
    violations_before = fake_violations();
    r->start = fake_count();
}

void rig_nothing_left(struct rig *r)
{
    struct fake_counts now = fake_count();

    if (fake_violations() != violations_before)
        fail_msg("the contract was broken: %s", fake_last_violation());
    assert_int_equal(now.slots, r->start.slots);
    assert_int_equal(now.objects, r->start.objects);
    assert_int_equal(now.regions, r->start.regions);
    assert_int_equal(now.dataspaces, r->start.dataspaces);
    assert_int_equal(now.mappings, r->start.mappings);
    assert_int_equal(now.bound, r->start.bound);
}

void rig_free(struct rig *r)
{
    struct sim_counters c;
    struct sim_nic *nic;

    rig_nothing_left(r);
    for (unsigned i = 0; (nic = fake_vbus_nic(r->vbus, i)) != NULL; i++) {
        sim_get_counters(nic, &c);
        if (c.violations && !r->astray)
            fail_msg("a rule of the device was broken: %s", sim_last_violation(nic));
        assert_int_equal(sim_cfg_read(nic, 4, 2) & 4, 0); /* no bus master */
    }
    assert_int_equal(fake_scribbled(), 0);
    ixl_bus_close(r->bus);
    fake_vbus_destroy(r->vbus);
}

struct ixl_dev_cfg rig_cfg(int32_t timeout_ms)
{
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;

    cfg.irq_timeout_ms = timeout_ms;
    cfg.promisc = true;
    return cfg;
}

struct ixl_device *rig_open(struct rig *r, unsigned index, int32_t timeout_ms)
{
    struct ixl_dev_cfg cfg = rig_cfg(timeout_ms);
    struct ixl_device *dev = NULL;
    int err = ixl_init(r->bus, index, &cfg, &dev);

    if (err)
        fail_msg("open: %s (%s)", ixl_strerror(err), log_last);
    return dev;
}

void rig_open_fails(struct rig *r, unsigned index, int32_t timeout_ms, int err)
{
    struct ixl_dev_cfg cfg = rig_cfg(timeout_ms);
    struct ixl_device *dev = (struct ixl_device *)r;

    rig_reset_log();
    assert_int_equal(ixl_init(r->bus, index, &cfg, &dev), err);
    assert_null(dev);
    assert_int_equal(log_errors, 1);
    rig_nothing_left(r);
}

/* ---- frames -------------------------------------------------------------------------------- */

void rig_link_up(struct ixl_device *dev)
{
    struct ixl_link link = { .up = false };

    for (unsigned ms = 0; ms < PATIENCE_MS && !link.up; ms++) {
        assert_int_equal(ixl_get_link(dev, &link), 0);
        if (!link.up)
            usleep(1000);
    }
    assert_true(link.up);
}

void rig_inject(struct rig *r, unsigned index, uint8_t number)
{
    uint8_t frame[FRAME] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5, number };

    assert_true(sim_inject(fake_vbus_nic(r->vbus, index), frame, sizeof(frame)));
}

void rig_expect(struct ixl_device *dev, uint8_t number)
{
    struct pkt_buf *buf = NULL;
    int got = 0;

    for (unsigned ms = 0; ms < PATIENCE_MS && got == 0; ms++) {
        got = ixl_rx_batch(dev, 0, &buf, 1);
        if (got == 0)
            usleep(1000);
    }
    assert_int_equal(got, 1);
    assert_int_equal(buf->size, FRAME);
    assert_int_equal(buf->data[14], number);
    ixl_pkt_buf_free(buf);
}

void rig_frame(struct rig *r, unsigned index, struct ixl_device *dev, uint8_t number)
{
    rig_link_up(dev);
    rig_inject(r, index, number);
    rig_expect(dev, number);
}

struct late {
    struct rig *r;
    unsigned index;
    uint8_t number;
};

static void *inject_late(void *arg)
{
    const struct late *late = arg;

    usleep(20000);
    rig_inject(late->r, late->index, late->number);
    return NULL;
}

void rig_frame_asleep(struct rig *r, unsigned index, struct ixl_device *dev, uint8_t number)
{
    struct late late = { r, index, number };
    struct ixl_irq_stats before, after;
    pthread_t thread;

    rig_link_up(dev);
    assert_int_equal(ixl_get_irq_stats(dev, 0, &before), 0);
    assert_int_equal(pthread_create(&thread, NULL, inject_late, &late), 0);
    rig_expect(dev, number);
    pthread_join(thread, NULL);
    assert_int_equal(ixl_get_irq_stats(dev, 0, &after), 0);
    assert_true(after.irqs > before.irqs);
}

const char *rig_irq_kind(struct ixl_device *dev)
{
    struct ixl_device_info info;

    assert_int_equal(ixl_get_info(dev, &info), 0);
    return info.irq_kind;
}
