// SPDX-License-Identifier: MIT
/*
 * The inside of the virtio-net models, from "Virtual I/O Device (VIRTIO) Version 1.2" (OASIS):
 * sections 2 (facilities), 4.1 (PCI), 5.1 (network device).
 */
#ifndef SIM_VIRTIO_H
#define SIM_VIRTIO_H

#include "model.h"

#define VIRTIO_PAIRS      8u
#define VIRTIO_QUEUES     (2 * VIRTIO_PAIRS + 1)
#define VIRTIO_SIZE       1024u /* most descriptors of a queue */
#define VIRTIO_CTRL       64u   /* of the control queue */
#define VIRTIO_VECTORS    18u
#define VIRTIO_CHAIN      64u /* most descriptors of a chain we follow */
#define VIRTIO_TABLE      128u
#define VIRTIO_MACS       256u
#define NO_VECTOR         0xffffu

/* 5.1.3, 6 */
#define F(bit)            (1ull << (bit))
#define F_CSUM            F(0)
#define F_GUEST_CSUM      F(1)
#define F_MTU             F(3)
#define F_MAC             F(5)
#define F_HOST_TSO4       F(11)
#define F_HOST_TSO6       F(12)
#define F_MRG_RXBUF       F(15)
#define F_STATUS          F(16)
#define F_CTRL_VQ         F(17)
#define F_CTRL_RX         F(18)
#define F_MQ              F(22)
#define F_CTRL_MAC_ADDR   F(23)
#define F_INDIRECT        F(28)
#define F_EVENT_IDX       F(29)
#define F_VERSION_1       F(32)
#define F_ACCESS_PLATFORM F(33)
#define F_PACKED          F(34)
#define F_ORDER_PLATFORM  F(36)
#define F_HASH_REPORT     F(57)
#define F_RSS             F(60)
#define F_SPEED_DUPLEX    F(63)

/* 2.1 */
enum {
    S_ACKNOWLEDGE = 1,
    S_DRIVER = 2,
    S_DRIVER_OK = 4,
    S_FEATURES_OK = 8,
    S_NEEDS_RESET = 64,
    S_FAILED = 128,
};

/* What makes one model differ from another. */
struct virtio_kind {
    uint64_t features;
    uint16_t pairs, mtu;
};

struct virtq {
    uint16_t max, size, vector;
    bool enabled;
    uint64_t desc, driver, device;
    bool awake;     /* told of buffers, and not yet found empty since */
    uint16_t avail; /* split: next available index; packed: next place */
    uint16_t used;  /* split: next used index; packed: next place */
    bool avail_wrap, used_wrap;
};

/* One buffer a driver has made available. */
struct virtbuf {
    uint64_t addr;
    uint32_t len;
    bool write;
};
struct chain {
    struct virtbuf buf[VIRTIO_CHAIN];
    unsigned n;
    uint16_t id, descs;
};

struct virtio {
    const struct virtio_kind *kind;
    uint32_t device_sel, driver_sel;
    uint64_t driver_features;
    uint64_t features; /* agreed on, once FEATURES_OK is set */
    uint16_t config_vector, queue_sel;
    uint8_t status, generation, isr;
    struct virtq q[VIRTIO_QUEUES];
    uint16_t n_queues;
    bool link;
    /* set by commands */
    uint8_t mac[6];
    bool promisc, allmulti;
    unsigned n_uni, n_multi;
    uint8_t uni[VIRTIO_MACS][6], multi[VIRTIO_MACS][6];
    uint16_t pairs; /* in use */
    uint32_t hash_types;
    uint8_t key[40];
    uint16_t table[VIRTIO_TABLE], table_mask, unclassified;
    bool steered; /* RSS was configured */
    bool fed;     /* the first receive queue was told of buffers */
    bool half;    /* the next checkable frame is handed over with its sum unfinished */
    uint8_t frame[65536 + 64];
};

static inline bool has(const struct virtio *s, uint64_t feature)
{
    return (s->features & feature) != 0;
}
static inline unsigned header_size(const struct virtio *s)
{
    return has(s, F_HASH_REPORT) ? 20 : 12;
}
static inline unsigned control_queue(const struct virtio *s)
{
    return has(s, F_MQ | F_RSS) ? 2u * s->kind->pairs : 2u;
}
/* Runs; the driver may expect frames to move. */
static inline bool running(const struct virtio *s)
{
    return (s->status & S_DRIVER_OK) && !(s->status & (S_NEEDS_RESET | S_FAILED));
}

/* virtio_pci.c */
uint64_t virtio_mmio_read(struct sim_nic *nic, unsigned bar, uint64_t off, unsigned width);
void virtio_mmio_write(struct sim_nic *nic, unsigned bar, uint64_t off, unsigned width,
                       uint64_t val);
void virtio_reset(struct sim_nic *nic);
void virtio_config_changed(struct sim_nic *nic);
/* A driver's error after which nothing can go on: reported, and DEVICE_NEEDS_RESET set. */
void virtio_broken(struct sim_nic *nic, const char *what, unsigned queue);
/* DEVICE_NEEDS_RESET is set, and told. */
void virtio_fail(struct sim_nic *nic);
void virtio_interrupt(struct sim_nic *nic, struct virtq *q);

/* virtio_ring.c */
/* The next chain of a queue, not yet taken. False: there is none (and the driver was asked to
 * tell), or the ring makes no sense. */
bool virtq_peek(struct sim_nic *nic, unsigned queue, struct chain *out);
/* The chain that peek has found is ours. */
void virtq_take(struct sim_nic *nic, unsigned queue, const struct chain *c);
/* Put back the last `n` chains taken; packed and split. */
void virtq_untake(struct sim_nic *nic, unsigned queue, const struct chain *c);
/* Give it back; seen by the driver after virtq_flush only. */
struct used_entry {
    uint16_t id, descs;
    uint32_t len;
};
void virtq_use(struct sim_nic *nic, unsigned queue, const struct used_entry *e, unsigned n);

/* virtio_net.c */
unsigned virtio_tx(struct sim_nic *nic, unsigned budget);
enum sim_rx virtio_rx(struct sim_nic *nic, uint8_t *frame, size_t len);

/* virtio_ctrl.c: work off the control queue. */
void virtio_control(struct sim_nic *nic);

/* virtio_gso.c: cut into segments and send each; false: a driver's error. */
bool virtio_segment(struct sim_nic *nic, uint8_t *frame, size_t len, unsigned type, unsigned mss,
                    unsigned headers);

#endif
