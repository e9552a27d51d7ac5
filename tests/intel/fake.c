// SPDX-License-Identifier: MIT
#include "fake.h"

#include <stdio.h>
#include <time.h>

static void let_others_in(struct fake_os *os)
{
    void (*meanwhile)(void) = os->meanwhile;
    os->meanwhile = NULL;
    if (meanwhile)
        meanwhile();
}

static int fake_dma_alloc(struct ixl_os_dev *dev, size_t size, size_t align, struct ixl_dma *out)
{
    struct fake_os *os = (struct fake_os *)dev;
    if (os->fail_alloc && --os->fail_alloc == 0)
        return -IXL_ENOMEM;
    align = align < 4096 ? 4096 : align;
    size = (size + align - 1) & ~(align - 1);
    out->virt = aligned_alloc(align, size);
    if (!out->virt)
        return -IXL_ENOMEM;
    memset(out->virt, 0, size);
    out->addr = (uintptr_t)out->virt + os->offset;
    os->offset += os->step;
    out->size = size;
    os->allocs++;
    let_others_in(os);
    return 0;
}

static void fake_dma_free(struct ixl_os_dev *dev, struct ixl_dma *mem)
{
    ((struct fake_os *)dev)->frees++;
    free(mem->virt);
}

static int fake_share(struct ixl_os_dev *dev, const struct ixl_os_dev *home,
                      const struct ixl_dma *mem, uint64_t *addr)
{
    struct fake_os *os = (struct fake_os *)dev;
    (void)home;
    if (os->no_share)
        return -IXL_ENOTSUP;
    os->shares++;
    let_others_in(os);
    *addr = (uintptr_t)mem->virt + os->offset;
    return 0;
}

static void fake_unshare(struct ixl_os_dev *dev, const struct ixl_dma *mem, uint64_t addr)
{
    (void)mem;
    (void)addr;
    ((struct fake_os *)dev)->unshares++;
}

static void fake_os_close(struct ixl_os_dev *dev)
{
    ((struct fake_os *)dev)->closed++;
}

static void fake_delay_us(struct ixl_os_dev *dev, unsigned us)
{
    struct timespec pause = { .tv_nsec = (long)us * 1000 };
    __atomic_fetch_add(&((struct fake_os *)dev)->sleeps, 1, __ATOMIC_RELAXED);
    nanosleep(&pause, NULL);
}

static const struct ixl_os_ops ops = {
    .scheme = "fake",
    .dma_alloc = fake_dma_alloc,
    .dma_free = fake_dma_free,
    .dma_share = fake_share,
    .dma_unshare = fake_unshare,
    .dev_close = fake_os_close,
    .delay_us = fake_delay_us,
};

const uint8_t fake_ways[FAKE_WAYS] = { IXL_SIMD_AUTO, IXL_SIMD_128, IXL_SIMD_OFF };

uint32_t fake_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(*seed >> 32);
}

struct ixl_intel_rxq *fake_rxq(struct fake *f)
{
    return (struct ixl_intel_rxq *)f->dev.rxq[0];
}

struct ixl_intel_txq *fake_txq(struct fake *f)
{
    return (struct ixl_intel_txq *)f->dev.txq[0];
}

struct fake *fake_open(enum ixl_desc_format format, uint8_t simd, uint32_t ring, uint32_t pool)
{
    struct fake *f = ixl_queue_alloc(sizeof(*f));
    assert_non_null(f);
    f->format = format;
    f->os.base.ops = &ops;
    f->os.offset = 0x40000000u;
    f->dev.os = &f->os.base;
    f->dev.bar.mem = calloc(1, 65536);
    f->dev.cfg = (struct ixl_dev_cfg){
        .rx_ring_size = ring,
        .tx_ring_size = ring,
        .rx_pool_entries = pool,
        .rx_entry_size = IXL_MEMPOOL_DEFAULT_ENTRY,
        .max_frame_size = 9000,
        .simd = simd,
    };
    f->dev.set.active = UINT64_MAX;
    if (format != IXL_DESC_ADVANCED && format != IXL_DESC_ADVANCED_IGB)
        f->dev.set.active &= ~(uint64_t)(IXL_FEAT_TX_SCTP_CSUM | IXL_FEAT_TX_VLAN_INSERT);
    f->dev.num_rx = f->dev.num_tx = 1;
    assert_int_equal(ixl_intel_rxq_create(&f->dev, 0, format, RX_REG), 0);
    assert_int_equal(ixl_intel_txq_create(&f->dev, 0, format, TX_REG), 0);
    ixl_intel_rxq_program(&f->dev, 0);
    ixl_intel_txq_program(&f->dev, 0);
    assert_int_equal(ixl_intel_rxq_fill(&f->dev, 0), 0);
    return f;
}

void fake_close(struct fake *f)
{
    ixl_intel_queues_free(&f->dev);
    unsigned left = ixl_pools_close(&f->dev);
    if (left == 0)
        assert_int_equal(f->os.allocs, f->os.frees);
    free((void *)(uintptr_t)f->dev.bar.mem);
    if (left == 0)
        ixl_queue_free(f);
}

void *fake_virt(struct fake *f, uint64_t addr)
{
    return (void *)(uintptr_t)(addr - f->os.offset);
}

struct ixl_desc *fake_rx_next(struct fake *f)
{
    uint32_t tail = ixl_read(&f->dev, RX_REG + RING_TAIL);
    struct ixl_intel_rxq *q = fake_rxq(f);
    return f->rx_head == tail ? NULL : q->desc + f->rx_head;
}

bool fake_rx(struct fake *f, uint16_t len, uint8_t fill, bool eop, uint32_t status)
{
    struct ixl_desc *desc = fake_rx_next(f);
    if (!desc)
        return false;
    memset(fake_virt(f, fake_bits(desc->lo)), fill, len <= 2048 ? len : 2048);
    status |= RXD_DD | (eop ? RXD_EOP : 0);
    if (f->format == IXL_DESC_LEGACY) {
        desc->hi = fake_word(len | (uint64_t)(status & 0xff) << 32 |
                             (uint64_t)(status >> 24) << 40 | 0x1234ull << 48);
    } else {
        desc->lo = fake_word(0x115u | 0xfeedbeefull << 32);
        desc->hi = fake_word(status | (uint64_t)len << 32 | 0x1234ull << 48);
    }
    f->rx_head = (f->rx_head + 1) & fake_rxq(f)->mask;
    return true;
}

unsigned fake_tx(struct fake *f,
                 void (*see)(void *ctx, const void *data, unsigned len, uint64_t hi), void *ctx)
{
    struct ixl_intel_txq *q = fake_txq(f);
    uint32_t tail = ixl_read(&f->dev, TX_REG + RING_TAIL);
    unsigned frames = 0;
    for (; f->tx_head != tail; f->tx_head = (f->tx_head + 1) & q->mask) {
        struct ixl_desc *desc = q->desc + f->tx_head;
        uint64_t hi = fake_bits(desc->hi);
        bool context = (hi & TXD_DEXT) && (hi >> 20 & 0xf) != 3 && (hi >> 20 & 0xf) != 1;
        if (!context) {
            if (see)
                see(ctx, fake_virt(f, fake_bits(desc->lo)), (unsigned)(hi & 0xffff), hi);
            frames += (hi & TXD_EOP) != 0;
        }
        if (hi & TXD_RS)
            ixl_set_le64(&desc->hi, TXD_DD);
    }
    return frames;
}

uint32_t fake_outside(struct fake *f)
{
    struct ixl_mempool_stats stats;
    ixl_mempool_get_stats(fake_rxq(f)->base.pool, &stats);
    return stats.in_use - ixl_rx_armed(fake_rxq(f));
}
