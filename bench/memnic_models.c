// SPDX-License-Identifier: MIT
//
// The families that a memory NIC can be, and what their registers do on their
// own while a driver starts or stops the device.
#include "memnic_priv.h"
#include "memnic_regs.h"

#include <stdatomic.h>
#include <string.h>

enum { EEPROM_CHECKSUM_WORD = 0x3F, EEPROM_CHECKSUM = 0xBABA };

// Registers that clear or set bits by themselves, as they do in hardware that
// finishes whatever it was asked for at once.
struct self_bits {
    uint32_t offset, clears, sets;
};

static const struct self_bits ixgbe_self_bits[] = {
    { IXGBE_CTRL, 1u << 26 | 1u << 3, 0 },         // RST, LRST: reset is over
    { IXGBE_I2CCTL, 0, 1u << 0 | 1u << 2 },        // lines pulled up: no module
    { IXGBE_RDRXCTL, 0, 1u << 3 },                 // DMAIDONE
    { IXGBE_MSCA, 1u << 30, 0 },                   // MDI command done
    { IXGBE_AUTOC, 1u << 12, 0 },                  // restart of negotiation done
    { IXGBE_LINKS, 0, 1u << 30 | 3u << 28 },       // up, 10 Gbit/s
    { IXGBE_ANLP1, 0, 1u << 16 },                  // negotiation runs
    { IXGBE_SECTXSTAT, 0, 1u << 0 },               // ready
    { IXGBE_SECRXSTAT, 0, 1u << 0 },               // ready
    { IXGBE_EEC, 0, 1u << 7 | 1u << 8 | 1u << 9 }, // granted, present, loaded
    { IXGBE_EEMNGCTL, 0, 1u << 18 | 1u << 19 },    // configuration of ports done
};

static const struct self_bits gbe_self_bits[] = {
    { GBE_CTRL, 1u << 26, 0 },                      // RST: reset is over
    { GBE_STATUS, 0, 1u << 0 | 1u << 1 | 2u << 6 }, // full duplex, up, 1 Gbit/s
    { GBE_EECD, 0, 1u << 7 | 1u << 8 | 1u << 9 },   // granted, present, loaded
};

static void attend_self_bits(struct memnic *nic, const struct self_bits *table, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        _Atomic uint32_t *reg = memnic_shared_reg(nic, table[i].offset);
        uint32_t value = atomic_load(reg);
        if (value & table[i].clears)
            atomic_fetch_and(reg, ~table[i].clears);
        if (~value & table[i].sets)
            atomic_fetch_or(reg, table[i].sets);
    }
}

// Where the register that reads words of the EEPROM has its fields. Bit 0
// starts, and data comes in bits 31:16, in all families.
struct eeprom_reader {
    uint32_t offset, done, address_shift;
};

static void attend_eeprom(struct memnic *nic, const struct eeprom_reader *reader)
{
    _Atomic uint32_t *eerd = memnic_shared_reg(nic, reader->offset);
    uint32_t value = atomic_load(eerd);
    if ((value & (1 | reader->done)) != 1)
        return;

    uint32_t address = value >> reader->address_shift & 0xFF;
    uint32_t data = address == EEPROM_CHECKSUM_WORD ? EEPROM_CHECKSUM : 0;
    uint32_t answer = data << 16 | address << reader->address_shift | reader->done;
    atomic_compare_exchange_strong(eerd, &value, answer);
}

static void ixgbe_attend(struct memnic *nic)
{
    static const struct eeprom_reader reader = { IXGBE_EERD, 1u << 1, 2 };
    size_t n = sizeof ixgbe_self_bits / sizeof ixgbe_self_bits[0];
    attend_self_bits(nic, ixgbe_self_bits, n);
    attend_eeprom(nic, &reader);
}

// MDIC: bits 27:26 say read or write, bit 28 that it was done. Every register
// of the PHY reads as what was written last, which is enough here.
static void attend_phy(struct memnic *nic)
{
    _Atomic uint32_t *mdic = memnic_shared_reg(nic, GBE_MDIC);
    uint32_t value = atomic_load(mdic);
    if ((value & 3u << 26) != 0)
        atomic_fetch_or(mdic, 1u << 28);
}

static void gbe_attend(struct memnic *nic, const struct eeprom_reader *reader)
{
    attend_self_bits(nic, gbe_self_bits, sizeof gbe_self_bits / sizeof gbe_self_bits[0]);
    attend_eeprom(nic, reader);
    attend_phy(nic);
}

// 82574 and igb, and the older ones, whose EEPROM is smaller.
static void pcie_attend(struct memnic *nic)
{
    static const struct eeprom_reader reader = { GBE_EERD, 1u << 1, 2 };
    gbe_attend(nic, &reader);
}

static void pci_attend(struct memnic *nic)
{
    static const struct eeprom_reader reader = { GBE_EERD, 1u << 4, 8 };
    gbe_attend(nic, &reader);
}

static void set_address(struct memnic *nic, uint32_t low, uint32_t high)
{
    atomic_store(memnic_shared_reg(nic, low), 0x33221102);
    atomic_store(memnic_shared_reg(nic, high), 1u << 31 | 0x5544);
}

static void ixgbe_power_on(struct memnic *nic)
{
    set_address(nic, IXGBE_RAL0, IXGBE_RAH0);
    set_address(nic, IXGBE_RAL0_ALIAS, IXGBE_RAH0_ALIAS);
}

static void gbe_power_on(struct memnic *nic)
{
    set_address(nic, GBE_RAL0, GBE_RAH0);
}

#define IGB(number, id)                                                                            \
    {                                                                                              \
        .name = number, .pci_vendor = 0x8086, .pci_device = id, .bar_size = 128 * 1024,            \
        .rx_block = IGB_RX_BLOCK, .tx_block = IGB_TX_BLOCK, .format = MEMNIC_ADVANCED,             \
        .power_on = gbe_power_on, .attend = pcie_attend                                            \
    }
#define E1000(number, id, what, attends)                                                           \
    {                                                                                              \
        .name = number, .pci_vendor = 0x8086, .pci_device = id, .bar_size = 128 * 1024,            \
        .rx_block = E1000_RX_BLOCK, .tx_block = E1000_TX_BLOCK, .format = what,                    \
        .power_on = gbe_power_on, .attend = attends                                                \
    }

static const struct memnic_model models[MEMNIC_MODELS] = {
    // A backplane part (KX4): no module to be identified.
    { .name = "82599",
      .pci_vendor = 0x8086,
      .pci_device = 0x10F7,
      .bar_size = 512 * 1024,
      .rx_block = IXGBE_RX_BLOCK,
      .tx_block = IXGBE_TX_BLOCK,
      .format = MEMNIC_ADVANCED,
      .power_on = ixgbe_power_on,
      .attend = ixgbe_attend },
    IGB("82576", 0x10C9),
    IGB("i350", 0x1521),
    E1000("82574", 0x10D3, MEMNIC_EXTENDED, pcie_attend),
    E1000("82540em", 0x100E, MEMNIC_LEGACY, pci_attend),
};

const char memnic_models[] = "82599,82576,i350,82574,82540em";

const struct memnic_model *memnic_find_model(const char *name)
{
    for (size_t i = 0; i < MEMNIC_MODELS; i++)
        if (strcmp(models[i].name, name) == 0)
            return &models[i];
    return NULL;
}
