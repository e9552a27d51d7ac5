// SPDX-License-Identifier: MIT
//
// The floor: the least work that receives, sends and forwards with advanced
// descriptors, written by hand for one queue and one pool. It is no
// driver (nothing is checked that the hardware could get wrong) and exists to
// be divided by.
//
// What it shares with a real driver: it looks at every descriptor's DD, stores
// the length into the packet's header, arms receive descriptors from a pool,
// writes each descriptor once with 16 bytes, asks for a report every 32nd
// descriptor, and cleans whole blocks of 32 on one DD.
#include "hugemem.h"
#include "packet.h"
#include "subject.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    POOL_SIZE = 4096,
    STRIDE = 2048 + 128, // no power of two: lines spread over all cache sets
    BLOCK = 32,          // descriptors between two reports
    TAIL = 0x18,         // of a queue's register block
};

#define RX_DD            UINT64_C(1)
#define TX_DD            (UINT64_C(1) << 32)
// Advanced data descriptor: DTYP 3, DEXT, IFCS, EOP
#define TX_COMMAND       (UINT64_C(3) << 20 | UINT64_C(0x23) << 24)
#define TX_RS            (UINT64_C(1) << 27)
#define TX_PAYLOAD_SHIFT 46 // PAYLEN

struct packet {
    uint16_t length;
    _Alignas(64) uint8_t data[];
};

// One 16-byte store.
typedef uint64_t descriptor __attribute__((vector_size(16), may_alias));

struct ring {
    descriptor *descriptors;
    struct packet **slots;
    uint32_t volatile *tail;
    uint32_t next;    // free-running
    uint32_t cleaned; // free-running, in whole blocks
    uint32_t mask;
};

struct floor {
    struct ring rx, tx;
    uint32_t free; // entries on the stack
    struct packet **stack;
    struct packet *batch[SUBJECT_MAX_BATCH];
    struct hugemem mem;
};

// Few pointers one by one: a wide load of what was just stored in pieces would
// have to wait for the stores.
static inline void copy(struct packet **to, struct packet *const *from, unsigned count)
{
    if (count <= 16)
        for (unsigned i = 0; i < count; i++)
            to[i] = *(struct packet *const volatile *)&from[i];
    else
        memcpy(to, from, count * sizeof *to);
}

// Descriptors from `next` to the end of the ring, at most `count`.
static inline unsigned run_length(const struct ring *r, uint32_t next, unsigned count)
{
    unsigned left = r->mask + 1 - (next & r->mask);
    return count < left ? count : left;
}

static inline uint64_t second_word(const descriptor *d)
{
    return ((const volatile uint64_t *)d)[1];
}

static inline void arm(descriptor *d, struct packet *p)
{
    *d = (descriptor){ (uintptr_t)p->data, 0 };
}

static inline void describe(descriptor *d, struct packet *p, uint64_t length)
{
    *d = (descriptor){ (uintptr_t)p->data, length << TX_PAYLOAD_SHIFT | length | TX_COMMAND };
}

// Asks for a report on the descriptor that ends a block.
static inline void request_report(descriptor *d)
{
    ((uint64_t *)d)[1] |= TX_RS;
}

// ---- the four verbs ----

static inline unsigned receive_run(struct floor *f, struct packet **packets, unsigned count)
{
    struct ring *r = &f->rx;
    struct packet **slot = r->slots + (r->next & r->mask);
    struct packet *const *fresh = f->stack + f->free;
    descriptor *d = r->descriptors + (r->next & r->mask);
    unsigned n = 0;
    for (; n < count; n++) {
        uint64_t status = second_word(&d[n]);
        if (!(status & RX_DD))
            break;
        struct packet *p = slot[n], *q = *--fresh;
        p->length = (uint16_t)(status >> 32);
        packets[n] = p;
        slot[n] = q;
        arm(&d[n], q);
    }
    f->free -= n;
    r->next += n;
    return n;
}

static inline unsigned receive(struct floor *f, struct packet **packets, unsigned count)
{
    struct ring *r = &f->rx;
    count = count < f->free ? count : f->free;
    unsigned run = run_length(r, r->next, count);
    unsigned n = receive_run(f, packets, run);
    if (n == run && n < count)
        n += receive_run(f, packets + n, count - n);
    *r->tail = (r->next - 1) & r->mask;
    return n;
}

static inline void release(struct floor *f, struct packet **packets, unsigned count)
{
    copy(f->stack + f->free, packets, count);
    f->free += count;
}

// Gives back each block that the hardware has reported as sent.
static inline void clean(struct floor *f)
{
    struct ring *r = &f->tx;
    while (r->next - r->cleaned >= BLOCK) {
        uint32_t first = r->cleaned & r->mask;
        if (!(second_word(&r->descriptors[first + BLOCK - 1]) & TX_DD))
            return;
        release(f, &r->slots[first], BLOCK);
        r->cleaned += BLOCK;
    }
}

// A run inside one block.
static inline void transmit_run(struct ring *r, struct packet *const *packets, unsigned count)
{
    uint32_t at = r->next & r->mask;
    descriptor *d = r->descriptors + at;
    for (unsigned n = 0; n < count; n++) {
        struct packet *p = packets[n];
        r->slots[at + n] = p;
        describe(&d[n], p, p->length);
    }
    r->next += count;
    if (r->next % BLOCK == 0)
        request_report(&d[count - 1]);
}

static inline unsigned transmit(struct floor *f, struct packet *const *packets, unsigned count)
{
    clean(f);
    struct ring *r = &f->tx;
    uint32_t room = r->mask - (r->next - r->cleaned);
    count = count < room ? count : room;
    for (unsigned done = 0, run; done < count; done += run) {
        unsigned left = BLOCK - r->next % BLOCK;
        run = count - done < left ? count - done : left;
        transmit_run(r, packets + done, run);
    }
    *r->tail = r->next & r->mask;
    return count;
}

// ---- the operations ----

static inline __attribute__((always_inline)) unsigned rx(struct floor *f, unsigned batch,
                                                         const struct subject_tap *tap)
{
    unsigned n = receive(f, f->batch, batch);
    for (unsigned i = 0; tap && i < n; i++)
        tap->see(tap->arg, &(struct subject_packet){ .data = f->batch[i]->data,
                                                     .length = f->batch[i]->length });
    release(f, f->batch, n);
    return n;
}

static inline __attribute__((always_inline)) unsigned tx(struct floor *f, unsigned batch,
                                                         const struct subject_tap *tap)
{
    unsigned n = batch < f->free ? batch : f->free;
    f->free -= n;
    copy(f->batch, f->stack + f->free, n);
    for (unsigned i = 0; i < n; i++) {
        f->batch[i]->length = PACKET_SIZE;
        if (tap)
            tap->fill(tap->arg, f->batch[i]->data);
    }
    return transmit(f, f->batch, n);
}

static unsigned run_rx(void *self, unsigned batch)
{
    return rx(self, batch, NULL);
}

static unsigned run_tx(void *self, unsigned batch)
{
    return tx(self, batch, NULL);
}

static unsigned run_rx_tapped(void *self, unsigned batch, const struct subject_tap *tap)
{
    return rx(self, batch, tap);
}

static unsigned run_tx_tapped(void *self, unsigned batch, const struct subject_tap *tap)
{
    return tx(self, batch, tap);
}

static unsigned run_fwd(void *self, unsigned batch)
{
    struct floor *f = self;
    unsigned n = receive(f, f->batch, batch);
    for (unsigned i = 0; i < n; i++)
        packet_touch(f->batch[i]->data);
    return transmit(f, f->batch, n);
}

// Send slots always hold a packet here: the one sent a lap ago arms the
// receive descriptor of the one that takes its place. A run stays inside one
// block of the send ring and does not wrap around the receive ring.
static inline unsigned exchange_run(struct ring *in, struct ring *out, unsigned count)
{
    uint32_t from = in->next & in->mask, to = out->next & out->mask;
    descriptor *d = in->descriptors + from, *e = out->descriptors + to;
    struct packet **slot = in->slots + from, **other = out->slots + to;
    unsigned n = 0;
    for (; n < count; n++) {
        uint64_t status = second_word(&d[n]);
        if (!(status & RX_DD))
            break;
        struct packet *p = slot[n], *q = other[n];
        p->length = (uint16_t)(status >> 32);
        packet_touch(p->data);
        slot[n] = q;
        other[n] = p;
        arm(&d[n], q);
        describe(&e[n], p, p->length);
    }
    in->next += n;
    out->next += n;
    if (n > 0 && out->next % BLOCK == 0)
        request_report(&e[n - 1]);
    return n;
}

static unsigned run_exchange(void *self, unsigned batch)
{
    struct floor *f = self;
    struct ring *in = &f->rx, *out = &f->tx;
    unsigned done = 0, run, n;
    do {
        uint32_t to = out->next & out->mask;
        if (to % BLOCK == 0 && !(second_word(&out->descriptors[to + BLOCK - 1]) & TX_DD))
            break;
        unsigned left = BLOCK - to % BLOCK;
        run = run_length(in, in->next, batch - done);
        run = run < left ? run : left;
        n = exchange_run(in, out, run);
        done += n;
    } while (n == run && done < batch);
    *in->tail = (in->next - 1) & in->mask;
    *out->tail = out->next & out->mask;
    return done;
}

// ---- set-up ----

static void set_registers(struct memnic *nic, uint32_t block, const struct ring *r)
{
    uint32_t *reg = (uint32_t *)(void *)((uint8_t *)memnic_bar(nic) + block);
    uint64_t base = (uintptr_t)r->descriptors;
    reg[0] = (uint32_t)base;
    reg[1] = (uint32_t)(base >> 32);
    reg[2] = (r->mask + 1) * (uint32_t)sizeof(descriptor);
}

static struct ring ring_at(uint8_t **at, unsigned size, struct memnic *nic, uint32_t block)
{
    struct ring r = { .mask = size - 1 };
    r.tail = (uint32_t *)(void *)((uint8_t *)memnic_bar(nic) + block + TAIL);
    r.descriptors = (descriptor *)(void *)*at;
    *at += size * sizeof(descriptor);
    r.slots = (struct packet **)(void *)*at;
    *at += size * sizeof(struct packet *);
    return r;
}

// Fills the stack, then the receive ring, then for exchange the send ring.
static void hand_out(struct floor *f, uint8_t *packets, enum bench_op op)
{
    for (unsigned i = 0; i < POOL_SIZE; i++)
        f->stack[f->free++] = (struct packet *)(void *)(packets + i * STRIDE);

    for (uint32_t i = 0; i <= f->rx.mask; i++) {
        f->rx.slots[i] = f->stack[--f->free];
        arm(&f->rx.descriptors[i], f->rx.slots[i]);
    }
    *f->rx.tail = f->rx.mask;

    for (uint32_t i = 0; op == OP_EXCHANGE && i <= f->tx.mask; i++) {
        f->tx.slots[i] = f->stack[--f->free];
        f->tx.descriptors[i] = (descriptor){ 0, TX_DD };
    }
}

static void *open_floor(struct memnic *a, struct memnic *b, unsigned ring, enum bench_op op)
{
    struct floor *f = aligned_alloc(64, sizeof *f + 64 - sizeof *f % 64);
    if (!f)
        return NULL;
    memset(f, 0, sizeof *f);

    size_t per_slot = sizeof(descriptor) + sizeof(struct packet *);
    size_t rings = 2 * ring * per_slot + POOL_SIZE * sizeof(struct packet *);
    if (!hugemem_alloc(&f->mem, rings + (size_t)POOL_SIZE * STRIDE)) {
        fprintf(stderr, "floor: no memory\n");
        free(f);
        return NULL;
    }
    struct memnic *sender = op == OP_TX ? a : b;
    uint8_t *at = f->mem.base;
    f->rx = ring_at(&at, ring, a, memnic_model(a)->rx_block);
    f->tx = ring_at(&at, ring, sender, memnic_model(sender)->tx_block);
    f->stack = (struct packet **)(void *)at;
    at += POOL_SIZE * sizeof(struct packet *);
    set_registers(a, memnic_model(a)->rx_block, &f->rx);
    set_registers(sender, memnic_model(sender)->tx_block, &f->tx);
    hand_out(f, at, op);
    return f;
}

static void close_floor(void *self)
{
    struct floor *f = self;
    hugemem_free(&f->mem);
    free(f);
}

static bool plays_on(const struct memnic_model *model)
{
    return model->format == MEMNIC_ADVANCED;
}

const struct subject floor_subject = {
    .name = "floor",
    .variant = "scalar",
    .plays_on = plays_on,
    .open = open_floor,
    .close = close_floor,
    .run = { run_rx, run_tx, run_fwd, run_exchange },
    .rx_tapped = run_rx_tapped,
    .tx_tapped = run_tx_tapped,
};
