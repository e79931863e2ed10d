/* SPDX-License-Identifier: Apache-2.0 */
/* /dev/shmem: named memory objects, flat.  A name holds one reference to its object, every open
 * file another. Lock: shm_lock (rank 5) for names, ownership and times; contents are the memory
 * object's (rank 8). */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <abi/iomsg.h>
#include "builtin/nodes.h"
#include "main/heap.h"

#define NAMES_MAX 4096

struct shm {
    _Atomic uint32_t refs;
    struct memobj *obj;
    uint64_t ino;
    uint32_t mode, uid, gid, links; /* shm_lock, all below */
    uint64_t mtime_ns;
    uint64_t paddr, paddr_bytes; /* shm_ctl(SHMCTL_PHYS) */
};
struct shm_name {
    struct list link;
    struct shm *shm;
    char name[];
};

static struct lock shm_lock = LOCK_INIT(RANK_SHM);
static struct list names = LIST_INIT(names); /* shm_lock */
static uint32_t name_count;
static uint64_t next_ino = 1;
static _Atomic uint32_t live_shm;

uint32_t shm_count(void)
{
    return atomic_load_explicit(&live_shm, memory_order_relaxed);
}

static void shm_put(struct shm *s)
{
    if (atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
        return;
    memobj_put(s->obj);
    heap_free(s);
    atomic_fetch_sub_explicit(&live_shm, 1, memory_order_relaxed);
}

static struct shm_name *find_locked(const char *name)
{
    list_for_each(pos, &names)
    {
        struct shm_name *n = container_of(pos, struct shm_name, link);
        if (strcmp(n->name, name) == 0)
            return n;
    }
    return NULL;
}

static int add_name_locked(const char *name, struct shm *s)
{
    struct shm_name *n;

    if (name_count >= NAMES_MAX)
        return -ENOSPC;
    n = heap_alloc(sizeof(*n) + strlen(name) + 1);
    if (!n)
        return -ENOMEM;
    strcpy(n->name, name);
    n->shm = s;
    s->links++;
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    list_append(&names, &n->link);
    name_count++;
    return 0;
}

static void remove_name_locked(struct shm_name *n)
{
    struct shm *s = n->shm;

    list_remove(&n->link);
    heap_free(n);
    name_count--;
    s->links--;
    shm_put(s);
}

static struct shm *create_locked(const struct lookup *l, int *error)
{
    struct shm *s = heap_alloc(sizeof(*s));

    *error = -ENOMEM;
    if (!s)
        return NULL;
    s->obj = memobj_new();
    if (!s->obj) {
        heap_free(s);
        return NULL;
    }
    atomic_init(&s->refs, 1);
    atomic_fetch_add_explicit(&live_shm, 1, memory_order_relaxed);
    s->ino = next_ino++;
    s->mode = l->mode & ~l->umask & 07777;
    s->uid = l->cred.euid;
    s->gid = l->cred.egid;
    s->mtime_ns = k_clock_ns(0);
    *error = add_name_locked(l->rest, s);
    if (*error < 0) {
        shm_put(s);
        return NULL;
    }
    return s; /* the caller's reference and the name's */
}

/* Finds or makes the object: a reference, or NULL with *error. */
static struct shm *open_locked(const struct lookup *l, int *error)
{
    struct shm_name *n = find_locked(l->rest);
    struct shm *s;

    if (!n) {
        *error = -ENOENT;
        return l->ioflag & O_CREAT ? create_locked(l, error) : NULL;
    }
    s = n->shm;
    *error = -EEXIST;
    if ((l->ioflag & O_CREAT) && (l->ioflag & O_EXCL))
        return NULL;
    *error = access_check(&l->cred, s->mode, s->uid, s->gid, access_wanted(l->ioflag));
    if (*error < 0)
        return NULL;
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

static bool shm_entry(struct ocb *o, uint32_t index, char name[NAME_BYTES], uint64_t *ino,
                      uint8_t *type)
{
    bool is_found = false;

    (void)o;
    lock_acquire(&shm_lock);
    list_for_each(pos, &names)
    {
        const struct shm_name *n = container_of(pos, struct shm_name, link);
        if (index-- == 0) {
            strcpy(name, n->name);
            *ino = n->shm->ino;
            *type = DT_REG;
            is_found = true;
            break;
        }
    }
    lock_release(&shm_lock);
    return is_found;
}

static const struct node_ops shm_dir_ops = {.type = S_IFDIR, .entry = shm_entry};

int shm_open_name(struct lookup *l, struct ocb **out)
{
    struct shm *s;
    int rc = 0;

    if (l->rest[0] == '\0') {
        if (l->ioflag & _IO_FLAG_WR)
            return -EISDIR;
        *out = ocb_new(&shm_dir_ops, l->path, l->ioflag);
        if (!*out)
            return -ENOMEM;
        (*out)->mode = 01777;
        (*out)->ino = name_ino(l->path);
        return 0;
    }
    if (strchr(l->rest, '/'))
        return -ENOENT;
    if (strlen(l->rest) >= NAME_BYTES)
        return -ENAMETOOLONG;
    if (l->ioflag & O_DIRECTORY)
        return -ENOTDIR;
    lock_acquire(&shm_lock);
    s = open_locked(l, &rc);
    lock_release(&shm_lock);
    if (!s)
        return rc;
    if ((l->ioflag & O_TRUNC) && (l->ioflag & _IO_FLAG_WR))
        rc = memobj_set_size(s->obj, 0);
    else
        rc = 0;
    if (rc == 0) {
        *out = ocb_new(&shm_ops, l->path, l->ioflag);
        rc = *out ? 0 : -ENOMEM;
    }
    if (rc < 0) {
        shm_put(s);
        return rc;
    }
    (*out)->shm = s;
    (*out)->ino = s->ino;
    (*out)->mode = s->mode;
    return 0;
}

int shm_unlink_name(const struct _cred_info *cred, const char *name)
{
    struct shm_name *n;
    int rc = -ENOENT;

    lock_acquire(&shm_lock);
    n = find_locked(name);
    if (n && cred->euid != 0 && cred->euid != n->shm->uid) {
        rc = -EPERM; /* the directory is sticky */
    } else if (n) {
        remove_name_locked(n);
        rc = 0;
    }
    lock_release(&shm_lock);
    return rc;
}

int shm_link_name(const struct _cred_info *cred, const char *old, const char *name, bool is_rename)
{
    struct shm_name *from, *to;
    int rc = 0;

    if (name[0] == '\0' || strchr(name, '/') || strlen(name) >= NAME_BYTES)
        return -ENOENT;
    lock_acquire(&shm_lock);
    from = find_locked(old);
    to = find_locked(name);
    if (!from)
        rc = -ENOENT;
    else if (cred->euid != 0 && cred->euid != from->shm->uid)
        rc = -EPERM;
    else if (to && !is_rename)
        rc = -EEXIST;
    else if (to && to->shm != from->shm && cred->euid != 0 && cred->euid != to->shm->uid)
        rc = -EPERM;
    else if (!to || to->shm != from->shm) {
        rc = add_name_locked(name, from->shm);
        if (rc == 0 && to)
            remove_name_locked(to);
        if (rc == 0 && is_rename)
            remove_name_locked(from);
    }
    lock_release(&shm_lock);
    return rc;
}

bool shm_physical(struct shm *s, uint64_t *paddr, uint64_t *bytes)
{
    lock_acquire(&shm_lock);
    *paddr = s->paddr;
    *bytes = s->paddr_bytes;
    lock_release(&shm_lock);
    return *bytes != 0;
}

int shm_set_physical(struct shm *s, uint64_t paddr, uint64_t bytes)
{
    if (memobj_size(s->obj))
        return -EBUSY;
    lock_acquire(&shm_lock);
    s->paddr = paddr;
    s->paddr_bytes = bytes;
    lock_release(&shm_lock);
    return 0;
}

static void touch(struct shm *s)
{
    lock_acquire(&shm_lock);
    s->mtime_ns = k_clock_ns(0);
    lock_release(&shm_lock);
}

static int64_t shm_read(struct message *m, struct ocb *o, uint64_t offset, uint64_t bytes)
{
    return memobj_read(o->shm->obj, m->rcvid, offset, bytes);
}

static int64_t shm_write(struct message *m, struct ocb *o, uint64_t source, uint64_t offset,
                         uint64_t bytes)
{
    int64_t rc = memobj_write(o->shm->obj, m->rcvid, source, offset, bytes);

    if (rc > 0)
        touch(o->shm);
    return rc;
}

static void shm_stat(struct ocb *o, struct stat *st)
{
    struct shm *s = o->shm;
    uint64_t bytes = memobj_size(s->obj);

    lock_acquire(&shm_lock);
    st->st_size = (off_t)(s->paddr_bytes ? s->paddr_bytes : bytes);
    st->st_mode = S_IFREG | s->mode;
    st->st_uid = s->uid;
    st->st_gid = s->gid;
    st->st_nlink = s->links;
    st->st_mtim.tv_sec = (time_t)(s->mtime_ns / 1000000000u);
    st->st_mtim.tv_nsec = (long)(s->mtime_ns % 1000000000u);
    lock_release(&shm_lock);
}

static int shm_resize(struct ocb *o, uint64_t bytes)
{
    int rc = o->shm->paddr_bytes ? -EINVAL : memobj_set_size(o->shm->obj, bytes);

    if (rc == 0)
        touch(o->shm);
    return rc;
}

static int shm_chmod(struct message *m, struct ocb *o, uint32_t mode)
{
    int rc = 0;

    lock_acquire(&shm_lock);
    if (m->proc->cred.euid != 0 && m->proc->cred.euid != o->shm->uid)
        rc = -EPERM;
    else
        o->shm->mode = mode & 07777;
    lock_release(&shm_lock);
    return rc;
}

static int shm_chown(struct message *m, struct ocb *o, uint32_t uid, uint32_t gid)
{
    int rc = 0;

    lock_acquire(&shm_lock);
    if (m->proc->cred.euid != 0) {
        rc = -EPERM;
    } else {
        o->shm->uid = uid == UINT32_MAX ? o->shm->uid : uid;
        o->shm->gid = gid == UINT32_MAX ? o->shm->gid : gid;
    }
    lock_release(&shm_lock);
    return rc;
}

static int shm_memory(struct ocb *o, struct memobj **obj)
{
    memobj_get(o->shm->obj);
    *obj = o->shm->obj;
    return 0;
}

static void shm_close(struct ocb *o)
{
    shm_put(o->shm);
}

const struct node_ops shm_ops = {.type = S_IFREG,
                                 .read = shm_read,
                                 .write = shm_write,
                                 .stat = shm_stat,
                                 .resize = shm_resize,
                                 .chmod = shm_chmod,
                                 .chown = shm_chown,
                                 .memory = shm_memory,
                                 .close = shm_close};
