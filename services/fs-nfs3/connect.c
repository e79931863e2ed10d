/* SPDX-License-Identifier: Apache-2.0 */
/* Connect messages: everything that names a file. The server says who may do what. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fsnfs.h"

#include "../lib/foreign.h"

resmgr_connect_funcs_t connect_funcs;

static int finish(resmgr_context_t *ctp, io_connect_t *msg, struct request *r, const struct place *p, int error)
{
    request_end(r);
    return reply_walked(ctp, msg, error, p->link);
}

/* Once more, with the server's word for every name: what the cache knew of the way led nowhere. open() holds to that also
 * when there was no such file: a directory that was made anew may have it. */
static bool again(struct request *r, int error, bool is_strict)
{
    if (!r->has_trusted || (error != ESTALE && !(is_strict && (error == ENOENT || error == ENOTDIR))))
        return false;
    r->has_trusted = false;
    r->asks_server = true;
    return true;
}

static int bind_file(resmgr_context_t *ctp, const io_open_t *msg, struct mount *m, const struct place *p, bool is_open)
{
    struct file *f = calloc(1, sizeof *f);
    struct node *n = f != NULL ? node_get(m, &p->handle, &p->attr) : NULL;
    if (n == NULL) {
        free(f);
        return ENOMEM;
    }
    f->ocb.attr = n;
    f->ocb.ioflag = open_ioflag(msg);
    f->ocb.sflag = msg->connect.sflag;
    f->is_open = is_open;
    if (resmgr_open_bind(ctp, f, &io_funcs) == -1) {
        int error = errno;
        node_put(n);
        free(f);
        return error;
    }
    return EOK;
}

static int check_writable(const struct request *r)
{
    return r->mount->is_read_only ? EROFS : 0;
}

static int create(resmgr_context_t *ctp, io_open_t *msg, struct request *r, struct place *p)
{
    int error = check_writable(r);
    if (error == 0)
        error = nfs3_create(r, &p->dir, p->name, msg->connect.ioflag & O_EXCL, msg->connect.mode, &p->handle, &p->attr);
    return error != 0 ? error : bind_file(ctp, msg, r->mount, p, true);
}

static int truncate_now(struct request *r, struct place *p)
{
    struct sattr3 s = {.size = {1, {0}}};
    struct node *n = node_get(r->mount, &p->handle, &p->attr); /* it may have chunks */
    if (n == NULL)
        return ENOMEM;
    int error = write_commit(r, n);
    if (error == 0)
        error = nfs3_setattr(r, &p->handle, &s);
    pthread_mutex_lock(&lock);
    n->generation++;
    pthread_mutex_unlock(&lock);
    node_put(n);
    p->attr.size = 0;
    return error;
}

static int check_open(struct request *r, const io_open_t *msg, const struct place *p)
{
    const struct open_wish w = open_wish(msg);
    int error = open_check_type(msg, mode_of(&p->attr));
    if (error != 0)
        return error;
    if (w.is_plain && p->attr.type != NF3REG && p->attr.type != NF3DIR && p->attr.type != NF3LNK)
        return ENXIO; /* FIFOs, sockets and devices are not the server's to run */
    if (w.writes && r->mount->is_read_only)
        return EROFS;
    uint32_t want = (w.want & 4 ? ACCESS3_READ : 0u) | (w.want & 2 ? ACCESS3_MODIFY : 0u);
    return want != 0 ? nfs3_access(r, &p->handle, want) : 0;
}

static int open_existing(resmgr_context_t *ctp, io_open_t *msg, struct request *r, struct place *p)
{
    bool plain = msg->connect.subtype == _IO_CONNECT_OPEN;
    int error = check_open(r, msg, p);
    if (error == 0 && plain && (msg->connect.ioflag & O_TRUNC) && p->attr.type == NF3REG)
        error = truncate_now(r, p);
    return error != 0 ? error : bind_file(ctp, msg, r->mount, p, plain);
}

static int try_open(resmgr_context_t *ctp, io_open_t *msg, struct request *r, struct place *p)
{
    const struct open_wish w = open_wish(msg);
    int error = walk(r, msg->connect.path, (w.nofollow ? 0 : WALK_FOLLOW) | (w.is_plain ? WALK_FRESH : 0), p);
    if (error == ENOENT && w.is_plain && (msg->connect.ioflag & O_CREAT) && p->dir.len != 0)
        return w.as_dir ? EISDIR : create(ctp, msg, r, p);
    return error == 0 ? open_existing(ctp, msg, r, p) : error;
}

static int c_open(resmgr_context_t *ctp, io_open_t *msg, struct mount *m, void *extra)
{
    bool is_plain = open_wish(msg).is_plain;
    struct request r;
    struct place p;
    int error;
    (void)extra;
    request_begin(&r, ctp, m);
    do
        error = try_open(ctp, msg, &r, &p);
    while (again(&r, error, is_plain));
    return finish(ctp, msg, &r, &p, error);
}

static int walk_parent(struct request *r, io_connect_t *msg, struct place *p)
{
    int error = walk(r, msg->connect.path, WALK_PARENT, p);
    return error == 0 ? check_writable(r) : error;
}

static int try_unlink(struct request *r, io_unlink_t *msg, struct place *p)
{
    bool is_dir = S_ISDIR(msg->connect.mode);
    int error = walk_parent(r, msg, p);
    if (error == 0 && !is_dir && (msg->connect.eflag & _IO_CONNECT_EFLAG_DIR))
        error = ENOTDIR;
    if (error != 0)
        return error;
    if (is_dir)
        return nfs3_rmdir(r, &p->dir, p->name);
    error = node_hide(r, &p->dir, p->name, false);
    if (error == ENOENT)
        error = nfs3_remove(r, &p->dir, p->name);
    return error == EISDIR ? EPERM : error; /* as POSIX has it; Linux's word for it comes from the server */
}

static int c_unlink(resmgr_context_t *ctp, io_unlink_t *msg, struct mount *m, void *reserved)
{
    struct request r;
    struct place p;
    (void)reserved;
    int error = unlink_check(msg);
    if (error != 0)
        return error;
    request_begin(&r, ctp, m);
    do
        error = try_unlink(&r, msg, &p);
    while (again(&r, error, true));
    return finish(ctp, msg, &r, &p, error);
}

static int make_file(struct request *r, struct place *p, uint32_t mode)
{
    return nfs3_create(r, &p->dir, p->name, true, mode, &p->handle, &p->attr);
}

static int try_mknod(struct request *r, io_mknod_t *msg, const char *target, struct place *p)
{
    uint32_t mode = msg->connect.mode;
    int error = walk_parent(r, msg, p);
    if (error == EBUSY)
        error = EEXIST;
    if (error == 0 && (msg->connect.eflag & _IO_CONNECT_EFLAG_DIR) && !S_ISDIR(mode))
        error = ENOENT;
    if (error != 0)
        return error;
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return nfs3_mkdir(r, &p->dir, p->name, mode);
    case S_IFLNK:
        return nfs3_symlink(r, &p->dir, p->name, target);
    case S_IFREG:
        return make_file(r, p, mode);
    case S_IFIFO:
        return nfs3_mkfifo(r, &p->dir, p->name, mode);
    default:
        return ENOTSUP;
    }
}

static int c_mknod(resmgr_context_t *ctp, io_mknod_t *msg, struct mount *m, void *extra)
{
    char target[PATH_BYTES];
    struct request r;
    struct place p;
    int error = symlink_target(msg, extra, target);
    if (error != 0)
        return error;
    request_begin(&r, ctp, m);
    do
        error = try_mknod(&r, msg, target, &p);
    while (again(&r, error, true));
    return finish(ctp, msg, &r, &p, error);
}

static int c_readlink(resmgr_context_t *ctp, io_readlink_t *msg, struct mount *m, void *reserved)
{
    char text[PATH_BYTES];
    struct request r;
    struct place p;
    int error;
    (void)reserved;
    request_begin(&r, ctp, m);
    do {
        error = walk(&r, msg->connect.path, msg->connect.eflag & _IO_CONNECT_EFLAG_DIR ? WALK_FOLLOW : 0, &p);
        if (error == 0 && p.attr.type != NF3LNK)
            error = EINVAL;
        if (error == 0)
            error = nfs3_readlink(&r, &p.handle, text);
    } while (again(&r, error, false));
    if (error != 0)
        return finish(ctp, msg, &r, &p, error);
    request_end(&r);
    return reply_text(ctp, msg, text);
}

static int try_link(struct request *r, io_link_t *msg, const char *path, struct place *new)
{
    struct place old;
    int error = walk(r, path, WALK_FRESH, &old);
    if (error == WALKED_LINK) /* the client has resolved the old name: it changed meanwhile */
        error = ENOENT;
    if (error == 0)
        error = walk_parent(r, msg, new);
    return error == 0 ? nfs3_link(r, &old.handle, &new->dir, new->name) : error;
}

static int c_link(resmgr_context_t *ctp, io_link_t *msg, struct mount *m, io_link_extra_t *extra)
{
    struct request r;
    struct place new = {.name = ""};
    int error;
    request_begin(&r, ctp, m);
    do
        error = try_link(&r, msg, extra->path, &new);
    while (again(&r, error, true));
    return finish(ctp, msg, &r, &new, error == EBUSY ? EEXIST : error);
}

static bool same(const struct handle *a, const struct handle *b)
{
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static int try_rename(struct request *r, io_rename_t *msg, const char *path, struct place *new)
{
    struct place old, target;
    int error = walk(r, path, WALK_FRESH, &old);
    if (error == WALKED_LINK)
        error = ENOENT;
    if (error == 0 && old.dir.len == 0)
        error = EBUSY;
    if (error == 0)
        error = walk_parent(r, msg, new);
    if (error != 0)
        return error;
    /* Who has the file open that is replaced keeps it; a file that replaces itself stays. */
    bool there = nfs3_lookup(r, &new->dir, new->name, &target.handle, &target.attr) == 0;
    if (there && !same(&target.handle, &old.handle) && target.attr.type != NF3DIR && old.attr.type != NF3DIR)
        error = node_hide(r, &new->dir, new->name, true);
    if (error == 0 || error == ENOENT)
        error = nfs3_rename(r, &old.dir, old.name, &new->dir, new->name);
    return error;
}

static int c_rename(resmgr_context_t *ctp, io_rename_t *msg, struct mount *m, io_rename_extra_t *extra)
{
    struct request r;
    struct place new = {.name = ""};
    int error;
    request_begin(&r, ctp, m);
    do
        error = try_rename(&r, msg, extra->path, &new);
    while (again(&r, error, true));
    return finish(ctp, msg, &r, &new, error);
}

static int c_unblock(resmgr_context_t *ctp, io_pulse_t *msg, struct mount *m, void *reserved)
{
    (void)msg, (void)m, (void)reserved;
    request_interrupt(ctp->rcvid);
    return _RESMGR_NOREPLY; /* the thread that serves it answers */
}

void connect_init(void)
{
    connect_funcs.open = c_open;
    connect_funcs.unlink = c_unlink;
    connect_funcs.rename = c_rename;
    connect_funcs.mknod = c_mknod;
    connect_funcs.readlink = c_readlink;
    connect_funcs.link = c_link;
    connect_funcs.unblock = c_unblock;
}
