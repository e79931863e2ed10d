/* SPDX-License-Identifier: Apache-2.0 */
/* The procedures of NFS version 3 on names in a directory. */
#include "nfs3.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { UNCHECKED, GUARDED, EXCLUSIVE };

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

void p_lookup(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    char name[NAME_BYTES];
    uint8_t handle[HANDLE_BYTES];
    int error;
    struct stat st;
    struct node *dir = nfs3_get_place(in, name, &error), *n = NULL;
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
    nfs3_put_wcc(out, dir);
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
    int error = errno;
    if (error == ELOOP || error == EISDIR || error == ENXIO)
        return EEXIST;
    struct stat st; /* it is there and may not be written: that is for the writes to find */
    if (error == EACCES && !guarded && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
        return 0;
    return error;
}

void p_create(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    char name[NAME_BYTES];
    struct changes s = {0};
    int error, io = -1;
    struct node *dir = nfs3_get_place(in, name, &error), *n = NULL;
    uint32_t how = xdr_u32(in);
    const uint8_t *verf = how == EXCLUSIVE ? xdr_fixed(in, 8) : NULL;
    if (how < EXCLUSIVE)
        nfs3_get_changes(in, &s);
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
        error = nfs3_change(n, c, &s);
    put_made(out, dir, n, error);
}

void p_mkdir(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    char name[NAME_BYTES];
    struct changes s;
    int error;
    struct node *dir = nfs3_get_place(in, name, &error), *n = NULL;
    nfs3_get_changes(in, &s);
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

void p_symlink(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    char name[NAME_BYTES], text[LINK_BYTES + 1];
    struct changes s;
    int error;
    uint32_t len;
    struct node *dir = nfs3_get_place(in, name, &error), *n = NULL;
    nfs3_get_changes(in, &s);
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
void p_mknod(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    char name[NAME_BYTES];
    struct changes s = {0};
    int error;
    struct node *dir = nfs3_get_place(in, name, &error), *n = NULL;
    uint32_t type = xdr_u32(in);
    if (type == 3 || type == 4 || type == 6 || type == 7)
        nfs3_get_changes(in, &s);
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
    struct node *dir = nfs3_get_place(in, name, &error);
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
    nfs3_put_wcc(out, dir);
}

void p_remove(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    remove_name(c, in, out, 0);
}

void p_rmdir(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    remove_name(c, in, out, AT_REMOVEDIR);
}

void p_rename(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    char from[NAME_BYTES], to[NAME_BYTES];
    int error, error2, moved;
    struct node *dir = nfs3_get_place(in, from, &error), *dir2 = nfs3_get_place(in, to, &error2);
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
    nfs3_put_wcc(out, dir);
    nfs3_put_wcc(out, dir2);
}

void p_link(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    char name[NAME_BYTES], path[PROC_PATH];
    int error, error2;
    struct node *n = nfs3_get_node(in, &error), *dir = nfs3_get_place(in, name, &error2);
    if (in->bad)
        return;
    error = error != 0 ? error : error2;
    int fd = place_fd(dir, name, &error);
    if (error == 0 && nfs3_fd_path(n, path) == -1)
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
    nfs3_put_wcc(out, dir);
}
