// SPDX-License-Identifier: MIT
/*
 * Interrupts of the 82576, I350 and I210 (82576 7.3 and 8.8): queues reach EICR through IVAR,
 * everything else comes by way of ICR; EICR bits are vectors with GPIE.Multiple_MSIX, causes
 * without.
 */
#include "e1000_core.h"

enum { IMS_IGB = R_ICR_IGB + 8, SINGLE_CAUSES = 16 };
#define EICR_OTHER (1u << 31)

static bool vectors(struct e1k *s)
{
    return (e1k_get(s, R_GPIE) & GPIE_MSIX) && sim_irq_mode(s->nic) == SIM_IRQ_MSIX;
}

static uint32_t icr_pending(const struct e1k *s)
{
    return e1k_get(s, R_ICR_IGB) & e1k_get(s, IMS_IGB) & ~ICR_ASSERTED;
}

/* ---- messages ---------------------------------------------------------------------- */

/* EITR holds microseconds in bits 14:2. */
static bool not_throttled(struct e1k *s, unsigned vector)
{
    uint64_t now = sim_now(s->nic), us = e1k_get(s, R_EITR + 4 * vector) >> 2 & 0x1fff;
    unsigned timer = E1K_TIMER_EITR + vector;

    if (now < s->irq_after[vector]) {
        if (!sim_timer_armed(s->nic, timer))
            sim_timer_set(s->nic, timer, s->irq_after[vector]);
        return false;
    }
    s->irq_after[vector] = us ? now + us * 1000 : 0;
    return true;
}

static void send_vector(struct e1k *s, unsigned v)
{
    uint32_t bit = 1u << v;

    if (!not_throttled(s, v))
        return;
    if (e1k_get(s, R_EIAC) & bit)
        *e1k_at(s, R_EICR) &= ~bit;
    else
        s->eicr_sent |= bit;
    if (e1k_get(s, R_GPIE) & GPIE_EIAME)
        *e1k_at(s, R_EIMS) &= ~(e1k_get(s, R_EIAM) & bit);
    e1k_count(s, R_IAC, 1);
    sim_irq_msix(s->nic, v);
}

/* One interrupt for everything: the pin, MSI, or MSI-X vector 0. */
static void raise_single(struct e1k *s)
{
    bool want = (e1k_get(s, R_EICR) & e1k_get(s, R_EIMS)) || icr_pending(s);

    if (!want) {
        s->pin = false;
        sim_irq_pin(s->nic, false);
        return;
    }
    if (s->pin || !not_throttled(s, 0))
        return;
    s->pin = true;
    e1k_count(s, R_IAC, 1);
    sim_irq_pin(s->nic, true);
    sim_irq_msi(s->nic);
    sim_irq_msix(s->nic, 0);
}

static uint32_t other_bit(struct e1k *s)
{
    uint32_t entry = e1k_get(s, R_IVAR_MISC) >> 8 & 0xff;

    if (!vectors(s))
        return EICR_OTHER;
    return entry & IVAR_VALID ? 1u << (entry & 31) : 0;
}

void igb_irq_eval(struct e1k *s)
{
    uint32_t now = icr_pending(s);

    if (now)
        *e1k_at(s, R_ICR_IGB) |= ICR_ASSERTED;
    if (now & ~s->icr_seen)
        *e1k_at(s, R_EICR) |= other_bit(s);
    else if (!now && !vectors(s))
        *e1k_at(s, R_EICR) &= ~EICR_OTHER;
    s->icr_seen = now;
    s->eicr_sent &= e1k_get(s, R_EICR);
    if (!vectors(s)) {
        raise_single(s);
        return;
    }
    for (unsigned v = 0; v < s->chip->vectors; v++)
        if (e1k_get(s, R_EICR) & e1k_get(s, R_EIMS) & ~s->eicr_sent & (1u << v))
            send_vector(s, v);
}

void igb_irq_timer(struct e1k *s, unsigned vector)
{
    (void)vector;
    igb_irq_eval(s);
}

/* ---- queues -------------------------------------------------------------------------- */

static uint32_t ivar_entry(const struct e1k *s, bool tx, unsigned q)
{
    unsigned reg = s->chip->ivar_by_pairs ? q >> 1 : q & 7;
    unsigned high = s->chip->ivar_by_pairs ? q & 1 : q >> 3;

    return e1k_get(s, R_IVAR + 4 * reg) >> (16 * high + 8 * tx) & 0xff;
}

void igb_queue_event(struct e1k *s, bool tx, unsigned q)
{
    uint32_t entry = ivar_entry(s, tx, q);

    if (entry & IVAR_VALID)
        *e1k_at(s, R_EICR) |= 1u << (entry & 31);
    e1k_cause(s, tx ? ICR_TXDW : ICR_RXT0);
}

/* ---- registers -------------------------------------------------------------------------- */

void igb_wrote_ivar(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    char name[32];

    (void)old;
    for (unsigned i = 0; i < 4; i++) {
        uint32_t entry = val >> (8 * i) & 0xff;
        if ((entry & IVAR_VALID) && (entry & 31) >= s->chip->vectors &&
            (entry & 31) >= SINGLE_CAUSES)
            sim_violation(s->nic, "%s: vector %u, the %s has %u", e1k_name(s, off, name),
                          (unsigned)(entry & 31), s->chip->name, s->chip->vectors);
    }
}

uint32_t igb_read_eicr(struct e1k *s, uint32_t off)
{
    uint32_t v = e1k_get(s, off);

    *e1k_at(s, off) = 0;
    if (!vectors(s))
        *e1k_at(s, R_EIMS) &= ~(e1k_get(s, R_EIAM) & v);
    igb_irq_eval(s);
    return v;
}

void igb_wrote_eicr(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    *e1k_at(s, off) = old & ~val;
    igb_irq_eval(s);
}

void igb_wrote_eics(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    (void)off;
    (void)old;
    *e1k_at(s, R_EICR) |= val;
    s->eicr_sent &= ~val;
    if (!vectors(s))
        *e1k_at(s, R_EIMS) &= ~(e1k_get(s, R_EIAM) & val);
    igb_irq_eval(s);
}

void igb_wrote_eims(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    *e1k_at(s, off) = old | (val & s->of[off / 4]->rw);
    igb_irq_eval(s);
}

void igb_wrote_eimc(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    (void)off;
    (void)old;
    *e1k_at(s, R_EIMS) &= ~val;
    igb_irq_eval(s);
}

void igb_wrote_eitr(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    unsigned vector = (off - R_EITR) / 4;

    (void)old;
    if (!(val >> 31)) { /* CNT_INGR clear: the running interval ends */
        s->irq_after[vector] = 0;
        igb_irq_eval(s);
    }
}

void igb_wrote_gpie(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    (void)off;
    if ((old ^ val) & GPIE_MSIX)
        s->eicr_sent = 0;
    igb_irq_eval(s);
}
