// SPDX-License-Identifier: MIT
/* The backends of an L4Re build: one line a system. */
#include "lib/os/l4re/l4re_os.h"

const struct ixl_os_ops *const ixl_os_table[] = {
    &ixl_l4re_os,
    NULL,
};
