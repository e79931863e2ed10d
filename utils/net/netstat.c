/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
#ifdef __USAGE
%C - shows sockets or interfaces

%C [-a] [-n] [-i]

 -a  sockets that wait for connections or datagrams, too
 -i  packets of each interface
 -n  numbers (which is what it always shows)
#endif
/* clang-format on */
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/netinfo.h"

static const char *state_name(unsigned state)
{
    static const char *const names[] = {
        "CLOSED",     "LISTEN",     "SYN_SENT", "SYN_RCVD", "ESTABLISHED", "FIN_WAIT_1",
        "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING",  "LAST_ACK", "TIME_WAIT"};
    return state < sizeof names / sizeof names[0] ? names[state] : "?";
}

static void show_socket(const struct _sock_info *s, bool all)
{
    char local[64], remote[64];
    bool tcp = s->protocol == IPPROTO_TCP;
    const char *name = tcp ? "tcp" : s->protocol == IPPROTO_UDP ? "udp" : "raw";
    if (s->domain == AF_UNIX || (!all && (!tcp || s->state <= 1)))
        return;
    printf("%s%c  %8u %8u  %-30s %-30s %s\n", name, s->domain == AF_INET6 ? '6' : ' ', s->received, s->unsent,
           netinfo_address(s->local, s->is_v6, s->local_port ? s->local_port : -1, local),
           netinfo_address(s->remote, s->is_v6, s->remote_port ? s->remote_port : -1, remote),
           tcp ? state_name(s->state) : "");
}

static int show_sockets(bool all)
{
    size_t count;
    struct _sock_info *list = netinfo_list(_SOCK_LIST_SOCKETS, sizeof *list, &count);
    if (list == NULL)
        return EXIT_FAILURE;
    printf("proto   recv-q   send-q  %-30s %-30s state\n", "local", "remote");
    for (size_t i = 0; i < count; i++)
        show_socket(&list[i], all);
    free(list);
    return EXIT_SUCCESS;
}

static int show_interfaces(void)
{
    size_t count;
    struct _sock_if *list = netinfo_list(_SOCK_LIST_IF, sizeof *list, &count);
    if (list == NULL)
        return EXIT_FAILURE;
    printf("name      mtu   in-packets   in-dropped  out-packets  out-dropped\n");
    for (size_t i = 0; i < count; i++)
        printf("%-6.16s %6u %12llu %12llu %12llu %12llu\n", list[i].name, list[i].mtu,
               (unsigned long long)list[i].in_packets, (unsigned long long)list[i].in_dropped,
               (unsigned long long)list[i].out_packets, (unsigned long long)list[i].out_dropped);
    free(list);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    bool all = false, interfaces = false;
    int option;
    while ((option = getopt(argc, argv, "ain")) != -1) {
        all = all || option == 'a';
        interfaces = interfaces || option == 'i';
        if (option == '?')
            return EXIT_FAILURE;
    }
    int result = interfaces ? show_interfaces() : show_sockets(all);
    if (result != EXIT_SUCCESS)
        fprintf(stderr, "netstat: %s\n", strerror(errno));
    return result;
}
