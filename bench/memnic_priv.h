// SPDX-License-Identifier: MIT
//
// Inside the memory NIC.
#ifndef BENCH_MEMNIC_PRIV_H
#define BENCH_MEMNIC_PRIV_H

#include "memnic.h"

struct memnic {
    const struct memnic_model *model;
    uint8_t *bar;
    struct audit *audit;

    uint32_t rx_head;      // next descriptor to report
    uint32_t rx_seen_tail; // descriptors up to here were audited
    uint64_t rx_sequence;  // number of the next packet to report
    uint32_t tx_head;
    bool tx_headers_described;         // by the latest offload parameters
    uint32_t tx_unreported;            // audited, but not yet reported as done
    void *tx_buffers[MEMNIC_MAX_RING]; // those
};

static inline uint32_t volatile *memnic_reg(const struct memnic *nic, uint32_t offset)
{
    return (uint32_t volatile *)(void *)(nic->bar + offset);
}

// The same register; a driver may have threads of its own that write it.
static inline _Atomic uint32_t *memnic_shared_reg(const struct memnic *nic, uint32_t offset)
{
    return (_Atomic uint32_t *)(void *)(nic->bar + offset);
}

#endif
