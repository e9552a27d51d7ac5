// SPDX-License-Identifier: MIT
/* ixl-http: a web server with a TCP/IP stack of its own on a device of Ixylon. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/random.h>

#include <lwip/init.h>
#include <lwip/timeouts.h>

#include "../../server/options.h"
#include "status.h"

static const char doc[] =
    "Serve a page with the live statistics of the network device at ADDRESS, over that device: "
    "driver, TCP/IP stack (lwIP) and server are this one process.\v"
    "Without --ip the address comes from a DHCP server. The pages are / (HTML) and /stats.json. "
    "The server answers ping, too.\n"
    "\n"
    "Examples:\n"
    "  ixl-http qemu:e1000,wire=user,hostfwd=tcp:127.0.0.1:8080-:80\n"
    "      QEMU's network card with QEMU's DHCP server and gateway at the other end of its wire. "
    "Nobody is root. Then: curl http://127.0.0.1:8080/stats.json\n"
    "  ixl-http sim:82599,wire=tap:ixl0 --ip 10.0.0.2\n"
    "      Linux is the peer (needs CAP_NET_ADMIN). Then, as root:\n"
    "      ip address add 10.0.0.1/24 dev ixl0; ip link set ixl0 up; ping 10.0.0.2\n"
    "  ixl-http pci:0000:03:00.0 --irq-timeout 0\n"
    "      A real card in a network with a DHCP server; polling instead of interrupts.\n"
    "\n"
    "ixl-info shows what an ADDRESS can be. Ctrl-C ends the program and gives the lease back. "
    "Exit codes: 0 success, 1 failure, 2 wrong usage.";

enum { OPT_IP = 0x300, OPT_MASK, OPT_GATEWAY, OPT_SOFTWARE };

enum { CHECK_MS = 100 }; /* between two looks at link, lease and connections */

struct app {
    struct ixl_dev_cfg cfg;
    struct run run;
    const char *address;
    ip4_addr_t ip, mask, gateway;
    bool static_ip, has_mask, software_checksums;
    uint16_t port;
    ip4_addr_t announced;
    bool link_was_down;
    struct dhcp_client dhcp;
    struct http_server http;
    struct status status;
};

/* The stack may free its last buffers late. */
static struct netif_ixl interface;

static const struct argp_option options[] = {
    { NULL, 0, NULL, 0, "Network:", 3 },
    { "port", 'p', "N", 0, "TCP port of the server (default 80)", 0 },
    { "ip", OPT_IP, "ADDR", 0, "This IPv4 address instead of one from DHCP", 0 },
    { "mask", OPT_MASK, "MASK", 0, "Netmask that goes with --ip (default 255.255.255.0)", 0 },
    { "gw", OPT_GATEWAY, "ADDR", 0, "Gateway that goes with --ip (default none)", 0 },
    { "software-checksums", OPT_SOFTWARE, NULL, 0,
      "Do not let the device compute the checksums of what is sent", 0 },
    { 0 },
};

static void parse_ip(struct argp_state *state, const char *what, const char *arg, ip4_addr_t *out)
{
    struct in_addr in;

    if (inet_pton(AF_INET, arg, &in) != 1)
        argp_error(state, "%s: '%s' is not an IPv4 address like 10.0.0.2", what, arg);
    else
        out->addr = in.s_addr;
}

static void check_ip(struct argp_state *state, const struct app *app)
{
    uint32_t host = ntohl(app->ip.addr), mask = ntohl(app->mask.addr);

    if (!app->static_ip && (app->has_mask || app->gateway.addr))
        argp_error(state, "--mask and --gw go with --ip; without it all come from DHCP");
    if (!app->static_ip)
        return;
    if (!ip4_addr_netmask_valid(app->mask.addr))
        argp_error(state, "--mask: its ones must be on the left, as in 255.255.255.0");
    if (host >> 24 == 0 || host >> 24 == 127 || host >= 0xe0000000u ||
        (mask < 0xfffffffeu && ((host & ~mask) == 0 || (host | mask) == UINT32_MAX)))
        argp_error(state, "--ip: no host can have this address");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct app *app = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &app->cfg;
        state->child_inputs[1] = &app->run;
        return 0;
    case 'p':
        app->port = (uint16_t)parse_number(state, "--port", arg, 1, UINT16_MAX);
        return 0;
    case OPT_IP:
        parse_ip(state, "--ip", arg, &app->ip);
        app->static_ip = true;
        return 0;
    case OPT_MASK:
        parse_ip(state, "--mask", arg, &app->mask);
        app->has_mask = true;
        return 0;
    case OPT_GATEWAY:
        parse_ip(state, "--gw", arg, &app->gateway);
        return 0;
    case OPT_SOFTWARE:
        app->software_checksums = true;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0)
            argp_error(state, "one address at a time, '%s' is too many", arg);
        app->address = arg;
        return 0;
    case ARGP_KEY_END:
        if (!app->address)
            argp_error(state, "an ADDRESS is missing; ixl-info shows which there are");
        check_ip(state, app);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- running ---- */

/* Say where the server is reached whenever that has changed. */
static void announce(struct app *app)
{
    const struct netif *netif = &interface.netif;
    char ip[16], mask[16], gateway[16], server[16];

    if (ip4_addr_cmp(netif_ip4_addr(netif), &app->announced))
        return;
    app->announced = *netif_ip4_addr(netif);
    if (ip4_addr_isany_val(app->announced)) {
        complain("the lease is lost; looking for a DHCP server");
        return;
    }
    ip4addr_ntoa_r(netif_ip4_addr(netif), ip, sizeof(ip));
    ip4addr_ntoa_r(netif_ip4_netmask(netif), mask, sizeof(mask));
    ip4addr_ntoa_r(netif_ip4_gw(netif), gateway, sizeof(gateway));
    ip4addr_ntoa_r(&app->dhcp.lease.server, server, sizeof(server));
    FILE *out = app->run.json ? stderr : stdout;
    fprintf(out, "address %s, mask %s, gateway %s", ip, mask, gateway);
    if (!app->static_ip)
        fprintf(out, ", by DHCP from %s for %u s", server, (unsigned)app->dhcp.lease.seconds);
    fprintf(out, ", serving on port %u\n", app->port);
    fflush(out);
}

/* What need not happen with each frame. */
static void look_after(struct app *app, uint64_t now)
{
    bool changed = netif_ixl_check_link(&interface);
    bool up = netif_is_link_up(&interface.netif);

    if (changed && (app->link_was_down = app->link_was_down || !up))
        complain("the link is %s", up ? "up" : "down");
    if (!app->static_ip) {
        if (changed && up)
            dhcp_link_up(&app->dhcp);
        dhcp_poll(&app->dhcp, now / 1000000u);
    }
    http_poll(&app->http);
    announce(app);
    netif_ixl_flush(&interface);
}

static void serve(struct app *app)
{
    uint64_t start = now_ns(), next_check = start, next_print = start + 1000000000u;
    uint64_t end = app->run.duration > 0 ? start + (uint64_t)(app->run.duration * 1e9) : UINT64_MAX;
    unsigned empty_rounds = 0;

    for (uint64_t now = start; !stop_requested() && now < end; now = now_ns()) {
        int got = netif_ixl_poll(&interface);
        sys_check_timeouts();
        if (got < 0) {
            complain_library(app->address, got);
            stop_request(true);
        }
        if (got == 0)
            idle(&empty_rounds);
        if (now < next_check)
            continue;
        next_check = now + CHECK_MS * 1000000u;
        look_after(app, now);
        stop_poll(0);
        if (!app->run.quiet && now >= next_print) {
            next_print = now + 1000000000u;
            meter_print_rates(&app->status.meter, stderr);
        }
    }
}

/* Let the device finish what it has been given, for a moment. */
static void drain(struct ixl_device *dev)
{
    struct ixl_mempool_stats pool;

    for (int tries = 0; tries < 200; tries++) {
        netif_ixl_flush(&interface);
        ixl_tx_reclaim(dev, 0);
        ixl_mempool_get_stats(interface.tx_pool, &pool);
        if (pool.in_use == 0)
            return;
        stop_poll(1);
    }
}

static void summary(struct app *app)
{
    struct status *s = &app->status;

    if (app->run.json) {
        if (!status_write_json(s, stdout))
            stop_request(true);
        return;
    }
    meter_read(&s->meter);
    meter_print_totals(&s->meter, stdout);
    printf("%llu connections, %llu pages, %llu errors, %llu refused, %llu aborted\n",
           (unsigned long long)app->http.connections, (unsigned long long)app->http.requests,
           (unsigned long long)app->http.errors, (unsigned long long)app->http.refused,
           (unsigned long long)app->http.aborted);
}

/* The address: given, or looked for from now on. */
static int begin_address(struct app *app)
{
    if (!app->static_ip)
        return dhcp_begin(&app->dhcp, &interface, now_ns() / 1000000u);
    netif_set_addr(&interface.netif, &app->ip, &app->mask, &app->gateway);
    return 0;
}

static int run(struct app *app, struct ixl_device *dev)
{
    int err = netif_ixl_add(&interface, dev, !app->software_checksums);

    if (err == -IXL_ERANGE)
        complain("--max-frame: IP needs frames of at least %d bytes", NETIF_IXL_MIN_FRAME);
    if (err)
        return err;
    app->status = (struct status){ .n = &interface, .http = &app->http, .started = now_ns() };
    app->status.dhcp = app->static_ip ? NULL : &app->dhcp;
    meter_init(&app->status.meter, dev, app->address);
    err = http_begin(&app->http, app->port, status_page, &app->status);
    if (!err)
        err = begin_address(app);
    if (!err) {
        queue_claim(dev, 0, app->cfg.irq_timeout_ms != 0);
        serve(app);
        http_end(&app->http);
        drain(dev);
        summary(app);
        if (!app->static_ip)
            dhcp_end(&app->dhcp);
        drain(dev);
    }
    netif_ixl_remove(&interface);
    return err;
}

static void seed(void)
{
    unsigned value = (unsigned)now_ns();

    /* lwIP's port numbers are rand()'s */
    if (getrandom(&value, sizeof(value), GRND_NONBLOCK) < 0)
        value ^= (unsigned)now_ns();
    srand(value);
}

int main(int argc, char **argv)
{
    static const struct argp_child children[] = { { &device_argp, 0, NULL, 0 },
                                                  { &run_argp, 0, NULL, 0 },
                                                  { 0 } };
    static const struct argp argp = { options, parse, "ADDRESS", doc, children, NULL, NULL };
    struct app app = { .cfg = IXL_DEV_CFG_DEFAULT, .port = 80 };
    struct ixl_device *dev;

    app.cfg.irq_timeout_ms = 20;
    IP4_ADDR(&app.mask, 255, 255, 255, 0);
    options_setup();
    stop_setup();
    argp_parse(&argp, argc, argv, 0, NULL, &app);
    seed();
    lwip_init();
    int err = ixl_open(app.address, &app.cfg, &dev);
    if (!err) {
        err = run(&app, dev);
        ixl_close(dev);
    }
    if (err) {
        if (err != -IXL_ERANGE)
            complain_library(app.address, err);
        stop_request(true);
    }
    return finish();
}
