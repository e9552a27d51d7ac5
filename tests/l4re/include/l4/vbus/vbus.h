// SPDX-License-Identifier: MIT
#ifndef FAKE_L4_VBUS_VBUS_H
#define FAKE_L4_VBUS_VBUS_H

#include <l4/sys/types.h>

typedef l4_mword_t l4vbus_device_handle_t;

#define L4VBUS_NULL               (-1L)
#define L4VBUS_ROOT_BUS           0L
#define L4VBUS_MAX_DEPTH          100
#define L4VBUS_ICU_SRC_DEV_HANDLE (1ULL << 63)

typedef struct {
    l4_uint32_t type;
    char name[64];
    unsigned num_resources;
    unsigned flags;
} l4vbus_device_t;

enum {
    L4VBUS_RESOURCE_IRQ = 1,
    L4VBUS_RESOURCE_MEM = 2,
    L4VBUS_RESOURCE_PORT = 3,
    L4VBUS_RESOURCE_DMA_DOMAIN = 6,
};

typedef struct {
    l4_uint16_t type, flags;
    l4_addr_t start, end;
    l4vbus_device_handle_t provider;
    l4_uint32_t id;
} l4vbus_resource_t;

enum {
    L4VBUS_DMAD_UNBIND = 0,
    L4VBUS_DMAD_BIND = 1,
    L4VBUS_DMAD_L4RE_DMA_SPACE = 0,
    L4VBUS_DMAD_KERNEL_DMA_SPACE = 2,
};

int l4vbus_get_next_device(l4_cap_idx_t vbus, l4vbus_device_handle_t parent,
                           l4vbus_device_handle_t *child, int depth, l4vbus_device_t *devinfo);
int l4vbus_get_device_by_hid(l4_cap_idx_t vbus, l4vbus_device_handle_t parent,
                             l4vbus_device_handle_t *child, char const *hid, int depth,
                             l4vbus_device_t *devinfo);
int l4vbus_is_compatible(l4_cap_idx_t vbus, l4vbus_device_handle_t dev, char const *cid);
int l4vbus_get_resource(l4_cap_idx_t vbus, l4vbus_device_handle_t dev, unsigned idx,
                        l4vbus_resource_t *res);
int l4vbus_vicu_get_cap(l4_cap_idx_t vbus, l4vbus_device_handle_t icu, l4_cap_idx_t cap);
int l4vbus_assign_dma_domain(l4_cap_idx_t vbus, unsigned domain_id, unsigned flags,
                             l4_cap_idx_t dma_space);

#endif
