/* SPDX-License-Identifier: Apache-2.0 */
/* Replaces musl's, which reads a link in /proc/self/fd: here the driver knows the path of a descriptor. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "../qrv/qrv.h"

int ttyname_r(int fd, char *name, size_t size)
{
    char path[QRV_PATH_MAX];
    if (!isatty(fd))
        return errno;
    long n = __qrv_fdpath(fd, path, sizeof path);
    if (n < 0)
        return (int)-n;
    if ((size_t)n >= size)
        return ERANGE;
    memcpy(name, path, (size_t)n + 1);
    return 0;
}
