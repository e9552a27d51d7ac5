// SPDX-License-Identifier: MIT
#include "status.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../../server/json.h"

struct facts {
    struct ixl_device_info info;
    struct ixl_link link;
    struct ixl_mempool_stats rx_pool, tx_pool;
    char mac[18], ip[16], mask[16], gateway[16];
    uint64_t seconds;
};

static void gather(struct status *s, struct facts *f)
{
    const struct netif *netif = &s->n->netif;
    const uint8_t *m = netif->hwaddr;
    struct ixl_device *dev = s->meter.dev;

    memset(f, 0, sizeof(*f));
    meter_read(&s->meter);
    ixl_get_info(dev, &f->info);
    ixl_get_link(dev, &f->link);
    ixl_mempool_get_stats(ixl_get_rxq_mempool(dev, 0), &f->rx_pool);
    ixl_mempool_get_stats(s->n->tx_pool, &f->tx_pool);
    f->seconds = (now_ns() - s->started) / 1000000000u;
    snprintf(f->mac, sizeof(f->mac), "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4],
             m[5]);
    ip4addr_ntoa_r(netif_ip4_addr(netif), f->ip, sizeof(f->ip));
    ip4addr_ntoa_r(netif_ip4_netmask(netif), f->mask, sizeof(f->mask));
    ip4addr_ntoa_r(netif_ip4_gw(netif), f->gateway, sizeof(f->gateway));
}

/* ---- JSON ---- */

static void json_device(struct json *j, const struct status *s, const struct facts *f)
{
    json_object(j, "device");
    json_string(j, "address", s->meter.address);
    json_string(j, "description", f->info.description);
    json_string(j, "driver", f->info.driver);
    json_string(j, "datapath", f->info.datapath);
    json_number(j, "vendor", f->info.vendor);
    json_number(j, "device", f->info.device);
    json_string(j, "mac", f->mac);
    json_string(j, "irq_kind", f->info.irq_kind);
    json_number(j, "max_frame", ixl_get_max_frame_size(s->meter.dev));
    json_number(j, "dma_bytes", f->info.dma_bytes);
    json_end_object(j);
    json_object(j, "link");
    json_bool(j, "up", f->link.up);
    json_number(j, "mbps", f->link.mbps);
    json_bool(j, "full_duplex", f->link.full_duplex);
    json_number(j, "changes", ixl_get_link_changes(s->meter.dev));
    json_end_object(j);
}

static void json_ip(struct json *j, const struct status *s, const struct facts *f)
{
    json_object(j, "ip");
    json_string(j, "address", f->ip);
    json_string(j, "mask", f->mask);
    json_string(j, "gateway", f->gateway);
    json_bool(j, "dhcp", s->dhcp != NULL);
    if (s->dhcp) {
        json_bool(j, "bound", dhcp_bound(s->dhcp));
        json_number(j, "lease_seconds", s->dhcp->lease.seconds);
        json_number(j, "leases", s->dhcp->leases);
        json_number(j, "refused", s->dhcp->naks);
    }
    json_end_object(j);
}

static void json_pool(struct json *j, const char *key, const struct ixl_mempool_stats *pool)
{
    json_object(j, key);
    json_number(j, "capacity", pool->capacity);
    json_number(j, "in_use", pool->in_use);
    json_number(j, "high_water", pool->high_water);
    json_number(j, "alloc_failures", pool->alloc_failures);
    json_end_object(j);
}

static void json_stack(struct json *j, const struct netif_ixl *n)
{
    const struct netif_ixl_stats *t = &n->stats;

    json_object(j, "stack");
    json_bool(j, "offload", n->offload);
    json_number(j, "lent", n->lent);
    json_number(j, "rx_lent", t->rx_lent);
    json_number(j, "rx_copied", t->rx_copied);
    json_number(j, "rx_checked", t->rx_checked);
    json_number(j, "rx_bad", t->rx_bad);
    json_number(j, "rx_foreign", t->rx_foreign);
    json_number(j, "rx_no_memory", t->rx_no_memory);
    json_number(j, "tx_offloaded", t->tx_offloaded);
    json_number(j, "tx_no_room", t->tx_no_room);
    json_end_object(j);
}

static void json_http(struct json *j, const struct http_server *h)
{
    json_object(j, "http");
    json_number(j, "open", h->open);
    json_number(j, "connections", h->connections);
    json_number(j, "requests", h->requests);
    json_number(j, "errors", h->errors);
    json_number(j, "refused", h->refused);
    json_number(j, "aborted", h->aborted);
    json_number(j, "shed", h->shed);
    json_end_object(j);
}

bool status_write_json(struct status *s, FILE *out)
{
    struct json j = { .out = out };
    struct facts f;

    gather(s, &f);
    json_object(&j, NULL);
    json_string(&j, "version", IXL_VERSION);
    json_number(&j, "uptime_seconds", f.seconds);
    json_device(&j, s, &f);
    json_ip(&j, s, &f);
    json_number(&j, "rx_pkts", s->meter.total.rx_pkts);
    json_number(&j, "rx_bytes", s->meter.total.rx_bytes);
    json_number(&j, "tx_pkts", s->meter.total.tx_pkts);
    json_number(&j, "tx_bytes", s->meter.total.tx_bytes);
    bool complete = json_xstats(&j, "counters", s->meter.dev);
    json_stack(&j, s->n);
    json_object(&j, "pools");
    json_pool(&j, "receive", &f.rx_pool);
    json_pool(&j, "send", &f.tx_pool);
    json_end_object(&j);
    json_http(&j, s->http);
    json_end_object(&j);
    return complete;
}

/* ---- HTML ---- */

static void text(FILE *out, const char *s)
{
    for (; *s; s++) {
        if (*s == '<' || *s == '&' || *s == '"')
            fprintf(out, "&#%d;", *s);
        else
            fputc(*s, out);
    }
}

static void row(FILE *out, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static void row(FILE *out, const char *name, const char *fmt, ...)
{
    char value[256];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(value, sizeof(value), fmt, ap);
    va_end(ap);
    fputs("<tr><th>", out);
    text(out, name);
    fputs("</th><td>", out);
    text(out, value);
    fputs("</td></tr>\n", out);
}

static void heading(FILE *out, const char *name)
{
    fprintf(out, "</table>\n<h2>%s</h2>\n<table>\n", name);
}

static void html_device(FILE *out, const struct status *s, const struct facts *f)
{
    row(out, "address", "%s", s->meter.address);
    row(out, "driver", "%s, %s datapath, interrupts: %s", f->info.driver, f->info.datapath,
        f->info.irq_kind);
    row(out, "MAC address", "%s", f->mac);
    if (f->link.up)
        row(out, "link", "up, %u Mbit/s, %s duplex", f->link.mbps,
            f->link.full_duplex ? "full" : "half");
    else
        row(out, "link", "down");
    row(out, "IP address", "%s, mask %s, gateway %s%s", f->ip, f->mask, f->gateway,
        s->dhcp ? ", by DHCP" : "");
    row(out, "running for", "%llu s", (unsigned long long)f->seconds);
    row(out, "DMA memory", "%llu KiB", (unsigned long long)f->info.dma_bytes / 1024);
}

static void html_use(FILE *out, const struct status *s, const struct facts *f)
{
    const struct netif_ixl_stats *t = &s->n->stats;

    heading(out, "Stack and server");
    row(out, "frames lent to the stack", "%llu, now %u", (unsigned long long)t->rx_lent,
        s->n->lent);
    row(out, "frames copied to the stack", "%llu", (unsigned long long)t->rx_copied);
    row(out, "sent with checksums of the device", "%llu", (unsigned long long)t->tx_offloaded);
    row(out, "receive buffers in use", "%u of %u", f->rx_pool.in_use, f->rx_pool.capacity);
    row(out, "send buffers in use", "%u of %u", f->tx_pool.in_use, f->tx_pool.capacity);
    row(out, "pages served", "%llu", (unsigned long long)s->http->requests);
    row(out, "connections", "%llu, now %u", (unsigned long long)s->http->connections,
        s->http->open);
}

static bool html_counters(FILE *out, const struct status *s)
{
    unsigned count;
    struct ixl_xstat *stats = xstats_read(s->meter.dev, &count);

    heading(out, "Driver statistics");
    for (unsigned i = 0; stats && i < count; i++)
        row(out, stats[i].name, "%llu", (unsigned long long)stats[i].value);
    bool complete = stats != NULL;
    free(stats);
    return complete;
}

static bool write_html(struct status *s, FILE *out)
{
    struct facts f;

    gather(s, &f);
    fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
          "<meta http-equiv=\"refresh\" content=\"2\"><title>Ixylon: ",
          out);
    text(out, f.info.description ? f.info.description : s->meter.address);
    fputs("</title>\n<style>body{font-family:sans-serif;margin:2em}"
          "th{text-align:left;font-weight:normal;padding-right:2em}"
          "td{font-variant-numeric:tabular-nums}</style></head><body>\n<h1>",
          out);
    text(out, f.info.description ? f.info.description : s->meter.address);
    fputs("</h1>\n<p>This page came through the device it describes. It renews itself; programs "
          "read <a href=\"/stats.json\">stats.json</a>.</p>\n<table>\n",
          out);
    html_device(out, s, &f);
    html_use(out, s, &f);
    bool complete = html_counters(out, s);
    fputs("</table>\n</body></html>\n", out);
    return complete;
}

bool status_page(void *ctx, const char *path, struct http_page *page)
{
    bool html = strcmp(path, "/") == 0;

    if (!html && strcmp(path, "/stats.json") != 0)
        return false;
    page->type = html ? "text/html; charset=utf-8" : "application/json";
    FILE *out = open_memstream(&page->body, &page->len);
    if (!out)
        return true;
    bool ok = html ? write_html(ctx, out) : status_write_json(ctx, out);
    ok = !ferror(out) && ok;
    if (fclose(out) == 0 && ok)
        return true;
    free(page->body);
    page->body = NULL;
    return true;
}
