// SPDX-License-Identifier: MIT
/*
 * The names of ixl_get_xstats: what each means is said here, once; which device has it is looked up
 * on the software NICs. A counter without a meaning, a meaning without a counter, or two names with
 * one meaning fail the test.
 */
#include <stdlib.h>
#include <string.h>

#include <ixl/ixl.h>

#include "tests/doc/gen_doc.h"

#define ROOM 512

/* N stands for the number of a queue. */
static const struct {
    const char *name, *meaning;
} names[] = {
    { "rx_pkts", "frames received" },
    { "tx_pkts", "frames sent" },
    { "rx_bytes", "bytes of the frames received" },
    { "tx_bytes", "bytes of the frames sent" },
    { "fwd_dropped", "frames `ixl_forward` had no room for, or could not send" },
    { "link_changes", "times the link went up or down" },
    { "dma_bytes", "memory the device can reach, now" },
    /* received */
    { "rx_good",
      "good frames that passed the filters, whether there was a descriptor for them or not" },
    { "rx_good_octets", "octets of these" },
    { "rx_total", "frames on the wire, good or bad, whoever they were for" },
    { "rx_total_octets", "octets of these" },
    { "rx_unfiltered", "good frames on the wire, whoever they were for" },
    { "rx_unfiltered_octets", "octets of these" },
    { "rx_to_host", "good frames given to the host, not to management" },
    { "rx_to_host_octets", "octets of these" },
    { "rx_to_host_bytes", "bytes of these" },
    { "rx_broadcast", "good broadcast frames received" },
    { "rx_multicast", "good multicast frames received" },
    { "rx_64", "good frames received of 64 octets" },
    { "rx_65_127", "received, of 65 to 127 octets" },
    { "rx_128_255", "received, of 128 to 255 octets" },
    { "rx_256_511", "received, of 256 to 511 octets" },
    { "rx_512_1023", "received, of 512 to 1023 octets" },
    { "rx_1024_max", "received, of 1024 octets and more" },
    /* lost */
    { "rx_missed", "frames lost because the packet buffer was full" },
    { "rx_no_buffer",
      "frames that found no descriptor; they wait in the packet buffer, or are lost" },
    { "rx_reset_dropped", "frames dropped by `ixl_reset` before anyone took them" },
    { "tx_reset_dropped", "frames to be sent that `ixl_reset` gave back unsent" },
    { "tx_discarded", "frames to be sent that the MAC dropped: excessive collisions, no link" },
    /* bad */
    { "rx_crc_errors", "frames with a wrong FCS" },
    { "rx_alignment_errors", "frames of no whole number of bytes, at 10 and 100 Mb/s" },
    { "rx_symbol_errors", "symbol errors on the wire" },
    { "rx_phy_errors", "frames during which the PHY reported an error (RX_ER)" },
    { "rx_sequence_errors", "sequence errors of the link, on fibre" },
    { "rx_carrier_extension_errors", "errors in a carrier extension, in half duplex at 1 Gb/s" },
    { "rx_illegal_bytes", "bytes with an illegal code" },
    { "rx_error_bytes", "bytes with an error code" },
    { "rx_short_discards", "frames too short for the MAC to see" },
    { "rx_local_faults", "faults of this end of the link" },
    { "rx_remote_faults", "faults of the other end" },
    { "rx_size_errors", "frames too short or too long, together" },
    { "rx_length_errors", "frames whose length field does not say their length" },
    { "rx_undersize", "frames shorter than 64 octets, with a good FCS" },
    { "rx_fragments", "frames shorter than 64 octets, with a wrong FCS" },
    { "rx_oversize", "frames longer than allowed, with a good FCS" },
    { "rx_jabber", "frames longer than allowed, with a wrong FCS" },
    { "rx_checksum_errors", "frames whose IP, TCP or UDP checksum was wrong" },
    { "rx_errors_seen", "frames the driver threw away: reported as bad, or described by nonsense" },
    { "rx_no_buf", "attempts to arm descriptors that the pool could not serve" },
    { "rx_csum_completed", "checksums left open by the sender that the driver completed" },
    /* sent */
    { "tx_good", "good frames sent" },
    { "tx_good_octets", "octets of the good frames sent" },
    { "tx_total", "all frames sent" },
    { "tx_total_octets", "octets of all frames sent" },
    { "tx_from_host", "good frames sent that came from the host, not from management" },
    { "tx_from_host_octets", "octets of the frames from the host" },
    { "tx_from_host_bytes", "bytes of the frames from the host" },
    { "tx_broadcast", "broadcast frames sent" },
    { "tx_multicast", "multicast frames sent" },
    { "tx_64", "frames sent of 64 octets" },
    { "tx_65_127", "sent, of 65 to 127 octets" },
    { "tx_128_255", "sent, of 128 to 255 octets" },
    { "tx_256_511", "sent, of 256 to 511 octets" },
    { "tx_512_1023", "sent, of 512 to 1023 octets" },
    { "tx_1024_max", "sent, of 1024 octets and more" },
    { "tx_segmented", "frames handed over for segmentation (contexts for it)" },
    { "tx_segmented_failed", "of these, those that failed" },
    { "tx_single_collisions", "frames sent after one collision" },
    { "tx_multiple_collisions", "frames sent after several collisions" },
    { "tx_excessive_collisions", "frames given up after 16 collisions" },
    { "tx_late_collisions", "collisions after the first 64 octets" },
    { "tx_collisions", "collisions, all together" },
    { "tx_deferred", "times the sender had to wait for the medium" },
    { "tx_no_carrier", "frames sent without carrier sense" },
    /* flow control */
    { "rx_xon", "XON pause frames received" },
    { "rx_xoff", "XOFF pause frames received" },
    { "rx_pause_unsupported",
      "pause frames received that were not obeyed, as they were not asked for" },
    { "tx_xon", "XON pause frames sent" },
    { "tx_xoff", "XOFF pause frames sent" },
    /* management */
    { "rx_management", "frames received for the management firmware" },
    { "rx_management_dropped", "of these, those it had no room for" },
    { "tx_management", "frames sent by the management firmware" },
    /* queues */
    { "rxqN_pkts", "frames received by the queue" },
    { "rxqN_bytes", "bytes of the frames received by the queue" },
    { "rxqN_dropped", "frames the queue had no descriptor for" },
    { "rxqN_irqs", "interrupts of the queue" },
    { "rxqN_waits", "times its `ixl_rx_batch` went to sleep" },
    { "rxqN_timeouts", "of these, those ended by the timeout" },
    { "rxqN_to_polling", "switches from interrupts to polling" },
    { "rxqN_to_interrupt", "switches from polling to interrupts" },
    { "rxqN_polling", "1 while it polls" },
    { "rxqN_pool_capacity", "buffers of its pool, now" },
    { "rxqN_pool_in_use", "of these in use, now" },
    { "rxqN_pool_high_water", "the most that ever were in use" },
    { "rxqN_pool_bytes", "memory of its pool, now" },
    { "rxqN_pool_alloc_failures", "allocations the pool could not serve" },
    { "txqN_pkts", "frames sent by the queue" },
    { "txqN_bytes", "bytes of the frames sent by the queue" },
};
#define NAMES (sizeof(names) / sizeof(names[0]))

static bool fits(const char *pattern, const char *name)
{
    size_t n = strcspn(pattern, "N");

    if (pattern[n] != 'N')
        return strcmp(pattern, name) == 0;
    return strncmp(pattern, name, n) == 0 && strspn(name + n, "0123456789") > 0 &&
           strcmp(pattern + n + 1, name + n + strspn(name + n, "0123456789")) == 0;
}

/* has[i]: the model has names[i]. */
static bool look(const char *model, bool has[NAMES])
{
    static struct ixl_xstat all[ROOM];
    struct ixl_device *dev;
    char address[80];
    bool ok = true;

    snprintf(address, sizeof(address), "sim:%s", model);
    int n = ixl_open(address, NULL, &dev) == 0 ? ixl_get_xstats(dev, all, ROOM) : -1;
    for (int i = 0; i < n && i < ROOM; i++) {
        unsigned k = 0;
        while (k < NAMES && !fits(names[k].name, all[i].name))
            k++;
        if (k < NAMES)
            has[k] = true;
        else
            fprintf(stderr, "tests/doc/statistics.c does not say what \"%s\" is\n", all[i].name);
        ok = ok && k < NAMES;
    }
    if (n > 0)
        ixl_close(dev);
    return ok && n > 0;
}

static bool one_meaning_each(bool has[MODELS][NAMES])
{
    bool ok = true;

    for (unsigned k = 0; k < NAMES; k++) {
        bool used = false;
        for (unsigned m = 0; m < MODELS; m++)
            used = used || has[m][k];
        if (!used)
            fprintf(stderr, "no device has a counter \"%s\"\n", names[k].name);
        ok = ok && used;
        /* "octets of these" leans on the row above */
        for (unsigned j = 0; j < k; j++)
            if (strcmp(names[j].name, names[k].name) == 0 ||
                (!strstr(names[k].meaning, "these") &&
                 strcmp(names[j].meaning, names[k].meaning) == 0)) {
                fprintf(stderr, "\"%s\" and \"%s\" are one\n", names[j].name, names[k].name);
                ok = false;
            }
    }
    return ok;
}

bool statistics(FILE *out)
{
    bool has[MODELS][NAMES] = { { false } };
    bool ok = true;

    for (unsigned m = 0; m < MODELS; m++)
        ok = look(models[m], has[m]) && ok;
    if (!ok || !one_meaning_each(has))
        return false;
    fprintf(
        out,
        "# Statistics\n\n"
        "Made by `scripts/gen-devices` from the counters that each software NIC gives by "
        "`ixl_get_xstats`; do not\nedit. What holds for a model holds for its family, but that "
        "older and simpler members lack some: the PCH\n(82577 and later, I217 to I219) counts no "
        "collisions and no sizes, ICH8 to ICH10 no sizes, the 82543 no\nmanagement frames. A "
        "counter that a part has not is absent, not 0. Names keep their order while a device is\n"
        "open.\n\n"
        "Counters run from `ixl_init` on, are 64 bits wide and survive `ixl_reset`. Octets are of "
        "the "
        "wire and include\nthe FCS, bytes are of memory and do not. The hardware's counters have "
        "32 "
        "bits (octets 36 or 64) and are added\nup when statistics are read: at 10 Gb/s one is full "
        "after less than 5 minutes of shortest frames, and the bytes\nof igb's queues wrap after "
        "34 "
        "seconds at 1 Gb/s. Read more often than that. On igb `rx_bytes` contains the\nbytes of "
        "frames "
        "that a queue dropped (`rxqN_dropped`); the hardware does not count them apart. On ixgbe "
        "queues\nshare 16 sets of counters: with more than 16 queues these are named `rxsetN_...` "
        "and "
        "`txsetN_...`, set N\nbeing of queues N, N + 16, ... On virtio the driver counts, and what "
        "it "
        "has handed over counts as sent.\n\n| Name | Meaning |");
    for (unsigned m = 0; m < MODELS; m++)
        fprintf(out, " %s |", models[m]);
    fprintf(out, "\n|---|---|---|---|---|---|---|---|---|---|\n");
    for (unsigned k = 0; k < NAMES; k++) {
        fprintf(out, "| `%s` | %s |", names[k].name, names[k].meaning);
        for (unsigned m = 0; m < MODELS; m++)
            fprintf(out, has[m][k] ? " yes |" : " - |");
        fprintf(out, "\n");
    }
    return true;
}
