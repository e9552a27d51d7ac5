// SPDX-License-Identifier: MIT
/*
 * What the cases of the common suite stand on: the device of the command line with its wire looped
 * back, frames whose contents tell their number, and waiting that ends.
 */
#ifndef TESTS_COMMON_STAGE_H
#define TESTS_COMMON_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <ixl/ixl.h>

#include "lib/os/sim/sim_os.h"

#define PATIENCE_MS 30000u /* how long a case waits for what has to come */
#define MAX_FRAME   9000u
#define SMALL_FRAME 60u

struct stage {
    struct ixl_bus *bus;
    struct ixl_device *dev;
    struct sim_nic *nic;      /* NULL unless in this process */
    struct ixl_mempool *pool; /* for sending; made at its first use */
    uint8_t mac[6];           /* where frames are sent to */
    uint32_t sent, received;  /* numbers of the next frames */
    uint64_t bytes;           /* received */
    uint64_t pardoned;        /* broken rules that are no fault of the driver's */
};

/* ---- the device of the command line --------------------------------------------------------- */

bool on_sim(void);
/* "82540em", "e1000": what stands behind the scheme. */
const char *device_name(void);
/* A driver of Intel's families, as against virtio's. */
bool is_intel(const struct stage *s);
/* True for qemu:NAME. */
bool on_qemu(const char *name);
/* How to have a device in another process ("vfio-user:MODEL"), where the program has a way (NULL:
 * none, as everywhere but in tests/vfio_user). Each bus begins a process anew. */
struct stage_far {
    void (*start)(const char *model, char *address, size_t size); /* of its socket */
    void (*plug)(bool in);
    void (*remove)(void); /* the process dies */
    void (*check)(void);  /* the driver has broken no rule */
};
extern const struct stage_far *stage_far;
/* 0; 77 and a reason on standard output if this machine has no such device. */
int stage_choose(const char *address);
/* Counts of the suite's loops: `full`, less where IXL_TEST_SCALE (percent) says so, at least 1. */
unsigned scaled(unsigned full);

/* ---- log lines ------------------------------------------------------------------------------ */

extern _Atomic unsigned log_errors; /* lines of level error since stage_reset_log */
extern char log_last[1024];
int stage_reset_log(void **state);

/* ---- life ----------------------------------------------------------------------------------- */

/* The address with a looped wire and more options ("" or ",irq=msi"). */
const char *stage_address(const char *options);
struct ixl_bus *stage_bus(const char *options);
/* Opens a bus and its device; fails the case if it cannot. */
void stage_open(struct stage *s, const char *options, const struct ixl_dev_cfg *cfg);
/* Opens the device of an open bus. */
void stage_open_on(struct stage *s, struct ixl_bus *bus, const struct ixl_dev_cfg *cfg);
/* Link up, and frames have come around; none is on its way afterwards. */
void stage_ready(struct stage *s);
/* Closes the device; the driver has broken no rule and nothing is left behind. */
void stage_close_device(struct stage *s);
void stage_close(struct stage *s);
/* Plug or pull the cable. */
void stage_plug(struct stage *s, bool in);
/* The device is gone from one moment to the next. */
void stage_remove(struct stage *s);
struct ixl_dev_cfg polling(void);
struct ixl_dev_cfg waiting(int32_t timeout_ms);

/* ---- frames --------------------------------------------------------------------------------- */

/* Size of frame `number`, between `min` and `max`, the same each time. */
unsigned frame_size(uint32_t number, unsigned min, unsigned max);
void frame_fill(uint8_t *frame, unsigned size, const uint8_t dst[6], uint32_t number);
/* The number of a frame made by frame_fill; the case fails if a byte is wrong. */
uint32_t frame_check(const struct pkt_buf *buf);

/* A frame in as many buffers as it needs, NULL: the pool is dry. */
struct pkt_buf *frame_make(struct stage *s, unsigned size, const uint8_t dst[6], uint32_t number);
/* Sends one on queue 0; the ring has room. */
void frame_send(struct stage *s, unsigned size, const uint8_t dst[6], uint32_t number);
/* The next frame of a queue; fails the case if none comes in time. */
struct pkt_buf *frame_await(struct stage *s, uint16_t queue);
/* Takes what has come on queue 0; how many frames. */
unsigned frames_drain(struct stage *s);
/* A frame to `dst`, then one to us: frames keep their order, so the second tells about the first.
 */
bool heard(struct stage *s, const uint8_t dst[6]);
/* `count` frames go around, `window` of them at most on their way; each comes back in order. */
void frames_exchange(struct stage *s, unsigned count, unsigned window, unsigned min, unsigned max);

/* ---- waiting -------------------------------------------------------------------------------- */

uint64_t now_ms(void);
/* The device has all of these IXL_FEAT_*. */
bool supports(struct stage *s, uint64_t features);
/* A moment for others; longer after many calls in a row (`idle` counts them). */
void breathe(unsigned *idle);
uint64_t xstat(struct stage *s, const char *name);

#endif
