/* SPDX-License-Identifier: Apache-2.0 */
/* From a path to a server: ask the path manager who may serve it, then try the candidates in order.
 *
 * A candidate that does not know the path (or the kind of request) passes it on to the next; any
 * other error is final. A server that meets a symbolic link answers _IO_CONNECT_RET_LINK with a
 * path to start over from: absolute, or relative to the place where the server is mounted. */
#include "qrv.h"

struct walk {
    struct tmsg_resolve_reply r;
    char path[QRV_PATH_MAX];
    union {
        struct _io_connect c;
        char bytes[QRV_ALIGN8(_IO_CONNECT_HDR + QRV_PATH_MAX) + QRV_ALIGN8(QRV_PATH_MAX) + 256];
    } msg;
    union {
        struct _io_connect_link_reply link;
        char bytes[sizeof(struct _io_connect_link_reply) + QRV_PATH_MAX + 8];
    } rep;
};

static size_t len_max(const char *s, size_t max)
{
    size_t n = 0;
    while (n < max && s[n])
        n++;
    return n;
}

/* The path a descriptor was opened by. */
long __qrv_fdpath(int fd, char *buf, size_t size)
{
    struct _io_fdinfo m = {.type = _IO_FDINFO, .combine_len = sizeof m, .path_len = (int32_t)size};
    struct _io_fdinfo_reply rep;
    struct iovec s = {&m, sizeof m}, r[2] = {{&rep, sizeof rep}, {buf, size}};
    if (__qrv_badfd(fd))
        return -EBADF;
    buf[0] = 0;
    long rc = __qrv_sendv(fd, &s, 1, r, 2, KC_SEND_NC);
    if (rc < 0)
        return rc;
    if (buf[0] != '/')
        return -ENOTDIR;
    if (len_max(buf, size) == size)
        return -ENAMETOOLONG;
    return (long)len_max(buf, size);
}

/* dirfd + path -> something the path manager takes: absolute, or relative to our working directory.
 */
static long whole_path(int dirfd, const char *path, char *out)
{
    size_t n = len_max(path, QRV_PATH_MAX), at = 0;
    if (n == 0)
        return -ENOENT;
    if (path[0] != '/' && dirfd != AT_FDCWD) {
        long rc = __qrv_fdpath(dirfd, out, QRV_PATH_MAX);
        if (rc < 0)
            return rc;
        at = (size_t)rc;
        out[at++] = '/';
    }
    if (at + n >= QRV_PATH_MAX)
        return -ENAMETOOLONG;
    __qrv_copy(out + at, path, n);
    out[at + n] = 0;
    return (long)(at + n);
}

static long resolve_abs(const char *path, size_t len, unsigned flags, struct tmsg_resolve_reply *r)
{
    struct tmsg_path m = {.type = TMSG_PATH,
                          .subtype = TMSG_PATH_RESOLVE,
                          .flags = flags,
                          .path_len = (uint32_t)len + 1};
    struct iovec s[2] = {{&m, sizeof m}, {(void *)path, len + 1}}, rv = {r, sizeof *r};
    long rc = __qrv_sendv(SYSMGR_COID, s, 2, &rv, 1, KC_SEND_NC);
    if (rc < 0)
        return rc;
    if (r->count > TMSG_RESOLVE_MAX || r->path_len > sizeof r->path)
        return -EIO;
    r->path[sizeof r->path - 1] = 0;
    return 0;
}

long __qrv_resolve(int dirfd, const char *path, unsigned flags, struct tmsg_resolve_reply *r)
{
    char whole[QRV_PATH_MAX];
    long n = whole_path(dirfd, path, whole);
    return n < 0 ? n : resolve_abs(whole, (size_t)n, flags, r);
}

/* A trailing slash, "." or ".." means a directory; the path manager's normal form has lost it. */
static uint8_t path_eflag(const char *path)
{
    size_t n = len_max(path, QRV_PATH_MAX);
    if (n && path[n - 1] == '/')
        return _IO_CONNECT_EFLAG_DIR;
    if (n >= 1 && path[n - 1] == '.' && (n == 1 || path[n - 2] == '/'))
        return _IO_CONNECT_EFLAG_DIR | _IO_CONNECT_EFLAG_DOT;
    if (n >= 2 && path[n - 1] == '.' && path[n - 2] == '.' && (n == 2 || path[n - 3] == '/'))
        return _IO_CONNECT_EFLAG_DIR | _IO_CONNECT_EFLAG_DOTDOT;
    return 0;
}

int __qrv_ends_in_dots(const char *path)
{
    return path_eflag(path) & (_IO_CONNECT_EFLAG_DOT | _IO_CONNECT_EFLAG_DOTDOT);
}

/* Lays out header, path, extra and the combined part; returns the bytes of the message. */
static size_t build(struct walk *w, const struct qrv_path *p, const struct tmsg_entry *e,
                    uint8_t eflag)
{
    const char *rest = w->r.path + (e->prefix_len < sizeof w->r.path ? e->prefix_len : 0);
    while (*rest == '/')
        rest++;
    size_t n = len_max(rest, QRV_PATH_MAX - 1) + 1;
    struct _io_connect *c = &w->msg.c;
    *c = (struct _io_connect){
        .type = _IO_CONNECT,
        .subtype = p->subtype,
        .file_type = p->file_type,
        .reply_max = sizeof w->rep.bytes,
        .handle = e->handle,
        .ioflag = p->ioflag,
        .mode = p->mode & S_IFMT ? p->mode & ~(w->r.umask & 0777) : p->mode,
        .path_len = (uint16_t)n,
        .eflag = eflag,
        .extra_type = p->extra_type,
        .extra_len = (uint16_t)p->extra_len,
    };
    __qrv_copy(w->msg.bytes + _IO_CONNECT_HDR, rest, n);
    size_t at = _IO_CONNECT_HDR + n;
    if (p->extra_len) {
        at = QRV_ALIGN8(at);
        __qrv_copy(w->msg.bytes + at, p->extra, p->extra_len);
        at += p->extra_len;
    }
    if (p->io_len) {
        at = QRV_ALIGN8(at);
        __qrv_copy(w->msg.bytes + at, p->io, p->io_len);
        at += p->io_len;
    }
    return at;
}

static void hang_up(int coid, int told)
{
    if (told) {
        struct _io_close m = {_IO_CLOSE, sizeof m};
        __qrv_send(coid, &m, sizeof m, 0, 0, KC_SEND_NC);
    }
    __kercall1(KC_CONNECT_DETACH, coid);
}

/* One candidate: >= 0 (the descriptor, or the status), -errno, or -ELOOP with *again for a link to
 * follow. */
static long try_one(struct walk *w, struct qrv_path *p, const struct tmsg_entry *e, uint8_t eflag,
                    int *again)
{
    int keep = p->open_fd >= 0;
    long coid = __kercall5(KC_CONNECT_ATTACH, ND_LOCAL_NODE, e->pid, e->chid,
                           keep ? p->open_fd : _NTO_SIDE_CHANNEL,
                           keep && !p->cloexec ? 0 : _NTO_COF_CLOEXEC);
    if (coid < 0)
        return coid == -EMFILE || coid == -ENOMEM || coid == -EAGAIN ? coid : -ENXIO;
    size_t len = build(w, p, e, eflag);
    struct iovec s = {w->msg.bytes, len}, r = {w->rep.bytes, sizeof w->rep.bytes};
    w->rep.link = (struct _io_connect_link_reply){0};
    w->rep.bytes[sizeof w->rep.link] = 0;
    long rc = __qrv_sendv((int)coid, &s, 1, &r, 1, p->fl);
    /* readlink() answers with text and its length: a length of 1 is told from this status by the
     * reply's first byte. */
    if (rc == _IO_CONNECT_RET_LINK && (p->subtype != _IO_CONNECT_READLINK || !w->rep.bytes[0])) {
        hang_up((int)coid, 0);
        *again = 1;
        return -ELOOP;
    }
    if (rc < 0) {
        hang_up((int)coid, keep && (rc == -EINTR || rc == -ECANCELED));
        return rc;
    }
    if (p->reply_len) {
        size_t n = p->reply_len < sizeof w->rep.bytes ? p->reply_len : sizeof w->rep.bytes;
        __qrv_copy(p->reply, w->rep.bytes, n);
    }
    p->used_pid = e->pid;
    p->used_chid = e->chid;
    p->used_handle = e->handle;
    if (keep)
        return coid;
    hang_up((int)coid, 0);
    return rc;
}

static int passes_on(long rc)
{
    return rc == -ENOENT || rc == -ENOSYS || rc == -ENXIO || rc == -ESRCH || rc == -EBADF ||
           rc == -EROFS;
}

/* All candidates of the resolved path. */
static long try_all(struct walk *w, struct qrv_path *p, uint8_t eflag, int *again, uint32_t *used)
{
    long best = p->at_pid ? -EXDEV : -ENOENT; /* when nobody is asked */
    for (uint32_t i = 0; i < w->r.count; i++) {
        const struct tmsg_entry *e = &w->r.entry[i];
        if (p->at_pid &&
            (e->pid != p->at_pid || e->chid != p->at_chid || e->handle != p->at_handle))
            continue;
        long rc = try_one(w, p, e, eflag, again);
        *used = i;
        if (*again || !passes_on(rc))
            return rc;
        if (best == -EXDEV && rc == -ENOENT)
            best = rc;
        if ((best == -ENOENT || best == -ENOSYS || best == -EXDEV) && rc != -ENOENT &&
            rc != -ESRCH && rc != -EBADF)
            best = rc;
    }
    return best;
}

/* Takes the path of a link reply for the next round. */
static long follow(struct walk *w, uint32_t used)
{
    const char *link = w->rep.bytes + sizeof w->rep.link;
    size_t max = sizeof w->rep.bytes - sizeof w->rep.link, at = 0;
    size_t n = w->rep.link.path_len && w->rep.link.path_len < max ? w->rep.link.path_len : max;
    n = len_max(link, n);
    if (n == 0)
        return -ENOENT;
    if (link[0] != '/') {
        at = w->r.entry[used].prefix_len;
        if (at >= QRV_PATH_MAX - 1)
            return -ENAMETOOLONG;
        __qrv_copy(w->path, w->r.path, at);
        w->path[at++] = '/';
    }
    if (at + n >= QRV_PATH_MAX)
        return -ENAMETOOLONG;
    __qrv_copy(w->path + at, link, n);
    w->path[at + n] = 0;
    return (long)(at + n);
}

/* Nothing is found below a descriptor that is no directory: that is what to say then. */
static long blame_dirfd(const struct qrv_path *p, long rc)
{
    struct stat st;
    if (rc != -ENOENT || p->path[0] == '/' || p->dirfd == AT_FDCWD)
        return rc;
    return __qrv_fstat(p->dirfd, &st) == 0 && !S_ISDIR(st.st_mode) ? -ENOTDIR : rc;
}

long __qrv_connect(struct qrv_path *p)
{
    struct walk w;
    long n = whole_path(p->dirfd, p->path, w.path);
    if (n < 0)
        return n;
    if (p->extra_len > QRV_PATH_MAX || p->io_len > 256)
        return -ENAMETOOLONG;
    uint8_t eflag = path_eflag(w.path);
    unsigned flags = p->nofollow && !eflag ? TMSG_RESOLVE_NOFOLLOW : 0;
    for (int links = 0; links <= TMSG_SYMLOOP_MAX; links++) {
        int again = 0;
        uint32_t used = 0;
        long rc = resolve_abs(w.path, (size_t)n, flags, &w.r);
        if (rc < 0)
            return blame_dirfd(p, rc);
        p->umask = w.r.umask;
        rc = try_all(&w, p, eflag, &again, &used);
        if (!again) {
            if (p->abs)
                __qrv_copy(p->abs, w.r.path, sizeof w.r.path);
            return blame_dirfd(p, rc);
        }
        if ((n = follow(&w, used)) < 0)
            return n;
    }
    return -ELOOP;
}
