// SPDX-License-Identifier: MIT
/*
 * What the drivers of Intel's gigabit controllers have in common (e1000 and igb build on it):
 * reset, NVM, PHY, link, semaphores, address filters, RSS and the statistics block. A driver
 * describes each of its generations by a struct gbe_gen and embeds struct gbe as the first member
 * of its device.
 */
#ifndef IXL_INTEL_GBE_GBE_H
#define IXL_INTEL_GBE_GBE_H

#include "lib/core/device.h"
#include "lib/intel/assumptions.h"
#include "lib/intel/gbe/regs.h"

/* How a word of the NVM is read. */
enum gbe_nvm {
    GBE_NVM_EERD_8254X, /* EERD, address from bit 8 */
    GBE_NVM_EERD_PCIE,  /* EERD, address from bit 2 */
    GBE_NVM_HARDWARE,   /* not by us: the hardware has loaded the MAC address (ICH, iNVM) */
};

/* Who else uses PHY and NVM, and how they are kept apart. */
enum gbe_sync {
    GBE_SYNC_NONE,   /* nobody */
    GBE_SYNC_SWSM,   /* SWSM and SW_FW_SYNC */
    GBE_SYNC_BARE,   /* SWSM alone, held for as long as the resource (82571 to 82573) */
    GBE_SYNC_EXTCNF, /* one flag in EXTCNF */
};

/* Media: bits of a row's flags, the same for all gigabit drivers. None: copper with a PHY on MDIC.
 */
enum {
    GBE_F_FIBRE = 1u << 0,  /* 8254x TBI */
    GBE_F_SERDES = 1u << 1, /* PCS of the MAC */
    GBE_F_SGMII = 1u << 2,  /* PCS, speed from the PHY behind it */
    GBE_F_KX = 1u << 3,     /* with SERDES: a backplane, which does not negotiate */
    GBE_F_FAMILY = 1u << 8, /* first bit for a driver's own flags */
};

/* Does a reset read the NVM again, or must it be told to? */
enum gbe_reload {
    GBE_RELOAD_BY_RESET,
    GBE_RELOAD_ALWAYS,   /* told: 82543, 82544 */
    GBE_RELOAD_IF_FLASH, /* told if the NVM is a flash: 82573, 82574 */
};

/* Statistics that only some parts count. */
enum {
    GBE_COUNT_HALF = 1u << 0,  /* collisions, waiting: half duplex */
    GBE_COUNT_TNCRS = 1u << 1, /* sent without carrier sense */
    GBE_COUNT_SIZES = 1u << 2, /* frames by size */
    GBE_COUNT_MNG = 1u << 3,   /* frames of management */
    GBE_COUNT_8254X = 1u << 4, /* SEC, CEXTERR, TSCTFC */
    GBE_COUNT_HOST = 1u << 5,  /* what the host got and sent, as against management; igb */
};

/* What differs between generations. */
struct gbe_gen {
    enum gbe_nvm nvm;
    enum gbe_sync sync;
    uint32_t eerd;      /* register that reads NVM words */
    uint32_t eerd_done; /* its bit */
    uint8_t phy_addr;   /* on MDIO */
    uint8_t addresses;  /* receive address registers */
    uint8_t rx_kib;     /* igb: the least receive buffer a part is set up with; 0: see PBA */
    uint8_t macs;       /* of these, for further addresses: the driver's to use */
    uint8_t mta_words;  /* of the multicast table */
    bool vlan_filter;   /* there is a VFTA */
    uint8_t counts;     /* GBE_COUNT_* */
    bool sctp;          /* computes the checksums of SCTP */
    struct {
        uint8_t queues;    /* an entry of the redirection table can name; 0: no RSS */
        uint8_t shift;     /* of the queue in an entry */
        bool udp;          /* hashes UDP ports */
        uint32_t mode;     /* of MRQC */
        uint32_t tcp_ipv6; /* bit of MRQC */
    } rss;
    bool pcie;           /* master disable, auto-read done, DRV_LOAD */
    bool loaded_in_swsm; /* 82573: DRV_LOAD lies in SWSM */
    bool own_mdio;       /* a reset must own MDIO, which firmware may be using */
    enum gbe_reload reload;
    uint8_t settle_ms;      /* after a reset the PHY is set up from the NVM for so long */
    bool lone_writes;       /* PCI: a bridge may merge writes to tables, which the part forgets */
    bool odd_words;         /* errata: a write to an odd word of a table spoils the one before */
    uint8_t vfta_writes;    /* errata: so many until one is sure to have arrived; 0: one */
    uint8_t spare_mac;      /* errata: the other port's reset restores the first address, so the
                             * station's stands here, too; 0: no */
    bool alternate_mac;     /* the NVM may hold an address that takes precedence */
    uint8_t phy_page;       /* PHY register that selects a page; 0: low registers need none */
    bool sfp_power;         /* SerDes: pins of CTRL feed the module; 82575, 82576 */
    bool link_disconnect;   /* PHPM.GO_LINKD may hold the link down */
    bool phy_managed;       /* firmware negotiates the link; we restart it only */
    uint32_t icr, ims, imc; /* interrupt cause, mask set, mask clear */
    uint32_t errors;        /* causes that are faults of the device */
    uint32_t queue_causes;  /* causes in ICR that belong to MSI-X vectors of queues */
};

#define GBE_STAT_WORDS 80u

struct gbe {
    struct ixl_device base;
    const struct gbe_gen *gen;
    uint64_t media;                /* GBE_F_FIBRE, _SERDES, _SGMII or none of them */
    bool impatient;                /* a semaphore's limit was missed: later waits are short */
    _Atomic bool link_event;       /* an interrupt found ICR.LSC and cleared it */
    uint64_t sums[GBE_STAT_WORDS]; /* by word of the statistics block */
    uint64_t rx_bytes, tx_bytes;   /* without FCS */
};

static inline struct gbe *gbe_of(struct ixl_device *dev)
{
    return (struct gbe *)dev;
}

/* One step of a family's list of initialization. */
typedef int (*gbe_step)(struct gbe *g);

/* What start, restart and stop need to know of a family. */
struct gbe_family {
    const gbe_step *once; /* by start only, in front: who it is, its queues */
    unsigned n_once;
    const gbe_step *steps;
    unsigned n_steps;
    void (*queues_off)(
        struct gbe *g); /* disable queues and their interrupts; NULL: nothing to do */
};

/* life.c: the bodies of a driver's start and stop. start undoes what it did if a step fails. */
int ixl_gbe_start(struct ixl_device *dev, const struct gbe_family *family);
void ixl_gbe_stop(struct ixl_device *dev, const struct gbe_family *family);
/* The body of restart: start without the steps that are done once; it undoes nothing. */
int ixl_gbe_restart(struct ixl_device *dev, const struct gbe_family *family);

/* ixl_wait_bits, and a log line "ADDRESS: WHAT" if it fails. */
int ixl_gbe_wait(struct gbe *g, uint32_t reg, uint32_t mask, uint32_t want, unsigned limit_us,
                 const char *what);
/* False, and dev->removed set, if the device no longer answers. */
bool ixl_gbe_present(struct gbe *g);
/* Contract of ixl_driver.tx_paused. */
bool ixl_gbe_tx_paused(struct ixl_device *dev);

/* reset.c. Interrupts masked, receiver and sender off, no requests to memory, global reset,
 * interrupts masked again. `queues_off` (may be NULL) disables what the family has of queues. */
int ixl_gbe_reset(struct gbe *g, void (*queues_off)(struct gbe *g));
void ixl_gbe_driver_loaded(struct gbe *g, bool loaded);

/* sync.c: `resource` is of GBE_SYNC_*. Always succeeds in the end, or -IXL_ENODEV. */
int ixl_gbe_sync_get(struct gbe *g, uint32_t resource);
void ixl_gbe_sync_put(struct gbe *g, uint32_t resource);
void ixl_gbe_own_mdio(struct gbe *g, bool own); /* EXTCNF's flag, around a reset */

/* nvm.c */
int ixl_gbe_nvm_word(struct gbe *g, uint16_t word, uint16_t *val);
int ixl_gbe_nvm_check(struct gbe *g);
/* dev->mac: cfg.mac, or what the hardware has loaded into RAL/RAH, or words 0 to 2. */
int ixl_gbe_mac_init(struct gbe *g);

/* phy.c */
int ixl_gbe_phy_read(struct gbe *g, unsigned reg, uint16_t *val);
int ixl_gbe_phy_write(struct gbe *g, unsigned reg, uint16_t val);
int ixl_gbe_phy_negotiate(struct gbe *g);

/* irq.c */
/* Read ICR, note what is no receive cause, and give back what belongs to a queue's vector. */
uint32_t ixl_gbe_read_causes(struct gbe *g);

/* link.c */
int ixl_gbe_link_setup(struct gbe *g);
int ixl_gbe_get_link(struct ixl_device *dev, struct ixl_link *out);

/* filter.c */
void ixl_gbe_caps(const struct ixl_device *dev, const struct gbe_gen *gen, struct ixl_caps *out);
void ixl_gbe_filters_init(struct gbe *g);
int ixl_gbe_set_mac(struct ixl_device *dev, const uint8_t mac[6]);
int ixl_gbe_set_addresses(struct ixl_device *dev, const struct ixl_settings *set);
int ixl_gbe_set_vlan(struct ixl_device *dev, uint16_t id, bool on);
int ixl_gbe_set_features(struct ixl_device *dev, uint64_t active);
/* What registers hold for these features. */
uint32_t ixl_gbe_filter_bits(uint64_t active); /* of RCTL */
void ixl_gbe_write_rxcsum(struct gbe *g, uint64_t active);
void ixl_gbe_write_vme(struct gbe *g, uint64_t active);
void ixl_gbe_write_pause(struct gbe *g, uint64_t active);

/* rss.c */
uint64_t ixl_gbe_rss_types(const struct gbe_gen *gen);
void ixl_gbe_rss_init(struct gbe *g); /* nothing where there is none */
void ixl_gbe_write_mrqc(struct gbe *g, uint64_t active, uint64_t types);
int ixl_gbe_set_rss(struct ixl_device *dev, const struct ixl_rss *rss);

/* stats.c */
int ixl_gbe_stats_init(struct gbe *g);
int ixl_gbe_update_stats(struct ixl_device *dev);
void ixl_gbe_totals(struct ixl_device *dev, struct ixl_device_stats *out);
uint64_t ixl_gbe_refused(struct ixl_device *dev); /* contract of ixl_driver.refused */
void ixl_gbe_visit_stats(struct ixl_device *dev,
                         void (*emit)(void *ctx, const char *name, uint64_t value), void *ctx);

#endif
