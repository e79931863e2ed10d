/* SPDX-License-Identifier: Apache-2.0 */
/* From a path to a handle, one LOOKUP a name. A symbolic link on the way becomes a new path for the client to start over
 * with, as the path manager wants it. ".." never comes here: the path manager has resolved it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fsnfs.h"

struct names {
    const char *name[NAMES_MAX];
    uint16_t len[NAMES_MAX];
    unsigned count;
};

static int add_names(struct names *n, const char *path)
{
    while (*path != '\0') {
        size_t len = strcspn(path, "/");
        if (len >= NAME_BYTES)
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

static void append(char *out, size_t *at, const char *text, size_t len, bool slash)
{
    if (*at < PATH_BYTES)
        *at += (size_t)snprintf(out + *at, PATH_BYTES - *at, "%s%.*s", slash ? "/" : "", (int)len, text);
}

/* The path to start over with: target of the link at `index`, then what comes behind it. */
static int make_link(struct request *r, const struct names *n, unsigned index, const struct handle *h, char *out)
{
    char text[PATH_BYTES];
    size_t at = 0;
    int error = nfs3_readlink(r, h, text);
    if (error != 0)
        return error;
    if (text[0] == '\0')
        return ENOENT;
    if (text[0] != '/') {
        append(out, &at, r->mount->target, strlen(r->mount->target), false);
        for (unsigned i = 0; i < index; i++)
            append(out, &at, n->name[i], n->len[i], true);
    }
    append(out, &at, text, strlen(text), text[0] != '/');
    for (unsigned i = index + 1; i < n->count; i++)
        append(out, &at, n->name[i], n->len[i], true);
    return at < PATH_BYTES ? WALKED_LINK : ENAMETOOLONG;
}

static int walk_to(struct request *r, const struct names *n, unsigned until, bool follow, struct place *p)
{
    struct handle at = r->mount->root;
    for (unsigned i = 0; i < until; i++) {
        char name[NAME_BYTES];
        snprintf(name, sizeof name, "%.*s", n->len[i], n->name[i]);
        if (i == n->count - 1)
            p->dir = at;
        int error = nfs3_lookup(r, &at, name, &p->handle, &p->attr);
        if (error != 0) {
            p->handle.len = 0;
            return error;
        }
        bool is_last = i == n->count - 1;
        if (p->attr.type == NF3LNK && (!is_last || follow))
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
    int error = add_names(&n, path);
    if (error != 0)
        return error;
    if (n.count == 0) {
        if (flags & WALK_PARENT)
            return EBUSY;
        p->handle = r->mount->root;
        return nfs3_getattr(r, &p->handle, &p->attr);
    }
    snprintf(p->name, sizeof p->name, "%.*s", n.len[n.count - 1], n.name[n.count - 1]);
    error = walk_to(r, &n, flags & WALK_PARENT ? n.count - 1 : n.count, flags & WALK_FOLLOW, p);
    if (flags & WALK_PARENT)
        p->handle.len = 0;
    return error;
}
