// SPDX-License-Identifier: MIT
/* Receiving: what is rare, and the same in each way. The usual case is in rx_row.h and way.h. */
#include "lib/intel/rx_row.h"

static void count_error(struct ixl_intel_rxq *q)
{
    __atomic_store_n(&q->errors, q->errors + 1, __ATOMIC_RELAXED);
}

/* Throw away what has arrived of a frame; its rest, if any is to come, is skipped. */
static void drop_frame(struct ixl_intel_rxq *q, struct pkt_buf *buf, bool eop)
{
    count_error(q);
    if (q->head) {
        q->last->next = buf;
        buf = q->head;
    }
    ixl_pkt_buf_free(buf);
    q->head = NULL;
    q->skip = !eop;
    q->partial = q->skip;
}

struct pkt_buf *ixl_intel_rx_piece(struct ixl_intel_rxq *q, const struct rx_format *f,
                                   struct pkt_buf *buf, const struct rx_done *d)
{
    bool eop = (d->status & RXD_EOP) != 0;
    if (q->skip) {
        q->skip = !eop;
        q->partial = q->skip;
        ixl_pkt_buf_free(buf);
        return NULL;
    }
    buf->size = d->len;
    uint32_t total = (q->head ? q->head_size : 0) + d->len;
    if (d->len == 0 || d->len > q->longest || total > q->base.dev->cfg.max_frame_size ||
        (eop && (d->status & f->damage))) {
        drop_frame(q, buf, eop);
        return NULL;
    }
    if (q->head)
        q->last->next = buf;
    else
        q->head = buf;
    q->last = buf;
    q->head_size = total;
    q->partial = !eop;
    if (!eop)
        return NULL;
    struct pkt_buf *frame = q->head;
    q->head = NULL;
    set_meta(q, f, frame, d);
    return frame;
}

/* ---- tags taken out, or not ----------------------------------------------- */

/*
 * A control operation changes RXDCTL.VME while frames arrive, and the descriptors do not say by
 * which setting a frame was treated (see ixl_rx_advanced). So the change is announced in q->tags:
 *
 *     31:2 number of the change, 1 tags are taken out, 0 the change is under way
 *
 * The announcement is looked at after each harvest, and it was written before the device was told:
 * whoever sees a frame treated in the new way sees the announcement. From then on each frame tells
 * by itself, until all descriptors that were armed meanwhile have come back; after that
 * q->told[2] does.
 */
#define TAGS_CHANGING 1u
#define TAGS_STRIP    2u
#define TAGS_NEXT     4u

static void settle(struct ixl_intel_rxq *q, uint32_t tags)
{
    q->told[2] = ixl_rx_advanced.flag_mask & ~(tags & TAGS_STRIP ? 0u : (uint32_t)IXL_RX_VLAN);
    q->tags_known = q->tags_seen = tags;
}

/* The ring is empty: no frame of former settings is left in it. */
void ixl_intel_rx_settle(struct ixl_intel_rxq *q)
{
    settle(q, q->tags);
}

void ixl_intel_rx_tags(struct ixl_device *dev, bool strip, bool changing)
{
    for (uint16_t i = 0; i < dev->num_rx; i++) {
        struct ixl_intel_rxq *q = (struct ixl_intel_rxq *)dev->rxq[i];
        uint32_t next = (q->tags & ~(TAGS_CHANGING | TAGS_STRIP)) + TAGS_NEXT;
        next |= (strip ? TAGS_STRIP : 0u) | (changing ? TAGS_CHANGING : 0u);
        __atomic_store_n(&q->tags, next, __ATOMIC_RELEASE);
    }
    ixl_wmb(); /* orders the announcement before the register write that changes frames */
}

/* The tag the descriptor tells is still in the frame. A frame that had two equal tags, of which one
 * was taken out, looks the same: ASSUME_NO_EQUAL_TAGS. */
static bool tag_in_frame(const struct pkt_buf *buf, uint16_t vlan)
{
    const uint8_t *type = buf->data + 12;
    uint16_t tci = (uint16_t)(type[2] << 8 | type[3]);
    return buf->size >= 16 && type[0] == 0x81 && type[1] == 0 && (tci == vlan || vlan == 0);
}

static const struct pkt_buf *last_piece(const struct pkt_buf *buf)
{
    while (buf->next)
        buf = buf->next;
    return buf;
}

void ixl_intel_rx_retag(struct ixl_intel_rxq *q, uint32_t from, struct pkt_buf *const *bufs,
                        unsigned n)
{
    uint32_t tags = __atomic_load_n(&q->tags, __ATOMIC_ACQUIRE);
    if (tags != q->tags_seen) {
        q->tags_seen = tags;
        q->tags_until = q->cons + q->mask + 1;
    }
    unsigned done = 0;
    for (uint32_t i = from; i != q->cons && done < n; i++) {
        struct pkt_buf *buf = bufs[done];
        struct rx_done d;
        if (q->slot[i & q->mask] != last_piece(buf) || !look(q, &ixl_rx_advanced, i & q->mask, &d))
            continue;
        bool out = (d.status & IXL_RX_VLAN) && !tag_in_frame(buf, d.vlan);
        buf->flags = (buf->flags & ~(uint32_t)IXL_RX_VLAN) | (out ? IXL_RX_VLAN : 0u);
        done++;
    }
    if (!(tags & TAGS_CHANGING) && (int32_t)(q->cons - q->tags_until) >= 0)
        settle(q, tags);
}

/* ---- arming and the rest ------------------------------------------------ */

/* Address the device sees for the data of a buffer, when the pool is not uniform. */
static uint64_t chunk_addr(const struct ixl_intel_rxq *q, const struct pkt_buf *buf)
{
    return (uintptr_t)buf->data + buf->chunk->delta[q->slotno];
}

void ixl_intel_rx_arm_pieces(const struct ixl_intel_rxq *q, struct ixl_desc *desc,
                             struct pkt_buf **slot, struct pkt_buf *const *bufs, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        slot[i] = bufs[i];
        ixl_store_le64(&desc[i].lo, chunk_addr(q, bufs[i]));
        ixl_store_le64(&desc[i].hi, 0);
    }
}

void ixl_intel_rx_tail(struct ixl_intel_rxq *q)
{
    ixl_wmb(); /* orders the descriptors before the doorbell that hands them over */
    ixl_ring_tail(q->base.dev, q->tail, q->tail_reg, q->prod & q->mask);
}

static bool ready(struct ixl_rxq *base)
{
    struct ixl_intel_rxq *q = (struct ixl_intel_rxq *)base;
    bool legacy = q->legacy;
    if (q->cons == q->prod)
        return false;
    uint64_t hi = ixl_load_le64(&q->desc[q->cons & q->mask].hi, legacy);
    return rx_is_done(legacy ? &ixl_rx_legacy : &ixl_rx_advanced, hi);
}

/* The status of all formats has DD and EOP in the same bits. */
uint32_t ixl_intel_rx_completed(const struct ixl_intel_rxq *q)
{
    const struct rx_format *f = q->legacy ? &ixl_rx_legacy : &ixl_rx_advanced;
    struct rx_done d;
    uint32_t frames = 0;
    for (uint32_t i = q->cons; i != q->prod && look(q, f, i & q->mask, &d); i++)
        frames += (d.status & RXD_EOP) != 0;
    return frames;
}

void ixl_intel_rx_attach(struct ixl_intel_rxq *q, enum ixl_desc_format format)
{
    struct ixl_device *dev = q->base.dev;
    const struct ixl_way *way = ixl_intel_way(dev);
    dev->datapath = way->name;
    q->legacy = format == IXL_DESC_LEGACY;
    q->slotno = (int16_t)ixl_pool_slot(q->base.pool, dev);
    q->told[0] = ixl_rx_advanced.info_mask;
    q->told[1] = q->told[3] = UINT32_MAX;
    q->tags = ixl_wants(&dev->set, IXL_FEAT_RX_VLAN_STRIP) ? TAGS_STRIP : 0;
    settle(q, q->tags);
    q->way = way;
    q->peek = way->of[format].peek;
    q->harvest = way->of[format].harvest;
    q->base.burst = way->of[format].receive;
    q->base.forward = way->of[format].forward;
    q->base.ready = ready;
    q->base.engine = &ixl_intel_engine;
}
