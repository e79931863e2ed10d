/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
#ifdef __USAGE
%C - looks up the addresses of a host, or the name of an address

%C host

Asks as every program does: /etc/hosts, then the servers in /etc/resolv.conf.
#endif
/* clang-format on */
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_CANONNAME}, *list;
    char text[NI_MAXHOST];
    if (argc != 2) {
        fprintf(stderr, "usage: nslookup host\n");
        return EXIT_FAILURE;
    }
    int error = getaddrinfo(argv[1], NULL, &hints, &list);
    if (error != 0) {
        fprintf(stderr, "nslookup: %s: %s\n", argv[1], gai_strerror(error));
        return EXIT_FAILURE;
    }
    if (list->ai_canonname != NULL)
        printf("Name:    %s\n", list->ai_canonname);
    for (struct addrinfo *a = list; a != NULL; a = a->ai_next) {
        if (getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST) == 0)
            printf("Address: %s\n", text);
        if (getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof text, NULL, 0, NI_NAMEREQD) == 0)
            printf("         is %s\n", text);
    }
    freeaddrinfo(list);
    return EXIT_SUCCESS;
}
