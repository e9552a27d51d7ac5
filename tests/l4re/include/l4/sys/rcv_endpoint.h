// SPDX-License-Identifier: MIT
#ifndef FAKE_L4_SYS_RCV_ENDPOINT_H
#define FAKE_L4_SYS_RCV_ENDPOINT_H

#include <l4/sys/types.h>

l4_msgtag_t l4_rcv_ep_bind_thread(l4_cap_idx_t ep, l4_cap_idx_t thread, l4_umword_t label);

#endif
