/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define THREAD_POOL_PARAM_T dispatch_context_t
#include "foreign.h"

struct open_wish open_wish(const io_open_t *msg)
{
    uint32_t ioflag = msg->connect.ioflag;
    struct open_wish w = {.is_plain = msg->connect.subtype == _IO_CONNECT_OPEN,
                          .as_dir = msg->connect.eflag & _IO_CONNECT_EFLAG_DIR};
    w.only_new = w.is_plain && (ioflag & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
    w.nofollow = ((ioflag & O_NOFOLLOW) || w.only_new) && !w.as_dir;
    w.writes = (ioflag & _IO_FLAG_WR) || (w.is_plain && (ioflag & O_TRUNC));
    w.want = (ioflag & _IO_FLAG_RD ? 4u : 0u) | (w.writes ? 2u : 0u);
    return w;
}

int open_check_type(const io_open_t *msg, mode_t type)
{
    const struct open_wish w = open_wish(msg);
    uint32_t ioflag = msg->connect.ioflag;
    bool is_dir = S_ISDIR(type);
    if (w.only_new)
        return EEXIST;
    if ((w.as_dir || (w.is_plain && (ioflag & O_DIRECTORY))) && !is_dir)
        return ENOTDIR;
    if (w.is_plain && w.nofollow && S_ISLNK(type))
        return ELOOP;
    if (is_dir && ((ioflag & _IO_FLAG_WR) || (w.is_plain && (ioflag & O_CREAT))))
        return EISDIR;
    return 0;
}

int32_t open_ioflag(const io_open_t *msg)
{
    return (int32_t)(msg->connect.ioflag & ~(uint32_t)(O_CREAT | O_EXCL | O_TRUNC | O_NOCTTY));
}

int reply_walked(resmgr_context_t *ctp, io_connect_t *msg, int error, const char *path)
{
    if (error != WALKED_LINK)
        return error;
    size_t n = strlen(path) + 1;
    struct _io_connect_link_reply *reply = &msg->link_reply;
    memset(reply, 0, sizeof *reply);
    reply->path_len = (uint16_t)n;
    memcpy(reply + 1, path, n);
    _IO_SET_CONNECT_RET(ctp, _IO_CONNECT_RET_LINK);
    return _RESMGR_PTR(ctp, reply, sizeof *reply + n);
}

int reply_text(resmgr_context_t *ctp, io_connect_t *msg, const char *text)
{
    size_t n = strlen(text);
    memcpy(msg, text, n + 1);
    ctp->status = (long)n;
    return _RESMGR_PTR(ctp, msg, n + 1);
}

int symlink_target(const io_mknod_t *msg, const void *extra, char text[PATH_BYTES])
{
    text[0] = '\0';
    if (!S_ISLNK(msg->connect.mode))
        return 0;
    if (extra == NULL || msg->connect.extra_type != _IO_CONNECT_EXTRA_SYMLINK)
        return EINVAL;
    size_t n = strnlen(extra, PATH_BYTES);
    if (n == PATH_BYTES)
        return ENAMETOOLONG;
    memcpy(text, extra, n + 1);
    return 0;
}

int unlink_check(const io_unlink_t *msg)
{
    if (msg->connect.eflag & _IO_CONNECT_EFLAG_DOT)
        return EINVAL;
    return msg->connect.eflag & _IO_CONNECT_EFLAG_DOTDOT ? ENOTEMPTY : 0;
}

int io_place(resmgr_context_t *ctp, uint32_t xtype, off_t own, size_t head, struct place_in_file *p)
{
    struct _xtype_offset x;
    *p = (struct place_in_file){own, head, (xtype & _IO_XTYPE_MASK) == _IO_XTYPE_NONE};
    if (p->is_own)
        return 0;
    if ((xtype & _IO_XTYPE_MASK) != _IO_XTYPE_OFFSET)
        return ENOSYS;
    if (resmgr_msgget(ctp, &x, sizeof x, head) != (ssize_t)sizeof x)
        return EBADMSG;
    p->offset = x.offset;
    p->data_at = head + sizeof x;
    return x.offset < 0 ? EINVAL : 0;
}

size_t put_dirent(char *out, size_t room, uint64_t ino, uint64_t cookie, unsigned char type, const char *name, size_t len)
{
    size_t need = QRV_DIRENT_RECLEN(len);
    if (room < need)
        return 0;
    struct dirent *d = (struct dirent *)(void *)out;
    memset(d, 0, need);
    d->d_ino = ino;
    d->d_off = (off_t)cookie;
    d->d_reclen = (uint16_t)need;
    d->d_namelen = (int16_t)len;
    d->d_type = type;
    memcpy(d->d_name, name, len);
    return need;
}

/* Subtype 1: the new size is start. 3: at least start + len bytes. */
int space_wanted(const io_space_t *msg, bool is_dir, uint64_t size, uint64_t *to, bool *is_needed)
{
    if (is_dir)
        return EISDIR;
    *to = msg->i.start;
    *is_needed = true;
    if (msg->i.subtype == 1)
        return 0;
    if (msg->i.subtype != 3)
        return ENOSYS;
    if (__builtin_add_overflow(msg->i.start, msg->i.len, to) || (int64_t)*to < 0)
        return EFBIG;
    *is_needed = *to > size;
    return 0;
}

int reply_statvfs(resmgr_context_t *ctp, io_devctl_t *msg, const struct statvfs *v)
{
    struct __msg_statvfs reply;
    if (msg->i.nbytes < sizeof reply)
        return EINVAL;
    memset(&reply, 0, sizeof reply);
    __msg_statvfs_init64(&reply, v);
    memset(&msg->o, 0, sizeof msg->o);
    msg->o.nbytes = sizeof reply;
    memcpy(_DEVCTL_DATA(msg->o), &reply, sizeof reply);
    return _RESMGR_PTR(ctp, &msg->o, sizeof msg->o + sizeof reply);
}

int serve_pool(dispatch_t *dpp, unsigned idle, unsigned maximum)
{
    thread_pool_attr_t attr = {
        .handle = dpp,
        .block_func = dispatch_block,
        .unblock_func = dispatch_unblock,
        .handler_func = dispatch_handler,
        .context_alloc = dispatch_context_alloc,
        .context_free = dispatch_context_free,
        .lo_water = 1,
        .hi_water = (unsigned short)(idle < maximum ? idle : maximum),
        .increment = 1,
        .maximum = (unsigned short)maximum,
    };
    thread_pool_t *pool = thread_pool_create(&attr, POOL_FLAG_USE_SELF);
    if (pool == NULL)
        return errno;
    thread_pool_start(pool);
    return EIO;
}
