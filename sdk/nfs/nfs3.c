/* SPDX-License-Identifier: Apache-2.0 */
/* The procedures of NFS version 3, but for those that list directories. Each reads all of its arguments, then acts;
 * names of an answer's parts are those of RFC 1813. */
#include "nfs3.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define NAME_BYTES 256
#define LINK_BYTES 4096
#define PROC_PATH  64

enum { ACCESS_READ = 1, ACCESS_LOOKUP = 2, ACCESS_MODIFY = 4, ACCESS_EXTEND = 8, ACCESS_DELETE = 16, ACCESS_EXECUTE = 32 };
enum { UNCHECKED, GUARDED, EXCLUSIVE };

uint32_t nfs3_status(int error)
{
    switch (error) {
    case 0:
    case EPERM:
    case ENOENT:
    case EIO:
    case ENXIO:
    case EACCES:
    case EEXIST:
    case EXDEV:
    case ENODEV:
    case ENOTDIR:
    case EISDIR:
    case EINVAL:
    case EFBIG:
    case ENOSPC:
    case EROFS:
    case EMLINK:
        return (uint32_t)error;
    case ENAMETOOLONG:
        return 63;
    case ENOTEMPTY:
        return 66;
    case EDQUOT:
        return 69;
    case ESTALE:
        return 70;
    case EBADF:
        return 10001; /* BADHANDLE */
    case ENOTSUP:
        return 10004;
    case ETXTBSY:
        return EACCES;
    case ELOOP:
        return EINVAL;
    default:
        return EIO;
    }
}

/* ------------------------------------------------------------------ attributes */

static uint32_t type_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return 2;
    case S_IFBLK:
        return 3;
    case S_IFCHR:
        return 4;
    case S_IFLNK:
        return 5;
    case S_IFSOCK:
        return 6;
    case S_IFIFO:
        return 7;
    default:
        return 1;
    }
}

static uint32_t uid_shown(uid_t uid)
{
    return !server.is_root && uid == geteuid() ? 0 : uid;
}

static uint32_t gid_shown(gid_t gid)
{
    return !server.is_root && gid == getegid() ? 0 : gid;
}

static void put_time(struct xdr_out *out, struct timespec t)
{
    xdr_put32(out, (uint32_t)t.tv_sec);
    xdr_put32(out, (uint32_t)t.tv_nsec);
}

void nfs3_put_attr(struct xdr_out *out, const struct stat *st)
{
    xdr_put32(out, type_of(st->st_mode));
    xdr_put32(out, st->st_mode & 07777);
    xdr_put32(out, (uint32_t)st->st_nlink);
    xdr_put32(out, uid_shown(st->st_uid));
    xdr_put32(out, gid_shown(st->st_gid));
    xdr_put64(out, (uint64_t)st->st_size);
    xdr_put64(out, (uint64_t)st->st_blocks * 512);
    xdr_put32(out, major(st->st_rdev));
    xdr_put32(out, minor(st->st_rdev));
    xdr_put64(out, st->st_dev);
    xdr_put64(out, st->st_ino);
    put_time(out, st->st_atim);
    put_time(out, st->st_mtim);
    put_time(out, st->st_ctim);
}

void nfs3_put_post(struct xdr_out *out, struct node *n)
{
    struct stat st;
    bool known = n != NULL && node_stat(n, &st) == 0;
    xdr_put32(out, known);
    if (known)
        nfs3_put_attr(out, &st);
}

/* wcc_data: what it was before is not told. */
static void put_wcc(struct xdr_out *out, struct node *n)
{
    xdr_put32(out, 0);
    nfs3_put_post(out, n);
}

struct node *nfs3_get_node(struct xdr_in *in, int *error)
{
    uint32_t len;
    const uint8_t *bytes = xdr_bytes(in, HANDLE_BYTES, &len);
    if (bytes == NULL) {
        *error = EBADF;
        return NULL;
    }
    struct node *n = node_of_handle(bytes, len, error);
    if (n != NULL)
        *error = 0;
    return n;
}

/* A name in a directory; what is too long or leads elsewhere becomes an error of the call. */
static struct node *get_place(struct xdr_in *in, char name[NAME_BYTES], int *error)
{
    struct node *dir = nfs3_get_node(in, error);
    uint32_t len;
    const uint8_t *bytes = xdr_bytes(in, LINK_BYTES, &len);
    name[0] = '\0';
    if (bytes == NULL || dir == NULL)
        return dir;
    if (len >= NAME_BYTES) {
        *error = ENAMETOOLONG;
        return dir;
    }
    memcpy(name, bytes, len);
    name[len] = '\0';
    if (memchr(bytes, '\0', len) != NULL || strchr(name, '/') != NULL || len == 0)
        *error = EACCES;
    return dir;
}

struct changes {
    bool has_mode, has_uid, has_gid, has_size;
    mode_t mode;
    uid_t uid;
    gid_t gid;
    uint64_t size;
    struct timespec times[2];
};

static struct timespec get_time(struct xdr_in *in)
{
    struct timespec t = {.tv_nsec = UTIME_OMIT};
    uint32_t how = xdr_u32(in);
    if (how == 1)
        t.tv_nsec = UTIME_NOW;
    if (how == 2) {
        t.tv_sec = (time_t)xdr_u32(in);
        t.tv_nsec = (long)xdr_u32(in);
        in->bad |= t.tv_nsec > 999999999;
    }
    in->bad |= how > 2;
    return t;
}

static void get_changes(struct xdr_in *in, struct changes *c)
{
    *c = (struct changes){.has_mode = xdr_u32(in) != 0};
    if (c->has_mode)
        c->mode = xdr_u32(in) & 07777;
    if ((c->has_uid = xdr_u32(in) != 0))
        c->uid = xdr_u32(in);
    if ((c->has_gid = xdr_u32(in) != 0))
        c->gid = xdr_u32(in);
    if ((c->has_size = xdr_u32(in) != 0))
        c->size = xdr_u64(in);
    c->times[0] = get_time(in);
    c->times[1] = get_time(in);
}

/* Those who may, by the mode: the owner whatever it says, because its owner has opened a file once and for all. */
static bool may(const struct caller *c, const struct stat *st, mode_t want)
{
    if (!server.is_root || c->uid == 0 || c->uid == st->st_uid)
        return true;
    bool in_group = c->gid == st->st_gid;
    for (unsigned i = 0; i < c->ngroups; i++)
        in_group |= c->groups[i] == st->st_gid;
    mode_t granted = in_group ? st->st_mode >> 3 : st->st_mode;
    return (granted & want) == want;
}

static int fd_path(struct node *n, char path[PROC_PATH])
{
    int fd = node_fd(n);
    if (fd == -1)
        return -1;
    snprintf(path, PROC_PATH, "/proc/self/fd/%d", fd);
    return fd;
}

static int set_size(struct node *n, const struct caller *c, const struct stat *st, uint64_t size)
{
    if (S_ISDIR(st->st_mode))
        return EISDIR;
    if (!S_ISREG(st->st_mode))
        return EINVAL;
    if (!may(c, st, 2))
        return EACCES;
    if (size > INT64_MAX)
        return EFBIG;
    int io = node_io(n, true);
    if (io == -1)
        return errno;
    act_as(c); /* who is not root takes away set-user-ID, as with write() */
    int error = ftruncate(io, (off_t)size) == -1 ? errno : 0;
    act_as_self();
    return error;
}

static int change_owner(int fd, const struct changes *s)
{
    uid_t uid = s->has_uid ? s->uid : (uid_t)-1;
    gid_t gid = s->has_gid ? s->gid : (gid_t)-1;
    if (!server.is_root) { /* 0 stands for whom the server runs as */
        uid = uid == 0 ? geteuid() : uid;
        gid = gid == 0 ? getegid() : gid;
    }
    return fchownat(fd, "", uid, gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) == -1 ? errno : 0;
}

static int change_times(int fd, const char *path, const struct stat *st, const struct timespec t[2])
{
    if (t[0].tv_nsec == UTIME_OMIT && t[1].tv_nsec == UTIME_OMIT)
        return 0;
    int rc = S_ISLNK(st->st_mode) ? utimensat(fd, "", t, AT_EMPTY_PATH) : utimensat(AT_FDCWD, path, t, 0);
    return rc == -1 ? errno : 0;
}

static int change(struct node *n, const struct caller *c, const struct changes *s)
{
    char path[PROC_PATH];
    struct stat st;
    int fd = fd_path(n, path), error = 0;
    if (fd == -1 || fstat(fd, &st) == -1)
        return errno;
    if (s->has_size)
        error = set_size(n, c, &st, s->size);
    act_as(c);
    if (error == 0 && (s->has_uid || s->has_gid))
        error = change_owner(fd, s);
    if (error == 0 && s->has_mode && chmod(path, s->mode) == -1)
        error = S_ISLNK(st.st_mode) ? 0 : errno;
    if (error == 0)
        error = change_times(fd, path, &st, s->times);
    act_as_self();
    return error;
}

/* ------------------------------------------------------------------ procedures on one file */

static void p_getattr(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    int error;
    struct stat st;
    struct node *n = nfs3_get_node(in, &error);
    (void)c;
    if (n != NULL)
        error = node_stat(n, &st);
    xdr_put32(out, nfs3_status(error));
    if (error == 0)
        nfs3_put_attr(out, &st);
}

static void p_setattr(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    int error;
    struct changes s;
    struct stat st;
    struct timespec guard = {0};
    struct node *n = nfs3_get_node(in, &error);
    get_changes(in, &s);
    bool guarded = xdr_u32(in) != 0;
    if (guarded) {
        guard.tv_sec = (time_t)xdr_u32(in);
        guard.tv_nsec = (long)xdr_u32(in);
    }
    if (in->bad)
        return;
    if (n != NULL)
        error = server.read_only ? EROFS : node_stat(n, &st);
    if (error == 0 && guarded &&
        ((uint32_t)st.st_ctim.tv_sec != (uint32_t)guard.tv_sec || st.st_ctim.tv_nsec != guard.tv_nsec)) {
        xdr_put32(out, 10002); /* NOT_SYNC */
        put_wcc(out, n);
        return;
    }
    if (error == 0)
        error = change(n, c, &s);
    xdr_put32(out, nfs3_status(error));
    put_wcc(out, n);
}

static uint32_t granted(struct node *n, const struct caller *c, const struct stat *st)
{
    char path[PROC_PATH];
    bool r, w, x;
    if (fd_path(n, path) == -1)
        return 0;
    if (server.is_root && c->uid == 0) {
        r = w = true;
        x = S_ISDIR(st->st_mode) || (st->st_mode & 0111);
    } else if (server.is_root) {
        mode_t own = c->uid == st->st_uid ? st->st_mode >> 6 & 7 : 0;
        bool is_own = c->uid == st->st_uid;
        r = is_own ? own & 4 : may(c, st, 4);
        w = is_own ? own & 2 : may(c, st, 2);
        x = is_own ? own & 1 : may(c, st, 1);
    } else {
        r = faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0;
        w = faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0;
        x = faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
    }
    w = w && !server.read_only;
    bool is_dir = S_ISDIR(st->st_mode);
    return (r ? ACCESS_READ : 0u) | (w ? ACCESS_MODIFY | ACCESS_EXTEND : 0u) |
           (w && is_dir ? ACCESS_DELETE : 0u) | (x ? is_dir ? ACCESS_LOOKUP : ACCESS_EXECUTE : 0u);
}

static void p_access(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    int error;
    struct stat st;
    struct node *n = nfs3_get_node(in, &error);
    uint32_t wanted = xdr_u32(in);
    if (n != NULL)
        error = node_stat(n, &st);
    xdr_put32(out, nfs3_status(error));
    nfs3_put_post(out, n);
    if (error == 0)
        xdr_put32(out, granted(n, c, &st) & wanted);
}

static void p_readlink(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    char text[LINK_BYTES];
    int error;
    ssize_t len = 0;
    struct node *n = nfs3_get_node(in, &error);
    (void)c;
    if (n != NULL) {
        int fd = node_fd(n);
        len = fd == -1 ? -1 : readlinkat(fd, "", text, sizeof text);
        error = len != -1 ? 0 : errno == ENOENT ? EINVAL : errno; /* ENOENT: not a link */
    }
    xdr_put32(out, nfs3_status(error));
    nfs3_put_post(out, n);
    if (error == 0)
        xdr_put_bytes(out, text, (uint32_t)len);
}

/* A regular file's descriptor, if the caller may use it so. */
static int open_data(struct node *n, const struct caller *c, bool write, int *error)
{
    struct stat st;
    *error = node_stat(n, &st);
    if (*error == 0 && !S_ISREG(st.st_mode))
        *error = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
    if (*error == 0 && write && server.read_only)
        *error = EROFS;
    /* Who may execute a file has to be able to read it. */
    if (*error == 0 && !may(c, &st, write ? 2 : 4) && (write || !may(c, &st, 1)))
        *error = EACCES;
    int io = *error == 0 ? node_io(n, write) : -1;
    if (*error == 0 && io == -1)
        *error = errno;
    return io;
}

static void p_read(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    static uint8_t data[DATA_MAX];
    int error, io = -1;
    ssize_t got = 0;
    struct stat st;
    struct node *n = nfs3_get_node(in, &error);
    uint64_t offset = xdr_u64(in);
    uint32_t len = xdr_u32(in);
    if (in->bad)
        return;
    if (n != NULL)
        io = open_data(n, c, false, &error);
    if (error == 0 && offset <= INT64_MAX) {
        got = pread(io, data, len < DATA_MAX ? len : DATA_MAX, (off_t)offset);
        error = got == -1 ? errno : 0;
    }
    if (error == 0)
        error = fstat(io, &st) == -1 ? errno : 0;
    xdr_put32(out, nfs3_status(error));
    nfs3_put_post(out, n);
    if (error != 0)
        return;
    xdr_put32(out, (uint32_t)got);
    xdr_put32(out, offset + (uint64_t)got >= (uint64_t)st.st_size);
    xdr_put_bytes(out, data, (uint32_t)got);
}

static int write_all(int io, const uint8_t *data, uint32_t len, uint64_t offset, uint32_t *done)
{
    *done = 0;
    if (offset > INT64_MAX || offset + len > INT64_MAX)
        return EFBIG;
    while (*done < len) {
        ssize_t n = pwrite(io, data + *done, len - *done, (off_t)(offset + *done));
        if (n == -1 && errno == EINTR)
            continue;
        if (n <= 0)
            return *done > 0 ? 0 : n == 0 ? EIO : errno;
        *done += (uint32_t)n;
    }
    return 0;
}

static void p_write(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    int error, io = -1;
    uint32_t len, done = 0;
    struct node *n = nfs3_get_node(in, &error);
    uint64_t offset = xdr_u64(in);
    uint32_t count = xdr_u32(in), stable = xdr_u32(in);
    const uint8_t *data = xdr_bytes(in, RECORD_MAX, &len);
    in->bad |= count > len || stable > 2;
    if (in->bad)
        return;
    if (n != NULL)
        io = open_data(n, c, true, &error);
    if (error == 0) {
        act_as(c); /* who is not root takes away set-user-ID */
        error = write_all(io, data, count, offset, &done);
        act_as_self();
    }
    if (error == 0 && stable != 0 && fdatasync(io) == -1)
        error = errno;
    xdr_put32(out, nfs3_status(error));
    put_wcc(out, n);
    if (error != 0)
        return;
    xdr_put32(out, done);
    xdr_put32(out, stable == 0 ? 0 : 2);
    xdr_put64(out, server.verifier);
}

static void p_commit(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    int error, io;
    struct stat st;
    struct node *n = nfs3_get_node(in, &error);
    (void)c; /* whoever may write has done so */
    xdr_u64(in);
    xdr_u32(in);
    if (in->bad)
        return;
    if (n != NULL && (error = node_stat(n, &st)) == 0) {
        io = S_ISREG(st.st_mode) ? node_io(n, false) : -1;
        error = !S_ISREG(st.st_mode) ? EINVAL : io == -1 || fsync(io) == -1 ? errno : 0;
    }
    xdr_put32(out, nfs3_status(error));
    put_wcc(out, n);
    if (error == 0)
        xdr_put64(out, server.verifier);
}

static void p_fsstat(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    int error;
    struct statvfs v = {0};
    struct node *n = nfs3_get_node(in, &error);
    (void)c;
    if (n != NULL)
        error = node_fd(n) == -1 || fstatvfs(node_fd(n), &v) == -1 ? errno : 0;
    xdr_put32(out, nfs3_status(error));
    nfs3_put_post(out, n);
    if (error != 0)
        return;
    uint64_t size = v.f_frsize != 0 ? v.f_frsize : v.f_bsize;
    xdr_put64(out, v.f_blocks * size);
    xdr_put64(out, v.f_bfree * size);
    xdr_put64(out, v.f_bavail * size);
    xdr_put64(out, v.f_files);
    xdr_put64(out, v.f_ffree);
    xdr_put64(out, v.f_favail);
    xdr_put32(out, 0);
}

static void p_fsinfo(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    /* Read and write: the most, the best, a multiple; a directory's best. */
    static const uint32_t sizes[] = {DATA_MAX, DATA_MAX, 4096, DATA_MAX, DATA_MAX, 4096, 32768};
    int error;
    struct node *n = nfs3_get_node(in, &error);
    (void)c;
    xdr_put32(out, nfs3_status(error));
    nfs3_put_post(out, n);
    if (error != 0)
        return;
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        xdr_put32(out, sizes[i]);
    xdr_put64(out, INT64_MAX);
    put_time(out, (struct timespec){.tv_nsec = 1});
    xdr_put32(out, 0x1b); /* hard links, symbolic links, all the same, times can be set */
}

static void p_pathconf(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    static const uint32_t values[] = {32000, 255, 1, 1, 0, 1};
    int error;
    struct node *n = nfs3_get_node(in, &error);
    (void)c;
    xdr_put32(out, nfs3_status(error));
    nfs3_put_post(out, n);
    for (unsigned i = 0; error == 0 && i < 6; i++)
        xdr_put32(out, values[i]);
}

/* ------------------------------------------------------------------ procedures on names */

/* Of what has just been made or found: a node, or NULL and *error. */
static struct node *child_of(struct node *dir, const char *name, int *error)
{
    struct stat st;
    int fd = node_fd(dir);
    *error = fd == -1 || fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == -1 ? errno : 0;
    struct node *n = *error == 0 ? node_child(dir, name, &st) : NULL;
    if (*error == 0 && n == NULL)
        *error = EIO;
    return n;
}

static void p_lookup(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    char name[NAME_BYTES];
    uint8_t handle[HANDLE_BYTES];
    int error;
    struct stat st;
    struct node *dir = get_place(in, name, &error), *n = NULL;
    if (in->bad)
        return;
    int fd = error == 0 ? node_fd(dir) : -1;
    if (error == 0 && fd == -1)
        error = errno;
    if (error == 0) {
        act_as(c); /* may search */
        error = fstatat(fd, name_is_plain(name) ? name : ".", &st, AT_SYMLINK_NOFOLLOW) == -1 ? errno : 0;
        act_as_self();
    }
    if (error == 0)
        n = name_is_plain(name) ? node_child(dir, name, &st) : dir; /* nothing above is shown */
    if (error == 0 && n == NULL)
        error = EIO;
    xdr_put32(out, nfs3_status(error));
    if (error == 0) {
        node_handle(n, handle);
        xdr_put_bytes(out, handle, sizeof handle);
        nfs3_put_post(out, n);
    }
    nfs3_put_post(out, dir);
}

/* The answer to what makes a file. */
static void put_made(struct xdr_out *out, struct node *dir, struct node *n, int error)
{
    uint8_t handle[HANDLE_BYTES];
    xdr_put32(out, nfs3_status(error));
    if (error == 0) {
        node_handle(n, handle);
        xdr_put32(out, 1);
        xdr_put_bytes(out, handle, sizeof handle);
        nfs3_put_post(out, n);
    }
    put_wcc(out, dir);
}

/* Where a new name goes: the directory's descriptor. */
static int place_fd(struct node *dir, const char *name, int *error)
{
    if (*error == 0 && server.read_only)
        *error = EROFS;
    if (*error == 0 && !name_is_plain(name))
        *error = EEXIST;
    int fd = *error == 0 ? node_fd(dir) : -1;
    if (*error == 0 && fd == -1)
        *error = errno;
    return fd;
}

/* An exclusive file keeps the caller's number in its times until it sets them: the same call again finds it. */
static void verifier_times(const uint8_t *v, struct timespec t[2])
{
    for (int i = 0; i < 2; i++, v += 4)
        t[i] = (struct timespec){
            .tv_sec = (time_t)((uint32_t)(v[0] & 0x7f) << 24 | (uint32_t)v[1] << 16 | (uint32_t)v[2] << 8 | v[3])};
}

static int open_exclusive(int dir, const char *name, const uint8_t *verf, int *io)
{
    struct timespec t[2];
    struct stat st;
    verifier_times(verf, t);
    *io = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (*io != -1)
        return futimens(*io, t) == -1 ? errno : 0;
    if (errno != EEXIST)
        return errno;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1 || !S_ISREG(st.st_mode) ||
        st.st_atim.tv_sec != t[0].tv_sec || st.st_mtim.tv_sec != t[1].tv_sec)
        return EEXIST;
    return 0;
}

static int open_new(int dir, const char *name, bool guarded, mode_t mode, int *io)
{
    *io = openat(dir, name,
                 O_RDWR | O_CREAT | (guarded ? O_EXCL : 0) | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, mode);
    if (*io != -1)
        return 0;
    if (errno == ELOOP || errno == EISDIR || errno == ENXIO)
        return EEXIST;
    struct stat st; /* it is there and may not be written: that is for the writes to find */
    if (errno == EACCES && !guarded && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
        return 0;
    return errno;
}

static void p_create(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    char name[NAME_BYTES];
    struct changes s = {0};
    int error, io = -1;
    struct node *dir = get_place(in, name, &error), *n = NULL;
    uint32_t how = xdr_u32(in);
    const uint8_t *verf = how == EXCLUSIVE ? xdr_fixed(in, 8) : NULL;
    if (how < EXCLUSIVE)
        get_changes(in, &s);
    in->bad |= how > EXCLUSIVE;
    if (in->bad)
        return;
    int fd = place_fd(dir, name, &error);
    if (error == 0) {
        act_as(c);
        error = how == EXCLUSIVE ? open_exclusive(fd, name, verf, &io)
                                 : open_new(fd, name, how == GUARDED, s.has_mode ? s.mode : 0600, &io);
        act_as_self();
    }
    if (error == 0)
        n = child_of(dir, name, &error);
    if (n != NULL && io != -1)
        node_keep_io(n, io);
    else if (io != -1)
        close(io);
    s.has_mode = false; /* of an old file it stays */
    if (error == 0 && how != EXCLUSIVE)
        error = change(n, c, &s);
    put_made(out, dir, n, error);
}

static void p_mkdir(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    char name[NAME_BYTES];
    struct changes s;
    int error;
    struct node *dir = get_place(in, name, &error), *n = NULL;
    get_changes(in, &s);
    if (in->bad)
        return;
    int fd = place_fd(dir, name, &error);
    if (error == 0) {
        act_as(c);
        error = mkdirat(fd, name, s.has_mode ? s.mode : 0777) == -1 ? errno : 0;
        act_as_self();
    }
    if (error == 0)
        n = child_of(dir, name, &error);
    put_made(out, dir, n, error);
}

static void p_symlink(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    char name[NAME_BYTES], text[LINK_BYTES + 1];
    struct changes s;
    int error;
    uint32_t len;
    struct node *dir = get_place(in, name, &error), *n = NULL;
    get_changes(in, &s);
    const uint8_t *bytes = xdr_bytes(in, LINK_BYTES, &len);
    if (in->bad)
        return;
    memcpy(text, bytes, len);
    text[len] = '\0';
    int fd = place_fd(dir, name, &error);
    if (error == 0 && strlen(text) != len)
        error = EINVAL;
    if (error == 0) {
        act_as(c);
        error = symlinkat(text, fd, name) == -1 ? errno : 0;
        act_as_self();
    }
    if (error == 0)
        n = child_of(dir, name, &error);
    put_made(out, dir, n, error);
}

/* FIFOs and sockets; devices are for no server that runs programs of others. */
static void p_mknod(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    char name[NAME_BYTES];
    struct changes s = {0};
    int error;
    struct node *dir = get_place(in, name, &error), *n = NULL;
    uint32_t type = xdr_u32(in);
    if (type == 3 || type == 4 || type == 6 || type == 7)
        get_changes(in, &s);
    if (type == 3 || type == 4)
        xdr_u64(in);
    if (in->bad)
        return;
    int fd = place_fd(dir, name, &error);
    if (error == 0 && type != 6 && type != 7)
        error = ENOTSUP;
    if (error == 0) {
        act_as(c);
        error = mknodat(fd, name, (type == 6 ? S_IFSOCK : S_IFIFO) | (s.has_mode ? s.mode : 0600), 0) == -1 ? errno : 0;
        act_as_self();
    }
    if (error == 0)
        n = child_of(dir, name, &error);
    put_made(out, dir, n, error);
}

static void remove_name(const struct caller *c, struct xdr_in *in, struct xdr_out *out, int flags)
{
    char name[NAME_BYTES];
    int error;
    struct node *dir = get_place(in, name, &error);
    if (in->bad)
        return;
    int fd = place_fd(dir, name, &error);
    if (error == EEXIST)
        error = EINVAL; /* "." and ".." */
    if (error == 0) {
        act_as(c);
        error = unlinkat(fd, name, flags) == -1 ? errno : 0;
        act_as_self();
    }
    xdr_put32(out, nfs3_status(error));
    put_wcc(out, dir);
}

static void p_remove(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    remove_name(c, in, out, 0);
}

static void p_rmdir(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    remove_name(c, in, out, AT_REMOVEDIR);
}

static void p_rename(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    char from[NAME_BYTES], to[NAME_BYTES];
    int error, error2, moved;
    struct node *dir = get_place(in, from, &error), *dir2 = get_place(in, to, &error2);
    if (in->bad)
        return;
    error = error != 0 ? error : error2;
    int fd = place_fd(dir, from, &error), fd2 = place_fd(dir2, to, &error);
    if (error == EEXIST)
        error = EINVAL;
    if (error == 0) {
        act_as(c);
        error = renameat(fd, from, fd2, to) == -1 ? errno : 0;
        act_as_self();
    }
    if (error == 0)
        child_of(dir2, to, &moved); /* the node learns its new name */
    xdr_put32(out, nfs3_status(error));
    put_wcc(out, dir);
    put_wcc(out, dir2);
}

static void p_link(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    char name[NAME_BYTES], path[PROC_PATH];
    int error, error2;
    struct node *n = nfs3_get_node(in, &error), *dir = get_place(in, name, &error2);
    if (in->bad)
        return;
    error = error != 0 ? error : error2;
    int fd = place_fd(dir, name, &error);
    if (error == 0 && fd_path(n, path) == -1)
        error = errno;
    if (error == 0) {
        act_as(c);
        error = linkat(AT_FDCWD, path, fd, name, AT_SYMLINK_FOLLOW) == -1 ? errno : 0;
        act_as_self();
    }
    if (error == 0)
        child_of(dir, name, &error2); /* the newest name: the older may be about to go */
    xdr_put32(out, nfs3_status(error));
    nfs3_put_post(out, n);
    put_wcc(out, dir);
}

static void p_null(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    (void)c, (void)in, (void)out;
}

static void p_readdir(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    nfs3_readdir(c, in, out, false);
}

static void p_readdirplus(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    nfs3_readdir(c, in, out, true);
}

bool nfs3_call(uint32_t proc, const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    static void (*const procedures[])(const struct caller *, struct xdr_in *, struct xdr_out *) = {
        p_null,  p_getattr, p_setattr, p_lookup, p_access, p_readlink, p_read,        p_write,
        p_create, p_mkdir,  p_symlink, p_mknod,  p_remove, p_rmdir,    p_rename,      p_link,
        p_readdir, p_readdirplus, p_fsstat, p_fsinfo, p_pathconf, p_commit};
    if (proc >= sizeof procedures / sizeof procedures[0])
        return false;
    procedures[proc](c, in, out);
    return true;
}
