// SPDX-License-Identifier: MIT
/* A virtual bus, devices on it, and what has to be as it was in the end. */
#ifndef TESTS_L4RE_RIG_H
#define TESTS_L4RE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <ixl/ixl.h>
#include <ixl/l4re.h>

#include "tests/l4re/fake.h"

#define FRAME       60u
#define PATIENCE_MS 10000u

struct rig {
    struct fake_vbus *vbus;
    struct ixl_bus *bus;
    struct fake_counts start;
    bool astray; /* a device was left running: it broke rules, and that is no fault here */
};

extern const char *const rig_models[]; /* NULL at the end */
extern _Atomic unsigned log_errors, log_warnings;
extern char log_last[512];

int rig_set_up(void **state); /* for each test: logs start anew */
void rig_reset_log(void);

/* A bus called "vbus" with these models, comma between them; opt NULL: the default. */
void rig_make(struct rig *r, const struct fake_options *opt, const char *models,
              const struct fake_dev_options *dev_opt);
/* All is closed: everything was given back, no rule broken, no memory written to. */
void rig_free(struct rig *r);
/* The same, but the bus stays. */
void rig_nothing_left(struct rig *r);

struct ixl_dev_cfg rig_cfg(int32_t timeout_ms);
struct ixl_device *rig_open(struct rig *r, unsigned index, int32_t timeout_ms);
void rig_open_fails(struct rig *r, unsigned index, int32_t timeout_ms, int err);
/* A frame from outside arrives, and is received; waits for the link before. */
void rig_link_up(struct ixl_device *dev);
void rig_inject(struct rig *r, unsigned index, uint8_t number);
void rig_expect(struct ixl_device *dev, uint8_t number);
void rig_frame(struct rig *r, unsigned index, struct ixl_device *dev, uint8_t number);
/* The same, while the queue sleeps: an interrupt has to come. */
void rig_frame_asleep(struct rig *r, unsigned index, struct ixl_device *dev, uint8_t number);
const char *rig_irq_kind(struct ixl_device *dev);

#endif
