// SPDX-License-Identifier: MIT
/*
 * An L4Re of one process: what tests see of it. Virtual buses with software NICs on them, and the
 * kernel, io and moe as far as a driver meets them, strict where the real ones end the program or
 * do something surprising. What breaks the contract is counted, with a sentence.
 */
#ifndef TESTS_L4RE_FAKE_H
#define TESTS_L4RE_FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <l4/vbus/vbus.h>

#include "sim/sim.h"

/* ---- virtual buses ------------------------------------------------------------------------- */

struct fake_options {
    bool iommu;           /* a DMA domain each, addresses of its own; else physical addresses */
    uint64_t iommu_first; /* first device address given out */
    uint64_t iommu_skew;  /* added to each of them */
    bool no_domains;      /* devices are in no DMA domain */
    bool bus_domain;      /* only the bus as a whole is in one */
    bool no_icu;
    bool no_icu_msi;    /* the ICU has lines only */
    bool unmask_at_icu; /* what l4_icu_bind says */
    unsigned num_msis;
    uint64_t bar_offset; /* BARs start so far inside of a page */
};
#define FAKE_OPTIONS_DEFAULT                                                                       \
    {                                                                                              \
        .iommu = true, .iommu_first = 0x100000, .num_msis = 26                                     \
    }

struct fake_vbus;
/* `name` is the one of the initial capability; opt NULL: the default. */
struct fake_vbus *fake_vbus_create(const char *name, const struct fake_options *opt);
/* No device of it is open. */
void fake_vbus_destroy(struct fake_vbus *vbus);
l4_cap_idx_t fake_vbus_cap(const struct fake_vbus *vbus);
struct fake_vbus *fake_vbus_of(l4_cap_idx_t cap);
/* Messages io still has to give. */
unsigned fake_vbus_free_msis(struct fake_vbus *vbus);
/* Take a message as another client of the bus does; give all those back. */
void fake_vbus_take_msi(struct fake_vbus *vbus, unsigned number);
void fake_vbus_return_msis(struct fake_vbus *vbus);

struct fake_dev_options {
    bool hide_msix, hide_msi, no_line;
    bool line_taken; /* by another client of the bus */
};
/* Put a software NIC on the bus; NULL: no such model. */
struct sim_nic *fake_vbus_add(struct fake_vbus *vbus, const char *model,
                              const struct sim_options *sim, const struct fake_dev_options *opt);
/* A PCI device nobody has a driver for. */
void fake_vbus_add_stranger(struct fake_vbus *vbus);
struct sim_nic *fake_vbus_nic(struct fake_vbus *vbus, unsigned index);
l4vbus_device_handle_t fake_vbus_handle(struct fake_vbus *vbus, unsigned index);
struct sim_nic *fake_nic_of(l4_cap_idx_t vbus, l4vbus_device_handle_t handle);
/* What the program does to the device from now on does not reach it, or does again. */
void fake_sever(l4_cap_idx_t vbus, l4vbus_device_handle_t handle, bool severed);
/* How many pieces of memory the device can reach. */
unsigned fake_reachable(struct fake_vbus *vbus, unsigned index);
/* The number of the message that is this write, -1: none of this bus. */
int fake_msi_number(struct fake_vbus *vbus, uint64_t addr, uint32_t data);

/* ---- faults -------------------------------------------------------------------------------- */

enum fake_call {
    FAKE_CAP_ALLOC,
    FAKE_FACTORY,
    FAKE_FACTORY_IRQ,
    FAKE_MA_ALLOC,
    FAKE_ATTACH,
    FAKE_DETACH,
    FAKE_DMA_MAP,
    FAKE_DMA_MAP_SHORT, /* maps less than it was asked for */
    FAKE_DMA_UNMAP,
    FAKE_ASSIGN_DOMAIN,
    FAKE_NEXT_DEVICE,
    FAKE_GET_RESOURCE,
    FAKE_CFG_READ,
    FAKE_CFG_WRITE,
    FAKE_IRQ_ENABLE,
    FAKE_VICU_CAP,
    FAKE_ICU_INFO,
    FAKE_ICU_BIND,
    FAKE_ICU_UNBIND,
    FAKE_MSI_INFO,
    FAKE_ICU_UNMASK,
    FAKE_BIND_THREAD,
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
    unsigned slots;      /* capability slots in use */
    unsigned objects;    /* kernel objects and objects of moe and io */
    unsigned regions;    /* of the address space */
    unsigned dataspaces; /* with memory */
    unsigned mappings;   /* of all DMA spaces */
    unsigned bound;      /* interrupts bound at ICUs */
};
struct fake_counts fake_count(void);
/* Free slots from now on, -1: as many as there are. */
void fake_limit_slots(int free_slots);

/* Broken rules so far, and the latest. */
unsigned fake_violations(void);
const char *fake_last_violation(void);

/* ---- memory -------------------------------------------------------------------------------- */

/* Where the next dataspace lies physically. */
void fake_next_physical(uint64_t addr);
/* Bytes changed in memory that was given back; forgets that memory. */
uint64_t fake_scribbled(void);

/* ---- time and threads ---------------------------------------------------------------------- */

/* Step of the kernel's clock; sleeps may end so much early. Default 1000. */
void fake_clock_step(unsigned us);
/* Is the IRQ bound to a thread? To the calling one? */
bool fake_irq_bound(l4_cap_idx_t irq);
bool fake_irq_mine(l4_cap_idx_t irq);

#endif
