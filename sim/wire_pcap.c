// SPDX-License-Identifier: MIT
/*
 * Capture files: IN is replayed once, as fast as it is taken and from the moment the
 * receiver is ready; OUT records what is sent.
 */
#define _GNU_SOURCE 1
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "model.h"
#include "wire.h"

struct pcap_wire {
    struct sim_wire wire;
    pcap_t *in;
    pcap_t *dead; /* carries the format of `out` */
    pcap_dumper_t *out;
};

static enum sim_sent pcap_wire_send(struct sim_wire *wire, const void *frame, size_t len)
{
    struct pcap_wire *w = (struct pcap_wire *)wire;
    struct pcap_pkthdr hdr = { .caplen = (bpf_u_int32)len, .len = (bpf_u_int32)len };

    if (w->out) {
        gettimeofday(&hdr.ts, NULL);
        pcap_dump((u_char *)w->out, &hdr, frame);
    }
    return SIM_SENT;
}

static void pcap_wire_flush(struct sim_wire *wire)
{
    struct pcap_wire *w = (struct pcap_wire *)wire;

    if (w->out)
        pcap_dump_flush(w->out);
}

static size_t pcap_wire_recv(struct sim_wire *wire, void *buf, size_t cap)
{
    struct pcap_wire *w = (struct pcap_wire *)wire;
    struct pcap_pkthdr *hdr;
    const u_char *data;

    while (w->in) {
        if (pcap_next_ex(w->in, &hdr, &data) != 1) { /* the end, or a damaged file */
            pcap_close(w->in);
            w->in = NULL;
        } else if (hdr->caplen > 0 && hdr->caplen <= cap) {
            memcpy(buf, data, hdr->caplen);
            return hdr->caplen;
        }
    }
    return 0;
}

static void pcap_wire_close(struct sim_wire *wire)
{
    struct pcap_wire *w = (struct pcap_wire *)wire;

    if (w->in)
        pcap_close(w->in);
    if (w->out)
        pcap_dump_close(w->out);
    if (w->dead)
        pcap_close(w->dead);
    free(w);
}

static const struct sim_wire_ops pcap_ops = {
    .send = pcap_wire_send,
    .recv = pcap_wire_recv,
    .flush = pcap_wire_flush,
    .close = pcap_wire_close,
};

static pcap_t *open_capture(const char *path, char *err, size_t errlen)
{
    char why[PCAP_ERRBUF_SIZE];
    struct stat st;
    FILE *file = stat(path, &st) == 0 && S_ISREG(st.st_mode) ? fopen(path, "rbe") : NULL;

    if (!file) { /* a pipe could make the engine wait */
        snprintf(err, errlen, "pcap wire: %s: not a readable file", path);
        return NULL;
    }
    pcap_t *p = pcap_fopen_offline(file, why);
    if (!p) {
        fclose(file);
        snprintf(err, errlen, "pcap wire: %s: %s", path, why);
    }
    return p;
}

/* Read it through once: a replay that ends in the middle would look like lost frames. */
static bool is_whole(const char *path, char *err, size_t errlen)
{
    pcap_t *p = open_capture(path, err, errlen);
    struct pcap_pkthdr *hdr;
    const u_char *data;
    unsigned long frames = 0;
    bool ethernet = p && pcap_datalink(p) == DLT_EN10MB;
    int got = PCAP_ERROR_BREAK;

    if (!p)
        return false;
    while (ethernet && (got = pcap_next_ex(p, &hdr, &data)) == 1)
        frames++;
    if (!ethernet)
        snprintf(err, errlen, "pcap wire: %s: not a capture of Ethernet", path);
    else if (got != PCAP_ERROR_BREAK)
        snprintf(err, errlen, "pcap wire: %s: damaged after frame %lu: %s", path, frames,
                 pcap_geterr(p));
    pcap_close(p);
    return got == PCAP_ERROR_BREAK && ethernet;
}

static bool open_in(struct pcap_wire *w, const char *path, char *err, size_t errlen)
{
    w->in = is_whole(path, err, errlen) ? open_capture(path, err, errlen) : NULL;
    return w->in;
}

/* To write into the file that is replayed would destroy it. */
static bool is_input(const struct pcap_wire *w, const char *path)
{
    struct stat in, out;

    return w->in && fstat(fileno(pcap_file(w->in)), &in) == 0 && stat(path, &out) == 0 &&
           in.st_dev == out.st_dev && in.st_ino == out.st_ino;
}

static bool open_out(struct pcap_wire *w, const char *path, char *err, size_t errlen)
{
    if (is_input(w, path)) {
        snprintf(err, errlen, "pcap wire: %s: IN and OUT are the same file", path);
        return false;
    }
    FILE *file = fopen(path, "wbe");

    w->dead = file ? pcap_open_dead(DLT_EN10MB, SIM_FRAME_MAX) : NULL;
    w->out = w->dead ? pcap_dump_fopen(w->dead, file) : NULL;
    if (w->out)
        return true;
    if (file)
        fclose(file);
    snprintf(err, errlen, "pcap wire: %s: cannot be written", path);
    return false;
}

struct sim_wire *sim_wire_pcap(const char *arg, char *err, size_t errlen)
{
    const char *comma = strchr(arg, ',');
    struct pcap_wire *w = calloc(1, sizeof(*w));
    char *in = strdup(arg);

    if (w && in) {
        if (comma)
            in[comma - arg] = '\0';
        w->wire.ops = &pcap_ops;
        w->wire.fd = w->wire.fd_out = -1;
        w->wire.wait_ready = w->wire.pad = true;
        if ((!in[0] || open_in(w, in, err, errlen)) &&
            (!comma || !comma[1] || open_out(w, comma + 1, err, errlen))) {
            free(in);
            return &w->wire;
        }
        pcap_wire_close(&w->wire);
        w = NULL;
    }
    free(w);
    free(in);
    return NULL;
}
