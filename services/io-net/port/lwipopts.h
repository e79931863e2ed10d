/* SPDX-License-Identifier: Apache-2.0 */
/* How io-net configures lwIP: one thread, the raw API, memory from malloc() bounded by the sockets. */
#pragma once

/* io-net is one thread that lwIP's callbacks run in: no threads, no locks of lwIP's. */
#define NO_SYS                        1
#define SYS_LIGHTWEIGHT_PROT          0
#define LWIP_SOCKET                   0
#define LWIP_NETCONN                  0

#ifdef NET_MEMORY /* io-net's own; the fuzzers want malloc()'s checks */
#define MEM_CUSTOM_ALLOCATOR          1
#define MEM_CUSTOM_MALLOC             net_malloc
#define MEM_CUSTOM_FREE               net_free
#define MEM_CUSTOM_CALLOC             net_calloc
#else
#define MEM_LIBC_MALLOC               1
#endif
#define MEMP_MEM_MALLOC               1
#define MEM_ALIGNMENT                 8

#define LWIP_IPV4                     1
#define LWIP_IPV6                     1
#define LWIP_ARP                      1
#define LWIP_ETHERNET                 1
#define LWIP_ICMP                     1
#define LWIP_RAW                      1
#define LWIP_UDP                      1
#define LWIP_TCP                      1
#define LWIP_IGMP                     1
#define LWIP_MULTICAST_TX_OPTIONS     1
#define LWIP_DHCP                     1
#define LWIP_DHCP_DOES_ACD_CHECK      0 /* seconds of waiting for what the server has looked at already */
#define LWIP_DNS                      1 /* only to keep what DHCP says: resolving is libc's */
#define LWIP_DHCP_MAX_DNS_SERVERS     2
#define DNS_MAX_SERVERS               2
#define IP_REASSEMBLY                 1
#define IP_FRAG                       1
#define LWIP_IPV6_REASS               1
#define LWIP_IPV6_FRAG                1
#define IPV6_FRAG_COPYHEADER          1
#define LWIP_IPV6_AUTOCONFIG          1
#define LWIP_IPV6_NUM_ADDRESSES       4
#define LWIP_ND6_RDNSS_MAX_DNS_SERVERS 0
#define LWIP_HOOK_FILENAME            "net_hooks.h"
#define LWIP_HOOK_IP4_INPUT(p, netif) net_look_at(p)
#define LWIP_HOOK_IP6_INPUT(p, netif) net_look_at(p)
#define SO_REUSE                      1

#define LWIP_NETIF_LOOPBACK           1
#define LWIP_HAVE_LOOPIF              1
#define LWIP_LOOPBACK_MAX_PBUFS       512
#define LWIP_NETIF_HOSTNAME           1
#define LWIP_NETIF_LINK_CALLBACK      0
#define LWIP_NETIF_STATUS_CALLBACK    0
#define LWIP_NETIF_EXT_STATUS_CALLBACK 0
#define LWIP_NUM_NETIF_CLIENT_DATA    0

/* Of the loopback interface, which has no MTU; an Ethernet's is what its MTU leaves. */
#define TCP_MSS                       8192
#define TCP_SNDLOWAT                  16384 /* of an API that is not used; lwIP checks it */
#define LWIP_WND_SCALE                1
#define TCP_RCV_SCALE                 2
#define TCP_WND                       (128 * 1024)
#define TCP_SND_BUF                   (128 * 1024)
#define TCP_SND_QUEUELEN              256
#define MEMP_NUM_TCP_SEG              512
#define TCP_QUEUE_OOSEQ               1
#define TCP_OOSEQ_MAX_BYTES           (128 * 1024)
#define TCP_OOSEQ_MAX_PBUFS           256
#define TCP_LISTEN_BACKLOG            1
#define LWIP_TCP_KEEPALIVE            1
#define LWIP_TCP_SACK_OUT             1
#define TCP_MSL                       5000

#define PBUF_POOL_BUFSIZE             1536
#define LWIP_CHECKSUM_ON_COPY         0
#define LWIP_CHECKSUM_CTRL_PER_NETIF  1
#define LWIP_STATS                    0
#define LWIP_TIMERS                   1
