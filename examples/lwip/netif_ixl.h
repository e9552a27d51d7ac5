// SPDX-License-Identifier: MIT
/*
 * A network interface of lwIP on an Ixylon device, over the public API alone.
 *
 * One thread runs the stack and all of this: it owns the device's receive and send queue 0.
 * Either lwIP has no thread of its own (lwip_init, sys_check_timeouts), or that thread holds
 * the core lock during each call.
 *
 * Receive: a frame's buffer is lent to the stack and returns to the device's pool when the
 * stack lets go of it. At most LENT_MAX buffers (and a quarter of the pool) are lent; beyond
 * that frames are copied, so that no peer can dry the receive ring by making the stack hoard.
 * Send: frames are copied into buffers of a pool of the interface's own and go out in batches.
 * A dry pool or a full ring is ERR_MEM to the stack, which sends again later.
 */
#ifndef LWIP_NETIF_IXL_H
#define LWIP_NETIF_IXL_H

#include <stdbool.h>
#include <stdint.h>

#include <ixl/ixl.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>

enum {
    NETIF_IXL_LENT_MAX = 256,
    NETIF_IXL_BATCH = 32,
    NETIF_IXL_MIN_FRAME = 594, /* the device's largest frame must hold 576 bytes of IP */
};

struct netif_ixl_stats {
    uint64_t rx_lent;      /* frames given to the stack in the device's buffers */
    uint64_t rx_copied;    /* and in copies */
    uint64_t rx_checked;   /* frames whose TCP or UDP checksum the device had found right */
    uint64_t rx_bad;       /* dropped: the device had found a checksum wrong */
    uint64_t rx_foreign;   /* dropped: neither ARP nor another host's ICMP, TCP or UDP */
    uint64_t rx_no_memory; /* dropped: no memory for a copy */
    uint64_t tx_offloaded; /* frames sent with checksums of the device */
    uint64_t tx_no_room;   /* frames given back to the stack: pool or ring had no room */
};

/* A look at every received frame ahead of the stack. True: it is not for the stack. */
typedef bool (*netif_ixl_tap)(void *ctx, const uint8_t *frame, size_t len);

struct netif_ixl;

struct netif_ixl_loan {
    struct pbuf_custom pbuf; /* first: the stack knows it by this address */
    struct netif_ixl *owner;
    struct pkt_buf *buf; /* NULL once the device is gone */
    struct netif_ixl_loan *next_free;
};

struct netif_ixl {
    struct netif netif;
    struct ixl_device *dev;
    struct ixl_mempool *tx_pool;
    bool offload; /* let the device compute checksums; becomes false if it cannot */
    int error;    /* of the last send that failed for good, negative; 0 */
    netif_ixl_tap tap;
    void *tap_ctx;
    struct pkt_buf *pending[NETIF_IXL_BATCH]; /* to be sent */
    unsigned num_pending;
    struct netif_ixl_loan loans[NETIF_IXL_LENT_MAX];
    struct netif_ixl_loan *free_loans;
    unsigned lent;
    struct netif_ixl_stats stats;
};

/*
 * Add the interface to the stack, up, without an address. `offload`: checksums of sent frames
 * are the device's work where it can. 0, or a negative IXL error after which nothing stays:
 * -IXL_ERANGE the device's largest frame is below NETIF_IXL_MIN_FRAME.
 * `n` must outlive the stack's last pbuf, in practice: be static.
 */
int netif_ixl_add(struct netif_ixl *n, struct ixl_device *dev, bool offload);

/* Take it out of the stack and return all its buffers; before ixl_close. */
void netif_ixl_remove(struct netif_ixl *n);

/*
 * Receive one batch, hand it to the stack and send what the stack answers. Waits as the
 * device's irq_timeout_ms says. Frames received or a negative IXL error: the device is gone.
 */
int netif_ixl_poll(struct netif_ixl *n);

/* Send what is pending, as far as the ring has room. */
void netif_ixl_flush(struct netif_ixl *n);

/* Ask the device for its link and tell the stack of a change. True: it changed. Reads registers. */
bool netif_ixl_check_link(struct netif_ixl *n);

#endif
