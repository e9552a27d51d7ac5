// SPDX-License-Identifier: MIT
//
// DPDK 22.11's ixgbe driver on the memory NIC, unchanged.
//
// Three subjects: the vector path, which is DPDK's default and its fastest, and
// the scalar path with offloads switched on, with every packet sent asking for
// its checksums and (aside) with none asking for anything.
#include "dpdk_port.h"
#include "packet.h"
#include "subject.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    POOL_SIZE = 4095,
    POOL_CACHE = 512, // the largest there is
    BURST = 32,       // what a program asks for; the vector path's largest
};

struct dpdk {
    struct dpdk_port *a, *b;
    uint16_t from, to; // receives or sends alone; sends what was forwarded
    struct rte_mempool *pool;
    struct rte_mbuf *batch[SUBJECT_MAX_BATCH + BURST];
};

// ---- the operations ----

// A call may return fewer packets than there are, the vector path never more
// than BURST, and nothing if asked for fewer than 4.
static inline unsigned receive(struct dpdk *d, struct rte_mbuf **packets)
{
    return rte_eth_rx_burst(d->from, 0, packets, BURST);
}

static inline void show(struct rte_mbuf *m, const struct subject_tap *tap)
{
    struct subject_packet packet = {
        .data = rte_pktmbuf_mtod(m, uint8_t *),
        .length = rte_pktmbuf_pkt_len(m),
        .rss_hash = m->ol_flags & RTE_MBUF_F_RX_RSS_HASH ? m->hash.rss : 0,
        .vlan = m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED ? m->vlan_tci : 0,
    };
    tap->see(tap->arg, &packet);
}

static __rte_always_inline unsigned rx(struct dpdk *d, unsigned batch,
                                       const struct subject_tap *tap)
{
    unsigned done = 0;
    while (done < batch) {
        unsigned n = receive(d, d->batch);
        if (n == 0)
            break;
        for (unsigned i = 0; tap && i < n; i++)
            show(d->batch[i], tap);
        rte_pktmbuf_free_bulk(d->batch, n);
        done += n;
    }
    return done;
}

static __rte_always_inline void set_length(struct rte_mbuf *m)
{
    m->data_len = PACKET_SIZE;
    m->pkt_len = PACKET_SIZE;
}

static __rte_always_inline void fill_all(struct dpdk *d, unsigned count,
                                         const struct subject_tap *tap)
{
    for (unsigned i = 0; i < count; i++) {
        set_length(d->batch[i]);
        if (tap)
            tap->fill(tap->arg, rte_pktmbuf_mtod(d->batch[i], uint8_t *));
    }
}

// Raw buffers: what a free leaves behind is all that this path needs.
static __rte_always_inline unsigned tx_raw(struct dpdk *d, unsigned batch,
                                           const struct subject_tap *tap)
{
    if (rte_mempool_get_bulk(d->pool, (void **)d->batch, batch) != 0)
        return 0;
    fill_all(d, batch, tap);
    return rte_eth_tx_burst(d->from, 0, d->batch, (uint16_t)batch);
}

static __rte_always_inline void ask_checksums(struct rte_mbuf *m)
{
    m->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_TCP_CKSUM;
    m->tx_offload =
        rte_mbuf_tx_offload(PACKET_HEADER, PACKET_IP_HEADER, PACKET_TCP_HEADER, 0, 0, 0, 0);
}

// Offload flags are part of the packet, so it has to be a fresh one.
static __rte_always_inline unsigned tx_fresh(struct dpdk *d, unsigned batch, bool checksums,
                                             const struct subject_tap *tap)
{
    if (rte_pktmbuf_alloc_bulk(d->pool, d->batch, batch) != 0)
        return 0;
    fill_all(d, batch, tap);
    for (unsigned i = 0; checksums && i < batch; i++)
        ask_checksums(d->batch[i]);
    return rte_eth_tx_burst(d->from, 0, d->batch, (uint16_t)batch);
}

static unsigned run_rx(void *self, unsigned batch)
{
    return rx(self, batch, NULL);
}

static unsigned run_rx_tapped(void *self, unsigned batch, const struct subject_tap *tap)
{
    return rx(self, batch, tap);
}

static unsigned run_tx_raw(void *self, unsigned batch)
{
    return tx_raw(self, batch, NULL);
}

static unsigned run_tx_raw_tapped(void *self, unsigned batch, const struct subject_tap *tap)
{
    return tx_raw(self, batch, tap);
}

static unsigned run_tx_fresh(void *self, unsigned batch)
{
    return tx_fresh(self, batch, false, NULL);
}

static unsigned run_tx_checksums(void *self, unsigned batch)
{
    return tx_fresh(self, batch, true, NULL);
}

static unsigned run_tx_fresh_tapped(void *self, unsigned batch, const struct subject_tap *tap)
{
    return tx_fresh(self, batch, false, tap);
}

static unsigned run_tx_checksums_tapped(void *self, unsigned batch, const struct subject_tap *tap)
{
    return tx_fresh(self, batch, true, tap);
}

static __rte_always_inline unsigned fwd(struct dpdk *d, unsigned batch, bool checksums)
{
    unsigned done = 0;
    while (done < batch) {
        unsigned n = receive(d, d->batch);
        for (unsigned i = 0; i < n; i++) {
            packet_touch(rte_pktmbuf_mtod(d->batch[i], void *));
            if (checksums)
                ask_checksums(d->batch[i]);
        }
        unsigned sent = rte_eth_tx_burst(d->to, 0, d->batch, (uint16_t)n);
        done += sent;
        if (n == 0 || sent != n)
            break;
    }
    return done;
}

static unsigned run_fwd(void *self, unsigned batch)
{
    return fwd(self, batch, false);
}

static unsigned run_fwd_checksums(void *self, unsigned batch)
{
    return fwd(self, batch, true);
}

// ---- set-up ----

// The one device that its driver knows.
static bool plays_on(const struct memnic_model *model)
{
    return strcmp(model->name, "82599") == 0;
}

static void close_dpdk(void *self)
{
    struct dpdk *d = self;
    dpdk_port_close(d->a);
    dpdk_port_close(d->b);
    rte_mempool_free(d->pool);
    free(d);
}

static void *open_dpdk(struct memnic *a, struct memnic *b, unsigned ring, bool scalar)
{
    static unsigned pools;
    struct dpdk *d = calloc(1, sizeof *d);
    if (!d || !dpdk_start()) {
        free(d);
        return NULL;
    }

    char name[16];
    snprintf(name, sizeof name, "pool%u", pools++);
    d->pool = rte_pktmbuf_pool_create(name, POOL_SIZE, POOL_CACHE, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
                                      SOCKET_ID_ANY);
    d->a = d->pool ? dpdk_port_open(a, ring, d->pool, scalar) : NULL;
    d->b = d->a ? dpdk_port_open(b, ring, d->pool, scalar) : NULL;
    if (!d->b) {
        fprintf(stderr, "dpdk: no %s\n", d->pool ? "port" : "memory");
        close_dpdk(d);
        return NULL;
    }
    d->from = dpdk_port_id(d->a);
    d->to = dpdk_port_id(d->b);
    return d;
}

static void *open_vector(struct memnic *a, struct memnic *b, unsigned ring, enum bench_op op)
{
    (void)op;
    return open_dpdk(a, b, ring, false);
}

static void *open_scalar(struct memnic *a, struct memnic *b, unsigned ring, enum bench_op op)
{
    (void)op;
    return open_dpdk(a, b, ring, true);
}

const struct subject dpdk_vector_subject = {
    .name = "dpdk",
    .variant = "vector",
    .plays_on = plays_on,
    .hash = true,
    .open = open_vector,
    .close = close_dpdk,
    .run = { run_rx, run_tx_raw, run_fwd, NULL },
    .rx_tapped = run_rx_tapped,
    .tx_tapped = run_tx_raw_tapped,
};

const struct subject dpdk_scalar_subject = {
    .name = "dpdk",
    .variant = "scalar",
    .plays_on = plays_on,
    .aside = true,
    .hash = true,
    .vlan = true,
    .open = open_scalar,
    .close = close_dpdk,
    .run = { NULL, run_tx_fresh, run_fwd, NULL },
    .tx_tapped = run_tx_fresh_tapped,
};

const struct subject dpdk_offload_subject = {
    .name = "dpdk",
    .variant = "scalar+checksums",
    .plays_on = plays_on,
    .offload = true,
    .hash = true,
    .vlan = true,
    .open = open_scalar,
    .close = close_dpdk,
    .run = { run_rx, run_tx_checksums, run_fwd_checksums, NULL },
    .rx_tapped = run_rx_tapped,
    .tx_tapped = run_tx_checksums_tapped,
};
