/* SPDX-License-Identifier: Apache-2.0 */
/* Reading, writing and the other I/O messages of an open descriptor.  User buffers are never
 * copied: they are parts of the message. */
#include <limits.h>
#include <sys/syscall.h>
#include "qrv.h"

#define IO_BYTES_MAX 0x7ffff000UL /* of one call, as POSIX lets us */
#define IOV_FAST     16

struct read_at {
    struct _io_read h;
    struct _xtype_offset x;
};

/* One shape for read and write: the message types differ only in name. */
static size_t rw_header(struct read_at *m, uint16_t type, size_t n, int64_t off)
{
    *m = (struct read_at){{.type = type, .combine_len = sizeof m->h, .nbytes = (uint32_t)n}, {0}};
    if (off < 0)
        return sizeof m->h;
    m->h.xtype = _IO_XTYPE_OFFSET;
    m->h.combine_len = sizeof *m;
    m->x.offset = off;
    return sizeof *m;
}

static void broken_pipe(void)
{
    __kercall5(KC_SIGNAL_KILL, __kercall0(KC_GETPID), __kercall0(KC_GETTID), SIGPIPE, 0, 0);
}

static long do_read(int fd, void *buf, size_t n, int64_t off, unsigned fl)
{
    struct read_at m;
    if (__qrv_badfd(fd))
        return -EBADF;
    if (n > IO_BYTES_MAX)
        n = IO_BYTES_MAX;
    size_t len = rw_header(&m, _IO_READ, n, off);
    return __qrv_send(fd, &m, len, buf, n, fl);
}

long __qrv_read(int fd, void *buf, size_t n, unsigned fl)
{
    return do_read(fd, buf, n, -1, fl);
}

long __qrv_pread(int fd, void *buf, size_t n, int64_t off, unsigned fl)
{
    return off < 0 ? -EINVAL : do_read(fd, buf, n, off, fl);
}

static long do_write(int fd, const void *buf, size_t n, int64_t off, unsigned fl)
{
    struct read_at m;
    if (__qrv_badfd(fd))
        return -EBADF;
    if (n > IO_BYTES_MAX)
        n = IO_BYTES_MAX;
    struct iovec s[2] = {{&m, rw_header(&m, _IO_WRITE, n, off)}, {(void *)buf, n}};
    long rc = __qrv_sendv(fd, s, 2, 0, 0, fl);
    if (rc == -EPIPE)
        broken_pipe();
    return rc;
}

/* Sum of the parts, or -EINVAL. */
static long iov_bytes(const struct iovec *v, int n)
{
    size_t sum = 0;
    if (n < 0 || n > (int)QRV_IOV_MAX)
        return -EINVAL;
    for (int i = 0; i < n; i++) {
        if (v[i].iov_len > IO_BYTES_MAX || sum + v[i].iov_len > IO_BYTES_MAX)
            return -EINVAL;
        sum += v[i].iov_len;
    }
    return (long)sum;
}

static long do_readv(int fd, const struct iovec *v, int n, int64_t off, unsigned fl)
{
    struct read_at m;
    long bytes = iov_bytes(v, n);
    if (__qrv_badfd(fd))
        return -EBADF;
    if (bytes < 0)
        return bytes;
    struct iovec s = {&m, rw_header(&m, _IO_READ, (size_t)bytes, off)};
    return __qrv_sendv(fd, &s, 1, v, n, fl);
}

static long writev_some(int fd, const struct iovec *v, int n, long bytes, int64_t off, unsigned fl)
{
    struct read_at m;
    struct iovec s[IOV_FAST + 1] = {{&m, rw_header(&m, _IO_WRITE, (size_t)bytes, off)}};
    for (int i = 0; i < n; i++)
        s[i + 1] = v[i];
    return __qrv_sendv(fd, s, n + 1, 0, 0, fl);
}

static long do_writev(int fd, const struct iovec *v, int n, int64_t off, unsigned fl)
{
    long done = 0, rc = iov_bytes(v, n);
    if (__qrv_badfd(fd))
        return -EBADF;
    if (rc < 0)
        return rc;
    do {
        int part = n < IOV_FAST ? n : IOV_FAST;
        long want = iov_bytes(v, part);
        rc = writev_some(fd, v, part, want, off < 0 ? off : off + done, fl);
        if (rc < 0)
            break;
        done += rc;
        if (rc < want)
            break;
        v += part;
        n -= part;
    } while (n > 0);
    if (rc == -EPIPE)
        broken_pipe();
    return done ? done : rc;
}

static long do_lseek(int fd, int64_t off, int whence)
{
    struct _io_lseek m = {.type = _IO_LSEEK,
                          .combine_len = sizeof m,
                          .whence = (int16_t)whence,
                          .offset = (uint64_t)off};
    uint64_t pos = 0;
    if (__qrv_badfd(fd))
        return -EBADF;
    long rc = __qrv_ask(fd, &m, sizeof m, &pos, sizeof pos);
    return rc < 0 ? rc : (long)pos;
}

long __qrv_fstat(int fd, struct stat *st)
{
    struct _io_stat m = {.type = _IO_STAT, .combine_len = sizeof m};
    if (__qrv_badfd(fd))
        return -EBADF;
    long rc = __qrv_ask(fd, &m, sizeof m, st, sizeof *st);
    return rc < 0 ? rc : 0;
}

static long do_space(int fd, int sub, int64_t start, int64_t len)
{
    struct _io_space m = {.type = _IO_SPACE,
                          .combine_len = sizeof m,
                          .subtype = (uint16_t)sub,
                          .start = (uint64_t)start,
                          .len = (uint64_t)len};
    if (__qrv_badfd(fd))
        return -EBADF;
    if (start < 0 || len < 0)
        return -EINVAL;
    long rc = __qrv_send(fd, &m, sizeof m, 0, 0, KC_SEND_NC);
    return rc < 0 ? rc : 0;
}

static long do_sync(int fd, uint32_t flag, unsigned fl)
{
    struct _io_sync m = {.type = _IO_SYNC, .combine_len = sizeof m, .flag = flag};
    if (__qrv_badfd(fd))
        return -EBADF;
    long rc = __qrv_send(fd, &m, sizeof m, 0, 0, fl);
    return rc < 0 ? rc : 0;
}

static long do_fchmod(int fd, unsigned mode)
{
    struct _io_chmod m = {.type = _IO_CHMOD, .combine_len = sizeof m, .mode = mode & 07777};
    if (__qrv_badfd(fd))
        return -EBADF;
    long rc = __qrv_send(fd, &m, sizeof m, 0, 0, KC_SEND_NC);
    return rc < 0 ? rc : 0;
}

static long do_fchown(int fd, int uid, int gid)
{
    struct _io_chown m = {.type = _IO_CHOWN, .combine_len = sizeof m, .uid = uid, .gid = gid};
    if (__qrv_badfd(fd))
        return -EBADF;
    long rc = __qrv_send(fd, &m, sizeof m, 0, 0, KC_SEND_NC);
    return rc < 0 ? rc : 0;
}

/* The records of a directory reply are libc's struct dirent already. */
static long do_getdents(int fd, void *buf, size_t n)
{
    struct _io_read m = {.type = _IO_READ,
                         .combine_len = sizeof m,
                         .nbytes = (uint32_t)n,
                         .xtype = _IO_XTYPE_READDIR};
    if (__qrv_badfd(fd))
        return -EBADF;
    if (n > IO_BYTES_MAX)
        return -EINVAL;
    return __qrv_send(fd, &m, sizeof m, buf, n, KC_SEND_NC);
}

long __qrv_files(long n, long a, long b, long c, long d, unsigned fl)
{
    int fd = (int)a;
    struct stat st;
    switch (n) {
    case SYS_read:
        return __qrv_read(fd, (void *)b, (size_t)c, fl);
    case SYS_write:
        return do_write(fd, (const void *)b, (size_t)c, -1, fl);
    case SYS_readv:
        return do_readv(fd, (const struct iovec *)b, (int)c, -1, fl);
    case SYS_writev:
        return do_writev(fd, (const struct iovec *)b, (int)c, -1, fl);
    case SYS_pread64:
        return __qrv_pread(fd, (void *)b, (size_t)c, d, fl);
    case SYS_pwrite64:
        return d < 0 ? -EINVAL : do_write(fd, (const void *)b, (size_t)c, d, fl);
    case SYS_preadv:
        return d < 0 ? -EINVAL : do_readv(fd, (const struct iovec *)b, (int)c, d, fl);
    case SYS_pwritev:
        return d < 0 ? -EINVAL : do_writev(fd, (const struct iovec *)b, (int)c, d, fl);
    case SYS_lseek:
        return do_lseek(fd, b, (int)c);
    case SYS_fstat:
        return __qrv_fstat(fd, (struct stat *)b);
    case SYS_ftruncate:
        return do_space(fd, 1, b, 0);
    case SYS_fallocate:
        return b ? -EOPNOTSUPP : do_space(fd, 3, c, d);
    case SYS_fsync:
        return do_sync(fd, O_SYNC, fl);
    case SYS_fdatasync:
        return do_sync(fd, O_DSYNC, fl);
    case SYS_fchmod:
        return do_fchmod(fd, (unsigned)b);
    case SYS_fchown:
        return do_fchown(fd, (int)b, (int)c);
    case SYS_getdents64:
        return do_getdents(fd, (void *)b, (size_t)c);
    case SYS_fadvise64:
        return __qrv_fstat(fd, &st);
    case SYS_sync:
        return 0; /* servers write through or sync on their own; there is no list of them to walk */
    case SYS_syncfs:
        return do_sync(fd, O_SYNC, fl);
    default:
        return -ENOSYS;
    }
}
