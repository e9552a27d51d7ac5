// SPDX-License-Identifier: MIT
/* Parts of gen_doc. */
#ifndef TESTS_DOC_GEN_DOC_H
#define TESTS_DOC_GEN_DOC_H

#include <stdbool.h>
#include <stdio.h>

#define MODELS 8u
extern const char *const models[MODELS];

/* doc/statistics.md: false, and why on stderr, if a counter has no meaning or a meaning no counter.
 */
bool statistics(FILE *out);

#endif
