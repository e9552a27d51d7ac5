// SPDX-License-Identifier: MIT
/*
 * The PHY behind MDIC (IEEE 802.3 clause 22 registers; 8254x 11 and 13.4.8, 82576 8.2.4)
 * and the link it makes: autonegotiation, CTRL.SLU, STATUS. With a SerDes (82576 CTRL_EXT
 * link mode, 8.19) the PCS registers take the PHY's place.
 */
#include "e1000_core.h"

enum {
    PHY_BMCR = 0,
    PHY_BMSR = 1,
    PHY_ID1 = 2,
    PHY_ID2 = 3,
    PHY_ANAR = 4,
    PHY_ANLPAR = 5,
    PHY_ANER = 6,
    PHY_CTRL1000 = 9,
    PHY_STAT1000 = 10,
    PHY_ESTAT = 15,
    PHY_SPEC_CTRL = 16,
    PHY_SPEC_STATUS = 17,
    PHY_PAGE = 22,
    PHY_PAGE_IGP = 31,

    BMCR_RESET = 1 << 15,
    BMCR_LOOPBACK = 1 << 14,
    BMCR_SPEED100 = 1 << 13,
    BMCR_AUTONEG = 1 << 12,
    BMCR_POWER_DOWN = 1 << 11,
    BMCR_ISOLATE = 1 << 10,
    BMCR_RESTART = 1 << 9,
    BMCR_FULL = 1 << 8,
    BMCR_SPEED1000 = 1 << 6,
    BMSR_LINK = 1 << 2,
    BMSR_AN_DONE = 1 << 5,
    SPEC_RESOLVED = 1 << 11,
    SPEC_LINK = 1 << 10,
    SPEC_FULL = 1 << 13,

    MDIC_WRITE = 1 << 26,
    MDIC_READ = 1 << 27,
    MDIC_READY = 1 << 28,
    MDIC_INT = 1 << 29,
    MDIC_ERROR = 1 << 30,

    SWFW_PHY0 = 1 << 1,
    EXTCNF_MDIO_SW = 1 << 5,
    PCS_LINK = 1 << 0,
    PCS_1000 = 2 << 1,
    PCS_FULL = 1 << 3,
    PCS_SYNC = 1 << 4,
    PCS_AN_DONE = 1 << 16,
    PCS_ENABLE = 1 << 3,     /* PCS_CFG0 */
    PCS_AN_ENABLE = 1 << 16, /* PCS_LCTL */
    PCS_AN_RESTART = 1 << 17,
};

#define RXCW_FULL    (1u << 5)
#define RXCW_PAUSE   (3u << 7)
#define RXCW_INVALID (1u << 27)
#define RXCW_CONFIG  (1u << 29)
#define RXCW_SYNC    (1u << 30)
#define RXCW_DONE    (1u << 31)

static bool serdes(const struct e1k *s)
{
    return s->chip->gen == E1K_IGB && (e1k_get(s, R_CTRL_EXT) & CTRL_EXT_LINK_MODE);
}

/* ---- what the two ends agree on --------------------------------------------------------- */

enum { SPEED_10, SPEED_100, SPEED_1000 };

/* The partner can do everything. */
static unsigned resolve(const struct e1k *s, bool *full)
{
    uint16_t bmcr = s->phy[PHY_BMCR], an = s->phy[PHY_ANAR], g = s->phy[PHY_CTRL1000];

    if (!(bmcr & BMCR_AUTONEG)) {
        *full = bmcr & BMCR_FULL;
        return bmcr & BMCR_SPEED1000 ? SPEED_1000 : bmcr & BMCR_SPEED100 ? SPEED_100 : SPEED_10;
    }
    if (g & 0x300) {
        *full = g & 0x200;
        return SPEED_1000;
    }
    *full = an & 0x180 ? an & 0x100 : an & 0x040;
    return an & 0x180 ? SPEED_100 : SPEED_10;
}

/* ---- link ---------------------------------------------------------------------------------- */

bool e1k_link_up(const struct e1k *s)
{
    return e1k_get(s, R_STATUS) & STATUS_LU;
}

static bool allowed(const struct e1k *s)
{
    if (!sim_cable(s->nic) || (e1k_get(s, R_CTRL) & CTRL_PHY_RST))
        return false;
    if (s->chip->tbi)
        return !(e1k_get(s, R_CTRL) & CTRL_LRST);
    if (serdes(s))
        return e1k_get(s, R_PCS_CFG0) & PCS_ENABLE;
    return !(s->phy[PHY_BMCR] & (BMCR_POWER_DOWN | BMCR_ISOLATE));
}

static void show_phy(struct e1k *s)
{
    bool full = false;
    unsigned speed = resolve(s, &full);

    if (s->phy_up) {
        s->phy[PHY_BMSR] |= BMSR_LINK;
        if (s->phy[PHY_BMCR] & BMCR_AUTONEG)
            s->phy[PHY_BMSR] |= BMSR_AN_DONE;
        s->phy[PHY_ANLPAR] = 0x4de1; /* 10, 100, pause, acknowledged */
        s->phy[PHY_STAT1000] = 0x7c00;
        unsigned code = s->chip->phy_id >> 16 == 0x02a8 ? speed + 1 : speed; /* IGP counts from 1 */
        s->phy[PHY_SPEC_STATUS] =
            (uint16_t)(code << 14 | (full ? SPEC_FULL : 0) | SPEC_RESOLVED | SPEC_LINK);
    } else {
        s->phy[PHY_BMSR] &= (uint16_t) ~(BMSR_AN_DONE | BMSR_LINK);
        s->bmsr_low = true;
        s->phy[PHY_ANLPAR] = s->phy[PHY_STAT1000] = s->phy[PHY_SPEC_STATUS] = 0;
    }
}

static uint32_t pcs_status(const struct e1k *s)
{
    bool autoneg = e1k_get(s, R_PCS_LCTL) & PCS_AN_ENABLE;

    return PCS_LINK | PCS_1000 | PCS_FULL | PCS_SYNC | (autoneg ? PCS_AN_DONE : 0);
}

/* The driver wants the link: on fibre it is enough to negotiate (8254x 8.6.1). */
static bool slu(const struct e1k *s)
{
    return (e1k_get(s, R_CTRL) & CTRL_SLU) || (s->chip->tbi && (e1k_get(s, R_TXCW) & TXCW_ANE));
}

static void show_mac(struct e1k *s)
{
    uint32_t old = e1k_get(s, R_STATUS), now = old & ~(STATUS_LU | STATUS_SPEED | STATUS_FD);
    bool full = true;
    unsigned speed = serdes(s) || s->chip->tbi ? SPEED_1000 : resolve(s, &full);

    if (s->phy_up && slu(s))
        now |= STATUS_LU | speed << 6 | (full ? STATUS_FD : 0);
    *e1k_at(s, R_STATUS) = now;
    if (s->chip->gen == E1K_IGB)
        *e1k_at(s, R_PCS_LSTS) = serdes(s) && s->phy_up ? pcs_status(s) : 0;
    if ((old ^ now) & STATUS_LU) {
        e1k_cause(s, ICR_LSC);
        sim_kick(s->nic);
    }
}

static void set_phy(struct e1k *s, bool up)
{
    s->phy_up = up;
    show_phy(s);
    show_mac(s);
}

void e1k_link_timer(struct e1k *s)
{
    set_phy(s, allowed(s));
}

void e1k_link_eval(struct e1k *s)
{
    uint64_t delay = (uint64_t)sim_opt(s->nic)->link_delay_us * 1000;

    if (!allowed(s)) {
        sim_timer_cancel(s->nic, E1K_TIMER_LINK);
        set_phy(s, false);
    } else if (s->phy_up || delay == 0) {
        set_phy(s, true);
    } else {
        show_mac(s);
        if (!sim_timer_armed(s->nic, E1K_TIMER_LINK))
            sim_timer_set(s->nic, E1K_TIMER_LINK, sim_now(s->nic) + delay);
    }
}

void e1k_phy_restart(struct e1k *s)
{
    sim_timer_cancel(s->nic, E1K_TIMER_LINK);
    set_phy(s, false);
    e1k_link_eval(s);
}

void e1k_cable(struct sim_nic *nic)
{
    e1k_phy_restart(e1k_of(nic));
}

void e1k_phy_reset(struct e1k *s)
{
    for (unsigned i = 0; i < 32; i++)
        s->phy[i] = 0;
    s->phy[PHY_BMCR] = BMCR_AUTONEG | BMCR_FULL | BMCR_SPEED1000;
    s->phy[PHY_BMSR] = 0x7949; /* 10 and 100, extended status, autonegotiation */
    s->phy[PHY_ID1] = (uint16_t)(s->chip->phy_id >> 16);
    s->phy[PHY_ID2] = (uint16_t)s->chip->phy_id;
    s->phy[PHY_ANAR] = 0x0de1;
    s->phy[PHY_CTRL1000] = 0x0e00;
    s->phy[PHY_ESTAT] = 0x3000;
    s->phy[PHY_SPEC_CTRL] = 0x0360;
    if (s->chip->gen != E1K_8254X)
        *e1k_at(s, R_STATUS) |= STATUS_PHYRA;
    e1k_phy_restart(s);
}

/* The fibre's other end: in step, and sending what it can do (8254x 13.4.14). */
uint32_t e1k_read_rxcw(struct e1k *s, uint32_t off)
{
    uint32_t ability = RXCW_FULL | RXCW_PAUSE;

    (void)off;
    if (!sim_cable(s->nic))
        return RXCW_INVALID;
    return ability | RXCW_SYNC | RXCW_CONFIG | (e1k_link_up(s) ? RXCW_DONE : 0);
}

void e1k_wrote_txcw(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    (void)off;
    if (old != val)
        e1k_phy_restart(s);
}

/* A SerDes negotiates, or is forced, by its own registers (82576 8.19). */
void igb_wrote_pcs(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    if (off == R_PCS_LCTL)
        *e1k_at(s, off) &= ~(uint32_t)PCS_AN_RESTART;
    if (serdes(s) && (old != val || (val & PCS_AN_RESTART)))
        e1k_phy_restart(s);
}

/* ---- MDIC ------------------------------------------------------------------------------------ */

/* The status register's link bit latches low until it was read (802.3 22.2.4.2.13). */
static uint16_t phy_read(struct e1k *s, unsigned reg)
{
    uint16_t val = s->phy[reg];

    if (reg == PHY_BMSR && s->bmsr_low) {
        val &= (uint16_t)~BMSR_LINK;
        s->bmsr_low = false;
    }
    return val;
}

static void phy_write(struct e1k *s, unsigned reg, uint16_t val)
{
    uint16_t restart = BMCR_RESTART | BMCR_RESET;

    switch (reg) {
    case PHY_BMSR:
    case PHY_ID1:
    case PHY_ID2:
    case PHY_ANLPAR:
    case PHY_ANER:
    case PHY_STAT1000:
    case PHY_ESTAT:
    case PHY_SPEC_STATUS:
        sim_violation(s->nic, "PHY register %u is read-only (MDIC write of 0x%04x)", reg, val);
        return;
    case PHY_BMCR:
        if (val & BMCR_RESET) {
            e1k_phy_reset(s);
            return;
        }
        s->phy[reg] = val & (uint16_t)~restart;
        if (val & BMCR_RESTART)
            e1k_phy_restart(s);
        else
            e1k_link_eval(s);
        return;
    default:
        s->phy[reg] = val;
        return;
    }
}

/* May software use the MDIO pins now? */
static void check_owner(struct e1k *s)
{
    if (s->chip->gen == E1K_IGB && !(e1k_get(s, R_SWFW) & SWFW_PHY0))
        sim_violation(s->nic, "MDIC: used without the PHY semaphore (SW_FW_SYNC.SW_PHY_SM0)");
    if (s->chip->gen == E1K_82574 && !(e1k_get(s, R_EXTCNF) & EXTCNF_MDIO_SW))
        sim_violation(s->nic, "MDIC: used without EXTCNF_CTRL.MDIO_SW_OWNERSHIP");
}

uint32_t e1k_read_mdic(struct e1k *s, uint32_t off)
{
    uint32_t v = e1k_get(s, off);

    if (s->mdic_polls && --s->mdic_polls == 0) {
        *e1k_at(s, off) = v | MDIC_READY;
        if (v & MDIC_INT)
            e1k_cause(s, ICR_MDAC);
    }
    return v;
}

void e1k_wrote_mdic(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    unsigned reg = val >> 16 & 31, phy = val >> 21 & 31;
    uint32_t op = val & (MDIC_WRITE | MDIC_READ), out = val & ~(uint32_t)(MDIC_READY | MDIC_ERROR);

    (void)old;
    if (s->mdic_polls)
        sim_violation(s->nic, "MDIC: written while the previous access is under way");
    if (op != MDIC_WRITE && op != MDIC_READ)
        sim_violation(s->nic, "MDIC: opcode %u is neither read nor write",
                      (unsigned)(val >> 26 & 3));
    check_owner(s);
    if ((phy != 1 && !s->chip->phy_addr_free) || s->chip->serdes || s->chip->tbi)
        out |= MDIC_ERROR;
    else if (s->chip->phy_paged && s->phy[PHY_PAGE] && reg != PHY_PAGE)
        out &= op == MDIC_READ ? ~0xffffu : ~0u; /* a register of another page: of no use to us */
    else if (op == MDIC_READ)
        out = (out & ~0xffffu) | phy_read(s, reg);
    else if (op == MDIC_WRITE)
        phy_write(s, reg, (uint16_t)val);
    *e1k_at(s, off) = out;
    s->mdic_polls = 1;
}
