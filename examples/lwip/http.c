// SPDX-License-Identifier: MIT
#include "http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ixl/error.h>
#include <lwip/priv/tcp_priv.h>

struct http_conn {
    struct http_server *server;
    struct tcp_pcb *pcb;
    struct http_conn *next, **link; /* *link points here */
    char line[HTTP_LINE];
    unsigned line_len, total, column; /* bytes of the request line, the request, this line */
    bool line_done, answering, peer_closed;
    char *out;
    size_t out_len, out_at, acked;
    unsigned seconds; /* since the last progress */
};

/* ---- connections ---- */

static void forget(struct http_conn *c)
{
    *c->link = c->next;
    if (c->next)
        c->next->link = c->link;
    c->server->open--;
    free(c->out);
    free(c);
}

static void detach(struct tcp_pcb *pcb)
{
    tcp_arg(pcb, NULL);
    tcp_recv(pcb, NULL);
    tcp_sent(pcb, NULL);
    tcp_err(pcb, NULL);
    tcp_poll(pcb, NULL, 0);
}

/* The result is what a callback of the connection must return. */
static err_t abandon(struct http_conn *c)
{
    struct tcp_pcb *pcb = c->pcb;

    c->server->aborted++;
    detach(pcb);
    forget(c);
    tcp_abort(pcb);
    return ERR_ABRT;
}

static err_t close_gently(struct http_conn *c)
{
    struct tcp_pcb *pcb = c->pcb;

    detach(pcb);
    if (tcp_close(pcb) != ERR_OK)
        return abandon(c);
    forget(c);
    return ERR_OK;
}

/* ---- answers ---- */

/* Give the stack as much of the answer as it takes; close when the peer has it all. */
static err_t pump(struct http_conn *c)
{
    while (c->out_at < c->out_len) {
        size_t n = c->out_len - c->out_at;
        if (n > tcp_sndbuf(c->pcb))
            n = tcp_sndbuf(c->pcb);
        if (n == 0 ||
            tcp_write(c->pcb, c->out + c->out_at, (u16_t)n, TCP_WRITE_FLAG_COPY) != ERR_OK)
            break;
        c->out_at += n;
    }
    /* what fails now the stack's timers send */
    tcp_output(c->pcb);
    return c->peer_closed && c->acked == c->out_len ? close_gently(c) : ERR_OK;
}

static bool answer(struct http_conn *c, const char *status, const char *more, const char *type,
                   const char *body, size_t len, bool with_body)
{
    int head = asprintf(&c->out,
                        "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                        "Cache-Control: no-store\r\nConnection: close\r\n%s\r\n",
                        status, type, len, more);
    char *whole = head < 0 ? NULL : realloc(c->out, (size_t)head + len);

    c->answering = true;
    c->seconds = 0;
    if (head < 0)
        c->out = NULL;
    if (!whole)
        return false;
    c->out = whole;
    if (with_body)
        memcpy(whole + head, body, len);
    c->out_len = (size_t)head + (with_body ? len : 0);
    return true;
}

static bool answer_error(struct http_conn *c, const char *status, const char *more)
{
    char body[128];
    int len = snprintf(body, sizeof(body), "%s\n", status);

    c->server->errors++;
    return answer(c, status, more, "text/plain; charset=utf-8", body, (size_t)len, true);
}

static bool answer_page(struct http_conn *c, char *path, bool with_body)
{
    struct http_page page = { 0 };

    path[strcspn(path, "?#")] = '\0';
    if (!c->server->page(c->server->ctx, path, &page))
        return answer_error(c, "404 Not Found", "");
    if (!page.body)
        return answer_error(c, "503 Service Unavailable", "");
    c->server->requests++;
    bool ok = answer(c, "200 OK", "", page.type, page.body, page.len, with_body);
    free(page.body);
    return ok;
}

/* METHOD PATH HTTP/1.x */
static bool answer_request(struct http_conn *c)
{
    char *path = strchr(c->line, ' ');
    char *version = path ? strchr(path + 1, ' ') : NULL;

    if (!version || strncmp(version + 1, "HTTP/", 5) != 0 || path[1] != '/')
        return answer_error(c, "400 Bad Request", "");
    if (strncmp(version + 1, "HTTP/1.", 7) != 0)
        return answer_error(c, "505 HTTP Version Not Supported", "");
    *path++ = '\0';
    *version = '\0';
    bool head = strcmp(c->line, "HEAD") == 0;
    if (!head && strcmp(c->line, "GET") != 0)
        return answer_error(c, "405 Method Not Allowed", "Allow: GET, HEAD\r\n");
    return answer_page(c, path, !head);
}

/* ---- requests ---- */

/* One byte of the request. False: no memory to answer. */
static bool take(struct http_conn *c, char byte)
{
    if (++c->total > HTTP_HEADER)
        return answer_error(c, "431 Request Header Fields Too Large", "");
    if (byte == '\n') {
        /* an empty line ends the request, except ahead of it */
        bool end = c->line_done && c->column == 0;
        c->line_done = c->line_len > 0;
        c->column = 0;
        return end ? answer_request(c) : true;
    }
    if (byte == '\r')
        return true;
    c->column++;
    if (c->line_done)
        return true;
    if ((unsigned char)byte < 0x20 || byte == 0x7f)
        return answer_error(c, "400 Bad Request", "");
    if (c->line_len == HTTP_LINE - 1)
        return answer_error(c, "414 URI Too Long", "");
    c->line[c->line_len++] = byte;
    return true;
}

static err_t on_receive(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    struct http_conn *c = arg;
    bool ok = true;

    (void)err;
    if (!p) {
        c->peer_closed = true;
        return c->answering ? pump(c) : close_gently(c);
    }
    tcp_recved(pcb, p->tot_len);
    for (struct pbuf *q = p; q; q = q->next) {
        for (unsigned i = 0; ok && !c->answering && i < q->len; i++)
            ok = take(c, ((const char *)q->payload)[i]);
    }
    pbuf_free(p);
    if (!ok)
        return abandon(c);
    return c->answering ? pump(c) : ERR_OK;
}

static err_t on_sent(void *arg, struct tcp_pcb *pcb, u16_t len)
{
    struct http_conn *c = arg;

    (void)pcb;
    c->acked += len;
    c->seconds = 0;
    return pump(c);
}

/* Once a second. */
static err_t on_tick(void *arg, struct tcp_pcb *pcb)
{
    struct http_conn *c = arg;

    (void)pcb;
    c->seconds++;
    if (c->answering && c->acked == c->out_len)
        return c->seconds > HTTP_LINGER_S ? close_gently(c) : ERR_OK;
    if (c->seconds > (c->answering ? HTTP_STALL_S : HTTP_REQUEST_S))
        return abandon(c);
    return c->answering ? pump(c) : ERR_OK;
}

/* The stack has freed the connection. */
static void on_error(void *arg, err_t err)
{
    struct http_conn *c = arg;

    (void)err;
    c->server->aborted++;
    forget(c);
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
    struct http_server *s = arg;
    struct http_conn *c = NULL;

    if (err != ERR_OK || !pcb)
        return ERR_VAL;
    if (s->open < HTTP_CONNECTIONS)
        c = calloc(1, sizeof(*c));
    if (!c) {
        s->refused++;
        tcp_abort(pcb);
        return ERR_ABRT;
    }
    *c = (struct http_conn){ .server = s, .pcb = pcb, .next = s->conns, .link = &s->conns };
    if (s->conns)
        s->conns->link = &c->next;
    s->conns = c;
    s->open++;
    s->connections++;
    tcp_arg(pcb, c);
    tcp_recv(pcb, on_receive);
    tcp_sent(pcb, on_sent);
    tcp_err(pcb, on_error);
    tcp_poll(pcb, on_tick, 2); /* of half a second */
    tcp_nagle_disable(pcb);
    return ERR_OK;
}

/* ---- life ---- */

int http_begin(struct http_server *s, uint16_t port, http_page_fn page, void *ctx)
{
    struct tcp_pcb *pcb = tcp_new(), *listener;

    memset(s, 0, sizeof(*s));
    s->page = page;
    s->ctx = ctx;
    if (!pcb)
        return -IXL_ENOMEM;
    if (tcp_bind(pcb, IP4_ADDR_ANY, port) != ERR_OK) {
        tcp_abort(pcb);
        return -IXL_EBUSY;
    }
    listener = tcp_listen(pcb);
    if (!listener) {
        tcp_abort(pcb);
        return -IXL_ENOMEM;
    }
    s->listener = listener;
    tcp_arg(listener, s);
    tcp_accept(listener, on_accept);
    return 0;
}

static bool half(const struct tcp_pcb *pcb)
{
    return pcb->state == SYN_RCVD || pcb->state == FIN_WAIT_1 || pcb->state == FIN_WAIT_2 ||
           pcb->state == CLOSING || pcb->state == LAST_ACK || pcb->state == TIME_WAIT;
}

/* Lists begin with the newest; what is beyond `keep` goes. An lwIP that takes connections from the
 * heap, as Debian's, has no limit of its own. */
static unsigned shed(struct tcp_pcb *pcb, unsigned keep)
{
    unsigned halves = 0;

    for (struct tcp_pcb *next; pcb; pcb = next) {
        next = pcb->next;
        if (half(pcb) && ++halves > keep)
            tcp_abort(pcb);
    }
    return halves > keep ? halves - keep : 0;
}

void http_poll(struct http_server *s)
{
    s->shed += shed(tcp_active_pcbs, HTTP_HALF_OPEN);
    s->shed += shed(tcp_tw_pcbs, HTTP_TIME_WAIT);
}

void http_end(struct http_server *s)
{
    for (struct http_conn *c = s->conns, *next; c; c = next) {
        next = c->next;
        abandon(c);
    }
    if (s->listener)
        tcp_close(s->listener);
    s->listener = NULL;
    shed(tcp_active_pcbs, 0);
    shed(tcp_tw_pcbs, 0);
}
