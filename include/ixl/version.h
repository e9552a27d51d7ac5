// SPDX-License-Identifier: MIT
#ifndef IXL_VERSION_H
#define IXL_VERSION_H

#define IXL_VERSION "0.1.0"

#endif
