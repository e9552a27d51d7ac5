// SPDX-License-Identifier: MIT
/*
 * A client of a virtual switch: ixl-vclient echo answers every frame for its port, addresses
 * exchanged; ixl-vclient arp COUNT SIZE asks for 10.0.2.2 and counts the answers.
 */
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <pthread-l4.h>

#include <l4/l4virtio/client/virtio-net>
#include <l4/re/env>
#include <l4/re/error_helper>
#include <l4/sys/ipc.h>

using Net = L4virtio::Driver::Virtio_net_device;

static Net net;
static l4_uint8_t mac[6];
static unsigned volatile answers, echoed, largest;
static bool echo;

static void answer(l4_uint8_t const *frame, l4_uint32_t len)
{
  net.tx([=](Net::Packet &out) {
    std::memset(&out.hdr, 0, sizeof(out.hdr));
    std::memcpy(out.data, frame + 6, 6);
    std::memcpy(out.data + 6, mac, 6);
    std::memcpy(out.data + 12, frame + 12, len - 12);
    return len;
  });
  unsigned n = echoed + 1;
  echoed = n;
  if (len > largest)
    largest = len;
  if (n % 500 == 0)
    std::printf("check: echoed %u largest %u\n", n, largest);
}

static void *receive(void *)
{
  net.bind_rx_notification_irq(Pthread::L4::cap(pthread_self()), 0);
  net.queue_rx();
  for (;;)
    {
      l4_uint32_t len;
      l4_uint16_t d = net.wait_rx(&len);
      auto &p = net.rx_pkt(d);
      bool own = std::memcmp(p.data, mac, 6) == 0;
      if (echo && own)
        answer(p.data, len);
      else if (!echo && own)
        answers = answers + 1;
      net.finish_rx(d);
      net.queue_rx();
    }
  return nullptr;
}

static unsigned ask(Net::Packet &out, unsigned size)
{
  static l4_uint8_t const request[] = { 8, 6, 0, 1, 8, 0, 6, 4, 0, 1 };
  static l4_uint8_t const me[] = { 10, 0, 2, 77 }, gateway[] = { 10, 0, 2, 2 };
  std::memset(&out, 0, sizeof(out));
  std::memset(out.data, 0xff, 6);
  std::memcpy(out.data + 6, mac, 6);
  std::memcpy(out.data + 12, request, sizeof(request));
  std::memcpy(out.data + 22, mac, 6);
  std::memcpy(out.data + 28, me, 4);
  std::memcpy(out.data + 38, gateway, 4);
  return size;
}

int main(int argc, char **argv)
{
  echo = argc < 2 || std::strcmp(argv[1], "arp") != 0;
  unsigned count = argc > 2 ? std::atoi(argv[2]) : 10, size = argc > 3 ? std::atoi(argv[3]) : 60;
  pthread_t thread;

  net.setup_device(L4Re::chkcap(L4Re::Env::env()->get_cap<L4virtio::Device>("net"), "net"));
  std::memcpy(mac, net.device_config().mac, 6);
  pthread_create(&thread, nullptr, receive, nullptr);
  l4_ipc_sleep_ms(2000); // the link
  std::printf("ready mac %02x:%02x:%02x:%02x:%02x:%02x\n", mac[0], mac[1], mac[2], mac[3], mac[4],
              mac[5]);
  for (unsigned i = 0; !echo && i < count; ++i)
    {
      net.tx([=](Net::Packet &out) { return ask(out, size); });
      l4_ipc_sleep_ms(20);
    }
  l4_ipc_sleep_ms(500);
  if (!echo)
    std::printf("check: asked %u answered %u\n", count, answers);
  l4_ipc_sleep(L4_IPC_NEVER);
}
