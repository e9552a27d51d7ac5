// SPDX-License-Identifier: MIT
/*
 * Inside of the Linux backend: PCI functions bound to vfio-pci.
 *
 * VFIO's objects: a container is an address space of the IOMMU; a group is what the IOMMU cannot
 * tell apart, and belongs to one process; a device is a file. All groups of this process go into
 * one container as long as the kernel allows it, so that memory is mapped once for all devices.
 */
#ifndef IXL_OS_LINUX_OS_H
#define IXL_OS_LINUX_OS_H

#include <pthread.h>
#include <stdatomic.h>

#include "lib/os/linux/vectors.h"
#include "lib/os/os.h"

#define LX_BDF_SIZE  16u /* "0000:03:00.0" and the zero; domains may have more digits */
#define LX_NAME_SIZE 64u
#define LX_BARS_MAX  12u
#define LX_LARGE     ((size_t)2 << 20)

/* ---- IOVA: device addresses of a container (iova.c) ---------------------- */

struct lx_range {
    uint64_t first, last;
};

struct lx_iova {
    uint64_t page;            /* smallest page of the IOMMU, in bytes */
    struct lx_range *allowed; /* in ascending order */
    unsigned n_allowed;
    struct lx_range *used; /* in ascending order */
    unsigned n_used, room_used;
};

void lx_iova_free(struct lx_iova *iova);
/* Takes the ranges over; false: no memory. They replace the former ones. */
bool lx_iova_allow(struct lx_iova *iova, const struct lx_range *ranges, unsigned n);
/* Room for `size` bytes at a multiple of `align`, if it can be where `virt` is in memory, or at
 * least at a constant distance from it. -IXL_ENOMEM, without a log line. */
int lx_iova_take(struct lx_iova *iova, uint64_t virt, uint64_t size, uint64_t align,
                 uint64_t *addr);
void lx_iova_give(struct lx_iova *iova, uint64_t addr);

/* ---- containers and groups (group.c) ------------------------------------- */

struct lx_container {
    struct lx_container *next;
    int fd;
    unsigned groups;
    bool noiommu;         /* devices reach all memory, at physical addresses */
    pthread_mutex_t lock; /* of iova and of mapping */
    struct lx_iova iova;
};

struct lx_group {
    struct lx_group *next;
    int fd, number;
    unsigned devices;
    struct lx_container *container;
};

/* The group of a device, in a container; opened and put there if it is not. */
int lx_group_get(const char *bdf, struct lx_group **out);
void lx_group_put(struct lx_group *group);
/* Make memory of this process visible to all devices of a container. `size`, `virt`: whole pages.
 * A log line tells why not. */
int lx_map(struct lx_container *c, const char *address, void *virt, size_t size, size_t align,
           uint64_t *addr);
void lx_unmap(struct lx_container *c, const char *address, uint64_t addr, size_t size);

/* ---- devices ------------------------------------------------------------- */

/* What an address says of one device. */
struct lx_spec {
    char bdf[LX_BDF_SIZE];
    char options[40]; /* as typed, from the comma on */
    struct lx_irq_wish irqs;
};

struct lx_bus {
    struct ixl_os_bus base;
    unsigned n;
    struct lx_spec *spec;
};

/* A large page, or several side by side, that pieces are cut from. */
struct lx_arena;

struct lx_mem {
    struct lx_mem *next;
    void *virt;
    uint64_t addr;
    size_t size;
    bool shared;            /* memory of another device, made visible to this one */
    struct lx_arena *arena; /* that it is cut from; NULL: pages of its own */
};

struct lx_mapped_bar {
    void *at; /* NULL: free place */
    size_t size;
    bool slow; /* reached through the file */
};

struct lx_dev {
    struct ixl_os_dev base;
    struct lx_dev *next; /* open devices of this process */
    struct lx_spec spec;
    char address[80];
    struct lx_group *group;
    int fd;
    bool can_reset;
    uint64_t cfg;            /* offset of the configuration space in the file */
    uint64_t cfg_size;       /* bytes */
    int err_fd, req_fd;      /* eventfds of an error and of a request to give the device back, -1 */
    pthread_mutex_t command; /* of what is written to the configuration space, and of: */
    _Atomic bool gone;       /* one of them came; it is written nothing any more */
    pthread_mutex_t lock;    /* of mems and arenas */
    struct lx_mem *mems;
    bool told_small; /* that large pages are missing */
    struct lx_arena *arenas;
    struct lx_mapped_bar bars[LX_BARS_MAX];
    struct lx_vectors irqs;
};

extern const struct ixl_os_ops ixl_linux_os;

static inline struct lx_dev *lx_dev(struct ixl_os_dev *dev)
{
    return (struct lx_dev *)dev;
}

/* error.c: a negative errno as a code of this library, after a sentence
 * "ADDRESS: WHAT: MEANING[: HINT]". */
int lx_fail(const char *address, const char *what, int err, const char *hint);
/* Only the code. */
int lx_to_ixl(int err);

/* sysfs.c: what the kernel tells of PCI functions. */
/* The functions that are network controllers, those bound to vfio-pci first; their number or an
 * error. The caller frees *list. */
int lx_sysfs_list(char (**list)[LX_BDF_SIZE]);
bool lx_sysfs_exists(const char *bdf);
int lx_sysfs_identify(const char *bdf, struct ixl_os_dev_info *info);
/* Name of its driver, "" if it has none. */
void lx_sysfs_driver(const char *bdf, char name[LX_NAME_SIZE]);
bool lx_sysfs_is_vfio(const char *driver);
/* Is vfio-pci there to be bound to? */
bool lx_sysfs_has_vfio(void);
/* Its IOMMU group, -IXL_ENOENT: none. */
int lx_sysfs_group(const char *bdf);
/* Functions of the group with drivers that do not belong to VFIO, "0000:03:00.1 (e1000e), ...". */
void lx_sysfs_group_others(int group, char *buf, size_t size);

/* device.c: the device reaches no memory any more, whatever it was told, and seems to be gone. */
void lx_cut_off(struct lx_dev *dev);

/* bus.c */
int lx_bus_open(const char *spec, struct ixl_os_bus **out);
void lx_bus_close(struct ixl_os_bus *bus);
int lx_bus_scan(struct ixl_os_bus *bus, unsigned index, struct ixl_os_dev_info *info);
void lx_bus_address(const struct lx_spec *spec, char address[80]);

/* notice.c: errors and requests of the kernel */
void lx_notice_open(struct lx_dev *dev);
void lx_notice_close(struct lx_dev *dev);
/* True once the kernel has told that the device is lost or wanted back. */
bool lx_notice_gone(struct lx_dev *dev);

/* dma.c */
int lx_dma_alloc(struct ixl_os_dev *dev, size_t size, size_t align, struct ixl_dma *out);
void lx_dma_free(struct ixl_os_dev *dev, struct ixl_dma *mem);
int lx_dma_share(struct ixl_os_dev *dev, const struct ixl_os_dev *home, const struct ixl_dma *mem,
                 uint64_t *addr);
void lx_dma_unshare(struct ixl_os_dev *dev, const struct ixl_dma *mem, uint64_t addr);
void lx_dma_close(struct lx_dev *dev);

/* arena.c: memory in large pages; dev->lock held. -IXL_EAGAIN: there are none, and ordinary pages
 * will do. */
int lx_arena_alloc(struct lx_dev *dev, size_t size, size_t align, struct lx_mem *mem);
void lx_arena_free(struct lx_dev *dev, const struct lx_mem *mem);

/* irq.c */
/* Hand an eventfd each to `n` interrupts of an index, from the first on: 0, how many there can be
 * if they are fewer, or a negative errno. n 0 takes all away. */
int lx_irq_set(struct lx_dev *dev, unsigned index, const int *fds, unsigned n);
int lx_irq_setup(struct ixl_os_dev *dev, unsigned wanted, unsigned *granted,
                 enum ixl_irq_kind *kind);
void lx_irq_teardown(struct ixl_os_dev *dev);
int lx_irq_bind(struct ixl_os_dev *dev, unsigned vector);
int lx_irq_wait(struct ixl_os_dev *dev, unsigned vector, int64_t timeout_us);
int lx_irq_unmask(struct ixl_os_dev *dev, unsigned vector);
int lx_irq_mask(struct ixl_os_dev *dev, unsigned vector);
ixl_irq_t lx_irq_native(struct ixl_os_dev *dev, unsigned vector);

/* bar.c */
int lx_bar_map(struct ixl_os_dev *dev, unsigned index, struct ixl_bar *out);
void lx_bar_unmap(struct ixl_os_dev *dev, struct ixl_bar *bar);
void lx_bar_close(struct lx_dev *dev);

/* time.c */
uint64_t lx_now_ns(struct ixl_os_dev *dev);
void lx_delay_us(struct ixl_os_dev *dev, unsigned us);

#endif
