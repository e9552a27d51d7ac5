// SPDX-License-Identifier: MIT
/* The datapath in plain C: every machine has it, and it defines what the others do. */
#define IXL_WAY      ixl_way_scalar
#define IXL_WAY_NAME "scalar"
#include "lib/intel/way.h"
