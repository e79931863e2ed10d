/* SPDX-License-Identifier: Apache-2.0 */
/* The procedures of NFSv3 as functions that wait. Each take_*() copies what is needed out of libnfs's result, and trusts no
 * length in it. A call that went out twice because the connection was lost may have been carried out the first time:
 * then that its file is there already, or gone, is success. What answers tell of files, and of names, goes into the mount's cache. */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fsnfs.h"

#include "../lib/foreign.h"

#define JUKEBOX_MS 1000

int nfs3_status(nfsstat3 status)
{
    switch ((int)status) {
    case NFS3ERR_NAMETOOLONG:
        return ENAMETOOLONG;
    case NFS3ERR_NOTEMPTY:
        return ENOTEMPTY;
    case NFS3ERR_DQUOT:
        return EDQUOT;
    case NFS3ERR_STALE:
    case NFS3ERR_BADHANDLE:
        return ESTALE;
    case NFS3ERR_NOTSUPP:
        return ENOTSUP;
    case NFS3ERR_JUKEBOX:
        return EAGAIN;
    case NFS3ERR_BAD_COOKIE:
    case NFS3ERR_TOOSMALL:
        return EINVAL;
    case NFS3ERR_MLINK:
        return EMLINK;
    default: /* the low ones are errno values everywhere */
        return status < 31 ? (int)status : EIO;
    }
}

struct told {
    bool is_there;
    struct fattr3 attr;
};

/* One answer's parts, as far as the procedures have them. */
struct answer {
    nfsstat3 status;
    struct handle handle;
    struct told attr;
    struct told dirs[2]; /* the directories, as they are now */
    uint32_t access;
    char *text; /* PATH_BYTES */
    char verf[8];
    struct FSSTAT3resok fsstat;
    struct FSINFO3resok fsinfo;
    struct listing *list;
};

static void put_handle(struct handle *h, const struct nfs_fh3 *from)
{
    h->len = 0;
    if (from->data.data_len == 0 || from->data.data_len > NFS3_FHSIZE)
        return;
    h->len = from->data.data_len;
    memcpy(h->data, from->data.data_val, h->len);
}

static void put_attr(struct told *t, const struct post_op_attr *from)
{
    t->is_there = from->attributes_follow != 0;
    if (t->is_there)
        t->attr = from->post_op_attr_u.attributes;
}

static struct nfs_fh3 fh(const struct handle *h)
{
    return (struct nfs_fh3){{h->len, (char *)h->data}};
}

static struct diropargs3 place(const struct handle *dir, const char *name)
{
    return (struct diropargs3){fh(dir), (char *)name};
}

/* Sends, waits, and again while the server asks for patience. */
static int run(struct request *r, issue_fn *issue, void *args, void (*take)(struct call *, const void *),
               struct answer *a)
{
    for (;;) {
        /* A call that is given up may be answered later: then nobody looks at `a` any more. */
        int error = call_finish(r, call_submit(&r->mount->link, &r->cred, issue, args, take, a));
        if (error == 0)
            error = nfs3_status(a->status);
        if (error != EAGAIN)
            return error;
        usleep(JUKEBOX_MS * 1000);
        if (r->give_up_at != 0)
            return EINTR;
    }
}

#define RUN(proc, args, take, a) run(r, (issue_fn *)(void (*)(void))rpc_nfs3_##proc##_async, args, take, a)

/* ------------------------------------------------------------------ the cache */

static uint64_t mark_now(struct request *r)
{
    pthread_mutex_lock(&lock);
    uint64_t mark = cache_mark(r->mount->cache);
    pthread_mutex_unlock(&lock);
    return mark;
}

static void remember(struct request *r, const struct handle *h, const struct fattr3 *a, uint64_t mark)
{
    pthread_mutex_lock(&lock);
    cache_put(r->mount->cache, h, a, mark, moment_now());
    pthread_mutex_unlock(&lock);
}

static uint64_t changing(struct request *r, const struct handle *h)
{
    pthread_mutex_lock(&lock);
    uint64_t mark = cache_changing(r->mount->cache, h);
    pthread_mutex_unlock(&lock);
    return mark;
}

/* Also when it failed: who knows how far it came. */
static void have_changed(struct request *r, const struct handle *h, const struct told *after, uint64_t mark)
{
    pthread_mutex_lock(&lock);
    cache_changed(r->mount->cache, h, after->is_there ? &after->attr : NULL, mark, moment_now());
    pthread_mutex_unlock(&lock);
}

static void names_have_changed(struct request *r, const struct handle *dir, const char *name, const struct told *after,
                               uint64_t mark)
{
    have_changed(r, dir, after, mark);
    pthread_mutex_lock(&lock);
    cache_name_forget(r->mount->cache, dir, name);
    pthread_mutex_unlock(&lock);
}

static void has_lost_link(struct request *r)
{
    pthread_mutex_lock(&lock);
    cache_unlinked(r->mount->cache);
    pthread_mutex_unlock(&lock);
}

/* A handle that the server does not know any more: nor do names lead there. */
static int check_stale(struct request *r, const struct handle *h, int error)
{
    if (error == ESTALE)
        changing(r, h);
    return error;
}

/* ------------------------------------------------------------------ attributes */

static void take_getattr(struct call *c, const void *result)
{
    const struct GETATTR3res *res = result;
    struct answer *a = c->out;
    a->status = res->status;
    if (res->status == NFS3_OK)
        a->attr.attr = res->GETATTR3res_u.resok.obj_attributes;
}

int nfs3_getattr(struct request *r, const struct handle *h, struct fattr3 *attr)
{
    struct GETATTR3args args = {fh(h)};
    struct answer a = {0};
    uint64_t mark = mark_now(r);
    int error = RUN(getattr, &args, take_getattr, &a);
    *attr = a.attr.attr;
    if (error == 0)
        remember(r, h, attr, mark);
    return check_stale(r, h, error);
}

int nfs3_known_attr(struct request *r, const struct handle *h, struct fattr3 *a)
{
    pthread_mutex_lock(&lock);
    bool is_known = !r->asks_server && cache_get(r->mount->cache, h, a, moment_now());
    pthread_mutex_unlock(&lock);
    return is_known ? 0 : nfs3_getattr(r, h, a);
}

static void take_setattr(struct call *c, const void *result)
{
    const struct SETATTR3res *res = result;
    struct answer *a = c->out;
    a->status = res->status;
    if (res->status == NFS3_OK)
        put_attr(&a->attr, &res->SETATTR3res_u.resok.obj_wcc.after);
}

int nfs3_setattr(struct request *r, const struct handle *h, const struct sattr3 *s)
{
    struct SETATTR3args args = {.object = fh(h), .new_attributes = *s};
    struct answer a = {0};
    uint64_t mark = changing(r, h);
    int error = RUN(setattr, &args, take_setattr, &a);
    have_changed(r, h, &a.attr, mark);
    return error;
}

static void take_access(struct call *c, const void *result)
{
    const struct ACCESS3res *res = result;
    struct answer *a = c->out;
    a->status = res->status;
    if (res->status == NFS3_OK)
        a->access = res->ACCESS3res_u.resok.access;
}

int nfs3_access(struct request *r, const struct handle *h, uint32_t want)
{
    struct ACCESS3args args = {fh(h), want};
    struct answer a = {0};
    int error = check_stale(r, h, RUN(access, &args, take_access, &a));
    return error != 0 ? error : (a.access & want) == want ? 0 : EACCES;
}

/* ------------------------------------------------------------------ names */

static void take_lookup(struct call *c, const void *result)
{
    const struct LOOKUP3res *res = result;
    struct answer *a = c->out;
    a->status = res->status;
    if (res->status != NFS3_OK) {
        put_attr(&a->dirs[0], &res->LOOKUP3res_u.resfail.dir_attributes);
        return;
    }
    put_handle(&a->handle, &res->LOOKUP3res_u.resok.object);
    put_attr(&a->attr, &res->LOOKUP3res_u.resok.obj_attributes);
    put_attr(&a->dirs[0], &res->LOOKUP3res_u.resok.dir_attributes);
}

static void remember_name(struct request *r, const struct handle *dir, const char *name, const struct answer *a,
                          uint64_t mark)
{
    struct moment now = moment_now();
    struct cache *c = r->mount->cache;
    bool is_absent = a->status == NFS3ERR_NOENT;
    pthread_mutex_lock(&lock);
    if (a->dirs[0].is_there)
        cache_put(c, dir, &a->dirs[0].attr, mark, now);
    if (a->attr.is_there)
        cache_put(c, &a->handle, &a->attr.attr, mark, now);
    if (a->dirs[0].is_there && (is_absent || a->attr.is_there))
        cache_name_put(c, dir, name, &r->cred, is_absent ? NULL : &a->handle, mark, now);
    pthread_mutex_unlock(&lock);
}

int nfs3_lookup(struct request *r, const struct handle *dir, const char *name, struct handle *h, struct fattr3 *attr)
{
    struct LOOKUP3args args = {place(dir, name)};
    struct answer a = {0};
    uint64_t mark = mark_now(r);
    int error = RUN(lookup, &args, take_lookup, &a);
    if (error == 0 && a.handle.len == 0)
        error = EIO;
    if (error == 0 || error == ENOENT)
        remember_name(r, dir, name, &a, mark);
    *h = a.handle;
    if (error == 0 && !a.attr.is_there)
        return nfs3_getattr(r, h, attr);
    *attr = a.attr.attr;
    return check_stale(r, dir, error);
}

int nfs3_known_name(struct request *r, const struct handle *dir, const char *name, struct handle *h, struct fattr3 *attr)
{
    enum cache_name found = CACHE_UNKNOWN;
    pthread_mutex_lock(&lock);
    if (!r->asks_server)
        found = cache_name_get(r->mount->cache, dir, name, &r->cred, h, attr, moment_now());
    pthread_mutex_unlock(&lock);
    if (found == CACHE_UNKNOWN)
        return nfs3_lookup(r, dir, name, h, attr);
    r->has_trusted = true;
    return found == CACHE_THERE ? 0 : ENOENT;
}

static void take_readlink(struct call *c, const void *result)
{
    const struct READLINK3res *res = result;
    struct answer *a = c->out;
    a->status = res->status;
    if (res->status != NFS3_OK)
        return;
    size_t n = strlen(res->READLINK3res_u.resok.data);
    if (n >= PATH_BYTES)
        a->status = NFS3ERR_NAMETOOLONG;
    else
        memcpy(a->text, res->READLINK3res_u.resok.data, n + 1);
}

int nfs3_readlink(struct request *r, const struct handle *h, char text[PATH_BYTES])
{
    struct READLINK3args args = {fh(h)};
    struct answer a = {.text = text};
    return check_stale(r, h, RUN(readlink, &args, take_readlink, &a));
}

static void take_create(struct call *c, const void *result)
{
    const struct CREATE3res *res = result;
    struct answer *a = c->out;
    a->status = res->status;
    if (res->status != NFS3_OK)
        return;
    if (res->CREATE3res_u.resok.obj.handle_follows)
        put_handle(&a->handle, &res->CREATE3res_u.resok.obj.post_op_fh3_u.handle);
    put_attr(&a->attr, &res->CREATE3res_u.resok.obj_attributes);
    put_attr(&a->dirs[0], &res->CREATE3res_u.resok.dir_wcc.after);
}

static struct sattr3 mode_only(uint32_t mode)
{
    return (struct sattr3){.mode = {1, {mode & 07777}}};
}

int nfs3_create(struct request *r, const struct handle *dir, const char *name, bool exclusive, uint32_t mode,
               struct handle *h, struct fattr3 *attr)
{
    struct CREATE3args args = {.where = place(dir, name)};
    struct answer a = {0};
    args.how.mode = exclusive ? EXCLUSIVE : UNCHECKED;
    if (exclusive) { /* the server knows this very call again by that number */
        uint64_t number = now_ms() << 20 ^ (uintptr_t)r ^ (uint64_t)getpid() << 32;
        memcpy(args.how.createhow3_u.verf, &number, sizeof number);
    } else {
        args.how.createhow3_u.obj_attributes = mode_only(mode);
    }
    uint64_t mark = changing(r, dir);
    int error = RUN(create, &args, take_create, &a);
    names_have_changed(r, dir, name, &a.dirs[0], mark);
    *h = a.handle;
    *attr = a.attr.attr;
    if (error == 0 && a.attr.is_there)
        remember(r, h, attr, mark);
    if (error == 0 && a.handle.len == 0)
        error = nfs3_lookup(r, dir, name, h, attr);
    else if (error == 0 && !a.attr.is_there)
        error = nfs3_getattr(r, h, attr);
    if (error == 0 && exclusive) {
        struct sattr3 s = mode_only(mode);
        s.atime.set_it = s.mtime.set_it = SET_TO_SERVER_TIME;
        error = nfs3_setattr(r, h, &s);
        attr->mode = mode & 07777;
    }
    return error;
}

/* What of these results is of interest: the directory, as it is now. */
#define TAKE_DIRECTORY(proc, results)                                                                                  \
    static void take_##proc(struct call *c, const void *result)                                                        \
    {                                                                                                                  \
        const struct results *res = result;                                                                            \
        struct answer *a = c->out;                                                                                     \
        a->status = res->status;                                                                                       \
        if (res->status == NFS3_OK)                                                                                    \
            put_attr(&a->dirs[0], &res->results##_u.resok.dir_wcc.after);                                              \
    }
TAKE_DIRECTORY(mkdir, MKDIR3res)
TAKE_DIRECTORY(symlink, SYMLINK3res)
TAKE_DIRECTORY(mknod, MKNOD3res)
TAKE_DIRECTORY(remove, REMOVE3res)
TAKE_DIRECTORY(rmdir, RMDIR3res)

int nfs3_mkdir(struct request *r, const struct handle *dir, const char *name, uint32_t mode)
{
    struct MKDIR3args args = {place(dir, name), mode_only(mode)};
    struct answer a = {0};
    uint64_t mark = changing(r, dir);
    int error = RUN(mkdir, &args, take_mkdir, &a);
    names_have_changed(r, dir, name, &a.dirs[0], mark);
    return error == EEXIST && r->was_resent ? 0 : error;
}

int nfs3_symlink(struct request *r, const struct handle *dir, const char *name, const char *target)
{
    struct SYMLINK3args args = {.where = place(dir, name), .symlink = {mode_only(0777), (char *)target}};
    struct answer a = {0};
    uint64_t mark = changing(r, dir);
    int error = RUN(symlink, &args, take_symlink, &a);
    names_have_changed(r, dir, name, &a.dirs[0], mark);
    return error == EEXIST && r->was_resent ? 0 : error;
}

int nfs3_mkfifo(struct request *r, const struct handle *dir, const char *name, uint32_t mode)
{
    struct MKNOD3args args = {.where = place(dir, name), .what = {.type = NF3FIFO}};
    struct answer a = {0};
    args.what.mknoddata3_u.pipe_attributes = mode_only(mode);
    uint64_t mark = changing(r, dir);
    int error = RUN(mknod, &args, take_mknod, &a);
    names_have_changed(r, dir, name, &a.dirs[0], mark);
    return error == EEXIST && r->was_resent ? 0 : error;
}

int nfs3_remove(struct request *r, const struct handle *dir, const char *name)
{
    struct REMOVE3args args = {place(dir, name)};
    struct answer a = {0};
    uint64_t mark = changing(r, dir);
    int error = RUN(remove, &args, take_remove, &a);
    names_have_changed(r, dir, name, &a.dirs[0], mark);
    has_lost_link(r);
    return error == ENOENT && r->was_resent ? 0 : error;
}

int nfs3_rmdir(struct request *r, const struct handle *dir, const char *name)
{
    struct RMDIR3args args = {place(dir, name)};
    struct answer a = {0};
    uint64_t mark = changing(r, dir);
    int error = RUN(rmdir, &args, take_rmdir, &a);
    names_have_changed(r, dir, name, &a.dirs[0], mark);
    return error == ENOENT && r->was_resent ? 0 : error;
}

static void take_rename(struct call *c, const void *result)
{
    const struct RENAME3res *res = result;
    struct answer *a = c->out;
    a->status = res->status;
    if (res->status != NFS3_OK)
        return;
    put_attr(&a->dirs[0], &res->RENAME3res_u.resok.fromdir_wcc.after);
    put_attr(&a->dirs[1], &res->RENAME3res_u.resok.todir_wcc.after);
}

int nfs3_rename(struct request *r, const struct handle *from, const char *name, const struct handle *to,
               const char *name2)
{
    struct RENAME3args args = {place(from, name), place(to, name2)};
    struct answer a = {0};
    uint64_t mark = changing(r, from), mark2 = changing(r, to);
    int error = RUN(rename, &args, take_rename, &a);
    /* If they are one directory both marks are out of date by now: it is asked for again. */
    names_have_changed(r, from, name, &a.dirs[0], mark);
    names_have_changed(r, to, name2, &a.dirs[1], mark2);
    has_lost_link(r);
    return error == ENOENT && r->was_resent ? 0 : error;
}

static void take_link(struct call *c, const void *result)
{
    const struct LINK3res *res = result;
    struct answer *a = c->out;
    a->status = res->status;
    if (res->status != NFS3_OK)
        return;
    put_attr(&a->attr, &res->LINK3res_u.resok.file_attributes);
    put_attr(&a->dirs[0], &res->LINK3res_u.resok.linkdir_wcc.after);
}

int nfs3_link(struct request *r, const struct handle *h, const struct handle *dir, const char *name)
{
    struct LINK3args args = {fh(h), place(dir, name)};
    struct answer a = {0};
    uint64_t mark = changing(r, h), dir_mark = changing(r, dir);
    int error = check_stale(r, h, RUN(link, &args, take_link, &a));
    have_changed(r, h, &a.attr, mark);
    names_have_changed(r, dir, name, &a.dirs[0], dir_mark);
    return error == EEXIST && r->was_resent ? 0 : error;
}

/* ------------------------------------------------------------------ the file system */

static void take_fsstat(struct call *c, const void *result)
{
    const struct FSSTAT3res *res = result;
    struct answer *a = c->out;
    a->status = res->status;
    if (res->status == NFS3_OK)
        a->fsstat = res->FSSTAT3res_u.resok;
}

int nfs3_fsstat(struct request *r, const struct handle *h, struct FSSTAT3resok *s)
{
    struct FSSTAT3args args = {fh(h)};
    struct answer a = {0};
    int error = RUN(fsstat, &args, take_fsstat, &a);
    *s = a.fsstat;
    return error;
}

static void take_fsinfo(struct call *c, const void *result)
{
    const struct FSINFO3res *res = result;
    struct answer *a = c->out;
    a->status = res->status;
    if (res->status == NFS3_OK)
        a->fsinfo = res->FSINFO3res_u.resok;
}

int nfs3_fsinfo(struct request *r, const struct handle *h, struct FSINFO3resok *s)
{
    struct FSINFO3args args = {fh(h)};
    struct answer a = {0};
    int error = RUN(fsinfo, &args, take_fsinfo, &a);
    *s = a.fsinfo;
    return error;
}

static void take_commit(struct call *c, const void *result)
{
    const struct COMMIT3res *res = result;
    struct answer *a = c->out;
    a->status = res->status;
    if (res->status == NFS3_OK)
        memcpy(a->verf, res->COMMIT3res_u.resok.verf, sizeof a->verf);
}

int nfs3_commit(struct request *r, const struct handle *h, char verf[NFS3_WRITEVERFSIZE])
{
    struct COMMIT3args args = {.file = fh(h)};
    struct answer a = {0};
    int error = RUN(commit, &args, take_commit, &a);
    memcpy(verf, a.verf, sizeof a.verf);
    return error;
}

/* ------------------------------------------------------------------ directories */

/* False: there is no room for it. Names that no path can have are left out. */
static bool put_entry(struct listing *l, const struct entry3 *e)
{
    size_t len = strlen(e->name);
    if (len == 0 || len > 255 || strchr(e->name, '/') != NULL) {
        l->cookie = e->cookie;
        return true;
    }
    size_t put = put_dirent(l->out + l->used, l->room - l->used, e->fileid, e->cookie, DT_UNKNOWN, e->name, len);
    if (put == 0) {
        l->none_fits = l->used == 0;
        return false;
    }
    l->used += put;
    l->cookie = e->cookie;
    return true;
}

static void take_readdir(struct call *c, const void *result)
{
    const struct READDIR3res *res = result;
    struct answer *a = c->out;
    struct listing *l = a->list;
    a->status = res->status;
    if (res->status != NFS3_OK)
        return;
    const struct READDIR3resok *ok = &res->READDIR3res_u.resok;
    const struct entry3 *e = ok->reply.entries;
    memcpy(l->verf, ok->cookieverf, sizeof l->verf);
    for (; e != NULL && put_entry(l, e); e = e->nextentry)
        ;
    l->is_end = e == NULL && (ok->reply.eof || ok->reply.entries == NULL);
}

int nfs3_readdir(struct request *r, const struct handle *h, struct listing *l)
{
    struct READDIR3args args = {.dir = fh(h), .cookie = l->cookie, .count = l->room < 4096 ? 4096 : (u_int)l->room};
    struct answer a = {.list = l};
    memcpy(args.cookieverf, l->verf, sizeof args.cookieverf);
    return RUN(readdir, &args, take_readdir, &a);
}
