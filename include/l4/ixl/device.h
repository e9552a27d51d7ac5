// SPDX-License-Identifier: MIT
/* Network devices for C++: a thin skin over the C interface. Nothing here throws. */
#ifndef L4_IXL_DEVICE_H
#define L4_IXL_DEVICE_H

#include <cstdint>
#include <cstdio>
#include <new>
#include <string>

#include <l4/ixl/ixl.h>
#include <l4/ixl/memory.h>
#include <l4/sys/capability>
#include <l4/sys/irq>
#include <l4/vbus/vbus>

namespace Ixl {

/** A station address. */
struct mac_address
{
  std::uint8_t addr[6];
};

/** What read_stats() counts. */
using device_stats = ::ixl_device_stats;

/** Configuration of a device. */
struct Dev_cfg
{
  /** Receive and send queues. */
  std::uint32_t num_rx_queues = 1;
  std::uint32_t num_tx_queues = 1;
  /** 0 polls, -1 leaves waiting to the caller, other negative values wait for ever, positive ones
   * for so many milliseconds. */
  std::int32_t irq_timeout_ms = 0;
  /** All the rest; queues and interrupts are taken from above. Unlike in C the device starts
   * promiscuous: a switch serves many stations and relies on it. */
  ::ixl_dev_cfg more;

  Dev_cfg()
  {
    ::ixl_dev_cfg_init(&more);
    more.promisc = true;
  }
};

namespace Detail {

inline bool &log_is_set()
{
  static bool set = false;
  return set;
}

inline void print(void *, ::ixl_log_level level, char const *msg)
{
  static char const *const prefix[] = { "error: ", "warning: ", "", "" };
  std::fprintf(stderr, "Ixl: %s%s\n", prefix[level], msg);
}

} // namespace Detail

/** Where messages go instead of to stderr; a null pointer silences them. Call it first. */
inline void set_log(::ixl_log_fn fn, void *ctx = nullptr, ::ixl_log_level level = IXL_LOG_INFO)
{
  Detail::log_is_set() = true;
  ::ixl_set_log(fn, ctx, level);
}

/**
 * An opened network device. Threads as in C (<ixl/device.h>): rx_batch() and the functions of the
 * receive interrupt belong to the queue's thread, tx_batch() and tx_reclaim() likewise; of all others
 * one at a time.
 */
class Ixl_device
{
public:
  /**
   * Open the device at `index` of a virtual bus, counted from 0 over all PCI devices.
   *
   * \return The device, to be deleted when it is no longer needed; a null pointer if there is
   *         none or it does not come up, after a message.
   */
  static Ixl_device *ixl_init(L4::Cap<L4vbus::Vbus> vbus, std::uint32_t index, Dev_cfg &cfg)
  {
    if (!Detail::log_is_set())
      set_log(Detail::print);

    ::ixl_bus *bus;
    if (::ixl_bus_from_vbus(vbus.cap(), &bus) < 0)
      return nullptr;
    ::ixl_dev_cfg c = cfg.more;
    c.num_rx_queues = queues(cfg.num_rx_queues);
    c.num_tx_queues = queues(cfg.num_tx_queues);
    c.irq_timeout_ms = cfg.irq_timeout_ms;
    ::ixl_device *dev = nullptr;
    int err = ::ixl_init(bus, index, &c, &dev);
    ::ixl_bus_close(bus);
    if (err < 0)
      return nullptr;
    Ixl_device *self = new (std::nothrow) Ixl_device(dev);
    if (!self)
      ::ixl_close(dev);
    return self;
  }

  Ixl_device(Ixl_device const &) = delete;
  Ixl_device &operator = (Ixl_device const &) = delete;
  ~Ixl_device() { ::ixl_close(_dev); }

  /** "e1000", "igb", "ixgbe", "virtio". */
  std::string get_driver_name() const
  {
    ::ixl_device_info i;
    return ::ixl_get_info(_dev, &i) < 0 ? "" : i.driver;
  }

  /** Bytes without FCS, as configured. */
  std::uint32_t get_max_frame_size() const { return ::ixl_get_max_frame_size(_dev); }

  /** Up to n frames; how many there were, 0 also after an error. */
  std::uint32_t rx_batch(std::uint16_t queue, pkt_buf **bufs, std::uint32_t n)
  { return count(::ixl_rx_batch(_dev, queue, bufs, n)); }

  /** Send up to n frames; how many were taken, 0 also after an error. The device frees these. */
  std::uint32_t tx_batch(std::uint16_t queue, pkt_buf **bufs, std::uint32_t n)
  { return count(::ixl_tx_batch(_dev, queue, bufs, n)); }

  /** Free the buffers of all frames sent by now; how many. */
  std::uint32_t tx_reclaim(std::uint16_t queue)
  { return count(::ixl_tx_reclaim(_dev, queue)); }

  /** Add what was counted since the last call; a null pointer resets. */
  void read_stats(device_stats *stats) { ::ixl_read_stats(_dev, stats); }

  /** Receive all frames, or those meant for this station; get_features() tells what is so. */
  void set_promisc(bool enabled) { ::ixl_set_promisc(_dev, enabled); }

  /** Switch features IXL_FEAT_* on and off; 0, or an error as ixl_set_features() has them. */
  int set_features(std::uint64_t on, std::uint64_t off)
  { return ::ixl_set_features(_dev, on, off); }

  /** What the device can do and does; all zero after an error. */
  ::ixl_features get_features() const
  {
    ::ixl_features f = {};
    ::ixl_get_features(_dev, &f);
    return f;
  }

  /** MiB/s, 0 while the link is down. */
  std::uint32_t get_link_speed() const { return ::ixl_get_link_speed(_dev); }

  /** The station address in use. */
  mac_address get_mac_addr() const
  {
    mac_address m = {};
    ::ixl_get_mac_addr(_dev, m.addr);
    return m;
  }

  /** False: the address is none a station can have, or the device did not take it. */
  bool set_mac_addr(mac_address mac) { return ::ixl_set_mac_addr(_dev, mac.addr) == 0; }

  /** Queues in use, and descriptors of each. */
  std::uint32_t get_num_rx_queues() const { return ::ixl_get_num_rx_queues(_dev); }
  std::uint32_t get_num_tx_queues() const { return ::ixl_get_num_tx_queues(_dev); }
  std::uint32_t get_rx_queue_depth() const { return ::ixl_get_rx_queue_depth(_dev); }
  std::uint32_t get_tx_queue_depth() const { return ::ixl_get_tx_queue_depth(_dev); }

  /** More or fewer buffers for a receive queue. 0 or a negative IXL_E code. */
  int extend_rxq_mempool(std::uint16_t queue, std::uint32_t entries)
  { return ::ixl_extend_rxq_mempool(_dev, queue, entries); }
  int shrink_rxq_mempool(std::uint16_t queue, std::uint32_t entries)
  { return ::ixl_shrink_rxq_mempool(_dev, queue, entries); }

  /** The IRQ object of a receive queue; bound to no thread if irq_timeout_ms is -1. */
  L4::Cap<L4::Irq> get_recv_irq(std::uint16_t queue) const
  { return L4::Cap<L4::Irq>(::ixl_get_recv_irq_cap(_dev, queue)); }

  /** Check, clear and mask. If it says false the interrupt is live already; true also after an
   * error. */
  bool check_recv_irq(std::uint16_t queue)
  {
    if (::ixl_check_recv_irq(_dev, queue) != 0)
      return true;
    ::ixl_ack_recv_irq(_dev, queue);
    return false;
  }

  /** Unmask. Then look for frames once more before going to sleep. */
  void ack_recv_irq(std::uint16_t queue) { ::ixl_ack_recv_irq(_dev, queue); }

  /** Bind the receive interrupt to the calling thread. 0 or a negative IXL_E code. */
  int rebind_recv_irq(std::uint16_t queue) { return ::ixl_rebind_recv_irq(_dev, queue); }

  /** The IRQ object of events (link, errors, removal), bound to no thread; invalid if they have none
   * of their own: then look when the interrupt of receive queue 0 fires. */
  L4::Cap<L4::Irq> get_event_irq() const
  { return L4::Cap<L4::Irq>(::ixl_get_event_irq_cap(_dev)); }

  /** What has happened since the last call: IXL_EVENT_*. */
  int check_events() { return ::ixl_check_events(_dev); }

  /** Unmask. Then check once more before going to sleep. 0 or a negative IXL_E code. */
  int ack_events() { return ::ixl_ack_events(_dev); }

  /** Bind the interrupt of events to the calling thread. 0 or a negative IXL_E code. */
  int rebind_event_irq() { return ::ixl_rebind_event_irq(_dev); }

  /** For what the C interface has beyond this: features, filters, RSS, reset, health. */
  ::ixl_device *c_dev() const { return _dev; }

private:
  explicit Ixl_device(::ixl_device *dev) : _dev(dev) {}

  static std::uint32_t count(int n) { return n > 0 ? static_cast<std::uint32_t>(n) : 0; }
  static std::uint16_t queues(std::uint32_t n)
  { return n < 0xffff ? static_cast<std::uint16_t>(n) : 0xffff; }

  ::ixl_device *_dev;
};

inline Mempool::Mempool(Ixl_device &dev, std::uint32_t num_entries, std::uint32_t entry_size,
                        std::uint64_t max_size)
{
  std::size_t max = max_size < SIZE_MAX ? static_cast<std::size_t>(max_size) : SIZE_MAX;
  ::ixl_mempool_create(dev.c_dev(), num_entries, entry_size, max, &_pool);
}

inline int Mempool::share(Ixl_device &dev)
{
  return _pool ? ::ixl_mempool_share(_pool, dev.c_dev()) : -IXL_ENOMEM;
}

/** The same as a function. */
inline Ixl_device *ixl_init(L4::Cap<L4vbus::Vbus> vbus, std::uint32_t index, Dev_cfg &cfg)
{
  return Ixl_device::ixl_init(vbus, index, cfg);
}

} // namespace Ixl

#endif
