// SPDX-License-Identifier: MIT
/* The inside of the 82599 and X540 models: state, register fields, who does what. */
#ifndef SIM_IXGBE_H
#define SIM_IXGBE_H

#include "flow.h"
#include "ixgbe_regs.h"
#include "model.h"

#define IXGBE_SPACE     0x20000u /* bytes of BAR 0 that have registers */
#define IXGBE_QUEUES    128u
#define IXGBE_VECTORS   64u
#define IXGBE_NVM_WORDS 2048u
#define IXGBE_PREFETCH  16u
#define IXGBE_TX_MAX    (256u * 1024u + 256u) /* TSO: 18-bit payload and its headers */

enum { TIMER_LINK = IXGBE_VECTORS, TIMER_PHY, TIMER_FLOW };

#define BIT(n) (1u << (n))
enum {
    CTRL_MASTER_DISABLE = 1 << 2,
    CTRL_LRST = 1 << 3,
    CTRL_RST = 1 << 26,
    STATUS_LINK = 1 << 7,
    STATUS_MASTER = 1 << 19,
    ESDP_MODULE = 1 << 2,
    ESDP_LASER_OFF = 1 << 3,
    ESDP_LASER_DIR = 1 << 11,
    DCTL_ENABLE = 1 << 25,
    DCTL_SWFLSH = 1 << 26,
    RXDCTL_VME = 1 << 30,
    SRRCTL_DROP = 1 << 28,
    RDRXCTL_CRCSTRIP = 1 << 1,
    RDRXCTL_DMAIDONE = 1 << 3,
    RXCTRL_RXEN = 1,
    SEC_DISABLE_PATH = 1 << 1,
    HLREG0_TXCRCEN = 1,
    HLREG0_RXCRCSTRP = 1 << 1,
    HLREG0_JUMBOEN = 1 << 2,
    HLREG0_TXPADEN = 1 << 10,
    HLREG0_LPBK = 1 << 15,
    FCTRL_SBP = 1 << 1,
    FCTRL_MPE = 1 << 8,
    FCTRL_UPE = 1 << 9,
    FCTRL_BAM = 1 << 10,
    VLNCTRL_VFE = 1 << 30,
    RXCSUM_IPPCSE = 1 << 12,
    RXCSUM_PCSD = 1 << 13,
    MFLCN_DPF = 1 << 1,
    MFLCN_PMCF = 1,
    MFLCN_RFCE = 1 << 3,
    DMATXCTL_TE = 1,
    RTTDCS_ARBDIS = 1 << 6,
    GPIE_MULTIPLE_MSIX = 1 << 4,
    GPIE_OCD = 1 << 5,
    GPIE_EIMEN = 1 << 6,
    GPIE_EIAME = 1 << 30,
    EICR_RX_MISS = 1 << 17,
    EICR_LSC = 1 << 20,
    SWSM_SMBI = 1,
    SWSM_SWESMBI = 1 << 1,
    SYNC_EEPROM = 1,
    SYNC_PHY0 = 1 << 1,
    SYNC_MAC_CSR = 1 << 3,
};
#define SYNC_REGSMP 0x80000000u
#define RAH_AV      0x80000000u

/* Descriptors read ahead, as the hardware does; they start at index `first`. */
struct ixgbe_cache {
    uint8_t desc[IXGBE_PREFETCH][16];
    uint16_t first, count;
};

struct ixgbe_rxq {
    struct ixgbe_cache cache;
    bool enable_seen; /* the driver has read RXDCTL.ENABLE as one */
};

struct ixgbe_txq {
    struct ixgbe_cache cache;
    bool enable_seen;
    uint8_t context[2][16];
    bool context_set[2];
};

/* A packet being sent; with TSO it may take several calls. */
struct ixgbe_job {
    bool active;
    unsigned queue, ndesc;
    bool report; /* RS */
    bool legacy;
    uint32_t cmd, popts; /* of the first descriptor */
    uint16_t vlan;
    uint8_t cso, css; /* legacy checksum */
    uint8_t context[16];
    size_t len, next; /* bytes gathered; payload offset of the next segment */
    unsigned segment;
};

struct ixgbe_i2c {
    enum { I2C_IDLE, I2C_ADDRESS, I2C_OFFSET, I2C_WRITE, I2C_READ } phase;
    unsigned bits;
    uint8_t shift, offset;
    bool acking, out, scl, sda; /* out: the level we put on the data line */
};

struct ixgbe {
    uint32_t reg[IXGBE_SPACE / 4];
    uint8_t low_read[IXGBE_SPACE / 32]; /* per register: the low half was read first */
    bool x540;
    bool in_reset; /* a reset that hangs */
    bool init_done_seen, nvm_done_seen;
    bool powered;  /* reset has run before */
    bool rx_again; /* the next frame is one that waited for descriptors */
    uint32_t io_addr;

    uint64_t refused_since; /* ns: firmware keeps its semaphore since; 0: it does not */

    struct sim_flow flow;

    bool link;
    uint64_t link_speed; /* LINKS encoding, bits 29:28 */
    struct ixgbe_i2c i2c;
    uint32_t mdio_addr;
    struct {
        uint32_t addr;
        uint16_t val;
    } phy[64];
    unsigned phy_count;

    uint16_t nvm[IXGBE_NVM_WORDS];

    /* interrupts: 64 vectors (bits 15:0 are EICR's, too), and EICR's other causes */
    uint64_t cause, mask, sent;
    uint32_t other_cause, other_mask, other_sent;

    struct ixgbe_rxq rxq[IXGBE_QUEUES];
    struct ixgbe_txq txq[IXGBE_QUEUES];
    uint64_t tx_pending[2]; /* queues whose tail has moved */
    unsigned tx_next;       /* round robin */
    struct ixgbe_job job;
    uint8_t txbuf[IXGBE_TX_MAX];
    uint8_t frame[SIM_FRAME_MAX + 64];
};

static inline struct ixgbe *ixgbe(struct sim_nic *nic)
{
    return sim_state(nic);
}

/* A register by offset, and one of a queue. */
static inline uint32_t *ixgbe_reg(struct ixgbe *st, uint32_t off)
{
    return &st->reg[off / 4];
}

static inline uint32_t *ixgbe_rx_reg(struct ixgbe *st, uint32_t off, unsigned q)
{
    return &st->reg[(off + (q < 64 ? q * 0x40 : 0xc000 + (q - 64) * 0x40)) / 4];
}

static inline uint32_t *ixgbe_tx_reg(struct ixgbe *st, uint32_t off, unsigned q)
{
    return &st->reg[(off + q * 0x40) / 4];
}

/* ixgbe.c */
void ixgbe_reset_registers(struct sim_nic *nic, bool power_on);

/* ixgbe_mac.c: CTRL, link, PHY, SFP+ */
void ixgbe_mac_reset(struct sim_nic *nic);
void ixgbe_ctrl_written(struct sim_nic *nic);
void ixgbe_link_restart(struct sim_nic *nic);
void ixgbe_link_update(struct sim_nic *nic);
void ixgbe_link_timer(struct sim_nic *nic);
uint32_t ixgbe_links_read(struct sim_nic *nic);
void ixgbe_mac_refresh(struct sim_nic *nic); /* STATUS and ESDP as they are now */
void ixgbe_autoc_written(struct sim_nic *nic);

/* ixgbe_phy.c: MDIO and I2C */
void ixgbe_msca_written(struct sim_nic *nic);
void ixgbe_i2c_written(struct sim_nic *nic);
bool ixgbe_phy_low_power(struct sim_nic *nic);

/* ixgbe_eeprom.c: NVM, semaphores */
void ixgbe_nvm_init(struct sim_nic *nic);
void ixgbe_nvm_reset(struct sim_nic *nic);
void ixgbe_eerd_written(struct sim_nic *nic, uint32_t val);
void ixgbe_eewr_written(struct sim_nic *nic, uint32_t val);
uint32_t ixgbe_semaphore_read(struct sim_nic *nic, unsigned index);
void ixgbe_semaphore_written(struct sim_nic *nic, unsigned index, uint32_t val);
bool ixgbe_holds(struct sim_nic *nic, uint32_t bit); /* a resource of SW_FW_SYNC */

/* ixgbe_irq.c */
void ixgbe_irq_reset(struct sim_nic *nic);
uint32_t ixgbe_irq_read(struct sim_nic *nic, unsigned index, unsigned n);
void ixgbe_irq_write(struct sim_nic *nic, unsigned index, unsigned n, uint32_t val);
bool ixgbe_irq_owns(unsigned index);
void ixgbe_ivar_check(struct sim_nic *nic, unsigned index, unsigned n, uint32_t val);
void ixgbe_raise_queue(struct sim_nic *nic, unsigned queue, bool tx);
void ixgbe_raise_other(struct sim_nic *nic, uint32_t causes);
void ixgbe_irq_timer(struct sim_nic *nic, unsigned vector);

/* ixgbe_filter.c: which frames, and to which queue */
struct ixgbe_rss {
    uint32_t hash;
    unsigned type, queue;
};
struct sim_packet;
bool ixgbe_accepts(struct sim_nic *nic, const uint8_t *frame, bool *inexact);
bool ixgbe_vlan_accepts(struct sim_nic *nic, const struct sim_packet *p);
void ixgbe_rss(struct sim_nic *nic, const uint8_t *frame, const struct sim_packet *p,
               struct ixgbe_rss *out);

/* ixgbe_rx.c, ixgbe_tx.c */
bool ixgbe_rxctrl_allowed(struct sim_nic *nic, uint32_t val);
void ixgbe_rxdctl_written(struct sim_nic *nic, unsigned q, uint32_t old);
void ixgbe_rdt_written(struct sim_nic *nic, unsigned q, uint32_t val);
enum sim_rx ixgbe_rx(struct sim_nic *nic, uint8_t *frame, size_t len);
bool ixgbe_rx_ready(struct sim_nic *nic);
void ixgbe_txdctl_written(struct sim_nic *nic, unsigned q, uint32_t old);
void ixgbe_tdt_written(struct sim_nic *nic, unsigned q, uint32_t val);
unsigned ixgbe_tx(struct sim_nic *nic, unsigned budget);

/* ixgbe_flow.c: a pause frame has come; a frame was looked at */
void ixgbe_flow_obey(struct sim_nic *nic, const uint8_t *frame);
void ixgbe_flow_watch(struct sim_nic *nic, size_t taken);

/* ixgbe_desc.c: rings in general */
const uint8_t *ixgbe_fetch(struct sim_nic *nic, struct ixgbe_cache *c, uint64_t base,
                           unsigned index, unsigned tail, unsigned size);

/* ixgbe_stats.c; lengths without FCS */
void ixgbe_add64(struct ixgbe *st, uint32_t low, uint32_t high, uint64_t n);
void ixgbe_count_wire_rx(struct ixgbe *st, size_t len);
void ixgbe_count_unfiltered(struct ixgbe *st, size_t len);
void ixgbe_count_good_rx(struct ixgbe *st, const uint8_t *frame, size_t len);
void ixgbe_count_queue_rx(struct ixgbe *st, unsigned q, size_t len);
void ixgbe_count_queue_drop(struct ixgbe *st, unsigned q);
void ixgbe_count_tx(struct ixgbe *st, unsigned q, const uint8_t *frame, size_t len);
void ixgbe_count_pause_tx(struct ixgbe *st, uint32_t counter, size_t len);
void ixgbe_missed(struct sim_nic *nic, size_t len);

#endif
