// SPDX-License-Identifier: MIT
/* What sysfs tells of PCI functions, their drivers and IOMMU groups. */
#include "lib/os/linux/linux_os.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/os/linux/sys.h"

#define PATH_SIZE     512u
#define CLASS_NETWORK 0x02u
/* No machine has so many; a directory that goes on for ever is not believed. */
#define FUNCTIONS_MAX 4096u

/* ---- attributes and links ------------------------------------------------ */

static bool read_number(const char *bdf, const char *attribute, uint32_t *out)
{
    char path[PATH_SIZE], text[32] = "", *end;

    snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/%s", lx_sysfs(), bdf, attribute);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, text, sizeof(text) - 1);
    close(fd);
    if (n <= 0)
        return false;
    *out = (uint32_t)strtoul(text, &end, 0);
    return end != text;
}

/* The last part of where a link leads to; "" if there is none. */
static void link_name(const char *path, char name[LX_NAME_SIZE])
{
    char target[PATH_SIZE];
    ssize_t n = readlink(path, target, sizeof(target) - 1);

    target[n > 0 ? n : 0] = '\0';
    const char *slash = strrchr(target, '/');
    snprintf(name, LX_NAME_SIZE, "%.*s", (int)LX_NAME_SIZE - 1, slash ? slash + 1 : target);
}

static void function_link(const char *bdf, const char *link, char name[LX_NAME_SIZE])
{
    char path[PATH_SIZE];

    snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/%s", lx_sysfs(), bdf, link);
    link_name(path, name);
}

/* ---- one function -------------------------------------------------------- */

bool lx_sysfs_exists(const char *bdf)
{
    uint32_t vendor;

    return read_number(bdf, "vendor", &vendor);
}

int lx_sysfs_identify(const char *bdf, struct ixl_os_dev_info *info)
{
    uint32_t vendor = 0, device = 0, subvendor = 0, subdevice = 0, revision = 0;

    if (!read_number(bdf, "vendor", &vendor) || !read_number(bdf, "device", &device)) {
        ixl_log(IXL_LOG_ERROR, "pci:%s is there no more: it was unplugged", bdf);
        return -IXL_ENODEV;
    }
    /* a device may do without these */
    read_number(bdf, "subsystem_vendor", &subvendor);
    read_number(bdf, "subsystem_device", &subdevice);
    read_number(bdf, "revision", &revision);
    info->vendor = (uint16_t)vendor;
    info->device = (uint16_t)device;
    info->subvendor = (uint16_t)subvendor;
    info->subdevice = (uint16_t)subdevice;
    info->revision = (uint8_t)revision;
    return 0;
}

void lx_sysfs_driver(const char *bdf, char name[LX_NAME_SIZE])
{
    function_link(bdf, "driver", name);
}

/* Some devices have a variant of their own, "mlx5_vfio_pci". */
bool lx_sysfs_is_vfio(const char *driver)
{
    return strstr(driver, "vfio-pci") || strstr(driver, "vfio_pci");
}

bool lx_sysfs_has_vfio(void)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof(path), "%s/bus/pci/drivers/vfio-pci", lx_sysfs());
    return access(path, F_OK) == 0;
}

/* ---- groups -------------------------------------------------------------- */

int lx_sysfs_group(const char *bdf)
{
    char name[LX_NAME_SIZE], *end;

    function_link(bdf, "iommu_group", name);
    long n = strtol(name, &end, 10);
    return end == name || *end || n < 0 || n > INT32_MAX ? -IXL_ENOENT : (int)n;
}

void lx_sysfs_group_others(int group, char *buf, size_t size)
{
    char path[PATH_SIZE], driver[LX_NAME_SIZE];
    const struct dirent *entry;
    size_t used = 0;

    buf[0] = '\0';
    snprintf(path, sizeof(path), "%s/kernel/iommu_groups/%d/devices", lx_sysfs(), group);
    DIR *dir = opendir(path);
    while (dir && used < size && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        lx_sysfs_driver(entry->d_name, driver);
        if (!driver[0] || lx_sysfs_is_vfio(driver) || strcmp(driver, "pcieport") == 0)
            continue;
        int n =
            snprintf(buf + used, size - used, "%s%s (%s)", used ? ", " : "", entry->d_name, driver);
        used += n > 0 ? (size_t)n : 0;
    }
    if (dir)
        closedir(dir);
}

/* ---- all of them --------------------------------------------------------- */

struct function {
    bool vfio;
    char bdf[LX_BDF_SIZE];
};

static int compare(const void *a, const void *b)
{
    const struct function *x = a, *y = b;

    return x->vfio != y->vfio ? y->vfio - x->vfio : strcmp(x->bdf, y->bdf);
}

static bool is_network(const char *bdf)
{
    uint32_t class;

    return strlen(bdf) < LX_BDF_SIZE && read_number(bdf, "class", &class) &&
           class >> 16 == CLASS_NETWORK;
}

static unsigned collect(DIR *dir, struct function *f)
{
    char driver[LX_NAME_SIZE];
    const struct dirent *entry;
    unsigned n = 0;

    while (n < FUNCTIONS_MAX && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.' || !is_network(entry->d_name))
            continue;
        snprintf(f[n].bdf, LX_BDF_SIZE, "%.*s", (int)LX_BDF_SIZE - 1, entry->d_name);
        lx_sysfs_driver(f[n].bdf, driver);
        f[n++].vfio = lx_sysfs_is_vfio(driver);
    }
    qsort(f, n, sizeof(*f), compare);
    return n;
}

int lx_sysfs_list(char (**list)[LX_BDF_SIZE])
{
    char path[PATH_SIZE];

    snprintf(path, sizeof(path), "%s/bus/pci/devices", lx_sysfs());
    DIR *dir = opendir(path);
    if (!dir) {
        ixl_log(IXL_LOG_ERROR, "this system has no PCI bus (%s cannot be read)", path);
        return -IXL_ENOENT;
    }
    struct function *f = calloc(FUNCTIONS_MAX, sizeof(*f));
    unsigned n = f ? collect(dir, f) : 0;
    closedir(dir);
    *list = f ? calloc(n + 1, sizeof(**list)) : NULL;
    for (unsigned i = 0; *list && i < n; i++)
        memcpy((*list)[i], f[i].bdf, LX_BDF_SIZE);
    free(f);
    if (*list)
        return (int)n;
    ixl_log(IXL_LOG_ERROR, "no memory for a list of PCI functions");
    return -IXL_ENOMEM;
}
