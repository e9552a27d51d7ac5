// SPDX-License-Identifier: MIT
//
// The library's backend on memory NICs. It is this program's whole table of
// backends; devices are addressed as "mem:NUMBER".
#ifndef BENCH_MEMOS_H
#define BENCH_MEMOS_H

#include "memnic.h"

enum { MEMOS_MAX_NICS = 128 };

// Puts the NIC on the bus: its number, or -1 when there are too many. It stays
// the caller's and must be taken off before it is destroyed.
int memos_plug(struct memnic *nic);
void memos_unplug(int number);

#endif
