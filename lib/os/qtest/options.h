// SPDX-License-Identifier: MIT
/* What an address says, taken apart. */
#ifndef IXL_OS_QTEST_OPTIONS_H
#define IXL_OS_QTEST_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/os/os.h"

#define QTEST_MAX_NICS 8u

/* One NIC to plug in. Strings lie in the options' text; NULL: not given. */
struct qtest_nic_options {
    const char *kind;  /* as typed */
    const char *model; /* QEMU's name of it */
    const char *wire, *mac, *dump, *props;
};

struct qtest_options {
    char *text; /* owns all strings below */
    struct qtest_nic_options nics[QTEST_MAX_NICS];
    unsigned n_nics; /* 0: every kind QEMU has, or attach */
    const char *qemu, *trace, *keep, *monitor;
    char *attach_socket, *attach_ram;
    unsigned ram_mib, timeout_ms;
    enum ixl_irq_kind irq_limit;
    bool clock_stepped;
};

/* -IXL_EINVAL with a sentence. qtest_options_free also after a failure. */
int qtest_options_parse(const char *spec, struct qtest_options *out);
void qtest_options_free(struct qtest_options *opt);

/* The kinds by number: the name typed and QEMU's, NULL past the last. */
const char *qtest_kind(unsigned index, const char **model);

#endif
