// SPDX-License-Identifier: MIT
/* Transmit, the second half: checksums, segmentation (7.2.4), VLAN tag, out. */
#include <string.h>

#include "bytes.h"
#include "ixgbe_tx.h"
#include "packet.h"

/* ---- from a job to frames ------------------------------------------------- */

static unsigned mac_len(const struct ixgbe_job *job)
{
    return job->context[1] >> 1;
}

static unsigned ip_len(const struct ixgbe_job *job)
{
    return job->context[0] | (job->context[1] & 1u) << 8;
}

/* TUCMD of the context: bit 10 IPv4, bits 12:11 the protocol (0 UDP, 1 TCP, 2 SCTP). */
static bool is_ipv4(const struct ixgbe_job *job)
{
    return sim_get_le32(job->context + 8) >> 10 & 1;
}

static unsigned l4_type(const struct ixgbe_job *job)
{
    return sim_get_le32(job->context + 8) >> 11 & 3;
}

static void insert_ip_checksum(const struct ixgbe_job *job, uint8_t *f)
{
    uint8_t *ip = f + mac_len(job);

    if (!is_ipv4(job))
        return;
    sim_put_be16(ip + 10, 0);
    sim_put_be16(ip + 10, sim_csum_fold(sim_csum_add(0, ip, ip_len(job))));
}

/*
 * The driver has put the pseudo header's sum into the field: without the length for a
 * segmented packet, with it otherwise (7.2.4.2, 7.2.5). `extra` is that length, or 0.
 */
static void insert_l4_checksum(const struct ixgbe_job *job, uint8_t *f, size_t len, uint32_t extra)
{
    size_t at = mac_len(job) + ip_len(job);
    size_t field = at + (l4_type(job) == 1 ? 16 : 6);
    uint32_t sum = sim_csum_add(extra, f + at, len - at);
    uint16_t csum = sim_csum_fold(sum);

    if (csum == 0 && l4_type(job) == 0)
        csum = 0xffff;
    sim_put_be16(f + field, csum);
}

/* Headers a context claims must lie within the packet. */
bool ixgbe_context_fits(struct sim_nic *nic, const struct ixgbe_job *job)
{
    size_t l4 = mac_len(job) + ip_len(job);
    size_t need = l4;

    if (job->popts & POPTS_TXSM)
        need += l4_type(job) == 1 ? 20 : 8;
    if (job->cmd & CMD_TSE)
        need = l4 + job->context[13] + 1;
    bool ok = mac_len(job) >= 14 && need <= job->len && (!is_ipv4(job) || ip_len(job) >= 20) &&
              l4_type(job) < 2;
    if (ok && (job->cmd & CMD_TSE))
        ok =
            job->context[13] >= (l4_type(job) == 1 ? 20 : 8) && sim_get_le16(job->context + 14) > 0;
    if (!ok)
        sim_violation(nic,
                      "transmit queue %u: the context's lengths (MACLEN %u, IPLEN %u, L4LEN "
                      "%u, L4T %u) do not fit the packet (7.2.3.2.3)",
                      job->queue, mac_len(job), ip_len(job), job->context[13], l4_type(job));
    return ok;
}

/* VLAN tag, padding, counters, out. The frame lies in st->frame. */
static void emit(struct sim_nic *nic, size_t len)
{
    struct ixgbe *st = ixgbe(nic);
    uint32_t hlreg0 = *ixgbe_reg(st, R_HLREG0);
    uint8_t *f = st->frame;

    if (st->job.cmd & CMD_VLE) {
        memmove(f + 16, f + 12, len - 12);
        sim_put_be16(f + 12, 0x8100);
        sim_put_be16(f + 14, st->job.vlan);
        len += 4;
    }
    if (len < SIM_FRAME_MIN && (hlreg0 & HLREG0_TXPADEN)) {
        memset(f + len, 0, SIM_FRAME_MIN - len);
        len = SIM_FRAME_MIN;
    }
    if (!(hlreg0 & HLREG0_TXCRCEN))
        sim_violation(nic, "a frame is sent while HLREG0.TXCRCEN is 0 (8.2.3.22.8)");
    ixgbe_count_tx(st, st->job.queue, f, len);
    if (hlreg0 & HLREG0_LPBK)
        sim_loop_back(nic, f, len);
    else
        sim_send(nic, f, len);
}

void ixgbe_send_plain(struct sim_nic *nic)
{
    struct ixgbe *st = ixgbe(nic);
    struct ixgbe_job *job = &st->job;
    size_t len = job->len;

    if (len > SIM_FRAME_MAX - 4) {
        sim_violation(nic,
                      "transmit queue %u: a frame of %zu bytes, 15.5 KB are the most "
                      "(7.2.1.1)",
                      job->queue, len);
        return;
    }
    if (len < MIN_PACKET)
        return;
    memcpy(st->frame, st->txbuf, len);
    if (job->legacy && (job->cmd & CMD_IC) && job->cso + 1u < len && job->css < len)
        sim_put_be16(st->frame + job->cso,
                     sim_csum_fold(sim_csum_add(0, st->frame + job->css, len - job->css)));
    if (job->popts && ixgbe_context_fits(nic, job)) {
        if (job->popts & POPTS_IXSM)
            insert_ip_checksum(job, st->frame);
        if (job->popts & POPTS_TXSM)
            insert_l4_checksum(job, st->frame, len, 0);
    }
    emit(nic, len);
}

/* ---- segmentation, 7.2.4 -------------------------------------------------- */

static void fix_ip(const struct ixgbe_job *job, uint8_t *f, size_t len)
{
    uint8_t *ip = f + mac_len(job);

    if (is_ipv4(job)) {
        sim_put_be16(ip + 2, (uint16_t)(len - mac_len(job)));
        sim_put_be16(ip + 4, (uint16_t)(sim_get_be16(ip + 4) + job->segment));
        insert_ip_checksum(job, f);
    } else {
        sim_put_be16(ip + 4, (uint16_t)(len - mac_len(job) - 40));
    }
}

static void fix_l4(const struct ixgbe_job *job, uint8_t *f, size_t len, bool last)
{
    size_t l4 = mac_len(job) + ip_len(job);
    uint8_t *h = f + l4;

    if (l4_type(job) == 1) {
        sim_put_be32(h + 4, sim_get_be32(h + 4) + (uint32_t)job->next);
        if (!last)
            h[13] &= (uint8_t)~0x09; /* FIN and PSH belong to the last one */
        if (job->segment)
            h[13] &= (uint8_t)~0x80; /* CWR to the first */
    } else {
        sim_put_be16(h + 4, (uint16_t)(len - l4));
    }
    insert_l4_checksum(job, f, len, (uint32_t)(len - l4));
}

bool ixgbe_send_segment(struct sim_nic *nic)
{
    struct ixgbe *st = ixgbe(nic);
    struct ixgbe_job *job = &st->job;
    size_t header = mac_len(job) + ip_len(job) + job->context[13];
    size_t payload = job->len - header;
    size_t part = payload - job->next;
    size_t mss = sim_get_le16(job->context + 14);

    if (part > mss)
        part = mss;
    if (header + part > SIM_FRAME_MAX - 4) {
        sim_violation(nic, "transmit queue %u: MSS %zu makes frames that are too long", job->queue,
                      mss);
        return false;
    }
    bool last = job->next + part == payload;
    memcpy(st->frame, st->txbuf, header);
    memcpy(st->frame + header, st->txbuf + header + job->next, part);
    fix_ip(job, st->frame, header + part);
    fix_l4(job, st->frame, header + part, last);
    emit(nic, header + part);
    job->next += part;
    job->segment++;
    return !last;
}
