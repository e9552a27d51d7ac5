// SPDX-License-Identifier: MIT
/*
 * Intel 82599 (data sheet 331520) and X540 (515040): identity, and the register file. A
 * register behaves as its line of the table says; what a write sets in motion is in the
 * file of its concern.
 */
#include "ixgbe.h"

#include <pthread.h>
#include <string.h>

enum kind { KIND_RO, KIND_RW, KIND_RC, KIND_RL, KIND_RH, KIND_W1, KIND_WO, KIND_AL };
enum who { WHO_N = 1, WHO_T = 2, WHO_B = 3 };

struct entry {
    uint32_t off;
    const char *name;
    enum who who;
    enum kind kind;
    uint32_t reset, writable; /* AL: target offset, target stride */
    uint16_t count, stride;
    const char *section;
};

#define ENTRY(id, off, who, kind, reset, wr, n, stride, sec)                                       \
    { off, #id, WHO_##who, KIND_##kind, reset, wr, n, stride, sec },
static const struct entry table[IXGBE_REG_COUNT] = { IXGBE_REGS(ENTRY) };

#define NO_REG 0xffffu
static uint16_t place[IXGBE_SPACE / 4]; /* of each address in the table */
static pthread_once_t place_once = PTHREAD_ONCE_INIT;

static void fill_place(void)
{
    memset(place, 0xff, sizeof(place));
    for (unsigned i = 0; i < IXGBE_REG_COUNT; i++)
        for (unsigned n = 0; n < table[i].count; n++)
            place[(table[i].off + n * table[i].stride) / 4] = (uint16_t)i;
}

/* A register as it was addressed. */
struct at {
    const struct entry *e;
    unsigned index; /* in the table */
    unsigned n;     /* in the array */
    uint32_t off;   /* of the register itself, aliases resolved */
};

static bool find(struct sim_nic *nic, uint64_t off, struct at *at)
{
    enum who me = ixgbe(nic)->x540 ? WHO_T : WHO_N;
    uint16_t i = off < IXGBE_SPACE ? place[off / 4] : NO_REG;

    if (i == NO_REG || !(table[i].who & me))
        return false;
    at->off = (uint32_t)off;
    at->n = (at->off - table[i].off) / table[i].stride;
    if (table[i].kind == KIND_AL) {
        at->off = table[i].reset + at->n * table[i].writable;
        i = place[at->off / 4];
        at->n = (at->off - table[i].off) / table[i].stride;
    }
    at->e = &table[i];
    at->index = i;
    return true;
}

/* ---- reading -------------------------------------------------------------- */

static uint32_t read_half(struct sim_nic *nic, const struct at *at)
{
    struct ixgbe *st = ixgbe(nic);
    uint32_t low = at->e->kind == KIND_RL ? at->off : at->off - 4;
    uint8_t *seen = &st->low_read[low / 32];
    uint8_t bit = (uint8_t)(1u << (low / 4 % 8));

    if (at->e->kind == KIND_RH && !(*seen & bit))
        sim_violation(nic, "%s[%u] read before its low half (%s)", at->e->name, at->n,
                      at->e->section);
    *seen = at->e->kind == KIND_RL ? *seen | bit : (uint8_t)(*seen & ~bit);
    uint32_t val = st->reg[at->off / 4];
    st->reg[at->off / 4] = 0;
    return val;
}

/* What reading sets in motion: the enable bits a driver has to wait for. */
static uint32_t read_stored(struct sim_nic *nic, const struct at *at)
{
    struct ixgbe *st = ixgbe(nic);
    uint32_t val = st->reg[at->off / 4];

    switch (at->index) {
    case I_RXDCTL:
        st->rxq[at->n].enable_seen = val & DCTL_ENABLE;
        break;
    case I_RXDCTL_64:
        st->rxq[64 + at->n].enable_seen = val & DCTL_ENABLE;
        break;
    case I_TXDCTL:
        st->txq[at->n].enable_seen = val & DCTL_ENABLE;
        break;
    case I_RDRXCTL:
        st->init_done_seen |= (val & RDRXCTL_DMAIDONE) != 0;
        break;
    case I_EEC:
        st->nvm_done_seen |= (val & 0x200) != 0;
        break;
    case I_SECRXSTAT:
        return *ixgbe_reg(st, R_SECRXCTRL) & SEC_DISABLE_PATH ? 1 : 0;
    case I_SECTXSTAT:
        return *ixgbe_reg(st, R_SECTXCTRL) & SEC_DISABLE_PATH ? 1 : 0;
    case I_CTRL:
        return st->in_reset ? val | CTRL_RST : val;
    default:
        break;
    }
    return val;
}

static uint32_t reg_read(struct sim_nic *nic, const struct at *at)
{
    struct ixgbe *st = ixgbe(nic);

    if (ixgbe_irq_owns(at->index))
        return ixgbe_irq_read(nic, at->index, at->n);
    switch (at->index) {
    case I_LINKS:
        return ixgbe_links_read(nic);
    case I_SWSM:
    case I_SW_FW_SYNC:
        return ixgbe_semaphore_read(nic, at->index);
    case I_STATUS:
    case I_ESDP:
    case I_FRTIMER:
        ixgbe_mac_refresh(nic);
        break;
    case I_FWSM:
        return st->reg[at->off / 4] | sim_fault(nic, SIM_FAULT_FIRMWARE_HELD);
    default:
        break;
    }
    if (at->e->kind == KIND_RL || at->e->kind == KIND_RH)
        return read_half(nic, at);
    uint32_t val = read_stored(nic, at);
    if (at->e->kind == KIND_RC)
        st->reg[at->off / 4] = 0;
    return val;
}

/* ---- writing -------------------------------------------------------------- */

static bool rx_queue_on(struct ixgbe *st, unsigned q)
{
    return *ixgbe_rx_reg(st, R_RXDCTL, q) & DCTL_ENABLE;
}

static bool tx_queue_on(struct ixgbe *st, unsigned q)
{
    return *ixgbe_tx_reg(st, R_TXDCTL, q) & DCTL_ENABLE;
}

/* Whether a full queue drops its frames is no matter of how descriptors are laid out: common
 * drivers change it while frames come. */
static bool only_drop(struct ixgbe *st, unsigned q, uint32_t val)
{
    return ((*ixgbe_rx_reg(st, R_SRRCTL, q) ^ val) & ~(uint32_t)SRRCTL_DROP) == 0;
}

/* Ring set-up is for queues that are off (4.6.7.1, 4.6.8.1). */
static bool ring_write_allowed(struct sim_nic *nic, const struct at *at, uint32_t val)
{
    struct ixgbe *st = ixgbe(nic);
    bool on;

    switch (at->index) {
    case I_RDBAL:
    case I_RDBAH:
    case I_RDLEN:
        on = rx_queue_on(st, at->n);
        break;
    case I_SRRCTL:
        on = rx_queue_on(st, at->n) && !only_drop(st, at->n, val);
        break;
    case I_RDBAL_64:
    case I_RDBAH_64:
    case I_RDLEN_64:
        on = rx_queue_on(st, 64 + at->n);
        break;
    case I_SRRCTL_64:
        on = rx_queue_on(st, 64 + at->n) && !only_drop(st, 64 + at->n, val);
        break;
    case I_TDBAL:
    case I_TDBAH:
    case I_TDLEN:
    case I_TDH:
    case I_TDWBAL:
    case I_TDWBAH:
        on = tx_queue_on(st, at->n);
        break;
    default:
        return true;
    }
    if (on)
        sim_violation(nic, "%s[%u] written while the queue is enabled (%s)", at->e->name, at->n,
                      at->e->section);
    return !on;
}

/* Other orders the data sheet demands. False: the write is ignored. */
static bool order_allowed(struct sim_nic *nic, const struct at *at, uint32_t val)
{
    struct ixgbe *st = ixgbe(nic);
    bool rx_on = *ixgbe_reg(st, R_RXCTRL) & RXCTRL_RXEN;

    switch (at->index) {
    case I_MTQC:
        if (!(*ixgbe_reg(st, R_RTTDCS) & RTTDCS_ARBDIS))
            sim_violation(nic, "MTQC written while RTTDCS.ARBDIS is 0 (7.2.1.2.1)");
        return true;
    case I_RXCSUM:
    case I_FCTRL:
        if (rx_on)
            sim_violation(nic, "%s written while RXCTRL.RXEN is 1 (%s)", at->e->name,
                          at->e->section);
        return true;
    case I_RXCTRL:
        return ixgbe_rxctrl_allowed(nic, val);
    case I_IVAR:
    case I_IVAR_MISC:
        ixgbe_ivar_check(nic, at->index, at->n, val);
        return true;
    default:
        return ring_write_allowed(nic, at, val);
    }
}

/* After the register has its new value. */
static void wrote(struct sim_nic *nic, const struct at *at, uint32_t old, uint32_t val)
{
    struct ixgbe *st = ixgbe(nic);

    switch (at->index) {
    case I_CTRL:
        ixgbe_ctrl_written(nic);
        break;
    case I_ESDP:
    case I_HLREG0:
        ixgbe_link_update(nic);
        break;
    case I_AUTOC:
        ixgbe_autoc_written(nic);
        break;
    case I_I2CCTL:
        ixgbe_i2c_written(nic);
        break;
    case I_MSCA:
        ixgbe_msca_written(nic);
        break;
    case I_RXDCTL:
        ixgbe_rxdctl_written(nic, at->n, old);
        break;
    case I_RXDCTL_64:
        ixgbe_rxdctl_written(nic, 64 + at->n, old);
        break;
    case I_TXDCTL:
        ixgbe_txdctl_written(nic, at->n, old);
        break;
    case I_RXCTRL:
    case I_DMATXCTL:
        sim_kick(nic);
        break;
    case I_EITR:
    case I_EITR_24:
        st->reg[at->off / 4] = val & 0x801f8ff8;
        break;
    case I_FCTRL:
    case I_SECRXCTRL:
        sim_kick(nic);
        break;
    default:
        break;
    }
}

/* Registers whose writes are not a matter of stored bits. True: done. */
static bool written_elsewhere(struct sim_nic *nic, const struct at *at, uint32_t val)
{
    if (ixgbe_irq_owns(at->index)) {
        ixgbe_irq_write(nic, at->index, at->n, val);
        return true;
    }
    switch (at->index) {
    case I_EERD:
        ixgbe_eerd_written(nic, val);
        return true;
    case I_EEWR:
        ixgbe_eewr_written(nic, val);
        return true;
    case I_SWSM:
    case I_SW_FW_SYNC:
        ixgbe_semaphore_written(nic, at->index, val);
        return true;
    case I_RDT:
        ixgbe_rdt_written(nic, at->n, val);
        return true;
    case I_RDT_64:
        ixgbe_rdt_written(nic, 64 + at->n, val);
        return true;
    case I_TDT:
        ixgbe_tdt_written(nic, at->n, val);
        return true;
    case I_PBACL_0:
    case I_PBACL:
        for (unsigned i = 0; i < 32; i++)
            if (val >> i & 1)
                sim_msix_clear_pending(nic, (at->index == I_PBACL ? 32 * (at->n + 1) : 0) + i);
        return true;
    case I_RDH:
    case I_RDH_64:
        if (val == 0) /* harmless, and it is 0 while the queue is off */
            return true;
        break;
    default:
        break;
    }
    return false;
}

/* Bits amid writable ones that are read-only, not reserved: what is written does not matter. */
static uint32_t read_only_bits(unsigned index)
{
    switch (index) {
    case I_MSRWD:
        return 0xffff0000;
    case I_EEC:
        return 0xff7fff80;
    case I_RDRXCTL:
        return RDRXCTL_DMAIDONE;
    default:
        return 0;
    }
}

static void reg_write(struct sim_nic *nic, const struct at *at, uint32_t val)
{
    struct ixgbe *st = ixgbe(nic);
    uint32_t *r = &st->reg[at->off / 4];
    uint32_t old = *r;

    if (written_elsewhere(nic, at, val))
        return;
    if (at->e->kind == KIND_W1) {
        *r &= ~val;
        return;
    }
    if (at->e->kind != KIND_RW) {
        sim_violation(nic, "%s[%u] written, but it is read-only (%s)", at->e->name, at->n,
                      at->e->section);
        return;
    }
    uint32_t wrong = (val ^ old) & ~at->e->writable & ~read_only_bits(at->index);
    if (wrong)
        sim_violation(nic, "%s[%u]: 0x%08x changes reserved bits 0x%08x (%s)", at->e->name, at->n,
                      val, wrong, at->e->section);
    if (!order_allowed(nic, at, val))
        return;
    *r = (old & ~at->e->writable) | (val & at->e->writable);
    wrote(nic, at, old, *r);
}

/* ---- the framework's side ------------------------------------------------- */

static bool width_ok(struct sim_nic *nic, const char *what, uint64_t off, unsigned width)
{
    if (width == 4)
        return true;
    sim_violation(nic, "%s of register 0x%05llx with a width of %u bytes: only 4 are allowed (8.1)",
                  what, (unsigned long long)off, width);
    return false;
}

static uint64_t mmio_read(struct sim_nic *nic, unsigned bar, uint64_t off, unsigned width)
{
    struct at at;

    if (!width_ok(nic, "read", off, width))
        return 0;
    if (bar == 2) { /* 8.1.1: address and data in I/O space */
        if (off == 0)
            return ixgbe(nic)->io_addr;
        off = ixgbe(nic)->io_addr;
    } else if (bar == 4) {
        return 0; /* between the MSI-X table and the pending bits */
    }
    if (find(nic, off, &at))
        return reg_read(nic, &at);
    sim_violation(nic, "read of 0x%05llx: there is no such register", (unsigned long long)off);
    return 0;
}

static void mmio_write(struct sim_nic *nic, unsigned bar, uint64_t off, unsigned width,
                       uint64_t val)
{
    struct at at;

    if (!width_ok(nic, "write", off, width) || bar == 4)
        return;
    if (bar == 2) {
        if (off == 0) {
            ixgbe(nic)->io_addr = (uint32_t)val & ~3u;
            return;
        }
        off = ixgbe(nic)->io_addr;
    }
    if (find(nic, off, &at))
        reg_write(nic, &at, (uint32_t)val);
    else
        sim_violation(nic, "write of 0x%08llx to 0x%05llx: there is no such register",
                      (unsigned long long)val, (unsigned long long)off);
}

/* Survive CTRL.RST: statistics (cleared by reading only), NVM and semaphore registers. */
static bool survives(const struct entry *e)
{
    if (e->kind == KIND_RC || e->kind == KIND_RL || e->kind == KIND_RH)
        return true;
    return e->off == R_SWSM || e->off == R_SW_FW_SYNC || e->off == R_GRC;
}

void ixgbe_reset_registers(struct sim_nic *nic, bool power_on)
{
    struct ixgbe *st = ixgbe(nic);

    if (!power_on)
        sim_fault_reset(nic);
    for (unsigned i = 0; i < IXGBE_REG_COUNT; i++) {
        const struct entry *e = &table[i];
        if (e->kind == KIND_AL || (!power_on && survives(e)))
            continue;
        for (unsigned n = 0; n < e->count; n++)
            st->reg[(e->off + n * e->stride) / 4] = e->reset;
    }
    for (unsigned n = 1; n < 8; n++)
        *ixgbe_reg(st, R_TXPBTHRESH + 4 * n) = 0;
    if (st->x540) /* 384 KB of packet buffer instead of 512 */
        *ixgbe_reg(st, R_RXPBSIZE) = 384u << 10;
    st->tx_pending[0] = st->tx_pending[1] = 0;
    memset(st->rxq, 0, sizeof(st->rxq));
    memset(st->txq, 0, sizeof(st->txq));
    memset(&st->job, 0, sizeof(st->job));
    memset(&st->i2c, 0, sizeof(st->i2c));
    st->i2c.out = st->i2c.scl = st->i2c.sda = true;
    st->init_done_seen = st->nvm_done_seen = false;
    ixgbe_irq_reset(nic);
    ixgbe_nvm_reset(nic);
    ixgbe_mac_reset(nic);
}

static void reset(struct sim_nic *nic)
{
    struct ixgbe *st = ixgbe(nic);
    bool first = !st->powered;

    st->powered = true;
    if (!first) { /* FLR leaves what the two functions share */
        uint32_t swsm = *ixgbe_reg(st, R_SWSM), sync = *ixgbe_reg(st, R_SW_FW_SYNC);
        ixgbe_reset_registers(nic, true);
        *ixgbe_reg(st, R_SWSM) = swsm;
        *ixgbe_reg(st, R_SW_FW_SYNC) = sync;
        return;
    }
    ixgbe_reset_registers(nic, true);
}

static void init(struct sim_nic *nic)
{
    struct ixgbe *st = ixgbe(nic);

    pthread_once(&place_once, fill_place);
    st->x540 = sim_model(nic)->pci->device == 0x1528;
    ixgbe_nvm_init(nic);
}

static void timer(struct sim_nic *nic, unsigned id)
{
    if (id == TIMER_LINK)
        ixgbe_link_timer(nic);
    else if (id == TIMER_FLOW)
        sim_kick(nic);
    else if (id < IXGBE_VECTORS)
        ixgbe_irq_timer(nic, id);
}

/* A reset that hangs is completed when the fault is healed. */
static void fault_changed(struct sim_nic *nic)
{
    struct ixgbe *st = ixgbe(nic);

    if (st->in_reset && !sim_fault(nic, SIM_FAULT_RESET_HANGS))
        ixgbe_reset_registers(nic, false);
}

static const struct sim_pci_desc pci_82599 = {
    .vendor = 0x8086,
    .device = 0x10fb,
    .subsys_vendor = 0x8086,
    .subsys_device = 0x0003,
    .revision = 1,
    .class_code = 0x020000,
    .bar = { [0] = { .size = 0x80000, .is_64 = true, .prefetch = true },
             [2] = { .size = 0x20, .is_io = true },
             [4] = { .size = 0x4000, .is_64 = true, .prefetch = true } },
    .pm = true,
    .msi = true,
    .pcie = true,
    .flr = true,
    .msix_vectors = IXGBE_VECTORS,
    .msix_bar = 4,
    .msix_table = 0,
    .msix_pba = 0x2000,
};

static const struct sim_pci_desc pci_x540 = {
    .vendor = 0x8086,
    .device = 0x1528,
    .subsys_vendor = 0x8086,
    .subsys_device = 0x0001,
    .revision = 1,
    .class_code = 0x020000,
    .bar = { [0] = { .size = 0x200000, .is_64 = true, .prefetch = true },
             [4] = { .size = 0x4000, .is_64 = true, .prefetch = true } },
    .pm = true,
    .msi = true,
    .pcie = true,
    .flr = true,
    .msix_vectors = IXGBE_VECTORS,
    .msix_bar = 4,
    .msix_table = 0,
    .msix_pba = 0x2000,
};

#define IXGBE_OPS                                                                                  \
    .state_size = sizeof(struct ixgbe), .init = init, .reset = reset, .mmio_read = mmio_read,      \
    .mmio_write = mmio_write, .tx = ixgbe_tx, .rx = ixgbe_rx, .rx_ready = ixgbe_rx_ready,          \
    .rx_missed = ixgbe_missed, .cable = ixgbe_link_update, .timer = timer,                         \
    .fault_changed = fault_changed

const struct sim_model sim_model_82599 = {
    .info = { "82599", "Intel 82599 (X520), 10 Gb/s, SFP+", 0x8086, 0x10fb },
    .pci = &pci_82599,
    IXGBE_OPS,
};

const struct sim_model sim_model_x540 = {
    .info = { "x540", "Intel X540, 10 Gb/s, 10GBASE-T", 0x8086, 0x1528 },
    .pci = &pci_x540,
    IXGBE_OPS,
};
