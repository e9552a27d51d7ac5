// SPDX-License-Identifier: MIT
/*
 * Registers, features and memory layouts of virtio-net on PCI. Sections are those of "Virtual I/O
 * Device (VIRTIO) Version 1.2", OASIS. Everything is little-endian. Kinds: RO, RW, WO, RC (cleared
 * by reading).
 */
#ifndef IXL_VIRTIO_REGS_H
#define IXL_VIRTIO_REGS_H

#include <stdint.h>

/* 4.1.4: a vendor capability says where a structure lies. Offsets from its start. */
enum {
    VIO_CAP_LEN = 2,
    VIO_CAP_TYPE = 3,
    VIO_CAP_BAR = 4,
    VIO_CAP_OFFSET = 8,
    VIO_CAP_LENGTH = 12,
    VIO_CAP_NOTIFY_MULT = 16, /* of VIO_CAP_NOTIFY only */

    VIO_CAP_COMMON = 1,
    VIO_CAP_NOTIFY = 2,
    VIO_CAP_ISR = 3,
    VIO_CAP_DEVICE = 4,
};

/* 4.1.4.3: the common configuration structure. Each field is accessed in its own width, 64-bit
 * ones in two halves. */
enum {
    VIO_DEV_FEATURE_SEL = 0x00, /* RW 32 */
    VIO_DEV_FEATURE = 0x04,     /* RO 32 */
    VIO_DRV_FEATURE_SEL = 0x08, /* RW 32 */
    VIO_DRV_FEATURE = 0x0c,     /* RW 32 */
    VIO_CONFIG_VECTOR = 0x10,   /* RW 16 */
    VIO_NUM_QUEUES = 0x12,      /* RO 16 */
    VIO_STATUS = 0x14,          /* RW 8 */
    VIO_GENERATION = 0x15,      /* RO 8 */
    VIO_QUEUE_SEL = 0x16,       /* RW 16 */
    VIO_QUEUE_SIZE = 0x18,      /* RW 16 */
    VIO_QUEUE_VECTOR = 0x1a,    /* RW 16 */
    VIO_QUEUE_ENABLE = 0x1c,    /* RW 16 */
    VIO_QUEUE_NOTIFY = 0x1e,    /* RO 16 */
    VIO_QUEUE_DESC = 0x20,      /* RW 64: descriptors */
    VIO_QUEUE_DRIVER = 0x28,    /* RW 64: available ring, or the driver's event structure */
    VIO_QUEUE_DEVICE = 0x30,    /* RW 64: used ring, or the device's event structure */
    VIO_COMMON_SIZE = 0x38,
};
#define VIO_NO_VECTOR 0xffffu

/* 2.1: device status */
enum {
    VIO_ACKNOWLEDGE = 1 << 0,
    VIO_DRIVER = 1 << 1,
    VIO_DRIVER_OK = 1 << 2,
    VIO_FEATURES_OK = 1 << 3,
    VIO_NEEDS_RESET = 1 << 6,
    VIO_FAILED = 1 << 7,
};

/* 4.1.4.5: ISR status, RC 8 */
enum {
    VIO_ISR_QUEUE = 1 << 0,
};

/* 5.1.4: the configuration of a network device. RO */
enum {
    VIO_NET_MAC = 0,
    VIO_NET_STATUS = 6,      /* 16 */
    VIO_NET_PAIRS = 8,       /* 16: MQ or RSS */
    VIO_NET_MTU = 10,        /* 16 */
    VIO_NET_SPEED = 12,      /* 32: Mbit/s, all ones: unknown */
    VIO_NET_DUPLEX = 16,     /* 8: 1 is full, 0 half */
    VIO_NET_KEY_SIZE = 17,   /* 8: RSS or HASH_REPORT */
    VIO_NET_TABLE_SIZE = 18, /* 16 */
    VIO_NET_HASH_TYPES = 20, /* 32 */
    VIO_NET_STATUS_LINK = 1,
};

/* 5.1.3, 6: features */
#define VIO_F(bit)          (1ull << (bit))
#define VIO_F_CSUM          VIO_F(0)
#define VIO_F_GUEST_CSUM    VIO_F(1)
#define VIO_F_MTU           VIO_F(3)
#define VIO_F_MAC           VIO_F(5)
#define VIO_F_HOST_TSO4     VIO_F(11)
#define VIO_F_HOST_TSO6     VIO_F(12)
#define VIO_F_MRG_RXBUF     VIO_F(15)
#define VIO_F_STATUS        VIO_F(16)
#define VIO_F_CTRL_VQ       VIO_F(17)
#define VIO_F_CTRL_RX       VIO_F(18)
#define VIO_F_MQ            VIO_F(22)
#define VIO_F_CTRL_MAC_ADDR VIO_F(23)
#define VIO_F_EVENT_IDX     VIO_F(29)
#define VIO_F_VERSION_1     VIO_F(32)
#define VIO_F_ACCESS        VIO_F(33) /* the device uses the addresses the platform gives */
#define VIO_F_PACKED        VIO_F(34)
#define VIO_F_ORDER         VIO_F(36) /* barriers have to reach the platform's devices */
#define VIO_F_HASH_REPORT   VIO_F(57)
#define VIO_F_RSS           VIO_F(60)
#define VIO_F_SPEED_DUPLEX  VIO_F(63)

/* ---- rings ---------------------------------------------------------------------------------- */

/* 2.7.5, 2.8.13: 16 bytes of both kinds: address; length, and two words that differ */
struct vio_desc {
    uint64_t addr;
    uint64_t rest; /* split: len 32, flags 16, next 16. packed: len 32, id 16, flags 16 */
};
enum {
    VIO_DESC_NEXT = 1 << 0,
    VIO_DESC_WRITE = 1 << 1,
    VIO_DESC_AVAIL = 1 << 7, /* packed */
    VIO_DESC_USED = 1 << 15, /* packed */
};

/* 2.7.6, 2.7.8: 16-bit words of a split ring's other two parts */
enum {
    VIO_RING_FLAGS = 0, /* 1: no notification wanted */
    VIO_RING_IDX = 1,
    VIO_RING_FIRST =
        2, /* avail: ids of 16 bits, then used_event; used: 8 bytes, then avail_event */
};

/* 2.8.14: words of a packed ring's event structures */
enum {
    VIO_EVENT_FLAGS = 1, /* word 0 names a descriptor, with EVENT_IDX */
    VIO_EVENT_ENABLE = 0,
    VIO_EVENT_DISABLE = 1,
};

/* ---- frames (5.1.6) ------------------------------------------------------------------------- */

/* In front of each frame; 12 bytes, 20 with HASH_REPORT. */
enum {
    VIO_HDR_FLAGS = 0,    /* 8 */
    VIO_HDR_GSO = 1,      /* 8 */
    VIO_HDR_LEN = 2,      /* 16: bytes of headers */
    VIO_HDR_GSO_SIZE = 4, /* 16 */
    VIO_HDR_START = 6,    /* 16: where summing starts */
    VIO_HDR_OFFSET = 8,   /* 16: from there to the field */
    VIO_HDR_BUFFERS = 10, /* 16: descriptors of the frame, with MRG_RXBUF */
    VIO_HDR_HASH = 12,    /* 32 */
    VIO_HDR_REPORT = 16,  /* 16: what was hashed */
    VIO_HDR_SIZE = 12,
    VIO_HDR_SIZE_HASH = 20,

    VIO_HDR_NEEDS_CSUM = 1 << 0,
    VIO_HDR_DATA_VALID = 1 << 1,
    VIO_GSO_TCPV4 = 1,
    VIO_GSO_TCPV6 = 4,
};

/* 5.1.6.3.3, 5.1.6.4: hash types (bits) and reports (numbers) */
enum {
    VIO_HASH_IPV4 = 1 << 0,
    VIO_HASH_TCPV4 = 1 << 1,
    VIO_HASH_UDPV4 = 1 << 2,
    VIO_HASH_IPV6 = 1 << 3,
    VIO_HASH_TCPV6 = 1 << 4,
    VIO_HASH_UDPV6 = 1 << 5,
    VIO_REPORTS = 10,
};

/* ---- commands (5.1.6.5): class, command, data, answer --------------------------------------- */

#define VIO_CMD(class, cmd) ((uint16_t)((class) | (cmd) << 8))
enum {
    VIO_CMD_PROMISC = VIO_CMD(0, 0),
    VIO_CMD_ALLMULTI = VIO_CMD(0, 1),
    VIO_CMD_TABLE = VIO_CMD(1, 0),
    VIO_CMD_MAC = VIO_CMD(1, 1),
    VIO_CMD_PAIRS = VIO_CMD(4, 0),
    VIO_CMD_RSS = VIO_CMD(4, 1),
    VIO_CMD_HASH = VIO_CMD(4, 2),
    VIO_CMD_OK = 0,
};

#endif
