// SPDX-License-Identifier: MIT
/* ixl-pktgen: sends UDP frames and, if asked to, counts and verifies what comes back. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "options.h"
#include "pktgen.h"

static const char doc[] =
    "Send UDP frames from the device at ADDRESS.\v"
    "Examples:\n"
    "  ixl-pktgen sim:82599,wire=loop --receive --count 1M --strict\n"
    "      a million frames around a loop; fails unless each comes back once and intact\n"
    "  ixl-pktgen sim:82599,wire=pair:a --peer sim:x540,wire=pair:a --queues 4\n"
    "      from one device to another, four queues each, flows spread by RSS\n"
    "  ixl-pktgen pci:0000:03:00.0 --size 1514 --rate 100k --dst-mac 02:00:00:00:00:09\n"
    "      100,000 large frames a second until Ctrl-C\n"
    "\n"
    "Each frame carries its stream (send queue), flow and sequence number. Frames of one flow "
    "must stay in order. At the end the program's counts are compared with the driver's.\n"
    "Exit codes: 0 success, 1 failure (also: a frame was changed, or the counts disagree), 2 wrong "
    "usage.";

struct options {
    struct ixl_dev_cfg cfg;
    struct run run;
    struct frame_spec spec;
    const char *address, *peer;
    uint64_t count, rate;
    unsigned burst;
    uint16_t vlan;
    bool tagged, receive, strict, have_dst_mac, have_src_mac;
};

enum {
    OPT_PEER = 0x200,
    OPT_STRICT,
    OPT_DST_MAC,
    OPT_SRC_MAC,
    OPT_DST_IP,
    OPT_SRC_IP,
    OPT_DST_PORT,
    OPT_SRC_PORT,
    OPT_FLOWS,
    OPT_VARY,
    OPT_VLAN,
};

static const struct argp_option option_list[] = {
    { "count", 'c', "N", 0, "Stop after N frames (default: no limit)", 0 },
    { "size", 's', "BYTES", 0, "Bytes of a frame without FCS, 60 (default) to 16000", 0 },
    { "rate", 'r', "PPS", 0, "At most PPS frames a second (default: as fast as it goes)", 0 },
    { "burst", 'b', "N", 0, "Frames handed to the driver at once (default 64)", 0 },
    { "receive", 'R', NULL, 0, "Receive on the same device and verify", 0 },
    { "peer", OPT_PEER, "ADDRESS", 0, "Receive on this device and verify", 0 },
    { "strict", OPT_STRICT, NULL, 0,
      "Fail unless every frame comes back once, unchanged and in order", 0 },
    { "dst-mac", OPT_DST_MAC, "MAC", 0, "Default: the receiver's, or 02:69:78:6c:00:01", 0 },
    { "src-mac", OPT_SRC_MAC, "MAC", 0, "Default: the device's own", 0 },
    { "dst-ip", OPT_DST_IP, "IP", 0, "Default 198.19.0.1", 0 },
    { "src-ip", OPT_SRC_IP, "IP", 0, "Default 198.18.0.1", 0 },
    { "dst-port", OPT_DST_PORT, "PORT", 0, "Default 9", 0 },
    { "src-port", OPT_SRC_PORT, "PORT", 0, "Default 10000", 0 },
    { "flows", OPT_FLOWS, "N", 0, "Number of flows, sent in turn (default 64)", 0 },
    { "vary", OPT_VARY, "FIELDS", 0,
      "What grows by one from flow to flow: src-port, dst-port, src-ip, dst-ip, or several with "
      "commas (default src-port)",
      0 },
    { "vlan", OPT_VLAN, "ID", 0,
      "Let the device insert a tag of this VLAN (0 to 4095) into each frame, and the receiving one "
      "take it out",
      0 },
    { 0 },
};

static uint32_t parse_ip(struct argp_state *state, const char *what, const char *text)
{
    struct in_addr addr;

    if (inet_pton(AF_INET, text, &addr) != 1)
        argp_error(state, "%s: '%s' is not an IPv4 address like 198.18.0.1", what, text);
    return ntohl(addr.s_addr);
}

static unsigned parse_vary(struct argp_state *state, char *text)
{
    static char *const names[] = { "src-port", "dst-port", "src-ip", "dst-ip", NULL };
    unsigned vary = 0;
    char *value;

    if (!text[0] || text[strlen(text) - 1] == ',')
        argp_error(state, "--vary: a field is missing at the end of '%s'", text);
    while (*text) {
        const char *field = text;
        int i = getsubopt(&text, names, &value);
        if (i < 0 || value)
            argp_error(state, "--vary: '%s' is none of src-port, dst-port, src-ip, dst-ip", field);
        vary |= 1u << (i & 3);
    }
    return vary;
}

static error_t parse_frame_option(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;

    switch (key) {
    case OPT_DST_MAC:
        parse_mac(state, "--dst-mac", arg, o->spec.dst_mac);
        o->have_dst_mac = true;
        return 0;
    case OPT_SRC_MAC:
        parse_mac(state, "--src-mac", arg, o->spec.src_mac);
        o->have_src_mac = true;
        return 0;
    case OPT_DST_IP:
        o->spec.dst_ip = parse_ip(state, "--dst-ip", arg);
        return 0;
    case OPT_SRC_IP:
        o->spec.src_ip = parse_ip(state, "--src-ip", arg);
        return 0;
    case OPT_DST_PORT:
        o->spec.dst_port = (uint16_t)parse_number(state, "--dst-port", arg, 0, UINT16_MAX);
        return 0;
    case OPT_SRC_PORT:
        o->spec.src_port = (uint16_t)parse_number(state, "--src-port", arg, 0, UINT16_MAX);
        return 0;
    case OPT_FLOWS:
        o->spec.flows = (uint16_t)parse_number(state, "--flows", arg, 1, UINT16_MAX);
        return 0;
    case OPT_VARY:
        o->spec.vary = parse_vary(state, arg);
        return 0;
    case OPT_VLAN:
        o->vlan = (uint16_t)parse_number(state, "--vlan", arg, 0, 4095);
        o->tagged = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Frames longer than usual need a device that is told so. */
static void check_options(struct argp_state *state, struct options *o)
{
    if (!o->address)
        argp_error(state, "which device? Give an ADDRESS; ixl-info shows those there are");
    if (o->strict && !o->receive && !o->peer)
        argp_error(state, "--strict needs --receive or --peer");
    if (o->receive && o->peer)
        argp_error(state, "--receive and --peer exclude each other");
    if (!o->cfg.max_frame_size && o->spec.size > 1518)
        o->cfg.max_frame_size = o->spec.size;
    if (o->cfg.max_frame_size && o->spec.size > o->cfg.max_frame_size)
        argp_error(state, "--size %u is more than --max-frame %u", o->spec.size,
                   o->cfg.max_frame_size);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->cfg;
        state->child_inputs[1] = &o->run;
        return 0;
    case 'c':
        o->count = parse_number(state, "--count", arg, 1, UINT64_MAX);
        return 0;
    case 's':
        o->spec.size = (uint16_t)parse_number(state, "--size", arg, FRAME_MIN_SIZE, FRAME_MAX_SIZE);
        return 0;
    case 'r':
        o->rate = parse_number(state, "--rate", arg, 1, 1000000000);
        return 0;
    case 'b':
        o->burst = (unsigned)parse_number(state, "--burst", arg, 1, 4096);
        return 0;
    case 'R':
        o->receive = true;
        return 0;
    case OPT_PEER:
        o->peer = arg;
        return 0;
    case OPT_STRICT:
        o->strict = true;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0)
            argp_error(state, "one address at a time, '%s' is too many", arg);
        o->address = arg;
        return 0;
    case ARGP_KEY_END:
        check_options(state, o);
        return 0;
    default:
        return parse_frame_option(key, arg, state);
    }
}

/* ---- set-up ---- */

static int open_devices(struct generator *gen, const struct options *o)
{
    int err = ixl_open(o->address, &o->cfg, &gen->dev);

    gen->address = o->address;
    if (err) {
        complain_library(o->address, err);
        return err;
    }
    if (o->receive) {
        gen->rx_dev = gen->dev;
        gen->rx_address = o->address;
    }
    if (!o->peer)
        return 0;
    gen->rx_address = o->peer;
    err = ixl_open(o->peer, &o->cfg, &gen->rx_dev);
    if (err)
        complain_library(o->peer, err);
    return err;
}

/* Switch a feature on, with what hangs on the same switch. */
static int switch_on(struct ixl_device *dev, const char *address, uint64_t feature)
{
    struct ixl_features f;
    int err = ixl_get_features(dev, &f);

    if (!err)
        err = ixl_set_features(dev, feature & f.together ? f.together : feature, 0);
    if (err)
        complain_library(address, err);
    return err;
}

static int use_tags(struct generator *gen, const struct options *o)
{
    gen->tagged = o->tagged;
    gen->vlan = o->vlan;
    if (!o->tagged)
        return 0;
    int err = switch_on(gen->dev, gen->address, IXL_FEAT_TX_VLAN_INSERT);
    if (!err && gen->rx_dev)
        err = switch_on(gen->rx_dev, gen->rx_address, IXL_FEAT_RX_VLAN_STRIP);
    return err;
}

static int wait_for_link(const struct generator *gen)
{
    struct ixl_device *devs[] = { gen->dev, gen->rx_dev };
    const char *addresses[] = { gen->address, gen->rx_address };

    for (int i = 0; i < 2; i++) {
        if (!devs[i] || link_wait(devs[i], 10000))
            continue;
        if (stop_requested())
            return 0;
        complain("%s: no link after ten seconds; is the other end connected?", addresses[i]);
        return -IXL_ETIMEDOUT;
    }
    return 0;
}

static int make_template(struct generator *gen, struct options *o)
{
    static const uint8_t nobody[6] = { 0x02, 0x69, 0x78, 0x6c, 0x00, 0x01 };
    int err = 0;

    if (!o->have_src_mac)
        err = ixl_get_mac_addr(gen->dev, o->spec.src_mac);
    if (!o->have_dst_mac && gen->rx_dev && !err)
        err = ixl_get_mac_addr(gen->rx_dev, o->spec.dst_mac);
    else if (!o->have_dst_mac)
        memcpy(o->spec.dst_mac, nobody, 6);
    frame_template_init(&gen->template, &o->spec);
    return err;
}

static int make_threads(struct generator *gen, const struct options *o)
{
    uint64_t per_ms;

    gen->count = o->count;
    gen->rate = o->rate;
    gen->burst = o->burst;
    gen->interrupts = o->cfg.irq_timeout_ms != IXL_IRQ_POLL;
    gen->num_senders = ixl_get_num_tx_queues(gen->dev);
    gen->num_receivers = gen->rx_dev ? ixl_get_num_rx_queues(gen->rx_dev) : 0;
    /* no burst worth more than a millisecond */
    per_ms = o->rate / 1000 / gen->num_senders;
    if (o->rate && gen->burst > per_ms)
        gen->burst = per_ms ? (unsigned)per_ms : 1;
    gen->senders = calloc(gen->num_senders, sizeof(*gen->senders));
    gen->receivers = calloc(gen->num_receivers + 1, sizeof(*gen->receivers));
    gen->next_seq = calloc((size_t)gen->num_senders * o->spec.flows, sizeof(*gen->next_seq));
    if (gen->senders && gen->receivers && gen->next_seq)
        return 0;
    complain("out of memory");
    return -IXL_ENOMEM;
}

/* ---- summary ---- */

struct summary {
    double seconds;
    uint64_t sent, bytes;
    struct receive_counts received;
    uint64_t lost, duplicated;
    bool tx_frames_agree, tx_agrees, rx_agrees; /* the device with what was counted here */
};

static void summarise(struct generator *gen, struct meter *meters, unsigned num, struct summary *s)
{
    const struct meter *rx = &meters[num - 1];

    for (unsigned i = 0; i < num; i++)
        meter_read(&meters[i]);
    s->sent = senders_sent(gen);
    s->bytes = s->sent * (gen->template.spec.size + (gen->tagged ? 4u : 0u));
    s->tx_frames_agree = meters[0].total.tx_pkts == s->sent;
    s->tx_agrees = s->tx_frames_agree && meters[0].total.tx_bytes == s->bytes;
    s->received = receivers_counts(gen);
    s->rx_agrees = !gen->rx_dev || rx->total.rx_pkts == s->received.frames;
    uint64_t back = s->received.intact + s->received.corrupted;
    s->lost = s->sent > back ? s->sent - back : 0;
    s->duplicated = back > s->sent ? back - s->sent : 0;
}

static const char *agreement(bool frames, bool all)
{
    return all ? "agrees" : frames ? "agrees on the frames, not on the bytes" : "DISAGREES";
}

static void print_summary(const struct generator *gen, struct meter *meters, unsigned num,
                          const struct summary *s)
{
    const struct receive_counts *r = &s->received;

    printf("sent %llu frames, %llu bytes in %.3f s: %.0f pps, %.1f Mbit/s; the driver %s\n",
           (unsigned long long)s->sent, (unsigned long long)s->bytes, s->seconds,
           (double)s->sent / s->seconds, (double)s->bytes * 8 / 1e6 / s->seconds,
           agreement(s->tx_frames_agree, s->tx_agrees));
    if (gen->rx_dev)
        printf(
            "received %llu intact, %llu corrupted, %llu lost, %llu duplicated, %llu out of order, "
            "%llu others; the driver %s\n",
            (unsigned long long)r->intact, (unsigned long long)r->corrupted,
            (unsigned long long)s->lost, (unsigned long long)s->duplicated,
            (unsigned long long)r->late, (unsigned long long)(r->frames - r->intact - r->corrupted),
            agreement(s->rx_agrees, s->rx_agrees));
    for (unsigned i = 0; i < num; i++)
        meter_print_totals(&meters[i], stdout);
}

static void print_json(const struct generator *gen, const struct meter *meters, unsigned num,
                       const struct summary *s)
{
    struct json j = { .out = stdout };

    json_object(&j, NULL);
    json_real(&j, "seconds", s->seconds);
    json_number(&j, "sent", s->sent);
    json_number(&j, "sent_bytes", s->bytes);
    json_bool(&j, "tx_agrees", s->tx_agrees);
    if (gen->rx_dev) {
        json_number(&j, "received", s->received.frames);
        json_number(&j, "intact", s->received.intact);
        json_number(&j, "corrupted", s->received.corrupted);
        json_number(&j, "lost", s->lost);
        json_number(&j, "duplicated", s->duplicated);
        json_number(&j, "out_of_order", s->received.late);
        json_bool(&j, "rx_agrees", s->rx_agrees);
    }
    json_array(&j, "devices");
    for (unsigned i = 0; i < num; i++)
        json_meter(&j, &meters[i]);
    json_end_array(&j);
    json_end_object(&j);
}

/* Why the exit code is not 0. */
static void complain_unsatisfied(const struct options *o, const struct summary *s)
{
    unsigned long long lost = s->lost, bad = s->received.corrupted;

    if (bad)
        complain("%llu frames came back changed", bad);
    else if (!s->tx_frames_agree || !s->rx_agrees || (o->strict && !s->tx_agrees))
        complain("the driver counted other frames than were sent or received");
    else if (lost)
        complain(
            "%llu frames were lost: where nothing is broken, the receiver was too slow for the "
            "wire; give a --rate it keeps up with",
            lost);
    else
        complain("frames came back twice or out of order");
}

/* There are devices that miscount bytes: QEMU 7.2's e1000e leaves out the FCS, its igb loses what
 * is sent between the two reads of a counter of 64 bits. */
static bool satisfied(const struct options *o, const struct summary *s)
{
    if (!s->tx_frames_agree || !s->rx_agrees || s->received.corrupted)
        return false;
    return !o->strict ||
           (s->tx_agrees && s->lost == 0 && s->duplicated == 0 && s->received.late == 0);
}

/* ---- run ---- */

static bool all_sent(void *ctx)
{
    return senders_done(ctx);
}

/* What is still on its way arrives, or nothing has for a while. */
static void wait_for_stragglers(const struct generator *gen)
{
    uint64_t sent = senders_sent(gen), seen = 0, since = now_ns();

    while (gen->rx_dev && now_ns() - since < 300000000ull) {
        struct receive_counts r = receivers_counts(gen);
        if (r.intact + r.corrupted >= sent)
            return;
        if (r.frames != seen)
            since = now_ns();
        seen = r.frames;
        stop_poll(1);
    }
}

static void generate(struct generator *gen, struct options *o)
{
    struct meter meters[2];
    struct summary summary = { 0 };

    meter_init(&meters[0], gen->dev, gen->address);
    if (o->peer)
        meter_init(&meters[1], gen->rx_dev, gen->rx_address);
    o->run.meters = meters;
    o->run.num_meters = o->peer ? 2 : 1;
    o->run.finished = all_sent;
    o->run.ctx = gen;
    uint64_t start = now_ns();
    if (receivers_start(gen) == 0 && senders_start(gen) == 0)
        run_wait(&o->run);
    else
        stop_request(true);
    senders_stop(gen);
    summary.seconds = (double)(now_ns() - start) / 1e9;
    wait_for_stragglers(gen);
    receivers_stop(gen);
    summarise(gen, meters, o->run.num_meters, &summary);
    if (o->run.json)
        print_json(gen, meters, o->run.num_meters, &summary);
    else
        print_summary(gen, meters, o->run.num_meters, &summary);
    o->run.meters = NULL;
    if (satisfied(o, &summary))
        return;
    complain_unsatisfied(o, &summary);
    stop_request(true);
}

int main(int argc, char **argv)
{
    static const struct argp_child children[] = { { &device_argp, 0, NULL, 0 },
                                                  { &run_argp, 0, NULL, 0 },
                                                  { 0 } };
    static const struct argp argp = { option_list, parse, "ADDRESS", doc, children, NULL, NULL };
    static struct generator gen;
    struct options o = {
        .cfg = IXL_DEV_CFG_DEFAULT,
        .spec = { .src_ip = 0xc6120001,
                  .dst_ip = 0xc6130001,
                  .src_port = 10000,
                  .dst_port = 9,
                  .size = FRAME_MIN_SIZE,
                  .flows = 64,
                  .vary = VARY_SRC_PORT },
        .burst = BATCH,
    };

    options_setup();
    stop_setup();
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    if (open_devices(&gen, &o) || use_tags(&gen, &o) || wait_for_link(&gen) ||
        make_template(&gen, &o) || make_threads(&gen, &o))
        stop_request(true);
    else
        generate(&gen, &o);
    if (gen.rx_dev != gen.dev)
        ixl_close(gen.rx_dev);
    ixl_close(gen.dev);
    free(gen.senders);
    free(gen.receivers);
    free(gen.next_seq);
    return finish();
}
