/* SPDX-License-Identifier: Apache-2.0 */
/* ioctl(): the terminal requests musl's <termios.h> functions use, as devctl() commands of
 * character devices. */
#include <sys/ioctl.h>
#include <termios.h>
#include "dcmd.h"
#include "qrv.h"

long __qrv_devctl(int fd, int dcmd, const void *to, size_t tolen, void *from, size_t fromlen,
                  int *info)
{
    struct _io_devctl m = {.type = _IO_DEVCTL, .combine_len = sizeof m, .dcmd = dcmd};
    struct _io_devctl_reply rep = {0};
    m.nbytes = (uint32_t)(tolen > fromlen ? tolen : fromlen);
    struct iovec s[2] = {{&m, sizeof m}, {(void *)to, tolen}},
                 r[2] = {{&rep, sizeof rep}, {from, fromlen}};
    if (__qrv_badfd(fd))
        return -EBADF;
    long rc = __qrv_sendv(fd, s, 2, r, 2, KC_SEND_NC);
    if (info)
        *info = rep.ret_val;
    return rc < 0 ? rc : 0;
}

static long not_a_tty(long rc)
{
    return rc == -ENOSYS || rc == -EOPNOTSUPP ? -ENOTTY : rc;
}

static long get(int fd, int dcmd, void *p, size_t n)
{
    return not_a_tty(__qrv_devctl(fd, dcmd, 0, 0, p, n, 0));
}

static long set(int fd, int dcmd, const void *p, size_t n)
{
    return not_a_tty(__qrv_devctl(fd, dcmd, p, n, 0, 0, 0));
}

/* The kernel's termios of Linux is a prefix of libc's; ours travels whole. */
static long set_attr(int fd, int dcmd, const struct termios *t)
{
    return set(fd, dcmd, t, sizeof *t);
}

static long flow(int fd, long action)
{
    int32_t v = (int32_t)action;
    return set(fd, DCMD_CHR_TCFLOW, &v, sizeof v);
}

static long flush(int fd, long queue)
{
    int32_t v = (int32_t)queue;
    return set(fd, DCMD_CHR_TCFLUSH, &v, sizeof v);
}

static long set_pgrp(int fd, int32_t pgrp)
{
    return set(fd, DCMD_CHR_TCSETPGRP, &pgrp, sizeof pgrp);
}

/* Makes the terminal the controlling one of the caller's session: the driver decides, the process
 * manager keeps the path. */
static long take_ctty(int fd)
{
    char abs[QRV_PATH_MAX];
    struct tmsg_hdr m = {.type = TMSG_PROC, .subtype = TMSG_PROC_CTTY};
    int32_t own = 0;
    long rc = set(fd, DCMD_CHR_TCSETSID, &own, sizeof own);
    if (rc < 0)
        return rc;
    if ((rc = __qrv_fdpath(fd, abs, sizeof abs)) < 0)
        return rc;
    struct iovec s[2] = {{&m, sizeof m}, {abs, (size_t)rc + 1}};
    return __qrv_sendv(SYSMGR_COID, s, 2, 0, 0, KC_SEND_NC);
}

static long set_nonblock(int fd, int on)
{
    int32_t v = 0;
    long rc = __qrv_devctl(fd, DCMD_ALL_GETFLAGS, 0, 0, &v, sizeof v, 0);
    if (rc < 0)
        return rc;
    v = on ? v | O_NONBLOCK : v & ~O_NONBLOCK;
    return __qrv_devctl(fd, DCMD_ALL_SETFLAGS, &v, sizeof v, 0, 0, 0);
}

static long cloexec(int fd, int on)
{
    long rc = __qrv_badfd(fd) ? -EBADF
                              : __kercall4(KC_CONNECT_FLAGS, 0, fd, _NTO_COF_CLOEXEC,
                                           on ? _NTO_COF_CLOEXEC : 0);
    return rc < 0 ? -EBADF : 0;
}

/* Any other request is a devctl() of its own: its low 16 bits name it, bits 16..29 say how much it
 * carries. */
static long other(int fd, unsigned req, void *arg)
{
    size_t n = req >> 16 & 0x3fff;
    if (!(req & (unsigned)(_POSIX_DEVDIR_TO | _POSIX_DEVDIR_FROM)))
        n = 0;
    return not_a_tty(__qrv_devctl(fd, (int)req, arg, req & (unsigned)_POSIX_DEVDIR_TO ? n : 0, arg,
                                  req & (unsigned)_POSIX_DEVDIR_FROM ? n : 0, 0));
}

long __qrv_ioctl(int fd, unsigned long req, void *arg)
{
    int32_t v = 0;
    switch ((unsigned)req) {
    case TCGETS:
        return get(fd, DCMD_CHR_TCGETATTR, arg, sizeof(struct termios));
    case TCSETS:
        return set_attr(fd, DCMD_CHR_TCSETATTR, arg);
    case TCSETSW:
        return set_attr(fd, DCMD_CHR_TCSETATTRD, arg);
    case TCSETSF:
        return set_attr(fd, DCMD_CHR_TCSETATTRF, arg);
    case TIOCGWINSZ:
        return get(fd, DCMD_CHR_GETSIZE, arg, sizeof(struct winsize));
    case TIOCSWINSZ:
        return set(fd, DCMD_CHR_SETSIZE, arg, sizeof(struct winsize));
    case TIOCGPGRP:
        return get(fd, DCMD_CHR_TCGETPGRP, arg, sizeof(int32_t));
    case TIOCSPGRP:
        return set_pgrp(fd, *(const int32_t *)arg);
    case TIOCGSID:
        return get(fd, DCMD_CHR_TCGETSID, arg, sizeof(int32_t));
    case TIOCSCTTY:
        return take_ctty(fd);
    case TIOCNOTTY:
        return -ENOTTY;
    case TCSBRK:
        if (arg) /* tcdrain() */
            return set(fd, DCMD_CHR_TCDRAIN, 0, 0);
        return set(fd, DCMD_CHR_TCSENDBREAK, &v, sizeof v);
    case TCXONC:
        return flow(fd, (long)arg);
    case TCFLSH:
        return flush(fd, (long)arg);
    case FIONREAD:
        return get(fd, DCMD_CHR_ISCHARS, arg, sizeof(int32_t));
    case FIONBIO:
        return set_nonblock(fd, *(const int *)arg);
    case FIOCLEX:
        return cloexec(fd, 1);
    case FIONCLEX:
        return cloexec(fd, 0);
    default:
        return other(fd, (unsigned)req, arg);
    }
}
