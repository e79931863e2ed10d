/* SPDX-License-Identifier: Apache-2.0 */
/* From a path to a fid.  The server does not follow symbolic links (it could leave the export), so a
 * link on the way becomes a new path for the client to start over with, as the path manager wants
 * it.  ".." never comes here: the path manager has resolved it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fs9p.h"

struct names {
    const char *name[NAMES_MAX];
    uint16_t len[NAMES_MAX];
    unsigned count, own; /* own: the first `own` ones are the mount's */
};

static int add_names(struct names *n, const char *path)
{
    while (*path != '\0') {
        size_t len = strcspn(path, "/");
        if (len > P9_NAME_MAX)
            return ENAMETOOLONG;
        if (len > 0 && !(len == 1 && path[0] == '.')) {
            if (n->count == NAMES_MAX)
                return ENAMETOOLONG;
            n->name[n->count] = path;
            n->len[n->count++] = (uint16_t)len;
        }
        path += len;
        path += *path == '/';
    }
    return 0;
}

static void drop(uint32_t fid)
{
    if (fid != settings.root && fid != P9_NOFID)
        client_clunk(fid);
}

void place_drop(struct place *p)
{
    drop(p->fid);
    drop(p->parent);
    p->fid = p->parent = P9_NOFID;
}

/* The path to start over with: target of the link at `index`, then what comes behind it. */
static int make_link(const struct mount *m, const struct names *n, unsigned index, uint32_t fid,
                     char *out)
{
    char text[PATH_BYTES];
    size_t at = 0;
    int error = client_readlink(fid, text, sizeof text);
    if (error != 0)
        return error;
    if (text[0] == '\0')
        return ENOENT;
    if (text[0] != '/') {
        at = (size_t)snprintf(out, PATH_BYTES, "%s", m->target);
        for (unsigned i = n->own; i < index && at < PATH_BYTES; i++)
            at += (size_t)snprintf(out + at, PATH_BYTES - at, "/%.*s", n->len[i], n->name[i]);
        if (at < PATH_BYTES)
            at += (size_t)snprintf(out + at, PATH_BYTES - at, "/");
    }
    if (at < PATH_BYTES)
        at += (size_t)snprintf(out + at, PATH_BYTES - at, "%s", text);
    for (unsigned i = index + 1; i < n->count && at < PATH_BYTES; i++)
        at += (size_t)snprintf(out + at, PATH_BYTES - at, "/%.*s", n->len[i], n->name[i]);
    return at < PATH_BYTES ? WALKED_LINK : ENAMETOOLONG;
}

/* One step of at most P9_WALK_MAX names from *fid, which is replaced.  0; or how it ended at
 * *index, with *fid at the last file that was reached. */
static int step(uint32_t *fid, const struct names *n, unsigned *index, unsigned until,
                struct p9_qid *last)
{
    struct p9_qid qids[P9_WALK_MAX];
    unsigned count = until - *index < P9_WALK_MAX ? until - *index : P9_WALK_MAX, got;
    uint32_t next;
    int error =
        client_walk(*fid, n->name + *index, n->len + *index, count, qids, &got, &next);
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

int walk(const struct mount *m, const char *path, unsigned flags, struct place *p)
{
    struct names n = {.count = 0};
    *p = (struct place){.fid = P9_NOFID, .parent = P9_NOFID, .qid = {.type = P9_QTDIR}};
    int error = add_names(&n, m->host);
    n.own = n.count;
    if (error == 0)
        error = add_names(&n, path);
    if (error != 0)
        return error;
    bool is_mount = n.count == n.own;
    if (!is_mount)
        snprintf(p->name, sizeof p->name, "%.*s", n.len[n.count - 1], n.name[n.count - 1]);
    if (is_mount && (flags & WALK_PARENT))
        return EBUSY;
    unsigned until = flags & WALK_PARENT ? n.count - 1 : n.count, index = 0;
    uint32_t fid = settings.root;
    error = walk_names(m, &n, until, flags & WALK_FOLLOW, &fid, &index, &p->qid, p->link);
    if (error == 0 && fid == settings.root) { /* a fid that can be opened and dropped */
        unsigned got;
        error = client_walk(fid, NULL, NULL, 0, NULL, &got, &fid);
    }
    if (error == 0 && (flags & WALK_PARENT))
        p->parent = fid;
    else if (error == 0)
        p->fid = fid;
    else if (error == ENOENT && index + 1 == n.count && !is_mount && fid != settings.root)
        p->parent = fid;
    else
        drop(fid);
    return error;
}
