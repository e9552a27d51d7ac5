// SPDX-License-Identifier: MIT
/* ixl-http on a software 82599, its peer being this test, frame by frame. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/http/packets.h"
#include "tests/http/server.h"

/* ms: longer than any machine takes; until we ask again; nothing has come until then */
enum { SOON = 60000, AGAIN = 500, QUIET = 500 };

static uint32_t expected; /* what a `wanted` function compares with */

static void start(const char *options)
{
    char arguments[512];

    snprintf(arguments, sizeof(arguments), "%s sim:82599,wire=unix:nic.sock,peer.sock", options);
    run("rm -f nic.sock");
    peer_open("peer.sock", "nic.sock");
    server_start(arguments, false, "nic.sock");
}

static const char *stop(void)
{
    const char *summary = server_stop();

    peer_close();
    assert_int_equal(json_value(summary, "pools.send.in_use"), 0);
    assert_true(json_value(summary, "pools.receive.in_use") <=
                512 + json_value(summary, "stack.lent"));
    return summary;
}

static bool is_arp_reply(const struct frame *f)
{
    return f->len >= 42 && get(f->data + 12, 2) == 0x0806 && get(f->data + 20, 2) == 2 &&
           get(f->data + 28, 4) == HOST_IP;
}

static bool is_ipv4(const struct frame *f, uint8_t protocol)
{
    return f->len >= AT_L4 + 8 && get(f->data + 12, 2) == 0x0800 && f->data[AT_IP + 9] == protocol;
}

static bool is_ipv4_any(const struct frame *f)
{
    return is_ipv4(f, f->data[AT_IP + 9]);
}

static bool is_pong(const struct frame *f)
{
    return is_ipv4(f, ICMP) && f->data[AT_L4] == 0 && get(f->data + AT_L4 + 6, 2) == expected;
}

/* TCP to the port `expected`. */
static bool is_tcp(const struct frame *f)
{
    return is_ipv4(f, TCP) && f->len >= AT_TCP_DATA && get(f->data + AT_L4 + 2, 2) == expected;
}

static void say_hello(void)
{
    struct frame f;

    for (int tries = 0; tries < SOON / AGAIN; tries++) {
        make_arp_request(&f, HOST_IP);
        peer_send(&f);
        if (peer_expect(&f, is_arp_reply, AGAIN))
            return;
    }
    fail_msg("no answer to ARP");
}

/* After more frames than the rings hold some are lost, and so may be the next ones of either side:
 * ask until there is an answer. From then on there is room again. */
static void await_calm(void)
{
    struct frame f;

    for (uint16_t sequence = 50000; sequence < 50000 + SOON / AGAIN; sequence++) {
        make_ping(&f, sequence, 56);
        peer_send(&f);
        expected = sequence;
        if (peer_expect(&f, is_pong, AGAIN))
            return;
    }
    fail_msg("no answer to ping");
}

static void assert_pings(uint16_t sequence, size_t len)
{
    struct frame ping, pong;

    make_ping(&ping, sequence, len);
    peer_send(&ping);
    expected = sequence;
    assert_true(peer_expect(&pong, is_pong, SOON));
    assert_true(sums_right(&pong));
    assert_memory_equal(pong.data + AT_L4 + 4, ping.data + AT_L4 + 4, len + 4);
}

/* Connect from a port; the server's first sequence number. */
static uint32_t handshake(uint16_t port)
{
    struct frame f;

    make_tcp(&f, port, SYN, 1000, 0, NULL, 0);
    peer_send(&f);
    expected = port;
    assert_true(peer_expect(&f, is_tcp, SOON));
    assert_int_equal(f.data[AT_L4 + 13], SYN | ACK);
    assert_int_equal(get(f.data + AT_L4 + 8, 4), 1001);
    assert_true(sums_right(&f));
    uint32_t iss = get(f.data + AT_L4 + 4, 4);
    make_tcp(&f, port, ACK, 1001, iss + 1, NULL, 0);
    peer_send(&f);
    return iss;
}

/* ---- the stack's side of the wire ---- */

static void answers_ping(void **state)
{
    static const size_t sizes[] = { 0, 1, 9, 10, 17, 18, 19, 56, 1000, 1471, 1472 };

    (void)state;
    start("--ip 10.0.0.2");
    say_hello();
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        assert_pings((uint16_t)i, sizes[i]);
    assert_int_equal(json_value(stop(), "stack.rx_copied"), 0);
}

static void get_page(const char *options)
{
    static const char request[] = "GET / HTTP/1.1\r\n\r\n";
    struct frame f;
    size_t bytes = 0;

    start(options);
    say_hello();
    uint32_t iss = handshake(5000);
    make_tcp(&f, 5000, PSH | ACK, 1001, iss + 1, request, sizeof(request) - 1);
    peer_send(&f);
    uint32_t next = iss + 1;
    expected = 5000;
    while (bytes < 2000 && peer_expect(&f, is_tcp, SOON)) {
        assert_true(sums_right(&f));
        uint32_t len = get(f.data + AT_IP + 2, 2) - 40;
        if (get(f.data + AT_L4 + 4, 4) != next)
            continue; /* sent again, as our answer came late */
        bytes += len;
        next += len;
        make_tcp(&f, 5000, ACK, 1001 + sizeof(request) - 1, next, NULL, 0);
        peer_send(&f);
    }
    assert_true(bytes >= 2000);
    stop();
}

static void the_device_computes_right_checksums(void **state)
{
    (void)state;
    get_page("--ip 10.0.0.2");
}

static void the_stack_computes_right_checksums(void **state)
{
    (void)state;
    get_page("--ip 10.0.0.2 --software-checksums");
}

static void frames_with_wrong_checksums_are_dropped(void **state)
{
    struct frame f;

    (void)state;
    start("--ip 10.0.0.2");
    say_hello();
    make_ping(&f, 77, 20);
    f.data[AT_IP + 10] ^= 0x40; /* IPv4 header */
    peer_send(&f);
    expected = 77;
    assert_false(peer_expect(&f, is_pong, QUIET));
    make_tcp(&f, 6000, SYN, 1, 0, NULL, 0);
    f.data[AT_L4 + 16] ^= 0x40;
    peer_send(&f);
    expected = 6000;
    assert_false(peer_expect(&f, is_tcp, QUIET));
    assert_pings(78, 20);
    handshake(6000);
    assert_true(json_value(stop(), "stack.rx_bad") == 2);
}

/* ---- bad peers ---- */

static uint32_t random32(void)
{
    static uint32_t x = 2463534242u;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return x;
}

/* A frame of some kind the stack looks into, then damaged. */
static void make_garbage(struct frame *f, uint16_t port, uint32_t iss)
{
    uint8_t noise[1480];
    size_t len = random32() % (sizeof(noise) - 40);

    for (size_t i = 0; i < sizeof(noise); i++)
        noise[i] = (uint8_t)random32();
    switch (random32() % 6) {
    case 0:
        make_arp_request(f, HOST_IP);
        break;
    case 1:
        make_udp(f, PEER_IP, HOST_IP, 67, 68, noise, len);
        break;
    case 2: /* often of a connection there is, in and out of order */
        make_tcp(f, noise[1] & 1 ? port : (uint16_t)random32(), noise[0] & 0x3f,
                 1001 + (noise[2] & 1 ? 0 : random32() % 5000), iss + 1 + random32() % 2, noise,
                 len);
        f->data[AT_L4 + 12] = (uint8_t)(noise[3] & 1 ? 0x50 : noise[4]);
        break;
    case 3:
        make_ping(f, (uint16_t)random32(), len);
        break;
    case 4:
        make_ip(f, noise[0], noise + 1, len);
        break;
    default:
        memcpy(f->data + 14, noise, len);
        f->len = 14 + len;
    }
    /* headers, mostly */
    for (unsigned n = random32() % 4; n; n--)
        f->data[12 + random32() % (n & 1 ? 30 : 80)] = (uint8_t)random32();
    if (random32() % 8 == 0)
        f->len = 17 + random32() % (f->len > 17 ? (uint32_t)f->len - 16 : 1);
    if (random32() % 2)
        fix_sums(f);
}

static void garbage_does_no_harm(void **state)
{
    struct frame f = { .len = 60 };
    uint32_t iss = 0;

    (void)state;
    start("--ip 10.0.0.2");
    say_hello();
    for (int i = 0; i < 30000; i++) {
        uint16_t port = (uint16_t)(7000 + i / 100);
        if (i % 100 == 0)
            make_tcp(&f, port, SYN, 1000, 0, NULL, 0);
        else
            make_garbage(&f, port, iss);
        peer_send(&f);
        expected = port;
        /* wait for an answer to SYN, if there is one: the garbage is to hit connections, too */
        for (unsigned ms = i % 100 == 0 ? AGAIN : 0; peer_expect(&f, is_tcp, ms); ms = 0) {
            if (f.data[AT_L4 + 13] == (SYN | ACK))
                iss = get(f.data + AT_L4 + 4, 4);
        }
    }
    await_calm();
    assert_pings(4242, 56);
    handshake(6000);
    assert_true(json_value(stop(), "http.connections") > 10);
}

static void fragments_nobody_completes_are_bounded(void **state)
{
    struct frame f;
    uint8_t part[64] = { 0 };

    (void)state;
    start("--ip 10.0.0.2");
    say_hello();
    for (int i = 0; i < 3000; i++) {
        make_ip(&f, UDP, part, sizeof(part));
        uint8_t *ip = f.data + AT_IP;
        put(ip + 6, 2, 0x2000); /* more fragments; the header's checksum less that */
        uint32_t sum = get(ip + 10, 2) + 0xffffu - 0x2000u;
        put(ip + 10, 2, (sum & 0xffff) + (sum >> 16));
        peer_send(&f);
    }
    await_calm();
    assert_pings(1, 56);
    assert_true(json_value(stop(), "stack.lent") < 64);
}

static void a_flood_of_half_open_connections_is_bounded(void **state)
{
    struct frame f;

    (void)state;
    start("--ip 10.0.0.2");
    say_hello();
    for (int i = 0; i < 20000; i++) {
        make_tcp(&f, (uint16_t)(10000 + i), SYN, (uint32_t)i, 0, NULL, 0);
        peer_send(&f);
        while (peer_expect(&f, is_ipv4_any, 0))
            continue;
    }
    await_calm();
    assert_pings(1, 56);
    handshake(9000);
    assert_true(json_value(stop(), "http.shed") > 1000);
}

/* More than there is room for are refused; when the others go all is as before. */
static void too_many_connections_are_refused(void **state)
{
    struct frame f;
    uint32_t iss[70];

    (void)state;
    start("--ip 10.0.0.2");
    say_hello();
    for (uint16_t i = 0; i < 70; i++)
        iss[i] = handshake((uint16_t)(3000 + i));
    expected = 3069;
    assert_true(peer_expect(&f, is_tcp, SOON));
    assert_true(f.data[AT_L4 + 13] & RST);
    for (uint16_t i = 0; i < 70; i++) {
        make_tcp(&f, (uint16_t)(3000 + i), RST, 1001, iss[i] + 1, NULL, 0);
        peer_send(&f);
    }
    assert_pings(1, 56);
    handshake(4000);
    const char *summary = stop();
    assert_int_equal(json_value(summary, "http.refused"), 6);
    assert_int_equal(json_value(summary, "http.connections"), 65);
}

/* Segments out of order stay with the stack: in the device's buffers up to a limit, then copied. */
static void hoarding_does_not_dry_the_receive_ring(void **state)
{
    struct frame f;

    (void)state;
    start("--ip 10.0.0.2");
    say_hello();
    for (uint16_t port = 8000; port < 8008; port++) {
        uint32_t iss = handshake(port);
        for (uint32_t i = 0; i < 200; i++) {
            make_tcp(&f, port, ACK, 1001 + 10 + i * 2, iss + 1, "x", 1);
            peer_send(&f);
            while (peer_expect(&f, is_ipv4_any, 0))
                continue;
        }
    }
    await_calm();
    assert_pings(1, 56);
    const char *summary = stop();
    assert_true(json_value(summary, "stack.rx_copied") > 0);
    assert_int_equal(json_value(summary, "stack.rx_no_memory"), 0);
}

/* ---- DHCP ---- */

struct dhcp {
    uint8_t m[400];
    size_t len;
};

static bool is_dhcp(const struct frame *f)
{
    return is_ipv4(f, UDP) && get(f->data + AT_L4 + 2, 2) == 67 && f->len >= AT_UDP_DATA + 243;
}

/* The value of an option in the client's message, NULL if it has none. */
static const uint8_t *find(const struct frame *f, uint8_t code)
{
    const uint8_t *at = f->data + AT_UDP_DATA + 240, *end = f->data + f->len;

    while (at + 1 < end && *at != 255 && at + 2 + at[1] <= end) {
        if (*at == code)
            return at + 2;
        at += 2 + at[1];
    }
    return NULL;
}

static bool is_type(const struct frame *f, uint8_t type)
{
    return is_dhcp(f) && find(f, 53) && *find(f, 53) == type;
}

static bool is_discover(const struct frame *f)
{
    return is_type(f, 1);
}

/* Of an address it has been offered. */
static bool is_request(const struct frame *f)
{
    return is_type(f, 3) && find(f, 50);
}

/* Of the address it has. */
static bool is_renewal(const struct frame *f)
{
    return is_type(f, 3) && !find(f, 50);
}

static bool is_any_question(const struct frame *f)
{
    return is_discover(f) || is_renewal(f);
}

/* What the client has asked before it may ask again until it has our answer. */
static void assert_asks(struct frame *f, bool (*wanted)(const struct frame *f))
{
    assert_true(peer_expect(f, wanted, SOON));
    assert_true(sums_right(f));
}

static void add_option(struct dhcp *d, uint8_t code, uint32_t value, uint8_t len)
{
    d->m[d->len++] = code;
    d->m[d->len++] = len;
    put(d->m + d->len, len, value);
    d->len += len;
}

/* An answer to `question`. */
static void make_answer(struct dhcp *d, const struct frame *question, uint8_t type, uint32_t ip)
{
    memset(d, 0, sizeof(*d));
    memcpy(d->m, question->data + AT_UDP_DATA, 240);
    d->m[0] = 2;
    put(d->m + 16, 4, ip);
    d->len = 240;
    add_option(d, 53, type, 1);
    add_option(d, 54, PEER_IP, 4);
}

static void send_answer(const struct dhcp *d, uint32_t to)
{
    struct frame f;

    make_udp(&f, PEER_IP, to, 67, 68, d->m, d->len);
    peer_send(&f);
}

/* Lead a client that asks for one to an address with a lease of so many seconds. */
static void lease(struct frame *question, uint32_t ip, uint32_t seconds)
{
    struct dhcp d;

    assert_int_equal(get(question->data + AT_UDP_DATA + 10, 2), 0x8000); /* broadcast, please */
    make_answer(&d, question, 2, ip);
    add_option(&d, 1, 0xffffff00, 4);
    add_option(&d, 51, seconds, 4);
    add_option(&d, 255, 0, 0);
    send_answer(&d, 0xffffffff);
    assert_asks(question, is_request);
    assert_int_equal(get(find(question, 50), 4), ip);
    assert_non_null(find(question, 54));
    assert_int_equal(get(find(question, 54), 4), PEER_IP);
    d.m[242] = 5; /* the offer as an acknowledgement */
    send_answer(&d, 0xffffffff);
}

static void gets_renews_and_loses_a_lease(void **state)
{
    struct frame question;
    struct dhcp d;

    (void)state;
    start("");
    assert_asks(&question, is_discover);
    lease(&question, HOST_IP, 10);
    say_hello();
    assert_pings(1, 56);
    assert_says("address 10.0.0.2");
    /* half the time later it asks us for more */
    assert_asks(&question, is_renewal);
    assert_int_equal(get(question.data + AT_IP + 16, 4), PEER_IP);
    assert_int_equal(get(question.data + AT_UDP_DATA + 12, 4), HOST_IP);
    make_answer(&d, &question, 5, HOST_IP);
    add_option(&d, 51, 10, 4);
    add_option(&d, 58, 1, 4); /* and then after a second already */
    add_option(&d, 59, 8, 4);
    send_answer(&d, HOST_IP);
    assert_pings(2, 56);
    /* and the next time is refused */
    do {
        assert_asks(&question, is_any_question);
        make_answer(&d, &question, 6, 0);
        if (is_renewal(&question))
            send_answer(&d, HOST_IP);
    } while (is_renewal(&question));
    lease(&question, HOST_IP, 3600);
    say_hello();
    assert_says("lease is lost");
    const char *summary = stop();
    assert_int_equal(json_value(summary, "ip.leases"), 3);
    assert_int_equal(json_value(summary, "ip.refused"), 1);
}

static void nonsense_of_dhcp_servers_is_ignored(void **state)
{
    static const uint32_t addresses[] = { 0, 0x7f000001, 0xe0000001, 0xffffffff };
    struct frame question, f;
    struct dhcp d;

    (void)state;
    start("");
    assert_asks(&question, is_discover);
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        make_answer(&d, &question, 2, addresses[i]);
        send_answer(&d, 0xffffffff);
    }
    make_answer(&d, &question, 2, HOST_IP);
    d.m[4] ^= 1; /* somebody else's transaction */
    send_answer(&d, 0xffffffff);
    make_answer(&d, &question, 2, HOST_IP);
    d.m[28] ^= 1; /* and hardware address */
    send_answer(&d, 0xffffffff);
    make_answer(&d, &question, 5, HOST_IP); /* nobody has asked for that yet */
    send_answer(&d, 0xffffffff);
    make_answer(&d, &question, 2, HOST_IP);
    make_udp(&f, PEER_IP, 0xffffffff, 67, 68, d.m, d.len);
    f.data[AT_UDP_DATA + 3] ^= 1; /* the checksum does not hold */
    peer_send(&f);
    for (size_t len = 0; len < d.len; len++) {
        make_udp(&f, PEER_IP, 0xffffffff, 67, 68, d.m, len);
        peer_send(&f);
        f.data[AT_UDP_DATA + (len ? len - 1 : 0)] = 255;
        put(f.data + AT_L4 + 6, 2, 0);
        peer_send(&f);
        if (len == 246)
            break; /* from here on it is an offer */
    }
    assert_asks(&question, is_discover);
    make_answer(&d, &question, 2, HOST_IP);
    add_option(&d, 1, 0xff00ff00, 4);  /* no mask */
    add_option(&d, 51, 0, 4);          /* no time */
    add_option(&d, 58, 0xffffffff, 4); /* no order */
    d.m[d.len++] = 3;                  /* longer than the message */
    d.m[d.len++] = 250;
    send_answer(&d, 0xffffffff);
    assert_asks(&question, is_request);
    d.m[242] = 5;
    send_answer(&d, 0xffffffff);
    say_hello();
    assert_pings(1, 56);
    const char *summary = stop();
    assert_int_equal(json_value(summary, "ip.leases"), 1);
    assert_int_equal(json_value(summary, "ip.lease_seconds"), 3600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_ping),
        cmocka_unit_test(the_device_computes_right_checksums),
        cmocka_unit_test(the_stack_computes_right_checksums),
        cmocka_unit_test(frames_with_wrong_checksums_are_dropped),
        cmocka_unit_test(garbage_does_no_harm),
        cmocka_unit_test(fragments_nobody_completes_are_bounded),
        cmocka_unit_test(a_flood_of_half_open_connections_is_bounded),
        cmocka_unit_test(too_many_connections_are_refused),
        cmocka_unit_test(hoarding_does_not_dry_the_receive_ring),
        cmocka_unit_test(gets_renews_and_loses_a_lease),
        cmocka_unit_test(nonsense_of_dhcp_servers_is_ignored),
    };
    return cmocka_run_group_tests_name("http frames", tests, scratch_make, server_remove);
}
