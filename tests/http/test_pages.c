// SPDX-License-Identifier: MIT
/* ixl-http on QEMU's network cards, its peers being QEMU's DHCP server and TCP/IP stack. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/http/server.h"
#include "tests/qemu/qemu.h"

static char answer[65536];
static unsigned port;

/* Start on this kind of card; false: QEMU has none. */
static bool start(const char *kind, const char *options)
{
    char wire[128], address[1024], arguments[1280];

    port = free_port();
    snprintf(wire, sizeof(wire), "wire=user,hostfwd=tcp:127.0.0.1:%u-:80", port);
    if (!qemu_address(address, sizeof(address), kind, wire))
        return false;
    snprintf(arguments, sizeof(arguments), "%s '%s'", options, address);
    server_start(arguments, true, "");
    return true;
}

static const char *page(const char *path)
{
    char request[256];

    snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);
    size_t len = client_ask(port, request, answer, sizeof(answer));
    if (strncmp(answer, "HTTP/1.1 200 OK\r\n", 17) != 0)
        fail_msg("%s: %s", path, answer);
    return body_of(answer, len);
}

/* Nothing is left on loan or on its way. */
static void assert_no_leak(const char *summary)
{
    assert_int_equal(json_value(summary, "stack.lent"), 0);
    assert_int_equal(json_value(summary, "pools.send.in_use"), 0);
    assert_true(json_value(summary, "pools.receive.in_use") <= 512); /* the ring's */
    assert_int_equal(json_value(summary, "pools.send.alloc_failures"), 0);
    assert_int_equal(json_value(summary, "http.open"), 0);
}

static void serve_on(const char *kind, const char *options, bool offload)
{
    if (!start(kind, options))
        skip();
    assert_says("address 10.0.2.15, mask 255.255.255.0, gateway 10.0.2.2, by DHCP from 10.0.2.2");
    const char *html = page("/");
    assert_contains(html, "<!DOCTYPE html>");
    assert_contains(html, "10.0.2.15");
    assert_contains(html, "<tr><th>rx_pkts</th><td>");
    uint64_t rx = json_value(page("/stats.json"), "rx_pkts");
    uint64_t tx = json_value(page("/stats.json?again"), "tx_pkts");
    const char *last = page("/stats.json");
    assert_true(json_value(last, "rx_pkts") > rx);
    assert_true(json_value(last, "tx_pkts") > tx);
    assert_int_equal(json_value(last, "ip.bound"), 1);
    const char *summary = server_stop();
    assert_int_equal(json_value(summary, "http.requests"), 4);
    assert_int_equal(json_value(summary, "stack.offload"), offload);
    assert_true((json_value(summary, "stack.tx_offloaded") > 0) == offload);
    assert_no_leak(summary);
}

static void serves_on_the_82540em(void **state)
{
    (void)state;
    serve_on("e1000", "", true);
}

static void serves_with_checksums_of_the_stack(void **state)
{
    (void)state;
    serve_on("e1000", "--software-checksums", false);
}

static void serves_while_polling(void **state)
{
    (void)state;
    serve_on("e1000", "--irq-timeout 0", true);
}

static void serves_on_the_82574(void **state)
{
    (void)state;
    serve_on("e1000e", "", true);
}

static void serves_on_the_82576(void **state)
{
    (void)state;
    serve_on("igb", "", true);
}

static void a_thousand_fetches_leak_nothing(void **state)
{
    (void)state;
    assert_true(start("e1000", ""));
    for (int i = 0; i < 1000; i++)
        page(i & 1 ? "/" : "/stats.json");
    const char *summary = server_stop();
    assert_int_equal(json_value(summary, "http.requests"), 1000);
    assert_int_equal(json_value(summary, "http.errors"), 0);
    assert_int_equal(json_value(summary, "stack.tx_no_room"), 0);
    assert_no_leak(summary);
}

static void bad_requests_get_errors(void **state)
{
    static const struct {
        const char *request, *status;
    } cases[] = {
        { "GET /nothing HTTP/1.1\r\n\r\n", "404 " },
        { "GET /stats.json/ HTTP/1.1\r\n\r\n", "404 " },
        { "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "405 " },
        { "OPTIONS / HTTP/1.1\r\n\r\n", "405 " },
        { "GET / HTTP/2.0\r\n\r\n", "505 " },
        { "GET /\r\n\r\n", "400 " },
        { "GET\r\n\r\n", "400 " },
        { "GET  HTTP/1.1\r\n\r\n", "400 " },
        { "GET http://x/ HTTP/1.1\r\n\r\n", "400 " },
        { "\x16\x03\x01\x02", "400 " }, /* TLS */
        { "\r\n\r\nGET / HTTP/1.0\n\n", "200 " },
        { "GET /?a=b#c HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n", "200 " },
    };

    (void)state;
    assert_true(start("e1000", ""));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        client_ask(port, cases[i].request, answer, sizeof(answer));
        if (strncmp(answer, "HTTP/1.1 ", 9) != 0 || strncmp(answer + 9, cases[i].status, 4) != 0)
            fail_msg("%s: %s", cases[i].request, answer);
    }
    assert_no_leak(server_stop());
}

static void a_head_request_gets_no_body(void **state)
{
    (void)state;
    assert_true(start("e1000", ""));
    int fd = client_connect(port);
    send(fd, "HEAD / HTTP/1.1\r\n\r\n", 19, 0);
    shutdown(fd, SHUT_WR);
    client_read(fd, answer, sizeof(answer));
    assert_contains(answer, "HTTP/1.1 200 OK\r\n");
    assert_contains(answer, "Content-Length: ");
    assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
    assert_no_leak(server_stop());
}

static void requests_are_bounded(void **state)
{
    static char request[40000];

    (void)state;
    assert_true(start("e1000", ""));
    snprintf(request, sizeof(request), "GET /%035000d", 0);
    client_ask(port, request, answer, sizeof(answer));
    assert_contains(answer, "HTTP/1.1 414 ");
    snprintf(request, sizeof(request), "GET / HTTP/1.1\r\nX: %035000d", 0);
    client_ask(port, request, answer, sizeof(answer));
    assert_contains(answer, "HTTP/1.1 431 ");
    page("/");
    assert_no_leak(server_stop());
}

/* Requests byte by byte, half closed, broken off. */
static void strange_manners_do_no_harm(void **state)
{
    static const char request[] = "GET /stats.json HTTP/1.1\r\nHost: x\r\n\r\n";

    (void)state;
    assert_true(start("e1000", ""));
    int fd = client_connect(port);
    for (size_t i = 0; i < sizeof(request) - 1; i++)
        assert_int_equal(send(fd, request + i, 1, 0), 1);
    size_t len = client_read(fd, answer, sizeof(answer));
    json_value(body_of(answer, len), "rx_pkts");
    fd = client_connect(port);
    send(fd, request, sizeof(request) - 1, 0);
    shutdown(fd, SHUT_WR);
    len = client_read(fd, answer, sizeof(answer));
    json_value(body_of(answer, len), "rx_pkts");
    for (int i = 0; i < 50; i++) {
        struct linger reset = { .l_onoff = 1 };
        fd = client_connect(port);
        if (i & 1)
            send(fd, request, sizeof(request) - 1, 0);
        if (i & 2)
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
        close(fd);
    }
    page("/");
    assert_no_leak(server_stop());
}

static void many_connections_are_served_at_once(void **state)
{
    enum { CONNECTIONS = 12 };
    static const char request[] = "GET / HTTP/1.1\r\n\r\n";
    int fd[CONNECTIONS];

    (void)state;
    assert_true(start("e1000", ""));
    for (int i = 0; i < CONNECTIONS; i++) {
        fd[i] = client_connect(port);
        send(fd[i], request, 9, 0);
        usleep(20000); /* QEMU listens with the shortest of queues */
    }
    for (int i = 0; i < CONNECTIONS; i++)
        send(fd[i], request + 9, sizeof(request) - 10, 0);
    for (int i = 0; i < CONNECTIONS; i++)
        body_of(answer, client_read(fd[i], answer, sizeof(answer)));
    assert_int_equal(json_value(page("/stats.json"), "http.refused"), 0);
    assert_no_leak(server_stop());
}

static void wrong_usage_is_explained(void **state)
{
    (void)state;
    assert_fails(run("ixl-http"), 2, "ixl-http: ", "ADDRESS is missing");
    assert_fails(run("ixl-http a b"), 2, "ixl-http: ", "too many");
    assert_fails(run("ixl-http sim:82599 --port 0"), 2, "ixl-http: ", "--port");
    assert_fails(run("ixl-http sim:82599 --ip 10.0.0"), 2, "ixl-http: ", "--ip");
    assert_fails(run("ixl-http sim:82599 --ip 10.0.0.255"), 2, "ixl-http: ", "no host");
    assert_fails(run("ixl-http sim:82599 --ip 224.0.0.1"), 2, "ixl-http: ", "no host");
    assert_fails(run("ixl-http sim:82599 --mask 255.0.0.0"), 2, "ixl-http: ", "--ip");
    assert_fails(run("ixl-http sim:82599 --ip 10.0.0.1 --mask 255.0.255.0"), 2,
                 "ixl-http: ", "--mask");
    assert_fails(run("ixl-http sim:nosuch"), 1, "ixl-http: ", "nosuch");
    assert_fails(run("ixl-http sim:82599,wire=loop --max-frame 100 --ip 10.0.0.1"), 1,
                 "ixl-http: ", "frames");
    assert_contains(run("ixl-http --help")->out, "hostfwd=");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serves_on_the_82540em),
        cmocka_unit_test(serves_with_checksums_of_the_stack),
        cmocka_unit_test(serves_while_polling),
        cmocka_unit_test(serves_on_the_82574),
        cmocka_unit_test(serves_on_the_82576),
        cmocka_unit_test(a_thousand_fetches_leak_nothing),
        cmocka_unit_test(bad_requests_get_errors),
        cmocka_unit_test(a_head_request_gets_no_body),
        cmocka_unit_test(requests_are_bounded),
        cmocka_unit_test(strange_manners_do_no_harm),
        cmocka_unit_test(many_connections_are_served_at_once),
        cmocka_unit_test(wrong_usage_is_explained),
    };
    char address[1024];

    if (!qemu_address(address, sizeof(address), "e1000", ""))
        return 77;
    return cmocka_run_group_tests_name("http pages", tests, scratch_make, server_remove);
}
