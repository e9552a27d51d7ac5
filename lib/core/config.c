// SPDX-License-Identifier: MIT
/* Configuration: versions of the structure, defaults, ranges. */
#include "lib/core/config.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#define DEFAULT_RING          512u
#define DEFAULT_FRAME         1518u
#define DEFAULT_SPARE         512u /* pool entries beyond the ring's */
#define DEFAULT_MODERATION_US 25u
#define DEFAULT_RATE_HIGH     20000u
#define DEFAULT_RATE_LOW      5000u
#define MIN_FRAME_LIMIT       64u
#define MAX_MODERATION_US     10000u
/* Receive buffers are told to the hardware in KiB; one line of metadata precedes the data. */
#define MIN_RX_ENTRY          (64u + 1024u)
/* A newer caller's structure; beyond this it is no structure of ours. */
#define MAX_CFG_SIZE          4096u

/* The verification key of the Toeplitz hash's specification ("Scaling ... RSS", Microsoft). */
static const uint8_t default_rss_key[40] = {
    0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
    0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
    0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

/* ---- versions of the structure ------------------------------------------- */

#define END_OF(field)                                                                              \
    (offsetof(struct ixl_dev_cfg, field) + sizeof(((struct ixl_dev_cfg *)NULL)->field))

/* Sizes a shorter structure may have: it ends with a whole field. */
static const size_t prefixes[] = {
    END_OF(irq_timeout_ms), END_OF(max_frame_size), END_OF(rx_pool_entries),
    END_OF(rx_entry_size),  END_OF(max_pool_bytes), END_OF(irq_moderation_us),
    END_OF(irq_rate_high),  END_OF(irq_rate_low),   END_OF(mac),
    END_OF(promisc),        END_OF(simd),           END_OF(rss_hash_types),
    END_OF(rss_key),
};

static bool known_prefix(size_t size)
{
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
        if (prefixes[i] == size)
            return true;
    return size == sizeof(struct ixl_dev_cfg);
}

/* What a newer caller knows and we do not must not be asked for. */
static bool tail_is_zero(const struct ixl_dev_cfg *user)
{
    const uint8_t *bytes = (const uint8_t *)user;

    for (size_t i = sizeof(*user); i < user->size; i++)
        if (bytes[i])
            return false;
    return true;
}

static int copy_user(const struct ixl_dev_cfg *user, struct ixl_dev_cfg *out)
{
    size_t size = user->size;

    if (size > MAX_CFG_SIZE || (size < sizeof(*out) && !known_prefix(size))) {
        ixl_log(IXL_LOG_ERROR,
                "ixl_dev_cfg.size is %" PRIu32 ", not that of a configuration: "
                "start from IXL_DEV_CFG_DEFAULT",
                user->size);
        return -IXL_EINVAL;
    }
    if (size > sizeof(*out) && !tail_is_zero(user)) {
        ixl_log(IXL_LOG_ERROR,
                "ixl_dev_cfg asks for something this version of the library does "
                "not know: set only the first %zu bytes or use a newer library",
                sizeof(*out));
        return -IXL_EINVAL;
    }
    memcpy(out, user, size < sizeof(*out) ? size : sizeof(*out));
    return 0;
}

/* ---- defaults ------------------------------------------------------------ */

#define DEFAULT(field, value) ((field) = (field) ? (field) : (value))

/* A rate that was given pulls the other one's default with it, so that low <= high. */
static void default_rates(struct ixl_dev_cfg *c)
{
    uint32_t high = c->irq_rate_high, low = c->irq_rate_low;

    if (!high)
        c->irq_rate_high = low > DEFAULT_RATE_HIGH ? low : DEFAULT_RATE_HIGH;
    if (!low) {
        uint32_t quarter = c->irq_rate_high / 4 ? c->irq_rate_high / 4 : 1;
        c->irq_rate_low = quarter < DEFAULT_RATE_LOW ? quarter : DEFAULT_RATE_LOW;
    }
}

static void set_defaults(struct ixl_dev_cfg *c)
{
    c->size = sizeof(*c);
    DEFAULT(c->rx_ring_size, DEFAULT_RING);
    DEFAULT(c->tx_ring_size, DEFAULT_RING);
    DEFAULT(c->max_frame_size, DEFAULT_FRAME);
    DEFAULT(c->rx_entry_size, IXL_MEMPOOL_DEFAULT_ENTRY);
    DEFAULT(c->irq_moderation_us, DEFAULT_MODERATION_US);
    if (!c->rx_pool_entries && c->rx_ring_size <= IXL_RING_MAX)
        c->rx_pool_entries = c->rx_ring_size + DEFAULT_SPARE;
    default_rates(c);
}

/* ---- ranges -------------------------------------------------------------- */

static int check_range(const char *field, uint32_t value, uint32_t min, uint32_t max)
{
    if (value >= min && value <= max)
        return 0;
    ixl_log(IXL_LOG_ERROR, "ixl_dev_cfg.%s is %" PRIu32 ": it has to be %" PRIu32 " to %" PRIu32,
            field, value, min, max);
    return -IXL_ERANGE;
}

static int check_queues(const char *field, uint16_t value, uint16_t max, const char *name)
{
    uint16_t limit = max < IXL_MAX_QUEUES ? max : (uint16_t)IXL_MAX_QUEUES;

    if (value >= 1 && value <= limit)
        return 0;
    ixl_log(IXL_LOG_ERROR, "ixl_dev_cfg.%s is %u: it has to be 1 to %u, the queues of %s", field,
            value, limit, name);
    return -IXL_ERANGE;
}

static int check_ring(const char *field, uint32_t value)
{
    if (value >= IXL_RING_MIN && value <= IXL_RING_MAX && (value & (value - 1)) == 0)
        return 0;
    ixl_log(IXL_LOG_ERROR,
            "ixl_dev_cfg.%s is %" PRIu32 ": it has to be a power of two from %u "
            "to %u",
            field, value, IXL_RING_MIN, IXL_RING_MAX);
    return -IXL_ERANGE;
}

static int check_pool(const struct ixl_dev_cfg *c)
{
    if (c->rx_pool_entries < c->rx_ring_size) {
        ixl_log(IXL_LOG_ERROR,
                "ixl_dev_cfg.rx_pool_entries is %" PRIu32 ": the ring alone needs "
                "%" PRIu32 " (rx_ring_size), give more or 0 for the default",
                c->rx_pool_entries, c->rx_ring_size);
        return -IXL_ERANGE;
    }
    return check_range("rx_entry_size", c->rx_entry_size, MIN_RX_ENTRY, IXL_MEMPOOL_MAX_ENTRY);
}

static int check_irq(const struct ixl_dev_cfg *c)
{
    if (c->irq_rate_low > c->irq_rate_high) {
        ixl_log(IXL_LOG_ERROR,
                "ixl_dev_cfg.irq_rate_low is %" PRIu32 ": it must not be above "
                "irq_rate_high, %" PRIu32,
                c->irq_rate_low, c->irq_rate_high);
        return -IXL_ERANGE;
    }
    return check_range("irq_moderation_us", c->irq_moderation_us, 1, MAX_MODERATION_US);
}

bool ixl_mac_valid(const uint8_t mac[6])
{
    return !(mac[0] & 1) && (mac[0] | mac[1] | mac[2] | mac[3] | mac[4] | mac[5]) != 0;
}

static int check_mac(const uint8_t mac[6])
{
    static const uint8_t own[6];

    if (ixl_mac_valid(mac) || memcmp(mac, own, 6) == 0)
        return 0;
    ixl_log(IXL_LOG_ERROR,
            "ixl_dev_cfg.mac is %02x:%02x:%02x:%02x:%02x:%02x, a group address: "
            "the lowest bit of the first byte has to be 0",
            mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
    return -IXL_EINVAL;
}

static int check_choices(const struct ixl_dev_cfg *c)
{
    const uint64_t known = 1u << IXL_RSS_TCP_IPV4 | 1u << IXL_RSS_IPV4 | 1u << IXL_RSS_TCP_IPV6 |
                           1u << IXL_RSS_IPV6 | 1u << IXL_RSS_UDP_IPV4 | 1u << IXL_RSS_UDP_IPV6;

    if (c->simd > IXL_SIMD_128) {
        ixl_log(IXL_LOG_ERROR,
                "ixl_dev_cfg.simd is %u: it has to be IXL_SIMD_AUTO, IXL_SIMD_OFF or "
                "IXL_SIMD_128",
                c->simd);
        return -IXL_EINVAL;
    }
    if (c->rss_hash_types & ~known) {
        ixl_log(IXL_LOG_ERROR,
                "ixl_dev_cfg.rss_hash_types is 0x%" PRIx64 ": only bits "
                "1 << IXL_RSS_* make sense, 0x%" PRIx64 " are all",
                c->rss_hash_types, known);
        return -IXL_EINVAL;
    }
    return check_mac(c->mac);
}

static int check(const struct ixl_dev_cfg *c, const struct ixl_pci_row *row)
{
    int err = check_queues("num_rx_queues", c->num_rx_queues, row->max_rx, row->name);

    if (!err)
        err = check_queues("num_tx_queues", c->num_tx_queues, row->max_tx, row->name);
    if (!err)
        err = check_ring("rx_ring_size", c->rx_ring_size);
    if (!err)
        err = check_ring("tx_ring_size", c->tx_ring_size);
    if (!err)
        err = check_range("max_frame_size", c->max_frame_size, MIN_FRAME_LIMIT, row->max_frame);
    if (!err)
        err = check_pool(c);
    if (!err)
        err = check_irq(c);
    return err ? err : check_choices(c);
}

int ixl_config_complete(const struct ixl_dev_cfg *user, const struct ixl_pci_row *row,
                        struct ixl_dev_cfg *out, uint8_t rss_key[40])
{
    ixl_dev_cfg_init(out);
    if (user) {
        int err = copy_user(user, out);
        if (err)
            return err;
    }
    set_defaults(out);
    memcpy(rss_key, out->rss_key ? out->rss_key : default_rss_key, 40);
    out->rss_key = rss_key;
    return check(out, row);
}
