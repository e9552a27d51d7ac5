// SPDX-License-Identifier: MIT
/* ixl-serve: a software NIC as a vfio-user device of other processes. */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "serve.h"

static const char usage[] =
    "Usage: ixl-serve sim:MODEL[,mac=MAC][,link_delay_us=N][,cable=yes|no][,wire=WIRE] SOCKET\n"
    "Show a software NIC at a Unix socket, as a vfio-user device, to one client after the other.\n"
    "\n"
    "wire= comes last; WIRE is none, loop, tap:NAME, pcap:IN,OUT or unix:LOCAL,REMOTE.\n"
    "Examples:\n"
    "  ixl-serve sim:82599,wire=tap:tap0 /run/nic.sock\n"
    "  ixl-info vfio-user:/run/nic.sock      from another process\n"
    "\n"
    "It runs until SIGINT, SIGTERM or SIGHUP. Rules of the data sheet that the client breaks are\n"
    "told on standard error. --version prints the version.\n"
    "Exit codes: 0 ended by a signal, 1 failure, 2 wrong usage.\n";

static void note(void *ctx, const char *what)
{
    (void)ctx;
    fprintf(stderr, "ixl-serve: %s\n", what);
}

/* Wrong usage: a sentence and where to read on. */
static int refuse(const char *fmt, ...)
{
    va_list ap;

    fputs("ixl-serve: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputs("\nTry `ixl-serve --help' for more information.\n", stderr);
    return 2;
}

static bool take_mac(struct sim_options *opt, const char *value)
{
    uint8_t *m = opt->mac;
    int end = 0;

    return sscanf(value, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &m[0], &m[1], &m[2], &m[3], &m[4],
                  &m[5], &end) == 6 &&
           !value[end] && !(m[0] & 1);
}

static bool take_option(struct sim_options *opt, const char *text)
{
    char *end;

    if (strncmp(text, "mac=", 4) == 0)
        return take_mac(opt, text + 4);
    if (strcmp(text, "cable=yes") == 0 || strcmp(text, "cable=no") == 0) {
        opt->cable = text[6] == 'y';
        return true;
    }
    if (strncmp(text, "link_delay_us=", 14) != 0 || text[14] < '0' || text[14] > '9')
        return false;
    unsigned long us = strtoul(text + 14, &end, 10);
    opt->link_delay_us = (unsigned)us;
    return !*end && us <= 60000000;
}

/* Cuts the address into its parts; the wire's description is left in *wire, or NULL. */
static bool parse(char *address, struct sim_server_config *cfg, const char **wire)
{
    char *next = address + 4;

    *wire = NULL;
    cfg->model = strsep(&next, ",");
    while (next && *next) {
        if (strncmp(next, "wire=", 5) == 0) {
            *wire = next + 5;
            if (strncmp(*wire, "pair:", 5) != 0)
                return true;
            refuse("\"%s\": the other end of a pair is in the same process, which serves one NIC: "
                   "use unix: or tap:",
                   next);
            return false;
        }
        const char *text = strsep(&next, ",");
        if (!take_option(&cfg->opt, text)) {
            refuse("\"%s\" is no option, or has no such value: there are mac=MAC, "
                   "link_delay_us=0 to 60000000, cable=yes or no, wire=WIRE",
                   text);
            return false;
        }
    }
    return true;
}

static int run(const struct sim_server_config *cfg, const char *wire, int stop)
{
    char err[256] = "";
    struct sim_server *server = sim_server_create(cfg, err, sizeof(err));
    struct sim_wire *w = server && wire ? sim_wire_open(wire, err, sizeof(err)) : NULL;

    if (w)
        sim_attach(sim_server_nic(server), w);
    if (!server || (wire && !w)) {
        note(NULL, err);
        if (server)
            sim_server_destroy(server);
        return 1;
    }
    int status = sim_server_run(server, stop);
    if (status < 0)
        note(NULL, strerror(-status));
    sim_server_destroy(server);
    return status < 0;
}

static int print(const char *text)
{
    if (fputs(text, stdout) >= 0 && fflush(stdout) == 0)
        return 0;
    note(NULL, "cannot write to standard output");
    return 1;
}

/* Is there a server to start? If not, *status is the exit code. */
static bool parse_line(int argc, char **argv, struct sim_server_config *cfg, const char **wire,
                       int *status)
{
    *status = 2;
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        *status = print(usage);
    else if (argc == 2 && strcmp(argv[1], "--version") == 0)
        *status = print("ixl-serve " IXL_VERSION "\n");
    else if (argc > 1 && argv[1][0] == '-')
        refuse("'%s' is no option: there are --help and --version", argv[1]);
    else if (argc != 3)
        refuse("give two arguments, the NIC as sim:MODEL and a path for the SOCKET");
    else if (strncmp(argv[1], "sim:", 4) != 0)
        refuse("'%s' is no software NIC: it has to begin with sim:", argv[1]);
    else
        return parse(argv[1], cfg, wire);
    return false;
}

int main(int argc, char **argv)
{
    struct sim_server_config cfg = { .opt = { .cable = true }, .log = note };
    const char *wire;
    sigset_t set;
    int status;

    if (!parse_line(argc, argv, &cfg, &wire, &status))
        return status;
    cfg.path = argv[2];
    signal(SIGPIPE, SIG_IGN); /* who stops to read our messages does not end the server */
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL); /* before the model's thread is there, which inherits it */
    int stop = signalfd(-1, &set, SFD_CLOEXEC);
    if (stop < 0) {
        perror("ixl-serve");
        return 1;
    }
    status = run(&cfg, wire, stop);
    close(stop);
    return status;
}
