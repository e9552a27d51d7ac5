// SPDX-License-Identifier: MIT
/*
 * All that the Linux backend asks of the kernel for a device. A test links its own kernel in the
 * place of sys.c. Functions return what the system call does, but a negative errno for an error.
 */
#ifndef IXL_OS_LINUX_SYS_H
#define IXL_OS_LINUX_SYS_H

#include <stddef.h>
#include <stdint.h>

const char *lx_sysfs(void);    /* where sysfs is: "/sys" */
const char *lx_dev_vfio(void); /* where VFIO's device nodes are: "/dev/vfio" */
const char *lx_pagemap(void);  /* page tables of this process: "/proc/self/pagemap" */

int lx_open(const char *path, int flags);
int lx_close(int fd);
int lx_ioctl(int fd, unsigned long request, void *arg);
long lx_pread(int fd, void *buf, size_t len, uint64_t off);
long lx_pwrite(int fd, const void *buf, size_t len, uint64_t off);
int lx_mmap(void *at, size_t len, int prot, int flags, int fd, uint64_t off, void **out);
int lx_munmap(void *at, size_t len);
int lx_madvise(void *at, size_t len, int advice);
/* Bytes this process may lock, UINT64_MAX: any number. */
uint64_t lx_memlock_limit(void);

#endif
