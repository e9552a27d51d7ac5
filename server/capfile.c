// SPDX-License-Identifier: MIT
/* The formats: draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng. Both in host byte order. */
#include "capfile.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"

enum {
    LINKTYPE_ETHERNET = 1,
    /* pcapng block types */
    BLOCK_INTERFACE = 1,
    BLOCK_STATISTICS = 5,
    BLOCK_PACKET = 6,
    /* options, by block */
    OPT_END = 0,
    OPT_SECTION_APPLICATION = 4,
    OPT_IF_NAME = 2,
    OPT_IF_DESCRIPTION = 3,
    OPT_IF_TSRESOL = 9,
    OPT_IF_FILTER = 11,
    OPT_STATS_RECEIVED = 4,
    OPT_STATS_DROPPED = 5,
};
#define BLOCK_SECTION    0x0a0d0d0au
#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define PCAP_MAGIC_NS    0xa1b23c4du

#define MAX_TEXT         255u

/* What a pipe that can be written takes without waiting. */
#define AT_ONCE          4096u
/* A reader that takes nothing has so long after a signal to stop. */
#define GRACE_MS         1000
#define TICK_MS          50

struct capfile {
    int fd;
    bool regular; /* a file: no reader can hold us up */
    bool failed;
    enum capfile_format format;
    size_t used;
    uint8_t buf[AT_ONCE];
};

/* ---- bytes ---- */

/* False: we are to stop, and nobody takes what we write. */
static bool is_writable(const struct capfile *f)
{
    struct pollfd p = { .fd = f->fd, .events = POLLOUT };

    for (int left = GRACE_MS; left > 0; left -= stop_requested() ? TICK_MS : 0)
        if (poll(&p, 1, TICK_MS) != 0)
            return true; /* if it is an error, the write tells */
    errno = ETIMEDOUT;
    return false;
}

static void write_out(struct capfile *f)
{
    for (size_t done = 0; done < f->used && !f->failed;) {
        bool ready = f->regular || is_writable(f);
        ssize_t n = ready ? write(f->fd, f->buf + done, f->used - done) : -1;
        if (n < 0)
            f->failed = true;
        else
            done += (size_t)n;
    }
    f->used = 0;
}

static void put(struct capfile *f, const void *data, size_t len)
{
    const uint8_t *from = data;

    while (len > 0) {
        size_t part = sizeof(f->buf) - f->used < len ? sizeof(f->buf) - f->used : len;
        memcpy(f->buf + f->used, from, part);
        f->used += part;
        from += part;
        len -= part;
        if (f->used == sizeof(f->buf))
            write_out(f);
    }
}

static void put32(struct capfile *f, uint32_t v)
{
    put(f, &v, sizeof(v));
}

static void put16(struct capfile *f, unsigned v)
{
    uint16_t w = (uint16_t)v;

    put(f, &w, sizeof(w));
}

/* Bytes and the zeros up to the next multiple of four. */
static void put_padded(struct capfile *f, const void *data, size_t len)
{
    static const uint8_t zeros[4];

    put(f, data, len);
    put(f, zeros, -len & 3);
}

/* ---- pcapng: a block is type, length, body, length ---- */

static size_t text_len(const char *text)
{
    return text ? strnlen(text, MAX_TEXT) : 0;
}

static uint32_t option_size(size_t len)
{
    return len ? (uint32_t)(4 + ((len + 3) & ~(size_t)3)) : 0;
}

static void put_option(struct capfile *f, unsigned code, const void *data, size_t len)
{
    if (!len)
        return;
    put16(f, code);
    put16(f, (unsigned)len);
    put_padded(f, data, len);
}

static void put_section(struct capfile *f, const struct capfile_info *info)
{
    size_t app = text_len(info->application);
    uint32_t size = 28 + option_size(app) + 4;
    const int64_t unknown_length = -1;

    put32(f, BLOCK_SECTION);
    put32(f, size);
    put32(f, BYTE_ORDER_MAGIC);
    put16(f, 1);
    put16(f, 0);
    put(f, &unknown_length, sizeof(unknown_length));
    put_option(f, OPT_SECTION_APPLICATION, info->application, app);
    put32(f, OPT_END);
    put32(f, size);
}

static void put_interface(struct capfile *f, const struct capfile_info *info)
{
    const uint8_t nanoseconds = 9;
    uint8_t filter[MAX_TEXT + 1] = { 0 }; /* the first byte: the text is a libpcap expression */
    size_t name = text_len(info->interface), desc = text_len(info->description);
    size_t filter_len = text_len(info->filter);
    uint32_t size = 20 + option_size(name) + option_size(desc) + option_size(1) + 4;

    if (filter_len)
        memcpy(filter + 1, info->filter, filter_len++);
    size += option_size(filter_len);
    put32(f, BLOCK_INTERFACE);
    put32(f, size);
    put16(f, LINKTYPE_ETHERNET);
    put16(f, 0);
    put32(f, info->snaplen);
    put_option(f, OPT_IF_NAME, info->interface, name);
    put_option(f, OPT_IF_DESCRIPTION, info->description, desc);
    put_option(f, OPT_IF_TSRESOL, &nanoseconds, 1);
    put_option(f, OPT_IF_FILTER, filter, filter_len);
    put32(f, OPT_END);
    put32(f, size);
}

static void put_packet(struct capfile *f, uint64_t time_ns, const uint8_t *data, uint32_t caplen,
                       uint32_t len)
{
    uint32_t size = 32 + ((caplen + 3) & ~3u);

    put32(f, BLOCK_PACKET);
    put32(f, size);
    put32(f, 0);
    put32(f, (uint32_t)(time_ns >> 32));
    put32(f, (uint32_t)time_ns);
    put32(f, caplen);
    put32(f, len);
    put_padded(f, data, caplen);
    put32(f, size);
}

static void put_statistics(struct capfile *f, uint64_t time_ns, uint64_t received, uint64_t dropped)
{
    uint32_t size = 24 + 2 * option_size(8) + 4;

    put32(f, BLOCK_STATISTICS);
    put32(f, size);
    put32(f, 0);
    put32(f, (uint32_t)(time_ns >> 32));
    put32(f, (uint32_t)time_ns);
    put_option(f, OPT_STATS_RECEIVED, &received, sizeof(received));
    put_option(f, OPT_STATS_DROPPED, &dropped, sizeof(dropped));
    put32(f, OPT_END);
    put32(f, size);
}

/* ---- pcap ---- */

static void put_pcap_header(struct capfile *f, uint32_t snaplen)
{
    put32(f, PCAP_MAGIC_NS);
    put16(f, 2);
    put16(f, 4);
    put32(f, 0);
    put32(f, 0);
    put32(f, snaplen);
    put32(f, LINKTYPE_ETHERNET);
}

static void put_pcap_packet(struct capfile *f, uint64_t time_ns, const uint8_t *data,
                            uint32_t caplen, uint32_t len)
{
    put32(f, (uint32_t)(time_ns / 1000000000));
    put32(f, (uint32_t)(time_ns % 1000000000));
    put32(f, caplen);
    put32(f, len);
    put(f, data, caplen);
}

/* ---- both ---- */

/*
 * A FIFO opens once somebody reads it. That is waited for here, where a signal to stop is seen, and
 * not in open(), where it would not be.
 */
static int open_fifo(const char *path)
{
    bool told = false;
    int fd;

    while ((fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK)) < 0 && errno == ENXIO) {
        if (!told)
            complain("waiting for somebody to read %s", path);
        told = true;
        stop_poll(20);
        if (stop_requested()) {
            errno = EINTR;
            return -1;
        }
    }
    if (fd >= 0)
        fcntl(fd, F_SETFL, O_WRONLY);
    return fd;
}

static int open_out(const char *path)
{
    struct stat st;

    if (strcmp(path, "-") == 0)
        return STDOUT_FILENO;
    if (stat(path, &st) == 0 && S_ISFIFO(st.st_mode))
        return open_fifo(path);
    return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
}

struct capfile *capfile_open(const char *path, enum capfile_format format,
                             const struct capfile_info *info)
{
    struct capfile *f = calloc(1, sizeof(*f));
    struct stat st;

    if (!f) {
        complain("out of memory");
        return NULL;
    }
    f->format = format;
    f->fd = open_out(path);
    if (f->fd < 0) {
        complain("cannot write '%s': %s", path,
                 errno == EINTR ? "nobody came to read it" : strerror(errno));
        free(f);
        return NULL;
    }
    f->regular = fstat(f->fd, &st) == 0 && S_ISREG(st.st_mode);
    if (format == CAPFILE_PCAP) {
        put_pcap_header(f, info->snaplen);
    } else {
        put_section(f, info);
        put_interface(f, info);
    }
    capfile_flush(f);
    return f;
}

bool capfile_write(struct capfile *f, uint64_t time_ns, const uint8_t *data, uint32_t caplen,
                   uint32_t len)
{
    if (f->format == CAPFILE_PCAP)
        put_pcap_packet(f, time_ns, data, caplen, len);
    else
        put_packet(f, time_ns, data, caplen, len);
    return !f->failed;
}

bool capfile_flush(struct capfile *f)
{
    write_out(f);
    return !f->failed;
}

bool capfile_close(struct capfile *f, uint64_t time_ns, uint64_t received, uint64_t dropped)
{
    if (f->format == CAPFILE_PCAPNG)
        put_statistics(f, time_ns, received, dropped);
    bool ok = capfile_flush(f);
    if (f->fd != STDOUT_FILENO)
        ok = close(f->fd) == 0 && ok;
    free(f);
    return ok;
}
