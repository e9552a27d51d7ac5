// SPDX-License-Identifier: MIT
/* Containers and groups of this process, and what a container maps. */
#include "lib/os/linux/linux_os.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/linux/sys.h"

#define INFO_MAX      (1u << 20)
#define RANGES_MAX    1024u
/* Where the kernel does not tell: what every IOMMU has, less the window of x86's messages. */
#define OLD_LAST      ((UINT64_C(1) << 39) - 1)
#define MESSAGE_FIRST UINT64_C(0xfee00000)
#define MESSAGE_LAST  UINT64_C(0xfeefffff)

static pthread_mutex_t groups_lock = PTHREAD_MUTEX_INITIALIZER;
static struct lx_container *containers;
static struct lx_group *groups;

static void *number(uintptr_t n)
{
    return (void *)n; /* as some requests want their argument */
}

/* ---- addresses the IOMMU takes ------------------------------------------- */

static bool allow_old(struct lx_iova *iova)
{
    const struct lx_range usual[] = { { 0, MESSAGE_FIRST - 1 }, { MESSAGE_LAST + 1, OLD_LAST } };

    return lx_iova_allow(iova, usual, 2);
}

/* The capability `id` in an answer of `size` bytes, NULL if it is not there. Offsets are checked:
 * the list may be cut off. */
static const void *find_cap(const void *info, uint32_t size, uint32_t at, uint16_t id,
                            size_t cap_size)
{
    for (unsigned i = 0; i < 64 && at; i++) {
        struct vfio_info_cap_header header;
        if (at > size || size - at < sizeof(header))
            return NULL;
        memcpy(&header, (const uint8_t *)info + at, sizeof(header));
        if (header.id == id)
            return size - at < cap_size ? NULL : (const uint8_t *)info + at;
        at = header.next;
    }
    return NULL;
}

static bool allow_told(struct lx_iova *iova, const struct vfio_iommu_type1_info *info)
{
    const struct vfio_iommu_type1_info_cap_iova_range *cap = NULL;
    struct lx_range ranges[RANGES_MAX];
    unsigned n = 0;

    if (info->flags & VFIO_IOMMU_INFO_CAPS)
        cap = find_cap(info, info->argsz, info->cap_offset, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE,
                       sizeof(*cap));
    if (!cap)
        return allow_old(iova);
    size_t room = info->argsz - (size_t)((const uint8_t *)cap - (const uint8_t *)info);
    for (; n < cap->nr_iovas && n < RANGES_MAX; n++) {
        if (room - sizeof(*cap) < (n + 1) * sizeof(cap->iova_ranges[0]))
            break;
        ranges[n] = (struct lx_range){ cap->iova_ranges[n].start, cap->iova_ranges[n].end };
    }
    return lx_iova_allow(iova, ranges, n);
}

/* Ask for an answer whose length is not known before. Caller frees. */
static int get_info(struct lx_container *c, struct vfio_iommu_type1_info **out)
{
    uint32_t size = 4096;

    for (;;) {
        struct vfio_iommu_type1_info *info = calloc(1, size);
        if (!info)
            return -ENOMEM;
        info->argsz = size;
        int err = lx_ioctl(c->fd, VFIO_IOMMU_GET_INFO, info);
        if (err >= 0 && info->argsz <= size) {
            *out = info;
            return 0;
        }
        uint32_t want = err < 0 ? 0 : info->argsz;
        free(info);
        if (err < 0 || want > INFO_MAX)
            return err < 0 ? err : -EIO;
        size = want;
    }
}

/* Also after another group has come: it may narrow what was allowed. */
static int learn_addresses(struct lx_container *c)
{
    struct vfio_iommu_type1_info *info;
    int err = get_info(c, &info);

    if (err)
        return err;
    pthread_mutex_lock(&c->lock);
    c->iova.page = 4096;
    if ((info->flags & VFIO_IOMMU_INFO_PGSIZES) && info->iova_pgsizes)
        c->iova.page = info->iova_pgsizes & (~info->iova_pgsizes + 1);
    bool ok = allow_told(&c->iova, info);
    pthread_mutex_unlock(&c->lock);
    free(info);
    return ok ? 0 : -ENOMEM;
}

/* ---- containers ---------------------------------------------------------- */

static void destroy_container(struct lx_container *c)
{
    lx_close(c->fd);
    lx_iova_free(&c->iova);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

static int check_container(const char *address, struct lx_container *c)
{
    int version = lx_ioctl(c->fd, VFIO_GET_API_VERSION, NULL);
    uintptr_t kind = c->noiommu ? VFIO_NOIOMMU_IOMMU : VFIO_TYPE1v2_IOMMU;

    if (version != VFIO_API_VERSION) {
        ixl_log(IXL_LOG_ERROR, "%s: the kernel speaks version %d of VFIO, this library version %d",
                address, version, VFIO_API_VERSION);
        return -IXL_ENOTSUP;
    }
    if (lx_ioctl(c->fd, VFIO_CHECK_EXTENSION, number(kind)) > 0)
        return 0;
    ixl_log(IXL_LOG_ERROR, "%s: VFIO has no %s here: load the module %s", address,
            c->noiommu ? "no-IOMMU mode" : "IOMMU of type 1",
            c->noiommu ? "vfio with enable_unsafe_noiommu_mode=1" : "vfio_iommu_type1");
    return -IXL_ENOTSUP;
}

/* NULL, and the code in *err, after a log line. */
static struct lx_container *create_container(const char *address, bool noiommu, int *err)
{
    struct lx_container *c = calloc(1, sizeof(*c));
    char path[LX_NAME_SIZE + 16];

    if (!c) {
        ixl_log(IXL_LOG_ERROR, "%s: no memory for its address space", address);
        *err = -IXL_ENOMEM;
        return NULL;
    }
    c->noiommu = noiommu;
    snprintf(path, sizeof(path), "%.63s/vfio", lx_dev_vfio());
    c->fd = lx_open(path, O_RDWR);
    if (c->fd < 0) {
        *err = lx_fail(address, "/dev/vfio/vfio cannot be opened", c->fd,
                       c->fd == -ENOENT ? "modprobe vfio-pci" : NULL);
        free(c);
        return NULL;
    }
    pthread_mutex_init(&c->lock, NULL);
    *err = check_container(address, c);
    if (*err) {
        destroy_container(c);
        return NULL;
    }
    return c;
}

/* ---- a group into a container -------------------------------------------- */

static void leave(struct lx_group *g)
{
    struct lx_container *c = g->container;

    lx_ioctl(g->fd, VFIO_GROUP_UNSET_CONTAINER, NULL);
    g->container = NULL;
    if (--c->groups > 0)
        return;
    /* the kernel has forgotten the address space with its last group */
    for (struct lx_container **at = &containers; *at; at = &(*at)->next) {
        if (*at == c) {
            *at = c->next;
            break;
        }
    }
    destroy_container(c);
}

static int attach(struct lx_group *g, struct lx_container *c)
{
    int err = lx_ioctl(g->fd, VFIO_GROUP_SET_CONTAINER, &c->fd);

    if (err < 0)
        return err;
    g->container = c;
    c->groups++;
    return 0;
}

/* True if the group could be put to the others. */
static bool join(const char *address, struct lx_group *g, bool noiommu)
{
    for (struct lx_container *c = containers; c; c = c->next) {
        if (c->noiommu != noiommu || attach(g, c) < 0)
            continue;
        if (noiommu || learn_addresses(c) == 0)
            return true;
        leave(g);
    }
    if (containers)
        ixl_log(IXL_LOG_INFO,
                "%s: its IOMMU group cannot be put to those of the other devices: "
                "memory is mapped for it separately",
                address);
    return false;
}

static const char *iommu_hint(int err)
{
    return err == -EPERM ? "the IOMMU does not separate interrupts: see allow_unsafe_interrupts in "
                           "doc/linux.md"
                         : NULL;
}

static int join_new(const char *address, struct lx_group *g, bool noiommu)
{
    int err;
    struct lx_container *c = create_container(address, noiommu, &err);

    if (!c)
        return err;
    err = attach(g, c);
    if (err < 0) {
        destroy_container(c);
        return lx_fail(address, "its IOMMU group cannot be put into an address space", err, NULL);
    }
    c->next = containers;
    containers = c;
    err =
        lx_ioctl(c->fd, VFIO_SET_IOMMU, number(noiommu ? VFIO_NOIOMMU_IOMMU : VFIO_TYPE1v2_IOMMU));
    if (err >= 0 && !noiommu)
        err = learn_addresses(c);
    if (err >= 0)
        return 0;
    leave(g);
    return lx_fail(address, "the IOMMU cannot be set up", err, iommu_hint(err));
}

/* ---- groups -------------------------------------------------------------- */

static int no_group(const char *address)
{
    ixl_log(IXL_LOG_ERROR,
            "%s is in no IOMMU group, so that nothing would keep it from memory of others: switch "
            "the IOMMU on (in the firmware's set-up, and intel_iommu=on on the kernel's command "
            "line), or read about no-IOMMU mode in doc/linux.md",
            address);
    return -IXL_ENOTSUP;
}

static int cannot_open(const char *address, int number, int err)
{
    char what[80], hint[120] = "";

    snprintf(what, sizeof(what), "its IOMMU group, /dev/vfio/%d, cannot be opened", number);
    if (err == -EBUSY)
        snprintf(hint, sizeof(hint),
                 "another process holds this device or one of the same group; "
                 "end it first");
    else if (err == -EPERM || err == -EACCES)
        snprintf(hint, sizeof(hint),
                 "run as root, or give the file to your group: "
                 "chown root:GROUP /dev/vfio/%d; chmod 660 /dev/vfio/%d",
                 number, number);
    return lx_fail(address, what, err, hint[0] ? hint : NULL);
}

static int open_group(const char *address, int number, bool *noiommu, int *fd)
{
    char path[LX_NAME_SIZE + 32];

    *noiommu = false;
    snprintf(path, sizeof(path), "%.63s/%d", lx_dev_vfio(), number);
    *fd = lx_open(path, O_RDWR);
    if (*fd == -ENOENT) {
        *noiommu = true;
        snprintf(path, sizeof(path), "%.63s/noiommu-%d", lx_dev_vfio(), number);
        *fd = lx_open(path, O_RDWR);
    }
    return *fd < 0 ? cannot_open(address, number, *fd) : 0;
}

static int check_viable(const char *address, int number, int fd)
{
    struct vfio_group_status status = { .argsz = sizeof(status) };
    char others[256];
    int err = lx_ioctl(fd, VFIO_GROUP_GET_STATUS, &status);

    if (err < 0)
        return lx_fail(address, "its IOMMU group does not answer", err, NULL);
    if (status.flags & VFIO_GROUP_FLAGS_VIABLE)
        return 0;
    lx_sysfs_group_others(number, others, sizeof(others));
    ixl_log(IXL_LOG_ERROR,
            "%s shares IOMMU group %d with devices that are not bound to vfio-pci: bind all of "
            "them, or put the card into another slot: %s",
            address, number, others[0] ? others : "look into /sys/kernel/iommu_groups");
    return -IXL_EPERM;
}

static int create_group(const char *address, int number, struct lx_group **out)
{
    struct lx_group *g = calloc(1, sizeof(*g));
    bool noiommu;

    if (!g) {
        ixl_log(IXL_LOG_ERROR, "%s: no memory for its IOMMU group", address);
        return -IXL_ENOMEM;
    }
    g->number = number;
    int err = open_group(address, number, &noiommu, &g->fd);
    if (err) {
        free(g);
        return err;
    }
    err = check_viable(address, number, g->fd);
    if (!err && !join(address, g, noiommu))
        err = join_new(address, g, noiommu);
    if (err) {
        lx_close(g->fd);
        free(g);
        return err;
    }
    if (noiommu)
        ixl_log(IXL_LOG_WARN,
                "%s: no IOMMU stands between the device and the memory of the machine", address);
    g->next = groups;
    groups = g;
    *out = g;
    return 0;
}

int lx_group_get(const char *bdf, struct lx_group **out)
{
    char address[80];
    int number = lx_sysfs_group(bdf), err = 0;

    snprintf(address, sizeof(address), "pci:%s", bdf);
    if (number < 0)
        return no_group(address);
    pthread_mutex_lock(&groups_lock);
    struct lx_group *g = groups;
    while (g && g->number != number)
        g = g->next;
    if (!g)
        err = create_group(address, number, &g);
    if (!err) {
        g->devices++;
        *out = g;
    }
    pthread_mutex_unlock(&groups_lock);
    return err;
}

void lx_group_put(struct lx_group *g)
{
    pthread_mutex_lock(&groups_lock);
    if (--g->devices == 0) {
        for (struct lx_group **at = &groups; *at; at = &(*at)->next) {
            if (*at == g) {
                *at = g->next;
                break;
            }
        }
        leave(g);
        lx_close(g->fd);
        free(g);
    }
    pthread_mutex_unlock(&groups_lock);
}

/* ---- mapping ------------------------------------------------------------- */

static int cannot_map(const char *address, size_t size, int err)
{
    uint64_t limit = lx_memlock_limit();

    if (err != -ENOMEM || limit == UINT64_MAX)
        return lx_fail(address, "memory cannot be made visible to the device", err, NULL);
    ixl_log(IXL_LOG_ERROR,
            "%s: %zu KiB more of memory cannot be locked, this process may lock %llu KiB in all "
            "(RLIMIT_MEMLOCK): raise it with `ulimit -l` or in /etc/security/limits.conf, or use "
            "fewer or smaller buffers",
            address, size / 1024, (unsigned long long)limit / 1024);
    return -IXL_ENOMEM;
}

int lx_map(struct lx_container *c, const char *address, void *virt, size_t size, size_t align,
           uint64_t *addr)
{
    struct vfio_iommu_type1_dma_map map = { .argsz = sizeof(map),
                                            .flags =
                                                VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
                                            .vaddr = (uintptr_t)virt,
                                            .size = size };

    pthread_mutex_lock(&c->lock);
    int taken = lx_iova_take(&c->iova, (uintptr_t)virt, size, align, addr), err = 0;
    if (!taken) {
        map.iova = *addr;
        err = lx_ioctl(c->fd, VFIO_IOMMU_MAP_DMA, &map);
        if (err < 0)
            lx_iova_give(&c->iova, *addr);
    }
    pthread_mutex_unlock(&c->lock);
    if (taken) {
        ixl_log(IXL_LOG_ERROR, "%s: the IOMMU has no device addresses left for %zu KiB", address,
                size / 1024);
        return -IXL_ENOMEM;
    }
    return err < 0 ? cannot_map(address, size, err) : 0;
}

void lx_unmap(struct lx_container *c, const char *address, uint64_t addr, size_t size)
{
    struct vfio_iommu_type1_dma_unmap unmap = { .argsz = sizeof(unmap),
                                                .iova = addr,
                                                .size = size };

    pthread_mutex_lock(&c->lock);
    int err = lx_ioctl(c->fd, VFIO_IOMMU_UNMAP_DMA, &unmap);
    if (err >= 0)
        lx_iova_give(&c->iova, addr); /* else the device may reach it still: never again then */
    pthread_mutex_unlock(&c->lock);
    if (err < 0)
        lx_fail(address, "its memory cannot be taken from it", err, NULL);
}
