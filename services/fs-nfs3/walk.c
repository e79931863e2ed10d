/* SPDX-License-Identifier: Apache-2.0 */
/* From a path to a handle, one LOOKUP for each name that the cache does not have. A symbolic link on the way becomes a new path for the client to start over
 * with, as the path manager wants it. ".." never comes here: the path manager has resolved it. */
#include <errno.h>
#include <string.h>

#include "fsnfs.h"

/* The path to start over with: target of the link at `index`, then what comes behind it. */
static int make_link(struct request *r, const struct names *n, unsigned index, const struct handle *h, char *out)
{
    char text[PATH_BYTES];
    int error = nfs3_readlink(r, h, text);
    if (error == 0)
        error = names_link(n, index, r->mount->target, text, out);
    return error == 0 ? WALKED_LINK : error;
}

static int walk_to(struct request *r, const struct names *n, unsigned until, unsigned flags, struct place *p)
{
    struct handle at = r->mount->root;
    for (unsigned i = 0; i < until; i++) {
        char name[NAME_BYTES];
        names_copy(n, i, name);
        bool is_last = i == n->count - 1;
        if (is_last)
            p->dir = at;
        int error = is_last && (flags & WALK_FRESH) ? nfs3_lookup(r, &at, name, &p->handle, &p->attr)
                                                    : nfs3_known_name(r, &at, name, &p->handle, &p->attr);
        if (error != 0) {
            p->handle.len = 0;
            return error;
        }
        if (p->attr.type == NF3LNK && (!is_last || (flags & WALK_FOLLOW)))
            return make_link(r, n, i, &p->handle, p->link);
        if (p->attr.type != NF3DIR && !is_last)
            return ENOTDIR;
        at = p->handle;
    }
    if (until < n->count)
        p->dir = at;
    return 0;
}

int walk(struct request *r, const char *path, unsigned flags, struct place *p)
{
    struct names n = {.count = 0};
    memset(p, 0, sizeof *p);
    int error = names_add(&n, path);
    if (error != 0)
        return error;
    if (n.count == 0) {
        if (flags & WALK_PARENT)
            return EBUSY;
        p->handle = r->mount->root;
        return (flags & WALK_FRESH ? nfs3_getattr : nfs3_known_attr)(r, &p->handle, &p->attr);
    }
    names_copy(&n, n.count - 1, p->name);
    error = walk_to(r, &n, flags & WALK_PARENT ? n.count - 1 : n.count, flags, p);
    if (flags & WALK_PARENT)
        p->handle.len = 0;
    return error;
}
