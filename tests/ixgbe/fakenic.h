// SPDX-License-Identifier: MIT
/*
 * A NIC of plain registers behind a backend of its own, for what the strict models do not have:
 * other generations, the second port, other modules, and defects a test wants at one place. Time
 * passes only when the driver waits.
 */
#ifndef TESTS_IXGBE_FAKENIC_H
#define TESTS_IXGBE_FAKENIC_H

#include "lib/core/bus.h"
#include "lib/core/device.h"

#define FAKE_SPACE 0x20000u
#define FAKE_WORDS 1024u
#define NO_PHY     32u

struct fakenic {
    uint32_t reg[FAKE_SPACE / 4];
    uint32_t touched[FAKE_SPACE / 4]; /* accesses to each */
    uint16_t nvm[FAKE_WORDS];         /* the checksum word is set by fakenic_open */
    uint16_t device;                  /* PCI identity */
    uint8_t cfg[64 + 64];
    uint64_t now_us;
    unsigned blocks; /* of DMA memory out there */

    uint8_t module[16];  /* the SFP+ module's EEPROM; all ones: the cage is empty */
    unsigned phy;        /* MDIO address of the PHY, or NO_PHY */
    uint16_t an_control; /* its register 7.0, as last written */
    unsigned resets;     /* CTRL.RST or LRST written */
    uint32_t reset_bits; /* the latest of these */
    uint32_t reset_sync; /* SW_FW_SYNC when it came */
    unsigned corectl;    /* writes of CORECTL */
    uint16_t corectl_last;
    bool port1, veto, no_signature, no_address;
    bool pending;                  /* master requests stay pending */
    bool stuck_queues, stuck_path; /* ENABLE stays 1, SECRX_RDY stays 0 */
    bool mdio_dead;
    unsigned slow_from; /* words of the NVM take as long as they may from this one on; 0: none */
    uint64_t nvm_ready_us;
    bool stuck_semaphores;    /* always somebody else's, whatever is written */
    unsigned long gone_after; /* accesses until the device is removed; 0: never */
    unsigned long accesses;
    uint32_t mdio_reg;
    struct {
        unsigned bits, shift, at;
        int state;
        bool clock, data, out;
    } i2c;
};
extern struct fakenic nic;

/* A sound device of this identity with an MTU-sized everything. */
void fakenic_reset(uint16_t device);
/* ixl_init with this configuration (NULL: defaults). */
int fakenic_open(const struct ixl_dev_cfg *cfg, struct ixl_device **dev);

#endif
