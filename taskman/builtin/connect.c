/* SPDX-License-Identifier: Apache-2.0 */
/* _IO_CONNECT: opening taskman's names, and stat(), readlink(), unlink(), link(), rename() of them.
 * A combined request carries an I/O message behind the path; it runs on the file just opened. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <abi/iomsg.h>
#include "builtin/io.h"
#include "builtin/nodes.h"
#include "path/path.h"

const struct builtin builtins[HANDLES] = {
    [HANDLE_ROOT] = {"/", name_open, TMSG_PATH_DIR | TMSG_PATH_AFTER, _FTYPE_ANY},
    [HANDLE_NULL] = {"/dev/null", device_open_null, 0, _FTYPE_FILE},
    [HANDLE_ZERO] = {"/dev/zero", device_open_zero, 0, _FTYPE_FILE},
    [HANDLE_FULL] = {"/dev/full", device_open_full, 0, _FTYPE_FILE},
    [HANDLE_TTY] = {"/dev/tty", device_open_tty, 0, _FTYPE_FILE},
    [HANDLE_TEXT] = {"/dev/text", device_open_text, 0, _FTYPE_FILE},
    [HANDLE_RANDOM] = {"/dev/random", device_open_random, 0, _FTYPE_FILE},
    [HANDLE_URANDOM] = {"/dev/urandom", device_open_random, 0, _FTYPE_FILE},
    [HANDLE_SHMEM] = {"/dev/shmem", shm_open_name, TMSG_PATH_DIR, _FTYPE_SHMEM},
    [HANDLE_PROC] = {"/proc", procfs_open, TMSG_PATH_DIR, _FTYPE_FILE},
    [HANDLE_BOOT] = {"/proc/boot", boot_open, TMSG_PATH_DIR, _FTYPE_FILE},
    [HANDLE_FDT] = {"/proc/fdt", fdt_open, 0, _FTYPE_FILE},
    [HANDLE_DUMPER] = {"/proc/dumper", core_open, 0, _FTYPE_FILE},
};

int access_check(const struct _cred_info *cred, uint32_t mode, uint32_t uid, uint32_t gid,
                 unsigned want)
{
    unsigned have = mode & 7;
    bool is_in_group = cred->egid == gid;

    if (cred->euid == 0)
        return 0;
    for (uint32_t i = 0; i < cred->ngroups && i < _KC_NGROUPS_MAX; i++)
        is_in_group |= cred->grouplist[i] == gid;
    if (cred->euid == uid)
        have = mode >> 6 & 7;
    else if (is_in_group)
        have = mode >> 3 & 7;
    return (want & ~have) == 0 ? 0 : -EACCES;
}

unsigned access_wanted(uint32_t ioflag)
{
    return (ioflag & _IO_FLAG_RD ? 4u : 0) | (ioflag & _IO_FLAG_WR ? 2u : 0);
}

uint64_t name_ino(const char *path)
{
    uint64_t h = 1469598103934665603UL;

    for (; *path; path++)
        h = (h ^ (uint8_t)*path) * 1099511628211UL;
    return h >> 16 | 1;
}

struct request {
    const struct _io_connect *head;
    const char *rest, *extra;
    size_t next; /* offset of a combined message, 0 none */
};

static size_t align8(size_t n)
{
    return (n + 7) & ~(size_t)7;
}

static int parse(const struct message *m, struct request *r)
{
    const struct _io_connect *c = message_as(m, _IO_CONNECT_HDR);
    size_t at;

    memset(r, 0, sizeof(*r));
    if (!c || c->path_len == 0 || c->path_len > PATH_BYTES ||
        m->bytes < _IO_CONNECT_HDR + (size_t)c->path_len)
        return -EINVAL;
    r->head = c;
    r->rest = path_checked(c->path, c->path_len);
    if (!r->rest || c->handle >= HANDLES)
        return -EINVAL;
    at = align8(_IO_CONNECT_HDR + (size_t)c->path_len);
    if (c->extra_len) {
        if (m->bytes < at + c->extra_len)
            return -EINVAL;
        r->extra = path_checked(m->data + at, c->extra_len);
        at = align8(at + c->extra_len);
    }
    if ((c->subtype == _IO_CONNECT_COMBINE || c->subtype == _IO_CONNECT_COMBINE_CLOSE) &&
        m->bytes > at)
        r->next = at;
    return 0;
}

/* "Resolve again": the reply of a symlink on the way. */
static int64_t answer_link(struct message *m, const char *path)
{
    struct _io_connect_link_reply *r = (void *)m->buffer;
    size_t n = strlen(path) + 1;

    memmove(r + 1, path, n);
    memset(r, 0, sizeof(*r));
    r->path_len = (uint16_t)n;
    return message_answer(m, r, sizeof(*r) + n, _IO_CONNECT_RET_LINK);
}

static int64_t answer_readlink(struct message *m, const struct lookup *l, uint32_t handle)
{
    char target[PATH_BYTES];
    const char *text = target;
    const char *left;
    size_t n;

    if (handle == HANDLE_BOOT) {
        const struct boot_node *node = boot_find(l->rest, true, &left);
        if (!node)
            return -ENOENT;
        if (!node->target)
            return -EINVAL;
        text = node->target;
    } else {
        enum path_kind kind = path_kind(l->path, target);
        if (kind != PATH_SYMLINK)
            return kind == PATH_NOTHING ? -ENOENT : -EINVAL;
    }
    n = strlen(text) + 1;
    memcpy(m->buffer, text, n);
    return message_answer(m, m->buffer, n, (int64_t)n - 1);
}

static int64_t change_names(const struct lookup *l, const struct request *r)
{
    bool is_shm = r->head->handle == HANDLE_SHMEM;

    if (!is_shm)
        return path_kind(l->path, NULL) == PATH_NOTHING && r->head->handle == HANDLE_ROOT ? -ENOENT
                                                                                          : -EROFS;
    if (r->head->subtype == _IO_CONNECT_UNLINK)
        return shm_unlink_name(&l->cred, l->rest);
    if (!r->extra)
        return -EINVAL;
    return shm_link_name(&l->cred, r->extra, l->rest, r->head->subtype == _IO_CONNECT_RENAME);
}

static int64_t open_file(struct message *m, struct lookup *l, const struct request *r)
{
    bool is_close = r->head->subtype == _IO_CONNECT_COMBINE_CLOSE;
    struct ocb *o = NULL;
    int64_t rc = builtins[r->head->handle].open(l, &o);

    if (rc == LOOKUP_LINK)
        return answer_link(m, l->link);
    if (rc < 0)
        return rc;
    if (!is_close)
        rc = ocb_bind(o, m->info.scoid, m->info.coid, m->proc->pid);
    if (rc == 0 && r->next)
        rc = io_parts(m, o, r->next);
    if (rc < 0 && !is_close)
        ocb_unbind(m->info.scoid, m->info.coid);
    ocb_put(o);
    return rc;
}

int64_t io_connect(struct message *m)
{
    char path[PATH_BYTES], rest[PATH_BYTES], link[PATH_BYTES];
    struct lookup l = {.m = m, .path = path, .rest = rest, .link = link};
    struct request r;
    const char *prefix;
    int rc = parse(m, &r);

    if (rc < 0)
        return rc;
    prefix = builtins[r.head->handle].prefix;
    rc = path_normalise(rest, "/", r.rest[0] ? r.rest : "/");
    if (rc < 0)
        return rc;
    l.rest = rest + 1;
    rc = l.rest[0] ? path_normalise(path, prefix, l.rest) : (int)strlen(strcpy(path, prefix));
    if (rc < 0)
        return rc;
    l.ioflag = r.head->ioflag;
    l.mode = r.head->mode;
    l.is_nofollow = (r.head->ioflag & O_NOFOLLOW) != 0;
    lock_acquire(&m->proc->lock);
    l.cred = m->proc->cred;
    l.umask = m->proc->umask;
    lock_release(&m->proc->lock);
    switch (r.head->subtype) {
    case _IO_CONNECT_OPEN:
    case _IO_CONNECT_COMBINE:
    case _IO_CONNECT_COMBINE_CLOSE:
        return open_file(m, &l, &r);
    case _IO_CONNECT_READLINK:
        return answer_readlink(m, &l, r.head->handle);
    case _IO_CONNECT_UNLINK:
    case _IO_CONNECT_RENAME:
    case _IO_CONNECT_LINK:
        return change_names(&l, &r);
    case _IO_CONNECT_MKNOD:
        if (path_kind(path, NULL) != PATH_NOTHING)
            return -EEXIST;
        return r.head->handle == HANDLE_ROOT ? path_no_room(path) : -EROFS;
    default:
        return -ENOSYS;
    }
}
