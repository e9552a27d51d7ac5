// SPDX-License-Identifier: MIT
/* The whole public API of Ixylon. */
#ifndef IXL_IXL_H
#define IXL_IXL_H

#include <ixl/bus.h>
#include <ixl/device.h>
#include <ixl/error.h>
#include <ixl/event.h>
#include <ixl/feature.h>
#include <ixl/filter.h>
#include <ixl/health.h>
#include <ixl/log.h>
#include <ixl/mempool.h>
#include <ixl/pkt_buf.h>
#include <ixl/rss.h>
#include <ixl/stats.h>
#include <ixl/version.h>

#endif
