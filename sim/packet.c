// SPDX-License-Identifier: MIT
#include "packet.h"

#include <pthread.h>
#include <string.h>

#include "bytes.h"

enum {
    ETH_P_VLAN = 0x8100,
    ETH_P_QINQ = 0x88a8,
    ETH_P_IPV4 = 0x0800,
    ETH_P_IPV6 = 0x86dd,
    PROTO_TCP = 6,
    PROTO_UDP = 17,
    PROTO_SCTP = 132,
    /* IPv6 extension headers that have a length field */
    EXT_HOP = 0,
    EXT_ROUTING = 43,
    EXT_FRAGMENT = 44,
    EXT_DEST = 60,
};

/* ---- dissection ----------------------------------------------------------- */

static void parse_l2(struct sim_packet *p, const uint8_t *f, size_t len)
{
    p->l2_len = 14;
    p->ethertype = sim_get_be16(f + 12);
    for (int tags = 0; tags < 2; tags++) {
        if ((p->ethertype != ETH_P_VLAN && p->ethertype != ETH_P_QINQ) || len < p->l2_len + 4)
            return;
        if (tags == 0 && p->ethertype == ETH_P_VLAN) {
            p->vlan = true;
            p->vlan_tci = sim_get_be16(f + 14);
        }
        p->ethertype = sim_get_be16(f + p->l2_len + 2);
        p->l2_len += 4;
    }
}

static void parse_l4(struct sim_packet *p, const uint8_t *f, uint8_t proto, unsigned off)
{
    unsigned room = p->ip_end > off ? p->ip_end - off : 0;
    unsigned hdr = 0;

    p->l4_off = off;
    if (proto == PROTO_TCP && room >= 20) {
        hdr = (unsigned)(f[off + 12] >> 4) * 4;
        p->l4 = hdr >= 20 && hdr <= room ? SIM_L4_TCP : SIM_L4_NONE;
    } else if (proto == PROTO_UDP && room >= 8) {
        hdr = 8;
        p->l4 = SIM_L4_UDP;
    } else if (proto == PROTO_SCTP && room >= 12) {
        hdr = 12;
        p->l4 = SIM_L4_SCTP;
    }
    p->l4_len = p->l4 != SIM_L4_NONE ? hdr : 0;
}

static void parse_ipv4(struct sim_packet *p, const uint8_t *f, size_t len)
{
    const uint8_t *ip = f + p->l3_off;
    unsigned room = (unsigned)len - p->l3_off;

    if (room < 20 || ip[0] >> 4 != 4)
        return;
    unsigned hdr = (ip[0] & 15u) * 4;
    unsigned total = sim_get_be16(ip + 2);
    if (hdr < 20 || total < hdr || total > room)
        return;
    p->ipv4 = true;
    p->ipv4_options = hdr > 20;
    p->l3_len = hdr;
    p->ip_end = p->l3_off + total;
    p->fragment = (sim_get_be16(ip + 6) & 0x3fff) != 0; /* more fragments, or an offset */
    if (!p->fragment)
        parse_l4(p, f, ip[9], p->l3_off + hdr);
}

static void parse_ipv6(struct sim_packet *p, const uint8_t *f, size_t len)
{
    const uint8_t *ip = f + p->l3_off;
    unsigned room = (unsigned)len - p->l3_off;

    if (room < 40 || ip[0] >> 4 != 6 || sim_get_be16(ip + 4) + 40u > room)
        return;
    p->ipv6 = true;
    p->ip_end = p->l3_off + 40 + sim_get_be16(ip + 4);
    uint8_t next = ip[6];
    unsigned off = p->l3_off + 40;
    while (next == EXT_HOP || next == EXT_ROUTING || next == EXT_DEST || next == EXT_FRAGMENT) {
        p->ipv6_ext = true;
        if (off + 8 > p->ip_end)
            break;
        unsigned ext = next == EXT_FRAGMENT ? 8 : (f[off + 1] + 1u) * 8;
        p->fragment |= next == EXT_FRAGMENT;
        next = f[off];
        off += ext; /* always grows: the loop ends at ip_end */
    }
    if (off > p->ip_end)
        off = p->ip_end;
    p->l3_len = off - p->l3_off;
    if (!p->fragment)
        parse_l4(p, f, next, off);
}

void sim_packet_parse(struct sim_packet *p, const uint8_t *frame, size_t len)
{
    memset(p, 0, sizeof(*p));
    if (len < 14)
        return;
    parse_l2(p, frame, len);
    p->l3_off = p->l2_len;
    p->ip_end = (unsigned)len;
    if (p->ethertype == ETH_P_IPV4)
        parse_ipv4(p, frame, len);
    else if (p->ethertype == ETH_P_IPV6)
        parse_ipv6(p, frame, len);
}

/* ---- checksums ------------------------------------------------------------ */

uint32_t sim_csum_add(uint32_t sum, const uint8_t *data, size_t len)
{
    uint64_t wide = sum;
    size_t i = 0;

    for (; i + 4 <= len; i += 4)
        wide += sim_get_be32(data + i);
    if (len - i >= 2) {
        wide += sim_get_be16(data + i);
        i += 2;
    }
    if (i < len)
        wide += (uint32_t)data[i] << 8;
    while (wide >> 16)
        wide = (wide & 0xffff) + (wide >> 16);
    return (uint32_t)wide;
}

uint16_t sim_csum_fold(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static uint32_t pseudo_header(const struct sim_packet *p, const uint8_t *f)
{
    uint32_t proto = p->l4 == SIM_L4_TCP ? PROTO_TCP : PROTO_UDP;
    uint32_t sum = proto + (p->ip_end - p->l4_off);

    if (p->ipv4)
        return sim_csum_add(sum, f + p->l3_off + 12, 8);
    return sim_csum_add(sum, f + p->l3_off + 8, 32);
}

void sim_packet_verify(struct sim_packet *p, const uint8_t *frame)
{
    if (p->ipv4)
        p->ip_csum_ok = sim_csum_fold(sim_csum_add(0, frame + p->l3_off, p->l3_len)) == 0;
    if (p->l4 != SIM_L4_TCP && p->l4 != SIM_L4_UDP)
        return;
    p->l4_csum_present = p->l4 == SIM_L4_TCP || sim_get_be16(frame + p->l4_off + 6) != 0;
    if (p->l4_csum_present)
        p->l4_csum_ok = sim_csum_fold(sim_csum_add(pseudo_header(p, frame), frame + p->l4_off,
                                                   p->ip_end - p->l4_off)) == 0;
}

/* ---- Toeplitz, FCS -------------------------------------------------------- */

uint32_t sim_toeplitz(const uint8_t key[40], const uint8_t *input, size_t len)
{
    uint64_t window = (uint64_t)sim_get_be32(key) << 32 | sim_get_be32(key + 4);
    uint32_t hash = 0;

    for (size_t i = 0; i < len && i < 36; i++) {
        for (int bit = 7; bit >= 0; bit--) {
            if (input[i] >> bit & 1)
                hash ^= (uint32_t)(window >> 32);
            window <<= 1;
        }
        if (i + 8 < 40)
            window |= key[i + 8]; /* eight bits have moved out on the left */
    }
    return hash;
}

static uint32_t fcs_table[256];

static void make_fcs_table(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int bit = 0; bit < 8; bit++)
            c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
        fcs_table[i] = c;
    }
}

uint32_t sim_fcs(const uint8_t *frame, size_t len)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    uint32_t c = 0xffffffffu;

    pthread_once(&once, make_fcs_table);
    for (size_t i = 0; i < len; i++)
        c = fcs_table[(c ^ frame[i]) & 0xff] ^ c >> 8;
    return ~c;
}
