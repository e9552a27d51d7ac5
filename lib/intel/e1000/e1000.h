// SPDX-License-Identifier: MIT
/* The inside of the e1000 driver: 8254x, 82571 to 82574, 82583, and the LAN controllers of
 * chipsets. */
#ifndef IXL_INTEL_E1000_E1000_H
#define IXL_INTEL_E1000_E1000_H

#include "lib/intel/e1000/regs.h"
#include "lib/intel/gbe/gbe.h"

/* Generations: the `type` of a PCI row. */
enum e1000_type {
    E1000_82543,
    E1000_82544,
    E1000_82540, /* 82540, 82545, 82546 */
    E1000_82541,
    E1000_82547,
    E1000_82571,
    E1000_82572,
    E1000_82573,
    E1000_82574, /* 82574, 82583 */
    E1000_ICH8,
    E1000_ICH9, /* ICH9, ICH10 */
    E1000_PCH,  /* 82577, 82578 */
    E1000_PCH2, /* 82579 */
    E1000_LPT,  /* I217, I218 */
    E1000_SPT,  /* I219 of the 6th and 7th generation of processors */
    E1000_CNP,  /* I219 of later ones */
};

/* A row's flags beyond GBE_F_*. */
enum {
    E1000_F_TXDCTL22 = GBE_F_FAMILY, /* errata: bit 22 of TXDCTL must be 1 (82571 and later) */
    E1000_F_PHY_FIRST = GBE_F_FAMILY << 1, /* errata: the PHY is reset before the MAC */
    E1000_F_NO_RO = GBE_F_FAMILY << 2,     /* errata: relaxed ordering leads to parity errors */
};

struct e1000_gen {
    struct gbe_gen gbe;
    bool extended;              /* extended receive descriptors */
    bool msix;                  /* 82574: vectors and causes of their own for each queue */
    uint8_t rx_kib, buffer_kib; /* PBA: the receiver's share, and all there is; 0: as it is */
    uint8_t aspm_off;           /* errata: bits of the link control that must be 0 */
};
extern const struct e1000_gen ixl_e1000_gens[];

#define E1000_ROWS 146u
extern const struct ixl_pci_row ixl_e1000_rows[E1000_ROWS];

struct e1000 {
    struct gbe gbe;
    const struct e1000_gen *gen;
};

static inline struct e1000 *e1000_of(struct ixl_device *dev)
{
    return (struct e1000 *)dev;
}

/* errata.c: what real parts need beyond the manual's list */
void ixl_e1000_before_reset(struct gbe *g); /* contract of gbe_family.queues_off */
int ixl_e1000_errata(struct gbe *g);        /* a step of start */

/* irq.c */
int ixl_e1000_irq_init(struct gbe *g);
int ixl_e1000_set_moderation(struct ixl_device *dev, unsigned vector, uint32_t us);
void ixl_e1000_irq_unmask(struct ixl_device *dev, unsigned vector);
void ixl_e1000_irq_mask(struct ixl_device *dev, unsigned vector);
bool ixl_e1000_irq_ack(struct ixl_device *dev, unsigned vector);
void ixl_e1000_irq_events(struct ixl_device *dev, bool on);

#endif
