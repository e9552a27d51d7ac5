// SPDX-License-Identifier: MIT
/* The life of a device: start reads as the data sheet's list (82576 4.5), stop is its mirror. */
#include "lib/intel/igb/igb.h"

#include "lib/intel/ring.h"

#define IRQ .icr = IGB_ICR, .ims = IGB_IMS, .imc = IGB_IMC, .errors = IGB_ICR_FER | IGB_ICR_DOUTSYNC
#define NVM .nvm = GBE_NVM_EERD_PCIE, .eerd = GBE_EERD, .eerd_done = 1u << 1
#define GBE_COMMON                                                                                 \
    .sync = GBE_SYNC_SWSM, .phy_addr = 1, .addresses = 16, .macs = 15, .mta_words = 128,           \
    .vlan_filter = true, .pcie = true,                                                             \
    .counts = GBE_COUNT_HALF | GBE_COUNT_TNCRS | GBE_COUNT_SIZES | GBE_COUNT_MNG | GBE_COUNT_HOST, \
    IRQ
#define RSS(n, first)                                                                              \
    .rss = { .queues = (n),                                                                        \
             .shift = (first),                                                                     \
             .udp = true,                                                                          \
             .mode = IGB_MRQC_RSS,                                                                 \
             .tcp_ipv6 = IGB_MRQC_TCP_IPV6 }

/* 82580 and later: firmware or a former owner may have told the PHY to let go of the link. */
#define PHPM  .link_disconnect = true
/* The PHY of the I210 pages even its lowest registers; behind the SGMII of others such a one may
 * be, which has the same register for it. */
#define PAGED .phy_page = 22

const struct igb_gen ixl_igb_gens[] = {
    [IGB_82575] = { { NVM, GBE_COMMON, .rx_kib = 34, RSS(4, 6), .alternate_mac = true,
                      .sfp_power = true },
                    .queues = 4,
                    .completion_timeout = true },
    [IGB_82576] = { { NVM, GBE_COMMON, .rx_kib = 64, RSS(16, 0), .sctp = true,
                      .alternate_mac = true, .sfp_power = true },
                    .queues = 16,
                    .ivar_step = 8,
                    .eitr_ignore = true,
                    .completion_timeout = true },
    [IGB_82580] = { { NVM, GBE_COMMON, .rx_kib = 36, RSS(8, 0), .sctp = true, PHPM },
                    .queues = 8,
                    .ivar_step = 1,
                    .eitr_ignore = true,
                    .queue_counts = true },
    [IGB_I350] = { { NVM, GBE_COMMON, .rx_kib = 36, RSS(8, 0), .sctp = true, PHPM,
                     .vfta_writes = 10 },
                   .queues = 8,
                   .ivar_step = 1,
                   .eitr_ignore = true,
                   .queue_counts = true },
    [IGB_I210] = { { .nvm = GBE_NVM_EERD_PCIE,
                     .eerd = 0x12014,
                     .eerd_done = 1u << 1,
                     GBE_COMMON,
                     .rx_kib = 34,
                     RSS(4, 0),
                     .sctp = true,
                     PHPM,
                     PAGED },
                   .queues = 4,
                   .ivar_step = 1,
                   .eitr_ignore = true,
                   .queue_counts = true,
                   .rqdpc_written = true },
    [IGB_I210_FLASHLESS] = { { .nvm = GBE_NVM_HARDWARE,
                               GBE_COMMON,
                               .rx_kib = 34,
                               RSS(4, 0),
                               .sctp = true,
                               PHPM,
                               PAGED },
                             .queues = 4,
                             .ivar_step = 1,
                             .eitr_ignore = true,
                             .queue_counts = true,
                             .rqdpc_written = true },
};

/* ---- start --------------------------------------------------------------------------------- */

/* 8.2.3: the NVM says how the port is wired. */
static void find_media(struct gbe *g)
{
    static const uint64_t media[] = {
        [0] = 0,
        [IGB_CTRL_EXT_MODE_KX] = GBE_F_SERDES | GBE_F_KX,
        [IGB_CTRL_EXT_MODE_SGMII] = GBE_F_SGMII,
        [IGB_CTRL_EXT_MODE_SERDES] = GBE_F_SERDES,
    };
    uint32_t ctrl_ext = ixl_read(&g->base, GBE_CTRL_EXT);
    g->media = media[(ctrl_ext & GBE_CTRL_EXT_LINK_MODE) >> IGB_CTRL_EXT_MODE_SHIFT];
}

/*
 * Errata. Without a time set by the NVM the first parts give up on a completion too early, and ask
 * again for what then arrives twice. IPv6 extension headers that are malformed hang the receiver.
 */
static void write_errata(struct gbe *g)
{
    struct ixl_device *dev = &g->base;
    if (gen_of(g)->completion_timeout) {
        uint32_t gcr = ixl_read(dev, IGB_GCR) & ~IGB_GCR_TIMEOUT_RESEND;
        ixl_write(dev, IGB_GCR, gcr & IGB_GCR_TIMEOUT ? gcr : gcr | IGB_GCR_TIMEOUT_10MS);
    }
    ixl_set_bits(dev, IGB_RFCTL, IGB_RFCTL_NO_IPV6_EXT);
}

static int general_init(struct gbe *g)
{
    write_errata(g);
    ixl_igb_irq_off(g);
    ixl_igb_queues_off(g);
    find_media(g);
    ixl_gbe_write_pause(g, g->base.set.active);
    ixl_gbe_write_vme(g, g->base.set.active);
    return 0;
}

/* By start only, in front of the other list. */
static const gbe_step once[] = {
    ixl_gbe_nvm_check, /* the image is whole */
    ixl_gbe_mac_init,  /* the station address */
    ixl_igb_rx_create, /* rings in memory */
    ixl_igb_tx_create,
};
/* 82576 4.5.3, after interrupts and reset, which quiesce has done. A line a step, with its
 * section. */
static const gbe_step init_sequence[] = {
    general_init,       /* 4.5.4 */
    ixl_igb_stats_init, /* 4.5.8 */
    ixl_igb_rx_init,    /* 4.5.9: filters, queues not yet enabled */
    ixl_igb_irq_init,   /* 4.5.5: all masked */
    ixl_igb_tx_start,   /* 4.5.10: enable */
    ixl_igb_rx_start,   /* 4.5.9: enable */
    ixl_gbe_link_setup, /* 4.5.7: last, so that the first frame finds the receiver ready */
};

static void off(struct gbe *g)
{
    ixl_igb_irq_off(g);
    ixl_igb_queues_off(g);
}

static const struct gbe_family family = {
    once,          sizeof(once) / sizeof(once[0]),
    init_sequence, sizeof(init_sequence) / sizeof(init_sequence[0]),
    off,
};

static int quiesce(struct ixl_device *dev)
{
    struct igb *b = igb_of(dev);
    b->gen = &ixl_igb_gens[dev->row->type];
    b->gbe.gen = &b->gen->gbe;
    return ixl_gbe_reset(&b->gbe, off);
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
    ixl_gbe_caps(dev, &ixl_igb_gens[dev->row->type].gbe, out);
}

const struct ixl_driver ixl_igb_driver = {
    .name = "igb",
    .rows = ixl_igb_rows,
    .n_rows = IGB_ROWS,
    .dev_size = sizeof(struct igb),
    .bar_size = 0x20000,
    .quiesce = quiesce,
    .start = start,
    .stop = stop,
    .drop_frames = ixl_intel_queues_rewind,
    .restart = restart,
    .ring_position = ixl_intel_ring_position,
    .refused = ixl_igb_refused,
    .tx_paused = ixl_gbe_tx_paused,
    .get_link = ixl_gbe_get_link,
    .set_mac = ixl_gbe_set_mac,
    .caps = caps,
    .set_features = ixl_igb_set_features,
    .set_rss = ixl_gbe_set_rss,
    .set_addresses = ixl_gbe_set_addresses,
    .set_vlan = ixl_gbe_set_vlan,
    .set_moderation = ixl_igb_set_moderation,
    .update_stats = ixl_igb_update_stats,
    .totals = ixl_igb_totals,
    .visit_stats = ixl_igb_visit_stats,
    .irq_unmask = ixl_igb_irq_unmask,
    .irq_mask = ixl_igb_irq_mask,
    .irq_ack = ixl_igb_irq_ack,
    .irq_events = ixl_igb_irq_events,
};
