// SPDX-License-Identifier: MIT
#include "lib/os/linux/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

const char *lx_sysfs(void)
{
    return "/sys";
}

const char *lx_dev_vfio(void)
{
    return "/dev/vfio";
}

const char *lx_pagemap(void)
{
    return "/proc/self/pagemap";
}

int lx_open(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);

    return fd < 0 ? -errno : fd;
}

int lx_close(int fd)
{
    return close(fd) < 0 ? -errno : 0;
}

int lx_ioctl(int fd, unsigned long request, void *arg)
{
    int ret = ioctl(fd, request, arg);

    return ret < 0 ? -errno : ret;
}

long lx_pread(int fd, void *buf, size_t len, uint64_t off)
{
    ssize_t n = pread(fd, buf, len, (off_t)off);

    return n < 0 ? -errno : n;
}

long lx_pwrite(int fd, const void *buf, size_t len, uint64_t off)
{
    ssize_t n = pwrite(fd, buf, len, (off_t)off);

    return n < 0 ? -errno : n;
}

int lx_mmap(void *at, size_t len, int prot, int flags, int fd, uint64_t off, void **out)
{
    void *mem = mmap(at, len, prot, flags, fd, (off_t)off);

    if (mem == MAP_FAILED)
        return -errno;
    *out = mem;
    return 0;
}

int lx_munmap(void *at, size_t len)
{
    return munmap(at, len) < 0 ? -errno : 0;
}

int lx_madvise(void *at, size_t len, int advice)
{
    return madvise(at, len, advice) < 0 ? -errno : 0;
}

uint64_t lx_memlock_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
        return UINT64_MAX;
    return limit.rlim_cur;
}
