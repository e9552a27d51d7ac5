// SPDX-License-Identifier: MIT
/* Runs programs of the build in a scratch directory and keeps what they said. */
#ifndef TESTS_PROGRAMS_RUN_H
#define TESTS_PROGRAMS_RUN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after those it needs */
#include <cmocka.h>

struct outcome {
    int status; /* exit code, 128 + signal if killed */
    char out[65536], err[65536];
};

/* Setup and teardown of a group: make and enter the scratch directory, leave and remove it. */
int scratch_make(void **state);
int scratch_remove(void **state);

/* Run a line of shell; programs of the build are on its PATH. The answer is valid until the next.
 */
const struct outcome *run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* It failed with this exit code, one line on stderr naming the program, nothing on stdout. */
void assert_fails(const struct outcome *o, int status, const char *program, const char *words);
void assert_contains(const char *text, const char *words);
/* One value of the JSON text, by path: "devices.0.rx_pkts". Fails if the text is no JSON. */
uint64_t json_value(const char *json, const char *path);

#endif
