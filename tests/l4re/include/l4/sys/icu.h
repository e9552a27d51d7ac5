// SPDX-License-Identifier: MIT
#ifndef FAKE_L4_SYS_ICU_H
#define FAKE_L4_SYS_ICU_H

#include <l4/sys/ipc.h>
#include <l4/sys/types.h>

#define L4_ICU_FLAG_MSI 0x80000000u

enum {
    L4_IRQ_F_POS_EDGE = 1,
    L4_IRQ_F_LEVEL_HIGH = 3,
    L4_IRQ_F_NEG_EDGE = 5,
    L4_IRQ_F_LEVEL_LOW = 7,
};

typedef struct {
    unsigned features;
    unsigned nr_irqs, nr_msis;
} l4_icu_info_t;

typedef struct {
    l4_uint64_t msi_addr;
    l4_uint32_t msi_data;
} l4_icu_msi_info_t;

l4_msgtag_t l4_icu_bind(l4_cap_idx_t icu, unsigned irqnum, l4_cap_idx_t irq);
l4_msgtag_t l4_icu_unbind(l4_cap_idx_t icu, unsigned irqnum, l4_cap_idx_t irq);
l4_msgtag_t l4_icu_set_mode(l4_cap_idx_t icu, unsigned irqnum, l4_umword_t mode);
l4_msgtag_t l4_icu_info(l4_cap_idx_t icu, l4_icu_info_t *info);
l4_msgtag_t l4_icu_msi_info(l4_cap_idx_t icu, unsigned irqnum, l4_uint64_t source,
                            l4_icu_msi_info_t *info);
/* Without a label nothing is answered: l4_error means nothing then. */
l4_msgtag_t l4_icu_unmask(l4_cap_idx_t icu, unsigned irqnum, l4_umword_t *label,
                          l4_timeout_t timeout);

#endif
