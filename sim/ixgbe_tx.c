// SPDX-License-Identifier: MIT
/* Transmit: 4.6.8 (set-up), 7.2 (path, descriptors, write-back). Frames: ixgbe_frames.c. */
#include <string.h>

#include "bytes.h"
#include "ixgbe.h"
#include "ixgbe_tx.h"
#include "packet.h"

/* ---- registers ------------------------------------------------------------ */

static unsigned ring_size(struct ixgbe *st, unsigned q)
{
    return *ixgbe_tx_reg(st, R_TDLEN, q) / 16;
}

static unsigned wthresh(struct ixgbe *st, unsigned q)
{
    return *ixgbe_tx_reg(st, R_TXDCTL, q) >> 16 & 0x7f;
}

/* 4.6.8.1, 7.2.3.4 */
static bool may_enable(struct sim_nic *nic, unsigned q)
{
    struct ixgbe *st = ixgbe(nic);
    uint32_t txdctl = *ixgbe_tx_reg(st, R_TXDCTL, q);

    if (ring_size(st, q) == 0) {
        sim_violation(nic, "TXDCTL[%u].ENABLE set while TDLEN is 0", q);
        return false;
    }
    if (!(*ixgbe_reg(st, R_DMATXCTL) & DMATXCTL_TE))
        sim_violation(nic, "TXDCTL[%u].ENABLE set while DMATXCTL.TE is 0 (4.6.8)", q);
    if (*ixgbe_reg(st, R_RTTDCS) & RTTDCS_ARBDIS)
        sim_violation(nic, "TXDCTL[%u].ENABLE set while RTTDCS.ARBDIS is 1 (7.2.1.2.1)", q);
    if (q >= 64 && *ixgbe_reg(st, R_MTQC) == 0)
        sim_violation(nic,
                      "TXDCTL[%u].ENABLE set, but with MTQC 0 there are queues 0 to 63 only "
                      "(7.2.1.2.1)",
                      q);
    if ((txdctl & 0x7f) && !(txdctl >> 8 & 0x7f))
        sim_violation(nic, "TXDCTL[%u]: PTHRESH is used, so HTHRESH must not be 0 (8.2.3.9.10)", q);
    if (wthresh(st, q) && (*ixgbe_tx_reg(st, R_TDWBAL, q) & HEAD_WB_ENABLE))
        sim_violation(nic, "TXDCTL[%u]: WTHRESH must be 0 with head write-back (7.2.3.5.2)", q);
    return true;
}

void ixgbe_txdctl_written(struct sim_nic *nic, unsigned q, uint32_t old)
{
    struct ixgbe *st = ixgbe(nic);
    uint32_t *txdctl = ixgbe_tx_reg(st, R_TXDCTL, q);

    *txdctl &= ~(uint32_t)DCTL_SWFLSH;
    if (!((*txdctl ^ old) & DCTL_ENABLE))
        return;
    st->txq[q].enable_seen = false;
    st->txq[q].cache.count = 0;
    if (!(*txdctl & DCTL_ENABLE)) {
        if (st->job.active && st->job.queue == q)
            st->job.active = false;
        return;
    }
    if (!may_enable(nic, q)) {
        *txdctl &= ~(uint32_t)DCTL_ENABLE;
        return;
    }
    if (*ixgbe_tx_reg(st, R_TDH, q) != *ixgbe_tx_reg(st, R_TDT, q))
        sim_violation(nic,
                      "TXDCTL[%u].ENABLE set with TDH %u and TDT %u: set both to 0 first "
                      "(4.6.8.1)",
                      q, *ixgbe_tx_reg(st, R_TDH, q), *ixgbe_tx_reg(st, R_TDT, q));
    *ixgbe_tx_reg(st, R_TDH, q) = *ixgbe_tx_reg(st, R_TDT, q) = 0;
}

void ixgbe_tdt_written(struct sim_nic *nic, unsigned q, uint32_t val)
{
    struct ixgbe *st = ixgbe(nic);
    uint32_t *tail = ixgbe_tx_reg(st, R_TDT, q);
    unsigned size = ring_size(st, q);
    bool on = *ixgbe_tx_reg(st, R_TXDCTL, q) & DCTL_ENABLE;

    if (!on && val == 0) {
        *tail = 0;
        return;
    }
    if (!on || !st->txq[q].enable_seen) {
        sim_violation(nic, "TDT[%u] written before TXDCTL.ENABLE was read as 1 (4.6.8.1)", q);
        if (!on)
            return;
    }
    if (val >= size) {
        sim_violation(nic, "TDT[%u] is %u, the ring has %u descriptors", q, val, size);
        return;
    }
    unsigned head = *ixgbe_tx_reg(st, R_TDH, q);
    if ((val + size - *tail) % size > (head + size - *tail - 1) % size)
        sim_violation(nic, "TDT[%u] moved from %u to %u, past the head at %u", q, *tail, val, head);
    *tail = val;
    st->tx_pending[q / 64] |= 1ull << q % 64;
    sim_kick(nic);
}

/* ---- write-back ----------------------------------------------------------- */

static uint64_t ring_base(struct ixgbe *st, unsigned q)
{
    return (uint64_t)*ixgbe_tx_reg(st, R_TDBAH, q) << 32 | *ixgbe_tx_reg(st, R_TDBAL, q);
}

/* 7.2.3.5: DD in the descriptor with RS, or the head to the driver's memory. */
static void report(struct sim_nic *nic, unsigned q, unsigned index)
{
    struct ixgbe *st = ixgbe(nic);
    uint32_t low = *ixgbe_tx_reg(st, R_TDWBAL, q);
    uint8_t wb[16] = { 0 };

    if (low & HEAD_WB_ENABLE) {
        uint64_t addr = (uint64_t)*ixgbe_tx_reg(st, R_TDWBAH, q) << 32 | (low & ~3u);
        sim_put_le32(wb, *ixgbe_tx_reg(st, R_TDH, q));
        sim_dma_write(nic, addr, wb, 4);
    } else {
        sim_put_le32(wb + 12, STA_DD);
        if (sim_fault(nic, SIM_FAULT_RANDOM_DESC))
            for (unsigned i = 0; i < 16; i++)
                wb[i] = (uint8_t)(sim_random(nic) >> 11);
        sim_dma_write(nic, ring_base(st, q) + 16ull * index, wb, 16);
    }
    ixgbe_raise_queue(nic, q, true);
}

/* The job's descriptors are done with. */
static void finish(struct sim_nic *nic)
{
    struct ixgbe *st = ixgbe(nic);
    struct ixgbe_job *job = &st->job;
    unsigned size = ring_size(st, job->queue);
    uint32_t *head = ixgbe_tx_reg(st, R_TDH, job->queue);
    unsigned last = (*head + job->ndesc - 1) % size;

    job->active = false;
    *head = (*head + job->ndesc) % size;
    if (job->report)
        report(nic, job->queue, last);
}

/* ---- from descriptors to a job -------------------------------------------- */

static const uint8_t *desc_at(struct sim_nic *nic, unsigned q, unsigned index)
{
    struct ixgbe *st = ixgbe(nic);

    return ixgbe_fetch(nic, &st->txq[q].cache, ring_base(st, q), index, *ixgbe_tx_reg(st, R_TDT, q),
                       ring_size(st, q));
}

/* DMA went wrong: the hardware stops the queue until it is set up again. */
static void stop_queue(struct sim_nic *nic, unsigned q)
{
    struct ixgbe *st = ixgbe(nic);

    *ixgbe_tx_reg(st, R_TXDCTL, q) &= ~(uint32_t)DCTL_ENABLE;
    st->txq[q].cache.count = 0;
    st->job.active = false;
}

static void take_context(struct sim_nic *nic, unsigned q, const uint8_t *desc)
{
    struct ixgbe_txq *txq = &ixgbe(nic)->txq[q];
    unsigned idx = sim_get_le32(desc + 12) >> 4 & 7;

    if (idx > 1) {
        sim_violation(nic,
                      "transmit queue %u: context descriptor with IDX %u, there are 0 and 1 "
                      "(7.2.3.2.3)",
                      q, idx);
        return;
    }
    memcpy(txq->context[idx], desc, 16);
    txq->context_set[idx] = true;
}

static bool append(struct sim_nic *nic, uint64_t addr, unsigned len)
{
    struct ixgbe *st = ixgbe(nic);
    struct ixgbe_job *job = &st->job;

    if (addr == 0)
        sim_violation(nic, "transmit queue %u: the buffer address is 0", job->queue);
    if (len == 0)
        sim_violation(nic, "transmit queue %u: a data descriptor of 0 bytes (7.2.3.2.4)",
                      job->queue);
    if (addr == 0 || job->len + len > IXGBE_TX_MAX ||
        !sim_dma_read(nic, addr, st->txbuf + job->len, len))
        return false;
    job->len += len;
    return true;
}

static void check_data(struct sim_nic *nic, unsigned q, const uint8_t *d, bool first)
{
    uint32_t cmd = sim_get_le32(d + 8), olinfo = sim_get_le32(d + 12);

    if (cmd & (CMD_IC | 1u << 28 | 3u << 16))
        sim_violation(nic, "transmit queue %u: reserved bits of DCMD are set (0x%08x, 7.2.3.2.4)",
                      q, cmd);
    if (olinfo & STA_DD)
        sim_violation(nic, "transmit queue %u: descriptor handed over with DD set (7.2.3.2.4)", q);
    if ((cmd & CMD_RS) && !(cmd & CMD_EOP))
        sim_violation(nic, "transmit queue %u: RS without EOP (7.2.3.2.4)", q);
    if (first && !(cmd & CMD_IFCS))
        sim_violation(nic,
                      "transmit queue %u: IFCS is 0, the frame would have no FCS "
                      "(7.2.3.2.4)",
                      q);
}

/* Offloads of the first descriptor, and the context they refer to. */
static void start_advanced(struct sim_nic *nic, struct ixgbe_job *job, const uint8_t *d)
{
    struct ixgbe_txq *txq = &ixgbe(nic)->txq[job->queue];
    uint32_t olinfo = sim_get_le32(d + 12);
    unsigned idx = olinfo >> 4 & 7;

    job->cmd = sim_get_le32(d + 8);
    job->popts = olinfo & (POPTS_IXSM | POPTS_TXSM);
    if (!job->popts && !(job->cmd & (CMD_TSE | CMD_VLE)) && !(olinfo & OLINFO_CC))
        return;
    if (idx > 1 || !txq->context_set[idx]) {
        sim_violation(nic,
                      "transmit queue %u: an offload refers to context %u, which was not set "
                      "(7.2.3.2.3)",
                      job->queue, idx);
        job->popts = 0;
        job->cmd &= ~(CMD_TSE | CMD_VLE);
        return;
    }
    memcpy(job->context, txq->context[idx], 16);
    job->vlan = sim_get_le16(job->context + 2);
}

static void start_legacy(struct ixgbe_job *job, const uint8_t *d)
{
    job->legacy = true;
    job->cmd = sim_get_le32(d + 8) & ~CMD_TSE;
    job->cso = d[10];
    job->css = d[13];
    job->vlan = sim_get_le16(d + 14);
}

/* What software promised and what it delivered. */
static void check_length(struct sim_nic *nic, const struct ixgbe_job *job, uint32_t paylen)
{
    size_t want = paylen;

    if (job->len < MIN_PACKET)
        sim_violation(nic, "transmit queue %u: a packet of %zu bytes, 17 are the least (7.2.3.1)",
                      job->queue, job->len);
    if (job->legacy)
        return;
    if (job->cmd & CMD_TSE)
        want += (job->context[0] | (job->context[1] & 1u) << 8) + (job->context[1] >> 1) +
                job->context[13];
    if (want != job->len)
        sim_violation(nic,
                      "transmit queue %u: PAYLEN says %zu bytes in all, the descriptors have "
                      "%zu (7.2.3.2.4)",
                      job->queue, want, job->len);
}

/* Is the whole packet handed over? Its number of descriptors, 0: not yet. */
static unsigned packet_descs(struct sim_nic *nic, unsigned q)
{
    struct ixgbe *st = ixgbe(nic);
    unsigned size = ring_size(st, q);
    unsigned index = *ixgbe_tx_reg(st, R_TDH, q);
    unsigned have = (*ixgbe_tx_reg(st, R_TDT, q) + size - index) % size;

    for (unsigned n = 0; n < have; n++) {
        const uint8_t *d = desc_at(nic, q, (index + n) % size);
        if (!d) {
            stop_queue(nic, q);
            return 0;
        }
        uint32_t cmd = sim_get_le32(d + 8);
        bool context = (cmd & CMD_DEXT) && (cmd >> 20 & 15) == DTYP_CONTEXT;
        if (context || (cmd & CMD_EOP))
            return n + 1;
    }
    return 0;
}

/* One data descriptor of the job. */
static bool gather(struct sim_nic *nic, const uint8_t *d, bool first, uint32_t *paylen)
{
    struct ixgbe_job *job = &ixgbe(nic)->job;
    uint32_t cmd = sim_get_le32(d + 8);
    bool advanced = cmd & CMD_DEXT;

    if (advanced && (cmd >> 20 & 15) != DTYP_DATA) {
        sim_violation(nic, "transmit queue %u: descriptor type %u (7.2.3.2)", job->queue,
                      cmd >> 20 & 15);
        return false;
    }
    if (advanced)
        check_data(nic, job->queue, d, first);
    if (first) {
        if (advanced)
            start_advanced(nic, job, d);
        else
            start_legacy(job, d);
        *paylen = sim_get_le32(d + 12) >> 14;
    }
    job->report = cmd & CMD_RS;
    return append(nic, sim_get_le64(d), cmd & 0xffff);
}

/* Collect the packet at the head of a queue into the job. False: none is complete. */
static bool start_job(struct sim_nic *nic, unsigned q)
{
    struct ixgbe *st = ixgbe(nic);
    struct ixgbe_job *job = &st->job;
    unsigned n = packet_descs(nic, q);
    uint32_t paylen = 0;

    if (n == 0)
        return false;
    if (n > MAX_BUFFERS)
        sim_violation(nic,
                      "transmit queue %u: %u descriptors for a packet, 40 are the most "
                      "(7.2.1.1)",
                      q, n);
    memset(job, 0, sizeof(*job));
    job->queue = q;
    job->ndesc = n;
    job->active = true;
    for (unsigned i = 0; i < n; i++) {
        const uint8_t *d = desc_at(nic, q, (*ixgbe_tx_reg(st, R_TDH, q) + i) % ring_size(st, q));
        if (d && (sim_get_le32(d + 8) & CMD_DEXT) &&
            (sim_get_le32(d + 8) >> 20 & 15) == DTYP_CONTEXT) {
            if (i > 0)
                sim_violation(nic, "transmit queue %u: a context descriptor amid a packet", q);
            take_context(nic, q, d);
        } else if (!d || !gather(nic, d, i == 0, &paylen)) {
            stop_queue(nic, q);
            return false;
        }
    }
    if (job->len)
        check_length(nic, job, paylen);
    if (job->len && wthresh(st, q) && !job->report)
        sim_violation(nic,
                      "transmit queue %u: with TXDCTL.WTHRESH above 0 every packet needs RS "
                      "(7.2.3.5.1)",
                      q);
    return true;
}

/* ---- the path ------------------------------------------------------------- */

/* Link down: nothing is fetched, what is queued waits. */
static bool path_open(struct sim_nic *nic)
{
    struct ixgbe *st = ixgbe(nic);

    return st->link && (*ixgbe_reg(st, R_DMATXCTL) & DMATXCTL_TE) &&
           !(*ixgbe_reg(st, R_CTRL) & CTRL_MASTER_DISABLE) &&
           !(*ixgbe_reg(st, R_SECTXCTRL) & SEC_DISABLE_PATH) && !sim_flow_halted(nic, &st->flow) &&
           !sim_fault(nic, SIM_FAULT_STALL_TX) && !st->in_reset;
}

static bool next_job(struct sim_nic *nic)
{
    struct ixgbe *st = ixgbe(nic);

    for (unsigned i = 0; (st->tx_pending[0] | st->tx_pending[1]) && i < IXGBE_QUEUES; i++) {
        unsigned q = (st->tx_next + i) % IXGBE_QUEUES;
        if (!(st->tx_pending[q / 64] >> q % 64 & 1))
            continue;
        if (!(*ixgbe_tx_reg(st, R_TXDCTL, q) & DCTL_ENABLE) ||
            *ixgbe_tx_reg(st, R_TDH, q) == *ixgbe_tx_reg(st, R_TDT, q))
            st->tx_pending[q / 64] &= ~(1ull << q % 64);
        else if (start_job(nic, q)) {
            st->tx_next = q + 1;
            return true;
        }
    }
    return false;
}

/* As much of the job as there is room for. Frames sent. */
static unsigned run_job(struct sim_nic *nic, unsigned budget)
{
    struct ixgbe *st = ixgbe(nic);
    struct ixgbe_job *job = &st->job;
    unsigned sent = 0;

    if (job->len && (job->cmd & CMD_TSE)) {
        bool more = job->segment || ixgbe_context_fits(nic, job);
        while (more && sent < budget && sim_can_send(nic)) {
            more = ixgbe_send_segment(nic);
            sent++;
        }
        if (more)
            return sent;
    } else if (job->len) {
        ixgbe_send_plain(nic);
        sent = 1;
    }
    finish(nic);
    return sent;
}

unsigned ixgbe_tx(struct sim_nic *nic, unsigned budget)
{
    struct ixgbe *st = ixgbe(nic);
    unsigned sent = 0;

    while (sent < budget && path_open(nic) && sim_can_send(nic)) {
        if (!st->job.active && !next_job(nic))
            break;
        sent += run_job(nic, budget - sent);
    }
    return sent;
}
