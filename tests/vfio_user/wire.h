// SPDX-License-Identifier: MIT
/*
 * The protocol as bytes, for tests: a third reading of the specification, beside those of
 * lib/os/vfio_user and of sim/serve*.
 */
#ifndef TESTS_VFIO_USER_WIRE_H
#define TESTS_VFIO_USER_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    VERSION = 1,
    DMA_MAP = 2,
    DMA_UNMAP = 3,
    GET_INFO = 4,
    GET_REGION = 5,
    GET_IRQ = 7,
    SET_IRQS = 8,
    READ = 9,
    WRITE = 10,
    RESET = 13,
};

struct wire_head {
    uint16_t id, command;
    uint32_t size, flags, error;
};

struct wire_message {
    struct wire_head head;
    uint8_t body[8192];
};

/* Connected and ready for messages; -1: nobody listens. */
int wire_connect(const char *path);
/* A header as given, and `len` bytes. False: the other side has closed. */
bool wire_send(int fd, const struct wire_head *head, const void *body, size_t len, const int *fds,
               unsigned n_fds);
/* A whole message; false: the other side has closed. Fails the test after ten seconds. */
bool wire_receive(int fd, struct wire_message *m);
/* A well-formed command and its reply; -1 the connection was closed, else the reply's errno. */
int wire_call(int fd, uint16_t command, const void *body, size_t len, const int *fds,
              unsigned n_fds, struct wire_message *reply);
/* VERSION, which has to succeed. */
void wire_greet(int fd);
/* Has the other side closed, within ten seconds? */
bool wire_closed(int fd);

#endif
