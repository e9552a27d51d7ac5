// SPDX-License-Identifier: MIT
#include "tests/ixgbe/fakenic.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

/* Registers, from the data sheets and not from the driver. */
enum {
    CTRL = 0x00000,
    STATUS = 0x00008,
    ESDP = 0x00020,
    I2CCTL = 0x00028,
    EICR = 0x00800,
    RDRXCTL = 0x02f00,
    MSCA = 0x0425c,
    MSRWD = 0x04260,
    AUTOC = 0x042a0,
    AUTOC2 = 0x042a8,
    MMNGC = 0x042d0,
    SECRXSTAT = 0x08d04,
    EEC = 0x10010,
    EERD = 0x10014,
    SWSM = 0x10140,
    SW_FW_SYNC = 0x10160,
    GCR_EXT = 0x11050,
    CORECTL = 0x14f00,
    X553_EEC = 0x15ff8,
};
#define RESET_BITS   0x04000008u
#define QUEUE_ENABLE (1u << 25)

struct fakenic nic;

/* ---- NVM ------------------------------------------------------------------------------ */

static void seal_nvm(void)
{
    uint16_t sum = 0;

    for (unsigned i = 0; i < 0x3f; i++)
        sum = (uint16_t)(sum + nic.nvm[i]);
    for (unsigned i = 3; i < 15; i++) {
        unsigned at = nic.nvm[i], len = at < FAKE_WORDS ? nic.nvm[at] : 0;
        for (unsigned k = 1; at && at + len < FAKE_WORDS && k <= len; k++)
            sum = (uint16_t)(sum + nic.nvm[at + k]);
    }
    nic.nvm[0x3f] = (uint16_t)(0xbaba - sum);
}

/* ---- reset ------------------------------------------------------------------------------- */

static void reset_registers(void)
{
    uint32_t swsm = nic.reg[SWSM / 4], sync = nic.reg[SW_FW_SYNC / 4];
    uint32_t corectl = nic.reg[CORECTL / 4];

    memset(nic.reg, 0, sizeof(nic.reg));
    nic.reg[SWSM / 4] = swsm;
    nic.reg[SW_FW_SYNC / 4] = sync;
    nic.reg[CORECTL / 4] = corectl;
    nic.reg[RDRXCTL / 4] = 1u << 3;
    nic.reg[AUTOC / 4] = 4u << 13;  /* backplane negotiation */
    nic.reg[AUTOC2 / 4] = 7u << 28; /* and no link before a driver is at work */
    nic.reg[0xa200 / 4] = 0x33221102;
    nic.reg[0xa204 / 4] = nic.no_address ? 0 : 0x80005544;
    /* 1024 words, loaded, and a signature */
    nic.reg[EEC / 4] = nic.reg[X553_EEC / 4] = 4u << 11 | 0x200 | (nic.no_signature ? 0 : 0x100);
    memset(&nic.i2c, 0, sizeof(nic.i2c));
    nic.i2c.clock = nic.i2c.data = nic.i2c.out = true;
}

void fakenic_reset(uint16_t device)
{
    memset(&nic, 0, sizeof(nic));
    memset(nic.module, 0xff, sizeof(nic.module));
    nic.device = device;
    nic.phy = NO_PHY;
    reset_registers();
}

/* ---- MDIO and I2C ------------------------------------------------------------ */

static void mdio(uint32_t msca)
{
    unsigned op = msca >> 26 & 3;
    bool ours = (msca >> 21 & 31) == nic.phy;
    uint32_t *data = &nic.reg[MSRWD / 4];

    if (nic.mdio_dead)
        return;
    nic.reg[MSCA / 4] &= ~(1u << 30);
    if (op == 0)
        nic.mdio_reg = msca & 0x1fffff;
    else if (op == 1 && ours && nic.mdio_reg == 0x70000)
        nic.an_control = (uint16_t)*data;
    else if (op == 3)
        *data = (*data & 0xffff) | (!ours ? 0xffffu : nic.mdio_reg == 0x10002 ? 0x0154u : 0) << 16;
}

/* The module's side of a byte: address, offset, data, in this order. */
static void i2c_falls(void)
{
    nic.i2c.out = true;
    if (nic.i2c.state == 0)
        return;
    if (nic.i2c.bits == 8 && nic.i2c.state != 3) {
        bool known = nic.i2c.state == 2 || (nic.i2c.shift & 0xfe) == 0xa0;
        if (nic.module[0] == 0xff || !known) {
            nic.i2c.state = 0;
            return;
        }
        nic.i2c.out = false; /* acknowledged */
        if (nic.i2c.state == 2)
            nic.i2c.at = nic.i2c.shift & 15;
        nic.i2c.state = nic.i2c.state == 1 ? (nic.i2c.shift & 1 ? 3 : 2) : 2;
    }
    if (nic.i2c.bits == 9)
        nic.i2c.bits = 0;
    if (nic.i2c.state == 3 && nic.i2c.bits < 8)
        nic.i2c.out = nic.module[nic.i2c.at] >> (7 - nic.i2c.bits) & 1;
}

static void i2c(uint32_t val)
{
    bool clock = val & 2, data = val & 8;

    if (nic.i2c.clock && clock && data != nic.i2c.data) {
        nic.i2c.state = !data; /* start, or stop */
        nic.i2c.bits = nic.i2c.shift = 0;
    } else if (nic.i2c.clock && !clock) {
        i2c_falls();
    } else if (!nic.i2c.clock && clock && nic.i2c.state) {
        nic.i2c.bits++;
        if (nic.i2c.bits <= 8)
            nic.i2c.shift = (nic.i2c.shift << 1 | data) & 0xff;
    }
    nic.i2c.clock = clock;
    nic.i2c.data = data;
}

/* ---- registers ------------------------------------------------------------ */

static bool is_dctl(uint32_t off)
{
    bool rx = (off >= 0x1000 && off < 0x2000) || (off >= 0xd000 && off < 0xe000);
    bool tx = off >= 0x6000 && off < 0x8000;

    return (rx || tx) && (off & 0x3f) == 0x28;
}

static bool gone(void)
{
    return nic.gone_after && ++nic.accesses > nic.gone_after;
}

static uint32_t reg_read(const struct ixl_bar *bar, uint32_t off, unsigned width)
{
    (void)width;
    uint32_t *r = &nic.reg[off / 4], val = *r;

    (void)bar;
    if (gone())
        return UINT32_MAX;
    nic.touched[off / 4]++;
    switch (off) {
    case STATUS:
        return (nic.port1 ? 4u : 0) | (nic.pending ? 1u << 19 : 0);
    case SECRXSTAT:
        return !nic.stuck_path;
    case SWSM:
        *r |= 1;
        return nic.stuck_semaphores ? 3 : val;
    case SW_FW_SYNC: /* its guard is always free */
        return nic.stuck_semaphores ? UINT32_MAX >> 1 : val & 0x7fffffff;
    case EERD:
        return nic.now_us < nic.nvm_ready_us ? val & ~2u : val;
    case MMNGC:
        return nic.veto;
    case I2CCTL:
        return (val & 10) | (nic.i2c.clock ? 1u : 0) | (nic.i2c.data && nic.i2c.out ? 4u : 0);
    default:
        break;
    }
    return nic.stuck_queues && is_dctl(off) ? val | QUEUE_ENABLE : val;
}

static void reset_written(uint32_t val)
{
    nic.resets++;
    nic.reset_bits = val & RESET_BITS;
    nic.reset_sync = nic.reg[SW_FW_SYNC / 4];
    if (nic.resets >= 2)
        nic.pending = false;
    reset_registers();
}

static void reg_write(const struct ixl_bar *bar, uint32_t off, unsigned width, uint32_t val)
{
    (void)width;
    (void)bar;
    if (gone())
        return;
    nic.touched[off / 4]++;
    nic.reg[off / 4] = val;
    if (off == CTRL && (val & RESET_BITS))
        reset_written(val);
    else if (off == EICR)
        nic.reg[off / 4] = 0;
    else if (off == EERD) {
        nic.reg[off / 4] = (val & ~1u) | 2 | (uint32_t)nic.nvm[(val >> 2) % FAKE_WORDS] << 16;
        nic.nvm_ready_us = nic.now_us + (nic.slow_from && val >> 2 >= nic.slow_from ? 90000 : 0);
    } else if (off == MSCA && (val & 1u << 30))
        mdio(val);
    else if (off == I2CCTL)
        i2c(val);
    else if (off == CORECTL) {
        nic.corectl++;
        nic.corectl_last = (uint16_t)val;
    }
}

/* ---- the backend ------------------------------------------------------------ */

extern const struct ixl_os_ops fakenic_os;

static int bus_scan(struct ixl_os_bus *bus, unsigned index, struct ixl_os_dev_info *info)
{
    (void)bus;
    if (index)
        return -IXL_ENOENT;
    *info = (struct ixl_os_dev_info){ .vendor = 0x8086, .device = nic.device, .address = "fake:0" };
    return 0;
}

static int dev_open(struct ixl_os_bus *bus, unsigned index, struct ixl_os_dev **out)
{
    static struct ixl_os_dev dev = { &fakenic_os };

    (void)bus;
    (void)index;
    *out = &dev;
    return 0;
}

static void dev_close(struct ixl_os_dev *dev)
{
    (void)dev;
}

/* A command register, and a PCI Express capability whose status says what is pending. */
static int cfg_read(struct ixl_os_dev *dev, unsigned off, unsigned width, uint32_t *val)
{
    (void)dev;
    *val = 0;
    nic.cfg[6] = 0x10;
    nic.cfg[0x34] = 0x40;
    nic.cfg[0x40] = 0x10;
    nic.cfg[0x4a] = nic.pending ? 1 << 5 : 0;
    memcpy(val, nic.cfg + off, width);
    *val = le32toh(*val);
    return 0;
}

static int cfg_write(struct ixl_os_dev *dev, unsigned off, unsigned width, uint32_t val)
{
    (void)dev;
    val = htole32(val);
    memcpy(nic.cfg + off, &val, width);
    return 0;
}

static int bar_map(struct ixl_os_dev *dev, unsigned index, struct ixl_bar *out)
{
    (void)dev;
    *out = (struct ixl_bar){
        .size = FAKE_SPACE, .read = reg_read, .write = reg_write, .index = index
    };
    return 0;
}

static void bar_unmap(struct ixl_os_dev *dev, struct ixl_bar *bar)
{
    (void)dev;
    (void)bar;
}

static int dma_alloc(struct ixl_os_dev *dev, size_t size, size_t align, struct ixl_dma *out)
{
    size_t whole = (size + 4095) & ~(size_t)4095;

    (void)dev;
    out->virt = aligned_alloc(align > 4096 ? align : 4096, whole);
    if (!out->virt)
        return -IXL_ENOMEM;
    memset(out->virt, 0, whole);
    out->addr = (uintptr_t)out->virt;
    out->size = whole;
    nic.blocks++;
    return 0;
}

static void dma_free(struct ixl_os_dev *dev, struct ixl_dma *mem)
{
    (void)dev;
    free(mem->virt);
    nic.blocks--;
}

static int irq_setup(struct ixl_os_dev *dev, unsigned wanted, unsigned *granted,
                     enum ixl_irq_kind *kind)
{
    (void)dev;
    *granted = wanted < 64 ? wanted : 64;
    *kind = IXL_IRQ_MSIX;
    return 0;
}

static void irq_teardown(struct ixl_os_dev *dev)
{
    (void)dev;
}

static int irq_ok(struct ixl_os_dev *dev, unsigned vector)
{
    (void)dev;
    (void)vector;
    return 0;
}

static uint64_t now_ns(struct ixl_os_dev *dev)
{
    (void)dev;
    return nic.now_us * 1000;
}

static void delay_us(struct ixl_os_dev *dev, unsigned us)
{
    (void)dev;
    nic.now_us += us;
}

const struct ixl_os_ops fakenic_os = {
    .scheme = "fakenic",
    .bus_scan = bus_scan,
    .dev_open = dev_open,
    .dev_close = dev_close,
    .cfg_read = cfg_read,
    .cfg_write = cfg_write,
    .bar_map = bar_map,
    .bar_unmap = bar_unmap,
    .dma_alloc = dma_alloc,
    .dma_free = dma_free,
    .irq_setup = irq_setup,
    .irq_teardown = irq_teardown,
    .irq_bind = irq_ok,
    .irq_unmask = irq_ok,
    .irq_mask = irq_ok,
    .now_ns = now_ns,
    .delay_us = delay_us,
};

int fakenic_open(const struct ixl_dev_cfg *cfg, struct ixl_device **dev)
{
    static struct ixl_os_bus os_bus = { &fakenic_os };
    struct ixl_bus bus = { &os_bus };

    seal_nvm();
    return ixl_init(&bus, 0, cfg, dev);
}
