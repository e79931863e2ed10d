/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/boot: the members of every cpio archive in the initrd as one read-only tree; a later member
 * replaces an earlier one of the same name.  The tree is built once at start and constant from then
 * on; only boot_node.obj changes, under boot_lock, from NULL to the memory object that all mappings
 * of the file share. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <abi/iomsg.h>
#include "builtin/nodes.h"
#include "image/cpio.h"
#include "main/heap.h"
#include "main/print.h"

static struct boot_node root = {.name = "", .mode = S_IFDIR | 0755, .ino = 1};
static uint32_t next_ino = 2;
static struct lock boot_lock = LOCK_INIT(RANK_OCB); /* never held with an open file's lock */

static struct boot_node *child_of(const struct boot_node *dir, const char *name, size_t n)
{
    for (struct boot_node *c = dir->children; c; c = c->sibling)
        if (strncmp(c->name, name, n) == 0 && c->name[n] == '\0')
            return c;
    return NULL;
}

static struct boot_node *make_child(struct boot_node *dir, const char *name, size_t n)
{
    struct boot_node *c = child_of(dir, name, n), **tail = &dir->children;
    char *copy;

    if (c)
        return c;
    c = heap_alloc(sizeof(*c));
    copy = heap_alloc(n + 1);
    if (!c || !copy) {
        heap_free(c);
        heap_free(copy);
        return NULL;
    }
    memcpy(copy, name, n);
    c->name = copy;
    c->parent = dir;
    c->mode = S_IFDIR | 0755;
    c->ino = next_ino++;
    while (*tail)
        tail = &(*tail)->sibling;
    *tail = c;
    return c;
}

static int add_member(const struct cpio_member *m)
{
    struct boot_node *node = &root;
    const char *at = m->name;
    char *target = NULL;
    size_t n;

    for (; (n = path_component(&at)) != 0; at += n) {
        if ((n == 1 && at[0] == '.') || n >= NAME_BYTES)
            continue;
        if (n == 2 && at[0] == '.' && at[1] == '.')
            return -EINVAL;
        if (!S_ISDIR(node->mode))
            return -ENOTDIR;
        node = make_child(node, at, n);
        if (!node)
            return -ENOMEM;
    }
    if (node == &root || (S_ISDIR(m->mode) && S_ISDIR(node->mode)))
        return 0;
    if (node->children)
        return -EISDIR;
    if (S_ISLNK(m->mode)) {
        if (m->bytes == 0 || m->bytes >= PATH_BYTES)
            return -EINVAL;
        target = heap_alloc(m->bytes + 1);
        if (!target)
            return -ENOMEM;
        memcpy(target, m->data, m->bytes);
    } else if (!S_ISREG(m->mode) && !S_ISDIR(m->mode)) {
        return -EINVAL; /* devices and pipes have no meaning in a boot archive */
    }
    node->mode = m->mode & (S_IFMT | 07777);
    node->mtime = m->mtime;
    node->data = m->data;
    node->bytes = m->bytes;
    node->target = target;
    return 0;
}

int boot_init(const void *initrd, uint64_t bytes)
{
    struct cpio_reader r;
    struct cpio_member m;
    unsigned count = 0;
    int rc;

    cpio_open(&r, initrd, bytes);
    while ((rc = cpio_next(&r, &m)) == 1) {
        int error = add_member(&m);
        if (error < 0)
            tm_log("boot archive: %s left out (error %d)", m.name, -error);
        else
            count++;
    }
    if (rc < 0)
        tm_log("boot archive: damaged after %u members, offset %lu of %lu", count, r.at, bytes);
    return count ? 0 : -ENOENT;
}

const struct boot_node *boot_find(const char *rest, bool keep_last_link, const char **left)
{
    const struct boot_node *node = &root;
    size_t n;

    *left = "";
    for (; (n = path_component(&rest)) != 0; rest += n) {
        if (!S_ISDIR(node->mode))
            return NULL;
        node = child_of(node, rest, n);
        if (!node)
            return NULL;
        if (node->target && !(keep_last_link && rest[n] == '\0')) {
            *left = rest + n;
            return node;
        }
    }
    return node;
}

void boot_path(const struct boot_node *n, char path[PATH_BYTES])
{
    const struct boot_node *chain[64];
    size_t depth = 0, at = strlen(strcpy(path, "/proc/boot"));

    for (; n->parent && depth < 64; n = n->parent)
        chain[depth++] = n;
    while (depth) {
        size_t len = strlen(chain[--depth]->name);
        if (at + 1 + len + 1 > PATH_BYTES)
            return;
        path[at++] = '/';
        memcpy(path + at, chain[depth]->name, len + 1);
        at += len;
    }
}

/* ------------------------------------------------------------------ open files */
static int64_t boot_read(struct message *m, struct ocb *o, uint64_t offset, uint64_t bytes)
{
    const struct boot_node *n = o->boot;

    if (offset >= n->bytes || bytes == 0)
        return 0;
    if (bytes > n->bytes - offset)
        bytes = n->bytes - offset;
    return k_msg_write(m->rcvid, n->data + offset, bytes, 0);
}

static bool boot_entry(struct ocb *o, uint32_t index, char name[NAME_BYTES], uint64_t *ino,
                       uint8_t *type)
{
    const struct boot_node *c = o->boot->children;

    while (c && index--)
        c = c->sibling;
    if (!c)
        return false;
    strcpy(name, c->name);
    *ino = c->ino;
    *type = S_ISDIR(c->mode) ? DT_DIR : S_ISLNK(c->mode) ? DT_LNK : DT_REG;
    return true;
}

static void boot_stat(struct ocb *o, struct stat *st)
{
    st->st_mode = o->boot->mode;
    st->st_size = (off_t)o->boot->bytes;
    st->st_mtim.tv_sec = o->boot->mtime;
}

static int boot_memory(struct ocb *o, struct memobj **obj)
{
    struct boot_node *n = (struct boot_node *)o->boot;
    struct memobj *made = NULL;

    lock_acquire(&boot_lock);
    *obj = n->obj;
    lock_release(&boot_lock);
    if (!*obj) {
        made = memobj_from(n->data, n->bytes);
        if (!made)
            return -ENOMEM;
        lock_acquire(&boot_lock);
        if (!n->obj) {
            n->obj = made; /* this reference stays for good */
            made = NULL;
        }
        *obj = n->obj;
        lock_release(&boot_lock);
        memobj_put(made);
    }
    memobj_get(*obj);
    return 0;
}

static const struct node_ops boot_file_ops = {
    .type = S_IFREG, .read = boot_read, .stat = boot_stat, .memory = boot_memory};
static const struct node_ops boot_dir_ops = {
    .type = S_IFDIR, .entry = boot_entry, .stat = boot_stat};
static const struct node_ops boot_link_ops = {.type = S_IFLNK, .stat = boot_stat};

static int follow_link(const struct boot_node *node, const char *left, char *link)
{
    char joined[2 * PATH_BYTES], base[PATH_BYTES];
    size_t n = strlen(node->target), m = strlen(left);
    int rc;

    if (n + m + 2 > sizeof(joined))
        return -ENAMETOOLONG;
    memcpy(joined, node->target, n);
    joined[n] = '/';
    memcpy(joined + n + 1, left, m + 1);
    boot_path(node->parent, base);
    rc = path_normalise(link, base, joined);
    return rc < 0 ? rc : LOOKUP_LINK;
}

int boot_open(struct lookup *l, struct ocb **out)
{
    const char *left;
    const struct boot_node *n = boot_find(l->rest, l->is_nofollow, &left);
    const struct node_ops *ops;

    if (!n)
        return l->ioflag & O_CREAT ? -EROFS : -ENOENT;
    if (n->target && !(l->is_nofollow && left[0] == '\0'))
        return follow_link(n, left, l->link);
    ops = S_ISDIR(n->mode) ? &boot_dir_ops : n->target ? &boot_link_ops : &boot_file_ops;
    if ((l->ioflag & O_CREAT) && (l->ioflag & O_EXCL))
        return -EEXIST;
    if (ops != &boot_dir_ops && (l->ioflag & O_DIRECTORY))
        return -ENOTDIR;
    if (l->ioflag & _IO_FLAG_WR)
        return S_ISDIR(n->mode) ? -EISDIR : -EROFS;
    if (access_check(&l->cred, n->mode & 07777, 0, 0, access_wanted(l->ioflag)) < 0)
        return -EACCES;
    *out = ocb_new(ops, l->path, l->ioflag);
    if (!*out)
        return -ENOMEM;
    (*out)->boot = n;
    (*out)->mode = n->mode & 07777;
    (*out)->ino = n->ino;
    return 0;
}
