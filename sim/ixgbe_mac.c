// SPDX-License-Identifier: MIT
/* Device control and reset (4.2), link (3.7, 4.6.4): what is behind CTRL, STATUS, AUTOC, LINKS. */
#include "ixgbe.h"

enum {
    AUTOC_FLU = 1,
    AUTOC_RESTART = 1 << 12,
    LMS_SHIFT = 13,
    LMS_1G_NO_AN = 0,
    LMS_1G_AN = 2,
    AN_STATE_1 = 1 << 16,
    LINKS_LATCH = 1 << 7,
    LINKS_UP = 1 << 30,
    SPEED_10G = 3,
    SPEED_1G = 2,
};

/* ---- link ----------------------------------------------------------------- */

/* Is there anything that keeps the link from coming up? */
static bool link_allowed(struct sim_nic *nic)
{
    struct ixgbe *st = ixgbe(nic);
    uint32_t esdp = *ixgbe_reg(st, R_ESDP);

    if (st->in_reset)
        return false;
    if (*ixgbe_reg(st, R_HLREG0) & HLREG0_LPBK)
        return true;
    if (st->x540)
        return sim_cable(nic) && !ixgbe_phy_low_power(nic);
    if (*ixgbe_reg(st, R_AUTOC) & AUTOC_FLU)
        return true;
    if ((esdp & ESDP_LASER_OFF) && (esdp & ESDP_LASER_DIR))
        return false;
    return sim_cable(nic) && !sim_opt(nic)->no_module;
}

static uint32_t link_speed(struct ixgbe *st)
{
    unsigned lms = *ixgbe_reg(st, R_AUTOC) >> LMS_SHIFT & 7;

    return !st->x540 && (lms == LMS_1G_NO_AN || lms == LMS_1G_AN) ? SPEED_1G : SPEED_10G;
}

static void set_link(struct sim_nic *nic, bool up)
{
    struct ixgbe *st = ixgbe(nic);
    uint32_t *links = ixgbe_reg(st, R_LINKS);

    st->link = up;
    st->link_speed = link_speed(st);
    if (up) {
        *links = (uint32_t)LINKS_UP | (uint32_t)st->link_speed << 28 | (*links & LINKS_LATCH);
    } else {
        *links = 0; /* bit 7 latches a loss until it is read */
    }
    ixgbe_raise_other(nic, EICR_LSC);
    sim_kick(nic); /* what waited for the link can go on */
}

void ixgbe_link_timer(struct sim_nic *nic)
{
    if (!ixgbe(nic)->link && link_allowed(nic))
        set_link(nic, true);
}

/* Something changed that may matter: go down at once, come up after the PHY's time. */
void ixgbe_link_update(struct sim_nic *nic)
{
    struct ixgbe *st = ixgbe(nic);
    bool allowed = link_allowed(nic);

    if (!allowed)
        sim_timer_cancel(nic, TIMER_LINK);
    if (st->link == allowed || (allowed && sim_timer_armed(nic, TIMER_LINK)))
        return;
    if (!allowed)
        set_link(nic, false);
    else if (sim_opt(nic)->link_delay_us)
        sim_timer_set(nic, TIMER_LINK, sim_now(nic) + sim_opt(nic)->link_delay_us * 1000ull);
    else
        set_link(nic, true);
}

void ixgbe_link_restart(struct sim_nic *nic)
{
    sim_timer_cancel(nic, TIMER_LINK);
    if (ixgbe(nic)->link)
        set_link(nic, false);
    ixgbe_link_update(nic);
}

/* LINKS bit 7 tells whether the link was up ever since the last read (8.2.3.22.20). */
uint32_t ixgbe_links_read(struct sim_nic *nic)
{
    struct ixgbe *st = ixgbe(nic);
    uint32_t *links = ixgbe_reg(st, R_LINKS);
    uint32_t val = *links;

    if (st->link)
        *links |= LINKS_LATCH;
    return val;
}

void ixgbe_autoc_written(struct sim_nic *nic)
{
    struct ixgbe *st = ixgbe(nic);
    uint32_t *autoc = ixgbe_reg(st, R_AUTOC);

    if (!ixgbe_holds(nic, SYNC_MAC_CSR))
        sim_violation(nic, "AUTOC written without SW_FW_SYNC bit 3, which firmware shares "
                           "(8.2.3.22.19)");
    bool restart = *autoc & AUTOC_RESTART;
    if (restart) /* 8.2.3.22.23: the negotiation has left its first state */
        *ixgbe_reg(st, R_ANLP1) = AN_STATE_1;
    *autoc &= ~(uint32_t)AUTOC_RESTART;
    if (restart)
        ixgbe_link_restart(nic);
    else
        ixgbe_link_update(nic);
}

/* ---- control and status --------------------------------------------------- */

void ixgbe_mac_refresh(struct sim_nic *nic)
{
    struct ixgbe *st = ixgbe(nic);
    uint32_t *status = ixgbe_reg(st, R_STATUS);
    uint32_t *esdp = ixgbe_reg(st, R_ESDP);

    *status = 0;
    if (st->link)
        *status |= STATUS_LINK;
    if (!(*ixgbe_reg(st, R_CTRL) & CTRL_MASTER_DISABLE) && sim_bus_master(nic))
        *status |= STATUS_MASTER;
    /* SDP2, an input: a module is in the cage */
    if (!st->x540)
        *esdp = sim_opt(nic)->no_module ? *esdp & ~(uint32_t)ESDP_MODULE : *esdp | ESDP_MODULE;
    *ixgbe_reg(st, R_FRTIMER) = (uint32_t)(sim_now(nic) / 1000);
}

static bool any_queue_on(struct ixgbe *st)
{
    for (unsigned q = 0; q < IXGBE_QUEUES; q++)
        if ((*ixgbe_tx_reg(st, R_TXDCTL, q) | *ixgbe_rx_reg(st, R_RXDCTL, q)) & DCTL_ENABLE)
            return true;
    return false;
}

void ixgbe_ctrl_written(struct sim_nic *nic)
{
    struct ixgbe *st = ixgbe(nic);
    uint32_t *ctrl = ixgbe_reg(st, R_CTRL);
    uint32_t val = *ctrl;

    if (!(val & (CTRL_RST | CTRL_LRST)))
        return;
    if (!(val & CTRL_MASTER_DISABLE) && sim_bus_master(nic) && any_queue_on(st))
        sim_violation(nic, "CTRL.RST or LRST while queues may do DMA: set CTRL bit 2 (master "
                           "disable) and wait for STATUS bit 19 first (5.2.5.3.2)");
    if (sim_fault(nic, SIM_FAULT_RESET_HANGS)) {
        st->in_reset = true;
        ixgbe_link_update(nic);
        return;
    }
    ixgbe_reset_registers(nic, false);
}

/* After the registers have their reset values. */
void ixgbe_mac_reset(struct sim_nic *nic)
{
    struct ixgbe *st = ixgbe(nic);

    st->in_reset = false;
    st->link = false;
    st->flow = (struct sim_flow){ 0 };
    sim_timer_cancel(nic, TIMER_FLOW);
    ixgbe_link_update(nic);
}
