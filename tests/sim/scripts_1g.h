// SPDX-License-Identifier: MIT
/*
 * Register scripts for the 1-gigabit parts: what is written, and what has to be read back.
 * They run on anything that has registers, so that our models and QEMU's devices can be put
 * through the same; where the two differ, the step holds both values and the reason.
 */
#ifndef TEST_SCRIPTS_1G_H
#define TEST_SCRIPTS_1G_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum script_chip {
    SCRIPT_82540EM = 1 << 0,
    SCRIPT_82574 = 1 << 1,
    SCRIPT_82576 = 1 << 2,
    SCRIPT_I350 = 1 << 3,
    SCRIPT_I210 = 1 << 4,
    SCRIPT_IGB = SCRIPT_82576 | SCRIPT_I350 | SCRIPT_I210,
    SCRIPT_ALL = 31,
};

/* Whose device it is. */
enum script_maker { SCRIPT_OURS, SCRIPT_QEMU };

struct script_io {
    void *ctx;
    uint32_t (*read)(void *ctx, uint32_t off);
    void (*write)(void *ctx, uint32_t off, uint32_t val);
    void (*delay_us)(void *ctx, unsigned us); /* of the device's time */
};

enum script_op {
    SCRIPT_END,
    SCRIPT_WRITE,  /* val */
    SCRIPT_SET,    /* read, or with val, write */
    SCRIPT_CLEAR,  /* read, and not with val, write */
    SCRIPT_READ,   /* for its side effect */
    SCRIPT_EXPECT, /* (read & mask) == val */
    SCRIPT_DIFFER, /* as EXPECT, but QEMU's device gives `qemu`; `why` says why */
    SCRIPT_WAIT,   /* poll until (read & mask) == val, a second at most */
};

struct script_step {
    enum script_op op;
    uint32_t off, mask, val, qemu;
    const char *why;
};

struct script {
    const char *name;
    unsigned chips; /* those it is for */
    const struct script_step *steps;
};

/* All scripts; the name is NULL past the last. */
extern const struct script scripts_1g[];

/* A device as after power-on, whatever it was before: reset, interrupts off. False: it hangs. */
bool script_reset(const struct script_io *io);
/* Run one script on a reset device. True: all as expected; else one sentence in err. */
bool script_run(const struct script *script, enum script_maker maker, const struct script_io *io,
                char *err, size_t errlen);
/* Sum of the NVM's first 64 words, 0xbaba if all is well; read by EERD. */
uint16_t script_nvm_sum(enum script_chip chip, const struct script_io *io);

/* ---- frames (scripts_1g_frames.c) ---------------------------------------------------- */

/* A device with memory and a wire around it. */
struct script_host {
    struct script_io io;
    uint64_t dma; /* device address of the memory's first byte; 256 KiB */
    void (*put)(void *ctx, uint32_t off, const void *buf, size_t len);
    void (*get)(void *ctx, uint32_t off, void *buf, size_t len);
    /* A frame arrives; the call returns when the device has had time to look at it. */
    void (*inject)(void *ctx, const void *frame, size_t len);
    /* The next frame that was sent, its length; 0 if none comes within a bounded time. */
    size_t (*sent)(void *ctx, void *buf, size_t cap);
};

/*
 * Rings, frames both ways, offloads: each check by its name, in the order they build on each
 * other. The device is reset first. NULL past the last.
 */
const char *script_frames_name(unsigned index);
/* True: as expected, or not for this chip; else one sentence in err. */
bool script_frames_run(unsigned index, enum script_chip chip, enum script_maker maker,
                       const struct script_host *host, char *err, size_t errlen);

#endif
