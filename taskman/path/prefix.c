/* SPDX-License-Identifier: Apache-2.0 */
/* Prefix tree with union mounts.  Nodes exist as long as they have a link, a symlink or a child. */
#include <errno.h>
#include <string.h>
#include <abi/iomsg.h>
#include <abi/taskman.h>
#include "main/heap.h"
#include "path/normal.h"
#include "path/prefix.h"

static struct path_node *node_new(struct prefix_tree *t, struct path_node *parent, const char *name,
                                  size_t n)
{
    struct path_node *node = heap_alloc(sizeof(*node) + n + 1);

    if (!node)
        return NULL;
    memcpy(node->name, name, n);
    list_init(&node->siblings);
    list_init(&node->children);
    list_init(&node->links);
    node->parent = parent;
    if (parent)
        list_append(&parent->children, &node->siblings);
    t->nodes++;
    return node;
}

int prefix_init(struct prefix_tree *t)
{
    memset(t, 0, sizeof(*t));
    t->next_id = 1;
    t->root = node_new(t, NULL, "", 0);
    return t->root ? 0 : -ENOMEM;
}

static struct path_node *child_of(const struct path_node *node, const char *name, size_t n)
{
    list_for_each(pos, &node->children)
    {
        struct path_node *c = container_of(pos, struct path_node, siblings);
        if (strncmp(c->name, name, n) == 0 && c->name[n] == '\0')
            return c;
    }
    return NULL;
}

struct path_node *prefix_find(const struct prefix_tree *t, const char *path)
{
    struct path_node *node = t->root;
    size_t n;

    for (; node && (n = path_component(&path)) != 0; path += n)
        node = child_of(node, path, n);
    return node;
}

/* Frees node and its ancestors as far as nothing needs them. */
static void prune(struct prefix_tree *t, struct path_node *node)
{
    while (node->parent && !node->target && list_empty(&node->children) &&
           list_empty(&node->links)) {
        struct path_node *parent = node->parent;
        list_remove(&node->siblings);
        heap_free(node);
        t->nodes--;
        node = parent;
    }
}

static struct path_node *make(struct prefix_tree *t, const char *path)
{
    struct path_node *node = t->root;
    size_t n;

    for (; (n = path_component(&path)) != 0; path += n) {
        struct path_node *child = child_of(node, path, n);
        if (!child)
            child = node_new(t, node, path, n);
        if (!child) {
            prune(t, node);
            return NULL;
        }
        node = child;
    }
    return node;
}

static void insert_ordered(struct path_node *node, struct path_link *l)
{
    /* Later links come first unless they ask to be last; those that asked to be first stay in front
     * of the others, those that asked to be last behind. */
    if (l->flags & TMSG_PATH_AFTER) {
        list_append(&node->links, &l->link);
        return;
    }
    if (!(l->flags & TMSG_PATH_BEFORE)) {
        list_for_each(pos, &node->links)
        {
            if (!(container_of(pos, struct path_link, link)->flags & TMSG_PATH_BEFORE)) {
                list_append(pos, &l->link); /* in front of pos */
                return;
            }
        }
        list_append(&node->links, &l->link);
        return;
    }
    list_prepend(&node->links, &l->link);
}

int prefix_attach(struct prefix_tree *t, const char *path, const struct path_link *link)
{
    struct path_link *l = heap_alloc(sizeof(*l));
    struct path_node *node = l ? make(t, path) : NULL;

    if (!node) {
        heap_free(l);
        return -ENOMEM;
    }
    *l = *link;
    l->node = node;
    l->id = t->next_id;
    t->next_id = t->next_id == INT32_MAX ? 1 : t->next_id + 1;
    t->links++;
    insert_ordered(node, l);
    return l->id;
}

static void link_free(struct prefix_tree *t, struct path_link *l)
{
    struct path_node *node = l->node;

    list_remove(&l->link);
    heap_free(l);
    t->links--;
    prune(t, node);
}

/* The node after `node` in a walk of the whole tree, parents first. */
static struct path_node *walk_next(const struct prefix_tree *t, struct path_node *node)
{
    if (!list_empty(&node->children))
        return container_of(node->children.next, struct path_node, siblings);
    while (node != t->root) {
        if (node->siblings.next != &node->parent->children)
            return container_of(node->siblings.next, struct path_node, siblings);
        node = node->parent;
    }
    return NULL;
}

static struct path_link *find_link(const struct prefix_tree *t, int32_t id, int32_t pid)
{
    for (struct path_node *node = t->root; node; node = walk_next(t, node)) {
        list_for_each(pos, &node->links)
        {
            struct path_link *l = container_of(pos, struct path_link, link);
            if ((id && l->id == id) || (pid && l->pid == pid))
                return l;
        }
    }
    return NULL;
}

int prefix_detach(struct prefix_tree *t, int32_t id, int32_t pid)
{
    struct path_link *l = id > 0 ? find_link(t, id, 0) : NULL;

    if (!l)
        return -ENOENT;
    if (pid && l->pid != pid)
        return -EPERM;
    link_free(t, l);
    return 0;
}

unsigned prefix_detach_all(struct prefix_tree *t, int32_t pid)
{
    struct path_link *l;
    unsigned n = 0;

    while ((l = find_link(t, 0, pid)) != NULL) {
        link_free(t, l);
        n++;
    }
    return n;
}

int prefix_symlink(struct prefix_tree *t, const char *path, const char *target, int32_t owner)
{
    char *copy = heap_string(target);
    struct path_node *node = copy ? make(t, path) : NULL;

    if (!node) {
        heap_free(copy);
        return -ENOMEM;
    }
    if (node->target || node == t->root) {
        heap_free(copy);
        return -EEXIST;
    }
    node->target = copy;
    node->owner = owner;
    return 0;
}

int prefix_unlink(struct prefix_tree *t, const char *path, int32_t uid)
{
    struct path_node *node = prefix_find(t, path);

    if (!node || !node->target)
        return -ENOENT;
    if (uid != 0 && uid != node->owner)
        return -EPERM;
    heap_free(node->target);
    node->target = NULL;
    prune(t, node);
    return 0;
}

static bool link_serves(const struct path_link *l, bool is_whole_path, int32_t pid,
                        uint32_t file_type)
{
    if (!is_whole_path && !(l->flags & TMSG_PATH_DIR))
        return false;
    if (l->pid == pid && !(l->flags & TMSG_PATH_SELF))
        return false;
    if (l->flags & TMSG_PATH_FTYPEALL)
        return true;
    if (l->flags & TMSG_PATH_FTYPEONLY)
        return l->file_type == file_type;
    return file_type == _FTYPE_ANY || l->file_type == _FTYPE_ANY || l->file_type == file_type;
}

unsigned prefix_resolve(const struct prefix_tree *t, const char *path, int32_t pid,
                        uint32_t file_type, struct prefix_match *match, unsigned max)
{
    const char *at = path;
    const struct path_node *node = t->root, *child;
    unsigned count = 0;
    uint32_t covered = 0; /* bytes of path that node stands for */
    bool is_whole;
    size_t n;

    while ((n = path_component(&at)) != 0 && (child = child_of(node, at, n)) != NULL) {
        node = child;
        at += n;
        covered = (uint32_t)(at - path);
    }
    is_whole = path[covered] == '\0' || (covered == 0 && path[1] == '\0');
    for (; node; node = node->parent) {
        bool is_opaque = false;
        uint32_t rest = covered + (path[covered] == '/' ? 1 : 0);

        list_for_each(pos, &node->links)
        {
            const struct path_link *l = container_of(pos, struct path_link, link);
            if (!link_serves(l, is_whole, pid, file_type))
                continue;
            if (count < max)
                match[count++] = (struct prefix_match){l, rest};
            is_opaque |= (l->flags & TMSG_PATH_OPAQUE) != 0;
        }
        if (is_opaque)
            break;
        is_whole = false;
        while (covered && path[--covered] != '/')
            ;
    }
    return count;
}

/* One replacement: path = target (relative to the symlink's directory) + rest. */
static int replace(char *path, size_t link_start, const char *rest, const char *target)
{
    char base[PATH_BYTES], joined[PATH_BYTES * 2];
    size_t n = strlen(target), m = strlen(rest);

    if (n + 1 + m + 1 > sizeof(joined))
        return -ENAMETOOLONG;
    memcpy(joined, target, n);
    joined[n] = '/';
    memcpy(joined + n + 1, rest, m + 1);
    memcpy(base, path, link_start);
    base[link_start] = '\0';
    return path_normalise(path, base, joined);
}

int prefix_follow(const struct prefix_tree *t, char *path, bool keep_last, bool *is_link)
{
    int length = (int)strlen(path);

    *is_link = false;
    for (unsigned hops = 0; hops <= TMSG_SYMLOOP_MAX; hops++) {
        const struct path_node *node = t->root;
        const char *at = path;
        bool replaced = false;
        size_t n;

        while ((n = path_component(&at)) != 0 && (node = child_of(node, at, n)) != NULL) {
            if (node->target && keep_last && at[n] == '\0') {
                *is_link = true;
                return length;
            }
            if (node->target) {
                char rest[PATH_BYTES];
                memcpy(rest, at + n, strlen(at + n) + 1);
                length = replace(path, (size_t)(at - path), rest, node->target);
                if (length < 0)
                    return length;
                replaced = true;
                break;
            }
            at += n;
        }
        if (!replaced)
            return length;
    }
    return -ELOOP;
}
