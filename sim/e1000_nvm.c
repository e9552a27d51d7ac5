// SPDX-License-Identifier: MIT
/*
 * Non-volatile memory (8254x 5.6 and 13.4.4; 82574, 82576, I210: EERD) and the semaphores
 * software shares with firmware (82576 4.6, 82574 10.2.2: EXTCNF_CTRL).
 */
#include <limits.h>
#include <string.h>

#include "e1000_core.h"

enum {
    EERD_START = 1u << 0,
    EECD_SK = 1u << 0,
    EECD_CS = 1u << 1,
    EECD_DI = 1u << 2,
    EECD_DO = 1u << 3,
    EECD_REQ = 1u << 6,
    EECD_GNT = 1u << 7,
    MICROWIRE_READ = 6,      /* start bit and opcode 10 */
    MICROWIRE_ADDR_BITS = 6, /* 64 words */

    SWSM_SMBI = 1u << 0,
    SWSM_SWESMBI = 1u << 1,
    EXTCNF_MDIO_SW = 1u << 5,
};

/* The sum of the first 64 words. */
#define NVM_SUM 0xbabau

void e1k_nvm_fill(struct e1k *s, uint16_t subsys)
{
    const uint8_t *mac = sim_opt(s->nic)->mac;
    uint16_t sum = 0;

    for (unsigned i = 0; i < 3; i++)
        s->nvm[i] = (uint16_t)(mac[2 * i] | mac[2 * i + 1] << 8);
    s->nvm[0x0b] = subsys;
    s->nvm[0x0c] = 0x8086;
    s->nvm[0x0d] = s->chip->device;
    s->nvm[0x0e] = 0x8086;
    for (unsigned i = 0; i < 63; i++)
        sum = (uint16_t)(sum + s->nvm[i]);
    s->nvm[63] = (uint16_t)(NVM_SUM - sum);
}

/* A word as the device reads it now: a broken part answers wrong or not at all. */
static uint16_t word(const struct e1k *s, unsigned addr)
{
    uint16_t w = addr < E1K_NVM_WORDS ? s->nvm[addr] : 0xffff;

    if (sim_fault(s->nic, SIM_FAULT_NO_EEPROM) && addr == 63)
        w ^= 0x5555;
    return w;
}

static bool dead(const struct e1k *s)
{
    return sim_fault(s->nic, SIM_FAULT_NO_EEPROM) && sim_fault_arg(s->nic) == 0;
}

void e1k_nvm_load_mac(struct e1k *s)
{
    if (dead(s))
        return;
    *e1k_at(s, R_RAL) = s->nvm[0] | (uint32_t)s->nvm[1] << 16;
    *e1k_at(s, R_RAH) = s->nvm[2] | RAH_AV;
}

/* ---- EERD ------------------------------------------------------------------------------ */

static bool microwire(const struct e1k *s)
{
    return s->chip->nvm == E1K_NVM_MICROWIRE;
}

static uint32_t done_bit(const struct e1k *s)
{
    return microwire(s) ? 1u << 4 : 1u << 1;
}

uint32_t e1k_read_eerd(struct e1k *s, uint32_t off)
{
    uint32_t v = e1k_get(s, off);

    if ((v & EERD_START) && !dead(s)) { /* the word arrives between this poll and the next */
        unsigned addr = microwire(s) ? v >> 8 & 0xff : v >> 2 & 0x3fff;
        *e1k_at(s, off) =
            (v & 0xffffu & ~(uint32_t)EERD_START) | done_bit(s) | (uint32_t)word(s, addr) << 16;
    }
    return v;
}

void e1k_wrote_eerd(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    if ((old & EERD_START) && !dead(s))
        sim_violation(s->nic, "EERD: written while a read is under way");
    *e1k_at(s, off) = val & 0xffffu & ~done_bit(s);
}

/* ---- EECD: the microwire bus, bit by bit --------------------------------------------------- */

uint32_t e1k_read_eecd(struct e1k *s, uint32_t off)
{
    uint32_t v = e1k_get(s, off) & ~(uint32_t)(EECD_DO | EECD_GNT);

    if (v & EECD_REQ)
        v |= EECD_GNT;
    if (dead(s))
        return v;
    bool dummy = s->eecd.bits_out == UINT_MAX;
    if (!s->eecd.reading || (!dummy && (s->eecd.word >> (15 - (s->eecd.bits_out & 15)) & 1)))
        v |= EECD_DO;
    return v;
}

static void clock_rises(struct e1k *s, uint32_t val)
{
    if (s->eecd.reading) {
        s->eecd.bits_out++;
        return;
    }
    bool bit = val & EECD_DI;
    if (s->eecd.bits_in == 0 && !bit)
        return; /* before the start bit */
    s->eecd.shift = s->eecd.shift << 1 | bit;
    s->eecd.bits_in++;
    if (s->eecd.bits_in < 3 + MICROWIRE_ADDR_BITS)
        return;
    if (s->eecd.shift >> MICROWIRE_ADDR_BITS != MICROWIRE_READ) {
        sim_violation(s->nic, "EECD: only the read opcode is allowed on this EEPROM");
        return;
    }
    s->eecd.reading = true;
    s->eecd.word = word(s, s->eecd.shift & ((1u << MICROWIRE_ADDR_BITS) - 1));
    s->eecd.bits_out = UINT_MAX; /* a dummy 0 comes ahead of the word's first bit */
}

void e1k_wrote_eecd(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    uint32_t pins = EECD_SK | EECD_CS | EECD_DI;

    (void)off;
    if (((val ^ old) & pins) && !(val & EECD_REQ))
        sim_violation(s->nic, "EECD: pins moved without EE_REQ and EE_GNT");
    if (!microwire(s)) {
        if ((val ^ old) & pins)
            sim_violation(s->nic, "EECD: this model has no SPI bus behind it, use EERD");
        return;
    }
    if (!(val & EECD_CS) || !(old & EECD_CS))
        memset(&s->eecd, 0, sizeof(s->eecd));
    else if ((val & EECD_SK) && !(old & EECD_SK))
        clock_rises(s, val);
}

/* ---- semaphores ------------------------------------------------------------------------- */

static bool held_by_firmware(const struct e1k *s)
{
    return sim_fault(s->nic, SIM_FAULT_FIRMWARE_HELD);
}

/* The read that finds SMBI clear takes it. */
uint32_t e1k_read_swsm(struct e1k *s, uint32_t off)
{
    uint32_t v = e1k_get(s, off);

    if (held_by_firmware(s))
        return (v | SWSM_SMBI) & ~(uint32_t)SWSM_SWESMBI;
    *e1k_at(s, off) = v | SWSM_SMBI;
    return v;
}

void e1k_wrote_swsm(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    if (!(old & SWSM_SMBI) && (val & SWSM_SMBI))
        sim_violation(s->nic, "SWSM.SMBI: it is set by reading the register, not by writing it");
    if (!(old & SWSM_SWESMBI) && (val & SWSM_SWESMBI) && !(old & SWSM_SMBI))
        sim_violation(s->nic, "SWSM.SWESMBI: wanted without holding SMBI");
    if (held_by_firmware(s))
        *e1k_at(s, off) &= ~(uint32_t)SWSM_SWESMBI;
}

uint32_t e1k_read_swfw(struct e1k *s, uint32_t off)
{
    if (!(e1k_get(s, R_SWSM) & SWSM_SWESMBI))
        sim_violation(s->nic, "SW_FW_SYNC: read without holding SWSM.SWESMBI");
    return e1k_get(s, off) | (held_by_firmware(s) ? 0x000f0000u : 0);
}

void e1k_wrote_swfw(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    (void)off;
    (void)old;
    if (!(e1k_get(s, R_SWSM) & SWSM_SWESMBI))
        sim_violation(s->nic, "SW_FW_SYNC: written without holding SWSM.SWESMBI");
    if (held_by_firmware(s) && (val & 0xffff))
        sim_violation(s->nic, "SW_FW_SYNC: taken although the firmware holds it");
}

/* 82574: the bit sticks only if the firmware does not own the MDIO pins. */
void e1k_wrote_extcnf(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    (void)old;
    (void)val;
    if (held_by_firmware(s))
        *e1k_at(s, off) &= ~(uint32_t)EXTCNF_MDIO_SW;
}
