// SPDX-License-Identifier: MIT
/* I210 (data sheet 333016): 4 queues each way, 5 MSI-X vectors, flash and iNVM. */
#include "igb_tables.h"

static const struct e1k_reg table[] = {
    /* flash detected, its first sector valid, loaded; the bus behind it is the hardware's own */
    E1K_REG("EEC", R_EECD, 0x00800040, .ro = 0x060f0380, .reset = 0x02080300, .read = e1k_read_eecd,
            .wrote = e1k_wrote_eecd),
    E1K_REG("EERD", R_EERD, 0x0000fffd, .ro = 0xffff0002, .read = e1k_read_eerd,
            .wrote = e1k_wrote_eerd),
    IGB_VECTORS(5),
    E1K_ARRAY("IVAR", R_IVAR, 2, 4, 0x9f9f9f9f, .wrote = igb_wrote_ivar),
    IGB_RINGS(4, 4, 0xcff00f7f),
    E1K_ARRAY("RETA", R_RETA, 32, 4, 0x03030303),
    E1K_ARRAY("DVMOLR", 0x0c038, 4, 0x40, 0xe0003fff),
    { .name = "INVM", .off = R_INVM, .count = 64, .stride = 4, .kind = E1K_RO, .keep = true },
    /* 8.19: reading clears none of a queue's counters; writing does */
    E1K_ARRAY("RQDPC", 0x0c030, 4, 0x40, 0xffffffff),
    IGB_QUEUE_STATS(4, E1K_RW),
    { 0 },
};

static const struct e1k_reg *const tables[] = { e1k_stats_table, igb_stats_table, igb_common_table,
                                                igb_power_table, table,           NULL };

static void init_nvm(struct e1k *s)
{
    s->nvm[0x0a] = 0x4000;
    s->nvm[0x0f] = 0x6000;
    e1k_nvm_fill(s, 0x0001);
    for (uint32_t i = 0; i < 3; i++) /* "word autoload" records */
        *e1k_at(s, R_INVM + 4 * i) = 1 | i << 9 | (uint32_t)s->nvm[i] << 16;
}

static const struct e1k_chip chip = {
    .name = "I210",
    .gen = E1K_IGB,
    .tables = tables,
    .rxqs = 4,
    .txqs = 4,
    .vectors = 5,
    .ras = 16,
    .max_frame = 9728,
    .phy_id = 0x01410c00,
    .phy_addr_free = true,
    .phy_paged = true,
    .ivar_by_pairs = true,
    .nvm = E1K_NVM_INVM,
    .reta_bits = 2,
    .device = 0x1533,
    .init_nvm = init_nvm,
};

static const struct sim_pci_desc pci = {
    .vendor = 0x8086,
    .device = 0x1533,
    .subsys_vendor = 0x8086,
    .subsys_device = 0x0001,
    .revision = 1,
    .class_code = 0x020000,
    .bar = { [0] = { .size = 0x20000 }, [3] = { .size = 0x4000 } },
    .pm = true,
    .msi = true,
    .pcie = true,
    .flr = true,
    .msix_vectors = 5,
    .msix_bar = 3,
    .msix_table = 0,
    .msix_pba = 0x2000,
};

static void init(struct sim_nic *nic)
{
    e1k_init(nic, &chip);
}

const struct sim_model sim_model_i210 = {
    .info = { "i210", "Intel I210 Gigabit Ethernet, 4 queues", 0x8086, 0x1533 },
    .pci = &pci,
    .init = init,
    IGB_OPS,
};
