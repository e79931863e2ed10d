/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
#ifdef __USAGE
%C - shows routes, sets the default one

%C [show]
%C add default gateway
%C delete default

The other routes come with the addresses of the interfaces.
#endif
/* clang-format on */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../lib/netinfo.h"

static void row(const char *to, const char *through, const char *mask, const char *name)
{
    printf("%-24s %-24s %-16s %s\n", to, through, mask, name);
}

static void show(const struct _sock_if *f)
{
    char to[INET_ADDRSTRLEN], mask[INET_ADDRSTRLEN], gateway[INET_ADDRSTRLEN];
    uint32_t net = f->addr & f->mask;
    if (f->is_default && f->gateway != 0)
        row("default", inet_ntop(AF_INET, &f->gateway, gateway, sizeof gateway), "0.0.0.0", f->name);
    if (f->addr != 0)
        row(inet_ntop(AF_INET, &net, to, sizeof to), "link",
            inet_ntop(AF_INET, &f->mask, mask, sizeof mask), f->name);
    for (int i = 0; i < _SOCK_IF_V6; i++) {
        unsigned char prefix[16] = {0};
        char text[INET6_ADDRSTRLEN + 8];
        unsigned bytes = f->v6_prefix[i] / 8;
        if (bytes == 0 || bytes > 16)
            continue;
        memcpy(prefix, f->v6[i], bytes);
        inet_ntop(AF_INET6, prefix, text, sizeof text);
        snprintf(text + strlen(text), 8, "/%u", f->v6_prefix[i]);
        row(text, "link", "", f->name);
    }
}

static int show_all(const struct _sock_if *all, size_t count)
{
    row("destination", "gateway", "netmask", "interface");
    for (size_t i = 0; i < count; i++)
        show(&all[i]);
    return EXIT_SUCCESS;
}

/* The default route is the gateway of the default interface. */
static int set_default(const struct _sock_if *all, size_t count, const char *gateway)
{
    for (size_t i = 0; i < count; i++) {
        struct _sock_if values = all[i];
        if (!values.is_default)
            continue;
        values.gateway = 0;
        if (gateway != NULL && inet_pton(AF_INET, gateway, &values.gateway) != 1) {
            fprintf(stderr, "route: %s: not an IPv4 address\n", gateway);
            return EXIT_FAILURE;
        }
        if (netinfo_set(&values, _SOCK_SET_GATEWAY) == 0)
            return EXIT_SUCCESS;
        fprintf(stderr, "route: %s: %s\n", values.name, strerror(errno));
        return EXIT_FAILURE;
    }
    fprintf(stderr, "route: there is no network device\n");
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    size_t count;
    bool add = argc == 4 && strcmp(argv[1], "add") == 0 && strcmp(argv[2], "default") == 0;
    bool delete = argc == 3 && strcmp(argv[1], "delete") == 0 && strcmp(argv[2], "default") == 0;
    if (argc > 2 && !add && !delete) {
        fprintf(stderr, "usage: route [show] | add default GATEWAY | delete default\n");
        return EXIT_FAILURE;
    }
    struct _sock_if *all = netinfo_list(_SOCK_LIST_IF, sizeof *all, &count);
    if (all == NULL) {
        fprintf(stderr, "route: %s\n", strerror(errno));
        return EXIT_FAILURE;
    }
    int result = add || delete ? set_default(all, count, add ? argv[3] : NULL) : show_all(all, count);
    free(all);
    return result;
}
