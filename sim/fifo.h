// SPDX-License-Identifier: MIT
/*
 * A bounded FIFO of frames: any number of producers, one consumer. A frame is kept in
 * one piece, so that the consumer can use it where it lies.
 */
#ifndef SIM_FIFO_H
#define SIM_FIFO_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_FIFO_FRAMES 4096u
#define SIM_FIFO_BYTES  (8u << 20)

struct sim_fifo {
    pthread_mutex_t lock;
    uint8_t *bytes;
    struct {
        uint32_t off, len;
    } frame[SIM_FIFO_FRAMES];
    uint32_t head, count; /* oldest frame, number of frames */
    uint32_t put;         /* byte offset behind the newest frame */
    uint64_t pushed, pushed_bytes, popped_bytes;
};

bool sim_fifo_init(struct sim_fifo *f);
void sim_fifo_fini(struct sim_fifo *f);
/* Appends; shorter frames are padded with zeros to min_len. False: no room. */
bool sim_fifo_push(struct sim_fifo *f, const void *frame, size_t len, size_t min_len);
/* Room for `frames` frames of any length. */
bool sim_fifo_room(struct sim_fifo *f, unsigned frames);
/* The oldest frame, NULL if there is none; it stays until sim_fifo_pop. */
uint8_t *sim_fifo_peek(struct sim_fifo *f, size_t *len);
void sim_fifo_pop(struct sim_fifo *f);
/* Bytes of the frames in it. */
uint64_t sim_fifo_waiting(struct sim_fifo *f);
void sim_fifo_totals(struct sim_fifo *f, uint64_t *frames, uint64_t *bytes);

#endif
