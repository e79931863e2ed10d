/* SPDX-License-Identifier: Apache-2.0 */
/* The small devices: null, zero, full, text, random, tty, the device tree, and the directories of
 * the name space itself. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <abi/iomsg.h>
#include "builtin/nodes.h"
#include "main/heap.h"
#include "main/rng.h"
#include "path/path.h"

#define CHUNK 4096

static const uint8_t zeros[CHUNK];

static void device_stat(struct ocb *o, struct stat *st)
{
    st->st_rdev = o->ino;
}

static int64_t read_nothing(struct message *m, struct ocb *o, uint64_t offset, uint64_t bytes)
{
    (void)m, (void)o, (void)offset, (void)bytes;
    return 0;
}

static int64_t read_zeros(struct message *m, struct ocb *o, uint64_t offset, uint64_t bytes)
{
    uint64_t done = 0;

    (void)o, (void)offset;
    if (bytes >
        (1u << 20)) /* a short read: one client does not hold a thread of the pool for long */
        bytes = 1u << 20;
    while (done < bytes) {
        uint64_t part = bytes - done < CHUNK ? bytes - done : CHUNK;
        long rc = k_msg_write(m->rcvid, zeros, part, done);
        if (rc < 0)
            return rc;
        if (rc == 0)
            break;
        done += (uint64_t)rc;
    }
    return (int64_t)done;
}

static int64_t write_all(struct message *m, struct ocb *o, uint64_t source, uint64_t offset,
                         uint64_t bytes)
{
    (void)m, (void)o, (void)source, (void)offset;
    return (int64_t)bytes;
}

static int64_t write_full(struct message *m, struct ocb *o, uint64_t source, uint64_t offset,
                          uint64_t bytes)
{
    (void)m, (void)o, (void)source, (void)offset;
    return bytes ? -ENOSPC : 0;
}

static int64_t write_text(struct message *m, struct ocb *o, uint64_t source, uint64_t offset,
                          uint64_t bytes)
{
    uint64_t done = 0;

    (void)o, (void)offset;
    if (bytes > (64u << 10))
        bytes = 64u << 10;
    while (done < bytes) {
        uint64_t part = bytes - done < 1024 ? bytes - done : 1024;
        long got = k_msg_read(m->rcvid, m->buffer, part, source + done);
        if (got < 0)
            return got;
        if (got == 0)
            break;
        tmk_print((const char *)m->buffer, (size_t)got);
        done += (uint64_t)got;
    }
    return (int64_t)done;
}

static int64_t read_random(struct message *m, struct ocb *o, uint64_t offset, uint64_t bytes)
{
    uint64_t done = 0;

    (void)o, (void)offset;
    if (bytes > (64u << 10))
        bytes = 64u << 10;
    while (done < bytes) {
        uint64_t part = bytes - done < 1024 ? bytes - done : 1024;
        long rc;

        rng_bytes(m->buffer, part);
        rc = k_msg_write(m->rcvid, m->buffer, part, done);
        if (rc <= 0)
            return rc;
        done += (uint64_t)rc;
    }
    return (int64_t)done;
}

static int64_t write_random(struct message *m, struct ocb *o, uint64_t source, uint64_t offset,
                            uint64_t bytes)
{
    long got;

    (void)o, (void)offset;
    got = k_msg_read(m->rcvid, m->buffer, bytes < 4096 ? bytes : 4096, source);
    if (got > 0)
        rng_mix(m->buffer, (size_t)got);
    return got < 0 ? got : (int64_t)bytes;
}

#define DEVICE(read_fn, write_fn)                                                                  \
    {.type = S_IFCHR, .read = read_fn, .write = write_fn, .stat = device_stat, .is_endless = true}

static const struct node_ops null_ops = DEVICE(read_nothing, write_all);
static const struct node_ops zero_ops = DEVICE(read_zeros, write_all);
static const struct node_ops full_ops = DEVICE(read_zeros, write_full);
static const struct node_ops text_ops = DEVICE(read_nothing, write_text);
static const struct node_ops random_ops = DEVICE(read_random, write_random);

static int open_device(struct lookup *l, const struct node_ops *ops, uint32_t mode, uint64_t ino,
                       struct ocb **out)
{
    if (l->rest[0])
        return -ENOTDIR;
    if ((l->ioflag & O_CREAT) && (l->ioflag & O_EXCL))
        return -EEXIST;
    if (l->ioflag & O_DIRECTORY)
        return -ENOTDIR;
    if (access_check(&l->cred, mode, 0, 0, access_wanted(l->ioflag)) < 0)
        return -EACCES;
    *out = ocb_new(ops, l->path, l->ioflag);
    if (!*out)
        return -ENOMEM;
    (*out)->mode = mode;
    (*out)->ino = ino;
    return 0;
}

int device_open_null(struct lookup *l, struct ocb **out)
{
    return open_device(l, &null_ops, 0666, 3, out);
}

int device_open_zero(struct lookup *l, struct ocb **out)
{
    return open_device(l, &zero_ops, 0666, 5, out);
}

int device_open_full(struct lookup *l, struct ocb **out)
{
    return open_device(l, &full_ops, 0666, 7, out);
}

int device_open_text(struct lookup *l, struct ocb **out)
{
    return open_device(l, &text_ops, 0666, 11, out);
}

int device_open_random(struct lookup *l, struct ocb **out)
{
    return open_device(l, &random_ops, 0666, 8, out);
}

/* /dev/tty is another name of the session's terminal: the client is told to go there. */
int device_open_tty(struct lookup *l, struct ocb **out)
{
    int rc = -ENXIO;

    (void)out;
    if (l->rest[0])
        return -ENOTDIR;
    lock_acquire(&tree_lock);
    if (l->m->proc->session && l->m->proc->session->terminal[0]) {
        strcpy(l->link, l->m->proc->session->terminal);
        rc = LOOKUP_LINK;
    }
    lock_release(&tree_lock);
    return rc;
}

/* ------------------------------------------------------------------ the device tree */
static int64_t read_fdt(struct message *m, struct ocb *o, uint64_t offset, uint64_t bytes)
{
    long got;
    int64_t rc;

    (void)o;
    if (bytes > MESSAGE_BYTES)
        bytes = MESSAGE_BYTES;
    got = kcall(TM_FDT, (long)m->buffer, (long)bytes, (long)offset, 0, 0, 0);
    if (got <= 0)
        return got;
    rc = k_msg_write(m->rcvid, m->buffer, (size_t)got, 0);
    return rc;
}

static uint64_t fdt_size(void)
{
    uint8_t head[8];

    if (kcall(TM_FDT, (long)head, sizeof(head), 0, 0, 0, 0) < (long)sizeof(head))
        return 0;
    return (uint64_t)head[4] << 24 | (uint64_t)head[5] << 16 | (uint64_t)head[6] << 8 | head[7];
}

static void stat_fdt(struct ocb *o, struct stat *st)
{
    (void)o;
    st->st_size = (off_t)fdt_size();
}

static const struct node_ops fdt_ops = {.type = S_IFREG, .read = read_fdt, .stat = stat_fdt};

int fdt_open(struct lookup *l, struct ocb **out)
{
    if (l->ioflag & _IO_FLAG_WR)
        return -EROFS;
    return open_device(l, &fdt_ops, 0444, 12, out);
}

/* ------------------------------------------------------------------ directories of the name space
 */
static bool entry_names(struct ocb *o, uint32_t index, char name[NAME_BYTES], uint64_t *ino,
                        uint8_t *type)
{
    enum path_kind kind;
    uint64_t h = 1469598103934665603UL;

    if (!path_child(o->path, index, name, &kind))
        return false;
    for (const char *c = name; *c; c++)
        h = (h ^ (uint8_t)*c) * 1099511628211UL;
    *ino = (h ^ o->ino) >> 16;
    *type = kind == PATH_DIRECTORY ? DT_DIR : kind == PATH_SYMLINK ? DT_LNK : DT_UNKNOWN;
    return true;
}

static const struct node_ops name_ops = {.type = S_IFDIR, .entry = entry_names};
static const struct node_ops link_ops = {.type = S_IFLNK};
static const struct node_ops attached_ops = {.type = S_IFNAM};

/* Anything below "/" that no server answers: directories that exist because something is attached
 * below them, and the path manager's symlinks (which arrive here only for lstat() and readlink()).
 */
int name_open(struct lookup *l, struct ocb **out)
{
    enum path_kind kind = path_kind(l->path, l->link);

    switch (kind) {
    case PATH_DIRECTORY:
        if (l->ioflag & _IO_FLAG_WR)
            return -EISDIR;
        *out = ocb_new(&name_ops, l->path, l->ioflag);
        break;
    case PATH_SYMLINK:
        if (!l->is_nofollow)
            return LOOKUP_LINK;
        *out = ocb_new(&link_ops, l->path, l->ioflag);
        break;
    case PATH_ATTACHED: /* its server did not answer: only what stat() asks for is known */
        if (l->ioflag & _IO_FLAG_MASK)
            return -ENXIO;
        *out = ocb_new(&attached_ops, l->path, l->ioflag);
        break;
    default:
        return l->ioflag & O_CREAT ? path_no_room(l->path) : -ENOENT;
    }
    if (!*out)
        return -ENOMEM;
    (*out)->mode = kind == PATH_SYMLINK ? 0777 : 0755;
    (*out)->ino = name_ino(l->path);
    return 0;
}
