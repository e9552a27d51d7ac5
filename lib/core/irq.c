// SPDX-License-Identifier: MIT
/*
 * Interrupt policy of receive queues.
 *
 * Waiting. A queue's vector is masked but for the time its thread sleeps. To sleep is: unmask,
 * look at the ring once more, and only then wait. A frame that came before the look is found by
 * it, a frame that comes after it raises the interrupt: no wake-up is lost by construction.
 * The operating system returns from a wait without limit at least once a second, and the ring is
 * looked at again, so that a lost interrupt message costs a second, not for ever.
 *
 * Adapting. Interrupts are counted in windows. Above irq_rate_high the queue changes to polling:
 * the vector stays masked and waiting means looking at the ring every microsecond. Each wait that
 * ends with frames is then what an interrupt would have been, and is counted as one; below
 * irq_rate_low the queue changes back. An idle queue thus polls for one window at most. Frames
 * that are there when rx_batch is called are not counted: they cost no interrupt either way.
 *
 * Sharing. A vector has one waiter, the queue of the same number. Where vectors are fewer than
 * queues the other queues do not sleep on it but nap, a millisecond at most; so does every queue
 * of a device without interrupts.
 */
#include "lib/core/device.h"

#define NS_PER_US    1000u
#define NS_PER_S     1000000000u
#define WINDOW_NS    (10u * 1000000u)
#define NAP_MIN_US   50u
#define NAP_MAX_US   1000u
#define SPIN_US      1u
/* How often a waiting queue looks whether the device is still there. */
#define LOOK_NS      (250u * 1000000u)
/* A sleep with a limit is cut into pieces of this length, for the same reason. */
#define SLEEP_MAX_US 1000000

/* One call of ixl_rx_wait. */
struct wait {
    uint64_t deadline; /* ns */
    unsigned nap_us;
    bool slept;
};

/* ---- small things -------------------------------------------------------- */

/* Only the queue's thread writes; control threads read while it does. */
static void count(uint64_t *counter)
{
    __atomic_store_n(counter, *counter + 1, __ATOMIC_RELAXED);
}

/* The system first, so that an interrupt the device raises at once finds the way open. */
static int arm(struct ixl_rxq *q)
{
    struct ixl_device *dev = q->dev;
    int err = dev->os->ops->irq_unmask(dev->os, q->irq.vector);

    if (err < 0)
        return err;
    dev->drv->irq_unmask(dev, q->irq.vector);
    return 0;
}

static int disarm(struct ixl_rxq *q)
{
    struct ixl_device *dev = q->dev;

    dev->drv->irq_mask(dev, q->irq.vector);
    return dev->os->ops->irq_mask(dev->os, q->irq.vector);
}

/* ---- adapting ------------------------------------------------------------ */

static void change(struct ixl_rxq *q, bool polling, uint64_t rate)
{
    struct ixl_irq_policy *p = &q->irq;

    p->polling = polling;
    __atomic_store_n(&p->stats.polling, polling, __ATOMIC_RELAXED);
    count(polling ? &p->stats.to_polling : &p->stats.to_interrupt);
    ixl_log(IXL_LOG_DEBUG, "%s: receive queue %u changes to %s at %llu wake-ups a second",
            q->dev->info.address, q->index, polling ? "polling" : "interrupts",
            (unsigned long long)rate);
}

/* At the end of a window: is the present way still the right one? */
static void judge(struct ixl_rxq *q, uint64_t now)
{
    struct ixl_irq_policy *p = &q->irq;
    uint64_t elapsed = now - p->window_start;

    if (elapsed < WINDOW_NS)
        return;
    uint64_t rate = (uint64_t)p->window_events * NS_PER_S / elapsed;
    if (!p->polling && rate > q->dev->cfg.irq_rate_high)
        change(q, true, rate);
    else if (p->polling && rate < q->dev->cfg.irq_rate_low)
        change(q, false, rate);
    p->window_start = now;
    p->window_events = 0;
}

/* ---- waiting ------------------------------------------------------------- */

/* Microseconds until the deadline, rounded up, at most `limit`. */
static int64_t remaining_us(const struct ixl_rxq *q, const struct wait *w, int64_t limit)
{
    if (w->deadline == UINT64_MAX)
        return limit;
    uint64_t now = ixl_now_ns(q->dev);
    if (now >= w->deadline)
        return 0;
    uint64_t us = (w->deadline - now + NS_PER_US - 1) / NS_PER_US;
    return us < (uint64_t)limit ? (int64_t)us : limit;
}

/* Sleep until the interrupt, the deadline, or the time to look around. */
static int sleep_on_irq(struct ixl_rxq *q, struct wait *w)
{
    struct ixl_device *dev = q->dev;
    struct ixl_irq_policy *p = &q->irq;
    int fired = arm(q);

    if (fired < 0)
        return fired;
    if (!q->ready(q)) {
        if (!w->slept)
            count(&p->stats.waits);
        w->slept = true;
        int64_t us = w->deadline == UINT64_MAX ? -1 : remaining_us(q, w, SLEEP_MAX_US);
        fired = dev->os->ops->irq_wait(dev->os, p->vector, us);
    }
    int err = disarm(q);
    if (fired > 0) {
        count(&p->stats.irqs);
        p->window_events++;
        dev->drv->irq_ack(dev, p->vector);
    }
    return fired < 0 ? fired : err;
}

/* Without an interrupt of its own: longer and longer naps, so that a busy queue is quick. */
static int nap(struct ixl_rxq *q, struct wait *w)
{
    int64_t us = remaining_us(q, w, w->nap_us);

    if (!w->slept)
        count(&q->irq.stats.waits);
    w->slept = true;
    if (us > 0)
        ixl_delay_us(q->dev, (unsigned)us);
    w->nap_us = w->nap_us * 2 < NAP_MAX_US ? w->nap_us * 2 : NAP_MAX_US;
    return 0;
}

static int wait_once(struct ixl_rxq *q, struct wait *w)
{
    if (!q->irq.leads)
        return nap(q, w);
    if (!q->irq.polling)
        return sleep_on_irq(q, w);
    /* A delay, not a bare loop: there are worlds whose time stands still otherwise. */
    ixl_delay_us(q->dev, SPIN_US);
    return 0;
}

/* A device that is gone raises no interrupt: ask the configuration space, which answers all ones
 * then, touches no register, and does not get in the way of control operations. */
static bool gone(struct ixl_rxq *q, uint64_t now)
{
    struct ixl_device *dev = q->dev;

    if (atomic_load_explicit(&dev->removed, memory_order_relaxed))
        return true;
    if (now - q->irq.looked < LOOK_NS)
        return false;
    q->irq.looked = now;
    return ixl_look_for(dev) != 0;
}

/* Nothing yet. 1: go on waiting, 0: the time is over, or an error. */
static int go_on(struct ixl_rxq *q, const struct wait *w)
{
    uint64_t now = ixl_now_ns(q->dev);

    judge(q, now);
    if (gone(q, now))
        return -IXL_ENODEV;
    if (atomic_load(&q->dev->awake))
        return 0;
    if (now < w->deadline)
        return 1;
    if (w->slept)
        count(&q->irq.stats.timeouts);
    return 0;
}

int ixl_rx_wait(struct ixl_rxq *q, struct pkt_buf **bufs, unsigned n)
{
    struct ixl_irq_policy *p = &q->irq;
    struct wait w = { .deadline = UINT64_MAX, .nap_us = NAP_MIN_US };

    if (atomic_load(&q->dev->awake))
        return 0;
    if (p->timeout_us >= 0)
        w.deadline = ixl_now_ns(q->dev) + (uint64_t)p->timeout_us * NS_PER_US;
    for (;;) {
        int err = wait_once(q, &w);
        if (err < 0)
            return err;
        int got = q->burst(q, bufs, n);
        if (got != 0) {
            p->window_events += p->polling;
            judge(q, ixl_now_ns(q->dev));
            return got;
        }
        int more = go_on(q, &w);
        if (more <= 0)
            return more;
    }
}

/* ---- start and stop ------------------------------------------------------ */

static void init_policy(struct ixl_device *dev, uint16_t index)
{
    struct ixl_rxq *q = dev->rxq[index];
    struct ixl_irq_policy *p = &q->irq;
    int32_t mode = dev->cfg.irq_timeout_ms;

    p->enabled = dev->irq_vectors > 0;
    p->waits = mode != IXL_IRQ_POLL && mode != IXL_IRQ_EXTERNAL;
    p->timeout_us = mode < 0 ? -1 : (int64_t)mode * 1000;
    p->vector = (uint16_t)ixl_irq_vector(dev, index);
    p->leads = p->enabled && p->vector == index;
    p->polling = false;
    p->bound = false;
    p->window_start = p->looked = ixl_now_ns(q->dev);
    p->window_events = 0;
    q->waits = p->waits;
}

static int start_queue(struct ixl_device *dev, struct ixl_rxq *q)
{
    if (!q->irq.leads)
        return 0;
    if (!q->irq.waits) /* the caller binds and waits; he expects a live interrupt */
        return arm(q);
    int err = dev->os->ops->irq_bind(dev->os, q->irq.vector);
    q->irq.bound = err == 0;
    return err;
}

int ixl_irq_start(struct ixl_device *dev)
{
    for (uint16_t i = 0; i < dev->num_rx; i++)
        init_policy(dev, i);
    for (uint16_t i = 0; i < dev->num_rx; i++) {
        int err = start_queue(dev, dev->rxq[i]);
        if (err < 0) {
            ixl_irq_stop(dev);
            return err;
        }
    }
    return 0;
}

void ixl_irq_stop(struct ixl_device *dev)
{
    for (uint16_t i = 0; i < dev->num_rx; i++) {
        struct ixl_rxq *q = dev->rxq[i];
        if (q->irq.leads)
            disarm(q);
        q->irq.bound = false;
        q->irq.enabled = q->irq.leads = q->irq.waits = q->waits = false;
    }
}

/* A device's masks do not outlive its reset, the system's do. */
void ixl_irq_pause(struct ixl_device *dev)
{
    for (uint16_t i = 0; i < dev->num_rx; i++)
        if (dev->rxq[i]->irq.leads)
            disarm(dev->rxq[i]);
}

/* Queues that sleep arm their vector when they do. One more interrupt than its owner has asked for
 * does no harm where he waits himself: it finds no frame. */
int ixl_irq_resume(struct ixl_device *dev)
{
    for (uint16_t i = 0; i < dev->num_rx; i++) {
        struct ixl_rxq *q = dev->rxq[i];
        int err = q->irq.leads && !q->irq.waits ? arm(q) : 0;
        if (err < 0)
            return err;
    }
    return 0;
}

/* ---- for the caller's own waiting ---------------------------------------- */

ixl_irq_t ixl_get_recv_irq(struct ixl_device *dev, uint16_t queue)
{
    if (!dev || queue >= dev->num_rx || !dev->rxq[queue]->irq.enabled)
        return IXL_IRQ_INVALID;
    return dev->os->ops->irq_native(dev->os, dev->rxq[queue]->irq.vector);
}

/* The queue, if it has an interrupt. */
static int find_queue(struct ixl_device *dev, uint16_t queue, const char *who, struct ixl_rxq **q)
{
    if (!dev || queue >= dev->num_rx) {
        ixl_log(IXL_LOG_ERROR, "%s: there is no receive queue %u, the device has %u", who, queue,
                ixl_get_num_rx_queues(dev));
        return -IXL_EINVAL;
    }
    *q = dev->rxq[queue];
    if ((*q)->irq.enabled)
        return 0;
    ixl_log(IXL_LOG_ERROR,
            "%s: the device is used without interrupts: open it with another "
            "irq_timeout_ms than IXL_IRQ_POLL",
            who);
    return -IXL_ENOTSUP;
}

/*
 * Where somebody else waits for the system's object, the backend cannot tell whether it fired
 * and says so (-IXL_ENOTSUP): then the device's cause decides. An interrupt that has not fired
 * stays unmasked, so that a caller who goes back to sleep is woken.
 */
int ixl_check_recv_irq(struct ixl_device *dev, uint16_t queue)
{
    struct ixl_rxq *q;
    int err = find_queue(dev, queue, "ixl_check_recv_irq", &q);

    if (err)
        return err;
    int fired = dev->os->ops->irq_wait(dev->os, q->irq.vector, 0);
    if (fired == 0 || (fired < 0 && fired != -IXL_ENOTSUP))
        return fired;
    err = disarm(q);
    bool receive = dev->drv->irq_ack(dev, q->irq.vector);
    if (err < 0)
        return err;
    if (fired <= 0 && !receive)
        return arm(q);
    count(&q->irq.stats.irqs);
    return 1;
}

int ixl_ack_recv_irq(struct ixl_device *dev, uint16_t queue)
{
    struct ixl_rxq *q;
    int err = find_queue(dev, queue, "ixl_ack_recv_irq", &q);

    return err ? err : arm(q);
}

int ixl_rebind_recv_irq(struct ixl_device *dev, uint16_t queue)
{
    struct ixl_rxq *q;
    int err = find_queue(dev, queue, "ixl_rebind_recv_irq", &q);

    if (err)
        return err;
    err = dev->os->ops->irq_bind(dev->os, q->irq.vector);
    if (!err)
        q->irq.bound = true;
    return err;
}
