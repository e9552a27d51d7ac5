// SPDX-License-Identifier: MIT
//
// Memory for rings and buffers: in 2 MiB pages where the system has them, so
// that no subject is slowed by address translation.
#ifndef BENCH_HUGEMEM_H
#define BENCH_HUGEMEM_H

#include <stdbool.h>
#include <stddef.h>

struct hugemem {
    void *base; // aligned to 2 MiB, zeroed
    size_t size;
    bool huge; // reserved 2 MiB pages; else the kernel was only asked nicely
};

// Returns false without memory.
bool hugemem_alloc(struct hugemem *mem, size_t size);
void hugemem_free(struct hugemem *mem);

#endif
