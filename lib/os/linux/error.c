// SPDX-License-Identifier: MIT
/* From errors of the kernel to codes and sentences. */
#include "lib/os/linux/linux_os.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int lx_to_ixl(int err)
{
    switch (-err) {
    case EPERM:
    case EACCES:
        return -IXL_EPERM;
    case ENOENT:
        return -IXL_ENOENT;
    case ENOMEM:
    case EMFILE:
    case ENFILE:
        return -IXL_ENOMEM;
    case EBUSY:
        return -IXL_EBUSY;
    case ENODEV:
    case ENXIO:
        return -IXL_ENODEV;
    default:
        return -IXL_EIO;
    }
}

int lx_fail(const char *address, const char *what, int err, const char *hint)
{
    char text[80];

#if defined(__GLIBC__)
    const char *meaning = strerror_r(-err, text, sizeof(text));
#else
    const char *meaning = strerror_r(-err, text, sizeof(text)) == 0 ? text : "unknown error";
#endif
    ixl_log(IXL_LOG_ERROR, "%s: %s: %s%s%s", address, what, meaning, hint ? ": " : "",
            hint ? hint : "");
    return lx_to_ixl(err);
}
