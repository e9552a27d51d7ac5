// SPDX-License-Identifier: MIT
#include "dhcp.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "offload.h"

enum {
    SERVER_PORT = 67,
    CLIENT_PORT = 68,
    FIRST_RETRY_MS = 1000,
    LAST_RETRY_MS = 32000,
    MAX_TRIES = 5, /* of a request, before looking for a server again */
    MIN_LEASE_S = 10,
};

/* RFC 2131 2: the message, as offsets; RFC 2132: options. */
enum {
    OP = 0,
    HTYPE = 1,
    HLEN = 2,
    XID = 4,
    FLAGS = 10,
    CIADDR = 12,
    YIADDR = 16,
    CHADDR = 28,
    COOKIE = 236,
    OPTIONS = 240,
    MESSAGE_LEN = 300, /* some relays drop shorter ones */

    OPT_PAD = 0,
    OPT_MASK = 1,
    OPT_ROUTER = 3,
    OPT_HOST_NAME = 12,
    OPT_ADDRESS = 50,
    OPT_LEASE = 51,
    OPT_TYPE = 53,
    OPT_SERVER = 54,
    OPT_WANTED = 55,
    OPT_RENEW = 58,
    OPT_REBIND = 59,
    OPT_END = 255,

    DISCOVER = 1,
    OFFER = 2,
    REQUEST = 3,
    ACK = 5,
    NAK = 6,
    RELEASE = 7,
};

static const uint8_t cookie[4] = { 99, 130, 83, 99 };

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

/* Addresses are kept in network byte order, as lwIP does. */
static void get_address(const uint8_t *p, ip4_addr_t *out)
{
    memcpy(&out->addr, p, 4);
}

bool dhcp_bound(const struct dhcp_client *c)
{
    return c->state >= DHCP_BOUND;
}

/* ---- sending ---- */

static uint8_t *option(uint8_t *at, uint8_t code, const void *value, uint8_t len)
{
    at[0] = code;
    at[1] = len;
    memcpy(at + 2, value, len);
    return at + 2 + len;
}

static void write_options(const struct dhcp_client *c, uint8_t *at, uint8_t type)
{
    static const uint8_t wanted[] = { OPT_MASK, OPT_ROUTER, OPT_LEASE, OPT_RENEW, OPT_REBIND };

    at = option(at, OPT_TYPE, &type, 1);
    if (c->state == DHCP_REQUESTING)
        at = option(at, OPT_ADDRESS, &c->offer.address.addr, 4);
    if (c->state == DHCP_REQUESTING)
        at = option(at, OPT_SERVER, &c->offer.server.addr, 4);
    if (type == RELEASE) {
        at = option(at, OPT_SERVER, &c->lease.server.addr, 4);
    } else {
        at = option(at, OPT_HOST_NAME, "ixylon", 6);
        at = option(at, OPT_WANTED, wanted, sizeof(wanted));
    }
    *at = OPT_END;
}

static void write_message(const struct dhcp_client *c, uint8_t *m, uint8_t type)
{
    uint32_t xid = lwip_htonl(c->xid);

    memset(m, 0, MESSAGE_LEN);
    m[OP] = 1;
    m[HTYPE] = 1;
    m[HLEN] = 6;
    memcpy(m + XID, &xid, 4);
    if (dhcp_bound(c))
        memcpy(m + CIADDR, &c->lease.address.addr, 4);
    else
        m[FLAGS] = 0x80; /* broadcast the answer: we take nothing else yet */
    memcpy(m + CHADDR, c->n->netif.hwaddr, 6);
    memcpy(m + COOKIE, cookie, 4);
    write_options(c, m + OPTIONS, type);
}

static void send_message(struct dhcp_client *c, uint8_t type)
{
    bool unicast = c->state == DHCP_BOUND || c->state == DHCP_RENEWING;
    struct pbuf *p = pbuf_alloc(PBUF_TRANSPORT, MESSAGE_LEN, PBUF_RAM);
    ip_addr_t to;

    if (!p)
        return;
    write_message(c, p->payload, type);
    ip_addr_copy_from_ip4(to, *IP4_ADDR_BROADCAST);
    if (unicast)
        ip_addr_copy_from_ip4(to, c->lease.server);
    udp_sendto_if_src(c->pcb, p, &to, SERVER_PORT, &c->n->netif, netif_ip_addr4(&c->n->netif));
    pbuf_free(p);
}

/* ---- states ---- */

static void enter(struct dhcp_client *c, enum dhcp_state state)
{
    c->state = state;
    c->tries = 0;
    c->next_send = c->now;
}

static void start_over(struct dhcp_client *c)
{
    netif_set_addr(&c->n->netif, NULL, NULL, NULL);
    if (getrandom(&c->xid, sizeof(c->xid), GRND_NONBLOCK) != sizeof(c->xid))
        c->xid = c->xid * 1664525u + 1013904223u;
    enter(c, DHCP_SELECTING);
}

static uint64_t after(uint64_t now, uint32_t seconds)
{
    return seconds == UINT32_MAX ? UINT64_MAX : now + seconds * 1000ull;
}

static void bind_lease(struct dhcp_client *c, const struct dhcp_lease *lease)
{
    bool changed = !dhcp_bound(c) || !ip4_addr_cmp(&lease->address, &c->lease.address) ||
                   !ip4_addr_cmp(&lease->mask, &c->lease.mask) ||
                   !ip4_addr_cmp(&lease->gateway, &c->lease.gateway);

    c->lease = *lease;
    c->leases++;
    c->renew_at = after(c->now, lease->renew);
    c->rebind_at = after(c->now, lease->rebind);
    c->expires_at = after(c->now, lease->seconds);
    enter(c, DHCP_BOUND);
    if (changed)
        netif_set_addr(&c->n->netif, &lease->address, &lease->mask, &lease->gateway);
}

/* ---- receiving ---- */

struct answer {
    uint8_t type;
    bool has_server;
    struct dhcp_lease lease;
};

static void take_option(struct answer *a, uint8_t code, const uint8_t *value, uint8_t len)
{
    struct dhcp_lease *l = &a->lease;

    if (code == OPT_TYPE && len == 1)
        a->type = value[0];
    if (len < 4)
        return;
    if (code == OPT_MASK)
        get_address(value, &l->mask);
    else if (code == OPT_ROUTER)
        get_address(value, &l->gateway);
    else if (code == OPT_LEASE)
        l->seconds = get32(value);
    else if (code == OPT_RENEW)
        l->renew = get32(value);
    else if (code == OPT_REBIND)
        l->rebind = get32(value);
    else if (code == OPT_SERVER) {
        get_address(value, &l->server);
        a->has_server = true;
    }
}

static void take_options(struct answer *a, const uint8_t *at, const uint8_t *end)
{
    while (at < end && *at != OPT_END) {
        if (*at == OPT_PAD) {
            at++;
            continue;
        }
        if (end - at < 2 || end - at < 2 + at[1])
            return;
        take_option(a, at[0], at + 2, at[1]);
        at += 2 + at[1];
    }
}

/* Nobody's word for it: an address a host can have, a mask, and times in order. */
static bool sane(struct dhcp_lease *l)
{
    uint32_t host = lwip_ntohl(l->address.addr);
    uint32_t lease = l->seconds;

    if (host >> 24 == 0 || host >> 24 == 127 || host >= 0xe0000000u)
        return false;
    if (l->mask.addr == 0 || !ip4_addr_netmask_valid(l->mask.addr))
        l->mask.addr = lwip_htonl(0xffffff00u);
    if (lease < MIN_LEASE_S)
        lease = l->seconds = lease == 0 ? 3600 : MIN_LEASE_S;
    if (lease == UINT32_MAX) {
        l->renew = l->rebind = UINT32_MAX;
    } else if (l->renew < 1 || l->renew >= l->rebind || l->rebind >= lease) {
        l->renew = lease / 2;
        l->rebind = lease - lease / 8;
    }
    return true;
}

static void take_answer(struct dhcp_client *c, struct answer *a)
{
    bool asked =
        c->state == DHCP_REQUESTING || c->state == DHCP_RENEWING || c->state == DHCP_REBINDING;

    if (c->state == DHCP_REQUESTING && a->has_server &&
        !ip4_addr_cmp(&a->lease.server, &c->offer.server))
        return;
    if (a->type == OFFER && c->state == DHCP_SELECTING && a->has_server && sane(&a->lease)) {
        c->offer = a->lease;
        enter(c, DHCP_REQUESTING);
    } else if (a->type == ACK && asked && sane(&a->lease)) {
        if (!a->has_server)
            a->lease.server = c->state == DHCP_REQUESTING ? c->offer.server : c->lease.server;
        bind_lease(c, &a->lease);
    } else if (a->type == NAK && asked) {
        c->naks++;
        start_over(c);
        c->next_send = c->now + FIRST_RETRY_MS;
    }
}

static void take_message(struct dhcp_client *c, const uint8_t *m, size_t len)
{
    struct answer a = { 0 };

    if (len < OPTIONS || m[OP] != 2 || m[HTYPE] != 1 || m[HLEN] != 6 || get32(m + XID) != c->xid ||
        memcmp(m + CHADDR, c->n->netif.hwaddr, 6) != 0 || memcmp(m + COOKIE, cookie, 4) != 0)
        return;
    get_address(m + YIADDR, &a.lease.address);
    take_options(&a, m + OPTIONS, m + len);
    take_answer(c, &a);
}

/* The UDP payload of a frame for our port; its length, 0 if it is anything else. */
static size_t find_payload(const uint8_t *frame, size_t len, const uint8_t **payload)
{
    const uint8_t *ip = frame + 14;

    if (len < 14 + 28 || get16(frame + 12) != 0x0800 || ip[0] >> 4 != 4 || ip[9] != 17 ||
        (get16(ip + 6) & 0x3fff))
        return 0;
    size_t header = (ip[0] & 15u) * 4, total = get16(ip + 2);
    if (header < 20 || total < header + 8 || 14 + total > len)
        return 0;
    const uint8_t *udp = ip + header;
    uint16_t udp_len = get16(udp + 4);
    if (get16(udp) != SERVER_PORT || get16(udp + 2) != CLIENT_PORT || udp_len < 8 ||
        udp_len > total - header)
        return 0;
    *payload = NULL; /* ours, if it is intact */
    if (csum_fold(csum_add(0, ip, header)) == 0xffff &&
        (get16(udp + 6) == 0 ||
         csum_fold(csum_add(csum_pseudo(ip, 17, udp_len), udp, udp_len)) == 0xffff))
        *payload = udp + 8;
    return udp_len;
}

static bool tap(void *ctx, const uint8_t *frame, size_t len)
{
    struct dhcp_client *c = ctx;
    const uint8_t *payload;
    size_t udp_len = find_payload(frame, len, &payload);

    if (udp_len && payload)
        take_message(c, payload, udp_len - 8);
    return udp_len != 0;
}

/* ---- life ---- */

int dhcp_begin(struct dhcp_client *c, struct netif_ixl *n, uint64_t now)
{
    memset(c, 0, sizeof(*c));
    c->n = n;
    c->now = now;
    c->xid = get32(n->netif.hwaddr + 2) ^ (uint32_t)now;
    c->pcb = udp_new();
    if (!c->pcb)
        return -IXL_ENOMEM;
    ip_set_option(c->pcb, SOF_BROADCAST);
    udp_bind(c->pcb, IP4_ADDR_ANY, CLIENT_PORT);
    n->tap = tap;
    n->tap_ctx = c;
    start_over(c);
    return 0;
}

static uint64_t backoff(unsigned tries)
{
    uint64_t ms = (uint64_t)FIRST_RETRY_MS << (tries < 5 ? tries : 5);

    return ms < LAST_RETRY_MS ? ms : LAST_RETRY_MS;
}

static void send_due(struct dhcp_client *c)
{
    if (c->now < c->next_send || !netif_is_link_up(&c->n->netif))
        return;
    if (c->state == DHCP_REQUESTING && c->tries == MAX_TRIES)
        start_over(c);
    send_message(c, c->state == DHCP_SELECTING ? DISCOVER : REQUEST);
    c->next_send = c->now + backoff(c->tries++);
}

void dhcp_poll(struct dhcp_client *c, uint64_t now)
{
    c->now = now;
    if (c->state == DHCP_IDLE)
        return;
    if (dhcp_bound(c) && now >= c->expires_at)
        start_over(c);
    if (c->state == DHCP_RENEWING && now >= c->rebind_at)
        enter(c, DHCP_REBINDING);
    if (c->state == DHCP_BOUND && now >= c->renew_at)
        enter(c, DHCP_RENEWING);
    if (c->state != DHCP_BOUND)
        send_due(c);
}

void dhcp_link_up(struct dhcp_client *c)
{
    if (dhcp_bound(c))
        enter(c, DHCP_REBINDING);
    else if (c->state != DHCP_IDLE)
        start_over(c);
}

void dhcp_end(struct dhcp_client *c)
{
    if (dhcp_bound(c) && netif_is_link_up(&c->n->netif)) {
        c->state = DHCP_BOUND; /* its server hears of it, nobody else */
        send_message(c, RELEASE);
    }
    if (c->pcb)
        udp_remove(c->pcb);
    c->n->tap = NULL;
    c->state = DHCP_IDLE;
}
