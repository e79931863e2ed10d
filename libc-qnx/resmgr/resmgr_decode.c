/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding of connect and I/O messages: every length and offset a client sent is checked here,
 * once, so that handlers may use the fixed part of their message and the path as a string. */
#include <errno.h>
#include <string.h>
#include "resmgr_decode.h"

static size_t align8(size_t n)
{
    return (n + 7) & ~(size_t)7;
}

/* A clean relative path: no leading slash, no "..": the path manager has resolved those. */
static bool path_ok(const char *path, size_t len)
{
    if (len == 0 || path[len - 1] != '\0' || path[0] == '/')
        return false;
    for (const char *p = path; *p;) {
        const char *end = strchr(p, '/');
        size_t n = end ? (size_t)(end - p) : strlen(p);

        if (n == 2 && p[0] == '.' && p[1] == '.')
            return false;
        if (!end)
            break;
        p = end + 1;
    }
    return true;
}

static int check_extra(const struct _io_connect *c, const char *base, size_t off)
{
    if (c->extra_type == _IO_CONNECT_EXTRA_LINK || c->extra_type == _IO_CONNECT_EXTRA_SYMLINK)
        if (base[off + c->extra_len - 1] != '\0')
            return EBADMSG;
    if (c->extra_type == _IO_CONNECT_EXTRA_LINK && !path_ok(base + off, strlen(base + off) + 1))
        return EINVAL;
    return 0;
}

int __resmgr_check_connect(const void *buf, size_t size, size_t whole, struct connect_parts *out)
{
    const struct _io_connect *c = buf;
    const char *base = buf;
    size_t end;

    *out = (struct connect_parts){0};
    if (size < _IO_CONNECT_HDR + 1)
        return EBADMSG;
    end = _IO_CONNECT_HDR + (size_t)c->path_len;
    if (end > size)
        return end <= whole ? ENAMETOOLONG : EBADMSG;
    if (c->path_len == 0 || base[end - 1] != '\0')
        return EBADMSG;
    if (!path_ok(base + _IO_CONNECT_HDR, c->path_len))
        return EINVAL;
    if (c->extra_len > 0) {
        out->extra_off = align8(end);
        end = out->extra_off + c->extra_len;
        if (end > size)
            return end <= whole ? ENAMETOOLONG : EBADMSG;
        int rc = check_extra(c, base, out->extra_off);
        if (rc != 0)
            return rc;
    } else if ((c->subtype == _IO_CONNECT_RENAME || c->subtype == _IO_CONNECT_LINK)) {
        return EBADMSG; /* without the old name there is nothing to do */
    }
    if (c->subtype == _IO_CONNECT_COMBINE || c->subtype == _IO_CONNECT_COMBINE_CLOSE) {
        out->io_off = align8(end);
        if (out->io_off + 4 > size)
            return EBADMSG;
    }
    return 0;
}

size_t __resmgr_io_min(uint16_t type)
{
    switch (type) {
    case _IO_READ:
        return sizeof(struct _io_read);
    case _IO_WRITE:
        return sizeof(struct _io_write);
    case _IO_STAT:
        return 4;
    case _IO_NOTIFY:
        return sizeof(struct _io_notify);
    case _IO_DEVCTL:
        return sizeof(struct _io_devctl);
    case _IO_PATHCONF:
        return sizeof(struct _io_pathconf);
    case _IO_LSEEK:
        return sizeof(struct _io_lseek);
    case _IO_CHMOD:
        return sizeof(struct _io_chmod);
    case _IO_CHOWN:
        return sizeof(struct _io_chown);
    case _IO_UTIME:
        return sizeof(struct _io_utime);
    case _IO_OPENFD:
        return sizeof(struct _io_openfd);
    case _IO_FDINFO:
        return sizeof(struct _io_fdinfo);
    case _IO_LOCK:
        return sizeof(struct _io_lock);
    case _IO_SPACE:
        return sizeof(struct _io_space);
    case _IO_SHUTDOWN:
        return sizeof(struct _io_shutdown);
    case _IO_MMAP:
        return sizeof(struct _io_mmap);
    case _IO_MSG:
        return sizeof(struct _io_msg);
    case _IO_DUP:
        return sizeof(struct _io_dup);
    case _IO_CLOSE:
        return sizeof(struct _io_close);
    case _IO_SYNC:
        return sizeof(struct _io_sync);
    case _IO_POWER:
        return 4;
    default:
        return 0;
    }
}

/* Fixed data that must follow the header. */
static int check_body(const char *p, uint16_t type, size_t have)
{
    if (type == _IO_READ || type == _IO_WRITE) {
        const struct _io_read *r = (const void *)p;

        if ((r->xtype & _IO_XTYPE_MASK) == _IO_XTYPE_OFFSET &&
            have < sizeof(*r) + sizeof(struct _xtype_offset))
            return EBADMSG;
    } else if (type == _IO_DEVCTL) {
        const struct _io_devctl *d = (const void *)p;

        if (((uint32_t)d->dcmd & 0x80000000U) && have - sizeof(*d) < d->nbytes)
            return EBADMSG; /* the command carries data, and they are not there */
    }
    return 0;
}

int __resmgr_check_io(const void *buf, size_t size, size_t whole, size_t off, struct io_part *out)
{
    const char *p = (const char *)buf + off;
    uint16_t head[2];
    size_t min, left;

    *out = (struct io_part){0};
    if (off > size || size - off < sizeof(head))
        return EBADMSG;
    memcpy(head, p, sizeof(head));
    out->type = head[0];
    left = size - off;
    min = __resmgr_io_min(out->type);
    if (min == 0)
        return ENOSYS;
    if (left < min)
        return EBADMSG;
    out->len = head[1] & ~_IO_COMBINE_FLAG;
    if (head[1] & _IO_COMBINE_FLAG) {
        /* Progress and alignment of the next part are what keeps a hostile chain finite and usable.
         */
        if (out->len < min || out->len % 8 != 0 || out->len > left || left - out->len < 4)
            return EBADMSG;
        out->next = off + out->len;
    } else {
        out->len = whole - off;
    }
    if (off % 4 != 0)
        return EBADMSG;
    return check_body(p, out->type, out->len);
}
