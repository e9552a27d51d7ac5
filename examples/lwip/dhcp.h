// SPDX-License-Identifier: MIT
/*
 * A DHCP client (RFC 2131) for a struct netif_ixl, for lwIPs that were built without one, as
 * Debian's is. It sees the server's answers ahead of the stack, which takes no datagram while it
 * has no address. Same thread as the interface. Times are milliseconds of one clock.
 */
#ifndef LWIP_DHCP_CLIENT_H
#define LWIP_DHCP_CLIENT_H

#include <lwip/ip4_addr.h>
#include <lwip/udp.h>

#include "netif_ixl.h"

enum dhcp_state {
    DHCP_IDLE,
    DHCP_SELECTING,  /* looking for a server */
    DHCP_REQUESTING, /* one has made an offer */
    DHCP_BOUND,
    DHCP_RENEWING,  /* bound, asking its server for more time */
    DHCP_REBINDING, /* bound, asking any server */
};

struct dhcp_lease {
    ip4_addr_t address, mask, gateway, server;
    uint32_t seconds, renew, rebind; /* UINT32_MAX: for ever */
};

struct dhcp_client {
    struct netif_ixl *n;
    struct udp_pcb *pcb;
    enum dhcp_state state;
    uint32_t xid;
    unsigned tries;
    uint64_t now, next_send, renew_at, rebind_at, expires_at;
    struct dhcp_lease offer, lease;
    uint64_t leases, naks; /* how often we got one and were refused */
};

/* Begin. 0 or -IXL_ENOMEM. */
int dhcp_begin(struct dhcp_client *c, struct netif_ixl *n, uint64_t now);
/* Send what is due; expire the lease. Call some times a second. */
void dhcp_poll(struct dhcp_client *c, uint64_t now);
/* The link came up again: make sure that the lease still holds. */
void dhcp_link_up(struct dhcp_client *c);
/* Give the lease back. */
void dhcp_end(struct dhcp_client *c);
bool dhcp_bound(const struct dhcp_client *c);

#endif
