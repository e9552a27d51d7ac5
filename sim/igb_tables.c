// SPDX-License-Identifier: MIT
/* Registers the 82576, I350 and I210 have in common (82576 chapter 8, I210 chapter 8). */
#include "igb_tables.h"

#define RC(n, o)                                                                                   \
    {                                                                                              \
        .name = n, .off = o, .kind = E1K_RC                                                        \
    }
#define RO(n, ...)                                                                                 \
    {                                                                                              \
        .name = n, .kind = E1K_RO, .off = __VA_ARGS__                                              \
    }

/* ICR: every cause the parts have but INTA, which is bit 31 */
#define CAUSES 0x57dc7dfdu

const struct e1k_reg igb_common_table[] = {
    E1K_REG("CTRL", R_CTRL, 0xdcff1bcd, .reset = 0x00100209, .read = e1k_read_ctrl,
            .wrote = e1k_wrote_ctrl),
    /* PHYRA is cleared by software, everything else is the hardware's */
    E1K_REG("STATUS", R_STATUS, 0x00000400, .ro = 0xfffffbff, .keep = true,
            .read = e1k_read_status),
    E1K_REG("CTRL_EXT", R_CTRL_EXT, 0x96df7ccf, .wrote = e1k_wrote_ctrl_ext),
    E1K_REG("MDIC", R_MDIC, 0xffffffff, .reset = 0x10000000, .read = e1k_read_mdic,
            .wrote = e1k_wrote_mdic),
    E1K_REG("SCTL", 0x00024, 0x00000700),
    E1K_REG("FCAL", 0x00028, 0xffffffff, .reset = 0x00c28001),
    E1K_REG("FCAH", 0x0002c, 0x0000ffff, .reset = 0x00000100),
    E1K_REG("FCT", 0x00030, 0x0000ffff, .reset = 0x00008808),
    E1K_REG("CONNSW", 0x00034, 0x0000000f, .ro = 0x00000e00),
    E1K_REG("VET", R_VET, 0xffffffff, .reset = 0x81008100),
    E1K_REG("RCTL", R_RCTL, 0x04ffb0fe, .wrote = e1k_wrote_rctl),
    E1K_REG("FCTTV", 0x00170, 0x0000ffff),
    E1K_REG("TCTL", R_TCTL, 0x037ffffa, .reset = 0xa40400f8, .wrote = e1k_wrote_tctl),
    E1K_REG("TCTL_EXT", 0x00404, 0x000fffff, .reset = 0x00010840),
    E1K_REG("TIPG", R_TIPG, 0x3fffffff, .reset = 0x00601008),
    E1K_REG("VFRE", 0x00c8c, 0x000000ff, .reset = 0x000000ff),
    E1K_REG("VFTE", 0x00c90, 0x000000ff, .reset = 0x000000ff),
    E1K_REG("LEDCTL", 0x00e00, 0xcfcfcfcf, .reset = 0x07068302),
    RO("EEMNGCTL", R_EEMNGCTL, .reset = 0x80040000),
    E1K_REG("EEARBC", 0x01024, 0xffffffff),
    E1K_REG("I2CCMD", 0x01028, 0x0fffffff, .ro = 0xf0000000, .reset = 0xa0000000),
    E1K_REG("I2CPARAMS", 0x0102c, 0xffffffff),
    E1K_REG("TCPTIMER", 0x0104c, 0xffffffff),
    E1K_REG("ICR", R_ICR_IGB, 0xffffffff, .read = e1k_read_icr, .wrote = e1k_wrote_icr),
    { .name = "ICS", .off = 0x01504, .kind = E1K_WO, .rw = CAUSES, .wrote = e1k_wrote_ics },
    E1K_REG("IMS", 0x01508, CAUSES, .wrote = e1k_wrote_ims),
    { .name = "IMC", .off = 0x0150c, .kind = E1K_WO, .rw = 0xffffffff, .wrote = e1k_wrote_imc },
    E1K_REG("IAM", 0x01510, CAUSES),
    E1K_REG("GPIE", R_GPIE, 0xc0000f91, .wrote = igb_wrote_gpie),
    E1K_REG("IVAR_MISC", R_IVAR_MISC, 0x00009f9f, .wrote = igb_wrote_ivar),
    E1K_REG("FCRTL", 0x02160, 0x8001fff0),
    E1K_REG("FCRTH", 0x02168, 0x8001fff0),
    E1K_REG("RXPBS", 0x02404, 0x800001ff, .keep = true, .reset = 0x00000040),
    E1K_REG("QDE", 0x02408, 0x0000ffff),
    E1K_REG("FCRTV", 0x02460, 0x0000ffff),
    E1K_REG("SWPBS", 0x03004, 0x000001ff, .keep = true, .reset = 0x00000014),
    E1K_REG("TXPBS", 0x03404, 0x00ffffff, .keep = true, .reset = 0x00000028),
    E1K_REG("DTXSWC", 0x03500, 0x81ffffff),
    E1K_REG("DTXMXSZRQ", 0x03540, 0x00000fff, .reset = 0x00000010),
    E1K_REG("DTXCTL", 0x03590, 0x0000007e, .reset = 0x00000044),
    E1K_REG("DTXTCPFLGL", 0x0359c, 0x0fff0fff, .reset = 0x0f760ff6),
    E1K_REG("DTXTCPFLGH", 0x035a0, 0x00000fff, .reset = 0x00000f7f),
    E1K_ARRAY("VMVIR", 0x03700, 8, 4, 0xc000ffff),
    E1K_REG("PCS_CFG0", R_PCS_CFG0, 0xffffffff, .reset = 0x00000008, .wrote = igb_wrote_pcs),
    E1K_REG("PCS_LCTL", R_PCS_LCTL, 0xffffffff, .reset = 0x0a000000, .wrote = igb_wrote_pcs),
    RO("PCS_LSTS", R_PCS_LSTS),
    E1K_REG("PCS_ANADV", 0x04218, 0x0000ffff),
    RO("PCS_LPAB", 0x0421c),
    E1K_REG("RXCSUM", R_RXCSUM, 0x00003bff, .reset = 0x00000300),
    E1K_REG("RLPML", R_RLPML, 0x00003fff, .reset = 0x00002600),
    E1K_REG("RFCTL", R_RFCTL, 0x000fffff),
    E1K_ARRAY("MTA", R_MTA, 128, 4, 0xffffffff, .keep = true),
    E1K_ARRAY("RAL", R_RAL, 16, 8, 0xffffffff),
    E1K_ARRAY("RAH", R_RAH, 16, 8, 0x87ffffff),
    E1K_ARRAY("PSRTYPE", 0x05480, 8, 4, 0xffffffff),
    E1K_REG("SYNQF", 0x055fc, 0xffffffff),
    E1K_ARRAY("VFTA", R_VFTA, 128, 4, 0xffffffff, .keep = true),
    E1K_REG("WUC", 0x05800, 0x0000001f, .keep = true),
    E1K_REG("WUFC", 0x05808, 0x8000ffff, .keep = true),
    E1K_REG("WUS", 0x05810, 0x0000ffff, .keep = true),
    E1K_REG("MRQC", R_MRQC, 0xffff003f, .wrote = e1k_wrote_mrqc),
    E1K_REG("VT_CTL", 0x0581c, 0x6000ffff),
    E1K_REG("MANC", 0x05820, 0xffffffff, .keep = true),
    E1K_REG("IPAV", 0x05838, 0x0001000f, .keep = true),
    E1K_REG("MANC2H", 0x05860, 0xffffffff, .keep = true),
    E1K_ARRAY("FTQF", 0x059e0, 8, 4, 0xffffffff),
    E1K_ARRAY("IMIR", 0x05a80, 8, 4, 0xffffffff),
    E1K_ARRAY("IMIREXT", 0x05aa0, 8, 4, 0xffffffff),
    E1K_REG("IMIRVP", 0x05ac0, 0x0000000f),
    E1K_ARRAY("VMOLR", 0x05ad0, 8, 4, 0xffffffff, .reset = 0x80002600),
    E1K_REG("RPLOLR", 0x05af0, 0x80000000, .reset = 0x80000000),
    E1K_REG("GCR", 0x05b00, 0xffffffff, .reset = 0x18500000),
    RO("FACTPS", 0x05b30, .reset = 0x00000000),
    E1K_REG("SWSM", R_SWSM, 0x0000000f, .keep = true, .read = e1k_read_swsm,
            .wrote = e1k_wrote_swsm),
    RO("FWSM", 0x05b54),
    E1K_REG("SW_FW_SYNC", R_SWFW, 0x0000ffff, .ro = 0xffff0000, .keep = true, .read = e1k_read_swfw,
            .wrote = e1k_wrote_swfw),
    { .name = "PBACL", .off = 0x05b68, .kind = E1K_WO, .rw = 0x01ffffff, .wrote = igb_wrote_pbacl },
    RO("DCA_ID", 0x05b70),
    E1K_REG("DCA_CTRL", 0x05b74, 0x0000001f, .reset = 0x00000001),
    E1K_ARRAY("ETQF", 0x05cb0, 8, 4, 0xffffffff),
    E1K_ARRAY("RSSRK", R_RSSRK, 10, 4, 0xffffffff),
    E1K_ARRAY("VLVF", 0x05d00, 32, 4, 0x801fffff),
    E1K_ARRAY("UTA", 0x0a000, 128, 4, 0xffffffff, .keep = true),
    E1K_REG("SYSTIML", 0x0b600, 0xffffffff),
    E1K_REG("SYSTIMH", 0x0b604, 0xffffffff),
    E1K_REG("TIMINCA", 0x0b608, 0xffffffff),
    E1K_REG("TIMADJL", 0x0b60c, 0xffffffff),
    E1K_REG("TIMADJH", 0x0b610, 0xffffffff),
    E1K_REG("TSYNCTXCTL", 0x0b614, 0x000000ff),
    E1K_REG("TSYNCRXCTL", 0x0b620, 0x000000ff),
    E1K_REG("TSAUXC", 0x0b640, 0xffffffff),
    { 0 },
};

const struct e1k_reg igb_stats_table[] = {
    RC("CBTMPC", 0x0402c),
    RC("HTDPMC", R_HTDPMC),
    RC("CBRDPC", 0x04044),
    RC("CBRMPC", 0x040fc),
    RC("IAC", R_IAC),
    RC("RPTHC", R_RPTHC),
    RC("HGPTC", 0x04118),
    RC("RXDMTC", R_ICRXDMTC),
    RC("HTCBDPC", 0x04124),
    { .name = "HGORCL", .off = 0x04128, .kind = E1K_RC64 },
    { .name = "HGORCH", .off = 0x0412c, .kind = E1K_RCHI },
    { .name = "HGOTCL", .off = 0x04130, .kind = E1K_RC64 },
    { .name = "HGOTCH", .off = 0x04134, .kind = E1K_RCHI },
    RC("LENERRS", 0x04138),
    RC("TLPIC", 0x04148),
    RC("RLPIC", 0x0414c),
    RC("B2OGPRC", 0x04158),
    RC("O2BSPC", 0x0415c),
    RC("SCVPC", 0x04228),
    RC("HRMPC", 0x0a018),
    { 0 },
};

const struct e1k_reg igb_power_table[] = {
    E1K_REG("LTRC", 0x001a0, 0xffffffff),
    E1K_REG("MDICNFG", 0x00e04, 0xc3e00000, .keep = true),
    E1K_REG("PHPM", 0x00e14, 0x000007ff, .keep = true, .reset = 0x0000000d),
    E1K_REG("EEER", 0x00e30, 0xffffffff),
    E1K_REG("EEE_SU", 0x00e34, 0xffffffff),
    E1K_REG("IPCNFG", 0x00e38, 0xffffffff),
    E1K_REG("FCRTC", 0x02170, 0x0003fff0),
    E1K_REG("DMACR", 0x02508, 0xffffffff),
    E1K_REG("DMCTLX", 0x02514, 0xffffffff),
    E1K_REG("DMCTXTH", 0x03550, 0x00000fff),
    E1K_REG("DTXMXPKTSZ", 0x0355c, 0x000001ff, .reset = 0x00000098),
    E1K_REG("PCIEMISC", 0x05bb8, 0xffffffff),
    E1K_REG("DMCRTRH", 0x05dd0, 0x8007ffff),
    RO("DMCCNT", 0x05dd4),
    { 0 },
};

void igb_wrote_srrctl(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    unsigned q = e1k_rx_queue_of(s, off), type = SRRCTL_DESCTYPE(val);

    if (type > 1)
        sim_violation(s->nic, "SRRCTL[%u].DESCTYPE: %u (header split) is not in this model", q,
                      type);
    if (((old ^ val) & ~SRRCTL_DROP) && s->rxq[q].sw_enabled)
        sim_violation(s->nic, "SRRCTL[%u]: changed while the queue is enabled", q);
}

void igb_wrote_pbacl(struct e1k *s, uint32_t off, uint32_t old, uint32_t val)
{
    (void)off;
    (void)old;
    for (unsigned v = 0; v < s->chip->vectors; v++)
        if (val >> v & 1)
            sim_msix_clear_pending(s->nic, v);
}
