// SPDX-License-Identifier: MIT
/* PCI functions of the fake kernel, a bus of them, and what has to be as it was in the end. */
#ifndef TESTS_LINUX_RIG_H
#define TESTS_LINUX_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <ixl/ixl.h>

#include "lib/core/bus.h"
#include "tests/linux/fake.h"

#define FRAME       60u
#define PATIENCE_MS 10000u
#define NICS_MAX    4u

struct rig {
    struct fake_dev *dev[NICS_MAX];
    unsigned n;
    struct ixl_bus *bus; /* "pci:" */
    struct fake_counts start;
};

extern _Atomic unsigned log_errors, log_warnings;
extern char log_last[1024], log_text[8192]; /* of errors and warnings */

int rig_set_up(void **state); /* for each test: the usual kernel, no fault, no log line */
void rig_reset_log(void);
void rig_expect_text(const char *words);

/* Functions with these models, comma between them; opt NULL: the usual. */
void rig_make(struct rig *r, const char *models, const struct fake_options *opt);
/* One more; `model` NULL: a network controller nobody has a driver for. */
void rig_add(struct rig *r, const char *model, const struct fake_options *opt);
/* The bus once more, with what was added. */
void rig_reopen_bus(struct rig *r);
/* All is closed: everything was given back, no rule broken. */
void rig_free(struct rig *r);
void rig_nothing_left(struct rig *r); /* the same, but the functions stay */

struct ixl_dev_cfg rig_cfg(int32_t timeout_ms);
struct ixl_device *rig_open(struct rig *r, unsigned index, int32_t timeout_ms);
/* With one log line of level error, and nothing left behind. */
void rig_open_fails(struct rig *r, unsigned index, int32_t timeout_ms, int err);
/* The seam's device, without a driver. */
struct ixl_os_dev *rig_open_os(struct rig *r, unsigned index);

/* A frame from outside arrives, and is received; waits for the link before. */
void rig_frame(struct rig *r, unsigned index, struct ixl_device *dev, uint8_t number);
/* The same, while the queue sleeps: an interrupt has to come. */
void rig_frame_asleep(struct rig *r, unsigned index, struct ixl_device *dev, uint8_t number);
void rig_link_up(struct ixl_device *dev);
const char *rig_irq_kind(struct ixl_device *dev);

#endif
