// SPDX-License-Identifier: MIT
/*
 * Events that are no frame: the link, errors of the device, its removal.
 *
 * A device with several interrupt vectors (MSI-X) keeps the last one for them; where one vector
 * serves for everything (MSI, INTx, a single MSI-X vector) they come with the receive interrupt of
 * queue 0, and in mode IXL_IRQ_POLL they are found by looking. ixl_check_events is the same in
 * all cases. It never takes a receive cause away: no wake-up of a receive queue is lost by it.
 *
 * Threads: control operations (see device.h).
 */
#ifndef IXL_EVENT_H
#define IXL_EVENT_H

#include <stdint.h>

#include <ixl/device.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

enum {
    IXL_EVENT_LINK = 1 << 0,    /* it went up or down since the last look: ixl_get_link */
    IXL_EVENT_ERROR = 1 << 1,   /* the device reports an internal fault: ixl_reset */
    IXL_EVENT_REMOVED = 1 << 2, /* it does not answer any more: ixl_close */
};

/*
 * The native interrupt object of events (see ixl_get_recv_irq), for the caller to wait on in any
 * mode but IXL_IRQ_POLL. IXL_IRQ_INVALID: events have no vector of their own; call
 * ixl_check_events whenever queue 0's interrupt fires, and now and again (a second is a good time)
 * where the library waits for that one. It stays the library's: do not close it.
 */
ixl_irq_t ixl_get_event_irq(struct ixl_device *dev);

/* Bind it to the calling thread, where the system binds interrupts to threads. -IXL_EINVAL no
 * device; -IXL_ENOTSUP: events have no vector of their own; otherwise an error of the system below.
 */
int ixl_rebind_event_irq(struct ixl_device *dev);

/*
 * What has happened since the last call: a set of IXL_EVENT_*, 0 for nothing. Does not wait, reads
 * a few registers. A removal raises no interrupt and is told by each call from then on.
 * If it returns something and the interrupt has fired, that stays masked until ixl_ack_events.
 * -IXL_EINVAL no device.
 */
int ixl_check_events(struct ixl_device *dev);

/*
 * Unmask the interrupt: after open it is masked, so that who takes no interest is not disturbed.
 * Afterwards call ixl_check_events once more before going to sleep: what came while it was masked
 * may not raise it again. -IXL_EINVAL no device; -IXL_ENOTSUP: the device is used without
 * interrupts, or raises none for events; otherwise an error of the system below.
 */
int ixl_ack_events(struct ixl_device *dev);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
