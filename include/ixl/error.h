// SPDX-License-Identifier: MIT
/*
 * Error codes. Functions that can fail return a negative one (-IXL_EINVAL). The
 * values are those of the errno names they resemble, on every system.
 */
#ifndef IXL_ERROR_H
#define IXL_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

enum {
    IXL_EPERM = 1,       /* the system does not permit it (no rights on the device, say) */
    IXL_ENOENT = 2,      /* what the address names does not exist */
    IXL_EIO = 5,         /* the device or the system below answered nonsense */
    IXL_EAGAIN = 11,     /* nothing wrong, but not now */
    IXL_ENOMEM = 12,     /* no memory, or no DMA memory */
    IXL_EBUSY = 16,      /* somebody else holds it */
    IXL_EEXIST = 17,     /* it is there already */
    IXL_ENODEV = 19,     /* no such device, none this library drives, or it was removed */
    IXL_EINVAL = 22,     /* a wrong argument */
    IXL_ENOSPC = 28,     /* no room left: a limit of the caller's (memory cap) or of the device */
    IXL_ERANGE = 34,     /* a number outside what the device or the library takes */
    IXL_EMSGSIZE = 90,   /* a frame is too short or too long */
    IXL_ENOTSUP = 95,    /* the device or the backend cannot do this */
    IXL_ENOBUFS = 105,   /* a memory pool has run dry */
    IXL_ETIMEDOUT = 110, /* a bounded wait ended without the event */
};

/* One short English phrase for a code; negative or positive, never NULL. Any thread. */
const char *ixl_strerror(int err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
