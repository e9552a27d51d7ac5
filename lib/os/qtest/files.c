// SPDX-License-Identifier: MIT
/* What a QEMU leaves in the file system: its folder, the files in it, the RAM. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/os/os.h"
#include "lib/os/qtest/machine.h"

#define BIOS_SIZE 65536u
#define RAM_LIMIT ((size_t)2 << 30) /* what q35 certainly has in one piece from address 0 */

char *qtest_path(const char *dir, const char *name)
{
    char *path;
    return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

int qtest_open_file(const struct qtest_machine *m, const char *name, int flags)
{
    char *path = qtest_path(m->dir, name);
    int fd = path == NULL ? -1 : open(path, flags | O_CLOEXEC, 0600);
    if (fd < 0) {
        ixl_log(IXL_LOG_ERROR, "qemu: cannot open %s/%s: %s", m->dir, name, strerror(errno));
    }
    free(path);
    return fd;
}

int qtest_write_file(const struct qtest_machine *m, const char *name, const void *data, size_t len)
{
    int fd = qtest_open_file(m, name, O_WRONLY | O_CREAT | O_TRUNC);
    if (fd < 0) {
        return -IXL_EIO;
    }
    ssize_t n = write(fd, data, len);
    close(fd);
    if (n != (ssize_t)len) {
        ixl_log(IXL_LOG_ERROR, "qemu: cannot write %s/%s: is there room?", m->dir, name);
        return -IXL_EIO;
    }
    return 0;
}

/* A firmware that does nothing: at the reset vector, 16 bytes below the end, cli; hlt; jmp -3. */
int qtest_write_bios(const struct qtest_machine *m)
{
    static const unsigned char halt[] = { 0xfa, 0xf4, 0xeb, 0xfd };
    unsigned char *image = calloc(1, BIOS_SIZE);
    if (image == NULL) {
        ixl_log(IXL_LOG_ERROR, "qemu: out of memory");
        return -IXL_ENOMEM;
    }
    memcpy(image + BIOS_SIZE - 16, halt, sizeof(halt));
    int err = qtest_write_file(m, "bios", image, BIOS_SIZE);
    free(image);
    return err;
}

/* ---- folders ----------------------------------------------------------------------- */

int qtest_make_dir(struct qtest_machine *m)
{
    const char *tmp = getenv("TMPDIR");
    m->dir = qtest_path(tmp == NULL || *tmp == '\0' ? "/tmp" : tmp, "ixl-qemu-XXXXXX");
    if (m->dir == NULL || mkdtemp(m->dir) == NULL) {
        ixl_log(IXL_LOG_ERROR,
                "qemu: cannot make a folder for QEMU's sockets: %s (set TMPDIR to "
                "one of yours)",
                strerror(errno));
        free(m->dir);
        m->dir = NULL;
        return -IXL_EIO;
    }
    return 0;
}

/* Lock a kept folder. A file that was removed while we waited for it is none. */
static int lock_kept_dir(struct qtest_machine *m)
{
    for (unsigned i = 0; i < 10; i++) {
        struct stat st;
        m->lock_fd = qtest_open_file(m, "lock", O_RDWR | O_CREAT);
        if (m->lock_fd < 0) {
            return -IXL_EIO;
        }
        if (flock(m->lock_fd, LOCK_EX | LOCK_NB) != 0) {
            ixl_log(IXL_LOG_ERROR, "qemu: the QEMU in %s is in use by another bus or process",
                    m->dir);
            return -IXL_EBUSY;
        }
        if (fstat(m->lock_fd, &st) == 0 && st.st_nlink > 0) {
            return 0;
        }
        close(m->lock_fd);
        m->lock_fd = -1;
    }
    ixl_log(IXL_LOG_ERROR, "qemu: cannot lock %s/lock", m->dir);
    return -IXL_EBUSY;
}

/* A folder in the user's: all that is in it is ours to remove. */
int qtest_enter_kept_dir(struct qtest_machine *m, const char *dir)
{
    m->kept = true;
    m->dir = qtest_path(dir, "ixl-qemu");
    if (m->dir == NULL) {
        ixl_log(IXL_LOG_ERROR, "qemu: out of memory");
        return -IXL_ENOMEM;
    }
    if ((mkdir(dir, 0700) != 0 && errno != EEXIST) ||
        (mkdir(m->dir, 0700) != 0 && errno != EEXIST)) {
        ixl_log(IXL_LOG_ERROR, "qemu: keep=%s: cannot make that folder: %s", dir, strerror(errno));
        return -IXL_EIO;
    }
    return lock_kept_dir(m);
}

void qtest_remove_files(struct qtest_machine *m)
{
    static const char *const names[] = { "qtest", "monitor", "log",    "bios",
                                         "pid",   "ram",     "config", "lock" };
    for (unsigned i = 0; i < 8; i++) {
        char *path = qtest_path(m->dir, names[i]);
        if (path != NULL) {
            unlink(path);
        }
        free(path);
    }
    for (unsigned i = 0; i < m->n_wires; i++) {
        unlink(m->wires[i]);
    }
    rmdir(m->dir);
}

/* ---- RAM ----------------------------------------------------------------------------- */

/* An anonymous file for our own QEMU (it opens our descriptor), a real one where it must last. */
int qtest_make_ram(struct qtest_machine *m, unsigned mib)
{
    m->ram_size = (size_t)mib << 20;
    m->ram_fd = m->kept ? qtest_open_file(m, "ram", O_RDWR | O_CREAT | O_TRUNC)
                        : memfd_create("ixl-qemu-ram", MFD_CLOEXEC);
    if (m->ram_fd < 0 || ftruncate(m->ram_fd, (off_t)m->ram_size) != 0) {
        ixl_log(IXL_LOG_ERROR, "qemu: cannot make %u MiB of RAM for QEMU: %s", mib,
                strerror(errno));
        return -IXL_ENOMEM;
    }
    return 0;
}

int qtest_open_ram(struct qtest_machine *m, const char *path)
{
    struct stat st;
    m->ram_fd = open(path, O_RDWR | O_CLOEXEC);
    if (m->ram_fd < 0 || fstat(m->ram_fd, &st) != 0) {
        ixl_log(IXL_LOG_ERROR, "qemu: cannot open QEMU's RAM file %s: %s", path, strerror(errno));
        return errno == ENOENT ? -IXL_ENOENT : -IXL_EIO;
    }
    if (st.st_size < (off_t)16 << 20) {
        ixl_log(IXL_LOG_ERROR, "qemu: %s has less than 16 MiB: is it the machine's RAM?", path);
        return -IXL_EINVAL;
    }
    m->ram_size = (size_t)st.st_size < RAM_LIMIT ? (size_t)st.st_size : RAM_LIMIT;
    return 0;
}
