// SPDX-License-Identifier: MIT
/*
 * Messages to the user's callback. A device's thread may be logging while the callback is
 * changed: function, context and level are published together, by the index of their place.
 */
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

#include "lib/os/os.h"

#define LINE_MAX_BYTES 1024

struct sink {
    _Atomic(ixl_log_fn) fn;
    _Atomic(void *) ctx;
    _Atomic int level;
};

static struct sink sinks[2];
static _Atomic unsigned current;

void ixl_set_log(ixl_log_fn fn, void *ctx, enum ixl_log_level max_level)
{
    unsigned next = !atomic_load(&current);

    atomic_store(&sinks[next].fn, fn);
    atomic_store(&sinks[next].ctx, ctx);
    atomic_store(&sinks[next].level, (int)max_level);
    atomic_store(&current, next);
}

void ixl_log(enum ixl_log_level level, const char *fmt, ...)
{
    struct sink *sink = &sinks[atomic_load(&current)];
    ixl_log_fn fn = atomic_load(&sink->fn);
    char line[LINE_MAX_BYTES];
    va_list ap;

    if (!fn || (int)level > atomic_load(&sink->level))
        return;
    va_start(ap, fmt);
    vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    fn(atomic_load(&sink->ctx), level, line);
}
