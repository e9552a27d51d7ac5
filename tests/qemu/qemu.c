// SPDX-License-Identifier: MIT
#include "tests/qemu/qemu.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/qtest/options.h"

static const char *model_of(const char *kind)
{
    const char *name, *model;
    for (unsigned i = 0; (name = qtest_kind(i, &model)) != NULL; i++) {
        if (strcmp(name, kind) == 0) {
            return model;
        }
    }
    return kind;
}

/* Asks the program itself. (A list of all devices would load every module there is, of other
 * versions too.) */
static bool has(const char *program, const char *model)
{
    char cmd[1024];
    snprintf(cmd, sizeof(cmd),
             "'%s' -device %s,help 2>/dev/null </dev/null | grep -q '^%s options:'", program, model,
             model);
    return system(cmd) == 0;
}

const char *qemu_address(char *buf, size_t cap, const char *kind, const char *options)
{
    const char *env = getenv("IXL_QEMU");
    const char *programs[] = { env != NULL && *env != '\0' ? env : "qemu-system-x86_64",
                               getenv("IXL_QEMU_IGB") };

    for (size_t i = 0; i < 2; i++) {
        if (programs[i] != NULL && has(programs[i], model_of(kind))) {
            snprintf(buf, cap, "qemu:%s,qemu=%s%s%s", kind, programs[i],
                     *options == '\0' ? "" : ",", options);
            return buf;
        }
    }
    fprintf(stderr,
            "skipped: no QEMU here has the %s; IXL_QEMU_IGB=$(scripts/get-qemu) names one "
            "that has every kind\n",
            kind);
    return NULL;
}
