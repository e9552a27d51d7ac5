// SPDX-License-Identifier: MIT
#include "tests/qtest/rig.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define RING    8u
#define BUF     2048u
#define RX_RING 512u /* offset of the receive ring in `ring` */

/* Legacy descriptors (8254x manual, 3.2.3 and 3.3.3); both have these fields. */
struct desc {
    uint64_t addr;
    uint16_t len;
    uint8_t a, cmd; /* receive: checksum */
    uint8_t status, b;
    uint16_t special;
};
enum { CMD_EOP = 1, CMD_IFCS = 2, CMD_RS = 8, DD = 1 };

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static char log_text[4096], log_copy[4096];

static void keep_line(void *ctx, enum ixl_log_level level, const char *msg)
{
    (void)ctx;
    (void)level;
    pthread_mutex_lock(&log_lock);
    size_t len = strlen(log_text);
    snprintf(log_text + len, sizeof(log_text) - len, "%s\n", msg);
    pthread_mutex_unlock(&log_lock);
}

const char *rig_log(void)
{
    pthread_mutex_lock(&log_lock);
    memcpy(log_copy, log_text, sizeof(log_copy));
    log_text[0] = '\0';
    pthread_mutex_unlock(&log_lock);
    return log_copy;
}

void rig_log_start(void)
{
    ixl_set_log(keep_line, NULL, IXL_LOG_DEBUG);
    rig_log();
}

void rig_open(struct rig *rig, const char *address)
{
    memset(rig, 0, sizeof(*rig));
    rig_log_start();
    int err = OPS->bus_open(address + strlen("qemu:"), &rig->bus);
    if (err != 0) {
        fail_msg("%s: %s", address, rig_log());
    }
    if (OPS->dev_open(rig->bus, 0, &rig->dev) != 0 || OPS->bar_map(rig->dev, 0, &rig->bar) != 0 ||
        ixl_pci_command(rig->dev, IXL_PCI_COMMAND_MASTER, 0) != 0) {
        fail_msg("%s: %s", address, rig_log());
    }
    assert_int_equal(OPS->dma_alloc(rig->dev, 4096, 4096, &rig->ring), 0);
    assert_int_equal(OPS->dma_alloc(rig->dev, 2 * RING * BUF, 4096, &rig->buf), 0);
}

void rig_close(struct rig *rig)
{
    if (rig->dev != NULL) {
        OPS->dev_close(rig->dev);
    }
    if (rig->bus != NULL) {
        OPS->bus_close(rig->bus);
    }
    memset(rig, 0, sizeof(*rig));
}

uint32_t rig_read(struct rig *rig, uint32_t reg)
{
    return ixl_bar_read32(&rig->bar, reg);
}

void rig_write(struct rig *rig, uint32_t reg, uint32_t val)
{
    ixl_bar_write32(&rig->bar, reg, val);
}

static volatile struct desc *tx_desc(struct rig *rig, unsigned i)
{
    return (volatile struct desc *)rig->ring.virt + i;
}

static volatile struct desc *rx_desc(struct rig *rig, unsigned i)
{
    return (volatile struct desc *)(void *)((uint8_t *)rig->ring.virt + RX_RING) + i;
}

void rig_send(struct rig *rig, const void *frame, size_t len)
{
    if (!rig->sends) {
        rig_write(rig, TDBAL, (uint32_t)rig->ring.addr);
        rig_write(rig, TDLEN, RING * sizeof(struct desc));
        rig_write(rig, TDH, 0); /* QEMU's 82574 keeps the heads over a reset */
        rig_write(rig, TDT, 0);
        rig_write(rig, CTRL, rig_read(rig, CTRL) | CTRL_SLU);
        rig_write(rig, TCTL, TCTL_EN | TCTL_PSP);
        rig->sends = true;
    }
    unsigned tail = rig->tail;
    volatile struct desc *d = tx_desc(rig, tail);
    memcpy((uint8_t *)rig->buf.virt + tail * BUF, frame, len);
    d->addr = rig->buf.addr + tail * BUF;
    d->len = (uint16_t)len;
    d->cmd = CMD_EOP | CMD_IFCS | CMD_RS;
    d->status = 0;
    ixl_wmb();
    rig->tail = (tail + 1) % RING;
    rig_write(rig, TDT, rig->tail);
    for (unsigned i = 0; i < 5000 && (d->status & DD) == 0; i++) {
        OPS->delay_us(rig->dev, 1000);
    }
    assert_true(d->status & DD);
}

void rig_listen(struct rig *rig)
{
    for (unsigned i = 0; i < RING; i++) {
        rx_desc(rig, i)->addr = rig->buf.addr + (RING + i) * BUF;
        rx_desc(rig, i)->status = 0;
    }
    ixl_wmb();
    rig_write(rig, RDBAL, (uint32_t)rig->ring.addr + RX_RING);
    rig_write(rig, RDLEN, RING * sizeof(struct desc));
    rig_write(rig, RDH, 0);
    rig_write(rig, RDT, RING - 1);
    rig_write(rig, CTRL, rig_read(rig, CTRL) | CTRL_SLU);
    rig_write(rig, RCTL, RCTL_EN | RCTL_UPE | RCTL_MPE | RCTL_BAM | RCTL_SECRC);
}

size_t rig_receive(struct rig *rig, unsigned n, const uint8_t **frame)
{
    volatile struct desc *d = rx_desc(rig, n % RING);
    for (unsigned i = 0; i < 5000 && (d->status & DD) == 0; i++) {
        OPS->delay_us(rig->dev, 1000);
    }
    if ((d->status & DD) == 0) {
        return 0;
    }
    ixl_rmb();
    *frame = (const uint8_t *)rig->buf.virt + (RING + n % RING) * BUF;
    return d->len;
}

void rig_recycle(struct rig *rig, unsigned n)
{
    rx_desc(rig, n % RING)->status = 0;
    ixl_wmb();
    rig_write(rig, RDT, n % RING);
}
