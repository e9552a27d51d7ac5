// SPDX-License-Identifier: MIT
#include <pcap/pcap.h>

struct pcap {
    int unused;
};

static struct pcap the_only;

pcap_t *pcap_open_dead(int linktype, int snaplen)
{
    (void)linktype;
    (void)snaplen;
    return &the_only;
}

void pcap_close(pcap_t *p)
{
    (void)p;
}

int pcap_compile(pcap_t *p, struct bpf_program *program, const char *text, int optimize,
                 uint32_t netmask)
{
    (void)p;
    (void)program;
    (void)text;
    (void)optimize;
    (void)netmask;
    return -1;
}

char *pcap_geterr(pcap_t *p)
{
    static char why[] = "there is no libpcap on L4Re to compile it";

    (void)p;
    return why;
}

int pcap_offline_filter(const struct bpf_program *program, const struct pcap_pkthdr *header,
                        const uint8_t *data)
{
    (void)program;
    (void)header;
    (void)data;
    return 1;
}

void pcap_freecode(struct bpf_program *program)
{
    (void)program;
}
