// SPDX-License-Identifier: MIT
//
// A memory NIC as a DPDK port.
#ifndef BENCH_DPDK_PORT_H
#define BENCH_DPDK_PORT_H

#include "memnic.h"

struct dpdk_port;
struct rte_mempool;

// DPDK's environment, once. Returns false after a message.
bool dpdk_start(void);

// A started port with one queue each way; scalar: with offloads, without
// vector instructions. Returns NULL on failure.
struct dpdk_port *dpdk_port_open(struct memnic *nic, unsigned ring, struct rte_mempool *pool,
                                 bool scalar);
void dpdk_port_close(struct dpdk_port *port); // NULL is ignored
uint16_t dpdk_port_id(const struct dpdk_port *port);

#endif
