// SPDX-License-Identifier: MIT
/*
 * Features of a device: which it has, which are at work, and switching them while it runs.
 *
 * All functions here are control operations: one thread at a time per device, concurrently with
 * the threads of its queues (device.h). They write registers and are bounded. A change takes
 * effect at some point of the stream of frames; each frame is described as it was treated.
 * A virtio device is told by commands, whose answers are waited for, some seconds at most, and
 * which fail beside what is said at each function: -IXL_ETIMEDOUT no answer, -IXL_EIO the device
 * refuses, or has failed: ixl_reset (health.h), which brings it to what was set before.
 */
#ifndef IXL_FEATURE_H
#define IXL_FEATURE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct ixl_device;

/* Receive: checksums are checked, and told by IXL_RX_IP_CHECKED and IXL_RX_L4_CHECKED. */
#define IXL_FEAT_RX_IP_CSUM     (1ull << 0)
#define IXL_FEAT_RX_L4_CSUM     (1ull << 1)
/* Receive: an 802.1Q tag is taken out of the frame into vlan_tci, and IXL_RX_VLAN says so. */
#define IXL_FEAT_RX_VLAN_STRIP  (1ull << 2)
/* Receive: of tagged frames only those of VLANs in the table (filter.h) come through. */
#define IXL_FEAT_RX_VLAN_FILTER (1ull << 3)
/* Send: what a frame may ask for by the flag IXL_TX_* of the same name. */
#define IXL_FEAT_TX_IP_CSUM     (1ull << 4)
#define IXL_FEAT_TX_TCP_CSUM    (1ull << 5)
#define IXL_FEAT_TX_UDP_CSUM    (1ull << 6)
#define IXL_FEAT_TX_SCTP_CSUM   (1ull << 7)
#define IXL_FEAT_TX_TSO         (1ull << 8)
#define IXL_FEAT_TX_VLAN_INSERT (1ull << 9)
/* Receive: a hash over the headers is in the descriptor and picks the queue (rss.h). */
#define IXL_FEAT_RSS            (1ull << 10)
/* Receive: frames to any station; frames to any group. */
#define IXL_FEAT_PROMISC        (1ull << 11)
#define IXL_FEAT_ALL_MULTICAST  (1ull << 12)
/* Frames beyond 1518 bytes; follows from ixl_dev_cfg.max_frame_size. */
#define IXL_FEAT_JUMBO          (1ull << 13)
/* Interrupts are MSI-X messages, a vector a queue while they last. */
#define IXL_FEAT_MSIX           (1ull << 14)
/*
 * Pause frames (IEEE 802.3 annex 31B). Receive: those of the link's other end are obeyed, the
 * device sends nothing for the time they name (ixl_health.tx_paused). Send: when frames fill the
 * device's receive buffer it asks the other end for a pause, and tells it when there is room again:
 * frames wait there instead of being lost. A full receive queue then holds up the others: with
 * several queues it does not drop its frames while this is on. Both are as they are set here, not
 * as the two ends could negotiate: set the other end likewise.
 */
#define IXL_FEAT_RX_PAUSE       (1ull << 15)
#define IXL_FEAT_TX_PAUSE       (1ull << 16)
#define IXL_FEAT_COUNT          17u

struct ixl_features {
    uint64_t supported;  /* the device and its driver can do it */
    uint64_t active;     /* it is at work now */
    uint64_t changeable; /* ixl_set_features can switch it */
    uint64_t together;   /* these hang on one switch of the hardware: all on or all off */
};

/*
 * Features after ixl_init: everything supported, except VLAN stripping and filtering, pause frames
 * and the promiscuous mode (unless configured); where inserting tags hangs on the same switch as
 * stripping them (`together`: e1000 and igb) it is off, too. -IXL_EINVAL no device or no place for
 * the answer.
 */
int ixl_get_features(const struct ixl_device *dev, struct ixl_features *out);

/*
 * Switch the features in `on` on and those in `off` off. All or nothing. Asking for what is so
 * already is no error, changeable or not. While a feature is off its flags are not set in received
 * frames, and a frame that asks for it in a send is refused. Switching tag insertion off while
 * tagged frames are still in a send ring lets those go out as the hardware then treats them: wait
 * until ixl_tx_reclaim has returned them.
 * -IXL_EINVAL no device, a feature in both sets, or an unknown one; -IXL_ENOTSUP the device cannot
 * switch one of them, or only together with others (see ixl_features.together); -IXL_ENODEV
 * removed; -IXL_ETIMEDOUT (ixgbe) the receive path does not stop for the change.
 */
int ixl_set_features(struct ixl_device *dev, uint64_t on, uint64_t off);

/* "rx-vlan-strip" for bit `index`, NULL from IXL_FEAT_COUNT on. Any thread. */
const char *ixl_feature_name(unsigned index);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
