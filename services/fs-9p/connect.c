/* SPDX-License-Identifier: Apache-2.0 */
/* Connect messages: everything that names a file.  Handlers run without a lock: two clients are
 * ordered by the host's file system, as two processes there would be. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fs9p.h"

#include "../lib/foreign.h"

#define AT_REMOVEDIR_9P 0x200u
/* Flags of Tlopen are the generic Linux ones, as libc's are. */
#define FLAGS_PASSED ((uint32_t)(O_APPEND | O_DSYNC | O_SYNC | O_DIRECTORY | O_TRUNC | O_NONBLOCK))

resmgr_connect_funcs_t connect_funcs;

static int finish(resmgr_context_t *ctp, io_connect_t *msg, struct place *p, int error)
{
    place_drop(p);
    return reply_walked(ctp, msg, error, p->link);
}

static uint32_t client_gid(resmgr_context_t *ctp)
{
    struct _client_info info;
    return gid_to_host(iofunc_client_info(ctp, 0, &info) == EOK ? info.cred.egid : 0);
}

static uint32_t server_flags(uint32_t ioflag)
{
    return ((ioflag & _IO_FLAG_MASK) - 1) | (ioflag & FLAGS_PASSED);
}

/* p->fid goes to the new file. */
static int bind_file(resmgr_context_t *ctp, const io_open_t *msg, struct place *p, bool is_open)
{
    struct file *f = calloc(1, sizeof *f);
    struct node *n = f != NULL ? node_get(&p->qid) : NULL;
    if (n == NULL) {
        free(f);
        return ENOMEM;
    }
    f->ocb.attr = n;
    f->ocb.ioflag = open_ioflag(msg);
    f->ocb.sflag = msg->connect.sflag;
    f->fid = p->fid;
    f->is_open = is_open;
    f->is_appending = is_open && (f->ocb.ioflag & O_APPEND);
    if (resmgr_open_bind(ctp, f, &io_funcs) == -1) {
        int error = errno;
        node_put(n);
        free(f);
        return error;
    }
    p->fid = P9_NOFID;
    return EOK;
}

static int create(resmgr_context_t *ctp, io_open_t *msg, struct place *p)
{
    uint32_t ioflag = msg->connect.ioflag;
    unsigned got;
    int error = check_fid(ctp, p->dir->fid, 3);
    if (error == 0)
        error = client_walk(p->dir->fid, NULL, NULL, 0, NULL, &got, &p->fid);
    if (error != 0) {
        p->fid = P9_NOFID;
        return error;
    }
    error = client_create(p->fid, p->name,
                          server_flags(ioflag) | (ioflag & (uint32_t)(O_CREAT | O_EXCL)),
                          msg->connect.mode & 07777, client_gid(ctp), &p->qid);
    return error != 0 ? error : bind_file(ctp, msg, p, true);
}

static mode_t type_of(const struct p9_qid *qid)
{
    return qid->type & P9_QTDIR ? S_IFDIR : qid->type & P9_QTSYMLINK ? S_IFLNK : S_IFREG;
}

static int open_existing(resmgr_context_t *ctp, io_open_t *msg, struct place *p)
{
    const struct open_wish w = open_wish(msg);
    int error = open_check_type(msg, type_of(&p->qid));
    if (error == 0 && w.want != 0)
        error = check_fid(ctp, p->fid, w.want);
    if (error == 0 && w.is_plain)
        error = client_open(p->fid, server_flags(msg->connect.ioflag));
    return error != 0 ? error : bind_file(ctp, msg, p, w.is_plain);
}

static int c_open(resmgr_context_t *ctp, io_open_t *msg, struct mount *m, void *extra)
{
    uint32_t ioflag = msg->connect.ioflag;
    const struct open_wish w = open_wish(msg);
    struct place p;
    (void)extra;
    if (w.only_new && !w.as_dir) {
        /* The server looks whether it is there. */
        int error = walk(m, msg->connect.path, WALK_PARENT, &p);
        if (error == EBUSY)
            error = EEXIST;
        return finish(ctp, msg, &p, error != 0 ? error : create(ctp, msg, &p));
    }
    for (int tries = 0;; tries++) {
        int error = walk(m, msg->connect.path, w.nofollow ? 0 : WALK_FOLLOW, &p);
        if (error == ENOENT && w.is_plain && (ioflag & O_CREAT) && p.dir != NULL) {
            error = w.as_dir ? EISDIR : create(ctp, msg, &p);
            /* Somebody else may have made it in between; QEMU says so for a symbolic link too. */
            if (error == EEXIST && !(ioflag & O_EXCL) && tries < 3) {
                place_drop(&p);
                continue;
            }
        } else if (error == 0) {
            error = open_existing(ctp, msg, &p);
        }
        return finish(ctp, msg, &p, error);
    }
}

static int c_unlink(resmgr_context_t *ctp, io_unlink_t *msg, struct mount *m, void *reserved)
{
    bool is_dir = S_ISDIR(msg->connect.mode);
    struct place p;
    (void)reserved;
    int error = unlink_check(msg);
    if (error != 0)
        return error;
    error = walk(m, msg->connect.path, WALK_PARENT, &p);
    if (error == 0)
        error = check_fid(ctp, p.dir->fid, 3);
    if (error == 0 && !is_dir && (msg->connect.eflag & _IO_CONNECT_EFLAG_DIR))
        error = ENOTDIR;
    if (error == 0)
        error = client_unlink(p.dir->fid, p.name, is_dir ? AT_REMOVEDIR_9P : 0);
    return finish(ctp, msg, &p, error);
}

static int make_file(resmgr_context_t *ctp, struct place *p, uint32_t mode)
{
    unsigned got;
    int error = client_walk(p->dir->fid, NULL, NULL, 0, NULL, &got, &p->fid);
    if (error != 0) {
        p->fid = P9_NOFID;
        return error;
    }
    return client_create(p->fid, p->name, O_WRONLY | O_CREAT | O_EXCL, mode & 07777,
                         client_gid(ctp), &p->qid);
}

static int c_mknod(resmgr_context_t *ctp, io_mknod_t *msg, struct mount *m, void *extra)
{
    uint32_t mode = msg->connect.mode;
    char target[PATH_BYTES];
    struct place p;
    int error = symlink_target(msg, extra, target);
    if (error != 0)
        return error;
    error = walk(m, msg->connect.path, WALK_PARENT, &p);
    if (error == EBUSY)
        error = EEXIST;
    if (error == 0)
        error = check_fid(ctp, p.dir->fid, 3);
    if (error == 0 && (msg->connect.eflag & _IO_CONNECT_EFLAG_DIR) && !S_ISDIR(mode))
        error = ENOENT;
    if (error != 0)
        return finish(ctp, msg, &p, error);
    switch (mode & S_IFMT) {
    case S_IFDIR:
        error = client_mkdir(p.dir->fid, p.name, mode & 07777, client_gid(ctp));
        break;
    case S_IFLNK:
        error = client_symlink(p.dir->fid, p.name, target, client_gid(ctp));
        break;
    case S_IFREG:
        error = make_file(ctp, &p, mode);
        break;
    default:
        error = ENOTSUP; /* FIFOs and devices of the host are not ours to open */
    }
    return finish(ctp, msg, &p, error);
}

static int c_readlink(resmgr_context_t *ctp, io_readlink_t *msg, struct mount *m, void *reserved)
{
    char text[PATH_BYTES];
    struct place p;
    (void)reserved;
    int error = walk(m, msg->connect.path,
                     msg->connect.eflag & _IO_CONNECT_EFLAG_DIR ? WALK_FOLLOW : 0, &p);
    if (error == 0 && !(p.qid.type & P9_QTSYMLINK))
        error = EINVAL;
    if (error == 0)
        error = client_readlink(p.fid, text, sizeof text);
    if (error != 0)
        return finish(ctp, msg, &p, error);
    place_drop(&p);
    return reply_text(ctp, msg, text);
}

static int c_link(resmgr_context_t *ctp, io_link_t *msg, struct mount *m, io_link_extra_t *extra)
{
    struct place old, new = {.fid = P9_NOFID};
    int error = walk(m, extra->path, 0, &old);
    if (error == WALKED_LINK) /* the client has resolved the old name: it changed meanwhile */
        error = ENOENT;
    if (error == 0)
        error = walk(m, msg->connect.path, WALK_PARENT, &new);
    if (error == 0)
        error = check_fid(ctp, new.dir->fid, 3);
    if (error == 0)
        error = client_link(new.dir->fid, old.fid, new.name);
    place_drop(&old);
    return finish(ctp, msg, &new, error == EBUSY ? EEXIST : error);
}

static int c_rename(resmgr_context_t *ctp, io_rename_t *msg, struct mount *m,
                    io_rename_extra_t *extra)
{
    struct place old, new = {.fid = P9_NOFID};
    int error = walk(m, extra->path, WALK_PARENT, &old);
    if (error == WALKED_LINK)
        error = ENOENT;
    if (error == 0)
        error = walk(m, msg->connect.path, WALK_PARENT, &new);
    if (error == 0)
        error = check_fid(ctp, old.dir->fid, 3);
    if (error == 0)
        error = check_fid(ctp, new.dir->fid, 3);
    if (error == 0) {
        dir_renamed(old.dir, old.name);
        error = client_rename(old.dir->fid, old.name, new.dir->fid, new.name);
        dir_renamed(old.dir, old.name);
        dir_renamed(new.dir, new.name);
    }
    place_drop(&old);
    return finish(ctp, msg, &new, error);
}

void connect_init(void)
{
    connect_funcs.open = c_open;
    connect_funcs.unlink = c_unlink;
    connect_funcs.rename = c_rename;
    connect_funcs.mknod = c_mknod;
    connect_funcs.readlink = c_readlink;
    connect_funcs.link = c_link;
}
