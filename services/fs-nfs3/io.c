/* SPDX-License-Identifier: Apache-2.0 */
/* I/O messages of open files. No lock of the framework is held while the server is asked: clients of one file do not wait
 * for each other, but for those that share its offset. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/dcmd_all.h>
#include <sys/dcmd_blk.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "fsnfs.h"

#include "../lib/foreign.h"

#define COPY_BYTES 65536u
#define LIST_MAX   16384u

resmgr_io_funcs_t io_funcs;

static int read_directory(resmgr_context_t *ctp, struct request *r, struct file *f, size_t nbytes)
{
    char space[LIST_MAX];
    struct listing l = {.out = space, .room = nbytes < sizeof space ? nbytes : sizeof space};
    l.cookie = (uint64_t)f->ocb.offset;
    if (l.cookie == 0)
        memset(f->verf, 0, sizeof f->verf);
    memcpy(l.verf, f->verf, sizeof l.verf);
    int error = nfs3_readdir(r, &f->ocb.attr->handle, &l);
    while (error == 0 && l.used == 0 && !l.is_end && !l.none_fits)
        error = nfs3_readdir(r, &f->ocb.attr->handle, &l);
    if (error != 0)
        return error;
    if (l.none_fits)
        return EINVAL;
    memcpy(f->verf, l.verf, sizeof f->verf);
    f->ocb.offset = (off_t)l.cookie;
    _IO_SET_READ_NBYTES(ctp, l.used);
    if (l.used > 0 && resmgr_msgwrite(ctp, space, l.used, 0) == -1)
        return errno;
    return EOK;
}

static int read_file(resmgr_context_t *ctp, io_read_t *msg, struct request *r, struct file *f)
{
    struct place_in_file at;
    int error = io_place(ctp, msg->i.xtype, f->ocb.offset, sizeof msg->i, &at);
    if (error != EOK)
        return error;
    ssize_t n = read_data(r, ctp, f, (uint64_t)at.offset, msg->i.nbytes, 0);
    if (n < 0)
        return (int)-n;
    if (at.is_own)
        f->ocb.offset = at.offset + n;
    _IO_SET_READ_NBYTES(ctp, n);
    return EOK;
}

static int i_read(resmgr_context_t *ctp, io_read_t *msg, struct file *f)
{
    struct request r;
    int error = iofunc_read_verify(ctp, msg, f, NULL);
    if (error != EOK)
        return error;
    if (!f->is_open)
        return EBADF;
    request_begin(&r, ctp, f->ocb.attr->mount);
    error = turn_take(&r, &f->is_used);
    if (error == 0) {
        error = S_ISDIR(f->ocb.attr->attr.mode) ? read_directory(ctp, &r, f, msg->i.nbytes) : read_file(ctp, msg, &r, f);
        turn_end(&f->is_used);
    }
    request_end(&r);
    return error;
}

/* Copies the client's data over, piece by piece. Returns how much went through, or -errno. */
static ssize_t write_from(resmgr_context_t *ctp, struct request *r, struct node *n, uint64_t offset, size_t nbytes,
                          size_t data_at)
{
    size_t done = 0;
    int error = 0;
    char *copy = malloc(nbytes < COPY_BYTES ? nbytes + 1 : COPY_BYTES);
    if (copy == NULL)
        return -ENOMEM;
    while (done < nbytes && error == 0) {
        size_t part = nbytes - done < COPY_BYTES ? nbytes - done : COPY_BYTES;
        ssize_t got = resmgr_msgget(ctp, copy, part, data_at + done);
        if (got <= 0) {
            error = got == -1 ? errno : EBADMSG;
            break;
        }
        error = write_data(r, n, offset + done, copy, (size_t)got);
        if (error == 0)
            done += (size_t)got;
        else if (done > 0) /* the count is told now, the error with the next call */
            write_keep_error(n, error);
    }
    free(copy);
    return error != 0 && done == 0 ? -error : (ssize_t)done;
}

static int append(resmgr_context_t *ctp, io_write_t *msg, struct request *r, struct file *f, struct place_in_file *at,
                  ssize_t *done)
{
    struct fattr3 a;
    int error = turn_take(r, &f->ocb.attr->is_appended);
    if (error != 0)
        return error;
    error = node_getattr(r, f->ocb.attr, &a);
    at->offset = (off_t)a.size;
    if (error == 0 && __builtin_add_overflow_p(at->offset, (off_t)msg->i.nbytes, (off_t)0))
        error = EFBIG;
    if (error == 0)
        *done = write_from(ctp, r, f->ocb.attr, (uint64_t)at->offset, msg->i.nbytes, at->data_at);
    turn_end(&f->ocb.attr->is_appended);
    return error;
}

static int write_file(resmgr_context_t *ctp, io_write_t *msg, struct request *r, struct file *f)
{
    struct node *n = f->ocb.attr;
    struct place_in_file at;
    ssize_t done = 0;
    int error = io_place(ctp, msg->i.xtype, f->ocb.offset, sizeof msg->i, &at);
    if (error == EOK && (f->ocb.ioflag & O_APPEND))
        error = append(ctp, msg, r, f, &at, &done);
    else if (error == EOK && __builtin_add_overflow_p(at.offset, (off_t)msg->i.nbytes, (off_t)0))
        error = EFBIG;
    else if (error == EOK)
        done = write_from(ctp, r, n, (uint64_t)at.offset, msg->i.nbytes, at.data_at);
    if (error != EOK)
        return error;
    if (done < 0)
        return (int)-done;
    if (at.is_own)
        f->ocb.offset = at.offset + done;
    if (f->ocb.ioflag & (O_SYNC | O_DSYNC))
        error = write_commit(r, n);
    _IO_SET_WRITE_NBYTES(ctp, done);
    return error;
}

static int i_write(resmgr_context_t *ctp, io_write_t *msg, struct file *f)
{
    struct request r;
    int error = iofunc_write_verify(ctp, msg, f, NULL);
    if (error != EOK)
        return error;
    if (!f->is_open)
        return EBADF;
    request_begin(&r, ctp, f->ocb.attr->mount);
    error = turn_take(&r, &f->is_used);
    if (error == 0) {
        error = write_file(ctp, msg, &r, f);
        turn_end(&f->is_used);
    }
    request_end(&r);
    return error;
}

/* The attributes now, for those that need them before they do something. */
static int get_attr(resmgr_context_t *ctp, struct file *f, struct fattr3 *a)
{
    struct request r;
    request_begin(&r, ctp, f->ocb.attr->mount);
    int error = node_getattr(&r, f->ocb.attr, a);
    request_end(&r);
    return error;
}

static int i_lseek(resmgr_context_t *ctp, io_lseek_t *msg, struct file *f)
{
    struct fattr3 a;
    struct request r;
    request_begin(&r, ctp, f->ocb.attr->mount);
    int rc = turn_take(&r, &f->is_used);
    if (rc == 0) {
        if (msg->i.whence == SEEK_END)
            rc = node_getattr(&r, f->ocb.attr, &a); /* into attr.nbytes */
        if (rc == 0)
            rc = iofunc_lseek_default(ctp, msg, f);
        turn_end(&f->is_used);
    }
    request_end(&r);
    return rc;
}

/* ------------------------------------------------------------------ attributes */

static struct timespec time_of(nfstime3 t)
{
    return (struct timespec){.tv_sec = (time_t)t.seconds, .tv_nsec = (long)(t.nseconds % 1000000000u)};
}

static int i_stat(resmgr_context_t *ctp, io_stat_t *msg, struct file *f)
{
    struct stat *st = &msg->o;
    struct fattr3 a;
    struct request r;
    request_begin(&r, ctp, f->ocb.attr->mount);
    int error = node_known_attr(&r, f->ocb.attr, &a);
    request_end(&r);
    if (error != 0)
        return error;
    memset(st, 0, sizeof *st);
    st->st_dev = f->ocb.attr->mount->dev;
    st->st_ino = a.fileid;
    st->st_mode = f->ocb.attr->attr.mode;
    st->st_nlink = (nlink_t)a.nlink;
    st->st_uid = a.uid;
    st->st_gid = a.gid;
    st->st_rdev = makedev(a.rdev.specdata1, a.rdev.specdata2);
    st->st_size = (off_t)a.size;
    st->st_blksize = (blksize_t)f->ocb.attr->mount->wsize;
    st->st_blocks = (blkcnt_t)((a.used + 511) / 512);
    st->st_atim = time_of(a.atime);
    st->st_mtim = time_of(a.mtime);
    st->st_ctim = time_of(a.ctime);
    return _RESMGR_PTR(ctp, st, sizeof *st);
}

static int set_attr(resmgr_context_t *ctp, struct file *f, const struct sattr3 *s)
{
    struct node *n = f->ocb.attr;
    struct request r;
    if (n->mount->is_read_only)
        return EROFS;
    request_begin(&r, ctp, n->mount);
    /* A new size, owner or time comes after what was written before it. */
    int error = s->size.set_it ? write_commit(&r, n) : write_flush(&r, n);
    if (error == 0)
        error = nfs3_setattr(&r, &n->handle, s);
    pthread_mutex_lock(&lock);
    n->generation++;
    pthread_mutex_unlock(&lock);
    request_end(&r);
    return error;
}

static int i_chmod(resmgr_context_t *ctp, io_chmod_t *msg, struct file *f)
{
    struct sattr3 s = {.mode = {1, {msg->i.mode & 07777}}};
    return set_attr(ctp, f, &s);
}

static int i_chown(resmgr_context_t *ctp, io_chown_t *msg, struct file *f)
{
    struct sattr3 s = {0};
    if (msg->i.uid != -1)
        s.uid = (set_uid3){1, {(uint32_t)msg->i.uid}};
    if (msg->i.gid != -1)
        s.gid = (set_gid3){1, {(uint32_t)msg->i.gid}};
    return s.uid.set_it || s.gid.set_it ? set_attr(ctp, f, &s) : EOK;
}

static time_how how_of(int64_t ns)
{
    return ns == UTIME_OMIT ? DONT_CHANGE : ns == UTIME_NOW ? SET_TO_SERVER_TIME : SET_TO_CLIENT_TIME;
}

/* NFSv3 has 32 bits, without a sign, for seconds since 1970. */
static nfstime3 to_time(int64_t s, int64_t ns)
{
    return s < 0 ? (nfstime3){0, 0} : s > UINT32_MAX ? (nfstime3){UINT32_MAX, 0} : (nfstime3){(uint32_t)s, (uint32_t)ns};
}

static int i_utime(resmgr_context_t *ctp, io_utime_t *msg, struct file *f)
{
    const struct _io_utime *t = &msg->i;
    int64_t ans = t->cur_flag ? UTIME_NOW : t->atime_ns, mns = t->cur_flag ? UTIME_NOW : t->mtime_ns;
    struct sattr3 s = {0};
    s.atime.set_it = how_of(ans);
    s.mtime.set_it = how_of(mns);
    if (s.atime.set_it == SET_TO_CLIENT_TIME)
        s.atime.set_atime_u.atime = to_time(t->atime_s, ans);
    if (s.mtime.set_it == SET_TO_CLIENT_TIME)
        s.mtime.set_mtime_u.mtime = to_time(t->mtime_s, mns);
    return s.atime.set_it == DONT_CHANGE && s.mtime.set_it == DONT_CHANGE ? EOK : set_attr(ctp, f, &s);
}

static int i_space(resmgr_context_t *ctp, io_space_t *msg, struct file *f)
{
    struct fattr3 a;
    uint64_t end;
    bool is_needed = false;
    int error = iofunc_space_verify(ctp, msg, f, NULL);
    if (error != EOK)
        return error == EBADF ? EINVAL : error;
    error = get_attr(ctp, f, &a);
    if (error == 0)
        error = space_wanted(msg, a.type == NF3DIR, a.size, &end, &is_needed);
    if (error != 0 || !is_needed)
        return error;
    struct sattr3 s = {.size = {1, {end}}};
    error = set_attr(ctp, f, &s);
    if (error == 0) {
        pthread_mutex_lock(&lock);
        f->ocb.attr->last.size = end;
        pthread_mutex_unlock(&lock);
    }
    return error;
}

/* ------------------------------------------------------------------ the rest */

static int i_statvfs(resmgr_context_t *ctp, io_devctl_t *msg, struct file *f)
{
    struct FSSTAT3resok s;
    struct statvfs v;
    struct request r;
    request_begin(&r, ctp, f->ocb.attr->mount);
    int error = nfs3_fsstat(&r, &f->ocb.attr->handle, &s);
    request_end(&r);
    if (error != 0)
        return error;
    memset(&v, 0, sizeof v);
    v.f_bsize = v.f_frsize = 4096;
    v.f_blocks = s.tbytes / 4096;
    v.f_bfree = s.fbytes / 4096;
    v.f_bavail = s.abytes / 4096;
    v.f_files = s.tfiles;
    v.f_ffree = s.ffiles;
    v.f_favail = s.afiles;
    v.f_fsid = (unsigned long)f->ocb.attr->mount->dev;
    v.f_namemax = NAME_BYTES - 1;
    strcpy(v.f_basetype, "nfs");
    return reply_statvfs(ctp, msg, &v);
}

static int i_devctl(resmgr_context_t *ctp, io_devctl_t *msg, struct file *f)
{
    if (msg->i.dcmd == (int)DCMD_FSYS_STATVFS)
        return i_statvfs(ctp, msg, f);
    iofunc_attr_lock(&f->ocb.attr->attr);
    int rc = iofunc_devctl_default(ctp, msg, f);
    iofunc_attr_unlock(&f->ocb.attr->attr);
    return rc;
}

static int commit(resmgr_context_t *ctp, struct file *f)
{
    struct request r;
    request_begin(&r, ctp, f->ocb.attr->mount);
    int error = write_commit(&r, f->ocb.attr);
    request_end(&r);
    return error;
}

static int i_sync(resmgr_context_t *ctp, io_sync_t *msg, struct file *f)
{
    (void)msg;
    return f->is_open ? commit(ctp, f) : EOK;
}

static int i_lock(resmgr_context_t *ctp, io_lock_t *msg, struct file *f)
{
    struct fattr3 a;
    if (msg->i.l_whence == SEEK_END) {
        int error = get_attr(ctp, f, &a);
        if (error != 0)
            return error;
    }
    iofunc_attr_lock(&f->ocb.attr->attr);
    int rc = iofunc_lock_default(ctp, msg, f);
    iofunc_attr_unlock(&f->ocb.attr->attr);
    return rc;
}

/* close() waits for what was written, and tells what went wrong. */
static int i_close_dup(resmgr_context_t *ctp, io_close_t *msg, struct file *f)
{
    int error = f->ocb.ioflag & _IO_FLAG_WR ? commit(ctp, f) : 0;
    iofunc_attr_lock(&f->ocb.attr->attr);
    int rc = iofunc_close_dup_default(ctp, msg, f);
    iofunc_attr_unlock(&f->ocb.attr->attr);
    return rc != EOK ? rc : error;
}

static int i_close_ocb(resmgr_context_t *ctp, void *reserved, struct file *f)
{
    static const struct cred root = {0};
    struct request r;
    (void)ctp, (void)reserved;
    if (f->ocb.ioflag & _IO_FLAG_WR) { /* of a client that ended without close() */
        request_own(&r, f->ocb.attr->mount, &root);
        write_commit(&r, f->ocb.attr);
        request_end(&r);
    }
    read_forget(f);
    node_put(f->ocb.attr);
    free(f);
    return EOK;
}

static int i_unblock(resmgr_context_t *ctp, io_pulse_t *msg, struct file *f)
{
    request_interrupt(ctp->rcvid);
    iofunc_attr_lock(&f->ocb.attr->attr);
    int rc = iofunc_unblock_default(ctp, msg, f); /* one that waits for a record lock */
    iofunc_attr_unlock(&f->ocb.attr->attr);
    return rc == _RESMGR_DEFAULT ? _RESMGR_NOREPLY : rc;
}

static int no_lock(resmgr_context_t *ctp, void *reserved, struct file *f)
{
    (void)ctp, (void)reserved, (void)f;
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
    io_funcs.close_dup = i_close_dup;
    io_funcs.close_ocb = i_close_ocb;
    io_funcs.unblock = i_unblock;
    io_funcs.lock_ocb = no_lock;
    io_funcs.unlock_ocb = no_lock;
    io_funcs.openfd = NULL;
}
