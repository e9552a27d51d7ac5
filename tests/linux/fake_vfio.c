// SPDX-License-Identifier: MIT
/* Containers and groups. */
#include "tests/linux/fake_priv.h"

#include <errno.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/linux/sys.h"

static const struct fake_range usual_ranges[] = { { 0, 0xfedfffff },
                                                  { 0xfef00000, (UINT64_C(1) << 39) - 1 } };
struct fake_kernel kernel;
static struct group *groups;
struct container *containers;

struct fake_kernel fake_usual(void)
{
    return (struct fake_kernel){ .ranges = usual_ranges,
                                 .n_ranges = 2,
                                 .page_sizes = UINT64_C(0x40201000),
                                 .memlock = UINT64_MAX };
}

void fake_boot(const struct fake_kernel *k)
{
    pthread_mutex_lock(&fake_lock);
    kernel = *k;
    pthread_mutex_unlock(&fake_lock);
}

__attribute__((constructor)) static void boot(void)
{
    kernel = fake_usual();
}

uint64_t lx_memlock_limit(void)
{
    return kernel.memlock;
}

/* ---- files --------------------------------------------------------------------------------- */

struct group *group_get(int number, bool noiommu)
{
    struct group *g = groups;

    while (g && g->number != number)
        g = g->next;
    if (g)
        return g;
    g = calloc(1, sizeof(*g));
    if (!g)
        abort();
    g->number = number;
    g->noiommu = noiommu;
    g->next = groups;
    groups = g;
    return g;
}

static struct group *group_named(const char *name)
{
    bool noiommu = strncmp(name, "noiommu-", 8) == 0;
    int number = atoi(noiommu ? name + 8 : name);

    for (struct group *g = groups; g; g = g->next)
        if (g->number == number && g->noiommu == noiommu)
            return g;
    return NULL;
}

static int may_open(const struct group *g)
{
    for (const struct fake_dev *d = fake_devs; d; d = d->next) {
        if (d->group != g)
            continue;
        if (d->opt.no_node)
            return -ENOENT;
        if (d->opt.denied)
            return -EACCES;
        if (d->opt.held)
            return -EBUSY;
    }
    return g->open ? -EBUSY : 0;
}

static int open_group(const char *name)
{
    struct group *g = group_named(name);
    int err = fault(FAKE_OPEN_GROUP);

    if (!err)
        err = g && !kernel.no_vfio ? may_open(g) : -ENOENT;
    if (err)
        return err;
    int fd = file_open(FILE_GROUP, g);
    g->open = fd >= 0;
    return fd;
}

int open_vfio(const char *name)
{
    if (strcmp(name, "vfio") != 0)
        return open_group(name);
    int err = fault(FAKE_OPEN_CONTAINER);
    if (!err && kernel.no_vfio)
        err = -ENOENT;
    struct container *c = err ? NULL : calloc(1, sizeof(*c));
    int fd = c ? file_open(FILE_CONTAINER, c) : err;
    if (fd < 0) {
        free(c);
        return fd;
    }
    c->next = containers;
    containers = c;
    return fd;
}

void close_container(struct container *c)
{
    if (c->groups)
        violated("a container is closed with %u groups in it", c->groups);
    if (count_maps(c))
        violated("a container is closed with memory mapped");
    for (struct container **at = &containers; *at; at = &(*at)->next) {
        if (*at == c) {
            *at = c->next;
            break;
        }
    }
    free(c);
}

static void leave(struct group *g)
{
    pthread_rwlock_wrlock(&memory_lock);
    struct container *c = g->container;
    g->container = NULL;
    pthread_rwlock_unlock(&memory_lock);
    if (--c->groups > 0)
        return;
    if (count_maps(c))
        violated("the last group leaves a container with memory mapped");
    forget_maps(c);
    c->is_set = false;
}

void close_group(struct group *g)
{
    if (g->devices)
        violated("a group is closed with %u devices open", g->devices);
    if (g->container) {
        violated("a group is closed in its container");
        leave(g);
    }
    g->open = false;
}

/* ---- requests to a container --------------------------------------------------------------- */

static int check_extension(uintptr_t what)
{
    if (fault(FAKE_CHECK_EXTENSION))
        return 0;
    return what == VFIO_NOIOMMU_IOMMU || (what == VFIO_TYPE1v2_IOMMU && !kernel.no_type1);
}

static int set_iommu(struct container *c, uintptr_t type)
{
    int err = fault(FAKE_SET_IOMMU);

    if (err)
        return err;
    if (c->is_set || c->groups == 0)
        return -EINVAL;
    if (type != (c->noiommu ? VFIO_NOIOMMU_IOMMU : VFIO_TYPE1v2_IOMMU))
        return -ENODEV;
    if (!c->noiommu && kernel.no_remapping)
        return -EPERM;
    c->is_set = true;
    return 0;
}

static uint32_t info_size(void)
{
    return (uint32_t)(sizeof(struct vfio_iommu_type1_info) + 8 + kernel.info_padding +
                      sizeof(struct vfio_iommu_type1_info_cap_iova_range) +
                      kernel.n_ranges * sizeof(struct vfio_iova_range));
}

static void tell_ranges(struct vfio_iommu_type1_info *info)
{
    uint32_t at = (uint32_t)((sizeof(*info) + 7) & ~7u) + kernel.info_padding;
    struct vfio_iommu_type1_info_cap_iova_range *cap = (void *)((uint8_t *)info + at);

    info->flags |= VFIO_IOMMU_INFO_CAPS;
    info->cap_offset = at;
    cap->header = (struct vfio_info_cap_header){ VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, 1, 0 };
    cap->nr_iovas = kernel.n_ranges;
    for (unsigned i = 0; i < kernel.n_ranges; i++)
        cap->iova_ranges[i] =
            (struct vfio_iova_range){ kernel.ranges[i].first, kernel.ranges[i].last };
}

static int iommu_info(struct container *c, struct vfio_iommu_type1_info *info)
{
    int err = fault(FAKE_IOMMU_INFO);

    if (err || !c->is_set)
        return err ? err : -EINVAL;
    uint32_t room = info->argsz;
    info->flags = kernel.page_sizes ? VFIO_IOMMU_INFO_PGSIZES : 0;
    info->iova_pgsizes = kernel.page_sizes;
    if (kernel.ranges_not_told)
        return 0;
    if (room >= info_size())
        tell_ranges(info);
    else
        info->argsz = info_size();
    return 0;
}

static int map(struct container *c, const struct vfio_iommu_type1_dma_map *m)
{
    int err = fault(FAKE_MAP_DMA);

    if (err)
        return err;
    if (!c->is_set || c->noiommu || m->argsz != sizeof(*m) ||
        m->flags != (VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)) {
        violated("memory is mapped in a way that cannot be meant");
        return -EINVAL;
    }
    return map_dma(c, m->iova, m->size, (void *)(uintptr_t)m->vaddr);
}

static int unmap(struct container *c, struct vfio_iommu_type1_dma_unmap *u)
{
    int err = fault(FAKE_UNMAP_DMA);

    if (err)
        return err;
    return unmap_dma(c, u->iova, (uint64_t *)&u->size);
}

int container_ioctl(struct container *c, unsigned long request, void *arg)
{
    int err;

    switch (request) {
    case VFIO_GET_API_VERSION:
        err = fault(FAKE_API_VERSION);
        return err ? err : kernel.api_version;
    case VFIO_CHECK_EXTENSION:
        return check_extension((uintptr_t)arg);
    case VFIO_SET_IOMMU:
        return set_iommu(c, (uintptr_t)arg);
    case VFIO_IOMMU_GET_INFO:
        return iommu_info(c, arg);
    case VFIO_IOMMU_MAP_DMA:
        return map(c, arg);
    case VFIO_IOMMU_UNMAP_DMA:
        return unmap(c, arg);
    default:
        violated("request 0x%lx to a container", request);
        return -ENOTTY;
    }
}

/* ---- requests to a group ------------------------------------------------------------------- */

/* All of its functions are VFIO's, or nobody's. */
static bool viable(const struct group *g)
{
    for (const struct fake_dev *d = fake_devs; d; d = d->next) {
        const char *driver = d->opt.driver ? d->opt.driver : "vfio-pci";
        if (d->group == g && driver[0] && strcmp(driver, "vfio-pci") != 0)
            return false;
    }
    return true;
}

static int status(const struct group *g, struct vfio_group_status *s)
{
    int err = fault(FAKE_GROUP_STATUS);

    if (err)
        return err;
    s->flags = viable(g) ? VFIO_GROUP_FLAGS_VIABLE : 0;
    if (g->container)
        s->flags |= VFIO_GROUP_FLAGS_CONTAINER_SET;
    return 0;
}

static int set_container(struct group *g, int fd)
{
    struct file f = file_at(fd);
    int err = fault(FAKE_SET_CONTAINER);

    if (err)
        return err;
    if (f.type != FILE_CONTAINER || g->container) {
        violated("a group is put into what is no container, or into two");
        return -EINVAL;
    }
    struct container *c = f.obj;
    if (!viable(g) || (c->groups && (c->noiommu != g->noiommu || kernel.groups_apart)))
        return -EINVAL;
    c->noiommu = g->noiommu;
    c->groups++;
    pthread_rwlock_wrlock(&memory_lock);
    g->container = c;
    pthread_rwlock_unlock(&memory_lock);
    return 0;
}

static int unset_container(struct group *g)
{
    if (!g->container || g->devices) {
        violated("a group leaves its container with devices open, or leaves none");
        return g->container ? -EBUSY : -EINVAL;
    }
    leave(g);
    return 0;
}

static int device_fd(struct group *g, const char *bdf)
{
    struct fake_dev *dev = fake_find(bdf);
    int err = fault(FAKE_DEVICE_FD);

    if (err)
        return err;
    if (!g->container || !g->container->is_set || !viable(g))
        return -EINVAL;
    if (!dev || dev->group != g)
        return -ENODEV;
    return device_open(dev);
}

int group_ioctl(struct group *g, unsigned long request, void *arg)
{
    switch (request) {
    case VFIO_GROUP_GET_STATUS:
        return status(g, arg);
    case VFIO_GROUP_SET_CONTAINER:
        return set_container(g, *(const int *)arg);
    case VFIO_GROUP_UNSET_CONTAINER:
        return unset_container(g);
    case VFIO_GROUP_GET_DEVICE_FD:
        return device_fd(g, arg);
    default:
        violated("request 0x%lx to a group", request);
        return -ENOTTY;
    }
}
