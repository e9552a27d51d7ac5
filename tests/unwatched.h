// SPDX-License-Identifier: MIT
/*
 * Loops over many bytes that no other thread sees: the thread sanitizer, for which each byte is a
 * call, would spend most of a test's time on them.
 */
#ifndef TESTS_UNWATCHED_H
#define TESTS_UNWATCHED_H

#define UNWATCHED __attribute__((no_sanitize("thread")))

#endif
