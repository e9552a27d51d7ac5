// SPDX-License-Identifier: MIT
/*
 * Prints the tables of doc/devices.md (from the drivers' PCI tables) and doc/features.md (from what
 * the drivers do on the software NICs), and doc/statistics.md (statistics.c), or checks that a file
 * is what would be printed: gen_doc devices|features|statistics [FILE]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/core/device.h"
#include "tests/doc/gen_doc.h"

static FILE *out;

/* ---- devices -------------------------------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
    const struct ixl_pci_row *x = *(const struct ixl_pci_row *const *)a;
    const struct ixl_pci_row *y = *(const struct ixl_pci_row *const *)b;
    unsigned left = (unsigned)x->vendor << 16 | x->device;
    unsigned right = (unsigned)y->vendor << 16 | y->device;
    return left < right ? -1 : left > right;
}

static void device_row(const struct ixl_driver *drv, const struct ixl_pci_row *row)
{
    fprintf(out, "| %04x:%04x | %s | %s | ", row->vendor, row->device, row->name, drv->name);
    if (strcmp(drv->name, "virtio") == 0)
        fprintf(out, "what its host offers: split or packed rings, queues, RSS; ");
    else if (row->max_rx > 1 || row->max_tx > 1)
        fprintf(out, "%u receive and %u send queues, RSS; ", row->max_rx, row->max_tx);
    fprintf(out, "frames up to %u bytes%s | %s |\n", row->max_frame,
            row->flags & IXL_ROW_BASIC ? "; basic path only" : "",
            strcmp(row->verified, "-") == 0 ? "nothing" : row->verified);
}

static void driver_rows(const struct ixl_driver *drv)
{
    const struct ixl_pci_row *sorted[256];
    unsigned n = drv->n_rows < 256 ? drv->n_rows : 256;

    for (unsigned i = 0; i < n; i++)
        sorted[i] = &drv->rows[i];
    qsort(sorted, n, sizeof(sorted[0]), by_id);
    for (unsigned i = 0; i < n; i++)
        device_row(drv, sorted[i]);
}

static void devices(void)
{
    unsigned ids = 0;
    for (unsigned d = 0; ixl_driver_table[d]; d++)
        ids += ixl_driver_table[d]->n_rows;
    fprintf(
        out,
        "# Devices\n\n"
        "Made by `scripts/gen-devices` from the drivers' PCI tables; do not edit. %u identities."
        "\n\nThe last column says what a device was seen working on: a strict model of ours "
        "(`model`), QEMU's\nown model (`QEMU`), or nothing: such a row follows from its family's "
        "data sheets. No row was verified\non hardware. Frame sizes are without FCS; what each "
        "driver can do stands in [features.md](features.md).\n\n"
        "| PCI ID | Name | Driver | Features | Verified on |\n|---|---|---|---|---|\n",
        ids);
    for (unsigned d = 0; ixl_driver_table[d]; d++)
        driver_rows(ixl_driver_table[d]);
}

/* ---- features ------------------------------------------------------------------------------- */

const char *const models[MODELS] = { "82599", "x540", "82540em", "82574",
                                     "82576", "i350", "i210",    "virtio-net" };
static struct ixl_device_info info[MODELS];

static struct ixl_device *open_model(const char *model, const char *options,
                                     const struct ixl_dev_cfg *cfg)
{
    struct ixl_device *dev = NULL;
    char address[80];
    snprintf(address, sizeof(address), "sim:%s%s", model, options);
    return ixl_open(address, cfg, &dev) == 0 ? dev : NULL;
}

/* One row of the table: what `look` says of each model. */
static void feature(const char *name, void (*look)(unsigned model, const void *arg),
                    const void *arg)
{
    fprintf(out, "| %s |", name);
    for (unsigned m = 0; m < MODELS; m++) {
        fprintf(out, " ");
        look(m, arg);
        fprintf(out, " |");
    }
    fprintf(out, "\n");
}

static void yes_no(bool yes)
{
    fprintf(out, yes ? "yes" : "-");
}

static void show_driver(unsigned m, const void *arg)
{
    (void)arg;
    fprintf(out, "%s", info[m].driver);
}

static void show_queues(unsigned m, const void *arg)
{
    (void)arg;
    fprintf(out, "%u / %u", info[m].max_rx_queues, info[m].max_tx_queues);
}

static void show_frame(unsigned m, const void *arg)
{
    (void)arg;
    fprintf(out, "%u", info[m].hw_max_frame);
}

/* arg: "msix" and the like. Does it come up with that kind? */
static void show_irq(unsigned m, const void *arg)
{
    static const char *const kinds[][2] = { { "msix", "MSI-X" },
                                            { "msi", "MSI" },
                                            { "intx", "INTx" } };
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;
    struct ixl_device_info got;
    char option[20];

    cfg.irq_timeout_ms = 10;
    snprintf(option, sizeof(option), ",irq=%s", (const char *)arg);
    struct ixl_device *dev = open_model(models[m], option, &cfg);
    bool yes = false;
    for (unsigned k = 0; dev && k < 3; k++)
        if (strcmp(kinds[k][0], arg) == 0 && ixl_get_info(dev, &got) == 0)
            yes = strcmp(got.irq_kind, kinds[k][1]) == 0;
    yes_no(yes);
    ixl_close(dev);
}

/* Everything that can be switched on is. */
static void all_on(struct ixl_device *dev)
{
    struct ixl_features f;
    if (ixl_get_features(dev, &f) == 0)
        ixl_set_features(dev, f.changeable & ~IXL_FEAT_PROMISC, 0);
}

/* arg: one IXL_FEAT_*. It is tried, with what hangs on the same switch. */
static void show_feature(unsigned m, const void *arg)
{
    const uint64_t bit = *(const uint64_t *)arg;
    struct ixl_device *dev = open_model(models[m], "", NULL);
    struct ixl_features f = { .supported = 0 };

    if (dev)
        ixl_get_features(dev, &f);
    uint64_t set = bit & f.together ? f.together : bit;
    bool switches = f.changeable & bit && ixl_set_features(dev, set, 0) == 0 &&
                    ixl_set_features(dev, 0, set) == 0;
    fprintf(out, "%s",
            !(f.supported & bit) ? "-"
            : !switches          ? "always"
            : f.active & bit     ? "on, off"
                                 : "off, on");
    ixl_close(dev);
}

static void show_macs(unsigned m, const void *arg)
{
    struct ixl_device *dev = open_model(models[m], "", NULL);
    (void)arg;
    if (ixl_macs_left(dev))
        fprintf(out, "%u", ixl_macs_left(dev));
    else
        yes_no(false);
    ixl_close(dev);
}

static void show_groups(unsigned m, const void *arg)
{
    struct ixl_device *dev = open_model(models[m], "", NULL);
    (void)arg;
    yes_no(dev && ixl_set_multicast(dev, NULL, 0) == 0);
    ixl_close(dev);
}

static void show_rss(unsigned m, const void *arg)
{
    struct ixl_device *dev = open_model(models[m], "", NULL);
    struct ixl_rss rss;
    (void)arg;
    if (dev && ixl_get_rss(dev, &rss) == 0)
        fprintf(out, "%u; %s", rss.table_size,
                rss.supported_types & 1ull << IXL_RSS_UDP_IPV4 ? "IP, TCP, UDP" : "IP, TCP");
    else
        yes_no(false);
    ixl_close(dev);
}

static void show_moderation(unsigned m, const void *arg)
{
    struct ixl_dev_cfg cfg = IXL_DEV_CFG_DEFAULT;
    (void)arg;
    cfg.irq_timeout_ms = 10;
    struct ixl_device *dev = open_model(models[m], "", &cfg);
    if (dev && ixl_set_irq_moderation(dev, 0, 10000) == 0)
        fprintf(out, "%d", ixl_get_irq_moderation(dev, 0));
    else
        yes_no(false);
    ixl_close(dev);
}

/* arg: offload flags. Does a send take them? */
static void show_offload(unsigned m, const void *arg)
{
    const uint32_t *flags = arg;
    struct ixl_device *dev = open_model(models[m], "", NULL);
    struct ixl_mempool *pool;
    struct pkt_buf *buf = NULL;
    bool yes = false;

    if (dev)
        all_on(dev);
    if (dev && ixl_mempool_create(dev, 16, 0, 0, &pool) == 0)
        buf = ixl_pkt_buf_alloc(pool);
    if (buf) {
        static const uint8_t head[] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45 };
        memset(buf->data, 0, 1000);
        memcpy(buf->data, head, sizeof(head));
        buf->data[23] = 6;
        buf->data[46] = 5 << 4;
        buf->size = 1000;
        buf->flags = *flags;
        buf->l2_len = 14;
        buf->l3_len = 20;
        buf->l4_len = 20;
        buf->mss = 500;
        yes = ixl_tx_batch(dev, 0, &buf, 1) == 1;
    }
    yes_no(yes);
    ixl_close(dev); /* and the pool with it */
}

static void show_yes(unsigned m, const void *arg)
{
    (void)m;
    (void)arg;
    yes_no(true);
}

/* Who counts. */
static void show_stats(unsigned m, const void *arg)
{
    (void)arg;
    fprintf(out, strcmp(info[m].driver, "virtio") == 0 ? "driver" : "hardware");
}

static void features(void)
{
    static const struct {
        const char *name;
        uint32_t flags;
    } offloads[] = {
        { "send: IPv4 checksum", IXL_TX_IP_CSUM },
        { "send: TCP checksum", IXL_TX_TCP_CSUM },
        { "send: UDP checksum", IXL_TX_UDP_CSUM },
        { "send: SCTP checksum", IXL_TX_SCTP_CSUM },
        { "send: TCP segmentation", IXL_TX_TSO | IXL_TX_IP_CSUM | IXL_TX_TCP_CSUM },
    };
    static const struct {
        const char *name;
        uint64_t bit;
    } switches[] = {
        { "receive: IPv4 checksum checked", IXL_FEAT_RX_IP_CSUM },
        { "receive: TCP and UDP checksum checked", IXL_FEAT_RX_L4_CSUM },
        { "receive: VLAN tag taken out", IXL_FEAT_RX_VLAN_STRIP },
        { "send: VLAN tag inserted", IXL_FEAT_TX_VLAN_INSERT },
        { "receive: VLANs filtered", IXL_FEAT_RX_VLAN_FILTER },
        { "receive: all multicast", IXL_FEAT_ALL_MULTICAST },
        { "receive: pause frames obeyed", IXL_FEAT_RX_PAUSE },
        { "send: pause frames", IXL_FEAT_TX_PAUSE },
        { "receive: RSS", IXL_FEAT_RSS },
    };
    fprintf(out,
            "# Features\n\n"
            "Made by `scripts/gen-devices`, which opens each software NIC and looks; do not edit. "
            "What holds for a\nmodel holds for its family; [devices.md](devices.md) lists the "
            "members. \"yes\" means that the driver\ndoes it, \"-\" that it refuses with "
            "`-IXL_EINVAL` or does without.\nWhere a feature "
            "can be switched at run time (`ixl_set_features`), its first state comes first; one "
            "that\ncannot is \"always\" at work. On e1000 and igb taking tags out and inserting "
            "them are one switch.\n\n| |");
    for (unsigned m = 0; m < MODELS; m++)
        fprintf(out, " %s |", models[m]);
    fprintf(out, "\n|---|---|---|---|---|---|---|---|---|\n");
    feature("driver", show_driver, NULL);
    feature("queues, receive / send", show_queues, NULL);
    feature("largest frame, bytes without FCS", show_frame, NULL);
    feature("MSI-X", show_irq, "msix");
    feature("MSI", show_irq, "msi");
    feature("INTx", show_irq, "intx");
    feature("polling, sleeping, external wait, adaptive", show_yes, NULL);
    feature("promiscuous mode, station address", show_yes, NULL);
    feature("64-bit statistics", show_stats, NULL);
    for (unsigned i = 0; i < sizeof(offloads) / sizeof(offloads[0]); i++)
        feature(offloads[i].name, show_offload, &offloads[i].flags);
    for (unsigned i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
        feature(switches[i].name, show_feature, &switches[i].bit);
    feature("RSS: table entries; hashed", show_rss, NULL);
    feature("further station addresses", show_macs, NULL);
    feature("multicast filter", show_groups, NULL);
    feature("interrupt moderation, us at most", show_moderation, NULL);
}

/* ---- printing or checking ------------------------------------------------------------------- */

static int look_at_models(void)
{
    for (unsigned m = 0; m < MODELS; m++) {
        struct ixl_device *dev = open_model(models[m], "", NULL);
        if (!dev || ixl_get_info(dev, &info[m])) {
            fprintf(stderr, "sim:%s does not open\n", models[m]);
            return 1;
        }
        ixl_close(dev);
    }
    return 0;
}

static int compare(const char *want, size_t len, const char *path)
{
    FILE *f = fopen(path, "rb");
    char *got = f ? malloc(len + 2) : NULL;
    size_t n = got ? fread(got, 1, len + 2, f) : 0;
    bool same = got && n == len && memcmp(got, want, len) == 0;

    if (f)
        fclose(f);
    free(got);
    if (!same)
        fprintf(stderr, "%s is not current: run scripts/gen-devices\n", path);
    return same ? 0 : 1;
}

static int usage(const char *self)
{
    fprintf(stderr, "usage: %s devices|features|statistics [FILE]\n", self);
    return 2;
}

int main(int argc, char **argv)
{
    char *text = NULL;
    size_t len = 0;

    out = open_memstream(&text, &len);
    if (!out || argc < 2)
        return usage(argv[0]);
    if (strcmp(argv[1], "features") == 0 && look_at_models())
        return 1;
    if (strcmp(argv[1], "devices") == 0)
        devices();
    else if (strcmp(argv[1], "features") == 0)
        features();
    else if (strcmp(argv[1], "statistics") != 0)
        return usage(argv[0]);
    else if (!statistics(out))
        return 1;
    fclose(out);
    int status = argc > 2 ? compare(text, len, argv[2]) : 0;
    if (argc == 2)
        fwrite(text, 1, len, stdout);
    free(text);
    return status;
}
