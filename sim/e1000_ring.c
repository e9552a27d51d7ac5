// SPDX-License-Identifier: MIT
/* Rings: where their registers lie, and what may be written to them when. */
#include "e1000_core.h"

/* The largest ring any of the chips has (8254x 13.4.27: RDLEN has bits up to 19). */
#define RING_BYTES_MAX 0x100000u
#define ENABLE_NS      100000u

/* ---- places ------------------------------------------------------------------------- */

uint32_t e1k_rx_block(const struct e1k *s, unsigned q)
{
    return s->chip->gen == E1K_IGB ? R_RX_IGB + 0x40 * q : R_RX_LEGACY + 0x100 * q;
}

uint32_t e1k_tx_block(const struct e1k *s, unsigned q)
{
    return s->chip->gen == E1K_IGB ? R_TX_IGB + 0x40 * q : R_TX_LEGACY + 0x100 * q;
}

unsigned e1k_rx_queue_of(const struct e1k *s, uint32_t off)
{
    return s->chip->gen == E1K_IGB ? (off - R_RX_IGB) / 0x40 : (off - R_RX_LEGACY) / 0x100;
}

unsigned e1k_tx_queue_of(const struct e1k *s, uint32_t off)
{
    return s->chip->gen == E1K_IGB ? (off - R_TX_IGB) / 0x40 : (off - R_TX_LEGACY) / 0x100;
}

static bool is_tx(const struct e1k *s, uint32_t off)
{
    return off >= e1k_tx_block(s, 0);
}

static uint32_t block_of(const struct e1k *s, uint32_t off)
{
    return is_tx(s, off) ? e1k_tx_block(s, e1k_tx_queue_of(s, off))
                         : e1k_rx_block(s, e1k_rx_queue_of(s, off));
}

static struct e1k_queue *queue_of(struct e1k *s, uint32_t off)
{
    return is_tx(s, off) ? &s->txq[e1k_tx_queue_of(s, off)] : &s->rxq[e1k_rx_queue_of(s, off)];
}

void e1k_ring(const struct e1k *s, uint32_t base, struct e1k_ring *r)
{
    r->base = base;
    r->addr = (uint64_t)e1k_get(s, base + RING_BAH) << 32 | e1k_get(s, base + RING_BAL);
    r->size = e1k_get(s, base + RING_LEN) / 16;
    r->head = e1k_get(s, base + RING_HEAD);
    r->tail = e1k_get(s, base + RING_TAIL);
}

/* Descriptors the hardware owns. */
uint32_t e1k_ring_filled(const struct e1k_ring *r)
{
    if (r->head >= r->size || r->tail >= r->size)
        return 0;
    return r->tail >= r->head ? r->tail - r->head : r->size - r->head + r->tail;
}

void e1k_ring_advance(struct e1k *s, struct e1k_ring *r, uint32_t n)
{
    r->head = (r->head + n) % r->size;
    *e1k_at(s, r->base + RING_HEAD) = r->head;
}

/* ---- on and off ------------------------------------------------------------------------ */

static bool per_queue(const struct e1k *s)
{
    return s->chip->gen == E1K_IGB;
}

/* An enable takes its time: it is seen by polling, or works by itself a while later. */
static void settle(struct e1k *s, struct e1k_queue *q, uint32_t base)
{
    if (!per_queue(s) || q->ready_at == 0)
        return;
    if (q->polls && sim_now(s->nic) < q->ready_at)
        return;
    q->enabled = e1k_get(s, base + RING_DCTL) & DCTL_ENABLE;
    q->ready_at = 0;
    q->polls = 0;
    sim_kick(s->nic);
}

bool e1k_rx_on(struct e1k *s, unsigned q)
{
    settle(s, &s->rxq[q], e1k_rx_block(s, q));
    return (e1k_get(s, R_RCTL) & RCTL_EN) && s->rxq[q].enabled;
}

bool e1k_tx_on(struct e1k *s, unsigned q)
{
    settle(s, &s->txq[q], e1k_tx_block(s, q));
    if (s->chip->gen == E1K_82574 && !(e1k_get(s, R_TARC + 0x100 * q) & TARC_ENABLE))
        return false;
    return (e1k_get(s, R_TCTL) & TCTL_EN) && s->txq[q].enabled;
}

static void check_ring(struct e1k *s, uint32_t base, const char *what, unsigned q)
{
    uint32_t len = e1k_get(s, base + RING_LEN);

    if (len == 0 || len % 128 || len > RING_BYTES_MAX)
        sim_violation(s->nic, "%s queue %u is enabled with a ring of %u bytes", what, q,
                      (unsigned)len);
}

uint32_t igb_read_dctl(struct e1k *s, uint32_t off)
{
    struct e1k_queue *q = queue_of(s, off);

    settle(s, q, block_of(s, off));
    if (q->polls)
        q->polls--;
    uint32_t v = e1k_get(s, off) & ~DCTL_ENABLE;
    return v | (q->enabled ? DCTL_ENABLE : 0);
}

void igb_wrote_dctl(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    struct e1k_queue *q = queue_of(s, off);
    bool on = val & DCTL_ENABLE, tx = is_tx(s, off);

    (void)old;
    if (on == q->enabled) {
        q->sw_enabled = on;
        q->ready_at = 0;
        return;
    }
    q->sw_enabled = on;
    q->polls = 1;
    q->ready_at = sim_now(s->nic) + ENABLE_NS;
    if (on)
        check_ring(s, block_of(s, off), tx ? "transmit" : "receive",
                   tx ? e1k_tx_queue_of(s, off) : e1k_rx_queue_of(s, off));
    else
        q->enabled = false; /* nothing more is fetched; the bit is seen clear at once */
    if (!on && tx && s->tx.active && s->tx.queue == e1k_tx_queue_of(s, off))
        s->tx.active = false;
}

/* ---- write rules -------------------------------------------------------------------------- */

static bool running(struct e1k *s, uint32_t off)
{
    const struct e1k_queue *q = queue_of(s, off);
    bool global = is_tx(s, off) ? e1k_get(s, R_TCTL) & TCTL_EN : e1k_get(s, R_RCTL) & RCTL_EN;

    if (!per_queue(s))
        return global;
    return q->sw_enabled || (q->enabled && global);
}

void e1k_wrote_ring_setup(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    char name[32];

    (void)old;
    if (running(s, off))
        sim_violation(s->nic, "%s: written while the queue is enabled", e1k_name(s, off, name));
    if (off - block_of(s, off) == RING_LEN && val > RING_BYTES_MAX)
        sim_violation(s->nic, "%s: %u bytes are more than a ring can have", e1k_name(s, off, name),
                      (unsigned)val);
}

static void check_tail(struct e1k *s, uint32_t off, uint32_t val)
{
    uint32_t size = e1k_get(s, block_of(s, off) + RING_LEN) / 16;
    char name[32];

    if (val && val >= size)
        sim_violation(s->nic, "%s: %u lies outside of a ring of %u descriptors",
                      e1k_name(s, off, name), (unsigned)val, (unsigned)size);
    if (per_queue(s) && val) {
        settle(s, queue_of(s, off), block_of(s, off));
        if (!queue_of(s, off)->enabled)
            sim_violation(s->nic, "%s: moved before the queue's ENABLE bit was seen set",
                          e1k_name(s, off, name));
    }
}

/* 8254x 3.2.6: head == tail is an empty ring, so the tail stops before the head. */
static void check_not_past_head(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    uint32_t size = e1k_get(s, block_of(s, off) + RING_LEN) / 16;
    uint32_t head = e1k_get(s, block_of(s, off) + RING_HEAD);
    char name[32];

    if (val && size && (val + size - old) % size > (head + 2 * size - old - 1) % size)
        sim_violation(s->nic, "%s: moved from %u to %u, past the head at %u",
                      e1k_name(s, off, name), (unsigned)old, (unsigned)val, (unsigned)head);
}

void e1k_wrote_rdt(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    check_tail(s, off, val);
    check_not_past_head(s, off, old, val);
    queue_of(s, off)->low = false;
    sim_kick(s->nic);
}

void e1k_wrote_tdt(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    (void)old;
    check_tail(s, off, val);
    sim_kick(s->nic);
}

void e1k_wrote_rctl(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    (void)off;
    if (val & RCTL_DTYP)
        sim_violation(s->nic, "RCTL.DTYP: packet split is not in this model");
    if ((val & RCTL_BSEX) && RCTL_BSIZE(val) == 0)
        sim_violation(s->nic, "RCTL.BSIZE: 00 is reserved with BSEX");
    if ((val & RCTL_EN) && !(old & RCTL_EN) && !per_queue(s))
        check_ring(s, R_RX_LEGACY, "receive", 0);
    sim_kick(s->nic);
}

void e1k_wrote_tctl(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    (void)off;
    if ((val & TCTL_EN) && !(old & TCTL_EN) && !per_queue(s))
        check_ring(s, R_TX_LEGACY, "transmit", 0);
    if (!(val & TCTL_EN))
        s->tx.active = false;
    sim_kick(s->nic);
}

void e1k_wrote_mrqc(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    uint32_t mode = val & 7;

    (void)off;
    (void)old;
    if (s->chip->gen == E1K_82574 && (val & 3) > 1)
        sim_violation(s->nic, "MRQC: mode %u is reserved", (unsigned)(val & 3));
    if (s->chip->gen == E1K_IGB && mode != 0 && mode != 2)
        sim_violation(s->nic, "MRQC: mode %u (virtual machine queues) is not in this model",
                      (unsigned)mode);
}
