// SPDX-License-Identifier: MIT
/*
 * What the files of the ring engine share among themselves. Families include ring.h only.
 *
 * The datapath exists once, as inline functions that take the format as a constant, and is
 * instantiated for each format and for each way of doing it (plain C, vectors): see way.h.
 */
#ifndef IXL_INTEL_ENGINE_H
#define IXL_INTEL_ENGINE_H

#include "lib/intel/adv_desc.h"
#include "lib/intel/ring.h"
#include "lib/intel/vec.h"

/* Both compilers take these. What is rare stays out of line, so that what is usual needs no
 * register saved: it ends in a tail call. */
#define IXL_INLINE  static inline __attribute__((always_inline))
#define IXL_RARE    static __attribute__((noinline))
#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* Short batches are common, and a row of known length needs no loops. */
#define SHORT_ROW   8u

/* One way of doing the datapath (way.h): its functions for each format. */
struct ixl_way {
    const char *name; /* ixl_device_info.datapath */
    /* Arm descriptors from the pool, a block at a time, and move the tail. Returns `got`, which a
     * receive has to report, or -IXL_ENOBUFS if that is 0 and the ring stays empty. */
    int (*arm)(struct ixl_intel_rxq *q, unsigned got);
    /* Arm descriptors with what the send ring has completed, or from the pool. */
    void (*rearm)(struct ixl_intel_rxq *rx, struct ixl_intel_txq *tx);
    struct {
        unsigned (*peek)(struct ixl_intel_rxq *, unsigned);
        unsigned (*harvest)(struct ixl_intel_rxq *, struct pkt_buf **, unsigned);
        int (*receive)(struct ixl_rxq *, struct pkt_buf **, unsigned);
        int (*push)(struct ixl_intel_txq *, struct pkt_buf **, unsigned);
        bool (*row)(struct ixl_intel_txq *, struct pkt_buf **, const uint8_t *, unsigned);
        int (*send)(struct ixl_txq *, struct pkt_buf **, unsigned);
        int (*forward)(struct ixl_rxq *, struct ixl_txq *, unsigned, ixl_forward_fn, void *);
    } of[4];
};
extern const struct ixl_way ixl_way_scalar, ixl_way_vec, ixl_way_avx2;

/* The best way there is on this machine that dev->cfg.simd allows. */
const struct ixl_way *ixl_intel_way(const struct ixl_device *dev);

/* Set the functions of a queue for its format and dev->cfg.simd. */
void ixl_intel_rx_attach(struct ixl_intel_rxq *q, enum ixl_desc_format format);
void ixl_intel_tx_attach(struct ixl_intel_txq *q, enum ixl_desc_format format);
/* Set the largest frame the queue takes. */
void ixl_intel_tx_limit(struct ixl_intel_txq *q, uint32_t max_size);

/* A piece of a frame of several buffers, a damaged frame, or nonsense. Whole frames are returned.
 */
struct rx_format;
struct rx_done;
struct pkt_buf *ixl_intel_rx_piece(struct ixl_intel_rxq *q, const struct rx_format *f,
                                   struct pkt_buf *buf, const struct rx_done *d);
/* Fill in n descriptors and slots with buffers of a pool whose memory is in pieces. */
void ixl_intel_rx_arm_pieces(const struct ixl_intel_rxq *q, struct ixl_desc *desc,
                             struct pkt_buf **slot, struct pkt_buf *const *bufs, unsigned n);
/* Tell frames whose tag was taken out from others, while ixl_intel_rx_tags has not settled: n
 * frames harvested from descriptor `from` to q->cons. */
void ixl_intel_rx_retag(struct ixl_intel_rxq *q, uint32_t from, struct pkt_buf *const *bufs,
                        unsigned n);
static inline bool ixl_rx_tags_settled(const struct ixl_intel_rxq *q)
{
    return __atomic_load_n(&q->tags, __ATOMIC_ACQUIRE) == q->tags_known;
}

/* Forget how frames were treated before a ring was emptied. */
void ixl_intel_rx_settle(struct ixl_intel_rxq *q);
/* Whole frames the device has completed and nobody has taken yet. */
uint32_t ixl_intel_rx_completed(const struct ixl_intel_rxq *q);
/* Let the device see what was armed. */
void ixl_intel_rx_tail(struct ixl_intel_rxq *q);

static inline uint32_t ixl_rx_armed(const struct ixl_intel_rxq *q)
{
    return q->prod - q->cons;
}

/* True if so many descriptors are free that a block can be armed. */
static inline bool ixl_rx_hungry(const struct ixl_intel_rxq *q)
{
    return ixl_rx_armed(q) < q->low;
}

/* Write a tail register that can be written directly. */
IXL_INLINE void ixl_tail_direct(volatile uint32_t *tail, uint32_t val)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    val = __builtin_bswap32(val);
#endif
    *tail = val;
}

/* Write a queue's tail register. */
IXL_INLINE void ixl_ring_tail(const struct ixl_device *dev, volatile uint32_t *direct, uint32_t reg,
                              uint32_t val)
{
    if (likely(direct != NULL))
        ixl_tail_direct(direct, val);
    else
        ixl_write(dev, reg, val);
}

/* Give completed blocks of the send ring back to their pools. */
void ixl_intel_tx_clean(struct ixl_intel_txq *q);
/*
 * If the oldest block is completed, whole, and all of `pool`: its IXL_RING_BLOCK buffers, which are
 * the caller's from now on (the array is valid until the next send). NULL otherwise.
 */
struct pkt_buf *const *ixl_intel_tx_take_block(struct ixl_intel_txq *q,
                                               const struct ixl_mempool *pool);
/* Nothing of a batch is sent after all, though descriptors behind q->prod were filled in. */
void ixl_intel_tx_give_up(struct ixl_intel_txq *q);

/* The `engine` of all queues here. */
extern const char ixl_intel_engine;
/* Forwarding by exchange, whatever the frames are and the two queues' formats. base.forward is
 * ixl_way.forward, which does what is usual and leaves the rest to this. */
int ixl_intel_forward(struct ixl_rxq *from, struct ixl_txq *to, unsigned n, ixl_forward_fn decide,
                      void *ctx);
/* A row that cannot be sent as it stands: the frames to be sent one way or another, the others are
 * freed. */
void ixl_intel_forward_mixed(struct ixl_intel_txq *tx, struct pkt_buf *const *row,
                             const uint8_t *verdict, unsigned n);

/* Descriptors the send ring has room for; one always stays free, so that head == tail means empty.
 */
static inline uint32_t ixl_tx_room(const struct ixl_intel_txq *q)
{
    return q->mask - (q->prod - q->cons);
}

/* To little endian, or from it. */
static inline uint64_t ixl_swap_le64(uint64_t val)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    val = __builtin_bswap64(val);
#endif
    return val;
}

/*
 * The device writes descriptors while we look: each word is loaded once. `status_high` says in
 * which half DD lies; a machine that loads 32 bits at a time loads that half first.
 */
static inline uint64_t ixl_load_le64(const struct ixl_le64 *from, bool status_high)
{
#if UINTPTR_MAX > 0xffffffffu
    (void)status_high;
    uint64_t raw = __atomic_load_n(&from->raw, __ATOMIC_ACQUIRE);
#else
    union {
        uint32_t half[2]; /* as in memory: the low half, in its own byte order, is the first */
        uint64_t raw;
    } word;
    const uint32_t *half = (const uint32_t *)(const void *)from;
    word.half[status_high] = __atomic_load_n(half + status_high, __ATOMIC_ACQUIRE);
    word.half[!status_high] = __atomic_load_n(half + !status_high, __ATOMIC_RELAXED);
    uint64_t raw = word.raw;
#endif
    /* Orders the load of DD before the loads of all the device wrote earlier: the other word of
     * the descriptor, the frame. */
    ixl_rmb();
    return ixl_swap_le64(raw);
}

static inline void ixl_store_le64(struct ixl_le64 *to, uint64_t val)
{
#if UINTPTR_MAX > 0xffffffffu
    __atomic_store_n(&to->raw, ixl_swap_le64(val), __ATOMIC_RELAXED);
#else
    *(volatile uint64_t *)&to->raw = ixl_swap_le64(val);
#endif
}

/* Set bits of a word that the device does not look at yet. */
static inline void ixl_set_le64(struct ixl_le64 *word, uint64_t bits)
{
    word->raw |= ixl_swap_le64(bits);
}

#endif
