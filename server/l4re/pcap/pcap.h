// SPDX-License-Identifier: MIT
/* L4Re has no libpcap: captures work without it, only filter expressions do not. */
#ifndef SERVER_L4RE_PCAP_H
#define SERVER_L4RE_PCAP_H

#include <stdint.h>
#include <sys/time.h>

#define DLT_EN10MB           1
#define PCAP_NETMASK_UNKNOWN 0xffffffffu

typedef struct pcap pcap_t;
struct bpf_program {
    int unused;
};
struct pcap_pkthdr {
    struct timeval ts;
    uint32_t caplen, len;
};

pcap_t *pcap_open_dead(int linktype, int snaplen);
void pcap_close(pcap_t *p);
/* Always fails; pcap_geterr says why. */
int pcap_compile(pcap_t *p, struct bpf_program *program, const char *text, int optimize,
                 uint32_t netmask);
char *pcap_geterr(pcap_t *p);
int pcap_offline_filter(const struct bpf_program *program, const struct pcap_pkthdr *header,
                        const uint8_t *data);
void pcap_freecode(struct bpf_program *program);

#endif
