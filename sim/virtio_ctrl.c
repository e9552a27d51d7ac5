// SPDX-License-Identifier: MIT
/* Commands (5.1.6.5). */
#include <string.h>

#include "bytes.h"
#include "virtio.h"

#define COMMAND_MAX 4096u

/* A command's answer: 0 done, 1 refused. */
typedef uint8_t (*handler)(struct sim_nic *nic, const uint8_t *data, size_t len);

static uint8_t refuse(struct sim_nic *nic, const char *why)
{
    sim_violation(nic, "command: %s", why);
    return 1;
}

static uint8_t set_promisc(struct sim_nic *nic, const uint8_t *data, size_t len)
{
    struct virtio *s = sim_state(nic);

    if (len != 1 || data[0] > 1)
        return refuse(nic, "PROMISC takes one byte, 0 or 1 (5.1.6.5.1)");
    s->promisc = data[0];
    return 0;
}

static uint8_t set_allmulti(struct sim_nic *nic, const uint8_t *data, size_t len)
{
    struct virtio *s = sim_state(nic);

    if (len != 1 || data[0] > 1)
        return refuse(nic, "ALLMULTI takes one byte, 0 or 1 (5.1.6.5.1)");
    s->allmulti = data[0];
    return 0;
}

static uint8_t set_mac(struct sim_nic *nic, const uint8_t *data, size_t len)
{
    struct virtio *s = sim_state(nic);

    if (len != 6 || (data[0] & 1))
        return refuse(nic, "ADDR_SET takes a station address of 6 bytes (5.1.6.5.2)");
    memcpy(s->mac, data, 6);
    return 0;
}

static bool take_list(const uint8_t **data, size_t *len, uint8_t (*list)[6], unsigned *n,
                      uint8_t group)
{
    uint32_t entries = *len >= 4 ? sim_get_le32(*data) : UINT32_MAX;

    if (entries > VIRTIO_MACS || *len < 4 + 6 * entries)
        return false;
    memcpy(list, *data + 4, (size_t)6 * entries);
    *n = entries;
    for (uint32_t i = 0; i < entries; i++)
        if ((list[i][0] & 1) != group)
            return false;
    *data += 4 + 6 * entries;
    *len -= 4 + 6 * entries;
    return true;
}

static uint8_t set_table(struct sim_nic *nic, const uint8_t *data, size_t len)
{
    struct virtio *s = sim_state(nic);

    if (!take_list(&data, &len, s->uni, &s->n_uni, 0) ||
        !take_list(&data, &len, s->multi, &s->n_multi, 1) || len)
        return refuse(nic, "TABLE_SET takes two lists, of stations and of groups (5.1.6.5.2)");
    return 0;
}

static uint8_t set_pairs(struct sim_nic *nic, const uint8_t *data, size_t len)
{
    struct virtio *s = sim_state(nic);
    unsigned n = len == 2 ? sim_get_le16(data) : 0;

    if (n < 1 || n > s->kind->pairs)
        return refuse(nic, "VQ_PAIRS_SET takes 1 to max_virtqueue_pairs (5.1.6.5.5)");
    for (unsigned i = 0; i < 2 * n; i++)
        if (!s->q[i].enabled)
            return refuse(nic, "VQ_PAIRS_SET for pairs whose queues are not enabled");
    s->pairs = (uint16_t)n;
    s->steered = false;
    return 0;
}

static bool take_key(struct virtio *s, const uint8_t *data, size_t len)
{
    if (len < 1 || data[0] != len - 1 || data[0] > sizeof(s->key))
        return false;
    memcpy(s->key, data + 1, data[0]);
    return true;
}

/* 5.1.6.5.7.1 */
static uint8_t set_rss(struct sim_nic *nic, const uint8_t *data, size_t len)
{
    struct virtio *s = sim_state(nic);

    if (len < 8)
        return refuse(nic, "RSS_CONFIG is too short");
    unsigned mask = sim_get_le16(data + 4), entries = mask + 1u;
    size_t rest = 8 + 2u * entries;
    if ((mask & entries) || entries > VIRTIO_TABLE || len < rest + 2)
        return refuse(nic, "RSS_CONFIG: the table's size is no power of two, or too large");
    for (unsigned i = 0; i < entries; i++) {
        unsigned queue = sim_get_le16(data + 8 + 2 * i);
        if (queue >= s->kind->pairs || !s->q[2 * queue].enabled)
            return refuse(nic, "RSS_CONFIG: the table names a queue that is not enabled");
        s->table[i] = (uint16_t)queue;
    }
    unsigned senders = sim_get_le16(data + rest);
    if (senders < 1 || senders > s->kind->pairs || !take_key(s, data + rest + 2, len - rest - 2))
        return refuse(nic, "RSS_CONFIG: number of send queues or key make no sense");
    s->hash_types = sim_get_le32(data);
    s->table_mask = (uint16_t)mask;
    s->unclassified = sim_get_le16(data + 6);
    s->pairs = (uint16_t)senders;
    s->steered = true;
    return (s->hash_types & ~0x3fu) ? refuse(nic, "RSS_CONFIG: hash types not offered") : 0;
}

/* 5.1.6.5.6.4 */
static uint8_t set_hash(struct sim_nic *nic, const uint8_t *data, size_t len)
{
    struct virtio *s = sim_state(nic);

    if (len < 13 || sim_get_le64(data + 4) != 0 || !take_key(s, data + 12, len - 12) ||
        (sim_get_le32(data) & ~0x3fu))
        return refuse(nic, "HASH_CONFIG makes no sense");
    s->hash_types = sim_get_le32(data);
    return 0;
}

static const struct {
    uint8_t class, command;
    uint64_t feature;
    handler act;
} commands[] = {
    { 0, 0, F_CTRL_RX, set_promisc },  { 0, 1, F_CTRL_RX, set_allmulti },
    { 1, 0, F_CTRL_RX, set_table },    { 1, 1, F_CTRL_MAC_ADDR, set_mac },
    { 4, 0, F_MQ, set_pairs },         { 4, 1, F_RSS, set_rss },
    { 4, 2, F_HASH_REPORT, set_hash },
};

static uint8_t act(struct sim_nic *nic, const uint8_t *cmd, size_t len)
{
    struct virtio *s = sim_state(nic);

    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (len < 2 || cmd[0] != commands[i].class || cmd[1] != commands[i].command)
            continue;
        if (!has(s, commands[i].feature))
            return refuse(nic, "its feature was not agreed on");
        return commands[i].act(nic, cmd + 2, len - 2);
    }
    return refuse(nic, "there is no such class and command");
}

void virtio_control(struct sim_nic *nic)
{
    struct virtio *s = sim_state(nic);
    unsigned queue = control_queue(s);
    uint8_t cmd[COMMAND_MAX];
    struct chain c;

    while (has(s, F_CTRL_VQ) && virtq_peek(nic, queue, &c)) {
        size_t len = 0;
        virtq_take(nic, queue, &c);
        for (unsigned i = 0; i + 1 < c.n; i++) {
            if (c.buf[i].write || len + c.buf[i].len > sizeof(cmd) ||
                !sim_dma_read(nic, c.buf[i].addr, cmd + len, c.buf[i].len))
                break;
            len += c.buf[i].len;
        }
        if (c.n < 2 || !c.buf[c.n - 1].write || c.buf[c.n - 1].len != 1) {
            virtio_broken(nic, "a command has no byte for its answer", queue);
            return;
        }
        uint8_t ack = act(nic, cmd, len);
        sim_dma_write(nic, c.buf[c.n - 1].addr, &ack, 1);
        const struct used_entry e = { c.id, c.descs, 1 };
        virtq_use(nic, queue, &e, 1);
    }
}
