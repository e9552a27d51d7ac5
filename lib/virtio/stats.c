// SPDX-License-Identifier: MIT
/*
 * Statistics. The device counts nothing, so the queues do: what was received, and what was handed
 * over for sending, which is not the same as sent where the device drops frames. A frame that is
 * segmented counts once.
 */
#include <stdio.h>

#include "lib/virtio/virtio.h"

static uint64_t load(const uint64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

int vio_update_stats(struct ixl_device *dev)
{
    return vio_check(vio_of(dev));
}

void vio_totals(struct ixl_device *dev, struct ixl_device_stats *out)
{
    *out = (struct ixl_device_stats){ .rx_pkts = 0 };
    for (uint16_t i = 0; i < dev->num_rx; i++) {
        const struct vio_rxq *q = (const struct vio_rxq *)dev->rxq[i];
        out->rx_pkts += load(&q->pkts);
        out->rx_bytes += load(&q->bytes);
    }
    for (uint16_t i = 0; i < dev->num_tx; i++) {
        const struct vio_txq *q = (const struct vio_txq *)dev->txq[i];
        out->tx_pkts += load(&q->pkts);
        out->tx_bytes += load(&q->bytes);
    }
}

static void emit_one(void (*emit)(void *ctx, const char *name, uint64_t value), void *ctx,
                     const char *kind, unsigned queue, const char *what, const uint64_t *counter)
{
    char name[48];

    snprintf(name, sizeof(name), "%s%u_%s", kind, queue, what);
    emit(ctx, name, load(counter));
}

void vio_visit_stats(struct ixl_device *dev,
                     void (*emit)(void *ctx, const char *name, uint64_t value), void *ctx)
{
    uint64_t errors = 0, no_buf = 0, completed = 0, rx_reset = 0, tx_reset = 0;

    for (uint16_t i = 0; i < dev->num_rx; i++) {
        const struct vio_rxq *q = (const struct vio_rxq *)dev->rxq[i];
        errors += load(&q->errors);
        no_buf += load(&q->no_buf);
        completed += load(&q->completed);
        rx_reset += load(&q->reset_dropped);
    }
    for (uint16_t i = 0; i < dev->num_tx; i++)
        tx_reset += load(&((const struct vio_txq *)dev->txq[i])->reset_dropped);
    emit(ctx, "rx_errors_seen", errors);
    emit(ctx, "rx_no_buf", no_buf);
    emit(ctx, "rx_csum_completed", completed);
    emit(ctx, "rx_reset_dropped", rx_reset);
    emit(ctx, "tx_reset_dropped", tx_reset);
    for (uint16_t i = 0; i < dev->num_rx; i++) {
        const struct vio_rxq *q = (const struct vio_rxq *)dev->rxq[i];
        emit_one(emit, ctx, "rxq", i, "pkts", &q->pkts);
        emit_one(emit, ctx, "rxq", i, "bytes", &q->bytes);
    }
    for (uint16_t i = 0; i < dev->num_tx; i++) {
        const struct vio_txq *q = (const struct vio_txq *)dev->txq[i];
        emit_one(emit, ctx, "txq", i, "pkts", &q->pkts);
        emit_one(emit, ctx, "txq", i, "bytes", &q->bytes);
    }
}
