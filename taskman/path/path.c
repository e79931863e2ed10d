/* SPDX-License-Identifier: Apache-2.0 */
/* TMSG_PATH and what the built-in directories ask of the tree.  Lock: paths_lock. */
#include <errno.h>
#include <string.h>
#include <abi/iomsg.h>
#include "path/path.h"
#include "path/prefix.h"
#include "process/process.h"

static struct lock paths_lock = LOCK_INIT(RANK_PATHS);
static struct prefix_tree tree; /* paths_lock */

int paths_init(void)
{
    return prefix_init(&tree);
}

int path_attach_own(const char *path, uint32_t handle, uint32_t flags, uint32_t file_type)
{
    struct path_link link = {.pid = TASKMAN_PID,
                             .chid = TASKMAN_CHID,
                             .handle = handle,
                             .flags = flags,
                             .file_type = file_type};
    int rc;

    lock_acquire(&paths_lock);
    rc = prefix_attach(&tree, path, &link);
    lock_release(&paths_lock);
    return rc < 0 ? rc : 0;
}

void path_process_died(int32_t pid)
{
    unsigned n;

    lock_acquire(&paths_lock);
    n = prefix_detach_all(&tree, pid);
    lock_release(&paths_lock);
    if (n)
        event_raise(EVENT_PATHSPACE);
}

static enum path_kind kind_of(const struct path_node *node)
{
    if (!node)
        return PATH_NOTHING;
    if (node->target)
        return PATH_SYMLINK;
    if (!list_empty(&node->children) || !node->parent)
        return PATH_DIRECTORY;
    list_for_each(pos, &node->links) if (container_of(pos, struct path_link, link)->flags &
                                         TMSG_PATH_DIR) return PATH_DIRECTORY;
    return PATH_ATTACHED;
}

enum path_kind path_kind(const char *path, char *target)
{
    struct path_node *node;
    enum path_kind kind;

    lock_acquire(&paths_lock);
    node = prefix_find(&tree, path);
    kind = kind_of(node);
    if (kind == PATH_SYMLINK && target)
        memcpy(target, node->target, strlen(node->target) + 1);
    lock_release(&paths_lock);
    return kind;
}

int path_no_room(const char *path)
{
    char parent[PATH_BYTES];
    const char *slash = strrchr(path, '/');
    size_t n = slash && slash > path ? (size_t)(slash - path) : 1;

    memcpy(parent, path, n);
    parent[n] = '\0';
    return path_kind(parent, NULL) == PATH_NOTHING ? -ENOENT : -EROFS;
}

bool path_child(const char *path, uint32_t index, char name[NAME_BYTES], enum path_kind *kind)
{
    const struct path_node *node;
    bool is_found = false;

    lock_acquire(&paths_lock);
    node = prefix_find(&tree, path);
    if (node) {
        list_for_each(pos, &node->children)
        {
            const struct path_node *c = container_of(pos, struct path_node, siblings);
            if (index-- == 0) {
                memcpy(name, c->name, strlen(c->name) + 1);
                *kind = kind_of(c);
                is_found = true;
                break;
            }
        }
    }
    lock_release(&paths_lock);
    return is_found;
}

void path_counts(uint32_t *nodes, uint32_t *links)
{
    lock_acquire(&paths_lock);
    *nodes = tree.nodes;
    *links = tree.links;
    lock_release(&paths_lock);
}

/* The request's path, checked: NULL when it is missing or too long. */
static const char *path_of(const struct message *m, size_t head, uint32_t path_len)
{
    if (path_len == 0 || path_len > 2 * PATH_BYTES || m->bytes < head + path_len)
        return NULL;
    return path_checked(m->data + head, path_len);
}

static void copy_cwd(struct proc *p, char *out)
{
    lock_acquire(&p->lock);
    memcpy(out, p->cwd, sizeof(p->cwd));
    lock_release(&p->lock);
}

static int64_t resolve(struct message *m, const struct tmsg_path *req, const char *path)
{
    struct tmsg_resolve_reply *out = (void *)m->buffer;
    struct prefix_match match[TMSG_RESOLVE_MAX];
    char cwd[PATH_BYTES];
    bool is_link;
    int length;

    memset(out, 0, offsetof(struct tmsg_resolve_reply, path));
    copy_cwd(m->proc, cwd);
    length = path_normalise(out->path, cwd, path);
    if (length < 0)
        return length;
    lock_acquire(&paths_lock);
    length = prefix_follow(&tree, out->path, (req->flags & TMSG_RESOLVE_NOFOLLOW) != 0, &is_link);
    if (length >= 0) {
        if (is_link) /* the symlink itself: only taskman's root directory knows it */
            out->entry[out->count++] =
                (struct tmsg_entry){TASKMAN_PID, TASKMAN_CHID, 0, _FTYPE_ANY, 1, TMSG_PATH_DIR};
        else
            out->count = prefix_resolve(&tree, out->path, m->proc->pid, req->file_type, match,
                                        TMSG_RESOLVE_MAX);
    }
    for (unsigned i = 0; i < out->count && !is_link; i++) {
        const struct path_link *l = match[i].link;
        out->entry[i] = (struct tmsg_entry){
            l->pid, l->chid, l->handle, l->file_type, match[i].prefix_length, l->flags};
    }
    lock_release(&paths_lock);
    if (length < 0)
        return length;
    if (out->count == 0)
        return -ENOENT;
    lock_acquire(&m->proc->lock);
    out->umask = m->proc->umask;
    lock_release(&m->proc->lock);
    out->path_len = (uint32_t)length + 1;
    return message_answer(m, out, offsetof(struct tmsg_resolve_reply, path) + out->path_len,
                          out->count);
}

#define ATTACH_FLAGS 0x7f

static int64_t attach(struct message *m, const struct tmsg_path *req, const char *path)
{
    struct path_link link = {.pid = m->proc->pid,
                             .chid = req->chid,
                             .handle = req->handle,
                             .file_type = req->file_type,
                             .key = req->key,
                             .flags = req->flags};
    char normal[PATH_BYTES];
    int rc;

    if (m->proc->cred.euid != 0)
        return -EPERM;
    if (path[0] != '/' || (req->flags & ~(uint32_t)ATTACH_FLAGS) || req->chid <= 0)
        return -EINVAL;
    rc = path_normalise(normal, "/", path);
    if (rc < 0)
        return rc;
    lock_acquire(&paths_lock);
    rc = prefix_attach(&tree, normal, &link);
    lock_release(&paths_lock);
    if (rc > 0)
        event_raise(EVENT_PATHSPACE);
    return rc;
}

static int64_t detach(struct message *m, const struct tmsg_path *req)
{
    int rc;

    lock_acquire(&paths_lock);
    rc = prefix_detach(&tree, req->id, m->proc->pid);
    lock_release(&paths_lock);
    if (rc == 0)
        event_raise(EVENT_PATHSPACE);
    return rc;
}

static int64_t make_symlink(struct message *m, const char *path, size_t bytes)
{
    size_t n = strlen(path) + 1;
    const char *target = n < bytes ? path_checked(path + n, bytes - n) : NULL;
    char cwd[PATH_BYTES], normal[PATH_BYTES];
    int rc;

    if (m->proc->cred.euid != 0)
        return -EPERM;
    if (!target || target[0] == '\0')
        return -EINVAL;
    if (strlen(target) >= PATH_BYTES)
        return -ENAMETOOLONG;
    copy_cwd(m->proc, cwd);
    rc = path_normalise(normal, cwd, path);
    if (rc < 0)
        return rc;
    lock_acquire(&paths_lock);
    rc = prefix_symlink(&tree, normal, target, (int32_t)m->proc->cred.euid);
    lock_release(&paths_lock);
    if (rc == 0)
        event_raise(EVENT_PATHSPACE);
    return rc;
}

static int64_t remove_symlink(struct message *m, const char *path)
{
    char cwd[PATH_BYTES], normal[PATH_BYTES];
    int rc;

    copy_cwd(m->proc, cwd);
    rc = path_normalise(normal, cwd, path);
    if (rc < 0)
        return rc;
    lock_acquire(&paths_lock);
    rc = prefix_unlink(&tree, normal, (int32_t)m->proc->cred.euid);
    lock_release(&paths_lock);
    if (rc == 0)
        event_raise(EVENT_PATHSPACE);
    return rc;
}

static int64_t change_dir(struct message *m, const char *path)
{
    char normal[PATH_BYTES];
    int rc;

    if (path[0] != '/')
        return -EINVAL;
    rc = path_normalise(normal, "/", path);
    if (rc < 0)
        return rc;
    lock_acquire(&m->proc->lock);
    memcpy(m->proc->cwd, normal, (size_t)rc + 1);
    lock_release(&m->proc->lock);
    return 0;
}

int64_t tm_path(struct message *m)
{
    const struct tmsg_path *req = message_as(m, sizeof(*req));
    const struct tmsg_hdr *head = message_as(m, sizeof(*head));
    const char *path;

    if (head && head->subtype == TMSG_PATH_GETCWD) {
        copy_cwd(m->proc, (char *)m->buffer);
        size_t n = strlen((char *)m->buffer) + 1;
        return message_answer(m, m->buffer, n, (int64_t)n - 1);
    }
    if (!req)
        return -EINVAL;
    if (req->subtype == TMSG_PATH_DETACH)
        return detach(m, req);
    path = path_of(m, sizeof(*req), req->path_len);
    if (!path)
        return req->path_len > 2 * PATH_BYTES ? -ENAMETOOLONG : -EINVAL;
    switch (req->subtype) {
    case TMSG_PATH_RESOLVE:
        return resolve(m, req, path);
    case TMSG_PATH_ATTACH:
        return attach(m, req, path);
    case TMSG_PATH_SYMLINK:
        return make_symlink(m, path, req->path_len);
    case TMSG_PATH_UNLINK:
        return remove_symlink(m, path);
    case TMSG_PATH_CHDIR:
        return change_dir(m, path);
    default:
        return -ENOSYS;
    }
}
