/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors as such: a descriptor is a connection id below _NTO_SIDE_CHANNEL, and FD_CLOEXEC is a
 * flag of the connection. */
#include <sys/file.h>
#include <sys/syscall.h>
#include "dcmd.h"
#include "qrv.h"

static long fd_flags(int fd)
{
    return __qrv_badfd(fd) ? -EBADF : __kercall4(KC_CONNECT_FLAGS, 0, fd, 0, 0);
}

long __qrv_ask(int fd, const void *m, size_t len, void *reply, size_t rlen)
{
    long rc;
    do
        rc = __qrv_send(fd, m, len, reply, rlen, KC_SEND_NC);
    while (rc == -EINTR);
    return rc;
}

/* The connection is gone afterwards whatever the server says; its error is reported. */
long __qrv_close(int fd)
{
    struct _io_close m = {_IO_CLOSE, sizeof m};
    if (__qrv_badfd(fd))
        return -EBADF;
    long rc = __qrv_ask(fd, &m, sizeof m, 0, 0);
    long gone = __kercall1(KC_CONNECT_DETACH, fd);
    if (gone < 0)
        return gone == -EINVAL ? -EBADF : gone;
    return rc == -EIO || rc == -ENOSPC || rc == -EDQUOT ? rc : 0;
}

/* Makes a descriptor for the open file that `pid` (0: we) knows as oldfd: the lowest >= minfd, or
 * exactly minfd. */
long __qrv_dup_from(int pid, int oldfd, int minfd, int exact, unsigned cof)
{
    struct _msg_info info;
    long me = __kercall0(KC_GETPID);
    long rc = __kercall3(KC_CONNECT_SERVER_INFO, pid, oldfd, (long)&info);
    if (rc < 0)
        return rc == -EINVAL ? -EBADF : rc;
    if (rc != oldfd)
        return -EBADF;
    long fd = __kercall5(KC_CONNECT_ATTACH, ND_LOCAL_NODE, info.pid, info.chid, minfd, cof);
    if (fd < 0)
        return fd;
    if (exact && fd != minfd) { /* somebody opened a file in between */
        __kercall1(KC_CONNECT_DETACH, fd);
        return -EBUSY;
    }
    struct _io_dup m = {.type = _IO_DUP, .combine_len = sizeof m, .info = info};
    m.info.pid = pid ? pid : (int32_t)me;
    m.info.coid = oldfd;
    rc = __qrv_ask((int)fd, &m, sizeof m, 0, 0);
    if (rc < 0) {
        __kercall1(KC_CONNECT_DETACH, fd);
        return rc;
    }
    return fd;
}

static long do_dup3(int old, int new, int flags)
{
    if (old == new || (flags & ~O_CLOEXEC))
        return -EINVAL;
    if (__qrv_badfd(new) || new > QRV_COID_MAX)
        return -EBADF;
    long rc = fd_flags(old);
    if (rc < 0)
        return -EBADF;
    for (int tries = 0; tries < 16; tries++) {
        __qrv_close(new);
        rc = __qrv_dup_from(0, old, new, 1, flags & O_CLOEXEC ? _NTO_COF_CLOEXEC : 0);
        if (rc != -EBUSY)
            break;
    }
    return rc;
}

static long get_status(int fd)
{
    int32_t flags = 0;
    long rc = __qrv_devctl(fd, DCMD_ALL_GETFLAGS, 0, 0, &flags, sizeof flags, 0);
    if (rc == 0)
        return flags;
    if (rc != -ENOSYS && rc != -ENOTTY && rc != -EOPNOTSUPP)
        return rc;
    return fd_flags(fd) < 0 ? -EBADF : O_RDWR; /* a server without flags has none of them set */
}

static long set_status(int fd, int flags)
{
    int32_t v = flags & (O_APPEND | O_NONBLOCK | O_DSYNC | O_SYNC);
    long rc = __qrv_devctl(fd, DCMD_ALL_SETFLAGS, &v, sizeof v, 0, 0, 0);
    return rc == -ENOTTY || rc == -ENOSYS ? -EINVAL : rc;
}

static long do_lock(int fd, int cmd, struct flock *l, unsigned fl)
{
    struct _io_lock m = {.type = _IO_LOCK,
                         .combine_len = sizeof m,
                         .subtype = (uint32_t)cmd,
                         .l_type = l->l_type,
                         .l_whence = l->l_whence,
                         .l_start = l->l_start,
                         .l_len = l->l_len,
                         .l_pid = (int32_t)__kercall0(KC_GETPID)};
    long rc = __qrv_send(fd, &m, sizeof m, &m, sizeof m, fl);
    if (rc < 0)
        return rc == -ENOSYS ? -EINVAL : rc; /* POSIX: a file that knows no locks */
    if (cmd == F_GETLK) {
        l->l_type = m.l_type;
        if (m.l_type != F_UNLCK) {
            l->l_whence = m.l_whence;
            l->l_start = m.l_start;
            l->l_len = m.l_len;
            l->l_pid = m.l_pid;
        }
    }
    return 0;
}

static long do_flock(int fd, int op, unsigned fl)
{
    struct flock l = {.l_whence = SEEK_SET};
    switch (op & ~LOCK_NB) {
    case LOCK_SH:
        l.l_type = F_RDLCK;
        break;
    case LOCK_EX:
        l.l_type = F_WRLCK;
        break;
    case LOCK_UN:
        l.l_type = F_UNLCK;
        break;
    default:
        return -EINVAL;
    }
    long rc = __qrv_badfd(fd) ? -EBADF : do_lock(fd, op & LOCK_NB ? F_SETLK : F_SETLKW, &l, fl);
    return rc == -EACCES ? -EAGAIN : rc;
}

static long do_fcntl(int fd, int cmd, long arg, unsigned fl)
{
    long rc = fd_flags(fd);
    if (rc < 0)
        return -EBADF;
    switch (cmd) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        if (arg < 0 || arg > QRV_COID_MAX)
            return -EINVAL;
        return __qrv_dup_from(0, fd, (int)arg, 0, cmd == F_DUPFD ? 0 : _NTO_COF_CLOEXEC);
    case F_GETFD:
        return rc & _NTO_COF_CLOEXEC ? FD_CLOEXEC : 0;
    case F_SETFD:
        rc = __kercall4(KC_CONNECT_FLAGS, 0, fd, _NTO_COF_CLOEXEC,
                        arg & FD_CLOEXEC ? _NTO_COF_CLOEXEC : 0);
        return rc < 0 ? rc : 0;
    case F_GETFL:
        return get_status(fd);
    case F_SETFL:
        return set_status(fd, (int)arg);
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
        return do_lock(fd, cmd, (struct flock *)arg, fl);
    default:
        return -EINVAL;
    }
}

/* The pipe server makes a pipe when its name is opened for reading; the other end is an open of
 * that descriptor. */
long __qrv_open_second(int fd, uint32_t ioflag, int xtype, int cloexec)
{
    struct _msg_info info;
    long rc = __kercall3(KC_CONNECT_SERVER_INFO, 0, fd, (long)&info);
    if (rc != fd)
        return -EBADF;
    long made = __kercall5(KC_CONNECT_ATTACH, ND_LOCAL_NODE, info.pid, info.chid, 0, cloexec ? _NTO_COF_CLOEXEC : 0);
    if (made < 0)
        return made;
    struct _io_openfd m = {
        .type = _IO_OPENFD, .combine_len = sizeof m, .ioflag = ioflag, .xtype = (uint16_t)xtype, .info = info};
    m.info.pid = (int32_t)__kercall0(KC_GETPID);
    m.info.coid = fd;
    rc = __qrv_ask((int)made, &m, sizeof m, 0, 0);
    if (rc >= 0)
        return made;
    __kercall1(KC_CONNECT_DETACH, made);
    return rc;
}

static long do_pipe(int *fds, int flags)
{
    long rd;
    if (flags & ~(O_CLOEXEC | O_NONBLOCK))
        return -EINVAL;
    do
        rd = __qrv_open(AT_FDCWD, "/dev/pipe", O_RDONLY | O_NOCTTY | flags, 0, KC_SEND_NC);
    while (rd == -EINTR);
    if (rd < 0)
        return rd == -ENOENT ? -ENOSYS : rd;
    long wr = __qrv_open_second((int)rd, _IO_FLAG_WR | ((uint32_t)flags & O_NONBLOCK), 0, flags & O_CLOEXEC);
    if (wr < 0) {
        __qrv_close((int)rd);
        return wr;
    }
    fds[0] = (int)rd;
    fds[1] = (int)wr;
    return 0;
}

long __qrv_fds(long n, long a, long b, long c, unsigned fl)
{
    switch (n) {
    case SYS_close:
        return __qrv_close((int)a);
    case SYS_dup:
        return __qrv_badfd((int)a) ? -EBADF : __qrv_dup_from(0, (int)a, 0, 0, 0);
    case SYS_dup3:
        return do_dup3((int)a, (int)b, (int)c);
    case SYS_fcntl:
        return do_fcntl((int)a, (int)b, c, fl);
    case SYS_pipe2:
        return do_pipe((int *)a, (int)b);
    case SYS_flock:
        return do_flock((int)a, (int)b, fl);
    default:
        return -ENOSYS;
    }
}
