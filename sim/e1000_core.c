// SPDX-License-Identifier: MIT
/* Register table engine, reset, and the model operations all 1-gigabit chips share. */
#include "e1000_core.h"

#include <stdio.h>
#include <string.h>

/* A register may not be touched for this long after CTRL.RST (8254x 14.3, 82576 4.2.1.5). */
#define RESET_NS 1000u

/* ---- names and tables ------------------------------------------------------------- */

const char *e1k_name(const struct e1k *s, uint32_t off, char buf[32])
{
    const struct e1k_reg *r = off / 4 < E1K_WORDS ? s->of[off / 4] : NULL;

    if (!r)
        snprintf(buf, 32, "0x%05x", (unsigned)off);
    else if (r->count)
        snprintf(buf, 32, "%s[%u]", r->name, (unsigned)((off - r->off) / r->stride));
    else
        snprintf(buf, 32, "%s", r->name);
    return buf;
}

static void add_table(struct e1k *s, const struct e1k_reg *t)
{
    for (; t->name; t++) {
        unsigned n = t->count ? t->count : 1;
        for (unsigned i = 0; i < n; i++)
            s->of[(t->off + i * t->stride) / 4] = t;
    }
}

/*
 * igb parts: queues 0 to 3 answer at the 82575's places, too (82576 8.1.3), and the interrupt
 * registers at the 8254x's; the I210 has moved its EEPROM registers.
 */
static uint32_t canonical(const struct e1k *s, uint32_t off)
{
    uint32_t block = off & ~0xffu, in = off & 0xff;

    if (s->chip->gen != E1K_IGB)
        return off;
    if (s->chip->nvm == E1K_NVM_INVM && (off == R_EEC_I210 || off == R_EERD_I210))
        return off - R_EEC_I210 + R_EECD;
    if (off >= R_ICR && off <= R_IAM && off % 8 == 0) /* ICR, ICS, IMS, IMC, IAM */
        return R_ICR_IGB + (off - R_ICR) / 2;
    if (in >= 0x40)
        return off;
    if (block >= R_RX_LEGACY && block <= R_RX_LEGACY + 0x300)
        return R_RX_IGB + (block - R_RX_LEGACY) / 0x100 * 0x40 + in;
    if (block >= R_TX_LEGACY && block <= R_TX_LEGACY + 0x300)
        return R_TX_IGB + (block - R_TX_LEGACY) / 0x100 * 0x40 + in;
    return off;
}

/* ---- reset --------------------------------------------------------------------------- */

/* Memories no reset initializes: a driver has to. */
static void scramble(struct e1k *s)
{
    for (uint32_t i = 0; i < 128; i++) {
        *e1k_at(s, R_MTA + 4 * i) = 0x5a000000u ^ (0x01010101u * i);
        *e1k_at(s, R_VFTA + 4 * i) = 0xa5000000u ^ (0x01010101u * i);
    }
}

static void reset_registers(struct e1k *s, bool power_on)
{
    for (uint32_t i = 0; i < E1K_WORDS; i++) {
        const struct e1k_reg *r = s->of[i];
        if (r && (power_on || !r->keep) && i * 4 < R_INVM)
            s->reg[i] = r->reset;
    }
    if (power_on)
        scramble(s);
    if (s->chip->serdes)
        *e1k_at(s, R_CTRL_EXT) |= CTRL_EXT_LINK_MODE;
    if (s->chip->gen == E1K_IGB) { /* the first queue of each direction is on from the start */
        *e1k_at(s, R_RX_IGB + RING_DCTL) |= DCTL_ENABLE;
        *e1k_at(s, R_TX_IGB + RING_DCTL) |= DCTL_ENABLE;
    }
}

static void reset_queues(struct e1k *s)
{
    memset(s->rxq, 0, sizeof(s->rxq));
    memset(s->txq, 0, sizeof(s->txq));
    s->tx.active = false;
    s->tx.descs = 0;
    s->tx.len = 0;
    s->tx_next = 0;
    for (unsigned q = 0; q < E1K_QUEUES; q++) {
        s->rxq[q].enabled = s->chip->gen != E1K_IGB || q == 0;
        s->txq[q].enabled = s->rxq[q].enabled;
    }
}

static void reset_common(struct e1k *s, bool power_on)
{
    reset_registers(s, power_on);
    reset_queues(s);
    memset(&s->eecd, 0, sizeof(s->eecd));
    memset(s->irq_after, 0, sizeof(s->irq_after));
    s->eicr_sent = s->icr_seen = 0;
    s->pin = false;
    s->mdic_polls = 0;
    s->rx_deadline = s->tx_deadline = SIM_NEVER;
    s->flow = (struct sim_flow){ 0 };
    for (unsigned id = E1K_TIMER_ITR; id < E1K_TIMER_EITR + E1K_VECTORS; id++)
        sim_timer_cancel(s->nic, id);
    sim_irq_pin(s->nic, false);
    e1k_nvm_load_mac(s);
}

void e1k_init(struct sim_nic *nic, const struct e1k_chip *chip)
{
    struct e1k *s = e1k_of(nic);

    s->nic = nic;
    s->chip = chip;
    for (unsigned i = 0; chip->tables[i]; i++)
        add_table(s, chip->tables[i]);
    chip->init_nvm(s);
}

void e1k_reset(struct sim_nic *nic)
{
    struct e1k *s = e1k_of(nic);

    s->resetting = false;
    s->rst_polls = 0;
    reset_common(s, true);
    e1k_phy_reset(s);
}

uint32_t e1k_read_ctrl(struct e1k *s, uint32_t off)
{
    uint32_t v = e1k_get(s, off);

    if (s->chip->tbi)
        v = (v & ~CTRL_SIGNAL) | (sim_cable(s->nic) ? CTRL_SIGNAL : 0);
    if (s->resetting)
        return v | CTRL_RST;
    if (s->rst_polls) {
        s->rst_polls--;
        return v | CTRL_RST;
    }
    return v;
}

static void soft_reset(struct e1k *s)
{
    if (sim_fault(s->nic, SIM_FAULT_RESET_HANGS)) {
        s->resetting = true;
        return;
    }
    s->resetting = false;
    sim_fault_reset(s->nic);
    reset_common(s, false);
    s->rst_polls = 1;
    s->settled_at = sim_now(s->nic) + RESET_NS;
    e1k_link_eval(s);
}

void e1k_wrote_ctrl(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    (void)off;
    if (val & CTRL_RST) {
        soft_reset(s);
        if (val & CTRL_PHY_RST)
            e1k_phy_reset(s);
        return;
    }
    if ((old & CTRL_PHY_RST) && !(val & CTRL_PHY_RST))
        e1k_phy_reset(s);
    if (s->chip->tbi && ((old ^ val) & CTRL_LRST))
        e1k_phy_restart(s);
    e1k_link_eval(s);
    sim_kick(s->nic);
}

uint32_t e1k_read_status(struct e1k *s, uint32_t off)
{
    uint32_t v = e1k_get(s, off);

    if (s->chip->gen != E1K_8254X && e1k_may_master(s))
        v |= STATUS_GIO_ON;
    if (sim_flow_halted(s->nic, &s->flow))
        v |= STATUS_TXOFF;
    return s->chip->tbi ? v | STATUS_TBI : v;
}

void e1k_wrote_ctrl_ext(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    if (val & CTRL_EXT_EE_RST) { /* reload from the EEPROM; clears itself */
        *e1k_at(s, off) &= ~CTRL_EXT_EE_RST;
        e1k_nvm_load_mac(s);
    }
    if ((old ^ val) & CTRL_EXT_LINK_MODE)
        e1k_phy_restart(s);
    e1k_wrote_irq(s, off, old, val);
}

bool e1k_may_master(const struct e1k *s)
{
    return !s->resetting && (s->chip->gen == E1K_8254X || !(e1k_get(s, R_CTRL) & CTRL_GIO_DISABLE));
}

/* ---- register access -------------------------------------------------------------------- */

static bool in_reach(struct e1k *s, unsigned bar, uint64_t off, unsigned width, const char *what)
{
    if (bar != 0) {
        sim_violation(s->nic, "%s of BAR %u: the %s has no register there", what, bar,
                      s->chip->name);
        return false;
    }
    if (width != 4) {
        sim_violation(s->nic, "%s of %u bytes at 0x%05x: registers are accessed by 32 bits only",
                      what, width, (unsigned)off);
        return false;
    }
    if (off != R_CTRL && off != R_STATUS && s->settled_at && sim_now(s->nic) < s->settled_at) {
        char name[32];
        sim_violation(s->nic, "%s of %s less than a microsecond after CTRL.RST", what,
                      e1k_name(s, canonical(s, (uint32_t)off), name));
    }
    return true;
}

static uint32_t read_clear(struct e1k *s, const struct e1k_reg *r, uint32_t off, uint32_t v)
{
    if (r->kind == E1K_RC) {
        s->reg[off / 4] = 0;
    } else if (r->kind == E1K_RCHI) {
        s->reg[off / 4] = 0;
        s->reg[off / 4 - 1] = 0;
    }
    return v;
}

uint64_t e1k_mmio_read(struct sim_nic *nic, unsigned bar, uint64_t off64, unsigned width)
{
    struct e1k *s = e1k_of(nic);

    if (!in_reach(s, bar, off64, width, "read"))
        return UINT64_MAX;
    uint32_t off = canonical(s, (uint32_t)off64);
    const struct e1k_reg *r = off / 4 < E1K_WORDS ? s->of[off / 4] : NULL;
    if (!r) {
        sim_violation(nic, "read of 0x%05x: the %s has no such register", (unsigned)off64,
                      s->chip->name);
        return UINT32_MAX;
    }
    if (r->kind == E1K_WO) {
        char name[32];
        sim_violation(nic, "read of %s, which is write-only", e1k_name(s, off, name));
        return 0;
    }
    uint32_t v = r->read ? r->read(s, off) : s->reg[off / 4];
    return read_clear(s, r, off, v);
}

static bool may_write(struct e1k *s, const struct e1k_reg *r, uint32_t off, uint32_t val)
{
    char name[32];
    uint32_t known = r->rw | r->ro;
    uint32_t bad = (val ^ (r->kind == E1K_WO ? 0 : s->reg[off / 4])) & ~known;

    if (r->kind != E1K_RW && r->kind != E1K_WO) {
        sim_violation(s->nic, "write of 0x%08x to %s, which is read-only", (unsigned)val,
                      e1k_name(s, off, name));
        return false;
    }
    if (bad)
        sim_violation(s->nic, "write of 0x%08x to %s changes reserved bits 0x%08x", (unsigned)val,
                      e1k_name(s, off, name), (unsigned)bad);
    return true;
}

void e1k_mmio_write(struct sim_nic *nic, unsigned bar, uint64_t off64, unsigned width, uint64_t val)
{
    struct e1k *s = e1k_of(nic);

    if (!in_reach(s, bar, off64, width, "write"))
        return;
    uint32_t off = canonical(s, (uint32_t)off64), v = (uint32_t)val;
    const struct e1k_reg *r = off / 4 < E1K_WORDS ? s->of[off / 4] : NULL;
    if (!r) {
        sim_violation(nic, "write of 0x%08x to 0x%05x: the %s has no such register", (unsigned)v,
                      (unsigned)off64, s->chip->name);
        return;
    }
    if (!may_write(s, r, off, v) || (s->resetting && off != R_CTRL))
        return;
    uint32_t old = s->reg[off / 4];
    if (r->kind == E1K_RW)
        s->reg[off / 4] = (old & ~r->rw) | (v & r->rw);
    if (r->wrote)
        r->wrote(s, off, old, v);
}

/* ---- timers ------------------------------------------------------------------------------ */

void e1k_timer(struct sim_nic *nic, unsigned id)
{
    struct e1k *s = e1k_of(nic);

    if (id == E1K_TIMER_LINK)
        e1k_link_timer(s);
    else if (id == E1K_TIMER_FLOW)
        sim_kick(nic);
    else if (id >= E1K_TIMER_EITR && s->chip->gen == E1K_IGB)
        igb_irq_timer(s, id - E1K_TIMER_EITR);
    else
        e1k_irq_timer(s, id);
}
