// SPDX-License-Identifier: MIT
/* The inside of the igb driver: 82575, 82576, 82580, I350, I354, I210, I211. */
#ifndef IXL_INTEL_IGB_IGB_H
#define IXL_INTEL_IGB_IGB_H

#include "lib/intel/gbe/gbe.h"
#include "lib/intel/igb/regs.h"

/* Generations: the `type` of a PCI row. */
enum igb_type { IGB_82575, IGB_82576, IGB_82580, IGB_I350, IGB_I210, IGB_I210_FLASHLESS };

#define IGB_MAX_QUEUES 16u

struct igb_gen {
    struct gbe_gen gbe;
    uint8_t queues;          /* the hardware has, each way */
    uint8_t ivar_step;       /* receive queues n and n + step share an IVAR register; 0: MSIXBM */
    bool eitr_ignore;        /* EITR has CNT_IGNORE */
    bool completion_timeout; /* errata: GCR's needs a time, and no second request */
    bool queue_counts;       /* queues count frames and octets */
    bool rqdpc_written;      /* RQDPC is cleared by writing 0 */
};
extern const struct igb_gen ixl_igb_gens[];

#define IGB_ROWS 39u
extern const struct ixl_pci_row ixl_igb_rows[IGB_ROWS];

/* What a queue counts in hardware, and its 64-bit sums; see stats.c. */
enum { IGB_RX_OCTETS, IGB_TX_OCTETS, IGB_RX_PKTS, IGB_TX_PKTS, IGB_QUEUE_COUNTS };
struct igb_queue_sums {
    uint32_t last[IGB_QUEUE_COUNTS];
    uint64_t sum[IGB_QUEUE_COUNTS];
    uint64_t rx_bytes, tx_bytes; /* without FCS */
    uint64_t dropped;            /* of RQDPC */
};

struct igb {
    struct gbe gbe;
    const struct igb_gen *gen;
    struct igb_queue_sums queue[IGB_MAX_QUEUES];
    uint64_t rx_pkts; /* total; see stats.c */
};

static inline struct igb *igb_of(struct ixl_device *dev)
{
    return (struct igb *)dev;
}

static inline const struct igb_gen *gen_of(const struct gbe *g)
{
    return ((const struct igb *)g)->gen;
}

/* queues.c */
void ixl_igb_queues_off(struct gbe *g);
int ixl_igb_rx_create(struct gbe *g);
int ixl_igb_tx_create(struct gbe *g);
int ixl_igb_rx_init(struct gbe *g);
int ixl_igb_set_features(struct ixl_device *dev, uint64_t active);
int ixl_igb_rx_start(struct gbe *g);
int ixl_igb_tx_start(struct gbe *g);

/* irq.c */
void ixl_igb_irq_off(struct gbe *g);
int ixl_igb_irq_init(struct gbe *g);
int ixl_igb_set_moderation(struct ixl_device *dev, unsigned vector, uint32_t us);
void ixl_igb_irq_unmask(struct ixl_device *dev, unsigned vector);
void ixl_igb_irq_mask(struct ixl_device *dev, unsigned vector);
bool ixl_igb_irq_ack(struct ixl_device *dev, unsigned vector);
void ixl_igb_irq_events(struct ixl_device *dev, bool on);

/* stats.c */
int ixl_igb_stats_init(struct gbe *g);
int ixl_igb_update_stats(struct ixl_device *dev);
void ixl_igb_totals(struct ixl_device *dev, struct ixl_device_stats *out);
uint64_t ixl_igb_refused(struct ixl_device *dev); /* contract of ixl_driver.refused */
void ixl_igb_visit_stats(struct ixl_device *dev,
                         void (*emit)(void *ctx, const char *name, uint64_t value), void *ctx);

#endif
