// SPDX-License-Identifier: MIT
/* What ixl-http knows about itself and its device, as a page and as JSON. */
#ifndef LWIP_STATUS_H
#define LWIP_STATUS_H

#include "../../server/common.h"
#include "dhcp.h"
#include "http.h"
#include "netif_ixl.h"

struct status {
    struct meter meter;
    struct netif_ixl *n;
    const struct dhcp_client *dhcp; /* NULL: the address was given */
    const struct http_server *http;
    uint64_t started; /* ns */
};

/* An http_page_fn with a struct status as its context: "/" and "/stats.json". */
bool status_page(void *ctx, const char *path, struct http_page *page);
/* False: the device did not tell. */
bool status_write_json(struct status *s, FILE *out);

#endif
