// SPDX-License-Identifier: MIT
/* Transmit: arbiter, packet buffer and queues (4.6.8, 4.6.11.3.4). */
#include "lib/intel/ixgbe/ixgbe.h"
#include "lib/intel/ring.h"

#define TX_BUFFER_KIB  160u
#define PACKET_BUFFERS 8u

/* 7.2.3.4.1: fetch when fewer than 32 descriptors are on the chip and at least one is ready. DD is
 * written back where RS asks for it, so WTHRESH is 0. */
#define PTHRESH        32u
#define HTHRESH        1u

/* 4.6.11.3.4; the threshold leaves room for the longest frame. */
static void init_packet_buffers(struct ixl_device *dev)
{
    uint32_t longest_kib = (dev->cfg.max_frame_size + 1023) / 1024;

    for (unsigned i = 1; i < PACKET_BUFFERS; i++) { /* CONTRADICTION_PB1_7 */
        ixl_write(dev, IXGBE_TXPBSIZE(i), 0);
        ixl_write(dev, IXGBE_TXPBTHRESH(i), 0);
    }
    ixl_write(dev, IXGBE_TXPBSIZE(0), TX_BUFFER_KIB << IXGBE_PBSIZE_KIB_SHIFT);
    ixl_write(dev, IXGBE_TXPBTHRESH(0), TX_BUFFER_KIB - longest_kib);
}

int ixl_ixgbe_tx_create(struct ixgbe *ix)
{
    struct ixl_device *dev = &ix->base;

    for (uint16_t i = 0; i < dev->cfg.num_tx_queues; i++) {
        int err = ixl_intel_txq_create(dev, i, IXL_DESC_ADVANCED, IXGBE_TX_QUEUE(i));
        if (err)
            return err;
        dev->num_tx = (uint16_t)(i + 1);
    }
    return 0;
}

/* 4.6.8: the registers that may change only while the arbiter stands still. */
int ixl_ixgbe_tx_init(struct ixgbe *ix)
{
    struct ixl_device *dev = &ix->base;

    ixl_set_bits(dev, IXGBE_RTTDCS, IXGBE_RTTDCS_ARBDIS);
    ixl_write(dev, IXGBE_DTXMXSZRQ, IXGBE_DTXMXSZRQ_MAX);
    init_packet_buffers(dev);
    ixl_write(dev, IXGBE_MTQC, 0); /* MISSING_TX_QUEUES */
    ixl_clear_bits(dev, IXGBE_RTTDCS, IXGBE_RTTDCS_ARBDIS);
    return 0;
}

/* 4.6.8, per queue. The tail stays at 0 until there is something to send. */
static int start_queue(struct ixgbe *ix, uint16_t i)
{
    struct ixl_device *dev = &ix->base;
    uint32_t dctl = IXGBE_TX_QUEUE(i) + RING_DCTL;
    uint32_t thresholds = PTHRESH << IXGBE_TXDCTL_PTHRESH_SHIFT | HTHRESH
                                                                      << IXGBE_TXDCTL_HTHRESH_SHIFT;

    ixl_intel_txq_program(dev, i);
    ixl_write(dev, IXGBE_RTTDQSEL, i); /* a rate that somebody limited stays limited */
    ixl_write(dev, IXGBE_RTTBCNRC, 0);
    ixl_clear_bits(dev, IXGBE_DCA_TXCTRL(i), IXGBE_DCA_TXCTRL_WB_RO);
    ixl_write(dev, dctl, thresholds);
    ixl_write(dev, dctl, thresholds | RING_DCTL_ENABLE);
    return ixl_ixgbe_wait(ix, dctl, RING_DCTL_ENABLE, RING_DCTL_ENABLE, IXL_LIMIT_QUEUE_US,
                          "a send queue does not start: reopen the device");
}

/* DMATXCTL.TE comes before the first queue is enabled. */
int ixl_ixgbe_tx_start(struct ixgbe *ix)
{
    ixl_set_bits(&ix->base, IXGBE_DMATXCTL, IXGBE_DMATXCTL_TE);
    for (uint16_t i = 0; i < ix->base.num_tx; i++) {
        int err = start_queue(ix, i);
        if (err)
            return err;
    }
    return 0;
}
