// SPDX-License-Identifier: MIT
/*
 * A Linux kernel with VFIO as lib/os/linux meets it: what stands behind lib/os/linux/sys.h in these
 * tests. Its PCI functions are software NICs, its sysfs is a folder in /tmp. It is strict where the
 * real one is silent: what breaks the contract is counted, with a sentence.
 */
#ifndef TESTS_LINUX_FAKE_H
#define TESTS_LINUX_FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/sim.h"

/* ---- the kernel ---------------------------------------------------------------------------- */

struct fake_range {
    uint64_t first, last;
};

struct fake_kernel {
    const struct fake_range *ranges; /* device addresses the IOMMU takes */
    unsigned n_ranges;
    uint64_t page_sizes;    /* of the IOMMU; 0: not told */
    bool ranges_not_told;   /* as kernels before 5.4 */
    unsigned info_padding;  /* bytes before the ranges in the answer */
    uint64_t memlock;       /* bytes, UINT64_MAX: any number */
    unsigned large_pages;   /* how many of 2 MiB there are */
    bool scattered;         /* none of them side by side */
    bool addresses_hidden;  /* physical ones, as without CAP_SYS_ADMIN */
    bool no_type1, no_vfio; /* modules that are not loaded */
    bool no_remapping;      /* of interrupts: the IOMMU is refused */
    bool groups_apart;      /* a container takes one group */
    int api_version;
};
/* As most machines are: 39 bits less the window of messages. */
struct fake_kernel fake_usual(void);
void fake_boot(const struct fake_kernel *kernel);

/* ---- functions ----------------------------------------------------------------------------- */

struct fake_options {
    const char *bdf;    /* NULL: the next free one */
    const char *driver; /* NULL: "vfio-pci"; "": none */
    int group;          /* 0: one of its own */
    bool no_group, noiommu;
    bool held, denied, no_node; /* the group's file: by another process, not ours, not there */
    bool hide_msix, hide_msi, no_line, no_notices;
    unsigned irq_limit;       /* messages the system has left, 0: enough */
    bool mappable;            /* BARs can be mapped (they are memory then, and no registers) */
    uint64_t hole, hole_size; /* but for this part of BAR 0, if the size is not 0 */
    bool no_reset;
};

struct fake_dev;
/* NULL: no such model. opt NULL: the usual. */
struct fake_dev *fake_add(const char *model, const struct sim_options *sim,
                          const struct fake_options *opt);
/* A function nobody here has a driver for. `class` as in sysfs. */
struct fake_dev *fake_add_stranger(uint32_t class, const struct fake_options *opt);
/* It is not open. */
void fake_remove(struct fake_dev *dev);
const char *fake_bdf(const struct fake_dev *dev);
struct sim_nic *fake_nic(const struct fake_dev *dev);
struct fake_dev *fake_find(const char *bdf);
/* The process dies: what it does to the device from now on does not reach it, or does again. */
void fake_sever(struct fake_dev *dev, bool severed);
/* Unbinding: the kernel asks for the device. An error of PCI Express. */
void fake_request(struct fake_dev *dev);
void fake_break(struct fake_dev *dev);
/* Pieces of memory the device can reach. */
unsigned fake_reachable(const struct fake_dev *dev);
/* Bytes of a mappable BAR. */
uint8_t *fake_bar_memory(struct fake_dev *dev, unsigned bar);

/* ---- faults -------------------------------------------------------------------------------- */

enum fake_call {
    FAKE_OPEN_CONTAINER,
    FAKE_OPEN_GROUP,
    FAKE_OPEN_PAGEMAP,
    FAKE_API_VERSION,
    FAKE_CHECK_EXTENSION,
    FAKE_SET_IOMMU,
    FAKE_IOMMU_INFO,
    FAKE_MAP_DMA,
    FAKE_UNMAP_DMA,
    FAKE_GROUP_STATUS,
    FAKE_SET_CONTAINER,
    FAKE_DEVICE_FD,
    FAKE_DEVICE_INFO,
    FAKE_REGION_INFO,
    FAKE_IRQ_INFO,
    FAKE_SET_IRQS,
    FAKE_RESET,
    FAKE_MMAP,
    FAKE_CFG_READ,
    FAKE_CFG_WRITE,
    FAKE_CALLS
};
const char *fake_call_name(enum fake_call call);
/* After `good` more calls `times` calls fail with `err` (positive); times < 0: all of them. */
void fake_fail(enum fake_call call, int good, int times, int err);
/* Calls that failed by it since; forgets the fault. */
unsigned fake_heal(enum fake_call call);
/* Calls so far. */
unsigned fake_calls(enum fake_call call);

/* ---- what is held -------------------------------------------------------------------------- */

struct fake_counts {
    unsigned files;    /* open ones of VFIO */
    unsigned mappings; /* of all containers */
    uint64_t locked;   /* bytes they have pinned */
    uint64_t bytes;    /* of memory that was mapped here */
    unsigned large;    /* pages of 2 MiB in use */
    unsigned signals;  /* eventfds given to the kernel */
};
struct fake_counts fake_count(void);

/* Broken rules so far, and the latest. */
unsigned fake_violations(void);
const char *fake_last_violation(void);

#endif
