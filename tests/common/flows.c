// SPDX-License-Identifier: MIT
#include "tests/common/flows.h"

static void put16(uint8_t *at, unsigned val)
{
    at[0] = (uint8_t)(val >> 8);
    at[1] = (uint8_t)val;
}

static unsigned sum16(const uint8_t *at, unsigned bytes, unsigned sum)
{
    for (unsigned i = 0; i < bytes; i += 2)
        sum += (unsigned)at[i] << 8 | at[i + 1];
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

/* Header at `ip`, `payload` bytes behind it; the pseudo header's sum. */
static unsigned fill_ip(uint8_t *ip, const struct flow *flow, unsigned payload)
{
    unsigned sum = flow->proto + payload;

    if (flow->v6) {
        ip[0] = 0x60;
        put16(ip + 4, payload);
        ip[6] = flow->proto;
        ip[7] = 64;
        memcpy(ip + 8, flow->src, 16);
        memcpy(ip + 24, flow->dst, 16);
        return sum16(ip + 8, 32, sum);
    }
    ip[0] = 0x45;
    put16(ip + 2, 20 + payload);
    ip[8] = 64;
    ip[9] = flow->proto;
    memcpy(ip + 12, flow->src, 4);
    memcpy(ip + 16, flow->dst, 4);
    put16(ip + 10, ~sum16(ip, 20, 0));
    return sum16(ip + 12, 8, sum);
}

static void fill_flow(uint8_t *f, const uint8_t mac[6], const struct flow *flow)
{
    unsigned l4 = 14 + (flow->v6 ? 40u : 20u), payload = FLOW_FRAME - l4;
    uint8_t *seg = f + l4;

    memset(f, 0, FLOW_FRAME);
    memcpy(f, mac, 6);
    f[6] = 2;
    put16(f + 12, flow->v6 ? 0x86dd : 0x0800);
    unsigned sum = fill_ip(f + 14, flow, payload);
    put16(seg, flow->sport);
    put16(seg + 2, flow->dport);
    if (flow->proto == PROTO_TCP) {
        seg[12] = 5 << 4;
        seg[13] = 0x10;
        put16(seg + 16, ~sum16(seg, payload, sum));
    } else {
        put16(seg + 4, payload);
        put16(seg + 6, ~sum16(seg, payload, sum));
    }
}

void flow_send(struct stage *s, const struct flow *flow)
{
    struct pkt_buf *buf = frame_make(s, FLOW_FRAME, s->mac, 0);

    assert_non_null(buf);
    fill_flow(buf->data, s->mac, flow);
    assert_int_equal(ixl_tx_batch(s->dev, 0, &buf, 1), 1);
    ixl_tx_reclaim(s->dev, 0);
}

struct pkt_buf *flow_await(struct stage *s, uint16_t *queue)
{
    uint64_t end = now_ms() + PATIENCE_MS;
    unsigned idle = 0;

    for (;;) {
        for (uint16_t q = 0; q < ixl_get_num_rx_queues(s->dev); q++) {
            struct pkt_buf *buf = NULL;
            *queue = q;
            if (ixl_rx_batch(s->dev, q, &buf, 1) == 1)
                return buf;
        }
        if (now_ms() > end)
            fail_msg("a frame does not come");
        breathe(&idle);
    }
}
