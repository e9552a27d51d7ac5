// SPDX-License-Identifier: MIT
/* ixl-pcap: captures what a device receives into a file that Wireshark reads. */
#include <pcap/pcap.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "capfile.h"
#include "json.h"
#include "options.h"

#define MAX_FRAME       16384u
#define DEFAULT_SNAPLEN 262144u

static const char doc[] =
    "Capture the frames that the device at ADDRESS receives into FILE.\v"
    "Examples:\n"
    "  ixl-pcap pci:0000:03:00.0 trace.pcapng          everything, until Ctrl-C\n"
    "  ixl-pcap sim:82599,wire=tap:tap0 web.pcap --filter 'tcp port 80' --count 100\n"
    "  ixl-pcap sim:x540,wire=tap:tap0 - | tcpdump -r -   live\n"
    "\n"
    "FILE ending in .pcap is written as pcap, any other as pcapng, standard output (-) as pcap. "
    "The device is promiscuous unless --no-promisc is given and sleeps between frames unless "
    "--irq-timeout 0 is.\n"
    "Exit codes: 0 success (also after Ctrl-C), 1 failure, 2 wrong usage.";

struct capture {
    struct ixl_dev_cfg cfg;
    struct run run;
    const char *address, *path, *expression;
    uint64_t count;
    uint32_t snaplen;
    enum capfile_format format;
    bool have_format;

    struct ixl_device *dev;
    struct bpf_program program;
    struct capfile *file;
    pthread_mutex_t lock; /* of file and captured */
    uint64_t captured;
    bool write_failed;
};

struct worker {
    struct capture *cap;
    uint16_t queue;
    pthread_t thread;
    bool running;
    uint8_t frame[MAX_FRAME];
};

enum { OPT_FORMAT = 0x200, OPT_NO_PROMISC };

static const struct argp_option options[] = {
    { "count", 'c', "N", 0, "Stop after N captured frames", 0 },
    { "filter", 'f', "EXPRESSION", 0, "Only frames the expression accepts, see pcap-filter(7)", 0 },
    { "snaplen", 's', "BYTES", 0, "Keep at most BYTES of each frame (default: all)", 0 },
    { "format", OPT_FORMAT, "FORMAT", 0, "pcap or pcapng, whatever FILE ends in", 0 },
    { "no-promisc", OPT_NO_PROMISC, NULL, 0, "Only frames for this station", 0 },
    { 0 },
};

static enum capfile_format parse_format(struct argp_state *state, const char *text)
{
    if (strcmp(text, "pcap") != 0 && strcmp(text, "pcapng") != 0)
        argp_error(state, "--format: '%s' is neither pcap nor pcapng", text);
    return strcmp(text, "pcap") == 0 ? CAPFILE_PCAP : CAPFILE_PCAPNG;
}

static enum capfile_format format_of(const char *path)
{
    const char *dot = strrchr(path, '.');

    if (strcmp(path, "-") == 0 || (dot && strcasecmp(dot, ".pcap") == 0))
        return CAPFILE_PCAP;
    return CAPFILE_PCAPNG;
}

static void parse_positional(struct argp_state *state, struct capture *cap, char *arg)
{
    if (state->arg_num > 1)
        argp_error(state, "one address and one file, '%s' is too many", arg);
    if (state->arg_num == 0)
        cap->address = arg;
    else
        cap->path = arg;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct capture *cap = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &cap->cfg;
        state->child_inputs[1] = &cap->run;
        return 0;
    case 'c':
        cap->count = parse_number(state, "--count", arg, 1, UINT64_MAX);
        return 0;
    case 'f':
        cap->expression = arg;
        return 0;
    case 's':
        cap->snaplen = (uint32_t)parse_number(state, "--snaplen", arg, 1, DEFAULT_SNAPLEN);
        return 0;
    case OPT_FORMAT:
        cap->format = parse_format(state, arg);
        cap->have_format = true;
        return 0;
    case OPT_NO_PROMISC:
        cap->cfg.promisc = false;
        return 0;
    case ARGP_KEY_ARG:
        parse_positional(state, cap, arg);
        return 0;
    case ARGP_KEY_END:
        if (!cap->path)
            argp_error(state, "give an ADDRESS and a FILE ('-' is standard output)");
        else if (!cap->have_format)
            cap->format = format_of(cap->path);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- frames ---- */

static uint64_t wall_clock_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* The frame in one piece, as it was on the wire: a VLAN tag the NIC took out goes back in. */
static uint32_t assemble(uint8_t *out, const struct pkt_buf *buf)
{
    uint32_t len = 0;
    bool tagged = buf->flags & IXL_RX_VLAN;
    unsigned tci = buf->vlan_tci;

    for (; buf && len + buf->size + 4u <= MAX_FRAME; buf = buf->next) {
        memcpy(out + len, buf->data, buf->size);
        len += buf->size;
    }
    if (!tagged || len < 12)
        return len;
    const uint8_t tag[4] = { 0x81, 0x00, (uint8_t)(tci >> 8), (uint8_t)tci };
    memmove(out + 16, out + 12, len - 12);
    memcpy(out + 12, tag, sizeof(tag));
    return len + 4;
}

static bool wanted(const struct capture *cap, const uint8_t *data, uint32_t len)
{
    struct pcap_pkthdr header = { .caplen = len, .len = len };

    return !cap->expression || pcap_offline_filter(&cap->program, &header, data);
}

static void complain_write(struct capture *cap)
{
    if (cap->write_failed)
        return;
    cap->write_failed = true;
    complain("cannot write to %s: is the disk full or the reader gone?",
             strcmp(cap->path, "-") == 0 ? "standard output" : cap->path);
    stop_request(true);
}

/* Under the lock. False: the capture is over. */
static bool keep(struct capture *cap, const uint8_t *data, uint32_t len, uint64_t time_ns)
{
    if (cap->count && cap->captured >= cap->count)
        return false;
    if (!capfile_write(cap->file, time_ns, data, len < cap->snaplen ? len : cap->snaplen, len)) {
        complain_write(cap);
        return false;
    }
    if (++cap->captured == cap->count)
        stop_request(false);
    return true;
}

static void capture_frames(struct worker *w, struct pkt_buf **bufs, unsigned n)
{
    struct capture *cap = w->cap;
    uint64_t now = wall_clock_ns();

    pthread_mutex_lock(&cap->lock);
    for (unsigned i = 0; i < n && !stop_requested(); i++) {
        uint32_t len = assemble(w->frame, bufs[i]);
        if (wanted(cap, w->frame, len) && !keep(cap, w->frame, len, now))
            break;
    }
    /* a live reader wants to see them now */
    if (strcmp(cap->path, "-") == 0 && !cap->write_failed && !capfile_flush(cap->file))
        complain_write(cap);
    pthread_mutex_unlock(&cap->lock);
}

static void *worker_main(void *arg)
{
    struct worker *w = arg;
    struct capture *cap = w->cap;
    struct pkt_buf *bufs[BATCH];
    unsigned rounds = 0;

    queue_claim(cap->dev, w->queue, cap->cfg.irq_timeout_ms != IXL_IRQ_POLL);
    while (!stop_requested()) {
        int n = ixl_rx_batch(cap->dev, w->queue, bufs, BATCH);
        if (n < 0 && n != -IXL_ENOBUFS) {
            complain_library(cap->address, n);
            stop_request(true);
        }
        if (n <= 0) {
            idle(&rounds);
            continue;
        }
        capture_frames(w, bufs, (unsigned)n);
        ixl_pkt_buf_free_batch(bufs, (unsigned)n);
    }
    return NULL;
}

/* ---- set-up and end ---- */

/* The same file, there or not yet. */
static bool same_file(const char *a, const char *b)
{
    struct stat x, y;

    if (stat(a, &x) == 0 && stat(b, &y) == 0)
        return S_ISREG(x.st_mode) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
    return strcmp(a, b) == 0;
}

/* What stands at `at`, up to a comma, is this file. */
static bool names(const char *at, const char *path)
{
    char name[4096];
    size_t len = strcspn(at, ",");

    if (len == 0 || len >= sizeof(name))
        return false;
    memcpy(name, at, len);
    name[len] = '\0';
    return same_file(name, path);
}

/* True if FILE is one of those behind `key`, which are up to two with a comma between them. */
static bool is_behind(const char *address, const char *key, bool two, const char *path)
{
    for (const char *at = address; (at = strstr(at, key));) {
        at += strlen(key);
        const char *out = at + strcspn(at, ",");
        if (names(at, path) || (two && *out && names(out + 1, path)))
            return true;
    }
    return false;
}

/* True if FILE is what a wire of the device replays or writes (pcap:IN,OUT, or QEMU's pcap:FILE and
 * dump): to write it, too, would destroy it. */
static bool is_of_a_wire(const char *address, const char *path)
{
    return is_behind(address, "=pcap:", true, path) || is_behind(address, ",dump=", false, path);
}

static int compile_filter(struct capture *cap)
{
    pcap_t *dead = pcap_open_dead(DLT_EN10MB, (int)DEFAULT_SNAPLEN);
    int err = 0;

    if (!dead)
        return -IXL_ENOMEM;
    if (cap->expression)
        err = pcap_compile(dead, &cap->program, cap->expression, 1, PCAP_NETMASK_UNKNOWN);
    if (err)
        complain("--filter '%s': %s; see pcap-filter(7)", cap->expression, pcap_geterr(dead));
    pcap_close(dead);
    return err;
}

static int open_device(struct capture *cap)
{
    int err = ixl_open(cap->address, &cap->cfg, &cap->dev);

    if (err)
        complain_library(cap->address, err);
    return err;
}

static int open_file(struct capture *cap)
{
    struct ixl_device_info info;
    int err = ixl_get_info(cap->dev, &info);
    struct capfile_info head = {
        .snaplen = cap->snaplen,
        .interface = cap->address,
        .description = err ? NULL : info.description,
        .filter = cap->expression,
        .application = "ixl-pcap " IXL_VERSION,
    };

    cap->file = capfile_open(cap->path, cap->format, &head);
    return cap->file ? 0 : -IXL_EIO;
}

static void run_workers(struct capture *cap, struct worker *workers, unsigned n)
{
    for (unsigned i = 0; i < n && !stop_requested(); i++) {
        workers[i].cap = cap;
        workers[i].queue = (uint16_t)i;
        workers[i].running =
            pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]) == 0;
        if (!workers[i].running) {
            complain("cannot start a thread: too many queues for this machine?");
            stop_request(true);
        }
    }
    run_wait(&cap->run);
    for (unsigned i = 0; i < n; i++) {
        if (workers[i].running)
            pthread_join(workers[i].thread, NULL);
    }
}

/* On standard output, unless the frames are there already. */
static void print_summary(const struct capture *cap, struct meter *m)
{
    FILE *out = strcmp(cap->path, "-") == 0 ? stderr : stdout;
    struct json j = { .out = out };

    if (cap->run.json) {
        json_object(&j, NULL);
        json_number(&j, "captured", cap->captured);
        json_string(&j, "file", cap->path);
        json_array(&j, "devices");
        json_meter(&j, m);
        json_end_array(&j);
        json_end_object(&j);
        return;
    }
    fprintf(out, "captured %llu frames into %s\n", (unsigned long long)cap->captured,
            out == stderr ? "standard output" : cap->path);
    if (!cap->run.quiet)
        meter_print_totals(m, out);
}

static void capture(struct capture *cap)
{
    unsigned n = ixl_get_num_rx_queues(cap->dev);
    struct worker *workers = calloc(n, sizeof(*workers));
    struct meter meter;

    if (!workers) {
        complain("out of memory");
        stop_request(true);
        return;
    }
    meter_init(&meter, cap->dev, cap->address);
    cap->run.meters = &meter;
    cap->run.num_meters = 1;
    run_workers(cap, workers, n);
    free(workers);
    meter_read(&meter);
    uint64_t dropped = xstat_value(cap->dev, "rx_missed");
    if (!capfile_close(cap->file, wall_clock_ns(), meter.total.rx_pkts, dropped))
        complain_write(cap);
    print_summary(cap, &meter);
}

int main(int argc, char **argv)
{
    static const struct argp_child children[] = { { &device_argp, 0, NULL, 0 },
                                                  { &run_argp, 0, NULL, 0 },
                                                  { 0 } };
    static const struct argp argp = { options, parse, "ADDRESS FILE", doc, children, NULL, NULL };
    struct capture cap = { .cfg = IXL_DEV_CFG_DEFAULT, .snaplen = DEFAULT_SNAPLEN };

    pthread_mutex_init(&cap.lock, NULL);
    cap.cfg.promisc = true;
    cap.cfg.irq_timeout_ms = 100;
    options_setup();
    stop_setup();
    argp_parse(&argp, argc, argv, 0, NULL, &cap);
    if (strcmp(cap.path, "-") == 0 && isatty(STDOUT_FILENO)) {
        complain("standard output is a terminal; give a file or pipe it to a reader");
        return EXIT_USAGE;
    }
    if (is_of_a_wire(cap.address, cap.path)) {
        complain("%s is a file of the device's own wire; give another", cap.path);
        return EXIT_USAGE;
    }
    if (compile_filter(&cap))
        return EXIT_USAGE;
    if (open_device(&cap) || open_file(&cap))
        stop_request(true);
    else
        capture(&cap);
    ixl_close(cap.dev);
    pcap_freecode(&cap.program);
    return finish();
}
