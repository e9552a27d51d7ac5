// SPDX-License-Identifier: MIT
/* Error codes in words. */
#include <stddef.h>

#include <ixl/error.h>

static const struct {
    int code;
    const char *text;
} errors[] = {
    { 0, "success" },
    { IXL_EPERM, "not permitted" },
    { IXL_ENOENT, "does not exist" },
    { IXL_EIO, "input/output error" },
    { IXL_EAGAIN, "try again" },
    { IXL_ENOMEM, "out of memory" },
    { IXL_EBUSY, "in use by somebody else" },
    { IXL_EEXIST, "exists already" },
    { IXL_ENODEV, "no such device" },
    { IXL_EINVAL, "invalid argument" },
    { IXL_ENOSPC, "no room left, or over a limit" },
    { IXL_ERANGE, "out of range" },
    { IXL_EMSGSIZE, "bad frame length" },
    { IXL_ENOTSUP, "not supported" },
    { IXL_ENOBUFS, "no packet buffers left" },
    { IXL_ETIMEDOUT, "timed out" },
};

const char *ixl_strerror(int err)
{
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (err == errors[i].code || err == -errors[i].code)
            return errors[i].text;
    return "unknown error";
}
