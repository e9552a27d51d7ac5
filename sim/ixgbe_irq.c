// SPDX-License-Identifier: MIT
/*
 * Interrupts, 7.3: causes, masks, auto clear and auto mask, vector allocation and
 * throttling. A cause that was signalled is signalled again only after it was cleared
 * or its mask was set anew.
 */
#include "ixgbe.h"

#define ITR_UNIT_NS 2048u

static bool msix_mode(struct sim_nic *nic)
{
    return sim_irq_mode(nic) == SIM_IRQ_MSIX;
}

static uint64_t itr_interval(struct ixgbe *st, unsigned vector)
{
    uint32_t off = vector < 24 ? R_EITR + 4 * vector : R_EITR_24 + 4 * (vector - 24);

    return (uint64_t)(*ixgbe_reg(st, off) >> 3 & 0x1ff) * ITR_UNIT_NS;
}

static void start_throttle(struct sim_nic *nic, unsigned vector)
{
    uint64_t ns = itr_interval(ixgbe(nic), vector);

    if (ns)
        sim_timer_set(nic, vector, sim_now(nic) + ns);
}

static uint64_t auto_mask(struct ixgbe *st)
{
    return (uint64_t)*ixgbe_reg(st, R_EIAM_EX + 4) << 32 | *ixgbe_reg(st, R_EIAM_EX) |
           (*ixgbe_reg(st, R_EIAM) & 0xffff);
}

/* ---- MSI-X ---------------------------------------------------------------- */

static void fire_vector(struct sim_nic *nic, unsigned v)
{
    struct ixgbe *st = ixgbe(nic);
    uint64_t bit = 1ull << v;

    if (!(st->cause & st->mask & ~st->sent & bit) || sim_timer_armed(nic, v))
        return;
    st->sent |= bit;
    sim_irq_msix(nic, v);
    /* vectors above 15 have no bit in EICR that software could clear */
    if (v >= 16 || (*ixgbe_reg(st, R_EIAC) & bit)) {
        st->cause &= ~bit;
        st->sent &= ~bit;
    }
    if (*ixgbe_reg(st, R_GPIE) & (uint32_t)GPIE_EIAME)
        st->mask &= ~(auto_mask(st) & bit);
    start_throttle(nic, v);
}

static void fire_other(struct sim_nic *nic)
{
    struct ixgbe *st = ixgbe(nic);
    uint32_t due = st->other_cause & st->other_mask & ~st->other_sent;
    uint32_t ivar = *ixgbe_reg(st, R_IVAR_MISC) >> 8;
    unsigned v = ivar & 0x3f;

    if (!due || !(ivar & 0x80) || sim_timer_armed(nic, v))
        return;
    sim_irq_msix(nic, v);
    st->other_sent |= due;
    uint32_t cleared = due & *ixgbe_reg(st, R_EIAC);
    st->other_cause &= ~cleared;
    st->other_sent &= ~cleared;
    if (*ixgbe_reg(st, R_GPIE) & (uint32_t)GPIE_EIAME)
        st->other_mask &= ~(due & *ixgbe_reg(st, R_EIAM));
    start_throttle(nic, v);
}

/* ---- MSI and INTx --------------------------------------------------------- */

static void update_legacy(struct sim_nic *nic)
{
    struct ixgbe *st = ixgbe(nic);
    uint32_t queues = (uint32_t)(st->cause & st->mask & 0xffff);
    uint32_t other = st->other_cause & st->other_mask;

    if (sim_irq_mode(nic) == SIM_IRQ_INTX) {
        bool pending = (queues | other) != 0;
        bool rises = pending && !((uint32_t)st->sent & 1);
        if (rises && sim_timer_armed(nic, 0))
            return;
        st->sent = pending;
        sim_irq_pin(nic, pending);
        if (rises)
            start_throttle(nic, 0);
        return;
    }
    uint32_t fresh = (queues & ~(uint32_t)st->sent) | (other & ~st->other_sent);
    if (!fresh || sim_timer_armed(nic, 0))
        return;
    st->sent |= queues;
    st->other_sent |= other;
    sim_irq_msi(nic);
    start_throttle(nic, 0);
}

/* Signal what can be signalled now. */
static void evaluate(struct sim_nic *nic)
{
    struct ixgbe *st = ixgbe(nic);

    if (!msix_mode(nic)) {
        update_legacy(nic);
        return;
    }
    uint64_t due = st->cause & st->mask & ~st->sent;
    if ((due || (st->other_cause & st->other_mask & ~st->other_sent)) &&
        !(*ixgbe_reg(st, R_GPIE) & GPIE_MULTIPLE_MSIX)) {
        sim_violation(nic, "GPIE.Multiple_MSIX is 0 while MSI-X is enabled and an interrupt is "
                           "due (8.2.3.5.18)");
        return;
    }
    for (unsigned v = 0; due; v++, due >>= 1)
        if (due & 1)
            fire_vector(nic, v);
    fire_other(nic);
}

void ixgbe_irq_timer(struct sim_nic *nic, unsigned vector)
{
    (void)vector;
    evaluate(nic);
}

void ixgbe_raise_queue(struct sim_nic *nic, unsigned queue, bool tx)
{
    struct ixgbe *st = ixgbe(nic);
    uint32_t ivar = *ixgbe_reg(st, R_IVAR + 4 * (queue / 2)) >> (16 * (queue & 1) + (tx ? 8 : 0));
    unsigned v = ivar & 0x3f;

    if (!(ivar & 0x80))
        return;
    if (!msix_mode(nic) && v > 15) {
        sim_violation(nic,
                      "IVAR[%u] maps %s queue %u to %u, but only MSI-X has causes above 15 "
                      "(8.2.3.5.16)",
                      queue / 2, tx ? "transmit" : "receive", queue, v);
        return;
    }
    st->cause |= 1ull << v;
    if (msix_mode(nic) && (*ixgbe_reg(st, R_GPIE) & GPIE_MULTIPLE_MSIX))
        fire_vector(nic, v);
    else
        evaluate(nic);
}

void ixgbe_raise_other(struct sim_nic *nic, uint32_t causes)
{
    ixgbe(nic)->other_cause |= causes;
    evaluate(nic);
}

/* ---- registers ------------------------------------------------------------ */

bool ixgbe_irq_owns(unsigned index)
{
    switch (index) {
    case I_EICR:
    case I_EICS:
    case I_EIMS:
    case I_EIMC:
    case I_EICS_EX:
    case I_EIMS_EX:
    case I_EIMC_EX:
        return true;
    default:
        return false;
    }
}

static void clear_causes(struct ixgbe *st, uint32_t bits)
{
    st->cause &= ~(uint64_t)(bits & 0xffff);
    st->sent &= ~(uint64_t)(bits & 0xffff);
    st->other_cause &= ~(bits & ~0xffffu);
    st->other_sent &= ~(bits & ~0xffffu);
}

static uint32_t causes(const struct ixgbe *st)
{
    return (uint32_t)(st->cause & 0xffff) | st->other_cause;
}

/* Reading EICR clears it (only the other causes with GPIE.OCD) and applies auto mask. */
static uint32_t read_eicr(struct sim_nic *nic)
{
    struct ixgbe *st = ixgbe(nic);
    uint32_t val = causes(st);

    clear_causes(st, *ixgbe_reg(st, R_GPIE) & GPIE_OCD ? 0x3fff0000u : UINT32_MAX);
    if (!msix_mode(nic)) {
        uint32_t eiam = *ixgbe_reg(st, R_EIAM);
        st->mask &= ~(uint64_t)(eiam & 0xffff);
        st->other_mask &= ~(eiam & ~0xffffu);
    }
    evaluate(nic);
    return val;
}

uint32_t ixgbe_irq_read(struct sim_nic *nic, unsigned index, unsigned n)
{
    struct ixgbe *st = ixgbe(nic);

    switch (index) {
    case I_EICR:
        return read_eicr(nic);
    case I_EICS:
        return causes(st); /* the causes, without clearing them */
    case I_EICS_EX:
        return (uint32_t)(st->cause >> (32 * n));
    case I_EIMS:
        return (uint32_t)(st->mask & 0xffff) | st->other_mask;
    case I_EIMS_EX:
        return (uint32_t)(st->mask >> (32 * n));
    default:
        sim_violation(nic, "%s is write-only (8.2.3.5)", index == I_EIMC ? "EIMC" : "EIMC_EX");
        return 0;
    }
}

static void set_mask(struct ixgbe *st, uint64_t vectors, uint32_t other)
{
    st->sent &= ~(vectors & ~st->mask); /* set anew: a standing cause counts again */
    st->mask |= vectors;
    st->other_sent &= ~(other & ~st->other_mask);
    st->other_mask |= other;
}

/* EICS with GPIE.EIMEN does not wait for the throttle. */
static void set_causes(struct sim_nic *nic, uint64_t vectors, uint32_t other)
{
    struct ixgbe *st = ixgbe(nic);

    st->cause |= vectors;
    st->other_cause |= other;
    if (!(*ixgbe_reg(st, R_GPIE) & GPIE_EIMEN))
        return;
    for (unsigned v = 0; v < IXGBE_VECTORS; v++)
        if (vectors >> v & 1)
            sim_timer_cancel(nic, msix_mode(nic) ? v : 0);
}

void ixgbe_irq_write(struct sim_nic *nic, unsigned index, unsigned n, uint32_t val)
{
    struct ixgbe *st = ixgbe(nic);
    uint64_t wide = (uint64_t)val << (32 * n);

    switch (index) {
    case I_EICR:
        clear_causes(st, val);
        break;
    case I_EICS:
        set_causes(nic, val & 0xffff, val & 0x7fff0000);
        break;
    case I_EICS_EX:
        set_causes(nic, wide, 0);
        break;
    case I_EIMS:
        set_mask(st, val & 0xffff, val & 0x7fff0000);
        break;
    case I_EIMS_EX:
        set_mask(st, wide, 0);
        break;
    case I_EIMC:
        st->mask &= ~(uint64_t)(val & 0xffff);
        st->other_mask &= ~(val & 0xffff0000u);
        break;
    case I_EIMC_EX:
        st->mask &= ~wide;
        break;
    default:
        break;
    }
    evaluate(nic);
}

void ixgbe_ivar_check(struct sim_nic *nic, unsigned index, unsigned n, uint32_t val)
{
    for (unsigned i = 0; i < 4; i++) {
        uint32_t e = val >> (8 * i) & 0xff;
        if (e & 0x40)
            sim_violation(nic, "%s[%u], byte %u: bit 6 is reserved (8.2.3.5.16)",
                          index == I_IVAR ? "IVAR" : "IVAR_MISC", n, i);
        if (e && !(e & 0x80))
            sim_violation(nic, "%s[%u], byte %u: a vector without its valid bit (8.2.3.5.16)",
                          index == I_IVAR ? "IVAR" : "IVAR_MISC", n, i);
    }
}

void ixgbe_irq_reset(struct sim_nic *nic)
{
    struct ixgbe *st = ixgbe(nic);

    st->cause = st->mask = st->sent = 0;
    st->other_cause = st->other_mask = st->other_sent = 0;
    for (unsigned v = 0; v < IXGBE_VECTORS; v++)
        sim_timer_cancel(nic, v);
    sim_irq_pin(nic, false);
}
