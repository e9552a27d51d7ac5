// SPDX-License-Identifier: MIT
/* From L4 errors to codes and sentences. */
#include "lib/os/l4re/l4re_os.h"

#include <l4/sys/err.h>

int l4_to_ixl(long err)
{
    switch (-err) {
    case L4_EPERM:
    case L4_EACCESS:
        return -IXL_EPERM;
    case L4_ENOENT:
        return -IXL_ENOENT;
    case L4_EAGAIN:
        return -IXL_EAGAIN;
    case L4_ENOMEM:
    case L4_ENOSPC:
        return -IXL_ENOMEM;
    case L4_EBUSY:
        return -IXL_EBUSY;
    case L4_EEXIST:
        return -IXL_EEXIST;
    case L4_ENODEV:
        return -IXL_ENODEV;
    case L4_EINVAL:
        return -IXL_EINVAL;
    case L4_ERANGE:
        return -IXL_ERANGE;
    case L4_ENOSYS:
        return -IXL_ENOTSUP;
    default:
        return -IXL_EIO;
    }
}

int l4_fail(const char *address, const char *what, long err, const char *hint)
{
    ixl_log(IXL_LOG_ERROR, "%s: %s: %s (L4 error %ld)%s%s", address, what, l4sys_errtostr(err), err,
            hint ? ": " : "", hint ? hint : "");
    return l4_to_ixl(err);
}
