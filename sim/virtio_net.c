// SPDX-License-Identifier: MIT
/*
 * The network device (5.1): frames, offloads, steering; and the models there are. A frame with the
 * checksum of a neighbour on the same host may come with its sum unfinished (5.1.6.4): every other
 * one that could does.
 */
#include <string.h>

#include "bytes.h"
#include "packet.h"
#include "virtio.h"

enum {
    H_NEEDS_CSUM = 1,
    H_DATA_VALID = 2,
    GSO_NONE = 0,
    GSO_TCPV4 = 1,
    GSO_TCPV6 = 4,
};

/* ---- sending (5.1.6.2) ---------------------------------------------------------------------- */

/* All of a chain, in one piece. 0: it cannot be read. */
static size_t gather(struct sim_nic *nic, const struct chain *c)
{
    struct virtio *s = sim_state(nic);
    size_t len = 0;

    for (unsigned i = 0; i < c->n; i++) {
        if (c->buf[i].write) {
            sim_violation(nic, "a frame to be sent has a writable descriptor");
            return 0;
        }
        if (len + c->buf[i].len > sizeof(s->frame)) {
            sim_violation(nic, "a frame of more than 65536 bytes");
            return 0;
        }
        if (!sim_dma_read(nic, c->buf[i].addr, s->frame + len, c->buf[i].len))
            return 0;
        len += c->buf[i].len;
    }
    return len;
}

static const char *header_wrong(const struct virtio *s, const uint8_t *h, size_t len)
{
    unsigned start = sim_get_le16(h + 6), offset = sim_get_le16(h + 8);

    if (h[0] & ~H_NEEDS_CSUM)
        return "flags other than NEEDS_CSUM";
    if ((h[0] & H_NEEDS_CSUM) && !has(s, F_CSUM))
        return "NEEDS_CSUM, which was not agreed on";
    if ((h[0] & H_NEEDS_CSUM) && (start < 14 || start + offset + 2 > len))
        return "csum_start and csum_offset point behind the frame";
    if (h[1] != GSO_NONE && h[1] != GSO_TCPV4 && h[1] != GSO_TCPV6)
        return "an unknown gso_type";
    if ((h[1] == GSO_TCPV4 && !has(s, F_HOST_TSO4)) || (h[1] == GSO_TCPV6 && !has(s, F_HOST_TSO6)))
        return "a gso_type that was not agreed on";
    if (h[1] != GSO_NONE && !(h[0] & H_NEEDS_CSUM))
        return "segmentation without NEEDS_CSUM";
    if (sim_get_le16(h + 10) != 0)
        return "num_buffers, which has to be 0";
    for (unsigned i = 12; i < header_size(s); i++)
        if (h[i])
            return "a hash, which has to be 0";
    return NULL;
}

static void finish_csum(uint8_t *frame, size_t len, unsigned start, unsigned offset)
{
    uint16_t csum = sim_csum_fold(sim_csum_add(0, frame + start, len - start));

    sim_put_be16(frame + start + offset, csum ? csum : 0xffff);
}

static void send_frame(struct sim_nic *nic, size_t total)
{
    struct virtio *s = sim_state(nic);
    const uint8_t *h = s->frame;
    unsigned head = header_size(s);

    if (total <= head) {
        sim_violation(nic, "a frame without a whole header, or of no bytes");
        return;
    }
    uint8_t *frame = s->frame + head;
    size_t len = total - head;
    const char *why = header_wrong(s, h, len);
    if (why) {
        sim_violation(nic, "header of a sent frame: %s (5.1.6.2)", why);
        return;
    }
    if (h[1] != GSO_NONE) {
        if (!virtio_segment(nic, frame, len, h[1], sim_get_le16(h + 4), sim_get_le16(h + 2)))
            sim_violation(nic, "a frame that is to be segmented cannot be");
        return;
    }
    if (s->kind->mtu && has(s, F_MTU) && len > s->kind->mtu + 18u)
        sim_violation(nic, "a frame longer than the MTU (5.1.4.2)");
    if (h[0] & H_NEEDS_CSUM)
        finish_csum(frame, len, sim_get_le16(h + 6), sim_get_le16(h + 8));
    sim_send(nic, frame, len < SIM_FRAME_MAX ? len : SIM_FRAME_MAX);
}

unsigned virtio_tx(struct sim_nic *nic, unsigned budget)
{
    struct virtio *s = sim_state(nic);
    unsigned sent = 0;
    struct chain c;

    if (!running(s))
        return 0;
    virtio_control(nic);
    if (sim_fault(nic, SIM_FAULT_STALL_TX))
        return 0;
    for (unsigned pair = 0; pair < s->pairs; pair++) {
        unsigned queue = 2 * pair + 1;
        while (sent < budget && sim_can_send(nic) && virtq_peek(nic, queue, &c)) {
            virtq_take(nic, queue, &c);
            size_t total = gather(nic, &c);
            if (total && s->link)
                send_frame(nic, total);
            const struct used_entry e = { c.id, c.descs, 0 };
            virtq_use(nic, queue, &e, 1);
            sent++;
        }
    }
    return sent;
}

/* ---- filters, hashes, steering -------------------------------------------------------------- */

static bool listed(const uint8_t (*list)[6], unsigned n, const uint8_t *address)
{
    for (unsigned i = 0; i < n; i++)
        if (memcmp(list[i], address, 6) == 0)
            return true;
    return false;
}

static bool accepted(const struct virtio *s, const uint8_t *frame)
{
    static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

    if (s->promisc || memcmp(frame, broadcast, 6) == 0)
        return true;
    if (frame[0] & 1)
        return s->allmulti || !has(s, F_CTRL_RX) || listed(s->multi, s->n_multi, frame);
    return memcmp(frame, s->mac, 6) == 0 || listed(s->uni, s->n_uni, frame);
}

struct hash {
    uint32_t value;
    uint16_t report;
};

/* 5.1.6.4.3: ports if their type is on, else addresses; types are bits 0 to 5, reports one more. */
static struct hash hash_of(const struct virtio *s, const struct sim_packet *p, const uint8_t *frame)
{
    unsigned base = p->ipv6 ? 3 : 0, type = base, n = p->ipv6 ? 32 : 8;
    const uint8_t *addresses = frame + p->l3_off + (p->ipv6 ? 8 : 12);
    uint8_t input[36];

    if (!p->ipv4 && !p->ipv6)
        return (struct hash){ 0, 0 };
    memcpy(input, addresses, n);
    if (p->l4 == SIM_L4_TCP && (s->hash_types >> (base + 1) & 1))
        type = base + 1;
    else if (p->l4 == SIM_L4_UDP && (s->hash_types >> (base + 2) & 1))
        type = base + 2;
    if (!(s->hash_types >> type & 1))
        return (struct hash){ 0, 0 };
    if (type != base) {
        memcpy(input + n, frame + p->l4_off, 4);
        n += 4;
    }
    return (struct hash){ sim_toeplitz(s->key, input, n), (uint16_t)(type + 1) };
}

/* Without RSS the steering is the device's own affair (5.1.6.5.5). */
static unsigned receive_queue(const struct virtio *s, const struct sim_packet *p,
                              const uint8_t *frame, size_t len, struct hash hash)
{
    if (s->steered)
        return hash.report ? s->table[hash.value & s->table_mask] : s->unclassified;
    if (s->pairs == 1 || (!p->ipv4 && !p->ipv6) || p->l4 == SIM_L4_NONE || len < p->l4_off + 4u)
        return 0;
    return sim_fcs(frame + p->l3_off + 12, p->l4_off + 4 - p->l3_off - 12) % s->pairs;
}

/* ---- receiving (5.1.6.4) -------------------------------------------------------------------- */

/* The frame's checksums, as the driver is told of them. */
static void describe(struct virtio *s, struct sim_packet *p, uint8_t *frame, size_t len, uint8_t *h)
{
    bool v6 = p->ipv6;
    unsigned field = p->l4_off + (p->l4 == SIM_L4_TCP ? 16 : 6);

    if (!has(s, F_GUEST_CSUM) || (p->l4 != SIM_L4_TCP && p->l4 != SIM_L4_UDP))
        return;
    sim_packet_verify(p, frame);
    if (!p->l4_csum_present || !p->l4_csum_ok)
        return;
    s->half = !s->half;
    if (!s->half || p->ipv6_ext || p->ip_end != len) {
        h[0] = H_DATA_VALID;
        return;
    }
    const uint8_t *ip = frame + p->l3_off;
    uint32_t sum = (p->l4 == SIM_L4_TCP ? 6u : 17u) + p->ip_end - p->l4_off;
    sum = v6 ? sim_csum_add(sum, ip + 8, 32) : sim_csum_add(sum, ip + 12, 8);
    sim_put_be16(frame + field, (uint16_t)~sim_csum_fold(sum));
    h[0] = H_NEEDS_CSUM;
    sim_put_le16(h + 6, (uint16_t)p->l4_off);
    sim_put_le16(h + 8, (uint16_t)(field - p->l4_off));
}

/* A frame with its header, spread over as many chains as it needs. */
struct spread {
    struct chain c[VIRTIO_CHAIN];
    struct used_entry used[VIRTIO_CHAIN];
    unsigned n;
    size_t room;
};

static bool check_buffer(struct sim_nic *nic, unsigned queue, const struct chain *c, size_t room)
{
    struct virtio *s = sim_state(nic);

    for (unsigned i = 0; i < c->n; i++)
        if (!c->buf[i].write) {
            virtio_broken(nic, "a receive buffer has a readable descriptor", queue);
            return false;
        }
    if (!has(s, F_MRG_RXBUF) && room < 1514u + header_size(s))
        sim_violation(nic, "a receive buffer of %zu bytes, 1526 are the least (5.1.6.3.1)", room);
    return true;
}

/* Take chains until they hold `len` bytes. SIM_RX_HOLD: there are not enough, none is taken. */
static enum sim_rx reserve(struct sim_nic *nic, unsigned queue, size_t len, struct spread *sp)
{
    struct virtio *s = sim_state(nic);

    for (sp->n = 0, sp->room = 0; sp->room < len;) {
        struct chain *c = &sp->c[sp->n];
        size_t room = 0;
        bool more = sp->n == 0 || (has(s, F_MRG_RXBUF) && sp->n < VIRTIO_CHAIN - 1);
        if (!more || !virtq_peek(nic, queue, c)) {
            while (sp->n > 0)
                virtq_untake(nic, queue, &sp->c[--sp->n]);
            return more ? SIM_RX_HOLD : SIM_RX_TAKEN; /* too long for what the driver gives */
        }
        for (unsigned i = 0; i < c->n; i++)
            room += c->buf[i].len;
        virtq_take(nic, queue, c);
        sp->n++;
        if (!check_buffer(nic, queue, c, room))
            return SIM_RX_TAKEN;
        sp->room += room;
    }
    return SIM_RX_TAKEN;
}

static bool fill_chain(struct sim_nic *nic, const struct chain *c, const uint8_t **from,
                       size_t *left, uint32_t *len)
{
    *len = 0;
    for (unsigned i = 0; i<c->n && * left> 0; i++) {
        uint32_t part = *left < c->buf[i].len ? (uint32_t)*left : c->buf[i].len;
        if (!sim_dma_write(nic, c->buf[i].addr, *from, part))
            return false;
        *from += part;
        *left -= part;
        *len += part;
    }
    return true;
}

/* What a broken device would say. */
static void spoil(struct sim_nic *nic, struct used_entry *e)
{
    if (sim_fault(nic, SIM_FAULT_BAD_LENGTH))
        e->len = (uint32_t)sim_fault_arg(nic);
    if (sim_fault(nic, SIM_FAULT_RANDOM_DESC)) {
        e->id = (uint16_t)sim_random(nic);
        e->len = sim_random(nic);
    }
}

static void deliver(struct sim_nic *nic, unsigned queue, struct spread *sp, uint8_t *whole,
                    size_t total)
{
    struct virtio *s = sim_state(nic);
    const uint8_t *from = whole;

    if (has(s, F_MRG_RXBUF))
        sim_put_le16(whole + 10, sim_fault(nic, SIM_FAULT_NO_EOP) ? 0xffff : (uint16_t)sp->n);
    else
        sim_put_le16(whole + 10, 1);
    for (unsigned i = 0; i < sp->n; i++) {
        uint32_t len;
        if (!fill_chain(nic, &sp->c[i], &from, &total, &len))
            return;
        sp->used[i] = (struct used_entry){ sp->c[i].id, sp->c[i].descs, len };
        spoil(nic, &sp->used[i]);
    }
    virtq_use(nic, queue, sp->used, sp->n);
}

enum sim_rx virtio_rx(struct sim_nic *nic, uint8_t *frame, size_t len)
{
    struct virtio *s = sim_state(nic);
    unsigned head = header_size(s);
    uint8_t *whole = s->frame;
    struct sim_packet p;
    struct spread sp;

    if (!running(s) || !s->link || sim_fault(nic, SIM_FAULT_STALL_RX) ||
        sim_fault_nth(nic,
                      SIM_FAULT_CORRUPT)) /* the host drops what is damaged, and says nothing */
        return SIM_RX_TAKEN;
    if (len < 14 || !accepted(s, frame)) {
        sim_count_filtered(nic);
        return SIM_RX_TAKEN;
    }
    sim_packet_parse(&p, frame, len);
    struct hash hash = hash_of(s, &p, frame);
    unsigned queue = 2 * receive_queue(s, &p, frame, len, hash);
    enum sim_rx result = reserve(nic, queue, head + len, &sp);
    if (result == SIM_RX_HOLD)
        return result;
    if (sp.n == 0 || !running(s)) {
        sim_count_no_desc(nic);
        return SIM_RX_TAKEN;
    }
    memset(whole, 0, head);
    describe(s, &p, frame, len, whole);
    if (has(s, F_HASH_REPORT)) {
        sim_put_le32(whole + 12, hash.value);
        sim_put_le16(whole + 16, hash.report);
    }
    memcpy(whole + head, frame, len);
    deliver(nic, queue, &sp, whole, head + len);
    return SIM_RX_TAKEN;
}

/* Filters are set by commands, after DRIVER_OK: who receives is who has given buffers. */
static bool rx_ready(struct sim_nic *nic)
{
    const struct virtio *s = sim_state(nic);

    return running(s) && s->fed;
}

static void cable(struct sim_nic *nic)
{
    struct virtio *s = sim_state(nic);

    s->link = sim_cable(nic);
    virtio_config_changed(nic);
}

static void fault_changed(struct sim_nic *nic)
{
    if (sim_fault(nic, SIM_FAULT_NEEDS_RESET))
        virtio_fail(nic);
}

/* ---- the models ----------------------------------------------------------------------------- */

#define COMMON                                                                                     \
    (F_CSUM | F_GUEST_CSUM | F_MAC | F_HOST_TSO4 | F_HOST_TSO6 | F_MRG_RXBUF | F_STATUS |          \
     F_CTRL_VQ | F_CTRL_RX | F_MQ | F_CTRL_MAC_ADDR | F_INDIRECT | F_EVENT_IDX | F_VERSION_1 |     \
     F_ACCESS_PLATFORM | F_ORDER_PLATFORM | F_SPEED_DUPLEX)

static const struct virtio_kind split = { COMMON, VIRTIO_PAIRS, 0 };
static const struct virtio_kind packed = { COMMON | F_PACKED, VIRTIO_PAIRS, 0 };
static const struct virtio_kind rss = { COMMON | F_RSS | F_HASH_REPORT, VIRTIO_PAIRS, 0 };
static const struct virtio_kind plain = { F_MAC | F_STATUS | F_VERSION_1 | F_MTU, 1, 9000 };

/* 4.1.4: type, BAR, then offset and length. */
#define AREA(type, offset, length)                                                                 \
    type, 4, 0, 0, 0, (offset)&0xff, (offset) >> 8, 0, 0, (length)&0xff, (length) >> 8, 0, 0
static const struct sim_vendor_cap caps[] = {
    { 16, { AREA(1, 0x0000, 0x38) } },
    { 16, { AREA(3, 0x1000, 0x01) } },
    { 16, { AREA(4, 0x2000, 0x18) } },
    { 20, { AREA(2, 0x3000, 0x1000), 4, 0, 0, 0 } },
};

#define PCI(number, subsystem, rev)                                                                \
    {                                                                                              \
        .vendor = 0x1af4, .device = number, .subsys_vendor = 0x1af4, .subsys_device = subsystem,   \
        .revision = rev, .class_code = 0x020000,                                                   \
        .bar = { [1] = { .size = 0x1000 },                                                         \
                 [4] = { .size = 0x4000, .is_64 = true, .prefetch = true } },                      \
        .pm = true, .msix_vectors = VIRTIO_VECTORS, .msix_bar = 1, .msix_table = 0,                \
        .msix_pba = 0x800, .vendor_caps = caps, .n_vendor_caps = sizeof(caps) / sizeof(caps[0]),   \
    }
static const struct sim_pci_desc modern = PCI(0x1041, 0x1100, 1);
/* 4.1.2.3: a transitional device; its legacy interface is an I/O BAR that nobody here uses. */
static const struct sim_pci_desc transitional = {
    .vendor = 0x1af4,
    .device = 0x1000,
    .subsys_vendor = 0x1af4,
    .subsys_device = 0x0001,
    .class_code = 0x020000,
    .bar = { [0] = { .size = 32, .is_io = true },
             [4] = { .size = 0x4000, .is_64 = true, .prefetch = true } },
    .vendor_caps = caps,
    .n_vendor_caps = sizeof(caps) / sizeof(caps[0]),
};

#define MODEL(symbol, kind_, name, text, pci_, number)                                             \
    static void init_##symbol(struct sim_nic *nic)                                                 \
    {                                                                                              \
        ((struct virtio *)sim_state(nic))->kind = &(kind_);                                        \
    }                                                                                              \
    const struct sim_model sim_model_##symbol = {                                                  \
        .info = { name, text, 0x1af4, number },                                                    \
        .pci = &(pci_),                                                                            \
        .state_size = sizeof(struct virtio),                                                       \
        .init = init_##symbol,                                                                     \
        .reset = virtio_reset,                                                                     \
        .mmio_read = virtio_mmio_read,                                                             \
        .mmio_write = virtio_mmio_write,                                                           \
        .tx = virtio_tx,                                                                           \
        .rx = virtio_rx,                                                                           \
        .rx_ready = rx_ready,                                                                      \
        .cable = cable,                                                                            \
        .fault_changed = fault_changed,                                                            \
    }

MODEL(virtio, split, "virtio-net", "virtio-net, split rings, 8 pairs of queues", modern, 0x1041);
MODEL(virtio_packed, packed, "virtio-net-packed", "virtio-net, packed rings, 8 pairs of queues",
      modern, 0x1041);
MODEL(virtio_rss, rss, "virtio-net-rss", "virtio-net with RSS and hash reports", modern, 0x1041);
MODEL(virtio_plain, plain, "virtio-net-plain",
      "virtio-net without any optional feature, transitional", transitional, 0x1000);
