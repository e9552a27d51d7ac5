// SPDX-License-Identifier: MIT
/* An ixl-http in the background, and a client for it. */
#ifndef TESTS_HTTP_SERVER_H
#define TESTS_HTTP_SERVER_H

#include <stdbool.h>

#include "tests/programs/run.h"

/* A TCP port of this machine nobody uses. */
unsigned free_port(void);

/* Start "ixl-http --json --quiet ARGUMENTS" in the scratch directory; wait until it serves if
 * `ready`, else until the file `socket` exists. */
void server_start(const char *arguments, bool ready, const char *socket);
/* It says this on standard error, soon if not yet. */
void assert_says(const char *words);
/* Interrupt it. It must end with exit code 0; its summary, JSON. */
const char *server_stop(void);

/* Teardown of a group: as scratch_remove, with an end to the server a failed test has left. */
int server_remove(void **state);

/* Connect to 127.0.0.1, giving up on anything after some seconds. */
int client_connect(unsigned port);
/* Read until the end into buf, as a string; the number of bytes. Closes the socket. */
size_t client_read(int fd, char *buf, size_t size);
/* Send a request and read the answer. */
size_t client_ask(unsigned port, const char *request, char *buf, size_t size);
/* The answer's body, which must be as long as its header says. */
const char *body_of(const char *answer, size_t len);

#endif
