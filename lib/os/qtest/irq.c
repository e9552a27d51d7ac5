// SPDX-License-Identifier: MIT
/*
 * Interrupts. A message (MSI, MSI-X) is a write of 4 bytes to an address we choose: a word of RAM
 * for each vector, where it is found by looking. INTx arrives as lines on the qtest socket that
 * tell the level of an input of the IOAPIC. Waiting is looking again and again with growing pauses:
 * nobody could wake us from outside.
 */
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/os/qtest/bus.h"

#define PAUSE_FIRST_NS  10000u
#define PAUSE_LAST_NS   400000u
#define SLICE_US        500000 /* how long a wait for ever lasts at most */
#define WORD_STRIDE     64u    /* a cache line each */
#define MESSAGE         1u     /* what is written; anything but 0 */

/* PCI Local Bus 3.0, 6.8.1 */
#define MSI_CONTROL     2u
#define MSI_ENABLE      1u
#define MSI_MULTIPLE    (7u << 4)
#define MSI_64BIT       (1u << 7)
#define MSIX_CONTROL    2u
#define MSIX_ENABLE     (1u << 15)

#define STATUS_INTX     (1u << 3) /* 6.2.3: the state of the pin */

/*
 * QEMU 7.2's 82574 aborts if MSI-X is switched off while one of its throttling timers runs, or on
 * while the one of the interrupt line does. The longest such time is 65535 * 256 ns; with all
 * causes masked (IMC, 82574 10.2.4.6) no new one is started.
 */
#define DEVICE_82574    0x10d3
#define IMC_82574       0x00d8u
#define THROTTLE_MAX_US 17000u

/* ---- looking -------------------------------------------------------------------------- */

static bool pin_up(const struct qtest_dev *dev)
{
    uint32_t pins = atomic_load(&dev->bus->link.pins);
    return (pins >> dev->nic->gsi & 1u) != 0;
}

/* Has it fired? Changes nothing. */
static bool fired(struct qtest_dev *dev, const struct qtest_vector *v)
{
    if (v->word != NULL) {
        return __atomic_load_n(v->word, __ATOMIC_ACQUIRE) != 0;
    }
    return !atomic_load(&dev->irq.masked) && pin_up(dev);
}

/* Of a vector's thread; that of another vector may be the one that makes the descriptors. */
static int event_fd_of(struct qtest_vector *v)
{
    return atomic_load(&v->event_fd);
}

/* Consume a firing: 1, or 0 if there was none. INTx stays masked until it is unmasked, for the
 * device holds the pin until its driver has found out why. */
static int take(struct qtest_dev *dev, struct qtest_vector *v)
{
    uint64_t count;
    int fd = event_fd_of(v);

    if (fd >= 0) {
        /* In this order: what the watcher writes after the descriptor was emptied stays in it. */
        (void)!read(fd, &count, sizeof(count));
        atomic_store(&v->signalled, false);
    }
    if (v->word != NULL) {
        return __atomic_exchange_n(v->word, 0, __ATOMIC_ACQ_REL) != 0;
    }
    if (!fired(dev, v)) {
        return 0;
    }
    atomic_store(&dev->irq.masked, true);
    return 1;
}

static struct qtest_vector *vector_of(struct qtest_dev *dev, unsigned vector)
{
    return vector < dev->irq.n ? &dev->irq.vectors[vector] : NULL;
}

int qtest_irq_wait(struct ixl_os_dev *os, unsigned vector, int64_t timeout_us)
{
    struct qtest_dev *dev = qtest_dev(os);
    struct qtest_vector *v = vector_of(dev, vector);
    uint64_t pause = PAUSE_FIRST_NS;

    if (v == NULL) {
        return -IXL_EINVAL;
    }
    uint64_t limit =
        timeout_us < 0 || timeout_us > SLICE_US * 1000 ? SLICE_US : (uint64_t)timeout_us;
    uint64_t end = qtest_real_ns() + limit * 1000u;
    for (;;) {
        qtest_link_drain(&dev->bus->link);
        if (take(dev, v) != 0) {
            return 1;
        }
        if (atomic_load(&dev->bus->link.dead)) {
            return -IXL_ENODEV;
        }
        uint64_t now = qtest_real_ns();
        if (now >= end) {
            return 0;
        }
        qtest_sleep_ns(pause < end - now ? pause : end - now);
        qtest_clock_catch_up(dev->bus);
        pause = 2 * pause < PAUSE_LAST_NS ? 2 * pause : PAUSE_LAST_NS;
    }
}

/* ---- event descriptors -------------------------------------------------------------------- */

/* Makes the descriptors of the vectors that have fired readable. */
static void *watch(void *arg)
{
    struct qtest_dev *dev = arg;
    uint64_t pause = PAUSE_FIRST_NS;

    while (!atomic_load(&dev->irq.stop)) {
        bool any = false;
        qtest_link_drain(&dev->bus->link);
        for (unsigned i = 0; i < dev->irq.n; i++) {
            struct qtest_vector *v = &dev->irq.vectors[i];
            if (fired(dev, v) && !atomic_exchange(&v->signalled, true)) {
                uint64_t one = 1;
                (void)!write(event_fd_of(v), &one, sizeof(one));
                any = true;
            }
        }
        pause = any ? PAUSE_FIRST_NS : 2 * pause < PAUSE_LAST_NS ? 2 * pause : PAUSE_LAST_NS;
        qtest_sleep_ns(pause);
        qtest_clock_catch_up(dev->bus);
    }
    return NULL;
}

static void close_event_fds(struct qtest_irq *irq)
{
    for (unsigned i = 0; i < irq->n; i++) {
        int fd = atomic_exchange(&irq->vectors[i].event_fd, -1);
        if (fd >= 0) {
            close(fd);
        }
    }
}

static void stop_watching(struct qtest_irq *irq)
{
    if (irq->watched) {
        atomic_store(&irq->stop, true);
        pthread_join(irq->watcher, NULL);
        irq->watched = false;
    }
    close_event_fds(irq);
}

/* With watch_lock held. */
static int start_watching(struct qtest_dev *dev)
{
    struct qtest_irq *irq = &dev->irq;
    for (unsigned i = 0; i < irq->n; i++) {
        int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        atomic_store(&irq->vectors[i].event_fd, fd);
        if (fd < 0) {
            ixl_log(IXL_LOG_ERROR, "qemu: no descriptor to be had for an interrupt");
            close_event_fds(irq);
            return -IXL_ENOMEM;
        }
    }
    atomic_store(&irq->stop, false);
    irq->watched = pthread_create(&irq->watcher, NULL, watch, dev) == 0;
    if (!irq->watched) {
        ixl_log(IXL_LOG_ERROR, "qemu: no thread to be had to watch for interrupts");
        close_event_fds(irq);
        return -IXL_ENOMEM;
    }
    return 0;
}

ixl_irq_t qtest_irq_native(struct ixl_os_dev *os, unsigned vector)
{
    struct qtest_dev *dev = qtest_dev(os);
    struct qtest_vector *v = vector_of(dev, vector);

    if (v == NULL) {
        return IXL_IRQ_INVALID;
    }
    pthread_mutex_lock(&dev->watch_lock);
    int err = dev->irq.watched ? 0 : start_watching(dev);
    pthread_mutex_unlock(&dev->watch_lock);
    return err == 0 ? (ixl_irq_t)event_fd_of(v) : IXL_IRQ_INVALID;
}

/* ---- setting up ----------------------------------------------------------------------------- */

static int make_words(struct qtest_dev *dev, unsigned n)
{
    struct qtest_irq *irq = &dev->irq;
    int err = qtest_dma_alloc(&dev->base, n * WORD_STRIDE, WORD_STRIDE, &irq->words);
    for (unsigned i = 0; i < n && err == 0; i++) {
        irq->vectors[i].word = (uint32_t *)(void *)((uint8_t *)irq->words.virt + i * WORD_STRIDE);
    }
    return err;
}

static int set_up_msix(struct qtest_dev *dev, unsigned wanted)
{
    struct qtest_irq *irq = &dev->irq;
    int err = ixl_pci_msix_find(&dev->base, &irq->msix);

    if (err != 0) {
        return err;
    }
    unsigned n = wanted < irq->msix.vectors ? wanted : irq->msix.vectors;
    n = n < QTEST_VECTORS ? n : QTEST_VECTORS;
    err = qtest_bar_map(&dev->base, irq->msix.bar, &irq->table);
    if (err != 0) {
        return err;
    }
    err = make_words(dev, n);
    for (unsigned i = 0; i < n && err == 0; i++) {
        ixl_pci_msix_set(&irq->msix, &irq->table, i, irq->words.addr + i * WORD_STRIDE, MESSAGE);
    }
    if (err == 0) {
        err = ixl_pci_msix_enable(&dev->base, &irq->msix, true);
    }
    if (err != 0) {
        qtest_bar_unmap(&dev->base, &irq->table);
        qtest_dma_free(&dev->base, &irq->words);
        return err;
    }
    irq->kind = IXL_IRQ_MSIX;
    irq->n = n;
    return 0;
}

static int msi_enable(struct qtest_dev *dev, unsigned cap, bool on)
{
    uint32_t control;
    int err = qtest_cfg_get(&dev->base, cap + MSI_CONTROL, 2, &control);
    if (err == 0) {
        control &= ~(MSI_ENABLE | MSI_MULTIPLE);
        err = qtest_cfg_set(&dev->base, cap + MSI_CONTROL, 2, control | (on ? MSI_ENABLE : 0u));
    }
    return err;
}

static int set_up_msi(struct qtest_dev *dev)
{
    struct qtest_irq *irq = &dev->irq;
    uint32_t control = 0;
    int cap = ixl_pci_find_cap(&dev->base, IXL_PCI_CAP_MSI);

    if (cap <= 0) {
        return cap < 0 ? cap : -IXL_ENOTSUP;
    }
    irq->cap = (unsigned)cap;
    int err = make_words(dev, 1);
    if (err == 0) {
        err = qtest_cfg_get(&dev->base, irq->cap + MSI_CONTROL, 2, &control);
    }
    unsigned data = irq->cap + ((control & MSI_64BIT) != 0 ? 12 : 8);
    if (err == 0) {
        err = qtest_cfg_set(&dev->base, irq->cap + 4, 4, (uint32_t)irq->words.addr);
    }
    if (err == 0 && (control & MSI_64BIT) != 0) {
        err = qtest_cfg_set(&dev->base, irq->cap + 8, 4, (uint32_t)(irq->words.addr >> 32));
    }
    if (err == 0) {
        err = qtest_cfg_set(&dev->base, data, 2, MESSAGE);
    }
    if (err == 0) {
        err = msi_enable(dev, irq->cap, true);
    }
    if (err != 0) {
        qtest_dma_free(&dev->base, &irq->words);
        return err;
    }
    irq->kind = IXL_IRQ_MSI;
    irq->n = 1;
    return 0;
}

static int set_up_intx(struct qtest_dev *dev)
{
    struct qtest_link *link = &dev->bus->link;
    uint32_t status;

    if (dev->nic->gsi == 0) {
        return -IXL_ENOTSUP;
    }
    int err = qtest_call(link, NULL, "irq_intercept_in ioapic");
    if (err == -IXL_ENOTSUP) {
        ixl_log(IXL_LOG_ERROR,
                "qemu: QEMU does not let its IOAPIC be watched, so there is no INTx");
    }
    if (err == 0) {
        err = ixl_pci_command(&dev->base, 0, IXL_PCI_COMMAND_INTX_OFF);
    }
    /* Only changes are told from now on: what is the pin now? */
    if (err == 0) {
        err = qtest_cfg_get(&dev->base, IXL_PCI_STATUS, 2, &status);
    }
    if (err != 0) {
        return err;
    }
    if ((status & STATUS_INTX) != 0) {
        atomic_fetch_or(&link->pins, 1u << dev->nic->gsi);
    }
    atomic_store(&dev->irq.masked, true);
    dev->irq.kind = IXL_IRQ_INTX;
    dev->irq.n = 1;
    return 0;
}

int qtest_irq_setup(struct ixl_os_dev *os, unsigned wanted, unsigned *granted,
                    enum ixl_irq_kind *kind)
{
    struct qtest_dev *dev = qtest_dev(os);
    enum ixl_irq_kind best = dev->bus->opt.irq_limit;
    int err = -IXL_ENOTSUP;

    if (dev->irq.kind != IXL_IRQ_NONE) {
        ixl_log(IXL_LOG_ERROR, "qemu: the interrupts of %s are set up already",
                dev->nic->info.address);
        return -IXL_EBUSY;
    }
    dev->irq = (struct qtest_irq){ .kind = IXL_IRQ_NONE };
    for (unsigned i = 0; i < QTEST_VECTORS; i++) {
        atomic_store(&dev->irq.vectors[i].event_fd, -1);
    }
    if (wanted > 0 && best >= IXL_IRQ_MSIX) {
        err = set_up_msix(dev, wanted);
    }
    if (wanted > 0 && best >= IXL_IRQ_MSI && err == -IXL_ENOTSUP) {
        err = set_up_msi(dev);
    }
    if (wanted > 0 && best >= IXL_IRQ_INTX && err == -IXL_ENOTSUP) {
        err = set_up_intx(dev);
    }
    *granted = dev->irq.n;
    *kind = dev->irq.kind;
    return err == -IXL_ENOTSUP ? 0 : err;
}

static void msix_off(struct qtest_dev *dev, const struct ixl_pci_msix *msix)
{
    if (dev->nic->info.device == DEVICE_82574) {
        qtest_delay_us(&dev->base, THROTTLE_MAX_US);
    }
    ixl_pci_msix_enable(&dev->base, msix, false);
}

/* What a killed process left running: its causes are masked and its timers run out. */
static int quiet_82574(struct qtest_dev *dev)
{
    struct ixl_bar bar;
    int err = qtest_bar_map(&dev->base, 0, &bar);

    if (err == 0) {
        ixl_bar_write32(&bar, IMC_82574, UINT32_MAX);
        qtest_bar_unmap(&dev->base, &bar);
        qtest_delay_us(&dev->base, THROTTLE_MAX_US);
    }
    return err;
}

void qtest_irq_teardown(struct ixl_os_dev *os)
{
    struct qtest_dev *dev = qtest_dev(os);
    struct qtest_irq *irq = &dev->irq;

    stop_watching(irq);
    if (irq->kind == IXL_IRQ_MSIX) {
        for (unsigned i = 0; i < irq->n; i++) {
            ixl_pci_msix_mask(&irq->msix, &irq->table, i);
        }
        msix_off(dev, &irq->msix);
        qtest_bar_unmap(os, &irq->table);
    } else if (irq->kind == IXL_IRQ_MSI) {
        msi_enable(dev, irq->cap, false);
    } else if (irq->kind == IXL_IRQ_INTX) {
        ixl_pci_command(os, IXL_PCI_COMMAND_INTX_OFF, 0);
    }
    qtest_dma_free(os, &irq->words);
    irq->n = 0;
    irq->kind = IXL_IRQ_NONE;
}

int qtest_irq_quiet(struct qtest_dev *dev)
{
    struct ixl_pci_msix msix;
    uint32_t control = 0;
    int err = dev->nic->info.device == DEVICE_82574 ? quiet_82574(dev) : 0;

    if (err == 0) {
        err = ixl_pci_msix_find(&dev->base, &msix);
    }
    if (err == 0) {
        err = qtest_cfg_get(&dev->base, msix.cap + MSIX_CONTROL, 2, &control);
    }
    if (err == 0 && (control & MSIX_ENABLE) != 0) {
        msix_off(dev, &msix);
    }
    if (err != 0 && err != -IXL_ENOTSUP) {
        return err;
    }
    int cap = ixl_pci_find_cap(&dev->base, IXL_PCI_CAP_MSI);
    return cap <= 0 ? cap : msi_enable(dev, (unsigned)cap, false);
}

/* ---- masking ------------------------------------------------------------ */

int qtest_irq_bind(struct ixl_os_dev *dev, unsigned vector)
{
    return vector < qtest_dev(dev)->irq.n ? 0 : -IXL_EINVAL;
}

static int set_mask(struct ixl_os_dev *dev, unsigned vector, bool masked)
{
    if (vector >= qtest_dev(dev)->irq.n) {
        return -IXL_EINVAL;
    }
    if (qtest_dev(dev)->irq.kind == IXL_IRQ_INTX) {
        atomic_store(&qtest_dev(dev)->irq.masked, masked);
    }
    return 0;
}

int qtest_irq_unmask(struct ixl_os_dev *dev, unsigned vector)
{
    return set_mask(dev, vector, false);
}

int qtest_irq_mask(struct ixl_os_dev *dev, unsigned vector)
{
    return set_mask(dev, vector, true);
}
