// SPDX-License-Identifier: MIT
/* PCI functions and their files: what they are, configuration space, BARs. */
#include "tests/linux/fake_priv.h"

#include <endian.h>
#include <errno.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/os/linux/sys.h"

#define OFFSET_SHIFT   40 /* a region of the file each */
#define CFG_SIZE       4096u
#define CFG_COMMAND    0x04u
#define COMMAND_MASTER 4u
#define CAP_MSI        0x50u
#define CAP_MSIX       0x70u
#define STRANGER_BAR   16384u
#define NETWORK        0x020000u

struct fake_dev *fake_devs;

/* ---- making functions ---------------------------------------------------------------------- */

static void tell_violation(void *ctx, const char *what)
{
    const struct fake_dev *dev = ctx;

    if (getenv("IXL_TEST_VERBOSE"))
        fprintf(stderr, "  model of %s: %s\n", dev->bdf, what);
}

static struct fake_dev *create(const struct fake_options *opt)
{
    static unsigned serial;
    struct fake_dev *dev = calloc(1, sizeof(*dev));

    if (!dev)
        abort();
    if (opt)
        dev->opt = *opt;
    if (dev->opt.bdf)
        snprintf(dev->bdf, sizeof(dev->bdf), "%s", dev->opt.bdf);
    else
        snprintf(dev->bdf, sizeof(dev->bdf), "0000:%02x:00.0", 1 + serial % 255);
    serial++;
    if (!dev->opt.no_group)
        dev->group =
            group_get(dev->opt.group ? dev->opt.group : (int)(1000 + serial), dev->opt.noiommu);
    for (unsigned i = 0; i < BARS; i++)
        dev->bar_fd[i] = -1;
    return dev;
}

static void make_bars(struct fake_dev *dev)
{
    for (unsigned i = 0; dev->opt.mappable && i < BARS; i++) {
        size_t size = (size_t)bar_size(dev, i);
        if (size == 0)
            continue;
        dev->bar_fd[i] = memfd_create("bar", MFD_CLOEXEC);
        if (dev->bar_fd[i] < 0 || ftruncate(dev->bar_fd[i], (off_t)size) != 0)
            abort();
        dev->bar_mem[i] = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, dev->bar_fd[i], 0);
    }
}

static struct fake_dev *enter(struct fake_dev *dev, uint32_t class, uint32_t id)
{
    make_bars(dev);
    pthread_mutex_lock(&fake_lock);
    sysfs_add(dev, class, id & 0xffff, id >> 16);
    dev->next = fake_devs;
    fake_devs = dev;
    pthread_mutex_unlock(&fake_lock);
    return dev;
}

struct fake_dev *fake_add(const char *model, const struct sim_options *sim,
                          const struct fake_options *opt)
{
    struct fake_dev *dev = create(opt);
    const struct sim_host host = { dev, dma_read, dma_write, dev_msi, dev_intx, tell_violation };
    char why[160];

    dev->nic = sim_create(model, sim, &host, why, sizeof(why));
    if (!dev->nic) {
        free(dev);
        return NULL;
    }
    return enter(dev, NETWORK, sim_cfg_read(dev->nic, 0, 4));
}

struct fake_dev *fake_add_stranger(uint32_t class, const struct fake_options *opt)
{
    return enter(create(opt), class, 0x00d01b36);
}

void fake_remove(struct fake_dev *dev)
{
    pthread_mutex_lock(&fake_lock);
    if (dev->open)
        violated("%s is removed while it is open", dev->bdf);
    for (struct fake_dev **at = &fake_devs; *at; at = &(*at)->next) {
        if (*at == dev) {
            *at = dev->next;
            break;
        }
    }
    sysfs_remove(dev);
    pthread_mutex_unlock(&fake_lock);
    for (unsigned i = 0; i < BARS; i++) {
        if (dev->bar_fd[i] < 0)
            continue;
        munmap(dev->bar_mem[i], (size_t)bar_size(dev, i));
        close(dev->bar_fd[i]);
    }
    if (dev->nic)
        sim_destroy(dev->nic);
    free(dev);
}

const char *fake_bdf(const struct fake_dev *dev)
{
    return dev->bdf;
}

struct sim_nic *fake_nic(const struct fake_dev *dev)
{
    return dev->nic;
}

struct fake_dev *fake_find(const char *bdf)
{
    struct fake_dev *d = fake_devs;

    while (d && strcmp(d->bdf, bdf) != 0)
        d = d->next;
    return d;
}

void fake_sever(struct fake_dev *dev, bool severed)
{
    atomic_store(&dev->severed, severed);
}

unsigned fake_reachable(const struct fake_dev *dev)
{
    pthread_mutex_lock(&fake_lock);
    unsigned n = dev->group && dev->group->container ? count_maps(dev->group->container) : 0;
    pthread_mutex_unlock(&fake_lock);
    return n;
}

uint8_t *fake_bar_memory(struct fake_dev *dev, unsigned bar)
{
    return dev->bar_mem[bar];
}

struct fake_counts fake_count(void)
{
    struct fake_counts counts = { .files = 0 };

    pthread_mutex_lock(&fake_lock);
    counts.files = count_files();
    count_memory(&counts);
    counts.signals = count_signals();
    pthread_mutex_unlock(&fake_lock);
    return counts;
}

/* ---- the life of a file -------------------------------------------------------------------- */

static void master_off(const struct fake_dev *dev)
{
    uint32_t command = sim_cfg_read(dev->nic, CFG_COMMAND, 2);

    if (command != 0xffff)
        sim_cfg_write(dev->nic, CFG_COMMAND, 2, command & ~COMMAND_MASTER);
}

int device_open(struct fake_dev *dev)
{
    if (dev->open || !dev->nic)
        return -EBUSY;
    int fd = file_open(FILE_DEVICE, dev);
    if (fd < 0)
        return fd;
    dev->open = true;
    dev->off_refused = false;
    dev->group->devices++;
    master_off(dev);
    return fd;
}

static void check_closed(const struct fake_dev *dev)
{
    uint32_t command = sim_cfg_read(dev->nic, CFG_COMMAND, 2);

    for (unsigned i = 0; i < INDICES; i++)
        if (dev->signals[i].n && !dev->off_refused)
            violated("%s is closed with interrupts of kind %u on", dev->bdf, i);
    if (command != 0xffff && (command & COMMAND_MASTER))
        violated("%s is closed while it is bus master", dev->bdf);
}

/* Where a process was killed the real kernel makes the device silent, and resets it if it can. Here
 * it runs on: whoever opens it next has more to put up with. */
void device_close(struct fake_dev *dev)
{
    if (!atomic_load(&dev->severed)) {
        check_closed(dev);
        master_off(dev);
    }
    irq_off(dev);
    dev->open = false;
    dev->group->devices--;
}

/* ---- requests ------------------------------------------------------------------------------ */

uint64_t bar_size(const struct fake_dev *dev, unsigned bar)
{
    if (bar >= BARS)
        return 0;
    return dev->nic ? sim_bar_size(dev->nic, bar) : bar == 0 ? STRANGER_BAR : 0;
}

static int device_info(const struct fake_dev *dev, struct vfio_device_info *info)
{
    int err = fault(FAKE_DEVICE_INFO);

    info->flags = VFIO_DEVICE_FLAGS_PCI | (dev->opt.no_reset ? 0 : VFIO_DEVICE_FLAGS_RESET);
    info->num_regions = VFIO_PCI_NUM_REGIONS;
    info->num_irqs = VFIO_PCI_NUM_IRQS;
    return err;
}

/* What is left of BAR 0 around its hole, which is neither at its start nor at its end. */
static void tell_areas(const struct fake_dev *dev, struct vfio_region_info *info)
{
    struct vfio_region_info_cap_sparse_mmap *cap = (void *)(info + 1);
    uint64_t end = dev->opt.hole + dev->opt.hole_size;

    info->flags |= VFIO_REGION_INFO_FLAG_CAPS;
    info->cap_offset = sizeof(*info);
    cap->header = (struct vfio_info_cap_header){ VFIO_REGION_INFO_CAP_SPARSE_MMAP, 1, 0 };
    cap->nr_areas = 2;
    cap->areas[0] = (struct vfio_region_sparse_mmap_area){ 0, dev->opt.hole };
    cap->areas[1] = (struct vfio_region_sparse_mmap_area){ end, info->size - end };
}

static int region_info(const struct fake_dev *dev, struct vfio_region_info *info)
{
    int err = fault(FAKE_REGION_INFO);

    if (err || info->index >= VFIO_PCI_NUM_REGIONS)
        return err ? err : -EINVAL;
    info->size =
        info->index == VFIO_PCI_CONFIG_REGION_INDEX ? CFG_SIZE : bar_size(dev, info->index);
    info->offset = (uint64_t)info->index << OFFSET_SHIFT;
    info->flags = info->size ? VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE : 0;
    info->cap_offset = 0;
    if (info->index < BARS && info->size && dev->opt.mappable) {
        info->flags |= VFIO_REGION_INFO_FLAG_MMAP;
        if (info->index == 0 && dev->opt.hole_size)
            tell_areas(dev, info);
    }
    return 0;
}

int device_ioctl(struct fake_dev *dev, unsigned long request, void *arg)
{
    switch (request) {
    case VFIO_DEVICE_GET_INFO:
        return device_info(dev, arg);
    case VFIO_DEVICE_GET_REGION_INFO:
        return region_info(dev, arg);
    case VFIO_DEVICE_GET_IRQ_INFO:
        return irq_info(dev, arg);
    case VFIO_DEVICE_SET_IRQS:
        return irq_set(dev, arg);
    case VFIO_DEVICE_RESET:
        return dev->opt.no_reset ? -ENOTTY : fault(FAKE_RESET);
    default:
        violated("request 0x%lx to a device", request);
        return -ENOTTY;
    }
}

int map_bar(struct fake_dev *dev, void *at, size_t len, int flags, uint64_t off, void **out)
{
    unsigned bar = (unsigned)(off >> OFFSET_SHIFT);
    uint64_t in_bar = off & ((UINT64_C(1) << OFFSET_SHIFT) - 1);
    uint64_t hole = bar == 0 ? dev->opt.hole_size : 0;

    if (bar >= BARS || dev->bar_fd[bar] < 0 || in_bar + len > bar_size(dev, bar) ||
        (hole && in_bar < dev->opt.hole + hole && dev->opt.hole < in_bar + len)) {
        violated("0x%zx bytes of BAR %u from 0x%llx on cannot be mapped", len, bar,
                 (unsigned long long)in_bar);
        return -EINVAL;
    }
    void *mem = mmap(at, len, PROT_READ | PROT_WRITE, flags, dev->bar_fd[bar], (off_t)in_bar);
    *out = mem;
    return mem == MAP_FAILED ? -errno : 0;
}

/* ---- reading and writing ------------------------------------------------------------------- */

static long cfg_pread(struct fake_dev *dev, void *buf, size_t len, unsigned off)
{
    int err = fault(FAKE_CFG_READ);
    uint32_t val =
        atomic_load(&dev->severed) ? UINT32_MAX : sim_cfg_read(dev->nic, off, (unsigned)len);

    if (err)
        return err;
    val = htole32(val); /* as the kernel hands it on */
    memcpy(buf, &val, len);
    return (long)len;
}

/* BARs and the capabilities of messages are the kernel's: what is written there is kept from the
 * device. */
static bool kernels_own(unsigned off)
{
    return (off >= 0x10 && off < 0x28) || (off >= CAP_MSI && off < CAP_MSI + 24) ||
           (off >= CAP_MSIX && off < CAP_MSIX + 12);
}

static long cfg_pwrite(struct fake_dev *dev, const void *buf, size_t len, unsigned off)
{
    int err = fault(FAKE_CFG_WRITE);
    uint32_t val = 0;

    if (err)
        return err;
    memcpy(&val, buf, len);
    if (kernels_own(off))
        violated("configuration space at 0x%x is written, which is the kernel's", off);
    else if (!atomic_load(&dev->severed))
        sim_cfg_write(dev->nic, off, (unsigned)len, le32toh(val));
    return (long)len;
}

static bool is_table(const struct fake_dev *dev, unsigned bar, uint64_t off)
{
    uint32_t place = sim_cfg_read(dev->nic, CAP_MSIX + 4, 4);

    return (sim_cfg_read(dev->nic, CAP_MSIX, 1) & 0xff) == 0x11 && (place & 7) == bar &&
           off >= (place & ~7u) && off < (place & ~7u) + 16 * 128;
}

/* An access to a BAR through the file; false: there is no such place. */
static bool bar_place(const struct fake_dev *dev, uint64_t off, size_t len, unsigned *bar,
                      uint64_t *at)
{
    *bar = (unsigned)(off >> OFFSET_SHIFT);
    *at = off & ((UINT64_C(1) << OFFSET_SHIFT) - 1);
    if (*bar >= BARS || *at + len > bar_size(dev, *bar)) {
        violated("BAR %u is accessed at 0x%llx", *bar, (unsigned long long)*at);
        return false;
    }
    if (is_table(dev, *bar, *at))
        violated("the MSI-X table is accessed, which is the kernel's");
    return true;
}

long device_pread(struct fake_dev *dev, void *buf, size_t len, uint64_t off)
{
    unsigned bar;
    uint64_t at;

    if (off >> OFFSET_SHIFT == VFIO_PCI_CONFIG_REGION_INDEX)
        return cfg_pread(dev, buf, len, (unsigned)(off & (CFG_SIZE - 1)));
    if (!bar_place(dev, off, len, &bar, &at))
        return -EINVAL;
    uint64_t val =
        atomic_load(&dev->severed) ? UINT64_MAX : sim_mmio_read(dev->nic, bar, at, (unsigned)len);
    val = htole64(val);
    memcpy(buf, &val, len);
    return (long)len;
}

long device_pwrite(struct fake_dev *dev, const void *buf, size_t len, uint64_t off)
{
    unsigned bar;
    uint64_t at, val = 0;

    if (off >> OFFSET_SHIFT == VFIO_PCI_CONFIG_REGION_INDEX)
        return cfg_pwrite(dev, buf, len, (unsigned)(off & (CFG_SIZE - 1)));
    if (!bar_place(dev, off, len, &bar, &at))
        return -EINVAL;
    memcpy(&val, buf, len);
    if (!atomic_load(&dev->severed))
        sim_mmio_write(dev->nic, bar, at, (unsigned)len, le64toh(val));
    return (long)len;
}
