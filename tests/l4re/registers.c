// SPDX-License-Identifier: MIT
/*
 * The backend of lib/os/l4re with one thing changed: a register of a software NIC cannot be
 * touched through a pointer, so accesses to a BAR it has mapped go through functions. The backend
 * is compiled with its table called l4re_os_as_built; what is called ixl_l4re_os is its copy here.
 */
#include "tests/l4re/registers.h"
#include "tests/l4re/fake_priv.h"

extern const struct ixl_os_ops l4re_os_as_built;
struct ixl_os_ops ixl_l4re_os;

/* ---- accesses ------------------------------------------------------------------------------ */

/* `mem` of a BAR is its first register; the backend's ctx is the page it lies in. */
static bool find(const struct ixl_bar *bar, uint32_t off, struct fake_dev **dev, unsigned *index,
                 uint64_t *at)
{
    if (!register_at(bar->ctx, dev, index, at)) {
        violated("register 0x%x of a BAR that is not attached is accessed", off);
        return false;
    }
    *at += off + (*dev)->vbus->opt.bar_offset;
    return true;
}

static uint32_t reg_read(const struct ixl_bar *bar, uint32_t off, unsigned width)
{
    struct fake_dev *dev;
    unsigned index;
    uint64_t at;

    if (!find(bar, off, &dev, &index, &at) || atomic_load(&dev->severed))
        return UINT32_MAX;
    return (uint32_t)sim_mmio_read(dev->nic, index, at, width);
}

static void reg_write(const struct ixl_bar *bar, uint32_t off, unsigned width, uint32_t val)
{
    struct fake_dev *dev;
    unsigned index;
    uint64_t at;

    if (find(bar, off, &dev, &index, &at) && !atomic_load(&dev->severed))
        sim_mmio_write(dev->nic, index, at, width, val);
}

/* ---- the table ----------------------------------------------------------------------------- */

static int bar_map(struct ixl_os_dev *dev, unsigned index, struct ixl_bar *out)
{
    struct fake_dev *found;
    unsigned bar;
    uint64_t off;
    int err = l4re_os_as_built.bar_map(dev, index, out);

    if (err)
        return err;
    if (!register_at(out->mem, &found, &bar, &off) || bar != index || off != 0 ||
        out->size != sim_bar_size(found->nic, bar))
        violated("BAR %u is mapped somewhere else", index);
    out->mem = NULL;
    out->read = reg_read;
    out->write = reg_write;
    return 0;
}

static int dev_open(struct ixl_os_bus *bus, unsigned index, struct ixl_os_dev **out)
{
    int err = l4re_os_as_built.dev_open(bus, index, out);

    if (!err)
        (*out)->ops = &ixl_l4re_os;
    return err;
}

__attribute__((constructor)) static void copy_table(void)
{
    ixl_l4re_os = l4re_os_as_built;
    ixl_l4re_os.bar_map = bar_map;
    ixl_l4re_os.dev_open = dev_open;
}

/* Only where a test brings it along; else it ends the table. */
extern const struct ixl_os_ops ixl_qtest_ops __attribute__((weak));

const struct ixl_os_ops *const ixl_os_table[] = {
    &ixl_l4re_os,
    &sim_through_l4re,
    &ixl_qtest_ops,
    NULL,
};
