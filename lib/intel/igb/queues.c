// SPDX-License-Identifier: MIT
/* Receive and transmit: filters, RSS, queues (82576 4.5.9, 4.5.10). */
#include "lib/intel/filter.h"
#include "lib/intel/igb/igb.h"
#include "lib/intel/ring.h"

#define FCS            4u
/* Largest frame with FCS and VLAN tag that is no long packet. */
#define STANDARD_FRAME 1522u

/* 7.2.1.3: fetch when fewer than 8 descriptors are on the chip and one is ready; WTHRESH 0: DD is
 * written back where RS asks for it. */
#define THRESHOLDS     (8u << IGB_DCTL_PTHRESH_SHIFT | 1u << IGB_DCTL_HTHRESH_SHIFT)

/* ---- off ----------------------------------------------------------------------------------- */

/* 4.5.9.2, 4.5.10.1: a former owner's queues, too. */
void ixl_igb_queues_off(struct gbe *g)
{
    const struct igb_gen *gen = gen_of(g);
    for (unsigned i = 0; i < gen->queues; i++) {
        ixl_clear_bits(&g->base, IGB_RX_QUEUE(i) + RING_DCTL, RING_DCTL_ENABLE);
        ixl_clear_bits(&g->base, IGB_TX_QUEUE(i) + RING_DCTL, RING_DCTL_ENABLE);
    }
}

/* Queue 0 is enabled by a reset (8.10.9, 8.12.13); a queue's ring may change only while it is off.
 */
static int wait_off(struct gbe *g, uint32_t block)
{
    return ixl_gbe_wait(g, block + RING_DCTL, RING_DCTL_ENABLE, 0, IXL_LIMIT_QUEUE_US,
                        "a queue does not stop after a reset: power-cycle the machine");
}

/* ---- receive ------------------------------------------------------------------------------- */

int ixl_igb_rx_create(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    for (uint16_t i = 0; i < dev->cfg.num_rx_queues; i++) {
        int err = ixl_intel_rxq_create(dev, i, IXL_DESC_ADVANCED_IGB, IGB_RX_QUEUE(i));
        if (err)
            return err;
        dev->num_rx = (uint16_t)(i + 1);
    }
    return 0;
}

int ixl_igb_rx_init(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    ixl_gbe_filters_init(g);
    ixl_gbe_write_rxcsum(g, dev->set.active);
    ixl_gbe_rss_init(g);
    ixl_write(dev, GBE_RLPML, dev->cfg.max_frame_size + FCS);
    return 0;
}

/* 8.10.2 */
static uint32_t buffer_control(const struct ixl_device *dev, uint64_t active)
{
    uint32_t srrctl = ixl_intel_rx_buf_size(dev) >> IGB_SRRCTL_PACKET_SHIFT |
                      IGB_SRRCTL_HEADER_256 | IGB_SRRCTL_ADVANCED;
    return ixl_intel_drops_when_full(dev, active) ? srrctl | IGB_SRRCTL_DROP_EN : srrctl;
}

/* ASSUME_DROP_AT_RUN_TIME. */
int ixl_igb_set_features(struct ixl_device *dev, uint64_t active)
{
    int err = ixl_gbe_set_features(dev, active);
    if (err == 0 && ((active ^ dev->set.active) & IXL_FEAT_TX_PAUSE))
        for (uint16_t i = 0; i < dev->num_rx; i++)
            ixl_write(dev, IGB_SRRCTL(i), buffer_control(dev, active));
    return err;
}

static int start_queue(struct gbe *g, uint32_t block, const char *failure)
{
    struct ixl_device *dev = &g->base;
    ixl_write(dev, block + RING_DCTL, THRESHOLDS);
    ixl_write(dev, block + RING_DCTL, THRESHOLDS | RING_DCTL_ENABLE);
    return ixl_gbe_wait(g, block + RING_DCTL, RING_DCTL_ENABLE, RING_DCTL_ENABLE,
                        IXL_LIMIT_QUEUE_US, failure);
}

static uint32_t receive_control(const struct gbe *g)
{
    uint32_t rctl = GBE_RCTL_EN | GBE_RCTL_SECRC | ixl_gbe_filter_bits(g->base.set.active);
    if (g->base.cfg.max_frame_size + FCS > STANDARD_FRAME)
        rctl |= GBE_RCTL_LPE;
    return rctl;
}

/* 4.5.9: queues are enabled while the receiver is off; tails move once it is on. */
int ixl_igb_rx_start(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    int err = 0;
    for (uint16_t i = 0; i < dev->num_rx && err == 0; i++) {
        err = wait_off(g, IGB_RX_QUEUE(i));
        if (err)
            return err;
        ixl_intel_rxq_program(dev, i);
        ixl_write(dev, IGB_SRRCTL(i), buffer_control(dev, dev->set.active));
        err = start_queue(g, IGB_RX_QUEUE(i), "a receive queue does not start: reopen the device");
    }
    if (err)
        return err;
    ixl_write(dev, GBE_RCTL, receive_control(g));
    for (uint16_t i = 0; i < dev->num_rx && err == 0; i++)
        err = ixl_intel_rxq_fill(dev, i);
    return err;
}

/* ---- transmit ------------------------------------------------------------------------------- */

int ixl_igb_tx_create(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    for (uint16_t i = 0; i < dev->cfg.num_tx_queues; i++) {
        int err = ixl_intel_txq_create(dev, i, IXL_DESC_ADVANCED_IGB, IGB_TX_QUEUE(i));
        if (err)
            return err;
        dev->num_tx = (uint16_t)(i + 1);
    }
    return 0;
}

/* 4.5.10: TCTL.EN comes before the first queue is enabled. */
int ixl_igb_tx_start(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    int err = 0;
    uint32_t tctl = ixl_read(dev, GBE_TCTL) & ~GBE_TCTL_CT;
    ixl_write(dev, GBE_TCTL,
              tctl | GBE_TCTL_EN | GBE_TCTL_PSP | 15u << GBE_TCTL_CT_SHIFT | GBE_TCTL_RTLC);
    for (uint16_t i = 0; i < dev->num_tx && err == 0; i++) {
        err = wait_off(g, IGB_TX_QUEUE(i));
        if (err)
            return err;
        ixl_intel_txq_program(dev, i);
        err = start_queue(g, IGB_TX_QUEUE(i), "a send queue does not start: reopen the device");
    }
    return err;
}
