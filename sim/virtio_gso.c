// SPDX-License-Identifier: MIT
/* Segmentation of TCP (5.1.6.2: HOST_TSO4, HOST_TSO6). */
#include <string.h>

#include "bytes.h"
#include "packet.h"
#include "virtio.h"

enum { GSO_TCPV4 = 1, GSO_TCPV6 = 4, TCP_FIN_PSH = 0x09 };

static void finish_ip(uint8_t *ip, bool v6, unsigned header, unsigned packet, uint16_t number)
{
    if (v6) {
        sim_put_be16(ip + 4, (uint16_t)(packet - 40));
        return;
    }
    sim_put_be16(ip + 2, (uint16_t)packet);
    sim_put_be16(ip + 4, (uint16_t)(sim_get_be16(ip + 4) + number));
    sim_put_be16(ip + 10, 0);
    sim_put_be16(ip + 10, sim_csum_fold(sim_csum_add(0, ip, header)));
}

static void finish_tcp(const uint8_t *ip, uint8_t *tcp, bool v6, unsigned len)
{
    uint32_t sum = 6 + len;

    sum = v6 ? sim_csum_add(sum, ip + 8, 32) : sim_csum_add(sum, ip + 12, 8);
    sim_put_be16(tcp + 16, 0);
    sim_put_be16(tcp + 16, sim_csum_fold(sim_csum_add(sum, tcp, len)));
}

bool virtio_segment(struct sim_nic *nic, uint8_t *frame, size_t len, unsigned type, unsigned mss,
                    unsigned headers)
{
    struct sim_packet p;
    uint8_t out[SIM_FRAME_MAX];

    sim_packet_parse(&p, frame, len);
    bool v6 = type == GSO_TCPV6;
    if ((v6 ? !p.ipv6 : !p.ipv4) || p.l4 != SIM_L4_TCP || mss == 0 ||
        headers != p.l4_off + p.l4_len || headers + mss > sizeof(out) || headers >= len)
        return false;
    if (!v6 && sim_csum_fold(sim_csum_add(0, frame + p.l3_off, p.l3_len)) != 0)
        sim_violation(nic, "a frame to be segmented has a wrong IPv4 header checksum");
    if (p.ip_end != len)
        sim_violation(nic, "a frame to be segmented has a wrong IP length");
    uint32_t sequence = sim_get_be32(frame + p.l4_off + 4);
    uint16_t number = 0;
    for (size_t at = headers; at < len; at += mss, number++) {
        unsigned piece = len - at < mss ? (unsigned)(len - at) : mss;
        memcpy(out, frame, headers);
        memcpy(out + headers, frame + at, piece);
        sim_put_be32(out + p.l4_off + 4, sequence + (uint32_t)(at - headers));
        if (at + piece < len)
            out[p.l4_off + 13] &= (uint8_t)~TCP_FIN_PSH;
        finish_ip(out + p.l3_off, v6, p.l3_len, headers + piece - p.l3_off, number);
        finish_tcp(out + p.l3_off, out + p.l4_off, v6, p.l4_len + piece);
        sim_send(nic, out, headers + piece);
    }
    return true;
}
