// SPDX-License-Identifier: MIT
/*
 * A very small HTTP/1.1 server on lwIP's callback interface: GET and HEAD, one request a
 * connection. Everything a peer can make it keep is bounded: connections, bytes of a request,
 * time to send one, time to take the answer, connections half open or half closed.
 */
#ifndef LWIP_HTTP_H
#define LWIP_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include <lwip/tcp.h>

enum {
    HTTP_CONNECTIONS = 64, /* at once */
    HTTP_LINE = 512,       /* bytes of a request line */
    HTTP_HEADER = 16384,   /* bytes of a request */
    HTTP_HALF_OPEN = 128,  /* connections opening or closing */
    HTTP_TIME_WAIT = 128,  /* closed connections the stack remembers */
    HTTP_REQUEST_S = 10,   /* a request must be complete in this time */
    HTTP_STALL_S = 20,     /* an answer must make progress */
    HTTP_LINGER_S = 1,     /* the peer may close first */
};

struct http_page {
    char *body; /* of malloc; the server frees it */
    size_t len;
    const char *type;
};

/* Make the page of a path. False: there is none; with a body of NULL: no memory. */
typedef bool (*http_page_fn)(void *ctx, const char *path, struct http_page *page);

struct http_conn;

struct http_server {
    struct tcp_pcb *listener;
    http_page_fn page;
    void *ctx;
    struct http_conn *conns;
    unsigned open;
    uint64_t connections, requests; /* accepted; answered with a page */
    uint64_t errors;                /* answered with an error */
    uint64_t refused;               /* connections there was no room for */
    uint64_t aborted;               /* given up: too slow, or reset by the peer */
    uint64_t shed;                  /* half open or half closed ones beyond the bounds */
};

/* Listen. 0, or a negative IXL error. */
int http_begin(struct http_server *s, uint16_t port, http_page_fn page, void *ctx);
/* Keep what is half open or half closed within bounds. Call some times a second. */
void http_poll(struct http_server *s);
/* Abort all connections. */
void http_end(struct http_server *s);

#endif
