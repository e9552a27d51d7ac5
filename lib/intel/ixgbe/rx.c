// SPDX-License-Identifier: MIT
/* Receive: the path, packet buffers and queues (4.6.7, 4.6.11.3.4). */
#include "lib/intel/filter.h"
#include "lib/intel/ixgbe/ixgbe.h"
#include "lib/intel/ring.h"

/* Largest frame with FCS that is not a jumbo frame. */
#define STANDARD_FRAME 1518u
#define FCS            4u

static void clear_table(struct ixl_device *dev, uint32_t first, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        ixl_write(dev, first + 4 * i, 0);
}

/* ---- receive path on and off ---------------------------------------------------------- */

static void run_path(struct ixgbe *ix)
{
    ixl_clear_bits(&ix->base, IXGBE_SECRXCTRL, IXGBE_SECRXCTRL_RX_DIS);
}

/* 4.6.7: RXEN changes only while the path behind the MAC is empty and halted. */
static int halt_path(struct ixgbe *ix)
{
    struct ixl_device *dev = &ix->base;

    ixl_set_bits(dev, IXGBE_SECRXCTRL, IXGBE_SECRXCTRL_RX_DIS);
    int err = ixl_wait_bits(dev, IXGBE_SECRXSTAT, IXGBE_SECRXSTAT_RDY, IXGBE_SECRXSTAT_RDY, 10,
                            IXL_LIMIT_RX_HALT_US);
    if (err == -IXL_ETIMEDOUT)
        ixl_log(IXL_LOG_ERROR, "%s: the receive path does not run empty: reopen the device",
                dev->info.address);
    return err;
}

int ixl_ixgbe_receiver(struct ixgbe *ix, bool on)
{
    struct ixl_device *dev = &ix->base;
    int err = halt_path(ix);

    if (!err || !on)
        ixl_write(dev, IXGBE_RXCTRL, on ? IXGBE_RXCTRL_RXEN : 0);
    run_path(ix);
    return err;
}

int ixl_ixgbe_receiver_pause(struct ixgbe *ix)
{
    int err = halt_path(ix);

    if (!err)
        ixl_write(&ix->base, IXGBE_RXCTRL, 0);
    run_path(ix);
    return err;
}

/* ---- buffers and flow control --------------------------------------------------------------- */

/* Bytes of the receive buffer at which a pause is asked for (CONTRADICTION_FCRTH). Behind that
 * there is room for what 4.6.3.2 demands, and for what still comes (ixl_intel_pause_reserve). */
static uint32_t pause_at(const struct ixgbe *ix)
{
    uint32_t reserve = ixl_intel_pause_reserve(ix->base.cfg.max_frame_size + FCS);

    return ix->gen->rx_buffer_kib * 1024u - (reserve > 0x6000 ? reserve : 0x6000u);
}

/* 3.7.7, 4.6.3.2: pause frames sent and obeyed; those that come are not given to the host. */
static void write_flow_control(struct ixgbe *ix, uint64_t active)
{
    struct ixl_device *dev = &ix->base;
    uint32_t high = pause_at(ix) & ~31u, low = high / 2 & ~31u;
    bool send = active & IXL_FEAT_TX_PAUSE;

    ixl_write(dev, IXGBE_FCTTV(0), send ? IXL_PAUSE_QUANTA : 0);
    ixl_write(dev, IXGBE_FCRTL(0), send ? low | IXGBE_FCRTL_XONE : 0);
    /* The threshold is required with flow control off, too. */
    ixl_write(dev, IXGBE_FCRTH(0), send ? high | IXGBE_FCRTH_FCEN : high);
    ixl_write(dev, IXGBE_FCRTV, send ? IXL_PAUSE_QUANTA / 2 : 0);
    ixl_write(dev, IXGBE_FCCFG, send ? IXGBE_FCCFG_TFCE_LINK : 0);
    ixl_write(dev, IXGBE_MFLCN,
              IXGBE_MFLCN_DPF | (active & IXL_FEAT_RX_PAUSE ? IXGBE_MFLCN_RFCE : 0));
}

static void init_flow_control(struct ixgbe *ix)
{
    clear_table(&ix->base, IXGBE_FCTTV(0), 4);
    clear_table(&ix->base, IXGBE_FCRTL(0), 8);
    clear_table(&ix->base, IXGBE_FCRTH(0), 8);
    write_flow_control(ix, ix->base.set.active);
}

/* 4.6.11.3.4: without DCB and virtualization one buffer takes everything (CONTRADICTION_PB1_7). */
static void init_packet_buffers(struct ixgbe *ix)
{
    clear_table(&ix->base, IXGBE_RXPBSIZE(1), 7);
    ixl_write(&ix->base, IXGBE_RXPBSIZE(0),
              (uint32_t)ix->gen->rx_buffer_kib << IXGBE_PBSIZE_KIB_SHIFT);
}

/* 8.2.3.22.8: strip the FCS, and take exactly the frames the configuration allows (by MAXFRS:
 * MISSING_RLPML). */
static void init_mac(struct ixl_device *dev)
{
    uint32_t longest = dev->cfg.max_frame_size + FCS;
    uint32_t hlreg0 = ixl_read(dev, IXGBE_HLREG0) & ~IXGBE_HLREG0_JUMBOEN;

    if (longest > STANDARD_FRAME) {
        hlreg0 |= IXGBE_HLREG0_JUMBOEN;
        ixl_write(dev, IXGBE_MAXFRS, longest << IXGBE_MAXFRS_SHIFT);
    }
    ixl_write(dev, IXGBE_HLREG0,
              hlreg0 | IXGBE_HLREG0_RXCRCSTRP | IXGBE_HLREG0_TXCRCEN | IXGBE_HLREG0_TXPADEN |
                  IXGBE_HLREG0_RXLNGTHERREN);
}

/* 8.2.3.8.8: CRC_STRIP as in HLREG0; the other three are fixed by the sheet. */
static void init_rx_dma(struct ixl_device *dev)
{
    uint32_t rdrxctl = ixl_read(dev, IXGBE_RDRXCTL) & ~IXGBE_RDRXCTL_RSCFRSTSIZE;

    ixl_write(dev, IXGBE_RDRXCTL,
              rdrxctl | IXGBE_RDRXCTL_CRC_STRIP | IXGBE_RDRXCTL_RSCACKC | IXGBE_RDRXCTL_FCOE_WRFIX);
}

/* ---- queues ------------------------------------------------------------ */

int ixl_ixgbe_rx_create(struct ixgbe *ix)
{
    struct ixl_device *dev = &ix->base;

    for (uint16_t i = 0; i < dev->cfg.num_rx_queues; i++) {
        int err = ixl_intel_rxq_create(dev, i, IXL_DESC_ADVANCED, IXGBE_RX_QUEUE(i));
        if (err)
            return err;
        dev->num_rx = (uint16_t)(i + 1);
    }
    return 0;
}

/* 8.2.3.8.7 */
static uint32_t buffer_control(const struct ixl_device *dev, uint64_t active)
{
    uint32_t srrctl = ixl_intel_rx_buf_size(dev) >> IXGBE_SRRCTL_BSIZEPACKET_SHIFT |
                      IXGBE_SRRCTL_BSIZEHEADER_256 | IXGBE_SRRCTL_ADV_ONE_BUFFER;

    return ixl_intel_drops_when_full(dev, active) ? srrctl | IXGBE_SRRCTL_DROP_EN : srrctl;
}

/* 4.6.7, per queue; buffers are armed only once ENABLE reads back. */
static int start_queue(struct ixgbe *ix, uint16_t i)
{
    struct ixl_device *dev = &ix->base;
    uint32_t dctl = IXGBE_RX_QUEUE(i) + RING_DCTL;

    ixl_intel_rxq_program(dev, i);
    ixl_write(dev, IXGBE_SRRCTL(i), buffer_control(dev, dev->set.active));
    ixl_clear_bits(dev, IXGBE_DCA_RXCTRL(i), IXGBE_DCA_RXCTRL_MUST_CLEAR);
    if (ixl_wants(&dev->set, IXL_FEAT_RX_VLAN_STRIP))
        ixl_set_bits(dev, dctl, IXGBE_RXDCTL_VME);
    ixl_set_bits(dev, dctl, RING_DCTL_ENABLE);
    int err = ixl_ixgbe_wait(ix, dctl, RING_DCTL_ENABLE, RING_DCTL_ENABLE, IXL_LIMIT_QUEUE_US,
                             "a receive queue does not start: reopen the device");
    return err ? err : ixl_intel_rxq_fill(dev, i);
}

/* ASSUME_DROP_AT_RUN_TIME, ASSUME_PAUSE_FORCED. */
void ixl_ixgbe_set_pause(struct ixgbe *ix, uint64_t active)
{
    struct ixl_device *dev = &ix->base;
    bool changes = (active ^ dev->set.active) & IXL_FEAT_TX_PAUSE;

    for (uint16_t i = 0; changes && i < dev->num_rx; i++)
        ixl_write(dev, IXGBE_SRRCTL(i), buffer_control(dev, active));
    write_flow_control(ix, active);
}

/* ---- for the rest of the driver ------------------------------------------------- */

/* Everything that must be set before the receiver is on. */
int ixl_ixgbe_rx_init(struct ixgbe *ix)
{
    struct ixl_device *dev = &ix->base;

    init_flow_control(ix);
    ixl_ixgbe_filters_init(ix);
    ixl_write(dev, IXGBE_RXCSUM, IXGBE_RXCSUM_PCSD); /* the RSS hash, not a fragment checksum */
    init_packet_buffers(ix);
    init_mac(dev);
    init_rx_dma(dev);
    ixl_ixgbe_rss_init(ix);
    return 0;
}

int ixl_ixgbe_rx_start(struct ixgbe *ix)
{
    for (uint16_t i = 0; i < ix->base.num_rx; i++) {
        int err = start_queue(ix, i);
        if (err)
            return err;
    }
    ixl_set_bits(&ix->base, IXGBE_CTRL_EXT, IXGBE_CTRL_EXT_NS_DIS);
    return ixl_ixgbe_receiver(ix, true);
}

void ixl_ixgbe_rx_stop(struct ixgbe *ix)
{
    if (ixl_read(&ix->base, IXGBE_RXCTRL) & IXGBE_RXCTRL_RXEN)
        ixl_ixgbe_receiver(ix, false);
}
