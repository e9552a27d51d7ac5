// SPDX-License-Identifier: MIT
/* Master disable and global reset, from whatever state a former owner left the device in. */
#include "lib/intel/ixgbe/ixgbe.h"
#include "lib/intel/ring.h"

/* PCI Express device status, an offset in its capability, and "transactions pending" in it. */
#define PCIE_DEVICE_STATUS        0x0a
#define PCIE_TRANSACTIONS_PENDING (1u << 5)

/* 4.6.3.2: time for the device after a global reset; 8.2.3.1.1: before it may be touched at all. */
#define RESET_UNTOUCHED_US        1000
#define RESET_SETTLE_US           10000

/* 4.6.7.1.2, 4.6.8.2: memory of a queue is no longer touched this long after ENABLE is 0. */
#define QUEUE_DRAIN_US            100

/* ENABLE of all queues of one direction off, then wait. False if some queue does not let go. */
static bool disable_queues(struct ixgbe *ix, unsigned n, uint32_t (*block)(unsigned))
{
    struct ixl_device *dev = &ix->base;
    bool any = false;

    for (unsigned i = 0; i < n; i++) {
        uint32_t dctl = block(i) + RING_DCTL;
        if (!(ixl_read(dev, dctl) & RING_DCTL_ENABLE))
            continue;
        ixl_clear_bits(dev, dctl, RING_DCTL_ENABLE);
        any = true;
    }
    for (unsigned i = 0; any && i < n; i++)
        if (ixl_wait_bits(dev, block(i) + RING_DCTL, RING_DCTL_ENABLE, 0, 10, IXL_LIMIT_QUEUE_US))
            return false;
    if (any)
        ixl_delay_us(dev, QUEUE_DRAIN_US);
    return true;
}

static uint32_t rx_block(unsigned n)
{
    return IXGBE_RX_QUEUE(n);
}

static uint32_t tx_block(unsigned n)
{
    return IXGBE_TX_QUEUE(n);
}

/* 5.2.5.3.2: no new requests to memory, and none pending. */
static bool master_disable(struct ixgbe *ix)
{
    struct ixl_device *dev = &ix->base;

    ixl_set_bits(dev, IXGBE_CTRL, IXGBE_CTRL_MASTER_DISABLE);
    return ixl_wait_bits(dev, IXGBE_STATUS, IXGBE_STATUS_MASTER_ENABLED, 0, 100,
                         IXL_LIMIT_MASTER_DISABLE_US) == 0;
}

static bool transactions_pending(struct ixgbe *ix)
{
    struct ixl_os_dev *os = ix->base.os;
    uint32_t status = 0;
    int cap = ixl_pci_find_cap(os, IXL_PCI_CAP_PCIE);

    if (cap <= 0 || os->ops->cfg_read(os, (unsigned)cap + PCIE_DEVICE_STATUS, 2, &status) < 0)
        return false;
    return status & PCIE_TRANSACTIONS_PENDING;
}

/* 5.2.5.3.2: send frames nowhere and empty the buffers, so that a reset finds nothing in flight. */
static void flush_buffers(struct ixgbe *ix)
{
    struct ixl_device *dev = &ix->base;

    ixl_set_bits(dev, IXGBE_HLREG0, IXGBE_HLREG0_LPBK);
    ixl_clear_bits(dev, IXGBE_RXCTRL, IXGBE_RXCTRL_RXEN);
    ixl_set_bits(dev, IXGBE_GCR_EXT, IXGBE_GCR_EXT_BUFFERS_CLEAR);
    ixl_delay_us(dev, 20);
    ixl_clear_bits(dev, IXGBE_HLREG0, IXGBE_HLREG0_LPBK);
    ixl_clear_bits(dev, IXGBE_GCR_EXT, IXGBE_GCR_EXT_BUFFERS_CLEAR);
}

/*
 * Nothing of this driver's in memory is read or written any more afterwards. A device that
 * resists is left to the reset, which needs no consent.
 */
void ixl_ixgbe_stop_dma(struct ixgbe *ix)
{
    bool quiet;

    ixl_ixgbe_rx_stop(ix);
    quiet = disable_queues(ix, IXGBE_HW_RX_QUEUES, rx_block);
    quiet &= disable_queues(ix, IXGBE_HW_TX_QUEUES, tx_block);
    if (!quiet)
        ixl_log(IXL_LOG_DEBUG, "%s: a queue did not stop; the reset will stop it",
                ix->base.info.address);
}

/* X540 11.7: from the X540 on firmware shares the PHY and must not be at it when the reset comes.
 */
static int set_reset(struct ixgbe *ix, uint32_t bits)
{
    uint32_t phy = ix->gen->reset_owns_phy ? ixl_ixgbe_sync_phy(ix) : 0;
    int err = phy ? ixl_ixgbe_sync_get(ix, phy) : 0;

    if (err)
        return err;
    ixl_set_bits(&ix->base, IXGBE_CTRL, bits);
    ixl_delay_us(&ix->base, RESET_UNTOUCHED_US);
    if (phy)
        ixl_ixgbe_sync_put(ix, phy);
    return 0;
}

/* 4.2.1.6: CTRL.RST, with the link where it belongs to the MAC and firmware does not object. */
static int reset_once(struct ixgbe *ix)
{
    struct ixl_device *dev = &ix->base;
    uint32_t bits = IXGBE_CTRL_RST;

    if (ix->gen->link_in_reset && !(ixl_read(dev, IXGBE_MMNGC) & IXGBE_MMNGC_MNG_VETO))
        bits |= IXGBE_CTRL_LRST;
    int err = set_reset(ix, bits);
    if (err)
        return err;
    return ixl_ixgbe_wait(ix, IXGBE_CTRL, bits, 0, IXL_LIMIT_RESET_US,
                          "the global reset does not end: power-cycle the machine");
}

/* 4.6.3.1, 4.6.3.2: interrupts off, global reset, interrupts off again. The first access to the
 * device: ASSUME_PCI_D0. */
int ixl_ixgbe_reset(struct ixgbe *ix)
{
    int err = 0;

    if (!ixl_ixgbe_present(ix))
        return -IXL_ENODEV;
    ixl_ixgbe_irq_off(ix);
    ixl_ixgbe_stop_dma(ix);
    /* With requests still pending one reset may leave them in the queue to the bus: two do not. */
    bool quiet = master_disable(ix);
    if (!ixl_ixgbe_present(ix))
        return -IXL_ENODEV;
    if (!quiet || transactions_pending(ix)) {
        flush_buffers(ix);
        err = reset_once(ix);
        ixl_delay_us(&ix->base, 2);
    }
    if (!err)
        err = reset_once(ix);
    if (err)
        return err;
    ixl_delay_us(&ix->base, RESET_SETTLE_US);
    ixl_ixgbe_irq_off(ix);
    return 0;
}
