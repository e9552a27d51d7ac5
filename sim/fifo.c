// SPDX-License-Identifier: MIT
#include "fifo.h"

#include <stdlib.h>
#include <string.h>

#include "model.h"

bool sim_fifo_init(struct sim_fifo *f)
{
    f->bytes = malloc(SIM_FIFO_BYTES); /* untouched pages cost nothing */
    if (!f->bytes)
        return false;
    if (pthread_mutex_init(&f->lock, NULL) != 0) {
        free(f->bytes);
        f->bytes = NULL;
        return false;
    }
    f->head = f->count = f->put = 0;
    f->pushed = f->pushed_bytes = 0;
    return true;
}

void sim_fifo_fini(struct sim_fifo *f)
{
    if (!f->bytes)
        return;
    pthread_mutex_destroy(&f->lock);
    free(f->bytes);
    f->bytes = NULL;
}

/* Where `need` bytes in one piece can be put; UINT32_MAX if nowhere. */
static uint32_t place(const struct sim_fifo *f, uint32_t need)
{
    if (f->count == 0)
        return 0; /* start over: a short queue stays in the cache */
    if (f->count == SIM_FIFO_FRAMES)
        return UINT32_MAX;
    uint32_t oldest = f->frame[f->head].off;
    if (f->put > oldest) {
        if (SIM_FIFO_BYTES - f->put >= need)
            return f->put;
        return oldest >= need ? 0 : UINT32_MAX;
    }
    return oldest - f->put >= need ? f->put : UINT32_MAX;
}

bool sim_fifo_push(struct sim_fifo *f, const void *frame, size_t len, size_t min_len)
{
    size_t full = len < min_len ? min_len : len;

    if (len == 0 || full > SIM_FRAME_MAX)
        return true; /* no Ethernet carries it: it is lost, not "later" */
    pthread_mutex_lock(&f->lock);
    uint32_t at = place(f, (uint32_t)full);
    if (at == UINT32_MAX) {
        pthread_mutex_unlock(&f->lock);
        return false;
    }
    memcpy(f->bytes + at, frame, len);
    if (full > len)
        memset(f->bytes + at + len, 0, full - len);
    uint32_t slot = (f->head + f->count) % SIM_FIFO_FRAMES;
    f->frame[slot].off = at;
    f->frame[slot].len = (uint32_t)full;
    f->put = at + (uint32_t)full;
    f->count++;
    f->pushed++;
    f->pushed_bytes += full;
    pthread_mutex_unlock(&f->lock);
    return true;
}

bool sim_fifo_room(struct sim_fifo *f, unsigned frames)
{
    pthread_mutex_lock(&f->lock);
    bool ok =
        f->count + frames <= SIM_FIFO_FRAMES && place(f, frames * SIM_FRAME_MAX) != UINT32_MAX;
    pthread_mutex_unlock(&f->lock);
    return ok;
}

uint8_t *sim_fifo_peek(struct sim_fifo *f, size_t *len)
{
    uint8_t *frame = NULL;

    pthread_mutex_lock(&f->lock);
    if (f->count) {
        frame = f->bytes + f->frame[f->head].off;
        *len = f->frame[f->head].len;
    }
    pthread_mutex_unlock(&f->lock);
    return frame;
}

void sim_fifo_pop(struct sim_fifo *f)
{
    pthread_mutex_lock(&f->lock);
    if (f->count) {
        f->popped_bytes += f->frame[f->head].len;
        f->head = (f->head + 1) % SIM_FIFO_FRAMES;
        f->count--;
    }
    pthread_mutex_unlock(&f->lock);
}

uint64_t sim_fifo_waiting(struct sim_fifo *f)
{
    pthread_mutex_lock(&f->lock);
    uint64_t bytes = f->pushed_bytes - f->popped_bytes;
    pthread_mutex_unlock(&f->lock);
    return bytes;
}

void sim_fifo_totals(struct sim_fifo *f, uint64_t *frames, uint64_t *bytes)
{
    pthread_mutex_lock(&f->lock);
    *frames = f->pushed;
    *bytes = f->pushed_bytes;
    pthread_mutex_unlock(&f->lock);
}
