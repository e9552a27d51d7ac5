// SPDX-License-Identifier: MIT
#ifndef FAKE_L4_SYS_CONSTS_H
#define FAKE_L4_SYS_CONSTS_H

#include <l4/sys/types.h>

#define L4_PAGESHIFT      12
#define L4_PAGESIZE       (1UL << L4_PAGESHIFT)
#define L4_SUPERPAGESHIFT 21

enum {
    L4_CAP_FPAGE_W = 1,
    L4_CAP_FPAGE_R = 4,
    L4_CAP_FPAGE_RW = 5,
};

#endif
