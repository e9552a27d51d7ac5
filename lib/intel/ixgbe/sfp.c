// SPDX-License-Identifier: MIT
/*
 * The SFP+ module: what it is (its EEPROM, over I2C by hand, SFF-8472) and the analog settings
 * the board's EEPROM has for such modules. An absent or mute module is no error
 * (ASSUME_I2C_OPTIONAL).
 */
#include "lib/intel/ixgbe/ixgbe.h"

#define SFP_ADDRESS        0xa0u /* of its EEPROM; bit 0 is the direction, 1 reads */
#define SFP_IDENTIFIER     0u
#define SFP_IDENTIFIER_SFP 3u
#define SFP_10G_CODES      3u /* bits 7:4: 10GBASE-SR, LR, LRM, ER */
#define SFP_1G_CODES       6u /* bits 3:0: 1000BASE-SX, LX, CX, T */
#define SFP_CABLE          8u /* bits 3:2: active or passive copper cable */

#define HALF_CLOCK_US      5u  /* 100 kHz */
#define STRETCH_LIMIT      20u /* half clocks a module may hold the clock down */

/* ---- I2C -------------------------------------------------------------------------- */

struct i2c {
    struct ixl_device *dev;
    uint32_t out; /* as written to I2CCTL: lines released (1) or held down (0) */
};

static void drive(struct i2c *bus, uint32_t line, bool high)
{
    bus->out = high ? bus->out | line : bus->out & ~line;
    ixl_write(bus->dev, IXGBE_I2CCTL, bus->out);
    ixl_delay_us(bus->dev, HALF_CLOCK_US);
}

static void data(struct i2c *bus, bool high)
{
    drive(bus, IXGBE_I2CCTL_DATA_OUT, high);
}

/* Release the clock and let a slow module hold it for a while. */
static void clock_up(struct i2c *bus)
{
    drive(bus, IXGBE_I2CCTL_CLK_OUT, true);
    for (unsigned i = 0; i < STRETCH_LIMIT; i++) {
        if (ixl_read(bus->dev, IXGBE_I2CCTL) & IXGBE_I2CCTL_CLK_IN)
            return;
        ixl_delay_us(bus->dev, HALF_CLOCK_US);
    }
}

static void clock_down(struct i2c *bus)
{
    drive(bus, IXGBE_I2CCTL_CLK_OUT, false);
}

static void start(struct i2c *bus)
{
    data(bus, true);
    clock_up(bus);
    data(bus, false);
    clock_down(bus);
}

static void stop(struct i2c *bus)
{
    data(bus, false);
    clock_up(bus);
    data(bus, true);
}

static void bit_out(struct i2c *bus, bool bit)
{
    data(bus, bit);
    clock_up(bus);
    clock_down(bus);
}

static bool bit_in(struct i2c *bus)
{
    data(bus, true);
    clock_up(bus);
    bool bit = ixl_read(bus->dev, IXGBE_I2CCTL) & IXGBE_I2CCTL_DATA_IN;
    clock_down(bus);
    return bit;
}

/* True if somebody acknowledged. */
static bool byte_out(struct i2c *bus, uint8_t byte)
{
    for (unsigned i = 8; i-- > 0;)
        bit_out(bus, byte >> i & 1);
    return !bit_in(bus);
}

/* The last byte of a read: it is not acknowledged. */
static uint8_t byte_in(struct i2c *bus)
{
    unsigned byte = 0;

    for (unsigned i = 0; i < 8; i++)
        byte = byte << 1 | bit_in(bus);
    bit_out(bus, true);
    return (uint8_t)byte;
}

static bool read_byte(struct ixgbe *ix, uint8_t offset, uint8_t *val)
{
    struct i2c bus = { &ix->base, IXGBE_I2CCTL_CLK_OUT | IXGBE_I2CCTL_DATA_OUT };

    start(&bus);
    bool ok = byte_out(&bus, SFP_ADDRESS) && byte_out(&bus, offset);
    if (ok) {
        start(&bus);
        ok = byte_out(&bus, SFP_ADDRESS | 1);
        *val = ok ? byte_in(&bus) : 0;
    }
    stop(&bus);
    return ok;
}

/* ---- the module ----------------------------------------------------------------------- */

static enum ixgbe_module identify(struct ixgbe *ix)
{
    uint8_t kind = 0, ten = 0, one = 0, cable = 0;

    if (!read_byte(ix, SFP_IDENTIFIER, &kind) || kind != SFP_IDENTIFIER_SFP ||
        !read_byte(ix, SFP_10G_CODES, &ten) || !read_byte(ix, SFP_1G_CODES, &one) ||
        !read_byte(ix, SFP_CABLE, &cable))
        return IXGBE_MODULE_NONE;
    if (cable & 0x0c)
        return IXGBE_MODULE_COPPER;
    return !(ten & 0xf0) && (one & 0x0f) ? IXGBE_MODULE_1G : IXGBE_MODULE_10G;
}

int ixl_ixgbe_sfp_identify(struct ixgbe *ix, enum ixgbe_module *module)
{
    uint32_t mask = ixl_ixgbe_sync_phy(ix);
    int err = ixl_ixgbe_sync_get(ix, mask);

    if (err)
        return err;
    *module = identify(ix);
    ixl_ixgbe_sync_put(ix, mask);
    return 0;
}

/* ---- analog settings -------------------------------------------------------------------- */

/* Pairs (kind of module, its settings); 0xffff ends them, and each list of settings. */
#define WORD_SFP_LISTS     0x2bu
#define KIND_COPPER_PORT0  3u /* of a pair; port 1 has the next number */
#define KIND_OPTICAL_PORT0 5u
#define PAIRS_MAX          32u
#define SETTINGS_MAX       1024u
#define LIST_END           0xffffu

static int find_settings(struct ixgbe *ix, uint16_t kind, uint16_t *at)
{
    uint16_t list = 0, found = 0;
    int err = ixl_ixgbe_nvm_read(ix, WORD_SFP_LISTS, &list);

    *at = 0;
    if (err || list == 0 || list == LIST_END)
        return err;
    for (uint32_t i = 0, word = list + 1u; i < PAIRS_MAX; i++, word += 2) {
        err = ixl_ixgbe_nvm_read(ix, word, &found);
        if (err || found == LIST_END)
            return err;
        if (found == kind)
            return ixl_ixgbe_nvm_read(ix, word + 1, at);
    }
    return 0;
}

static int tune(struct ixgbe *ix, enum ixgbe_module module)
{
    struct ixl_device *dev = &ix->base;
    bool second = ixl_read(dev, IXGBE_STATUS) & IXGBE_STATUS_LAN_ID_1;
    unsigned kind =
        (module == IXGBE_MODULE_COPPER ? KIND_COPPER_PORT0 : KIND_OPTICAL_PORT0) + second;
    uint16_t at = 0, val = 0;
    int err = find_settings(ix, (uint16_t)kind, &at);

    if (err || at == 0 || at == LIST_END)
        return err;
    for (uint32_t i = 1; i <= SETTINGS_MAX; i++) {
        err = ixl_ixgbe_nvm_read(ix, at + i, &val);
        if (err || val == LIST_END)
            return err;
        ixl_write(dev, IXGBE_CORECTL, val);
    }
    return 0;
}

/* Pointers that leave the chip lead to no settings: the defaults have to do. */
int ixl_ixgbe_sfp_tune(struct ixgbe *ix, enum ixgbe_module module)
{
    ixl_ixgbe_nvm_begin(ix);
    int err = tune(ix, module);

    return err == -IXL_ERANGE ? 0 : err;
}
