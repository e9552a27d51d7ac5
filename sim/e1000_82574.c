// SPDX-License-Identifier: MIT
/*
 * 82574 (data sheet 317694): PCI Express, two queues each way with receive side scaling,
 * extended receive descriptors, five MSI-X vectors, its management arbiter (EXTCNF_CTRL).
 */
#include "e1000_core.h"

#define RW(n, o, ...)                                                                              \
    {                                                                                              \
        .name = n, .off = o, .kind = E1K_RW, .rw = __VA_ARGS__                                     \
    }
#define ARRAY(n, o, c, st, ...)                                                                    \
    {                                                                                              \
        .name = n, .off = o, .count = c, .stride = st, .kind = E1K_RW, .rw = __VA_ARGS__           \
    }
#define RC(n, o)                                                                                   \
    {                                                                                              \
        .name = n, .off = o, .kind = E1K_RC                                                        \
    }
#define RO(n, ...)                                                                                 \
    {                                                                                              \
        .name = n, .kind = E1K_RO, .off = __VA_ARGS__                                              \
    }

/* ICR: the single causes, then RXQ0, RXQ1, TXQ0, TXQ1 and OTHER in bits 24:20 */
#define CAUSES 0x01f782dfu
#define QUEUES 2

static const struct e1k_reg table[] = {
    RW("CTRL", R_CTRL, 0xdcfc1be5, .reset = 0x00000201, .read = e1k_read_ctrl,
       .wrote = e1k_wrote_ctrl),
    RW("STATUS", R_STATUS, 0x00000400, .ro = 0xfffffbff, .keep = true, .read = e1k_read_status),
    RW("EECD", R_EECD, 0x00000077, .ro = 0x00ffff88, .reset = 0x00000310, .read = e1k_read_eecd,
       .wrote = e1k_wrote_eecd),
    RW("EERD", R_EERD, 0x0000fffd, .ro = 0xffff0002, .read = e1k_read_eerd,
       .wrote = e1k_wrote_eerd),
    RW("CTRL_EXT", R_CTRL_EXT, 0xb9daa000, .reset = 0x00480000, .wrote = e1k_wrote_ctrl_ext),
    RW("FLA", 0x0001c, 0xffffffff),
    RW("MDIC", R_MDIC, 0x7fffffff, .reset = 0x10000000, .read = e1k_read_mdic,
       .wrote = e1k_wrote_mdic),
    RW("FCAL", 0x00028, 0xffffffff),
    RW("FCAH", 0x0002c, 0x0000ffff),
    RW("FCT", 0x00030, 0x0000ffff),
    RW("VET", R_VET, 0x0000ffff, .reset = 0x8100),
    RW("ICR", R_ICR, 0xffffffff, .read = e1k_read_icr, .wrote = e1k_wrote_icr),
    RW("ITR", R_ITR, 0x0000ffff),
    { .name = "ICS", .off = R_ICS, .kind = E1K_WO, .rw = CAUSES, .wrote = e1k_wrote_ics },
    RW("IMS", R_IMS, CAUSES, .wrote = e1k_wrote_ims),
    { .name = "IMC", .off = R_IMC, .kind = E1K_WO, .rw = 0xffffffff, .wrote = e1k_wrote_imc },
    RW("EIAC", R_EIAC_82574, 0x01f00000),
    RW("IAM", R_IAM, CAUSES),
    RW("IVAR", R_IVAR_82574, 0x800fffff, .wrote = e1k_wrote_irq),
    ARRAY("EITR", R_EITR_82574, 5, 4, 0x0000ffff),
    RW("RCTL", R_RCTL, 0x7edfbffe, .wrote = e1k_wrote_rctl),
    RW("FCTTV", 0x00170, 0x0000ffff),
    RW("TCTL", R_TCTL, 0x7ffffffa, .reset = 0x3003f0f8, .wrote = e1k_wrote_tctl),
    RW("TIPG", R_TIPG, 0x3fffffff, .reset = 0x00602006),
    RW("AIT", 0x00458, 0x0000ffff),
    RW("LEDCTL", 0x00e00, 0xcfcfcfcf, .reset = 0x07068302),
    RW("EXTCNF_CTRL", R_EXTCNF, 0x00000020, .ro = 0xffffffdf, .reset = 0x00000008,
       .wrote = e1k_wrote_extcnf),
    RW("EXTCNF_SIZE", 0x00f08, 0x0000ffff),
    RW("PHY_CTRL", 0x00f10, 0x0000007f),
    RW("PBA", 0x01000, 0x0000ffff, .keep = true, .ro = 0xffff0000, .reset = 0x00140014),
    RO("EEMNGCTL", R_EEMNGCTL, .reset = 0x80040000),
    RW("FLOP", 0x0103c, 0xffffffff),
    RW("FCRTL", 0x02160, 0x8000fff8),
    RW("FCRTH", 0x02168, 0x8000fff8),
    RW("PSRCTL", 0x02170, 0x3f3f3f7f, .reset = 0x00040402),
    ARRAY("RDBAL", 0x02800, QUEUES, 0x100, 0xfffffff0, .wrote = e1k_wrote_ring_setup),
    ARRAY("RDBAH", 0x02804, QUEUES, 0x100, 0xffffffff, .wrote = e1k_wrote_ring_setup),
    ARRAY("RDLEN", 0x02808, QUEUES, 0x100, 0x000fff80, .wrote = e1k_wrote_ring_setup),
    ARRAY("RDH", 0x02810, QUEUES, 0x100, 0x0000ffff, .wrote = e1k_wrote_ring_setup),
    ARRAY("RDT", 0x02818, QUEUES, 0x100, 0x0000ffff, .wrote = e1k_wrote_rdt),
    RW("RDTR", R_RDTR, 0x0000ffff, .ro = 0x80000000, .wrote = e1k_wrote_rdtr),
    ARRAY("RXDCTL", 0x02828, QUEUES, 0x100, 0x013f3f3f, .reset = 0x00010000),
    RW("RADV", R_RADV, 0x0000ffff),
    RW("RSRPD", 0x02c00, 0x00000fff),
    RW("RAID", 0x02c08, 0x0000ffff),
    RW("CPUVEC", 0x02c10, 0x0000001f),
    ARRAY("TDBAL", 0x03800, QUEUES, 0x100, 0xfffffff0, .wrote = e1k_wrote_ring_setup),
    ARRAY("TDBAH", 0x03804, QUEUES, 0x100, 0xffffffff, .wrote = e1k_wrote_ring_setup),
    ARRAY("TDLEN", 0x03808, QUEUES, 0x100, 0x000fff80, .wrote = e1k_wrote_ring_setup),
    ARRAY("TDH", 0x03810, QUEUES, 0x100, 0x0000ffff, .wrote = e1k_wrote_ring_setup),
    ARRAY("TDT", 0x03818, QUEUES, 0x100, 0x0000ffff, .wrote = e1k_wrote_tdt),
    RW("TIDV", R_TIDV, 0x0000ffff, .ro = 0x80000000, .wrote = e1k_wrote_rdtr),
    ARRAY("TXDCTL", 0x03828, QUEUES, 0x100, 0xff7f3f3f),
    RW("TADV", R_TADV, 0x0000ffff),
    ARRAY("TARC", 0x03840, QUEUES, 0x100, 0xffffffff, .reset = 0x00000403),
    RC("IAC", R_IAC),
    RC("ICRXPTC", 0x04104),
    RC("ICRXATC", 0x04108),
    RC("ICTXPTC", 0x0410c),
    RC("ICTXATC", 0x04110),
    RC("ICTXQEC", 0x04118),
    RC("ICTXQMTC", 0x0411c),
    RC("ICRXDMTC", R_ICRXDMTC),
    RC("ICRXOC", 0x04124),
    RW("RXCSUM", R_RXCSUM, 0x00003bff, .reset = 0x00000300),
    RW("RFCTL", R_RFCTL, 0x0007ffff),
    ARRAY("MTA", R_MTA, 128, 4, 0xffffffff, .keep = true),
    ARRAY("RAL", R_RAL, 16, 8, 0xffffffff),
    ARRAY("RAH", R_RAH, 16, 8, 0x8007ffff),
    ARRAY("VFTA", R_VFTA, 128, 4, 0xffffffff, .keep = true),
    RW("WUC", 0x05800, 0x0000001f, .keep = true),
    RW("WUFC", 0x05808, 0x000f80ff, .keep = true),
    RW("WUS", 0x05810, 0x000f00ff, .keep = true),
    RW("MRQC", R_MRQC, 0x001f0003, .wrote = e1k_wrote_mrqc), /* no hash over UDP */
    RW("MANC", 0x05820, 0xffffffff, .keep = true),
    RW("IPAV", 0x05838, 0x0001000f, .keep = true),
    RW("MANC2H", 0x05860, 0xffffffff, .keep = true),
    RW("RSSIM", 0x05864, 0xffffffff),
    RW("RSSIR", 0x05868, 0xffffffff),
    RW("GCR", 0x05b00, 0xffffffff, .reset = 0x00000000),
    ARRAY("GSCL", 0x05b10, 4, 4, 0xffffffff),
    RO("FACTPS", 0x05b30),
    /* SMBI comes up taken: a driver releases it before its first use */
    RW("SWSM", R_SWSM, 0x0000000f, .reset = 0x00000001, .read = e1k_read_swsm,
       .wrote = e1k_wrote_swsm),
    RO("FWSM", 0x05b54),
    RW("SWSM2", 0x05b58, 0x00000002),
    RW("GCR2", 0x05b64, 0xffffffff),
    RW("PBACLR", 0x05b68, 0x0000001f),
    /* the queue is bit 7 of an entry, bits 4:0 are for software */
    ARRAY("RETA", R_RETA, 32, 4, 0x9f9f9f9f),
    ARRAY("RSSRK", R_RSSRK, 10, 4, 0xffffffff),
    { 0 },
};

static const struct e1k_reg *const tables[] = { e1k_stats_table, table, NULL };

static void init_nvm(struct e1k *s)
{
    s->nvm[0x03] = 0x0420;
    s->nvm[0x0a] = 0x026b;
    s->nvm[0x0f] = 0x0000;
    e1k_nvm_fill(s, 0xa01f);
}

static const struct e1k_chip chip = {
    .name = "82574",
    .gen = E1K_82574,
    .tables = tables,
    .rxqs = QUEUES,
    .txqs = QUEUES,
    .vectors = 5,
    .ras = 16,
    .max_frame = 9234,
    .phy_id = 0x01410cb1,
    .nvm = E1K_NVM_SPI,
    .reta_bits = 1,
    .reta_shift = 7,
    .device = 0x10d3,
    .init_nvm = init_nvm,
};

static const struct sim_pci_desc pci = {
    .vendor = 0x8086,
    .device = 0x10d3,
    .subsys_vendor = 0x8086,
    .subsys_device = 0xa01f,
    .revision = 0,
    .class_code = 0x020000,
    .bar = { [0] = { .size = 0x20000 }, [3] = { .size = 0x4000 } },
    .pm = true,
    .msi = true,
    .pcie = true,
    .msix_vectors = 5,
    .msix_bar = 3,
    .msix_table = 0,
    .msix_pba = 0x2000,
};

static void init(struct sim_nic *nic)
{
    e1k_init(nic, &chip);
}

const struct sim_model sim_model_82574 = {
    .info = { "82574", "Intel 82574 Gigabit Ethernet, 2 queues", 0x8086, 0x10d3 },
    .pci = &pci,
    .state_size = sizeof(struct e1k),
    .init = init,
    .reset = e1k_reset,
    .mmio_read = e1k_mmio_read,
    .mmio_write = e1k_mmio_write,
    .tx = e1k_model_tx,
    .rx = e1k_model_rx,
    .rx_ready = e1k_rx_ready,
    .rx_missed = e1k_rx_missed,
    .cable = e1k_cable,
    .timer = e1k_timer,
};
