/* SPDX-License-Identifier: Apache-2.0 */
/* Pseudo terminals, in place of musl's /dev/ptmx: devc-pty's pairs /dev/pty[p-zP-T][0-9a-f] and /dev/tty....  Opening a master gives it to
 * the caller alone, and the slave with it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../qrv/qrv.h"

static const char letters[] = "pqrstuvwxyzPQRST", digits[] = "0123456789abcdef";

hidden int __ptsname_r(int fd, char *buf, size_t len);

/* The first master that nobody has.  -1: ENOENT when there are no pairs, EAGAIN when all are in use, or what open() says of this
 * process. */
int posix_openpt(int flags)
{
    char path[] = "/dev/ptyXY";
    if ((flags & O_ACCMODE) != O_RDWR) {
        errno = EINVAL;
        return -1;
    }
    for (int i = 0; i < 256; i++) {
        path[8] = letters[i / 16];
        path[9] = digits[i % 16];
        int fd = open(path, flags | O_NOCTTY);
        if (fd != -1)
            return fd;
        if (errno == ENOENT && i > 0)
            break;
        if (errno != EBUSY && errno != EACCES)
            return -1;
    }
    errno = EAGAIN;
    return -1;
}

/* The pairs have the same names but for their kind. */
int __ptsname_r(int fd, char *buf, size_t len)
{
    char path[QRV_PATH_MAX];
    if (!isatty(fd))
        return errno;
    long n = __qrv_fdpath(fd, path, sizeof path);
    if (n < 0)
        return (int)-n;
    if (n != sizeof "/dev/ptyXY" - 1 || memcmp(path, "/dev/pty", 8) != 0 || !strchr(letters, path[8]) || !strchr(digits, path[9]))
        return ENOTTY;
    if (buf == NULL || len <= (size_t)n)
        return ERANGE;
    path[5] = 't';
    path[6] = 't';
    memcpy(buf, path, (size_t)n + 1);
    return 0;
}

weak_alias(__ptsname_r, ptsname_r);

static int check_master(int fd)
{
    char name[16];
    int error = __ptsname_r(fd, name, sizeof name);
    if (error == 0)
        return 0;
    errno = error == ENOTTY ? EINVAL : error;
    return -1;
}

/* The slave was the caller's, and could be opened, as soon as the master was. */
int grantpt(int fd)
{
    return check_master(fd);
}

int unlockpt(int fd)
{
    return check_master(fd);
}
