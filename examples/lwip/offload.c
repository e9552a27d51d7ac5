// SPDX-License-Identifier: MIT
#include "offload.h"

enum {
    ETH_LEN = 14,
    ETH_TYPE = 12,
    IP_LEN = 2, /* offsets in the IPv4 header */
    IP_FRAGMENT = 6,
    IP_PROTOCOL = 9,
    IP_CSUM = 10,
    IP_ADDRESSES = 12,
    PROTO_TCP = 6,
    PROTO_UDP = 17,
    TCP_CSUM = 16,
    UDP_CSUM = 6,
};

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, uint16_t value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

uint32_t csum_add(uint32_t sum, const uint8_t *bytes, size_t len)
{
    for (; len > 1; bytes += 2, len -= 2)
        sum += get16(bytes);
    if (len)
        sum += (uint32_t)bytes[0] << 8;
    return sum;
}

uint16_t csum_fold(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

uint32_t csum_pseudo(const uint8_t *ip, uint8_t protocol, uint16_t len)
{
    return csum_add((uint32_t)protocol + len, ip + IP_ADDRESSES, 8);
}

/* The bytes behind the IPv4 header, 0 if this is no whole IPv4 packet. */
static uint16_t payload_len(const struct pkt_buf *buf)
{
    const uint8_t *ip = buf->data + ETH_LEN;

    if (buf->size < ETH_LEN + 20 || get16(buf->data + ETH_TYPE) != 0x0800 || ip[0] >> 4 != 4)
        return 0;
    uint16_t header = (uint16_t)((ip[0] & 15) * 4), total = get16(ip + IP_LEN);
    if (header < 20 || total <= header || (size_t)ETH_LEN + total > buf->size)
        return 0;
    return (uint16_t)(total - header);
}

static uint8_t *l4_csum(struct pkt_buf *buf)
{
    uint8_t *l4 = buf->data + buf->l2_len + buf->l3_len;

    return l4 + (buf->flags & IXL_TX_TCP_CSUM ? TCP_CSUM : UDP_CSUM);
}

void offload_request(struct pkt_buf *buf)
{
    uint8_t *ip = buf->data + ETH_LEN;
    uint16_t len = payload_len(buf);

    if (!len)
        return;
    buf->l2_len = ETH_LEN;
    buf->l3_len = (uint16_t)((ip[0] & 15) * 4);
    buf->flags |= IXL_TX_IP_CSUM;
    put16(ip + IP_CSUM, 0);
    if (get16(ip + IP_FRAGMENT) & 0x3fff)
        return;
    if (ip[IP_PROTOCOL] == PROTO_TCP && len >= 20)
        buf->flags |= IXL_TX_TCP_CSUM;
    else if (ip[IP_PROTOCOL] == PROTO_UDP && len >= 8 && get16(ip + buf->l3_len + UDP_CSUM) != 0)
        buf->flags |= IXL_TX_UDP_CSUM;
    else
        return;
    put16(l4_csum(buf), csum_fold(csum_pseudo(ip, ip[IP_PROTOCOL], len)));
}

void offload_complete(struct pkt_buf *buf)
{
    uint8_t *ip = buf->data + ETH_LEN;

    if (buf->flags & (IXL_TX_TCP_CSUM | IXL_TX_UDP_CSUM)) {
        /* as in hardware: the pseudo header's sum lies in the field and is added with the rest */
        uint16_t sum = (uint16_t)~csum_fold(csum_add(0, ip + buf->l3_len, payload_len(buf)));
        put16(l4_csum(buf), sum == 0 && (buf->flags & IXL_TX_UDP_CSUM) ? 0xffff : sum);
    }
    if (buf->flags & IXL_TX_IP_CSUM)
        put16(ip + IP_CSUM, (uint16_t)~csum_fold(csum_add(0, ip, buf->l3_len)));
    buf->flags &= ~(uint32_t)IXL_TX_FLAGS;
}
