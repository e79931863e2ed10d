/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes of NFS version 3: as they are told, as callers change them, and who may do what by them; handles and names
 * as arguments. */
#include "nfs3.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

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

void nfs3_put_time(struct xdr_out *out, struct timespec t)
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
    nfs3_put_time(out, st->st_atim);
    nfs3_put_time(out, st->st_mtim);
    nfs3_put_time(out, st->st_ctim);
}

void nfs3_put_post(struct xdr_out *out, struct node *n)
{
    struct stat st;
    bool known = n != NULL && node_stat(n, &st) == 0;
    xdr_put32(out, known);
    if (known)
        nfs3_put_attr(out, &st);
}

void nfs3_put_wcc(struct xdr_out *out, struct node *n)
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

struct node *nfs3_get_place(struct xdr_in *in, char name[NAME_BYTES], int *error)
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

void nfs3_get_changes(struct xdr_in *in, struct changes *c)
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

bool nfs3_may(const struct caller *c, const struct stat *st, mode_t want)
{
    if (!server.is_root || c->uid == 0 || c->uid == st->st_uid)
        return true;
    bool in_group = c->gid == st->st_gid;
    for (unsigned i = 0; i < c->ngroups; i++)
        in_group |= c->groups[i] == st->st_gid;
    mode_t granted = in_group ? st->st_mode >> 3 : st->st_mode;
    return (granted & want) == want;
}

int nfs3_fd_path(struct node *n, char path[PROC_PATH])
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
    if (!nfs3_may(c, st, 2))
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

int nfs3_change(struct node *n, const struct caller *c, const struct changes *s)
{
    char path[PROC_PATH];
    struct stat st;
    int fd = nfs3_fd_path(n, path), error = 0;
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
