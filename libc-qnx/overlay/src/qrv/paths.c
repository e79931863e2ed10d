/* SPDX-License-Identifier: Apache-2.0 */
/* System calls that name a file: each is one connect message, combined with the I/O message it
 * needs. */
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include "qrv.h"

#define PATH_OP(d, p)                                                                              \
    {                                                                                              \
        .dirfd = (d), .path = (p), .open_fd = -1, .fl = KC_SEND_NC                                 \
    }

/* Opens for nothing but the I/O message, which the server answers before it closes again. */
static long combined(struct qrv_path *p, const void *io, size_t len)
{
    p->subtype = _IO_CONNECT_COMBINE_CLOSE;
    p->io = io;
    p->io_len = len;
    if (p->nofollow) {
        p->ioflag |= O_NOFOLLOW;
        p->mode = S_IFLNK; /* the link itself is meant */
    }
    return __qrv_connect(p);
}

static int is_empty_path(const char *path, int flags)
{
    return (flags & AT_EMPTY_PATH) && path[0] == 0;
}

long __qrv_stat_abs(int dirfd, const char *path, struct stat *st, int flags, char *abs)
{
    struct _io_stat m = {.type = _IO_STAT, .combine_len = sizeof m};
    struct qrv_path p = PATH_OP(dirfd, path);
    p.nofollow = !!(flags & AT_SYMLINK_NOFOLLOW);
    p.reply = st;
    p.reply_len = sizeof *st;
    p.abs = abs;
    long rc = combined(&p, &m, sizeof m);
    return rc < 0 ? rc : 0;
}

long __qrv_stat_at(int dirfd, const char *path, struct stat *st, int flags)
{
    if (is_empty_path(path, flags) && dirfd != AT_FDCWD)
        return __qrv_fstat(dirfd, st);
    if (is_empty_path(path, flags))
        path = ".";
    return __qrv_stat_abs(dirfd, path, st, flags, 0);
}

/* A command that only brings data, of the server of a file that the caller need not be able to open;
 * from: at most QRV_DEVCTL_AT bytes. */
#define QRV_DEVCTL_AT 256
long __qrv_devctl_at(const char *path, int dcmd, void *from, size_t fromlen)
{
    struct _io_devctl m = {
        .type = _IO_DEVCTL, .combine_len = sizeof m, .dcmd = dcmd, .nbytes = (uint32_t)fromlen};
    struct {
        struct _io_devctl_reply h;
        char data[QRV_DEVCTL_AT];
    } reply = {0};
    struct qrv_path p = PATH_OP(AT_FDCWD, path);
    p.reply = &reply;
    p.reply_len = sizeof reply.h + fromlen;
    long rc = combined(&p, &m, sizeof m);
    if (rc < 0)
        return rc;
    __builtin_memcpy(from, reply.data, fromlen);
    return 0;
}

/* "/dev/tty" stands for the controlling terminal, whose path the process manager keeps. */
static long ctty_path(char *buf, size_t size)
{
    struct tmsg_hdr m = {.type = TMSG_PROC, .subtype = TMSG_PROC_CTTY};
    struct iovec s[2] = {{&m, sizeof m}, {(void *)"", 1}}, r = {buf, size};
    buf[0] = 0;
    long rc = __qrv_sendv(SYSMGR_COID, s, 2, &r, 1, KC_SEND_NC);
    buf[size - 1] = 0;
    return rc < 0 || buf[0] != '/' ? -ENXIO : 0;
}

/* An opened terminal becomes the controlling one of a session leader that has none.  The driver
 * refuses everybody else (and what is no terminal refuses the command), so the answer does not
 * matter here. */
static void offer_ctty(int fd, const char *abs)
{
    static const char dev[] = "/dev/";
    char have[QRV_PATH_MAX];
    for (int i = 0; i < 5; i++)
        if (abs[i] != dev[i])
            return;
    if (ctty_path(have, sizeof have) < 0)
        __qrv_ioctl(fd, TIOCSCTTY, 0);
}

long __qrv_open(int dirfd, const char *path, int oflag, int mode, unsigned fl)
{
    char abs[QRV_PATH_MAX], tty[QRV_PATH_MAX];
    struct qrv_path p = PATH_OP(dirfd, path);
    int acc = oflag & O_PATH ? O_RDONLY : oflag & 3;
    if (acc == 3 || (oflag & O_TMPFILE) == O_TMPFILE)
        return acc == 3 ? -EINVAL : -EOPNOTSUPP;
    if (__builtin_strcmp(path, "/dev/tty") == 0) {
        long rc = ctty_path(tty, sizeof tty);
        if (rc < 0)
            return rc;
        p.path = tty;
        oflag |= O_NOCTTY;
    }
    p.subtype = _IO_CONNECT_OPEN;
    p.ioflag =
        (uint32_t)(acc + 1) | ((uint32_t)oflag & ~(uint32_t)(3 | O_CLOEXEC | O_LARGEFILE | O_PATH));
    if (oflag & O_CREAT)
        p.mode = S_IFREG | ((uint32_t)mode & 07777);
    p.nofollow = !!(oflag & O_NOFOLLOW) || ((oflag & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL));
    p.fl = fl;
    p.open_fd = 0;
    p.cloexec = !!(oflag & O_CLOEXEC);
    p.abs = abs;
    long fd = __qrv_connect(&p);
    if (fd < 0)
        return fd;
    if (oflag & (O_DIRECTORY | O_NOFOLLOW)) { /* few servers know these flags */
        struct stat st;
        long rc = __qrv_fstat((int)fd, &st);
        if (rc == 0 && S_ISLNK(st.st_mode))
            rc = -ELOOP;
        else if (rc == 0 && (oflag & O_DIRECTORY) && !S_ISDIR(st.st_mode))
            rc = -ENOTDIR;
        if (rc < 0) {
            __qrv_close((int)fd);
            return rc;
        }
    }
    if (!(oflag & (O_DIRECTORY | O_NOCTTY))) {
        offer_ctty((int)fd, abs);
    }
    return fd;
}

static long make_node(int dirfd, const char *path, unsigned mode, const char *target)
{
    struct qrv_path p = PATH_OP(dirfd, path);
    p.subtype = _IO_CONNECT_MKNOD;
    p.mode = mode;
    p.nofollow = 1;
    if (target) {
        size_t n = __builtin_strlen(target);
        if (n == 0)
            return -ENOENT;
        if (n >= QRV_PATH_MAX)
            return -ENAMETOOLONG;
        p.extra_type = _IO_CONNECT_EXTRA_SYMLINK;
        p.extra = target;
        p.extra_len = n + 1;
    }
    long rc = __qrv_connect(&p);
    if (rc == -ENOENT || rc == -ENOSYS || rc == -EROFS) {
        struct stat st;
        if (__qrv_stat_abs(dirfd, path, &st, AT_SYMLINK_NOFOLLOW, 0) == 0)
            return -EEXIST;
    }
    return rc < 0 ? rc : 0;
}

/* A link of the path manager itself is nobody's file. */
static long unlink_prefix(int dirfd, const char *path)
{
    struct tmsg_resolve_reply r;
    long rc = __qrv_resolve(dirfd, path, TMSG_RESOLVE_NOFOLLOW, &r);
    if (rc < 0)
        return rc;
    size_t n = __builtin_strlen(r.path) + 1;
    struct tmsg_path m = {.type = TMSG_PATH, .subtype = TMSG_PATH_UNLINK, .path_len = (uint32_t)n};
    struct iovec s[2] = {{&m, sizeof m}, {r.path, n}};
    return __qrv_sendv(SYSMGR_COID, s, 2, 0, 0, KC_SEND_NC);
}

static long do_unlink(int dirfd, const char *path, int flags)
{
    struct qrv_path p = PATH_OP(dirfd, path);
    p.subtype = _IO_CONNECT_UNLINK;
    p.nofollow = 1;
    p.mode = flags & AT_REMOVEDIR ? S_IFDIR : 0;
    long rc = __qrv_connect(&p);
    if ((rc == -ENOENT || rc == -ENOSYS || rc == -EROFS || rc == -EPERM) &&
        !(flags & AT_REMOVEDIR) && unlink_prefix(dirfd, path) >= 0)
        return 0;
    return rc < 0 ? rc : 0;
}

/* link and rename: both names must live in one server.  The old name goes along as the server sees
 * it. */
static long two_paths(int sub, int olddir, const char *old, int newdir, const char *new,
                      int follow_old)
{
    struct {
        struct tmsg_resolve_reply r;
        char abs[QRV_PATH_MAX];
        struct stat st;
    } o;
    struct _io_stat m = {.type = _IO_STAT, .combine_len = sizeof m};
    struct qrv_path q = PATH_OP(olddir, old), p = PATH_OP(newdir, new);
    if (sub == _IO_CONNECT_RENAME && (__qrv_ends_in_dots(old) || __qrv_ends_in_dots(new)))
        return -EINVAL;
    q.nofollow = !follow_old;
    q.reply = &o.st;
    q.reply_len = sizeof o.st;
    q.abs = o.abs;
    long rc = combined(&q, &m, sizeof m);
    if (rc < 0)
        return rc;
    if (sub == _IO_CONNECT_LINK && S_ISDIR(o.st.st_mode))
        return -EPERM;
    if ((rc = __qrv_resolve(AT_FDCWD, o.abs, TMSG_RESOLVE_NOFOLLOW, &o.r)) < 0)
        return rc;
    const char *rel = 0;
    for (uint32_t i = 0; i < o.r.count && !rel; i++) {
        const struct tmsg_entry *e = &o.r.entry[i];
        if (e->pid == q.used_pid && e->chid == q.used_chid && e->handle == q.used_handle &&
            e->prefix_len < sizeof o.r.path)
            rel = o.r.path + e->prefix_len;
    }
    if (!rel)
        return -EXDEV;
    while (*rel == '/')
        rel++;
    p.subtype = (uint16_t)sub;
    p.nofollow = 1;
    p.mode = 0;
    p.extra_type = _IO_CONNECT_EXTRA_LINK;
    p.extra = rel;
    p.extra_len = __builtin_strlen(rel) + 1;
    p.at_pid = q.used_pid;
    p.at_chid = q.used_chid;
    p.at_handle = q.used_handle;
    rc = __qrv_connect(&p);
    return rc < 0 ? rc : 0;
}

/* The answer is the bare text with its length as status, or a link reply in front of it with status
 * 0. */
static long do_readlink(int dirfd, const char *path, char *buf, size_t size)
{
    union {
        struct _io_connect_link_reply h;
        char text[sizeof(struct _io_connect_link_reply) + QRV_PATH_MAX];
    } rep;
    struct qrv_path p = PATH_OP(dirfd, path);
    if (size == 0)
        return -EINVAL;
    p.subtype = _IO_CONNECT_READLINK;
    p.nofollow = 1;
    p.ioflag = O_NOFOLLOW;
    p.reply = &rep;
    p.reply_len = sizeof rep;
    long rc = __qrv_connect(&p);
    if (rc < 0) /* a server without links has no links */
        return rc == -ENOSYS ? -EINVAL : rc;
    const char *text = rep.text;
    size_t n = (size_t)rc, max = sizeof rep.text;
    if (rc == 0) {
        text += sizeof rep.h;
        max -= sizeof rep.h;
        n = rep.h.path_len;
        while (n && !text[n - 1])
            n--;
    }
    if (n > max)
        return -EIO;
    if (n > size)
        n = size;
    __qrv_copy(buf, text, n);
    return (long)n;
}

static long do_chmod(int dirfd, const char *path, unsigned mode)
{
    struct _io_chmod m = {.type = _IO_CHMOD, .combine_len = sizeof m, .mode = mode & 07777};
    struct qrv_path p = PATH_OP(dirfd, path);
    long rc = combined(&p, &m, sizeof m);
    return rc < 0 ? rc : 0;
}

static long do_chown(int dirfd, const char *path, int uid, int gid, int flags)
{
    struct _io_chown m = {.type = _IO_CHOWN, .combine_len = sizeof m, .uid = uid, .gid = gid};
    if (is_empty_path(path, flags))
        return __qrv_badfd(dirfd) ? -EBADF : __qrv_send(dirfd, &m, sizeof m, 0, 0, KC_SEND_NC);
    struct qrv_path p = PATH_OP(dirfd, path);
    p.nofollow = !!(flags & AT_SYMLINK_NOFOLLOW);
    long rc = combined(&p, &m, sizeof m);
    return rc < 0 ? rc : 0;
}

static long do_utimens(int dirfd, const char *path, const struct timespec *ts, int flags)
{
    struct _io_utime m = {.type = _IO_UTIME, .combine_len = sizeof m, .cur_flag = !ts};
    for (int i = 0; ts && i < 2; i++)
        if ((unsigned long)ts[i].tv_nsec >= NSEC_PER_SEC && ts[i].tv_nsec != UTIME_NOW &&
            ts[i].tv_nsec != UTIME_OMIT)
            return -EINVAL;
    m.atime_s = ts ? ts[0].tv_sec : 0;
    m.atime_ns = ts ? ts[0].tv_nsec : UTIME_NOW;
    m.mtime_s = ts ? ts[1].tv_sec : 0;
    m.mtime_ns = ts ? ts[1].tv_nsec : UTIME_NOW;
    if (!path)
        return __qrv_badfd(dirfd) ? -EBADF : __qrv_send(dirfd, &m, sizeof m, 0, 0, KC_SEND_NC);
    struct qrv_path p = PATH_OP(dirfd, path);
    p.nofollow = !!(flags & AT_SYMLINK_NOFOLLOW);
    long rc = combined(&p, &m, sizeof m);
    return rc < 0 ? rc : 0;
}

static long do_truncate(const char *path, int64_t len)
{
    struct _io_space m = {
        .type = _IO_SPACE, .combine_len = sizeof m, .subtype = 1, .start = (uint64_t)len};
    struct qrv_path p = PATH_OP(AT_FDCWD, path);
    if (len < 0)
        return -EINVAL;
    p.ioflag = _IO_FLAG_WR;
    long rc = combined(&p, &m, sizeof m);
    return rc < 0 ? rc : 0;
}

/* Would the caller (effective: with its effective ids) be let in?  amode: R_OK | W_OK | X_OK. */
long __qrv_access_st(const struct stat *st, int amode, int effective)
{
    struct tmsg_id m = {.type = TMSG_PROC, .subtype = TMSG_PROC_GETID};
    struct tmsg_ids ids;
    long rc = __qrv_tm(&m, sizeof m, &ids, sizeof ids);
    if (rc < 0)
        return rc;
    uint32_t uid = effective ? ids.cred.euid : ids.cred.ruid,
             gid = effective ? ids.cred.egid : ids.cred.rgid;
    unsigned mode = st->st_mode;
    if (uid == 0)
        return (amode & 1) && !S_ISDIR(mode) && !(mode & 0111) ? -EACCES : 0;
    int in_group = st->st_gid == gid;
    for (uint32_t i = 0; i < ids.cred.ngroups && i < _KC_NGROUPS_MAX; i++)
        in_group |= ids.cred.grouplist[i] == st->st_gid;
    unsigned bits = st->st_uid == uid ? mode >> 6 : in_group ? mode >> 3 : mode;
    return ((unsigned)amode & ~bits & 7) ? -EACCES : 0;
}

static long do_access(int dirfd, const char *path, int amode, int flags)
{
    struct stat st;
    if (amode & ~7)
        return -EINVAL;
    long rc = __qrv_stat_at(dirfd, path, &st, flags & (AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH));
    return rc < 0 || !amode ? rc : __qrv_access_st(&st, amode, !!(flags & AT_EACCESS));
}

static long enter_dir(const struct stat *st, const char *abs)
{
    if (!S_ISDIR(st->st_mode))
        return -ENOTDIR;
    long rc = __qrv_access_st(st, 1, 1);
    if (rc < 0)
        return rc;
    size_t n = __builtin_strlen(abs) + 1;
    struct tmsg_path m = {.type = TMSG_PATH, .subtype = TMSG_PATH_CHDIR, .path_len = (uint32_t)n};
    struct iovec s[2] = {{&m, sizeof m}, {(void *)abs, n}};
    return __qrv_sendv(SYSMGR_COID, s, 2, 0, 0, KC_SEND_NC);
}

static long do_chdir(const char *path)
{
    struct stat st;
    char abs[QRV_PATH_MAX];
    long rc = __qrv_stat_abs(AT_FDCWD, path, &st, 0, abs);
    return rc < 0 ? rc : enter_dir(&st, abs);
}

static long do_fchdir(int fd)
{
    struct stat st;
    char abs[QRV_PATH_MAX];
    long rc = __qrv_fstat(fd, &st);
    if (rc < 0)
        return rc;
    if (!S_ISDIR(st.st_mode))
        return -ENOTDIR;
    rc = __qrv_fdpath(fd, abs, sizeof abs);
    return rc < 0 ? rc : enter_dir(&st, abs);
}

static long do_getcwd(char *buf, size_t size)
{
    char path[QRV_PATH_MAX];
    struct tmsg_hdr m = {.type = TMSG_PATH, .subtype = TMSG_PATH_GETCWD};
    path[0] = 0;
    long rc = __qrv_tm(&m, sizeof m, path, sizeof path);
    if (rc < 0)
        return rc;
    path[sizeof path - 1] = 0;
    size_t n = __builtin_strlen(path) + 1;
    if (n > size)
        return -ERANGE;
    __qrv_copy(buf, path, n);
    return (long)n;
}

long __qrv_paths(long n, long a, long b, long c, long d, long e, unsigned fl)
{
    const char *path = (const char *)b;
    switch (n) {
    case SYS_openat:
        return __qrv_open((int)a, path, (int)c, (int)d, fl);
    case SYS_newfstatat:
        return __qrv_stat_at((int)a, path, (struct stat *)c, (int)d);
    case SYS_mkdirat:
        return make_node((int)a, path, S_IFDIR | ((unsigned)c & 07777), 0);
    case SYS_mknodat:
        return make_node((int)a, path, (unsigned)c & S_IFMT ? (unsigned)c : (unsigned)c | S_IFREG,
                         0);
    case SYS_unlinkat:
        return do_unlink((int)a, path, (int)c);
    case SYS_symlinkat:
        return make_node((int)b, (const char *)c, S_IFLNK | 0777, (const char *)a);
    case SYS_linkat:
        return two_paths(_IO_CONNECT_LINK, (int)a, path, (int)c, (const char *)d,
                         !!((int)e & AT_SYMLINK_FOLLOW));
    case SYS_renameat2:
        return e ? -EINVAL
                 : two_paths(_IO_CONNECT_RENAME, (int)a, path, (int)c, (const char *)d, 0);
    case SYS_readlinkat:
        return do_readlink((int)a, path, (char *)c, (size_t)d);
    case SYS_fchmodat:
        return do_chmod((int)a, path, (unsigned)c);
    case SYS_fchownat:
        return do_chown((int)a, path, (int)c, (int)d, (int)e);
    case SYS_utimensat:
        return do_utimens((int)a, path, (const struct timespec *)c, (int)d);
    case SYS_faccessat:
        return do_access((int)a, path, (int)c, 0);
    case SYS_faccessat2:
        return do_access((int)a, path, (int)c, (int)d);
    case SYS_truncate:
        return do_truncate((const char *)a, b);
    case SYS_chdir:
        return do_chdir((const char *)a);
    case SYS_fchdir:
        return do_fchdir((int)a);
    case SYS_getcwd:
        return do_getcwd((char *)a, (size_t)b);
    default:
        return -ENOSYS;
    }
}
