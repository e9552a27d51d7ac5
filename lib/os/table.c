// SPDX-License-Identifier: MIT
/* The backends of a hosted build: one line a system. */
#include "lib/os/os.h"

extern const struct ixl_os_ops ixl_sim_os;
extern const struct ixl_os_ops ixl_qtest_ops;
extern const struct ixl_os_ops ixl_linux_os;
extern const struct ixl_os_ops ixl_vfio_user_ops;

const struct ixl_os_ops *const ixl_os_table[] = {
    &ixl_sim_os, &ixl_qtest_ops, &ixl_linux_os, &ixl_vfio_user_ops, NULL,
};
