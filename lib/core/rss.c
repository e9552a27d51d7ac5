// SPDX-License-Identifier: MIT
/* Receive-side scaling: what is in use, and changing it. */
#include "lib/core/device.h"

#include <inttypes.h>

static int check_device(const struct ixl_device *dev, const struct ixl_rss *rss, const char *who)
{
    if (!dev || !rss) {
        ixl_log(IXL_LOG_ERROR, "%s needs a device and a struct ixl_rss", who);
        return -IXL_EINVAL;
    }
    if (dev->drv->set_rss && dev->set.rss.table_size > 0)
        return 0;
    ixl_log(IXL_LOG_ERROR, "%s: the device has no receive-side scaling", dev->info.address);
    return -IXL_ENOTSUP;
}

int ixl_get_rss(const struct ixl_device *dev, struct ixl_rss *out)
{
    int err = check_device(dev, out, "ixl_get_rss");

    if (!err)
        *out = dev->set.rss;
    return err;
}

static int check_types(const struct ixl_device *dev, uint64_t types)
{
    uint64_t unknown = types & ~dev->set.rss.supported_types;

    if (!unknown)
        return 0;
    ixl_log(IXL_LOG_ERROR, "%s: it cannot hash the types 0x%" PRIx64 ", only 0x%" PRIx64,
            dev->info.address, unknown, dev->set.rss.supported_types);
    return -IXL_ENOTSUP;
}

static int check_table(const struct ixl_device *dev, const struct ixl_rss *rss)
{
    struct ixl_caps caps = { .rss_queues = 0 };

    dev->drv->caps(dev, &caps);
    uint16_t queues = dev->num_rx < caps.rss_queues ? dev->num_rx : caps.rss_queues;
    if (rss->table_size != 0 && rss->table_size != dev->set.rss.table_size) {
        ixl_log(IXL_LOG_ERROR, "%s: its table has %u entries, not %u", dev->info.address,
                dev->set.rss.table_size, rss->table_size);
        return -IXL_ERANGE;
    }
    for (unsigned i = 0; i < rss->table_size; i++)
        if (rss->table[i] >= queues) {
            ixl_log(IXL_LOG_ERROR,
                    "%s: entry %u names receive queue %u, which is not among the %u "
                    "it can name",
                    dev->info.address, i, rss->table[i], queues);
            return -IXL_ERANGE;
        }
    return 0;
}

int ixl_set_rss(struct ixl_device *dev, const struct ixl_rss *rss)
{
    int err = check_device(dev, rss, "ixl_set_rss");

    if (!err)
        err = check_types(dev, rss->hash_types);
    if (!err)
        err = check_table(dev, rss);
    if (err)
        return err;
    struct ixl_rss next = *rss;
    next.supported_types = dev->set.rss.supported_types;
    if (rss->table_size == 0) {
        next.table_size = dev->set.rss.table_size;
        for (unsigned i = 0; i < next.table_size; i++)
            next.table[i] = dev->set.rss.table[i];
    }
    err = dev->drv->set_rss(dev, &next);
    if (!err)
        dev->set.rss = next;
    return err;
}
