// SPDX-License-Identifier: MIT
/* A NIC in QEMU without a driver: registers and descriptors by hand. */
#ifndef TESTS_QTEST_RIG_H
#define TESTS_QTEST_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/os/os.h"
#include "lib/os/qtest/qtest_os.h"

/* 8254x software developer's manual, table 13-2; the 82574 has them at the same places. */
enum {
    CTRL = 0x0000,
    STATUS = 0x0008,
    ICR = 0x00c0,
    ICS = 0x00c8,
    IMS = 0x00d0,
    IMC = 0x00d8,
    RCTL = 0x0100,
    TCTL = 0x0400,
    RDBAL = 0x2800,
    RDLEN = 0x2808,
    RDH = 0x2810,
    RDT = 0x2818,
    TDBAL = 0x3800,
    TDLEN = 0x3808,
    TDH = 0x3810,
    TDT = 0x3818,
    MTA0 = 0x5200,
    STATUS_LU = 1u << 1,
    CTRL_SLU = 1u << 6,
    RCTL_EN = 1u << 1,
    RCTL_UPE = 1u << 3,
    RCTL_MPE = 1u << 4,
    RCTL_BAM = 1u << 15,
    RCTL_SECRC = 1u << 26,
    TCTL_EN = 1u << 1,
    TCTL_PSP = 1u << 3,
    CAUSE_LSC = 1u << 2,
};

/* 82574 data sheet, 10.2.4 */
enum { IVAR_82574 = 0x00e4, EITR0_82574 = 0x00e8, CAUSE_RXQ0 = 1u << 20 };
/* 82576 data sheet, 8.8 */
enum { EICS = 0x1520, EIMS = 0x1524, GPIE = 0x1514, GPIE_MULTIPLE = 1u << 4 };

struct rig {
    struct ixl_os_bus *bus;
    struct ixl_os_dev *dev;
    struct ixl_bar bar;
    struct ixl_dma ring, buf;
    unsigned tail; /* of the send ring */
    bool sends;    /* it is set up */
};

#define OPS (&ixl_qtest_ops)

/* Open the address ("qemu:...") or fail the test; BAR 0 mapped, bus mastering on. */
void rig_open(struct rig *rig, const char *address);
void rig_close(struct rig *rig);
/* What was logged since the last call, lines joined. */
const char *rig_log(void);
void rig_log_start(void);

uint32_t rig_read(struct rig *rig, uint32_t reg);
void rig_write(struct rig *rig, uint32_t reg, uint32_t val);
/* Send one frame with a legacy descriptor; returns when the NIC has taken it. */
void rig_send(struct rig *rig, const void *frame, size_t len);
/* Give the NIC 8 receive buffers; wait for the n-th frame, its length or 0 if none came; its
 * bytes are at *frame. The FCS is stripped: QEMU's 82574 puts it into a descriptor of its own. */
void rig_listen(struct rig *rig);
size_t rig_receive(struct rig *rig, unsigned n, const uint8_t **frame);
/* Give the buffer of the n-th frame back. */
void rig_recycle(struct rig *rig, unsigned n);

#endif
