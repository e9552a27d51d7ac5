// SPDX-License-Identifier: MIT
/*
 * Software NICs: everything a backend (lib/os/sim), a test or a device server
 * may see of a model.
 *
 * A model is a second, independent reading of a data sheet. Nothing under sim/
 * includes a header of lib/, and a model is strict: what the data sheet forbids
 * is reported through sim_host.violation and counted, never silently accepted.
 *
 * Execution. A model has one lock; every function here takes it. With
 * SIM_ENGINE_INLINE all work is done inside the register access (or sim_inject,
 * or sim_step) that makes it possible, so that a test is deterministic. With
 * SIM_ENGINE_THREAD a thread of the model does it, as hardware would. Lock order:
 * a model never holds its lock while it hands a frame to another model.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_nic;
struct sim_wire;

/*
 * What a model may do to the machine it sits in. All callbacks may come from the
 * model's thread and from any thread that calls into the model, and must not call
 * back into the model.
 *
 * dma_read/dma_write: access device address [addr, addr+len). False: some byte of
 * it is not visible to the device; nothing was transferred. An aligned access of
 * 2, 4, 8 or 16 bytes is made of naturally aligned 2, 4 or 8 byte atomic accesses in
 * ascending order; the last store is a release (a descriptor's status is seen
 * after all the device wrote before it).
 * msi: a message signalled interrupt, the memory write of `data` to `addr`.
 * intx: the level of the legacy interrupt pin has changed.
 * violation: the driver broke a rule of the data sheet; `what` is one sentence.
 */
struct sim_host {
    void *ctx;
    bool (*dma_read)(void *ctx, uint64_t addr, void *buf, size_t len);
    bool (*dma_write)(void *ctx, uint64_t addr, const void *buf, size_t len);
    void (*msi)(void *ctx, uint64_t addr, uint32_t data);
    void (*intx)(void *ctx, bool asserted);
    void (*violation)(void *ctx, const char *what);
};

enum sim_engine { SIM_ENGINE_THREAD, SIM_ENGINE_INLINE };

struct sim_options {
    enum sim_engine engine;
    uint8_t mac[6];         /* all zero: a locally administered default, unique per process */
    unsigned link_delay_us; /* time from "link allowed" to "link up"; 0 = at once */
    bool cable;             /* false: no partner, the link stays down until sim_set_cable */
    bool no_module;         /* models with an SFP+ cage: it is empty */
};

/* The models there are; NULL past the last. Names: "82599", "x540", "82540em", ... */
struct sim_model_info {
    const char *name;
    const char *description;
    uint16_t vendor, device;
};
const struct sim_model_info *sim_model_list(unsigned index);

/*
 * Make a NIC. `model` is a name of sim_model_list. On failure NULL, and one
 * sentence in err. The host and its ctx must outlive the NIC.
 */
struct sim_nic *sim_create(const char *model, const struct sim_options *opt,
                           const struct sim_host *host, char *err, size_t errlen);
/* Stops the engine, detaches the wire, frees. No callback comes after it returns. */
void sim_destroy(struct sim_nic *nic);

/* PCI configuration space: off < 4096, width 1, 2 or 4. */
uint32_t sim_cfg_read(struct sim_nic *nic, unsigned off, unsigned width);
void sim_cfg_write(struct sim_nic *nic, unsigned off, unsigned width, uint32_t val);
/* Size in bytes of a BAR (0: there is none). */
uint64_t sim_bar_size(struct sim_nic *nic, unsigned bar);
/* Memory mapped access; width 4 (or 8 where the data sheet allows it). */
uint64_t sim_mmio_read(struct sim_nic *nic, unsigned bar, uint64_t off, unsigned width);
void sim_mmio_write(struct sim_nic *nic, unsigned bar, uint64_t off, unsigned width, uint64_t val);

/* The function's reset, from outside: registers and configuration space are as at power-on. What
 * was under way is over when it returns. */
void sim_reset(struct sim_nic *nic);

/* Do the work that is possible now; the number of frames moved. Meant for SIM_ENGINE_INLINE. */
unsigned sim_step(struct sim_nic *nic);

/* ---- the outside of the NIC ----------------------------------------------- */

/* Attach one end of a wire (the NIC owns it from now on); replaces and frees the former one. */
void sim_attach(struct sim_nic *nic, struct sim_wire *wire);
/* A frame (without FCS) arrives from outside. False: the model's input FIFO was full. */
bool sim_inject(struct sim_nic *nic, const void *frame, size_t len);
/* Plug or pull the cable: the link goes up or down as the model's PHY would do it. */
void sim_set_cable(struct sim_nic *nic, bool plugged);

enum sim_fault {
    SIM_FAULT_NONE,
    SIM_FAULT_STALL_RX,      /* no receive descriptor is written back any more, */
    SIM_FAULT_STALL_TX,      /* or no transmit one; with arg 1 until the driver resets the device */
    SIM_FAULT_DROP,          /* every arg-th frame from the wire vanishes */
    SIM_FAULT_CORRUPT,       /* every arg-th received frame is reported with a CRC/RX error */
    SIM_FAULT_BAD_LENGTH,    /* write-backs carry the length arg */
    SIM_FAULT_NO_EOP,        /* write-backs never carry end-of-packet */
    SIM_FAULT_RANDOM_DESC,   /* write-backs are random bytes, seed arg */
    SIM_FAULT_RESET_HANGS,   /* a reset never completes */
    SIM_FAULT_NO_EEPROM,     /* the EEPROM never answers (arg 0) or has a wrong checksum (arg 1) */
    SIM_FAULT_IRQ_STORM,     /* interrupts without cause */
    SIM_FAULT_IRQ_LOST,      /* every arg-th interrupt message is lost */
    SIM_FAULT_REMOVED,       /* surprise removal: all reads give all ones, writes vanish, no DMA */
    SIM_FAULT_FIRMWARE_HELD, /* the firmware never releases its semaphore */
    SIM_FAULT_NEEDS_RESET,   /* virtio: the device fails and asks for a reset */
};
/* Set the fault (one at a time; SIM_FAULT_NONE heals, except removal). */
void sim_set_fault(struct sim_nic *nic, enum sim_fault fault, uint64_t arg);

struct sim_counters {
    uint64_t violations;                   /* rules broken by the driver so far */
    uint64_t dma_faults;                   /* DMA outside what the driver made visible */
    uint64_t wire_rx, wire_tx;             /* frames that crossed the wire, each way */
    uint64_t wire_rx_bytes, wire_tx_bytes; /* their bytes, without FCS */
    uint64_t rx_no_desc;                   /* frames dropped for lack of a descriptor */
    uint64_t rx_filtered;                  /* frames no filter accepted */
    uint64_t irqs;                         /* interrupt messages sent */
    uint64_t mmio_reads, mmio_writes;
};
void sim_get_counters(struct sim_nic *nic, struct sim_counters *out);
/* The sentence of the latest violation, "" if there was none. Valid until the next one. */
const char *sim_last_violation(struct sim_nic *nic);

/* ---- wires (sim/wire.c) --------------------------------------------------- */

/*
 * Make a wire from its description; NULL and a sentence in err if it cannot be:
 *   "none"              nothing: sent frames vanish, none arrive
 *   "loop"              what is sent comes back
 *   "pair:NAME"         the two NICs of this process that use the same NAME are connected
 *   "tap:NAME"          a Linux TAP device (made if absent and permitted)
 *   "pcap:IN,OUT"       replay file IN (may be empty), record to file OUT (may be empty);
 *                       an IN that is damaged or the same as OUT is refused
 *   "unix:LOCAL,REMOTE" Unix datagram sockets, one frame a datagram (QEMU's -netdev dgram)
 */
struct sim_wire *sim_wire_open(const char *spec, char *err, size_t errlen);
/* For a wire that was never attached. */
void sim_wire_close(struct sim_wire *wire);

/* A test's own wire: `sent` is called with each frame the NIC sends; frames enter by sim_inject. */
struct sim_wire *sim_wire_callback(void (*sent)(void *ctx, const void *frame, size_t len),
                                   void *ctx);

#endif
