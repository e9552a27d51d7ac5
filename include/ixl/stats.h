// SPDX-License-Identifier: MIT
/* Statistics. All counters are 64 bits wide; bytes are frame bytes without FCS. */
#ifndef IXL_STATS_H
#define IXL_STATS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct ixl_device;

/* The four counters every device has. */
struct ixl_device_stats {
    uint64_t rx_pkts, tx_pkts;
    uint64_t rx_bytes, tx_bytes;
};

/*
 * Add what was counted since the last call to *stats; NULL resets. Reads hardware
 * registers: slow, never on the datapath. One thread at a time. -IXL_EINVAL no device;
 * -IXL_ENODEV removed; -IXL_EIO (virtio) it asks for ixl_reset; *stats is then unchanged, and
 * nothing is lost.
 */
int ixl_read_stats(struct ixl_device *dev, struct ixl_device_stats *stats);

/* One named counter, as ixl_get_xstats fills them in. Names are stable ("rx_missed"), mean the same
 * on every device, and are explained in doc/statistics.md. */
struct ixl_xstat {
    char name[48];
    uint64_t value;
};

/*
 * All counters since open, by name: the four above, errors, drops, size classes, and
 * "rxq0_pkts", "rxq0_irqs", "rxq0_to_polling", ... per queue. What a device does not count is
 * absent; those there are, and their order, do not change while it is open. They survive ixl_reset
 * and ixl_read_stats. Reads hardware registers, as ixl_read_stats does, under the same rule for
 * threads. Fills at most n; returns how many there are (call with n = 0 to learn it). -IXL_EINVAL
 * no device, or no room although n is not 0; -IXL_ENODEV, -IXL_EIO as there.
 */
int ixl_get_xstats(struct ixl_device *dev, struct ixl_xstat *out, unsigned n);

/* What the interrupt policy of one receive queue has done and does. */
struct ixl_irq_stats {
    uint64_t irqs;         /* interrupts seen */
    uint64_t waits;        /* times rx_batch went to sleep */
    uint64_t timeouts;     /* of these, ended by the timeout */
    uint64_t to_polling;   /* switches from interrupts to polling */
    uint64_t to_interrupt; /* and back */
    bool polling;          /* state now */
};
/* Any thread while the device is open. -IXL_EINVAL no device, no such queue or no place for the
 * answer. */
int ixl_get_irq_stats(struct ixl_device *dev, uint16_t queue, struct ixl_irq_stats *out);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
