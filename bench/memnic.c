// SPDX-License-Identifier: MIT
#include "memnic.h"

#include "audit.h"
#include "memnic_priv.h"
#include "memnic_regs.h"
#include "packet.h"

#include <stdlib.h>
#include <string.h>

struct descriptor {
    uint64_t volatile word[2];
};

// A queue as its registers describe it.
struct queue {
    struct descriptor *ring;
    uint32_t size, tail;
};

// Second word of a receive descriptor, advanced format
#define RX_DONE           (1u << 0 | 1u << 1) // DD, EOP
#define RX_VLAN           (1u << 3)
#define RX_CHECKSUMS_GOOD (1u << 5 | 1u << 6)
// First word: RSS type IPv4, and in the advanced format packet type IPv4
#define RX_RSS_TYPE       (2u << 0)
#define RX_PACKET_TYPE    (1u << 4)
// Second word of a send descriptor, all formats
#define TX_TYPE(word)     ((word) >> 20 & 15)
#define TX_EOP            (1u << 24)
#define TX_RS             (1u << 27)
#define TX_EXTENDED       (1u << 29)
#define TX_DONE           (UINT64_C(1) << 32)
#define TX_CHECKSUMS      (UINT64_C(3) << 40) // of IP header and of TCP segment

struct memnic *memnic_create(const struct memnic_model *model)
{
    struct memnic *nic = calloc(1, sizeof *nic);
    if (!nic)
        return NULL;

    nic->model = model;
    nic->bar = aligned_alloc(4096, model->bar_size);
    if (!nic->bar) {
        free(nic);
        return NULL;
    }
    memset(nic->bar, 0, model->bar_size);
    model->power_on(nic);
    memnic_attend(nic);
    return nic;
}

void memnic_destroy(struct memnic *nic)
{
    if (!nic)
        return;
    free(nic->bar);
    free(nic);
}

void *memnic_bar(struct memnic *nic)
{
    return nic->bar;
}

const struct memnic_model *memnic_model(const struct memnic *nic)
{
    return nic->model;
}

void memnic_set_audit(struct memnic *nic, struct audit *audit)
{
    nic->audit = audit;
}

void memnic_attend(struct memnic *nic)
{
    nic->model->attend(nic);
}

static struct queue queue_at(const struct memnic *nic, uint32_t block)
{
    uint64_t low = *memnic_reg(nic, block + QUEUE_BASE_LOW);
    uint64_t high = *memnic_reg(nic, block + QUEUE_BASE_HIGH);
    uint32_t bytes = *memnic_reg(nic, block + QUEUE_LENGTH);
    return (struct queue){
        .ring = (struct descriptor *)(uintptr_t)(high << 32 | low),
        .size = bytes / (uint32_t)sizeof(struct descriptor),
        .tail = *memnic_reg(nic, block + QUEUE_TAIL),
    };
}

static uint32_t after(const struct queue *queue, uint32_t index)
{
    return index + 1 == queue->size ? 0 : index + 1;
}

static void *address_in(const struct descriptor *descriptor)
{
    return (void *)(uintptr_t)descriptor->word[0];
}

struct memnic_meta memnic_meta(uint64_t sequence)
{
    return (struct memnic_meta){
        .rss_hash = (uint32_t)(sequence * 0x9E3779B1u),
        .vlan = (uint16_t)(1 + sequence % 4094),
        .length = PACKET_SIZE,
    };
}

// ---- receive ----

// Follows the tail: the buffers the driver has provided since last time.
static void audit_armed(struct memnic *nic, const struct queue *queue)
{
    while (nic->rx_seen_tail != queue->tail) {
        audit_give(nic->audit, address_in(&queue->ring[nic->rx_seen_tail]));
        nic->rx_seen_tail = after(queue, nic->rx_seen_tail);
    }
}

static void report(struct descriptor *descriptor, uint64_t sequence, bool strip, uint32_t type)
{
    struct memnic_meta meta = memnic_meta(sequence);
    uint64_t status = RX_DONE | RX_CHECKSUMS_GOOD;
    if (strip)
        status |= RX_VLAN | (uint64_t)meta.vlan << 48;
    descriptor->word[0] = (uint64_t)meta.rss_hash << 32 | type;
    descriptor->word[1] = status | (uint64_t)meta.length << 32;
}

static void report_legacy(struct descriptor *descriptor)
{
    descriptor->word[1] = (uint64_t)(RX_DONE | RX_CHECKSUMS_GOOD) << 32 | PACKET_SIZE;
}

static void receive_one(struct memnic *nic, struct descriptor *descriptor, bool strip)
{
    void *buffer = address_in(descriptor);
    packet_write(buffer, nic->rx_sequence);
    if (nic->audit)
        audit_take_back(nic->audit, buffer);
    if (nic->model->format == MEMNIC_LEGACY)
        report_legacy(descriptor);
    else if (nic->model->format == MEMNIC_EXTENDED)
        report(descriptor, nic->rx_sequence, strip, RX_RSS_TYPE);
    else
        report(descriptor, nic->rx_sequence, strip, RX_RSS_TYPE | RX_PACKET_TYPE);
    nic->rx_sequence++;
}

unsigned memnic_rx_run(struct memnic *nic, unsigned count)
{
    uint32_t block = nic->model->rx_block;
    struct queue queue = queue_at(nic, block);
    uint32_t control = *memnic_reg(nic, block + QUEUE_CONTROL);
    bool strip = (control & QUEUE_CONTROL_VLAN_STRIP) != 0;
    if (nic->audit)
        audit_armed(nic, &queue);

    unsigned n = 0;
    for (; n < count && nic->rx_head != queue.tail; n++) {
        receive_one(nic, &queue.ring[nic->rx_head], strip);
        nic->rx_head = after(&queue, nic->rx_head);
    }
    *memnic_reg(nic, block + QUEUE_HEAD) = nic->rx_head;
    return n;
}

// ---- send ----

// A descriptor with offload parameters and no data.
static bool is_context(const struct memnic *nic, uint64_t word)
{
    uint64_t type = nic->model->format == MEMNIC_ADVANCED ? 2 : 0;
    return (word & TX_EXTENDED) != 0 && TX_TYPE(word) == type;
}

// The parameters that describe the headers of packet.h: their lengths in the
// advanced format, else where both checksums start and go and where the IP
// header ends.
static bool describes_headers(const struct memnic *nic, uint64_t word)
{
    enum { IP = PACKET_HEADER, TCP = IP + PACKET_IP_HEADER };
    if (nic->model->format == MEMNIC_ADVANCED)
        return (word & 0xFFFF) == (PACKET_HEADER << 9 | PACKET_IP_HEADER);
    uint64_t ip = IP | (IP + 10) << 8 | (TCP - 1) << 16, tcp = TCP | (TCP + 16) << 8;
    return (word & 0xFFFFFFFFFFFF) == (ip | tcp << 32);
}

static void audit_checksums(struct memnic *nic, uint64_t word)
{
    bool requested = (word & TX_EXTENDED) && (word & TX_CHECKSUMS) == TX_CHECKSUMS;
    if (audit_wants_checksums(nic->audit) && !(requested && nic->tx_headers_described))
        audit_fail(nic->audit, "checksums not requested as they should be");
}

// A buffer belongs to the hardware until a descriptor that asked for a report
// has been marked done, at its place or after it.
static void audit_sent(struct memnic *nic, void *buffer, uint64_t word)
{
    audit_give(nic->audit, buffer);
    audit_packet(nic->audit, buffer, word & 0xFFFF);
    audit_checksums(nic, word);
    nic->tx_buffers[nic->tx_unreported++] = buffer;
    if (nic->tx_unreported == MEMNIC_MAX_RING)
        audit_fail(nic->audit, "no report requested for a whole ring");
    if (word & TX_RS || nic->tx_unreported == MEMNIC_MAX_RING)
        while (nic->tx_unreported > 0)
            audit_take_back(nic->audit, nic->tx_buffers[--nic->tx_unreported]);
}

static bool send_one(struct memnic *nic, struct descriptor *descriptor)
{
    uint64_t word = descriptor->word[1];
    bool packet = !is_context(nic, word);
    if (!packet)
        nic->tx_headers_described = describes_headers(nic, descriptor->word[0]);
    else if (nic->audit)
        audit_sent(nic, address_in(descriptor), word);
    if (word & TX_RS)
        descriptor->word[1] = TX_DONE;
    return packet && (word & TX_EOP);
}

unsigned memnic_tx_run(struct memnic *nic, unsigned limit)
{
    uint32_t block = nic->model->tx_block;
    struct queue queue = queue_at(nic, block);
    unsigned packets = 0;
    while (packets < limit && nic->tx_head != queue.tail) {
        packets += send_one(nic, &queue.ring[nic->tx_head]);
        nic->tx_head = after(&queue, nic->tx_head);
    }
    *memnic_reg(nic, block + QUEUE_HEAD) = nic->tx_head;
    return packets;
}
