// SPDX-License-Identifier: MIT
/*
 * A packet buffer: one cache line of metadata, then the frame (or a piece of it).
 *
 * Ownership: a buffer belongs to whoever allocated or received it until it is freed
 * or accepted by ixl_tx_batch. One thread at a time; freeing is allowed on any thread.
 */
#ifndef IXL_PKT_BUF_H
#define IXL_PKT_BUF_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct ixl_mempool;
struct ixl_chunk;

/*
 * Flags a receive sets. Bit positions are those of the advanced receive descriptor's
 * extended status and error fields (82599 data sheet 7.1.6.2), so that the fastest
 * drivers need one AND; the others translate.
 */
enum {
    IXL_RX_VLAN = 1u << 3,       /* vlan_tci holds a tag that was taken out of the frame */
    IXL_RX_L4_CHECKED = 1u << 5, /* TCP, UDP or SCTP checksum was checked; see IXL_RX_L4_BAD */
    IXL_RX_IP_CHECKED = 1u << 6, /* IPv4 header checksum was checked; see IXL_RX_IP_BAD */
    IXL_RX_L4_BAD = 1u << 30,    /* ... and it was wrong */
};
#define IXL_RX_IP_BAD 0x80000000u /* ... and it was wrong */
#define IXL_RX_FLAGS                                                                               \
    (IXL_RX_VLAN | IXL_RX_L4_CHECKED | IXL_RX_IP_CHECKED | IXL_RX_L4_BAD | IXL_RX_IP_BAD)

/* Flags that ask a send for work. They share the word with the receive flags, not the bits. */
enum {
    IXL_TX_IP_CSUM = 1u << 20, /* fill in the IPv4 header checksum (l2_len, l3_len set) */
    IXL_TX_TCP_CSUM =
        1u << 21, /* fill in the TCP checksum; the field holds the pseudo header's sum */
    IXL_TX_UDP_CSUM = 1u << 22,  /* the same for UDP */
    IXL_TX_SCTP_CSUM = 1u << 23, /* fill in the SCTP CRC32c */
    IXL_TX_TSO = 1u << 24, /* cut into TCP segments of mss bytes (l2_len, l3_len, l4_len, mss), each
                              no longer than ixl_get_max_frame_size, from one IP packet */
    IXL_TX_VLAN = 1u << 25, /* insert vlan_tci */
    IXL_TX_IPV6 = 1u << 26, /* the network header is IPv6 (IPv4 otherwise) */
};
#define IXL_TX_FLAGS                                                                               \
    (IXL_TX_IP_CSUM | IXL_TX_TCP_CSUM | IXL_TX_UDP_CSUM | IXL_TX_SCTP_CSUM | IXL_TX_TSO |          \
     IXL_TX_VLAN | IXL_TX_IPV6)

/* ptype: what the parser of the NIC saw. Low four bits: what rss_hash was computed over. */
enum {
    IXL_RSS_NONE = 0,
    IXL_RSS_TCP_IPV4 = 1,
    IXL_RSS_IPV4 = 2,
    IXL_RSS_TCP_IPV6 = 3,
    IXL_RSS_IPV6 = 5,
    IXL_RSS_UDP_IPV4 = 7,
    IXL_RSS_UDP_IPV6 = 8,
    IXL_PTYPE_RSS = 0xf, /* mask of the above */
    IXL_PTYPE_IPV4 = 1u << 4,
    IXL_PTYPE_IPV4_EXT = 1u << 5, /* IPv4 with options */
    IXL_PTYPE_IPV6 = 1u << 6,
    IXL_PTYPE_IPV6_EXT = 1u << 7, /* IPv6 with extension headers */
    IXL_PTYPE_TCP = 1u << 8,
    IXL_PTYPE_UDP = 1u << 9,
    IXL_PTYPE_SCTP = 1u << 10,
    IXL_PTYPE_L2 = 1u << 15, /* matched an EtherType filter; the other bits then say nothing */
    IXL_PTYPE_MASK = 0x87ff,
};

/* Behind a pointer, so that each has room for 64 bits and the layout is the same on all machines.
 */
#define IXL_ALIGN8 __attribute__((aligned(8)))

struct pkt_buf {
    struct ixl_mempool *pool;        /* where it returns to; never changes */
    struct pkt_buf *next IXL_ALIGN8; /* next piece of the same frame, NULL in the last */
    uint32_t ptype IXL_ALIGN8;       /* IXL_PTYPE_* | IXL_RSS_*; meaningful in the first piece */
    uint32_t rss_hash;               /* meaningful unless (ptype & IXL_PTYPE_RSS) == IXL_RSS_NONE */
    uint32_t flags;                  /* IXL_RX_* as received, IXL_TX_* as asked for */
    uint16_t size;                   /* bytes of data[] that belong to the frame (no FCS) */
    uint16_t vlan_tci;               /* host byte order; see IXL_RX_VLAN and IXL_TX_VLAN */
    struct ixl_chunk *chunk;         /* the library's: the piece of DMA memory it lies in */
    uint32_t state IXL_ALIGN8;       /* the library's: double free detection, reference count */
    uint16_t capacity;               /* bytes data[] can hold; never changes */
    uint16_t mss;                    /* IXL_TX_TSO: payload bytes a segment */
    uint16_t l3_len;                 /* bytes of network header, for IXL_TX_* */
    uint8_t l2_len;                  /* bytes of link header, for IXL_TX_* */
    uint8_t l4_len;                  /* bytes of transport header, for IXL_TX_TSO */
    uint32_t user;                   /* the owner's, for anything; not touched while he owns it */
    uint64_t timestamp;              /* reserved for the device's time stamps: undefined for now */
/* C++ compilers have such an array, but mention it when they are strict. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
    uint8_t data[] __attribute__((aligned(64)));
#pragma GCC diagnostic pop
};

#ifdef __cplusplus
static_assert(sizeof(struct pkt_buf) == 64, "metadata is one cache line");
#else
_Static_assert(sizeof(struct pkt_buf) == 64, "metadata is one cache line");
#endif

/* Bytes of the whole frame, all pieces together. */
static inline size_t ixl_pkt_len(const struct pkt_buf *buf)
{
    size_t len = 0;
    for (; buf; buf = buf->next)
        len += buf->size;
    return len;
}

/*
 * Return a frame (the buffer and all that hang on its `next`) to its pool. NULL is allowed.
 * Any thread. With debug checks (meson -Ddebug_checks=true) a second free of the same buffer
 * is logged, ignored, and reported as -IXL_EINVAL; otherwise 0 is returned.
 */
int ixl_pkt_buf_free(struct pkt_buf *buf);

/* The same for an array of n frames, entries may be NULL. Their values are undefined afterwards.
 * -IXL_EINVAL also for no array although n is not 0. */
int ixl_pkt_buf_free_batch(struct pkt_buf **bufs, unsigned n);

/*
 * Take one more reference to a single buffer (not a chain): each holder frees it, the last
 * free returns it. The data must not be changed while it is shared. Any thread that holds one;
 * 65535 further references at most. NULL is allowed.
 */
void ixl_pkt_buf_ref(struct pkt_buf *buf);

/* A shorter name for ixl_pkt_buf_free. */
static inline int pkt_buf_free(struct pkt_buf *buf)
{
    return ixl_pkt_buf_free(buf);
}

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
