// SPDX-License-Identifier: MIT
/*
 * 82576 (data sheet 320961): 16 queues each way, 25 MSI-X vectors; copper by its own PHY, or
 * the same part strapped for a SerDes.
 */
#include "igb_tables.h"

static const struct e1k_reg table[] = {
    E1K_REG("EECD", R_EECD, 0x00000077, .ro = 0x0007ff88, .reset = 0x00001310,
            .read = e1k_read_eecd, .wrote = e1k_wrote_eecd),
    E1K_REG("EERD", R_EERD, 0x0000fffd, .ro = 0xffff0002, .read = e1k_read_eerd,
            .wrote = e1k_wrote_eerd),
    IGB_VECTORS(25),
    E1K_ARRAY("IVAR", R_IVAR, 8, 4, 0x9f9f9f9f, .wrote = igb_wrote_ivar),
    IGB_RINGS(16, 16, 0x8ff00f7f),
    E1K_ARRAY("RAL2", R_RA2, 8, 8, 0xffffffff),
    E1K_ARRAY("RAH2", R_RA2 + 4, 8, 8, 0x87ffffff),
    E1K_ARRAY("RETA", R_RETA, 32, 4, 0x0f0f0f0f),
    IGB_QUEUE_STATS(8, E1K_RO),
    { 0 },
};

static const struct e1k_reg *const tables[] = { e1k_stats_table, igb_stats_table, igb_common_table,
                                                table, NULL };

static void init_nvm(struct e1k *s)
{
    s->nvm[0x0a] = 0x4000;
    s->nvm[0x0f] = 0x6000;
    e1k_nvm_fill(s, 0xa03c);
}

#define CHIP                                                                                       \
    .gen = E1K_IGB, .tables = tables, .rxqs = 16, .txqs = 16, .vectors = 25, .ras = 24,            \
    .max_frame = 9728, .phy_id = 0x02a80391, .nvm = E1K_NVM_SPI, .reta_bits = 4,                   \
    .init_nvm = init_nvm

static const struct e1k_chip copper = { .name = "82576", .device = 0x10c9, CHIP };
static const struct e1k_chip serdes = {
    .name = "82576 (SerDes)", .device = 0x10e7, .serdes = true, CHIP
};

#define PCI                                                                                        \
    .vendor = 0x8086, .subsys_vendor = 0x8086, .subsys_device = 0xa03c, .revision = 1,             \
    .class_code = 0x020000,                                                                        \
    .bar = { [0] = { .size = 0x20000 }, [3] = { .size = 0x4000, .is_64 = true } }, .pm = true,     \
    .msi = true, .pcie = true, .flr = true, .msix_vectors = 25, .msix_bar = 3, .msix_table = 0,    \
    .msix_pba = 0x2000

static const struct sim_pci_desc pci_copper = { .device = 0x10c9, PCI };
static const struct sim_pci_desc pci_serdes = { .device = 0x10e7, PCI };

static void init_copper(struct sim_nic *nic)
{
    e1k_init(nic, &copper);
}

static void init_serdes(struct sim_nic *nic)
{
    e1k_init(nic, &serdes);
}

const struct sim_model sim_model_82576 = {
    .info = { "82576", "Intel 82576 Gigabit Ethernet, 16 queues", 0x8086, 0x10c9 },
    .pci = &pci_copper,
    .init = init_copper,
    IGB_OPS,
};

const struct sim_model sim_model_82576_serdes = {
    .info = { "82576-serdes", "Intel 82576 Gigabit Ethernet on a SerDes", 0x8086, 0x10e7 },
    .pci = &pci_serdes,
    .init = init_serdes,
    IGB_OPS,
};
