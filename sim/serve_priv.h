// SPDX-License-Identifier: MIT
/* Inside of the vfio-user server. */
#ifndef SIM_SERVE_PRIV_H
#define SIM_SERVE_PRIV_H

#include <pthread.h>

#include "serve.h"

#define SERVE_FDS     16u   /* descriptors in a message */
#define SERVE_DATA    4096u /* bytes of a region in a message */
#define SERVE_BODY    (SERVE_DATA + 64u)
#define SERVE_VECTORS 128u

/* ---- messages (serve_io.c); all in the byte order of the machine ---------- */

struct serve_header {
    uint16_t id, command;
    uint32_t size; /* bytes, this header included */
    uint32_t flags, error;
};

enum {
    SERVE_TYPE = 0xf, /* 0: command, 1: reply */
    SERVE_REPLY = 1,
    SERVE_NO_REPLY = 1 << 4,
    SERVE_ERROR = 1 << 5,
};

struct serve_message {
    struct serve_header head;
    size_t len; /* of the body */
    _Alignas(8) uint8_t body[SERVE_BODY];
    int fd[SERVE_FDS]; /* -1: taken by whoever handled the message */
    unsigned n_fds;
};

/* The next message, whole; NULL, or why the client cannot be kept ("" if it has hung up). */
const char *serve_receive(int fd, struct serve_message *m);
/* Reply with `len` bytes, or with the errno `err` alone. False: the client does not take it. */
bool serve_reply(int fd, const struct serve_header *to, int err, const void *body, size_t len);
/* Those that nobody has taken; does not wait for the file systems they are of. */
void serve_close_fds(struct serve_message *m);

/* ---- memory of the client (serve_map.c) ----------------------------------- */

struct serve_region {
    uint64_t addr, size;
    uint8_t *virt; /* NULL: there is no descriptor to reach it by */
    bool readable, writable;
};

struct serve_map {
    pthread_rwlock_t lock;        /* the NIC's accesses read, messages write */
    struct serve_region *regions; /* sorted by addr, none overlap */
    unsigned n, room;
};

void serve_guard_install(void);
/* A file in memory, tmpfs or hugetlbfs: one that no other process has to answer for. */
bool serve_is_memory(int fd);
/* Errno or 0; EOPNOTSUPP: it is no file in memory. `fd` stays the caller's; negative: none. */
int serve_map_add(struct serve_map *map, const struct serve_region *region, int fd,
                  uint64_t offset);
/* Exactly this region; when it returns no access of the NIC to it is under way. */
int serve_map_remove(struct serve_map *map, uint64_t addr, uint64_t size);
void serve_map_clear(struct serve_map *map);
bool serve_dma_read(void *server, uint64_t addr, void *buf, size_t len);
bool serve_dma_write(void *server, uint64_t addr, const void *buf, size_t len);

/* ---- signals (serve_event.c) ---------------------------------------------- */

struct serve_events {
    unsigned long aio; /* 0: the kernel has none */
    int null;          /* a file that a request reads nothing from; -1: not open */
};

/* Errno or 0. */
int serve_events_open(struct serve_events *e);
void serve_events_close(struct serve_events *e);
/* Nothing a client does to its eventfds holds up a signal. */
bool serve_events_safe(const struct serve_events *e);
bool serve_is_eventfd(int fd);
/* Add 1 to an eventfd. One thread at a time. */
void serve_event_signal(struct serve_events *e, int fd);

/* ---- interrupts (serve_irq.c) --------------------------------------------- */

enum { SERVE_INTX, SERVE_MSI, SERVE_MSIX, SERVE_IRQ_KINDS };

struct serve_irqs {
    pthread_mutex_t lock;                   /* of what follows, against the NIC's thread */
    int fd[SERVE_IRQ_KINDS][SERVE_VECTORS]; /* -1: none */
    bool level, masked;                     /* the pin, and whether it is let through */
    struct serve_events events;
};

/* Where the NIC's configuration space has things. */
struct serve_caps {
    unsigned msi, msix; /* 0: it has none */
    unsigned vectors, msix_bar, msix_table;
};

/* Errno or 0. */
int serve_irqs_init(struct serve_irqs *irqs);
/* The NIC is gone. */
void serve_irqs_fini(struct serve_irqs *irqs);
/* Once the NIC is there. */
void serve_caps_find(struct sim_server *s);
/* How many of a kind the NIC has. */
unsigned serve_irq_count(const struct sim_server *s, unsigned kind);
/* Errno or 0. */
int serve_irq_set(struct sim_server *s, struct serve_message *m);
/* Take all away. */
void serve_irqs_clear(struct sim_server *s);
/* Tell the NIC again, after a reset. */
void serve_irqs_restore(struct sim_server *s);
void serve_msi(void *server, uint64_t addr, uint32_t data);
void serve_intx(void *server, bool asserted);

/* ---- the server ----------------------------------------------------------- */

struct sim_server {
    struct sim_nic *nic;
    struct sim_server_config cfg;
    char path[108];
    int listener, client; /* -1: none */
    bool greeted;         /* VERSION was exchanged */
    struct serve_map map;
    struct serve_irqs irqs;
    struct serve_caps caps;
    struct serve_message in;
    _Alignas(8) uint8_t out[SERVE_BODY];
};

#endif
