// SPDX-License-Identifier: MIT
/*
 * From a gathered packet to frames on the wire: checksum insertion, segmentation, VLAN tag
 * (8254x 3.4 to 3.6, 82576 7.2.4 and 7.2.5).
 */
#include <string.h>

#include "bytes.h"
#include "e1000_core.h"

enum { TCP_FIN_PSH = 0x09 };

/* ---- checksums ------------------------------------------------------------------------ */

/* Sum [start, end) and put the result at `at`. False: the offsets lie outside of the frame. */
static bool insert_csum(struct e1k *s, uint8_t *f, size_t len, unsigned start, unsigned at,
                        unsigned last, uint32_t more, const char *which)
{
    size_t end = last ? (size_t)last + 1 : len;

    if (start >= len || at + 2u > len || end > len || end <= start) {
        sim_violation(s->nic,
                      "transmit context: %s checksum from %u to %u at %u does not fit a "
                      "frame of %zu bytes",
                      which, start, (unsigned)end, at, len);
        return false;
    }
    uint16_t sum = sim_csum_fold(sim_csum_add(more, f + start, end - start));
    sim_put_be16(f + at, sum);
    return true;
}

static bool check_ip(struct e1k *s, const uint8_t *f, size_t len, const struct e1k_ctx *c)
{
    if (c->ipcss < len && (!c->ipv4 || f[c->ipcss] >> 4 == 4))
        return true;
    sim_violation(s->nic, "transmit context: says IPv4 at offset %u, the frame has none there",
                  c->ipcss);
    return false;
}

static uint32_t crc32c(const uint8_t *p, size_t len)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < len; i++) {
        crc ^= p[i];
        for (int b = 0; b < 8; b++)
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
    }
    return ~crc;
}

static bool insert_sctp(struct e1k *s, uint8_t *f, size_t len, const struct e1k_ctx *c)
{
    if (c->tucss + 12u > len) {
        sim_violation(s->nic, "transmit context: SCTP header at %u is not in the frame", c->tucss);
        return false;
    }
    memset(f + c->tucso, 0, 4);
    sim_put_le32(f + c->tucso, crc32c(f + c->tucss, len - c->tucss));
    return true;
}

/* l4_len: added to the transport checksum, as segmentation does with each segment's length. */
static bool insert_all(struct e1k *s, uint8_t *f, size_t len, uint32_t l4_len)
{
    const struct e1k_ctx *c = &s->tx.ctx;

    if ((s->tx.ixsm || s->tx.txsm) && !c->valid) {
        sim_violation(s->nic, "checksum insertion without a context descriptor before it");
        return false;
    }
    if (s->tx.ixsm && !s->tx.tse && !check_ip(s, f, len, c))
        return false;
    if (s->tx.ixsm) { /* the field itself counts as it is: software clears it */
        if (!insert_csum(s, f, len, c->ipcss, c->ipcso, c->ipcse, 0, "IP"))
            return false;
    }
    if (!s->tx.txsm)
        return true;
    if (c->sctp)
        return insert_sctp(s, f, len, c);
    if (!insert_csum(s, f, len, c->tucss, c->tucso, s->tx.tse ? 0 : c->tucse, l4_len, "TCP/UDP"))
        return false;
    if (!c->tcp && s->chip->gen == E1K_IGB && sim_get_be16(f + c->tucso) == 0)
        sim_put_be16(f + c->tucso, 0xffff); /* a UDP checksum of 0 would mean "none" */
    return true;
}

/* ---- segmentation ------------------------------------------------------------------------ */

static bool segmentable(struct e1k *s)
{
    const struct e1k_ctx *c = &s->tx.ctx;
    unsigned l4 = c->tcp ? 20 : 8;

    if (!c->valid || !c->mss || !c->hdr_len) {
        sim_violation(s->nic, "segmentation without a context that has MSS and header length");
        return false;
    }
    if (c->hdr_len > s->tx.len || c->tucss + l4 > c->hdr_len || c->ipcss + 20u > c->tucss) {
        sim_violation(s->nic,
                      "segmentation: header of %u bytes (IP at %u, L4 at %u) does not fit "
                      "a packet of %zu",
                      c->hdr_len, c->ipcss, c->tucss, s->tx.len);
        return false;
    }
    if (s->tx.len - c->hdr_len != c->paylen) {
        sim_violation(s->nic, "segmentation: payload length %u announced, the descriptors have %zu",
                      (unsigned)c->paylen, s->tx.len - c->hdr_len);
        return false;
    }
    return check_ip(s, s->tx.data, s->tx.len, c);
}

/* Flags that survive in the first, the middle and the last segment (82576 8.12.4). */
static uint8_t flag_mask(const struct e1k *s, bool last)
{
    bool first = s->tx.segments == 0;

    if (s->chip->gen != E1K_IGB || (first && last))
        return last ? 0xff : (uint8_t)~TCP_FIN_PSH;
    if (last)
        return (uint8_t)e1k_get(s, R_DTXTCPFLGH);
    return (uint8_t)(e1k_get(s, R_DTXTCPFLGL) >> (first ? 0 : 16));
}

static void adapt_headers(struct e1k *s, uint8_t *f, size_t len, bool last)
{
    const struct e1k_ctx *c = &s->tx.ctx;
    uint8_t *ip = f + c->ipcss, *l4 = f + c->tucss;

    if (c->ipv4) {
        sim_put_be16(ip + 2, (uint16_t)(len - c->ipcss));
        sim_put_be16(ip + 4, (uint16_t)(sim_get_be16(ip + 4) + s->tx.segments));
    } else {
        sim_put_be16(ip + 4, (uint16_t)(len - c->ipcss - 40));
    }
    if (c->tcp) {
        sim_put_be32(l4 + 4, sim_get_be32(l4 + 4) + (uint32_t)s->tx.payload_sent);
        l4[13] &= flag_mask(s, last);
    } else {
        sim_put_be16(l4 + 4, (uint16_t)(len - c->tucss));
    }
}

static size_t next_segment(struct e1k *s, uint8_t *out)
{
    const struct e1k_ctx *c = &s->tx.ctx;

    if (s->tx.segments == 0 && !segmentable(s))
        return 0;
    size_t left = s->tx.len - c->hdr_len - s->tx.payload_sent;
    size_t part = left < c->mss ? left : c->mss, len = c->hdr_len + part;
    if (len > SIM_FRAME_MAX - 4) {
        sim_violation(s->nic, "segmentation: segments of %zu bytes are no frames", len);
        return 0;
    }
    memcpy(out, s->tx.data, c->hdr_len);
    memcpy(out + c->hdr_len, s->tx.data + c->hdr_len + s->tx.payload_sent, part);
    adapt_headers(s, out, len, part == left);
    if (!insert_all(s, out, len, (uint32_t)(len - c->tucss)))
        return 0;
    s->tx.payload_sent += part;
    s->tx.segments++;
    return len;
}

bool e1k_frame_done(const struct e1k *s)
{
    if (!s->tx.tse)
        return s->tx.segments > 0;
    return s->tx.segments > 0 && s->tx.payload_sent + s->tx.ctx.hdr_len >= s->tx.len;
}

/* ---- one frame ------------------------------------------------------------------------------ */

static size_t insert_vlan(struct e1k *s, uint8_t *f, size_t len)
{
    if (!s->tx.vle)
        return len;
    if (!(e1k_get(s, R_CTRL) & CTRL_VME)) {
        sim_violation(s->nic, "VLE in a transmit descriptor while CTRL.VME is clear");
        return len;
    }
    memmove(f + 16, f + 12, len - 12);
    sim_put_be16(f + 12, (uint16_t)e1k_get(s, R_VET));
    sim_put_be16(f + 14, s->tx.vlan);
    return len + 4;
}

/* Without IFCS the last four bytes are the FCS, made by software. */
static size_t check_fcs(struct e1k *s, const uint8_t *f, size_t len)
{
    if (s->tx.ifcs)
        return len;
    if (len > 64 - 1 && sim_get_le32(f + len - 4) == sim_fcs(f, len - 4))
        return len - 4;
    sim_violation(s->nic,
                  "transmit descriptor without IFCS, and the frame does not end in its FCS");
    return 0;
}

static size_t finish(struct e1k *s, uint8_t *f, size_t len)
{
    len = check_fcs(s, f, len);
    if (len == 0)
        return 0;
    len = insert_vlan(s, f, len);
    if (len + 4 > s->chip->max_frame) {
        sim_violation(s->nic, "frame of %zu bytes is longer than the %s can send", len,
                      s->chip->name);
        return 0;
    }
    if (len < SIM_FRAME_MIN && (e1k_get(s, R_TCTL) & TCTL_PSP)) {
        if (len < 17 - 4)
            sim_violation(s->nic, "frame of %zu bytes: too short to be padded (TCTL.PSP)", len);
        memset(f + len, 0, SIM_FRAME_MIN - len);
        len = SIM_FRAME_MIN;
    }
    return len;
}

size_t e1k_frame_next(struct e1k *s, uint8_t *out)
{
    if (s->tx.tse) {
        size_t len = next_segment(s, out);
        return len ? finish(s, out, len) : 0;
    }
    s->tx.segments = 1;
    if (s->tx.len < 14 || s->tx.len > SIM_FRAME_MAX - 4) {
        sim_violation(s->nic, "packet of %zu bytes: no frame has that length", s->tx.len);
        return 0;
    }
    memcpy(out, s->tx.data, s->tx.len);
    if (!insert_all(s, out, s->tx.len, 0))
        return 0;
    return finish(s, out, s->tx.len);
}
