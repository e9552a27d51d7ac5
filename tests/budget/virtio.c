// SPDX-License-Identifier: MIT
/*
 * Instructions of virtio's receive and send, for callgrind: the calls are counted, and what the
 * tests' own device does between them is not. Dumps are named as those of the benchmark.
 */
#include <stdio.h>
#include <string.h>

#include "tests/virtio/rig.h"

#ifdef HAVE_CALLGRIND
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_ZERO_STATS
#define CALLGRIND_TOGGLE_COLLECT
#define CALLGRIND_DUMP_STATS_AT(name) ((void)(name))
#endif

#define PACKETS 1024u /* as run.sh has it */
#define WARM_UP 2048u
#define BATCH   32u
#define SIZE    60u

static struct pkt_buf *bufs[BATCH];

/* ---- the device ----------------------------------------------------------------------------- */

static void deliver(struct rig *rig)
{
    static const uint8_t frame[SIZE] = { 2 };
    struct rig_chain c;

    for (unsigned i = 0; i < BATCH && rig_take(rig, &rig->rx, &c); i++)
        rig_receive(rig, &c, frame, SIZE);
}

static void swallow(struct rig *rig)
{
    struct rig_chain c;

    while (rig_take(rig, &rig->tx, &c))
        rig_use(rig, &rig->tx, c.id, 0, c.n);
}

static void nothing(struct rig *rig)
{
    (void)rig;
}

/* ---- what is counted ------------------------------------------------------------------------ */

static unsigned receive(struct rig *rig)
{
    int n = ixl_rx_batch(&rig->v.base, 0, bufs, BATCH);

    ixl_pkt_buf_free_batch(bufs, n > 0 ? (unsigned)n : 0);
    return n > 0 ? (unsigned)n : 0;
}

static unsigned send(struct rig *rig)
{
    unsigned n = ixl_pkt_buf_alloc_batch(rig->pool, bufs, BATCH);

    for (unsigned i = 0; i < n; i++)
        bufs[i]->size = SIZE;
    int sent = ixl_tx_batch(&rig->v.base, 0, bufs, n);
    return sent > 0 ? (unsigned)sent : 0;
}

static unsigned do_nothing(struct rig *rig)
{
    (void)rig;
    return BATCH;
}

struct op {
    const char *name;
    void (*before)(struct rig *rig);
    unsigned (*counted)(struct rig *rig);
    void (*after)(struct rig *rig);
};

static void sample(struct rig *rig, const struct op *op, unsigned packets)
{
    for (unsigned done = 0; done < packets; done += BATCH) {
        op->before(rig);
        CALLGRIND_TOGGLE_COLLECT;
        unsigned n = op->counted(rig);
        CALLGRIND_TOGGLE_COLLECT;
        op->after(rig);
        assert_int_equal(n, BATCH);
    }
}

static void measure(uint64_t features, const struct op *op, const char *variant)
{
    static const struct ixl_dev_cfg cfg = { .num_rx_queues = 1,
                                            .num_tx_queues = 1,
                                            .rx_ring_size = 512,
                                            .tx_ring_size = 512,
                                            .rx_pool_entries = 1024,
                                            .rx_entry_size = 2112,
                                            .max_frame_size = 9000 };
    struct rig *rig = rig_new(features, &cfg);
    char name[64];

    snprintf(name, sizeof(name), "%s%s%u", variant, op->name, BATCH);
    sample(rig, op, WARM_UP);
    CALLGRIND_ZERO_STATS;
    sample(rig, op, PACKETS);
    CALLGRIND_DUMP_STATS_AT(name);
    rig_free(rig);
}

static void count_all(void **state)
{
    static const struct op empty = { "empty/", nothing, do_nothing, nothing };
    static const struct op rx = { "/rx/", deliver, receive, nothing };
    static const struct op tx = { "/tx/", nothing, send, swallow };
    const uint64_t common = VIO_F_MRG_RXBUF | VIO_F_GUEST_CSUM | VIO_F_CSUM;

    (void)state;
    measure(0, &empty, "");
    measure(common | VIO_F_EVENT_IDX, &rx, "virtio/split");
    measure(common | VIO_F_EVENT_IDX, &tx, "virtio/split");
    measure(common | VIO_F_PACKED, &rx, "virtio/packed");
    measure(common | VIO_F_PACKED, &tx, "virtio/packed");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(count_all) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
