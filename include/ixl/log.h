// SPDX-License-Identifier: MIT
/* Where the library's messages go. It prints nothing on its own account. */
#ifndef IXL_LOG_H
#define IXL_LOG_H

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

enum ixl_log_level { IXL_LOG_ERROR, IXL_LOG_WARN, IXL_LOG_INFO, IXL_LOG_DEBUG };

/*
 * Called with one line, without a newline. May be called from any thread that calls
 * the library, concurrently; must not call the library. `msg` is valid during the call.
 */
typedef void (*ixl_log_fn)(void *ctx, enum ixl_log_level level, const char *msg);

/*
 * Set the callback for the whole process (NULL: silence, the default) and the most
 * verbose level that reaches it. Set it before the first device is opened.
 */
void ixl_set_log(ixl_log_fn fn, void *ctx, enum ixl_log_level max_level);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
