// SPDX-License-Identifier: MIT
/*
 * Behind MDIO: the X540's internal 10GBASE-T PHY (IEEE 802.3 clause 45; X540 data sheet,
 * PHY registers). Behind I2CCTL: an SFP+ module with its EEPROM (SFF-8472).
 */
#include "ixgbe.h"

#include <string.h>

/* ---- clause 45 ------------------------------------------------------------ */

enum {
    MSCA_COMMAND = 1 << 30,
    MDIO_OP_ADDRESS = 0,
    MDIO_OP_WRITE = 1,
    MDIO_OP_READ_NEXT = 2,
    MDIO_OP_READ = 3,
};
#define PHY_REG(dev, reg) ((uint32_t)(dev) << 16 | (reg))
#define VENDOR1_CONTROL   PHY_REG(30, 0)
#define AN_CONTROL        PHY_REG(7, 0)
#define PHY_XS_CONTROL    PHY_REG(4, 0)
#define LOW_POWER         0x0800
#define PHY_RESET         0x8000
#define AN_RESTART        0x0200

static uint16_t phy_stored(const struct ixgbe *st, uint32_t addr, uint16_t otherwise)
{
    for (unsigned i = 0; i < st->phy_count; i++)
        if (st->phy[i].addr == addr)
            return st->phy[i].val;
    return otherwise;
}

static void phy_store(struct ixgbe *st, uint32_t addr, uint16_t val)
{
    unsigned i = 0;

    while (i < st->phy_count && st->phy[i].addr != addr)
        i++;
    if (i == sizeof(st->phy) / sizeof(st->phy[0]))
        return;
    if (i == st->phy_count)
        st->phy_count++;
    st->phy[i].addr = addr;
    st->phy[i].val = val;
}

bool ixgbe_phy_low_power(struct sim_nic *nic)
{
    return phy_stored(ixgbe(nic), VENDOR1_CONTROL, 0) & LOW_POWER;
}

static uint16_t phy_read(struct sim_nic *nic, uint32_t addr)
{
    struct ixgbe *st = ixgbe(nic);
    uint16_t up = st->link;

    switch (addr) {
    case PHY_REG(1, 0):
        return phy_stored(st, addr, 0x2040);
    case PHY_REG(1, 1):
    case PHY_REG(3, 1):
        return (uint16_t)(0x0002 | up << 2);
    case PHY_REG(1, 2):
    case PHY_REG(3, 2):
    case PHY_REG(4, 2):
    case PHY_REG(7, 2):
        return 0x0154;
    case PHY_REG(1, 3):
    case PHY_REG(3, 3):
    case PHY_REG(4, 3):
    case PHY_REG(7, 3):
        return 0x0200;
    case PHY_REG(1, 4):
        return 0x0031; /* 10G, 1G, 100M */
    case PHY_REG(1, 5):
        return 0x009a; /* devices 1, 3, 4, 7 */
    case PHY_REG(1, 6):
        return 0x6000; /* devices 29, 30 */
    case PHY_REG(1, 11):
        return 0x00a4; /* 10GBASE-T, 1000BASE-T, 100BASE-TX */
    case PHY_REG(7, 0):
        return phy_stored(st, addr, 0x3000);
    case PHY_REG(7, 1):
        return (uint16_t)(0x0008 | up << 2 | up << 5);
    case PHY_REG(7, 0x10):
        return phy_stored(st, addr, 0x0d01);
    case PHY_REG(7, 0x13):
        return up ? 0x4d01 : 0;
    case PHY_REG(7, 0x20):
        return phy_stored(st, addr, 0x1000);
    case PHY_REG(7, 0x21):
        return up ? 0x0800 : 0;
    case PHY_REG(7, 0xc400):
        return phy_stored(st, addr, 0x8000);
    case PHY_REG(7, 0xc800):
        return up ? 0x0007 : 0; /* 10 Gb/s, full duplex */
    case PHY_REG(30, 1):
        return up ? 0x0018 : 0;
    default:
        return phy_stored(st, addr, 0);
    }
}

static void phy_write(struct sim_nic *nic, uint32_t addr, uint16_t val)
{
    struct ixgbe *st = ixgbe(nic);
    bool restart = addr == AN_CONTROL && (val & AN_RESTART);
    bool reset = (addr == PHY_XS_CONTROL || addr == PHY_REG(1, 0) || addr == AN_CONTROL) &&
                 (val & PHY_RESET);

    phy_store(st, addr,
              val & (uint16_t) ~(restart ? AN_RESTART : 0) & (uint16_t) ~(reset ? PHY_RESET : 0));
    if (restart || reset)
        ixgbe_link_restart(nic);
    else
        ixgbe_link_update(nic);
}

/* 8.2.3.22.11: an address cycle, then a read or a write; the command bit clears itself. */
void ixgbe_msca_written(struct sim_nic *nic)
{
    struct ixgbe *st = ixgbe(nic);
    uint32_t *msca = ixgbe_reg(st, R_MSCA);
    uint32_t *data = ixgbe_reg(st, R_MSRWD);
    uint32_t dev = *msca >> 16 & 0x1f;

    if (!(*msca & MSCA_COMMAND))
        return;
    if (!ixgbe_holds(nic, SYNC_PHY0))
        sim_violation(nic, "MSCA command without SW_FW_SYNC bit 1, the PHY semaphore (10.5.4)");
    if (*msca >> 28 & 3)
        sim_violation(nic, "MSCA: only clause 45 frames (ST 00b) reach this PHY");
    bool ours = st->x540 && (*msca >> 21 & 0x1f) == 0;
    uint32_t op = *msca >> 26 & 3;
    if (op == MDIO_OP_ADDRESS)
        st->mdio_addr = PHY_REG(dev, *msca & 0xffff);
    else if (st->mdio_addr >> 16 != dev)
        sim_violation(nic, "MSCA: read or write without an address cycle for device %u", dev);
    else if (op == MDIO_OP_WRITE && ours)
        phy_write(nic, st->mdio_addr, (uint16_t)*data);
    else if (op != MDIO_OP_WRITE)
        *data = (*data & 0xffff) | (ours ? (uint32_t)phy_read(nic, st->mdio_addr) : 0xffff) << 16;
    if (op == MDIO_OP_READ_NEXT)
        st->mdio_addr = PHY_REG(dev, (st->mdio_addr + 1) & 0xffff);
    *msca &= ~(uint32_t)MSCA_COMMAND;
}

/* ---- SFP+ ----------------------------------------------------------------- */

enum { I2C_SCL_IN = 1, I2C_SCL_OUT = 2, I2C_SDA_IN = 4, I2C_SDA_OUT = 8, SFP_ADDRESS = 0xa0 };

/* SFF-8472 page A0h: a short-range optical module. */
static uint8_t sfp_byte(unsigned at)
{
    static const char vendor[] = "Ixylon sim      ";
    static const char part[] = "SFP-10G-SR      ";
    unsigned sum = 0;

    if (at >= 20 && at < 36)
        return (uint8_t)vendor[at - 20];
    if (at >= 40 && at < 56)
        return (uint8_t)part[at - 40];
    switch (at) {
    case 0:
        return 0x03; /* SFP or SFP+ */
    case 1:
        return 0x04;
    case 2:
        return 0x07; /* LC connector */
    case 3:
        return 0x10; /* 10GBASE-SR */
    case 6:
        return 0x01; /* 1000BASE-SX */
    case 11:
        return 0x06; /* 64B/66B */
    case 12:
        return 103; /* 10.3 Gb/s */
    case 16:
        return 8; /* 80 m on OM2 */
    case 19:
        return 30; /* 300 m on OM3 */
    case 37:
        return 0x00; /* OUI 00-1b-21 */
    case 38:
        return 0x1b;
    case 39:
        return 0x21;
    case 63:
        for (unsigned i = 0; i < 63; i++)
            sum += sfp_byte(i);
        return (uint8_t)sum;
    default:
        return 0;
    }
}

/* A byte from the master is complete: is it acknowledged, and what comes next? */
static bool sfp_byte_received(struct ixgbe_i2c *bus)
{
    switch (bus->phase) {
    case I2C_ADDRESS:
        if ((bus->shift & 0xfe) != SFP_ADDRESS) {
            bus->phase = I2C_IDLE;
            return false;
        }
        bus->phase = bus->shift & 1 ? I2C_READ : I2C_OFFSET;
        return true;
    case I2C_OFFSET:
        bus->offset = bus->shift;
        bus->phase = I2C_WRITE;
        return true;
    default:
        return true; /* written data is taken, and forgotten: the page is read-only */
    }
}

/* The clock falls: whoever drives the data line changes it now. */
static void sfp_clock_falls(struct ixgbe_i2c *bus)
{
    bus->out = true;
    if (bus->phase == I2C_IDLE)
        return;
    if (bus->bits == 8) { /* the ninth clock is the acknowledge, by whoever received */
        bus->acking = bus->phase != I2C_READ;
        if (bus->acking)
            bus->out = !sfp_byte_received(bus);
        return;
    }
    if (bus->bits == 9)
        bus->bits = 0;
    if (bus->phase == I2C_READ)
        bus->out = sfp_byte(bus->offset) >> (7 - bus->bits) & 1;
}

/* The clock rises: the data line is sampled. */
static void sfp_clock_rises(struct ixgbe_i2c *bus, bool sda)
{
    if (bus->phase == I2C_IDLE)
        return;
    bus->bits++;
    if (bus->bits <= 8)
        bus->shift = (uint8_t)(bus->shift << 1 | sda);
    else if (!bus->acking && sda)
        bus->phase = I2C_IDLE; /* the master wants no more */
    else if (!bus->acking)
        bus->offset++;
}

static void sfp_data_changes(struct ixgbe_i2c *bus, bool sda)
{
    bus->phase = sda ? I2C_IDLE : I2C_ADDRESS; /* stop, start */
    bus->bits = 0;
    bus->out = true;
}

void ixgbe_i2c_written(struct sim_nic *nic)
{
    struct ixgbe *st = ixgbe(nic);
    struct ixgbe_i2c *bus = &st->i2c;
    uint32_t *r = ixgbe_reg(st, R_I2CCTL);
    bool scl = *r & I2C_SCL_OUT;
    bool master = *r & I2C_SDA_OUT;

    if (!ixgbe_holds(nic, SYNC_PHY0))
        sim_violation(nic, "I2CCTL written without SW_FW_SYNC bit 1, the PHY semaphore (10.5.4)");
    if (!st->x540 && !sim_opt(nic)->no_module) {
        if (bus->scl && scl && bus->sda != master)
            sfp_data_changes(bus, master);
        else if (bus->scl && !scl)
            sfp_clock_falls(bus);
        else if (!bus->scl && scl)
            sfp_clock_rises(bus, master);
    }
    bus->scl = scl;
    bus->sda = master;
    /* an open-drain bus: any zero wins */
    *r = (*r & (I2C_SCL_OUT | I2C_SDA_OUT)) | (scl ? I2C_SCL_IN : 0) |
         (master && bus->out ? I2C_SDA_IN : 0);
}
