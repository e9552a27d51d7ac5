// SPDX-License-Identifier: MIT
/*
 * For hosts of a software NIC (sim.h): how the NIC's accesses to memory are made. `mem` is what
 * lies behind the device address. Descriptors and indices, 2, 4, 8 or 16 bytes and aligned, go in
 * units of up to 8 bytes, each at once and in ascending order; the rest is copied in any way.
 */
#ifndef SIM_HOST_H
#define SIM_HOST_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* 0: no unit. */
static inline size_t sim_host_unit(const void *mem, size_t len)
{
    uintptr_t at = (uintptr_t)mem;

    if ((len == 2 || len == 4) && at % len == 0)
        return len;
    return (len == 8 || len == 16) && at % 8 == 0 ? 8 : 0;
}

/* Acquires: what the driver wrote before a descriptor is seen by whoever has seen it. */
static inline void sim_host_load_unit(void *buf, const void *mem, size_t unit)
{
    if (unit == 2) {
        uint16_t v = __atomic_load_n((const uint16_t *)mem, __ATOMIC_ACQUIRE);
        memcpy(buf, &v, sizeof(v));
    } else if (unit == 4) {
        uint32_t v = __atomic_load_n((const uint32_t *)mem, __ATOMIC_ACQUIRE);
        memcpy(buf, &v, sizeof(v));
    } else {
        uint64_t v = __atomic_load_n((const uint64_t *)mem, __ATOMIC_ACQUIRE);
        memcpy(buf, &v, sizeof(v));
    }
}

/* Releases: what the NIC wrote before is seen by whoever sees a status. */
static inline void sim_host_store_unit(void *mem, const void *buf, size_t unit)
{
    if (unit == 2) {
        uint16_t v;
        memcpy(&v, buf, sizeof(v));
        __atomic_store_n((uint16_t *)mem, v, __ATOMIC_RELEASE);
    } else if (unit == 4) {
        uint32_t v;
        memcpy(&v, buf, sizeof(v));
        __atomic_store_n((uint32_t *)mem, v, __ATOMIC_RELEASE);
    } else {
        uint64_t v;
        memcpy(&v, buf, sizeof(v));
        __atomic_store_n((uint64_t *)mem, v, __ATOMIC_RELEASE);
    }
}

static inline void sim_host_load(void *buf, const void *mem, size_t len)
{
    size_t unit = sim_host_unit(mem, len);

    if (!unit)
        memcpy(buf, mem, len);
    for (size_t i = 0; unit && i < len; i += unit)
        sim_host_load_unit((uint8_t *)buf + i, (const uint8_t *)mem + i, unit);
}

static inline void sim_host_store(void *mem, const void *buf, size_t len)
{
    size_t unit = sim_host_unit(mem, len);

    if (!unit)
        memcpy(mem, buf, len);
    for (size_t i = 0; unit && i < len; i += unit)
        sim_host_store_unit((uint8_t *)mem + i, (const uint8_t *)buf + i, unit);
}

#endif
