// SPDX-License-Identifier: MIT
/* For tests on QEMU's devices: which QEMU has which NIC. */
#ifndef TESTS_QEMU_QEMU_H
#define TESTS_QEMU_QEMU_H

#include <stddef.h>

/*
 * The address "qemu:KIND[,options]" with a QEMU that has the kind: the one IXL_QEMU names, else the
 * system's, else the one IXL_QEMU_IGB names (scripts/get-qemu prints the path of one). Returns
 * `buf`, or NULL with a line on standard error that says why the test is skipped.
 */
const char *qemu_address(char *buf, size_t cap, const char *kind, const char *options);

#endif
