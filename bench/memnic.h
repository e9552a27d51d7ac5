// SPDX-License-Identifier: MIT
//
// A NIC made of memory: its registers are a plain block of memory, and a few
// functions play the hardware between the calls of a driver.
//
// It is for measuring what a driver costs, so it is lenient and quick; the
// strict models that find a driver's mistakes live in sim/. Device addresses
// are virtual addresses of this process.
#ifndef BENCH_MEMNIC_H
#define BENCH_MEMNIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct audit;
struct memnic;

enum { MEMNIC_MAX_RING = 4096, MEMNIC_MODELS = 5 };

// What descriptors look like.
enum memnic_format {
    MEMNIC_ADVANCED, // ixgbe and igb
    MEMNIC_EXTENDED, // 82574: received ones report as advanced ones do, those to send are older
    MEMNIC_LEGACY,   // 8254x
};

// What tells one family of controllers from another; see memnic_models.c.
struct memnic_model {
    const char *name;
    uint16_t pci_vendor, pci_device;
    size_t bar_size;
    uint32_t rx_block, tx_block; // register blocks of queue 0
    enum memnic_format format;
    void (*power_on)(struct memnic *nic);
    void (*attend)(struct memnic *nic); // one look at self-changing registers
};

// The names there are, a comma between two.
extern const char memnic_models[];

// The model of that name ("82599"), or NULL.
const struct memnic_model *memnic_find_model(const char *name);

// A NIC just powered on, or NULL without memory.
struct memnic *memnic_create(const struct memnic_model *model);
void memnic_destroy(struct memnic *nic);

// BAR 0. The size is the model's bar_size.
void *memnic_bar(struct memnic *nic);
const struct memnic_model *memnic_model(const struct memnic *nic);

// While a driver brings the device up or takes it down, some registers change
// by themselves (reset bits, EEPROM reads, link state). This plays them; to be
// called whenever the driver waits.
void memnic_attend(struct memnic *nic);

// The wire side of receive queue 0: writes the next packets into the buffers
// that the driver has provided and reports them in their descriptors. Returns
// how many of `count` found a buffer.
unsigned memnic_rx_run(struct memnic *nic, unsigned count);

// The wire side of send queue 0: takes up to `limit` packets before the tail
// register, marks descriptors done where that was requested, returns the
// packets taken.
unsigned memnic_tx_run(struct memnic *nic, unsigned limit);

// With an audit every buffer and packet is followed (see audit.h).
void memnic_set_audit(struct memnic *nic, struct audit *audit);

// What the descriptors of the n-th packet say of it.
struct memnic_meta {
    uint32_t rss_hash; // not in the legacy format
    uint16_t vlan;     // only if the queue strips VLAN tags
    uint16_t length;
};
struct memnic_meta memnic_meta(uint64_t sequence);

#endif
