// SPDX-License-Identifier: MIT
/* Writes captured Ethernet frames to a file, as pcap (nanoseconds) or pcapng. One thread at a time.
 */
#ifndef SERVER_CAPFILE_H
#define SERVER_CAPFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum capfile_format { CAPFILE_PCAP, CAPFILE_PCAPNG };

struct capfile;

struct capfile_info {
    uint32_t snaplen;
    const char *interface; /* the rest is for pcapng, NULL: unknown */
    const char *description;
    const char *filter;
    const char *application;
};

/* "-" is standard output. NULL, with a complaint, if it cannot be made. */
struct capfile *capfile_open(const char *path, enum capfile_format format,
                             const struct capfile_info *info);
/* One frame: `len` bytes on the wire, of which the first `caplen` are kept. False: write error. */
bool capfile_write(struct capfile *file, uint64_t time_ns, const uint8_t *data, uint32_t caplen,
                   uint32_t len);
bool capfile_flush(struct capfile *file);
/* `received` and `dropped` go into a pcapng's statistics. False: something was not written. */
bool capfile_close(struct capfile *file, uint64_t time_ns, uint64_t received, uint64_t dropped);

#endif
