// SPDX-License-Identifier: MIT
/*
 * A device that is only rings: plain memory for registers, an os backend that counts its DMA memory
 * and can be told to fail, and functions that play the hardware's side of the descriptors.
 */
#ifndef TESTS_INTEL_FAKE_H
#define TESTS_INTEL_FAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/core/device.h"
#include "lib/intel/engine.h"

#define RX_REG 0x1000u
#define TX_REG 0x6000u

struct fake_os {
    struct ixl_os_dev base;
    int allocs, frees; /* of DMA memory */
    int fail_alloc;    /* the n-th allocation from now fails; 0: none */
    uint64_t offset;   /* device address = virtual address + offset ... */
    uint64_t step;     /* ... which grows by this with each allocation */
    bool no_share;
    int shares, unshares;
    int closed;
    void (*meanwhile)(void); /* called once, inside of the next allocation or sharing */
    unsigned sleeps;
};

struct fake {
    struct ixl_device dev;
    struct fake_os os;
    uint32_t rx_head, tx_head; /* the hardware's */
    enum ixl_desc_format format;
};

/* A device with one queue of `ring` descriptors each way. Fails the test if that fails. */
struct fake *fake_open(enum ixl_desc_format format, uint8_t simd, uint32_t ring, uint32_t pool);
void fake_close(struct fake *f);

/* A descriptor's word as a number, and back. */
static inline uint64_t fake_bits(struct ixl_le64 word)
{
    return ixl_swap_le64(word.raw);
}

static inline struct ixl_le64 fake_word(uint64_t bits)
{
    return (struct ixl_le64){ ixl_swap_le64(bits) };
}

struct ixl_intel_rxq *fake_rxq(struct fake *f);
struct ixl_intel_txq *fake_txq(struct fake *f);

/* The next receive descriptor the hardware owns, NULL: none. Does not move on. */
struct ixl_desc *fake_rx_next(struct fake *f);
/* Memory a device address stands for. */
void *fake_virt(struct fake *f, uint64_t addr);
/* Complete the next descriptor with `len` bytes, each of value `fill`. False: none is armed. */
bool fake_rx(struct fake *f, uint16_t len, uint8_t fill, bool eop, uint32_t status);
/* Take all that was sent; calls see (may be NULL) for each data descriptor. The number of frames.
 */
unsigned fake_tx(struct fake *f,
                 void (*see)(void *ctx, const void *data, unsigned len, uint64_t hi), void *ctx);

/* The ways of the datapath: the best there is first, plain C last. */
#define FAKE_WAYS 3
extern const uint8_t fake_ways[FAKE_WAYS];

/* A number from a sequence that is the same each time. */
uint32_t fake_random(uint64_t *seed);

/* Buffers of the queue's pool that are neither free nor in the receive ring. */
uint32_t fake_outside(struct fake *f);

#endif
