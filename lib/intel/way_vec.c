// SPDX-License-Identifier: MIT
/* The datapath 16 bytes at a time: SSE2, NEON. */
#include "lib/intel/vec.h"

#ifdef IXL_VEC
#define IXL_WAY      ixl_way_vec
#define IXL_WAY_NAME IXL_VEC
#define IXL_WAY_VEC  1
#include "lib/intel/way.h"
#else
typedef int ixl_no_way_vec; /* no translation unit is empty */
#endif
