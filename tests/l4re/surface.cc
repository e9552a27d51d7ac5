// SPDX-License-Identifier: MIT
#include <memory>
#include <utility>

#include <l4/ixl/device.h>
#include <l4/ixl/memory.h>

#include <unistd.h>

#include "tests/l4re/surface.h"

#define STRING(x) #x
#define LINE(x)   STRING(x)
#define WANT(condition)                                                                            \
  do                                                                                               \
    if (!(condition))                                                                              \
      return "line " LINE(__LINE__) ": " #condition;                                               \
  while (0)

static constexpr unsigned Frame = 60, Patience_ms = 10000;

int doc_main();

using Device = std::unique_ptr<Ixl::Ixl_device>;

static Device open(l4_cap_idx_t vbus, std::int32_t timeout_ms)
{
  Ixl::Dev_cfg cfg;
  cfg.irq_timeout_ms = timeout_ms;
  return Device(Ixl::Ixl_device::ixl_init(L4::Cap<L4vbus::Vbus>(vbus), 0, cfg));
}

static bool link_up(Device const &dev)
{
  for (unsigned ms = 0; ms < Patience_ms && dev->get_link_speed() == 0; ++ms)
    usleep(1000);
  return dev->get_link_speed() > 0;
}

static unsigned receive(Device const &dev, Ixl::pkt_buf **buf)
{
  for (unsigned ms = 0; ms < Patience_ms; ++ms)
    {
      if (dev->rx_batch(0, buf, 1) == 1)
        return 1;
      usleep(1000);
    }
  return 0;
}

/* ---- what it says ------------------------------------------------------------------------ */

const char *surface_tells_about_the_device(l4_cap_idx_t vbus)
{
  static Ixl::mac_address const group = { { 1, 0, 0, 0, 0, 0 } };
  static Ixl::mac_address const own = { { 2, 0, 0, 0, 0, 7 } };
  Device dev = open(vbus, 0);

  WANT(dev);
  WANT(!dev->get_driver_name().empty());
  WANT(dev->get_max_frame_size() == 1518);
  WANT(dev->get_num_rx_queues() == 1 && dev->get_num_tx_queues() == 1);
  WANT(dev->get_rx_queue_depth() == 512 && dev->get_tx_queue_depth() == 512);
  WANT((dev->get_mac_addr().addr[0] & 1) == 0);
  WANT(!dev->set_mac_addr(group));
  WANT(dev->set_mac_addr(own));
  WANT(dev->get_mac_addr().addr[5] == 7);
  WANT(link_up(dev));
  dev->set_promisc(false);
  dev->set_promisc(true);
  WANT(dev->get_features().active & IXL_FEAT_PROMISC);
  WANT(dev->set_features(IXL_FEAT_ALL_MULTICAST, IXL_FEAT_PROMISC) == 0);
  WANT(!(dev->get_features().active & IXL_FEAT_PROMISC));
  WANT(dev->set_features(IXL_FEAT_JUMBO, 0) == -IXL_ENOTSUP);
  WANT(!dev->get_recv_irq(0).is_valid()); // it polls
  return nullptr;
}

const char *surface_returns_null_for_nothing(l4_cap_idx_t vbus)
{
  Ixl::Dev_cfg cfg;
  L4::Cap<L4vbus::Vbus> bus(vbus);

  WANT(Ixl::Ixl_device::ixl_init(bus, 1, cfg) == nullptr);
  WANT(Ixl::ixl_init(bus, 77, cfg) == nullptr);
  WANT(Ixl::ixl_init(L4::Cap<L4vbus::Vbus>(), 0, cfg) == nullptr);
  cfg.num_rx_queues = 70000; // more than the C interface can say
  WANT(Ixl::ixl_init(bus, 0, cfg) == nullptr);
  return nullptr;
}

/* ---- frames -------------------------------------------------------------------------------- */

static const char *send(Device const &dev)
{
  Ixl::Mempool pool(*dev, 256, 2048, 1u << 28);
  Ixl::device_stats stats = {};
  unsigned reclaimed = 0;

  WANT(pool.valid());
  dev->read_stats(nullptr);
  Ixl::pkt_buf *buf = pool.pkt_buf_alloc();
  WANT(buf);
  buf->size = 8; // too short
  WANT(dev->tx_batch(0, &buf, 1) == 0);
  for (unsigned i = 0; i < Frame; ++i)
    buf->data[i] = 2;
  buf->size = Frame;
  WANT(dev->tx_batch(0, &buf, 1) == 1);
  for (unsigned ms = 0; ms < Patience_ms && reclaimed == 0; ++ms)
    if ((reclaimed = dev->tx_reclaim(0)) == 0)
      usleep(1000);
  WANT(reclaimed == 1);
  dev->read_stats(&stats);
  dev->read_stats(&stats); // adds what came since: nothing
  WANT(stats.tx_pkts == 1 && stats.tx_bytes == Frame);
  WANT(pool.stats().in_use == 0);
  return nullptr;
}

const char *surface_moves_frames(l4_cap_idx_t vbus, const struct far_end *far)
{
  Device dev = open(vbus, 2000);
  Ixl::pkt_buf *buf = nullptr;

  WANT(dev && link_up(dev));
  for (std::uint8_t number = 1; number < 5; ++number)
    {
      far->inject(far->ctx, number);
      WANT(receive(dev, &buf) == 1);
      WANT(buf->size == Frame && buf->data[14] == number);
      Ixl::pkt_buf_free(buf);
    }
  return send(dev);
}

/* As l4vio_switch does it. */
const char *surface_waits_outside(l4_cap_idx_t vbus, const struct far_end *far)
{
  Device dev = open(vbus, -1);
  Ixl::pkt_buf *buf = nullptr;
  unsigned got = 0;

  WANT(dev && link_up(dev));
  L4::Cap<L4::Irq> irq = dev->get_recv_irq(0);
  WANT(irq.is_valid());
  WANT(!dev->get_recv_irq(1).is_valid());
  far->bind(irq.cap());
  dev->ack_recv_irq(0);
  for (std::uint8_t number = 1; number < 5; ++number, got = 0)
    {
      far->inject(far->ctx, number);
      while (got == 0)
        {
          WANT(far->receive(irq.cap()));
          if (!dev->check_recv_irq(0))
            continue;
          got = dev->rx_batch(0, &buf, 1);
          dev->ack_recv_irq(0);
          if (got == 0)
            got = dev->rx_batch(0, &buf, 1);
        }
      WANT(buf->data[14] == number);
      Ixl::pkt_buf_free(buf);
    }
  WANT(!dev->get_event_irq().is_valid() || dev->get_event_irq().cap() != irq.cap());
  WANT((dev->rebind_event_irq() == 0) == dev->get_event_irq().is_valid());
  WANT((dev->check_events() & ~IXL_EVENT_LINK) == 0);
  int acked = dev->ack_events(); // not every device raises an interrupt for them
  WANT(acked == 0 || (acked == -IXL_ENOTSUP && !dev->get_event_irq().is_valid()));
  WANT(dev->rebind_recv_irq(0) == 0);
  WANT(dev->rebind_recv_irq(1) < 0);
  return nullptr;
}

/* ---- memory -------------------------------------------------------------------------------- */

const char *surface_has_pools(l4_cap_idx_t vbus)
{
  Device dev = open(vbus, 0);

  WANT(dev);
  {
    Ixl::Mempool pool(*dev, 64);
    Ixl::pkt_buf *bufs[65];
    WANT(pool.valid() && pool.c_pool() && pool.stats().capacity == 64);
    WANT(pool.pkt_buf_alloc_batch(bufs, 65) == 64);
    WANT(pool.pkt_buf_alloc() == nullptr);
    Ixl::pkt_buf_free_batch(bufs, 64);
    Ixl::pkt_buf_free(nullptr);
    WANT(pool.extend(64) == 0 && pool.stats().capacity == 128);
    WANT(pool.shrink(100) == 0 && pool.stats().capacity == 28);
    WANT(pool.share(*dev) == 0);
  }
  Ixl::Mempool none(*dev, 1024, 0, 4096); // more than the limit
  WANT(!none.valid() && none.pkt_buf_alloc() == nullptr && none.extend(1) < 0);
  WANT(dev->extend_rxq_mempool(0, 64) == 0 && dev->shrink_rxq_mempool(0, 64) == 0);
  WANT(dev->extend_rxq_mempool(1, 64) < 0 && dev->shrink_rxq_mempool(1, 64) < 0);
  return nullptr;
}

const char *surface_counts_references(l4_cap_idx_t vbus)
{
  Device dev = open(vbus, 0);

  WANT(dev);
  Ixl::Mempool pool(*dev, 8);
  {
    Ixl::Pkt_ref one(pool.pkt_buf_alloc());
    WANT(one);
    one->size = 60;
    WANT(Ixl::pkt_len(one.get()) == 60);
    Ixl::Pkt_ref two = one, three;
    three = std::move(one);
    WANT(!one && two.get() == three.get() && pool.stats().in_use == 1);
    Ixl::pkt_buf *mine = two.release();
    WANT(!two && pool.stats().in_use == 1);
    Ixl::pkt_buf_ref(mine);
    Ixl::pkt_buf_free(mine);
    Ixl::pkt_buf_free(mine);
    WANT(pool.stats().in_use == 1); // three holds it
  }
  WANT(pool.stats().in_use == 0);
  return nullptr;
}

int surface_document(void)
{
  return doc_main();
}
