// SPDX-License-Identifier: MIT
/*
 * A software NIC as a device of another process: a server of the vfio-user protocol (QEMU,
 * docs/interop/vfio-user.rst) on a Unix socket. Whoever connects sees a PCI function, and shows it
 * the memory it may reach. One client at a time; a second one is turned away.
 *
 * A client is not trusted: what it sends is checked, and one that breaks the protocol, stops in
 * the middle of a message or does not read its replies is disconnected. It can harm its own device
 * only. When it goes, in whatever way, the NIC is reset and forgets its memory and interrupts; its
 * wire and cable stay.
 *
 * sim_server_create replaces the process's handler of SIGBUS, which memory that the client takes
 * away under an access would raise: a server is the main business of its process.
 */
#ifndef SIM_SERVE_H
#define SIM_SERVE_H

#include "sim.h"

struct sim_server;

struct sim_server_config {
    const char *model;      /* a name of sim_model_list */
    struct sim_options opt; /* the engine is always a thread */
    const char *path;       /* of the socket; it must not exist, unless as one nobody listens to */
    /* One sentence: a broken rule of the data sheet, a client that came, went or misbehaved. From
     * any thread. */
    void (*log)(void *ctx, const char *what);
    void *ctx;
};

/* NULL, and one sentence in err. */
struct sim_server *sim_server_create(const struct sim_server_config *cfg, char *err, size_t errlen);
/* The NIC: for its wire, cable, faults and counters. */
struct sim_nic *sim_server_nic(struct sim_server *server);
/* Serve until `stop_fd` can be read. 0, or a negative errno if the system refuses to go on. */
int sim_server_run(struct sim_server *server, int stop_fd);
/* Disconnects the client, removes the socket, frees the NIC. */
void sim_server_destroy(struct sim_server *server);

#endif
