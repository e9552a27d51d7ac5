// SPDX-License-Identifier: MIT
#ifndef FAKE_L4_SYS_IPC_H
#define FAKE_L4_SYS_IPC_H

#include <l4/sys/err.h>
#include <l4/sys/types.h>

enum {
    L4_IPC_SETIMEOUT = 2,
    L4_IPC_RETIMEOUT = 3,
    L4_IPC_ENOT_EXISTENT = 4,
    L4_IPC_RECANCELED = 7,
    L4_IPC_REABORTED = 0xf,
};

typedef struct {
    l4_uint64_t us; /* all ones: never */
} l4_timeout_s;

typedef struct {
    l4_timeout_s snd, rcv;
} l4_timeout_t;

#define L4_IPC_TIMEOUT_0      ((l4_timeout_s){ 0 })
#define L4_IPC_TIMEOUT_NEVER  ((l4_timeout_s){ ~(l4_uint64_t)0 })
#define L4_IPC_NEVER          ((l4_timeout_t){ L4_IPC_TIMEOUT_NEVER, L4_IPC_TIMEOUT_NEVER })
#define L4_IPC_BOTH_TIMEOUT_0 ((l4_timeout_t){ L4_IPC_TIMEOUT_0, L4_IPC_TIMEOUT_0 })

l4_timeout_s l4_timeout_from_us(l4_uint64_t us);
l4_timeout_t l4_timeout(l4_timeout_s snd, l4_timeout_s rcv);
l4_ret_t l4_error(l4_msgtag_t tag);
l4_umword_t l4_ipc_error(l4_msgtag_t tag, l4_utcb_t *utcb);
long l4_ipc_to_errno(l4_umword_t ipc_error);
l4_msgtag_t l4_ipc_receive(l4_cap_idx_t from, l4_utcb_t *utcb, l4_timeout_t timeout);
l4_msgtag_t l4_ipc_sleep_us(l4_uint64_t us);

#endif
