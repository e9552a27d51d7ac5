// SPDX-License-Identifier: MIT
#include "tests/virtio/rig.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unwatched.h"

#define NOTIFY 0x3000u

unsigned rig_errors;
char rig_last[512];
static struct rig *the_rig;

/* ---- the seam ------------------------------------------------------------------------------- */

static int dma_alloc(struct ixl_os_dev *dev, size_t size, size_t align, struct ixl_dma *out)
{
    size_t whole = (size + 4095) & ~(size_t)4095;

    (void)dev;
    out->virt = aligned_alloc(align > 4096 ? align : 4096, whole);
    assert_non_null(out->virt);
    memset(out->virt, 0, whole);
    out->addr = (uintptr_t)out->virt + RIG_OFFSET;
    out->size = whole;
    the_rig->blocks++;
    return 0;
}

static void dma_free(struct ixl_os_dev *dev, struct ixl_dma *mem)
{
    (void)dev;
    free(mem->virt);
    the_rig->blocks--;
}

static void dev_close(struct ixl_os_dev *dev)
{
    (void)dev;
}

static void delay_us(struct ixl_os_dev *dev, unsigned us)
{
    (void)dev;
    (void)us;
}

static const struct ixl_os_ops ops = { .scheme = "rig",
                                       .dma_alloc = dma_alloc,
                                       .dma_free = dma_free,
                                       .dev_close = dev_close,
                                       .delay_us = delay_us };

static uint32_t reg_read(const struct ixl_bar *bar, uint32_t off, unsigned width)
{
    uint32_t val = 0;

    (void)bar;
    memcpy(&val, the_rig->regs + off, width);
    return le32toh(val);
}

static void reg_write(const struct ixl_bar *bar, uint32_t off, unsigned width, uint32_t val)
{
    uint32_t wire = htole32(val);

    (void)bar;
    memcpy(the_rig->regs + off, &wire, width);
    the_rig->kicks += off >= NOTIFY;
}

static void note(void *ctx, enum ixl_log_level level, const char *msg)
{
    (void)ctx;
    if (level != IXL_LOG_ERROR)
        return;
    rig_errors++;
    snprintf(rig_last, sizeof(rig_last), "%s", msg);
}

/* ---- life ----------------------------------------------------------------------------------- */

static const struct ixl_driver driver = { .name = "virtio" };
static const struct ixl_pci_row row = { 0x1af4, 0x1041, "rig", 1, 1, 65535, 0, 0, "-" };

static void set_up_device(struct rig *rig, uint64_t features, const struct ixl_dev_cfg *cfg)
{
    struct ixl_device *dev = &rig->v.base;

    dev->drv = &driver;
    dev->row = &row;
    dev->os = &rig->os;
    rig->os.ops = &ops;
    dev->cfg = (struct ixl_dev_cfg){ .num_rx_queues = 1,
                                     .num_tx_queues = 1,
                                     .rx_ring_size = 64,
                                     .tx_ring_size = 64,
                                     .rx_pool_entries = 128,
                                     .rx_entry_size = 2112,
                                     .max_frame_size = 9000 };
    if (cfg)
        dev->cfg = *cfg;
    rig->v.bars[4] =
        (struct ixl_bar){ .size = sizeof(rig->regs), .read = reg_read, .write = reg_write };
    rig->v.common = (struct vio_region){ &rig->v.bars[4], 0, 0x38 };
    rig->v.config = (struct vio_region){ &rig->v.bars[4], 0x2000, 0x18 };
    rig->v.notify = (struct vio_region){ &rig->v.bars[4], NOTIFY, 0x1000 };
    rig->v.features = VIO_F_VERSION_1 | features;
    rig->v.pairs = 1;
    rig->regs[0x12] = 3;
    rig->regs[0x19] = 4; /* 1024 places */
    ixl_settings_init(dev);
    dev->set.active = ~0ull;
}

static struct rig_queue view(struct vio_ring *ring)
{
    return (struct rig_queue){
        .ring = ring, .size = ring->mask + 1, .avail_wrap = true, .used_wrap = true
    };
}

struct rig *rig_new(uint64_t features, const struct ixl_dev_cfg *cfg)
{
    struct rig *rig = aligned_alloc(128, (sizeof(*rig) + 127) & ~(size_t)127);

    assert_non_null(rig);
    memset(rig, 0, sizeof(*rig));
    the_rig = rig;
    rig_errors = 0;
    ixl_set_log(note, NULL, IXL_LOG_DEBUG);
    set_up_device(rig, features, cfg);
    assert_int_equal(vio_queues_create(&rig->v), 0);
    rig->rx = view(&rig_rxq(rig)->ring);
    rig->tx = view(&rig_txq(rig)->ring);
    vio_rx_fill(rig_rxq(rig));
    assert_int_equal(ixl_mempool_create(&rig->v.base, 256, 0, 0, &rig->pool), 0);
    return rig;
}

void rig_free(struct rig *rig)
{
    struct ixl_mempool *pool = rig_rxq(rig)->base.pool;

    vio_queues_free(&rig->v);
    assert_int_equal(rig_in_use(pool), 0); /* every buffer came back, each once */
    assert_int_equal(rig_in_use(rig->pool), 0);
    ixl_pools_close(&rig->v.base);
    assert_int_equal(rig->blocks, 0);
    free(rig);
}

/* ---- the device's side ---------------------------------------------------------------------- */

uint8_t *rig_mem(uint64_t addr)
{
    return (uint8_t *)(uintptr_t)(addr - RIG_OFFSET);
}

static void add(struct rig_chain *c, const struct vio_desc *d, unsigned flags)
{
    assert_in_range(c->n, 0, 39);
    c->addr[c->n] = le64toh(d->addr);
    c->len[c->n] = (uint32_t)le64toh(d->rest);
    c->write[c->n++] = flags & 2;
}

static bool take_split(struct rig_queue *q, struct rig_chain *c)
{
    const uint16_t *avail = q->ring->driver;
    unsigned flags, at;

    if (le16toh(avail[1]) == q->avail)
        return false;
    assert_in_range((uint16_t)(le16toh(avail[1]) - q->avail), 1, q->size);
    at = c->id = le16toh(avail[2 + q->avail++ % q->size]);
    do {
        assert_in_range(at, 0, q->size - 1);
        const struct vio_desc *d = &q->ring->desc[at];
        flags = (uint16_t)(le64toh(d->rest) >> 32);
        at = (uint16_t)(le64toh(d->rest) >> 48);
        add(c, d, flags);
    } while (flags & 1);
    return true;
}

static bool take_packed(struct rig_queue *q, struct rig_chain *c)
{
    unsigned flags;

    do {
        const struct vio_desc *d = &q->ring->desc[q->avail];
        flags = (uint16_t)(le64toh(d->rest) >> 48);
        if (!!(flags & 0x80) != q->avail_wrap || !!(flags & 0x8000) == q->avail_wrap) {
            assert_int_equal(c->n, 0);
            return false;
        }
        c->id = (uint16_t)(le64toh(d->rest) >> 32);
        add(c, d, flags);
        if (++q->avail == q->size) {
            q->avail = 0;
            q->avail_wrap = !q->avail_wrap;
        }
    } while (flags & 1);
    return true;
}

bool rig_take(struct rig *rig, struct rig_queue *q, struct rig_chain *c)
{
    (void)rig;
    c->n = 0;
    return q->ring->packed ? take_packed(q, c) : take_split(q, c);
}

void rig_use(struct rig *rig, struct rig_queue *q, uint32_t id, uint32_t len, unsigned descs)
{
    (void)rig;
    if (!q->ring->packed) {
        uint32_t *entry =
            (uint32_t *)(void *)(q->ring->device + 2) + (size_t)2 * (q->used % q->size);
        entry[0] = htole32(id);
        entry[1] = htole32(len);
        q->ring->device[1] = htole16(++q->used);
        return;
    }
    q->ring->desc[q->used].rest =
        htole64(len | (uint64_t)(uint16_t)id << 32 | (q->used_wrap ? 0x8080ull << 48 : 0));
    q->used = (uint16_t)(q->used + descs);
    if (q->used >= q->size) {
        q->used = (uint16_t)(q->used - q->size);
        q->used_wrap = !q->used_wrap;
    }
}

void rig_receive(struct rig *rig, const struct rig_chain *c, const void *frame, uint32_t len)
{
    uint32_t head = rig_rxq(rig)->header;
    uint8_t *to = rig_mem(c->addr[0]);

    assert_int_equal(c->n, 1);
    assert_true(c->write[0]);
    assert_in_range(head + len, 1, c->len[0]);
    memset(to, 0, head);
    to[10] = 1;
    memcpy(to + head, frame, len);
    rig_use(rig, &rig->rx, c->id, head + len, 1);
}

/* ---- the driver's side ---------------------------------------------------------------------- */

int rig_rx(struct rig *rig, struct pkt_buf **bufs, unsigned n)
{
    return rig->v.base.rxq[0]->burst(rig->v.base.rxq[0], bufs, n);
}

int rig_tx(struct rig *rig, struct pkt_buf **bufs, unsigned n)
{
    return rig->v.base.txq[0]->burst(rig->v.base.txq[0], bufs, n);
}

UNWATCHED void rig_fill(uint8_t *at, unsigned size, uint32_t number)
{
    for (unsigned i = 0; i < size; i++)
        at[i] = (uint8_t)(number * 2654435761u >> 8 * (i % 4)) ^ (uint8_t)i;
}

struct pkt_buf *rig_frame(struct rig *rig, unsigned size, uint32_t number)
{
    uint8_t bytes[9000];
    struct pkt_buf *first = NULL, **link = &first;

    rig_fill(bytes, size, number);
    for (unsigned done = 0; done < size;) {
        struct pkt_buf *buf = ixl_pkt_buf_alloc(rig->pool);
        assert_non_null(buf);
        unsigned part = size - done < buf->capacity ? size - done : buf->capacity;
        memcpy(buf->data, bytes + done, part);
        buf->size = (uint16_t)part;
        done += part;
        *link = buf;
        link = &buf->next;
    }
    return first;
}

unsigned rig_in_use(const struct ixl_mempool *pool)
{
    struct ixl_mempool_stats stats;

    ixl_mempool_get_stats(pool, &stats);
    return stats.in_use;
}
