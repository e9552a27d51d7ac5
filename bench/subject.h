// SPDX-License-Identifier: MIT
//
// What is measured: a subject is a driver, or something that plays one, and
// the loops that time and check it are the same for all (measure.c, check.c).
#ifndef BENCH_SUBJECT_H
#define BENCH_SUBJECT_H

#include "memnic.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bench_op {
    OP_RX,       // receive on A, free
    OP_TX,       // allocate, send on A, clean up what was sent
    OP_FWD,      // receive on A, touch a byte, send on B
    OP_EXCHANGE, // the same, buffers exchanged between the two rings
    OP_COUNT,
};

enum { SUBJECT_MAX_BATCH = 256 };

// What a program sees of a received packet.
struct subject_packet {
    const uint8_t *data;
    uint32_t length;
    uint32_t rss_hash; // the rest only if the subject records it
    uint16_t vlan;
};

// A look into the packets, for the checks; never given while timing.
struct subject_tap {
    void (*see)(void *arg, const struct subject_packet *packet);
    void (*fill)(void *arg, uint8_t *data); // PACKET_SIZE bytes
    void *arg;
};

// Does one operation for `batch` packets, all of which are ready on receive
// and fit on send. Returns the packets done; anything but `batch` is a failure.
typedef unsigned subject_run(void *self, unsigned batch);
typedef unsigned subject_tapped(void *self, unsigned batch, const struct subject_tap *tap);

struct subject {
    const char *name;    // "ixl", "dpdk", "floor"
    const char *variant; // what sets it apart within the name
    bool offload;        // every packet sent asks for its checksums
    bool aside;          // not in the JSON list, whose keys do not tell it from another
    bool hash, vlan;     // it records these of a received packet

    bool (*plays_on)(const struct memnic_model *model); // NULL: on all

    // Starts both NICs for one operation, with rings of that many descriptors.
    // Returns NULL after a message on stderr.
    void *(*open)(struct memnic *a, struct memnic *b, unsigned ring, enum bench_op op);
    void (*close)(void *self);

    subject_run *run[OP_COUNT]; // NULL: not offered
    subject_tapped *rx_tapped, *tx_tapped;
};

extern const struct subject floor_subject;
#ifdef BENCH_DPDK
extern const struct subject dpdk_vector_subject, dpdk_scalar_subject, dpdk_offload_subject;
#endif
#ifdef BENCH_IXL
extern const struct subject ixl_subject, ixl_offload_subject;
#endif

#endif
