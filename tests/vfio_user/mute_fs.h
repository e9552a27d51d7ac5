// SPDX-License-Identifier: MIT
/* A file on a file system whose process answers for as long as it takes to open the file, and never
 * again: whoever asks the file system anything waits until that process dies, in a minute. */
#ifndef TESTS_VFIO_USER_MUTE_FS_H
#define TESTS_VFIO_USER_MUTE_FS_H

#include <stdbool.h>

struct mute_fs {
    int pid;
    int file;
    char dir[32];
};

/* NULL, or why there can be no such file here. */
const char *mute_fs_begin(struct mute_fs *fs);
/* False: somebody may have waited for it. */
bool mute_fs_lives(const struct mute_fs *fs);
void mute_fs_end(struct mute_fs *fs);

#endif
