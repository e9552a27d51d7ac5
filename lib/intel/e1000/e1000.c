// SPDX-License-Identifier: MIT
/* The life of a device: start reads as the manual's chapter 14, stop is its mirror. */
#include "lib/intel/e1000/e1000.h"

#include "lib/intel/ring.h"

/* Largest frame with FCS and VLAN tag that is no long packet. */
#define STANDARD_FRAME 1522u
#define FCS            4u

/* 13.4.33, 13.4.34: collision threshold and distance, gaps between frames. */
#define TCTL_CT        15u
#define TCTL_COLD      0x40u
#define TIPG_COPPER    (8u | 8u << 10 | 6u << 20)
#define TIPG_FIBRE     (9u | 8u << 10 | 6u << 20)

#define IRQ            .icr = E1000_ICR, .ims = E1000_IMS, .imc = E1000_IMC
/* All 16 addresses but the station's, the whole multicast table, VFTA. */
#define FILTERS        .addresses = 16, .macs = 15, .mta_words = 128, .vlan_filter = true
/* Chipsets: a short table of groups, no VLANs; of the further addresses firmware has its share.
 * From the 82579 on those registers are all firmware's. */
#define ICH_FILTERS    .addresses = 7, .mta_words = 32
#define PCH2_FILTERS   .addresses = 1, .mta_words = 32

/* 13.7; what is taken away again below, the drivers of the parts' maker leave alone: TNCRS of the
 * 82574, size classes since ICH8, half duplex since the PCH. */
#define COUNTS_8254X   (GBE_COUNT_HALF | GBE_COUNT_TNCRS | GBE_COUNT_SIZES | GBE_COUNT_8254X)
#define COUNTS_ALL     (COUNTS_8254X | GBE_COUNT_MNG)

/* NVM and its registers: 8254x, later parts, and those whose hardware has loaded it for us. */
#define EERD_8254X     .nvm = GBE_NVM_EERD_8254X, .eerd = GBE_EERD, .eerd_done = 1u << 4
#define EERD           .nvm = GBE_NVM_EERD_PCIE, .eerd = GBE_EERD, .eerd_done = 1u << 1
#define LOADED         .nvm = GBE_NVM_HARDWARE

#define PCI_PART       .phy_addr = 1, FILTERS, .lone_writes = true, IRQ
#define PCIE_PART      .phy_addr = 1, .pcie = true, IRQ
/* 82571 to 82573: 15 addresses. */
#define P8257X                                                                                     \
    EERD, .sync = GBE_SYNC_BARE, .addresses = 15, .mta_words = 128, .vlan_filter = true,           \
          .counts = COUNTS_ALL
/* 82573, 82574: the NVM may be a flash, and the PHY is set up from it after a reset. */
#define FLASH_PART .own_mdio = true, .reload = GBE_RELOAD_IF_FLASH, .settle_ms = 25
#define ICH_PART   LOADED, .sync = GBE_SYNC_EXTCNF, .own_mdio = true, .settle_ms = 20
#define PCH_PART(list)                                                                             \
    ICH_PART, .phy_addr = 2, list, .pcie = true, .counts = GBE_COUNT_8254X | GBE_COUNT_MNG, IRQ

#define ASPM_L0S 1u
#define ASPM_L1  2u

const struct e1000_gen ixl_e1000_gens[] = {
    [E1000_82543] = { .gbe = { LOADED, .reload = GBE_RELOAD_ALWAYS, .counts = COUNTS_8254X,
                               PCI_PART },
                      .rx_kib = 48,
                      .buffer_kib = 64 },
    [E1000_82544] = { .gbe = { LOADED, .reload = GBE_RELOAD_ALWAYS, .odd_words = true,
                               .counts = COUNTS_8254X, PCI_PART },
                      .rx_kib = 48,
                      .buffer_kib = 64 },
    [E1000_82540] = { .gbe = { EERD_8254X, .counts = COUNTS_ALL, PCI_PART },
                      .rx_kib = 48,
                      .buffer_kib = 64 },
    [E1000_82541] = { .gbe = { EERD, .counts = COUNTS_ALL, PCI_PART },
                      .rx_kib = 48,
                      .buffer_kib = 64 },
    [E1000_82547] = { .gbe = { EERD, .counts = COUNTS_ALL, PCI_PART },
                      .rx_kib = 30,
                      .buffer_kib = 40 },
    [E1000_82571] = { .gbe = { P8257X, .macs = 13, .spare_mac = 14, .alternate_mac = true,
                               PCIE_PART },
                      .extended = true,
                      .rx_kib = 32,
                      .buffer_kib = 48 },
    [E1000_82572] = { .gbe = { P8257X, .macs = 14, .alternate_mac = true, PCIE_PART },
                      .extended = true,
                      .rx_kib = 32,
                      .buffer_kib = 48 },
    [E1000_82573] = { .gbe = { P8257X, .macs = 14, .loaded_in_swsm = true, FLASH_PART, PCIE_PART },
                      .extended = true,
                      .rx_kib = 12,
                      .buffer_kib = 32,
                      .aspm_off = ASPM_L1 },
    [E1000_82574] = { .gbe = { EERD, .sync = GBE_SYNC_EXTCNF, FILTERS, FLASH_PART,
                               .rss = { .queues = 2,
                                        .shift = 7,
                                        .mode = E1000_MRQC_RSS_2,
                                        .tcp_ipv6 = E1000_MRQC_TCP_IPV6 },
                               .queue_causes = E1000_ICR_RXQ(0) | E1000_ICR_RXQ(1),
                               .counts = COUNTS_ALL & ~GBE_COUNT_TNCRS, PCIE_PART },
                      .extended = true,
                      .msix = true,
                      .rx_kib = 20,
                      .buffer_kib = 40,
                      .aspm_off = ASPM_L0S | ASPM_L1 },
    [E1000_ICH8] = { .gbe = { ICH_PART, ICH_FILTERS, .counts = COUNTS_ALL & ~GBE_COUNT_SIZES,
                              PCIE_PART },
                     .extended = true,
                     .rx_kib = 8,
                     .buffer_kib = 16 },
    [E1000_ICH9] = { .gbe = { ICH_PART, ICH_FILTERS, .counts = COUNTS_ALL & ~GBE_COUNT_SIZES,
                              PCIE_PART },
                     .extended = true },
    [E1000_PCH] = { .gbe = { PCH_PART(ICH_FILTERS) }, .extended = true },
    [E1000_PCH2] = { .gbe = { PCH_PART(PCH2_FILTERS) }, .extended = true },
    [E1000_LPT] = { .gbe = { PCH_PART(PCH2_FILTERS) }, .extended = true },
    [E1000_SPT] = { .gbe = { PCH_PART(PCH2_FILTERS) }, .extended = true },
    [E1000_CNP] = { .gbe = { PCH_PART(PCH2_FILTERS) }, .extended = true },
};

static const struct e1000_gen *gen_of(const struct gbe *g)
{
    return ((const struct e1000 *)g)->gen;
}

/* ---- receive (14.4) ---------------------------------------------------------------------- */

static int rx_create(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    enum ixl_desc_format format = gen_of(g)->extended ? IXL_DESC_EXTENDED : IXL_DESC_LEGACY;
    for (uint16_t i = 0; i < dev->cfg.num_rx_queues; i++) {
        int err = ixl_intel_rxq_create(dev, i, format, E1000_RX_QUEUE(i));
        if (err)
            return err;
        dev->num_rx = (uint16_t)(i + 1);
    }
    return 0;
}

/* 13.4.22: buffer size; 256 to 2048 bytes, or with BSEX 4096 to 16384. */
static uint32_t buffer_size_bits(uint32_t bytes)
{
    switch (bytes) {
    case 1024:
        return 1u << GBE_RCTL_BSIZE_SHIFT;
    case 4096:
        return 3u << GBE_RCTL_BSIZE_SHIFT | GBE_RCTL_BSEX;
    case 8192:
        return 2u << GBE_RCTL_BSIZE_SHIFT | GBE_RCTL_BSEX;
    default:
        return 0; /* 2048 */
    }
}

static uint32_t receive_control(const struct gbe *g)
{
    const struct ixl_device *dev = &g->base;
    uint32_t rctl = GBE_RCTL_EN | GBE_RCTL_SECRC | ixl_gbe_filter_bits(dev->set.active) |
                    buffer_size_bits(ixl_intel_rx_buf_size(dev));
    if (dev->cfg.max_frame_size + FCS > STANDARD_FRAME)
        rctl |= GBE_RCTL_LPE;
    return rctl;
}

static int rx_init(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    ixl_gbe_filters_init(g);
    ixl_write(dev, E1000_RDTR, 0);
    ixl_write(dev, E1000_RADV, 0);
    if (gen_of(g)->extended)
        ixl_write(dev, E1000_RFCTL, ixl_read(dev, E1000_RFCTL) | E1000_RFCTL_EXSTEN);
    for (uint16_t i = 0; i < dev->num_rx; i++)
        ixl_intel_rxq_program(dev, i);
    ixl_gbe_rss_init(g);
    ixl_gbe_write_rxcsum(g, dev->set.active);
    return 0;
}

/* Tails move only once the receiver is on: hardware may forget an earlier one. */
static int rx_start(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    ixl_write(dev, GBE_RCTL, receive_control(g));
    for (uint16_t i = 0; i < dev->num_rx; i++) {
        int err = ixl_intel_rxq_fill(dev, i);
        if (err)
            return err;
    }
    return 0;
}

/* ---- transmit (14.5) ----------------------------------------------------------------------- */

static int tx_create(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    enum ixl_desc_format format = gen_of(g)->extended ? IXL_DESC_EXTENDED : IXL_DESC_LEGACY;
    for (uint16_t i = 0; i < dev->cfg.num_tx_queues; i++) {
        int err = ixl_intel_txq_create(dev, i, format, E1000_TX_QUEUE(i));
        if (err)
            return err;
        dev->num_tx = (uint16_t)(i + 1);
    }
    return 0;
}

static int tx_init(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    for (uint16_t i = 0; i < dev->num_tx; i++) {
        ixl_intel_txq_program(dev, i);
        if (dev->row->flags & E1000_F_TXDCTL22)
            ixl_write(dev, E1000_TX_QUEUE(i) + RING_DCTL, E1000_TXDCTL_22);
    }
    ixl_write(dev, GBE_TIPG,
              dev->row->flags & (GBE_F_FIBRE | GBE_F_SERDES) ? TIPG_FIBRE : TIPG_COPPER);
    return 0;
}

static int tx_start(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    uint32_t tctl = ixl_read(dev, GBE_TCTL) & ~(GBE_TCTL_CT | GBE_TCTL_COLD);
    ixl_write(dev, GBE_TCTL,
              tctl | GBE_TCTL_EN | GBE_TCTL_PSP | TCTL_CT << GBE_TCTL_CT_SHIFT |
                  TCTL_COLD << GBE_TCTL_COLD_SHIFT | GBE_TCTL_RTLC);
    return 0;
}

/* ---- start, stop ------------------------------------------------------------ */

static int general_init(struct gbe *g)
{
    ixl_gbe_write_pause(g, g->base.set.active);
    ixl_gbe_write_vme(g, g->base.set.active);
    return 0;
}

/* By start only, in front of the other list. */
static const gbe_step once[] = {
    ixl_gbe_nvm_check, /* 5.6.35: the image is whole */
    ixl_gbe_mac_init,  /* 5.6.1: the station address */
    rx_create,         /* rings in memory */
    tx_create,
};
/* 14.3, after interrupts and reset, which quiesce has done. A line a step, with its section. */
static const gbe_step init_sequence[] = {
    ixl_e1000_errata,   /* before anything relies on what a reset leaves */
    general_init,       /* 14.3 */
    ixl_gbe_stats_init, /* 13.7 */
    rx_init,            /* 14.4: filters and queues, not yet enabled */
    tx_init,            /* 14.5: queues, not yet enabled */
    ixl_e1000_irq_init, /* all masked */
    tx_start,           /* 14.5: enable */
    rx_start,           /* 14.4: enable */
    ixl_gbe_link_setup, /* 14.3: last, so that the first frame finds the receiver ready */
};
static const struct gbe_family family = {
    once,
    sizeof(once) / sizeof(once[0]),
    init_sequence,
    sizeof(init_sequence) / sizeof(init_sequence[0]),
    ixl_e1000_before_reset,
};

static int quiesce(struct ixl_device *dev)
{
    struct e1000 *e = e1000_of(dev);
    e->gen = &ixl_e1000_gens[dev->row->type];
    e->gbe.gen = &e->gen->gbe;
    e->gbe.media = dev->row->flags;
    return ixl_gbe_reset(&e->gbe, ixl_e1000_before_reset);
}

static int start(struct ixl_device *dev)
{
    return ixl_gbe_start(dev, &family);
}

static int restart(struct ixl_device *dev)
{
    return ixl_gbe_restart(dev, &family);
}

static void stop(struct ixl_device *dev)
{
    ixl_gbe_stop(dev, &family);
}

static void caps(const struct ixl_device *dev, struct ixl_caps *out)
{
    ixl_gbe_caps(dev, &ixl_e1000_gens[dev->row->type].gbe, out);
}

const struct ixl_driver ixl_e1000_driver = {
    .name = "e1000",
    .rows = ixl_e1000_rows,
    .n_rows = E1000_ROWS,
    .dev_size = sizeof(struct e1000),
    .bar_size = 0x20000,
    .quiesce = quiesce,
    .start = start,
    .stop = stop,
    .drop_frames = ixl_intel_queues_rewind,
    .restart = restart,
    .ring_position = ixl_intel_ring_position,
    .refused = ixl_gbe_refused,
    .tx_paused = ixl_gbe_tx_paused,
    .get_link = ixl_gbe_get_link,
    .set_mac = ixl_gbe_set_mac,
    .caps = caps,
    .set_features = ixl_gbe_set_features,
    .set_rss = ixl_gbe_set_rss,
    .set_addresses = ixl_gbe_set_addresses,
    .set_vlan = ixl_gbe_set_vlan,
    .set_moderation = ixl_e1000_set_moderation,
    .update_stats = ixl_gbe_update_stats,
    .totals = ixl_gbe_totals,
    .visit_stats = ixl_gbe_visit_stats,
    .irq_unmask = ixl_e1000_irq_unmask,
    .irq_mask = ixl_e1000_irq_mask,
    .irq_ack = ixl_e1000_irq_ack,
    .irq_events = ixl_e1000_irq_events,
};
