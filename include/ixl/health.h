// SPDX-License-Identifier: MIT
/*
 * Is the device still at work, and how to start it anew if it is not.
 *
 * Threads: control operations (see device.h). ixl_reset asks for more than the others: see there.
 */
#ifndef IXL_HEALTH_H
#define IXL_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include <ixl/device.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Queues are looked at again once this long has passed since the last time, milliseconds. */
#define IXL_HEALTH_INTERVAL_MS 500u

struct ixl_health {
    struct ixl_link link;
    bool removed;           /* the device does not answer any more: ixl_close */
    bool stopped;           /* a reset has failed: no queue works; ixl_reset again, or ixl_close */
    bool error;             /* it has reported an internal fault since it was last reset */
    bool tx_paused;         /* the other end has asked for silence */
    bool rx_stalled;        /* it drops frames although there are descriptors; not on virtio */
    bool needs_reset;       /* any of the above that ixl_reset is a remedy for */
    uint16_t tx_hung;       /* send queues that make no progress; 0: none */
    uint16_t first_tx_hung; /* the first of them */
    uint64_t resets;        /* ixl_reset calls that succeeded since open */
};

/*
 * Look at the device: call it about once a second. Takes nothing out of a ring, so the
 * queues' threads go on; takes some microseconds, and up to 20 ms once something looks wrong.
 *
 * A send queue counts as hung if it had frames to send at the previous look and has some now, the
 * device's head has not moved in between, the link was up at both looks, and the other end has not
 * asked for a pause. The receiver counts as stalled if the device has refused frames since the
 * previous look, no receive queue's head has moved, and none of them is without descriptors; a
 * virtio device does not count what it refuses, and is never called stalled.
 * Within IXL_HEALTH_INTERVAL_MS of a look the answer about the queues is that of the look before.
 *
 * 0, also for a device that was removed; -IXL_EINVAL no device or no place for the answer.
 */
int ixl_check_health(struct ixl_device *dev, struct ixl_health *out);

/*
 * Stop the device and start it anew with the same configuration: queues, rings and pools, buffers
 * the caller holds, station address, filters, interrupts (and the objects behind them), and the
 * sums of all counters remain. Frames in the rings are dropped and counted ("rx_reset_dropped",
 * "tx_reset_dropped"); buffers of the send rings return to their pools, those of the receive rings
 * wait for the next frames. The link goes down and comes back by itself.
 *
 * Threads: from its beginning to its end no thread may be inside a function that takes a queue
 * of this device (ixl_rx_batch, ixl_tx_batch, ixl_tx_reclaim, ixl_forward, the receive interrupt
 * functions). Everything else may go on: buffers may be allocated, freed and read, a thread may
 * sleep on a native interrupt object, other devices are not concerned. A thread that sleeps in
 * ixl_rx_batch is called out of it with ixl_set_rx_sleep(dev, false).
 *
 * Takes as long as a reset, some ten milliseconds, and is bounded by some seconds. 0; -IXL_EINVAL
 * no device; -IXL_ENODEV it was removed; -IXL_ETIMEDOUT, -IXL_EIO it does not come back: it is
 * stopped then and cannot reach memory, ixl_rx_batch, ixl_tx_batch and ixl_forward return -IXL_EIO
 * (frames another device forwards to it are dropped),
 * and the caller may try again or close it. -IXL_ENOTSUP its driver cannot.
 */
int ixl_reset(struct ixl_device *dev);

/*
 * false: nobody sleeps in ixl_rx_batch any more. A thread that does returns 0 within a second, and
 * calls return at once as in IXL_IRQ_POLL, until it is allowed again. Any thread may call it, also
 * before ixl_close. -IXL_EINVAL no device.
 */
int ixl_set_rx_sleep(struct ixl_device *dev, bool allowed);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
