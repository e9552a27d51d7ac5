// SPDX-License-Identifier: MIT
/*
 * Inside of the fake kernel. Lock order: fake_lock, then a model's, then memory_lock or irq_lock:
 * models are called with neither of these held, and their calls back take one of them alone.
 */
#ifndef TESTS_LINUX_FAKE_PRIV_H
#define TESTS_LINUX_FAKE_PRIV_H

#include <pthread.h>
#include <stdatomic.h>

#include "tests/linux/fake.h"

#define BDF_SIZE    16u
#define BARS        6u
#define MAPS_MAX    1024u
#define VECTORS_MAX 128u
#define INDICES     5u /* kinds of interrupts, as VFIO counts them */
#define PAGE        4096u
#define LARGE       (2u << 20)

extern pthread_mutex_t fake_lock; /* of all but what the two below guard */
extern struct fake_kernel kernel;

void violated(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* 0, or the negative error a fault asks for. */
int fault(enum fake_call call);

/* ---- files (fake_fs.c) --------------------------------------------------------------------- */

enum file_type { FILE_FREE, FILE_CONTAINER, FILE_GROUP, FILE_DEVICE, FILE_PAGEMAP };

struct file {
    enum file_type type;
    void *obj;
};

/* A new descriptor; negative errno. */
int file_open(enum file_type type, void *obj);
/* What is behind one; FILE_FREE: none of the fake's. */
struct file file_at(int fd);
unsigned count_files(void);
void sysfs_add(const struct fake_dev *dev, uint32_t class, uint32_t vendor, uint32_t device);
void sysfs_remove(const struct fake_dev *dev);

/* ---- containers and groups (fake_vfio.c) --------------------------------------------------- */

struct mapping {
    uint64_t iova, size;
    uint8_t *virt; /* NULL: free place */
};

struct container {
    struct container *next; /* all there are */
    unsigned groups;
    bool is_set, noiommu;         /* the IOMMU */
    unsigned top;                 /* places from here on were never used */
    struct mapping map[MAPS_MAX]; /* guarded by memory_lock */
};

struct group {
    struct group *next;
    int number;
    bool noiommu, open;
    unsigned devices;            /* open ones */
    struct container *container; /* guarded by memory_lock, too */
};

extern struct container *containers;

/* The group of that number, made if there is none. */
struct group *group_get(int number, bool noiommu);
int open_vfio(const char *name);
void close_container(struct container *c);
void close_group(struct group *g);
int container_ioctl(struct container *c, unsigned long request, void *arg);
int group_ioctl(struct group *g, unsigned long request, void *arg);

/* ---- memory (fake_memory.c) ---------------------------------------------------------------- */

extern pthread_rwlock_t memory_lock; /* what devices reach; their accesses read */

int map_dma(struct container *c, uint64_t iova, uint64_t size, void *virt);
int unmap_dma(struct container *c, uint64_t iova, uint64_t *size);
void forget_maps(struct container *c);
unsigned count_maps(const struct container *c);
void count_memory(struct fake_counts *counts);
bool dma_read(void *dev, uint64_t addr, void *buf, size_t len);
bool dma_write(void *dev, uint64_t addr, const void *buf, size_t len);
/* The fake's own part of lx_mmap: a BAR. */
int map_bar(struct fake_dev *dev, void *at, size_t len, int flags, uint64_t off, void **out);

/* ---- devices (fake_device.c) --------------------------------------------------------------- */

struct signals {
    int fd[VECTORS_MAX];
    unsigned n;
};

struct fake_dev {
    struct fake_dev *next;
    char bdf[BDF_SIZE];
    struct fake_options opt;
    struct group *group; /* NULL: none */
    struct sim_nic *nic; /* NULL: a stranger */
    bool open;
    bool off_refused; /* interrupts are on since switching them off has failed */
    _Atomic bool severed;
    int bar_fd[BARS]; /* memory of mappable BARs, -1 */
    uint8_t *bar_mem[BARS];
    /* guarded by irq_lock */
    struct signals signals[INDICES];
    bool asserted, masked; /* the pin, and whether the kernel lets it through */
};

extern struct fake_dev *fake_devs;

int device_open(struct fake_dev *dev);
void device_close(struct fake_dev *dev);
int device_ioctl(struct fake_dev *dev, unsigned long request, void *arg);
long device_pread(struct fake_dev *dev, void *buf, size_t len, uint64_t off);
long device_pwrite(struct fake_dev *dev, const void *buf, size_t len, uint64_t off);
uint64_t bar_size(const struct fake_dev *dev, unsigned bar);

/* ---- interrupts (fake_irq.c) --------------------------------------------------------------- */

extern pthread_mutex_t irq_lock;

struct vfio_irq_set;
struct vfio_irq_info;
int irq_info(struct fake_dev *dev, struct vfio_irq_info *info);
int irq_set(struct fake_dev *dev, const struct vfio_irq_set *set);
void irq_off(struct fake_dev *dev);
void dev_msi(void *dev, uint64_t addr, uint32_t data);
void dev_intx(void *dev, bool asserted);
unsigned count_signals(void);

#endif
