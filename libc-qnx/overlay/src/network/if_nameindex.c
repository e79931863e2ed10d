/* SPDX-License-Identifier: Apache-2.0 */
/* Instead of musl's, which ask netlink and ioctl(): names and numbers of interfaces, from io-net. */
#define _GNU_SOURCE
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "qrv_interfaces.h"

static int ask(void)
{
    return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static int leave(int fd, int error)
{
    close(fd);
    errno = error;
    return error;
}

/* The interface of that name, or of that number when name is NULL. */
static int find(const char *name, unsigned index, struct _sock_if *out)
{
    struct _sock_if list[QRV_INTERFACES];
    int fd = ask(), n, first = 0;
    if (fd == -1)
        return errno;
    while ((n = __qrv_interfaces(fd, first, list)) > 0) {
        for (int i = 0; i < n; i++) {
            if (name != NULL ? strcmp(list[i].name, name) != 0 : list[i].index != index)
                continue;
            *out = list[i];
            return leave(fd, 0);
        }
        first += n;
    }
    return leave(fd, n < 0 ? errno : name != NULL ? ENODEV : ENXIO);
}

unsigned if_nametoindex(const char *name)
{
    struct _sock_if f;
    return find(name, 0, &f) == 0 ? f.index : 0;
}

char *if_indextoname(unsigned index, char *name)
{
    struct _sock_if f;
    return find(NULL, index, &f) == 0 ? strncpy(name, f.name, IF_NAMESIZE) : NULL;
}

/* One block: the array, then the names. */
struct if_nameindex *if_nameindex(void)
{
    struct _sock_if list[QRV_INTERFACES];
    int fd = ask();
    int n = fd == -1 ? -1 : __qrv_interfaces(fd, 0, list);
    struct if_nameindex *all = NULL;
    if (n >= 0)
        all = calloc(1, ((size_t)n + 1) * sizeof *all + (size_t)n * IF_NAMESIZE);
    char *names = all != NULL ? (char *)(all + n + 1) : NULL;
    for (int i = 0; all != NULL && i < n; i++) {
        all[i].if_index = list[i].index;
        all[i].if_name = strncpy(names + i * IF_NAMESIZE, list[i].name, IF_NAMESIZE - 1);
    }
    if (fd != -1)
        leave(fd, all != NULL ? errno : ENOBUFS);
    return all;
}
