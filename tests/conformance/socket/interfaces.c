/* SPDX-License-Identifier: Apache-2.0 */
/* getifaddrs(), if_nameindex(), if_nametoindex(), if_indextoname() with the loopback interface.
 * Documentation: POSIX <net/if.h>; getifaddrs(). */
#define _GNU_SOURCE
#include "socket.h"

#include <ifaddrs.h>
#include <net/if.h>

static void test_names(void)
{
    char name[IF_NAMESIZE] = "";
    struct if_nameindex *all = if_nameindex();
    unsigned index = if_nametoindex("lo0");
    int there = 0;
    ok(index > 0, "lo0 has a number");
    ok(if_indextoname(index, name) == name && strcmp(name, "lo0") == 0, "... and the number the name");
    for (int i = 0; all != NULL && all[i].if_index != 0; i++)
        there += all[i].if_index == index && strcmp(all[i].if_name, "lo0") == 0;
    is_int(there, 1, "if_nameindex has it once");
    if_freenameindex(all);
    is_int((int)if_nametoindex("no0"), 0, "no such name");
    is_errno(ENODEV, "... ENODEV");
    ok(if_indextoname(4000, name) == NULL, "no such number");
    is_errno(ENXIO, "... ENXIO");
}

int main(void)
{
    struct ifaddrs *all = NULL;
    int four = 0, six = 0;
    tap_plan(0);
    test_names();
    is_int(getifaddrs(&all), 0, "getifaddrs");
    for (struct ifaddrs *f = all; f != NULL; f = f->ifa_next) {
        if (strcmp(f->ifa_name, "lo0") != 0 || f->ifa_addr == NULL)
            continue;
        if (f->ifa_addr->sa_family == AF_INET)
            four += ((struct sockaddr_in *)(void *)f->ifa_addr)->sin_addr.s_addr == htonl(INADDR_LOOPBACK) &&
                    ((struct sockaddr_in *)(void *)f->ifa_netmask)->sin_addr.s_addr == htonl(0xff000000) &&
                    (f->ifa_flags & IFF_LOOPBACK);
        if (f->ifa_addr->sa_family == AF_INET6)
            six += IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)(void *)f->ifa_addr)->sin6_addr);
    }
    is_int(four, 1, "... 127.0.0.1 of lo0, with its mask");
    is_int(six, 1, "... ::1 of lo0");
    freeifaddrs(all);
    return done();
}
