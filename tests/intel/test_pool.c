// SPDX-License-Identifier: MIT
/* Memory pools: allocation, threads, extension, shrinking, sharing, running dry. */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

#include "fake.h"

static struct ixl_mempool_stats stats_of(const struct ixl_mempool *pool)
{
    struct ixl_mempool_stats stats;
    ixl_mempool_get_stats(pool, &stats);
    return stats;
}

static int setup(void **state)
{
    *state = fake_open(IXL_DESC_ADVANCED, IXL_SIMD_AUTO, 64, 128);
    return 0;
}

static int teardown(void **state)
{
    fake_close(*state);
    return 0;
}

static struct ixl_mempool *make(struct fake *f, uint32_t entries)
{
    struct ixl_mempool *pool;
    assert_int_equal(ixl_mempool_create(&f->dev, entries, 0, 0, &pool), 0);
    return pool;
}

static void gives_every_buffer_once_and_then_none(void **state)
{
    struct ixl_mempool *pool = make(*state, 100);
    struct pkt_buf *bufs[101];
    assert_int_equal(ixl_pkt_buf_alloc_batch(pool, bufs, 101), 100);
    assert_null(ixl_pkt_buf_alloc(pool));
    for (int i = 0; i < 100; i++) {
        assert_int_equal((uintptr_t)bufs[i]->data % 64, 0);
        assert_true(bufs[i]->capacity >= 2048);
        memset(bufs[i]->data, i, bufs[i]->capacity);
    }
    for (int i = 0; i < 100; i++)
        assert_int_equal(bufs[i]->data[bufs[i]->capacity - 1], i);
    assert_int_equal(stats_of(pool).in_use, 100);
    assert_int_equal(stats_of(pool).alloc_failures, 2);
    assert_int_equal(ixl_pkt_buf_free_batch(bufs, 100), 0);
    assert_int_equal(stats_of(pool).in_use, 0);
    assert_int_equal(stats_of(pool).high_water, 100);
}

static void fresh_buffers_are_empty(void **state)
{
    struct ixl_mempool *pool = make(*state, 1);
    struct pkt_buf *buf = ixl_pkt_buf_alloc(pool);
    buf->size = 77;
    buf->flags = IXL_TX_TSO;
    ixl_pkt_buf_free(buf);
    buf = ixl_pkt_buf_alloc(pool);
    assert_int_equal(buf->size, 0);
    assert_int_equal(buf->flags, 0);
    assert_null(buf->next);
    ixl_pkt_buf_free(buf);
}

static void freeing_a_chain_frees_its_pieces(void **state)
{
    struct ixl_mempool *pool = make(*state, 10);
    struct pkt_buf *bufs[3];
    assert_int_equal(ixl_pkt_buf_alloc_batch(pool, bufs, 3), 3);
    bufs[0]->next = bufs[1];
    bufs[1]->next = bufs[2];
    ixl_pkt_buf_free(bufs[0]);
    assert_int_equal(stats_of(pool).in_use, 0);
    assert_null(bufs[0]->next);
    assert_int_equal(ixl_pkt_buf_free(NULL), 0);
}

static void a_shared_buffer_returns_with_its_last_holder(void **state)
{
    struct ixl_mempool *pool = make(*state, 4);
    struct pkt_buf *buf = ixl_pkt_buf_alloc(pool);
    ixl_pkt_buf_ref(buf);
    ixl_pkt_buf_ref(buf);
    ixl_pkt_buf_free(buf);
    ixl_pkt_buf_free(buf);
    assert_int_equal(stats_of(pool).in_use, 1);
    ixl_pkt_buf_free(buf);
    assert_int_equal(stats_of(pool).in_use, 0);
}

static void rejects_bad_arguments(void **state)
{
    struct fake *f = *state;
    struct ixl_mempool *pool;
    assert_int_equal(ixl_mempool_create(NULL, 1, 0, 0, &pool), -IXL_EINVAL);
    assert_int_equal(ixl_mempool_create(&f->dev, 0, 0, 0, &pool), -IXL_EINVAL);
    assert_int_equal(ixl_mempool_create(&f->dev, 1, 100, 0, &pool), -IXL_EINVAL);
    assert_int_equal(ixl_mempool_create(&f->dev, 1, 20000, 0, &pool), -IXL_EINVAL);
    assert_int_equal(ixl_mempool_create(&f->dev, 1, 0, 0, NULL), -IXL_EINVAL);
    pool = (struct ixl_mempool *)(void *)f; /* anything: nobody finds a pool there after an error */
    assert_int_equal(ixl_mempool_create(&f->dev, 100, 2112, 100000, &pool), -IXL_ENOSPC);
    assert_null(pool);
    assert_null(ixl_pkt_buf_alloc(NULL));
    assert_int_equal(ixl_mempool_extend(NULL, 1), -IXL_EINVAL);
    assert_int_equal(ixl_mempool_shrink(NULL, 1), -IXL_EINVAL);
    assert_int_equal(ixl_mempool_destroy(NULL), -IXL_EINVAL);
    assert_int_equal(ixl_mempool_share(NULL, &f->dev), -IXL_EINVAL);
}

static void a_failed_allocation_leaves_nothing(void **state)
{
    struct fake *f = *state;
    struct ixl_mempool *pool;
    for (int nth = 1; nth <= 4; nth++) {
        int held = f->os.allocs - f->os.frees;
        f->os.fail_alloc = nth;
        assert_int_equal(ixl_mempool_create(&f->dev, 4000, 0, 0, &pool), -IXL_ENOMEM);
        assert_int_equal(f->os.allocs - f->os.frees, held);
    }
}

static void extension_adds_buffers(void **state)
{
    struct ixl_mempool *pool = make(*state, 10);
    struct pkt_buf *bufs[2000];
    assert_int_equal(ixl_pkt_buf_alloc_batch(pool, bufs, 10), 10);
    assert_int_equal(ixl_mempool_extend(pool, 1500), 0);
    assert_int_equal(stats_of(pool).capacity, 1510);
    assert_int_equal(ixl_pkt_buf_alloc_batch(pool, bufs + 10, 1990), 1500);
    ixl_pkt_buf_free_batch(bufs, 1510);
    assert_int_equal(stats_of(pool).in_use, 0);
}

static void extension_obeys_the_memory_cap(void **state)
{
    struct fake *f = *state;
    struct ixl_mempool *pool;
    assert_int_equal(ixl_mempool_create(&f->dev, 10, 0, 100000, &pool), 0);
    assert_int_equal(ixl_mempool_extend(pool, 100), -IXL_ENOSPC);
    assert_int_equal(stats_of(pool).capacity, 10);
    assert_int_equal(ixl_mempool_extend(pool, 10), 0);
}

static void shrinking_gives_memory_back_at_once_when_idle(void **state)
{
    struct fake *f = *state;
    struct ixl_mempool *pool = make(f, 100);
    assert_int_equal(ixl_mempool_extend(pool, 3000), 0);
    uint64_t most = stats_of(pool).memory_bytes;
    int frees = f->os.frees;
    assert_int_equal(ixl_mempool_shrink(pool, 3000), 0);
    assert_int_equal(stats_of(pool).capacity, 100);
    assert_true(f->os.frees > frees);
    assert_true(stats_of(pool).memory_bytes < most / 10);
    assert_int_equal(ixl_mempool_shrink(pool, 100), -IXL_ERANGE);
    assert_int_equal(ixl_mempool_shrink(pool, 99), 0);
}

static void an_extension_that_fails_leaves_a_shrink_under_way(void **state)
{
    struct fake *f = *state;
    struct ixl_mempool *pool;
    struct pkt_buf *bufs[30];
    assert_int_equal(ixl_mempool_create(&f->dev, 30, 0, 100000, &pool), 0);
    assert_int_equal(ixl_pkt_buf_alloc_batch(pool, bufs, 30), 30);
    assert_int_equal(ixl_mempool_shrink(pool, 20), 0);
    assert_int_equal(ixl_mempool_extend(pool, 100), -IXL_ENOSPC);
    assert_int_equal(stats_of(pool).capacity, 10);
    ixl_pkt_buf_free_batch(bufs, 30);
    assert_int_equal(ixl_pkt_buf_alloc_batch(pool, bufs, 30), 10);
    ixl_pkt_buf_free_batch(bufs, 10);
}

static void shrinking_waits_for_buffers_in_use(void **state)
{
    struct fake *f = *state;
    struct ixl_mempool *pool = make(f, 10);
    struct pkt_buf *bufs[30];
    assert_int_equal(ixl_mempool_extend(pool, 20), 0);
    assert_int_equal(ixl_pkt_buf_alloc_batch(pool, bufs, 30), 30);
    int frees = f->os.frees;
    assert_int_equal(ixl_mempool_shrink(pool, 20), 0);
    assert_int_equal(stats_of(pool).capacity, 10);
    assert_int_equal(f->os.frees, frees);
    for (int i = 0; i < 30; i++) {
        memset(bufs[i]->data, 0x5a, 64); /* still there */
        ixl_pkt_buf_free(bufs[i]);
    }
    assert_int_equal(f->os.frees, frees + 1);
    assert_int_equal(ixl_pkt_buf_alloc_batch(pool, bufs, 30), 10);
    ixl_pkt_buf_free_batch(bufs, 10);
    assert_int_equal(stats_of(pool).in_use, 0);
}

static void an_extension_revokes_a_shrink_under_way(void **state)
{
    struct fake *f = *state;
    struct ixl_mempool *pool = make(f, 20);
    struct pkt_buf *bufs[20];
    assert_int_equal(ixl_pkt_buf_alloc_batch(pool, bufs, 20), 20);
    assert_int_equal(ixl_mempool_shrink(pool, 10), 0);
    int allocs = f->os.allocs;
    assert_int_equal(ixl_mempool_extend(pool, 10), 0);
    assert_int_equal(f->os.allocs, allocs);
    ixl_pkt_buf_free_batch(bufs, 20);
    assert_int_equal(ixl_pkt_buf_alloc_batch(pool, bufs, 20), 20);
    ixl_pkt_buf_free_batch(bufs, 20);
}

/* One buffer of the piece is in use, so a shrink cannot give its memory back. */
static void an_extension_first_uses_memory_a_shrink_could_not_give_back(void **state)
{
    struct fake *f = *state;
    struct ixl_mempool *pool;
    struct pkt_buf *bufs[11];
    assert_int_equal(ixl_mempool_create(&f->dev, 10, 0, (size_t)10 * 2112, &pool), 0);
    struct pkt_buf *held = ixl_pkt_buf_alloc(pool);
    int allocs = f->os.allocs;
    for (unsigned round = 0; round < 3; round++) {
        assert_int_equal(ixl_mempool_shrink(pool, 9), 0);
        assert_int_equal(ixl_pkt_buf_alloc_batch(pool, bufs, 11), 0);
        assert_int_equal(ixl_mempool_extend(pool, 10), -IXL_ENOSPC); /* one too many for the cap */
        assert_int_equal(stats_of(pool).capacity, 1);
        assert_int_equal(ixl_pkt_buf_alloc_batch(pool, bufs, 11), 0);
        assert_int_equal(ixl_mempool_extend(pool, 9), 0);
        assert_int_equal(stats_of(pool).capacity, 10);
        assert_int_equal(stats_of(pool).in_use, 1);
        assert_int_equal(ixl_pkt_buf_alloc_batch(pool, bufs, 11), 9);
        ixl_pkt_buf_free_batch(bufs, 9);
    }
    assert_int_equal(f->os.allocs, allocs);
    ixl_pkt_buf_free(held);
    assert_int_equal(ixl_mempool_destroy(pool), 0);
    assert_int_equal(f->os.allocs - f->os.frees, allocs - 1);
}

static void a_pool_in_use_cannot_be_destroyed(void **state)
{
    struct ixl_mempool *pool = make(*state, 10);
    struct pkt_buf *buf = ixl_pkt_buf_alloc(pool);
    assert_int_equal(ixl_mempool_destroy(pool), -IXL_EBUSY);
    ixl_pkt_buf_free(buf);
    assert_int_equal(ixl_mempool_destroy(pool), 0);
}

static void a_ring_keeps_its_pool_from_shrinking_too_far(void **state)
{
    struct fake *f = *state;
    struct ixl_mempool *pool = fake_rxq(f)->base.pool;
    assert_int_equal(ixl_mempool_shrink(pool, 65), -IXL_ERANGE);
    assert_int_equal(ixl_mempool_shrink(pool, 64), 0);
    assert_int_equal(ixl_mempool_destroy(pool), -IXL_EBUSY);
}

/* ---- threads --------------------------------------------------------------------------- */

#define EXCHANGED 64u

/* A mailbox of single buffers between two threads. */
struct mailbox {
    struct pkt_buf *_Atomic slot[EXCHANGED];
    atomic_bool stop;
};

static void *free_what_arrives(void *arg)
{
    struct mailbox *box = arg;
    bool idle = false, stop = false;
    while (!(idle && stop)) {
        idle = true;
        stop = atomic_load(&box->stop); /* before the look at the slots: nothing is posted later */
        for (unsigned i = 0; i < EXCHANGED; i++) {
            struct pkt_buf *buf = atomic_exchange(&box->slot[i], NULL);
            if (!buf)
                continue;
            idle = false;
            assert_int_equal(*(volatile uint32_t *)(void *)buf->data, buf->user);
            ixl_pkt_buf_free(buf);
        }
    }
    return NULL;
}

static void post(struct mailbox *box, struct pkt_buf *buf, uint32_t n)
{
    buf->user = n;
    memcpy(buf->data, &n, sizeof(n));
    struct pkt_buf *expected = NULL;
    while (!atomic_compare_exchange_weak(&box->slot[n % EXCHANGED], &expected, buf))
        expected = NULL;
}

static void any_thread_may_free(void **state)
{
    struct ixl_mempool *pool = make(*state, 256);
    struct mailbox box = { .stop = false };
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, free_what_arrives, &box), 0);
    for (uint32_t n = 0; n < 50000;) {
        struct pkt_buf *buf = ixl_pkt_buf_alloc(pool);
        if (buf)
            post(&box, buf, n++);
    }
    atomic_store(&box.stop, true);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(stats_of(pool).in_use, 0);
    struct pkt_buf *bufs[257];
    assert_int_equal(ixl_pkt_buf_alloc_batch(pool, bufs, 257), 256);
    ixl_pkt_buf_free_batch(bufs, 256);
}

struct resizing {
    struct ixl_mempool *pool;
    atomic_bool stop;
};

static void *resize_all_the_time(void *arg)
{
    struct resizing *r = arg;
    for (unsigned i = 0; !atomic_load(&r->stop); i++) {
        assert_int_equal(ixl_mempool_extend(r->pool, 50 + i % 1000), 0);
        assert_int_equal(ixl_mempool_shrink(r->pool, 50 + i % 1000), 0);
    }
    return NULL;
}

static void resizing_under_load_breaks_no_buffer(void **state)
{
    struct resizing r = { .pool = make(*state, 100) };
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, resize_all_the_time, &r), 0);
    struct pkt_buf *bufs[64];
    for (uint32_t round = 0; round < 20000; round++) {
        unsigned n = ixl_pkt_buf_alloc_batch(r.pool, bufs, 1 + round % 64);
        for (unsigned i = 0; i < n; i++)
            memset(bufs[i]->data, (int)i, 64);
        for (unsigned i = 0; i < n; i++)
            assert_int_equal(bufs[i]->data[63], i);
        ixl_pkt_buf_free_batch(bufs, n);
    }
    atomic_store(&r.stop, true);
    pthread_join(thread, NULL);
    assert_int_equal(ixl_pkt_buf_alloc_batch(r.pool, bufs, 1), 1);
    ixl_pkt_buf_free(bufs[0]);
    assert_int_equal(stats_of(r.pool).capacity, 100);
    assert_int_equal(stats_of(r.pool).in_use, 0);
}

#define EXTENSIONS 3000u

/* The owner is stopped wherever he is by a signal, while another thread extends his pool. */
static struct {
    struct ixl_mempool *pool;
    pthread_t owner;
    atomic_bool stopped, extended, end;
} ambush;

static void stand_still(int sig)
{
    (void)sig;
    atomic_store(&ambush.stopped, true);
    /* Not for ever: he may hold the lock the extension waits for. */
    for (unsigned i = 0; i < 100000 && !atomic_load(&ambush.extended); i++)
        ;
}

static void *extend_from_ambush(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < EXTENSIONS; i++) {
        atomic_store(&ambush.extended, false);
        atomic_store(&ambush.stopped, false);
        assert_int_equal(pthread_kill(ambush.owner, SIGUSR1), 0);
        while (!atomic_load(&ambush.stopped))
            ;
        assert_int_equal(ixl_mempool_extend(ambush.pool, 1), 0);
        atomic_store(&ambush.extended, true);
    }
    atomic_store(&ambush.end, true);
    return NULL;
}

/* A pool that is always dry sends its owner to fetch what arrives, while more arrives. */
static void extending_a_dry_pool_loses_no_buffer(void **state)
{
    static struct pkt_buf *bufs[16 + EXTENSIONS];
    struct sigaction action = { .sa_handler = stand_still }, before;
    pthread_t thread;
    uint32_t held = 0;
    ambush.pool = make(*state, 8);
    ambush.owner = pthread_self();
    atomic_store(&ambush.end, false);
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    assert_int_equal(pthread_create(&thread, NULL, extend_from_ambush, NULL), 0);
    while (!atomic_load(&ambush.end))
        held += ixl_pkt_buf_alloc_batch(ambush.pool, bufs + held, 8);
    pthread_join(thread, NULL);
    assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
    for (unsigned n = 8; n; held += n)
        n = ixl_pkt_buf_alloc_batch(ambush.pool, bufs + held, 8);
    assert_int_equal(held, 8 + EXTENSIONS);
    ixl_pkt_buf_free_batch(bufs, held);
    assert_int_equal(stats_of(ambush.pool).in_use, 0);
}

/* ---- sharing ----------------------------------------------------------------------------- */

static void a_shared_pool_outlives_its_device(void **state)
{
    (void)state;
    struct fake *a = fake_open(IXL_DESC_ADVANCED, IXL_SIMD_AUTO, 64, 128);
    struct fake *b = fake_open(IXL_DESC_ADVANCED, IXL_SIMD_AUTO, 64, 128);
    struct ixl_mempool *pool = make(a, 32);
    assert_int_equal(ixl_mempool_share(pool, &b->dev), 0);
    assert_int_equal(ixl_mempool_share(pool, &b->dev), 0);
    assert_int_equal(b->os.shares, 1);
    assert_int_equal(ixl_mempool_destroy(pool), -IXL_EBUSY);
    assert_int_equal(ixl_mempool_extend(pool, 10), 0);
    assert_int_equal(b->os.shares, 2);
    struct pkt_buf *buf = ixl_pkt_buf_alloc(pool);
    fake_close(a);
    assert_int_equal(a->os.closed, 0);
    memset(buf->data, 1, buf->capacity);
    buf->size = 60;
    assert_int_equal(b->dev.txq[0]->burst(b->dev.txq[0], &buf, 1), 1);
    fake_close(b);
    assert_int_equal(a->os.closed, 1);
    assert_int_equal(a->os.allocs, a->os.frees);
    ixl_queue_free(a);
}

static void sharing_reports_that_memory_is_apart(void **state)
{
    struct fake *b = fake_open(IXL_DESC_ADVANCED, IXL_SIMD_AUTO, 64, 128);
    struct ixl_mempool *pool = make(*state, 32);
    b->os.no_share = true;
    assert_int_equal(ixl_mempool_share(pool, &b->dev), -IXL_ENOTSUP);
    fake_close(b);
}

/* ---- several control operations at once -------------------------------------------------- */

/* What another thread does in the middle of an operation: it may finish, or wait for its end. */
static struct {
    struct ixl_mempool *pool;
    struct fake *guest;
    pthread_t thread;
    atomic_bool done;
    int result;
} other;

static void *share_with_guest(void *arg)
{
    (void)arg;
    assert_int_equal(ixl_mempool_share(other.pool, &other.guest->dev), 0);
    atomic_store(&other.done, true);
    return NULL;
}

static void let_other(void *(*what)(void *arg))
{
    const struct timespec pause = { .tv_nsec = 1000000 };
    atomic_store(&other.done, false);
    assert_int_equal(pthread_create(&other.thread, NULL, what, NULL), 0);
    for (unsigned i = 0; i < 50 && !atomic_load(&other.done); i++)
        nanosleep(&pause, NULL);
}

static void let_other_share(void)
{
    let_other(share_with_guest);
}

static void let_other_share_next_time(void)
{
    ((struct fake_os *)other.pool->home->os)->meanwhile = let_other_share;
}

/* Memory that was being made when the guest came is his, too: the first of two pieces. */
static void sharing_during_an_extension_shares_all_of_it(void **state)
{
    struct fake *f = *state;
    other.pool = make(f, 32);
    other.guest = fake_open(IXL_DESC_ADVANCED, IXL_SIMD_AUTO, 64, 128);
    f->os.meanwhile = let_other_share_next_time;
    assert_int_equal(ixl_mempool_extend(other.pool, 1500), 0);
    pthread_join(other.thread, NULL);
    int slot = ixl_pool_slot(other.pool, &other.guest->dev);
    assert_true(slot > 0);
    for (const struct ixl_chunk *c = other.pool->chunks; c; c = c->link)
        assert_true(c->delta[slot] == other.guest->os.offset);
    assert_int_equal(other.guest->os.shares, 3);
    fake_close(other.guest);
}

static void *shrink_to_the_last(void *arg)
{
    (void)arg;
    other.result = ixl_mempool_shrink(other.pool, 19);
    atomic_store(&other.done, true);
    return NULL;
}

static void let_other_shrink(void)
{
    let_other(shrink_to_the_last);
}

/* The extension has revoked a shrink, and restores it when it fails: nobody may have gone by what
 * the pool was in between. */
static void shrinking_during_an_extension_that_fails_leaves_enough(void **state)
{
    struct fake *f = *state;
    struct pkt_buf *bufs[20];
    other.pool = make(f, 20);
    assert_int_equal(ixl_pkt_buf_alloc_batch(other.pool, bufs, 20), 20);
    assert_int_equal(ixl_mempool_shrink(other.pool, 10), 0);
    f->os.meanwhile = let_other_shrink;
    f->os.fail_alloc = 2; /* of the memory for 1500, in two pieces */
    assert_int_equal(ixl_mempool_extend(other.pool, 10 + 1500), -IXL_ENOMEM);
    pthread_join(other.thread, NULL);
    assert_int_equal(other.result, -IXL_ERANGE);
    assert_int_equal(stats_of(other.pool).capacity, 10);
    ixl_pkt_buf_free_batch(bufs, 20);
    assert_int_equal(ixl_pkt_buf_alloc_batch(other.pool, bufs, 20), 10);
    ixl_pkt_buf_free_batch(bufs, 10);
}

/* Two queues' threads that forward to one device for the first time. */
static void two_pools_come_to_one_guest_at_once(void **state)
{
    struct fake *f = *state, *guest = fake_open(IXL_DESC_ADVANCED, IXL_SIMD_AUTO, 64, 128);
    struct ixl_mempool *first = make(f, 32);
    other.pool = make(f, 32);
    other.guest = guest;
    guest->os.meanwhile = let_other_share;
    assert_int_equal(ixl_mempool_share(first, &guest->dev), 0);
    pthread_join(other.thread, NULL);
    assert_int_equal(guest->os.shares, 2);
    fake_close(guest);
    assert_false(ixl_pool_shared(first));
    assert_false(ixl_pool_shared(other.pool));
}

/* The owner's first frames to a device, and a control thread that shares on purpose. */
static void a_guest_comes_to_a_pool_once(void **state)
{
    struct fake *f = *state, *guest = fake_open(IXL_DESC_ADVANCED, IXL_SIMD_AUTO, 64, 128);
    other.pool = make(f, 32);
    other.guest = guest;
    guest->os.meanwhile = let_other_share;
    assert_int_equal(ixl_mempool_share(other.pool, &guest->dev), 0);
    pthread_join(other.thread, NULL);
    assert_int_equal(guest->os.shares, 1);
    fake_close(guest);
}

static void *lock_and_wait_for_sleepers(void *arg)
{
    struct fake *f = arg;
    ixl_pool_lock(other.pool);
    atomic_store(&other.done, true);
    while (__atomic_load_n(&f->os.sleeps, __ATOMIC_RELAXED) == 0)
        sched_yield();
    ixl_pool_unlock(other.pool);
    return NULL;
}

/* Where priorities are strict a thread that only spins would keep the holder from going on. */
static void who_waits_for_a_lock_sleeps(void **state)
{
    struct fake *f = *state;
    other.pool = make(f, 32);
    atomic_store(&other.done, false);
    assert_int_equal(pthread_create(&other.thread, NULL, lock_and_wait_for_sleepers, f), 0);
    while (!atomic_load(&other.done))
        sched_yield();
    stats_of(other.pool);
    pthread_join(other.thread, NULL);
    assert_true(f->os.sleeps > 0);
}

#ifdef IXL_DEBUG_CHECKS
static void a_double_free_is_found(void **state)
{
    struct ixl_mempool *pool = make(*state, 10);
    struct pkt_buf *buf = ixl_pkt_buf_alloc(pool);
    assert_int_equal(ixl_pkt_buf_free(buf), 0);
    assert_int_equal(ixl_pkt_buf_free(buf), -IXL_EINVAL);
    assert_int_equal(stats_of(pool).in_use, 0);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(gives_every_buffer_once_and_then_none),
        TEST(fresh_buffers_are_empty),
        TEST(freeing_a_chain_frees_its_pieces),
        TEST(a_shared_buffer_returns_with_its_last_holder),
        TEST(rejects_bad_arguments),
        TEST(a_failed_allocation_leaves_nothing),
        TEST(extension_adds_buffers),
        TEST(extension_obeys_the_memory_cap),
        TEST(shrinking_gives_memory_back_at_once_when_idle),
        TEST(an_extension_that_fails_leaves_a_shrink_under_way),
        TEST(shrinking_waits_for_buffers_in_use),
        TEST(an_extension_revokes_a_shrink_under_way),
        TEST(an_extension_first_uses_memory_a_shrink_could_not_give_back),
        TEST(a_pool_in_use_cannot_be_destroyed),
        TEST(a_ring_keeps_its_pool_from_shrinking_too_far),
        TEST(any_thread_may_free),
        TEST(extending_a_dry_pool_loses_no_buffer),
        TEST(resizing_under_load_breaks_no_buffer),
        TEST(a_shared_pool_outlives_its_device),
        TEST(sharing_reports_that_memory_is_apart),
        TEST(sharing_during_an_extension_shares_all_of_it),
        TEST(shrinking_during_an_extension_that_fails_leaves_enough),
        TEST(two_pools_come_to_one_guest_at_once),
        TEST(a_guest_comes_to_a_pool_once),
        TEST(who_waits_for_a_lock_sleeps),

#ifdef IXL_DEBUG_CHECKS
        TEST(a_double_free_is_found),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
