// SPDX-License-Identifier: MIT
#include "netif_ixl.h"

#include <lwip/etharp.h>
#include <lwip/prot/ip.h>
#include <lwip/prot/ip4.h>
#include <netif/ethernet.h>
#include <string.h>

#include "offload.h"

enum {
    ETH_LEN = 14,
    VLAN_LEN = 4,
    TX_ENTRIES = 512,
};

/* ---- sending ---- */

static void drop_pending(struct netif_ixl *n)
{
    for (unsigned i = 0; i < n->num_pending; i++)
        ixl_pkt_buf_free(n->pending[i]);
    n->num_pending = 0;
}

#if LWIP_CHECKSUM_CTRL_PER_NETIF
/* What the stack need not do for frames in general, and for this one. UDP stays its work, for it
 * computes that ahead of cutting a datagram into fragments; ICMP is nobody else's. */
static void tell_stack(struct netif_ixl *n, uint32_t rx_flags)
{
    unsigned todo = NETIF_CHECKSUM_ENABLE_ALL;

    if (n->offload)
        todo &= ~(unsigned)(NETIF_CHECKSUM_GEN_IP | NETIF_CHECKSUM_GEN_TCP);
    if (rx_flags & IXL_RX_IP_CHECKED)
        todo &= ~(unsigned)NETIF_CHECKSUM_CHECK_IP;
    if (rx_flags & IXL_RX_L4_CHECKED)
        todo &= ~(unsigned)(NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP);
    NETIF_SET_CHECKSUM_CTRL(&n->netif, (u16_t)todo);
}
#else
/* This lwIP computes and checks all checksums itself. */
static void tell_stack(struct netif_ixl *n, uint32_t rx_flags)
{
    (void)n;
    (void)rx_flags;
}
#endif

/* The device cannot compute checksums: do it for the frames that wait, and never ask again. */
static void stop_offload(struct netif_ixl *n)
{
    n->offload = false;
    for (unsigned i = 0; i < n->num_pending; i++) {
        n->stats.tx_offloaded -= (n->pending[i]->flags & IXL_TX_FLAGS) != 0;
        offload_complete(n->pending[i]);
    }
    tell_stack(n, 0);
}

void netif_ixl_flush(struct netif_ixl *n)
{
    while (n->num_pending) {
        int sent = ixl_tx_batch(n->dev, 0, n->pending, n->num_pending);
        if (sent == -IXL_EINVAL && n->offload) {
            stop_offload(n);
            continue;
        }
        if (sent < 0) {
            n->error = sent;
            drop_pending(n);
            return;
        }
        if (sent == 0)
            return;
        n->num_pending -= (unsigned)sent;
        memmove(n->pending, n->pending + sent, n->num_pending * sizeof(n->pending[0]));
    }
}

static struct pkt_buf *tx_alloc(struct netif_ixl *n)
{
    struct pkt_buf *buf = ixl_pkt_buf_alloc(n->tx_pool);

    if (buf)
        return buf;
    netif_ixl_flush(n);
    ixl_tx_reclaim(n->dev, 0);
    return ixl_pkt_buf_alloc(n->tx_pool);
}

/* lwIP's linkoutput: the frame is p's whole chain, which stays the stack's. */
static err_t link_output(struct netif *netif, struct pbuf *p)
{
    struct netif_ixl *n = netif->state;
    struct pkt_buf *buf;

    if (p->tot_len < IXL_MIN_FRAME || p->tot_len > ixl_get_max_frame_size(n->dev))
        return ERR_BUF;
    if (n->num_pending == NETIF_IXL_BATCH)
        netif_ixl_flush(n);
    buf = n->num_pending < NETIF_IXL_BATCH ? tx_alloc(n) : NULL;
    if (!buf) {
        n->stats.tx_no_room++;
        return ERR_MEM;
    }
    pbuf_copy_partial(p, buf->data, p->tot_len, 0);
    /* Short frames are the device's to pad, after it has filled in checksums: QEMU's 82574L would
     * make padding of ours part of the IP packet. */
    buf->size = p->tot_len;
    if (n->offload)
        offload_request(buf);
    n->stats.tx_offloaded += (buf->flags & IXL_TX_FLAGS) != 0;
    n->pending[n->num_pending++] = buf;
    return ERR_OK;
}

/* ---- receiving ---- */

/* The stack has let go of a lent buffer. */
static void loan_returned(struct pbuf *p)
{
    struct netif_ixl_loan *loan = (struct netif_ixl_loan *)(void *)p;
    struct netif_ixl *n = loan->owner;

    if (!loan->buf)
        return;
    ixl_pkt_buf_free(loan->buf);
    loan->buf = NULL;
    loan->next_free = n->free_loans;
    n->free_loans = loan;
    n->lent--;
}

static struct pbuf *lend_one(struct netif_ixl *n, struct pkt_buf *buf)
{
    struct netif_ixl_loan *loan = n->free_loans;

    n->free_loans = loan->next_free;
    n->lent++;
    loan->owner = n;
    loan->buf = buf;
    loan->pbuf.custom_free_function = loan_returned;
    return pbuf_alloced_custom(PBUF_RAW, buf->size, PBUF_REF, &loan->pbuf, buf->data,
                               buf->capacity);
}

/* As many pbufs as the frame has pieces; there are enough loans. */
static struct pbuf *lend(struct netif_ixl *n, struct pkt_buf *frame)
{
    struct pbuf *head = NULL;

    while (frame) {
        struct pkt_buf *rest = frame->next;
        frame->next = NULL;
        struct pbuf *p = lend_one(n, frame);
        if (head)
            pbuf_cat(head, p);
        else
            head = p;
        frame = rest;
    }
    n->stats.rx_lent++;
    return head;
}

static struct pbuf *copy(struct netif_ixl *n, struct pkt_buf *frame, size_t len)
{
    struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)len, PBUF_RAM);
    u16_t at = 0;

    for (struct pkt_buf *b = frame; p && b; b = b->next) {
        pbuf_take_at(p, b->data, b->size, at);
        at = (u16_t)(at + b->size);
    }
    ixl_pkt_buf_free(frame);
    if (p)
        n->stats.rx_copied++;
    else
        n->stats.rx_no_memory++;
    return p;
}

static struct pbuf *to_pbuf(struct netif_ixl *n, struct pkt_buf *frame, size_t len)
{
    unsigned pieces = 0, free_loans = 0;

    for (const struct pkt_buf *b = frame; b; b = b->next)
        pieces++;
    for (const struct netif_ixl_loan *l = n->free_loans; l && free_loans < pieces; l = l->next_free)
        free_loans++;
    return free_loans == pieces ? lend(n, frame) : copy(n, frame, len);
}

/* Whether another host can have sent from here. */
static bool foreign_host(const struct netif_ixl *n, const uint8_t *address)
{
    return address[0] != 0 && address[0] != 127 && address[0] < 224 &&
           memcmp(address, &netif_ip4_addr(&n->netif)->addr, 4) != 0;
}

/*
 * ARP, and IPv4 from other hosts with the protocols that are served. What else a stack was built
 * with would only be a way in for peers. lwIP 2.1.3 as Debian builds it ends the program when the
 * checksum of a UDP-Lite datagram is to cover more bytes than there are, and when it is to answer
 * its own or a loopback address while it runs without a thread.
 */
static bool served(const struct netif_ixl *n, const uint8_t *data, size_t len)
{
    const uint8_t *ip = data + ETH_LEN;
    unsigned type = (unsigned)data[12] << 8 | data[13];

    if (type != ETHTYPE_IP)
        return type == ETHTYPE_ARP;
    return len >= ETH_LEN + IP_HLEN && foreign_host(n, ip + 12) &&
           (ip[9] == IP_PROTO_TCP || ip[9] == IP_PROTO_UDP || ip[9] == IP_PROTO_ICMP);
}

/* True if the frame is to be dropped, for the reason it counts. */
static bool unwanted(struct netif_ixl *n, const struct pkt_buf *frame)
{
    uint32_t flags = frame->flags;
    bool bad_ip = (flags & IXL_RX_IP_CHECKED) && (flags & IXL_RX_IP_BAD);
    /* some parts call a UDP checksum of 0, which means none, wrong: the stack looks again */
    bool bad_l4 =
        (flags & IXL_RX_L4_CHECKED) && (flags & IXL_RX_L4_BAD) && (frame->ptype & IXL_PTYPE_TCP);

    if (bad_ip || bad_l4) {
        n->stats.rx_bad++;
        return true;
    }
    bool of_vlan = (flags & IXL_RX_VLAN) && (frame->vlan_tci & 0xfff);
    if (of_vlan || !served(n, frame->data, frame->size)) {
        n->stats.rx_foreign++;
        return true;
    }
    return false;
}

static void receive(struct netif_ixl *n, struct pkt_buf *frame)
{
    size_t len = ixl_pkt_len(frame);
    uint32_t flags = frame->flags;

    if (flags & IXL_RX_L4_BAD)
        flags &= ~(uint32_t)IXL_RX_L4_CHECKED;
    if (frame->size < ETH_LEN || len > UINT16_MAX || unwanted(n, frame) ||
        (n->tap && !frame->next && n->tap(n->tap_ctx, frame->data, len))) {
        ixl_pkt_buf_free(frame);
        return;
    }
    n->stats.rx_checked += (flags & IXL_RX_L4_CHECKED) != 0;
    struct pbuf *p = to_pbuf(n, frame, len);
    if (!p)
        return;
    tell_stack(n, flags);
    if (n->netif.input(p, &n->netif) != ERR_OK)
        pbuf_free(p);
}

int netif_ixl_poll(struct netif_ixl *n)
{
    struct pkt_buf *bufs[NETIF_IXL_BATCH];
    int got = ixl_rx_batch(n->dev, 0, bufs, NETIF_IXL_BATCH);

    /* a dry pool passes: frames are on loan at most until the stack's timers drop them */
    if (got == -IXL_ENOBUFS)
        got = 0;
    for (int i = 0; i < got; i++)
        receive(n, bufs[i]);
    tell_stack(n, 0);
    netif_ixl_flush(n);
    ixl_tx_reclaim(n->dev, 0);
    return n->error ? n->error : got;
}

/* ---- life ---- */

bool netif_ixl_check_link(struct netif_ixl *n)
{
    struct ixl_link link;

    if (ixl_get_link(n->dev, &link) != 0 || link.up == (netif_is_link_up(&n->netif) != 0))
        return false;
    if (link.up)
        netif_set_link_up(&n->netif);
    else
        netif_set_link_down(&n->netif);
    return true;
}

/* lwIP's init of a new netif. */
static err_t set_up(struct netif *netif)
{
    struct netif_ixl *n = netif->state;
    unsigned mtu = ixl_get_max_frame_size(n->dev) - ETH_LEN - VLAN_LEN;

    netif->name[0] = 'i';
    netif->name[1] = 'x';
    netif->hwaddr_len = 6;
    netif->mtu = (u16_t)(mtu < UINT16_MAX ? mtu : UINT16_MAX);
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
    netif->output = etharp_output;
    netif->linkoutput = link_output;
    return ixl_get_mac_addr(n->dev, netif->hwaddr) == 0 ? ERR_OK : ERR_IF;
}

static void make_loans(struct netif_ixl *n)
{
    struct ixl_mempool_stats pool;
    unsigned count = NETIF_IXL_LENT_MAX;

    ixl_mempool_get_stats(ixl_get_rxq_mempool(n->dev, 0), &pool);
    if (count > pool.capacity / 4)
        count = pool.capacity / 4;
    for (unsigned i = 0; i < count; i++) {
        n->loans[i].next_free = n->free_loans;
        n->free_loans = &n->loans[i];
    }
}

int netif_ixl_add(struct netif_ixl *n, struct ixl_device *dev, bool offload)
{
    uint32_t max_frame = ixl_get_max_frame_size(dev);
    uint32_t entry = (uint32_t)sizeof(struct pkt_buf) + ((max_frame + 63u) & ~63u);

    memset(n, 0, sizeof(*n));
    n->dev = dev;
    n->offload = offload;
    if (max_frame < NETIF_IXL_MIN_FRAME)
        return -IXL_ERANGE;
    int err = ixl_mempool_create(dev, TX_ENTRIES, entry, 0, &n->tx_pool);
    if (err)
        return err;
    make_loans(n);
    if (!netif_add(&n->netif, NULL, NULL, NULL, n, set_up, ethernet_input)) {
        ixl_mempool_destroy(n->tx_pool);
        return -IXL_EIO;
    }
    tell_stack(n, 0);
    netif_set_default(&n->netif);
    netif_set_up(&n->netif);
    netif_ixl_check_link(n);
    return 0;
}

void netif_ixl_remove(struct netif_ixl *n)
{
    netif_remove(&n->netif);
    drop_pending(n);
    /* what the stack still holds it will only free; the memory goes with the device */
    for (unsigned i = 0; i < NETIF_IXL_LENT_MAX; i++) {
        ixl_pkt_buf_free(n->loans[i].buf);
        n->loans[i].buf = NULL;
    }
    n->free_loans = NULL;
    n->lent = 0;
    ixl_tx_reclaim(n->dev, 0);
}
