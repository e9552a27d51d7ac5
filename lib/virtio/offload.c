// SPDX-License-Identifier: MIT
/* Checksums and segmentation (5.1.6.2, 5.1.6.4), and the parts of them that the device leaves to
 * us. */
#include "lib/virtio/virtio.h"

#define TCP      6u
#define TSO_MOST 65535u /* of an IP packet */
#define L4_FLAGS (IXL_TX_TCP_CSUM | IXL_TX_UDP_CSUM | IXL_TX_SCTP_CSUM | IXL_TX_TSO)
#define L3_FLAGS (IXL_TX_IP_CSUM | IXL_TX_TSO) /* headers are written by us */

/* ---- the Internet checksum, over bytes in network order ------------------------------------- */

static uint64_t add16(uint64_t sum, const uint8_t *at, size_t len)
{
    for (size_t i = 0; i + 1 < len; i += 2)
        sum += (uint32_t)at[i] << 8 | at[i + 1];
    return len & 1 ? sum + ((uint32_t)at[len - 1] << 8) : sum;
}

static uint16_t fold(uint64_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

static void put16(uint8_t *at, uint32_t val)
{
    at[0] = (uint8_t)(val >> 8);
    at[1] = (uint8_t)val;
}

/* ---- receiving ------------------------------------------------------------------------------ */

/* From byte `skip` of the chain on. A piece that starts at an odd place counts with bytes swapped.
 */
static uint64_t sum_chain(const struct pkt_buf *buf, uint32_t skip)
{
    uint64_t sum = 0;
    bool odd = false;

    for (; buf; buf = buf->next, skip = 0) {
        uint32_t len = buf->size - skip;
        uint16_t part = fold(add16(0, buf->data + skip, len));
        sum += (uint16_t)(odd ? part << 8 | part >> 8 : part);
        odd ^= len & 1;
    }
    return sum;
}

/* The field holds the sum of the pseudo header. It has to lie in the first piece. */
bool vio_finish_csum(struct pkt_buf *frame, uint32_t start, uint32_t offset)
{
    if (start < 14 || start + offset + 2 > frame->size)
        return false;
    uint16_t csum = (uint16_t)~fold(sum_chain(frame, start));
    put16(frame->data + start + offset, csum ? csum : 0xffff);
    return true;
}

uint32_t vio_offloads(uint64_t active)
{
    return (active & IXL_FEAT_TX_IP_CSUM ? IXL_TX_IP_CSUM : 0) |
           (active & IXL_FEAT_TX_TCP_CSUM ? IXL_TX_TCP_CSUM : 0) |
           (active & IXL_FEAT_TX_UDP_CSUM ? IXL_TX_UDP_CSUM : 0) |
           (active & IXL_FEAT_TX_TSO ? IXL_TX_TSO : 0);
}

/* ---- sending -------------------------------------------------------------------------------- */

static const char *tso_unfit(const struct vio_txq *q, const struct pkt_buf *frame, uint32_t bytes)
{
    if ((frame->flags & IXL_TX_IPV6) && !q->tso6)
        return "this device does no segmentation of IPv6: cut the data yourself";
    if (frame->mss == 0 || frame->l4_len < 20)
        return "segmentation needs mss and l4_len";
    if (frame->flags & IXL_TX_IPV6 && frame->l3_len < 40)
        return "l3_len does not describe its header";
    if (bytes - frame->l2_len > TSO_MOST)
        return "it is longer than an IP packet can be";
    return NULL;
}

const char *vio_offload_unfit(const struct vio_txq *q, const struct pkt_buf *frame, uint32_t bytes)
{
    uint32_t flags = frame->flags & IXL_TX_FLAGS, l4_len = frame->l4_len;
    uint32_t l4 = (uint32_t)frame->l2_len + frame->l3_len;

    if (flags & IXL_TX_VLAN)
        return "this device inserts no VLAN tags: put the tag into the frame";
    if (flags & IXL_TX_SCTP_CSUM)
        return "this device cannot compute SCTP checksums";
    if (!(flags & (L4_FLAGS | IXL_TX_IP_CSUM)))
        return NULL;
    if (flags & ~(uint32_t)IXL_TX_IPV6 & ~__atomic_load_n(&q->offloads, __ATOMIC_RELAXED))
        return "it asks for work this device cannot do: see ixl_get_features";
    if (flags & IXL_TX_UDP_CSUM)
        l4_len = 8;
    else if (l4_len == 0 && (flags & IXL_TX_TCP_CSUM))
        l4_len = 20;
    if (frame->l2_len < 14 || frame->l3_len < 20 || l4 + l4_len > frame->size)
        return "l2_len, l3_len or l4_len do not describe its headers";
    if ((flags & L3_FLAGS) && frame->state)
        return "its headers have to be written, and its buffer is shared";
    return flags & IXL_TX_TSO ? tso_unfit(q, frame, bytes) : NULL;
}

static void fill_ip_csum(uint8_t *ip, uint32_t len)
{
    put16(ip + 10, 0);
    put16(ip + 10, (uint16_t)~fold(add16(0, ip, len)));
}

/* Segments are cut from a packet whose own lengths and sums are right: programs that know other
 * hardware may have left the length out of them. */
static void prepare_segmentation(struct pkt_buf *frame, uint32_t bytes)
{
    uint8_t *ip = frame->data + frame->l2_len, *tcp = ip + frame->l3_len;
    uint32_t packet = bytes - frame->l2_len, payload = packet - frame->l3_len;
    uint64_t sum = (uint64_t)TCP + payload;

    if (frame->flags & IXL_TX_IPV6) {
        put16(ip + 4, packet - 40);
        sum = add16(sum, ip + 8, 32);
    } else {
        put16(ip + 2, packet);
        fill_ip_csum(ip, frame->l3_len);
        sum = add16(sum, ip + 12, 8);
    }
    put16(tcp + 16, fold(sum));
}

static void put_le16(uint8_t *at, uint32_t val)
{
    at[0] = (uint8_t)val;
    at[1] = (uint8_t)(val >> 8);
}

void vio_offload_header(struct pkt_buf *frame, uint32_t bytes, uint8_t header[VIO_HDR_SIZE_HASH])
{
    uint32_t flags = frame->flags, l4 = (uint32_t)frame->l2_len + frame->l3_len;

    memset(header, 0, VIO_HDR_SIZE_HASH);
    if (flags & (IXL_TX_TCP_CSUM | IXL_TX_UDP_CSUM | IXL_TX_TSO)) {
        header[VIO_HDR_FLAGS] = VIO_HDR_NEEDS_CSUM;
        put_le16(header + VIO_HDR_START, l4);
        put_le16(header + VIO_HDR_OFFSET, flags & (IXL_TX_TCP_CSUM | IXL_TX_TSO) ? 16 : 6);
    }
    if (flags & IXL_TX_TSO) {
        header[VIO_HDR_GSO] = flags & IXL_TX_IPV6 ? VIO_GSO_TCPV6 : VIO_GSO_TCPV4;
        put_le16(header + VIO_HDR_LEN, l4 + frame->l4_len);
        put_le16(header + VIO_HDR_GSO_SIZE, frame->mss);
        prepare_segmentation(frame, bytes);
    } else if ((flags & IXL_TX_IP_CSUM) && !(flags & IXL_TX_IPV6)) {
        fill_ip_csum(frame->data + frame->l2_len, frame->l3_len);
    }
}
