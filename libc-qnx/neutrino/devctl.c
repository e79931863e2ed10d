/* SPDX-License-Identifier: Apache-2.0 */
/* devctl(), ionotify() and the calls built on I/O messages that POSIX does not know. */
#include <devctl.h>
#include <fcntl.h>
#include <share.h>
#include <stdarg.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include "../qrv/qrv.h"
#include "kcall.h"

int devctlv(int fd, int dcmd, int sparts, int rparts, const struct iovec *siov,
            const struct iovec *riov, int *info)
{
    struct _io_devctl m = {.type = _IO_DEVCTL, .combine_len = sizeof m, .dcmd = dcmd};
    struct _io_devctl_reply rep = {0};
    if (sparts < 0 || rparts < 0 || sparts > 63 || rparts > 63)
        return EINVAL;
    struct iovec s[64] = {{&m, sizeof m}}, r[64] = {{&rep, sizeof rep}};
    size_t out = 0, in = 0;
    for (int i = 0; i < sparts; i++) {
        s[i + 1] = siov[i];
        out += siov[i].iov_len;
    }
    for (int i = 0; i < rparts; i++) {
        r[i + 1] = riov[i];
        in += riov[i].iov_len;
    }
    m.nbytes = (uint32_t)(out > in ? out : in);
    if (__qrv_badfd(fd))
        return EBADF;
    long rc;
    do
        rc = __qrv_sendv(fd, s, sparts + 1, r, rparts + 1, __qrv_cancel_point() ? KC_SEND_NC : 0);
    while (rc == -ECANCELED);
    if (rc < 0)
        return rc == -ENOSYS ? ENOTTY : (int)-rc;
    if (info)
        *info = rep.ret_val;
    return EOK;
}

int devctl(int fd, int dcmd, void *data, size_t nbytes, int *info)
{
    unsigned dir = get_device_direction(dcmd);
    struct iovec v = {data, nbytes};
    if (nbytes > 0x7fffffff || (nbytes && !data))
        return EINVAL;
    return devctlv(fd, dcmd, nbytes && (dir & _POSIX_DEVDIR_TO),
                   nbytes && (dir & _POSIX_DEVDIR_FROM), &v, &v, info);
}

int ionotify(int fd, int action, int flags, const struct sigevent *event)
{
    struct _io_notify m = {
        .type = _IO_NOTIFY, .combine_len = sizeof m, .action = action, .flags = flags};
    struct _io_notify_reply rep = {0};
    if (event)
        memcpy(m.event, event, sizeof m.event);
    long rc = __qrv_badfd(fd) ? -EBADF : __qrv_send(fd, &m, sizeof m, &rep, sizeof rep, KC_SEND_NC);
    if (rc < 0)
        return __qrv_ok(rc);
    return (int)((uint32_t)rep.flags & _NOTIFY_COND_MASK);
}

static int open_fd(int fd, int oflag, int sflag)
{
    struct _msg_info info;
    long rc = __qrv_badfd(fd) ? -EBADF : __kercall3(KC_CONNECT_SERVER_INFO, 0, fd, (long)&info);
    if (rc != fd)
        return (int)__qrv_neg(-EBADF);
    if ((oflag & 3) == 3)
        return (int)__qrv_neg(-EINVAL);
    long new = __kercall5(KC_CONNECT_ATTACH, ND_LOCAL_NODE, info.pid, info.chid, 0,
                          oflag & O_CLOEXEC ? _NTO_COF_CLOEXEC : 0);
    if (new < 0)
        return (int)__qrv_neg(new);
    struct _io_openfd m = {.type = _IO_OPENFD,
                           .combine_len = sizeof m,
                           .ioflag = (uint32_t)((oflag & 3) + 1) | ((uint32_t)oflag & ~3u),
                           .sflag = (uint16_t)sflag,
                           .info = info};
    m.info.pid = (int32_t)__kercall0(KC_GETPID);
    m.info.coid = fd;
    rc = __qrv_send((int)new, &m, sizeof m, 0, 0, KC_SEND_NC);
    if (rc < 0) {
        __kercall1(KC_CONNECT_DETACH, new);
        return (int)__qrv_neg(rc);
    }
    return (int)new;
}

int openfd(int fd, int oflag)
{
    return open_fd(fd, oflag, SH_DENYNO);
}

int sopenfd(int fd, int oflag, int sflag)
{
    return open_fd(fd, oflag, sflag);
}

/* Sharing modes are asked of the server, which may not know any: then only SH_COMPAT and SH_DENYNO
 * may be relied on. */
int sopen(const char *path, int oflag, int share, ...)
{
    mode_t mode = 0;
    if (oflag & O_CREAT) {
        va_list ap;
        va_start(ap, share);
        mode = va_arg(ap, mode_t);
        va_end(ap);
    }
    int fd = open(path, oflag, mode);
    if (fd == -1 || share == SH_COMPAT || share == SH_DENYNO)
        return fd;
    int shared = open_fd(fd, oflag & ~(O_CREAT | O_EXCL | O_TRUNC), share);
    int saved = errno;
    close(fd);
    errno = saved;
    return shared;
}

int eaccess(const char *path, int mode)
{
    return faccessat(AT_FDCWD, path, mode, AT_EACCESS);
}

static int blocks(ssize_t bytes, size_t blksize)
{
    return bytes < 0 ? -1 : (int)((size_t)bytes / blksize);
}

int readblock(int fd, size_t blksize, unsigned block, int numblks, void *buf)
{
    if (numblks < 0 || blksize == 0) {
        errno = EINVAL;
        return -1;
    }
    return blocks(pread(fd, buf, blksize * (size_t)numblks, (off_t)blksize * block), blksize);
}

int writeblock(int fd, size_t blksize, unsigned block, int numblks, const void *buf)
{
    if (numblks < 0 || blksize == 0) {
        errno = EINVAL;
        return -1;
    }
    return blocks(pwrite(fd, buf, blksize * (size_t)numblks, (off_t)blksize * block), blksize);
}

int readcond(int fd, void *buf, int nbytes, int min, int time, int timeout)
{
    struct {
        struct _io_read h;
        struct _io_readcond_xtype c;
    } m = {{.type = _IO_READ,
            .combine_len = sizeof m,
            .nbytes = (uint32_t)nbytes,
            .xtype = _IO_XTYPE_READCOND},
           {(uint32_t)min, (uint32_t)time, (uint32_t)timeout, 0}};
    if (nbytes < 0 || min < 0 || time < 0 || timeout < 0) {
        errno = EINVAL;
        return -1;
    }
    long rc;
    do
        rc = __qrv_badfd(fd)
                 ? -EBADF
                 : __qrv_send(fd, &m, sizeof m, buf, (size_t)nbytes, __qrv_cancel_point() ? KC_SEND_NC : 0);
    while (rc == -ECANCELED);
    return (int)__qrv_neg(rc);
}
