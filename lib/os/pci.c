// SPDX-License-Identifier: MIT
/* PCI configuration space, the same for every backend (PCI Local Bus 3.0, chapter 6). */
#include "lib/os/os.h"

#define STATUS_CAPS     (1u << 4)
#define FIRST_CAP       0x40u
/* Those this library looks for are no shorter than MSI's and MSI-X's 12 bytes. */
#define LEAST_CAP       12u
#define CONFIG_SIZE     256u
/* A capability takes at least 4 bytes of the 192 behind the header: a longer list is a circle. */
#define MAX_CAPS        48u

#define MSIX_CONTROL    2u
#define MSIX_TABLE      4u
#define MSIX_SIZE_MASK  0x7ffu
#define MSIX_MASK_ALL   (1u << 14)
#define MSIX_ENABLE     (1u << 15)
#define MSIX_BIR_MASK   7u

/* An entry of the table (6.8.2). */
#define ENTRY_SIZE      16u
#define ENTRY_ADDR_LOW  0u
#define ENTRY_ADDR_HIGH 4u
#define ENTRY_DATA      8u
#define ENTRY_CONTROL   12u
#define ENTRY_MASKED    1u

static int gone(void)
{
    ixl_log(IXL_LOG_ERROR, "the configuration space reads all ones: the device was removed or is "
                           "switched off");
    return -IXL_ENODEV;
}

/* ---- capabilities -------------------------------------------------------- */

/* Offset of the first capability, 0 if there is no list. */
static int first_cap(struct ixl_os_dev *dev)
{
    uint32_t status, ptr;
    int err = dev->ops->cfg_read(dev, IXL_PCI_STATUS, 2, &status);

    if (err < 0)
        return err;
    if (status == 0xffff)
        return gone();
    if (!(status & STATUS_CAPS))
        return 0;
    err = dev->ops->cfg_read(dev, IXL_PCI_CAP_PTR, 1, &ptr);
    return err < 0 ? err : (int)(ptr & 0xfcu);
}

/* The first capability `id` from the one at `at` on. */
static int walk(struct ixl_os_dev *dev, uint8_t id, int at)
{
    for (unsigned i = 0; i < MAX_CAPS && at >= (int)FIRST_CAP; i++) {
        uint32_t header;
        int err = dev->ops->cfg_read(dev, (unsigned)at, 2, &header);
        if (err < 0)
            return err;
        if ((header & 0xff) == id && (unsigned)at + LEAST_CAP <= CONFIG_SIZE)
            return at;
        at = (int)(header >> 8 & 0xfcu);
    }
    if (at <= 0)
        return at;
    ixl_log(IXL_LOG_ERROR,
            "the list of PCI capabilities is a circle or leads nowhere: the device is broken");
    return -IXL_EIO;
}

int ixl_pci_find_cap(struct ixl_os_dev *dev, uint8_t id)
{
    int at = first_cap(dev);

    return at < 0 ? at : walk(dev, id, at);
}

int ixl_pci_next_cap(struct ixl_os_dev *dev, uint8_t id, unsigned at)
{
    uint32_t header;
    int err = dev->ops->cfg_read(dev, at, 2, &header);

    return err < 0 ? err : walk(dev, id, (int)(header >> 8 & 0xfcu));
}

int ixl_pci_command(struct ixl_os_dev *dev, uint16_t set, uint16_t clear)
{
    uint32_t old;
    int err = dev->ops->cfg_read(dev, IXL_PCI_COMMAND, 2, &old);

    if (err < 0)
        return err;
    if (old == 0xffff)
        return gone();
    uint32_t val = (old & ~(uint32_t)clear) | set;
    return val == old ? 0 : dev->ops->cfg_write(dev, IXL_PCI_COMMAND, 2, val);
}

void ixl_pci_master_off(struct ixl_os_dev *dev)
{
    uint32_t command;

    if (dev->ops->cfg_read(dev, IXL_PCI_COMMAND, 2, &command) == 0 && command != 0xffff &&
        (command & IXL_PCI_COMMAND_MASTER))
        dev->ops->cfg_write(dev, IXL_PCI_COMMAND, 2, command & ~(uint32_t)IXL_PCI_COMMAND_MASTER);
}

/* ---- MSI-X --------------------------------------------------------------- */

int ixl_pci_msix_find(struct ixl_os_dev *dev, struct ixl_pci_msix *out)
{
    uint32_t control = 0, table = 0;
    int cap = ixl_pci_find_cap(dev, IXL_PCI_CAP_MSIX);

    if (cap <= 0)
        return cap < 0 ? cap : -IXL_ENOTSUP;
    int err = dev->ops->cfg_read(dev, (unsigned)cap + MSIX_CONTROL, 2, &control);
    if (!err)
        err = dev->ops->cfg_read(dev, (unsigned)cap + MSIX_TABLE, 4, &table);
    if (err < 0)
        return err;
    out->cap = (unsigned)cap;
    out->bar = table & MSIX_BIR_MASK;
    out->table = table & ~MSIX_BIR_MASK;
    out->vectors = (control & MSIX_SIZE_MASK) + 1;
    if (out->bar < 6)
        return 0;
    ixl_log(IXL_LOG_ERROR, "the MSI-X table lies in BAR %u, which cannot be: the device is broken",
            out->bar);
    return -IXL_EIO;
}

/* Offset of a vector's entry in the BAR; false if it does not lie there. */
static bool entry(const struct ixl_pci_msix *msix, const struct ixl_bar *bar, unsigned vector,
                  uint32_t *off)
{
    uint64_t at = (uint64_t)msix->table + (uint64_t)vector * ENTRY_SIZE;

    if (vector >= msix->vectors || at + ENTRY_SIZE > bar->size) {
        ixl_log(IXL_LOG_ERROR, "MSI-X vector %u does not exist: the table has %u", vector,
                msix->vectors);
        return false;
    }
    *off = (uint32_t)at;
    return true;
}

void ixl_pci_msix_set(const struct ixl_pci_msix *msix, const struct ixl_bar *bar, unsigned vector,
                      uint64_t addr, uint32_t data)
{
    uint32_t at;

    if (!entry(msix, bar, vector, &at))
        return;
    /* an unmasked entry must not change (6.8.3.5), and a former owner may have left it so */
    ixl_bar_write32(bar, at + ENTRY_CONTROL, ENTRY_MASKED);
    ixl_bar_write32(bar, at + ENTRY_ADDR_LOW, (uint32_t)addr);
    ixl_bar_write32(bar, at + ENTRY_ADDR_HIGH, (uint32_t)(addr >> 32));
    ixl_bar_write32(bar, at + ENTRY_DATA, data);
    ixl_bar_write32(bar, at + ENTRY_CONTROL, 0);
}

void ixl_pci_msix_mask(const struct ixl_pci_msix *msix, const struct ixl_bar *bar, unsigned vector)
{
    uint32_t at;

    if (entry(msix, bar, vector, &at))
        ixl_bar_write32(bar, at + ENTRY_CONTROL, ENTRY_MASKED);
}

int ixl_pci_msix_enable(struct ixl_os_dev *dev, const struct ixl_pci_msix *msix, bool on)
{
    uint32_t control;
    int err = dev->ops->cfg_read(dev, msix->cap + MSIX_CONTROL, 2, &control);

    if (err < 0)
        return err;
    if (control == 0xffff)
        return gone();
    control &= ~(uint32_t)(MSIX_ENABLE | MSIX_MASK_ALL);
    if (on)
        control |= MSIX_ENABLE;
    return dev->ops->cfg_write(dev, msix->cap + MSIX_CONTROL, 2, control);
}
