// SPDX-License-Identifier: MIT
/* The C interface, with what only L4Re has. */
#ifndef L4_IXL_IXL_H
#define L4_IXL_IXL_H

/* A strict C++ knows no array at the end of a structure. */
#ifdef __cplusplus
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#endif
#include <ixl/ixl.h>
#include <ixl/l4re.h>
#ifdef __cplusplus
#pragma GCC diagnostic pop
#endif

#endif
