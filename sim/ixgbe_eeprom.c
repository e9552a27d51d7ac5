// SPDX-License-Identifier: MIT
/*
 * NVM (6.1: image, 8.2.3.2: registers) and the semaphores shared by software and
 * firmware (10.5.4; X540: 11.7.5).
 */
#include <string.h>

#include "ixgbe.h"

enum {
    EERD_START = 1,
    EERD_DONE = 1 << 1,
    WORD_CORE0 = 0x09, /* pointer: core section, with the MAC address */
    WORD_FW = 0x0f,    /* pointer: firmware */
    WORD_SAN_MAC = 0x28,
    WORD_PHY_INIT = 0x2b, /* pointer: SFP+ set-up sequences */
    WORD_CAPS = 0x2c,
    WORD_CHECKSUM = 0x3f,
    NVM_SUM = 0xbaba,
    /* where our image has its sections */
    AT_CORE0 = 0x80,
    AT_FW = 0xa0,
    AT_PATCH = 0xc0,
    AT_PHY_INIT = 0xe0,
    AT_PHY_DATA = 0x100,
};

static void fill_core(struct ixgbe *st, const uint8_t mac[6])
{
    uint16_t *core = st->nvm + AT_CORE0;

    st->nvm[WORD_CORE0] = AT_CORE0;
    core[0] = 3; /* length in words */
    for (unsigned i = 0; i < 3; i++)
        core[1 + i] = (uint16_t)(mac[2 * i] | mac[2 * i + 1] << 8);
}

/* A firmware module with a patch whose version drivers accept. */
static void fill_firmware(struct ixgbe *st)
{
    st->nvm[WORD_FW] = AT_FW;
    st->nvm[AT_FW] = 8;
    st->nvm[AT_FW + 4] = AT_PATCH;
    st->nvm[AT_PATCH] = 8;
    st->nvm[AT_PATCH + 7] = 0x0006;
}

/* One sequence of a single write, for each kind of module. */
static void fill_phy_init(struct ixgbe *st)
{
    uint16_t *list = st->nvm + AT_PHY_INIT;

    st->nvm[WORD_PHY_INIT] = AT_PHY_INIT;
    list[0] = 25;
    for (uint16_t id = 0; id < 12; id++) {
        list[1 + 2 * id] = id;
        list[2 + 2 * id] = AT_PHY_DATA;
    }
    list[25] = 0xffff;
    st->nvm[AT_PHY_DATA] = 2;
    st->nvm[AT_PHY_DATA + 1] = 0x0001;
    st->nvm[AT_PHY_DATA + 2] = 0xffff;
}

/* 6.1.2: words 0 to 0x3e and the sections pointed to by words 3 to 0xe, but no firmware. */
static uint16_t image_sum(const struct ixgbe *st)
{
    uint16_t sum = 0;

    for (unsigned i = 0; i < WORD_CHECKSUM; i++)
        sum = (uint16_t)(sum + st->nvm[i]);
    for (unsigned i = 3; i < WORD_FW; i++) {
        unsigned at = st->nvm[i];
        if (at == 0 || at == 0xffff || at >= IXGBE_NVM_WORDS)
            continue;
        for (unsigned k = 1; k <= st->nvm[at] && at + k < IXGBE_NVM_WORDS; k++)
            sum = (uint16_t)(sum + st->nvm[at + k]);
    }
    return sum;
}

void ixgbe_nvm_init(struct sim_nic *nic)
{
    struct ixgbe *st = ixgbe(nic);

    memset(st->nvm, 0, sizeof(st->nvm));
    st->nvm[0x00] = 0x0200;
    st->nvm[0x15] = 0xfafa; /* board number in a section of its own: none */
    st->nvm[WORD_SAN_MAC] = 0xffff;
    st->nvm[WORD_CAPS] = 0x0003; /* any module is allowed */
    fill_core(st, sim_opt(nic)->mac);
    fill_firmware(st);
    if (!st->x540)
        fill_phy_init(st);
    st->nvm[WORD_CHECKSUM] = (uint16_t)(NVM_SUM - image_sum(st));
}

/* What auto-read puts into registers: the MAC address, RAL/RAH[0]. */
void ixgbe_nvm_reset(struct sim_nic *nic)
{
    struct ixgbe *st = ixgbe(nic);
    const uint8_t *mac = sim_opt(nic)->mac;

    if (sim_fault(nic, SIM_FAULT_NO_EEPROM) && !(sim_fault_arg(nic) & 1)) {
        *ixgbe_reg(st, R_EEC) &= ~0x300u; /* neither present nor read */
        return;
    }
    *ixgbe_reg(st, R_RAL) =
        (uint32_t)mac[0] | (uint32_t)mac[1] << 8 | (uint32_t)mac[2] << 16 | (uint32_t)mac[3] << 24;
    *ixgbe_reg(st, R_RAH) = RAH_AV | (uint32_t)mac[4] | (uint32_t)mac[5] << 8;
}

void ixgbe_eerd_written(struct sim_nic *nic, uint32_t val)
{
    struct ixgbe *st = ixgbe(nic);
    uint32_t addr = val >> 2 & 0x3fff;
    uint32_t keep = addr << 2;

    *ixgbe_reg(st, R_EERD) = keep;
    if (!(val & EERD_START))
        return;
    if (st->x540 && !ixgbe_holds(nic, SYNC_EEPROM))
        sim_violation(nic, "EERD used without SW_FW_SYNC bit 0, the NVM semaphore");
    if (addr >= IXGBE_NVM_WORDS)
        sim_violation(nic, "EERD: word 0x%x is beyond the EEPROM", addr);
    if (sim_fault(nic, SIM_FAULT_NO_EEPROM) && !(sim_fault_arg(nic) & 1)) {
        *ixgbe_reg(st, R_EERD) = keep | EERD_START; /* it never answers */
        return;
    }
    uint32_t word = addr < IXGBE_NVM_WORDS ? st->nvm[addr] : 0xffff;
    if (sim_fault(nic, SIM_FAULT_NO_EEPROM) && addr == WORD_CHECKSUM)
        word ^= 0x5555;
    *ixgbe_reg(st, R_EERD) = keep | EERD_DONE | word << 16;
}

void ixgbe_eewr_written(struct sim_nic *nic, uint32_t val)
{
    struct ixgbe *st = ixgbe(nic);
    uint32_t addr = val >> 2 & 0x3fff;

    if (!ixgbe_holds(nic, SYNC_EEPROM))
        sim_violation(nic, "EEWR used without SW_FW_SYNC bit 0, the NVM semaphore");
    else if ((val & EERD_START) && addr < IXGBE_NVM_WORDS)
        st->nvm[addr] = (uint16_t)(val >> 16);
    *ixgbe_reg(st, R_EEWR) = (val & ~(uint32_t)EERD_START) | EERD_DONE;
}

/* ---- semaphores ----------------------------------------------------------- */

bool ixgbe_holds(struct sim_nic *nic, uint32_t bit)
{
    return (*ixgbe_reg(ixgbe(nic), R_SW_FW_SYNC) & bit) != 0;
}

/* 10.5.4: after a second in vain software may take the firmware for dead and go on without it. */
#define PATIENCE_NS 1000000000ull

static void refuse(struct sim_nic *nic)
{
    struct ixgbe *st = ixgbe(nic);

    if (!st->refused_since)
        st->refused_since = sim_now(nic) | 1;
}

static bool patience_over(struct sim_nic *nic)
{
    uint64_t since = ixgbe(nic)->refused_since;

    return since && sim_now(nic) - since >= PATIENCE_NS;
}

uint32_t ixgbe_semaphore_read(struct sim_nic *nic, unsigned index)
{
    struct ixgbe *st = ixgbe(nic);
    bool held = sim_fault(nic, SIM_FAULT_FIRMWARE_HELD);
    uint32_t *r = ixgbe_reg(st, index == I_SWSM ? R_SWSM : R_SW_FW_SYNC);
    uint32_t val = *r;

    if (index == I_SWSM) {
        *r |= SWSM_SMBI; /* read as zero: the reader has it now */
        return val;
    }
    if (held)
        refuse(nic);
    else
        st->refused_since = 0;
    if (st->x540) {
        *r |= SYNC_REGSMP;
        return held ? val | SYNC_REGSMP | 0x3e0 : val;
    }
    return held ? val | 0x3e0 : val; /* the firmware's five bits */
}

static void swsm_written(struct sim_nic *nic, uint32_t val)
{
    struct ixgbe *st = ixgbe(nic);
    uint32_t *r = ixgbe_reg(st, R_SWSM);

    if ((val & SWSM_SMBI) && !(*r & SWSM_SMBI))
        sim_violation(nic, "SWSM.SMBI is taken by reading it as 0, not by writing 1 (8.2.3.4.8)");
    if ((val & SWSM_SWESMBI) && !(*r & SWSM_SMBI))
        sim_violation(nic, "SWSM.SWESMBI taken without SWSM.SMBI (10.5.4)");
    if (sim_fault(nic, SIM_FAULT_FIRMWARE_HELD) && (val & SWSM_SWESMBI)) {
        refuse(nic);
        val &= ~(uint32_t)SWSM_SWESMBI;
    }
    *r = val & (*r | ~(uint32_t)SWSM_SMBI);
}

static void sync_written(struct sim_nic *nic, uint32_t val)
{
    struct ixgbe *st = ixgbe(nic);
    uint32_t *r = ixgbe_reg(st, R_SW_FW_SYNC);
    bool may = st->x540 ? (*r & SYNC_REGSMP) != 0 : (*ixgbe_reg(st, R_SWSM) & SWSM_SWESMBI) != 0;

    if (!may && !patience_over(nic))
        sim_violation(nic, "SW_FW_SYNC written without %s (10.5.4)",
                      st->x540 ? "its REGSMP bit" : "SWSM.SWESMBI");
    if (sim_fault(nic, SIM_FAULT_FIRMWARE_HELD) && (val & 0x1f & ~*r) && !patience_over(nic))
        sim_violation(nic, "SW_FW_SYNC: a resource was taken that the firmware holds");
    *r = val & (0x1f | (*r & SYNC_REGSMP));
}

void ixgbe_semaphore_written(struct sim_nic *nic, unsigned index, uint32_t val)
{
    if (index == I_SWSM)
        swsm_written(nic, val & 7);
    else
        sync_written(nic, val);
}
