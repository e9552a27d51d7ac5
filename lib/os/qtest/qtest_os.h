// SPDX-License-Identifier: MIT
/*
 * QEMU's own NIC models, driven from an ordinary process through QEMU's qtest socket. No guest
 * runs and nobody is root: PCI and registers are lines on the socket, DMA memory is the machine's
 * RAM, a file both sides map.
 *
 * Addresses: qemu:KIND[;KIND...][,OPTION=VALUE...]; "qemu:" is one of every kind QEMU has. KIND is
 * e1000 (82540EM), 82545em, 82544gc, e1000e (82574L), igb (82576) or virtio-net. Options stand
 * behind the NIC they belong to; those marked * are the machine's and may stand behind any. A value
 * reaches to the next ",OPTION=" this list knows, so it may contain commas.
 *   wire=none              nobody at the other end, the link is up (default)
 *   wire=loop              frames sent come back. QEMU keeps some 10,000 that wait for the NIC to
 *                          receive and drops what is more: its e1000 receives nothing for a second
 *                          after RCTL was written
 *   wire=hub:N             all NICs of this QEMU with the same N see each other
 *   wire=unix:LOCAL,REMOTE datagrams on Unix sockets: QEMU binds LOCAL and sends to REMOTE
 *   wire=user[,OPT...]     QEMU's TCP/IP stack with a DHCP server; hostfwd=tcp:127.0.0.1:8080-:80
 *   wire=pcap:FILE         none, with a capture of what is sent (the same as dump=FILE)
 *   dump=FILE              capture both directions of any wire
 *   mac=02:00:00:00:00:01  props=NAME=VALUE,...  more properties of QEMU's -device
 *   irq=msix|msi|intx|none * the best kind of interrupt to offer (default: msix)
 *   qemu=PROGRAM           * default: the environment's IXL_QEMU, then qemu-system-x86_64
 *   ram=MIB                * size of RAM, default 256
 *   trace=FILE             * what the models did and why
 *   timeout=MS             * how long QEMU may take to answer, default 5000
 *   clock=real|stepped     * with QEMU's qtest accelerator only, see clock.c
 *   keep=DIR               * QEMU lives in DIR and survives a killed process; who opens the same
 *                            address next finds it there. A normal close ends it.
 *   attach=SOCKET,RAMFILE  * a QEMU of somebody else; all its NICs on PCI bus 0 are found
 *   monitor=SOCKET         * the QMP socket of that QEMU
 */
#ifndef IXL_OS_QTEST_QTEST_OS_H
#define IXL_OS_QTEST_QTEST_OS_H

#include "lib/os/os.h"

extern const struct ixl_os_ops ixl_qtest_ops;

/* For tests. Each takes a bus of this backend. */

/* One command of QEMU's human monitor ("set_link net0 off"; the n-th NIC's wire is netN, the NIC
 * itself nicN). The answer's text goes to reply (may be NULL). -IXL_EINVAL: QEMU answered with an
 * error; -IXL_ENOTSUP: there is no monitor; others as for every access. */
int ixl_qtest_monitor(struct ixl_os_bus *bus, const char *cmd, char *reply, size_t cap);
/* The process ID of QEMU, 0 if it is not known. */
int ixl_qtest_pid(struct ixl_os_bus *bus);
/* True if time stands still until it is moved on (-accel qtest). */
bool ixl_qtest_stepped(struct ixl_os_bus *bus);
/* The bus of a device. */
struct ixl_os_bus *ixl_qtest_bus(struct ixl_os_dev *dev);

#endif
