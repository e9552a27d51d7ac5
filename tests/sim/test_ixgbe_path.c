// SPDX-License-Identifier: MIT
/* Frames through the 82599: both directions, offloads, statistics. */
#include "rig.h"

#include <string.h>

#include "bytes.h"
#include "packet.h"

#define USUAL      (1u << 24 | 1u << 25 | 1u << 27) /* EOP, IFCS, RS */
#define ONE_BUFFER (1u << 25 | 2)                   /* advanced, 2 KB */

static struct rig rig;
static uint8_t frame[16384];

static struct rig *up(void)
{
    struct rig *r = &rig;

    rig_open(r, "82599");
    rig_init(r);
    rig_rx_queue(r, 0, ONE_BUFFER);
    rig_tx_queue(r);
    rig_rx_on(r);
    return r;
}

static void send(struct rig *r, size_t len, uint32_t cmd, uint32_t olinfo)
{
    rig_tx_desc(r, frame, len, USUAL | cmd, (uint32_t)len << 14 | olinfo);
    rig_tx_go(r);
}

static void a_sent_frame_reaches_the_wire(void **state)
{
    (void)state;
    struct rig *r = up();
    size_t len = rig_frame(frame, 100);

    send(r, len, 0, 0);
    assert_int_equal(r->sent_count, 1);
    assert_int_equal(r->sent_len[0], len);
    assert_memory_equal(r->sent[0], frame, len);
    assert_int_equal(rig_get32(r, RIG_TX_RING + 12) & 1, 1); /* DD */
    assert_int_equal(rig_read(r, 0x6010), 1);
    rig_close(r);
}

static void a_short_frame_is_padded(void **state)
{
    (void)state;
    struct rig *r = up();

    send(r, rig_frame(frame, 42), 0, 0);
    assert_int_equal(r->sent_len[0], 60);
    assert_int_equal(r->sent[0][59], 0);
    rig_close(r);
}

static void without_rs_there_is_no_dd(void **state)
{
    (void)state;
    struct rig *r = up();

    rig_frame(frame, 64);
    rig_tx_desc(r, frame, 64, 1u << 24 | 1u << 25, 64u << 14);
    rig_tx_go(r);
    assert_int_equal(r->sent_count, 1);
    assert_int_equal(rig_get32(r, RIG_TX_RING + 12) & 1, 0);
    rig_close(r);
}

static void a_packet_in_three_descriptors_is_one_frame(void **state)
{
    (void)state;
    struct rig *r = up();

    rig_frame(frame, 3000);
    rig_tx_desc(r, frame, 1000, 1u << 25, 3000u << 14);
    rig_tx_desc(r, frame + 1000, 1000, 1u << 25, 3000u << 14);
    rig_tx_go(r);
    assert_int_equal(r->sent_count, 0); /* no EOP yet */
    rig_tx_desc(r, frame + 2000, 1000, USUAL, 3000u << 14);
    rig_tx_go(r);
    assert_int_equal(r->sent_count, 1);
    assert_int_equal(r->sent_len[0], 3000);
    assert_memory_equal(r->sent[0], frame, 3000);
    rig_close(r);
}

static void the_head_is_written_back_instead_of_dd(void **state)
{
    (void)state;
    struct rig *r = &rig;
    uint64_t at = RIG_BASE + 0x3f000;

    rig_open(r, "82599");
    rig_init(r);
    rig_write(r, 0x6038, (uint32_t)at | 1);
    rig_write(r, 0x603c, (uint32_t)(at >> 32));
    rig_tx_queue(r);
    rig_put32(r, at, 99);
    send(r, rig_frame(frame, 64), 0, 0);
    assert_int_equal(rig_get32(r, at), 1);
    assert_int_equal(rig_get32(r, RIG_TX_RING + 12) & 1, 0);
    rig_close(r);
}

static void a_received_frame_reaches_memory(void **state)
{
    (void)state;
    struct rig *r = up();
    size_t len = rig_frame(frame, 100);

    assert_true(sim_inject(r->nic, frame, len));
    assert_memory_equal(rig_at(r, rig_rx_buf(0, 0)), frame, len);
    assert_int_equal(rig_get32(r, rig_rx_desc(0, 0) + 8) & 3, 3); /* DD, EOP */
    assert_int_equal(rig_get32(r, rig_rx_desc(0, 0) + 12) & 0xffff, len);
    assert_int_equal(rig_read(r, 0x1010), 1);
    rig_close(r);
}

static void the_fcs_stays_if_not_stripped(void **state)
{
    (void)state;
    struct rig *r = &rig;

    rig_open(r, "82599");
    rig_init(r);
    rig_write(r, 0x4240, rig_read(r, 0x4240) & ~2u);
    rig_write(r, 0x2f00, rig_read(r, 0x2f00) & ~2u);
    rig_rx_queue(r, 0, ONE_BUFFER);
    rig_rx_on(r);
    size_t len = rig_frame(frame, 100);
    sim_inject(r->nic, frame, len);
    assert_int_equal(rig_get32(r, rig_rx_desc(0, 0) + 12) & 0xffff, 104);
    assert_int_equal(rig_get32(r, rig_rx_buf(0, 0) + 100), sim_fcs(frame, len));
    rig_close(r);
}

static void a_jumbo_frame_takes_several_descriptors(void **state)
{
    (void)state;
    struct rig *r = &rig;

    rig_open(r, "82599");
    rig_init(r);
    rig_write(r, 0x4240, rig_read(r, 0x4240) | 4);
    rig_write(r, 0x4268, 9504u << 16);
    rig_rx_queue(r, 0, ONE_BUFFER);
    rig_rx_on(r);
    size_t len = rig_frame(frame, 9500);
    sim_inject(r->nic, frame, len);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(rig_get32(r, rig_rx_desc(0, i) + 8) & 3, 1);
        assert_int_equal(rig_get32(r, rig_rx_desc(0, i) + 12) & 0xffff, 2048);
    }
    assert_int_equal(rig_get32(r, rig_rx_desc(0, 4) + 8) & 3, 3);
    assert_int_equal(rig_get32(r, rig_rx_desc(0, 4) + 12) & 0xffff, 9500 - 4 * 2048);
    assert_memory_equal(rig_at(r, rig_rx_buf(0, 0)), frame, len);
    rig_frame(frame, 9501);
    sim_inject(r->nic, frame, 9501);
    assert_int_equal(rig_read(r, 0x40ac), 1); /* ROC */
    rig_close(r);
}

static void without_descriptors_frames_wait(void **state)
{
    (void)state;
    struct rig *r = up();

    rig_frame(frame, 64);
    for (unsigned i = 0; i < 70; i++) {
        frame[20] = (uint8_t)i;
        assert_true(sim_inject(r->nic, frame, 64));
    }
    assert_int_equal(rig_read(r, 0x1010), RIG_RING - 1);
    for (unsigned i = 0; i < 10; i++)
        rig_refill(r, 0, i);
    rig_write(r, 0x1018, 9);
    assert_int_equal(rig_read(r, 0x1010), 6);
    assert_int_equal(rig_at(r, rig_rx_buf(0, 63))[20], 63);
    assert_int_equal(rig_at(r, rig_rx_buf(0, 5))[20], 69);
    assert_int_equal(rig_read(r, 0x4074), 70); /* GPRC: each counted once */
    assert_int_equal(rig_read(r, 0x40d0), 70);
    rig_close(r);
}

static void with_drop_en_frames_are_dropped_and_counted(void **state)
{
    (void)state;
    struct rig *r = &rig;
    struct sim_counters c;

    rig_open(r, "82599");
    rig_init(r);
    rig_rx_queue(r, 0, ONE_BUFFER | 1u << 28);
    rig_rx_on(r);
    rig_frame(frame, 64);
    for (unsigned i = 0; i < 70; i++)
        sim_inject(r->nic, frame, 64);
    assert_int_equal(rig_read(r, 0x1430), 7); /* QPRDC */
    assert_int_equal(rig_read(r, 0x1030), 63);
    sim_get_counters(r->nic, &c);
    assert_int_equal(c.rx_no_desc, 7);
    rig_close(r);
}

/* ---- other formats, other paths ------------------------------------------- */

static void legacy_descriptors_work_both_ways(void **state)
{
    (void)state;
    struct rig *r = &rig;

    rig_open(r, "82599");
    rig_init(r);
    rig_rx_queue(r, 0, 2);
    rig_tx_queue(r);
    rig_rx_on(r);
    static const uint8_t src[4] = { 1, 2, 3, 4 }, dst[4] = { 5, 6, 7, 8 };
    size_t len = rig_ip(frame, src, dst, 4, 6, 1, 2, 100);

    sim_inject(r->nic, frame, len);
    assert_int_equal(rig_get32(r, rig_rx_desc(0, 0) + 8) & 0xffff, len);
    assert_int_equal(rig_get32(r, rig_rx_desc(0, 0) + 12), 0x63); /* DD, EOP, L4CS, IPCS */
    assert_memory_equal(rig_at(r, rig_rx_buf(0, 0)), frame, len);

    memcpy(rig_at(r, RIG_TX_BUF), frame, len);
    rig_put64(r, RIG_TX_RING, RIG_TX_BUF);
    rig_put32(r, RIG_TX_RING + 8, (uint32_t)len | 11u << 24);
    rig_put32(r, RIG_TX_RING + 12, 0);
    r->tx_tail = 1;
    rig_tx_go(r);
    assert_int_equal(r->sent_count, 1);
    assert_memory_equal(r->sent[0], frame, len);
    assert_int_equal(rig_get32(r, RIG_TX_RING + 12) & 1, 1);
    rig_close(r);
}

static void the_last_transmit_queue_works(void **state)
{
    (void)state;
    struct rig *r = up();
    uint32_t q = 0x40 * 127;

    rig_write(r, 0x4900, rig_read(r, 0x4900) | 1u << 6); /* arbiters off: MTQC may change */
    rig_write(r, 0x8120, 0xd);
    rig_write(r, 0x4900, rig_read(r, 0x4900) & ~(1u << 6));
    rig_write(r, 0x6000 + q, (uint32_t)RIG_TX_RING);
    rig_write(r, 0x6004 + q, (uint32_t)(RIG_TX_RING >> 32));
    rig_write(r, 0x6008 + q, 128);
    rig_write(r, 0x6028 + q, 1u << 25);
    assert_true(rig_read(r, 0x6028 + q) & 1u << 25);
    for (unsigned i = 0; i < 20; i++) { /* a ring of eight, several times around */
        rig_frame(frame, 80);
        frame[20] = (uint8_t)i;
        r->tx_tail = i % 8;
        rig_tx_desc(r, frame, 80, USUAL, 80u << 14);
        rig_write(r, 0x6018 + q, (i + 1) % 8);
        assert_int_equal(r->sent_count, i + 1);
        assert_int_equal(r->sent[i][20], i);
    }
    rig_close(r);
}

static void mac_loopback_returns_frames(void **state)
{
    (void)state;
    struct rig *r = up();

    sim_set_cable(r->nic, false);
    rig_write(r, 0x4240, rig_read(r, 0x4240) | 1u << 15);
    send(r, rig_frame(frame, 100), 0, 0);
    assert_int_equal(r->sent_count, 0);
    assert_memory_equal(rig_at(r, rig_rx_buf(0, 0)), frame, 100);
    rig_close(r);
}

static void registers_can_be_reached_through_io(void **state)
{
    (void)state;
    struct rig *r = up();

    sim_mmio_write(r->nic, 2, 0, 4, 0x5200);
    sim_mmio_write(r->nic, 2, 4, 4, 0xabcd);
    assert_int_equal(rig_read(r, 0x5200), 0xabcd);
    assert_int_equal(sim_mmio_read(r->nic, 2, 4, 4), 0xabcd);
    rig_close(r);
}

static void the_x540_moves_frames_alike(void **state)
{
    (void)state;
    struct rig *r = &rig;

    rig_open(r, "x540");
    rig_init(r);
    rig_rx_queue(r, 0, ONE_BUFFER);
    rig_tx_queue(r);
    rig_rx_on(r);
    sim_inject(r->nic, frame, rig_frame(frame, 100));
    assert_int_equal(rig_get32(r, rig_rx_desc(0, 0) + 12) & 0xffff, 100);
    send(r, 100, 0, 0);
    assert_int_equal(r->sent_count, 1);
    rig_close(r);
}

static void undersized_frames_are_counted(void **state)
{
    (void)state;
    struct rig *r = up();

    sim_inject(r->nic, frame, rig_frame(frame, 59));
    sim_inject(r->nic, frame, rig_frame(frame, 1));
    assert_int_equal(rig_read(r, 0x40a4), 2);
    assert_int_equal(rig_read(r, 0x40d0), 2);
    assert_int_equal(rig_read(r, 0x4074), 0);
    rig_close(r);
}

/* ---- offloads ------------------------------------------------------------- */

static const uint8_t ip_a[4] = { 10, 0, 0, 1 }, ip_b[4] = { 10, 0, 0, 2 };

static void checksums_of_received_packets_are_judged(void **state)
{
    (void)state;
    struct rig *r = up();
    size_t len = rig_ip(frame, ip_a, ip_b, 4, 6, 1000, 2000, 100);

    sim_inject(r->nic, frame, len);
    uint32_t s = rig_get32(r, rig_rx_desc(0, 0) + 8);
    assert_int_equal(s & 0x60, 0x60);                                   /* L4CS, IPCS */
    assert_int_equal(s & 0xc0000000u, 0);                               /* both good */
    assert_int_equal(rig_get32(r, rig_rx_desc(0, 0)) & 0x1fff0, 0x110); /* IPv4, TCP */
    frame[60] ^= 1;
    sim_inject(r->nic, frame, len);
    assert_int_equal(rig_get32(r, rig_rx_desc(0, 1) + 8) & 0xc0000000u, 0x40000000);
    frame[60] ^= 1;
    frame[22] ^= 1; /* TTL */
    sim_inject(r->nic, frame, len);
    assert_int_equal(rig_get32(r, rig_rx_desc(0, 2) + 8) & 0xc0000000u, 0x80000000u);
    rig_close(r);
}

static void checksums_are_inserted(void **state)
{
    (void)state;
    struct rig *r = up();
    size_t len = rig_ip(frame, ip_a, ip_b, 4, 17, 1000, 2000, 101);
    uint8_t want[256];
    struct sim_packet p;

    memcpy(want, frame, len);
    frame[24] = frame[25] = 0;
    /* the pseudo header's sum, not complemented */
    uint32_t s = 17 + 109 + 0x0a00 + 1 + 0x0a00 + 2;
    sim_put_be16(frame + 40, (uint16_t)s);
    rig_tx_context(r, 20 | 14 << 9, 1u << 10, 0);
    send(r, len, 0, 3u << 8);
    assert_memory_equal(r->sent[0], want, len);
    sim_packet_parse(&p, r->sent[0], len);
    sim_packet_verify(&p, r->sent[0]);
    assert_true(p.ip_csum_ok && p.l4_csum_ok);
    rig_close(r);
}

static void a_large_packet_is_segmented(void **state)
{
    (void)state;
    struct rig *r = up();
    size_t payload = 1500, len = rig_ip(frame, ip_a, ip_b, 4, 6, 1000, 2000, payload);

    frame[16] = frame[17] = 0; /* total length and checksum are the hardware's */
    frame[24] = frame[25] = 0;
    frame[47] = 0x19;                                      /* FIN, PSH, ACK */
    sim_put_be16(frame + 50, 6 + 0x0a00 + 1 + 0x0a00 + 2); /* without the length */
    sim_put_be32(frame + 38, 5000);
    rig_tx_context(r, 20 | 14 << 9, 1u << 10 | 1u << 11, 500u << 16 | 20 << 8);
    rig_tx_desc(r, frame, len, USUAL | 1u << 31, (uint32_t)payload << 14 | 3u << 8);
    rig_tx_go(r);
    assert_int_equal(r->sent_count, 3);
    for (unsigned i = 0; i < 3; i++) {
        struct sim_packet p;
        assert_int_equal(r->sent_len[i], 554);
        sim_packet_parse(&p, r->sent[i], 554);
        sim_packet_verify(&p, r->sent[i]);
        assert_true(p.ip_csum_ok && p.l4_csum_ok);
        assert_int_equal(sim_get_be32(r->sent[i] + 38), 5000 + 500 * i);
        assert_int_equal(sim_get_be16(r->sent[i] + 18), i);
        assert_int_equal(r->sent[i][47], i == 2 ? 0x19 : 0x10);
        assert_memory_equal(r->sent[i] + 54, frame + 54 + 500 * i, 500);
    }
    assert_int_equal(rig_read(r, 0x6010), 2);
    rig_close(r);
}

static void vlan_tags_are_stripped_and_inserted(void **state)
{
    (void)state;
    struct rig *r = &rig;

    rig_open(r, "82599");
    rig_init(r);
    rig_write(r, 0x1028, 1u << 30); /* VME */
    rig_rx_queue(r, 0, ONE_BUFFER);
    rig_tx_queue(r);
    rig_rx_on(r);
    rig_frame(frame, 100);
    memcpy(frame + 12, "\x81\x00\x20\x05\x88\xb5", 6);
    sim_inject(r->nic, frame, 100);
    assert_int_equal(rig_get32(r, rig_rx_desc(0, 0) + 8) & 8, 8);
    assert_int_equal(rig_get32(r, rig_rx_desc(0, 0) + 12), 0x20050000 | 96);
    assert_memory_equal(rig_at(r, rig_rx_buf(0, 0)) + 12, frame + 16, 84);

    rig_frame(frame, 100);
    rig_tx_context(r, 0x0123u << 16 | 14 << 9, 0, 0);
    send(r, 100, 1u << 30, 0);
    assert_int_equal(r->sent_len[0], 104);
    assert_memory_equal(r->sent[0] + 12, "\x81\x00\x01\x23\x88\xb5", 6);
    rig_close(r);
}

/* ---- RSS: the verification suite Microsoft publishes ---------------------- */

static const uint8_t ms_key[40] = { 0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
                                    0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
                                    0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30,
                                    0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa };

static const struct {
    uint8_t src[4], dst[4];
    uint16_t sport, dport;
    uint32_t ip, tcp;
} ms_v4[] = {
    { { 66, 9, 149, 187 }, { 161, 142, 100, 80 }, 2794, 1766, 0x323e8fc2, 0x51ccc178 },
    { { 199, 92, 111, 2 }, { 65, 69, 140, 83 }, 14230, 4739, 0xd718262a, 0xc626b0ea },
    { { 24, 19, 198, 95 }, { 12, 22, 207, 184 }, 12898, 38024, 0xd2d0a5de, 0x5c2b394a },
    { { 38, 27, 205, 30 }, { 209, 142, 163, 6 }, 48228, 2217, 0x82989176, 0xafc7327f },
    { { 153, 39, 163, 191 }, { 202, 188, 127, 2 }, 44251, 1303, 0x5d1809c5, 0x10e828a2 },
};

static struct rig *up_with_rss(uint32_t fields)
{
    struct rig *r = &rig;

    rig_open(r, "82599");
    rig_init(r);
    rig_write(r, 0x5000, 1u << 13); /* PCSD: the hash, not the fragment checksum */
    for (unsigned i = 0; i < 10; i++)
        rig_write(r, 0x5c80 + 4 * i, sim_get_le32(ms_key + 4 * i));
    for (unsigned i = 0; i < 32; i++)
        rig_write(r, 0x5c00 + 4 * i, 0x03020100);
    rig_write(r, 0x5818, fields | 1);
    for (unsigned q = 0; q < 4; q++)
        rig_rx_queue(r, q, ONE_BUFFER);
    rig_rx_on(r);
    return r;
}

static void expect_hash(struct rig *r, unsigned *next, uint32_t hash, uint32_t type)
{
    unsigned q = hash & 3, i = next[q]++;

    assert_int_equal(rig_get32(r, rig_rx_desc(q, i) + 8) & 1, 1);
    assert_int_equal(rig_get32(r, rig_rx_desc(q, i) + 4), hash);
    assert_int_equal(rig_get32(r, rig_rx_desc(q, i)) & 0xf, type);
}

static void rss_over_ipv4_is_toeplitz(void **state)
{
    (void)state;
    struct rig *r = up_with_rss(1u << 16 | 1u << 17);
    unsigned next[4] = { 0 };

    for (unsigned i = 0; i < 5; i++) {
        size_t len =
            rig_ip(frame, ms_v4[i].src, ms_v4[i].dst, 4, 6, ms_v4[i].sport, ms_v4[i].dport, 10);
        sim_inject(r->nic, frame, len);
        expect_hash(r, next, ms_v4[i].tcp, 1);
        len = rig_ip(frame, ms_v4[i].src, ms_v4[i].dst, 4, 17, 1, 2, 10);
        sim_inject(r->nic, frame, len); /* UDP is not asked for: addresses only */
        expect_hash(r, next, ms_v4[i].ip, 2);
    }
    rig_close(r);
}

static void rss_over_ipv6_is_toeplitz(void **state)
{
    (void)state;
    static const uint8_t src[16] = { 0x3f, 0xfe, 0x25, 0x01, 0x02, 0x00, 0x1f, 0xff,
                                     0,    0,    0,    0,    0,    0,    0,    0x07 };
    static const uint8_t dst[16] = { 0x3f, 0xfe, 0x25, 0x01, 0x02, 0x00, 0x00, 0x03,
                                     0,    0,    0,    0,    0,    0,    0,    0x01 };
    struct rig *r = up_with_rss(1u << 20 | 1u << 21 | 1u << 23);
    unsigned next[4] = { 0 };

    sim_inject(r->nic, frame, rig_ip(frame, src, dst, 16, 6, 2794, 1766, 10));
    expect_hash(r, next, 0x40207d3d, 3);
    sim_inject(r->nic, frame, rig_ip(frame, src, dst, 16, 17, 2794, 1766, 10));
    expect_hash(r, next, 0x40207d3d, 8);
    sim_inject(r->nic, frame, rig_ip(frame, src, dst, 16, 58, 2794, 1766, 30));
    expect_hash(r, next, 0x2cc18cd5, 5);
    rig_close(r);
}

/* ---- filters and statistics ----------------------------------------------- */

static void only_accepted_addresses_pass(void **state)
{
    (void)state;
    struct rig *r = up();
    struct sim_counters c;
    static const uint8_t own[6] = { 0x02, 0, 0, 0xaa, 0xbb, 0x01 };
    static const uint8_t group[6] = { 0x01, 0x00, 0x5e, 0x12, 0x34, 0x56 };

    rig_frame(frame, 64);
    memcpy(frame, own, 6);
    sim_inject(r->nic, frame, 64);
    frame[5] = 2;
    sim_inject(r->nic, frame, 64);
    memcpy(frame, group, 6);
    sim_inject(r->nic, frame, 64);
    assert_int_equal(rig_read(r, 0x1010), 1);
    sim_get_counters(r->nic, &c);
    assert_int_equal(c.rx_filtered, 2);
    rig_write(r, 0x5090, 4); /* bits 47:36 of the address: 0x563 */
    rig_write(r, 0x5200 + 4 * (0x563 / 32), 1u << (0x563 % 32));
    sim_inject(r->nic, frame, 64);
    assert_int_equal(rig_read(r, 0x1010), 2);
    rig_close(r);
}

static void statistics_agree_with_the_frames(void **state)
{
    (void)state;
    struct rig *r = up();

    for (unsigned i = 0; i < 3; i++)
        sim_inject(r->nic, frame, rig_frame(frame, 60 + 100 * i));
    send(r, rig_frame(frame, 200), 0, 0);
    assert_int_equal(rig_read(r, 0x4074), 3);
    assert_int_equal(rig_read(r, 0x4088), 60 + 160 + 260 + 12);
    assert_int_equal(rig_read(r, 0x408c), 0);
    assert_int_equal(rig_read(r, 0x4078), 3); /* BPRC */
    assert_int_equal(rig_read(r, 0x405c), 1); /* PRC64 */
    assert_int_equal(rig_read(r, 0x4064), 1); /* PRC255 */
    assert_int_equal(rig_read(r, 0x4068), 1); /* PRC511 */
    assert_int_equal(rig_read(r, 0x1030), 3);
    assert_int_equal(rig_read(r, 0x1034), 480);
    assert_int_equal(rig_read(r, 0x1038), 0);
    assert_int_equal(rig_read(r, 0x4080), 1);
    assert_int_equal(rig_read(r, 0x4090), 204);
    assert_int_equal(rig_read(r, 0x4094), 0);
    assert_int_equal(rig_read(r, 0x8680), 1);
    assert_int_equal(rig_read(r, 0x8700), 200);
    assert_int_equal(rig_read(r, 0x4074), 0); /* reading has cleared it */
    rig_close(r);
}

static void queues_map_to_counters(void **state)
{
    (void)state;
    struct rig *r = up();

    rig_write(r, 0x2300, 0x00000005);
    sim_inject(r->nic, frame, rig_frame(frame, 64));
    assert_int_equal(rig_read(r, 0x1030), 0);
    assert_int_equal(rig_read(r, 0x1030 + 5 * 0x40), 1);
    rig_close(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sent_frame_reaches_the_wire),
        cmocka_unit_test(a_short_frame_is_padded),
        cmocka_unit_test(without_rs_there_is_no_dd),
        cmocka_unit_test(a_packet_in_three_descriptors_is_one_frame),
        cmocka_unit_test(the_head_is_written_back_instead_of_dd),
        cmocka_unit_test(a_received_frame_reaches_memory),
        cmocka_unit_test(the_fcs_stays_if_not_stripped),
        cmocka_unit_test(a_jumbo_frame_takes_several_descriptors),
        cmocka_unit_test(without_descriptors_frames_wait),
        cmocka_unit_test(with_drop_en_frames_are_dropped_and_counted),
        cmocka_unit_test(legacy_descriptors_work_both_ways),
        cmocka_unit_test(the_last_transmit_queue_works),
        cmocka_unit_test(mac_loopback_returns_frames),
        cmocka_unit_test(registers_can_be_reached_through_io),
        cmocka_unit_test(the_x540_moves_frames_alike),
        cmocka_unit_test(undersized_frames_are_counted),
        cmocka_unit_test(checksums_of_received_packets_are_judged),
        cmocka_unit_test(checksums_are_inserted),
        cmocka_unit_test(a_large_packet_is_segmented),
        cmocka_unit_test(vlan_tags_are_stripped_and_inserted),
        cmocka_unit_test(rss_over_ipv4_is_toeplitz),
        cmocka_unit_test(rss_over_ipv6_is_toeplitz),
        cmocka_unit_test(only_accepted_addresses_pass),
        cmocka_unit_test(statistics_agree_with_the_frames),
        cmocka_unit_test(queues_map_to_counters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
