// SPDX-License-Identifier: MIT
/* A process of its own that serves a software NIC, its wire looped back, at a socket. */
#ifndef TESTS_VFIO_USER_FAR_H
#define TESTS_VFIO_USER_FAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct far {
    int pid;     /* 0: it has been killed */
    int control; /* commands for it */
    char dir[32], path[48];
};

/* Fails the test if it cannot. */
void far_start(struct far *f, const char *model);
void far_plug(struct far *f, bool in);
/* The driver has broken no rule of the data sheet so far and the NIC has met no invisible memory.
 */
void far_check(struct far *f);
/* From one moment to the next. */
void far_kill(struct far *f);
/* Kills it, if it lives, and takes the socket away. */
void far_end(struct far *f);

#endif
