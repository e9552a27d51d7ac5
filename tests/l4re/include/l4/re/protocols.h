// SPDX-License-Identifier: MIT
#ifndef FAKE_L4_RE_PROTOCOLS_H
#define FAKE_L4_RE_PROTOCOLS_H

enum { L4RE_PROTO_DMA_SPACE = 0x4100 };

#endif
