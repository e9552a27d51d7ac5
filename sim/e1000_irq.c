// SPDX-License-Identifier: MIT
/*
 * Interrupts of the 8254x (3.2.7, 13.4.17) and the 82574 (7.4): ICR and its mask, delay and
 * throttling timers, the pin, MSI, and the 82574's five MSI-X vectors.
 */
#include "e1000_core.h"

#define DELAY_UNIT_NS 1024u /* RDTR, RADV, TIDV, TADV */
#define ITR_UNIT_NS   256u

enum {
    OTHER_CAUSES = ICR_LSC | ICR_RXO | ICR_MDAC | ICR_RXDMT0, /* 82574: through vector "other" */
    MSIX_CAUSES = 0x1f << 20,
    IVAR_CAUSES = 5,
};

static bool is_igb(const struct e1k *s)
{
    return s->chip->gen == E1K_IGB;
}

static uint32_t icr_off(const struct e1k *s)
{
    return is_igb(s) ? R_ICR_IGB : R_ICR;
}

static uint32_t ims_off(const struct e1k *s)
{
    return is_igb(s) ? R_ICR_IGB + 8 : R_IMS;
}

static uint32_t pending(const struct e1k *s)
{
    return e1k_get(s, icr_off(s)) & e1k_get(s, ims_off(s)) & ~ICR_ASSERTED;
}

/* ---- throttling ------------------------------------------------------------------------ */

/* May a message go out now? If not, the timer will ask again. */
static bool not_throttled(struct e1k *s, unsigned slot, uint32_t interval, unsigned timer)
{
    uint64_t now = sim_now(s->nic);

    if (now < s->irq_after[slot]) {
        if (!sim_timer_armed(s->nic, timer))
            sim_timer_set(s->nic, timer, s->irq_after[slot]);
        return false;
    }
    s->irq_after[slot] = interval ? now + (uint64_t)interval * ITR_UNIT_NS : 0;
    return true;
}

/* ---- one interrupt for all: pin and MSI --------------------------------------------------- */

static void raise_single(struct e1k *s)
{
    bool want = pending(s) != 0;

    if (!want) {
        s->pin = false;
        sim_irq_pin(s->nic, false);
        return;
    }
    if (s->chip->gen != E1K_8254X)
        *e1k_at(s, R_ICR) |= ICR_ASSERTED;
    if (s->pin || !not_throttled(s, 0, e1k_get(s, R_ITR) & 0xffff, E1K_TIMER_ITR))
        return;
    s->pin = true;
    e1k_count(s, R_IAC, 1);
    sim_irq_pin(s->nic, true);
    sim_irq_msi(s->nic);
}

/* ---- 82574: MSI-X ---------------------------------------------------------------------------- */

static void send_vector(struct e1k *s, unsigned cause, uint32_t bit)
{
    uint32_t ivar = e1k_get(s, R_IVAR_82574) >> (4 * cause) & 15;
    unsigned vector = ivar & 7;

    if (!(ivar & 8))
        return;
    if (vector >= IVAR_CAUSES) {
        sim_violation(s->nic, "IVAR: vector %u, the 82574 has 5", vector);
        return;
    }
    uint32_t interval = e1k_get(s, R_EITR_82574 + 4 * vector) & 0xffff;
    if (!not_throttled(s, vector, interval, E1K_TIMER_EITR + vector))
        return;
    s->eicr_sent |= bit;
    e1k_count(s, R_IAC, 1);
    if (e1k_get(s, R_EIAC_82574) & bit) { /* EIAC: cleared with the message */
        *e1k_at(s, R_ICR) &= ~bit;
        s->eicr_sent &= ~bit;
    }
    if (e1k_get(s, R_CTRL_EXT) & CTRL_EXT_EIAME)
        *e1k_at(s, R_IMS) &= ~(e1k_get(s, R_IAM) & bit);
    sim_irq_msix(s->nic, vector);
}

static void raise_msix(struct e1k *s)
{
    uint32_t *icr = e1k_at(s, R_ICR);

    if (*icr & e1k_get(s, R_IMS) & OTHER_CAUSES)
        *icr |= ICR_OTHER;
    s->eicr_sent &= *icr;
    if (pending(s))
        *icr |= ICR_ASSERTED;
    for (unsigned cause = 0; cause < IVAR_CAUSES; cause++) {
        uint32_t bit = ICR_RXQ0 << cause;
        if ((*icr & e1k_get(s, R_IMS) & bit) && !(s->eicr_sent & bit))
            send_vector(s, cause, bit);
    }
}

void e1k_irq_eval(struct e1k *s)
{
    if (is_igb(s))
        igb_irq_eval(s);
    else if (sim_irq_mode(s->nic) == SIM_IRQ_MSIX)
        raise_msix(s);
    else
        raise_single(s);
}

void e1k_cause(struct e1k *s, uint32_t bits)
{
    *e1k_at(s, icr_off(s)) |= bits;
    e1k_irq_eval(s);
}

/* ---- events of the data path and their delays ----------------------------------- */

static uint64_t earliest(uint64_t now, uint64_t relative, uint32_t absolute, uint64_t *deadline)
{
    uint64_t at = now + relative;

    if (absolute && *deadline == SIM_NEVER)
        *deadline = now + (uint64_t)absolute * DELAY_UNIT_NS;
    return *deadline < at ? *deadline : at;
}

void e1k_rx_event(struct e1k *s, unsigned q)
{
    if (is_igb(s)) {
        igb_queue_event(s, false, q);
        return;
    }
    uint32_t delay = e1k_get(s, R_RDTR) & 0xffff;
    uint32_t bits = ICR_RXT0 | (s->chip->gen == E1K_82574 ? ICR_RXQ0 << q : 0);
    if (delay == 0) {
        e1k_cause(s, bits);
        return;
    }
    *e1k_at(s, R_ICR) |= bits & ~(uint32_t)ICR_RXT0; /* the vectors have EITR instead */
    uint64_t now = sim_now(s->nic);
    sim_timer_set(s->nic, E1K_TIMER_RX,
                  earliest(now, (uint64_t)delay * DELAY_UNIT_NS, e1k_get(s, R_RADV) & 0xffff,
                           &s->rx_deadline));
    e1k_irq_eval(s);
}

void e1k_tx_event(struct e1k *s, unsigned q, bool delayed)
{
    if (is_igb(s)) {
        igb_queue_event(s, true, q);
        return;
    }
    uint32_t delay = e1k_get(s, R_TIDV) & 0xffff;
    uint32_t bits = s->chip->gen == E1K_82574 ? ICR_TXQ0 << q : 0;
    if (!delayed || delay == 0) {
        e1k_cause(s, bits | ICR_TXDW);
        return;
    }
    e1k_cause(s, bits);
    uint64_t now = sim_now(s->nic);
    sim_timer_set(s->nic, E1K_TIMER_TX,
                  earliest(now, (uint64_t)delay * DELAY_UNIT_NS, e1k_get(s, R_TADV) & 0xffff,
                           &s->tx_deadline));
}

void e1k_irq_timer(struct e1k *s, unsigned id)
{
    if (id == E1K_TIMER_RX) {
        s->rx_deadline = SIM_NEVER;
        e1k_cause(s, ICR_RXT0);
    } else if (id == E1K_TIMER_TX) {
        s->tx_deadline = SIM_NEVER;
        e1k_cause(s, ICR_TXDW);
    } else {
        e1k_irq_eval(s);
    }
}

/* RDTR.FPD and TIDV.FPD end the delay at once. */
void e1k_wrote_rdtr(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    unsigned id = off == R_RDTR ? E1K_TIMER_RX : E1K_TIMER_TX;

    (void)old;
    if ((val & 1u << 31) && sim_timer_armed(s->nic, id)) {
        sim_timer_cancel(s->nic, id);
        e1k_irq_timer(s, id);
    }
    *e1k_at(s, off) &= 0xffff;
}

/* ---- registers ------------------------------------------------------------ */

/*
 * When a read of ICR clears it: on the 8254x always (13.4.17), on the 82574 always but with
 * MSI-X (7.4.3); else if no cause is enabled or one was asserted (82574 10.2.4.1, 82576 8.8.8).
 */
static bool read_clears(struct e1k *s, uint32_t icr)
{
    if (s->chip->gen == E1K_8254X || e1k_get(s, ims_off(s)) == 0 || (icr & ICR_ASSERTED))
        return true;
    if (s->chip->gen == E1K_82574)
        return sim_irq_mode(s->nic) != SIM_IRQ_MSIX;
    return e1k_get(s, R_GPIE) & GPIE_NSICR;
}

/* The acknowledge of an asserted interrupt masks what IAM names (82574 7.4.5, 82576 7.3.2.1.2). */
static void auto_mask(struct e1k *s, uint32_t icr)
{
    if (s->chip->gen == E1K_8254X)
        return;
    if (is_igb(s)) {
        if ((icr & ICR_ASSERTED) || (e1k_get(s, R_GPIE) & GPIE_NSICR))
            *e1k_at(s, ims_off(s)) &= ~e1k_get(s, R_ICR_IGB + 0x10);
    } else if ((icr & ICR_ASSERTED) && (e1k_get(s, R_CTRL_EXT) & CTRL_EXT_IAME)) {
        *e1k_at(s, R_IMS) &= ~e1k_get(s, R_IAM);
    }
}

uint32_t e1k_read_icr(struct e1k *s, uint32_t off)
{
    uint32_t v = e1k_get(s, off);

    if (!read_clears(s, v))
        return v;
    *e1k_at(s, off) = 0;
    auto_mask(s, v);
    e1k_irq_eval(s);
    return v;
}

void e1k_wrote_icr(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    *e1k_at(s, off) = old & ~val;
    if (!pending(s))
        *e1k_at(s, off) &= ~ICR_ASSERTED;
    auto_mask(s, old);
    e1k_irq_eval(s);
}

void e1k_wrote_ics(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    (void)off;
    (void)old;
    e1k_cause(s, val & ~ICR_ASSERTED);
}

void e1k_wrote_ims(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    *e1k_at(s, off) = old | val;
    e1k_irq_eval(s);
}

void e1k_wrote_imc(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    (void)off;
    (void)old;
    *e1k_at(s, ims_off(s)) &= ~val;
    if (!pending(s))
        *e1k_at(s, icr_off(s)) &= ~ICR_ASSERTED;
    e1k_irq_eval(s);
}

void e1k_wrote_irq(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    (void)off;
    (void)old;
    if (s->chip->gen == E1K_82574 && off == R_CTRL_EXT && (val & CTRL_EXT_PBA_CLR))
        *e1k_at(s, off) &= ~CTRL_EXT_PBA_CLR; /* pending bits are then cleared by reads */
    e1k_irq_eval(s);
}
