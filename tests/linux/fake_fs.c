// SPDX-License-Identifier: MIT
/* Files of the fake kernel, its sysfs, faults, and broken rules. */
#include "tests/linux/fake_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/os/linux/sys.h"

#define FILES_MAX 4096
#define VFIO_DIR  "/fake/vfio"
#define PAGEMAP   "/fake/pagemap"

pthread_mutex_t fake_lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- broken rules -------------------------------------------------------------------------- */

static _Atomic unsigned violations;
static char last_violation[200];
static pthread_mutex_t last_lock = PTHREAD_MUTEX_INITIALIZER;

void violated(const char *fmt, ...)
{
    va_list args;

    pthread_mutex_lock(&last_lock);
    va_start(args, fmt);
    vsnprintf(last_violation, sizeof(last_violation), fmt, args);
    va_end(args);
    fprintf(stderr, "fake Linux: %s\n", last_violation);
    pthread_mutex_unlock(&last_lock);
    atomic_fetch_add(&violations, 1);
}

unsigned fake_violations(void)
{
    return atomic_load(&violations);
}

const char *fake_last_violation(void)
{
    return last_violation;
}

/* ---- faults -------------------------------------------------------------------------------- */

static struct {
    int good, times, err;
    unsigned hits, calls;
} faults[FAKE_CALLS];
static pthread_mutex_t fault_lock = PTHREAD_MUTEX_INITIALIZER;

const char *fake_call_name(enum fake_call call)
{
    static const char *const names[FAKE_CALLS] = {
        "open of a container",
        "open of a group",
        "open of the page map",
        "API version",
        "CHECK_EXTENSION",
        "SET_IOMMU",
        "IOMMU_GET_INFO",
        "MAP_DMA",
        "UNMAP_DMA",
        "GROUP_GET_STATUS",
        "SET_CONTAINER",
        "GET_DEVICE_FD",
        "DEVICE_GET_INFO",
        "GET_REGION_INFO",
        "GET_IRQ_INFO",
        "SET_IRQS",
        "DEVICE_RESET",
        "mmap",
        "configuration read",
        "configuration write",
    };

    return names[call];
}

void fake_fail(enum fake_call call, int good, int times, int err)
{
    pthread_mutex_lock(&fault_lock);
    faults[call].good = good;
    faults[call].times = times;
    faults[call].err = err;
    faults[call].hits = 0;
    pthread_mutex_unlock(&fault_lock);
}

unsigned fake_heal(enum fake_call call)
{
    pthread_mutex_lock(&fault_lock);
    unsigned hits = faults[call].hits;
    faults[call].times = 0;
    faults[call].hits = 0;
    pthread_mutex_unlock(&fault_lock);
    return hits;
}

unsigned fake_calls(enum fake_call call)
{
    return faults[call].calls;
}

int fault(enum fake_call call)
{
    int err = 0;

    pthread_mutex_lock(&fault_lock);
    faults[call].calls++;
    if (faults[call].times != 0 && faults[call].good-- <= 0) {
        faults[call].good = 0;
        faults[call].times -= faults[call].times > 0;
        faults[call].hits++;
        err = -faults[call].err;
    }
    pthread_mutex_unlock(&fault_lock);
    return err;
}

/* ---- files --------------------------------------------------------------------------------- */

static struct file files[FILES_MAX];

int file_open(enum file_type type, void *obj)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC); /* a number nobody else has */

    if (fd < 0 || fd >= FILES_MAX) {
        if (fd >= 0)
            close(fd);
        return -EMFILE;
    }
    files[fd] = (struct file){ type, obj };
    return fd;
}

struct file file_at(int fd)
{
    return fd >= 0 && fd < FILES_MAX ? files[fd] : (struct file){ FILE_FREE, NULL };
}

unsigned count_files(void)
{
    unsigned n = 0;

    for (int i = 0; i < FILES_MAX; i++)
        n += files[i].type != FILE_FREE;
    return n;
}

int lx_open(const char *path, int flags)
{
    int err = 0, fd;

    (void)flags;
    pthread_mutex_lock(&fake_lock);
    if (strcmp(path, PAGEMAP) == 0) {
        err = fault(FAKE_OPEN_PAGEMAP);
        fd = err ? err : file_open(FILE_PAGEMAP, NULL);
    } else if (strncmp(path, VFIO_DIR "/", sizeof(VFIO_DIR)) == 0) {
        fd = open_vfio(path + sizeof(VFIO_DIR));
    } else {
        violated("\"%s\" is opened", path);
        fd = -ENOENT;
    }
    pthread_mutex_unlock(&fake_lock);
    return fd;
}

int lx_close(int fd)
{
    pthread_mutex_lock(&fake_lock);
    struct file f = file_at(fd);
    if (f.type == FILE_FREE)
        violated("descriptor %d is closed, but was not open", fd);
    else
        files[fd] = (struct file){ FILE_FREE, NULL };
    if (f.type == FILE_CONTAINER)
        close_container(f.obj);
    else if (f.type == FILE_GROUP)
        close_group(f.obj);
    else if (f.type == FILE_DEVICE)
        device_close(f.obj);
    if (f.type != FILE_FREE)
        close(fd);
    pthread_mutex_unlock(&fake_lock);
    return f.type == FILE_FREE ? -EBADF : 0;
}

int lx_ioctl(int fd, unsigned long request, void *arg)
{
    int err = -EBADF;

    pthread_mutex_lock(&fake_lock);
    struct file f = file_at(fd);
    if (f.type == FILE_CONTAINER)
        err = container_ioctl(f.obj, request, arg);
    else if (f.type == FILE_GROUP)
        err = group_ioctl(f.obj, request, arg);
    else if (f.type == FILE_DEVICE)
        err = device_ioctl(f.obj, request, arg);
    else
        violated("ioctl 0x%lx of descriptor %d, which is none of VFIO", request, fd);
    pthread_mutex_unlock(&fake_lock);
    return err;
}

const char *lx_dev_vfio(void)
{
    return VFIO_DIR;
}

const char *lx_pagemap(void)
{
    return PAGEMAP;
}

/* ---- sysfs --------------------------------------------------------------------------------- */

static char sysfs[64];
static pthread_once_t sysfs_once = PTHREAD_ONCE_INIT;

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static void remove_tree(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* What was told on standard error must not pass unseen where nobody asked for the count. */
static void remove_sysfs(void)
{
    remove_tree(sysfs);
    if (fake_violations())
        _exit(98);
}

static void make_dirs(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void make_dirs(const char *fmt, ...)
{
    char path[300];
    va_list args;

    va_start(args, fmt);
    int n = snprintf(path, sizeof(path), "%s/", sysfs);
    vsnprintf(path + n, sizeof(path) - (size_t)n, fmt, args);
    va_end(args);
    for (char *slash = path + n; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        mkdir(path, 0755);
        *slash = '/';
    }
    mkdir(path, 0755);
}

static void make_sysfs(void)
{
    snprintf(sysfs, sizeof(sysfs), "/tmp/ixl-fake-linux-XXXXXX");
    if (!mkdtemp(sysfs))
        abort();
    atexit(remove_sysfs);
    make_dirs("bus/pci/devices");
    make_dirs("bus/pci/drivers/vfio-pci");
    make_dirs("kernel/iommu_groups");
}

const char *lx_sysfs(void)
{
    pthread_once(&sysfs_once, make_sysfs);
    return sysfs;
}

static void put_number(const struct fake_dev *dev, const char *name, const char *fmt, uint32_t val)
{
    char path[300];

    snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/%s", lx_sysfs(), dev->bdf, name);
    FILE *out = fopen(path, "w");
    if (!out)
        abort();
    fprintf(out, fmt, val);
    fclose(out);
}

static void put_link(const struct fake_dev *dev, const char *name, const char *target)
{
    char path[300];

    snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/%s", lx_sysfs(), dev->bdf, name);
    if (symlink(target, path) != 0)
        abort();
}

void sysfs_add(const struct fake_dev *dev, uint32_t class, uint32_t vendor, uint32_t device)
{
    char target[100];
    const char *driver = dev->opt.driver ? dev->opt.driver : "vfio-pci";

    lx_sysfs();
    make_dirs("bus/pci/devices/%s", dev->bdf);
    put_number(dev, "class", "0x%06x\n", class);
    put_number(dev, "vendor", "0x%04x\n", vendor);
    put_number(dev, "device", "0x%04x\n", device);
    if (dev->nic) {
        put_number(dev, "subsystem_vendor", "0x%04x\n", sim_cfg_read(dev->nic, 0x2c, 2));
        put_number(dev, "subsystem_device", "0x%04x\n", sim_cfg_read(dev->nic, 0x2e, 2));
        put_number(dev, "revision", "0x%02x\n", sim_cfg_read(dev->nic, 0x08, 1));
    }
    if (driver[0]) {
        snprintf(target, sizeof(target), "../../../../bus/pci/drivers/%s", driver);
        put_link(dev, "driver", target);
    }
    if (dev->group) {
        snprintf(target, sizeof(target), "../../../../kernel/iommu_groups/%d", dev->group->number);
        put_link(dev, "iommu_group", target);
        make_dirs("kernel/iommu_groups/%d/devices/%s", dev->group->number, dev->bdf);
    }
}

void sysfs_remove(const struct fake_dev *dev)
{
    char path[300];

    snprintf(path, sizeof(path), "%s/bus/pci/devices/%s", lx_sysfs(), dev->bdf);
    remove_tree(path);
    if (!dev->group)
        return;
    snprintf(path, sizeof(path), "%s/kernel/iommu_groups/%d/devices/%s", lx_sysfs(),
             dev->group->number, dev->bdf);
    remove_tree(path);
}
