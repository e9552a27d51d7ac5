// SPDX-License-Identifier: MIT
/* The datapath 32 bytes at a time, for x86-64 processors that turn out to have AVX2. */
#define IXL_WAY_WIDE 1
#include "lib/intel/engine.h"

#ifdef IXL_HAVE_WIDE
#define IXL_WAY      ixl_way_avx2
#define IXL_WAY_NAME "avx2"
#define IXL_WAY_VEC  1

/* All that follows may use AVX2, and no header of the system does. */
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#include "lib/intel/way.h"
#pragma clang attribute pop
#else
#pragma GCC push_options
#pragma GCC target("avx2")
#include "lib/intel/way.h"
#pragma GCC pop_options
#endif

#else
typedef int ixl_no_way_avx2; /* no translation unit is empty */
#endif
