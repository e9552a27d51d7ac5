// SPDX-License-Identifier: MIT
//
// Reading the clock around a call. On x86 it is the time stamp counter, which
// ticks at a constant rate whatever the core's own frequency is.
#ifndef BENCH_CYCLES_H
#define BENCH_CYCLES_H

#include <stdint.h>

#if defined(__x86_64__)

#include <x86intrin.h>

// Everything before has happened, stores included; nothing after has begun.
static inline uint64_t cycles_begin(void)
{
    _mm_mfence();
    _mm_lfence();
    uint64_t now = __rdtsc();
    _mm_lfence();
    return now;
}

// Everything before has been executed; nothing after has begun. Stores may
// still be on their way to the cache, as they are when a program goes on.
static inline uint64_t cycles_end(void)
{
    unsigned processor;
    uint64_t now = __rdtscp(&processor);
    _mm_lfence();
    return now;
}

#elif defined(__aarch64__)

static inline uint64_t cycles_begin(void)
{
    uint64_t now;
    __asm__ volatile("dsb sy; isb; mrs %0, cntvct_el0; isb" : "=r"(now)::"memory");
    return now;
}

static inline uint64_t cycles_end(void)
{
    uint64_t now;
    __asm__ volatile("isb; mrs %0, cntvct_el0; isb" : "=r"(now)::"memory");
    return now;
}

#else

#include <time.h>

static inline uint64_t cycles_begin(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline uint64_t cycles_end(void)
{
    return cycles_begin();
}

#endif
#endif
