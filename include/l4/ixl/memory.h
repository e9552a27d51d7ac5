// SPDX-License-Identifier: MIT
/* Packet buffers and memory pools for C++: a thin skin over the C interface. */
#ifndef L4_IXL_MEMORY_H
#define L4_IXL_MEMORY_H

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include <l4/ixl/ixl.h>

namespace Ixl {

class Ixl_device;

/** A packet buffer: `size` bytes of a frame in `data`, and what the NIC found out about it. */
using ::pkt_buf;

/** Return a frame to its pool; a null pointer is allowed. */
using ::pkt_buf_free;

/** Return n frames. */
inline void pkt_buf_free_batch(pkt_buf **bufs, unsigned n)
{
  ::ixl_pkt_buf_free_batch(bufs, n);
}

/** One more reference to a single buffer: every holder frees it. */
inline void pkt_buf_ref(pkt_buf *buf)
{
  ::ixl_pkt_buf_ref(buf);
}

/** Bytes of the whole frame, all pieces together. */
inline std::size_t pkt_len(pkt_buf const *buf)
{
  return ::ixl_pkt_len(buf);
}

/** A holder of one reference to a frame. */
class Pkt_ref
{
public:
  Pkt_ref() = default;
  /** Takes over the reference the caller has. */
  explicit Pkt_ref(pkt_buf *buf) : _buf(buf) {}
  Pkt_ref(Pkt_ref &&o) noexcept : _buf(o.release()) {}
  Pkt_ref(Pkt_ref const &o) : _buf(o._buf)
  {
    if (_buf)
      ::ixl_pkt_buf_ref(_buf);
  }
  Pkt_ref &operator = (Pkt_ref o) noexcept
  {
    std::swap(_buf, o._buf);
    return *this;
  }
  ~Pkt_ref() { ::ixl_pkt_buf_free(_buf); }

  pkt_buf *get() const { return _buf; }
  pkt_buf *operator -> () const { return _buf; }
  explicit operator bool () const { return _buf != nullptr; }
  pkt_buf *release()
  {
    pkt_buf *b = _buf;
    _buf = nullptr;
    return b;
  }

private:
  pkt_buf *_buf = nullptr;
};

/**
 * A pool of packet buffers in memory a device can reach.
 *
 * It throws nothing: a pool that could not be made (valid() says so, the log says why) has no
 * buffers. Its memory goes back when it is destroyed, or with the device if buffers are still out;
 * it must not outlive the device.
 */
class Mempool
{
public:
  /**
   * \param num_entries  Buffers to begin with.
   * \param entry_size   Bytes of a buffer, metadata included; 0: room for a full frame.
   * \param max_size     Most memory the pool may take, in bytes; 0: no limit.
   */
  Mempool(Ixl_device &dev, std::uint32_t num_entries, std::uint32_t entry_size = 0,
          std::uint64_t max_size = 0);
  Mempool(Mempool const &) = delete;
  Mempool &operator = (Mempool const &) = delete;
  ~Mempool()
  {
    if (_pool)
      ::ixl_mempool_destroy(_pool);
  }

  bool valid() const { return _pool != nullptr; }

  /** An empty buffer, or a null pointer if the pool is dry. */
  pkt_buf *pkt_buf_alloc() { return _pool ? ::ixl_pkt_buf_alloc(_pool) : nullptr; }

  /** Up to n buffers; the number there were. */
  unsigned pkt_buf_alloc_batch(pkt_buf **bufs, unsigned n)
  {
    return _pool ? ::ixl_pkt_buf_alloc_batch(_pool, bufs, n) : 0;
  }

  /** More or fewer buffers. 0 or a negative IXL_E code. */
  int extend(std::uint32_t entries)
  { return _pool ? ::ixl_mempool_extend(_pool, entries) : -IXL_ENOMEM; }
  int shrink(std::uint32_t entries)
  { return _pool ? ::ixl_mempool_shrink(_pool, entries) : -IXL_ENOMEM; }

  /** Let another device use the pool's buffers, too. */
  int share(Ixl_device &dev);

  ::ixl_mempool_stats stats() const
  {
    ::ixl_mempool_stats s;
    std::memset(&s, 0, sizeof(s));
    if (_pool)
      ::ixl_mempool_get_stats(_pool, &s);
    return s;
  }

  ::ixl_mempool *c_pool() const { return _pool; }

private:
  ::ixl_mempool *_pool = nullptr;
};

} // namespace Ixl

#include <l4/ixl/device.h>

#endif
