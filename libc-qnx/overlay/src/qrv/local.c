/* SPDX-License-Identifier: Apache-2.0 */
/* Names of local sockets (AF_UNIX): paths are resolved here, as of every file; the server gets what was found. */
#include <sys/socket.h>
#include <abi/socket.h>
#include "qrv.h"

/* The name as a string; -EINVAL for none, and for abstract ones. */
static long name_of(const struct sockaddr_un *un, uint32_t len, char text[sizeof un->sun_path + 1])
{
    uint32_t n = len - (uint32_t)offsetof(struct sockaddr_un, sun_path), i = 0;
    if (len <= offsetof(struct sockaddr_un, sun_path) || len > sizeof *un)
        return -EINVAL;
    for (; i < n && un->sun_path[i]; i++)
        text[i] = un->sun_path[i];
    text[i] = 0;
    return i == 0 ? -EINVAL : (long)i;
}

/* Where the name is to appear: the directory's own path, and the last part. */
static long place_of(char *name, long n, char path[QRV_PATH_MAX])
{
    struct stat st;
    const char *last = name, *dir = ".";
    for (long i = 0; i < n; i++)
        if (name[i] == '/')
            last = name + i + 1;
    size_t rest = (size_t)(name + n - last);
    if (rest == 0)
        return -ENOENT;
    if (last == name + 1)
        dir = "/";
    else if (last != name) {
        name[last - name - 1] = 0;
        dir = name;
    }
    long rc = __qrv_stat_abs(AT_FDCWD, dir, &st, 0, path);
    if (rc < 0)
        return rc;
    if (!S_ISDIR(st.st_mode))
        return -ENOTDIR;
    if ((rc = __qrv_access_st(&st, 3, 1)) < 0)
        return rc;
    size_t at = __builtin_strlen(path);
    if (at + rest + 2 > QRV_PATH_MAX)
        return -ENAMETOOLONG;
    if (at == 0 || path[at - 1] != '/')
        path[at++] = '/';
    __qrv_copy(path + at, last, rest + 1);
    return (long)(at + rest + 1);
}

static uint32_t mode_now(void)
{
    struct tmsg_resolve_reply r;
    return __qrv_resolve(AT_FDCWD, "/", 0, &r) < 0 ? 0700 : 0777 & ~r.umask;
}

long __qrv_local_bind(int fd, const struct sockaddr_un *un, uint32_t len)
{
    char name[sizeof un->sun_path + 1], path[QRV_PATH_MAX];
    struct stat st;
    long n = name_of(un, len, name);
    if (n < 0)
        return n;
    if (__qrv_stat_at(AT_FDCWD, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return -EADDRINUSE;
    n = place_of(name, n, path);
    if (n < 0)
        return n;
    struct _sock_msg m = {.type = _IO_MSG,
                          .combine_len = sizeof m,
                          .mgrid = _SOCK_MGRID,
                          .subtype = _SOCK_BIND,
                          .flags = (int32_t)mode_now(),
                          .addr_len = len,
                          .data_len = (uint32_t)n};
    struct iovec s[3] = {{&m, sizeof m}, {(void *)un, len}, {path, (size_t)n}};
    return __qrv_sendv(fd, s, 3, 0, 0, KC_SEND_NC);
}

/* A file that is there and none of the server's names refuses, as a name without a socket does. */
long __qrv_local_find(int fd, const struct sockaddr_un *un, uint32_t len, int32_t *inode)
{
    char name[sizeof un->sun_path + 1];
    struct stat st;
    struct _msg_info info;
    long n = name_of(un, len, name);
    if (n < 0)
        return n;
    if (__kercall3(KC_CONNECT_SERVER_INFO, 0, fd, (long)&info) != fd)
        return -EBADF;
    n = __qrv_stat_at(AT_FDCWD, name, &st, 0);
    if (n < 0)
        return n;
    *inode = (int32_t)st.st_ino;
    return S_ISSOCK(st.st_mode) && st.st_dev >> 16 == (dev_t)info.pid ? 0 : -ECONNREFUSED;
}
