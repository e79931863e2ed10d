/* SPDX-License-Identifier: Apache-2.0 */
/* The procedures of NFS version 3 on a file by its handle. */
#include "nfs3.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { ACCESS_READ = 1, ACCESS_LOOKUP = 2, ACCESS_MODIFY = 4, ACCESS_EXTEND = 8, ACCESS_DELETE = 16, ACCESS_EXECUTE = 32 };

void p_getattr(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
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

void p_setattr(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    int error;
    struct changes s;
    struct stat st;
    struct timespec guard = {0};
    struct node *n = nfs3_get_node(in, &error);
    nfs3_get_changes(in, &s);
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
        nfs3_put_wcc(out, n);
        return;
    }
    if (error == 0)
        error = nfs3_change(n, c, &s);
    xdr_put32(out, nfs3_status(error));
    nfs3_put_wcc(out, n);
}

static uint32_t granted(struct node *n, const struct caller *c, const struct stat *st)
{
    char path[PROC_PATH];
    bool r, w, x;
    if (nfs3_fd_path(n, path) == -1)
        return 0;
    if (server.is_root && c->uid == 0) {
        r = w = true;
        x = S_ISDIR(st->st_mode) || (st->st_mode & 0111);
    } else if (server.is_root) {
        mode_t own = c->uid == st->st_uid ? st->st_mode >> 6 & 7 : 0;
        bool is_own = c->uid == st->st_uid;
        r = is_own ? own & 4 : nfs3_may(c, st, 4);
        w = is_own ? own & 2 : nfs3_may(c, st, 2);
        x = is_own ? own & 1 : nfs3_may(c, st, 1);
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

void p_access(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
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

void p_readlink(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
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
    if (*error == 0 && !nfs3_may(c, &st, write ? 2 : 4) && (write || !nfs3_may(c, &st, 1)))
        *error = EACCES;
    int io = *error == 0 ? node_io(n, write) : -1;
    if (*error == 0 && io == -1)
        *error = errno;
    return io;
}

void p_read(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
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

void p_write(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
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
    nfs3_put_wcc(out, n);
    if (error != 0)
        return;
    xdr_put32(out, done);
    xdr_put32(out, stable == 0 ? 0 : 2);
    xdr_put64(out, server.verifier);
}

void p_commit(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
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
    nfs3_put_wcc(out, n);
    if (error == 0)
        xdr_put64(out, server.verifier);
}

void p_fsstat(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
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

void p_fsinfo(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
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
    nfs3_put_time(out, (struct timespec){.tv_nsec = 1});
    xdr_put32(out, 0x1b); /* hard links, symbolic links, all the same, times can be set */
}

void p_pathconf(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
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
