// SPDX-License-Identifier: MIT
#include "tests/hostile/noise.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/core/bus.h"
#include "tests/hostile/random.h"

/* A driver that got this far will not end: better a dead test than one that hangs. */
#define ENDLESS    20000000u
/* Memory of pools is aligned to this, rings to more. */
#define POOL_ALIGN 64u
#define MAX_RINGS  512u
#define VIRTIO     0x1af4u

struct noise noise;
static struct ixl_dma rings[MAX_RINGS]; /* virt NULL: a free place */

uint32_t noise_random(void)
{
    return random_next(&noise.seed);
}

/* ---- a virtio device ---------------------------------------------------------------------- */

enum { COMMON = 0x1c000, ISR = 0x1d000, CONFIG = 0x1e000, NOTIFY = 0x1f000 };

static void put_cap(uint8_t *at, uint8_t next, uint8_t type, uint32_t offset, uint32_t length)
{
    const uint8_t cap[8] = { 0x09, next, 20, type };
    const uint32_t place[2] = { htole32(offset), htole32(length) };

    memcpy(at, cap, sizeof(cap));
    memcpy(at + 8, place, sizeof(place));
    at[16] = 4; /* bytes from one doorbell to the next */
}

/* Both halves of the features are the same register: its lowest bit is VERSION_1 in the upper one.
 * The control queue (bit 17) answers nothing, so most devices have none. */
static void become_virtio(void)
{
    noise.cfg[0x06] = 0x10; /* there are capabilities */
    noise.cfg[0x34] = 0x40;
    put_cap(noise.cfg + 0x40, 0x54, 1, COMMON, 0x38);
    put_cap(noise.cfg + 0x54, 0x68, 2, NOTIFY, 0x1000);
    put_cap(noise.cfg + 0x68, 0x7c, 3, ISR, 1);
    put_cap(noise.cfg + 0x7c, 0, 4, CONFIG, 0x18);
    noise.reg[(COMMON + 0x04) / 4] = (noise_random() | 1) & ~(noise_random() & 1u << 17);
    noise.reg[(COMMON + 0x10) / 4] = 9u << 16;            /* queues */
    noise.reg[(COMMON + 0x18) / 4] = 64;                  /* places of each */
    noise.reg[CONFIG / 4] = 2;                            /* the first four bytes of the address */
    noise.reg[(CONFIG + 0x08) / 4] = 4 | 1500u << 16;     /* pairs, MTU */
    noise.reg[(CONFIG + 0x10) / 4] = 40u << 8 | 8u << 16; /* sizes of RSS key and table */
    noise.reg[(CONFIG + 0x14) / 4] = noise_random();      /* hash types */
}

void noise_reset(uint16_t vendor, uint16_t device, enum noise_way way, uint32_t seed)
{
    memset(&noise, 0, sizeof(noise));
    noise.seed = random_start(seed);
    noise.vendor = vendor;
    noise.device = device;
    noise.way = way;
    noise.bar_size = NOISE_SPACE;
    noise.cfg[0] = (uint8_t)vendor;
    noise.cfg[1] = (uint8_t)(vendor >> 8);
    if (vendor == VIRTIO)
        become_virtio();
}

void noise_scribble(void)
{
    for (unsigned i = 0; i < MAX_RINGS; i++) {
        uint8_t *at = rings[i].virt;
        if (!at)
            continue;
        for (unsigned n = noise_random() % 64; n > 0; n--) {
            uint32_t word = noise_random() | noise_random();
            memcpy(at + noise_random() % (rings[i].size / 4) * 4, &word, 4);
        }
    }
}

/* ---- registers ------------------------------------------------------------------------- */

static bool gone(void)
{
    if (++noise.accesses > ENDLESS) {
        fprintf(stderr, "device %04x: %lu accesses and no end\n", noise.device, noise.accesses);
        abort();
    }
    return noise.leaves && noise.accesses >= noise.leaves;
}

static bool deaf(void)
{
    return noise.deaf && noise.accesses >= noise.deaf;
}

static bool inside(uint32_t off, unsigned width)
{
    if (off > noise.highest)
        noise.highest = off;
    if (off % width == 0 && off < noise.bar_size && off < NOISE_SPACE)
        return true;
    noise.outside++;
    return false;
}

static uint32_t answer(uint32_t kept)
{
    switch (noise.way) {
    case NOISE_ZEROS:
        return 0;
    case NOISE_ONES:
        return UINT32_MAX - 1;
    case NOISE_FLIPS:
        return noise_random() % 16 ? kept : noise_random();
    case NOISE_BITS:
        return noise_random() % 4 ? kept : kept ^ 1u << noise_random() % 32;
    default:
        return noise_random();
    }
}

static uint32_t reg_read(const struct ixl_bar *bar, uint32_t off, unsigned width)
{
    (void)bar;
    if (gone() || deaf() || !inside(off, width))
        return UINT32_MAX;
    if (noise_random() % 64 == 0)
        noise_scribble();
    return answer(noise.reg[off / 4]) >> 8 * (off % 4) & UINT32_MAX >> (32 - 8 * width);
}

/* What starts something is done at once, mostly: or nobody would get past the first wait. */
static void reg_write(const struct ixl_bar *bar, uint32_t off, unsigned width, uint32_t val)
{
    (void)bar;
    uint32_t shift = 8 * (off % 4), mask = UINT32_MAX >> (32 - 8 * width) << shift;

    if (gone() || !inside(off, width))
        return;
    if (noise.way == NOISE_BITS)
        val = noise_random();
    noise.reg[off / 4] = (noise.reg[off / 4] & ~mask) | (val << shift & mask);
}

/* ---- the backend ------------------------------------------------------------------------ */

extern const struct ixl_os_ops noise_os;
static struct ixl_os_dev the_dev = { &noise_os };

static int bus_scan(struct ixl_os_bus *bus, unsigned index, struct ixl_os_dev_info *info)
{
    (void)bus;
    if (index)
        return -IXL_ENOENT;
    *info = (struct ixl_os_dev_info){ .vendor = noise.vendor,
                                      .device = noise.device,
                                      .address = "noise:0" };
    return 0;
}

static int dev_open(struct ixl_os_bus *bus, unsigned index, struct ixl_os_dev **out)
{
    (void)bus;
    (void)index;
    noise.opened++;
    *out = &the_dev;
    return 0;
}

static void dev_close(struct ixl_os_dev *dev)
{
    (void)dev;
    noise.opened--;
}

static int cfg_read(struct ixl_os_dev *dev, unsigned off, unsigned width, uint32_t *val)
{
    (void)dev;
    *val = 0;
    if (gone()) {
        *val = UINT32_MAX >> (32 - 8 * width);
        return 0;
    }
    if (off + width > sizeof(noise.cfg))
        noise.outside++;
    else
        memcpy(val, noise.cfg + off, width);
    *val = le32toh(*val);
    if (noise.cfg_lies && off != IXL_PCI_COMMAND)
        *val = noise_random() >> (32 - 8 * width);
    return 0;
}

static int cfg_write(struct ixl_os_dev *dev, unsigned off, unsigned width, uint32_t val)
{
    (void)dev;
    val = htole32(val);
    if (gone())
        return 0;
    if (off + width > sizeof(noise.cfg))
        noise.outside++;
    else
        memcpy(noise.cfg + off, &val, width);
    return 0;
}

static int bar_map(struct ixl_os_dev *dev, unsigned index, struct ixl_bar *out)
{
    (void)dev;
    *out = (struct ixl_bar){
        .size = noise.bar_size, .read = reg_read, .write = reg_write, .index = index
    };
    noise.mapped++;
    return 0;
}

static void bar_unmap(struct ixl_os_dev *dev, struct ixl_bar *bar)
{
    (void)dev;
    (void)bar;
    noise.mapped--;
}

static int dma_alloc(struct ixl_os_dev *dev, size_t size, size_t align, struct ixl_dma *out)
{
    size_t whole = (size + 4095) & ~(size_t)4095;

    (void)dev;
    out->virt = aligned_alloc(align > 4096 ? align : 4096, whole);
    if (!out->virt)
        return -IXL_ENOMEM;
    memset(out->virt, 0, whole);
    out->addr = (uintptr_t)out->virt + 0x100000;
    out->size = whole;
    noise.blocks++;
    for (unsigned i = 0; align > POOL_ALIGN && i < MAX_RINGS; i++) {
        if (rings[i].virt)
            continue;
        rings[i] = *out;
        break;
    }
    return 0;
}

static void dma_free(struct ixl_os_dev *dev, struct ixl_dma *mem)
{
    (void)dev;
    for (unsigned i = 0; i < MAX_RINGS; i++) {
        if (rings[i].virt != mem->virt)
            continue;
        noise.exposed += deaf() && (noise.cfg[IXL_PCI_COMMAND] & IXL_PCI_COMMAND_MASTER);
        rings[i].virt = NULL;
    }
    free(mem->virt);
    noise.blocks--;
}

static int irq_setup(struct ixl_os_dev *dev, unsigned wanted, unsigned *granted,
                     enum ixl_irq_kind *kind)
{
    (void)dev;
    *granted = noise_random() % 2 ? wanted : 1;
    *kind = *granted > 1 ? IXL_IRQ_MSIX : IXL_IRQ_INTX;
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

static int irq_wait(struct ixl_os_dev *dev, unsigned vector, int64_t timeout_us)
{
    (void)dev;
    (void)vector;
    noise_scribble();
    if (noise_random() % 2)
        return 1;
    noise.now += (timeout_us < 0 ? 1000000u : (uint64_t)timeout_us) * 1000;
    return 0;
}

static ixl_irq_t irq_native(struct ixl_os_dev *dev, unsigned vector)
{
    (void)dev;
    return vector;
}

static uint64_t now_ns(struct ixl_os_dev *dev)
{
    (void)dev;
    return noise.now += 100;
}

static void delay_us(struct ixl_os_dev *dev, unsigned us)
{
    (void)dev;
    noise.now += (uint64_t)us * 1000;
}

const struct ixl_os_ops noise_os = {
    .scheme = "noise",
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
    .irq_wait = irq_wait,
    .irq_unmask = irq_ok,
    .irq_mask = irq_ok,
    .irq_native = irq_native,
    .now_ns = now_ns,
    .delay_us = delay_us,
};

int noise_open(const struct ixl_dev_cfg *cfg, struct ixl_device **dev)
{
    static struct ixl_os_bus os_bus = { &noise_os };
    struct ixl_bus bus = { &os_bus };

    return ixl_init(&bus, 0, cfg, dev);
}
