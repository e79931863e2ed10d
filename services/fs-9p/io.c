/* SPDX-License-Identifier: Apache-2.0 */
/* I/O messages of open files.  The framework holds the node's attribute lock around each handler.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/dcmd_all.h>
#include <sys/dcmd_blk.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs9p.h"

#include "../lib/foreign.h"

resmgr_io_funcs_t io_funcs;

/* ------------------------------------------------------------------ data */

struct transfer {
    resmgr_context_t *ctp;
    size_t at; /* in the client's message or reply */
};

static ssize_t to_client(void *handle, void *buffer, size_t bytes, size_t done)
{
    struct transfer *t = handle;
    if (bytes == 0)
        return 0;
    ssize_t n = resmgr_msgwrite(t->ctp, buffer, bytes, t->at + done);
    return n == -1 ? -errno : n;
}

static ssize_t from_client(void *handle, void *buffer, size_t bytes, size_t done)
{
    struct transfer *t = handle;
    ssize_t n = resmgr_msgget(t->ctp, buffer, bytes, t->at + done);
    return n == -1 ? -errno : n;
}

/* ------------------------------------------------------------------ directories */

struct listing {
    struct transfer t;
    size_t room;     /* of the client */
    uint64_t cookie; /* behind the last entry that went over */
    bool none_fits;  /* there are entries, but the client's buffer takes none */
    char *out;
};

static unsigned char plain_type(uint8_t type)
{
    return type > DT_SOCK ? DT_UNKNOWN : type;
}

static ssize_t list_entries(void *handle, void *buffer, size_t bytes, size_t done)
{
    struct listing *l = handle;
    struct p9_entry e;
    uint32_t at = 0;
    size_t n = 0;
    (void)done;
    while (p9_next_entry(buffer, (uint32_t)bytes, &at, &e)) {
        size_t put = put_dirent(l->out + n, l->room - n, e.ino, e.cookie, plain_type(e.type), e.name,
                                e.name_len);
        if (put == 0) {
            l->none_fits = n == 0;
            break;
        }
        n += put;
        l->cookie = e.cookie;
    }
    return (ssize_t)n;
}

#define LIST_MAX 16384u

static int read_directory(resmgr_context_t *ctp, struct file *f, size_t nbytes)
{
    char space[LIST_MAX];
    struct listing l = {.room = nbytes < sizeof space ? nbytes : sizeof space,
                        .cookie = (uint64_t)f->ocb.offset,
                        .out = space};
    struct client_io io = {list_entries, &l};
    /* An entry and its dirent differ by a few bytes: asking for what the client has room for hardly
     * ever brings one too many. */
    ssize_t n = client_readdir(f->fid, l.cookie, l.room < 512 ? 512 : l.room, &io);
    if (n < 0)
        return (int)-n;
    if (l.none_fits)
        return EINVAL;
    f->ocb.offset = (off_t)l.cookie;
    _IO_SET_READ_NBYTES(ctp, n);
    if (n == 0)
        return EOK;
    l.t.ctp = ctp;
    n = to_client(&l.t, space, (size_t)n, 0);
    return n < 0 ? (int)-n : EOK;
}

/* ------------------------------------------------------------------ read, write */

static size_t clip(size_t nbytes, off_t offset, uint64_t size)
{
    uint64_t left = (uint64_t)offset < size ? size - (uint64_t)offset : 0;
    return nbytes < left ? nbytes : (size_t)left;
}

static int i_read(resmgr_context_t *ctp, io_read_t *msg, struct file *f)
{
    size_t nbytes = msg->i.nbytes, done = 0;
    struct transfer t = {.ctp = ctp};
    struct client_io io = {to_client, &t};
    struct place_in_file at;
    int error = iofunc_read_verify(ctp, msg, f, NULL);
    if (error != EOK)
        return error;
    if (!f->is_open)
        return EBADF;
    if (S_ISDIR(f->ocb.attr->attr.mode))
        return read_directory(ctp, f, nbytes);
    error = io_place(ctp, msg->i.xtype, f->ocb.offset, sizeof msg->i, &at);
    if (error != EOK)
        return error;
    if (f->ocb.attr->has_own_size)
        nbytes = clip(nbytes, at.offset, f->ocb.attr->last.size);
    while (done < nbytes) {
        t.at = done;
        ssize_t n = client_read(f->fid, (uint64_t)at.offset + done, nbytes - done, &io);
        if (n < 0 && done == 0)
            return (int)-n;
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    if (at.is_own)
        f->ocb.offset = at.offset + (off_t)done;
    _IO_SET_READ_NBYTES(ctp, done);
    return EOK;
}

static int i_write(resmgr_context_t *ctp, io_write_t *msg, struct file *f)
{
    size_t nbytes = msg->i.nbytes, done = 0;
    struct transfer t = {.ctp = ctp};
    struct client_io io = {from_client, &t};
    struct node *n = f->ocb.attr;
    struct p9_attr a;
    struct place_in_file at;
    int error = iofunc_write_verify(ctp, msg, f, NULL);
    if (error == EOK)
        error = io_place(ctp, msg->i.xtype, f->ocb.offset, sizeof msg->i, &at);
    if (error != EOK)
        return error;
    if (!f->is_open)
        return EBADF;
    if (f->ocb.ioflag & O_APPEND) {
        error = file_getattr(f, &a);
        if (error != 0)
            return error;
        at.offset = (off_t)a.size;
    }
    while (done < nbytes) {
        t.at = at.data_at + done;
        ssize_t got = client_write(f->fid, (uint64_t)at.offset + done, nbytes - done, &io);
        if (got < 0 && done == 0)
            return (int)-got;
        if (got <= 0)
            break;
        done += (size_t)got;
    }
    if (at.is_own)
        f->ocb.offset = at.offset + (off_t)done;
    if (done > 0 && n->has_last && n->last.size < (uint64_t)at.offset + done)
        n->last.size = (uint64_t)at.offset + done;
    _IO_SET_WRITE_NBYTES(ctp, done);
    return EOK;
}

static int i_lseek(resmgr_context_t *ctp, io_lseek_t *msg, struct file *f)
{
    struct p9_attr a;
    if (msg->i.whence == SEEK_END) {
        int error = file_getattr(f, &a); /* into attr.nbytes */
        if (error != 0)
            return error;
        f->ocb.attr->attr.nbytes = (off_t)a.size;
    }
    return iofunc_lseek_default(ctp, msg, f);
}

/* ------------------------------------------------------------------ attributes */

static struct timespec time_of(uint64_t sec, uint64_t nsec)
{
    return (struct timespec){.tv_sec = (time_t)sec, .tv_nsec = (long)(nsec % 1000000000u)};
}

static int i_stat(resmgr_context_t *ctp, io_stat_t *msg, struct file *f)
{
    struct stat *st = &msg->o;
    struct p9_attr a;
    int error = file_getattr(f, &a);
    if (error != 0)
        return error;
    memset(st, 0, sizeof *st);
    st->st_dev = settings.dev;
    st->st_ino = a.qid.path;
    st->st_mode = a.mode;
    st->st_nlink = (nlink_t)a.nlink;
    st->st_uid = a.uid;
    st->st_gid = a.gid;
    st->st_rdev = a.rdev;
    st->st_size = (off_t)a.size;
    st->st_blksize = (blksize_t)(a.blksize > 0 && a.blksize <= CLIENT_DATA_MAX ? a.blksize : 4096);
    st->st_blocks = (blkcnt_t)a.blocks;
    st->st_atim = time_of(a.atime, a.atime_ns);
    st->st_mtim = time_of(a.mtime, a.mtime_ns);
    st->st_ctim = time_of(a.ctime, a.ctime_ns);
    return _RESMGR_PTR(ctp, st, sizeof *st);
}

/* An open file whose name is gone keeps its attributes as far as we know them. */
static int set_attributes(struct file *f, uint32_t valid, const struct p9_attr *a)
{
    int error = client_setattr(f->fid, valid, a);
    if (error != ENOENT || !f->is_open)
        return error;
    if (valid & P9_SET_MODE)
        f->ocb.attr->last.mode = (f->ocb.attr->last.mode & ~07777u) | a->mode;
    return EOK;
}

static int i_chmod(resmgr_context_t *ctp, io_chmod_t *msg, struct file *f)
{
    struct p9_attr a;
    int error = file_getattr(f, &a);
    if (error == 0)
        error = check_owner(ctp, &a);
    if (error != 0)
        return error;
    a.mode = msg->i.mode & 07777;
    return set_attributes(f, P9_SET_MODE | P9_SET_CTIME, &a);
}

static int i_chown(resmgr_context_t *ctp, io_chown_t *msg, struct file *f)
{
    struct p9_attr a;
    uint32_t valid = P9_SET_CTIME;
    int error = file_getattr(f, &a);
    if (error == 0)
        error = check_owner(ctp, &a);
    if (error == 0 && msg->i.uid != -1 && (uint32_t)msg->i.uid != a.uid)
        error = check_owner(ctp, &(struct p9_attr){.uid = 0}); /* only user 0 gives files away */
    if (error != 0)
        return error;
    if (msg->i.uid != -1) {
        a.uid = uid_to_host((uint32_t)msg->i.uid);
        valid |= P9_SET_UID;
    }
    if (msg->i.gid != -1) {
        a.gid = gid_to_host((uint32_t)msg->i.gid);
        valid |= P9_SET_GID;
    }
    return valid == P9_SET_CTIME ? EOK : set_attributes(f, valid, &a);
}

static uint32_t set_time(int64_t sec, int64_t nsec, uint32_t now, uint32_t set, uint64_t *to_sec,
                         uint64_t *to_nsec)
{
    if (nsec == UTIME_OMIT)
        return 0;
    *to_sec = (uint64_t)sec;
    *to_nsec = nsec == UTIME_NOW ? 0 : (uint64_t)nsec;
    return nsec == UTIME_NOW ? now : now | set;
}

static int i_utime(resmgr_context_t *ctp, io_utime_t *msg, struct file *f)
{
    const struct _io_utime *t = &msg->i;
    struct p9_attr a;
    int error = file_getattr(f, &a);
    if (error != 0)
        return error;
    bool current = t->cur_flag || (t->atime_ns == UTIME_NOW && t->mtime_ns == UTIME_NOW);
    error = check_owner(ctp, &a);
    if (error != 0 && current)
        error = check_access(ctp, &a, 2);
    if (error != 0)
        return error;
    int64_t ans = current ? UTIME_NOW : t->atime_ns, mns = current ? UTIME_NOW : t->mtime_ns;
    uint32_t valid =
        set_time(t->atime_s, ans, P9_SET_ATIME, P9_SET_ATIME_SET, &a.atime, &a.atime_ns) |
        set_time(t->mtime_s, mns, P9_SET_MTIME, P9_SET_MTIME_SET, &a.mtime, &a.mtime_ns);
    return valid == 0 ? EOK : set_attributes(f, valid, &a);
}

static ssize_t zeros(void *handle, void *buffer, size_t bytes, size_t done)
{
    (void)handle, (void)done;
    memset(buffer, 0, bytes);
    return (ssize_t)bytes;
}

/* A file without a name, which the server cannot cut: its end is kept here, and what lies behind it
 * is cleared for the case that it grows again. */
static int set_size_unlinked(struct file *f, uint64_t size)
{
    struct node *n = f->ocb.attr;
    const struct client_io io = {zeros, NULL};
    uint64_t at = size < n->last.size ? size : n->last.size,
             end = size < n->last.size ? n->last.size : size;
    if (size > n->last.size && size - n->last.size > CLIENT_DATA_MAX)
        at = size - 1; /* the server leaves a hole */
    while (at < end) {
        ssize_t done = client_write(f->fid, at, end - at, &io);
        if (done <= 0)
            return done < 0 ? (int)-done : EIO;
        at += (uint64_t)done;
    }
    n->has_own_size = true;
    n->last.size = size;
    return EOK;
}

static int set_size(struct file *f, uint64_t size)
{
    struct p9_attr a = {.size = size};
    struct node *n = f->ocb.attr;
    int error = client_setattr(f->fid, P9_SET_SIZE, &a);
    if (error == ENOENT && f->is_open && n->has_last && !f->is_appending)
        return set_size_unlinked(f, size);
    if (error == 0)
        n->last.size = size;
    return error;
}

static int i_space(resmgr_context_t *ctp, io_space_t *msg, struct file *f)
{
    struct p9_attr a;
    uint64_t end;
    bool is_needed = false;
    int error = iofunc_space_verify(ctp, msg, f, NULL);
    if (error != EOK)
        return error == EBADF ? EINVAL : error;
    error = file_getattr(f, &a);
    if (error == 0)
        error = space_wanted(msg, S_ISDIR(a.mode), a.size, &end, &is_needed);
    return error == 0 && is_needed ? set_size(f, end) : error;
}

/* ------------------------------------------------------------------ the rest */

static int i_statvfs(resmgr_context_t *ctp, io_devctl_t *msg, struct file *f)
{
    struct p9_statfs s;
    struct statvfs v;
    int error = client_statfs(f->fid, &s);
    if (error != 0)
        return error;
    memset(&v, 0, sizeof v);
    v.f_bsize = v.f_frsize = s.bsize;
    v.f_blocks = s.blocks;
    v.f_bfree = s.bfree;
    v.f_bavail = s.bavail;
    v.f_files = s.files;
    v.f_ffree = v.f_favail = s.ffree;
    v.f_fsid = (unsigned long)s.fsid;
    v.f_namemax = s.namelen < P9_NAME_MAX ? s.namelen : P9_NAME_MAX;
    strcpy(v.f_basetype, "9p");
    return reply_statvfs(ctp, msg, &v);
}

/* A file that the server opened for appending appends for ever: another one takes its place. */
static int stop_appending(struct file *f)
{
    uint32_t fid, flags = ((uint32_t)f->ocb.ioflag & _IO_FLAG_MASK) - 1;
    unsigned got;
    int error = client_walk(f->fid, NULL, NULL, 0, NULL, &got, &fid);
    if (error != 0)
        return error;
    error = client_open(fid, flags);
    if (error != 0) {
        client_clunk(fid);
        return error;
    }
    client_clunk(f->fid);
    f->fid = fid;
    f->is_appending = false;
    return EOK;
}

static int i_devctl(resmgr_context_t *ctp, io_devctl_t *msg, struct file *f)
{
    int flags;
    if (msg->i.dcmd == (int)DCMD_FSYS_STATVFS)
        return i_statvfs(ctp, msg, f);
    if (msg->i.dcmd == (int)DCMD_ALL_SETFLAGS && f->is_appending && msg->i.nbytes >= sizeof flags) {
        memcpy(&flags, _DEVCTL_DATA(msg->i), sizeof flags);
        int error = flags & O_APPEND ? EOK : stop_appending(f);
        if (error != EOK)
            return error;
    }
    return iofunc_devctl_default(ctp, msg, f);
}

static int i_sync(resmgr_context_t *ctp, io_sync_t *msg, struct file *f)
{
    (void)ctp;
    return f->is_open ? client_fsync(f->fid, msg->i.flag == O_DSYNC) : EOK;
}

static int i_lock(resmgr_context_t *ctp, io_lock_t *msg, struct file *f)
{
    struct p9_attr a;
    if (msg->i.l_whence == SEEK_END) {
        int error = file_getattr(f, &a);
        if (error != 0)
            return error;
        f->ocb.attr->attr.nbytes = (off_t)a.size;
    }
    return iofunc_lock_default(ctp, msg, f);
}

static int i_close_ocb(resmgr_context_t *ctp, void *reserved, struct file *f)
{
    (void)ctp, (void)reserved;
    client_clunk(f->fid);
    node_put(f->ocb.attr);
    free(f);
    return EOK;
}

void io_init(void)
{
    io_funcs.read = i_read;
    io_funcs.write = i_write;
    io_funcs.lseek = i_lseek;
    io_funcs.stat = i_stat;
    io_funcs.chmod = i_chmod;
    io_funcs.chown = i_chown;
    io_funcs.utime = i_utime;
    io_funcs.space = i_space;
    io_funcs.sync = i_sync;
    io_funcs.devctl = i_devctl;
    io_funcs.lock = i_lock;
    io_funcs.close_ocb = i_close_ocb;
    io_funcs.openfd = NULL;
}
