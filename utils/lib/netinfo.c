/* SPDX-License-Identifier: Apache-2.0 */
#include "netinfo.h"

#include <abi/iomsg.h>
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE 16384u

static int ask(int fd, int kind, size_t first, void *to)
{
    struct _sock_msg m = {.type = _IO_MSG,
                          .combine_len = sizeof m,
                          .mgrid = _SOCK_MGRID,
                          .subtype = _SOCK_LIST,
                          .flags = (int)first,
                          .option = kind,
                          .data_len = PIECE};
    return (int)MsgSend(fd, &m, sizeof m, to, PIECE);
}

void *netinfo_list(int kind, size_t size, size_t *count)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), n;
    char *all = NULL;
    *count = 0;
    if (fd == -1)
        return NULL;
    do {
        char *more = realloc(all, *count * size + PIECE);
        n = more != NULL ? ask(fd, kind, *count, more + *count * size) : -1;
        if (more != NULL)
            all = more;
        if (n > 0)
            *count += (size_t)n / size;
    } while (n > 0);
    if (n == -1) {
        int error = errno;
        free(all);
        all = NULL;
        errno = error;
    }
    close(fd);
    return all;
}

int netinfo_set(const struct _sock_if *values, int what)
{
    struct _sock_msg m = {.type = _IO_MSG,
                          .combine_len = sizeof m,
                          .mgrid = _SOCK_MGRID,
                          .subtype = _SOCK_SETIF,
                          .option = what};
    iov_t parts[2];
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd == -1)
        return -1;
    SETIOV(&parts[0], &m, sizeof m);
    SETIOV(&parts[1], (void *)values, sizeof *values);
    int rc = (int)MsgSendv(fd, parts, 2, NULL, 0), error = errno;
    close(fd);
    errno = error;
    return rc;
}

const char *netinfo_address(const unsigned char *ip, int is_v6, int port, char text[64])
{
    static const unsigned char zero[16];
    if (memcmp(ip, zero, is_v6 ? 16 : 4) == 0)
        strcpy(text, "*");
    else
        inet_ntop(is_v6 ? AF_INET6 : AF_INET, ip, text, 64);
    if (port != 0)
        snprintf(text + strlen(text), 64 - strlen(text), port == -1 ? ".*" : ".%d", port);
    return text;
}
