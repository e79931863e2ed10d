/* SPDX-License-Identifier: Apache-2.0 */
/* From a path to a fid.  The server does not follow symbolic links (it could leave the export), so
 * a link on the way becomes a new path for the client to start over with, as the path manager wants
 * it.  ".." never comes here: the path manager has resolved it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fs9p.h"

static void drop(uint32_t fid)
{
    if (fid != settings.root && fid != P9_NOFID)
        client_clunk(fid);
}

void place_drop(struct place *p)
{
    drop(p->fid);
    dir_put(p->dir);
    p->fid = P9_NOFID;
    p->dir = NULL;
}

/* The path to start over with: target of the link at `index`, then what comes behind it. */
static int make_link(const struct mount *m, const struct names *n, unsigned index, uint32_t fid,
                     char *out)
{
    char text[PATH_BYTES];
    int error = client_readlink(fid, text, sizeof text);
    if (error == 0)
        error = names_link(n, index, m->target, text, out);
    return error == 0 ? WALKED_LINK : error;
}

/* One step of at most P9_WALK_MAX names from *fid, which is replaced.  0; or how it ended at
 * *index, with *fid at the last file that was reached. */
static int step(uint32_t *fid, const struct names *n, unsigned *index, unsigned until,
                struct p9_qid *last)
{
    struct p9_qid qids[P9_WALK_MAX];
    unsigned count = until - *index < P9_WALK_MAX ? until - *index : P9_WALK_MAX, got;
    uint32_t next;
    int error = client_walk(*fid, n->name + *index, n->len + *index, count, qids, &got, &next);
    if (error != 0)
        return error;
    if (got == 0)
        return ENOENT;
    *last = qids[got - 1];
    if (got == count) {
        drop(*fid);
        *fid = next;
        *index += got;
        return 0;
    }
    /* The server says why only when the very first name fails: go as far as it goes, ask again. */
    uint32_t reached;
    error = client_walk(*fid, n->name + *index, n->len + *index, got, qids, &got, &reached);
    if (error != 0)
        return error;
    drop(*fid);
    *fid = reached;
    *index += got;
    if (last->type & P9_QTSYMLINK)
        return 0; /* the caller looks at it */
    if (!(last->type & P9_QTDIR))
        return ENOTDIR;
    error = client_walk(*fid, n->name + *index, n->len + *index, 1, qids, &got, &next);
    if (error == 0 && got == 1) { /* it has just been made */
        *last = qids[0];
        drop(*fid);
        *fid = next;
        *index += 1;
        return 0;
    }
    return error != 0 ? error : ENOENT;
}

/* Walks n->name[0..until).  *index: how far it came; *fid is the caller's also after an error. */
static int walk_names(const struct mount *m, const struct names *n, unsigned until, bool follow,
                      uint32_t *fid, unsigned *index, struct p9_qid *qid, char *link)
{
    while (*index < until) {
        int error = step(fid, n, index, until, qid);
        if (error != 0)
            return error;
        if ((qid->type & P9_QTSYMLINK) && (*index < n->count || follow))
            return make_link(m, n, *index - 1, *fid, link);
    }
    return 0;
}

/* The directory that the first `count` names reach: kept from before, or walked to now. */
static int get_dir(const struct mount *m, const struct names *n, unsigned count, bool fresh,
                   struct dir **dir, char *link)
{
    char path[PATH_BYTES * 2];
    struct p9_qid qid = {.type = P9_QTDIR};
    size_t at = 0;
    path[0] = '\0';
    for (unsigned i = 0; i < count && at < sizeof path; i++)
        at += (size_t)snprintf(path + at, sizeof path - at, "%s%.*s", i ? "/" : "", n->len[i],
                               n->name[i]);
    if (at >= sizeof path)
        return ENAMETOOLONG;
    *dir = dir_find(path);
    if (*dir != NULL && fresh && count > 0) {
        dir_forget(*dir);
        *dir = NULL;
    }
    if (*dir != NULL)
        return 0;
    uint64_t generation = dir_generation();
    uint32_t fid = settings.root;
    unsigned index = 0;
    int error = walk_names(m, n, count, true, &fid, &index, &qid, link);
    if (error == 0 && !(qid.type & P9_QTDIR))
        error = ENOTDIR;
    if (error != 0) {
        drop(fid);
        return error;
    }
    *dir = dir_add(path, fid, generation);
    return *dir == NULL ? ENOMEM : 0;
}

/* The mount's own root: a fid that can be opened and dropped. */
static int walk_root(const struct mount *m, const struct names *n, struct place *p)
{
    struct dir *dir;
    unsigned got;
    int error = get_dir(m, n, n->count, false, &dir, p->link);
    if (error != 0)
        return error;
    error = client_walk(dir->fid, NULL, NULL, 0, NULL, &got, &p->fid);
    dir_put(dir);
    if (error != 0) {
        p->fid = P9_NOFID;
        return error;
    }
    struct p9_attr a;
    error = client_getattr(p->fid, &a); /* a walk of nothing gives no qid */
    p->qid = a.qid;
    return error;
}

static int walk_last(const struct mount *m, const struct names *n, unsigned flags, struct place *p)
{
    unsigned last = n->count - 1, got;
    int error = client_walk(p->dir->fid, n->name + last, n->len + last, 1, &p->qid, &got, &p->fid);
    if (error == 0 && got == 0)
        error = ENOENT;
    if (error != 0) {
        p->fid = P9_NOFID;
        return error;
    }
    if ((p->qid.type & P9_QTSYMLINK) && (flags & WALK_FOLLOW))
        return make_link(m, n, last, p->fid, p->link);
    return 0;
}

int walk(const struct mount *m, const char *path, unsigned flags, struct place *p)
{
    struct names n = {.count = 0};
    *p = (struct place){.fid = P9_NOFID};
    int error = names_add(&n, m->host);
    n.own = n.count;
    if (error == 0)
        error = names_add(&n, path);
    if (error != 0)
        return error;
    if (n.count == n.own)
        return flags & WALK_PARENT ? EBUSY : walk_root(m, &n, p);
    names_copy(&n, n.count - 1, p->name);
    for (int fresh = 0; fresh < 2; fresh++) {
        error = get_dir(m, &n, n.count - 1, fresh, &p->dir, p->link);
        if (error != 0 || (flags & WALK_PARENT))
            return error;
        error = walk_last(m, &n, flags, p);
        /* A directory on the way may have become a link: the server does not follow it. */
        if (error != ELOOP && error != ENOTDIR)
            break;
        if (fresh == 0)
            place_drop(p);
    }
    return error;
}
