// SPDX-License-Identifier: MIT
/* Statistics: differences since the last call, and everything by name. */
#include "lib/core/device.h"

#include <stdio.h>
#include <string.h>

static int update(struct ixl_device *dev)
{
    int err = ixl_look_for(dev);

    return err ? err : dev->drv->update_stats(dev);
}

/* ---- the four ------------------------------------------------------------ */

int ixl_read_stats(struct ixl_device *dev, struct ixl_device_stats *stats)
{
    struct ixl_device_stats now = { .rx_pkts = 0 };

    if (!dev) {
        ixl_log(IXL_LOG_ERROR, "ixl_read_stats needs a device");
        return -IXL_EINVAL;
    }
    int err = update(dev);
    if (err)
        return err;
    dev->drv->totals(dev, &now);
    if (stats) {
        stats->rx_pkts += now.rx_pkts - dev->last.rx_pkts;
        stats->tx_pkts += now.tx_pkts - dev->last.tx_pkts;
        stats->rx_bytes += now.rx_bytes - dev->last.rx_bytes;
        stats->tx_bytes += now.tx_bytes - dev->last.tx_bytes;
    }
    dev->last = now;
    return 0;
}

/* ---- of the interrupt policy --------------------------------------------- */

static uint64_t load(const uint64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/* The queue's thread goes on counting meanwhile. */
static void copy_irq_stats(const struct ixl_irq_policy *p, struct ixl_irq_stats *out)
{
    out->irqs = load(&p->stats.irqs);
    out->waits = load(&p->stats.waits);
    out->timeouts = load(&p->stats.timeouts);
    out->to_polling = load(&p->stats.to_polling);
    out->to_interrupt = load(&p->stats.to_interrupt);
    out->polling = __atomic_load_n(&p->stats.polling, __ATOMIC_RELAXED);
}

int ixl_get_irq_stats(struct ixl_device *dev, uint16_t queue, struct ixl_irq_stats *out)
{
    if (!dev || !out || queue >= dev->num_rx) {
        ixl_log(IXL_LOG_ERROR,
                "ixl_get_irq_stats needs a device, one of its %u receive queues "
                "(not %u) and a place for the answer",
                ixl_get_num_rx_queues(dev), queue);
        return -IXL_EINVAL;
    }
    copy_irq_stats(&dev->rxq[queue]->irq, out);
    return 0;
}

/* ---- everything by name -------------------------------------------------- */

struct list {
    struct ixl_xstat *out;
    unsigned room, n;
};

static void emit(void *ctx, const char *name, uint64_t value)
{
    struct list *list = ctx;

    if (list->n < list->room) {
        struct ixl_xstat *x = &list->out[list->n];
        snprintf(x->name, sizeof(x->name), "%s", name);
        x->value = value;
    }
    list->n++;
}

static void emit_queue(struct list *list, unsigned queue, const char *what, uint64_t value)
{
    char name[sizeof(list->out->name)];

    snprintf(name, sizeof(name), "rxq%u_%s", queue, what);
    emit(list, name, value);
}

static void list_irqs(struct list *list, const struct ixl_rxq *q)
{
    struct ixl_irq_stats s;

    copy_irq_stats(&q->irq, &s);
    emit_queue(list, q->index, "irqs", s.irqs);
    emit_queue(list, q->index, "waits", s.waits);
    emit_queue(list, q->index, "timeouts", s.timeouts);
    emit_queue(list, q->index, "to_polling", s.to_polling);
    emit_queue(list, q->index, "to_interrupt", s.to_interrupt);
    emit_queue(list, q->index, "polling", s.polling);
}

static void list_pool(struct list *list, const struct ixl_rxq *q)
{
    struct ixl_mempool_stats s = { .capacity = 0 };

    if (!q->pool)
        return;
    ixl_mempool_get_stats(q->pool, &s);
    emit_queue(list, q->index, "pool_capacity", s.capacity);
    emit_queue(list, q->index, "pool_in_use", s.in_use);
    emit_queue(list, q->index, "pool_high_water", s.high_water);
    emit_queue(list, q->index, "pool_bytes", s.memory_bytes);
    emit_queue(list, q->index, "pool_alloc_failures", s.alloc_failures);
}

static uint64_t forwarded_in_vain(const struct ixl_device *dev)
{
    uint64_t sum = 0;

    for (uint16_t i = 0; i < dev->num_tx; i++)
        sum += load(&dev->txq[i]->fwd_dropped);
    return sum;
}

static void list_totals(struct list *list, struct ixl_device *dev)
{
    struct ixl_device_stats s = { .rx_pkts = 0 };

    dev->drv->totals(dev, &s);
    emit(list, "rx_pkts", s.rx_pkts);
    emit(list, "tx_pkts", s.tx_pkts);
    emit(list, "rx_bytes", s.rx_bytes);
    emit(list, "tx_bytes", s.tx_bytes);
    emit(list, "fwd_dropped", forwarded_in_vain(dev));
    emit(list, "link_changes", dev->link_changes);
    emit(list, "dma_bytes", atomic_load(&dev->dma_bytes));
}

int ixl_get_xstats(struct ixl_device *dev, struct ixl_xstat *out, unsigned n)
{
    struct list list = { out, n, 0 };

    if (!dev || (!out && n)) {
        ixl_log(IXL_LOG_ERROR, "ixl_get_xstats needs a device and room for the counters");
        return -IXL_EINVAL;
    }
    int err = update(dev);
    if (err)
        return err;
    list_totals(&list, dev);
    dev->drv->visit_stats(dev, emit, &list);
    for (uint16_t i = 0; i < dev->num_rx; i++) {
        list_irqs(&list, dev->rxq[i]);
        list_pool(&list, dev->rxq[i]);
    }
    return (int)list.n;
}
