// SPDX-License-Identifier: MIT
/*
 * The seam: all that a driver, or the core, asks of the world.
 *
 * A backend (one folder beside this file) fills one struct ixl_os_ops and embeds the
 * base structures below as first members of its own. Every function returns 0 (or a
 * count) or a negative IXL_E* code, logs one sentence on failure (ixl_log), never
 * exits, and waits only for a bounded time. Control functions of one device are called by
 * one thread at a time; the exceptions say so.
 */
#ifndef IXL_OS_OS_H
#define IXL_OS_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ixl/device.h>
#include <ixl/error.h>
#include <ixl/log.h>

struct ixl_os_ops;

/* Base of a backend's bus. */
struct ixl_os_bus {
    const struct ixl_os_ops *ops;
};

/* Base of a backend's opened device. */
struct ixl_os_dev {
    const struct ixl_os_ops *ops;
};

/* What a scan tells of a device without claiming it. */
struct ixl_os_dev_info {
    uint16_t vendor, device, subvendor, subdevice;
    uint8_t revision;
    char address[80];
};

/*
 * A mapped BAR. With `mem` set registers are touched directly; otherwise through the
 * functions. `mem` may be set by the backend at bar_map only.
 */
struct ixl_bar {
    volatile uint8_t *mem;
    uint64_t size; /* bytes */
    /* width: 1, 2 or 4 bytes, naturally aligned; one access of that width at the device. */
    uint32_t (*read)(const struct ixl_bar *bar, uint32_t off, unsigned width);
    void (*write)(const struct ixl_bar *bar, uint32_t off, unsigned width, uint32_t val);
    void *ctx; /* the backend's */
    unsigned index;
};

/* DMA memory: the device sees byte i of `virt` at device address `addr` + i. 0 is a valid address.
 */
struct ixl_dma {
    void *virt;
    uint64_t addr;
    size_t size; /* bytes, as rounded up by the backend */
    void *ctx;   /* the backend's */
};

enum ixl_irq_kind { IXL_IRQ_NONE, IXL_IRQ_INTX, IXL_IRQ_MSI, IXL_IRQ_MSIX };

struct ixl_os_ops {
    const char *scheme; /* "sim": addresses start with "sim:" */
    const char *help;   /* one line for --help: what such an address looks like */

    /* -- buses. `spec` is the address behind "SCHEME:"; options included. */
    int (*bus_open)(const char *spec, struct ixl_os_bus **out);
    void (*bus_close)(struct ixl_os_bus *bus); /* opened devices stay valid */
    /* The index-th PCI device, whatever it is; -IXL_ENOENT past the last. Claims nothing. */
    int (*bus_scan)(struct ixl_os_bus *bus, unsigned index, struct ixl_os_dev_info *info);

    /* -- devices. Open claims it exclusively (-IXL_EBUSY). Memory decoding is on, bus mastering
     * is off afterwards. Close undoes everything, also what the caller forgot: bus mastering off
     * first, then interrupts, BARs and DMA memory. */
    int (*dev_open)(struct ixl_os_bus *bus, unsigned index, struct ixl_os_dev **out);
    void (*dev_close)(struct ixl_os_dev *dev);

    /* -- PCI configuration space, from any thread; width 1, 2 or 4 bytes, naturally aligned. */
    int (*cfg_read)(struct ixl_os_dev *dev, unsigned off, unsigned width, uint32_t *val);
    int (*cfg_write)(struct ixl_os_dev *dev, unsigned off, unsigned width, uint32_t val);

    /* -- BARs. */
    int (*bar_map)(struct ixl_os_dev *dev, unsigned index, struct ixl_bar *out);
    void (*bar_unmap)(struct ixl_os_dev *dev, struct ixl_bar *bar);

    /*
     * -- DMA memory. Zeroed, physically reachable as one range, aligned to `align` (a power of
     * two) in both address spaces. Free revokes the device's access before the memory goes.
     * alloc and free may be called from any thread, concurrently.
     * share makes memory of another device (of the same or another backend) reachable for `dev`
     * too, at *addr; -IXL_ENOTSUP if it cannot be. unshare revokes it.
     */
    int (*dma_alloc)(struct ixl_os_dev *dev, size_t size, size_t align, struct ixl_dma *out);
    void (*dma_free)(struct ixl_os_dev *dev, struct ixl_dma *mem);
    int (*dma_share)(struct ixl_os_dev *dev, const struct ixl_os_dev *home,
                     const struct ixl_dma *mem, uint64_t *addr);
    void (*dma_unshare)(struct ixl_os_dev *dev, const struct ixl_dma *mem, uint64_t addr);

    /*
     * -- interrupts. setup asks for `wanted` vectors of the best kind the device and the system
     * have, and says how many and which were granted (1 for MSI and INTx; NONE and 0 if there is
     * no way). It leaves the device's capability enabled and every vector masked at the OS level
     * where that exists. teardown masks, disables, frees.
     * bind: the calling thread (where the system cares) will wait for the vector.
     * wait: 1 fired, 0 timed out; timeout in microseconds, negative for ever (then it also
     * returns 0 now and again so that the caller can look around, at least once a second).
     * A firing is consumed by the wait that reports it. One thread a vector.
     * wait with timeout 0 checks and clears. -IXL_ENOTSUP: somebody else waits for the object,
     * and the backend cannot tell.
     * unmask/mask: at the OS level (INTx must be acknowledged there); cheap no-ops for MSI-X.
     * native: the object behind it (eventfd, L4 capability index).
     */
    int (*irq_setup)(struct ixl_os_dev *dev, unsigned wanted, unsigned *granted,
                     enum ixl_irq_kind *kind);
    void (*irq_teardown)(struct ixl_os_dev *dev);
    int (*irq_bind)(struct ixl_os_dev *dev, unsigned vector);
    int (*irq_wait)(struct ixl_os_dev *dev, unsigned vector, int64_t timeout_us);
    int (*irq_unmask)(struct ixl_os_dev *dev, unsigned vector);
    int (*irq_mask)(struct ixl_os_dev *dev, unsigned vector);
    ixl_irq_t (*irq_native)(struct ixl_os_dev *dev, unsigned vector);

    /* -- time. Monotonic nanoseconds of the device's world, any thread; delay sleeps or spins at
     * least `us` microseconds of it (QEMU's stopped clock is moved on). */
    uint64_t (*now_ns)(struct ixl_os_dev *dev);
    void (*delay_us)(struct ixl_os_dev *dev, unsigned us);
};

/* The backends of this build, NULL-terminated (lib/os/table.c). */
extern const struct ixl_os_ops *const ixl_os_table[];

/* ---- register access --------------------------------------------------------- */

static inline uint32_t ixl_bar_read32(const struct ixl_bar *bar, uint32_t off)
{
    if (__builtin_expect(bar->mem != NULL, 1)) {
        uint32_t val = *(const volatile uint32_t *)(const volatile void *)(bar->mem + off);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        val = __builtin_bswap32(val);
#endif
        return val;
    }
    return bar->read(bar, off, 4);
}

static inline void ixl_bar_write32(const struct ixl_bar *bar, uint32_t off, uint32_t val)
{
    if (__builtin_expect(bar->mem != NULL, 1)) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        val = __builtin_bswap32(val);
#endif
        *(volatile uint32_t *)(volatile void *)(bar->mem + off) = val;
        return;
    }
    bar->write(bar, off, 4, val);
}

/* Registers of 16 and 8 bits, which some devices have and want accessed as such. */
static inline uint16_t ixl_bar_read16(const struct ixl_bar *bar, uint32_t off)
{
    if (__builtin_expect(bar->mem != NULL, 1)) {
        uint16_t val = *(const volatile uint16_t *)(const volatile void *)(bar->mem + off);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        val = __builtin_bswap16(val);
#endif
        return val;
    }
    return (uint16_t)bar->read(bar, off, 2);
}

static inline void ixl_bar_write16(const struct ixl_bar *bar, uint32_t off, uint16_t val)
{
    if (__builtin_expect(bar->mem != NULL, 1)) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        val = __builtin_bswap16(val);
#endif
        *(volatile uint16_t *)(volatile void *)(bar->mem + off) = val;
        return;
    }
    bar->write(bar, off, 2, val);
}

static inline uint8_t ixl_bar_read8(const struct ixl_bar *bar, uint32_t off)
{
    if (__builtin_expect(bar->mem != NULL, 1))
        return bar->mem[off];
    return (uint8_t)bar->read(bar, off, 1);
}

static inline void ixl_bar_write8(const struct ixl_bar *bar, uint32_t off, uint8_t val)
{
    if (__builtin_expect(bar->mem != NULL, 1))
        bar->mem[off] = val;
    else
        bar->write(bar, off, 1, val);
}

/* ---- barriers ------------------------------------------------------------------ */

/* Orders all stores to DMA memory before a following register write (doorbell). On x86 write-back
 * memory and uncached stores are ordered by the hardware: only the compiler must be held. */
static inline void ixl_wmb(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
#elif defined(__aarch64__)
    __asm__ volatile("dmb oshst" ::: "memory");
#elif defined(__arm__)
    __asm__ volatile("dmb" ::: "memory");
#else
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
    /* A model in the same process runs in another thread; TSan needs no hint, since its
     * registers are behind functions that take a lock. */
}

/* Orders a read of a descriptor's DD before reads of what the device wrote earlier. */
static inline void ixl_rmb(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
#elif defined(__aarch64__)
    __asm__ volatile("dmb oshld" ::: "memory");
#elif defined(__arm__)
    __asm__ volatile("dmb" ::: "memory");
#else
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

/* Orders a store before a load of what the device writes: to tell it something and then look
 * whether it has already acted. The only barrier that costs on x86. */
static inline void ixl_mb(void)
{
#if defined(__x86_64__)
    __asm__ volatile("lock; addl $0, -4(%%rsp)" ::: "memory", "cc"); /* quicker than mfence */
#elif defined(__aarch64__)
    __asm__ volatile("dmb osh" ::: "memory");
#elif defined(__arm__)
    __asm__ volatile("dmb" ::: "memory");
#else
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

/* ---- helpers every backend and driver may use (lib/os/pci.c, lib/core/log.c) ------ */

/* PCI configuration space offsets and bits the library uses (PCI Local Bus 3.0, chapter 6). */
enum {
    IXL_PCI_COMMAND = 0x04,
    IXL_PCI_COMMAND_IO = 1u << 0,
    IXL_PCI_COMMAND_MEMORY = 1u << 1,
    IXL_PCI_COMMAND_MASTER = 1u << 2,
    IXL_PCI_COMMAND_INTX_OFF = 1u << 10,
    IXL_PCI_STATUS = 0x06,
    IXL_PCI_BAR0 = 0x10,
    IXL_PCI_CAP_PTR = 0x34,
    IXL_PCI_CAP_MSI = 0x05,
    IXL_PCI_CAP_VENDOR = 0x09,
    IXL_PCI_CAP_PCIE = 0x10,
    IXL_PCI_CAP_MSIX = 0x11,
};

/* Offset of the first capability `id`, 0 if there is none, negative on error. Bounded. */
int ixl_pci_find_cap(struct ixl_os_dev *dev, uint8_t id);
/* The same for the next one behind the capability at `at`. */
int ixl_pci_next_cap(struct ixl_os_dev *dev, uint8_t id, unsigned at);
/* Set or clear bits of the command register. */
int ixl_pci_command(struct ixl_os_dev *dev, uint16_t set, uint16_t clear);
/* Bus mastering off, in silence, as long as the configuration space answers: of a device that does
 * not, at its registers, it is not known whether it still reaches memory. */
void ixl_pci_master_off(struct ixl_os_dev *dev);

/* MSI-X table of a device: where it lies and how many vectors it has. */
struct ixl_pci_msix {
    unsigned cap;     /* offset of the capability */
    unsigned bar;     /* BAR of the table */
    uint32_t table;   /* offset of the table in it */
    unsigned vectors; /* size of the table */
};
/* 0, -IXL_ENOTSUP if the device has no MSI-X. */
int ixl_pci_msix_find(struct ixl_os_dev *dev, struct ixl_pci_msix *out);
/* Write one table entry and unmask it; `bar` maps msix->bar. */
void ixl_pci_msix_set(const struct ixl_pci_msix *msix, const struct ixl_bar *bar, unsigned vector,
                      uint64_t addr, uint32_t data);
void ixl_pci_msix_mask(const struct ixl_pci_msix *msix, const struct ixl_bar *bar, unsigned vector);
/* The capability's enable bit (INTx is switched off with it). */
int ixl_pci_msix_enable(struct ixl_os_dev *dev, const struct ixl_pci_msix *msix, bool on);

/* Log one line through the user's callback. */
void ixl_log(enum ixl_log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
