// SPDX-License-Identifier: MIT
/*
 * What the models of Intel's 1-gigabit controllers have in common: the register table
 * engine, EEPROM, PHY and link, address filters, checksums, statistics and the frame
 * side of both data paths. A chip is a constant struct e1k_chip and its register tables.
 *
 * Sources: 8254x Software Developer's Manual (317453), 82574 (317694), 82576 (320961),
 * I350 and I210 (333016) data sheets.
 */
#ifndef SIM_E1000_CORE_H
#define SIM_E1000_CORE_H

#include "e1000_regs.h"
#include "flow.h"
#include "model.h"
#include "packet.h"

#define E1K_WORDS        0x8000u /* 128 KiB of registers */
#define E1K_QUEUES       16u
#define E1K_VECTORS      25u
#define E1K_NVM_WORDS    1024u
#define E1K_PACKET_MAX   (256u << 10) /* before segmentation */
#define E1K_PACKET_DESCS 256u

struct e1k;

/* ---- registers as data ---------------------------------------------------------- */

enum e1k_kind {
    E1K_RW,
    E1K_RO,   /* a write breaks a rule */
    E1K_WO,   /* a read breaks a rule; nothing is stored */
    E1K_RC,   /* counter, cleared by the read */
    E1K_RC64, /* low half: keeps its value until the high half is read */
    E1K_RCHI, /* high half of the register 4 below: the read clears both */
};

/*
 * One register or an array of them. Bits in neither rw nor ro are reserved: a write has to
 * leave them as they read. ro bits of a writable register take no notice of a write.
 */
struct e1k_reg {
    const char *name;
    uint32_t off;
    uint16_t count, stride; /* count 0: a single register */
    uint8_t kind;
    bool keep; /* not touched by CTRL.RST */
    uint32_t rw, ro, reset;
    /* The value to return; runs before a clear on read. */
    uint32_t (*read)(struct e1k *s, uint32_t off);
    /* After the writable bits were stored; `val` is all that was written, `old` what was there. */
    void (*wrote)(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);
};

/* ---- chips ----------------------------------------------------------------------- */

enum e1k_gen { E1K_8254X, E1K_82574, E1K_IGB };
enum e1k_nvm_kind { E1K_NVM_MICROWIRE, E1K_NVM_SPI, E1K_NVM_INVM };

struct e1k_chip {
    const char *name;
    enum e1k_gen gen;
    const struct e1k_reg *const *tables; /* NULL at the end */
    unsigned rxqs, txqs, vectors;
    unsigned ras;       /* receive address pairs */
    uint32_t max_frame; /* bytes with FCS */
    uint32_t phy_id;
    bool serdes;        /* no PHY, a SerDes instead; the EEPROM says so in the link mode */
    bool phy_paged;     /* PHY register 22 selects a page, of the lowest registers, too (I210) */
    bool tbi;           /* 8254x on fibre: no PHY, the MAC negotiates through TXCW */
    bool phy_addr_free; /* MDIC's PHY address does not select the internal PHY */
    enum e1k_nvm_kind nvm;
    unsigned reta_bits; /* queue bits in a redirection entry, and where they start */
    unsigned reta_shift;
    bool ivar_by_pairs; /* I350, I210: an IVAR register serves queues 2n and 2n+1 */
    uint16_t device;
    void (*init_nvm)(struct e1k *s);
};

/* ---- state ------------------------------------------------------------------------ */

/* A transmit context: what the legacy and the advanced context descriptor say, in one form. */
struct e1k_ctx {
    bool valid, ipv4, tcp, sctp;
    uint16_t ipcss, ipcso, ipcse, tucss, tucso, tucse; /* *cse 0: to the end */
    uint16_t hdr_len, mss, vlan;
    uint32_t paylen;
};

/* The packet that is being sent: gathered first, then sent frame by frame. */
struct e1k_tx {
    bool active;
    unsigned queue;
    size_t len, payload_sent;
    unsigned segments;
    bool ixsm, txsm, tse, ifcs, vle;
    uint16_t vlan;
    struct e1k_ctx ctx;
    unsigned descs;                       /* descriptors the packet takes, from the head on */
    uint64_t back_addr[E1K_PACKET_DESCS]; /* those with RS: where ... */
    uint8_t back[E1K_PACKET_DESCS][16];   /* ... and what is written back */
    unsigned backs;
    bool ide; /* the interrupt may be delayed */
    uint8_t data[E1K_PACKET_MAX];
};

struct e1k_queue {
    struct e1k_ctx ctx[2];
    uint8_t polls; /* reads left until DCTL.ENABLE shows its new state */
    uint64_t ready_at;
    bool enabled;    /* what the hardware does, as opposed to what was written */
    bool sw_enabled; /* enabled by a write, not by reset */
    bool no_desc;    /* the frame in hand was counted as waiting already */
    bool low;        /* RXDMT was reported since the ring was last filled up */
};

struct e1k {
    struct sim_nic *nic;
    const struct e1k_chip *chip;
    uint32_t reg[E1K_WORDS];
    const struct e1k_reg *of[E1K_WORDS]; /* table entry of each register, NULL: none */

    uint16_t nvm[E1K_NVM_WORDS];
    struct {
        uint32_t last;
        unsigned bits_in, bits_out;
        uint32_t shift;
        bool reading;
        uint16_t word;
    } eecd;

    uint16_t phy[32];
    bool phy_up, bmsr_low;
    uint8_t mdic_polls;

    struct e1k_queue rxq[E1K_QUEUES], txq[E1K_QUEUES];
    unsigned tx_next; /* round robin */
    struct e1k_tx tx;

    uint64_t irq_after[E1K_VECTORS]; /* moderation: no message before that */
    uint32_t eicr_sent;              /* causes whose message is out */
    uint32_t icr_seen;               /* causes of ICR already turned into one of EICR */
    bool pin;
    uint64_t rx_deadline, tx_deadline; /* absolute delay timers */
    struct sim_flow flow;
    bool resetting;
    uint8_t rst_polls;
    uint64_t settled_at;
};

/* ids for sim_timer_set */
enum {
    E1K_TIMER_LINK,
    E1K_TIMER_ITR,
    E1K_TIMER_RX,
    E1K_TIMER_TX,
    E1K_TIMER_FLOW,
    E1K_TIMER_EITR = 8
};

static inline struct e1k *e1k_of(struct sim_nic *nic)
{
    return sim_state(nic);
}

static inline uint32_t *e1k_at(struct e1k *s, uint32_t off)
{
    return &s->reg[off / 4];
}

static inline uint32_t e1k_get(const struct e1k *s, uint32_t off)
{
    return s->reg[off / 4];
}

static inline bool e1k_has(const struct e1k *s, uint32_t off)
{
    return s->of[off / 4] != NULL;
}

/* ---- e1000_core.c ------------------------------------------------------------------- */

void e1k_init(struct sim_nic *nic, const struct e1k_chip *chip);
void e1k_reset(struct sim_nic *nic);
uint64_t e1k_mmio_read(struct sim_nic *nic, unsigned bar, uint64_t off, unsigned width);
void e1k_mmio_write(struct sim_nic *nic, unsigned bar, uint64_t off, unsigned width, uint64_t val);
/* "RDBAL[3]": the name of the register at off, for messages. buf holds it. */
const char *e1k_name(const struct e1k *s, uint32_t off, char buf[32]);
void e1k_wrote_ctrl(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);
uint32_t e1k_read_ctrl(struct e1k *s, uint32_t off);
void e1k_wrote_ctrl_ext(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);
uint32_t e1k_read_status(struct e1k *s, uint32_t off);
/* Requests to the bus are allowed by the chip's own registers (GIO master disable). */
bool e1k_may_master(const struct e1k *s);
/* Data paths ask for these by the chip's generation. */
unsigned e1k_model_tx(struct sim_nic *nic, unsigned budget);
enum sim_rx e1k_model_rx(struct sim_nic *nic, uint8_t *frame, size_t len);
bool e1k_rx_ready(struct sim_nic *nic);
void e1k_rx_missed(struct sim_nic *nic, size_t len);
void e1k_timer(struct sim_nic *nic, unsigned id);

/* ---- e1000_nvm.c: EEPROM, semaphores ------------------------------------------------- */

void e1k_nvm_fill(struct e1k *s, uint16_t subsys);
void e1k_nvm_load_mac(struct e1k *s);
uint32_t e1k_read_eerd(struct e1k *s, uint32_t off);
void e1k_wrote_eerd(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);
uint32_t e1k_read_eecd(struct e1k *s, uint32_t off);
void e1k_wrote_eecd(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);
uint32_t e1k_read_swsm(struct e1k *s, uint32_t off);
void e1k_wrote_swsm(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);
uint32_t e1k_read_swfw(struct e1k *s, uint32_t off);
void e1k_wrote_swfw(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);
void e1k_wrote_extcnf(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);

/* ---- e1000_phy.c: MDIC, autonegotiation, link ------------------------------------------ */

void e1k_phy_reset(struct e1k *s);
void e1k_phy_restart(struct e1k *s); /* autonegotiate: the link goes down and, later, up */
void e1k_link_eval(struct e1k *s);
void e1k_link_timer(struct e1k *s);
void e1k_cable(struct sim_nic *nic);
bool e1k_link_up(const struct e1k *s);
uint32_t e1k_read_mdic(struct e1k *s, uint32_t off);
uint32_t e1k_read_rxcw(struct e1k *s, uint32_t off);
void e1k_wrote_txcw(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);
void igb_wrote_pcs(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);
void e1k_wrote_mdic(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);

/* ---- e1000_filter.c: which frames pass, and to which queue -------------------------------- */

enum e1k_verdict { E1K_DROP, E1K_UNICAST, E1K_MULTICAST, E1K_BROADCAST };
enum e1k_verdict e1k_filter(struct e1k *s, const uint8_t *frame, const struct sim_packet *p);

struct e1k_rss {
    unsigned queue, type;
    uint32_t hash;
};
void e1k_rss(struct e1k *s, const uint8_t *frame, const struct sim_packet *p, struct e1k_rss *out);

/* ---- e1000_stats.c ---------------------------------------------------------------------- */

/* The registers at 0x4000, which all chips have in common. */
extern const struct e1k_reg e1k_stats_table[];

void e1k_count(struct e1k *s, uint32_t off, uint32_t n);
/* One that wraps around instead of sticking. */
void e1k_count_wrapping(struct e1k *s, uint32_t off, uint32_t n);
void e1k_count64(struct e1k *s, uint32_t low_off, uint64_t n);
/* Sizes are with FCS. */
void e1k_stats_rx_total(struct e1k *s, size_t size);
void e1k_stats_rx_good(struct e1k *s, enum e1k_verdict v, size_t size);
/* Given to the host. */
void e1k_stats_rx_host(struct e1k *s, unsigned q, enum e1k_verdict v, size_t size);
void e1k_stats_tx(struct e1k *s, const uint8_t *frame, size_t size);

/* ---- e1000_rx.c, e1000_tx.c, e1000_frame.c: data path --------------------------------------- */

/* What a received frame turned out to be; the FCS is part of data where it is not stripped. */
struct e1k_rx {
    uint8_t *data;
    size_t len;
    struct sim_packet p;
    struct e1k_rss rss;
    enum e1k_verdict verdict;
    bool vlan; /* a tag was stripped */
    uint16_t vlan_tci;
    uint16_t csum; /* packet checksum from PCSS */
    bool crc_error;
    bool ip_checked, ip_ok, l4_checked, l4_ok;
    uint8_t buf[SIM_FRAME_MAX + 8];
};

/* Registers of a receive or transmit ring's block. */
struct e1k_ring {
    uint32_t base; /* offset of the block */
    uint64_t addr;
    uint32_t size; /* descriptors */
    uint32_t head, tail;
};
void e1k_ring(const struct e1k *s, uint32_t base, struct e1k_ring *r);
uint32_t e1k_ring_filled(const struct e1k_ring *r);
void e1k_ring_advance(struct e1k *s, struct e1k_ring *r, uint32_t n);
uint32_t e1k_rx_block(const struct e1k *s, unsigned q);
uint32_t e1k_tx_block(const struct e1k *s, unsigned q);
unsigned e1k_rx_queue_of(const struct e1k *s, uint32_t off);
unsigned e1k_tx_queue_of(const struct e1k *s, uint32_t off);
bool e1k_rx_on(struct e1k *s, unsigned q);
bool e1k_tx_on(struct e1k *s, unsigned q);

/* Store a frame over as many descriptors as it takes, one format each. False: hold. */
bool e1k_rx_store(struct e1k *s, unsigned q, struct e1k_rx *rx);
size_t e1k_rx_bufsize(struct e1k *s);
/* The 16 bytes of a write-back, by format; eop: the frame's last descriptor. */
void e1k_back_legacy(struct e1k *s, const struct e1k_rx *rx, size_t part, bool eop, uint8_t d[16]);
void e1k_back_extended(struct e1k *s, const struct e1k_rx *rx, size_t part, bool eop,
                       uint8_t d[16]);
void igb_back_advanced(struct e1k *s, const struct e1k_rx *rx, size_t part, bool eop,
                       uint8_t d[16]);

/* One descriptor of a ring, for the packet in s->tx. */
enum e1k_take { E1K_TAKE_MORE, E1K_TAKE_END, E1K_TAKE_ALONE, E1K_TAKE_BAD };
enum e1k_take e1k_tx_take(struct e1k *s, unsigned q, const uint8_t d[16], uint64_t at, bool first);
enum e1k_take igb_tx_take(struct e1k *s, unsigned q, const uint8_t d[16], uint64_t at, bool first);
/* Shared by both: the legacy descriptor, fetching data, remembering a write-back. */
enum e1k_take e1k_tx_legacy(struct e1k *s, const uint8_t d[16], uint64_t at, bool first);
bool e1k_tx_fetch(struct e1k *s, uint64_t addr, size_t len);
void e1k_tx_remember(struct e1k *s, uint64_t at, const uint8_t back[16]);

/* e1000_flow.c: a pause frame has come; a frame was looked at. */
void e1k_flow_obey(struct e1k *s, const uint8_t *frame);
void e1k_flow_watch(struct e1k *s, size_t taken);

/* Build the next frame of s->tx into out; its length, 0: there is none, or it is nonsense. */
size_t e1k_frame_next(struct e1k *s, uint8_t *out);
bool e1k_frame_done(const struct e1k *s);

/* Ring registers: write rules. */
void e1k_wrote_ring_setup(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);
void e1k_wrote_rdt(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);
void e1k_wrote_tdt(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);
void e1k_wrote_rctl(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);
void e1k_wrote_tctl(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);
void e1k_wrote_mrqc(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);
void igb_wrote_dctl(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);
uint32_t igb_read_dctl(struct e1k *s, uint32_t off);

/* ---- e1000_irq.c, igb_irq.c ------------------------------------------------------------------ */

/* Causes in ICR. */
void e1k_cause(struct e1k *s, uint32_t bits);
void e1k_irq_eval(struct e1k *s);
/* Descriptors of a queue were written back; delayed: the frame's own timers may hold it. */
void e1k_rx_event(struct e1k *s, unsigned q);
void e1k_tx_event(struct e1k *s, unsigned q, bool delayed);
void e1k_irq_timer(struct e1k *s, unsigned id);
uint32_t e1k_read_icr(struct e1k *s, uint32_t off);
void e1k_wrote_icr(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);
void e1k_wrote_ics(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);
uint32_t e1k_read_ics(struct e1k *s, uint32_t off);
void e1k_wrote_ims(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);
void e1k_wrote_imc(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);
void e1k_wrote_rdtr(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);
void e1k_wrote_irq(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);

void igb_irq_eval(struct e1k *s);
void igb_queue_event(struct e1k *s, bool tx, unsigned q);
void igb_irq_timer(struct e1k *s, unsigned vector);
uint32_t igb_read_eicr(struct e1k *s, uint32_t off);
void igb_wrote_eicr(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);
void igb_wrote_eics(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);
void igb_wrote_eims(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);
void igb_wrote_eimc(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);
void igb_wrote_gpie(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);
void igb_wrote_eitr(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);
void igb_wrote_ivar(struct e1k *s, uint32_t off, uint32_t old, uint32_t val);

#endif
