// SPDX-License-Identifier: MIT
/*
 * Buses: where devices are found. A bus is named by an address, "SCHEME:..." :
 *   sim:82599            one software NIC; "sim:" all there are; "sim:82599;x540" these two
 *   qemu:e1000           a NIC model of QEMU, driven through its qtest socket
 *   vbus:0               L4Re: a device of the virtual bus capability named "vbus"
 *   pci:0000:03:00.0     Linux: a PCI function bound to vfio-pci
 *   vfio-user:/run/nic.sock  a device that another process serves at this socket
 * Options follow after commas: ",wire=loop", ",mac=02:00:00:00:00:01".
 * One thread at a time per bus.
 */
#ifndef IXL_BUS_H
#define IXL_BUS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct ixl_bus;

struct ixl_bus_entry {
    uint16_t vendor, device; /* PCI identity */
    uint16_t subvendor, subdevice;
    uint8_t revision;
    char address[80];        /* an address ixl_open takes */
    const char *driver;      /* name of the driver that would be used, NULL: none; as the next
                                one, a constant of the library */
    const char *description; /* name of the part, NULL if unknown */
};

/* Open the bus an address names; ixl_bus_close it. May block (a backend may start a program).
 * -IXL_EINVAL unknown scheme or malformed address; -IXL_ENOENT what it names does not exist;
 * -IXL_ENODEV it does, but not here (a NIC that this QEMU lacks); -IXL_ENOMEM; -IXL_EPERM,
 * -IXL_EBUSY, -IXL_EIO, -IXL_ETIMEDOUT as the system below finds. One log line says what is wrong.
 * *out is NULL then. */
int ixl_bus_open(const char *address, struct ixl_bus **out);
/* Devices that were opened from it stay open and usable. NULL is allowed. */
void ixl_bus_close(struct ixl_bus *bus);

/* Describe the device at `index`, counted from 0 over all PCI devices of the bus.
 * -IXL_ENOENT past the last; -IXL_EINVAL no bus or no place for the answer; -IXL_ENODEV and others
 * of ixl_bus_open: it does not answer. */
int ixl_bus_get(struct ixl_bus *bus, unsigned index, struct ixl_bus_entry *out);

/* The schemes this build knows, with one line of help each (help may be NULL); NULL past the last.
 * Constants of the library. Any thread. */
const char *ixl_bus_scheme(unsigned index, const char **help);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
