// SPDX-License-Identifier: MIT
#include "scripts_1g.h"

#include <stdio.h>

/* The scripts are tables: a line a step. */
/* clang-format off */
#define END {.op = SCRIPT_END}
#define WR(o, v) {.op = SCRIPT_WRITE, .off = o, .val = v}
#define SET(o, v) {.op = SCRIPT_SET, .off = o, .val = v}
#define CLR(o, v) {.op = SCRIPT_CLEAR, .off = o, .val = v}
#define RD(o) {.op = SCRIPT_READ, .off = o}
#define EX(o, m, v) {.op = SCRIPT_EXPECT, .off = o, .mask = m, .val = v}
#define DIFF(o, m, v, q, y)                                                                        \
    {.op = SCRIPT_DIFFER, .off = o, .mask = m, .val = v, .qemu = q, .why = y}
#define WAIT(o, m, v) {.op = SCRIPT_WAIT, .off = o, .mask = m, .val = v}

enum {
    CTRL = 0x00,
    STATUS = 0x08,
    EERD = 0x14,
    CTRL_EXT = 0x18,
    MDIC = 0x20,
    VET = 0x38,
    ICR = 0xc0,
    ICS = 0xc8,
    IMS = 0xd0,
    IMC = 0xd8,
    EIAC_82574 = 0xdc,
    IAM = 0xe0,
    IVAR_82574 = 0xe4,
    RCTL = 0x100,
    TCTL = 0x400,
    TIPG = 0x410,
    EXTCNF = 0xf00,
    GPIE = 0x1514,
    EICS = 0x1520,
    EIMS = 0x1524,
    EIMC = 0x1528,
    EIAC = 0x152c,
    EIAM = 0x1530,
    EICR = 0x1580,
    EITR0 = 0x1680,
    IVAR0 = 0x1700,
    IVAR_MISC = 0x1740,
    RXCSUM = 0x5000,
    RLPML = 0x5004,
    RFCTL = 0x5008,
    MTA = 0x5200,
    RAL = 0x5400,
    RAH = 0x5404,
    VFTA = 0x5600,
    MRQC = 0x5818,
    SWSM = 0x5b50,
    SW_FW_SYNC = 0x5b5c,
    RETA = 0x5c00,
    RSSRK = 0x5c80,
    GPRC = 0x4074,
    GPTC = 0x4080,
};

#define MDIC_RD(reg) WR(MDIC, (reg) << 16 | 1u << 21 | 2u << 26), WAIT(MDIC, 1u << 28, 1u << 28)
#define MDIC_WR(reg, v)                                                                            \
    WR(MDIC, (v) | (reg) << 16 | 1u << 21 | 1u << 26), WAIT(MDIC, 1u << 28, 1u << 28)

/* The ways to own the PHY. */
#define IGB_OWN                                                                                    \
    WAIT(SWSM, 1, 0), SET(SWSM, 2), EX(SWSM, 2, 2), SET(SW_FW_SYNC, 2), CLR(SWSM, 3)
#define OWN_82574 SET(EXTCNF, 1u << 5), EX(EXTCNF, 1u << 5, 1u << 5)

/* ---- after a reset ------------------------------------------------------------------ */

/* The address comes from the NVM and is valid; nothing is enabled. */
static const struct script_step after_reset[] = {
    EX(RAH, 1u << 31, 1u << 31), EX(RCTL, 2, 0), EX(TCTL, 2, 0), EX(CTRL, 1u << 26, 0),
    EX(CTRL, 1, 1), END,
};

/* QEMU's 82540EM ignores CTRL.RST but for the bit itself and starts with CTRL.SLU set. */
static const struct script_step after_reset_82540[] = {
    EX(RAH, 1u << 31, 1u << 31), EX(RCTL, 2, 0), EX(TCTL, 2, 0), EX(CTRL, 1u << 26, 0),
    DIFF(CTRL, 1, 1, 0, "full duplex is the data sheet's default; QEMU's reset value lacks it"),
    END,
};

static const struct script_step after_reset_igb[] = {
    DIFF(0x1010, 1u << 18, 1u << 18, 0, "EEMNGCTL.CFG_DONE: QEMU has no configuration to finish"),
    EX(0xc028, 1u << 25, 1u << 25), EX(0xc068, 1u << 25, 0), EX(0xe028, 1u << 25, 1u << 25),
    EX(RXCSUM, 0x300, 0x300), EX(RLPML, 0x3fff, 0x2600), EX(VET, 0xffffffff, 0x81008100), END,
};

/* ---- plain storage --------------------------------------------------------------------- */

static const struct script_step storage[] = {
    WR(RAL + 8, 0x44332211), EX(RAL + 8, 0xffffffff, 0x44332211),
    WR(RAH + 8, 0x80006655), EX(RAH + 8, 0xffffffff, 0x80006655),
    WR(RAH + 8, 0), WR(RAL + 120, 0x12345678), EX(RAL + 120, 0xffffffff, 0x12345678),
    WR(MTA, 0xdeadbeef), EX(MTA, 0xffffffff, 0xdeadbeef),
    WR(MTA + 127 * 4, 0x01020304), EX(MTA + 127 * 4, 0xffffffff, 0x01020304),
    WR(VFTA, 0x5a5a5a5a), EX(VFTA, 0xffffffff, 0x5a5a5a5a),
    WR(VFTA + 127 * 4, 0x80000001), EX(VFTA + 127 * 4, 0xffffffff, 0x80000001), END,
};

static const struct script_step control_82540[] = {
    WR(RCTL, 0x04008000), EX(RCTL, 0xffffffff, 0x04008000),
    WR(TCTL, 0x0003f0f8), EX(TCTL, 0xffffffff, 0x0003f0f8),
    WR(TIPG, 0x00602008),
    DIFF(TIPG, 0xffffffff, 0x00602008, 0, "QEMU's 82540EM does not store TIPG"),
    WR(RXCSUM, 0x300),
    DIFF(RXCSUM, 0x300, 0x300, 0, "QEMU's 82540EM has no receive checksum offload"), END,
};

static const struct script_step control_pcie[] = {
    WR(RCTL, 0x04008000), EX(RCTL, 0xffffffff, 0x04008000),
    SET(TCTL, 0x000003f0), EX(TCTL, 0x3f0, 0x3f0),
    WR(TIPG, 0x00602008), EX(TIPG, 0xffffffff, 0x00602008),
    WR(RXCSUM, 0x2300), EX(RXCSUM, 0x2300, 0x2300), END,
};

static const struct script_step rss_storage[] = {
    WR(RSSRK, 0x12345678), EX(RSSRK, 0xffffffff, 0x12345678),
    WR(RSSRK + 36, 0x9abcdef0), EX(RSSRK + 36, 0xffffffff, 0x9abcdef0),
    WR(RETA, 0), EX(RETA, 0xffffffff, 0), END,
};

static const struct script_step reta_82574[] = {
    WR(RETA + 31 * 4, 0x80008000), EX(RETA + 31 * 4, 0xffffffff, 0x80008000),
    WR(MRQC, 0x00030001), EX(MRQC, 0xffffffff, 0x00030001), WR(MRQC, 0), END,
};

static const struct script_step reta_igb[] = {
    WR(RETA + 31 * 4, 0x03020100), EX(RETA + 31 * 4, 0xffffffff, 0x03020100),
    WR(MRQC, 0x00370002), EX(MRQC, 0xffffffff, 0x00370002), WR(MRQC, 0), END,
};

/* ---- rings ------------------------------------------------------------------------------- */

#define RING(b)                                                                                    \
    WR((b) + 0x00, 0x10000), WR((b) + 0x04, 0x1), WR((b) + 0x08, 0x1000), WR((b) + 0x10, 0),       \
        EX((b) + 0x00, 0xffffffff, 0x10000), EX((b) + 0x04, 0xffffffff, 1),                        \
        EX((b) + 0x08, 0xffffffff, 0x1000), EX((b) + 0x10, 0xffff, 0), EX((b) + 0x18, 0xffff, 0)

static const struct script_step rings_one[] = {RING(0x2800), RING(0x3800), END};
static const struct script_step rings_82574[] = {RING(0x2800), RING(0x3800), RING(0x2900),
                                                 RING(0x3900), END};
static const struct script_step rings_igb[] = {
    CLR(0xc028, 1u << 25), CLR(0xe028, 1u << 25),
    RING(0xc000), RING(0xe000), RING(0xc0c0), RING(0xe0c0), END,
};
static const struct script_step rings_16[] = {RING(0xc3c0), RING(0xe3c0), END};
static const struct script_step rings_8[] = {RING(0xc1c0), RING(0xe1c0), END};

/* Queues 0 to 3 answer at the 82575's offsets as well. */
static const struct script_step aliases[] = {
    WR(0x2b08, 0x800), EX(0xc0c8, 0xffffffff, 0x800),
    WR(0xe048, 0x400), EX(0x3908, 0xffffffff, 0x400),
    WR(0x290c, 0x02000002), EX(0xc04c, 0xffffffff, 0x02000002), END,
};

/* An enable bit comes by itself, within a bound; a disabled queue reads back as such. */
static const struct script_step enabling[] = {
    RING(0xc040), WR(0xc04c, 0x02000002), SET(0xc068, 1u << 25), WAIT(0xc068, 1u << 25, 1u << 25),
    CLR(0xc068, 1u << 25), WAIT(0xc068, 1u << 25, 0),
    RING(0xe040), SET(0xe068, 1u << 25), WAIT(0xe068, 1u << 25, 1u << 25),
    CLR(0xe068, 1u << 25), WAIT(0xe068, 1u << 25, 0), END,
};

/* ---- interrupt causes ------------------------------------------------------------------------ */

/* 8254x: a read clears everything, masked or not. */
static const struct script_step causes_8254x[] = {
    RD(ICR), EX(ICR, 0xffffffff, 0), WR(ICS, 0x84), EX(ICR, 0x84, 0x84), EX(ICR, 0xffffffff, 0),
    WR(IMS, 0x10), EX(IMS, 0xffffffff, 0x10), WR(IMS, 0x80), EX(IMS, 0xffffffff, 0x90),
    WR(IMC, 0x10), EX(IMS, 0xffffffff, 0x80), WR(ICS, 0x04), EX(ICR, 0x04, 0x04),
    EX(ICR, 0xffffffff, 0), WR(ICS, 0x06), WR(ICR, 0x02), EX(ICR, 0x06, 0x04), WR(IMC, 0xffffffff),
    EX(IMS, 0xffffffff, 0), END,
};

/* 82574 without MSI-X: a read clears, too; bit 31 says that an interrupt was asserted. */
static const struct script_step causes_82574[] = {
    RD(ICR), WR(ICS, 0x14), EX(ICR, 0x14, 0x14), EX(ICR, 0x7fffffff, 0),
    WR(IMS, 0x04), EX(IMS, 0xffffffff, 0x04), WR(ICS, 0x04), EX(ICR, 0x80000004, 0x80000004),
    EX(ICR, 0xffffffff, 0), WR(ICS, 0x10),
    DIFF(ICR, 0x80000010, 0x10, 0x80000010, "QEMU sets bit 31 for causes that are masked, too"),
    EX(ICR, 0x10, 0), WR(ICS, 0x14), WR(ICR, 0x10), EX(ICR, 0x14, 0x04), WR(IMC, 0xffffffff),
    EX(IMS, 0xffffffff, 0), END,
};

/* igb: a masked cause survives a read while others are enabled. */
static const struct script_step causes_icr_igb[] = {
    RD(ICR), WR(ICS, 0x14), EX(ICR, 0x14, 0x14), EX(ICR, 0x7fffffff, 0),
    WR(IMS, 0x04), EX(IMS, 0xffffffff, 0x04), WR(ICS, 0x04), EX(ICR, 0x80000004, 0x80000004),
    EX(ICR, 0xffffffff, 0), WR(ICS, 0x10),
    DIFF(ICR, 0x80000010, 0x10, 0x80000010, "QEMU sets INTA for causes that are masked, too"),
    DIFF(ICR, 0x10, 0x10, 0, "and so the read before has cleared it there"),
    WR(ICR, 0x10), EX(ICR, 0x10, 0), WR(IMC, 0xffffffff), EX(IMS, 0xffffffff, 0), END,
};

/* With CTRL_EXT.IAME the read of an asserted ICR masks what IAM names. */
static const struct script_step auto_mask_82574[] = {
    RD(ICR), SET(CTRL_EXT, 1u << 27), WR(IAM, 0x04), WR(IMS, 0x14), WR(ICS, 0x04),
    EX(ICR, 0x04, 0x04),
    DIFF(IMS, 0xffffffff, 0x10, 0x14,
         "without MSI-X QEMU clears ICR first and then finds nothing asserted to mask"),
    WR(IMC, 0xffffffff), CLR(CTRL_EXT, 1u << 27), END,
};
/* igb has no switch for it: IAM alone decides. */
static const struct script_step auto_mask_igb[] = {
    RD(ICR), WR(IAM, 0x04), WR(IMS, 0x14), WR(ICS, 0x04), EX(ICR, 0x04, 0x04),
    DIFF(IMS, 0xffffffff, 0x10, 0x14,
         "QEMU clears ICR first and then finds nothing asserted to mask"),
    WR(IMC, 0xffffffff), END,
};

static const struct script_step vectors_82574[] = {
    WR(IVAR_82574, 0x000cba98), EX(IVAR_82574, 0x000fffff, 0x000cba98),
    WR(EIAC_82574, 0x01f00000), EX(EIAC_82574, 0x01f00000, 0x01f00000), END,
};

/* igb: EICR, its mask set and cleared by two registers. */
static const struct script_step causes_igb[] = {
    WR(EIMC, 0xffffffff), EX(EIMS, 0xffffffff, 0), WR(EIMS, 0x05), EX(EIMS, 0xffffffff, 0x05),
    WR(EIMS, 0x02), EX(EIMS, 0xffffffff, 0x07), WR(EIMC, 0x01), EX(EIMS, 0xffffffff, 0x06),
    WR(EIMC, 0xffffffff), RD(EICR), WR(EICS, 0x09), EX(EICR, 0x09, 0x09), EX(EICR, 0x09, 0), END,
};

static const struct script_step storage_igb_irq[] = {
    WR(GPIE, 0x00000010), EX(GPIE, 0x10, 0x10),
    WR(EIAC, 0x0f), EX(EIAC, 0xffffffff, 0x0f), /* only with vectors, in QEMU */
    WR(EIAM, 0x0f),
    DIFF(EIAM, 0xffffffff, 0x0f, 0xfffffff0, "QEMU sets the bits that were written as 0"),
    WR(IVAR0, 0x82818180), EX(IVAR0, 0xffffffff, 0x82818180),
    WR(IVAR_MISC, 0x8300), EX(IVAR_MISC, 0xffffffff, 0x8300),
    WR(EITR0 + 4, 0x00000640), EX(EITR0 + 4, 0x00007ffc, 0x00000640), WR(GPIE, 0), END,
};

/* ---- PHY and link ------------------------------------------------------------ */

static const struct script_step phy_82540[] = {
    MDIC_RD(2u), EX(MDIC, 0xffff, 0x0141), MDIC_RD(3u), EX(MDIC, 0xfff0, 0x0c20),
    WR(MDIC, 1u << 16 | 3u << 21 | 2u << 26), WAIT(MDIC, 5u << 28, 5u << 28), END,
};
static const struct script_step phy_82574[] = {
    OWN_82574, MDIC_RD(2u), EX(MDIC, 0xffff, 0x0141), MDIC_RD(3u), EX(MDIC, 0xfff0, 0x0cb0),
    CLR(EXTCNF, 1u << 5), END,
};
static const struct script_step phy_82576[] = {
    IGB_OWN, MDIC_RD(2u), EX(MDIC, 0xffff, 0x02a8), MDIC_RD(3u), EX(MDIC, 0xfff0, 0x0390), END,
};

/* Autonegotiation: restarted, it completes, and with CTRL.SLU the MAC has its link. */
#define AUTONEG MDIC_WR(0u, 0x1340u)
#define LINKED                                                                                     \
    WAIT(STATUS, 2, 2), EX(STATUS, 0xc0, 0x80), MDIC_RD(1u), MDIC_RD(1u), EX(MDIC, 0x24, 0x24),    \
        RD(ICR)
static const struct script_step link_82540[] = {SET(CTRL, 0x40), AUTONEG, LINKED, END};
static const struct script_step link_82574[] = {SET(CTRL, 0x40), OWN_82574, AUTONEG, LINKED,
                                                CLR(EXTCNF, 1u << 5), END};
static const struct script_step link_igb[] = {SET(CTRL, 0x40), IGB_OWN, AUTONEG, LINKED, END};

/* ---- semaphores ------------------------------------------------------------ */

/* The 82574 comes up with SMBI taken; on all parts a driver releases it once at its start. */
static const struct script_step semaphore[] = {
    CLR(SWSM, 1), WAIT(SWSM, 1, 0), EX(SWSM, 1, 1), SET(SWSM, 2), EX(SWSM, 3, 3),
    CLR(SWSM, 3), EX(SWSM, 1, 0),   CLR(SWSM, 1),   END,
};

/* ---- statistics: nothing has happened, and a read leaves nothing behind --------- */

static const struct script_step statistics[] = {
    RD(GPRC), EX(GPRC, 0xffffffff, 0), RD(GPTC), EX(GPTC, 0xffffffff, 0), RD(0x4088), RD(0x408c),
    EX(0x4088, 0xffffffff, 0), EX(0x408c, 0xffffffff, 0), EX(0x40d0, 0xffffffff, 0), END,
};

#define PCIE (SCRIPT_ALL & ~SCRIPT_82540EM)

const struct script scripts_1g[] = {
    {"after a reset", PCIE, after_reset},
    {"after a reset (82540EM)", SCRIPT_82540EM, after_reset_82540},
    {"after a reset (igb)", SCRIPT_IGB, after_reset_igb},
    {"filter tables hold what is written", SCRIPT_ALL, storage},
    {"control registers (82540EM)", SCRIPT_82540EM, control_82540},
    {"control registers", PCIE, control_pcie},
    {"hash key and redirection table", PCIE, rss_storage},
    {"redirection entries (82574)", SCRIPT_82574, reta_82574},
    {"redirection entries (igb)", SCRIPT_IGB, reta_igb},
    {"ring registers", SCRIPT_82540EM, rings_one},
    {"ring registers of two queues", SCRIPT_82574, rings_82574},
    {"ring registers (igb)", SCRIPT_IGB, rings_igb},
    {"ring registers of queue 7", SCRIPT_82576 | SCRIPT_I350, rings_8},
    {"ring registers of queue 15", SCRIPT_82576, rings_16},
    {"aliases of ring registers", SCRIPT_IGB, aliases},
    {"queues are enabled and disabled", SCRIPT_IGB, enabling},
    {"interrupt causes (82540EM)", SCRIPT_82540EM, causes_8254x},
    {"interrupt causes (82574)", SCRIPT_82574, causes_82574},
    {"interrupt causes (igb)", SCRIPT_IGB, causes_icr_igb},
    {"interrupt auto mask (igb)", SCRIPT_IGB, auto_mask_igb},
    {"interrupt auto mask (82574)", SCRIPT_82574, auto_mask_82574},
    {"interrupt vectors (82574)", SCRIPT_82574, vectors_82574},
    {"extended interrupt causes", SCRIPT_IGB, causes_igb},
    {"interrupt routing (igb)", SCRIPT_IGB, storage_igb_irq},
    {"PHY identity (82540EM)", SCRIPT_82540EM, phy_82540},
    {"PHY identity (82574)", SCRIPT_82574, phy_82574},
    {"PHY identity (82576)", SCRIPT_82576, phy_82576},
    {"link (82540EM)", SCRIPT_82540EM, link_82540},
    {"link (82574)", SCRIPT_82574, link_82574},
    {"link (igb)", SCRIPT_IGB, link_igb},
    {"software semaphore", PCIE, semaphore},
    {"statistics clear on read", SCRIPT_ALL, statistics},
    {0},
};

/* ---- running ------------------------------------------------------------ */

bool script_reset(const struct script_io *io)
{
    io->write(io->ctx, CTRL, io->read(io->ctx, CTRL) | 1u << 26);
    for (int i = 0; i < 100; i++) {
        io->delay_us(io->ctx, 1000);
        if (io->read(io->ctx, CTRL) & 1u << 26)
            continue;
        io->write(io->ctx, IMC, 0xffffffff);
        io->read(io->ctx, ICR);
        return true;
    }
    return false;
}

static bool wait_for(const struct script_io *io, const struct script_step *s, uint32_t *got)
{
    for (int i = 0; i < 1000; i++) {
        *got = io->read(io->ctx, s->off);
        if ((*got & s->mask) == s->val)
            return true;
        io->delay_us(io->ctx, 1000);
    }
    return false;
}

/* True: as expected; *want and *got are what a comparison was about. */
static bool run_step(const struct script_step *s, enum script_maker maker,
                     const struct script_io *io, uint32_t *want, uint32_t *got)
{
    *want = s->op == SCRIPT_DIFFER && maker == SCRIPT_QEMU ? s->qemu : s->val;
    switch (s->op) {
    case SCRIPT_WRITE:
        io->write(io->ctx, s->off, s->val);
        return true;
    case SCRIPT_SET:
        io->write(io->ctx, s->off, io->read(io->ctx, s->off) | s->val);
        return true;
    case SCRIPT_CLEAR:
        io->write(io->ctx, s->off, io->read(io->ctx, s->off) & ~s->val);
        return true;
    case SCRIPT_EXPECT:
    case SCRIPT_DIFFER:
        *got = io->read(io->ctx, s->off);
        return (*got & s->mask) == *want;
    case SCRIPT_WAIT:
        return wait_for(io, s, got);
    case SCRIPT_READ:
    case SCRIPT_END:
        break;
    }
    io->read(io->ctx, s->off);
    return true;
}

bool script_run(const struct script *script, enum script_maker maker, const struct script_io *io,
                char *err, size_t errlen)
{
    for (unsigned i = 0; script->steps[i].op != SCRIPT_END; i++) {
        const struct script_step *s = &script->steps[i];
        uint32_t want = 0, got = 0;
        if (run_step(s, maker, io, &want, &got))
            continue;
        snprintf(err, errlen,
                 "%s, step %u: register 0x%05x reads 0x%08x, expected 0x%08x under mask 0x%08x%s%s",
                 script->name, i, (unsigned)s->off, (unsigned)got, (unsigned)want,
                 (unsigned)s->mask, s->why ? "; known difference: " : "", s->why ? s->why : "");
        return false;
    }
    return true;
}

uint16_t script_nvm_sum(enum script_chip chip, const struct script_io *io)
{
    bool old = chip == SCRIPT_82540EM; /* START, DONE in bit 4, address from bit 8 */
    uint32_t done = old ? 1u << 4 : 1u << 1, got;
    uint16_t sum = 0;

    for (uint32_t a = 0; a < 64; a++) {
        struct script_step wait = {.off = EERD, .mask = done, .val = done};
        io->write(io->ctx, EERD, a << (old ? 8 : 2) | 1);
        if (!wait_for(io, &wait, &got))
            return 0;
        sum = (uint16_t)(sum + (got >> 16));
    }
    return sum;
}
