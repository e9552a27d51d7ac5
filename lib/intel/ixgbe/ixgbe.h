// SPDX-License-Identifier: MIT
/* The inside of the ixgbe driver: 82599, X540, X550, X552 and X553. */
#ifndef IXL_INTEL_IXGBE_H
#define IXL_INTEL_IXGBE_H

#include "lib/core/device.h"
#include "lib/intel/assumptions.h"
#include "lib/intel/ixgbe/regs.h"

/* MAC generations: the `type` of a PCI row. */
enum ixgbe_type { IXGBE_82599, IXGBE_X540, IXGBE_X550, IXGBE_X552, IXGBE_X553 };

/* How the link is reached: the `flags` of a PCI row. None: the firmware manages it. */
enum {
    IXGBE_F_SFP = 1u << 0,   /* a module on I2C, its laser on SDP3 */
    IXGBE_F_AUTOC = 1u << 1, /* the MAC's own PCS, set up by AUTOC */
    IXGBE_F_MDIO = 1u << 2,  /* a copper PHY behind MDIO, clause 45 */
};

/* What differs between generations. */
struct ixgbe_gen {
    uint32_t eec;        /* its address */
    uint16_t rss_queues; /* that a redirection entry can name */
    uint16_t reta_entries;
    uint16_t rx_buffer_kib; /* packet buffer 0 */
    bool link_in_reset;     /* the global reset takes the link along (CTRL.LRST) */
    bool reset_owns_phy;    /* the PHY's semaphore is held around a reset */
    bool eerd;              /* NVM words can be read through EERD; X550 asks the firmware */
    bool regsmp;            /* SW_FW_SYNC guards itself; the 82599 has SWSM.SWESMBI */
    bool fast_speeds;       /* 2.5 and 5 Gb/s */
    uint32_t errors;        /* causes in EICR that are faults of the device */
};
extern const struct ixgbe_gen ixl_ixgbe_gens[];

#define IXGBE_ROWS 37u
extern const struct ixl_pci_row ixl_ixgbe_rows[IXGBE_ROWS];

/* Sums of the hardware counters; see stats.c. */
#define IXGBE_MAX_COUNTERS 64u
struct ixgbe_queue_sums {
    uint64_t rx_pkts, rx_bytes, rx_dropped, tx_pkts, tx_bytes;
};

struct ixgbe {
    struct ixl_device base;
    const struct ixgbe_gen *gen;
    bool impatient;          /* a semaphore's limit was missed: later waits are short */
    uint8_t phy;             /* MDIO address */
    uint32_t nvm_words;      /* size of the NVM */
    uint64_t nvm_end;        /* ns: when the words of the latest ixl_ixgbe_nvm_begin are read */
    _Atomic bool link_event; /* an interrupt found EICR.LSC and cleared it */
    uint64_t sums[IXGBE_MAX_COUNTERS];
    struct ixgbe_queue_sums queue[IXGBE_STAT_SETS];
    struct ixl_device_stats totals;
    uint64_t xoff_seen; /* at the latest ixl_ixgbe_tx_paused */
};

static inline struct ixgbe *ixgbe_of(struct ixl_device *dev)
{
    return (struct ixgbe *)dev;
}

/* ixl_wait_bits, and a log line "ADDRESS: WHAT" if it fails. */
int ixl_ixgbe_wait(struct ixgbe *ix, uint32_t reg, uint32_t mask, uint32_t want, unsigned limit_us,
                   const char *what);
/* False, and dev->removed set, if the device no longer answers. */
bool ixl_ixgbe_present(struct ixgbe *ix);

/* reset.c */
int ixl_ixgbe_reset(struct ixgbe *ix);
void ixl_ixgbe_stop_dma(struct ixgbe *ix);

/* sync.c: resources shared with firmware and the other port; `mask` is of IXGBE_SYNC_*. */
int ixl_ixgbe_sync_get(struct ixgbe *ix, uint32_t mask);
void ixl_ixgbe_sync_put(struct ixgbe *ix, uint32_t mask);
uint32_t ixl_ixgbe_sync_phy(struct ixgbe *ix); /* this port's PHY: MDIO and I2C */

/* nvm.c */
int ixl_ixgbe_nvm_wait(struct ixgbe *ix);
int ixl_ixgbe_nvm_check(struct ixgbe *ix);
int ixl_ixgbe_nvm_mac(struct ixgbe *ix);
/* Words are going to be read: what they may take together starts to count. */
void ixl_ixgbe_nvm_begin(struct ixgbe *ix);
/* One word; the caller holds IXGBE_SYNC_EEP. */
int ixl_ixgbe_nvm_read(struct ixgbe *ix, uint32_t word, uint16_t *val);

/* link.c */
int ixl_ixgbe_link_setup(struct ixgbe *ix);
void ixl_ixgbe_link_release(struct ixgbe *ix);
int ixl_ixgbe_get_link(struct ixl_device *dev, struct ixl_link *out);

/* sfp.c */
enum ixgbe_module { IXGBE_MODULE_NONE, IXGBE_MODULE_10G, IXGBE_MODULE_COPPER, IXGBE_MODULE_1G };
int ixl_ixgbe_sfp_identify(struct ixgbe *ix, enum ixgbe_module *module);
/* Write the EEPROM's analog settings for such a module; the caller holds EEP and MAC_CSR. */
int ixl_ixgbe_sfp_tune(struct ixgbe *ix, enum ixgbe_module module);

/* mdio.c */
int ixl_ixgbe_phy_restart(struct ixgbe *ix);

/* filter.c */
void ixl_ixgbe_caps(const struct ixl_device *dev, struct ixl_caps *out);
void ixl_ixgbe_filters_init(struct ixgbe *ix);
int ixl_ixgbe_set_features(struct ixl_device *dev, uint64_t active);
int ixl_ixgbe_set_addresses(struct ixl_device *dev, const struct ixl_settings *set);
int ixl_ixgbe_set_vlan(struct ixl_device *dev, uint16_t id, bool on);
int ixl_ixgbe_set_mac(struct ixl_device *dev, const uint8_t mac[6]);

/* rss.c */
uint64_t ixl_ixgbe_rss_types(void);
void ixl_ixgbe_rss_init(struct ixgbe *ix);
void ixl_ixgbe_write_mrqc(struct ixl_device *dev, uint64_t active, uint64_t types);
int ixl_ixgbe_set_rss(struct ixl_device *dev, const struct ixl_rss *rss);

/* rx.c, tx.c */
int ixl_ixgbe_rx_create(struct ixgbe *ix);
int ixl_ixgbe_rx_init(struct ixgbe *ix);
int ixl_ixgbe_rx_start(struct ixgbe *ix);
void ixl_ixgbe_rx_stop(struct ixgbe *ix);
/* Halt the receive path, turn the receiver on or off, let the path run (4.6.7). */
int ixl_ixgbe_receiver(struct ixgbe *ix, bool on);
/* The same, off; but where the path does not halt, the receiver stays on. */
int ixl_ixgbe_receiver_pause(struct ixgbe *ix);
/* Pause frames as these features have them. */
void ixl_ixgbe_set_pause(struct ixgbe *ix, uint64_t active);
int ixl_ixgbe_tx_create(struct ixgbe *ix);
int ixl_ixgbe_tx_init(struct ixgbe *ix);
int ixl_ixgbe_tx_start(struct ixgbe *ix);
void ixl_ixgbe_tx_stop(struct ixgbe *ix);

/* irq.c */
void ixl_ixgbe_irq_off(struct ixgbe *ix);
int ixl_ixgbe_irq_init(struct ixgbe *ix);
int ixl_ixgbe_set_moderation(struct ixl_device *dev, unsigned vector, uint32_t us);
void ixl_ixgbe_irq_unmask(struct ixl_device *dev, unsigned vector);
void ixl_ixgbe_irq_mask(struct ixl_device *dev, unsigned vector);
bool ixl_ixgbe_irq_ack(struct ixl_device *dev, unsigned vector);
void ixl_ixgbe_irq_events(struct ixl_device *dev, bool on);
/* Read EICR and note what is no queue's cause. */
uint32_t ixl_ixgbe_read_causes(struct ixgbe *ix);

/* stats.c */
int ixl_ixgbe_stats_init(struct ixgbe *ix);
int ixl_ixgbe_update_stats(struct ixl_device *dev);
uint64_t ixl_ixgbe_refused(struct ixl_device *dev);
bool ixl_ixgbe_tx_paused(struct ixl_device *dev);
void ixl_ixgbe_totals(struct ixl_device *dev, struct ixl_device_stats *out);
void ixl_ixgbe_visit_stats(struct ixl_device *dev,
                           void (*emit)(void *ctx, const char *name, uint64_t value), void *ctx);

#endif
