// SPDX-License-Identifier: MIT
//
// Our driver, through its public API.
#include "memos.h"
#include "packet.h"
#include "subject.h"

#include <ixl/ixl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POOL_SIZE = 2048 };

struct ixl {
    struct ixl_device *a, *b;
    struct ixl_mempool *pool; // to send from
    struct pkt_buf *batch[SUBJECT_MAX_BATCH];
    int number_a, number_b;
};

// ---- the operations, with and without checksums ----

static void show(const struct pkt_buf *p, const struct subject_tap *tap)
{
    struct subject_packet packet = {
        .data = p->data,
        .length = p->size,
        .rss_hash = (p->ptype & IXL_PTYPE_RSS) != IXL_RSS_NONE ? p->rss_hash : 0,
    };
    tap->see(tap->arg, &packet);
}

static inline void ask_checksums(struct pkt_buf *p)
{
    p->flags = IXL_TX_IP_CSUM | IXL_TX_TCP_CSUM;
    p->l2_len = PACKET_HEADER;
    p->l3_len = PACKET_IP_HEADER;
    p->l4_len = PACKET_TCP_HEADER;
}

static inline __attribute__((always_inline)) unsigned rx(struct ixl *s, unsigned batch,
                                                         const struct subject_tap *tap)
{
    int n = ixl_rx_batch(s->a, 0, s->batch, batch);
    if (n <= 0)
        return 0;
    for (int i = 0; tap && i < n; i++)
        show(s->batch[i], tap);
    ixl_pkt_buf_free_batch(s->batch, (unsigned)n);
    return (unsigned)n;
}

static inline __attribute__((always_inline)) unsigned
tx(struct ixl *s, unsigned batch, bool checksums, const struct subject_tap *tap)
{
    unsigned n = ixl_pkt_buf_alloc_batch(s->pool, s->batch, batch);
    for (unsigned i = 0; i < n; i++) {
        s->batch[i]->size = PACKET_SIZE;
        if (checksums)
            ask_checksums(s->batch[i]);
        if (tap)
            tap->fill(tap->arg, s->batch[i]->data);
    }
    int sent = ixl_tx_batch(s->a, 0, s->batch, n);
    return sent < 0 ? 0 : (unsigned)sent;
}

static unsigned run_rx(void *self, unsigned batch)
{
    return rx(self, batch, NULL);
}

static unsigned run_tx(void *self, unsigned batch)
{
    return tx(self, batch, false, NULL);
}

static unsigned run_tx_checksums(void *self, unsigned batch)
{
    return tx(self, batch, true, NULL);
}

static unsigned run_rx_tapped(void *self, unsigned batch, const struct subject_tap *tap)
{
    return rx(self, batch, tap);
}

static unsigned run_tx_tapped(void *self, unsigned batch, const struct subject_tap *tap)
{
    return tx(self, batch, false, tap);
}

static unsigned run_tx_checksums_tapped(void *self, unsigned batch, const struct subject_tap *tap)
{
    return tx(self, batch, true, tap);
}

static inline __attribute__((always_inline)) unsigned fwd(struct ixl *s, unsigned batch,
                                                          bool checksums)
{
    int n = ixl_rx_batch(s->a, 0, s->batch, batch);
    for (int i = 0; i < n; i++) {
        packet_touch(s->batch[i]->data);
        if (checksums)
            ask_checksums(s->batch[i]);
    }
    int sent = n > 0 ? ixl_tx_batch(s->b, 0, s->batch, (unsigned)n) : 0;
    return sent < 0 ? 0 : (unsigned)sent;
}

static unsigned run_fwd(void *self, unsigned batch)
{
    return fwd(self, batch, false);
}

static unsigned run_fwd_checksums(void *self, unsigned batch)
{
    return fwd(self, batch, true);
}

static void decide(void *ctx, struct pkt_buf **bufs, uint8_t *verdict, unsigned n)
{
    (void)ctx;
    (void)verdict; // all are to be sent
    for (unsigned i = 0; i < n; i++)
        packet_touch(bufs[i]->data);
}

static void decide_checksums(void *ctx, struct pkt_buf **bufs, uint8_t *verdict, unsigned n)
{
    decide(ctx, bufs, verdict, n);
    for (unsigned i = 0; i < n; i++)
        ask_checksums(bufs[i]);
}

static unsigned run_exchange(void *self, unsigned batch)
{
    struct ixl *s = self;
    int n = ixl_forward(s->a, 0, s->b, 0, batch, decide, NULL);
    return n < 0 ? 0 : (unsigned)n;
}

static unsigned run_exchange_checksums(void *self, unsigned batch)
{
    struct ixl *s = self;
    int n = ixl_forward(s->a, 0, s->b, 0, batch, decide_checksums, NULL);
    return n < 0 ? 0 : (unsigned)n;
}

// ---- set-up ----

static void print_log(void *ctx, enum ixl_log_level level, const char *message)
{
    (void)ctx;
    (void)level;
    fprintf(stderr, "ixl: %s\n", message);
}

static int open_device(int number, unsigned ring, struct ixl_device **out)
{
    char address[16];
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;
    cfg.rx_ring_size = ring;
    cfg.tx_ring_size = ring;
    snprintf(address, sizeof address, "mem:%d", number);
    return ixl_open(address, &cfg, out);
}

static void close_ixl(void *self)
{
    struct ixl *s = self;
    ixl_close(s->b);
    ixl_close(s->a);
    memos_unplug(s->number_a);
    memos_unplug(s->number_b);
    free(s);
}

static int open_both(struct ixl *s, unsigned ring)
{
    int error = open_device(s->number_a, ring, &s->a);
    if (!error)
        error = open_device(s->number_b, ring, &s->b);
    if (!error)
        error = ixl_mempool_share(ixl_get_rxq_mempool(s->a, 0), s->b);
    if (!error)
        error = ixl_mempool_create(s->a, POOL_SIZE, 0, 0, &s->pool);
    return error;
}

static void *open_ixl(struct memnic *a, struct memnic *b, unsigned ring, enum bench_op op)
{
    (void)op;
    struct ixl *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;

    ixl_set_log(print_log, NULL, IXL_LOG_WARN);
    s->number_a = memos_plug(a);
    s->number_b = memos_plug(b);
    int error = open_both(s, ring);
    if (!error)
        return s;
    fprintf(stderr, "ixl: %s\n", ixl_strerror(error));
    close_ixl(s);
    return NULL;
}

const struct subject ixl_subject = {
    .name = "ixl",
    .variant = "plain",
    .hash = true,
    .open = open_ixl,
    .close = close_ixl,
    .run = { run_rx, run_tx, run_fwd, run_exchange },
    .rx_tapped = run_rx_tapped,
    .tx_tapped = run_tx_tapped,
};

// There is one path for both: each packet's flags say what is wanted of it.
// Receiving is the same, too, since it always fills in all metadata.
const struct subject ixl_offload_subject = {
    .name = "ixl",
    .variant = "checksums",
    .offload = true,
    .hash = true,
    .open = open_ixl,
    .close = close_ixl,
    .run = { run_rx, run_tx_checksums, run_fwd_checksums, run_exchange_checksums },
    .rx_tapped = run_rx_tapped,
    .tx_tapped = run_tx_checksums_tapped,
};
