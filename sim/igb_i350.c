// SPDX-License-Identifier: MIT
/* I350: 8 queues each way, 25 MSI-X vectors, 64-bit BARs. */
#include "igb_tables.h"

static const struct e1k_reg table[] = {
    E1K_REG("EECD", R_EECD, 0x00000077, .ro = 0x0007ff88, .reset = 0x00001310,
            .read = e1k_read_eecd, .wrote = e1k_wrote_eecd),
    E1K_REG("EERD", R_EERD, 0x0000fffd, .ro = 0xffff0002, .read = e1k_read_eerd,
            .wrote = e1k_wrote_eerd),
    IGB_VECTORS(25),
    E1K_ARRAY("IVAR", R_IVAR, 4, 4, 0x9f9f9f9f, .wrote = igb_wrote_ivar),
    IGB_RINGS(8, 8, 0xcff00f7f),
    E1K_ARRAY("RAL2", R_RA2, 16, 8, 0xffffffff),
    E1K_ARRAY("RAH2", R_RA2 + 4, 16, 8, 0x87ffffff),
    E1K_ARRAY("RETA", R_RETA, 32, 4, 0x07070707),
    E1K_ARRAY("DVMOLR", 0x0c038, 8, 0x40, 0xe0003fff),
    E1K_REG("THMJT", 0x08100, 0xffffffff),
    IGB_QUEUE_STATS(8, E1K_RO),
    { 0 },
};

static const struct e1k_reg *const tables[] = { e1k_stats_table, igb_stats_table, igb_common_table,
                                                igb_power_table, table,           NULL };

static void init_nvm(struct e1k *s)
{
    s->nvm[0x0a] = 0x4000;
    s->nvm[0x0f] = 0x6000;
    e1k_nvm_fill(s, 0x0001);
}

static const struct e1k_chip chip = {
    .name = "I350",
    .gen = E1K_IGB,
    .tables = tables,
    .rxqs = 8,
    .txqs = 8,
    .vectors = 25,
    .ras = 32,
    .max_frame = 9728,
    .phy_id = 0x015403b0,
    .phy_addr_free = true,
    .ivar_by_pairs = true,
    .nvm = E1K_NVM_SPI,
    .reta_bits = 3,
    .device = 0x1521,
    .init_nvm = init_nvm,
};

static const struct sim_pci_desc pci = {
    .vendor = 0x8086,
    .device = 0x1521,
    .subsys_vendor = 0x8086,
    .subsys_device = 0x0001,
    .revision = 1,
    .class_code = 0x020000,
    .bar = { [0] = { .size = 0x20000, .is_64 = true }, [4] = { .size = 0x4000, .is_64 = true } },
    .pm = true,
    .msi = true,
    .pcie = true,
    .flr = true,
    .msix_vectors = 25,
    .msix_bar = 4,
    .msix_table = 0,
    .msix_pba = 0x2000,
};

static void init(struct sim_nic *nic)
{
    e1k_init(nic, &chip);
}

const struct sim_model sim_model_i350 = {
    .info = { "i350", "Intel I350 Gigabit Ethernet, 8 queues", 0x8086, 0x1521 },
    .pci = &pci,
    .init = init,
    IGB_OPS,
};
