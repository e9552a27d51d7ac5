// SPDX-License-Identifier: MIT
#ifndef FAKE_PTHREAD_L4_H
#define FAKE_PTHREAD_L4_H

#include <pthread.h>

#include <l4/sys/types.h>

/* Only of the calling thread. */
l4_cap_idx_t pthread_l4_cap(pthread_t thread);

#endif
