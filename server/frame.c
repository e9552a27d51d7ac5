// SPDX-License-Identifier: MIT
#include "frame.h"

#include <string.h>

/* Where the fields lie. */
enum {
    ETH_TYPE = 12,
    IP = 14,
    IP_TOTAL_LENGTH = IP + 2,
    IP_CHECKSUM = IP + 10,
    IP_SRC = IP + 12,
    IP_DST = IP + 16,
    UDP = IP + 20,
    UDP_LENGTH = UDP + 4,
    UDP_CHECKSUM = UDP + 6,
    PAYLOAD = UDP + 8,
    MAGIC = PAYLOAD,
    STREAM = PAYLOAD + 4,
    FLOW = PAYLOAD + 6,
    SEQ = PAYLOAD + 8,
    PATTERN = PAYLOAD + 16,
};

static const uint8_t magic[4] = { 'I', 'x', 'l', '1' };

static void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
    put16(p, v >> 16);
    put16(p + 2, v);
}

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint64_t get64(const uint8_t *p)
{
    uint64_t v = 0;

    for (int i = 0; i < 8; i++)
        v = v << 8 | p[i];
    return v;
}

/* The sum of the 16-bit words, an odd byte padded with zero (RFC 1071). */
static uint32_t sum_words(const uint8_t *p, size_t len)
{
    uint32_t sum = 0;

    for (; len > 1; p += 2, len -= 2)
        sum += get16(p);
    return len ? sum + (uint32_t)(p[0] << 8) : sum;
}

static uint16_t fold(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

void frame_template_init(struct frame_template *t, const struct frame_spec *spec)
{
    static const uint8_t ip_header_start[] = { 0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 17 };
    uint8_t *d = t->data;
    uint16_t udp_len = (uint16_t)(spec->size - UDP);

    memset(t, 0, sizeof(*t));
    t->spec = *spec;
    memcpy(d, spec->dst_mac, 6);
    memcpy(d + 6, spec->src_mac, 6);
    put16(d + ETH_TYPE, 0x0800);
    memcpy(d + IP, ip_header_start, sizeof(ip_header_start));
    put16(d + IP_TOTAL_LENGTH, spec->size - IP);
    put16(d + UDP_LENGTH, udp_len);
    memcpy(d + MAGIC, magic, sizeof(magic));
    for (unsigned i = PATTERN; i < spec->size; i++)
        d[i] = (uint8_t)(i * 7 + 13);
    /* the pseudo header has the protocol and the length once more */
    t->base_sum = sum_words(d + UDP, udp_len) + 17u + udp_len;
    frame_stamp(t, d, &(struct frame_id){ 0 });
}

void frame_stamp(const struct frame_template *t, uint8_t *d, const struct frame_id *id)
{
    const struct frame_spec *s = &t->spec;
    unsigned flow = id->flow;

    put32(d + IP_SRC, s->src_ip + (s->vary & VARY_SRC_IP ? flow : 0));
    put32(d + IP_DST, s->dst_ip + (s->vary & VARY_DST_IP ? flow : 0));
    put16(d + UDP, s->src_port + (s->vary & VARY_SRC_PORT ? flow : 0));
    put16(d + UDP + 2, s->dst_port + (s->vary & VARY_DST_PORT ? flow : 0));
    put16(d + STREAM, id->stream);
    put16(d + FLOW, flow);
    put32(d + SEQ, (uint32_t)(id->seq >> 32));
    put32(d + SEQ + 4, (uint32_t)id->seq);

    put16(d + IP_CHECKSUM, 0);
    put16(d + IP_CHECKSUM, fold(sum_words(d + IP, UDP - IP)));
    uint16_t sum = fold(t->base_sum + sum_words(d + IP_SRC, 8) + sum_words(d + UDP, 4) +
                        sum_words(d + STREAM, PATTERN - STREAM));
    put16(d + UDP_CHECKSUM, sum ? sum : 0xffff); /* 0 would mean there is none */
}

bool frame_identify(const uint8_t *d, size_t len, struct frame_id *id)
{
    if (len < PATTERN || get16(d + ETH_TYPE) != 0x0800 ||
        memcmp(d + MAGIC, magic, sizeof(magic)) != 0)
        return false;
    id->stream = get16(d + STREAM);
    id->flow = get16(d + FLOW);
    id->seq = get64(d + SEQ);
    return true;
}

bool frame_intact(const struct frame_template *t, uint8_t *scratch, const uint8_t *data, size_t len,
                  const struct frame_id *id)
{
    if (len != t->spec.size)
        return false;
    frame_stamp(t, scratch, id);
    return memcmp(scratch, data, len) == 0;
}
