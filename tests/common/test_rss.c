// SPDX-License-Identifier: MIT
/* Receive-side scaling: hashes, types, table. */
#include "tests/common/cases.h"
#include "tests/common/flows.h"

#define QUEUES 4u

/* The verification suite of the hash's specification ("Scaling ... RSS", Microsoft), whose key is
 * the library's default. */
static const struct vector {
    struct flow flow;
    uint32_t ip, ports;
} vectors[] = {
    { { .dst = { 161, 142, 100, 80 }, .dport = 1766, .src = { 66, 9, 149, 187 }, .sport = 2794 },
      0x323e8fc2,
      0x51ccc178 },
    { { .dst = { 65, 69, 140, 83 }, .dport = 4739, .src = { 199, 92, 111, 2 }, .sport = 14230 },
      0xd718262a,
      0xc626b0ea },
    { { .dst = { 12, 22, 207, 184 }, .dport = 38024, .src = { 24, 19, 198, 95 }, .sport = 12898 },
      0xd2d0a5de,
      0x5c2b394a },
    { { .dst = { 209, 142, 163, 6 }, .dport = 2217, .src = { 38, 27, 205, 30 }, .sport = 48228 },
      0x82989176,
      0xafc7327f },
    { { .dst = { 202, 188, 127, 2 }, .dport = 1303, .src = { 153, 39, 163, 191 }, .sport = 44251 },
      0x5d1809c5,
      0x10e828a2 },
    { { .v6 = true,
        .dport = 1766,
        .sport = 2794,
        .dst = { 0x3f, 0xfe, 0x25, 0x01, 2, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 1 },
        .src = { 0x3f, 0xfe, 0x25, 0x01, 2, 0, 0x1f, 0xff, 0, 0, 0, 0, 0, 0, 0, 7 } },
      0x2cc18cd5,
      0x40207d3d },
    { { .v6 = true,
        .dport = 4739,
        .sport = 14230,
        .dst = { 0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 },
        .src = { 0x3f, 0xfe, 5, 1, 0, 8, 0, 0, 2, 0x60, 0x97, 0xff, 0xfe, 0x40, 0xef, 0xab } },
      0x0f0c461c,
      0xdde51bbf },
    { { .v6 = true,
        .dport = 38024,
        .sport = 44251,
        .dst = { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0xf8, 0xff, 0xfe, 0x21, 0x67, 0xcf },
        .src = { 0x3f, 0xfe, 0x19, 0, 0x45, 0x45, 0, 3, 2, 0, 0xf8, 0xff, 0xfe, 0x21, 0x67,
                 0xcf } },
      0x4b61e985,
      0x02d1feef },
};
#define VECTORS (sizeof(vectors) / sizeof(vectors[0]))

/* Opens with as many queues as RSS can use here; false, and closed, if there is none. */
static bool open_rss(struct stage *s, struct ixl_rss *rss)
{
    struct ixl_dev_cfg cfg = polling();
    struct ixl_device_info info;

    stage_open(s, "", &cfg);
    assert_int_equal(ixl_get_info(s->dev, &info), 0);
    if (!supports(s, IXL_FEAT_RSS)) {
        assert_int_equal(ixl_get_rss(s->dev, rss), -IXL_ENOTSUP);
        stage_close(s);
        return false;
    }
    stage_close_device(s);
    cfg.num_rx_queues = info.max_rx_queues < QUEUES ? info.max_rx_queues : QUEUES;
    stage_open_on(s, s->bus, &cfg);
    stage_ready(s);
    assert_int_equal(ixl_get_rss(s->dev, rss), 0);
    return true;
}

/* One frame of the flow: hashed as that type (none: not at all), and where the table says. */
static void check_flow(struct stage *s, const struct ixl_rss *rss, const struct flow *flow,
                       unsigned type, uint32_t hash)
{
    uint16_t queue;
    flow_send(s, flow);
    struct pkt_buf *buf = flow_await(s, &queue);
    assert_int_equal(buf->ptype & IXL_PTYPE_RSS, type);
    if (type != IXL_RSS_NONE)
        assert_int_equal(buf->rss_hash, hash);
    assert_int_equal(queue, type == IXL_RSS_NONE ? 0 : rss->table[hash % rss->table_size]);
    ixl_pkt_buf_free(buf);
}

/* TCP with all types on. QEMU's igb takes the bit of "TCP over IPv6 with extension headers" for
 * that of TCP over IPv6 and so hashes addresses alone. */
static void check_tcp(struct stage *s, const struct ixl_rss *rss, const struct vector *v)
{
    struct flow flow = v->flow;
    flow.proto = PROTO_TCP;
    if (flow.v6 && on_qemu("igb"))
        check_flow(s, rss, &flow, IXL_RSS_IPV6, v->ip);
    else
        check_flow(s, rss, &flow, flow.v6 ? IXL_RSS_TCP_IPV6 : IXL_RSS_TCP_IPV4, v->ports);
}

/* With ports and without, and by no type at all. */
static void check_vector(struct stage *s, struct ixl_rss *rss, const struct vector *v)
{
    struct flow flow = v->flow;
    unsigned plain = flow.v6 ? IXL_RSS_IPV6 : IXL_RSS_IPV4;
    unsigned udp = flow.v6 ? IXL_RSS_UDP_IPV6 : IXL_RSS_UDP_IPV4;

    rss->hash_types = rss->supported_types;
    assert_int_equal(ixl_set_rss(s->dev, rss), 0);
    check_tcp(s, rss, v);
    flow.proto = PROTO_UDP;
    if (rss->supported_types & 1ull << udp)
        check_flow(s, rss, &flow, udp, v->ports);
    else
        check_flow(s, rss, &flow, plain, v->ip);
    flow.proto = PROTO_TCP;
    rss->hash_types = 1ull << plain;
    assert_int_equal(ixl_set_rss(s->dev, rss), 0);
    check_flow(s, rss, &flow, plain, v->ip);
    rss->hash_types = 0;
    assert_int_equal(ixl_set_rss(s->dev, rss), 0);
    check_flow(s, rss, &flow, IXL_RSS_NONE, 0);
}

void hashes_are_the_published_ones(void **state)
{
    struct ixl_rss rss;
    struct stage s;

    (void)state;
    if (!open_rss(&s, &rss))
        return;
    for (unsigned i = 0; i < VECTORS; i++)
        check_vector(&s, &rss, &vectors[i]);
    rss.hash_types = rss.supported_types;
    rss.key[0] ^= 0x80; /* the first bit of the first address weighs differently now */
    assert_int_equal(ixl_set_rss(s.dev, &rss), 0);
    struct flow flow = vectors[0].flow;
    flow.proto = PROTO_TCP;
    check_flow(&s, &rss, &flow, IXL_RSS_TCP_IPV4, vectors[0].ports);
    flow = vectors[1].flow; /* 199 has the bit, 66 has not */
    flow.proto = PROTO_TCP;
    check_flow(&s, &rss, &flow, IXL_RSS_TCP_IPV4, vectors[1].ports ^ 0x80000000u);
    stage_close(&s);
}

void the_table_directs_flows(void **state)
{
    struct ixl_rss rss;
    struct stage s;

    (void)state;
    if (!open_rss(&s, &rss))
        return;
    uint16_t queues = ixl_get_num_rx_queues(s.dev);
    for (uint16_t q = 0; q < queues; q++) { /* all to one */
        for (unsigned i = 0; i < rss.table_size; i++)
            rss.table[i] = q;
        assert_int_equal(ixl_set_rss(s.dev, &rss), 0);
        for (unsigned i = 0; i < VECTORS; i++)
            check_tcp(&s, &rss, &vectors[i]);
    }
    uint32_t entry = vectors[0].ports % rss.table_size; /* one elsewhere */
    rss.table[entry] = 0;
    assert_int_equal(ixl_set_rss(s.dev, &rss), 0);
    check_tcp(&s, &rss, &vectors[0]);
    check_tcp(&s, &rss, &vectors[1]);
    stage_close(&s);
}
