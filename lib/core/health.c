// SPDX-License-Identifier: MIT
/* Is the device at work, and the reset that keeps everything. */
#include <string.h>

#include "lib/core/device.h"

#define NS_PER_MS  1000000u
/* A ring that wraps exactly once, or several times, between two looks seems to stand still. At such
 * a rate its head moves within this time. */
#define CONFIRM_MS 20u
#define STEP_US    1000u

/* ---- looking ------------------------------------------------------------- */

static bool rx_moved(struct ixl_device *dev, const struct ixl_watch *w)
{
    uint32_t head, tail;

    for (uint16_t i = 0; i < dev->num_rx; i++) {
        dev->drv->ring_position(dev, false, i, &head, &tail);
        if (head != w->rx_head[i] || head == tail)
            return true; /* at work, or without descriptors: no fault of the device */
    }
    return false;
}

static bool tx_moved(struct ixl_device *dev, const struct ixl_watch *w, uint16_t queue)
{
    uint32_t head, tail;

    dev->drv->ring_position(dev, true, queue, &head, &tail);
    return head != w->tx_head[queue] || head == tail;
}

static bool rx_stays(struct ixl_device *dev, const struct ixl_watch *w)
{
    for (unsigned ms = 0; ms < CONFIRM_MS; ms++) {
        if (rx_moved(dev, w))
            return false;
        ixl_delay_us(dev, STEP_US);
    }
    return true;
}

/* Leaves in hung[] the queues that stay where they are; how many. */
static uint16_t confirm_hung(struct ixl_device *dev, const struct ixl_watch *w, bool *hung)
{
    uint16_t n = 1;

    for (unsigned ms = 0; ms < CONFIRM_MS && n; ms++) {
        n = 0;
        for (uint16_t i = 0; i < dev->num_tx; i++) {
            hung[i] = hung[i] && !tx_moved(dev, w, i);
            n = (uint16_t)(n + hung[i]);
        }
        if (n)
            ixl_delay_us(dev, STEP_US);
    }
    return n;
}

/* `before` is the former look; the answer goes to `now`. */
static void judge_tx(struct ixl_device *dev, const struct ixl_watch *before, struct ixl_watch *now)
{
    bool hung[IXL_MAX_QUEUES] = { false };
    bool any = false;

    now->tx_hung = now->first_tx_hung = 0;
    if (!before->looked || !before->link_up || !now->link_up || now->tx_paused)
        return;
    for (uint16_t i = 0; i < dev->num_tx; i++) {
        hung[i] = before->tx_waits[i] && now->tx_waits[i] && before->tx_head[i] == now->tx_head[i];
        any |= hung[i];
    }
    if (!any)
        return;
    now->tx_hung = confirm_hung(dev, now, hung);
    while (now->tx_hung && !hung[now->first_tx_hung])
        now->first_tx_hung++;
}

static void judge_rx(struct ixl_device *dev, const struct ixl_watch *before, struct ixl_watch *now)
{
    now->rx_stalled = before->looked && before->link_up && now->link_up &&
                      now->refused > before->refused && !rx_moved(dev, before) &&
                      rx_stays(dev, before);
}

static void take_positions(struct ixl_device *dev, struct ixl_watch *w)
{
    uint32_t tail;

    for (uint16_t i = 0; i < dev->num_rx; i++)
        dev->drv->ring_position(dev, false, i, &w->rx_head[i], &tail);
    for (uint16_t i = 0; i < dev->num_tx; i++) {
        dev->drv->ring_position(dev, true, i, &w->tx_head[i], &tail);
        w->tx_waits[i] = w->tx_head[i] != tail;
    }
}

static void look(struct ixl_device *dev)
{
    struct ixl_watch *w = &dev->watch, before = *w;
    uint64_t now = ixl_now_ns(dev);

    if (w->looked && now - w->looked < (uint64_t)IXL_HEALTH_INTERVAL_MS * NS_PER_MS)
        return;
    if (dev->drv->update_stats(dev))
        return;
    w->looked = now ? now : 1;
    w->link_up = dev->link.up;
    w->refused = dev->drv->refused(dev);
    w->tx_paused = dev->drv->tx_paused(dev);
    take_positions(dev, w);
    judge_tx(dev, &before, w);
    judge_rx(dev, &before, w);
}

int ixl_check_health(struct ixl_device *dev, struct ixl_health *out)
{
    if (out)
        memset(out, 0, sizeof(*out));
    if (!dev || !out) {
        ixl_log(IXL_LOG_ERROR, "ixl_check_health needs a device and a place for the answer");
        return -IXL_EINVAL;
    }
    const struct ixl_watch *w = &dev->watch;
    if (ixl_look_for(dev) == 0 && !dev->stopped && dev->drv->get_link(dev, &out->link) == 0 &&
        dev->drv->ring_position)
        look(dev);
    out->removed = atomic_load(&dev->removed);
    out->stopped = dev->stopped;
    out->error = atomic_load(&dev->error);
    out->tx_paused = w->tx_paused;
    out->tx_hung = w->tx_hung;
    out->first_tx_hung = w->first_tx_hung;
    out->rx_stalled = w->rx_stalled;
    out->resets = dev->resets;
    out->needs_reset =
        !out->removed && (out->stopped || out->error || out->tx_hung || out->rx_stalled);
    return 0;
}

/* ---- reset --------------------------------------------------------------- */

/* Rings are emptied when the device cannot reach memory any more: after its reset, or, if it
 * resists that, without bus mastering. */
static int restart(struct ixl_device *dev)
{
    int err = dev->drv->quiesce(dev);

    if (err)
        ixl_pci_command(dev->os, 0, IXL_PCI_COMMAND_MASTER);
    dev->drv->drop_frames(dev);
    if (!err)
        err = ixl_pci_command(dev->os, IXL_PCI_COMMAND_MASTER, 0);
    if (!err)
        err = dev->drv->restart(dev);
    if (err)
        ixl_pci_master_off(dev->os);
    return err;
}

/* While the device is stopped: no burst of the datapath has to ask. Queues of different engines
 * do not exchange buffers: forwarding meets these functions as well. */
static int refusal(const struct ixl_device *dev)
{
    return atomic_load_explicit(&dev->removed, memory_order_relaxed) ? -IXL_ENODEV : -IXL_EIO;
}

static int refuse_rx(struct ixl_rxq *q, struct pkt_buf **bufs, unsigned n)
{
    (void)bufs;
    (void)n;
    return refusal(q->dev);
}

static int refuse_tx(struct ixl_txq *q, struct pkt_buf **bufs, unsigned n)
{
    (void)bufs;
    (void)n;
    return refusal(q->dev);
}

static void park(struct ixl_device *dev)
{
    for (uint16_t i = 0; i < dev->num_rx; i++) {
        struct ixl_rxq *q = dev->rxq[i];
        q->parked = q->burst;
        q->parked_engine = q->engine;
        q->burst = refuse_rx;
        q->engine = q; /* nobody else's */
    }
    for (uint16_t i = 0; i < dev->num_tx; i++) {
        struct ixl_txq *q = dev->txq[i];
        q->parked = q->burst;
        q->parked_engine = q->engine;
        q->burst = refuse_tx;
        q->engine = q;
    }
}

static void unpark(struct ixl_device *dev)
{
    for (uint16_t i = 0; i < dev->num_rx; i++) {
        dev->rxq[i]->burst = dev->rxq[i]->parked;
        dev->rxq[i]->engine = dev->rxq[i]->parked_engine;
    }
    for (uint16_t i = 0; i < dev->num_tx; i++) {
        dev->txq[i]->burst = dev->txq[i]->parked;
        dev->txq[i]->engine = dev->txq[i]->parked_engine;
    }
}

static void set_stopped(struct ixl_device *dev, bool stopped)
{
    if (stopped && !dev->stopped)
        park(dev);
    if (!stopped && dev->stopped)
        unpark(dev);
    dev->stopped = stopped;
}

/* A device whose interrupts cannot be had again is stopped like one that does not start. */
static int resume(struct ixl_device *dev)
{
    int err = ixl_irq_resume(dev);

    if (!err)
        err = ixl_event_resume(dev);
    if (err)
        ixl_pci_command(dev->os, 0, IXL_PCI_COMMAND_MASTER);
    return err;
}

/* What was seen of the device's former life says nothing of its new one. */
static void forget(struct ixl_device *dev)
{
    memset(&dev->watch, 0, sizeof(dev->watch));
    atomic_store(&dev->error, false);
    atomic_fetch_and(&dev->events, ~(uint32_t)IXL_EVENT_ERROR);
}

int ixl_reset(struct ixl_device *dev)
{
    if (!dev) {
        ixl_log(IXL_LOG_ERROR, "ixl_reset needs a device");
        return -IXL_EINVAL;
    }
    if (atomic_load(&dev->removed))
        return -IXL_ENODEV;
    if (!dev->drv->restart) {
        ixl_log(IXL_LOG_ERROR, "%s: its driver cannot reset it: close and open it",
                dev->info.address);
        return -IXL_ENOTSUP;
    }
    /* A reset clears counters on some parts: what they hold is added up before. */
    if (dev->drv->update_stats(dev) == -IXL_ENODEV)
        return -IXL_ENODEV;
    ixl_irq_pause(dev);
    ixl_event_pause(dev);
    int err = restart(dev);
    if (!err)
        err = resume(dev);
    forget(dev);
    set_stopped(dev, err != 0);
    if (err) {
        ixl_log(IXL_LOG_ERROR, "%s: it does not come back from a reset: reset it again or close it",
                dev->info.address);
        return err;
    }
    dev->resets++;
    ixl_log(IXL_LOG_INFO, "%s: reset", dev->info.address);
    return 0;
}

int ixl_set_rx_sleep(struct ixl_device *dev, bool allowed)
{
    if (!dev) {
        ixl_log(IXL_LOG_ERROR, "ixl_set_rx_sleep needs a device");
        return -IXL_EINVAL;
    }
    atomic_store(&dev->awake, !allowed);
    return 0;
}
