// SPDX-License-Identifier: MIT
/*
 * Virtual buses as io makes them: the ICU (handle 1), a host bridge (2), and software NICs from
 * handle 3 on, with their configuration space, resources and DMA domains.
 */
#include "tests/l4re/fake_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <l4/re/env.h>
#include <l4/sys/consts.h>
#include <l4/vbus/vbus_interfaces.h>
#include <l4/vbus/vbus_pci.h>

#define HANDLE_ICU    1
#define HANDLE_BRIDGE 2
#define ICU_HID       "L40009"
#define LINE_FIRST    16u
#define WHOLE_BUS     (~0u)
#define COMMAND       4u
#define HANDED_OVER   3u /* I/O and memory on, no bus master: as io leaves it */
#define CAP_PTR       0x34u
#define CAP_MSI       5u
#define CAP_MSIX      0x11u
#define CAP_HIDDEN    0xfeu
#define STRANGER_ID   0x11111b36u

struct fake_vbus *fake_buses;
static _Atomic uint64_t next_bar = 0xc0000000u;

/* ---- making -------------------------------------------------------------------------------- */

static void keep(struct object *obj)
{
    (void)obj; /* freed by fake_vbus_destroy */
}

struct fake_vbus *fake_vbus_create(const char *name, const struct fake_options *opt)
{
    static const struct fake_options defaults = FAKE_OPTIONS_DEFAULT;
    struct fake_vbus *vbus = calloc(1, sizeof(*vbus));

    if (!vbus)
        return NULL;
    l4re_env(); /* whose objects are there from the beginning */
    vbus->base = (struct object){ OBJ_VBUS, 0, keep };
    vbus->opt = opt ? *opt : defaults;
    snprintf(vbus->name, sizeof(vbus->name), "%s", name);
    icu_init(&vbus->icu, vbus);
    vbus->cap = cap_initial(&vbus->base);
    pthread_mutex_lock(&fake_lock);
    vbus->next = fake_buses;
    fake_buses = vbus;
    pthread_mutex_unlock(&fake_lock);
    return vbus;
}

void fake_vbus_destroy(struct fake_vbus *vbus)
{
    for (unsigned i = 0; i < vbus->n; i++) {
        if (vbus->dev[i]->nic)
            sim_destroy(vbus->dev[i]->nic);
        free(vbus->dev[i]);
    }
    cap_drop_initial(vbus->cap);
    pthread_mutex_lock(&fake_lock);
    for (struct fake_vbus **at = &fake_buses; *at; at = &(*at)->next) {
        if (*at == vbus) {
            *at = vbus->next;
            break;
        }
    }
    pthread_mutex_unlock(&fake_lock);
    free(vbus);
}

static unsigned find_cap(struct sim_nic *nic, unsigned id);

static struct fake_dev *add(struct fake_vbus *vbus)
{
    struct fake_dev *dev = vbus->n < VBUS_DEVS_MAX ? calloc(1, sizeof(*dev)) : NULL;

    if (dev) {
        dev->vbus = vbus;
        dev->handle = (l4vbus_device_handle_t)vbus->n + FIRST_HANDLE;
        dev->domain = vbus->opt.bus_domain ? WHOLE_BUS : vbus->opt.iommu ? vbus->n + 1 : 0;
    }
    return dev;
}

static void place_bars(struct fake_dev *dev)
{
    for (unsigned i = 0; i < 6; i++) {
        uint64_t size = sim_bar_size(dev->nic, i);
        uint64_t room = (size + 2 * L4_PAGESIZE - 1) & ~(uint64_t)(L4_PAGESIZE - 1);
        if (size)
            dev->bar[i] = atomic_fetch_add(&next_bar, room) + dev->vbus->opt.bar_offset;
    }
}

static void tell_violation(void *ctx, const char *what)
{
    (void)ctx;
    fprintf(stderr, "model: %s\n", what); /* the model counts them */
}

struct sim_nic *fake_vbus_add(struct fake_vbus *vbus, const char *model,
                              const struct sim_options *sim, const struct fake_dev_options *opt)
{
    struct fake_dev *dev = add(vbus);
    char why[160];

    if (!dev)
        return NULL;
    const struct sim_host host = { dev,      fake_dma_read, fake_dma_write,
                                   fake_msi, fake_intx,     tell_violation };
    if (opt)
        dev->opt = *opt;
    dev->nic = sim_create(model, sim, &host, why, sizeof(why));
    if (!dev->nic) {
        free(dev);
        return NULL;
    }
    place_bars(dev);
    dev->hidden[0] = dev->opt.hide_msix ? find_cap(dev->nic, CAP_MSIX) : 0;
    dev->hidden[1] = dev->opt.hide_msi ? find_cap(dev->nic, CAP_MSI) : 0;
    sim_cfg_write(dev->nic, COMMAND, 2, HANDED_OVER);
    vbus->dev[vbus->n++] = dev;
    return dev->nic;
}

void fake_vbus_add_stranger(struct fake_vbus *vbus)
{
    struct fake_dev *dev = add(vbus);

    if (dev)
        vbus->dev[vbus->n++] = dev;
}

/* ---- finding ------------------------------------------------------------------------------- */

l4_cap_idx_t fake_vbus_cap(const struct fake_vbus *vbus)
{
    return vbus->cap;
}

struct fake_vbus *fake_vbus_of(l4_cap_idx_t cap)
{
    struct fake_vbus *vbus = NULL;

    pthread_mutex_lock(&fake_lock);
    for (struct fake_vbus *b = fake_buses; b; b = b->next)
        if (b->cap >> L4_CAP_SHIFT == cap >> L4_CAP_SHIFT)
            vbus = b;
    pthread_mutex_unlock(&fake_lock);
    return vbus;
}

static struct fake_dev *find(const struct fake_vbus *vbus, l4vbus_device_handle_t handle)
{
    l4vbus_device_handle_t index = handle - FIRST_HANDLE;

    return vbus && index >= 0 && index < (l4vbus_device_handle_t)vbus->n ? vbus->dev[index] : NULL;
}

struct sim_nic *fake_vbus_nic(struct fake_vbus *vbus, unsigned index)
{
    return index < vbus->n ? vbus->dev[index]->nic : NULL;
}

l4vbus_device_handle_t fake_vbus_handle(struct fake_vbus *vbus, unsigned index)
{
    return vbus->dev[index]->handle;
}

struct sim_nic *fake_nic_of(l4_cap_idx_t cap, l4vbus_device_handle_t handle)
{
    const struct fake_dev *dev = find(fake_vbus_of(cap), handle);

    return dev ? dev->nic : NULL;
}

void fake_sever(l4_cap_idx_t cap, l4vbus_device_handle_t handle, bool severed)
{
    struct fake_dev *dev = find(fake_vbus_of(cap), handle);

    if (dev)
        atomic_store(&dev->severed, severed);
}

struct fake_dev *bar_at(struct fake_vbus *vbus, uint64_t addr, size_t size, unsigned *bar)
{
    for (unsigned d = 0; d < vbus->n; d++) {
        for (unsigned i = 0; i < 6; i++) {
            uint64_t start = vbus->dev[d]->bar[i], first = start & ~(uint64_t)(L4_PAGESIZE - 1);
            if (!start || addr < first)
                continue;
            *bar = i;
            if (addr + size <= start + sim_bar_size(vbus->dev[d]->nic, i))
                return vbus->dev[d];
        }
    }
    return NULL;
}

/* ---- enumeration --------------------------------------------------------------------------- */

static unsigned list_resources(const struct fake_dev *dev, l4vbus_resource_t res[12]);

static int describe(const struct fake_vbus *vbus, l4vbus_device_handle_t handle,
                    l4vbus_device_t *out)
{
    const struct fake_dev *dev = find(vbus, handle);
    l4vbus_resource_t res[12];
    l4vbus_device_t info = { .flags = 0 };

    if (dev) {
        info.type = 1u << L4VBUS_INTERFACE_PCIDEV;
        info.num_resources = list_resources(dev, res);
        snprintf(info.name, sizeof(info.name), "nic[%ld]", handle - FIRST_HANDLE + 1);
    } else if (handle == HANDLE_ICU) {
        info.type = 1u << L4VBUS_INTERFACE_ICU;
        snprintf(info.name, sizeof(info.name), "L4ICU");
    } else {
        info.type = 1u << L4VBUS_INTERFACE_PCI;
    }
    if (out)
        *out = info;
    return 0;
}

int l4vbus_get_next_device(l4_cap_idx_t cap, l4vbus_device_handle_t parent,
                           l4vbus_device_handle_t *child, int depth, l4vbus_device_t *devinfo)
{
    int err = fault(FAKE_NEXT_DEVICE);
    const struct fake_vbus *vbus = cap_object(cap, OBJ_VBUS);

    if (!vbus || err)
        return err ? err : -(L4_EIPC_LO + L4_IPC_ENOT_EXISTENT);
    if (parent != L4VBUS_ROOT_BUS || depth < 1)
        violated("devices below the root bus are looked for somewhere else");
    l4vbus_device_handle_t next = *child == L4VBUS_NULL ? HANDLE_ICU : *child + 1;
    if (next == HANDLE_ICU && vbus->opt.no_icu)
        next = HANDLE_BRIDGE;
    if (next >= FIRST_HANDLE && !find(vbus, next))
        return -L4_ENODEV;
    *child = next;
    return describe(vbus, next, devinfo);
}

int l4vbus_get_device_by_hid(l4_cap_idx_t cap, l4vbus_device_handle_t parent,
                             l4vbus_device_handle_t *child, char const *hid, int depth,
                             l4vbus_device_t *devinfo)
{
    const struct fake_vbus *vbus = cap_object(cap, OBJ_VBUS);

    (void)depth;
    if (!vbus || parent != L4VBUS_ROOT_BUS || vbus->opt.no_icu || strcmp(hid, ICU_HID) != 0 ||
        *child != L4VBUS_NULL)
        return -L4_ENOENT;
    *child = HANDLE_ICU;
    return describe(vbus, HANDLE_ICU, devinfo);
}

static uint32_t identity(const struct fake_dev *dev)
{
    return dev->nic ? sim_cfg_read(dev->nic, 0, 4) : STRANGER_ID;
}

int l4vbus_is_compatible(l4_cap_idx_t cap, l4vbus_device_handle_t handle, char const *cid)
{
    const struct fake_dev *dev = find(fake_vbus_of(cap), handle);
    char own[40];

    if (!dev)
        return -L4_ENOENT;
    if (strcmp(cid, "PCI/network") == 0 || strcmp(cid, "PCI/CC_0200") == 0)
        return dev->nic != NULL;
    snprintf(own, sizeof(own), "PCI/VEN_%04X&DEV_%04X", identity(dev) & 0xffff,
             identity(dev) >> 16);
    return strcmp(cid, own) == 0;
}

/* ---- resources ----------------------------------------------------------------------------- */

static uint32_t name_of(char a, char b, char c, char d)
{
    const char name[4] = { a, b, c, d };
    uint32_t id;

    memcpy(&id, name, sizeof(id));
    return id;
}

static unsigned list_resources(const struct fake_dev *dev, l4vbus_resource_t res[12])
{
    unsigned n = 0;
    l4_addr_t line = LINE_FIRST + (l4_addr_t)(dev->handle - FIRST_HANDLE);

    if (!dev->opt.no_line)
        res[n++] = (l4vbus_resource_t){ L4VBUS_RESOURCE_IRQ,      0, line, line, -1,
                                        name_of('P', 'I', 'N', 0) };
    for (unsigned i = 0; i < 6 && dev->nic; i++) {
        if (!dev->bar[i])
            continue;
        l4_addr_t start = (l4_addr_t)dev->bar[i];
        l4_addr_t last = start + (l4_addr_t)sim_bar_size(dev->nic, i) - 1;
        res[n++] = (l4vbus_resource_t){
            L4VBUS_RESOURCE_MEM, 3, start, last, -1, name_of('B', 'A', 'R', (char)('0' + i))
        };
    }
    /* an I/O BAR has a BAR's name, too */
    res[n++] = (l4vbus_resource_t){ L4VBUS_RESOURCE_PORT,       0, 0xc000, 0xc01f, -1,
                                    name_of('B', 'A', 'R', '2') };
    if (!dev->vbus->opt.no_domains && !dev->vbus->opt.bus_domain)
        res[n++] = (l4vbus_resource_t){ L4VBUS_RESOURCE_DMA_DOMAIN, 0, dev->domain, dev->domain, -1,
                                        name_of('D', 'M', 'A', 'D') };
    return n;
}

int l4vbus_get_resource(l4_cap_idx_t cap, l4vbus_device_handle_t handle, unsigned idx,
                        l4vbus_resource_t *res)
{
    int err = fault(FAKE_GET_RESOURCE);
    const struct fake_dev *dev = find(fake_vbus_of(cap), handle);
    l4vbus_resource_t all[12];

    if (!dev || err)
        return err ? err : -L4_ENOENT;
    if (idx >= list_resources(dev, all))
        return -L4_ENOENT;
    *res = all[idx];
    return 0;
}

static bool has_domain(const struct fake_vbus *vbus, unsigned id)
{
    for (unsigned i = 0; i < vbus->n; i++)
        if (vbus->dev[i]->domain == id)
            return true;
    return false;
}

int l4vbus_assign_dma_domain(l4_cap_idx_t cap, unsigned domain_id, unsigned flags,
                             l4_cap_idx_t dma_space)
{
    int err = fault(FAKE_ASSIGN_DOMAIN);
    struct fake_vbus *vbus = cap_object(cap, OBJ_VBUS);
    struct object *space = cap_object(dma_space, OBJ_DMA_SPACE);

    if (!vbus || !space || err)
        return err ? err : -L4_EINVAL;
    if (flags != (L4VBUS_DMAD_BIND | L4VBUS_DMAD_L4RE_DMA_SPACE))
        return 0;
    if (vbus->opt.no_domains || !has_domain(vbus, domain_id))
        return -L4_ENOENT;
    return (int)dma_space_assign(space, vbus, domain_id);
}

int l4vbus_vicu_get_cap(l4_cap_idx_t cap, l4vbus_device_handle_t icu, l4_cap_idx_t target)
{
    int err = fault(FAKE_VICU_CAP);
    struct fake_vbus *vbus = cap_object(cap, OBJ_VBUS);

    if (!vbus || icu != HANDLE_ICU || err)
        return err ? err : -L4_EINVAL;
    return (int)cap_fill(target, &vbus->icu.base);
}

/* ---- configuration space ------------------------------------------------------------------- */

static uint32_t ones(unsigned bytes)
{
    return bytes >= 4 ? UINT32_MAX : (1u << (8 * bytes)) - 1;
}

static uint32_t stranger_read(unsigned reg, unsigned bytes)
{
    uint8_t cfg[64] = { STRANGER_ID & 0xff, STRANGER_ID >> 8 & 0xff, STRANGER_ID >> 16 & 0xff,
                        STRANGER_ID >> 24, HANDED_OVER };
    uint32_t val = 0;

    for (unsigned i = 0; i < bytes && reg + i < sizeof(cfg); i++)
        val |= (uint32_t)cfg[reg + i] << (8 * i);
    return val;
}

static unsigned find_cap(struct sim_nic *nic, unsigned id)
{
    unsigned at = sim_cfg_read(nic, CAP_PTR, 1);

    while (at && sim_cfg_read(nic, at, 1) != id)
        at = sim_cfg_read(nic, at + 1, 1);
    return at;
}

/* A capability that is hidden keeps its place in the list and loses its name. */
static uint32_t hide(const struct fake_dev *dev, unsigned reg, uint32_t val)
{
    bool hidden = reg && (reg == dev->hidden[0] || reg == dev->hidden[1]);

    return hidden && val != UINT32_MAX ? (val & ~0xffu) | CAP_HIDDEN : val;
}

int l4vbus_pcidev_cfg_read(l4_cap_idx_t cap, l4vbus_device_handle_t handle, l4_uint32_t reg,
                           l4_uint32_t *value, l4_uint32_t width)
{
    int err = fault(FAKE_CFG_READ);
    const struct fake_dev *dev = find(fake_vbus_of(cap), handle);
    unsigned bytes = width / 8;

    if (!dev || err)
        return err ? err : -L4_ENODEV;
    if ((width != 8 && width != 16 && width != 32) || reg % bytes) {
        violated("%u bits of configuration space are read at 0x%x", width, reg);
        return -L4_EINVAL;
    }
    if (atomic_load(&dev->severed))
        *value = ones(bytes);
    else if (!dev->nic)
        *value = stranger_read(reg, bytes);
    else
        *value = hide(dev, reg, sim_cfg_read(dev->nic, reg, bytes));
    return 0;
}

int l4vbus_pcidev_cfg_write(l4_cap_idx_t cap, l4vbus_device_handle_t handle, l4_uint32_t reg,
                            l4_uint32_t value, l4_uint32_t width)
{
    int err = fault(FAKE_CFG_WRITE);
    const struct fake_dev *dev = find(fake_vbus_of(cap), handle);
    unsigned bytes = width / 8;

    if (!dev || err)
        return err ? err : -L4_ENODEV;
    if ((width != 8 && width != 16 && width != 32) || reg % bytes) {
        violated("%u bits of configuration space are written at 0x%x", width, reg);
        return -L4_EINVAL;
    }
    if (dev->nic && !atomic_load(&dev->severed))
        sim_cfg_write(dev->nic, reg, bytes, value);
    return 0;
}

int l4vbus_pcidev_irq_enable(l4_cap_idx_t cap, l4vbus_device_handle_t handle,
                             unsigned char *trigger, unsigned char *polarity)
{
    int err = fault(FAKE_IRQ_ENABLE);
    const struct fake_dev *dev = find(fake_vbus_of(cap), handle);

    if (!dev || err)
        return err ? err : -L4_ENODEV;
    if (dev->opt.no_line)
        return -L4_EINVAL;
    *trigger = *polarity = 0; /* level, active high */
    return (int)(LINE_FIRST + (unsigned)(handle - FIRST_HANDLE));
}
