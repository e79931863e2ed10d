/* SPDX-License-Identifier: Apache-2.0 */
/* _IO_* messages on taskman's own files: checks, offsets, combination; what a read means is the
 * node's business. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <abi/iomsg.h>
#include "builtin/io.h"
#include "builtin/nodes.h"
#include "main/heap.h"
#include "path/normal.h"

struct part { /* one I/O message inside the request */
    struct message *m;
    struct ocb *o;
    const uint8_t *data;
    size_t at, bytes; /* offset in the request, bytes of data present */
};

static const void *part_as(const struct part *p, size_t need)
{
    return p->bytes >= need ? p->data : NULL;
}

/* Directory records from the o->offset-th entry on, as many as fit. */
static int64_t read_directory(struct part *p, uint64_t room)
{
    struct message *m = p->m;
    char name[NAME_BYTES];
    size_t at = 0;
    uint64_t ino;
    uint8_t type;

    if (room > MESSAGE_BYTES)
        room = MESSAGE_BYTES;
    lock_acquire(&p->o->lock);
    uint64_t index = p->o->offset;
    lock_release(&p->o->lock);
    while (index < UINT32_MAX && p->o->ops->entry(p->o, (uint32_t)index, name, &ino, &type)) {
        size_t n = strlen(name), bytes = QRV_DIRENT_RECLEN(n);
        struct dirent *d = (struct dirent *)(m->buffer + at);

        if (at + bytes > room)
            break;
        memset(d, 0, bytes);
        d->d_ino = ino;
        d->d_offset = (int64_t)++index;
        d->d_reclen = (uint16_t)bytes;
        d->d_namelen = (int16_t)n;
        d->d_type = type;
        memcpy(d->d_name, name, n);
        at += bytes;
    }
    if (at == 0 && p->o->ops->entry(p->o, (uint32_t)index, name, &ino, &type))
        return -EINVAL; /* not even one record fits */
    lock_acquire(&p->o->lock);
    p->o->offset = index;
    lock_release(&p->o->lock);
    return message_answer(m, m->buffer, at, (int64_t)at);
}

/* xtype and the place: *offset, and whether the file's own offset moves.  0 or -errno; *head: bytes
 * in front of the data. */
static int transfer_place(const struct part *p, uint32_t xtype, uint64_t *offset, bool *is_own,
                          size_t *head)
{
    *head = sizeof(struct _io_read);
    *is_own = true;
    switch (xtype & _IO_XTYPE_MASK) {
    case _IO_XTYPE_NONE:
    case _IO_XTYPE_READDIR:
        *offset = 0;
        return 0;
    case _IO_XTYPE_OFFSET: {
        int64_t where;

        if (p->bytes < *head + sizeof(struct _xtype_offset))
            return -EINVAL;
        memcpy(&where, p->data + *head, sizeof(where));
        *head += sizeof(struct _xtype_offset);
        *is_own = false;
        *offset = (uint64_t)where;
        return where < 0 ? -EINVAL : 0;
    }
    default:
        return -ENOSYS;
    }
}

static uint64_t own_offset(struct ocb *o)
{
    uint64_t offset;

    lock_acquire(&o->lock);
    offset = o->offset;
    lock_release(&o->lock);
    return offset;
}

static void advance(struct ocb *o, uint64_t bytes)
{
    if (o->ops->is_endless)
        return;
    lock_acquire(&o->lock);
    o->offset += bytes;
    lock_release(&o->lock);
}

static int64_t io_read(struct part *p)
{
    const struct _io_read *req = part_as(p, sizeof(*req));
    uint64_t offset;
    bool is_own;
    size_t head;
    int64_t rc;

    if (!req)
        return -EINVAL;
    if (!(p->o->ioflag & _IO_FLAG_RD))
        return -EBADF;
    rc = transfer_place(p, req->xtype, &offset, &is_own, &head);
    if (rc < 0)
        return rc;
    if (p->o->ops->entry)
        return read_directory(p, req->nbytes);
    if (!p->o->ops->read)
        return -EINVAL;
    if (is_own)
        offset = own_offset(p->o);
    rc = p->o->ops->read(p->m, p->o, offset, req->nbytes);
    if (rc > 0 && is_own)
        advance(p->o, (uint64_t)rc);
    return rc;
}

static int64_t io_write(struct part *p)
{
    const struct _io_write *req = part_as(p, sizeof(*req));
    uint64_t offset, room;
    bool is_own;
    size_t head;
    int64_t rc;

    if (!req)
        return -EINVAL;
    if (!(p->o->ioflag & _IO_FLAG_WR) || !p->o->ops->write)
        return -EBADF;
    rc = transfer_place(p, req->xtype, &offset, &is_own, &head);
    if (rc < 0)
        return rc;
    room = (uint64_t)p->m->info.srcmsglen;
    if (p->at + head > room || req->nbytes > room - p->at - head)
        return -EINVAL; /* promises more than it sent */
    if (is_own)
        offset = own_offset(p->o);
    if ((p->o->ioflag & O_APPEND) && p->o->ops->stat) {
        struct stat st;
        memset(&st, 0, sizeof(st));
        p->o->ops->stat(p->o, &st);
        if (is_own) {
            lock_acquire(&p->o->lock);
            offset = p->o->offset = (uint64_t)st.st_size;
            lock_release(&p->o->lock);
        }
    }
    rc = p->o->ops->write(p->m, p->o, p->at + head, offset, req->nbytes);
    if (rc > 0 && is_own)
        advance(p->o, (uint64_t)rc);
    return rc;
}

static void fill_stat(struct ocb *o, struct stat *st)
{
    uint64_t up_ns = k_clock_ns(1), now_ns = k_clock_ns(0);
    uint64_t boot_ns = now_ns > up_ns ? now_ns - up_ns : 0; /* a clock that was never set starts at zero */

    memset(st, 0, sizeof(*st));
    st->st_dev = TASKMAN_PID;
    st->st_ino = o->ino;
    st->st_mode = o->ops->type | o->mode;
    st->st_nlink = o->ops->type == S_IFDIR ? 2 : 1;
    st->st_blksize = QRV_PAGE_SIZE;
    st->st_mtim.tv_sec = (time_t)(boot_ns / 1000000000u);
    if (o->ops->stat)
        o->ops->stat(o, st);
    st->st_blocks = (st->st_size + 511) / 512;
    st->st_atim = st->st_ctim = st->st_mtim;
}

static int64_t io_stat(struct part *p)
{
    struct stat *st = (void *)p->m->buffer;

    fill_stat(p->o, st);
    return message_answer(p->m, st, sizeof(*st), 0);
}

static int64_t io_lseek(struct part *p)
{
    const struct _io_lseek *req = part_as(p, sizeof(*req));
    uint64_t *out = (void *)p->m->buffer;
    int64_t base = 0, where;
    struct stat st;

    if (!req)
        return -EINVAL;
    if (p->o->ops->is_endless) {
        *out = 0;
        return message_answer(p->m, out, sizeof(*out), 0);
    }
    if (req->whence == SEEK_CUR) {
        base = (int64_t)own_offset(p->o);
    } else if (req->whence == SEEK_END) {
        fill_stat(p->o, &st);
        base = st.st_size;
    } else if (req->whence != SEEK_SET) {
        return -EINVAL;
    }
    if (__builtin_add_overflow(base, (int64_t)req->offset, &where))
        return -EOVERFLOW;
    if (where < 0)
        return -EINVAL;
    lock_acquire(&p->o->lock);
    p->o->offset = (uint64_t)where;
    lock_release(&p->o->lock);
    *out = (uint64_t)where;
    return message_answer(p->m, out, sizeof(*out), 0);
}

static int64_t io_devctl(struct part *p)
{
    const struct _io_devctl *req = part_as(p, sizeof(*req));

    if (!req)
        return -EINVAL;
    return p->o->ops->devctl ? p->o->ops->devctl(p->m, p->o, req->dcmd, p->data + sizeof(*req),
                                                 p->bytes - sizeof(*req))
                             : -ENOTTY;
}

static int64_t io_fdinfo(struct part *p)
{
    struct _io_fdinfo_reply *r = (void *)p->m->buffer;
    size_t n = strlen(p->o->path) + 1;
    struct stat st;

    fill_stat(p->o, &st);
    memset(r, 0, sizeof(*r));
    r->info.mode = st.st_mode;
    r->info.ioflag = p->o->ioflag;
    r->info.offset = own_offset(p->o);
    r->info.size = (uint64_t)st.st_size;
    r->info.count = (uint16_t)atomic_load(&p->o->refs);
    memcpy(r + 1, p->o->path, n);
    return message_answer(p->m, r, sizeof(*r) + n, (int64_t)n - 1);
}

/* A fresh descriptor (this connection) for what another one has open. */
static int bind_other(struct message *m, const struct _msg_info *from)
{
    int32_t holder = ocb_holder(from->scoid, from->coid);
    bool is_allowed;
    struct ocb *o;
    int rc;

    if (holder == 0)
        return -EBADF;
    lock_acquire(&tree_lock);
    is_allowed = holder == m->proc->pid || holder == m->proc->fd_source || m->proc->cred.euid == 0;
    lock_release(&tree_lock);
    if (!is_allowed)
        return -EACCES;
    o = ocb_find(from->scoid, from->coid);
    if (!o)
        return -EBADF;
    rc = ocb_bind(o, m->info.scoid, m->info.coid, m->proc->pid);
    ocb_put(o);
    return rc;
}

static int64_t io_notify(struct part *p)
{
    const struct _io_notify *req = part_as(p, 16);
    struct _io_notify_reply *r = (void *)p->m->buffer;

    if (!req)
        return -EINVAL;
    memset(r, 0, sizeof(*r));
    r->flags = req->flags & (int32_t)(_NOTIFY_COND_INPUT |
                                      _NOTIFY_COND_OUTPUT); /* files here never make anybody wait */
    return message_answer(p->m, r, sizeof(*r), r->flags);
}

static int64_t io_space(struct part *p)
{
    const struct _io_space *req = part_as(p, sizeof(*req));
    uint64_t end;

    if (!req)
        return -EINVAL;
    if (!(p->o->ioflag & _IO_FLAG_WR) || !p->o->ops->resize)
        return -EINVAL;
    if (req->subtype == 1)
        return req->whence == SEEK_SET ? p->o->ops->resize(p->o, req->start) : -EINVAL;
    if (req->subtype != 3)
        return -ENOSYS;
    if (__builtin_add_overflow(req->start, req->len, &end))
        return -EFBIG;
    struct stat st;
    fill_stat(p->o, &st);
    return end > (uint64_t)st.st_size ? p->o->ops->resize(p->o, end) : 0;
}

static int64_t io_pathconf(struct part *p)
{
    const struct _io_pathconf *req = part_as(p, sizeof(*req));

    if (!req)
        return -EINVAL;
    switch (req->name) {
    case _PC_LINK_MAX:
        return 1;
    case _PC_NAME_MAX:
        return NAME_BYTES - 1;
    case _PC_PATH_MAX:
        return PATH_BYTES;
    case _PC_PIPE_BUF:
        return QRV_PAGE_SIZE;
    case _PC_CHOWN_RESTRICTED:
    case _PC_NO_TRUNC:
        return 1;
    default:
        return -EINVAL;
    }
}

static int64_t io_change(struct part *p, uint16_t type)
{
    if (type == _IO_CHMOD) {
        const struct _io_chmod *req = part_as(p, sizeof(*req));
        if (!req)
            return -EINVAL;
        return p->o->ops->chmod ? p->o->ops->chmod(p->m, p->o, req->mode) : -EROFS;
    }
    if (type == _IO_CHOWN) {
        const struct _io_chown *req = part_as(p, sizeof(*req));
        if (!req)
            return -EINVAL;
        return p->o->ops->chown
                   ? p->o->ops->chown(p->m, p->o, (uint32_t)req->uid, (uint32_t)req->gid)
                   : -EROFS;
    }
    return p->o->ops->resize ? 0 : -EROFS; /* utime: objects keep the time of their last write */
}

static int64_t run_part(struct part *p, uint16_t type)
{
    switch (type) {
    case _IO_READ:
        return io_read(p);
    case _IO_WRITE:
        return io_write(p);
    case _IO_STAT:
        return io_stat(p);
    case _IO_LSEEK:
        return io_lseek(p);
    case _IO_DEVCTL:
        return io_devctl(p);
    case _IO_FDINFO:
        return io_fdinfo(p);
    case _IO_NOTIFY:
        return io_notify(p);
    case _IO_SPACE:
        return io_space(p);
    case _IO_PATHCONF:
        return io_pathconf(p);
    case _IO_CHMOD:
    case _IO_CHOWN:
    case _IO_UTIME:
        return io_change(p, type);
    case _IO_SYNC:
        return 0;
    default:
        return -ENOSYS;
    }
}

int64_t io_parts(struct message *m, struct ocb *o, size_t at)
{
    for (unsigned count = 0; count < 8; count++) {
        struct part p = {.m = m, .o = o, .data = m->data + at, .at = at, .bytes = m->bytes - at};
        uint16_t head[2];
        int64_t rc;

        if (p.bytes < sizeof(head))
            return -EINVAL;
        memcpy(head, p.data, sizeof(head));
        rc = run_part(&p, head[0]);
        if (rc < 0 || !(head[1] & _IO_COMBINE_FLAG))
            return rc;
        message_answer(m, NULL, 0, 0); /* the replies of the parts in front are not sent */
        at += ((head[1] & (_IO_COMBINE_FLAG - 1u)) + 7u) & ~7u;
        if (at >= m->bytes || at == p.at)
            return -EINVAL;
    }
    return -EINVAL;
}

int64_t tm_io(struct message *m)
{
    const uint16_t *type = message_as(m, 4);
    const struct _io_dup *dup;
    const struct _io_openfd *openfd;
    struct ocb *o;
    int64_t rc;

    switch (type ? *type : 0) {
    case 0:
        return -EINVAL;
    case _IO_CONNECT:
        return io_connect(m);
    case _IO_CLOSE:
        return ocb_unbind(m->info.scoid, m->info.coid);
    case _IO_DUP:
        dup = message_as(m, sizeof(*dup));
        return dup ? bind_other(m, &dup->info) : -EINVAL;
    case _IO_OPENFD:
        openfd = message_as(m, sizeof(*openfd));
        return openfd ? bind_other(m, &openfd->info) : -EINVAL;
    default:
        break;
    }
    o = ocb_find(m->info.scoid, m->info.coid);
    if (!o)
        return -EBADF;
    rc = io_parts(m, o, 0);
    ocb_put(o);
    return rc;
}
