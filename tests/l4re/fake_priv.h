// SPDX-License-Identifier: MIT
/* Inside of the fake L4Re. Lock order: fake_lock, memory_lock, irq_lock; models are never called
 * with memory_lock or irq_lock held, their calls back take one of these two alone. */
#ifndef TESTS_L4RE_FAKE_PRIV_H
#define TESTS_L4RE_FAKE_PRIV_H

#include <pthread.h>
#include <stdatomic.h>

#include <l4/sys/err.h>
#include <l4/sys/ipc.h>
#include <l4/sys/types.h>
#include <l4/vbus/vbus.h>

#include "tests/l4re/fake.h"

#define VBUS_DEVS_MAX 32u
#define MSIS_MAX      4096u
#define FIRST_HANDLE  3        /* behind the ICU and the host bridge */
#define THREAD_SLOTS  0x10000u /* capabilities of threads lie above */

/* ---- objects (fake_caps.c) ----------------------------------------------------------------- */

enum object_type {
    OBJ_VBUS,
    OBJ_FACTORY,
    OBJ_ALLOCATOR,
    OBJ_DATASPACE,
    OBJ_DMA_SPACE,
    OBJ_IRQ,
    OBJ_ICU
};

struct object {
    enum object_type type;
    unsigned refs; /* slots that name it; guarded by fake_lock */
    void (*destroy)(struct object *obj);
};

extern pthread_mutex_t fake_lock;

/* The object of a type behind a capability, rights ignored; NULL and a violation if there is none.
 */
void *cap_object(l4_cap_idx_t cap, enum object_type type);
/* Fill an allocated, empty slot; -L4_EINVAL and a violation if it is none. */
long cap_fill(l4_cap_idx_t cap, struct object *obj);
/* A capability the program starts with. */
l4_cap_idx_t cap_initial(struct object *obj);
void cap_drop_initial(l4_cap_idx_t cap);
unsigned cap_rights(l4_cap_idx_t cap);

void violated(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* 0, or the error a fault asks for. */
int fault(enum fake_call call);
l4_msgtag_t answer(long label);
l4_msgtag_t no_partner(void);

/* ---- memory (fake_memory.c, fake_dma.c) ---------------------------------------------------- */

/* Of dataspaces, DMA spaces and all physical memory; the NICs' accesses read. */
extern pthread_rwlock_t memory_lock;

struct dataspace {
    struct object base;
    struct dataspace *next; /* all with memory, also those given back */
    uint8_t *mem;
    uint64_t phys;
    size_t size, reserved; /* `reserved` is what is mapped from `room` on */
    void *room;
    unsigned align; /* log2 */
    unsigned attached, mapped;
    bool gone;
};

struct dataspace *dataspace_create(size_t size, unsigned align);
/* Any physical memory, in use or not. memory_lock held. */
uint8_t *physical(uint64_t addr, size_t len);
unsigned count_regions(void);
unsigned count_dataspaces(void);
unsigned count_mappings(void);
struct object *dma_space_create(void);

struct fake_dev;
/* What a bus master reaches. memory_lock held. */
uint8_t *dma_reach(const struct fake_dev *dev, uint64_t addr, size_t len);
bool fake_dma_read(void *dev, uint64_t addr, void *buf, size_t len);
bool fake_dma_write(void *dev, uint64_t addr, const void *buf, size_t len);
long dma_space_assign(struct object *space, struct fake_vbus *vbus, unsigned domain);

/* ---- virtual buses (fake_vbus.c) ----------------------------------------------------------- */

struct fake_dev {
    struct fake_vbus *vbus;
    l4vbus_device_handle_t handle;
    struct sim_nic *nic; /* NULL: a stranger */
    struct fake_dev_options opt;
    unsigned domain;
    uint64_t bar[6];    /* bus address, 0: none */
    unsigned hidden[2]; /* capabilities that are not shown, 0: none */
    _Atomic bool severed;
    bool asserted; /* the pin; guarded by irq_lock */
};

/* ---- interrupts (fake_irq.c) --------------------------------------------------------------- */

struct irq {
    struct object base;
    pthread_cond_t fired;
    l4_cap_idx_t thread; /* whom it is bound to, 0: nobody */
    bool pending, masked;
    struct icu *icu; /* where it is bound, NULL: nowhere */
    unsigned number;
};

struct msi {
    struct irq *irq;
    bool foreign;               /* another client has it */
    const struct fake_dev *dev; /* whom its message was made for */
};

struct icu {
    struct object base;
    struct fake_vbus *vbus;
    struct msi msi[MSIS_MAX];
    struct irq *line[VBUS_DEVS_MAX];
};

extern pthread_mutex_t irq_lock;
void icu_init(struct icu *icu, struct fake_vbus *vbus);
struct object *irq_create(void);
void fake_msi(void *dev, uint64_t addr, uint32_t data);
void fake_intx(void *dev, bool asserted);
unsigned count_bound(void);

struct fake_vbus {
    struct object base;
    struct fake_vbus *next;
    char name[24];
    struct fake_options opt;
    l4_cap_idx_t cap;
    struct icu icu;
    unsigned n;
    struct fake_dev *dev[VBUS_DEVS_MAX];
};

extern struct fake_vbus *fake_buses;

/* ---- registers (fake_memory.c, registers.c) ------------------------------------------------ */

/* The device, BAR and offset in it behind an address that was attached. False: none. */
bool register_at(const volatile void *virt, struct fake_dev **dev, unsigned *bar, uint64_t *off);
struct fake_dev *bar_at(struct fake_vbus *vbus, uint64_t addr, size_t size, unsigned *bar);

/* ---- time (fake_env.c) --------------------------------------------------------------------- */

uint64_t true_ns(void);
/* How long a timeout of so many microseconds lasts at least. */
uint64_t shortest_us(uint64_t us);

#endif
