// SPDX-License-Identifier: MIT
/*
 * PCI configuration space of a model: type 0 header, BARs, PM, MSI, MSI-X and PCI
 * Express capabilities. Called with the NIC's lock held.
 */
#ifndef SIM_PCI_H
#define SIM_PCI_H

#include <stdbool.h>
#include <stdint.h>

#define SIM_CFG_SIZE 4096u
#define SIM_MSIX_MAX 128u

struct sim_nic;

struct sim_msix_entry {
    uint64_t addr;
    uint32_t data;
    bool masked, pending;
};

struct sim_pci {
    uint8_t cfg[SIM_CFG_SIZE];    /* contents */
    uint8_t mask[SIM_CFG_SIZE];   /* bits software may write */
    unsigned pm, msi, msix, pcie; /* offsets of the capabilities, 0 if absent */
    struct sim_msix_entry vector[SIM_MSIX_MAX];
    bool pin, pin_sent; /* level asked for by the model, level told to the host */
    bool msi_pending;
    uint64_t irq_count; /* messages, for the fault that loses some */
};

void sim_pci_init(struct sim_nic *nic);
/* Function level reset of the configuration space; the model is reset by the caller. */
void sim_pci_reset(struct sim_nic *nic);
uint32_t sim_pci_read(struct sim_nic *nic, unsigned off, unsigned width);
void sim_pci_write(struct sim_nic *nic, unsigned off, unsigned width, uint32_t val);

bool sim_pci_memory_on(const struct sim_nic *nic, unsigned bar);
/* The MSI-X table and pending bits, where they lie in this BAR. False: not theirs. */
bool sim_msix_read(struct sim_nic *nic, unsigned bar, uint64_t off, unsigned width, uint64_t *val);
bool sim_msix_write(struct sim_nic *nic, unsigned bar, uint64_t off, unsigned width, uint64_t val);
/* Every interrupt the driver enabled, without cause (a fault). */
void sim_pci_storm(struct sim_nic *nic);

#endif
