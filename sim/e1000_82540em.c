// SPDX-License-Identifier: MIT
/*
 * 82540EM: the PCI part of the 8254x Software Developer's Manual (317453). One queue each
 * way, legacy and extended transmit descriptors, one interrupt pin, microwire EEPROM, the
 * M88 PHY inside.
 */
#include "e1000_core.h"

#define RW(n, o, ...)                                                                              \
    {                                                                                              \
        .name = n, .off = o, .kind = E1K_RW, .rw = __VA_ARGS__                                     \
    }

/* ICR: TXDW, TXQE, LSC, RXSEQ, RXDMT0, RXO, RXT0, MDAC, RXCFG, PHYINT, GPI, TXD_LOW, SRPD */
#define CAUSES 0x0001f6dfu

static const struct e1k_reg table[] = {
    RW("CTRL", R_CTRL, 0xdcfc1be9u, .reset = 0x00000201, .read = e1k_read_ctrl,
       .wrote = e1k_wrote_ctrl),
    { .name = "STATUS", .off = R_STATUS, .kind = E1K_RO, .keep = true, .read = e1k_read_status },
    RW("EECD", R_EECD, 0x00000077, .ro = 0x00000388, .reset = 0x00000110, .read = e1k_read_eecd,
       .wrote = e1k_wrote_eecd),
    RW("EERD", R_EERD, 0x0000ff01, .ro = 0xffff0010, .read = e1k_read_eerd,
       .wrote = e1k_wrote_eerd),
    RW("CTRL_EXT", R_CTRL_EXT, 0x0000fcef, .wrote = e1k_wrote_ctrl_ext),
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
    RW("RCTL", R_RCTL, 0x06dfb3fe, .wrote = e1k_wrote_rctl),
    RW("FCTTV", 0x00170, 0x0000ffff),
    RW("TCTL", R_TCTL, 0x037ffffa, .wrote = e1k_wrote_tctl),
    RW("TIPG", R_TIPG, 0x3fffffff),
    RW("AIT", 0x00458, 0x0000ffff),
    RW("LEDCTL", 0x00e00, 0xcfcfcfcf, .reset = 0x07068302),
    RW("PBA", 0x01000, 0x0000007f, .keep = true, .ro = 0xffff0000, .reset = 0x00100030),
    RW("FCRTL", 0x02160, 0x8000fff8),
    RW("FCRTH", 0x02168, 0x8000fff8),
    RW("RDFH", 0x02410, 0x00001fff),
    RW("RDFT", 0x02418, 0x00001fff),
    RW("RDFHS", 0x02420, 0x00001fff),
    RW("RDFTS", 0x02428, 0x00001fff),
    RW("RDFPC", 0x02430, 0x00001fff),
    RW("RDBAL", 0x02800, 0xfffffff0, .wrote = e1k_wrote_ring_setup),
    RW("RDBAH", 0x02804, 0xffffffff, .wrote = e1k_wrote_ring_setup),
    RW("RDLEN", 0x02808, 0x000fff80, .wrote = e1k_wrote_ring_setup),
    RW("RDH", 0x02810, 0x0000ffff, .wrote = e1k_wrote_ring_setup),
    RW("RDT", 0x02818, 0x0000ffff, .wrote = e1k_wrote_rdt),
    RW("RDTR", R_RDTR, 0x0000ffff, .ro = 0x80000000, .wrote = e1k_wrote_rdtr),
    RW("RXDCTL", 0x02828, 0x013f3f3f, .reset = 0x00010000),
    RW("RADV", R_RADV, 0x0000ffff),
    RW("RSRPD", 0x02c00, 0x00000fff),
    RW("TXDMAC", 0x03000, 0x00000001),
    RW("TDFH", 0x03410, 0x000007ff),
    RW("TDFT", 0x03418, 0x000007ff),
    RW("TDFHS", 0x03420, 0x000007ff),
    RW("TDFTS", 0x03428, 0x000007ff),
    RW("TDFPC", 0x03430, 0x000007ff),
    RW("TDBAL", 0x03800, 0xfffffff0, .wrote = e1k_wrote_ring_setup),
    RW("TDBAH", 0x03804, 0xffffffff, .wrote = e1k_wrote_ring_setup),
    RW("TDLEN", 0x03808, 0x000fff80, .wrote = e1k_wrote_ring_setup),
    RW("TDH", 0x03810, 0x0000ffff, .wrote = e1k_wrote_ring_setup),
    RW("TDT", 0x03818, 0x0000ffff, .wrote = e1k_wrote_tdt),
    RW("TIDV", R_TIDV, 0x0000ffff, .ro = 0x80000000, .wrote = e1k_wrote_rdtr),
    RW("TXDCTL", 0x03828, 0xff3f3f3f),
    RW("TADV", R_TADV, 0x0000ffff),
    RW("TSPMT", 0x03830, 0xffffffff, .reset = 0x01000400),
    RW("RXCSUM", R_RXCSUM, 0x000003ff),
    RW("MTA", R_MTA, 0xffffffff, .count = 128, .stride = 4, .keep = true),
    RW("RAL", R_RAL, 0xffffffff, .count = 16, .stride = 8),
    RW("RAH", R_RAH, 0x8003ffff, .count = 16, .stride = 8),
    RW("VFTA", R_VFTA, 0xffffffff, .count = 128, .stride = 4, .keep = true),
    RW("WUC", 0x05800, 0x0000000f, .keep = true),
    RW("WUFC", 0x05808, 0x000f00ff, .keep = true),
    RW("WUS", 0x05810, 0x000f00ff, .keep = true),
    RW("MANC", 0x05820, 0x1fffe7ff, .keep = true),
    RW("IPAV", 0x05838, 0x0001000f, .keep = true),
    { 0 },
};

/* 82545EM on fibre: CTRL's pin 1 tells whether there is light, the link starts in reset. */
static const struct e1k_reg fibre[] = {
    RW("CTRL", R_CTRL, 0xdcf41be9u, .ro = CTRL_SIGNAL, .reset = 0x00000209, .read = e1k_read_ctrl,
       .wrote = e1k_wrote_ctrl),
    RW("TXCW", R_TXCW, 0xc000ffffu, .wrote = e1k_wrote_txcw),
    { .name = "RXCW", .off = R_RXCW, .kind = E1K_RO, .read = e1k_read_rxcw },
    { 0 },
};

static const struct e1k_reg *const fibre_tables[] = { table, fibre, e1k_stats_table, NULL };
static const struct e1k_reg *const tables[] = { table, e1k_stats_table, NULL };

static void init_nvm(struct e1k *s)
{
    s->nvm[0x03] = 0x0840;
    s->nvm[0x0a] = 0x640b; /* initialization control 1: signature 01 and subsystem ids are valid */
    s->nvm[0x0f] = 0x0280;
    e1k_nvm_fill(s, 0x001e);
}

#define CHIP                                                                                       \
    .gen = E1K_8254X, .rxqs = 1, .txqs = 1, .ras = 16, .max_frame = 16384, .phy_id = 0x01410c20,   \
    .nvm = E1K_NVM_MICROWIRE, .init_nvm = init_nvm

static const struct e1k_chip copper_chip = {
    .name = "82540EM", .device = 0x100e, .tables = tables, CHIP
};
static const struct e1k_chip fibre_chip = {
    .name = "82545EM (fibre)", .device = 0x1011, .tables = fibre_tables, .tbi = true, CHIP
};

#define PCI                                                                                        \
    .vendor = 0x8086, .subsys_vendor = 0x8086, .subsys_device = 0x001e, .class_code = 0x020000,    \
    .bar = { [0] = { .size = 0x20000 } }, .pm = true

static const struct sim_pci_desc pci_copper = { .device = 0x100e, .revision = 2, PCI };
static const struct sim_pci_desc pci_fibre = { .device = 0x1011, .revision = 1, .msi = true, PCI };

static void init_copper(struct sim_nic *nic)
{
    e1k_init(nic, &copper_chip);
}

static void init_fibre(struct sim_nic *nic)
{
    e1k_init(nic, &fibre_chip);
}

#define OPS                                                                                        \
    .state_size = sizeof(struct e1k), .reset = e1k_reset, .mmio_read = e1k_mmio_read,              \
    .mmio_write = e1k_mmio_write, .tx = e1k_model_tx, .rx = e1k_model_rx,                          \
    .rx_ready = e1k_rx_ready, .rx_missed = e1k_rx_missed, .cable = e1k_cable, .timer = e1k_timer

const struct sim_model sim_model_82540em = {
    .info = { "82540em", "Intel 82540EM Gigabit Ethernet (PCI)", 0x8086, 0x100e },
    .pci = &pci_copper,
    .init = init_copper,
    OPS,
};

const struct sim_model sim_model_82545em_fibre = {
    .info = { "82545em-fibre", "Intel 82545EM Gigabit Ethernet on fibre", 0x8086, 0x1011 },
    .pci = &pci_fibre,
    .init = init_fibre,
    OPS,
};
