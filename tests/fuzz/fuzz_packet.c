/* SPDX-License-Identifier: Apache-2.0 */
/* Ethernet frames as a device brings them, through lwIP as io-net configures it, with its sum and its look at ICMP errors, to a
 * TCP socket that sends everything back, a UDP one, and ping.  An input is frames, each behind its length (2).  Sums are not checked, and the
 * numbers of every other TCP segment are made right: what is behind those checks is to be reached.  Whatever comes in, lwIP's
 * assertions hold, and nothing of the connections is left when they are over. */
#include "fuzz.h"

#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/prot/tcp.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>
#include <lwip/udp.h>
#include <netif/ethernet.h>
#include <net_hooks.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../services/io-net/frame.h"
#include "../../services/io-net/icmp_error.h"

enum { ETHERNET = 14, IPV4 = 20, TCP_AT = ETHERNET + IPV4 };

static struct netif netif;
static u32_t clock_ms;
static int connections;

u32_t sys_now(void)
{
    return clock_ms;
}

unsigned net_random(void)
{
    return 4; /* the same in each run */
}

void net_assert(const char *text, const char *file, int line)
{
    fprintf(stderr, "lwIP: %s (%s:%d)\n", text, file, line);
    abort();
}

int net_look_at(struct pbuf *p)
{
    uint8_t packet[ICMP_LOOK_AT];
    struct icmp_refusal refusal;
    size_t n = pbuf_copy_partial(p, packet, sizeof packet, 0);
    if (p->len >= 20)
        icmp_refused(packet, n, p->tot_len, &refusal);
    return 0;
}

/* All of a frame is read: ASan sees what is not there. */
static err_t link_output(struct netif *to, struct pbuf *p)
{
    uint8_t frame[FRAME_MAX];
    (void)to;
    if (p->tot_len > sizeof frame || pbuf_copy_partial(p, frame, p->tot_len, 0) != p->tot_len)
        abort();
    return ERR_OK;
}

static err_t start(struct netif *n)
{
    static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
    memcpy(n->hwaddr, mac, sizeof mac);
    n->hwaddr_len = 6;
    n->name[0] = 'e';
    n->name[1] = 'n';
    n->mtu = 1500;
    n->output = etharp_output;
    n->output_ip6 = ethip6_output;
    n->linkoutput = link_output;
    n->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_IGMP | NETIF_FLAG_MLD6;
    return ERR_OK;
}

static err_t on_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t error)
{
    (void)arg, (void)error;
    if (p == NULL) {
        connections--;
        tcp_arg(pcb, NULL);
        tcp_err(pcb, NULL);
        tcp_recv(pcb, NULL);
        if (tcp_close(pcb) != ERR_OK) {
            tcp_abort(pcb);
            return ERR_ABRT;
        }
        return ERR_OK;
    }
    for (struct pbuf *q = p; q != NULL; q = q->next)
        if (tcp_write(pcb, q->payload, q->len, TCP_WRITE_FLAG_COPY) != ERR_OK)
            break;
    tcp_recved(pcb, p->tot_len);
    pbuf_free(p);
    return ERR_OK;
}

static void on_error(void *arg, err_t error)
{
    (void)arg, (void)error;
    connections--;
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t error)
{
    if (pcb == NULL || error != ERR_OK)
        return ERR_VAL;
    connections++;
    tcp_arg(pcb, arg);
    tcp_recv(pcb, on_recv);
    tcp_err(pcb, on_error);
    return ERR_OK;
}

static void on_datagram(void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from, u16_t port)
{
    (void)arg;
    udp_sendto(pcb, p, from, port);
    pbuf_free(p);
}

static void set_up(void)
{
    ip4_addr_t address, mask, gateway;
    lwip_init();
    IP4_ADDR(&address, 10, 0, 2, 15);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    IP4_ADDR(&gateway, 10, 0, 2, 2);
    netif_add(&netif, &address, &mask, &gateway, NULL, start, ethernet_input);
    netif_create_ip6_linklocal_address(&netif, 1);
    netif.ip6_autoconfig_enabled = 1;
    netif_set_default(&netif);
    netif_set_up(&netif);
    netif_set_link_up(&netif);
    netif.chksum_flags = NETIF_CHECKSUM_GEN_IP | NETIF_CHECKSUM_GEN_UDP | NETIF_CHECKSUM_GEN_TCP |
                         NETIF_CHECKSUM_GEN_ICMP | NETIF_CHECKSUM_GEN_ICMP6;
    struct tcp_pcb *pcb = tcp_new_ip_type(IPADDR_TYPE_ANY);
    struct udp_pcb *udp = udp_new_ip_type(IPADDR_TYPE_ANY);
    if (pcb == NULL || udp == NULL || tcp_bind(pcb, IP_ANY_TYPE, 80) != ERR_OK || udp_bind(udp, IP_ANY_TYPE, 7) != ERR_OK ||
        (pcb = tcp_listen(pcb)) == NULL)
        abort();
    tcp_accept(pcb, on_accept);
    udp_recv(udp, on_datagram, NULL);
}

/* A segment for the newest connection: its acknowledgement is of all that was sent, its place near the one expected. */
static void make_right(uint8_t *frame, size_t n)
{
    struct tcp_hdr head;
    const struct tcp_pcb *pcb = tcp_active_pcbs;
    if (pcb == NULL || n < TCP_AT + sizeof head || frame[12] != 8 || frame[ETHERNET] != 0x45 || frame[ETHERNET + 9] != 6)
        return;
    memcpy(&head, frame + TCP_AT, sizeof head);
    if (lwip_ntohs(head.src) != pcb->remote_port)
        return;
    head.ackno = lwip_htonl(pcb->snd_nxt);
    head.seqno = lwip_htonl(pcb->rcv_nxt + (lwip_ntohl(head.seqno) & 0xff));
    memcpy(frame + TCP_AT, &head, sizeof head);
}

static void bring(const uint8_t *bytes, size_t n, int is_right)
{
    uint8_t frame[FRAME_MAX];
    memcpy(frame, bytes, n);
    if (is_right)
        make_right(frame, n);
    struct pbuf *p = frame_pbuf(frame, n, PBUF_RAM); /* no longer than the frame: ASan sees its end */
    if (p == NULL)
        abort();
    if (netif.input(p, &netif) != ERR_OK)
        pbuf_free(p);
    netif_poll_all();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int is_up;
    if (!is_up)
        set_up();
    is_up = 1;
    for (size_t at = 0, number = 0; at + 2 < size && number < 64; number++) {
        size_t n = (size_t)(data[at] | data[at + 1] << 8) % (FRAME_MAX + 1);
        at += 2;
        n = n < size - at ? n : size - at;
        if (n > 0)
            bring(data + at, n, data[at - 1] < 0x80);
        at += n;
        clock_ms += 100;
        sys_check_timeouts();
    }
    while (tcp_active_pcbs != NULL)
        tcp_abort(tcp_active_pcbs);
    while (tcp_tw_pcbs != NULL)
        tcp_abort(tcp_tw_pcbs);
    clock_ms += 60000; /* fragments that wait for others are given up */
    sys_check_timeouts();
    if (connections != 0)
        abort();
    return 0;
}
