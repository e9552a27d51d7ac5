// SPDX-License-Identifier: MIT

#include "evict.h"

#include "cycles.h"
#include "hugemem.h"

#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

enum { LINE = 64, PAGE = 4096, PROBES = 64, STRIDE = 2176 };

struct evictor {
    struct hugemem mem;
};

struct evictor *evictor_create(void)
{
    struct evictor *evictor = calloc(1, sizeof *evictor);
    long level2 = sysconf(_SC_LEVEL2_CACHE_SIZE);
    size_t size = 2 * (level2 > 0 ? (size_t)level2 : (size_t)1 << 20);
    if (evictor && hugemem_alloc(&evictor->mem, size))
        return evictor;
    free(evictor);
    return NULL;
}

void evictor_destroy(struct evictor *evictor)
{
    if (!evictor)
        return;
    hugemem_free(&evictor->mem);
    free(evictor);
}

// Reads twice the cache's size, page by page at the same offset, so that the
// ways of a set are taken in quick succession and no prefetcher can follow.
void evictor_run(struct evictor *evictor)
{
    const volatile uint8_t *base = evictor->mem.base;
    for (size_t offset = 0; offset < PAGE; offset += LINE)
        for (size_t page = 0; page < evictor->mem.size; page += PAGE)
            (void)base[page + offset];
}

// One load after another, each depending on the one before.
static double time_chain(void **chain)
{
    uint64_t begin = cycles_begin();
    void **at = chain;
    for (unsigned i = 0; i < PROBES; i++)
        at = *at;
    void *volatile end = at; // so that the loads are not optimised away
    (void)end;
    return (double)(cycles_end() - begin) / PROBES;
}

static void keep_least(double *least, double value)
{
    if (*least == 0 || value < *least)
        *least = value;
}

struct evictor_latency evictor_probe(struct evictor *evictor)
{
    struct evictor_latency least = { 0, 0 };
    struct hugemem mem;
    if (!hugemem_alloc(&mem, PROBES * STRIDE))
        return least;

    size_t step = STRIDE / sizeof(void *);
    void **chain = mem.base;
    for (size_t i = 0; i < PROBES; i++)
        chain[i * 37 % PROBES * step] = &chain[(i + 1) * 37 % PROBES * step];

    for (unsigned repeat = 0; repeat < 20; repeat++) {
        time_chain(chain);
        keep_least(&least.hot, time_chain(chain));
        evictor_run(evictor);
        keep_least(&least.evicted, time_chain(chain));
    }
    hugemem_free(&mem);
    return least;
}
