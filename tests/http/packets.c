// SPDX-License-Identifier: MIT
#include "tests/http/packets.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static const uint8_t peer_mac[6] = { 2, 0, 0, 0, 0, 1 };
static uint8_t host_mac[6] = { 255, 255, 255, 255, 255, 255 }; /* until it has told us */
static int wire = -1;
static struct sockaddr_un other_end;

uint32_t get(const uint8_t *p, unsigned bytes)
{
    uint32_t value = 0;

    while (bytes--)
        value = value << 8 | *p++;
    return value;
}

void put(uint8_t *p, unsigned bytes, uint32_t value)
{
    while (bytes--) {
        p[bytes] = (uint8_t)value;
        value >>= 8;
    }
}

/* ---- the wire ---- */

void peer_open(const char *local, const char *remote)
{
    struct sockaddr_un here = { .sun_family = AF_UNIX };

    other_end.sun_family = AF_UNIX;
    snprintf(here.sun_path, sizeof(here.sun_path), "%s", local);
    snprintf(other_end.sun_path, sizeof(other_end.sun_path), "%s", remote);
    unlink(local);
    memset(host_mac, 255, 6);
    wire = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_true(wire >= 0);
    assert_int_equal(bind(wire, (struct sockaddr *)&here, sizeof(here)), 0);
}

void peer_close(void)
{
    close(wire);
    wire = -1;
}

/* A full socket waits, as long as the other end is there to empty it. */
void peer_send(const struct frame *f)
{
    ssize_t sent =
        sendto(wire, f->data, f->len, 0, (struct sockaddr *)&other_end, sizeof(other_end));

    assert_int_equal(sent, f->len);
}

static uint64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void answer_arp(const struct frame *f)
{
    struct frame reply = *f;

    if (f->len < 42 || get(f->data + 12, 2) != 0x0806 || get(f->data + 20, 2) != 1 ||
        get(f->data + 38, 4) != PEER_IP)
        return;
    memcpy(reply.data, f->data + 6, 6);
    memcpy(reply.data + 6, peer_mac, 6);
    put(reply.data + 20, 2, 2);
    memcpy(reply.data + 32, f->data + 22, 10);
    memcpy(reply.data + 22, peer_mac, 6);
    put(reply.data + 28, 4, PEER_IP);
    peer_send(&reply);
}

bool peer_expect(struct frame *f, bool (*wanted)(const struct frame *f), unsigned ms)
{
    uint64_t end = now_ms() + ms;
    struct pollfd p = { .fd = wire, .events = POLLIN };

    for (uint64_t now = now_ms(); now <= end; now = now_ms()) {
        if (poll(&p, 1, (int)(end - now)) <= 0)
            break;
        ssize_t got = recv(wire, f->data, sizeof(f->data), 0);
        assert_true(got >= 14);
        f->len = (size_t)got;
        memcpy(host_mac, f->data + 6, 6);
        answer_arp(f);
        if (wanted(f))
            return true;
    }
    return false;
}

/* ---- packets ---- */

static uint32_t add(uint32_t sum, const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
    return sum;
}

static uint16_t fold(uint32_t sum)
{
    while (sum > 0xffff)
        sum = (sum >> 16) + (sum & 0xffff);
    return (uint16_t)sum;
}

/* The sum over what the transport checksum covers. */
static uint16_t l4_sum(const struct frame *f)
{
    size_t len = get(f->data + AT_IP + 2, 2) - 20;
    uint32_t pseudo = 0;

    if (f->data[AT_IP + 9] != ICMP)
        pseudo = add((uint32_t)len + f->data[AT_IP + 9], f->data + AT_IP + 12, 8);
    return fold(add(pseudo, f->data + AT_L4, len));
}

static void make_header(struct frame *f, uint32_t from, uint32_t to, uint8_t protocol, size_t len)
{
    static uint16_t id;
    uint8_t *ip = f->data + AT_IP;

    memset(f->data, 0, AT_L4);
    memcpy(f->data, host_mac, 6);
    memcpy(f->data + 6, peer_mac, 6);
    put(f->data + 12, 2, 0x0800);
    ip[0] = 0x45;
    put(ip + 2, 2, (uint32_t)(20 + len));
    put(ip + 4, 2, ++id);
    ip[8] = 64;
    ip[9] = protocol;
    put(ip + 12, 4, from);
    put(ip + 16, 4, to);
    put(ip + 10, 2, (uint16_t)~fold(add(0, ip, 20)));
    f->len = AT_L4 + len;
}

void make_ip(struct frame *f, uint8_t protocol, const void *payload, size_t len)
{
    make_header(f, PEER_IP, HOST_IP, protocol, len);
    if (len)
        memcpy(f->data + AT_L4, payload, len);
}

void make_ping(struct frame *f, uint16_t sequence, size_t len)
{
    uint8_t *icmp = f->data + AT_L4;

    make_header(f, PEER_IP, HOST_IP, ICMP, 8 + len);
    memset(icmp, 0, 8);
    icmp[0] = 8;
    put(icmp + 4, 2, 0x4978);
    put(icmp + 6, 2, sequence);
    for (size_t i = 0; i < len; i++)
        icmp[8 + i] = (uint8_t)(i * 7 + sequence);
    put(icmp + 2, 2, (uint16_t)~l4_sum(f));
}

void make_udp(struct frame *f, uint32_t from, uint32_t to, uint16_t from_port, uint16_t to_port,
              const void *payload, size_t len)
{
    uint8_t *udp = f->data + AT_L4;

    make_header(f, from, to, UDP, 8 + len);
    put(udp, 2, from_port);
    put(udp + 2, 2, to_port);
    put(udp + 4, 2, (uint32_t)(8 + len));
    put(udp + 6, 2, 0);
    memcpy(udp + 8, payload, len);
    put(udp + 6, 2, (uint16_t)~l4_sum(f));
}

void make_tcp(struct frame *f, uint16_t port, uint8_t flags, uint32_t seq, uint32_t ack,
              const void *payload, size_t len)
{
    uint8_t *tcp = f->data + AT_L4;

    make_header(f, PEER_IP, HOST_IP, TCP, 20 + len);
    memset(tcp, 0, 20);
    put(tcp, 2, port);
    put(tcp + 2, 2, 80);
    put(tcp + 4, 4, seq);
    put(tcp + 8, 4, ack);
    tcp[12] = 0x50;
    tcp[13] = flags;
    put(tcp + 14, 2, 65535);
    if (len)
        memcpy(tcp + 20, payload, len);
    put(tcp + 16, 2, (uint16_t)~l4_sum(f));
}

void make_arp_request(struct frame *f, uint32_t ip)
{
    memset(f->data, 0, 60);
    memset(f->data, 255, 6);
    memcpy(f->data + 6, peer_mac, 6);
    memcpy(f->data + 12, "\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01", 10);
    memcpy(f->data + 22, peer_mac, 6);
    put(f->data + 28, 4, PEER_IP);
    put(f->data + 38, 4, ip);
    f->len = 60;
}

void fix_sums(struct frame *f)
{
    size_t total = get(f->data + AT_IP + 2, 2);
    uint8_t protocol = f->data[AT_IP + 9];
    size_t field = AT_L4 + (protocol == TCP ? 16 : protocol == UDP ? 6 : 2);

    if (f->len < field + 2 || get(f->data + 12, 2) != 0x0800)
        return;
    size_t header = (f->data[AT_IP] & 15u) * 4;
    if (AT_IP + header <= f->len) {
        put(f->data + AT_IP + 10, 2, 0);
        put(f->data + AT_IP + 10, 2, (uint16_t)~fold(add(0, f->data + AT_IP, header)));
    }
    if (header != 20 || total < field + 2 - AT_IP || AT_IP + total > f->len)
        return;
    put(f->data + field, 2, 0);
    put(f->data + field, 2, (uint16_t)~l4_sum(f));
}

bool sums_right(const struct frame *f)
{
    size_t total = get(f->data + AT_IP + 2, 2);

    if (f->len < AT_L4 || total < 20 || AT_IP + total > f->len || f->data[AT_IP] != 0x45)
        return false;
    return fold(add(0, f->data + AT_IP, 20)) == 0xffff && l4_sum(f) == 0xffff;
}
