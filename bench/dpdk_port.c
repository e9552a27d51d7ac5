// SPDX-License-Identifier: MIT
//
// DPDK's ixgbe driver starts the memory NIC by its own probe, configuration
// and start; nothing of it is replaced, but its waiting is where the hardware
// gets its turn. There is no bus, so a PCI device filled in by hand stands for
// the one that it would have found.
#define ALLOW_EXPERIMENTAL_API
#define ALLOW_INTERNAL_API // rte_intr_*: what a bus does for a device

#include "dpdk_port.h"

#include <bus_pci_driver.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_interrupts.h>
#include <rte_vect.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

enum { HUGE_PAGES_NEEDED = 64, NAME_SIZE = 16 };

#define RX_OFFLOADS                                                                                \
    (RTE_ETH_RX_OFFLOAD_CHECKSUM | RTE_ETH_RX_OFFLOAD_VLAN_STRIP | RTE_ETH_RX_OFFLOAD_RSS_HASH)
#define TX_OFFLOADS                                                                                \
    (RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM | \
     RTE_ETH_TX_OFFLOAD_VLAN_INSERT | RTE_ETH_TX_OFFLOAD_MULTI_SEGS)

struct dpdk_port {
    struct rte_pci_device pci;
    struct memnic *nic;
    char name[NAME_SIZE];
    int event;
    uint16_t id;
    bool probed;
};

static struct rte_pci_driver *ixgbe_driver;
static struct memnic *attended; // the NIC of the port that is being opened or closed

void __real_rte_pci_register(struct rte_pci_driver *driver);
void __wrap_rte_pci_register(struct rte_pci_driver *driver);

// Drivers register themselves before main; the linker sends them here.
void __wrap_rte_pci_register(struct rte_pci_driver *driver)
{
    if (strcmp(driver->driver.name, "net_ixgbe") == 0)
        ixgbe_driver = driver;
    __real_rte_pci_register(driver);
}

// Not under valgrind, which cannot follow what DPDK does with them.
static bool have_huge_pages(void)
{
    if (RUNNING_ON_VALGRIND)
        return false;
    const char *path = "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages";
    FILE *file = fopen(path, "r");
    int pages = 0;
    if (file && fscanf(file, "%d", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return pages >= HUGE_PAGES_NEEDED;
}

int __real_nanosleep(const struct timespec *wanted, struct timespec *left);
int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left);

// Waiting is what gives the hardware time to act; it needs little here. The
// driver waits in two ways: this one is redirected by the linker ...
int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left)
{
    static const struct timespec shortly = { .tv_nsec = 1000 };
    if (!attended)
        return __real_nanosleep(wanted, left);
    memnic_attend(attended);
    return __real_nanosleep(&shortly, NULL);
}

// ... and this one by DPDK.
static void wait_us(unsigned us)
{
    if (attended)
        memnic_attend(attended);
    rte_delay_us_block(attended ? 1 : us);
}

bool dpdk_start(void)
{
    static bool started;
    static char common[][20] = {
        "ixl-bench", "--no-pci", "--iova-mode=va", "--no-telemetry", "--log-level=3", "-m", "128"
    };
    static char huge[] = "--in-memory", small[][20] = { "--no-huge", "--no-shconf" };
    enum { COMMON = sizeof common / sizeof common[0] };
    if (started)
        return true;

    char *words[COMMON + 3] = { NULL };
    int count = 0;
    while (count < COMMON) {
        words[count] = common[count];
        count++;
    }
    bool pages = have_huge_pages();
    words[count++] = pages ? huge : small[0];
    if (!pages)
        words[count++] = small[1];
    started = rte_eal_init(count, words) >= 0;
    rte_delay_us_callback_register(wait_us);
    if (!started)
        fprintf(stderr, "dpdk: %s\n", rte_strerror(rte_errno));
    return started;
}

// The driver wants to register for an interrupt, so there is one that never
// comes.
static bool make_interrupt(struct dpdk_port *port)
{
    port->event = eventfd(0, EFD_NONBLOCK);
    port->pci.intr_handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
    return port->event >= 0 && port->pci.intr_handle &&
           rte_intr_fd_set(port->pci.intr_handle, port->event) == 0 &&
           rte_intr_type_set(port->pci.intr_handle, RTE_INTR_HANDLE_VDEV) == 0;
}

static bool make_device(struct dpdk_port *port, struct memnic *nic)
{
    static unsigned number;
    const struct memnic_model *model = memnic_model(nic);
    struct rte_pci_device *pci = &port->pci;

    snprintf(port->name, NAME_SIZE, "memnic%u", number++);
    pci->device.name = port->name;
    pci->device.numa_node = SOCKET_ID_ANY;
    pci->device.driver = &ixgbe_driver->driver;
    pci->driver = ixgbe_driver;
    pci->id.vendor_id = model->pci_vendor;
    pci->id.device_id = model->pci_device;
    pci->mem_resource[0].addr = memnic_bar(nic);
    pci->mem_resource[0].len = model->bar_size;
    return make_interrupt(port);
}

static bool configure(struct dpdk_port *port, unsigned ring, struct rte_mempool *pool, bool scalar)
{
    struct rte_eth_conf conf = { 0 };
    if (scalar) {
        conf.rxmode.offloads = RX_OFFLOADS;
        conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
        conf.rx_adv_conf.rss_conf.rss_hf = RTE_ETH_RSS_IPV4;
        conf.txmode.offloads = TX_OFFLOADS;
    }
    uint16_t size = (uint16_t)ring;
    return rte_eth_dev_configure(port->id, 1, 1, &conf) == 0 &&
           rte_eth_rx_queue_setup(port->id, 0, size, 0, NULL, pool) == 0 &&
           rte_eth_tx_queue_setup(port->id, 0, size, 0, NULL) == 0 &&
           rte_eth_dev_start(port->id) == 0;
}

struct dpdk_port *dpdk_port_open(struct memnic *nic, unsigned ring, struct rte_mempool *pool,
                                 bool scalar)
{
    struct dpdk_port *port = calloc(1, sizeof *port);
    if (!port)
        return NULL;

    port->event = -1;
    port->nic = attended = nic;
    rte_vect_set_max_simd_bitwidth(scalar ? RTE_VECT_SIMD_DISABLED : RTE_VECT_SIMD_512);
    port->probed = make_device(port, nic) && ixgbe_driver->probe(ixgbe_driver, &port->pci) == 0 &&
                   rte_eth_dev_get_port_by_name(port->name, &port->id) == 0;
    bool started = port->probed && configure(port, ring, pool, scalar);
    attended = NULL;
    if (started)
        return port;
    dpdk_port_close(port);
    return NULL;
}

void dpdk_port_close(struct dpdk_port *port)
{
    if (!port)
        return;
    if (port->probed) {
        attended = port->nic;
        rte_eth_dev_stop(port->id);
        rte_eth_dev_close(port->id);
        attended = NULL;
    }
    rte_intr_instance_free(port->pci.intr_handle);
    if (port->event >= 0)
        close(port->event);
    free(port);
}

uint16_t dpdk_port_id(const struct dpdk_port *port)
{
    return port->id;
}
