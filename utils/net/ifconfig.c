/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
#ifdef __USAGE
%C - shows and sets network interfaces

%C [interface]
%C interface [address] [netmask mask] [gateway address] [dns address] [up | down] [dhcp | -dhcp]

Setting an address stops DHCP on the interface.
#endif
/* clang-format on */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../lib/netinfo.h"

static void show_flags(uint32_t flags)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } names[] = {{IFF_UP, "UP"},           {IFF_BROADCAST, "BROADCAST"}, {IFF_LOOPBACK, "LOOPBACK"},
                 {IFF_RUNNING, "RUNNING"}, {IFF_MULTICAST, "MULTICAST"}};
    const char *between = "";
    printf("flags=%x<", flags);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!(flags & names[i].bit))
            continue;
        printf("%s%s", between, names[i].name);
        between = ",";
    }
    printf(">");
}

static const char *ipv4(uint32_t address, char text[INET_ADDRSTRLEN])
{
    return inet_ntop(AF_INET, &address, text, INET_ADDRSTRLEN);
}

static void show(const struct _sock_if *f)
{
    char a[INET6_ADDRSTRLEN], b[INET6_ADDRSTRLEN];
    printf("%s: ", f->name);
    show_flags(f->flags);
    printf(" mtu %u\n", f->mtu);
    if (!(f->flags & IFF_LOOPBACK))
        printf("\taddress: %02x:%02x:%02x:%02x:%02x:%02x\n", f->mac[0], f->mac[1], f->mac[2], f->mac[3],
               f->mac[4], f->mac[5]);
    if (f->addr != 0)
        printf("\tinet %s netmask %s%s\n", ipv4(f->addr, a), ipv4(f->mask, b), f->dhcp ? " dhcp" : "");
    for (int i = 0; i < _SOCK_IF_V6; i++)
        if (f->v6_prefix[i] != 0)
            printf("\tinet6 %s prefixlen %u\n", inet_ntop(AF_INET6, f->v6[i], a, sizeof a), f->v6_prefix[i]);
    if (f->gateway != 0)
        printf("\tgateway %s\n", ipv4(f->gateway, a));
    for (int i = 0; i < 2 && f->is_default; i++)
        if (f->dns[i] != 0)
            printf("\tdns %s\n", ipv4(f->dns[i], a));
    if (!(f->flags & IFF_LOOPBACK))
        printf("\tin %llu packets, %llu bytes, %llu dropped; out %llu packets, %llu bytes, %llu dropped\n",
               (unsigned long long)f->in_packets, (unsigned long long)f->in_bytes,
               (unsigned long long)f->in_dropped, (unsigned long long)f->out_packets,
               (unsigned long long)f->out_bytes, (unsigned long long)f->out_dropped);
}

static int show_all(const char *name)
{
    size_t count, shown = 0;
    struct _sock_if *all = netinfo_list(_SOCK_LIST_IF, sizeof *all, &count);
    if (all == NULL) {
        fprintf(stderr, "ifconfig: %s\n", strerror(errno));
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < count; i++) {
        all[i].name[sizeof all[i].name - 1] = '\0';
        if (name != NULL && strcmp(name, all[i].name) != 0)
            continue;
        show(&all[i]);
        shown++;
    }
    free(all);
    if (name == NULL || shown > 0)
        return EXIT_SUCCESS;
    fprintf(stderr, "ifconfig: there is no interface %s\n", name);
    return EXIT_FAILURE;
}

static bool parse_address(const char *text, uint32_t *address)
{
    if (text != NULL && inet_pton(AF_INET, text, address) == 1)
        return true;
    fprintf(stderr, "ifconfig: %s: not an IPv4 address\n", text != NULL ? text : "(nothing)");
    return false;
}

static bool parse(char **words, struct _sock_if *f, int *what)
{
    for (; *words != NULL; words++) {
        uint32_t *address = &f->addr;
        int bit = _SOCK_SET_ADDR;
        if (strcmp(*words, "up") == 0 || strcmp(*words, "down") == 0) {
            f->flags = **words == 'u' ? IFF_UP : 0;
            *what |= _SOCK_SET_UP;
            continue;
        }
        if (strcmp(*words, "dhcp") == 0 || strcmp(*words, "-dhcp") == 0) {
            f->dhcp = **words == 'd';
            *what |= _SOCK_SET_DHCP;
            continue;
        }
        if (strcmp(*words, "netmask") == 0)
            words++, address = &f->mask, bit = _SOCK_SET_MASK;
        else if (strcmp(*words, "gateway") == 0)
            words++, address = &f->gateway, bit = _SOCK_SET_GATEWAY;
        else if (strcmp(*words, "dns") == 0)
            words++, address = &f->dns[0], bit = _SOCK_SET_DNS;
        if (!parse_address(*words, address))
            return false;
        *what |= bit;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct _sock_if values = {0};
    int what = 0;
    if (argc <= 2)
        return show_all(argc == 2 && strcmp(argv[1], "-a") != 0 ? argv[1] : NULL);
    if (strlen(argv[1]) >= sizeof values.name) {
        fprintf(stderr, "ifconfig: there is no interface %s\n", argv[1]);
        return EXIT_FAILURE;
    }
    strcpy(values.name, argv[1]);
    if (!parse(argv + 2, &values, &what))
        return EXIT_FAILURE;
    if (netinfo_set(&values, what) == 0)
        return EXIT_SUCCESS;
    fprintf(stderr, "ifconfig: %s: %s\n", argv[1], strerror(errno));
    return EXIT_FAILURE;
}
