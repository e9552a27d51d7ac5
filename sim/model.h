// SPDX-License-Identifier: MIT
/*
 * The inside of a software NIC: what the framework (nic.c) and a model know of
 * each other. A model is one constant `struct sim_model` listed in models.c; the
 * framework owns the lock, the engine, the FIFOs, the wire, PCI configuration,
 * interrupt messages, faults and counters, so that a model is registers and
 * descriptors only.
 *
 * All operations of a model are called with the NIC's lock held, and every
 * function below that takes a struct sim_nic expects it held (they are for use
 * inside those operations). Nothing here blocks.
 */
#ifndef SIM_MODEL_H
#define SIM_MODEL_H

#include "sim.h"

/* The longest frame that crosses a wire, without FCS. */
#define SIM_FRAME_MAX 16384u
#define SIM_FRAME_MIN 60u
#define SIM_TIMERS    80u
#define SIM_NEVER     UINT64_MAX

/* ---- identity ------------------------------------------------------------- */

struct sim_bar {
    uint64_t size; /* a power of two; 0: the BAR does not exist */
    bool is_64;    /* takes this BAR's register and the next one */
    bool is_io;
    bool prefetch;
};

/* A capability of the vendor's (identity 0x09): what follows identity and next pointer. */
struct sim_vendor_cap {
    uint8_t len; /* of the whole, in bytes; its third byte */
    uint8_t body[20];
};

struct sim_pci_desc {
    uint16_t vendor, device, subsys_vendor, subsys_device;
    uint8_t revision;
    uint32_t class_code; /* 24 bits: 0x020000 is an Ethernet controller */
    struct sim_bar bar[6];
    bool pm, msi, pcie;    /* capabilities; msi is the 64-bit form with one message */
    unsigned msix_vectors; /* 0: no MSI-X */
    unsigned msix_bar;
    uint32_t msix_table, msix_pba;            /* offsets in that BAR */
    bool flr;                                 /* function level reset (needs pcie) */
    const struct sim_vendor_cap *vendor_caps; /* not together with pcie, whose place they take */
    unsigned n_vendor_caps;
};

/* ---- operations ----------------------------------------------------------- */

/*
 * SIM_RX_TAKEN: the model is done with the frame (stored, filtered or dropped).
 * SIM_RX_HOLD: there is no descriptor and the frame has to wait; it is offered
 * again after the next sim_kick. Nothing may have been written back for it.
 */
enum sim_rx { SIM_RX_TAKEN, SIM_RX_HOLD };

struct sim_model {
    struct sim_model_info info;
    const struct sim_pci_desc *pci;
    size_t state_size; /* bytes for sim_state(), zeroed before init */

    /* Once, before anything else: fixed contents such as the EEPROM image. May be NULL. */
    void (*init)(struct sim_nic *nic);
    /* Power-on, FLR, or return from D3: everything to its reset value. Called after init, too. */
    void (*reset)(struct sim_nic *nic);
    /*
     * Registers. The framework has checked the BAR, the offset against its size, the
     * width (1, 2, 4 or 8), natural alignment and the command register; the MSI-X table is
     * its own business. The model rejects what its data sheet rejects with sim_violation.
     */
    uint64_t (*mmio_read)(struct sim_nic *nic, unsigned bar, uint64_t off, unsigned width);
    void (*mmio_write)(struct sim_nic *nic, unsigned bar, uint64_t off, unsigned width,
                       uint64_t val);
    /*
     * Fetch descriptors and hand frames to sim_send until there is nothing to do, `budget`
     * frames are sent, or sim_can_send says no. Returns the frames sent; it is called
     * again at once for as long as that is not 0, and after each sim_kick.
     */
    unsigned (*tx)(struct sim_nic *nic, unsigned budget);
    /* A frame (without FCS, up to SIM_FRAME_MAX bytes) from the wire. It may be modified. */
    enum sim_rx (*rx)(struct sim_nic *nic, uint8_t *frame, size_t len);
    /* Link up and receiver enabled: a replayed file starts only then. NULL: always. */
    bool (*rx_ready)(struct sim_nic *nic);
    /* A frame that arrived while the input FIFO was full (missed packet). May be NULL. */
    void (*rx_missed)(struct sim_nic *nic, size_t len);
    /* The cable was plugged or pulled; sim_cable(nic) is the new state. Not called for the
     * state at creation. */
    void (*cable)(struct sim_nic *nic);
    /* Timer `id` (below SIM_TIMERS) has expired; it is disarmed before the call. May be NULL. */
    void (*timer)(struct sim_nic *nic, unsigned id);
    /* sim_set_fault was called. May be NULL; most faults are asked for with sim_fault(). */
    void (*fault_changed)(struct sim_nic *nic);
    /* Frees what init allocated beyond the state. May be NULL. */
    void (*fini)(struct sim_nic *nic);
};

/* ---- what a model may ask of the framework -------------------------------- */

void *sim_state(struct sim_nic *nic);
const struct sim_model *sim_model(struct sim_nic *nic);
const struct sim_options *sim_opt(struct sim_nic *nic); /* mac is filled in */
bool sim_cable(struct sim_nic *nic);

/* There is (or may be) work for tx, held frames or a waiting pcap file: run the engine. */
void sim_kick(struct sim_nic *nic);

/* A broken rule: one sentence, naming the register. Counted and reported to the host. */
void sim_violation(struct sim_nic *nic, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * DMA. False: the address is not visible (a DMA fault, already counted and reported),
 * bus mastering is off (a violation, already reported) or the NIC was removed.
 */
bool sim_dma_read(struct sim_nic *nic, uint64_t addr, void *buf, size_t len);
bool sim_dma_write(struct sim_nic *nic, uint64_t addr, const void *buf, size_t len);

/* Hand a frame (without FCS) to the wire. False: no room, offer it again after the next kick. */
bool sim_send(struct sim_nic *nic, const void *frame, size_t len);
/* Room for at least one frame of any length. */
bool sim_can_send(struct sim_nic *nic);
/* A frame put into the NIC's own input FIFO (MAC or PHY loopback). */
bool sim_loop_back(struct sim_nic *nic, const void *frame, size_t len);

/* Bytes of frames that have come and wait, the one that `rx` looks at included. */
uint64_t sim_rx_waiting(struct sim_nic *nic);

/* Time: nanoseconds, monotonic. A timer fires once; setting it again moves it. */
uint64_t sim_now(struct sim_nic *nic);
void sim_timer_set(struct sim_nic *nic, unsigned id, uint64_t deadline_ns);
void sim_timer_cancel(struct sim_nic *nic, unsigned id);
bool sim_timer_armed(struct sim_nic *nic, unsigned id);

/* Interrupts. The mode follows the capability the driver enabled. */
enum sim_irq_mode { SIM_IRQ_INTX, SIM_IRQ_MSI, SIM_IRQ_MSIX };
enum sim_irq_mode sim_irq_mode(struct sim_nic *nic);
/* Level of the pin; ignored outside INTx mode, honours the interrupt disable bit. */
void sim_irq_pin(struct sim_nic *nic, bool level);
void sim_irq_msi(struct sim_nic *nic);
/* Message of a vector; a masked one is remembered as pending. An absent one is a violation. */
void sim_irq_msix(struct sim_nic *nic, unsigned vector);
void sim_msix_clear_pending(struct sim_nic *nic, unsigned vector);

/* Bus mastering as the command register has it (no violation). */
bool sim_bus_master(struct sim_nic *nic);

/* Faults. The framework itself does DROP, IRQ_STORM, IRQ_LOST and REMOVED. */
bool sim_fault(struct sim_nic *nic, enum sim_fault fault);
uint64_t sim_fault_arg(struct sim_nic *nic);
/* The driver has reset the device: it ends a stall that was to last until then. */
void sim_fault_reset(struct sim_nic *nic);
/* For "every arg-th": true each arg-th time it is asked while that fault is set. */
bool sim_fault_nth(struct sim_nic *nic, enum sim_fault fault);
uint32_t sim_random(struct sim_nic *nic); /* seeded by the fault's arg; deterministic */

/* Counters the model keeps (the framework counts the rest). */
void sim_count_no_desc(struct sim_nic *nic);
void sim_count_filtered(struct sim_nic *nic);

/* All models, NULL at the end (models.c). */
extern const struct sim_model *const sim_models[];

#endif
