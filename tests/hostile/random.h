// SPDX-License-Identifier: MIT
/* Numbers that are the same in every run. */
#ifndef TESTS_HOSTILE_RANDOM_H
#define TESTS_HOSTILE_RANDOM_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* The next number of a generator whose state is never 0 (xorshift). */
static inline uint32_t random_next(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static inline uint32_t random_start(uint32_t seed)
{
    return seed * 2654435761u | 1u;
}

static inline void random_fill(uint32_t *state, void *out, size_t len)
{
    uint8_t *at = out;
    for (size_t i = 0; i < len; i++)
        at[i] = (uint8_t)(random_next(state) >> 8);
}

/* A percentage of `full`, at least 1: instrumented builds set IXL_TEST_SCALE. */
static inline unsigned random_rounds(unsigned full)
{
    const char *env = getenv("IXL_TEST_SCALE");
    unsigned long percent = env ? strtoul(env, NULL, 10) : 100;
    unsigned long n = full * percent / 100;

    return n > 0 ? (unsigned)n : 1;
}

#endif
