// SPDX-License-Identifier: MIT
#include "tests/http/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in local(unsigned port)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return a;
}

unsigned free_port(void)
{
    struct sockaddr_in a = local(0);
    socklen_t len = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&a, len) == 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
    close(fd);
    return ntohs(a.sin_port);
}

/* Shell: try until it succeeds, for a minute and more, which no healthy server takes for anything.
 */
static const char await[] =
    "await() { for i in $(seq 1200); do \"$@\" && return; sleep 0.05; done; return 1; }\n";

/* It would hold our standard output, too, and who reads that would wait for its end. Its exit code
 * comes after its death, and must not be taken for that of the next one. */
static void kill_rest(void)
{
    run("%s"
        "[ ! -e pid ] || [ -e status ] || kill -KILL $(cat pid)\n"
        "[ ! -e pid ] || await [ -e status ]\n"
        "rm -f pid status",
        await);
}

int server_remove(void **state)
{
    kill_rest();
    return scratch_remove(state);
}

void server_start(const char *arguments, bool ready, const char *socket)
{
    kill_rest();
    const struct outcome *o = run(
        "%s"
        "up() { [ -e status ] || { [ -e pid ] && %s %s; }; }\n"
        "rm -f *.out *.err\n"
        "(ixl-http --json --quiet --duration 600 %s >http.out 2>http.err & echo $! >pid.new\n"
        " mv pid.new pid; wait $!; echo $? >status.new; mv status.new status) >/dev/null 2>&1 &\n"
        "await up && [ ! -e status ] || { cat http.err; exit 1; }",
        await, ready ? "grep -q serving" : "test -S", ready ? "http.err" : socket, arguments);

    if (o->status != 0)
        fail_msg("ixl-http does not start: %s%s", o->out, o->err);
}

void assert_says(const char *words)
{
    const struct outcome *o =
        run("%sawait grep -qF '%s' http.err || { cat http.err; exit 1; }", await, words);

    if (o->status != 0)
        fail_msg("ixl-http does not say '%s': %s", words, o->out);
}

const char *server_stop(void)
{
    const struct outcome *o = run("%s"
                                  "kill -INT $(cat pid)\n"
                                  "await [ -e status ]\n"
                                  "cat http.out; cat http.err >&2\n"
                                  "exit $(cat status || echo 99)",
                                  await);

    if (o->status != 0)
        fail_msg("ixl-http ended with %d: %s", o->status, o->err);
    return o->out;
}

int client_connect(unsigned port)
{
    struct sockaddr_in a = local(port);
    struct timeval patience = { .tv_sec = 60 };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    return fd;
}

/* The length an answer's header promises, header included; 0: not known yet. */
static size_t promised(const char *answer)
{
    const char *end = strstr(answer, "\r\n\r\n");
    const char *len = strstr(answer, "Content-Length: ");

    if (!end || !len || len > end)
        return 0;
    return (size_t)(end + 4 - answer) + strtoul(len + 16, NULL, 10);
}

size_t client_read(int fd, char *buf, size_t size)
{
    size_t at = 0;
    ssize_t got;

    buf[0] = '\0';
    while (at < size - 1 && (got = recv(fd, buf + at, size - 1 - at, 0)) > 0) {
        at += (size_t)got;
        buf[at] = '\0';
        if (promised(buf) && at >= promised(buf))
            break;
    }
    close(fd);
    return at;
}

size_t client_ask(unsigned port, const char *request, char *buf, size_t size)
{
    int fd = client_connect(port);

    send(fd, request, strlen(request), MSG_NOSIGNAL);
    return client_read(fd, buf, size);
}

const char *body_of(const char *answer, size_t len)
{
    const char *end = strstr(answer, "\r\n\r\n");

    if (!end || promised(answer) != len)
        fail_msg("not a whole answer: %s", answer);
    return end + 4;
}
