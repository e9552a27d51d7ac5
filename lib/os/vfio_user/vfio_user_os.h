// SPDX-License-Identifier: MIT
/*
 * Inside of the vfio-user backend: PCI functions that another process serves at a Unix socket
 * (vfio-user protocol specification, version 0.0). They are described and used as with Linux's
 * VFIO, by messages in the place of system calls. DMA memory and eventfds are handed over as
 * descriptors.
 *
 * The server is not trusted. A reply that does not fit its request, or does not come in time, ends
 * the connection, and the device is a removed one from then on. What is shared with the server can
 * be scribbled on, as by any device, but not be taken away.
 */
#ifndef IXL_OS_VFIO_USER_OS_H
#define IXL_OS_VFIO_USER_OS_H

#include <pthread.h>
#include <stdatomic.h>

#include "lib/os/linux/vectors.h"
#include "lib/os/os.h"

#define VU_BARS_MAX 12u
#define VU_FDS_MAX  16u /* descriptors in a message, if the server takes as many */

/* ---- the connection (conn.c) --------------------------------------------- */

enum vu_command {
    VU_VERSION = 1,
    VU_DMA_MAP = 2,
    VU_DMA_UNMAP = 3,
    VU_DEVICE_GET_INFO = 4,
    VU_DEVICE_GET_REGION_INFO = 5,
    VU_DEVICE_GET_IRQ_INFO = 7,
    VU_DEVICE_SET_IRQS = 8,
    VU_REGION_READ = 9,
    VU_REGION_WRITE = 10,
    VU_DEVICE_RESET = 13,
};

struct vu_conn {
    int fd;
    const char *address; /* for log lines; the caller's */
    pthread_mutex_t lock;
    uint16_t id;        /* of the latest message */
    uint64_t begun_ns;  /* the latest message */
    uint64_t credit_ns; /* what the server may still take beyond prompt answers */
    _Atomic bool dead;  /* the server has gone, or cannot be trusted any more */
    unsigned max_fds;   /* descriptors the server takes in a message */
};

/* A message and what may come back. */
struct vu_call {
    enum vu_command command;
    const void *body;
    size_t len;
    const int *fds;
    unsigned n_fds;
    void *reply; /* room for reply_max bytes */
    size_t reply_min, reply_max;
    size_t reply_len; /* bytes that came */
    int *reply_fd;    /* -1 or a descriptor that came, then the caller's; NULL: none is wanted */
};

/* Connect and agree on the version. A code of this library, after a log line. */
int vu_connect(struct vu_conn *c, const char *path, const char *address);
void vu_disconnect(struct vu_conn *c);
/* One message and its reply, from any thread. 0; the server's errno, negative, without a log line;
 * -ENODEV if the connection is dead, which is told once. Takes a few seconds at most, and all
 * together not much longer than prompt answers would. */
int vu_call(struct vu_conn *c, struct vu_call *call);
/* `width` bytes, 1, 2 or 4, of a region. Errors as vu_call. */
int vu_region_read(struct vu_conn *c, unsigned region, uint64_t off, unsigned width, uint32_t *val);
int vu_region_write(struct vu_conn *c, unsigned region, uint64_t off, unsigned width, uint32_t val);

static inline bool vu_dead(const struct vu_conn *c)
{
    return atomic_load_explicit(&c->dead, memory_order_relaxed);
}

/* ---- devices ------------------------------------------------------------- */

struct vu_spec {
    char path[108];
    char options[40]; /* as typed, from the comma on */
    struct lx_irq_wish irqs;
    bool known; /* info is */
    struct ixl_os_dev_info info;
};

struct vu_bus {
    struct ixl_os_bus base;
    unsigned n;
    struct vu_spec *spec;
};

struct vu_mem {
    struct vu_mem *next;
    void *virt;
    uint64_t addr;
    size_t size;
    int fd; /* -1: memory of another device, made visible to this one */
};

struct vu_mapped_bar {
    void *at; /* NULL: free place */
    size_t size;
};

struct vu_dev {
    struct ixl_os_dev base;
    struct vu_dev *next; /* open devices of this process */
    struct vu_spec spec;
    struct vu_conn conn;
    uint64_t cfg_size;    /* bytes */
    pthread_mutex_t lock; /* of mems */
    struct vu_mem *mems;
    struct vu_mapped_bar bars[VU_BARS_MAX];
    struct lx_vectors irqs;
};

extern const struct ixl_os_ops ixl_vfio_user_ops;

static inline struct vu_dev *vu_dev(struct ixl_os_dev *dev)
{
    return (struct vu_dev *)dev;
}

/* bus.c */
int vu_bus_open(const char *spec, struct ixl_os_bus **out);
void vu_bus_close(struct ixl_os_bus *bus);
int vu_bus_scan(struct ixl_os_bus *bus, unsigned index, struct ixl_os_dev_info *info);
/* Identity as the configuration space has it. */
int vu_identify(struct vu_conn *c, struct ixl_os_dev_info *info);

/* dma.c */
int vu_dma_alloc(struct ixl_os_dev *dev, size_t size, size_t align, struct ixl_dma *out);
void vu_dma_free(struct ixl_os_dev *dev, struct ixl_dma *mem);
int vu_dma_share(struct ixl_os_dev *dev, const struct ixl_os_dev *home, const struct ixl_dma *mem,
                 uint64_t *addr);
void vu_dma_unshare(struct ixl_os_dev *dev, const struct ixl_dma *mem, uint64_t addr);
void vu_dma_close(struct vu_dev *dev);

/* irq.c */
int vu_irq_setup(struct ixl_os_dev *dev, unsigned wanted, unsigned *granted,
                 enum ixl_irq_kind *kind);
void vu_irq_teardown(struct ixl_os_dev *dev);
int vu_irq_bind(struct ixl_os_dev *dev, unsigned vector);
int vu_irq_wait(struct ixl_os_dev *dev, unsigned vector, int64_t timeout_us);
int vu_irq_unmask(struct ixl_os_dev *dev, unsigned vector);
int vu_irq_mask(struct ixl_os_dev *dev, unsigned vector);
ixl_irq_t vu_irq_native(struct ixl_os_dev *dev, unsigned vector);

/* bar.c */
int vu_bar_map(struct ixl_os_dev *dev, unsigned index, struct ixl_bar *out);
void vu_bar_unmap(struct ixl_os_dev *dev, struct ixl_bar *bar);
void vu_bar_close(struct vu_dev *dev);

#endif
