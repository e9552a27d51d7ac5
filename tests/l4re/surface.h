// SPDX-License-Identifier: MIT
/*
 * The C++ surface, used as a program would. Each function looks at one side of it, with the first
 * device of a bus: NULL, or what is not as it should be.
 */
#ifndef TESTS_L4RE_SURFACE_H
#define TESTS_L4RE_SURFACE_H

#include <stdbool.h>
#include <stdint.h>

#include <l4/sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct far_end {
    void (*inject)(void *ctx, uint8_t number); /* a frame of 60 bytes arrives; byte 14 is this */
    void (*bind)(l4_cap_idx_t irq);            /* to the calling thread, as a registry does */
    bool (*receive)(l4_cap_idx_t irq);         /* false: it does not fire */
    void *ctx;
};

const char *surface_tells_about_the_device(l4_cap_idx_t vbus);
const char *surface_returns_null_for_nothing(l4_cap_idx_t vbus);
const char *surface_moves_frames(l4_cap_idx_t vbus, const struct far_end *far);
const char *surface_waits_outside(l4_cap_idx_t vbus, const struct far_end *far);
const char *surface_has_pools(l4_cap_idx_t vbus);
const char *surface_counts_references(l4_cap_idx_t vbus);
/* The program of doc/l4re.md; what its main returns. */
int surface_document(void);

#ifdef __cplusplus
}
#endif
#endif
